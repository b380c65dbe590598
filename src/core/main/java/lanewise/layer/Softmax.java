package lanewise.layer;

import lanewise.kernel.Elementary;
import lanewise.kernel.Kernels;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Softmax as a layer (Bridle 1990): {@code output[o] = exp(input[o] − m) / Σ exp(input[k] − m)} with m the largest
 * input, so that no exponential overflows. For attention over units or mixtures; before a loss, rather use
 * {@link Loss#SOFTMAX_CROSS_ENTROPY} on the logits, which is exact where this loses digits.
 *
 * <p>Shapes: input and output rows × size. No parameters. The input's gradient is
 * {@code output · (dOutput − Σ dOutput · output)}. Outputs below {@link Arithmetic#TINY} are +0.0.
 */
public final class Softmax implements Layer {

    private final int size;

    private Softmax(int size) {
        if (size < 1) throw new IllegalArgumentException("a softmax of size " + size + ", at least 1 expected");
        this.size = size;
    }

    /**
     * A layer.
     *
     * @param size width of input and output, at least 1; of one unit it is 1 always
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static Softmax of(int size) {
        return new Softmax(size);
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
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        for (int r = from; r < to; r++) {
            float max = Elementary.max(input.array(), input.at(r), size);
            pass.kernels().softmax(input.array(), input.at(r), size, max, output.array(), output.at(r));
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
        float[] p = output.array(), d = dOutput.array();
        for (int r = from; r < to; r++) {
            float mean = kernels.dot(d, dOutput.at(r), p, output.at(r), size);
            kernels.softmaxBackward(
                    p, output.at(r), d, dOutput.at(r), mean, dInput.array(), dInput.at(r), Kernels.padded(size));
        }
    }

    /** {@code softmax 10}. */
    @Override
    public String toString() {
        return "softmax " + size;
    }
}
