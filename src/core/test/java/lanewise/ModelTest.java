package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import lanewise.data.Dataset;
import lanewise.kernel.Selection;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;
import lanewise.train.Trainer;
import org.junit.jupiter.api.Test;

/** A model is what its network was when it was made, and says what is wrong with what it is made of. */
class ModelTest {

    private final Network network = Network.builder(20)
            .dense(33, Activation.TANH)
            .dense(5, Activation.IDENTITY)
            .build(1);

    @Test
    void laterTrainingDoesNotChangeIt() {
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        Predictor predictor = model.predictor();
        float[] inputs = RandomModels.inputs(20, 10, 1), targets = new float[10];
        float[] before = new float[50], after = new float[50];
        predictor.predict(inputs, 0, before, 0, 10);
        String fingerprint = network.fingerprint();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .epochs(2)
                .build()
                .train(Dataset.ofFloats(20, inputs, 1, targets));
        assertNotEquals(fingerprint, network.fingerprint());
        predictor.predict(inputs, 0, after, 0, 10);
        assertArrayEquals(before, after);
        model.predictor().predict(inputs, 0, after, 0, 10);
        assertArrayEquals(before, after);
        assertEquals(fingerprint, model.fingerprint());
    }

    @Test
    void whatItWasMadeOfAndWhatItGivesAwayAreCopies() {
        List<String> labels = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
        Model.Builder builder = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .labels(labels)
                .metadata("k", "v");
        Model model = builder.build();
        labels.set(0, "changed");
        builder.metadata("k2", "v2");
        assertEquals("a", model.labels().get(0));
        assertEquals("{k=v}", model.metadata().toString());
        model.copyParameters()[0] = 7f;
        assertEquals(network.fingerprint(), model.fingerprint());
        assertThrows(UnsupportedOperationException.class, () -> model.labels().set(0, "x"));
        assertThrows(UnsupportedOperationException.class, () -> model.metadata().put("x", "y"));
    }

    /** What a model is made of cannot be changed, but for the one type that holds what its warm-up changes. */
    @Test
    void nothingOfItChangesButTheStateOfItsWarmUp() {
        Set<Class<?>> immutable =
                Set.of(Stack.class, Output.class, Task.class, String.class, int.class, float.class, WarmUpState.class);
        // Copies that nobody else has, as the test before this one shows.
        Set<Class<?>> copies = Set.of(Parameters.class, List.class, SortedMap.class);
        for (Field field : Model.class.getDeclaredFields()) {
            assertTrue(Modifier.isPrivate(field.getModifiers()) && Modifier.isFinal(field.getModifiers()), "" + field);
            assertTrue(immutable.contains(field.getType()) || copies.contains(field.getType()), "" + field);
        }
        assertTrue(Modifier.isFinal(Model.class.getModifiers()));
        assertTrue(Modifier.isFinal(Stack.class.getModifiers()));
        for (Field field : Stack.class.getDeclaredFields())
            assertTrue(Modifier.isFinal(field.getModifiers()), "" + field);
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        assertThrows(
                UnsupportedOperationException.class,
                () -> model.stack().layers().clear());
        for (Method method : Model.class.getMethods())
            assertFalse(
                    method.getReturnType() == Parameters.class || method.getReturnType() == Slice.class, "" + method);
    }

    @Test
    void aBuilderThatGoesOnChangesNoModelThatItMade() {
        float[] all = network.copyParameters();
        Model.Builder builder = Model.builder(network.stack(), Output.SOFTMAX).parameters(all, 0, all.length);
        Model model = builder.build();
        String before = RandomModels.describe(model).toString();
        assertThrows(IllegalArgumentException.class, () -> builder.parameters(new float[1], 0, 1));
        builder.parameters(new float[1], 0, 0).name("other").bytes(3f, 1f).metadata("k", "v");
        builder.labels(List.of("a", "b", "c", "d", "e")).build();
        assertEquals(before, RandomModels.describe(model).toString());
        assertEquals(network.fingerprint(), model.fingerprint());
    }

    @Test
    void parametersMayBeGivenPartByPart() {
        float[] all = network.copyParameters();
        for (int part : new int[] {1, 7, 33, all.length}) {
            Model.Builder builder = Model.builder(network.stack(), Output.SOFTMAX);
            for (int at = 0; at < all.length; at += part) builder.parameters(all, at, Math.min(part, all.length - at));
            assertEquals(network.fingerprint(), builder.build().fingerprint());
        }
    }

    @Test
    void missingSurplusAndInfiniteParametersAreRefused() {
        float[] all = network.copyParameters();
        Model.Builder builder = Model.builder(network.stack(), Output.SOFTMAX);
        builder.parameters(all, 0, 10);
        assertTrue(
                message(IllegalStateException.class, builder::build).startsWith("10 parameters given, 863 expected"));
        assertTrue(message(IllegalArgumentException.class, () -> builder.parameters(all, 0, 854))
                .startsWith("10 parameters given, then 854 more; 863 expected"));
        all[700] = Float.NaN;
        assertEquals(
                "parameter dense2.weights[1][2] is NaN, a finite number expected; did the training diverge?",
                message(IllegalArgumentException.class, () -> builder.parameters(all, 10, 853)));
        all[700] = Float.MAX_VALUE;
        builder.parameters(all, 10, 853).build();
        network.parameters().get(2).set(3, 1, Float.NEGATIVE_INFINITY);
        assertEquals(
                "parameter dense2.weights[3][1] is not finite; did the training diverge?",
                message(IllegalArgumentException.class, () -> Model.of(network, Loss.MEAN_SQUARED_ERROR)));
    }

    @Test
    void theLossDecidesTheOutput() {
        assertEquals(
                Output.SOFTMAX, Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY).output());
        assertEquals(
                Output.SIGMOID, Model.of(network, Loss.BINARY_CROSS_ENTROPY).output());
        assertEquals(Output.IDENTITY, Model.of(network, Loss.MEAN_SQUARED_ERROR).output());
        assertEquals(Output.IDENTITY, Model.of(network, Loss.HINGE).output());
        assertEquals(Output.SOFTMAX, Model.of(network, Loss.KULLBACK_LEIBLER).output());
        Network one = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
        assertTrue(message(IllegalArgumentException.class, () -> Model.of(one, Loss.SOFTMAX_CROSS_ENTROPY))
                .startsWith("a softmax of one output is 1 always"));
    }

    @Test
    void textsAndNumbersAreChecked() {
        Model.Builder builder = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY);
        assertEquals(
                "4 labels given, 5 expected for a multiclass model of 5 outputs",
                message(IllegalArgumentException.class, () -> builder.labels(List.of("a", "b", "c", "d"))));
        for (float scale : new float[] {0f, Float.NaN, Float.POSITIVE_INFINITY})
            message(IllegalArgumentException.class, () -> builder.bytes(scale, 0f));
        message(IllegalArgumentException.class, () -> builder.bytes(1f, Float.NaN));
        message(IllegalArgumentException.class, () -> builder.metadata("", "x"));
        message(IllegalArgumentException.class, () -> builder.name("\ud83d"));
        message(IllegalArgumentException.class, () -> builder.metadata("k", "\udd22\ud83d"));
        Network one = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
        assertEquals(
                2,
                Model.builder(one, Loss.BINARY_CROSS_ENTROPY)
                        .labels(List.of("no", "yes"))
                        .build()
                        .labels()
                        .size());
    }

    /** Naively: the output of logits that were divided, one float by another. */
    @Test
    void predictionsAreMadeOfLogitsDividedByTheTemperature() {
        for (Loss loss : List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY, Loss.KULLBACK_LEIBLER))
            for (float temperature : new float[] {1f, 0.001f, 0.3f, 1.7f, 1000f}) {
                Model plain = Model.of(network, loss);
                Model model =
                        Model.builder(network, loss).temperature(temperature).build();
                assertEquals(temperature, model.temperature());
                int in = model.inputSize(), out = model.outputSize();
                float[] inputs = RandomModels.inputs(in, 20, 1), logits = new float[20 * out];
                float[] expected = new float[20 * out], found = new float[20 * out];
                plain.predictor().logits(inputs, 0, logits, 0, 20);
                Slice rows = Slice.allocate(20, out);
                for (int i = 0; i < logits.length; i++) rows.set(i / out, i % out, logits[i] / temperature);
                for (int r = 0; r < 20; r++) loss.output().apply(Selection.scalar(), rows, r);
                rows.copyTo(expected, 0);
                for (int batch : new int[] {1, 16}) {
                    model.predictor(batch).predict(inputs, 0, found, 0, 20);
                    assertArrayEquals(expected, found);
                    model.predictor(batch).logits(inputs, 0, found, 0, 20);
                    assertArrayEquals(logits, found, "logits are not divided");
                }
                model.aligned().predictor().predict(inputs, 0, found, 0, 20);
                assertArrayEquals(expected, found);
                if (temperature == 1f) plain.predictor().predict(inputs, 0, found, 0, 20);
                assertArrayEquals(expected, found);
                assertEquals(temperature != 1f, model.toString().contains(", temperature " + temperature));
            }
    }

    @Test
    void aTemperatureIsPositiveAndForProbabilities() {
        Model.Builder builder = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY);
        for (float wrong : new float[] {0f, -1f, 0.0009f, 1001f, Float.POSITIVE_INFINITY})
            assertEquals(
                    "a temperature of " + wrong + " given, 0.001 to 1000 expected",
                    message(IllegalArgumentException.class, () -> builder.temperature(wrong)));
        assertTrue(message(IllegalArgumentException.class, () -> builder.temperature(Float.NaN))
                .contains("was it fitted to data without probabilities?"));
        Model.Builder numbers = Model.builder(network, Loss.MEAN_SQUARED_ERROR).temperature(1f);
        assertTrue(message(IllegalArgumentException.class, () -> numbers.temperature(2f))
                .contains("this model's predictions are its logits"));
    }

    @Test
    void theTaskDecidesTheLabels() {
        Network one = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
        Model price = Model.builder(one, Loss.MEAN_SQUARED_ERROR)
                .labels(List.of("price"))
                .build();
        assertEquals(List.of("price"), price.labels());
        assertEquals(Task.REGRESSION, price.task());
        assertTrue(price.toString().startsWith("model 2->1 regression ("), price.toString());
        for (Loss loss : List.of(Loss.HINGE, Loss.BINARY_CROSS_ENTROPY)) {
            Model.Builder builder = Model.builder(one, loss).labels(List.of("no", "yes"));
            assertEquals(Task.BINARY, builder.build().task());
            assertEquals(
                    "1 labels given, 2 expected for a binary model of 1 output",
                    message(IllegalArgumentException.class, () -> builder.labels(List.of("yes"))));
            message(IllegalArgumentException.class, () -> builder.task(Task.REGRESSION));
        }
        assertEquals(
                Task.MULTILABEL, Model.of(network, Loss.BINARY_CROSS_ENTROPY).task());
        assertEquals(
                "a softmax answers a multiclass task, but the task given is multilabel",
                message(
                        IllegalArgumentException.class,
                        () -> Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY).task(Task.MULTILABEL)));
        message(
                IllegalArgumentException.class,
                () -> Model.builder(one, Loss.HUBER).task(Task.MULTICLASS));
        message(
                IllegalArgumentException.class,
                () -> Model.builder(network, Loss.HUBER).task(Task.BINARY));
    }

    @Test
    void layersThatALossCannotTrainAreRefused() {
        Network softmax =
                Network.builder(2).dense(3, Activation.TANH).add(Softmax.of(3)).build(1);
        Network sigmoid = Network.builder(2)
                .add(new Stack(List.of(Dense.of(2, 3, Activation.SIGMOID), Dropout.of(3, 0.5))))
                .build(1);
        for (Loss loss : Loss.all())
            for (Network network : List.of(softmax, sigmoid)) {
                if (loss.task(3) == Task.REGRESSION) {
                    Model.of(network, loss);
                    continue;
                }
                String refused = message(IllegalArgumentException.class, () -> Model.of(network, loss));
                assertTrue(refused.startsWith("the last layer (") && refused.contains("Activation.IDENTITY"), refused);
            }
        Network positive = Network.builder(2).dense(1, Activation.SOFTPLUS).build(1);
        for (Loss loss : List.of(Loss.HINGE, Loss.BINARY_CROSS_ENTROPY))
            assertTrue(message(IllegalArgumentException.class, () -> loss.check(positive.stack()))
                    .contains("gives no number below zero"));
        Loss.MEAN_SQUARED_ERROR.check(positive.stack());
        Network one = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
        Network alone =
                Network.builder(2).dense(1, Activation.TANH).add(Softmax.of(1)).build(1);
        for (Loss loss : List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.KULLBACK_LEIBLER))
            assertTrue(message(IllegalArgumentException.class, () -> loss.check(one.stack()))
                    .startsWith("a softmax of one output is 1 always"));
        assertTrue(message(IllegalArgumentException.class, () -> Loss.MEAN_SQUARED_ERROR.check(alone.stack()))
                .startsWith("a softmax of one output is 1 always"));
    }

    /** 120 models of 0.44 MB, of which each once took a region of 1 MB or more. */
    static final class Many {
        public static void main(String[] args) {
            Network network = Network.builder(784)
                    .dense(128, Activation.SIGMOID)
                    .dense(64, Activation.SIGMOID)
                    .dense(10, Activation.IDENTITY)
                    .build(1);
            List<Model> models = new ArrayList<>();
            for (int i = 0; i < 120; i++) models.add(Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY));
            System.out.println(models.get(119).fingerprint().equals(network.fingerprint()) + " " + models.size());
        }
    }

    @Test
    void aModelTakesAsMuchMemoryAsItsParameters() throws Exception {
        for (String collector : List.of("-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC")) {
            String printed = ChildJvm.run(List.of("-Xmx64m", collector, "-Dlanewise.warmUp=off"), Many.class);
            assertTrue(printed.contains("true 120") && printed.endsWith("exit 0"), collector + ": " + printed);
        }
    }

    @Test
    void anAlignedModelIsTheSame() {
        Model model = RandomModels.model(5), aligned = model.aligned();
        assertEquals(RandomModels.describe(model), RandomModels.describe(aligned));
        float[] inputs = RandomModels.inputs(model.inputSize(), 9, 1);
        float[] expected = new float[9 * model.outputSize()], found = new float[9 * model.outputSize()];
        model.predictor(5).predict(inputs, 0, expected, 0, 9);
        aligned.predictor(5).predict(inputs, 0, found, 0, 9);
        assertArrayEquals(expected, found);
        assertEquals(aligned, aligned.predictor().model());
    }

    @Test
    void itShowsItselfInOneLine() {
        Model model =
                Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY).name("test").build();
        String line = model.toString();
        assertTrue(line.startsWith("model \"test\" 20->5 softmax (dense 20->33 tanh -> dense 33->5), 863 parameters,"
                + " fingerprint " + network.fingerprint() + ", "));
        assertTrue(line.contains(" kernels"));
        assertFalse(line.contains("\n"));
    }

    private static String message(Class<? extends Throwable> type, org.junit.jupiter.api.function.Executable call) {
        return assertThrows(type, call).getMessage();
    }
}
