package lanewise.train;

import java.util.Locale;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.layer.Task;
import lanewise.memory.Slice;

/**
 * How well a network does on data that it is not trained on meanwhile.
 *
 * <p>The {@link Loss#task} decides what is compared. Multiclass: the class of the largest logit with the class that the
 * target names, or of several columns the largest. Binary and multilabel: for each output by itself, whether its logit is
 * above zero with whether the target is above {@link Loss#yesAbove}. Regression: nothing; there is a loss, but no accuracy.
 * {@link ClassificationMetrics} and {@link RegressionMetrics} have further figures.
 *
 * @param samples number of samples
 * @param loss mean over the samples, {@code Σ w · loss / Σ w} if they have weights
 * @param task what the outputs answer
 * @param answers number of answers that were compared, whatever their weights: samples, times outputs if multilabel, less those whose targets are
 *     all zero if multiclass; 0 for a regression
 * @param correct answers that are those of the targets, whatever their weights; with a NaN logit none is
 * @param accuracy share of the correct among the answers, {@code Σ w · correct / Σ w · answers} if the samples have weights;
 *     NaN where nothing is compared
 */
public record Evaluation(int samples, double loss, Task task, long answers, long correct, double accuracy) {

    /** Rows whose losses and answers are kept until they are summed in order. */
    private static final int KEPT = 256 * Inference.ROWS;

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
        int kept = Math.min(KEPT, data.size());
        Part[] parts = new Part[workers.count()];
        double[] losses = new double[kept];
        int[] answersOf = new int[kept], correctOf = new int[kept];
        for (int i = 0; i < parts.length; i++)
            parts[i] = new Part(
                    new Inference(network, data, i == 0 ? null : parts[0].inference),
                    loss,
                    data,
                    task,
                    losses,
                    answersOf,
                    correctOf);
        long answers = 0, correct = 0;
        double sum = 0, weightedAnswers = 0, weightedCorrect = 0;
        for (int first = 0; first < data.size(); first += kept) {
            int begin = first, count = Math.min(kept, data.size() - first);
            workers.run(count, Inference.ROWS, (worker, from, to) -> parts[worker].run(begin, from, to));
            for (int r = 0; r < count; r++) {
                sum += losses[r];
                answers += answersOf[r];
                correct += correctOf[r];
                double weight = data.weight(first + r);
                weightedAnswers += weight * answersOf[r];
                weightedCorrect += weight * correctOf[r];
            }
        }
        return new Evaluation(
                data.size(), sum / data.size(), task, answers, correct, weightedCorrect / weightedAnswers);
    }

    /** One worker's part; the three arrays belong to all, by row. */
    private static final class Part {

        private final Inference inference;
        private final Loss loss;
        private final Dataset data;
        private final Task task;
        private final Slice targets;
        private final double[] losses;
        private final int[] answers;
        private final int[] correct;

        Part(Inference inference, Loss loss, Dataset data, Task task, double[] losses, int[] answers, int[] correct) {
            this.inference = inference;
            this.loss = loss;
            this.data = data;
            this.task = task;
            this.losses = losses;
            this.answers = answers;
            this.correct = correct;
            targets = Slice.allocate(Inference.ROWS, data.targetSize());
        }

        /** Evaluates the samples first + from … first + to − 1, whose losses have the indices from … to − 1. */
        void run(int first, int from, int to) {
            for (; from < to; from += Inference.ROWS) {
                int count = Math.min(Inference.ROWS, to - from);
                Slice logits = inference.logits(first + from, count);
                for (int r = 0; r < count; r++) {
                    data.target(first + from + r, targets, r);
                    losses[from + r] = loss.value(inference.batch().pass(), r, logits, targets);
                    if (data.weighted()) losses[from + r] *= data.factor(first + from + r);
                    boolean named = names(task, targets, r);
                    answers[from + r] = !named ? 0 : task == Task.MULTILABEL ? logits.columns() : 1;
                    correct[from + r] = named ? Evaluation.correct(task, loss, logits, targets, r) : 0;
                }
            }
        }
    }

    /** What makes a task unfit for outputs and targets. */
    static void check(Task task, Loss loss, int outputs, int columns) {
        if (!fits(task, outputs, columns))
            throw new IllegalArgumentException("outputs: " + outputs + ", targets: " + columns + " columns, with "
                    + loss + "; that is no " + task + " task");
        if (task != Task.REGRESSION && task != Task.MULTICLASS && loss.task(outputs) == Task.REGRESSION)
            throw new IllegalArgumentException(loss + " does not say which numbers mean yes and no, so there is no "
                    + task + " task to evaluate; BINARY_CROSS_ENTROPY (0 and 1) and HINGE (-1 and +1) do");
    }

    /** Whether so many outputs and columns of targets can be those of a task. */
    static boolean fits(Task task, int outputs, int columns) {
        return switch (task) {
            case REGRESSION -> true;
            case BINARY -> outputs == 1 && columns == 1;
            case MULTILABEL -> outputs > 1 && columns == outputs;
            case MULTICLASS -> outputs > 1 && (columns == 1 || columns == outputs);
        };
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
     * Share of correct answers, {@code Σ w · correct / Σ w · answers} if the samples have weights.
     *
     * @return 0 to 1; NaN if all answers have the weight 0
     * @throws IllegalStateException if the task is a regression, for which an accuracy means nothing, or no target names a class
     */
    @Override
    public double accuracy() {
        if (!hasAccuracy())
            throw new IllegalStateException(
                    "a regression has no accuracy, nor have targets that name no class; look at the loss, or evaluate with the task that"
                            + " the outputs answer");
        return accuracy;
    }

    /** {@code loss 0.0512, accuracy 98.19% (9819 of 10000)}, or the loss alone; the counts are those without weights. */
    @Override
    public String toString() {
        String text = String.format(Locale.ROOT, "loss %.4g", loss);
        return hasAccuracy()
                ? text + String.format(Locale.ROOT, ", accuracy %.2f%% (%d of %d)", 100 * accuracy(), correct, answers)
                : text;
    }
}
