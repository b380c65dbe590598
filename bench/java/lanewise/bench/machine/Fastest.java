package lanewise.bench.machine;

/** The shortest of many short rounds of a task: the time that it takes when nothing else disturbs it. */
public final class Fastest {

    /** Long enough for the clock, short enough to lie between two disturbances. */
    private static final double ROUND_SECONDS = 0.002;

    private Fastest() {}

    /**
     * Runs a task over and over.
     *
     * @param task whose calls take about equally long
     * @param warmUp seconds that the first calls may take, which are for the JIT compiler; one call at least
     * @param limit seconds that the rounds may take; one round at least
     * @return seconds for each call in the shortest round
     */
    public static double seconds(Runnable task, double warmUp, double limit) {
        long start = System.nanoTime();
        double last;
        do {
            long from = System.nanoTime();
            task.run();
            last = since(from);
        } while (since(start) < warmUp);
        int calls = (int) Math.max(1, Math.min(1_000_000, ROUND_SECONDS / Math.max(last, 1e-9)));
        double best = Double.POSITIVE_INFINITY;
        start = System.nanoTime();
        do {
            long from = System.nanoTime();
            for (int i = 0; i < calls; i++) task.run();
            best = Math.min(best, since(from) / calls);
        } while (since(start) < limit);
        return best;
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) * 1e-9;
    }
}
