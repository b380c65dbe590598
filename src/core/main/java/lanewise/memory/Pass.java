package lanewise.memory;

import java.util.ArrayList;
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
    private final Operation operation;
    private final long stream;
    private final Shared shared;
    private final Slice[] scratch;
    /** The matrices that have a name, by its place in its enum; null where there is none. */
    private final Slice[] named;

    /** The names' enum; null if there are none. */
    private final Class<?> names;

    private final int[] scratchInts;
    private final Slice panel;
    private final Pass[] children;

    /** A pass of the first worker, if first is null, else of another one. */
    Pass(Batch batch, Operation operation, Pass first, Batch.Floats floats) {
        this(batch, operation, first, 0, floats, floats.take(batch.rows() < Kernels.PANEL_ROWS ? 0 : 1, Kernels.PANEL));
    }

    private Pass(Batch batch, Operation operation, Pass first, long stream, Batch.Floats floats, Slice panel) {
        this.panel = panel;
        this.batch = batch;
        this.operation = operation;
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
        names = memory.names();
        named = new Slice[names == null || floats.counting() ? 0 : memory.namedUpTo()];
        if (named.length > 0) {
            name(memory.perRow, shared.perRow);
            name(memory.perBatch, shared.perBatch);
            name(memory.scratch, scratch);
        }
        List<? extends Operation> inside = operation.children();
        children = new Pass[inside.size()];
        for (int i = 0; i < children.length; i++)
            children[i] = new Pass(
                    batch,
                    inside.get(i),
                    first == null ? null : first.children[i],
                    Batch.stream(stream, i),
                    floats,
                    panel);
    }

    private void name(List<Memory.Shape> shapes, Slice[] matrices) {
        for (int i = 0; i < matrices.length; i++) {
            Enum<?> name = shapes.get(i).name();
            if (name != null) named[name.ordinal()] = matrices[i];
        }
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
     * A matrix that the operation asked for by name in its {@link Operation#memory}.
     *
     * @param name as it was asked for
     * @return rows × columns, always the same slice
     * @throws IllegalArgumentException if no matrix of this name was asked for; the message says which were
     */
    public Slice get(Enum<?> name) {
        int place = name.ordinal();
        if (place < named.length && (name.getClass() == names || name.getDeclaringClass() == names)) {
            Slice matrix = named[place];
            if (matrix != null) return matrix;
        }
        throw forgotten(name.toString());
    }

    /**
     * A matrix asked for by {@link Memory#perRow(int)}.
     *
     * @param index its number among those of each row, from 0
     * @return rows × columns
     * @throws IllegalArgumentException if there are fewer; the message says which were asked for
     */
    public Slice perRow(int index) {
        if (index >= shared.perRow.length) throw forgotten("perRow(" + index + ")");
        return shared.perRow[index];
    }

    /**
     * A matrix asked for by {@link Memory#perBatch(int, int)}.
     *
     * @param index its number among those of the batch, from 0
     * @return rows × columns
     * @throws IllegalArgumentException if there are fewer; the message says which were asked for
     */
    public Slice perBatch(int index) {
        if (index >= shared.perBatch.length) throw forgotten("perBatch(" + index + ")");
        return shared.perBatch[index];
    }

    /**
     * A matrix asked for by {@link Memory#scratch(int, int)}.
     *
     * @param index its number among those of scratch, from 0
     * @return rows × columns
     * @throws IllegalArgumentException if there are fewer; the message says which were asked for
     */
    public Slice scratch(int index) {
        if (index >= scratch.length) throw forgotten("scratch(" + index + ")");
        return scratch[index];
    }

    /** What to say of a matrix that nobody asked for. */
    private IllegalArgumentException forgotten(String wanted) {
        Memory memory = operation.memory(batch.training());
        List<String> asked = new ArrayList<>();
        list("perRow", memory.perRow, asked);
        list("perBatch", memory.perBatch, asked);
        list("scratch", memory.scratch, asked);
        return new IllegalArgumentException(operation + ": no memory " + wanted + "; memory(" + batch.training()
                + ") of this layer asks for " + (asked.isEmpty() ? "none" : String.join(", ", asked))
                + "; ask for it there, or is this another layer's pass?");
    }

    private static void list(String lifetime, List<Memory.Shape> shapes, List<String> asked) {
        for (int i = 0; i < shapes.size(); i++) {
            Enum<?> name = shapes.get(i).name();
            asked.add(name == null ? lifetime + "(" + i + ")" : name.toString());
        }
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
     * Scratch for the products of many rows, the same for all operations of this worker; what it holds is unspecified.
     *
     * @return a panel of weights, for this library's own layers; no rows in a batch of few rows
     */
    public Slice panel() {
        return panel;
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
