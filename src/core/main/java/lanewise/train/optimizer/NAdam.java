package lanewise.train.optimizer;

import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * NAdam, Adam with Nesterov's momentum (Dozat 2016), in the form that PyTorch has, m and v as in {@link Adam}:
 *
 * <pre>
 * μₜ = beta1 · (1 − ½ · 0.96^(t · momentumDecay)),  Πₜ = μ₁ · … · μₜ
 * a  = η · μₜ₊₁ / (1 − Πₜ₊₁),  b = η · (1 − μₜ) / (1 − Πₜ)
 * w  = w − fma(b, g, a · m) / fma(√v, 1 / √(1 − beta2ᵗ), epsilon)
 * </pre>
 *
 * <p>The product Π is kept from step to step; a training that goes on from a checkpoint computes it once, in time proportional
 * to its steps.
 */
public final class NAdam implements Optimizer {

    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final double momentumDecay;

    /** The last one that was asked for. Workers may ask at the same time; one of their equal answers stays. */
    private volatile Product last = new Product(0, 1);

    /** The product of the first factors. */
    private record Product(long factors, double value) {}

    /**
     * The rule.
     *
     * @param beta1 decay of the mean, in [0, 1)
     * @param beta2 decay of the mean square, in [0, 1)
     * @param epsilon keeps the divisor from zero; positive
     * @param momentumDecay how fast the momentum grows to beta1; zero or more
     * @throws IllegalArgumentException if one of them is not so
     */
    public NAdam(double beta1, double beta2, double epsilon, double momentumDecay) {
        Settings.decay("beta1", beta1);
        Settings.decay("beta2", beta2);
        Settings.positive("epsilon", epsilon);
        Settings.notNegative("momentumDecay", momentumDecay);
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.momentumDecay = momentumDecay;
    }

    /** Decays 0.9 and 0.999, epsilon 1e-8, momentum decay 0.004. */
    public NAdam() {
        this(0.9, 0.999, 1e-8, 0.004);
    }

    @Override
    public int states() {
        return 2;
    }

    @Override
    public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
        long t = step + 1;
        double mu = momentum(t), next = momentum(t + 1), product = product(t);
        pass.kernels()
                .adam(
                        (float) (1 - beta1),
                        (float) beta2,
                        (float) (1 - beta2),
                        (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(beta2, t))),
                        (float) epsilon,
                        (float) (rate * next / (1 - product * next)),
                        (float) (rate * (1 - mu) / (1 - product)),
                        0f,
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

    private double momentum(double t) {
        return beta1 * (1 - 0.5 * StrictMath.pow(0.96, t * momentumDecay));
    }

    private double product(long factors) {
        Product known = last;
        if (known.factors == factors) return known.value;
        if (known.factors > factors) known = new Product(0, 1);
        double value = known.value;
        for (long t = known.factors + 1; t <= factors; t++) value *= momentum(t);
        last = new Product(factors, value);
        return value;
    }

    /** The rule with its settings. */
    @Override
    public String toString() {
        return "NAdam[beta1=" + beta1 + ", beta2=" + beta2 + ", epsilon=" + epsilon + ", momentumDecay=" + momentumDecay
                + "]";
    }
}
