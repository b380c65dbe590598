package lanewise.spark.training;

import java.util.Locale;
import lanewise.train.Step;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/** How the steps of a training are done on a cluster. The bits are the same. */
public enum Way {
    /** {@link #BARRIER} where that is possible, else {@link #STEPS}. */
    AUTO,
    /** A job for each step: any number of tasks, at any time; each job takes its time to begin. */
    STEPS,
    /** A barrier job for some seconds' worth of steps, whose tasks run at the same time and talk to each other. */
    BARRIER;

    /** Tasks that share the memory for the samples where batches have one block, which all of them compute. */
    private static final int KEEPERS = 4;

    /**
     * What was chosen.
     *
     * @param way not {@link #AUTO}
     * @param tasks partitions of an epoch
     * @param reason why
     */
    record Choice(Way way, int tasks, String reason) {}

    /** The name in settings: {@code auto}, {@code steps} or {@code barrier}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Chooses for a training.
     *
     * @param rows of a batch
     * @param most tasks that are wanted; MAX_VALUE for as many as there are slots
     * @throws IllegalStateException if barrier jobs were asked for and there is no executor
     */
    Choice choose(JavaSparkContext context, int rows, int most) {
        return choose(context.getConf(), slots(context.sc()), context.defaultParallelism(), rows, most);
    }

    /** The same for a context of such settings, slots, and partitions by default. */
    Choice choose(SparkConf conf, int slots, int parallelism, int rows, int most) {
        Choice steps =
                new Choice(STEPS, most < Integer.MAX_VALUE ? most : Math.max(1, parallelism), "it was asked for");
        if (this == STEPS) return steps;
        int tasks = tasks(slots, rows, most);
        String obstacle = obstacle(conf, slots);
        if (this == BARRIER) {
            if (slots < 1)
                throw new IllegalStateException("training by barrier jobs is not possible here: " + obstacle);
            return new Choice(BARRIER, tasks, "it was asked for");
        }
        return obstacle == null
                ? new Choice(BARRIER, tasks, tasks + " of " + slots + " slots can run tasks at the same time")
                : new Choice(STEPS, steps.tasks, obstacle);
    }

    /** Tasks of a barrier job that starts now; 0 if there is no executor. */
    static int tasks(JavaSparkContext context, int rows, int most) {
        return tasks(slots(context.sc()), rows, most);
    }

    private static int tasks(int slots, int rows, int most) {
        int blocks = (rows + Step.BLOCK - 1) / Step.BLOCK;
        // More tasks than blocks would only wait; but where all do the same, some keep the samples together.
        return Math.min(most, Math.min(slots, blocks == 1 ? KEEPERS : blocks));
    }

    /** What speaks against barrier jobs; null if nothing does. */
    private static String obstacle(SparkConf conf, int slots) {
        if (conf.getBoolean("spark.dynamicAllocation.enabled", false))
            return "executors come and go (spark.dynamicAllocation.enabled), so no number of slots is sure";
        if (conf.getBoolean("spark.network.crypto.enabled", false)
                || conf.getBoolean("spark.ssl.rpc.enabled", false)
                || conf.getBoolean("spark.authenticate.enableSaslEncryption", false))
            return "the cluster's connections are encrypted, those among tasks would not be";
        if (slots < 1) return "there is no executor yet";
        return null;
    }

    /** Tasks that can run at the same time now. */
    private static int slots(SparkContext context) {
        return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
    }
}
