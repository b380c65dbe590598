package lanewise.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import lanewise.Model;
import org.junit.jupiter.api.Test;

/** One model for each file in a JVM, and not all of them for ever. */
class ModelCacheTest {

    @Test
    void manyThreadsDecodeAModelOnce() throws Exception {
        ModelCache cache = new ModelCache(Long.MAX_VALUE);
        AtomicInteger decoded = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Model>> calls = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                String key = "key" + i % 4;
                calls.add(() -> cache.get(key, () -> {
                    decoded.incrementAndGet();
                    return Models.classes(5);
                }));
            }
            List<Future<Model>> models = threads.invokeAll(calls);
            assertEquals(4, decoded.get());
            for (int i = 4; i < 64; i++)
                assertSame(models.get(i % 4).get(), models.get(i).get());
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void ofHundredsOfModelsTheLastOnesStay() {
        Model first = Models.classes(5);
        long bytes = 4L * first.parameterCount();
        ModelCache cache = new ModelCache(3 * bytes);
        cache.get("first", () -> first);
        for (int i = 0; i < 500; i++) {
            cache.get("key" + i, () -> Models.classes(5));
            cache.get("often", () -> Models.classes(5));
            assertTrue(cache.kept() <= 3, cache.kept() + " models kept");
        }
        assertSame(first, cache.get("first", ModelCacheTest::unexpected), "somebody holds it, so it is there");
        cache.get("often", ModelCacheTest::unexpected);
        cache.get("key499", ModelCacheTest::unexpected);
    }

    @Test
    void aModelThatIsLargerThanAllThatMayBeKeptIsKeptWhileItIsTheLast() {
        ModelCache cache = new ModelCache(1);
        cache.get("a", () -> Models.classes(5));
        cache.get("a", ModelCacheTest::unexpected);
        assertEquals(1, cache.kept());
        cache.get("b", () -> Models.classes(5));
        assertEquals(1, cache.kept());
    }

    @Test
    void whatCannotBeDecodedIsTriedAgain() {
        ModelCache cache = new ModelCache(1);
        assertThrows(IllegalStateException.class, () -> cache.get("a", ModelCacheTest::unexpected));
        Model model = Models.classes(5);
        assertSame(model, cache.get("a", () -> model));
    }

    private static Model unexpected() {
        throw new IllegalStateException("decoded again");
    }
}
