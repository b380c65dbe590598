package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** Which entries of a variable are compared. */
class EntriesTest {

    @Test
    void everyParameterAndInputOfASmallLayerIsCompared() {
        GradientReport report =
                GradientCheck.of(Dense.of(3, 7, Activation.TANH)).points(1).run();
        assertEquals(21, GradientCheckTest.count(report, "weights"));
        assertEquals(7, GradientCheckTest.count(report, "bias"));
        assertEquals(15, GradientCheckTest.count(report, "input"));
        assertEquals(43, report.count(Status.CORRECT));
        assertTrue(report.passed() && report.complete(), report::toString);
        assertSame(report, report.assertCorrect());
    }

    /** Many more parameters than are compared one by one, and one of them wrong: found by its direction and named. */
    @Test
    void oneWrongTermInALargeLayerIsFound() {
        GradientReport report = GradientCheck.of(new PlantedDense(49, PlantedDense.Mistake.ONE_TERM_FORGOTTEN))
                .points(1)
                .coordinates(64)
                .run();
        assertTrue(report.findings().get(0).toString().contains("all in row 2; all in column 3"), report::toString);
        boolean named = false;
        for (Entry entry : report.entries())
            named |= entry.place().equals("weights[2][3]") && entry.status() == Status.WRONG;
        assertTrue(named, report::toString);
    }

    /**
     * Output: the sum of a 40 × 50 matrix and of the input's columns, each entry times a coefficient; linear, with
     * gradients that are wrong at one entry of either (−1: none).
     */
    private record Weighted(int columns, float[] coefficients, int wrongEntry, int wrongColumn) implements Layer {

        Weighted(int columns, int wrongEntry, int wrongColumn) {
            this(columns, new float[2000], wrongEntry, wrongColumn);
            RandomSource random = new RandomSource(1);
            for (int i = 0; i < 2000; i++) coefficients[i] = 0.5f + 0.25f * random.uniform();
        }

        @Override
        public int inputSize() {
            return columns;
        }

        @Override
        public int outputSize() {
            return 1;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(new ParameterShape("matrix", ParameterShape.Role.SCALE, 40, 50));
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            double all = 0;
            for (int i = 0; i < 2000; i++)
                all += (double) coefficients[i] * parameters.get(0).get(i / 50, i % 50);
            for (int r = from; r < to; r++) {
                double sum = all;
                for (int c = 0; c < columns; c++) sum += (double) coefficients[c] * input.get(r, c);
                output.set(r, 0, (float) sum);
            }
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            for (int r = from; dInput != null && r < to; r++)
                for (int c = 0; c < columns; c++)
                    dInput.set(r, c, (c == wrongColumn ? 9 : 1) * coefficients[c] * dOutput.get(r, 0));
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (part > 0) return;
            for (int i = 0; i < 2000; i++) {
                float sum = 0;
                for (int r = from; r < to; r++) sum += scale * dOutput.get(r, 0);
                float gradient = (i == wrongEntry ? 99 : 1) * coefficients[i] * sum;
                target.get(0).set(i / 50, i % 50, target.get(0).get(i / 50, i % 50) + gradient);
            }
        }
    }

    @Test
    void ofALargeMatrixEdgesBlockBoundariesAndTheLargestEntriesAreCompared() {
        Weighted layer = new Weighted(3, -1, -1);
        List<String> expected = new ArrayList<>();
        for (int k = 0; k < 16; k++) {
            layer.coefficients[53 + 111 * k] = (k % 2 == 0 ? 1 : -1) * (10 + k);
            expected.add("matrix[" + (53 + 111 * k) / 50 + "][" + (53 + 111 * k) % 50 + "]");
        }
        for (int r : new int[] {0, 1, 20, 38, 39})
            for (int c : new int[] {0, 1, 15, 16, 25, 33, 34, 48, 49}) expected.add("matrix[" + r + "][" + c + "]");
        GradientReport report =
                GradientCheck.of(layer).points(1).coordinates(400).run().assertCorrect();
        List<String> compared = new ArrayList<>();
        for (Entry entry : report.entries()) if (entry.row() >= 0) compared.add(entry.place());
        for (String place : expected) assertTrue(compared.contains(place), place);
        assertEquals(400, GradientCheckTest.count(report, "matrix"));
        assertTrue(
                report.toString().contains("matrix: a sample of 400 entries compared, and 4 directions;"),
                report::toString);
        // Of fewer, a quarter is for the edges; the largest come first of the others.
        report = GradientCheck.of(layer).points(1).coordinates(125).run().assertCorrect();
        assertEquals(125, GradientCheckTest.count(report, "matrix"));
        compared.clear();
        for (Entry entry : report.entries()) if (entry.row() >= 0) compared.add(entry.place());
        for (int k = 1; k < 16; k++) assertTrue(compared.contains(expected.get(k)), expected.get(k));
        // More than sixteen times as many as are compared: a quarter of these.
        assertEquals(
                31,
                GradientCheckTest.count(
                        GradientCheck.of(layer).points(1).coordinates(124).run().assertCorrect(), "matrix"));
        assertEquals(
                1,
                GradientCheckTest.count(
                        GradientCheck.of(layer).points(1).coordinates(1).run().assertCorrect(), "matrix"));
        assertFalse(GradientCheck.of(layer)
                .points(1)
                .coordinates(2000)
                .run()
                .assertCorrect()
                .toString()
                .contains("directions"));
    }

    @Test
    void ofALargeInputWholeColumnsAreCompared() {
        GradientReport report = GradientCheck.of(new Weighted(200, -1, -1))
                .points(1)
                .coordinates(256)
                .run()
                .assertCorrect();
        assertEquals(51 * 5, GradientCheckTest.count(report, "input"));
        assertEquals(
                5 * 60,
                GradientCheckTest.count(
                        GradientCheck.of(new Weighted(60, -1, -1))
                                .points(1)
                                .coordinates(300)
                                .run(),
                        "input"));
    }

    @Test
    void whatIsWrongInTheMidstOfManyIsFoundByHalves() {
        for (int wrong : new int[] {777, 1313}) {
            GradientReport report = GradientCheck.of(new Weighted(3, wrong, -1))
                    .points(1)
                    .coordinates(40)
                    .run();
            String place = "matrix[" + wrong / 50 + "][" + wrong % 50 + "]";
            assertEquals(List.of(place), GradientCheckTest.places(report, Status.WRONG), report::toString);
            assertEquals("matrix", report.findings().get(0).place());
        }
        GradientReport report = GradientCheck.of(new Weighted(200, -1, 77))
                .points(1)
                .coordinates(20)
                .run();
        List<String> column = new ArrayList<>();
        for (int r = 0; r < 5; r++) column.add("input[" + r + "][77]");
        assertEquals(column, GradientCheckTest.places(report, Status.WRONG), report::toString);
    }

    @Test
    void entriesStandInTheOrderOfRowsAndColumns() {
        int before = -5;
        for (Entry entry : GradientCheck.of(new Weighted(3, 777, -1))
                .points(1)
                .coordinates(40)
                .run()
                .entries()) {
            if (!entry.name().equals("matrix")) continue;
            // Directions come first.
            int number = entry.row() < 0 ? entry.column() - 4 : entry.row() * 50 + entry.column();
            assertTrue(number > before, entry.place());
            before = number;
        }
        assertTrue(before > 777);
    }

    @Test
    void theListenerHearsOfEveryEntryAndTheTotal() {
        List<GradientCheck.Progress> heard = new ArrayList<>();
        GradientCheck.of(Dense.of(3, 7, Activation.TANH))
                .points(1)
                .progress(heard::add)
                .run();
        GradientCheck.Progress last = heard.get(heard.size() - 1);
        assertEquals(43, last.total());
        assertEquals(43, last.done());
        assertTrue(heard.stream().anyMatch(p -> p.variable().equals("weights")));
    }

    @Test
    void whatTheTimeBudgetLeavesOutIsSaid() {
        GradientReport report = GradientCheck.of(Dense.of(17, 33, Activation.TANH))
                .points(1)
                .timeBudget(Duration.ofNanos(1))
                .run();
        assertFalse(report.complete());
        // Nothing at all was compared, which must not pass.
        assertEquals(Kind.TOO_MANY_SKIPPED, report.findings().get(0).kind(), report::toString);
        assertTrue(
                report.toString().contains("the time budget was spent before any entry was compared"),
                report::toString);
        assertTrue(
                report.toString().contains("374 entries were left out: the time budget was spent"), report::toString);
    }
}
