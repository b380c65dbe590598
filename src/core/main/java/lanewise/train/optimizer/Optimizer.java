package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;

/**
 * A rule by which parameters follow from their gradient. Immutable: what it remembers from step to step lies in arrays laid
 * out like the parameters.
 *
 * <p>An update goes element by element in one order of operations, with fused multiply-adds where its formula writes them,
 * and keeps padding at +0.0; so its bits do not depend on how the parameters are split among threads.
 */
public interface Optimizer {

    /**
     * Whether an update is {@code w = fma(−rate, g, w)} and nothing else. Then the gradient need not be summed first: each
     * row's term goes straight into the parameters.
     *
     * @return false by default
     */
    default boolean inPlace() {
        return false;
    }

    /**
     * Number of arrays that this rule remembers.
     *
     * @return 0 by default
     */
    default int states() {
        return 0;
    }

    /**
     * Updates one matrix, or some of its rows: several threads may update other rows of it at the same time. Called for
     * trained parameters only.
     *
     * @param shape name, role and shape of the whole matrix
     * @param w the parameters; modified
     * @param g the gradient of the mean loss, a penalty's included; may be modified
     * @param state a matrix of each of the {@link #states}, zeros before the first step; modified
     * @param step number of the step, from 0
     * @param rate the learning rate
     */
    void update(ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate);
}
