package lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Bound;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import org.junit.jupiter.api.Test;

/** The tables, in Markdown and on the terminal. */
class MarkdownTest {

    private static final Subject LANEWISE = new Subject("Lanewise", "0.1.0", "", "");
    private static final Subject C = new Subject("C", "gcc 12.2", "-O3", "largest difference 1e-7");

    private static List<String> cells(String text, String name) {
        String line = text.lines()
                .filter(l -> l.startsWith("| " + name + " |"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + name + " in\n" + text));
        return List.of(line.substring(2, line.length() - 1).strip().split(" ?\\| ?", -1));
    }

    @Test
    void eachValidRowHasALineWithItsFigure() {
        Results results = Example.results();
        for (String text : List.of(Markdown.of(results), Markdown.plain(results)))
            for (Row row : results.rows()) {
                if (!row.valid()) continue;
                double figure = Tables.distribution(row) ? row.percentile(0.5) : row.score();
                assertTrue(
                        text.lines()
                                .anyMatch(line ->
                                        (line.contains(row.key().toString()) || line.contains(SameWork.who(row)))
                                                && line.contains(Numbers.three(figure))),
                        row.key().toString());
            }
    }

    @Test
    void invalidRowsStandInAListBelowWithTheirReasons() {
        Row row = Example.row(Key.of("kernels.hidden", Map.of()), "avgt", "ns/op", LANEWISE, 424_242)
                .with(List.of("16 B/op, 0 promised", "a busy machine"));
        Row other = Example.row(Key.of("peers.hidden", Map.of("by", "C")), "avgt", "ns/op", C, 424_242)
                .with(List.of("forks disagree"));
        Row same = Example.row(Key.of("kernels.also hidden", Map.of()), "avgt", "ns/op", LANEWISE, 424_242)
                .with(row.invalid());
        Results results = Example.of(List.of(row, other, same), List.of());
        for (String text : List.of(Markdown.of(results), Markdown.plain(results))) {
            assertTrue(
                    text.contains(
                            "- kernels: hidden; kernels: also hidden\n  - 16 B/op, 0 promised\n  - a busy machine\n"),
                    text);
            assertTrue(text.contains("- peers: hidden, C\n  - forks disagree\n"), text);
            assertFalse(text.contains("424"), text);
            assertFalse(text.contains("|"), text);
        }
    }

    @Test
    void firstLinesTellWhatWasMeasuredWhereAndWhen() {
        String text = Markdown.of(Example.of(List.of(), List.of("DJL: not to be had")));
        assertEquals("""
                Lanewise 0.1.0, commit 2f2bb67+, 2026-09-21 14:13 UTC.
                Example CPU (family 1, model 2), amd64, 2 processors, L1 32K, L2 512K, L3 32768K, JDK 25.0.3, Linux.
                0 rows, 0 of them invalid, 1 left out.

                ### Left out

                - DJL: not to be had
                """, text);
    }

    @Test
    void aRowTellsItsShareOfTheBoundAndItsBytes() {
        Row time = Example.row(Key.of("kernels.a", Map.of()), "avgt", "ns/op", LANEWISE, 9, 10, 10, 11, 12)
                .with(new Bound("L2 read", 8, 2, 0, 0));
        Row rate = Example.row(Key.of("kernels.b", Map.of()), "thrpt", "GFLOP/s", LANEWISE, 25, 25, 25)
                .with(new Bound("arithmetic", 100, 110, 0, 0));
        Fork leaking = new Fork(List.of(7.0), List.of(), 0.75, "", Conditions.UNKNOWN);
        Row still = new Row(
                Key.of("kernels.c", Map.of()),
                "avgt",
                "ns/op",
                true,
                LANEWISE,
                null,
                List.of(),
                List.of(leaking, time.forks().get(0)),
                List.of());
        String text = Markdown.of(Example.of(List.of(time, rate, still), List.of()));
        assertEquals(List.of("a", "10.0", "ns/op", "9.00 .. 12.0", "", "80 %", "L2 read", "5"), cells(text, "a"));
        assertEquals(
                List.of("b", "25.0", "GFLOP/s", "25.0 .. 25.0", "", "25 %", "arithmetic", "3 !"), cells(text, "b"));
        assertEquals(List.of("c", "8.00", "ns/op", "7.00 .. 9.00", "0.750", "", "", "2 !"), cells(text, "c"));
        assertTrue(text.contains("! fewer than 5 forks: not to be quoted."));
        assertFalse(Markdown.of(Example.of(List.of(time), List.of())).contains("quoted"));
    }

    @Test
    void peersStandBestFirstWithRatiosOfTheSameRound() {
        Key own = Key.of("peers.predict", Map.of("kernels", "256"));
        Row ours = Example.row(own, "avgt", "us/op", LANEWISE, 2, 4, 6);
        // Speeds 2/4, 4/16 and 6/6: the median is not that of the medians, 4/6.
        Row theirs = Example.row(Key.of("peers.predict", Map.of("by", "C")), "avgt", "us/op", C, 4, 16, 6);
        String text = Markdown.of(Example.of(List.of(theirs, ours), List.of()));
        assertTrue(text.indexOf("| Lanewise, 256 bit |") < text.indexOf("| C |"));
        assertEquals(
                List.of(
                        "C",
                        "6.00",
                        "us/op",
                        "4.00 .. 16.0",
                        "0.500",
                        "0.250 .. 1.00",
                        "3 !",
                        "gcc 12.2",
                        "-O3",
                        "largest difference 1e-7"),
                cells(text, "C"));
        assertEquals("1", cells(text, "Lanewise, 256 bit").get(4));
        // The terminal has no room for settings.
        assertFalse(Markdown.plain(Example.of(List.of(theirs, ours), List.of())).contains("-O3"));
    }

    @Test
    void aPeerIsHeldToTheSameKernelsAndElseToTheWidest() {
        Subject peer = new Subject("Smile", "6", "", "");
        List<Row> rows = List.of(
                Example.row(Key.of("peers.t", Map.of("kernels", "128")), "thrpt", "samples/s", LANEWISE, 50),
                Example.row(Key.of("peers.t", Map.of("kernels", "512")), "thrpt", "samples/s", LANEWISE, 200),
                Example.row(Key.of("peers.t", Map.of("kernels", "scalar")), "thrpt", "samples/s", LANEWISE, 10),
                Example.row(Key.of("peers.t", Map.of("kernels", "128", "by", "C")), "thrpt", "samples/s", C, 100),
                Example.row(Key.of("peers.t", Map.of("by", "Smile")), "thrpt", "samples/s", peer, 100));
        SameWork work = SameWork.of(Example.of(rows, List.of())).get(0);
        assertEquals(
                List.of(200.0, 100.0, 100.0, 50.0, 10.0),
                work.rows().stream().map(Row::score).toList());
        assertEquals(2, work.speed(rows.get(3)).median());
        assertEquals(0.5, work.speed(rows.get(4)).median());
    }

    @Test
    void rowsOfAnotherUnitAreNoPeers() {
        List<Row> rows = List.of(
                Example.row(Key.of("peers.t", Map.of()), "thrpt", "samples/s", LANEWISE, 50),
                Example.row(Key.of("peers.t", Map.of("by", "C")), "ss", "s", C, 100));
        List<SameWork> works = SameWork.of(Example.of(rows, List.of()));
        assertEquals(2, works.size());
        assertEquals(null, works.get(1).speed(rows.get(1)));
    }

    @Test
    void distributionsHaveThePercentilesThatTheirCallsAllow() {
        List<Fork.Bin> bins = List.of(new Fork.Bin(1, 980), new Fork.Bin(5, 19), new Fork.Bin(90, 1));
        Fork fork = new Fork(List.of(1.0), bins, Double.NaN, "", Conditions.UNKNOWN);
        Row row = new Row(
                Key.of("predict.latency", Map.of("loop", "closed")),
                "sample",
                "us/op",
                false,
                LANEWISE,
                null,
                List.of(),
                List.of(fork, fork, fork, fork, fork),
                List.of());
        String text = Markdown.of(Example.of(List.of(row), List.of()));
        assertTrue(text.contains("| what | unit | p50 | p99 | p99.9 | max |"), text);
        assertEquals(
                List.of("latency, loop closed", "us/op", "1.00", "5.00", "5.00", "90.0", "1.00 .. 1.00", "5,000", "5"),
                cells(text, "latency, loop closed"));
    }

    @Test
    void groupsComeInAFixedOrderAndParametersByTheirSize() {
        List<Row> rows = List.of(
                Example.row(Key.of("other.x", Map.of()), "avgt", "ns/op", LANEWISE, 1),
                Example.row(Key.of("roofline.bandwidth", Map.of("size", "4 MB")), "thrpt", "GB/s", LANEWISE, 1),
                Example.row(Key.of("roofline.bandwidth", Map.of("size", "256 KB")), "thrpt", "GB/s", LANEWISE, 1),
                Example.row(Key.of("roofline.bandwidth", Map.of("size", "16 KB")), "thrpt", "GB/s", LANEWISE, 1));
        List<String> order = Markdown.of(Example.of(rows, List.of()))
                .lines()
                .filter(line -> line.startsWith("###") || line.startsWith("| b"))
                .map(line -> line.replaceAll(" \\|.*", ""))
                .toList();
        assertEquals(
                List.of(
                        "### The machine's limits",
                        "| bandwidth, size 16 KB",
                        "| bandwidth, size 256 KB",
                        "| bandwidth, size 4 MB",
                        "### other"),
                order);
    }

    @Test
    void namesHaveNoMeaningInMarkdownAndMoveNoTerminal() {
        Subject peer = new Subject("<script>|*x*\n# y", "\u001b[31m", "", "");
        Row row = Example.row(Key.of("peers.t", Map.of("by", "<script>|*x*\n# y")), "avgt", "ns/op", peer, 1);
        String text = Markdown.of(Example.of(List.of(row), List.of()));
        assertTrue(text.contains("| &lt;script&gt;\\|\\*x\\* # y |"), text);
        assertFalse(Markdown.plain(Example.of(List.of(row), List.of())).contains("\u001b"));
    }

    @Test
    void aTerminalsColumnsAreAligned() {
        Table table = new Table(
                "title",
                List.of(new Column("a", Kind.TEXT), new Column("number", Kind.NUMBER), new Column("empty", Kind.TEXT)),
                List.of(List.of("long name", "1", ""), List.of("b", "1,000", "")),
                "note");
        assertEquals(
                "title\n  a           number\n  long name        1\n  b            1,000\n  note\n\n", table.plain());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Table("t", List.of(new Column("a", Kind.TEXT)), List.of(List.of("1", "2")), ""));
    }

    @Test
    void numbersHaveThreeDigits() {
        String[][] cases = {
            {"1740000", "1,740,000"},
            {"1744999", "1,740,000"},
            {"222.4", "222"},
            {"2.2251", "2.23"},
            {"0.00123456", "0.00123"},
            {"0", "0"},
            {"1", "1.00"},
            {"9.996", "10.0"},
            {"0.0999", "0.0999"},
            {"NaN", ""},
            {"Infinity", ""},
            {"99.96", "100"}
        };
        for (String[] one : cases) assertEquals(one[1], Numbers.three(Double.parseDouble(one[0])), one[0]);
        String[][] ticks = {{"0.5", "0.5"}, {"4096", "4096"}, {"10000", "10k"}, {"1000000", "1M"}, {"99.99", "99.99"}};
        for (String[] one : ticks) assertEquals(one[1], Numbers.tick(Double.parseDouble(one[0])), one[0]);
        assertEquals("9.9 %", Numbers.percent(0.0994));
        assertEquals("10 %", Numbers.percent(0.0996));
        assertEquals("104 %", Numbers.percent(1.04));
    }
}
