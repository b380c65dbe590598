package lanewise.bench.program;

/**
 * Two loops whose speed tells how much of a core a thread gets. A single chain of multiplications only waits: its speed is
 * the clock, whatever the other thread of the same core does. Six chains side by side keep the multiplier busy: their speed
 * is also what a neighbour on the same core leaves of it, which no account of the system shows.
 */
final class CalibrationLoop {

    private static final int ROUNDS = 4_000;

    private static volatile long sink = 1;

    private CalibrationLoop() {}

    /** One of the loops. */
    private interface Loop {
        long run(long x);
    }

    /**
     * The speed of a single chain, which is the clock's.
     *
     * @param nanos for so long
     * @return calls a nanosecond
     */
    static double clock(long nanos) {
        return speed(CalibrationLoop::chain, nanos);
    }

    /**
     * The speed of six chains, which is that of the clock and of the core's share.
     *
     * @param nanos for so long
     * @return calls a nanosecond
     */
    static double share(long nanos) {
        return speed(CalibrationLoop::multiply, nanos);
    }

    private static double speed(Loop loop, long nanos) {
        long calls = 0, start = System.nanoTime(), now;
        long x = sink;
        do {
            x = loop.run(x);
            calls++;
            now = System.nanoTime();
        } while (now - start < nanos);
        sink = x | 1;
        return (double) calls / (now - start);
    }

    private static long chain(long x) {
        for (int i = 0; i < ROUNDS; i++) x = x * 6364136223846793005L + 1442695040888963407L;
        return x;
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
