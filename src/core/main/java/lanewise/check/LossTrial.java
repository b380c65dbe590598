package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;

/** Tries every {@link LossRule} on a loss with one batch until one is broken. */
final class LossTrial {

    private final Loss loss;
    private final Pass pass;
    private final int rows;
    private final int outputs;
    private final Guarded logits;
    private final Guarded targets;
    private final Guarded dLogits;
    private final float[] logitValues;
    private final float[] targetValues;

    /** What dLogits holds before the first call. */
    private final float[] garbage;

    private final RandomSource random;
    private final List<Finding> findings = new ArrayList<>();
    private LossRule rule;

    /** The row that is asked for, and the first loss and gradient of it. */
    private final int row;

    private double value;
    private float[] gradient;

    /** A trial in which no rule was tried yet, with rows × outputs logits and rows × columns targets. */
    LossTrial(
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
        garbage = garbage();
        row = rows / 2;
    }

    /** Tries the rules until one is broken, and returns the breach; an exception is one. */
    List<Finding> attemptAll() {
        try {
            for (LossRule next : LossRule.values()) {
                rule = next;
                rule.check(this);
                if (!findings.isEmpty()) break;
            }
        } catch (RuntimeException | AssertionError e) {
            findings.add(Finding.thrown(loss.toString(), "valueAndGradient", e));
        }
        return findings;
    }

    /** The rule that was tried last. */
    LossRule rule() {
        return rule;
    }

    private void find(Kind kind, String text) {
        assert rule.kinds().contains(kind) : rule + " does not list " + kind;
        findings.add(new Finding(kind, loss.toString(), text));
    }

    private float[] garbage() {
        float[] v = new float[rows * outputs];
        for (int i = 0; i < v.length; i++) v[i] = 1 + random.uniform();
        return v;
    }

    /** The loss of the row in a batch of so many. */
    private double call(int of) {
        return Harness.loss(loss, pass, row, of, logits.slice(), targets.slice(), dLogits.slice());
    }

    /** The row's gradient. */
    private float[] result() {
        return Arrays.copyOfRange(dLogits.get(), row * outputs, (row + 1) * outputs);
    }

    /** Whether this loss and the gradient that is there are the first ones. */
    private boolean same(double loss) {
        return loss == value && LayerTrial.difference(result(), gradient) < 0;
    }

    void writesItsRowOnly() {
        logits.set(logitValues);
        targets.set(targetValues);
        dLogits.set(garbage);
        logits.mark();
        targets.mark();
        dLogits.mark();
        value = call(rows);
        gradient = result();
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
        String padding = dLogits.padding();
        if (damage != null) find(Kind.WRITES_OUTSIDE, "asked for row " + row + " it wrote " + damage);
        else if (padding != null) find(Kind.PADDING, padding + ", +0.0 expected: the layer before reads it");
    }

    void isRepeatable() {
        dLogits.set(new float[rows * outputs]);
        dLogits.pad(0f);
        double second = call(rows);
        if (same(second)) return;
        dLogits.set(garbage);
        boolean repeatable = same(call(rows));
        find(
                repeatable ? Kind.READS_RESULT : Kind.NOT_REPEATABLE,
                repeatable
                        ? "its gradient depends on what was in dLogits before, which it must overwrite"
                        : "the same logits and targets give a loss of " + value + " and then of " + second
                                + ", or other gradients");
    }

    void ignoresPadding() {
        logits.pad(Float.NaN);
        targets.pad(Float.NaN);
        dLogits.pad(Float.NaN);
        double loss = call(rows);
        for (int c = outputs; c < dLogits.slice().stride(); c++)
            if (LayerTrial.differ(dLogits.slice().array()[dLogits.slice().at(row) + c], 0f)) {
                find(Kind.PADDING, "it leaves NaN in the padding of its row of dLogits, +0.0 expected");
                return;
            }
        logits.pad(0f);
        targets.pad(0f);
        dLogits.pad(0f);
        if (!same(loss)) find(Kind.PADDING, "it reads the padding of logits or targets, whose values are unspecified");
    }

    void keepsRowsApart() {
        float[] others = garbage();
        System.arraycopy(logitValues, row * outputs, others, row * outputs, outputs);
        logits.set(others);
        if (!same(call(rows)))
            find(Kind.MIXES_ROWS, "row " + row + "'s loss or gradient changes with other rows' logits");
        logits.set(logitValues);
    }

    /** In a batch of twice the rows the loss is the same and the gradient half. */
    void dividesGradientByRows() {
        double loss = call(2 * rows);
        if (loss != value) {
            find(
                    Kind.WRONG_LOSS,
                    "a row's loss is " + value + " in a batch of " + rows + " and " + loss + " in one of " + 2 * rows
                            + "; it must not be divided by the rows, only the gradient");
            return;
        }
        float[] half = result();
        for (int c = 0; c < outputs; c++)
            if (Math.abs(2 * half[c] - gradient[c]) > 8 * Math.ulp(gradient[c]) + 1e-24f) {
                find(
                        Kind.IGNORES_ROWS,
                        "dLogits[" + row + "][" + c + "] is " + gradient[c] + " in a batch of " + rows + " and "
                                + half[c] + " in one of " + 2 * rows
                                + ", where half of it is expected: it is to be divided by the rows of the batch");
                return;
            }
    }

    void reportsInvalidLogits() {
        float[] nan = logitValues.clone();
        nan[row * outputs + outputs - 1] = Float.NaN;
        logits.set(nan);
        double loss = call(rows);
        if (loss == loss) find(Kind.WRONG_LOSS, "the loss is " + loss + " where a logit is NaN, NaN expected");
    }
}
