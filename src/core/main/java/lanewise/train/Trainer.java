package lanewise.train;

import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicBoolean;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.data.SampleBlocks;
import lanewise.event.FlightRecorder;
import lanewise.layer.Changeover;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.Sgd;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.Schedule;

/**
 * Trains a network by stochastic gradient descent: for each batch, parameters −= learningRate · gradient of the mean
 * loss (Robbins and Monro 1951).
 *
 * <p>Samples come in an order that the seed and the epoch decide. A training with the same network, data and settings
 * gives the same bits on every machine. Each call of {@link #train} goes on where the one before ended, see
 * {@link #progress}, so that with a constant learning rate ten calls of one epoch are ten epochs; other schedules begin anew
 * in each call. A new trainer begins at epoch 1, with that epoch's order, unless {@link Builder#startAt} says where to go
 * on.
 *
 * <p>A layer that normalises over the batch learns nothing from a batch of one row. So if there is such a layer, and the
 * last batch of an epoch would have one row, that row joins the batch before: 33 samples in batches of 32 are one batch
 * of 33.
 *
 * <p>A training begins on scalar kernels and changes over to vector kernels once these are compiled ({@link #kernels}): a
 * short one never does, as compiling takes about a second.
 *
 * <p>Called by one thread at a time; further threads share the steps if asked for ({@link Builder#threads}) and the steps are
 * large enough ({@link TrainingListener.Epoch#sharing}). A step allocates nothing once compiled. The updates of a batch of
 * at most 256 rows go straight into the parameters, row by row; there is an array of gradients only for larger ones, and with
 * an optimizer other than plain gradient descent, a {@link Regularizer}, {@link Clipping} or an average.
 */
public final class Trainer {

    final Network network;
    final Loss loss;
    final Schedule schedule;
    private final UpdateRule rule;

    /** Decay of the parameters' average; 0 if there is none. */
    private final double averaging;

    final Dataset validation;

    /** Epochs without improvement after which a training ends; 0 if it does not. */
    final int patience;

    final int batchSize;
    final int epochs;
    final long seed;
    final TrainingListener listener;
    private final int threads;

    /** The caller's, null if each training has threads of its own. */
    private final Workers workers;

    private final AtomicBoolean training = new AtomicBoolean();
    volatile boolean stopped;

    /** All that changes. */
    final Course course;

    /** Null if there are no checkpoints. */
    final CheckpointWriter writer;

    /** Of the calls of {@link #step}; null before the first. */
    private Step online;

    /** Of the training that runs, or ran last; null before. */
    private volatile Changeover changeover;

    private Trainer(Builder builder) {
        network = builder.network;
        loss = builder.loss;
        schedule = builder.schedule;
        rule = new UpdateRule(builder.optimizer, builder.regularizer, builder.clipping);
        averaging = builder.averaging;
        validation = builder.validation;
        patience = builder.patience;
        batchSize = builder.batchSize;
        epochs = builder.epochs;
        seed = builder.seed;
        listener = builder.listener;
        threads = builder.threads;
        workers = builder.workers;
        course = new Course(
                network, Step.states(network, rule.optimizer()), averaging > 0, validation != null, builder.start);
        writer = builder.checkpoints == null ? null : new CheckpointWriter(builder.checkpoints, course, listener);
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
        private Schedule schedule = new Linear(0.1f);
        private Regularizer regularizer = Regularizer.NONE;
        private Optimizer optimizer = new Sgd();
        private Clipping clipping = Clipping.NONE;
        private double averaging;
        private Dataset validation;
        private int patience;
        private Checkpoints checkpoints;
        private int batchSize = 1;
        private int epochs = 10;
        private Progress start = Progress.START;
        private long seed = 1;
        private TrainingListener listener = new TrainingListener() {};
        private int threads = 1;
        private Workers workers;

        private Builder(Network network, Loss loss) {
            this.network = Objects.requireNonNull(network, "network");
            this.loss = Objects.requireNonNull(loss, "loss");
        }

        /**
         * Sets a learning rate that stays the same.
         *
         * @param rate positive and finite
         * @return this builder
         * @throws IllegalArgumentException if it is not
         */
        public Builder learningRate(float rate) {
            return learningRate(new Constant(rate));
        }

        /**
         * Sets a learning rate that changes.
         *
         * @param schedule rate by step
         * @return this builder
         */
        public Builder learningRate(Schedule schedule) {
            this.schedule = Objects.requireNonNull(schedule, "schedule");
            return this;
        }

        /**
         * Sets how parameters follow from their gradient.
         *
         * @param optimizer plain gradient descent by default
         * @return this builder
         */
        public Builder optimizer(Optimizer optimizer) {
            this.optimizer = Objects.requireNonNull(optimizer, "optimizer");
            return this;
        }

        /**
         * Sets limits of the gradient.
         *
         * @param clipping none by default
         * @return this builder
         */
        public Builder clipping(Clipping clipping) {
            this.clipping = Objects.requireNonNull(clipping, "clipping");
            return this;
        }

        /**
         * Asks for an exponential moving average of the parameters (Polyak and Juditsky 1992): after each step {@code average
         * = fma(1 − decay, w − average, average)}, from the first step's parameters on. The network has the average instead
         * of the parameters themselves whenever it is looked at: in the validation, in {@link
         * TrainingListener#epochDone}, in best.checkpoint, and after {@link Trainer#train}; statistics of normalisations are
         * those of the parameters themselves.
         *
         * @param decay in (0, 1), 0.999 is usual; 0 for none, the default
         * @return this builder
         * @throws IllegalArgumentException if it is not in [0, 1)
         */
        public Builder averaging(double decay) {
            if (!(decay >= 0 && decay < 1))
                throw new IllegalArgumentException(
                        "an average with decay " + decay + ", at least 0 and less than 1 expected");
            averaging = decay;
            return this;
        }

        /**
         * Sets data on which the network is evaluated after each epoch. The parameters with the smallest loss there, the
         * first of equal ones, are put back into the network when {@link Trainer#train} ends, unless it was stopped.
         *
         * @param data not trained on; null for none, the default
         * @return this builder
         */
        public Builder validation(Dataset data) {
            validation = data;
            return this;
        }

        /**
         * Ends the training early, after so many epochs in a row without a smaller validation loss (Prechelt 1998).
         *
         * @param epochs at least 1; 0 for never, the default
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder patience(int epochs) {
            if (epochs < 0)
                throw new IllegalArgumentException("patience of " + epochs + " epochs, at least 1 expected");
            patience = epochs;
            return this;
        }

        /**
         * Asks for checkpoints, and whether to go on from one.
         *
         * @param checkpoints where and how often; null for none, the default
         * @return this builder
         */
        public Builder checkpoints(Checkpoints checkpoints) {
            this.checkpoints = checkpoints;
            return this;
        }

        /**
         * Sets a penalty on large weights, or their decay.
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
        public Builder batchSize(int rows) {
            if (rows < 1) throw new IllegalArgumentException("batch size " + rows + ", at least 1 row expected");
            batchSize = rows;
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
         * Sets where the first call of {@link Trainer#train} goes on, with a network that was trained up to there. With the
         * same seed, batch size and data, a schedule that does not depend on the step, and an optimizer without
         * state, the bits are those of a training that was not interrupted.
         *
         * @param progress {@link Progress#START} by default
         * @return this builder
         */
        public Builder startAt(Progress progress) {
            start = Objects.requireNonNull(progress, "progress");
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
         * Sets how many threads share a step, where that makes it faster. The bits are the same for any number. The threads
         * other than the training one run as long as a call of {@link Trainer#train}; {@link Workers#of} describes them.
         *
         * @param threads 1 by default, the training thread alone; best not more than the machine has cores
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder threads(int threads) {
            if (threads < 1) throw new IllegalArgumentException(threads + " threads, at least 1 expected");
            this.threads = threads;
            workers = null;
            return this;
        }

        /**
         * Sets the threads that share a step, in place of {@link #threads}: those that other work uses as well, or those of
         * an executor.
         *
         * @param workers not closed by the trainer, nor by anyone else while it trains
         * @return this builder
         */
        public Builder workers(Workers workers) {
            this.workers = Objects.requireNonNull(workers, "workers");
            return this;
        }

        /**
         * The trainer.
         *
         * @return a new one
         * @throws IllegalArgumentException if the loss does not fit the network's layers, see {@link Loss#check}; if there is
         *     patience but no validation, or the validation data do not fit the network or the loss
         */
        public Trainer build() {
            loss.check(network.stack());
            if (validation != null)
                try {
                    DataCheck.check(network, loss, validation);
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("validation: " + e.getMessage(), e);
                }
            else if (patience > 0)
                throw new IllegalArgumentException(
                        "patience needs data for the validation; validation(data) sets them");
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
     * Where the training stands, and where a call of {@link #train} goes on.
     *
     * @return the place after the last step that was done; while an epoch is under way, the place where this call entered it
     */
    public Progress progress() {
        return course.progress;
    }

    /**
     * Which kernels the training has run on, that is under way or was the last: scalar ones at first, and vector kernels
     * once these are compiled, if the training is long enough for that to pay. The bits are the same. During a training the
     * answer is exact on its own thread, in a listener.
     *
     * @return {@code vector kernels 256 bit from step 20481 on}, the first step of a call of {@link #train} being 1; {@code
     *     vector kernels 256 bit}; or {@code scalar kernels, because …}
     */
    public String kernels() {
        Changeover changeover = this.changeover;
        return changeover == null ? "no kernels yet" : changeover.toString();
    }

    /**
     * Losses of the validations so far.
     *
     * @return one for each epoch with a validation; a copy
     */
    public List<Double> validationLosses() {
        return List.copyOf(course.validationLosses);
    }

    /**
     * The epoch with the smallest validation loss so far.
     *
     * @return from 1; 0 if there was no validation, or no finite loss
     */
    public int bestEpoch() {
        return course.bestEpoch;
    }

    /**
     * Trains through as many epochs as the settings say, or until {@link #stop} or an interrupt of this thread, which leaves
     * it interrupted, or until patience ends it. Of an epoch that was begun before, by a call that was stopped, the rest counts
     * as one of them. The schedule begins anew: its first step is the first one of the first epoch. A further call goes on from
     * the parameters that the network has then.
     *
     * <p>With {@link Checkpoints#resume} the first call begins where the newest checkpoint that can be read was written, and
     * ends where that call would have ended, with the same bits.
     *
     * @param data not modified
     * @return whether it was not stopped
     * @throws IllegalArgumentException if the data do not fit the network or the loss, a layer that normalises over the
     *     batch gets batches of one row, the place to go on is not between two batches of these data, or the schedule gives a
     *     rate that is negative or not finite. All samples are checked before the first step.
     * @throws IllegalStateException if this trainer is training already, the workers that it was given are closed, a
     *     checkpoint is of other settings or data, or the folder has checkpoints and the training is not to resume
     * @throws UncheckedIOException if checkpoints cannot be read, or no file can be written to their folder
     * @throws DivergedException if a step's loss, or a parameter at an epoch's end, is not finite
     */
    public boolean train(Dataset data) {
        if (data.size() == 0) throw new IllegalArgumentException("the data set has no samples");
        return train(SampleBlocks.of(data, data.size()));
    }

    /**
     * Trains as {@link #train(Dataset)} does, with samples that come block by block. Of several blocks a thread named
     * {@code lanewise-reader} reads the next one ahead; it ends with this call. A block's samples are checked when it is read
     * for the first time, the first block's before the first step.
     *
     * @param blocks samples, which need not fit into memory together
     * @return whether it was not stopped
     * @throws IllegalArgumentException as there
     * @throws IllegalStateException as there
     * @throws UncheckedIOException as there, and if a block cannot be read
     * @throws DivergedException as there
     */
    public boolean train(SampleBlocks blocks) {
        enter();
        try (Source source = new Supply(network, loss, blocks, batchSize, seed)) {
            return train(source);
        } finally {
            leave();
        }
    }

    /**
     * Trains as {@link #train(Dataset)} does, with the same bits, on samples that lie elsewhere and whose gradients are computed
     * there: on other machines, say. Order, rates, updates, validations and checkpoints are this trainer's.
     *
     * @param samples numbered as in the data set that all of them would be
     * @return whether it was not stopped
     * @throws IllegalArgumentException as there, if a layer sees the whole batch at once and batches have more than {@link
     *     Step#BLOCK} rows, or if {@link RemoteSamples#train} refuses a sample
     * @throws IllegalStateException as there, and if {@link RemoteSamples#train} returns before its segment is over
     * @throws UncheckedIOException as there, and if {@link RemoteSamples#train} fails
     * @throws DivergedException as there
     */
    public boolean train(RemoteSamples samples) {
        enter();
        try (Source source = new RemoteSource(network, samples, batchSize, seed)) {
            return train(source);
        } finally {
            leave();
        }
    }

    private boolean train(Source source) {
        Progress start = course.progress;
        if (start.position() < source.size()) source.check(start.epoch(), start.position());
        else source.check(start.epoch() + 1, 0);
        course.beginAverage();
        boolean resumed = writer != null && writer.begin(settings(source.fingerprint()));
        Progress place = course.progress;
        long before = source.stepsBefore(place.epoch(), place.position());
        if (before < 0)
            throw new IllegalArgumentException(place + " is not between two batches of " + batchSize + " rows of "
                    + source.size() + " samples; was it another batch size, or other data?");
        if (!resumed) course.begin(before);
        listener.started(this);
        Workers own = workers == null ? Workers.of(threads) : null, all = own == null ? workers : own;
        try (own;
                Step step = newStep(source.mostRows(), source.targetSize(), all)) {
            changeover = step.changeover();
            Object event = FlightRecorder.beginTraining();
            try {
                boolean ended = new Epochs(this, source, step, all).run();
                step.finish();
                if (writer != null) writer.write(course.progress);
                if (ended) course.end();
                return ended;
            } finally {
                if (event != null) FlightRecorder.endTraining(event, course.progress.step(), kernels());
            }
        }
    }

    /**
     * Learns from some samples, in their order: one step for each batch of at most {@link Builder#batchSize} rows, with the
     * schedule's first rate. Progress counts the steps, but no samples of an epoch. For samples that come a few at a time; a
     * call allocates little, once a call of as wide targets was before. The network then has the parameters themselves, with
     * averaging too.
     *
     * @param data not modified
     * @return mean loss of the samples, each before its own update
     * @throws IllegalArgumentException if the data do not fit the network or the loss
     * @throws IllegalStateException if this trainer is training, or the workers that it was given are closed
     * @throws DivergedException if a step's loss is not finite
     */
    public double step(Dataset data) {
        enter();
        try {
            DataCheck.check(network, loss, data);
            Batches batches = new Batches(
                    data.size(),
                    Math.min(batchSize, data.size()),
                    network.stack().rowwise());
            if (online == null || online.targets().columns() != data.targetSize()) {
                course.beginAverage();
                online = newStep(batchSize + 1, data.targetSize(), workers == null ? Workers.one() : workers);
                changeover = online.changeover();
            }
            int[] order = new int[data.size()];
            for (int i = 0; i < order.length; i++) order[i] = i;
            double sum = 0;
            for (int from = 0; from < order.length; ) {
                int count = batches.rowsFrom(from);
                online.load(data, order, from, count);
                Progress place = course.progress;
                online.batch().begin(seed, place.step(), from);
                double batchLoss = online.run(count, rate(0, 1, schedule.reduction(course.validationLosses)));
                if (!Double.isFinite(batchLoss))
                    throw new DivergedException("step " + (place.step() + 1) + ": the loss is " + batchLoss + "; "
                            + DataCheck.remedy(network, loss, data));
                sum += batchLoss;
                from += count;
                course.progress = new Progress(place.epoch(), place.step() + 1, place.position(), place.lossSum());
            }
            return sum / order.length;
        } finally {
            if (online != null) online.finish();
            leave();
        }
    }

    private void enter() {
        if (!training.compareAndSet(false, true))
            throw new IllegalStateException("this trainer is training already; a network is trained by one thread at a"
                    + " time, and not from a listener");
    }

    private void leave() {
        stopped = false;
        training.set(false);
    }

    private Step newStep(int rows, int targetColumns, Workers workers) {
        return new Step(
                network,
                loss,
                rule,
                rows,
                targetColumns,
                workers,
                course.states,
                course.average,
                averaging,
                new SharingDecision(workers.count(), Step.FEWEST));
    }

    /** The learning rate of a step, from 0, of so many. */
    float rate(long step, long steps, double reduction) {
        float rate = schedule.rate(step, steps);
        if (reduction != 1) rate = (float) (rate * reduction);
        if (!(rate >= 0f && rate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("step " + (step + 1) + " of " + steps
                    + ": the schedule's learning rate is " + rate + ", a finite number of at least 0 expected");
        return rate;
    }

    /** All settings and the data, by name: what a checkpoint is known again by. */
    private Map<String, String> settings(String data) {
        Map<String, String> all = new LinkedHashMap<>();
        StringJoiner layers = new StringJoiner("; ");
        for (int i = 0; i < network.stack().layers().size(); i++) {
            Layer layer = network.stack().layers().get(i);
            layers.add(
                    network.stack().names().get(i) + " " + layer + " " + layer.inputSize() + "->" + layer.outputSize());
        }
        all.put("network", layers.toString());
        all.put("loss", named(loss));
        all.put("optimizer", named(rule.optimizer()));
        all.put("regularizer", rule.regularizer().toString());
        all.put("clipping", rule.clipping().toString());
        all.put("average", averaging == 0 ? "none" : "decay " + averaging);
        all.put("learning rate", named(schedule));
        all.put("batch size", String.valueOf(batchSize));
        all.put("epochs", String.valueOf(epochs));
        all.put("seed", String.valueOf(seed));
        all.put("data", data);
        all.put("validation", validation == null ? "none" : validation.fingerprint());
        all.put("patience", String.valueOf(patience));
        return all;
    }

    /** A setting's own name, or that of its class if it has none. */
    private static String named(Object setting) {
        Class<?> type = setting.getClass();
        if (type.isHidden() || type.isSynthetic()) return "a function";
        String own = type.getName() + "@" + Integer.toHexString(System.identityHashCode(setting));
        return setting.toString().equals(own) ? type.getName() : setting.toString();
    }
}
