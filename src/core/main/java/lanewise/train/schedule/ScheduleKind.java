package lanewise.train.schedule;

import java.util.Arrays;
import java.util.Locale;

/** The schedules of this package by name, with their usual settings, for programs whose users choose one. */
public enum ScheduleKind {
    /** The same rate always. */
    CONSTANT,
    /** Down to zero in a straight line. */
    LINEAR,
    /** A tenth after each third of the training. */
    STEP,
    /** Down to a hundredth, by the same factor in each step. */
    EXPONENTIAL,
    /** Half a cosine down to zero. */
    COSINE,
    /** Three such falls, each twice as long as the one before. */
    COSINE_RESTARTS,
    /** Up from a 25th in the first 30 %, then down to a 250,000th. */
    ONE_CYCLE,
    /** A tenth whenever the validation loss has not become smaller for more than ten epochs. */
    PLATEAU;
    private static final double FALL = 0.1, LAST = 0.01;

    /**
     * The kind of a name.
     *
     * @param name as {@link #toString} gives it
     * @return the kind
     * @throws IllegalArgumentException if there is none of this name; the message has the names
     */
    public static ScheduleKind of(String name) {
        for (ScheduleKind each : values()) if (each.toString().equals(name)) return each;
        throw new IllegalArgumentException("schedule " + name + ": one of " + Arrays.toString(values()) + " expected");
    }

    /**
     * A schedule of this kind.
     *
     * @param rate the first one, of one-cycle the highest; positive and finite
     * @param steps of the whole training, at least 1
     * @return the schedule
     * @throws IllegalArgumentException if the rate is not so
     */
    public Schedule schedule(float rate, long steps) {
        return switch (this) {
            case CONSTANT -> new Constant(rate);
            case LINEAR -> new Linear(rate);
            case STEP -> new StepDecay(rate, (steps + 2) / 3, FALL);
            case EXPONENTIAL -> new Exponential(rate, LAST);
            case COSINE -> new Cosine(rate);
            case COSINE_RESTARTS -> new Cosine(rate, (steps + 6) / 7, 2);
            case ONE_CYCLE -> new OneCycle(rate);
            case PLATEAU -> new ReduceOnPlateau(rate);
        };
    }

    /** The name, such as {@code one-cycle}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
