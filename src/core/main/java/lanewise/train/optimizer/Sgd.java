package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Plain stochastic gradient descent (Robbins and Monro 1951): {@code w = fma(−η, g, w)}. */
public final class Sgd implements Optimizer {

    /** The rule; it has no settings. */
    public Sgd() {}

    @Override
    public boolean inPlace() {
        return true;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        pass.kernels().descend(rate, g.array(), g.offset(), w.array(), w.offset(), w.rows() * w.stride());
    }

    /** {@code sgd}. */
    @Override
    public String toString() {
        return "sgd";
    }
}
