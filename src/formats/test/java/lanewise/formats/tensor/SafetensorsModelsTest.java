package lanewise.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.Network;
import lanewise.formats.FormatException;
import lanewise.layer.Activation;
import lanewise.layer.Output;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What PyTorch wrote becomes networks that give what PyTorch gave. */
class SafetensorsModelsTest {

    private static final double TOLERANCE = 2e-6;

    @TempDir
    Path folder;

    private static Sequence sequence(String name) throws IOException {
        return StateDict.read(SharedData.file(name + ".safetensors")).sequence();
    }

    private static void assertRight(Network network, Output output, String name) throws IOException {
        double difference = SharedData.difference(network, output, name);
        assertTrue(difference <= TOLERANCE, name + ": " + difference);
    }

    @Test
    void everyActivation() throws IOException {
        Map<String, Activation> activations = Map.ofEntries(
                Map.entry("act-relu", Activation.RELU),
                Map.entry("act-leaky", Activation.leakyRelu(0.13f)),
                Map.entry("act-sigmoid", Activation.SIGMOID),
                Map.entry("act-selu", Activation.SELU),
                Map.entry("act-gelu", Activation.GELU),
                Map.entry("act-silu", Activation.SILU),
                Map.entry("act-softplus", Activation.SOFTPLUS),
                Map.entry("act-softsign", Activation.SOFTSIGN),
                Map.entry("act-hardswish", Activation.HARD_SWISH),
                Map.entry("act-logsigmoid", Activation.LOG_SIGMOID));
        for (Map.Entry<String, Activation> entry : activations.entrySet())
            assertRight(
                    sequence(entry.getKey()).activation(entry.getValue()).network(), Output.IDENTITY, entry.getKey());
    }

    @Test
    void aSlopeForAllUnits() throws IOException {
        Sequence sequence = sequence("act-prelu");
        assertRight(sequence.network(), Output.IDENTITY, "act-prelu");
        assertTrue(sequence.assumptions().get(0).contains("no activation but a PReLU"), "" + sequence.assumptions());
    }

    @Test
    void normalisationsBeforeAndBehindActivations() throws IOException {
        assertRight(sequence("batchnorm").activation(Activation.RELU).network(), Output.IDENTITY, "batchnorm");
        assertRight(
                sequence("batchnorm-after-act").activation(Activation.RELU).network(),
                Output.IDENTITY,
                "batchnorm-after-act");
        Sequence layerNorm = sequence("layernorm").activations(Activation.GELU, Activation.GELU);
        assertRight(layerNorm.network(), Output.IDENTITY, "layernorm");
        assertTrue(
                layerNorm.assumptions().get(0).contains("layer normalisation with an epsilon of 1.0E-5"),
                "" + layerNorm.assumptions());
    }

    @Test
    void otherNetworks() throws IOException {
        Sequence dropout = sequence("dropout").activation(Activation.RELU);
        assertRight(dropout.network(), Output.IDENTITY, "dropout");
        assertTrue(dropout.assumptions().get(0).contains("as dropout does"), "" + dropout.assumptions());
        assertRight(sequence("digits").activation(Activation.SIGMOID).network(), Output.SOFTMAX, "digits");
        assertRight(sequence("nobias").activation(Activation.TANH).network(), Output.IDENTITY, "nobias");
        assertRight(sequence("view").activation(Activation.SIGMOID).network(), Output.LOG_SOFTMAX, "view");
        assertRight(sequence("linear").network(), Output.IDENTITY, "linear");
    }

    @Test
    void residualsAreLoadedIntoTheirNetwork() throws IOException {
        Path file = SharedData.file("residual.safetensors");
        Network network = Network.builder(8)
                .dense(12, Activation.IDENTITY)
                .residual(block -> block.dense(12, Activation.RELU).dense(12, Activation.IDENTITY))
                .residual(block -> block.dense(12, Activation.TANH).dense(12, Activation.IDENTITY))
                .dense(3, Activation.IDENTITY)
                .build(1);
        StateDict.read(file).load(network);
        assertRight(network, Output.IDENTITY, "residual");
        String message = assertThrows(
                        FormatException.class,
                        () -> sequence("residual").activation(Activation.RELU).network())
                .getMessage();
        assertTrue(message.contains("they may be blocks"), message);
    }

    @Test
    void aRuleOfNamesTakesWhatIsScaled() throws IOException {
        StateDict all = StateDict.read(SharedData.file("scaled.safetensors"));
        float[] mean = all.tensors().get("m").floats(),
                factor = all.tensors().get("d").floats();
        for (int i = 0; i < factor.length; i++) factor[i] = 1f / factor[i];
        Network network = Network.builder(7)
                .rescale(mean, factor, new float[7])
                .dense(9, Activation.RELU)
                .dense(3, Activation.IDENTITY)
                .build(1);
        Map<String, String> rule = Map.of("dense1", "0", "dense2", "2");
        all.under("net").load(network, rule::get);
        assertRight(network, Output.SOFTMAX, "scaled");
        assertTrue(assertThrows(FormatException.class, all::sequence)
                .getMessage()
                .contains("module \"\": has \"d\" F32 [7], \"m\" F32 [7], which no layer of this library has"));
    }

    @Test
    void whatIsNoPlainSequenceIsRefused() {
        assertTrue(assertThrows(FormatException.class, () -> sequence("conv"))
                .getMessage()
                .contains("module \"0\": has \"bias\" F32 [2], \"weight\" F32 [2, 1, 3], which no layer"));
        assertTrue(assertThrows(FormatException.class, () -> sequence("gated").network())
                .getMessage()
                .contains("several orders, such as [\"a\", \"g\"] and [\"g\", \"a\"]"));
        assertTrue(assertThrows(FormatException.class, () -> sequence("digits").network())
                .getMessage()
                .contains("module \"0\": what activation is behind it?"));
    }

    @Test
    void weightsAreThoseOfTheFileToTheBit() throws IOException {
        Map<String, Tensor> tensors =
                Safetensors.read(SharedData.file("digits.safetensors")).tensors();
        Network network = sequence("digits").activation(Activation.SIGMOID).network();
        float[] weights = tensors.get("2.weight").floats();
        for (int i = 0; i < 128; i++)
            for (int o = 0; o < 64; o++)
                assertEquals(weights[o * 128 + i], network.parameters().get(2).get(i, o));
        assertEquals(tensors, StateDict.of(network).tensors());
    }

    /** The double outputs are of float weights, which halves have to a relative 2⁻¹¹ or 2⁻⁸. */
    @Test
    void halvesAreReadExactly() throws IOException {
        Map<String, Tensor> floats =
                Safetensors.read(SharedData.file("digits.safetensors")).tensors();
        for (ElementType type : List.of(ElementType.F16, ElementType.BF16)) {
            String name = type == ElementType.F16 ? "digits-f16" : "digits-bf16";
            Safetensors file = Safetensors.read(SharedData.file(name + ".safetensors"));
            for (String tensor : file.names())
                assertEquals(floats.get(tensor).as(type), file.tensor(tensor), name + " " + tensor);
            Network network = sequence(name).activation(Activation.SIGMOID).network();
            double difference = SharedData.difference(network, Output.SOFTMAX, "digits");
            assertTrue(difference < (type == ElementType.F16 ? 1e-3 : 1e-2), name + ": " + difference);
            Map<String, String> metadata =
                    type == ElementType.F16 ? Map.of() : Map.of("format", "pt", "note", "\u00e9");
            assertEquals(metadata, file.metadata());
        }
    }

    @Test
    void everyFileIsWrittenAgainToTheByte() throws IOException {
        int files = 0;
        try (Stream<Path> all = Files.list(SharedData.file(""))) {
            for (Path file :
                    all.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
                Safetensors read = Safetensors.read(file);
                Path copy = folder.resolve("copy.safetensors");
                Safetensors.write(copy, read.tensors(), read.metadata());
                assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy), file.toString());
                files++;
            }
        }
        assertEquals(25, files);
    }
}
