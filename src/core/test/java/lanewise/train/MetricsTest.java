package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Task;
import lanewise.train.ClassificationMetrics.Average;
import lanewise.train.ClassificationMetrics.Bin;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Metrics against figures of scikit-learn ({@code metrics.py} beside them), and their rules for what is undefined. */
class MetricsTest {

    private static final double ROUNDING = 1e-12;

    private static JsonObject reference() throws IOException {
        try (Reader in =
                new InputStreamReader(MetricsTest.class.getResourceAsStream("metrics.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(in, JsonObject.class);
        }
    }

    private static Stream<JsonObject> cases(String kind) throws IOException {
        return reference().getAsJsonArray(kind).asList().stream().map(JsonElement::getAsJsonObject);
    }

    private static double number(JsonElement value) {
        return value.isJsonNull() ? Double.NaN : value.getAsDouble();
    }

    /** Of a row or of rows. */
    private static float[] floats(JsonElement values) {
        List<Float> all = values.getAsJsonArray().asList().stream()
                .flatMap(v -> v.isJsonArray() ? v.getAsJsonArray().asList().stream() : Stream.of(v))
                .map(JsonElement::getAsFloat)
                .toList();
        float[] floats = new float[all.size()];
        for (int i = 0; i < floats.length; i++) floats[i] = all.get(i);
        return floats;
    }

    private static int columns(JsonElement rows) {
        JsonElement first = rows.getAsJsonArray().get(0);
        return first.isJsonArray() ? first.getAsJsonArray().size() : 1;
    }

    private static Dataset data(JsonObject reference) {
        JsonElement targets = reference.get("targets");
        int samples = targets.getAsJsonArray().size();
        Dataset data = Dataset.ofFloats(1, new float[samples], columns(targets), floats(targets));
        return reference.get("weights").isJsonNull() ? data : data.weighted(floats(reference.get("weights")));
    }

    private static ClassificationMetrics metrics(Task task, int outputs, float[] logits, Dataset data) {
        Output output = task == Task.MULTICLASS ? Output.SOFTMAX : Output.SIGMOID;
        return ClassificationMetrics.of(Predictions.ofLogits(outputs, logits, output, task), data);
    }

    @TestFactory
    Stream<DynamicTest> classificationsAreThoseOfScikitLearn() throws IOException {
        return cases("classifications")
                .map(c -> DynamicTest.dynamicTest(c.get("name").getAsString(), () -> classification(c)));
    }

    private static void classification(JsonObject c) {
        Task task = Task.valueOf(c.get("task").getAsString());
        ClassificationMetrics metrics = metrics(task, columns(c.get("logits")), floats(c.get("logits")), data(c));
        near(c, "accuracy", metrics.accuracy());
        if (c.has("exact")) near(c, "exact", metrics.exactAccuracy());
        else assertEquals(metrics.accuracy(), metrics.exactAccuracy());
        if (c.has("top2")) near(c, "top2", metrics.topAccuracy(2));
        if (c.has("top3")) near(c, "top3", metrics.topAccuracy(3));
        near(c, "logLoss", metrics.logLoss());
        near(c, "rocAucMean", metrics.rocAuc());
        near(c, "calibrationError", metrics.calibrationError());
        for (int k = 0; k < metrics.classes(); k++) {
            near(c, "precision", k, metrics.precision(k));
            near(c, "recall", k, metrics.recall(k));
            near(c, "f1", k, metrics.f1(k));
            near(c, "support", k, metrics.support(k));
            near(c, "rocAuc", k, metrics.rocAuc(k));
            for (int said = 0; c.has("confusion") && said < metrics.classes(); said++)
                assertEquals(
                        c.getAsJsonArray("confusion")
                                .get(k)
                                .getAsJsonArray()
                                .get(said)
                                .getAsDouble(),
                        metrics.confusion()[k][said]);
        }
        for (Average average : Average.values()) {
            String name = average.name().toLowerCase(Locale.ROOT);
            near(c.getAsJsonObject("precisions"), name, metrics.precision(average));
            near(c.getAsJsonObject("recalls"), name, metrics.recall(average));
            near(c.getAsJsonObject("f1s"), name, metrics.f1(average));
        }
    }

    private static void near(JsonObject expected, String name, double found) {
        assertEquals(number(expected.get(name)), found, ROUNDING, name);
    }

    private static void near(JsonObject expected, String name, int at, double found) {
        assertEquals(number(expected.getAsJsonArray(name).get(at)), found, ROUNDING, name + " " + at);
    }

    @TestFactory
    Stream<DynamicTest> regressionsAreThoseOfScikitLearn() throws IOException {
        return cases("regressions")
                .map(c -> DynamicTest.dynamicTest(c.get("name").getAsString(), () -> regression(c)));
    }

    private static void regression(JsonObject c) {
        int outputs = columns(c.get("values"));
        RegressionMetrics metrics = RegressionMetrics.of(
                Predictions.ofLogits(outputs, floats(c.get("values")), Output.IDENTITY, Task.REGRESSION), data(c));
        assertEquals(outputs, metrics.outputs());
        for (int o = 0; o < outputs; o++) {
            near(c, "mse", o, metrics.meanSquaredError(o));
            near(c, "rmse", o, metrics.rootMeanSquaredError(o));
            near(c, "mae", o, metrics.meanAbsoluteError(o));
            near(c, "r2", o, metrics.r2(o));
        }
        JsonArray means = c.getAsJsonArray("means");
        double[] found = {
            metrics.meanSquaredError(), metrics.rootMeanSquaredError(), metrics.meanAbsoluteError(), metrics.r2()
        };
        for (int i = 0; i < 4; i++) assertEquals(means.get(i).getAsDouble(), found[i], ROUNDING);
    }

    // What is undefined

    private static Dataset targets(int columns, float... targets) {
        return Dataset.ofFloats(1, new float[targets.length / columns], columns, targets);
    }

    @Test
    void whatIsUndefinedIsNaN() {
        ClassificationMetrics none = metrics(Task.MULTICLASS, 3, new float[0], targets(1));
        for (double figure : new double[] {
            none.accuracy(),
            none.topAccuracy(2),
            none.precision(0),
            none.recall(0),
            none.f1(0),
            none.precision(Average.MACRO),
            none.recall(Average.WEIGHTED),
            none.f1(Average.MICRO),
            none.logLoss(),
            none.rocAuc(0),
            none.rocAuc(),
            none.calibrationError()
        }) assertEquals(Double.NaN, figure);
        assertEquals(0, none.answers());
        RegressionMetrics nothing = RegressionMetrics.of(
                Predictions.ofLogits(1, new float[0], Output.IDENTITY, Task.REGRESSION), targets(1));
        assertEquals(Double.NaN, nothing.meanSquaredError());
        assertEquals(Double.NaN, nothing.r2());
        assertEquals("R2 NaN, RMSE NaN, MAE NaN", nothing.toString());
    }

    /** 0.1 has no double, so the mean of a column of it need not be it, and a rounding error is no variance. */
    @Test
    void equalTargetsHaveNoCoefficientOfDetermination() {
        float[] values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 10};
        Dataset data = targets(2, 0.1f, 1, 0.1f, 2, 0.1f, 3, 0.1f, 4, 0.1f, 5, 0.1f, 6);
        RegressionMetrics metrics = RegressionMetrics.of(
                Predictions.ofLogits(2, values, Output.IDENTITY, Task.REGRESSION),
                data.weighted(new float[] {0.3f, 0.7f, 0.1f, 0.9f, 0.2f, 0.6f}));
        assertEquals(Double.NaN, metrics.r2(0));
        assertTrue(metrics.r2(1) < 1);
        assertEquals(metrics.r2(1), metrics.r2(), "the average is over what is defined");
        values[3] = Float.NaN;
        metrics = RegressionMetrics.of(Predictions.ofLogits(2, values, Output.IDENTITY, Task.REGRESSION), data);
        assertEquals(Double.NaN, metrics.r2(), "but a NaN prediction is not passed over");
        assertEquals(Double.NaN, metrics.meanAbsoluteError());
    }

    @Test
    void aNaNLogitIsNoAnswer() {
        float nan = Float.NaN;
        ClassificationMetrics metrics =
                metrics(Task.MULTICLASS, 2, new float[] {1, 0, nan, 0, 0, 1, 0, nan}, targets(1, 0, 0, 1, 1));
        assertEquals(2, metrics.correct());
        assertEquals(0.5, metrics.accuracy());
        assertEquals(0.5, metrics.topAccuracy(2));
        assertEquals(2, metrics.support(0));
        assertEquals(0.5, metrics.recall(0));
        assertEquals(1, metrics.precision(0));
        assertEquals(1, metrics.confusion()[0][0] + metrics.confusion()[0][1]);
        assertEquals(Double.NaN, metrics.logLoss());
        assertEquals(Double.NaN, metrics.rocAuc());
        assertEquals(Double.NaN, metrics.calibrationError());
        assertEquals(2, metrics.calibration(3).stream().mapToLong(Bin::samples).sum());
        // A sample of weight 0 is not there, whatever its logits are.
        Dataset weighted = targets(1, 0, 0, 1, 1).weighted(new float[] {1, 0, 2, 0});
        metrics = metrics(Task.MULTICLASS, 2, new float[] {1, 0, nan, 0, 0, 1, 0, nan}, weighted);
        assertEquals(1, metrics.accuracy());
        assertEquals(1, metrics.rocAuc());
        assertEquals(StrictMath.log1p(StrictMath.exp(-1)), metrics.logLoss(), ROUNDING);
    }

    @Test
    void rowsThatNameNoClassAreLeftOut() {
        Dataset data = targets(2, 0, 0, 2, 0, 0, 0.5f);
        ClassificationMetrics metrics = metrics(Task.MULTICLASS, 2, new float[] {9, 0, 1, 0, 1, 0}, data);
        assertEquals(2, metrics.answers());
        assertEquals(1, metrics.correct());
        assertEquals(0.5, metrics.topAccuracy(1));
        assertEquals(1, metrics.support(1));
        double right = StrictMath.log1p(StrictMath.exp(-1)), wrong = 1 + right;
        assertEquals((2 * right + 0.5 * wrong) / 2.5, metrics.logLoss(), ROUNDING);
        assertEquals(0.5, metrics.rocAuc());
    }

    @Test
    void softTargetsAreProbabilities() {
        ClassificationMetrics metrics = metrics(Task.MULTICLASS, 2, new float[] {1, 0}, targets(2, 0.7f, 0.3f));
        double right = StrictMath.log1p(StrictMath.exp(-1));
        assertEquals(right + 0.3f / ((double) 0.7f + 0.3f), metrics.logLoss(), ROUNDING);
        metrics = metrics(Task.BINARY, 1, new float[] {1}, targets(1, 0.25f));
        assertEquals(0, metrics.correct(), "not above one half");
        assertEquals(right + 0.75, metrics.logLoss(), ROUNDING);
    }

    /** The hinge loss has targets of -1 and +1, and no probabilities. */
    @Test
    void eachLossHasItsOwnYesAndNo() {
        Network network = Network.builder(1).dense(1, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {1, 0});
        float[] inputs = {-2, -1, 1, 2, 3};
        Dataset hinge = Dataset.ofFloats(1, inputs, 1, new float[] {-1, 1, 1, -1, 1});
        Dataset probabilities = Dataset.ofFloats(1, inputs, 1, new float[] {0.5f, 0.6f, 1, 0, 1});
        try (Workers workers = Workers.of(2)) {
            ClassificationMetrics a = ClassificationMetrics.of(network, Loss.HINGE, hinge, workers);
            ClassificationMetrics b =
                    ClassificationMetrics.of(network, Loss.BINARY_CROSS_ENTROPY, probabilities, workers);
            for (ClassificationMetrics metrics : List.of(a, b)) {
                assertEquals(3, metrics.correct());
                assertEquals(Task.BINARY, metrics.task());
                assertEquals(2, metrics.support(0));
                assertEquals(4 / 6.0, metrics.rocAuc(), ROUNDING);
                assertEquals(1, metrics.topAccuracy(2));
            }
            assertEquals(Double.NaN, a.logLoss());
            assertEquals(Double.NaN, a.calibrationError());
            assertEquals(
                    Evaluation.of(network, Loss.BINARY_CROSS_ENTROPY, probabilities)
                            .loss(),
                    b.logLoss(),
                    1e-7);
        }
    }

    @Test
    void aBinIsOpenBelowAndClosedAbove() {
        // Sigmoids of 0 are 0.5, the upper end of the fifth of ten bins; 7 / 100 · 100 is above 7 in double.
        List<Bin> bins = metrics(Task.BINARY, 1, new float[] {0, 0, 60, -800}, targets(1, 1, 0, 1, 0))
                .calibration(10);
        assertEquals(new Bin(0.4, 0.5, 2, 2, 0.5, 0.5), bins.get(4));
        assertEquals(1, bins.get(9).samples());
        assertEquals(1, bins.get(0).samples(), "0 is in the first bin");
        assertEquals(0, bins.get(0).confidence());
        assertEquals(Double.NaN, bins.get(1).accuracy());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Dataset classes = targets(1, 0, 1, 3);
        refused(
                "the target of sample 2 is 3.0, a class from 0 to 2",
                () -> metrics(Task.MULTICLASS, 3, new float[9], classes));
        refused("2 predictions given for 3 samples", () -> metrics(Task.MULTICLASS, 3, new float[6], classes));
        refused(
                "targets of 1 columns do not fit the 3 outputs of a multilabel task",
                () -> metrics(Task.MULTILABEL, 3, new float[9], classes));
        Predictions numbers = Predictions.ofLogits(3, new float[9], Output.IDENTITY, Task.REGRESSION);
        refused("a regression has no classes", () -> ClassificationMetrics.of(numbers, classes));
        refused("targets of 1 values given for predictions of 3", () -> RegressionMetrics.of(numbers, classes));
        refused(
                "targets of 4 classes",
                () -> RegressionMetrics.of(
                        Predictions.ofLogits(1, new float[3], Output.IDENTITY, Task.REGRESSION),
                        Dataset.ofFloats(1, new float[3], new int[3], 4)));
        ClassificationMetrics several = metrics(Task.MULTILABEL, 2, new float[2], targets(2, 0, 1));
        assertThrows(IllegalStateException.class, several::confusion);
        assertThrows(IllegalStateException.class, () -> several.topAccuracy(1));
        refused("at least 1", () -> several.calibration(0));
        refused("at least 1", () -> several.topAccuracy(0));
    }

    private static void refused(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    // Evaluation

    /** Its accuracy is by weights, its counts are not. */
    @Test
    void evaluationAndMetricsAgree() {
        for (Loss loss : Loss.all())
            for (int outputs : new int[] {1, 2, 5}) {
                Task task = loss.task(outputs);
                if (task == Task.REGRESSION || outputs == 1 && loss.output() == Output.SOFTMAX) continue;
                RandomSource random = new RandomSource(outputs);
                int samples = 9000; // more than are summed at a time
                float[] inputs = new float[samples * 3], targets = new float[samples * outputs];
                float[] weights = new float[samples];
                for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
                for (int i = 0; i < targets.length; i++)
                    targets[i] = loss == Loss.HINGE ? 2 * random.nextInt(2) - 1 : random.nextInt(2);
                for (int i = 0; i < samples; i++) weights[i] = 0.3f * random.nextInt(4);
                Network network =
                        Network.builder(3).dense(outputs, Activation.IDENTITY).build(2);
                Dataset data = Dataset.ofFloats(3, inputs, outputs, targets);
                for (Dataset each : List.of(data, data.weighted(weights)))
                    try (Workers workers = Workers.of(3)) {
                        Evaluation evaluation = Evaluation.of(network, loss, each, workers);
                        ClassificationMetrics metrics = ClassificationMetrics.of(network, loss, each, workers);
                        assertEquals(metrics.accuracy(), evaluation.accuracy());
                        assertEquals(metrics.correct(), evaluation.correct());
                        assertEquals(metrics.answers(), evaluation.answers());
                        assertEquals(Evaluation.of(network, loss, each), evaluation);
                        if (!each.weighted())
                            assertEquals((double) evaluation.correct() / evaluation.answers(), evaluation.accuracy());
                    }
            }
    }

    @Test
    void anEvaluationCountsWithoutWeightsButWeighsItsAccuracy() {
        Network network = Network.builder(1).dense(2, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {-1, 1, 0, 0});
        Dataset data = Dataset.ofFloats(1, new float[] {-1, 1, 2, 3}, new byte[] {0, 0, 1, 1}, 2);
        Evaluation evaluation =
                Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data.weighted(new float[] {1, 5, 1, 1}));
        assertEquals(3 / 8.0, evaluation.accuracy());
        assertTrue(evaluation.toString().endsWith("accuracy 37.50% (3 of 4)"), evaluation.toString());
    }

    @Test
    void theFiguresStandInALine() {
        assertEquals(
                "accuracy 50.00% (1 of 2), macro F1 0.3333, log loss 0.8133, ROC AUC 0.5000, calibration error 0.2311",
                metrics(Task.MULTICLASS, 2, new float[] {1, 0, 1, 0}, targets(1, 0, 1))
                        .toString());
    }
}
