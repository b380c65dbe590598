package lanewise.train;

/** The learning rate as a function of the step. */
@FunctionalInterface
public interface Schedule {

    /**
     * The rate of one step.
     *
     * @param step from 0
     * @param steps of the whole training
     * @return a finite number of at least 0
     */
    float rate(long step, long steps);

    /**
     * The same rate always.
     *
     * @param rate positive and finite
     * @return the schedule
     * @throws IllegalArgumentException if it is not
     */
    static Schedule constant(float rate) {
        check(rate);
        return (step, steps) -> rate;
    }

    /**
     * Falls linearly, from the given rate at the first step to zero after the last: rate · (1 − step / steps), computed
     * in double and rounded once.
     *
     * @param rate positive and finite
     * @return the schedule
     * @throws IllegalArgumentException if it is not
     */
    static Schedule linear(float rate) {
        check(rate);
        return (step, steps) -> (float) (rate * (1.0 - (double) step / steps));
    }

    private static void check(float rate) {
        if (!(rate > 0f && rate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learning rate " + rate + ", a positive finite number expected");
    }
}
