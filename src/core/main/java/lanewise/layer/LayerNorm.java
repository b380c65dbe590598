package lanewise.layer;

import java.util.Arrays;
import java.util.List;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016, eq. 3 and 4): each row by itself gets mean 0 and variance 1, then
 * {@code output = normal · scale + shift} with {@code normal = (input − mean) / √(variance + ε)}.
 *
 * <p>Shapes: input and output rows × size; scale (1 to begin with) and shift (0) 1 × size. The variance divides by
 * size. With g = dOutput · scale the input's gradient is
 * {@code (g − mean(g) − normal · mean(g · normal)) / √(variance + ε)}.
 *
 * <p>Order of operations: mean = x₀ + Σ (x − x₀) / size with x₀ the row's first element, so that a constant row has
 * variance 0 exactly and its output is shift; then Σ (x − mean)² by fused multiply-adds, both sums in the order of
 * {@link Arithmetic#sum}; the factor is {@code 1f / sqrt(variance + ε)}. Inputs up to 1e30 are normalised properly: where
 * their squares overflow, they are scaled by 2⁻⁷⁰ first, which is exact.
 */
public final class LayerNorm implements Layer {

    /** Scales deviations whose squares overflow. */
    static final float SMALL = 0x1p-70f;

    private enum Matrix {
        NORMAL,
        FACTOR,
        A,
        FACTORS,
        B,
        GRADIENT
    }

    private final int size;
    private final float epsilon;

    private LayerNorm(int size, float epsilon) {
        if (size < 1)
            throw new IllegalArgumentException("a layer normalisation of size " + size + ", at least 1 expected");
        checkEpsilon(epsilon);
        this.size = size;
        this.epsilon = epsilon;
    }

    static void checkEpsilon(float epsilon) {
        if (!(epsilon >= 1e-12f && epsilon < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "epsilon " + epsilon + " given, a finite number of at least 1e-12 expected; 1e-5 is usual");
    }

    /**
     * A layer with ε = 1e-5.
     *
     * @param size width of input and output, at least 1
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static LayerNorm of(int size) {
        return new LayerNorm(size, 1e-5f);
    }

    /**
     * This layer with another ε.
     *
     * @param epsilon added to the variance, at least 1e-12
     * @return a new layer
     * @throws IllegalArgumentException if it is less, or not finite
     */
    public LayerNorm withEpsilon(float epsilon) {
        return new LayerNorm(size, epsilon);
    }

    /**
     * What is added to the variance.
     *
     * @return 1e-5 unless set
     */
    public float epsilon() {
        return epsilon;
    }

    @Override
    public int inputSize() {
        return size;
    }

    @Override
    public int outputSize() {
        return size;
    }

    @Override
    public List<ParameterShape> parameters() {
        return List.of(
                new ParameterShape("scale", Role.SCALE, 1, size), new ParameterShape("shift", Role.BIAS, 1, size));
    }

    /**
     * Scratch: the mean, the factor, and for backward two means of gradients, each as often as there are units; and a
     * gradient. Kept: the normalised input and the factor.
     */
    @Override
    public Memory memory(boolean training) {
        Memory memory = Memory.NONE.scratch(Matrix.A, 1, size).scratch(Matrix.FACTORS, 1, size);
        if (!training) return memory.scratch(Matrix.NORMAL, 1, size);
        return memory.scratch(Matrix.B, 1, size)
                .scratch(Matrix.GRADIENT, 1, size)
                .perRow(Matrix.NORMAL, size)
                .perRow(Matrix.FACTOR, 1);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        Initializer.constant(1f).fill(parameters.get(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Kernels kernels = pass.kernels();
        Slice scale = parameters.get(0), shift = parameters.get(1);
        Slice means = pass.get(Matrix.A), factors = pass.get(Matrix.FACTORS), normal = pass.get(Matrix.NORMAL);
        boolean training = pass.training();
        Slice kept = training ? pass.get(Matrix.FACTOR) : null;
        float[] x = input.array(), h = normal.array();
        for (int r = from; r < to; r++) {
            int xo = input.at(r), ho = normal.at(training ? r : 0);
            float first = x[xo], mean = first + kernels.sum(x, xo, size, first) / size;
            float variance = kernels.squares(x, xo, size, mean, 1f) / size;
            float factor = factor(variance, epsilon);
            if (variance == Float.POSITIVE_INFINITY)
                factor = SMALL / (float) Math.sqrt(kernels.squares(x, xo, size, mean, SMALL) / size);
            if (training) kept.array()[kept.at(r)] = factor;
            fill(means, mean);
            fill(factors, factor);
            kernels.normalize(means.array(), means.offset(), factors.array(), factors.offset(), x, xo, h, ho, size);
            kernels.multiplyAdd(
                    h,
                    ho,
                    scale.array(),
                    scale.offset(),
                    shift.array(),
                    shift.offset(),
                    output.array(),
                    output.at(r),
                    Kernels.padded(size));
        }
    }

    /** 1 / √(variance + ε). */
    static float factor(float variance, float epsilon) {
        return 1f / (float) Math.sqrt(variance + epsilon);
    }

    private static void fill(Slice row, float value) {
        Arrays.fill(row.array(), row.offset(), row.offset() + row.stride(), value);
    }

    @Override
    public void backward(
            Pass pass,
            int from,
            int to,
            Parameters parameters,
            Slice input,
            Slice output,
            Slice dOutput,
            Slice dInput) {
        if (dInput == null) return;
        Kernels kernels = pass.kernels();
        Slice scale = parameters.get(0), normal = pass.get(Matrix.NORMAL), kept = pass.get(Matrix.FACTOR);
        Slice a = pass.get(Matrix.A),
                factors = pass.get(Matrix.FACTORS),
                b = pass.get(Matrix.B),
                gradient = pass.get(Matrix.GRADIENT);
        float[] g = gradient.array(), h = normal.array();
        int go = gradient.offset();
        for (int r = from; r < to; r++) {
            int ho = normal.at(r);
            System.arraycopy(dOutput.array(), dOutput.at(r), g, go, Kernels.padded(size));
            kernels.multiply(scale.array(), scale.offset(), g, go, Kernels.padded(size));
            fill(a, kernels.sum(g, go, size, 0f) / size);
            fill(b, kernels.dot(g, go, h, ho, size) / size);
            fill(factors, kept.array()[kept.at(r)]);
            kernels.normalizeBackward(
                    factors.array(),
                    factors.offset(),
                    a.array(),
                    a.offset(),
                    b.array(),
                    b.offset(),
                    g,
                    go,
                    h,
                    ho,
                    dInput.array(),
                    dInput.at(r),
                    size);
        }
    }

    @Override
    public void parameterGradient(
            Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {
        gradient(pass, from, to, pass.get(Matrix.NORMAL), dOutput, scale, target, pass.get(Matrix.A));
    }

    /** Scale's and shift's gradients: the sums of dOutput · normal and of dOutput, rows ascending. */
    static void gradient(
            Pass pass, int from, int to, Slice normal, Slice dOutput, float factor, Parameters target, Slice scratch) {
        Kernels kernels = pass.kernels();
        Slice scale = target.get(0), shift = target.get(1);
        float[] d = scratch.array(), s = scale.array();
        int dO = scratch.offset(), so = scale.offset(), stride = Kernels.padded(scale.columns());
        for (int r = from; r < to; r++) {
            kernels.scale(factor, dOutput.array(), dOutput.at(r), d, dO, stride);
            kernels.multiplyAdd(normal.array(), normal.at(r), d, dO, s, so, s, so, stride);
            kernels.add(d, dO, shift.array(), shift.offset(), stride);
        }
    }

    /** {@code layer norm 128}. */
    @Override
    public String toString() {
        return "layer norm " + size;
    }
}
