package lanewise;

import lanewise.kernel.Kernels;

/**
 * What training makes small: a number for each row of outputs and targets, and its gradient.
 *
 * <p>A network's outputs are logits; the losses for probabilities take them so, which is exact where a separate softmax
 * or sigmoid would lose digits. Own losses extend this class and use {@link Arithmetic}. Immutable; any number of
 * threads.
 */
public abstract class Loss {

    /**
     * Softmax and cross-entropy: {@code log Σ exp(z) − z·t}, with {@code z} the logits and {@code t} the target's
     * probabilities; gradient {@code softmax(z) − t} (Bridle 1990). Targets: one column that holds the class's index,
     * or a column for each class with probabilities that sum to 1 (one-hot, for example).
     */
    public static final Loss SOFTMAX_CROSS_ENTROPY = new SoftmaxCrossEntropy();

    /**
     * Sigmoid and cross-entropy, the mean over outputs: {@code max(z, 0) − z t + log(1 + e^−|z|)}; gradient
     * {@code (sigmoid(z) − t) / outputs}. Targets: a column for each output, in [0, 1].
     */
    public static final Loss BINARY_CROSS_ENTROPY = new BinaryCrossEntropy();

    /**
     * Squared error, the mean over outputs: {@code (y − t)²}; gradient {@code 2 (y − t) / outputs}. Targets: a column
     * for each output.
     */
    public static final Loss MEAN_SQUARED_ERROR = new MeanSquaredError();

    private final String name;

    /**
     * For losses of one's own.
     *
     * @param name as tables and error messages show it
     */
    protected Loss(String name) {
        this.name = name;
    }

    /**
     * The losses of this class.
     *
     * @return all of them
     */
    public static java.util.List<Loss> all() {
        return java.util.List.of(SOFTMAX_CROSS_ENTROPY, BINARY_CROSS_ENTROPY, MEAN_SQUARED_ERROR);
    }

    /**
     * Whether targets may have so many columns.
     *
     * @param outputs the network's outputs
     * @param targetColumns columns of the targets
     * @return by default, whether they are equal
     */
    public boolean accepts(int outputs, int targetColumns) {
        return outputs == targetColumns;
    }

    /**
     * One row's loss, in double, and the gradient of the batch's mean loss with respect to this row's logits, that is
     * the row's gradient divided by {@code rows}; overwrites dLogits' row, small values flushed, padding +0.0.
     *
     * @param pass the pass that computed the logits
     * @param row which row
     * @param rows the batch's actual number of rows
     * @param logits rows × outputs; not modified
     * @param targets rows × columns; not modified
     * @param dLogits rows × outputs; its row is overwritten
     * @return the row's loss; NaN if a logit is NaN
     * @throws IllegalArgumentException if a target is none of those that this loss is for
     */
    public abstract double gradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits);

    /** The loss's name. */
    @Override
    public final String toString() {
        return name;
    }

    private static void clearPadding(Slice d, int row) {
        int from = d.at(row) + d.columns(), to = d.at(row) + Kernels.padded(d.columns());
        for (int i = from; i < to; i++) d.array()[i] = 0f;
    }

    private static final class SoftmaxCrossEntropy extends Loss {

        /** Probabilities that were rounded to a few digits still pass. */
        private static final double TOTAL_TOLERANCE = 1e-3;

        SoftmaxCrossEntropy() {
            super("softmax cross-entropy");
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return targetColumns == 1 || targetColumns == outputs;
        }

        @Override
        public double gradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            float[] z = logits.array(), t = targets.array(), d = dLogits.array();
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row), dO = dLogits.at(row);
            float max = z[zo];
            for (int i = 1; i < n; i++) max = Math.max(max, z[zo + i]);
            double logSum = StrictMath.log(pass.kernels().softmax(z, zo, n, max, d, dO));
            if (targets.columns() == 1) {
                int label = (int) t[to];
                if (label < 0 || label >= n || label != t[to])
                    throw new IllegalArgumentException("row " + row + ": target class " + t[to]
                            + ", an integer from 0 to " + (n - 1) + " expected");
                for (int i = 0; i < n; i++) {
                    float p = i == label ? d[dO + i] - 1f : d[dO + i];
                    d[dO + i] = Arithmetic.flush(p / rows);
                }
                return logSum + ((double) max - z[zo + label]);
            }
            double loss = 0, total = 0;
            for (int i = 0; i < n; i++) total += t[to + i];
            if (!(Math.abs(total - 1) < TOTAL_TOLERANCE))
                throw new IllegalArgumentException("row " + row + ": the target's probabilities add up to " + total
                        + ", 1 expected; softmax cross-entropy has no other targets");
            for (int i = 0; i < n; i++) {
                loss += t[to + i] * (logSum + ((double) max - z[zo + i]));
                d[dO + i] = Arithmetic.flush((d[dO + i] - t[to + i]) / rows);
            }
            return loss;
        }
    }

    private static final class BinaryCrossEntropy extends Loss {

        BinaryCrossEntropy() {
            super("binary cross-entropy");
        }

        @Override
        public double gradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row), dO = dLogits.at(row);
            double loss = 0;
            for (int i = 0; i < n; i++) {
                float z = logits.array()[zo + i], t = targets.array()[to + i];
                if (!(t >= 0f && t <= 1f))
                    throw new IllegalArgumentException(
                            "row " + row + ": target " + i + " is " + t + ", a probability from 0 to 1 expected");
                loss += Math.max(z, 0.0) - (double) z * t + StrictMath.log1p(StrictMath.exp(-Math.abs((double) z)));
                dLogits.array()[dO + i] = Arithmetic.flush((Arithmetic.sigmoid(z) - t) / n / rows);
            }
            clearPadding(dLogits, row);
            return loss / n;
        }
    }

    private static final class MeanSquaredError extends Loss {

        MeanSquaredError() {
            super("mean squared error");
        }

        @Override
        public double gradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row), dO = dLogits.at(row);
            double loss = 0;
            for (int i = 0; i < n; i++) {
                float e = logits.array()[zo + i] - targets.array()[to + i];
                loss += (double) e * e;
                dLogits.array()[dO + i] = Arithmetic.flush(2f * e / n / rows);
            }
            clearPadding(dLogits, row);
            return loss / n;
        }
    }
}
