package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import lanewise.layer.RandomSource;
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

    /** Steps of 1/2, 1/4, … with these central differences D and these E, the halves of the one-sided differences. */
    private static Ridders of(boolean cautious, double deviation, double[] d, double[] e) {
        Ridders ridders = new Ridders();
        ridders.clear(cautious);
        for (int i = 0; i < d.length; i++) {
            double h = Math.scalb(0.5, -i);
            ridders.add(h, h, h * (d[i] + e[i]), h * (e[i] - d[i]), deviation);
        }
        return ridders;
    }

    @Test
    void theNoiseOfTwoStepsIsThatOfTheirCombination() {
        // (4 D(h/2) − D(h)) / 3, where D(h) = D(1/2) has the deviation σ√2 and D(h/2) twice that: their sum is 9√2/3 σ.
        Ridders ridders = of(false, 1e-3, new double[] {3, 3}, new double[2]);
        assertEquals(3, ridders.value());
        assertEquals(Ridders.DEVIATIONS * 3 * Math.sqrt(2) * 1e-3, ridders.error(), 1e-15);
    }

    @Test
    void stepsUpAndDownMayDiffer() {
        Ridders ridders = new Ridders();
        ridders.clear(false);
        ridders.add(0.5, 0.25, 2 * 0.5, -2 * 0.25, 1e-3);
        ridders.add(0.25, 0.125, 2 * 0.25, -2 * 0.125, 1e-3);
        assertEquals(2, ridders.value());
        // The parabola's derivative is 2/3 f(x + 1/2) + 2 f(x) − 8/3 f(x − 1/4); half the steps, twice the noise.
        double noise = Math.sqrt(4 / 9.0 + 4 + 64 / 9.0) * 1e-3;
        assertEquals(Ridders.DEVIATIONS * 3 * noise, ridders.error(), 1e-15);
        assertFalse(ridders.kink());
    }

    @Test
    void aStepThatIsZeroIsLeftOut() {
        Ridders ridders = of(false, 1e-3, new double[] {3}, new double[1]);
        ridders.add(0, 0.25, 0, -1, 1e-3);
        ridders.add(0.25, 0, 1, 0, 1e-3);
        assertTrue(Double.isNaN(ridders.value()));
        assertTrue(ridders.mayImprove());
        ridders.add(0.25, 0.25, 0.75, -0.75, 1e-3);
        assertEquals(3, ridders.value());
    }

    /** E(h) of x², x⁴, x⁶, x⁸ vanishes with the powers 1, 3, 5, 7 of h: each order takes one away. */
    @Test
    void curvatureIsToldFromAKinkByItsOddPowers() {
        for (int order = 1; order <= 4; order++) {
            double[] e = new double[order + 1];
            for (int i = 0; i <= order; i++) e[i] = Math.pow(Math.scalb(0.5, -i), 2 * order - 1);
            assertEquals(0, of(false, 0, new double[order + 1], e).error(), 1e-15, "order " + order);
        }
    }

    @Test
    void aJumpCountsAsAKinkIfItIsMoreThanNoiseExplains() {
        // 2 E(h/2) − E(h), where E(1/2) has the deviation σ√6 and E(1/4) twice that: 5√6 σ.
        double explained = Ridders.DEVIATIONS * 5 * Math.sqrt(6);
        double[] none = new double[2], one = {1, 1};
        assertTrue(of(false, 1 / (1.01 * explained), none, one).kink());
        assertFalse(of(false, 1 / (0.99 * explained), none, one).kink());
        assertFalse(new Ridders().kink());
    }

    @Test
    void cautionBelievesNoTruncationErrorOfLessThanAQuarterOfTheOneBefore() {
        // a₁ is −1/3 with the truncation error 4/3, then 0 with 0, twice.
        assertEquals(0, of(false, 0, new double[] {1, 0, 0}, new double[3]).error());
        assertEquals(1 / 3.0, of(true, 0, new double[] {1, 0, 0}, new double[3]).error(), 1e-15);
        assertEquals(
                1 / 12.0, of(true, 0, new double[] {1, 0, 0, 0}, new double[4]).error(), 1e-15);
        // Three steps at least.
        assertTrue(Double.isNaN(of(true, 0, new double[] {1, 1}, new double[2]).value()));
    }

    @Test
    void largeStepsThatAgreeAreBelievedUnlessSmallerOnesLeaveNoRoom() {
        // The bound of the first two steps is 24√2 σ, that of the last two 96√2 σ.
        double meeting = 119 * Math.sqrt(2), apart = 121 * Math.sqrt(2);
        assertEquals(
                0,
                of(false, 1, new double[] {0, 0, meeting, meeting}, new double[4])
                        .value());
        assertEquals(
                apart,
                of(false, 1, new double[] {0, 0, apart, apart}, new double[4]).value(),
                0.3 * apart);
    }

    @Test
    void largeStepsAreNotBelievedWhereSmallerOnesShowAJump() {
        // Twice the last E less the one before is known to 8 · 20√6 σ; the first two steps leave room for 24√2 σ.
        double most = 8 * 20 * Math.sqrt(6) + 24 * Math.sqrt(2);
        double small = 0.49 * most, large = 0.51 * most;
        assertEquals(
                24 * Math.sqrt(2),
                of(false, 1, new double[4], new double[] {0, 0, 0, small}).error(),
                1e-12);
        assertTrue(of(false, 1, new double[4], new double[] {0, 0, 0, large}).error() > 40);
    }

    @Test
    void theFirstStepOfTheValueIsCountedWithThoseLeftOut() {
        Ridders ridders = new Ridders();
        ridders.clear(false);
        assertEquals(0, ridders.first());
        for (int i = 0; i < 2; i++) ridders.add(4, 4, Double.NaN, 0, 1e-3);
        for (double h = 2; h > 0.1; h /= 2) ridders.add(h, h, h, -h, 1e-3);
        assertEquals(2, ridders.first());
    }

    @Test
    void stepsEndWhereTheirNoiseAloneIsTheErrorAndAfterFourteen() {
        // Half the bound of two steps is 12√2 σ, and 8 times the noise of D(1/4) 16√2 σ.
        assertFalse(of(false, 1, new double[2], new double[2]).mayImprove());
        // With a jump of 1000 noise is far from being the limit, but the steps are.
        double[] jump = new double[Ridders.LEVELS];
        java.util.Arrays.fill(jump, 1000);
        assertTrue(
                of(false, 1e-3, new double[3], new double[] {1000, 1000, 1000}).mayImprove());
        assertFalse(of(false, 1e-3, new double[Ridders.LEVELS], jump).mayImprove());
    }
}
