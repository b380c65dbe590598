package lanewise.train.schedule;

/** The learning rate as a function of the step. */
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
}
