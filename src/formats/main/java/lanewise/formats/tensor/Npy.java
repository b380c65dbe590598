package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanewise.file.AtomicFile;
import lanewise.formats.FormatException;

/**
 * Files of NumPy with one array each, {@code .npy}.
 *
 * <p>Read are versions 1.0, 2.0 and 3.0, rows or columns first (C and Fortran order), both byte orders, bool, and the integers
 * and floats of {@link ElementType}. Refused by name are arrays of objects, which are pickled programs, structures, texts,
 * times, complex numbers and floats of 16 bytes. The array is mapped into memory: see {@link Tensor}; one with columns first
 * is copied.
 */
public final class Npy {

    /** Longer than any header that NumPy writes for a type that can be read. */
    private static final int MOST_HEADER = 1 << 20;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    private Npy() {}

    /**
     * Reads a file.
     *
     * @param file of at most 2³¹ − 1 bytes
     * @return its array
     * @throws FormatException if it is malformed or holds what is refused; the message names the file and the place
     * @throws IOException if it cannot be read
     */
    public static Tensor read(Path file) throws IOException {
        return read(file, MappedFile.of(file));
    }

    /**
     * Writes an array: C order, little-endian, its own type, but BF16, which NumPy lacks, as F32. The same tensor gives the same
     * bytes, those of NumPy's {@code save}.
     *
     * @param file replaced as a whole if it is there
     * @param tensor to write
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, Tensor tensor) throws IOException {
        byte[] header = header(tensor);
        ByteBuffer bytes = elements(tensor);
        AtomicFile.write(file, out -> {
            out.write(header);
            var channel = Channels.newChannel(out);
            for (ByteBuffer left = bytes.duplicate(); left.hasRemaining(); ) channel.write(left);
        });
    }

    /** What a header says; the elements follow it. */
    record Header(ElementType type, ByteOrder order, boolean columnsFirst, List<Long> shape, int length) {

        long bytes() {
            long count = Tensor.count(shape);
            return count > Long.MAX_VALUE / type.bytes() ? Long.MAX_VALUE : count * type.bytes();
        }
    }

    /** The array that a file, or an entry of an archive, consists of. */
    static Tensor read(Object file, ByteBuffer bytes) throws FormatException {
        Header header = header(file, bytes, bytes.remaining());
        ByteBuffer elements = bytes.slice(header.length(), bytes.remaining() - header.length())
                .order(header.order());
        int[] shape = header.shape().stream().mapToInt(Long::intValue).toArray();
        if (header.columnsFirst() && shape.length > 1 && elements.hasRemaining()) {
            MappedFile.requireHeap(file, elements.remaining());
            elements = Tensor.lastIndexFastest(elements, header.type().bytes(), shape);
        }
        return Tensor.of(header.type(), elements, shape);
    }

    /**
     * Reads a header.
     *
     * @param bytes the file's, or its first ones
     * @param size of the whole file, which must be that of header and elements
     */
    static Header header(Object file, ByteBuffer bytes, long size) throws FormatException {
        ByteBuffer in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int first = in.position();
        for (int i = 0; i < MAGIC.length; i++)
            if (in.remaining() < 10 - i || in.get() != MAGIC[i])
                throw new FormatException(
                        file, "is no .npy file: \"\\x93NUMPY\", a version and a length expected at its beginning");
        int major = in.get(), minor = in.get();
        if (major < 1 || major > 3 || minor != 0)
            throw new FormatException(
                    file,
                    "is of version " + (major & 0xff) + "." + (minor & 0xff) + "; 1.0, 2.0 and 3.0 are supported");
        if (major > 1 && in.remaining() < 4)
            throw new FormatException(file, "ends in the length of its header; was it copied to its end?");
        long length = major == 1 ? in.getShort() & 0xffff : in.getInt() & 0xffff_ffffL;
        if (length > MOST_HEADER)
            throw new FormatException(
                    file, "header: has " + length + " bytes, at most " + MOST_HEADER + " are supported");
        if (length > in.remaining())
            throw new FormatException(
                    file,
                    "header: should have " + length + " bytes, but " + in.remaining()
                            + " are there; was the file copied to its end?");
        int begin = in.position() - first, end = begin + (int) length;
        Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        Header header;
        try {
            String text = charset.newDecoder()
                    .decode(in.slice(in.position(), (int) length))
                    .toString();
            header = header(PythonLiteral.dictionary(text), end);
        } catch (CharacterCodingException e) {
            throw new FormatException(file, "header: is no well-formed UTF-8", e);
        } catch (PythonLiteral.Malformed e) {
            throw new FormatException(file, "header: " + e.getMessage(), e);
        }
        if (header.bytes() != size - end)
            throw new FormatException(
                    file,
                    "has " + (size - end) + " bytes behind its header, but an array of "
                            + Tensor.describe(header.type(), header.shape()) + " has "
                            + (header.bytes() == Long.MAX_VALUE ? "more than any file" : header.bytes())
                            + (header.bytes() > size - end
                                    ? "; was it copied to its end?"
                                    : "; a file of several arrays is not supported"));
        for (long one : header.shape())
            if (one > Integer.MAX_VALUE)
                throw new FormatException(
                        file,
                        "header: the shape " + header.shape() + " has a size above " + Integer.MAX_VALUE
                                + ", which is not supported");
        return header;
    }

    private static Header header(Map<String, Object> dictionary, int length) throws PythonLiteral.Malformed {
        if (!dictionary.keySet().equals(Set.of("descr", "fortran_order", "shape")))
            throw new PythonLiteral.Malformed("the keys "
                    + dictionary.keySet().stream().map(MappedFile::quoted).toList()
                    + " found, descr, fortran_order and shape expected");
        if (!(dictionary.get("fortran_order") instanceof Boolean columnsFirst))
            throw new PythonLiteral.Malformed("fortran_order: True or False expected");
        if (!(dictionary.get("shape") instanceof PythonLiteral.Tuple tuple))
            throw new PythonLiteral.Malformed("shape: a tuple of whole numbers expected");
        List<Object> shape = tuple.elements();
        if (shape.size() > Tensor.MOST_SIZES)
            throw new PythonLiteral.Malformed(
                    "shape: has " + shape.size() + " sizes, at most " + Tensor.MOST_SIZES + " are supported");
        for (Object size : shape)
            if (!(size instanceof Long)) throw new PythonLiteral.Malformed("shape: whole numbers expected");
        Object descr = dictionary.get("descr");
        if (descr instanceof List)
            throw new PythonLiteral.Malformed(
                    "descr: an array of structures, which is not supported; save its fields one" + " by one");
        if (!(descr instanceof String type)) throw new PythonLiteral.Malformed("descr: a string expected");
        ElementType element = type.isEmpty() ? null : ElementType.ofNumpy(type.substring(1));
        char order = type.isEmpty() ? 0 : type.charAt(0);
        if (element == null || order != '<' && order != '>' && !(order == '|' && element.bytes() == 1))
            throw new PythonLiteral.Malformed("descr: elements of type " + quoted(type) + ": " + refusal(type));
        return new Header(
                element,
                order == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                columnsFirst,
                shape.stream().map(Long.class::cast).toList(),
                length);
    }

    private static String refusal(String type) {
        return switch (type.length() < 2 ? 0 : type.charAt(1)) {
            case 'O' ->
                "objects are pickled Python, which is not read, as it may run anything;"
                        + " save it with a numeric dtype";
            case 'U', 'S', 'a' -> "texts are not supported";
            case 'M', 'm' -> "times are not supported";
            case 'c' -> "complex numbers are not supported";
            case 'V' -> "raw bytes are not supported; save bfloat16 as float32";
            default -> "not supported; integers, bool, and floats of 2, 4 and 8 bytes are, such as \"<f4\"";
        };
    }

    /** Version 1.0, which has room for every shape that a tensor has. */
    static byte[] header(Tensor tensor) {
        String type = elementType(tensor).numpy();
        StringBuilder header = new StringBuilder("{'descr': '")
                .append(type.endsWith("1") ? '|' : '<')
                .append(type)
                .append("', 'fortran_order': False, 'shape': (");
        List<Integer> shape = tensor.shape();
        for (int i = 0; i < shape.size(); i++)
            header.append(i == 0 ? "" : " ").append(shape.get(i)).append(i < shape.size() - 1 || i == 0 ? "," : "");
        header.append("), }");
        // NumPy leaves room for the first size to grow to 21 digits
        if (!shape.isEmpty())
            header.append(" ".repeat(21 - String.valueOf(shape.get(0)).length()));
        int length = header.length() + 1, whole = (10 + length & -64) + 64;
        header.append(" ".repeat(whole - 10 - length)).append('\n');
        ByteBuffer bytes = ByteBuffer.allocate(whole).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (whole - 10));
        return bytes.put(header.toString().getBytes(StandardCharsets.US_ASCII)).array();
    }

    private static ElementType elementType(Tensor tensor) {
        return tensor.type() == ElementType.BF16 ? ElementType.F32 : tensor.type();
    }

    /** The bytes behind the header. */
    static ByteBuffer elements(Tensor tensor) {
        return (tensor.type() == ElementType.BF16 ? tensor.as(ElementType.F32) : tensor).littleEndian();
    }
}
