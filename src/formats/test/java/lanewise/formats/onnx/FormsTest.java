package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import lanewise.layer.Layer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Forms that exporters write and no file at hand has. Each is one graph, understood as the layers named here, and answered as
 * ONNX Runtime answers it.
 */
class FormsTest {

    private static final int SIZE = 5, ROWS = 7;

    @TempDir
    Path folder;

    private final List<DynamicTest> tests = new ArrayList<>();

    /** What each form is read as, and by which nodes it is written, for the document. */
    record Example(String name, String layers, List<String> operators) {

        static Example of(String name, String layers, Graphs g) {
            return new Example(
                    name,
                    layers,
                    g.graph.getNodeList().stream().map(NodeProto::getOpType).toList());
        }
    }

    final List<Example> examples = new ArrayList<>();

    private interface Form {
        String of(Graphs g, String x);
    }

    /** A graph from [n, 5] whose layers are these. */
    private void form(String name, int opset, String layers, Form form) {
        Graphs example = new Graphs(opset);
        form.of(example, example.input("x", "n", SIZE));
        examples.add(Example.of(name, layers, example));
        tests.add(DynamicTest.dynamicTest(name + " at " + opset + ": " + layers, () -> {
            Graphs g = new Graphs(opset);
            String y = form.of(g, g.input("x", "n", SIZE));
            check(g.output(y), y, layers, true, SIZE);
        }));
    }

    private void check(Graphs g, String y, String layers, boolean oracle, long... shape) throws IOException {
        Imported imported = Onnx.read(g.write(folder));
        String found = layers(imported);
        assertEquals(layers, found);
        if (!oracle) return;
        Random random = new Random(3);
        int inputs = imported.model().inputSize();
        float[] rows = new float[ROWS * inputs];
        for (int i = 0; i < rows.length; i++) rows[i] = (float) random.nextGaussian() * (i % 3 == 0 ? 4 : 1);
        long[] batch = new long[shape.length + 1];
        batch[0] = ROWS;
        System.arraycopy(shape, 0, batch, 1, shape.length);
        float[] expected = Oracle.run(g.bytes(), "x", y, rows, batch);
        float[] actual = new float[ROWS * imported.outputSize()];
        float[] row = new float[inputs], output = new float[imported.outputSize()];
        for (int r = 0; r < ROWS; r++) {
            System.arraycopy(rows, r * inputs, row, 0, inputs);
            imported.outputs(row, output);
            System.arraycopy(output, 0, actual, r * output.length, output.length);
        }
        float largest = 1e-3f;
        for (float e : expected) largest = Math.max(largest, Math.abs(e));
        assertArrayEquals(expected, actual, 4e-6f * largest);
    }

    private static String layers(Imported imported) {
        List<String> names = new ArrayList<>();
        for (Layer layer : imported.model().stack().layers()) names.add(layer.toString());
        String output = imported.model().output().toString();
        return String.join(" -> ", names) + (output.equals("identity") ? "" : " => " + output);
    }

    private void activation(String name, String activation, Form form) {
        form(name, 17, "pointwise " + SIZE + " " + activation, form);
    }

    @TestFactory
    List<DynamicTest> activations() {
        activation("own", "relu", (g, x) -> g.node("Relu", x));
        activation("max", "relu", (g, x) -> g.node("Max", x, g.scalar(0)));
        activation("max, constant first", "relu", (g, x) -> g.node("Max", g.row(0), x));
        activation("clip from below", "relu", (g, x) -> g.node("Clip", x, g.scalar(0)));
        activation(
                "product with a comparison",
                "relu",
                (g, x) -> g.node("Mul", x, g.node("Cast", Map.of("to", 1), g.node("Greater", x, g.scalar(0)))));
        activation("where", "relu", (g, x) -> g.node("Where", g.node("Greater", x, g.scalar(0)), x, g.scalar(0)));
        activation(
                "zeros of as many rows",
                "relu",
                (g, x) -> g.node(
                        "Where", g.node("Greater", x, g.scalar(0)), x, g.node("ConstantOfShape", g.node("Shape", x))));
        activation(
                "masked",
                "relu",
                (g, x) -> g.node(
                        "Where", g.node("Cast", Map.of("to", 9), g.node("Less", x, g.scalar(0))), g.scalar(0), x));
        activation("clip", "relu6", (g, x) -> g.node("Clip", x, g.scalar(0), g.scalar(6)));
        activation("min of relu", "relu6", (g, x) -> g.node("Min", g.node("Relu", x), g.scalar(6)));
        activation("clip", "hard-tanh", (g, x) -> g.node("Clip", x, g.scalar(-1), g.scalar(1)));
        form(
                "clip by attributes",
                9,
                "pointwise 5 clip(-0.5, 0.75)",
                (g, x) -> g.node("Clip", Map.of("min", -0.5f, "max", 0.75f), x));
        activation(
                "max and min",
                "clip(-0.5, 0.75)",
                (g, x) -> g.node("Min", g.node("Max", x, g.scalar(-0.5)), g.scalar(0.75)));
        activation("lower bound", "threshold(0.25, 0.25)", (g, x) -> g.node("Max", x, g.scalar(0.25)));
        form("own", 17, "pointwise 5 identity => sigmoid", (g, x) -> g.node("Sigmoid", x));
        activation(
                "exponentials",
                "tanh",
                (g, x) -> g.node(
                        "Sub",
                        g.node("Mul", g.scalar(2), g.node("Sigmoid", g.node("Mul", x, g.scalar(2)))),
                        g.scalar(1)));
        activation("erf over root two", "gelu", (g, x) -> gelu(g, x));
        activation(
                "erf times root half",
                "gelu",
                (g, x) -> g.node(
                        "Mul",
                        g.node("Mul", g.scalar(0.5), x),
                        g.node("Add", g.scalar(1), g.node("Erf", g.node("Mul", x, g.scalar(Math.sqrt(0.5)))))));
        activation(
                "half last",
                "gelu",
                (g, x) -> g.node(
                        "Mul",
                        x,
                        g.node(
                                "Mul",
                                g.scalar(0.5),
                                g.node("Add", g.node("Erf", g.node("Div", x, g.scalar(Math.sqrt(2)))), g.scalar(1)))));
        form("own", 20, "pointwise 5 gelu", (g, x) -> g.node("Gelu", x));
        form("own", 20, "pointwise 5 gelu-tanh", (g, x) -> g.node("Gelu", Map.of("approximate", "tanh"), x));
        activation("cube by power", "gelu-tanh", (g, x) -> geluTanh(g, x, g.node("Pow", x, g.scalar(3))));
        activation("cube by products", "gelu-tanh", (g, x) -> geluTanh(g, x, g.node("Mul", g.node("Mul", x, x), x)));
        activation("sigmoid", "silu", (g, x) -> g.node("Mul", g.node("Sigmoid", x), x));
        activation(
                "division",
                "silu",
                (g, x) -> g.node("Div", x, g.node("Add", g.node("Exp", g.node("Neg", x)), g.scalar(1))));
        activation("quick", "silu", (g, x) -> g.node("Mul", x, g.node("Sigmoid", x)));
        form(
                "scaled",
                17,
                "affine 5 -> pointwise 5 silu -> affine 5",
                (g, x) -> g.node("Mul", x, g.node("Sigmoid", g.node("Mul", g.scalar(1.702), x))));
        activation("softplus and tanh", "mish", (g, x) -> g.node("Mul", x, g.node("Tanh", g.node("Softplus", x))));
        form("own", 18, "pointwise 5 mish", (g, x) -> g.node("Mish", x));
        activation("logarithm", "softplus", (g, x) -> g.node("Log", g.node("Add", g.node("Exp", x), g.scalar(1))));
        activation(
                "stable",
                "softplus",
                (g, x) -> g.node(
                        "Add",
                        g.node("Relu", x),
                        g.node("Log", g.node("Add", g.node("Exp", g.node("Neg", g.node("Abs", x))), g.scalar(1)))));
        activation(
                "beta",
                "softplus(2.5)",
                (g, x) -> g.node("Div", g.node("Softplus", g.node("Mul", x, g.scalar(2.5))), g.scalar(2.5)));
        activation("guarded, beta", "softplus(2.0)", (g, x) -> {
            String scaled = g.node("Mul", x, g.scalar(2));
            return g.node(
                    "Where",
                    g.node("Greater", scaled, g.scalar(20)),
                    x,
                    g.node("Div", g.node("Softplus", scaled), g.scalar(2)));
        });
        activation(
                "absolute value", "softsign", (g, x) -> g.node("Div", x, g.node("Add", g.scalar(1), g.node("Abs", x))));
        activation("own", "softsign", (g, x) -> g.node("Softsign", x));
        activation("own", "elu(0.3)", (g, x) -> g.node("Elu", Map.of("alpha", 0.3f), x));
        activation(
                "where",
                "elu",
                (g, x) -> g.node(
                        "Where", g.node("Greater", x, g.scalar(0)), x, g.node("Sub", g.node("Exp", x), g.scalar(1))));
        activation("own", "celu(0.7)", (g, x) -> g.node("Celu", Map.of("alpha", 0.7f), x));
        activation(
                "formula",
                "celu(2.0)",
                (g, x) -> g.node(
                        "Add",
                        g.node("Relu", x),
                        g.node(
                                "Min",
                                g.scalar(0),
                                g.node(
                                        "Mul",
                                        g.scalar(2),
                                        g.node("Sub", g.node("Exp", g.node("Div", x, g.scalar(2))), g.scalar(1))))));
        activation("own", "selu", (g, x) -> g.node("Selu", x));
        form(
                "other factors",
                17,
                "pointwise 5 elu(2.0) -> affine 5",
                (g, x) -> g.node("Selu", Map.of("alpha", 2f, "gamma", 3f), x));
        activation("own", "leaky-relu(0.2)", (g, x) -> g.node("LeakyRelu", Map.of("alpha", 0.2f), x));
        activation("default", "leaky-relu", (g, x) -> g.node("LeakyRelu", x));
        activation("max", "leaky-relu(0.1)", (g, x) -> g.node("Max", x, g.node("Mul", x, g.scalar(0.1))));
        activation("own", "threshold(1.0, 0.0)", (g, x) -> g.node("ThresholdedRelu", x));
        activation(
                "where",
                "threshold(0.5, -2.0)",
                (g, x) -> g.node("Where", g.node("Greater", x, g.scalar(0.5)), x, g.scalar(-2)));
        activation(
                "where not",
                "threshold(0.5, -2.0)",
                (g, x) -> g.node("Where", g.node("LessOrEqual", x, g.scalar(0.5)), g.scalar(-2), x));
        activation(
                "from a number on",
                "threshold(0.49999997, -2.0)",
                (g, x) -> g.node("Where", g.node("Less", x, g.scalar(0.5)), g.scalar(-2), x));
        activation("alpha", "hard-sigmoid", (g, x) -> g.node("HardSigmoid", Map.of("alpha", 1 / 6f), x));
        activation(
                "clip",
                "hard-sigmoid",
                (g, x) -> g.node(
                        "Div", g.node("Clip", g.node("Add", x, g.scalar(3)), g.scalar(0), g.scalar(6)), g.scalar(6)));
        form("own numbers", 17, "affine 5 -> pointwise 5 clip(0.0, 1.0)", (g, x) -> g.node("HardSigmoid", x));
        form("own", 14, "pointwise 5 hard-swish", (g, x) -> g.node("HardSwish", x));
        activation(
                "relu6",
                "hard-swish",
                (g, x) -> g.node(
                        "Div",
                        g.node("Mul", x, g.node("Clip", g.node("Add", x, g.scalar(3)), g.scalar(0), g.scalar(6))),
                        g.scalar(6)));
        form(
                "from 13",
                13,
                "pointwise 5 hard-swish",
                (g, x) -> g.node("Mul", x, g.node("HardSigmoid", Map.of("alpha", 1 / 6f, "beta", 0.5f), x)));
        activation("log of sigmoid", "log-sigmoid", (g, x) -> g.node("Log", g.node("Sigmoid", x)));
        activation("softplus", "log-sigmoid", (g, x) -> g.node("Neg", g.node("Softplus", g.node("Neg", x))));
        activation("difference", "tanh-shrink", (g, x) -> g.node("Sub", x, g.node("Tanh", x)));
        form(
                "Shrink with its limit as bias",
                17,
                "residual (pointwise 5 clip(-0.5, 0.5) -> affine 5)",
                (g, x) -> g.node("Shrink", Map.of("bias", 0.5f, "lambd", 0.5f), x));
        form("slopes", 17, "prelu 5", (g, x) -> g.node("PRelu", x, g.row(0.1, -0.2, 0.3, 0.4, 2)));
        form("one slope", 17, "prelu 5", (g, x) -> g.node("PRelu", x, g.row(0.1)));
        form(
                "as Keras has it",
                17,
                "prelu 5",
                (g, x) -> g.node(
                        "Add",
                        g.node("Relu", x),
                        g.node("Mul", g.row(-0.1, -0.2, 0.3, 0.4, -2), g.node("Relu", g.node("Neg", x)))));
        form("absolute value", 17, "prelu 5", (g, x) -> g.node("Abs", x));
        form(
                "end of a classifier",
                17,
                "pointwise 5 identity => sigmoid",
                (g, x) -> g.node("Reciprocal", g.node("Add", g.node("Exp", g.node("Neg", x)), g.scalar(1))));
        form("own", 17, "pointwise 5 identity => softmax", (g, x) -> g.node("Softmax", x));
        form("own, flattening", 11, "pointwise 5 identity => softmax", (g, x) -> g.node("Softmax", x));
        form("exponentials", 17, "pointwise 5 identity => softmax", (g, x) -> {
            String e = g.node("Exp", g.node("Sub", x, g.node("ReduceMax", Map.of("axes", new long[] {1}), x)));
            return g.node("Div", e, g.node("ReduceSum", e, g.longs(-1)));
        });
        form("logarithm", 17, "pointwise 5 identity => log softmax", (g, x) -> g.node("Log", g.node("Softmax", x)));
        form("own", 17, "pointwise 5 identity => log softmax", (g, x) -> g.node("LogSoftmax", Map.of("axis", 1), x));
        form(
                "log-sum-exp",
                17,
                "pointwise 5 identity => log softmax",
                (g, x) -> g.node("Sub", x, g.node("ReduceLogSumExp", Map.of("axes", new long[] {-1}), x)));
        form(
                "in the middle",
                17,
                "softmax 5 -> dense 5->2",
                (g, x) -> g.node("Add", g.node("MatMul", g.node("Softmax", x), g.weights(5, 2)), g.weights(2)));
        return tests;
    }

    private static String gelu(Graphs g, String x) {
        String erf = g.node("Erf", g.node("Div", x, g.scalar(Math.sqrt(2))));
        return g.node("Mul", g.node("Mul", x, g.node("Add", erf, g.scalar(1))), g.scalar(0.5));
    }

    private static String geluTanh(Graphs g, String x, String cube) {
        String sum = g.node("Add", x, g.node("Mul", g.scalar(0.044715), cube));
        String tanh = g.node("Tanh", g.node("Mul", g.scalar(Math.sqrt(2 / Math.PI)), sum));
        return g.node("Mul", g.node("Mul", g.scalar(0.5), x), g.node("Add", g.scalar(1), tanh));
    }

    @TestFactory
    List<DynamicTest> products() {
        form("MatMul", 13, "dense 5->3, no bias", (g, x) -> g.node("MatMul", x, g.weights(5, 3)));
        form(
                "bias after",
                13,
                "dense 5->3",
                (g, x) -> g.node("Add", g.node("MatMul", x, g.weights(5, 3)), g.weights(3)));
        form(
                "bias before",
                13,
                "dense 5->3",
                (g, x) -> g.node("Add", g.weights(1, 3), g.node("MatMul", x, g.weights(5, 3))));
        form(
                "transposed",
                13,
                "dense 5->3, no bias",
                (g, x) -> g.node("MatMul", x, g.node("Transpose", Map.of("perm", new long[] {1, 0}), g.weights(3, 5))));
        form(
                "vector",
                13,
                "dense 5->1, no bias",
                (g, x) -> g.node("Unsqueeze", g.node("MatMul", x, g.weights(5)), g.longs(1)));
        form("Gemm", 13, "dense 5->3, no bias", (g, x) -> g.node("Gemm", x, g.weights(5, 3)));
        form(
                "alpha and beta",
                13,
                "dense 5->3",
                (g, x) -> g.node(
                        "Gemm",
                        Map.of("alpha", 0.25f, "beta", 0.35f, "transB", 1),
                        x,
                        g.weights(3, 5),
                        g.weights(1, 3)));
        form("scalar bias", 13, "dense 5->3", (g, x) -> g.node("Gemm", x, g.weights(5, 3), g.scalar(0.3)));
        form("live bias", 13, "residual (dense 5->5, no bias)", (g, x) -> g.node("Gemm", x, g.weights(5, 5), x));
        form(
                "no bias, then one",
                18,
                "dense 5->3 relu",
                (g, x) -> g.node("Relu", g.node("Add", g.node("Gemm", x, g.weights(5, 3)), g.weights(3))));
        form("bias missing by name", 18, "dense 5->3, no bias", (g, x) -> g.node("Gemm", x, g.weights(5, 3), ""));
        form(
                "expanded bias",
                9,
                "dense 5->3",
                (g, x) -> g.node(
                        "Gemm",
                        x,
                        g.node("Transpose", g.weights(3, 5)),
                        g.node("Expand", g.weights(3), g.longs(1, 3))));
        form("bias expanded to the rows", 11, "dense 5->3", (g, x) -> {
            String rows = g.node("Gather", Map.of("axis", 0), g.node("Shape", x), g.longs(0));
            String asked = g.node("Concat", Map.of("axis", 0), rows, g.longs(-1));
            String kept = g.node("Equal", asked, g.longs(-1, -1));
            String shape = g.node("Where", kept, g.longs(1, 1), asked);
            return g.node("Add", g.node("MatMul", x, g.weights(5, 3)), g.node("Expand", g.weights(3), shape));
        });
        form(
                "by indices",
                17,
                "dense 5->3, no bias",
                (g, x) -> g.node("Einsum", Map.of("equation", "bi, oi -> bo"), x, g.weights(3, 5)));
        form(
                "picked numbers",
                17,
                "dense 5->3, no bias",
                (g, x) -> g.node("Slice", x, g.longs(1), g.longs(4), g.longs(1)));
        form(
                "picked by a list",
                17,
                "dense 5->3, no bias",
                (g, x) -> g.node("Gather", Map.of("axis", 1), x, g.longs(4, 0, -2)));
        form(
                "backwards",
                17,
                "dense 5->5, no bias",
                (g, x) -> g.node("Slice", x, g.longs(-1), g.longs(-9), g.longs(1), g.longs(-1)));
        form("joined with a constant", 17, "dense 5->9", (g, x) -> {
            String rows = g.node("Slice", g.node("Shape", x), g.longs(0), g.longs(1));
            String shape = g.node("Concat", Map.of("axis", 0), rows, g.longs(2));
            return g.node(
                    "Concat",
                    Map.of("axis", 1),
                    g.node("Mul", x, g.scalar(2)),
                    g.node("Expand", g.scalar(3), shape),
                    g.node("Slice", x, g.longs(0), g.longs(2), g.longs(1)));
        });
        form(
                "mean of the row",
                17,
                "dense 5->1, no bias",
                (g, x) -> g.node("ReduceMean", Map.of("axes", new long[] {1}, "keepdims", 1), x));
        form("without the mean", 17, "dense 5->5, no bias", (g, x) -> g.node("Sub", x, mean(g, x)));
        form(
                "low-rank adaptation",
                17,
                "dense 5->3",
                (g, x) -> g.node(
                        "Add",
                        g.node("Gemm", x, g.weights(5, 3), g.weights(3)),
                        g.node(
                                "Mul",
                                g.node("MatMul", g.node("MatMul", x, g.weights(5, 2)), g.weights(2, 3)),
                                g.scalar(0.5))));
        form("shared twice", 17, "dense 5->5 tanh -> dense 5->5", (g, x) -> {
            String w = g.weights(5, 5), b = g.weights(5);
            return g.node("Gemm", g.node("Tanh", g.node("Gemm", x, w, b)), w, b);
        });
        form(
                "standardised",
                17,
                "rescale 5 -> dense 5->3",
                (g, x) -> g.node(
                        "Gemm",
                        g.node("Div", g.node("Sub", x, g.weights(5)), g.spreads(5)),
                        g.weights(5, 3),
                        g.weights(3)));
        form("ai.onnx.ml Scaler", 17, "rescale 5", (g, x) -> {
            g.domain("ai.onnx.ml", 1);
            return g.node(
                    "ai.onnx.ml.Scaler",
                    Map.of("offset", new float[] {1, 2, 3, 4, 5}, "scale", new float[] {1, 2, 0.5f, 0.25f, 3}),
                    x);
        });
        form(
                "ai.onnx.ml LinearRegressor",
                17,
                "dense 5->2",
                (g, x) -> g.domain("ai.onnx.ml", 1)
                        .node(
                                "ai.onnx.ml.LinearRegressor",
                                Map.of(
                                        "coefficients",
                                        new float[] {1, 2, 3, 4, 5, -1, 0, 2, 0.5f, 3},
                                        "intercepts",
                                        new float[] {0.5f, -3},
                                        "targets",
                                        2),
                                x));
        form("logistic regression", 17, "dense 5->3 => softmax", (g, x) -> {
            float[] rows = {1, 2, 3, 4, 5, -1, 0, 2, 0.5f, 3, 0, 0, 1, 0.5f, -0.5f};
            return probabilities(g, x, rows, new float[] {0, 1, -1}, "SOFTMAX");
        });
        form(
                "logistic regression of two classes",
                17,
                "dense 5->1 => sigmoid",
                (g, x) -> probabilities(
                        g,
                        x,
                        new float[] {-1, 0, -0.5f, -0.5f, 2, 1, 0, 0.5f, 0.5f, -2},
                        new float[] {-0.25f, 0.25f},
                        "LOGISTIC"));
        form("min-max", 17, "affine 5", (g, x) -> g.node("Add", g.node("Mul", x, g.weights(5)), g.weights(5)));
        form("scalars", 17, "affine 5", (g, x) -> g.node("Sub", g.node("Div", x, g.scalar(255)), g.scalar(0.5)));
        form("from a constant", 17, "affine 5", (g, x) -> g.node("Sub", g.scalar(1), x));
        form("image", 17, "rescale 5", (g, x) -> g.node("Div", g.node("Sub", x, g.scalar(0.1307)), g.scalar(0.3081)));
        form("half the sum", 17, "affine 5", (g, x) -> g.node("Add", g.node("Mul", x, g.scalar(0.5)), x));
        form(
                "normalisation",
                17,
                "dense 5->4 -> batch norm 4 -> pointwise 4 relu",
                (g, x) -> g.node(
                        "Relu",
                        batchNorm(g, g.node("Gemm", x, g.weights(5, 4), g.weights(4)), Map.of("epsilon", 1e-3f), 4)));
        form("training mode", 15, "batch norm 5", (g, x) -> batchNorm(g, x, Map.of(), 5));
        form("spatial", 7, "batch norm 5", (g, x) -> batchNorm(g, x, Map.of("spatial", 1), 5));
        form(
                "unsqueezed",
                11,
                "batch norm 5",
                (g, x) -> g.node(
                        "Squeeze",
                        Map.of("axes", new long[] {2}),
                        batchNorm(g, g.node("Unsqueeze", Map.of("axes", new long[] {2}), x), Map.of(), 5)));
        form(
                "as Keras has it",
                15,
                "rescale 5 -> affine 5",
                (g, x) -> g.node(
                        "Add",
                        g.node("Mul", g.node("Mul", g.node("Sub", x, g.weights(5)), g.spreads(5)), g.weights(5)),
                        g.weights(5)));
        form(
                "layer",
                17,
                "layer norm 5",
                (g, x) -> g.node("LayerNormalization", Map.of("epsilon", 1e-4f), x, g.weights(5), g.weights(5)));
        form("layer without bias", 17, "layer norm 5", (g, x) -> g.node("LayerNormalization", x, g.weights(5)));
        form("layer, decomposed", 13, "layer norm 5", (g, x) -> {
            String d = g.node("Sub", x, mean(g, x));
            String v = g.node("Add", mean(g, g.node("Mul", d, d)), g.scalar(1e-5));
            return g.node("Add", g.node("Mul", g.node("Div", d, g.node("Sqrt", v)), g.weights(5)), g.weights(5));
        });
        form("layer, differences twice", 13, "layer norm 5", (g, x) -> {
            String m = mean(g, x), d = g.node("Sub", x, m);
            String v = g.node("Add", mean(g, g.node("Pow", d, g.scalar(2))), g.scalar(1e-5));
            return g.node("Mul", g.node("Sub", x, m), g.node("Reciprocal", g.node("Sqrt", v)));
        });
        form("layer as Keras has it", 13, "layer norm 5", (g, x) -> {
            String m = mean(g, x), d = g.node("Sub", x, m);
            String v = g.node("Add", mean(g, g.node("Mul", d, d)), g.scalar(1e-3));
            String factor = g.node("Mul", g.node("Reciprocal", g.node("Sqrt", v)), g.weights(5));
            return g.node("Add", g.node("Mul", x, factor), g.node("Sub", g.weights(5), g.node("Mul", m, factor)));
        });
        form("layer with an epsilon of 1e-12", 13, "layer norm 5", (g, x) -> {
            String d = g.node("Sub", x, mean(g, x));
            String v = g.node("Add", mean(g, g.node("Pow", d, g.scalar(2))), g.scalar(1e-12));
            return g.node("Add", g.node("Mul", g.node("Div", d, g.node("Sqrt", v)), g.weights(5)), g.weights(5));
        });
        form(
                "residual",
                17,
                "residual (dense 5->4 relu -> dense 4->5, no bias)",
                (g, x) -> g.node(
                        "Add",
                        g.node(
                                "Gemm",
                                g.node("Relu", g.node("Gemm", x, g.weights(5, 4), g.weights(4))),
                                g.weights(4, 5)),
                        x));
        form(
                "residual inside",
                17,
                "residual (dense 5->5 -> residual (dense 5->5 relu) -> pointwise 5 tanh)",
                (g, x) -> {
                    String a = g.node("Gemm", x, g.weights(5, 5), g.weights(5));
                    String b = g.node("Relu", g.node("Gemm", a, g.weights(5, 5), g.weights(5)));
                    return g.node("Add", x, g.node("Tanh", g.node("Add", a, b)));
                });
        form(
                "residual of a function",
                17,
                "residual (pointwise 5 tanh)",
                (g, x) -> g.node("Add", x, g.node("Tanh", x)));
        form(
                "part of the input",
                17,
                "residual (pointwise 5 tanh -> affine 5) -> affine 5",
                (g, x) -> g.node("Add", g.node("Mul", x, g.scalar(0.5)), g.node("Tanh", x)));
        form(
                "input with a bias",
                17,
                "residual (pointwise 5 tanh) -> affine 5",
                (g, x) -> g.node("Add", g.node("Tanh", x), g.node("Add", x, g.weights(5))));
        form(
                "without the input",
                17,
                "residual (dense 5->5, no bias -> affine 5) -> affine 5",
                (g, x) -> g.node("Sub", g.node("MatMul", x, g.weights(5, 5)), x));
        return tests;
    }

    /** A linear classifier whose probabilities are divided by their sum, as skl2onnx writes it. */
    private static String probabilities(Graphs g, String x, float[] rows, float[] intercepts, String transform) {
        g.domain("ai.onnx.ml", 1);
        long[] labels = {3, 4, 5};
        Map<String, Object> attributes = Map.of(
                "coefficients",
                rows,
                "intercepts",
                intercepts,
                "classlabels_ints",
                Arrays.copyOf(labels, intercepts.length),
                "multi_class",
                1,
                "post_transform",
                transform);
        g.graph.addNode(Graphs.proto("ai.onnx.ml.LinearClassifier", attributes, x)
                .addOutput("label")
                .addOutput("scores"));
        return g.node("ai.onnx.ml.Normalizer", Map.of("norm", "L1"), "scores");
    }

    private static String mean(Graphs g, String x) {
        return g.node("ReduceMean", Map.of("axes", new long[] {-1}, "keepdims", 1), x);
    }

    private static String batchNorm(Graphs g, String x, Map<String, Object> attributes, int size) {
        return g.node(
                "BatchNormalization",
                attributes,
                x,
                g.weights(size),
                g.weights(size),
                g.weights(size),
                g.spreads(size));
    }

    private void shape(String name, String layers, Object[] dims, UnaryOperator<Graphs> form, long... row) {
        Graphs example = new Graphs(13);
        example.input("x", dims);
        examples.add(Example.of(name, layers, form.apply(example)));
        tests.add(DynamicTest.dynamicTest(name + ": " + layers, () -> {
            Graphs g = new Graphs(13);
            g.input("x", dims);
            form.apply(g);
            check(g, g.graph.getOutput(0).getName(), layers, row.length > 0, row);
        }));
    }

    private static Graphs dense(Graphs g, String x, int in) {
        return g.output(g.node("Gemm", x, g.weights(in, 2), g.weights(2)));
    }

    @TestFactory
    List<DynamicTest> shapes() {
        Object open = new Object();
        Object[] image = {"n", 3, 4};
        shape("Flatten", "dense 12->2", image, g -> dense(g, g.node("Flatten", "x"), 12), 3, 4);
        shape("Reshape to -1", "dense 12->2", image, g -> dense(g, g.node("Reshape", "x", g.longs(-1, 12)), 12), 3, 4);
        shape(
                "Reshape of the rest",
                "dense 12->2",
                image,
                g -> dense(g, g.node("Reshape", "x", g.longs(0, -1)), 12),
                3,
                4);
        shape(
                "Shape, Gather, Concat",
                "dense 12->2",
                image,
                g -> {
                    String rows = g.node("Gather", Map.of("axis", 0), g.node("Shape", "x"), g.longs(0));
                    String shape = g.node("Concat", Map.of("axis", 0), rows, g.longs(-1));
                    return dense(g, g.node("Reshape", "x", shape), 12);
                },
                3,
                4);
        shape(
                "Shape, Slice",
                "dense 12->2",
                image,
                g -> {
                    String rows = g.node("Slice", g.node("Shape", "x"), g.longs(0), g.longs(1), g.longs(0));
                    return dense(g, g.node("Reshape", "x", g.node("Concat", Map.of("axis", 0), rows, g.longs(12))), 12);
                },
                3,
                4);
        shape("names for both dimensions", "dense 6->2", new Object[] {"n", "f"}, g -> dense(g, "x", 6), 6);
        shape("open dimensions", "dense 6->2", new Object[] {open, open}, g -> dense(g, "x", 6), 6);
        shape(
                "a batch of one",
                "dense 12->2",
                new Object[] {1, 3, 4},
                g -> dense(g, g.node("Reshape", "x", g.longs(1, 12)), 12));
        shape(
                "a batch of three",
                "dense 4->2",
                new Object[] {3, 4},
                g -> dense(g, g.node("Reshape", "x", g.longs(3, 4)), 4));
        shape(
                "no batch",
                "dense 4->2 relu",
                new Object[] {4},
                g -> g.output(g.node("Relu", g.node("Add", g.weights(2), g.node("MatMul", "x", g.weights(4, 2))))));
        shape(
                "rank 3",
                "dense 4->2, no bias",
                new Object[] {"n", 1, 4},
                g -> g.output(g.node("MatMul", "x", g.weights(4, 2))),
                1,
                4);
        shape(
                "at each position",
                "dense 12->6 relu -> dense 6->2",
                image,
                g -> dense(
                        g,
                        g.node(
                                "Flatten",
                                g.node("Relu", g.node("Add", g.node("MatMul", "x", g.weights(4, 2)), g.weights(2)))),
                        6),
                3,
                4);
        shape(
                "squeezed",
                "dense 4->1",
                new Object[] {"n", 4},
                g -> g.output(g.node("Squeeze", g.node("Gemm", "x", g.weights(4, 1), g.weights(1)), g.longs(1))),
                4);
        shape("rank 3 functions", "affine 12", image, g -> g.output(g.node("Mul", "x", g.weights(4))), 3, 4);
        shape("rank 3 column", "affine 12", image, g -> g.output(g.node("Mul", "x", g.weights(3, 1))), 3, 4);
        shape(
                "exchanged dimensions",
                "dense 12->12, no bias -> dense 12->2",
                image,
                g -> dense(g, g.node("Flatten", g.node("Transpose", Map.of("perm", new long[] {0, 2, 1}), "x")), 12),
                3,
                4);
        shape(
                "mean of positions",
                "dense 12->4, no bias -> dense 4->2",
                image,
                g -> dense(g, g.node("ReduceMean", Map.of("axes", new long[] {1}, "keepdims", 0), "x"), 4),
                3,
                4);
        shape(
                "ten classes",
                "pointwise 10 identity => log softmax",
                new Object[] {"n", 10},
                g -> g.output(g.node("LogSoftmax", "x")),
                10);
        shape(
                "zeros for a batch of seven",
                "pointwise 4 relu",
                new Object[] {7, 4},
                g -> g.output(g.node("Max", "x", g.constant(Graphs.floats(new int[] {7, 4}, new float[28])))),
                4);
        shape(
                "dropout",
                "dense 4->2",
                new Object[] {"n", 4},
                g -> dense(g, g.node("Dropout", g.node("Identity", "x")), 4),
                4);
        return tests;
    }
}
