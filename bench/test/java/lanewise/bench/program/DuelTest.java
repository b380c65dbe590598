package lanewise.bench.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lanewise.bench.report.ComparisonText;
import lanewise.bench.result.Comparison;
import lanewise.bench.result.Comparison.Line;
import lanewise.bench.result.Comparison.Verdict;
import lanewise.bench.result.Key;
import lanewise.bench.result.Validity;
import lanewise.kernel.Selection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What comparisons of real builds find: nothing between a build and itself, and a kernel that was slowed on purpose. They
 * take minutes on a quiet machine, so they run if they are asked for: {@code duels} says how often, {@code slower} by how
 * many per cent, {@code forks} how many processes each side has:
 *
 * <pre>
 * mvn test -pl src/core,bench -Dtest=DuelTest -Dduels=10                  # a build beside itself
 * mvn test -pl src/core,bench -Dtest=DuelTest -Dduels=10 -Dslower=4
 * </pre>
 */
class DuelTest {

    private static final String WIDTH = String.valueOf(Selection.width());

    private static final Key SLOWED = kernel("gemvSparse", "784x128");

    /** The slowed kernel, one that does not call it, and the prediction, which does for a third of its time. */
    private static final List<Key> ROWS = List.of(
            SLOWED,
            kernel("gemvTransposed", "128x64"),
            Key.of("predict.PredictionBenchmark.predict", Map.of("zeros", "0.81", Key.KERNELS, WIDTH)));

    private final int duels = Integer.getInteger("duels", 0);
    private final int slower = Integer.getInteger("slower", 0);
    private final int forks = Integer.getInteger("forks", 10);
    private final int rows = Integer.getInteger("rows", ROWS.size());

    private static Key kernel(String method, String shape) {
        return Key.of("kernels.KernelBenchmark." + method, Map.of("shape", shape, "zeros", "0.81", Key.KERNELS, WIDTH));
    }

    private Comparison duel(Build base, Build candidate) throws Exception {
        Duel duel = new Duel(ROWS.subList(0, rows), base, candidate, List.of(), Depth.QUICK, new Meter());
        duel.run(forks, 0.4, (what, done, left) -> {});
        assertEquals(List.of(), duel.failures());
        return Comparison.of(Validity.judge(duel.ofBase()), Validity.judge(duel.ofCandidate()));
    }

    @Test
    void aBuildBesideItself() throws Exception {
        Assumptions.assumeTrue(duels > 0 && slower == 0, "-Dduels=10 asks for this");
        List<String> called = new ArrayList<>();
        for (int i = 1; i <= duels; i++)
            for (Line line : show(i, duel(Build.running(), Build.running())).lines())
                if (line.verdict() == Verdict.FASTER || line.verdict() == Verdict.SLOWER)
                    called.add("duel " + i + ": " + line.next().key() + " " + line.words());
        assertEquals(List.of(), called);
    }

    @Test
    void aSlowedKernelIsFoundAndNothingElse(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(duels > 0 && slower > 0, "-Dduels=10 -Dslower=4 asks for this");
        Build slowed = SlowedKernel.gemvListed(rounds(), folder);
        int found = 0;
        for (int i = 1; i <= duels; i++) {
            for (Line line : show(i, duel(Build.running(), slowed)).lines()) {
                boolean contains = line.next().key().equals(SLOWED)
                        || line.next().key().group().equals("predict");
                assertTrue(line.verdict() != Verdict.FASTER, line.next().key() + " " + line.words());
                assertTrue(
                        contains || line.verdict() != Verdict.SLOWER,
                        line.next().key() + " " + line.words());
                if (line.next().key().equals(SLOWED) && line.verdict() == Verdict.SLOWER) found++;
            }
        }
        System.out.println("Found in " + found + " of " + duels);
        assertTrue(found >= 0.8 * duels, "found in " + found + " of " + duels);
    }

    /** So many rounds of the delay as take the share of the kernel's time that is asked for. */
    private int rounds() throws Exception {
        JmhProgram program = new JmhProgram(SLOWED, Build.running(), Depth.QUICK);
        List<Double> scores = new ArrayList<>();
        for (int i = 0; i < 5; i++) scores.addAll(program.run().figures().get(0).values());
        double kernel = lanewise.bench.result.Fork.median(scores);
        double round = nanosOfOneRound();
        System.out.printf(Locale.ROOT, "The kernel takes %.0f ns, a round of the delay %.2f ns%n", kernel, round);
        return (int) Math.round(0.01 * slower * kernel / round);
    }

    /** The time of one multiplication and addition behind another one, the best of some. */
    private static double nanosOfOneRound() {
        long x = 1, best = Long.MAX_VALUE;
        for (int k = 0; k < 200; k++) {
            long start = System.nanoTime();
            for (int i = 0; i < 100_000; i++) x = x * 6364136223846793005L + 1442695040888963407L;
            best = Math.min(best, System.nanoTime() - start);
        }
        assertTrue(x != 0);
        return best / 100_000.0;
    }

    private static Comparison show(int number, Comparison comparison) {
        System.out.println("Duel " + number);
        System.out.println(ComparisonText.of(comparison, false));
        return comparison;
    }
}
