package lanewise.spark.training;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import lanewise.train.RemoteSamples;
import lanewise.train.Segment;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Samples on a cluster, brought into each epoch's order, and anew where the number of tasks is to change meanwhile; what does the
 * steps on them is a subclass.
 */
abstract class ClusterSamples implements RemoteSamples {

    final JavaSparkContext context;
    final Samples samples;
    final Recipe recipe;
    final String training;
    private Shard.Layout layout;

    /** What the last job took; null if there was none. For those who measure, on the training's thread. */
    Report report;

    /**
     * What a job took.
     *
     * @param steps that it did
     * @param driver the thread of the training
     * @param adding the driver's thread that took the results; nothing in a barrier job
     * @param task the first task of a barrier job; of a job for one step, that which took longest
     */
    record Report(int steps, Times driver, Times adding, Times task) {}

    /**
     * Samples for a training.
     *
     * @param training a name that no other training has
     */
    ClusterSamples(JavaSparkContext context, Samples samples, Recipe recipe, String training) {
        this.context = context;
        this.samples = samples;
        this.recipe = recipe;
        this.training = training;
    }

    /** How the samples lie now. */
    final Shard.Layout layout() {
        return layout;
    }

    /** What tasks have to know now. */
    final Plan plan() {
        return new Plan(training, recipe, samples.codec(), samples.meanWeight(), layout);
    }

    /** Partitions in which an epoch's samples are to lie from the next job on. */
    abstract int tasks();

    @Override
    public final int size() {
        return samples.size();
    }

    @Override
    public final int targetSize() {
        return 1;
    }

    @Override
    public final String fingerprint() {
        return samples.fingerprint();
    }

    @Override
    public final void train(Segment segment) throws IOException, InterruptedException {
        while (!segment.over()) {
            int batch = Math.min(recipe.batchSize(), samples.size());
            layout = new Shard.Layout(samples.size(), batch, tasks());
            JavaRDD<Shard> shards = Shard.ofEpoch(samples, segment.seed(), segment.epoch(), layout);
            try {
                while (!segment.over() && tasks() == layout.partitions()) advance(segment, shards);
            } finally {
                shards.unpersist(false);
            }
        }
    }

    /** Refuses a job whose result Spark would not let through, before it is computed. */
    final void checkResult(String what, long floats) throws IOException {
        long most = context.getConf().getSizeAsBytes("spark.driver.maxResultSize", "1g"), bytes = 4 * floats;
        if (most > 0 && bytes > most)
            throw new IOException(what + " " + bytes + " bytes, but a job's result may have " + most
                    + "; set spark.driver.maxResultSize to more, or to 0");
    }

    /** What a failed job throws. A job that was cancelled is not to be repeated. */
    static IOException failure(Throwable cause) {
        if (cause instanceof SparkException e && "SPARK_JOB_CANCELLED".equals(e.getCondition())) {
            CancellationException cancelled = new CancellationException(e.getMessage());
            cancelled.initCause(e);
            throw cancelled;
        }
        return new IOException(cause.getMessage(), cause);
    }

    /** Does one step or several of a segment that is not over; none if the number of tasks is to change. */
    abstract void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException;
}
