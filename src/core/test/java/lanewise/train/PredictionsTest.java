package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.RandomModels;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Task;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Predictions of data sets are those of a predictor, to the bit. */
@Tag("bits")
class PredictionsTest {

    @Property
    void aModelsAreThoseOfItsPredictorAtAnyNumberOfThreads(@ForAll long seed) {
        Model model = RandomModels.model(seed);
        int rows = (int) (seed & 63), in = model.inputSize(), out = model.outputSize();
        float[] inputs = RandomModels.inputs(in, rows, seed);
        float[] logits = new float[rows * out], values = new float[rows * out];
        Predictor predictor = model.predictor();
        predictor.logits(inputs, 0, logits, 0, rows);
        predictor.predict(inputs, 0, values, 0, rows);
        Dataset data = Dataset.ofFloats(in, inputs, 1, new float[rows]);
        try (Workers workers = Workers.of(3)) {
            for (Predictions predictions : List.of(Predictions.of(model, data), Predictions.of(model, data, workers))) {
                assertEquals(rows, predictions.size());
                assertArrayEquals(logits, predictions.logits());
                assertArrayEquals(values, predictions.values());
                for (int r = 0; r < rows; r++)
                    assertArrayEquals(Arrays.copyOfRange(values, r * out, (r + 1) * out), predictions.row(r));
                if (model.classes() == 0) assertThrows(IllegalStateException.class, predictions::classes);
                else {
                    int[] classes = new int[rows];
                    predictor.classify(inputs, 0, classes, 0, rows);
                    assertArrayEquals(classes, predictions.classes());
                }
            }
        }
    }

    /** Folding rounds a model's weights; without batch normalisation there is none. */
    @Test
    void aNetworksAreThoseOfItsModel() {
        Network network = Network.builder(7)
                .dense(20, Activation.TANH)
                .dropout(0.5)
                .dense(4, Activation.IDENTITY)
                .build(1);
        for (int rows : new int[] {0, 1, 15, 16, 17, 300}) {
            Dataset data = Dataset.ofFloats(7, RandomModels.inputs(7, rows, 1), 1, new float[rows]);
            for (Loss loss : List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY, Loss.HUBER))
                try (Workers workers = Workers.of(3)) {
                    Predictions expected = Predictions.of(Model.of(network, loss), data);
                    for (Predictions found : List.of(
                            Predictions.of(network, loss, data), Predictions.of(network, loss, data, workers))) {
                        assertArrayEquals(expected.values(), found.values());
                        assertEquals(loss.output(), found.output());
                        assertEquals(loss.task(4), found.task());
                    }
                }
        }
    }

    @Test
    void bytesAreWhatTheModelTakesThemFor() {
        Network network = Network.builder(3).dense(2, Activation.IDENTITY).build(1);
        byte[] bytes = {0, 1, -1, 127, -128, 5};
        Dataset data = Dataset.ofBytes(3, bytes, new byte[2], 2);
        for (float offset : new float[] {0f, -1.25f}) {
            Model model = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .bytes(0.5f, offset)
                    .build();
            float[] expected = new float[4];
            model.predictor().predict(bytes, 0, expected, 0, 2);
            assertArrayEquals(expected, Predictions.of(model, data).values());
        }
        float[] inputs = data.inputs(), expected = new float[4];
        network.predictor().logits(inputs, 0, expected, 0, 2);
        assertArrayEquals(expected, Predictions.of(network, Loss.HUBER, data).values());
    }

    @Test
    void classesHaveTheModelsLabels() {
        Network network = Network.builder(2).dense(2, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {1, 0, 0, 1, 0, 0});
        Dataset data = Dataset.ofFloats(2, new float[] {2, 1, 1, 2, 1, 1}, 1, new float[3]);
        Model model = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .labels(List.of("no", "yes"))
                .build();
        assertArrayEquals(
                new String[] {"no", "yes", "no"}, Predictions.of(model, data).labels());
        assertArrayEquals(new int[] {0, 1, 0}, Predictions.of(model, data).classes());
        String message = assertThrows(
                        IllegalStateException.class,
                        () -> Predictions.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data)
                                .labels())
                .getMessage();
        assertTrue(message.contains("Model.Builder.labels"), message);
    }

    @Test
    void aNaNLogitNamesNoClass() {
        Predictions predictions =
                Predictions.ofLogits(2, new float[] {1, 2, Float.NaN, 3, 2, 2}, Output.SOFTMAX, Task.MULTICLASS);
        assertArrayEquals(new int[] {1, -1, 0}, predictions.classes());
        assertArrayEquals(new float[] {Float.NaN, Float.NaN}, predictions.row(1));
        assertArrayEquals(
                new int[] {-1, 0, 1, 0},
                Predictions.ofLogits(1, new float[] {Float.NaN, 0, 1e-30f, -1}, Output.SIGMOID, Task.BINARY)
                        .classes());
    }

    /** Indices of an embedding are inputs, and inputs of a network under training may come from anywhere. */
    @Test
    void anEmbeddingTakesItsIndices() {
        Network network = RandomModels.embedding(3);
        int in = network.inputSize(), out = network.outputSize();
        float[] indices = RandomModels.indices(in, 40, 1), expected = new float[40 * out];
        network.predictor().logits(indices, 0, expected, 0, 40);
        Dataset data = Dataset.ofFloats(in, indices, 1, new float[40]);
        assertArrayEquals(
                expected, Predictions.of(network, Loss.MEAN_SQUARED_ERROR, data).logits());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Network network = Network.builder(2).dense(3, Activation.IDENTITY).build(1);
        Dataset data = Dataset.ofFloats(4, new float[4], 1, new float[1]);
        refused("samples of 4 values given, 2 inputs expected", () -> Predictions.of(network, Loss.HUBER, data));
        refused("samples of 4 values given", () -> Predictions.of(Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY), data));
        Dataset fits = Dataset.ofFloats(2, new float[4], 1, new float[2]);
        refused("no binary task", () -> Predictions.of(network, Loss.HINGE, fits, Task.BINARY, Workers.one()));
        refused(
                "does not say which numbers mean yes",
                () -> Predictions.of(network, Loss.HUBER, fits, Task.MULTILABEL, Workers.one()));
        refused(
                "5 logits are no whole number of samples of 2",
                () -> Predictions.ofLogits(2, new float[5], Output.SOFTMAX, Task.MULTICLASS));
        refused(
                "a binary task has one output",
                () -> Predictions.ofLogits(2, new float[4], Output.SIGMOID, Task.BINARY));
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> Predictions.of(network, Loss.HUBER, fits).row(2));
    }

    private static void refused(String part, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
