package lanewise.layer;

import lanewise.Model;
import lanewise.kernel.Elementary;
import lanewise.kernel.Function;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * What training makes small: a number for each row of outputs and targets, and its gradient.
 *
 * <p>A network's outputs are logits; the losses for probabilities take them so, which is exact where a separate softmax
 * or sigmoid would lose digits. Own losses extend this class and use {@link Arithmetic}. Immutable; any number of
 * threads.
 */
public abstract class Loss {

    /**
     * Softmax and cross-entropy: {@code Σ t · log Σ exp(z) − z·t}, with {@code z} the logits and {@code t} the target's
     * probabilities; gradient {@code Σ t · softmax(z) − t} (Bridle 1990). Targets: one column that holds the class's
     * index, or a column for each class with its probability (one-hot, for example), not negative. A row need not sum
     * to 1: a row whose sum is 2.5 has 2.5 times the loss and the gradient, which gives samples their weights.
     * {@link SoftmaxCrossEntropy} has label smoothing and class weights. Two outputs at least.
     */
    public static final SoftmaxCrossEntropy SOFTMAX_CROSS_ENTROPY = new SoftmaxCrossEntropy(0f, null);

    /**
     * Sigmoid and cross-entropy, the mean over outputs: {@code max(z, 0) − z t + log(1 + e^−|z|)}; gradient
     * {@code (sigmoid(z) − t) / outputs}. Targets: a column for each output, in [0, 1]; above ½ it counts as a yes.
     */
    public static final Loss BINARY_CROSS_ENTROPY = new BinaryCrossEntropy();

    /**
     * Squared error, the mean over outputs: {@code (y − t)²}; gradient {@code 2 (y − t) / outputs}. Targets: a column
     * for each output.
     */
    public static final Loss MEAN_SQUARED_ERROR = new MeanSquaredError();

    /**
     * Absolute error, the mean over outputs: {@code |y − t|}; gradient {@code sign(y − t) / outputs}, 0 at y = t.
     * Targets: a column for each output.
     */
    public static final Loss MEAN_ABSOLUTE_ERROR = new MeanAbsoluteError();

    /** {@link #huber} with δ = 1. */
    public static final Loss HUBER = huber(1f);

    /**
     * Hinge loss, the mean over outputs: {@code max(0, 1 − t z)} (Cortes and Vapnik 1995); gradient {@code −t / outputs}
     * where t z &lt; 1, else 0. Targets: a column for each output, −1 for no or +1 for yes.
     */
    public static final Loss HINGE = new Hinge();

    /**
     * Kullback and Leibler's divergence from the target's probabilities t to the softmax of the logits z (Kullback and
     * Leibler 1951, eq. 2.4): {@code Σ t (log t − log softmax(z))}, 0 log 0 being 0. It is the cross-entropy less the
     * targets' own entropy, so it is 0 for a perfect answer; its gradient is the same, {@code Σt · softmax(z) − t}.
     * Targets: a column for each class, not negative; rows that do not sum to 1 count as there. Two outputs at least.
     */
    public static final Loss KULLBACK_LEIBLER = new KullbackLeibler();

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
     * The mean over outputs of {@code ½ e²} where |e| ≤ δ, else {@code δ (|e| − ½ δ)}, with e = y − t (Huber 1964);
     * gradient e limited to ±δ, divided by outputs. Targets: a column for each output.
     *
     * @param delta where the parabola becomes a line, positive and finite
     * @return the loss
     * @throws IllegalArgumentException if delta is not positive and finite
     */
    public static Loss huber(float delta) {
        return new Huber(delta);
    }

    /**
     * The losses of this class.
     *
     * @return softmax cross-entropy, binary cross-entropy, mean squared error, mean absolute error, Huber, hinge,
     *     Kullback-Leibler
     */
    public static java.util.List<Loss> all() {
        return java.util.List.of(
                SOFTMAX_CROSS_ENTROPY,
                BINARY_CROSS_ENTROPY,
                MEAN_SQUARED_ERROR,
                MEAN_ABSOLUTE_ERROR,
                HUBER,
                HINGE,
                KULLBACK_LEIBLER);
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
     * The kind of targets that this loss is for. Others are refused, and gradient checks draw such ones.
     *
     * @param outputs the network's outputs
     * @param targetColumns columns of the targets, which this loss {@link #accepts}
     * @return {@link Targets#ANY} by default: all finite numbers
     */
    public Targets targets(int outputs, int targetColumns) {
        return Targets.ANY;
    }

    /**
     * What outputs trained with this loss answer; {@link Model} and evaluations go by it.
     *
     * @param outputs the network's outputs
     * @return by default the task that belongs to {@link #output}
     */
    public Task task(int outputs) {
        return Task.of(output(), outputs);
    }

    /**
     * Where a no ends and a yes begins among the targets of a binary or multilabel task: a target above it is a yes.
     *
     * @return by default ½, for targets that are probabilities or 0 and 1; the hinge loss has 0
     */
    public float yesAbove() {
        return 0.5f;
    }

    /**
     * Why a row of targets is none of those that this loss is for, in words that follow the row's name. Training and
     * evaluation ask for all samples before they begin.
     *
     * @param targets rows × columns; not modified
     * @param row which row
     * @param outputs the network's outputs
     * @return null if the row is as it should be; by default, if it has as many columns as this loss {@link #accepts},
     *     and is of the kind that {@link #targets} tells
     */
    public String refusal(Slice targets, int row, int outputs) {
        if (!accepts(outputs, targets.columns()))
            return "targets of " + targets.columns() + " columns do not fit " + outputs + " outputs with " + this;
        return targets(outputs, targets.columns()).refusal(targets, row, outputs);
    }

    /** @throws IllegalArgumentException if the row's targets are none of those that this loss is for */
    final void require(Slice logits, Slice targets, int row) {
        String why = refusal(targets, row, logits.columns());
        if (why != null) throw new IllegalArgumentException("row " + row + ": " + why);
    }

    /**
     * Refuses layers that this loss cannot train to what it means, although their sizes fit: a softmax or sigmoid at the
     * end under a loss that takes logits, because it has one of its own or goes by their sign; a ReLU or softplus under one
     * that goes by their sign; a softmax over a single output, which is 1 whatever the weights are. {@link lanewise.train.Trainer}, {@link lanewise.train.Evaluation} and
     * {@link Model} ask.
     *
     * @param layers all layers of a network
     * @throws IllegalArgumentException if they do not fit; the message says what to do
     */
    public void check(Stack layers) {
        int outputs = layers.outputSize();
        Layer last = last(layers);
        Activation end = last instanceof Dense dense
                ? dense.activation()
                : last instanceof Pointwise pointwise ? pointwise.activation() : Activation.IDENTITY;
        boolean squashed = last instanceof Softmax || end == Activation.SIGMOID || end == Activation.HARD_SIGMOID;
        if (outputs == 1 && (output() == Output.SOFTMAX || last instanceof Softmax))
            throw new IllegalArgumentException("a softmax of one output is 1 always, so nothing could be learned; for a"
                    + " yes or no, train one output with BINARY_CROSS_ENTROPY, or two with SOFTMAX_CROSS_ENTROPY");
        Task task = task(outputs);
        if (squashed && task != Task.REGRESSION)
            throw new IllegalArgumentException("the last layer (" + last + ") makes probabilities, but " + this
                    + (output() == Output.IDENTITY
                            ? " goes by the sign of its outputs, which would be positive always"
                            : " takes logits and applies the " + output()
                                    + " itself; twice would learn slowly and never become certain")
                    + "; end the network with a dense layer without activation (Activation.IDENTITY)");
        if ((task == Task.BINARY || task == Task.MULTILABEL)
                && (end == Activation.RELU
                        || end == Activation.RELU6
                        || end == Activation.SOFTPLUS
                        || end.number() == Function.SCALED_SOFTPLUS.number()))
            throw new IllegalArgumentException("the last layer (" + last + ") gives no number below zero, but " + this
                    + " takes those for no; end the network with a dense layer without activation"
                    + " (Activation.IDENTITY)");
        String why = task.refusal(output(), outputs);
        if (why != null) throw new IllegalArgumentException(this + ": " + why);
    }

    /** The last layer that changes anything in prediction. */
    private static Layer last(Stack stack) {
        for (int i = stack.layers().size() - 1; i >= 0; i--) {
            Layer layer = stack.layers().get(i);
            if (layer instanceof Stack inner) layer = last(inner);
            if (layer != null && !(layer instanceof Dropout)) return layer;
        }
        return null;
    }

    /**
     * Computes one row's loss, in double: the same bits as {@link #valueAndGradient} returns. Evaluations call it.
     *
     * <p>By default calls {@link #valueAndGradient} on a new gradient of row + 1 rows, which it throws away: right for every
     * loss, but it allocates. The losses of this class override it and allocate nothing.
     *
     * @param pass the pass that computed the logits
     * @param row which row
     * @param logits rows × outputs; not modified
     * @param targets rows × columns; not modified
     * @return the row's loss; NaN if a logit is NaN
     * @throws IllegalArgumentException if a target is none of those that this loss is for
     */
    public double value(Pass pass, int row, Slice logits, Slice targets) {
        return valueAndGradient(pass, row, row + 1, logits, targets, Slice.allocate(row + 1, logits.columns()));
    }

    /**
     * Computes one row's loss, in double, and the gradient of the batch's mean loss with respect to this row's logits, that
     * is the row's gradient divided by {@code rows}; overwrites dLogits' row, small values flushed, padding +0.0.
     *
     * @param pass the pass that computed the logits
     * @param row which row
     * @param rows the batch's actual number of rows
     * @param logits rows × outputs; not modified
     * @param targets rows × columns; not modified
     * @param dLogits rows × outputs; its row is overwritten
     * @return the row's loss, not divided; NaN if a logit is NaN
     * @throws IllegalArgumentException if a target is none of those that this loss is for
     */
    public abstract double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits);

    /**
     * What turns a network's logits into predictions after training with this loss: {@link Model} applies it.
     *
     * @return {@link Output#IDENTITY} by default
     */
    public Output output() {
        return Output.IDENTITY;
    }

    /** The loss's name. */
    @Override
    public final String toString() {
        return name;
    }

    /**
     * {@link Loss#SOFTMAX_CROSS_ENTROPY}, and its forms with label smoothing and class weights:
     * {@code Σ w[c] t[c] (log Σ exp(z) − z[c])}; gradient {@code (Σ w[c] t[c]) · softmax(z) − w t}.
     */
    public static final class SoftmaxCrossEntropy extends Loss {

        private final float smoothing;
        private final float[] weights;

        private SoftmaxCrossEntropy(float smoothing, float[] weights) {
            super("softmax cross-entropy" + (smoothing == 0f ? "" : ", label smoothing " + smoothing)
                    + (weights == null ? "" : ", class weights " + java.util.Arrays.toString(weights)));
            this.smoothing = smoothing;
            this.weights = weights;
        }

        /**
         * This loss with targets {@code (1 − smoothing) t + smoothing / classes} in place of t (Szegedy et al. 2016,
         * §7), which keeps logits from growing without bound.
         *
         * @param smoothing share of the target that all classes have in common, in [0, 1); 0.1 is usual
         * @return the loss
         * @throws IllegalArgumentException if the share is outside
         */
        public SoftmaxCrossEntropy withLabelSmoothing(float smoothing) {
            if (!(smoothing >= 0f && smoothing < 1f))
                throw new IllegalArgumentException(
                        "label smoothing " + smoothing + " given, a share in [0, 1) expected");
            return new SoftmaxCrossEntropy(smoothing, weights);
        }

        /**
         * This loss with each class's term multiplied by a weight: more than 1 for rare classes, for example (King and
         * Zeng 2001, §4.2). A batch's mean is over its rows, whatever their weights. With label smoothing, the smoothed
         * target's terms are weighted.
         *
         * @param weights one for each class, not negative and finite; copied
         * @return the loss
         * @throws IllegalArgumentException if a weight is negative or not finite, or there is none
         */
        public SoftmaxCrossEntropy withClassWeights(float... weights) {
            if (weights.length == 0)
                throw new IllegalArgumentException("no class weights; one for each class expected");
            for (int c = 0; c < weights.length; c++)
                if (!(weights[c] >= 0f && weights[c] < Float.POSITIVE_INFINITY))
                    throw new IllegalArgumentException("weight of class " + c + " is " + weights[c]
                            + "; zero or a positive finite number expected");
            return new SoftmaxCrossEntropy(smoothing, weights.clone());
        }

        @Override
        public Output output() {
            return Output.SOFTMAX;
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return (targetColumns == 1 || targetColumns == outputs) && (weights == null || weights.length == outputs);
        }

        @Override
        public String refusal(Slice targets, int row, int outputs) {
            if (weights != null && weights.length != outputs)
                return weights.length + " class weights given for " + outputs + " outputs";
            return super.refusal(targets, row, outputs);
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return targetColumns == 1 ? Targets.CLASS : Targets.NON_NEGATIVE;
        }

        @Override
        public double value(Pass pass, int row, Slice logits, Slice targets) {
            require(logits, targets, row);
            return value(row, logits, targets, label(row, targets));
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            require(logits, targets, row);
            return valueAndGradient(pass, row, rows, logits, targets, label(row, targets), dLogits);
        }

        /** The class, or −1 where there is a column for each class. */
        private static int label(int row, Slice targets) {
            return targets.columns() == 1 ? (int) targets.array()[targets.at(row)] : -1;
        }

        /** With a label as {@link #label} gives. */
        private double value(int row, Slice logits, Slice targets, int label) {
            float[] z = logits.array();
            int n = logits.columns(), zo = logits.at(row);
            float max = Elementary.max(z, zo, n);
            return value(row, logits, targets, label, max, Elementary.sumOfExp(z, zo, n, max));
        }

        /** From the sum of all exp(z − max). */
        private double value(int row, Slice logits, Slice targets, int label, float max, float sum) {
            float[] z = logits.array(), t = targets.array();
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row);
            double logSum = StrictMath.log(sum);
            if (hard(label)) return logSum + ((double) max - z[zo + label]);
            // Also where all targets are zero, the loss of a NaN is NaN.
            double loss = Double.isNaN(logSum) ? Double.NaN : 0;
            for (int i = 0; i < n; i++) {
                float target = target(t, to, i, label, n);
                if (target != 0f) loss += target * (logSum + ((double) max - z[zo + i]));
            }
            return loss;
        }

        /** With a label as {@link #label} gives. */
        private double valueAndGradient(
                Pass pass, int row, int rows, Slice logits, Slice targets, int label, Slice dLogits) {
            float[] z = logits.array(), t = targets.array(), d = dLogits.array();
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row), dO = dLogits.at(row);
            float max = Elementary.max(z, zo, n);
            float sumOfExp = pass.kernels().softmax(z, zo, n, max, d, dO);
            if (hard(label))
                for (int i = 0; i < n; i++) {
                    float p = i == label ? d[dO + i] - 1f : d[dO + i];
                    d[dO + i] = Arithmetic.flush(p / rows);
                }
            else {
                double sum = 0;
                for (int i = 0; i < n; i++) sum += target(t, to, i, label, n);
                float total = (float) sum;
                for (int i = 0; i < n; i++) {
                    float p = total * d[dO + i] - target(t, to, i, label, n);
                    d[dO + i] = Arithmetic.flush(p / rows);
                }
            }
            return value(row, logits, targets, label, max, sumOfExp);
        }

        /** Whether the target is one class, neither weighted nor smoothed. */
        private boolean hard(int label) {
            return label >= 0 && smoothing == 0f && weights == null;
        }

        /** Weighted and smoothed. */
        private float target(float[] t, int to, int i, int label, int n) {
            float target = label < 0 ? t[to + i] : i == label ? 1f : 0f;
            if (smoothing != 0f) target = Arithmetic.fma(1f - smoothing, target, smoothing / n);
            return weights == null ? target : weights[i] * target;
        }
    }

    /** A mean over outputs of a term for each output and its target. */
    private abstract static class MeanOverOutputs extends Loss {

        MeanOverOutputs(String name) {
            super(name);
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return Targets.REAL;
        }

        /** One output's term. */
        abstract double term(float z, float t);

        /** The term's derivative, divided by the number of outputs and by rows; small values flushed. */
        abstract float derivative(float z, float t, int outputs, int rows);

        @Override
        public double value(Pass pass, int row, Slice logits, Slice targets) {
            require(logits, targets, row);
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row);
            double loss = 0;
            for (int i = 0; i < n; i++) loss += term(logits.array()[zo + i], targets.array()[to + i]);
            return loss / n;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            require(logits, targets, row);
            int n = logits.columns(), zo = logits.at(row), to = targets.at(row), dO = dLogits.at(row);
            double loss = 0;
            for (int i = 0; i < n; i++) {
                float z = logits.array()[zo + i], t = targets.array()[to + i];
                loss += term(z, t);
                dLogits.array()[dO + i] = derivative(z, t, n, rows);
            }
            dLogits.clearPadding(row);
            return loss / n;
        }
    }

    private static final class BinaryCrossEntropy extends MeanOverOutputs {

        BinaryCrossEntropy() {
            super("binary cross-entropy");
        }

        @Override
        public Output output() {
            return Output.SIGMOID;
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return Targets.PROBABILITY;
        }

        @Override
        double term(float z, float t) {
            return Math.max(z, 0.0) - (double) z * t + StrictMath.log1p(StrictMath.exp(-Math.abs((double) z)));
        }

        @Override
        float derivative(float z, float t, int outputs, int rows) {
            return Arithmetic.flush((Arithmetic.sigmoid(z) - t) / outputs / rows);
        }
    }

    private static final class MeanSquaredError extends MeanOverOutputs {

        MeanSquaredError() {
            super("mean squared error");
        }

        @Override
        double term(float z, float t) {
            float e = z - t;
            return (double) e * e;
        }

        @Override
        float derivative(float z, float t, int outputs, int rows) {
            return Arithmetic.flush(2f * (z - t) / outputs / rows);
        }
    }

    private static final class MeanAbsoluteError extends MeanOverOutputs {

        MeanAbsoluteError() {
            super("mean absolute error");
        }

        @Override
        double term(float z, float t) {
            return Math.abs((double) (z - t));
        }

        @Override
        float derivative(float z, float t, int outputs, int rows) {
            float e = z - t, step = 1f / outputs / rows;
            return e > 0f ? step : e < 0f ? -step : 0f;
        }
    }

    private static final class Huber extends MeanOverOutputs {

        private final float delta;

        Huber(float delta) {
            super("huber " + delta);
            if (!(delta > 0f && delta < Float.POSITIVE_INFINITY))
                throw new IllegalArgumentException("delta " + delta + " given, a positive finite number expected");
            this.delta = delta;
        }

        @Override
        double term(float z, float t) {
            double a = Math.abs((double) (z - t));
            return a <= delta ? 0.5 * a * a : delta * (a - 0.5 * delta);
        }

        @Override
        float derivative(float z, float t, int outputs, int rows) {
            float e = z - t;
            float limited = e > delta ? delta : e < -delta ? -delta : e;
            return Arithmetic.flush(limited / outputs / rows);
        }
    }

    private static final class Hinge extends MeanOverOutputs {

        Hinge() {
            super("hinge");
        }

        @Override
        public Task task(int outputs) {
            return outputs == 1 ? Task.BINARY : Task.MULTILABEL;
        }

        @Override
        public float yesAbove() {
            return 0f;
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return Targets.SIGN;
        }

        @Override
        double term(float z, float t) {
            float margin = t * z;
            return margin >= 1f ? 0.0 : 1.0 - margin;
        }

        @Override
        float derivative(float z, float t, int outputs, int rows) {
            return t * z < 1f ? -t * (1f / outputs / rows) : 0f;
        }
    }

    private static final class KullbackLeibler extends Loss {

        KullbackLeibler() {
            super("kullback-leibler");
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return Targets.NON_NEGATIVE;
        }

        @Override
        public Output output() {
            return Output.SOFTMAX;
        }

        @Override
        public double value(Pass pass, int row, Slice logits, Slice targets) {
            require(logits, targets, row);
            return lessEntropy(SOFTMAX_CROSS_ENTROPY.value(row, logits, targets, -1), targets, row);
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            require(logits, targets, row);
            double loss = SOFTMAX_CROSS_ENTROPY.valueAndGradient(pass, row, rows, logits, targets, -1, dLogits);
            return lessEntropy(loss, targets, row);
        }

        /** A cross-entropy less its targets' own. */
        private static double lessEntropy(double loss, Slice targets, int row) {
            for (int i = 0; i < targets.columns(); i++) {
                double t = targets.array()[targets.at(row) + i];
                if (t > 0) loss += t * StrictMath.log(t);
            }
            return loss;
        }
    }
}
