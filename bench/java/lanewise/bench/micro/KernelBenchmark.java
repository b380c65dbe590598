package lanewise.bench.micro;

import java.util.List;
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
 * The products of one layer: nanoseconds and bytes for each call of a kernel, which does one row, four rows or a batch.
 *
 * <p><b>What it measures.</b> One kernel on arrays that stay where the last call left them: in the nearest cache that holds
 * them. A training goes from kernel to kernel, and each finds what the others have left of the cache, so it takes longer.
 *
 * <p><b>The wrong way</b> is to call scalar and vector kernels, or two widths, in one JVM: HotSpot then compiles call sites
 * for both, and the width is a constant that is set once. <b>The right way</b> is a JVM for each, by arguments of the fork
 * alone:
 *
 * <pre>
 * mvn -q -Pbench -Dargs="jmh KernelBenchmark.gemvSparse -p shape=784x128 -jvmArgsAppend -Dlanewise.width=256"
 * mvn -q -Pbench -Dargs="jmh KernelBenchmark.gemvSparse -p shape=784x128 -jvmArgsAppend -Dlanewise.kernels=scalar"
 * </pre>
 *
 * <p>A result that nobody consumes can be optimised away. Here all results go into arrays that the state holds, which other
 * threads could see, so HotSpot has to write them; the few kernels that return a number return it to JMH.
 *
 * <p><b>What the numbers may not be used for:</b> to add them up to the time of a step ({@code steps} does that and shows
 * what is left over); to compare machines, whose caches differ; and as a time, if there is more than 0 B/op: vectors have
 * then become objects, and the number is invalid, not slow.
 *
 * <p>The shapes are a digit network's layers, sizes that fit no vector and no tile, and one large square. Each row has the
 * same number of inputs that are not zero.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark extends Windowed {

    /** Rows of the kernels that take a batch. */
    private static final int BATCH = 32;

    /** Inputs × outputs of the layer. */
    @Param({"784x128", "128x64", "64x10", "1x1", "15x17", "17x15", "1021x257", "1000x1000"})
    String shape;

    /** Share of inputs that are zero, for the kernels that skip them. */
    @Param("0.81")
    double zeros;

    private final Kernels kernels = Selection.kernels();
    private final int[] masks = new int[Kernels.MASKS];
    private int inputs;
    private int count;
    private Slice w;
    private Slice bias;
    private Slice dense;
    private Slice sparse;
    private Slice sums;
    private Slice d;
    private Slice dx;
    private Slice scratch;
    private Slice updateScratch;
    private Slice panel;

    /** Positions of the first row's inputs that are not zero, and of those of the first four rows. */
    private int[] positions;

    private int[] union;
    private int unionCount;

    /** The lists of all rows with the ends of their blocks, and ints from list to list. */
    private int[] lists;

    private int listSize;

    /** The updates that wait, as {@link Kernels#exchange} lists them. */
    private int[] waitingRows;

    private int[] updates;
    private float[] listed;
    private float[] factors;

    /** Makes the layer and its rows. */
    @Setup
    public void layer() {
        int outputs = size(1);
        inputs = size(0);
        Slice[] all = Operands.allocate(
                new int[] {inputs, outputs},
                new int[] {1, outputs},
                new int[] {BATCH, inputs},
                new int[] {BATCH, inputs},
                new int[] {BATCH, outputs},
                new int[] {BATCH, outputs},
                new int[] {BATCH, inputs},
                new int[] {1, Kernels.SCRATCH},
                new int[] {Kernels.UPDATE_ROWS, Kernels.updateScratch(Kernels.padded(outputs))},
                new int[] {1, Kernels.PANEL});
        w = all[0];
        bias = all[1];
        dense = all[2];
        sparse = all[3];
        sums = all[4];
        d = all[5];
        dx = all[6];
        scratch = all[7];
        updateScratch = all[8];
        panel = all[9];
        RandomSource random = new RandomSource(1);
        for (Slice s : List.of(w, bias, dense, d)) Operands.fill(s, random);
        lists(random);
        waiting(random);
        KernelsProfiler.watch(kernels::width);
    }

    private int size(int index) {
        return Integer.parseInt(shape.split("x")[index]);
    }

    /** Rows with zeros, each in places of its own, and their lists. */
    private void lists(RandomSource random) {
        NonZeroPattern pattern = NonZeroPattern.of(BATCH, inputs, zeros);
        count = pattern.count();
        for (int r = 0; r < BATCH; r++)
            for (int i = 0; i < inputs; i++) if (pattern.nonZero()[r][i]) sparse.set(r, i, 1e-3f + random.uniform());
        positions = new int[inputs + Kernels.BLOCK];
        kernels.nonZeros(sparse.array(), sparse.offset(), inputs, positions, 0);
        union = new int[inputs + Kernels.BLOCK];
        unionCount = kernels.nonZerosOfRows(sparse.array(), sparse.offset(), sparse.stride(), inputs, union, 0);
        int blocks = Kernels.blocks(inputs, w.stride()), block = Kernels.blockInputs(inputs, w.stride());
        listSize = blocks + 1 + inputs + Kernels.BLOCK;
        lists = new int[BATCH * listSize];
        for (int r = 0; r < BATCH; r++) {
            int at = r * listSize, first = at + blocks + 1;
            int found = kernels.nonZeros(sparse.array(), sparse.at(r), inputs, lists, first);
            Kernels.blockEnds(lists, first, found, block, blocks, at);
        }
    }

    /** Updates that wait for the first row's inputs, one of the batch's gradients for each row of weights. */
    private void waiting(RandomSource random) {
        waitingRows = new int[count];
        updates = new int[count];
        listed = new float[count];
        factors = new float[count];
        for (int k = 0; k < count; k++) {
            waitingRows[k] = w.at(positions[k]);
            updates[k] = d.at(random.nextInt(BATCH));
            listed[k] = sparse.array()[sparse.at(0) + positions[k]];
            factors[k] = 1e-3f * random.normal();
        }
    }

    /** The work of a method, from the same pattern of zeros as the rows have. */
    static Work work(String method, Map<String, String> params) {
        String[] sizes = params.get("shape").split("x");
        double n = Integer.parseInt(sizes[0]), m = Integer.parseInt(sizes[1]), rows = BATCH;
        NonZeroPattern pattern =
                NonZeroPattern.of(BATCH, (int) n, Double.parseDouble(params.getOrDefault("zeros", "0.81")));
        double count = pattern.count(), four = pattern.union(Kernels.ROWS), used = pattern.union(BATCH);
        return switch (method) {
            case "gemvDense" -> Work.ofFloats(2 * n * m, n * m + n + m, m, 0);
            case "gemvSparse" -> Work.ofFloats(2 * count * m, count * m + 2 * count + m, m, 0);
            case "gemmDense" -> Work.ofFloats(8 * n * m, n * m + 4 * n + m, 4 * m, 0);
            case "gemmUnion" -> Work.ofFloats(8 * count * m, four * m + 4 * count + four + m, 4 * m, 0);
            case "gemmBatchDense" -> Work.ofFloats(2 * rows * n * m, n * m + rows * n + m, rows * m, 0);
            case "gemmBatchSparse" -> Work.ofFloats(2 * rows * count * m, used * m + 2 * rows * count + m, rows * m, 0);
            case "gemvTransposed" -> Work.ofFloats(2 * n * m, n * m + m, n, 0);
            case "gemmTransposed" -> Work.ofFloats(2 * rows * n * m, n * m + rows * m, rows * n, 0);
            case "gerDense" -> Work.ofFloats(2 * n * m, n + m, 0, n * m);
            case "gerSparse" -> Work.ofFloats(2 * count * m, 2 * count + m, 0, count * m);
            case "gerRowsDense" -> Work.ofFloats(2 * rows * n * m, rows * (n + m), 0, n * m);
            case "gerRowsSparse" -> Work.ofFloats(2 * rows * count * m, rows * (count + m), 0, used * m);
            case "gerGemvDense" -> Work.ofFloats(4 * n * m, 2 * n + 2 * m, m, n * m);
            case "gerGemvWaiting" -> Work.ofFloats(4 * count * m, 4 * count + 2 * m, m, count * m);
            default -> throw MicroBenchmark.unknown(KernelBenchmark.class, method);
        };
    }

    /** Forward, zeros skipped. */
    @Benchmark
    public void gemvSparse() {
        kernels.gemv(
                sparse.array(),
                sparse.offset(),
                inputs,
                positions,
                0,
                count,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset());
    }

    /** Forward, no zeros. */
    @Benchmark
    public void gemvDense() {
        kernels.gemv(
                dense.array(),
                dense.offset(),
                inputs,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset());
    }

    /** Forward of four rows at once, no zeros; the time is that of all four. */
    @Benchmark
    public void gemmDense() {
        fourRows(dense, null, 0);
    }

    /** Forward of four rows at once over the inputs that are not zero in one of them; the time is that of all four. */
    @Benchmark
    public void gemmUnion() {
        fourRows(sparse, union, unionCount);
    }

    private void fourRows(Slice rows, int[] list, int size) {
        kernels.gemm(
                rows.array(),
                rows.offset(),
                rows.stride(),
                inputs,
                list,
                0,
                size,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset(),
                sums.stride());
    }

    /** Forward of a batch, no zeros; the time is that of all its rows. */
    @Benchmark
    public void gemmBatchDense() {
        kernels.gemm(
                dense.array(),
                dense.offset(),
                dense.stride(),
                BATCH,
                inputs,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset(),
                sums.stride(),
                panel.array(),
                panel.offset());
    }

    /** Forward of a batch, each row's zeros skipped; the time is that of all its rows. */
    @Benchmark
    public void gemmBatchSparse() {
        kernels.gemmListed(
                sparse.array(),
                sparse.offset(),
                sparse.stride(),
                lists,
                listSize - inputs - Kernels.BLOCK,
                0,
                listSize,
                BATCH,
                inputs,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset(),
                sums.stride());
    }

    /** Input gradient of one row. */
    @Benchmark
    public void gemvTransposed() {
        inputGradient(1);
    }

    /** Input gradient of the batch's rows; the time is that of all. */
    @Benchmark
    public void gemmTransposed() {
        inputGradient(BATCH);
    }

    private void inputGradient(int rows) {
        kernels.gemmTransposed(
                w.array(),
                w.offset(),
                w.stride(),
                inputs,
                d.array(),
                d.offset(),
                d.stride(),
                rows,
                dx.array(),
                dx.offset(),
                dx.stride(),
                scratch.array(),
                scratch.offset());
    }

    /** Update, zeros skipped. */
    @Benchmark
    public void gerSparse() {
        kernels.ger(
                sparse.array(),
                sparse.offset(),
                positions,
                0,
                count,
                d.array(),
                d.offset(),
                w.array(),
                w.offset(),
                w.stride());
    }

    /** Update, no zeros. */
    @Benchmark
    public void gerDense() {
        kernels.ger(dense.array(), dense.offset(), inputs, d.array(), d.offset(), w.array(), w.offset(), w.stride());
    }

    /** Update by the batch's rows, zeros skipped; the time is that of all. */
    @Benchmark
    public void gerRowsSparse() {
        update(sparse);
    }

    /** Update by the batch's rows, no zeros; the time is that of all. */
    @Benchmark
    public void gerRowsDense() {
        update(dense);
    }

    private void update(Slice rows) {
        kernels.gerRows(
                -1e-3f,
                rows.array(),
                rows.offset(),
                rows.stride(),
                BATCH,
                inputs,
                d.array(),
                d.offset(),
                d.stride(),
                w.array(),
                w.offset(),
                w.stride(),
                updateScratch.array(),
                updateScratch.offset(),
                masks,
                0);
    }

    /** Update by the row before and forward of the next in one, no zeros. */
    @Benchmark
    public void gerGemvDense() {
        kernels.gerGemv(
                dense.array(),
                dense.at(1),
                d.array(),
                d.offset(),
                dense.array(),
                dense.offset(),
                inputs,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset());
    }

    /** Updates that wait, each for a row of weights, and forward over these rows in one, zeros skipped. */
    @Benchmark
    public void gerGemvWaiting() {
        kernels.gerGemv(
                waitingRows,
                updates,
                listed,
                factors,
                count,
                d.array(),
                inputs,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                sums.array(),
                sums.offset());
    }
}
