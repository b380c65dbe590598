package lanewise.check;

import java.util.Arrays;
import lanewise.layer.RandomSource;

/**
 * Numeric derivatives of a {@link Subject} at its point: along one entry of a variable, along one column of a variable
 * whose rows are independent (all rows at once), or along a random direction through many entries.
 *
 * <p>Steps begin at an eighth of an entry's {@linkplain Subject.Variable#scale(int) scale}. A later
 * line of the same variable begins where an earlier one found its best steps, or with larger ones if noise was what
 * limited it. The step that counts is the one that the float really took.
 */
final class Differences {

    private static final double LARGEST = 0x1p-3;

    /** Steps at most, but at a second look. */
    private static final int STEPS = 14;

    /** A derivative is known well enough with a bound of this share of it, or of the typical one. */
    private static final double GOAL = 0x1p-12;

    /** The same of an activation, whose values cost nothing. */
    private static final double GOAL_OF_ONE = 0x1p-18;

    /** The same where values are doubles, of a reference or a loss: what a float gradient can be held to. */
    private static final double GOAL_IN_DOUBLE = 0x1p-28;

    /** What a loss that stands still may hide, relatively: it may add floats. */
    private static final double STILL = 0x1p-24;

    /** Steps of fewer ulps of a logit are not taken. */
    private static final int FEW = 64;

    private final Subject subject;
    private final double[] values;
    private final Ridders[] lines;

    /** By line: the upper and the lower step, what the projection changed there, and its variance. */
    private final double[] steps;

    private final double[] above;
    private final double[] below;
    private final double[] variance;
    private final double[] plus;
    private final double[] corrections;

    /** By step: what changed in each element, above and below. */
    private final double[][] changesAbove = new double[Ridders.LEVELS][];

    private final double[][] changesBelow = new double[Ridders.LEVELS][];

    /** By line: its first element, how many it has, and whether any changed. */
    private final int[] firsts;

    private final boolean[] moved;

    /** By element: whether it changed. */
    private final boolean[] changed;

    private int elements;

    /** By line: what counts as a typical derivative. */
    private final double[] typicals;

    /** Where the steps of the next line begin, in halvings of an eighth; from {@link #SOONEST} on. */
    private int start;

    private static final int SOONEST = -10, SOONEST_OF_MANY = -2;

    /**
     * The first of these where all values of a variable may be small by chance, since there are few. Else, and for a network
     * with a loss, the second: large steps lead to where a function saturates, and they agree with each other there.
     */
    private int soonest = SOONEST;

    private static final int FEW_ENTRIES = 64;

    private boolean thorough;

    /** Moves the variables. */
    private interface Path {
        /** Goes to t; sets the steps really taken, and the corrections of the projection, of each line. */
        void to(double t);
    }

    Differences(Subject subject) {
        this.subject = subject;
        values = new double[subject.weights.length];
        changed = new boolean[values.length];
        lines = new Ridders[subject.rows];
        for (int l = 0; l < lines.length; l++) lines[l] = new Ridders();
        steps = new double[lines.length];
        above = new double[lines.length];
        below = new double[lines.length];
        variance = new double[lines.length];
        plus = new double[lines.length];
        corrections = new double[lines.length];
        firsts = new int[lines.length];
        moved = new boolean[lines.length];
        typicals = new double[lines.length];
        for (int level = 0; level < Ridders.LEVELS; level++) {
            changesAbove[level] = new double[values.length];
            changesBelow[level] = new double[values.length];
        }
    }

    /** Before the first line of a variable: forgets where good steps were. */
    void restart(Subject.Variable v) {
        start = 0;
        boolean many = subject.caution > 1 || subject.isUnderLoss() || v.count() >= FEW_ENTRIES;
        soonest = many ? SOONEST_OF_MANY : SOONEST;
    }

    /**
     * From now on each line takes all steps, from an eighth of the scale on, and judges them cautiously.
     */
    void thorough() {
        thorough = true;
    }

    /** Along one entry. */
    Ridders entry(Subject.Variable v, int entry) {
        return entry(v, entry, v.typical(entry));
    }

    /** Along one entry, as well as is needed beside a typical derivative of this size. */
    Ridders entry(Subject.Variable v, int entry, double typical) {
        int at = v.at(entry), row = entry / v.values.columns();
        float base = v.base[entry];
        double scale = v.scale(entry);
        float[] array = v.values.array();
        Path path = t -> {
            array[at] = (float) (base + t * scale);
            steps[0] = taken(base, array[at]);
        };
        typicals[0] = typical;
        measure(path, 1, v.byRow ? row * subject.perRow : 0, v.byRow ? subject.perRow : values.length, v.least());
        return lines[0];
    }

    /** Along one column of a variable whose rows act on their own elements alone: a line for each row. */
    Ridders[] column(Subject.Variable v, int column) {
        float[] array = v.values.array();
        int columns = v.values.columns();
        Path path = t -> {
            for (int r = 0, entry = column; r < lines.length; r++, entry += columns) {
                float base = v.base[entry];
                int at = v.at(entry);
                array[at] = (float) (base + t * v.scale(entry));
                steps[r] = taken(base, array[at]);
            }
        };
        for (int r = 0; r < lines.length; r++) typicals[r] = v.typical(r * columns + column);
        measure(path, lines.length, 0, subject.perRow, v.least());
        return lines;
    }

    /**
     * Along a direction that moves each entry from … to − 1 in the order of rows, by its scale up or down at random.
     *
     * @param analytic receives the analytic derivative along it and the standard deviation of its rounding error
     */
    Ridders direction(Subject.Variable v, int from, int to, RandomSource random, double[] analytic) {
        double[] unit = new double[to - from];
        for (int i = 0; i < unit.length; i++) unit[i] = v.scale(from + i) * (random.nextLong() < 0 ? -1 : 1);
        typicals[0] = StrictMath.sqrt(unit.length) * v.scale() * rootMeanSquare(v.analytic);
        along(v, from, unit.length, unit, 1, values.length, analytic);
        return lines[0];
    }

    /**
     * Along a direction for each row of a variable whose rows act on their own elements alone.
     *
     * @param unit how far the entries move, row by row
     * @param analytic receives the analytic derivatives along them and the standard deviations of their rounding errors
     */
    Ridders[] rows(Subject.Variable v, double[] unit, double[] analytic) {
        for (int r = 0, columns = v.values.columns(); r < lines.length; r++) {
            double sum = 0;
            for (int c = 0; c < columns; c++) sum += square(unit[r * columns + c] * v.typical(r * columns + c));
            typicals[r] = StrictMath.sqrt(sum);
        }
        along(v, 0, v.values.columns(), unit, lines.length, subject.perRow, analytic);
        return lines;
    }

    /** Line l moves {@code each} entries from from + l · each on, and sees its share of the elements. */
    private void along(
            Subject.Variable v, int from, int each, double[] unit, int count, int elements, double[] analytic) {
        boolean coarse = subject.exactLoss();
        for (int l = 0; l < count; l++) {
            double sum = 0, deviations = 0, alike = 0;
            for (int i = l * each; i < (l + 1) * each; i++) {
                sum += v.analytic[from + i] * unit[i];
                deviations += square(v.deviation[from + i] * unit[i]);
                alike += v.deviation[from + i] * Math.abs(unit[i]);
            }
            analytic[2 * l] = sum;
            // Equal numbers, and those that are divided by the same sum, are rounded alike.
            analytic[2 * l + 1] = subject.exactLoss() ? alike : StrictMath.sqrt(deviations);
        }
        float[] array = v.values.array();
        int[] places = v.places;
        measure(
                t -> {
                    for (int l = 0; l < count; l++) {
                        double correction = 0;
                        boolean few = false;
                        for (int i = l * each, e = from + i; i < (l + 1) * each; i++, e++) {
                            float base = v.base[e], now = (float) (base + t * unit[i]);
                            array[places[e]] = now;
                            if (coarse) few |= unit[i] != 0 && taken(base, now) == 0;
                            // The floats' steps are not quite those of the direction; to first order that is known.
                            correction += v.analytic[e] * ((double) now - base - t * unit[i]);
                        }
                        steps[l] = few ? 0 : t;
                        corrections[l] = correction;
                    }
                },
                count,
                0,
                elements,
                Double.POSITIVE_INFINITY);
        Arrays.fill(corrections, 0);
    }

    /** Whether each line takes all steps. */
    boolean isThorough() {
        return thorough;
    }

    /** {@link Subject#caution}. */
    double caution() {
        return subject.caution;
    }

    /** The line with this number that was measured last. */
    Ridders line(int number) {
        return lines[number];
    }

    /** {@link Ridders#jumps} of the elements of a line that was just measured. */
    double[] jumps(int line) {
        return lines[line].jumps(
                changesAbove, changesBelow, subject.weights, subject.variances, firsts[line], firsts[line] + elements);
    }

    /** The step really taken; 0, which is left out, if a loss may round it away on its way to a double. */
    private double taken(float base, float now) {
        double step = (double) now - base;
        // Near its target a logit has no more digits than those of their difference.
        boolean few = subject.exactLoss() && subject.variables.get(0).reach == null;
        return few && Math.abs(step) < FEW * Math.ulp(base) ? 0 : step;
    }

    static double rootMeanSquare(double[] values) {
        double sum = 0;
        for (double value : values) sum += value * value;
        return values.length == 0 ? 0 : StrictMath.sqrt(sum / values.length);
    }

    private static double square(double x) {
        return x * x;
    }

    /**
     * Line l sees {@code elements} elements, the first line from {@code first} on and so forth. Where noise drowns a line
     * though its largest steps were its best, it begins again with larger ones: all values of a variable may be small by
     * chance. If nothing moved at all, it is tried once with the largest there are.
     *
     * @param least what derivatives are never too small beside the others of their variable
     */
    private void measure(Path path, int count, int first, int elements, double least) {
        this.elements = elements;
        for (int l = 0; l < count; l++) firsts[l] = first + l * elements;
        if (thorough || subject.exactLoss()) start = 0;
        do once(path, count);
        while (drowns(count, least));
        if (thorough || least == Double.POSITIVE_INFINITY || anyMoved(count)) return;
        int before = start;
        start = soonest;
        once(path, count);
        start = before;
    }

    private boolean anyMoved(int count) {
        for (int l = 0; l < count; l++) if (moved[l]) return true;
        return false;
    }

    private void once(Path path, int count) {
        for (int l = 0; l < count; l++) lines[l].clear(thorough);
        Arrays.fill(moved, false);
        Arrays.fill(changed, false);
        int levels = thorough && !subject.exactLoss() ? Ridders.LEVELS : STEPS;
        for (int level = start; level < start + levels; level++) {
            double t = Math.scalb(LARGEST, -level);
            path.to(t);
            subject.evaluate(values);
            for (int l = 0; l < count; l++) {
                plus[l] = steps[l];
                variance[l] = 0;
                above[l] = project(l, changesAbove[level - start]) - corrections[l];
            }
            path.to(-t);
            subject.evaluate(values);
            boolean more = false;
            for (int l = 0; l < count; l++) {
                below[l] = project(l, changesBelow[level - start]) - corrections[l];
                Ridders line = lines[l];
                line.add(plus[l], -steps[l], above[l], below[l], StrictMath.sqrt(variance[l]));
                if (thorough || subject.exactLoss() || !enough(l) && line.mayImprove()) more = true;
            }
            if (!more) break;
        }
        path.to(0);
        if (subject.exactLoss()) for (int l = 0; l < count; l++) lines[l].scatter();
        int best = Integer.MAX_VALUE;
        boolean coarse = start > 0;
        for (int l = 0; l < count; l++) {
            if (!moved[l] && anyMoved(count)) continue;
            best = Math.min(best, lines[l].first());
            if (!enough(l)) coarse = true;
        }
        // Where the largest steps were best and noise was left, larger ones may be better still.
        if (best > 0) start += best;
        else if (coarse && start > soonest) start--;
    }

    /** Whether noise drowns a line whose largest steps were its best, and larger ones, with which it would start now, may help. */
    private boolean drowns(int count, double least) {
        if (start >= 0 || start == soonest || subject.exactLoss()) return false;
        for (int l = 0; l < count; l++)
            if (moved[l]
                    && lines[l].first() == 0
                    && lines[l].error() - lines[l].jump()
                            > Comparison.WIDE * Math.max(Math.abs(lines[l].value()), Math.max(typicals[l], least)))
                return true;
        return false;
    }

    private boolean enough(int line) {
        double goal = subject.exact() ? GOAL_IN_DOUBLE : subject.layer instanceof Elementwise ? GOAL_OF_ONE : GOAL;
        return lines[line].error() <= goal * Math.max(Math.abs(lines[line].value()), typicals[line]);
    }

    /** What changed in the projection; raises the line's variance to that of the elements that moved. */
    private double project(int line, double[] changes) {
        double[] weights = subject.weights, centre = subject.centre;
        double sum = 0, noise = 0;
        for (int e = firsts[line]; e < firsts[line] + elements; e++) {
            double change = values[e] - centre[e], w = weights[e];
            changes[e] = change;
            sum += w * change;
            if (change == 0) {
                double still = subject.quanta[e];
                if (subject.loss != null) still = square(STILL * Math.max(1, Math.abs(centre[e])));
                // What moved before stands still since numbers on its way are rounded.
                boolean measured = subject.exactLoss() || changed[e];
                noise += w * w * (measured ? Math.max(still, subject.variances[e]) : still);
            } else {
                noise += w * w * subject.variances[e];
                changed[e] = true;
                moved[line] = true;
            }
        }
        variance[line] = Math.max(variance[line], noise);
        return sum;
    }
}
