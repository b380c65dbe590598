package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Initializer;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InitializerTest {

    private static final int IN = 200, OUT = 100;

    private static Slice fill(Initializer initializer) {
        Slice weights = Slice.allocate(IN, OUT);
        Arrays.fill(weights.array(), 7f);
        initializer.fill(weights, new RandomSource(11));
        for (int r = 0; r < IN; r++)
            for (int c = OUT; c < weights.stride(); c++)
                assertEquals(7f, weights.array()[weights.at(r) + c], "padding was written to");
        return weights;
    }

    private static void assertUniform(double variance, Initializer initializer) {
        double limit = StrictMath.sqrt(3 * variance);
        float largest = assertVariance(variance, initializer);
        assertTrue(largest <= (float) limit && largest > 0.999 * limit, largest + " of ±" + limit);
    }

    private static void assertNormal(double variance, Initializer initializer) {
        float largest = assertVariance(variance, initializer);
        double deviations = largest / StrictMath.sqrt(variance);
        assertTrue(deviations > 3.5 && deviations < 6, deviations + " standard deviations");
    }

    private static float assertVariance(double variance, Initializer initializer) {
        Slice weights = fill(initializer);
        double sum = 0, squares = 0;
        float largest = 0;
        for (int r = 0; r < IN; r++)
            for (int c = 0; c < OUT; c++) {
                float w = weights.get(r, c);
                sum += w;
                squares += (double) w * w;
                largest = Math.max(largest, Math.abs(w));
                assertTrue(Float.floatToRawIntBits(w) != 0x80000000, "-0.0");
            }
        int n = IN * OUT;
        assertEquals(0, sum / n, 4 * StrictMath.sqrt(variance / n));
        assertEquals(variance, squares / n, 0.05 * variance);
        return largest;
    }

    @Test
    void variancesAreThoseOfThePapers() {
        assertUniform(2.0 / (IN + OUT), Initializer.GLOROT_UNIFORM);
        assertNormal(2.0 / (IN + OUT), Initializer.GLOROT_NORMAL);
        assertUniform(2.0 / IN, Initializer.HE_UNIFORM);
        assertNormal(2.0 / IN, Initializer.HE_NORMAL);
        assertUniform(1.0 / IN, Initializer.LECUN_UNIFORM);
        assertNormal(1.0 / IN, Initializer.LECUN_NORMAL);
        assertUniform(0.04 / 3, Initializer.uniform(0.2));
        assertNormal(9, Initializer.normal(3));
    }

    @Test
    void anActivationsKindDecidesAndNotItsParameter() {
        for (Activation like : new Activation[] {
            Activation.RELU,
            Activation.LEAKY_RELU,
            Activation.leakyRelu(0.2f),
            Activation.leakyRelu(0.01f),
            Activation.ELU,
            Activation.elu(0.5f),
            Activation.elu(1f)
        }) assertSame(Initializer.HE_UNIFORM, Initializer.forActivation(like), like.toString());
        assertSame(Initializer.LECUN_NORMAL, Initializer.forActivation(Activation.SELU));
        for (Activation other : new Activation[] {Activation.TANH, Activation.GELU_TANH, Activation.IDENTITY})
            assertSame(Initializer.GLOROT_UNIFORM, Initializer.forActivation(other));
        Network he = Network.builder(50).dense(60, Activation.leakyRelu(0.2f)).build(1);
        Network same = Network.builder(50).dense(60, Activation.RELU).build(1);
        assertEquals(same.fingerprint(), he.fingerprint());
    }

    @Test
    void zerosAreZeros() {
        for (Initializer initializer : new Initializer[] {
            Initializer.ZEROS, Initializer.uniform(0), Initializer.normal(0), Initializer.constant(0)
        }) {
            Slice weights = fill(initializer);
            for (int r = 0; r < IN; r++)
                for (int c = 0; c < OUT; c++) assertEquals(0, Float.floatToRawIntBits(weights.get(r, c)));
        }
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        for (double wrong : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY, 1e39}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> Initializer.uniform(wrong))
                    .getMessage()
                    .contains("limit " + wrong));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> Initializer.normal(wrong))
                    .getMessage()
                    .contains("deviation " + wrong));
        }
        assertThrows(IllegalArgumentException.class, () -> Initializer.constant(Float.NaN));
    }

    @Test
    @Tag("bits")
    void initialParametersAreTheSameEverywhere() {
        Initializer[] all = {
            Initializer.GLOROT_UNIFORM,
            Initializer.GLOROT_NORMAL,
            Initializer.HE_UNIFORM,
            Initializer.HE_NORMAL,
            Initializer.LECUN_UNIFORM,
            Initializer.LECUN_NORMAL
        };
        Network.Builder builder = Network.builder(10);
        int width = 10;
        for (Initializer initializer : all) {
            builder.add(Dense.of(width, width + 7, Activation.TANH).withInitializer(initializer));
            width += 7;
        }
        assertEquals("57ee348ad27cc085", builder.build(5).fingerprint());
    }
}
