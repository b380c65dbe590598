package lanewise.examples;

import java.util.Locale;

/**
 * How good predictions are: of classes, or of numbers.
 *
 * @param samples number of rows
 * @param correct number of rows whose class is right; null of numbers
 * @param accuracy their share; null of numbers
 * @param logLoss mean of −log of the right class's probability; null of numbers
 * @param r2 share of the targets' variance that the predictions explain; null of classes, and where the targets are all equal
 * @param rootMeanSquaredError in the target's unit; null of classes
 * @param meanAbsoluteError in the target's unit; null of classes
 */
record Score(
        int samples,
        Integer correct,
        Double accuracy,
        Double logLoss,
        Double r2,
        Double rootMeanSquaredError,
        Double meanAbsoluteError) {

    /** The smallest probability whose logarithm is taken: the smallest normal float. */
    private static final double TINY = Float.MIN_NORMAL;

    /** Of classes. */
    static Score ofClasses(int[] expected, int[] found, float[] probabilities) {
        int correct = 0, classes = probabilities.length / expected.length;
        double logLoss = 0;
        for (int i = 0; i < expected.length; i++) {
            if (found[i] == expected[i]) correct++;
            logLoss -= Math.log(Math.max(probabilities[i * classes + expected[i]], TINY));
        }
        return new Score(
                expected.length,
                correct,
                (double) correct / expected.length,
                logLoss / expected.length,
                null,
                null,
                null);
    }

    /** Of numbers. */
    static Score ofNumbers(float[] expected, float[] found) {
        int n = expected.length;
        double mean = 0, residual = 0, total = 0, absolute = 0;
        for (float t : expected) mean += t;
        mean /= n;
        for (int i = 0; i < n; i++) {
            double e = (double) found[i] - expected[i], d = expected[i] - mean;
            residual += e * e;
            absolute += Math.abs(e);
            total += d * d;
        }
        return new Score(
                n, null, null, null, total == 0 ? null : 1 - residual / total, Math.sqrt(residual / n), absolute / n);
    }

    /** {@code Accuracy: 97.37% (111 of 114)} or {@code R2: 0.4523, RMSE: 53.10}. */
    String firstLine() {
        return accuracy != null
                ? String.format(Locale.ROOT, "Accuracy: %.2f%% (%d of %d)", 100 * accuracy, correct, samples)
                : String.format(
                        Locale.ROOT,
                        "R2: %s, RMSE: %.4g",
                        r2 == null ? "undefined" : String.format(Locale.ROOT, "%.4f", r2),
                        rootMeanSquaredError);
    }
}
