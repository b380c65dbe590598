package lanewise.check;

import java.util.List;
import lanewise.Layer;
import lanewise.Loss;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.Slice;

/**
 * A layer and the matrices of one batch, each between canaries. Every call of a check to a layer or a loss is made here.
 */
final class Harness {

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

    /** The seed of the passes. */
    private long seed;

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
    }

    void seed(long seed) {
        this.seed = seed;
    }

    /** The last call in words, for an exception that it threw. */
    String call() {
        return call;
    }

    void initialize(RandomSource random) {
        layer.initialize(parameters.slices, random);
    }

    Pass pass(int rows) {
        call = "making a pass";
        return Pass.forTraining(layer, rows);
    }

    /** A pass of the layer that {@link Layer#forPrediction} returned. */
    Pass predictionPass(Layer used) {
        call = "making a pass for prediction";
        return Pass.forPrediction(used, rows);
    }

    void forward(Pass pass, int from, int to) {
        call = "forward of rows " + from + " to " + (to - 1);
        pass.begin(seed, 3, 5);
        layer.forward(pass, from, to, parameters.slices, input.slice(), output.slice());
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
        layer.backward(pass, from, to, parameters.slices, input.slice(), output.slice(), dOutput.slice(), dInput);
    }

    /** Adds to {@link #gradient}. */
    void accumulate(Pass pass, int rows, float scale, int part, int parts) {
        call = "accumulate of part " + part + " of " + parts;
        layer.accumulate(
                pass, rows, input.slice(), output.slice(), dOutput.slice(), scale, gradient.slices, part, parts);
    }

    void descend(Pass pass, int rows, float scale) {
        call = "descend";
        layer.descend(pass, rows, input.slice(), output.slice(), dOutput.slice(), scale, parameters.slices);
    }

    void catchUp(Pass pass) {
        call = "catchUp";
        layer.catchUp(pass, parameters.slices);
    }

    void settle(Pass pass) {
        call = "settle";
        layer.settle(pass, parameters.slices);
    }

    Layer forPrediction() {
        call = "forPrediction";
        return layer.forPrediction();
    }

    /** Forward of the layer that {@link Layer#forPrediction} returned. */
    void predict(Layer used, Pass pass, int from, int to) {
        call = "forward of forPrediction()";
        used.forward(pass, from, to, parameters.slices, input.slice(), output.slice());
    }

    /** The loss of a row, whose gradient is written to dLogits. */
    static double loss(Loss loss, Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
        return loss.valueAndGradient(pass, row, rows, logits, targets, dLogits);
    }
}
