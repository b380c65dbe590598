package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanewise.bench.program.KernelsProfiler;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.memory.Slice;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Benchmarks with mistakes on purpose, by which the suite's rules are tested: each has one, and {@link #right} has none.
 * All add up products of two rows of 100,000 numbers.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 10, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 100, timeUnit = TimeUnit.MILLISECONDS)
public class FaultyBenchmark extends Windowed {

    private static final int N = 100_000;

    private Kernels kernels = Selection.kernels();
    private Slice x;
    private Slice y;

    /** Makes the rows. */
    @Setup
    public void rows() {
        Slice[] all = Operands.allocate(new int[] {1, N}, new int[] {1, N});
        x = all[0];
        y = all[1];
        Operands.fill(x, 0.5f);
        Operands.fill(y, 2f);
        KernelsProfiler.watch(() -> kernels.width());
    }

    /**
     * The work of each method.
     *
     * @param method its name
     * @param params of the row
     * @return the same for all
     */
    public static Work work(String method, Map<String, String> params) {
        return Work.ofFloats(2.0 * N, 2.0 * N, 0, 0);
    }

    /**
     * No mistake.
     *
     * @return the sum
     */
    @Benchmark
    public float right() {
        return kernels.dot(x.array(), x.offset(), y.array(), y.offset(), N);
    }

    /**
     * Allocates, as vectors that become objects do.
     *
     * @return the sum in an array
     */
    @Benchmark
    public float[] allocating() {
        return new float[] {kernels.dot(x.array(), x.offset(), y.array(), y.offset(), N)};
    }

    /**
     * Runs on the scalar kernels, whatever was asked for.
     *
     * @return the sum
     */
    @Benchmark
    public float scalarByMistake() {
        kernels = Selection.scalar();
        return kernels.dot(x.array(), x.offset(), y.array(), y.offset(), N);
    }

    /** Adds up for nobody, so HotSpot leaves the loop out. */
    @Benchmark
    public void optimisedAway() {
        float sum = 0;
        float[] a = x.array(), b = y.array();
        for (int i = 0; i < N; i++) sum += a[i] * b[i];
    }
}
