package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Another shape of the same elements: of a row's elements none changes its place, and no row's get into another. */
final class View {

    private static final int BATCH = Value.BATCH;

    private final Node node;
    private final Live x;
    private final List<Value> in;
    private final int fixedRows;

    View(Node node, Live x, List<Value> in, int fixedRows) {
        this.node = node;
        this.x = x;
        this.in = in;
        this.fixedRows = fixedRows;
    }

    Live result() {
        int[] dims = switch (node.op()) {
            case "Flatten" -> flattened();
            case "Reshape" -> reshaped();
            case "Squeeze" -> Rearrangement.squeezed(node, x.dims(), argument("axes"));
            case "Unsqueeze" -> Rearrangement.unsqueezed(node, x.dims(), argument("axes"));
            case "Transpose" -> transposed();
            default -> expanded();
        };
        Tracer.checkRows(node, dims);
        return x.as(dims);
    }

    /** The result; null for a Transpose or Expand of which numbers of a row change their places, or are repeated. */
    Live unlessMoved() {
        try {
            return result();
        } catch (Refusal refusal) {
            return null;
        }
    }

    private long[] argument(String attribute) {
        return Rearrangement.argument(node, in, 1, attribute);
    }

    private Refusal mixed(String shape) {
        return Refusal.notAnMlp(
                node,
                "it makes " + shape + " of " + Live.text(x.dims()) + ", so the numbers of a row do not stay together;"
                        + " only shapes that keep each row are understood");
    }

    private int[] flattened() {
        int axis = Operators.axis(node, node.integer("axis", 1), x.dims().length, true);
        int batch = x.batchAxis();
        int before = 1, after = 1;
        for (int i = 0; i < x.dims().length; i++)
            if (i != batch) {
                if (i < axis) before *= x.dims()[i];
                else after *= x.dims()[i];
            }
        if (batch < 0) return new int[] {before, after};
        if (batch < axis ? before == 1 : after == 1)
            return batch < axis ? new int[] {BATCH, after} : new int[] {before, BATCH};
        throw mixed("two dimensions, split at axis " + axis + ",");
    }

    private int[] transposed() {
        int[] order = Rearrangement.permutation(node, x.dims().length);
        int[] moved = Arrays.stream(order).filter(i -> x.dims()[i] != 1).toArray();
        for (int i = 1; i < moved.length; i++)
            if (moved[i] < moved[i - 1])
                throw Refusal.notAnMlp(
                        node,
                        "it exchanges dimensions " + moved[i] + " and " + moved[i - 1] + " of " + Live.text(x.dims()));
        return Arrays.stream(order).map(i -> x.dims()[i]).toArray();
    }

    private int[] expanded() {
        if (!(in.size() > 1 && in.get(1) instanceof Constant shape))
            throw Refusal.at(node, "no constant shape is given");
        int[] dims = target(shape);
        int rows = dims.length - x.dims().length + x.batchAxis();
        if (fixedRows > 1 && x.batchAxis() >= 0 && rows >= 0 && dims[rows] == fixedRows) dims[rows] = BATCH;
        int[] result = Operators.broadcast(node, x.dims(), dims);
        if (Live.features(result) != x.features()) throw Refusal.notAnMlp(node, "it repeats numbers of a row");
        return result;
    }

    /** A shape's numbers, the number of rows as BATCH. */
    private int[] target(Constant shape) {
        if (shape.isText() || shape.type().floating()) throw Refusal.at(node, "the shape is " + shape);
        int[] dims = new int[shape.count()];
        for (int i = 0; i < dims.length; i++) {
            double d = shape.at(i);
            // -1 is BATCH already among shapes of ours, so the open dimension of a Reshape has another number.
            if (!Double.isNaN(d) && (d < -1 || d > Integer.MAX_VALUE))
                throw Refusal.at(node, "a dimension of " + (long) d + " in its shape");
            dims[i] = Double.isNaN(d) ? BATCH : d == -1 ? OPEN : (int) d;
        }
        return dims;
    }

    private static final int OPEN = -2;

    private int[] reshaped() {
        Constant shape;
        if (in.size() > 1) {
            if (!(in.get(1) instanceof Constant c)) throw Refusal.notAnMlp(node, "its shape depends on the input");
            shape = c;
        } else if (node.integers("shape") != null) shape = Constant.of(node.integers("shape"));
        else throw Refusal.at(node, "no shape is given");
        int[] dims = target(shape);
        String asked = text(dims);
        if (node.integer("allowzero", 0) == 0)
            for (int i = 0; i < dims.length; i++)
                if (dims[i] == 0) {
                    if (i >= x.dims().length) throw Refusal.at(node, "shape " + asked + " copies a dimension too many");
                    dims[i] = x.dims()[i];
                }
        int features = x.features();
        long open = IntStream.of(dims).filter(d -> d == OPEN).count();
        long batches = IntStream.of(dims).filter(d -> d == BATCH).count();
        if (open > 1 || batches > 1) throw Refusal.at(node, "shape " + asked + " leaves more open than one dimension");
        boolean batch = x.batchAxis() >= 0;
        if (batches > 0 && !batch) throw mixed(asked);
        // Without a batch dimension there is nothing but numbers; with one it must be found among them.
        List<int[]> readings = new ArrayList<>();
        if (!batch || batches == 1) readings.add(dims);
        else {
            for (int i = 0; i < dims.length; i++)
                if (dims[i] == OPEN || fixedRows > 1 && dims[i] == fixedRows) {
                    int[] reading = dims.clone();
                    reading[i] = BATCH;
                    readings.add(reading);
                }
        }
        for (int[] reading : readings) {
            int[] filled = filled(reading, features);
            if (filled != null) return filled;
        }
        throw mixed(asked);
    }

    /** The shape with its open dimension such that a row has so many numbers, before which the batch lies; or null. */
    private static int[] filled(int[] dims, int features) {
        int[] filled = dims.clone();
        long product = 1, before = 1;
        int open = -1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == BATCH) before = open >= 0 ? 0 : product;
            else if (dims[i] == OPEN) open = i;
            else product *= dims[i];
            if (product > features || product == 0) return null;
        }
        if (open >= 0) {
            if (features % product != 0) return null;
            filled[open] = (int) (features / product);
            // An open dimension before the batch can only be 1.
            if (before == 0 && filled[open] == 1) before = 1;
            product = features;
        }
        return product == features && before == 1 ? filled : null;
    }

    private static String text(int[] dims) {
        return Live.text(dims).replace(String.valueOf(OPEN), "-1");
    }
}
