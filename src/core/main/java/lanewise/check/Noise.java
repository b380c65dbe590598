package lanewise.check;

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
 * least the deviation of rounding to the nearest float, an ulp / √12. The values are floats at exactly equal distances;
 * inputs that are equal move alike, a little apart, and zeros on one side of zero, since kinks may be there. The vector
 * that outputs are projected on moves, too: a gradient that does not depend on the values is rounded alike in all four.
 */
final class Noise {

    private static final int DIRECTIONS = 3;
    private static final double[] DIFFERENCE = {-1, 3, -3, 1};

    /** Root of the sum of the squares of {@link #DIFFERENCE}, times the median of |x| for a standard normal x. */
    private static final double MEDIAN = StrictMath.sqrt(20) * 0.6745;

    private static final double SPACING = 0x1p-12;

    /** The same for references, whose curvature would show. */
    private static final double SPACING_IN_DOUBLE = 0x1p-16;

    /** A row's loss of fewer quanta has no derivative that can be measured. */
    private static final double QUANTA = 64;

    /** As far as the largest steps of differences. */
    private static final double AWAY = 0x1p-3;

    /**
     * The same for the logits of a loss alone, in units of the largest number of the row, or of 1 if that is larger: a loss
     * rounds in these, and is so precise that the cube of the spacing above would show.
     */
    private static final double CLOSE = 0x1p-17, CLOSEST = 0x1p-20;

    /** Deviation of an element, as a share of the inputs of its row, at points of probes. */
    private static final double LEFT = 0x1p-25;

    /** Deviation of an element, as a share of others of its column: what is left of two that cancel has the digits of these. */
    private static final double CANCELLED = 0x1p-26;

    /** Deviation of a gradient, as a share of the typical entry, that is due to the rounding of outputs to floats. */
    private static final double SATURATED = 0x1p-25;

    /** Deviation of a gradient by the rounding of targets, as a share of the row's largest entry. */
    private static final double TARGETS = 0x1p-26;

    private Noise() {}

    /** Sets the subject's variances, quanta, and the deviations of its variables' gradients. */
    static void measure(Subject subject, RandomSource random) {
        measure(subject, random, false);
        if (!subject.exactLoss()) return;
        // A loss rounds differences of logit and target beside the point, where steps go, and not where the two are
        // near.
        double[] variances = subject.variances.clone();
        double[][] deviations =
                subject.variables.stream().map(v -> v.deviation.clone()).toArray(double[][]::new);
        measure(subject, random, true);
        raise(subject.variances, variances);
        for (int v = 0; v < deviations.length; v++) raise(subject.variables.get(v).deviation, deviations[v]);
    }

    /** What is not finite, because steps beside the point overflow, tells nothing. */
    private static void raise(double[] values, double[] least) {
        for (int i = 0; i < values.length; i++)
            values[i] = Double.isFinite(values[i]) ? Math.max(values[i], least[i]) : least[i];
    }

    /** With {@code beside}, at distances from the point like those of the largest steps. */
    private static void measure(Subject subject, RandomSource random, boolean beside) {
        double spacing = subject.reference == null ? SPACING : SPACING_IN_DOUBLE;
        int n = subject.weights.length, variables = subject.variables.size();
        double[][] elements = new double[DIRECTIONS][n], forward = new double[DIRECTIONS][subject.forward.length];
        double[][][] gradients = new double[variables][DIRECTIONS][];
        for (int v = 0; v < variables; v++)
            for (int d = 0; d < DIRECTIONS; d++)
                gradients[v][d] = new double[subject.variables.get(v).count()];
        float[] projection = subject.projection.clone();
        double[] values = new double[n], sizes = subject.exactLoss() && !beside ? sizes(subject) : null;
        float[][] directions = new float[variables][], apart = new float[variables][];
        for (int v = 0; v < variables; v++)
            directions[v] = new float[subject.variables.get(v).count()];
        double[][] firsts = new double[variables][], steps = new double[variables][];
        for (int v = 0; v < variables; v++) {
            apart[v] = new float[directions[v].length];
            firsts[v] = new double[directions[v].length];
            steps[v] = new double[directions[v].length];
        }
        for (int d = 0; d < DIRECTIONS; d++) {
            long salt = random.nextLong();
            for (int v = 0; v < variables; v++) {
                Subject.Variable variable = subject.variables.get(v);
                // What is tied moves alike, a little apart: where a maximum is of two, gradients jump if they change
                // places.
                for (int i = 0; i < directions[v].length; i++) {
                    boolean input = variable.parameter < 0 && !subject.exactLoss();
                    directions[v][i] = input ? ofValue(salt, variable.base[i]) : 1 - 2 * random.uniform();
                    if (input) apart[v][i] = random.uniform();
                }
            }
            double shift = random.uniform(), away = beside ? AWAY * (0.5 + 0.5 * random.uniform()) : 0;
            for (int v = 0; v < variables; v++)
                if (sizes == null)
                    line(
                            subject.variables.get(v),
                            directions[v],
                            apart[v],
                            spacing,
                            -1 - shift,
                            away,
                            firsts[v],
                            steps[v]);
                // On one side of the point, where there may be a kink.
                else exactLine(subject.variables.get(v), directions[v], 1 + shift, sizes, firsts[v], steps[v]);
            float[] turned = projection.clone();
            if (subject.loss == null) turn(turned, projection, spacing, random);
            for (int p = 0; p < DIFFERENCE.length; p++) {
                for (int e = 0; e < turned.length; e++)
                    subject.projection[e] = projection[e] + (p + 1) * (turned[e] - projection[e]);
                for (int v = 0; v < variables; v++) move(subject.variables.get(v), firsts[v], steps[v], p);
                subject.differentiate(values);
                for (int e = 0; e < n; e++) elements[d][e] += DIFFERENCE[p] * values[e];
                for (int e = 0; e < subject.forward.length; e++) forward[d][e] += DIFFERENCE[p] * subject.forward[e];
                for (int v = 0; v < variables; v++) add(subject.variables.get(v), DIFFERENCE[p], gradients[v][d]);
            }
        }
        for (Subject.Variable v : subject.variables) v.restore();
        System.arraycopy(projection, 0, subject.projection, 0, projection.length);
        boolean floats = subject.loss == null && subject.reference == null;
        boolean network = subject.isUnderLoss();
        double[] fromLogits = subject.loss == null ? null : fromLogits(subject);
        double[] typicals = floats && !(subject.layer instanceof Elementwise) ? subject.typicals() : new double[n];
        for (int e = 0; e < n; e++) {
            double quantum = floats ? quantum(subject.centre[e]) : Math.ulp(subject.centre[e]);
            // A sum of exponentials, say, is a float, and stands still where one of them is nearly all.
            if (network) quantum = Math.max(quantum, quantum(Math.max(1, Math.abs(subject.centre[e]))));
            // What is left of large inputs, as of x (1 + tanh x) below zero, has the digits of these.
            if (floats && subject.caution > 1 && !(subject.layer instanceof Elementwise))
                quantum = Math.max(quantum, LEFT * subject.inputSize(e / subject.perRow));
            if (floats) quantum = Math.max(quantum, CANCELLED * typicals[e]);
            subject.quanta[e] = quantum * quantum + (fromLogits == null ? 0 : fromLogits[e]);
            // Rows' losses are known to very different numbers of digits, and are compared in these.
            if (network) for (double[] element : elements) element[e] /= StrictMath.sqrt(subject.quanta[e]);
        }
        double[] deviations = new double[n];
        combine(elements, subject.rows, subject.perRow, deviations);
        for (int e = 0; e < n; e++) {
            double variance = deviations[e] * deviations[e] * (network ? subject.quanta[e] : 1);
            subject.variances[e] = Math.max(Math.max(subject.quanta[e], subject.leastVariance), variance);
            // Of a few quanta it comes to zero in steps of any size, and then
            // stands still.
            double all = subject.centre[e] * subject.centre[e];
            if (network && all < QUANTA * QUANTA * subject.quanta[e])
                subject.variances[e] = Math.max(subject.variances[e], all);
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
            if (subject.exactLoss()) raiseToRows(variable);
            // Rounding of outputs that a derivative is made of, as of 1 - y² where y is near 1, is the same at points
            // nearby.
            double saturated =
                    subject.reference == null ? 0 : SATURATED * Differences.rootMeanSquare(variable.analytic);
            for (int i = 0; i < variable.count(); i++) {
                double least = Math.max(Math.max(subject.leastDeviation, saturated), quantum(variable.analytic[i]));
                if (saturated > 0 && subject.layer instanceof Elementwise)
                    least = Math.max(least, quantum(subject.centre[i]) * Math.abs(subject.weights[i]));
                // Where logits lie far from each other, their differences are known to fewer digits.
                if (subject.exactLoss())
                    least = Math.max(least, spread(variable, i) * 0x1p-26 * Math.abs(variable.analytic[i]));
                variable.deviation[i] = Math.max(variable.deviation[i], least);
            }
        }
    }

    /** Standard deviation of the error of rounding to the nearest float. */
    private static double quantum(double value) {
        return Math.ulp((float) value) / StrictMath.sqrt(12);
    }

    /** One and a half times the range of an entry's row, plus 1. */
    private static double spread(Subject.Variable variable, int entry) {
        int columns = variable.values.columns(), from = entry / columns * columns;
        float least = 0, most = 0;
        for (int e = from; e < from + columns; e++) {
            least = Math.min(least, variable.base[e]);
            most = Math.max(most, variable.base[e]);
        }
        return 1 + 1.5 * (most - least);
    }

    /** Variances of the rows' losses, which are doubles, from rounding the logits, which are floats. */
    private static double[] fromLogits(Subject subject) {
        double[] variances = new double[subject.rows];
        // Logits that are varied themselves are what they are.
        if (subject.exactLoss()) return variances;
        subject.evaluate(new double[subject.rows]);
        for (int r = 0; r < subject.rows; r++)
            for (int c = 0; c < subject.output.columns(); c++) {
                double deviation = subject.rows * subject.dOutput.get(r, c) * quantum(subject.output.get(r, c));
                if (Double.isFinite(deviation)) variances[r] += deviation * deviation;
            }
        return variances;
    }

    /** Moves each by whole units in the last place towards zero, where all of their multiples are floats. */
    private static void turn(float[] turned, float[] from, double spacing, RandomSource random) {
        for (int e = 0; e < turned.length; e++) {
            double unit = Math.ulp(from[e]);
            turned[e] -= (float) (Math.rint(spacing * random.uniform() * from[e] / unit) * unit);
        }
    }

    /** To the value with this number of the four along a line. */
    private static void move(Subject.Variable variable, double[] firsts, double[] steps, int number) {
        float[] array = variable.values.array();
        int[] places = variable.places;
        for (int i = 0; i < places.length; i++) array[places[i]] = (float) (firsts[i] + number * steps[i]);
    }

    /**
     * Sets first values and steps that floats can take: the rounding of the values themselves would pass for noise, of a
     * function that is steep there or computed in double. Zeros move away.
     */
    private static void line(
            Subject.Variable variable,
            float[] direction,
            float[] apart,
            double spacing,
            double first,
            double away,
            double[] firsts,
            double[] steps) {
        for (int i = 0; i < direction.length; i++) {
            float base = variable.base[i];
            if (away != 0) base = (float) (base + away * variable.scale(i) * Math.copySign(1, direction[i]));
            double size = spacing * (base == 0 ? variable.scale(i) : base);
            double unit = base == 0 ? Math.scalb(1.0, Math.getExponent(size) - 16) : 2 * Math.ulp(base);
            // Equal values part in proportion, and so keep their order; zeros stay on one side.
            double step = size * direction[i] / unit;
            steps[i] = Math.rint(step * (1 + apart[i])) * unit;
            firsts[i] = base + Math.rint(step * ((base == 0 ? 2 - first : first) + 4 * apart[i])) * unit;
        }
    }

    private static void exactLine(
            Subject.Variable variable,
            float[] direction,
            double first,
            double[] sizes,
            double[] firsts,
            double[] steps) {
        for (int i = 0; i < direction.length; i++) {
            float base = variable.base[i];
            // A loss's differences of logit and target are rounded by the last digit alone, which must not stay even.
            double unit = Math.ulp(base), size = sizes[i / variable.values.columns()], distance = CLOSE * size;
            if (variable.reach != null)
                distance = Math.min(distance, Math.max(CLOSEST * size, 0x1p-6 * variable.reach[i]));
            double step = Math.rint(distance * direction[i] / unit);
            steps[i] = step * unit;
            firsts[i] = base + Math.rint(first * step) * unit;
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

    /** A number from -1 to 1, the same for equal values. */
    static float ofValue(long salt, float value) {
        long mixed = (salt ^ Float.floatToIntBits(value + 0f)) * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
        return 2 * ((mixed ^ mixed >>> 32) >>> 40) * 0x1p-24f - 1;
    }

    /** Medians over the directions as deviations, raised to those of their rows or columns. */
    private static void combine(double[][] differences, int rows, int columns, double[] deviations) {
        double largest = 0;
        for (int i = 0; i < rows * columns; i++) {
            double a = size(differences[0][i]), b = size(differences[1][i]), c = size(differences[2][i]);
            double smaller = Math.min(a, b), larger = Math.max(a, b);
            deviations[i] = Math.max(smaller, Math.min(larger, c)) / MEDIAN;
            largest = Math.max(largest, Math.max(larger, c) / MEDIAN);
        }
        Pool byRow = new Pool(rows), byColumn = new Pool(columns);
        for (int r = 0, i = 0; r < rows; r++)
            for (int c = 0; c < columns; c++, i++) {
                byRow.weigh(r, deviations[i]);
                byColumn.weigh(c, deviations[i]);
            }
        for (int r = 0, i = 0; r < rows; r++)
            for (int c = 0; c < columns; c++, i++) {
                byRow.add(r, deviations[i]);
                byColumn.add(c, deviations[i]);
            }
        for (int r = 0, i = 0; r < rows; r++)
            for (int c = 0; c < columns; c++, i++) {
                double row = byRow.square(r), column = byColumn.square(c);
                double pooled = rows == 1 && columns == 1
                        ? largest * largest
                        : rows == 1 ? row : columns == 1 ? column : Math.min(row, column);
                deviations[i] = Math.max(deviations[i], StrictMath.sqrt(pooled));
            }
    }

    /** Without a sign; infinite if it is no number. */
    private static double size(double difference) {
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.abs(difference);
    }

    /** Mean squares over rows or columns, without what stands out so far that it is no rounding: a kink. */
    private static final class Pool {

        /** Binary orders of magnitude above the typical one. */
        private static final int OUTSIDE = 6;

        private static final double FEW = 6;

        private final long[] exponents;
        private final int[] weighed;
        private final double[] squares;
        private final int[] added;

        Pool(int size) {
            exponents = new long[size];
            weighed = new int[size];
            squares = new double[size];
            added = new int[size];
        }

        void weigh(int i, double deviation) {
            if (deviation == 0) return;
            exponents[i] += Math.getExponent(deviation);
            weighed[i]++;
        }

        void add(int i, double deviation) {
            if (deviation != 0 && Math.getExponent(deviation) > exponents[i] / weighed[i] + OUTSIDE) return;
            squares[i] += deviation * deviation;
            added[i]++;
        }

        /** Of few, more: they may all be small by chance. */
        double square(int i) {
            return added[i] == 0 ? 0 : squares[i] / added[i] * (1 + FEW / added[i]);
        }
    }
}
