package lanewise.train;

/**
 * Keeps gradients from being too large, before the optimizer uses them. Immutable.
 *
 * @param norm the largest norm of the whole gradient: a longer one is multiplied by norm / its own norm (Pascanu et al. 2013,
 *     algorithm 1); infinity for no limit
 * @param value the largest magnitude of each element: what is beyond it becomes ±value; infinity for no limit
 */
public record Clipping(double norm, double value) {

    /** No limit. */
    public static final Clipping NONE = new Clipping(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if one of them is not positive
     */
    public Clipping {
        check("norm", norm);
        check("value", value);
    }

    private static void check(String name, double limit) {
        if (!(limit > 0))
            throw new IllegalArgumentException("clipping by " + name + " " + limit + ", a positive number expected");
    }

    /**
     * A limit of the whole gradient's Euclidean norm, over all trained parameters together, a penalty's gradient included.
     *
     * @param norm positive; 1 to 5 is usual
     * @return the limit
     * @throws IllegalArgumentException if it is not positive
     */
    public static Clipping byNorm(double norm) {
        return new Clipping(norm, Double.POSITIVE_INFINITY);
    }

    /**
     * A limit of each element.
     *
     * @param value positive
     * @return the limit
     * @throws IllegalArgumentException if it is not positive
     */
    public static Clipping byValue(double value) {
        return new Clipping(Double.POSITIVE_INFINITY, value);
    }

    boolean limitsNorm() {
        return norm < Double.POSITIVE_INFINITY;
    }

    boolean limitsValues() {
        return value < Double.POSITIVE_INFINITY;
    }

    /** {@code none}, {@code norm 1.0}, {@code value 0.5}, or both. */
    @Override
    public String toString() {
        if (!limitsNorm()) return limitsValues() ? "value " + value : "none";
        return "norm " + norm + (limitsValues() ? ", value " + value : "");
    }
}
