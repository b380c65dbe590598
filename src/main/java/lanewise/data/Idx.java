package lanewise.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Unsigned bytes in an array of any number of dimensions, in the IDX format of the MNIST database (LeCun, Cortes and
 * Burges 1998): two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a big-endian
 * int, then the bytes. Files may be gzipped; that is told from their first two bytes.
 *
 * <p>A file is read to its end and every number in it is checked before memory is set aside for it.
 *
 * @param dimensions number of items first: samples, rows, columns
 * @param data the bytes, last dimension fastest
 */
public record Idx(int[] dimensions, byte[] data) {

    /** Deflate packs at most 1,032 bytes into one. */
    private static final long MOST_DEFLATED = 1032;

    private static final int CHUNK = 1 << 20;

    private static final int BUFFER = 1 << 16;

    /**
     * Checks that the dimensions are those of the bytes.
     *
     * @throws IllegalArgumentException if a dimension is less than 1, or their product is not the number of bytes
     */
    public Idx {
        long bytes = dimensions.length == 0 ? -1 : 1;
        for (int dimension : dimensions)
            bytes = dimension < 1 || bytes < 0 || bytes > data.length ? -1 : bytes * dimension;
        if (bytes != data.length)
            throw new IllegalArgumentException(data.length + " bytes are not of the shape " + shape(dimensions));
    }

    /**
     * Reads a file.
     *
     * @param file plain or gzipped
     * @return its contents
     * @throws IOException if it cannot be read or is not a whole IDX file of unsigned bytes; the message names the file,
     *     what was found and what was expected
     */
    public static Idx read(Path file) throws IOException {
        if (Files.isDirectory(file)) throw new IOException(file + ": a directory, an IDX file expected");
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.getFileName().toString(), Files.size(file));
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
        buffered.mark(2);
        boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
        buffered.reset();
        long most = size < 0 ? Long.MAX_VALUE : gzip ? size * MOST_DEFLATED : size;
        try {
            if (!gzip) return parse(buffered, name, most);
            Gunzip gunzip = new Gunzip(new Counted(buffered));
            Idx idx = parse(gunzip, name, most);
            if (gunzip.followed()) throw new IOException(name + ": more bytes follow the end of the gzip data");
            return idx;
        } catch (EOFException e) {
            throw new IOException(name + ": the gzip data ends too early; is the file truncated?", e);
        } catch (ZipException e) {
            throw new IOException(name + ": corrupt gzip data (" + e.getMessage() + ")", e);
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
        if (magic.length < 4)
            throw new IOException(name + ": " + magic.length + " bytes, not even the 4 of an IDX file's magic number");
        if (magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] < 1)
            throw new IOException(String.format(
                    "%s: magic number %02x%02x%02x%02x, 000008nn expected (unsigned bytes in nn dimensions); is it an"
                            + " IDX file?",
                    name, magic[0], magic[1], magic[2], magic[3]));
        byte[] header = in.readNBytes(4 * magic[3]);
        if (header.length < 4 * magic[3])
            throw new IOException(name + ": ends within its header; is the file truncated?");
        int[] dimensions = new int[magic[3]];
        long bytes = 1;
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = (header[4 * i] & 0xff) << 24
                    | (header[4 * i + 1] & 0xff) << 16
                    | (header[4 * i + 2] & 0xff) << 8
                    | header[4 * i + 3] & 0xff;
            if (dimensions[i] < 1)
                throw new IOException(name + ": dimension " + (i + 1) + " is " + Integer.toUnsignedString(dimensions[i])
                        + ", 1 to 2147483647 expected");
            bytes = bytes > Integer.MAX_VALUE ? bytes : bytes * dimensions[i];
        }
        String announced = name + ": the header announces " + shape(dimensions) + " bytes";
        if (bytes > Integer.MAX_VALUE - 16) throw new IOException(announced + ", more than an array can hold");
        if (bytes > most) throw new IOException(announced + ", but the file is far too short for them");
        byte[] data = new byte[(int) Math.min(bytes, CHUNK)];
        int length = 0;
        while (length < bytes) {
            if (length == data.length) data = Arrays.copyOf(data, (int) Math.min(bytes, 2L * length));
            int read = in.read(data, length, data.length - length);
            if (read < 0)
                throw new IOException(
                        announced + " (" + bytes + "), but only " + length + " follow; is the file truncated?");
            length += read;
        }
        if (in.read() >= 0) throw new IOException(announced + " (" + bytes + "), but more follow");
        return new Idx(dimensions, data);
    }

    private static String shape(int[] dimensions) {
        return Arrays.stream(dimensions).mapToObj(Integer::toString).collect(Collectors.joining("x"));
    }

    /**
     * Joins images and labels to a data set.
     *
     * @param images samples first; all other dimensions are the input
     * @param labels one dimension
     * @param classes number of classes
     * @return a data set that shares both arrays
     * @throws IllegalArgumentException if the counts disagree, or a label is no class
     */
    public static Dataset dataset(Idx images, Idx labels, int classes) {
        if (labels.dimensions.length != 1)
            throw new IllegalArgumentException(
                    "labels of shape " + shape(labels.dimensions) + ", one dimension expected");
        if (images.dimensions.length < 2)
            throw new IllegalArgumentException(
                    "images of shape " + shape(images.dimensions) + ", at least two dimensions expected");
        if (images.dimensions[0] != labels.dimensions[0])
            throw new IllegalArgumentException(images.dimensions[0] + " images, but " + labels.dimensions[0]
                    + " labels; do the two files belong together?");
        return Dataset.ofBytes(images.data.length / images.dimensions[0], images.data, labels.data, classes);
    }
}
