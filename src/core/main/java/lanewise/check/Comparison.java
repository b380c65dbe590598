package lanewise.check;

import lanewise.layer.RandomSource;

/**
 * An analytic and a numeric derivative, of one entry of a variable, along a direction through many, or along one through a
 * row of the input, not yet judged.
 *
 * <p>Where the function has a kink, a gradient is right if it lies between the derivatives of the two sides, in each
 * element by itself: the bound holds the jumps of all elements.
 */
final class Comparison {

    /** A bound above this share of the entry, and of the typical entry, tells nothing. */
    static final double WIDE = 0x1p-4;

    final Subject.Variable v;

    /** By how much bounds along a row are widened. */
    private static final double ALONG_ROWS = 4;

    /** From so many bounds of the numeric derivative on, an error is no rounding error of the forward pass. */
    private static final double LOST = 8;

    /** The entry's number; -1 for a direction. */
    final int entry;

    /** As the report has them: see {@link GradientReport.Entry}. */
    final int row;

    final int column;

    /** The variable's value at the entry; NaN for a direction. */
    final double value;

    final double analytic;
    final double numeric;
    final double bound;

    /** The part of the bound that is due to kinks. */
    final double jump;

    /** The bound without the gradient's own rounding errors: that of the numeric derivative. */
    private final double precise;

    /** Whether steps smaller than those that count come to the analytic derivative. */
    private final boolean comesNearer;

    /** Root of the mean square of the numeric derivatives of the variable's entries; infinite if that is not known. */
    double typical = Double.POSITIVE_INFINITY;

    final boolean kink;

    /** Whether the jump does not depend on the steps: then the kink is at the point, and not beside it. */
    final boolean settled;

    /** How far a row's entries move; null but along a direction through a row. */
    private final double[] unit;

    /** What it is if a second look did not confirm that the two differ; else null. */
    GradientReport.Status dismissed;

    /** Whether it was compared at points nearby, and right there. */
    boolean rightNearby;

    private Comparison(
            Subject.Variable v,
            int entry,
            int row,
            int column,
            double[] unit,
            Differences differences,
            int number,
            double analytic,
            double deviation,
            double floor) {
        this.v = v;
        this.entry = entry;
        value = entry < 0 ? Double.NaN : v.base[entry];
        this.row = row;
        this.column = column;
        this.unit = unit;
        this.analytic = analytic;
        Ridders line = differences.line(number);
        numeric = line.value();
        double others = Ridders.DEVIATIONS * deviation + floor + line.error();
        kink = line.kink();
        if (kink || !(Math.abs(analytic - numeric) <= others)) {
            double[] jumps = differences.jumps(number);
            jump = Math.max(line.jump(), jumps[0]);
            settled = jumps[1] <= jump / 4;
        } else {
            jump = line.jump();
            settled = true;
        }
        // Along a row many kinks may lie beside the point, of which the jump that is seen at the steps is an estimate.
        double caution = unit == null ? differences.caution() : Math.max(ALONG_ROWS, differences.caution());
        double kinks = (unit == null ? 1 : 2) * jump;
        bound = caution * (others - line.jump()) + kinks;
        comesNearer = differences.isThorough() && line.comesTo(analytic);
        precise = caution * (floor + line.error() - line.jump()) + kinks;
    }

    /** Of an entry, by itself. */
    static Comparison of(Subject.Variable v, int entry, Differences differences, double floor) {
        differences.entry(v, entry);
        return of(v, entry, differences, 0, floor);
    }

    /** Of an entry, whose numeric derivative is in the line with this number. */
    static Comparison of(Subject.Variable v, int entry, Differences differences, int number, double floor) {
        int columns = v.values.columns();
        return new Comparison(
                v,
                entry,
                entry / columns,
                entry % columns,
                null,
                differences,
                number,
                v.analytic[entry],
                v.deviation[entry],
                floor);
    }

    /** Along a random direction through the entries from ... to - 1. */
    static Comparison along(
            Subject.Variable v,
            int from,
            int to,
            int direction,
            Differences differences,
            double floor,
            RandomSource random) {
        double[] analytic = new double[2];
        differences.direction(v, from, to, random, analytic);
        return new Comparison(
                v, -1, -1, direction, null, differences, 0, analytic[0], analytic[1], floor * (to - from));
    }

    /**
     * Along a direction through each row of an input.
     *
     * @param unit how far the entries move, row by row
     * @param number the direction's, as in {@link GradientReport.Entry}
     */
    static Comparison[] rows(Subject.Variable v, double[] unit, int number, Differences differences, double floor) {
        int rows = v.values.rows(), columns = v.values.columns();
        double[] analytic = new double[2 * rows];
        differences.rows(v, unit, analytic);
        Comparison[] all = new Comparison[rows];
        for (int r = 0; r < rows; r++)
            all[r] = new Comparison(
                    v, -1, -2 - r, number, unit, differences, r, analytic[2 * r], analytic[2 * r + 1], floor * columns);
        return all;
    }

    /** The same comparison at the point where the subject is now. */
    Comparison again(Differences differences, double floor, RandomSource random) {
        differences.restart(v);
        Comparison again = single()
                ? of(v, entry, differences, floor)
                : unit == null
                        ? along(v, 0, v.count(), column, differences, floor, random)
                        : rows(v, unit, column, differences, floor)[-2 - row];
        again.typical = typical;
        return again;
    }

    boolean single() {
        return entry >= 0;
    }

    /** The row of the elements that it depends on; -1 for all. */
    int ownRow() {
        return !v.byRow ? -1 : single() ? row : unit == null ? -1 : -2 - row;
    }

    /** Whether it is about this entry, or about tied entries of which this is one. */
    boolean concerns(int entry) {
        if (single()) return entry == this.entry;
        int columns = v.values.columns();
        return unit != null && column >= GradientReport.Entry.TIED && entry / columns == -2 - row && unit[entry] != 0;
    }

    boolean differs() {
        return (isBeyond() || losesDigits()) && !comesNearer;
    }

    /** Whether the two differ by more than their bound. */
    boolean isBeyond() {
        return bound < Double.POSITIVE_INFINITY && !(Math.abs(analytic - numeric) <= bound);
    }

    /** Whether the gradient is off by as much as derivatives are large, which its own rounding errors do not excuse. */
    boolean losesDigits() {
        double error = Math.abs(analytic - numeric);
        return single() && error > LOST * precise && error > Math.max(Math.abs(numeric), typical);
    }

    /** Whether the two differ, and no jump of the derivative is large enough to be the reason. */
    boolean differsSmoothly() {
        return differs() && jump <= Math.abs(analytic - numeric) / 4;
    }

    /** How often the bound goes into the distance. */
    double excess() {
        return Math.abs(analytic - numeric) / (losesDigits() ? precise : bound);
    }
}
