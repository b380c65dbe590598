package lanewise.train.optimizer;

import lanewise.kernel.Kernels;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * AdaDelta (Zeiler 2012, algorithm 1): steps in units of the parameters, by the mean squares of gradients and of past steps:
 *
 * <pre>
 * v = fma(rho, v, (1 − rho) · (g · g))
 * d = √(x + epsilon) / √(v + epsilon) · g
 * x = fma(rho, x, (1 − rho) · (d · d))
 * w = fma(−η, d, w)
 * </pre>
 *
 * <p>It was made for a learning rate of 1.
 *
 * @param rho decay of the mean squares, in [0, 1)
 * @param epsilon decides the size of the first steps, and keeps the divisor from zero; positive
 */
public record AdaDelta(double rho, double epsilon) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if rho is not in [0, 1), or epsilon not positive and finite
     */
    public AdaDelta {
        Settings.decay("rho", rho);
        Settings.positive("epsilon", epsilon);
    }

    /** Rho 0.9, epsilon 1e-6. */
    public AdaDelta() {
        this(0.9, 1e-6);
    }

    @Override
    public int states() {
        return 2;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        Kernels kernels = pass.kernels();
        Slice v = state[0], x = state[1];
        int n = w.rows() * w.stride();
        for (int i = 0; i < n; i += Settings.PIECE) {
            int count = Math.min(Settings.PIECE, n - i), go = g.offset() + i;
            kernels.adadelta(
                    (float) rho,
                    (float) (1 - rho),
                    (float) epsilon,
                    g.array(),
                    go,
                    v.array(),
                    v.offset() + i,
                    x.array(),
                    x.offset() + i,
                    count);
            kernels.descend(rate, g.array(), go, w.array(), w.offset() + i, count);
        }
    }
}
