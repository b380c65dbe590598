package lanewise.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * What a gradient check found: every entry that was compared, what was left out and why, and what is wrong. Immutable.
 *
 * <p>Its text explains itself: the worst entries by name and index with both values, their distance and the bound that it
 * exceeds, and the seed that repeats the run.
 */
public final class GradientReport implements Iterable<GradientReport.Entry> {

    /** What became of an entry. */
    public enum Status {
        /** The analytic value is within the bound. */
        CORRECT,
        /** It is not, here and at points nearby. */
        WRONG,
        /** The function has a kink so near that there is no derivative to compare with. */
        AT_KINK,
        /** The bound is too wide to tell anything: rounding drowns the difference. */
        IN_NOISE
    }

    /** What can be wrong. */
    public enum Kind {
        /** Entries of the gradient differ from the numeric derivative. */
        WRONG_GRADIENT,
        /** The gradient is zero everywhere, though the function depends on the variable. */
        FORGOTTEN_GRADIENT,
        /** Both the gradient and the derivative are zero everywhere, so nothing was proven. */
        ZERO_GRADIENT,
        /** More than a tenth of a variable's entries could not be checked. */
        TOO_MANY_SKIPPED,
        /** A parameter is named, or there is an input, but no output depends on it. */
        UNUSED_PARAMETER,
        /** Forward gives different results for the same pass, parameters and input. */
        NOT_REPEATABLE,
        /** A result depends on calls before, or in another pass. */
        KEEPS_STATE,
        /** Something outside the range that is to be written was written. */
        WRITES_OUTSIDE,
        /** An argument that is only to be read was modified. */
        MODIFIES_ARGUMENT,
        /** A result depends on what was in the matrix that it overwrites. */
        READS_RESULT,
        /** Padding was read, or is not +0.0 where it must be. */
        PADDING,
        /** The input's gradient is added to what was there. */
        ACCUMULATES,
        /** The parameters' gradient replaces what was there. */
        OVERWRITES,
        /** Parameters are read where they must not be. */
        READS_PARAMETERS,
        /** accumulate does not multiply by its scale. */
        IGNORES_SCALE,
        /** The shares of a parameter gradient do not make up the whole. */
        IGNORES_PARTS,
        /** The rows from and to are not what is computed. */
        IGNORES_ROWS,
        /** A row's result depends on other rows, though the layer says that it does not. */
        MIXES_ROWS,
        /** descend and catchUp do something else than accumulate with the same scale. */
        DESCENDS_DIFFERENTLY,
        /** Without dInput, backward prepares another parameter gradient. */
        NEEDS_INPUT_GRADIENT,
        /** The layer for prediction does not fit, or its rows depend on the batch. */
        PREDICTS_DIFFERENTLY,
        /** The loss's value of a row is wrong in itself: other than its own for the same row, or not NaN for NaN. */
        WRONG_LOSS,
        /** A result is not a finite number. */
        NOT_FINITE,
        /** The forward pass differs from its double-precision reference. */
        DIFFERS_FROM_REFERENCE,
        /** An exception was thrown. */
        THROWS
    }

    /**
     * One comparison.
     *
     * @param layer the layer the variable belongs to, as text; empty for inputs
     * @param name the variable: a parameter's name, {@code input}, {@code logits} or {@code x}
     * @param row index of the row; −1 for a derivative along a direction through the whole variable
     * @param column index of the column; the direction's number if row is −1
     * @param analytic what backward and accumulate computed
     * @param numeric what the differences gave
     * @param bound largest distance of the two that rounding and truncation explain
     * @param status what became of it
     */
    public record Entry(
            String layer,
            String name,
            int row,
            int column,
            double analytic,
            double numeric,
            double bound,
            Status status) {

        /**
         * Distance of the two values.
         *
         * @return |analytic − numeric|
         */
        public double error() {
            return Math.abs(analytic - numeric);
        }

        /**
         * Name and index.
         *
         * @return {@code weights[3][1]}, or {@code weights along direction 2}
         */
        public String place() {
            return row < 0 ? name + " along direction " + column : name + "[" + row + "][" + column + "]";
        }

        /** Place, both values, error, bound. */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%-24s analytic %-14.7g numeric %-14.7g error %-10.3g bound %.3g",
                    place(),
                    analytic,
                    numeric,
                    error(),
                    bound);
        }
    }

    /**
     * Something wrong.
     *
     * @param kind what
     * @param place the layer, parameter or matrix it concerns
     * @param text a sentence that says what was seen, what is expected and the likely cause
     */
    public record Finding(Kind kind, String place, String text) {

        /** Place and text. */
        @Override
        public String toString() {
            return place + ": " + text;
        }
    }

    private static final int WORST = 10;

    private final String subject;
    private final String settings;
    private final long seed;
    private final List<Entry> entries;
    private final List<Finding> findings;
    private final List<String> remarks;
    private final long leftOut;

    GradientReport(
            String subject,
            String settings,
            long seed,
            List<Entry> entries,
            List<Finding> findings,
            List<String> remarks,
            long leftOut) {
        this.subject = subject;
        this.settings = settings;
        this.seed = seed;
        this.entries = List.copyOf(entries);
        this.findings = List.copyOf(findings);
        this.remarks = List.copyOf(remarks);
        this.leftOut = leftOut;
    }

    /**
     * Whether nothing wrong was found.
     *
     * @return true if there are no {@link #findings}
     */
    public boolean passed() {
        return findings.isEmpty();
    }

    /**
     * Whether all entries were compared that should be; false if the time budget was spent before.
     *
     * @return true if nothing was left out for want of time
     */
    public boolean complete() {
        return leftOut == 0;
    }

    /**
     * What is wrong.
     *
     * @return empty if the check passed
     */
    public List<Finding> findings() {
        return findings;
    }

    /**
     * The seed that repeats the run.
     *
     * @return for {@link GradientCheck#seed}
     */
    public long seed() {
        return seed;
    }

    /**
     * How many entries have this status.
     *
     * @param status which
     * @return their number
     */
    public int count(Status status) {
        int count = 0;
        for (Entry entry : entries) if (entry.status() == status) count++;
        return count;
    }

    /** All entries that were compared, in the order of variables and indices. */
    @Override
    public Iterator<Entry> iterator() {
        return entries.iterator();
    }

    /**
     * Throws if something is wrong.
     *
     * @return this report
     * @throws AssertionError with this report's text, if the check did not pass
     */
    public GradientReport assertCorrect() {
        if (!passed()) throw new AssertionError(toString());
        return this;
    }

    /** The whole report as text. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Gradient check of " + subject + ": "
                + (passed() ? complete() ? "correct" : "nothing wrong found, but incomplete" : "FAILED") + "\n");
        text.append("  ").append(settings).append('\n');
        for (Finding finding : findings)
            text.append("  ").append(finding.toString().indent(2).strip()).append('\n');
        if (leftOut > 0)
            text.append("  ").append(leftOut).append(" entries were left out: the time budget was spent\n");
        for (String remark : remarks) text.append("  ").append(remark).append('\n');
        for (String name : entries.stream().map(Entry::name).distinct().toList()) variable(text, name);
        return text.append("  repeat it with seed(").append(seed).append(")").toString();
    }

    private void variable(StringBuilder text, String name) {
        List<Entry> own =
                entries.stream().filter(entry -> entry.name().equals(name)).toList();
        long wrong = of(own, Status.WRONG), kinks = of(own, Status.AT_KINK), noise = of(own, Status.IN_NOISE);
        long directions = own.stream().filter(entry -> entry.row() < 0).count();
        text.append(String.format(Locale.ROOT, "  %s: %d entries compared", name, own.size() - directions));
        if (directions > 0) text.append(", and ").append(directions).append(" directions");
        if (kinks > 0) text.append("; ").append(kinks).append(" skipped at kinks");
        if (noise > 0) text.append("; ").append(noise).append(" skipped in noise");
        if (wrong > 0) {
            text.append("; ").append(wrong).append(" wrong:\n");
        } else {
            double largest = own.stream()
                    .filter(entry -> entry.status() == Status.CORRECT)
                    .mapToDouble(Entry::analytic)
                    .map(Math::abs)
                    .max()
                    .orElse(0);
            double bound = median(own);
            text.append(String.format(
                    Locale.ROOT,
                    "; largest |gradient| %.3g, median bound %.2g, closest to its bound:\n",
                    largest,
                    bound));
        }
        own.stream()
                .filter(entry -> entry.status() == (wrong > 0 ? Status.WRONG : Status.CORRECT))
                .sorted(Comparator.comparingDouble(entry -> -entry.error() / entry.bound()))
                .limit(wrong > 0 ? WORST : 1)
                .forEach(entry -> text.append("    ").append(entry).append('\n'));
    }

    private static double median(List<Entry> own) {
        double[] bounds = own.stream()
                .filter(entry -> entry.status() == Status.CORRECT)
                .mapToDouble(Entry::bound)
                .sorted()
                .toArray();
        return bounds.length == 0 ? Double.NaN : bounds[bounds.length / 2];
    }

    private static long of(List<Entry> entries, Status status) {
        return entries.stream().filter(entry -> entry.status() == status).count();
    }

    /**
     * The whole report as JSON: subject, settings, seed, passed, complete, findings, entries, remarks.
     *
     * @return one object; numbers that are not finite are null
     */
    public String toJson() {
        StringBuilder json = new StringBuilder("{\"subject\":" + quote(subject) + ",\"settings\":" + quote(settings)
                + ",\"seed\":" + seed + ",\"passed\":" + passed() + ",\"complete\":" + complete() + ",\"leftOut\":"
                + leftOut + ",\"findings\":[");
        List<String> items = new ArrayList<>();
        for (Finding f : findings)
            items.add("{\"kind\":" + quote(f.kind().name()) + ",\"place\":" + quote(f.place()) + ",\"text\":"
                    + quote(f.text()) + "}");
        json.append(String.join(",", items)).append("],\"entries\":[");
        items.clear();
        for (Entry e : entries)
            items.add("{\"layer\":" + quote(e.layer()) + ",\"name\":" + quote(e.name()) + ",\"row\":" + e.row()
                    + ",\"column\":" + e.column() + ",\"analytic\":" + number(e.analytic()) + ",\"numeric\":"
                    + number(e.numeric()) + ",\"error\":" + number(e.error()) + ",\"bound\":" + number(e.bound())
                    + ",\"status\":" + quote(e.status().name()) + "}");
        json.append(String.join(",", items)).append("],\"remarks\":[");
        items.clear();
        for (String remark : remarks) items.add(quote(remark));
        return json.append(String.join(",", items)).append("]}").toString();
    }

    private static String number(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "null";
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
