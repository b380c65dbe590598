package lanewise.bench.result;

/**
 * The machine's state around one fork.
 *
 * @param started when the fork began, in milliseconds since 1970
 * @param boot the machine's boot, by which runs in one boot are known; empty if the system does not tell
 * @param seconds how long the fork took, the start of its JVM included
 * @param clock the calibration loop's speed on one processor around the fork, as a share of the run's best: the lower
 *     of before and after
 * @param all the calibration loop's speed on all processors at once, as a share of the run's best: the lower of before
 *     and after
 * @param steal share of the processors' time that the host gave to others
 * @param others processors that other programs kept busy, on average
 * @param skew by which share the wall clock and the monotonic clock differ
 * @param windows in which the fork measured; 0 if it did not measure in windows
 * @param quiet windows that nothing disturbed, by the calibration loop around each: the fork's values are theirs
 */
public record Conditions(
        long started,
        String boot,
        double seconds,
        double clock,
        double all,
        double steal,
        double others,
        double skew,
        int windows,
        int quiet) {

    /** Conditions around a fork that did not measure in windows. */
    public Conditions(
            long started,
            String boot,
            double seconds,
            double clock,
            double all,
            double steal,
            double others,
            double skew) {
        this(started, boot, seconds, clock, all, steal, others, skew, 0, 0);
    }

    /** Conditions of which nothing is known, for figures that were measured elsewhere. */
    public static final Conditions UNKNOWN = new Conditions(0, "", 0, 1, 1, 0, 0, 0);
}
