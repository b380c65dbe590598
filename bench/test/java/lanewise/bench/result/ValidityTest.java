package lanewise.bench.result;

import static lanewise.bench.result.Planted.MACHINE;
import static lanewise.bench.result.Planted.QUIET;
import static lanewise.bench.result.Planted.fork;
import static lanewise.bench.result.Planted.levels;
import static lanewise.bench.result.Planted.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import lanewise.bench.machine.Machine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that break a rule each, and rows that break none. */
class ValidityTest {

    private static List<String> reasons(Row row) {
        return Validity.judge(row, MACHINE).invalid();
    }

    private static Row with(Row row, int fork, Fork other) {
        List<Fork> forks = new ArrayList<>(row.forks());
        forks.set(fork, other);
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

    private static Fork fork(double allocated, String kernels, Conditions conditions) {
        return new Fork(List.of(305.0, 306.0, 305.5, 304.9, 305.2), List.of(), allocated, kernels, conditions);
    }

    private static final Row GOOD = levels("gemv", 305, 307, 309, 306, 305.5);

    @Test
    void aGoodRowHasNoReason() {
        assertEquals(List.of(), reasons(GOOD));
        assertTrue(Validity.judge(Planted.results("a", GOOD)).rows().get(0).valid());
    }

    @Test
    void reasonsFromBeforeAreKeptAndNotRepeated() {
        Row bad = with(GOOD, 2, fork(24, "256", QUIET)).with(List.of("its predictions differ"));
        Row once = Validity.judge(bad, MACHINE);
        assertEquals(
                List.of("its predictions differ", "fork 3 of 5 allocated 24.0 B/op, 0 are promised"), once.invalid());
        assertEquals(once, Validity.judge(once, MACHINE));
    }

    @Test
    void allocationCountsOnlyWhereNoneIsPromised() {
        assertEquals(
                List.of("fork 3 of 5 allocated 1.00 B/op, 0 are promised"),
                reasons(with(GOOD, 2, fork(1, "256", QUIET))));
        assertEquals(List.of(), reasons(with(GOOD, 2, fork(0.99, "256", QUIET))));
        assertEquals(List.of(), reasons(with(GOOD, 2, fork(Double.NaN, "256", QUIET))));
        Row free =
                new Row(GOOD.key(), "avgt", "ns/op", false, GOOD.subject(), null, List.of(), GOOD.forks(), List.of());
        assertEquals(List.of(), reasons(with(free, 2, fork(1e6, "256", QUIET))));
    }

    @Test
    void allocationThatNoForkHasMeasuredIsInvalidWhereNoneIsPromised() {
        Row unknown = GOOD;
        for (int i = 0; i < 5; i++) unknown = with(unknown, i, fork(Double.NaN, "256", QUIET));
        assertEquals(List.of("allocation was not measured, 0 B/op are promised"), reasons(unknown));
        assertEquals(List.of(), reasons(with(unknown, 4, fork(0, "256", QUIET))));
        Row free = new Row(
                GOOD.key(), "avgt", "ns/op", false, GOOD.subject(), null, List.of(), unknown.forks(), List.of());
        assertEquals(List.of(), reasons(free));
    }

    @Test
    void kernelsMustBeThoseAskedForAndTheSameInAllForks() {
        assertEquals(
                List.of("fork 2 of 5 ran on scalar kernels, 256 bit kernels were asked for"),
                reasons(with(GOOD, 1, fork(0, "scalar", QUIET))));
        assertEquals(
                List.of("fork 5 of 5 ran on 128 bit kernels, 256 bit kernels were asked for"),
                reasons(with(GOOD, 4, fork(0, "128", QUIET))));
        assertEquals(List.of(), reasons(with(GOOD, 4, fork(0, "", QUIET))));
        Row any = new Row(
                Key.of("train.step", Map.of()),
                "avgt",
                "ns/op",
                true,
                GOOD.subject(),
                null,
                List.of(),
                GOOD.forks(),
                List.of());
        assertEquals(List.of(), reasons(any));
        assertEquals(
                List.of("fork 3 of 5 ran on scalar kernels, 256 bit kernels in the forks before"),
                reasons(with(any, 2, fork(0, "scalar", QUIET))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "305 306 412 309 307 | fork 3 of 5: 412 ns/op, the others 305 to 309",
                "305 412 306 410 307 | forks 2, 4 of 5: 410 to 412 ns/op, the others 305 to 307",
                "412 305 411 306 410 | forks 2, 4 of 5: 305 to 306 ns/op, the others 410 to 412",
                "305 306 307 412 411 410 309 413 | forks 1, 2, 3, 7 of 8: 305 to 309 ns/op, the others 410 to 413",
                "305 350 | fork 1 of 2: 305 ns/op, the other 350",
            })
    void levelsAreNamed(String levels, String reason) {
        double[] scores =
                Stream.of(levels.split(" ")).mapToDouble(Double::parseDouble).toArray();
        assertEquals(List.of(reason), reasons(levels("gemv", scores)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"305 308 302 311 299", "305 305 305 305 320", "305 306 325 324 305", "305 305 305 305 305", "305"
            })
    void forksAFewPerCentApartAreNotLevels(String levels) {
        double[] scores =
                Stream.of(levels.split(" ")).mapToDouble(Double::parseDouble).toArray();
        assertEquals(List.of(), reasons(levels("gemv", scores)));
    }

    @Test
    void levelsOfSingleCallsAndDistributionsAreFound() {
        assertEquals(
                List.of("fork 2 of 5: 420 ns/op, the others 301 to 306"), reasons(singles(305, 420, 301, 306, 303)));
        assertEquals(
                List.of("forks 2, 5 of 5: 415 to 420 ns/op, the others 301 to 306"),
                reasons(singles(305, 420, 301, 306, 415)));
        // As far apart as some of the others are among themselves.
        assertEquals(List.of(), reasons(singles(305, 420, 330, 280, 370)));
        assertEquals(List.of(), reasons(singles(305, 420)));
        List<Fork> forks = new ArrayList<>();
        for (double p50 : new double[] {305, 350, 306})
            forks.add(new Fork(List.of(p50), List.of(new Fork.Bin(p50, 900), new Fork.Bin(9000, 99)), 0, "256", QUIET));
        assertEquals(List.of("fork 2 of 3: 350 ns/op, the others 305 to 306"), reasons(row("gemv", forks)));
    }

    private static Row singles(double... values) {
        List<Fork> forks = new ArrayList<>();
        for (double value : values) forks.add(fork(QUIET, value));
        return row("gemv", forks);
    }

    private static Fork fork(Conditions conditions, double... values) {
        return Planted.fork(conditions, values);
    }

    /** Forks on levels that differ by 2 % as a rule, four times as much as the iterations of each. */
    @Test
    void placementAloneDoesNotInvalidate() {
        Random random = new Random(1);
        int bad = 0;
        for (int i = 0; i < 1000; i++) {
            double[] levels = new double[5];
            for (int k = 0; k < 5; k++) levels[k] = 300 * Math.exp(0.02 * random.nextGaussian());
            if (!reasons(levels("gemv", levels)).isEmpty()) bad++;
        }
        assertTrue(bad <= 10, bad + " of 1000");
    }

    /** Single values of any spread: what is said of {@link Levels#GAP}. */
    @Test
    void singleCallsOfGreatSpreadSeldomHaveLevels() {
        Random random = new Random(2);
        int bad = 0;
        for (int i = 0; i < 5000; i++) {
            double[] values = new double[5];
            for (int k = 0; k < 5; k++) values[k] = 300 * Math.exp(0.2 * random.nextGaussian());
            if (!reasons(singles(values)).isEmpty()) bad++;
        }
        assertTrue(bad <= 60, bad + " of 5000");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.99 0.71 0 0 0 | busy machine: all processors at once had 71 % of their best speed, at least 90 % expected",
                "0.99 0.98 0.2 0 0 | busy machine: the host gave 20 % of the processors' time to others, at most 3 % expected",
                "0.99 0.98 0 1.01 0 | busy machine: other programs kept 1.01 processors busy, at most 0.250 expected",
                "0.8 0.98 0 0 0 | clock changed: one processor had 80 % of its best speed, at least 95 % expected",
            })
    void aDisturbedForkIsInvalidByTheMachinesStateAlone(String state, String reason) {
        double[] x =
                Stream.of(state.split(" ")).mapToDouble(Double::parseDouble).toArray();
        Conditions c = new Conditions(1, "", 10, x[0], x[1], x[2], x[3], x[4]);
        assertEquals(List.of(reason), Validity.disturbed(c));
        assertEquals(List.of("fork 4 of 5: " + reason), reasons(with(GOOD, 3, fork(0, "256", c))));
    }

    @Test
    void forksThatWereDisturbedAlikeHaveOneReasonWithTheWorst() {
        Row row = GOOD;
        for (int fork : new int[] {1, 3})
            row = with(row, fork, fork(0, "256", new Conditions(1, "", 10, 1, 0.8 - 0.1 * fork, 0, 0, 0)));
        assertEquals(
                List.of("forks 2, 4 of 5: busy machine: all processors at once had 50 % of their best speed, at least"
                        + " 90 % expected"),
                reasons(row));
    }

    @Test
    void aClockThatWasSetDisturbsAndAQuietOrUnknownMachineDoesNot() {
        for (double skew : new double[] {0.5, -0.01})
            assertTrue(Validity.disturbed(new Conditions(1, "", 10, 1, 1, 0, 0, skew))
                    .get(0)
                    .startsWith("clock changed: wall clock and monotonic clock differ by "));
        assertEquals(List.of(), Validity.disturbed(QUIET));
        assertEquals(List.of(), Validity.disturbed(Conditions.UNKNOWN));
    }

    @Test
    void fasterThanTheHardwareIsInvalidInEitherDirection() {
        Row time = GOOD.with(new Bound("arithmetic", 300, 330, 0, 0));
        assertEquals(
                List.of("fork 1 of 5: 305 ns/op is better than anything this machine can do, 330 ns/op; is the result"
                        + " consumed?"),
                reasons(time));
        assertEquals(List.of(), reasons(GOOD.with(new Bound("arithmetic", 300, 310, 0, 0))));
        assertEquals(List.of(), reasons(GOOD.with(new Bound("arithmetic", Double.NaN, Double.NaN, 0, 0))));
        Row rate = new Row(
                GOOD.key(),
                "thrpt",
                "GFLOP/s",
                true,
                GOOD.subject(),
                new Bound("arithmetic", 100, 280, 0, 0),
                List.of(),
                GOOD.forks(),
                List.of());
        assertEquals(1, reasons(rate).size());
        assertEquals(List.of(), reasons(rate.with(new Bound("arithmetic", 100, 300, 0, 0))));
    }

    @Test
    void valuesThatAreNoneAndRowsWithoutForksAreInvalid() {
        for (double value : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
            assertEquals(
                    List.of("fork 2 of 5: a value of " + value + " ns/op, a positive one expected"),
                    reasons(with(GOOD, 1, fork(QUIET, 305, value, 306))));
        assertEquals(List.of("fork 2 of 5: no value was measured"), reasons(with(GOOD, 1, fork(QUIET))));
        assertEquals(List.of("no fork was measured"), reasons(row("gemv", List.of())));
    }

    @ParameterizedTest
    @CsvSource({
        "25, true",
        "25-ea+3, true",
        "25.0.1+8-LTS, true",
        "25.0.2, true",
        "25.0.2.1, true",
        "25.0.3+9-LTS, false",
        "25.1, false",
        "24.0.2, false",
        "26, false",
        "17.0.1+12, false",
        "'', false",
        "unknown, false"
    })
    void brokenJdks(String jdk, boolean broken) {
        Machine machine = new Machine("a CPU", "amd64", 2, "", jdk, "Linux");
        List<String> reasons = Validity.judge(GOOD, machine).invalid();
        assertEquals(
                broken
                        ? List.of("the run's JDK, " + jdk
                                + ", is broken for this (JDK-8377811); 25.0.3 or later expected")
                        : List.of(),
                reasons);
    }

    @Test
    void fewForksAreValidButNotQuotable() {
        assertTrue(Validity.quotable(GOOD));
        Row few = levels("gemv", 305, 306, 307, 305);
        assertTrue(Validity.judge(few, MACHINE).valid());
        assertFalse(Validity.quotable(few));
        assertFalse(Validity.quotable(GOOD.with(Collections.singletonList("something"))));
    }

    @Test
    void theChanceOfADistanceIsThatOfAllOrders() {
        // Of 5 and 5 values, 2 of the 252 orders are not mingled at all.
        assertEquals(2.0 / 252, Levels.chance(1, 5, 5), 1e-12);
        assertEquals(1, Levels.chance(0, 5, 5), 1e-12);
        // Smirnov's table, 10 and 10 values: a distance of 7/10 has 0.0123.
        assertEquals(0.0123, Levels.chance(0.7, 10, 10), 5e-5);
    }
}
