package lanewise.formats.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import lanewise.formats.onnx.Live.Operation;
import lanewise.layer.LayerNorm;
import lanewise.layer.Softmax;

/**
 * Recognises functions of whole rows by their values, as {@link Activations} does those of single numbers: softmax, its
 * logarithm, and layer normalisation with its scale and shift.
 */
final class RowFunctions {

    private static final double TOLERANCE = 1e-6;

    private final Region region;
    private final int size;
    private final double[][] rows;
    private final double[][] results;

    private RowFunctions(Region region) {
        this.region = region;
        size = region.features();
        rows = rows(size);
        results = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) results[i] = region.evaluate(rows[i]);
    }

    /** The layer that a region computes; null if it is none of these. */
    static Recognizer.Cover of(Region region) {
        if (region.sink().features() != region.features()) return null;
        Recognizer.Cover written = writtenLayerNorm(region);
        if (written != null) return written;
        String op = region.single() ? region.sink().node().op() : "";
        if (op.equals("Softmax")) return softmax(region);
        if (op.equals("LogSoftmax")) return logSoftmax(region);
        if (region.features() < 2) return null;
        RowFunctions functions = new RowFunctions(region);
        return functions.match();
    }

    /** Rows of several sizes and offsets: small ones tell epsilons, large ones what saturates. */
    private static double[][] rows(int size) {
        double[] sizes = {1, 1, 3, 0.003, 20, 1}, offsets = {0, 0.5, -1, 0.02, 3, -40};
        Random random = new Random(1);
        double[][] rows = new double[sizes.length][size];
        for (int i = 0; i < sizes.length; i++)
            for (int j = 0; j < size; j++) rows[i][j] = sizes[i] * random.nextGaussian() + offsets[i];
        return rows;
    }

    private Recognizer.Cover match() {
        if (equal(RowFunctions::softmax, 1e-12, null, null)) return softmax(region);
        // The logarithm of a probability near 1 is small, and the difference of numbers that are not.
        if (equal(RowFunctions::logSoftmax, 1, null, null)) return logSoftmax(region);
        return layerNorm();
    }

    private static Recognizer.Cover softmax(Region region) {
        int size = region.features();
        return Recognizer.Cover.of(
                new Part(Part.Kind.SOFTMAX, Softmax.of(size), List.of(), null, size, region.nodes()),
                region.single() ? Recognizer.Cover.ONE_BLOCK : 1);
    }

    private static Recognizer.Cover logSoftmax(Region region) {
        return Recognizer.Cover.of(
                new Part(Part.Kind.LOG_SOFTMAX, null, List.of(), null, region.features(), region.nodes()), 1);
    }

    private static final List<String> LAYER_NORM =
            List.of("ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add");

    /**
     * The layer normalisation that these nodes are, in the order in which {@link LayerForms} writes them; null if they are
     * not. Values do not tell the scale where a row is a single number.
     */
    private static Recognizer.Cover writtenLayerNorm(Region region) {
        List<Operation> o = region.operations();
        if (!o.stream().map(operation -> operation.node().op()).toList().equals(LAYER_NORM)) return null;
        // Of each node the nodes that its inputs come from; -1 is the region's source, -2 a constant.
        int[][] inputs = {{-1}, {-1, 0}, {1, 1}, {2}, {3, -2}, {4}, {1, 5}, {6, -2}, {7, -2}};
        for (int i = 0; i < inputs.length; i++)
            for (int k = 0; k < inputs[i].length; k++) {
                Live live = o.get(i).live(k);
                Operation from = inputs[i][k] < 0 ? region.source() : o.get(inputs[i][k]);
                if (inputs[i][k] == -2 ? o.get(i).constant(k) == null : live == null || live.producer() != from)
                    return null;
            }
        Constant epsilon = o.get(4).constant(1);
        boolean whole = o.get(0).features() == 1 && o.get(3).features() == 1;
        if (!whole || !epsilon.uniform() || !(epsilon.at(0) >= 1e-12f && epsilon.at(0) < 1e30)) return null;
        float[] scale = Steps.floats(Region.row(o.get(7).constant(1), o.get(7)));
        float[] shift = Steps.floats(Region.row(o.get(8).constant(1), o.get(8)));
        return Recognizer.Cover.of(
                Part.of(LayerNorm.of(scale.length).withEpsilon((float) epsilon.at(0)), region.nodes(), scale, shift),
                1);
    }

    private interface RowFunction {
        double[] of(double[] row);
    }

    /**
     * Whether the results are a function's.
     *
     * @param least size from which on a difference is relative, where there is no scale
     * @param scale of each number, with its shift; null for neither
     */
    private boolean equal(RowFunction function, double least, double[] scale, double[] shift) {
        double tolerance = scale == null ? 1e-9 : TOLERANCE;
        for (int i = 0; i < rows.length; i++) {
            double[] y = function.of(rows[i]);
            for (int j = 0; j < size; j++) {
                double expected = y[j] * (scale == null ? 1 : scale[j]) + (shift == null ? 0 : shift[j]);
                double unit = scale == null
                        ? Math.max(least, Math.abs(expected))
                        : 1 + Math.abs(scale[j]) + Math.abs(shift[j]);
                if (!(Math.abs(results[i][j] - expected) <= tolerance * unit)) return false;
            }
        }
        return true;
    }

    private static double[] softmax(double[] row) {
        double max = Arrays.stream(row).max().orElse(0);
        double sum = Arrays.stream(row).map(x -> Math.exp(x - max)).sum();
        return Arrays.stream(row).map(x -> Math.exp(x - max) / sum).toArray();
    }

    private static double[] logSoftmax(double[] row) {
        double max = Arrays.stream(row).max().orElse(0);
        double log = Math.log(Arrays.stream(row).map(x -> Math.exp(x - max)).sum());
        return Arrays.stream(row).map(x -> x - max - log).toArray();
    }

    private static double[] normalized(double[] row, double epsilon) {
        double mean = Arrays.stream(row).average().orElse(0);
        double variance =
                Arrays.stream(row).map(x -> (x - mean) * (x - mean)).average().orElse(0);
        return Arrays.stream(row)
                .map(x -> (x - mean) / Math.sqrt(variance + epsilon))
                .toArray();
    }

    private Recognizer.Cover layerNorm() {
        DoubleStream.Builder epsilons = DoubleStream.builder();
        for (Operation operation : region.operations())
            for (Value value : operation.inputs())
                if (value instanceof Constant c && !c.isText() && c.uniform() && c.at(0) >= 1e-12f && c.at(0) < 1)
                    epsilons.add(c.at(0));
        for (double epsilon : epsilons.build().distinct().limit(16).toArray()) {
            double[] first = normalized(rows[0], epsilon), second = normalized(rows[1], epsilon);
            double[] scale = new double[size], shift = new double[size];
            for (int j = 0; j < size; j++) {
                scale[j] = (results[0][j] - results[1][j]) / (first[j] - second[j]);
                shift[j] = results[0][j] - scale[j] * first[j];
            }
            double[] ownScale = own(scale), ownShift = own(shift);
            if (equal(row -> normalized(row, epsilon), 1, ownScale, ownShift))
                return Recognizer.Cover.of(
                        Part.of(
                                LayerNorm.of(size).withEpsilon((float) epsilon),
                                region.nodes(),
                                Steps.floats(ownScale),
                                Steps.floats(ownShift)),
                        ownScale == scale || ownShift == shift ? 2.5 : 1);
        }
        return null;
    }

    /** The constant of the region that has these values, so that its bits are kept; or the values themselves. */
    private double[] own(double[] estimate) {
        double[] best = estimate;
        double least = 1e-7;
        for (Operation operation : region.operations())
            for (Value value : operation.inputs())
                if (value instanceof Constant c
                        && operation.features() == size
                        && Functions.pointwise(operation.node())) {
                    double[] row = Region.row(c, operation);
                    double distance = distance(row, estimate);
                    if (distance < least) {
                        best = row;
                        least = distance;
                    }
                }
        for (double uniform : new double[] {0, 1}) {
            double[] row = new double[size];
            Arrays.fill(row, uniform);
            if (distance(row, estimate) < least) return row;
        }
        return best;
    }

    private static double distance(double[] a, double[] b) {
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            double distance = Math.abs(a[i] - b[i]) / (1 + Math.abs(a[i]));
            if (!(distance <= worst)) worst = Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
        }
        return worst;
    }
}
