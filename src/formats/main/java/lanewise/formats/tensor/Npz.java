package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lanewise.file.AtomicFile;
import lanewise.formats.FormatException;

/**
 * Files of NumPy with several arrays, {@code .npz}: zip archives whose entries are those of {@link Npy}.
 *
 * <p>Entries may be stored, as by NumPy's {@code savez}, or deflated, as by its {@code savez_compressed}. Checksums are checked,
 * and sizes: an entry's bytes are counted, and compared with the directory and with the array's header, before memory is taken
 * for them; entries that overlap are refused. Stored arrays are mapped into memory: see {@link Tensor}.
 */
public final class Npz {

    private static final String ENDING = ".npy";

    /** The first that a zip archive can name, so that the same arrays give the same bytes. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private Npz() {}

    /**
     * Reads all arrays.
     *
     * @param file of at most 2³¹ − 1 bytes
     * @return by name without the ending {@code .npy}, in the order of the archive
     * @throws FormatException if it is malformed or holds what {@link Npy} refuses; the message names the file and the entry
     * @throws IOException if it cannot be read
     */
    public static Map<String, Tensor> read(Path file) throws IOException {
        return read(file, MappedFile.of(file));
    }

    /** The arrays of an archive in a direct buffer. */
    static Map<String, Tensor> read(Object file, ByteBuffer zip) throws FormatException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        ZipEntries.visit(
                file,
                zip,
                (entry, bytes) -> {
                    if (!entry.name().endsWith(ENDING) || entry.name().length() == ENDING.length())
                        throw new FormatException(
                                file, "entry " + quoted(entry.name()) + ": a name that ends in .npy expected");
                    Npy.header(place(file, entry), bytes, entry.size());
                },
                (entry, bytes) -> tensors.put(
                        entry.name().substring(0, entry.name().length() - ENDING.length()),
                        Npy.read(place(file, entry), bytes)));
        return Collections.unmodifiableMap(tensors);
    }

    private static String place(Object file, ZipEntries.Entry entry) {
        return file + ": entry " + quoted(entry.name());
    }

    /**
     * Writes arrays, stored: each as {@link Npy#write} does. The same arrays in the same order give the same bytes.
     *
     * @param file replaced as a whole if it is there
     * @param tensors by name, without the ending {@code .npy}; written in the map's order
     * @throws IllegalArgumentException if a name is empty or no well-formed Unicode
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors) throws IOException {
        for (String name : tensors.keySet())
            if (name.isEmpty()) throw new IllegalArgumentException("an array without a name; a name expected");
            else Safetensors.utf8(name);
        AtomicFile.write(file, out -> {
            ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(out));
            zip.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) write(zip, entry.getKey(), entry.getValue());
            zip.finish();
            zip.flush();
        });
    }

    private static void write(ZipOutputStream zip, String name, Tensor tensor) throws IOException {
        byte[] header = Npy.header(tensor);
        ByteBuffer elements = Npy.elements(tensor);
        CRC32 crc = new CRC32();
        crc.update(header);
        crc.update(elements.duplicate());
        ZipEntry entry = new ZipEntry(name + ENDING);
        entry.setTimeLocal(TIME);
        entry.setSize(header.length + (long) elements.remaining());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(header);
        WritableByteChannel channel = Channels.newChannel(zip);
        while (elements.hasRemaining()) channel.write(elements);
        zip.closeEntry();
    }
}
