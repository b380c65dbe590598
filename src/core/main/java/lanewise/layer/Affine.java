package lanewise.layer;

import java.util.List;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A trained straight line for each unit: {@code output = fma(input, scale, shift)}. What a normalisation leaves of itself once
 * its statistics are fixed, and what other tools write as a multiplication by one row followed by the addition of another.
 *
 * <p>Shapes: input and output rows × size; scale (1 to begin with) and shift (0) 1 × size. Gradients: the input's is
 * dOutput · scale; scale's is the sum of dOutput · input, shift's that of dOutput, rows ascending. {@link Rescale} is the fixed
 * one, which subtracts before it multiplies.
 */
public final class Affine implements Layer {

    private enum Matrix {
        SCALED
    }

    private final int size;

    private Affine(int size) {
        if (size < 1) throw new IllegalArgumentException("an affine layer of size " + size + ", at least 1 expected");
        this.size = size;
    }

    /**
     * A layer that begins as the identity.
     *
     * @param size width of input and output, at least 1
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static Affine of(int size) {
        return new Affine(size);
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

    /** Scratch: the scaled gradient of a row. */
    @Override
    public Memory memory(boolean training) {
        return training ? Memory.NONE.scratch(Matrix.SCALED, 1, size) : Memory.NONE;
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        Initializer.constant(1f).fill(parameters.get(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Kernels kernels = pass.kernels();
        Slice scale = parameters.get(0), shift = parameters.get(1);
        float[] s = scale.array(), t = shift.array(), x = input.array(), y = output.array();
        int so = scale.offset(), at = shift.offset(), stride = Kernels.padded(size);
        for (int r = from; r < to; r++) kernels.multiplyAdd(x, input.at(r), s, so, t, at, y, output.at(r), stride);
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
        Slice scale = parameters.get(0);
        int stride = Kernels.padded(size);
        for (int r = from; r < to; r++) {
            System.arraycopy(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), stride);
            pass.kernels().multiply(scale.array(), scale.offset(), dInput.array(), dInput.at(r), stride);
        }
    }

    @Override
    public void parameterGradient(
            Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {
        LayerNorm.gradient(pass, from, to, input, dOutput, scale, target, pass.get(Matrix.SCALED));
        target.get(0).clearPadding(0); // the input's padding may be anything
    }

    /** {@code affine 128}. */
    @Override
    public String toString() {
        return "affine " + size;
    }
}
