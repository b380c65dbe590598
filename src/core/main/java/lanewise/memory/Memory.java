package lanewise.memory;

import java.util.ArrayList;
import java.util.List;

/**
 * The memory that an operation asks for, by lifetime. It is stated once, before the first call; a {@link Batch} allocates
 * it, and a {@link Pass} hands it out. Immutable: each method returns a copy with one thing more.
 *
 * <table>
 * <caption>Lifetimes</caption>
 * <tr><th></th><th>who shares it</th><th>how long it holds its values</th></tr>
 * <tr><td>{@link #perRow}</td><td>all workers of a batch, each its own rows</td><td>forward to parameter gradient</td></tr>
 * <tr><td>{@link #perBatch}</td><td>all workers of a batch</td><td>forward to running statistics</td></tr>
 * <tr><td>{@link #scratch}</td><td>nobody</td><td>one call; what it leaves is a hint at most</td></tr>
 * </table>
 */
public final class Memory {

    /** No memory. */
    public static final Memory NONE = new Memory(List.of(), List.of(), List.of(), 0, 0);

    /** Rows and columns of a matrix; with {@code ofBatch} it has no more rows than the batch. */
    record Shape(int rows, int columns, boolean ofBatch) {

        Shape {
            if (rows < 0 || columns < 0)
                throw new IllegalArgumentException(
                        "a matrix of " + rows + "x" + columns + "; none below zero expected");
        }

        int rows(int batchRows) {
            return ofBatch ? Math.min(rows, batchRows) : rows;
        }
    }

    final List<Shape> perRow;
    final List<Shape> perBatch;
    final List<Shape> scratch;
    final int intsPerRow;
    final int scratchInts;

    private Memory(List<Shape> perRow, List<Shape> perBatch, List<Shape> scratch, int intsPerRow, int scratchInts) {
        this.perRow = perRow;
        this.perBatch = perBatch;
        this.scratch = scratch;
        this.intsPerRow = intsPerRow;
        this.scratchInts = scratchInts;
    }

    /**
     * A matrix with a row for each row of the batch: {@link Pass#perRow}. A call for rows from … to − 1 may write these
     * rows of it and read what an earlier call has left in them, on whichever worker.
     *
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory perRow(int columns) {
        return new Memory(
                and(perRow, new Shape(Integer.MAX_VALUE, columns, true)), perBatch, scratch, intsPerRow, scratchInts);
    }

    /**
     * A matrix of the batch as a whole, such as the mean over its rows: {@link Pass#perBatch}. Only operations that see
     * the whole batch at once may write it.
     *
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory perBatch(int rows, int columns) {
        return new Memory(perRow, and(perBatch, new Shape(rows, columns, false)), scratch, intsPerRow, scratchInts);
    }

    /**
     * A matrix of one worker for one call: {@link Pass#scratch}. Zeros to begin with; later whatever the last call left.
     *
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory scratch(int rows, int columns) {
        return new Memory(perRow, perBatch, and(scratch, new Shape(rows, columns, false)), intsPerRow, scratchInts);
    }

    /**
     * {@link #scratch} with a row for each row of the batch, but not more than so many.
     *
     * @param rows largest number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory scratchRows(int rows, int columns) {
        return new Memory(perRow, perBatch, and(scratch, new Shape(rows, columns, true)), intsPerRow, scratchInts);
    }

    /**
     * Ints for each row of the batch, with the lifetime of {@link #perRow}: {@link Pass#rowInts}.
     *
     * @param count so many for each row, besides those that were asked for before
     * @return this memory and those
     * @throws IllegalArgumentException if the number is negative, or no int can count all of them
     */
    public Memory rowInts(int count) {
        return new Memory(perRow, perBatch, scratch, plus("for each row", intsPerRow, count), scratchInts);
    }

    /**
     * Ints of one worker, with the lifetime of {@link #scratch}: {@link Pass#scratchInts}.
     *
     * @param count so many, besides those that were asked for before
     * @return this memory and those
     * @throws IllegalArgumentException if the number is negative, or no int can count all of them
     */
    public Memory scratchInts(int count) {
        return new Memory(perRow, perBatch, scratch, intsPerRow, plus("of scratch", scratchInts, count));
    }

    private static int plus(String what, int before, int count) {
        if (count < 0 || before + count < 0)
            throw new IllegalArgumentException(count + " ints " + what + " besides " + before
                    + "; none below zero, and a sum of at most 2147483647 expected");
        return before + count;
    }

    private static List<Shape> and(List<Shape> list, Shape more) {
        List<Shape> copy = new ArrayList<>(list);
        copy.add(more);
        return List.copyOf(copy);
    }
}
