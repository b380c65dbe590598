package lanewise.spark.training;

import java.io.Serializable;
import java.util.Locale;
import java.util.StringJoiner;

/** The time that one thread spent on each part of some steps. One thread at a time. */
final class Times implements Serializable {

    private static final long serialVersionUID = 1;

    /** The parts. */
    enum Part {
        /** The driver hands the parameters, or the state, to Spark. */
        BROADCAST,
        /** The driver has Spark run the tasks, from the call to the last result. */
        JOB,
        /** The driver adds blocks' gradients; a part of {@link #JOB}. */
        ADD,
        /** A task gets the parameters, and sets its network's. */
        PARAMETERS,
        /** A task makes floats of a block's samples. */
        DECODE,
        /** A task computes a block's gradient. */
        GRADIENT,
        /** A task copies a block's gradient to where it is sent from; it waits before if the others are behind. */
        HAND_OVER,
        /** A task waits for the others, and for the sum. */
        WAIT,
        /** The optimizer. */
        UPDATE
    }

    private final long[] nanos = new long[Part.values().length];
    private transient long last = System.nanoTime();

    /** What follows counts, not the time before. */
    void begin() {
        last = System.nanoTime();
    }

    /** The time since {@link #begin}, or since the last part ended, went into a part. */
    void spent(Part part) {
        long now = System.nanoTime();
        nanos[part.ordinal()] += now - last;
        last = now;
    }

    long nanos(Part part) {
        return nanos[part.ordinal()];
    }

    /** Of all parts. */
    long sum() {
        long sum = 0;
        for (long each : nanos) sum += each;
        return sum;
    }

    /** Such as {@code gradient 3.1 ms, copy 0.2 ms}, without the parts of no time. */
    @Override
    public String toString() {
        StringJoiner all = new StringJoiner(", ");
        for (Part part : Part.values())
            if (nanos(part) > 0)
                all.add(String.format(
                        Locale.ROOT,
                        "%s %.1f ms",
                        part.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        1e-6 * nanos(part)));
        return all.toString();
    }
}
