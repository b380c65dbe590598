package lanewise.layer;

import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Plain gradient descent on one row at a time: forward, backward, {@code parameters += scale × gradient}. The bits are
 * those of the layers' own methods, but updates of dense layers' weights may wait until the weights are read anyway, which
 * saves a fifth of the time. So {@link #forward} and {@link #backward} modify parameters, and until {@link #finish} not all
 * of them have their values. Not thread-safe; no method allocates.
 */
public final class RowDescent {

    private final Layer layer;
    private final Parameters parameters;
    private final Batch batch;

    /**
     * A descent, of which nothing waits yet.
     *
     * @param layer the outermost layer
     * @param parameters of the layer; modified
     * @param batch made for the layer, of which row 0 is used
     */
    public RowDescent(Layer layer, Parameters parameters, Batch batch) {
        this.layer = layer;
        this.parameters = parameters;
        this.batch = batch;
    }

    /** Computes row 0 of the batch's output from its input. */
    public void forward() {
        forward(layer, batch.pass(), parameters, batch.input(), batch.output());
    }

    /** Goes back from row 0 of the batch's dOutput; the input's gradient is not computed. */
    public void backward() {
        backward(layer, batch.pass(), parameters, batch.input(), batch.output(), batch.dOutput(), null);
    }

    /**
     * Adds scale × the gradient to the parameters, now or later.
     *
     * @param scale −learningRate
     */
    public void update(float scale) {
        update(layer, batch.pass(), batch.input(), batch.output(), batch.dOutput(), scale, parameters);
    }

    /** Does the updates that wait. */
    public void finish() {
        finish(layer, batch.pass(), parameters);
    }

    private static void forward(Layer layer, Pass pass, Parameters parameters, Slice input, Slice output) {
        if (layer instanceof Dense dense) dense.forwardRow(pass, parameters, input, output);
        else if (layer instanceof Stack stack)
            for (int i = 0; i < stack.size(); i++)
                forward(
                        stack.layer(i),
                        pass.child(i),
                        parameters.child(i),
                        stack.inputOf(i, pass, input),
                        stack.outputOf(i, pass, output));
        else if (layer instanceof Residual residual) {
            forward(residual.inner(), pass.child(0), parameters.child(0), input, residual.innerOutput(pass, output));
            residual.addInput(pass, 0, 1, input, output);
        } else layer.forward(pass, 0, 1, parameters, input, output);
    }

    private static void backward(
            Layer layer, Pass pass, Parameters parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        if (layer instanceof Dense dense) dense.backwardRow(pass, parameters, input, output, dOutput, dInput);
        else if (layer instanceof Stack stack)
            for (int i = stack.size() - 1; i >= 0; i--)
                backward(
                        stack.layer(i),
                        pass.child(i),
                        parameters.child(i),
                        stack.inputOf(i, pass, input),
                        stack.outputOf(i, pass, output),
                        stack.gradientOf(i, pass, dOutput),
                        i == 0 ? dInput : stack.gradientOf(i - 1, pass, dOutput));
        else if (layer instanceof Residual residual) {
            Slice inside = residual.innerGradient(pass, 0, 1, dOutput);
            Slice innerOutput = residual.innerOutput(pass, output);
            backward(residual.inner(), pass.child(0), parameters.child(0), input, innerOutput, inside, dInput);
            if (dInput != null) residual.addGradient(pass, 0, 1, dOutput, dInput);
        } else layer.backward(pass, 0, 1, parameters, input, output, dOutput, dInput);
    }

    private static void update(
            Layer layer, Pass pass, Slice input, Slice output, Slice dOutput, float scale, Parameters parameters) {
        if (layer instanceof Dense dense) dense.updateRow(pass, input, output, dOutput, scale, parameters);
        else if (layer instanceof Stack stack)
            for (int i = stack.size() - 1; i >= 0; i--)
                update(
                        stack.layer(i),
                        pass.child(i),
                        stack.inputOf(i, pass, input),
                        stack.outputOf(i, pass, output),
                        stack.gradientOf(i, pass, dOutput),
                        scale,
                        parameters.child(i));
        else if (layer instanceof Residual residual)
            update(
                    residual.inner(),
                    pass.child(0),
                    input,
                    residual.innerOutput(pass, output),
                    pass.perRow(Residual.INNER_GRADIENT),
                    scale,
                    parameters.child(0));
        else layer.parameterGradient(pass, 0, 1, input, output, dOutput, scale, parameters, 0, 1);
    }

    private static void finish(Layer layer, Pass pass, Parameters parameters) {
        if (layer instanceof Dense dense) dense.finishRows(pass, parameters);
        else if (layer instanceof Stack stack)
            for (int i = 0; i < stack.size(); i++) finish(stack.layer(i), pass.child(i), parameters.child(i));
        else if (layer instanceof Residual residual) finish(residual.inner(), pass.child(0), parameters.child(0));
    }
}
