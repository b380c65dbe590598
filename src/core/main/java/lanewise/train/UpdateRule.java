package lanewise.train;

import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.optimizer.Sgd;

/**
 * What happens to the parameters in a step: a penalty is added to the gradient, the gradient is clipped, weights decay, and the
 * optimizer updates. Immutable.
 *
 * @param optimizer how parameters follow from their gradient
 * @param regularizer penalty and decay of large weights
 * @param clipping limits of the gradient
 */
public record UpdateRule(Optimizer optimizer, Regularizer regularizer, Clipping clipping) {

    /** Plain gradient descent. */
    public static final UpdateRule SGD = new UpdateRule(new Sgd(), Regularizer.NONE, Clipping.NONE);

    /** Checks that all are there. */
    public UpdateRule {
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(regularizer, "regularizer");
        Objects.requireNonNull(clipping, "clipping");
    }

    /**
     * An optimizer alone.
     *
     * @param optimizer how parameters follow from their gradient
     * @return a rule without penalty, decay and limits
     */
    public static UpdateRule of(Optimizer optimizer) {
        return new UpdateRule(optimizer, Regularizer.NONE, Clipping.NONE);
    }

    /**
     * An optimizer of a kind, and decoupled decay of the weights: AdamW carries it itself, beside others stands {@link
     * Regularizer#decay}.
     *
     * @param kind of optimizer, with its usual settings
     * @param weightDecay share of a weight that is lost in a step of learning rate 1; zero or more
     * @return a rule without limits
     * @throws IllegalArgumentException if the decay is negative or not finite
     */
    public static UpdateRule of(OptimizerKind kind, float weightDecay) {
        if (kind == OptimizerKind.ADAMW) return of(new AdamW(weightDecay));
        return new UpdateRule(kind.optimizer(), Regularizer.decay(weightDecay), Clipping.NONE);
    }

    /** Whether each row's term may go straight into the parameters. */
    boolean inPlace() {
        return optimizer.inPlace() && regularizer.none() && clipping.equals(Clipping.NONE);
    }

    /** Updates some rows of a matrix from their gradient, of whose norm a factor was computed, the penalty added already. */
    void update(
            Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate, float clipped) {
        Kernels kernels = pass.kernels();
        float[] gs = g.array();
        int n = g.rows() * g.stride(), go = g.offset();
        boolean covered = regularizer.covers(shape);
        if (covered && !clipping.limitsNorm()) regularizer.addPenalty(pass, g, w);
        if (clipped != 1f) kernels.scale(clipped, gs, go, gs, go, n);
        if (clipping.limitsValues()) kernels.limit((float) clipping.value(), gs, go, n);
        if (covered) regularizer.decay(pass, w, rate);
        optimizer.update(pass, shape, w, g, state, step, rate);
    }
}
