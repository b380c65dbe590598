package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Errors of elementary functions and activations in units in the last place, against double precision. */
@Tag("bits")
class ElementaryAccuracyTest {

    private interface Function {
        float of(float x);
    }

    /** erf by its Taylor series, erfc by its continued fraction (Abramowitz and Stegun 7.1.5 and 7.1.14). */
    private static double erfc(double x) {
        if (x < 0) return 2 - erfc(-x);
        if (x < 2) {
            double term = x, sum = x;
            for (int n = 1; n < 60; n++) {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 1 - 2 / Math.sqrt(Math.PI) * sum;
        }
        double fraction = x;
        for (int k = 120; k > 0; k--) fraction = x + k / 2.0 / fraction;
        return StrictMath.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
    }

    private static double erf(double x) {
        double term = x, sum = x;
        if (Math.abs(x) >= 2) return 1 - erfc(x);
        for (int n = 1; n < 60; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private static double normalDistribution(double x) {
        return erfc(-x / Math.sqrt(2)) / 2;
    }

    private static double mish(double x) {
        return x
                * StrictMath.tanh(
                        x > 0 ? x + StrictMath.log1p(StrictMath.exp(-x)) : StrictMath.log1p(StrictMath.exp(x)));
    }

    /** The largest error between two limits, a third of the points spread over powers of two towards zero. */
    private static void within(double bound, Function function, DoubleUnaryOperator exact, double low, double high) {
        SplittableRandom random = new SplittableRandom(1);
        double worst = 0;
        float at = 0;
        for (int i = 0; i < 60_000; i++) {
            float x = (float) random.nextDouble(low, high);
            if (i % 3 == 0) x = (float) (x * StrictMath.scalb(1.0, -random.nextInt(30)));
            double expected = exact.applyAsDouble(x);
            if (Math.abs(expected) < 1e-25) continue;
            double error = Math.abs(function.of(x) - expected) / Math.ulp((float) expected);
            if (error > worst || error != error) {
                worst = error;
                at = x;
            }
        }
        assertTrue(worst <= bound, worst + " units in the last place at " + at + ", " + bound + " promised");
        assertTrue(worst > bound / 3, "only " + worst + " of the promised " + bound);
    }

    private static void absolutely(double bound, Function function, DoubleUnaryOperator exact) {
        for (float x = -40; x < 40; x += 0.0037f)
            assertEquals(exact.applyAsDouble(x), function.of(x), bound, "at " + x);
    }

    @Test
    void expm1IsAccurateNearZeroToo() {
        within(1.5, Elementary::expm1, StrictMath::expm1, -88, 88.7);
        within(1.5, Elementary::expm1, StrictMath::expm1, -1, 1);
        within(1.5, Elementary::expm1, StrictMath::expm1, 16.5, 17.5);
        assertEquals(-1f, Elementary.expm1(-100f));
        assertEquals(Float.POSITIVE_INFINITY, Elementary.expm1(89f));
        assertTrue(Float.isNaN(Elementary.expm1(Float.NaN)));
    }

    @Test
    void erfIsAccurate() {
        within(1.5, Elementary::erf, ElementaryAccuracyTest::erf, -4.5, 4.5);
        within(1.5, Elementary::erf, ElementaryAccuracyTest::erf, -1, 1);
        within(1.5, Elementary::erf, ElementaryAccuracyTest::erf, 0.99, 1.2);
        for (float x : new float[] {4f, 5f, 1e30f, Float.POSITIVE_INFINITY}) {
            assertEquals(1f, Elementary.erf(x));
            assertEquals(-1f, Elementary.erf(-x));
        }
        assertTrue(Float.isNaN(Elementary.erf(Float.NaN)));
    }

    @Test
    void exactGeluIsAccurateInItsTail() {
        DoubleUnaryOperator gelu = x -> x * normalDistribution(x);
        within(8, Elementary::gelu, gelu, -10, 0);
        within(4.5, Elementary::gelu, gelu, 0, 20);
        absolutely(
                2e-7,
                Elementary::geluDerivative,
                x -> normalDistribution(x) + x * StrictMath.exp(-x * x / 2) / Math.sqrt(2 * Math.PI));
    }

    @Test
    void mishIsAccurate() {
        within(4.5, Elementary::mish, ElementaryAccuracyTest::mish, -50, 30);
        within(4.5, Elementary::mish, ElementaryAccuracyTest::mish, -3, 3);
        absolutely(3e-7, Elementary::mishDerivative, x -> {
            double e = StrictMath.exp(x), t = StrictMath.tanh(StrictMath.log1p(e));
            return x > 30 ? 1 : t + x * (1 - t * t) * e / (1 + e);
        });
    }

    @Test
    void eluAndSoftsignAreAccurate() {
        within(1.5, x -> Elementary.elu(1f, 1f, x), x -> x < 0 ? StrictMath.expm1(x) : x, -30, 5);
        within(1.6, Elementary::softsign, x -> x / (1 + Math.abs(x)), -1000, 1000);
    }

    @Test
    void softplusOfAnyBetaAndItsRelativesAreAccurate() {
        // Of beta · x below zero, what the product is rounded by counts as often as it has ones.
        for (float beta : new float[] {0.03f, 0.7f, 3f, 50f}) {
            DoubleUnaryOperator exact =
                    x -> Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(beta * x))) / beta;
            within(3.5, x -> Elementary.scaledSoftplus(beta, x), exact, -2 / beta, 20 / beta);
        }
        within(
                2.5,
                Elementary::logSigmoid,
                x -> Math.min(x, 0) - StrictMath.log1p(StrictMath.exp(-Math.abs(x))),
                -50,
                50);
        within(2.5, x -> Elementary.celu(0.3f, x), x -> x < 0 ? 0.3f * StrictMath.expm1(x / 0.3f) : x, -30, 5);
    }

    /** Where it is the difference of two numbers that are nearly equal, too. */
    @Test
    void tanhShrinkIsAccurateNearZero() {
        DoubleUnaryOperator exact = x -> {
            if (Math.abs(x) > 0.02) return x - StrictMath.tanh(x);
            double z = x * x;
            return x * z * (1 / 3. - z * (2 / 15. - z * (17 / 315. - z * (62 / 2835.))));
        };
        within(6, Elementary::tanhShrink, exact, -0.63, 0.63);
        within(6, Elementary::tanhShrink, exact, -30, 30);
    }
}
