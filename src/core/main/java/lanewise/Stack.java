package lanewise;

import java.util.ArrayList;
import java.util.List;

/**
 * Layers one after the other, as one layer. Its parameters are theirs in order, named {@code 0.weights}, {@code 0.bias},
 * {@code 1.weights}, …
 */
public final class Stack implements Layer {

    private final Layer[] layers;

    /**
     * A stack.
     *
     * @param layers from the input to the output, at least one
     * @throws IllegalArgumentException if there is none, if one's output does not fit the next one's input, or if any
     *     but the first has no gradient with respect to its input
     */
    public Stack(List<? extends Layer> layers) {
        this.layers = layers.toArray(new Layer[0]);
        if (layers.isEmpty()) throw new IllegalArgumentException("a stack of no layers; at least one expected");
        for (int i = 1; i < this.layers.length; i++) {
            Layer before = this.layers[i - 1], layer = this.layers[i];
            if (before.outputSize() != layer.inputSize())
                throw new IllegalArgumentException("layer " + i + " (" + layer + ") expects " + layer.inputSize()
                        + " inputs, but layer " + (i - 1) + " (" + before + ") has " + before.outputSize()
                        + " outputs");
            if (!layer.differentiableInput())
                throw new IllegalArgumentException("layer " + i + " (" + layer + ") has no gradient with respect to its"
                        + " input, so what comes before it could not learn; it can only be the first layer");
        }
    }

    /**
     * The layers.
     *
     * @return from the input to the output
     */
    public List<Layer> layers() {
        return List.of(layers);
    }

    @Override
    public int inputSize() {
        return layers[0].inputSize();
    }

    @Override
    public int outputSize() {
        return layers[layers.length - 1].outputSize();
    }

    @Override
    public List<ParameterShape> parameters() {
        List<ParameterShape> all = new ArrayList<>();
        for (int i = 0; i < layers.length; i++)
            for (ParameterShape p : layers[i].parameters())
                all.add(new ParameterShape(i + "." + p.name(), p.rows(), p.columns(), p.trained()));
        return List.copyOf(all);
    }

    /** Kept: the outputs of all layers but the last, then, for training, their gradients. */
    @Override
    public Needs needs(boolean training) {
        Needs needs = Needs.NONE;
        for (int copies = training ? 2 : 1; copies > 0; copies--)
            for (int i = 0; i < layers.length - 1; i++) needs = needs.kept(layers[i].outputSize());
        for (Layer layer : layers) needs = needs.child(layer);
        return needs;
    }

    @Override
    public boolean rowwise() {
        for (Layer layer : layers) if (!layer.rowwise()) return false;
        return true;
    }

    @Override
    public boolean differentiableInput() {
        return layers[0].differentiableInput();
    }

    @Override
    public String refusal(Slice input, int row) {
        return layers[0].refusal(input, row);
    }

    @Override
    public void initialize(Slice[] parameters, RandomSource random) {
        int at = 0;
        for (Layer layer : layers) {
            int count = layer.parameters().size();
            layer.initialize(java.util.Arrays.copyOfRange(parameters, at, at + count), random);
            at += count;
        }
    }

    @Override
    public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
        Slice[][] own = pass.split(parameters, layers);
        for (int i = 0; i < layers.length; i++)
            layers[i].forward(pass.child(i), from, to, own[i], inputOf(i, pass, input), outputOf(i, pass, output));
    }

    @Override
    public void backward(
            Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        Slice[][] own = pass.split(parameters, layers);
        for (int i = layers.length - 1; i >= 0; i--)
            layers[i].backward(
                    pass.child(i),
                    from,
                    to,
                    own[i],
                    inputOf(i, pass, input),
                    outputOf(i, pass, output),
                    gradientOf(i, pass, dOutput),
                    i == 0 ? dInput : gradientOf(i - 1, pass, dOutput));
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
        Slice[][] own = pass.split(target, layers);
        for (int i = layers.length - 1; i >= 0; i--)
            layers[i].accumulate(
                    pass.child(i),
                    rows,
                    inputOf(i, pass, input),
                    outputOf(i, pass, output),
                    gradientOf(i, pass, dOutput),
                    scale,
                    own[i],
                    part,
                    parts);
    }

    @Override
    public void descend(
            Pass pass, int rows, Slice input, Slice output, Slice dOutput, float scale, Slice[] parameters) {
        Slice[][] own = pass.split(parameters, layers);
        for (int i = layers.length - 1; i >= 0; i--)
            layers[i].descend(
                    pass.child(i),
                    rows,
                    inputOf(i, pass, input),
                    outputOf(i, pass, output),
                    gradientOf(i, pass, dOutput),
                    scale,
                    own[i]);
    }

    @Override
    public void catchUp(Pass pass, Slice[] parameters) {
        Slice[][] own = pass.split(parameters, layers);
        for (int i = 0; i < layers.length; i++) layers[i].catchUp(pass.child(i), own[i]);
    }

    @Override
    public void settle(Pass pass, Slice[] parameters) {
        Slice[][] own = pass.split(parameters, layers);
        for (int i = 0; i < layers.length; i++) layers[i].settle(pass.child(i), own[i]);
    }

    @Override
    public Layer forPrediction() {
        List<Layer> forPrediction = new ArrayList<>();
        for (Layer layer : layers) forPrediction.add(layer.forPrediction());
        return new Stack(forPrediction);
    }

    private static Slice inputOf(int i, Pass pass, Slice input) {
        return i == 0 ? input : pass.kept(i - 1);
    }

    private Slice outputOf(int i, Pass pass, Slice output) {
        return i == layers.length - 1 ? output : pass.kept(i);
    }

    private Slice gradientOf(int i, Pass pass, Slice dOutput) {
        return i == layers.length - 1 ? dOutput : pass.kept(layers.length - 1 + i);
    }

    /** The layers, joined by arrows. */
    @Override
    public String toString() {
        return String.join(" -> ", layers().stream().map(Object::toString).toList());
    }
}
