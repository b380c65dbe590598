package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.Loss;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;

/** Whether a loss keeps to what {@link Loss#valueAndGradient} says beside the gradient: what it may read and write. */
final class LossConduct {

    private final Loss loss;
    private final Pass pass;
    private final int rows;
    private final int outputs;
    private final Guarded logits;
    private final Guarded targets;
    private final Guarded dLogits;
    private final float[] logitValues;
    private final float[] targetValues;
    private final RandomSource random;
    private final List<Finding> findings = new ArrayList<>();

    private LossConduct(
            Loss loss,
            Pass pass,
            int rows,
            int outputs,
            float[] logits,
            int columns,
            float[] targets,
            RandomSource random) {
        this.loss = loss;
        this.pass = pass;
        this.rows = rows;
        this.outputs = outputs;
        this.logits = new Guarded("logits", rows, outputs, Guarded.ODD);
        this.targets = new Guarded("targets", rows, columns, Guarded.ODD);
        dLogits = new Guarded("dLogits", rows, outputs, Guarded.ODD);
        logitValues = logits;
        targetValues = targets;
        this.random = random;
    }

    /** Tries all rules, with rows × outputs logits and rows × columns targets. */
    static List<Finding> of(
            Loss loss,
            Pass pass,
            int rows,
            int outputs,
            float[] logits,
            int columns,
            float[] targets,
            RandomSource random) {
        LossConduct conduct = new LossConduct(loss, pass, rows, outputs, logits, columns, targets, random);
        try {
            conduct.all();
        } catch (RuntimeException | AssertionError e) {
            conduct.findings.add(Run.thrown(loss.toString(), "valueAndGradient", e));
        }
        return conduct.findings;
    }

    private void find(Kind kind, String text) {
        findings.add(new Finding(kind, loss.toString(), text));
    }

    private float[] garbage(int n) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) v[i] = 1 + random.uniform();
        return v;
    }

    private double gradient(int row, int of) {
        return loss.valueAndGradient(pass, row, of, logits.slice(), targets.slice(), dLogits.slice());
    }

    private void all() {
        int row = rows / 2;
        logits.set(logitValues);
        targets.set(targetValues);
        float[] there = garbage(rows * outputs);
        dLogits.set(there);
        logits.mark();
        targets.mark();
        dLogits.mark();
        double value = gradient(row, rows);
        float[] d = Arrays.copyOfRange(dLogits.get(), row * outputs, (row + 1) * outputs);
        String damage = logits.damage(0, 0, false);
        if (damage == null) damage = targets.damage(0, 0, false);
        if (damage != null) {
            boolean outside = damage.contains(" floats ");
            find(
                    outside ? Kind.WRITES_OUTSIDE : Kind.MODIFIES_ARGUMENT,
                    outside ? "it wrote " + damage : "it changed " + damage + ", which it may only read");
            return;
        }
        damage = dLogits.damage(row, row + 1, true);
        if (damage != null) {
            find(Kind.WRITES_OUTSIDE, "asked for row " + row + " it wrote " + damage);
            return;
        }
        if (dLogits.padding() != null) {
            find(Kind.PADDING, dLogits.padding() + ", +0.0 expected: the layer before reads it");
            return;
        }
        // Again, over zeros and with padding that is not.
        dLogits.set(new float[rows * outputs]);
        dLogits.pad(0f);
        double second = gradient(row, rows);
        if (!same(row, d) || second != value) {
            dLogits.set(there);
            double third = gradient(row, rows);
            boolean repeatable = third == value && same(row, d);
            find(
                    repeatable ? Kind.READS_RESULT : Kind.NOT_REPEATABLE,
                    repeatable
                            ? "its gradient depends on what was in dLogits before, which it must overwrite"
                            : "the same logits and targets give a loss of " + value + " and then of " + second
                                    + ", or other gradients");
            return;
        }
        logits.pad(Float.NaN);
        targets.pad(Float.NaN);
        dLogits.pad(Float.NaN);
        second = gradient(row, rows);
        dLogits.mark();
        for (int c = outputs; c < dLogits.slice().stride(); c++)
            if (Float.floatToRawIntBits(dLogits.slice().array()[dLogits.slice().at(row) + c]) != 0) {
                find(Kind.PADDING, "it leaves NaN in the padding of its row of dLogits, +0.0 expected");
                return;
            }
        logits.pad(0f);
        targets.pad(0f);
        dLogits.pad(0f);
        if (!same(row, d) || second != value) {
            find(Kind.PADDING, "it reads the padding of logits or targets, whose values are unspecified");
            return;
        }
        // Other rows.
        float[] others = garbage(rows * outputs);
        System.arraycopy(logitValues, row * outputs, others, row * outputs, outputs);
        logits.set(others);
        second = gradient(row, rows);
        if (!same(row, d) || second != value) {
            find(Kind.MIXES_ROWS, "row " + row + "'s loss or gradient changes with other rows' logits");
            return;
        }
        logits.set(logitValues);
        // Half the rows: twice the gradient, the same loss.
        second = gradient(row, 2 * rows);
        float[] half = Arrays.copyOfRange(dLogits.get(), row * outputs, (row + 1) * outputs);
        if (second != value) {
            find(
                    Kind.WRONG_LOSS,
                    "a row's loss is " + value + " in a batch of " + rows + " and " + second + " in one of " + 2 * rows
                            + "; it must not be divided by the rows, only the gradient");
            return;
        }
        for (int c = 0; c < outputs; c++)
            if (Math.abs(2 * half[c] - d[c]) > 8 * Math.ulp(d[c]) + 1e-24f) {
                find(
                        Kind.IGNORES_ROWS,
                        "dLogits[" + row + "][" + c + "] is " + d[c] + " in a batch of " + rows + " and " + half[c]
                                + " in one of " + 2 * rows
                                + ", where half of it is expected: it is to be divided by the"
                                + " rows of the batch");
                return;
            }
        float[] nan = logitValues.clone();
        nan[row * outputs + outputs - 1] = Float.NaN;
        logits.set(nan);
        value = gradient(row, rows);
        if (value == value) find(Kind.WRONG_LOSS, "the loss is " + value + " where a logit is NaN, NaN expected");
    }

    private boolean same(int row, float[] d) {
        float[] now = dLogits.get();
        for (int c = 0; c < outputs; c++)
            if (Float.floatToRawIntBits(now[row * outputs + c]) != Float.floatToRawIntBits(d[c])) return false;
        return true;
    }
}
