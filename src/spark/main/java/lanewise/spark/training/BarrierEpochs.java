package lanewise.spark.training;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.concurrent.ExecutionException;
import lanewise.train.Segment;
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
 * repeated from the same state, so the bits are the same.
 */
final class BarrierEpochs extends ClusterSamples {

    private static final Logger LOG = LoggerFactory.getLogger(BarrierEpochs.class);

    /** Steps of the first job, after which it is known how long a step takes. */
    private static final int FIRST_STEPS = 8;

    /** Of a job: so much is lost at most if a task fails, or the training is stopped. */
    private static final long NANOS_OF_JOB = 10_000_000_000L;

    /** Ports on which tasks wait for each other, below those that systems give to clients; and how many each task tries. */
    private static final int FIRST_PORT = 20_000, LAST_PORT = 32_000, PORTS = 4;

    private static final int TOKEN_BYTES = 16;

    private final Settings settings;
    private final SecureRandom random = new SecureRandom();
    private long nanosOfStep;

    /**
     * How jobs are cut, and when they fail.
     *
     * @param everySteps a job ends at each step whose number is a multiple of this, where a checkpoint is due; 0 for nowhere
     * @param timeoutMillis after which a task that is silent is given up
     * @param faults for tests
     */
    record Settings(long everySteps, int timeoutMillis, EpochTask.Faults faults) {}

    BarrierEpochs(
            JavaSparkContext context, Samples samples, Recipe recipe, String training, int tasks, Settings settings) {
        super(context, samples, recipe, training, tasks);
        this.settings = settings;
    }

    @Override
    void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException {
        long began = System.nanoTime();
        EpochTask.Outcome outcome = run(shards, segment, steps(segment));
        GradientWorkers.state(segment.state(), outcome.state());
        int steps = outcome.losses().length;
        nanosOfStep = Math.max(1, outcome.nanos() / steps);
        LOG.info(
                "epoch {}, from step {} on: {} steps in {} ms, of which the first task waited {} ms; the job took {} ms",
                segment.epoch(),
                segment.step(),
                steps,
                outcome.nanos() / 1_000_000,
                (outcome.nanos() - outcome.computing()) / 1_000_000,
                (System.nanoTime() - began) / 1_000_000);
        segment.done(outcome.losses());
    }

    /** How many steps the next job does: to the epoch's end at most. */
    private int steps(Segment segment) {
        long steps = nanosOfStep == 0 ? FIRST_STEPS : Math.max(1, NANOS_OF_JOB / nanosOfStep),
                every = settings.everySteps;
        if (every > 0) steps = Math.min(steps, every - segment.step() % every);
        return (int) Math.min(steps, layout.steps(segment.position()));
    }

    private EpochTask.Outcome run(JavaRDD<Shard> shards, Segment segment, int steps)
            throws IOException, InterruptedException {
        float[] rates = segment.rates(steps);
        // Spark itself repeats barrier stages only if a shuffle follows.
        int attempts = context.getConf().getInt("spark.task.maxFailures", 4);
        Broadcast<float[][]> state = context.broadcast(GradientWorkers.state(segment.state()));
        try {
            for (int attempt = 0; ; attempt++)
                try {
                    return run(shards, new EpochTask(work(segment, rates, attempt), state, settings.faults));
                } catch (IOException e) {
                    if (attempt + 1 >= attempts) throw e;
                    LOG.warn(
                            "{} steps from step {} on failed, attempt {} of {}: {}",
                            steps,
                            segment.step(),
                            attempt + 1,
                            attempts,
                            e.getMessage().lines().skip(1).findFirst().orElse(e.getMessage()));
                }
        } finally {
            state.destroy();
        }
    }

    private EpochTask.Work work(Segment segment, float[] rates, int attempt) {
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        PrimitiveIterator.OfInt ports =
                random.ints(FIRST_PORT, LAST_PORT + 1).distinct().iterator();
        int[][] portsOfTasks = new int[layout.partitions()][PORTS];
        for (int[] each : portsOfTasks) for (int i = 0; i < PORTS; i++) each[i] = ports.nextInt();
        return new EpochTask.Work(
                training,
                recipe,
                samples.codec(),
                samples.meanWeight(),
                layout,
                token,
                portsOfTasks,
                attempt,
                settings.timeoutMillis,
                segment.seed(),
                segment.step(),
                segment.position(),
                rates);
    }

    private static EpochTask.Outcome run(JavaRDD<Shard> shards, EpochTask task)
            throws IOException, InterruptedException {
        ClassTag<EpochTask.Outcome> type = ClassTag$.MODULE$.apply(EpochTask.Outcome.class);
        RDD<EpochTask.Outcome> tasks = shards.rdd().barrier().mapPartitions(task, false, type);
        JavaFutureAction<List<EpochTask.Outcome>> job =
                JavaRDD.fromRDD(tasks, type).collectAsync();
        try {
            return job.get().get(0);
        } catch (InterruptedException e) {
            job.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }
}
