package lanewise.check;

import lanewise.layer.RandomSource;

/**
 * Numeric derivatives of a {@link Subject} at its point: along one entry of a variable, along one column of a variable
 * whose rows are independent (all rows at once), or along a random direction through many entries.
 *
 * <p>Steps begin at an eighth of an entry's scale, the larger of its value and its variable's root mean square. A later
 * line of the same variable begins where an earlier one found its best steps, or with larger ones if noise was what
 * limited it. The step that counts is the one that the float really took.
 */
final class Differences {

    private static final double LARGEST = 0x1p-3;

    /** A derivative is known well enough with a bound of this share of it, or of the typical one. */
    private static final double GOAL = 0x1p-12;

    /** The same of an activation, whose values cost nothing. */
    private static final double GOAL_OF_ONE = 0x1p-18;

    /** The same where a reference gives values in double: what a float gradient can be held to. */
    private static final double GOAL_IN_DOUBLE = 0x1p-28;

    private final Subject subject;
    private final boolean inDouble;
    private final double[] values;
    private final Ridders[] lines;

    /** By line: the upper and the lower step, what the projection changed there, and its variance. */
    private final double[] steps;

    private final double[] above;
    private final double[] below;
    private final double[] variance;
    private final double[] plus;
    private final double[] corrections;

    /** Where the steps of the next line begin, in halvings of an eighth; from {@link #SOONEST} on. */
    private int start;

    private static final int SOONEST = -10;

    private boolean thorough;

    /** Moves the variables. */
    private interface Path {
        /** Goes to t; sets the steps really taken, and the corrections of the projection, of each line. */
        void to(double t);
    }

    Differences(Subject subject) {
        this.subject = subject;
        inDouble = Noise.inDouble(subject);
        values = new double[subject.weights.length];
        lines = new Ridders[subject.rows];
        for (int l = 0; l < lines.length; l++) lines[l] = new Ridders();
        steps = new double[lines.length];
        above = new double[lines.length];
        below = new double[lines.length];
        variance = new double[lines.length];
        plus = new double[lines.length];
        corrections = new double[lines.length];
    }

    /** Before the first line of a variable: forgets where good steps were. */
    void restart() {
        start = 0;
    }

    /**
     * From now on each line takes all steps that noise allows, from an eighth of the scale on, and judges
     * them cautiously.
     */
    void thorough() {
        thorough = true;
    }

    /** Along one entry. */
    Ridders entry(Subject.Variable v, int entry, double typical) {
        int at = v.at(entry), row = entry / v.values.columns();
        float base = v.base[entry];
        double scale = v.scale(entry, v.scale());
        float[] array = v.values.array();
        Path path = t -> {
            array[at] = (float) (base + t * scale);
            steps[0] = (double) array[at] - base;
        };
        int first = v.byRow ? row * subject.perRow : 0;
        do measure(path, 1, first, v.byRow ? subject.perRow : values.length, typical);
        while (drowns(1, typical));
        return lines[0];
    }

    /** Along one column of a variable whose rows act on their own elements alone: a line for each row. */
    Ridders[] column(Subject.Variable v, int column, double typical) {
        float[] array = v.values.array();
        int columns = v.values.columns();
        double rms = v.scale();
        Path path = t -> {
            for (int r = 0, entry = column; r < lines.length; r++, entry += columns) {
                float base = v.base[entry];
                int at = v.at(entry);
                array[at] = (float) (base + t * v.scale(entry, rms));
                steps[r] = (double) array[at] - base;
            }
        };
        do measure(path, lines.length, 0, subject.perRow, typical);
        while (drowns(lines.length, typical));
        return lines;
    }

    /**
     * Along a direction that moves each entry from … to − 1 in the order of rows, by its scale up or down at random.
     *
     * @param analytic receives the analytic derivative along it and the standard deviation of its rounding error
     */
    Ridders direction(Subject.Variable v, int from, int to, RandomSource random, double[] analytic) {
        double rms = v.scale();
        double[] unit = new double[to - from];
        double sum = 0, deviations = 0;
        for (int i = 0; i < unit.length; i++) {
            unit[i] = v.scale(from + i, rms) * (random.nextLong() < 0 ? -1 : 1);
            sum += v.analytic[from + i] * unit[i];
            deviations += square(v.deviation[from + i] * unit[i]);
        }
        analytic[0] = sum;
        analytic[1] = StrictMath.sqrt(deviations);
        float[] array = v.values.array();
        measure(
                t -> {
                    double correction = 0;
                    for (int i = 0; i < unit.length; i++) {
                        float base = v.base[from + i];
                        int at = v.at(from + i);
                        array[at] = (float) (base + t * unit[i]);
                        // The floats' steps are not quite those of the direction; to first order that is known.
                        correction += v.analytic[from + i] * ((double) array[at] - base - t * unit[i]);
                    }
                    steps[0] = t;
                    corrections[0] = correction;
                },
                1,
                0,
                values.length,
                StrictMath.sqrt(unit.length) * rms * rootMeanSquare(v.analytic));
        corrections[0] = 0;
        return lines[0];
    }

    static double rootMeanSquare(double[] values) {
        double sum = 0;
        for (double value : values) sum += value * value;
        return values.length == 0 ? 0 : StrictMath.sqrt(sum / values.length);
    }

    private static double square(double x) {
        return x * x;
    }

    /** Line l sees {@code count} elements, the first line from {@code first} on and so forth. */
    private void measure(Path path, int count, int first, int elements, double typical) {
        for (int l = 0; l < count; l++) lines[l].clear(thorough);
        if (thorough) start = 0;
        for (int level = start; level < start + Ridders.LEVELS; level++) {
            double t = Math.scalb(LARGEST, -level);
            path.to(t);
            subject.evaluate(values);
            for (int l = 0; l < count; l++) {
                plus[l] = steps[l];
                variance[l] = 0;
                above[l] = project(l, first + l * elements, elements) - corrections[l];
            }
            path.to(-t);
            subject.evaluate(values);
            boolean more = false;
            for (int l = 0; l < count; l++) {
                below[l] = project(l, first + l * elements, elements) - corrections[l];
                Ridders line = lines[l];
                line.add(plus[l], -steps[l], above[l], below[l], StrictMath.sqrt(variance[l]));
                if ((thorough || !enough(line, typical)) && line.mayImprove()) more = true;
            }
            if (!more) break;
        }
        path.to(0);
        int best = Integer.MAX_VALUE;
        boolean coarse = start > 0;
        for (int l = 0; l < count; l++) {
            best = Math.min(best, lines[l].first());
            if (!enough(lines[l], typical)) coarse = true;
        }
        // Where the largest steps were best and noise was left, larger ones may be better still.
        if (best > 0) start += best;
        else if (coarse && start > SOONEST) start--;
    }

    /**
     * Whether noise drowns a line whose largest steps were its best, and larger ones, with which it would start now, may
     * help: all values of a variable may be small by chance.
     */
    private boolean drowns(int count, double typical) {
        if (thorough || start >= 0 || start == SOONEST) return false;
        for (int l = 0; l < count; l++)
            if (lines[l].first() == 0
                    && lines[l].error() > Comparison.WIDE * Math.max(Math.abs(lines[l].value()), typical)) return true;
        return false;
    }

    private boolean enough(Ridders line, double typical) {
        double goal =
                subject.reference == null ? subject.layer instanceof Elementwise ? GOAL_OF_ONE : GOAL : GOAL_IN_DOUBLE;
        return line.error() <= goal * Math.max(Math.abs(line.value()), typical);
    }

    /** What changed in the projection; raises the line's variance to that of the elements that moved. */
    private double project(int line, int from, int count) {
        double[] weights = subject.weights, centre = subject.centre;
        double sum = 0, noise = 0;
        for (int e = from; e < from + count; e++) {
            double change = values[e] - centre[e], w = weights[e];
            sum += w * change;
            noise += w * w * (change == 0 && !inDouble ? subject.quanta[e] : subject.variances[e]);
        }
        variance[line] = Math.max(variance[line], noise);
        return sum;
    }
}
