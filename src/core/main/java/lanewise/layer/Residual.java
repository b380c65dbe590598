package lanewise.layer;

import java.util.List;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Layers with their input added to their output (He et al. 2016, eq. 1): {@code output = inner(input) + input}. The
 * gradient reaches the input both through the layers and past them.
 *
 * <p>Shapes: input and output rows × size. The parameters are the inner stack's, under its names.
 */
public final class Residual implements Layer {

    /** Of each row: the inner output and its gradient, which the inner layers may change. */
    private enum Kept {
        INNER_OUTPUT,
        INNER_GRADIENT
    }

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
        return of(new Stack(List.of(layers)));
    }

    /**
     * A residual of a stack.
     *
     * @param inner whose outputs are as many as its inputs
     * @return the layer
     * @throws IllegalArgumentException if they are not
     */
    public static Residual of(Stack inner) {
        return new Residual(inner);
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

    @Override
    public List<Layer> children() {
        return List.of(inner);
    }

    @Override
    public Memory memory(boolean training) {
        return training
                ? Memory.NONE.perRow(Kept.INNER_OUTPUT, outputSize()).perRow(Kept.INNER_GRADIENT, outputSize())
                : Memory.NONE;
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
    public String refusal(Slice input, int row) {
        return inner.refusal(input, row);
    }

    @Override
    public void exampleInput(Slice input, int row, RandomSource random) {
        inner.exampleInput(input, row, random);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        inner.initialize(parameters.child(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        inner.forward(pass.child(0), from, to, parameters.child(0), input, innerOutput(pass, output));
        addInput(pass, from, to, input, output);
    }

    /** Where the inner layers' output goes: in prediction straight into this layer's. */
    Slice innerOutput(Pass pass, Slice output) {
        return pass.training() ? pass.get(Kept.INNER_OUTPUT) : output;
    }

    /** output = inner output + input. */
    void addInput(Pass pass, int from, int to, Slice input, Slice output) {
        Slice added = innerOutput(pass, output);
        int width = Kernels.padded(outputSize());
        for (int r = from; r < to; r++) {
            if (added != output) System.arraycopy(added.array(), added.at(r), output.array(), output.at(r), width);
            pass.kernels().add(input.array(), input.at(r), output.array(), output.at(r), width);
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
        copyGradient(pass, from, to, dOutput);
        Slice inside = innerGradient(pass), innerOutput = innerOutput(pass, output);
        inner.backward(pass.child(0), from, to, parameters.child(0), input, innerOutput, inside, dInput);
        if (dInput != null) addGradient(pass, from, to, dOutput, dInput);
    }

    /** Where the gradient with respect to the inner output is. */
    Slice innerGradient(Pass pass) {
        return pass.get(Kept.INNER_GRADIENT);
    }

    /** Sets {@link #innerGradient}, which is that of the output. */
    void copyGradient(Pass pass, int from, int to, Slice dOutput) {
        Slice inside = innerGradient(pass);
        int width = Kernels.padded(outputSize());
        for (int r = from; r < to; r++)
            System.arraycopy(dOutput.array(), dOutput.at(r), inside.array(), inside.at(r), width);
    }

    /** dInput += dOutput. */
    void addGradient(Pass pass, int from, int to, Slice dOutput, Slice dInput) {
        int width = Kernels.padded(outputSize());
        for (int r = from; r < to; r++)
            pass.kernels().addFlushed(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), width);
    }

    @Override
    public void parameterGradient(
            Pass pass,
            int from,
            int to,
            Slice input,
            Slice output,
            Slice dOutput,
            float scale,
            Parameters target,
            int part,
            int parts) {
        inner.parameterGradient(
                pass.child(0),
                from,
                to,
                input,
                pass.get(Kept.INNER_OUTPUT),
                pass.get(Kept.INNER_GRADIENT),
                scale,
                target.child(0),
                part,
                parts);
    }

    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        inner.updateRunningStatistics(pass.child(0), rows, parameters.child(0));
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
