package lanewise.train.schedule;

import java.util.List;

/**
 * The learning rate as a function of the step. Computed in double and rounded once; functions other than the four operations
 * come from StrictMath. So rates are the same to the bit everywhere.
 *
 * <p>{@link Object#toString} names the schedule and all of its settings: a training that goes on from a checkpoint compares it. A
 * lambda has no such name that lasts, so trainings with one go on without that comparison.
 */
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
     * What the rate is multiplied by, after some epochs with a validation.
     *
     * @param validationLosses the validation loss of each epoch so far; not modified
     * @return 1 by default
     */
    default double reduction(List<Double> validationLosses) {
        return 1;
    }
}
