package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntToDoubleFunction;

/**
 * A tensor whose values are known: weights, attributes, shapes. Half types are held as floats and integers as doubles, which
 * are exact up to 2^53. Among integers NaN stands for the number of rows in a batch, which a shape may name and nobody knows.
 * Immutable by convention.
 */
final class Constant implements Value {

    private final DataType type;
    private final int[] dims;
    private final float[] floats;
    private final double[] doubles;
    private final String[] texts;

    private Constant(DataType type, int[] dims, float[] floats, double[] doubles, String[] texts) {
        this.type = type;
        this.dims = dims;
        this.floats = floats;
        this.doubles = doubles;
        this.texts = texts;
    }

    /** Values that are of this type already; the array is kept. */
    static Constant of(DataType type, int[] dims, double[] values) {
        if (!type.inFloats()) return new Constant(type, dims, null, values, null);
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) floats[i] = (float) values[i];
        return new Constant(type, dims, floats, null, null);
    }

    /** Values rounded to the type. */
    static Constant rounded(DataType type, int[] dims, int count, IntToDoubleFunction value) {
        if (type.inFloats()) {
            float[] floats = new float[count];
            for (int i = 0; i < count; i++) floats[i] = (float) type.round(value.applyAsDouble(i));
            return new Constant(type, dims, floats, null, null);
        }
        double[] doubles = new double[count];
        for (int i = 0; i < count; i++) doubles[i] = type.round(value.applyAsDouble(i));
        return new Constant(type, dims, null, doubles, null);
    }

    static Constant of(float... values) {
        return new Constant(DataType.FLOAT, new int[] {values.length}, values, null, null);
    }

    static Constant of(float[] values, int... dims) {
        return new Constant(DataType.FLOAT, dims, values, null, null);
    }

    static Constant of(long... values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) doubles[i] = values[i];
        return new Constant(DataType.INT64, new int[] {values.length}, null, doubles, null);
    }

    static Constant of(String[] values, int... dims) {
        return new Constant(DataType.STRING, dims, null, null, values);
    }

    static Constant scalar(DataType type, double value) {
        return of(type, new int[0], new double[] {value});
    }

    DataType type() {
        return type;
    }

    @Override
    public int[] dims() {
        return dims;
    }

    int rank() {
        return dims.length;
    }

    int count() {
        return floats != null ? floats.length : doubles != null ? doubles.length : texts.length;
    }

    double at(int i) {
        return floats != null ? floats[i] : doubles[i];
    }

    String text(int i) {
        return texts[i];
    }

    boolean isText() {
        return texts != null;
    }

    /** The same values in another shape of as many elements. */
    Constant as(int... otherDims) {
        return new Constant(type, otherDims, floats, doubles, texts);
    }

    /** The values as floats; the array may be this constant's own, and must not be changed. */
    float[] toFloats() {
        if (floats != null) return floats;
        float[] values = new float[doubles.length];
        for (int i = 0; i < values.length; i++) values[i] = (float) doubles[i];
        return values;
    }

    double[] toDoubles() {
        if (doubles != null) return doubles;
        double[] values = new double[count()];
        for (int i = 0; i < values.length; i++) values[i] = at(i);
        return values;
    }

    /** Whether all elements are equal, and there is one. */
    boolean uniform() {
        if (isText() || count() == 0) return false;
        double first = at(0);
        for (int i = 1; i < count(); i++) if (Double.compare(at(i), first) != 0) return false;
        return true;
    }

    /** Whether it names the number of rows. */
    boolean symbolic() {
        if (doubles == null || !type.integer()) return false;
        for (double d : doubles) if (Double.isNaN(d)) return true;
        return false;
    }

    /** Whole numbers, for axes and the like. */
    long[] toLongs(Node node, String what) {
        if (isText() || type.floating()) throw Refusal.at(node, what + " is of type " + type + ", int64 expected");
        if (symbolic()) throw Refusal.at(node, what + " depends on the number of rows");
        long[] values = new long[count()];
        for (int i = 0; i < values.length; i++) values[i] = (long) at(i);
        return values;
    }

    /** Product of the other dimensions where one is zero: what goes through them takes time though there is nothing. */
    private static final int MOST_OF_NOTHING = 1 << 16;

    /** The dimensions that a shape names. The number of rows is 1, because a constant is the same for all of them. */
    long[] toDims(Node node) {
        if (!symbolic()) return toLongs(node, "the shape");
        long[] dims = new long[count()];
        for (int i = 0; i < dims.length; i++) dims[i] = Double.isNaN(at(i)) ? 1 : (long) at(i);
        return dims;
    }

    /**
     * Number of elements of a shape.
     *
     * @throws Refusal if a dimension is negative, there are more than an array can have, or none in a shape that is large but for
     *     that
     */
    static int count(long[] dims, String place) {
        long count = 1;
        boolean empty = false;
        for (long d : dims) {
            if (d < 0) throw new Refusal(place + ": a dimension of " + d);
            empty |= d == 0;
        }
        long most = empty ? MOST_OF_NOTHING : Integer.MAX_VALUE - 8;
        for (long d : dims) {
            if (d == 0) continue;
            if (d > most || count * d > most)
                throw new Refusal(place + ": shape " + java.util.Arrays.toString(dims)
                        + (empty ? ", which has no elements" : " has more elements than an array"));
            count *= d;
        }
        return empty ? 0 : (int) count;
    }

    static int[] ints(long[] dims) {
        int[] ints = new int[dims.length];
        for (int i = 0; i < ints.length; i++) ints[i] = (int) Math.min(dims[i], Integer.MAX_VALUE);
        return ints;
    }

    /**
     * Reads a tensor.
     *
     * @param external where data outside of the file are
     * @throws Refusal if its data are not as many as its shape says, or are of no type that is read
     */
    static Constant read(TensorProto proto, ExternalData external, String place) {
        DataType type = DataType.of(proto.getDataType(), place);
        if (proto.hasSegment()) throw new Refusal(place + ": a segment of a tensor; whole tensors are read");
        if (proto.getDimsCount() > 32) throw new Refusal(place + ": " + proto.getDimsCount() + " dimensions");
        long[] shape = new long[proto.getDimsCount()];
        for (int i = 0; i < shape.length; i++) shape[i] = proto.getDims(i);
        int count = count(shape, place);
        int[] dims = ints(shape);
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            if (type == DataType.STRING) throw new Refusal(place + ": strings as external data");
            return raw(
                    type,
                    dims,
                    count,
                    external.read(proto.getExternalDataList(), (long) count * type.bytes, place),
                    place);
        }
        if (proto.hasRawData() && type != DataType.STRING) {
            ByteString bytes = proto.getRawData();
            return raw(type, dims, count, bytes.asReadOnlyByteBuffer(), place);
        }
        int given = switch (type) {
            case FLOAT -> proto.getFloatDataCount();
            case DOUBLE -> proto.getDoubleDataCount();
            case INT64 -> proto.getInt64DataCount();
            case UINT32, UINT64 -> proto.getUint64DataCount();
            case STRING -> proto.getStringDataCount();
            default -> proto.getInt32DataCount();
        };
        if (given != count)
            throw new Refusal(place + ": " + given + " values of type " + type + " given, " + count
                    + " expected by its shape " + Live.text(dims));
        if (type == DataType.STRING) {
            String[] texts = new String[count];
            for (int i = 0; i < count; i++) texts[i] = proto.getStringData(i).toStringUtf8();
            return of(texts, dims);
        }
        if (type.inFloats()) {
            float[] floats = new float[count];
            for (int i = 0; i < count; i++)
                floats[i] = switch (type) {
                    case FLOAT -> proto.getFloatData(i);
                    case FLOAT16 -> DataType.ofHalf(proto.getInt32Data(i) & 0xffff);
                    default -> DataType.ofBfloat(proto.getInt32Data(i) & 0xffff);
                };
            return new Constant(type, dims, floats, null, null);
        }
        double[] doubles = new double[count];
        for (int i = 0; i < count; i++)
            doubles[i] = switch (type) {
                case DOUBLE -> proto.getDoubleData(i);
                case INT64 -> proto.getInt64Data(i);
                case UINT32, UINT64 -> proto.getUint64Data(i);
                default -> proto.getInt32Data(i);
            };
        return of(type, dims, doubles);
    }

    private static Constant raw(DataType type, int[] dims, int count, ByteBuffer bytes, String place) {
        if (bytes.remaining() != (long) count * type.bytes)
            throw new Refusal(place + ": " + bytes.remaining() + " bytes given, " + (long) count * type.bytes
                    + " expected by its shape " + Live.text(dims) + " of " + type);
        ByteBuffer data = bytes.order(ByteOrder.LITTLE_ENDIAN);
        if (type.inFloats()) {
            float[] floats = new float[count];
            switch (type) {
                case FLOAT -> data.asFloatBuffer().get(floats);
                case FLOAT16 -> {
                    for (int i = 0; i < count; i++) floats[i] = DataType.ofHalf(data.getShort() & 0xffff);
                }
                default -> {
                    for (int i = 0; i < count; i++) floats[i] = DataType.ofBfloat(data.getShort() & 0xffff);
                }
            }
            return new Constant(type, dims, floats, null, null);
        }
        double[] doubles = new double[count];
        for (int i = 0; i < count; i++)
            doubles[i] = switch (type) {
                case DOUBLE -> data.getDouble();
                case INT64, UINT64 -> data.getLong();
                case INT32 -> data.getInt();
                case UINT32 -> data.getInt() & 0xffffffffL;
                case INT16 -> data.getShort();
                case UINT16 -> data.getShort() & 0xffff;
                case UINT8 -> data.get() & 0xff;
                case BOOL -> data.get() == 0 ? 0 : 1;
                default -> data.get();
            };
        return of(type, dims, doubles);
    }

    /** For messages: the type and shape, {@code float [3, 4]}. */
    @Override
    public String toString() {
        return type + " " + Live.text(dims);
    }
}
