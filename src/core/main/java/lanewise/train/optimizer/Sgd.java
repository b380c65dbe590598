package lanewise.train.optimizer;

import lanewise.layer.Arithmetic;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;

/** Plain stochastic gradient descent (Robbins and Monro 1951): {@code w = fma(−rate, g, w)}. */
public final class Sgd implements Optimizer {

    /** The rule; it has no settings. */
    public Sgd() {}

    @Override
    public boolean inPlace() {
        return true;
    }

    @Override
    public void update(ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        float[] weights = w.array(), gradient = g.array();
        int wo = w.offset(), go = g.offset(), n = w.rows() * w.stride();
        for (int i = 0; i < n; i++) weights[wo + i] = Arithmetic.fma(-rate, gradient[go + i], weights[wo + i]);
    }

    /** {@code sgd}. */
    @Override
    public String toString() {
        return "sgd";
    }
}
