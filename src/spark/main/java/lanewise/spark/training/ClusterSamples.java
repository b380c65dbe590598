package lanewise.spark.training;

import java.io.IOException;
import lanewise.train.RemoteSamples;
import lanewise.train.Segment;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** Samples on a cluster, brought into each epoch's order; what does the steps on them is a subclass. */
abstract class ClusterSamples implements RemoteSamples {

    final JavaSparkContext context;
    final Samples samples;
    final Recipe recipe;
    final String training;
    final Shard.Layout layout;

    /**
     * Samples for a training.
     *
     * @param training a name that no other training has
     * @param partitions in which an epoch's samples lie
     */
    ClusterSamples(JavaSparkContext context, Samples samples, Recipe recipe, String training, int partitions) {
        this.context = context;
        this.samples = samples;
        this.recipe = recipe;
        this.training = training;
        layout = new Shard.Layout(samples.size(), Math.min(recipe.batchSize(), samples.size()), partitions);
    }

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
        JavaRDD<Shard> shards = Shard.ofEpoch(samples, segment.seed(), segment.epoch(), layout);
        try {
            while (!segment.over()) advance(segment, shards);
        } finally {
            shards.unpersist(false);
        }
    }

    /** Does one step or several of a segment that is not over. */
    abstract void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException;
}
