package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import lanewise.file.AtomicFile;
import lanewise.formats.FormatException;
import lanewise.formats.tensor.SafetensorsHeader.Entry;

/**
 * Files of safetensors: named tensors, which PyTorch, Hugging Face and others write.
 *
 * <p>A file is an 8-byte length, a header of so many bytes in JSON, and the tensors' bytes, little-endian. Reading checks the
 * whole header: at most 100 MB of well-formed UTF-8 that begins with a brace, no name twice however it is written, sizes whose
 * product is the number of bytes, bytes without holes and overlaps from the header to the end of the file. The tensors
 * themselves are mapped into memory, not read, until they are used: see {@link Tensor}.
 *
 * <p>A file may have tensors of types that {@link ElementType} lacks; asking for one of these is refused by its name.
 * Immutable, for any number of threads.
 */
public final class Safetensors {

    private static final long MOST_HEADER = 100_000_000;

    private final Object file;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    /** Of each tensor's name the bytes that it lies in, from the first byte of a region on. */
    private final Map<String, ByteBuffer> bytes = new HashMap<>();

    private Safetensors(Object file, SafetensorsHeader.Contents contents) {
        this.file = file;
        entries = Collections.unmodifiableMap(SafetensorsHeader.byName(contents.entries()));
        metadata = Collections.unmodifiableMap(contents.metadata());
    }

    /**
     * Reads a file's header and maps the rest.
     *
     * @param file to read
     * @return its tensors
     * @throws FormatException if it breaks a rule of the format; the message names the file, the place and the rule
     * @throws IOException if it cannot be read
     */
    public static Safetensors read(Path file) throws IOException {
        try (FileChannel channel = MappedFile.open(file)) {
            long size = channel.size();
            ByteBuffer prefix = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
            while (prefix.hasRemaining() && channel.read(prefix) >= 0) {}
            if (prefix.hasRemaining())
                throw new FormatException(file, "has " + size + " bytes; a length of 8 bytes and a header expected");
            long length = prefix.getLong(0);
            if (length < 0 || length > MOST_HEADER)
                throw new FormatException(
                        file,
                        "says that its header has " + Long.toUnsignedString(length) + " bytes, at most " + MOST_HEADER
                                + " expected; is it a file of safetensors?");
            if (length > size - 8)
                throw new FormatException(
                        file,
                        "says that its header has " + length + " bytes, but has only " + Math.max(0, size - 8)
                                + " behind the length; was it copied to its end?");
            if (length == 0 || prefix.get(8) != '{')
                throw new FormatException(
                        file, "header: begins with byte " + (prefix.get(8) & 0xff) + ", a brace ({) expected");
            channel.position(8);
            InputStream header = new Part(Channels.newInputStream(channel), length);
            long data = size - 8 - length;
            Safetensors read = new Safetensors(file, SafetensorsHeader.read(file, header, data));
            read.map((from, bytes) -> channel.map(FileChannel.MapMode.READ_ONLY, 8 + length + from, bytes));
            return read;
        }
    }

    /** The first bytes of a stream. */
    private static final class Part extends InputStream {

        private final InputStream in;
        private long left;

        Part(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) return -1;
            int read = in.read(target, offset, (int) Math.min(length, left));
            left -= Math.max(0, read);
            return read;
        }
    }

    @FunctionalInterface
    private interface Mapping {

        ByteBuffer of(long from, long bytes) throws IOException;
    }

    /** Maps all tensors that a buffer can hold, together with those beside them: systems bound the number of mappings. */
    private void map(Mapping mapping) throws IOException {
        List<Entry> region = new ArrayList<>();
        for (Entry entry : entries.values()) {
            if (entry.to() - entry.from() > Integer.MAX_VALUE) continue;
            if (!region.isEmpty() && entry.to() - region.get(0).from() > Integer.MAX_VALUE) {
                map(mapping, region);
                region.clear();
            }
            region.add(entry);
        }
        if (!region.isEmpty()) map(mapping, region);
    }

    private void map(Mapping mapping, List<Entry> region) throws IOException {
        long from = region.get(0).from(), to = region.get(region.size() - 1).to();
        ByteBuffer mapped = from == to ? ByteBuffer.allocate(0) : mapping.of(from, to - from);
        for (Entry entry : region)
            bytes.put(
                    entry.name(),
                    mapped.slice((int) (entry.from() - from), (int) (entry.to() - entry.from()))
                            .order(ByteOrder.LITTLE_ENDIAN));
    }

    /**
     * The tensors' names.
     *
     * @return in the order of their bytes in the file
     */
    public Set<String> names() {
        return entries.keySet();
    }

    /**
     * What the file says about itself.
     *
     * @return sorted by keys; empty if there is nothing
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * One tensor.
     *
     * @param name as in {@link #names}
     * @return its bytes are the file's
     * @throws FormatException if there is none of that name, it has a type that is not supported, or more elements than an
     *     array
     */
    public Tensor tensor(String name) throws FormatException {
        Entry entry = entries.get(name);
        if (entry == null)
            throw new FormatException(
                    file,
                    "has no tensor " + quoted(name) + "; it has "
                            + (entries.isEmpty()
                                    ? "none"
                                    : String.join(
                                            ", ",
                                            entries.keySet().stream()
                                                    .limit(50)
                                                    .map(MappedFile::quoted)
                                                    .toList())));
        ElementType type = ElementType.named(entry.type());
        if (type == null)
            throw new FormatException(
                    file,
                    "tensor " + quoted(name) + ": has the dtype " + quoted(entry.type()) + ", which is not supported; "
                            + Arrays.toString(ElementType.values()) + " are");
        ByteBuffer own = bytes.get(name);
        for (long size : entry.shape()) if (size > Integer.MAX_VALUE) own = null;
        if (own == null)
            throw new FormatException(
                    file,
                    "tensor " + quoted(name) + ": " + Tensor.describe(type, entry.shape()) + " is larger than the "
                            + Integer.MAX_VALUE + " bytes that are supported");
        return Tensor.of(
                type, own, entry.shape().stream().mapToInt(Long::intValue).toArray());
    }

    /**
     * All tensors.
     *
     * @return in the order of {@link #names}
     * @throws FormatException if one of them cannot be read: see {@link #tensor}
     */
    public Map<String, Tensor> tensors() throws FormatException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : entries.keySet()) tensors.put(name, tensor(name));
        return Collections.unmodifiableMap(tensors);
    }

    /**
     * Writes tensors, without metadata: see {@link #write(Path, Map, Map)}.
     *
     * @param file replaced as a whole if it is there
     * @param tensors by name
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors) throws IOException {
        write(file, tensors, Map.of());
    }

    /**
     * Writes tensors, each in its own type; {@link Tensor#as} rounds to others. The same tensors and metadata give the same
     * bytes, which are those that the safetensors library writes: types in the order of {@link ElementType}, within a type
     * names in the order of their UTF-8 bytes.
     *
     * @param file replaced as a whole if it is there
     * @param tensors by name
     * @param metadata free
     * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, a text is no well-formed Unicode, or the
     *     header would have more than 100 MB
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        Map<String, byte[]> names = new HashMap<>();
        for (String name : tensors.keySet()) names.put(name, utf8(name));
        metadata.forEach((key, value) -> {
            utf8(key);
            utf8(value);
        });
        if (tensors.containsKey(SafetensorsHeader.METADATA))
            throw new IllegalArgumentException(
                    "a tensor is named " + SafetensorsHeader.METADATA + ", which is the metadata's own name");
        Function<String, ElementType> type = name -> tensors.get(name).type();
        List<String> order = new ArrayList<>(tensors.keySet());
        order.sort(Comparator.comparing(type).thenComparing(names::get, Arrays::compareUnsigned));
        List<Entry> entries = new ArrayList<>();
        long at = 0;
        for (String name : order) {
            Tensor tensor = tensors.get(name);
            long from = at;
            at += (long) tensor.count() * tensor.type().bytes();
            List<Long> shape = tensor.shape().stream().map(Integer::longValue).toList();
            entries.add(new Entry(name, tensor.type().name(), shape, from, at));
        }
        byte[] header = SafetensorsHeader.write(entries, metadata);
        if (header.length > MOST_HEADER)
            throw new IllegalArgumentException(
                    "the header has " + header.length + " bytes, at most " + MOST_HEADER + " are allowed");
        SafetensorsHeader.Contents back = SafetensorsHeader.read(file, new ByteArrayInputStream(header), at);
        if (!back.entries().equals(entries) || !back.metadata().equals(new TreeMap<>(metadata)))
            throw new IOException(file + ": its header reads back as another one, so it is not written;"
                    + " some versions of JDK 25 encode texts wrongly (JDK-8380060)");
        AtomicFile.write(file, out -> {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            var channel = Channels.newChannel(out);
            for (String name : order) {
                ByteBuffer bytes = tensors.get(name).littleEndian();
                while (bytes.hasRemaining()) channel.write(bytes);
            }
        });
    }

    /** A text as UTF-8, which it must be possible to write it in. */
    static byte[] utf8(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text))
            throw new IllegalArgumentException(quoted(text) + " has a surrogate without its other half");
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
