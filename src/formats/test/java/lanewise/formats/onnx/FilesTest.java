package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.formats.FormatException;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Output;
import lanewise.layer.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What files hold besides operators: labels, types, functions, branches, old operator sets. */
class FilesTest {

    @TempDir
    Path folder;

    private Imported read(Graphs g) throws IOException {
        return Onnx.read(g.write(folder));
    }

    private static float[] outputs(Imported imported, float... input) {
        float[] output = new float[imported.outputSize()];
        imported.outputs(input, output);
        return output;
    }

    private static String layers(Imported imported) {
        List<String> names = new ArrayList<>();
        for (Layer layer : imported.model().stack().layers()) names.add(layer.toString());
        return String.join(" -> ", names);
    }

    // Labels.

    private static Graphs classifier(int outputs) {
        Graphs g = new Graphs(14).domain("ai.onnx.ml", 1);
        String x = g.input("X", new Object(), 3);
        g.node("Gemm", x, g.weights(3, outputs), g.weights(outputs));
        return g;
    }

    private static String last(Graphs g) {
        return g.graph.getNode(g.graph.getNodeCount() - 1).getOutput(0);
    }

    private static String strings(Graphs g, String... values) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setDataType(Graphs.STRING).addDims(values.length);
        for (String value : values) tensor.addStringData(ByteString.copyFromUtf8(value));
        return g.constant(tensor);
    }

    @Test
    void stringLabelsComeFromTheLabelBranch() throws IOException {
        Graphs g = classifier(3);
        String probabilities = g.node("Softmax", last(g));
        String index = g.node("ArgMax", Map.of("axis", 1), probabilities);
        String label = g.node("ai.onnx.ml.ArrayFeatureExtractor", strings(g, "ape", "b\u00e4r", "cat"), index);
        label = g.node("Reshape", label, g.longs(-1));
        g.graph.addOutput(Graphs.info(label, Graphs.STRING, "n"));
        Imported imported = read(g.output(probabilities));
        assertEquals(List.of("ape", "b\u00e4r", "cat"), imported.model().labels());
        assertEquals(Task.MULTICLASS, imported.model().task());
        assertEquals(probabilities, imported.output());
        String asked = label;
        assertThrows(FormatException.class, () -> Onnx.read(folder.resolve("model.onnx"), asked));
    }

    @Test
    void mapsOfProbabilitiesAreOutputsAndNameTheClasses() throws IOException {
        Graphs g = classifier(2);
        String probabilities = g.node("Softmax", last(g));
        String map =
                g.node("ai.onnx.ml.ZipMap", Map.of("classlabels_strings", new String[] {"no", "yes"}), probabilities);
        g.graph.addOutput(Graphs.info("label", Graphs.STRING, "n"));
        g.graph.addNode(Graphs.proto("Identity", Map.of(), strings(g, "no")).addOutput("label"));
        g.graph.addOutputBuilder().setName(map).getTypeBuilder().getSequenceTypeBuilder();
        Imported imported = read(g);
        assertEquals(List.of("no", "yes"), imported.model().labels());
        assertEquals(Output.SOFTMAX, imported.model().output());
    }

    @Test
    void oneLogitWithTwoColumnsIsABinaryModel() throws IOException {
        Graphs g = classifier(1);
        String p = g.node("Sigmoid", last(g));
        String both = g.node("Concat", Map.of("axis", 1), g.node("Sub", g.row(1), p), p);
        String index = g.node("ArgMax", Map.of("axis", 1), both);
        String label = g.node("ai.onnx.ml.ArrayFeatureExtractor", strings(g, "no", "yes"), index);
        g.graph.addOutput(Graphs.info(label, Graphs.STRING, "n"));
        Imported imported = read(g.output(both));
        assertEquals(Task.BINARY, imported.model().task());
        assertEquals(List.of("no", "yes"), imported.model().labels());
        assertEquals(1, imported.model().outputSize());
        float[] answer = outputs(imported, 0.5f, -1, 2);
        assertEquals(2, answer.length);
        assertEquals(1f, answer[0] + answer[1], 1e-6f);
    }

    @Test
    void aLogisticRegressionNamesItsClasses() throws IOException {
        Graphs g = new Graphs(17).domain("ai.onnx.ml", 1);
        Map<String, Object> attributes = Map.of(
                "coefficients", new float[] {-1, 2, 1, -2},
                "intercepts", new float[] {-0.5f, 0.5f},
                "classlabels_strings", new String[] {"no", "yes"},
                "post_transform", "LOGISTIC");
        g.graph.addNode(Graphs.proto("ai.onnx.ml.LinearClassifier", attributes, g.input("x", "n", 2))
                .addOutput("label")
                .addOutput("scores"));
        g.graph.addOutput(Graphs.info("label", Graphs.STRING, "n"));
        Imported imported = read(g.output("scores"));
        assertEquals(List.of("no", "yes"), imported.model().labels());
        assertEquals(Task.BINARY, imported.model().task());
        float yes = (float) (1 / (1 + Math.exp(-(3 - 2 * 0.25 + 0.5))));
        assertArrayEquals(new float[] {1 - yes, yes}, outputs(imported, 3, 0.25f), 1e-6f);
    }

    @Test
    void whatIsNoNetworkOfLayersIsRefusedByItsReason() {
        refused("(LSTM)", "a recurrent layer", (g, x) -> g.node("LSTM", g.node("Transpose", x), g.weights(1, 8, 3)));
        refused("(Mul)", "as a gate does", (g, x) -> {
            g.graph.addNode(Graphs.proto("Split", Map.of("axis", 1), g.node("MatMul", x, g.weights(3, 4)))
                    .addOutput("a")
                    .addOutput("b"));
            return g.node("Mul", "a", g.node("Sigmoid", "b"));
        });
        refused("(Slice)", "it picks rows of a batch", (g, x) -> g.node("Slice", x, g.longs(0), g.longs(1)));
        refused("(Gather)", "it picks rows of a batch", (g, x) -> g.node("Gather", x, g.longs(0, 1)));
        refused("(Transpose)", "rows do not stay apart", (g, x) -> g.node("Transpose", x));
        refused("(Mul)", "a sum or a mean of their row", (g, x) -> {
            String square = g.node("ReduceMean", Map.of("axes", new long[] {1}), g.node("Mul", x, x));
            return g.node("Mul", x, g.node("Reciprocal", g.node("Sqrt", g.node("Add", square, g.scalar(1e-6)))));
        });
        refused("(Mul)", "no activation of this library", (g, x) -> g.node("Mul", x, g.node("Tanh", x)));
        refused("(Concat)", "joins branches", (g, x) -> g.node("Concat", Map.of("axis", 1), x, g.node("Tanh", x)));
        refused("(TreeEnsembleRegressor)", "decision trees", (g, x) -> g.node("ai.onnx.ml.TreeEnsembleRegressor", x));
        refused("(LinearClassifier)", "PROBIT", (g, x) -> {
            Map<String, Object> attributes = Map.of("coefficients", new float[6], "post_transform", "PROBIT");
            g.graph.addNode(Graphs.proto("ai.onnx.ml.LinearClassifier", attributes, x)
                    .addOutput("label")
                    .addOutput("scores"));
            return "scores";
        });
    }

    private void refused(String operator, String reason, Form form) {
        Graphs g = new Graphs(17).domain("ai.onnx.ml", 1);
        String y = form.of(g, g.input("x", "n", 3));
        String message = assertThrows(FormatException.class, () -> read(g.output(y)), operator)
                .getMessage();
        assertTrue(message.contains("not a multilayer perceptron: node"), message);
        assertTrue(message.contains(operator.substring(1)) && message.contains(reason), message);
    }

    private interface Form {
        String of(Graphs g, String x);
    }

    @Test
    void severalSigmoidsAreAMultilabelModel() throws IOException {
        Graphs g = classifier(4);
        String p = g.node("Sigmoid", last(g));
        String yes = g.node("ai.onnx.ml.Binarizer", Map.of("threshold", 0.5f), p);
        String label = g.node("Cast", Map.of("to", Graphs.INT64), yes);
        g.graph.addOutput(Graphs.info(label, Graphs.INT64, "n", 4));
        Imported imported = read(g.output(p));
        assertEquals(Task.MULTILABEL, imported.model().task());
        assertEquals(4, imported.outputSize());
    }

    @Test
    void logitsWithALabelBranchAreAMulticlassModel() throws IOException {
        Graphs g = classifier(3);
        String logits = last(g);
        String index = g.node("ArgMax", Map.of("axis", 1, "keepdims", 0), logits);
        String label = g.node("Gather", strings(g, "a", "b", "c"), index);
        g.graph.addOutput(Graphs.info(label, Graphs.STRING, "n"));
        Imported imported = read(g.output(logits));
        assertEquals(Task.MULTICLASS, imported.model().task());
        assertEquals(Output.IDENTITY, imported.model().output());
        assertEquals(List.of("a", "b", "c"), imported.model().labels());
    }

    // Types.

    @Test
    void weightsKeepTheirBits() throws IOException {
        Graphs g = new Graphs(17);
        float[] w = {1.1f, -0f, Float.MIN_VALUE, 3e38f, 1 / 3f, -7};
        String x = g.input("x", "n", 3);
        String y = g.node("Gemm", Map.of("transB", 1), x, g.constant(Graphs.floats(new int[] {2, 3}, w)), g.row(5, 6));
        float[] expected = {w[0], w[3], w[1], w[4], w[2], w[5], 5, 6};
        assertArrayEquals(expected, read(g.output(y)).model().copyParameters());
    }

    @Test
    void halvesAndDoublesAreRead() throws IOException {
        for (int type : new int[] {Graphs.FLOAT16, 16, Graphs.DOUBLE})
            for (boolean raw : new boolean[] {true, false}) {
                Graphs g = new Graphs(17);
                g.graph.addInput(Graphs.info("x", type, "n", 2));
                TensorProto.Builder tensor =
                        TensorProto.newBuilder().setDataType(type).addDims(2);
                ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
                for (double value : new double[] {1.5, -0.25})
                    if (type == Graphs.DOUBLE) {
                        bytes.putDouble(value);
                        if (!raw) tensor.addDoubleData(value);
                    } else {
                        int bits =
                                type == 16 ? Float.floatToIntBits((float) value) >>> 16 : value > 0 ? 0x3e00 : 0xb400;
                        bytes.putShort((short) bits);
                        if (!raw) tensor.addInt32Data(bits);
                    }
                if (raw) tensor.setRawData(ByteString.copyFrom(bytes.flip()));
                String y = g.node("Mul", "x", g.constant(tensor));
                g.graph.addOutput(Graphs.info(y, type, "n", 2));
                assertArrayEquals(new float[] {3, -1}, outputs(read(g), 2, 4));
            }
    }

    @Test
    void embeddingsLookUpWholeNumbers() throws IOException {
        Graphs g = new Graphs(17);
        g.graph.addInput(Graphs.info("x", Graphs.INT64, "n", 3));
        String vectors = g.node("Gather", g.weights(10, 4), "x");
        String y = g.node("Gemm", g.node("Flatten", vectors), g.weights(12, 2), g.weights(2));
        Imported imported = read(g.output(y));
        assertTrue(imported.model().stack().layers().get(0) instanceof Embedding);
        float[] indices = {7, 0, 9};
        assertArrayEquals(Oracle.run(g.bytes(), "x", y, indices, true, 1, 3), outputs(imported, indices), 1e-5f);

        Graphs one = new Graphs(17);
        one.graph.addInput(Graphs.info("x", 6, "n"));
        Imported single = read(one.output(one.node("Gather", one.weights(10, 4), "x")));
        assertEquals(0, single.inputShape().length);
        assertEquals(4, single.outputSize());
    }

    @Test
    void initializersMayBeInputsTooAndNodesInAnyOrder() throws IOException {
        Graphs g = new Graphs(8);
        String x = g.input("x", "n", 3);
        String w = g.weights(3, 2);
        g.input(w, 3, 2);
        g.graph.addNode(Graphs.proto("Relu", Map.of(), "h").addOutput("y"));
        g.graph.addNode(Graphs.proto("MatMul", Map.of(), x, w).addOutput("h"));
        assertEquals("dense 3->2 relu, no bias", layers(read(g.output("y"))));
    }

    // Old and training-mode files.

    @Test
    void operatorSetSixBroadcastsByAttributes() throws IOException {
        Graphs g = new Graphs(6);
        g.model.setIrVersion(3);
        String x = g.input("x", 2, 3);
        String h = g.node("Gemm", Map.of("broadcast", 1, "transB", 1), x, g.weights(4, 3), g.weights(4));
        h = g.node("Add", Map.of("broadcast", 1, "axis", 1), h, g.row(1, 2, 3, 4));
        h = g.node(
                "BatchNormalization", Map.of("is_test", 1), h, g.weights(4), g.weights(4), g.weights(4), g.spreads(4));
        h = g.node("Dropout", Map.of("is_test", 1), g.node("PRelu", h, g.row(0.5)));
        assertEquals("dense 3->4 -> affine 4 -> batch norm 4 -> prelu 4", layers(read(g.output(h))));
    }

    @Test
    void trainingModeTakesTheRunningStatistics() throws IOException {
        for (int opset : new int[] {9, 15}) {
            Graphs g = new Graphs(opset);
            String x = g.input("x", "n", 3);
            NodeProto.Builder norm = Graphs.proto(
                    "BatchNormalization",
                    opset == 15 ? Map.of("training_mode", 1) : Map.of(),
                    x,
                    g.weights(3),
                    g.weights(3),
                    g.weights(3),
                    g.spreads(3));
            for (String output : opset == 15 ? List.of("b", "m", "v") : List.of("b", "m", "v", "sm", "sv"))
                norm.addOutput(output);
            g.graph.addNode(norm);
            g.graph.addNode(
                    Graphs.proto("Dropout", Map.of(), "b").addOutput("y").addOutput("mask"));
            assertEquals("batch norm 3", layers(read(g.output("y"))));
        }
    }

    @Test
    void mergedInitializersAreOneConstant() throws IOException {
        Graphs g = new Graphs(14);
        String x = g.input("x", "n", 2), ones = g.row(1, 1), zeros = g.row(0, 0);
        String y = g.node("BatchNormalization", x, ones, zeros, g.node("Identity", zeros), g.node("Identity", ones));
        assertEquals("batch norm 2", layers(read(g.output(y))));
    }

    // Functions and branches.

    private static FunctionProto.Builder function(String name, String... attributes) {
        FunctionProto.Builder function = FunctionProto.newBuilder()
                .setDomain("own")
                .setName(name)
                .addInput("a")
                .addOutput("b")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18));
        for (String attribute : attributes) function.addAttribute(attribute);
        return function.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1));
    }

    private static AttributeProto reference(String name, String outer) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setRefAttrName(outer)
                .setType(AttributeProto.AttributeType.FLOAT)
                .build();
    }

    @Test
    void localFunctionsAreInlined() throws IOException {
        Graphs g = new Graphs(18).domain("own", 1);
        g.model.addFunctions(function("Leak", "slope")
                .addNode(Graphs.proto("LeakyRelu", Map.of(), "a")
                        .addAttribute(reference("alpha", "slope"))
                        .addOutput("b")));
        g.model.addFunctions(function("Twice")
                .addNode(Graphs.proto("own.Leak", Map.of("slope", 0.25f), "a").addOutput("h"))
                .addNode(Graphs.proto("Tanh", Map.of(), "h").addOutput("b")));
        String y = g.node("own.Leak", g.node("own.Twice", g.input("x", "n", 3)));
        assertEquals(
                "pointwise 3 leaky-relu(0.25) -> pointwise 3 tanh -> pointwise 3 leaky-relu",
                layers(read(g.output(y))));
    }

    @Test
    void functionsThatCallThemselvesAreRefused() throws IOException {
        Graphs g = new Graphs(18).domain("own", 1);
        g.model.addFunctions(
                function("Self").addNode(Graphs.proto("own.Self", Map.of(), "a").addOutput("b")));
        g.output(g.node("own.Self", g.input("x", "n", 3)));
        String message = assertThrows(FormatException.class, () -> read(g)).getMessage();
        assertTrue(message.contains("does a function call itself?"), message);

        Graphs many = new Graphs(18).domain("own", 1);
        for (int i = 0; i < 20; i++) {
            FunctionProto.Builder function = function("f" + i);
            for (int call = 0; call < 10; call++)
                function.addNode(Graphs.proto("own.f" + (i + 1), Map.of(), "a").addOutput("c" + call));
            many.model.addFunctions(function);
        }
        many.model.addFunctions(function("f20"));
        many.output(many.node("own.f0", many.input("x", "n", 3)));
        message = assertThrows(FormatException.class, () -> read(many)).getMessage();
        assertTrue(message.contains("nodes and calls") || message.contains("too long"), message);
    }

    @Test
    void branchesThatDoNotDependOnTheInputAreTaken() throws IOException {
        Graphs g = new Graphs(17);
        String x = g.input("x", "n", 3);
        String rank = g.node("Size", g.node("Shape", x));
        String condition = g.node(
                "Equal",
                rank,
                g.constant(TensorProto.newBuilder().setDataType(7).addInt64Data(2)));
        String y = g.node("If", Map.of("then_branch", branch("Relu", x), "else_branch", branch("Tanh", x)), condition);
        assertEquals("pointwise 3 relu", layers(read(g.output(y))));

        Graphs live = new Graphs(17);
        x = live.input("x", "n", 1);
        condition = live.node("Greater", x, live.scalar(0));
        live.output(
                live.node("If", Map.of("then_branch", branch("Relu", x), "else_branch", branch("Tanh", x)), condition));
        assertThrows(FormatException.class, () -> read(live));
    }

    private static GraphProto.Builder branch(String op, String x) {
        return GraphProto.newBuilder()
                .setName(op)
                .addNode(Graphs.proto(op, Map.of(), x).addOutput("result"))
                .addOutput(Graphs.info("result", Graphs.FLOAT));
    }

    // The model.

    @Test
    void metadataAndShapesCome() throws IOException {
        Graphs g = new Graphs(17);
        g.model.addMetadataPropsBuilder().setKey("author").setValue("\u00c5sa");
        String x = g.input("x", "n", 2, 3);
        Imported imported = read(g.output(g.node("Gemm", g.node("Flatten", x), g.weights(6, 2))));
        assertArrayEquals(new int[] {2, 3}, imported.inputShape());
        assertEquals("\u00c5sa", imported.model().metadata().get("author"));
        assertEquals(1, imported.layers().size());
        assertTrue(imported.layers().get(0).contains("Gemm"), imported.layers().get(0));
        assertFalse(imported.output().isEmpty());
    }
}
