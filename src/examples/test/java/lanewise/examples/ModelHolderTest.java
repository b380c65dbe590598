package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.RandomSource;
import org.junit.jupiter.api.Test;

class ModelHolderTest {

    private static final int THREADS = 16, MODELS = 4, INPUTS = 64;

    private static final long SWAP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Two seconds; {@code -Dsoak=PT10M} for ten minutes. */
    private static final long LOAD_NANOS =
            Duration.parse(System.getProperty("soak", "PT2S")).toNanos();

    private static final byte[] PIXELS = new byte[INPUTS * 784];

    static {
        RandomSource random = new RandomSource(3);
        for (int i = 0; i < PIXELS.length; i++) if (random.nextInt(3) == 0) PIXELS[i] = (byte) random.nextInt(256);
    }

    private static float[] predict(Predictor predictor, int input) {
        float[] probabilities = new float[10];
        predictor.predict(PIXELS, input * 784, probabilities, 0);
        return probabilities;
    }

    /** One answer and the model that it names. */
    private record Named(Model model, float[] probabilities) {}

    @Test
    void everyAnswerIsThatOfTheModelItNamesToTheBitWhileModelsAreExchanged() throws Exception {
        Map<Model, float[][]> expected = new HashMap<>();
        List<Model> models = new ArrayList<>();
        for (int seed = 1; seed <= MODELS; seed++) {
            Model model = DigitServerTest.model(seed);
            model.warmUp();
            models.add(model);
            float[][] answers = new float[INPUTS][];
            for (int i = 0; i < INPUTS; i++) answers[i] = predict(model.predictor(), i);
            expected.put(model, answers);
        }
        ModelHolder holder = new ModelHolder(models.get(0));
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Integer>> loads = new ArrayList<>();
            for (int t = 0; t < THREADS; t++)
                loads.add(threads.submit(() -> {
                    Map<Model, Integer> seen = new HashMap<>();
                    for (int i = 0; !over.get(); i = (i + 1) % INPUTS) {
                        int input = i;
                        Named answer = holder.with(p -> new Named(p.model(), predict(p, input)));
                        assertArrayEquals(expected.get(answer.model)[input], answer.probabilities);
                        seen.merge(answer.model, 1, Integer::sum);
                    }
                    return seen.size();
                }));
            long end = System.nanoTime() + LOAD_NANOS;
            for (int i = 1; System.nanoTime() < end; i++) {
                holder.swap(models.get(i % MODELS));
                LockSupport.parkNanos(SWAP_NANOS);
            }
            over.set(true);
            int most = 0;
            for (Future<Integer> load : loads) most = Math.max(most, load.get());
            assertTrue(most > 1, "threads did see models change");
        } finally {
            over.set(true);
            threads.shutdown();
        }
    }

    @Test
    void predictorsAreLentOnceAtATimeAndKept() {
        ModelHolder holder = new ModelHolder(DigitServerTest.model(1));
        Predictor first = holder.with(p -> p);
        assertSame(first, holder.with(p -> p));
        boolean same = holder.with(outer -> holder.with(inner -> inner == outer));
        assertTrue(!same);
    }

    @Test
    void aPredictorWhoseWorkFailedIsKept() {
        ModelHolder holder = new ModelHolder(DigitServerTest.model(1));
        Predictor[] failed = {null};
        assertThrows(
                IllegalStateException.class,
                () -> holder.with(p -> {
                    failed[0] = p;
                    throw new IllegalStateException("planted");
                }));
        assertSame(failed[0], holder.with(p -> p));
    }

    @Test
    void anExchangedModelIsWarm() {
        ModelHolder holder = new ModelHolder(DigitServerTest.model(1));
        Model next = DigitServerTest.model(2);
        holder.swap(next);
        assertSame(next, holder.model());
        assertTrue(next.warm());
    }
}
