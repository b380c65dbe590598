package lanewise.layer;

import lanewise.kernel.Elementary;
import lanewise.kernel.Fma;

/**
 * The library's own elementary functions and sums, for layers, activations and losses that are to give the same bits on
 * every machine. {@code Math.exp} and its like differ between platforms; these are sequences of exact operations, the
 * very ones of the kernels. All methods are static, allocate nothing and keep no state.
 */
public final class Arithmetic {

    /** Gradients below this in absolute value are stored as +0.0: subnormal numbers are many times slower. */
    public static final float TINY = Elementary.TINY;

    private Arithmetic() {}

    /**
     * Fused multiply-add: a · b + c, rounded once. The bits are those of {@code Math.fma}, which is this where the CPU has
     * such an instruction; where it has none, {@code Math.fma} is a thousand times slower than a multiplication, and this
     * some ten times.
     *
     * @param a first factor
     * @param b second factor
     * @param c summand
     * @return a · b + c
     */
    public static float fma(float a, float b, float c) {
        return Fma.of(a, b, c);
    }

    /**
     * eˣ, off by at most 1.1 units in the last place; above 88.72 +Inf, below −87.33 +0.0.
     *
     * @param x any float; NaN gives NaN
     * @return eˣ
     */
    public static float exp(float x) {
        return Elementary.exp(x);
    }

    /**
     * Natural logarithm, off by at most 1 unit in the last place.
     *
     * @param x zero gives −Inf, less NaN
     * @return ln x
     */
    public static float log(float x) {
        return Elementary.log(x);
    }

    /**
     * ln(1 + x), accurate near zero, off by at most 1.5 units in the last place.
     *
     * @param x −1 gives −Inf, less NaN
     * @return ln(1 + x)
     */
    public static float log1p(float x) {
        return Elementary.log1p(x);
    }

    /**
     * Hyperbolic tangent, off by at most 1.5 units in the last place.
     *
     * @param x any float
     * @return tanh x
     */
    public static float tanh(float x) {
        return Elementary.tanh(x);
    }

    /**
     * 1 / (1 + e⁻ˣ), off by at most 3 units in the last place; below {@link #TINY} +0.0.
     *
     * @param x any float
     * @return the logistic function of x
     */
    public static float sigmoid(float x) {
        return Elementary.sigmoid(x);
    }

    /**
     * eˣ − 1, accurate near zero, off by at most 1.5 units in the last place.
     *
     * @param x any float
     * @return eˣ − 1
     */
    public static float expm1(float x) {
        return Elementary.expm1(x);
    }

    /**
     * Error function, 2/√π ∫₀ˣ e^(−t²) dt, off by at most 1.5 units in the last place.
     *
     * @param x any float
     * @return erf x
     */
    public static float erf(float x) {
        return Elementary.erf(x);
    }

    /**
     * What the contract stores for a small number.
     *
     * @param v any float
     * @return +0.0 if |v| is below {@link #TINY}, else v; NaN stays NaN
     */
    public static float flush(float v) {
        return Elementary.flush(v);
    }

    /**
     * Sum: element k goes to running sum k mod 16; the sixteen are added pairwise 8 apart, then 4, 2 and 1.
     *
     * @param x holds the elements
     * @param offset index of the first
     * @param n how many
     * @return their sum
     */
    public static float sum(float[] x, int offset, int n) {
        return Elementary.sum(x, offset, n);
    }

    /**
     * Inner product by fused multiply-adds, in the order of {@link #sum}.
     *
     * @param x holds the first factors
     * @param xOffset index of the first
     * @param y holds the second factors
     * @param yOffset index of the first
     * @param n how many
     * @return Σ x y
     */
    public static float dot(float[] x, int xOffset, float[] y, int yOffset, int n) {
        return Elementary.dot(x, xOffset, y, yOffset, n);
    }
}
