package lanewise.check;

import java.util.Arrays;
import java.util.List;
import lanewise.layer.Layer;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * Matrices in one array, between canaries, so that a write outside them is seen. Padding is +0.0.
 */
final class Guarded {

    /** Floats before, between and after the matrices: matrices at odd places, or on cache lines as far as can be. */
    static final int ODD = 21, EVEN = 48;

    /** Element 12 of an array is the first on a cache line. */
    private static final int BASE = 12;

    private static final float CANARY = Float.intBitsToFloat(0x7fc0dead);

    private final String[] names;
    final Slice[] slices;
    private final float[] array;
    private final int guard;
    private float[] mark;

    Guarded(List<ParameterShape> shapes, int guard) {
        this.guard = guard;
        long size = BASE + guard;
        for (ParameterShape shape : shapes)
            size = Math.min(Integer.MAX_VALUE, size + (shape.columns() + 15L & -16L) * shape.rows() + guard);
        if (size > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException(
                    "the matrices of this check do not fit one array; check fewer rows, or a smaller layer");
        array = new float[(int) size];
        Arrays.fill(array, CANARY);
        names = new String[shapes.size()];
        slices = new Slice[shapes.size()];
        int at = BASE + guard;
        for (int i = 0; i < slices.length; i++) {
            ParameterShape shape = shapes.get(i);
            names[i] = shape.name();
            slices[i] = new Slice(array, at, shape.rows(), shape.columns(), stride(shape));
            int end = at + shape.rows() * stride(shape);
            Arrays.fill(array, at, end, 0f);
            at = end + guard;
        }
    }

    /** One matrix. */
    Guarded(String name, int rows, int columns, int guard) {
        this(List.of(new ParameterShape(name, ParameterShape.Role.WEIGHTS, rows, columns)), guard);
    }

    /** Rows are padded to blocks of 16, as everywhere. */
    private static int stride(ParameterShape shape) {
        return shape.columns() + 15 & -16;
    }

    /** The matrices as a layer's parameters. */
    Parameters parameters(Layer layer) {
        return Parameters.of(layer, slices);
    }

    /** The first, or only, matrix. */
    Slice slice() {
        return slices[0];
    }

    /** Sets the elements of all matrices, row by row; padding stays. */
    void set(float[] values) {
        int at = 0;
        for (Slice s : slices) {
            s.copyFrom(values, at);
            at += s.rows() * s.columns();
        }
    }

    /** The elements of all matrices, row by row. */
    float[] get() {
        int count = 0;
        for (Slice s : slices) count += s.rows() * s.columns();
        float[] values = new float[count];
        int at = 0;
        for (Slice s : slices) {
            s.copyTo(values, at);
            at += s.rows() * s.columns();
        }
        return values;
    }

    /** Whether the elements of all matrices have the bits of these, row by row. */
    boolean holds(float[] values) {
        int at = 0;
        for (Slice s : slices)
            for (int r = 0; r < s.rows(); r++, at += s.columns())
                if (Arrays.mismatch(array, s.at(r), s.at(r) + s.columns(), values, at, at + s.columns()) >= 0)
                    return false;
        return true;
    }

    /** Sets all elements and all padding to +0.0. */
    void clear() {
        for (Slice s : slices) Arrays.fill(array, s.offset(), s.offset() + s.rows() * s.stride(), 0f);
    }

    /** Sets all padding of all matrices. */
    void pad(float value) {
        for (Slice s : slices)
            for (int r = 0; r < s.rows(); r++) Arrays.fill(array, s.at(r) + s.columns(), s.at(r) + s.stride(), value);
    }

    /** Remembers the array as it is. */
    void mark() {
        if (mark == null) mark = array.clone();
        else System.arraycopy(array, 0, mark, 0, array.length);
    }

    /**
     * The first place that changed since {@link #mark} though it must not.
     *
     * @param from rows of every matrix from here …
     * @param to … to here may change
     * @param padding whether their padding may, too
     * @return its name; null if there is none
     */
    String damage(int from, int to, boolean padding) {
        for (int i = 0; i < array.length; i++) {
            if (Float.floatToRawIntBits(array[i]) == Float.floatToRawIntBits(mark[i])) continue;
            Slice nearest = null;
            String name = null;
            for (int k = 0; k < slices.length; k++) {
                Slice s = slices[k];
                if (nearest == null || i >= s.offset() - guard / 2) {
                    nearest = s;
                    name = names[k];
                }
            }
            int place = i - nearest.offset(), row = Math.floorDiv(place, nearest.stride() == 0 ? 1 : nearest.stride());
            if (place < 0) return -place + " floats before " + name;
            if (row >= nearest.rows())
                return (place - nearest.rows() * nearest.stride() + 1) + " floats after the end of " + name;
            int column = place - row * nearest.stride();
            boolean inside = column < nearest.columns();
            if (row >= from && row < to && (inside || padding)) continue;
            return inside ? element(name, row, column) : "the padding of " + name + " at [" + row + "][" + column + "]";
        }
        return null;
    }

    /** The first padding that is not +0.0; null if there is none. */
    String padding() {
        for (int k = 0; k < slices.length; k++) {
            Slice s = slices[k];
            for (int r = 0; r < s.rows(); r++)
                for (int c = s.columns(); c < s.stride(); c++)
                    if (Float.floatToRawIntBits(array[s.at(r) + c]) != 0)
                        return "the padding of " + names[k] + " at [" + r + "][" + c + "] is " + array[s.at(r) + c];
        }
        return null;
    }

    /** Name and index of the element with this number. */
    String place(int element) {
        for (int k = 0; k < slices.length; k++) {
            Slice s = slices[k];
            if (element < s.rows() * s.columns())
                return element(names[k], element / s.columns(), element % s.columns());
            element -= s.rows() * s.columns();
        }
        throw new IndexOutOfBoundsException(element);
    }

    private static String element(String name, int row, int column) {
        return name + "[" + row + "][" + column + "]";
    }
}
