package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import lanewise.Model;
import lanewise.Network;
import lanewise.RandomModels;
import lanewise.file.AtomicFile;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files on a disk: replaced as a whole or left alone. */
class ModelFileTest {

    private final Model first = RandomModels.model(1);
    private final Model second = RandomModels.model(2);

    @TempDir
    Path directory;

    @Test
    void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
        Path file = directory.resolve("model.lanewise");
        ModelFile.save(first, file);
        assertEquals(RandomModels.describe(first), RandomModels.describe(ModelFile.load(file)));
        ModelFile.save(second, file);
        assertEquals(RandomModels.describe(second), RandomModels.describe(ModelFile.load(file)));
        assertArrayEquals(Forge.bytes(second), Files.readAllBytes(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void aRelativePathIsEnough() throws IOException {
        Path file = Path.of("src/core/target/relative.lanewise");
        ModelFile.save(first, file);
        assertEquals(first.fingerprint(), ModelFile.load(file).fingerprint());
        Files.delete(file);
    }

    @Test
    void aSymbolicLinkIsFollowed() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real")).resolve("model"), link = directory.resolve("link");
        ModelFile.save(first, real);
        Files.createSymbolicLink(link, real);
        ModelFile.save(second, link);
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(second.fingerprint(), ModelFile.load(real).fingerprint());
    }

    @Test
    void aSaveThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = directory.resolve("model");
        ModelFile.save(first, file);
        byte[] before = Files.readAllBytes(file);
        for (int bytes : new int[] {0, 1, 100}) {
            IOException planted = new IOException("planted");
            IOException told = assertThrows(
                    IOException.class,
                    () -> AtomicFile.write(file, out -> {
                        out.write(new byte[bytes]);
                        throw planted;
                    }));
            assertEquals(file + ": planted", told.getMessage());
            assertSame(planted, told.getCause());
            assertArrayEquals(before, Files.readAllBytes(file));
            assertEquals(List.of(file), files());
        }
        assertThrows(
                NoSuchFileException.class,
                () -> ModelFile.save(first, directory.resolve("none").resolve("model")));
        Path nonEmpty = Files.createDirectories(directory.resolve("directory").resolve("inside"))
                .getParent();
        assertThrows(IOException.class, () -> ModelFile.save(first, nonEmpty));
        assertEquals(List.of(nonEmpty, file), files());
    }

    @Test
    void whatAKilledSaveLeftIsDeletedByTheNextOneToTheSameFile() throws IOException {
        Path file = directory.resolve("model");
        Path left = Files.write(directory.resolve(".model.0123456789abcdef.tmp"), new byte[5]);
        Path other = Files.write(directory.resolve(".model2.0123456789abcdef.tmp"), new byte[5]);
        Path own = Files.write(directory.resolve(".model.backup.tmp"), new byte[5]);
        Path empty = Files.createFile(directory.resolve(".model.2.tmp"));
        ModelFile.save(first, file);
        assertFalse(Files.exists(empty));
        assertFalse(Files.exists(left));
        assertEquals(List.of(own, other, file), files());
    }

    @Test
    void savesOfTheSameFileAtTheSameTimeDoNotMix() throws Exception {
        Path file = directory.resolve("model");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> all = Stream.of(first, second, first, second)
                .<Future<?>>map(model -> threads.submit(() -> {
                    for (int i = 0; i < 25; i++) save(model, file);
                }))
                .toList();
        for (Future<?> one : all) one.get();
        threads.shutdown();
        String found = ModelFile.load(file).fingerprint();
        assertTrue(found.equals(first.fingerprint()) || found.equals(second.fingerprint()));
        assertEquals(List.of(file), files());
    }

    private static void save(Model model, Path file) {
        try {
            ModelFile.save(model, file);
            ModelFile.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aStreamReceivesTheSameBytes() throws IOException {
        Path file = directory.resolve("model");
        try (OutputStream out = new FileOutputStream(file.toFile())) {
            ModelFile.save(first, out);
        }
        assertArrayEquals(Forge.bytes(first), Files.readAllBytes(file));
    }

    /** Gives its bytes in portions, then is at its end, or goes on with zeros for ever; counts what is taken. */
    private static final class Portions extends InputStream {

        private final byte[] bytes;
        private final int portion;
        private final boolean endless;
        long taken;

        /** Portions of 0 bytes mean that only reading byte by byte gives any. */
        Portions(byte[] bytes, int portion, boolean endless) {
            this.bytes = bytes;
            this.portion = portion;
            this.endless = endless;
        }

        @Override
        public int read() {
            if (taken >= bytes.length && !endless) return -1;
            taken++;
            return taken > bytes.length ? 0 : bytes[(int) taken - 1] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int count = 0;
            while (count < Math.min(portion, length)) {
                int one = read();
                if (one < 0) return count == 0 ? -1 : count;
                target[offset + count++] = (byte) one;
            }
            return count;
        }
    }

    @Test
    void aStreamIsReadInWhateverPortionsItComes() throws IOException {
        for (int portion : new int[] {0, 1, 3, 1 << 20})
            assertEquals(
                    first.fingerprint(),
                    ModelFile.load(new Portions(Forge.bytes(first), portion, false), "stream")
                            .fingerprint());
    }

    @Test
    void aStreamThatNeverEndsIsRefusedAfterAsManyBytesAsItsBeginningSays() throws IOException {
        Portions zeros = new Portions(new byte[0], 1 << 20, true);
        assertTrue(refusedStream(zeros).startsWith("stream: is no model file: it begins with 0000000000000000"));
        assertEquals(24, zeros.taken);
        byte[] model = Forge.bytes(first);
        Portions followed = new Portions(model, 1 << 20, true);
        assertEquals(
                "stream: goes on after the " + model.length + " bytes that it should have; what follows its end?",
                refusedStream(followed));
        assertEquals(model.length + 1, followed.taken);
        byte[] beginning = Arrays.copyOf(model, 60);
        Forge.little(beginning).putLong(Forge.LENGTH_AT, Long.MAX_VALUE);
        Portions huge = new Portions(beginning, 1 << 20, true);
        refusedStream(huge);
        assertTrue(huge.taken < 1 << 20, huge.taken + " bytes were taken");
    }

    @Test
    void aStreamThatFailsIsNamed() {
        InputStream failing = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the line is dead");
            }
        };
        assertEquals("stream: cannot be read: the line is dead", refusedStream(failing));
    }

    private static String refusedStream(InputStream in) {
        return assertThrows(IOException.class, () -> ModelFile.load(in, "stream"))
                .getMessage();
    }

    @Test
    void aModelIsSavedIntoAZipFileAndLoadedFromIt() throws IOException {
        URI zip = URI.create("jar:" + directory.resolve("models.zip").toUri());
        try (FileSystem files = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            ModelFile.save(second, files.getPath("model"));
            ModelFile.save(first, files.getPath("model"));
            assertEquals(
                    first.fingerprint(), ModelFile.load(files.getPath("model")).fingerprint());
        }
        try (FileSystem files = FileSystems.newFileSystem(zip, Map.of())) {
            assertEquals(
                    first.fingerprint(), ModelFile.load(files.getPath("model")).fingerprint());
            try (Stream<Path> all = Files.list(files.getPath("/"))) {
                assertEquals("[/model]", all.toList().toString());
            }
        }
    }

    @Test
    void anImagesFilesAreRead() {
        Path path = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base/module-info.class");
        String message =
                assertThrows(IOException.class, () -> ModelFile.load(path)).getMessage();
        assertTrue(message.startsWith(path + ": is no model file: it begins with cafebabe"), message);
    }

    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        assertEquals(
                directory + ": a directory, a model file expected",
                assertThrows(IOException.class, () -> ModelFile.load(directory)).getMessage());
        Path none = directory.resolve("none");
        assertEquals(
                none.toString(),
                assertThrows(NoSuchFileException.class, () -> ModelFile.load(none))
                        .getMessage());
        FileSystem zip = FileSystems.newFileSystem(
                URI.create("jar:" + directory.resolve("zip").toUri()), Map.of("create", "true"));
        zip.close();
        Path closed = zip.getPath("model");
        String message =
                assertThrows(IOException.class, () -> ModelFile.load(closed)).getMessage();
        assertTrue(message.startsWith("model: cannot be opened"), message);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aPipeIsReadThoughItHasNoSize() throws Exception {
        Path pipe = directory.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "there are no pipes");
        CompletableFuture<Void> saved = CompletableFuture.runAsync(() -> {
            try {
                ModelFile.save(first, pipe);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertEquals(first.fingerprint(), ModelFile.load(pipe).fingerprint());
        saved.get();
    }

    @Test
    void anInterruptedThreadSavesAndLoadsAllTheSame() throws IOException {
        Path file = directory.resolve("model");
        boolean[] closed = {false};
        OutputStream out = new ByteArrayOutputStream() {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        Thread.currentThread().interrupt();
        try {
            ModelFile.save(first, file);
            ModelFile.save(first, out);
            assertEquals(first.fingerprint(), ModelFile.load(file).fingerprint());
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertFalse(closed[0]);
        assertEquals(List.of(file), files());
    }

    @Test
    void layersAndActivationsOfOnesOwnAreRefusedByName() {
        Activation square = new Activation("square") {
            @Override
            public float value(float x) {
                return x * x;
            }

            @Override
            public float derivative(float x, float y) {
                return 2 * x;
            }
        };
        Network network = Network.builder(2)
                .dense(2, Activation.TANH)
                .add(new Stack(List.of(Dense.of(2, 3, square))))
                .build(1);
        assertEquals(
                "the activation of layer 1.0 (dense 2->3 square) cannot be saved: "
                        + square.getClass().getName()
                        + " is not one of the library's own kinds, and a file holds no code; save its parameters by"
                        + " Model.copyParameters and build the model in code by Model.builder",
                refused(network));
        assertTrue(refused(Network.builder(2).add(new Own()).build(1))
                .startsWith("layer 0 (my own) cannot be saved: lanewise.io.ModelFileTest$Own is not"));
        Layer deep = Dense.of(2, 2, Activation.TANH);
        for (int i = 0; i < 33; i++) deep = new Stack(List.of(deep));
        assertTrue(refused(Network.builder(2).add(deep).build(1)).contains("at most 32 of them inside one another"));
    }

    private String refused(Network network) {
        Path file = directory.resolve("refused");
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> ModelFile.save(Model.of(network, Loss.MEAN_SQUARED_ERROR), file))
                .getMessage();
        assertFalse(Files.exists(file));
        return message;
    }

    private static final class Own implements Layer {

        @Override
        public int inputSize() {
            return 2;
        }

        @Override
        public int outputSize() {
            return 2;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {}

        @Override
        public void backward(
                Pass pass, int from, int to, Parameters p, Slice input, Slice output, Slice dOutput, Slice dInput) {}

        @Override
        public String toString() {
            return "my own";
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    /** The task goes into the file where the output does not imply it. */
    @Test
    void theTaskIsSavedAndLoaded() throws IOException {
        Network one = Network.builder(3).dense(1, Activation.IDENTITY).build(1);
        Network four = Network.builder(3).dense(4, Activation.IDENTITY).build(1);
        for (Model model : List.of(
                Model.of(one, Loss.HINGE),
                Model.builder(one, Loss.HINGE).labels(List.of("no", "yes")).build(),
                Model.builder(one, Loss.HUBER).labels(List.of("price")).build(),
                Model.builder(one, Loss.BINARY_CROSS_ENTROPY)
                        .task(Task.REGRESSION)
                        .build(),
                Model.of(four, Loss.HINGE),
                Model.builder(four, Loss.HUBER).task(Task.MULTICLASS).build(),
                Model.builder(four, Loss.BINARY_CROSS_ENTROPY)
                        .task(Task.MULTICLASS)
                        .build())) {
            byte[] file = Forge.bytes(model);
            Model loaded = Forge.load(file);
            assertEquals(model.task(), loaded.task());
            assertEquals(model.output(), loaded.output());
            assertEquals(model.labels(), loaded.labels());
            assertArrayEquals(file, Forge.bytes(loaded));
        }
    }

    /** Before files knew of tasks, a model of one output that was no sigmoid and had two labels told two classes apart. */
    @Test
    void twoLabelsOfOneOutputStandForClassesInOldFiles() throws IOException {
        Network one = Network.builder(3).dense(1, Activation.IDENTITY).build(1);
        byte[] file = Forge.bytes(
                Model.builder(one, Loss.HINGE).labels(List.of("no", "yes")).build());
        int output = 24 + 4 + 4 + 8 + 4;
        assertEquals(Task.BINARY.ordinal() + 1 << 4, file[output]);
        file[output] = 0;
        Model loaded = Forge.load(Forge.summed(file));
        assertEquals(Task.BINARY, loaded.task());
        assertEquals(List.of("no", "yes"), loaded.labels());
        for (int wrong : new int[] {0x10, 0x30, 0x40, 0x50, 0x22, 0xff}) {
            file[output] = (byte) wrong;
            assertThrows(IOException.class, () -> Forge.load(Forge.summed(file)), "output " + wrong);
        }
    }
}
