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
 * The search for inputs that are not zero: nanoseconds and bytes for each call, which does one row, or four. How a kernel
 * is measured, and what the numbers may not be used for, says {@link KernelBenchmark}.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh NonZerosBenchmark -p n=784 -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>The zeros lie in places of no pattern, the worst case for code that branches; a digit's lie side by side.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class NonZerosBenchmark extends Windowed {

    /** Inputs of a row. */
    @Param({"1", "15", "17", "128", "784", "1021"})
    int n;

    /** Share of inputs that are zero. */
    @Param({"0.81", "0.0"})
    double zeros;

    private final Kernels kernels = Selection.kernels();
    private Slice rows;
    private Slice copy;
    private int[] positions;
    private int[] waiting;
    private int[] places;
    private int[] updates;
    private float[] waitingInputs;
    private float[] inputs;
    private float[] factors;

    /** Makes the rows. */
    @Setup
    public void rows() {
        Slice[] all = Operands.allocate(new int[] {Kernels.ROWS, n}, new int[] {1, n});
        rows = all[0];
        copy = all[1];
        RandomSource random = new RandomSource(1);
        NonZeroPattern pattern = NonZeroPattern.of(Kernels.ROWS, n, zeros);
        for (int r = 0; r < Kernels.ROWS; r++)
            for (int i = 0; i < n; i++) if (pattern.nonZero()[r][i]) rows.set(r, i, 1e-3f + random.uniform());
        int room = n + Kernels.BLOCK;
        positions = new int[room];
        waiting = new int[n];
        places = new int[room];
        updates = new int[room];
        waitingInputs = new float[n];
        inputs = new float[room];
        factors = new float[room];
        KernelsProfiler.watch(kernels::width);
    }

    /** The work of a method, from the same pattern of zeros as the rows have. */
    static Work work(String method, Map<String, String> params) {
        int n = Integer.parseInt(params.get("n"));
        NonZeroPattern pattern =
                NonZeroPattern.of(Kernels.ROWS, n, Double.parseDouble(params.getOrDefault("zeros", "0.81")));
        double count = pattern.count(), union = pattern.union(Kernels.ROWS);
        return switch (method) {
            case "nonZeros" -> Work.ofFloats(0, n, count, 0);
            case "copyNonZeros" -> Work.ofFloats(0, n, n + count, 0);
            case "nonZerosOfRows" -> Work.ofFloats(0, Kernels.ROWS * n, union, 0);
            case "exchange" -> Work.ofFloats(0, n, 4 * count, 2 * count);
            default -> throw MicroBenchmark.unknown(NonZerosBenchmark.class, method);
        };
    }

    /**
     * The list of one row.
     *
     * @return how many inputs are not zero
     */
    @Benchmark
    public int nonZeros() {
        return kernels.nonZeros(rows.array(), rows.offset(), n, positions, 0);
    }

    /**
     * The list of one row, and its copy.
     *
     * @return how many inputs are not zero
     */
    @Benchmark
    public int copyNonZeros() {
        return kernels.copyNonZeros(rows.array(), rows.offset(), n, copy.array(), copy.offset(), positions, 0);
    }

    /**
     * The list of four rows together.
     *
     * @return how many inputs are not zero in one of them
     */
    @Benchmark
    public int nonZerosOfRows() {
        return kernels.nonZerosOfRows(rows.array(), rows.offset(), rows.stride(), n, positions, 0);
    }

    /**
     * The list of one row with the updates that wait for it.
     *
     * @return how many inputs are not zero
     */
    @Benchmark
    public int exchange() {
        return kernels.exchange(
                rows.array(),
                rows.offset(),
                n,
                0,
                Kernels.BLOCK,
                waiting,
                waitingInputs,
                1,
                places,
                updates,
                inputs,
                factors);
    }
}
