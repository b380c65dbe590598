package lanewise.formats.tensor;

/** Numbers of two bytes: binary16 (1 sign, 5 exponent, 10 fraction bits) and bfloat16 (1, 8, 7), to and from floats. */
final class Halves {

    private static final int FLOAT_INFINITY = 0x7f80_0000;

    private Halves() {}

    /** The value of a binary16; exact. */
    static float ofF16(short half) {
        int sign = (half & 0x8000) << 16, magnitude = half & 0x7fff;
        if (magnitude >= 0x7c00) // infinity or NaN, whose payload stays
        return Float.intBitsToFloat(sign | FLOAT_INFINITY | (magnitude & 0x3ff) << 13);
        if (magnitude >= 0x400) return Float.intBitsToFloat(sign | (magnitude << 13) + (127 - 15 << 23));
        float subnormal = magnitude * 0x1p-24f;
        return sign == 0 ? subnormal : -subnormal;
    }

    /** The nearest binary16, of two the even one; beyond 65,519.99 infinity. A NaN stays one. */
    static short toF16(float value) {
        int bits = Float.floatToRawIntBits(value), sign = bits >>> 16 & 0x8000, magnitude = bits & 0x7fff_ffff;
        if (magnitude > FLOAT_INFINITY) return (short) (sign | 0x7e00 | magnitude >>> 13 & 0x3ff);
        if (magnitude >= 0x477f_f000) return (short) (sign | 0x7c00);
        // adding 0.5 leaves a subnormal's bits at the float's end, rounded by the addition
        if (magnitude < 0x3880_0000)
            return (short) (sign | Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f) - 0x3f00_0000);
        return (short) (sign | magnitude - (127 - 15 << 23) + 0xfff + (magnitude >>> 13 & 1) >>> 13);
    }

    /** The value of a bfloat16; exact. */
    static float ofBf16(short half) {
        return Float.intBitsToFloat(half << 16);
    }

    /** The nearest bfloat16, of two the even one. A NaN stays one. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fff_ffff) > FLOAT_INFINITY) return (short) (bits >>> 16 | 0x40);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /**
     * The float next to a double towards zero, made odd where it is not the double itself: what is rounded to fewer digits then
     * is as if the double had been.
     */
    static float towardsOdd(double value) {
        float nearest = (float) value;
        if (nearest == value || Double.isNaN(value)) return nearest;
        int bits = Float.floatToRawIntBits(nearest);
        if (Math.abs((double) nearest) > Math.abs(value)) bits--;
        return Float.intBitsToFloat(bits | 1);
    }
}
