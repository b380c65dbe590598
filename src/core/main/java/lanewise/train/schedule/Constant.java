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

    static void atLeastOne(String what, long count) {
        if (count < 1) throw new IllegalArgumentException(count + " " + what + ", at least 1 expected");
    }

    static void share(String name, double share) {
        if (!(share > 0 && share <= 1))
            throw new IllegalArgumentException(name + " " + share + ", more than 0 and at most 1 expected");
    }

    @Override
    public float rate(long step, long steps) {
        return rate;
    }
}
