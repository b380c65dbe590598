package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanewise.ChildJvm;
import lanewise.Model;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that is killed while it saves leaves the old model or the new one, whole. */
class KilledSaveTest {

    @TempDir
    Path directory;

    /** 25 times; {@code -Dkills=500} for more. */
    @Test
    void aKilledSaveLeavesTheOldOrTheNewModelWhole() throws Exception {
        int kills = Integer.getInteger("kills", 25), leftOver = 0, news = 0;
        Path file = directory.resolve("model");
        Random random = new Random(1);
        byte[][] models = {Forge.bytes(model(0)), Forge.bytes(model(1))};
        Process next = start(file);
        for (int i = 0; i < kills; i++) {
            Process saver = next;
            // starts while the other one saves
            next = start(file);
            saver.getOutputStream().close();
            assertEquals('s', saver.getInputStream().read(), "the child's first output");
            boolean ended = saver.waitFor(random.nextInt(30_000), TimeUnit.MICROSECONDS);
            assertTrue(!ended, "it saves until it is killed");
            saver.destroyForcibly().waitFor();
            byte[] found = Files.readAllBytes(file);
            int which = found.length == models[0].length ? 0 : 1;
            assertArrayEquals(models[which], found, "kill " + i);
            ModelFile.load(file);
            int beside = files().size() - 1;
            assertTrue(beside <= 1, "at most the killed save's own temporary file");
            leftOver += beside;
            news += which;
        }
        next.destroyForcibly().waitFor();
        System.out.println(kills + " kills: " + leftOver + " left a temporary file, " + news + " a model of one kind, "
                + (kills - news) + " of the other");
        ModelFile.save(model(0), file);
        assertEquals(List.of(file), files());
    }

    private static Process start(Path file) throws IOException {
        return ChildJvm.start(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"), Saver.class, file.toString());
    }

    /** Some 300 KB, of different length. */
    private static Model model(int which) {
        return Model.of(
                Network.builder(256)
                        .dense(256 + 32 * which, Activation.TANH)
                        .dense(10, Activation.IDENTITY)
                        .build(which),
                Loss.SOFTMAX_CROSS_ENTROPY);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    /** Waits for the end of its input, then saves one model and the other in turn, for ever. */
    static final class Saver {

        private Saver() {}

        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            Model[] models = {model(0), model(1)};
            Forge.bytes(models[0]);
            while (System.in.read() >= 0) {}
            ModelFile.save(models[0], file);
            System.out.println("saving");
            for (int i = 1; ; i++) ModelFile.save(models[i % 2], file);
        }
    }
}
