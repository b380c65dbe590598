package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.BatchNorm;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.Evaluation;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class BatchNormTest {

    private final BatchNorm layer = BatchNorm.of(2);
    private final Parameters parameters = Parameters.zeros(layer);

    private Pass forward(float[]... rows) {
        Pass pass = Batch.forTraining(layer, 4).pass();
        for (int r = 0; r < rows.length; r++) pass.batch().setInput(r, rows[r], 0);
        layer.forward(
                pass,
                0,
                rows.length,
                parameters,
                pass.batch().input(),
                pass.batch().output());
        return pass;
    }

    private BatchNormTest() {
        layer.initialize(parameters, new RandomSource(1));
    }

    @Test
    void unitsGetMeanZeroAndVarianceOneOverTheBatch() {
        parameters.get(0).set(0, 1, 3f);
        parameters.get(1).set(0, 1, 10f);
        Pass pass = forward(new float[] {1, 100}, new float[] {3, 104});
        float normal = 1 / (float) Math.sqrt(1 + 1e-5f), other = 2 * (1 / (float) Math.sqrt(4 + 1e-5f));
        assertEquals(-normal, pass.batch().output().get(0, 0));
        assertEquals(normal, pass.batch().output().get(1, 0));
        assertEquals(Math.fma(-other, 3f, 10f), pass.batch().output().get(0, 1));
        assertEquals(Math.fma(other, 3f, 10f), pass.batch().output().get(1, 1));
    }

    @Test
    void runningStatisticsFollowOncePerStep() {
        Pass pass = forward(new float[] {1, 100}, new float[] {3, 104});
        assertEquals(0f, parameters.get(2).get(0, 0));
        layer.updateRunningStatistics(pass, 2, parameters);
        float left = 1f - 0.9f;
        assertEquals(Math.fma(left, 2f, 0f), parameters.get(2).get(0, 0));
        assertEquals(Math.fma(left, 102f, 0f), parameters.get(2).get(0, 1));
        // Variances 1 and 4 times 2 / (2 − 1), as the batch is a sample.
        assertEquals(Math.fma(left, 2f - 1f, 1f), parameters.get(3).get(0, 0));
        assertEquals(Math.fma(left, 8f - 1f, 1f), parameters.get(3).get(0, 1));
    }

    /** As in Keras and ONNX; PyTorch's would be 1 − 0.75. */
    @Test
    void momentumIsTheShareThatAStepLeaves() {
        BatchNorm slower = layer.withMomentum(0.75f);
        Pass pass = Batch.forTraining(slower, 2).pass();
        pass.batch().setInput(0, new float[] {1, 100}, 0);
        pass.batch().setInput(1, new float[] {3, 104}, 0);
        slower.forward(
                pass, 0, 2, parameters, pass.batch().input(), pass.batch().output());
        slower.updateRunningStatistics(pass, 2, parameters);
        assertEquals(0.25f * 2f, parameters.get(2).get(0, 0));
        assertEquals(0.25f * 102f, parameters.get(2).get(0, 1));
        assertEquals(0.75f * 1f + 0.25f * 2f, parameters.get(3).get(0, 0));
    }

    @Test
    void predictionUsesRunningStatistics() {
        float[][] values = {{2f, 0.5f}, {1f, -1f}, {10f, 20f}, {4f, 0.25f}};
        for (int p = 0; p < 4; p++)
            for (int o = 0; o < 2; o++) parameters.get(p).set(0, o, values[p][o]);
        for (Layer form : List.of(layer, layer.forPrediction())) {
            Pass pass = Batch.forPrediction(form, 1).pass();
            pass.batch().setInput(0, new float[] {12f, 21f}, 0);
            form.forward(
                    pass, 0, 1, parameters, pass.batch().input(), pass.batch().output());
            assertEquals(1 + 2 * (12 - 10) / 2.0, pass.batch().output().get(0, 0), 1e-4);
            assertEquals(-1 + 0.5 * (21 - 20) / 0.5, pass.batch().output().get(0, 1), 1e-4);
        }
        Slice s = Slice.allocate(1, 2), t = Slice.allocate(1, 2);
        layer.fold(parameters, s, t);
        float factor = 2f * (1f / (float) Math.sqrt(4f + 1e-5f));
        assertEquals(factor, s.get(0, 0));
        assertEquals(Math.fma(-10f, factor, 1f), t.get(0, 0));
        assertFalse(layer.rowwise());
        assertTrue(layer.forPrediction().rowwise());
    }

    @Test
    void constantUnitsGiveShiftExactly() {
        for (float value : new float[] {0f, 0.1f, -1e4f, 1e30f}) {
            parameters.get(1).set(0, 0, 7f);
            Pass pass = forward(new float[] {value, 1}, new float[] {value, 2}, new float[] {value, 4});
            for (int r = 0; r < 3; r++) assertEquals(7f, pass.batch().output().get(r, 0));
        }
    }

    @Test
    void aBatchOfOneRowGivesShiftAndLeavesTheStatistics() {
        parameters.get(1).set(0, 1, -3f);
        Pass pass = forward(new float[] {5, 6});
        layer.updateRunningStatistics(pass, 1, parameters);
        assertEquals(0f, pass.batch().output().get(0, 0));
        assertEquals(-3f, pass.batch().output().get(0, 1));
        assertEquals(0f, parameters.get(2).get(0, 0));
        assertEquals(1f, parameters.get(3).get(0, 0));
    }

    @Test
    void hugeInputsAreNormalisedToo() {
        for (float huge : new float[] {1e15f, 1e19f, 1e25f, 1e30f}) {
            Pass pass = forward(new float[] {huge, 1}, new float[] {-huge, 2});
            assertEquals(1, pass.batch().output().get(0, 0), 1e-6);
            assertEquals(-1, pass.batch().output().get(1, 0), 1e-6);
            pass.batch().dOutput().set(0, 0, 1);
            layer.backward(
                    pass,
                    0,
                    2,
                    parameters,
                    pass.batch().input(),
                    pass.batch().output(),
                    pass.batch().dOutput(),
                    pass.batch().dInput());
            layer.updateRunningStatistics(pass, 2, parameters);
            for (int r = 0; r < 2; r++)
                for (int c = 0; c < 2; c++)
                    assertTrue(Float.isFinite(pass.batch().dInput().get(r, c)));
            for (Slice p : parameters)
                for (int c = 0; c < 2; c++) assertTrue(Float.isFinite(p.get(0, c)) && p.array()[p.at(0) + 2] == 0f);
        }
    }

    @Test
    void aBatchIsNotToBeSplit() {
        Pass pass = Batch.forTraining(layer, 4).pass();
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> layer.forward(
                                pass,
                                2,
                                4,
                                parameters,
                                pass.batch().input(),
                                pass.batch().output()))
                .getMessage();
        assertTrue(message.startsWith("batch norm 2: rows from 2 on given"), message);
    }

    private static Dataset data() {
        float[] inputs = new float[26], targets = new float[13];
        for (int i = 0; i < 26; i++) inputs[i] = i % 7 - i / 5f;
        for (int i = 0; i < 13; i++) targets[i] = i % 2;
        return Dataset.ofFloats(2, inputs, 1, targets);
    }

    private static Network network() {
        return Network.builder(2)
                .batchNorm()
                .dense(5, Activation.RELU)
                .batchNorm()
                .dense(2, Activation.IDENTITY)
                .build(1);
    }

    @Test
    void trainingSettlesTheStatisticsOfEachStep() {
        // One step of the whole data with no learning worth mentioning: the first layer sees the data themselves.
        Network network = network();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(1e-12f)
                .batchSize(13)
                .epochs(1)
                .build()
                .train(data());
        double sum = 0, squares = 0;
        for (int i = 0; i < 26; i += 2) sum += i % 7 - i / 5f;
        for (int i = 0; i < 26; i += 2) squares += Math.pow(i % 7 - i / 5f - sum / 13, 2);
        assertEquals(0.1 * sum / 13, network.parameters().get(2).get(0, 0), 1e-6);
        assertEquals(0.9 + 0.1 * squares / 12, network.parameters().get(3).get(0, 0), 1e-6);
    }

    @Test
    void evaluationGoesByRowsWhateverTheBatch() {
        Network network = network();
        // 13 rows in batches of 6 and 7.
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(6)
                .epochs(3)
                .build()
                .train(data());
        double loss = 0;
        for (int i = 0; i < 13; i++)
            loss += Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data().range(i, i + 1))
                    .loss();
        assertEquals(Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data()).loss(), loss / 13, 1e-12);
    }

    /** A row alone has no statistics: its output would be the shift, whatever its input. */
    @Test
    void aLastRowJoinsTheBatchBefore() {
        // Of 13 samples: the batch size, then the batches that there are.
        for (int[] sizes : new int[][] {{12, 13}, {4, 4, 4, 5}, {13, 13}, {3, 3, 3, 3, 4}, {5, 5, 5, 3}, {11, 11, 2}}) {
            List<Integer> expected = new ArrayList<>(), batches = new ArrayList<>();
            List<Long> steps = new ArrayList<>();
            for (int i = 1; i < sizes.length; i++) expected.add(sizes[i]);
            Trainer.builder(network(), Loss.SOFTMAX_CROSS_ENTROPY)
                    .batchSize(sizes[0])
                    .epochs(1)
                    .learningRate((step, of) -> {
                        steps.add(of);
                        return 0.1f;
                    })
                    .listener(new TrainingListener() {
                        private int before;

                        @Override
                        public void batchDone(int epoch, int done, int samples, double loss) {
                            batches.add(done - before);
                            before = done;
                        }
                    })
                    .build()
                    .train(data());
            assertEquals(expected, batches);
            assertEquals(Collections.nCopies(batches.size(), (long) batches.size()), steps);
        }
    }

    @Test
    void trainingRowByRowIsRefused() {
        Trainer trainer = Trainer.builder(network(), Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(1)
                .build();
        String message = assertThrows(IllegalArgumentException.class, () -> trainer.train(data()))
                .getMessage();
        assertTrue(
                message.startsWith("batches of 1 row, but a layer of this network (batch normalisation, say)"),
                message);
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> BatchNorm.of(0));
        assertThrows(IllegalArgumentException.class, () -> layer.withEpsilon(-1));
        assertThrows(IllegalArgumentException.class, () -> layer.withMomentum(1));
        assertThrows(IllegalArgumentException.class, () -> layer.withMomentum(-0.1f));
    }

    @Test
    void theLeastSettingsAreTaken() {
        assertEquals(1e-12f, BatchNorm.of(1).withMomentum(0).withEpsilon(1e-12f).epsilon());
        assertEquals(1e-5f, BatchNorm.of(1).epsilon());
    }

    @Test
    void aBatchInPiecesIsRefusedForwardAndBackward() {
        BatchNorm norm = BatchNorm.of(3);
        Pass pass = Batch.forTraining(norm, 4).pass();
        Parameters parameters = Parameters.zeros(norm);
        String text = "batch norm 3: rows from 1 on given, but a batch's statistics need all its rows at once";
        String forward = assertThrows(
                        IllegalArgumentException.class,
                        () -> norm.forward(
                                pass,
                                1,
                                4,
                                parameters,
                                pass.batch().input(),
                                pass.batch().output()))
                .getMessage();
        assertTrue(forward.startsWith(text), forward);
        norm.forward(pass, 0, 4, parameters, pass.batch().input(), pass.batch().output());
        String backward = assertThrows(
                        IllegalArgumentException.class,
                        () -> norm.backward(
                                pass,
                                1,
                                4,
                                parameters,
                                pass.batch().input(),
                                pass.batch().output(),
                                pass.batch().dOutput(),
                                pass.batch().dInput()))
                .getMessage();
        assertTrue(backward.startsWith(text), backward);
    }
}
