package lanewise.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A layer made of layers, for layers of one's own. A subclass names its children in its constructor, by {@link #child}, and
 * computes what happens between them in {@link Layer#forward} and {@link Layer#backward}. Everything else is done here: the
 * children's parameters are split and handed on, each child's output and gradients have memory, the parameters' gradient and
 * the running statistics go through all children, and in prediction each child is its own form for that.
 *
 * <p>A child reads this layer's input, unless {@link #inputOf} says otherwise. For the rows from … to − 1
 *
 * <ul>
 *   <li>forward calls {@link #forward(Child, Pass, int, int, Parameters, Slice)} of each child, and combines their outputs;
 *   <li>backward writes the gradient of each child's output to {@link #dOutput}, calls {@link #backward(Child, Pass, int, int,
 *       Parameters, Slice, Slice)} of each child, and combines the gradients of their inputs.
 * </ul>
 *
 * <p>docs/gradient-checking.md has a highway layer as an example. {@link Stack} and {@link Residual} are this library's own
 * layers of layers, for layers one after the other and past each other.
 */
public abstract class Composite implements Layer, Cloneable {

    /** One of the layers in a composite: the handle by which the composite's methods know it. */
    public static final class Child {

        private final int index;
        private final String name;

        private Child(int index, String name) {
            this.index = index;
            this.name = name;
        }

        /** Its name. */
        @Override
        public String toString() {
            return name;
        }
    }

    private List<Child> names = List.of();
    private List<Layer> layers = List.of();

    /** For layers of one's own. */
    protected Composite() {}

    /**
     * Adds a child; in the constructor alone.
     *
     * @param name of the child, with which the names of its parameters begin: {@code gate.weights}
     * @param layer which is this child's, and may be that of another one as well: each has parameters of its own
     * @return the child
     * @throws IllegalArgumentException if the name is empty, has a dot, or is that of another child
     */
    protected final Child child(String name, Layer layer) {
        if (name.isBlank() || name.indexOf('.') >= 0)
            throw new IllegalArgumentException("a child of " + getClass().getSimpleName() + " is named \"" + name
                    + "\"; a name without dots expected, as those of its parameters follow behind one");
        for (Child other : names)
            if (other.name.equals(name))
                throw new IllegalArgumentException(
                        "two children of " + getClass().getSimpleName() + " are named " + name);
        Child child = new Child(layers.size(), name);
        names = with(names, child);
        layers = with(layers, layer);
        return child;
    }

    private static <T> List<T> with(List<T> list, T more) {
        List<T> all = new ArrayList<>(list);
        all.add(more);
        return List.copyOf(all);
    }

    /**
     * The layer of a child. In prediction that is another one than was given, where the given one has a form of its own for
     * prediction.
     *
     * @param child one of this layer's
     * @return its layer
     */
    protected final Layer layer(Child child) {
        return layers.get(child.index);
    }

    /**
     * What a child reads: by default this layer's input. A child that reads another one's output, or something computed
     * between the two, needs this method overridden; both passes and the parameters' gradient ask it.
     *
     * @param child one of this layer's
     * @param pass this layer's memory
     * @param input this layer's input
     * @return {@code input}; the {@link #output} of another child; or a matrix of each row that {@link #memory} asks for
     */
    protected Slice inputOf(Child child, Pass pass, Slice input) {
        return input;
    }

    /**
     * What a child has written.
     *
     * @param child one of this layer's
     * @param pass this layer's memory
     * @return rows × its outputSize
     */
    protected final Slice output(Child child, Pass pass) {
        return pass.perRow(child.index);
    }

    /**
     * The gradient with respect to a child's output, for backward to write before it calls that of the child.
     *
     * @param child one of this layer's
     * @param pass this layer's memory, in training
     * @return rows × its outputSize
     */
    protected final Slice dOutput(Child child, Pass pass) {
        return pass.perRow(layers.size() + child.index);
    }

    /**
     * Room for the gradient with respect to a child's input, for backward to have it written there.
     *
     * @param child one of this layer's
     * @param pass this layer's memory, in training
     * @return rows × its inputSize
     */
    protected final Slice dInput(Child child, Pass pass) {
        return pass.perRow(2 * layers.size() + child.index);
    }

    /**
     * The forward pass of a child, for rows from … to − 1.
     *
     * @param child one of this layer's
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param parameters this layer's
     * @param input this layer's; the child reads {@link #inputOf} it
     * @return {@link #output} of the child
     */
    protected final Slice forward(Child child, Pass pass, int from, int to, Parameters parameters, Slice input) {
        Slice output = output(child, pass);
        layer(child)
                .forward(
                        pass.child(child.index),
                        from,
                        to,
                        parameters.child(child.index),
                        inputOf(child, pass, input),
                        output);
        return output;
    }

    /**
     * The backward pass of a child, for rows from … to − 1. Reads its {@link #dOutput}, and may change it.
     *
     * @param child one of this layer's
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param parameters this layer's
     * @param input this layer's; the child reads {@link #inputOf} it
     * @param dInput overwritten by the gradient with respect to the child's input: {@link #dInput} of the child, {@link
     *     #dOutput} of the child whose output it reads, or this layer's dInput; null where it is not wanted
     */
    protected final void backward(
            Child child, Pass pass, int from, int to, Parameters parameters, Slice input, Slice dInput) {
        layer(child)
                .backward(
                        pass.child(child.index),
                        from,
                        to,
                        parameters.child(child.index),
                        inputOf(child, pass, input),
                        output(child, pass),
                        dOutput(child, pass),
                        dInput);
    }

    /** In the order in which {@link #child} added them. */
    @Override
    public final List<Layer> children() {
        return layers;
    }

    /**
     * The children's parameters, under their names. A layer with parameters of its own adds them behind these, and those of
     * an {@link #initialize} and of a {@code parameterGradient} without shares of its own to what these do.
     */
    @Override
    public List<ParameterShape> parameters() {
        List<ParameterShape> all = new ArrayList<>();
        for (Child child : names) for (ParameterShape p : layer(child).parameters()) all.add(p.in(child.name));
        return List.copyOf(all);
    }

    /** The children's outputs, in training with their gradients; a layer with memory of its own adds it to this. */
    @Override
    public Memory memory(boolean training) {
        Memory memory = Memory.NONE;
        for (int copies = training ? 2 : 1; copies > 0; copies--)
            for (Layer layer : layers) memory = memory.perRow(layer.outputSize());
        if (training) for (Layer layer : layers) memory = memory.perRow(layer.inputSize());
        return memory;
    }

    /** Initialises the children. */
    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int i = 0; i < layers.size(); i++) layers.get(i).initialize(parameters.child(i), random);
    }

    /** That of the children; and this layer's own, without shares, in the first part. */
    @Override
    public final void parameterGradient(
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
        for (int i = 0; i < layers.size(); i++) {
            Child child = names.get(i);
            layers.get(i)
                    .parameterGradient(
                            pass.child(i),
                            from,
                            to,
                            inputOf(child, pass, input),
                            output(child, pass),
                            dOutput(child, pass),
                            scale,
                            target.child(i),
                            part,
                            parts);
        }
        if (part == 0) parameterGradient(pass, from, to, input, output, dOutput, scale, target);
    }

    /** Updates those of the children. */
    @Override
    public void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {
        for (int i = 0; i < layers.size(); i++)
            layers.get(i).updateRunningStatistics(pass.child(i), rows, parameters.child(i));
    }

    /** Where all children are. */
    @Override
    public boolean rowwise() {
        for (Layer layer : layers) if (!layer.rowwise()) return false;
        return true;
    }

    /** Where all children are, whichever of them read this layer's input. */
    @Override
    public boolean differentiableInput() {
        return particular() == null;
    }

    /** A child that has no gradient with respect to its input, and so reads this layer's; null if there is none. */
    private Layer particular() {
        for (Layer layer : layers) if (!layer.differentiableInput()) return layer;
        return null;
    }

    /** That of a child whose input has no gradient, such as indices. */
    @Override
    public String refusal(Slice input, int row) {
        Layer particular = particular();
        return particular == null ? null : particular.refusal(input, row);
    }

    /** For a child whose input has no gradient, such as indices. */
    @Override
    public void exampleInput(Slice input, int row, RandomSource random) {
        Layer particular = particular();
        if (particular == null) Layer.super.exampleInput(input, row, random);
        else particular.exampleInput(input, row, random);
    }

    /** A copy of this layer whose children are their forms for prediction; itself, if all of them are that already. */
    @Override
    public Layer forPrediction() {
        List<Layer> forPrediction = new ArrayList<>();
        boolean same = true;
        for (Layer layer : layers) {
            Layer other = layer.forPrediction();
            forPrediction.add(other);
            same &= other == layer;
        }
        if (same) return this;
        try {
            Composite copy = (Composite) clone();
            copy.layers = List.copyOf(forPrediction);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("it is Cloneable", e);
        }
    }

    /** {@code highway (value: dense 4->4 tanh, gate: dense 4->4 sigmoid)}. */
    @Override
    public String toString() {
        String name = getClass().getSimpleName();
        List<String> inside = new ArrayList<>();
        for (Child child : names) inside.add(child + ": " + layer(child));
        return (name.isEmpty() ? "composite" : name.toLowerCase(Locale.ROOT)) + " (" + String.join(", ", inside) + ")";
    }
}
