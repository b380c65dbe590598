package lanewise.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table in each form that a report has.
 *
 * @param title above it; may be empty
 * @param columns from left to right
 * @param rows a cell for each column
 * @param note below it; may be empty
 */
public record Table(String title, List<Column> columns, List<List<String>> rows, String note) {

    /**
     * A column.
     *
     * @param name in the first line
     * @param kind how its cells are set
     */
    public record Column(String name, Kind kind) {}

    /** How a column's cells are set. */
    public enum Kind {
        /** To the left. */
        TEXT,
        /** To the right. */
        NUMBER,
        /** To the left, and left out on a terminal, whose lines are short. */
        LONG
    }

    /** Checks the number of cells, and leaves out columns that have no text in any row. */
    public Table {
        for (List<String> row : rows)
            if (row.size() != columns.size())
                throw new IllegalArgumentException(
                        "table " + title + ": " + row.size() + " cells given, " + columns.size() + " columns expected");
        List<List<String>> all = rows;
        int[] used = IntStream.range(0, columns.size())
                .filter(c -> all.isEmpty()
                        || all.stream().anyMatch(row -> !row.get(c).isEmpty()))
                .toArray();
        rows = all.stream().map(row -> pick(row, used)).toList();
        columns = pick(columns, used);
    }

    private static <T> List<T> pick(List<T> all, int[] which) {
        return IntStream.of(which).mapToObj(all::get).toList();
    }

    /** Markdown, with an empty line before and after the table. */
    public String markdown() {
        StringBuilder text = new StringBuilder(title.isEmpty() ? "" : "**" + Markdown.escape(title) + "**\n\n");
        line(text, columns.stream().map(Column::name).toList());
        text.append('|');
        for (Column column : columns) text.append(column.kind == Kind.NUMBER ? "---:|" : "---|");
        text.append('\n');
        for (List<String> row : rows) line(text, row);
        if (!note.isEmpty()) text.append('\n').append(Markdown.escape(note)).append('\n');
        return text.append('\n').toString();
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append('|');
        for (String cell : cells) text.append(cell.isEmpty() ? " |" : " " + Markdown.escape(cell) + " |");
        text.append('\n');
    }

    /** The same table without its long columns. */
    Table brief() {
        int[] used = IntStream.range(0, columns.size())
                .filter(c -> columns.get(c).kind != Kind.LONG)
                .toArray();
        return new Table(
                title,
                pick(columns, used),
                rows.stream().map(row -> pick(row, used)).toList(),
                note);
    }

    /** Aligned columns for a terminal. */
    public String plain() {
        int[] used = IntStream.range(0, columns.size())
                .filter(c -> columns.get(c).kind != Kind.LONG)
                .toArray();
        List<List<String>> lines = new ArrayList<>();
        lines.add(pick(columns.stream().map(Column::name).toList(), used));
        for (List<String> row : rows)
            lines.add(pick(row, used).stream().map(Table::oneLine).toList());
        StringBuilder text = new StringBuilder(title.isEmpty() ? "" : title + "\n");
        for (List<String> line : lines) {
            StringBuilder padded = new StringBuilder();
            for (int i = 0; i < used.length; i++) {
                int at = i;
                int width =
                        lines.stream().mapToInt(l -> l.get(at).length()).max().orElse(0);
                String space = " ".repeat(width - line.get(i).length());
                boolean right = columns.get(used[i]).kind == Kind.NUMBER;
                padded.append(i == 0 ? "  " : "   ").append(right ? space + line.get(i) : line.get(i) + space);
            }
            text.append(padded.toString().stripTrailing()).append('\n');
        }
        if (!note.isEmpty()) text.append("  ").append(note).append('\n');
        return text.append('\n').toString();
    }

    /** Text without line breaks and other control characters. */
    static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }

    /** HTML, without the title, which belongs to the caption for those who hear the page. */
    String html() {
        StringBuilder html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
                .append(Html.escape(title.isEmpty() ? "table" : title))
                .append("\"><table><thead><tr>");
        for (Column column : columns)
            html.append("<th scope=\"col\"")
                    .append(style(column))
                    .append('>')
                    .append(Html.escape(column.name))
                    .append("</th>");
        html.append("</tr></thead><tbody>");
        for (List<String> row : rows) html.append("<tr>").append(cells(row)).append("</tr>\n");
        html.append("</tbody></table></div>");
        return note.isEmpty() ? html.toString() : html + "<p class=\"note\">" + Html.escape(note) + "</p>";
    }

    private String cells(List<String> row) {
        return IntStream.range(0, row.size())
                .mapToObj(i -> i == 0
                        ? "<th scope=\"row\"" + style(columns.get(i)) + ">" + Html.escape(row.get(i)) + "</th>"
                        : "<td" + style(columns.get(i)) + ">" + Html.escape(row.get(i)) + "</td>")
                .collect(Collectors.joining());
    }

    private static String style(Column column) {
        return switch (column.kind) {
            case TEXT -> "";
            case NUMBER -> " class=\"number\"";
            case LONG -> " class=\"long\"";
        };
    }
}
