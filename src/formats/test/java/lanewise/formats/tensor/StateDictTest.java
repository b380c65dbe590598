package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lanewise.Model;
import lanewise.Network;
import lanewise.formats.FormatException;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Networks of names and shapes, and names and shapes of networks. */
class StateDictTest {

    private static final Activation NONE = Activation.IDENTITY, RELU = Activation.RELU;

    @TempDir
    Path folder;

    /** Tensors of these shapes, such as {@code 0.weight 3 4}, of numbers that count on. */
    private static StateDict dict(String... shapes) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        int next = 1;
        for (String line : shapes) {
            String[] parts = line.split(" ");
            int[] shape = new int[parts.length - 1];
            int count = 1;
            for (int i = 0; i < shape.length; i++) count *= shape[i] = Integer.parseInt(parts[i + 1]);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) values[i] = next++;
            tensors.put(parts[0], Tensor.of(values, shape));
        }
        return StateDict.of(tensors);
    }

    private static String layers(Sequence sequence) throws IOException {
        return sequence.network().stack().toString().replace(", no bias", "");
    }

    private static void assertRefused(String expected, Executable call) {
        String message = assertThrows(FormatException.class, call, expected).getMessage();
        assertTrue(message.startsWith("state dict: ") && message.contains(expected), message);
    }

    // Names and layouts

    @Test
    void weightsOfPyTorchAreTurnedThoseOfKerasNot() throws IOException {
        float[] turned = dict("weight 2 3", "bias 2").sequence().network().copyParameters();
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6, 7, 8}, turned);
        float[] keras = dict("dense/kernel:0 3 2", "dense/bias:0 2")
                .sequence()
                .network()
                .copyParameters();
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, keras);
    }

    @Test
    void everyKindOfModuleIsKnown() throws IOException {
        Sequence sequence = dict(
                        "0.weight 10 2",
                        "1.weight 4 6",
                        "1.bias 4",
                        "2.running_mean 4",
                        "2.running_var 4",
                        "2.num_batches_tracked",
                        "2.weight 4",
                        "2.bias 4",
                        "3.weight 4",
                        "4.weight 4 4",
                        "5.weight 4",
                        "5.bias 4",
                        "7.weight 3 4",
                        "7.bias 3",
                        "8.running_mean 3",
                        "8.running_var 3",
                        "9.weight 1")
                .sequence()
                .embedding("0", 3)
                .activation(RELU);
        Network network = sequence.network();
        assertEquals(
                "embedding 3 of 10 x 2 -> dense 6->4 -> batch norm 4 -> prelu 4 -> dense 4->4, no bias -> layer norm 4 -> "
                        + "pointwise 4 relu -> dense 4->3 -> batch norm 3 -> prelu 3",
                network.stack().toString());
        assertEquals(1f, network.parameters().child(8).get(0).get(0, 2));
        assertEquals(0f, network.parameters().child(8).get(1).get(0, 2));
        assertEquals(
                network.parameters().child(9).get(0).get(0, 0),
                network.parameters().child(9).get(0).get(0, 2));
        assertTrue(
                sequence.assumptions().contains("\"3\" is a PReLU, which could be a normalisation without shift, too"));
        Sequence keras = dict(
                        "e/embeddings 10 2",
                        "dense/kernel 6 4",
                        "dense/bias 4",
                        "batch_normalization/gamma 4",
                        "batch_normalization/beta 4",
                        "batch_normalization/moving_mean 4",
                        "batch_normalization/moving_variance 4",
                        "p_re_lu/alpha 4",
                        "dense_1/kernel 4 3")
                .sequence();
        network = keras.network();
        assertEquals(
                "embedding 3 of 10 x 2 -> dense 6->4 -> batch norm 4 -> prelu 4 -> dense 4->3, no bias",
                network.stack().toString());
        assertEquals(1e-3f, ((BatchNorm) network.stack().layers().get(2)).epsilon());
    }

    @Test
    void weightsThatPyTorchComputesAreComputed() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("0.bias", Tensor.of(new float[] {1, 2}, 2));
        tensors.put("0.weight_g", Tensor.of(new float[] {10, 26}, 2, 1));
        tensors.put("0.weight_v", Tensor.of(new float[] {3, 4, 5, 12}, 2, 2));
        tensors.put("2.parametrizations.weight.original0", Tensor.of(new float[] {10}, 1, 1));
        tensors.put("2.parametrizations.weight.original1", Tensor.of(new float[] {-0.3f, 0.4f}, 1, 2));
        Sequence sequence = StateDict.of(tensors).sequence().activation(RELU);
        assertEquals("dense 2->2 relu -> dense 2->1", layers(sequence));
        assertArrayEquals(
                new float[] {6, 10, 8, 24, 1, 2, -6, 8}, sequence.network().copyParameters());
        tensors.put("0.weight_g", Tensor.of(new float[] {10, 13}, 1, 2));
        tensors.put("0.weight_v", Tensor.of(new float[] {3, 5, 4, 12}, 2, 2));
        tensors.put("2.parametrizations.weight.original0", Tensor.of(new float[] {5}));
        assertArrayEquals(
                new float[] {6, 8, 5, 12, 1, 2, -3, 4},
                StateDict.of(tensors).sequence().activation(RELU).network().copyParameters());
        Map<String, Tensor> spectral = new LinkedHashMap<>();
        spectral.put("weight_orig", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        spectral.put("weight_u", Tensor.of(new float[] {1, 0.5f}, 2));
        spectral.put("weight_v", Tensor.of(new float[] {1, -3}, 2));
        // 1 - 6 + 1.5 - 6
        float[] quotients = {-1 / 9.5f, -3 / 9.5f, -2 / 9.5f, -4 / 9.5f};
        assertArrayEquals(quotients, StateDict.of(spectral).sequence().network().copyParameters());
    }

    @Test
    void whatNoLayerHasIsGuessed() {
        Map.of(
                        "0.weight 8 3 3 3", "is it a convolution?",
                        "rnn.weight_ih_l0 16 3", "is it a recurrent layer?",
                        "in_proj_weight 12 4", "is it attention?",
                        "fc.lora_A 1 2", "merge low-rank adaptations",
                        "decoder.bias 6", "are its weights another module's",
                        "mean 2", "if it is a buffer")
                .forEach((tensor, guess) ->
                        assertRefused(guess, () -> dict(tensor).sequence()));
    }

    // Orders

    @Test
    void numbersAndSizesTellTheOrder() throws IOException {
        assertEquals(
                "dense 2->3 relu -> dense 3->4 relu -> dense 4->5",
                layers(dict("layers.11.weight 5 4", "layers.2.weight 3 2", "layers.9.weight 4 3")
                        .sequence()
                        .activation(RELU)));
        assertEquals(
                "dense 2->3 relu -> dense 3->3 relu -> dense 3->1",
                layers(dict("fc1.weight 3 2", "fc2.weight 3 3", "out.weight 1 3")
                        .sequence()
                        .activation(RELU)));
        Sequence unnumbered = dict("input.weight 3 2", "hidden.weight 4 3", "output.weight 5 4")
                .sequence()
                .activation(RELU);
        assertEquals("dense 2->3 relu -> dense 3->4 relu -> dense 4->5", layers(unnumbered));
        assertEquals(
                List.of("the order [\"input\", \"hidden\", \"output\"], by their sizes"), unnumbered.assumptions());
        String[] norms = {
            "fc1.weight 3 2",
            "fc2.weight 3 3",
            "fc3.weight 1 3",
            "bn1.running_mean 3",
            "bn1.running_var 3",
            "bn2.running_mean 3",
            "bn2.running_var 3"
        };
        assertEquals(
                "dense 2->3 -> batch norm 3 -> pointwise 3 relu -> dense 3->3 -> batch norm 3 -> pointwise 3 relu -> "
                        + "dense 3->1",
                layers(dict(norms).sequence().activation(RELU)));
        assertEquals(
                "dense 2->3 relu -> batch norm 3 -> dense 3->3 relu -> batch norm 3 -> dense 3->1",
                layers(dict(norms).sequence().activation(RELU).normalisingActivations()));
        assertEquals(
                "embedding 2 of 9 x 1 -> dense 2->3 -> dense 3->1",
                layers(dict("emb.weight 9 1", "a.weight 3 2", "b.weight 1 3")
                        .sequence()
                        .activation(NONE)));
    }

    @Test
    void whereTheyDoNotTheOrderIsToBeGiven() throws IOException {
        assertRefused(
                "fit one another in several orders",
                () -> dict("b.weight 2 2", "a.weight 2 2").sequence().network());
        assertEquals(
                "dense 2->2 relu -> dense 2->2",
                layers(dict("b.weight 2 2", "a.weight 2 2")
                        .sequence()
                        .activation(RELU)
                        .order("b", "a")));
        assertRefused(
                "fit one another in none of the orders",
                () -> dict("b.weight 2 2", "a.weight 3 4").sequence().network());
        assertRefused(
                "fit one another in several orders",
                () -> dict("fc1.weight 2 2", "bn1.running_mean 2", "bn1.running_var 2")
                        .sequence()
                        .network());
        assertRefused(
                "have names that do not tell their order",
                () -> dict("fc1.weight 3 2", "norm.weight 3", "norm.bias 3", "fc2.weight 3 3", "fc3.weight 1 3")
                        .sequence()
                        .network());
        assertRefused(
                "lie in different modules",
                () -> dict("a.0.weight 2 2", "b.0.weight 2 2").sequence().network());
        assertRefused(
                "has no module \"c\"", () -> dict("a.weight 2 2").sequence().order("c"));
        assertRefused(
                "has no module \"a\" that is not in the order yet",
                () -> dict("a.weight 2 2").sequence().order("a", "a"));
        assertRefused(
                "the order lacks the modules [\"a\"]",
                () -> dict("a.weight 2 2").sequence().order());
    }

    // Activations

    @Test
    void gapsInNumbersTellThePlacesOfActivations() throws IOException {
        String[] norm = {"0.weight 3 2", "1.weight 3", "1.bias 3", "3.weight 1 3"};
        assertEquals(
                "dense 2->3 -> layer norm 3 -> pointwise 3 relu -> dense 3->1",
                layers(dict(norm).sequence().activation(RELU).normalisingActivations()));
        assertEquals(
                "dense 2->3 relu -> layer norm 3 -> dense 3->1",
                layers(dict("0.weight 3 2", "2.weight 3", "2.bias 3", "3.weight 1 3")
                        .sequence()
                        .activation(RELU)));
        Sequence sequence = dict("0.weight 3 2", "2.weight 4 3", "3.weight 5 4").sequence();
        assertEquals(
                "dense 2->3 relu -> dense 3->4 -> dense 4->5 tanh",
                layers(sequence.activation(RELU).outputActivation(Activation.TANH)));
        assertEquals(
                List.of("between \"2\" and \"3\" no activation, as their numbers leave none out"),
                sequence.assumptions());
        assertEquals(
                "dense 2->3 tanh -> dense 3->4 -> dense 4->5",
                layers(sequence.outputActivation(NONE).activations(Activation.TANH, NONE)));
        assertRefused("there is no place for one before \"3\"", sequence.activations(RELU, RELU)::network);
        assertRefused("1 activations given, but 3 dense layers", sequence.activations(RELU)::network);
    }

    @Test
    void missingActivationsAreAskedFor() {
        assertRefused(
                "module \"0\": what activation is behind it? A state dict does not tell",
                () -> dict("0.weight 3 2", "2.weight 4 3").sequence().network());
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        assertRefused(
                "module \"2\": a dense layer of 5 inputs, but \"0\" before it has 3 outputs; is it a plain sequence?",
                () -> dict("0.weight 3 2", "2.weight 4 5")
                        .sequence()
                        .activation(RELU)
                        .network());
        assertRefused("makes no network", () -> dict("0.weight 0 2").sequence().network());
        assertRefused(
                "of one slope is the first", () -> dict("0.weight 1").sequence().network());
        assertRefused(
                "which no layer of this library has",
                () -> dict("0.weight 1 2 3").sequence());
        assertRefused("has no tensors", () -> dict().sequence().network());
        assertRefused(
                "two tensors are \"bias\" of module \"a\"",
                () -> dict("a.bias 1", "a/bias 1").sequence());
        Map<String, Tensor> infinite = Map.of("weight", Tensor.of(new double[] {1, 1e300}, 2, 1));
        assertRefused(
                "\"weight\": element 1 is 1.0E300, a finite float expected",
                () -> StateDict.of(infinite).sequence().network());
    }

    // Into networks that there are

    @Test
    void aNetworkIsSetAsAWholeOrNotAtAll() throws IOException {
        Network network = Network.builder(2)
                .dense(3, RELU)
                .batchNorm()
                .residual(block -> block.dense(3, RELU).dense(3, NONE))
                .dense(1, NONE)
                .build(1);
        String[] names = {
            "bn.running_mean 3",
            "bn.running_var 3",
            "fc1.weight 3 2",
            "fc1.bias 3",
            "fc2.weight 3 3",
            "fc2.bias 3",
            "fc3.weight 3 3",
            "fc3.bias 3",
            "fc10.weight 1 3",
            "fc10.bias 1"
        };
        StateDict dict = dict(names);
        dict.load(network);
        assertEquals(
                dict.tensors().get("fc10.bias"), StateDict.of(network).tensors().get("4.bias"));
        assertEquals(
                dict.tensors().get("fc3.weight"),
                StateDict.of(network).tensors().get("3.2.weight"));
        String before = network.fingerprint();
        Map<String, Tensor> nan = new LinkedHashMap<>(dict.tensors());
        nan.put("fc10.bias", Tensor.of(new float[] {Float.NaN}, 1));
        nan.put("fc1.bias", Tensor.of(new float[3], 3));
        assertRefused("\"fc10.bias\": element 0 is NaN", () -> StateDict.of(nan).load(network));
        assertRefused(
                "has no module for batchNorm1 (batch norm 3); it has [\"fc1.weight\"]",
                () -> dict("fc1.weight 3 2").load(network));
        assertRefused("but no bias", () -> dict.without("fc1.bias"::equals).load(network));
        assertRefused("\"fc1.weight\" is F32 [2, 3], but dense 2->3 relu takes [3, 2]", () -> {
            names[2] = "fc1.weight 2 3";
            dict(names).load(network);
        });
        assertRefused("no layer of the network takes it", () -> dict.load(network, path -> null));
        assertRefused("has no module \"dense1\"", () -> dict.load(network, path -> path));
        assertEquals(before, network.fingerprint());
        Map<String, String> rule = Map.of(
                "dense1",
                "fc1",
                "batchNorm1",
                "bn",
                "residual1.dense1",
                "fc3",
                "residual1.dense2",
                "fc2",
                "dense2",
                "fc10");
        dict.load(network, rule::get);
        assertEquals(
                dict.tensors().get("fc3.weight"),
                StateDict.of(network).tensors().get("3.0.weight"));
        StateDict named = StateDict.of(network, rule::get);
        for (String name : dict.tensors().keySet())
            assertEquals(dict.tensors().get(name), named.tensors().get(name), name);
        assertThrows(IllegalArgumentException.class, () -> StateDict.of(network, path -> "x"));
    }

    @Test
    void aBiasTooManyIsNamed() {
        Network network =
                Network.builder(2).add(Dense.of(2, 1, NONE).withoutBias()).build(1);
        assertRefused(
                "module \"0\": has \"bias\" F32 [1], for which there is no place in dense 2->1",
                () -> dict("0.weight 1 2", "0.bias 1").load(network));
    }

    // Out of networks

    @Test
    void namesAreThoseOfASequentialWithActivationsOfTheirOwn() throws IOException {
        Network network = Network.builder(2)
                .add(Embedding.of(2, 5, 3))
                .dense(3, RELU)
                .dropout(0.5)
                .dense(4, NONE)
                .batchNorm()
                .layerNorm()
                .add(PRelu.of(4))
                .add(Affine.of(4))
                .residual(block -> block.dense(4, RELU).dense(4, NONE))
                .build(1);
        assertEquals("""
                0.weight F32 [5, 3]
                1.weight F32 [3, 6]
                1.bias F32 [3]
                4.weight F32 [4, 3]
                4.bias F32 [4]
                5.weight F32 [4]
                5.bias F32 [4]
                5.running_mean F32 [4]
                5.running_var F32 [4]
                5.num_batches_tracked I64 []
                6.weight F32 [4]
                6.bias F32 [4]
                7.weight F32 [4]
                8.scale F32 [4]
                8.shift F32 [4]
                9.0.weight F32 [4, 4]
                9.0.bias F32 [4]
                9.2.weight F32 [4, 4]
                9.2.bias F32 [4]""", StateDict.of(network).toString());
        for (String name : List.of("x.safetensors", "x.npz")) {
            StateDict.of(network).write(folder.resolve(name));
            StateDict read = StateDict.read(folder.resolve(name));
            assertEquals(StateDict.of(network).tensors(), read.tensors());
            Network other = Network.builder(2)
                    .add(Embedding.of(2, 5, 3))
                    .dense(3, RELU)
                    .dense(4, NONE)
                    .batchNorm()
                    .layerNorm()
                    .add(PRelu.of(4))
                    .add(Affine.of(4))
                    .residual(block -> block.dense(4, RELU).dense(4, NONE))
                    .build(2);
            read.load(other);
            assertEquals(network.fingerprint(), other.fingerprint());
        }
        Model model = Model.of(network, Loss.MEAN_SQUARED_ERROR);
        assertTrue(StateDict.of(model).tensors().containsKey("1.weight"));
        Consumer<String> refused =
                name -> assertThrows(FormatException.class, () -> StateDict.read(folder.resolve(name)));
        refused.accept("x.pt");
        refused.accept("x");
        assertThrows(FormatException.class, () -> StateDict.of(network).write(folder.resolve("x.pt")));
        assertEquals(
                List.of("0.weight", "0.bias", "2.weight", "2.bias"),
                List.copyOf(StateDict.of(network).under("9").tensors().keySet()));
        assertRefused("begins with \"10.\"", () -> StateDict.of(network).under("10"));
    }
}
