package lanewise.formats.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import lanewise.RandomModels;
import lanewise.layer.RandomSource;

/**
 * Reads files of tensors after random mutations, most of them in what is not numbers. Prints what came of it. For a JVM with a
 * small heap; main takes the number of mutations, a seed, a folder for files, and a folder of real ones.
 */
final class TensorMutations {

    private static final long[] UGLY = {
        0,
        1,
        -1,
        2,
        3,
        4,
        7,
        8,
        15,
        16,
        17,
        255,
        256,
        65535,
        65536,
        1 << 24,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        100_000_000,
        100_000_001
    };

    private static final String[] WORDS = {
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "0",
        "9",
        "-1",
        "1e9",
        "F32",
        "F64",
        "BOOL",
        "F8_E4M3",
        "shape",
        "dtype",
        "data_offsets",
        "__metadata__",
        "\\u0030",
        "weight",
        "bias",
        "(",
        ")",
        "True",
        "None",
        "'",
        "<f4",
        ">i2",
        "|O",
        "99999999999",
        "4294967296",
        "\u00e9",
        "\0"
    };

    private TensorMutations() {}

    public static void main(String[] args) throws IOException {
        int mutations = Integer.parseInt(args[0]);
        long seed = Long.parseLong(args[1]);
        Path folder = Path.of(args[2]);
        Map<String, List<byte[]>> originals = originals(folder, Path.of(args[3]));
        Map<String, Integer> outcomes = new TreeMap<>();
        List<String> endings = List.copyOf(originals.keySet());
        for (int i = 0; i < mutations; i++) {
            RandomSource random = new RandomSource(seed, i);
            String ending = endings.get(i % endings.size());
            List<byte[]> files = originals.get(ending);
            byte[] mutated = files.get(random.nextInt(files.size()));
            for (int n = 1 + random.nextInt(3); n > 0; n--) mutated = mutate(mutated, random);
            Path file = folder.resolve("damaged" + ending);
            Files.write(file, mutated);
            String outcome = "read";
            try {
                read(file, random);
            } catch (IOException e) {
                if (!e.getMessage().startsWith(file + ": "))
                    throw new AssertionError("mutation " + i + " has no proper message", e);
                outcome = "refused";
            } catch (RuntimeException | Error e) {
                throw new AssertionError("mutation " + i + ": " + e, e);
            }
            outcomes.merge(ending + " " + outcome, 1, Integer::sum);
        }
        System.out.println(mutations + " mutations, seed " + seed + ": " + outcomes);
    }

    /** What is read can be used, and written again. */
    private static void read(Path file, RandomSource random) throws IOException {
        Path copy = file.resolveSibling("again-" + file.getFileName());
        if (file.toString().endsWith(".npy")) {
            Tensor tensor = Npy.read(file);
            Npy.write(copy, tensor);
            require(Npy.read(copy).equals(tensor), "reads back as another one");
            return;
        }
        StateDict dict = StateDict.read(file);
        dict.write(copy);
        require(StateDict.read(copy).tensors().equals(dict.tensors()), "reads back as others");
        if (random.nextInt(4) == 0)
            dict.sequence().activation(lanewise.layer.Activation.RELU).network();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    private static Map<String, List<byte[]>> originals(Path folder, Path real) throws IOException {
        Map<String, List<byte[]>> originals = new LinkedHashMap<>();
        List<byte[]> safetensors = new ArrayList<>(), npy = new ArrayList<>(), npz = new ArrayList<>();
        for (int seed = 0; seed < 12; seed++) {
            StateDict dict = StateDict.of(RandomModels.network(seed));
            Path file = folder.resolve("original.npz");
            dict.write(file);
            npz.add(Files.readAllBytes(file));
            Path other = folder.resolve("original.safetensors");
            Safetensors.write(other, dict.tensors(), seed % 2 == 0 ? Map.of() : Map.of("a", "b", "\u00e9", "\"\n"));
            safetensors.add(Files.readAllBytes(other));
        }
        try (var files = Files.list(Path.of("src/formats/test/resources/lanewise/formats/tensor"))) {
            for (Path file : files.sorted().toList())
                if (file.toString().endsWith(".npy")) npy.add(Files.readAllBytes(file));
                else if (file.toString().endsWith("deflated.npz")) npz.add(Files.readAllBytes(file));
        }
        try (ZipFile zip = new ZipFile("src/formats/test/resources/lanewise/formats/tensor/arrays.npz")) {
            for (ZipEntry entry : zip.stream().toList())
                if (entry.getName().matches("(f2|i4|f8|b1)\\.(little|big).*|(cube|scalar|empty).*"))
                    npy.add(zip.getInputStream(entry).readAllBytes());
        }
        if (Files.isDirectory(real))
            try (var files = Files.list(real)) {
                for (Path file : files.sorted().toList())
                    if (file.toString().endsWith(".safetensors") && Files.size(file) < 10_000)
                        safetensors.add(Files.readAllBytes(file));
            }
        originals.put(".safetensors", safetensors);
        originals.put(".npy", npy);
        originals.put(".npz", npz);
        return originals;
    }

    private static byte[] mutate(byte[] file, RandomSource random) {
        if (file.length < 40) return file;
        int region = random.nextInt(4) == 0 ? file.length : Math.min(file.length, 600);
        int at = random.nextInt(region), length = 1 + random.nextInt(8);
        // the directory of an archive is at its end
        if (file[0] == 'P' && random.nextInt(2) == 0) at = file.length - 1 - at % Math.min(file.length, 300);
        int end = Math.min(file.length, at + length);
        byte[] changed = file.clone();
        ByteBuffer little = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(9)) {
            case 0:
                changed[at] ^= (byte) (1 << random.nextInt(8));
                return changed;
            case 1:
                for (int i = at; i < end; i++) changed[i] = (byte) random.nextLong();
                return changed;
            case 2:
                if (at + 8 <= file.length) little.putLong(at, UGLY[random.nextInt(UGLY.length)]);
                return changed;
            case 3:
                if (at + 4 <= file.length) little.putInt(at, (int) UGLY[random.nextInt(UGLY.length)]);
                return changed;
            case 4:
                if (at + 2 <= file.length) little.putShort(at, (short) (little.getShort(at) + random.nextInt(9) - 4));
                return changed;
            case 5:
                return spliced(file, at, end, new byte[0]);
            case 6:
                return spliced(file, at, at, new byte[length]);
            case 7:
                byte[] word = WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.UTF_8);
                return spliced(file, at, random.nextInt(2) == 0 ? at : Math.min(file.length, at + word.length), word);
            default:
                int from = random.nextInt(file.length - 24);
                System.arraycopy(file, from, changed, at, Math.min(length * 3, file.length - Math.max(at, from)));
                return changed;
        }
    }

    /** With other bytes in place of from … to − 1; a file of safetensors keeps a length of its header that fits. */
    private static byte[] spliced(byte[] file, int from, int to, byte[] with) {
        byte[] changed = new byte[file.length - (to - from) + with.length];
        System.arraycopy(file, 0, changed, 0, from);
        System.arraycopy(with, 0, changed, from, with.length);
        System.arraycopy(file, to, changed, from + with.length, file.length - to);
        ByteBuffer little = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        if (from >= 9 && file[8] == '{') little.putLong(0, little.getLong(0) + changed.length - file.length);
        if (from >= 10 && file[1] == 'N' && file[6] == 1)
            little.putShort(8, (short) (little.getShort(8) + changed.length - file.length));
        return changed;
    }
}
