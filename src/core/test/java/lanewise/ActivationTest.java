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
        for (String name : Activation.names())
            assertEquals(name, Activation.of(name).toString());
        assertThrows(IllegalArgumentException.class, () -> Activation.of("celu(0.75)"));
        assertThrows(IllegalArgumentException.class, () -> Activation.of("relu7"));
        assertEquals("elu(0.5)", Activation.elu(0.5f).toString());
        assertThrows(IllegalArgumentException.class, () -> Activation.elu(0));
        assertThrows(IllegalArgumentException.class, () -> Activation.elu(Float.NaN));
    }

    @Test
    void parametersAreThoseOfTheFormula() {
        Activation softplus = Activation.softplus(0.5f), celu = Activation.celu(2f);
        assertEquals(2 * Math.log(1 + Math.exp(0.5)), softplus.value(1f), 1e-6);
        assertEquals(1 / (1 + Math.exp(-0.5)), softplus.derivative(1f, softplus.value(1f)), 1e-6);
        assertEquals(2 * Math.expm1(-1.5), celu.value(-3f), 1e-6);
        assertEquals(Math.exp(-1.5), celu.derivative(-3f, celu.value(-3f)), 1e-6);
        assertEquals(3f, celu.value(3f));
        Activation clip = Activation.clip(-0.5f, 2f), threshold = Activation.threshold(0.1f, 20f);
        float[] x = {-3f, -0.5f, 0.1f, 0.25f, 2f, 9f};
        float[] clipped = {-0.5f, -0.5f, 0.1f, 0.25f, 2f, 2f}, kept = {20f, 20f, 20f, 0.25f, 2f, 9f};
        for (int i = 0; i < x.length; i++) {
            assertEquals(clipped[i], clip.value(x[i]));
            assertEquals(kept[i], threshold.value(x[i]));
            assertEquals(x[i] > -0.5f && x[i] < 2f ? 1f : 0f, clip.derivative(x[i], clipped[i]));
            assertEquals(x[i] > 0.1f ? 1f : 0f, threshold.derivative(x[i], kept[i]));
        }
        assertEquals("threshold(0.1, 20.0)", threshold.toString());
        assertEquals("clip(-0.5, 2.0)", clip.toString());
    }

    @Test
    void activationsOfTheSameFunctionAreTheSame() {
        assertSame(Activation.SOFTPLUS, Activation.softplus(1f));
        assertSame(Activation.RELU6, Activation.clip(-0f, 6f));
        assertSame(Activation.HARD_TANH, Activation.clip(-1f, 1f));
        assertEquals("clip(0.0, 1.0)", Activation.clip(-0f, 1f).toString());
    }

    @Test
    void activationsAreMadeFromTheirNumbersAndParameters() {
        for (Activation a : new Activation[] {
            Activation.leakyRelu(0.2f),
            Activation.elu(0.5f),
            Activation.softplus(20f),
            Activation.clip(-2f, 3f),
            Activation.clip(-3f, 0f),
            Activation.threshold(1f, 0f),
            Activation.celu(1f)
        })
            assertEquals(
                    a.toString(),
                    Activation.of(a.number(), a.parameter(), a.second()).toString());
        assertSame(Activation.GELU, Activation.of(14, 0f));
        for (float[] none : new float[][] {
            {0, 0, 0},
            {14, 1, 0}, // GELU has no parameter
            {5, 0.2f, 1}, // leaky ReLU has no second one
            {16, 1, 0}, // softplus of beta 1 has a number of its own
            {17, 1, 1},
            {17, -0f, 1},
            {18, 0, Float.NaN},
            {19, 0, 0},
            {22, 0, 0}
        })
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Activation.of((int) none[0], none[1], none[2]),
                    none[0] + " " + none[1] + " " + none[2]);
    }

    @Test
    void parametersThatMakeNoFunctionAreRefused() {
        for (float beta : new float[] {0f, -1f, 1e-40f, Float.POSITIVE_INFINITY, Float.NaN}) {
            String message = assertThrows(IllegalArgumentException.class, () -> Activation.softplus(beta))
                    .getMessage();
            assertTrue(message.startsWith("beta " + beta + " given, a finite number of at least"), message);
        }
        for (float alpha : new float[] {0f, -1f, Float.POSITIVE_INFINITY, Float.NaN})
            assertThrows(IllegalArgumentException.class, () -> Activation.celu(alpha));
        for (float[] limits : new float[][] {{1, 1}, {2, 1}, {Float.NEGATIVE_INFINITY, 1}, {0, Float.NaN}})
            assertEquals(
                    "least " + limits[0] + " and greatest " + limits[1]
                            + " given, finite numbers expected, the first below the second",
                    assertThrows(IllegalArgumentException.class, () -> Activation.clip(limits[0], limits[1]))
                            .getMessage());
        assertThrows(IllegalArgumentException.class, () -> Activation.threshold(Float.NaN, 1f));
        assertThrows(IllegalArgumentException.class, () -> Activation.threshold(1f, Float.NEGATIVE_INFINITY));
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
