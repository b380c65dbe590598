package lanewise.layer;

import java.util.ArrayList;
import java.util.List;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * The forward pass, loss and backward pass of a batch, divided into stages for several workers. A stage is either a maximal
 * run of operations whose rows do not depend on each other, or one layer that sees the whole batch at once (not {@link
 * Layer#rowwise}). A network without such a layer has a single stage; {@code dense, batch norm, dense} has five:
 *
 * <pre>
 * [dense] [batch norm] [dense, loss, dense backward] [batch norm backward] [dense backward]
 * </pre>
 *
 * <p>Workers may do different rows of a stage at the same time; a stage may begin when the one before is done for all rows.
 * The bits are those of {@link Layer#forward} and {@link Layer#backward} of the outermost layer. {@link #run} allocates
 * nothing.
 */
public final class Stages {

    /** An operation on rows from … to − 1 of a batch. */
    @FunctionalInterface
    public interface Operation {

        /**
         * Does these rows.
         *
         * @param worker whose pass of the batch is used
         * @param from first row
         * @param to row after the last
         */
        void run(int worker, int from, int to);
    }

    /** The operations of each stage. */
    private final Operation[][] stages;

    private final boolean[] rowwise;

    /**
     * The stages of a layer, of which the input's gradient is not wanted.
     *
     * @param layer the outermost layer
     * @param parameters of the layer
     * @param batch made for the layer, for training
     * @param loss reads rows of the batch's output and writes those of its dOutput
     */
    public Stages(Layer layer, Parameters parameters, Batch batch, Operation loss) {
        Pass[] passes = new Pass[batch.workers()];
        for (int i = 0; i < passes.length; i++) passes[i] = batch.pass(i);
        Sequence all = new Sequence();
        all.forward(layer, passes, parameters, batch.input(), batch.output());
        all.add(true, loss);
        all.backward(layer, passes, parameters, batch.input(), batch.output(), batch.dOutput(), null);
        stages = new Operation[all.stages.size()][];
        rowwise = new boolean[stages.length];
        for (int i = 0; i < stages.length; i++) {
            stages[i] = all.stages.get(i).toArray(new Operation[0]);
            rowwise[i] = all.rowwise.get(i);
        }
    }

    /** The operations in their order, stage by stage. */
    private static final class Sequence {

        final List<List<Operation>> stages = new ArrayList<>();
        final List<Boolean> rowwise = new ArrayList<>();

        void add(boolean rows, Operation operation) {
            int last = stages.size() - 1;
            if (last < 0 || !rows || !rowwise.get(last)) {
                stages.add(new ArrayList<>());
                rowwise.add(rows);
                last++;
            }
            stages.get(last).add(operation);
        }

        /** A layer's forward pass; a layer that is not rowwise as a whole but has layers inside is taken apart. */
        void forward(Layer layer, Pass[] passes, Parameters parameters, Slice input, Slice output) {
            Pass pass = passes[0];
            if (!layer.rowwise() && layer instanceof Stack stack)
                for (int i = 0; i < stack.size(); i++)
                    forward(
                            stack.layer(i),
                            children(passes, i),
                            parameters.child(i),
                            stack.inputOf(i, pass, input),
                            stack.outputOf(i, pass, output));
            else if (!layer.rowwise() && layer instanceof Residual residual) {
                Slice inner = residual.innerOutput(pass, output);
                forward(residual.inner(), children(passes, 0), parameters.child(0), input, inner);
                add(true, (worker, from, to) -> residual.addInput(passes[worker], from, to, input, output));
            } else
                add(
                        layer.rowwise(),
                        (worker, from, to) -> layer.forward(passes[worker], from, to, parameters, input, output));
        }

        void backward(
                Layer layer,
                Pass[] passes,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            Pass pass = passes[0];
            if (!layer.rowwise() && layer instanceof Stack stack)
                for (int i = stack.size() - 1; i >= 0; i--)
                    backward(
                            stack.layer(i),
                            children(passes, i),
                            parameters.child(i),
                            stack.inputOf(i, pass, input),
                            stack.outputOf(i, pass, output),
                            stack.gradientOf(i, pass, dOutput),
                            i == 0 ? dInput : stack.gradientOf(i - 1, pass, dOutput));
            else if (!layer.rowwise() && layer instanceof Residual residual) {
                add(true, (worker, from, to) -> residual.copyGradient(passes[worker], from, to, dOutput));
                backward(
                        residual.inner(),
                        children(passes, 0),
                        parameters.child(0),
                        input,
                        residual.innerOutput(pass, output),
                        residual.innerGradient(pass),
                        dInput);
                if (dInput == null) return;
                add(true, (worker, from, to) -> residual.addGradient(passes[worker], from, to, dOutput, dInput));
            } else
                add(
                        layer.rowwise(),
                        (worker, from, to) ->
                                layer.backward(passes[worker], from, to, parameters, input, output, dOutput, dInput));
        }

        private static Pass[] children(Pass[] passes, int index) {
            Pass[] children = new Pass[passes.length];
            for (int i = 0; i < children.length; i++) children[i] = passes[i].child(index);
            return children;
        }
    }

    /**
     * Number of stages.
     *
     * @return at least 1
     */
    public int count() {
        return stages.length;
    }

    /**
     * Whether a stage's rows may be divided.
     *
     * @param stage from 0
     * @return false if it sees all rows of the batch at once
     */
    public boolean rowwise(int stage) {
        return rowwise[stage];
    }

    /**
     * Does a stage for some rows.
     *
     * @param stage from 0, after all stages before it
     * @param worker whose pass of the batch is used
     * @param from first row, 0 if the stage is not {@link #rowwise}
     * @param to row after the last, that of the batch if the stage is not rowwise
     */
    public void run(int stage, int worker, int from, int to) {
        for (Operation operation : stages[stage]) operation.run(worker, from, to);
    }
}
