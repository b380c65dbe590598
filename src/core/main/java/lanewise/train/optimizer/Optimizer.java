package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A rule by which parameters follow from their gradient. Immutable: its state lies in arrays laid out like the parameters.
 * Settings are doubles, from which factors are computed in double and rounded to float once.
 *
 * <p>An update goes element by element in one order of operations, with fused multiply-adds where its formula writes them,
 * and keeps padding at +0.0; so its bits do not depend on how the parameters are split among threads. Formulas count steps
 * from t = 1 and call the gradient g, the parameters w, the learning rate η. An element of the state that is smaller than the
 * smallest normal float becomes +0.0.
 *
 * <p>{@link Object#toString} names the rule and all of its settings: a training that goes on from a checkpoint compares it.
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
     * Number of arrays of state.
     *
     * @return 0 by default
     */
    default int states() {
        return 0;
    }

    /**
     * Updates one matrix, or some of its rows: several threads may update other rows of it at the same time. Called for
     * trained parameters only. Allocates nothing.
     *
     * @param pass the worker's pass, whose kernels this library's rules use
     * @param shape name, role and shape of the whole matrix
     * @param w the parameters; modified
     * @param g the gradient of the mean loss, a penalty's included; may be modified
     * @param state a matrix of each of the {@link #states}, zeros before the first step; modified
     * @param step number of the step, from 0
     * @param rate the learning rate
     */
    void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate);
}
