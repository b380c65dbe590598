package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Test;

/** Which steps are taken, and what comes of them: a dense layer 3→4 whose reference writes down where it is called. */
class DifferencesTest {

    private static final int ROWS = 5, IN = 3, OUT = 4;

    /** The layer at a point, and the values at which the reference was called since {@link #forget}. */
    private static final class Watched {

        final List<double[]> weightsSeen = new ArrayList<>();
        final List<double[]> inputsSeen = new ArrayList<>();
        final RandomSource random = new RandomSource(5);
        final Subject subject;
        final Subject.Variable weights;
        final Subject.Variable input;
        final Differences differences;

        Watched(DoubleUnaryOperator f) {
            Reference reference = (rows, parameters, x, y) -> {
                weightsSeen.add(parameters[0].clone());
                inputsSeen.add(x.clone());
                for (int r = 0; r < rows; r++)
                    for (int o = 0; o < OUT; o++) {
                        double sum = 0;
                        for (int i = 0; i < IN; i++) sum += x[r * IN + i] * parameters[0][i * OUT + o];
                        y[r * OUT + o] = f.applyAsDouble(sum);
                    }
            };
            subject = new Subject(
                    Dense.of(IN, OUT, Activation.IDENTITY).withoutBias(), null, 0, reference, ROWS, "input");
            weights = subject.variables.get(0);
            input = subject.variables.get(1);
            for (int e = 0; e < weights.count(); e++)
                subject.parameters[0].set(e / OUT, e % OUT, e == 0 ? 0 : e == 5 ? 3 : random.uniform() - 0.5f);
            for (int e = 0; e < input.count(); e++) subject.input.set(e / IN, e % IN, random.normal());
            Arrays.fill(subject.projection, 1f);
            subject.projection[1] = -0.5f;
            subject.begin();
            Noise.measure(subject, random);
            differences = new Differences(subject);
            forget();
        }

        void forget() {
            weightsSeen.clear();
            inputsSeen.clear();
        }

        /** What the first evaluation moved entry by. */
        double firstStep(int entry) {
            forget();
            differences.entry(weights, entry, 0);
            return weightsSeen.get(0)[entry] - weights.base[entry];
        }

        /** The derivative with respect to a weight where the reference is linear. */
        double derivative(int entry) {
            double sum = 0;
            for (int r = 0; r < ROWS; r++)
                sum += (double) subject.projection[r * OUT + entry % OUT] * input.base[r * IN + entry / OUT];
            return sum;
        }

        void assertRestored() {
            float[] now = new float[weights.count()];
            weights.values.copyTo(now, 0);
            assertArrayEquals(weights.base, now);
            now = new float[input.count()];
            input.values.copyTo(now, 0);
            assertArrayEquals(input.base, now);
        }
    }

    private final Watched linear = new Watched(x -> x);

    @Test
    void anEntryMovesUpAndDownByHalvesOfAnEighthOfItsScale() {
        for (int entry : new int[] {5, 0}) {
            linear.forget();
            Ridders line = linear.differences.entry(linear.weights, entry, 0);
            double scale = entry == 5 ? 3 : linear.weights.scale();
            double base = linear.weights.base[entry];
            for (int k = 0; k < 4; k++)
                assertEquals(
                        (float) (base + Math.scalb(k % 2 == 0 ? scale : -scale, -3 - k / 2)),
                        linear.weightsSeen.get(k)[entry]);
            for (double[] seen : linear.weightsSeen)
                for (int e = 0; e < seen.length; e++) if (e != entry) assertEquals(linear.weights.base[e], seen[e]);
            assertEquals(linear.derivative(entry), line.value(), 1e-12);
            assertTrue(line.error() < 1e-10, () -> "bound " + line.error());
            linear.assertRestored();
        }
    }

    @Test
    void aColumnMovesInAllRowsAtOnceEachByItsOwnScale() {
        Ridders[] lines = linear.differences.column(linear.input, 1);
        for (int r = 0; r < ROWS; r++) {
            float base = linear.input.base[r * IN + 1];
            double step = Math.max(Math.abs(base), linear.input.scale()) / 8;
            assertEquals((float) (base + step), linear.inputsSeen.get(0)[r * IN + 1]);
            assertEquals((float) (base - step), linear.inputsSeen.get(1)[r * IN + 1]);
            assertEquals(linear.input.base[r * IN], linear.inputsSeen.get(0)[r * IN]);
            double expected = 0;
            for (int o = 0; o < OUT; o++)
                expected += (double) linear.subject.projection[r * OUT + o] * linear.weights.base[OUT + o];
            assertEquals(expected, lines[r].value(), 1e-12);
        }
        linear.assertRestored();
    }

    @Test
    void aDirectionMovesItsEntriesByTheirScalesUpAndDownAtRandom() {
        int from = 3, to = 11, up = 0;
        for (int e = 0; e < linear.weights.count(); e++) linear.weights.analytic[e] = linear.derivative(e);
        for (int trial = 0; trial < 20; trial++) {
            linear.forget();
            linear.differences.restart(linear.weights);
            double[] analytic = new double[2];
            double value = linear.differences
                    .direction(linear.weights, from, to, linear.random, analytic)
                    .value();
            double expected = 0, deviation = 0;
            for (int e = 0; e < linear.weights.count(); e++) {
                double scale = Math.max(Math.abs(linear.weights.base[e]), linear.weights.scale());
                double step = linear.weightsSeen.get(0)[e] - linear.weights.base[e];
                assertEquals(e < from || e >= to ? 0 : scale / 8, Math.abs(step), 1e-6);
                if (step > 0) up++;
                expected += 8 * linear.derivative(e) * Math.copySign(step == 0 ? 0 : scale / 8, step);
                deviation += step == 0 ? 0 : scale * scale * linear.weights.deviation[e] * linear.weights.deviation[e];
            }
            assertEquals(expected, analytic[0], 1e-12);
            assertEquals(Math.sqrt(deviation), analytic[1], 1e-12);
            // Though floats step aside of the direction by a relative 2⁻²⁰ or so.
            assertEquals(expected, value, 1e-12);
            linear.assertRestored();
        }
        assertTrue(up > 50 && up < 110, "up: " + up + " of 160");
        assertEquals(
                linear.derivative(7),
                linear.differences.entry(linear.weights, 7, 0).value(),
                1e-12,
                "what a direction left behind");
    }

    @Test
    void stepsEndOnceTheDerivativeIsKnownWellEnoughForTheTypicalOne() {
        Watched curved = new Watched(Math::sin);
        curved.differences.entry(curved.weights, 5, 1e12);
        assertEquals(2 * 2, curved.weightsSeen.size());
        curved.forget();
        curved.differences.restart(curved.weights);
        Ridders line = curved.differences.entry(curved.weights, 5, 0);
        int few = curved.weightsSeen.size();
        assertTrue(few > 2 * 3, "evaluations: " + few);
        assertTrue(line.error() < 1e-7, () -> line.value() + " ± " + line.error());
        curved.forget();
        curved.differences.thorough();
        curved.differences.entry(curved.weights, 5, 1e12);
        assertTrue(curved.weightsSeen.size() > few);
    }

    @Test
    void laterLinesBeginWithTheBestStepsOfEarlierOnes() {
        Watched curved = new Watched(x -> Math.sin(300 * x));
        assertEquals(curved.weights.scale() / 8, curved.firstStep(0), 1e-6);
        assertTrue(curved.firstStep(0) < curved.weights.scale() / 50);
        curved.differences.restart(curved.weights);
        assertEquals(curved.weights.scale() / 8, curved.firstStep(0), 1e-6);
    }

    @Test
    void whereNoiseIsTheLimitLaterLinesBeginWithLargerSteps() {
        RandomSource noise = new RandomSource(9);
        Watched noisy = new Watched(x -> x + 1e-5 * noise.normal());
        double scale = noisy.weights.scale();
        List<Double> steps = new ArrayList<>();
        for (int k = 0; k < 14; k++) steps.add(noisy.firstStep(0) / scale);
        for (int k = 0; k < 14; k++)
            assertEquals(Math.scalb(1, Math.min(k, 10) - 3), steps.get(k), 1e-5, steps::toString);
        noisy.differences.thorough();
        assertEquals(scale / 8, noisy.firstStep(0), 1e-6);
    }

    @Test
    void whereNoiseDrownsALineItsStepsBeginAgainAtTwiceTheSize() {
        RandomSource noise = new RandomSource(9);
        Watched noisy = new Watched(x -> x + 0.1 * noise.normal());
        double scale = noisy.weights.scale();
        Ridders line = noisy.differences.entry(noisy.weights, 0, 0);
        assertEquals(scale / 8, noisy.weightsSeen.get(0)[0], 1e-6);
        double largest = 0;
        for (double[] seen : noisy.weightsSeen) largest = Math.max(largest, seen[0] / scale);
        assertTrue(largest > 1, "largest step: " + largest);
        assertTrue(line.error() <= Math.abs(line.value()) / 8, () -> line.value() + " ± " + line.error());
        // Not for what is small beside what is typical, nor on a second look, nor for ever.
        noisy.differences.restart(noisy.weights);
        noisy.forget();
        noisy.differences.entry(noisy.weights, 0, 1e6);
        for (double[] seen : noisy.weightsSeen) assertTrue(seen[0] / scale < 0.126);
        Watched hopeless = new Watched(x -> noise.normal());
        hopeless.differences.entry(hopeless.weights, 0, 0);
        for (double[] seen : hopeless.weightsSeen) assertTrue(Math.abs(seen[0]) / hopeless.weights.scale() < 129);
        noisy.differences.thorough();
        noisy.forget();
        largest = 0;
        noisy.differences.entry(noisy.weights, 0, 0);
        for (double[] seen : noisy.weightsSeen) largest = Math.max(largest, seen[0] / scale);
        assertTrue(largest > 1, "largest step of a second look: " + largest);
    }
}
