package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.List;
import lanewise.formats.onnx.Live.Operation;

/**
 * Additions of constants and multiplications by them, one after another: {@code (x - shift) * factor + offset} is a rescaling,
 * {@code x * scale + shift} an affine layer. Nothing is computed from the constants but reciprocals of divisors, unless a
 * division and a multiplication follow one another.
 */
final class Steps {

    /**
     * The price of one layer, and where factors are combined: a softplus or a sigmoid with a factor before and one behind is
     * rather one activation than three layers, and two factors rather one layer than two.
     */
    private static final double ONE = 1.05, COMBINED = 1.6;

    private record Step(boolean product, boolean divided, double[] row, boolean subtraction) {

        Step(boolean product, boolean divided, double[] row) {
            this(product, divided, row, false);
        }
    }

    private Steps() {}

    /** One layer, or null if the blocks are not this. Combined factors cost a little more. */
    static Recognizer.Cover match(List<Region> blocks) {
        if (blocks.size() > 4) return null;
        List<Step> steps = new ArrayList<>();
        for (Region block : blocks) if (!block.single() || !add(block.sink(), steps)) return null;
        int at = 0, size = blocks.get(0).features();
        double[] before = null, factor = null, after = null;
        if (at < steps.size() - 1 && !steps.get(at).product) before = steps.get(at++).row;
        boolean divided = false;
        int factors = 0;
        for (; at < steps.size() && steps.get(at).product; at++, factors++) {
            divided |= steps.get(at).divided;
            if (factor == null) factor = steps.get(at).row.clone();
            else for (int i = 0; i < size; i++) factor[i] *= steps.get(at).row[i];
        }
        if (before != null && factor == null || factors > 1 && !divided) return null;
        if (at < steps.size() && !steps.get(at).product) after = steps.get(at++).row;
        if (at < steps.size()) return null;
        float[] scale = new float[size], shift = new float[size], first = new float[size];
        for (int i = 0; i < size; i++) {
            scale[i] = factor == null ? 1 : (float) factor[i];
            shift[i] = after == null ? 0 : (float) after[i];
            first[i] = before == null ? 0 : (float) -before[i];
            if (!Float.isFinite(scale[i]) || !Float.isFinite(shift[i]) || !Float.isFinite(first[i])) return null;
        }
        String nodes = Region.joined(blocks).nodes();
        if (before == null) return Recognizer.Cover.of(Part.affine(scale, shift, nodes), factors > 1 ? COMBINED : ONE);
        // After an affine layer's product its sum could be taken for the beginning of a rescaling.
        return Recognizer.Cover.of(
                Part.rescale(first, scale, shift, nodes),
                (factors > 1 ? COMBINED : ONE) + (steps.get(0).subtraction ? 0 : 0.01));
    }

    /** What blocks do to each number, if that is {@code scale · x + shift}: both rows; or null. */
    static double[][] line(List<Region> blocks, int size) {
        List<Step> steps = new ArrayList<>();
        for (Region block : blocks) if (!block.single() || !add(block.sink(), steps)) return null;
        double[] scale = filled(size, 1), shift = new double[size];
        for (Step step : steps)
            for (int i = 0; i < size; i++)
                if (step.product) {
                    scale[i] *= step.row[i];
                    shift[i] *= step.row[i];
                } else shift[i] += step.row[i];
        return new double[][] {scale, shift};
    }

    /** Adds what an operation does to a number; false if that is no such step. */
    private static boolean add(Operation operation, List<Step> steps) {
        Node node = operation.node();
        int size = operation.features();
        if (!node.domain().isEmpty() || operation.lives().size() != 1) return false;
        Live x = operation.lives().get(0);
        if (x.features() != size) return false;
        if (node.op().equals("Neg")) return steps.add(new Step(true, true, filled(size, -1)));
        if (operation.inputs().size() != 2) return false;
        boolean constantFirst = operation.constant(0) != null;
        Constant c = operation.constant(constantFirst ? 0 : 1);
        if (c == null) return false;
        switch (node.op()) {
            case "Add", "Sum", "Sub" -> {
                double[] row = Region.row(c, operation);
                if (node.op().equals("Sub") && constantFirst) steps.add(new Step(true, true, filled(size, -1)));
                else if (node.op().equals("Sub")) for (int i = 0; i < size; i++) row[i] = -row[i];
                return steps.add(new Step(false, false, row, node.op().equals("Sub") && !constantFirst));
            }
            case "Mul" -> {
                return steps.add(new Step(true, false, Region.row(c, operation)));
            }
            case "Div" -> {
                if (constantFirst) return false;
                double[] row = Region.row(c, operation);
                for (int i = 0; i < size; i++) row[i] = 1 / row[i];
                return steps.add(new Step(true, true, row));
            }
            default -> {
                return false;
            }
        }
    }

    private static double[] filled(int size, double value) {
        double[] row = new double[size];
        java.util.Arrays.fill(row, value);
        return row;
    }

    static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return floats;
    }
}
