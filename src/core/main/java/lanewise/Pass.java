package lanewise;

import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * The memory of a layer's forward and backward calls: made once per worker, for up to so many rows, then used again
 * and again without allocation. Not thread-safe: one pass, one thread at a time.
 *
 * <p>A layer inside another has a pass inside its pass. The outermost pass also holds the input, the output and their
 * gradients. All floats of a pass and its children lie in one array.
 */
public final class Pass {

    /** Nobody said which inputs of row 0 are not zero. */
    static final int NOT_LISTED = -2;

    private final int rows;
    private final boolean training;
    private final long stream;
    private final Slice[] kept;
    private final Slice[] scratch;
    private final int[] ints;
    private final int intsPerRow;
    private final Pass[] children;
    private final Slice input;
    private final Slice output;
    private final Slice dOutput;
    private final Slice dInput;

    private Kernels kernels;
    private long seed;
    private long step;
    private long firstRow;
    private int listed = NOT_LISTED;

    /** Parameters by child for the two arrays of slices last asked for: the parameters, and their gradients. */
    private final Slice[][] wholes = new Slice[2][];

    private final Slice[][][] parts = new Slice[2][][];

    /** Memory of one array, handed out matrix by matrix. */
    private static final class Pool {
        private long floats = Slice.BASE;
        private float[] array;

        Slice take(int rows, int columns) {
            long offset = floats;
            int stride = Kernels.padded(columns);
            floats = Slice.plus(floats, rows, columns);
            return array == null ? null : new Slice(array, (int) offset, rows, columns, stride);
        }
    }

    private Pass(Layer layer, int rows, boolean training, boolean outermost, long stream, Pool pool) {
        this.rows = rows;
        this.training = training;
        this.stream = stream;
        Needs needs = layer.needs(training);
        input = outermost ? pool.take(rows, layer.inputSize()) : null;
        output = outermost ? pool.take(rows, layer.outputSize()) : null;
        dOutput = outermost && training ? pool.take(rows, layer.outputSize()) : null;
        dInput = outermost && training ? pool.take(rows, layer.inputSize()) : null;
        kept = new Slice[needs.kept.size()];
        for (int i = 0; i < kept.length; i++) kept[i] = pool.take(rows, needs.kept.get(i));
        scratch = new Slice[needs.scratch.size()];
        for (int i = 0; i < scratch.length; i++)
            scratch[i] = pool.take(needs.scratch.get(i)[0], needs.scratch.get(i)[1]);
        intsPerRow = needs.intsPerRow;
        long allInts = needs.ints + (long) rows * intsPerRow;
        if (allInts > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException(allInts + " ints do not fit one array; fewer rows than " + rows
                    + ", or a narrower " + layer + ", do");
        ints = new int[pool.array == null ? 0 : (int) allInts];
        children = new Pass[needs.children.size()];
        for (int i = 0; i < children.length; i++)
            children[i] = new Pass(needs.children.get(i), rows, training, false, RandomSource.mix(stream, i), pool);
    }

    private static Pass of(Layer layer, int rows, boolean training, Kernels kernels) {
        if (rows < 1) throw new IllegalArgumentException(rows + " rows given, at least 1 expected");
        Pool pool = new Pool();
        new Pass(layer, rows, training, true, 0, pool);
        pool.array = Slice.array(pool.floats, training);
        pool.floats = Slice.BASE;
        Pass pass = new Pass(layer, rows, training, true, 0, pool);
        pass.kernels(kernels);
        return pass;
    }

    /**
     * A pass for forward and backward.
     *
     * @param layer the outermost layer
     * @param rows the largest batch
     * @return a new pass
     * @throws IllegalArgumentException if rows is less than 1, or so many do not fit one array
     */
    public static Pass forTraining(Layer layer, int rows) {
        return of(layer, rows, true, Selection.kernels());
    }

    /**
     * A pass for forward alone, which leaves out what only backward needs.
     *
     * @param layer the outermost layer, as {@link Layer#forPrediction} gives it
     * @param rows the largest batch
     * @return a new pass
     * @throws IllegalArgumentException if rows is less than 1, or so many do not fit one array
     */
    public static Pass forPrediction(Layer layer, int rows) {
        return forPrediction(layer, rows, Selection.kernels());
    }

    /** A pass that begins on these kernels, without asking for others, which may have to be loaded first. */
    static Pass forPrediction(Layer layer, int rows, Kernels kernels) {
        return of(layer, rows, false, kernels);
    }

    /**
     * The largest batch.
     *
     * @return number of rows
     */
    public int rows() {
        return rows;
    }

    /**
     * Whether this pass trains: dropout drops, batch normalisation uses the batch.
     *
     * @return true if so
     */
    public boolean training() {
        return training;
    }

    /**
     * Says which step comes next; layers that draw random numbers draw them from these three and never from threads.
     *
     * @param seed of the training
     * @param step number of the step, from 0
     * @param firstRow number of the batch's first row in its epoch
     */
    public void begin(long seed, long step, long firstRow) {
        this.seed = seed;
        this.step = step;
        this.firstRow = firstRow;
        for (Pass child : children) child.begin(seed, step, firstRow);
        if (dOutput != null) {
            Kernels goOn = Selection.trial(kernels);
            if (goOn != kernels) kernels(goOn);
        }
    }

    /**
     * The training's seed.
     *
     * @return as {@link #begin} was told
     */
    public long seed() {
        return seed;
    }

    /**
     * The step's number.
     *
     * @return as {@link #begin} was told
     */
    public long step() {
        return step;
    }

    /**
     * Number of the batch's first row in its epoch.
     *
     * @return as {@link #begin} was told
     */
    public long firstRow() {
        return firstRow;
    }

    /**
     * The place of this pass's layer among all layers, as a number for {@link RandomSource}: two layers of one network
     * draw different random numbers from the same seed, step and row.
     *
     * @return 0 for the outermost layer; for one inside another, a hash of the other's number and its own place there
     */
    public long stream() {
        return stream;
    }

    /**
     * The outermost layer's input.
     *
     * @return rows × inputSize; null in a pass inside another
     */
    public Slice input() {
        return input;
    }

    /**
     * The outermost layer's output.
     *
     * @return rows × outputSize; null in a pass inside another
     */
    public Slice output() {
        return output;
    }

    /**
     * Gradient with respect to the outermost layer's output.
     *
     * @return rows × outputSize; null in a pass inside another, and in one for prediction
     */
    public Slice dOutput() {
        return dOutput;
    }

    /**
     * Gradient with respect to the outermost layer's input.
     *
     * @return rows × inputSize; null in a pass inside another, and in one for prediction
     */
    public Slice dInput() {
        return dInput;
    }

    /**
     * A matrix asked for by {@link Needs#kept}.
     *
     * @param index which of them, from 0
     * @return rows × columns
     */
    public Slice kept(int index) {
        return kept[index];
    }

    /**
     * A matrix asked for by {@link Needs#scratch}; zeros to begin with.
     *
     * @param index which of them, from 0
     * @return rows × columns
     */
    public Slice scratch(int index) {
        return scratch[index];
    }

    /**
     * The ints asked for by {@link Needs#ints}: row r's begin at r · perRow, the others at rows · perRow.
     *
     * @return the ints themselves
     */
    public int[] ints() {
        return ints;
    }

    /**
     * The pass of a layer inside this one.
     *
     * @param index which of them, from 0
     * @return its pass
     */
    public Pass child(int index) {
        return children[index];
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

    /** Tells {@link Dense} the only inputs of row 0 that may differ from zero, ascending, for its next forward. */
    void list(int[] positions, int from, int count) {
        System.arraycopy(positions, from, ints, 1, count);
        listed = count;
    }

    /** How many such positions are in {@link #ints} already; −1 if there are too many to list. */
    void listed(int count) {
        listed = count;
    }

    /** What was told last about row 0, once; {@link #NOT_LISTED} if nothing was. */
    int takeListed() {
        int count = listed;
        listed = NOT_LISTED;
        return count;
    }

    Kernels kernels() {
        return kernels;
    }

    /** Exchanges the kernels, here and in all passes inside. */
    void kernels(Kernels kernels) {
        this.kernels = kernels;
        for (Pass child : children) child.kernels(kernels);
    }

    /** The slices of a layer made of the children, child by child. */
    Slice[][] split(Slice[] whole, Layer[] layers) {
        if (whole == wholes[0]) return parts[0];
        if (whole == wholes[1]) return parts[1];
        wholes[1] = wholes[0];
        parts[1] = parts[0];
        Slice[][] split = new Slice[layers.length][];
        for (int i = 0, at = 0; i < layers.length; i++) {
            int count = layers[i].parameters().size();
            split[i] = java.util.Arrays.copyOfRange(whole, at, at + count);
            at += count;
        }
        wholes[0] = whole;
        parts[0] = split;
        return split;
    }
}
