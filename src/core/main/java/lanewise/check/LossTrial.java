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
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Tries every {@link LossRule} on a loss with one batch until one is broken. */
final class LossTrial {

    /** How much two ways to the same loss may differ, relatively. */
    private static final double ALIKE = 1e-5;

    /** Rows of a {@link Rows large batch}, at most and at least, and numbers that it has otherwise. */
    private static final int MOST_ROWS = 259, LEAST_ROWS = 35, NUMBERS = 1 << 14;

    /** Rows of which gradients are divided by at most, and numbers of their logits, which one array must hold. */
    private static final int MOST_DIVIDED = 1 << 20, MOST_NUMBERS = 1 << 30;

    /** Overlapping calls of two threads that are enough, and nanoseconds: with a processor for each the first end it. */
    private static final int OVERLAPS = 8;

    private static final long NANOS = 60_000_000;

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
        boolean apart = same(call(rows));
        logits.set(logitValues);
        if (!apart) {
            find(Kind.MIXES_ROWS, "row " + row + "'s loss or gradient changes with other rows' logits");
            return;
        }
        int columns = targets.slice().columns();
        others = targetValues.clone();
        for (int r = 0; r < rows; r++)
            System.arraycopy(targetValues, (r == row ? row : (r + 1) % rows) * columns, others, r * columns, columns);
        targets.set(others);
        apart = same(call(rows));
        targets.set(targetValues);
        if (!apart) find(Kind.MIXES_ROWS, "row " + row + "'s loss or gradient changes with other rows' targets");
    }

    /**
     * In a batch of twice the rows the loss is the same and the gradient half; and in the largest batch of one array it is that
     * share of a single row's.
     */
    void dividesGradientByRows() {
        if (!divided(row, rows, value, gradient, 2 * rows, call(2 * rows), result())) return;
        Rows single = new Rows(1, pass);
        int many = Math.min(
                MOST_DIVIDED,
                Integer.highestOneBit(MOST_NUMBERS / logits.slice().stride()));
        single.set(0, row);
        double loss = single.call(0, 1);
        float[] whole = single.gradient(0);
        divided(0, 1, loss, whole, many, single.call(0, many), single.gradient(0));
    }

    /** Whether a row's loss is the same in a batch of few rows and of many, and its gradient the share of them. */
    private boolean divided(int place, int few, double loss, float[] of, int many, double lossOfMany, float[] ofMany) {
        String when = few > 1 ? "" : "only in batches of very few or very many rows: ";
        if (Double.compare(loss, lossOfMany) != 0) {
            find(
                    Kind.WRONG_LOSS,
                    when + "a row's loss is " + loss + " in a batch of " + few + " and " + lossOfMany + " in one of "
                            + many + "; it must not be divided by the rows, only the gradient");
            return false;
        }
        int ratio = many / few;
        for (int c = 0; c < outputs; c++)
            if (!(Math.abs(ratio * ofMany[c] - of[c]) <= 8 * Math.ulp(of[c]) + ratio * 1e-24f)) {
                find(
                        Kind.IGNORES_ROWS,
                        when + "dLogits[" + place + "][" + c + "] is " + of[c] + " in a batch of " + few + " and "
                                + ofMany[c] + " in one of " + many + ", where "
                                + (ratio == 2 ? "half of it" : of[c] / ratio)
                                + " is expected: it is to be divided by the rows of the batch");
                return false;
            }
        return true;
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

    /** All rows of a large batch in turn, those of another one, and then those of the first one backwards. */
    void allowsAnyOrder() {
        int many = many();
        Rows batch = new Rows(many, pass);
        double[] losses = new double[many];
        float[] gradients = null;
        for (int sweep = 0; sweep < 3; sweep++) {
            batch.fill(sweep % 2);
            for (int i = 0; i < many; i++) {
                int place = sweep == 2 ? many - 1 - i : i;
                double loss = batch.call(place, many);
                if (sweep == 0) losses[place] = loss;
                if (sweep < 2) continue;
                float[] there = batch.gradient(place);
                int at = batch.d.at(place);
                if (loss == losses[place] && Arrays.equals(there, Arrays.copyOfRange(gradients, at, at + outputs)))
                    continue;
                find(
                        Kind.KEEPS_STATE,
                        "only after calls for other rows: the loss of a row is " + losses[place] + " and then " + loss
                                + ", or its gradient is another; does a field keep what a call left there?");
                return;
            }
            if (sweep == 0) gradients = batch.d.array().clone();
        }
    }

    /** In the first and in the last place of a batch whose rows lie farther apart, and in all places of a large one. */
    void keepsRowsAlike() {
        int many = many();
        Rows batch = new Rows(many + 3, pass);
        // All but the trial's row, so that reading any other row shows.
        for (int r = 0; r < many + 3; r++) batch.set(r, other(r));
        for (int place : new int[] {0, rows - 1}) {
            batch.set(place, row);
            double other = batch.call(place, rows);
            boolean alike = other == value && LayerTrial.difference(batch.gradient(place), gradient) < 0;
            batch.set(place, other(place));
            if (alike) continue;
            find(
                    Kind.MIXES_ROWS,
                    "the loss of a row is " + value + " in row " + row + " and " + other + " in row " + place
                            + " of other matrices, or its gradient is another");
            return;
        }
        double[] losses = new double[many];
        float[] first = null;
        int from = -1, wrong = 0;
        for (int place = 0; place < many; place++) {
            batch.set(place, row);
            losses[place] = batch.call(place, many);
            float[] there = batch.gradient(place);
            batch.set(place, other(place));
            if (place == 0) first = there;
            if (losses[place] == value && LayerTrial.difference(there, first) < 0) continue;
            if (from < 0) from = place;
            wrong++;
        }
        if (wrong > 0)
            find(
                    Kind.DEPENDS_ON_ROWS,
                    (wrong == many - from ? "only from row " + from + " on: " : "only in large batches: ")
                            + "the loss of a row is " + value + " in row " + row + " and " + losses[from] + " in row "
                            + from + " of " + many + ", or its gradient is another");
    }

    void allowsThreads() {
        int many = many();
        Rows here =
                new Rows(many, Batch.forTraining(new Identity(outputs), many).pass());
        Rows there =
                new Rows(many, Batch.forTraining(new Identity(outputs), many).pass());
        here.fill(0);
        // so that no row of one is a row of the other
        there.fill(1);
        there.rotate();
        String text = ThreadRules.disturbance("loss", loss, here, there, OVERLAPS, NANOS);
        if (text != null) find(Kind.NOT_THREAD_SAFE, text);
    }

    /** A row of the trial that is not the one asked for. */
    private int other(int place) {
        return row + 1 + place % (rows - 1);
    }

    /** Rows of a large batch. */
    private int many() {
        return Math.max(rows, Math.max(LEAST_ROWS, Math.min(MOST_ROWS, NUMBERS / outputs)));
    }

    /** A batch of its own, whose rows are the trial's again and again, and lie farther apart. */
    private final class Rows implements ThreadRules.Side {

        /** Rows that are also asked for their value alone, which may allocate as many. */
        private static final int VALUES = 8;

        private final int count;
        private final Pass pass;
        private final Slice z;
        private final Slice t;
        private final Slice d;

        /** Of all rows, and again by value; as they are, and as they were in the first run. */
        private final double[] losses;

        private double[] first;
        private float[] firstGradient;
        private String call;

        Rows(int count, Pass pass) {
            this.count = count;
            this.pass = pass;
            z = matrix(outputs);
            t = matrix(targets.slice().columns());
            d = matrix(outputs);
            losses = new double[2 * count];
        }

        private Slice matrix(int columns) {
            int stride = (columns + 15 & -16) + 16;
            return new Slice(new float[28 + count * stride], 28, count, columns, stride);
        }

        /** Sets all rows to the trial's, beginning with this one. */
        void fill(int from) {
            for (int r = 0; r < count; r++) set(r, from + r);
        }

        /** Moves each row's logits by a column. */
        void rotate() {
            for (int r = 0; r < count; r++) {
                float first = z.get(r, 0);
                for (int c = 1; c < outputs; c++) z.set(r, c - 1, z.get(r, c));
                z.set(r, outputs - 1, first);
            }
        }

        /** Sets a row to the trial's with this number, counted around. */
        void set(int place, int number) {
            int from = number % rows, columns = t.columns();
            System.arraycopy(logitValues, from * outputs, z.array(), z.at(place), outputs);
            System.arraycopy(targetValues, from * columns, t.array(), t.at(place), columns);
        }

        /** The loss of a row in a batch of so many. */
        double call(int place, int of) {
            return Harness.loss(loss, pass, place, of, z, t, d);
        }

        float[] gradient(int place) {
            return Arrays.copyOfRange(d.array(), d.at(place), d.at(place) + outputs);
        }

        @Override
        public void run() {
            call = "valueAndGradient";
            for (int r = 0; r < count; r++) losses[r] = call(r, count);
            call = "value";
            for (int r = 0; r < count; r++) losses[count + r] = loss.value(pass, r % VALUES, z, t);
            if (first != null) return;
            first = losses.clone();
            firstGradient = d.array().clone();
        }

        @Override
        public String difference() {
            int i = Arrays.mismatch(losses, first);
            if (i >= 0)
                return (i < count ? "the loss of row " + i : "the value alone of row " + (i - count) % VALUES) + " is "
                        + first[i] + " in one and " + losses[i] + " in the other";
            i = Arrays.mismatch(d.array(), firstGradient);
            return i < 0
                    ? null
                    : "an entry of the gradient of row " + (i - d.offset()) / d.stride() + " is " + firstGradient[i]
                            + " in one and " + d.array()[i] + " in the other";
        }

        @Override
        public String call() {
            return call;
        }
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
