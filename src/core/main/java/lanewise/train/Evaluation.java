package lanewise.train;

import java.util.Locale;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Changeover;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Task;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * How well a network does on data that it is not trained on meanwhile.
 *
 * <p>The {@link Loss#task} decides what is compared. Multiclass: the class of the largest logit with the class that the
 * target names, or of several columns the largest. Binary and multilabel: for each output by itself, whether its logit is
 * above zero with whether the target is above {@link Loss#yesAbove}. Regression: nothing; there is a loss, but no accuracy.
 *
 * @param samples number of samples
 * @param loss mean over the samples, {@code Σ w · loss / Σ w} if they have weights
 * @param task what the outputs answer
 * @param answers number of answers that were compared, whatever their weights: samples, times outputs if multilabel, less those whose targets are
 *     all zero if multiclass; 0 for a regression
 * @param correct answers that are those of the targets; with a NaN logit none is
 */
public record Evaluation(int samples, double loss, Task task, long answers, long correct) {

    private static final int ROWS = 16;

    /** Rows whose losses are kept until they are summed in order. */
    private static final int LOSSES = 256 * ROWS;

    /**
     * Evaluates.
     *
     * @param network not modified
     * @param loss whose mean is wanted
     * @param data not modified
     * @return loss and number of correct answers
     * @throws IllegalArgumentException if there are no data, or they do not fit the network or the loss
     */
    public static Evaluation of(Network network, Loss loss, Dataset data) {
        return of(network, loss, data, Workers.one());
    }

    /**
     * Evaluates on several threads, with the same result to the bit.
     *
     * @param network not modified
     * @param loss whose mean is wanted
     * @param data not modified
     * @param workers share the samples
     * @return loss and number of correct answers
     * @throws IllegalArgumentException if there are no data, or they do not fit the network or the loss
     */
    public static Evaluation of(Network network, Loss loss, Dataset data, Workers workers) {
        return of(network, loss, data, loss.task(network.outputSize()), workers);
    }

    /**
     * Evaluates with another task than the loss implies: class scores that were trained as numbers by the squared error
     * of one column for each class, for example, answer a multiclass task.
     *
     * @param network not modified
     * @param loss whose mean is wanted
     * @param data not modified
     * @param task what to compare
     * @return loss and number of correct answers
     * @throws IllegalArgumentException if there are no data, or they do not fit the network or the loss, or if the task is
     *     not one for so many outputs and columns of targets, or asks for yes and no that the loss does not tell apart
     */
    public static Evaluation of(Network network, Loss loss, Dataset data, Task task) {
        return of(network, loss, data, task, Workers.one());
    }

    /**
     * Evaluates with another task than the loss implies, on several threads.
     *
     * @param network not modified
     * @param loss whose mean is wanted
     * @param data not modified
     * @param task what to compare
     * @param workers share the samples
     * @return loss and number of correct answers
     * @throws IllegalArgumentException as the form without workers does
     */
    public static Evaluation of(Network network, Loss loss, Dataset data, Task task, Workers workers) {
        DataCheck.check(network, loss, data);
        check(task, loss, network.outputSize(), data.targetSize());
        Part[] parts = new Part[workers.count()];
        for (int i = 0; i < parts.length; i++) parts[i] = new Part(network, loss, data, task, i == 0 ? null : parts[0]);
        double[] losses = new double[Math.min(LOSSES, data.size())];
        double sum = 0;
        for (int first = 0; first < data.size(); first += losses.length) {
            int begin = first, count = Math.min(losses.length, data.size() - first);
            workers.run(count, ROWS, (worker, from, to) -> parts[worker].run(begin, from, to, losses));
            for (int r = 0; r < count; r++) sum += losses[r];
        }
        long correct = 0, answers = 0;
        for (Part part : parts) {
            answers += part.answers;
            correct += part.correct;
        }
        return new Evaluation(data.size(), sum / data.size(), task, answers, correct);
    }

    /** What one worker has evaluated. */
    private static final class Part {

        private final Loss loss;
        private final Dataset data;
        private final Task task;
        private final Layer layer;
        private final Parameters parameters;
        private final Batch batch;
        private final Slice targets;

        /** Of the calling thread's part; null for the others, whose kernels follow the first part's. */
        private final Changeover changeover;

        private final Part first;
        private long answers;
        private long correct;

        Part(Network network, Loss loss, Dataset data, Task task, Part first) {
            this.loss = loss;
            this.data = data;
            this.task = task;
            layer = network.stack().forPrediction();
            parameters = network.parameters().as(layer);
            batch = Batch.forPrediction(layer, ROWS);
            targets = Slice.allocate(ROWS, data.targetSize());
            this.first = first;
            changeover = first == null ? Changeover.ofPrediction(layer, ROWS) : null;
        }

        /** Evaluates the samples first + from … first + to − 1, whose losses have the indices from … to − 1. */
        void run(int first, int from, int to, double[] losses) {
            for (; from < to; from += ROWS) {
                int count = Math.min(ROWS, to - from);
                if (changeover != null) changeover.begin(batch, (data.size() - first - from) / ROWS);
                else batch.kernels(this.first.batch.kernels());
                for (int r = 0; r < count; r++) {
                    data.input(first + from + r, batch, r);
                    data.target(first + from + r, targets, r);
                }
                layer.forward(batch.pass(), 0, count, parameters, batch.input(), batch.output());
                if (changeover != null) changeover.end(count);
                for (int r = 0; r < count; r++) {
                    losses[from + r] = loss.value(batch.pass(), r, batch.output(), targets);
                    if (data.weighted()) losses[from + r] *= data.factor(first + from + r);
                    if (!names(task, targets, r)) continue;
                    answers += task == Task.MULTILABEL ? layer.outputSize() : 1;
                    correct += Evaluation.correct(task, loss, batch.output(), targets, r);
                }
            }
        }
    }

    /** What makes a task unfit for outputs and targets. */
    private static void check(Task task, Loss loss, int outputs, int columns) {
        boolean fits = switch (task) {
            case REGRESSION -> true;
            case BINARY -> outputs == 1 && columns == 1;
            case MULTILABEL -> outputs > 1 && columns == outputs;
            case MULTICLASS -> outputs > 1 && (columns == 1 || columns == outputs);
        };
        if (!fits)
            throw new IllegalArgumentException("outputs: " + outputs + ", targets: " + columns + " columns, with "
                    + loss + "; that is no " + task + " task");
        if (task != Task.REGRESSION && task != Task.MULTICLASS && loss.task(outputs) == Task.REGRESSION)
            throw new IllegalArgumentException(loss + " does not say which numbers mean yes and no, so there is no "
                    + task + " task to evaluate; BINARY_CROSS_ENTROPY (0 and 1) and HINGE (-1 and +1) do");
    }

    /** Whether a row of targets has an answer to compare with; a row of class weights that are all zero has none. */
    private static boolean names(Task task, Slice targets, int row) {
        if (task == Task.REGRESSION) return false;
        if (task != Task.MULTICLASS || targets.columns() == 1) return true;
        for (int c = 0; c < targets.columns(); c++) if (targets.get(row, c) != 0f) return true;
        return false;
    }

    /** How many of a row's answers are those of its targets. */
    private static int correct(Task task, Loss loss, Slice logits, Slice targets, int row) {
        if (task == Task.MULTICLASS) {
            float label = targets.columns() == 1 ? targets.array()[targets.at(row)] : targets.argMax(row);
            return logits.argMax(row) == label ? 1 : 0;
        }
        int correct = 0;
        for (int c = 0; c < logits.columns(); c++) {
            float z = logits.array()[logits.at(row) + c], t = targets.array()[targets.at(row) + c];
            if (z == z && z > 0f == t > loss.yesAbove()) correct++;
        }
        return correct;
    }

    /**
     * Whether there is an {@link #accuracy}.
     *
     * @return false for a regression, and where no target names a class
     */
    public boolean hasAccuracy() {
        return answers > 0;
    }

    /**
     * Share of correct answers.
     *
     * @return 0 to 1
     * @throws IllegalStateException if the task is a regression, for which an accuracy means nothing, or no target names a class
     */
    public double accuracy() {
        if (!hasAccuracy())
            throw new IllegalStateException(
                    "a regression has no accuracy, nor have targets that name no class; look at the loss, or evaluate with the task that"
                            + " the outputs answer");
        return (double) correct / answers;
    }

    /** {@code loss 0.0512, accuracy 98.19% (9819 of 10000)}, or the loss alone. */
    @Override
    public String toString() {
        String text = String.format(Locale.ROOT, "loss %.4g", loss);
        return hasAccuracy()
                ? text + String.format(Locale.ROOT, ", accuracy %.2f%% (%d of %d)", 100 * accuracy(), correct, answers)
                : text;
    }
}
