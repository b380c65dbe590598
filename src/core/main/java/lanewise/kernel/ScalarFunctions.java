package lanewise.kernel;

import java.util.Arrays;

/** The loops of {@link Function} over {@link Elementary}'s functions, values and derivatives. */
final class ScalarFunctions {

    private ScalarFunctions() {}

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

    private static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.sigmoid(x[xo + i]);
    }

    private static void sigmoidDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.sigmoidDerivative(v[vo + i]);
    }

    private static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.tanh(x[xo + i]);
    }

    private static void tanhDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.tanhDerivative(v[vo + i]);
    }

    private static void relu(float negative, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.relu(negative, x[xo + i]);
    }

    private static void reluDerivative(float negative, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.reluDerivative(negative, v[vo + i]);
    }

    private static void softplus(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.softplus(x[xo + i]);
    }

    private static void geluTanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.geluTanh(x[xo + i]);
    }

    private static void geluTanhDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.geluTanhDerivative(v[vo + i]);
    }

    private static void silu(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.silu(x[xo + i]);
    }

    private static void siluDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.siluDerivative(v[vo + i]);
    }

    private static void elu(float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.elu(positive, negative, x[xo + i]);
    }

    private static void eluDerivative(float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.eluDerivative(positive, negative, v[vo + i]);
    }

    private static void hardSigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.hardSigmoid(x[xo + i]);
    }

    private static void hardSigmoidDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.hardSigmoidDerivative(v[vo + i]);
    }

    private static void hardSwish(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.hardSwish(x[xo + i]);
    }

    private static void hardSwishDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.hardSwishDerivative(v[vo + i]);
    }

    private static void mish(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.mish(x[xo + i]);
    }

    private static void mishDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.mishDerivative(v[vo + i]);
    }

    private static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.gelu(x[xo + i]);
    }

    private static void geluDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.geluDerivative(v[vo + i]);
    }

    private static void softsign(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.softsign(x[xo + i]);
    }

    private static void softsignDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.softsignDerivative(v[vo + i]);
    }

    private static void scaledSoftplus(float beta, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.scaledSoftplus(beta, x[xo + i]);
    }

    private static void scaledSoftplusDerivative(float beta, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.sigmoid(beta * v[vo + i]);
    }

    private static void clip(float least, float greatest, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.clip(least, greatest, x[xo + i]);
    }

    private static void clipDerivative(float least, float greatest, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.clipDerivative(least, greatest, v[vo + i]);
    }

    private static void threshold(float threshold, float value, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.threshold(threshold, value, x[xo + i]);
    }

    private static void thresholdDerivative(float threshold, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.thresholdDerivative(threshold, v[vo + i]);
    }

    private static void celu(float alpha, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.celu(alpha, x[xo + i]);
    }

    private static void celuDerivative(float alpha, float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.celuDerivative(alpha, v[vo + i]);
    }

    private static void logSigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.logSigmoid(x[xo + i]);
    }

    private static void tanhShrink(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.tanhShrink(x[xo + i]);
    }

    private static void tanhShrinkDerivative(float[] v, int vo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = Elementary.tanhShrinkDerivative(v[vo + i]);
    }
}
