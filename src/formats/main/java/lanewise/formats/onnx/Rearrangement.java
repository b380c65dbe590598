package lanewise.formats.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that move elements, or give them another shape, on known values. */
final class Rearrangement {

    private final Operators operators;
    private final Node node;
    private final List<Constant> in;
    private final Constant x;

    private Rearrangement(Operators operators, Node node, List<Constant> in) {
        this.operators = operators;
        this.node = node;
        this.in = in;
        x = Operators.need(node, in, 0);
    }

    static Constant of(Operators operators, Node node, List<Constant> in) {
        Rearrangement r = new Rearrangement(operators, node, in);
        return switch (node.op()) {
            case "Transpose" -> r.transpose();
            case "Reshape" -> r.x.as(reshaped(node, r.x.dims(), r.x.count(), r.argument(1, "shape")));
            case "Flatten" -> r.flatten();
            case "Squeeze" -> r.x.as(squeezed(node, r.x.dims(), r.argument(1, "axes")));
            case "Unsqueeze" -> r.x.as(unsqueezed(node, r.x.dims(), r.argument(1, "axes")));
            case "Concat" -> r.concat();
            case "Gather" -> r.gather();
            case "Slice" -> r.slice();
            default -> r.expand();
        };
    }

    /** Whole numbers given as an input or, in older operator sets, as an attribute; null if not at all. */
    static long[] argument(Node node, List<? extends Value> in, int input, String attribute) {
        Value value = in.size() > input ? in.get(input) : null;
        if (value == null) return node.integers(attribute);
        if (!(value instanceof Constant constant)) throw Refusal.notAnMlp(node, attribute + " depends on the input");
        return constant.toLongs(node, attribute);
    }

    private long[] argument(int input, String attribute) {
        return argument(node, in, input, attribute);
    }

    private Constant taken(int[] dims, int[] indices) {
        operators.spend(node, indices.length);
        if (x.isText())
            return Constant.of(Arrays.stream(indices).mapToObj(x::text).toArray(String[]::new), dims);
        return Constant.rounded(x.type(), dims, indices.length, i -> x.at(indices[i]));
    }

    private Constant transpose() {
        int rank = x.rank();
        int[] order = permutation(node, rank);
        int[] dims = Arrays.stream(order).map(i -> x.dims()[i]).toArray();
        if (rank == 2 && order[0] == 1 && !x.isText()) {
            int rows = dims[0], columns = dims[1];
            operators.spend(node, x.count());
            return Constant.rounded(x.type(), dims, x.count(), i -> x.at(i % columns * rows + i / columns));
        }
        int[] strides = new int[rank];
        int step = 1;
        for (int i = rank - 1; i >= 0; i--) {
            strides[i] = step;
            step *= x.dims()[i];
        }
        int[] indices = new int[x.count()];
        int stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            for (int i = 0; i < indices.length; i++) indices[i] += i / stride % dims[axis] * strides[order[axis]];
            stride *= Math.max(1, dims[axis]);
        }
        return taken(dims, indices);
    }

    static int[] permutation(Node node, int rank) {
        long[] given = node.integers("perm");
        if (given == null)
            return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        boolean[] seen = new boolean[rank];
        int[] order = new int[rank];
        if (given.length != rank) throw Refusal.at(node, "perm " + Arrays.toString(given) + " for rank " + rank);
        for (int i = 0; i < rank; i++) {
            order[i] = Operators.axis(node, given[i], rank, false);
            if (seen[order[i]]) throw Refusal.at(node, "perm " + Arrays.toString(given) + " names an axis twice");
            seen[order[i]] = true;
        }
        return order;
    }

    /** The shape that a Reshape of so many elements gives. */
    private static int[] reshaped(Node node, int[] dims, int count, long[] shape) {
        if (shape == null) throw Refusal.at(node, "no shape is given");
        long[] target = shape.clone();
        boolean zero = node.integer("allowzero", 0) != 0;
        int open = -1;
        long product = 1;
        for (int i = 0; i < target.length; i++) {
            if (target[i] == 0 && !zero) {
                if (i >= dims.length)
                    throw Refusal.at(node, "shape " + Arrays.toString(shape) + " copies a dimension too many");
                target[i] = dims[i];
            }
            if (target[i] == -1) {
                if (open >= 0)
                    throw Refusal.at(node, "shape " + Arrays.toString(shape) + " leaves two dimensions open");
                open = i;
            } else if (target[i] < 0 || target[i] > Integer.MAX_VALUE || product > Integer.MAX_VALUE) {
                throw Refusal.at(node, "shape " + Arrays.toString(shape));
            } else product *= target[i];
        }
        if (open >= 0) target[open] = product == 0 ? 0 : count / product;
        if ((open >= 0 ? product * target[open] : product) != count)
            throw Refusal.at(node, "shape " + Arrays.toString(shape) + " for " + Live.text(dims));
        return Constant.ints(target);
    }

    private Constant flatten() {
        int axis = Operators.axis(node, node.integer("axis", 1), x.rank(), true);
        return x.as(Operators.product(x.dims(), 0, axis), Operators.product(x.dims(), axis, x.rank()));
    }

    static int[] squeezed(Node node, int[] dims, long[] axes) {
        boolean[] gone = new boolean[dims.length];
        if (axes == null) for (int i = 0; i < dims.length; i++) gone[i] = dims[i] == 1;
        else
            for (long given : axes) {
                int axis = Operators.axis(node, given, dims.length, false);
                if (dims[axis] != 1) throw Refusal.at(node, "it squeezes axis " + given + " of " + Live.text(dims));
                gone[axis] = true;
            }
        return IntStream.range(0, dims.length)
                .filter(i -> !gone[i])
                .map(i -> dims[i])
                .toArray();
    }

    static int[] unsqueezed(Node node, int[] dims, long[] axes) {
        if (axes == null) throw Refusal.at(node, "no axes are given");
        int rank = dims.length + axes.length;
        if (rank > 32) throw Refusal.at(node, "a value of rank " + rank);
        boolean[] added = new boolean[rank];
        for (long given : axes) {
            int axis = Operators.axis(node, given, rank, false);
            if (added[axis]) throw Refusal.at(node, "axes " + Arrays.toString(axes) + " name one twice");
            added[axis] = true;
        }
        int[] result = new int[rank];
        for (int i = 0, next = 0; i < rank; i++) result[i] = added[i] ? 1 : dims[next++];
        return result;
    }

    private Constant concat() {
        int axis = Operators.axis(node, node.integer("axis", 1), x.rank(), false);
        int[] dims = x.dims().clone();
        dims[axis] = 0;
        for (int i = 0; i < in.size(); i++) {
            Constant c = Operators.need(node, in, i);
            boolean fits = c.rank() == dims.length && c.isText() == x.isText();
            for (int d = 0; fits && d < dims.length; d++) fits = d == axis || c.dims()[d] == dims[d];
            if (!fits) throw Refusal.at(node, "input " + i + " is " + c + " beside " + x);
            dims[axis] = (int) Math.min((long) dims[axis] + c.dims()[axis], Integer.MAX_VALUE);
        }
        int count = operators.spend(node, Constant.count(Operators.longs(dims), node.place()));
        int outer = Operators.product(dims, 0, axis), inner = Operators.product(dims, axis + 1, dims.length);
        double[] numbers = new double[x.isText() ? 0 : count];
        String[] texts = new String[x.isText() ? count : 0];
        int at = 0;
        for (int o = 0; o < outer; o++)
            for (Constant c : in) {
                int part = c.dims()[axis] * inner;
                for (int i = 0; i < part; i++, at++)
                    if (c.isText()) texts[at] = c.text(o * part + i);
                    else numbers[at] = c.at(o * part + i);
            }
        return x.isText() ? Constant.of(texts, dims) : Constant.of(x.type(), dims, numbers);
    }

    private Constant gather() {
        int axis = Operators.axis(node, node.integer("axis", 0), x.rank(), false);
        Constant which = Operators.need(node, in, 1);
        long[] indices = which.toLongs(node, "indices");
        int size = x.dims()[axis];
        int outer = Operators.product(x.dims(), 0, axis), inner = Operators.product(x.dims(), axis + 1, x.rank());
        int[] dims = IntStream.concat(
                        IntStream.concat(Arrays.stream(x.dims()).limit(axis), Arrays.stream(which.dims())),
                        Arrays.stream(x.dims()).skip(axis + 1))
                .toArray();
        int count = operators.spend(node, Constant.count(Operators.longs(dims), node.place()));
        int[] taken = new int[count];
        int at = 0;
        for (int o = 0; o < outer; o++)
            for (long index : indices) {
                int i = Operators.axis(node, index, size, false);
                for (int n = 0; n < inner; n++) taken[at++] = (o * size + i) * inner + n;
            }
        return taken(dims, taken);
    }

    /** Whether a Slice or Gather leaves an axis as it is, however long. */
    static boolean keeps(Node node, List<? extends Value> in, int axis, int rank) {
        if (node.op().equals("Gather")) return Operators.axis(node, node.integer("axis", 0), rank, false) != axis;
        if (!node.op().equals("Slice")) return true;
        boolean attributes = node.opset() < 10;
        long[] starts = attributes ? node.integers("starts") : argument(node, in, 1, "starts");
        long[] ends = attributes ? node.integers("ends") : argument(node, in, 2, "ends");
        long[] axes = attributes ? node.integers("axes") : argument(node, in, 3, "axes");
        long[] steps = attributes ? null : argument(node, in, 4, "steps");
        for (int i = 0; starts != null && ends != null && i < Math.min(starts.length, ends.length); i++) {
            boolean same = axes == null ? i == axis : i < axes.length && (axes[i] == axis || axes[i] + rank == axis);
            boolean whole = starts[i] == 0 && ends[i] >= Integer.MAX_VALUE;
            if (same && !(whole && (steps == null || i < steps.length && steps[i] == 1))) return false;
        }
        return true;
    }

    private Constant slice() {
        boolean attributes = node.opset() < 10;
        long[] starts = attributes ? node.integers("starts") : argument(1, "starts");
        long[] ends = attributes ? node.integers("ends") : argument(2, "ends");
        long[] axes = attributes ? node.integers("axes") : argument(3, "axes");
        long[] steps = attributes ? null : argument(4, "steps");
        if (starts == null || ends == null || starts.length != ends.length)
            throw Refusal.at(node, "starts or ends are missing, or not as many");
        if (axes == null)
            axes = IntStream.range(0, starts.length).asLongStream().toArray();
        if (axes.length != starts.length || steps != null && steps.length != starts.length)
            throw Refusal.at(node, axes.length + " axes for " + starts.length + " starts");
        int rank = x.rank();
        long[] from = new long[rank], step = new long[rank];
        Arrays.fill(step, 1);
        int[] dims = x.dims().clone();
        for (int i = 0; i < axes.length; i++) {
            int axis = Operators.axis(node, axes[i], rank, false);
            long size = x.dims()[axis], by = steps == null ? 1 : steps[i];
            if (by == 0) throw Refusal.at(node, "a step of 0");
            long least = by > 0 ? 0 : -1, most = by > 0 ? size : size - 1;
            long a = Math.max(by > 0 ? 0 : -1, Math.min(most, starts[i] < 0 ? starts[i] + size : starts[i]));
            long b = Math.max(least, Math.min(most, ends[i] < 0 ? Math.max(ends[i] + size, least) : ends[i]));
            if (by < 0 && a < 0) a = -1;
            from[axis] = a;
            step[axis] = by;
            long span = by > 0 ? b - a : a - b;
            dims[axis] = (int) (span <= 0 ? 0 : (span - 1) / Math.abs(by) + 1);
        }
        int count = operators.spend(node, Constant.count(Operators.longs(dims), node.place()));
        int[] taken = new int[count];
        int stride = 1, own = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            for (int i = 0; i < count; i++) taken[i] += (int) (from[axis] + i / stride % dims[axis] * step[axis]) * own;
            stride *= Math.max(1, dims[axis]);
            own *= x.dims()[axis];
        }
        return taken(dims, taken);
    }

    private Constant expand() {
        long[] shape = Operators.need(node, in, 1).toDims(node);
        Constant.count(shape, node.place());
        int[] dims = Operators.broadcast(node, x.dims(), Constant.ints(shape));
        int count = operators.spend(node, Constant.count(Operators.longs(dims), node.place()));
        int[] indices = Operators.indices(x.dims(), dims, count);
        return indices == null ? x : taken(dims, indices);
    }
}
