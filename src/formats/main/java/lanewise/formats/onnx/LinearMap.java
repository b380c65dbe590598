package lanewise.formats.onnx;

import java.util.List;
import java.util.Set;
import lanewise.formats.onnx.Live.Operation;

/**
 * Recognises what is linear in a row, whatever spells it: numbers that are picked, repeated or exchanged, sums and means of a
 * row, products whose branches are added. It is one dense layer, whose weights are the region's results for one number of the row
 * being 1.
 */
final class LinearMap {

    private static final Set<String> OPERATORS = Set.of(
            "Add",
            "Sub",
            "Neg",
            "MatMul",
            "Gemm",
            "BatchNormalization",
            "ReduceSum",
            "ReduceMean",
            "Slice",
            "Gather",
            "Transpose",
            "Concat",
            "Expand");

    /** Additions that finding the weights may take: some seconds. */
    private static final long MOST_STEPS = 1L << 30;

    private LinearMap() {}

    /** The dense layer that a region is, or null if it is none, or would be too large. */
    static Part of(Region region) {
        int inputs = region.features(), outputs = region.sink().features();
        long steps = 0;
        for (Operation operation : region.operations()) {
            if (!linear(operation)) return null;
            steps += operation.features();
            for (Value value : operation.inputs())
                steps += value instanceof Constant c ? c.count() : value instanceof Live live ? live.features() : 0;
        }
        if ((long) inputs * outputs > Sizes.MOST_REPEATED || (inputs + 1) * steps > MOST_STEPS) return null;
        double[] row = new double[inputs], bias = region.evaluate(row);
        float[] weights = new float[inputs * outputs];
        for (int i = 0; i < inputs; i++) {
            row[i] = 1;
            double[] result = region.evaluate(row);
            row[i] = 0;
            for (int o = 0; o < outputs; o++) {
                weights[i * outputs + o] = (float) (result[o] - bias[o]);
                if (!Float.isFinite(weights[i * outputs + o])) return null;
            }
        }
        boolean biased = false;
        for (double b : bias) biased |= b != 0;
        return Part.dense(inputs, outputs, weights, biased ? Steps.floats(bias) : null, region.nodes());
    }

    private static boolean linear(Operation operation) {
        Node node = operation.node();
        if (!node.domain().isEmpty()) return false;
        List<Live> lives = operation.lives();
        boolean scaled = node.op().equals("Mul") && lives.size() == 1
                || node.op().equals("Div") && operation.live(0) != null && lives.size() == 1;
        boolean lookup = node.op().equals("Gather") && operation.live(0) == null;
        return scaled || OPERATORS.contains(node.op()) && !lookup;
    }
}
