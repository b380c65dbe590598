package lanewise.layer;

import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Plain gradient descent on one row at a time: forward, backward, {@code parameters += scale × gradient}. The bits are
 * those of the layers' own methods, but updates of dense layers' weights may wait until the weights are read anyway, which
 * saves a fifth of the time. So {@link #forward} and {@link #update} modify parameters, and until {@link #finish} not all
 * of them have their values. Not thread-safe; no method allocates.
 */
public final class RowDescent {

    /** A layer's part in the descent, with all that it works on. */
    interface Part {

        void forward();

        void backward();

        void update(float scale);

        /** Does the updates that wait. */
        void finish();
    }

    private final Part part;

    /**
     * A descent, of which nothing waits yet.
     *
     * @param layer the outermost layer
     * @param parameters of the layer; modified
     * @param batch made for the layer, of which row 0 is used
     */
    public RowDescent(Layer layer, Parameters parameters, Batch batch) {
        part = part(layer, batch.pass(), parameters, batch.input(), batch.output(), batch.dOutput(), null);
    }

    /** Computes row 0 of the batch's output from its input. */
    public void forward() {
        part.forward();
    }

    /** Goes back from row 0 of the batch's dOutput; the input's gradient is not computed. */
    public void backward() {
        part.backward();
    }

    /**
     * Adds scale × the gradient to the parameters, now or later.
     *
     * @param scale −learningRate
     */
    public void update(float scale) {
        part.update(scale);
    }

    /** Does the updates that wait. */
    public void finish() {
        part.finish();
    }

    private static Part part(
            Layer layer, Pass pass, Parameters parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        if (layer instanceof Dense dense)
            return new DenseDescent(dense, pass, parameters, input, output, dOutput, dInput);
        if (layer instanceof Stack stack) {
            Part[] parts = new Part[stack.size()];
            for (int i = 0; i < parts.length; i++)
                parts[i] = part(
                        stack.layer(i),
                        pass.child(i),
                        parameters.child(i),
                        stack.inputOf(i, pass, input),
                        stack.outputOf(i, pass, output),
                        stack.gradientOf(i, pass, dOutput),
                        i == 0 ? dInput : stack.gradientOf(i - 1, pass, dOutput));
            return new Sequence(parts);
        }
        if (layer instanceof Residual residual) {
            Part inner = part(
                    residual.inner(),
                    pass.child(0),
                    parameters.child(0),
                    input,
                    residual.innerOutput(pass, output),
                    residual.innerGradient(pass),
                    dInput);
            return new Around(residual, inner, pass, input, output, dOutput, dInput);
        }
        return new Whole(layer, pass, parameters, input, output, dOutput, dInput);
    }

    private record Sequence(Part[] parts) implements Part {

        @Override
        public void forward() {
            for (Part part : parts) part.forward();
        }

        @Override
        public void backward() {
            for (int i = parts.length - 1; i >= 0; i--) parts[i].backward();
        }

        @Override
        public void update(float scale) {
            for (int i = parts.length - 1; i >= 0; i--) parts[i].update(scale);
        }

        @Override
        public void finish() {
            for (Part part : parts) part.finish();
        }
    }

    private record Around(
            Residual residual, Part inner, Pass pass, Slice input, Slice output, Slice dOutput, Slice dInput)
            implements Part {

        @Override
        public void forward() {
            inner.forward();
            residual.addInput(pass, 0, 1, input, output);
        }

        @Override
        public void backward() {
            residual.copyGradient(pass, 0, 1, dOutput);
            inner.backward();
            if (dInput != null) residual.addGradient(pass, 0, 1, dOutput, dInput);
        }

        @Override
        public void update(float scale) {
            inner.update(scale);
        }

        @Override
        public void finish() {
            inner.finish();
        }
    }

    /** A layer none of whose updates wait, by its own methods. */
    private record Whole(
            Layer layer, Pass pass, Parameters parameters, Slice input, Slice output, Slice dOutput, Slice dInput)
            implements Part {

        @Override
        public void forward() {
            layer.forward(pass, 0, 1, parameters, input, output);
        }

        @Override
        public void backward() {
            layer.backward(pass, 0, 1, parameters, input, output, dOutput, dInput);
        }

        @Override
        public void update(float scale) {
            layer.parameterGradient(pass, 0, 1, input, output, dOutput, scale, parameters, 0, 1);
        }

        @Override
        public void finish() {}
    }
}
