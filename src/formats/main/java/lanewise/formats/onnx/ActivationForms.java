package lanewise.formats.onnx;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.Map;
import lanewise.layer.Activation;

/**
 * What each activation of the library is in ONNX: its operator if the operator set has one, else the nodes that other
 * exporters write for it. Where the usual nodes lose what the activation keeps, these are better ones: log-sigmoid is
 * {@code -softplus(-x)}, since {@code log(sigmoid(x))} is -infinity below about -88.
 */
final class ActivationForms {

    private interface Form {
        /** Adds the nodes of activation a of the value x. Returns their result. */
        String write(GraphWriter graph, Activation a, String x);
    }

    private static final float SQRT_2 = 1.41421356f, SQRT_2_BY_PI = 0.7978845608f, CUBIC = 0.044715f;
    private static final float SELU_ALPHA = 1.6732632423543772f, SELU_GAMMA = 1.0507009873554805f;

    /** By the activations' numbers. */
    private static final Map<Integer, Form> FORMS = forms(
            entry(Activation.IDENTITY, (g, a, x) -> x),
            entry(Activation.SIGMOID, (g, a, x) -> g.node("Sigmoid", x)),
            entry(Activation.TANH, (g, a, x) -> g.node("Tanh", x)),
            entry(Activation.RELU, (g, a, x) -> g.node("Relu", x)),
            entry(Activation.LEAKY_RELU, (g, a, x) -> g.node("LeakyRelu", Map.of("alpha", a.parameter()), x)),
            entry(Activation.SOFTPLUS, (g, a, x) -> g.node("Softplus", x)),
            entry(Activation.GELU_TANH, ActivationForms::geluTanh),
            entry(Activation.SILU, (g, a, x) -> g.node("Mul", x, g.node("Sigmoid", x))),
            entry(Activation.ELU, (g, a, x) -> g.node("Elu", Map.of("alpha", a.parameter()), x)),
            entry(
                    Activation.SELU,
                    (g, a, x) -> g.node("Selu", GraphWriter.attributes("alpha", SELU_ALPHA, "gamma", SELU_GAMMA), x)),
            entry(Activation.HARD_SIGMOID, (g, a, x) -> hardSigmoid(g, x)),
            entry(
                    Activation.HARD_SWISH,
                    (g, a, x) -> g.opset() >= 14 ? g.node("HardSwish", x) : g.node("Mul", x, hardSigmoid(g, x))),
            entry(
                    Activation.MISH,
                    (g, a, x) -> g.opset() >= 18
                            ? g.node("Mish", x)
                            : g.node("Mul", x, g.node("Tanh", g.node("Softplus", x)))),
            entry(Activation.GELU, ActivationForms::gelu),
            entry(Activation.SOFTSIGN, (g, a, x) -> g.node("Softsign", x)),
            entry(Activation.softplus(2f), ActivationForms::scaledSoftplus),
            entry(Activation.RELU6, (g, a, x) -> g.node("Clip", x, g.scalar(a.parameter()), g.scalar(a.second()))),
            entry(Activation.threshold(0f, 0f), ActivationForms::threshold),
            entry(Activation.celu(1f), (g, a, x) -> g.node("Celu", Map.of("alpha", a.parameter()), x)),
            entry(Activation.LOG_SIGMOID, (g, a, x) -> g.node("Neg", g.node("Softplus", g.node("Neg", x)))),
            entry(Activation.TANH_SHRINK, (g, a, x) -> g.node("Sub", x, g.node("Tanh", x))));

    private ActivationForms() {}

    @SafeVarargs
    private static Map<Integer, Form> forms(Map.Entry<Activation, Form>... forms) {
        Map<Integer, Form> byNumber = new HashMap<>();
        for (Map.Entry<Activation, Form> form : forms)
            byNumber.put(form.getKey().number(), form.getValue());
        return Map.copyOf(byNumber);
    }

    /**
     * Adds the nodes of an activation.
     *
     * @param x the value that it is applied to
     * @return the result; x itself for the identity; null if the activation has no form in ONNX
     */
    static String write(GraphWriter graph, Activation activation, String x) {
        Form form = FORMS.get(activation.number());
        return form == null ? null : form.write(graph, activation, x);
    }

    private static String hardSigmoid(GraphWriter g, String x) {
        return g.node("HardSigmoid", GraphWriter.attributes("alpha", 1f / 6f, "beta", 0.5f), x);
    }

    private static String gelu(GraphWriter g, Activation a, String x) {
        if (g.opset() >= 20) return g.node("Gelu", x);
        String erf = g.node("Erf", g.node("Div", x, g.scalar(SQRT_2)));
        return g.node("Mul", g.node("Mul", x, g.node("Add", erf, g.scalar(1f))), g.scalar(0.5f));
    }

    private static String geluTanh(GraphWriter g, Activation a, String x) {
        if (g.opset() >= 20) return g.node("Gelu", Map.of("approximate", "tanh"), x);
        String cube = g.node("Mul", g.node("Mul", g.node("Mul", x, x), x), g.scalar(CUBIC));
        String tanh = g.node("Tanh", g.node("Mul", g.node("Add", x, cube), g.scalar(SQRT_2_BY_PI)));
        return g.node("Mul", g.node("Mul", x, g.scalar(0.5f)), g.node("Add", tanh, g.scalar(1f)));
    }

    private static String scaledSoftplus(GraphWriter g, Activation a, String x) {
        String beta = g.scalar(a.parameter());
        return g.node("Div", g.node("Softplus", g.node("Mul", x, beta)), beta);
    }

    private static String threshold(GraphWriter g, Activation a, String x) {
        if (a.second() == 0f) return g.node("ThresholdedRelu", Map.of("alpha", a.parameter()), x);
        String below = g.node("LessOrEqual", x, g.scalar(a.parameter()));
        return g.node("Where", below, g.scalar(a.second()), x);
    }
}
