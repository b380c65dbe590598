package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The elementary functions against {@link StrictMath} in double, all exponents, and what they give at the edges. */
class ElementaryTest {

    /** Every so many bit patterns; a prime, so that no bit of the mantissa stays the same. */
    private static final int STEP = 4001;

    private interface Function {
        float of(float x);
    }

    /** Largest error over from … to, in units in the last place of the exact value; zeros must be exact. */
    private static double worst(Function function, DoubleUnaryOperator exact, float from, float to) {
        double worst = 0;
        for (long pattern = 0; pattern < 1L << 32; pattern += STEP) {
            float x = Float.intBitsToFloat((int) pattern);
            if (!(x >= from && x <= to)) continue;
            double error = error(function, exact, x);
            if (!(error <= worst)) worst = error;
        }
        for (float x : new float[] {from, Math.nextUp(from), to, Math.nextDown(to), 0f, 1f, -1f, 0.625f, -0.625f})
            if (x >= from && x <= to) worst = Math.max(worst, error(function, exact, x));
        return worst;
    }

    private static double error(Function function, DoubleUnaryOperator exact, float x) {
        double e = exact.applyAsDouble(x);
        return Math.abs(function.of(x) - e) / Math.ulp((float) e);
    }

    private static void assertBound(double bound, double worst) {
        assertTrue(worst <= bound, "off by " + worst + " units in the last place, at most " + bound + " documented");
        assertTrue(worst > 0.5, "off by " + worst + " only: was anything compared?");
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + StrictMath.exp(-x));
    }

    private static double gelu(double x) {
        return 0.5 * x * (1 + StrictMath.tanh(StrictMath.sqrt(2 / StrictMath.PI) * (x + 0.044715 * x * x * x)));
    }

    @Test
    void expIsAsExactAsDocumented() {
        assertBound(1.01, worst(Elementary::exp, StrictMath::exp, -87.33f, 88.72f));
    }

    @Test
    void logIsAsExactAsDocumented() {
        assertBound(0.87, worst(Elementary::log, StrictMath::log, Float.MIN_VALUE, Float.MAX_VALUE));
    }

    @Test
    void log1pIsAsExactAsDocumented() {
        assertBound(1.44, worst(Elementary::log1p, StrictMath::log1p, Math.nextUp(-1f), Float.MAX_VALUE));
    }

    @Test
    void tanhIsAsExactAsDocumented() {
        assertBound(1.33, worst(Elementary::tanh, StrictMath::tanh, -Float.MAX_VALUE, Float.MAX_VALUE));
    }

    @Test
    void sigmoidIsAsExactAsDocumented() {
        assertBound(2.5, worst(Elementary::sigmoid, ElementaryTest::sigmoid, -57.5f, Float.MAX_VALUE));
    }

    @Test
    void softplusIsAsExactAsDocumented() {
        assertBound(2.0, worst(Elementary::softplus, ElementaryTest::softplus, -57.5f, Float.MAX_VALUE));
    }

    /** 1 + tanh cancels below zero, so these are exact to the last places of x, not of the value. */
    @Test
    void geluSiluAndDerivativesAreExactToTheLastPlacesOfTheirArgument() {
        for (float x = -40f; x < 40f; x += 0.0037f) {
            double s = sigmoid(x), h = 1e-4;
            double unit = Math.ulp(Math.max(1f, Math.abs(x)));
            assertEquals(gelu(x), Elementary.geluTanh(x), 1.5 * unit, "gelu of " + x);
            assertEquals(x * s, Elementary.silu(x), 2 * unit, "silu of " + x);
            assertEquals(s * (1 + x * (1 - s)), Elementary.siluDerivative(x), 4 * unit, "silu' of " + x);
            assertEquals(
                    (gelu(x + h) - gelu(x - h)) / (2 * h), Elementary.geluTanhDerivative(x), 1e-6, "gelu' of " + x);
        }
    }

    private static void assertBits(float expected, float actual) {
        assertEquals(Float.floatToIntBits(expected), Float.floatToIntBits(actual), expected + " or " + actual);
    }

    @Test
    void expKeepsItsLimits() {
        assertBits(1f, Elementary.exp(0f));
        assertBits(1f, Elementary.exp(-0f));
        assertBits(Float.POSITIVE_INFINITY, Elementary.exp(Math.nextUp(88.72f)));
        assertBits(Float.POSITIVE_INFINITY, Elementary.exp(Float.POSITIVE_INFINITY));
        assertBits(0f, Elementary.exp(Math.nextDown(-87.33f)));
        assertBits(0f, Elementary.exp(Float.NEGATIVE_INFINITY));
        assertBits(Float.NaN, Elementary.exp(Float.NaN));
        assertTrue(Elementary.exp(88.72f) < Float.POSITIVE_INFINITY);
        assertTrue(Elementary.exp(-87.33f) >= Float.MIN_NORMAL);
    }

    @Test
    void logarithmsKeepTheirLimits() {
        for (float zero : new float[] {0f, -0f}) {
            assertBits(Float.NEGATIVE_INFINITY, Elementary.log(zero));
            assertEquals(0f, Elementary.log1p(zero));
        }
        assertBits(0f, Elementary.log(1f));
        for (float x : new float[] {-Float.MIN_VALUE, -1f, Float.NEGATIVE_INFINITY, Float.NaN})
            assertBits(Float.NaN, Elementary.log(x));
        for (float x : new float[] {Math.nextDown(-1f), Float.NEGATIVE_INFINITY, Float.NaN})
            assertBits(Float.NaN, Elementary.log1p(x));
        assertBits(Float.NEGATIVE_INFINITY, Elementary.log1p(-1f));
        assertBits(Float.POSITIVE_INFINITY, Elementary.log(Float.POSITIVE_INFINITY));
        assertBits(Float.POSITIVE_INFINITY, Elementary.log1p(Float.POSITIVE_INFINITY));
        assertBits(Float.MIN_VALUE, Elementary.log1p(Float.MIN_VALUE));
    }

    @Test
    void saturatedFunctionsReachTheirLimitsAndNoFurther() {
        for (float x : new float[] {100f, 1e4f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            assertBits(1f, Elementary.tanh(x));
            assertBits(-1f, Elementary.tanh(-x));
            assertBits(1f, Elementary.sigmoid(x));
            assertBits(0f, Elementary.sigmoid(-x));
            assertBits(x, Elementary.softplus(x));
            assertBits(0f, Elementary.softplus(-x));
            assertBits(x, Elementary.geluTanh(x));
            assertBits(x, Elementary.silu(x));
            assertBits(1f, Elementary.geluTanhDerivative(x));
            assertEquals(0f, Elementary.geluTanhDerivative(-x), 0f);
        }
        for (float x : new float[] {100f, 1e4f, Float.MAX_VALUE}) {
            assertBits(0f, Elementary.geluTanh(-x));
            assertBits(0f, Elementary.silu(-x));
            assertBits(1f, Elementary.siluDerivative(x));
            assertEquals(0f, Elementary.siluDerivative(-x), 0f);
        }
    }

    @Test
    void nanStaysNan() {
        for (Function function : all()) assertBits(Float.NaN, function.of(Float.NaN));
        assertBits(Float.NaN, Elementary.flush(Float.NaN));
    }

    @Test
    void negativeZeroCountsAsZero() {
        for (Function function : all())
            assertEquals(function.of(0f), function.of(-0f), 0f); // == treats zeros of both signs alike
        assertBits(0f, Elementary.tanh(-0f));
        assertBits(0f, Elementary.geluTanh(-0f));
        assertBits(0f, Elementary.silu(-0f));
        assertBits(0f, Elementary.flush(-0f));
    }

    @Test
    void nothingBelowTinyLeavesTheFlushedFunctions() {
        Function[] flushed = {
            Elementary::flush, Elementary::sigmoid, Elementary::softplus, Elementary::geluTanh, Elementary::silu
        };
        for (long pattern = 0; pattern < 1L << 32; pattern += 25 * STEP)
            for (Function function : flushed) {
                float v = function.of(Float.intBitsToFloat((int) pattern));
                assertTrue(
                        v == 0f ? Float.floatToRawIntBits(v) == 0 : !(Math.abs(v) < Elementary.TINY),
                        () -> v + " was not flushed");
            }
        assertBits(0f, Elementary.flush(Math.nextDown(1e-25f)));
        assertBits(1e-25f, Elementary.flush(1e-25f));
        assertBits(-1e-25f, Elementary.flush(-1e-25f));
    }

    private static Function[] all() {
        return new Function[] {
            Elementary::exp,
            Elementary::log,
            Elementary::log1p,
            Elementary::tanh,
            Elementary::sigmoid,
            Elementary::softplus,
            Elementary::geluTanh,
            Elementary::geluTanhDerivative,
            Elementary::silu,
            Elementary::siluDerivative
        };
    }

    /** A change of one last bit of one of the functions is a change of every fingerprint there is. */
    @Test
    @Tag("bits")
    void everyBitIsTheSameOnEveryMachine() throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer values = ByteBuffer.allocate(all().length * Float.BYTES);
        for (long pattern = 0; pattern < 1L << 32; pattern += 32 * STEP + 1) {
            values.clear();
            for (Function function : all())
                values.putInt(Float.floatToIntBits(function.of(Float.intBitsToFloat((int) pattern))));
            digest.update(values.array());
        }
        assertEquals(
                "7e39ab651610d074",
                String.format("%016x", ByteBuffer.wrap(digest.digest()).getLong()));
    }

    @Test
    void sumsGoThroughSixteenRunningSums() {
        float[] x = new float[3 + 1000], y = new float[5 + 1000];
        for (int i = 0; i < 1000; i++) {
            x[3 + i] = (float) StrictMath.sin(i * 1.7) * 3;
            y[5 + i] = (float) StrictMath.cos(i * 0.3);
        }
        for (int n : new int[] {0, 1, 15, 16, 17, 31, 33, 97, 1000}) {
            float[] sums = new float[16], products = new float[16];
            for (int i = 0; i < n; i++) {
                sums[i % 16] += x[3 + i];
                products[i % 16] = Math.fma(x[3 + i], y[5 + i], products[i % 16]);
            }
            for (int apart = 8; apart > 0; apart /= 2)
                for (int k = 0; k < apart; k++) {
                    sums[k] += sums[k + apart];
                    products[k] += products[k + apart];
                }
            assertBits(sums[0] + 0f, Elementary.sum(x, 3, n));
            assertBits(products[0] + 0f, Elementary.dot(x, 3, y, 5, n));
        }
        assertBits(0f, Elementary.sum(new float[] {-0f, -0f}, 0, 2));
    }
}
