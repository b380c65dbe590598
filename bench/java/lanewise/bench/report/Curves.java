package lanewise.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.bench.report.Chart.Point;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Row;

/** Draws rows as lines: over one of their parameters, or as distributions. Each chart has its table beside it. */
final class Curves {

    /** Points of a distribution for each further nine. */
    private static final int STEPS = 16;

    private Curves() {}

    /** A row's value of a parameter as a number; NaN if it has none. */
    private static double number(Row row, String param) {
        try {
            return Double.parseDouble(row.key().params().getOrDefault(param, ""));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /**
     * Charts of rows over a parameter whose values are numbers.
     *
     * @param rows valid ones; those without the parameter are left out
     * @param x the parameter
     * @param line the parameter that tells the lines of a chart apart; rows need not have it
     * @return a card for each chart: rows that differ in anything else stand in different ones
     */
    static List<String> over(List<Row> rows, String x, String line) {
        Map<String, List<Row>> charts = new LinkedHashMap<>();
        for (Row row : rows) {
            if (!(number(row, x) > 0) || !(row.score() > 0) || !Double.isFinite(row.score())) continue;
            TreeMap<String, String> rest = new TreeMap<>(row.key().params());
            rest.remove(x);
            rest.remove(line);
            String name = new Key(row.key().benchmark(), rest) + "\n" + row.unit();
            charts.computeIfAbsent(name, n -> new ArrayList<>()).add(row);
        }
        List<String> cards = new ArrayList<>();
        charts.forEach((name, of) -> {
            if (of.stream().mapToDouble(row -> number(row, x)).distinct().count() > 1)
                cards.add(over(name.substring(0, name.indexOf('\n')), of, x, line));
        });
        return cards;
    }

    private static String over(String name, List<Row> rows, String x, String line) {
        String unit = rows.get(0).unit();
        List<Double> places =
                rows.stream().map(row -> number(row, x)).distinct().sorted().toList();
        Chart chart = new Chart(
                name + ": " + unit + " over " + x,
                Axis.at(x, places),
                Axis.of(unit, rows.stream().map(Row::score).toList()));
        Map<String, List<Row>> lines = new LinkedHashMap<>();
        rows.stream()
                .sorted(Comparator.comparingDouble((Row row) -> number(row, line))
                        .thenComparing(row -> row.key().params().getOrDefault(line, "")))
                .forEach(row -> lines.computeIfAbsent(row.key().params().getOrDefault(line, ""), n -> new ArrayList<>())
                        .add(row));
        List<List<String>> cells = new ArrayList<>();
        for (double place : places) cells.add(new ArrayList<>(List.of(Numbers.tick(place))));
        int style = 0;
        List<Column> columns = new ArrayList<>(List.of(new Column(x, Kind.NUMBER)));
        List<String> keys = new ArrayList<>();
        for (Map.Entry<String, List<Row>> one : lines.entrySet()) {
            String key = one.getKey().isEmpty() ? unit : line + " " + one.getKey();
            draw(chart, style++, key, one.getValue(), x);
            keys.add(key);
            columns.add(new Column(key, Kind.NUMBER));
            for (int i = 0; i < places.size(); i++) cells.get(i).add(cell(one.getValue(), x, places.get(i)));
        }
        Table table = new Table(name, columns, cells, "");
        return Html.card("", name, "", chart.svg() + Chart.lines(keys) + Html.details("As a table", table.html()));
    }

    private static String cell(List<Row> rows, String x, double place) {
        return rows.stream()
                .filter(row -> number(row, x) == place)
                .findFirst()
                .map(row -> Numbers.three(row.score()))
                .orElse("");
    }

    private static void draw(Chart chart, int style, String name, List<Row> rows, String x) {
        List<Row> ascending = rows.stream()
                .sorted(Comparator.comparingDouble(row -> number(row, x)))
                .toList();
        chart.line(
                style,
                name,
                ascending.stream()
                        .map(row -> new Point(number(row, x), row.score()))
                        .toList());
        for (Row row : ascending)
            chart.dot(
                    style,
                    new Point(number(row, x), row.score()),
                    row.key() + ": " + Numbers.three(row.score()) + " " + row.unit());
    }

    /**
     * Charts of distributions.
     *
     * @param rows valid ones; those without a histogram are left out
     * @return a card for each task, unit and kernels; rows that name no kernels stand with the widest
     */
    static List<String> distributions(List<Row> rows) {
        Map<String, List<Row>> charts = new LinkedHashMap<>();
        List<Row> all = rows.stream().filter(Tables::distribution).toList();
        for (Row row : all) {
            String kernels = row.key().kernels();
            if (kernels.isEmpty() || !SameWork.own(row)) kernels = widest(all, row);
            String heading = row.key().task() + (kernels.isEmpty() ? "" : ", kernels " + kernels);
            charts.computeIfAbsent(heading + "\n" + row.unit(), n -> new ArrayList<>())
                    .add(row);
        }
        List<String> cards = new ArrayList<>();
        charts.forEach((name, of) -> cards.add(distribution(name.substring(0, name.indexOf('\n')), of)));
        return cards;
    }

    private static String widest(List<Row> rows, Row like) {
        return rows.stream()
                .filter(row -> SameWork.own(row)
                        && row.key().task().equals(like.key().task())
                        && row.unit().equals(like.unit()))
                .map(row -> row.key().kernels())
                .filter(kernels -> !kernels.isEmpty())
                .max(Comparator.comparingInt(SameWork::bits))
                .orElse(like.key().kernels());
    }

    private static String distribution(String name, List<Row> rows) {
        List<List<Point>> lines = rows.stream().map(Curves::percentiles).toList();
        List<Double> values = lines.stream()
                .flatMap(List::stream)
                .map(Point::y)
                .filter(y -> y > 0)
                .toList();
        if (values.isEmpty()) return "";
        long most = rows.stream().mapToLong(Tables::calls).max().orElse(1);
        String unit = rows.get(0).unit();
        Chart chart =
                new Chart("Distribution of " + name + " in " + unit, Axis.percentiles(most), Axis.of(unit, values));
        for (int i = 0; i < rows.size(); i++) chart.line(i, rows.get(i).key().toString(), lines.get(i));
        List<String> keys = rows.stream().map(row -> row.key().toString()).toList();
        return Html.card(
                "wide split",
                name,
                "",
                "<div>" + chart.svg() + Chart.lines(keys) + "</div><div>"
                        + Tables.distributions(name, rows).html() + "</div>");
    }

    /** The latency at each 1/(1-p), up to that of the slowest call. */
    static List<Point> percentiles(Row row) {
        TreeMap<Double, Long> counts = new TreeMap<>();
        for (Fork fork : row.forks())
            for (Fork.Bin bin : fork.histogram()) counts.merge(bin.value(), bin.count(), Long::sum);
        long all = counts.values().stream().mapToLong(Long::longValue).sum(), seen = 0;
        List<Point> points = new ArrayList<>();
        double next = 0;
        for (Map.Entry<Double, Long> bin : counts.entrySet()) {
            // Of calls that took this long, the first is slower than those seen before.
            double from = all / (double) (all - seen), to = all / (double) Math.max(1, all - seen - bin.getValue());
            seen += bin.getValue();
            boolean last = seen == all;
            if (Math.log10(to) < next && !last) continue;
            points.add(new Point(from, bin.getKey()));
            if (to > from) points.add(new Point(to, bin.getKey()));
            next = Math.log10(to) + 1.0 / STEPS;
        }
        return points;
    }
}
