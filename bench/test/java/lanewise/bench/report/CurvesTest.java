package lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import org.junit.jupiter.api.Test;

/** Charts of lines, and their axes. */
class CurvesTest {

    private static final Subject SUBJECT = new Subject("Lanewise", "0.1.0", "", "");

    private static Row size(String width, String batch, String zeros, double score) {
        Map<String, String> params = Map.of("width", width, "batch", batch, "zeros", zeros, "kernels", "256");
        return Example.row(Key.of("scale.training", params), "thrpt", "samples/s", SUBJECT, score);
    }

    @Test
    void rowsOverASizeAreALineForEachBatchAndAChartForEachOtherParameter() {
        List<Row> rows = List.of(
                size("1024", "1", "0", 10),
                size("64", "1", "0", 1000),
                size("256", "1", "0", 100),
                size("64", "32", "0", 3000),
                size("256", "32", "0", 300),
                size("64", "1", "0.8", 7),
                size("256", "1", "0.8", 5),
                size("64", "1", "0.5", 7));
        List<String> cards = Curves.over(rows, "width", "batch");
        assertEquals(2, cards.size(), "a single size is no chart");
        String first = cards.get(0);
        assertTrue(first.contains("<h3>training, zeros 0, 256 bit</h3>"), first);
        List<String> paths = all(first, "<path class=\"line c\\d d\\d\" d=\"([^\"]*)\"><title>batch \\d+</title>");
        assertEquals(2, paths.size());
        // Equal factors of both are equal steps: the first line is straight, and goes to the right and down.
        double[] points = java.util.Arrays.stream(paths.get(0).substring(1).split("[L ]"))
                .mapToDouble(Double::parseDouble)
                .toArray();
        assertEquals(6, points.length);
        assertEquals(points[2] - points[0], points[4] - points[2], 0.2);
        assertEquals(points[3] - points[1], points[5] - points[3], 0.2);
        assertTrue(points[0] < points[2] && points[1] < points[3]);
        assertEquals(5, all(first, "(<circle class=\"dot [^>]*><title>)").size());
        assertTrue(first.contains("<td class=\"number\">3,000</td></tr>"), "the table has the figures, too");
    }

    private static List<String> all(String text, String pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) found.add(matcher.group(1));
        return found;
    }

    private static Row calls(Map<String, String> params, Fork.Bin... bins) {
        Fork fork = new Fork(List.of(1.0), List.of(bins), 0, "", Conditions.UNKNOWN);
        return new Row(
                Key.of("peers.predict", params),
                "sample",
                "us/op",
                false,
                SUBJECT,
                null,
                List.of(),
                List.of(fork),
                List.of());
    }

    @Test
    void distributionsOfOneTaskLieOverEachOtherAndPeersWithTheWidestKernels() {
        Fork.Bin bin = new Fork.Bin(2, 100);
        List<String> cards = Curves.distributions(List.of(
                calls(Map.of("kernels", "256"), bin),
                calls(Map.of("kernels", "scalar"), bin),
                calls(Map.of("by", "C", "kernels", "128"), bin),
                calls(Map.of("by", "Smile"), bin)));
        assertEquals(2, cards.size());
        assertEquals(
                List.of("predict, 256 bit", "predict, C, 128 bit", "predict, Smile"),
                all(cards.get(0), "<path class=\"line[^>]*><title>([^<]*)</title>"));
        assertEquals(List.of("predict, scalar"), all(cards.get(1), "<path class=\"line[^>]*><title>([^<]*)</title>"));
    }

    @Test
    void theCallsOfAllForksAreOneDistribution() {
        Row row = calls(Map.of(), new Fork.Bin(1, 60), new Fork.Bin(3, 39), new Fork.Bin(40, 1));
        Row two = row.and(new Row(
                row.key(),
                row.mode(),
                row.unit(),
                row.still(),
                row.subject(),
                null,
                List.of(),
                List.of(new Fork(List.of(1.0), List.of(new Fork.Bin(1, 100)), 0, "", Conditions.UNKNOWN)),
                List.of()));
        List<Chart.Point> points = Curves.percentiles(two);
        assertEquals(new Chart.Point(1, 1), points.get(0));
        assertEquals(new Chart.Point(5, 1), points.get(1));
        assertEquals(new Chart.Point(200, 40), points.get(points.size() - 1));
    }

    private static List<String> texts(Axis axis) {
        return axis.ticks().stream().map(Axis.Tick::text).toList();
    }

    @Test
    void axesAreMarkedAtRoundNumbersOrAtTheSizesThemselves() {
        assertEquals(List.of("1", "10", "100", "1000", "10k", "100k"), texts(Axis.of("", List.of(0.9, 100_000.0))));
        assertEquals(List.of("2", "5", "10", "20"), texts(Axis.of("", List.of(2.0, 20.0))));
        assertEquals(List.of("64", "256", "4096"), texts(Axis.at("", List.of(4096.0, 64.0, 256.0, 64.0))));
        assertEquals(List.of("0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"), texts(Axis.percentiles(200_000)));
        Axis axis = Axis.of("", List.of(1.0, 1.0));
        assertTrue(axis.holds(1) && !axis.holds(2), "a single value has an axis");
        assertEquals(0.5, axis.at(1), 1e-9);
    }
}
