package lanewise.spark.training;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.train.Step;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vectors;

/**
 * What the parts of a step take by themselves, in seconds, from which {@link StepSimulation} puts steps together. None of them is
 * taken from a step.
 */
final class StepConstants {

    private static final int NON_ZEROS = 150, BLOCKS = 4, MANY = 32;

    private StepConstants() {}

    /** Takes a constant: its name, what it is of, its value. */
    interface Sink {
        void constant(String name, String of, double value);
    }

    /** Networks of 0.1, 0.2, 1 and 10 million parameters. */
    private static final int[][] NETWORKS = {
        {784, 128, 64, 10}, {784, 256, 128, 10}, {784, 784, 512, 10}, {784, 2560, 2560, 512, 10}
    };

    static void ofThisProcess(Sink sink) {
        for (int[] layers : NETWORKS) ofNetwork(new StepBench.Case(layers, 4096, 4096), sink);
        ofPeers(sink);
    }

    private static double seconds(int repetitions, Runnable what) {
        double[] all = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long began = System.nanoTime();
            what.run();
            all[i] = 1e-9 * (System.nanoTime() - began);
        }
        return StepBench.median(all);
    }

    /** Repetitions that take about half a second. */
    private static double seconds(Runnable what) {
        double once = seconds(3, what);
        return seconds((int) Math.max(3, Math.min(5_000, 0.5 / once)), what);
    }

    static SampleCodec codec(StepBench.Case of) {
        return new SampleCodec(of.layers()[0], of.layers()[of.layers().length - 1]);
    }

    /** Samples of blocks: many, or processors would learn where zeros are. */
    static byte[][][] blocks(StepBench.Case of) {
        SampleCodec codec = codec(of);
        RandomSource random = new RandomSource(3);
        byte[][][] samples = new byte[MANY][Step.BLOCK][];
        for (byte[][] each : samples)
            for (int i = 0; i < each.length; i++) {
                double[] x = new double[codec.inputs()];
                for (int k = 0; k < NON_ZEROS; k++) x[random.nextInt(x.length)] = 0.5 + 0.1 * Math.abs(random.normal());
                each[i] = codec.encode(Vectors.dense(x), random.nextInt(codec.classes()), 1);
            }
        return samples;
    }

    private static void ofNetwork(StepBench.Case of, Sink sink) {
        SampleCodec codec = codec(of);
        byte[][][] samples = blocks(of);
        int[] next = {0};
        GradientWorkers.Worker worker = worker(of);
        Runnable block = () -> worker.compute(codec.dataset(samples[next[0]++ % MANY], 0), 4096, 5, 0, 0);
        repeat(block, 4);
        double both = ofBoth(of, codec, samples), alone = seconds(block);
        double decode = seconds(() -> codec.dataset(samples[next[0]++ % MANY], 0));
        sink.constant("decodeRow", of.network(), decode / Step.BLOCK);
        sink.constant("gradientOfRow", of.network(), (alone - decode) / Step.BLOCK);
        sink.constant("bothProcessors", of.network(), both / alone);
        Parameters g = worker.gradient();
        int length = g.to() - g.from();
        sink.constant("floats", of.network(), length);
        float[] sum = new float[length];
        double update = seconds(() -> worker.update(sum, 4096, 5, 1, 0, 1e-3f));
        sink.constant("updateOfFloat", of.network(), update / length);
        float[][] blocks = new float[BLOCKS][length];
        sink.constant("addFloat", of.network(), seconds(() -> add(sum, blocks[next[0]++ % BLOCKS])) / length);
        sink.constant(
                "copyFloat",
                of.network(),
                seconds(() -> blocks[next[0]++ % BLOCKS] = Arrays.copyOfRange(g.array(), g.from(), g.to())) / length);
    }

    private static void add(float[] sum, float[] block) {
        for (int i = 0; i < sum.length; i++) sum[i] += block[i];
    }

    private static GradientWorkers.Worker worker(StepBench.Case of) {
        return GradientWorkers.borrow(of.network(), of.recipe(1), of.recipe(1).rule(), 1_000_000);
    }

    static void repeat(Runnable what, int seconds) {
        long end = System.nanoTime() + 1_000_000_000L * seconds;
        while (System.nanoTime() < end) what.run();
    }

    /** What a block takes when both processors compute one. */
    private static double ofBoth(StepBench.Case of, SampleCodec codec, byte[][][] samples) {
        double[] found = new double[2];
        Thread[] threads = new Thread[2];
        for (int i = 0; i < 2; i++) {
            int self = i;
            GradientWorkers.Worker worker = worker(of);
            int[] next = {i * MANY / 2};
            Runnable block = () -> worker.compute(codec.dataset(samples[next[0]++ % MANY], 0), 4096, 5, 0, 0);
            threads[i] = new Thread(() -> {
                repeat(block, 2);
                found[self] = seconds(block);
                repeat(block, 1);
            });
            threads[i].start();
        }
        try {
            for (Thread each : threads) each.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return (found[0] + found[1]) / 2;
    }

    // Peers

    /** A step of tasks that only exchange: what it takes of the processors, and of time. */
    private record Exchange(double processor, double wall) {}

    private static void ofPeers(Sink sink) {
        try {
            for (int i = 0; i < 2; i++) exchange(2, 32, 50_000, 200);
            for (int tasks : new int[] {2, 4})
                for (int length : new int[] {64, 110_000, 1_000_000}) {
                    Exchange found = exchange(tasks, 16, length, Math.max(10, Math.min(500, 20_000_000 / length)));
                    sink.constant(
                            "exchangeProcessor", tasks + " tasks 16 blocks " + length + " floats", found.processor);
                    sink.constant("exchangeWall", tasks + " tasks 16 blocks " + length + " floats", found.wall);
                }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Exchange exchange(int tasks, int blocks, int length, int steps) throws InterruptedException {
        Shard.Layout layout = new Shard.Layout(Step.BLOCK * blocks * steps, Step.BLOCK * blocks, tasks);
        int[] ports =
                new Random().ints(20_000, 32_001).distinct().limit(4L * tasks).toArray();
        int[][] each = new int[tasks][];
        for (int i = 0; i < tasks; i++) each[i] = Arrays.copyOfRange(ports, 4 * i, 4 * i + 4);
        String[] hosts = new String[tasks];
        Arrays.fill(hosts, "127.0.0.1");
        Peers.Entry entry = new Peers.Entry(hosts, each, new byte[16], 60_000, () -> false);
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long[] measured = new long[2];
        List<Throwable> failed = new ArrayList<>();
        Thread[] threads = new Thread[tasks];
        for (int task = 0; task < tasks; task++) {
            int self = task;
            threads[task] = new Thread(() -> {
                try (Peers peers = Peers.connect(self, entry)) {
                    GradientSums sums = new GradientSums(peers, layout, length, 0, steps);
                    float[] gradient = new float[length];
                    double[] losses = new double[Step.BLOCK];
                    for (int step = 0; step < steps; step++) {
                        if (self == 0 && step == steps / 5) {
                            measured[0] = -System.nanoTime();
                            measured[1] = -system.getProcessCpuTime();
                        }
                        for (int block = step * blocks; block < (step + 1) * blocks; block++)
                            if (layout.partition(block) == self) sums.add(step, block, gradient, 0, losses);
                        sums.giveBack(sums.sum());
                    }
                    if (self == 0) {
                        measured[0] += System.nanoTime();
                        measured[1] += system.getProcessCpuTime();
                    }
                    sums.end(1);
                    peers.flush();
                } catch (IOException | InterruptedException | RuntimeException e) {
                    synchronized (failed) {
                        failed.add(e);
                    }
                }
            });
            threads[task].start();
        }
        for (Thread thread : threads) thread.join();
        if (!failed.isEmpty()) throw new IllegalStateException(failed.get(0));
        int counted = steps - steps / 5;
        return new Exchange(1e-9 * measured[1] / counted, 1e-9 * measured[0] / counted);
    }

    // Spark

    /** A task that gets a broadcast array, if there is one, and returns arrays. */
    private record Job(Broadcast<float[]> given, int arrays, int length)
            implements org.apache.spark.api.java.function.FlatMapFunction<java.util.Iterator<Integer>, float[][]>,
                    Serializable {

        @Override
        public java.util.Iterator<float[][]> call(java.util.Iterator<Integer> none) {
            float[][] result = new float[arrays][];
            for (int i = 0; i < arrays; i++) {
                result[i] = new float[length];
                // As of a gradient: no zeros, which compress well.
                for (int k = 0; k < length; k++) result[i][k] = (k * 31 + i) * 1e-7f;
            }
            if (given != null && given.value().length < 0) throw new IllegalStateException("never");
            return List.<float[][]>of(result).iterator();
        }
    }

    static void ofCluster(JavaSparkContext spark, int executors, Sink sink) {
        for (int tasks : new int[] {1, 2, 4, 8, 32}) {
            JavaRDD<Integer> rdd =
                    spark.parallelize(IntStream.range(0, tasks).boxed().collect(Collectors.toList()), tasks);
            String of = executors + " executors " + tasks + " tasks";
            Runnable empty = () -> rdd.mapPartitions(new Job(null, 0, 0)).collect();
            seconds(100, empty);
            sink.constant("job", of, seconds(100, empty));
        }
        JavaRDD<Integer> rdd =
                spark.parallelize(IntStream.range(0, executors).boxed().collect(Collectors.toList()), executors);
        for (int length : new int[] {110_000, 1_000_000}) {
            float[] values = new float[length];
            RandomSource random = new RandomSource(1);
            for (int i = 0; i < length; i++) values[i] = random.normal();
            String of = executors + " executors " + length + " floats";
            Runnable given = () -> {
                Broadcast<float[]> broadcast = spark.broadcast(values);
                rdd.mapPartitions(new Job(broadcast, 0, 0)).collect();
                broadcast.destroy();
            };
            seconds(20, given);
            sink.constant("jobWithBroadcast", of, seconds(20, given));
            sink.constant(
                    "broadcast", of, seconds(20, () -> spark.broadcast(values).destroy()));
            for (int arrays : new int[] {1, 8}) {
                Runnable taken =
                        () -> rdd.mapPartitions(new Job(null, arrays, length)).collect();
                seconds(10, taken);
                sink.constant("jobWithResults", of + " " + arrays + " arrays a task", seconds(10, taken));
            }
        }
    }
}
