package lanewise.check;

import lanewise.check.GradientReport.Kind;
import lanewise.layer.Arithmetic;
import lanewise.layer.Loss;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Squared error, or softmax and cross-entropy, right but for one mistake. */
final class PlantedLoss extends Loss {

    enum Mistake {
        NONE(null, ""),
        SUM_OVER_ROWS(Kind.IGNORES_ROWS, "it is to be divided by the rows of the batch"),
        LOSS_DIVIDED_BY_ROWS(Kind.WRONG_LOSS, "in one of 10; it must not be divided by the rows"),
        CAPACITY_FOR_ROWS(
                Kind.IGNORES_ROWS,
                "in one of 10, where half of it is expected: it is to be divided by the rows of the batch"),
        SUM_OVER_OUTPUTS(Kind.WRONG_GRADIENT, "the number of outputs: a sum where a mean belongs?"),
        FACTOR_TWO_FORGOTTEN(Kind.WRONG_GRADIENT, "each is 0.50000 times the numeric value"),
        SIGN(Kind.WRONG_GRADIENT, "the other sign"),
        NO_TARGET(Kind.WRONG_GRADIENT, "logits"),
        TARGET_OF_FIRST_ROW(Kind.MIXES_ROWS, "changes with other rows' targets"),
        LAST_OUTPUT_LEFT_OUT(Kind.WRONG_GRADIENT, "all in column 16, the last block of 16"),
        ABSOLUTE_ERROR_BY_SQUARE(Kind.WRONG_GRADIENT, "logits"),
        MODIFIES_LOGITS(Kind.MODIFIES_ARGUMENT, "it changed logits[2][0], which it may only read"),
        MODIFIES_TARGETS(Kind.MODIFIES_ARGUMENT, "it changed targets[2][1], which it may only read"),
        WRITES_NEXT_ROW(Kind.WRITES_OUTSIDE, "asked for row 2 it wrote dLogits[3][0]"),
        WRITES_BEHIND(Kind.WRITES_OUTSIDE, "floats before logits"),
        DIRTY_PADDING(Kind.PADDING, "the padding of dLogits at [2][17] is 0.5, +0.0 expected"),
        LEAVES_PADDING(Kind.PADDING, "it leaves NaN in the padding of its row of dLogits"),
        READS_PADDING(Kind.PADDING, "it reads the padding of logits or targets"),
        READS_PADDING_OF_TARGETS(Kind.PADDING, "it reads the padding of logits or targets"),
        ADDS(Kind.READS_RESULT, "which it must overwrite"),
        COUNTS_CALLS(Kind.NOT_REPEATABLE, "the same logits and targets give a loss of"),
        MIXES_ROWS(Kind.MIXES_ROWS, "changes with other rows' logits"),
        HIDES_NAN(Kind.WRONG_LOSS, "where a logit is NaN, NaN expected"),
        OTHER_VALUE_ALONE(Kind.WRONG_LOSS, "by value and"),
        VALUE_MODIFIES_TARGETS(Kind.MODIFIES_ARGUMENT, "value changed targets[2][1]"),
        COUNTS_FIRST_ROW_TWICE(Kind.MIXES_ROWS, "in row 0 of other matrices"),
        ASSUMES_STRIDE(Kind.MIXES_ROWS, "of other matrices"),
        DIVIDES_BY_ZEROS(Kind.WRONG_LOSS, "for zeros of -0.0"),
        OVERFLOWS(Kind.NOT_FINITE, "the loss of row 3 is Infinity"),
        THROWS(Kind.THROWS, "Index 17 out of bounds for length 17");

        final Kind kind;
        final String text;

        Mistake(Kind kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    private final Mistake mistake;
    private int calls;

    PlantedLoss(Mistake mistake) {
        super("planted squared error");
        this.mistake = mistake;
    }

    private boolean is(Mistake other) {
        return mistake == other;
    }

    @Override
    public double value(Pass pass, int row, Slice logits, Slice targets) {
        if (is(Mistake.VALUE_MODIFIES_TARGETS)) targets.set(row, 1, 0.25f);
        double value = super.value(pass, row, logits, targets);
        return is(Mistake.OTHER_VALUE_ALONE) ? Math.nextUp(value) : value;
    }

    @Override
    public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
        calls++;
        int n = logits.columns();
        double loss = 0;
        float divisor = is(Mistake.SUM_OVER_ROWS) ? 1 : is(Mistake.CAPACITY_FOR_ROWS) ? logits.rows() : rows;
        if (!is(Mistake.SUM_OVER_OUTPUTS)) divisor *= n;
        for (int c = 0; c < n; c++) {
            float t = targets.get(row, c);
            float e = logits.get(row, c) - t;
            if (is(Mistake.HIDES_NAN) && e != e) e = 0;
            loss += (double) e * e;
            float d = 2 * e;
            if (is(Mistake.FACTOR_TWO_FORGOTTEN)) d = e;
            if (is(Mistake.SIGN)) d = -d;
            if (is(Mistake.NO_TARGET)) d = 2 * logits.get(row, c);
            if (is(Mistake.TARGET_OF_FIRST_ROW)) d = 2 * (logits.get(row, c) - targets.get(0, c));
            if (is(Mistake.ABSOLUTE_ERROR_BY_SQUARE)) d = Math.signum(e);
            if (is(Mistake.LAST_OUTPUT_LEFT_OUT) && c == n - 1) d = 0;
            if (is(Mistake.ADDS)) d += dLogits.get(row, c);
            dLogits.set(row, c, Arithmetic.flush(d / divisor));
        }
        loss /= n;
        if (is(Mistake.COUNTS_FIRST_ROW_TWICE) && row == 0) loss *= 2;
        if (is(Mistake.ASSUMES_STRIDE) && row > 0)
            loss += 1e-3 * logits.array()[logits.offset() + (n + 15 & -16) * row];
        if (is(Mistake.DIVIDES_BY_ZEROS) && logits.get(row, 0) == 0) loss += Math.signum(1 / logits.get(row, 0));
        if (is(Mistake.OVERFLOWS) && row == 3) loss /= 0;
        if (is(Mistake.COUNTS_CALLS)) loss += calls;
        if (is(Mistake.LOSS_DIVIDED_BY_ROWS)) loss /= rows;
        if (is(Mistake.MIXES_ROWS)) loss += logits.get(0, 0);
        if (is(Mistake.MODIFIES_LOGITS)) logits.set(row, 0, 0.25f);
        if (is(Mistake.MODIFIES_TARGETS)) targets.set(row, 1, 0.25f);
        if (is(Mistake.WRITES_NEXT_ROW) && row + 1 < dLogits.rows()) dLogits.set(row + 1, 0, 0.25f);
        if (is(Mistake.WRITES_BEHIND)) logits.array()[logits.offset() - 2] = 0.25f;
        if (is(Mistake.READS_PADDING)) loss += logits.array()[logits.at(row) + n];
        if (is(Mistake.READS_PADDING_OF_TARGETS)) loss += targets.array()[targets.at(row) + n];
        if (is(Mistake.THROWS)) loss += logits.get(row, n);
        if (!is(Mistake.LEAVES_PADDING))
            for (int c = n; c < dLogits.stride(); c++)
                dLogits.array()[dLogits.at(row) + c] = is(Mistake.DIRTY_PADDING) ? 0.5f : 0f;
        return loss;
    }
}
