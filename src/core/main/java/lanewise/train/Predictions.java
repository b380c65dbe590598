package lanewise.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.kernel.Selection;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Task;
import lanewise.memory.Slice;

/**
 * The predictions of a network or a model for all samples of a data set: logits, from which the other figures follow, in the
 * data set's order. Immutable; any number of threads may read it. Keeps 4 bytes per sample and output.
 *
 * <pre>{@code
 * Predictions predictions = Predictions.of(model, data, workers);
 * float[] probabilities = predictions.values();   // row after row
 * String[] labels = predictions.labels();
 * ClassificationMetrics metrics = ClassificationMetrics.of(predictions, data);
 * }</pre>
 *
 * <p>Only the inputs are read, so the targets may be anything, for predictions of what has none.
 */
public final class Predictions {

    private final int size;
    private final int outputs;

    /** Row after row. */
    private final float[] logits;

    private final Output output;
    private final Task task;
    private final float yesAbove;
    private final List<String> labels;

    private Predictions(int outputs, float[] logits, Output output, Task task, float yesAbove, List<String> labels) {
        this.size = logits.length / outputs;
        this.outputs = outputs;
        this.logits = logits;
        this.output = output;
        this.task = task;
        this.yesAbove = yesAbove;
        this.labels = labels;
    }

    /**
     * Predicts by a network on the calling thread.
     *
     * @param network not modified
     * @param loss that it is trained with, which says what logits become and what they answer
     * @param data whose inputs are predicted from; not modified
     * @return the predictions
     * @throws IllegalArgumentException if the inputs do not fit the network, or the loss does not
     */
    public static Predictions of(Network network, Loss loss, Dataset data) {
        return of(network, loss, data, Workers.one());
    }

    /**
     * Predicts by a network on several threads, with the same bits.
     *
     * @param network not modified
     * @param loss that it is trained with, which says what logits become and what they answer
     * @param data whose inputs are predicted from; not modified
     * @param workers share the samples
     * @return the predictions
     * @throws IllegalArgumentException if the inputs do not fit the network, or the loss does not
     */
    public static Predictions of(Network network, Loss loss, Dataset data, Workers workers) {
        return of(network, loss, data, loss.task(network.outputSize()), workers);
    }

    /**
     * Predicts by a network whose outputs answer another task than the loss implies, on several threads, with the same bits.
     *
     * @param network not modified
     * @param loss that it is trained with
     * @param data whose inputs are predicted from; not modified
     * @param task what the outputs answer
     * @param workers share the samples
     * @return the predictions
     * @throws IllegalArgumentException if the inputs do not fit the network, the loss does not, or the task is none for so many
     *     outputs, or asks for yes and no that the loss does not tell apart
     */
    public static Predictions of(Network network, Loss loss, Dataset data, Task task, Workers workers) {
        int outputs = network.outputSize();
        loss.check(network.stack());
        Evaluation.check(task, loss, outputs, outputs);
        float[] logits = logits(network.inputSize(), outputs, data);
        Inference[] parts = new Inference[workers.count()];
        for (int i = 0; i < parts.length; i++) parts[i] = new Inference(network, data, i == 0 ? null : parts[0]);
        workers.run(data.size(), Inference.ROWS, (worker, from, to) -> {
            for (; from < to; from += Inference.ROWS) {
                int count = Math.min(Inference.ROWS, to - from);
                Slice rows = parts[worker].logits(from, count);
                for (int r = 0; r < count; r++)
                    System.arraycopy(rows.array(), rows.at(r), logits, (from + r) * outputs, outputs);
            }
        });
        return new Predictions(outputs, logits, loss.output(), task, loss.yesAbove(), List.of());
    }

    /**
     * Predicts by a model on the calling thread.
     *
     * @param model any
     * @param data whose inputs are predicted from, bytes as the model takes raw bytes; not modified
     * @return the predictions
     * @throws IllegalArgumentException if the inputs do not fit the model
     */
    public static Predictions of(Model model, Dataset data) {
        return of(model, data, Workers.one());
    }

    /**
     * Predicts by a model on several threads, with the same bits.
     *
     * @param model any
     * @param data whose inputs are predicted from, bytes as the model takes raw bytes; not modified
     * @param workers share the samples
     * @return the predictions
     * @throws IllegalArgumentException if the inputs do not fit the model
     */
    public static Predictions of(Model model, Dataset data, Workers workers) {
        int inputs = model.inputSize(), outputs = model.outputSize();
        float[] logits = logits(inputs, outputs, data);
        Predictor[] predictors = new Predictor[workers.count()];
        float[][] rows = new float[predictors.length][];
        workers.run(data.size(), Inference.ROWS, (worker, from, to) -> {
            if (predictors[worker] == null) {
                predictors[worker] = model.predictor(Inference.ROWS);
                rows[worker] = new float[Math.multiplyExact(Inference.ROWS, inputs)];
            }
            for (; from < to; from += Inference.ROWS) {
                int count = Math.min(Inference.ROWS, to - from);
                for (int r = 0; r < count; r++)
                    data.input(from + r, rows[worker], r * inputs, model.byteScale(), model.byteOffset());
                predictors[worker].logits(rows[worker], 0, logits, from * outputs, count);
            }
        });
        return new Predictions(outputs, logits, model.output(), model.task(), 0.5f, model.labels());
    }

    /**
     * Predictions whose logits come from somewhere else: the mean of several networks', for example.
     *
     * @param outputs logits per sample, at least 1
     * @param logits sample after sample; copied
     * @param output what makes predictions of them
     * @param task what they answer
     * @return the predictions
     * @throws IllegalArgumentException if the logits are no whole number of samples, or the task is none for the output or so
     *     many outputs
     */
    public static Predictions ofLogits(int outputs, float[] logits, Output output, Task task) {
        if (outputs < 1 || logits.length % outputs != 0)
            throw new IllegalArgumentException(logits.length + " logits are no whole number of samples of " + outputs);
        String why = task.refusal(output, outputs);
        if (why != null) throw new IllegalArgumentException(why);
        return new Predictions(outputs, logits.clone(), output, task, 0.5f, List.of());
    }

    /** Room for all logits. */
    private static float[] logits(int inputs, int outputs, Dataset data) {
        if (data.inputSize() != inputs)
            throw new IllegalArgumentException(
                    "samples of " + data.inputSize() + " values given, " + inputs + " inputs expected");
        long length = (long) data.size() * outputs;
        if (length > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException("the logits of " + data.size() + " samples with " + outputs
                    + " outputs do not fit one array; predict the data set in parts, see Dataset.range");
        return new float[(int) length];
    }

    /**
     * Number of samples.
     *
     * @return the data set's size
     */
    public int size() {
        return size;
    }

    /**
     * Number of outputs.
     *
     * @return width of a row of logits or values
     */
    public int outputs() {
        return outputs;
    }

    /**
     * What the outputs answer.
     *
     * @return the task
     */
    public Task task() {
        return task;
    }

    /**
     * What makes values of logits.
     *
     * @return the output
     */
    public Output output() {
        return output;
    }

    /**
     * All logits.
     *
     * @return a new array of size × outputs, sample after sample
     */
    public float[] logits() {
        return logits.clone();
    }

    /**
     * All predictions: probabilities, or the numbers of a regression, as {@link Predictor#predict} gives them.
     *
     * @return a new array of size × outputs, sample after sample
     */
    public float[] values() {
        float[] values = logits.clone();
        if (output != Output.IDENTITY) for (int i = 0; i < size; i++) apply(i, values, i * outputs);
        return values;
    }

    /**
     * A sample's prediction: probabilities, or the numbers of a regression, as {@link Predictor#predict} gives them.
     *
     * @param sample from 0
     * @return a new array of the outputs' number
     * @throws IndexOutOfBoundsException if there is no such sample
     */
    public float[] row(int sample) {
        Objects.checkIndex(sample, size);
        float[] row = Arrays.copyOfRange(logits, sample * outputs, (sample + 1) * outputs);
        if (output != Output.IDENTITY) apply(sample, row, 0);
        return row;
    }

    private void apply(int sample, float[] values, int at) {
        Slice row = Slice.allocate(1, outputs);
        System.arraycopy(logits, sample * outputs, row.array(), row.at(0), outputs);
        output.apply(Selection.current(), row, 0);
        System.arraycopy(row.array(), row.at(0), values, at, outputs);
    }

    /**
     * All classes, as {@link Predictor#classify} tells them.
     *
     * @return a new array; −1 where a logit is NaN
     * @throws IllegalStateException if the task is a regression or multilabel, which has no classes
     */
    public int[] classes() {
        if (task == Task.REGRESSION || task == Task.MULTILABEL)
            throw new IllegalStateException("a " + task + " task has no classes; see values");
        int[] classes = new int[size];
        for (int i = 0; i < size; i++) classes[i] = task == Task.BINARY ? yes(i, 0) : argMax(i);
        return classes;
    }

    /**
     * All classes by the model's labels.
     *
     * @return a new array; null where a logit is NaN
     * @throws IllegalStateException if the task has no classes, or there are no labels: a network has none
     */
    public String[] labels() {
        int[] classes = classes();
        if (labels.isEmpty())
            throw new IllegalStateException("there are no labels; a model has them by Model.Builder.labels");
        String[] all = new String[size];
        for (int i = 0; i < size; i++) all[i] = classes[i] < 0 ? null : labels.get(classes[i]);
        return all;
    }

    /** Of equal ones the lowest; −1 if one is NaN. */
    private int argMax(int sample) {
        int best = 0;
        for (int c = 0; c < outputs; c++) {
            float z = logit(sample, c);
            if (z != z) return -1;
            if (z > logit(sample, best)) best = c;
        }
        return best;
    }

    /** Whether an output says yes: 1 or 0; −1 if its logit is NaN. */
    int yes(int sample, int c) {
        float z = logit(sample, c);
        return z != z ? -1 : z > 0f ? 1 : 0;
    }

    float logit(int sample, int c) {
        return logits[sample * outputs + c];
    }

    /** Where a yes begins among targets. */
    float yesAbove() {
        return yesAbove;
    }
}
