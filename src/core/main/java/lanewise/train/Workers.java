package lanewise.train;

/**
 * Those who share the work of a step: each takes some of a batch's rows, or some of the parameters. No sum is ever split
 * among them, so the bits of a training do not depend on their number.
 */
public final class Workers implements AutoCloseable {

    /** Work that can be done share by share, in any order and at the same time. */
    @FunctionalInterface
    public interface Task {

        /**
         * Does one share.
         *
         * @param worker who does it, from 0: its pass of the batch is free
         * @param from first of the share's items
         * @param to item after the last
         */
        void run(int worker, int from, int to);
    }

    private final int count;

    private Workers(int count) {
        this.count = count;
    }

    /**
     * The calling thread alone.
     *
     * @return one worker
     */
    public static Workers one() {
        return new Workers(1);
    }

    /**
     * How many there are.
     *
     * @return at least 1
     */
    public int count() {
        return count;
    }

    /**
     * Has a task done, and waits for its end.
     *
     * @param items to be shared
     * @param task called for shares that together are all items
     */
    public void run(int items, Task task) {
        task.run(0, 0, items);
    }

    /** Ends the threads of these workers; the calling thread has none to end. */
    @Override
    public void close() {}
}
