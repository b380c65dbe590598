package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import lanewise.Model.Readiness;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guarantees of {@link WarmUpState}, by number. */
class WarmUpStateTest {

    private static final Kernels SCALAR = Selection.scalar(), FAST = Selection.kernels();

    private static final Map<String, Consumer<WarmUpState>> TRANSITIONS = new LinkedHashMap<>();

    static {
        TRANSITIONS.put("queued", WarmUpState::queued);
        TRANSITIONS.put("begun", WarmUpState::begun);
        TRANSITIONS.put("fewRowsUse", state -> state.fewRowsUse(FAST));
        TRANSITIONS.put("warm", state -> state.done(FAST, null));
        TRANSITIONS.put("scalar", state -> state.done(SCALAR, "planted"));
        TRANSITIONS.put("ended", state -> state.ended("ended"));
        TRANSITIONS.put("staysCold", state -> state.staysCold("stays cold"));
    }

    /** Which transitions each state has, and where they lead. */
    private static final Map<Readiness, Map<String, Readiness>> ARROWS = Map.of(
            Readiness.COLD,
            Map.of("queued", Readiness.WAITING, "begun", Readiness.WARMING_UP, "staysCold", Readiness.COLD),
            Readiness.WAITING,
            Map.of("begun", Readiness.WARMING_UP, "ended", Readiness.COLD),
            Readiness.WARMING_UP,
            Map.of(
                    "queued",
                    Readiness.WAITING,
                    "fewRowsUse",
                    Readiness.WARMING_UP,
                    "warm",
                    Readiness.WARM,
                    "scalar",
                    Readiness.SCALAR,
                    "ended",
                    Readiness.COLD),
            Readiness.WARM,
            Map.of(),
            Readiness.SCALAR,
            Map.of());

    /** How each state is reached. */
    private static final Map<Readiness, List<String>> PATHS = Map.of(
            Readiness.COLD, List.of(),
            Readiness.WAITING, List.of("queued"),
            Readiness.WARMING_UP, List.of("queued", "begun"),
            Readiness.WARM, List.of("begun", "fewRowsUse", "warm"),
            Readiness.SCALAR, List.of("queued", "begun", "fewRowsUse", "scalar"));

    private static WarmUpState in(Readiness readiness) {
        WarmUpState state = new WarmUpState();
        for (String step : PATHS.get(readiness)) TRANSITIONS.get(step).accept(state);
        assertEquals(readiness, state.readiness());
        return state;
    }

    @BeforeEach
    void kernelsAreNotForced() {
        Assumptions.assumeFalse(Selection.forced(), "with forced kernels a model begins at its end");
    }

    /** 1: a state's name, its reason and its kernels are never another state's, however fast states follow each other. */
    @Test
    void aReaderSeesOneStateWhole() throws InterruptedException {
        WarmUpState state = new WarmUpState();
        state.staysCold("ended");
        Set<String> seen = new TreeSet<>();
        Thread reader = new Thread(() -> {
            for (int i = 0; i < 1_000_000; i++) seen.add(state.toString());
        });
        reader.start();
        while (reader.isAlive()) {
            state.queued();
            state.begun();
            state.fewRowsUse(FAST);
            state.fewRowsUse(SCALAR);
            state.ended("ended");
        }
        reader.join();
        String scalar = Lanewise.nameOf(SCALAR), fast = Lanewise.nameOf(FAST);
        Set<String> states = Set.of(
                scalar + ", ended",
                scalar + ", waiting to be warmed up",
                scalar + ", warming up",
                fast + ", warming up");
        assertTrue(seen.size() > 1, "the reader saw the state change: " + seen);
        assertTrue(states.containsAll(seen), seen.toString());
    }

    /** 2 */
    @Test
    void warmAndScalarAreForGood() {
        for (Readiness last : List.of(Readiness.WARM, Readiness.SCALAR)) {
            WarmUpState state = in(last);
            String before = state.toString();
            assertTrue(state.isFinal());
            for (Consumer<WarmUpState> transition : TRANSITIONS.values())
                assertThrows(IllegalStateException.class, () -> transition.accept(state));
            assertEquals(before, state.toString());
        }
        for (Readiness early : List.of(Readiness.COLD, Readiness.WAITING, Readiness.WARMING_UP))
            assertFalse(in(early).isFinal());
    }

    /** 3 */
    @Test
    void onlyTheArrowsDrawnLeadAnywhere() {
        for (Readiness from : Readiness.values())
            TRANSITIONS.forEach((name, transition) -> {
                WarmUpState state = in(from);
                Readiness to = ARROWS.get(from).get(name);
                String before = state.toString();
                if (to != null) {
                    transition.accept(state);
                    assertEquals(to, state.readiness(), from + " " + name);
                    return;
                }
                String refused = assertThrows(IllegalStateException.class, () -> transition.accept(state))
                        .getMessage();
                assertTrue(refused.startsWith("a model that is " + from + ", "), refused);
                assertEquals(before, state.toString(), name);
            });
    }

    /** 4 */
    @Test
    void kernelsFollowTheState() {
        for (Readiness readiness : List.of(Readiness.COLD, Readiness.WAITING, Readiness.WARMING_UP, Readiness.SCALAR))
            assertKernels(SCALAR, SCALAR, in(readiness));
        assertKernels(FAST, FAST, in(Readiness.WARM));
        WarmUpState state = in(Readiness.WARMING_UP);
        state.fewRowsUse(FAST);
        assertKernels(FAST, SCALAR, state);
        state.ended("ended");
        assertKernels(FAST, SCALAR, state);
        state.queued();
        state.begun();
        assertKernels(FAST, SCALAR, state);
        state.done(SCALAR, "planted");
        assertKernels(SCALAR, SCALAR, state);
    }

    private static void assertKernels(Kernels few, Kernels several, WarmUpState state) {
        assertSame(few, state.kernels(1), state.toString());
        assertSame(few, state.kernels(Kernels.ROWS - 1), state.toString());
        assertSame(several, state.kernels(Kernels.ROWS), state.toString());
    }

    /** 5 */
    @Test
    void everyStateHasAReason() {
        assertEquals("not asked to warm up", in(Readiness.COLD).reason());
        assertEquals("waiting to be warmed up", in(Readiness.WAITING).reason());
        assertEquals("warming up", in(Readiness.WARMING_UP).reason());
        assertEquals(Selection.reason(), in(Readiness.WARM).reason());
        assertEquals("planted", in(Readiness.SCALAR).reason());
        WarmUpState state = in(Readiness.WAITING);
        state.ended("closed");
        assertEquals("closed", state.reason());
        state.staysCold("still closed");
        assertEquals("still closed", state.reason());
        state.queued();
        assertEquals("waiting to be warmed up", state.reason());
    }
}
