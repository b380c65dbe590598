package lanewise.train.schedule;

/**
 * A rate that falls linearly to zero after the last step: rate · (1 − step / steps), computed in double and rounded once.
 *
 * @param rate of the first step, positive and finite
 */
public record Linear(float rate) implements Schedule {

    /**
     * Checks the rate.
     *
     * @throws IllegalArgumentException if it is not positive and finite
     */
    public Linear {
        Constant.check(rate);
    }

    @Override
    public float rate(long step, long steps) {
        return (float) (rate * (1.0 - (double) step / steps));
    }
}
