package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.Activation;
import lanewise.Dense;
import lanewise.Embedding;
import lanewise.Loss;
import lanewise.Network;
import lanewise.PRelu;
import lanewise.RandomSource;
import lanewise.data.Dataset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Short trainings of all layers, whose parameters are the same to the bit on every machine. */
@Tag("bits")
class FingerprintTest {

    /** Points in five dimensions; the class is the sign of a product, which no straight line separates. */
    private static Dataset data() {
        RandomSource random = new RandomSource(1);
        float[] inputs = new float[5 * 300], classes = new float[300];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
        for (int i = 0; i < 300; i++) classes[i] = inputs[5 * i] * inputs[5 * i + 1] > 0 ? 1 : 0;
        return Dataset.ofFloats(5, inputs, 1, classes);
    }

    private static Network normalised() {
        return Network.builder(5)
                .add(Dense.of(5, 40, Activation.IDENTITY).withoutBias())
                .batchNorm()
                .add(PRelu.of(40))
                .dropout(0.1)
                .residual(block -> block.layerNorm().dense(33, Activation.MISH).dense(40, Activation.IDENTITY))
                .residual(block -> block.dense(40, Activation.SELU).dropout(0.2))
                .dense(17, Activation.GELU)
                .dense(2, Activation.IDENTITY)
                .build(7);
    }

    @Test
    void normalisedAndDroppedAndResidual() {
        Network network = normalised();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.05f))
                .learningRate(Schedule.linear(0.1f))
                .batch(16)
                .epochs(12)
                .seed(3)
                .build()
                .train(data());
        Evaluation evaluation = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data());
        assertTrue(evaluation.accuracy() > 0.9, "learned: " + evaluation);
        assertEquals("f6a81cf7c4ceb8a6", network.fingerprint());
    }

    @Test
    void regularised() {
        Network network = normalised();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .regularizer(Regularizer.l1(1e-4f).and(Regularizer.l2(1e-3f)))
                .batch(16)
                .epochs(3)
                .build()
                .train(data());
        assertEquals("6cdeb00c86a5a291", network.fingerprint());
    }

    @Test
    void embedded() {
        Network network = Network.builder(2)
                .add(Embedding.of(2, 20, 7))
                .layerNorm()
                .dense(20, Activation.ELU)
                .dense(1, Activation.HARD_SWISH)
                .build(7);
        float[] inputs = new float[2 * 100], targets = new float[100];
        RandomSource random = new RandomSource(5);
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.nextInt(20);
        for (int i = 0; i < 100; i++) targets[i] = (inputs[2 * i] + inputs[2 * i + 1]) / 10;
        Trainer.builder(network, Loss.HUBER)
                .learningRate(Schedule.constant(0.03f))
                .epochs(10)
                .build()
                .train(Dataset.ofFloats(2, inputs, 1, targets));
        assertEquals("d1d79f47d8f07035", network.fingerprint());
    }
}
