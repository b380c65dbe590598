package lanewise.spark.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.train.RemoteSamples;
import lanewise.train.Segment;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import lanewise.train.UpdateRule;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A training on a cluster, from samples to a model. */
public final class Training {

    private static final Logger LOG = LoggerFactory.getLogger(Training.class);

    private final JavaSparkContext context;
    private final Recipe recipe;
    private Way way = Way.AUTO;
    private int tasks = Integer.MAX_VALUE;
    private Dataset validation;
    private CheckpointFolder.Settings checkpoints;
    private TrainingListener listener = new Logged();
    private int timeoutMillis;
    private EpochTask.Faults faults = EpochTask.Faults.NONE;

    /**
     * A training without validation.
     *
     * @param context of the application
     * @param recipe what decides the training
     */
    public Training(JavaSparkContext context, Recipe recipe) {
        this.context = context;
        this.recipe = recipe;
        // After which a silent task is given up, as Spark gives up a silent executor.
        long seconds = Math.max(1, context.getConf().getTimeAsSeconds("spark.network.timeout", "120s"));
        timeoutMillis = (int) Math.min(TimeUnit.SECONDS.toMillis(seconds), Integer.MAX_VALUE);
    }

    /** Sets how steps are done; {@link Way#AUTO} by default. */
    public Training way(Way way) {
        this.way = way;
        return this;
    }

    /** Sets samples on which the network is evaluated after each epoch, by the driver; null for none. */
    public Training validation(Dataset samples) {
        validation = samples;
        return this;
    }

    /** Sets who hears how it goes; by default it is logged. */
    public Training listener(TrainingListener listener) {
        this.listener = listener;
        return this;
    }

    /** Sets the number of tasks, as far as there are slots for barrier jobs; by default that of slots. */
    public Training tasks(int most) {
        tasks = most;
        return this;
    }

    /** Sets how tasks fail. For tests. */
    Training faults(int timeoutMillis, EpochTask.Faults faults) {
        this.timeoutMillis = timeoutMillis;
        this.faults = faults;
        return this;
    }

    /**
     * Asks for checkpoints in a folder of any file system that Hadoop knows.
     *
     * @param folder as Hadoop writes paths, such as {@code hdfs://host/folder}; null for none, the default
     * @param everySteps number of steps between two checkpoints; 0 for none
     * @param everyEpochs number of epochs between two checkpoints; 0 for none
     * @param keep number of the newest that are kept, at least 1
     * @param resume whether to go on from the newest that can be read, if there is one; the same settings and samples then lead
     *     to the bits of a training that was never interrupted
     */
    public Training checkpoints(String folder, long everySteps, int everyEpochs, int keep, boolean resume) {
        checkpoints =
                folder == null ? null : new CheckpointFolder.Settings(folder, everySteps, everyEpochs, keep, resume);
        return this;
    }

    /**
     * Trains.
     *
     * @param samples to learn from
     * @return the trained network; a partly trained one if a listener has stopped it
     * @throws CancellationException if this thread was interrupted, which it stays, or Spark was told to cancel the job
     * @throws IllegalStateException if the folder for checkpoints has some of other settings or samples, or any and the training
     *     is not to resume
     * @throws UncheckedIOException if executors fail again and again, or no checkpoint can be written
     */
    public Network run(Samples samples) {
        Network network = recipe.network();
        UpdateRule rule = recipe.rule();
        Trainer.Builder trainer = Trainer.builder(network, recipe.loss())
                .learningRate(recipe.rates(samples.size()))
                .optimizer(rule.optimizer())
                .regularizer(rule.regularizer())
                .batchSize(recipe.batchSize())
                .epochs(recipe.epochs())
                .seed(recipe.seed());
        if (validation != null) trainer.validation(validation).patience(recipe.patience());
        boolean ended = checkpoints == null
                ? trainer.listener(listener).build().train(remote(samples))
                : train(trainer, samples);
        if (!ended && Thread.currentThread().isInterrupted())
            throw new CancellationException("the training was interrupted before its end"
                    + (checkpoints == null
                            ? ""
                            : "; started again, it goes on from the newest checkpoint in " + checkpoints.folder()));
        return network;
    }

    private boolean train(Trainer.Builder trainer, Samples samples) {
        try (CheckpointFolder folder = new CheckpointFolder(checkpoints, context.hadoopConfiguration())) {
            trainer.checkpoints(folder.local()).listener(folder.listener(listener));
            try {
                return trainer.build().train(remote(samples));
            } catch (IllegalStateException e) {
                throw new IllegalStateException(folder.here(e.getMessage()), e);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private RemoteSamples remote(Samples samples) {
        Way.Choice choice = way.choose(context, Math.min(recipe.batchSize(), samples.size()), tasks);
        LOG.info(
                "{}: {}, in {} tasks, as {}",
                recipe,
                choice.way() == Way.BARRIER ? "barrier jobs" : "a job for each step",
                choice.tasks(),
                choice.reason());
        String training = UUID.randomUUID().toString();
        if (choice.way() == Way.STEPS) return new StepJobs(context, samples, recipe, training, choice.tasks(), faults);
        long everySteps = checkpoints == null ? 0 : checkpoints.everySteps();
        BarrierEpochs barrier = new BarrierEpochs(
                context,
                samples,
                recipe,
                training,
                choice.tasks(),
                new BarrierEpochs.Settings(tasks, everySteps, timeoutMillis, faults));
        if (way == Way.BARRIER) return barrier;
        int partitions = Way.STEPS.choose(context, recipe.batchSize(), tasks).tasks();
        return new Fallback(barrier, new StepJobs(context, samples, recipe, training, partitions, faults));
    }

    private static final class Logged implements TrainingListener {

        @Override
        public void warning(String message) {
            LOG.warn("{}", message);
        }

        @Override
        public void epochDone(Epoch epoch) {
            LOG.info(
                    "epoch {}: loss {}, {} samples/s",
                    epoch.number(),
                    (float) epoch.loss(),
                    Math.round(epoch.samplesPerSecond()));
        }
    }

    /** Barrier jobs until one fails for good, then a job for each step. */
    private static final class Fallback implements RemoteSamples {

        private final RemoteSamples second;
        private RemoteSamples current;

        Fallback(RemoteSamples first, RemoteSamples second) {
            current = first;
            this.second = second;
        }

        @Override
        public int size() {
            return current.size();
        }

        @Override
        public int targetSize() {
            return current.targetSize();
        }

        @Override
        public String fingerprint() {
            return current.fingerprint();
        }

        @Override
        public void train(Segment segment) throws IOException, InterruptedException {
            try {
                current.train(segment);
            } catch (IOException e) {
                if (current == second) throw e;
                LOG.warn("step {}: barrier jobs failed, going on with a job for each step", segment.step(), e);
                current = second;
                current.train(segment);
            }
        }
    }
}
