package lanewise.kernel;

import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.S;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops of {@link Function}, values and derivatives, in the bits of {@link Elementary}. */
final class VectorFunctions {

    private VectorFunctions() {}

    /** {@link Kernels#values}: one loop per function, each a method of its own, so that it is compiled by itself. */
    static void values(Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        switch (function) {
            case IDENTITY -> System.arraycopy(x, xo, y, yo, n);
            case SIGMOID -> sigmoid(x, xo, y, yo, n);
            case TANH -> tanh(x, xo, y, yo, n);
            case RELU, LEAKY_RELU -> relu(negative, x, xo, y, yo, n);
            case SOFTPLUS -> softplus(x, xo, y, yo, n);
            case GELU_TANH -> geluTanh(x, xo, y, yo, n);
            case SILU -> silu(x, xo, y, yo, n);
            case ELU, SELU -> elu(positive, negative, x, xo, y, yo, n);
            case HARD_SIGMOID -> hardSigmoid(x, xo, y, yo, n);
            case HARD_SWISH -> hardSwish(x, xo, y, yo, n);
            case MISH -> mish(x, xo, y, yo, n);
            case GELU -> gelu(x, xo, y, yo, n);
            case SOFTSIGN -> softsign(x, xo, y, yo, n);
            case SCALED_SOFTPLUS, CLIP, THRESHOLD, CELU, LOG_SIGMOID, TANH_SHRINK ->
                rarerValues(function, positive, negative, x, xo, y, yo, n);
        }
    }

    /** The rest of {@link #values}, which would be too large to be inlined with it. */
    private static void rarerValues(
            Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        switch (function) {
            case SCALED_SOFTPLUS -> scaledSoftplus(negative, x, xo, y, yo, n);
            case CLIP -> clip(negative, positive, x, xo, y, yo, n);
            case THRESHOLD -> threshold(positive, negative, x, xo, y, yo, n);
            case CELU -> celu(negative, x, xo, y, yo, n);
            case LOG_SIGMOID -> logSigmoid(x, xo, y, yo, n);
            case TANH_SHRINK -> tanhShrink(x, xo, y, yo, n);
            default -> throw new AssertionError(function);
        }
    }

    /** {@link Kernels#derivatives}: one loop per function, each a method of its own, so that it is compiled by itself. */
    static void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        switch (function) {
            case IDENTITY -> Arrays.fill(f, fo, fo + n, 1f);
            case SIGMOID -> sigmoidDerivative(v, vo, f, fo, n);
            case TANH -> tanhDerivative(v, vo, f, fo, n);
            case RELU, LEAKY_RELU -> reluDerivative(negative, v, vo, f, fo, n);
            case SOFTPLUS -> sigmoid(v, vo, f, fo, n);
            case GELU_TANH -> geluTanhDerivative(v, vo, f, fo, n);
            case SILU -> siluDerivative(v, vo, f, fo, n);
            case ELU, SELU -> eluDerivative(positive, negative, v, vo, f, fo, n);
            case HARD_SIGMOID -> hardSigmoidDerivative(v, vo, f, fo, n);
            case HARD_SWISH -> hardSwishDerivative(v, vo, f, fo, n);
            case MISH -> mishDerivative(v, vo, f, fo, n);
            case GELU -> geluDerivative(v, vo, f, fo, n);
            case SOFTSIGN -> softsignDerivative(v, vo, f, fo, n);
            case SCALED_SOFTPLUS, CLIP, THRESHOLD, CELU, LOG_SIGMOID, TANH_SHRINK ->
                rarerDerivatives(function, positive, negative, v, vo, f, fo, n);
        }
    }

    /** The rest of {@link #derivatives}, which would be too large to be inlined with it. */
    private static void rarerDerivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        switch (function) {
            case SCALED_SOFTPLUS -> scaledSoftplusDerivative(negative, v, vo, f, fo, n);
            case CLIP -> clipDerivative(negative, positive, v, vo, f, fo, n);
            case THRESHOLD -> thresholdDerivative(positive, v, vo, f, fo, n);
            case CELU -> celuDerivative(negative, v, vo, f, fo, n);
            case LOG_SIGMOID -> scaledSoftplusDerivative(-1f, v, vo, f, fo, n);
            case TANH_SHRINK -> tanhShrinkDerivative(v, vo, f, fo, n);
            default -> throw new AssertionError(function);
        }
    }

    /**
     * y = exp(factor · x). The transcendental functions are passes over arrays around this one: HotSpot does not
     * dependably inline a helper that takes and returns vectors.
     */
    static void exp(float factor, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i).mul(factor);
            FloatVector t =
                    v.fma(FloatVector.broadcast(S, Elementary.LOG2_E), FloatVector.broadcast(S, Elementary.MAGIC));
            FloatVector k = t.sub(Elementary.MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_HIGH), v);
            r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_LOW), r);
            FloatVector p = r.fma(FloatVector.broadcast(S, Elementary.E4), FloatVector.broadcast(S, Elementary.E3));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E2));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E1));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E0));
            p = p.fma(r.mul(r), r).add(1f);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                    .reinterpretAsFloats();
            e.blend(Float.POSITIVE_INFINITY, v.compare(VectorOperators.GT, Elementary.EXP_MAX))
                    .blend(0f, v.compare(VectorOperators.LT, Elementary.EXP_MIN))
                    .blend(v, v.compare(VectorOperators.NE, v))
                    .intoArray(y, yo + i);
        }
    }

    static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
        exp(-1f, x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.broadcast(S, 1f)
                    .div(FloatVector.fromArray(S, y, yo + i).add(1f));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void sigmoidDerivative(float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i);
            v.mul(FloatVector.broadcast(S, 1f).sub(v)).intoArray(f, fo + i);
        }
    }

    static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector x0 = FloatVector.fromArray(S, x, xo + i), one = FloatVector.broadcast(S, 1f);
            FloatVector a = x0.abs(), v = a.add(a);
            FloatVector t =
                    v.fma(FloatVector.broadcast(S, Elementary.LOG2_E), FloatVector.broadcast(S, Elementary.MAGIC));
            FloatVector k = t.sub(Elementary.MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_HIGH), v);
            r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_LOW), r);
            FloatVector p = r.fma(FloatVector.broadcast(S, Elementary.E4), FloatVector.broadcast(S, Elementary.E3));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E2));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E1));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E0));
            p = p.fma(r.mul(r), r).add(1f);
            FloatVector e = p.reinterpretAsInts()
                    .add(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                    .reinterpretAsFloats();
            e = e.blend(Float.POSITIVE_INFINITY, v.compare(VectorOperators.GT, Elementary.EXP_MAX));
            FloatVector large = one.sub(FloatVector.broadcast(S, 2f).div(e.add(1f)));
            FloatVector z = x0.mul(x0);
            p = z.fma(FloatVector.broadcast(S, Elementary.T4), FloatVector.broadcast(S, Elementary.T3));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.T2));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.T1));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.T0));
            large.blend(large.neg(), x0.compare(VectorOperators.LT, 0f))
                    .blend(p.fma(z.mul(x0), x0), a.compare(VectorOperators.LT, Elementary.TANH_SMALL))
                    .blend(x0, x0.compare(VectorOperators.NE, x0))
                    .intoArray(y, yo + i);
        }
    }

    static void tanhDerivative(float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i);
            v.neg().fma(v, FloatVector.broadcast(S, 1f)).intoArray(f, fo + i);
        }
    }

    static void relu(float slope, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(v.mul(slope).add(0f), v.compare(VectorOperators.LT, 0f)).intoArray(y, yo + i);
        }
    }

    static void reluDerivative(float slope, float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i);
            FloatVector.broadcast(S, slope)
                    .blend(1f, v.compare(VectorOperators.GT, 0f))
                    .intoArray(f, fo + i);
        }
    }

    static void softplus(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) FloatVector.fromArray(S, x, xo + i).abs().intoArray(y, yo + i);
        exp(-1f, y, yo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector t = FloatVector.fromArray(S, y, yo + i), u = t.add(1f);
            VectorMask<Float> big = u.compare(VectorOperators.GE, Elementary.SQRT2);
            FloatVector f = u.blend(u.mul(0.5f), big).sub(1f);
            FloatVector e = FloatVector.zero(S).blend(1f, big);
            FloatVector p = f.fma(FloatVector.broadcast(S, Elementary.L7), FloatVector.broadcast(S, Elementary.L6));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L5));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L4));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L3));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L2));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L1));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L0));
            FloatVector ff = f.mul(f);
            p = p.mul(f).fma(ff, e.mul(Elementary.LN2_LOW));
            p = ff.fma(FloatVector.broadcast(S, -0.5f), p);
            p = e.fma(FloatVector.broadcast(S, Elementary.LN2_HIGH), f.add(p))
                    .add(t.sub(u.sub(1f)).div(u));
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v = v.blend(0f, v.compare(VectorOperators.LT, 0f)).add(p);
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void geluTanh(float[] x, int xo, float[] y, int yo, int n) {
        geluInner(x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v = v.mul(0.5f).mul(FloatVector.fromArray(S, y, yo + i).add(1f));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void geluTanhDerivative(float[] x, int xo, float[] f, int fo, int n) {
        geluInner(x, xo, f, fo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i), t = FloatVector.fromArray(S, f, fo + i);
            v = v.blend(Elementary.GELU_FLAT, v.compare(VectorOperators.GT, Elementary.GELU_FLAT))
                    .blend(-Elementary.GELU_FLAT, v.compare(VectorOperators.LT, -Elementary.GELU_FLAT));
            FloatVector one = FloatVector.broadcast(S, 1f);
            FloatVector slope = v.mul(v)
                    .fma(FloatVector.broadcast(S, 3f * Elementary.GELU_B), one)
                    .mul(Elementary.GELU_A);
            v.mul(0.5f).mul(t.neg().fma(t, one)).fma(slope, t.add(1f).mul(0.5f)).intoArray(f, fo + i);
        }
    }

    /** y = tanh(√(2/π) (x + 0.044715 x³)). */
    private static void geluInner(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v = v.blend(Elementary.GELU_FLAT, v.compare(VectorOperators.GT, Elementary.GELU_FLAT))
                    .blend(-Elementary.GELU_FLAT, v.compare(VectorOperators.LT, -Elementary.GELU_FLAT));
            v.mul(Elementary.GELU_B).fma(v.mul(v), v).mul(Elementary.GELU_A).intoArray(y, yo + i);
        }
        tanh(y, yo, y, yo, n);
    }

    static void silu(float[] x, int xo, float[] y, int yo, int n) {
        sigmoid(x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i).mul(FloatVector.fromArray(S, y, yo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void siluDerivative(float[] x, int xo, float[] f, int fo, int n) {
        sigmoid(x, xo, f, fo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i), s = FloatVector.fromArray(S, f, fo + i);
            FloatVector one = FloatVector.broadcast(S, 1f);
            s.mul(v.fma(one.sub(s), one)).intoArray(f, fo + i);
        }
    }

    static void elu(float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            FloatVector t =
                    v.fma(FloatVector.broadcast(S, Elementary.LOG2_E), FloatVector.broadcast(S, Elementary.MAGIC));
            FloatVector k = t.sub(Elementary.MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_HIGH), v);
            r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_LOW), r);
            FloatVector p = r.fma(FloatVector.broadcast(S, Elementary.E4), FloatVector.broadcast(S, Elementary.E3));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E2));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E1));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E0));
            p = p.fma(r.mul(r), r);
            FloatVector power = t.reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 23)
                    .add(0x3f800000)
                    .reinterpretAsFloats();
            p = power.fma(p, power.sub(1f));
            p = p.blend(-1f, v.compare(VectorOperators.LT, Elementary.EXP_MIN))
                    .mul(negative)
                    .add(0f);
            v.mul(positive).blend(p, v.compare(VectorOperators.LT, 0f)).intoArray(y, yo + i);
        }
    }

    static void eluDerivative(float positive, float negative, float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i);
            v.add(negative).blend(positive, v.compare(VectorOperators.GT, 0f)).intoArray(f, fo + i);
        }
    }

    static void hardSigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i)
                    .fma(FloatVector.broadcast(S, Elementary.SIXTH), FloatVector.broadcast(S, 0.5f));
            v.blend(1f, v.compare(VectorOperators.GT, 1f))
                    .blend(0f, v.compare(VectorOperators.LT, 0f))
                    .intoArray(y, yo + i);
        }
    }

    static void hardSigmoidDerivative(float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i), zero = FloatVector.zero(S);
            zero.blend(
                            zero.blend(Elementary.SIXTH, v.compare(VectorOperators.LT, 1f)),
                            v.compare(VectorOperators.GT, 0f))
                    .intoArray(f, fo + i);
        }
    }

    static void hardSwish(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector x0 = FloatVector.fromArray(S, x, xo + i);
            FloatVector v = x0.fma(FloatVector.broadcast(S, Elementary.SIXTH), FloatVector.broadcast(S, 0.5f));
            v = v.blend(1f, v.compare(VectorOperators.GT, 1f))
                    .blend(0f, v.compare(VectorOperators.LT, 0f))
                    .mul(x0);
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void hardSwishDerivative(float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.fma(FloatVector.broadcast(S, Elementary.THIRD), FloatVector.broadcast(S, 0.5f))
                    .blend(1f, v.compare(VectorOperators.GT, 3f))
                    .blend(0f, v.compare(VectorOperators.LT, -3f))
                    .intoArray(f, fo + i);
        }
    }

    static void mish(float[] x, int xo, float[] y, int yo, int n) {
        mishExp(x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector e = FloatVector.fromArray(S, y, yo + i), m = e.mul(e.add(2f));
            FloatVector v = m.div(m.add(2f)).mul(FloatVector.fromArray(S, x, xo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void mishDerivative(float[] x, int xo, float[] f, int fo, int n) {
        mishExp(x, xo, f, fo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i), e = FloatVector.fromArray(S, f, fo + i);
            v = v.blend(Elementary.MISH_FLAT, v.compare(VectorOperators.GT, Elementary.MISH_FLAT));
            FloatVector m = e.mul(e.add(2f)), m2 = m.add(2f);
            v.fma(e.mul(4f).mul(e.add(1f)).div(m2.mul(m2)), m.div(m2)).intoArray(f, fo + i);
        }
    }

    /** y = exp(min(x, 20)). */
    private static void mishExp(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(Elementary.MISH_FLAT, v.compare(VectorOperators.GT, Elementary.MISH_FLAT))
                    .intoArray(y, yo + i);
        }
        exp(1f, y, yo, y, yo, n);
    }

    static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        bell(x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector x0 = FloatVector.fromArray(S, x, xo + i), e = FloatVector.fromArray(S, y, yo + i);
            FloatVector a = x0.abs(), one = FloatVector.broadcast(S, 1f);
            a = a.blend(Elementary.NORMAL_FLAT, a.compare(VectorOperators.GT, Elementary.NORMAL_FLAT))
                    .mul(Elementary.SQRT_HALF);
            FloatVector r = one.div(a.add(2f)), u = a.mul(r);
            FloatVector p = u.fma(FloatVector.broadcast(S, Elementary.G9), FloatVector.broadcast(S, Elementary.G8));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G7));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G6));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G5));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G4));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G3));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G2));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G1));
            FloatVector tail = p.fma(u, one).mul(r).mul(e);
            FloatVector v = one.sub(tail)
                    .blend(tail, x0.compare(VectorOperators.LT, 0f))
                    .mul(x0);
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void geluDerivative(float[] x, int xo, float[] f, int fo, int n) {
        bell(x, xo, f, fo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector x0 = FloatVector.fromArray(S, x, xo + i), e = FloatVector.fromArray(S, f, fo + i);
            FloatVector one = FloatVector.broadcast(S, 1f);
            x0 = x0.blend(Elementary.NORMAL_FLAT, x0.compare(VectorOperators.GT, Elementary.NORMAL_FLAT))
                    .blend(-Elementary.NORMAL_FLAT, x0.compare(VectorOperators.LT, -Elementary.NORMAL_FLAT));
            FloatVector a = x0.abs().mul(Elementary.SQRT_HALF);
            FloatVector r = one.div(a.add(2f)), u = a.mul(r);
            FloatVector p = u.fma(FloatVector.broadcast(S, Elementary.G9), FloatVector.broadcast(S, Elementary.G8));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G7));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G6));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G5));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G4));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G3));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G2));
            p = p.fma(u, FloatVector.broadcast(S, Elementary.G1));
            FloatVector tail = p.fma(u, one).mul(r).mul(e);
            x0.mul(Elementary.DENSITY)
                    .fma(e, one.sub(tail).blend(tail, x0.compare(VectorOperators.LT, 0f)))
                    .intoArray(f, fo + i);
        }
    }

    /** y = exp(−x²/2), x limited to ±14; what rounding takes from x² is put back. */
    private static void bell(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector a = FloatVector.fromArray(S, x, xo + i).abs();
            a = a.blend(Elementary.NORMAL_FLAT, a.compare(VectorOperators.GT, Elementary.NORMAL_FLAT));
            a.mul(a).intoArray(y, yo + i);
        }
        exp(-0.5f, y, yo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector a = FloatVector.fromArray(S, x, xo + i).abs(), e = FloatVector.fromArray(S, y, yo + i);
            a = a.blend(Elementary.NORMAL_FLAT, a.compare(VectorOperators.GT, Elementary.NORMAL_FLAT));
            e.fma(a.fma(a, a.mul(a).neg()).mul(-0.5f), e).intoArray(y, yo + i);
        }
    }

    static void softsign(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.div(v.abs().add(1f)).intoArray(y, yo + i);
        }
    }

    static void softsignDerivative(float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.broadcast(S, 1f)
                    .sub(FloatVector.fromArray(S, y, yo + i).abs());
            v.mul(v).intoArray(f, fo + i);
        }
    }

    static void scaledSoftplus(float beta, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, x, xo + i).mul(beta).abs().intoArray(y, yo + i);
        exp(-1f, y, yo, y, yo, n);
        log1p(y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v = v.blend(0f, v.compare(VectorOperators.LT, 0f))
                    .add(FloatVector.fromArray(S, y, yo + i).div(beta));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    /** f = sigmoid(beta · x). */
    static void scaledSoftplusDerivative(float beta, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, x, xo + i).mul(beta).intoArray(f, fo + i);
        sigmoid(f, fo, f, fo, n);
    }

    /** y = log(1 + y) for y from 0 to 1, and NaN. */
    private static void log1p(float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector t = FloatVector.fromArray(S, y, yo + i), u = t.add(1f);
            VectorMask<Float> big = u.compare(VectorOperators.GE, Elementary.SQRT2);
            FloatVector f = u.blend(u.mul(0.5f), big).sub(1f);
            FloatVector e = FloatVector.zero(S).blend(1f, big);
            FloatVector p = f.fma(FloatVector.broadcast(S, Elementary.L7), FloatVector.broadcast(S, Elementary.L6));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L5));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L4));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L3));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L2));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L1));
            p = p.fma(f, FloatVector.broadcast(S, Elementary.L0));
            FloatVector ff = f.mul(f);
            p = p.mul(f).fma(ff, e.mul(Elementary.LN2_LOW));
            p = ff.fma(FloatVector.broadcast(S, -0.5f), p);
            e.fma(FloatVector.broadcast(S, Elementary.LN2_HIGH), f.add(p))
                    .add(t.sub(u.sub(1f)).div(u))
                    .intoArray(y, yo + i);
        }
    }

    static void clip(float least, float greatest, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(greatest, v.compare(VectorOperators.GT, greatest))
                    .blend(least, v.compare(VectorOperators.LT, least))
                    .intoArray(y, yo + i);
        }
    }

    static void clipDerivative(float least, float greatest, float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i), zero = FloatVector.zero(S);
            zero.blend(zero.blend(1f, v.compare(VectorOperators.LT, greatest)), v.compare(VectorOperators.GT, least))
                    .intoArray(f, fo + i);
        }
    }

    static void threshold(float threshold, float value, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(value, v.compare(VectorOperators.LE, threshold)).intoArray(y, yo + i);
        }
    }

    static void thresholdDerivative(float threshold, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.zero(S)
                    .blend(1f, FloatVector.fromArray(S, x, xo + i).compare(VectorOperators.GT, threshold))
                    .intoArray(f, fo + i);
    }

    static void celu(float alpha, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector x0 = FloatVector.fromArray(S, x, xo + i), v = x0.div(alpha);
            FloatVector t =
                    v.fma(FloatVector.broadcast(S, Elementary.LOG2_E), FloatVector.broadcast(S, Elementary.MAGIC));
            FloatVector k = t.sub(Elementary.MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_HIGH), v);
            r = k.fma(FloatVector.broadcast(S, -Elementary.LN2_LOW), r);
            FloatVector p = r.fma(FloatVector.broadcast(S, Elementary.E4), FloatVector.broadcast(S, Elementary.E3));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E2));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E1));
            p = p.fma(r, FloatVector.broadcast(S, Elementary.E0));
            p = p.fma(r.mul(r), r);
            FloatVector power = t.reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 23)
                    .add(0x3f800000)
                    .reinterpretAsFloats();
            p = power.fma(p, power.sub(1f));
            p = p.blend(-1f, v.compare(VectorOperators.LT, Elementary.EXP_MIN))
                    .mul(alpha)
                    .add(0f);
            x0.blend(p, x0.compare(VectorOperators.LT, 0f)).intoArray(y, yo + i);
        }
    }

    static void celuDerivative(float alpha, float[] y, int yo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i);
            v.add(alpha).div(alpha).blend(1f, v.compare(VectorOperators.GT, 0f)).intoArray(f, fo + i);
        }
    }

    static void logSigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) FloatVector.fromArray(S, x, xo + i).abs().intoArray(y, yo + i);
        exp(-1f, y, yo, y, yo, n);
        log1p(y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v = v.blend(0f, v.compare(VectorOperators.GE, 0f)).sub(FloatVector.fromArray(S, y, yo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void tanhShrink(float[] x, int xo, float[] y, int yo, int n) {
        tanh(x, xo, y, yo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i), z = v.mul(v);
            FloatVector p = z.fma(FloatVector.broadcast(S, Elementary.H7), FloatVector.broadcast(S, Elementary.H6));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H5));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H4));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H3));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H2));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H1));
            p = p.fma(z, FloatVector.broadcast(S, Elementary.H0));
            FloatVector s = v.sub(FloatVector.fromArray(S, y, yo + i))
                    .blend(p.mul(z.mul(v)), v.abs().compare(VectorOperators.LT, Elementary.SHRINK_SMALL));
            s.blend(0f, s.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    static void tanhShrinkDerivative(float[] x, int xo, float[] f, int fo, int n) {
        tanh(x, xo, f, fo, n);
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, f, fo + i);
            v.mul(v).intoArray(f, fo + i);
        }
    }
}
