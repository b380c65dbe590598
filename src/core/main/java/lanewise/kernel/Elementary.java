package lanewise.kernel;

/**
 * Elementary functions of one float, the scalar form of what {@link VectorKernels} computes in lanes.
 *
 * <p>Each is one sequence of fused multiply-adds, exact divisions and comparisons, so it gives the same bits on every
 * CPU and JDK; {@code Math.exp} and its like do not. The polynomials are weighted minimax fits of this project
 * (Lawson's iteration on Chebyshev points), rounded to float; the largest errors stand in docs/contract.md and are
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

    /** x − tanh x = x³ (H0 + H1 x² + …) for |x| < 1; relative error below 2⁻²⁴ before rounding. */
    static final float H0 = 0.3333333432674408f;

    static final float H1 = -0.13333413004875183f;
    static final float H2 = 0.053978562355041504f;
    static final float H3 = -0.021915368735790253f;
    static final float H4 = 0.008932444266974926f;
    static final float H5 = -0.0035389706026762724f;
    static final float H6 = 0.0011582246515899897f;
    static final float H7 = -0.00020826823310926557f;
    static final float SHRINK_SMALL = 1f;

    /** √(2/π) of the tanh form of GELU. */
    static final float GELU_A = 0.7978845608f;

    static final float GELU_B = 0.044715f;
    /** Beyond ±30 GELU's derivative is 0 or 1 to the last bit, and x² must not overflow. */
    static final float GELU_FLAT = 30f;

    /** expm1 above this is exp − 1 to the last bit but one. */
    static final float EXPM1_LARGE = 17f;

    /** Where Mish is the identity to the last bit; keeps its exponentials' squares finite. */
    static final float MISH_FLAT = 20f;

    static final float SIXTH = 1f / 6f;
    static final float THIRD = 1f / 3f;

    /**
     * e^(a²) erfc a = 2r (1 + G1 u + G2 u² + …) with r = 1 / (a + 2) and u = a r, for a from 0 to 9.6; relative error
     * below 2⁻²⁵ before rounding. The variable is that of Shepherd and Laframboise 1981, shifted.
     */
    static final float G1 = -1.2567559480667114f;

    static final float G2 = 0.48638916015625f;
    static final float G3 = 0.21301741898059845f;
    static final float G4 = -0.1080138087272644f;
    static final float G5 = -0.059942129999399185f;
    static final float G6 = -0.07573196291923523f;
    static final float G7 = 0.10231932252645493f;
    static final float G8 = -0.0049005248583853245f;
    static final float G9 = -0.014320854097604752f;
    static final float SQRT_HALF = 0.70710678f;

    /** 1 / √(2π), the normal density's largest value. */
    static final float DENSITY = 0.39894228f;

    /** Beyond ±14 the normal distribution is 0 or 1, and x² must not overflow. */
    static final float NORMAL_FLAT = 14f;

    /** erf x = x + x (F0 + F1 x² + …) for |x| < 1; relative error below 2⁻²⁹ before rounding. */
    static final float F0 = 0.12837916612625122f;

    static final float F1 = -0.3761262595653534f;
    static final float F2 = 0.1128358542919159f;
    static final float F3 = -0.026853812858462334f;
    static final float F4 = 0.005188327748328447f;
    static final float F5 = -0.0008010193705558777f;
    static final float F6 = 7.853861461626366e-05f;

    /** From here on erf is 1 to the last bit. */
    static final float ERF_FLAT = 4f;

    /** 2³² divided by the golden ratio, odd, and the factors of lowbias32. */
    static final int HASH0 = 0x9e3779b9;

    static final int HASH1 = 0x7feb352d;
    static final int HASH2 = 0x846ca68b;

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
        float t = Fma.of(x, LOG2_E, MAGIC);
        float n = t - MAGIC;
        float r = Fma.of(n, -LN2_HIGH, x);
        r = Fma.of(n, -LN2_LOW, r);
        float p = Fma.of(E4, r, E3);
        p = Fma.of(p, r, E2);
        p = Fma.of(p, r, E1);
        p = Fma.of(p, r, E0);
        p = Fma.of(p, r * r, r) + 1f;
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
        float p = Fma.of(L7, f, L6);
        p = Fma.of(p, f, L5);
        p = Fma.of(p, f, L4);
        p = Fma.of(p, f, L3);
        p = Fma.of(p, f, L2);
        p = Fma.of(p, f, L1);
        p = Fma.of(p, f, L0);
        float ff = f * f;
        p = p * f;
        p = Fma.of(p, ff, e * LN2_LOW);
        p = Fma.of(-0.5f, ff, p);
        return Fma.of(e, LN2_HIGH, f + p);
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
            float p = Fma.of(T4, z, T3);
            p = Fma.of(p, z, T2);
            p = Fma.of(p, z, T1);
            p = Fma.of(p, z, T0);
            return Fma.of(p, z * x, x);
        }
        float t = 1f - 2f / (exp(a + a) + 1f);
        return x < 0f ? -t : t;
    }

    /** 1 / (1 + e⁻ˣ), values below {@link #TINY} as +0.0. */
    public static float sigmoid(float x) {
        return flush(1f / (1f + exp(-x)));
    }

    /** Derivative of {@link #sigmoid} from its value y: y (1 − y). */
    public static float sigmoidDerivative(float y) {
        return y * (1f - y);
    }

    /** Derivative of {@link #tanh} from its value y: 1 − y². */
    public static float tanhDerivative(float y) {
        return Fma.of(-y, y, 1f);
    }

    /** x from zero on, negative · x below. */
    public static float relu(float negative, float x) {
        return x < 0f ? negative * x + 0f : x;
    }

    /** Derivative of {@link #relu} from its value y: 1 above zero, negative else. */
    public static float reluDerivative(float negative, float y) {
        return y > 0f ? 1f : negative;
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
        return s * Fma.of(x, 1f - s, 1f);
    }

    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016). */
    public static float geluTanh(float x) {
        float c = x > GELU_FLAT ? GELU_FLAT : x < -GELU_FLAT ? -GELU_FLAT : x;
        float u = GELU_A * Fma.of(GELU_B * c, c * c, c);
        return flush(0.5f * x * (1f + tanh(u)));
    }

    /** Derivative of {@link #geluTanh}. */
    public static float geluTanhDerivative(float x) {
        float c = x > GELU_FLAT ? GELU_FLAT : x < -GELU_FLAT ? -GELU_FLAT : x;
        float cc = c * c;
        float t = tanh(GELU_A * Fma.of(GELU_B * c, cc, c));
        float slope = GELU_A * Fma.of(3f * GELU_B, cc, 1f);
        return Fma.of(0.5f * c * Fma.of(-t, t, 1f), slope, 0.5f * (1f + t));
    }

    /** eˣ − 1, accurate near zero. */
    public static float expm1(float x) {
        if (x > EXPM1_LARGE) return exp(x) - 1f;
        if (x < EXP_MIN) return -1f;
        if (x != x) return x;
        float t = Fma.of(x, LOG2_E, MAGIC);
        float n = t - MAGIC;
        float r = Fma.of(n, -LN2_HIGH, x);
        r = Fma.of(n, -LN2_LOW, r);
        float p = Fma.of(E4, r, E3);
        p = Fma.of(p, r, E2);
        p = Fma.of(p, r, E1);
        p = Fma.of(p, r, E0);
        p = Fma.of(p, r * r, r);
        float power = Float.intBitsToFloat((Float.floatToRawIntBits(t) << 23) + 0x3f800000);
        return Fma.of(power, p, power - 1f);
    }

    /** Error function 2/√π ∫₀ˣ e^(−t²) dt. */
    public static float erf(float x) {
        float a = Math.abs(x);
        if (a < 1f) {
            float z = x * x;
            float p = Fma.of(F6, z, F5);
            p = Fma.of(p, z, F4);
            p = Fma.of(p, z, F3);
            p = Fma.of(p, z, F2);
            p = Fma.of(p, z, F1);
            p = Fma.of(p, z, F0);
            return Fma.of(p, x, x);
        }
        if (x != x) return x;
        if (a >= ERF_FLAT) return x < 0f ? -1f : 1f;
        float h = a * a, e = exp(-h);
        e = Fma.of(e, -Fma.of(a, a, -h), e);
        float t = 1f - 2f * e * halfScaledErfc(a);
        return x < 0f ? -t : t;
    }

    /** ½ e^(a²) erfc a for a ≥ 0. */
    private static float halfScaledErfc(float a) {
        float r = 1f / (a + 2f), u = a * r;
        float p = Fma.of(G9, u, G8);
        p = Fma.of(p, u, G7);
        p = Fma.of(p, u, G6);
        p = Fma.of(p, u, G5);
        p = Fma.of(p, u, G4);
        p = Fma.of(p, u, G3);
        p = Fma.of(p, u, G2);
        p = Fma.of(p, u, G1);
        return Fma.of(p, u, 1f) * r;
    }

    private static float normalClamp(float x) {
        return x > NORMAL_FLAT ? NORMAL_FLAT : x < -NORMAL_FLAT ? -NORMAL_FLAT : x;
    }

    /** e^(−x²/2) for |x| ≤ {@link #NORMAL_FLAT}; what rounding takes from x² is put back. */
    private static float bell(float x) {
        float h = x * x, e = exp(-0.5f * h);
        return Fma.of(e, -0.5f * Fma.of(x, x, -h), e);
    }

    /** The standard normal distribution at |x| ≤ {@link #NORMAL_FLAT}, exact in relative terms in its tail too. */
    private static float normalDistribution(float x, float bell) {
        float tail = bell * halfScaledErfc(SQRT_HALF * Math.abs(x));
        return x < 0f ? tail : 1f - tail;
    }

    /** ½ x (1 + erf(x/√2)), x times the normal distribution (Hendrycks and Gimpel 2016). */
    public static float gelu(float x) {
        float c = normalClamp(x);
        return flush(x * normalDistribution(c, bell(c)));
    }

    /** Derivative of {@link #gelu}: distribution + x · density. */
    public static float geluDerivative(float x) {
        float c = normalClamp(x), bell = bell(c);
        return Fma.of(DENSITY * c, bell, normalDistribution(c, bell));
    }

    /** positive · x from zero on, negative · (eˣ − 1) below. */
    public static float elu(float positive, float negative, float x) {
        return x < 0f ? negative * expm1(x) + 0f : positive * x;
    }

    /** Derivative of {@link #elu} from its value y: positive above zero, else y + negative. */
    public static float eluDerivative(float positive, float negative, float y) {
        return y > 0f ? positive : y + negative;
    }

    /** x/6 + ½, limited to [0, 1]. */
    public static float hardSigmoid(float x) {
        float y = Fma.of(x, SIXTH, 0.5f);
        return y > 1f ? 1f : y < 0f ? 0f : y;
    }

    /** Derivative of {@link #hardSigmoid} from its value. */
    public static float hardSigmoidDerivative(float y) {
        return y > 0f ? y < 1f ? SIXTH : 0f : 0f;
    }

    /** x · hardSigmoid(x), values below {@link #TINY} as +0.0. */
    public static float hardSwish(float x) {
        return flush(x * hardSigmoid(x));
    }

    /** Derivative of {@link #hardSwish}: x/3 + ½ between −3 and 3, 0 below, 1 above. */
    public static float hardSwishDerivative(float x) {
        return x > 3f ? 1f : x < -3f ? 0f : Fma.of(x, THIRD, 0.5f);
    }

    /** x tanh(log(1 + eˣ)) = x n / (n + 2) with n = eˣ (eˣ + 2), values below {@link #TINY} as +0.0. */
    public static float mish(float x) {
        float e = exp(x > MISH_FLAT ? MISH_FLAT : x), n = e * (e + 2f);
        return flush(x * (n / (n + 2f)));
    }

    /** Derivative of {@link #mish}: w + x · 4 eˣ (1 + eˣ) / (n + 2)² with w = n / (n + 2). */
    public static float mishDerivative(float x) {
        float c = x > MISH_FLAT ? MISH_FLAT : x, e = exp(c), n = e * (e + 2f), m = n + 2f;
        return Fma.of(c, 4f * e * (1f + e) / (m * m), n / m);
    }

    /** x / (1 + |x|). */
    public static float softsign(float x) {
        return x / (1f + Math.abs(x));
    }

    /** Derivative of {@link #softsign} from its value: (1 − |y|)². */
    public static float softsignDerivative(float y) {
        float f = 1f - Math.abs(y);
        return f * f;
    }

    /** max(x, 0) + log(1 + e^−|beta x|) / beta, values below {@link #TINY} as +0.0. */
    public static float scaledSoftplus(float beta, float x) {
        return flush((x < 0f ? 0f : x) + log1p(exp(-Math.abs(beta * x))) / beta);
    }

    /** x, limited to [least, greatest]; NaN passes. */
    public static float clip(float least, float greatest, float x) {
        return x < least ? least : x > greatest ? greatest : x;
    }

    /** Derivative of {@link #clip} from its value y: 1 between the limits, else 0. */
    public static float clipDerivative(float least, float greatest, float y) {
        return y > least ? y < greatest ? 1f : 0f : 0f;
    }

    /** x above the threshold, else value; NaN passes. */
    public static float threshold(float threshold, float value, float x) {
        return x <= threshold ? value : x;
    }

    /** Derivative of {@link #threshold}: 1 above the threshold, else 0. */
    public static float thresholdDerivative(float threshold, float x) {
        return x > threshold ? 1f : 0f;
    }

    /** x from zero on, alpha · (e^(x / alpha) − 1) below. */
    public static float celu(float alpha, float x) {
        return x < 0f ? alpha * expm1(x / alpha) + 0f : x;
    }

    /** Derivative of {@link #celu} from its value y: 1 above zero, else (y + alpha) / alpha. */
    public static float celuDerivative(float alpha, float y) {
        return y > 0f ? 1f : (y + alpha) / alpha;
    }

    /** min(x, 0) − log(1 + e^−|x|), values that are nearer to zero than {@link #TINY} as +0.0. */
    public static float logSigmoid(float x) {
        return flush((x < 0f ? x : 0f) - log1p(exp(-Math.abs(x))));
    }

    /** x − tanh x, near zero by a polynomial, so that no digits are lost; values below {@link #TINY} as +0.0. */
    public static float tanhShrink(float x) {
        if (!(Math.abs(x) < SHRINK_SMALL)) return x - tanh(x);
        float z = x * x;
        float p = Fma.of(H7, z, H6);
        p = Fma.of(p, z, H5);
        p = Fma.of(p, z, H4);
        p = Fma.of(p, z, H3);
        p = Fma.of(p, z, H2);
        p = Fma.of(p, z, H1);
        p = Fma.of(p, z, H0);
        return flush(p * (z * x));
    }

    /** Derivative of {@link #tanhShrink}: tanh² x. */
    public static float tanhShrinkDerivative(float x) {
        float t = tanh(x);
        return t * t;
    }

    /**
     * Whether dropout keeps a unit, as bits to mask a float with: −1 or 0. A hash of the unit's number under a key of
     * 64 bits, lowbias32 (Wellons 2018) with the second half of the key between its rounds, is below the threshold, of
     * 24 bits, where the unit is dropped. Counter-based (Salmon et al. 2011): no unit's fate depends on another's draw.
     */
    public static int kept(int key0, int key1, int threshold, int unit) {
        int h = unit * HASH0 + key0;
        h ^= h >>> 16;
        h *= HASH1;
        h ^= h >>> 15;
        h += key1;
        h *= HASH2;
        h ^= h >>> 16;
        return ~((h >>> 8) - threshold >> 31);
    }

    /** The largest of z[zo] … z[zo + n − 1]; NaN if one is NaN. */
    public static float max(float[] z, int zo, int n) {
        float a = z[zo], b = a, c = a, d = a;
        int i = 1;
        for (; i <= n - 4; i += 4) {
            a = Math.max(a, z[zo + i]);
            b = Math.max(b, z[zo + i + 1]);
            c = Math.max(c, z[zo + i + 2]);
            d = Math.max(d, z[zo + i + 3]);
        }
        for (; i < n; i++) a = Math.max(a, z[zo + i]);
        return Math.max(Math.max(a, b), Math.max(c, d));
    }

    /**
     * Sum over any n: element k goes to running sum k mod 16, from +0.0; the sixteen are added pairwise 8 apart, 4, 2,
     * 1; the result is stored as sum + 0.0.
     */
    public static float sum(float[] x, int xo, int n) {
        return sum(x, xo, n, 0f);
    }

    /** {@link #sum} of exp(z − max), which is what {@link Kernels#softmax} returns. */
    public static float sumOfExp(float[] z, int zo, int n, float max) {
        return tree(
                sumOfExp(z, zo, n, max, 0),
                sumOfExp(z, zo, n, max, 1),
                sumOfExp(z, zo, n, max, 2),
                sumOfExp(z, zo, n, max, 3),
                sumOfExp(z, zo, n, max, 4),
                sumOfExp(z, zo, n, max, 5),
                sumOfExp(z, zo, n, max, 6),
                sumOfExp(z, zo, n, max, 7),
                sumOfExp(z, zo, n, max, 8),
                sumOfExp(z, zo, n, max, 9),
                sumOfExp(z, zo, n, max, 10),
                sumOfExp(z, zo, n, max, 11),
                sumOfExp(z, zo, n, max, 12),
                sumOfExp(z, zo, n, max, 13),
                sumOfExp(z, zo, n, max, 14),
                sumOfExp(z, zo, n, max, 15));
    }

    private static float sumOfExp(float[] z, int zo, int n, float max, int from) {
        float s = 0f;
        for (int k = from; k < n; k += 16) s += exp(z[zo + k] - max);
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
        for (int k = from; k < n; k += 16) s = Fma.of(x[xo + k], y[yo + k], s);
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

    /** Σ (x − shift) over any n, in {@link #sum}'s order. */
    public static float sum(float[] x, int xo, int n, float shift) {
        return tree(
                sum(x, xo, n, shift, 0),
                sum(x, xo, n, shift, 1),
                sum(x, xo, n, shift, 2),
                sum(x, xo, n, shift, 3),
                sum(x, xo, n, shift, 4),
                sum(x, xo, n, shift, 5),
                sum(x, xo, n, shift, 6),
                sum(x, xo, n, shift, 7),
                sum(x, xo, n, shift, 8),
                sum(x, xo, n, shift, 9),
                sum(x, xo, n, shift, 10),
                sum(x, xo, n, shift, 11),
                sum(x, xo, n, shift, 12),
                sum(x, xo, n, shift, 13),
                sum(x, xo, n, shift, 14),
                sum(x, xo, n, shift, 15));
    }

    private static float sum(float[] x, int xo, int n, float shift, int from) {
        float s = 0f;
        for (int k = from; k < n; k += 16) s += x[xo + k] - shift;
        return s;
    }

    /** Σ ((x − shift) · scale)² over any n, in {@link #sum}'s order, by fused multiply-adds. */
    public static float squares(float[] x, int xo, int n, float shift, float scale) {
        return tree(
                squares(x, xo, n, shift, scale, 0),
                squares(x, xo, n, shift, scale, 1),
                squares(x, xo, n, shift, scale, 2),
                squares(x, xo, n, shift, scale, 3),
                squares(x, xo, n, shift, scale, 4),
                squares(x, xo, n, shift, scale, 5),
                squares(x, xo, n, shift, scale, 6),
                squares(x, xo, n, shift, scale, 7),
                squares(x, xo, n, shift, scale, 8),
                squares(x, xo, n, shift, scale, 9),
                squares(x, xo, n, shift, scale, 10),
                squares(x, xo, n, shift, scale, 11),
                squares(x, xo, n, shift, scale, 12),
                squares(x, xo, n, shift, scale, 13),
                squares(x, xo, n, shift, scale, 14),
                squares(x, xo, n, shift, scale, 15));
    }

    private static float squares(float[] x, int xo, int n, float shift, float scale, int from) {
        float s = 0f;
        for (int k = from; k < n; k += 16) {
            float d = (x[xo + k] - shift) * scale;
            s = Fma.of(d, d, s);
        }
        return s;
    }
}
