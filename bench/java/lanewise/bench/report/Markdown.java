package lanewise.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lanewise.bench.result.Results;

/** Results as text: Markdown for documents, and the same in aligned columns for a terminal. */
public final class Markdown {

    private static final String LEFT_OUT = "Left out", INVALID = "Invalid, and in no table";

    private Markdown() {}

    /** Markdown, headings from the third level on. */
    public static String of(Results results) {
        return text(results, Markdown::escape, heading -> "### " + heading, Table::markdown);
    }

    /** The same for a terminal: without Markdown's marks, and without the columns of long texts. */
    public static String plain(Results results) {
        return text(results, Table::oneLine, heading -> heading.toUpperCase(Locale.ROOT), Table::plain);
    }

    private static String text(
            Results results,
            UnaryOperator<String> escape,
            UnaryOperator<String> heading,
            Function<Table, String> form) {
        Tables tables = new Tables(results);
        StringBuilder text = new StringBuilder();
        for (String line : tables.head()) text.append(escape.apply(line)).append(".\n");
        text.append('\n');
        list(text, LEFT_OUT, results.leftOut(), escape, heading);
        for (Tables.Group group : tables.all()) {
            text.append(heading.apply(escape.apply(group.title()))).append("\n\n");
            for (Table table : group.tables()) text.append(form.apply(table));
        }
        list(text, INVALID, tables.invalid(), escape, heading);
        return text.toString().stripTrailing() + "\n";
    }

    private static void list(
            StringBuilder text,
            String title,
            List<String> lines,
            UnaryOperator<String> escape,
            UnaryOperator<String> heading) {
        if (lines.isEmpty()) return;
        text.append(heading.apply(title)).append("\n\n");
        for (String line : lines) text.append("- ").append(escape.apply(line)).append('\n');
        text.append('\n');
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
