package lanewise.train;

import java.util.List;
import java.util.StringJoiner;
import lanewise.Network;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Keeps weights small, by a penalty or by decay. Immutable.
 *
 * <p>A penalty is added to the loss that training minimises, {@code l1 · Σ |w| + l2 / 2 · Σ w²}; both at once are the elastic
 * net (Zou and Hastie 2005). Decoupled weight decay (Loshchilov and Hutter 2019) multiplies the weights by {@code 1 − η · decay}
 * before the optimizer's update, η being the learning rate; with plain gradient descent it does what l2 does, but not with
 * optimizers that divide by the gradient's size.
 *
 * <p>They go over the weights of all layers that have some, see {@link ParameterShape.Role#WEIGHTS}; not over biases, the
 * parameters of normalisations, slopes and embeddings, unless {@link #everything} asks for it.
 *
 * <p>With a regulariser, a step sums the batch's gradient from +0.0 in an array of its own and then updates all
 * parameters by the optimizer, while plain gradient descent updates only what the batch
 * touches: a step costs more, much more where inputs are mostly zero or a layer is an embedding.
 */
public final class Regularizer {

    /** Neither penalty nor decay. */
    public static final Regularizer NONE = new Regularizer(0f, 0f, 0f, false);

    private final float l1;
    private final float l2;
    private final float decay;
    private final boolean everything;

    private Regularizer(float l1, float l2, float decay, boolean everything) {
        check("l1", l1);
        check("l2", l2);
        check("decay", decay);
        this.l1 = l1;
        this.l2 = l2;
        this.decay = decay;
        this.everything = everything;
    }

    private static void check(String name, float factor) {
        if (!(factor >= 0f && factor < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    name + " " + factor + " given, zero or a positive finite number expected");
    }

    /**
     * Penalty {@code l1 · Σ |w|}, gradient {@code l1 · sign(w)}, zero where w is zero (Tibshirani 1996). Weights that the
     * data do not hold away from zero hover around it, at most a step away.
     *
     * @param l1 zero or more
     * @return the regulariser
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public static Regularizer l1(float l1) {
        return new Regularizer(l1, 0f, 0f, false);
    }

    /**
     * Penalty {@code l2 / 2 · Σ w²}, gradient {@code l2 · w} (Hoerl and Kennard 1970; weight decay, Krogh and Hertz
     * 1992).
     *
     * @param l2 zero or more
     * @return the regulariser
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public static Regularizer l2(float l2) {
        return new Regularizer(0f, l2, 0f, false);
    }

    /**
     * Decoupled weight decay: {@code w = fma(−η · decay, w, w)} in each step.
     *
     * @param decay zero or more; 0.01 is usual with Adam
     * @return the regulariser
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public static Regularizer decay(float decay) {
        return new Regularizer(0f, 0f, decay, false);
    }

    /**
     * This regulariser and another one.
     *
     * @param other added
     * @return the sum of both
     */
    public Regularizer and(Regularizer other) {
        return new Regularizer(l1 + other.l1, l2 + other.l2, decay + other.decay, everything || other.everything);
    }

    /**
     * This regulariser over all trained parameters: biases, scales and vectors, too.
     *
     * @return a new one
     */
    public Regularizer everything() {
        return new Regularizer(l1, l2, decay, true);
    }

    boolean none() {
        return l1 == 0f && l2 == 0f && decay == 0f;
    }

    /** Whether it goes over a matrix. */
    boolean covers(ParameterShape shape) {
        return shape.role() == Role.WEIGHTS || everything && shape.trained();
    }

    /**
     * The penalty, without the decay, which is none; the losses that {@link TrainingListener} and {@link Evaluation} report do not contain it.
     *
     * @param network not modified
     * @return {@code l1 · Σ |w| + l2 / 2 · Σ w²}
     */
    public double penalty(Network network) {
        List<ParameterShape> shapes = network.parameters().shapes();
        double sum = 0, squares = 0;
        for (int i = 0; i < shapes.size(); i++) {
            if (!covers(shapes.get(i))) continue;
            Slice w = network.parameters().get(i);
            for (int r = 0; r < w.rows(); r++)
                for (int c = 0; c < w.columns(); c++) {
                    double v = w.array()[w.at(r) + c];
                    sum += Math.abs(v);
                    squares += v * v;
                }
        }
        return l1 * sum + l2 / 2.0 * squares;
    }

    /** gradient = fma(l2, w, gradient) + l1 · sign(w), of which padding stays +0.0. */
    void addPenalty(Pass pass, Slice gradient, Slice weights) {
        float[] w = weights.array(), g = gradient.array();
        int wo = weights.offset(), go = gradient.offset(), n = weights.rows() * weights.stride();
        if (l2 != 0f) pass.kernels().descend(-l2, w, wo, g, go, n);
        if (l1 != 0f) for (int i = 0; i < n; i++) g[go + i] += l1 * Math.signum(w[wo + i]);
    }

    /** w = fma(−rate · decay, w, w). */
    void decay(Pass pass, Slice weights, float rate) {
        if (decay == 0f) return;
        float[] w = weights.array();
        int wo = weights.offset(), n = weights.rows() * weights.stride();
        pass.kernels().descend((float) ((double) rate * decay), w, wo, w, wo, n);
    }

    /** {@code l1 1.0E-4, l2 0.001, decay 0.01 of everything}. */
    @Override
    public String toString() {
        if (none()) return "none";
        StringJoiner parts = new StringJoiner(", ");
        if (l1 != 0f) parts.add("l1 " + l1);
        if (l2 != 0f) parts.add("l2 " + l2);
        if (decay != 0f) parts.add("decay " + decay);
        return parts + (everything ? " of everything" : "");
    }
}
