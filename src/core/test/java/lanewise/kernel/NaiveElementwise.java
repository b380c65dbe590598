package lanewise.kernel;

/** {@link Elementwise} in the plainest loops, over formulas of its own. */
interface NaiveElementwise extends Elementwise, KernelCases.Noting {

    @Override
    default void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = Byte.toUnsignedInt(src[so + i]) * scale;
    }

    @Override
    default void values(
            Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = value(function, positive, negative, x[xo + i]);
    }

    private static float value(Function function, float positive, float negative, float x) {
        return switch (function) {
            case IDENTITY -> x;
            case SIGMOID -> sigmoid(x);
            case TANH ->
                Math.abs(x) >= 0.625f
                        ? (x < 0 ? -1f : 1f) * (1f - 2f / (Elementary.exp(2f * Math.abs(x)) + 1f))
                        : Elementary.tanh(x);
            case RELU, LEAKY_RELU -> x < 0f ? negative * x + 0f : x;
            case SOFTPLUS -> NaiveKernels.flush((x < 0f ? 0f : x) + Elementary.log1p(Elementary.exp(-Math.abs(x))));
            case GELU_TANH -> NaiveKernels.flush(0.5f * x * (1f + geluTanh(x)));
            case SILU -> NaiveKernels.flush(x * sigmoid(x));
            case ELU, SELU -> x < 0f ? negative * Elementary.expm1(x) + 0f : positive * x;
            case HARD_SIGMOID -> limit(Math.fma(x, 1f / 6f, 0.5f), 0f, 1f);
            case HARD_SWISH -> NaiveKernels.flush(x * limit(Math.fma(x, 1f / 6f, 0.5f), 0f, 1f));
            case MISH -> NaiveKernels.flush(x * (mishN(x) / (mishN(x) + 2f)));
            case GELU -> NaiveKernels.flush(x * normalDistribution(limit(x, -14f, 14f)));
            case SOFTSIGN -> x / (Math.abs(x) + 1f);
            case SCALED_SOFTPLUS ->
                NaiveKernels.flush(
                        (x < 0f ? 0f : x) + Elementary.log1p(Elementary.exp(-Math.abs(negative * x))) / negative);
            case CLIP -> x < negative ? negative : x > positive ? positive : x;
            case THRESHOLD -> x > positive || x != x ? x : negative;
            case CELU -> x < 0f ? negative * Elementary.expm1(x / negative) + 0f : x;
            case LOG_SIGMOID -> NaiveKernels.flush((x < 0f ? x : 0f) - Elementary.log1p(Elementary.exp(-Math.abs(x))));
            case TANH_SHRINK -> NaiveKernels.flush(Math.abs(x) < 1f ? cubic(x) : x - Elementary.tanh(x));
        };
    }

    @Override
    default void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        note();
        for (int i = 0; i < n; i++) f[fo + i] = derivative(function, positive, negative, v[vo + i]);
    }

    /** The derivative from v, the value of some functions and the argument of the others. */
    private static float derivative(Function function, float positive, float negative, float v) {
        return switch (function) {
            case IDENTITY -> 1f;
            case SIGMOID -> v * (1f - v);
            case TANH -> Math.fma(-v, v, 1f);
            case RELU, LEAKY_RELU -> v > 0f ? 1f : negative;
            case SOFTPLUS -> sigmoid(v);
            case GELU_TANH -> {
                float c = limit(v, -30f, 30f), t = geluTanh(v);
                float inner = 0.7978845608f * Math.fma(3f * 0.044715f, c * c, 1f);
                yield Math.fma(0.5f * c * Math.fma(-t, t, 1f), inner, 0.5f * (1f + t));
            }
            case SILU -> sigmoid(v) * Math.fma(v, 1f - sigmoid(v), 1f);
            case ELU, SELU -> v > 0f ? positive : v + negative;
            case HARD_SIGMOID -> v > 0f && v < 1f ? 1f / 6f : 0f;
            case HARD_SWISH -> v < -3f ? 0f : v > 3f ? 1f : Math.fma(v, 1f / 3f, 0.5f);
            case MISH -> {
                float c = v > 20f ? 20f : v, e = Elementary.exp(c), m = mishN(v) + 2f;
                yield Math.fma(c, 4f * e * (1f + e) / (m * m), mishN(v) / m);
            }
            case GELU -> {
                float c = limit(v, -14f, 14f);
                yield Math.fma(0.39894228f * c, bell(c), normalDistribution(c));
            }
            case SOFTSIGN -> (1f - Math.abs(v)) * (1f - Math.abs(v));
            case SCALED_SOFTPLUS -> sigmoid(negative * v);
            case CLIP -> v > negative && v < positive ? 1f : 0f;
            case THRESHOLD -> v > positive ? 1f : 0f;
            case CELU -> v > 0f ? 1f : (v + negative) / negative;
            case LOG_SIGMOID -> sigmoid(-v);
            case TANH_SHRINK -> Elementary.tanh(v) * Elementary.tanh(v);
        };
    }

    /** x − tanh x for |x| < 1. */
    private static float cubic(float x) {
        float[] h = {
            Elementary.H6, Elementary.H5, Elementary.H4, Elementary.H3, Elementary.H2, Elementary.H1, Elementary.H0
        };
        float p = Elementary.H7;
        for (float next : h) p = Math.fma(p, x * x, next);
        return p * (x * x * x);
    }

    private static float sigmoid(float x) {
        return NaiveKernels.flush(1f / (1f + Elementary.exp(-x)));
    }

    /** The tanh of GELU's formula, whose argument is clamped to ±30. */
    private static float geluTanh(float x) {
        float c = x > 30f ? 30f : x < -30f ? -30f : x;
        return Elementary.tanh(0.7978845608f * Math.fma(0.044715f * c, c * c, c));
    }

    /** Limits that let NaN pass. */
    private static float limit(float v, float low, float high) {
        return v > high ? high : v < low ? low : v;
    }

    /** n of Mish's formula x n / (n + 2). */
    private static float mishN(float x) {
        float e = Elementary.exp(x > 20f ? 20f : x);
        return e * (e + 2f);
    }

    /** e^(−x²/2), what rounding takes from the square put back. */
    private static float bell(float c) {
        float square = c * c, e = Elementary.exp(-0.5f * square);
        return Math.fma(e, -0.5f * Math.fma(c, c, -square), e);
    }

    private static float normalDistribution(float c) {
        float[] g = {
            1f,
            Elementary.G1,
            Elementary.G2,
            Elementary.G3,
            Elementary.G4,
            Elementary.G5,
            Elementary.G6,
            Elementary.G7,
            Elementary.G8,
            Elementary.G9
        };
        float a = 0.70710678f * Math.abs(c), r = 1f / (a + 2f), p = g[9];
        for (int k = 8; k >= 0; k--) p = Math.fma(p, a * r, g[k]);
        return c < 0f ? bell(c) * (p * r) : 1f - bell(c) * (p * r);
    }

    @Override
    default void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = factor * x[xo + i];
    }

    @Override
    default void add(float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = y[yo + i] + x[xo + i];
    }

    @Override
    default void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = NaiveKernels.flush(y[yo + i] + x[xo + i]);
    }

    @Override
    default void multiply(float[] f, int fo, float[] d, int dO, int n) {
        note();
        for (int i = 0; i < n; i++) d[dO + i] = NaiveKernels.flush(d[dO + i] * f[fo + i]);
    }

    @Override
    default void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = Math.fma(a[ao + i], b[bo + i], c[co + i]) + 0f;
    }

    @Override
    default void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = x[xo + i] < 0f ? slope[so + i] * x[xo + i] + 0f : x[xo + i];
    }

    @Override
    default void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        note();
        for (int i = 0; i < n; i++) f[fo + i] = x[xo + i] > 0f ? 1f : slope[so + i];
    }

    @Override
    default void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) {
            // In longs, to be independent of what wraps around.
            long h = i * 0x9e3779b9L + key0 & 0xffffffffL;
            h = (h ^ h >> 16) * 0x7feb352dL & 0xffffffffL;
            h = ((h ^ h >> 15) + key1) * 0x846ca68bL & 0xffffffffL;
            h ^= h >> 16;
            y[yo + i] = h >> 8 < threshold ? 0f : NaiveKernels.flush(scale * x[xo + i]);
        }
    }
}
