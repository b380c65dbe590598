package lanewise.layer;

import java.util.List;
import lanewise.Model;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithms 1 and 2): in training each unit gets mean 0 and variance 1
 * over the rows of the batch, then {@code output = normal · scale + shift} with
 * {@code normal = (input − mean) / √(variance + ε)}; in prediction running statistics stand for the batch's.
 *
 * <p>As a network's first layer it brings inputs of any scale to about the size 1 ({@code docs/scaling.md} has an
 * example), and {@link Model#of} folds it into the dense layer behind it, so that a model takes them raw.
 *
 * <p>Shapes: input and output rows × size; scale (1 to begin with), shift (0), and the running statistics, which no
 * optimizer touches, mean (0) and variance (1), all 1 × size. In training the variance divides by the rows, and
 * {@link #updateRunningStatistics} moves the running statistics once per step:
 * {@code running += (1 − momentum) · (batch − running)}, the batch's variance then dividing by rows − 1 as in the paper.
 * A bias just before this layer is of no use, since the mean takes it off again: {@link Dense#withoutBias}. A batch of
 * one row has no spread: its output is shift, and it leaves the running statistics alone. The input's
 * gradient is {@code scale / √(variance + ε) · (d − mean(d) − normal · mean(d · normal))} with d = dOutput and means over
 * rows.
 *
 * <p>The momentum is Keras's and ONNX's: the share of the running statistics that a step leaves, 0.9 unless set. PyTorch
 * calls the batch's share momentum, which is 1 − this momentum: its default 0.1 is 0.9 here. Keras's default 0.99 is 0.99
 * here, and would be 0.01 in PyTorch.
 *
 * <p>Order of operations: for each unit one chain over ascending rows; mean = x₀ + Σ (x − x₀) / rows with x₀ the first
 * row's value, so that a constant unit has variance 0 exactly; then Σ (x − mean)² by fused multiply-adds; the factor is
 * {@code 1f / sqrt(variance + ε)}. Inputs up to 1e30 are normalised properly: where their squares overflow, they are
 * scaled by 2⁻⁷⁰ first; the running variance then stays at the largest float.
 *
 * <p>In prediction {@code output = fma(input, s, t)} with {@code s = scale · factor} and
 * {@code t = fma(−mean, s, shift)}: a straight line, which a layer of weights before it can take in.
 */
public final class BatchNorm implements Layer {

    private enum Matrix {
        /** Of the batch: its mean, its variance, and 1 / √(variance + ε). */
        MEAN,
        VARIANCE,
        FACTOR,
        /** Of each row: the normalised input. */
        NORMAL,
        /** Scratch: two rows that mean something else in each call, and a third. */
        A,
        B,
        ROW
    }

    private final int size;
    private final float epsilon;
    private final float momentum;
    private final boolean frozen;

    private BatchNorm(int size, float epsilon, float momentum, boolean frozen) {
        if (size < 1)
            throw new IllegalArgumentException("a batch normalisation of size " + size + ", at least 1 expected");
        LayerNorm.checkEpsilon(epsilon);
        if (!(momentum >= 0f && momentum < 1f))
            throw new IllegalArgumentException(
                    "momentum " + momentum + " given, a number in [0, 1) expected: the share"
                            + " of the running statistics that a step leaves, usually 0.9 (PyTorch's momentum m is 1 - m here)");
        this.size = size;
        this.epsilon = epsilon;
        this.momentum = momentum;
        this.frozen = frozen;
    }

    /**
     * A layer with ε = 1e-5 and momentum 0.9, which are PyTorch's defaults (its momentum 0.1).
     *
     * @param size width of input and output, at least 1
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static BatchNorm of(int size) {
        return new BatchNorm(size, 1e-5f, 0.9f, false);
    }

    /**
     * This layer with another ε.
     *
     * @param epsilon added to the variance, at least 1e-12
     * @return a new layer
     * @throws IllegalArgumentException if it is less, or not finite
     */
    public BatchNorm withEpsilon(float epsilon) {
        return new BatchNorm(size, epsilon, momentum, frozen);
    }

    /**
     * This layer with running statistics that follow faster or slower.
     *
     * @param momentum share of them that a step leaves, in [0, 1), as in Keras and ONNX; 1 − PyTorch's momentum
     * @return a new layer
     * @throws IllegalArgumentException if it is outside
     */
    public BatchNorm withMomentum(float momentum) {
        return new BatchNorm(size, epsilon, momentum, frozen);
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
                new ParameterShape("scale", Role.SCALE, 1, size),
                new ParameterShape("shift", Role.BIAS, 1, size),
                new ParameterShape("mean", Role.STATISTIC, 1, size),
                new ParameterShape("variance", Role.STATISTIC, 1, size));
    }

    /** Of the batch: mean, variance, factor. Of each row: the normalised input. Scratch: three rows. */
    @Override
    public Memory memory(boolean training) {
        Memory memory = Memory.NONE.scratch(Matrix.A, 1, size).scratch(Matrix.B, 1, size);
        if (!training) return memory;
        memory = memory.perRow(Matrix.NORMAL, size).scratch(Matrix.ROW, 1, size);
        return frozen
                ? memory
                : memory.perBatch(Matrix.MEAN, 1, size)
                        .perBatch(Matrix.VARIANCE, 1, size)
                        .perBatch(Matrix.FACTOR, 1, size);
    }

    /** False in training, where a row's output depends on the whole batch. */
    @Override
    public boolean rowwise() {
        return frozen;
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        Initializer ones = Initializer.constant(1f);
        ones.fill(parameters.get(0), random);
        ones.fill(parameters.get(3), random);
    }

    /**
     * The straight line that prediction uses: {@code s = scale / √(variance + ε)}, {@code t = shift − mean · s}.
     *
     * @param parameters scale, shift, mean and variance
     * @param s 1 × size, overwritten
     * @param t 1 × size, overwritten
     */
    public void fold(Parameters parameters, Slice s, Slice t) {
        for (int o = 0; o < size; o++) {
            float factor = parameters.get(0).get(0, o)
                    * LayerNorm.factor(parameters.get(3).get(0, o), epsilon);
            s.set(0, o, factor);
            t.set(
                    0,
                    o,
                    Arithmetic.fma(
                            -parameters.get(2).get(0, o),
                            factor,
                            parameters.get(1).get(0, o)));
        }
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Kernels kernels = pass.kernels();
        Slice scale = parameters.get(0), shift = parameters.get(1);
        if (!pass.training()) {
            line(pass, from, to, parameters, input, output);
            return;
        }
        Slice normal = pass.get(Matrix.NORMAL);
        if (frozen) line(pass, from, to, parameters, input, output);
        else {
            checkWhole(from);
            statistics(pass, to, input);
        }
        Slice mean = frozen ? parameters.get(2) : pass.get(Matrix.MEAN), factor = factor(pass, parameters);
        for (int r = from; r < to; r++) {
            kernels.normalize(
                    mean.array(),
                    mean.offset(),
                    factor.array(),
                    factor.offset(),
                    input.array(),
                    input.at(r),
                    normal.array(),
                    normal.at(r),
                    size);
            if (frozen) continue;
            kernels.multiplyAdd(
                    normal.array(),
                    normal.at(r),
                    scale.array(),
                    scale.offset(),
                    shift.array(),
                    shift.offset(),
                    output.array(),
                    output.at(r),
                    Kernels.padded(size));
        }
    }

    private void line(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Slice s = pass.get(Matrix.A), t = pass.get(Matrix.B);
        fold(parameters, s, t);
        for (int r = from; r < to; r++)
            pass.kernels()
                    .multiplyAdd(
                            input.array(),
                            input.at(r),
                            s.array(),
                            s.offset(),
                            t.array(),
                            t.offset(),
                            output.array(),
                            output.at(r),
                            Kernels.padded(size));
    }

    /** 1 / √(variance + ε), of the batch's variance or of the running one. */
    private Slice factor(Pass pass, Parameters parameters) {
        if (!frozen) return pass.get(Matrix.FACTOR);
        Slice factor = pass.get(Matrix.ROW);
        for (int o = 0; o < size; o++)
            factor.set(0, o, LayerNorm.factor(parameters.get(3).get(0, o), epsilon));
        return factor;
    }

    private void checkWhole(int from) {
        if (from != 0)
            throw new IllegalArgumentException(this + ": rows from " + from + " on given, but a batch's statistics need"
                    + " all its rows at once, from 0 on; a layer whose rowwise() is false cannot be split by rows");
    }

    /** Mean, variance and factor of the batch. */
    private void statistics(Pass pass, int rows, Slice input) {
        Slice mean = pass.get(Matrix.MEAN), variance = pass.get(Matrix.VARIANCE), factor = pass.get(Matrix.FACTOR);
        float[] x = input.array(), v = variance.array();
        int xo = input.at(0), stride = input.stride();
        pass.kernels().columnMeans(x, xo, stride, rows, mean.array(), mean.offset(), Kernels.padded(size));
        pass.kernels()
                .columnSquares(
                        x, xo, stride, rows, mean.array(), mean.offset(), v, variance.offset(), variance.stride());
        for (int o = 0; o < size; o++) {
            float var = v[variance.offset() + o] / rows, f = LayerNorm.factor(var, epsilon);
            if (var == Float.POSITIVE_INFINITY) {
                float m = mean.get(0, o), sum = 0f;
                for (int r = 0; r < rows; r++) {
                    float d = (x[input.at(r) + o] - m) * LayerNorm.SMALL;
                    sum = Arithmetic.fma(d, d, sum);
                }
                f = LayerNorm.SMALL / (float) Math.sqrt(sum / rows);
                var = Float.MAX_VALUE;
            }
            v[variance.offset() + o] = var;
            factor.set(0, o, f);
        }
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
        Slice normal = pass.get(Matrix.NORMAL), factor = factor(pass, parameters), scaled = pass.get(Matrix.ROW);
        Slice a = pass.get(Matrix.A), b = pass.get(Matrix.B);
        if (!frozen) {
            checkWhole(from);
            kernels.columnSums(
                    dOutput.array(),
                    dOutput.at(0),
                    dOutput.stride(),
                    normal.array(),
                    normal.at(0),
                    normal.stride(),
                    to,
                    a.array(),
                    a.offset(),
                    b.array(),
                    b.offset(),
                    a.stride());
        }
        for (int o = 0; o < size; o++) {
            scaled.set(0, o, parameters.get(0).get(0, o) * factor.get(0, o));
            a.set(0, o, frozen ? 0f : a.get(0, o) / to);
            b.set(0, o, frozen ? 0f : b.get(0, o) / to);
        }
        for (int r = from; r < to; r++)
            kernels.normalizeBackward(
                    scaled.array(),
                    scaled.offset(),
                    a.array(),
                    a.offset(),
                    b.array(),
                    b.offset(),
                    dOutput.array(),
                    dOutput.at(r),
                    normal.array(),
                    normal.at(r),
                    dInput.array(),
                    dInput.at(r),
                    size);
    }

    @Override
    public void parameterGradient(
            Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {
        LayerNorm.gradient(pass, from, to, pass.get(Matrix.NORMAL), dOutput, scale, target, pass.get(Matrix.ROW));
    }

    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        if (frozen || rows < 2) return;
        Slice mean = pass.get(Matrix.MEAN), variance = pass.get(Matrix.VARIANCE);
        float unbiased = rows / (rows - 1f);
        for (int o = 0; o < size; o++) {
            follow(parameters.get(2), o, mean.get(0, o));
            follow(parameters.get(3), o, Math.min(Float.MAX_VALUE, variance.get(0, o) * unbiased));
        }
    }

    private void follow(Slice running, int o, float batch) {
        float old = running.get(0, o);
        running.set(0, o, Arithmetic.fma(1f - momentum, batch - old, old));
    }

    /** With running statistics in place of the batch's. */
    @Override
    public Layer forPrediction() {
        return new BatchNorm(size, epsilon, momentum, true);
    }

    /** {@code batch norm 128}. */
    @Override
    public String toString() {
        return "batch norm " + size;
    }
}
