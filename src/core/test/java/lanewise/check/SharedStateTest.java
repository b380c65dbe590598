package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lanewise.memory.Operation;
import org.junit.jupiter.api.Test;

/** What fields hold is followed into collections, but not into those that are made for threads. */
class SharedStateTest {

    /** An operation with collections in its fields. */
    private static final class Caches implements Operation {

        final Map<Float, Float> plain = new HashMap<>();
        final Map<Float, Float> concurrent = new ConcurrentHashMap<>();
        final Map<Float, Float> locked = Collections.synchronizedMap(new HashMap<>());
        final List<float[]> rows = new ArrayList<>(List.of(new float[3]));

        @Override
        public int inputSize() {
            return 3;
        }

        @Override
        public int outputSize() {
            return 3;
        }
    }

    private static String following(Caches caches, Runnable call, Runnable other) {
        call.run();
        SharedState first = SharedState.of(caches);
        call.run();
        SharedState same = SharedState.of(caches);
        other.run();
        return SharedState.following(first, same, SharedState.of(caches));
    }

    @Test
    void aCacheWithoutALockFollowsCalls() {
        Caches caches = new Caches();
        String field = following(caches, () -> caches.plain.put(1f, 2f), () -> caches.plain.put(2f, 3f));
        assertNotNull(field);
        assertEquals("plain", field.split(" ")[0]);
    }

    @Test
    void aCacheThatIsClearedNowAndThenNeedNotBeTheSame() {
        Caches caches = new Caches();
        int[] calls = {0};
        assertNotNull(following(caches, () -> caches.plain.put(1f, (float) calls[0]++), () -> {}));
    }

    @Test
    void rowsInAListFollowCalls() {
        Caches caches = new Caches();
        String field = following(
                caches, () -> caches.rows.get(0)[1] = 1, () -> caches.rows.get(0)[1] = 2);
        assertNotNull(field);
        assertEquals("rows", field.split(" ")[0]);
    }

    @Test
    void cachesForThreadsDoNot() {
        Caches caches = new Caches();
        assertNull(following(caches, () -> caches.concurrent.put(1f, 2f), () -> caches.concurrent.put(2f, 3f)));
        assertNull(following(caches, () -> caches.locked.put(1f, 2f), () -> caches.locked.put(2f, 3f)));
    }
}
