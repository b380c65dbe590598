package lanewise.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Numbers in an array of any number of dimensions, in the IDX format of the MNIST database (LeCun, Cortes and Burges
 * 1998): two zero bytes, the type, the number of dimensions, each dimension as a big-endian int, then the elements, big
 * end first. Files may be gzipped; that is told from their first two bytes.
 *
 * <p>A file is read to its end and every number in it is checked before memory is set aside for it. Elements stay as they
 * lie in the file: pixels are a byte each. {@link #floats} and {@link #ints} convert them.
 *
 * @param type of the elements
 * @param dimensions number of items first: samples, rows, columns
 * @param data the bytes of the elements as in the file, last dimension fastest
 */
public record Idx(Type type, int[] dimensions, byte[] data) {

    /** A type of elements. */
    public enum Type {
        /** 8 bits, 0 to 255: the type of MNIST. */
        UNSIGNED_BYTE(0x08, 1, "bytes"),
        /** 8 bits, −128 to 127. */
        SIGNED_BYTE(0x09, 1, "signed bytes"),
        /** 16 bits, signed. */
        SHORT(0x0b, Short.BYTES, "shorts"),
        /** 32 bits, signed. */
        INT(0x0c, Integer.BYTES, "ints"),
        /** 32 bits, IEEE 754. */
        FLOAT(0x0d, Float.BYTES, "floats"),
        /** 64 bits, IEEE 754. */
        DOUBLE(0x0e, Double.BYTES, "doubles");

        private final int code;
        private final int bytes;
        private final String plural;

        Type(int code, int bytes, String plural) {
            this.code = code;
            this.bytes = bytes;
            this.plural = plural;
        }

        int bytes() {
            return bytes;
        }
    }

    /** Labels are kept as bytes. */
    private static final int MOST_CLASSES = 128;

    /** Deflate packs at most 1,032 bytes into one. */
    private static final long MOST_DEFLATED = 1032;

    private static final int CHUNK = 1 << 20;

    private static final int BUFFER = 1 << 16;

    /**
     * Checks that the dimensions are those of the elements.
     *
     * @throws IllegalArgumentException if a dimension is less than 1, or their product is not the number of elements
     */
    public Idx {
        long bytes = dimensions.length == 0 ? -1 : type.bytes;
        for (int dimension : dimensions)
            bytes = dimension < 1 || bytes < 0 || bytes > data.length ? -1 : bytes * dimension;
        if (bytes != data.length)
            throw new IllegalArgumentException(
                    data.length + " bytes are not " + type.plural + " of the shape " + shape(dimensions));
    }

    /**
     * Unsigned bytes.
     *
     * @param dimensions number of items first
     * @param data the bytes, last dimension fastest
     * @throws IllegalArgumentException if a dimension is less than 1, or their product is not the number of bytes
     */
    public Idx(int[] dimensions, byte[] data) {
        this(Type.UNSIGNED_BYTE, dimensions, data);
    }

    /**
     * Reads a file.
     *
     * @param file plain or gzipped; may be a pipe, too
     * @return its contents
     * @throws IOException if it cannot be read or is not a whole IDX file; the message names the file, what was found
     *     and what was expected
     */
    public static Idx read(Path file) throws IOException {
        if (Files.isDirectory(file)) throw new IOException(file + ": a directory, an IDX file expected");
        try (InputStream in = Files.newInputStream(file)) {
            // Of pipes, devices and files that a system makes up when they are read, the size says nothing.
            long size = Files.isRegularFile(file) ? Files.size(file) : 0;
            return read(in, file.getFileName().toString(), size > 0 ? size : -1);
        } catch (UnsupportedOperationException | IllegalStateException | SecurityException e) {
            // A file system that is closed, or cannot read.
            throw new IOException(file + ": cannot be read: " + e, e);
        }
    }

    /**
     * Reads a stream to its end.
     *
     * @param in plain or gzipped; not closed
     * @param name what error messages call it
     * @param size number of bytes in the stream, −1 if it is not known
     * @return its contents
     * @throws IOException as {@link #read(Path)}
     */
    public static Idx read(InputStream in, String name, long size) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
        try {
            buffered.mark(2);
            boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
            buffered.reset();
            long most = size < 0 ? Long.MAX_VALUE : gzip ? size * MOST_DEFLATED : size;
            if (!gzip) return parse(buffered, name, most);
            Gunzip gunzip = new Gunzip(new Counted(buffered));
            Idx idx = parse(gunzip, name, most);
            if (gunzip.followed()) throw new IOException(name + ": more bytes follow the end of the gzip data");
            return idx;
        } catch (EOFException e) {
            throw new IOException(name + ": the gzip data ends too early; is the file truncated?", e);
        } catch (ZipException e) {
            throw new IOException(name + ": corrupt gzip data (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            // A failure of the disk or the network knows nothing of the name.
            String said = String.valueOf(e.getMessage());
            throw said.startsWith(name + ": ") ? e : new IOException(name + ": cannot be read: " + said, e);
        }
    }

    /** Counts the bytes read from a stream. */
    private static final class Counted extends FilterInputStream {
        private long count;

        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            if (read >= 0) count++;
            return read;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = super.read(target, offset, length);
            if (read > 0) count += read;
            return read;
        }
    }

    /** Knows where the gzip data ended: the JDK's own class silently leaves out what follows and is no gzip data. */
    private static final class Gunzip extends GZIPInputStream {
        private static final int TRAILER = 8;

        /** Bytes read when the inflater was last given some. */
        private long filled;

        Gunzip(Counted in) throws IOException {
            super(in, BUFFER);
        }

        @Override
        protected void fill() throws IOException {
            super.fill();
            filled = ((Counted) in).count;
        }

        /** Once the end of the data is reached: whether anything follows it. */
        boolean followed() throws IOException {
            return in.read() >= 0 || ((Counted) in).count > filled - inf.getRemaining() + TRAILER;
        }
    }

    private static Idx parse(InputStream in, String name, long most) throws IOException {
        byte[] magic = in.readNBytes(4);
        byte[] more = magic.length < 4 ? new byte[0] : in.readNBytes(4 * Math.max(0, magic[3]));
        byte[] all = Arrays.copyOf(magic, magic.length + more.length);
        System.arraycopy(more, 0, all, magic.length, more.length);
        Header header = header(all, name);
        Type type = header.type;
        int[] dimensions = header.dimensions;
        long bytes = type.bytes;
        for (int dimension : dimensions) bytes = bytes > Integer.MAX_VALUE ? bytes : bytes * dimension;
        String announced = name + ": the header announces " + shape(dimensions) + " " + type.plural;
        if (bytes > Integer.MAX_VALUE - 16) throw new IOException(announced + ", more than an array can hold");
        if (bytes > most) throw new IOException(announced + ", but the file is far too short for them");
        announced += " (" + bytes + " bytes)";
        byte[] data = new byte[(int) Math.min(bytes, CHUNK)];
        int length = 0;
        while (length < bytes) {
            if (length == data.length) data = Arrays.copyOf(data, (int) Math.min(bytes, 2L * length));
            int read = in.read(data, length, data.length - length);
            if (read == 0) {
                // Streams should not give none where some were asked for; a single byte they must give, or end.
                int single = in.read();
                if (single >= 0) data[length] = (byte) single;
                read = single >= 0 ? 1 : -1;
            }
            if (read < 0) throw new IOException(announced + ", but only " + length + " follow; is the file truncated?");
            length += read;
        }
        if (in.read() >= 0) throw new IOException(announced + ", but more follow");
        return new Idx(type, dimensions, data);
    }

    /** Type and dimensions. */
    record Header(Type type, int[] dimensions) {}

    /** Reads the header from the first bytes of a file. */
    static Header header(byte[] bytes, String name) throws IOException {
        if (bytes.length < 4)
            throw new IOException(name + ": " + bytes.length + " bytes, not even the 4 of an IDX file's magic number");
        Type type = type(bytes[2]);
        if (bytes[0] != 0 || bytes[1] != 0 || type == null || bytes[3] < 1)
            throw new IOException(String.format(
                    "%s: magic number %02x%02x%02x%02x, 0000ttnn expected (elements of type tt, which is 08, 09, 0b, 0c,"
                            + " 0d or 0e, in nn dimensions); is it an IDX file?",
                    name, bytes[0], bytes[1], bytes[2], bytes[3]));
        if (bytes.length < 4 + 4 * bytes[3])
            throw new IOException(name + ": ends within its header; is the file truncated?");
        int[] dimensions = new int[bytes[3]];
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = ByteBuffer.wrap(bytes).getInt(4 + 4 * i);
            if (dimensions[i] < 1)
                throw new IOException(name + ": dimension " + (i + 1) + " is " + Integer.toUnsignedString(dimensions[i])
                        + ", 1 to 2147483647 expected");
        }
        return new Header(type, dimensions);
    }

    private static Type type(byte code) {
        for (Type type : Type.values()) if (type.code == code) return type;
        return null;
    }

    private static String shape(int[] dimensions) {
        return Arrays.stream(dimensions).mapToObj(Integer::toString).collect(Collectors.joining("x"));
    }

    /** Number of elements. */
    private int size() {
        return data.length / type.bytes;
    }

    /** An element; a double holds those of all types exactly. */
    private double element(ByteBuffer buffer, int i) {
        return switch (type) {
            case UNSIGNED_BYTE -> buffer.get(i) & 0xff;
            case SIGNED_BYTE -> buffer.get(i);
            case SHORT -> buffer.getShort(i * Short.BYTES);
            case INT -> buffer.getInt(i * Integer.BYTES);
            case FLOAT -> buffer.getFloat(i * Float.BYTES);
            case DOUBLE -> buffer.getDouble(i * Double.BYTES);
        };
    }

    /**
     * The elements as floats: neither scaled nor shifted, and rounded where a float cannot hold them exactly.
     *
     * @return a new array
     * @throws IllegalArgumentException if a finite double is too large for a float
     */
    public float[] floats() {
        ByteBuffer buffer = ByteBuffer.wrap(data);
        float[] floats = new float[size()];
        for (int i = 0; i < floats.length; i++) {
            double element = element(buffer, i);
            floats[i] = (float) element;
            if (Float.isInfinite(floats[i]) && !Double.isInfinite(element))
                throw new IllegalArgumentException("element " + i + " is " + element + ", too large for a float");
        }
        return floats;
    }

    /**
     * The elements as ints.
     *
     * @return a new array
     * @throws IllegalArgumentException if an element is no int: it has a fraction, is too large, or not a number
     */
    public int[] ints() {
        ByteBuffer buffer = ByteBuffer.wrap(data);
        int[] ints = new int[size()];
        for (int i = 0; i < ints.length; i++) {
            double element = element(buffer, i);
            ints[i] = (int) element;
            if (ints[i] != element)
                throw new IllegalArgumentException("element " + i + " is " + element + ", a whole number expected");
        }
        return ints;
    }

    /**
     * Joins images and labels that begin at 0 to a data set.
     *
     * @param images as {@link #dataset(Idx, Idx, int, int)}
     * @param labels as there
     * @param classes as there
     * @return as there
     * @throws IllegalArgumentException as there
     */
    public static Dataset dataset(Idx images, Idx labels, int classes) {
        return dataset(images, labels, classes, 0);
    }

    /**
     * Joins images and labels to a data set. Images of unsigned bytes become inputs of bytes, which are scaled to [0, 1]
     * when they are used; those of other types become inputs of floats, which are used as they are.
     *
     * @param images samples first; all other dimensions are the input; an array of unsigned bytes is shared
     * @param labels one dimension, whole numbers of any type; an array of unsigned bytes is shared if firstLabel is 0
     * @param classes number of classes, up to 128
     * @param firstLabel the label of class 0; the next one is that of class 1, and so on
     * @return a data set whose targets are class indices
     * @throws IllegalArgumentException if the counts disagree, a label is no class, or an element is not finite
     */
    public static Dataset dataset(Idx images, Idx labels, int classes, int firstLabel) {
        if (labels.dimensions.length != 1)
            throw new IllegalArgumentException(
                    "labels of shape " + shape(labels.dimensions) + ", one dimension expected");
        if (images.dimensions.length < 2)
            throw new IllegalArgumentException(
                    "images of shape " + shape(images.dimensions) + ", at least two dimensions expected");
        if (images.dimensions[0] != labels.dimensions[0])
            throw new IllegalArgumentException(images.dimensions[0] + " images, but " + labels.dimensions[0]
                    + " labels; do the two files belong together?");
        byte[] indices = labels.classes(classes, firstLabel);
        int inputSize = images.size() / images.dimensions[0];
        return images.type == Type.UNSIGNED_BYTE
                ? Dataset.ofBytes(inputSize, images.data, indices, classes)
                : Dataset.ofFloats(inputSize, images.floats(), indices, classes);
    }

    /**
     * Images and labels that are read block by block, from files that need not fit into memory.
     *
     * @param images not gzipped; else as {@link #dataset(Idx, Idx, int, int)}
     * @param labels likewise
     * @param classes number of classes, up to 128
     * @param firstLabel the label of class 0
     * @param samples of a block; the last one may have fewer
     * @return the blocks; the files must not change meanwhile
     * @throws IOException if a header cannot be read, a file has another size than its header says, or the counts disagree
     * @throws IllegalArgumentException if samples is less than 1, or so many do not fit an array
     */
    public static SampleBlocks blocks(Path images, Path labels, int classes, int firstLabel, int samples)
            throws IOException {
        return new IdxBlocks(images, labels, classes, firstLabel, samples);
    }

    /** Labels as class indices. */
    private byte[] classes(int classes, int firstLabel) {
        if (classes < 1 || classes > MOST_CLASSES)
            throw new IllegalArgumentException(classes + " classes given, 1 to " + MOST_CLASSES + " expected");
        int[] labels;
        try {
            labels = ints();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("labels: " + e.getMessage(), e);
        }
        boolean asTheyAre = type == Type.UNSIGNED_BYTE && firstLabel == 0;
        byte[] indices = asTheyAre ? data : new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            long index = (long) labels[i] - firstLabel;
            if (index < 0 || index >= classes)
                throw new IllegalArgumentException("label " + i + " is " + labels[i] + ", " + firstLabel + " to "
                        + (firstLabel + (classes - 1L)) + " expected" + range(labels));
            indices[i] = (byte) index;
        }
        return indices;
    }

    /** Which classes the labels would be; nothing if they would be too many, as when one of them is damaged. */
    private static String range(int[] labels) {
        IntSummaryStatistics all = Arrays.stream(labels).summaryStatistics();
        long classes = (long) all.getMax() - all.getMin() + 1;
        if (classes > MOST_CLASSES) return "";
        return "; labels from " + all.getMin() + " to " + all.getMax() + " are " + classes
                + " classes with the first label " + all.getMin();
    }
}
