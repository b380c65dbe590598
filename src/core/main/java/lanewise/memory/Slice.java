package lanewise.memory;

import java.util.List;
import java.util.Objects;
import lanewise.kernel.Kernels;

/**
 * A matrix inside a flat array: element (r, c) is {@code array[offset + r * stride + c]}.
 *
 * <p>The stride is the columns rounded up to 16 floats wherever this library allocates. What lies between a row's last
 * column and the next row is padding, which belongs to the matrix but to nobody else: +0.0 in parameters and
 * gradients, unspecified in activations. Immutable; the array behind it is not.
 *
 * @param array holds the elements
 * @param offset index of element (0, 0)
 * @param rows number of rows
 * @param columns number of columns
 * @param stride distance of two rows in floats, at least columns
 */
public record Slice(float[] array, int offset, int rows, int columns, int stride) {

    /**
     * Element 12 of a float array whose object starts on a cache line is itself at the start of one: the data begins
     * 16 bytes into the object.
     */
    static final int BASE = 12;

    /** An array of this many floats may be worth a cache line. */
    private static final int LARGE = 65_536;

    /** Sums of floats end here, far beyond what an array has, before they overflow. */
    private static final long MANY = 1L << 40;

    /**
     * Checks that the matrix lies inside its array.
     *
     * @throws IllegalArgumentException if it does not
     */
    public Slice {
        Objects.requireNonNull(array, "array");
        long end = rows == 0 ? offset : offset + (long) (rows - 1) * stride + columns;
        if (offset < 0 || rows < 0 || columns < 0 || stride < columns || end > array.length)
            throw new IllegalArgumentException("a " + rows + "x" + columns + " matrix with stride " + stride
                    + " at offset " + offset + " does not lie in an array of " + array.length + " floats");
    }

    /**
     * A matrix of zeros in an array of its own, with padded rows.
     *
     * @param rows number of rows
     * @param columns number of columns
     * @return the matrix
     */
    public static Slice allocate(int rows, int columns) {
        return allocate(List.of(new ParameterShape("", ParameterShape.Role.WEIGHTS, rows, columns)))[0];
    }

    /**
     * Matrices of zeros, one after the other in one array, each with padded rows. The array has as many floats as that
     * takes, and {@value #BASE} more: the first matrix lies on a cache-line boundary if the array object does.
     *
     * <p>HotSpot aligns objects to 8 bytes, so that is left to chance, except under G1 for arrays of half a region and
     * more, which begin at a region's start and stay there, and with {@code -XX:ObjectAlignmentInBytes=64}. It changes no
     * bit, only time; docs/embedding.md says how much.
     *
     * @param shapes of the matrices
     * @return the matrices, in the order of their shapes
     * @throws IllegalArgumentException if all of them together have more than 2³¹ floats
     */
    public static Slice[] allocate(List<ParameterShape> shapes) {
        return allocate(shapes, false);
    }

    /**
     * {@link #allocate} with the first matrix on a cache-line boundary also under G1, the default collector, if the array
     * has 256 KB or more: for what a training works on, which becomes some 15 % faster by it. For that the array is made
     * half a region long at least, and G1 gives it a whole one: 1 MB in heaps of up to 2 GB, in larger ones 1/2048 of the
     * heap or up to twice that. Under other collectors as far as they can be told it is no longer than it must be.
     *
     * @param shapes of the matrices
     * @return the matrices, in the order of their shapes
     * @throws IllegalArgumentException if all of them together have more than 2³¹ floats
     */
    public static Slice[] allocateAligned(List<ParameterShape> shapes) {
        return allocate(shapes, true);
    }

    private static Slice[] allocate(List<ParameterShape> shapes, boolean aligned) {
        long floats = BASE;
        for (ParameterShape shape : shapes) floats = plus(floats, shape.rows(), shape.columns());
        float[] array = array(floats, aligned);
        Slice[] slices = new Slice[shapes.size()];
        int offset = BASE;
        for (int i = 0; i < slices.length; i++) {
            ParameterShape shape = shapes.get(i);
            int stride = Kernels.padded(shape.columns());
            slices[i] = new Slice(array, offset, shape.rows(), shape.columns(), stride);
            offset += shape.rows() * stride;
        }
        return slices;
    }

    /** So many floats and those of a matrix with padded rows; may be more than an array has or an int can count. */
    static long plus(long floats, int rows, int columns) {
        return Math.min(MANY, floats + rows * (((long) columns + Kernels.BLOCK - 1) & -Kernels.BLOCK));
    }

    /** An array of so many floats; or more, if {@link #BASE} is to be on a cache line as far as can be. */
    static float[] array(long floats, boolean aligned) {
        if (floats > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException((floats == MANY ? "more than a million million" : String.valueOf(floats))
                    + " floats do not fit one array; fewer or smaller layers, or fewer rows, do");
        return new float[(int) (aligned && floats >= LARGE ? Math.max(floats, halfRegion()) : floats)];
    }

    /**
     * Half of a G1 region in floats, which with the object's header is more than half: a region is a 2048th of the maximal
     * heap. 0 for a heap that is not made of regions: of those of the Serial and the Parallel collector a part is left out
     * where the maximum is told, so that it is no multiple of the smallest region.
     */
    private static long halfRegion() {
        long heap = Runtime.getRuntime().maxMemory(), least = Math.max(1L << 20, heap / 2048);
        if (heap % (1L << 20) != 0) return 0;
        return Math.min(32L << 20, Long.highestOneBit(2 * least - 1)) / 2 / Float.BYTES;
    }

    /**
     * Index of a row's first element in the array.
     *
     * @param row the row
     * @return offset + row · stride
     */
    public int at(int row) {
        return offset + row * stride;
    }

    /**
     * One element.
     *
     * @param row the row
     * @param column the column
     * @return its value
     */
    public float get(int row, int column) {
        return array[index(row, column)];
    }

    /**
     * Sets one element.
     *
     * @param row the row
     * @param column the column
     * @param value its new value
     */
    public void set(int row, int column, float value) {
        array[index(row, column)] = value;
    }

    /**
     * Column of a row's largest element.
     *
     * @param row which row
     * @return the lowest such column; −1 if an element is NaN
     */
    public int argMax(int row) {
        int from = at(row), best = 0;
        for (int c = 0; c < columns; c++) {
            float v = array[from + c];
            if (v != v) return -1;
            if (v > array[from + best]) best = c;
        }
        return best;
    }

    private int index(int row, int column) {
        return at(Objects.checkIndex(row, rows)) + Objects.checkIndex(column, columns);
    }

    /**
     * Copies the elements out, row by row, without padding.
     *
     * @param target receives rows × columns floats
     * @param at index of the first
     */
    public void copyTo(float[] target, int at) {
        for (int r = 0; r < rows; r++) System.arraycopy(array, at(r), target, at + r * columns, columns);
    }

    /**
     * Copies elements in, row by row, without padding.
     *
     * @param source holds rows × columns floats
     * @param at index of the first
     */
    public void copyFrom(float[] source, int at) {
        for (int r = 0; r < rows; r++) System.arraycopy(source, at + r * columns, array, at(r), columns);
    }

    /**
     * Sets a row's padding to +0.0, as it has to be in gradients and parameters.
     *
     * @param row the row
     */
    public void clearPadding(int row) {
        java.util.Arrays.fill(array, at(row) + columns, at(row) + Math.min(stride, Kernels.padded(columns)), 0f);
    }

    /** Rows, columns and where they lie; not the elements. */
    @Override
    public String toString() {
        return rows + "x" + columns + " at " + offset + ", stride " + stride;
    }
}
