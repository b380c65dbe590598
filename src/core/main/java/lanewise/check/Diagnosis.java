package lanewise.check;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;

/** Looks for a pattern in wrong entries that tells the mistake. */
final class Diagnosis {

    /** Fewer wrong entries may differ from the others in their values by chance, unless there are many others. */
    private static final int FEW = 3, MANY = 16;

    private Diagnosis() {}

    static Finding of(Subject.Variable v, List<Entry> entries, String place, GradientCheck check) {
        List<Entry> single = entries.stream().filter(e -> e.row() >= 0).toList();
        List<Entry> wrong =
                single.stream().filter(e -> e.status() == Status.WRONG).toList();
        boolean allZero = v.gradientIsZeroAtFirst;
        if (allZero)
            return new Finding(
                    Kind.FORGOTTEN_GRADIENT,
                    place,
                    "its gradient is zero everywhere, but the function depends on it; is it forgotten in "
                            + (v.parameter < 0 ? "backward?" : "parameterGradient?"));
        String text = wrong.isEmpty()
                ? "the gradient along random directions is wrong"
                : wrong.size() + " of " + single.size() + " entries of the gradient are wrong";
        List<String> hints = new ArrayList<>();
        factor(wrong, hints, check);
        zeros(wrong, hints);
        transposed(v, single, wrong, hints);
        broadcast(v, single, wrong, hints);
        where(v, single, wrong, hints);
        values(single, wrong, hints);
        return new Finding(Kind.WRONG_GRADIENT, place, text + (hints.isEmpty() ? "" : "; " + String.join("; ", hints)));
    }

    /** Whether all wrong entries are the right ones times one number. */
    private static void factor(List<Entry> wrong, List<String> hints, GradientCheck check) {
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (Entry e : wrong) {
            if (Math.abs(e.numeric()) < 8 * e.bound()) continue;
            double ratio = e.analytic() / e.numeric(),
                    width = (1 + Math.abs(ratio)) * e.bound() / Math.abs(e.numeric());
            low = Math.min(low, ratio + width);
            high = Math.max(high, ratio - width);
        }
        if (wrong.size() < 2 || high > low || high == Double.NEGATIVE_INFINITY) return;
        double ratio = (low + high) / 2, tolerance = Math.max(1e-3, low - high);
        if (Math.abs(ratio) < 1e-3) return;
        if (Math.abs(ratio + 1) < tolerance) {
            hints.add("each is the numeric value with the other sign");
            return;
        }
        String text = Math.abs(ratio - 1) < 1e-3
                ? String.format(
                        Locale.ROOT,
                        "each is 1 %c %.2g times the numeric value",
                        ratio < 1 ? '-' : '+',
                        Math.abs(ratio - 1))
                : String.format(Locale.ROOT, "each is %.5g times the numeric value", ratio);
        int rows = check.rows, in = check.layer.inputSize(), out = check.layer.outputSize();
        String[] names = {"rows", "inputs", "outputs"};
        int[] sizes = {rows, in, out};
        for (int i = 0; i < 3; i++) {
            if (sizes[i] < 2 || i == 1 && check.loss != null) continue;
            if (Math.abs(ratio / sizes[i] - 1) < tolerance)
                text += ", the number of " + names[i] + ": a sum where a mean belongs?";
            if (Math.abs(ratio * sizes[i] - 1) < tolerance)
                text += ", one divided by the number of " + names[i] + ": a mean where a sum belongs?";
        }
        hints.add(text);
    }

    /** Whether wrong entries are those of the transposed matrix. */
    private static void transposed(Subject.Variable v, List<Entry> single, List<Entry> wrong, List<String> hints) {
        int n = v.values.columns();
        if (v.values.rows() != n || n < 2 || single.size() != n * n || wrong.size() < 2) return;
        for (Entry e : wrong) {
            Entry other = single.get(e.column() * n + e.row());
            if (!(Math.abs(e.analytic() - other.numeric()) <= e.bound() + other.bound())) return;
        }
        hints.add("each is the numeric value of the transposed entry");
    }

    /** Whether all rows of a matrix hold the same. */
    private static void broadcast(Subject.Variable v, List<Entry> single, List<Entry> wrong, List<String> hints) {
        int rows = v.values.rows(), columns = v.values.columns();
        if (rows < 2 || single.size() != rows * columns || wrong.size() < 2) return;
        for (Entry e : single) {
            double first = single.get(e.column()).analytic();
            if (!(Math.abs(e.analytic() - first) <= 1e-5 * Math.abs(first))) return;
        }
        hints.add("all rows hold the same: a vector broadcast to a matrix?");
    }

    /** What the pattern of wrong variables tells; null if nothing. */
    static String of(Subject subject) {
        List<Subject.Variable> wrong = new ArrayList<>(), right = new ArrayList<>();
        for (Subject.Variable v : subject.variables) (v.wrong ? wrong : right).add(v);
        if (wrong.isEmpty() || subject.variables.size() < 2) return null;
        if (subject.layer instanceof lanewise.layer.Stack stack
                && stack.layers().size() > 1) {
            int last = -1;
            for (Subject.Variable v : wrong) last = Math.max(last, v.index);
            if (last == stack.layers().size() - 1)
                return "wrong already is the last layer, " + stack.layers().get(last);
            return "right within their bounds are the layers after " + (last < 0 ? "the input" : "layer " + last)
                    + "; look at "
                    + (last < 0 ? "" : "layer " + last + " (" + stack.layers().get(last) + ") and at ")
                    + "how layer " + (last + 1) + " (" + stack.layers().get(last + 1) + ") computes dInput";
        }
        if (right.isEmpty())
            return "all gradients are wrong: look at what they share, the gradient that backward leaves in dOutput, such as"
                    + " an activation's derivative";
        if (wrong.stream().allMatch(v -> v.parameter < 0))
            return "the parameters' gradients are right within their bounds: look at how backward computes dInput";
        if (wrong.stream().allMatch(v -> v.parameter >= 0) && right.stream().anyMatch(v -> v.parameter < 0))
            return "the input's gradient is right within its bounds: look at parameterGradient";
        return null;
    }

    private static void zeros(List<Entry> wrong, List<String> hints) {
        if (!wrong.isEmpty() && wrong.stream().allMatch(e -> e.analytic() == 0)) hints.add("all of these are zero");
    }

    /** Whether the wrong entries lie in one part of the matrix. */
    private static void where(Subject.Variable v, List<Entry> single, List<Entry> wrong, List<String> hints) {
        int rows = v.values.rows(), columns = v.values.columns();
        // Of an activation rows and columns mean nothing.
        if (v.eachByItself || wrong.isEmpty() || wrong.size() * 4 > single.size() * 3) return;
        int firstRow = rows, lastRow = -1, firstColumn = columns, lastColumn = -1;
        for (Entry e : wrong) {
            firstRow = Math.min(firstRow, e.row());
            lastRow = Math.max(lastRow, e.row());
            firstColumn = Math.min(firstColumn, e.column());
            lastColumn = Math.max(lastColumn, e.column());
        }
        if (lastRow - firstRow + 1 < rows)
            hints.add(firstRow == lastRow ? "all in row " + firstRow : "all in rows " + firstRow + " to " + lastRow);
        if (lastColumn - firstColumn + 1 < columns) {
            String text = firstColumn == lastColumn
                    ? "all in column " + firstColumn
                    : "all in columns " + firstColumn + " to " + lastColumn;
            if (columns > 16 && firstColumn >= (columns - 1) / 16 * 16) text += ", the last block of 16";
            hints.add(text);
        }
    }

    /** Whether the variable's own value tells the wrong entries from the others. */
    private static void values(List<Entry> single, List<Entry> wrong, List<String> hints) {
        // Where both are zero within the bound, nothing is known.
        List<Entry> others = single.stream()
                .filter(e -> e.status() == Status.CORRECT
                        && (Math.abs(e.analytic()) > e.bound() || Math.abs(e.numeric()) > e.bound()))
                .toList();
        if (wrong.isEmpty() || others.size() < FEW) return;
        if (wrong.stream().allMatch(e -> e.value() == 0) && others.stream().noneMatch(e -> e.value() == 0)) {
            hints.add("all where the value is exactly zero");
            return;
        }
        if (wrong.size() < FEW && others.size() < MANY) return;
        DoubleSummaryStatistics bad = summary(wrong, e -> e.value()), good = summary(others, e -> e.value());
        DoubleSummaryStatistics badSize = summary(wrong, e -> Math.abs(e.value()));
        DoubleSummaryStatistics goodSize = summary(others, e -> Math.abs(e.value()));
        String name = wrong.get(0).name().equals("x") ? "x" : "the value";
        if (bad.getMax() < 0 && good.getMin() >= 0) hints.add("all where " + name + " is negative");
        else if (bad.getMin() > 0 && good.getMax() <= 0) hints.add("all where " + name + " is positive");
        else if (bad.getMin() > good.getMax()) hints.add(range(name, ">=", bad.getMin()));
        else if (bad.getMax() < good.getMin()) hints.add(range(name, "<=", bad.getMax()));
        else if (badSize.getMin() > goodSize.getMax()) hints.add(range("|" + name + "|", ">=", badSize.getMin()));
        else if (badSize.getMax() < goodSize.getMin()) hints.add(range("|" + name + "|", "<=", badSize.getMax()));
        else if (wrong.size() < FEW || others.size() < MANY || Double.isNaN(bad.getMin())) return;
        else if (others.stream().noneMatch(e -> within(e.value(), bad))) hints.add(interval(name, bad));
        else if (others.stream().noneMatch(e -> within(Math.abs(e.value()), badSize)))
            hints.add(interval("|" + name + "|", badSize));
    }

    private static boolean within(double value, DoubleSummaryStatistics range) {
        return value >= range.getMin() && value <= range.getMax();
    }

    private static String interval(String name, DoubleSummaryStatistics range) {
        return String.format(Locale.ROOT, "all where %.3g <= %s <= %.3g", range.getMin(), name, range.getMax());
    }

    private static DoubleSummaryStatistics summary(List<Entry> entries, ToDoubleFunction<Entry> number) {
        return entries.stream().mapToDouble(number).summaryStatistics();
    }

    private static String range(String name, String relation, double limit) {
        return String.format(Locale.ROOT, "all where %s %s %.3g", name, relation, limit);
    }
}
