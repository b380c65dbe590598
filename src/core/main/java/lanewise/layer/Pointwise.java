package lanewise.layer;

import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * An activation as a layer of its own: {@code output[o] = activation(input[o])}. For places where no dense layer is before it: behind a
 * normalisation, behind a residual, or behind another activation. Behind a dense layer, rather give it to {@link Dense#of(int, int,
 * Activation)}, which saves a copy.
 *
 * <p>Shapes: input and output rows × size. No parameters. The input's gradient is dOutput · derivative.
 */
public final class Pointwise implements Layer {

    private enum Matrix {
        DERIVATIVE
    }

    private final int size;
    private final Activation activation;

    private Pointwise(int size, Activation activation) {
        if (size < 1) throw new IllegalArgumentException("a pointwise layer of size " + size + ", at least 1 expected");
        this.size = size;
        this.activation = Objects.requireNonNull(activation, "activation");
    }

    /**
     * A layer.
     *
     * @param size width of input and output, at least 1
     * @param activation applied to each input; model files hold those of the library only
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static Pointwise of(int size, Activation activation) {
        return new Pointwise(size, activation);
    }

    /**
     * The function.
     *
     * @return what {@link #of} was given
     */
    public Activation activation() {
        return activation;
    }

    @Override
    public int inputSize() {
        return size;
    }

    @Override
    public int outputSize() {
        return size;
    }

    /** Scratch: the derivative of a row. */
    @Override
    public Memory memory(boolean training) {
        return training ? Memory.NONE.scratch(Matrix.DERIVATIVE, 1, size) : Memory.NONE;
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        if (activation == Activation.IDENTITY) for (int r = from; r < to; r++) copy(input, output, r);
        else for (int r = from; r < to; r++) activation.forward(pass.kernels(), input, output, r);
    }

    private void copy(Slice from, Slice to, int row) {
        System.arraycopy(from.array(), from.at(row), to.array(), to.at(row), Kernels.padded(size));
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
        Slice derivative = pass.get(Matrix.DERIVATIVE);
        for (int r = from; r < to; r++) {
            copy(dOutput, dInput, r);
            activation.backward(pass.kernels(), input, output, dInput, r, derivative);
            dInput.clearPadding(r); // a derivative at the input's padding may be anything
        }
    }

    /** {@code pointwise 128 gelu}. */
    @Override
    public String toString() {
        return "pointwise " + size + " " + activation;
    }
}
