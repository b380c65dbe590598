package lanewise.train.schedule;

/**
 * A rate that falls exponentially to a share of the first one: {@code rate · last^(step / steps)}.
 *
 * @param rate of the first step, positive and finite
 * @param last share of the rate that is reached after the last step, in (0, 1]; 0.01 is usual
 */
public record Exponential(float rate, double last) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not so
     */
    public Exponential {
        Constant.check(rate);
        Constant.share("last share", last);
    }

    @Override
    public float rate(long step, long steps) {
        return (float) (rate * StrictMath.pow(last, (double) step / steps));
    }
}
