package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import lanewise.formats.FormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What NumPy wrote is read, and what it would write is written; make.py beside the files made them. */
class NumpyTest {

    private static final Path FILES = Path.of("src/formats/test/resources/lanewise/formats/tensor");

    @TempDir
    Path folder;

    private static Map<String, byte[]> unpacked(Path file) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList())
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
        }
        return entries;
    }

    private static void assertSameBits(double[] expected, double[] found, String what) {
        for (int i = 0; i < expected.length; i++)
            assertEquals(Double.doubleToLongBits(expected[i]), Double.doubleToLongBits(found[i]), what + " " + i);
    }

    @Test
    void everyTypeAndOrderIsReadAsNumpyConvertsIt() throws IOException {
        Map<String, Tensor> arrays = Npz.read(FILES.resolve("arrays.npz"));
        int compared = 0;
        for (String name : arrays.keySet()) {
            if (!name.matches("\\w\\d\\.(little|big)\\.[CF]")) continue;
            Tensor array = arrays.get(name);
            assertEquals(List.of(2, 3), array.shape());
            assertEquals(name.substring(0, 2), array.type().numpy());
            assertArrayEquals(arrays.get(name.substring(0, 2) + ".float").floats(), array.floats(), name);
            assertSameBits(arrays.get(name.substring(0, 2) + ".double").doubles(), array.doubles(), name);
            compared++;
        }
        assertEquals(12 * 4, compared);
        for (String shape : List.of("scalar", "vector", "empty", "cube"))
            assertEquals(arrays.get(shape + ".C"), arrays.get(shape + ".F"), shape);
        assertEquals(List.of(2, 3, 4), arrays.get("cube.F").shape());
        float[] cube = arrays.get("cube.F").floats();
        for (int i = 0; i < cube.length; i++) assertEquals(i, cube[i]);
    }

    @Test
    void doublesAreRoundedToHalvesAsNumpyDoesIt() throws IOException {
        Map<String, Tensor> arrays = Npz.read(FILES.resolve("arrays.npz"));
        assertEquals(arrays.get("round.half"), arrays.get("round.double").as(ElementType.F16));
        assertTrue(arrays.get("round.half").count() > 6000);
    }

    @Test
    void allVersionsAreReadAndTheFirstIsWritten() throws IOException {
        Tensor expected = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        for (int version = 1; version <= 3; version++)
            assertEquals(expected, Npy.read(FILES.resolve("version" + version + ".npy")));
        Npy.write(folder.resolve("x.npy"), expected);
        assertArrayEquals(
                Files.readAllBytes(FILES.resolve("version1.npy")), Files.readAllBytes(folder.resolve("x.npy")));
    }

    @Test
    void arraysAreWrittenAsNumpyWritesThem() throws IOException {
        unpacked(FILES.resolve("arrays.npz")).forEach((name, bytes) -> {
            if (name.matches(".*(big|F)\\.npy|.*big\\..\\.npy")
                    && !name.startsWith("vector")
                    && !name.startsWith("scalar")) return;
            try {
                Tensor tensor = Npy.read(name, ByteBuffer.wrap(bytes));
                Npy.write(folder.resolve("x.npy"), tensor);
                assertArrayEquals(bytes, Files.readAllBytes(folder.resolve("x.npy")), name);
            } catch (IOException e) {
                throw new AssertionError(name, e);
            }
        });
        Tensor half = Tensor.of(new float[] {1.5f, -2f}, 2).as(ElementType.BF16);
        Npy.write(folder.resolve("x.npy"), half);
        assertEquals(half.as(ElementType.F32), Npy.read(folder.resolve("x.npy")));
    }

    @Test
    void whatIsNoArrayOfNumbersIsRefusedByName() {
        Map<String, String> reasons = new HashMap<>(Map.of(
                "object", "objects are pickled Python",
                "structure", "an array of structures",
                "text", "texts are not supported",
                "bytes", "texts are not supported",
                "time", "times are not supported",
                "complex", "complex numbers are not supported",
                "long-double", "elements of type \"<f16\""));
        reasons.forEach((name, reason) -> {
            Path file = FILES.resolve("refused-" + name + ".npy");
            String message =
                    assertThrows(FormatException.class, () -> Npy.read(file)).getMessage();
            assertTrue(message.startsWith(file + ": header: ") && message.contains(reason), message);
        });
    }

    // Headers

    private static byte[] npy(int version, String header, int data) {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer file = ByteBuffer.allocate((version == 1 ? 10 : 12) + text.length + data)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        file.put((byte) version).put((byte) 0);
        if (version == 1) file.putShort((short) text.length);
        else file.putInt(text.length);
        return file.put(text).array();
    }

    private static Tensor read(byte[] file) throws IOException {
        return Npy.read("made", ByteBuffer.wrap(file));
    }

    private static void assertRefused(String expected, byte[] file) {
        String message =
                assertThrows(FormatException.class, () -> read(file), expected).getMessage();
        assertTrue(message.startsWith("made: ") && message.contains(expected), message);
    }

    private static void assertRefused(String expected, String header, int data) {
        assertRefused(expected, npy(1, header, data));
    }

    @Test
    void headersMayBeWrittenInOtherWays() throws IOException {
        for (String header : List.of(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
                "{\"shape\":(1L,2,),'fortran_order':True,'descr':\"<f4\"}\n",
                " {'shape':(1,2),'fortran_order':False,'descr':'<f4',}"))
            assertEquals(List.of(1, 2), read(npy(1, header, 8)).shape());
    }

    @Test
    void headersAreChecked() {
        String sound = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
        byte[] file = npy(1, sound, 8);
        for (int length = 0; length < file.length; length++) assertRefused("", Arrays.copyOf(file, length));
        assertRefused("a file of several arrays is not supported", Arrays.copyOf(file, file.length + 1));
        assertRefused(
                "has 7 bytes behind its header, but an array of F32 [2] has 8", Arrays.copyOf(file, file.length - 1));
        assertRefused("is of version 4.0", npy(4, sound, 8));
        assertRefused("is no .npy file", new byte[200]);
        byte[] hostile = npy(2, sound, 8);
        ByteBuffer.wrap(hostile).putInt(8, -1);
        assertRefused("header: has 4294967295 bytes", hostile);
        assertRefused("is no well-formed UTF-8", npy(3, sound + "\u00e9", 8));
        assertRefused("character 0: \"x\" found, a dictionary", "x", 0);
        assertRefused("the keys [] found", "{}", 0);
        assertRefused("the keys [\"descr\"", sound.replace("}", ", 'more': 1}"), 8);
        assertRefused("the key \"descr\" comes twice", sound.replace("}", ", 'descr': 1}"), 8);
        assertRefused("the end expected", sound + "}", 8);
        assertRefused("fortran_order: True or False expected", sound.replace("False", "0"), 8);
        assertRefused("a string, a number", sound.replace("False", "Falsey"), 8);
        assertRefused("a string, a number", sound.replace("False", "open('x')"), 8);
        assertRefused("a string, a number", sound.replace("(2,)", "(-2,)"), 8);
        assertRefused("a comma behind the only element of a tuple", sound.replace("(2,)", "(2)"), 8);
        assertRefused("at most 18 digits", sound.replace("(2,)", "(02,)"), 8);
        assertRefused("at most 18 digits", sound.replace("(2,)", "(" + "9".repeat(19) + ",)"), 8);
        assertRefused("shape: a tuple of whole numbers", sound.replace("(2,)", "[2]"), 8);
        assertRefused("shape: a tuple of whole numbers", sound.replace("(2,)", "None"), 8);
        assertRefused("shape: whole numbers expected", sound.replace("(2,)", "('2',)"), 8);
        assertRefused("has 65 sizes", sound.replace("(2,)", "(" + "1,".repeat(65) + ")"), 4);
        assertRefused("at most 8 brackets", sound.replace("(2,)", "(".repeat(60_000)), 8);
        assertRefused("a comma or the dictionary's end", sound.replace("'<f4'", "'<f4"), 8);
        assertRefused("the string's end", "{'descr': '<f4", 8);
        for (String type : List.of("f4", "|f4", "=f4", "<b2", "<f3", "<i16", "", "<", "<f4<f4", "|O", "<V2"))
            assertRefused("elements of type", sound.replace("<f4", type), 8);
        // products that come out right in 32 or 64 bits
        for (String shape : List.of("65536, 65537", "4294967296, 4294967296", "4611686018427387906,"))
            assertRefused("", sound.replace("2,", shape), 8);
        assertRefused("has a size above", sound.replace("2,", "0, 4294967296"), 0);
    }

    // Archives

    @Test
    void deflatedArraysAreRead() throws IOException {
        Map<String, Tensor> arrays = Npz.read(FILES.resolve("deflated.npz"));
        assertEquals(List.of("zeros", "numbers"), List.copyOf(arrays.keySet()));
        assertEquals(Tensor.of(new float[5000], 100, 50), arrays.get("zeros"));
        for (int i = 0; i < 1000; i++) assertEquals(i, arrays.get("numbers").floats()[i]);
    }

    @Test
    void archivesAreWrittenAndReadByOthers() throws IOException {
        Map<String, Tensor> arrays = new LinkedHashMap<>(Npz.read(FILES.resolve("arrays.npz")));
        arrays.put("\u00e9/\ud83d\udd22", Tensor.of(new float[] {1}));
        Path file = folder.resolve("x.npz");
        Npz.write(file, arrays);
        assertEquals(arrays, Npz.read(file));
        Map<String, byte[]> unpacked = unpacked(file);
        assertEquals(arrays.size(), unpacked.size());
        for (String name : arrays.keySet())
            assertEquals(arrays.get(name), Npy.read(name, ByteBuffer.wrap(unpacked.get(name + ".npy"))));
        byte[] first = Files.readAllBytes(file);
        Npz.write(file, arrays);
        assertArrayEquals(first, Files.readAllBytes(file));
        assertThrows(IllegalArgumentException.class, () -> Npz.write(file, Map.of("", arrays.get("scalar.C"))));
    }

    private static byte[] zip(boolean deflated, Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(content.getKey());
                if (!deflated) {
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(content.getValue().length);
                    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
                    crc.update(content.getValue());
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(content.getValue());
            }
        }
        return bytes.toByteArray();
    }

    private static Map<String, Tensor> readZip(byte[] zip) throws IOException {
        return Npz.read("made", ByteBuffer.allocateDirect(zip.length).put(zip).rewind());
    }

    private static void assertZipRefused(String expected, byte[] zip) {
        String message = assertThrows(FormatException.class, () -> readZip(zip), expected)
                .getMessage();
        assertTrue(message.startsWith("made: ") && message.contains(expected), message);
    }

    private static int find(byte[] zip, int signature) {
        ByteBuffer in = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; ; at++) if (in.getInt(at) == signature) return at;
    }

    private static byte[] with(byte[] zip, int at, int bytes, long value) {
        byte[] changed = zip.clone();
        for (int i = 0; i < bytes; i++) changed[at + i] = (byte) (value >> 8 * i);
        return changed;
    }

    @Test
    void archivesAreChecked() throws IOException {
        byte[] array = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (100,)}", 400);
        byte[] stored = zip(false, Map.of("a.npy", array)), deflated = zip(true, Map.of("a.npy", array));
        assertEquals(readZip(stored), readZip(deflated));
        assertZipRefused("a name that ends in .npy expected", zip(false, Map.of("a.txt", array)));
        assertZipRefused("a name that ends in .npy expected", zip(false, Map.of(".npy", array)));
        assertZipRefused("entry \"a.npy\": is no .npy file", zip(false, Map.of("a.npy", new byte[100])));
        for (int length = 0; length < stored.length; length++)
            assertZipRefused("is no zip archive, or not whole", Arrays.copyOf(stored, length));
        int central = find(stored, 0x02014b50), end = find(stored, 0x06054b50), data = 30 + 5;
        assertZipRefused("its checksum is", with(stored, data + array.length - 1, 1, 1));
        assertZipRefused("is encrypted", with(stored, central + 8, 2, 1));
        assertZipRefused("is packed by method 12", with(stored, central + 10, 2, 12));
        assertZipRefused("become 467, but it is stored", with(stored, central + 20, 4, array.length - 1));
        assertZipRefused(
                "become 1048576, which deflate cannot do", with(deflated, find(deflated, 0x02014b50) + 24, 4, 1 << 20));
        assertZipRefused("bytes at 4294967295", with(stored, central + 42, 4, -1));
        assertZipRefused("is not at byte 1", with(stored, central + 42, 4, 1));
        assertZipRefused("another name in the directory", with(stored, central + 46, 1, 'b'));
        assertZipRefused("has 2 entries", with(with(stored, end + 8, 2, 2), end + 10, 2, 2));
        assertZipRefused("directory that is too large", with(stored, end + 10, 2, 0xffff));
        assertZipRefused("which does not fit", with(stored, end + 16, 4, 1));
        assertZipRefused("is a part of an archive", with(stored, end + 4, 2, 1));
        byte[] two = zip(false, new LinkedHashMap<>(Map.of("a.npy", array, "b.npy", array)));
        byte[] same = new String(two, StandardCharsets.ISO_8859_1)
                .replace("b.npy", "a.npy")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertZipRefused("has two entries named \"a.npy\"", same);
    }

    /** Two entries of one name's bytes, as in archives that hold each byte many times. */
    @Test
    void entriesThatOverlapAreRefused() throws IOException {
        byte[] array = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (100,)}", 400);
        byte[] nested = zip(false, Map.of("b.npy", array));
        int length = find(nested, 0x02014b50);
        byte[] inner = Arrays.copyOf(nested, length);
        byte[] outer = zip(false, Map.of("a.npy", inner));
        // a second entry in the directory, which lies in the first
        int central = find(outer, 0x02014b50), end = find(outer, 0x06054b50);
        byte[] second = with(Arrays.copyOfRange(nested, length, find(nested, 0x06054b50)), 42, 4, 30 + 5);
        ByteArrayOutputStream made = new ByteArrayOutputStream();
        made.write(outer, 0, end);
        made.write(second);
        byte[] tail = Arrays.copyOfRange(outer, end, outer.length);
        tail = with(with(tail, 8, 2, 2), 10, 2, 2);
        tail = with(tail, 12, 4, end - central + second.length);
        made.write(tail);
        assertZipRefused("entry \"a.npy\": overlaps the entry behind it", made.toByteArray());
    }

    /** It says 400 MB, of which there are 400 KB; the bytes are counted before memory is taken. */
    @Test
    void deflatedBytesAreCounted() throws IOException {
        byte[] array = npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (100000,)}", 400_000);
        byte[] deflated = zip(true, Map.of("a.npy", array));
        int central = find(deflated, 0x02014b50);
        for (int wrong : List.of(array.length - 1, array.length + 1))
            assertZipRefused("bytes behind its header", with(deflated, central + 24, 4, wrong));
        byte[] other = new String(array, StandardCharsets.ISO_8859_1)
                .replace("(100000,)", "(100001,)")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] less = zip(true, Map.of("a.npy", other));
        assertZipRefused(
                "should have " + (array.length + 4) + " bytes, but its",
                with(less, find(less, 0x02014b50) + 24, 4, array.length + 4));
    }
}
