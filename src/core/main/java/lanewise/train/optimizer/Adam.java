package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Adam (Kingma and Ba 2015, algorithm 1): the mean of gradients over the root of the mean of their squares, both decaying:
 *
 * <pre>
 * m = fma(1 − beta1, g − m, m)
 * v = fma(beta2, v, (1 − beta2) · (g · g))
 * w = w − (η / (1 − beta1ᵗ) · m) / fma(√v, 1 / √(1 − beta2ᵗ), epsilon)
 * </pre>
 *
 * <p>A step moves a parameter by about the learning rate, whatever the loss's scale; 0.001 is usual.
 *
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon keeps the divisor from zero; positive
 */
public record Adam(double beta1, double beta2, double epsilon) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a decay is not in [0, 1), or epsilon not positive and finite
     */
    public Adam {
        Settings.decay("beta1", beta1);
        Settings.decay("beta2", beta2);
        Settings.positive("epsilon", epsilon);
    }

    /** Decays 0.9 and 0.999, epsilon 1e-8. */
    public Adam() {
        this(0.9, 0.999, 1e-8);
    }

    @Override
    public int states() {
        return 2;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        update(beta1, beta2, epsilon, 0f, pass, w, g, state, step, rate);
    }

    /** The rule, for parameters that first lose a share of themselves. */
    static void update(
            double beta1,
            double beta2,
            double epsilon,
            float decay,
            Pass pass,
            Slice w,
            Slice g,
            Slice[] state,
            long step,
            float rate) {
        double t = step + 1;
        pass.kernels()
                .adam(
                        (float) (1 - beta1),
                        (float) beta2,
                        (float) (1 - beta2),
                        (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(beta2, t))),
                        (float) epsilon,
                        (float) (rate / (1 - StrictMath.pow(beta1, t))),
                        0f,
                        decay,
                        g.array(),
                        g.offset(),
                        state[0].array(),
                        state[0].offset(),
                        state[1].array(),
                        state[1].offset(),
                        w.array(),
                        w.offset(),
                        w.rows() * w.stride());
    }
}
