package lanewise.train.schedule;

/**
 * A rate that rises along half a cosine to its peak, and falls along another one almost to zero (Smith and Topin 2019, with the
 * cosines that PyTorch has): from {@code peak / start} to the peak in a share {@code rise} of the training, then to {@code peak
 * / start / end}.
 *
 * @param peak the highest rate, positive and finite
 * @param rise share of the training in which the rate rises, in (0, 1); 0.3 is usual
 * @param start the peak is so many times the first rate, at least 1; 25 is usual
 * @param end the first rate is so many times the last one, at least 1; 10,000 is usual
 */
public record OneCycle(float peak, double rise, double start, double end) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not so
     */
    public OneCycle {
        Constant.check(peak);
        if (!(rise > 0 && rise < 1))
            throw new IllegalArgumentException("a rise of " + rise + ", a share between 0 and 1 expected");
        if (!(start >= 1 && start < Float.MAX_VALUE && end >= 1 && end < Float.MAX_VALUE))
            throw new IllegalArgumentException(
                    "start " + start + ", end " + end + ": finite numbers of at least 1 expected");
    }

    /**
     * The usual cycle: 30 % rise, from 1/25 of the peak.
     *
     * @param peak the highest rate, positive and finite
     * @throws IllegalArgumentException if it is not so
     */
    public OneCycle(float peak) {
        this(peak, 0.3, 25, 1e4);
    }

    @Override
    public float rate(long step, long steps) {
        double first = peak / start, last = first / end;
        double top = rise * steps - 1, bottom = steps - 1.0;
        if (step <= top) return (float) (peak + (first - peak) * Cosine.fall(step / Math.max(top, 1)));
        return (float) (last + (peak - last) * Cosine.fall((step - top) / Math.max(bottom - top, 1)));
    }
}
