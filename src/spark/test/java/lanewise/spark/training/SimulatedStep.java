package lanewise.spark.training;

import java.util.ArrayList;
import java.util.List;
import lanewise.train.Step;

/**
 * One step of a training on a {@link SimulatedCluster}, as {@link EpochTask} and {@link GradientSums}, or {@link StepJobs} do it.
 *
 * @param costs what the parts take
 * @param floats of the parameters
 * @param rows of the batch
 * @param tasks each with its network; one thread that computes, one that receives, one that sends
 * @param executors on which they lie in turn
 */
record SimulatedStep(Costs costs, double floats, int rows, int tasks, int executors) {

    /** Blocks whose frames may wait for a connection, before a task computes the next. */
    private static final int AHEAD = 3;

    /**
     * What the parts take, in seconds.
     *
     * @param row decoding a sample, and its part of a block's gradient
     * @param copyFloat of a block's gradient, to where it is sent from
     * @param addFloat to the sum
     * @param updateFloat by the optimizer
     * @param frame that a task sends to another: at each end
     * @param frameByte at each end
     * @param wake until a thread that waits goes on
     * @param job of Spark: the driver's part
     * @param task of such a job: the driver's part, one task after the other
     * @param start of a task in its executor
     * @param givenByte of a broadcast, at each end
     * @param resultByte of a task's result, at each end
     */
    record Costs(
            double row,
            double copyFloat,
            double addFloat,
            double updateFloat,
            double frame,
            double frameByte,
            double wake,
            double job,
            double task,
            double start,
            double givenByte,
            double resultByte) {}

    int blocks() {
        return (rows + Step.BLOCK - 1) / Step.BLOCK;
    }

    private double block(int block) {
        return costs.row * Math.min(Step.BLOCK, rows - block * Step.BLOCK);
    }

    /** The step of a trainer in one process, whose threads share all of it. */
    double alone(int threads, double slowdown) {
        double sum = rows * costs.row + (blocks() - 1) * floats * costs.addFloat + floats * costs.updateFloat;
        return sum / threads * (threads > 1 ? slowdown : 1);
    }

    /** A step of a barrier job: seconds until the last task has updated its parameters. */
    double barrier(SimulatedCluster cluster) {
        BarrierTask[] all = new BarrierTask[tasks];
        for (int i = 0; i < tasks; i++) all[i] = new BarrierTask(i, cluster, all);
        for (BarrierTask each : all) each.begin();
        return cluster.run();
    }

    /** A task of a barrier job. */
    private final class BarrierTask {

        private final int self;
        private final SimulatedCluster cluster;
        private final SimulatedCluster.Machine machine;
        private final BarrierTask[] all;
        private final SimulatedCluster.Worker sender = new SimulatedCluster.Worker();
        private final boolean[] blockCame = new boolean[blocks()], sumCame = new boolean[tasks];
        private final double slice = floats / tasks;
        private int unsent, nextBlock, blockToAdd, sumToTake;
        private boolean receiving, stalled;

        BarrierTask(int self, SimulatedCluster cluster, BarrierTask[] all) {
            this.self = self;
            this.cluster = cluster;
            this.all = all;
            machine = cluster.machine(self % executors);
        }

        void begin() {
            nextBlock = self;
            compute();
        }

        private void compute() {
            if (nextBlock >= blocks()) return;
            if (unsent >= AHEAD) {
                stalled = true;
                return;
            }
            int block = nextBlock;
            nextBlock += tasks;
            machine.compute(block(block) + floats * costs.copyFloat, () -> {
                if (tasks > 1) {
                    unsent++;
                    double bytes = 4 * slice + 12 + 8.0 * Step.BLOCK;
                    for (int i = 1; i < tasks; i++) {
                        BarrierTask peer = all[(self + i) % tasks];
                        send(peer, bytes, () -> peer.blockCame(block));
                    }
                    sender.add(over -> {
                        unsent--;
                        if (stalled) {
                            stalled = false;
                            compute();
                        }
                        over.run();
                    });
                }
                blockCame(block);
                compute();
            });
        }

        private void send(BarrierTask peer, double bytes, Runnable come) {
            sender.add(over -> machine.compute(
                    costs.frame + costs.frameByte * bytes, () -> machine.send(peer.machine, bytes, over, come)));
        }

        private void blockCame(int block) {
            blockCame[block] = true;
            receive(costs.wake);
        }

        private void sumCame(int from) {
            sumCame[from] = true;
            receive(costs.wake);
        }

        /** Goes on with what the receiving thread waits for, if that has come. */
        private void receive(double wake) {
            if (receiving) return;
            if (blockToAdd < blocks()) {
                if (!blockCame[blockToAdd]) return;
                boolean own = blockToAdd % tasks == self;
                double add = slice * costs.addFloat
                        + (own ? 0 : costs.frame + costs.frameByte * (4 * slice + 12 + 8.0 * Step.BLOCK));
                after(wake, add, () -> {
                    if (++blockToAdd < blocks()) return;
                    sumCame[self] = true;
                    for (int i = 1; i < tasks; i++) {
                        BarrierTask peer = all[(self + i) % tasks];
                        send(peer, 4 * slice + 12, () -> peer.sumCame(self));
                    }
                });
            } else if (sumToTake < tasks) {
                if (!sumCame[sumToTake]) return;
                double take = sumToTake == self ? 0 : costs.frame + costs.frameByte * (4 * slice + 12);
                after(wake, take, () -> {
                    // The task's own thread goes on.
                    if (++sumToTake == tasks)
                        cluster.at(
                                cluster.now() + costs.wake,
                                () -> machine.compute(floats * costs.updateFloat, () -> {}));
                });
            }
        }

        private void after(double wake, double seconds, Runnable then) {
            receiving = true;
            cluster.at(
                    cluster.now() + wake,
                    () -> machine.compute(seconds, () -> {
                        receiving = false;
                        then.run();
                        receive(0);
                    }));
        }
    }

    /** A job for a step: seconds until the driver has updated the parameters. Machine 0 is the driver's. */
    double job(SimulatedCluster cluster, int processors) {
        SimulatedCluster.Machine driver = cluster.machine(0);
        SimulatedCluster.Worker scheduler = new SimulatedCluster.Worker(), adder = new SimulatedCluster.Worker();
        Executor[] all = new Executor[executors];
        for (int i = 0; i < executors; i++)
            all[i] = new Executor(cluster.machine(i + 1), driver, i == 0 ? null : all[(i - 1) / 2], processors);
        int count = Math.min(tasks, blocks());
        int[] missing = {count};
        scheduler.add(over -> driver.compute(costs.job + 4 * floats * costs.givenByte, over));
        for (int i = 0; i < count; i++) {
            int task = i;
            double own = 0;
            int mine = 0;
            for (int block = task; block < blocks(); block += count, mine++) own += block(block);
            double seconds = own + mine * floats * (costs.copyFloat + 4 * costs.resultByte), sent = mine * floats * 4;
            Runnable added = () -> {
                if (--missing[0] == 0) driver.compute(floats * costs.updateFloat, () -> {});
            };
            double add = mine * floats * costs.addFloat;
            Runnable come = () -> driver.compute(
                    sent * costs.resultByte,
                    () -> adder.add(over -> driver.compute(add, () -> {
                        added.run();
                        over.run();
                    })));
            scheduler.add(over -> driver.compute(costs.task, () -> {
                Executor executor = all[task % executors];
                driver.send(
                        executor.machine,
                        1_000,
                        () -> {},
                        () -> executor.run(over2 -> executor.machine.compute(
                                costs.start + seconds,
                                () -> executor.machine.send(driver, sent, () -> {}, () -> {
                                    come.run();
                                    over2.run();
                                }))));
                over.run();
            }));
        }
        return cluster.run();
    }

    /**
     * An executor of a job, with a slot for each processor. It gets the parameters from the driver or, as of Spark's broadcasts each
     * executor that has them gives them to others, from an executor that came before.
     */
    private final class Executor {

        private final SimulatedCluster.Machine machine, source;
        private final Executor parent;
        private final SimulatedCluster.Worker[] slots;
        private final List<Runnable> waiting = new ArrayList<>();
        private int next;
        private boolean asked, given;

        Executor(SimulatedCluster.Machine machine, SimulatedCluster.Machine driver, Executor parent, int processors) {
            this.machine = machine;
            this.parent = parent;
            source = parent == null ? driver : parent.machine;
            slots = new SimulatedCluster.Worker[processors];
            for (int i = 0; i < processors; i++) slots[i] = new SimulatedCluster.Worker();
        }

        /** Runs a task in a slot. */
        void run(SimulatedCluster.Worker.Step task) {
            slots[next++ % slots.length].add(over -> whenGiven(() -> task.begin(over)));
        }

        private void whenGiven(Runnable then) {
            if (given) then.run();
            else waiting.add(then);
            if (asked) return;
            asked = true;
            if (parent == null) fetch();
            else parent.whenGiven(this::fetch);
        }

        private void fetch() {
            source.send(
                    machine,
                    4 * floats,
                    () -> {},
                    () -> machine.compute(4 * floats * costs.givenByte, () -> {
                        given = true;
                        waiting.forEach(Runnable::run);
                    }));
        }
    }
}
