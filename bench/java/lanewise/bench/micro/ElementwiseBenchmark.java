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
 * Arithmetic element by element: nanoseconds and bytes for each call. How a kernel is measured, and what the numbers may
 * not be used for, says {@link KernelBenchmark}.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh ElementwiseBenchmark.multiplyAdd -p n=1024 -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>Kernels that change their argument are given numbers with which it stays as it is, a factor of 1 for example: repeated a
 * hundred million times anything else would end as infinity, or as subnormal numbers, which are many times slower.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ElementwiseBenchmark extends Windowed {

    /** Elements; kernels take whole blocks of 16. */
    @Param({"16", "128", "1024", "100352"})
    int n;

    private final Kernels kernels = Selection.kernels();
    private Slice x;
    private Slice y;
    private Slice z;
    private Slice sum;
    private Slice signs;
    private byte[] bytes;

    /** Makes the elements. */
    @Setup
    public void elements() {
        int[] size = {1, n};
        Slice[] all = Operands.allocate(size, size, size, size, size);
        x = all[0];
        y = all[1];
        z = all[2];
        sum = all[3];
        signs = all[4];
        RandomSource random = new RandomSource(1);
        bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            x.set(0, i, random.normal());
            y.set(0, i, random.normal());
            signs.set(0, i, random.uniform() < 0.5f ? 1f : -1f);
            bytes[i] = (byte) random.nextInt(256);
        }
        KernelsProfiler.watch(kernels::width);
    }

    /** The work of a method. */
    static Work work(String method, Map<String, String> params) {
        double n = Integer.parseInt(params.get("n"));
        return switch (method) {
            case "unpack" -> new Work(n, n, Float.BYTES * n, 0, (1 + Float.BYTES) * n);
            case "scale" -> Work.ofFloats(n, n, n, 0);
            case "add", "addFlushed" -> Work.ofFloats(n, n, 0, n);
            case "multiply" -> Work.ofFloats(n, n, 0, n);
            case "multiplyAdd" -> Work.ofFloats(2 * n, 3 * n, n, 0);
            case "prelu" -> Work.ofFloats(n, 2 * n, n, 0);
            case "preluDerivative" -> Work.ofFloats(0, 2 * n, n, 0);
            case "dropout" -> Work.ofFloats(0, n, n, 0);
            default -> throw MicroBenchmark.unknown(ElementwiseBenchmark.class, method);
        };
    }

    /** Bytes to floats. */
    @Benchmark
    public void unpack() {
        kernels.unpack(bytes, 0, n, 1f / 255f, z.array(), z.offset());
    }

    /** A multiple. */
    @Benchmark
    public void scale() {
        kernels.scale(0.5f, x.array(), x.offset(), z.array(), z.offset(), n);
    }

    /** A sum in place. */
    @Benchmark
    public void add() {
        kernels.add(signs.array(), signs.offset(), sum.array(), sum.offset(), n);
    }

    /** A sum in place, small values flushed. */
    @Benchmark
    public void addFlushed() {
        kernels.addFlushed(signs.array(), signs.offset(), sum.array(), sum.offset(), n);
    }

    /** A product in place, small values flushed. */
    @Benchmark
    public void multiply() {
        kernels.multiply(signs.array(), signs.offset(), y.array(), y.offset(), n);
    }

    /** A fused multiply-add of three arrays. */
    @Benchmark
    public void multiplyAdd() {
        kernels.multiplyAdd(
                x.array(), x.offset(), y.array(), y.offset(), signs.array(), signs.offset(), z.array(), z.offset(), n);
    }

    /** A ReLU with a slope of its own for each element. */
    @Benchmark
    public void prelu() {
        kernels.prelu(y.array(), y.offset(), x.array(), x.offset(), z.array(), z.offset(), n);
    }

    /** Its derivative. */
    @Benchmark
    public void preluDerivative() {
        kernels.preluDerivative(y.array(), y.offset(), x.array(), x.offset(), z.array(), z.offset(), n);
    }

    /** Half of the elements, doubled. */
    @Benchmark
    public void dropout() {
        kernels.dropout(1, 2, 1 << 23, 2f, x.array(), x.offset(), z.array(), z.offset(), n);
    }
}
