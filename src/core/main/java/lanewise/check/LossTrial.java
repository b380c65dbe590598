package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Targets;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Tries every {@link LossRule} on a loss with one batch until one is broken. */
final class LossTrial {

    /** How much two ways to the same loss may differ, relatively. */
    private static final double ALIKE = 1e-5;

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
        logits.set(logitValues);
        if (loss == loss) find(Kind.WRONG_LOSS, "the loss is " + loss + " where a logit is NaN, NaN expected");
    }

    void givesTheSameValueAlone() {
        logits.mark();
        targets.mark();
        double alone = loss.value(pass, row, logits.slice(), targets.slice());
        String damage = logits.damage(0, 0, false);
        if (damage == null) damage = targets.damage(0, 0, false);
        if (damage != null) find(Kind.MODIFIES_ARGUMENT, "value changed " + damage + ", which it may only read");
        else if (Double.doubleToLongBits(alone) != Double.doubleToLongBits(value))
            find(
                    Kind.WRONG_LOSS,
                    "the loss is " + alone + " by value and " + value + " by valueAndGradient; the same bits are"
                            + " expected");
    }

    /** In the first and in the last place of a batch whose rows lie farther apart, in matrices with more rows. */
    void keepsRowsAlike() {
        for (int place : new int[] {0, rows - 1}) {
            Slice z = apart(logitValues, outputs, place),
                    t = apart(targetValues, targets.slice().columns(), place);
            Slice d = apart(garbage, outputs, place);
            double other = Harness.loss(loss, pass, place, rows, z, t, d);
            float[] there = Arrays.copyOfRange(d.array(), d.at(place), d.at(place) + outputs);
            if (other == value && LayerTrial.difference(there, gradient) < 0) continue;
            find(
                    Kind.MIXES_ROWS,
                    "the loss of a row is " + value + " in row " + row + " and " + other + " in row " + place
                            + " of other matrices, or its gradient is another");
            return;
        }
    }

    /** The rows of a matrix again and again, with the trial's row in this place. */
    private Slice apart(float[] values, int columns, int place) {
        int stride = (columns + 15 & -16) + 16, all = rows + 3;
        Slice slice = new Slice(new float[28 + all * stride], 28, all, columns, stride);
        for (int r = 0; r < all; r++)
            System.arraycopy(values, (r == place ? row : r % rows) * columns, slice.array(), slice.at(r), columns);
        return slice;
    }

    void ignoresSignsOfZeros() {
        double[] losses = new double[2];
        float[][] gradients = new float[2][];
        float[] z = logitValues.clone(), t = targetValues.clone();
        for (int i = 0; i < 2; i++) {
            float zero = i == 0 ? 0f : -0f;
            for (int c = 0; c < outputs; c += 2) z[row * outputs + c] = zero;
            for (int c = 0; c < t.length; c++) if (t[c] == 0) t[c] = zero;
            logits.set(z);
            targets.set(t);
            losses[i] = call(rows);
            gradients[i] = result();
        }
        logits.set(logitValues);
        targets.set(targetValues);
        int c = 0;
        while (c < outputs && gradients[0][c] == gradients[1][c]) c++;
        if (losses[0] != losses[1])
            find(Kind.WRONG_LOSS, "the loss is " + losses[0] + " for zeros and " + losses[1] + " for zeros of -0.0");
        else if (c < outputs)
            find(
                    Kind.WRONG_LOSS,
                    "the gradient is " + gradients[0][c] + " for zeros and " + gradients[1][c]
                            + " where logits or targets are -0.0");
    }

    void takesClassesAsOneHot() {
        if (targets.slice().columns() != 1 || outputs == 1 || !loss.accepts(outputs, outputs)) return;
        if (loss.targets(outputs, 1) != Targets.CLASS && loss.output() != Output.SOFTMAX) return;
        int label = (int) targetValues[row];
        if (label != targetValues[row] || label < 0 || label >= outputs) return;
        Slice oneHot = Slice.allocate(rows, outputs);
        oneHot.set(row, label, 1);
        if (loss.refusal(oneHot, row, outputs) != null) return;
        double other = Harness.loss(loss, pass, row, rows, logits.slice(), oneHot, dLogits.slice());
        float[] there = result();
        boolean same = Math.abs(other - value) <= ALIKE * Math.max(1, Math.abs(value));
        for (int c = 0; c < outputs; c++) same &= Math.abs(there[c] - gradient[c]) <= ALIKE / rows;
        if (!same)
            find(
                    Kind.WRONG_LOSS,
                    "class " + label + " gives a loss of " + value + " and its one-hot row one of " + other
                            + ", or other gradients");
    }
}
