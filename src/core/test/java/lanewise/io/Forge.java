package lanewise.io;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import lanewise.Model;

/** Model files as byte arrays, and what a forger would do to them. */
final class Forge {

    static final int VERSION_AT = 8, HEADER_LENGTH_AT = 12, LENGTH_AT = 16;

    private Forge() {}

    static byte[] bytes(Model model) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ModelFile.save(model, out);
        return out.toByteArray();
    }

    static Model load(byte[] file) throws IOException {
        return ModelFile.load(new ByteArrayInputStream(file), "forged");
    }

    static int headerLength(byte[] file) {
        return little(file).getInt(HEADER_LENGTH_AT);
    }

    static ByteBuffer little(byte[] file) {
        return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Makes length and checksum right. */
    static byte[] sealed(byte[] file) {
        if (file.length < 28) return file;
        little(file).putLong(LENGTH_AT, file.length);
        return summed(file);
    }

    /** Makes the checksum right. */
    static byte[] summed(byte[] file) {
        CRC32C checksum = new CRC32C();
        checksum.update(file, 0, file.length - 4);
        little(file).putInt(file.length - 4, (int) checksum.getValue());
        return file;
    }

    /** A file of this header and so many floats, which are zeros, with length and checksum right. */
    static byte[] file(byte[] header, int floats) {
        byte[] file = new byte[24 + header.length + floats * 4 + 4];
        little(file).putLong(0, ModelWriter.MAGIC).putInt(8, 1).putInt(12, header.length);
        System.arraycopy(header, 0, file, 24, header.length);
        return sealed(file);
    }

    /** The fields of a header up to its layers. */
    static HeaderWriter header(int inputs, int outputs, long parameters, int selfTests) {
        return header(inputs, outputs, parameters, selfTests, 0);
    }

    /** The same with another output and task. */
    static HeaderWriter header(int inputs, int outputs, long parameters, int selfTests, int output) {
        HeaderWriter header = new HeaderWriter();
        header.i32(inputs);
        header.i32(outputs);
        header.i64(parameters);
        header.i32(selfTests);
        header.u8(output);
        header.f32(1f);
        header.f32(0f);
        header.text("");
        header.i32(0);
        header.i32(0);
        return header;
    }
}
