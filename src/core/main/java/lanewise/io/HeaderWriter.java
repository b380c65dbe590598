package lanewise.io;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a header's fields: little-endian numbers; texts as UTF-8 after their length in bytes. */
final class HeaderWriter {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void u8(int value) {
        bytes.write(value);
    }

    void u16(int value) {
        u8(value);
        u8(value >>> 8);
    }

    void i32(int value) {
        u16(value);
        u16(value >>> 16);
    }

    void i64(long value) {
        i32((int) value);
        i32((int) (value >>> 32));
    }

    void f32(float value) {
        i32(Float.floatToIntBits(value));
    }

    void text(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        i32(encoded.length);
        bytes.writeBytes(encoded);
    }

    /** All that was written, then zeros up to a multiple of four bytes. */
    byte[] padded() {
        while (bytes.size() % Float.BYTES != 0) u8(0);
        return bytes.toByteArray();
    }
}
