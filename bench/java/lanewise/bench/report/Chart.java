package lanewise.bench.report;

import java.util.List;
import java.util.Locale;

/** Draws a chart with two logarithmic axes as SVG. Colours and fonts are those of the classes of page.css. Not thread-safe. */
final class Chart {

    /** So many colours and kinds of dashes, which have no common divisor. */
    private static final int COLOURS = 8, DASHES = 3;

    private static final int WIDTH = 480, HEIGHT = 320, LEFT = 62, RIGHT = 16, TOP = 14, BOTTOM = 48;

    private final Axis x;
    private final Axis y;
    private final StringBuilder svg = new StringBuilder();

    /**
     * A point.
     *
     * @param x positive
     * @param y positive
     */
    record Point(double x, double y) {}

    /**
     * An empty chart.
     *
     * @param about for people who do not see it
     */
    Chart(String about, Axis x, Axis y) {
        this.x = x;
        this.y = y;
        add("<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
        svg.append(Html.escape(about)).append("\">");
        for (Axis.Tick tick : y.ticks()) {
            line("grid", LEFT, y(tick.value()), WIDTH - RIGHT, y(tick.value()));
            text("end", LEFT - 7, y(tick.value()) + 4, tick.text());
        }
        for (Axis.Tick tick : x.ticks()) {
            line("grid", x(tick.value()), TOP, x(tick.value()), HEIGHT - BOTTOM);
            text("middle", x(tick.value()), HEIGHT - BOTTOM + 17, tick.text());
        }
        line("axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
        text("middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, x.title());
        int middle = (TOP + HEIGHT - BOTTOM) / 2;
        add("<text class=\"middle\" x=\"14\" y=\"%d\" transform=\"rotate(-90 14 %d)\">", middle, middle);
        svg.append(Html.escape(y.title())).append("</text>");
    }

    private double x(double value) {
        return LEFT + x.at(value) * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }

    private void line(String style, double x1, double y1, double x2, double y2) {
        add("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", style, x1, y1, x2, y2);
    }

    private void text(String style, double atX, double atY, String text) {
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", style, atX, atY);
        svg.append(Html.escape(text)).append("</text>");
    }

    private boolean holds(Point point) {
        return x.holds(point.x) && y.holds(point.y);
    }

    /** Draws a line through points; those beyond the axes are left out. */
    void line(int style, String name, List<Point> points) {
        StringBuilder path = new StringBuilder();
        for (Point p : points)
            if (holds(p))
                path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x(p.x), y(p.y)));
        if (path.isEmpty()) return;
        add("<path class=\"line c%d d%d\" d=\"%s\"><title>", style % COLOURS, style % DASHES, path);
        svg.append(Html.escape(name)).append("</title></path>");
    }

    /** Draws a mark, with a text for when it is pointed at. */
    void dot(int style, Point point, String title) {
        if (!holds(point)) return;
        add(
                "<circle class=\"dot c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>",
                style % COLOURS, x(point.x), y(point.y));
        svg.append(Html.escape(title)).append("</title></circle>");
    }

    /** Draws a level limit, with a text at its right end. */
    void level(double from, double to, double value, String text) {
        line("limit", x(from), y(value), x(to), y(value));
        text("end on", x(to) - 2, y(value) - 6, text);
    }

    /** Draws a limit that rises in proportion, with a text along it from some place on. */
    void slope(Point from, Point to, double textFrom, String text) {
        line("limit", x(from.x), y(from.y), x(to.x), y(to.y));
        double angle = Math.toDegrees(Math.atan2(y(to.y) - y(from.y), x(to.x) - x(from.x)));
        add(
                "<text class=\"small on\" transform=\"translate(%.1f %.1f) rotate(%.1f)\">",
                x(textFrom) - 4, y(from.y * textFrom / from.x) - 4, angle);
        svg.append(Html.escape(text)).append("</text>");
    }

    /** The whole chart; nothing can be drawn after that. */
    String svg() {
        return svg.append("</svg>").toString();
    }

    /** What the lines are. */
    static String lines(List<String> names) {
        return keys(names, "<line class=\"line c%d d%d\" x1=\"1\" y1=\"5\" x2=\"25\" y2=\"5\"/>");
    }

    /** What the marks are. */
    static String dots(List<String> names) {
        return keys(names, "<circle class=\"dot c%d\" cx=\"13\" cy=\"5\" r=\"4\"/>");
    }

    private static String keys(List<String> names, String drawing) {
        StringBuilder keys = new StringBuilder("<ul class=\"keys\">");
        for (int i = 0; i < names.size(); i++)
            keys.append("<li><svg width=\"26\" height=\"10\" aria-hidden=\"true\">")
                    .append(String.format(Locale.ROOT, drawing, i % COLOURS, i % DASHES))
                    .append("</svg>")
                    .append(Html.escape(names.get(i)))
                    .append("</li>");
        return keys + "</ul>";
    }
}
