package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import lanewise.Activation;
import lanewise.Dense;
import lanewise.Loss;
import lanewise.Slice;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import org.junit.jupiter.api.Test;

/** Which patterns in wrong entries are named, and which are not: gradients made by hand. */
class DiagnosisTest {

    private static final double BOUND = 1e-4;

    /** A check of five rows, three inputs and seven outputs. */
    private static final GradientCheck CHECK = GradientCheck.of(Dense.of(3, 7, Activation.TANH));

    /** A number for each entry. */
    private interface Matrix {
        double at(int row, int column);
    }

    /** Numbers without any pattern. */
    private static double right(int row, int column) {
        return 1 + (7 * row * row + 13 * column * (column + row) + 5) % 11 + 0.25 * row + 0.125 * column;
    }

    private static String diagnosis(GradientCheck check, int rows, int columns, Matrix analytic) {
        return diagnosis(check, rows, columns, analytic, DiagnosisTest::right);
    }

    private static String diagnosis(GradientCheck check, int rows, int columns, Matrix analytic, Matrix numeric) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("", "m", -1, 0, 1, 2, BOUND, Status.WRONG));
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) {
                double a = analytic.at(r, c), n = numeric.at(r, c);
                Status status = Math.abs(a - n) <= BOUND ? Status.CORRECT : Status.WRONG;
                entries.add(new Entry("", "m", r, c, a, n, BOUND, status));
            }
        Subject.Variable v =
                new Subject.Variable("m", "", 0, Slice.allocate(rows, columns), Slice.allocate(rows, columns), false);
        GradientReport.Finding finding = Diagnosis.of(v, entries, "there", check);
        assertEquals(Kind.WRONG_GRADIENT, finding.kind());
        assertEquals("there", finding.place());
        return finding.text();
    }

    private static String times(GradientCheck check, double factor) {
        String text = diagnosis(check, 3, 7, (r, c) -> factor * right(r, c));
        String start = "21 of 21 entries of the gradient are wrong";
        assertEquals(start, text.substring(0, start.length()));
        return text.substring(start.length());
    }

    @Test
    void aConstantFactorIsNamedAndWhetherItIsASize() {
        assertEquals("; each is the numeric value with the other sign", times(CHECK, -1));
        assertEquals("; each is 2.0000 times the numeric value", times(CHECK, 2));
        assertEquals("; each is -2.0000 times the numeric value", times(CHECK, -2));
        assertEquals("; each is 1.0050 times the numeric value", times(CHECK, 1.005));
        int[] sizes = {5, 3, 7};
        String[] names = {"rows", "inputs", "outputs"};
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    "; each is " + sizes[i] + ".0000 times the numeric value, the number of " + names[i]
                            + ": a sum where a mean belongs?",
                    times(CHECK, sizes[i]));
            assertEquals(
                    String.format(
                            java.util.Locale.ROOT,
                            "; each is %.5g times the numeric value, one divided by the number of %s: a mean where a sum"
                                    + " belongs?",
                            1.0 / sizes[i],
                            names[i]),
                    times(CHECK, 1.0 / sizes[i]));
        }
        // One row is no explanation; nor are the logits, of which there are as many inputs as outputs.
        assertEquals("; each is 1.0005 times the numeric value", times(CHECK.rows(1), 1.0005));
        assertEquals(
                "; each is 3.0000 times the numeric value, the number of outputs: a sum where a mean belongs?",
                times(GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 3), 3));
    }

    @Test
    void factorsThatDifferOrAreOneAloneAreNoPattern() {
        String differ = diagnosis(CHECK, 2, 2, (r, c) -> (2 + r + 2 * c) * right(r, c));
        assertEquals("4 of 4 entries of the gradient are wrong", differ);
        assertEquals("1 of 1 entries of the gradient are wrong", diagnosis(CHECK, 1, 1, (r, c) -> 2 * right(r, c)));
        // Numbers of less than eight bounds tell no factor.
        for (double small : new double[] {7.9 * BOUND, -7.9 * BOUND}) {
            Matrix numeric = (r, c) -> c == 6 ? small : right(r, c);
            assertEquals(
                    "21 of 21 entries of the gradient are wrong; each is 2.0000 times the numeric value",
                    diagnosis(CHECK, 3, 7, (r, c) -> (c == 6 ? 9 : 2) * numeric.at(r, c), numeric));
        }
        Matrix numeric = (r, c) -> c == 6 ? 8.1 * BOUND : right(r, c);
        assertEquals(
                "21 of 21 entries of the gradient are wrong",
                diagnosis(CHECK, 3, 7, (r, c) -> (c == 6 ? 9 : 2) * numeric.at(r, c), numeric));
    }

    @Test
    void zerosAreNamed() {
        assertEquals(
                "1 of 4 entries of the gradient are wrong; all of these are zero; all in row 1; all in column 0",
                diagnosis(CHECK, 2, 2, (r, c) -> r == 1 && c == 0 ? 0 : right(r, c)));
        assertEquals(
                "4 of 4 entries of the gradient are wrong; all of these are zero; all rows hold the same: a vector"
                        + " broadcast to a matrix?",
                diagnosis(CHECK, 2, 2, (r, c) -> 0));
    }

    @Test
    void theTransposedMatrixIsNamed() {
        String transposed = "; each is the numeric value of the transposed entry";
        assertEquals(
                "12 of 16 entries of the gradient are wrong" + transposed,
                diagnosis(CHECK, 4, 4, (r, c) -> right(c, r)));
        assertEquals(
                "2 of 4 entries of the gradient are wrong" + transposed, diagnosis(CHECK, 2, 2, (r, c) -> right(c, r)));
        // Within both bounds.
        assertEquals(
                "12 of 16 entries of the gradient are wrong" + transposed,
                diagnosis(CHECK, 4, 4, (r, c) -> right(c, r) + (r == c ? 0 : 1.9 * BOUND)));
        assertEquals(
                "12 of 16 entries of the gradient are wrong",
                diagnosis(CHECK, 4, 4, (r, c) -> right(c, r) + (r == c ? 0 : 2.1 * BOUND)));
    }

    @Test
    void aVectorBroadcastToAMatrixIsNamed() {
        String broadcast = "; all rows hold the same: a vector broadcast to a matrix?";
        assertEquals(
                "14 of 21 entries of the gradient are wrong" + broadcast + "; all in rows 1 to 2",
                diagnosis(CHECK, 3, 7, (r, c) -> right(0, c)));
        assertEquals(
                "14 of 21 entries of the gradient are wrong" + broadcast + "; all in rows 1 to 2",
                diagnosis(CHECK, 3, 7, (r, c) -> right(0, c) * (1 + 0.9e-5 * r / 2)));
        assertEquals(
                "14 of 21 entries of the gradient are wrong; all in rows 1 to 2",
                diagnosis(CHECK, 3, 7, (r, c) -> right(0, c) * (1 + 1.1e-5 * r / 2)));
        // Of one row it would mean nothing.
        assertEquals("7 of 7 entries of the gradient are wrong", diagnosis(CHECK, 1, 7, (r, c) -> right(r, c) + c + 1));
    }

    private static String where(int rows, int columns, Matrix wrong) {
        String text = diagnosis(CHECK, rows, columns, (r, c) -> right(r, c) + wrong.at(r, c) * (1 + r + c * c));
        return text.substring(text.indexOf("wrong") + 5);
    }

    @Test
    void onePartOfTheMatrixIsNamed() {
        assertEquals("; all in row 0", where(3, 7, (r, c) -> r == 0 ? 1 : 0));
        assertEquals("; all in rows 1 to 2", where(3, 7, (r, c) -> r > 0 ? 1 : 0));
        assertEquals("; all in column 6", where(3, 7, (r, c) -> c == 6 ? 1 : 0));
        assertEquals("; all in columns 0 to 1", where(3, 7, (r, c) -> c < 2 ? 1 : 0));
        assertEquals("", where(3, 7, (r, c) -> (r + c) % 2));
        // More than three quarters are no part.
        assertEquals("; all in rows 0 to 2", where(4, 2, (r, c) -> r < 3 ? 1 : 0));
        assertEquals("", where(5, 2, (r, c) -> r < 4 ? 1 : 0));
        assertEquals("; all in column 32, the last block of 16", where(2, 33, (r, c) -> c == 32 ? 1 : 0));
        assertEquals("; all in columns 31 to 32", where(2, 33, (r, c) -> c > 30 ? 1 : 0));
        assertEquals(
                "; all in columns 16 to 17, the last block of 16", where(2, 32, (r, c) -> c == 16 || c == 17 ? 1 : 0));
        assertEquals("; all in column 16, the last block of 16", where(2, 17, (r, c) -> c == 16 ? 1 : 0));
        assertEquals("; all in column 15", where(2, 16, (r, c) -> c == 15 ? 1 : 0));
    }

    @Test
    void directionsAloneThatAreWrongAreNamed() {
        assertEquals("the gradient along random directions is wrong", diagnosis(CHECK, 3, 7, DiagnosisTest::right));
    }
}
