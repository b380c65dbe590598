package lanewise.formats.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An array of numbers with a shape, as files have it: the last index runs fastest, whatever the file's own order was.
 *
 * <p>Immutable, and may be used by any number of threads. The bytes of a tensor that was read may be a part of the file,
 * mapped into memory; they become floats at each call that asks for them. Such a file must not be cut while its tensors are
 * in use; one that is replaced, as {@link lanewise.file.AtomicFile} does it, stays readable.
 */
public final class Tensor {

    /** As NumPy has it. */
    static final int MOST_SIZES = 64;

    private final List<Integer> shape;
    private final ElementType type;
    private final int count;

    /** From position 0 to its limit; never changed. */
    private final ByteBuffer bytes;

    private Tensor(List<Integer> shape, ElementType type, int count, ByteBuffer bytes) {
        this.shape = shape;
        this.type = type;
        this.count = count;
        this.bytes = bytes;
    }

    /**
     * Floats of type {@link ElementType#F32}.
     *
     * @param values the last index running fastest; copied
     * @param shape sizes, none for a single number
     * @return the tensor
     * @throws IllegalArgumentException if a size is negative or their product is not the number of values
     */
    public static Tensor of(float[] values, int... shape) {
        ByteBuffer bytes = allocate(ElementType.F32, values.length);
        bytes.asFloatBuffer().put(values);
        return of(ElementType.F32, bytes, shape);
    }

    /**
     * Doubles of type {@link ElementType#F64}.
     *
     * @param values the last index running fastest; copied
     * @param shape sizes, none for a single number
     * @return the tensor
     * @throws IllegalArgumentException if a size is negative or their product is not the number of values
     */
    public static Tensor of(double[] values, int... shape) {
        ByteBuffer bytes = allocate(ElementType.F64, values.length);
        bytes.asDoubleBuffer().put(values);
        return of(ElementType.F64, bytes, shape);
    }

    /**
     * Integers of type {@link ElementType#I64}.
     *
     * @param values the last index running fastest; copied
     * @param shape sizes, none for a single number
     * @return the tensor
     * @throws IllegalArgumentException if a size is negative or their product is not the number of values
     */
    public static Tensor of(long[] values, int... shape) {
        ByteBuffer bytes = allocate(ElementType.I64, values.length);
        bytes.asLongBuffer().put(values);
        return of(ElementType.I64, bytes, shape);
    }

    /**
     * Elements as they lie in memory.
     *
     * @param type of the elements
     * @param bytes from its position to its limit the elements, in its byte order; not copied, must not change any more
     * @param shape sizes, none for a single number
     * @return the tensor
     * @throws IllegalArgumentException if there are more than 64 sizes, one is negative, or the bytes are not as many as type and shape ask for
     */
    public static Tensor of(ElementType type, ByteBuffer bytes, int... shape) {
        Objects.requireNonNull(type, "type");
        if (shape.length > MOST_SIZES)
            throw new IllegalArgumentException(
                    "a shape of " + shape.length + " sizes given, at most " + MOST_SIZES + " expected");
        List<Integer> sizes = new ArrayList<>();
        for (int size : shape) sizes.add(size);
        long count = count(sizes);
        if (count < 0 || count > Integer.MAX_VALUE || count * type.bytes() != bytes.remaining())
            throw new IllegalArgumentException(
                    bytes.remaining() / type.bytes() + " elements (" + bytes.remaining() + " bytes) given, but "
                            + describe(type, sizes) + " has " + (count < 0 ? "a size below 0" : count + " of them"));
        ByteBuffer own = bytes.slice().asReadOnlyBuffer().order(bytes.order());
        return new Tensor(List.copyOf(sizes), type, (int) count, own);
    }

    private static ByteBuffer allocate(ElementType type, int count) {
        if (count > Integer.MAX_VALUE / type.bytes())
            throw new IllegalArgumentException(count + " elements of type " + type + " given, at most "
                    + Integer.MAX_VALUE / type.bytes() + " expected: more do not fit a buffer");
        return ByteBuffer.allocate(count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The product of the sizes; −1 if one is negative, {@link Long#MAX_VALUE} if a long cannot hold it. */
    static long count(List<? extends Number> shape) {
        boolean empty = false;
        for (Number size : shape) {
            if (size.longValue() < 0) return -1;
            empty |= size.longValue() == 0;
        }
        if (empty) return 0;
        long count = 1;
        for (Number size : shape) {
            if (count > Long.MAX_VALUE / size.longValue()) return Long.MAX_VALUE;
            count *= size.longValue();
        }
        return count;
    }

    static String describe(Object type, List<? extends Number> shape) {
        return type + " " + shape;
    }

    /**
     * The sizes.
     *
     * @return none for a single number
     */
    public List<Integer> shape() {
        return shape;
    }

    /**
     * The elements' type.
     *
     * @return as in the file
     */
    public ElementType type() {
        return type;
    }

    /**
     * Number of elements.
     *
     * @return product of the sizes
     */
    public int count() {
        return count;
    }

    /**
     * The elements as floats: exact for F32, F16, BF16, BOOL and integers up to 2²⁴, else the nearest float, of two the even
     * one. Doubles beyond the largest float become infinite.
     *
     * @return a new array, the last index running fastest
     */
    public float[] floats() {
        float[] values = new float[count];
        switch (type) {
            case F32 -> bytes.duplicate().order(bytes.order()).asFloatBuffer().get(values);
            case F64 -> {
                for (int i = 0; i < count; i++) values[i] = (float) bytes.getDouble(8 * i);
            }
            case F16 -> {
                for (int i = 0; i < count; i++) values[i] = Halves.ofF16(bytes.getShort(2 * i));
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) values[i] = Halves.ofBf16(bytes.getShort(2 * i));
            }
            case I64 -> {
                for (int i = 0; i < count; i++) values[i] = bytes.getLong(8 * i);
            }
            case U64 -> {
                for (int i = 0; i < count; i++) {
                    long value = bytes.getLong(8 * i);
                    values[i] = value >= 0 ? value : 2f * halved(value);
                }
            }
            default -> {
                // at most four bytes, which doubles hold
                for (int i = 0; i < count; i++) values[i] = (float) small(i);
            }
        }
        return values;
    }

    /**
     * The elements as doubles: exact but for integers beyond 2⁵³, which become the nearest double, of two the even one.
     *
     * @return a new array, the last index running fastest
     */
    public double[] doubles() {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = switch (type) {
                case F64 -> bytes.getDouble(8 * i);
                case F32 -> bytes.getFloat(4 * i);
                case F16 -> Halves.ofF16(bytes.getShort(2 * i));
                case BF16 -> Halves.ofBf16(bytes.getShort(2 * i));
                case I64 -> bytes.getLong(8 * i);
                case U64 -> {
                    long value = bytes.getLong(8 * i);
                    yield value >= 0 ? value : 2.0 * halved(value);
                }
                default -> small(i);
            };
        return values;
    }

    /** Half of an unsigned integer; the bit that is lost stays, where it can only decide a rounding. */
    private static long halved(long value) {
        return value >>> 1 | value & 1;
    }

    private double small(int i) {
        return switch (type) {
            case I32 -> bytes.getInt(4 * i);
            case U32 -> bytes.getInt(4 * i) & 0xffff_ffffL;
            case I16 -> bytes.getShort(2 * i);
            case U16 -> bytes.getShort(2 * i) & 0xffff;
            case I8 -> bytes.get(i);
            case U8 -> bytes.get(i) & 0xff;
            case BOOL -> bytes.get(i) == 0 ? 0 : 1;
            default -> throw new AssertionError(type);
        };
    }

    /**
     * These numbers in another floating-point type, each the nearest to this tensor's, of two the even one.
     *
     * @param other F64, F32, F16 or BF16
     * @return this tensor if it is of that type, else a new one
     * @throws IllegalArgumentException if the type is no floating-point type
     */
    public Tensor as(ElementType other) {
        if (other == type) return this;
        if (!other.floating())
            throw new IllegalArgumentException(
                    other + " given, F64, F32, F16 or BF16 expected: numbers are not rounded to integers");
        ByteBuffer rounded = allocate(other, count);
        if (other == ElementType.F32) rounded.asFloatBuffer().put(floats());
        else if (other == ElementType.F64) rounded.asDoubleBuffer().put(doubles());
        else
            for (double value : doubles()) {
                // a NaN keeps the upper bits of its payload
                float odd = Halves.towardsOdd(value);
                rounded.putShort(other == ElementType.F16 ? Halves.toF16(odd) : Halves.toBf16(odd));
            }
        return new Tensor(shape, other, count, rounded.rewind());
    }

    /** The elements as they lie in memory, in the buffer's byte order. */
    ByteBuffer raw() {
        return bytes.duplicate().order(bytes.order());
    }

    /**
     * The elements in little-endian order, as files have them.
     *
     * @return from position 0 to the limit; read-only
     */
    public ByteBuffer littleEndian() {
        if (bytes.order() == ByteOrder.LITTLE_ENDIAN || type.bytes() == 1)
            return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer little = allocate(type, count);
        for (int i = 0; i < count; i++)
            switch (type.bytes()) {
                case 2 -> little.putShort(bytes.getShort(2 * i));
                case 4 -> little.putInt(bytes.getInt(4 * i));
                default -> little.putLong(bytes.getLong(8 * i));
            }
        return little.rewind().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether the other one is a tensor of the same shape and type with the same bits. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor tensor
                && tensor.type == type
                && tensor.shape.equals(shape)
                && tensor.littleEndian().equals(littleEndian());
    }

    @Override
    public int hashCode() {
        return Objects.hash(shape, type, littleEndian());
    }

    /** {@code F32 [3, 4]}. */
    @Override
    public String toString() {
        return describe(type, shape);
    }

    /** The bytes of elements whose first index runs fastest, with the last one running fastest. */
    static ByteBuffer lastIndexFastest(ByteBuffer columns, int elementBytes, int[] shape) {
        int[] steps = new int[shape.length], index = new int[shape.length];
        int step = elementBytes;
        for (int axis = 0; axis < shape.length; axis++) {
            steps[axis] = step;
            step *= shape[axis];
        }
        ByteBuffer rows = ByteBuffer.allocate(columns.remaining()).order(columns.order());
        byte[] element = new byte[elementBytes];
        for (int from = columns.position(); rows.hasRemaining(); ) {
            columns.get(from, element);
            rows.put(element);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                from += steps[axis];
                if (++index[axis] < shape[axis]) break;
                from -= steps[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return rows.rewind();
    }
}
