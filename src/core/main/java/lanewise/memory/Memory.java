package lanewise.memory;

import java.util.List;
import java.util.Objects;

/**
 * The memory that an operation asks for, by lifetime. It is stated once, before the first call; a {@link Batch} allocates
 * it, and a {@link Pass} hands it out. Immutable: each method returns a copy with one thing more.
 *
 * <p>A matrix has a name, which is a constant of an enum of the operation's own, and {@link Pass#get} finds it by that:
 *
 * <pre>{@code
 * private enum Kept { VALUE, GATE }
 *
 * public Memory memory(boolean training) {
 *     return Memory.NONE.perRow(Kept.VALUE, size).perRow(Kept.GATE, size);
 * }
 *
 * // in forward and backward
 * Slice gate = pass.get(Kept.GATE);
 * }</pre>
 *
 * <p>Where only the operation's settings say how many matrices it has, as in a stack of layers, they have numbers in place of
 * names.
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

    /** Name, rows and columns of a matrix; the name may be null, and with {@code ofBatch} it has no more rows than the batch. */
    record Shape(Enum<?> name, int rows, int columns, boolean ofBatch) {

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
     * A matrix with a row for each row of the batch. A call for rows from … to − 1 may write these rows of it and read what
     * an earlier call has left in them, on whichever worker.
     *
     * @param name of the matrix, for {@link Pass#get}
     * @param columns floats per row
     * @return this memory and that matrix
     * @throws IllegalArgumentException if columns is negative, another matrix has this name, or a name of another enum
     */
    public Memory perRow(Enum<?> name, int columns) {
        return withPerRow(new Shape(free(name), Integer.MAX_VALUE, columns, true));
    }

    /**
     * {@link #perRow(Enum, int)} without a name: {@link Pass#perRow}.
     *
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory perRow(int columns) {
        return withPerRow(new Shape(null, Integer.MAX_VALUE, columns, true));
    }

    private Memory withPerRow(Shape more) {
        return new Memory(and(perRow, more), perBatch, scratch, intsPerRow, scratchInts);
    }

    /**
     * A matrix of the batch as a whole, such as the mean over its rows. Only operations that see the whole batch at once may
     * write it.
     *
     * @param name of the matrix, for {@link Pass#get}
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     * @throws IllegalArgumentException as {@link #perRow(Enum, int)}
     */
    public Memory perBatch(Enum<?> name, int rows, int columns) {
        return withPerBatch(new Shape(free(name), rows, columns, false));
    }

    /**
     * {@link #perBatch(Enum, int, int)} without a name: {@link Pass#perBatch}.
     *
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory perBatch(int rows, int columns) {
        return withPerBatch(new Shape(null, rows, columns, false));
    }

    private Memory withPerBatch(Shape more) {
        return new Memory(perRow, and(perBatch, more), scratch, intsPerRow, scratchInts);
    }

    /**
     * A matrix of one worker for one call. Zeros to begin with; later whatever the last call left.
     *
     * @param name of the matrix, for {@link Pass#get}
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     * @throws IllegalArgumentException as {@link #perRow(Enum, int)}
     */
    public Memory scratch(Enum<?> name, int rows, int columns) {
        return withScratch(new Shape(free(name), rows, columns, false));
    }

    /**
     * {@link #scratch(Enum, int, int)} without a name: {@link Pass#scratch}.
     *
     * @param rows number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory scratch(int rows, int columns) {
        return withScratch(new Shape(null, rows, columns, false));
    }

    /**
     * {@link #scratch(Enum, int, int)} with a row for each row of the batch, but not more than so many.
     *
     * @param name of the matrix, for {@link Pass#get}
     * @param rows largest number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     * @throws IllegalArgumentException as {@link #perRow(Enum, int)}
     */
    public Memory scratchRows(Enum<?> name, int rows, int columns) {
        return withScratch(new Shape(free(name), rows, columns, true));
    }

    /**
     * {@link #scratchRows(Enum, int, int)} without a name: {@link Pass#scratch}.
     *
     * @param rows largest number of rows
     * @param columns floats per row
     * @return this memory and that matrix
     */
    public Memory scratchRows(int rows, int columns) {
        return withScratch(new Shape(null, rows, columns, true));
    }

    private Memory withScratch(Shape more) {
        return new Memory(perRow, perBatch, and(scratch, more), intsPerRow, scratchInts);
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

    /** The name, if no matrix has it, and it can be told from theirs by its place in the enum. */
    private Enum<?> free(Enum<?> name) {
        Objects.requireNonNull(name, "name");
        check(name, perRow);
        check(name, perBatch);
        check(name, scratch);
        return name;
    }

    private static void check(Enum<?> name, List<Shape> shapes) {
        for (int i = 0; i < shapes.size(); i++) {
            Shape shape = shapes.get(i);
            if (shape.name == null) continue;
            if (shape.name == name)
                throw new IllegalArgumentException("two matrices named " + name + "; a name for each expected");
            if (shape.name.getDeclaringClass() != name.getDeclaringClass())
                throw new IllegalArgumentException("matrices named " + shape.name + " and " + name + " of two enums, "
                        + shape.name.getDeclaringClass().getName() + " and "
                        + name.getDeclaringClass().getName() + "; names of one enum expected");
        }
    }

    /** The enum of the names; null if no matrix has one. */
    Class<?> names() {
        return names(names(names(null, perRow), perBatch), scratch);
    }

    private static Class<?> names(Class<?> found, List<Shape> shapes) {
        for (int i = 0; found == null && i < shapes.size(); i++)
            if (shapes.get(i).name != null) found = shapes.get(i).name.getDeclaringClass();
        return found;
    }

    /** How many names the enum has up to the last one that a matrix has. */
    int namedUpTo() {
        return Math.max(namedUpTo(perRow), Math.max(namedUpTo(perBatch), namedUpTo(scratch)));
    }

    private static int namedUpTo(List<Shape> shapes) {
        int up = 0;
        for (int i = 0; i < shapes.size(); i++)
            if (shapes.get(i).name != null) up = Math.max(up, shapes.get(i).name.ordinal() + 1);
        return up;
    }

    private static int plus(String what, int before, int count) {
        if (count < 0 || before + count < 0)
            throw new IllegalArgumentException(count + " ints " + what + " besides " + before
                    + "; none below zero, and a sum of at most 2147483647 expected");
        return before + count;
    }

    private static List<Shape> and(List<Shape> list, Shape more) {
        Shape[] all = list.toArray(new Shape[list.size() + 1]);
        all[list.size()] = more;
        return List.of(all);
    }
}
