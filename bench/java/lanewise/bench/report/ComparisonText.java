package lanewise.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import lanewise.bench.report.Table.Column;
import lanewise.bench.report.Table.Kind;
import lanewise.bench.result.Comparison;
import lanewise.bench.result.Comparison.Beside;
import lanewise.bench.result.Comparison.Line;
import lanewise.bench.result.Comparison.Verdict;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Ratio;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;

/**
 * A comparison as text: warnings, a table of this library's rows, a summary, a table of the others without a verdict, and the
 * rows that only one side has.
 */
public final class ComparisonText {

    private static final List<Column> COLUMNS = List.of(
            new Column("row", Kind.TEXT),
            new Column("unit", Kind.TEXT),
            new Column("base", Kind.NUMBER),
            new Column("new", Kind.NUMBER),
            new Column("ratio", Kind.NUMBER),
            new Column("interval", Kind.NUMBER),
            new Column("verdict", Kind.TEXT));

    /** Of rows that have no interval and no verdict. */
    private static final List<Column> BESIDE = COLUMNS.subList(0, 5);

    private static final String NONE = "-";

    private final Comparison comparison;
    private final boolean markdown;
    private final StringBuilder text = new StringBuilder();

    private ComparisonText(Comparison comparison, boolean markdown) {
        this.comparison = comparison;
        this.markdown = markdown;
    }

    /** For a terminal, or as Markdown. */
    public static String of(Comparison comparison, boolean markdown) {
        return new ComparisonText(comparison, markdown).text();
    }

    private String text() {
        for (String warning : comparison.warnings()) paragraph((markdown ? "**Warning:** " : "WARNING: ") + warning);
        paragraph("Base: " + of(comparison.base()) + ". New: " + of(comparison.next()) + ".");
        table(COLUMNS, comparison.lines().stream().map(ComparisonText::cells).toList());
        paragraph(summary());
        for (Line line : comparison.lines())
            if (line.verdict() == Verdict.INVALID)
                paragraph("Invalid: " + line.next().key() + ": " + String.join("; ", line.reasons()));
        if (!comparison.beside().isEmpty()) {
            paragraph("The machine's limits and other libraries, which have no verdict:");
            table(
                    BESIDE,
                    comparison.beside().stream().map(ComparisonText::cells).toList());
        }
        only("Only in base", comparison.onlyBase());
        only("Only in new", comparison.onlyNext());
        String sure = Math.round(100 * (1 - Ratio.ALPHA)) + " %";
        paragraph("Ratio: new divided by base, by forks. The intervals hold at " + sure
                + " for all rows of this library together (Bonferroni). The verdict is that of a test at " + sure
                + " for them together, whose levels grow (Holm): it may find a change whose interval contains 1."
                + " Changes of less than " + Math.round(100 * Ratio.CHANGE) + " % are not called.");
        return text.toString();
    }

    private static String of(Results results) {
        String commit = results.commit().isEmpty() ? "unknown commit" : results.commit();
        return commit + (results.version().isEmpty() ? "" : ", version " + results.version());
    }

    private static List<String> cells(Line line) {
        Ratio r = line.ratio();
        return List.of(
                line.next().key().toString(),
                line.next().unit(),
                figure(line.base()),
                figure(line.next()),
                r == null ? NONE : thousandths(r.value()),
                r == null ? NONE : thousandths(r.low()) + " .. " + thousandths(r.high()),
                line.words());
    }

    private static List<String> cells(Beside other) {
        return List.of(
                other.next().key().toString(),
                other.next().unit(),
                figure(other.base()),
                figure(other.next()),
                Double.isNaN(other.ratio()) ? NONE : thousandths(other.ratio()));
    }

    private static String figure(Row row) {
        return row.valid() ? Numbers.three(row.score()) : NONE;
    }

    /** A ratio: near 1, three digits would not show a change of 0.4 %. */
    private static String thousandths(double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }

    private String summary() {
        long faster = count(l -> l.verdict() == Verdict.FASTER),
                slower = count(l -> l.verdict() == Verdict.SLOWER),
                none = count(l -> l.verdict() == Verdict.NONE),
                few = count(l -> l.verdict() == Verdict.FEW),
                broken = count(l -> l.verdict() == Verdict.BROKEN),
                invalid = count(l -> l.verdict() == Verdict.INVALID);
        return comparison.lines().size() + " rows of this library: " + faster + " faster, " + slower
                + " slower, " + none + " without a difference, " + few + " of too few forks, " + broken
                + " invalid now, "
                + invalid + " invalid.";
    }

    private long count(Predicate<Line> which) {
        return comparison.lines().stream().filter(which).count();
    }

    private void only(String heading, List<Row> rows) {
        if (rows.isEmpty()) return;
        paragraph(heading + ": "
                + String.join("; ", rows.stream().map(r -> r.key().toString()).toList()) + ".");
    }

    private void paragraph(String words) {
        text.append(words).append("\n\n");
    }

    private void table(List<Column> columns, List<List<String>> rows) {
        Table table = new Table("", columns, rows, "");
        text.append(markdown ? table.markdown() : table.plain());
    }
}
