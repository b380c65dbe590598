package lanewise.bench.program;

import java.util.Arrays;

/**
 * A loop whose speed tells how much of a core a thread gets: it adds up numbers of the nearest cache, in vectors, and so
 * needs what kernels need. Beside a neighbour on the same core, of whom no account of the system tells, it has half to three
 * quarters of its best speed, which else repeats to 3 %. A chain of multiplications, which only waits, would notice the clock
 * and miss most neighbours.
 */
final class CalibrationLoop {

    /** Numbers in 8 KB. */
    private static final int NUMBERS = 2048;

    /** Calls of a reading: some 20 microseconds. */
    private static final int CALLS = 200;

    /** The JIT compiler needs so long, on a busy machine, too. */
    private static final long WARM_UP_NANOS = 100_000_000;

    private static volatile int sink = 1;
    private static volatile boolean warm;

    /** Of each thread its own, as each has its own cache. */
    private static final ThreadLocal<int[]> ARRAY = ThreadLocal.withInitial(() -> {
        int[] numbers = new int[NUMBERS];
        Arrays.fill(numbers, 3);
        return numbers;
    });

    private CalibrationLoop() {}

    /** Reads the speed at this moment, in calls a nanosecond; takes some 20 microseconds, the first time longer. */
    static double read() {
        if (!warm) {
            read(WARM_UP_NANOS);
            warm = true;
        }
        return once();
    }

    /**
     * Reads the speed over some time.
     *
     * @param nanos for so long
     * @return calls a nanosecond
     */
    static double read(long nanos) {
        long start = System.nanoTime(), calls = 0, now;
        do {
            once();
            calls += CALLS;
            now = System.nanoTime();
        } while (now - start < nanos);
        return (double) calls / (now - start);
    }

    private static double once() {
        int[] numbers = ARRAY.get();
        // What was measured may have driven them out of the nearest cache.
        int x = sink + sum(numbers);
        long start = System.nanoTime();
        for (int i = 0; i < CALLS; i++) x += sum(numbers);
        long took = System.nanoTime() - start;
        sink = x;
        return (double) CALLS / took;
    }

    private static int sum(int[] numbers) {
        int sum = 0;
        for (int x : numbers) sum += 3 * x;
        return sum;
    }
}
