package lanewise.bench.program;

/**
 * A loop of multiplications whose speed tells how much of a core a thread gets: its clock, and what the other thread of the
 * same core leaves of the multiplier. Six chains run side by side, which one thread alone needs to keep it busy; a single
 * chain would only wait, and leave room for a neighbour that no one sees.
 */
final class CalibrationLoop {

    private static final int ROUNDS = 4_000;

    private static volatile long sink = 1;

    private CalibrationLoop() {}

    /**
     * Runs the loop for so long.
     *
     * @return calls a nanosecond
     */
    static double speed(long nanos) {
        long calls = 0, start = System.nanoTime(), now;
        long x = sink;
        do {
            x = multiply(x);
            calls++;
            now = System.nanoTime();
        } while (now - start < nanos);
        sink = x | 1;
        return (double) calls / (now - start);
    }

    private static long multiply(long x) {
        long a = x, b = x + 1, c = x + 2, d = x + 3, e = x + 4, f = x + 5;
        for (int i = 0; i < ROUNDS; i++) {
            a *= 6364136223846793005L;
            b *= 3202034522624059733L;
            c *= 3935559000370003845L;
            d *= 2862933555777941757L;
            e *= 1181783497276652981L;
            f *= 4292484099903637661L;
        }
        return a ^ b ^ c ^ d ^ e ^ f;
    }
}
