package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.optimizer.Adam;
import org.junit.jupiter.api.Test;

/** Validation, early stopping, averages, weights, and learning a few samples at a time. */
class ValidationTest {

    /** Labels that are noise: what is learned of them is no use elsewhere. */
    private static Dataset noise(int seed) {
        RandomSource random = new RandomSource(seed);
        float[] inputs = new float[40 * 5];
        byte[] labels = new byte[40];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
        for (int i = 0; i < labels.length; i++) labels[i] = (byte) random.nextInt(2);
        return Dataset.ofFloats(5, inputs, labels, 2);
    }

    private static Network network() {
        return Network.builder(5)
                .dense(30, Activation.TANH)
                .dense(2, Activation.IDENTITY)
                .build(1);
    }

    private static Trainer.Builder trainer(Network network) {
        return Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .optimizer(new Adam())
                .learningRate(0.01f)
                .batchSize(10)
                .epochs(60);
    }

    @Test
    void theBestParametersComeBack() {
        Network network = network();
        Dataset validation = noise(2);
        List<TrainingListener.Epoch> epochs = new ArrayList<>();
        List<String> fingerprints = new ArrayList<>();
        Trainer trainer = trainer(network)
                .validation(validation)
                .patience(4)
                .listener(new TrainingListener() {
                    @Override
                    public void epochDone(Epoch epoch) {
                        epochs.add(epoch);
                        fingerprints.add(network.fingerprint());
                        assertEquals(
                                Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, validation), epoch.validation());
                    }
                })
                .build();
        assertTrue(trainer.train(noise(1)));
        int best = trainer.bestEpoch();
        assertTrue(best >= 1 && best < 50, "overfitting was to be seen, but the best epoch is " + best);
        assertEquals(best + 4, epochs.size(), "four epochs of patience");
        assertEquals(fingerprints.get(best - 1), network.fingerprint());
        assertEquals(
                trainer.validationLosses().stream().min(Double::compare).orElseThrow(),
                Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, validation).loss());
        for (TrainingListener.Epoch epoch : epochs)
            assertEquals(
                    epoch.number() <= best && isSmallest(trainer.validationLosses(), epoch.number()), epoch.best());
        assertTrue(trainer.train(noise(1)), "a further call has its own patience");
        assertTrue(trainer.validationLosses().size() >= best + 8);
    }

    private static boolean isSmallest(List<Double> losses, int number) {
        return losses.subList(0, number - 1).stream().allMatch(loss -> losses.get(number - 1) < loss);
    }

    @Test
    void patienceNeedsAValidation() {
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> trainer(network()).patience(2).build())
                .getMessage()
                .startsWith("patience needs data for the validation"));
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> trainer(network())
                                .validation(Dataset.ofFloats(4, new float[4], new byte[1], 2))
                                .build())
                .getMessage()
                .startsWith("validation: samples of 4 values"));
    }

    /** The average follows its formula, and training goes on from the parameters themselves. */
    @Test
    void anAverageIsWhatTheNetworkHasWhenItIsLookedAt() {
        Network plain = network(), averaged = network();
        Dataset data = noise(1);
        float[] expected = plain.copyParameters();
        Trainer each = trainer(plain).batchSize(40).epochs(1).build();
        List<String> seen = new ArrayList<>();
        List<String> wanted = new ArrayList<>();
        for (int epoch = 0; epoch < 5; epoch++) {
            each.train(data);
            float[] w = plain.copyParameters();
            for (int i = 0; i < w.length; i++)
                expected[i] = Math.fma((float) (1 - 0.9), w[i] - expected[i], expected[i]);
            Network copy = network();
            copy.setParameters(expected);
            wanted.add(copy.fingerprint());
        }
        trainer(averaged)
                .batchSize(40)
                .epochs(5)
                .averaging(0.9)
                .listener(new TrainingListener() {
                    @Override
                    public void epochDone(Epoch epoch) {
                        seen.add(averaged.fingerprint());
                    }
                })
                .build()
                .train(data);
        assertEquals(wanted, seen);
        assertEquals(wanted.get(4), averaged.fingerprint());
    }

    // Weights

    /** A full batch with weights against one in which the rows are there so many times. */
    @Test
    void aWeightCountsAsRepeatedRows() {
        Dataset data = noise(1);
        float[] weights = new float[40];
        int repeated = 0;
        for (int i = 0; i < 40; i++) repeated += (int) (weights[i] = i % 4);
        float[] inputs = new float[repeated * 5], targets = new float[repeated * 2];
        float[] allInputs = new float[40 * 5], allTargets = new float[40 * 2];
        RandomSource random = new RandomSource(1);
        for (int i = 0; i < allInputs.length; i++) allInputs[i] = random.normal();
        for (int i = 0; i < allTargets.length; i++) allTargets[i] = random.nextInt(2);
        int at = 0;
        for (int i = 0; i < 40; i++)
            for (int k = 0; k < weights[i]; k++, at++) {
                System.arraycopy(allInputs, 5 * i, inputs, 5 * at, 5);
                System.arraycopy(allTargets, 2 * i, targets, 2 * at, 2);
            }
        for (Loss loss : Loss.all()) {
            float[] own = allTargets.clone(), ownRepeated = targets.clone();
            if (loss == Loss.HINGE) {
                for (int i = 0; i < own.length; i++) own[i] = 2 * own[i] - 1;
                for (int i = 0; i < ownRepeated.length; i++) ownRepeated[i] = 2 * ownRepeated[i] - 1;
            }
            Dataset weighted = Dataset.ofFloats(5, allInputs, 2, own).weighted(weights);
            Dataset duplicate = Dataset.ofFloats(5, inputs, 2, ownRepeated);
            Network a = network(), b = network();
            for (Network network : List.of(a, b)) {
                Dataset used = network == a ? weighted : duplicate;
                Trainer.builder(network, loss)
                        .learningRate(0.1f)
                        .batchSize(used.size())
                        .epochs(20)
                        .build()
                        .train(used);
            }
            assertEquals(
                    Evaluation.of(b, loss, duplicate).loss(),
                    Evaluation.of(b, loss, weighted).loss(),
                    1e-6,
                    loss + "");
            float[] p = a.copyParameters(), q = b.copyParameters();
            for (int i = 0; i < p.length; i++) assertEquals(q[i], p[i], 2e-6f, loss + ", parameter " + i);
        }
        assertEquals(repeated / 40.0, weights(data.weighted(weights)), 1e-9);
    }

    private static double weights(Dataset data) {
        double sum = 0;
        for (int i = 0; i < data.size(); i++) sum += data.weight(i);
        return sum / data.size();
    }

    @Test
    void equalWeightsChangeNoBit() {
        Network a = network(), b = network();
        float[] weights = new float[40];
        java.util.Arrays.fill(weights, 0.25f);
        trainer(a).epochs(3).build().train(noise(1));
        trainer(b).epochs(3).build().train(noise(1).weighted(weights));
        assertEquals(a.fingerprint(), b.fingerprint());
    }

    @Test
    void classesGetWeights() {
        Dataset data = Dataset.ofFloats(1, new float[4], new byte[] {0, 2, 2, 2}, 3);
        assertEquals(List.of(2f, 2 / 3f, 2 / 3f, 2 / 3f), all(data.balanced()));
        assertEquals(List.of(5f, 7f, 7f, 7f), all(data.classWeighted(5f, 6f, 7f)));
        assertEquals(List.of(7f, 7f), all(data.classWeighted(5f, 6f, 7f).range(2, 4)));
        assertEquals(1f, data.classWeighted(5f, 6f, 7f).range(2, 4).factor(0), "of its own mean");
        assertThrows(IllegalArgumentException.class, () -> data.classWeighted(1f, 2f));
        for (float[] wrong : new float[][] {{1, 1, 1}, {1, 1, 1, -1}, {1, 1, 1, Float.NaN}, {0, 0, 0, 0}})
            assertThrows(IllegalArgumentException.class, () -> data.weighted(wrong));
    }

    private static List<Float> all(Dataset data) {
        List<Float> weights = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) weights.add(data.weight(i));
        return weights;
    }

    // A few samples at a time

    @Test
    void samplesAreLearnedAFewAtATime() {
        Network network = network();
        Dataset data = noise(1);
        Trainer trainer = trainer(network).build();
        double before = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data).loss(), last = 0;
        for (int i = 0; i < 200; i++) last = trainer.step(data.range(i % 8 * 5, i % 8 * 5 + 5));
        assertEquals(200, trainer.progress().step());
        assertTrue(Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data).loss() < before / 2);
        assertTrue(last < before);
        Network one = network(), other = network();
        Trainer whole = trainer(one).build(), parts = trainer(other).build();
        for (int i = 0; i < 3; i++) whole.step(data);
        for (int i = 0; i < 12; i++) parts.step(data.range(i % 4 * 10, i % 4 * 10 + 10));
        assertEquals(one.fingerprint(), other.fingerprint());
        parts.train(data);
        assertNotEquals(one.fingerprint(), other.fingerprint());
    }

    @Test
    void aListenerCanStopItsTrainer() {
        Network network = network();
        Trainer trainer = trainer(network)
                .listener(new TrainingListener() {
                    private Trainer own;

                    @Override
                    public void started(Trainer trainer) {
                        own = trainer;
                    }

                    @Override
                    public void epochDone(Epoch epoch) {
                        if (epoch.number() == 2) own.stop();
                    }
                })
                .build();
        assertEquals(false, trainer.train(noise(1)));
        assertEquals(3, trainer.progress().epoch());
    }

    @Test
    void largeGradientsAreClipped() {
        for (Clipping clipping : List.of(Clipping.byNorm(0.5), Clipping.byValue(0.01), Clipping.NONE)) {
            Network network = network();
            float[] before = network.copyParameters();
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .clipping(clipping)
                    .learningRate(1f)
                    .batchSize(40)
                    .epochs(1)
                    .build()
                    .train(noise(1));
            float[] after = network.copyParameters();
            double squares = 0, largest = 0;
            for (int i = 0; i < after.length; i++) {
                squares += Math.pow(after[i] - before[i], 2);
                largest = Math.max(largest, Math.abs(after[i] - before[i]));
            }
            if (clipping.limitsNorm()) assertEquals(0.5, Math.sqrt(squares), 1e-5);
            else if (clipping.limitsValues()) assertEquals(0.01, largest, 1e-7);
            else assertTrue(Math.sqrt(squares) > 0.6 && largest > 0.02, squares + " " + largest);
        }
        assertThrows(IllegalArgumentException.class, () -> Clipping.byNorm(0));
        assertEquals("norm 0.5, value 0.1", new Clipping(0.5, 0.1).toString());
    }
}
