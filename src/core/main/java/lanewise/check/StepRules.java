package lanewise.check;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.LongToDoubleFunction;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Outcome;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;

/**
 * The checks of the {@link LayerRule}s about seed, step and first row of a batch, from which random numbers are drawn. What is
 * not random does not depend on them.
 *
 * <p>Two results that happen to be equal prove nothing: most masks of a dropout of a small rate drop nothing. So it is
 * with two seeds whose results differ that a step or a place is tried again and again. A layer whose numbers are
 * independent, as they should be, repeats both of them n times with a probability of at most 4⁻ⁿ.
 *
 * <p>Two draws that agree in some other way, or of which one is the other moved by rows or columns, prove as much as their
 * rows differ among each other: rows of which hardly one is unlike the others agree with those of most draws.
 */
final class StepRules {

    /** So often a result must be the same before it counts as one that does not change. */
    private static final int REPEATS = 24;

    /** Seeds that are tried to find two with different results. */
    private static final int SEEDS = 64;

    /** Steps and first rows that a training comes through. */
    private static final long[][] PLACES = {
        {0, 0}, {0, 5}, {1, 5}, {3, 0}, {3, 1}, {4, 32}, {1000, 7}, {1L << 33, 1L << 34}
    };

    /** Those that a large layer is tried at. */
    private static final long[][] FEW_PLACES = {{0, 0}, {1000, 7}};

    private static final long LARGE = 400_000;

    private StepRules() {}

    /** Runs batch a elsewhere in a training: in the first step, as an epoch's first batch, and far on. */
    static void ignoresStep(LayerTrial trial) {
        if (trial.isRandom()) return;
        Harness h = trial.harness;
        long seed = h.seed();
        try {
            boolean few = trial.depth == GradientCheck.Depth.QUICK && trial.work() > LARGE;
            for (long[] place : few ? FEW_PLACES : PLACES) {
                String difference = elsewhere(trial, seed, place[0], place[1]);
                if (difference == null) continue;
                if (isSeldomRandom(trial, seed, place)) return;
                report(trial, seed, place, difference);
                return;
            }
        } finally {
            h.begin(seed, Harness.STEP, Harness.FIRST_ROW);
        }
    }

    /** How batch a differs from itself elsewhere in a training; null if it does not. */
    private static String elsewhere(LayerTrial trial, long seed, long step, long firstRow) {
        trial.harness.begin(seed, step, firstRow);
        return trial.difference(trial.base, trial.run(trial.pass(), trial.a));
    }

    /** Whether other seeds, too, give other results at this place or at the usual one, in the course of many tries. */
    private static boolean isSeldomRandom(LayerTrial trial, long seed, long[] place) {
        trial.harness.begin(seed, place[0], place[1]);
        Outcome there = trial.run(trial.pass(), trial.a);
        for (int i = 1; i <= SEEDS; i++) {
            if (elsewhere(trial, seed + i * 0x9e3779b9L, Harness.STEP, Harness.FIRST_ROW) != null) return true;
            trial.harness.begin(seed + i * 0x9e3779b9L, place[0], place[1]);
            if (trial.difference(there, trial.run(trial.pass(), trial.a)) != null) return true;
        }
        return false;
    }

    private static void report(LayerTrial trial, long seed, long[] place, String difference) {
        boolean step = place[0] != Harness.STEP && elsewhere(trial, seed, place[0], Harness.FIRST_ROW) != null;
        boolean row = place[1] != Harness.FIRST_ROW && elsewhere(trial, seed, Harness.STEP, place[1]) != null;
        String where;
        if (step) {
            boolean first = place[0] == 0
                    && elsewhere(trial, seed, 1, Harness.FIRST_ROW) == null
                    && elsewhere(trial, seed, 1000, Harness.FIRST_ROW) == null;
            where = first
                    ? "only in step 0: "
                    : "in step " + place[0] + " and in step " + Harness.STEP + " of a training: ";
        } else if (row) {
            boolean first = place[1] == 0
                    && elsewhere(trial, seed, Harness.STEP, 1) == null
                    && elsewhere(trial, seed, Harness.STEP, 64) == null;
            where = first
                    ? "only in an epoch's first batch: "
                    : "where a batch begins with row " + place[1] + " and with row " + Harness.FIRST_ROW
                            + " of an epoch: ";
        } else {
            where = "in step " + place[0] + " from row " + place[1] + " on and in step " + Harness.STEP + " from row "
                    + Harness.FIRST_ROW + " on: ";
        }
        trial.find(
                Kind.DEPENDS_ON_STEP,
                trial.name,
                where + "the same batch gives different results, though another seed changes nothing: " + difference
                        + "; what is random must come from the seed, too, and what is not must not depend on the step");
    }

    /** Draws the random numbers of rows that are all alike, at many places of a training. */
    static void drawsByPlace(LayerTrial trial) {
        if (!trial.isRandom() || !trial.layer.rowwise()) return;
        Draws draws = new Draws(trial);
        if (!draws.findTwo()) return;
        if (draws.rowsAreAlike(draws.first) && draws.rowsAreAlike(draws.second)) {
            draws.find("gives every row of a batch the same random numbers");
            return;
        }
        if (draws.neverChanges(i -> new long[] {Harness.STEP + 1 + i, Harness.FIRST_ROW})) {
            draws.find("draws the same random numbers in every step");
            return;
        }
        String repetition = draws.repeatsSteps();
        if (repetition == null) repetition = draws.movesColumns();
        if (repetition != null) {
            draws.find(repetition);
            return;
        }
        int shift = 7;
        draws.h.begin(draws.seed, Harness.STEP, Harness.FIRST_ROW + shift);
        float[] shifted = draws.draw();
        int columns = trial.layer.outputSize();
        for (int i = 0; i < shifted.length - shift * columns; i++) {
            if (!LayerTrial.differ(shifted[i], draws.first[i + shift * columns])) continue;
            boolean forgets = draws.neverChanges(k -> new long[] {Harness.STEP, Harness.FIRST_ROW + 1 + 3 * k});
            draws.find(
                    forgets
                            ? "forgets where the batch begins in the epoch: each batch has the same random numbers"
                            : "gives the same row of an epoch other random numbers in another batch: "
                                    + draws.h.output.place(i + shift * columns) + " is "
                                    + draws.first[i + shift * columns]
                                    + " where the batch begins with row " + Harness.FIRST_ROW + " and, in row "
                                    + i / columns + ", " + shifted[i] + " where it begins with row "
                                    + (Harness.FIRST_ROW + shift));
            return;
        }
        repetition = draws.repeatsRows();
        if (repetition != null) draws.find(repetition);
    }

    /** Forward passes of rows that are all alike, so that only random numbers tell them apart. */
    private static final class Draws {

        /** Two different rows by chance all alike are that improbable. */
        private static final int ROWS = 40, FEW_ROWS = 17;

        /** Steps that are compared with each other, and numbers read by a draw from which on these are few. */
        private static final int STEPS = 8, FEW_STEPS = 3;

        private static final long MANY_NUMBERS = 1 << 20;

        /** Draws may agree by chance with a probability of 2 to minus this: for the first seed, and for all together. */
        private static final double FIRST_BITS = 8, BITS = 48;

        private final LayerTrial trial;
        final Harness h;
        private final Pass pass;

        /** A seed and another one, with results that differ. */
        long seed;

        private long other;
        float[] first;
        float[] second;

        Draws(LayerTrial trial) {
            this.trial = trial;
            int rows = trial.work() > LARGE ? FEW_ROWS : ROWS;
            h = trial.harness(rows);
            pass = h.pass(rows);
            int columns = trial.layer.inputSize();
            float[] alike = new float[rows * columns];
            for (int r = 0; r < rows; r++) System.arraycopy(trial.a.input(), 0, alike, r * columns, columns);
            h.input.set(alike);
        }

        float[] draw() {
            h.forward(pass, 0, h.rows);
            return h.output.get();
        }

        /** Finds two seeds with different results. */
        boolean findTwo() {
            seed = h.seed();
            first = draw();
            RandomSource random = new RandomSource(seed);
            for (int i = 0; i < SEEDS; i++) {
                other = random.nextLong();
                h.begin(other, Harness.STEP, Harness.FIRST_ROW);
                second = draw();
                if (!Arrays.equals(first, second)) return true;
            }
            return false;
        }

        boolean rowsAreAlike(float[] outputs) {
            int columns = trial.layer.outputSize();
            for (int i = columns; i < outputs.length; i++)
                if (LayerTrial.differ(outputs[i], outputs[i - columns])) return false;
            return true;
        }

        /** Whether both seeds give their results again at all of these steps and first rows. */
        boolean neverChanges(IntFunction<long[]> places) {
            for (int i = 0; i < REPEATS; i++) {
                long[] place = places.apply(i);
                h.begin(seed, place[0], place[1]);
                if (!Arrays.equals(first, draw())) return false;
                h.begin(other, place[0], place[1]);
                if (!Arrays.equals(second, draw())) return false;
            }
            return true;
        }

        /** Two steps, of which one has the random numbers of the other, in the same rows or in others; null if there are none. */
        String repeatsSteps() {
            boolean few = trial.depth == GradientCheck.Depth.QUICK && h.rows * trial.work() > MANY_NUMBERS;
            float[][] steps = new float[few ? FEW_STEPS : STEPS][];
            steps[0] = first;
            for (int i = 1; i < steps.length; i++) steps[i] = draw(seed, Harness.STEP + i);
            for (int i = 0; i < steps.length; i++)
                for (int j = i + 1; j < steps.length; j++)
                    for (int k = 0; k < h.rows; k++) {
                        int by = k % 2 == 0 ? k / 2 : -(k + 1) / 2;
                        long from = Harness.STEP + i, to = Harness.STEP + j;
                        if (!isNoChance(
                                rowsRepeat(steps[i], steps[j], by),
                                other -> rowsRepeat(draw(other, from), draw(other, to), by))) continue;
                        return by == 0
                                ? "draws the same random numbers in step " + from + " and in step " + to
                                        + ", though not in every step"
                                : "draws for a row of step " + from + " what it draws for row " + (by > 0 ? "+" : "")
                                        + by + " from there in step " + to + ", as if step and row were added up";
                    }
            return null;
        }

        private float[] draw(long seed, long step) {
            h.begin(seed, step, Harness.FIRST_ROW);
            return draw();
        }

        /** After how many rows the random numbers of a batch come again; null if they do not. */
        String repeatsRows() {
            for (int k = 1; k < h.rows; k++) {
                int by = k;
                if (isNoChance(rowsRepeat(first, first, by), other -> {
                    float[] draw = draw(other, Harness.STEP);
                    return rowsRepeat(draw, draw, by);
                }))
                    return "gives a row the random numbers of the row " + by + (by == 1 ? " row" : " rows")
                            + " before it";
            }
            return null;
        }

        /**
         * Whether draws agree for one seed after the other, until no chance explains it.
         *
         * @param bits minus the binary logarithm of the probability that chance explains it for the first seed; below 0 where
         *     they do not agree
         * @param others the same for another seed
         */
        private boolean isNoChance(double bits, LongToDoubleFunction others) {
            if (bits < FIRST_BITS) return false;
            RandomSource random = new RandomSource(seed, 5);
            for (int i = 0; i < SEEDS && bits < BITS; i++) {
                double more = others.applyAsDouble(random.nextLong());
                if (more < 0) return false;
                bits += more;
            }
            return bits >= BITS;
        }

        /** How little chance explains, in bits, that each row of x is that of y so many rows further on; -1 if it is not. */
        private double rowsRepeat(float[] x, float[] y, int by) {
            int columns = trial.layer.outputSize(), from = Math.max(0, -by), to = Math.min(h.rows, h.rows - by);
            int at = from * columns, end = to * columns, moved = at + by * columns;
            if (!Arrays.equals(x, at, end, y, moved, moved + end - at)) return -1;
            int[] rows = new int[to - from];
            for (int r = from; r < to; r++)
                for (int c = 0; c < columns; c++) rows[r - from] = hash(rows[r - from], x[r * columns + c]);
            return bits(rows);
        }

        private static int hash(int hash, float value) {
            return (31 * hash + Float.floatToRawIntBits(value)) * 0x9e3779b1;
        }

        /** Minus the binary logarithm of the probability that rows agree with others of their kind. */
        private static double bits(int[] rows) {
            double equal = 0;
            for (int row : rows) for (int other : rows) if (row == other) equal++;
            return rows.length * (2 * StrictMath.log(rows.length) - StrictMath.log(equal)) / StrictMath.log(2);
        }

        /** By how many columns a row's mask is that of the row before it; null if it is not. */
        String movesColumns() {
            int columns = trial.layer.outputSize();
            float[] low = new float[columns], high = new float[columns];
            Arrays.fill(low, Float.POSITIVE_INFINITY);
            for (float[] draw : new float[][] {first, second})
                for (int i = 0; i < draw.length; i++) {
                    low[i % columns] = Math.min(low[i % columns], Math.abs(draw[i]));
                    high[i % columns] = Math.max(high[i % columns], Math.abs(draw[i]));
                }
            // A column has two sizes, of what is dropped and of what is kept; another column has others.
            float[] mask = mask(first, low, high);
            for (int k = 2; k < 2 * columns; k++) {
                int by = k % 2 == 0 ? k / 2 : -(k / 2);
                if (isNoChance(
                        columnsMove(mask, by, low, high),
                        other -> columnsMove(mask(draw(other, Harness.STEP), low, high), by, low, high)))
                    return "gives each row the mask of the row before it, moved by " + Math.abs(by)
                            + (Math.abs(by) == 1 ? " column" : " columns") + ", as if row and column were added up";
            }
            return null;
        }

        /** 1 where a number has the largest size of its column, 0 where it has the smallest; itself in between. */
        private static float[] mask(float[] draw, float[] low, float[] high) {
            float[] mask = draw.clone();
            for (int i = 0; i < mask.length; i++) {
                float size = Math.abs(mask[i]);
                int c = i % low.length;
                if (size == high[c]) mask[i] = 1;
                else if (size == low[c]) mask[i] = 0;
            }
            return mask;
        }

        private double columnsMove(float[] mask, int by, float[] low, float[] high) {
            int columns = low.length, from = Math.max(0, -by), to = Math.min(columns, columns - by);
            int[] rows = new int[h.rows - 1];
            for (int r = 0; r < rows.length; r++)
                for (int c = from; c < to; c++) {
                    // Where nothing changes, an input is zero, say.
                    if (low[c] == high[c] || low[c + by] == high[c + by]) continue;
                    float value = mask[r * columns + c];
                    if (value != mask[(r + 1) * columns + c + by]) return -1;
                    rows[r] = hash(rows[r], value);
                }
            return bits(rows);
        }

        void find(String what) {
            trial.find(
                    Kind.WRONG_RANDOM_NUMBERS,
                    trial.name,
                    "it " + what
                            + "; random numbers must come from the batch's seed and step, and from firstRow() + the row");
        }
    }
}
