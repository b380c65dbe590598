package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Layer;
import lanewise.layer.Output;
import lanewise.layer.Pointwise;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the files hold, what has no form in them, and that an edited graph wins over what stands beside it. */
class OnnxExportTest {

    @TempDir
    private Path folder;

    private static Model.Builder builder(Output output, Layer... layers) {
        Stack stack = new Stack(List.of(layers));
        Model.Builder builder = Model.builder(stack, output);
        Random random = new Random(4);
        int count = stack.parameters().stream().mapToInt(shape -> shape.count()).sum();
        float[] parameters = new float[count];
        for (int i = 0; i < count; i++) parameters[i] = (float) random.nextGaussian();
        return builder.parameters(parameters, 0, count);
    }

    private static Dense dense(int inputs, int outputs) {
        return Dense.of(inputs, outputs, Activation.IDENTITY);
    }

    private static Map<String, String> properties(ModelProto proto) {
        Map<String, String> properties = new TreeMap<>();
        proto.getMetadataPropsList().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
        return properties;
    }

    private static List<String> operators(ModelProto proto) {
        return proto.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
    }

    private Imported read(ModelProto proto) throws IOException {
        return Onnx.read(Files.write(folder.resolve("m.onnx"), proto.toByteArray()));
    }

    /** Writes and reads; the same must come back. */
    private Model back(Model model) throws IOException {
        ModelProto proto = OnnxExport.of(model, 17);
        assertEquals(List.of(), OnnxRules.broken(proto, 17));
        Model read = read(proto).model();
        assertEquals(model.fingerprint(), read.fingerprint());
        assertEquals(proto.toByteString(), OnnxExport.of(read, 17).toByteString());
        return read;
    }

    @Test
    void whatAModelCarriesIsInItsProperties() throws IOException {
        Model model = builder(Output.SOFTMAX, dense(2, 3))
                .name("irises, \u6570\u5b57")
                .labels(List.of("a \"quoted\"\n", "", "c"))
                .bytes(0.5f, -1f)
                .temperature(1.5f)
                .metadata("made by", "me")
                .metadata("lanewise.output", "confusing")
                .build();
        ModelProto proto = OnnxExport.of(model, 17);
        Map<String, String> expected = new TreeMap<>(Map.of(
                "made by", "me",
                "lanewise.metadata.lanewise.output", "confusing",
                "lanewise.output", "softmax",
                "lanewise.task", "multiclass",
                "lanewise.temperature", "1.5",
                "lanewise.name", "irises, \u6570\u5b57",
                "lanewise.labels", "[\"a \\\"quoted\\\"\\n\",\"\",\"c\"]",
                "lanewise.byteScale", "0.5",
                "lanewise.byteOffset", "-1.0"));
        assertEquals(expected, properties(proto));
        assertEquals("Lanewise", proto.getProducerName());
        assertEquals(Lanewise.version(), proto.getProducerVersion());
        assertTrue(proto.getDocString().contains(model.fingerprint()), proto.getDocString());
        Model read = back(model);
        assertEquals(model.name(), read.name());
        assertEquals(model.labels(), read.labels());
        assertEquals(model.metadata(), read.metadata());
        assertEquals(1.5f, read.temperature());
        assertEquals(0.5f, read.byteScale());
        assertEquals(-1f, read.byteOffset());
    }

    @Test
    void theLastLayerAndTheOutputAreToldApart() throws IOException {
        Layer sigmoid = Dense.of(2, 3, Activation.SIGMOID), softmax = Softmax.of(3);
        for (Output output : Output.values()) {
            assertEquals(output, back(builder(output, sigmoid).build()).output());
            assertEquals(
                    output, back(builder(output, dense(2, 3), softmax).build()).output());
            assertEquals(
                    output,
                    back(builder(output, Dense.of(2, 3, Activation.softplus(2f)))
                                    .build())
                            .output());
        }
        Model tempered = builder(Output.SOFTMAX, Dense.of(2, 3, Activation.softplus(2f)))
                .temperature(2f)
                .build();
        assertEquals(2f, back(tempered).temperature());
        assertEquals(1, back(tempered).stack().layers().size());
    }

    @Test
    void layersThatDoNothingLeaveANode() throws IOException {
        assertEquals(
                List.of("Identity"),
                operators(OnnxExport.of(
                        builder(Output.IDENTITY, Dropout.of(3, 0.5)).build(), 17)));
        Model model =
                builder(Output.SIGMOID, Pointwise.of(3, Activation.IDENTITY)).build();
        assertEquals(Output.SIGMOID, back(model).output());
        Model twice = builder(Output.IDENTITY, Residual.of(dense(3, 3), Dropout.of(3, 0.5)), dense(3, 1))
                .build();
        back(twice);
    }

    private static String[] labels(Model model, float[] rows) throws Exception {
        try (OrtModel theirs = new OrtModel(OnnxExport.of(model, 17))) {
            return theirs.labels(rows, rows.length / model.inputSize());
        }
    }

    @Test
    void labelsAreThoseOfTheLogits() throws Exception {
        Layer same = Pointwise.of(3, Activation.IDENTITY), one = Pointwise.of(1, Activation.IDENTITY);
        float[] rows = {1, 3, 2, 5, 5, 1}, single = {-1, 0, 2};
        Model plain = builder(Output.SOFTMAX, same).temperature(3f).build();
        assertArrayEquals(new String[] {"1", "0"}, labels(plain, rows));
        Model named = builder(Output.IDENTITY, same)
                .task(Task.MULTICLASS)
                .labels(List.of("a", "b", "c"))
                .build();
        assertArrayEquals(new String[] {"b", "a"}, labels(named, rows));
        Model binary = builder(Output.SIGMOID, one).labels(List.of("no", "yes")).build();
        assertArrayEquals(new String[] {"no", "no", "yes"}, labels(binary, single));
        assertArrayEquals(
                new String[] {"0", "0", "1"},
                labels(builder(Output.SIGMOID, one).build(), single));
        for (Model model : List.of(plain, named, binary))
            assertEquals(model.labels(), back(model).labels());
        Model numbers =
                builder(Output.IDENTITY, same).labels(List.of("x", "y", "z")).build();
        assertEquals(1, OnnxExport.of(numbers, 17).getGraph().getOutputCount());
        assertEquals(numbers.labels(), back(numbers).labels());
    }

    // Edited graphs

    private static ModelProto irises() {
        return OnnxExport.of(
                builder(Output.SOFTMAX, Dense.of(2, 4, Activation.RELU), dense(4, 3))
                        .temperature(2f)
                        .labels(List.of("a", "b", "c"))
                        .build(),
                17);
    }

    private static ModelProto edited(ModelProto proto, GraphProto.Builder graph) {
        return proto.toBuilder().setGraph(graph).build();
    }

    @Test
    void otherLabelsInTheGraphWin() throws IOException {
        ModelProto proto = irises();
        GraphProto.Builder graph = proto.getGraph().toBuilder();
        for (TensorProto.Builder tensor : graph.getInitializerBuilderList())
            if (tensor.getName().equals("labels")) tensor.setStringData(1, ByteString.copyFromUtf8("other"));
        assertEquals(
                List.of("a", "other", "c"), read(edited(proto, graph)).model().labels());
    }

    @Test
    void otherEndsOfTheGraphWin() throws IOException {
        ModelProto proto = irises();
        List<NodeProto> nodes = new ArrayList<>(proto.getGraph().getNodeList());
        nodes.removeIf(node -> !List.of("Gemm", "Relu").contains(node.getOpType()));
        GraphProto.Builder graph = proto.getGraph().toBuilder().clearNode().clearOutput();
        NodeProto last = nodes.remove(nodes.size() - 1);
        graph.addAllNode(nodes).addNode(last.toBuilder().setOutput(0, "output"));
        graph.addOutput(proto.getGraph().getOutput(0));
        Model logits = read(edited(proto, graph)).model();
        assertEquals(Output.IDENTITY, logits.output());
        assertEquals(1f, logits.temperature());
        graph.setNode(2, last)
                .addNode(NodeProto.newBuilder()
                        .setOpType("Sigmoid")
                        .addInput(last.getOutput(0))
                        .addOutput("output"));
        assertEquals(Output.SIGMOID, read(edited(proto, graph)).model().output());
    }

    @Test
    void propertiesThatDoNotFitAreLeftOut() throws IOException {
        ModelProto proto = irises();
        Map<String, String> wrong = Map.of(
                "lanewise.output", "identity or so",
                "lanewise.task", "binary",
                "lanewise.temperature", "NaN",
                "lanewise.labels", "[\"a\", 2]",
                "lanewise.byteScale", "0",
                "lanewise.byteOffset", "many",
                "lanewise.later", "?",
                "", "no key");
        ModelProto.Builder builder = proto.toBuilder().clearMetadataProps();
        wrong.forEach((key, value) -> builder.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        Model model = read(builder.build()).model();
        assertEquals(Output.SOFTMAX, model.output());
        assertEquals(Task.MULTICLASS, model.task());
        assertEquals(List.of("a", "b", "c"), model.labels());
        assertEquals(1f / 255f, model.byteScale());
        assertEquals(Map.of(), model.metadata());
    }

    // Refusals

    private void refuse(String words, Runnable work) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, work::run);
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void whatHasNoFormIsRefusedByPlaceAndName() {
        Activation own = new Activation("own") {
            @Override
            public float value(float x) {
                return x;
            }

            @Override
            public float derivative(float x, float y) {
                return 1;
            }
        };
        Model model = builder(Output.IDENTITY, dense(2, 2), Residual.of(dense(2, 2), Dense.of(2, 2, own)))
                .build();
        refuse(
                "the activation of layer 1.1 (dense 2->2 own) has no form in ONNX: "
                        + own.getClass().getName(),
                () -> OnnxExport.of(model, 17));
        Model fine = builder(Output.IDENTITY, dense(2, 2)).build();
        refuse("operator set 12 given, 13 to 23 expected", () -> OnnxExport.of(fine, 12));
        refuse("operator set 24 given, 13 to 23 expected", () -> OnnxExport.of(fine, 24));
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        Path file = folder.resolve("no/m.onnx");
        Model model = builder(Output.IDENTITY, dense(2, 2)).build();
        IOException e = assertThrows(IOException.class, () -> Onnx.write(model, file));
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }
}
