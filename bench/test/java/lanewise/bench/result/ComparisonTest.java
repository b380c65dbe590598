package lanewise.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lanewise.bench.machine.Machine;
import lanewise.bench.report.ComparisonText;
import lanewise.bench.result.Comparison.Line;
import lanewise.bench.result.Comparison.Verdict;
import org.junit.jupiter.api.Test;

/** Verdicts on results whose figures are given. */
class ComparisonTest {

    private static final long HOUR = 3_600_000, NOON = 1_700_000_000_000L;

    /** Rows of ten forks 1 % apart, each by a factor slower; names are a, b, c and so on. */
    private static Results run(String commit, String boot, long started, double... factors) {
        Random random = new Random(commit.hashCode() + started);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < factors.length; i++) {
            List<Fork> forks = new ArrayList<>();
            for (int k = 0; k < 10; k++) {
                double level = 300 * factors[i] * Math.exp(0.01 * random.nextGaussian());
                Conditions c = new Conditions(started + 60_000 * k, boot, 30, 1, 1, 0, 0, 0);
                forks.add(Planted.fork(c, level, 1.001 * level, 0.999 * level));
            }
            rows.add(Planted.row(String.valueOf((char) ('a' + i)), forks));
        }
        return Planted.results(commit, rows.toArray(Row[]::new));
    }

    private static Comparison pair(String boot, long started, double... factors) {
        double[] ones = new double[factors.length];
        Arrays.fill(ones, 1);
        return Comparison.of(run("old", boot, started, ones), run("new", boot, started + 30_000, factors));
    }

    private static List<String> words(Comparison comparison) {
        return comparison.lines().stream().map(Line::words).toList();
    }

    @Test
    void verdictsFollowTheUnitsDirection() {
        Comparison comparison = pair("one", NOON, 1.1, 0.9, 1);
        assertEquals("slower in this run", words(comparison).get(0));
        assertEquals("faster in this run", words(comparison).get(1));
        assertTrue(words(comparison).get(2).matches("no difference found, smaller than [34]\\.\\d %"));
        assertTrue(comparison.regressed());
        Comparison rates = Comparison.of(rates(comparison.base()), rates(comparison.next()));
        assertEquals(
                List.of(Verdict.FASTER, Verdict.SLOWER, Verdict.NONE),
                rates.lines().stream().map(Line::verdict).toList());
    }

    private static Results rates(Results results) {
        Row[] rows = results.rows().stream()
                .map(r -> new Row(
                        r.key(), "thrpt", "samples/s", r.still(), r.subject(), null, List.of(), r.forks(), List.of()))
                .toArray(Row[]::new);
        return Planted.results(results.commit(), rows);
    }

    @Test
    void aSecondPairFromAnotherBootOrThreeHoursAwayConfirms() {
        Comparison first = pair("one", NOON, 1.1, 0.9, 1);
        for (Comparison second : List.of(
                pair("two", NOON + 600_000, 1.1, 0.9, 1),
                pair("one", NOON + 4 * HOUR, 1.1, 0.9, 1),
                pair("one", NOON - 4 * HOUR, 1.1, 0.9, 1))) {
            Comparison confirmed = first.confirmedBy(second);
            assertEquals(List.of("slower", "faster"), words(confirmed).subList(0, 2));
            assertFalse(confirmed.lines().get(2).confirmed());
            assertEquals(List.of(), confirmed.warnings());
        }
    }

    @Test
    void aSecondPairThatDisagreesConfirmsNothing() {
        Comparison first = pair("one", NOON, 1.1, 0.9, 1);
        for (Comparison second : List.of(
                pair("two", NOON, 1, 1, 1), pair("two", NOON, 0.9, 1.1, 1), pair("two", NOON, 1.02, 0.985, 1.2))) {
            Comparison judged = first.confirmedBy(second);
            assertEquals(words(first), words(judged));
            assertEquals(List.of(), judged.warnings());
        }
    }

    @Test
    void ofSeveralPairsTheLastIndependentOneDecides() {
        Comparison first = pair("one", NOON, 1.1);
        Comparison agreeing = pair("two", NOON, 1.1), none = pair("three", NOON, 1), opposite = pair("four", NOON, 0.9);
        assertEquals(
                List.of("slower in this run"), words(first.confirmedBy(agreeing).confirmedBy(none)));
        assertEquals(
                List.of("slower in this run"), words(first.confirmedBy(agreeing).confirmedBy(opposite)));
        assertEquals(
                List.of("slower"),
                words(first.confirmedBy(opposite).confirmedBy(none).confirmedBy(agreeing)));
        Comparison related = first.confirmedBy(agreeing).confirmedBy(first).confirmedBy(first);
        assertEquals(List.of("slower"), words(related));
        assertEquals(1, related.warnings().size());
    }

    /** Of rows that a pair lacks, or that are invalid or too few there, the pair before decides. */
    @Test
    void aPairThatSaysNothingOfARowTakesNothingBack() {
        Comparison first = pair("one", NOON, 1.1, 1.1), confirmed = first.confirmedBy(pair("two", NOON, 1.1, 1.1));
        assertEquals(List.of("slower", "slower"), words(confirmed));
        Comparison one = pair("three", NOON, 1);
        assertEquals(List.of("slower in this run", "slower"), words(confirmed.confirmedBy(one)));
        Comparison invalid = Comparison.of(
                one.base(), Planted.results("new", one.next().rows().get(0).with(List.of("its program failed"))));
        assertEquals(List.of("slower", "slower"), words(confirmed.confirmedBy(invalid)));
    }

    @Test
    void aSecondPairThatSharesMoreThanTheMachineConfirmsNothing() {
        Comparison first = pair("one", NOON, 1.1);
        assertRefused(first, pair("one", NOON + 40 * 60_000, 1.1), "in one boot, 30 minutes apart");
        assertRefused(first, pair("one", NOON - 40 * 60_000, 1.1), "in one boot, 30 minutes apart");
        assertRefused(
                first, pair("one", NOON + 2 * HOUR, 1.1), "110 minutes apart; another boot or 3 hours are needed");
        assertRefused(first, first, "in one boot, at the same time");
        assertRefused(first, pair("", NOON + 60_000, 1.1), "in one boot, at the same time");
        assertRefused(first, pair("", 0, 1.1), "the files do not say when their forks ran");
        Comparison second = pair("two", NOON, 1.1);
        Results renamed = run("newer", "two", NOON, 1.1);
        assertRefused(first, Comparison.of(second.base(), renamed), "it compares old and newer, this one old and new");
        Comparison changed = Comparison.of(first.base(), run("new+", "one", NOON, 1.1));
        assertRefused(
                changed,
                Comparison.of(second.base(), run("new+", "two", NOON, 1.1)),
                "commits old and new+ had changes, which may have been others");
        assertRefused(first, on(second, "another CPU", "25.0.3+9-LTS"), "it was measured on another machine");
        assertRefused(first, on(second, "a CPU", "26"), "it was measured on another JDK");
    }

    private static void assertRefused(Comparison first, Comparison second, String reason) {
        Comparison judged = first.confirmedBy(second);
        assertEquals(words(first), words(judged));
        String warning = judged.warnings().get(0);
        assertTrue(warning.startsWith("a second pair confirms nothing: ") && warning.contains(reason), warning);
    }

    private static Comparison on(Comparison c, String cpu, String jdk) {
        return Comparison.of(on(c.base(), cpu, jdk), on(c.next(), cpu, jdk));
    }

    private static Results on(Results r, String cpu, String jdk) {
        Machine m = r.machine();
        Machine other = new Machine(cpu, m.architecture(), m.processors(), m.caches(), jdk, m.system());
        return new Results(r.version(), r.commit(), r.started(), other, r.rows(), r.leftOut());
    }

    @Test
    void otherMachinesAndJdksAreSaidLoudly() {
        Results base = run("old", "one", NOON, 1), next = run("new", "one", NOON, 1);
        List<String> machines =
                Comparison.of(base, on(next, "another CPU", "25.0.3+9-LTS")).warnings();
        assertTrue(machines.get(0).startsWith("DIFFERENT MACHINES: base on a CPU, "), machines.toString());
        assertEquals(
                List.of("DIFFERENT JDKs: base on 25.0.3+9-LTS, new on 26"),
                Comparison.of(base, on(next, "a CPU", "26")).warnings());
        assertEquals(
                1,
                Comparison.of(on(base, "", "26"), on(next, "", "26")).warnings().size());
    }

    @Test
    void invalidRowsAndThoseOfFewForksHaveNoVerdict() {
        Row good = Planted.levels("a", 300, 301, 302, 303, 304);
        Row bad = Planted.levels("a", 400, 401, 402, 403, 404).with(List.of("fork 1 ran on scalar kernels"));
        Row few = Planted.levels("a", 400, 401, 402, 403);
        Line before = Comparison.of(Planted.results("old", bad), Planted.results("new", good))
                .lines()
                .get(0);
        assertEquals("invalid", before.words());
        assertEquals(List.of("base: fork 1 ran on scalar kernels"), before.reasons());
        Comparison short_ = Comparison.of(Planted.results("old", good), Planted.results("new", few));
        assertEquals(
                "no verdict: 5 and 4 forks, at least 5 of each are needed",
                short_.lines().get(0).words());
        assertFalse(short_.regressed());
    }

    private static Line line(Row base, Row next) {
        Comparison comparison = Comparison.of(
                Validity.judge(Planted.results("old", base)), Validity.judge(Planted.results("new", next)));
        Line line = comparison.lines().get(0);
        assertEquals(line.verdict() == Verdict.SLOWER || line.verdict() == Verdict.BROKEN, comparison.regressed());
        return line;
    }

    /** The row with other conditions, allocations and kernels in the third fork. */
    private static Row with(Row row, Conditions conditions, double allocated, String kernels) {
        List<Fork> forks = new ArrayList<>(row.forks());
        forks.set(2, new Fork(forks.get(2).values(), List.of(), allocated, kernels, conditions));
        return new Row(
                row.key(),
                row.mode(),
                row.unit(),
                row.still(),
                row.subject(),
                row.bound(),
                row.arguments(),
                forks,
                row.invalid());
    }

    private static final Row GOOD = Planted.levels("a", 300, 301, 302, 303, 304);

    private static final Conditions BUSY = new Conditions(NOON, "a boot", 10, 1, 1, 0, 1, 0);

    @Test
    void aRowThatTheChangeMadeInvalidIsBroken() {
        assertEquals(
                "invalid now: fork 3 of 5 allocated 24.0 B/op, 0 are promised",
                line(GOOD, with(GOOD, Planted.QUIET, 24, "256")).words());
        assertEquals(
                "invalid now: fork 3 of 5 ran on scalar kernels, 256 bit kernels were asked for",
                line(GOOD, with(GOOD, Planted.QUIET, 0, "scalar")).words());
        assertEquals(
                "invalid now: fork 2 of 5: 420 ns/op, the others 300 to 304",
                line(GOOD, Planted.levels("a", 300, 420, 302, 303, 304)).words());
        assertEquals(
                "invalid now: fork 1 of 5: 300 ns/op is better than anything this machine can do, 330 ns/op; is the result"
                        + " consumed?",
                line(GOOD, GOOD.with(new Bound("arithmetic", 300, 330, 0, 0))).words());
        assertEquals(
                Verdict.BROKEN,
                line(GOOD, with(GOOD, BUSY, 24, "256")).verdict(),
                "a busy machine makes nothing allocate");
    }

    @Test
    void aRowThatTheMachineMadeInvalidIsNotBroken() {
        assertEquals("invalid", line(GOOD, with(GOOD, BUSY, 0, "256")).words());
        Row levels = with(Planted.levels("a", 300, 301, 420, 303, 304), BUSY, 0, "256");
        assertEquals("invalid", line(GOOD, levels).words());
        assertEquals(2, line(GOOD, levels).reasons().size());
        Row allocating = with(GOOD, Planted.QUIET, 24, "256");
        assertEquals("invalid", line(allocating, allocating).words());
        assertEquals("invalid", line(allocating, GOOD).words());
    }

    @Test
    void aRowWhoseProgramFailsNowIsBroken() {
        Row other = Planted.levels("b", 300, 301, 302, 303, 304);
        Results base = Planted.results("old", GOOD, other), next = Planted.results("new", other);
        Comparison silent = Comparison.of(base, next);
        assertFalse(silent.regressed());
        Comparison failed = silent.failed(GOOD.key(), "its program failed: no such kernel");
        assertTrue(failed.regressed());
        assertEquals(
                List.of("no difference found, smaller than 3.0 %", "invalid now: its program failed: no such kernel"),
                words(failed));
        assertEquals(List.of(), failed.onlyBase());
        assertFalse(silent.failed(Key.of("kernels.none", Map.of()), "it failed").regressed());
        Comparison after = Comparison.of(base, base).failed(other.key(), "its program failed: after two forks");
        assertEquals(2, after.lines().size());
        assertTrue(after.regressed());
    }

    /** An invalid row must not make the others' intervals wider. */
    @Test
    void rowsWithoutAVerdictDoNotCountInTheCorrection() {
        Comparison alone = pair("one", NOON, 1.1);
        Row invalid = Planted.levels("z", 1, 2, 3, 4, 5).with(List.of("bad"));
        Comparison both = Comparison.of(
                Planted.results("old", alone.base().rows().get(0), invalid),
                Planted.results("new", alone.next().rows().get(0), invalid));
        assertEquals(alone.lines().get(0).ratio(), both.lines().get(0).ratio());
    }

    /** Ten forks of someone else's row about a level. */
    private static Row other(Key key, double level) {
        Row own = run("other", "one", NOON, level).rows().get(0);
        return new Row(key, own.mode(), own.unit(), false, own.subject(), null, List.of(), own.forks(), List.of());
    }

    @Test
    void peersAndLimitsStandBesideWithoutAVerdictAndCostNoPower() {
        Comparison alone = pair("one", NOON, 1.1, 1);
        Key peer = Key.of("peers.train", Map.of(Key.BY, "C")), limit = Key.of("roofline.arithmetic", Map.of());
        List<Row> before = new ArrayList<>(alone.base().rows()),
                after = new ArrayList<>(alone.next().rows());
        for (Key key : List.of(peer, limit)) {
            before.add(other(key, 1));
            after.add(other(key, 1.5));
        }
        Comparison all = Comparison.of(
                Planted.results("old", before.toArray(Row[]::new)), Planted.results("new", after.toArray(Row[]::new)));
        assertEquals(words(alone), words(all));
        assertEquals(
                alone.lines().stream().map(Line::ratio).toList(),
                all.lines().stream().map(Line::ratio).toList());
        assertEquals(
                List.of(peer, limit),
                all.beside().stream().map(b -> b.next().key()).toList());
        assertEquals(1.5, all.beside().get(0).ratio(), 1e-9);
        String text = ComparisonText.of(all, false);
        assertTrue(text.contains("2 rows of this library: 0 faster, 1 slower, 1 without"), text);
        assertTrue(text.contains("which have no verdict:\n\n  row ") && text.contains("  train, C  "), text);
    }

    /** With the same work and the same kernels, C has a parameter that this library's row lacks. */
    @Test
    void aPeerThatIsSlowerIsNoRegressionAndThisLibrarysRowBesideItIs() {
        Key own = Key.of("peers.train", Map.of()), peer = Key.of("peers.train", Map.of(Key.BY, "C"));
        Comparison ofPeer = Comparison.of(
                Planted.results("old", other(own, 1), other(peer, 1)),
                Planted.results("new", other(own, 1), other(peer, 1.5)));
        assertFalse(ofPeer.regressed());
        Comparison ofOwn = Comparison.of(
                Planted.results("old", other(own, 1), other(peer, 1)),
                Planted.results("new", other(own, 1.5), other(peer, 1)));
        assertTrue(ofOwn.regressed());
    }

    @Test
    void rowsOfOneSideAreListed() {
        Comparison comparison = Comparison.of(
                Planted.results("old", Planted.levels("a", 1, 1, 1, 1, 1), Planted.levels("b", 1, 1, 1, 1, 1)),
                Planted.results("new", Planted.levels("b", 1, 1, 1, 1, 1), Planted.levels("c", 1, 1, 1, 1, 1)));
        assertEquals(1, comparison.lines().size());
        String text = ComparisonText.of(comparison, false);
        assertTrue(text.contains("Only in base: KernelBenchmark.a, shape 784x128, 256 bit."), text);
        assertTrue(text.contains("Only in new: KernelBenchmark.c, shape 784x128, 256 bit."), text);
        assertTrue(text.contains("1 rows of this library: 0 faster, 0 slower, 1 without a difference"), text);
    }

    /**
     * Separate runs, each on a machine that drifts as a whole: within one pair it looks like a change, which is why two pairs
     * are asked for.
     */
    @Test
    void driftOfTheMachineBetweenRunsIsNotConfirmed() {
        Random random = new Random(11);
        int once = 0, twice = 0;
        for (int i = 0; i < 300; i++) {
            Comparison first = drifting(random, "one"), second = drifting(random, "two");
            List<Line> lines = first.confirmedBy(second).lines();
            if (lines.stream().anyMatch(l -> l.verdict() != Verdict.NONE)) once++;
            if (lines.stream().anyMatch(Line::confirmed)) twice++;
        }
        assertTrue(once >= 10, once + " of 300 pairs called");
        assertTrue(twice <= 3, twice + " of 300 confirmed");
    }

    private static Comparison drifting(Random random, String boot) {
        return Comparison.of(drifting(random, boot, "old"), drifting(random, boot, "new"));
    }

    /** A machine off by 1 %, which walks by 0.3 % a fork; forks differ by 0.5 %. */
    private static Results drifting(Random random, String boot, String commit) {
        double machine = 0.01 * random.nextGaussian();
        List<List<Fork>> forks = new ArrayList<>();
        for (int row = 0; row < 10; row++) forks.add(new ArrayList<>());
        for (int k = 0; k < 10; k++) {
            machine += 0.003 * random.nextGaussian();
            Conditions c = new Conditions(NOON, boot, 30, 1, 1, 0, 0, 0);
            for (List<Fork> row : forks)
                row.add(Planted.fork(c, 300 * Math.exp(machine + 0.005 * random.nextGaussian())));
        }
        List<Row> rows = new ArrayList<>();
        for (int row = 0; row < 10; row++) rows.add(Planted.row("row" + row, forks.get(row)));
        return Planted.results(commit, rows.toArray(Row[]::new));
    }
}
