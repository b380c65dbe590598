package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Layer;
import org.junit.jupiter.api.Test;

/** The report: its text, and its components. */
class GradientReportTest {

    private static final Layer WRONG = new PlantedDense(5, PlantedDense.Mistake.SIGN_OF_BIAS_GRADIENT);

    @Test
    void theReportNamesEntriesValuesBoundAndSeed() {
        GradientReport report = GradientCheck.of(WRONG).points(1).seed(42).run();
        AssertionError error = assertThrows(AssertionError.class, report::assertCorrect);
        assertEquals(report.toString(), error.getMessage());
        for (String text : List.of(
                "Gradient check of planted dense 5->5: FAILED",
                "6 rows, 1 random point",
                "bias: 5 of 5 entries of the gradient are wrong; each is the numeric value with the other sign",
                "the input's gradient is right within its bounds: look at parameterGradient",
                "bias: 5 entries compared; 5 wrong:",
                "bias[0][3] ",
                "analytic",
                "repeat it with seed(42)")) assertTrue(report.toString().contains(text), () -> text + "\n" + report);
        Entry bias = null;
        for (Entry entry : report.entries()) if (entry.place().equals("bias[0][3]")) bias = entry;
        assertEquals(Status.WRONG, bias.status());
        assertEquals(-bias.analytic(), bias.numeric(), bias.bound());
        assertEquals(Math.abs(bias.analytic() - bias.numeric()), bias.error());
        assertEquals("planted dense 5->5", bias.layer());
        assertEquals(42, report.seed());
    }

    /** Two variables, one right and one wrong, with entries of all kinds. */
    private static GradientReport ofAllKinds(long leftOut) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("l", "a", -1, 0, 0.5, 1, 1, 0.5, Status.CORRECT));
        entries.add(new Entry("l", "a", 0, 0, 0.5, -4, -4.25, 0.5, Status.CORRECT));
        entries.add(new Entry("l", "a", 0, 1, 0.5, 3, 3.5, 0.75, Status.CORRECT));
        entries.add(new Entry("l", "a", 1, 0, 0.5, 99, 0, 60, Status.AT_KINK));
        entries.add(new Entry("l", "a", 1, 1, 0.5, 98, 0, 61, Status.IN_NOISE));
        for (int i = 0; i < 12; i++)
            entries.add(new Entry("", "b", 0, i, 0.5, i, 0, i < 6 ? 1 : 0.125, i == 0 ? Status.CORRECT : Status.WRONG));
        return new GradientReport(
                "it",
                "some settings",
                77,
                leftOut,
                List.of(new Finding(Kind.WRONG_GRADIENT, "b", "wrong\nin two lines")),
                List.of("look there"),
                entries);
    }

    @Test
    void theReportsTextIsThis() {
        String text = """
                Gradient check of it: FAILED
                  some settings
                  b: wrong
                  in two lines
                  look there
                  a: a sample of 4 entries compared, and 1 directions; 1 at kinks, right between the derivatives of the sides; 1 skipped in noise; largest |gradient| 4.00, \
                median bound 0.50, closest to its bound:
                    a[0][1]                  analytic 3.000000       numeric 3.500000       error 0.500      bound 0.750
                  b: 12 entries compared; 11 wrong:
                """;
        for (int i : new int[] {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})
            text += String.format(
                    java.util.Locale.ROOT,
                    "    %-24s analytic %-14.7g numeric %-14.7g error %-10.3g bound %.3g\n",
                    "b[0][" + i + "]",
                    (double) i,
                    0.0,
                    (double) i,
                    i < 6 ? 1 : 0.125);
        assertEquals(text + "  repeat it with seed(77)", ofAllKinds(0).toString());
        assertTrue(ofAllKinds(3)
                .toString()
                .contains("\n  3 entries were left out: the time budget was spent\n  look there\n"));
        GradientReport right = new GradientReport(
                "it", "", 1, 0, List.of(), List.of(), List.of(new Entry("", "x", 0, 0, 0.5, 1, 1, 1, Status.AT_KINK)));
        assertEquals("""
                Gradient check of it: correct
                 \s
                  x: 1 entries compared; 1 at kinks, right between the derivatives of the sides; largest |gradient| 0.00, median bound NaN, closest to its bound:
                  repeat it with seed(1)""", right.toString());
        assertEquals(1, right.count(Status.AT_KINK));
        assertEquals(0, right.count(Status.CORRECT));
        assertTrue(right.passed());
        GradientReport cut = new GradientReport("it", "", 1, 1, List.of(), List.of(), List.of());
        assertTrue(cut.toString().startsWith("Gradient check of it: nothing wrong found, but incomplete\n"));
        assertFalse(cut.complete());
    }

    @Test
    void aRemarkIsMadeOnceAndALongBudgetLeavesNothingOut() {
        GradientReport report =
                GradientCheck.of(WRONG).points(3).timeBudget(Duration.ofDays(1)).run();
        assertTrue(report.complete());
        String remark = "the input's gradient is right within its bounds: look at parameterGradient";
        assertEquals(report.toString().indexOf(remark), report.toString().lastIndexOf(remark));
        assertTrue(report.toString().contains("6 rows, 3 random points\n"), report::toString);
        assertTrue(GradientCheck.of(WRONG).points(1).rows(1).run().toString().contains("  1 row, 1 random point\n"));
    }
}
