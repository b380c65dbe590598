package lanewise.bench.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** A comparison as text: warnings, a table of all rows, a summary, and the rows that only one side has. */
final class ComparisonText {

    private static final List<String> HEADINGS = List.of("row", "unit", "base", "new", "ratio", "verdict");

    private static final int FIRST_NUMBER = 2, FIRST_WORDS = 5;

    private final Comparison comparison;
    private final boolean markdown;
    private final StringBuilder text = new StringBuilder();

    ComparisonText(Comparison comparison, boolean markdown) {
        this.comparison = comparison;
        this.markdown = markdown;
        write();
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private void write() {
        for (String warning : comparison.warnings()) paragraph((markdown ? "**Warning:** " : "WARNING: ") + warning);
        Results base = comparison.base(), next = comparison.next();
        paragraph("Base: " + of(base) + ". New: " + of(next) + ".");
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (Comparison.Line line : comparison.lines()) rows.add(cells(line));
        if (markdown) table(rows);
        else columns(rows);
        paragraph(summary());
        for (Comparison.Line line : comparison.lines())
            if (line.verdict() == Comparison.Verdict.INVALID)
                paragraph("Invalid: " + line.next().key() + ": " + String.join("; ", line.reasons()));
        only("Only in base", comparison.onlyBase());
        only("Only in new", comparison.onlyNext());
        String sure = Math.round(100 * (1 - Ratio.ALPHA)) + " %";
        paragraph("Ratio: new divided by base, by forks. The intervals hold at " + sure
                + " for all rows together (Bonferroni). The verdict is that of a test at " + sure
                + " for all rows together, whose levels grow (Holm): it may find a change whose interval contains 1."
                + " Changes of less than " + Math.round(100 * Ratio.CHANGE) + " % are not called.");
    }

    private static String of(Results results) {
        String commit = results.commit().isEmpty() ? "unknown commit" : results.commit();
        return commit + (results.version().isEmpty() ? "" : ", version " + results.version());
    }

    private static List<String> cells(Comparison.Line line) {
        Ratio r = line.ratio();
        String ratio = r == null ? "-" : String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", r.value(), r.low(), r.high());
        return List.of(
                line.next().key().toString(),
                line.next().unit(),
                figure(line.base()),
                figure(line.next()),
                ratio,
                line.words());
    }

    private static String figure(Row row) {
        return row.valid() ? Validity.figure(row.score()) : "-";
    }

    private String summary() {
        long faster = count(l -> l.verdict() == Comparison.Verdict.FASTER),
                slower = count(l -> l.verdict() == Comparison.Verdict.SLOWER),
                none = count(l -> l.verdict() == Comparison.Verdict.NONE),
                few = count(l -> l.verdict() == Comparison.Verdict.FEW),
                invalid = count(l -> l.verdict() == Comparison.Verdict.INVALID);
        return comparison.lines().size() + " rows: " + faster + " faster, " + slower + " slower, " + none
                + " without a difference, " + few + " of too few forks, " + invalid + " invalid.";
    }

    private long count(Predicate<Comparison.Line> which) {
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

    private void table(List<List<String>> rows) {
        for (List<String> row : rows) {
            text.append("| ");
            text.append(String.join(
                    " | ", row.stream().map(c -> c.replace("|", "\\|")).toList()));
            text.append(" |\n");
            if (row == HEADINGS) text.append("|---|---|---:|---:|---:|---|\n");
        }
        text.append('\n');
    }

    /** Texts on the left, numbers on the right. */
    private void columns(List<List<String>> rows) {
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows)
            for (int i = 0; i < widths.length; i++)
                widths[i] = Math.max(widths[i], row.get(i).length());
        for (List<String> row : rows) {
            for (int i = 0; i < FIRST_WORDS; i++) {
                String gap = " ".repeat(widths[i] - row.get(i).length());
                text.append(i < FIRST_NUMBER ? row.get(i) + gap : gap + row.get(i))
                        .append("  ");
            }
            text.append(row.get(FIRST_WORDS)).append('\n');
        }
        text.append('\n');
    }
}
