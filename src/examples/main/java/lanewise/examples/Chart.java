package lanewise.examples;

import java.util.Locale;
import java.util.Map;

/** Draws a chart with two axes as SVG. Colours and fonts are those of the classes of report.css. Not thread-safe. */
final class Chart {

    private static final int WIDTH = 440, HEIGHT = 280, LEFT = 66, RIGHT = 14, TOP = 24, BOTTOM = 44, SIDE = 17;

    /** Points beyond this have no mark of their own, and no text when they are pointed at. */
    private static final int MOST_MARKS = 60;

    private final Axis x;
    private final Axis y;
    private final StringBuilder svg = new StringBuilder();

    /**
     * An empty chart.
     *
     * @param about for people who do not see it
     */
    Chart(String about, Axis x, Axis y) {
        this.x = x;
        this.y = y;
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, HEIGHT, Report.escape(about));
        for (double tick : y.ticks()) {
            line("grid", LEFT, y(tick), WIDTH - RIGHT, y(tick));
            text("end", LEFT - 8, y(tick) + 4, Axis.label(tick));
        }
        for (double tick : x.ticks()) {
            line("tick", x(tick), HEIGHT - BOTTOM, x(tick), HEIGHT - BOTTOM + 4);
            text("middle", x(tick), HEIGHT - BOTTOM + 17, Axis.label(tick));
        }
        line("axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
        text("middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, x.title());
        int middle = (TOP + HEIGHT - BOTTOM) / 2;
        add(
                "<text class=\"middle\" x=\"%d\" y=\"%d\" transform=\"rotate(-90 %d %d)\">%s</text>",
                SIDE, middle, SIDE, middle, Report.escape(y.title()));
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
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", style, atX, atY, Report.escape(text));
    }

    /**
     * Draws a line through points, which has a gap where a value cannot be drawn.
     *
     * @param style class of the line
     * @param name of the line
     * @param points value by x, ascending
     * @param best the x that gets a mark
     */
    void line(String style, String name, Map<Integer, Double> points, int best) {
        StringBuilder path = new StringBuilder();
        boolean drawing = false;
        for (Map.Entry<Integer, Double> point : points.entrySet()) {
            boolean drawn = drawable(point.getValue());
            if (drawn)
                path.append(String.format(
                        Locale.ROOT, "%s%.1f %.1f", drawing ? "L" : "M", x(point.getKey()), y(point.getValue())));
            drawing = drawn;
        }
        add("<path class=\"line %s\" d=\"%s\"/>", style, path);
        points.forEach((at, value) -> {
            if (!drawable(value) || points.size() > MOST_MARKS && at != best) return;
            point(
                    at == best ? "dot best " + style : "dot " + style,
                    at,
                    value,
                    at == best ? 5 : 3,
                    name + ", " + x.title() + " " + at + ": " + Axis.text(value));
        });
    }

    private boolean drawable(double value) {
        return Double.isFinite(value) && value >= y.from() && value <= y.to();
    }

    /** Draws a line from the bottom to the top, with a word above it. */
    void mark(double at, String word) {
        line("mark", x(at), TOP, x(at), HEIGHT - BOTTOM);
        text(x.at(at) > 0.9 ? "end" : x.at(at) < 0.1 ? "start" : "middle", x(at), TOP - 8, word);
    }

    /** Draws a point. */
    void point(String style, double atX, double atY, double radius, String title) {
        add(
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>",
                style, x(atX), y(atY), radius, Report.escape(title));
    }

    /** Draws a bar between two places, up from the bottom. */
    void bar(String style, double from, double to, double value, String title) {
        add(
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
                style, x(from) + 1, y(value), x(to) - x(from) - 2, y(y.from()) - y(value), Report.escape(title));
    }

    /** Draws the line on which both numbers are equal. */
    void diagonal() {
        double from = Math.max(x.from(), y.from()), to = Math.min(x.to(), y.to());
        if (from < to) line("mark", x(from), y(from), x(to), y(to));
    }

    /** The whole chart; nothing can be drawn after that. */
    String svg() {
        return svg.append("</svg>").toString();
    }
}
