package lanewise.bench.micro;

import java.util.concurrent.TimeUnit;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.Step;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One step of training the 784-128-64-10 network on one sample: input, forward, loss, backward, update; the score is
 * steps per second.
 *
 * <p>Images are made up: {@code zeros} is the share of pixels that are 0, in horizontal strokes as digits have them.
 * MNIST has 0.81; 0.0 is the dense case, in which nothing can be skipped. {@code rate} 0.4 saturates the sigmoids, which
 * would make subnormal gradients if they were let; its score must stay near the other's.
 *
 * <p>A step must report 0 B/op. The samples (600) stay in the cache, so a training on all of MNIST is somewhat slower:
 * compare programs by running the example {@code mnist} beside them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TrainingStepBenchmark {

    private static final int SAMPLES = 600;

    /** Share of pixels that are zero. */
    @Param({"0.81", "0.0"})
    double zeros;

    /** Learning rate. */
    @Param({"0.05", "0.4"})
    float rate;

    private final Network network = Network.builder(784)
            .dense(128, Activation.SIGMOID)
            .dense(64, Activation.SIGMOID)
            .dense(10, Activation.IDENTITY)
            .build(1);
    private final Step step = new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, 1, 1);
    private final int[] order = new int[1];
    private Dataset data;
    private int next;

    /** Makes the images. */
    @Setup
    public void images() {
        RandomSource random = new RandomSource(1);
        byte[] pixels = new byte[SAMPLES * 784], labels = new byte[SAMPLES];
        for (int s = 0; s < SAMPLES; s++) {
            labels[s] = (byte) random.nextInt(10);
            for (int at = 0; at < 784; ) {
                int run = Math.min(2 + random.nextInt(10), 784 - at);
                boolean ink = random.uniform() >= zeros;
                for (int i = 0; i < run; i++, at++) if (ink) pixels[s * 784 + at] = (byte) (1 + random.nextInt(255));
            }
        }
        data = Dataset.ofBytes(784, pixels, labels, 10);
        // So that the steps change over to the vector kernels while JMH warms up.
        step.expect(Long.MAX_VALUE);
    }

    /**
     * One step.
     *
     * @return the loss
     */
    @Benchmark
    public double step() {
        next = next == SAMPLES - 1 ? 0 : next + 1;
        order[0] = next;
        step.load(data, order, 0, 1);
        return step.run(1, rate);
    }
}
