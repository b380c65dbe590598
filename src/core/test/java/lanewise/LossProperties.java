package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;

/** Losses and their gradients against the formulas in double, from flat logits to hopeless ones. */
class LossProperties {

    /** Rows of logits and targets in the midst of NaN, and the row that is meant. */
    private static final class Rows {

        final Slice logits;
        final Slice targets;
        final Slice dLogits;
        final int rows;
        final int row;
        final double[] z;
        final double[] t;

        Rows(int n, long seed, boolean probabilities) {
            SplittableRandom random = new SplittableRandom(seed);
            rows = 1 + random.nextInt(5);
            row = random.nextInt(rows);
            logits = Slice.allocate(rows, n);
            targets = Slice.allocate(rows, n);
            dLogits = Slice.allocate(rows, n);
            for (Slice slice : List.of(logits, targets, dLogits)) Arrays.fill(slice.array(), Float.NaN);
            z = new double[n];
            t = new double[n];
            double reach = List.of(1e-3, 1.0, 20.0, 1e4).get(random.nextInt(4));
            int one = random.nextInt(n);
            for (int i = 0; i < n; i++) {
                logits.set(row, i, (float) random.nextDouble(-reach, reach));
                float target = i == one ? 1f : 0f;
                targets.set(row, i, probabilities && random.nextBoolean() ? (float) random.nextDouble() : target);
                z[i] = logits.get(row, i);
                t[i] = targets.get(row, i);
            }
        }

        double loss(Loss loss) {
            Pass pass =
                    Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), rows).pass();
            double value = loss.valueAndGradient(pass, row, rows, logits, targets, dLogits);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < dLogits.stride(); c++) {
                    float d = dLogits.array()[dLogits.at(r) + c];
                    if (r != row) assertTrue(d != d, "another row was written to");
                    else if (c >= dLogits.columns()) assertEquals(0, Float.floatToRawIntBits(d), "padding");
                    else assertTrue(d == 0f ? Float.floatToRawIntBits(d) == 0 : Math.abs(d) >= 1e-25f);
                }
            return value;
        }

        void assertGradient(int i, double expected) {
            assertEquals(expected, dLogits.get(row, i) * (double) rows, 1e-6 * (1 + Math.abs(expected)), "entry " + i);
        }
    }

    @Property(tries = 300)
    void softmaxCrossEntropyIsItsFormula(@ForAll @IntRange(min = 2, max = 40) int n, @ForAll long seed) {
        Rows batch = new Rows(n, seed, false);
        double max = Arrays.stream(batch.z).max().orElseThrow(), sum = 0, product = 0, reach = 0;
        for (int i = 0; i < n; i++) {
            double below = max - batch.z[i], power = StrictMath.exp(-below);
            sum += power;
            reach += power * below;
            product -= below * batch.t[i];
        }
        double expected = StrictMath.log(sum) - product;
        // The sum's relative error: half a unit for each addition on the way of an element, first in its lane and then
        // four of the tree, a unit of exp, and what half a unit of its argument makes.
        double ofSum = ((n - 1) / 16 + 4 + 2 + reach / sum) * 0x1p-24;
        assertEquals(expected, batch.loss(Loss.SOFTMAX_CROSS_ENTROPY), ofSum + 2 * 0x1p-24 * expected);
        for (int i = 0; i < n; i++) batch.assertGradient(i, StrictMath.exp(batch.z[i] - max) / sum - batch.t[i]);
    }

    @Property(tries = 300)
    void binaryCrossEntropyIsItsFormula(@ForAll @IntRange(min = 1, max = 40) int n, @ForAll long seed) {
        Rows batch = new Rows(n, seed, true);
        double expected = 0;
        for (int i = 0; i < n; i++) {
            double z = batch.z[i];
            expected += Math.max(z, 0) - z * batch.t[i] + StrictMath.log1p(StrictMath.exp(-Math.abs(z)));
        }
        assertEquals(expected / n, batch.loss(Loss.BINARY_CROSS_ENTROPY), 1e-12 * (1 + expected));
        for (int i = 0; i < n; i++) batch.assertGradient(i, (1 / (1 + StrictMath.exp(-batch.z[i])) - batch.t[i]) / n);
    }

    @Property(tries = 300)
    void meanSquaredErrorIsItsFormula(@ForAll @IntRange(min = 1, max = 40) int n, @ForAll long seed) {
        Rows batch = new Rows(n, seed, true);
        double expected = 0;
        for (int i = 0; i < n; i++) expected += (batch.z[i] - batch.t[i]) * (batch.z[i] - batch.t[i]);
        assertEquals(expected / n, batch.loss(Loss.MEAN_SQUARED_ERROR), 1e-6 * (1 + expected / n));
        for (int i = 0; i < n; i++) batch.assertGradient(i, 2 * (batch.z[i] - batch.t[i]) / n);
    }

    @Example
    void targetsThatALossIsNotForAreRefused() {
        for (float wrong : new float[] {-1e-6f, 1.5f, Float.NaN}) {
            Rows batch = new Rows(3, 1, true);
            batch.targets.set(batch.row, 1, wrong);
            refused("target 1 is " + wrong + ", a probability", () -> batch.loss(Loss.BINARY_CROSS_ENTROPY));
        }
        for (float wrong : new float[] {-1f, 3f, 0.5f, Float.NaN, 1e20f}) {
            Rows batch = new Rows(3, 1, false);
            Slice labels = Slice.allocate(batch.rows, 1);
            labels.set(batch.row, 0, wrong);
            refused(
                    "row " + batch.row + ": target class " + wrong + ", an integer from 0 to 2 expected",
                    () -> Loss.SOFTMAX_CROSS_ENTROPY.valueAndGradient(
                            Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), 5)
                                    .pass(),
                            batch.row,
                            batch.rows,
                            batch.logits,
                            labels,
                            batch.dLogits));
        }
    }

    /** Numbers that somebody may take for targets. */
    private static final float[] CANDIDATES = {
        0f,
        -0f,
        1f,
        -1f,
        0.5f,
        0.1f,
        0.9f,
        2f,
        2.5f,
        3f,
        -0.25f,
        1.0001f,
        1e-30f,
        1e30f,
        -1e30f,
        9f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY
    };

    /** What the documentation of each loss says of a column's target. */
    private static boolean promised(Loss loss, float t) {
        if (loss == Loss.BINARY_CROSS_ENTROPY) return t >= 0 && t <= 1;
        if (loss == Loss.HINGE) return t == 1 || t == -1;
        if (loss.output() == Output.SOFTMAX) return t >= 0 && t < Float.POSITIVE_INFINITY;
        return Float.isFinite(t);
    }

    @Provide
    Arbitrary<Loss> losses() {
        return Arbitraries.of(Loss.all());
    }

    /** A target that a loss is not for is refused, by the check and by the gradient alike; every other one is taken. */
    @Property(tries = 1000)
    void everyLossTakesTheTargetsThatItPromises(
            @ForAll @IntRange(min = 2, max = 20) int n, @ForAll("losses") Loss loss, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Rows batch = new Rows(n, seed, false);
        for (int i = 0; i < n; i++)
            batch.targets.set(batch.row, i, loss == Loss.HINGE ? 1 - 2 * random.nextInt(2) : random.nextInt(2));
        int at = random.nextInt(n);
        float target = CANDIDATES[random.nextInt(CANDIDATES.length)];
        batch.targets.set(batch.row, at, target);
        Statistics.label("taken").collect(promised(loss, target));
        String why = loss.refusal(batch.targets, batch.row, n);
        if (promised(loss, target)) {
            assertNull(why);
            // A divergence from what does not sum to 1 may be negative.
            assertTrue(batch.loss(loss) >= 0 || loss == Loss.KULLBACK_LEIBLER, "a loss below zero");
        } else {
            assertTrue(why.startsWith("target " + at + " is " + target + ", "), why);
            refused("row " + batch.row + ": " + why, () -> batch.loss(loss));
        }
    }

    /** The value alone has the bits of the value beside the gradient, for classes and columns, plain logits and hopeless ones. */
    @Property(tries = 1000)
    void valueAloneHasTheSameBits(
            @ForAll @IntRange(min = 2, max = 70) int n, @ForAll("losses") Loss plain, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Rows batch = new Rows(n, seed, false);
        float[] weights = new float[n];
        for (int i = 0; i < n; i++) weights[i] = random.nextInt(4) / 2f;
        Loss loss = plain instanceof Loss.SoftmaxCrossEntropy softmax && random.nextBoolean()
                ? softmax.withLabelSmoothing(0.1f).withClassWeights(weights)
                : plain;
        for (int i = 0; i < n; i++) {
            if (loss == Loss.HINGE) batch.targets.set(batch.row, i, 1 - 2 * random.nextInt(2));
            if (random.nextInt(20) == 0) batch.logits.set(batch.row, i, CANDIDATES[random.nextInt(CANDIDATES.length)]);
        }
        Slice targets = batch.targets;
        if (loss.accepts(n, 1) && random.nextBoolean()) {
            targets = Slice.allocate(batch.rows, 1);
            targets.set(batch.row, 0, random.nextInt(n));
        }
        Pass pass = Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), batch.rows)
                .pass();
        double expected = loss.valueAndGradient(pass, batch.row, batch.rows, batch.logits, targets, batch.dLogits);
        Statistics.label("a number").collect(expected == expected);
        assertEquals(expected, loss.value(pass, batch.row, batch.logits, targets));
    }

    @Property(tries = 300)
    void aClassIsAnIndex(@ForAll @IntRange(min = 2, max = 20) int n, @ForAll long seed) {
        Rows batch = new Rows(n, seed, false);
        Slice labels = Slice.allocate(batch.rows, 1);
        float label = CANDIDATES[new SplittableRandom(seed).nextInt(CANDIDATES.length)];
        labels.set(batch.row, 0, label);
        boolean is = label == Math.rint(label) && label >= 0 && label < n;
        for (Loss.SoftmaxCrossEntropy loss :
                List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f)))
            assertEquals(is, loss.refusal(labels, batch.row, n) == null, label + " of " + n);
    }

    /** Targets of another width are no targets: they would be read beyond their row, or in part. */
    @Property(tries = 300)
    void targetsOfAnotherWidthAreRefused(
            @ForAll @IntRange(min = 2, max = 20) int n,
            @ForAll @IntRange(min = 1, max = 21) int columns,
            @ForAll("losses") Loss loss) {
        Rows batch = new Rows(n, 1, false);
        Slice targets = Slice.allocate(batch.rows, columns);
        if (loss.accepts(n, columns)) return;
        assertTrue(loss.refusal(targets, batch.row, n).contains(columns + " columns do not fit " + n + " outputs"));
        Pass pass = Batch.forTraining(Dense.of(1, 1, Activation.IDENTITY), batch.rows)
                .pass();
        assertThrows(
                IllegalArgumentException.class,
                () -> loss.valueAndGradient(pass, batch.row, batch.rows, batch.logits, targets, batch.dLogits));
    }

    /** Rows that do not sum to 1: as documented, loss and gradient are so many times those of the row that does. */
    @Property(tries = 300)
    void softmaxLossesAreProportionalToTheirTargets(@ForAll @IntRange(min = 2, max = 20) int n, @ForAll long seed) {
        Rows one = new Rows(n, seed, false), many = new Rows(n, seed, false);
        for (int i = 0; i < n; i++) many.targets.set(many.row, i, 2.5f * one.targets.get(one.row, i));
        assertEquals(2.5 * one.loss(Loss.SOFTMAX_CROSS_ENTROPY), many.loss(Loss.SOFTMAX_CROSS_ENTROPY));
        for (int i = 0; i < n; i++)
            assertEquals(2.5 * one.dLogits.get(one.row, i), many.dLogits.get(many.row, i), 1e-6);
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
