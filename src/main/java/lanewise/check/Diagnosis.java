package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;

/** Looks for a pattern in wrong entries that tells the mistake. */
final class Diagnosis {

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
                            + (v.parameter < 0 ? "backward?" : "accumulate?"));
        String text = wrong.isEmpty()
                ? "the gradient along random directions is wrong"
                : wrong.size() + " of " + single.size() + " entries of the gradient are wrong";
        List<String> hints = new ArrayList<>();
        factor(wrong, hints, check);
        zeros(wrong, hints);
        where(v, single, wrong, hints);
        return new Finding(Kind.WRONG_GRADIENT, place, text + (hints.isEmpty() ? "" : "; " + String.join("; ", hints)));
    }

    /** Whether all wrong entries are the right ones times one number. */
    private static void factor(List<Entry> wrong, List<String> hints, GradientCheck check) {
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (Entry e : wrong) {
            if (Math.abs(e.numeric()) < 8 * e.bound()) continue;
            double ratio = e.analytic() / e.numeric(), width = e.bound() / Math.abs(e.numeric());
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
        String text = String.format(Locale.ROOT, "each is %.5g times the numeric value", ratio);
        int rows = check.rows, in = check.layer.inputSize(), out = check.layer.outputSize();
        String[] names = {"rows", "inputs", "outputs"};
        int[] sizes = {rows, in, out};
        for (int i = 0; i < 3; i++) {
            if (sizes[i] < 2) continue;
            if (Math.abs(ratio / sizes[i] - 1) < tolerance)
                text += ", the number of " + names[i] + ": a sum where a mean belongs?";
            if (Math.abs(ratio * sizes[i] - 1) < tolerance)
                text += ", one divided by the number of " + names[i] + ": a mean where a sum belongs?";
        }
        hints.add(text);
    }

    private static void zeros(List<Entry> wrong, List<String> hints) {
        if (!wrong.isEmpty() && wrong.stream().allMatch(e -> e.analytic() == 0)) hints.add("all of these are zero");
    }

    /** Whether the wrong entries lie in one part of the matrix. */
    private static void where(Subject.Variable v, List<Entry> single, List<Entry> wrong, List<String> hints) {
        int rows = v.values.rows(), columns = v.values.columns();
        if (wrong.isEmpty() || wrong.size() * 4 > single.size() * 3) return;
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
}
