package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Dense;
import lanewise.layer.Initializer;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("bits")
class ActivationTest {

    static Iterable<Activation> all() {
        return Activation.all();
    }

    /** One row through the kernels: values, then derivatives. */
    private static float[][] row(Activation activation, float[] x) {
        Dense layer = Dense.of(x.length, x.length, activation).withoutBias();
        Pass pass = Batch.forTraining(layer, 1).pass();
        Parameters identity = Parameters.zeros(layer);
        for (int i = 0; i < x.length; i++) identity.get(0).set(i, i, 1f);
        pass.batch().setInput(0, x, 0);
        for (int i = 0; i < x.length; i++) pass.batch().dOutput().set(0, i, 1f);
        layer.forward(pass, 0, 1, identity, pass.batch().input(), pass.batch().output());
        layer.backward(
                pass,
                0,
                1,
                identity,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                null);
        float[][] result = new float[2][x.length];
        pass.batch().output().copyTo(result[0], 0);
        pass.batch().dOutput().copyTo(result[1], 0);
        return result;
    }

    @ParameterizedTest
    @MethodSource("all")
    void rowsHaveTheBitsOfSingleValues(Activation activation) {
        SplittableRandom random = new SplittableRandom(1);
        float[] x = new float[61];
        for (int i = 0; i < x.length; i++) x[i] = (float) random.nextDouble(-1, 1) * (i < 30 ? 4 : 40) + 0f;
        float[][] row = row(activation, x);
        for (int i = 0; i < x.length; i++) {
            float value = activation.value(x[i]);
            assertEquals(value, row[0][i], activation + " of " + x[i]);
            assertEquals(
                    Arithmetic.flush(activation.derivative(x[i], value)),
                    row[1][i],
                    "derivative of " + activation + " at " + x[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void hugeAndTinyValuesStayFinite(Activation activation) {
        for (float x : new float[] {0f, 1e-45f, 1e-38f, 1e-20f, 1e4f, 1e30f, Float.MAX_VALUE / 4})
            for (float signed : new float[] {x, -x}) {
                float y = activation.value(signed);
                assertTrue(Float.isFinite(y), activation + " of " + signed + " is " + y);
                float d = activation.derivative(signed, y);
                assertTrue(Float.isFinite(d) && Math.abs(d) < 2, activation + "' of " + signed + " is " + d);
                // Each of them is the identity, a constant, or zero far away, and at most a constant times x anywhere.
                assertTrue(Math.abs(y) <= Math.max(1.8, 1.1 * x), activation + " of " + signed + " is " + y);
            }
    }

    @Test
    void valuesFarAwayAreTheLimits() {
        assertEquals(-1f, Activation.ELU.value(-1e30f));
        assertEquals(1e30f, Activation.ELU.value(1e30f));
        assertEquals(-1.7580993f, Activation.SELU.value(-1e4f));
        assertEquals(0f, Activation.HARD_SIGMOID.value(-1e30f));
        assertEquals(1f, Activation.HARD_SIGMOID.value(1e30f));
        assertEquals(1e30f, Activation.HARD_SWISH.value(1e30f));
        assertEquals(1e30f, Activation.MISH.value(1e30f));
        assertEquals(1e30f, Activation.GELU.value(1e30f));
        assertEquals(1f, Activation.SOFTSIGN.value(1e30f));
        for (Activation a : new Activation[] {Activation.HARD_SWISH, Activation.MISH, Activation.GELU}) {
            assertEquals(0, Float.floatToRawIntBits(a.value(-1e30f)), a + ": +0.0");
            assertEquals(1f, a.derivative(1e30f, 1e30f));
            assertEquals(0f, a.derivative(-1e30f, 0f));
        }
    }

    @Test
    void namesAreTheirOwn() {
        Set<String> names = new HashSet<>();
        for (Activation a : Activation.all()) assertTrue(names.add(a.toString()), a.toString());
        assertTrue(names.containsAll(Set.of("gelu", "gelu-tanh")));
        assertEquals("elu(0.5)", Activation.elu(0.5f).toString());
        assertThrows(IllegalArgumentException.class, () -> Activation.elu(0));
        assertThrows(IllegalArgumentException.class, () -> Activation.elu(Float.NaN));
    }

    @Test
    void weightsAreInitialisedToSuitTheActivation() {
        assertSame(Initializer.LECUN_NORMAL, Initializer.forActivation(Activation.SELU));
        assertSame(Initializer.HE_UNIFORM, Initializer.forActivation(Activation.RELU));
        assertSame(Initializer.GLOROT_UNIFORM, Initializer.forActivation(Activation.GELU_TANH));
    }

    /** SELU's promise (Klambauer et al. 2017): mean 0 and variance 1 survive many layers. */
    @Test
    void seluKeepsMeanAndVariance() {
        Network.Builder builder = Network.builder(256);
        for (int i = 0; i < 12; i++) builder.dense(256, Activation.SELU);
        Network network = builder.build(1);
        Pass pass = Batch.forPrediction(network.stack(), 64).pass();
        RandomSource random = new RandomSource(2);
        for (int r = 0; r < 64; r++)
            for (int c = 0; c < 256; c++) pass.batch().input().set(r, c, random.normal());
        network.stack()
                .forward(
                        pass,
                        0,
                        64,
                        network.parameters(),
                        pass.batch().input(),
                        pass.batch().output());
        double sum = 0, squares = 0;
        for (int r = 0; r < 64; r++)
            for (int c = 0; c < 256; c++) {
                sum += pass.batch().output().get(r, c);
                squares += Math.pow(pass.batch().output().get(r, c), 2);
            }
        assertEquals(0, sum / (64 * 256), 0.15);
        assertEquals(1, squares / (64 * 256), 0.3);
    }
}
