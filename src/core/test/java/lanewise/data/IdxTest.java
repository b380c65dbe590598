package lanewise.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;
import lanewise.ChildJvm;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.memory.Batch;
import org.junit.jupiter.api.Assumptions;
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

    /** A disk that fails, or a stream that does not give what it must, is told with the file's name, and soon. */
    @Test
    void streamsThatFailAreNamed() throws IOException {
        byte[] file = idx(new int[] {3000}, new byte[3000]);
        for (byte[] bytes : List.of(file, gzip(file)))
            for (int good : new int[] {0, 1, 3, 5, 20}) {
                InputStream failing = new InputStream() {
                    private int at;

                    @Override
                    public int read() throws IOException {
                        if (at == good) throw new IOException("Input/output error");
                        return bytes[at++] & 0xff;
                    }
                };
                String message = assertThrows(IOException.class, () -> Idx.read(failing, "some-file", -1))
                        .getMessage();
                assertEquals("some-file: cannot be read: Input/output error", message);
            }
        InputStream idle = new ByteArrayInputStream(file) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return available() > 100 ? super.read(target, offset, Math.min(length, 50)) : 0;
            }
        };
        String message = assertThrows(IOException.class, () -> Idx.read(idle, "some-file", -1))
                .getMessage();
        assertTrue(message.startsWith("some-file: "), message);
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
        for (int magic : new int[] {
            0x00000800, 0x00000a01, 0x00000f02, 0x00000701, 0x01000801, 0x00010801, 0x08010000, 0x00000880
        })
            assertTrue(refused(idx(magic, new int[] {1, 1}, (byte) 1))
                    .contains(String.format("magic number %08x, 0000ttnn expected", magic)));
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

    private static byte[] idx(int code, int[] dimensions, double... elements) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * elements.length);
        for (double element : elements)
            switch (code) {
                case 0x08, 0x09 -> buffer.put((byte) element);
                case 0x0b -> buffer.putShort((short) element);
                case 0x0c -> buffer.putInt((int) element);
                case 0x0d -> buffer.putFloat((float) element);
                default -> buffer.putDouble(element);
            }
        return idx(code << 8 | dimensions.length, dimensions, Arrays.copyOf(buffer.array(), buffer.position()));
    }

    /** The smallest and largest numbers of each type, in two dimensions and one. */
    @Test
    void readsElementsOfAllTypes() throws IOException {
        double[][] numbers = {
            {0, 1, 128, 255},
            {-128, -1, 0, 127},
            {-32768, -256, 1, 32767},
            {Integer.MIN_VALUE, -65536, 255, Integer.MAX_VALUE},
            {-0.5, Float.MIN_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY},
            {-0.1, 1e-300, 16777217, Double.POSITIVE_INFINITY}
        };
        int[] codes = {0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e};
        for (int type = 0; type < codes.length; type++) {
            byte[] file = idx(codes[type], new int[] {2, 2}, numbers[type]);
            for (byte[] bytes : new byte[][] {file, gzip(file)}) {
                Idx idx = read(bytes);
                assertEquals(Idx.Type.values()[type], idx.type());
                assertArrayEquals(new int[] {2, 2}, idx.dimensions());
                assertArrayEquals(Arrays.copyOfRange(file, 12, file.length), idx.data(), "as they lie in the file");
                float[] floats = idx.floats();
                for (int i = 0; i < 4; i++) assertEquals((float) numbers[type][i], floats[i]);
                if (type < 4)
                    assertArrayEquals(
                            Arrays.stream(numbers[type]).mapToInt(d -> (int) d).toArray(), idx.ints());
            }
        }
    }

    @Test
    void otherTypesAreCutShortOrOverlongWhereTheirBytesAre() throws IOException {
        for (int code : new int[] {0x09, 0x0b, 0x0c, 0x0d, 0x0e}) {
            byte[] file = idx(code, new int[] {2, 3}, 1, 2, 3, 4, 5, 6);
            for (int length = 0; length < file.length; length++) {
                refused(Arrays.copyOf(file, length));
                refused(Arrays.copyOf(file, length), -1);
            }
            assertTrue(refused(and(file, (byte) 0)).contains("2x3 "));
            assertTrue(refused(and(file, (byte) 0)).contains("(" + (file.length - 12) + " bytes), but more follow"));
        }
        // Not as bytes: eight times as many are too many.
        assertTrue(refused(idx(0xe01, new int[] {1 << 28}), -1).contains("more than an array can hold"));
        assertTrue(refused(idx(0xc01, new int[] {1 << 28}), 1 << 29).contains("far too short"));
    }

    @Test
    void whatIsNoFloatOrNoIntIsRefusedByItsPlace() throws IOException {
        Idx doubles = read(idx(0x0e, new int[] {4}, 0, -1, 1e39, 0));
        assertThrowsWith("element 2 is 1.0E39, too large for a float", doubles::floats);
        assertThrowsWith("element 2 is 1.0E39, a whole number expected", doubles::ints);
        Idx floats = read(idx(0x0d, new int[] {3}, -7, 0.5, Float.NaN));
        assertThrowsWith("element 1 is 0.5, a whole number expected", floats::ints);
        assertThrowsWith("element 0 is NaN", read(idx(0x0d, new int[] {1}, Float.NaN))::ints);
        assertThrowsWith("element 0 is 2.147483648E9", read(idx(0x0e, new int[] {1}, 0x1p31))::ints);
    }

    private static void assertThrowsWith(String part, org.junit.jupiter.api.function.Executable executable) {
        String message =
                assertThrows(IllegalArgumentException.class, executable).getMessage();
        assertTrue(message.contains(part), message);
    }

    /** A size of 0, or of what lies in a pipe at the moment, bounds nothing. */
    @Test
    void readsPipesAndFilesWithoutASize(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "there are no named pipes");
        Path pipe = folder.resolve("pipe");
        new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor();
        byte[] data = random(300_000, 9), file = idx(new int[] {300_000}, data);
        for (byte[] bytes : new byte[][] {file, gzip(file)}) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try (OutputStream out = Files.newOutputStream(pipe)) {
                    out.write(bytes);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertSame(new int[] {300_000}, data, Idx.read(pipe));
            writing.get();
        }
        // A file of the system's that is made up when it is read; its size is 0.
        Path status = Path.of("/proc/self/status");
        Assumptions.assumeTrue(Files.isReadable(status) && Files.size(status) == 0);
        String message = assertThrows(IOException.class, () -> Idx.read(status)).getMessage();
        assertTrue(message.startsWith("status: magic number 4e616d65"), message);
    }

    /** Reads standard input by its name. */
    static final class FromStandardInput {
        public static void main(String[] args) throws IOException {
            System.out.print(Arrays.toString(Idx.read(Path.of("/dev/stdin")).dimensions()));
        }
    }

    @Test
    void readsStandardInput() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/dev/stdin")), "it has no name");
        Process process = ChildJvm.start(List.of(), FromStandardInput.class);
        try (OutputStream out = process.getOutputStream()) {
            out.write(gzip(idx(new int[] {3, 2}, random(6, 1))));
        }
        assertEquals("[3, 2]", new String(process.getInputStream().readAllBytes()));
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

    @Test
    void imagesOfOtherNumbersAreUsedAsTheyAre() throws IOException {
        Idx labels = new Idx(new int[] {2}, new byte[] {1, 0});
        for (int code : new int[] {0x09, 0x0b, 0x0c, 0x0d, 0x0e}) {
            Idx images = read(idx(code, new int[] {2, 1, 3}, -1, 0, 3, 100, -128, 127));
            Dataset data = Idx.dataset(images, labels, 2);
            assertEquals(3, data.inputSize());
            assertEquals(2, data.classes());
            assertEquals(1, data.label(0));
            Network network = Network.builder(3).dense(1, Activation.IDENTITY).build(1);
            Batch batch = Batch.forPrediction(network.stack(), 2);
            for (int i = 0; i < 2; i++) data.input(i, batch, i);
            float[] inputs = new float[6];
            batch.input().copyTo(inputs, 0);
            assertArrayEquals(images.floats(), inputs);
        }
        Idx wrong = read(idx(0x0d, new int[] {2, 2}, 0, 1, 2, Float.NaN));
        assertNotADataset("input 1 of sample 1 is NaN, a finite number expected", wrong, labels);
        assertNotADataset("too large for a float", read(idx(0x0e, new int[] {2, 1}, 0, -1e300)), labels);
    }

    @Test
    void labelsMayBeginAnywhereAndBeOfAnyType() throws IOException {
        Idx images = new Idx(new int[] {3, 2}, new byte[6]);
        for (int code : new int[] {0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e}) {
            Dataset data = Idx.dataset(images, read(idx(code, new int[] {3}, 1, 26, 5)), 26, 1);
            assertArrayEquals(new int[] {0, 25, 4}, new int[] {data.label(0), data.label(1), data.label(2)});
            assertEquals(26, data.classes());
        }
        Dataset signs = Idx.dataset(images, read(idx(0x09, new int[] {3}, -1, 1, 0)), 3, -1);
        assertArrayEquals(new int[] {0, 2, 1}, new int[] {signs.label(0), signs.label(1), signs.label(2)});
        assertEquals(
                127,
                Idx.dataset(images, read(idx(0x08, new int[] {3}, 255, 128, 200)), 128, 128)
                        .label(0));
    }

    @Test
    void labelsOutOfRangeAreToldWithTheRangeThatTheyHave() throws IOException {
        Idx images = new Idx(new int[] {3, 2}, new byte[6]);
        assertNotADataset(
                "label 1 is 26, 0 to 9 expected; labels from 1 to 26 are 26 classes with the first label 1",
                images,
                new Idx(new int[] {3}, new byte[] {1, 26, 5}));
        assertNotADataset(
                "label 0 is -1, 0 to 9 expected; labels from -1 to 1 are 3 classes with the first label -1",
                images,
                read(idx(0x0c, new int[] {3}, -1, 1, 0)));
        assertNotADataset(
                "label 1 is 2000000000, 0 to 9 expected", images, read(idx(0x0c, new int[] {3}, 0, 2e9, -2e9)));
        assertNotADataset(
                "labels: element 1 is 0.5, a whole number", images, read(idx(0x0d, new int[] {3}, 0, 0.5, 1)));
        assertNotADataset("labels: element 2 is NaN", images, read(idx(0x0e, new int[] {3}, 0, 1, Double.NaN)));
        Idx labels = new Idx(new int[] {3}, new byte[] {0, 1, 2});
        for (int classes : new int[] {0, -1, 129, Integer.MAX_VALUE})
            assertThrowsWith(classes + " classes given, 1 to 128", () -> Idx.dataset(images, labels, classes, 0));
        for (int first : new int[] {Integer.MIN_VALUE, Integer.MAX_VALUE, 1})
            assertThrowsWith(
                    "label 0 is 0, " + first + " to " + (first + 127L), () -> Idx.dataset(images, labels, 128, first));
    }

    private static void assertNotADataset(String part, Idx images, Idx labels) {
        String message = assertThrows(IllegalArgumentException.class, () -> Idx.dataset(images, labels, 10))
                .getMessage();
        assertTrue(message.contains(part), message);
    }
}
