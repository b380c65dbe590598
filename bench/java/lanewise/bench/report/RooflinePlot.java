package lanewise.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanewise.bench.report.Chart.Point;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Row;

/**
 * Draws rows under the machine's limits: operations for each byte on the horizontal axis, operations a second on the
 * vertical one. Nothing lies above the roof but what its bytes reach from a nearer cache than the roof's.
 */
final class RooflinePlot {

    private static final String GROUP = "roofline";

    private final String kernels;
    private final double peak;
    private final List<Row> bandwidths;
    private final List<Row> rows;

    private RooflinePlot(String kernels, double peak, List<Row> bandwidths, List<Row> rows) {
        this.kernels = kernels;
        this.peak = peak;
        this.bandwidths = bandwidths;
        this.rows = rows;
    }

    /** A card for each width whose peak was measured. */
    static List<String> all(List<Row> valid) {
        List<String> cards = new ArrayList<>();
        limits(valid, "arithmetic")
                .sorted(Comparator.comparingInt(row -> -SameWork.bits(row.key().kernels())))
                .forEach(row -> {
                    String kernels = row.key().kernels();
                    List<Row> bandwidths = limits(valid, "bandwidth")
                            .filter(other -> other.key().kernels().equals(kernels)
                                    && other.key()
                                            .params()
                                            .getOrDefault("access", "")
                                            .equals("read"))
                            .sorted(Comparator.comparingDouble(other -> -other.score()))
                            .toList();
                    List<Row> rows = valid.stream()
                            .filter(other -> other.key().kernels().equals(kernels) && placed(other))
                            .toList();
                    if (!bandwidths.isEmpty() || !rows.isEmpty())
                        cards.add(new RooflinePlot(kernels, row.score(), bandwidths, rows).card());
                });
        return cards;
    }

    private static Stream<Row> limits(List<Row> valid, String task) {
        return valid.stream()
                .filter(row -> row.key().group().equals(GROUP)
                        && row.key().task().equals(task)
                        && row.score() > 0
                        && Double.isFinite(row.score()));
    }

    /** Whether a row has a place: one of this library whose work is known. Those of the scale are too many, and have charts of their own. */
    private static boolean placed(Row row) {
        return row.bound() != null
                && SameWork.own(row)
                && !row.key().group().equals("scale")
                && row.bound().bytes() > 0
                && row.bound().operations() > 0
                && gigaflops(row) > 0
                && Double.isFinite(gigaflops(row));
    }

    /** A row's operations a second, in 10^9; NaN if its unit does not tell. */
    static double gigaflops(Row row) {
        double operations = row.bound().operations() * 1e-9;
        return switch (row.unit()) {
            case "GFLOP/s" -> row.score();
            case "ns/op", "ns" -> operations / (row.score() * 1e-9);
            case "us/op", "us" -> operations / (row.score() * 1e-6);
            case "ms/op", "ms" -> operations / (row.score() * 1e-3);
            case "s/op", "s" -> operations / row.score();
            case "samples/s", "ops/s", "op/s" -> operations * row.score();
            case "ops/ms" -> operations * row.score() * 1e3;
            case "ops/us" -> operations * row.score() * 1e6;
            case "ops/ns" -> operations * row.score() * 1e9;
            default -> Double.NaN;
        };
    }

    private static double intensity(Row row) {
        return row.bound().operations() / row.bound().bytes();
    }

    private String card() {
        List<Double> x = new ArrayList<>(), y = new ArrayList<>(List.of(peak, peak * 1.6));
        for (Row row : rows) {
            x.add(intensity(row) / 3);
            x.add(intensity(row) * 1.5);
            y.add(gigaflops(row) / 1.5);
        }
        for (Row bandwidth : bandwidths) {
            x.add(peak / bandwidth.score() * 2);
            if (rows.isEmpty()) x.add(peak / bandwidth.score() / 4);
        }
        for (Row bandwidth : bandwidths)
            y.add(bandwidth.score() * x.stream().min(Double::compare).orElseThrow());
        String name = kernels.matches("\\d+") ? kernels + " bit" : kernels.isEmpty() ? "Roofline" : kernels;
        Chart chart = new Chart(
                "Roofline, " + name + ": GFLOP/s over operations for each byte",
                Axis.of("operations for each byte", x),
                Axis.of("GFLOP/s", y));
        draw(
                chart,
                x.stream().min(Double::compare).orElseThrow(),
                x.stream().max(Double::compare).orElseThrow());
        List<String> tasks =
                rows.stream().map(row -> row.key().task()).distinct().toList();
        for (Row row : rows)
            chart.dot(
                    tasks.indexOf(row.key().task()),
                    new Point(intensity(row), gigaflops(row)),
                    row.key() + ": " + Numbers.three(gigaflops(row)) + " GFLOP/s");
        return Html.card(
                "wide split",
                name,
                "Slanted: bandwidth of reads, " + slopes() + ". Level: the peak of multiply-adds.",
                "<div>" + chart.svg() + Chart.dots(tasks) + "</div><div>"
                        + table(name).html() + "</div>");
    }

    private String slopes() {
        return bandwidths.stream()
                .map(row -> name(row) + " " + Numbers.three(row.score()) + " " + row.unit())
                .collect(Collectors.joining(", "));
    }

    /** The level of the caches in which a bandwidth was measured, else the array's size. */
    private static String name(Row bandwidth) {
        SortedMap<String, String> params = bandwidth.key().params();
        return params.getOrDefault("level", params.getOrDefault("size", ""));
    }

    private void draw(Chart chart, double from, double to) {
        double ridge = bandwidths.isEmpty()
                ? from
                : Math.max(from, peak / bandwidths.get(0).score());
        chart.level(ridge, to, peak, Numbers.three(peak) + " GFLOP/s");
        for (int i = 0; i < bandwidths.size(); i++) {
            double b = bandwidths.get(i).score(), end = Math.min(to, peak / b);
            if (end <= from) continue;
            // Lines of caches lie near each other: every other text begins further to the right.
            double text = from * (i % 2 == 0 ? 1.1 : Math.sqrt(end / from));
            chart.slope(new Point(from, from * b), new Point(end, end * b), text, name(bandwidths.get(i)));
        }
    }

    private Table table(String name) {
        return new Table(
                "Rows under the roof, " + name,
                List.of(
                        new Column("what", Kind.TEXT),
                        new Column("FLOP/byte", Kind.NUMBER),
                        new Column("GFLOP/s", Kind.NUMBER),
                        new Column("share", Kind.NUMBER),
                        new Column("bound", Kind.TEXT)),
                rows.stream()
                        .map(row -> List.of(
                                row.key().toString(),
                                Numbers.three(intensity(row)),
                                Numbers.three(gigaflops(row)),
                                Numbers.percent(row.share()),
                                row.bound().name()))
                        .toList(),
                "");
    }
}
