package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A model predicts what its network does, without the layers that prediction can do without. */
class FoldingProperties {

    /** Of fixed networks: one of the activations has a jump, and folding rounds otherwise. */
    @Property(tries = 200, seed = "1")
    void aModelPredictsWhatItsNetworkDoes(@ForAll long seed) {
        Network network = RandomModels.network(seed);
        Model model = Model.of(network, Loss.MEAN_SQUARED_ERROR);
        int rows = 5, in = model.inputSize(), out = model.outputSize();
        float[] inputs = RandomModels.inputs(in, rows, seed);
        float[] expected = new float[rows * out], found = new float[rows * out];
        network.predictor().logits(inputs, 0, expected, 0, rows);
        model.predictor().logits(inputs, 0, found, 0, rows);
        float largest = 1f;
        for (float e : expected) largest = Math.max(largest, Math.abs(e));
        for (int i = 0; i < found.length; i++) assertEquals(expected[i], found[i], 1e-4f * largest);
        assertTrue(!model.stack().toString().contains("dropout"), model.toString());
    }

    private static String layers(Network.Builder network) {
        return Model.of(network.build(1), Loss.MEAN_SQUARED_ERROR).stack().toString();
    }

    @Example
    void normalisationsGoIntoTheDenseLayersBesideThem() {
        Activation none = Activation.IDENTITY, relu = Activation.RELU;
        assertEquals("dense 3->4", layers(Network.builder(3).dense(4, none).batchNorm()));
        assertEquals(
                "dense 3->4",
                layers(Network.builder(3)
                        .add(Dense.of(3, 4, none).withoutBias())
                        .batchNorm()));
        assertEquals("dense 3->4 relu", layers(Network.builder(3).batchNorm().dense(4, relu)));
        assertEquals(
                "dense 3->4 relu -> dense 4->2",
                layers(Network.builder(3)
                        .dense(4, relu)
                        .batchNorm()
                        .dropout(0.5)
                        .dense(2, none)));
        assertEquals(
                "dense 3->4 relu -> batch norm 4",
                layers(Network.builder(3).dense(4, relu).batchNorm()));
        assertEquals(
                "dense 3->4 -> prelu 4 -> dense 4->2",
                layers(Network.builder(3)
                        .dense(4, none)
                        .batchNorm()
                        .add(PRelu.of(4))
                        .dense(2, none)));
        assertEquals(
                "residual (dense 3->4 -> dense 4->3)",
                layers(Network.builder(3)
                        .residual(block ->
                                block.dense(4, none).batchNorm().dense(3, none).batchNorm())));
        assertEquals(
                "dropout 3, rate 0.0", layers(Network.builder(3).dropout(0.5).dropout(0.5)));
        assertEquals(
                "dense 3->4",
                layers(Network.builder(3).dense(4, none).batchNorm().batchNorm()));
    }

    @Example
    void theFoldedParametersAreThoseOfTheFormulas() {
        Network after =
                Network.builder(1).dense(1, Activation.IDENTITY).batchNorm().build(1);
        // weight, bias; scale, shift, mean, variance
        after.setParameters(new float[] {3f, 5f, 2f, 7f, 4f, 0.25f});
        float s = 2f * (1f / (float) Math.sqrt(0.25f + 1e-5f)), t = Math.fma(-4f, s, 7f);
        float[] folded = Model.of(after, Loss.MEAN_SQUARED_ERROR).copyParameters();
        assertEquals(3f * s, folded[0]);
        assertEquals(Math.fma(5f, s, t), folded[1]);

        Network before =
                Network.builder(1).batchNorm().dense(1, Activation.RELU).build(1);
        before.setParameters(new float[] {2f, 7f, 4f, 0.25f, 3f, 5f});
        folded = Model.of(before, Loss.MEAN_SQUARED_ERROR).copyParameters();
        assertEquals(s * 3f, folded[0]);
        assertEquals((float) (5.0 + (double) t * 3f), folded[1]);
    }

    @Example
    void statisticsThatAreNoneAreRefused() {
        Network network =
                Network.builder(1).dense(1, Activation.IDENTITY).batchNorm().build(1);
        network.setParameters(new float[] {3f, 5f, 2f, 7f, 4f, -1f});
        assertEquals(
                "parameter dense1.weights[0][0] is not finite once batch normalisation is folded into the weights; did the"
                        + " training diverge?",
                assertThrows(IllegalArgumentException.class, () -> Model.of(network, Loss.MEAN_SQUARED_ERROR))
                        .getMessage());
    }
}
