package lanewise.train;

import java.util.List;
import lanewise.Network;
import lanewise.layer.Arithmetic;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Slice;

/**
 * Keeps weights small: adds a penalty to the loss that training makes small, {@code l1 · Σ |w| + l2 / 2 · Σ w²}, over
 * the weights of all layers that have some, see {@link ParameterShape.Role#WEIGHTS}; not over biases, the parameters of
 * normalisations, slopes, embeddings. Both at once are the elastic net (Zou and Hastie 2005). Immutable.
 *
 * <p>With a regulariser, a step sums the batch's gradient from +0.0 in an array of its own and then updates all
 * parameters by the optimizer, while plain gradient descent updates only what the batch
 * touches: a step costs more, much more where inputs are mostly zero or a layer is an embedding.
 */
public final class Regularizer {

    /** No penalty. */
    public static final Regularizer NONE = new Regularizer(0f, 0f);

    private final float l1;
    private final float l2;

    private Regularizer(float l1, float l2) {
        check("l1", l1);
        check("l2", l2);
        this.l1 = l1;
        this.l2 = l2;
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
        return new Regularizer(l1, 0f);
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
        return new Regularizer(0f, l2);
    }

    /**
     * This penalty and another one.
     *
     * @param other added
     * @return the sum of both
     */
    public Regularizer and(Regularizer other) {
        return new Regularizer(l1 + other.l1, l2 + other.l2);
    }

    boolean none() {
        return l1 == 0f && l2 == 0f;
    }

    /**
     * The penalty, which the losses that {@link TrainingListener} and {@link Evaluation} report do not contain.
     *
     * @param network not modified
     * @return {@code l1 · Σ |w| + l2 / 2 · Σ w²}
     */
    public double penalty(Network network) {
        List<ParameterShape> shapes = network.parameters().shapes();
        double sum = 0, squares = 0;
        for (int i = 0; i < shapes.size(); i++) {
            if (shapes.get(i).role() != Role.WEIGHTS) continue;
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

    /** gradient = fma(l2, w, gradient) + l1 · sign(w) for all weights, of which padding stays +0.0. */
    void addTo(Slice gradient, Slice weights) {
        float[] w = weights.array(), g = gradient.array();
        int wo = weights.offset(), go = gradient.offset(), n = weights.rows() * weights.stride();
        if (l2 != 0f) for (int i = 0; i < n; i++) g[go + i] = Arithmetic.fma(l2, w[wo + i], g[go + i]);
        if (l1 != 0f) for (int i = 0; i < n; i++) g[go + i] += l1 * Math.signum(w[wo + i]);
    }

    /** {@code l1 1.0E-4, l2 0.001}. */
    @Override
    public String toString() {
        if (none()) return "none";
        return l2 == 0f ? "l1 " + l1 : l1 == 0f ? "l2 " + l2 : "l1 " + l1 + ", l2 " + l2;
    }
}
