package lanewise;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import lanewise.kernel.Kernels;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * A trained network, ready to predict. Immutable: it has its own copy of the parameters, so that training goes on
 * without changing it, and hands nothing out by which it could be changed. Any number of threads may share one, each with a
 * {@link #predictor} of its own or by {@link Predictors}. Its {@link #readiness} alone proceeds, and with it the kernels
 * that predictors use, all of which give the same bits.
 *
 * <p>It carries what its network does not know: how logits become predictions ({@link Output}), a name, the classes'
 * labels, how raw bytes become inputs, and free metadata. All parameters are finite. Its layers are the network's in
 * their form for prediction: dropout is gone, and a batch normalisation beside a dense layer is folded into its weights.
 * These are rounded once in that, so the model's last bits may differ from the network's; the model's are what counts.
 *
 * <pre>{@code
 * Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
 * Predictor predictor = model.predictor();
 * predictor.predict(pixels, 0, probabilities, 0);
 * }</pre>
 *
 * <p>To exchange a model while it serves, see {@link Predictors#exchange}.
 */
public final class Model {

    private final Stack stack;
    private final Parameters parameters;
    private final int parameterCount;
    private final Output output;
    private final Task task;
    private final float temperature;
    private final String name;
    private final List<String> labels;
    private final float byteScale;
    private final float byteOffset;
    private final SortedMap<String, String> metadata;

    /** All that changes, and no caller sees that but in time. */
    private final WarmUpState warmUp = new WarmUpState();

    private Model(Builder builder) {
        stack = builder.stack;
        parameters = builder.parameters;
        parameterCount = builder.count;
        output = builder.output;
        task = builder.task;
        temperature = builder.temperature;
        name = builder.name;
        labels = builder.labels;
        byteScale = builder.byteScale;
        byteOffset = builder.byteOffset;
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>(builder.metadata));
    }

    private Model(Model other, Parameters parameters) {
        stack = other.stack;
        this.parameters = parameters;
        parameterCount = other.parameterCount;
        output = other.output;
        task = other.task;
        temperature = other.temperature;
        name = other.name;
        labels = other.labels;
        byteScale = other.byteScale;
        byteOffset = other.byteOffset;
        metadata = other.metadata;
    }

    /**
     * This model with a copy of its parameters that begins on a cache line under G1, the default collector: its
     * predictions take 10 to 15 % less time where the parameters are between 256 KB and half a region of the heap, and are
     * the same to the bit. The array is half a region long for that, and takes a whole one: 1 MB in heaps of up to 2 GB,
     * else 1/2048 of the heap or twice that. So do it for the few models that serve, before they are warmed up.
     *
     * @return a new model, cold; it has its own predictors
     */
    public Model aligned() {
        Parameters copy = Parameters.alignedZeros(stack);
        copy.copyFrom(parameters);
        return new Model(this, copy);
    }

    /**
     * A model of a network as it is now, without name, labels and metadata.
     *
     * @param network not modified; its parameters are copied
     * @param loss that it was trained with
     * @return a new model
     * @throws IllegalArgumentException if a parameter is not finite, or the loss does not fit the layers, see
     *     {@link Loss#check}
     */
    public static Model of(Network network, Loss loss) {
        return builder(network, loss).build();
    }

    /**
     * Begins a model of a network as it is now. While a trainer is at work on it, {@link
     * lanewise.train.TrainingListener#epochDone} is the place: in the midst of an epoch updates may be pending.
     *
     * @param network not modified; its parameters are copied here and now
     * @param loss that it was trained with
     * @return a builder that wants no more parameters
     * @throws IllegalArgumentException if a parameter is not finite, or the loss does not fit the layers, see
     *     {@link Loss#check}
     */
    public static Builder builder(Network network, Loss loss) {
        loss.check(network.stack());
        String place = network.firstNotFinite();
        if (place != null)
            throw new IllegalArgumentException("parameter " + place + " is not finite; did the training diverge?");
        Folding folded = Folding.of(network.stack(), network.parameters());
        Builder builder = new Builder(folded.stack, loss.output(), loss.task(network.outputSize()));
        builder.numbers = builder.task == Task.REGRESSION;
        for (Slice slice : folded.parameters)
            for (int r = 0; r < slice.rows(); r++) builder.parameters(slice.array(), slice.at(r), slice.columns());
        return builder;
    }

    /**
     * Begins a model whose parameters come from somewhere else, by {@link Builder#parameters}. Nothing is folded.
     *
     * @param stack the layers
     * @param output how logits become predictions
     * @return a builder
     * @throws IllegalArgumentException if the output does not fit the layers, or the parameters do not fit one array
     */
    public static Builder builder(Stack stack, Output output) {
        return new Builder(stack, output, Task.of(output, stack.outputSize()));
    }

    /** How far a model has come on its way to the kernels that stay. All give the same bits. */
    public enum Readiness {
        /**
         * Nobody has asked for the warm-up, or it was ended before it was done. Predictors run on the scalar kernels, but
         * those that have got others already.
         */
        COLD,
        /** The background thread will come to it. Predictors run as when cold. */
        WAITING,
        /** It is being warmed up, by the background thread or in a call of {@link Model#warmUp()}. */
        WARMING_UP,
        /** Predictors run on the vector kernels for good. */
        WARM,
        /** Predictors run on the scalar kernels for good; {@link Model#kernelsReason} says why. */
        SCALAR
    }

    /** What a model carries. Not thread-safe. */
    public static final class Builder {

        private final Stack stack;
        private final Output output;
        private Task task;

        /** Whether a loss for numbers made the outputs what they are. */
        private boolean numbers;

        private final Parameters parameters;
        private final int count;
        private int given;
        private int slice;
        private int row;
        private int column;
        private float temperature = 1f;
        private String name = "";
        private List<String> labels = List.of();
        private float byteScale = 1f / 255f;
        private float byteOffset;
        private final SortedMap<String, String> metadata = new TreeMap<>();

        private Builder(Stack stack, Output output, Task task) {
            this.output = Objects.requireNonNull(output, "output");
            this.task = Objects.requireNonNull(task, "task");
            if ((output == Output.SOFTMAX || output == Output.LOG_SOFTMAX) && stack.outputSize() == 1)
                throw new IllegalArgumentException("a softmax of one output is 1 always; for a yes or no, train one"
                        + " output with BINARY_CROSS_ENTROPY, or two with SOFTMAX_CROSS_ENTROPY");
            this.stack = (Stack) stack.forPrediction();
            parameters = Parameters.zeros(this.stack);
            count = parameters.count();
        }

        /**
         * Gives the next parameters, in the order of {@link Network#copyParameters}, all at once or part by part.
         *
         * @param values holds them; copied
         * @param offset index of the first
         * @param count how many
         * @return this builder
         * @throws IllegalArgumentException if there are more than the layers have, or one is not finite
         * @throws IndexOutOfBoundsException if the array is too short
         */
        public Builder parameters(float[] values, int offset, int count) {
            Objects.checkFromIndexSize(offset, count, values.length);
            if (count > this.count - given)
                throw new IllegalArgumentException(
                        given + " parameters given, then " + count + " more; " + this.count + " expected by " + stack);
            int notFinite = firstNotFinite(values, offset, count);
            if (notFinite >= 0)
                throw new IllegalArgumentException("parameter "
                        + Parameters.place(parameters.shapes(), given + notFinite) + " is "
                        + values[offset + notFinite] + ", a finite number expected; did the training diverge?");
            given += count;
            while (count > 0) {
                Slice target = parameters.get(slice);
                if (row == target.rows() || target.columns() == 0) {
                    row = 0;
                    slice++;
                    continue;
                }
                int part = Math.min(count, target.columns() - column);
                System.arraycopy(values, offset, target.array(), target.at(row) + column, part);
                offset += part;
                count -= part;
                column += part;
                if (column == target.columns()) {
                    column = 0;
                    row++;
                }
            }
            return this;
        }

        /** Index of the first value that is infinite or NaN, counted from the offset; −1 if there is none. */
        private static int firstNotFinite(float[] values, int offset, int count) {
            // Adding 1 to the exponent carries into the sign if, and only if, all of its bits are set.
            int carries = 0;
            for (int i = offset; i < offset + count; i++)
                carries |= (Float.floatToRawIntBits(values[i]) & 0x7fffffff) + 0x00800000;
            if (carries >= 0) return -1;
            int i = 0;
            while (Float.isFinite(values[offset + i])) i++;
            return i;
        }

        /**
         * Sets the name.
         *
         * @param name for health pages and error messages; empty by default
         * @return this builder
         * @throws IllegalArgumentException if it is not well-formed Unicode
         */
        public Builder name(String name) {
            this.name = wellFormed(name, "name");
            return this;
        }

        /**
         * Sets what the outputs answer, where that is not what the loss, or the output, implies: class scores trained as
         * numbers, for example, are a multiclass task. Call it before {@link #labels}.
         *
         * @param task decides about {@link Model#classes}, {@link Predictor#classify} and the number of labels
         * @return this builder
         * @throws IllegalArgumentException if it is no task for so many outputs, for this output, or for the labels; or if
         *     it asks for yes and no, and the network's loss does not tell them apart
         */
        public Builder task(Task task) {
            String why = task.refusal(output, stack.outputSize());
            if (why == null && numbers && (task == Task.BINARY || task == Task.MULTILABEL))
                why = "the loss does not say which numbers mean yes and no, so this is no " + task
                        + " model; BINARY_CROSS_ENTROPY (0 and 1) and HINGE (-1 and +1) do";
            if (why != null) throw new IllegalArgumentException(why);
            check(task, labels);
            this.task = task;
            return this;
        }

        /**
         * Sets the temperature T: predictions are {@code softmax(z / T)} or {@code sigmoid(z / T)} of the logits z (Guo et al.
         * 2017, §4.2). Above 1 they are less certain; {@link lanewise.train.ClassificationMetrics#fittedTemperature} finds the
         * one that fits data. Logits, and so classes, are as without it.
         *
         * @param temperature 0.001 to 1000; 1 by default, which changes no bit and costs nothing
         * @return this builder
         * @throws IllegalArgumentException if it is another one, or the model predicts numbers: {@link Output#IDENTITY}
         */
        public Builder temperature(float temperature) {
            if (!(temperature >= 0.001f && temperature <= 1000f))
                throw new IllegalArgumentException("a temperature of " + temperature + " given, 0.001 to 1000 expected"
                        + (temperature != temperature ? "; was it fitted to data without probabilities?" : ""));
            if (temperature != 1f && output == Output.IDENTITY)
                throw new IllegalArgumentException("a temperature of " + temperature
                        + " given, but this model's predictions are its logits, not probabilities made of them");
            this.temperature = temperature;
            return this;
        }

        private void check(Task task, List<String> labels) {
            int outputs = stack.outputSize(), expected = task.labels(outputs);
            if (!labels.isEmpty() && labels.size() != expected)
                throw new IllegalArgumentException(labels.size() + " labels given, " + expected + " expected for a "
                        + task + " model of " + outputs + (outputs == 1 ? " output" : " outputs"));
        }

        /**
         * Sets the names of the classes, or of the outputs where there are no classes.
         *
         * @param labels one for each class, see {@link Model#classes}, or for each output of a regression or a
         *     multilabel model; none by default
         * @return this builder
         * @throws IllegalArgumentException if there are more or fewer than that, or one is not well-formed Unicode
         */
        public Builder labels(List<String> labels) {
            check(task, labels);
            for (String label : labels) wellFormed(label, "label");
            this.labels = List.copyOf(labels);
            return this;
        }

        /**
         * Sets how raw bytes become inputs: {@code (b & 255) · scale + offset}. They must do so as in training.
         *
         * @param scale finite and not zero; {@code 1f / 255f} by default, as in {@link lanewise.data.Dataset}
         * @param offset finite; zero by default
         * @return this builder
         * @throws IllegalArgumentException if they are not
         */
        public Builder bytes(float scale, float offset) {
            if (!Float.isFinite(scale) || scale == 0f || !Float.isFinite(offset))
                throw new IllegalArgumentException("bytes * " + scale + " + " + offset
                        + ": a finite scale that is not zero, and a finite offset expected");
            byteScale = scale;
            byteOffset = offset + 0f;
            return this;
        }

        /**
         * Adds an entry to the metadata: where the data came from, its accuracy, a version.
         *
         * @param key not empty; replaces an earlier entry
         * @param value any text
         * @return this builder
         * @throws IllegalArgumentException if the key is empty, or one of them is not well-formed Unicode
         */
        public Builder metadata(String key, String value) {
            if (key.isEmpty()) throw new IllegalArgumentException("an empty key of metadata");
            metadata.put(wellFormed(key, "key of metadata"), wellFormed(value, "value of metadata"));
            return this;
        }

        private static String wellFormed(String text, String what) {
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text))
                throw new IllegalArgumentException(
                        "a " + what + " that is not well-formed Unicode: half of a surrogate" + " pair is missing");
            return text;
        }

        /**
         * The model.
         *
         * @return a new one; those of one builder share their parameters
         * @throws IllegalStateException if parameters are missing
         */
        public Model build() {
            if (given < count)
                throw new IllegalStateException(given + " parameters given, " + count + " expected by " + stack);
            return new Model(this);
        }
    }

    /**
     * A predictor for one thread.
     *
     * @return a new one; it keeps 2 KB, 9 bytes per input, and 16 per unit of a layer (20 where its activation needs
     *     the sums): 12 KB for 784-128-64-10. Making that one allocates 16 KB.
     */
    public Predictor predictor() {
        return predictor(1);
    }

    /**
     * A predictor for one thread that is to work on batches.
     *
     * @param rows so many rows of a batch are computed together; larger batches are allowed, and the bits do not depend
     *     on it. From 16 to 64 is a good choice. Each row after the first takes 8 bytes per input and per unit, 12 where
     *     an activation needs the sums, and from 8 rows on 16 KB once: 150 KB in all for 16 rows of 784-128-64-10.
     * @return a new one
     * @throws IllegalArgumentException if rows is less than 1
     * @throws IllegalStateException if the property {@code lanewise.warmUp} is none of its settings
     */
    public Predictor predictor(int rows) {
        if (!warmUp.hadPredictor() && !warm()) WarmUpQueue.LIBRARY.beginUnasked(this);
        return new Predictor(
                this, stack, parameters, output, task, temperature, byteScale, byteOffset, rows, null, null);
    }

    /**
     * Logits and prediction of one input, without beginning the warm-up: for the self-tests in files. Allocates; to serve,
     * use a {@link #predictor}, which gives the same bits.
     *
     * @param input inputSize floats; not modified
     * @param logits receives outputSize floats
     * @param prediction receives outputSize floats
     * @throws IndexOutOfBoundsException if an array is too short
     * @throws IllegalArgumentException if an {@link Embedding} refuses the input
     */
    public void answer(float[] input, float[] logits, float[] prediction) {
        predictorOn(warmUp.kernels(1), 1).predict(input, 0, logits, prediction, 0, 1);
    }

    /** A predictor that stays with these kernels. */
    Predictor predictorOn(Kernels kernels, int rows) {
        return new Predictor(
                this, stack, parameters, output, task, temperature, byteScale, byteOffset, rows, kernels, null);
    }

    Parameters parameters() {
        return parameters;
    }

    WarmUpState warmUpState() {
        return warmUp;
    }

    /**
     * Whether this model's predictors run on the kernels that stay, as {@link Readiness#WARM} or {@link
     * Readiness#SCALAR}: for a start-up or readiness probe, after {@link #beginWarmUp}. Answers at once.
     *
     * @return true after the warm-up, whoever asked for it; it stays true
     */
    public boolean warm() {
        return warmUp.isFinal();
    }

    /**
     * How far this model has come on its way to the kernels that stay. Answers at once.
     *
     * @return as of now
     */
    public Readiness readiness() {
        return warmUp.readiness();
    }

    /**
     * Why this model's predictors run on the kernels that they run on, for a health page.
     *
     * @return what speaks against the vector kernels if the scalar ones stay; else how far the warm-up has come, or, if it
     *     is done, as {@link Lanewise#kernelsReason} says
     */
    public String kernelsReason() {
        return warmUp.reason();
    }

    /**
     * Begins the warm-up in the background, and returns at once: a thread of low priority, three quarters of whose time
     * are pauses, works until {@link #warm}. For a service's start; it needs neither a predictor nor a call, and the
     * property {@code lanewise.warmUp} does not matter. Does nothing if the model is warm, or this has been done.
     *
     * <p>Without this call the first {@link #predictor} does it, with a delay, unless {@code lanewise.warmUp} is {@code
     * off}. {@link Lanewise#close} ends it.
     *
     * @return this model
     */
    public Model beginWarmUp() {
        if (!warm()) WarmUpQueue.LIBRARY.begin(this);
        return this;
    }

    /**
     * Returns when this model's predictors run on the kernels that stay: the vector kernels where there are any, after
     * these have been compiled. Takes two or three seconds and a CPU the first time in a JVM, for further models of the
     * same layers some tenths; nothing if it has been done. Without this call a thread does it in the background, and
     * the scalar kernels run meanwhile, which give the same bits.
     *
     * <p>Works on the calling thread, or waits, where another thread is at it: callers one at a time. What a layer throws,
     * an {@link Error} too, is caught: the scalar kernels stay then, and {@link #kernelsReason} says so.
     *
     * <p>If the thread is interrupted, before or meanwhile, this returns soon, with the thread's interrupt status set;
     * {@link #warm} tells. It can be asked for again.
     *
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public void warmUp() {
        WarmUpQueue.LIBRARY.run(this);
    }

    /**
     * Warms this model up as {@link #warmUp()} does, for so long at most. What has not been done by then can be asked for
     * again; the background thread goes on with it, if it was to do it.
     *
     * @param limit zero or less only asks; passed by a call of the model at most
     * @return whether the model is {@link #warm}
     * @throws InterruptedException if the thread is interrupted, before or meanwhile, and the model is not warm
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public boolean warmUp(Duration limit) throws InterruptedException {
        return WarmUpQueue.LIBRARY.run(this, TimeUnit.NANOSECONDS.convert(limit));
    }

    /**
     * Width of an input.
     *
     * @return number of floats, or of raw bytes
     */
    public int inputSize() {
        return stack.inputSize();
    }

    /**
     * Width of a prediction.
     *
     * @return number of floats
     */
    public int outputSize() {
        return stack.outputSize();
    }

    /**
     * Number of classes that {@link Predictor#classify} tells apart.
     *
     * @return 2 for a binary model, the number of outputs for a multiclass one; 0 for the others, which have none
     */
    public int classes() {
        return task.classes(outputSize());
    }

    /**
     * What the outputs answer.
     *
     * @return as the loss implied, unless set
     */
    public Task task() {
        return task;
    }

    /**
     * The layers, as prediction uses them.
     *
     * @return immutable
     */
    public Stack stack() {
        return stack;
    }

    /**
     * Number of parameters, padding left out.
     *
     * @return weights and biases of all layers
     */
    public int parameterCount() {
        return parameterCount;
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
     * How logits become predictions.
     *
     * @return as the loss implied
     */
    public Output output() {
        return output;
    }

    /**
     * What logits are divided by before they become predictions, see {@link Builder#temperature}.
     *
     * @return 1 unless set
     */
    public float temperature() {
        return temperature;
    }

    /**
     * The model's name.
     *
     * @return empty if it has none
     */
    public String name() {
        return name;
    }

    /**
     * The names of the {@link #classes}, or of the outputs of a model that has none.
     *
     * @return one for each, immutable; empty if they have no names
     */
    public List<String> labels() {
        return labels;
    }

    /**
     * What a raw byte, 0 to 255, is multiplied by.
     *
     * @return 1 / 255 unless set
     */
    public float byteScale() {
        return byteScale;
    }

    /**
     * What is added to a raw byte times {@link #byteScale}.
     *
     * @return 0 unless set
     */
    public float byteOffset() {
        return byteOffset;
    }

    /**
     * Free metadata.
     *
     * @return sorted by key, immutable
     */
    public SortedMap<String, String> metadata() {
        return metadata;
    }

    /**
     * The parameters' fingerprint, as {@link Network#fingerprint} computes it. Computed at each call, which takes some
     * milliseconds per million parameters: keep it where each answer is to name it.
     *
     * @return 16 hexadecimal digits
     */
    public String fingerprint() {
        return parameters.fingerprint();
    }

    /** Name, layers, fingerprint and the kernels in use, in one line for a health page. */
    @Override
    public String toString() {
        return "model " + (name.isEmpty() ? "" : "\"" + name + "\" ") + inputSize() + "->" + outputSize() + " " + kind()
                + " (" + stack + "), " + parameterCount + " parameters, fingerprint " + fingerprint() + ", "
                + warmUp;
    }

    /** The output's name if it implies the task, which it does not tell for the identity; and the temperature. */
    private String kind() {
        return temperature == 1f ? taskAndOutput() : taskAndOutput() + ", temperature " + temperature;
    }

    private String taskAndOutput() {
        if (task != Task.of(output, outputSize())) return task + ", " + output;
        return output == Output.IDENTITY ? task.toString() : output.toString();
    }
}
