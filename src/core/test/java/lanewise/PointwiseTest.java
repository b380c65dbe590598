package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.Pointwise;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("bits")
class PointwiseTest {

    static Iterable<Activation> all() {
        return Activation.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void rowsHaveTheBitsOfSingleValues(Activation activation) {
        for (int size : new int[] {1, 16, 33}) {
            Pointwise layer = Pointwise.of(size, activation);
            Pass pass = Batch.forTraining(layer, 3).pass();
            float[] x = RandomModels.inputs(size, 3, size);
            for (int r = 0; r < 3; r++) {
                pass.batch().setInput(r, x, r * size);
                // what lies beyond a row's width may be anything
                int end = pass.batch().input().at(r) + (size + 15 & -16);
                Arrays.fill(pass.batch().input().array(), pass.batch().input().at(r) + size, end, Float.NaN);
                for (int c = 0; c < size; c++) pass.batch().dOutput().set(r, c, 0.5f);
            }
            Parameters none = Parameters.zeros(layer);
            layer.forward(pass, 0, 3, none, pass.batch().input(), pass.batch().output());
            layer.backward(
                    pass,
                    0,
                    3,
                    none,
                    pass.batch().input(),
                    pass.batch().output(),
                    pass.batch().dOutput(),
                    pass.batch().dInput());
            for (int r = 0; r < 3; r++)
                for (int c = 0; c < size; c++) {
                    float at = x[r * size + c], value = activation.value(at);
                    assertEquals(value, pass.batch().output().get(r, c), activation + " of " + at);
                    assertEquals(at, pass.batch().input().get(r, c));
                    assertEquals(
                            Arithmetic.flush(0.5f * activation.derivative(at, value)),
                            pass.batch().dInput().get(r, c),
                            activation + "' at " + at);
                }
            for (int c = size; c % 16 != 0; c++)
                assertEquals(
                        0,
                        Float.floatToRawIntBits(pass.batch()
                                .dInput()
                                .array()[pass.batch().dInput().at(1) + c]),
                        "padding");
        }
    }

    /** A dense layer's own activation and one behind it are the same function to the bit. */
    @Test
    void itDoesWhatADenseLayersActivationDoes() {
        for (Activation activation : Activation.all()) {
            Network one = Network.builder(5).dense(7, activation).build(1);
            Network two = Network.builder(5)
                    .add(Dense.of(5, 7, Activation.IDENTITY))
                    .add(Pointwise.of(7, activation))
                    .build(1);
            two.setParameters(one.copyParameters());
            float[] input = RandomModels.inputs(5, 1, 3), first = new float[7], second = new float[7];
            one.predictor().logits(input, 0, first, 0);
            two.predictor().logits(input, 0, second, 0);
            assertArrayEquals(first, second);
        }
    }

    @Test
    void anActivationOfOnesOwnWorks() {
        Activation square = new Activation("square") {
            @Override
            public float value(float x) {
                return x * x;
            }

            @Override
            public float derivative(float x, float y) {
                return 2 * x;
            }
        };
        Network network = Network.builder(2).add(Pointwise.of(2, square)).build(1);
        float[] output = new float[2];
        network.predictor().logits(new float[] {3, -4}, 0, output, 0);
        assertArrayEquals(new float[] {9, 16}, output);
        assertArrayEquals(new float[] {0, -8}, Attribution.ofLogits(network).gradient(new float[] {3, -4}, 1));
    }

    @Test
    void namesAndErrors() {
        assertEquals(
                "pointwise 3 hard-tanh", Pointwise.of(3, Activation.HARD_TANH).toString());
        assertSame(Activation.GELU, Pointwise.of(1, Activation.GELU).activation());
        assertThrows(NullPointerException.class, () -> Pointwise.of(1, null));
        String message = assertThrows(IllegalArgumentException.class, () -> Pointwise.of(0, Activation.RELU))
                .getMessage();
        assertTrue(message.contains("a pointwise layer of size 0"), message);
    }

    /** Losses look at the end of a network whether its activation stands alone or not. */
    @Test
    void aLossRefusesProbabilitiesAtTheEnd() {
        for (Activation wrong : new Activation[] {Activation.SIGMOID, Activation.RELU6, Activation.softplus(3f)}) {
            Network network = Network.builder(2)
                    .dense(1, Activation.IDENTITY)
                    .add(Pointwise.of(1, wrong))
                    .build(1);
            String message = assertThrows(
                            IllegalArgumentException.class, () -> Model.of(network, Loss.BINARY_CROSS_ENTROPY))
                    .getMessage();
            assertTrue(message.startsWith("the last layer (pointwise 1 " + wrong + ") "), message);
        }
    }
}
