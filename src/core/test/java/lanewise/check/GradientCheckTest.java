package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lanewise.Network;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Stack;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** The settings of a check, and what it can be a check of. */
class GradientCheckTest {

    private static final Layer WRONG = new PlantedDense(5, PlantedDense.Mistake.SIGN_OF_BIAS_GRADIENT);

    /** Single entries of the variable with this name. */
    static long count(GradientReport report, String name) {
        long count = 0;
        for (Entry entry : report.entries()) if (entry.name().equals(name) && entry.row() >= 0) count++;
        return count;
    }

    /** Single entries with this status. */
    static List<String> places(GradientReport report, Status status) {
        List<String> places = new ArrayList<>();
        for (Entry entry : report.entries())
            if (entry.row() >= 0 && entry.status() == status) places.add(entry.place());
        return places;
    }

    @Test
    void equalSeedsGiveEqualReportsAndOthersOthers() {
        GradientCheck check = GradientCheck.of(Dense.of(3, 4, Activation.GELU));
        assertEquals(check.seed(7).run().toString(), check.seed(7).run().toString());
        assertNotEquals(check.seed(7).run().toString(), check.seed(8).run().toString());
    }

    @Test
    void settingsDoNotChangeTheCheckTheyAreMadeFrom() {
        GradientCheck check = GradientCheck.of(Dense.of(3, 4, Activation.GELU));
        String before = check.run().toString();
        check.seed(9).rows(2).points(3).coordinates(1).timeBudget(Duration.ofNanos(1));
        assertEquals(before, check.run().toString());
    }

    @Test
    void aNetworkIsCheckedAtItsOwnParametersAndLeftAsItIs() {
        Network network = Network.builder(3)
                .dense(5, Activation.RELU)
                .dense(2, Activation.IDENTITY)
                .build(3);
        float[] before = network.copyParameters();
        GradientReport report = GradientCheck.of(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .points(1)
                .run()
                .assertCorrect();
        assertArrayEquals(before, network.copyParameters());
        // Both kinds of targets.
        assertEquals(2 * 15, count(report, "dense1.weights"));
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
                        .startsWith("plantedDense1.bias of layer 1 (planted dense 5->5): 5 of 5 entries"),
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
        GradientCheck check = GradientCheck.of(layer).points(1);
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
        for (Entry entry : report.entries()) {
            sum += entry.bound();
            count++;
        }
        return sum / count;
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
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++) for (int c = 0; c < 3; c++) output.set(r, c, 2 * input.get(r, c));
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

    @Test
    void aCheckOfNothingIsRefusedInWords() {
        Layer layer = null;
        Activation activation = null;
        Loss loss = null;
        Network none = null,
                network = Network.builder(2).dense(2, Activation.TANH).build(1);
        Runnable[] checks = {
            () -> GradientCheck.of(layer),
            () -> GradientCheck.of(activation),
            () -> GradientCheck.of(loss, 3),
            () -> GradientCheck.of(none),
            () -> GradientCheck.of(none, Loss.MEAN_SQUARED_ERROR),
            () -> GradientCheck.of(network, loss)
        };
        String[] expected = {"layer", "activation", "loss", "network", "network", "loss"};
        for (int i = 0; i < checks.length; i++)
            assertEquals(
                    "a gradient check of null; the " + expected[i]
                            + " expected, which must be set before its check is made",
                    assertThrows(NullPointerException.class, checks[i]::run).getMessage());
        refused(
                "mean squared error: 0 outputs given, at least 1 expected",
                () -> GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 0));
    }

    private static void refused(String text, Runnable setting) {
        String message =
                assertThrows(IllegalArgumentException.class, setting::run).getMessage();
        assertTrue(message.contains(text), () -> text + " expected: " + message);
    }
}
