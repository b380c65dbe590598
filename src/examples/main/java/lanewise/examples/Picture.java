package lanewise.examples;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * A small picture with a line below it.
 *
 * @param caption the line
 * @param width pixels
 * @param height pixels
 * @param rgba four bytes a pixel, row after row: red, green, blue, opacity
 */
record Picture(String caption, int width, int height, byte[] rgba) {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    /** Eight bits a channel, red, green, blue and opacity, not interlaced. */
    private static final byte[] FORMAT = {8, 6, 0, 0, 0};

    private static final int POSITIVE = 0xd95926, NEGATIVE = 0x2a78d6;

    /** Brightness, 0 for black to 1 for white. */
    static Picture ofGrey(String caption, int width, int height, float[] brightness) {
        byte[] rgba = new byte[4 * width * height];
        for (int i = 0; i < width * height; i++) {
            byte grey = (byte) Math.round(255 * Math.min(1, Math.max(0, brightness[i])));
            for (int c = 0; c < 3; c++) rgba[4 * i + c] = grey;
            rgba[4 * i + 3] = (byte) 255;
        }
        return new Picture(caption, width, height, rgba);
    }

    /** Numbers of both signs: orange above zero, blue below, the more opaque the larger; the largest is opaque. */
    static Picture ofSigned(String caption, int width, int height, float[] values) {
        float largest = 0;
        for (int i = 0; i < width * height; i++) largest = Math.max(largest, Math.abs(values[i]));
        byte[] rgba = new byte[4 * width * height];
        for (int i = 0; i < width * height; i++) {
            int colour = values[i] < 0 ? NEGATIVE : POSITIVE;
            for (int c = 0; c < 3; c++) rgba[4 * i + c] = (byte) (colour >> 16 - 8 * c);
            rgba[4 * i + 3] = (byte) Math.round(largest == 0 ? 0 : 255 * Math.abs(values[i]) / largest);
        }
        return new Picture(caption, width, height, rgba);
    }

    /** An address that holds the picture itself, as PNG (ISO/IEC 15948). */
    String address() {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(SIGNATURE);
        chunk(
                png,
                "IHDR",
                ByteBuffer.allocate(8 + FORMAT.length)
                        .putInt(width)
                        .putInt(height)
                        .put(FORMAT)
                        .array());
        chunk(png, "IDAT", deflated());
        chunk(png, "IEND", new byte[0]);
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }

    /** The rows, a zero before each: no filter. */
    private byte[] deflated() {
        byte[] rows = new byte[height * (1 + 4 * width)];
        for (int y = 0; y < height; y++)
            System.arraycopy(rgba, y * 4 * width, rows, y * (1 + 4 * width) + 1, 4 * width);
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(rows);
            deflater.finish();
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            byte[] some = new byte[4096];
            while (!deflater.finished()) packed.write(some, 0, deflater.deflate(some));
            return packed.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
        byte[] body = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data)
                .array();
        CRC32 sum = new CRC32();
        sum.update(body);
        png.writeBytes(ByteBuffer.allocate(8 + body.length)
                .putInt(data.length)
                .put(body)
                .putInt((int) sum.getValue())
                .array());
    }
}
