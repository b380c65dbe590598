package lanewise.check;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The result of a gradient check. Immutable.
 *
 * <p>Its text names the worst entries with both values, their distance and the bound that it exceeds, and the seed that
 * repeats the run. Its components hold the same and more: all entries, as numbers.
 *
 * @param subject the layer, activation, loss or network in words
 * @param settings the numbers of rows and points in words
 * @param seed for {@link GradientCheck#seed}, to repeat the run
 * @param leftOut how many entries were not compared because the time budget was spent
 * @param findings all that is wrong; empty if the check passed
 * @param remarks hints that concern all findings together
 * @param entries all entries that were compared, in the order of variables and indices
 */
public record GradientReport(
        String subject,
        String settings,
        long seed,
        long leftOut,
        List<Finding> findings,
        List<String> remarks,
        List<Entry> entries) {

    /** The judgement of an entry. */
    public enum Status {
        /** The analytic value is within the bound. */
        CORRECT,
        /** The analytic value is not within the bound, here and at points nearby. */
        WRONG,
        /**
         * The function has a kink here, and the analytic value lies between the derivatives of its sides; or several kinks,
         * and it is right where these are moved apart.
         */
        AT_KINK,
        /**
         * Kinks lie so near that there is no derivative to compare with; or the analytic value is not within the bound here,
         * but at points nearby.
         */
        UNSETTLED,
        /** So much smaller than others that rounding hides it: it could be zero, or the double. */
        TOO_SMALL,
        /** The bound is too wide to tell anything: rounding drowns the difference. */
        IN_NOISE
    }

    /** The kind of a finding. */
    public enum Kind {
        /** Entries of the gradient differ from the numeric derivative. */
        WRONG_GRADIENT,
        /** The gradient is zero everywhere, though the function depends on the variable. */
        FORGOTTEN_GRADIENT,
        /** Both the gradient and the derivative are zero everywhere, so nothing was proven. */
        ZERO_GRADIENT,
        /** Nothing was compared, so nothing is proven. */
        NOTHING_COMPARED,
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
        /** parameterGradient does not multiply by its scale. */
        IGNORES_SCALE,
        /** The shares of a parameter gradient do not make up the whole. */
        IGNORES_PARTS,
        /** The rows from and to are not what is computed. */
        IGNORES_ROWS,
        /** A row's result depends on other rows, though the layer says that it does not. */
        MIXES_ROWS,
        /** Workers that share a batch disturb each other, or miss what another one has left. */
        NOT_SHAREABLE,
        /** Without dInput, backward prepares another parameter gradient. */
        NEEDS_INPUT_GRADIENT,
        /** The layer for prediction does not fit, or its rows depend on the batch. */
        PREDICTS_DIFFERENTLY,
        /** The gradients are not linear in dOutput, the gradient that comes in. */
        NOT_LINEAR,
        /** A row's results depend on how many rows the batch has, or on the row's place there. */
        DEPENDS_ON_ROWS,
        /** The parameters' gradient of a batch is not the sum of its rows'. */
        NOT_A_SUM,
        /** Results do not follow the parameters when these change. */
        STALE_PARAMETERS,
        /** Results depend on the step or on the first row, though nothing is random. */
        DEPENDS_ON_STEP,
        /** Random numbers are the same where they must differ, or differ where they must be the same, or have the wrong mean. */
        WRONG_RANDOM_NUMBERS,
        /** Running statistics are not updated, or go on changing though the batch is always the same. */
        STATISTICS_DO_NOT_SETTLE,
        /** Threads that use the layer or the loss at the same time, each with its own pass, disturb each other. */
        NOT_THREAD_SAFE,
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
     * @param row index of the row; −1 for a derivative along a direction through the whole variable, and −2 − r for one
     *     along a direction through row r alone
     * @param column index of the column; the direction's number if row is negative. Through one row: 0 if all entries are
     *     shifted alike, 1 if all are scaled alike, and from 2 on if equal entries move together
     * @param value of the variable at this entry; NaN for a direction
     * @param analytic the value that backward and parameterGradient computed
     * @param numeric the value from differences
     * @param bound largest distance of the two that rounding and truncation explain
     * @param status the judgement
     */
    public record Entry(
            String layer,
            String name,
            int row,
            int column,
            double value,
            double analytic,
            double numeric,
            double bound,
            Status status) {

        /** Directions through one row. */
        static final int SHIFTED = 0, SCALED = 1, TIED = 2;

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
            if (row >= 0) return name + "[" + row + "][" + column + "]";
            if (row == -1) return name + " along direction " + column;
            return name + "[" + (-2 - row) + "] "
                    + (column == SHIFTED
                            ? "shifted"
                            : column == SCALED ? "scaled" : "equal entries " + (column - TIED));
        }

        /** Place, both values, error, bound; of an activation, x in place of the place. */
        @Override
        public String toString() {
            String place = name.equals("x") && row >= 0 ? String.format(Locale.ROOT, "x = %.7g", value) : place();
            return String.format(
                    Locale.ROOT,
                    "%-24s analytic %-14.7g numeric %-14.7g error %-10.3g bound %.3g",
                    place,
                    analytic,
                    numeric,
                    error(),
                    bound);
        }
    }

    /**
     * A wrong gradient, or a breach of a rule.
     *
     * @param kind its kind
     * @param place the layer, parameter or matrix it concerns
     * @param text a sentence with the observation, the expectation and the likely cause
     */
    public record Finding(Kind kind, String place, String text) {

        /** A finding of an exception, with the place that threw it. */
        static Finding thrown(String place, String call, Throwable e) {
            String at = "";
            for (StackTraceElement frame : e.getStackTrace())
                if (!frame.getClassName().startsWith("java.")
                        && !frame.getClassName().startsWith("jdk.")) {
                    // without the module's name and version, which do not help to find the line
                    at = " at "
                            + new StackTraceElement(
                                    frame.getClassName(),
                                    frame.getMethodName(),
                                    frame.getFileName(),
                                    frame.getLineNumber());
                    break;
                }
            return new Finding(Kind.THROWS, place, call + " threw " + e + at);
        }

        /** Place and text. */
        @Override
        public String toString() {
            return place + ": " + text;
        }
    }

    private static final int WORST = 10;

    /** Copies the lists. */
    public GradientReport {
        findings = List.copyOf(findings);
        remarks = List.copyOf(remarks);
        entries = List.copyOf(entries);
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
        long unsettled = of(own, Status.UNSETTLED), small = of(own, Status.TOO_SMALL);
        long directions = own.stream().filter(entry -> entry.row() < 0).count();
        text.append(String.format(
                Locale.ROOT,
                own.stream().anyMatch(entry -> entry.row() == -1)
                        ? "  %s: a sample of %d entries compared"
                        : "  %s: %d entries compared",
                name,
                own.size() - directions));
        if (directions > 0) text.append(", and ").append(directions).append(" directions");
        if (kinks > 0) text.append("; ").append(kinks).append(" at kinks, right between the derivatives of the sides");
        if (unsettled > 0) text.append("; ").append(unsettled).append(" skipped where nothing nearby confirms them");
        if (small > 0) text.append("; ").append(small).append(" too small to be seen");
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
}
