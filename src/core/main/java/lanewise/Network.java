package lanewise;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import lanewise.kernel.Selection;
import lanewise.layer.Activation;
import lanewise.layer.BatchNorm;
import lanewise.layer.Changeover;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * A stack of layers and their parameters, which all live in one flat float array, allocated for speed in training, see
 * {@link Slice#allocateAligned}; a {@link Model} takes as much memory as its parameters.
 *
 * <p>The layers never change, the parameters do: one thread may train a network, or any number may read it, not both at
 * a time. Outputs are logits.
 *
 * <pre>{@code
 * Network network = Network.builder(784)
 *         .dense(128, Activation.SIGMOID)
 *         .dense(64, Activation.SIGMOID)
 *         .dense(10, Activation.IDENTITY)
 *         .build(1);
 * }</pre>
 */
public final class Network {

    private final Stack stack;
    private final Parameters parameters;
    private final int count;

    private Network(Stack stack, long seed) {
        this.stack = stack;
        parameters = Parameters.alignedZeros(stack);
        count = parameters.count();
        stack.initialize(parameters, new RandomSource(seed));
    }

    /**
     * Begins a network.
     *
     * @param inputSize width of an input row, at least 1
     * @return a builder
     */
    public static Builder builder(int inputSize) {
        return new Builder(inputSize);
    }

    /** Adds layer to layer, then builds. Not thread-safe. */
    public static final class Builder {

        private final int inputSize;
        private final List<Layer> layers = new ArrayList<>();
        private final Map<Integer, String> names = new HashMap<>();

        private Builder(int inputSize) {
            if (inputSize < 1) throw new IllegalArgumentException("input size " + inputSize + ", at least 1 expected");
            this.inputSize = inputSize;
        }

        /**
         * Adds a fully connected layer, {@link Dense#of}.
         *
         * @param outputs its outputs, at least 1
         * @param activation applied to each
         * @return this builder
         */
        public Builder dense(int outputs, Activation activation) {
            return add(Dense.of(outputSize(), outputs, activation));
        }

        /**
         * Adds dropout, {@link Dropout#of}.
         *
         * @param rate share of units to drop in training, in [0, 1)
         * @return this builder
         */
        public Builder dropout(double rate) {
            return add(Dropout.of(outputSize(), rate));
        }

        /**
         * Adds a normalisation of each row, {@link LayerNorm#of}.
         *
         * @return this builder
         */
        public Builder layerNorm() {
            return add(LayerNorm.of(outputSize()));
        }

        /**
         * Adds a normalisation of each unit over the batch, {@link BatchNorm#of}.
         *
         * @return this builder
         */
        public Builder batchNorm() {
            return add(BatchNorm.of(outputSize()));
        }

        /**
         * Adds a fixed change of scale for each unit, {@link Rescale#of(float[], float[], float[])}; {@link
         * lanewise.data.Scaling} finds the numbers.
         *
         * @param shift subtracted first; copied
         * @param factor then multiplied by; copied
         * @param offset added last; copied
         * @return this builder
         */
        public Builder rescale(float[] shift, float[] factor, float[] offset) {
            return add(Rescale.of(shift, factor, offset));
        }

        /**
         * Adds layers around which their input goes, too, {@link Residual#of}.
         *
         * <pre>{@code
         * builder.residual(block -> block.dense(64, Activation.RELU).dense(64, Activation.IDENTITY))
         * }</pre>
         *
         * @param block adds the layers to the builder that it is given, the last with as many outputs as that has inputs
         * @return this builder
         * @throws IllegalArgumentException if the block adds no layer, or the sizes do not fit
         */
        public Builder residual(Consumer<Builder> block) {
            Builder inner = new Builder(outputSize());
            block.accept(inner);
            return add(Residual.of(inner.stack()));
        }

        /**
         * Adds a layer.
         *
         * @param layer whose input fits the last layer's output
         * @return this builder
         * @throws IllegalArgumentException if it does not fit
         */
        public Builder add(Layer layer) {
            if (layer.inputSize() != outputSize())
                throw new IllegalArgumentException("layer " + layers.size() + " (" + layer + ") expects "
                        + layer.inputSize() + " inputs, but "
                        + (layers.isEmpty() ? "the network has " : "layer " + (layers.size() - 1) + " has ")
                        + outputSize()
                        + (layers.isEmpty() ? "" : " outputs"));
            layers.add(layer);
            return this;
        }

        /**
         * Names the layer that was added last; its parameters' names begin with it. A {@link Model} has other layers, since
         * some are folded into others, and model files have no names: it names its layers by their class and counts them.
         *
         * @param name without dots; by default the layer's class and its number among those of its class, {@code dense1}
         * @return this builder
         * @throws IllegalStateException if no layer was added yet
         */
        public Builder named(String name) {
            if (layers.isEmpty()) throw new IllegalStateException("there is no layer yet to be named " + name);
            names.put(layers.size() - 1, Objects.requireNonNull(name, "name"));
            return this;
        }

        private Stack stack() {
            return new Stack(layers, names);
        }

        /**
         * Width of what was added so far.
         *
         * @return the last layer's outputs; the network's inputs if there is no layer yet
         */
        public int outputSize() {
            return layers.isEmpty() ? inputSize : layers.get(layers.size() - 1).outputSize();
        }

        /**
         * Builds the network and initialises its parameters.
         *
         * @param seed equal seeds give equal parameters, on every machine
         * @return a new network
         * @throws IllegalArgumentException if there is no layer, two have one name, or the parameters do not fit one array
         */
        public Network build(long seed) {
            return new Network(stack(), seed);
        }
    }

    /**
     * A network of this one's layers and a further one: this network was trained with scaled targets, say, and the layer gives
     * its outputs back in their own unit, {@link lanewise.data.Scaling#inverse}.
     *
     * @param layer whose input fits this network's output; initialised with seed 0
     * @return a new network, with copies of this one's parameters as they are now
     * @throws IllegalArgumentException if the layer does not fit
     */
    public Network followedBy(Layer layer) {
        Builder builder = builder(inputSize());
        for (int i = 0; i < stack.layers().size(); i++)
            builder.add(stack.layers().get(i)).named(stack.names().get(i));
        Network network = builder.add(layer).build(0);
        float[] values = network.copyParameters(), own = copyParameters();
        System.arraycopy(own, 0, values, 0, count);
        network.parameters.copyFrom(values);
        return network;
    }

    /**
     * Width of an input row.
     *
     * @return number of floats
     */
    public int inputSize() {
        return stack.inputSize();
    }

    /**
     * Width of an output row.
     *
     * @return number of floats
     */
    public int outputSize() {
        return stack.outputSize();
    }

    /**
     * All layers as one, for passes and gradient checks.
     *
     * @return the stack
     */
    public Stack stack() {
        return stack;
    }

    /**
     * The parameters themselves.
     *
     * @return always the same object; what is written to it is the network's, padding stays +0.0
     */
    public Parameters parameters() {
        return parameters;
    }

    /**
     * Number of parameters, padding left out.
     *
     * @return weights and biases of all layers
     */
    public int parameterCount() {
        return count;
    }

    /**
     * Copies all parameters out, without padding.
     *
     * @return layers in order, weights row by row ([input][output]), then the bias
     */
    public float[] copyParameters() {
        return parameters.toArray();
    }

    /**
     * Sets all parameters.
     *
     * @param values as {@link #copyParameters} gives them; not modified
     * @throws IllegalArgumentException if their number is wrong or one of them is not finite; nothing is changed then
     */
    public void setParameters(float[] values) {
        if (values.length != count)
            throw new IllegalArgumentException(values.length + " parameters given, " + count + " expected:\n" + this);
        for (int i = 0; i < count; i++)
            if (!Float.isFinite(values[i]))
                throw new IllegalArgumentException("parameter " + Parameters.place(parameters.shapes(), i) + " is "
                        + values[i] + ", a finite number expected; did the training that made it diverge?");
        parameters.copyFrom(values);
    }

    /**
     * Where the first parameter lies that is not finite.
     *
     * @return its layer, name and index; null if all are finite
     */
    public String firstNotFinite() {
        return parameters.firstNotFinite();
    }

    /**
     * The first 16 hexadecimal digits of the SHA-256 over all parameters as little-endian floats in the order of {@link
     * #copyParameters}, NaN in one form. Of two networks with the same layers, equal fingerprints mean parameters that are
     * equal to the bit, but for one chance in 2⁶⁴; the layers themselves, and the matrices' shapes, are not part of it.
     *
     * @return 16 digits
     */
    public String fingerprint() {
        return parameters.fingerprint();
    }

    /**
     * A predictor over these very parameters, to look at them between epochs of training: it sees their later changes.
     * A network knows of no loss, so its predictions are the logits, and {@link Predictor#classify} tells the largest of
     * them, or whether a single one is above zero. To keep or serve what was learned, make a {@link Model}.
     *
     * <p>It begins on the scalar kernels and, when it has predicted for long, changes over to the vector kernels by itself;
     * some of its calls take milliseconds then. A model is warmed up beside its predictors.
     *
     * @return a new predictor for one thread, not while another one trains
     */
    public Predictor predictor() {
        Layer layer = stack.forPrediction();
        return new Predictor(
                null,
                layer,
                parameters.as(layer),
                Output.IDENTITY,
                outputSize() == 1 ? Task.BINARY : Task.MULTICLASS,
                1f,
                1f / 255f,
                0f,
                1,
                Selection.current(),
                Changeover.ofPrediction(layer, 1));
    }

    /** A table of layers, shapes and parameters. */
    @Override
    public String toString() {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-12s %-32s %14s %12s%n", "", "layer", "shape", "parameters"));
        List<Layer> layers = stack.layers();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            long own =
                    layer.parameters().stream().mapToLong(ParameterShape::count).sum();
            table.append(String.format(
                    Locale.ROOT,
                    "%-12s %-32s %14s %12d%n",
                    stack.names().get(i),
                    layer,
                    layer.inputSize() + "->" + layer.outputSize(),
                    own));
        }
        return table.append(String.format(
                        Locale.ROOT, "%-12s %-32s %14s %12d", "", "all", inputSize() + "->" + outputSize(), count))
                .toString();
    }
}
