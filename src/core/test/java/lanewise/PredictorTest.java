package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Task;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What predictors do with arguments and data that are not as they should be. */
class PredictorTest {

    private final Network network = Network.builder(20)
            .dense(33, Activation.TANH)
            .dense(5, Activation.IDENTITY)
            .build(1);
    private final Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
    private final Predictor predictor = model.predictor();

    @Test
    void probabilitiesSumToOneAndTheLargestIsTheClass() {
        float[] input = RandomModels.inputs(20, 1, 5), probabilities = new float[5];
        predictor.predict(input, 0, probabilities, 0);
        float sum = 0;
        for (float p : probabilities) sum += p;
        assertEquals(1f, sum, 1e-6f);
        int best = predictor.classify(input, 0);
        for (float p : probabilities) assertTrue(p <= probabilities[best]);
    }

    @Test
    void aNaNAnywhereMakesEveryOutputNaNWhateverTheActivation() {
        for (Activation activation : Activation.all())
            for (Loss loss : Loss.all()) {
                Network.Builder builder = Network.builder(20).dense(17, activation);
                // Losses for classes take logits.
                boolean free = activation != Activation.SIGMOID && activation != Activation.HARD_SIGMOID;
                boolean signs = activation != Activation.RELU
                        && activation != Activation.RELU6
                        && !activation.toString().startsWith("softplus");
                boolean taken = loss.task(3) == Task.REGRESSION || free && (signs || loss.task(3) == Task.MULTICLASS);
                builder.dense(3, taken ? activation : Activation.IDENTITY);
                Model model = Model.builder(builder.build(1), loss)
                        .task(Task.MULTICLASS)
                        .build();
                for (int i = 0; i < 20; i += 19) {
                    float[] input = new float[20], prediction = new float[3], logits = new float[3];
                    input[i] = Float.NaN;
                    Predictor predictor = model.predictor();
                    assertEquals(-1, predictor.classify(input, 0), activation + ", " + loss);
                    predictor.predict(input, 0, prediction, 0);
                    predictor.logits(input, 0, logits, 0);
                    for (int o = 0; o < 3; o++) {
                        assertTrue(Float.isNaN(prediction[o]), activation + ", " + loss);
                        assertTrue(Float.isNaN(logits[o]), activation + ", " + loss);
                    }
                    // and the next input is not affected
                    assertTrue(predictor.classify(new float[20], 0) >= 0);
                }
            }
    }

    /** The logits of five equal rows, so that some go four at a time; the same by all kernels, and one by one. */
    private static float[] logits(Model model, float... input) {
        int rows = 5, in = model.inputSize(), out = model.outputSize();
        float[] inputs = new float[rows * in], row = new float[out], all = new float[rows * out];
        for (int r = 0; r < rows; r++) System.arraycopy(input, 0, inputs, r * in, in);
        model.predictorOn(Selection.scalar(), 1).logits(input, 0, row, 0);
        for (Kernels kernels : new Kernels[] {Selection.scalar(), Selection.kernels()}) {
            model.predictorOn(kernels, rows).logits(inputs, 0, all, 0, rows);
            for (int i = 0; i < all.length; i++) assertEquals(row[i % out], all[i], kernels + ", row " + i / out);
        }
        return row;
    }

    private static Model one(Activation activation, Loss loss, float... weightsAndBiases) {
        Network network = Network.builder(2).dense(1, activation).build(1);
        network.setParameters(weightsAndBiases);
        float[] parameters = network.copyParameters();
        return Model.builder(network.stack(), loss.output())
                .parameters(parameters, 0, parameters.length)
                .task(Task.BINARY)
                .build();
    }

    @Test
    void infinitiesThatMeetOrHaveNoWeightAreNotANumber() {
        float infinity = Float.POSITIVE_INFINITY;
        Loss loss = Loss.MEAN_SQUARED_ERROR;
        for (float[] nan : new float[][] {{infinity, -infinity}, {-infinity, infinity}}) {
            Model sum = one(Activation.SIGMOID, loss, 1f, 1f, 0f);
            assertTrue(Float.isNaN(logits(sum, nan)[0]));
            assertEquals(-1, sum.predictor().classify(nan, 0));
            float[] prediction = {0f};
            sum.predictor().predict(nan, 0, prediction, 0);
            assertTrue(Float.isNaN(prediction[0]));
        }
        Model difference = one(Activation.SIGMOID, loss, 1f, -1f, 0f),
                first = one(Activation.SIGMOID, loss, 1f, 0f, 0f);
        assertTrue(Float.isNaN(logits(difference, infinity, infinity)[0]));
        assertTrue(Float.isNaN(logits(first, 1f, infinity)[0]));
        // and where nothing meets, the limit
        assertEquals(1f, logits(difference, infinity, -infinity)[0]);
        assertEquals(0f, logits(difference, 5f, infinity)[0]);
        assertEquals(1f, logits(first, infinity, 5f)[0]);
    }

    @Test
    void activationsAnswerInfinityAsTheClassSays() {
        float infinity = Float.POSITIVE_INFINITY;
        Map<String, float[]> limits = Map.ofEntries(
                Map.entry("sigmoid", new float[] {0f, 1f}),
                Map.entry("hard-sigmoid", new float[] {0f, 1f}),
                Map.entry("tanh", new float[] {-1f, 1f}),
                Map.entry("softplus", new float[] {0f, infinity}),
                Map.entry("elu", new float[] {-1f, infinity}),
                Map.entry("selu", new float[] {-1.7580993f, infinity}),
                Map.entry("identity", new float[] {-infinity, infinity}),
                Map.entry("leaky-relu", new float[] {-infinity, infinity}),
                Map.entry("relu", new float[] {Float.NaN, infinity}),
                Map.entry("gelu-tanh", new float[] {Float.NaN, infinity}),
                Map.entry("gelu", new float[] {Float.NaN, infinity}),
                Map.entry("silu", new float[] {Float.NaN, infinity}),
                Map.entry("mish", new float[] {Float.NaN, infinity}),
                Map.entry("hard-swish", new float[] {Float.NaN, infinity}),
                Map.entry("softsign", new float[] {Float.NaN, Float.NaN}),
                Map.entry("relu6", new float[] {0f, 6f}),
                Map.entry("hard-tanh", new float[] {-1f, 1f}),
                Map.entry("log-sigmoid", new float[] {-infinity, 0f}),
                Map.entry("tanh-shrink", new float[] {-infinity, infinity}),
                Map.entry("softplus(2.0)", new float[] {0f, infinity}),
                Map.entry("threshold(0.25, -0.5)", new float[] {-0.5f, infinity}),
                Map.entry("celu(0.75)", new float[] {-0.75f, infinity}));
        for (Activation activation : Activation.all()) {
            Model model = one(activation, Loss.MEAN_SQUARED_ERROR, 1f, 1f, 0f);
            float[] limit = limits.get(activation.toString());
            assertEquals(limit[0], logits(model, -infinity, 0f)[0], activation + " of -infinity");
            assertEquals(limit[1], logits(model, 0f, infinity)[0], activation + " of infinity");
            // a sum that overflows is infinite, too
            assertEquals(limit[1], logits(model, 3e38f, 3e38f)[0], activation + " of 6e38");
        }
    }

    @Test
    void anInfiniteLogitIsASoftmaxOfNaNButAClass() {
        Network network = Network.builder(1).dense(2, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {-1f, 1f, 0f, 0f});
        Model model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        float[] input = {Float.POSITIVE_INFINITY}, prediction = new float[2];
        assertArrayEquals(new float[] {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}, logits(model, input));
        model.predictor().predict(input, 0, prediction, 0);
        assertTrue(Float.isNaN(prediction[0]) && Float.isNaN(prediction[1]));
        assertEquals(1, model.predictor().classify(input, 0));
    }

    @Test
    void theLowestOfEqualLogitsWins() {
        Network zeros = Network.builder(2).dense(7, Activation.IDENTITY).build(1);
        zeros.setParameters(new float[zeros.parameterCount()]);
        assertEquals(0, zeros.predictor().classify(new float[] {1, 2}, 0));
        float[] biases = new float[zeros.parameterCount()];
        biases[14 + 3] = biases[14 + 5] = 1f;
        zeros.setParameters(biases);
        assertEquals(3, zeros.predictor().classify(new float[] {1, 2}, 0));
    }

    @Test
    void aSingleOutputIsClassOneAboveZero() {
        Network one = Network.builder(1).dense(1, Activation.IDENTITY).build(1);
        one.setParameters(new float[] {2f, -1f});
        Model model = Model.of(one, Loss.BINARY_CROSS_ENTROPY);
        assertEquals(2, model.classes());
        int[] classes = new int[4];
        model.predictor().classify(new float[] {0f, 0.5f, 0.75f, Float.NaN}, 0, classes, 0, 4);
        assertArrayEquals(new int[] {0, 0, 1, -1}, classes);
        float[] probability = new float[1];
        model.predictor().predict(new float[] {0.5f}, 0, probability, 0);
        assertEquals(0.5f, probability[0]);
    }

    @Test
    void onlyAModelThatHasClassesClassifies() {
        Network one = Network.builder(1).dense(1, Activation.IDENTITY).build(1);
        Network three = Network.builder(1).dense(3, Activation.IDENTITY).build(1);
        String number = "a regression model has no classes: its 1 output is a number";
        noClasses(number, Model.of(one, Loss.MEAN_SQUARED_ERROR));
        noClasses("a regression model has no classes: its 3 outputs are numbers", Model.of(three, Loss.HUBER));
        String several = "a multilabel model has no classes: its 3 outputs answer yes or no each by itself";
        noClasses(several, Model.of(three, Loss.BINARY_CROSS_ENTROPY));
        noClasses(several, Model.of(three, Loss.HINGE));
        assertEquals(2, Model.of(one, Loss.HINGE).classes());
        assertEquals(3, Model.of(three, Loss.KULLBACK_LEIBLER).classes());
        Model scores = Model.builder(three, Loss.MEAN_SQUARED_ERROR)
                .task(Task.MULTICLASS)
                .build();
        assertEquals(3, scores.classes());
        assertTrue(scores.predictor().classify(new float[1], 0) >= 0);
    }

    private static void noClasses(String message, Model model) {
        assertEquals(0, model.classes());
        Predictor predictor = model.predictor();
        for (Executable call : List.<Executable>of(
                () -> predictor.classify(new float[1], 0),
                () -> predictor.classify(new float[1], 0, new int[1], 0, 1),
                () -> predictor.classify(new byte[1], 0),
                () -> predictor.classify(new byte[1], 0, new int[1], 0, 1),
                () -> predictor.classify(java.nio.FloatBuffer.allocate(1), 0),
                () -> predictor.classify(java.nio.ByteBuffer.allocate(1), 0),
                () -> predictor.classify(new int[0], new float[0], 0, 0))) {
            String refused = assertThrows(IllegalStateException.class, call).getMessage();
            assertTrue(refused.startsWith(message), refused);
        }
        predictor.predict(new float[1], 0, new float[model.outputSize()], 0);
    }

    @Test
    void aNetworksPredictorSeesLaterTraining() {
        float[] input = RandomModels.inputs(20, 1, 5), before = new float[5], after = new float[5];
        Predictor live = network.predictor();
        live.predict(input, 0, before, 0);
        float[] parameters = network.copyParameters();
        for (int i = 0; i < parameters.length; i++) parameters[i] *= 2f;
        network.setParameters(parameters);
        live.predict(input, 0, after, 0);
        assertTrue(!Arrays.equals(before, after));
    }

    @Test
    void aLayerThatFailsDoesNotLeaveASparseInputBehind() {
        boolean[] fail = {true};
        Layer failing = new Layer() {
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
                if (fail[0]) throw new IllegalStateException("planted");
                for (int r = from; r < to; r++) for (int i = 0; i < 3; i++) output.set(r, i, input.get(r, i));
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Parameters p,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {}
        };
        Model model = Model.of(
                Network.builder(20).dense(3, Activation.TANH).add(failing).build(1), Loss.MEAN_SQUARED_ERROR);
        float[] input = RandomModels.inputs(20, 1, 5), expected = new float[3], found = new float[3];
        Predictor predictor = model.predictor();
        assertThrows(
                IllegalStateException.class,
                () -> predictor.predict(new int[] {3, 7}, new float[] {1, 2}, 0, 2, found, 0));
        fail[0] = false;
        model.predictor().predict(input, 0, expected, 0);
        predictor.predict(input, 0, found, 0);
        assertArrayEquals(expected, found);
        predictor.predict(new int[] {5}, new float[] {1}, 0, 1, found, 0);
        float[] dense = new float[20];
        dense[5] = 1;
        model.predictor().predict(dense, 0, expected, 0);
        assertArrayEquals(expected, found);
    }

    /** Five values that it passes on, after it has done something. */
    private static final class Doing implements Layer {
        Runnable what = () -> {};

        @Override
        public int inputSize() {
            return 5;
        }

        @Override
        public int outputSize() {
            return 5;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            what.run();
            for (int r = from; r < to; r++) for (int i = 0; i < 5; i++) output.set(r, i, input.get(r, i));
        }

        @Override
        public void backward(
                Pass pass, int from, int to, Parameters p, Slice input, Slice output, Slice dOutput, Slice dInput) {}
    }

    private static Model doing(Doing layer) {
        return Model.of(Network.builder(20).dense(5, Activation.TANH).add(layer).build(1), Loss.SOFTMAX_CROSS_ENTROPY);
    }

    private static final byte[] BYTES = new byte[60];

    private static final float[] FLOATS = RandomModels.inputs(20, 3, 5);

    private static final int[] INDICES = {2, 3, 19};

    /** Every public method that runs the model; each writes what it finds to the array. */
    private static Map<String, BiConsumer<Predictor, float[]>> forms() {
        for (int i = 0; i < BYTES.length; i += 2) BYTES[i] = (byte) (5 * i);
        FloatBuffer floats = FloatBuffer.wrap(FLOATS);
        ByteBuffer bytes = ByteBuffer.wrap(BYTES);
        int[] classes = new int[3];
        Map<String, BiConsumer<Predictor, float[]>> forms = new LinkedHashMap<>();
        forms.put("predict floats", (p, out) -> p.predict(FLOATS, 0, out, 0));
        forms.put("predict rows of floats", (p, out) -> p.predict(FLOATS, 0, out, 0, 3));
        forms.put("predict bytes", (p, out) -> p.predict(BYTES, 0, out, 0));
        forms.put("predict rows of bytes", (p, out) -> p.predict(BYTES, 0, out, 0, 3));
        forms.put("predict a buffer of floats", (p, out) -> p.predict(floats, 20, FloatBuffer.wrap(out), 0));
        forms.put("predict a buffer of bytes", (p, out) -> p.predict(bytes, 20, out, 0));
        forms.put("predict sparse", (p, out) -> p.predict(INDICES, FLOATS, 0, 3, out, 0));
        forms.put("logits of floats", (p, out) -> p.logits(FLOATS, 20, out, 0));
        forms.put("logits of rows", (p, out) -> p.logits(FLOATS, 0, out, 0, 3));
        forms.put("classify floats", (p, out) -> out[0] = p.classify(FLOATS, 20));
        forms.put("classify rows of floats", (p, out) -> {
            p.classify(FLOATS, 0, classes, 0, 3);
            for (int i = 0; i < 3; i++) out[i] = classes[i];
        });
        forms.put("classify bytes", (p, out) -> out[0] = p.classify(BYTES, 20));
        forms.put("classify rows of bytes", (p, out) -> {
            p.classify(BYTES, 0, classes, 0, 3);
            for (int i = 0; i < 3; i++) out[i] = classes[i];
        });
        forms.put("classify a buffer of floats", (p, out) -> out[0] = p.classify(floats, 20));
        forms.put("classify a buffer of bytes", (p, out) -> out[0] = p.classify(bytes, 20));
        forms.put("classify sparse", (p, out) -> out[0] = p.classify(INDICES, FLOATS, 0, 3));
        forms.put("logits and predictions of rows", (p, out) -> p.predict(FLOATS, 0, new float[15], out, 0, 3));
        forms.put("logits and prediction sparse", (p, out) -> p.predict(INDICES, FLOATS, 3, out, new float[5], 0));
        long methods = Arrays.stream(Predictor.class.getDeclaredMethods())
                .filter(m -> m.getName().matches("predict|logits|classify|answer"))
                .filter(m -> !Modifier.isPrivate(m.getModifiers()))
                .count();
        assertEquals(methods, forms.size(), "a form of Predictor is missing here");
        return forms;
    }

    private static float[] found(BiConsumer<Predictor, float[]> form, Predictor predictor) {
        float[] found = new float[15];
        form.accept(predictor, found);
        return found;
    }

    private static void assertRefused(String what, Executable call) {
        String message = assertThrows(IllegalStateException.class, call, what).getMessage();
        assertTrue(message.contains("one thread at a time; make one for each thread with model.predictor()"), message);
    }

    @Test
    void aSecondThreadIsRefusedWhateverItAndTheFirstAsk() throws InterruptedException {
        Doing layer = new Doing();
        Model model = doing(layer);
        for (int rows : new int[] {1, 2})
            for (Map.Entry<String, BiConsumer<Predictor, float[]>> form : forms().entrySet()) {
                Predictor shared = model.predictor(rows);
                float[] expected = found(form.getValue(), model.predictor(rows));
                CountDownLatch inside = new CountDownLatch(1), asked = new CountDownLatch(1);
                layer.what = () -> {
                    // The warm-up may come here, too.
                    if (!Thread.currentThread().getName().equals("first")) return;
                    inside.countDown();
                    try {
                        asked.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                };
                float[][] first = new float[1][];
                Thread thread = new Thread(
                        () -> {
                            try {
                                first[0] = found(form.getValue(), shared);
                            } finally {
                                inside.countDown(); // also if it failed before
                            }
                        },
                        "first");
                thread.start();
                inside.await();
                try {
                    forms().forEach((name, other) -> {
                        float[] untouched = new float[15];
                        assertRefused(form.getKey() + ", " + name, () -> other.accept(shared, untouched));
                        assertArrayEquals(new float[15], untouched);
                    });
                } finally {
                    asked.countDown();
                    thread.join();
                }
                layer.what = () -> {};
                assertArrayEquals(expected, first[0], form.getKey());
                // and any thread may have it next
                assertArrayEquals(expected, found(form.getValue(), shared), form.getKey());
            }
    }

    @Test
    void aLayerThatCallsItsOwnPredictorIsRefused() {
        Doing layer = new Doing();
        Model model = doing(layer);
        forms().forEach((name, form) -> {
            Predictor predictor = model.predictor(2);
            float[] expected = found(form, model.predictor());
            layer.what = () -> found(form, predictor);
            assertRefused(name, () -> found(form, predictor));
            layer.what = () -> {};
            assertArrayEquals(expected, found(form, predictor), name);
        });
    }

    @Test
    void aPredictorStaysUsableWhateverALayerThrows() {
        Doing layer = new Doing();
        Model model = doing(layer);
        Predictor predictor = model.predictor(2);
        Throwable[] planted = {null};
        Runnable fail = () -> PredictorTest.<RuntimeException>sneak(planted[0]);
        for (Throwable thrown : List.of(new IllegalStateException("planted"), new AssertionError(), new Exception()))
            forms().forEach((name, failing) -> {
                planted[0] = thrown;
                layer.what = fail;
                assertSame(thrown, assertThrows(Throwable.class, () -> found(failing, predictor)), name);
                layer.what = () -> {};
                forms().forEach((next, form) -> assertArrayEquals(
                        found(form, model.predictor(2)), found(form, predictor), next + " after " + name));
            });
        assertThrows(
                ReadOnlyBufferException.class,
                () -> predictor.predict(
                        FloatBuffer.wrap(FLOATS), 0, FloatBuffer.allocate(5).asReadOnlyBuffer(), 0));
        bounds("inputs: 1 x 20", () -> predictor.predict(FLOATS, 41, new float[5], 0));
        assertTrue(predictor.classify(FLOATS, 0) >= 0);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void manyThreadsOnOnePredictorAreAnsweredRightOrRefused() throws Exception {
        int threads = 4, calls = 20_000;
        float[][] expected = new float[3][5];
        for (int i = 0; i < 3; i++) model.predictor().predict(FLOATS, 20 * i, expected[i], 0);
        Predictor shared = model.predictor();
        AtomicInteger answered = new AtomicInteger();
        CountDownLatch ready = new CountDownLatch(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> works = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int input = t % 3;
                works.add(pool.submit(() -> {
                    float[] found = new float[5];
                    ready.countDown();
                    ready.await();
                    for (int i = 0; i < calls; i++)
                        try {
                            shared.predict(FLOATS, 20 * input, found, 0);
                            assertArrayEquals(expected[input], found);
                            answered.incrementAndGet();
                        } catch (IllegalStateException e) {
                            assertTrue(e.getMessage().contains("one thread at a time"), e.getMessage());
                        }
                    return null;
                }));
            }
            for (Future<?> work : works) work.get();
        } finally {
            pool.shutdown();
        }
        assertTrue(answered.get() > 0);
    }

    @Test
    void aNetworksPredictorRefusesASecondCallToo() {
        Doing layer = new Doing();
        Predictor live = Network.builder(20)
                .dense(5, Activation.TANH)
                .add(layer)
                .build(1)
                .predictor();
        layer.what = () -> live.classify(FLOATS, 0);
        assertRefused("a network's", () -> live.classify(FLOATS, 0));
    }

    @Test
    void argumentsThatDoNotFitAreRefusedBeforeAnythingIsWritten() {
        float[] input = new float[20], output = new float[5];
        Arrays.fill(output, 7f);
        int[] classes = {7, 7};
        FloatBuffer in = FloatBuffer.allocate(25).limit(20), out = FloatBuffer.wrap(output);
        bounds(
                "inputs: 1 x 20 elements from index 1 on, but there are 20",
                () -> predictor.predict(input, 1, output, 0));
        bounds(
                "predictions: 1 x 5 elements from index 1 on, but there are 5",
                () -> predictor.predict(input, 0, output, 1));
        bounds("inputs: 2 x 20", () -> predictor.predict(input, 0, output, 0, 2));
        bounds("inputs: -1 x 20", () -> predictor.predict(input, 0, output, 0, -1));
        bounds("inputs: 214748365 x 20", () -> predictor.predict(input, 0, output, 0, 214748365));
        bounds("index -1", () -> predictor.predict(input, -1, output, 0));
        bounds("inputs: 1 x 20", () -> predictor.predict(new byte[19], 0, output, 0));
        bounds("input: 1 x 20", () -> predictor.predict(ByteBuffer.allocateDirect(19), 0, output, 0));
        bounds("input: 1 x 20", () -> predictor.predict(in, 1, out, 0));
        bounds("prediction: 1 x 5", () -> predictor.predict(in, 0, out, 1));
        bounds("logits: 1 x 5", () -> predictor.logits(input, 0, output, 1));
        bounds("input: 1 x 20", () -> predictor.classify(input, 1));
        bounds("classes: 3 x 1", () -> predictor.classify(new float[60], 0, classes, 0, 3));
        assertThrows(
                ReadOnlyBufferException.class,
                () -> predictor.predict(in, 0, FloatBuffer.allocate(5).asReadOnlyBuffer(), 0));
        for (float o : output) assertEquals(7f, o);
        assertArrayEquals(new int[] {7, 7}, classes);
    }

    @Test
    void sparseInputsAreChecked() {
        float[] values = {1, 2, 3}, output = new float[5];
        bounds("indices[2] is 20, 0 to 19 expected", () -> predictor.classify(new int[] {1, 2, 20}, values, 0, 3));
        bounds("indices[0] is -1", () -> predictor.classify(new int[] {-1, 2, 3}, values, 0, 3));
        bounds("values: 4 x 1", () -> predictor.predict(new int[] {1, 2, 3, 4}, values, 0, 4, output, 0));
        bounds("indices: -1 x 1", () -> predictor.classify(new int[] {1, 2, 3}, values, 0, -1));
        for (int[] unsorted : new int[][] {{1, 3, 2}, {1, 3, 3}}) {
            String message = assertThrows(
                            IllegalArgumentException.class, () -> predictor.classify(unsorted, values, 0, 3))
                    .getMessage();
            assertEquals(
                    "indices[2] is " + unsorted[2]
                            + " after 3, strictly ascending indices expected; sort them, and add the values of equal ones",
                    message);
        }
        assertEquals(predictor.classify(new float[20], 0), predictor.classify(new int[0], new float[0], 0, 0));
    }

    private static void bounds(String expected, Executable call) {
        String message = assertThrows(IndexOutOfBoundsException.class, call).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
