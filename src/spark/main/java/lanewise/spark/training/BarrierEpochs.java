package lanewise.spark.training;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lanewise.train.Segment;
import org.apache.spark.SparkJobInfo;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * A barrier job of Spark for some seconds' worth of an epoch's steps: its tasks get the parameters and the optimizer's state, do the
 * steps among themselves ({@link EpochTask}), and the first one returns what came of it. If a task fails, the job fails and is
 * repeated from the same state, so the bits are the same. Executors that are lost for good, and new ones, change the number of tasks
 * of the next job, for which the rest of the epoch is brought into other partitions.
 */
final class BarrierEpochs extends ClusterSamples {

    private static final Logger LOG = LoggerFactory.getLogger(BarrierEpochs.class);

    /** Steps of the first job, after which it is known how long a step takes. */
    private static final int FIRST_STEPS = 8;

    /** Of a job: so much is lost at most if a task fails, or the training is stopped. */
    private static final long NANOS_OF_JOB = 10_000_000_000L;

    /** Between two looks whether the executors of a job are still there. */
    private static final int LOOK_SECONDS = 1;

    private static final int TOKEN_BYTES = 16;

    private final Settings settings;
    private final PortRange ports;
    private final SecureRandom random = new SecureRandom();
    private int tasks, failures;
    private long nanosOfStep;

    /**
     * How jobs are cut, and when they fail.
     *
     * @param most tasks that are wanted; MAX_VALUE for as many as there are slots
     * @param everySteps a job ends at each step whose number is a multiple of this, where a checkpoint is due; 0 for nowhere
     * @param timeoutMillis after which a task that is silent is given up
     * @param faults for tests
     */
    record Settings(int most, long everySteps, int timeoutMillis, EpochTask.Faults faults) {}

    /**
     * Samples for a training.
     *
     * @param tasks of the first job
     * @throws IllegalArgumentException if Spark's setting of the ports is none
     */
    BarrierEpochs(
            JavaSparkContext context, Samples samples, Recipe recipe, String training, int tasks, Settings settings) {
        super(context, samples, recipe, training);
        this.tasks = tasks;
        this.settings = settings;
        ports = PortRange.of(context.getConf());
    }

    @Override
    int tasks() {
        int now = Way.tasks(context, Math.min(recipe.batchSize(), samples.size()), settings.most);
        // Without any executor Spark waits until there are as many as before.
        if (now > 0 && now != tasks) {
            LOG.info("{} tasks from the next job on, {} until now: the number of slots has changed", now, tasks);
            tasks = now;
        }
        return tasks;
    }

    @Override
    void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException {
        Times times = new Times();
        EpochTask.Outcome outcome = run(shards, segment, steps(segment), times);
        if (outcome == null) return;
        GradientWorkers.state(segment.state(), outcome.state);
        int steps = outcome.losses.length;
        nanosOfStep = Math.max(1, outcome.times.sum() / steps);
        report = new Report(steps, times, new Times(), outcome.times);
        LOG.info(
                "epoch {}, from step {} on: {} steps in {} ms, in the first task {}; the job took {} ms",
                segment.epoch(),
                segment.step(),
                steps,
                outcome.times.sum() / 1_000_000,
                outcome.times,
                times.sum() / 1_000_000);
        segment.done(outcome.losses);
    }

    /** How many steps the next job does: to the epoch's end at most. */
    private int steps(Segment segment) {
        long steps = nanosOfStep == 0 ? FIRST_STEPS : Math.max(1, NANOS_OF_JOB / nanosOfStep),
                every = settings.everySteps;
        if (every > 0) steps = Math.min(steps, every - segment.step() % every);
        return (int) Math.min(steps, layout().steps(segment.position()));
    }

    /** Runs a job, and again if it fails. Returns null if there are to be other tasks. */
    private EpochTask.Outcome run(JavaRDD<Shard> shards, Segment segment, int steps, Times times)
            throws IOException, InterruptedException {
        checkResult(
                "the parameters and the optimizer's state take",
                segment.state().stream()
                        .mapToLong(each -> each.to() - each.from())
                        .sum());
        float[] rates = segment.rates(steps);
        // Spark itself repeats barrier stages only if a shuffle follows.
        int attempts = context.getConf().getInt("spark.task.maxFailures", 4);
        Broadcast<float[][]> state = context.broadcast(GradientWorkers.state(segment.state()));
        times.spent(Times.Part.BROADCAST);
        try {
            do
                try {
                    EpochTask.Outcome outcome =
                            run(shards, new EpochTask(work(segment, rates), state, settings.faults));
                    if (outcome == null)
                        LOG.warn("{} steps from step {} on: an executor is lost", steps, segment.step());
                    else failures = 0;
                    return outcome;
                } catch (IOException e) {
                    if (++failures >= attempts) throw e;
                    LOG.warn(
                            "{} steps from step {} on failed, attempt {} of {}: {}",
                            steps,
                            segment.step(),
                            failures,
                            attempts,
                            e.getMessage().lines().skip(1).findFirst().orElse(e.getMessage()));
                }
            while (tasks() == layout().partitions());
            return null;
        } finally {
            state.destroy();
            times.spent(Times.Part.JOB);
        }
    }

    private EpochTask.Work work(Segment segment, float[] rates) {
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        return new EpochTask.Work(
                plan(),
                token,
                ports.draw(layout().partitions(), random),
                failures,
                settings.timeoutMillis,
                segment.seed(),
                segment.step(),
                segment.position(),
                rates);
    }

    /** Runs a job. Returns null if an executor has gone meanwhile: its task can do nothing any more, and others wait for it. */
    private EpochTask.Outcome run(JavaRDD<Shard> shards, EpochTask task) throws IOException, InterruptedException {
        ClassTag<EpochTask.Outcome> type = ClassTag$.MODULE$.apply(EpochTask.Outcome.class);
        RDD<EpochTask.Outcome> tasks = shards.rdd().barrier().mapPartitions(task, false, type);
        JavaFutureAction<List<EpochTask.Outcome>> job =
                JavaRDD.fromRDD(tasks, type).collectAsync();
        for (long warn = settings.timeoutMillis / 1_000, second = LOOK_SECONDS; ; second += LOOK_SECONDS)
            try {
                return job.get(LOOK_SECONDS, TimeUnit.SECONDS).get(0);
            } catch (TimeoutException e) {
                if (tasks() < layout().partitions()) {
                    job.cancel(true);
                    return null;
                }
                if (warn > 0 && second % warn == 0 && !begun(job))
                    LOG.warn(
                            "waiting for {} slots that are free at the same time; other jobs of this application hold some."
                                    + " A job for each step (way steps) takes them one by one",
                            layout().partitions());
            } catch (InterruptedException e) {
                job.cancel(true);
                throw e;
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            }
    }

    /** Whether a task of a job has begun. */
    private boolean begun(JavaFutureAction<?> job) {
        for (int id : job.jobIds()) {
            SparkJobInfo info = context.statusTracker().getJobInfo(id);
            if (info == null) continue;
            for (int stage : info.stageIds()) {
                SparkStageInfo tasks = context.statusTracker().getStageInfo(stage);
                if (tasks != null && tasks.numActiveTasks() > 0) return true;
            }
        }
        return false;
    }
}
