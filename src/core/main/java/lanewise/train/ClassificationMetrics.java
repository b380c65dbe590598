package lanewise.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Task;

/**
 * How well predictions answer the yes or no, or the class, of a data set's targets. Immutable; any number of threads. All sums are
 * in double and in the samples' order, so the figures do not depend on threads.
 *
 * <p><b>Answers</b> are compared as {@link Evaluation} does. Multiclass: the largest logit's index with the class that the target
 * names, or the largest of several target columns. Binary and multilabel: whether a logit is above zero with whether its target
 * is above {@link Loss#yesAbove}. A binary task has the classes 0 (no) and 1 (yes). In a multilabel task each output is a class,
 * which a sample has or has not, and an answer of its own.
 *
 * <p><b>Weights.</b> A sample of weight w counts as w samples, as {@code sample_weight} in scikit-learn; one of weight 0 as none.
 * Only {@link #samples}, {@link #answers}, {@link #correct} and {@link Bin#samples} are counts without weights.
 *
 * <p><b>What is left out.</b> A row of class columns that are all zero names no class, so it is left out. A NaN logit is no answer: the
 * sample is in the {@link #support} of its class, but no class was answered.
 *
 * <p><b>Undefined figures are NaN</b>, never an exception: the recall of a class without samples, the precision of a class that was
 * never answered, the F1 of a class with neither, the area under the curve where all samples are of one class. An average is over
 * those classes whose figure is defined, as with {@code zero_division=np.nan} in scikit-learn, and NaN if there are none. Log
 * loss, area and calibration of NaN logits are NaN. Log loss and calibration need probabilities: a softmax for one class of
 * several, a sigmoid for yes or no; else they are NaN.
 */
public final class ClassificationMetrics {

    /** Bins of {@link #calibrationError()}, as in Guo et al. 2017. */
    public static final int BINS = 15;

    /** The least {@link #fittedTemperature}. */
    public static final double COLDEST = 0.01;

    /** The greatest {@link #fittedTemperature}. */
    public static final double HOTTEST = 100;

    /** How the classes' figures become one. */
    public enum Average {
        /** Their mean: each class counts alike. */
        MACRO,
        /** Their mean by the classes' support: each sample's class counts alike. */
        WEIGHTED,
        /** The figure of all answers together; with one class for each sample it is the accuracy. */
        MICRO
    }

    private final Predictions predictions;
    private final Task task;
    private final int classes;
    private final int columns;

    /** Of all samples, row after row. */
    private final float[] targets;

    /** Null if all are 1. */
    private final float[] weights;

    /** Each sample's class, −1 if it has none; null if multilabel. */
    private final int[] named;

    /** Each sample's answer, −1 if it is none; null if multilabel. */
    private final int[] answered;

    // By class: weight of samples that have it, of answers that name it, of answers that name it rightly.
    private final double[] support;
    private final double[] said;
    private final double[] hits;

    private final long answers;
    private final long correct;
    private final double accuracy;
    private final double exact;

    private ClassificationMetrics(Predictions predictions, Dataset data) {
        this.predictions = predictions;
        task = predictions.task();
        if (task == Task.REGRESSION)
            throw new IllegalArgumentException("a regression has no classes; RegressionMetrics has its figures");
        int outputs = predictions.outputs();
        columns = data.targetSize();
        if (data.size() != predictions.size())
            throw new IllegalArgumentException(
                    predictions.size() + " predictions given for " + data.size() + " samples");
        if (!Evaluation.fits(task, outputs, columns))
            throw new IllegalArgumentException("targets of " + columns + " columns do not fit the " + outputs
                    + (outputs == 1 ? " output of a " : " outputs of a ") + task + " task");
        classes = task == Task.MULTILABEL ? outputs : task.classes(outputs);
        targets = data.targets();
        weights = data.weighted() ? data.weights() : null;
        support = new double[classes];
        said = new double[classes];
        hits = new double[classes];
        named = task == Task.MULTILABEL ? null : named();
        answered = task == Task.MULTILABEL ? null : predictions.classes();
        long all = 0, right = 0;
        double allWeights = 0, rightWeights = 0, exactWeights = 0;
        for (int i = 0; i < predictions.size(); i++) {
            int asked = named == null ? classes : named[i] < 0 ? 0 : 1, ok = compare(i);
            all += asked;
            right += ok;
            allWeights += weight(i) * asked;
            rightWeights += weight(i) * ok;
            if (ok == asked) exactWeights += weight(i) * asked;
        }
        answers = all;
        correct = right;
        accuracy = rightWeights / allWeights;
        exact = exactWeights / allWeights;
    }

    /**
     * Compares predictions with the targets of the data set that they are for.
     *
     * @param predictions of this data set
     * @param data of as many samples; not modified
     * @return the figures
     * @throws IllegalArgumentException if the task is a regression, the targets do not fit it, or a target is a class that the
     *     predictions do not know
     */
    public static ClassificationMetrics of(Predictions predictions, Dataset data) {
        return new ClassificationMetrics(predictions, data);
    }

    /**
     * Predicts by a network on several threads, and compares.
     *
     * @param network not modified
     * @param loss that it is trained with
     * @param data not modified
     * @param workers share the samples
     * @return the figures
     * @throws IllegalArgumentException as {@link Evaluation#of(Network, Loss, Dataset, Workers)}, and if the task is a regression
     */
    public static ClassificationMetrics of(Network network, Loss loss, Dataset data, Workers workers) {
        DataCheck.check(network, loss, data);
        return of(Predictions.of(network, loss, data, workers), data);
    }

    /** Adds a sample's answers to the sums; returns how many are right. */
    private int compare(int sample) {
        double weight = weight(sample);
        if (named != null) {
            int name = named[sample], answer = answered[sample];
            if (name < 0) return 0;
            support[name] += weight;
            if (answer >= 0) said[answer] += weight;
            if (answer == name) hits[name] += weight;
            return answer == name ? 1 : 0;
        }
        int right = 0;
        for (int c = 0; c < classes; c++) {
            boolean has = isYes(sample, c);
            int answer = predictions.yes(sample, c);
            if (has) support[c] += weight;
            if (answer == 1) said[c] += weight;
            if (has && answer == 1) hits[c] += weight;
            if (answer == (has ? 1 : 0)) right++;
        }
        return right;
    }

    private int[] named() {
        int[] named = new int[predictions.size()];
        for (int i = 0; i < named.length; i++)
            named[i] = task == Task.BINARY ? isYes(i, 0) ? 1 : 0 : columns == 1 ? label(i) : largest(i);
        return named;
    }

    private int label(int sample) {
        float target = targets[sample];
        if (!(target >= 0 && target < classes && target == (int) target))
            throw new IllegalArgumentException("the target of sample " + sample + " is " + target
                    + ", a class from 0 to " + (classes - 1) + " expected, which the predictions know");
        return (int) target;
    }

    private int largest(int sample) {
        int from = sample * columns, best = from;
        boolean any = false;
        for (int i = from; i < from + columns; i++) {
            any |= targets[i] != 0f;
            if (targets[i] > targets[best]) best = i;
        }
        return any ? best - from : -1;
    }

    private boolean isYes(int sample, int c) {
        return targets[sample * columns + c] > predictions.yesAbove();
    }

    private double weight(int sample) {
        return weights == null ? 1 : weights[sample];
    }

    /** Whether a sample counts in what is by class. */
    private boolean counts(int sample) {
        return weight(sample) > 0 && (named == null || named[sample] >= 0);
    }

    /**
     * Number of samples, whatever their weights.
     *
     * @return the data set's size
     */
    public int samples() {
        return predictions.size();
    }

    /**
     * What the outputs answer.
     *
     * @return binary, multiclass or multilabel
     */
    public Task task() {
        return task;
    }

    /**
     * Number of classes.
     *
     * @return 2 for a binary task, else the number of outputs
     */
    public int classes() {
        return classes;
    }

    /**
     * Number of answers that were compared, whatever their weights.
     *
     * @return samples that name a class; for a multilabel task samples × outputs
     */
    public long answers() {
        return answers;
    }

    /**
     * Number of answers that are those of the targets, whatever their weights.
     *
     * @return 0 to {@link #answers}
     */
    public long correct() {
        return correct;
    }

    /**
     * Share of correct answers.
     *
     * @return 0 to 1; NaN if there is none of a weight above 0
     */
    public double accuracy() {
        return accuracy;
    }

    /**
     * Share of samples whose answers are all correct; for a multilabel task scikit-learn's {@code accuracy_score}.
     *
     * @return 0 to 1, the {@link #accuracy} unless the task is multilabel; NaN as there
     */
    public double exactAccuracy() {
        return exact;
    }

    /**
     * Share of samples whose class is among the k largest logits. Of equal logits the lowest class comes first, so that
     * k = 1 is the {@link #accuracy}. O(samples × classes).
     *
     * @param k at least 1
     * @return 0 to 1; NaN as for the accuracy
     * @throws IllegalArgumentException if k is less than 1
     * @throws IllegalStateException if the task is multilabel
     */
    public double topAccuracy(int k) {
        if (k < 1) throw new IllegalArgumentException("the " + k + " largest logits, at least 1 expected");
        single();
        double all = 0, among = 0;
        for (int i = 0; i < samples(); i++) {
            if (!counts(i)) continue;
            all += weight(i);
            if (answered[i] >= 0 && rank(i) < k) among += weight(i);
        }
        return among / all;
    }

    /** Number of classes before a sample's own, by its logits. */
    private int rank(int sample) {
        int name = named[sample], rank = 0;
        if (task == Task.BINARY) return answered[sample] == name ? 0 : 1;
        float own = predictions.logit(sample, name);
        for (int c = 0; c < classes; c++) {
            float z = predictions.logit(sample, c);
            if (z > own || z == own && c < name) rank++;
        }
        return rank;
    }

    private void single() {
        if (named == null)
            throw new IllegalStateException("a multilabel task has no single class for each sample; each output has its"
                    + " own precision, recall and support");
    }

    /**
     * The confusion matrix. Samples that were answered by NaN are in no column.
     *
     * @return a new array: weight of the samples of class [row] that were answered by class [column]
     * @throws IllegalStateException if the task is multilabel
     */
    public double[][] confusion() {
        single();
        double[][] confusion = new double[classes][classes];
        for (int i = 0; i < samples(); i++)
            if (named[i] >= 0 && answered[i] >= 0) confusion[named[i]][answered[i]] += weight(i);
        return confusion;
    }

    /**
     * Weight of the samples that have a class.
     *
     * @param c the class
     * @return their number, if there are no weights
     */
    public double support(int c) {
        return support[c];
    }

    /**
     * Of the answers that name a class, the share that is right.
     *
     * @param c the class
     * @return 0 to 1; NaN if it was never answered
     */
    public double precision(int c) {
        return hits[c] / said[c];
    }

    /**
     * Of the samples that have a class, the share that was answered by it.
     *
     * @param c the class
     * @return 0 to 1; NaN if there is none
     */
    public double recall(int c) {
        return hits[c] / support[c];
    }

    /**
     * The harmonic mean of precision and recall, {@code 2 hits / (answers + samples)} of a class.
     *
     * @param c the class
     * @return 0 to 1; NaN if it has no samples and was never answered
     */
    public double f1(int c) {
        return 2 * hits[c] / (said[c] + support[c]);
    }

    /**
     * The classes' precision.
     *
     * @param average how they become one
     * @return 0 to 1; NaN if undefined for all classes
     */
    public double precision(Average average) {
        return average(average, hits, said, 1);
    }

    /**
     * The classes' recall; the macro average is also called balanced accuracy.
     *
     * @param average how they become one
     * @return 0 to 1; NaN if undefined for all classes
     */
    public double recall(Average average) {
        return average(average, hits, support, 1);
    }

    /**
     * The classes' F1.
     *
     * @param average how they become one
     * @return 0 to 1; NaN if undefined for all classes
     */
    public double f1(Average average) {
        double[] both = new double[classes];
        for (int c = 0; c < classes; c++) both[c] = said[c] + support[c];
        return average(average, hits, both, 2);
    }

    /** Of the figures factor · above / below. */
    private double average(Average average, double[] above, double[] below, double factor) {
        double sum = 0, weight = 0;
        for (int c = 0; c < classes; c++) {
            double share = switch (average) {
                case MACRO -> 1;
                case WEIGHTED -> support[c];
                case MICRO -> below[c];
            };
            if (below[c] == 0) continue;
            sum += average == Average.MICRO ? factor * above[c] : share * factor * above[c] / below[c];
            weight += share;
        }
        return sum / weight;
    }

    /**
     * The mean cross-entropy {@code Σ w Σ −t log p / Σ w Σ t} of the targets' probabilities t and the predicted ones p, computed
     * from the logits, so that no probability is rounded to 0 or 1. For yes or no it is the mean over outputs of
     * {@code −t log p − (1 − t) log(1 − p)}; a target outside [0, 1] is 1 or 0, as it says yes or no.
     *
     * @return at least 0; NaN without probabilities, without samples, and if a class's probability is negative
     */
    public double logLoss() {
        if (!hasProbabilities()) return Double.NaN;
        CrossEntropy all = crossEntropy(1.0 / predictions.temperature());
        return all.mean();
    }

    /**
     * The temperature T for which the log loss of {@code softmax(z / T)}, or {@code sigmoid(z / T)}, of the logits z is least (Guo et al.
     * 2017, §4.2), for {@link lanewise.Model.Builder#temperature}. Take data that the network was not trained on: of those it is
     * too sure. A temperature that the predictions have already is replaced, not multiplied. What falls is the log loss, and the
     * calibration error with it as a rule.
     *
     * <p>The log loss is convex in 1 / T. Its derivative's zero is found by Newton's method in double, kept inside an interval
     * that shrinks; some ten passes over the samples.
     *
     * @return {@value #COLDEST} to {@value #HOTTEST}, one of these if the least loss is not between them: answers that are all right
     *     leave no reason to doubt; 1 if all are equally good; NaN where the log loss is
     */
    public float fittedTemperature() {
        if (logLoss() != logLoss()) return Float.NaN;
        return (float) (1 / CrossEntropy.leastAt(this::crossEntropy, 1 / HOTTEST, 1 / COLDEST));
    }

    private boolean hasProbabilities() {
        return task == Task.MULTICLASS ? isSoftmax() : predictions.output() == Output.SIGMOID;
    }

    /** Whether the classes' probabilities are a softmax of the logits, which is what the metrics are computed from. */
    private boolean isSoftmax() {
        return predictions.output() == Output.SOFTMAX || predictions.output() == Output.LOG_SOFTMAX;
    }

    /** Of logits multiplied by a factor. */
    private CrossEntropy crossEntropy(double factor) {
        CrossEntropy all = new CrossEntropy(factor);
        for (int i = 0; i < samples(); i++) {
            if (weight(i) == 0) continue;
            if (task == Task.MULTICLASS) all.add(weight(i), predictions, i, targets, columns);
            else
                for (int c = 0; c < columns; c++) {
                    double t = targets[i * columns + c];
                    all.add(weight(i), predictions.logit(i, c), t >= 0 && t <= 1 ? t : isYes(i, c) ? 1 : 0);
                }
        }
        return all;
    }

    /**
     * Area under the receiver operating characteristic of one class against the others: the probability that a sample of the class
     * has a higher score than one of the others, equal scores counting one half (Hanley and McNeil 1982; midranks). Scores are
     * the logits for yes or no, the logarithms of the probabilities in double for a softmax, else the outputs. Logits that differ
     * by their order, or by what is added to all, give scores that are equal to the bit.
     * O(samples · (classes · log classes + log samples)).
     *
     * @param c the class
     * @return 0 to 1; NaN if no sample, or each, is of the class
     */
    public double rocAuc(int c) {
        return rocAuc(c, logNorms());
    }

    private double rocAuc(int c, double[] logNorms) {
        int count = 0;
        double[] scores = new double[samples()];
        for (int i = 0; i < scores.length; i++) {
            if (!counts(i)) continue;
            double score = score(i, c, logNorms) + 0.0; // -0.0 is 0.0
            if (score != score) return Double.NaN;
            scores[count++] = score;
        }
        double[] levels = Arrays.copyOf(scores, count);
        Arrays.sort(levels);
        double[] inside = new double[count], outside = new double[count];
        int at = 0;
        for (int i = 0; i < scores.length; i++)
            if (counts(i)) (has(i, c) ? inside : outside)[lowest(levels, scores[at++])] += weight(i);
        double below = 0, sum = 0, all = 0;
        for (int level = 0; level < count; level++) {
            sum += inside[level] * (below + outside[level] / 2);
            below += outside[level];
            all += inside[level];
        }
        return sum / all / below;
    }

    /** Index of the first of the levels that equals a score. */
    private static int lowest(double[] levels, double score) {
        int from = 0, to = levels.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (levels[middle] < score) from = middle + 1;
            else to = middle;
        }
        return from;
    }

    private boolean has(int sample, int c) {
        return named == null ? isYes(sample, c) : named[sample] == c;
    }

    private double score(int sample, int c, double[] logNorms) {
        if (task == Task.BINARY) return c == 1 ? predictions.logit(sample, 0) : -predictions.logit(sample, 0);
        if (logNorms == null) return predictions.logit(sample, c);
        return (predictions.logit(sample, c) - max(sample)) / predictions.temperature() - logNorms[sample];
    }

    /** Each sample's log Σ exp((z − max z) / T), for a softmax; else null. */
    private double[] logNorms() {
        if (task != Task.MULTICLASS || !isSoftmax()) return null;
        double[] all = new double[samples()], terms = new double[classes];
        for (int i = 0; i < all.length; i++) all[i] = StrictMath.log(sumOfExp(i, terms));
        return all;
    }

    private double max(int sample) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) max = Math.max(max, predictions.logit(sample, c));
        return max;
    }

    /** Σ exp((z − max z) / T), smallest first, so that it does not depend on the logits' order. */
    private double sumOfExp(int sample, double[] terms) {
        double max = max(sample), sum = 0;
        for (int c = 0; c < classes; c++)
            terms[c] = StrictMath.exp((predictions.logit(sample, c) - max) / predictions.temperature());
        Arrays.sort(terms);
        for (double term : terms) sum += term;
        return sum;
    }

    /**
     * Area under the receiver operating characteristic: of the yes for a binary task, else the mean over the classes where it is
     * defined, each against all others (scikit-learn's {@code multi_class="ovr"}, {@code average="macro"}).
     * O(samples · classes · (classes + log samples)).
     *
     * @return 0 to 1; NaN if undefined for all classes
     */
    public double rocAuc() {
        if (task == Task.BINARY) return rocAuc(1);
        double sum = 0;
        int defined = 0;
        double[] logNorms = logNorms();
        for (int c = 0; c < classes; c++) {
            double area = rocAuc(c, logNorms);
            if (area != area) continue;
            sum += area;
            defined++;
        }
        return sum / defined;
    }

    /**
     * The answers of which a probability lies in an interval.
     *
     * @param from below the probabilities; the first bin holds 0, too
     * @param to the largest
     * @param samples number of answers, whatever their weights
     * @param weight of the answers
     * @param confidence mean predicted probability; NaN if the weight is 0
     * @param accuracy share of answers that are so; NaN if the weight is 0
     */
    public record Bin(double from, double to, long samples, double weight, double confidence, double accuracy) {}

    /**
     * Predicted probabilities against the share of answers that are so, in bins of equal width: for one class of several the
     * largest probability, and whether the class is right (Guo et al. 2017, §2); for yes or no the probability of yes, and whether
     * it is yes (Naeini et al. 2015).
     *
     * @param bins number of bins of [0, 1], at least 1
     * @return the bins in order; all empty without probabilities; answers whose probability is NaN are in none
     * @throws IllegalArgumentException if there is to be none
     */
    public List<Bin> calibration(int bins) {
        if (bins < 1) throw new IllegalArgumentException(bins + " bins, at least 1 expected");
        long[] counts = new long[bins];
        double[] weight = new double[bins], confidence = new double[bins], right = new double[bins];
        int outputs = task == Task.MULTICLASS ? 1 : predictions.outputs();
        double[] terms = new double[classes];
        for (int i = 0; hasProbabilities() && i < samples(); i++)
            for (int c = 0; counts(i) && c < outputs; c++) {
                double p = task == Task.MULTICLASS
                        ? 1 / sumOfExp(i, terms)
                        : CrossEntropy.sigmoid(predictions.logit(i, c) / (double) predictions.temperature());
                if (p != p) continue;
                int bin = bin(p, bins);
                counts[bin]++;
                weight[bin] += weight(i);
                confidence[bin] += weight(i) * p;
                if (task == Task.MULTICLASS ? answered[i] == named[i] : isYes(i, c)) right[bin] += weight(i);
            }
        List<Bin> all = new ArrayList<>();
        for (int b = 0; b < bins; b++)
            all.add(new Bin(
                    b / (double) bins,
                    (b + 1) / (double) bins,
                    counts[b],
                    weight[b],
                    confidence[b] / weight[b],
                    right[b] / weight[b]));
        return all;
    }

    private static int bin(double p, int bins) {
        int bin = Math.min((int) (p * bins), bins - 1);
        while (bin > 0 && p <= bin / (double) bins) bin--;
        while (bin < bins - 1 && p > (bin + 1) / (double) bins) bin++;
        return bin;
    }

    /**
     * The expected calibration error in {@value #BINS} bins.
     *
     * @return as {@link #calibrationError(int)}
     */
    public double calibrationError() {
        return calibrationError(BINS);
    }

    /**
     * The expected calibration error: the mean over answers of {@code |accuracy − confidence|} of their bin (Naeini et al. 2015; Guo
     * et al. 2017, eq. 3).
     *
     * @param bins number of bins, see {@link #calibration}
     * @return 0 to 1; NaN without probabilities, without samples, and if a probability is NaN
     * @throws IllegalArgumentException if there is to be none
     */
    public double calibrationError(int bins) {
        double sum = 0, weight = 0;
        long binned = 0, asked = 0;
        for (int i = 0; i < samples(); i++) if (counts(i)) asked += task == Task.MULTICLASS ? 1 : predictions.outputs();
        for (Bin bin : calibration(bins)) {
            if (bin.samples == 0) continue;
            binned += bin.samples;
            sum += bin.weight * Math.abs(bin.accuracy - bin.confidence);
            weight += bin.weight;
        }
        return binned == asked ? sum / weight : Double.NaN;
    }

    /** {@code accuracy 97.37% (111 of 114), macro F1 0.9733, log loss 0.0812, ROC AUC 0.9987, calibration error 0.0210}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "accuracy %.2f%% (%d of %d), macro F1 %.4f, log loss %.4g, ROC AUC %.4f, calibration error %.4f",
                100 * accuracy,
                correct,
                answers,
                f1(Average.MACRO),
                logLoss(),
                rocAuc(),
                calibrationError());
    }
}
