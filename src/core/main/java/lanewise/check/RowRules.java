package lanewise.check;

import java.util.Arrays;
import java.util.List;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;

/** The checks of the {@link LayerRule}s about the rows of a batch. */
final class RowRules {

    /** Orders of two workers' calls that are tried. */
    private static final int INTERLEAVINGS = 4;

    private RowRules() {}

    /** Runs batch b with one row of batch a's inputs. */
    static void keepsRowsApart(LayerTrial trial) {
        if (!trial.layer.rowwise()) return;
        int middle = trial.rows / 2, in = trial.layer.inputSize();
        float[] mixed = trial.b.input().clone();
        System.arraycopy(trial.a.input(), middle * in, mixed, middle * in, in);
        Outcome base = trial.base, beside = trial.run(trial.pass(), new Case(mixed, trial.a.dOutput()));
        if (rowChanges(trial, trial.harness.output, middle, base.output(), beside.output())) return;
        if (trial.harness.dInput != null)
            rowChanges(trial, trial.harness.dInput, middle, base.dInput(), beside.dInput());
    }

    private static boolean rowChanges(LayerTrial trial, Guarded matrix, int row, float[] before, float[] after) {
        int columns = matrix.slice().columns();
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            if (!LayerTrial.differ(before[i], after[i])) continue;
            trial.find(
                    Kind.MIXES_ROWS,
                    trial.name,
                    matrix.place(i) + " changes from " + before[i] + " to " + after[i]
                            + " when only other rows' inputs change, but rowwise() is true");
            return true;
        }
        return false;
    }

    /** Runs batch a in three pieces. */
    static void computesRowsAskedFor(LayerTrial trial) {
        if (!trial.layer.rowwise()) return;
        Harness h = trial.harness;
        int last = trial.rows - 1;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        h.output.mark();
        h.forward(pass, 1, last);
        String damage = h.output.damage(1, last, true);
        if (damage == null) {
            h.forward(pass, 0, 1);
            h.forward(pass, last, trial.rows);
            if (h.dInput != null) h.dInput.mark();
            h.dOutput.mark();
            h.backward(pass, 1, last);
            if (h.dInput != null) damage = h.dInput.damage(1, last, true);
            if (damage == null) damage = h.dOutput.damage(1, last, false);
        }
        if (damage != null) {
            trial.find(
                    Kind.IGNORES_ROWS,
                    trial.name,
                    "asked for rows 1 to " + (last - 1) + " it wrote " + damage + "; from and to must be kept to");
            return;
        }
        h.backward(pass, last, trial.rows);
        h.backward(pass, 0, 1);
        trial.parameterGradient(pass, 1f);
        String difference = trial.difference(trial.base, trial.outcome());
        if (difference != null)
            trial.find(
                    Kind.IGNORES_ROWS,
                    trial.name,
                    "all rows at once and in three pieces give different results: " + difference
                            + "; a row's result must not depend on the rows computed with it");
    }

    /** Runs batch a in a pass for three rows more: an epoch's last batch. */
    static void takesSmallerBatches(LayerTrial trial) {
        Pass pass = trial.harness.pass(trial.rows + 3);
        String difference = trial.difference(trial.base, trial.run(pass, trial.a));
        if (difference != null)
            trial.find(
                    Kind.IGNORES_ROWS,
                    trial.name,
                    "in a pass made for more rows, as an epoch's last batch is, the results differ: " + difference
                            + "; are pass.rows() or a matrix's rows taken for the batch's?");
    }

    /**
     * Runs batch a with two workers in some interleavings: each piece of rows goes forward with one of them, later backward
     * with one of them, and each share of the parameters is summed by one of them.
     */
    static void sharesBatches(LayerTrial trial) {
        Harness h = trial.harness;
        Pass[] workers = h.twoWorkers();
        int[] cuts = trial.layer.rowwise() ? new int[] {0, 1, trial.rows - 1, trial.rows} : new int[] {0, trial.rows};
        int pieces = cuts.length - 1;
        RandomSource random = new RandomSource(1);
        String difference = null;
        for (int order = 0; order < INTERLEAVINGS && difference == null; order++) {
            trial.prepare(trial.a);
            int[] calls = new int[pieces];
            for (int left = 2 * pieces; left > 0; left--) {
                int piece = random.nextInt(pieces);
                while (calls[piece] == 2) piece = (piece + 1) % pieces;
                Pass pass = workers[random.nextInt(2)];
                if (calls[piece]++ == 0) h.forward(pass, cuts[piece], cuts[piece + 1]);
                else h.backward(pass, cuts[piece], cuts[piece + 1]);
            }
            for (int part = 2; part >= 0; part--)
                h.parameterGradient(workers[random.nextInt(2)], trial.rows, 1f, part, 3);
            difference = trial.difference(trial.base, trial.outcome());
        }
        if (difference == null) {
            h.updateRunningStatistics(workers[1]);
            float[] shared = h.parameters.get();
            Pass alone = trial.pass();
            trial.propagate(alone, trial.a);
            h.updateRunningStatistics(alone);
            int i = LayerTrial.difference(shared, h.parameters.get());
            if (i >= 0)
                difference = "running statistics: " + h.parameters.place(i) + " is " + shared[i] + " in one and "
                        + h.parameters.get()[i] + " in the other";
        }
        if (difference != null)
            trial.find(
                    Kind.NOT_SHAREABLE,
                    trial.name,
                    "two workers that share a batch and one alone give different results: " + difference
                            + "; what a call leaves for a later one must lie in memory per row or per batch, not in"
                            + " scratch");
    }

    /** Predicts the rows together, each by itself, and each in a pass of its own. */
    static void predictsRowByRow(LayerTrial trial) {
        Harness h = trial.harness;
        Layer layer = trial.layer, used = h.forPrediction();
        if (used.inputSize() != layer.inputSize() || used.outputSize() != layer.outputSize()) {
            trial.find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    "it returns a layer " + used.inputSize() + "->" + used.outputSize() + " in place of one "
                            + layer.inputSize() + "->" + layer.outputSize());
            return;
        }
        List<ParameterShape> theirs = used.parameters();
        if (!theirs.equals(h.shapes)) {
            trial.find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    "it returns a layer with the parameters " + theirs + " in place of " + h.shapes);
            return;
        }
        Pass pass = h.predictionPass(used);
        trial.prepare(trial.a);
        trial.markAll();
        h.predict(used, pass, 0, trial.rows);
        trial.unchanged("forward of forPrediction()", h.parameters, h.input, h.dOutput, h.dInput, h.gradient);
        trial.outside("forward of forPrediction()", h.output, true);
        float[] whole = h.output.get(), before = new float[whole.length];
        Arrays.fill(before, Float.NaN);
        h.output.set(before);
        for (int r = trial.rows - 1; r >= 0; r--) h.predict(used, pass, r, r + 1);
        float[] single = h.output.get();
        int i = LayerTrial.difference(whole, single);
        if (i >= 0 && Float.isNaN(single[i]))
            trial.find(
                    Kind.READS_RESULT,
                    "forward of forPrediction()",
                    h.output.place(i) + " depends on what was there before: it is read, added to, or not written");
        else if (i >= 0)
            trial.find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    h.output.place(i) + " is " + whole[i] + " among all rows and " + single[i]
                            + " by itself; a row's prediction must not depend on the batch");
        else predictsSingleRows(trial, used, whole);
    }

    /** Predicts each row in a pass for one row, as a caller does who has one sample. */
    private static void predictsSingleRows(LayerTrial trial, Layer used, float[] whole) {
        Harness single = trial.harness(1);
        Pass pass = single.predictionPass(used);
        int in = trial.layer.inputSize(), out = trial.layer.outputSize();
        for (int r = 0; r < trial.rows; r++) {
            single.input.set(Arrays.copyOfRange(trial.a.input(), r * in, (r + 1) * in));
            single.output.clear();
            single.predict(used, pass, 0, 1);
            float[] now = single.output.get();
            for (int c = 0; c < out; c++) {
                if (!LayerTrial.differ(now[c], whole[r * out + c])) continue;
                trial.find(
                        Kind.PREDICTS_DIFFERENTLY,
                        "forPrediction",
                        "only in a pass made for one row: " + trial.harness.output.place(r * out + c) + " is " + now[c]
                                + ", and " + whole[r * out + c] + " in a pass for " + trial.rows
                                + " rows; a row's prediction must not depend on the batch");
                return;
            }
        }
    }
}
