package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.memory.Slice;
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
        return diagnosis(check, rows, columns, (r, c) -> Double.NaN, analytic, numeric);
    }

    private static String diagnosis(
            GradientCheck check, int rows, int columns, Matrix value, Matrix analytic, Matrix numeric) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("", "m", -1, 0, Double.NaN, 1, 2, BOUND, Status.WRONG));
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) {
                double a = analytic.at(r, c), n = numeric.at(r, c);
                Status status = Math.abs(a - n) <= BOUND ? Status.CORRECT : Status.WRONG;
                entries.add(new Entry("", "m", r, c, value.at(r, c), a, n, BOUND, status));
            }
        Subject.Variable v = new Subject.Variable(
                "m", "", -1, 0, Slice.allocate(rows, columns), Slice.allocate(rows, columns), false);
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
        assertEquals(
                "; each is 2.0000 times the numeric value, the number of rows: a sum where a mean belongs?",
                times(CHECK.rows(2), 2));
        assertEquals(
                "2 of 3 entries of the gradient are wrong; each is 2.0000 times the numeric value; all in columns 1 to 2",
                diagnosis(CHECK, 1, 3, (r, c) -> (c == 0 ? 1 : 2) * right(r, c)));
        // One row is no explanation; nor are the logits, of which there are as many inputs as outputs.
        assertEquals("; each is 1 + 0.00050 times the numeric value", times(CHECK.rows(1), 1.0005));
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

    /** What is said where the gradient is 9 too large at these values. */
    private static String values(Matrix value, DoublePredicate wrong) {
        String text = diagnosis(
                CHECK,
                3,
                7,
                value,
                (r, c) -> right(r, c) + (wrong.test(value.at(r, c)) ? 1 + r + c * c : 0),
                DiagnosisTest::right);
        return text.substring(text.lastIndexOf(";") + 1).strip();
    }

    @Test
    void theValuesThatGoWithAMistakeAreNamed() {
        Matrix both = (r, c) -> (c - 3) * (r + 1) * 0.5;
        assertEquals("all where the value is exactly zero", values(both, x -> x == 0));
        assertEquals("all where the value is negative", values(both, x -> x < 0));
        assertEquals("all where the value is positive", values(both, x -> x > 0));
        assertEquals("all where the value >= 1.50", values(both, x -> x > 1.25));
        assertEquals("all where the value <= -2.00", values(both, x -> x < -1.75));
        assertEquals("all where |the value| >= 2.00", values(both, x -> Math.abs(x) > 1.75));
        assertEquals("all where |the value| <= 1.00", values(both, x -> Math.abs(x) < 1.25));
        assertFalse(values(both, x -> x == 4.5 || x == -0.5).contains("value"));
    }

    @Test
    void directionsAloneThatAreWrongAreNamed() {
        assertEquals("the gradient along random directions is wrong", diagnosis(CHECK, 3, 7, DiagnosisTest::right));
    }

    @Test
    void aGradientThatIsZeroEverywhereIsForgotten() {
        for (int parameter : new int[] {-1, 0, 1}) {
            Subject.Variable v =
                    new Subject.Variable("m", "", -1, parameter, Slice.allocate(1, 1), Slice.allocate(1, 1), false);
            v.gradientIsZeroAtFirst = true;
            GradientReport.Finding finding = Diagnosis.of(v, List.of(), "there", CHECK);
            assertEquals(Kind.FORGOTTEN_GRADIENT, finding.kind());
            assertEquals(
                    "its gradient is zero everywhere, but the function depends on it; is it forgotten in "
                            + (parameter < 0 ? "backward?" : "parameterGradient?"),
                    finding.text());
        }
    }

    /** What is said where these variables are wrong. */
    private static String variables(Layer layer, String... wrong) {
        Subject subject = new Subject(layer, null, 0, null, 5, "input");
        for (Subject.Variable v : subject.variables) v.wrong = List.of(wrong).contains(v.name);
        return Diagnosis.of(subject);
    }

    @Test
    void theWrongVariablesOfALayerTellWhereToLook() {
        String both =
                "all gradients are wrong: look at what they share, the gradient that backward leaves in dOutput, such"
                        + " as an activation's derivative";
        String backward =
                "the parameters' gradients are right within their bounds: look at how backward computes dInput";
        String gradient = "the input's gradient is right within its bounds: look at parameterGradient";
        Layer dense = Dense.of(3, 7, Activation.TANH);
        for (Layer layer : List.of(dense, new Stack(List.of(dense)))) {
            String name = layer == dense ? "" : "dense1.";
            assertNull(variables(layer));
            assertEquals(both, variables(layer, name + "weights", name + "bias", "input"));
            assertEquals(backward, variables(layer, "input"));
            assertEquals(gradient, variables(layer, name + "weights"));
            assertEquals(gradient, variables(layer, name + "bias", name + "weights"));
            assertNull(variables(layer, name + "bias", "input"));
        }
        assertNull(variables(Softmax.of(3), "input"));
        // Of two parameters and no input one is wrong.
        assertNull(
                variables(Residual.of(Embedding.of(2, 9, 1), Dense.of(2, 2, Activation.TANH)), "embedding1.vectors"));
        assertEquals(gradient, variables(PRelu.of(3), "slope"));
    }

    @Test
    void theWrongVariablesOfAStackTellTheLayer() {
        Layer stack = new Stack(List.of(
                Dense.of(3, 7, Activation.TANH), Dense.of(7, 5, Activation.RELU), Dense.of(5, 2, Activation.IDENTITY)));
        assertNull(variables(stack));
        assertEquals(
                "wrong already is the last layer, dense 5->2", variables(stack, "dense3.bias", "dense1.bias", "input"));
        assertEquals(
                "right within their bounds are the layers after layer 1; look at layer 1 (dense 7->5 relu) and at how layer 2 (dense 5->2)"
                        + " computes dInput",
                variables(stack, "dense2.weights", "dense1.weights", "input"));
        assertEquals(
                "right within their bounds are the layers after layer 0; look at layer 0 (dense 3->7 tanh) and at how layer 1 (dense 7->5 relu)"
                        + " computes dInput",
                variables(stack, "dense1.bias"));
        assertEquals(
                "right within their bounds are the layers after the input; look at how layer 0 (dense 3->7 tanh) computes dInput",
                variables(stack, "input"));
    }
}
