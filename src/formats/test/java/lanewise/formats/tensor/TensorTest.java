package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Numbers of files become those of Java, and back. */
class TensorTest {

    private static float f16(int bits) {
        int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
        double magnitude = exponent == 31
                ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? Math.scalb(fraction, -24) : Math.scalb(1024 + fraction, exponent - 25);
        return (float) ((bits & 0x8000) == 0 ? magnitude : -magnitude);
    }

    @Test
    void everyHalfIsReadExactlyAndWrittenAgain() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            assertEquals(f16(bits), Halves.ofF16((short) bits));
            float wide = Float.intBitsToFloat(bits << 16);
            assertEquals(wide, Halves.ofBf16((short) bits));
            if (f16(bits) == f16(bits)) assertEquals((short) bits, Halves.toF16(f16(bits)));
            else assertEquals(Float.NaN, f16(Halves.toF16(f16(bits)) & 0xffff));
            if (wide == wide) assertEquals((short) bits, Halves.toBf16(wide));
            else assertEquals(Float.NaN, Halves.ofBf16(Halves.toBf16(wide)));
        }
    }

    /** Around the middle between each half and the next, where the nearest double may round twice. */
    @Test
    void theNearestHalfIsTakenOfTwoTheEvenOne() {
        for (int bits = 0; bits < 0x7c00; bits++) {
            double low = f16(bits), high = bits == 0x7bff ? 65536 : f16(bits + 1), middle = (low + high) / 2;
            int even = bits + (bits & 1);
            assertRounded(ElementType.F16, new int[] {bits, bits, even, bits + 1, bits + 1}, low, middle, high);
        }
        for (int bits = 0; bits < 0x7f80; bits += 3) {
            double low = Float.intBitsToFloat(bits << 16), middle = bits == 0x7f7f ? 0x1.ffp127 : 0;
            double high = bits == 0x7f7f ? 0x1p128 : Float.intBitsToFloat(bits + 1 << 16);
            if (middle == 0) middle = (low + high) / 2;
            int even = bits + (bits & 1);
            assertRounded(ElementType.BF16, new int[] {bits, bits, even, bits + 1, bits + 1}, low, middle, high);
        }
    }

    private static void assertRounded(ElementType type, int[] expected, double low, double middle, double high) {
        double[] values = {low, Math.nextDown(middle), middle, Math.nextUp(middle), high};
        ByteBuffer found = Tensor.of(values, 5).as(type).littleEndian();
        for (int i = 0; i < 5; i++)
            assertEquals((short) expected[i], found.getShort(2 * i), type + " of " + new BigDecimal(values[i]));
        for (int i = 0; i < 5; i++) values[i] = -values[i];
        found = Tensor.of(values, 5).as(type).littleEndian();
        for (int i = 0; i < 5; i++)
            assertEquals((short) (expected[i] | 0x8000), found.getShort(2 * i), type + " of " + values[i]);
    }

    @Test
    void largeIntegersAreRoundedOnce() {
        long[] values = {Long.MIN_VALUE, -1, (1L << 40) + (1L << 16), (1L << 40) + (1L << 16) + 1, Long.MAX_VALUE};
        float[] signed = Tensor.of(values, 5).floats();
        double[] doubles = Tensor.of(values, 5).doubles();
        ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.BIG_ENDIAN);
        for (long value : values) bytes.putLong(value);
        Tensor unsigned = Tensor.of(ElementType.U64, bytes.rewind(), 5);
        for (int i = 0; i < 5; i++) {
            BigDecimal value = new BigDecimal(Long.toUnsignedString(values[i]));
            assertEquals((float) values[i], signed[i]);
            assertEquals((double) values[i], doubles[i]);
            assertEquals(value.floatValue(), unsigned.floats()[i]);
            assertEquals(value.doubleValue(), unsigned.doubles()[i]);
        }
    }

    @Test
    void shapesAreChecked() {
        assertEquals(List.of(), Tensor.of(new float[1]).shape());
        assertEquals(0, Tensor.of(new float[0], 3, 0, Integer.MAX_VALUE).count());
        for (int[] shape : new int[][] {{5}, {-2, -3}, {1 << 16, 1 << 16, 6}, {Integer.MAX_VALUE, 3}, {}})
            assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[6], shape));
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[1], new int[65]));
    }

    @Test
    void bytesOfEitherOrderAreTheSameTensor() {
        Tensor little = Tensor.of(new float[] {1, -2, 3.5f}, 3);
        ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.BIG_ENDIAN);
        bytes.asFloatBuffer().put(little.floats());
        Tensor big = Tensor.of(ElementType.F32, bytes, 3);
        assertEquals(little, big);
        assertEquals(little.hashCode(), big.hashCode());
        assertArrayEquals(little.floats(), big.floats());
        assertNotEquals(little, Tensor.of(little.floats(), 1, 3));
        assertNotEquals(little, little.as(ElementType.F64));
        assertSame(little, little.as(ElementType.F32));
        assertThrows(IllegalArgumentException.class, () -> little.as(ElementType.I64));
        assertEquals("F32 [3]", big.toString());
    }
}
