package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanewise.ChildJvm;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.optimizer.Adam;
import lanewise.train.schedule.Cosine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training that is killed again and again, at random moments: in a JVM of its own, by SIGKILL where there is one. It saves after
 * each few steps, so that many of the kills come in the middle of a save. {@code -Dkills=200} kills more often.
 */
class KilledTrainingTest {

    private static final int KILLS = Integer.getInteger("kills", 8);

    @TempDir
    Path folder;

    /** Goes on with the training in a folder, and prints its fingerprint. */
    static final class Child {
        public static void main(String[] args) {
            RandomSource random = new RandomSource(7);
            float[] inputs = new float[300 * 20];
            byte[] labels = new byte[300];
            for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
            for (int i = 0; i < labels.length; i++) labels[i] = (byte) (inputs[20 * i] > 0 ? 1 : 0);
            Dataset data = Dataset.ofFloats(20, inputs, labels, 2);
            Network network = Network.builder(20)
                    .dense(300, Activation.TANH)
                    .batchNorm()
                    .dropout(0.1)
                    .dense(2, Activation.IDENTITY)
                    .build(1);
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .optimizer(new Adam())
                    .learningRate(new Cosine(0.002f))
                    .averaging(0.9)
                    .batchSize(8)
                    .epochs(4)
                    .validation(data.range(0, 50))
                    .checkpoints(Checkpoints.in(Path.of(args[0]))
                            .everySteps(2)
                            .keep(2)
                            .resume())
                    .build()
                    .train(data.range(50, 300));
            System.out.println(network.fingerprint());
        }
    }

    private static Process start(Path folder) throws Exception {
        return ChildJvm.start(List.of("-XX:TieredStopAtLevel=1"), Child.class, folder.toString());
    }

    private static String output(Process ended) throws Exception {
        return new String(ended.getInputStream().readAllBytes(), StandardCharsets.UTF_8) + "exit " + ended.waitFor();
    }

    @Test
    void aKilledTrainingEndsWithTheBitsOfOneThatWasNot() throws Exception {
        long begin = System.nanoTime();
        String expected = output(start(folder.resolve("whole")));
        long nanos = System.nanoTime() - begin;
        assertTrue(expected.matches("(?s)[0-9a-f]{16}\\s+exit 0"), expected);
        RandomSource random = new RandomSource(3);
        Path own = folder.resolve("killed");
        int kills = 0, ends = 0, within = 0;
        while (kills < KILLS || ends == 0) {
            Process process = start(own);
            if (process.waitFor((long) (nanos * (0.25 + 0.65 * random.uniform())), TimeUnit.NANOSECONDS)) {
                assertEquals(expected, output(process), "after " + kills + " kills");
                ends++;
                delete(own);
                continue;
            }
            process.destroyForcibly().waitFor();
            kills++;
            if (Files.isDirectory(own) && hasTemporary(own)) within++;
        }
        System.out.printf("%d kills, %d of them within a save; %d trainings ended%n", kills, within, ends);
        assertTrue(KILLS < 100 || within > 0, "none was within a save");
    }

    private static boolean hasTemporary(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> !file.toString().endsWith(Checkpoints.ENDING));
        }
    }

    private static void delete(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) Files.delete(file);
        }
        Files.delete(folder);
    }
}
