package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * The graphs that the library writes, computed row by row in double precision as ONNX defines the operators: what their float
 * results should be. With every node's result rounded to a float, which no program of floats does better than, it tells how much
 * of that a network loses whatever computes it: a layer normalisation of nearly equal values, for example, loses most digits.
 */
final class ExactGraph {

    private final ModelProto model;
    private final boolean rounded;
    private final Map<String, double[]> constants = new HashMap<>();
    private final Map<String, Integer> columns = new HashMap<>();

    ExactGraph(ModelProto model, boolean rounded) {
        this.model = model;
        this.rounded = rounded;
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            if (tensor.getDataType() != DataType.FLOAT.getNumber()) continue;
            ByteBuffer raw = ByteBuffer.wrap(tensor.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            double[] values = new double[raw.capacity() / Float.BYTES];
            for (int i = 0; i < values.length; i++) values[i] = raw.getFloat();
            constants.put(tensor.getName(), values);
            columns.put(tensor.getName(), tensor.getDimsCount() > 1 ? (int) tensor.getDims(1) : values.length);
        }
    }

    /** The output for one row. */
    double[] output(float[] inputs, int offset, int size) {
        Map<String, double[]> values = new HashMap<>(constants);
        double[] row = new double[size];
        for (int i = 0; i < size; i++) row[i] = inputs[offset + i];
        values.put("input", row);
        for (NodeProto node : model.getGraph().getNodeList()) {
            double[] result = compute(node, values);
            values.put(node.getOutput(0), rounded ? map(result, v -> (float) v) : result);
            if (node.getOutput(0).equals("output")) break;
        }
        return values.get("output");
    }

    private static double attribute(NodeProto node, String name, double otherwise) {
        for (AttributeProto attribute : node.getAttributeList())
            if (attribute.getName().equals(name)) return attribute.getF();
        return otherwise;
    }

    private double[] compute(NodeProto node, Map<String, double[]> values) {
        double[] x = values.get(node.getInput(0));
        double[] b = node.getInputCount() > 1 ? values.get(node.getInput(1)) : null;
        double[] c = node.getInputCount() > 2 ? values.get(node.getInput(2)) : null;
        double alpha = attribute(node, "alpha", 0), beta = attribute(node, "beta", 0);
        double epsilon = attribute(node, "epsilon", 0);
        return switch (node.getOpType()) {
            case "Identity", "Cast", "Flatten" -> x;
            case "Relu" -> map(x, v -> Math.max(v, 0));
            case "Sigmoid" -> map(x, ExactGraph::sigmoid);
            case "Tanh" -> map(x, Math::tanh);
            case "Softplus" -> map(x, ExactGraph::softplus);
            case "Softsign" -> map(x, v -> v / (1 + Math.abs(v)));
            case "Erf" -> map(x, ExactGraph::erf);
            case "Neg" -> map(x, v -> -v);
            case "Sqrt" -> map(x, Math::sqrt);
            case "LeakyRelu" -> map(x, v -> v < 0 ? alpha * v : v);
            case "Elu" -> map(x, v -> v < 0 ? alpha * Math.expm1(v) : v);
            case "Celu" -> map(x, v -> v < 0 ? alpha * Math.expm1(v / alpha) : v);
            case "Selu" -> {
                double gamma = attribute(node, "gamma", 0);
                yield map(x, v -> gamma * (v < 0 ? alpha * Math.expm1(v) : v));
            }
            case "HardSigmoid" -> map(x, v -> Math.max(0, Math.min(1, alpha * v + beta)));
            case "HardSwish" -> map(x, v -> v * Math.max(0, Math.min(1, v / 6 + 0.5)));
            case "Mish" -> map(x, v -> v * Math.tanh(softplus(v)));
            case "Gelu" ->
                node.getAttributeCount() == 0
                        ? map(x, v -> 0.5 * v * (1 + erf(v / Math.sqrt(2))))
                        : map(x, v -> 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
            case "ThresholdedRelu" -> map(x, v -> v > alpha ? v : 0);
            case "Clip" -> map(x, v -> Math.min(Math.max(v, b[0]), c[0]));
            case "Add" -> both(x, b, Double::sum);
            case "Sub" -> both(x, b, (v, w) -> v - w);
            case "Mul" -> both(x, b, (v, w) -> v * w);
            case "Div" -> both(x, b, (v, w) -> v / w);
            case "PRelu" -> both(x, b, (v, w) -> v < 0 ? w * v : v);
            case "LessOrEqual" -> both(x, b, (v, w) -> v <= w ? 1 : 0);
            case "Where" -> {
                double[] chosen = c.clone();
                for (int i = 0; i < chosen.length; i++) if (x[i] != 0) chosen[i] = b[0];
                yield chosen;
            }
            case "ReduceMean" -> new double[] {Arrays.stream(x).average().orElseThrow()};
            case "Gemm" -> gemm(x, b, c);
            case "Softmax" -> softmax(x, false);
            case "LogSoftmax" -> softmax(x, true);
            case "BatchNormalization" -> {
                double[] mean = values.get(node.getInput(3)), variance = values.get(node.getInput(4));
                double[] y = new double[x.length];
                for (int i = 0; i < y.length; i++)
                    y[i] = (x[i] - mean[i]) / Math.sqrt(variance[i] + epsilon) * b[i] + c[i];
                yield y;
            }
            case "LayerNormalization" -> {
                double mean = Arrays.stream(x).average().orElseThrow();
                double variance = Arrays.stream(x)
                        .map(v -> (v - mean) * (v - mean))
                        .average()
                        .orElseThrow();
                double[] y = new double[x.length];
                for (int i = 0; i < y.length; i++) y[i] = (x[i] - mean) / Math.sqrt(variance + epsilon) * b[i] + c[i];
                yield y;
            }
            case "Gather" -> gather(x, columns.get(node.getInput(0)), b);
            default -> throw new IllegalArgumentException(node.getOpType());
        };
    }

    private static double[] map(double[] x, DoubleUnaryOperator f) {
        return Arrays.stream(x).map(f).toArray();
    }

    private static double[] both(double[] a, double[] b, DoubleBinaryOperator f) {
        double[] y = new double[Math.max(a.length, b.length)];
        for (int i = 0; i < y.length; i++) y[i] = f.applyAsDouble(a[a.length == 1 ? 0 : i], b[b.length == 1 ? 0 : i]);
        return y;
    }

    private static double[] gemm(double[] x, double[] transposed, double[] bias) {
        double[] y = new double[transposed.length / x.length];
        for (int o = 0; o < y.length; o++) {
            if (bias != null) y[o] = bias[o];
            for (int i = 0; i < x.length; i++) y[o] += x[i] * transposed[o * x.length + i];
        }
        return y;
    }

    private static double[] softmax(double[] x, boolean log) {
        double max = Arrays.stream(x).max().orElseThrow();
        double sum = Arrays.stream(x).map(v -> Math.exp(v - max)).sum();
        return map(x, v -> log ? v - max - Math.log(sum) : Math.exp(v - max) / sum);
    }

    private static double[] gather(double[] vectors, int size, double[] indices) {
        double[] y = new double[indices.length * size];
        for (int i = 0; i < indices.length; i++) System.arraycopy(vectors, (int) indices[i] * size, y, i * size, size);
        return y;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    /** By the series whose terms all have one sign (Abramowitz and Stegun 1964, 7.1.6). */
    static double erf(double x) {
        if (Math.abs(x) > 6) return Math.signum(x);
        double term = x, sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
