package lanewise;

import java.util.List;
import lanewise.kernel.Kernels;

/**
 * Layers with their input added to their output (He et al. 2016, eq. 1): {@code output = inner(input) + input}. The
 * gradient reaches the input both through the layers and past them.
 *
 * <p>Shapes: input and output rows × size. The parameters are the inner stack's, under its names.
 */
public final class Residual implements Layer {

    private final Stack inner;

    private Residual(Stack inner) {
        if (inner.inputSize() != inner.outputSize())
            throw new IllegalArgumentException("a residual of " + inner + " has " + inner.inputSize() + " inputs, but "
                    + inner.outputSize() + " outputs; to be added they must be equal");
        this.inner = inner;
    }

    /**
     * A residual of layers one after the other.
     *
     * @param layers at least one; the last one's outputs are as many as the first one's inputs
     * @return the layer
     * @throws IllegalArgumentException if there is no layer, or the sizes do not fit
     */
    public static Residual of(Layer... layers) {
        return new Residual(new Stack(List.of(layers)));
    }

    /**
     * The layers inside.
     *
     * @return one after the other
     */
    public Stack inner() {
        return inner;
    }

    @Override
    public int inputSize() {
        return inner.inputSize();
    }

    @Override
    public int outputSize() {
        return inner.outputSize();
    }

    @Override
    public List<ParameterShape> parameters() {
        return inner.parameters();
    }

    /** Kept: the inner output and its gradient, which the inner layers may change. */
    @Override
    public Needs needs(boolean training) {
        Needs needs = Needs.NONE.child(inner);
        return training ? needs.kept(outputSize()).kept(outputSize()) : needs;
    }

    @Override
    public boolean rowwise() {
        return inner.rowwise();
    }

    @Override
    public boolean differentiableInput() {
        return inner.differentiableInput();
    }

    @Override
    public void initialize(Slice[] parameters, RandomSource random) {
        inner.initialize(parameters, random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
        Slice added = pass.training() ? pass.kept(0) : output;
        int width = Kernels.padded(outputSize());
        inner.forward(pass.child(0), from, to, parameters, input, added);
        for (int r = from; r < to; r++) {
            if (added != output) System.arraycopy(added.array(), added.at(r), output.array(), output.at(r), width);
            pass.kernels().add(input.array(), input.at(r), output.array(), output.at(r), width);
        }
    }

    @Override
    public void backward(
            Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        Slice inside = pass.kept(1);
        int width = Kernels.padded(outputSize());
        for (int r = from; r < to; r++)
            System.arraycopy(dOutput.array(), dOutput.at(r), inside.array(), inside.at(r), width);
        inner.backward(pass.child(0), from, to, parameters, input, pass.kept(0), inside, dInput);
        if (dInput != null)
            for (int r = from; r < to; r++)
                pass.kernels().addFlushed(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), width);
    }

    @Override
    public void accumulate(
            Pass pass,
            int rows,
            Slice input,
            Slice output,
            Slice dOutput,
            float scale,
            Slice[] target,
            int part,
            int parts) {
        inner.accumulate(pass.child(0), rows, input, pass.kept(0), pass.kept(1), scale, target, part, parts);
    }

    @Override
    public void descend(
            Pass pass, int rows, Slice input, Slice output, Slice dOutput, float scale, Slice[] parameters) {
        inner.descend(pass.child(0), rows, input, pass.kept(0), pass.kept(1), scale, parameters);
    }

    @Override
    public void catchUp(Pass pass, Slice[] parameters) {
        inner.catchUp(pass.child(0), parameters);
    }

    @Override
    public void settle(Pass pass, Slice[] parameters) {
        inner.settle(pass.child(0), parameters);
    }

    @Override
    public Layer forPrediction() {
        return new Residual((Stack) inner.forPrediction());
    }

    /** {@code residual (dense 16->16 relu -> dense 16->16)}. */
    @Override
    public String toString() {
        return "residual (" + inner + ")";
    }
}
