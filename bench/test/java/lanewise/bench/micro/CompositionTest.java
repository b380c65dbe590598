package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.Model;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The kernels of a step and of a prediction of the network 784-128-64-10, against a count by hand. */
class CompositionTest {

    private static final int STEPS = Composition.COUNTED;

    private static Map<String, Long> counts(RecordedCalls calls) {
        Map<String, Long> counts = new TreeMap<>();
        for (RecordedCalls.Calls each : calls.all()) counts.put(each.kernel() + " " + each.shape(), each.count());
        return counts;
    }

    private static Kernels vectors() {
        Assumptions.assumeTrue(Selection.width() > 0, "updates wait on vector kernels alone");
        return Selection.kernels();
    }

    @Test
    void aStepOnOneSample() {
        Training training = new Training(Digits.network(128, 64), 0.81, TrainingRule.SGD, 1);
        Map<String, Long> counts = counts(Composition.stepCalls(training, vectors()));
        Map<String, Long> expected = new TreeMap<>();
        long each = STEPS;
        expected.put("unpack 784", each);
        // The first layer: updates wait, and go with the next forward. Its 128 places for gradients are full twice.
        expected.put("exchange 784", each);
        expected.put("gerGemv 784x128, listed", each);
        expected.put("gerGemv 784x128, all that waits", each / 128);
        expected.put("values sigmoid, 128", each);
        // The second: the matrix waits; one row of 16 is searched for zeros, and has none.
        expected.put("nonZeros 128", each / 16);
        expected.put("gerGemv 128x64", each);
        expected.put("values sigmoid, 64", each);
        // The third has 10 outputs, of which a row takes 16 floats. Nothing waits.
        expected.put("nonZeros 64", each / 16);
        expected.put("gemv 64x16", each);
        expected.put("softmax 10", each);
        // Backward.
        expected.put("gemmTransposed 64x16", each);
        expected.put("derivatives sigmoid, 64", each);
        expected.put("multiply 64", each);
        expected.put("gemmTransposed 128x64", each);
        expected.put("derivatives sigmoid, 128", each);
        expected.put("multiply 128", each);
        // Update: scaled gradients of three layers, their biases, and the third one's weights.
        for (int units : new int[] {16, 64, 128}) {
            expected.put("scale " + units, each);
            expected.put("add " + units, each);
        }
        expected.put("ger 64x16", each);
        assertEquals(expected, counts);
    }

    @Test
    void aStepOnABatch() {
        Training training = new Training(Digits.network(128, 64), 0.81, TrainingRule.SGD, 32);
        Map<String, Long> counts = counts(Composition.stepCalls(training, vectors()));
        long each = STEPS;
        // Forward and update of all rows at once, and the input's gradient of the second and third layer.
        assertEquals(each, counts.get("gerRows 32 rows, 784x128"));
        assertEquals(each, counts.get("gerRows 32 rows, 128x64"));
        assertEquals(each, counts.get("gerRows 32 rows, 64x16"));
        assertEquals(each, counts.get("gemmTransposed 32 rows, 128x64"));
        assertEquals(each, counts.get("gemmTransposed 32 rows, 64x16"));
        assertEquals(each, counts.get("gemm 32 rows, 128x64"));
        assertEquals(each, counts.get("gemm 32 rows, 64x16"));
        // Functions row by row.
        assertEquals(32 * each, counts.get("values sigmoid, 128"));
        assertEquals(32 * each, counts.get("softmax 10"));
        assertEquals(32 * each, counts.get("unpack 784"));
        assertTrue(!counts.containsKey("gemmTransposed 32 rows, 784x128"), "the first layer's input has no gradient");
    }

    @Test
    void aPrediction() {
        Model model = Model.of(Digits.network(128, 64), Loss.SOFTMAX_CROSS_ENTROPY);
        Map<String, Long> counts = counts(Composition.predictionCalls(model, vectors()));
        Map<String, Long> expected = new TreeMap<>();
        long each = STEPS;
        expected.put("copyNonZeros 784", each);
        expected.put("gemv 784x128, listed", each);
        expected.put("values sigmoid, 128", each);
        expected.put("nonZeros 128", each / 16);
        expected.put("gemv 128x64", each);
        expected.put("values sigmoid, 64", each);
        expected.put("nonZeros 64", each / 16);
        expected.put("gemv 64x16", each);
        expected.put("softmax 10", each);
        assertEquals(expected, counts);
    }

    @Test
    void theRestIsWhatKernelsLeaveOfTheWhole() {
        Composition composition = new Composition(
                "step",
                10e-6,
                List.of(new Composition.Part("gemv", "2x16", 3, 2e-6), new Composition.Part("ger", "2x16", 0.5, 4e-6)));
        assertEquals(2e-6, composition.rest(), 1e-15);
    }
}
