package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import de.siegmar.fastcsv.reader.CsvReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import lanewise.Lanewise;
import lanewise.layer.RandomSource;
import me.tongfei.progressbar.ProgressBar;
import org.HdrHistogram.Histogram;
import org.jline.terminal.Terminal;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The example mnist: on the real digits for its fingerprints, else on a few generated ones. */
class MnistTest {

    private static final String CLASSIC = "fb7cc4b604c308f2";
    private static final String BATCHES = "8677b0b74a469ac2";
    private static final String EXACT_GELU = "215b42ff3878e099";

    private static final int TRAINING = 60;
    private static final int TESTS = 20;
    private static final int PIXELS = 5 * 4;

    @TempDir
    private Path folder;

    /** What a command did. */
    record Run(int status, String out, String err) {

        /** Runs a command in this JVM. */
        static Run of(String... args) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
            int status = Main.run(
                    new PrintStream(out, true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    args);
            return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }

        /** Runs a command in a JVM of its own, on the class path; the JVM's own remarks are left out. */
        static Run inJvm(List<String> jvmArgs, String... args) throws IOException, InterruptedException {
            List<String> command = java(jvmArgs);
            command.addAll(Arrays.asList(args));
            return wait(command);
        }

        /** Runs a line of the shell in which {@code "$@"} stands for the program, without the command and its options. */
        static Run inShell(String line) throws IOException, InterruptedException {
            List<String> command = java(List.of());
            command.addAll(0, List.of("/bin/sh", "-c", line, "sh"));
            return wait(command);
        }

        /** A command that runs the program in a JVM of its own, without the command and its options. */
        static List<String> java(List<String> jvmArgs) {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(jvmArgs);
            command.add("-cp");
            command.add(Stream.of(
                            Lanewise.class,
                            Main.class,
                            CommandLine.class,
                            CsvReader.class,
                            Gson.class,
                            Histogram.class,
                            ProgressBar.class,
                            Terminal.class)
                    .map(Run::root)
                    .collect(Collectors.joining(System.getProperty("path.separator"))));
            command.add(Main.class.getName());
            return command;
        }

        private static Run wait(List<String> command) throws IOException, InterruptedException {
            Path out = Files.createTempFile("out", ""), err = Files.createTempFile("err", "");
            try {
                int status = new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start()
                        .waitFor();
                String remarks = Files.readString(err).replaceAll("(WARNING|Picked up|OpenJDK 64-Bit).*\\R", "");
                return new Run(status, Files.readString(out), remarks);
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        }

        /** The jar or directory that a class comes from. */
        private static String root(Class<?> type) {
            String name = type.getName().replace('.', '/') + ".class";
            URL url = type.getResource("/" + name);
            String text = url.toString().replaceFirst("^jar:", "").replaceFirst("!?/" + name + "$", "");
            return Path.of(URI.create(text)).toString();
        }

        List<String> lines() {
            return out.lines().toList();
        }

        String fingerprint() {
            assertEquals(0, status, err);
            String line = lines().get(lines().size() - 1);
            assertTrue(line.matches("Fingerprint: [0-9a-f]{16}"), line);
            return line.substring(line.length() - 16);
        }
    }

    /** Writes an IDX file of unsigned bytes. */
    static void idx(Path file, byte[] data, int... dimensions) throws IOException {
        idx(0x08, file, data, dimensions);
    }

    /** Writes an IDX file whose elements are of the type with that code. */
    static void idx(int code, Path file, byte[] data, int... dimensions) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * dimensions.length + data.length);
        bytes.putInt((code << 8) + dimensions.length);
        for (int dimension : dimensions) bytes.putInt(dimension);
        Files.write(file, bytes.put(data).array());
    }

    /** Writes a small data set: a class's images have a bright pixel at the class's place. */
    static void smallDigits(Path folder) throws IOException {
        RandomSource random = new RandomSource(5);
        for (String part : List.of("train", "t10k")) {
            int count = part.equals("train") ? TRAINING : TESTS;
            byte[] images = new byte[count * PIXELS], labels = new byte[count];
            for (int i = 0; i < count; i++) {
                labels[i] = (byte) random.nextInt(10);
                for (int p = 0; p < PIXELS; p++) images[i * PIXELS + p] = (byte) random.nextInt(30);
                images[i * PIXELS + labels[i]] = (byte) 255;
            }
            idx(folder.resolve(part + "-images-idx3-ubyte"), images, count, 5, 4);
            idx(folder.resolve(part + "-labels-idx1-ubyte"), labels, count);
        }
    }

    /** Writes labels 1 to 26 beside the images, as EMNIST's letters have them; the images tell nothing of them. */
    static void smallLetters(Path folder) throws IOException {
        for (String part : List.of("train", "t10k")) {
            byte[] labels = new byte[part.equals("train") ? TRAINING : TESTS];
            for (int i = 0; i < labels.length; i++) labels[i] = (byte) (1 + i * 5 % 26);
            labels[0] = 26;
            labels[1] = 1;
            idx(folder.resolve(part + "-labels-idx1-ubyte"), labels, labels.length);
        }
    }

    @BeforeEach
    void writeDigits() throws IOException {
        smallDigits(folder);
    }

    /** Trains on the small data set. */
    private Run small(String... options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16"));
        args.addAll(Arrays.asList(options));
        return Run.of(args.toArray(String[]::new));
    }

    @Test
    @Tag("bits")
    void perSampleTrainingHasItsFingerprint() {
        assertEquals(
                CLASSIC, Run.of("mnist", "--epochs", "1", "--limit", "2000").fingerprint());
    }

    @Test
    @Tag("bits")
    void trainingInBatchesHasItsFingerprint() {
        String options = "mnist --epochs 1 --limit 2000 --batch 32 --hidden 33,17 --activation ";
        assertEquals(BATCHES, Run.of((options + "gelu-tanh").split(" ")).fingerprint());
        assertEquals(EXACT_GELU, Run.of((options + "gelu").split(" ")).fingerprint());
    }

    @Test
    @Tag("bits")
    void severalThreadsGiveTheSameFingerprintAndSayWhatTheyShared() throws IOException {
        Path file = folder.resolve("threads.json");
        String options =
                "mnist --epochs 1 --limit 2000 --batch 32 --hidden 33,17 --activation gelu-tanh --threads 3 --json "
                        + file;
        Run run = Run.of(options.split(" "));
        assertEquals(BATCHES, run.fingerprint());
        JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertEquals(3, json.get("threads").getAsInt());
        assertEquals(63, json.get("steps").getAsInt());
        long shared = json.get("sharedSteps").getAsLong();
        assertTrue(shared > 0 && shared < 63, "each way is tried: " + shared);
        String line = run.lines().get(run.lines().size() - 2);
        assertTrue(
                line.matches("Last epoch: 3 threads, " + shared
                        + " of 63 steps shared \\([0-9.]+ ms for a step, [0-9.]+ ms on one thread\\)"),
                line);
        assertEquals(
                run.fingerprint(),
                Run.of(options.replace("3 --json", "0 --json").split(" ")).fingerprint());
        json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertEquals(1, json.get("threads").getAsInt());
        assertEquals(0, json.get("sharedSteps").getAsInt());
    }

    @Test
    void onTheClassPathWithoutTheModuleTheScalarKernelsGiveTheSameBits() throws Exception {
        List<String> foreign = List.of("-Duser.language=ar", "-Duser.country=EG");
        Run run = Run.inJvm(foreign, "mnist", "--epochs", "1", "--limit", "2000");
        assertEquals(CLASSIC, run.fingerprint());
        assertEquals(
                "Lanewise " + Lanewise.version() + ", scalar kernels, JDK " + System.getProperty("java.version"),
                run.lines().get(0));
        assertTrue(run.err.matches("Scalar kernels: .*--add-modules jdk.incubator.vector\\R"), run.err);
        assertTrue(run.lines().get(2).matches("Epoch: 1, Time Spent: [0-9]+\\.[0-9]{2}s, .*"), run.out);
    }

    @Test
    void printsTheseLinesAndNoOthers() {
        Run run = small("--epochs", "2");
        assertEquals(0, run.status, run.err);
        String epoch = ", Time Spent: [0-9]+\\.[0-9]{2}s, Loss: [0-9]+\\.[0-9]{4}, Accuracy: [0-9]+\\.[0-9]{2}%\n";
        String lines =
                "Lanewise [0-9]+\\.[0-9]+\\.[0-9]+, (vector kernels (128|256|512) bit|scalar kernels), JDK \\S+\n"
                        + "20-17-16-10 sigmoid, softmax cross-entropy, 815 parameters; 60 training samples, 20 test samples\n"
                        + "Epoch: 1"
                        + epoch
                        + "Epoch: 2"
                        + epoch
                        + "Training: [0-9]+ samples/s \\(best epoch, evaluation left out\\)\n"
                        + "Kernels: (vector|scalar) kernels.*\n"
                        + "Fingerprint: [0-9a-f]{16}\n";
        assertTrue(run.out.replace(System.lineSeparator(), "\n").matches(lines), run.out);
    }

    @Test
    void quietLeavesTheLastEpochAndTheFingerprint() {
        Run run = small("--epochs", "3", "--quiet");
        assertEquals(2, run.lines().size(), run.out);
        assertTrue(run.out.matches("Epoch: 3, .*\\RFingerprint: .*\\R"), run.out);
        assertEquals("", run.err);
    }

    @Test
    void theSeedDecidesTheResult() {
        String one = small("--seed", "1").fingerprint();
        assertEquals(one, small().fingerprint());
        assertNotEquals(one, small("--seed", "2").fingerprint());
    }

    @Test
    void learnsAnEasySet() {
        Run run = small("--epochs", "200", "--quiet");
        assertTrue(run.out.contains("Accuracy: 100.00%"), run.out);
    }

    @Test
    void limitTakesTheFirstTrainingSamples() throws IOException {
        String whole = small().fingerprint(), limited = small("--limit", "7").fingerprint();
        assertEquals(whole, small("--limit", "1000").fingerprint());
        byte[] images = Files.readAllBytes(folder.resolve("train-images-idx3-ubyte"));
        byte[] labels = Files.readAllBytes(folder.resolve("train-labels-idx1-ubyte"));
        idx(folder.resolve("train-images-idx3-ubyte"), Arrays.copyOfRange(images, 16, 16 + 7 * PIXELS), 7, 5, 4);
        idx(folder.resolve("train-labels-idx1-ubyte"), Arrays.copyOfRange(labels, 8, 8 + 7), 7);
        assertEquals(limited, small().fingerprint());
    }

    @Test
    void aFractionOfAllSamplesIsChosenBySeed() {
        Run run = small("--split", "0.15");
        assertTrue(run.lines().get(1).endsWith("; 68 training samples, 12 test samples"), run.out);
        assertEquals(run.fingerprint(), small("--split", "0.15").fingerprint());
        assertNotEquals(run.fingerprint(), small("--split", "0.25").fingerprint());
    }

    @Test
    void splittingLosesAndDoublesNoSample() {
        Digits all = Digits.load(folder, 10, 0),
                parted = all.split(0.3, 7),
                again = all.split(0.3, 7),
                other = all.split(0.3, 8);
        assertEquals(24, parted.test().size());
        assertEquals(histogram(all), histogram(parted));
        assertEquals(labels(parted), labels(again));
        assertNotEquals(labels(parted), labels(other));
    }

    private static List<Integer> labels(Digits digits) {
        return Stream.of(digits.training(), digits.test())
                .flatMap(part ->
                        Stream.iterate(0, i -> i < part.size(), i -> i + 1).map(part::label))
                .toList();
    }

    private static List<Integer> histogram(Digits digits) {
        return labels(digits).stream().sorted().toList();
    }

    @Test
    void filesMayBeGzipped() throws IOException {
        String plain = small().fingerprint();
        for (Path file : Files.list(folder).toList()) {
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(Path.of(file + ".gz")))) {
                Files.copy(file, out);
            }
            Files.delete(file);
        }
        assertEquals(plain, small().fingerprint());
    }

    @Test
    void filesAreFoundBesideFoldersAndUnderBothSpellings() throws IOException {
        String plain = small().fingerprint();
        for (Path file : Files.list(folder).toList()) {
            String name = file.toString(), other = name.replaceFirst("-idx(.-ubyte)$", ".idx$1");
            if (name.contains("labels")) {
                try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(Path.of(other + ".gz")))) {
                    Files.copy(file, out);
                }
                Files.delete(file);
                Files.createDirectory(Path.of(other));
            } else {
                Path elsewhere = Files.move(file, Path.of(name + " elsewhere"));
                Files.createSymbolicLink(Path.of(other), elsewhere);
            }
            Files.createDirectory(file);
        }
        assertEquals(plain, small().fingerprint());
    }

    @Test
    void filesMayBePipes() throws Exception {
        Path mkfifo = Path.of("/usr/bin/mkfifo"), pipes = Files.createDirectory(folder.resolve("pipes"));
        Assumptions.assumeTrue(Files.isExecutable(mkfifo), "there are no named pipes");
        List<Path> files = Files.list(folder).filter(Files::isRegularFile).toList();
        for (String command : List.of("mnist", "classify")) {
            List<CompletableFuture<Void>> writing = new ArrayList<>();
            for (Path file : files) {
                if (command.equals("classify") && !file.toString().contains("t10k")) continue;
                Path pipe = pipes.resolve(file.getFileName());
                Files.deleteIfExists(pipe);
                assertEquals(
                        0,
                        new ProcessBuilder(mkfifo.toString(), pipe.toString())
                                .start()
                                .waitFor());
                writing.add(CompletableFuture.runAsync(
                        () -> {
                            try (OutputStream out = Files.newOutputStream(pipe)) {
                                Files.copy(file, out);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        task -> new Thread(task).start()));
            }
            String model = folder.resolve("model").toString(), data = pipes.toString();
            Run run = command.equals("mnist")
                    ? Run.of("mnist", "--data", data, "--hidden", "17,16", "--save", model)
                    : Run.of("classify", "--data", data, "--model", model);
            assertEquals(0, run.status, run.err);
            for (CompletableFuture<Void> one : writing) one.get();
        }
    }

    /** Images of floats that are the bytes' give the same network, whatever type the labels are. */
    @Test
    void imagesMayBeFloatsAndLabelsInts() throws IOException {
        String bytes = small("--split", "0.3").fingerprint();
        for (String part : List.of("train", "t10k")) {
            Path images = folder.resolve(part + "-images-idx3-ubyte"),
                    labels = folder.resolve(part + "-labels-idx1-ubyte");
            byte[] pixels = Files.readAllBytes(images), numbers = Files.readAllBytes(labels);
            int count = numbers.length - 8;
            ByteBuffer floats = ByteBuffer.allocate(4 * count * PIXELS), ints = ByteBuffer.allocate(4 * count);
            for (int i = 16; i < pixels.length; i++) floats.putFloat((pixels[i] & 0xff) * (1f / 255f));
            for (int i = 8; i < numbers.length; i++) ints.putInt(numbers[i]);
            idx(0x0d, images, floats.array(), count, 5, 4);
            idx(0x0c, labels, ints.array(), count);
        }
        assertEquals(bytes, small("--split", "0.3").fingerprint());
    }

    @Test
    void theDefaultRateGrowsWithTheBatchUpToALimit() {
        String[] cases = {"1 sigmoid 0.1", "4 sigmoid 0.4", "32 sigmoid 1.6", "1 gelu 0.01", "32 gelu 0.1"};
        for (String one : cases) {
            String[] words = one.split(" ");
            String given = small("--batch", words[0], "--activation", words[1], "--learning-rate", words[2])
                    .fingerprint();
            assertEquals(
                    given, small("--batch", words[0], "--activation", words[1]).fingerprint(), one);
        }
    }

    @Test
    void aConstantRateIsAnotherTraining() {
        assertNotEquals(small().fingerprint(), small("--constant-rate").fingerprint());
        assertNotEquals(
                small("--constant-rate").fingerprint(),
                small("--constant-rate", "--learning-rate", "0.05").fingerprint());
    }

    @Test
    void theHistoricalFormHasNoBiases() {
        Run run = small("--no-bias");
        assertTrue(run.lines().get(1).contains(" " + (20 * 17 + 17 * 16 + 16 * 10) + " parameters"), run.out);
        assertEquals(0, run.status);
    }

    @Test
    void everyActivationTrains() {
        for (String activation : new TrainingOptions.Activations()) {
            Run run = small("--activation", activation, "--epochs", "1");
            assertEquals(0, run.status, run.err);
            assertTrue(run.lines().get(1).startsWith("20-17-16-10 " + activation + ", "), run.out);
        }
    }

    @Test
    void jsonHoldsWhatIsPrinted() throws IOException {
        Path file = folder.resolve("result.json");
        Run run = small("--epochs", "2", "--batch", "3", "--json", file.toString());
        JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        JsonObject last = json.getAsJsonArray("epochs").get(1).getAsJsonObject();
        String printed = String.format(
                Locale.ROOT,
                "Lanewise %s, %s, JDK %s%n",
                json.get("version").getAsString(),
                json.get("kernels").getAsString(),
                json.get("jdk").getAsString());
        assertTrue(run.out.startsWith(printed), run.out);
        assertEquals(
                run.lines().get(3),
                String.format(
                        Locale.ROOT,
                        "Epoch: %d, Time Spent: %.2fs, Loss: %.4f, Accuracy: %.2f%%",
                        last.get("epoch").getAsInt(),
                        last.get("seconds").getAsDouble(),
                        last.get("loss").getAsDouble(),
                        100 * last.get("accuracy").getAsDouble()));
        assertEquals(
                run.lines().get(4),
                String.format(
                        Locale.ROOT,
                        "Training: %.0f samples/s (best epoch, evaluation left out)",
                        json.get("samplesPerSecond").getAsDouble()));
        assertEquals(run.fingerprint(), json.get("fingerprint").getAsString());
        assertEquals(815, json.get("parameters").getAsInt());
        assertEquals(3, json.get("batch").getAsInt());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(5, files.count(), "four files of data, one of results");
        }
    }

    @Test
    void jsonReplacesAFileAndKeepsALinkToIt() throws IOException {
        Path file = Files.writeString(folder.resolve("old.json"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), file);
        assertEquals(0, small("--epochs", "1", "--json", link.toString()).status);
        assertTrue(Files.isSymbolicLink(link));
        assertTrue(Files.readString(file).startsWith("{"));
    }

    @Test
    void theBarStaysOutOfStandardOutput() {
        Run plain = small("--epochs", "2"), bar = small("--epochs", "2", "--progress");
        assertFalse(plain.err.contains("%"), plain.err);
        assertTrue(bar.err.contains("Epoch 2 100% ["), bar.err);
        assertTrue(bar.err.endsWith("\r"), "the bar is taken away: " + bar.err.replace('\r', '#'));
        assertEquals(plain.fingerprint(), bar.fingerprint());
        assertEquals(plain.lines().size(), bar.lines().size());
        assertFalse(bar.out.contains("["), bar.out);
    }

    @Test
    void helpNamesEveryOptionAndVersionTheVersion() {
        Run help = Run.of("mnist", "--help");
        assertEquals(0, help.status);
        for (String option :
                ("data classes first-label split hidden activation epochs batch threads learning-rate constant-rate no-bias seed limit save"
                                + " quiet progress json help version optimizer schedule dropout weight-decay average validation patience"
                                + " checkpoint checkpoint-every resume report augment augment-threads")
                        .split(" ")) assertTrue(help.out.contains("--" + option), option);
        for (String activation : new TrainingOptions.Activations()) assertTrue(help.out.contains(activation));
        for (String[] args : new String[][] {{"--version"}, {"mnist", "--version"}})
            assertEquals(new Run(0, "Lanewise " + Lanewise.version() + System.lineSeparator(), ""), Run.of(args));
        assertTrue(Run.of("--help").out.contains("mnist"));
    }

    @Test
    void helpIsACommandToo() {
        assertEquals(Run.of("--help"), Run.of("help"));
        for (String command : List.of("mnist", "classify", "latency", "serve", "help")) {
            Run help = Run.of("help", command);
            assertEquals(0, help.status, help.err);
            assertEquals(Run.of(command, "--help"), help);
            assertTrue(help.out.startsWith("Usage: lanewise-examples " + command + " "), help.out);
        }
    }
}
