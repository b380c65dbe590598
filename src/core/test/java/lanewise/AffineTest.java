package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Loss;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

@Tag("bits")
class AffineTest {

    private static float[] predict(Network network, float[] input) {
        float[] output = new float[network.outputSize()];
        network.predictor().logits(input, 0, output, 0);
        return output;
    }

    @Test
    void itBeginsAsTheIdentity() {
        float[] input = {1.5f, -2, 0};
        assertArrayEquals(input, predict(Network.builder(3).add(Affine.of(3)).build(1), input));
    }

    /** Scale before shift, in one rounding. */
    @Property
    void outputsAreOneFusedMultiplyAdd(@ForAll @IntRange(min = 1, max = 70) int size, @ForAll long seed) {
        float[] values = RandomModels.inputs(3 * size, 1, seed), input = Arrays.copyOf(values, size);
        Network network = Network.builder(size).add(Affine.of(size)).build(1);
        network.setParameters(Arrays.copyOfRange(values, size, 3 * size));
        float[] output = predict(network, input);
        for (int i = 0; i < size; i++)
            assertEquals(Math.fma(input[i], values[size + i], values[2 * size + i]) + 0f, output[i]);
        assertArrayEquals(output, logits(Model.of(network, Loss.MEAN_SQUARED_ERROR), input));
    }

    private static float[] logits(Model model, float[] input) {
        float[] output = new float[model.outputSize()];
        model.predictor().logits(input, 0, output, 0);
        return output;
    }

    @Test
    void gradientsAreSumsOverRows() {
        Affine layer = Affine.of(2);
        Pass pass = Batch.forTraining(layer, 2).pass();
        Parameters parameters = Parameters.zeros(layer), target = Parameters.zeros(layer);
        parameters.get(0).set(0, 0, -3f);
        parameters.get(0).set(0, 1, 0.5f);
        pass.batch().setInput(0, new float[] {1, 2}, 0);
        pass.batch().setInput(1, new float[] {-4, 8}, 0);
        // what lies beyond a row's width may be anything
        for (int r = 0; r < 2; r++)
            Arrays.fill(
                    pass.batch().input().array(),
                    pass.batch().input().at(r) + 2,
                    pass.batch().input().at(r) + 16,
                    Float.NaN);
        layer.forward(pass, 0, 2, parameters, pass.batch().input(), pass.batch().output());
        assertEquals(12f, pass.batch().output().get(1, 0));
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 2; c++) pass.batch().dOutput().set(r, c, 1 + r);
        layer.backward(
                pass,
                0,
                2,
                parameters,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                pass.batch().dInput());
        assertEquals(-3f, pass.batch().dInput().get(0, 0));
        assertEquals(1f, pass.batch().dInput().get(1, 1));
        layer.parameterGradient(
                pass,
                0,
                2,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                0.5f,
                target,
                0,
                1);
        // Half of 1 · 1 − 4 · 2, of 2 · 1 + 8 · 2, and of 1 + 2.
        assertEquals(-3.5f, target.get(0).get(0, 0));
        assertEquals(9f, target.get(0).get(0, 1));
        assertEquals(1.5f, target.get(1).get(0, 1));
        for (int p = 0; p < 2; p++)
            for (int i = 2; i < 16; i++)
                assertEquals(
                        0,
                        Float.floatToRawIntBits(
                                target.get(p).array()[target.get(p).offset() + i]),
                        "padding");
    }

    @Test
    void parametersAreAScaleAndABias() {
        assertEquals(
                "[scale 1x4, shift 1x4] [SCALE, BIAS]",
                Affine.of(4).parameters() + " "
                        + Affine.of(4).parameters().stream()
                                .map(ParameterShape::role)
                                .toList());
        assertEquals("affine 4", Affine.of(4).toString());
        String message =
                assertThrows(IllegalArgumentException.class, () -> Affine.of(0)).getMessage();
        assertTrue(message.contains("an affine layer of size 0"), message);
    }

    /** It is a layer of its own in a model, so that an imported model's numbers stay as they are. */
    @Test
    void itIsNotFolded() {
        Network network = Network.builder(2)
                .dense(3, Activation.IDENTITY)
                .add(Affine.of(3))
                .dense(1, Activation.IDENTITY)
                .build(1);
        assertEquals(
                "dense 2->3 -> affine 3 -> dense 3->1",
                Model.of(network, Loss.MEAN_SQUARED_ERROR).stack().toString());
    }
}
