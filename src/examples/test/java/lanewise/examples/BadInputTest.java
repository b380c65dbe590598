package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input ends with one clear line on standard error, the right status, and nothing else. */
class BadInputTest {

    private static final String IMAGES = "train-images-idx3-ubyte";
    private static final String LABELS = "train-labels-idx1-ubyte";
    private static final int HEADER = 16;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeDigits() throws IOException {
        MnistTest.smallDigits(folder);
    }

    private Run train(String... options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "5", "--quiet"));
        args.addAll(Arrays.asList(options));
        return Run.of(args.toArray(String[]::new));
    }

    /** Asserts that the run failed as it should, with an error that contains all these words. */
    static void assertRefused(int status, Run run, String... words) {
        assertEquals("", run.out());
        assertEquals(status, run.status(), run.err());
        assertTrue(run.err().matches("[a-z-]+: .+\\R"), "one line expected: " + run.err());
        assertFalse(run.err().contains("null") || run.err().contains("xception"), run.err());
        for (String word : words) assertTrue(run.err().contains(word), word + " expected in: " + run.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--unknown",
                "--epochs",
                "--epochs 0",
                "--epochs -1",
                "--epochs x",
                "--epochs 1.5",
                "--epochs 99999999999",
                "--epochs 1 --epochs 2",
                "--batch 0",
                "--batch -3",
                "--threads -1",
                "--threads 1025",
                "--threads all",
                "--learning-rate 0",
                "--learning-rate -0.1",
                "--learning-rate NaN",
                "--learning-rate Infinity",
                "--learning-rate 1e999",
                "--learning-rate fast",
                "--split 0",
                "--split 1",
                "--split -0.5",
                "--split 1.5",
                "--split NaN",
                "--split half",
                "--split 0.001",
                "--split 0.999",
                "--hidden 0",
                "--hidden -5",
                "--hidden 5,",
                "--hidden ,5",
                "--hidden 5,,5",
                "--hidden 5;5",
                "--hidden 5,0",
                "--hidden 10000000",
                "--hidden 2147483648",
                "--hidden 9999999,9999999",
                "--activation step",
                "--seed x",
                "--classes 0",
                "--classes 1",
                "--classes 129",
                "--classes ten",
                "--first-label x",
                "--first-label 2147483647",
                "--limit 0",
                "--limit -1",
                "--optimizer adm",
                "--schedule falling",
                "--schedule plateau",
                "--schedule cosine --constant-rate",
                "--dropout 1",
                "--dropout -0.1",
                "--dropout NaN",
                "--weight-decay -1",
                "--weight-decay NaN",
                "--average 1",
                "--average -0.5",
                "--validation 1",
                "--validation 0.001",
                "--validation 0.999",
                "--patience 3",
                "--preset recrod",
                "--patience -1 --validation 0.5",
                "--checkpoint-every 5",
                "--checkpoint-every -1 --checkpoint .",
                "--resume",
                "--augment-threads 1",
                "--augment --augment-threads -1",
                "--augment --augment-threads 1025",
                "--quiet=perhaps",
                "--json",
                "digits"
            })
    void badOptionsAreRefused(String options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString()));
        args.addAll(Arrays.asList(options.split(" ")));
        String option = options.split("[ =]")[0];
        assertRefused(2, Run.of(args.toArray(String[]::new)), option, "--help");
    }

    @Test
    void emptyValuesAreRefused() {
        for (String option : List.of("--hidden", "--split", "--activation", "--epochs", "--learning-rate"))
            assertRefused(2, train(option, ""), option);
    }

    @Test
    void commandsAreAsked() {
        assertRefused(2, Run.of(), "command");
        assertRefused(2, Run.of("minst"), "minst");
        assertRefused(2, Run.of("--epochs", "3"), "--epochs");
        assertRefused(2, Run.of("@arguments"), "@arguments");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mnist --epoch 3 > unknown option --epoch; did you mean --epochs?",
                "mnist --epoch=3 > unknown option --epoch; did you mean --epochs?",
                "mnist -epochs 3 > unknown option -epochs; did you mean --epochs?",
                "mnist --Epochs 3 > unknown option --Epochs; did you mean --epochs?",
                "mnist epochs 3 > superfluous argument epochs; did you mean --epochs?",
                "mnist --leraning-rate 3 > unknown option --leraning-rate; did you mean --learning-rate?",
                "mnist --learn 3 > unknown option --learn; did you mean --learning-rate?",
                "mnist --no-bais > unknown option --no-bais; did you mean --no-bias?",
                "mnist --activation sigmod > sigmod: one of",
                "mnist --activation sigmod > expected; did you mean sigmoid?",
                "mnist --activation ReLU > expected; did you mean relu?",
                "mnist --split standart > expected; did you mean standard?",
                "classify --modle x > unknown option --modle; did you mean --model?",
                "latency --call 3 > unknown option --call; did you mean --calls?",
                "serve --model x --prot 80 > unknown option --prot; did you mean --port?",
                "minst --epochs 3 > unknown command minst; did you mean mnist?",
                "Classify > unknown command Classify; did you mean classify?",
                "lat > unknown command lat; did you mean latency?",
                "hlep > unknown command hlep; did you mean help?",
                "help sreve > unknown command sreve; did you mean serve?",
                "--vesion > unknown option --vesion; did you mean --version?"
            })
    void whatIsMistypedGetsAGuess(String line) {
        String[] parts = line.split(" > ");
        assertRefused(2, Run.of(parts[0].split(" ")), parts[1], "--help tells more");
    }

    @Test
    void whatIsLikeNothingGetsNoGuess() {
        String[] lines = {
            "mnist --zzz", "mnist --activation step", "mnist --split 2", "mnist -x", "mnist 7", "x", "help x"
        };
        for (String line : lines) {
            Run run = Run.of(line.split(" "));
            assertRefused(2, run, "; --help tells more");
            assertFalse(run.err().contains("?"), run.err());
        }
    }

    /** Under every command; a lone surrogate is a character that no locale's encoding has. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mnist --data",
                "mnist --json",
                "mnist --save",
                "classify --model",
                "classify --model x --data",
                "classify --model x --json",
                "latency --model",
                "latency --json",
                "serve --model"
            })
    void pathsThatTheLocaleOrTheSystemCannotExpressAreRefused(String options) {
        Assumptions.assumeTrue(File.separatorChar == '/', "other systems have other paths");
        String option = options.replaceFirst(".* ", "");
        assertRefused(2, Run.of((options + " d\ud800t").split(" ")), option, "encoding", "LC_ALL=C.UTF-8");
        assertRefused(2, Run.of((options + " d\0t").split(" ")), option, "the path d?t: Nul character");
    }

    @Test
    void inAnAsciiLocaleOtherPathsAreRefusedWithTheRemedy() throws Exception {
        Assumptions.assumeTrue(File.separatorChar == '/', "the locale is told by variables on Unix only");
        // The shell gives the bytes themselves, in whatever locale this test runs.
        String name = "$(printf 'd\\303\\244t')";
        Run refused = Run.inShell("LC_ALL=C \"$@\" mnist --data " + name);
        assertRefused(2, refused, "--data", "ANSI_X3.4-1968", "LC_ALL=C.UTF-8");
        Run here = Run.inShell("cd '" + folder + "' && mkdir " + name + " && cd " + name
                + " && LC_ALL=C \"$@\" mnist --data .. --quiet --json result");
        assertRefused(1, here, "cannot write result", "the current directory", "LC_ALL=C.UTF-8");
    }

    @Test
    void theSizeOfTheBatchAndTheLayersTogetherMayBeTooMuch() {
        Run run = Run.of("mnist", "--batch", "60000", "--hidden", "40000");
        assertEquals(2, run.status(), run.err());
        assertTrue(run.err().matches("mnist: --batch 60000 with --hidden 40000: .*\\R"), run.err());
    }

    @Test
    void missingDirectoriesAndFilesAreNamed() throws IOException {
        String missing = folder.resolve("missing").toString();
        assertRefused(1, Run.of("mnist", "--data", missing), missing, "no such directory");
        String file = folder.resolve(IMAGES).toString();
        assertRefused(1, Run.of("mnist", "--data", file), file, "not a directory");
        Files.delete(folder.resolve(LABELS));
        assertRefused(1, train(), folder.toString(), LABELS, "neither");
        assertRefused(1, train(), "train-labels.idx1-ubyte", ".gz");
        Files.createDirectory(folder.resolve(LABELS));
        assertRefused(1, train(), LABELS, "not a file");
        Files.delete(folder.resolve(LABELS));
        Files.createSymbolicLink(folder.resolve(LABELS), folder.resolve("missing"));
        assertRefused(1, train(), LABELS, "a link to nothing");
    }

    @Test
    void unreadableDirectoriesAndFilesAreNamed() throws IOException {
        Path file = folder.resolve(LABELS);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "this user may read everything");
        assertRefused(1, train(), LABELS, "permission denied");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("---------"));
        try {
            assertRefused(1, train(), folder.toString(), "permission denied");
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** Replaces the file of that name, plain or gzipped. */
    private void replace(String name, byte[] content, boolean gzip) throws IOException {
        Files.deleteIfExists(folder.resolve(name));
        Files.write(folder.resolve(gzip ? name + ".gz" : name), content);
    }

    private byte[] content(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    @Test
    void truncatedFilesAreRefusedWhereverTheyEnd() throws IOException {
        byte[] whole = content(IMAGES);
        for (int length : new int[] {0, 1, 3, 4, 7, HEADER - 1, HEADER, HEADER + 1, whole.length - 1}) {
            replace(IMAGES, Arrays.copyOf(whole, length), false);
            assertRefused(1, train("--limit", "1"), IMAGES);
        }
        byte[] labels = content(LABELS);
        replace(IMAGES, whole, false);
        replace(LABELS, Arrays.copyOf(labels, labels.length - 1), false);
        assertRefused(1, train("--limit", "1"), LABELS, "60", "59", "truncated");
    }

    @Test
    void overlongFilesAreRefused() throws IOException {
        byte[] whole = content(IMAGES), more = Arrays.copyOf(whole, whole.length + 1);
        replace(IMAGES, more, false);
        assertRefused(1, train("--limit", "1"), IMAGES, "more");
        replace(IMAGES, gzip(more), true);
        assertRefused(1, train("--limit", "1"), IMAGES + ".gz", "more");
    }

    @Test
    void filesOfAnotherKindAreRefused() throws IOException {
        byte[] content = content(IMAGES);
        for (int i = 0; i < 4; i++) {
            byte[] wrong = content.clone();
            wrong[i] += 7;
            replace(IMAGES, wrong, false);
            assertRefused(1, train(), i == 3 ? "" : "magic number", "train-");
        }
        replace(IMAGES, "<!DOCTYPE html>".getBytes(StandardCharsets.US_ASCII), false);
        assertRefused(1, train(), IMAGES, "magic number 3c21444f");
        replace(IMAGES, content(LABELS), false);
        assertRefused(1, train(), IMAGES, "two dimensions");
        replace(IMAGES, content, false);
        replace(LABELS, content, false);
        assertRefused(1, train(), LABELS, "one dimension");
    }

    @Test
    void countsThatDisagreeAreRefused() throws IOException {
        MnistTest.idx(folder.resolve(LABELS), new byte[61], 61);
        assertRefused(1, train(), IMAGES, LABELS, "60", "61");
        MnistTest.smallDigits(folder);
        MnistTest.idx(folder.resolve("t10k-images-idx3-ubyte"), new byte[20 * 21], 20, 7, 3);
        assertRefused(1, train(), folder.toString(), "20 pixels", "of 21");
    }

    @Test
    void emptySetsAreRefused() throws IOException {
        MnistTest.idx(folder.resolve(IMAGES), new byte[0], 0, 5, 4);
        MnistTest.idx(folder.resolve(LABELS), new byte[0], 0);
        assertRefused(1, train(), IMAGES, "dimension 1 is 0");
    }

    @Test
    void headersThatAnnounceGigabytesCostNoMemory() throws IOException {
        for (int[] dimensions : new int[][] {{-1, -1, -1}, {Integer.MAX_VALUE, 5, 4}, {50_000_000, 5, 8}}) {
            Path file = folder.resolve(IMAGES);
            MnistTest.idx(file, new byte[1200], dimensions);
            byte[] content = Files.readAllBytes(file);
            assertRefused(1, train(), IMAGES);
            replace(IMAGES, gzip(content), true);
            assertRefused(1, train(), IMAGES);
            Files.delete(folder.resolve(IMAGES + ".gz"));
        }
    }

    @Test
    void damagedGzipIsRefusedWhereverTheDamageIs() throws IOException {
        byte[] whole = gzip(content(IMAGES));
        for (int length : new int[] {2, 9, 10, 11, whole.length / 2, whole.length - 8, whole.length - 1}) {
            replace(IMAGES, Arrays.copyOf(whole, length), true);
            assertRefused(1, train("--limit", "1"), IMAGES + ".gz");
        }
        for (int at : new int[] {2, 10, whole.length / 2, whole.length - 8, whole.length - 1}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x55;
            replace(IMAGES, damaged, true);
            assertRefused(1, train("--limit", "1"), IMAGES + ".gz");
        }
    }

    @Test
    void labelsThatAreNoDigitsAreRefused() throws IOException {
        byte[] labels = Arrays.copyOfRange(content(LABELS), 8, 8 + 60);
        for (byte wrong : new byte[] {10, 127, -1}) {
            labels[59] = wrong;
            MnistTest.idx(folder.resolve(LABELS), labels, 60);
            assertRefused(1, train("--limit", "1"), LABELS, "label 59 is " + (wrong & 0xff), "0 to 9");
        }
        labels[59] = -1;
        MnistTest.idx(folder.resolve(LABELS), labels, 60);
        assertFalse(train().err().contains("--classes"), "damaged, not numbered in another way");
    }

    @Test
    void labelsThatBeginElsewhereAreRefusedWithTheOptionsThatTakeThem() throws IOException {
        MnistTest.smallLetters(folder);
        assertRefused(1, train(), LABELS, "0 to 9 expected", "labels from 1 to 26", "--first-label 1 --classes 26");
        assertRefused(1, train("--first-label", "1"), "1 to 10 expected", "--first-label 1 --classes 26");
        Run ownCopy = Run.of("mnist", "--classes", "5", "--limit", "1");
        assertRefused(1, ownCopy, "own copy of MNIST", "0 to 4 expected", "--first-label 0 --classes 10");
    }

    @Test
    void numbersThatAreNoPixelsOrLabelsAreRefused() throws IOException {
        ByteBuffer images = ByteBuffer.allocate(4 * 60 * 20).putFloat(4 * 27, Float.NaN);
        MnistTest.idx(0x0d, folder.resolve(IMAGES), images.array(), 60, 5, 4);
        assertRefused(1, train(), IMAGES, "input 7 of sample 1 is NaN");
        MnistTest.smallDigits(folder);
        ByteBuffer labels = ByteBuffer.allocate(4 * 60).putFloat(4 * 7, 0.5f);
        MnistTest.idx(0x0d, folder.resolve(LABELS), labels.array(), 60);
        assertRefused(1, train(), LABELS, "element 7 is 0.5, a whole number expected");
    }

    @Test
    void aResultThatCannotBeWrittenIsKnownBeforeTraining() throws IOException {
        String[] names = {"missing/result.json", ".", IMAGES + "/result.json", "x".repeat(300)};
        for (String name : names) {
            String file = folder.resolve(name).toString();
            for (String option : List.of("--json", "--report"))
                assertRefused(1, train(option, file), "cannot write " + file);
        }
        assertEquals(4, filesThere());
    }

    @Test
    void aMountPointIsKnownBeforeTraining() throws Exception {
        Path source = Files.writeString(folder.resolve("source"), "old"),
                mounted = Files.createFile(folder.resolve("m"));
        Process mount = null;
        try {
            mount = new ProcessBuilder("mount", "--bind", source.toString(), mounted.toString()).start();
        } catch (IOException e) {
            // there is no such program
        }
        Assumptions.assumeTrue(mount != null && mount.waitFor() == 0, "mounting is not allowed");
        try {
            for (String option : List.of("--save", "--json", "--report"))
                assertRefused(1, train(option, mounted.toString()), "cannot write " + mounted, "a mount point");
        } finally {
            new ProcessBuilder("umount", mounted.toString()).start().waitFor();
        }
        assertEquals("old", Files.readString(source));
    }

    @Test
    void oneFileForBothResultsIsRefusedByWhateverLinks() throws IOException {
        Path file = folder.resolve("result"),
                link = Files.createSymbolicLink(folder.resolve("link"), Path.of("result"));
        for (Path json : List.of(file, link, folder.resolve(".").resolve("result")))
            for (String[] two : new String[][] {{"--save", "--json"}, {"--report", "--json"}, {"--report", "--save"}})
                assertRefused(2, train(two[0], file.toString(), two[1], json.toString()), two[0], "another file");
    }

    /** An output that does something when it has received a text. */
    private static final class Listening extends ByteArrayOutputStream {

        private final String text;
        private final Runnable action;
        private boolean done;

        Listening(String text, Runnable action) {
            this.text = text;
            this.action = action;
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (done || !toString(StandardCharsets.UTF_8).contains(text)) return;
            done = true;
            action.run();
        }
    }

    /** Trains two epochs, with results to a folder to which something happens after the first; the output and the error. */
    private Run trainAndSpoil(Path model, Path json, Runnable action) {
        ByteArrayOutputStream out = new Listening("Epoch: 1", action), err = new ByteArrayOutputStream();
        String[] args = {
            "mnist",
            "--data",
            folder.toString(),
            "--hidden",
            "5",
            "--epochs",
            "2",
            "--save",
            model.toString(),
            "--json",
            json.toString()
        };
        int status = Main.run(new PrintStream(out, true), new PrintStream(err, true), args);
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void run(IoAction action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface IoAction {
        void run() throws IOException;
    }

    private static Path saved(Run run, Path file, String suffix) {
        Matcher told = Pattern.compile("cannot write " + Pattern.quote(file.toString()) + ": [^;]+; it is in (\\S+"
                        + Pattern.quote(suffix) + ")")
                .matcher(run.err());
        assertTrue(told.find(), run.err());
        return Path.of(told.group(1));
    }

    @Test
    void aModelThatCannotBeSavedAtTheEndIsSavedBesideAndTheResultsArePrinted() throws IOException {
        Path place = Files.createDirectory(folder.resolve("place"));
        Path model = place.resolve("model"), json = place.resolve("result.json");
        // what cannot be replaced: a folder that is not empty
        Run run = trainAndSpoil(model, json, () -> run(() -> Files.createDirectories(model.resolve("inside"))));
        assertEquals(1, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.out().contains("Epoch: 2, "), run.out());
        Path other = saved(run, model, ".lanewise");
        assertEquals(place.toRealPath(), other.getParent());
        String fingerprint = ModelFile.load(other).fingerprint();
        assertTrue(run.out().endsWith("Fingerprint: " + fingerprint + System.lineSeparator()), run.out());
        assertFalse(run.out().contains("Model: "), run.out());
        assertTrue(Files.readString(json).contains(fingerprint));
    }

    @Test
    void resultsWhoseFolderIsGoneAreWrittenToTheTemporaryFiles() throws IOException {
        Path place = Files.createDirectory(folder.resolve("place"));
        Path model = place.resolve("model"), json = place.resolve("result.json");
        Run run = trainAndSpoil(model, json, () -> run(() -> Files.delete(place)));
        assertEquals(1, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        Path otherModel = saved(run, model, ".lanewise"), otherJson = saved(run, json, ".json");
        String fingerprint = ModelFile.load(otherModel).fingerprint();
        assertTrue(run.out().endsWith("Fingerprint: " + fingerprint + System.lineSeparator()), run.out());
        assertTrue(Files.readString(otherJson).contains(fingerprint));
        Files.delete(otherModel);
        Files.delete(otherJson);
    }

    @Test
    void anOutputThatClosesAtTheEndDoesNotCostTheModel() throws IOException {
        Path model = folder.resolve("model"), json = folder.resolve("result.json");
        OutputStream closing = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("closed");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = {
            "mnist",
            "--data",
            folder.toString(),
            "--hidden",
            "5",
            "--quiet",
            "--epochs",
            "2",
            "--save",
            model.toString(),
            "--json",
            json.toString()
        };
        assertEquals(1, Main.run(new PrintStream(closing, true), new PrintStream(err, true), args));
        assertEquals("mnist: standard output is closed or full" + System.lineSeparator(), err.toString());
        assertTrue(Files.readString(json).contains(ModelFile.load(model).fingerprint()));
    }

    @Test
    void aDirectoryGivenAsAModelIsNamed() {
        for (String command : List.of("classify", "latency", "serve"))
            assertRefused(1, Run.of(command, "--model", folder.toString()), folder + ": a directory");
    }

    private int filesThere() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return (int) files.count();
        }
    }

    /** As with {@code | head -3}: the lines are for nobody any more, the model is. */
    @Test
    void anOutputThatClosesInTheMidstDoesNotCostTheModel() {
        Path model = folder.resolve("model");
        OutputStream closing = new OutputStream() {
            private int lines;

            @Override
            public void write(int b) throws IOException {
                if (lines >= 3) throw new IOException("closed");
                if (b == '\n') lines++;
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = {
            "mnist", "--data", folder.toString(), "--hidden", "5", "--epochs", "4", "--save", model.toString()
        };
        assertEquals(1, Main.run(new PrintStream(closing, true), new PrintStream(err, true), args));
        assertTrue(err.toString().endsWith("mnist: standard output is closed or full" + System.lineSeparator()));
        assertTrue(Files.isRegularFile(model));
    }

    @Test
    void divergenceIsToldWithItsPlaceAndLeavesAnOldResultAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("result.json"), "old");
        Run run = train("--learning-rate", "1e38", "--activation", "relu", "--json", file.toString());
        assertRefused(1, run, "epoch 1", "step ", "smaller learning rate", "1.0E38");
        assertEquals("old", Files.readString(file));
        assertEquals(5, filesThere());
    }

    @Test
    void aClosedOutputEndsTheRun() {
        for (int accepted : new int[] {0, 1, 100, 200}) {
            OutputStream closing = new OutputStream() {
                private int left = accepted;

                @Override
                public void write(int b) throws IOException {
                    if (left-- <= 0) throw new IOException("closed");
                }
            };
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            String[] args = {"mnist", "--data", folder.toString(), "--hidden", "5"};
            int status = Main.run(new PrintStream(closing, true), new PrintStream(err, true), args);
            assertEquals(1, status);
            assertTrue(err.toString().endsWith("mnist: standard output is closed or full" + System.lineSeparator()));
        }
    }

    @Test
    void tooLittleMemoryIsToldInOneLine() throws Exception {
        String[] args = {"mnist", "--data", folder.toString(), "--quiet", "--hidden", "9000,9000"};
        assertRefused(1, Run.inJvm(List.of("-Xmx64m"), args), "out of memory", "--hidden", "-Xmx");
    }

    @Test
    void kernelsThatCannotBeHadAreRefused() throws Exception {
        Run run = Run.inJvm(List.of("-Dlanewise.width=100"), "mnist", "--data", folder.toString());
        assertRefused(1, run, "lanewise.width=100", "128, 256 or 512");
    }

    @Test
    void theDataHaveTheirLicenceBesideThem() {
        assertNotNull(Main.class.getResource("/mnist/README.txt"));
    }
}
