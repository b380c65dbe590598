package lanewise.kernel;

/**
 * Elementary functions of one float, the scalar form of what {@link VectorKernels} computes in lanes.
 *
 * <p>Each is one sequence of fused multiply-adds, exact divisions and comparisons, so it gives the same bits on every
 * CPU and JDK; {@code Math.exp} and its like do not. The polynomials are weighted minimax fits of this project
 * (Lawson's iteration on Chebyshev points), rounded to float; the largest errors stand in docs/architecture.md and are
 * held by a test.
 */
public final class Elementary {

    /** Gradients and activations smaller than this become +0.0, which keeps subnormal numbers out of all loops. */
    public static final float TINY = 1e-25f;

    /** 1.5 · 2²³: adding it rounds a small float to an integer that stands in the low bits of the sum. */
    static final float MAGIC = 12582912f;

    static final float EXP_MAX = 88.72f;
    static final float EXP_MIN = -87.33f;
    static final float LOG2_E = 1.44269504f;
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    /** e^r = 1 + r + r² (E0 + E1 r + …) for |r| ≤ ln 2 / 2; relative error below 2⁻²⁸ before rounding. */
    static final float E0 = 0.4999999403953552f;

    static final float E1 = 0.16666515171527863f;
    static final float E2 = 0.04166845604777336f;
    static final float E3 = 0.008369418792426586f;
    static final float E4 = 0.0013813142431899905f;

    static final float SQRT2 = 1.41421356f;
    /** log(1 + f) = f − f²/2 + f³ (L0 + L1 f + …) for √½ ≤ 1 + f < √2; relative error below 2⁻²⁷. */
    static final float L0 = 0.3333333134651184f;

    static final float L1 = -0.250008225440979f;
    static final float L2 = 0.20001226663589478f;
    static final float L3 = -0.16623356938362122f;
    static final float L4 = 0.14201761782169342f;
    static final float L5 = -0.131601944565773f;
    static final float L6 = 0.12761549651622772f;
    static final float L7 = -0.07634429633617401f;

    /** tanh x = x + x³ (T0 + T1 x² + …) for |x| < 0.625; relative error below 2⁻²⁷. */
    static final float T0 = -0.3333328366279602f;

    static final float T1 = 0.13331490755081177f;
    static final float T2 = -0.05374349653720856f;
    static final float T3 = 0.020650578662753105f;
    static final float T4 = -0.005717036779969931f;
    static final float TANH_SMALL = 0.625f;

    /** √(2/π) of the tanh form of GELU. */
    static final float GELU_A = 0.7978845608f;

    static final float GELU_B = 0.044715f;
    /** Beyond ±30 GELU's derivative is 0 or 1 to the last bit, and x² must not overflow. */
    static final float GELU_FLAT = 30f;

    private Elementary() {}

    /** {@code v}, or +0.0 if {@code |v|} is below {@link #TINY}; NaN passes. */
    public static float flush(float v) {
        return Math.abs(v) < TINY ? 0f : v;
    }

    /** eˣ. Above 88.72 +Inf, below −87.33 +0.0, never subnormal; NaN gives NaN. */
    public static float exp(float x) {
        if (x > EXP_MAX) return Float.POSITIVE_INFINITY;
        if (x < EXP_MIN) return 0f;
        if (x != x) return x;
        float t = Math.fma(x, LOG2_E, MAGIC);
        float n = t - MAGIC;
        float r = Math.fma(n, -LN2_HIGH, x);
        r = Math.fma(n, -LN2_LOW, r);
        float p = Math.fma(E4, r, E3);
        p = Math.fma(p, r, E2);
        p = Math.fma(p, r, E1);
        p = Math.fma(p, r, E0);
        p = Math.fma(p, r * r, r) + 1f;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(t) << 23));
    }

    /** Natural logarithm. Zero gives −Inf, a negative number NaN. */
    public static float log(float x) {
        if (!(x > 0f)) return x == 0f ? Float.NEGATIVE_INFINITY : Float.NaN;
        if (x == Float.POSITIVE_INFINITY) return x;
        int exponent = 0;
        if (x < Float.MIN_NORMAL) {
            x *= 0x1p24f;
            exponent = -24;
        }
        int bits = Float.floatToRawIntBits(x);
        exponent += (bits >>> 23) - 127;
        float m = Float.intBitsToFloat(bits & 0x007fffff | 0x3f800000);
        if (m >= SQRT2) {
            m *= 0.5f;
            exponent++;
        }
        return logParts(m, exponent);
    }

    /** log(m · 2^e) for √½ ≤ m < √2. */
    private static float logParts(float m, float e) {
        float f = m - 1f;
        float p = Math.fma(L7, f, L6);
        p = Math.fma(p, f, L5);
        p = Math.fma(p, f, L4);
        p = Math.fma(p, f, L3);
        p = Math.fma(p, f, L2);
        p = Math.fma(p, f, L1);
        p = Math.fma(p, f, L0);
        float ff = f * f;
        p = p * f;
        p = Math.fma(p, ff, e * LN2_LOW);
        p = Math.fma(-0.5f, ff, p);
        return Math.fma(e, LN2_HIGH, f + p);
    }

    /** log(1 + x), accurate near zero. −1 gives −Inf, less gives NaN. */
    public static float log1p(float x) {
        float u = 1f + x;
        if (!(u > 0f) || u == Float.POSITIVE_INFINITY) return log(u);
        return log(u) + (x - (u - 1f)) / u;
    }

    /** Hyperbolic tangent. */
    public static float tanh(float x) {
        float a = Math.abs(x);
        if (a < TANH_SMALL) {
            float z = x * x;
            float p = Math.fma(T4, z, T3);
            p = Math.fma(p, z, T2);
            p = Math.fma(p, z, T1);
            p = Math.fma(p, z, T0);
            return Math.fma(p, z * x, x);
        }
        float t = 1f - 2f / (exp(a + a) + 1f);
        return x < 0f ? -t : t;
    }

    /** 1 / (1 + e⁻ˣ), values below {@link #TINY} as +0.0. */
    public static float sigmoid(float x) {
        return flush(1f / (1f + exp(-x)));
    }

    /** max(x, 0) + log(1 + e^−|x|), values below {@link #TINY} as +0.0. */
    public static float softplus(float x) {
        return flush((x < 0f ? 0f : x) + log1p(exp(-Math.abs(x))));
    }

    /** x · sigmoid(x) (Hendrycks and Gimpel 2016; Elfwing et al. 2018). */
    public static float silu(float x) {
        return flush(x * sigmoid(x));
    }

    /** Derivative of {@link #silu}: s (1 + x (1 − s)) with s = sigmoid(x). */
    public static float siluDerivative(float x) {
        float s = sigmoid(x);
        return s * Math.fma(x, 1f - s, 1f);
    }

    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016). */
    public static float gelu(float x) {
        float c = x > GELU_FLAT ? GELU_FLAT : x < -GELU_FLAT ? -GELU_FLAT : x;
        float u = GELU_A * Math.fma(GELU_B * c, c * c, c);
        return flush(0.5f * x * (1f + tanh(u)));
    }

    /** Derivative of {@link #gelu}. */
    public static float geluDerivative(float x) {
        float c = x > GELU_FLAT ? GELU_FLAT : x < -GELU_FLAT ? -GELU_FLAT : x;
        float cc = c * c;
        float t = tanh(GELU_A * Math.fma(GELU_B * c, cc, c));
        float slope = GELU_A * Math.fma(3f * GELU_B, cc, 1f);
        return Math.fma(0.5f * c * Math.fma(-t, t, 1f), slope, 0.5f * (1f + t));
    }

    /**
     * Sum over any n: element k goes to running sum k mod 16, from +0.0; the sixteen are added pairwise 8 apart, 4, 2,
     * 1; the result is stored as sum + 0.0.
     */
    public static float sum(float[] x, int xo, int n) {
        return tree(
                sum(x, xo, n, 0),
                sum(x, xo, n, 1),
                sum(x, xo, n, 2),
                sum(x, xo, n, 3),
                sum(x, xo, n, 4),
                sum(x, xo, n, 5),
                sum(x, xo, n, 6),
                sum(x, xo, n, 7),
                sum(x, xo, n, 8),
                sum(x, xo, n, 9),
                sum(x, xo, n, 10),
                sum(x, xo, n, 11),
                sum(x, xo, n, 12),
                sum(x, xo, n, 13),
                sum(x, xo, n, 14),
                sum(x, xo, n, 15));
    }

    private static float sum(float[] x, int xo, int n, int from) {
        float s = 0f;
        for (int k = from; k < n; k += 16) s += x[xo + k];
        return s;
    }

    /** Inner product over any n, in {@link #sum}'s order, by fused multiply-adds. */
    public static float dot(float[] x, int xo, float[] y, int yo, int n) {
        return tree(
                dot(x, xo, y, yo, n, 0),
                dot(x, xo, y, yo, n, 1),
                dot(x, xo, y, yo, n, 2),
                dot(x, xo, y, yo, n, 3),
                dot(x, xo, y, yo, n, 4),
                dot(x, xo, y, yo, n, 5),
                dot(x, xo, y, yo, n, 6),
                dot(x, xo, y, yo, n, 7),
                dot(x, xo, y, yo, n, 8),
                dot(x, xo, y, yo, n, 9),
                dot(x, xo, y, yo, n, 10),
                dot(x, xo, y, yo, n, 11),
                dot(x, xo, y, yo, n, 12),
                dot(x, xo, y, yo, n, 13),
                dot(x, xo, y, yo, n, 14),
                dot(x, xo, y, yo, n, 15));
    }

    private static float dot(float[] x, int xo, float[] y, int yo, int n, int from) {
        float s = 0f;
        for (int k = from; k < n; k += 16) s = Math.fma(x[xo + k], y[yo + k], s);
        return s;
    }

    /** The sixteen running sums added pairwise 8 apart, 4, 2 and 1. */
    static float tree(
            float s0,
            float s1,
            float s2,
            float s3,
            float s4,
            float s5,
            float s6,
            float s7,
            float s8,
            float s9,
            float s10,
            float s11,
            float s12,
            float s13,
            float s14,
            float s15) {
        return (((s0 + s8) + (s4 + s12)) + ((s2 + s10) + (s6 + s14)))
                + (((s1 + s9) + (s5 + s13)) + ((s3 + s11) + (s7 + s15)))
                + 0f;
    }
}
