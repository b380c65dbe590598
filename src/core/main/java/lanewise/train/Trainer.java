package lanewise.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import lanewise.Arithmetic;
import lanewise.Loss;
import lanewise.Network;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.Slice;
import lanewise.Stack;
import lanewise.Task;
import lanewise.data.Dataset;

/**
 * Trains a network by stochastic gradient descent: for each batch, parameters −= learningRate · gradient of the mean
 * loss (Robbins and Monro 1951).
 *
 * <p>Samples come in an order that the seed and the epoch decide. A training with the same network, data and settings
 * gives the same bits on every machine. A trainer counts its epochs: each call of {@link #train} goes on where the one
 * before ended, so that with a constant learning rate ten calls of one epoch are ten epochs; other schedules begin anew in
 * each call. A new trainer begins at epoch 1, with that epoch's order,
 * unless {@link Builder#firstEpoch} says where to go on.
 *
 * <p>A layer that normalises over the batch learns nothing from a batch of one row. So if there is such a layer, and the
 * last batch of an epoch would have one row, that row joins the batch before: 33 samples in batches of 32 are one batch
 * of 33.
 *
 * <p>One thread at a time; a step allocates nothing once compiled. The updates of a batch go
 * straight into the parameters, row by row; there is no array of gradients, except with a {@link Regularizer}.
 */
public final class Trainer {

    /** Samples that are brought into the cache at a time, ahead of their use. */
    private static final int TOUCHED = 16;

    /** Inputs and targets beyond this are named where a training diverges. */
    private static final float LARGE = 10f;

    private final Network network;
    private final Loss loss;
    private final Schedule schedule;
    private final Regularizer regularizer;
    private final int batch;
    private final int epochs;
    private final long seed;
    private final TrainingListener listener;
    private final List<ParameterShape> shapes;

    /** Laid out like the parameters; null if updates go straight into these. */
    private final Slice[] gradient;

    private final AtomicBoolean training = new AtomicBoolean();
    private volatile boolean stopped;

    /** Epochs that were gone through to their end, here and before this trainer. */
    private int epochsDone;

    /** Takes what {@link Dataset#touch} returns. */
    private int unused;

    private Trainer(Builder builder) {
        network = builder.network;
        loss = builder.loss;
        schedule = builder.schedule;
        regularizer = builder.regularizer;
        batch = builder.batch;
        epochs = builder.epochs;
        seed = builder.seed;
        listener = builder.listener;
        epochsDone = builder.firstEpoch - 1;
        shapes = network.stack().parameters();
        gradient = regularizer.none() ? null : Slice.allocateAligned(shapes);
    }

    /**
     * Begins the settings of a training.
     *
     * @param network whose parameters it changes
     * @param loss what it makes small
     * @return a builder: rate 0.1 falling linearly to zero, batches of 1, 10 epochs, seed 1
     */
    public static Builder builder(Network network, Loss loss) {
        return new Builder(network, loss);
    }

    /** The settings of a training. Not thread-safe. */
    public static final class Builder {

        private final Network network;
        private final Loss loss;
        private Schedule schedule = Schedule.linear(0.1f);
        private Regularizer regularizer = Regularizer.NONE;
        private int batch = 1;
        private int epochs = 10;
        private int firstEpoch = 1;
        private long seed = 1;
        private TrainingListener listener = new TrainingListener() {};

        private Builder(Network network, Loss loss) {
            this.network = Objects.requireNonNull(network, "network");
            this.loss = Objects.requireNonNull(loss, "loss");
        }

        /**
         * Sets the learning rate.
         *
         * @param schedule rate by step
         * @return this builder
         */
        public Builder learningRate(Schedule schedule) {
            this.schedule = Objects.requireNonNull(schedule, "schedule");
            return this;
        }

        /**
         * Sets a penalty on large weights.
         *
         * @param regularizer none by default
         * @return this builder
         */
        public Builder regularizer(Regularizer regularizer) {
            this.regularizer = Objects.requireNonNull(regularizer, "regularizer");
            return this;
        }

        /**
         * Sets the rows of a batch; an epoch's last batch may have fewer, or, see {@link Trainer}, one more.
         *
         * @param rows at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less
         */
        public Builder batch(int rows) {
            if (rows < 1) throw new IllegalArgumentException("batch " + rows + ", at least 1 row expected");
            batch = rows;
            return this;
        }

        /**
         * Sets how often a call of {@link Trainer#train} goes through the data.
         *
         * @param epochs at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less
         */
        public Builder epochs(int epochs) {
            if (epochs < 1) throw new IllegalArgumentException(epochs + " epochs, at least 1 expected");
            this.epochs = epochs;
            return this;
        }

        /**
         * Sets the number of the first epoch, for a trainer that goes on with a network which others have trained: it
         * decides the order of samples, what dropout drops, and the number that listeners are told.
         *
         * @param number 1 by default; one more than the epochs that are done
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder firstEpoch(int number) {
            if (number < 1) throw new IllegalArgumentException("first epoch " + number + ", at least 1 expected");
            firstEpoch = number;
            return this;
        }

        /**
         * Sets what decides the order of samples.
         *
         * @param seed any number
         * @return this builder
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * Sets who hears how it goes.
         *
         * @param listener called on the training thread
         * @return this builder
         */
        public Builder listener(TrainingListener listener) {
            this.listener = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * The trainer.
         *
         * @return a new one
         * @throws IllegalArgumentException if the loss does not fit the network's layers, see {@link Loss#check}
         */
        public Trainer build() {
            loss.check(network.stack());
            return new Trainer(this);
        }
    }

    /**
     * Ends the {@link #train} that runs, after its current step, or else the next one, before its first. May be called
     * from any thread; to interrupt the training thread does the same.
     */
    public void stop() {
        stopped = true;
    }

    /**
     * Trains through the settings' epochs, or until {@link #stop} or an interrupt of this thread, which leaves it
     * interrupted. A later call goes on with the epoch after the last one that was finished; the schedule begins anew.
     *
     * @param data not modified
     * @return whether all epochs were gone through
     * @throws IllegalArgumentException if the data do not fit the network or the loss, a layer that normalises over the
     *     batch gets batches of one row, or the schedule gives a rate that is negative or not finite. All samples are
     *     checked before the first step.
     * @throws IllegalStateException if this trainer is training already
     * @throws DivergedException if a step's loss, or a parameter at an epoch's end, is not finite
     */
    public boolean train(Dataset data) {
        if (!training.compareAndSet(false, true))
            throw new IllegalStateException("this trainer is training already; a network is trained by one thread at a"
                    + " time, and not from a listener");
        try {
            check(network, loss, data);
            if (Math.min(batch, data.size()) == 1 && !network.stack().rowwise())
                throw new IllegalArgumentException(
                        "batches of 1 row, but a layer of this network (batch normalisation, say)"
                                + " needs the statistics of several; batch(32) is usual:\n" + network);
            Batches batches = new Batches(
                    data.size(), Math.min(batch, data.size()), network.stack().rowwise());
            Pass pass = Pass.forTraining(network.stack(), batches.most());
            Slice targets = Slice.allocate(batches.most(), data.targetSize());
            int[] order = new int[data.size()];
            try {
                return epochs(data, batches, pass, targets, order);
            } finally {
                network.stack().catchUp(pass, network.parameters());
            }
        } finally {
            stopped = false;
            training.set(false);
        }
    }

    /**
     * How an epoch's samples fall into batches.
     *
     * @param size number of samples
     * @param rows of a batch
     * @param rowwise whether a batch may have a single row
     */
    private record Batches(int size, int rows, boolean rowwise) {

        /** Whether a last row, which would be alone, joins the batch before. */
        private boolean joined() {
            return !rowwise && size > rows && size % rows == 1;
        }

        /** Rows of the largest. */
        int most() {
            return joined() ? rows + 1 : rows;
        }

        /** Number of batches. */
        long count() {
            return ((long) size + rows - 1) / rows - (joined() ? 1 : 0);
        }

        /** Rows of the batch that begins with this sample. */
        int rowsFrom(int from) {
            int left = size - from;
            return left == rows + 1 ? most() : Math.min(rows, left);
        }
    }

    private boolean ended() {
        return stopped || Thread.currentThread().isInterrupted();
    }

    private boolean epochs(Dataset data, Batches batches, Pass pass, Slice targets, int[] order) {
        int size = data.size();
        long first = epochsDone * batches.count(), steps = epochs * batches.count(), step = 0;
        for (long last = (long) epochsDone + epochs; epochsDone < last; epochsDone++) {
            if (ended()) return false;
            int epoch = epochsDone + 1;
            long start = System.nanoTime();
            for (int i = 0; i < size; i++) order[i] = i;
            new RandomSource(seed, epoch).shuffle(order);
            double sum = 0;
            int touched = 0;
            for (int from = 0, count; from < size; from += count, step++) {
                count = batches.rowsFrom(from);
                if (touched < Math.min(size, from + 2 * count)) {
                    int to = Math.min(size, touched + Math.max(TOUCHED, 2 * count));
                    unused += data.touch(order, touched, to);
                    touched = to;
                }
                pass.begin(seed, first + step, from);
                double batchLoss = step(data, order, from, count, pass, targets, rate(step, steps));
                if (!Double.isFinite(batchLoss))
                    throw new DivergedException("epoch " + epoch + ", step " + (step % batches.count() + 1)
                            + ": the loss is " + batchLoss + "; " + remedy(data));
                sum += batchLoss;
                listener.batchDone(epoch, from + count, size, batchLoss / count);
                if (from + count < size && ended()) return false;
            }
            network.stack().catchUp(pass, network.parameters());
            long nanos = System.nanoTime() - start;
            String place = network.firstNotFinite();
            if (place != null)
                throw new DivergedException(
                        "epoch " + epoch + ": parameter " + place + " is not finite; " + remedy(data));
            listener.epochDone(new TrainingListener.Epoch(epoch, sum / size, size, nanos));
        }
        return true;
    }

    /** What may help a training that has diverged: to scale what is large, inputs or targets, or a smaller rate. */
    private String remedy(Dataset data) {
        Pass pass = Pass.forPrediction(network.stack().forPrediction(), 1);
        Slice target = Slice.allocate(1, data.targetSize());
        boolean numbers = loss.task(network.outputSize()) == Task.REGRESSION;
        float[] largest = new float[2];
        int[][] place = new int[2][2];
        for (int sample = 0; sample < data.size(); sample++) {
            data.input(sample, pass, 0);
            data.target(sample, target, 0);
            for (int kind = network.stack().differentiableInput() ? 0 : 1; kind < (numbers ? 2 : 1); kind++) {
                Slice values = kind == 0 ? pass.input() : target;
                for (int c = 0; c < values.columns(); c++)
                    if (Math.abs(values.get(0, c)) > largest[kind]) {
                        largest[kind] = Math.abs(values.get(0, c));
                        place[kind] = new int[] {sample, c};
                    }
            }
        }
        String text = "";
        for (int kind = 0; kind < 2; kind++)
            if (largest[kind] > LARGE)
                text += (kind == 0 ? "the inputs" : "the targets") + " reach " + largest[kind] + " (number "
                        + place[kind][1]
                        + " of sample " + place[kind][0] + "), "
                        + (kind == 0
                                ? "scale them to about [-1, 1], or begin the network with a batch normalisation; "
                                : "scale them to about [-1, 1], and predictions back; ");
        return text + "a smaller learning rate may help";
    }

    /** One batch: forward, loss, backward, update. Returns the sum of its rows' losses. */
    private double step(Dataset data, int[] order, int from, int count, Pass pass, Slice targets, float rate) {
        Stack stack = network.stack();
        Slice[] parameters = network.parameters();
        Slice input = pass.input(), output = pass.output(), dOutput = pass.dOutput();
        for (int i = 0; i < count; i++) {
            data.input(order[from + i], pass, i);
            data.target(order[from + i], targets, i);
        }
        stack.forward(pass, 0, count, parameters, input, output);
        double sum = 0;
        int r = 0;
        try {
            for (; r < count; r++) sum += loss.valueAndGradient(pass, r, count, output, targets, dOutput);
        } catch (IllegalArgumentException e) {
            // A loss of one's own that says so only now; the row of a batch would be of no use to anybody.
            throw new IllegalArgumentException("sample " + order[from + r] + ": " + e.getMessage(), e);
        }
        stack.backward(pass, 0, count, parameters, input, output, dOutput, null);
        if (gradient == null) stack.descend(pass, count, input, output, dOutput, -rate, parameters);
        else descend(pass, count, rate);
        stack.settle(pass, parameters);
        return sum;
    }

    /** The gradient from +0.0, the penalty's added, then the update of all parameters that are trained. */
    private void descend(Pass pass, int count, float rate) {
        for (Slice g : gradient) Arrays.fill(g.array(), g.offset(), g.offset() + g.rows() * g.stride(), 0f);
        network.stack().accumulate(pass, count, pass.input(), pass.output(), pass.dOutput(), 1f, gradient, 0, 1);
        Slice[] parameters = network.parameters();
        for (int p = 0; p < parameters.length; p++) {
            if (!shapes.get(p).trained()) continue;
            if (shapes.get(p).isWeights()) regularizer.addTo(gradient[p], parameters[p]);
            float[] w = parameters[p].array(), g = gradient[p].array();
            int wo = parameters[p].offset(), go = gradient[p].offset();
            int n = parameters[p].rows() * parameters[p].stride();
            for (int i = 0; i < n; i++) w[wo + i] = Arithmetic.fma(-rate, g[go + i], w[wo + i]);
        }
    }

    private float rate(long step, long steps) {
        float rate = schedule.rate(step, steps);
        if (!(rate >= 0f && rate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("step " + (step + 1) + " of " + steps
                    + ": the schedule's learning rate is " + rate + ", a finite number of at least 0 expected");
        return rate;
    }

    /** What makes data unfit for a network and a loss, to train or to evaluate; looks at every sample. */
    static void check(Network network, Loss loss, Dataset data) {
        int outputs = network.outputSize();
        loss.check(network.stack());
        if (data.size() == 0) throw new IllegalArgumentException("the data set has no samples");
        if (data.inputSize() != network.inputSize())
            throw new IllegalArgumentException("samples of " + data.inputSize() + " values, but the network has "
                    + network.inputSize() + " inputs");
        if (!loss.accepts(outputs, data.targetSize()))
            throw new IllegalArgumentException(
                    "targets of " + data.targetSize() + " values do not fit " + outputs + " outputs with " + loss);
        if (outputs > 1 && data.classes() > outputs)
            throw new IllegalArgumentException(
                    data.classes() + " classes, but the network has " + outputs + " outputs");
        Slice target = Slice.allocate(1, data.targetSize());
        // Only layers without a gradient with respect to their input are particular about it.
        Pass pass = network.stack().differentiableInput()
                ? null
                : Pass.forPrediction(network.stack().forPrediction(), 1);
        for (int sample = 0; sample < data.size(); sample++) {
            data.target(sample, target, 0);
            String why = loss.refusal(target, 0, outputs);
            if (why == null && pass != null) {
                data.input(sample, pass, 0);
                why = network.stack().refusal(pass.input(), 0);
            }
            if (why != null) throw new IllegalArgumentException("sample " + sample + ": " + why);
        }
    }
}
