package lanewise.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lanewise.Arithmetic;
import lanewise.Loss;
import lanewise.Network;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.Slice;
import lanewise.Stack;
import lanewise.data.Dataset;

/**
 * Trains a network by stochastic gradient descent: for each batch, parameters −= learningRate · gradient of the mean
 * loss (Robbins and Monro 1951).
 *
 * <p>Samples come in an order that the seed and the epoch decide. A training with the same network, data and settings
 * gives the same bits on every machine. One thread; a step allocates nothing once compiled. The updates of a batch go
 * straight into the parameters, row by row; there is no array of gradients, except with a {@link Regularizer}.
 */
public final class Trainer {

    /** Samples that are brought into the cache at a time, ahead of their use. */
    private static final int TOUCHED = 16;

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

    private volatile boolean stopped;

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
        shapes = network.stack().parameters();
        gradient = regularizer.none() ? null : Slice.allocate(shapes);
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
         * Sets the rows of a batch; an epoch's last batch may have fewer.
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
         * Sets how often the data are gone through.
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
         */
        public Trainer build() {
            return new Trainer(this);
        }
    }

    /** Makes a running {@link #train} return after its current step. May be called from any thread. */
    public void stop() {
        stopped = true;
    }

    /**
     * Trains through all epochs, or until {@link #stop}.
     *
     * @param data not modified
     * @throws IllegalArgumentException if the data do not fit the network or the loss, a layer that normalises over the
     *     batch gets batches of one row, or the schedule gives a rate that is negative or not finite
     * @throws DivergedException if a step's loss, or a parameter at an epoch's end, is not finite
     */
    public void train(Dataset data) {
        check(network, loss, data);
        if (Math.min(batch, data.size()) == 1 && !network.stack().rowwise())
            throw new IllegalArgumentException(
                    "batches of 1 row, but a layer of this network (batch normalisation, say)"
                            + " needs the statistics of several; batch(32) is usual:\n" + network);
        stopped = false;
        int size = data.size(), rows = Math.min(batch, size);
        Pass pass = Pass.forTraining(network.stack(), rows);
        Slice targets = Slice.allocate(rows, data.targetSize());
        int[] order = new int[size];
        try {
            epochs(data, pass, targets, order);
        } finally {
            network.stack().catchUp(pass, network.parameters());
        }
    }

    private void epochs(Dataset data, Pass pass, Slice targets, int[] order) {
        int size = data.size(), rows = pass.rows();
        long step = 0, steps = (long) epochs * ((size + rows - 1) / rows);
        for (int epoch = 1; epoch <= epochs; epoch++) {
            long start = System.nanoTime();
            for (int i = 0; i < size; i++) order[i] = i;
            new RandomSource(seed, epoch).shuffle(order);
            double sum = 0;
            int touched = 0;
            for (int from = 0; from < size; from += rows, step++) {
                int count = Math.min(rows, size - from);
                if (touched < Math.min(size, from + 2 * count)) {
                    int to = Math.min(size, touched + Math.max(TOUCHED, 2 * rows));
                    unused += data.touch(order, touched, to);
                    touched = to;
                }
                pass.begin(seed, step, from);
                double batchLoss = step(data, order, from, count, pass, targets, rate(step, steps));
                if (!Double.isFinite(batchLoss))
                    throw new DivergedException("epoch " + epoch + ", step " + (step + 1) + ": the loss is " + batchLoss
                            + "; a smaller learning rate may help, or inputs scaled to about [0, 1]");
                sum += batchLoss;
                listener.batchDone(epoch, from + count, size, batchLoss / count);
                if (stopped) return;
            }
            network.stack().catchUp(pass, network.parameters());
            long nanos = System.nanoTime() - start;
            String place = network.firstNotFinite();
            if (place != null)
                throw new DivergedException("epoch " + epoch + ": parameter " + place
                        + " is not finite; a smaller learning rate may help, or inputs scaled to about [0, 1]");
            listener.epochDone(new TrainingListener.Epoch(epoch, sum / size, size, nanos));
        }
    }

    /** One batch: forward, loss, backward, update. Returns the sum of its rows' losses. */
    private double step(Dataset data, int[] order, int from, int count, Pass pass, Slice targets, float rate) {
        Stack stack = network.stack();
        Slice[] parameters = network.parameters();
        Slice input = pass.input(), output = pass.output(), dOutput = pass.dOutput();
        for (int r = 0; r < count; r++) {
            data.input(order[from + r], pass, r);
            data.target(order[from + r], targets, r);
        }
        stack.forward(pass, 0, count, parameters, input, output);
        double sum = 0;
        for (int r = 0; r < count; r++) sum += loss.gradient(pass, r, count, output, targets, dOutput);
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

    /** What makes data unfit for a network and a loss, to train or to evaluate. */
    static void check(Network network, Loss loss, Dataset data) {
        int outputs = network.outputSize();
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
    }
}
