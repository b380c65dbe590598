package lanewise.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read, and that nothing else is: every fault is an {@link IOException} that names the file. */
class IdxTest {

    private static byte[] idx(int magic, int[] dimensions, byte... data) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dimensions.length + data.length);
        buffer.putInt(magic);
        for (int dimension : dimensions) buffer.putInt(dimension);
        return buffer.put(data).array();
    }

    private static byte[] idx(int[] dimensions, byte... data) {
        return idx(0x800 + dimensions.length, dimensions, data);
    }

    private static byte[] gzip(byte[] data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(data);
        }
        return bytes.toByteArray();
    }

    private static byte[] random(int n, long seed) {
        byte[] bytes = new byte[n];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] and(byte[] first, byte... second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static Idx read(byte[] file) throws IOException {
        return Idx.read(new ByteArrayInputStream(file), "some-file", file.length);
    }

    private static String refused(byte[] file) {
        return refused(file, file.length);
    }

    private static String refused(byte[] file, long size) {
        String message = assertThrows(
                        IOException.class, () -> Idx.read(new ByteArrayInputStream(file), "some-file", size))
                .getMessage();
        assertTrue(message.startsWith("some-file: "), message);
        return message;
    }

    private static void assertSame(int[] dimensions, byte[] data, Idx idx) {
        assertArrayEquals(dimensions, idx.dimensions());
        assertArrayEquals(data, idx.data());
    }

    @Test
    void readsPlainAndGzippedFilesOfAnyNumberOfDimensions(@TempDir Path folder) throws IOException {
        for (int[] dimensions : new int[][] {{1}, {7}, {3, 5}, {2, 3, 4}, {2, 1, 3, 1, 2}}) {
            byte[] data = random(Arrays.stream(dimensions).reduce(1, (a, b) -> a * b), dimensions.length);
            byte[] file = idx(dimensions, data);
            for (byte[] bytes : new byte[][] {file, gzip(file)}) {
                assertSame(dimensions, data, read(bytes));
                assertSame(dimensions, data, Idx.read(new ByteArrayInputStream(bytes), "unknown size", -1));
                Path path = Files.write(folder.resolve("file"), bytes);
                assertSame(dimensions, data, Idx.read(path));
            }
        }
    }

    @Test
    void readsGzipDataOfSeveralMembers() throws IOException {
        byte[] data = random(300_000, 1), file = idx(new int[] {300, 1000}, data);
        for (int cut : new int[] {1, 4, 13, 100_000, file.length - 1}) {
            byte[] first = gzip(Arrays.copyOf(file, cut)), second = gzip(Arrays.copyOfRange(file, cut, file.length));
            assertSame(new int[] {300, 1000}, data, read(and(first, second)));
        }
    }

    @Test
    void readsStreamsThatComeInSmallPieces() throws IOException {
        byte[] data = random(3_000_000, 2), file = idx(new int[] {3_000_000}, data);
        for (byte[] bytes : new byte[][] {file, gzip(file)}) {
            InputStream slow = new ByteArrayInputStream(bytes) {
                @Override
                public synchronized int read(byte[] target, int offset, int length) {
                    return super.read(target, offset, Math.min(length, 1021));
                }
            };
            assertSame(new int[] {3_000_000}, data, Idx.read(slow, "slow", -1));
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] file = idx(new int[] {2, 3, 2}, random(12, 3)), zipped = gzip(file);
        for (int length = 0; length < file.length; length++) {
            byte[] part = Arrays.copyOf(file, length);
            String message = refused(part);
            if (length > 4 && length < 16) assertTrue(message.contains("header") && message.contains("truncated"));
            if (length >= 16) assertTrue(message.contains("far too short") || message.contains("truncated"), message);
            assertTrue(refused(gzip(part)).length() > 20);
            refused(part, -1);
        }
        for (int length = 0; length < zipped.length; length++) refused(Arrays.copyOf(zipped, length));
    }

    @Test
    void everyByteTooManyIsRefused() throws IOException {
        byte[] file = idx(new int[] {2, 3}, random(6, 4));
        for (byte[] more : new byte[][] {{0}, new byte[17], new byte[70_000], random(100, 5)}) {
            assertTrue(refused(and(file, more)).contains("more follow"));
            assertTrue(refused(gzip(and(file, more))).contains("more follow"));
            assertTrue(refused(and(gzip(file), more)).contains("more bytes follow the end of the gzip data"));
        }
        assertTrue(refused(and(gzip(file), gzip(new byte[1]))).contains("more follow"));
        assertTrue(refused(and(gzip(file), (byte) 0x1f, (byte) 0x8b)).contains("more bytes follow"));
    }

    /** The end of the data may fall anywhere in the buffers of those who read it. */
    @Test
    void aByteAfterGzipDataOfAnyLengthIsRefused() throws IOException {
        for (int n = 65_480; n < 65_540; n++) {
            byte[] data = random(n, n), zipped = gzip(idx(new int[] {n}, data));
            assertSame(new int[] {n}, data, read(zipped));
            assertTrue(refused(and(zipped, (byte) 7)).contains("more bytes follow the end of the gzip data"));
        }
    }

    @Test
    void aWrongMagicNumberIsRefusedAndShown() {
        for (int magic : new int[] {0x00000800, 0x00000901, 0x00000d02, 0x01000801, 0x00010801, 0x08010000, 0x00000880})
            assertTrue(refused(idx(magic, new int[] {1, 1}, (byte) 1))
                    .contains(String.format("magic number %08x, 000008nn expected", magic)));
        assertTrue(refused("{\"not\": \"an IDX file\"}".getBytes()).contains("is it an IDX file?"));
    }

    @Test
    void aDimensionOfNoneIsRefused() {
        assertTrue(refused(idx(new int[] {0})).contains("dimension 1 is 0"));
        assertTrue(refused(idx(new int[] {3, -1}, new byte[3])).contains("dimension 2 is 4294967295"));
    }

    @Test
    void aHeaderThatAnnouncesGigabytesTakesNoMemory() throws IOException {
        int giant = Integer.MAX_VALUE;
        String tooMany = refused(idx(new int[] {giant, giant, giant, 2}));
        assertTrue(tooMany.contains("more than an array can hold"), tooMany);
        assertTrue(refused(idx(new int[] {giant})).contains("more than an array can hold"));
        byte[] header = idx(new int[] {60_000, 28_000}, new byte[100]);
        for (int i = 0; i < 100; i++) { // together they would announce 168 GB
            assertTrue(refused(header).contains("the header announces 60000x28000 bytes"));
            assertTrue(refused(header, -1).contains("only 100 follow"));
            refused(gzip(header));
        }
    }

    /** A flipped bit is found, or it is one that means nothing, as those of the header's time. */
    @Test
    void corruptGzipDataIsNeverReadAsOtherData() throws IOException {
        byte[] data = random(100, 6), zipped = gzip(idx(new int[] {100}, data));
        int refused = 0;
        for (int bit = 0; bit < 8 * zipped.length; bit++) {
            byte[] corrupt = zipped.clone();
            corrupt[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                assertSame(new int[] {100}, data, read(corrupt));
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith("some-file: "), e.toString());
                refused++;
            }
        }
        assertTrue(refused > 8 * zipped.length - 80, refused + " of " + 8 * zipped.length + " refused");
    }

    @Test
    void randomDamageIsRefusedOrHarmless() throws IOException {
        Random random = new Random(7);
        byte[] file = idx(new int[] {4, 3, 2}, random(24, 8)), zipped = gzip(file);
        int read = 0;
        for (int i = 0; i < 1000; i++) {
            byte[] damaged = (i % 2 == 0 ? file : zipped).clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--)
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            try {
                Idx idx = read(damaged);
                long bytes = 1;
                for (int dimension : idx.dimensions()) bytes *= dimension;
                assertEquals(idx.data().length, bytes);
                read++;
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith("some-file: "), e.toString());
            }
        }
        assertTrue(read > 20 && read < 980);
    }

    @Test
    void aMissingFileOrAFolderIsRefusedByName(@TempDir Path folder) {
        for (Path path : new Path[] {folder.resolve("none"), folder, folder.getRoot()}) {
            String message =
                    assertThrows(IOException.class, () -> Idx.read(path)).getMessage();
            assertTrue(message.contains(path.toString()), message);
        }
    }

    @Test
    void dimensionsThatAreNotTheBytesAreRefused() {
        int[][] wrong = {{}, {0}, {3}, {-1}, {2, 2, 2}, {Integer.MAX_VALUE, Integer.MAX_VALUE, 4}, {65536, 65536}};
        for (int[] dimensions : wrong)
            assertThrows(IllegalArgumentException.class, () -> new Idx(dimensions, new byte[4]));
        assertThrows(IllegalArgumentException.class, () -> new Idx(new int[] {3, 0}, new byte[0]));
        assertEquals(4, new Idx(new int[] {2, 2}, new byte[4]).data().length);
    }

    @Test
    void imagesAndLabelsBecomeADataset() {
        Idx images = new Idx(new int[] {3, 2, 2}, new byte[12]), labels = new Idx(new int[] {3}, new byte[] {0, 9, 4});
        Dataset data = Idx.dataset(images, labels, 10);
        assertEquals(3, data.size());
        assertEquals(4, data.inputSize());
        assertEquals(10, data.classes());
        assertEquals(9, data.label(1));
    }

    @Test
    void imagesAndLabelsThatDoNotBelongTogetherAreRefused() {
        Idx images = new Idx(new int[] {3, 2}, new byte[6]);
        assertNotADataset("3 images, but 2 labels", images, new Idx(new int[] {2}, new byte[2]));
        assertNotADataset("labels of shape 3x1", images, new Idx(new int[] {3, 1}, new byte[3]));
        assertNotADataset(
                "images of shape 3", new Idx(new int[] {3}, new byte[3]), new Idx(new int[] {3}, new byte[3]));
        assertNotADataset("label 2 is 10, 0 to 9 expected", images, new Idx(new int[] {3}, new byte[] {0, 9, 10}));
        assertNotADataset("label 0 is 255", images, new Idx(new int[] {3}, new byte[] {-1, 0, 0}));
    }

    private static void assertNotADataset(String part, Idx images, Idx labels) {
        String message = assertThrows(IllegalArgumentException.class, () -> Idx.dataset(images, labels, 10))
                .getMessage();
        assertTrue(message.contains(part), message);
    }
}
