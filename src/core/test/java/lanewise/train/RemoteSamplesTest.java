package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.train.optimizer.Adam;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.Sgd;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.ReduceOnPlateau;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on samples that lie elsewhere: the bits of a training on the same samples here, whoever computes what, and when. */
class RemoteSamplesTest {

    private static final int SAMPLES = 2_300, INPUTS = 7, CLASSES = 4;
    private static final Loss LOSS = Loss.SOFTMAX_CROSS_ENTROPY;

    private static Dataset data(boolean weighted) {
        RandomSource random = new RandomSource(5);
        float[] inputs = new float[SAMPLES * INPUTS], weights = new float[SAMPLES];
        int[] labels = new int[SAMPLES];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
        for (int i = 0; i < SAMPLES; i++) {
            labels[i] = (inputs[i * INPUTS] > 0 ? 1 : 0) + (inputs[i * INPUTS + 1] > 0 ? 2 : 0);
            weights[i] = Math.abs(random.normal());
        }
        Dataset data = Dataset.ofFloats(INPUTS, inputs, labels, CLASSES);
        return weighted ? data.weighted(weights) : data;
    }

    private static Network network() {
        return Network.builder(INPUTS)
                .dense(19, Activation.TANH)
                .dropout(0.2f)
                .dense(CLASSES, Activation.IDENTITY)
                .build(3);
    }

    /** Others that have all samples, and no memory of steps: each computes blocks from the parameters that it is given. */
    private static class Others implements RemoteSamples {

        private final Dataset all;
        private final Random random;
        int mostHeld, steps;

        Others(Dataset all, long seed) {
            this.all = all;
            random = new Random(seed);
        }

        @Override
        public int size() {
            return all.size();
        }

        @Override
        public int targetSize() {
            return all.targetSize();
        }

        @Override
        public String fingerprint() {
            return all.fingerprint();
        }

        @Override
        public void train(Segment segment) throws IOException, InterruptedException {
            int[] order = segment.order();
            while (!segment.over()) {
                if (segment.whole()) segment.run(part(order, segment.position(), segment.rows()));
                else {
                    BlockSum sum = segment.blocks();
                    blocks(segment, order, sum);
                    mostHeld = Math.max(mostHeld, sum.mostHeld());
                    segment.update(sum);
                }
                steps++;
            }
        }

        /** Samples as they would come from elsewhere: in arrays of their own, weighed beside all. */
        private Dataset part(int[] order, int from, int rows) {
            Dataset part = all.select(Arrays.copyOfRange(order, from, from + rows));
            Dataset copy = Dataset.ofFloats(INPUTS, part.inputs(), part.labels(), CLASSES);
            if (!all.weighted()) return copy;
            double sum = 0;
            float[] weights = new float[rows];
            for (int i = 0; i < all.size(); i++) sum += all.weight(i);
            for (int i = 0; i < rows; i++) weights[i] = part.weight(i);
            return copy.weightedPart(weights, sum / all.size());
        }

        /** All blocks of a batch in any order, some twice, as after a failure. */
        void blocks(Segment segment, int[] order, BlockSum sum) throws IOException, InterruptedException {
            List<Integer> tasks = new ArrayList<>();
            for (int block = 0; block < sum.blocks(); block++) {
                tasks.add(block);
                if (random.nextInt(4) == 0) tasks.add(block);
            }
            Collections.shuffle(tasks, random);
            float[] parameters = range(segment.state().get(0));
            for (int block : tasks) {
                Network network = network();
                Parameters own = network.parameters();
                System.arraycopy(parameters, 0, own.array(), own.from(), parameters.length);
                try (Step step = new Step(network, LOSS, Step.BLOCK, 1)) {
                    int from = block * Step.BLOCK, rows = sum.rows(block);
                    step.load(part(order, segment.position() + from, rows), identity(rows), 0, rows);
                    step.batch().begin(segment.seed(), segment.step(), segment.position() + from);
                    step.gradientOfBlock(rows, segment.rows());
                    sum.add(block, range(step.gradient()), step.losses(rows));
                }
            }
        }

        static int[] identity(int size) {
            int[] all = new int[size];
            for (int i = 0; i < size; i++) all[i] = i;
            return all;
        }

        static float[] range(Parameters parameters) {
            return Arrays.copyOfRange(parameters.array(), parameters.from(), parameters.to());
        }
    }

    private static Trainer.Builder settings(Network network, int batchSize, Optimizer optimizer) {
        return Trainer.builder(network, LOSS)
                .learningRate(0.05f)
                .optimizer(optimizer)
                .batchSize(batchSize)
                .epochs(3)
                .seed(11);
    }

    @Test
    void theBitsAreThoseOfATrainingHere() {
        for (int batchSize : new int[] {5_000, 1_025, 600, 257, 256, 50})
            for (Optimizer optimizer : new Optimizer[] {new Sgd(), new Adam()})
                for (boolean weighted : new boolean[] {false, true}) {
                    String which = batchSize + " " + optimizer + " " + weighted;
                    Dataset data = data(weighted);
                    Network here = network(), there = network();
                    settings(here, batchSize, optimizer).build().train(data);
                    Others others = new Others(data, batchSize);
                    assertTrue(settings(there, batchSize, optimizer).build().train(others), which);
                    assertEquals(here.fingerprint(), there.fingerprint(), which);
                    assertEquals(3 * ((SAMPLES + batchSize - 1) / batchSize), others.steps, which);
                    assertTrue(batchSize < 600 || others.mostHeld > 1, "blocks out of order, " + which);
                }
    }

    @Test
    void whatTheTrainerDoesAroundAStepIsTheSame() {
        List<List<String>> told = new ArrayList<>();
        List<String> fingerprints = new ArrayList<>();
        for (boolean remote : new boolean[] {false, true}) {
            Network network = network();
            List<String> lines = new ArrayList<>();
            Trainer trainer = settings(network, 700, new Adam())
                    .learningRate(new ReduceOnPlateau(new Constant(0.05f), 0.5, 1, 0.01))
                    .epochs(8)
                    .averaging(0.9)
                    .clipping(Clipping.byNorm(0.5))
                    .regularizer(Regularizer.l2(1e-3f))
                    .validation(data(false).range(0, 300))
                    .patience(3)
                    .listener(new TrainingListener() {
                        @Override
                        public void batchDone(int epoch, int position, int size, double loss) {
                            lines.add(epoch + " " + position + " " + size + " " + loss);
                        }

                        @Override
                        public void epochDone(Epoch epoch) {
                            lines.add(epoch.number() + " " + epoch.loss() + " " + epoch.best() + " "
                                    + epoch.validation().loss());
                        }
                    })
                    .build();
            if (remote) trainer.train(new Others(data(true), 1));
            else trainer.train(data(true));
            told.add(lines);
            fingerprints.add(network.fingerprint());
        }
        assertEquals(told.get(0), told.get(1));
        assertEquals(fingerprints.get(0), fingerprints.get(1));
    }

    /** Others that do steps to the end of the epoch by themselves. */
    private static final class Alone extends Others {

        Alone(Dataset all) {
            super(all, 1);
        }

        @Override
        public void train(Segment segment) {
            Network network = network();
            Optimizer adam = new Adam();
            List<Parameters> state = segment.state();
            UpdateRule rule = new UpdateRule(adam, Regularizer.NONE, Clipping.NONE);
            double[] losses = new double[3];
            int[] order = segment.order();
            float[] rates = segment.rates(losses.length);
            try (Step step = new Step(network, LOSS, rule, 900, 1, Workers.one())) {
                List<Parameters> own = step.state();
                assertEquals(3, own.size(), "parameters and the two states of Adam");
                for (int s = 0; s < own.size(); s++) own.get(s).copyFrom(state.get(s));
                for (int i = 0, at = 0; i < losses.length; at += 900, i++) {
                    int rows = Math.min(900, SAMPLES - at);
                    step.load(data(true), order, at, rows);
                    step.batch().begin(segment.seed(), segment.step() + i, at);
                    losses[i] = step.run(rows, rates[i]);
                }
                for (int s = 0; s < own.size(); s++) state.get(s).copyFrom(own.get(s));
            }
            segment.done(losses);
            assertTrue(segment.over());
            assertThrows(IllegalArgumentException.class, () -> segment.done(1.0));
        }
    }

    @Test
    void othersMayDoAllStepsOfAnEpoch() {
        Network here = network(), there = network();
        settings(here, 900, new Adam()).build().train(data(true));
        settings(there, 900, new Adam()).build().train(new Alone(data(true)));
        assertEquals(here.fingerprint(), there.fingerprint());
    }

    @Test
    void aTrainingThatFailsGoesOnFromItsCheckpoint(@TempDir Path folder) {
        Network here = network(), there = network(), again = network();
        settings(here, 600, new Adam()).build().train(data(false));
        Others failing = new Others(data(false), 1) {
            @Override
            void blocks(Segment segment, int[] order, BlockSum sum) throws IOException, InterruptedException {
                if (steps == 7) throw new IOException("the others are gone");
                super.blocks(segment, order, sum);
            }
        };
        Checkpoints checkpoints = Checkpoints.in(folder).everySteps(2);
        UncheckedIOException e = assertThrows(
                UncheckedIOException.class,
                () -> settings(there, 600, new Adam())
                        .checkpoints(checkpoints)
                        .build()
                        .train(failing));
        assertEquals("the others are gone", e.getMessage());
        settings(again, 600, new Adam())
                .checkpoints(checkpoints.resume())
                .build()
                .train(new Others(data(false), 2));
        assertEquals(here.fingerprint(), again.fingerprint());
    }

    @Test
    void aTrainingStopsAfterTheCurrentStepAndGoesOnThere() {
        Network here = network(), there = network();
        settings(here, 600, new Sgd()).build().train(data(false));
        Trainer[] trainer = new Trainer[1];
        trainer[0] = settings(there, 600, new Sgd())
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int position, int size, double loss) {
                        if (epoch == 2 && position == 1_200) trainer[0].stop();
                    }
                })
                .build();
        assertFalse(trainer[0].train(new Others(data(false), 1)));
        assertEquals(1_200, trainer[0].progress().position());
        // The rest of epoch 2 and two more are three epochs, of which the first training has had one.
        Trainer rest = settings(there, 600, new Sgd())
                .epochs(2)
                .startAt(trainer[0].progress())
                .build();
        assertTrue(rest.train(new Others(data(false), 1)));
        assertEquals(here.fingerprint(), there.fingerprint());
    }

    @Test
    void mistakesOfTheOthersAreNamed() {
        Trainer trainer = settings(network(), 600, new Sgd()).build();
        Others idle = new Others(data(false), 1) {
            @Override
            public void train(Segment segment) {}
        };
        IllegalStateException left = assertThrows(IllegalStateException.class, () -> trainer.train(idle));
        assertEquals("epoch 1 was left after 0 of 2300 samples", left.getMessage());

        Others incomplete = new Others(data(false), 1) {
            @Override
            void blocks(Segment segment, int[] order, BlockSum sum) {
                int floats =
                        segment.state().get(0).to() - segment.state().get(0).from();
                sum.add(0, new float[floats], new double[256]);
                sum.add(2, new float[floats], new double[88]);
                IllegalArgumentException short1 =
                        assertThrows(IllegalArgumentException.class, () -> sum.add(1, new float[3], new double[256]));
                assertEquals(
                        "block 1 has 3 floats and 256 losses, " + floats + " and 256 expected", short1.getMessage());
                assertThrows(IllegalArgumentException.class, () -> sum.add(3, new float[floats], new double[256]));
            }
        };
        IllegalStateException missing = assertThrows(IllegalStateException.class, () -> trainer.train(incomplete));
        assertEquals("block 1 of 3 has not been added", missing.getMessage());

        Network normalised = Network.builder(INPUTS)
                .dense(9, Activation.IDENTITY)
                .batchNorm()
                .dense(CLASSES, Activation.IDENTITY)
                .build(1);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> settings(normalised, 600, new Sgd()).build().train(new Others(data(false), 1)));
        assertTrue(e.getMessage().startsWith("batches of 600 rows, but a layer of this network"), e.getMessage());
    }
}
