package lanewise.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lanewise.bench.result.Results;

/** Results as text: Markdown for documents, and the same in aligned columns for a terminal. */
public final class Markdown {

    private final StringBuilder text = new StringBuilder();
    private final UnaryOperator<String> escape;
    private final UnaryOperator<String> heading;

    private Markdown(UnaryOperator<String> escape, UnaryOperator<String> heading) {
        this.escape = escape;
        this.heading = heading;
    }

    /** Markdown, headings from the third level on. */
    public static String of(Results results) {
        return new Markdown(Markdown::escape, title -> "### " + title).text(results, Table::markdown);
    }

    /** The same for a terminal: without Markdown's marks, and without the columns of long texts. */
    public static String plain(Results results) {
        return new Markdown(Table::oneLine, title -> title.toUpperCase(Locale.ROOT)).text(results, Table::plain);
    }

    private String text(Results results, Function<Table, String> form) {
        Tables tables = new Tables(results);
        for (String line : tables.head()) text.append(escape.apply(line)).append(".\n");
        text.append('\n');
        if (!results.leftOut().isEmpty()) {
            heading("Left out");
            results.leftOut().forEach(line -> item("", line));
            text.append('\n');
        }
        for (Tables.Group group : tables.all()) {
            heading(group.title());
            for (Table table : group.tables()) text.append(form.apply(table));
        }
        if (!tables.invalid().isEmpty()) heading("Invalid, and in no table");
        tables.invalid().forEach(this::invalid);
        return text.toString().stripTrailing() + "\n";
    }

    private void heading(String title) {
        text.append(heading.apply(escape.apply(title))).append("\n\n");
    }

    private void item(String indent, String line) {
        text.append(indent).append("- ").append(escape.apply(line)).append('\n');
    }

    private void invalid(List<String> reasons, List<String> rows) {
        item("", String.join("; ", rows));
        reasons.forEach(reason -> item("  ", reason));
    }

    /** Text in which nothing has a meaning in Markdown. */
    public static String escape(String text) {
        return Table.oneLine(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replaceAll("[\\\\`*_\\[\\]|]", "\\\\$0");
    }
}
