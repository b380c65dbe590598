package lanewise;

import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a layer wants in its {@link Pass}, stated once, before the first call. Immutable; each method returns
 * a copy with one thing more.
 */
public final class Needs {

    /** Nothing. */
    public static final Needs NONE = new Needs(List.of(), List.of(), 0, 0, List.of());

    final List<Integer> kept;
    final List<int[]> scratch;
    final int intsPerRow;
    final int ints;
    final List<Layer> children;

    private Needs(List<Integer> kept, List<int[]> scratch, int intsPerRow, int ints, List<Layer> children) {
        this.kept = kept;
        this.scratch = scratch;
        this.intsPerRow = intsPerRow;
        this.ints = ints;
        this.children = children;
    }

    /**
     * A matrix with a row for each sample, kept from forward to backward: {@link Pass#kept}.
     *
     * @param columns floats per row
     * @return these needs and that one
     */
    public Needs kept(int columns) {
        return new Needs(and(kept, columns), scratch, intsPerRow, ints, children);
    }

    /**
     * A matrix of a size that the batch does not decide: {@link Pass#scratch}.
     *
     * @param rows number of rows
     * @param columns floats per row
     * @return these needs and that one
     */
    public Needs scratch(int rows, int columns) {
        return new Needs(kept, and(scratch, new int[] {rows, columns}), intsPerRow, ints, children);
    }

    /**
     * Ints: {@link Pass#ints}, the ones per row first.
     *
     * @param perRow so many for each row
     * @param once and so many more
     * @return these needs and those
     * @throws IllegalArgumentException if a number is negative, or an int cannot count them all
     */
    public Needs ints(int perRow, int once) {
        if (perRow < 0 || once < 0 || intsPerRow + perRow < 0 || ints + once < 0)
            throw new IllegalArgumentException("ints: " + perRow + " for each row and " + once + " more, beside "
                    + intsPerRow + " and " + ints + "; none below zero, and sums of at most 2147483647 expected");
        return new Needs(kept, scratch, intsPerRow + perRow, ints + once, children);
    }

    /**
     * A pass of its own for a layer inside this one: {@link Pass#child}.
     *
     * @param layer the layer inside
     * @return these needs and that one
     */
    public Needs child(Layer layer) {
        return new Needs(kept, scratch, intsPerRow, ints, and(children, layer));
    }

    private static <T> List<T> and(List<T> list, T more) {
        List<T> copy = new ArrayList<>(list);
        copy.add(more);
        return List.copyOf(copy);
    }
}
