package lanewise.train.schedule;

/**
 * A rate that falls along half a cosine, {@code rate · (1 + cos(π · progress)) / 2}, and begins anew (Loshchilov and Hutter 2017,
 * eq. 5). Without restarts progress goes from 0 to 1 in the whole training. With restarts it does so in each cycle, the first
 * of {@code first} steps and each further one {@code growth} times as long as the one before.
 *
 * @param rate of the first step, positive and finite
 * @param first steps of the first cycle, at least 1; 0 for one cycle that is the whole training
 * @param growth how much longer each cycle is than the one before, at least 1
 */
public record Cosine(float rate, long first, double growth) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not so
     */
    public Cosine {
        Constant.check(rate);
        if (first < 0) throw new IllegalArgumentException("a first cycle of " + first + " steps, at least 1 expected");
        if (!(growth >= 1 && growth < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("growth " + growth + ", a finite number of at least 1 expected");
    }

    /**
     * One cycle, without restarts.
     *
     * @param rate of the first step, positive and finite
     * @throws IllegalArgumentException if it is not so
     */
    public Cosine(float rate) {
        this(rate, 0, 1);
    }

    @Override
    public float rate(long step, long steps) {
        double begin = 0, length = first == 0 ? steps : first;
        if (first > 0 && growth == 1) begin = length * Math.floor(step / length);
        else if (first > 0)
            while (step >= begin + length) {
                begin += length;
                length = Math.rint(length * growth);
            }
        return (float) (rate * fall((step - begin) / length));
    }

    /** Half a cosine from 1 to 0. */
    static double fall(double progress) {
        return (1 + StrictMath.cos(Math.PI * progress)) / 2;
    }
}
