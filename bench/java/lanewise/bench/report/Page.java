package lanewise.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;

/**
 * Results as one HTML page that holds all that it shows and asks no network. It is well-formed XML. Parts without rows are
 * left out; invalid rows stand in their own part alone.
 */
public final class Page {

    private final Results results;
    private final Tables tables;
    private final List<Row> valid;

    private final List<Part> parts = new ArrayList<>();

    /**
     * A part of the page.
     *
     * @param id by which links lead to it
     * @param heading above it
     * @param note below the heading; may be empty
     * @param content HTML
     */
    private record Part(String id, String heading, String note, String content) {}

    private Page(Results results) {
        this.results = results;
        tables = new Tables(results);
        valid = results.rows().stream().filter(Row::valid).toList();
    }

    /** The whole page. */
    public static String of(Results results) {
        return new Page(results).html();
    }

    private void part(String id, String heading, String note, String content) {
        if (!content.isEmpty()) parts.add(new Part(id, heading, note, content));
    }

    private void judgement() {
        part("invalid", "Invalid rows", "They count for nothing and stand in no table or chart.", invalid());
        part("left-out", "Left out", "Asked for, and not to be had.", list(results.leftOut()));
    }

    private void charts() {
        part("peers", "Beside other libraries", "", peers());
        part(
                "latency",
                "Latency",
                "Each further nine on the horizontal axis is as long as the one before; both axes are logarithmic.",
                cards(Curves.distributions(valid)));
        part("roofline", "Roofline", "", cards(RooflinePlot.all(valid)));
        part(
                "bounds",
                "Shares of the bounds",
                "How near each row comes to what the machine allows, the farthest first: the bottleneck is on top.",
                shares());
        part(
                "size",
                "Cost against size",
                "Both axes are logarithmic.",
                cards(Curves.over(in("scale"), "width", "batch")));
        part(
                "cold",
                "First calls after the start",
                "Both axes are logarithmic.",
                cards(Curves.over(in("cold"), "call", "jvm")));
    }

    private void figures() {
        part("rows", "All rows", "", all());
        part(
                "forks",
                "Forks",
                "A dot is a window or an iteration, a line of dots a fork, an upright mark its score. Two clusters are two"
                        + " states of the JVM or of the machine. Each row has an axis of its own; those of the widest range come first.",
                strips());
        part(
                "versions",
                "Who took part",
                "",
                valid.isEmpty() ? "" : card(tables.subjects().html()));
        part("machine", "The machine's state", "", state());
        part(
                "repeat",
                "How to repeat a row",
                "From the root of the sources. Below each command are its rows, with the arguments with which the JVM or the"
                        + " program runs. The rarer rows of a whole group need --full, too.",
                repeat());
    }

    private String html() {
        judgement();
        charts();
        figures();
        StringBuilder page = new StringBuilder(head());
        page.append("<nav aria-label=\"Parts\"><ul>");
        for (Part part : parts)
            page.append("<li><a href=\"#")
                    .append(part.id)
                    .append("\">")
                    .append(Html.escape(part.heading))
                    .append("</a></li>");
        page.append("</ul></nav>\n<main>\n");
        for (Part part : parts) page.append(Html.section(part.id, part.heading, part.note, part.content));
        return page.append("</main>\n<script>\n")
                .append(resource("page.js"))
                .append("</script>\n</body>\n</html>\n")
                .toString();
    }

    private String head() {
        String lines = tables.head().stream()
                .map(line -> "<p>" + Html.escape(line) + "</p>")
                .collect(Collectors.joining());
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                + " style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>\n"
                + "<title>Lanewise benchmarks, " + Html.escape(tables.date()) + "</title>\n<style>\n"
                + resource("page.css") + "</style>\n</head>\n<body>\n<header><div><h1>Lanewise benchmarks</h1>"
                + lines
                + "</div><button type=\"button\" id=\"theme\" hidden=\"hidden\">Light or dark</button></header>\n";
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null)
                throw new IllegalStateException("resource " + name + " of the report is not on the class path");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String invalid() {
        StringBuilder items = new StringBuilder();
        tables.invalid()
                .forEach((reasons, rows) -> items.append("<li>")
                        .append(Html.escape(String.join("; ", rows)))
                        .append("<ul><li>")
                        .append(reasons.stream().map(Html::escape).collect(Collectors.joining("</li>\n<li>")))
                        .append("</li></ul></li>\n"));
        return items.isEmpty() ? "" : "<ul class=\"lines\" tabindex=\"0\">" + items + "</ul>";
    }

    private static String list(List<String> lines) {
        if (lines.isEmpty()) return "";
        return lines.stream()
                .map(line -> "<li>" + Html.escape(line) + "</li>")
                .collect(Collectors.joining("\n", "<ul class=\"lines\" tabindex=\"0\">", "</ul>"));
    }

    private static String cards(List<String> cards) {
        String all = String.join("", cards);
        return all.isEmpty() ? "" : "<div class=\"cards\">" + all + "</div>";
    }

    private static String card(String content) {
        return "<div class=\"card\">" + content + "</div>";
    }

    private List<Row> in(String group) {
        return valid.stream().filter(row -> row.key().group().equals(group)).toList();
    }

    private String peers() {
        return cards(SameWork.of(results).stream()
                .filter(SameWork::contested)
                .map(work -> Html.card(
                        "wide split",
                        work.key().toString(),
                        "",
                        "<div>" + Bars.peers(work) + "</div><div>"
                                // Version, settings and check stand under "Who took part".
                                + Tables.peers(work).brief().html() + "</div>"))
                .toList());
    }

    private String shares() {
        List<Row> bounded = valid.stream()
                .filter(row -> Double.isFinite(row.share()))
                .sorted(Comparator.comparingDouble(Row::share))
                .toList();
        return byGroup(bounded, Bars::shares, false);
    }

    private String strips() {
        List<Row> widestFirst = valid.stream()
                .sorted(Comparator.comparingDouble(row -> -range(row)))
                .toList();
        return byGroup(widestFirst, Bars::strips, true);
    }

    /** The range of all iterations, as a share of the row's figure. */
    private static double range(Row row) {
        DoubleSummaryStatistics values = row.forks().stream()
                .flatMap(fork -> fork.values().stream())
                .mapToDouble(Double::doubleValue)
                .summaryStatistics();
        return (values.getMax() - values.getMin()) / Math.abs(row.score());
    }

    private interface Drawing {
        String of(List<Row> rows);
    }

    private String byGroup(List<Row> rows, Drawing drawing, boolean folded) {
        StringBuilder all = new StringBuilder();
        for (String group : tables.groups()) {
            List<Row> some =
                    rows.stream().filter(row -> row.key().group().equals(group)).toList();
            if (some.isEmpty()) continue;
            String title = Tables.title(group);
            all.append(
                    folded ? card(Html.details(title, drawing.of(some))) : Html.card("", title, "", drawing.of(some)));
        }
        return all.toString();
    }

    private String all() {
        StringBuilder all = new StringBuilder();
        for (Tables.Group group : tables.all()) {
            StringBuilder content = new StringBuilder();
            for (Table table : group.tables())
                content.append(table.title().isEmpty() ? "" : "<h4>" + Html.escape(table.title()) + "</h4>")
                        .append(table.html());
            all.append(Html.card("", group.title(), "", content.toString()));
        }
        return all.toString();
    }

    /** The worst of what was seen around the forks. */
    private String state() {
        List<Conditions> around = results.rows().stream()
                .flatMap(row -> row.forks().stream())
                .map(Fork::conditions)
                .filter(conditions -> !conditions.equals(Conditions.UNKNOWN))
                .toList();
        if (around.isEmpty()) return "";
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of(
                "calibration loop on one processor, lowest share of the run's best",
                Numbers.percent(
                        around.stream().mapToDouble(Conditions::clock).min().orElseThrow())));
        cells.add(List.of(
                "calibration loop on all processors, lowest share of the run's best",
                Numbers.percent(
                        around.stream().mapToDouble(Conditions::all).min().orElseThrow())));
        around.stream()
                .filter(conditions -> conditions.windows() > 0)
                .mapToDouble(conditions -> (double) conditions.quiet() / conditions.windows())
                .average()
                .ifPresent(share ->
                        cells.add(List.of("windows that no neighbour disturbed, of all", Numbers.percent(share))));
        cells.add(List.of(
                "processors' time that the host gave to others, highest share",
                Numbers.percent(
                        around.stream().mapToDouble(Conditions::steal).max().orElseThrow())));
        cells.add(List.of(
                "processors that other programs kept busy, highest average",
                Numbers.three(
                        around.stream().mapToDouble(Conditions::others).max().orElseThrow())));
        cells.add(List.of(
                "wall clock beside the monotonic clock, largest difference",
                Numbers.percent(around.stream()
                        .mapToDouble(conditions -> Math.abs(conditions.skew()))
                        .max()
                        .orElseThrow())));
        return card(new Table(
                        "Around all forks, those of invalid rows included",
                        List.of(new Column("what", Kind.TEXT), new Column("worst", Kind.NUMBER)),
                        cells,
                        "")
                .html());
    }

    private String repeat() {
        StringBuilder html = new StringBuilder();
        for (String group : tables.groups()) {
            Map<String, List<Row>> commands = new LinkedHashMap<>();
            for (Row row : in(group))
                commands.computeIfAbsent(command(row.key()), command -> new ArrayList<>())
                        .add(row);
            StringBuilder lines = new StringBuilder("<dl class=\"commands\">");
            commands.forEach((command, rows) -> {
                lines.append("<dt><code>").append(Html.escape(command)).append("</code></dt>");
                for (Row row : rows)
                    lines.append("<dd>")
                            .append(Html.escape(row.key().toString()))
                            .append("<span class=\"arguments\"> ")
                            .append(Html.escape(String.join(" ", row.arguments())))
                            .append("</span></dd>");
            });
            html.append(card(Html.details(Tables.title(group), lines + "</dl>")));
        }
        return html.toString();
    }

    /**
     * The command line that measures a row again: by a pattern of its name and parameters if it is one of JMH's, by who does
     * the work if it is a peer's, else with all of its group.
     */
    public static String command(Key key) {
        StringBuilder args = new StringBuilder();
        boolean jmh = key.benchmark().indexOf('.') != key.benchmark().lastIndexOf('.');
        boolean peer = key.group().equals("peers") || !key.by().isEmpty();
        String who = key.by().isEmpty() ? "Lanewise" : key.by().split(",")[0];
        args.append(jmh ? key.benchmark() : peer ? "peers." + who + "," : key.group());
        if (jmh) key.params().forEach((name, value) -> args.append(" " + name + "=" + value));
        String pattern = args.toString().replaceAll("[^\\w.=,-]", ".");
        String kernels =
                key.kernels().isEmpty() ? "" : " --kernels " + key.kernels().replaceAll("\\W", "");
        return "mvn -q -Pbench -Dargs=\"" + pattern + kernels + "\"";
    }
}
