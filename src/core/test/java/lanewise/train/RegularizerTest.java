package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class RegularizerTest {

    /** Two inputs, one output: weights 0.5 and −2, bias 1. */
    private static Network network() {
        Network network = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {0.5f, -2f, 1f});
        return network;
    }

    private static float[] train(Regularizer regularizer, int batch) {
        Network network = network();
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .regularizer(regularizer)
                .learningRate(0.25f)
                .batchSize(batch)
                .epochs(1)
                .build()
                .train(Dataset.ofFloats(2, new float[] {1, 0}, 1, new float[] {0.5f}));
        return network.copyParameters();
    }

    // The output is 1.5, the error 1, the gradient 2 for the first weight and the bias, 0 for the second weight.

    @Test
    void l2ShrinksWeightsAndNotTheBias() {
        assertArrayEquals(
                new float[] {0.5f - 0.25f * (2 + 0.5f * 0.5f), -2 - 0.25f * (0.5f * -2), 1 - 0.25f * 2},
                train(Regularizer.l2(0.5f), 1));
    }

    @Test
    void l1ShrinksBySteps() {
        assertArrayEquals(
                new float[] {0.5f - 0.25f * (2 + 0.5f), -2 - 0.25f * -0.5f, 1 - 0.25f * 2},
                train(Regularizer.l1(0.5f), 1));
    }

    @Test
    void bothAddUp() {
        assertArrayEquals(
                new float[] {0.5f - 0.25f * (2 + 0.25f + 1), -2 - 0.25f * (-1 - 1), 1 - 0.25f * 2},
                train(Regularizer.l1(1).and(Regularizer.l2(0.5f)), 8));
    }

    @Test
    void noPenaltyIsPlainDescent() {
        assertArrayEquals(new float[] {0, -2, 0.5f}, train(Regularizer.NONE, 1));
        assertArrayEquals(new float[] {0, -2, 0.5f}, train(Regularizer.l2(0), 1));
    }

    @Test
    void thePenaltyIsThatOfTheWeights() {
        assertEquals(
                0.5 * 2.5 + 0.1 / 2 * 4.25,
                Regularizer.l1(0.5f).and(Regularizer.l2(0.1f)).penalty(network()),
                1e-6);
        Network others = Network.builder(2).batchNorm().layerNorm().build(1);
        assertEquals(0, Regularizer.l1(1).penalty(others));
        Network inside = Network.builder(1)
                .residual(block -> block.dense(1, Activation.IDENTITY))
                .build(1);
        inside.setParameters(new float[] {3, 5});
        assertEquals(3, Regularizer.l1(1).penalty(inside));
    }

    @Test
    void weightsThatNothingHoldsFadeAway() {
        Network network = network();
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .regularizer(Regularizer.l2(0.5f))
                .learningRate(0.1f)
                .epochs(400)
                .build()
                .train(Dataset.ofFloats(2, new float[] {1, 0}, 1, new float[] {0.5f}));
        assertTrue(Math.abs(network.parameters().get(0).get(1, 0)) < 1e-6);
        // Without weights the bias alone gives the target.
        assertEquals(0.5f, network.parameters().get(1).get(0, 0), 1e-4);
    }

    @Test
    void factorsAreNotNegative() {
        assertEquals(
                "l2 -1.0 given, zero or a positive finite number expected",
                assertThrows(IllegalArgumentException.class, () -> Regularizer.l2(-1))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> Regularizer.l1(Float.NaN));
        assertEquals(
                "l1 0.5, l2 0.25",
                Regularizer.l1(0.5f).and(Regularizer.l2(0.25f)).toString());
        assertEquals("none", Regularizer.NONE.toString());
    }
}
