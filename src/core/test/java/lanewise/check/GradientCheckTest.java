package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lanewise.Activation;
import lanewise.Dense;
import lanewise.Embedding;
import lanewise.Layer;
import lanewise.LayerNorm;
import lanewise.Loss;
import lanewise.Network;
import lanewise.PRelu;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.Slice;
import lanewise.Softmax;
import lanewise.Stack;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import org.junit.jupiter.api.Test;

class GradientCheckTest {

    private static final Layer WRONG = new PlantedDense(5, PlantedDense.Mistake.SIGN_OF_BIAS_GRADIENT);

    private static long count(GradientReport report, String name) {
        long count = 0;
        for (Entry entry : report) if (entry.name().equals(name) && entry.row() >= 0) count++;
        return count;
    }

    @Test
    void everyParameterAndInputOfASmallLayerIsCompared() {
        GradientReport report =
                GradientCheck.of(Dense.of(3, 7, Activation.TANH)).run();
        assertEquals(21, count(report, "weights"));
        assertEquals(7, count(report, "bias"));
        assertEquals(15, count(report, "input"));
        assertEquals(43, report.count(Status.CORRECT));
        assertTrue(report.passed() && report.complete(), report::toString);
        assertSame(report, report.assertCorrect());
    }

    @Test
    void theReportNamesEntriesValuesBoundAndSeed() {
        GradientReport report = GradientCheck.of(WRONG).seed(42).run();
        AssertionError error = assertThrows(AssertionError.class, report::assertCorrect);
        assertEquals(report.toString(), error.getMessage());
        for (String text : List.of(
                "Gradient check of planted dense 5->5: FAILED",
                "5 rows, 1 random point",
                "bias: 5 of 5 entries of the gradient are wrong; each is the numeric value with the other sign",
                "the input's gradient is right: look at accumulate",
                "bias: 5 entries compared; 5 wrong:",
                "bias[0][3] ",
                "analytic",
                "repeat it with seed(42)")) assertTrue(report.toString().contains(text), () -> text + "\n" + report);
        Entry bias = null;
        for (Entry entry : report) if (entry.place().equals("bias[0][3]")) bias = entry;
        assertEquals(Status.WRONG, bias.status());
        assertEquals(-bias.analytic(), bias.numeric(), bias.bound());
        assertEquals(Math.abs(bias.analytic() - bias.numeric()), bias.error());
        assertEquals("planted dense 5->5", bias.layer());
        assertEquals(42, report.seed());
    }

    @Test
    void equalSeedsGiveEqualReportsAndOthersOthers() {
        GradientCheck check = GradientCheck.of(Dense.of(3, 4, Activation.GELU_TANH));
        assertEquals(check.seed(7).run().toString(), check.seed(7).run().toString());
        assertNotEquals(check.seed(7).run().toString(), check.seed(8).run().toString());
    }

    @Test
    void settingsDoNotChangeTheCheckTheyAreMadeFrom() {
        GradientCheck check = GradientCheck.of(Dense.of(3, 4, Activation.GELU_TANH));
        String before = check.run().toString();
        check.seed(9).rows(2).points(3).coordinates(1).timeBudget(Duration.ofNanos(1));
        assertEquals(before, check.run().toString());
    }

    @Test
    void jsonHoldsTheWholeReport() {
        GradientReport report = GradientCheck.of(WRONG).run();
        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        assertEquals("planted dense 5->5", json.get("subject").getAsString());
        assertFalse(json.get("passed").getAsBoolean());
        assertTrue(json.get("complete").getAsBoolean());
        assertEquals(1, json.get("seed").getAsLong());
        assertEquals(
                "WRONG_GRADIENT",
                json.getAsJsonArray("findings")
                        .get(0)
                        .getAsJsonObject()
                        .get("kind")
                        .getAsString());
        List<Entry> entries = new ArrayList<>();
        report.forEach(entries::add);
        assertEquals(entries.size(), json.getAsJsonArray("entries").size());
        JsonObject first = json.getAsJsonArray("entries").get(0).getAsJsonObject();
        assertEquals(entries.get(0).analytic(), first.get("analytic").getAsDouble());
        assertEquals(entries.get(0).name(), first.get("name").getAsString());
    }

    @Test
    void jsonIsValidWhateverTheNamesAndNumbers() {
        GradientReport report = new GradientReport(
                "a \"b\" \\ \n\t",
                "",
                1,
                List.of(new Entry("", "x", 0, 0, Double.NaN, Double.POSITIVE_INFINITY, 1, Status.WRONG)),
                List.of(),
                List.of("r"),
                0);
        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        assertEquals("a \"b\" \\ \n\t", json.get("subject").getAsString());
        assertTrue(report.toJson().startsWith("{\"subject\":\"a \\\"b\\\" \\\\ \\u000a\\u0009\","), report.toJson());
        assertTrue(json.getAsJsonArray("entries")
                .get(0)
                .getAsJsonObject()
                .get("analytic")
                .isJsonNull());
    }

    /** Two variables, one right and one wrong, with entries of all kinds. */
    private static GradientReport ofAllKinds(long leftOut) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("l", "a", -1, 0, 1, 1, 0.5, Status.CORRECT));
        entries.add(new Entry("l", "a", 0, 0, -4, -4.25, 0.5, Status.CORRECT));
        entries.add(new Entry("l", "a", 0, 1, 3, 3.5, 0.75, Status.CORRECT));
        entries.add(new Entry("l", "a", 1, 0, 99, 0, 60, Status.AT_KINK));
        entries.add(new Entry("l", "a", 1, 1, 98, 0, 61, Status.IN_NOISE));
        for (int i = 0; i < 12; i++)
            entries.add(new Entry("", "b", 0, i, i, 0, i < 6 ? 1 : 0.125, i == 0 ? Status.CORRECT : Status.WRONG));
        return new GradientReport(
                "it",
                "some settings",
                77,
                entries,
                List.of(new Finding(Kind.WRONG_GRADIENT, "b", "wrong\nin two lines")),
                List.of("look there"),
                leftOut);
    }

    @Test
    void theReportsTextIsThis() {
        String text = """
                Gradient check of it: FAILED
                  some settings
                  b: wrong
                  in two lines
                  look there
                  a: 4 entries compared, and 1 directions; 1 skipped at kinks; 1 skipped in noise; largest |gradient| 4.00, \
                median bound 0.50, closest to its bound:
                    a[0][1]                  analytic 3.000000       numeric 3.500000       error 0.500      bound 0.750
                  b: 12 entries compared; 11 wrong:
                """;
        for (int i : new int[] {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})
            text += String.format(
                    java.util.Locale.ROOT,
                    "    %-24s analytic %-14.7g numeric %-14.7g error %-10.3g bound %.3g\n",
                    "b[0][" + i + "]",
                    (double) i,
                    0.0,
                    (double) i,
                    i < 6 ? 1 : 0.125);
        assertEquals(text + "  repeat it with seed(77)", ofAllKinds(0).toString());
        assertTrue(ofAllKinds(3)
                .toString()
                .contains("\n  3 entries were left out: the time budget was spent\n  look there\n"));
        GradientReport right = new GradientReport(
                "it", "", 1, List.of(new Entry("", "x", 0, 0, 1, 1, 1, Status.AT_KINK)), List.of(), List.of(), 0);
        assertEquals("""
                Gradient check of it: correct
                 \s
                  x: 1 entries compared; 1 skipped at kinks; largest |gradient| 0.00, median bound NaN, closest to its bound:
                  repeat it with seed(1)""", right.toString());
        assertEquals(1, right.count(Status.AT_KINK));
        assertEquals(0, right.count(Status.CORRECT));
        assertTrue(right.passed());
        GradientReport cut = new GradientReport("it", "", 1, List.of(), List.of(), List.of(), 1);
        assertTrue(cut.toString().startsWith("Gradient check of it: nothing wrong found, but incomplete\n"));
        assertFalse(cut.complete());
    }

    @Test
    void theReportsJsonIsThis() {
        JsonObject json = JsonParser.parseString(ofAllKinds(3).toJson()).getAsJsonObject();
        assertEquals(
                "[subject, settings, seed, passed, complete, leftOut, findings, entries, remarks]",
                json.keySet().toString());
        assertEquals("some settings", json.get("settings").getAsString());
        assertEquals(77, json.get("seed").getAsLong());
        assertFalse(json.get("complete").getAsBoolean());
        assertEquals(3, json.get("leftOut").getAsLong());
        assertEquals(
                "[{\"kind\":\"WRONG_GRADIENT\",\"place\":\"b\",\"text\":\"wrong\\nin two lines\"}]",
                json.get("findings").toString());
        assertEquals(17, json.getAsJsonArray("entries").size());
        assertEquals(
                "{\"layer\":\"l\",\"name\":\"a\",\"row\":0,\"column\":1,\"analytic\":3.0,\"numeric\":3.5,"
                        + "\"error\":0.5,\"bound\":0.75,\"status\":\"CORRECT\"}",
                json.getAsJsonArray("entries").get(2).toString());
        assertEquals("[\"look there\"]", json.get("remarks").toString());
    }

    @Test
    void theListenerHearsOfEveryEntryAndTheTotal() {
        List<GradientCheck.Progress> heard = new ArrayList<>();
        GradientCheck.of(Dense.of(3, 7, Activation.TANH)).progress(heard::add).run();
        GradientCheck.Progress last = heard.get(heard.size() - 1);
        assertEquals(43, last.total());
        assertEquals(43, last.done());
        assertTrue(heard.stream().anyMatch(p -> p.variable().equals("weights")));
    }

    @Test
    void whatTheTimeBudgetLeavesOutIsSaid() {
        GradientReport report = GradientCheck.of(Dense.of(17, 33, Activation.TANH))
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

    @Test
    void ownPointsAreComparedBesideRandomOnes() {
        float[] parameters = new float[12], input = new float[9];
        Arrays.fill(parameters, 0.5f);
        for (int i = 0; i < 9; i++) input[i] = i - 4.5f;
        GradientCheck check =
                GradientCheck.of(Dense.of(3, 3, Activation.SIGMOID)).at(parameters, input);
        GradientReport both = check.run();
        both.assertCorrect();
        // 3 rows of its own point, 5 of the random one.
        assertEquals(9 + 15, count(both, "input"));
        assertTrue(both.toString().contains("5 rows, 1 random point and 1 given"), both::toString);
        assertEquals(9, count(check.points(0).run().assertCorrect(), "input"));
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

    /** A point where the layer's kinks are, which nobody may exchange for another. */
    @Test
    void ownPointsAtKinksAreSkippedAndTooManyAreAFailure() {
        float[] zeros = new float[8];
        GradientReport report =
                GradientCheck.of(PRelu.of(4)).points(0).at(null, zeros).run();
        assertEquals(8, report.count(Status.AT_KINK), report::toString);
        assertTrue(
                report.findings().stream()
                        .anyMatch(f -> f.kind() == Kind.TOO_MANY_SKIPPED
                                && f.place().equals("input")
                                && f.text()
                                        .startsWith("8 of 8 entries had to be skipped, more than a tenth: 8 at kinks")),
                report::toString);
        float[] one = {0, 1, 2, -3, 4, 5, -6, 7, 8, 9, -10, 11};
        report = GradientCheck.of(PRelu.of(4)).points(0).at(null, one).run().assertCorrect();
        assertEquals(1, report.count(Status.AT_KINK), report::toString);
        assertTrue(report.toString().contains("input: 12 entries compared; 1 skipped at kinks"), report::toString);
    }

    @Test
    void aGradientThatIsZeroEverywhereProvesNothing() {
        GradientReport report = GradientCheck.of(Softmax.of(1)).run();
        assertEquals(Kind.UNUSED_PARAMETER, report.findings().get(0).kind(), report::toString);
        // A normalisation undoes the bias before it.
        Layer undone = new Stack(List.of(Dense.of(4, 1, Activation.IDENTITY), lanewise.BatchNorm.of(1)));
        report = GradientCheck.of(undone).run();
        assertTrue(
                report.findings().stream()
                        .anyMatch(
                                f -> f.kind() == Kind.ZERO_GRADIENT && f.place().startsWith("0.bias")),
                report::toString);
    }

    @Test
    void aNetworkIsCheckedAtItsOwnParametersAndLeftAsItIs() {
        Network network = Network.builder(3)
                .dense(5, Activation.RELU)
                .dense(2, Activation.IDENTITY)
                .build(3);
        float[] before = network.copyParameters();
        GradientReport report =
                GradientCheck.of(network, Loss.SOFTMAX_CROSS_ENTROPY).run().assertCorrect();
        assertArrayEquals(before, network.copyParameters());
        // Both kinds of targets.
        assertEquals(2 * 15, count(report, "0.weights"));
        before = network.copyParameters();
        before[3] = Float.MAX_VALUE;
        network.setParameters(before);
        assertFalse(GradientCheck.of(network).run().passed());
    }

    @Test
    void aMistakeInAStackIsPlacedInItsLayer() {
        Layer right = Dense.of(5, 5, Activation.TANH);
        GradientReport report =
                GradientCheck.of(new Stack(List.of(right, WRONG, right))).run();
        assertTrue(
                report.findings()
                        .get(0)
                        .toString()
                        .startsWith("1.bias of layer 1 (planted dense 5->5): 5 of 5 entries"),
                report::toString);
        report = GradientCheck.of(
                        new Stack(List.of(right, new PlantedDense(5, PlantedDense.Mistake.TRANSPOSED_WEIGHTS), right)))
                .run();
        assertTrue(
                report.toString()
                        .contains(
                                "look at layer 0 (dense 5->5 tanh) and at how layer 1 (planted dense 5->5) computes dInput"),
                report::toString);
    }

    @Test
    void aReferenceTightensTheBoundAndIsComparedWith() {
        int n = 8;
        Layer layer = new PlantedDense(n, PlantedDense.Mistake.NONE);
        Reference reference = (rows, parameters, input, output) -> {
            for (int r = 0; r < rows; r++)
                for (int o = 0; o < n; o++) {
                    double sum = parameters[1][o];
                    for (int i = 0; i < n; i++) sum += input[r * n + i] * parameters[0][i * n + o];
                    output[r * n + o] = Math.tanh(sum);
                }
        };
        GradientCheck check = GradientCheck.of(layer);
        double without = meanBound(check.run().assertCorrect());
        double with = meanBound(check.reference(reference).run().assertCorrect());
        assertTrue(with < without / 4, () -> with + " is not less than a quarter of " + without);
        // Another function than the layer's.
        GradientReport other = check.reference((rows, parameters, input, output) -> {
                    reference.forward(rows, parameters, input, output);
                    output[3] += 1e-4;
                })
                .run();
        assertEquals(Kind.DIFFERS_FROM_REFERENCE, other.findings().get(0).kind(), other::toString);
        assertTrue(other.findings().get(0).place().equals("output[0][3]"), other::toString);
    }

    private static double meanBound(GradientReport report) {
        double sum = 0;
        int count = 0;
        for (Entry entry : report) {
            sum += entry.bound();
            count++;
        }
        return sum / count;
    }

    /** Many more parameters than are compared one by one, and one of them wrong: found by its direction and named. */
    @Test
    void oneWrongTermInALargeLayerIsFound() {
        GradientReport report = GradientCheck.of(new PlantedDense(49, PlantedDense.Mistake.ONE_TERM_FORGOTTEN))
                .coordinates(64)
                .run();
        assertTrue(report.findings().get(0).toString().contains("all in row 2; all in column 3"), report::toString);
        boolean named = false;
        for (Entry entry : report) named |= entry.place().equals("weights[2][3]") && entry.status() == Status.WRONG;
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
            return List.of(new ParameterShape("matrix", 40, 50, true));
        }

        @Override
        public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
            double all = 0;
            for (int i = 0; i < 2000; i++) all += (double) coefficients[i] * parameters[0].get(i / 50, i % 50);
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
                Slice[] parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            for (int r = from; dInput != null && r < to; r++)
                for (int c = 0; c < columns; c++)
                    dInput.set(r, c, (c == wrongColumn ? 9 : 1) * coefficients[c] * dOutput.get(r, 0));
        }

        @Override
        public void accumulate(
                Pass pass,
                int rows,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Slice[] target,
                int part,
                int parts) {
            if (part > 0) return;
            for (int i = 0; i < 2000; i++) {
                float sum = 0;
                for (int r = 0; r < rows; r++) sum += scale * dOutput.get(r, 0);
                float gradient = (i == wrongEntry ? 99 : 1) * coefficients[i] * sum;
                target[0].set(i / 50, i % 50, target[0].get(i / 50, i % 50) + gradient);
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
        GradientReport report = GradientCheck.of(layer).coordinates(400).run().assertCorrect();
        List<String> compared = new ArrayList<>();
        for (Entry entry : report) if (entry.row() >= 0) compared.add(entry.place());
        for (String place : expected) assertTrue(compared.contains(place), place);
        assertEquals(400, count(report, "matrix"));
        assertTrue(report.toString().contains("matrix: 400 entries compared, and 4 directions;"), report::toString);
        // Of fewer, a quarter is for the edges; the largest come first of the others.
        report = GradientCheck.of(layer).coordinates(125).run().assertCorrect();
        assertEquals(125, count(report, "matrix"));
        compared.clear();
        for (Entry entry : report) if (entry.row() >= 0) compared.add(entry.place());
        for (int k = 1; k < 16; k++) assertTrue(compared.contains(expected.get(k)), expected.get(k));
        // More than sixteen times as many as are compared: a quarter of these.
        assertEquals(31, count(GradientCheck.of(layer).coordinates(124).run().assertCorrect(), "matrix"));
        assertEquals(1, count(GradientCheck.of(layer).coordinates(1).run().assertCorrect(), "matrix"));
        assertFalse(GradientCheck.of(layer)
                .coordinates(2000)
                .run()
                .assertCorrect()
                .toString()
                .contains("directions"));
    }

    @Test
    void ofALargeInputWholeColumnsAreCompared() {
        GradientReport report = GradientCheck.of(new Weighted(200, -1, -1))
                .coordinates(256)
                .run()
                .assertCorrect();
        assertEquals(51 * 5, count(report, "input"));
        assertEquals(
                5 * 60,
                count(
                        GradientCheck.of(new Weighted(60, -1, -1))
                                .coordinates(300)
                                .run(),
                        "input"));
    }

    @Test
    void whatIsWrongInTheMidstOfManyIsFoundByHalves() {
        for (int wrong : new int[] {777, 1313}) {
            GradientReport report =
                    GradientCheck.of(new Weighted(3, wrong, -1)).coordinates(40).run();
            String place = "matrix[" + wrong / 50 + "][" + wrong % 50 + "]";
            assertEquals(List.of(place), places(report, Status.WRONG), report::toString);
            assertEquals("matrix", report.findings().get(0).place());
        }
        GradientReport report =
                GradientCheck.of(new Weighted(200, -1, 77)).coordinates(20).run();
        List<String> column = new ArrayList<>();
        for (int r = 0; r < 5; r++) column.add("input[" + r + "][77]");
        assertEquals(column, places(report, Status.WRONG), report::toString);
    }

    /** Single entries with this status. */
    private static List<String> places(GradientReport report, Status status) {
        List<String> places = new ArrayList<>();
        for (Entry entry : report) if (entry.row() >= 0 && entry.status() == status) places.add(entry.place());
        return places;
    }

    /** The identity, with a gradient that is wrong where the input is exactly 7 or 0, and very wrong beyond 100. */
    private static Layer wrongAtSevenAndZero() {
        Layer identity = new Identity(8);
        return new Layer() {
            @Override
            public int inputSize() {
                return 8;
            }

            @Override
            public int outputSize() {
                return 8;
            }

            @Override
            public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
                identity.forward(pass, from, to, parameters, input, output);
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Slice[] parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {
                for (int r = from; dInput != null && r < to; r++)
                    for (int c = 0; c < 8; c++) {
                        float x = input.get(r, c);
                        dInput.set(r, c, dOutput.get(r, c) * (x > 100 ? 99 : x == 7 || x == 0 ? 2 : 1));
                    }
            }
        };
    }

    @Test
    void whatIsWrongAtOnePointAndRightNearbyIsSkipped() {
        float[] input = new float[40];
        for (int i = 0; i < 40; i++) input[i] = 1 + i / 8f;
        input[11] = 7;
        GradientCheck check = GradientCheck.of(wrongAtSevenAndZero()).points(0);
        GradientReport report = check.at(null, input).run().assertCorrect();
        assertEquals(List.of("input[1][3]"), places(report, Status.AT_KINK));
        // What is exactly zero stays so, for it may be so on purpose.
        input[12] = 0;
        report = check.at(null, input).run();
        assertEquals(List.of("input[1][4]"), places(report, Status.WRONG));
        // More than are looked at again: the others are less wrong.
        input[12] = 1;
        Arrays.fill(input, 20, 34, 7);
        report = check.at(null, input).run();
        assertEquals(15, report.count(Status.AT_KINK), report::toString);
        assertTrue(
                report.findings()
                        .get(0)
                        .text()
                        .startsWith("15 of 40 entries had to be skipped, more than a tenth: 15 at"),
                report::toString);
        // Among many, the worst is looked at.
        input[39] = 200;
        report = check.at(null, input).run();
        assertTrue(places(report, Status.WRONG).contains("input[4][7]"), report::toString);
    }

    /** The identity, but a number that is so large that it drowns the input is added to the first rows. */
    private static Layer drowning(int rows) {
        int columns = 3;
        Layer identity = new Identity(columns);
        return new Layer() {
            @Override
            public int inputSize() {
                return columns;
            }

            @Override
            public int outputSize() {
                return columns;
            }

            @Override
            public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
                for (int r = from; r < to; r++)
                    for (int c = 0; c < columns; c++) output.set(r, c, input.get(r, c) + (r < rows ? 1e12f : 0));
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Slice[] parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {
                identity.backward(pass, from, to, parameters, input, output, dOutput, dInput);
            }
        };
    }

    @Test
    void whatRoundingDrownsIsSkippedUpToATenth() {
        GradientReport report = GradientCheck.of(drowning(1)).rows(10).run().assertCorrect();
        assertEquals(3, report.count(Status.IN_NOISE), report::toString);
        assertTrue(report.toString().contains("input: 30 entries compared; 3 skipped in noise"), report::toString);
        report = GradientCheck.of(drowning(2)).rows(10).run();
        assertEquals(6, report.count(Status.IN_NOISE), report::toString);
        assertEquals(Kind.TOO_MANY_SKIPPED, report.findings().get(0).kind());
        assertTrue(
                report.findings()
                        .get(0)
                        .text()
                        .startsWith("6 of 30 entries had to be skipped, more than a tenth: 0 at kinks, 6 because"),
                report::toString);
    }

    @Test
    void entriesStandInTheOrderOfRowsAndColumns() {
        int before = -5;
        for (Entry entry :
                GradientCheck.of(new Weighted(3, 777, -1)).coordinates(40).run()) {
            if (!entry.name().equals("matrix")) continue;
            // Directions come first.
            int number = entry.row() < 0 ? entry.column() - 4 : entry.row() * 50 + entry.column();
            assertTrue(number > before, entry.place());
            before = number;
        }
        assertTrue(before > 777);
    }

    @Test
    void aRemarkIsMadeOnceAndALongBudgetLeavesNothingOut() {
        GradientReport report =
                GradientCheck.of(WRONG).points(3).timeBudget(Duration.ofDays(1)).run();
        assertTrue(report.complete());
        String remark = "the input's gradient is right: look at accumulate";
        assertEquals(report.toString().indexOf(remark), report.toString().lastIndexOf(remark));
        assertTrue(report.toString().contains("5 rows, 3 random points\n"), report::toString);
        assertTrue(GradientCheck.of(WRONG).rows(1).run().toString().contains("  1 row, 1 random point\n"));
    }

    /** Doubles its input, and says so in double. */
    private record Doubling(double factor) implements Layer, Reference {

        @Override
        public int inputSize() {
            return 3;
        }

        @Override
        public int outputSize() {
            return 3;
        }

        @Override
        public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) for (int c = 0; c < 3; c++) output.set(r, c, 2 * input.get(r, c));
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Slice[] parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            for (int r = from; dInput != null && r < to; r++)
                for (int c = 0; c < 3; c++) dInput.set(r, c, 2 * dOutput.get(r, c));
        }

        @Override
        public void forward(int rows, double[][] parameters, double[] input, double[] output) {
            for (int i = 0; i < input.length; i++) output[i] = factor * input[i];
        }
    }

    @Test
    void aLayerMayBringItsOwnReference() {
        GradientCheck.of(new Doubling(2)).run().assertCorrect();
        GradientReport report = GradientCheck.of(new Doubling(2 + 1e-6)).run();
        assertEquals(Kind.DIFFERS_FROM_REFERENCE, report.findings().get(0).kind(), report::toString);
        assertEquals("output[0][0]", report.findings().get(0).place(), report::toString);
    }

    @Test
    void bothKindsOfTargetsOfALossAreTried() {
        assertEquals(
                2 * 5 * 4, count(GradientCheck.of(Loss.SOFTMAX_CROSS_ENTROPY, 4).run(), "logits"));
        assertEquals(5 * 4, count(GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 4).run(), "logits"));
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

        final List<Float> labels = new ArrayList<>();
        final List<Float> probabilities = new ArrayList<>();

        Remembering() {
            super("remembering");
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return Loss.SOFTMAX_CROSS_ENTROPY.accepts(outputs, targetColumns);
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            for (int c = 0; c < targets.columns(); c++)
                (targets.columns() == 1 ? labels : probabilities).add(targets.get(row, c));
            return Loss.SOFTMAX_CROSS_ENTROPY.valueAndGradient(pass, row, rows, logits, targets, dLogits);
        }
    }

    @Test
    void targetsAreDrawnAsProbabilitiesAndAsLabels() {
        Remembering loss = new Remembering();
        GradientCheck.of(loss, 4).rows(20).run().assertCorrect();
        for (float label = 0; label < 4; label++) assertTrue(loss.labels.contains(label), "label " + label);
        for (int at = 0; at < loss.probabilities.size(); at += 4) {
            float sum = 0;
            for (float p : loss.probabilities.subList(at, at + 4)) {
                assertTrue(p > 0 && p < 1);
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
        assertEquals(Set.of(0.25f, 0.75f, 0.5f), Set.copyOf(loss.probabilities));
    }

    @Test
    void exceptionsOfDrawsAreReported() {
        GradientReport report = GradientCheck.of(PRelu.of(2))
                .inputs((input, random) -> input.set(0, 2, 1))
                .run();
        assertEquals(Kind.THROWS, report.findings().get(0).kind());
        assertTrue(report.toString().contains("drawing a point threw java.lang.IndexOutOfBounds"), report::toString);
    }

    @Test
    void settingsThatDoNotFitAreRefusedInWords() {
        GradientCheck layer = GradientCheck.of(Dense.of(3, 2, Activation.TANH));
        GradientCheck loss = GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 3);
        refused("0 rows given, at least 1 expected", () -> layer.rows(0));
        refused("-1 points given, at least 0 expected", () -> layer.points(-1));
        refused("0 coordinates given, at least 1 expected", () -> layer.coordinates(0));
        refused("a time budget of PT0S, a positive one expected", () -> layer.timeBudget(Duration.ZERO));
        refused("dense 3->2 tanh: 7 parameters given, 8 expected", () -> layer.at(new float[7], null));
        refused("4 floats of input given, whole rows of 3 expected", () -> layer.at(null, new float[4]));
        refused("targets given, but there is no loss", () -> layer.at(null, null, new float[3]));
        refused("4 floats of targets given for 1 rows", () -> loss.at(null, new float[3], new float[4]));
        refused(
                "2 columns of targets given, which mean squared error does not accept",
                () -> loss.targets(2, (t, r) -> {}));
        refused("is of no use without a loss", () -> layer.targets(2, (t, r) -> {}));
        refused("a reference is for layers", () -> loss.reference((rows, p, x, y) -> {}));
    }

    private static void refused(String text, Runnable setting) {
        String message =
                assertThrows(IllegalArgumentException.class, setting::run).getMessage();
        assertTrue(message.contains(text), () -> text + " expected: " + message);
    }
}
