package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.memory.Pass;

/**
 * The checks of the {@link LayerRule}s about the number of rows in a batch: more of them than a check compares with
 * differences, so that blocks of rows, and what is kept of each row, show.
 */
final class BatchRules {

    /** From so many numbers read for a row on, a layer is large, and is tried with fewer rows. */
    private static final long LARGE = 400_000;

    /** So many smallest batches are gone through one by one to find those that are wrong. */
    private static final int LISTED = 40;

    /** What roundings of a sum of rows may come to, for each row, as a share of the largest number of a matrix. */
    private static final double ROUNDING = 0x1p-17;

    private BatchRules() {}

    /** Batches to try, in ascending order. */
    private static int[] sizes(LayerTrial trial) {
        boolean large = trial.work() > LARGE;
        return switch (trial.depth) {
            case QUICK -> large ? new int[] {17} : new int[] {2, 8, 17, 35};
            case STANDARD -> large ? new int[] {2, 17, 35} : new int[] {1, 2, 3, 4, 8, 16, 17, 33, 35, 67};
            case THOROUGH ->
                large
                        ? new int[] {1, 2, 4, 16, 17, 33, 67}
                        : new int[] {1, 2, 3, 4, 6, 7, 8, 9, 12, 16, 17, 24, 31, 32, 33, 35, 64, 65, 67, 131, 259};
        };
    }

    /** Each row by itself, and then batches of the first ones of them. */
    static void ignoresBatchSize(LayerTrial trial) {
        if (!trial.layer.rowwise()) return;
        int[] sizes = sizes(trial);
        Rows rows = new Rows(trial, sizes[sizes.length - 1]);
        for (int size : sizes) {
            String difference = rows.difference(size);
            if (difference == null) continue;
            trial.find(
                    difference.contains("gradient of") ? Kind.NOT_A_SUM : Kind.DEPENDS_ON_ROWS,
                    difference.contains("gradient of") ? "parameterGradient" : trial.name,
                    sentence(rows, difference, wrong(rows, sizes, size)));
            return;
        }
    }

    /** The first rows of a batch, each computed by itself. */
    private static final class Rows {

        private final LayerTrial trial;
        private final Case batch;
        private final Harness single;
        private final Pass pass;
        private final int in;
        private final int out;
        private final float[] output;
        private final float[] dInput;

        /** Sums of the gradients of the rows so far, and the largest number that any of them had in each matrix. */
        private float[] sum;

        private final double[] largest;
        private int summed;
        private int computed;

        Rows(LayerTrial trial, int most) {
            this.trial = trial;
            batch = trial.batch(most);
            single = trial.harness(1);
            pass = single.pass(1);
            in = trial.layer.inputSize();
            out = trial.layer.outputSize();
            output = new float[most * out];
            dInput = new float[single.dInput == null ? 0 : most * in];
            largest = new double[single.shapes.size()];
        }

        private static float[] rows(float[] matrix, int from, int to, int columns) {
            return Arrays.copyOfRange(matrix, from * columns, to * columns);
        }

        /** Computes the rows before this one that were not yet, and the sum of the gradients of all before it. */
        private void advance(int to) {
            if (to < summed) {
                single.gradient.clear();
                summed = 0;
            }
            for (; summed < to; summed++) {
                int r = summed;
                single.begin(single.seed(), Harness.STEP, Harness.FIRST_ROW + r);
                single.input.set(rows(batch.input(), r, r + 1, in));
                single.dOutput.set(rows(batch.dOutput(), r, r + 1, out));
                single.output.clear();
                if (single.dInput != null) single.dInput.clear();
                single.forward(pass, 0, 1);
                single.backward(pass, 0, 1);
                single.parameterGradient(pass, 1, 1f, 0, 1);
                if (r == 0) {
                    sum = single.gradient.get();
                    measure();
                }
                if (r < computed) continue;
                single.output.slice().copyTo(output, r * out);
                if (single.dInput != null) single.dInput.slice().copyTo(dInput, r * in);
                computed++;
            }
            sum = single.gradient.get();
            measure();
        }

        private void measure() {
            for (int k = 0, at = 0; k < largest.length; k++)
                for (int end = at + single.shapes.get(k).count(); at < end; at++)
                    largest[k] = Math.max(largest[k], Math.abs(sum[at]));
        }

        /** The first place in which a batch of so many rows is not made up of them; null if there is none. */
        String difference(int size) {
            advance(size);
            Harness h = trial.harness(size);
            Outcome all = LayerTrial.run(
                    h, h.pass(size), new Case(rows(batch.input(), 0, size, in), rows(batch.dOutput(), 0, size, out)));
            int i = LayerTrial.difference(all.output(), output);
            if (i >= 0)
                return h.output.place(i) + " is " + all.output()[i] + " in a batch of " + size + " rows and "
                        + output[i] + " where the row is by itself";
            i = LayerTrial.difference(all.dInput(), dInput);
            if (i >= 0)
                return h.dInput.place(i) + " is " + all.dInput()[i] + " in a batch of " + size + " rows and "
                        + dInput[i] + " where the row is by itself";
            for (int k = 0, at = 0; k < largest.length; k++)
                for (int end = at + h.shapes.get(k).count(); at < end; at++)
                    if (!(Math.abs((double) all.gradient()[at] - sum[at]) <= (16 + size) * ROUNDING * largest[k]))
                        return "the gradient of " + h.gradient.place(at) + " is " + all.gradient()[at]
                                + " for a batch of " + size + " rows and " + sum[at]
                                + " for its rows one after the other";
            return null;
        }
    }

    /** Sizes of batches that are wrong, as far as they are looked for: all of the smallest, or the smallest that is found. */
    private static List<Integer> wrong(Rows rows, int[] sizes, int found) {
        List<Integer> wrong = new ArrayList<>();
        if (rows.trial.work() > LARGE) {
            int right = 0;
            while (found - right > 1) {
                int middle = (found + right) / 2;
                if (rows.difference(middle) == null) right = middle;
                else found = middle;
            }
            wrong.add(found);
            return wrong;
        }
        int most = Math.min(LISTED, sizes[sizes.length - 1]);
        for (int size = 1; size <= most; size++) if (rows.difference(size) != null) wrong.add(size);
        if (wrong.isEmpty()) {
            int right = most;
            while (found - right > 1) {
                int middle = (found + right) / 2;
                if (rows.difference(middle) == null) right = middle;
                else found = middle;
            }
            wrong.add(found);
        }
        return wrong;
    }

    private static String sentence(Rows rows, String found, List<Integer> wrong) {
        int first = wrong.get(0), last = wrong.get(wrong.size() - 1);
        String difference = rows.difference(first);
        if (difference == null) difference = found;
        String where;
        if (wrong.size() == 1 || last - first == wrong.size() - 1)
            where = first == 1
                    ? "in a batch"
                    : "from row " + (first - 1) + " on: batches of up to " + (first - 1)
                            + (first == 2 ? " row" : " rows") + " are right";
        else
            where = "in batches of "
                    + wrong.stream().limit(6).map(String::valueOf).collect(Collectors.joining(", "))
                    + (wrong.size() > 6 ? ", ... rows" : " rows");
        return "only " + where + "; " + difference
                + "; are blocks of rows, and what is kept of each row, right for any number of rows?";
    }

    /** One parameterGradient of all rows of a large batch, and one for each row. */
    static void sumsAllRows(LayerTrial trial) {
        if (trial.layer.rowwise()) return; // then each row was tried by itself
        int[] sizes = sizes(trial);
        int size = sizes[sizes.length - 1];
        Harness h = trial.harness(size);
        Pass pass = h.pass(size);
        float[] all = LayerTrial.run(h, pass, trial.batch(size)).gradient();
        if (all.length == 0) return;
        Sum sum = new Sum(h, pass);
        int wrong = sum.firstDifference(all, size);
        if (wrong < 0) return;
        int right = 0, found = size;
        while (found - right > 1) {
            int middle = (found + right) / 2;
            if (sum.firstDifference(sum.together(middle), middle) < 0) right = middle;
            else found = middle;
        }
        float[] together = sum.together(found);
        int i = sum.firstDifference(together, found);
        if (i < 0) i = wrong;
        trial.find(
                Kind.NOT_A_SUM,
                "parameterGradient",
                (right == 0 ? "" : "only from row " + right + " on: ")
                        + "of rows 0 to " + (found - 1) + " together it adds " + together[i] + " to "
                        + h.gradient.place(i) + ", of the same rows one by one " + sum.rows[i]
                        + "; every row from ... to - 1 must be summed");
    }

    /** The gradient of the first rows of a batch that has gone forward and backward. */
    private static final class Sum {

        private final Harness h;
        private final Pass pass;

        /** Of the rows one by one, the last time. */
        float[] rows;

        Sum(Harness h, Pass pass) {
            this.h = h;
            this.pass = pass;
        }

        float[] together(int size) {
            h.gradient.clear();
            h.parameterGradient(pass, size, 1f, 0, 1);
            return h.gradient.get();
        }

        /** The first element that is not the sum of the rows' gradients; -1 if there is none. */
        int firstDifference(float[] together, int size) {
            h.gradient.clear();
            h.parameterGradient(pass, 0, 1, 1f, 0, 1);
            float[] first = h.gradient.get();
            for (int r = 1; r < size; r++) h.parameterGradient(pass, r, r + 1, 1f, 0, 1);
            rows = h.gradient.get();
            int at = 0;
            for (var shape : h.shapes) {
                double largest = 0;
                int end = at + shape.count();
                for (int i = at; i < end; i++)
                    largest = Math.max(largest, Math.max(Math.abs(first[i]), Math.abs(rows[i])));
                for (; at < end; at++)
                    if (!(Math.abs((double) together[at] - rows[at]) <= (16 + size) * ROUNDING * largest)) return at;
            }
            return -1;
        }
    }
}
