package lanewise.check;

import lanewise.layer.RandomSource;

/** An analytic and a numeric derivative, of one entry of a variable or along a direction through many, not yet judged. */
final class Comparison {

    /** A bound above this share of the entry, and of the typical entry, tells nothing. */
    static final double WIDE = 0x1p-4;

    /** The entry's number; -1 for a direction. */
    final int entry;

    /** The direction's number; -1 for an entry. */
    final int direction;

    /** The variable's value at the entry; NaN for a direction. */
    final double value;

    final double analytic;
    final double numeric;
    final double bound;
    final boolean kink;

    /** Whether a second look did not confirm that the two differ. */
    boolean dismissed;

    private Comparison(
            int entry, int direction, double value, Ridders line, double analytic, double deviation, double floor) {
        this.entry = entry;
        this.value = value;
        this.direction = direction;
        this.analytic = analytic;
        numeric = line.value();
        bound = line.error() + Ridders.DEVIATIONS * deviation + floor;
        kink = line.kink();
    }

    /** Of an entry, from its numeric derivative. */
    static Comparison of(Subject.Variable v, int entry, Ridders line, double floor) {
        return new Comparison(entry, -1, v.base[entry], line, v.analytic[entry], v.deviation[entry], floor);
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
        Ridders line = differences.direction(v, from, to, random, analytic);
        return new Comparison(-1, direction, Double.NaN, line, analytic[0], analytic[1], floor * (to - from));
    }

    boolean single() {
        return entry >= 0;
    }

    boolean differs() {
        return !(Math.abs(analytic - numeric) <= bound);
    }

    /** How often the bound goes into the distance. */
    double excess() {
        return Math.abs(analytic - numeric) / bound;
    }
}
