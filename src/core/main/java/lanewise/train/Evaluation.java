package lanewise.train;

import java.util.Locale;
import lanewise.Network;
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
 * @param loss mean over the samples
 * @param task what the outputs answer
 * @param answers number of answers that were compared: samples, times outputs if multilabel, less those whose targets are
 *     all zero if multiclass; 0 for a regression
 * @param correct answers that are those of the targets; with a NaN logit none is
 */
public record Evaluation(int samples, double loss, Task task, long answers, long correct) {

    private static final int ROWS = 16;

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
        return of(network, loss, data, loss.task(network.outputSize()));
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
        int outputs = network.outputSize();
        Trainer.check(network, loss, data);
        check(task, loss, outputs, data.targetSize());
        Layer layer = network.stack().forPrediction();
        Parameters parameters = network.parameters().as(layer);
        Batch batch = Batch.forPrediction(layer, ROWS);
        Changeover changeover = Changeover.ofPrediction(layer, ROWS);
        Slice targets = Slice.allocate(ROWS, data.targetSize());
        double sum = 0;
        long correct = 0, answers = 0;
        for (int from = 0; from < data.size(); from += ROWS) {
            int count = Math.min(ROWS, data.size() - from);
            changeover.begin(batch, (data.size() - from) / ROWS);
            for (int r = 0; r < count; r++) {
                data.input(from + r, batch, r);
                data.target(from + r, targets, r);
            }
            layer.forward(batch.pass(), 0, count, parameters, batch.input(), batch.output());
            changeover.end(count);
            for (int r = 0; r < count; r++) {
                sum += loss.value(batch.pass(), r, batch.output(), targets);
                if (!names(task, targets, r)) continue;
                answers += task == Task.MULTILABEL ? outputs : 1;
                correct += correct(task, loss, batch.output(), targets, r);
            }
        }
        return new Evaluation(data.size(), sum / data.size(), task, answers, correct);
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
