package lanewise.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Arithmetic;
import lanewise.layer.RandomSource;

/** The judgement of one variable's comparisons: a status for each, and what is wrong with the gradient. */
final class Verdict {

    /** Rounding errors that are so many times those of rounding the results are a fault of the forward pass. */
    private static final double LOST = 256;

    private final Subject.Variable v;
    private final String place;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private boolean conclusive = true;

    /** Single entries, and those of them that were skipped, and skipped because noise drowns them. */
    private int single;

    private int skipped;
    private int noisy;

    /** Whether only what is wrong counts, not what could not be compared. */
    private final boolean onlyWrong;

    /** Wrong entries and directions. */
    private int wrong;

    /** Whether every derivative is zero, or less than its bound. */
    private boolean numericZero = true;

    private boolean analyticZero = true;

    private Verdict(Subject.Variable v, String place, boolean onlyWrong) {
        this.v = v;
        this.place = place;
        this.onlyWrong = onlyWrong;
    }

    /**
     * Judges comparisons, and notes in the variable whether its gradient is wrong.
     *
     * @param someLeftOut whether the time budget was spent before all entries were compared
     * @param onlyWrong whether this point is one of those at which skipped entries and zero gradients are no failure
     */
    static Verdict of(
            GradientCheck check,
            Subject subject,
            Subject.Variable v,
            List<Comparison> comparisons,
            boolean someLeftOut,
            boolean onlyWrong,
            RandomSource random) {
        Verdict verdict = new Verdict(v, v.place(check.subject), onlyWrong);
        verdict.judge(comparisons);
        verdict.find(check, subject, someLeftOut, random);
        return verdict;
    }

    List<Entry> entries() {
        return entries;
    }

    /** What is wrong. If the verdict is not conclusive, it is wrong only if no other point can be tried. */
    List<Finding> findings() {
        return findings;
    }

    /** Whether the gradient is proven or disproven: false if all is zero, or too many entries had to be skipped. */
    boolean conclusive() {
        return conclusive;
    }

    private void judge(List<Comparison> comparisons) {
        for (Comparison c : comparisons) {
            Status status = status(c);
            if (c.single() && Double.isFinite(c.numeric)) single++;
            if (status == Status.AT_KINK) numericZero = false;
            if (Math.abs(c.numeric) > c.bound) numericZero = false;
            if (Math.abs(c.analytic) > c.bound) analyticZero = false;
            if (c.single() && (status == Status.UNSETTLED && !c.rightNearby || status == Status.IN_NOISE)) skipped++;
            if (c.single() && status == Status.IN_NOISE) noisy++;
            if (status == Status.WRONG) wrong++;
            entries.add(new Entry(v.layer, v.name, c.row, c.column, c.value, c.analytic, c.numeric, c.bound, status));
        }
        entries.sort(Comparator.comparingInt(Entry::row).thenComparingInt(Entry::column));
        v.wrong = wrong > 0;
    }

    private static Status status(Comparison c) {
        double typical = c.typical;
        if (c.differs() && c.dismissed == null) return Status.WRONG;
        if (c.isBeyond()) return c.dismissed;
        double size = Math.max(Math.abs(c.numeric), c.single() ? typical : 0);
        boolean possible = c.bound > Arithmetic.TINY * 1e3;
        if (possible && c.bound > Comparison.WIDE * size) {
            if (c.kink && c.bound - c.jump <= Comparison.WIDE * Math.max(size, c.jump))
                // A kink beside the point is no worse, as long as the bound still tells something.
                return c.settled || c.bound <= size / 2 ? Status.AT_KINK : Status.UNSETTLED;
            if (c.single() && typical > 0) return Status.IN_NOISE;
        } else if (possible
                && c.single()
                && c.analytic != 0
                && c.bound > Math.max(Math.abs(c.analytic), Math.abs(c.numeric))
                && c.v.typical(c.entry) < c.bound) {
            return c.v.lightened[c.row] ? Status.IN_NOISE : Status.TOO_SMALL;
        }
        return Status.CORRECT;
    }

    private void find(GradientCheck check, Subject subject, boolean someLeftOut, RandomSource random) {
        boolean zeroAtFirst = v.gradientIsZeroAtFirst;
        if (onlyWrong && wrong == 0) return;
        if (numericZero && (wrong > 0 || zeroAtFirst) && !subject.dependsOn(v, random)) {
            conclusive = wrong > 0;
            find(
                    Kind.UNUSED_PARAMETER,
                    "no output depends on it, " + (zeroAtFirst ? "and" : "but") + " its gradient is "
                            + (zeroAtFirst ? "" : "not ") + "zero; is it used in forward?");
        } else if (wrong > 0) {
            findings.add(Diagnosis.of(v, entries, place, check));
        } else if (numericZero && analyticZero && single > 0) {
            conclusive = false;
            find(
                    Kind.ZERO_GRADIENT,
                    "the gradient is zero everywhere, or less than its rounding errors, so nothing is proven; is the"
                            + " point saturated, or does the rest undo what the variable does, as a normalisation"
                            + " undoes a bias before it?");
        } else if (10 * skipped > single && skipped > 2) {
            conclusive = false;
            double lost = subject.loss == null ? subject.digitsLost() : 0;
            if (noisy > 0 && lost > LOST)
                find(
                        Kind.TOO_MANY_SKIPPED,
                        String.format(
                                Locale.ROOT,
                                "%d of %d entries are drowned by rounding errors of the forward pass, which are %.0f times"
                                        + " those of rounding its results: does it subtract large numbers that are"
                                        + " nearly equal, as a mean of squares less the square of a mean?",
                                noisy,
                                single,
                                lost));
            else
                find(
                        Kind.TOO_MANY_SKIPPED,
                        skipped + " of " + single + " entries had to be skipped, more than a tenth: "
                                + (skipped - noisy)
                                + " because nothing nearby confirms them, as among many kinks, and " + noisy
                                + " because rounding errors drown them; other inputs(...) or"
                                + " parameters(...) may be better");
        }
        if (single == 0 && someLeftOut)
            find(Kind.TOO_MANY_SKIPPED, "the time budget was spent before any entry was compared");
    }

    private void find(Kind kind, String text) {
        findings.add(new Finding(kind, place, text));
    }
}
