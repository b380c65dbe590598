package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.train.Regularizer;
import lanewise.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class EmbeddingTest {

    private static Network network() {
        return Network.builder(2)
                .add(Embedding.of(2, 10, 17))
                .dense(3, Activation.IDENTITY)
                .build(1);
    }

    @Test
    void vectorsStandOneAfterTheOther() {
        Embedding layer = Embedding.of(2, 10, 17);
        Parameters parameters = Parameters.zeros(layer);
        layer.initialize(parameters, new RandomSource(1));
        Pass pass = Batch.forPrediction(layer, 1).pass();
        pass.batch().setInput(0, new float[] {9, -0f}, 0);
        layer.forward(pass, 0, 1, parameters, pass.batch().input(), pass.batch().output());
        for (int o = 0; o < 17; o++) {
            assertEquals(parameters.get(0).get(9, o), pass.batch().output().get(0, o));
            assertEquals(parameters.get(0).get(0, o), pass.batch().output().get(0, 17 + o));
        }
    }

    @Test
    void trainingTouchesUsedVectorsOnly() {
        Network network = network();
        float[] before = network.copyParameters();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(2)
                .epochs(2)
                .build()
                .train(Dataset.ofFloats(2, new float[] {3, 5, 5, 5, 7, 3}, 1, new float[] {0, 1, 2}));
        float[] after = network.copyParameters();
        for (int v = 0; v < 10; v++) {
            float[] old = Arrays.copyOfRange(before, 17 * v, 17 * v + 17);
            float[] now = Arrays.copyOfRange(after, 17 * v, 17 * v + 17);
            if (v == 3 || v == 5 || v == 7) assertFalse(Arrays.equals(old, now), "vector " + v);
            else assertArrayEquals(old, now, "vector " + v);
        }
    }

    @Test
    void penaltiesSpareVectors() {
        Network network = network();
        float[] before = network.copyParameters();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .regularizer(Regularizer.l2(0.1f))
                .epochs(1)
                .build()
                .train(Dataset.ofFloats(2, new float[] {3, 3}, 1, new float[] {0}));
        assertArrayEquals(Arrays.copyOf(before, 3 * 17), Arrays.copyOf(network.copyParameters(), 3 * 17));
    }

    @Test
    void anIndexUsedTwiceGetsBothGradients() {
        Embedding layer = Embedding.of(2, 4, 3);
        Parameters target = Parameters.zeros(layer);
        Pass pass = Batch.forTraining(layer, 2).pass();
        pass.batch().setInput(0, new float[] {2, 2}, 0);
        pass.batch().setInput(1, new float[] {1, 2}, 0);
        for (int r = 0; r < 2; r++)
            for (int o = 0; o < 6; o++) pass.batch().dOutput().set(r, o, 10 * r + o);
        for (int part = 0; part < 3; part++)
            layer.parameterGradient(
                    pass,
                    0,
                    2,
                    pass.batch().input(),
                    pass.batch().output(),
                    pass.batch().dOutput(),
                    0.5f,
                    target,
                    part,
                    3);
        for (int o = 0; o < 3; o++) {
            assertEquals(0.5f * (10 + o), target.get(0).get(1, o));
            assertEquals(0.5f * (o + (3 + o) + (13 + o)), target.get(0).get(2, o));
            assertEquals(0f, target.get(0).get(0, o) + target.get(0).get(3, o));
        }
    }

    @Test
    void indicesAreIntegersInRange() {
        Embedding layer = Embedding.of(2, 10, 4);
        Parameters parameters = Parameters.zeros(layer);
        Pass pass = Batch.forPrediction(layer, 1).pass();
        for (float bad : new float[] {10, -1, 2.5f, 0.3f, Float.NaN, 1e30f, Float.POSITIVE_INFINITY, 0x1p31f}) {
            pass.batch().setInput(0, new float[] {0, bad}, 0);
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> layer.forward(
                                    pass,
                                    0,
                                    1,
                                    parameters,
                                    pass.batch().input(),
                                    pass.batch().output()))
                    .getMessage();
            assertEquals(
                    "embedding 2 of 10 x 4: row 0: input 1 is " + bad + ", an integer from 0 to 9 expected"
                            + (bad == 0.3f ? "; were the indices scaled like pixels?" : ""),
                    message);
        }
        assertThrows(IllegalArgumentException.class, () -> Embedding.of(1, (1 << 24) + 1, 1));
        assertThrows(IllegalArgumentException.class, () -> Embedding.of(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> Embedding.of(0, 5, 1));
        assertThrows(IllegalArgumentException.class, () -> Embedding.of(1, 5, 0));
        assertEquals(1 << 24, Embedding.of(1, 1 << 24, 1).vocabulary());
        assertEquals(1, Embedding.of(1, 1, 1).vocabulary());
        assertThrows(IllegalArgumentException.class, () -> Embedding.of(1 << 16, 5, 1 << 16));
    }

    @Test
    void onlyTheFirstLayerCanBeOne() {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> new Stack(List.of(Dense.of(3, 2, Activation.RELU), Embedding.of(2, 10, 4))))
                .getMessage();
        assertTrue(message.startsWith("layer 1 (embedding 2 of 10 x 4) has no gradient"), message);
        Stack first = new Stack(List.of(Embedding.of(2, 10, 4), Dense.of(8, 2, Activation.RELU)));
        assertFalse(first.differentiableInput());
        Pass pass = Batch.forTraining(first, 1).pass();
        assertThrows(
                IllegalArgumentException.class,
                () -> first.backward(
                        pass,
                        0,
                        1,
                        Parameters.zeros(first),
                        pass.batch().input(),
                        pass.batch().output(),
                        pass.batch().dOutput(),
                        pass.batch().dInput()));
    }
}
