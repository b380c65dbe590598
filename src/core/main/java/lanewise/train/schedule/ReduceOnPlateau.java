package lanewise.train.schedule;

import java.util.List;
import java.util.Objects;

/**
 * Any schedule, whose rate is multiplied by a factor each time that the validation loss has not become smaller for more than so
 * many epochs, as PyTorch does it. A loss counts as smaller if it is below {@code (1 − threshold)} times the smallest so far.
 *
 * @param schedule the rate without reductions
 * @param factor of a reduction, in (0, 1]; 0.1 is usual
 * @param patience number of epochs without improvement that are let pass; zero or more, 10 is usual
 * @param threshold least relative improvement, in [0, 1)
 */
public record ReduceOnPlateau(Schedule schedule, double factor, int patience, double threshold) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not so
     */
    public ReduceOnPlateau {
        Objects.requireNonNull(schedule, "schedule");
        Constant.share("factor", factor);
        if (patience < 0) throw new IllegalArgumentException("patience " + patience + ", at least 0 expected");
        if (!(threshold >= 0 && threshold < 1))
            throw new IllegalArgumentException("threshold " + threshold + ", at least 0 and less than 1 expected");
    }

    /**
     * A constant rate that is divided by ten after more than ten epochs without an improvement by 0.01 %.
     *
     * @param rate of the first step, positive and finite
     * @throws IllegalArgumentException if it is not so
     */
    public ReduceOnPlateau(float rate) {
        this(new Constant(rate), 0.1, 10, 1e-4);
    }

    @Override
    public float rate(long step, long steps) {
        return schedule.rate(step, steps);
    }

    @Override
    public double reduction(List<Double> validationLosses) {
        double reduction = schedule.reduction(validationLosses), best = Double.POSITIVE_INFINITY;
        int bad = 0;
        for (double loss : validationLosses) {
            if (loss < best * (1 - threshold)) {
                best = loss;
                bad = 0;
            } else if (++bad > patience) {
                reduction *= factor;
                bad = 0;
            }
        }
        return reduction;
    }
}
