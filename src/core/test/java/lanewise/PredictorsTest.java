package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Predictors are lent to one thread at a time, kept, and never mixed up, while models are exchanged. */
class PredictorsTest {

    private static final int THREADS = 16, MODELS = 4, INPUTS = 64, SIZE = 40, CLASSES = 10;

    /** Tasks that each predict so often; {@code -Dsoak=PT10M} for as many as there is time for. */
    private static final int TASKS = 4_000, CALLS = 10;

    private final byte[] bytes = new byte[INPUTS * SIZE];
    private final float[] floats = RandomModels.inputs(SIZE, INPUTS, 3);
    private final List<Model> models =
            Stream.of(1, 2, 3, 4).map(PredictorsTest::model).toList();
    private final Predictors predictors = Predictors.of(models.get(0));

    PredictorsTest() {
        RandomSource random = new RandomSource(3);
        for (int i = 0; i < bytes.length; i++) if (random.nextInt(3) == 0) bytes[i] = (byte) random.nextInt(256);
    }

    private static Model model(int seed) {
        return Model.of(
                Network.builder(SIZE)
                        .dense(33, Activation.SIGMOID)
                        .dense(CLASSES, Activation.IDENTITY)
                        .build(seed),
                Loss.SOFTMAX_CROSS_ENTROPY);
    }

    /** Threads of each kind that this JDK has. */
    @TestFactory
    Stream<DynamicTest> everyAnswerIsThatOfItsModelToTheBitWhileModelsAreExchanged() {
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(DynamicTest.dynamicTest("platform threads", () -> load(Executors.newFixedThreadPool(THREADS))));
        try {
            ExecutorService virtual = (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
            tests.add(DynamicTest.dynamicTest("virtual threads", () -> load(virtual)));
        } catch (ReflectiveOperationException e) {
            // up to JDK 20 there are none
        }
        return tests.stream();
    }

    private void load(ExecutorService threads) throws Exception {
        Map<Model, float[][]> expected = new HashMap<>();
        for (Model model : models) {
            model.warmUp();
            float[][] answers = new float[INPUTS][CLASSES];
            Predictor predictor = model.predictor();
            for (int i = 0; i < INPUTS; i++) predictor.predict(bytes, i * SIZE, answers[i], 0);
            expected.put(model, answers);
        }
        AtomicInteger begun = new AtomicInteger();
        Callable<Set<Model>> task = () -> {
            Set<Model> seen = new HashSet<>();
            int first = begun.incrementAndGet();
            if (first % 10 == 0) predictors.exchange(models.get(first / 10 % MODELS));
            float[] answer = new float[CLASSES];
            for (int i = 0; i < CALLS; i++) {
                int input = (first + i) % INPUTS;
                try (Predictors.Lent lent = predictors.lend()) {
                    lent.predictor().predict(bytes, input * SIZE, answer, 0);
                    assertArrayEquals(expected.get(lent.model())[input], answer);
                    assertSame(lent.model(), lent.predictor().model());
                    seen.add(lent.model());
                }
                predictors.predict(bytes, input * SIZE, answer, 0);
                assertTrue(
                        expected.values().stream().anyMatch(all -> java.util.Arrays.equals(all[input], answer)),
                        "an answer of no model");
            }
            return seen;
        };
        Set<Model> seen = new HashSet<>();
        long end = System.nanoTime()
                + Duration.parse(System.getProperty("soak", "PT0S")).toNanos();
        try {
            do {
                List<Future<Set<Model>>> loads = new ArrayList<>();
                for (int t = 0; t < TASKS; t++) loads.add(threads.submit(task));
                for (Future<Set<Model>> load : loads) seen.addAll(load.get());
            } while (System.nanoTime() < end);
        } finally {
            threads.shutdown();
        }
        assertTrue(seen.size() > 1, "only one model has answered");
    }

    /** Counts what the JVM counts of each thread: how often it has waited, and been blocked by another's monitor. */
    @Test
    void noCallWaitsForAnother() throws Exception {
        models.get(0).warmUp();
        AtomicInteger ready = new AtomicInteger();
        Waits waits = new Waits();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Long>> loads = new ArrayList<>();
            for (int t = 0; t < THREADS; t++)
                loads.add(threads.submit(() -> {
                    float[] answer = new float[CLASSES];
                    predictors.predict(bytes, 0, answer, 0);
                    waits.here();
                    ready.incrementAndGet();
                    while (ready.get() < THREADS) Thread.onSpinWait();
                    long before = waits.here();
                    for (int i = 0; i < 5_000; i++) predictors.predict(bytes, i % INPUTS * SIZE, answer, 0);
                    return waits.here() - before;
                }));
            for (Future<Long> load : loads) assertEquals(0, load.get());
        } finally {
            threads.shutdown();
        }
    }

    /**
     * How often threads have waited. The management module is not one that this library's module reads, so its methods are looked
     * up by name; once, as others' threads would wait for each other there.
     */
    private static final class Waits {

        private final Object threads;
        private final Method ofThread, waited, blocked;

        Waits() throws ReflectiveOperationException {
            threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            ofThread = Class.forName("java.lang.management.ThreadMXBean").getMethod("getThreadInfo", long.class);
            waited = ofThread.getReturnType().getMethod("getWaitedCount");
            blocked = ofThread.getReturnType().getMethod("getBlockedCount");
        }

        /** Of the calling thread. */
        long here() throws ReflectiveOperationException {
            Object info = ofThread.invoke(threads, Thread.currentThread().getId());
            return (long) waited.invoke(info) + (long) blocked.invoke(info);
        }
    }

    @Test
    void everyFormAnswersAsAPredictorDoes() {
        Predictor predictor = models.get(0).predictor();
        float[] expected = new float[3 * CLASSES], found = new float[3 * CLASSES];
        predictor.predict(floats, SIZE, expected, 1);
        predictors.predict(floats, SIZE, found, 1);
        assertArrayEquals(expected, found);
        predictor.predict(bytes, SIZE, expected, 1);
        predictors.predict(bytes, SIZE, found, 1);
        assertArrayEquals(expected, found);
        Predictors blocks = Predictors.of(models.get(0), 2);
        predictor.predict(floats, SIZE, expected, 0, 3);
        blocks.predict(floats, SIZE, found, 0, 3);
        assertArrayEquals(expected, found);
        predictor.predict(bytes, SIZE, expected, 0, 3);
        blocks.predict(bytes, SIZE, found, 0, 3);
        assertArrayEquals(expected, found);
        Set<Integer> classes = new HashSet<>();
        for (int i = 0; i < INPUTS; i++) {
            assertEquals(predictor.classify(floats, i * SIZE), predictors.classify(floats, i * SIZE));
            int best = predictors.classify(bytes, i * SIZE);
            assertEquals(predictor.classify(bytes, i * SIZE), best);
            classes.add(best);
        }
        assertTrue(classes.size() > 1, "all inputs are of one class");
    }

    private static Predictor lentOnce(Predictors predictors) {
        try (Predictors.Lent lent = predictors.lend()) {
            return lent.predictor();
        }
    }

    private static Model shared() {
        return Model.of(
                Network.builder(37)
                        .dense(130, Activation.RELU)
                        .dense(11, Activation.IDENTITY)
                        .build(3),
                Loss.SOFTMAX_CROSS_ENTROPY);
    }

    /** Whatever the workers, the rows and their places in the arrays; nothing beside the answers is written. */
    @Test
    void batchesAreSharedAmongWorkersWithTheSameBits() {
        Model model = shared();
        int in = model.inputSize(), out = model.outputSize(), most = 150;
        float[] floats = RandomModels.inputs(in, most + 1, 3);
        byte[] bytes = new byte[floats.length];
        new Random(3).nextBytes(bytes);
        Predictor alone = model.predictor();
        for (int count : new int[] {1, 2, 3, 7})
            for (int together : new int[] {1, 4, 32})
                try (Workers workers = Workers.of(count);
                        Predictors predictors = Predictors.of(model, together)) {
                    for (int rows : new int[] {0, 1, 2, 33, most}) {
                        int from = rows % 2;
                        float[] expected = new float[3 + most * out], actual = new float[3 + most * out];
                        alone.predict(floats, from * in, expected, 2, rows);
                        predictors.predict(floats, from * in, actual, 2, rows, workers);
                        assertArrayEquals(expected, actual);
                        alone.predict(bytes, from * in, expected, 3, rows);
                        predictors.predict(bytes, from * in, actual, 3, rows, workers);
                        assertArrayEquals(expected, actual);
                        int[] expectedClasses = new int[1 + most], actualClasses = new int[1 + most];
                        alone.classify(floats, from * in, expectedClasses, 1, rows);
                        predictors.classify(floats, from * in, actualClasses, 1, rows, workers);
                        assertArrayEquals(expectedClasses, actualClasses);
                        alone.classify(bytes, from * in, expectedClasses, 1, rows);
                        predictors.classify(bytes, from * in, actualClasses, 1, rows, workers);
                        assertArrayEquals(expectedClasses, actualClasses);
                    }
                }
    }

    @Test
    void aBatchThatDoesNotFitIsRefusedBeforeAnyWorkerWrites() {
        Model model = shared();
        int in = model.inputSize(), out = model.outputSize();
        Workers closed = Workers.of(2);
        closed.close();
        try (Workers workers = Workers.of(2);
                Predictors predictors = Predictors.of(model, 4)) {
            float[] answers = new float[100 * out];
            for (int rows : new int[] {-1, 100})
                assertThrows(
                        IndexOutOfBoundsException.class,
                        () -> predictors.predict(new float[100 * in - 1], 0, answers, 0, rows, workers));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> predictors.predict(new byte[100 * in], 0, answers, 1, 100, workers));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> predictors.classify(new byte[100 * in], 0, new int[99], 0, 100, workers));
            assertThrows(
                    IllegalStateException.class,
                    () -> predictors.predict(new byte[100 * in], 0, answers, 0, 100, closed));
            assertArrayEquals(new float[100 * out], answers);
            Network numbers = Network.builder(2).dense(1, Activation.IDENTITY).build(1);
            try (Predictors regression = Predictors.of(Model.of(numbers, Loss.MEAN_SQUARED_ERROR))) {
                assertThrows(
                        IllegalStateException.class,
                        () -> regression.classify(new float[20], 0, new int[10], 0, 10, workers));
            }
            Predictors ended = Predictors.of(model, 4);
            ended.close();
            assertThrows(
                    IllegalStateException.class, () -> ended.predict(new float[100 * in], 0, answers, 0, 100, workers));
        }
    }

    @Test
    void predictorsAreLentOnceAtATimeAndKept() {
        Predictor first = lentOnce(predictors);
        assertSame(first, lentOnce(predictors));
        try (Predictors.Lent outer = predictors.lend();
                Predictors.Lent inner = predictors.lend()) {
            assertSame(first, outer.predictor());
            assertNotSame(first, inner.predictor());
        }
    }

    /** So that what many threads use at once is kept, but not what a burst of them used. */
    @Test
    void asManyAreKeptAsCpusCanUse() {
        int cpus = Runtime.getRuntime().availableProcessors(), burst = 20 * cpus;
        Set<Predictor> made = new HashSet<>(), kept = new HashSet<>();
        List<Predictors.Lent> all = new ArrayList<>();
        for (int i = 0; i < burst; i++) all.add(predictors.lend());
        for (Predictors.Lent lent : all) made.add(lent.predictor());
        assertEquals(burst, made.size());
        all.forEach(Predictors.Lent::close);
        all.clear();
        for (int i = 0; i < burst; i++) all.add(predictors.lend());
        for (Predictors.Lent lent : all) if (made.contains(lent.predictor())) kept.add(lent.predictor());
        assertTrue(kept.size() >= 4 * cpus && kept.size() <= 8 * cpus, kept.size() + " of " + cpus + " CPUs");
    }

    @Test
    void aPredictorWhoseWorkFailedIsKept() {
        Predictor first = lentOnce(predictors);
        assertThrows(IndexOutOfBoundsException.class, () -> predictors.predict(floats, 0, new float[3], 0));
        assertThrows(IndexOutOfBoundsException.class, () -> predictors.classify(bytes, bytes.length - 1));
        assertThrows(IllegalStateException.class, () -> {
            try (Predictors.Lent lent = predictors.lend()) {
                assertSame(first, lent.predictor());
                throw new IllegalStateException("planted");
            }
        });
        assertSame(first, lentOnce(predictors));
    }

    /** A loan that is over, or another thread's, gives nothing back a second time, so that nobody's predictor is lent twice. */
    @Test
    void whatWasGivenBackIsNobodysUntilItIsLentAgain() throws Exception {
        Predictors.Lent lent = predictors.lend();
        Predictor predictor = lent.predictor();
        Runnable stale = () -> {
            lent.close();
            assertThrows(IllegalStateException.class, lent::predictor);
        };
        inAnotherThread(stale);
        assertSame(predictor, lent.predictor());
        lent.close();
        lent.close();
        assertThrows(IllegalStateException.class, lent::predictor);
        inAnotherThread(() -> {
            try (Predictors.Lent other = predictors.lend()) {
                assertSame(predictor, other.predictor());
                try {
                    inAnotherThread(stale);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                assertNotSame(predictor, lentOnce(predictors));
                assertSame(predictor, other.predictor());
            }
        });
    }

    private static void inAnotherThread(Runnable work) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            thread.submit(work).get();
        } finally {
            thread.shutdown();
        }
    }

    @Test
    void aCallEndsOnTheModelThatItBeganWith() {
        float[] expected = new float[CLASSES], found = new float[CLASSES];
        models.get(0).predictor().predict(floats, 0, expected, 0);
        try (Predictors.Lent lent = predictors.lend()) {
            assertSame(models.get(0), predictors.exchange(models.get(1)));
            assertSame(models.get(1), predictors.model());
            assertSame(models.get(0), lent.model());
            lent.predictor().predict(floats, 0, found, 0);
            assertArrayEquals(expected, found);
        }
        assertSame(models.get(1), lentOnce(predictors).model());
        models.get(1).predictor().predict(floats, 0, expected, 0);
        predictors.predict(floats, 0, found, 0);
        assertArrayEquals(expected, found);
    }

    @Test
    void aModelOfOtherInputsIsRefused() {
        Network network =
                Network.builder(SIZE + 1).dense(CLASSES, Activation.TANH).build(1);
        Model other = Model.of(network, Loss.MEAN_SQUARED_ERROR);
        String refused = assertThrows(IllegalArgumentException.class, () -> predictors.exchange(other))
                .getMessage();
        assertTrue(refused.startsWith("a model of 41 inputs given, 40 expected"), refused);
        assertSame(models.get(0), predictors.model());
        assertThrows(IllegalArgumentException.class, () -> Predictors.of(models.get(0), 0));
        assertThrows(NullPointerException.class, () -> Predictors.of(null));
        assertThrows(NullPointerException.class, () -> predictors.exchange(null));
    }

    @Test
    void aClosedPoolRefusesCallsAndLetsThoseThatHaveBegunEnd() {
        float[] answer = new float[CLASSES];
        try (Predictors.Lent lent = predictors.lend()) {
            predictors.close();
            lent.predictor().predict(floats, 0, answer, 0);
        }
        predictors.close();
        for (org.junit.jupiter.api.function.Executable call : List.<org.junit.jupiter.api.function.Executable>of(
                predictors::lend,
                predictors::model,
                () -> predictors.exchange(models.get(1)),
                () -> predictors.predict(floats, 0, answer, 0),
                () -> predictors.classify(bytes, 0)))
            assertEquals(
                    "this pool of predictors is closed",
                    assertThrows(IllegalStateException.class, call).getMessage());
    }
}
