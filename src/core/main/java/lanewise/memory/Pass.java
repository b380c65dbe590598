package lanewise.memory;

import java.util.List;
import lanewise.kernel.Kernels;

/**
 * One worker's view of a {@link Batch}: the memory that all workers share, and scratch of its own. An operation inside
 * another has a pass inside the other's. Made once, then used again and again without allocation. Not thread-safe: one
 * pass, one thread at a time; the passes of a batch may be used at the same time, for different rows.
 */
public final class Pass {

    /** What all workers' passes of one operation have in common. */
    private record Shared(Slice[] perRow, Slice[] perBatch, int[] rowInts) {}

    private final Batch batch;
    private final long stream;
    private final Shared shared;
    private final Slice[] scratch;
    private final int[] scratchInts;
    private final Pass[] children;

    /** A pass of the first worker, if first is null, else of another one. */
    Pass(Batch batch, Operation operation, Pass first, long stream, Batch.Floats floats) {
        this.batch = batch;
        this.stream = stream;
        Memory memory = operation.memory(batch.training());
        Slice[] perRow = first != null ? null : floats.take(memory.perRow, batch.rows());
        Slice[] perBatch = first != null ? null : floats.take(memory.perBatch, batch.rows());
        scratch = floats.take(memory.scratch, batch.rows());
        shared = first != null
                ? first.shared
                : new Shared(
                        perRow,
                        perBatch,
                        floats.ints((long) batch.rows() * memory.intsPerRow, batch.rows(), operation));
        scratchInts = floats.ints(memory.scratchInts, batch.rows(), operation);
        List<? extends Operation> inside = operation.children();
        children = new Pass[inside.size()];
        for (int i = 0; i < children.length; i++)
            children[i] = new Pass(
                    batch, inside.get(i), first == null ? null : first.children[i], Batch.stream(stream, i), floats);
    }

    /**
     * The batch that this is a view of.
     *
     * @return its rows' inputs and outputs, and the number of its step
     */
    public Batch batch() {
        return batch;
    }

    /**
     * The largest batch.
     *
     * @return number of rows
     */
    public int rows() {
        return batch.rows();
    }

    /**
     * Whether this is for training: dropout drops, batch normalisation uses the batch.
     *
     * @return true if so
     */
    public boolean training() {
        return batch.training();
    }

    /**
     * The place of this pass's operation among all operations, as a number for random numbers: two layers of one network
     * draw different ones from the same seed, step and row.
     *
     * @return 0 for the outermost operation; for one inside another, a hash of the other's number and its own place there
     */
    public long stream() {
        return stream;
    }

    /**
     * A matrix asked for by {@link Memory#perRow}.
     *
     * @param index which of them, from 0
     * @return rows × columns
     */
    public Slice perRow(int index) {
        return shared.perRow[index];
    }

    /**
     * A matrix asked for by {@link Memory#perBatch}.
     *
     * @param index which of them, from 0
     * @return rows × columns
     */
    public Slice perBatch(int index) {
        return shared.perBatch[index];
    }

    /**
     * A matrix asked for by {@link Memory#scratch}.
     *
     * @param index which of them, from 0
     * @return rows × columns
     */
    public Slice scratch(int index) {
        return scratch[index];
    }

    /**
     * The ints asked for by {@link Memory#rowInts}, those of row r from r · count on.
     *
     * @return the ints themselves
     */
    public int[] rowInts() {
        return shared.rowInts;
    }

    /**
     * The ints asked for by {@link Memory#scratchInts}.
     *
     * @return the ints themselves
     */
    public int[] scratchInts() {
        return scratchInts;
    }

    /**
     * The pass of an operation inside this pass's.
     *
     * @param index which of {@link Operation#children}, from 0
     * @return its pass
     */
    public Pass child(int index) {
        return children[index];
    }

    /**
     * The kernels of the batch, for this library's own layers.
     *
     * @return the kernels
     */
    @SuppressWarnings("exports") // their package is not exported: others use lanewise.layer.Arithmetic
    public Kernels kernels() {
        return batch.kernels();
    }
}
