package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.program.Depth;
import lanewise.bench.result.Key;
import org.junit.jupiter.api.Test;

/** Which JMH benchmarks a choice names. */
class PlanTest {

    private static final List<String> KERNELS = List.of("scalar", "256");

    private static List<Key> keys(Depth depth, String... selection) {
        return new Plan(List.of(selection), depth, KERNELS, null).keys();
    }

    @Test
    void aDeeperRunHasAllOfAShallowerOne() {
        List<Key> quick = keys(Depth.QUICK), standard = keys(Depth.STANDARD), full = keys(Depth.FULL);
        assertTrue(quick.size() >= 10 && quick.size() < standard.size() && standard.size() < full.size() / 10);
        assertTrue(standard.containsAll(quick), "standard lacks a row of quick");
        // A row of the table that the annotations do not have would be misspelt.
        Set<Key> missing = new HashSet<>(standard);
        missing.removeAll(full);
        assertEquals(Set.of(), missing);
        assertEquals(full.size(), new HashSet<>(full).size(), "a row comes twice");
    }

    @Test
    void everyRowHasWorkAndEveryClassHasRows() {
        Set<MicroBenchmark> classes = new HashSet<>();
        for (Key key : keys(Depth.FULL)) {
            assertTrue(MicroBenchmark.work(key).bytes() > 0, key + " moves no bytes");
            classes.add(MicroBenchmark.of(key.benchmark()));
        }
        assertEquals(Set.of(MicroBenchmark.values()), classes);
    }

    @Test
    void groupsAndPatternsChoose() {
        assertTrue(keys(Depth.STANDARD, "train").stream()
                .allMatch(key -> key.group().equals("train")));
        List<Key> ugly = keys(Depth.QUICK, "gemvSparse.*shape=1021x257");
        assertEquals(2, ugly.size(), "one for each kind of kernels, though no quick run has it: " + ugly);
        assertEquals(List.of(), keys(Depth.STANDARD, "NoSuchBenchmark"));
        List<Key> both = keys(Depth.QUICK, "predict", "gemvSparse");
        assertTrue(both.get(0).group().equals("kernels"), "groups come in their order: " + both);
    }
}
