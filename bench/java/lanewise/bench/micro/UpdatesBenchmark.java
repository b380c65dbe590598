package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanewise.bench.program.KernelsProfiler;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;
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
 * The rules of optimizers, element by element: nanoseconds and bytes for each call. How a kernel is measured, and what the
 * numbers may not be used for, says {@link KernelBenchmark}.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh UpdatesBenchmark.adam -p n=100352 -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>Some rules put the step in the gradient's place. Called again and again on it they would make it subnormal, which is
 * many times slower; so their state is 1, decays by nothing, and takes nothing from the gradient: the gradient stays.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class UpdatesBenchmark extends Windowed {

    /** So small that parameters hardly change in a run. */
    private static final float RATE = 1e-9f;

    /** Parameters; kernels take whole blocks of 16. */
    @Param({"16", "1024", "8192", "100352", "1048576"})
    int n;

    private final Kernels kernels = Selection.kernels();
    private Slice g;
    private Slice w;
    private Slice m;
    private Slice v;
    private Slice x;
    private Slice ones;
    private Slice one;

    /** Makes parameters, gradient and states. */
    @Setup
    public void parameters() {
        int[] size = {1, n};
        Slice[] all = Operands.allocate(size, size, size, size, size, size, size);
        g = all[0];
        w = all[1];
        m = all[2];
        v = all[3];
        x = all[4];
        ones = all[5];
        one = all[6];
        RandomSource random = new RandomSource(1);
        // Squares below half a unit in the last place of 1.
        for (int i = 0; i < n; i++) g.set(0, i, (random.uniform() < 0.5f ? 1e-5f : -1e-5f) * (1 + random.uniform()));
        Operands.fill(w, random);
        Operands.fill(ones, 1f);
        Operands.fill(one, 1f);
        KernelsProfiler.watch(kernels::width);
    }

    /** The work of a method: operations as the rules' formulas count them, none for roots and quotients. */
    static Work work(String method, Map<String, String> params) {
        double n = Integer.parseInt(params.get("n"));
        return switch (method) {
            case "descend" -> Work.ofFloats(2 * n, n, 0, n);
            case "momentum" -> Work.ofFloats(4 * n, n, 0, 2 * n);
            case "nesterov" -> Work.ofFloats(6 * n, n, 0, 2 * n);
            case "adam" -> Work.ofFloats(0, n, 0, 3 * n);
            case "amsgrad" -> Work.ofFloats(0, n, 0, 4 * n);
            case "rmsprop", "adagrad" -> Work.ofFloats(0, 0, 0, 2 * n);
            case "rmspropCentred", "adadelta" -> Work.ofFloats(0, 0, 0, 3 * n);
            case "average" -> Work.ofFloats(3 * n, n, 0, n);
            case "limit" -> Work.ofFloats(0, 0, 0, n);
            default -> throw MicroBenchmark.unknown(UpdatesBenchmark.class, method);
        };
    }

    /** Plain gradient descent. */
    @Benchmark
    public void descend() {
        kernels.descend(RATE, g.array(), g.offset(), w.array(), w.offset(), n);
    }

    /** Momentum. */
    @Benchmark
    public void momentum() {
        kernels.momentum(0.9f, 1f, RATE, g.array(), g.offset(), m.array(), m.offset(), w.array(), w.offset(), n);
    }

    /** Nesterov's momentum. */
    @Benchmark
    public void nesterov() {
        kernels.nesterov(0.9f, RATE, g.array(), g.offset(), m.array(), m.offset(), w.array(), w.offset(), n);
    }

    /** Adam. */
    @Benchmark
    public void adam() {
        kernels.adam(
                0.1f,
                0.999f,
                0.001f,
                1f,
                1e-8f,
                RATE,
                0f,
                0f,
                g.array(),
                g.offset(),
                m.array(),
                m.offset(),
                v.array(),
                v.offset(),
                w.array(),
                w.offset(),
                n);
    }

    /** AMSGrad. */
    @Benchmark
    public void amsgrad() {
        kernels.amsgrad(
                0.1f,
                0.999f,
                0.001f,
                1f,
                1e-8f,
                RATE,
                g.array(),
                g.offset(),
                m.array(),
                m.offset(),
                v.array(),
                v.offset(),
                x.array(),
                x.offset(),
                w.array(),
                w.offset(),
                n);
    }

    /** RMSProp. */
    @Benchmark
    public void rmsprop() {
        kernels.rmsprop(1f, 0f, 0f, g.array(), g.offset(), ones.array(), ones.offset(), n);
    }

    /** RMSProp, centred. */
    @Benchmark
    public void rmspropCentred() {
        kernels.rmspropCentred(
                1f, 0f, 0f, g.array(), g.offset(), ones.array(), ones.offset(), m.array(), m.offset(), n);
    }

    /** AdaGrad. */
    @Benchmark
    public void adagrad() {
        kernels.adagrad(0f, g.array(), g.offset(), ones.array(), ones.offset(), n);
    }

    /** AdaDelta. */
    @Benchmark
    public void adadelta() {
        kernels.adadelta(1f, 0f, 0f, g.array(), g.offset(), ones.array(), ones.offset(), one.array(), one.offset(), n);
    }

    /** An exponential moving average. */
    @Benchmark
    public void average() {
        kernels.average(0.01f, g.array(), g.offset(), w.array(), w.offset(), n);
    }

    /** Limits to a range. */
    @Benchmark
    public void limit() {
        kernels.limit(1e-3f, g.array(), g.offset(), n);
    }
}
