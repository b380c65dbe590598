package lanewise.formats.onnx;

import java.util.Arrays;
import java.util.List;

/**
 * A {@code LinearClassifier} or {@code LinearRegressor} of ai.onnx.ml.
 *
 * @param weights [inputs][scores]
 * @param bias [scores]
 * @param transform what is done to the scores: NONE, SOFTMAX or LOGISTIC
 * @param twoColumns whether the only score is that of the second of two classes, and the columns are 1 - p and p
 */
record LinearModel(Constant weights, Constant bias, String transform, boolean twoColumns) {

    /** The output of scores; that before it is the label. */
    static int scores(Node node) {
        return node.domain().equals("ai.onnx.ml") && node.op().equals("LinearClassifier") ? 1 : 0;
    }

    /** Reads the attributes of a node whose input has so many numbers. */
    static LinearModel of(Node node, int inputs) {
        float[] rows = node.numbers("coefficients"), intercepts = node.numbers("intercepts");
        String transform = node.text("post_transform", "NONE");
        if (!List.of("NONE", "SOFTMAX", "LOGISTIC").contains(transform))
            throw Refusal.notAnMlp(
                    node, "post_transform is " + Node.shortened(transform) + ", which no layer computes");
        if (rows == null || rows.length == 0 || rows.length % inputs != 0)
            throw Refusal.at(
                    node,
                    (rows == null ? 0 : rows.length) + " coefficients for " + inputs
                            + " inputs; as many for each score expected");
        int scores = rows.length / inputs;
        if (intercepts == null || intercepts.length == 0) intercepts = new float[scores];
        if (intercepts.length != scores)
            throw Refusal.at(node, intercepts.length + " intercepts for " + scores + " scores");
        int outputs = outputs(node, scores);
        boolean columns = false;
        if (outputs == 2 && transform.equals("LOGISTIC")) {
            columns = scores == 1 || opposite(rows, intercepts, inputs);
            if (columns) {
                rows = Arrays.copyOfRange(rows, rows.length - inputs, rows.length);
                intercepts = new float[] {intercepts[scores - 1]};
                scores = 1;
            }
        }
        if (!columns && outputs != scores)
            throw Refusal.notAnMlp(
                    node, scores + " scores for " + outputs + " outputs, with post_transform " + transform);
        float[] weights = new float[rows.length];
        for (int o = 0; o < scores; o++)
            for (int i = 0; i < inputs; i++) weights[i * scores + o] = rows[o * inputs + i];
        return new LinearModel(Constant.of(weights, inputs, scores), Constant.of(intercepts), transform, columns);
    }

    private static int outputs(Node node, int scores) {
        if (node.op().equals("LinearRegressor")) return (int) node.integer("targets", 1);
        List<String> texts = node.texts("classlabels_strings");
        long[] numbers = node.integers("classlabels_ints");
        int labels = texts != null ? texts.size() : numbers != null ? numbers.length : 0;
        return labels == 0 ? scores : labels;
    }

    /** Whether the first of two scores is the second with the other sign. */
    private static boolean opposite(float[] rows, float[] intercepts, int inputs) {
        boolean opposite = intercepts[0] == -intercepts[1];
        for (int i = 0; i < inputs; i++) opposite &= rows[i] == -rows[inputs + i];
        return opposite;
    }
}
