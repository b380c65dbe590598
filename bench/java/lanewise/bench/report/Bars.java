package lanewise.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Row;

/** Draws rows as lines of a list: a name, a drawing as wide as the place allows, and a figure. */
final class Bars {

    /** A range of values from which on the axis is logarithmic. */
    private static final double WIDE = 20;

    /** Pictures are drawn on so many units and stretched to the width that there is. */
    private static final int UNITS = 1000;

    private static final int HEIGHT = 20, FORK = 7;

    /** A strip shows at least so much to both sides of the median. */
    private static final double LEAST_STRIP = 0.05;

    private final StringBuilder html = new StringBuilder();
    private final double from;
    private final double to;
    private final boolean logarithmic;

    private Bars(double from, double to, boolean logarithmic) {
        this.from = from;
        this.to = to;
        this.logarithmic = logarithmic;
    }

    /** The place of a value, in units from the left. */
    private double at(double value) {
        double share = logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
        return UNITS * Math.max(0, Math.min(1, share));
    }

    private void open(String name, String kind, int height) {
        html.append("<li><span class=\"name\">").append(Html.escape(name)).append("</span>");
        add(
                "<svg class=\"%s\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 %d %d\" height=\"%d\">",
                kind, UNITS, height, height);
    }

    private void openBar(String name) {
        open(name, "bar", HEIGHT);
    }

    private void close(String figure) {
        html.append("</svg><span class=\"figure\">").append(Html.escape(figure)).append("</span></li>\n");
    }

    private void add(String format, Object... values) {
        html.append(String.format(Locale.ROOT, format, values));
    }

    private void bar(String style, double value) {
        add("<rect class=\"bar %s\" x=\"0\" y=\"4\" width=\"%.1f\" height=\"12\"/>", style, at(value));
    }

    private void upright(String style, double value, int top, int bottom) {
        add(
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
                style, at(value), top, at(value), bottom);
    }

    private String list(String about) {
        return "<ul class=\"bars\" role=\"list\" aria-label=\"" + Html.escape(about) + "\">\n" + html + "</ul>";
    }

    /** All who did a work: medians as bars with the forks' range, and the yardstick as a line through all. */
    static String peers(SameWork work) {
        double[] scores = work.rows().stream()
                .flatMap(row -> row.scores().stream())
                .mapToDouble(Double::doubleValue)
                .filter(score -> Double.isFinite(score) && score > 0)
                .sorted()
                .toArray();
        if (scores.length == 0) return "";
        double least = scores[0], most = scores[scores.length - 1];
        boolean wide = most > WIDE * least;
        Bars bars = new Bars(wide ? Math.pow(10, Math.floor(Math.log10(least / 1.5))) : 0, most * 1.02, wide);
        Row yardstick = work.yardstick();
        for (Row row : work.rows()) if (row.score() > 0) bars.peer(work, yardstick, row);
        bars.ticks();
        return bars.list("Medians of " + work.key()) + note(work, wide);
    }

    private void peer(SameWork work, Row yardstick, Row row) {
        openBar(SameWork.who(row));
        for (double decade : decades()) upright("decade", decade, 0, HEIGHT);
        bar(SameWork.own(row) ? "own" : row.key().by().equals(SameWork.YARDSTICK) ? "c" : "other", row.score());
        whisker(row);
        if (yardstick != null) upright("yardstick", yardstick.score(), 0, HEIGHT);
        SameWork.Speed speed = SameWork.own(row) ? null : work.speed(row);
        close(Numbers.three(row.score())
                + (speed == null ? "" : " (" + Numbers.three(speed.median()) + ")")
                + (Tables.quotable(row) ? "" : Tables.MARK));
    }

    /** The powers of ten on a logarithmic axis. */
    private List<Double> decades() {
        if (!logarithmic) return List.of();
        return IntStream.rangeClosed((int) Math.ceil(Math.log10(from) + 1e-9), (int) Math.floor(Math.log10(to)))
                .mapToObj(power -> Double.parseDouble("1e" + power))
                .toList();
    }

    private void ticks() {
        if (!logarithmic) return;
        html.append("<li aria-hidden=\"true\"><span class=\"ticks\">");
        for (double decade : decades())
            add("<span style=\"left:%.1f%%\">%s</span>", at(decade) * 100 / UNITS, Numbers.tick(decade));
        html.append("</span></li>\n");
    }

    private void whisker(Row row) {
        double[] scores = row.scores().stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        if (scores.length == 0) return;
        double least = scores[0], most = scores[scores.length - 1];
        add("<line class=\"whisker\" x1=\"%.1f\" y1=\"10\" x2=\"%.1f\" y2=\"10\"/>", at(least), at(most));
        upright("whisker", least, 6, 14);
        upright("whisker", most, 6, 14);
    }

    private static String note(SameWork work, boolean wide) {
        Row first = work.rows().get(0);
        String better = first.higherIsBetter() ? "longer is better" : "shorter is better";
        return "<p class=\"note\">" + Html.escape(first.unit()) + ", " + better
                + (wide ? ", logarithmic axis" : "")
                + "; thin lines: from the lowest to the highest fork"
                + (work.yardstick() == null ? "" : "; dashed: " + Html.escape(SameWork.who(work.yardstick())))
                + (work.rows().stream().anyMatch(SameWork::own) ? "; in brackets: speed, Lanewise = 1" : "")
                + ".</p>";
    }

    /** Shares of the bounds, the lowest first. */
    static String shares(List<Row> rows) {
        double most = rows.stream().mapToDouble(Row::share).max().orElse(1);
        Bars bars = new Bars(0, Math.max(1, most) * 1.01, false);
        for (Row row : rows) {
            bars.openBar(row.key().toString());
            bars.bar("own", row.share());
            bars.upright("yardstick", 1, 0, HEIGHT);
            bars.close(Numbers.percent(row.share()) + " of " + row.bound().name());
        }
        return bars.list("Shares of the bounds");
    }

    /** Each fork's windows as dots, a line for each fork: two clusters are two states of the JVM or the machine. */
    static String strips(List<Row> rows) {
        StringBuilder all =
                new StringBuilder("<ul class=\"bars strips\" role=\"list\" aria-label=\"Iterations of each fork\">\n");
        for (Row row : rows) {
            double[] values = row.forks().stream()
                    .flatMap(fork -> fork.values().stream())
                    .mapToDouble(Double::doubleValue)
                    .filter(Double::isFinite)
                    .sorted()
                    .toArray();
            if (values.length == 0) continue;
            double middle = row.score(), margin = Math.abs(middle) * LEAST_STRIP;
            double least = Math.min(values[0], middle - margin);
            double most = Math.max(values[values.length - 1], middle + margin);
            double edge = Math.max(Double.MIN_NORMAL, (most - least) * 0.015);
            Bars strip = new Bars(least - edge, most + edge, false);
            strip.strip(row);
            strip.close(Numbers.range(values[0], values[values.length - 1]) + " " + row.unit() + " ("
                    + Numbers.percent((values[values.length - 1] - values[0]) / Math.abs(middle)) + ")");
            all.append(strip.html);
        }
        return all + "</ul>";
    }

    private void strip(Row row) {
        int height = row.forks().size() * FORK + 4;
        open(row.key().toString(), "strip", height);
        upright("middle", row.score(), 0, height);
        int y = FORK / 2 + 2;
        for (Fork fork : row.forks()) {
            double score = fork.score(row.higherIsBetter());
            if (Double.isFinite(score)) upright("fork", score, y - 3, y + 3);
            StringBuilder dots = new StringBuilder();
            long[] places = fork.values().stream()
                    .filter(Double::isFinite)
                    .mapToLong(value -> Math.round(at(value)))
                    .distinct()
                    .toArray();
            for (long x : places)
                dots.append("M").append(x).append(" ").append(y).append("h0");
            if (!dots.isEmpty())
                html.append("<path class=\"dots\" d=\"").append(dots).append("\"/>");
            y += FORK;
        }
    }
}
