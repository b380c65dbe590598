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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Function2;
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

    private static final Logger LOG = LoggerFactory.getLogger(StepJobs.class);

    private final int partitions;
    private final EpochTask.Faults faults;

    StepJobs(
            JavaSparkContext context,
            Samples samples,
            Recipe recipe,
            String training,
            int partitions,
            EpochTask.Faults faults) {
        super(context, samples, recipe, training);
        this.partitions = partitions;
        this.faults = faults;
    }

    @Override
    int tasks() {
        return partitions;
    }

    @Override
    void advance(Segment segment, JavaRDD<Shard> shards) throws IOException, InterruptedException {
        int first = layout().block(segment.position());
        if (segment.whole()) segment.run(fetch(shards, first));
        else {
            long number = segment.step();
            BlockSum sum = segment.blocks();
            report = gradients(shards, segment, first, sum);
            segment.update(sum);
            report.driver().spent(Times.Part.UPDATE);
            LOG.debug("step {}: {}; its slowest task: {}", number, report.driver(), report.task());
        }
    }

    /** The samples of a block, brought to the driver. */
    private Dataset fetch(JavaRDD<Shard> shards, int block) throws IOException, InterruptedException {
        byte[][][] found = new byte[1][][];
        run(
                shards,
                new Fetch(block),
                List.of(layout().partition(block)),
                new AbstractFunction2<Object, byte[][], BoxedUnit>() {
                    @Override
                    public BoxedUnit apply(Object partition, byte[][] result) {
                        found[0] = result;
                        return BoxedUnit.UNIT;
                    }
                },
                ClassTag$.MODULE$.apply(byte[][].class));
        return plan().dataset(found[0]);
    }

    private record Fetch(int block) implements Function2<TaskContext, Iterator<Shard>, byte[][]>, Serializable {

        @Override
        public byte[][] apply(TaskContext task, Iterator<Shard> shards) {
            return shards.next().samples(block);
        }
    }

    /** What a task returns: gradients of blocks. No record: results may go through Kryo, which knows none. */
    private static final class Computed implements Serializable {

        private static final long serialVersionUID = 1;

        private final ArrayList<Integer> blocks = new ArrayList<>();
        private final ArrayList<float[]> gradients = new ArrayList<>();
        private final ArrayList<double[]> losses = new ArrayList<>();
        private final Times times = new Times();
    }

    /** Takes what tasks return, as it comes, one at a time. */
    private static final class Adding extends AbstractFunction2<Object, Computed, BoxedUnit> {

        private final BlockSum sum;
        private final int first;
        private final Times times = new Times();
        private Times slowest = new Times();

        Adding(BlockSum sum, int first) {
            this.sum = sum;
            this.first = first;
        }

        @Override
        public BoxedUnit apply(Object partition, Computed result) {
            times.begin();
            for (int i = 0; i < result.blocks.size(); i++)
                sum.add(result.blocks.get(i) - first, result.gradients.get(i), result.losses.get(i));
            times.spent(Times.Part.ADD);
            if (result.times.sum() > slowest.sum()) slowest = result.times;
            return BoxedUnit.UNIT;
        }
    }

    private Report gradients(JavaRDD<Shard> shards, Segment segment, int first, BlockSum sum)
            throws IOException, InterruptedException {
        Times times = new Times();
        TreeSet<Integer> partitions = new TreeSet<>();
        for (int i = 0; i < sum.blocks(); i++) partitions.add(layout().partition(first + i));
        Parameters all = segment.state().get(0);
        checkResult("the gradients of a batch's blocks take", (long) sum.blocks() * (all.to() - all.from()));
        Broadcast<float[]> parameters = context.broadcast(Arrays.copyOfRange(all.array(), all.from(), all.to()));
        times.spent(Times.Part.BROADCAST);
        Adding adding = new Adding(sum, first);
        try {
            run(
                    shards,
                    new Compute(
                            plan(),
                            parameters,
                            first,
                            sum.blocks(),
                            segment.rows(),
                            segment.seed(),
                            segment.step(),
                            faults),
                    new ArrayList<>(partitions),
                    adding,
                    ClassTag$.MODULE$.apply(Computed.class));
            times.spent(Times.Part.JOB);
            return new Report(1, times, adding.times, adding.slowest);
        } finally {
            parameters.destroy();
        }
    }

    /** Computes those blocks of a batch that a partition has. */
    private record Compute(
            Plan plan,
            Broadcast<float[]> parameters,
            int first,
            int count,
            int rows,
            long seed,
            long number,
            EpochTask.Faults faults)
            implements Function2<TaskContext, Iterator<Shard>, Computed>, Serializable {

        @Override
        public Computed apply(TaskContext task, Iterator<Shard> shards) {
            Shard shard = shards.next();
            Computed computed = new Computed();
            Times times = computed.times;
            faults.before(task.partitionId(), task.attemptNumber() + task.stageAttemptNumber(), number, null);
            Shard.Layout layout = plan.layout();
            GradientWorkers.Worker worker = plan.borrow(UpdateRule.SGD);
            worker.parameters(parameters.value());
            times.spent(Times.Part.PARAMETERS);
            for (int block = first; block < first + count; block++) {
                if (layout.partition(block) != task.partitionId()) continue;
                Dataset data = plan.dataset(shard.samples(block));
                times.spent(Times.Part.DECODE);
                worker.compute(data, rows, seed, number, layout.first(block));
                times.spent(Times.Part.GRADIENT);
                Parameters g = worker.gradient();
                computed.blocks.add(block);
                computed.gradients.add(Arrays.copyOfRange(g.array(), g.from(), g.to()));
                computed.losses.add(worker.losses(data.size()));
                times.spent(Times.Part.HAND_OVER);
            }
            plan.giveBack(worker);
            return computed;
        }
    }

    /** Runs a job on some partitions, whose results are handled as they come. */
    private <R> void run(
            JavaRDD<Shard> shards,
            Function2<TaskContext, Iterator<Shard>, R> task,
            List<Integer> partitions,
            Function2<Object, R, BoxedUnit> handler,
            ClassTag<R> type)
            throws IOException, InterruptedException {
        SparkContext spark = context.sc();
        List<Object> numbers = new ArrayList<>(partitions);
        String tag = "lanewise-" + training;
        spark.addJobTag(tag);
        try {
            spark.runJob(
                    shards.rdd(), task, CollectionConverters.asScala(numbers).toSeq(), handler, type);
        } catch (Exception e) {
            // Scala's methods do not declare what they throw.
            if (e instanceof InterruptedException interrupted) {
                spark.cancelJobsWithTag(tag);
                throw interrupted;
            }
            if (e instanceof SparkException) throw failure(e);
            throw e;
        } finally {
            spark.removeJobTag(tag);
        }
    }
}
