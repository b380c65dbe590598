package lanewise.formats.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import lanewise.formats.FormatException;

/** A file's bytes, mapped into memory, and words about them. */
final class MappedFile {

    /** So much of a name is in a message. */
    private static final int SHOWN = 100;

    private MappedFile() {}

    /** Opens a file for reading; a pipe or a directory is refused, since opening one may wait for ever. */
    static FileChannel open(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file))
            throw new FormatException(file, "is a directory, a pipe or a device; a file expected");
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    /** A whole file, little-endian. */
    static ByteBuffer of(Path file) throws IOException {
        try (FileChannel channel = open(file)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE)
                throw new FormatException(
                        file, "has " + size + " bytes, at most " + Integer.MAX_VALUE + " are supported");
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, size).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Refuses what would not fit the heap, before it is allocated. */
    static void requireHeap(Object file, long bytes) throws FormatException {
        long most = Runtime.getRuntime().maxMemory();
        if (bytes > most)
            throw new FormatException(
                    file,
                    "takes " + (bytes >> 20) + " MB of memory, but the heap may grow to " + (most >> 20)
                            + " MB only; start java with a larger -Xmx");
    }

    /** A name of a file's, for a message: in quotes, ASCII, of bearable length. */
    static String quoted(String name) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < Math.min(name.length(), SHOWN); i++) {
            char c = name.charAt(i);
            if (c >= ' ' && c < 127 && c != '"' && c != '\\') quoted.append(c);
            else quoted.append(String.format("\\u%04x", (int) c));
        }
        return quoted.append(name.length() > SHOWN ? "...\"" : "\"").toString();
    }
}
