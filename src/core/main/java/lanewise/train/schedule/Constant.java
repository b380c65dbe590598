package lanewise.train.schedule;

/**
 * The same rate at each step.
 *
 * @param rate positive and finite
 */
public record Constant(float rate) implements Schedule {

    /**
     * Checks the rate.
     *
     * @throws IllegalArgumentException if it is not positive and finite
     */
    public Constant {
        check(rate);
    }

    static void check(float rate) {
        if (!(rate > 0f && rate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learning rate " + rate + ", a positive finite number expected");
    }

    @Override
    public float rate(long step, long steps) {
        return rate;
    }
}
