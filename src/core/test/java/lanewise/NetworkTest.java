package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Stack;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.Evaluation;
import lanewise.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class NetworkTest {

    private static Network small() {
        return Network.builder(3)
                .dense(17, Activation.SIGMOID)
                .add(Dense.of(17, 2, Activation.IDENTITY).withoutBias())
                .build(1);
    }

    private static float[] numbers(int n) {
        float[] numbers = new float[n];
        for (int i = 0; i < n; i++) numbers[i] = i - 20.5f;
        return numbers;
    }

    private static String refused(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @Test
    void itPrintsItsTable() {
        assertEquals(
                String.join(
                        System.lineSeparator(),
                        "             layer                                     shape   parameters",
                        "dense1       dense 784->128 sigmoid                 784->128       100480",
                        "dense2       dense 128->64 sigmoid                   128->64         8256",
                        "dense3       dense 64->10                             64->10          650",
                        "             all                                     784->10       109386"),
                Network.builder(784)
                        .dense(128, Activation.SIGMOID)
                        .dense(64, Activation.SIGMOID)
                        .dense(10, Activation.IDENTITY)
                        .build(1)
                        .toString());
    }

    @Test
    void parametersGoOutAndInWithoutPadding() {
        Network network = small();
        assertEquals(3 * 17 + 17 + 17 * 2, network.parameterCount());
        float[] numbers = numbers(network.parameterCount());
        network.setParameters(numbers);
        assertArrayEquals(numbers, network.copyParameters());
        assertEquals(numbers[17 + 4], network.parameters().get(0).get(1, 4)); // weights: [input][output]
        assertEquals(numbers[3 * 17 + 5], network.parameters().get(1).get(0, 5)); // then the bias
        assertEquals(
                numbers[3 * 17 + 17 + 2 * 7 + 1], network.parameters().get(2).get(7, 1));
        assertPadding(network);
    }

    private static void assertPadding(Network network) {
        for (Slice slice : network.parameters())
            for (int r = 0; r < slice.rows(); r++)
                for (int c = slice.columns(); c < slice.stride(); c++)
                    assertEquals(0, Float.floatToRawIntBits(slice.array()[slice.at(r) + c]));
    }

    @Test
    void paddingStaysZeroThroughTraining() {
        Network network = small();
        for (int batch : new int[] {1, 2})
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .batchSize(batch)
                    .build()
                    .train(Dataset.ofFloats(
                            3, new float[] {0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1}, 1, new float[] {0, 1, 1, 0}));
        assertPadding(network);
    }

    @Test
    void aWrongNumberOfParametersIsRefusedWithTheTable() {
        Network network = small();
        float[] before = network.copyParameters();
        String message = refused(() -> network.setParameters(new float[101]));
        assertTrue(message.startsWith("101 parameters given, 102 expected:"), message);
        assertTrue(message.contains(network.toString()), message);
        assertArrayEquals(before, network.copyParameters());
    }

    @Test
    void aParameterThatIsNotFiniteIsRefusedByNameAndNothingIsChanged() {
        Network network = small();
        float[] before = network.copyParameters();
        String[] places = {"dense1.weights[0][0]", "dense1.weights[2][16]", "dense1.bias[0][0]", "dense2.weights[16][1]"
        };
        int[] indices = {0, 50, 51, 101};
        for (int i = 0; i < indices.length; i++)
            for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] numbers = numbers(102);
                numbers[indices[i]] = wrong;
                String message = refused(() -> network.setParameters(numbers));
                assertTrue(message.startsWith("parameter " + places[i] + " is " + wrong), message);
                assertArrayEquals(before, network.copyParameters());
            }
    }

    @Test
    void theFirstParameterThatIsNotFiniteIsFound() {
        Network network = small();
        assertNull(network.firstNotFinite());
        network.parameters().get(2).set(3, 1, Float.NaN);
        assertEquals("dense2.weights[3][1]", network.firstNotFinite());
        network.parameters().get(0).set(1, 16, Float.NEGATIVE_INFINITY);
        assertEquals("dense1.weights[1][16]", network.firstNotFinite());
    }

    @Test
    @Tag("bits")
    void theFingerprintIsTheHashOfLittleEndianFloats() throws Exception {
        Network network = small();
        float[] numbers = numbers(102);
        numbers[5] = -0f;
        network.setParameters(numbers);
        ByteBuffer bytes = ByteBuffer.allocate(4 * 102).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : numbers) bytes.putFloat(number);
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < 8; i++) hex.append(String.format("%02x", hash[i]));
        assertEquals(hex.toString(), network.fingerprint());
        numbers[5] = 0f;
        network.setParameters(numbers);
        assertNotEquals(hex.toString(), network.fingerprint());
    }

    @Test
    void nanHasOneFingerprint() {
        Network network = small();
        network.parameters().get(0).set(0, 0, Float.intBitsToFloat(0x7fc00001));
        String one = network.fingerprint();
        network.parameters().get(0).set(0, 0, Float.intBitsToFloat(0xffc12345));
        assertEquals(one, network.fingerprint());
    }

    @Test
    void equalSeedsGiveEqualParameters() {
        Network one = small(), same = small();
        assertEquals(one.fingerprint(), same.fingerprint());
        assertNotEquals(
                Network.builder(3).dense(2, Activation.TANH).build(1).fingerprint(),
                Network.builder(3).dense(2, Activation.TANH).build(2).fingerprint());
    }

    @Test
    void layersThatDoNotFitAreRefused() {
        Network.Builder builder = Network.builder(3);
        assertEquals(
                "layer 0 (dense 4->2) expects 4 inputs, but the network has 3",
                refused(() -> builder.add(Dense.of(4, 2, Activation.IDENTITY))));
        builder.dense(5, Activation.RELU);
        assertEquals(
                "layer 1 (dense 4->2 tanh) expects 4 inputs, but layer 0 has 5 outputs",
                refused(() -> builder.add(Dense.of(4, 2, Activation.TANH))));
        assertEquals(5, builder.outputSize());
        assertTrue(refused(() -> builder.dense(0, Activation.TANH)).contains("5->0"));
        assertTrue(refused(() -> Network.builder(0)).contains("input size 0"));
        assertTrue(refused(() -> Network.builder(3).build(1)).contains("no layers"));
        assertThrows(NullPointerException.class, () -> builder.dense(3, null));
    }

    @Test
    void aBuilderCanBuildAgainAndGoOn() {
        Network.Builder builder = Network.builder(2).dense(3, Activation.TANH);
        Network first = builder.build(1);
        Network second = builder.dense(1, Activation.IDENTITY).build(1);
        assertEquals(3, first.outputSize());
        assertEquals(1, second.outputSize());
        assertEquals(2, second.inputSize());
        assertSame(first.parameters(), first.parameters());
    }

    // Stacks

    @Test
    void aStackNamesItsLayersParameters() {
        Stack stack = small().stack();
        assertEquals(
                List.of("dense1.weights", "dense1.bias", "dense2.weights"),
                stack.parameters().stream().map(ParameterShape::name).toList());
        assertEquals("dense 3->17 sigmoid -> dense 17->2, no bias", stack.toString());
        assertTrue(stack.rowwise() && stack.differentiableInput());
    }

    @Test
    void aStackThatDoesNotFitIsRefused() {
        Dense first = Dense.of(3, 4, Activation.TANH), second = Dense.of(5, 2, Activation.IDENTITY);
        assertEquals(
                "layer 1 (dense 5->2) expects 5 inputs, but layer 0 (dense 3->4 tanh) has 4 outputs",
                refused(() -> new Stack(List.of(first, second))));
        assertTrue(refused(() -> new Stack(List.of())).contains("no layers"));
        assertTrue(refused(() -> new Stack(List.of(first, Embedding.of(4, 10, 2))))
                .contains("it can only be the first layer"));
    }

    @Test
    @Tag("bits")
    void aStackInAStackIsItsLayers() {
        Network flat = Network.builder(2)
                .dense(33, Activation.TANH)
                .dense(17, Activation.GELU_TANH)
                .dense(2, Activation.IDENTITY)
                .build(4);
        Layer inner = new Stack(List.of(Dense.of(2, 33, Activation.TANH), Dense.of(33, 17, Activation.GELU_TANH)));
        Network nested =
                Network.builder(2).add(inner).dense(2, Activation.IDENTITY).build(4);
        assertEquals(flat.fingerprint(), nested.fingerprint());
        for (int batch : new int[] {1, 3})
            for (Network network : List.of(flat, nested))
                Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                        .batchSize(batch)
                        .build()
                        .train(Dataset.ofFloats(2, new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 1, new float[] {0, 1, 1, 0}));
        assertEquals(flat.fingerprint(), nested.fingerprint());
        assertEquals("stack1.dense2.bias", nested.stack().parameters().get(3).name());
    }

    /** A layer around others whose form for prediction is not made of the same parts. */
    private record Wrapper(Stack inner) implements Layer {

        @Override
        public int inputSize() {
            return inner.inputSize();
        }

        @Override
        public int outputSize() {
            return inner.outputSize();
        }

        @Override
        public List<ParameterShape> parameters() {
            return inner.parameters();
        }

        @Override
        public List<Layer> children() {
            return List.of(inner);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            inner.initialize(parameters.child(0), random);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            inner.forward(pass.child(0), from, to, parameters.child(0), input, output);
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
            inner.backward(pass.child(0), from, to, parameters.child(0), input, output, dOutput, dInput);
        }

        @Override
        public Layer forPrediction() {
            return inner.forPrediction();
        }
    }

    @Test
    void aLayersFormForPredictionMayHaveOtherParts() {
        Stack inner = new Stack(List.of(Dense.of(2, 5, Activation.TANH), Dense.of(5, 2, Activation.IDENTITY)));
        Network network = Network.builder(2).add(new Wrapper(inner)).build(3);
        float[] live = new float[2], model = new float[2], input = {0.5f, -1f};
        network.predictor().predict(input, 0, live, 0);
        Model.of(network, Loss.MEAN_SQUARED_ERROR).predictor().predict(input, 0, model, 0);
        assertArrayEquals(model, live);
        Dataset data = Dataset.ofFloats(2, input, 2, live);
        assertEquals(0, Evaluation.of(network, Loss.MEAN_SQUARED_ERROR, data).loss());
    }
}
