package lanewise.spark.training;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.memory.Parameters;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * A task of a barrier stage, which does steps together with the others: computes the gradients of its own blocks, and updates its
 * own copy of the parameters from the sum of all. The first task returns what came of it.
 */
final class EpochTask extends AbstractFunction1<Iterator<Shard>, Iterator<EpochTask.Outcome>> implements Serializable {

    private static final long serialVersionUID = 1;

    /** What came of a job. No record: results may go through Kryo, which knows none. */
    static final class Outcome implements Serializable {

        private static final long serialVersionUID = 1;

        /** Of the steps, as {@link GradientWorkers#state} has it. */
        final float[][] state;

        /** The sum of the rows' losses of each step; fewer than were asked for if the last one is not finite. */
        final double[] losses;

        /** Of the steps together. */
        final Times times;

        Outcome(float[][] state, double[] losses, Times times) {
            this.state = state;
            this.losses = losses;
            this.times = times;
        }
    }

    /**
     * What a job is to do.
     *
     * @param plan of the training
     * @param token that the tasks present to each other
     * @param ports on which they wait for each other
     * @param attempt at this job, from 0
     * @param timeoutMillis after which a task that is silent is given up
     * @param seed of the training
     * @param number of the first step in the training
     * @param position of its first row in the epoch
     * @param rates of the steps
     */
    record Work(
            Plan plan,
            byte[] token,
            int[][] ports,
            int attempt,
            int timeoutMillis,
            long seed,
            long number,
            int position,
            float[] rates)
            implements Serializable {}

    private final Work work;
    private final Broadcast<float[][]> state;
    private final Faults faults;

    EpochTask(Work work, Broadcast<float[][]> state, Faults faults) {
        this.work = work;
        this.state = state;
        this.faults = faults;
    }

    /** Is called in each step of a task. What it does is for tests. */
    interface Faults extends Serializable {

        /** No faults. */
        Faults NONE = (task, attempt, number, peers) -> {};

        /**
         * Called by a task before a step.
         *
         * @param task its number
         * @param attempt 0 at first
         * @param number of the step in the training
         * @param peers null in a job for each step
         */
        void before(int task, int attempt, long number, Peers peers);
    }

    @Override
    public Iterator<Outcome> apply(Iterator<Shard> shards) {
        BarrierTaskContext task = BarrierTaskContext.get();
        Shard shard = shards.next();
        try {
            Outcome outcome = run(task, shard);
            List<Outcome> one = task.partitionId() == 0 ? List.of(outcome) : List.of();
            return CollectionConverters.asScala(one.iterator());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("task " + task.partitionId() + " was interrupted", e));
        }
    }

    private Outcome run(BarrierTaskContext task, Shard shard) throws IOException, InterruptedException {
        BarrierTaskInfo[] tasks = task.getTaskInfos();
        String[] hosts = new String[tasks.length];
        for (int i = 0; i < hosts.length; i++)
            hosts[i] = tasks[i].address().substring(0, tasks[i].address().lastIndexOf(':'));
        Peers.Entry entry = new Peers.Entry(hosts, work.ports, work.token, work.timeoutMillis, task::isInterrupted);
        try (Peers peers = Peers.connect(task.partitionId(), entry)) {
            GradientWorkers.Worker worker = work.plan.borrow(work.plan.recipe().rule());
            worker.state(state.value());
            Outcome outcome = steps(shard, worker, peers);
            peers.flush();
            // After a failure nobody else gets it.
            work.plan.giveBack(worker);
            return outcome;
        }
    }

    private Outcome steps(Shard shard, GradientWorkers.Worker worker, Peers peers)
            throws IOException, InterruptedException {
        Shard.Layout layout = work.plan.layout();
        int length = state.value()[0].length, count = work.rates.length, step = 0;
        GradientSums sums = new GradientSums(peers, layout, length, work.position, count);
        double[] losses = new double[count];
        Times times = new Times();
        for (int at = work.position; step < count; at += layout.batchRows(at)) {
            peers.check();
            long number = work.number + step;
            faults.before(peers.self(), work.attempt, number, peers);
            int first = layout.block(at), blocks = layout.blocks(at);
            if (blocks == 1) {
                byte[][] samples;
                if (layout.partition(first) == peers.self()) {
                    sums.send(step, first, samples = shard.samples(first));
                    times.spent(Times.Part.HAND_OVER);
                } else {
                    samples = sums.samples();
                    times.spent(Times.Part.WAIT);
                }
                Dataset data = work.plan.dataset(samples);
                times.spent(Times.Part.DECODE);
                losses[step] = worker.run(data, work.seed, number, at, work.rates[step]);
                times.spent(Times.Part.GRADIENT);
            } else {
                for (int block = first; block < first + blocks; block++) {
                    if (layout.partition(block) != peers.self()) continue;
                    Dataset data = work.plan.dataset(shard.samples(block));
                    times.spent(Times.Part.DECODE);
                    worker.compute(data, layout.batchRows(at), work.seed, number, layout.first(block));
                    times.spent(Times.Part.GRADIENT);
                    Parameters g = worker.gradient();
                    sums.add(step, block, g.array(), g.from(), worker.losses(data.size()));
                    times.spent(Times.Part.HAND_OVER);
                }
                GradientSums.Sum sum = sums.sum();
                times.spent(Times.Part.WAIT);
                worker.update(sum.gradient(), layout.batchRows(at), work.seed, number, at, work.rates[step]);
                losses[step] = sum.loss();
                sums.giveBack(sum);
                times.spent(Times.Part.UPDATE);
            }
            // The driver ends the training with that.
            if (!Double.isFinite(losses[step++])) break;
        }
        Outcome outcome = new Outcome(worker.state(), Arrays.copyOf(losses, step), times);
        long mine = 31L * Arrays.deepHashCode(outcome.state) + Arrays.hashCode(outcome.losses);
        long[] others = sums.end(mine);
        for (int i = 0; i < others.length; i++)
            if (i != peers.self() && others[i] != mine)
                throw new IOException("task " + i + " has other parameters than task " + peers.self() + " after " + step
                        + " steps from step " + work.number
                        + " on; does a machine compute wrongly, or with another version of this library?");
        return outcome;
    }
}
