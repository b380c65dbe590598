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
 * One step of training the 784-1024-1024-10 network: steps a second, as {@link TrainingStepBenchmark} measures them. Its 7.5 MB
 * of weights lie in the third-level cache, so this shows how well batches share the weights' way from there.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh WideTrainingStepBenchmark -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class WideTrainingStepBenchmark extends Windowed {

    private static final int[] HIDDEN = {1024, 1024};

    /** Samples in a step. */
    @Param("128")
    int batch;

    /** Share of pixels that are zero. */
    @Param("0.81")
    double zeros;

    /** What happens to the parameters. */
    @Param("SGD")
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
}
