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
 * Sums along a row or over a batch, softmax and normalisation: nanoseconds and bytes for each call. How a kernel is
 * measured, and what the numbers may not be used for, says {@link KernelBenchmark}.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh SumsBenchmark.softmax -p n=10 -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>Sums that are returned are consumed by JMH. A sum that stayed in the benchmark would be optimised away, and with it the
 * loop.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SumsBenchmark extends Windowed {

    /** Rows of the sums over a batch. */
    private static final int BATCH = 32;

    /** Elements of a row. */
    @Param({"1", "10", "17", "128", "1021"})
    int n;

    private final Kernels kernels = Selection.kernels();
    private int padded;
    private Slice x;
    private Slice d;
    private Slice z;
    private Slice mean;
    private Slice inverse;
    private Slice sums;
    private Slice squares;
    private Slice result;

    /** Makes the rows. */
    @Setup
    public void rows() {
        padded = Kernels.padded(n);
        int[] row = {1, padded}, batch = {BATCH, padded};
        Slice[] all = Operands.allocate(batch, batch, row, row, row, row, row, row);
        x = all[0];
        d = all[1];
        z = all[2];
        mean = all[3];
        inverse = all[4];
        sums = all[5];
        squares = all[6];
        result = all[7];
        RandomSource random = new RandomSource(1);
        for (int r = 0; r < BATCH; r++)
            for (int i = 0; i < n; i++) {
                x.set(r, i, random.normal());
                d.set(r, i, random.normal());
            }
        for (int i = 0; i < n; i++) {
            z.set(0, i, random.normal());
            mean.set(0, i, 0.1f * random.normal());
            inverse.set(0, i, 1f + random.uniform());
        }
        KernelsProfiler.watch(kernels::width);
    }

    /** The work of a method. */
    static Work work(String method, Map<String, String> params) {
        double n = Integer.parseInt(params.get("n")), all = BATCH * n;
        return switch (method) {
            case "sum" -> Work.ofFloats(n, n, 0, 0);
            case "squares" -> Work.ofFloats(2 * n, n, 0, 0);
            case "dot" -> Work.ofFloats(2 * n, 2 * n, 0, 0);
            case "softmax" -> Work.ofFloats(0, n, n, 0);
            case "softmaxBackward" -> Work.ofFloats(2 * n, 2 * n, n, 0);
            case "normalize" -> Work.ofFloats(2 * n, 3 * n, n, 0);
            case "normalizeBackward" -> Work.ofFloats(4 * n, 5 * n, n, 0);
            case "columnMeans" -> Work.ofFloats(all, all, n, 0);
            case "columnSquares" -> Work.ofFloats(2 * all, all + n, n, 0);
            case "columnSums" -> Work.ofFloats(3 * all, 2 * all, 2 * n, 0);
            default -> throw MicroBenchmark.unknown(SumsBenchmark.class, method);
        };
    }

    /**
     * Of a row.
     *
     * @return the sum
     */
    @Benchmark
    public float sum() {
        return kernels.sum(x.array(), x.offset(), n, 0.5f);
    }

    /**
     * Of a row.
     *
     * @return the sum of its squares
     */
    @Benchmark
    public float squares() {
        return kernels.squares(x.array(), x.offset(), n, 0.5f, 2f);
    }

    /**
     * Of two rows.
     *
     * @return their inner product
     */
    @Benchmark
    public float dot() {
        return kernels.dot(x.array(), x.offset(), d.array(), d.offset(), n);
    }

    /**
     * Of a row.
     *
     * @return the sum of its exponentials
     */
    @Benchmark
    public float softmax() {
        return kernels.softmax(z.array(), z.offset(), n, 4f, result.array(), result.offset());
    }

    /** The gradient through a softmax. */
    @Benchmark
    public void softmaxBackward() {
        kernels.softmaxBackward(
                inverse.array(),
                inverse.offset(),
                d.array(),
                d.offset(),
                0.5f,
                result.array(),
                result.offset(),
                padded);
    }

    /** The normalisation of a row. */
    @Benchmark
    public void normalize() {
        kernels.normalize(
                mean.array(),
                mean.offset(),
                inverse.array(),
                inverse.offset(),
                x.array(),
                x.offset(),
                result.array(),
                result.offset(),
                n);
    }

    /** The gradient through a normalisation. */
    @Benchmark
    public void normalizeBackward() {
        kernels.normalizeBackward(
                inverse.array(),
                inverse.offset(),
                mean.array(),
                mean.offset(),
                z.array(),
                z.offset(),
                d.array(),
                d.offset(),
                x.array(),
                x.offset(),
                result.array(),
                result.offset(),
                n);
    }

    /** Means over a batch. */
    @Benchmark
    public void columnMeans() {
        kernels.columnMeans(x.array(), x.offset(), x.stride(), BATCH, sums.array(), sums.offset(), padded);
    }

    /** Squares of the distances from the means over a batch. */
    @Benchmark
    public void columnSquares() {
        kernels.columnSquares(
                x.array(),
                x.offset(),
                x.stride(),
                BATCH,
                mean.array(),
                mean.offset(),
                squares.array(),
                squares.offset(),
                padded);
    }

    /** The two sums over a batch that the gradient of a normalisation needs. */
    @Benchmark
    public void columnSums() {
        kernels.columnSums(
                d.array(),
                d.offset(),
                d.stride(),
                x.array(),
                x.offset(),
                x.stride(),
                BATCH,
                sums.array(),
                sums.offset(),
                squares.array(),
                squares.offset(),
                padded);
    }
}
