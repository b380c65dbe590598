package lanewise.train;

import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;

/**
 * How far predicted numbers are from a data set's targets, for each output and averaged over outputs. Immutable; any number of
 * threads. All sums are in double and in the samples' order, so the figures do not depend on threads.
 *
 * <p>With e = prediction − target, and w the samples' weights, 1 if there are none: the mean squared error is {@code Σ w e² / Σ w},
 * the mean absolute error {@code Σ w |e| / Σ w}, and R² is {@code 1 − Σ w e² / Σ w (t − m)²} with m the targets' weighted mean.
 * Averages are the mean over outputs, as scikit-learn's {@code uniform_average}.
 *
 * <p>Undefined figures are NaN, never an exception: all of them without samples of a weight above 0, and R² where all targets
 * are equal (scikit-learn says 1 or 0 there). The average R² is over those outputs where it is defined.
 */
public final class RegressionMetrics {

    private final int samples;
    private final double[] squared;
    private final double[] absolute;
    private final double[] r2;

    private RegressionMetrics(Predictions predictions, Dataset data) {
        int outputs = predictions.outputs();
        if (data.size() != predictions.size())
            throw new IllegalArgumentException(
                    predictions.size() + " predictions given for " + data.size() + " samples");
        if (data.targetSize() != outputs || data.classes() > 0)
            throw new IllegalArgumentException("targets of "
                    + (data.classes() > 0 ? data.classes() + " classes" : data.targetSize() + " values")
                    + " given for predictions of " + outputs + ", a number for each expected");
        samples = data.size();
        squared = new double[outputs];
        absolute = new double[outputs];
        r2 = new double[outputs];
        float[] values = predictions.values(), targets = data.targets();
        for (int o = 0; o < outputs; o++) {
            double weight = 0, sum = 0, squares = 0, errors = 0, spread = 0;
            double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < samples; i++) {
                double w = data.weight(i), t = targets[i * outputs + o], e = values[i * outputs + o] - t;
                if (w == 0) continue;
                weight += w;
                sum += w * t;
                squares += w * e * e;
                errors += w * Math.abs(e);
                least = Math.min(least, t);
                most = Math.max(most, t);
            }
            double mean = sum / weight;
            for (int i = 0; i < samples; i++) {
                double d = targets[i * outputs + o] - mean;
                spread += data.weight(i) * d * d;
            }
            squared[o] = squares / weight;
            absolute[o] = errors / weight;
            r2[o] = least < most ? 1 - squares / spread : Double.NaN;
        }
    }

    /**
     * Compares predictions with the targets of the data set that they are for.
     *
     * @param predictions of this data set
     * @param data of as many samples, with a target for each output; not modified
     * @return the figures
     * @throws IllegalArgumentException if they do not fit
     */
    public static RegressionMetrics of(Predictions predictions, Dataset data) {
        return new RegressionMetrics(predictions, data);
    }

    /**
     * Predicts by a network on several threads, and compares.
     *
     * @param network not modified
     * @param loss that it is trained with
     * @param data not modified
     * @param workers share the samples
     * @return the figures
     * @throws IllegalArgumentException as {@link Evaluation#of(Network, Loss, Dataset, Workers)}, and if targets are classes
     */
    public static RegressionMetrics of(Network network, Loss loss, Dataset data, Workers workers) {
        DataCheck.check(network, loss, data);
        return of(Predictions.of(network, loss, data, workers), data);
    }

    /**
     * Number of samples, whatever their weights.
     *
     * @return the data set's size
     */
    public int samples() {
        return samples;
    }

    /**
     * Number of outputs.
     *
     * @return width of a target
     */
    public int outputs() {
        return squared.length;
    }

    /**
     * An output's mean squared error.
     *
     * @param output from 0
     * @return in the square of the targets' unit
     */
    public double meanSquaredError(int output) {
        return squared[output];
    }

    /**
     * The mean squared error, averaged over outputs.
     *
     * @return in the square of the targets' unit
     */
    public double meanSquaredError() {
        return average(this::meanSquaredError);
    }

    /**
     * The root of an output's mean squared error.
     *
     * @param output from 0
     * @return in the targets' unit
     */
    public double rootMeanSquaredError(int output) {
        return Math.sqrt(squared[output]);
    }

    /**
     * The mean over outputs of the roots of their mean squared errors.
     *
     * @return in the targets' unit
     */
    public double rootMeanSquaredError() {
        return average(this::rootMeanSquaredError);
    }

    /**
     * An output's mean absolute error.
     *
     * @param output from 0
     * @return in the targets' unit
     */
    public double meanAbsoluteError(int output) {
        return absolute[output];
    }

    /**
     * The mean absolute error, averaged over outputs.
     *
     * @return in the targets' unit
     */
    public double meanAbsoluteError() {
        return average(this::meanAbsoluteError);
    }

    /**
     * An output's coefficient of determination: the share of its targets' variance that is predicted.
     *
     * @param output from 0
     * @return at most 1, 0 for the targets' mean; NaN if all targets are equal
     */
    public double r2(int output) {
        return r2[output];
    }

    /**
     * The coefficient of determination, averaged over the outputs where it is defined.
     *
     * @return at most 1; NaN if it is defined for none
     */
    public double r2() {
        double sum = 0;
        int defined = 0;
        for (int o = 0; o < r2.length; o++) {
            boolean constant = r2[o] != r2[o] && squared[o] == squared[o];
            if (constant) continue;
            sum += r2[o];
            defined++;
        }
        return sum / defined;
    }

    private double average(IntToDoubleFunction figure) {
        double sum = 0;
        for (int o = 0; o < outputs(); o++) sum += figure.applyAsDouble(o);
        return sum / outputs();
    }

    /** {@code R2 0.4523, RMSE 53.10, MAE 43.55}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "R2 %.4f, RMSE %.4g, MAE %.4g", r2(), rootMeanSquaredError(), meanAbsoluteError());
    }
}
