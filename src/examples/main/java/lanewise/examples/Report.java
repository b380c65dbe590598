package lanewise.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A page about a training: an HTML file that holds all that it shows and asks no network. Its parts come in the order in which
 * they are added; the figures come first, and the settings last. All text is escaped. Not thread-safe.
 */
final class Report {

    /** Beyond so many classes the confusion matrix is left out; the most frequent confusions are there. */
    private static final int MOST_CLASSES = 40;

    private static final int MOST_CONFUSIONS = 10, MOST_POINTS = 2000, BINS = 10;

    /** A ratio of losses from which on their axis is logarithmic. */
    private static final double WIDE = 30;

    private static final int MARKS = 6, STYLES = 3;

    /** Figures of more characters are shown smaller. */
    private static final int LONG = 12;

    private final String title;
    private final String subtitle;
    private final Map<String, String> figures = new LinkedHashMap<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, Map<String, TreeMap<Integer, Double>>> curves = new LinkedHashMap<>();
    private int best;
    private final List<String> parts = new ArrayList<>();
    private String footer = "";

    /**
     * An empty report.
     *
     * @param title of the page
     * @param subtitle a sentence below it
     */
    Report(String title, String subtitle) {
        this.title = title;
        this.subtitle = subtitle;
    }

    /** Adds a result that is shown large. */
    Report figure(String name, String value) {
        figures.put(name, value);
        return this;
    }

    /** Adds a row of the table of settings. */
    Report setting(String name, Object value) {
        settings.put(name, String.valueOf(value));
        return this;
    }

    /** Sets the last line. */
    Report footer(String text) {
        footer = text;
        return this;
    }

    /**
     * Adds a point of a learning curve.
     *
     * @param chart its title, {@code Loss} for example
     * @param series its line, {@code validation} for example
     * @param epoch from 1
     * @param value left out if it is not finite
     */
    Report point(String chart, String series, int epoch, double value) {
        curves.computeIfAbsent(chart, name -> new LinkedHashMap<>())
                .computeIfAbsent(series, name -> new TreeMap<>())
                .put(epoch, value);
        return this;
    }

    /** Sets the epoch that is marked in the learning curves; 0 for none. */
    Report best(int epoch) {
        best = epoch;
        return this;
    }

    /**
     * Adds a confusion matrix with recall and precision, the most frequent confusions, and the calibration: in each of ten
     * classes of confidence the share of correct answers.
     *
     * @param of the samples: {@code 10,000 test samples}
     * @param labels names of the classes
     * @param actual class of each sample
     * @param predicted class that the network gives each sample
     * @param confidence probability that the network gives that class
     */
    Report classes(String of, List<String> labels, int[] actual, int[] predicted, float[] confidence) {
        int[][] counts = new int[labels.size()][labels.size()];
        for (int i = 0; i < actual.length; i++) counts[actual[i]][predicted[i]]++;
        if (labels.size() <= MOST_CLASSES) part("Confusion matrix", of, "wide", matrix(labels, counts));
        String confusions = confusions(labels, counts);
        if (!confusions.isEmpty()) part("Most frequent confusions", of, "", confusions);
        part("Calibration", of, "", calibration(actual, predicted, confidence));
        return this;
    }

    /**
     * Adds a chart of predicted against true numbers.
     *
     * @param of the samples: {@code 89 validation samples}
     * @param name of what is predicted
     * @param actual number of each sample
     * @param predicted number that the network gives each sample
     */
    Report numbers(String of, String name, float[] actual, float[] predicted) {
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (float[] values : new float[][] {actual, predicted})
            for (float value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        if (!(least <= most)) return this;
        Chart chart = new Chart(
                "Predicted against true values of " + name,
                Axis.linear("true", least, most, MARKS),
                Axis.linear("predicted", least, most, MARKS));
        chart.diagonal();
        int every = (actual.length + MOST_POINTS - 1) / MOST_POINTS;
        for (int i = 0; i < actual.length; i += every)
            chart.point(
                    "cloud",
                    actual[i],
                    predicted[i],
                    3,
                    "true " + Axis.text(actual[i]) + ", predicted " + Axis.text(predicted[i]));
        String note = every == 1 ? of : of + ", one in " + every + " drawn";
        part("Predicted against true: " + name, note, "", chart.svg() + key("mark", "equal"));
        return this;
    }

    /**
     * Adds a row of pictures.
     *
     * @param heading above it
     * @param note below the heading
     * @param pictures of the same size
     */
    Report pictures(String heading, String note, List<Picture> pictures) {
        StringBuilder all = new StringBuilder("<div class=\"pictures\">");
        for (Picture picture : pictures)
            all.append("<figure><img alt=\"")
                    .append(escape(picture.caption()))
                    .append("\" width=\"")
                    .append(picture.width())
                    .append("\" height=\"")
                    .append(picture.height())
                    .append("\" src=\"")
                    .append(picture.address())
                    .append("\"><figcaption>")
                    .append(escape(picture.caption()))
                    .append("</figcaption></figure>");
        if (!pictures.isEmpty()) part(heading, note, "wide", all + "</div>");
        return this;
    }

    private void part(String heading, String note, String style, String content) {
        parts.add(section(heading, note, style, content));
    }

    private static String section(String heading, String note, String style, String content) {
        return "<section" + (style.isEmpty() ? "" : " class=\"" + style + "\"") + "><h2>" + escape(heading) + "</h2>"
                + (note.isEmpty() ? "" : "<p class=\"note\">" + escape(note) + "</p>") + content + "</section>\n";
    }

    // Learning curves

    /**
     * Draws a chart.
     *
     * @param styles of the lines by name: a name has the same in all charts
     */
    private String curve(String name, Map<String, TreeMap<Integer, Double>> series, List<String> styles) {
        int first = Integer.MAX_VALUE, last = 0;
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (TreeMap<Integer, Double> points : series.values())
            for (Map.Entry<Integer, Double> point : points.entrySet()) {
                first = Math.min(first, point.getKey());
                last = Math.max(last, point.getKey());
                if (!Double.isFinite(point.getValue())) continue;
                least = Math.min(least, point.getValue());
                most = Math.max(most, point.getValue());
            }
        if (!(least <= most)) return "";
        boolean logarithmic = least > 0 && most > WIDE * least;
        Axis y = logarithmic ? Axis.logarithmic(name, least, most) : Axis.linear(name, least, most, MARKS);
        Chart chart = new Chart(name + " by epoch", Axis.counting("Epoch", first, last, MARKS), y);
        boolean marked = best >= first && best <= last;
        if (marked) chart.mark(best, "best: " + best);
        StringBuilder keys = new StringBuilder();
        for (Map.Entry<String, TreeMap<Integer, Double>> one : series.entrySet()) {
            String style = "s" + styles.indexOf(one.getKey()) % STYLES;
            chart.line(style, one.getKey(), one.getValue(), marked ? best : 0);
            keys.append(key(style, one.getKey()));
        }
        return section(name, logarithmic ? "logarithmic axis" : "", "", chart.svg() + keys);
    }

    private static String key(String style, String name) {
        return "<span class=\"key\"><svg viewBox=\"0 0 24 10\" width=\"24\" height=\"10\" aria-hidden=\"true\">"
                + "<line class=\"line " + style + "\" x1=\"1\" y1=\"5\" x2=\"23\" y2=\"5\"/></svg>" + escape(name)
                + "</span>";
    }

    /** The curves' numbers, a row for each epoch. */
    private String epochs() {
        StringBuilder table =
                new StringBuilder("<section class=\"wide\"><details><summary>The curves as numbers</summary>"
                        + "<div class=\"scroll\" tabindex=\"0\"><table class=\"numbers\"><thead><tr><th>Epoch</th>");
        TreeMap<Integer, List<String>> rows = new TreeMap<>();
        int columns = 0;
        for (Map.Entry<String, Map<String, TreeMap<Integer, Double>>> chart : curves.entrySet())
            for (Map.Entry<String, TreeMap<Integer, Double>> series :
                    chart.getValue().entrySet()) {
                table.append("<th>").append(escape(chart.getKey() + ", " + series.getKey()));
                table.append("</th>");
                for (Map.Entry<Integer, Double> point : series.getValue().entrySet()) {
                    List<String> row = rows.computeIfAbsent(point.getKey(), epoch -> new ArrayList<>());
                    while (row.size() < columns) row.add("");
                    row.add(Axis.text(point.getValue()));
                }
                columns++;
            }
        table.append("</tr></thead><tbody>");
        rows.forEach((epoch, row) -> {
            table.append(epoch == best ? "<tr class=\"best\">" : "<tr>");
            table.append("<th>").append(epoch).append("</th>");
            for (String value : row) table.append("<td>").append(value).append("</td>");
            table.append("</tr>");
        });
        return table + "</tbody></table></div></details></section>\n";
    }

    // Classes

    private static String matrix(List<String> labels, int[][] counts) {
        int classes = labels.size();
        StringBuilder table =
                new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table class=\"matrix\"><thead><tr>"
                        + "<th class=\"corner\">true \\ predicted</th>");
        for (String label : labels) cell(table, "th", "", label);
        table.append("<th class=\"rate\">recall</th></tr></thead><tbody>");
        int[] predictions = new int[classes];
        for (int row = 0; row < classes; row++) {
            int sum = Arrays.stream(counts[row]).sum();
            table.append("<tr>");
            cell(table, "th", "", labels.get(row));
            for (int column = 0; column < classes; column++) {
                int count = counts[row][column];
                predictions[column] += count;
                // Errors are few: their colour is stronger.
                double share = sum == 0 ? 0 : (double) count / sum;
                String kind = count == 0 ? "none" : row == column ? "right" : "wrong";
                double shade = row == column ? 0.55 * share : Math.min(0.6, 0.08 + 0.9 * Math.sqrt(share));
                String style = String.format(Locale.ROOT, " class=\"%s\" style=\"--s:%.3f\"", kind, shade);
                cell(table, "td", style, String.valueOf(count));
            }
            cell(table, "td", " class=\"rate\"", percent(counts[row][row], sum));
            table.append("</tr>");
        }
        table.append("</tbody><tfoot><tr><th>precision</th>");
        for (int column = 0; column < classes; column++)
            cell(table, "td", " class=\"rate\"", percent(counts[column][column], predictions[column]));
        return table + "<td></td></tr></tfoot></table></div>";
    }

    private static void cell(StringBuilder table, String tag, String attributes, String text) {
        table.append('<').append(tag).append(attributes).append('>').append(escape(text));
        table.append("</").append(tag).append('>');
    }

    private static String percent(int part, int whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f%%", 100.0 * part / whole);
    }

    private static String confusions(List<String> labels, int[][] counts) {
        record Confusion(int actual, int predicted, int count, int of) {}
        List<Confusion> all = new ArrayList<>();
        for (int row = 0; row < counts.length; row++)
            for (int column = 0; column < counts.length; column++)
                if (row != column && counts[row][column] > 0)
                    all.add(new Confusion(
                            row,
                            column,
                            counts[row][column],
                            Arrays.stream(counts[row]).sum()));
        if (all.isEmpty()) return "";
        all.sort(Comparator.comparingInt((Confusion one) -> -one.count));
        StringBuilder table =
                new StringBuilder("<table class=\"numbers pairs\"><thead><tr><th>true</th><th>predicted</th>"
                        + "<th>samples</th><th>of the class</th></tr></thead><tbody>");
        for (Confusion one : all.subList(0, Math.min(MOST_CONFUSIONS, all.size()))) {
            table.append("<tr>");
            for (int label : new int[] {one.actual, one.predicted}) cell(table, "th", "", labels.get(label));
            cell(table, "td", "", String.valueOf(one.count));
            cell(table, "td", "", percent(one.count, one.of));
            table.append("</tr>");
        }
        return table + "</tbody></table>";
    }

    private static String calibration(int[] actual, int[] predicted, float[] confidence) {
        int[] counts = new int[BINS], correct = new int[BINS];
        double[] sums = new double[BINS];
        for (int i = 0; i < actual.length; i++) {
            int bin = Math.min(BINS - 1, Math.max(0, (int) (confidence[i] * BINS)));
            counts[bin]++;
            sums[bin] += confidence[i];
            if (actual[i] == predicted[i]) correct[bin]++;
        }
        Chart chart = new Chart(
                "Share of correct answers by confidence",
                Axis.linear("confidence", 0, 1, BINS / 2),
                Axis.linear("share of correct answers", 0, 1, BINS / 2));
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (counts[bin] == 0) continue;
            double share = (double) correct[bin] / counts[bin], mean = sums[bin] / counts[bin];
            error += Math.abs(correct[bin] - sums[bin]) / actual.length;
            String about = counts[bin] + " samples, mean confidence " + Axis.text(mean) + ", share of correct answers "
                    + Axis.text(share);
            chart.bar("bar", (double) bin / BINS, (bin + 1.0) / BINS, share, about);
            chart.point("dot s1", mean, share, 4, about);
        }
        chart.diagonal();
        StringBuilder numbers = new StringBuilder("<table class=\"numbers bins\"><thead><tr><th>confidence</th>"
                + "<th>samples</th><th>correct</th></tr></thead><tbody>");
        for (int bin = 0; bin < BINS; bin++) {
            if (counts[bin] == 0) continue;
            numbers.append("<tr>");
            cell(numbers, "th", "", 100 * bin / BINS + " to " + 100 * (bin + 1) / BINS + "%");
            cell(numbers, "td", "", String.valueOf(counts[bin]));
            cell(numbers, "td", "", percent(correct[bin], counts[bin]));
            numbers.append("</tr>");
        }
        return chart.svg() + key("mark", "perfectly calibrated")
                + String.format(
                        Locale.ROOT,
                        "<p>Expected calibration error: %.2f%% (%d classes of confidence)</p>",
                        100 * error,
                        BINS)
                + "<details><summary>The chart as numbers</summary>" + numbers + "</tbody></table></details>";
    }

    // The page

    /** The whole page. */
    String html() {
        StringBuilder page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;"
                + " style-src 'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
        page.append(escape(title)).append("</title>\n<style>\n").append(style()).append("</style>\n</head>\n<body>\n");
        page.append("<header><h1>").append(escape(title)).append("</h1><p>");
        page.append(escape(subtitle)).append("</p></header>\n<main>\n");
        if (!figures.isEmpty()) {
            page.append("<dl class=\"figures\">");
            figures.forEach((name, value) -> page.append("<div><dt>")
                    .append(escape(name))
                    .append(value.length() > LONG ? "</dt><dd class=\"long\">" : "</dt><dd>")
                    .append(escape(value))
                    .append("</dd></div>"));
            page.append("</dl>\n");
        }
        List<String> styles = curves.values().stream()
                .flatMap(series -> series.keySet().stream())
                .distinct()
                .toList();
        curves.forEach((name, series) -> page.append(curve(name, series, styles)));
        if (!curves.isEmpty()) page.append(epochs());
        parts.forEach(page::append);
        if (!settings.isEmpty()) {
            StringBuilder table = new StringBuilder("<table class=\"settings\"><tbody>");
            settings.forEach((name, value) -> {
                table.append("<tr>");
                cell(table, "th", "", name);
                cell(table, "td", "", value);
                table.append("</tr>");
            });
            page.append(section("Settings", "", "wide", table + "</tbody></table>"));
        }
        page.append("</main>\n<footer>").append(escape(footer)).append("</footer>\n</body>\n</html>\n");
        return page.toString();
    }

    private static String style() {
        try (InputStream in = Report.class.getResourceAsStream("/report/report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Text as HTML, for elements and attributes in double quotes. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(allowed(c) ? c : '?');
            }
        });
        return escaped.toString();
    }

    /** Whether a character may stand in HTML: no control character, no half of a pair. */
    private static boolean allowed(int c) {
        boolean control = Character.isISOControl(c) && c != '\n' && c != '\t';
        return !control && !(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }
}
