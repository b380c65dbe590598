package lanewise.train.schedule;

import java.util.List;
import java.util.Objects;

/**
 * Any schedule with a linear rise before it (Goyal et al. 2017, §2.2): for {@code steps} steps, of which step s has {@code (s +
 * 1) / (steps + 1)} of the first rate of the other schedule, which then runs through the steps that are left.
 *
 * @param steps of the rise, at least 1
 * @param then the schedule that follows
 */
public record RampUp(long steps, Schedule then) implements Schedule {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if there is less than one step
     */
    public RampUp {
        Constant.atLeastOne("steps of a rise", steps);
        Objects.requireNonNull(then, "then");
    }

    @Override
    public float rate(long step, long all) {
        long left = Math.max(1, all - steps);
        if (step >= steps) return then.rate(step - steps, left);
        return (float) (then.rate(0, left) * ((step + 1.0) / (steps + 1.0)));
    }

    @Override
    public double reduction(List<Double> validationLosses) {
        return then.reduction(validationLosses);
    }
}
