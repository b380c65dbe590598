package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): {@code w = fma(−η · decay, w, w)} and then {@link
 * Adam}'s step, in one formula. Other than of a penalty in the loss, the decay's size does not depend on the gradients'.
 *
 * @param beta1 decay of the mean, in [0, 1)
 * @param beta2 decay of the mean square, in [0, 1)
 * @param epsilon keeps the divisor from zero; positive
 * @param decay share of a weight that is lost in a step of learning rate 1; zero or more
 * @param everything whether biases, scales and vectors decay too, as in PyTorch; else weights alone
 */
public record AdamW(double beta1, double beta2, double epsilon, double decay, boolean everything) implements Optimizer {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if beta1 or beta2 is not in [0, 1), epsilon not positive and finite, or the decay
     *     negative or not finite
     */
    public AdamW {
        Settings.decay("beta1", beta1);
        Settings.decay("beta2", beta2);
        Settings.positive("epsilon", epsilon);
        Settings.notNegative("decay", decay);
    }

    /**
     * Adam's usual settings, and a decay of the weights alone.
     *
     * @param decay 0.01 is usual
     */
    public AdamW(double decay) {
        this(0.9, 0.999, 1e-8, decay, false);
    }

    /** Adam's usual settings, and a decay of 0.01 of the weights alone. */
    public AdamW() {
        this(0.01);
    }

    @Override
    public int states() {
        return 2;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        boolean decays = everything || shape.role() == ParameterShape.Role.WEIGHTS;
        Adam.update(beta1, beta2, epsilon, decays ? (float) (rate * decay) : 0f, pass, w, g, state, step, rate);
    }
}
