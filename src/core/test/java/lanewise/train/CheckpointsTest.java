package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.NAdam;
import lanewise.train.optimizer.RmsProp;
import lanewise.train.schedule.Cosine;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.OneCycle;
import lanewise.train.schedule.RampUp;
import lanewise.train.schedule.ReduceOnPlateau;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    @TempDir
    Path folder;

    private static Dataset points(int samples, int seed) {
        RandomSource random = new RandomSource(seed);
        float[] inputs = new float[samples * 4];
        byte[] labels = new byte[samples];
        for (int s = 0; s < samples; s++) {
            for (int i = 0; i < 4; i++) inputs[4 * s + i] = random.normal();
            labels[s] = (byte) (inputs[4 * s] * inputs[4 * s + 1] > 0 ? 1 : inputs[4 * s + 2] > 0 ? 2 : 0);
        }
        return Dataset.ofFloats(4, inputs, labels, 3);
    }

    private static final Dataset DATA = points(61, 1), VALIDATION = points(40, 2);

    /** With all that draws random numbers or remembers something. */
    private static Network network() {
        return Network.builder(4)
                .dense(12, Activation.TANH)
                .batchNorm()
                .dropout(0.2)
                .dense(3, Activation.IDENTITY)
                .build(3);
    }

    private static Trainer.Builder all(Network network) {
        return Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .optimizer(new NAdam())
                .learningRate(new ReduceOnPlateau(new RampUp(5, new OneCycle(0.02f)), 0.5, 0, 0.05))
                .regularizer(Regularizer.l2(1e-3f))
                .clipping(Clipping.byNorm(0.5))
                .averaging(0.9)
                .batchSize(8)
                .epochs(7)
                .patience(3)
                .validation(VALIDATION)
                .seed(5);
    }

    private static TrainingListener stoppingAt(int step) {
        return new TrainingListener() {
            private Trainer trainer;
            private int steps;

            @Override
            public void started(Trainer trainer) {
                this.trainer = trainer;
            }

            @Override
            public void batchDone(int epoch, int done, int of, double loss) {
                if (++steps == step) trainer.stop();
            }
        };
    }

    /** Stops a training after each few steps, each time with a new network and trainer, until one ends. */
    private void resumes(String name, UnaryOperator<Trainer.Builder> settings, int every) {
        Network whole = network();
        Trainer uninterrupted = settings.apply(all(whole)).build();
        assertTrue(uninterrupted.train(DATA));
        Path own = folder.resolve(name + every);
        for (int parts = 0; ; parts++) {
            Network network = network();
            network.parameters().clear(); // whatever it holds, the checkpoint replaces it
            if (parts == 0) network = network();
            Trainer trainer = settings.apply(all(network))
                    .checkpoints(Checkpoints.in(own).everyEpochs(0).resume())
                    .listener(stoppingAt(every))
                    .build();
            if (!trainer.train(DATA)) continue;
            assertTrue(parts > 1, name + ": was never stopped");
            assertEquals(whole.fingerprint(), network.fingerprint(), name + ", stopped every " + every + " steps");
            assertEquals(uninterrupted.validationLosses(), trainer.validationLosses());
            assertEquals(uninterrupted.bestEpoch(), trainer.bestEpoch());
            // What has ended has ended.
            Network again = network();
            assertTrue(settings.apply(all(again))
                    .checkpoints(Checkpoints.in(own).resume())
                    .build()
                    .train(DATA));
            assertEquals(whole.fingerprint(), again.fingerprint(), name + ", resumed at its end");
            return;
        }
    }

    @Test
    void resumedTrainingsEndWithTheBitsOfUninterruptedOnes() {
        for (int every : new int[] {1, 5, 8, 9}) {
            resumes("all", b -> b, every);
            resumes(
                    "plain",
                    b -> b.optimizer(new lanewise.train.optimizer.Sgd())
                            .averaging(0)
                            .clipping(Clipping.NONE),
                    every);
            resumes("impatient", b -> b.patience(1).optimizer(new AdamW()), every);
            resumes(
                    "one by one and no validation",
                    b -> b.validation(null).patience(0).batchSize(2),
                    11 * every);
            resumes(
                    "rmsprop",
                    b -> b.optimizer(new RmsProp(0.9, 1e-6, 0.5, true)).learningRate(new Cosine(0.01f, 7, 2)),
                    every);
        }
    }

    @Test
    void stepsEpochsAndTimeDecideWhenOneIsWritten() throws Exception {
        Set<String> told = new TreeSet<>();
        all(network())
                .checkpoints(Checkpoints.in(folder).everyEpochs(0).everySteps(3).keep(100))
                .listener(new TrainingListener() {
                    @Override
                    public void checkpointWritten(Path file) {
                        assertTrue(Files.isRegularFile(file), file.toString());
                        told.add(file.getFileName().toString().replace(".checkpoint", ""));
                    }
                })
                .patience(0)
                .epochs(2)
                .build()
                .train(DATA);
        assertEquals(
                List.of(
                        "best",
                        "step-000000000003",
                        "step-000000000006",
                        "step-000000000009",
                        "step-000000000012",
                        "step-000000000015",
                        "step-000000000016"),
                names(folder));
        assertEquals(names(folder), List.copyOf(told));
        Path timed = folder.resolve("timed");
        all(network())
                .checkpoints(Checkpoints.in(timed)
                        .everyEpochs(0)
                        .every(Duration.ofNanos(1))
                        .keep(4))
                .validation(null)
                .patience(0)
                .epochs(1)
                .build()
                .train(DATA);
        assertEquals(
                List.of("step-000000000005", "step-000000000006", "step-000000000007", "step-000000000008"),
                names(timed));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(f -> f.getFileName().toString().replace(".checkpoint", ""))
                    .sorted()
                    .toList();
        }
    }

    private String refused(UnaryOperator<Trainer.Builder> settings, Dataset data) {
        Network network = network();
        String before = network.fingerprint();
        Trainer trainer = settings.apply(
                        all(network).checkpoints(Checkpoints.in(folder).resume()))
                .build();
        String message = assertThrows(IllegalStateException.class, () -> trainer.train(data))
                .getMessage();
        assertEquals(before, network.fingerprint());
        return message;
    }

    @Test
    void aCheckpointOfAnotherTrainingIsRefusedByNamingTheDifference() {
        all(network()).checkpoints(Checkpoints.in(folder)).build().train(DATA);
        assertTrue(refused(b -> b.seed(6), DATA).endsWith("; seed: 5 in the checkpoint, 6 now"));
        assertTrue(refused(b -> b.batchSize(9), DATA).contains("batch size: 8 in the checkpoint, 9 now"));
        assertTrue(refused(b -> b.epochs(9), DATA).contains("epochs: 7 in the checkpoint, 9 now"));
        assertTrue(refused(b -> b.optimizer(new AdamW()), DATA).contains("optimizer: NAdam["));
        assertTrue(refused(b -> b.learningRate(new Linear(0.1f)), DATA).contains("learning rate: ReduceOnPlateau["));
        assertTrue(
                refused(b -> b.averaging(0.5), DATA).contains("average: decay 0.9 in the checkpoint, decay 0.5 now"));
        assertTrue(refused(b -> b.clipping(Clipping.NONE), DATA)
                .contains("clipping: norm 0.5 in the checkpoint, none now"));
        assertTrue(refused(b -> b, points(61, 9)).contains("data: 61 samples of 4 floats, 3 classes, CRC-32C "));
        assertTrue(refused(b -> b.validation(points(40, 9)), DATA).contains("validation: 40 samples"));
        Trainer afresh = all(network()).checkpoints(Checkpoints.in(folder)).build();
        assertTrue(assertThrows(IllegalStateException.class, () -> afresh.train(DATA))
                .getMessage()
                .endsWith("resume, or take another folder"));
    }

    /** Every byte counts: a damaged file is never taken, and the one before stands. */
    @Test
    void aDamagedCheckpointIsNotTaken() throws Exception {
        Network whole = network();
        all(whole).checkpoints(Checkpoints.in(folder).keep(2)).build().train(DATA);
        List<Path> files = Checkpoints.in(folder).newestFirst();
        byte[] bytes = Files.readAllBytes(files.get(0));
        RandomSource random = new RandomSource(1);
        for (int i = 0; i < 300; i++) {
            int at = i < 60 ? i : random.nextInt(bytes.length);
            byte[] flipped = bytes.clone();
            flipped[at] ^= (byte) (1 << random.nextInt(8));
            if (i % 10 == 9) flipped = java.util.Arrays.copyOf(bytes, at);
            Files.write(files.get(0), flipped);
            String message = assertThrows(IOException.class, () -> Checkpoint.read(files.get(0)))
                    .getMessage();
            assertTrue(message.startsWith(files.get(0) + " is no checkpoint that can be used: "), message);
        }
        List<String> warnings = new ArrayList<>();
        Network network = network();
        assertTrue(all(network)
                .checkpoints(Checkpoints.in(folder).resume())
                .listener(warning(warnings))
                .build()
                .train(DATA));
        assertEquals(whole.fingerprint(), network.fingerprint());
        assertEquals(1, warnings.size(), warnings.toString());
        for (Path file : Checkpoints.in(folder).newestFirst()) Files.write(file, new byte[] {1, 2, 3});
        Trainer trainer =
                all(network()).checkpoints(Checkpoints.in(folder).resume()).build();
        assertThrows(UncheckedIOException.class, () -> trainer.train(DATA));
    }

    /** Newer files that cannot be read, as of a training that went further, do not count among those that are kept. */
    @Test
    void damagedNewerOnesDoNotDriveOutWhatIsWritten() throws Exception {
        Network whole = network();
        all(whole).build().train(DATA);
        Checkpoints one = Checkpoints.in(folder).everyEpochs(0).everySteps(3).keep(1);
        Network network = network();
        trainFor(7, network, one);
        Files.write(one.file(40), new byte[50]);
        Files.write(one.file(41), new byte[50]);
        network = network();
        trainFor(7, network, one.resume());
        List<Path> written = one.newestFirst();
        written.removeAll(List.of(one.file(40), one.file(41)));
        assertEquals(1, written.size(), written.toString());
        assertTrue(Checkpoint.read(written.get(0)) != null && !written.get(0).equals(one.file(6)), written.toString());
        network = network();
        assertTrue(all(network).checkpoints(one.resume()).build().train(DATA));
        assertEquals(whole.fingerprint(), network.fingerprint());
    }

    private static void trainFor(int steps, Network network, Checkpoints checkpoints) {
        int[] done = {0};
        Trainer[] trainer = new Trainer[1];
        trainer[0] = all(network)
                .checkpoints(checkpoints)
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int samples, int of, double loss) {
                        if (++done[0] == steps) trainer[0].stop();
                    }
                })
                .build();
        assertFalse(trainer[0].train(DATA));
    }

    private static TrainingListener warning(List<String> warnings) {
        return new TrainingListener() {
            @Override
            public void warning(String message) {
                warnings.add(message);
            }
        };
    }

    /** A folder that goes away in the middle: the training goes on, and warns at each save. */
    @Test
    void aFailedSaveIsAWarning() throws Exception {
        Network whole = network(), network = network();
        all(whole).build().train(DATA);
        Path inner = folder.resolve("inner");
        List<String> warnings = new ArrayList<>();
        int[] steps = {0};
        all(network)
                .checkpoints(Checkpoints.in(inner).everyEpochs(0).everySteps(4))
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int of, double loss) {
                        if (++steps[0] != 6) return;
                        try {
                            for (Path file : Checkpoints.in(inner).newestFirst()) Files.delete(file);
                            Files.delete(inner);
                            Files.write(inner, new byte[1]);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }

                    @Override
                    public void warning(String message) {
                        warnings.add(message);
                    }
                })
                .build()
                .train(DATA);
        assertEquals(whole.fingerprint(), network.fingerprint());
        assertFalse(warnings.isEmpty());
        assertTrue(warnings.get(0).startsWith("no checkpoint at step 8: "), warnings.get(0));
    }

    @Test
    void aFolderThatCannotBeWrittenIsSaidBeforeTheFirstStep() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[1]);
        Network network = network();
        String before = network.fingerprint();
        for (Path wrong : List.of(file, folder.resolve("x".repeat(300)))) {
            Trainer trainer = all(network).checkpoints(Checkpoints.in(wrong)).build();
            assertThrows(UncheckedIOException.class, () -> trainer.train(DATA));
            assertEquals(before, network.fingerprint());
        }
    }
}
