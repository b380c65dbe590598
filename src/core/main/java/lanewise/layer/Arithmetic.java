package lanewise.layer;

import java.util.Objects;
import lanewise.kernel.Elementary;
import lanewise.kernel.Fma;
import lanewise.kernel.Kernels;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * The library's own elementary functions and sums, for layers, activations and losses that are to give the same bits on
 * every machine. {@code Math.exp} and its like differ between platforms; these are sequences of exact operations, the
 * very ones of the kernels. All methods are static, allocate nothing and keep no state.
 *
 * <p>{@code + - * /}, {@code Math.sqrt}, {@code Math.abs}, {@code min} and {@code max} are exact everywhere, and all of {@code
 * StrictMath} gives the same bits everywhere, so these may be used beside this class. {@code Math.exp}, {@code log}, {@code
 * pow}, {@code sin}, {@code tanh} and the others that {@code StrictMath} has as well may not.
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
     * Sine, rounded from {@code StrictMath}'s in double: slower than the functions above, which are the kernels' own.
     *
     * @param x angle in radians; infinite or NaN gives NaN
     * @return sin x
     */
    public static float sin(float x) {
        return (float) StrictMath.sin(x);
    }

    /**
     * Cosine, rounded from {@code StrictMath}'s in double.
     *
     * @param x angle in radians; infinite or NaN gives NaN
     * @return cos x
     */
    public static float cos(float x) {
        return (float) StrictMath.cos(x);
    }

    /**
     * xʸ, rounded from {@code StrictMath}'s in double.
     *
     * @param x base
     * @param y exponent
     * @return as {@code Math.pow} says of special cases: 1 for the exponent 0; NaN for a negative base and an exponent that is
     *     no integer
     */
    public static float pow(float x, float y) {
        return (float) StrictMath.pow(x, y);
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

    /**
     * Inner product of two rows, in the order of {@link #sum}: as the contract sums the gradient of a dense layer's input,
     * dInput[i] = flush(dot(weights, i, dOutput, r)).
     *
     * @param x has the first factors
     * @param xRow which row of x
     * @param y has the second factors
     * @param yRow which row of y
     * @return Σ x y
     * @throws IllegalArgumentException if x and y have different numbers of columns
     */
    public static float dot(Slice x, int xRow, Slice y, int yRow) {
        requireEqual("columns of x and y", x.columns(), y.columns());
        return Elementary.dot(x.array(), start(x, xRow), y.array(), start(y, yRow), x.columns());
    }

    /**
     * Adds a multiple of a row to another one, y = fma(a, x, y), as the contract adds to weights: with a = 0 nothing changes.
     * Leaves padding as it is.
     *
     * @param a factor
     * @param x has the row to be added; not modified
     * @param xRow which row of x
     * @param y has the row that is changed
     * @param yRow which row of y
     * @throws IllegalArgumentException if x and y have different numbers of columns
     */
    public static void axpy(float a, Slice x, int xRow, Slice y, int yRow) {
        requireEqual("columns of x and y", x.columns(), y.columns());
        int xo = start(x, xRow), yo = start(y, yRow), n = x.columns();
        if (a == 0f) return;
        float[] from = x.array(), to = y.array();
        for (int c = 0; c < n; c++) to[yo + c] = Fma.of(a, from[xo + c], to[yo + c]);
    }

    /**
     * The product of a row and a matrix and a bias, y = bias + x · matrix, with the kernels of the batch: the bits of a dense
     * layer's forward pass. Overwrites the row of y; its padding is unspecified afterwards.
     *
     * @param pass of the batch
     * @param x has the row of factors; not modified
     * @param xRow which row of x
     * @param matrix as many rows as x has columns; not modified
     * @param bias one row, as many columns as the matrix; not modified. Without a bias, zeros: scratch that nothing is
     *     written to
     * @param y as many columns as the matrix; neither x nor bias
     * @param yRow which row of y
     * @throws IllegalArgumentException if the sizes do not fit, or rows are not padded to 16 floats
     */
    public static void product(Pass pass, Slice x, int xRow, Slice matrix, Slice bias, Slice y, int yRow) {
        requireEqual("columns of x and rows of the matrix", x.columns(), matrix.rows());
        requireEqual("columns of the matrix and of the bias", matrix.columns(), bias.columns());
        requireEqual("columns of the matrix and of y", matrix.columns(), y.columns());
        int stride = matrix.stride(), xo = start(x, xRow), yo = start(y, yRow), bo = start(bias, 0);
        if (stride != Kernels.padded(matrix.columns()) || bias.stride() < stride || y.stride() < stride)
            throw new IllegalArgumentException("a matrix of " + matrix + ", a bias of " + bias + ", y of " + y
                    + "; rows padded to 16 floats expected, as this library allocates them");
        pass.kernels()
                .gemv(
                        x.array(),
                        xo,
                        x.columns(),
                        matrix.array(),
                        matrix.offset(),
                        stride,
                        bias.array(),
                        bo,
                        y.array(),
                        yo);
    }

    private static int start(Slice matrix, int row) {
        return matrix.at(Objects.checkIndex(row, matrix.rows()));
    }

    private static void requireEqual(String what, int a, int b) {
        if (a != b) throw new IllegalArgumentException(what + ": " + a + " and " + b + ", equal numbers expected");
    }
}
