package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import lanewise.data.Dataset;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Task;
import lanewise.train.ClassificationMetrics.Average;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;

/** Metrics against their definitions, sample by sample and pair by pair. */
class MetricsProperties {

    /** Logits of few values, so that many are equal; of two or more classes; some classes may be absent. */
    private static final class Case {

        final int samples;
        final int classes;
        final float[] logits;
        final float[] labels;
        final float[] weights;

        Case(long seed) {
            RandomSource random = new RandomSource(seed);
            samples = 1 + random.nextInt(40);
            classes = 2 + random.nextInt(4);
            logits = new float[samples * classes];
            labels = new float[samples];
            weights = new float[samples];
            for (int i = 0; i < logits.length; i++) logits[i] = random.nextInt(4) / 2f;
            for (int i = 0; i < samples; i++) {
                labels[i] = random.nextInt(classes);
                weights[i] = random.nextInt(4);
            }
            weights[0] = 1;
        }

        Dataset data() {
            return Dataset.ofFloats(1, new float[samples], 1, labels);
        }

        ClassificationMetrics metrics() {
            return metrics(logits, data().weighted(weights));
        }

        ClassificationMetrics metrics(float[] logits, Dataset data) {
            return ClassificationMetrics.of(
                    Predictions.ofLogits(classes, logits, Output.SOFTMAX, Task.MULTICLASS), data);
        }

        /** Equal where the logits are, but for their order or a common summand. */
        double probability(int sample, int c) {
            double[] terms = new double[classes];
            double own = logits[sample * classes + c];
            for (int k = 0; k < classes; k++) terms[k] = StrictMath.exp(logits[sample * classes + k] - own);
            Arrays.sort(terms);
            double sum = 0;
            for (double term : terms) sum += term;
            return 1 / sum;
        }
    }

    @Property
    void theAreaIsTheShareOfPairsInOrder(@ForAll long seed) {
        Case c = new Case(seed);
        ClassificationMetrics metrics = c.metrics();
        int ties = 0;
        for (int k = 0; k < c.classes; k++) {
            double inOrder = 0, pairs = 0;
            for (int i = 0; i < c.samples; i++)
                for (int j = 0; j < c.samples; j++) {
                    if (c.labels[i] != k || c.labels[j] == k) continue;
                    double weight = (double) c.weights[i] * c.weights[j];
                    int order = Double.compare(c.probability(i, k), c.probability(j, k));
                    pairs += weight;
                    if (order >= 0) inOrder += order == 0 ? weight / 2 : weight;
                    if (order == 0) ties++;
                }
            assertEquals(inOrder / pairs, metrics.rocAuc(k), 1e-14);
        }
        Statistics.label("equal scores")
                .collect(ties > 0)
                .coverage(found -> found.check(true).percentage(share -> share > 30));
        Statistics.label("an undefined area").collect(Double.isNaN(metrics.rocAuc()));
    }

    @Property
    void aWeightCountsAsRepeatedSamples(@ForAll long seed) {
        Case c = new Case(seed);
        int repeated = 0;
        for (float weight : c.weights) repeated += (int) weight;
        float[] logits = new float[repeated * c.classes], labels = new float[repeated];
        int at = 0;
        for (int i = 0; i < c.samples; i++)
            for (int k = 0; k < c.weights[i]; k++, at++) {
                System.arraycopy(c.logits, i * c.classes, logits, at * c.classes, c.classes);
                labels[at] = c.labels[i];
            }
        ClassificationMetrics weighted = c.metrics();
        ClassificationMetrics rows = c.metrics(logits, Dataset.ofFloats(1, new float[repeated], 1, labels));
        assertEquals(rows.accuracy(), weighted.accuracy(), 1e-14);
        for (int k = 1; k <= c.classes; k++) assertEquals(rows.topAccuracy(k), weighted.topAccuracy(k), 1e-14);
        for (Average average : Average.values()) {
            assertEquals(rows.precision(average), weighted.precision(average), 1e-14);
            assertEquals(rows.recall(average), weighted.recall(average), 1e-14);
            assertEquals(rows.f1(average), weighted.f1(average), 1e-14);
        }
        assertEquals(rows.logLoss(), weighted.logLoss(), 1e-13);
        assertEquals(rows.rocAuc(), weighted.rocAuc(), 1e-14);
        assertEquals(rows.calibrationError(), weighted.calibrationError(), 1e-13);
        for (int k = 0; k < c.classes; k++) assertEquals(rows.support(k), weighted.support(k));
    }

    /** Of equal logits the lowest class comes first. */
    @Property
    void theLargestLogitsAreThoseOfTheSortedClasses(@ForAll long seed) {
        Case c = new Case(seed);
        ClassificationMetrics metrics = c.metrics(c.logits, c.data());
        double before = 0;
        for (int k = 1; k <= c.classes; k++) {
            int among = 0;
            for (int i = 0; i < c.samples; i++) {
                int sample = i;
                Integer[] order = new Integer[c.classes];
                Arrays.setAll(order, n -> n);
                Arrays.sort(
                        order,
                        (x, y) -> Float.compare(c.logits[sample * c.classes + y], c.logits[sample * c.classes + x]));
                if (Arrays.asList(order).subList(0, k).contains((int) c.labels[i])) among++;
            }
            assertEquals((double) among / c.samples, metrics.topAccuracy(k), 1e-15);
            assertTrue(metrics.topAccuracy(k) >= before);
            before = metrics.topAccuracy(k);
        }
        assertEquals(metrics.accuracy(), metrics.topAccuracy(1), 1e-15);
        assertEquals(1, metrics.topAccuracy(c.classes));
        assertEquals(metrics.accuracy(), metrics.recall(Average.MICRO), 1e-15);
    }

    @Property
    void oneHotTargetsHaveTheFiguresOfLabels(@ForAll long seed) {
        Case c = new Case(seed);
        Dataset data = c.data().weighted(c.weights);
        ClassificationMetrics labels = c.metrics(), hot = c.metrics(c.logits, data.oneHot(c.classes));
        assertEquals(labels.toString(), hot.toString());
        assertEquals(labels.logLoss(), hot.logLoss());
    }

    @Property
    void theCalibrationErrorIsTheMeanGapOfItsBins(@ForAll long seed, @ForAll @IntRange(min = 1, max = 100) int bins) {
        Case c = new Case(seed);
        double all = 0, error = 0;
        for (int b = 0; b < bins; b++) {
            double gap = 0;
            for (int i = 0; i < c.samples; i++) {
                int best = 0;
                for (int k = 1; k < c.classes; k++)
                    if (c.logits[i * c.classes + k] > c.logits[i * c.classes + best]) best = k;
                double p = c.probability(i, best);
                if (!(p > b / (double) bins && p <= (b + 1) / (double) bins)) continue;
                gap += c.weights[i] * ((best == c.labels[i] ? 1 : 0) - p);
                all += c.weights[i];
            }
            error += Math.abs(gap);
        }
        assertEquals(error / all, c.metrics().calibrationError(bins), 1e-13);
    }
}
