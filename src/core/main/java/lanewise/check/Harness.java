package lanewise.check;

import java.util.List;
import lanewise.layer.Changeover;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A layer and the matrices of one batch, each between canaries. Every call of a check to a layer or a loss is made here.
 */
final class Harness {

    /** Where in a training a batch is, unless another place is tried. */
    static final long STEP = 3, FIRST_ROW = 5;

    final Layer layer;
    final int rows;
    final List<ParameterShape> shapes;
    final Guarded parameters;
    final Guarded input;
    final Guarded output;
    final Guarded dOutput;

    /** Null if the layer's input is not differentiable. */
    final Guarded dInput;

    /** The parameters' gradient. */
    final Guarded gradient;

    /** {@link #parameters} and {@link #gradient} as the layer takes them. */
    private final Parameters values;

    private final Parameters target;

    private final Changeover changeover;

    /** The seed of the passes, and where in a training they are. */
    private long seed;

    private long step = STEP;
    private long firstRow = FIRST_ROW;

    private String call = "making a pass";

    /** With matrices that are so many floats apart: {@link Guarded#ODD} or {@link Guarded#EVEN}. */
    Harness(Layer layer, int rows, int guard) {
        this.layer = layer;
        this.rows = rows;
        shapes = layer.parameters();
        parameters = new Guarded(shapes, guard);
        input = new Guarded("input", rows, layer.inputSize(), guard);
        output = new Guarded("output", rows, layer.outputSize(), guard);
        dOutput = new Guarded("dOutput", rows, layer.outputSize(), guard);
        dInput = layer.differentiableInput() ? new Guarded("dInput", rows, layer.inputSize(), guard) : null;
        gradient = new Guarded(shapes, guard);
        values = parameters.parameters(layer);
        target = gradient.parameters(layer);
        changeover = Changeover.ofTraining(layer, rows, false, 1, null);
    }

    void seed(long seed) {
        this.seed = seed;
    }

    long seed() {
        return seed;
    }

    /** Sets seed, step and first row of the batches that go forward from now on. */
    void begin(long seed, long step, long firstRow) {
        this.seed = seed;
        this.step = step;
        this.firstRow = firstRow;
    }

    /** The last call in words, for an exception that it threw. */
    String call() {
        return call;
    }

    void initialize(RandomSource random) {
        layer.initialize(values, random);
    }

    Pass pass(int rows) {
        call = "making a pass";
        return Batch.forTraining(layer, rows).pass();
    }

    /** The passes of two workers on one batch. */
    Pass[] twoWorkers() {
        call = "making two passes of one batch";
        Batch batch = Batch.forTraining(layer, rows, 2);
        return new Pass[] {batch.pass(0), batch.pass(1)};
    }

    /** A pass of the layer that {@link Layer#forPrediction} returned. */
    Pass predictionPass(Layer used) {
        call = "making a pass for prediction";
        return Batch.forPrediction(used, rows).pass();
    }

    void forward(Pass pass, int from, int to) {
        call = "forward of rows " + from + " to " + (to - 1);
        pass.batch().begin(seed, step, firstRow);
        changeover.begin(pass.batch(), 0);
        layer.forward(pass, from, to, values, input.slice(), output.slice());
        changeover.end(to - from);
    }

    void backward(Pass pass, int from, int to) {
        call = "backward of rows " + from + " to " + (to - 1);
        backward(pass, from, to, dInput == null ? null : dInput.slice());
    }

    void backwardWithoutInputGradient(Pass pass, int from, int to) {
        call = "backward without dInput, which is null where it is not wanted,";
        backward(pass, from, to, null);
    }

    private void backward(Pass pass, int from, int to, Slice dInput) {
        layer.backward(pass, from, to, values, input.slice(), output.slice(), dOutput.slice(), dInput);
    }

    /** Adds to {@link #gradient}. */
    void parameterGradient(Pass pass, int rows, float scale, int part, int parts) {
        parameterGradient(pass, 0, rows, scale, part, parts);
    }

    /** Adds the terms of some rows to {@link #gradient}. */
    void parameterGradient(Pass pass, int from, int to, float scale, int part, int parts) {
        call = "parameterGradient of rows " + from + " to " + (to - 1) + ", part " + part + " of " + parts;
        layer.parameterGradient(
                pass, from, to, input.slice(), output.slice(), dOutput.slice(), scale, target, part, parts);
    }

    void updateRunningStatistics(Pass pass) {
        call = "updateRunningStatistics";
        layer.updateRunningStatistics(pass, rows, values);
    }

    Layer forPrediction() {
        call = "forPrediction";
        return layer.forPrediction();
    }

    /** Forward of the layer that {@link Layer#forPrediction} returned. */
    void predict(Layer used, Pass pass, int from, int to) {
        call = "forward of forPrediction()";
        used.forward(pass, from, to, parameters.parameters(used), input.slice(), output.slice());
    }

    /** The loss of a row, whose gradient is written to dLogits. */
    static double loss(Loss loss, Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
        return loss.valueAndGradient(pass, row, rows, logits, targets, dLogits);
    }
}
