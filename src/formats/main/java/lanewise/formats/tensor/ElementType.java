package lanewise.formats.tensor;

/**
 * The type of a tensor's elements, under the name that safetensors has for it. The order is that in which the safetensors
 * library lays tensors out in a file, which puts every element on a multiple of its size.
 */
public enum ElementType {
    /** Unsigned, 8 bytes. */
    U64(8, "u8"),
    /** Signed, 8 bytes. */
    I64(8, "i8"),
    /** IEEE 754 binary64. */
    F64(8, "f8"),
    /** IEEE 754 binary32. */
    F32(4, "f4"),
    /** Unsigned, 4 bytes. */
    U32(4, "u4"),
    /** Signed, 4 bytes. */
    I32(4, "i4"),
    /** The upper half of a binary32; NumPy has no such type. */
    BF16(2, null),
    /** IEEE 754 binary16. */
    F16(2, "f2"),
    /** Unsigned, 2 bytes. */
    U16(2, "u2"),
    /** Signed, 2 bytes. */
    I16(2, "i2"),
    /** Signed, one byte. */
    I8(1, "i1"),
    /** Unsigned, one byte. */
    U8(1, "u1"),
    /** A byte: 0 for false, else true. */
    BOOL(1, "b1");

    private final int bytes;
    private final String numpy;

    ElementType(int bytes, String numpy) {
        this.bytes = bytes;
        this.numpy = numpy;
    }

    /**
     * Bytes of an element.
     *
     * @return 1, 2, 4 or 8
     */
    public int bytes() {
        return bytes;
    }

    /**
     * Whether the elements are floating-point numbers.
     *
     * @return true for F64, F32, BF16 and F16
     */
    public boolean floating() {
        return this == F64 || this == F32 || this == BF16 || this == F16;
    }

    /** NumPy's code without the byte order; null if it has none. */
    String numpy() {
        return numpy;
    }

    /** The type of this name; null if there is none. */
    static ElementType named(String name) {
        for (ElementType type : values()) if (type.name().equals(name)) return type;
        return null;
    }

    /** The type of NumPy's code; null if there is none. */
    static ElementType ofNumpy(String code) {
        for (ElementType type : values()) if (code.equals(type.numpy)) return type;
        return null;
    }
}
