package lanewise.layer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Layers one after the other, as one layer. Each has a name, {@code dense1}, {@code dropout1}, {@code dense2}, … unless it is
 * given another one. Its parameters are theirs in order, named {@code dense1.weights}, {@code dense1.bias}, …
 */
public final class Stack implements Layer {

    private final Layer[] layers;
    private final List<Layer> list;
    private final List<String> names;

    /**
     * A stack of layers that are named by their class and counted.
     *
     * @param layers from the input to the output, at least one
     * @throws IllegalArgumentException if there is none, if one's output does not fit the next one's input, or if any
     *     but the first has no gradient with respect to its input
     */
    public Stack(List<? extends Layer> layers) {
        this(layers, Map.of());
    }

    /**
     * A stack.
     *
     * @param layers from the input to the output, at least one
     * @param names of some of the layers, by index; the others are named by their class and counted
     * @throws IllegalArgumentException if there is no layer, if one's output does not fit the next one's input, if any
     *     but the first has no gradient with respect to its input, or if a name is empty, has a dot or comes twice
     */
    public Stack(List<? extends Layer> layers, Map<Integer, String> names) {
        this.layers = layers.toArray(new Layer[0]);
        list = List.of(this.layers);
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
        this.names = names(names);
    }

    private List<String> names(Map<Integer, String> given) {
        List<String> names = new ArrayList<>();
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < layers.length; i++) {
            String kind = kind(layers[i]);
            int count = counts.merge(kind, 1, Integer::sum);
            names.add(given.getOrDefault(i, kind + count));
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < layers.length; i++) {
            String name = names.get(i);
            if (name.isBlank() || name.indexOf('.') >= 0)
                throw new IllegalArgumentException("layer " + i + " (" + layers[i] + ") is named \"" + name
                        + "\"; a name without dots expected, as those of its parameters follow behind one");
            if (!seen.add(name))
                throw new IllegalArgumentException(
                        "layer " + i + " (" + layers[i] + ") is named " + name + ", as one before it is");
        }
        return List.copyOf(names);
    }

    /** The first part of a layer's name: its class with a small first letter. */
    private static String kind(Layer layer) {
        String name = layer.getClass().getSimpleName();
        return name.isEmpty() ? "layer" : name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    /**
     * The layers.
     *
     * @return from the input to the output
     */
    public List<Layer> layers() {
        return list;
    }

    /**
     * The layers' names.
     *
     * @return in the order of the layers
     */
    public List<String> names() {
        return names;
    }

    int size() {
        return layers.length;
    }

    Layer layer(int index) {
        return layers[index];
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
            for (ParameterShape p : layers[i].parameters()) all.add(p.in(names.get(i)));
        return List.copyOf(all);
    }

    @Override
    public List<Layer> children() {
        return list;
    }

    /** Of each row: the outputs of all layers but the last, then, for training, their gradients. */
    @Override
    public Memory memory(boolean training) {
        Memory memory = Memory.NONE;
        for (int copies = training ? 2 : 1; copies > 0; copies--)
            for (int i = 0; i < layers.length - 1; i++) memory = memory.perRow(layers[i].outputSize());
        return memory;
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
    public void exampleInput(Slice input, int row, RandomSource random) {
        layers[0].exampleInput(input, row, random);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int i = 0; i < layers.length; i++) layers[i].initialize(parameters.child(i), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        for (int i = 0; i < layers.length; i++)
            layers[i].forward(
                    pass.child(i), from, to, parameters.child(i), inputOf(i, pass, input), outputOf(i, pass, output));
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
        for (int i = layers.length - 1; i >= 0; i--)
            layers[i].backward(
                    pass.child(i),
                    from,
                    to,
                    parameters.child(i),
                    inputOf(i, pass, input),
                    outputOf(i, pass, output),
                    gradientOf(i, pass, dOutput),
                    i == 0 ? dInput : gradientOf(i - 1, pass, dOutput));
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
        for (int i = layers.length - 1; i >= 0; i--)
            layers[i].parameterGradient(
                    pass.child(i),
                    from,
                    to,
                    inputOf(i, pass, input),
                    outputOf(i, pass, output),
                    gradientOf(i, pass, dOutput),
                    scale,
                    target.child(i),
                    part,
                    parts);
    }

    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        for (int i = 0; i < layers.length; i++)
            layers[i].updateRunningStatistics(pass.child(i), rows, parameters.child(i));
    }

    @Override
    public Layer forPrediction() {
        List<Layer> forPrediction = new ArrayList<>();
        Map<Integer, String> same = new HashMap<>();
        for (int i = 0; i < layers.length; i++) {
            forPrediction.add(layers[i].forPrediction());
            same.put(i, names.get(i));
        }
        return new Stack(forPrediction, same);
    }

    Slice inputOf(int i, Pass pass, Slice input) {
        return i == 0 ? input : pass.perRow(i - 1);
    }

    Slice outputOf(int i, Pass pass, Slice output) {
        return i == layers.length - 1 ? output : pass.perRow(i);
    }

    Slice gradientOf(int i, Pass pass, Slice dOutput) {
        return i == layers.length - 1 ? dOutput : pass.perRow(layers.length - 1 + i);
    }

    /** The layers, joined by arrows. */
    @Override
    public String toString() {
        return String.join(" -> ", list.stream().map(Object::toString).toList());
    }
}
