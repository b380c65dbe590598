package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Gradient descent with momentum, the heavy ball (Polyak 1964), in the form of Sutskever et al. (2013) that PyTorch has: {@code
 * b = fma(momentum, b, (1 − dampening) · g)}, in the first step {@code b = g}; then {@code w = fma(−η, b, w)}. With a constant
 * gradient its steps grow to {@code (1 − dampening) / (1 − momentum)} times those of plain gradient descent, ten times at
 * the default.
 *
 * @param momentum what remains of the velocity b, in [0, 1)
 * @param dampening what is taken from the gradient, in [0, 1)
 */
public record Momentum(double momentum, double dampening) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is not in [0, 1)
     */
    public Momentum {
        Settings.decay("momentum", momentum);
        Settings.decay("dampening", dampening);
    }

    /** Momentum 0.9 without dampening. */
    public Momentum() {
        this(0.9, 0);
    }

    @Override
    public int states() {
        return 1;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        Slice b = state[0];
        float fresh = step == 0 ? 1f : (float) (1 - dampening);
        pass.kernels()
                .momentum(
                        (float) momentum,
                        fresh,
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
