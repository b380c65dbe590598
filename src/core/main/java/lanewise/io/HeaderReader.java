package lanewise.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a header's fields, each of which must lie wholly inside the header; see {@link HeaderWriter}. */
final class HeaderReader {

    private final ByteBuffer bytes;

    HeaderReader(byte[] header) {
        bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer need(int size, String what) throws Malformed {
        if (size < 0 || size > bytes.remaining())
            throw new Malformed("the header ends inside " + what + ": " + size + " bytes expected at byte "
                    + bytes.position() + " of the header, " + bytes.remaining() + " left");
        return bytes;
    }

    int u8(String what) throws Malformed {
        return need(1, what).get() & 0xff;
    }

    int u16(String what) throws Malformed {
        return need(2, what).getShort() & 0xffff;
    }

    float f32(String what) throws Malformed {
        return need(4, what).getFloat();
    }

    long i64(String what) throws Malformed {
        return need(8, what).getLong();
    }

    /** An int from {@code least} on. */
    int size(String what, int least) throws Malformed {
        int size = need(4, what).getInt();
        if (size < least) throw new Malformed(what + " is " + size + ", at least " + least + " expected");
        return size;
    }

    /** The number of things that follow, of which each takes at least so many bytes of the header. */
    int count(String what, int bytesEach) throws Malformed {
        int count = size(what, 0);
        if (count > bytes.remaining() / bytesEach)
            throw new Malformed(
                    what + " is " + count + ", but only " + bytes.remaining() + " bytes of the header are left");
        return count;
    }

    /** Zero or one. */
    boolean flag(String what) throws Malformed {
        int value = u8(what);
        if (value > 1) throw new Malformed(what + " is " + value + ", 0 or 1 expected");
        return value == 1;
    }

    String text(String what) throws Malformed {
        int length = count("the length of " + what, 1);
        ByteBuffer part = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(part).toString();
        } catch (CharacterCodingException e) {
            throw new Malformed(what + " is no UTF-8");
        }
    }

    /** Nothing may be left but the zeros up to a multiple of four bytes. */
    void end() throws Malformed {
        if (bytes.remaining() >= Float.BYTES)
            throw new Malformed(bytes.remaining() + " bytes are left in the header after its last field");
        while (bytes.hasRemaining()) if (bytes.get() != 0) throw new Malformed("the header's padding is not zero");
    }
}
