package lanewise.formats.onnx;

import java.util.List;
import java.util.Map;

/** Operators that make a graph another kind of network than a multilayer perceptron. */
final class OtherKinds {

    /** By operator: the reason for the refusal, whatever is around it. */
    private static final Map<String, String> KINDS = Map.ofEntries(
            Map.entry("Conv", "a convolution"),
            Map.entry("ConvTranspose", "a convolution"),
            Map.entry("ConvInteger", "a convolution"),
            Map.entry("QLinearConv", "a convolution"),
            Map.entry("MaxPool", "pooling over neighbours"),
            Map.entry("AveragePool", "pooling over neighbours"),
            Map.entry("GlobalAveragePool", "pooling over neighbours"),
            Map.entry("GlobalMaxPool", "pooling over neighbours"),
            Map.entry("RNN", "a recurrent layer"),
            Map.entry("LSTM", "a recurrent layer"),
            Map.entry("GRU", "a recurrent layer"),
            Map.entry("Loop", "a loop"),
            Map.entry("Scan", "a loop"),
            Map.entry("Attention", "attention"),
            Map.entry("QuantizeLinear", "quantised arithmetic"),
            Map.entry("DynamicQuantizeLinear", "quantised arithmetic"),
            Map.entry("DequantizeLinear", "quantised arithmetic"),
            Map.entry("QLinearMatMul", "quantised arithmetic"),
            Map.entry("MatMulInteger", "quantised arithmetic"),
            Map.entry("TreeEnsembleClassifier", "decision trees"),
            Map.entry("TreeEnsembleRegressor", "decision trees"),
            Map.entry("TreeEnsemble", "decision trees"),
            Map.entry("SVMClassifier", "a support vector machine"),
            Map.entry("SVMRegressor", "a support vector machine"));

    /** Refuses a network of another kind by the first node that makes it one. */
    static void refuse(List<Node> nodes) {
        for (Node node : nodes) {
            String kind = KINDS.get(node.op());
            if (kind != null && (node.domain().isEmpty() || node.domain().equals("ai.onnx.ml")))
                throw Refusal.notAnMlp(node, kind);
        }
    }

    /** What single operators do that no layer does. */
    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("ArgMax", "it takes the index of the largest, which is no number that a network computes"),
            Map.entry("TopK", "it sorts a row"),
            Map.entry("Normalizer", "it divides a row by its norm, and no layer does that"),
            Map.entry("RMSNormalization", "it divides by a root mean square, and no layer does that"),
            Map.entry("Binarizer", "it makes labels of probabilities; take the probabilities as the output"));

    private OtherKinds() {}

    /** The refusal of an operator that no layer computes. */
    static Refusal unknown(Node node) {
        return Refusal.notAnMlp(
                node, REASONS.getOrDefault(node.op(), "no layer of this library computes this operator"));
    }
}
