package lanewise.bench.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.Ceilings;
import lanewise.bench.micro.FaultyBenchmark;
import lanewise.bench.micro.Roofline;
import lanewise.bench.micro.Work;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;
import lanewise.bench.result.Validity;
import lanewise.kernel.Selection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Benchmarks with mistakes, run and judged as the suite does it: each is invalid by the name of its mistake. */
class FaultyBenchmarkTest {

    private static final String WIDTH = String.valueOf(Selection.width());

    private static List<Row> limits;

    @BeforeAll
    static void ceilings() throws Exception {
        Assumptions.assumeTrue(Selection.width() > 0, "the bounds are those of vectors");
        Map<Key, Row> best = new LinkedHashMap<>();
        // A limit can only be found too low, where other programs are in the way.
        for (int i = 0; i < 3; i++)
            for (Row row : run(Roofline.program(System.getProperty("java.class.path"), Selection.width(), 0.1)))
                best.merge(row.key(), row, (one, other) -> one.score() < other.score() ? other : one);
        limits = List.copyOf(best.values());
    }

    private static List<Row> run(Program program) throws Exception {
        Runner runner = new Runner(List.of(program), new Meter(), conditions -> false);
        runner.run(1, 0, (what, done, left) -> {});
        assertEquals(List.of(), runner.failures());
        return runner.rows();
    }

    /** Why one of the methods counts for nothing. */
    private static List<String> reasons(String method) throws Exception {
        Key key = Key.of("kernels.FaultyBenchmark." + method, Map.of(Key.KERNELS, WIDTH));
        Row row = run(new JmhProgram(key, Build.running(), Depth.QUICK)).get(0);
        Work work = FaultyBenchmark.work(method, key.params());
        Ceilings ceilings = Ceilings.of(limits, WIDTH);
        return Validity.judge(row.with(work.bound(ceilings, row.unit())), Machine.here())
                .invalid();
    }

    /** Reasons without those of the machine's state, which these tests cannot choose. */
    private static List<String> own(List<String> reasons) {
        List<String> own = new ArrayList<>(reasons);
        own.removeIf(reason -> reason.contains("busy machine") || reason.contains("clock changed"));
        return own;
    }

    private static void expect(String words, List<String> reasons) {
        assertTrue(own(reasons).stream().anyMatch(reason -> reason.contains(words)), reasons.toString());
    }

    @Test
    void oneWithoutAMistakeCounts() throws Exception {
        assertEquals(List.of(), own(reasons("right")));
    }

    @Test
    void allocation() throws Exception {
        // An array of one float, which begins on a cache line: 64 bytes, of which the harness takes off more or less.
        Pattern allocated = Pattern.compile(".* allocated ([0-9.]+) B/op, .*");
        List<Double> found = reasons("allocating").stream()
                .map(allocated::matcher)
                .filter(Matcher::matches)
                .map(matcher -> Double.valueOf(matcher.group(1)))
                .toList();
        assertFalse(found.isEmpty());
        for (double bytes : found) assertTrue(bytes > 32 && bytes <= 64, bytes + " bytes");
    }

    @Test
    void scalarKernels() throws Exception {
        expect("ran on scalar kernels, " + WIDTH + " bit kernels were asked for", reasons("scalarByMistake"));
    }

    @Test
    void aResultThatNoOneConsumes() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 21, "JDK 17 does not leave this loop out");
        expect("is better than anything this machine can do", reasons("optimisedAway"));
    }

    @Test
    void aBusyLoopBeside() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/stat")), "the system tells no ticks");
        Process busy = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        try {
            List<String> reasons = reasons("right");
            assertTrue(reasons.stream().anyMatch(r -> r.contains("busy machine: other programs kept")), reasons + "");
        } finally {
            busy.destroy();
            busy.waitFor();
        }
    }
}
