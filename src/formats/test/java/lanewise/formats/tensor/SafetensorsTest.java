package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.formats.FormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every rule of the format is held. */
class SafetensorsTest {

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("made.safetensors");
    }

    private Path make(long length, byte[] header, int data) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file(), bytes.putLong(length).put(header).array());
        return file();
    }

    private Safetensors read(String header, int data) throws IOException {
        byte[] bytes = header.getBytes(StandardCharsets.UTF_8);
        return Safetensors.read(make(bytes.length, bytes, data));
    }

    private void assertRefused(String expected, String header, int data) throws IOException {
        byte[] bytes = header.getBytes(StandardCharsets.UTF_8);
        assertRefused(expected, make(bytes.length, bytes, data));
    }

    private static void assertRefused(String expected, Path file) {
        String message = assertThrows(FormatException.class, () -> Safetensors.read(file), expected)
                .getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(expected), message);
        assertTrue(message.matches("\\p{ASCII}*"), message);
    }

    private static String tensor(String name, String type, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    @Test
    void soundFilesAreRead() throws IOException {
        assertEquals(Map.of(), read("{}", 0).tensors());
        assertEquals(Map.of(), read("{}  \n ", 0).tensors());
        Safetensors file = read(
                "{" + tensor("b", "F32", "[1]", "[4,8]") + ", \"__metadata__\" : {\"a\\u0062\":\"\"},"
                        + tensor("\\u0061", "I16", "[2,1]", "[0, 4]") + "," + tensor("", "F64", "[0,9]", "[8,8]") + "}",
                8);
        assertEquals(List.of("a", "b", ""), List.copyOf(file.names()));
        assertEquals(Map.of("ab", ""), file.metadata());
        assertEquals(List.of(2, 1), file.tensor("a").shape());
        assertEquals(0, file.tensor("").count());
        assertTrue(assertThrows(FormatException.class, () -> file.tensor("c"))
                .getMessage()
                .endsWith("has no tensor \"c\"; it has \"a\", \"b\", \"\""));
    }

    @Test
    void lengthsAreChecked() throws IOException {
        byte[] header = "{}".getBytes(StandardCharsets.UTF_8);
        Files.write(file(), new byte[0]);
        assertRefused("has 0 bytes; a length of 8 bytes and a header expected", file());
        assertRefused("has 8 bytes; a length", make(0, new byte[0], 0));
        assertRefused("begins with byte 123", make(0, header, 0));
        assertRefused("says that its header has 3 bytes, but has only 2", make(3, header, 0));
        assertRefused("says that its header has 100000001 bytes", make(100_000_001, header, 0));
        assertRefused("says that its header has 100000000 bytes, but has only 2", make(100_000_000, header, 0));
        assertRefused("says that its header has 18446744073709551608 bytes", make(-8, header, 0));
        assertRefused("says that its header has 9223372036854775807 bytes", make(Long.MAX_VALUE, header, 0));
        assertRefused("is a directory", folder);
        assertThrows(IOException.class, () -> Safetensors.read(folder.resolve("nothing")));
    }

    @Test
    void theHeaderIsOneObjectInUtf8() throws IOException {
        assertRefused("begins with byte 32, a brace ({) expected", " {}", 0);
        assertRefused("begins with byte 91", "[]", 0);
        assertRefused("more follows", "{}{}", 0);
        assertRefused("character 3", "{} x", 0);
        assertRefused("expected close marker for Object", "{", 0);
        assertRefused("header, character", "{\"a", 0);
        assertRefused("header, character", "{'a':1}", 0);
        assertRefused("header, character", "{/**/}", 0);
        assertRefused("header, character", "{\"a\u0001\":{}}", 0);
        for (byte[] wrong : new byte[][] {
            {(byte) 0xc3, 'x'}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xff}
        }) {
            ByteBuffer header = ByteBuffer.allocate(100).put("{\"__metadata__\":{\"".getBytes(StandardCharsets.UTF_8));
            header.put(wrong).put("\":\"\"}}".getBytes(StandardCharsets.UTF_8));
            byte[] bytes = java.util.Arrays.copyOf(header.array(), header.position());
            assertRefused("is no well-formed UTF-8", make(bytes.length, bytes, 0));
        }
        // every second byte is zero: JSON in UTF-16, which parsers like to guess
        byte[] wide = "{}".getBytes(StandardCharsets.UTF_16LE);
        assertRefused("header, character", make(wide.length, wide, 0));
        assertRefused("header, character", "{\"a\":" + "[".repeat(100_000), 0);
        assertRefused("header, character", "{\"" + "a".repeat(100_000) + "\":1}", 0);
        assertRefused("header, character", "{\"a\":{\"shape\":[" + "1".repeat(100_000) + "]}}", 0);
    }

    @Test
    void namesComeOnceHoweverTheyAreWritten() throws IOException {
        String a = tensor("a", "F32", "[]", "[0,4]");
        assertRefused("Duplicate", "{" + a + "," + a + "}", 4);
        assertRefused("Duplicate", "{" + a + "," + a.replaceFirst("a", "\\\\u0061") + "}", 4);
        assertRefused("Duplicate", "{" + a.replace("\"shape\"", "\"dtyp\\u0065\"") + "}", 4);
        assertRefused("Duplicate", "{\"__metadata__\":{\"a\":\"\",\"\\u0061\":\"\"}}", 0);
        assertRefused("Duplicate", "{\"__metadata__\":{},\"__metadata\\u005f_\":{}}", 0);
    }

    @Test
    void everyMemberHasItsType() throws IOException {
        assertRefused(
                "__metadata__, \"a\": VALUE_NUMBER_INT found, a string expected", "{\"__metadata__\":{\"a\":1}}", 0);
        assertRefused("__metadata__: VALUE_NULL found, an object expected", "{\"__metadata__\":null}", 0);
        assertRefused("tensor \"a\": START_ARRAY found, an object expected", "{\"a\":[]}", 0);
        assertRefused("tensor \"a\": has no dtype", "{\"a\":{}}", 0);
        assertRefused("tensor \"a\": has no data_offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0);
        assertRefused("has a member \"more\"", "{\"a\":{\"more\":1}}", 0);
        assertRefused("dtype: VALUE_NUMBER_INT found", "{\"a\":{\"dtype\":32}}", 0);
        assertRefused("shape: VALUE_STRING found", "{\"a\":{\"shape\":\"1\"}}", 0);
        assertRefused("shape: VALUE_NUMBER_FLOAT found", "{" + tensor("a", "F32", "[1.0]", "[0,4]") + "}", 4);
        assertRefused("shape: -1 given", "{" + tensor("a", "F32", "[-1]", "[0,4]") + "}", 4);
        assertRefused("header, character", "{" + tensor("a", "F32", "[01]", "[0,4]") + "}", 4);
        assertRefused("a number of 19 digits", "{" + tensor("a", "F32", "[9223372036854775808]", "[0,4]") + "}", 4);
        assertRefused(
                "has more than 64 numbers", "{" + tensor("a", "F32", "[1" + ",1".repeat(64) + "]", "[0,4]") + "}", 4);
        assertRefused("data_offsets: 1 numbers given", "{" + tensor("a", "F32", "[1]", "[0]") + "}", 4);
        assertRefused("has more than 2 numbers", "{" + tensor("a", "F32", "[1]", "[0,4,8]") + "}", 4);
    }

    @Test
    void bytesAreCoveredOnceAndFitTheShape() throws IOException {
        String a = tensor("a", "F32", "[1]", "[0,4]");
        assertRefused("has 8 bytes of data, but tensor \"a\" ends at 4", "{" + a + "}", 8);
        assertRefused("has 1 bytes of data, but the header ends at 0", "{}", 1);
        assertRefused("lies from byte 0 to 4 of the data, which have 3 bytes", "{" + a + "}", 3);
        assertRefused("a hole", "{" + a + "," + tensor("b", "F32", "[1]", "[8,12]") + "}", 12);
        assertRefused("a hole", "{" + tensor("b", "F32", "[1]", "[4,8]") + "}", 8);
        assertRefused("an overlap", "{" + a + "," + tensor("b", "F32", "[1]", "[0,4]") + "}", 4);
        assertRefused("an overlap", "{" + a + "," + tensor("b", "F32", "[1]", "[2,6]") + "}", 6);
        assertRefused("lies from byte 4 to 0", "{" + tensor("a", "F32", "[1]", "[4,0]") + "}", 4);
        assertRefused("has 4 bytes, but \"F32\" [2] takes 8", "{" + tensor("a", "F32", "[2]", "[0,4]") + "}", 4);
        assertRefused("has 4 bytes, but \"F32\" [0] takes 0", "{" + tensor("a", "F32", "[0]", "[0,4]") + "}", 4);
        // products that come out right in 32 or 64 bits
        for (String shape :
                List.of("[65536,65537]", "[4294967296,4294967296]", "[4294967297,1]", "[536870912,8589934593]"))
            assertRefused("has 4 bytes, but", "{" + tensor("a", "F32", shape, "[0,4]") + "}", 4);
        assertRefused("more than any file has", "{" + tensor("a", "???", "[4294967296,4294967296]", "[0,4]") + "}", 4);
    }

    @Test
    void unknownTypesAreRefusedWhenUsed() throws IOException {
        Safetensors file =
                read("{" + tensor("a", "F8_E4M3", "[4]", "[0,4]") + "," + tensor("b", "F32", "[1]", "[4,8]") + "}", 8);
        assertArrayEquals(new float[1], file.tensor("b").floats());
        String message = assertThrows(FormatException.class, file::tensors).getMessage();
        assertTrue(message.contains("tensor \"a\": has the dtype \"F8_E4M3\", which is not supported"), message);
        Safetensors wide = read("{" + tensor("a", "F32", "[0,4294967296]", "[0,0]") + "}", 0);
        assertTrue(assertThrows(FormatException.class, () -> wide.tensor("a"))
                .getMessage()
                .contains("\"a\": F32 [0, 4294967296] is larger"));
    }

    /** The file is a hole mostly, so that it takes no room. */
    @Test
    void tensorsBeyondTwoGigabytesAreReachedOrRefused() throws IOException {
        long large = 3L << 30, half = 3L << 29;
        byte[] header = ("{" + tensor("a", "U8", "[" + large + "]", "[0," + large + "]") + ","
                        + tensor("b", "U8", "[" + half + "]", "[" + large + "," + (large + half) + "]") + ","
                        + tensor("c", "U8", "[" + half + "]", "[" + (large + half) + "," + 2 * large + "]") + ","
                        + tensor("d", "F32", "[1]", "[" + 2 * large + "," + (2 * large + 4) + "]") + "}")
                .getBytes(StandardCharsets.UTF_8);
        make(header.length, header, 0);
        try (RandomAccessFile out = new RandomAccessFile(file().toFile(), "rw")) {
            out.setLength(8 + header.length + 2 * large + 4);
            out.seek(out.length() - 4);
            out.writeInt(Integer.reverseBytes(Float.floatToIntBits(1.5f)));
        }
        Safetensors file = Safetensors.read(file());
        assertArrayEquals(new float[] {1.5f}, file.tensor("d").floats());
        assertEquals(half, file.tensor("b").count());
        assertTrue(assertThrows(FormatException.class, () -> file.tensor("a"))
                .getMessage()
                .contains("U8 [3221225472] is larger than the 2147483647 bytes that are supported"));
    }

    @Test
    void namesAndMetadataOfAllKindsAreWritten() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        int[] points = {
            0, 1, 8, 9, 31, '"', '\\', '/', 127, 128, 0x7ff, 0x800, 0x2028, 0xfffd, 0xffff, 0x10000, 0x10ffff
        };
        for (int point : points) tensors.put("x" + Character.toString(point), Tensor.of(new float[] {point}));
        Safetensors.write(file(), tensors, Map.of("\ud83d\udd22 \u0000", "\n\u00e9"));
        Safetensors read = Safetensors.read(file());
        assertEquals(tensors, read.tensors());
        assertEquals(Map.of("\ud83d\udd22 \u0000", "\n\u00e9"), read.metadata());
        assertEquals(
                0,
                ByteBuffer.wrap(Files.readAllBytes(file()))
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong()
                        % 8);
        Tensor one = Tensor.of(new float[1]);
        for (Map<String, Tensor> wrong : List.of(Map.of("\ud83d", one), Map.of("__metadata__", one)))
            assertThrows(IllegalArgumentException.class, () -> Safetensors.write(file(), wrong));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.write(file(), Map.of(), Map.of("a", "\udd22")));
        assertEquals(tensors, Safetensors.read(file()).tensors());
    }
}
