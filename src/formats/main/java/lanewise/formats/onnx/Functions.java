package lanewise.formats.onnx;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** ONNX's functions of single numbers, in double precision. */
final class Functions {

    private Functions() {}

    /** The function of one number that a node computes, or null if it computes none. */
    static DoubleUnaryOperator unary(Node node) {
        if (!node.domain().isEmpty()) return null;
        return switch (node.op()) {
            case "Abs" -> Math::abs;
            case "Neg" -> x -> -x;
            case "Exp" -> Math::exp;
            case "Log" -> Math::log;
            case "Sqrt" -> Math::sqrt;
            case "Reciprocal" -> x -> 1 / x;
            case "Floor" -> Math::floor;
            case "Ceil" -> Math::ceil;
            case "Round" -> Math::rint;
            case "Sign" -> Math::signum;
            case "Erf" -> Functions::erf;
            case "Sin" -> Math::sin;
            case "Cos" -> Math::cos;
            case "Tan" -> Math::tan;
            case "Atan" -> Math::atan;
            case "Sinh" -> Math::sinh;
            case "Cosh" -> Math::cosh;
            case "Not" -> x -> x == 0 ? 1 : 0;
            case "IsNaN" -> x -> Double.isNaN(x) ? 1 : 0;
            case "Sigmoid" -> Functions::sigmoid;
            case "Tanh" -> Math::tanh;
            case "Relu" -> x -> Math.max(x, 0);
            case "Softplus" -> Functions::softplus;
            case "Softsign" -> x -> x / (1 + Math.abs(x));
            case "Mish" -> Functions::mish;
            case "LeakyRelu" -> {
                double alpha = node.number("alpha", 0.01f);
                yield x -> x < 0 ? alpha * x : x;
            }
            case "Elu" -> {
                double alpha = node.number("alpha", 1);
                yield x -> elu(x, alpha);
            }
            case "Selu" -> {
                double alpha = node.number("alpha", 1.67326319217681884765625f);
                double gamma = node.number("gamma", 1.05070102214813232421875f);
                yield x -> gamma * elu(x, alpha);
            }
            case "Celu" -> {
                double alpha = node.number("alpha", 1);
                yield x -> celu(x, alpha);
            }
            case "ThresholdedRelu" -> {
                double alpha = node.number("alpha", 1);
                yield x -> x > alpha ? x : 0;
            }
            case "HardSigmoid" -> {
                double alpha = node.number("alpha", 0.2f), beta = node.number("beta", 0.5f);
                yield x -> Math.max(0, Math.min(1, alpha * x + beta));
            }
            case "HardSwish" -> x -> x * Math.max(0, Math.min(1, x / 6 + 0.5));
            case "Gelu" ->
                switch (node.text("approximate", "none")) {
                    case "none" -> Functions::gelu;
                    case "tanh" -> Functions::geluTanh;
                    default ->
                        throw Refusal.at(
                                node,
                                "approximate is \"" + Node.shortened(node.text("approximate", ""))
                                        + "\", none or tanh expected");
                };
            case "Shrink" -> {
                double bias = node.number("bias", 0), lambda = node.number("lambd", 0.5f);
                yield x -> x < -lambda ? x + bias : x > lambda ? x - bias : 0;
            }
            default -> null;
        };
    }

    /** The function of two numbers that an operator folds its inputs by, from left to right; null if it is none. */
    static DoubleBinaryOperator binary(String op) {
        return switch (op) {
            case "Add", "Sum", "Mean" -> Double::sum;
            case "Sub" -> (a, b) -> a - b;
            case "Mul" -> (a, b) -> a * b;
            case "Div" -> (a, b) -> a / b;
            case "Pow" -> Math::pow;
            case "Max" -> Math::max;
            case "Min" -> Math::min;
            case "PRelu" -> (x, slope) -> x < 0 ? slope * x : x;
            case "Greater" -> (a, b) -> a > b ? 1 : 0;
            case "Less" -> (a, b) -> a < b ? 1 : 0;
            case "GreaterOrEqual" -> (a, b) -> a >= b ? 1 : 0;
            case "LessOrEqual" -> (a, b) -> a <= b ? 1 : 0;
            case "Equal" -> (a, b) -> a == b ? 1 : 0;
            case "And" -> (a, b) -> a != 0 && b != 0 ? 1 : 0;
            case "Or" -> (a, b) -> a != 0 || b != 0 ? 1 : 0;
            case "Xor" -> (a, b) -> (a != 0) != (b != 0) ? 1 : 0;
            default -> null;
        };
    }

    /** Whether an operator works on each number by itself, constants and other inputs broadcast. */
    static boolean pointwise(Node node) {
        return node.domain().isEmpty()
                && (unary(node) != null
                        || binary(node.op()) != null
                        || isClip(node)
                        || node.op().equals("Where"));
    }

    static boolean isClip(Node node) {
        return node.op().equals("Clip");
    }

    static boolean reduction(Node node) {
        return node.domain().isEmpty() && node.op().startsWith("Reduce");
    }

    /**
     * Refuses a node that has fewer or more inputs than its operator: what it would be taken for, others do not compute. One of an
     * operator that is not understood may have any number.
     */
    static void requireInputs(Node node, int given) {
        if (!node.domain().isEmpty()) return;
        int least, most;
        switch (node.op()) {
            case "Constant" -> least = most = 0;
            case "Sum", "Mean", "Max", "Min", "Concat", "Einsum" -> {
                least = 1;
                most = Integer.MAX_VALUE;
            }
            case "Clip", "Dropout" -> {
                least = 1;
                most = 3;
            }
            case "Reshape", "Squeeze", "Unsqueeze", "Split" -> {
                least = 1;
                most = 2;
            }
            case "Slice" -> {
                least = 1;
                most = 5;
            }
            case "Gemm", "LayerNormalization" -> {
                least = 2;
                most = 3;
            }
            case "Where", "Range" -> least = most = 3;
            case "BatchNormalization" -> least = most = 5;
            case "MatMul", "Gather", "Expand", "CastLike" -> least = most = 2;
            case "If",
                    "Identity",
                    "Cast",
                    "Shape",
                    "Size",
                    "ConstantOfShape",
                    "Softmax",
                    "LogSoftmax",
                    "Flatten",
                    "Transpose" -> least = most = 1;
            default -> {
                if (reduction(node)) {
                    least = 1;
                    most = 2;
                } else if (binary(node.op()) != null) least = most = 2;
                else if (unary(node) != null) least = most = 1;
                else return;
            }
        }
        if (given < least || given > most)
            throw Refusal.at(
                    node,
                    given + " inputs, "
                            + (most == Integer.MAX_VALUE
                                    ? "at least " + least
                                    : least == most ? String.valueOf(least) : least + " to " + most)
                            + " expected");
    }

    /** Whether a node's result is true or false. */
    static boolean comparison(Node node) {
        return switch (node.op()) {
            case "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal", "And", "Or", "Xor", "Not", "IsNaN" ->
                true;
            default -> false;
        };
    }

    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    static double mish(double x) {
        return x * Math.tanh(softplus(x));
    }

    static double elu(double x, double alpha) {
        return x > 0 ? x : alpha * Math.expm1(x);
    }

    static double celu(double x, double alpha) {
        return Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
    }

    static double gelu(double x) {
        return 0.5 * x * (1 + erf(x * Math.sqrt(0.5)));
    }

    static double geluTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    /** The error function, to about 1e-15: the series near zero, the continued fraction of its complement further out. */
    static double erf(double x) {
        double size = Math.abs(x);
        if (size > 6 || Double.isNaN(x)) return Math.signum(x);
        if (size < 2.5) {
            double term = x, sum = x;
            for (int n = 1; n < 100 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return sum * 2 / Math.sqrt(Math.PI);
        }
        double fraction = 0;
        for (int n = 60; n >= 1; n--) fraction = n / 2.0 / (size + fraction);
        return Math.copySign(1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction), x);
    }
}
