package lanewise.train;

/**
 * Decides which steps are shared among threads, by their measured time. Most steps go the way that was faster of late; now
 * and then some go the other way, to compare.
 *
 * <pre>
 * a way, over PAIRS periods:   … chosen  chosen, timed  other  other, timed | … chosen  chosen, timed  other  other, timed | …
 * then:                        the faster way is chosen; periods get longer as long as it stays, and short when it changes,
 *                              unless it is faster by far
 * </pre>
 *
 * <p>Of two steps the other way the second is timed, because threads that had nothing to do have to wake up for the first.
 * Of each way's times the longest is left out, so that one pause of the machine decides nothing. Steps of far fewer rows than
 * the largest, such as an epoch's last, go the way that is chosen and are not timed. The bits of a step are the same either way.
 */
class SharingDecision {

    /** Pairs of times that a decision rests on. */
    private static final int PAIRS = 4;

    /** Steps of a period; after a change to a way that is faster by far, a middle one: trainings of large batches have few steps. */
    private static final int SHORTEST = 4, MIDDLE = 32, LONGEST = 128;

    /** The other way must take at most this part of the time to be chosen, or ways that are alike would change for ever. */
    private static final double GAIN = 0.97;

    /** With at most this part of the time it is faster by far. */
    private static final double LARGE_GAIN = 0.8;

    /** Steps that lack at most this part of the largest one's rows are timed as if they were as large. */
    private static final int SAME = 8;

    private final int threads;

    /** Fewer rows are never shared. */
    private final int fewest;

    private boolean chosen;
    private int period = SHORTEST;

    /** Step of the period, and number of pairs that have been timed. */
    private int at;

    private int pairs;

    /** Rows of the largest step. */
    private int most;

    private final long[] nanosChosen = new long[PAIRS], nanosOther = new long[PAIRS];

    /** The step under way: whether it is shared, and where its time goes, null if it is not wanted. */
    private boolean shared;

    private long[] timed;
    private long begin;

    private long steps;
    private long sharedSteps;
    private long nanosAlone;
    private long nanosShared;

    SharingDecision(int threads, int fewest) {
        this.threads = threads;
        this.fewest = fewest;
    }

    /** Begins a step. Returns whether it is to be shared. */
    boolean begin(int rows) {
        steps++;
        timed = null;
        shared = false;
        if (threads == 1 || rows < fewest) return false;
        shared = chosen;
        if (rows - rows / SAME > most) at = pairs = 0;
        most = Math.max(most, rows);
        if (rows >= most - most / SAME) {
            at++;
            if (at > period - 2) shared = !chosen;
            timed = at == period - 2 ? nanosChosen : at == period ? nanosOther : null;
        }
        if (shared) sharedSteps++;
        if (timed != null) begin = System.nanoTime();
        return shared;
    }

    /** Ends the step that was begun. */
    void end() {
        if (timed != null) end(System.nanoTime() - begin);
    }

    /** Ends a step that took so long. */
    void end(long nanos) {
        if (timed == null) return;
        timed[pairs] = nanos;
        if (timed != nanosOther) return;
        at = 0;
        if (++pairs < PAIRS) return;
        pairs = 0;
        long now = mean(nanosChosen), other = mean(nanosOther);
        nanosShared = chosen ? now : other;
        nanosAlone = chosen ? other : now;
        if (other < GAIN * now) {
            chosen = !chosen;
            period = other < LARGE_GAIN * now ? MIDDLE : SHORTEST;
        } else period = Math.min(2 * period, LONGEST);
    }

    /** Of all but the longest. */
    private static long mean(long[] nanos) {
        long sum = 0, longest = 0;
        for (long n : nanos) {
            sum += n;
            longest = Math.max(longest, n);
        }
        return (sum - longest) / (nanos.length - 1);
    }

    Sharing report() {
        return new Sharing(threads, steps, sharedSteps, nanosAlone, nanosShared);
    }
}
