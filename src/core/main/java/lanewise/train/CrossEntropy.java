package lanewise.train;

import java.util.function.DoubleFunction;

/**
 * The cross-entropy of weighted targets and of logits that are multiplied by a factor, summed in double, with the sum's first two
 * derivatives with respect to the factor, in which it is convex.
 */
final class CrossEntropy {

    /** More than bisection alone needs. */
    private static final int MOST_STEPS = 100;

    private final double factor;
    private double value;
    private double slope;
    private double curvature;

    /** Of all targets' probabilities, times their samples' weights. */
    private double weight;

    CrossEntropy(double factor) {
        this.factor = factor;
    }

    /**
     * Adds a sample with one class of several.
     *
     * @param targets sample after sample, a class index in one column, or a probability in each of several
     */
    void add(double sampleWeight, Predictions predictions, int sample, float[] targets, int columns) {
        int classes = predictions.outputs();
        double max = Double.NEGATIVE_INFINITY, sum = 0, mean = 0, square = 0, targetSum = 0, inner = 0;
        for (int c = 0; c < classes; c++) max = Math.max(max, predictions.logit(sample, c));
        for (int c = 0; c < classes; c++) {
            double z = predictions.logit(sample, c) - max, exp = StrictMath.exp(factor * z);
            sum += exp;
            if (exp != 0) { // z may be -Inf
                mean += exp * z;
                square += exp * z * z;
            }
            double t = columns > 1 ? targets[sample * columns + c] : c == targets[sample] ? 1 : 0;
            if (t < 0) t = Double.NaN;
            targetSum += t;
            if (t != 0) inner += t * z;
        }
        mean /= sum;
        value += sampleWeight * (targetSum * StrictMath.log(sum) - factor * inner);
        slope += sampleWeight * (targetSum * mean - inner);
        curvature += sampleWeight * targetSum * (square / sum - mean * mean);
        weight += sampleWeight * targetSum;
    }

    /** Adds a yes or no with the logit z and the target's probability t. */
    void add(double sampleWeight, double z, double t) {
        double f = factor * z, p = sigmoid(f);
        value += sampleWeight * (Math.max(f, 0) - f * t + StrictMath.log1p(StrictMath.exp(-Math.abs(f))));
        slope += sampleWeight * z * (p - t);
        curvature += sampleWeight * z * z * p * (1 - p);
        weight += sampleWeight;
    }

    static double sigmoid(double z) {
        return 1 / (1 + StrictMath.exp(-z));
    }

    /** NaN if nothing was added. */
    double mean() {
        return value / weight;
    }

    /**
     * The factor from {@code least} to {@code most} whose cross-entropy is least: Newton's method for the slope's zero, from 1
     * on; a step that leaves the interval where the slope changes its sign goes to the middle of that. 1 if all are equally good.
     */
    static double leastAt(DoubleFunction<CrossEntropy> at, double least, double most) {
        boolean rises = at.apply(least).slope >= 0, falls = at.apply(most).slope <= 0;
        if (rises || falls) return rises && falls ? 1 : rises ? least : most;
        double factor = 1;
        for (int step = 0; step < MOST_STEPS; step++) {
            CrossEntropy here = at.apply(factor);
            if (here.slope > 0) most = factor;
            else least = factor;
            double next = factor - here.slope / here.curvature, before = factor;
            factor = next >= least && next <= most ? next : Math.sqrt(least * most);
            if (Math.abs(factor - before) <= 1e-12 * before) break;
        }
        return factor;
    }
}
