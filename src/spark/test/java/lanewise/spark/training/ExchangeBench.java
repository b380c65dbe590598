package lanewise.spark.training;

import java.util.Arrays;
import java.util.Locale;
import lanewise.data.Dataset;
import lanewise.memory.Parameters;
import lanewise.train.Step;

/**
 * A task of a barrier job without Spark: steps together with the others, each in a JVM on a host of its own, over a network whose
 * rate is known. The first one tells what a step took, as {@link StepBench} does.
 *
 * <p>Arguments: the task's number; the hosts of all, with commas between; the network's name, such as 100mbit; and cases of StepBench,
 * whose rows of an epoch do not matter.
 */
final class ExchangeBench {

    private static final int ROUNDS = 3;

    private ExchangeBench() {}

    public static void main(String[] args) throws Exception {
        int self = Integer.parseInt(args[0]);
        String[] hosts = args[1].split(",");
        int port = 20_000;
        for (int i = 3; i < args.length; i++)
            for (StepBench.Case each : StepBench.Case.parse(args[i]).toList()) {
                warmUp(each);
                double[] rounds = new double[ROUNDS];
                for (int round = -1; round < ROUNDS; round++, port += hosts.length) {
                    double millis = 1e3 * step(self, hosts, port, each);
                    if (round >= 0) rounds[round] = millis;
                }
                Arrays.sort(rounds);
                if (self == 0)
                    System.out.printf(
                            Locale.ROOT,
                            "step,%s,%d,barrier,%s,%d,%.3f,%.3f,%.3f,0,%n",
                            args[2],
                            hosts.length,
                            each.network(),
                            each.batch(),
                            rounds[ROUNDS / 2],
                            rounds[0],
                            rounds[ROUNDS - 1]);
            }
    }

    /** Until the vector kernels are compiled, which takes long where several tasks share a processor. */
    private static void warmUp(StepBench.Case of) {
        Dataset data = StepConstants.codec(of).dataset(StepConstants.blocks(of)[0], 0);
        GradientWorkers.Worker worker =
                GradientWorkers.borrow(of.network(), of.recipe(1), of.recipe(1).rule(), 100_000);
        int seconds = 0;
        do StepConstants.repeat(() -> worker.compute(data, of.batch(), 5, 0, 0), 4);
        while (!worker.kernels().startsWith("vector") && (seconds += 4) < 120);
        if (seconds >= 120) System.err.println("no figure of speed: " + worker.kernels());
        GradientWorkers.giveBack(of.network(), worker);
    }

    /** Seconds of a step. */
    private static double step(int self, String[] hosts, int port, StepBench.Case of) throws Exception {
        int blocks = of.batch() / Step.BLOCK, steps = Math.max(6, 80 / blocks), skipped = steps / 3;
        Shard.Layout layout = new Shard.Layout(of.batch() * steps, of.batch(), hosts.length);
        int[][] ports = new int[hosts.length][];
        for (int i = 0; i < ports.length; i++) ports[i] = new int[] {port + i};
        byte[][][] samples = StepConstants.blocks(of);
        SampleCodec codec = StepConstants.codec(of);
        GradientWorkers.Worker worker =
                GradientWorkers.borrow(of.network(), of.recipe(1), of.recipe(1).rule(), 100_000);
        try (Peers peers = Peers.connect(self, new Peers.Entry(hosts, ports, new byte[16], 60_000, () -> false))) {
            Parameters g = worker.gradient();
            GradientSums sums = new GradientSums(peers, layout, g.to() - g.from(), 0, steps);
            long began = 0;
            for (int step = 0; step < steps; step++) {
                if (step == skipped) began = System.nanoTime();
                for (int block = step * blocks; block < (step + 1) * blocks; block++) {
                    if (layout.partition(block) != self) continue;
                    Dataset data = codec.dataset(samples[block % samples.length], 0);
                    worker.compute(data, of.batch(), 5, step, layout.first(block));
                    sums.add(step, block, g.array(), g.from(), worker.losses(data.size()));
                }
                GradientSums.Sum sum = sums.sum();
                worker.update(sum.gradient(), of.batch(), 5, step, step * of.batch(), 1e-3f);
                sums.giveBack(sum);
            }
            double seconds = 1e-9 * (System.nanoTime() - began) / (steps - skipped);
            sums.end(1);
            peers.flush();
            return seconds;
        } finally {
            GradientWorkers.giveBack(of.network(), worker);
        }
    }
}
