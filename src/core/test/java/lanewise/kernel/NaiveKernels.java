package lanewise.kernel;

import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arithmetic contract of docs/architecture.md in the plainest loops, written without a look at the other kernels.
 * It knows nothing of positions: what skips zeros is held against what does not.
 */
final class NaiveKernels extends Kernels {

    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final Set<String> called = new TreeSet<>();

    /** Name and type of every kernel that was called. */
    Set<String> called() {
        return called;
    }

    static String signature(String name, MethodType type) {
        return name + type;
    }

    /** Notes the caller, if it was called from outside. */
    private void note() {
        List<StackWalker.StackFrame> frames =
                WALKER.walk(all -> all.skip(1).limit(2).toList());
        if (Kernels.class.isAssignableFrom(frames.get(1).getDeclaringClass())) return;
        called.add(signature(frames.get(0).getMethodName(), frames.get(0).getMethodType()));
    }

    @Override
    public int width() {
        note();
        return 0;
    }

    @Override
    public void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = Byte.toUnsignedInt(src[so + i]) * scale;
    }

    @Override
    public int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
        note();
        int count = 0;
        for (int i = 0; i < n; i++) if (x[xo + i] != 0f) positions[po + count++] = i;
        return count;
    }

    @Override
    public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = x[xo + i];
        return nonZeros(x, xo, n, positions, po);
    }

    @Override
    public int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
        note();
        int count = 0;
        for (int i = 0; i < n; i++) {
            boolean any = false;
            for (int r = 0; r < 4; r++) any |= x[xo + r * xs + i] != 0f;
            if (any) positions[po + count++] = i;
        }
        return count;
    }

    @Override
    public void gemm(
            float[] x,
            int xo,
            int xs,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys) {
        note();
        for (int r = 0; r < 4; r++) gemv(x, xo + r * xs, inputs, w, wo, stride, bias, bo, y, yo + r * ys);
    }

    @Override
    public void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        note();
        int segments = stride <= 64 ? 4 : 1, length = inputs / segments;
        for (int o = 0; o < stride; o++) {
            float[] sums = new float[segments];
            sums[0] = bias[bo + o];
            for (int i = 0; i < inputs; i++) {
                int segment = length == 0 ? segments - 1 : Math.min(segments - 1, i / length);
                sums[segment] = Math.fma(x[xo + i], w[wo + i * stride + o], sums[segment]);
            }
            float sum = segments == 1 ? sums[0] : ((sums[0] + sums[1]) + sums[2]) + sums[3];
            y[yo + o] = sum + 0f;
        }
    }

    @Override
    public void gemv(
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        note();
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void gemvTransposed(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        note();
        for (int i = 0; i < inputs; i++) {
            float[] sums = new float[16];
            for (int o = 0; o < stride; o++) sums[o % 16] = Math.fma(w[wo + i * stride + o], dy[dyo + o], sums[o % 16]);
            dx[dxo + i] = flush(pairwise(sums) + 0f);
        }
        for (int i = inputs; i % 16 != 0; i++) dx[dxo + i] = 0f;
    }

    /** Sixteen sums: those 8 apart are added, then 4, 2 and 1. */
    private static float pairwise(float[] sums) {
        for (int apart = 8; apart > 0; apart /= 2) for (int k = 0; k < apart; k++) sums[k] += sums[k + apart];
        return sums[0];
    }

    private static float flush(float v) {
        return v > -1e-25f && v < 1e-25f ? 0f : v;
    }

    @Override
    public void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        note();
        for (int i = 0; i < inputs; i++)
            for (int o = 0; o < stride; o++) {
                int at = wo + i * stride + o;
                if (x[xo + i] != 0f) w[at] = Math.fma(x[xo + i], dy[dyo + o], w[at]);
            }
    }

    @Override
    public void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        note();
        int inputs = count == 0 ? 0 : positions[po + count - 1] + 1;
        ger(x, xo, inputs, dy, dyo, w, wo, stride);
    }

    @Override
    public void gerGemv(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        note();
        ger(u, uo, inputs, d, dO, w, wo, stride);
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void gerGemv(
            float[] u,
            int uo,
            int[] slots,
            int so,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        note();
        for (int i = 0; i < inputs; i++)
            if (x[xo + i] != 0f && slots[so + i] > 0) {
                for (int o = 0; o < stride; o++) {
                    int at = wo + i * stride + o;
                    w[at] = Math.fma(u[uo + i], d[dO + (slots[so + i] - 1) * stride + o], w[at]);
                }
                slots[so + i] = 0;
            }
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    public void mark(float[] x, int xo, int n, float[] u, int uo, int[] slots, int so, int slot) {
        note();
        for (int i = 0; i < n; i++)
            if (x[xo + i] != 0f) {
                u[uo + i] = x[xo + i];
                slots[so + i] = slot;
            }
    }

    @Override
    public void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = factor * x[xo + i];
    }

    @Override
    public void add(float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = y[yo + i] + x[xo + i];
    }

    @Override
    public float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        note();
        float[] exp = new float[n], sums = new float[16];
        for (int i = 0; i < n; i++) exp[i] = Elementary.exp(z[zo + i] - max);
        for (int i = 0; i < n; i++) sums[i % 16] += exp[i];
        float sum = pairwise(sums) + 0f;
        for (int i = 0; i < n; i++) p[po + i] = flush(exp[i] / sum);
        for (int i = n; i % 16 != 0; i++) p[po + i] = 0f;
        return sum;
    }

    @Override
    public void multiply(float[] f, int fo, float[] d, int dO, int n) {
        note();
        for (int i = 0; i < n; i++) d[dO + i] = flush(d[dO + i] * f[fo + i]);
    }

    private static float sigmoid(float x) {
        return flush(1f / (1f + Elementary.exp(-x)));
    }

    /** The tanh of GELU's formula, whose argument is clamped to ±30. */
    private static float geluTanh(float x) {
        float c = x > 30f ? 30f : x < -30f ? -30f : x;
        return Elementary.tanh(0.7978845608f * Math.fma(0.044715f * c, c * c, c));
    }

    @Override
    public void values(Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
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
            case SOFTPLUS -> flush((x < 0f ? 0f : x) + Elementary.log1p(Elementary.exp(-Math.abs(x))));
            case GELU_TANH -> flush(0.5f * x * (1f + geluTanh(x)));
            case SILU -> flush(x * sigmoid(x));
            case ELU, SELU -> x < 0f ? negative * Elementary.expm1(x) + 0f : positive * x;
            case HARD_SIGMOID -> limit(Math.fma(x, 1f / 6f, 0.5f), 0f, 1f);
            case HARD_SWISH -> flush(x * limit(Math.fma(x, 1f / 6f, 0.5f), 0f, 1f));
            case MISH -> flush(x * (mishN(x) / (mishN(x) + 2f)));
            case GELU -> flush(x * normalDistribution(limit(x, -14f, 14f)));
            case SOFTSIGN -> x / (Math.abs(x) + 1f);
        };
    }

    @Override
    public void derivatives(
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
        };
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

    // Layers that normalise, drop or mix

    @Override
    public void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = x[xo + i] < 0f ? slope[so + i] * x[xo + i] + 0f : x[xo + i];
    }

    @Override
    public void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        note();
        for (int i = 0; i < n; i++) f[fo + i] = x[xo + i] > 0f ? 1f : slope[so + i];
    }

    @Override
    public void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) {
            // In longs, to be independent of what wraps around.
            long h = i * 0x9e3779b9L + key0 & 0xffffffffL;
            h = (h ^ h >> 16) * 0x7feb352dL & 0xffffffffL;
            h = ((h ^ h >> 15) + key1) * 0x846ca68bL & 0xffffffffL;
            h ^= h >> 16;
            y[yo + i] = h >> 8 < threshold ? 0f : flush(scale * x[xo + i]);
        }
    }

    @Override
    public float sum(float[] x, int xo, int n, float shift) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) sums[i % 16] += x[xo + i] - shift;
        return pairwise(sums) + 0f;
    }

    @Override
    public float squares(float[] x, int xo, int n, float shift, float scale) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) {
            float d = (x[xo + i] - shift) * scale;
            sums[i % 16] = Math.fma(d, d, sums[i % 16]);
        }
        return pairwise(sums) + 0f;
    }

    @Override
    public float dot(float[] x, int xo, float[] y, int yo, int n) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) sums[i % 16] = Math.fma(x[xo + i], y[yo + i], sums[i % 16]);
        return pairwise(sums) + 0f;
    }

    @Override
    public void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = Math.fma(a[ao + i], b[bo + i], c[co + i]) + 0f;
    }

    @Override
    public void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = flush(y[yo + i] + x[xo + i]);
    }

    @Override
    public void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        note();
        for (int i = 0; i < n; i++) h[ho + i] = (x[xo + i] - mean[mo + i]) * inverse[io + i];
        for (int i = n; i % 16 != 0; i++) h[ho + i] = 0f;
    }

    @Override
    public void normalizeBackward(
            float[] factor,
            int fo,
            float[] a,
            int ao,
            float[] b,
            int bo,
            float[] d,
            int dO,
            float[] h,
            int ho,
            float[] dx,
            int dxo,
            int n) {
        note();
        for (int i = 0; i < n; i++)
            dx[dxo + i] = flush(factor[fo + i] * (Math.fma(-h[ho + i], b[bo + i], d[dO + i]) - a[ao + i]));
        for (int i = n; i % 16 != 0; i++) dx[dxo + i] = 0f;
    }

    @Override
    public void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        note();
        float[] sums = new float[n];
        for (int r = 0; r < rows; r++) for (int i = 0; i < n; i++) sums[i] += x[xo + r * stride + i] - x[xo + i];
        for (int i = 0; i < n; i++) mean[mo + i] = x[xo + i] + sums[i] / rows;
    }

    @Override
    public void columnSquares(float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
        note();
        float[] sums = new float[n];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++) {
                float d = x[xo + r * stride + i] - mean[mo + i];
                sums[i] = Math.fma(d, d, sums[i]);
            }
        System.arraycopy(sums, 0, s, so, n);
    }

    @Override
    public void columnSums(
            float[] d,
            int dO,
            int dStride,
            float[] h,
            int ho,
            int hStride,
            int rows,
            float[] s,
            int so,
            float[] p,
            int po,
            int n) {
        note();
        float[] sums = new float[n], products = new float[n];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++) {
                sums[i] += d[dO + r * dStride + i];
                products[i] = Math.fma(d[dO + r * dStride + i], h[ho + r * hStride + i], products[i]);
            }
        System.arraycopy(sums, 0, s, so, n);
        System.arraycopy(products, 0, p, po, n);
    }

    @Override
    public void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        note();
        for (int i = 0; i < n; i++) dx[dxo + i] = flush(p[po + i] * (d[dO + i] - mean));
    }
}
