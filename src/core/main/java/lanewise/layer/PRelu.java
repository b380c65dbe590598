package lanewise.layer;

import java.util.List;
import lanewise.kernel.Function;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * ReLU with a trained slope for each unit (He et al. 2015, eq. 1): {@code output = input} above zero, else
 * {@code slope · input}.
 *
 * <p>Shapes: input and output rows × size, slope 1 × size, 0.25 to begin with (§2.1 of the paper). Gradients (eq. 2 and
 * 3): the input's is dOutput above zero, else slope · dOutput; the slope's is the sum of dOutput · min(input, 0).
 */
public final class PRelu implements Layer {

    private static final Initializer SLOPE = Initializer.constant(0.25f);

    private enum Matrix {
        FACTOR,
        SCALED
    }

    private final int size;

    private PRelu(int size) {
        if (size < 1) throw new IllegalArgumentException("a PReLU of size " + size + ", at least 1 expected");
        this.size = size;
    }

    /**
     * A layer.
     *
     * @param size width of input and output, at least 1
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static PRelu of(int size) {
        return new PRelu(size);
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
        return List.of(new ParameterShape("slope", Role.SCALE, 1, size));
    }

    /** Scratch: the derivative, or the negative part of the input; and the scaled gradient of a row. */
    @Override
    public Memory memory(boolean training) {
        return training ? Memory.NONE.scratch(Matrix.FACTOR, 1, size).scratch(Matrix.SCALED, 1, size) : Memory.NONE;
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        SLOPE.fill(parameters.get(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Slice slope = parameters.get(0);
        for (int r = from; r < to; r++)
            pass.kernels()
                    .prelu(
                            slope.array(),
                            slope.offset(),
                            input.array(),
                            input.at(r),
                            output.array(),
                            output.at(r),
                            Kernels.padded(size));
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
        Slice slope = parameters.get(0), f = pass.get(Matrix.FACTOR);
        int stride = Kernels.padded(size);
        for (int r = from; r < to; r++) {
            kernels.preluDerivative(
                    slope.array(), slope.offset(), input.array(), input.at(r), f.array(), f.offset(), stride);
            System.arraycopy(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), stride);
            kernels.multiply(f.array(), f.offset(), dInput.array(), dInput.at(r), stride);
        }
    }

    /** −min(x, 0) = max(−x, 0) times −scale · dOutput: the same bits without the two signs. */
    @Override
    public void parameterGradient(
            Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {
        Kernels kernels = pass.kernels();
        Slice slope = target.get(0), negative = pass.get(Matrix.FACTOR), scaled = pass.get(Matrix.SCALED);
        float[] n = negative.array(), d = scaled.array(), t = slope.array();
        int no = negative.offset(), so = scaled.offset(), at = slope.offset(), stride = Kernels.padded(size);
        for (int r = from; r < to; r++) {
            kernels.scale(-1f, input.array(), input.at(r), n, no, stride);
            kernels.values(Function.RELU, 1f, 0f, n, no, n, no, stride);
            kernels.scale(-scale, dOutput.array(), dOutput.at(r), d, so, stride);
            kernels.multiplyAdd(n, no, d, so, t, at, t, at, stride);
        }
        slope.clearPadding(0);
    }

    /** {@code prelu 128}. */
    @Override
    public String toString() {
        return "prelu " + size;
    }
}
