package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.LayerNorm;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Targets;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** Where gradients are compared: own points, and how others are drawn. */
class PointsTest {

    @Test
    void ownPointsAreComparedBesideRandomOnes() {
        float[] parameters = new float[12], input = new float[9];
        Arrays.fill(parameters, 0.5f);
        for (int i = 0; i < 9; i++) input[i] = i - 4.5f;
        GradientCheck check =
                GradientCheck.of(Dense.of(3, 3, Activation.SIGMOID)).points(1).at(parameters, input);
        GradientReport both = check.run();
        both.assertCorrect();
        // 3 rows of its own point, 5 of the random one.
        assertEquals(9 + 15, GradientCheckTest.count(both, "input"));
        assertTrue(both.toString().contains("5 rows, 1 random point and 1 given"), both::toString);
        assertEquals(9, GradientCheckTest.count(check.points(0).run().assertCorrect(), "input"));
    }

    @Test
    void ownPointsOfALossMayHaveTargets() {
        GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 2)
                .at(null, new float[] {1, 2, 3, 4}, new float[] {0, 1, 1, 0})
                .run()
                .assertCorrect();
        GradientCheck.of(Loss.SOFTMAX_CROSS_ENTROPY, 2)
                .points(0)
                .at(null, new float[] {1, 2, 3, 4}, new float[] {0, 1})
                .run()
                .assertCorrect();
    }

    @Test
    void bothKindsOfTargetsOfALossAreTried() {
        // Three usual points and 12 hard ones for either kind; half as many more where errors have sizes, too.
        assertEquals(
                (2 * 3 + 2 * 12 + 6) * 5 * 4,
                GradientCheckTest.count(
                        GradientCheck.of(Loss.SOFTMAX_CROSS_ENTROPY, 4).run(), "logits"));
        assertEquals(
                2 * 5 * 4,
                GradientCheckTest.count(
                        GradientCheck.of(Loss.SOFTMAX_CROSS_ENTROPY, 4)
                                .points(1)
                                .run(),
                        "logits"));
        assertEquals(
                (3 + 12 + 6) * 5 * 4,
                GradientCheckTest.count(
                        GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 4).run(), "logits"));
        GradientCheck.of(Loss.SOFTMAX_CROSS_ENTROPY, 4)
                .targets(1, (targets, random) -> {
                    for (int r = 0; r < targets.rows(); r++) targets.set(r, 0, r % 4);
                })
                .run()
                .assertCorrect();
    }

    @Test
    void ownDrawsOfParametersAndInputsAreUsed() {
        float[] seen = new float[2];
        GradientCheck.of(LayerNorm.of(4))
                .parameters((parameters, random) -> {
                    for (Slice p : parameters)
                        for (int c = 0; c < p.columns(); c++) p.set(0, c, seen[0] = 2 + random.uniform());
                })
                .inputs((input, random) -> {
                    for (int r = 0; r < input.rows(); r++)
                        for (int c = 0; c < input.columns(); c++) input.set(r, c, seen[1] = 100 * random.normal());
                })
                .run()
                .assertCorrect();
        assertTrue(seen[0] >= 2 && seen[1] != 0);
    }

    @Test
    void rulesAreTriedAtOwnPointsWhereThereAreAny() {
        // Random numbers would be refused; of two rows the third is the first again.
        float[] indices = {0, 4, 3, 2};
        GradientCheck.of(Embedding.of(2, 5, 3))
                .points(0)
                .at(null, indices)
                .run()
                .assertCorrect();
        for (int rows = 1; rows < 4; rows++)
            GradientCheck.of(Loss.HINGE, 3)
                    .rows(rows)
                    .targets(3, (targets, random) -> {
                        for (int r = 0; r < targets.rows(); r++)
                            for (int c = 0; c < 3; c++) targets.set(r, c, random.nextInt(2) * 2 - 1);
                    })
                    .run()
                    .assertCorrect();
    }

    @Test
    void whatIsDrawnIsZeroToBeginWith() {
        GradientCheck.of(Dense.of(3, 2, Activation.TANH))
                .points(3)
                .parameters((parameters, random) -> {
                    for (Slice p : parameters)
                        for (int r = 0; r < p.rows(); r++)
                            for (int c = 0; c < p.columns(); c++) {
                                assertEquals(0, p.get(r, c));
                                p.set(r, c, random.normal());
                            }
                })
                .inputs((input, random) -> {
                    for (int r = 0; r < input.rows(); r++)
                        for (int c = 0; c < input.columns(); c++) {
                            assertEquals(0, input.get(r, c));
                            input.set(r, c, random.normal());
                        }
                })
                .run()
                .assertCorrect();
    }

    /** Softmax cross-entropy that remembers the targets it saw. */
    private static final class Remembering extends Loss {

        final Set<Float> labels = ConcurrentHashMap.newKeySet();
        final Set<List<Float>> distributions = ConcurrentHashMap.newKeySet();

        Remembering() {
            super("remembering");
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return Loss.SOFTMAX_CROSS_ENTROPY.accepts(outputs, targetColumns);
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return targetColumns == 1 ? Targets.CLASS : Targets.DISTRIBUTION;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            List<Float> probabilities = new ArrayList<>();
            for (int c = 0; c < targets.columns(); c++) probabilities.add(targets.get(row, c));
            if (targets.columns() == 1) labels.add(targets.get(row, 0));
            else distributions.add(probabilities);
            return Loss.SOFTMAX_CROSS_ENTROPY.valueAndGradient(pass, row, rows, logits, targets, dLogits);
        }
    }

    @Test
    void targetsAreDrawnAsProbabilitiesAndAsLabels() {
        Remembering loss = new Remembering();
        GradientCheck.of(loss, 4).rows(20).run().assertCorrect();
        for (float label = 0; label < 4; label++) assertTrue(loss.labels.contains(label), "label " + label);
        for (List<Float> row : loss.distributions) {
            float sum = 0;
            for (float p : row) {
                assertTrue(p >= 0 && p <= 1);
                sum += p;
            }
            assertEquals(1, sum, 1e-6);
        }
    }

    @Test
    void ownTargetsAreUsedAsTheyAre() {
        Remembering loss = new Remembering();
        GradientCheck.of(loss, 2)
                .points(0)
                .at(null, new float[] {1, 2, 3, 4}, new float[] {0.25f, 0.75f, 0.5f, 0.5f})
                .run()
                .assertCorrect();
        assertEquals(Set.of(List.of(0.25f, 0.75f), List.of(0.5f, 0.5f)), loss.distributions);
    }

    @Test
    void exceptionsOfDrawsAreReported() {
        GradientReport report = GradientCheck.of(PRelu.of(2))
                .inputs((input, random) -> input.set(0, 2, 1))
                .run();
        assertEquals(Kind.THROWS, report.findings().get(0).kind());
        assertTrue(report.toString().contains("drawing a point threw java.lang.IndexOutOfBounds"), report::toString);
    }
}
