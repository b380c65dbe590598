package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanewise.bench.program.KernelsProfiler;
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
 * One step of training the 784-128-64-10 network: input, forward, loss, backward, update; the score is steps a second, whose
 * samples a second are {@code batch} times as many.
 *
 * <p><b>What it measures.</b> A step in the state that a long training reaches, on 600 samples that stay in the cache. A
 * training on all of MNIST is somewhat slower. {@code zeros} is the share of pixels that are 0, in horizontal strokes as
 * digits have them. MNIST has 0.81; 0.0 is the dense case, in which nothing can be skipped.
 *
 * <p><b>The wrong way</b> is to measure the first steps, which run on the scalar kernels and in the interpreter, or to train
 * on one and the same sample, whose zeros the branch predictor learns. <b>The right way</b> is to warm up, to go through
 * the samples, and to look at the metric {@code kernels} for what did run:
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh [.]TrainingStepBenchmark.step$ -p batch=1 -p zeros=0.81 -p optimizer=SGD \
 *     -jvmArgsAppend -Dlanewise.width=256 -prof lanewise.bench.program.KernelsProfiler"
 * </pre>
 *
 * <p><b>What the number may not be used for:</b> to compare with another program's training on other data; for that there is
 * {@code peers}. A step must report 0 B/op, or the number is invalid.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TrainingStepBenchmark extends Windowed {

    private static final int[] HIDDEN = {128, 64};

    /** Samples in a step. */
    @Param({"1", "32", "128"})
    int batch;

    /** Share of pixels that are zero. */
    @Param({"0.81", "0.0"})
    double zeros;

    /** What happens to the parameters. */
    @Param({"SGD", "ADAM"})
    TrainingRule optimizer;

    private Training training;

    /** Makes the network and the digits. */
    @Setup
    public void network() {
        training = new Training(Digits.network(HIDDEN), zeros, optimizer, batch);
        KernelsProfiler.watch(() -> training.step().batch().kernels().width());
    }

    /** The work of a step. */
    static Work work(String method, Map<String, String> params) {
        return NetworkWork.ofDigits(
                        Double.parseDouble(params.getOrDefault("zeros", "0.81")),
                        Integer.parseInt(params.get("batch")),
                        HIDDEN)
                .step(TrainingRule.valueOf(params.get("optimizer")).states());
    }

    /**
     * One step.
     *
     * @return the sum of the losses
     */
    @Benchmark
    public double step() {
        return training.next(0.05f);
    }

    /**
     * One step at a rate at which the sigmoids saturate. They would make subnormal gradients if they were let; the score must
     * stay near that of {@link #step}.
     *
     * @return the sum of the losses
     */
    @Benchmark
    public double saturatedStep() {
        return training.next(0.4f);
    }
}
