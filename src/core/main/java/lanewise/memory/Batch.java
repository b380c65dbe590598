package lanewise.memory;

import java.util.List;
import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.kernel.SplitMix;

/**
 * The memory of an operation's calls on up to so many rows: inputs, outputs, their gradients, and the memory that the
 * operation asks for. Made once, then used again and again without allocation. Each worker sees it through a {@link Pass}
 * of its own, which adds scratch.
 *
 * <p>A batch begins on the scalar kernels, or on the vector kernels if these are known to be compiled in this JVM.
 *
 * <p>All floats of a batch lie in one array, scratch of the first worker among them; further workers have one each.
 */
public final class Batch {

    private final int rows;
    private final boolean training;
    private final Slice input;
    private final Slice output;
    private final Slice dOutput;
    private final Slice dInput;
    private final Pass[] passes;

    private Kernels kernels;
    private long seed;
    private long step;
    private long firstRow;

    /** Floats of one array, handed out matrix by matrix; the first time round only counted. */
    static final class Floats {
        private long floats = Slice.BASE;
        private float[] array;

        Slice take(int rows, int columns) {
            long offset = floats;
            int stride = Kernels.padded(columns);
            floats = Slice.plus(floats, rows, columns);
            return array == null ? null : new Slice(array, (int) offset, rows, columns, stride);
        }

        Slice[] take(List<Memory.Shape> shapes, int batchRows) {
            Slice[] slices = new Slice[shapes.size()];
            for (int i = 0; i < slices.length; i++) {
                Memory.Shape shape = shapes.get(i);
                slices[i] = take(shape.rows(batchRows), shape.columns());
            }
            return slices;
        }

        int[] ints(long count, int rows, Operation operation) {
            if (count > Integer.MAX_VALUE - 16)
                throw new IllegalArgumentException(count + " ints do not fit one array; fewer rows than " + rows
                        + ", or a narrower " + operation + ", do");
            return new int[array == null ? 0 : (int) count];
        }

        boolean counting() {
            return array == null;
        }

        /** Ends the counting. */
        private void allocate(boolean aligned) {
            array = Slice.array(floats, aligned);
            floats = Slice.BASE;
        }
    }

    private Batch(Operation operation, int rows, boolean training, int workers, Kernels kernels) {
        if (rows < 1) throw new IllegalArgumentException(rows + " rows given, at least 1 expected");
        if (workers < 1) throw new IllegalArgumentException(workers + " workers given, at least 1 expected");
        this.rows = rows;
        this.training = training;
        this.kernels = kernels;
        passes = new Pass[workers];
        Floats floats = new Floats();
        for (int i = 0; i < (training ? 4 : 2); i++)
            floats.take(rows, i % 2 == 0 ? operation.inputSize() : operation.outputSize());
        new Pass(this, operation, null, floats);
        floats.allocate(training);
        input = floats.take(rows, operation.inputSize());
        output = floats.take(rows, operation.outputSize());
        dOutput = training ? floats.take(rows, operation.outputSize()) : null;
        dInput = training ? floats.take(rows, operation.inputSize()) : null;
        passes[0] = new Pass(this, operation, null, floats);
        for (int worker = 1; worker < workers; worker++) {
            floats = new Floats();
            new Pass(this, operation, passes[0], floats);
            floats.allocate(training);
            passes[worker] = new Pass(this, operation, passes[0], floats);
        }
    }

    /** The number of an operation inside another one, see {@link Pass#stream}. */
    static long stream(long outer, int index) {
        return SplitMix.mix(outer, index);
    }

    /**
     * A batch for forward and backward, for one worker.
     *
     * @param operation the outermost operation
     * @param rows the largest number of rows
     * @return a new batch
     * @throws IllegalArgumentException if rows is less than 1, or so many do not fit one array
     */
    public static Batch forTraining(Operation operation, int rows) {
        return forTraining(operation, rows, 1);
    }

    /**
     * A batch for forward and backward, for several workers.
     *
     * @param operation the outermost operation
     * @param rows the largest number of rows
     * @param workers number of passes
     * @return a new batch
     * @throws IllegalArgumentException if rows or workers is less than 1, or so many rows do not fit one array
     */
    public static Batch forTraining(Operation operation, int rows, int workers) {
        return new Batch(operation, rows, true, workers, Selection.current());
    }

    /**
     * A batch for forward alone, which leaves out the memory that only backward needs.
     *
     * @param operation the outermost operation, for a layer in its form for prediction
     * @param rows the largest number of rows
     * @return a new batch
     * @throws IllegalArgumentException if rows is less than 1, or so many do not fit one array
     */
    public static Batch forPrediction(Operation operation, int rows) {
        return forPrediction(operation, rows, Selection.current());
    }

    /**
     * A batch for forward alone that begins on these kernels, without asking for others, which may have to be loaded first.
     *
     * @param operation the outermost operation
     * @param rows the largest number of rows
     * @param kernels to begin with
     * @return a new batch
     */
    public static Batch forPrediction(
            Operation operation, int rows, @SuppressWarnings("exports") Kernels kernels) { // for the library itself
        return new Batch(operation, rows, false, 1, kernels);
    }

    /**
     * The largest number of rows.
     *
     * @return number of rows
     */
    public int rows() {
        return rows;
    }

    /**
     * How many workers have a pass of their own.
     *
     * @return at least 1
     */
    public int workers() {
        return passes.length;
    }

    /**
     * Whether this is for training: dropout drops, batch normalisation uses the batch.
     *
     * @return true if so
     */
    public boolean training() {
        return training;
    }

    /**
     * The first worker's view.
     *
     * @return always the same pass
     */
    public Pass pass() {
        return passes[0];
    }

    /**
     * A worker's view.
     *
     * @param worker which of them, from 0
     * @return always the same pass
     */
    public Pass pass(int worker) {
        return passes[worker];
    }

    /**
     * Says which step comes next. Layers that draw random numbers draw them from these three and never from threads.
     *
     * @param seed of the training
     * @param step number of the step, from 0
     * @param firstRow number of the batch's first row in its epoch
     */
    public void begin(long seed, long step, long firstRow) {
        this.seed = seed;
        this.step = step;
        this.firstRow = firstRow;
    }

    /**
     * The training's seed.
     *
     * @return as given to {@link #begin}
     */
    public long seed() {
        return seed;
    }

    /**
     * The step's number.
     *
     * @return as given to {@link #begin}
     */
    public long step() {
        return step;
    }

    /**
     * Number of the batch's first row in its epoch.
     *
     * @return as given to {@link #begin}
     */
    public long firstRow() {
        return firstRow;
    }

    /**
     * The outermost operation's input.
     *
     * @return rows × inputSize
     */
    public Slice input() {
        return input;
    }

    /**
     * The outermost operation's output.
     *
     * @return rows × outputSize
     */
    public Slice output() {
        return output;
    }

    /**
     * Gradient with respect to the output.
     *
     * @return rows × outputSize; null in a batch for prediction
     */
    public Slice dOutput() {
        return dOutput;
    }

    /**
     * Gradient with respect to the input.
     *
     * @return rows × inputSize; null in a batch for prediction
     */
    public Slice dInput() {
        return dInput;
    }

    /**
     * Sets a row of {@link #input} to bytes, unsigned: (b &amp; 255) · scale.
     *
     * @param row which row
     * @param values holds inputSize bytes
     * @param offset index of the first
     * @param scale 1f / 255f maps them to [0, 1]
     */
    public void setInput(int row, byte[] values, int offset, float scale) {
        Objects.checkFromIndexSize(offset, input.columns(), values.length);
        kernels.unpack(values, offset, input.columns(), scale, input.array(), input.at(Objects.checkIndex(row, rows)));
    }

    /**
     * Sets a row of {@link #input} to floats.
     *
     * @param row which row
     * @param values holds inputSize floats
     * @param offset index of the first
     */
    public void setInput(int row, float[] values, int offset) {
        System.arraycopy(values, offset, input.array(), input.at(Objects.checkIndex(row, rows)), input.columns());
    }

    /**
     * The kernels that calls on this batch use.
     *
     * @return the kernels
     */
    @SuppressWarnings("exports") // for the library itself: their package is not exported
    public Kernels kernels() {
        return kernels;
    }

    /**
     * Exchanges the kernels, between two calls.
     *
     * @param kernels used from now on
     */
    public void kernels(@SuppressWarnings("exports") Kernels kernels) { // for the library itself
        this.kernels = kernels;
    }
}
