package lanewise.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * Matrices laid out like an operation's parameters: the parameters themselves, their gradient, an optimizer's state, an
 * average, a checkpoint. All lie one after the other in one array, unless made by {@link #of}, with padded rows; padding is +0.0.
 *
 * <p>The layout is immutable, the floats are not. Not thread-safe where somebody writes.
 */
public final class Parameters implements Iterable<Slice> {

    /** More parameters than any array has; sums end there before they overflow. */
    private static final long MANY = 1L << 40;

    private final Operation operation;
    private final List<ParameterShape> shapes;
    private final Slice[] slices;
    private final Parameters[] children;

    private Parameters(Operation operation, List<ParameterShape> shapes, Slice[] slices) {
        this.operation = operation;
        this.shapes = List.copyOf(shapes);
        this.slices = slices;
        List<? extends Operation> inside = operation == null ? List.of() : operation.children();
        children = new Parameters[inside.size()];
        for (int i = 0, at = 0; i < children.length; i++) {
            List<ParameterShape> own = inside.get(i).parameters();
            children[i] = new Parameters(inside.get(i), own, Arrays.copyOfRange(slices, at, at += own.size()));
        }
    }

    /**
     * Zeros, laid out like an operation's parameters.
     *
     * @param operation whose shapes and children they take
     * @return new parameters in an array of their own
     * @throws IllegalArgumentException if all of them together have more than 2³¹ floats
     */
    public static Parameters zeros(Operation operation) {
        return new Parameters(operation, operation.parameters(), Slice.allocate(operation.parameters()));
    }

    /**
     * Zeros on a cache-line boundary, as far as {@link Slice#allocateAligned} can: for parameters that a training works on.
     *
     * @param operation whose shapes and children they take
     * @return new parameters in an array of their own
     * @throws IllegalArgumentException if all of them together have more than 2³¹ floats
     */
    public static Parameters alignedZeros(Operation operation) {
        return new Parameters(operation, operation.parameters(), Slice.allocateAligned(operation.parameters()));
    }

    /**
     * Zeros of these shapes, without children.
     *
     * @param shapes of the matrices
     * @return new parameters in an array of their own
     * @throws IllegalArgumentException if all of them together have more than 2³¹ floats
     */
    public static Parameters zeros(List<ParameterShape> shapes) {
        return new Parameters(null, shapes, Slice.allocate(shapes));
    }

    /**
     * A view of matrices that exist already, wherever they lie.
     *
     * @param operation whose shapes and children they take
     * @param slices the matrices, in the order of {@link Operation#parameters}
     * @return the view
     * @throws IllegalArgumentException if their number or a shape is another
     */
    public static Parameters of(Operation operation, Slice... slices) {
        List<ParameterShape> shapes = operation.parameters();
        if (slices.length != shapes.size())
            throw new IllegalArgumentException(
                    slices.length + " matrices given, " + shapes.size() + " expected by " + operation);
        for (int i = 0; i < slices.length; i++)
            if (slices[i].rows() != shapes.get(i).rows()
                    || slices[i].columns() != shapes.get(i).columns())
                throw new IllegalArgumentException(
                        "matrix " + i + " is " + slices[i] + ", but " + operation + " expects " + shapes.get(i));
        return new Parameters(operation, shapes, slices.clone());
    }

    /**
     * These matrices as another operation's parameters, such as the form for prediction of the one that they are of.
     *
     * @param other whose parameters have the same shapes
     * @return a view of the same floats
     * @throws IllegalArgumentException if a shape is another
     */
    public Parameters as(Operation other) {
        return of(other, slices);
    }

    /**
     * Zeros with this layout.
     *
     * @return new parameters in an array of their own, on a cache-line boundary as {@link #alignedZeros} are
     */
    public Parameters like() {
        return new Parameters(operation, shapes, Slice.allocateAligned(shapes));
    }

    /**
     * Names and shapes.
     *
     * @return in the order of the matrices
     */
    public List<ParameterShape> shapes() {
        return shapes;
    }

    /**
     * Number of matrices.
     *
     * @return as many as {@link #shapes}
     */
    public int size() {
        return slices.length;
    }

    /**
     * One matrix.
     *
     * @param index which of them, from 0
     * @return always the same slice
     */
    public Slice get(int index) {
        return slices[index];
    }

    /** The matrices, in order. */
    @Override
    public Iterator<Slice> iterator() {
        return List.of(slices).iterator();
    }

    /**
     * The parameters of an operation inside.
     *
     * @param index which of {@link Operation#children}, from 0
     * @return a view, always the same
     */
    public Parameters child(int index) {
        return children[index];
    }

    /**
     * The array in which all matrices lie.
     *
     * @return the floats from {@link #from} to {@link #to} − 1 of it are the matrices and their padding
     * @throws IllegalStateException if they do not lie one after the other in one array
     */
    public float[] array() {
        for (int i = 1; i < slices.length; i++)
            if (slices[i].array() != slices[0].array() || slices[i].offset() != end(i - 1))
                throw new IllegalStateException(
                        "matrix " + i + " (" + shapes.get(i)
                                + ") does not lie behind the one before in the same array; these are views of others' matrices");
        return slices.length == 0 ? new float[0] : slices[0].array();
    }

    /**
     * Index of the first float in {@link #array}.
     *
     * @return 0 if there are no matrices
     */
    public int from() {
        return slices.length == 0 ? 0 : slices[0].offset();
    }

    /**
     * Index after the last float in {@link #array}, padding included.
     *
     * @return 0 if there are no matrices
     */
    public int to() {
        return slices.length == 0 ? 0 : end(slices.length - 1);
    }

    private int end(int index) {
        return slices[index].offset() + slices[index].rows() * slices[index].stride();
    }

    /**
     * Number of parameters, padding left out.
     *
     * @return sum of rows × columns
     */
    public int count() {
        return count(shapes);
    }

    /**
     * Number of parameters of these shapes, padding left out.
     *
     * @param shapes of the matrices
     * @return sum of rows × columns
     * @throws IllegalArgumentException if an int cannot count them
     */
    public static int count(List<ParameterShape> shapes) {
        long sum = 0;
        for (ParameterShape shape : shapes) sum = Math.min(MANY, sum + (long) shape.rows() * shape.columns());
        if (sum > Integer.MAX_VALUE)
            throw new IllegalArgumentException((sum == MANY ? "more than a million million" : String.valueOf(sum))
                    + " parameters do not fit one array; fewer or smaller layers do");
        return (int) sum;
    }

    /** Sets everything to +0.0. */
    public void clear() {
        for (Slice s : slices)
            if (s.rows() > 0) Arrays.fill(s.array(), s.offset(), Math.min(s.array().length, s.at(s.rows())), 0f);
    }

    /**
     * Copies others' values.
     *
     * @param other with the same layout; not modified
     * @throws IllegalArgumentException if their shapes differ
     */
    public void copyFrom(Parameters other) {
        if (other.slices.length != slices.length)
            throw new IllegalArgumentException(other.slices.length + " matrices given, " + slices.length + " expected");
        for (int i = 0; i < slices.length; i++) {
            Slice to = slices[i], from = other.slices[i];
            if (to.rows() != from.rows() || to.columns() != from.columns())
                throw new IllegalArgumentException(
                        "matrix " + i + " is " + from + ", but " + shapes.get(i) + " is expected");
            for (int r = 0; r < to.rows(); r++)
                System.arraycopy(from.array(), from.at(r), to.array(), to.at(r), to.columns());
        }
    }

    /**
     * Copies all elements out, without padding.
     *
     * @return matrix after matrix, each row by row
     */
    public float[] toArray() {
        float[] copy = new float[count()];
        int at = 0;
        for (Slice slice : slices) {
            slice.copyTo(copy, at);
            at += slice.rows() * slice.columns();
        }
        return copy;
    }

    /**
     * Copies all elements in.
     *
     * @param values as {@link #toArray} gives them; not modified
     * @throws IllegalArgumentException if their number is wrong; nothing is changed then
     */
    public void copyFrom(float[] values) {
        if (values.length != count())
            throw new IllegalArgumentException(values.length + " values given, " + count() + " expected");
        int at = 0;
        for (Slice slice : slices) {
            slice.copyFrom(values, at);
            at += slice.rows() * slice.columns();
        }
    }

    /**
     * The place of a parameter.
     *
     * @param shapes of the matrices
     * @param index its index as in {@link #toArray}
     * @return {@code dense1.weights[5][7]}
     */
    public static String place(List<ParameterShape> shapes, int index) {
        int left = Objects.checkIndex(index, count(shapes));
        for (ParameterShape shape : shapes) {
            int count = shape.rows() * shape.columns();
            if (left < count) return shape.name() + "[" + left / shape.columns() + "][" + left % shape.columns() + "]";
            left -= count;
        }
        throw new AssertionError();
    }

    /**
     * The place of the first parameter that is not finite.
     *
     * @return as {@link #place} writes it; null if all are finite
     */
    public String firstNotFinite() {
        int at = 0;
        for (Slice slice : slices)
            for (int r = 0; r < slice.rows(); r++)
                for (int c = 0; c < slice.columns(); c++, at++)
                    if (!Float.isFinite(slice.array()[slice.at(r) + c])) return place(shapes, at);
        return null;
    }

    /**
     * The first 16 hexadecimal digits of the SHA-256 over all elements as little-endian floats in the order of {@link
     * #toArray}, NaN in one form.
     *
     * @return 16 digits
     */
    public String fingerprint() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
        for (Slice slice : slices) {
            ByteBuffer row = ByteBuffer.allocate(slice.columns() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int r = 0; r < slice.rows(); r++) {
                row.clear();
                for (int c = 0; c < slice.columns(); c++)
                    row.putInt(Float.floatToIntBits(slice.array()[slice.at(r) + c]));
                digest.update(row.array());
            }
        }
        return String.format("%016x", ByteBuffer.wrap(digest.digest()).getLong());
    }

    /** Names and shapes. */
    @Override
    public String toString() {
        return shapes.toString();
    }
}
