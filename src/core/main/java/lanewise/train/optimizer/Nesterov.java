package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Gradient descent with Nesterov's momentum (Nesterov 1983), in the form of Sutskever et al. (2013, §2) that PyTorch has: {@code
 * b = fma(momentum, b, g)}, then {@code w = fma(−η, fma(momentum, b, g), w)}.
 *
 * @param momentum what remains of the velocity b, in [0, 1)
 */
public record Nesterov(double momentum) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if momentum is not in [0, 1)
     */
    public Nesterov {
        Settings.decay("momentum", momentum);
    }

    /** Momentum 0.9. */
    public Nesterov() {
        this(0.9);
    }

    @Override
    public int states() {
        return 1;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        Slice b = state[0];
        pass.kernels()
                .nesterov(
                        (float) momentum,
                        rate,
                        g.array(),
                        g.offset(),
                        b.array(),
                        b.offset(),
                        w.array(),
                        w.offset(),
                        w.rows() * w.stride());
    }
}
