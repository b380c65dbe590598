package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Gradients against differences, and integrated gradients against what they must sum to. */
class AttributionTest {

    private static float[] row(int size, long seed) {
        RandomSource random = new RandomSource(seed, 3);
        float[] row = new float[size];
        for (int i = 0; i < size; i++) row[i] = random.normal();
        return row;
    }

    private static Network smooth(int outputs) {
        return Network.builder(5)
                .dense(17, Activation.TANH)
                .dropout(0.5)
                .layerNorm()
                .residual(block -> block.dense(17, Activation.SILU))
                .dense(outputs, Activation.IDENTITY)
                .build(7);
    }

    private static List<Attribution> attributions(Network network, Loss loss) {
        Model model = Model.of(network, loss);
        return List.of(
                Attribution.ofLogits(network),
                Attribution.ofLogits(model),
                Attribution.ofPredictions(network, loss),
                Attribution.ofPredictions(model));
    }

    @Test
    void theGradientIsTheLimitOfDifferences() {
        for (Loss loss : List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY, Loss.MEAN_SQUARED_ERROR))
            for (Attribution attribution : attributions(smooth(3), loss)) {
                float[] input = row(5, 1);
                double largest = 0;
                for (int output = 0; output < 3; output++) {
                    float[] gradient = attribution.gradient(input, output);
                    for (int i = 0; i < 5; i++) {
                        double difference = difference(attribution, input, i, output);
                        assertEquals(difference, gradient[i], 2e-4, loss + ", input " + i + ", output " + output);
                        largest = Math.max(largest, Math.abs(difference));
                    }
                }
                assertTrue(largest > 0.05, "a gradient of " + largest + " would prove nothing");
            }
    }

    /** Of the fourth order, at a distance where floats are still exact enough. */
    private static double difference(Attribution attribution, float[] input, int i, int output) {
        float h = 1 / 32f;
        double[] values = new double[5];
        for (int k = -2; k <= 2; k++) {
            float[] moved = input.clone();
            moved[i] = input[i] + k * h;
            values[k + 2] = attribution.value(moved, output);
        }
        return (8 * (values[3] - values[1]) - (values[4] - values[0])) / (12 * h);
    }

    @Property
    void theValueIsThePredictors(@ForAll long seed) {
        Network network = RandomModels.network(seed);
        Model model = RandomModels.model(network, seed);
        int in = model.inputSize(), out = model.outputSize();
        float[] input = RandomModels.inputs(in, 1, seed), expected = new float[out];
        Attribution logits = Attribution.ofLogits(model), predictions = Attribution.ofPredictions(model);
        model.predictor().logits(input, 0, expected, 0);
        for (int o = 0; o < out; o++) assertEquals(expected[o], logits.value(input, o));
        model.predictor().predict(input, 0, expected, 0);
        for (int o = 0; o < out; o++) assertEquals(expected[o], predictions.value(input, o));
        network.predictor().logits(input, 0, expected, 0);
        for (int o = 0; o < out; o++)
            assertEquals(expected[o], Attribution.ofLogits(network).value(input, o));
    }

    @Test
    void ofALinearFunctionEveryContributionIsExact() {
        Network network = Network.builder(3).dense(2, Activation.IDENTITY).build(1);
        network.setParameters(new float[] {1.5f, -2, 0.25f, 3, -7, 0.1f, 9, 8});
        Attribution attribution = Attribution.ofLogits(network);
        float[] input = {1, 2, 0.5f}, baseline = {0, -1, 0.5f};
        assertArrayEquals(new float[] {1.5f, 0.25f, -7}, attribution.gradient(input, 0));
        assertArrayEquals(new float[] {-2, 3, 0.1f}, attribution.gradient(input, 1));
        for (int steps : new int[] {1, 8, 16, 32, 64})
            assertArrayEquals(new double[] {-2, 9, 0}, attribution.integratedGradients(input, baseline, 1, steps));
    }

    /** The midpoint rule's error falls with the square of the steps. */
    @Test
    void integratedGradientsSumToTheDifferenceOfTheValues() {
        float[] input = row(5, 2), baseline = row(5, 3);
        for (Loss loss : List.of(Loss.SOFTMAX_CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY))
            for (Attribution attribution : attributions(smooth(2), loss)) {
                double first = error(attribution, input, baseline, 4);
                assertTrue(first > 1e-4, "an error of " + first + " could not be seen to fall");
                for (int steps : new int[] {16, 17, 31, 64, 300}) {
                    double bound = 2 * first * 16 / (steps * steps) + 3e-6;
                    double error = error(attribution, input, baseline, steps);
                    assertTrue(error <= bound, steps + " steps: an error of " + error + ", at most " + bound);
                }
            }
    }

    private static double error(Attribution attribution, float[] input, float[] baseline, int steps) {
        double sum = Arrays.stream(attribution.integratedGradients(input, baseline, 1, steps))
                .sum();
        return Math.abs(sum - ((double) attribution.value(input, 1) - attribution.value(baseline, 1)));
    }

    @Test
    void kinksCostAccuracyAndNoMore() {
        Network network = Network.builder(5)
                .dense(31, Activation.RELU)
                .dense(2, Activation.IDENTITY)
                .build(3);
        Attribution attribution = Attribution.ofLogits(network);
        float[] input = row(5, 4), baseline = new float[5];
        assertTrue(error(attribution, input, baseline, 1000) < 2e-3);
    }

    @Test
    void anInputThatIsItsBaselineContributesNothing() {
        float[] input = row(5, 5), baseline = row(5, 6);
        baseline[2] = input[2];
        double[] found = Attribution.ofLogits(smooth(2)).integratedGradients(input, baseline, 0, 20);
        assertEquals(0, found[2]);
        assertTrue(found[1] != 0);
    }

    @Test
    void theTemperatureIsThatOfThePrediction() {
        Network network = smooth(3);
        Model cold = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
        Model hot = Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .temperature(2.5f)
                .build();
        float[] input = row(5, 7);
        assertArrayEquals(
                Attribution.ofLogits(cold).gradient(input, 1),
                Attribution.ofLogits(hot).gradient(input, 1));
        Attribution attribution = Attribution.ofPredictions(hot);
        for (int i = 0; i < 5; i++)
            assertEquals(difference(attribution, input, i, 1), attribution.gradient(input, 1)[i], 1e-4);
    }

    @Test
    void aCallAllocatesItsResultAlone() {
        float[] input = row(5, 8), baseline = new float[5];
        for (Attribution attribution : attributions(smooth(3), Loss.SOFTMAX_CROSS_ENTROPY)) {
            Runnable few = () -> attribution.integratedGradients(input, baseline, 1, 3);
            Runnable many = () -> attribution.integratedGradients(input, baseline, 1, 40);
            Runnable none = () -> attribution.value(input, 1);
            for (Runnable each : List.of(few, many, none)) each.run();
            long result = Allocation.of(few, 100);
            assertTrue(result > 0 && result <= 100 * 128, result + " bytes for 100 arrays of five doubles");
            assertEquals(result, Allocation.of(many, 100));
            assertEquals(0, Allocation.of(none, 100));
        }
    }

    /** A network's parameters are those of now. */
    @Test
    void aNetworkIsReadAtEachCall() {
        Network network = Network.builder(1).dense(1, Activation.IDENTITY).build(1);
        Attribution attribution = Attribution.ofLogits(network);
        for (float weight : new float[] {2, -3}) {
            network.setParameters(new float[] {weight, 1});
            assertEquals(weight, attribution.gradient(new float[] {5}, 0)[0]);
        }
    }

    @Test
    void whatCannotBeDifferentiatedIsRefused() {
        Network network = smooth(2);
        Attribution attribution = Attribution.ofLogits(network);
        refused("4 values given, 5 inputs expected", () -> attribution.gradient(new float[4], 0));
        refused("6 values given", () -> attribution.integratedGradients(new float[5], new float[6], 0, 5));
        refused("0 steps", () -> attribution.integratedGradients(new float[5], new float[5], 0, 0));
        refused("takes indices", () -> Attribution.ofLogits(RandomModels.embedding(1)));
        assertThrows(IndexOutOfBoundsException.class, () -> attribution.gradient(new float[5], 2));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
