package lanewise.check;

import java.util.Arrays;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;

/**
 * Measures rounding errors, of the elements and of the analytic gradient's entries, by third differences.
 *
 * <p>Along a random direction all variables take four equally spaced values, a relative 2⁻¹² apart. The third
 * difference Δ³ = −f₀ + 3 f₁ − 3 f₂ + f₃ of a smooth function is of order 2⁻³⁶, far below a float's precision; what
 * remains is rounding, and as that of the four values is independent with equal variance σ², Δ³ has variance 20 σ²
 * (Moré and Wild, Estimating computational noise, 2011, §3, for m = k = 3). Three directions are taken and the median of
 * |Δ³|, which a kink between the four values in one of them does not disturb. Few samples of one entry may be small by
 * chance, so an entry's σ is at least the root of the mean square over its row or column, the smaller of the two; and at
 * least the deviation of rounding to the nearest float, an ulp / √12. With a reference in double, and of a loss at
 * its logits, the values are floats at exactly equal distances.
 */
final class Noise {

    private static final int DIRECTIONS = 3;
    private static final double[] DIFFERENCE = {-1, 3, -3, 1};

    /** Root of the sum of the squares of {@link #DIFFERENCE}, times the median of |x| for a standard normal x. */
    private static final double MEDIAN = StrictMath.sqrt(20) * 0.6745;

    private static final double SPACING = 0x1p-12;

    /**
     * The same for the logits of a loss alone, in units of the largest number of the row, or of 1 if that is larger: a loss
     * rounds in these, and is so precise that the cube of the spacing above would show.
     */
    private static final double CLOSE = 0x1p-17, CLOSEST = 0x1p-20;

    /** Deviation of a gradient by the rounding of targets, as a share of the row's largest entry. */
    private static final double TARGETS = 0x1p-26;

    private Noise() {}

    /** Sets the subject's variances, quanta, and the deviations of its variables' gradients. */
    static void measure(Subject subject, RandomSource random) {
        int n = subject.weights.length, variables = subject.variables.size();
        double[][] elements = new double[DIRECTIONS][n], forward = new double[DIRECTIONS][subject.forward.length];
        double[][][] gradients = new double[variables][DIRECTIONS][];
        for (int v = 0; v < variables; v++)
            for (int d = 0; d < DIRECTIONS; d++)
                gradients[v][d] = new double[subject.variables.get(v).count()];
        double[] values = new double[n], sizes = inDouble(subject) ? sizes(subject) : null;
        float[][] directions = new float[variables][];
        for (int v = 0; v < variables; v++)
            directions[v] = new float[subject.variables.get(v).count()];
        for (int d = 0; d < DIRECTIONS; d++) {
            for (float[] direction : directions)
                for (int i = 0; i < direction.length; i++) direction[i] = 1 - 2 * random.uniform();
            double shift = random.uniform();
            for (int p = 0; p < DIFFERENCE.length; p++) {
                for (int v = 0; v < variables; v++)
                    if (subject.reference == null && !inDouble(subject))
                        move(subject.variables.get(v), directions[v], (p - 1 - shift) * SPACING);
                    else moveExactly(subject.variables.get(v), directions[v], p, -1 - shift, sizes);
                subject.differentiate(values);
                for (int e = 0; e < n; e++) elements[d][e] += DIFFERENCE[p] * values[e];
                for (int e = 0; e < subject.forward.length; e++) forward[d][e] += DIFFERENCE[p] * subject.forward[e];
                for (int v = 0; v < variables; v++) add(subject.variables.get(v), DIFFERENCE[p], gradients[v][d]);
            }
        }
        for (Subject.Variable v : subject.variables) v.restore();
        double[] deviations = new double[n];
        combine(elements, subject.rows, subject.perRow, deviations);
        boolean floats = subject.loss == null && subject.reference == null;
        double[] fromLogits = subject.loss == null ? null : fromLogits(subject);
        for (int e = 0; e < n; e++) {
            double quantum = floats ? quantum(subject.centre[e]) : Math.ulp(subject.centre[e]);
            subject.quanta[e] = quantum * quantum + (fromLogits == null ? 0 : fromLogits[e]);
            subject.variances[e] =
                    Math.max(Math.max(subject.quanta[e], subject.leastVariance), deviations[e] * deviations[e]);
        }
        if (subject.reference != null) {
            combine(forward, subject.rows, subject.perRow, subject.forwardVariances);
            for (int e = 0; e < forward[0].length; e++) {
                double deviation = Math.max(subject.forwardVariances[e], quantum(subject.centre[e]));
                subject.forwardVariances[e] = deviation * deviation;
            }
        }
        for (int v = 0; v < variables; v++) {
            Subject.Variable variable = subject.variables.get(v);
            combine(gradients[v], variable.values.rows(), variable.values.columns(), variable.deviation);
            if (inDouble(subject)) raiseToRows(variable);
            for (int i = 0; i < variable.count(); i++)
                variable.deviation[i] = Math.max(
                        Math.max(variable.deviation[i], subject.leastDeviation), quantum(variable.analytic[i]));
        }
    }

    /** Whether values are a loss's at logits that are varied themselves. */
    static boolean inDouble(Subject subject) {
        return subject.loss != null && subject.layer instanceof Identity;
    }

    /** Standard deviation of the error of rounding to the nearest float. */
    private static double quantum(double value) {
        return Math.ulp((float) value) / StrictMath.sqrt(12);
    }

    /** Variances of the rows' losses, which are doubles, from rounding the logits, which are floats. */
    private static double[] fromLogits(Subject subject) {
        double[] variances = new double[subject.rows];
        // Logits that are varied themselves are what they are.
        if (inDouble(subject)) return variances;
        subject.evaluate(new double[subject.rows]);
        for (int r = 0; r < subject.rows; r++)
            for (int c = 0; c < subject.output.columns(); c++) {
                double deviation = subject.rows * subject.dOutput.get(r, c) * quantum(subject.output.get(r, c));
                if (Double.isFinite(deviation)) variances[r] += deviation * deviation;
            }
        return variances;
    }

    private static void move(Subject.Variable variable, float[] direction, double by) {
        float[] array = variable.values.array();
        for (int i = 0; i < direction.length; i++)
            array[variable.at(i)] = (float) (variable.base[i] * (1 + by * direction[i]));
    }

    /**
     * In steps that floats can take: those of a reference in double are so precise that the rounding of the values
     * themselves would pass for its noise.
     */
    private static void moveExactly(
            Subject.Variable variable, float[] direction, int steps, double first, double[] sizes) {
        float[] array = variable.values.array();
        for (int i = 0; i < direction.length; i++) {
            float base = variable.base[i];
            // A loss's differences of logit and target are rounded by the last digit alone, which must not stay even.
            double unit = (sizes == null ? 2 : 1) * Math.ulp(base);
            double distance = SPACING * base;
            if (sizes != null) {
                double size = sizes[i / variable.values.columns()];
                distance = CLOSE * size;
                if (variable.reach != null)
                    distance = Math.min(distance, Math.max(CLOSEST * size, 0x1p-6 * variable.reach[i]));
            }
            double step = Math.rint(distance * direction[i] / unit);
            array[variable.at(i)] = (float) (base + (steps * step + Math.rint(first * step)) * unit);
        }
    }

    /** A row's targets are rounded, too: those of a distribution sum to 1 but nearly. */
    private static void raiseToRows(Subject.Variable v) {
        int columns = v.values.columns();
        for (int r = 0; r < v.values.rows(); r++) {
            double largest = 0;
            for (int c = 0; c < columns; c++) largest = Math.max(largest, Math.abs(v.analytic[r * columns + c]));
            for (int c = 0; c < columns; c++)
                v.deviation[r * columns + c] = Math.max(v.deviation[r * columns + c], TARGETS * largest);
        }
    }

    /** The largest logit or target of each row, or 1. */
    private static double[] sizes(Subject subject) {
        double[] sizes = new double[subject.rows];
        for (int r = 0; r < sizes.length; r++) {
            sizes[r] = 1;
            for (Slice s : new Slice[] {subject.input, subject.targets.slice()})
                for (int c = 0; c < s.columns(); c++) sizes[r] = Math.max(sizes[r], Math.abs(s.get(r, c)));
        }
        return sizes;
    }

    private static void add(Subject.Variable variable, double factor, double[] to) {
        for (int r = 0, i = 0; r < variable.gradient.rows(); r++)
            for (int c = 0, at = variable.gradient.at(r); c < variable.gradient.columns(); c++)
                to[i++] += factor * variable.gradient.array()[at + c];
    }

    /** Medians over the directions as deviations, raised to those of their rows or columns. */
    private static void combine(double[][] differences, int rows, int columns, double[] deviations) {
        double[] byRow = new double[rows], byColumn = new double[columns], sorted = new double[DIRECTIONS];
        double largest = 0;
        for (int r = 0, i = 0; r < rows; r++)
            for (int c = 0; c < columns; c++, i++) {
                for (int d = 0; d < DIRECTIONS; d++) sorted[d] = Math.abs(differences[d][i]);
                Arrays.sort(sorted);
                deviations[i] = sorted[DIRECTIONS / 2] / MEDIAN;
                byRow[r] += deviations[i] * deviations[i] / columns;
                byColumn[c] += deviations[i] * deviations[i] / rows;
                largest = Math.max(largest, sorted[DIRECTIONS - 1] / MEDIAN);
            }
        for (int r = 0, i = 0; r < rows; r++)
            for (int c = 0; c < columns; c++, i++) {
                double pooled = rows == 1 && columns == 1
                        ? largest * largest
                        : rows == 1 ? byRow[r] : columns == 1 ? byColumn[c] : Math.min(byRow[r], byColumn[c]);
                deviations[i] = Math.max(deviations[i], StrictMath.sqrt(pooled));
            }
    }
}
