package lanewise.train.optimizer;

import lanewise.kernel.Kernels;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * AdaGrad (Duchi et al. 2011, diagonal form): {@code v = fma(g, g, v)}, {@code w = fma(−η, g / (√v + epsilon), w)}. A
 * parameter's rate falls with all of its gradients so far.
 *
 * @param epsilon keeps the divisor from zero; positive
 */
public record AdaGrad(double epsilon) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if epsilon is not positive and finite
     */
    public AdaGrad {
        Settings.positive("epsilon", epsilon);
    }

    /** Epsilon 1e-10. */
    public AdaGrad() {
        this(1e-10);
    }

    @Override
    public int states() {
        return 1;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        Kernels kernels = pass.kernels();
        Slice v = state[0];
        int n = w.rows() * w.stride();
        for (int i = 0; i < n; i += Settings.PIECE) {
            int count = Math.min(Settings.PIECE, n - i), go = g.offset() + i;
            kernels.adagrad((float) epsilon, g.array(), go, v.array(), v.offset() + i, count);
            kernels.descend(rate, g.array(), go, w.array(), w.offset() + i, count);
        }
    }
}
