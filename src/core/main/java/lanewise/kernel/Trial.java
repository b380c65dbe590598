package lanewise.kernel;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Finds out, once, whether this JVM compiles the Vector API: a vector loop against a plain one, in turn, until both have
 * been compiled. That takes too long for a program's start, so it waits until training has gone on for a while.
 *
 * <p>The loops are no kernels, so that the kernels' profiles, and with them their code, stay as they are. Where vectors
 * are not compiled (by flags, or another compiler than C2), each operation is a call that makes an object, and the vector
 * loop a hundred times slower; where they are, it is as fast as the plain one, which C2 makes vectors of, too. So the
 * limit is far from both. Of many measurements the shortest counts, and a busy machine's compilers get their time: only
 * what is slow after {@link #MOST_CALLS} and {@link #MOST_NANOS} both, or after twice that time, is called slow.
 */
final class Trial {

    private static final long NANOS_BEFORE = 2_000_000_000L, MOST_NANOS = 2_000_000_000L;
    private static final int FLOATS = 256, CALLS = 16, FEWEST_CALLS = 3_200, MOST_CALLS = 20_000;

    /**
     * A compiled loop takes less for its floats, on any machine that one would train on; a loop of calls takes several
     * times that. Without it a plain loop that the compilers have not come to yet would make the other look well.
     */
    private static final long NANOS_OF_COMPILED = 250;

    /** A vector loop that takes so many times as long as the plain one is not compiled. */
    private static final double LIMIT = 3;

    private final AtomicBoolean begun = new AtomicBoolean();

    /** The time of the first step, 0 before it. */
    private volatile long first;

    private volatile String verdict;
    private volatile boolean over;

    /** A step of a training on vector kernels is to begin: time for the trial if the first was long enough ago. */
    void step() {
        long now = System.nanoTime();
        if (first == 0) first = now;
        else if (now - first >= NANOS_BEFORE && begun.compareAndSet(false, true)) {
            double times = timesAsLong();
            if (times >= LIMIT)
                verdict = "this JVM does not compile the Vector API: after seconds of training a vector loop took "
                        + Math.round(times) + " times as long as a plain one";
            over = true;
        }
    }

    /** Whether the trial has been held. */
    boolean isOver() {
        return over;
    }

    /** What speaks against vector kernels, null if nothing does or the trial has not been held. */
    String verdict() {
        return verdict;
    }

    private static double timesAsLong() {
        float[] x = new float[FLOATS], y = new float[FLOATS];
        long fastest = Long.MAX_VALUE, fastestPlain = Long.MAX_VALUE, start = System.nanoTime();
        for (int calls = CALLS; ; calls += CALLS) {
            long before = System.nanoTime();
            for (int i = 0; i < CALLS; i++) VectorKernels.trial(0.5f, x, y, FLOATS);
            long between = System.nanoTime();
            for (int i = 0; i < CALLS; i++) plain(0.5f, x, y);
            long end = System.nanoTime();
            fastest = Math.min(fastest, between - before);
            fastestPlain = Math.min(fastestPlain, end - between);
            double times = (double) fastest / Math.max(1, fastestPlain);
            boolean compiled = calls >= FEWEST_CALLS && fastest < CALLS * NANOS_OF_COMPILED;
            long nanos = end - start;
            if (times < LIMIT && compiled || nanos >= MOST_NANOS && calls >= MOST_CALLS || nanos >= 2 * MOST_NANOS)
                return times;
        }
    }

    private static void plain(float factor, float[] x, float[] y) {
        for (int i = 0; i < FLOATS; i++) y[i] = Math.fma(factor, x[i], y[i]);
    }
}
