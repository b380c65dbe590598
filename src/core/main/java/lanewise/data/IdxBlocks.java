package lanewise.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32C;

/** Blocks of samples from two IDX files, each read when it is wanted; made by {@link Idx#blocks}. */
final class IdxBlocks implements SampleBlocks {

    private final File images;
    private final File labels;
    private final int classes;
    private final int firstLabel;
    private final int samples;

    /** A file whose header was read. */
    private record File(Path path, Idx.Type type, int[] dimensions, long offset, long checksum) {

        /** Bytes from the file's beginning that its checksum is of. */
        private static final int CHECKED = 1 << 20;

        static File open(Path path) throws IOException {
            try (FileChannel channel = FileChannel.open(path)) {
                ByteBuffer begin = ByteBuffer.allocate(CHECKED);
                while (begin.hasRemaining() && channel.read(begin) >= 0) {}
                Idx.Header found = Idx.header(Arrays.copyOf(begin.array(), begin.position()), path.toString());
                CRC32C checksum = new CRC32C();
                checksum.update(begin.flip());
                long bytes = found.type().bytes(), offset = 4 + 4L * found.dimensions().length;
                for (int dimension : found.dimensions()) bytes = Math.multiplyExact(bytes, (long) dimension);
                if (channel.size() != offset + bytes)
                    throw new IOException(path + ": the header announces " + bytes + " bytes, but "
                            + (channel.size() - offset) + " follow; is the file truncated, or gzipped?");
                return new File(path, found.type(), found.dimensions(), offset, checksum.getValue());
            } catch (ArithmeticException e) {
                throw new IOException(path + ": its header announces more bytes than any file has", e);
            }
        }

        /** Some items. */
        Idx read(int from, int count) throws IOException {
            int[] shape = dimensions.clone();
            shape[0] = count;
            long item = type.bytes();
            for (int i = 1; i < shape.length; i++) item *= shape[i];
            ByteBuffer bytes = ByteBuffer.allocate((int) (item * count));
            try (FileChannel channel = FileChannel.open(path)) {
                channel.position(offset + item * from);
                while (bytes.hasRemaining())
                    if (channel.read(bytes) < 0)
                        throw new IOException(path + ": ends within item " + (from + count - 1) + ", was it cut off?");
            }
            return new Idx(type, shape, bytes.array());
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s %s of %s, CRC-32C %08x of its beginning",
                    path.getFileName(),
                    Arrays.toString(dimensions),
                    type,
                    checksum);
        }
    }

    IdxBlocks(Path images, Path labels, int classes, int firstLabel, int samples) throws IOException {
        if (samples < 1) throw new IllegalArgumentException("blocks of " + samples + " samples, at least 1 expected");
        this.images = File.open(images);
        this.labels = File.open(labels);
        this.classes = classes;
        this.firstLabel = firstLabel;
        int count = this.images.dimensions[0];
        if (count != this.labels.dimensions[0])
            throw new IOException(count + " images in " + images + ", but " + this.labels.dimensions[0] + " labels in "
                    + labels + "; do the two files belong together?");
        long item = this.images.type.bytes();
        for (int i = 1; i < this.images.dimensions.length; i++) item *= this.images.dimensions[i];
        if (item * Math.min(samples, count) > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException(samples + " samples of " + item + " bytes do not fit one block");
        this.samples = samples;
    }

    @Override
    public int blocks() {
        return (int) (((long) images.dimensions[0] + samples - 1) / samples);
    }

    @Override
    public int size(int block) {
        return Math.min(samples, images.dimensions[0] - block * samples);
    }

    @Override
    public int targetSize() {
        return 1;
    }

    @Override
    public Dataset read(int block) throws IOException {
        try {
            int from = block * samples, count = size(block);
            return Idx.dataset(images.read(from, count), labels.read(from, count), classes, firstLabel);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    images.path + ", samples from " + (long) block * samples + " on: " + e.getMessage(), e);
        }
    }

    @Override
    public String fingerprint() {
        return images + ", " + labels + ", " + classes + " classes from " + firstLabel + " on, in blocks of " + samples;
    }
}
