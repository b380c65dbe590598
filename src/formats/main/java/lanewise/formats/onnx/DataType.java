package lanewise.formats.onnx;

/** The element types of tensors that are read, by their numbers in ONNX files. */
enum DataType {
    FLOAT(1, 4),
    UINT8(2, 1),
    INT8(3, 1),
    UINT16(4, 2),
    INT16(5, 2),
    INT32(6, 4),
    INT64(7, 8),
    STRING(8, 0),
    BOOL(9, 1),
    FLOAT16(10, 2),
    DOUBLE(11, 8),
    UINT32(12, 4),
    UINT64(13, 8),
    BFLOAT16(16, 2);

    final int number;

    /** Bytes of an element in raw data; 0 for strings, which are never raw. */
    final int bytes;

    DataType(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    /** The type of this number, or null: files of later versions name others, as do damaged ones. */
    static DataType ofNumber(int number) {
        for (DataType type : values()) if (type.number == number) return type;
        return null;
    }

    static DataType of(int number, String place) {
        DataType type = ofNumber(number);
        if (type == null)
            throw new Refusal(place + ": element type number " + number
                    + "; float, double, float16, bfloat16, the integers of 8 to 64 bits, bool and string are read");
        return type;
    }

    boolean floating() {
        return this == FLOAT || this == DOUBLE || this == FLOAT16 || this == BFLOAT16;
    }

    boolean integer() {
        return !floating() && this != BOOL && this != STRING;
    }

    /** Whether each value is a float. */
    boolean inFloats() {
        return this == FLOAT || this == FLOAT16 || this == BFLOAT16;
    }

    /** The value of this type that an ONNX cast of x gives: nearest for floating types, towards zero for integers. */
    double round(double x) {
        // NaN stands for the number of rows among integers, see Constant.
        if (Double.isNaN(x) && integer()) return x;
        return switch (this) {
            case DOUBLE -> x;
            case FLOAT -> (float) x;
            case FLOAT16 -> rounded(x, 10, -14, 65504.0);
            case BFLOAT16 -> rounded(x, 7, -126, 0x1.fep127);
            case BOOL -> x != 0 ? 1 : 0;
            case INT8 -> (byte) (long) x;
            case UINT8 -> (long) x & 0xff;
            case INT16 -> (short) (long) x;
            case UINT16 -> (long) x & 0xffff;
            case INT32 -> (int) (long) x;
            case UINT32 -> (long) x & 0xffffffffL;
            case INT64, UINT64 -> x < 0 ? Math.ceil(x) : Math.floor(x);
            case STRING -> throw new IllegalStateException("a string is no number");
        };
    }

    /** The nearest number with so many bits after the leading one, ties to even. */
    private static double rounded(double x, int bits, int leastExponent, double largest) {
        if (x == 0 || Double.isNaN(x) || Double.isInfinite(x)) return x;
        double step = Math.scalb(1.0, Math.max(Math.getExponent(x), leastExponent) - bits);
        double y = Math.rint(x / step) * step;
        return Math.abs(y) > largest ? Math.copySign(Double.POSITIVE_INFINITY, x) : y;
    }

    /** The float that has the bits of a float16. */
    static float ofHalf(int bits) {
        int exponent = bits >> 10 & 31, fraction = bits & 1023;
        float size = exponent == 31
                ? Float.intBitsToFloat(0x7f800000 | fraction << 13)
                : exponent == 0 ? fraction * 0x1p-24f : Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
        return (bits & 0x8000) == 0 ? size : -size;
    }

    /** The float that has the bits of a bfloat16. */
    static float ofBfloat(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
