package lanewise.spark.training;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import lanewise.data.Dataset;
import lanewise.memory.Parameters;
import lanewise.train.BlockSum;
import lanewise.train.Segment;
import lanewise.train.UpdateRule;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * A job of Spark for each step: the parameters go to the executors, the blocks' gradients come back and are added up by the driver,
 * which has the optimizer. Whatever Spark does with tasks (repeats them, runs them twice, moves them), the bits are the same.
 */
final class StepJobs extends ClusterSamples {

    private final EpochTask.Faults faults;

    StepJobs(
            JavaSparkContext context,
            Samples samples,
            Recipe recipe,
            String training,
            int partitions,
            EpochTask.Faults faults) {
        super(context, samples, recipe, training, partitions);
        this.faults = faults;
    }

    @Override
    void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException {
        int first = layout.block(segment.position());
        if (segment.whole()) segment.run(fetch(shards, first));
        else {
            BlockSum sum = segment.blocks();
            gradients(shards, segment, first, sum);
            segment.update(sum);
        }
    }

    /** The samples of a block, brought to the driver. */
    private Dataset fetch(JavaRDD<Shard> shards, int block) throws IOException, InterruptedException {
        byte[][][] found = new byte[1][][];
        run(
                shards,
                new Fetch(block),
                List.of(layout.partition(block)),
                new AbstractFunction2<Object, byte[][], BoxedUnit>() {
                    @Override
                    public BoxedUnit apply(Object partition, byte[][] result) {
                        found[0] = result;
                        return BoxedUnit.UNIT;
                    }
                },
                ClassTag$.MODULE$.apply(byte[][].class));
        return samples.codec().dataset(found[0], samples.meanWeight());
    }

    private static final class Fetch extends AbstractFunction2<TaskContext, Iterator<Shard>, byte[][]>
            implements Serializable {

        private static final long serialVersionUID = 1;

        private final int block;

        Fetch(int block) {
            this.block = block;
        }

        @Override
        public byte[][] apply(TaskContext task, Iterator<Shard> shards) {
            return shards.next().samples(block);
        }
    }

    /** The gradient of a block, on its way. */
    private record Gradient(int block, float[] values, double[] losses) implements Serializable {}

    private void gradients(JavaRDD<Shard> shards, Segment segment, int first, BlockSum sum)
            throws IOException, InterruptedException {
        TreeSet<Integer> partitions = new TreeSet<>();
        for (int i = 0; i < sum.blocks(); i++) partitions.add(layout.partition(first + i));
        Parameters all = segment.state().get(0);
        Broadcast<float[]> parameters = context.broadcast(Arrays.copyOfRange(all.array(), all.from(), all.to()));
        try {
            run(
                    shards,
                    new Compute(
                            training,
                            recipe,
                            samples.codec(),
                            samples.meanWeight(),
                            layout,
                            parameters,
                            first,
                            sum.blocks(),
                            segment.rows(),
                            segment.seed(),
                            segment.step(),
                            faults),
                    new ArrayList<>(partitions),
                    new AbstractFunction2<Object, Gradient[], BoxedUnit>() {
                        @Override
                        public BoxedUnit apply(Object partition, Gradient[] result) {
                            for (Gradient each : result) sum.add(each.block - first, each.values, each.losses);
                            return BoxedUnit.UNIT;
                        }
                    },
                    ClassTag$.MODULE$.apply(Gradient[].class));
        } finally {
            parameters.destroy();
        }
    }

    /** Computes those blocks of a batch that a partition has. */
    private static final class Compute extends AbstractFunction2<TaskContext, Iterator<Shard>, Gradient[]>
            implements Serializable {

        private static final long serialVersionUID = 1;

        private final String training;
        private final Recipe recipe;
        private final SampleCodec codec;
        private final double meanWeight;
        private final Shard.Layout layout;
        private final Broadcast<float[]> parameters;
        private final int first, count, rows;
        private final long seed, number;
        private final EpochTask.Faults faults;

        Compute(
                String training,
                Recipe recipe,
                SampleCodec codec,
                double meanWeight,
                Shard.Layout layout,
                Broadcast<float[]> parameters,
                int first,
                int count,
                int rows,
                long seed,
                long number,
                EpochTask.Faults faults) {
            this.training = training;
            this.recipe = recipe;
            this.codec = codec;
            this.meanWeight = meanWeight;
            this.layout = layout;
            this.parameters = parameters;
            this.first = first;
            this.count = count;
            this.rows = rows;
            this.seed = seed;
            this.number = number;
            this.faults = faults;
        }

        @Override
        public Gradient[] apply(TaskContext task, Iterator<Shard> shards) {
            Shard shard = shards.next();
            faults.before(task.partitionId(), task.attemptNumber() + task.stageAttemptNumber(), number, null);
            List<Gradient> gradients = new ArrayList<>();
            GradientWorkers.Worker worker =
                    GradientWorkers.borrow(training, recipe, UpdateRule.SGD, layout.blocksOfPartition(recipe.epochs()));
            worker.parameters(parameters.value());
            for (int block = first; block < first + count; block++) {
                if (layout.partition(block) != task.partitionId()) continue;
                Dataset data = codec.dataset(shard.samples(block), meanWeight);
                worker.compute(data, rows, seed, number, layout.first(block));
                Parameters g = worker.gradient();
                gradients.add(new Gradient(
                        block, Arrays.copyOfRange(g.array(), g.from(), g.to()), worker.losses(data.size())));
            }
            GradientWorkers.giveBack(training, worker);
            return gradients.toArray(new Gradient[0]);
        }
    }

    /** Runs a job on some partitions, whose results are handled as they come. */
    private <R> void run(
            JavaRDD<Shard> shards,
            scala.Function2<TaskContext, Iterator<Shard>, R> task,
            List<Integer> partitions,
            scala.Function2<Object, R, BoxedUnit> handler,
            ClassTag<R> type)
            throws IOException, InterruptedException {
        SparkContext spark = context.sc();
        List<Object> numbers = new ArrayList<>(partitions);
        try {
            spark.runJob(
                    shards.rdd(), task, CollectionConverters.asScala(numbers).toSeq(), handler, type);
        } catch (Exception e) {
            // Scala's methods do not declare what they throw.
            if (e instanceof InterruptedException interrupted) throw interrupted;
            if (e instanceof SparkException) throw new IOException(e.getMessage(), e);
            throw e;
        }
    }
}
