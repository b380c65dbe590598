package lanewise.train;

import java.util.Locale;

/**
 * How steps were shared among threads. A step is shared where that makes it faster, see {@link Step}.
 *
 * @param threads threads that there were, the calling one among them
 * @param steps number of steps
 * @param shared number of those that several threads did
 * @param nanosAlone time of a step on one thread, 0 where it was not measured
 * @param nanosShared time of a shared step of as many rows, 0 where it was not measured
 */
public record Sharing(int threads, long steps, long shared, long nanosAlone, long nanosShared) {

    /** No step. */
    public static final Sharing NONE = new Sharing(1, 0, 0, 0, 0);

    /**
     * The steps of this report that an earlier one does not have.
     *
     * @param earlier of the same training
     * @return the difference, with the times of this report
     */
    public Sharing since(Sharing earlier) {
        return new Sharing(threads, steps - earlier.steps, shared - earlier.shared, nanosAlone, nanosShared);
    }

    /** {@code 2 threads, 469 of 469 steps shared (0.410 ms for a step, 0.750 ms on one thread)}. */
    @Override
    public String toString() {
        if (threads == 1) return "1 thread";
        String text = threads + " threads, " + shared + " of " + steps + " steps shared";
        return nanosShared == 0
                ? text
                : text
                        + String.format(
                                Locale.ROOT,
                                " (%.3g ms for a step, %.3g ms on one thread)",
                                nanosShared * 1e-6,
                                nanosAlone * 1e-6);
    }
}
