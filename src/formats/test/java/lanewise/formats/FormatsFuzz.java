package lanewise.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import lanewise.Model;
import lanewise.Network;
import lanewise.RandomModels;
import lanewise.formats.onnx.Imported;
import lanewise.formats.onnx.Onnx;
import lanewise.formats.tensor.Npy;
import lanewise.formats.tensor.Npz;
import lanewise.formats.tensor.Safetensors;
import lanewise.formats.tensor.Sequence;
import lanewise.formats.tensor.StateDict;
import lanewise.formats.tensor.Tensor;
import lanewise.layer.Activation;
import lanewise.layer.Loss;

/**
 * What a fuzzer that follows coverage is to call, for each kind of file that is read: {@code mvn -q -Pfuzz -Dfuzz=onnx} runs Jazzer
 * on it. Bytes are refused by a {@link FormatException} of one line that begins with the file, or they are something sound, which
 * can be used, and reads back the same after it was written. They are tried as they are, and again with those lengths and checksums
 * made right by which most would be refused at once.
 */
public final class FormatsFuzz {

    /** Numbers of a tensor of a state dict at most, so that a few letters do not ask for much. */
    private static final int MOST_NUMBERS = 4096;

    /** Larger files begin with too much that is the same for all: numbers. */
    private static final int LARGEST_SEED = 20_000;

    private static final Target TARGET = Target.of(System.getProperty("fuzz", ""));

    private static final Path FILE = Path.of("fuzzed" + TARGET.ending), COPY = Path.of("copy" + TARGET.ending);

    private FormatsFuzz() {}

    /** Calls the target that the property {@code fuzz} names. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        test(data);
        byte[] sealed = TARGET.sealed(data.clone());
        if (!Arrays.equals(sealed, data)) test(sealed);
    }

    private static void test(byte[] data) throws IOException {
        if (TARGET != Target.SEQUENCE) Files.write(FILE, data);
        try {
            TARGET.test(data);
        } catch (FormatException e) {
            String message = e.getMessage();
            String begin = (TARGET == Target.SEQUENCE ? "state dict" : FILE) + ": ";
            boolean proper = message.startsWith(begin)
                    && message.length() > begin.length() + 5
                    && message.length() < 10_000
                    && message.chars().noneMatch(Character::isISOControl);
            if (!proper) throw new AssertionError("no proper message", e);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    /** A kind of file: what must hold of bytes, and files to begin with. */
    private enum Target {
        ONNX(".onnx") {
            @Override
            void test(byte[] data) throws IOException {
                Imported imported = Onnx.read(FILE);
                Model model = imported.model();
                for (float parameter : model.copyParameters())
                    require(Float.isFinite(parameter), "a parameter is " + parameter);
                imported.outputs(new float[model.inputSize()], new float[imported.outputSize()]);
                int opset = 13 + data.length % 11;
                Onnx.write(model, COPY, opset);
                byte[] written = Files.readAllBytes(COPY);
                Model again = Onnx.read(COPY).model();
                require(again.fingerprint().equals(model.fingerprint()), model + " comes back as " + again);
                require(again.labels().equals(model.labels()), "other labels come back");
                require(again.metadata().equals(model.metadata()), "other metadata come back");
                Onnx.write(again, COPY, opset);
                require(Arrays.equals(Files.readAllBytes(COPY), written), "what came back is written otherwise");
            }

            @Override
            void generate(Path folder) throws IOException {
                for (int seed = 0; seed < 20; seed++)
                    Onnx.write(RandomModels.model(seed), folder.resolve("model" + seed), 13 + seed % 11);
            }
        },

        SAFETENSORS(".safetensors") {
            @Override
            void test(byte[] data) throws IOException {
                var read = Safetensors.read(FILE);
                Safetensors.write(COPY, read.tensors(), read.metadata());
                var again = Safetensors.read(COPY);
                require(again.tensors().equals(read.tensors()), "other tensors come back");
                require(again.metadata().equals(read.metadata()), "other metadata come back");
                useAll(read.tensors());
            }

            /** The header's length is that of the first object. */
            @Override
            byte[] sealed(byte[] data) {
                int depth = 0;
                boolean text = false;
                for (int i = Long.BYTES; i < data.length; i++) {
                    if (text && data[i] == '\\') i++;
                    else if (data[i] == '"') text = !text;
                    else if (!text && data[i] == '{') depth++;
                    else if (!text && data[i] == '}' && --depth <= 0) {
                        little(data).putLong(0, i + 1 - Long.BYTES);
                        return data;
                    }
                }
                return data;
            }

            @Override
            void generate(Path folder) throws IOException {
                for (int seed = 0; seed < 20; seed++)
                    Safetensors.write(
                            folder.resolve("network" + seed),
                            StateDict.of(RandomModels.network(seed)).tensors(),
                            seed % 2 == 0 ? Map.of() : Map.of("format", "pt"));
            }
        },

        NPY(".npy") {
            @Override
            void test(byte[] data) throws IOException {
                Tensor read = Npy.read(FILE);
                Npy.write(COPY, read);
                require(Npy.read(COPY).equals(read), "another array comes back");
                useAll(Map.of("", read));
            }

            /** The header's length is that of the first line. */
            @Override
            byte[] sealed(byte[] data) {
                for (int i = 10; i < data.length; i++)
                    if (data[i] == '\n') {
                        if (data[6] == 1) little(data).putShort(8, (short) (i - 9));
                        else if (i > 12) little(data).putInt(8, i - 11);
                        return data;
                    }
                return data;
            }

            @Override
            void generate(Path folder) throws IOException {
                for (Tensor tensor :
                        StateDict.of(RandomModels.network(3)).tensors().values())
                    Npy.write(folder.resolve("parameters-" + tensor.count()), tensor);
                Npy.write(folder.resolve("integer"), Tensor.of(new long[] {7}));
                Npy.write(folder.resolve("doubles"), Tensor.of(new double[6], 1, 2, 3));
            }
        },

        NPZ(".npz") {
            @Override
            void test(byte[] data) throws IOException {
                Map<String, Tensor> read = Npz.read(FILE);
                Npz.write(COPY, read);
                require(Npz.read(COPY).equals(read), "other arrays come back");
                useAll(read);
            }

            /** Checksums of entries that are stored, in the directory, are those of their bytes. */
            @Override
            byte[] sealed(byte[] data) {
                ByteBuffer zip = little(data);
                for (int at = 0; at + 46 <= data.length; at++) {
                    if (zip.getInt(at) != 0x0201_4b50 || zip.getShort(at + 10) != 0) continue;
                    int size = zip.getInt(at + 20), local = zip.getInt(at + 42);
                    if (local < 0 || local + 30L > data.length) continue;
                    long from = local + 30L + (zip.getShort(local + 26) & 0xffff) + (zip.getShort(local + 28) & 0xffff);
                    if (size < 0 || from + size > data.length) continue;
                    CRC32 crc = new CRC32();
                    crc.update(data, (int) from, size);
                    zip.putInt(at + 16, (int) crc.getValue());
                }
                return data;
            }

            @Override
            void generate(Path folder) throws IOException {
                for (int seed = 0; seed < 20; seed++) {
                    Path file = folder.resolve("network" + seed + ".npz");
                    StateDict.of(RandomModels.network(seed)).write(file);
                }
            }
        },

        /**
         * A state dict, made of lines: the first has letters that stand for settings, the others a name and sizes each, behind a
         * minus for one whose first number is not finite, or behind a number sign for integers.
         */
        SEQUENCE("") {
            @Override
            void test(byte[] data) throws IOException {
                List<String> lines =
                        new String(data, StandardCharsets.UTF_8).lines().toList();
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) add(line, tensors);
                StateDict dict = StateDict.of(tensors);
                Sequence sequence = dict.sequence();
                String first =
                        tensors.isEmpty() ? "" : tensors.keySet().iterator().next();
                for (char letter : lines.isEmpty() ? new char[0] : lines.get(0).toCharArray())
                    switch (letter) {
                        case 'r' -> sequence.activation(Activation.RELU);
                        case 'b' -> sequence.activations(Activation.TANH, Activation.IDENTITY);
                        case 'n' -> sequence.normalisingActivations();
                        case 's' -> sequence.outputActivation(Activation.SIGMOID);
                        case 'e' -> sequence.epsilon(1e-3f);
                        case 'm' -> sequence.embedding(first.substring(0, Math.max(0, first.lastIndexOf('.'))), 3);
                        default -> {}
                    }
                Network network = sequence.network();
                Model model = Model.of(network, Loss.MEAN_SQUARED_ERROR);
                model.predictor().predict(new float[model.inputSize()], 0, new float[model.outputSize()], 0);
                for (String assumption : sequence.assumptions())
                    require(!assumption.isBlank(), "an assumption is missing");
                String fingerprint = network.fingerprint();
                StateDict.of(network).load(network);
                require(network.fingerprint().equals(fingerprint), "its own state dict changes the network");
            }

            private void add(String line, Map<String, Tensor> tensors) {
                boolean integers = line.startsWith("#"), odd = line.startsWith("-");
                String[] words = (integers || odd ? line.substring(1) : line).split(" ");
                if (words.length == 0) return;
                int[] shape = new int[words.length - 1];
                int count = 1;
                for (int i = 0; i < shape.length; i++) {
                    if (!words[i + 1].matches("[0-9]{1,4}")) return;
                    shape[i] = Integer.parseInt(words[i + 1]);
                    count *= shape[i];
                    if (count > MOST_NUMBERS) return;
                }
                if (shape.length > 64) return;
                float[] values = new float[count];
                for (int i = 0; i < count; i++) values[i] = (i * 7 % 13 + 1) / 8f;
                if (odd && count > 0) values[0] = shape.length % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
                tensors.put(words[0], integers ? Tensor.of(new long[count], shape) : Tensor.of(values, shape));
            }

            @Override
            void generate(Path folder) throws IOException {
                for (int seed = 0; seed < 40; seed++)
                    Files.writeString(
                            folder.resolve("network" + seed),
                            lines(seed % 2 == 0 ? "r" : "rnse", StateDict.of(RandomModels.network(seed))));
                Files.writeString(
                        folder.resolve("keras"),
                        "r\ndense/kernel 3 4\ndense/bias 4\nbatch_normalization/gamma 4\nbatch_normalization/beta 4\n"
                                + "batch_normalization/moving_mean 4\nbatch_normalization/moving_variance 4\n"
                                + "dense_1/kernel 4 2\ndense_1/bias 2\n");
            }

            /** From a file of safetensors. */
            @Override
            byte[] seed(Path file) throws IOException {
                return file.toString().endsWith(".safetensors")
                        ? lines("r", StateDict.read(file)).getBytes(StandardCharsets.UTF_8)
                        : null;
            }

            private String lines(String settings, StateDict dict) {
                StringBuilder lines = new StringBuilder(settings).append('\n');
                dict.tensors().forEach((name, tensor) -> {
                    lines.append(tensor.type().floating() ? "" : "#").append(name);
                    tensor.shape().forEach(size -> lines.append(' ').append(size));
                    lines.append('\n');
                });
                return lines.toString();
            }
        };

        final String ending;

        Target(String ending) {
            this.ending = ending;
        }

        static Target of(String name) {
            for (Target target : values()) if (target.toString().equals(name)) return target;
            throw new IllegalArgumentException("-Dfuzz=" + name + " given, one of "
                    + Arrays.stream(values()).map(Target::toString).collect(Collectors.joining(", "))
                    + " expected; without it the model file is fuzzed");
        }

        /** Tries what is in {@link #FILE}, too. */
        abstract void test(byte[] data) throws IOException;

        /** Writes small files to begin with. */
        abstract void generate(Path folder) throws IOException;

        /** The same bytes with lengths or checksums made right. */
        byte[] sealed(byte[] data) {
            return data;
        }

        /** What to begin with of a file that others wrote; null if nothing. */
        byte[] seed(Path file) throws IOException {
            return file.toString().endsWith(ending) ? Files.readAllBytes(file) : null;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static ByteBuffer little(byte[] data) {
        return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void useAll(Map<String, Tensor> tensors) {
        for (Tensor tensor : tensors.values()) {
            require(tensor.floats().length == tensor.count(), tensor + " has another number of floats");
            require(tensor.doubles().length == tensor.count(), tensor + " has another number of doubles");
        }
    }

    /** Writes files to begin with into a directory: generated ones, and small ones of others from further directories. */
    public static void main(String[] args) throws IOException {
        Path directory = Files.createDirectories(Path.of(args[0]));
        TARGET.generate(directory);
        for (String other : args) {
            if (other.equals(args[0]) || !Files.isDirectory(Path.of(other))) continue;
            try (Stream<Path> files = Files.walk(Path.of(other))) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    byte[] seed = Files.size(file) < LARGEST_SEED ? TARGET.seed(file) : null;
                    if (seed != null) Files.write(directory.resolve(file.getFileName()), seed);
                }
            }
        }
    }
}
