package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import lanewise.RandomSource;
import org.junit.jupiter.api.Test;

/** Derivatives of functions whose derivatives are known, and whether the bound holds. */
class RiddersTest {

    private static Ridders of(DoubleUnaryOperator f, double x, double largest, double noise, boolean cautious) {
        RandomSource random = new RandomSource(1);
        Ridders ridders = new Ridders();
        ridders.clear(cautious);
        double centre = f.applyAsDouble(x) + noise * random.normal();
        for (double h = largest; ridders.mayImprove() && h > largest * 0x1p-13; h /= 2)
            ridders.add(
                    h,
                    h,
                    f.applyAsDouble(x + h) + noise * random.normal() - centre,
                    f.applyAsDouble(x - h) + noise * random.normal() - centre,
                    noise);
        return ridders;
    }

    private static void assertDerivative(double expected, Ridders ridders, double error) {
        assertEquals(expected, ridders.value(), ridders.error(), "beyond its own bound");
        assertTrue(ridders.error() <= error, () -> "bound " + ridders.error());
    }

    @Test
    void smoothFunctionsAreDifferentiatedToManyDigits() {
        assertDerivative(Math.exp(1), of(Math::exp, 1, 0.5, 1e-16, false), 1e-10);
        assertDerivative(Math.cos(2), of(Math::sin, 2, 0.5, 1e-16, false), 1e-10);
        assertDerivative(3, of(x -> 3 * x + 1, 7, 0.5, 1e-16, false), 1e-14);
        assertDerivative(Math.cos(2), of(Math::sin, 2, 0.5, 1e-16, true), 1e-7);
    }

    @Test
    void noiseWidensTheBoundByAsMuchAsItHarms() {
        assertDerivative(Math.exp(1), of(Math::exp, 1, 0.5, 1e-7, false), 1e-4);
        assertDerivative(Math.exp(1), of(Math::exp, 1, 0.5, 1e-3, false), 0.1);
    }

    @Test
    void stepsThatAreTooLargeForTheFunctionAreNotBelieved() {
        assertDerivative(47 * Math.cos(47), of(x -> Math.sin(47 * x), 1, 4, 1e-9, false), 1e-3);
    }

    @Test
    void aKinkAtThePointIsRecognisedAndItsJumpBoundsTheError() {
        Ridders ridders = of(x -> Math.max(x, 0.25 * x), 0, 0.5, 1e-9, false);
        assertTrue(ridders.kink());
        // The derivatives on both sides are within the bound.
        assertEquals(1, ridders.value(), ridders.error());
        assertEquals(0.25, ridders.value(), ridders.error());
    }

    @Test
    void aKinkBesideThePointIsLeftBehindByTheSteps() {
        for (boolean cautious : new boolean[] {false, true}) {
            Ridders ridders = of(x -> Math.max(x, 0.25 * x), 0.01, 0.5, 1e-9, cautious);
            assertFalse(ridders.kink());
            assertDerivative(1, ridders, 1e-2);
        }
    }

    @Test
    void manyKinksHardlyEverLieFurtherThanTheCautiousBound() {
        RandomSource random = new RandomSource(3);
        int beyond = 0;
        for (int trial = 0; trial < 2000; trial++) {
            double[] at = new double[6], slopes = new double[6];
            double expected = 1;
            for (int k = 0; k < 6; k++) {
                at[k] = random.normal() * Math.scalb(1.0, -random.nextInt(12));
                slopes[k] = random.normal();
                if (at[k] < 0) expected += slopes[k];
            }
            Ridders ridders = of(
                    x -> {
                        double y = x;
                        for (int k = 0; k < 6; k++) y += slopes[k] * Math.max(0, x - at[k]);
                        return y;
                    },
                    0,
                    0.5,
                    1e-8,
                    true);
            if (Math.abs(ridders.value() - expected) > ridders.error() && !ridders.kink()) beyond++;
        }
        // Of three looks at points nearby, two must agree before anything is called wrong.
        int count = beyond;
        assertTrue(count <= 2, () -> count + " of 2000");
    }

    @Test
    void whatIsNotFiniteIsLeftOut() {
        assertDerivative(0.5, of(x -> x > 1.2 ? Double.NaN : Math.sqrt(x), 1, 0.5, 1e-16, false), 1e-8);
        Ridders nothing = of(x -> Double.NaN, 1, 0.5, 1e-16, false);
        assertTrue(Double.isNaN(nothing.value()));
        assertEquals(Double.POSITIVE_INFINITY, nothing.error());
    }
}
