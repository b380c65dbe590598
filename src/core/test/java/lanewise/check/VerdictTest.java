package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.PRelu;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** What is skipped, what is looked at again, and what proves nothing. */
class VerdictTest {

    /** A point where the layer's kinks are: right is what lies between the derivatives of the two sides. */
    @Test
    void entriesAtKinksAreComparedWithBothSides() {
        float[] zeros = new float[8];
        GradientReport report =
                GradientCheck.of(PRelu.of(4)).points(0).at(null, zeros).run();
        assertEquals(8, GradientCheckTest.places(report, Status.AT_KINK).size(), report::toString);
        assertTrue(report.findings().stream().noneMatch(f -> f.place().equals("input")), report::toString);
        float[] one = {0, 1, 2, -3, 4, 5, -6, 7, 8, 9, -10, 11};
        report = GradientCheck.of(PRelu.of(4)).points(0).at(null, one).run().assertCorrect();
        assertEquals(1, report.count(Status.AT_KINK), report::toString);
        assertTrue(
                report.toString()
                        .contains("input: 12 entries compared; 1 at kinks, right between the derivatives of the sides"),
                report::toString);
    }

    @Test
    void aGradientThatIsZeroEverywhereProvesNothing() {
        GradientReport report = GradientCheck.of(Softmax.of(1)).run();
        assertEquals(Kind.UNUSED_PARAMETER, report.findings().get(0).kind(), report::toString);
        // A normalisation undoes the bias before it.
        Layer undone = new Stack(List.of(Dense.of(4, 1, Activation.IDENTITY), lanewise.layer.BatchNorm.of(1)));
        report = GradientCheck.of(undone).run();
        assertTrue(
                report.findings().stream()
                        .anyMatch(
                                f -> f.kind() == Kind.ZERO_GRADIENT && f.place().startsWith("dense1.bias")),
                report::toString);
    }

    /** The identity, with a gradient that is wrong where the input is exactly 7 or 0, and very wrong beyond 100. */
    private static Layer wrongAtSevenAndZero() {
        Layer identity = new Identity(8);
        return new Layer() {
            @Override
            public int inputSize() {
                return 8;
            }

            @Override
            public int outputSize() {
                return 8;
            }

            @Override
            public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
                identity.forward(pass, from, to, parameters, input, output);
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Parameters parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {
                for (int r = from; dInput != null && r < to; r++)
                    for (int c = 0; c < 8; c++) {
                        float x = input.get(r, c);
                        dInput.set(r, c, dOutput.get(r, c) * (x > 100 ? 99 : x == 7 || x == 0 ? 2 : 1));
                    }
            }
        };
    }

    @Test
    void whatIsWrongAtExactlyOneValueIsFoundAtThePointsOfOnesOwn() {
        float[] input = new float[40];
        for (int i = 0; i < 40; i++) input[i] = 1 + i / 8f;
        GradientCheck check = GradientCheck.of(wrongAtSevenAndZero()).points(0);
        check.at(null, input).run().assertCorrect();
        input[11] = 7;
        GradientReport report = check.at(null, input).run();
        assertEquals(List.of("input[1][3]"), GradientCheckTest.places(report, Status.WRONG));
        input[12] = 0;
        report = check.at(null, input).run();
        assertEquals(List.of("input[1][3]", "input[1][4]"), GradientCheckTest.places(report, Status.WRONG));
        // More than are looked at again.
        input[12] = 1;
        Arrays.fill(input, 20, 34, 7);
        report = check.at(null, input).run();
        assertEquals(15, GradientCheckTest.places(report, Status.WRONG).size(), report::toString);
        input[39] = 200;
        report = check.at(null, input).run();
        assertTrue(GradientCheckTest.places(report, Status.WRONG).contains("input[4][7]"), report::toString);
    }

    private static final float MARK = 20;

    /** The identity, but a number that is so large that it drowns the input is added to rows that begin with a mark. */
    private static Layer drowning() {
        int columns = 3;
        Layer identity = new Identity(columns);
        return new Layer() {
            @Override
            public int inputSize() {
                return columns;
            }

            @Override
            public int outputSize() {
                return columns;
            }

            @Override
            public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
                for (int r = from; r < to; r++)
                    for (int c = 0; c < columns; c++)
                        output.set(r, c, input.get(r, c) + (input.get(r, 0) > MARK / 2 ? 1e12f : 0));
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Parameters parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {
                identity.backward(pass, from, to, parameters, input, output, dOutput, dInput);
            }
        };
    }

    /** A check of 10 rows, of which so many are drowned. */
    private static GradientCheck drowning(int drowned) {
        return GradientCheck.of(drowning()).points(1).rows(10).inputs((input, random) -> {
            for (int r = 0; r < input.rows(); r++)
                for (int c = 0; c < input.columns(); c++)
                    input.set(r, c, r < drowned && c == 0 ? MARK : random.normal());
        });
    }

    @Test
    void whatRoundingDrownsIsSkippedUpToATenth() {
        GradientReport report = drowning(1).run().assertCorrect();
        assertEquals(3, report.count(Status.IN_NOISE), report::toString);
        assertTrue(report.toString().contains("input: 30 entries compared; 3 skipped in noise"), report::toString);
        report = drowning(2).run();
        assertEquals(6, report.count(Status.IN_NOISE), report::toString);
        assertEquals(Kind.TOO_MANY_SKIPPED, report.findings().get(0).kind());
        assertTrue(
                report.findings()
                        .get(0)
                        .text()
                        .startsWith(
                                "6 of 30 entries had to be skipped, more than a tenth: 0 because nothing nearby confirms"
                                        + " them, as among many kinks, and 6 because rounding errors drown them"),
                report::toString);
    }
}
