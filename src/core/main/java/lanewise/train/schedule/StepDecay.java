package lanewise.train.schedule;

/**
 * A rate that falls by a factor every so many steps: {@code rate · factor^⌊step / every⌋}.
 *
 * @param rate of the first step, positive and finite
 * @param every number of steps between two falls, at least 1
 * @param factor of a fall, in (0, 1]; 0.1 is usual
 */
public record StepDecay(float rate, long every, double factor) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not so
     */
    public StepDecay {
        Constant.check(rate);
        Constant.atLeastOne("steps between two falls", every);
        Constant.share("factor", factor);
    }

    @Override
    public float rate(long step, long steps) {
        return (float) (rate * StrictMath.pow(factor, (double) (step / every)));
    }
}
