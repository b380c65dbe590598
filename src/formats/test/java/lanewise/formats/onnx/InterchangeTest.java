package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.formats.FormatException;
import lanewise.layer.Task;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each file that PyTorch and scikit-learn wrote answers as they do, or is refused for the right reason. */
class InterchangeTest {

    @TestFactory
    List<DynamicTest> pytorch() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Interchange.Case one : Interchange.cases("pytorch"))
            for (Path file : one.files())
                tests.add(DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    switch (one.name()) {
                        case "conv" -> refused(file, "Conv", "convolution");
                        case "gated" -> refused(file, "Mul", "gate");
                        default -> answers(one, file, file.toString().contains(".half.") ? 2e-3 : 2e-6);
                    }
                }));
        return tests;
    }

    @TestFactory
    List<DynamicTest> sklearn() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Interchange.Case one : Interchange.cases("sklearn"))
            for (Path file : one.files())
                tests.add(DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    Imported imported = answers(one, file, 2e-6);
                    assertEquals(one.labels(), imported.model().labels());
                    Task task = one.labels().isEmpty()
                            ? Task.REGRESSION
                            : one.labels().size() == 2 ? Task.BINARY : Task.MULTICLASS;
                    assertEquals(task, imported.model().task());
                }));
        return tests;
    }

    private static void refused(Path file, String operator, String reason) {
        String message =
                assertThrows(FormatException.class, () -> Onnx.read(file)).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        assertTrue(message.contains("not a multilayer perceptron"), message);
        assertTrue(message.contains("(" + operator + ")"), message);
        assertTrue(message.contains(reason), message);
    }

    private static Imported answers(Interchange.Case one, Path file, double tolerance) throws IOException {
        Imported imported = Onnx.read(file);
        assertEquals(one.inputs(), imported.model().inputSize());
        assertEquals(one.outputs(), imported.outputSize());
        double largest = 0, worst = 0;
        float[] output = new float[one.outputs()];
        for (int row = 0; row < one.rows(); row++) {
            imported.outputs(one.input(row), output);
            double[] expected = one.output(row);
            for (int i = 0; i < output.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i]));
                worst = Math.max(worst, Math.abs(expected[i] - output[i]));
            }
        }
        assertTrue(
                worst <= tolerance * largest,
                worst / largest + " of the largest output, understood as " + imported.layers());
        return imported;
    }
}
