package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanewise.bench.program.KernelsProfiler;
import lanewise.kernel.Function;
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
 * The functions of layers and their derivatives, element by element: nanoseconds and bytes for each call. How a kernel is
 * measured, and what the numbers may not be used for, says {@link KernelBenchmark}.
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh FunctionBenchmark.values -p function=SIGMOID -jvmArgsAppend -Dlanewise.width=256"
 * </pre>
 *
 * <p>Elements are normal numbers around zero, so both sides of each kink occur. The bound counts the elements' way to the
 * cache and back, not the operations, whose number is each function's own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FunctionBenchmark extends Windowed {

    /** Elements; kernels take whole blocks of 16. */
    @Param({"16", "128", "1024", "100352"})
    int n;

    /** Which one, see {@link Function}. */
    @Param({
        "SIGMOID",
        "TANH",
        "RELU",
        "SOFTPLUS",
        "GELU_TANH",
        "SILU",
        "ELU",
        "HARD_SIGMOID",
        "HARD_SWISH",
        "MISH",
        "GELU",
        "SOFTSIGN",
        "SCALED_SOFTPLUS",
        "CLIP",
        "THRESHOLD",
        "CELU",
        "LOG_SIGMOID",
        "TANH_SHRINK"
    })
    Function function;

    private final Kernels kernels = Selection.kernels();
    private Slice x;
    private Slice y;

    /** Makes the arguments. */
    @Setup
    public void arguments() {
        Slice[] all = Operands.allocate(new int[] {1, n}, new int[] {1, n});
        x = all[0];
        y = all[1];
        RandomSource random = new RandomSource(1);
        for (int i = 0; i < n; i++) x.set(0, i, random.normal());
        KernelsProfiler.watch(kernels::width);
    }

    /** The work of a method. */
    static Work work(String method, Map<String, String> params) {
        int n = Integer.parseInt(params.get("n"));
        return switch (method) {
            case "values", "derivatives" -> Work.ofFloats(0, n, n, 0);
            default -> throw MicroBenchmark.unknown(FunctionBenchmark.class, method);
        };
    }

    /** The function. */
    @Benchmark
    public void values() {
        kernels.values(function, 1f, 0.5f, x.array(), x.offset(), y.array(), y.offset(), n);
    }

    /** Its derivative, from its value or its argument, whichever the function takes. */
    @Benchmark
    public void derivatives() {
        kernels.derivatives(function, 1f, 0.5f, x.array(), x.offset(), y.array(), y.offset(), n);
    }
}
