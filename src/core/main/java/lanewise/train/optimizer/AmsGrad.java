package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * AMSGrad (Reddi et al. 2018, algorithm 2, with Adam's corrections as in PyTorch): {@link Adam} with the largest mean square
 * so far, {@code x = max(x, v)}, in place of the present one, so that a parameter's rate never rises.
 *
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon keeps the divisor from zero; positive
 */
public record AmsGrad(double beta1, double beta2, double epsilon) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a decay is not in [0, 1), or epsilon not positive and finite
     */
    public AmsGrad {
        Settings.decay("beta1", beta1);
        Settings.decay("beta2", beta2);
        Settings.positive("epsilon", epsilon);
    }

    /** Decays 0.9 and 0.999, epsilon 1e-8. */
    public AmsGrad() {
        this(0.9, 0.999, 1e-8);
    }

    @Override
    public int states() {
        return 3;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        double t = step + 1;
        pass.kernels()
                .amsgrad(
                        (float) (1 - beta1),
                        (float) beta2,
                        (float) (1 - beta2),
                        (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(beta2, t))),
                        (float) epsilon,
                        (float) (rate / (1 - StrictMath.pow(beta1, t))),
                        g.array(),
                        g.offset(),
                        state[0].array(),
                        state[0].offset(),
                        state[1].array(),
                        state[1].offset(),
                        state[2].array(),
                        state[2].offset(),
                        w.array(),
                        w.offset(),
                        w.rows() * w.stride());
    }
}
