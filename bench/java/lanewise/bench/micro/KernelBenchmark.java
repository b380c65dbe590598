package lanewise.bench.micro;

import java.util.concurrent.TimeUnit;
import lanewise.kernel.Function;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
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
 * The kernels of one layer, one row at a time or a batch: nanoseconds and bytes per call. More than 0 B/op means that vectors
 * became objects, and the number is then invalid, not slow.
 *
 * <p>Everything stays in the cache that it fits: a training, which goes from kernel to kernel, sees longer times for the
 * layers that do not fit the first-level cache. Compare kernel with kernel here, and steps in {@link
 * TrainingStepBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {

    /** Rows of the kernels that take a batch. */
    private static final int BATCH = 32;

    /** Inputs × outputs of the layer. */
    @Param({"784x128", "128x64", "64x10"})
    String shape;

    /** Share of inputs that are zero, for the kernels that skip them. */
    @Param("0.81")
    double zeros;

    private final Kernels kernels = Selection.kernels();
    private int inputs;
    private int outputs;
    private Slice w;
    private Slice bias;
    private Slice x;
    private Slice dense;
    private Slice y;
    private Slice d;
    private Slice dx;
    private Slice scratch;
    private Slice xs;
    private Slice updateScratch;
    private final int[] masks = new int[Kernels.MASKS];
    private int[] positions;
    private int count;
    private byte[] bytes;
    private Slice rows;
    private Slice sums;
    private Slice panel;
    private int[] lists;
    private int listSize;

    /** Makes the layer. */
    @Setup
    public void layer() {
        String[] sizes = shape.split("x");
        inputs = Integer.parseInt(sizes[0]);
        outputs = Integer.parseInt(sizes[1]);
        Slice[] all = Slice.allocate(java.util.List.of(
                new ParameterShape("w", ParameterShape.Role.SCALE, inputs, outputs),
                new ParameterShape("bias", ParameterShape.Role.BIAS, 1, outputs),
                new ParameterShape("x", ParameterShape.Role.SCALE, 1, inputs),
                new ParameterShape("dense", ParameterShape.Role.SCALE, BATCH, inputs),
                new ParameterShape("y", ParameterShape.Role.SCALE, Kernels.ROWS, outputs),
                new ParameterShape("d", ParameterShape.Role.SCALE, BATCH, outputs),
                new ParameterShape("dx", ParameterShape.Role.SCALE, BATCH, inputs),
                new ParameterShape("scratch", ParameterShape.Role.SCALE, 1, Kernels.SCRATCH),
                new ParameterShape("xs", ParameterShape.Role.SCALE, BATCH, inputs),
                new ParameterShape(
                        "update", ParameterShape.Role.SCALE, BATCH, Kernels.updateScratch(Kernels.padded(outputs)))));
        w = all[0];
        bias = all[1];
        x = all[2];
        dense = all[3];
        y = all[4];
        d = all[5];
        dx = all[6];
        scratch = all[7];
        xs = all[8];
        updateScratch = all[9];
        RandomSource random = new RandomSource(1);
        for (Slice s : all)
            for (int r = 0; r < s.rows(); r++)
                for (int c = 0; c < s.columns(); c++) s.set(r, c, random.normal() * 1e-3f);
        many(random);
        bytes = new byte[inputs];
        for (int i = 0; i < inputs; i++) {
            if (random.uniform() < zeros) x.set(0, i, 0f);
            else bytes[i] = (byte) (1 + random.nextInt(255));
        }
        for (int r = 0; r < BATCH; r++) for (int i = 0; i < inputs; i++) if (random.uniform() < zeros) xs.set(r, i, 0f);
        positions = new int[inputs + Kernels.BLOCK];
        count = kernels.nonZeros(x.array(), x.offset(), inputs, positions, 0);
    }

    /** A batch whose rows have zeros, each in places of its own, and their lists. */
    private void many(RandomSource random) {
        Slice[] all = Slice.allocate(java.util.List.of(
                new ParameterShape("rows", ParameterShape.Role.SCALE, BATCH, inputs),
                new ParameterShape("sums", ParameterShape.Role.SCALE, BATCH, outputs),
                new ParameterShape("panel", ParameterShape.Role.SCALE, 1, Kernels.PANEL)));
        rows = all[0];
        sums = all[1];
        panel = all[2];
        int blocks = Kernels.blocks(inputs, w.stride()), block = Kernels.blockInputs(inputs, w.stride());
        listSize = blocks + 1 + inputs + Kernels.BLOCK;
        lists = new int[BATCH * listSize];
        for (int r = 0; r < BATCH; r++) {
            for (int c = 0; c < inputs; c++) if (random.uniform() >= zeros) rows.set(r, c, random.normal());
            int at = r * listSize, positions = at + blocks + 1;
            int found = kernels.nonZeros(rows.array(), rows.at(r), inputs, lists, positions);
            Kernels.blockEnds(lists, positions, found, block, blocks, at);
        }
    }

    /** Bytes to floats. */
    @Benchmark
    public void unpack() {
        kernels.unpack(bytes, 0, inputs, 1f / 255f, dx.array(), dx.offset());
    }

    /**
     * The search for non-zero inputs.
     *
     * @return how many there are
     */
    @Benchmark
    public int nonZeros() {
        return kernels.nonZeros(x.array(), x.offset(), inputs, positions, 0);
    }

    /** Forward, zeros skipped. */
    @Benchmark
    public void gemvSparse() {
        kernels.gemv(
                x.array(),
                x.offset(),
                inputs,
                positions,
                0,
                count,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                y.array(),
                y.offset());
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
                y.array(),
                y.offset());
    }

    /** Forward of four rows at once, no zeros; the time is that of all four. */
    @Benchmark
    public void gemmDense() {
        kernels.gemm(
                dense.array(),
                dense.offset(),
                dense.stride(),
                inputs,
                null,
                0,
                0,
                w.array(),
                w.offset(),
                w.stride(),
                bias.array(),
                bias.offset(),
                y.array(),
                y.offset(),
                y.stride());
    }

    /** Forward of a batch, no zeros skipped; the time is that of all its rows. */
    @Benchmark
    public void gemmBatchDense() {
        kernels.gemm(
                rows.array(),
                rows.offset(),
                rows.stride(),
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
                rows.array(),
                rows.offset(),
                rows.stride(),
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
                x.array(), x.offset(), positions, 0, count, d.array(), d.offset(), w.array(), w.offset(), w.stride());
    }

    /** Update, no zeros. */
    @Benchmark
    public void gerDense() {
        kernels.ger(dense.array(), dense.offset(), inputs, d.array(), d.offset(), w.array(), w.offset(), w.stride());
    }

    /** Update by the batch's rows, zeros skipped; the time is that of all. */
    @Benchmark
    public void gerRowsSparse() {
        update(xs);
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

    /** Sigmoid of the outputs. */
    @Benchmark
    public void sigmoid() {
        kernels.values(Function.SIGMOID, 1f, 0f, d.array(), d.offset(), y.array(), y.offset(), y.stride());
    }

    /** GELU of the outputs. */
    @Benchmark
    public void gelu() {
        kernels.values(Function.GELU_TANH, 1f, 0f, d.array(), d.offset(), y.array(), y.offset(), y.stride());
    }

    /**
     * Softmax of the outputs.
     *
     * @return its sum
     */
    @Benchmark
    public float softmax() {
        return kernels.softmax(d.array(), d.offset(), outputs, 1f, y.array(), y.offset());
    }
}
