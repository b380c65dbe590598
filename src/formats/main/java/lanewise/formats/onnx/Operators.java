package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * Computes operators on known values: to fold constants, each result rounded to its type as ONNX has it, and to evaluate
 * parts of a graph in double precision, which tells what they are.
 */
final class Operators {

    /** Elements that may still be made or gone through: an Expand of a few bytes could ask for any number. */
    private long budget;

    Operators(long budget) {
        this.budget = budget;
    }

    /**
     * The first output of a node.
     *
     * @param in null where the node leaves an input out
     * @throws Refusal if the operator is none of those, or its inputs do not fit it
     */
    Constant evaluate(Node node, List<Constant> in) {
        Constant result = node.domain().isEmpty() ? compute(node, in) : null;
        if (result == null) throw Refusal.at(node, "this operator on constants is not understood");
        return result;
    }

    private Constant compute(Node node, List<Constant> in) {
        DoubleUnaryOperator unary = Functions.unary(node);
        if (unary != null) return map(node, numbers(node, in, 0), unary);
        if (Functions.isClip(node)) return clip(node, in);
        DoubleBinaryOperator binary = Functions.binary(node.op());
        if (binary != null) return fold(node, in, binary);
        if (Functions.reduction(node)) return reduce(node, in);
        return switch (node.op()) {
            case "Where" -> where(node, in);
            case "Identity", "Dropout" -> need(node, in, 0);
            case "Cast" -> cast(node, need(node, in, 0), DataType.of((int) node.integer("to", 0), node.place()));
            case "CastLike" -> cast(node, need(node, in, 0), need(node, in, 1).type());
            case "MatMul" -> multiply(node, numbers(node, in, 0), numbers(node, in, 1));
            case "Gemm" -> gemm(node, in);
            case "Softmax", "LogSoftmax" -> softmax(node, numbers(node, in, 0));
            case "BatchNormalization" -> batchNormalization(node, in);
            case "LayerNormalization" -> layerNormalization(node, in);
            case "Shape" -> shape(node, need(node, in, 0));
            case "Size" -> Constant.of((long) need(node, in, 0).count()).as();
            case "Range" -> range(node, in);
            case "ConstantOfShape" -> constantOfShape(node, in);
            case "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Concat", "Gather", "Slice", "Expand" ->
                Rearrangement.of(this, node, in);
            default -> null;
        };
    }

    /** Takes elements off the budget. */
    int spend(Node node, long elements) {
        return spend(node, elements, "constants computed in the graph are larger than the file accounts for");
    }

    /** Takes numbers of a row that are computed from the graph's input, or weights written out for them, off the budget. */
    void spendLive(Node node, long numbers) {
        spend(node, numbers, "the values of a row, up to here, have more numbers than the file accounts for");
    }

    private int spend(Node node, long elements, String otherwise) {
        budget -= elements;
        if (budget < 0 || elements > Integer.MAX_VALUE - 8) throw Refusal.at(node, otherwise);
        return (int) elements;
    }

    static Constant need(Node node, List<Constant> in, int i) {
        if (i >= in.size() || in.get(i) == null) throw Refusal.at(node, "input " + i + " is missing");
        return in.get(i);
    }

    static Constant numbers(Node node, List<Constant> in, int i) {
        Constant c = need(node, in, i);
        if (c.isText()) throw Refusal.at(node, "input " + i + " holds strings, numbers expected");
        return c;
    }

    static Constant optional(List<Constant> in, int i) {
        return i < in.size() ? in.get(i) : null;
    }

    private static void refuseSymbolic(Node node, Constant c) {
        if (c.symbolic()) throw Refusal.at(node, "it calculates with the number of rows in a batch");
    }

    private static DataType common(DataType a, DataType b) {
        return a == DataType.DOUBLE || b == DataType.DOUBLE ? DataType.DOUBLE : a;
    }

    private Constant map(Node node, Constant x, DoubleUnaryOperator f) {
        refuseSymbolic(node, x);
        DataType type = Functions.comparison(node) ? DataType.BOOL : x.type();
        return Constant.rounded(type, x.dims(), spend(node, x.count()), i -> f.applyAsDouble(x.at(i)));
    }

    private Constant fold(Node node, List<Constant> in, DoubleBinaryOperator f) {
        boolean any = switch (node.op()) {
            case "Max", "Min", "Sum", "Mean" -> true;
            default -> false;
        };
        if (any ? in.isEmpty() : in.size() != 2)
            throw Refusal.at(node, in.size() + " inputs, " + (any ? "one or more" : "two") + " expected");
        Constant result = numbers(node, in, 0);
        for (int i = 1; i < in.size(); i++)
            result = combine(node, result, aligned(node, result, numbers(node, in, i)), f);
        if (node.op().equals("Mean")) {
            Constant sum = result;
            result = Constant.rounded(sum.type(), sum.dims(), sum.count(), i -> sum.at(i) / in.size());
        }
        return result;
    }

    /** Up to operator set 6 the second input's dimensions may begin at an axis of the first. */
    static Constant aligned(Node node, Constant a, Constant b) {
        if (node.opset() >= 7 || !node.has("axis") || node.integer("broadcast", 0) == 0) return b;
        return b.as(alignedDims(node, a.rank(), b.dims()));
    }

    static int[] alignedDims(Node node, int rank, int[] dims) {
        long axis = node.integer("axis", 0);
        if (axis < 0) axis += rank;
        if (axis < 0 || axis + dims.length > rank)
            throw Refusal.at(
                    node,
                    "axis " + node.integer("axis", 0) + " for shape " + Live.text(dims) + " beside one of rank "
                            + rank);
        int[] other = new int[rank - (int) axis];
        Arrays.fill(other, 1);
        System.arraycopy(dims, 0, other, 0, dims.length);
        return other;
    }

    private Constant combine(Node node, Constant a, Constant b, DoubleBinaryOperator f) {
        boolean compared = node.op().equals("Equal");
        if (!compared) {
            refuseSymbolic(node, a);
            refuseSymbolic(node, b);
        }
        int[] dims = broadcast(node, a.dims(), b.dims());
        int count = spend(node, Constant.count(longs(dims), node.place()));
        DataType type = Functions.comparison(node) ? DataType.BOOL : common(a.type(), b.type());
        int[] ia = indices(a.dims(), dims, count), ib = indices(b.dims(), dims, count);
        boolean whole = node.op().equals("Div") && type.integer();
        return Constant.rounded(type, dims, count, i -> {
            double x = a.at(ia == null ? i : ia[i]), y = b.at(ib == null ? i : ib[i]);
            if (whole && y == 0) throw Refusal.at(node, "it divides by zero");
            // There is a row at least, so the number of rows is not the -1 that a shape may have.
            boolean rowsX = Double.isNaN(x) && a.type().integer(),
                    rowsY = Double.isNaN(y) && b.type().integer();
            if (rowsX && rowsY) return 1;
            if ((rowsX || rowsY) && !((rowsX ? y : x) < 1)) refuseSymbolic(node, rowsX ? a : b);
            return f.applyAsDouble(x, y);
        });
    }

    private Constant where(Node node, List<Constant> in) {
        Constant condition = numbers(node, in, 0), a = numbers(node, in, 1), b = numbers(node, in, 2);
        int[] dims = broadcast(node, condition.dims(), broadcast(node, a.dims(), b.dims()));
        int count = spend(node, Constant.count(longs(dims), node.place()));
        int[] ic = indices(condition.dims(), dims, count);
        int[] ia = indices(a.dims(), dims, count), ib = indices(b.dims(), dims, count);
        return Constant.rounded(
                common(a.type(), b.type()),
                dims,
                count,
                i -> condition.at(ic == null ? i : ic[i]) != 0
                        ? a.at(ia == null ? i : ia[i])
                        : b.at(ib == null ? i : ib[i]));
    }

    private Constant clip(Node node, List<Constant> in) {
        Constant x = numbers(node, in, 0);
        double least = bound(node, in, 1, "min", Double.NEGATIVE_INFINITY);
        double greatest = bound(node, in, 2, "max", Double.POSITIVE_INFINITY);
        return map(node, x, v -> Math.min(greatest, Math.max(least, v)));
    }

    static double bound(Node node, List<Constant> in, int i, String attribute, double otherwise) {
        if (node.opset() < 11) return node.has(attribute) ? node.number(attribute, 0) : otherwise;
        Constant c = optional(in, i);
        if (c == null) return otherwise;
        if (c.isText() || c.count() != 1) throw Refusal.at(node, attribute + " is " + c + ", a single number expected");
        return c.at(0);
    }

    private Constant cast(Node node, Constant x, DataType to) {
        if (x.isText() != (to == DataType.STRING)) throw Refusal.at(node, "a cast from " + x.type() + " to " + to);
        return x.isText() ? x : Constant.rounded(to, x.dims(), spend(node, x.count()), x::at);
    }

    private Constant multiply(Node node, Constant a, Constant b) {
        int[] da = a.dims(), db = b.dims();
        if (da.length == 0 || db.length == 0) throw Refusal.at(node, "a factor of rank 0");
        int inner = da[da.length - 1];
        boolean vector = db.length == 1;
        int columns = vector ? 1 : db[db.length - 1];
        if (inner != (vector ? db[0] : db[db.length - 2]))
            throw Refusal.at(node, "shapes " + Live.text(da) + " and " + Live.text(db) + " do not fit");
        for (int i = 0; i < db.length - 2; i++)
            if (db[i] != 1) throw Refusal.at(node, "a stack of matrices as second factor, " + Live.text(db));
        int rows = da.length == 1 ? 1 : Constant.count(longs(Arrays.copyOf(da, da.length - 1)), node.place());
        int[] dims = IntStream.concat(
                        Arrays.stream(da).limit(da.length - 1), vector ? IntStream.empty() : IntStream.of(columns))
                .toArray();
        spend(node, (long) rows * columns + a.count() + b.count());
        double[] sums = product(a, b, rows, inner, columns, false, false);
        return Constant.rounded(common(a.type(), b.type()), dims, sums.length, i -> sums[i]);
    }

    private static double[] product(Constant a, Constant b, int rows, int inner, int columns, boolean ta, boolean tb) {
        double[] sums = new double[rows * columns];
        for (int r = 0; r < rows; r++)
            // In the order of b's elements, which are many.
            if (tb)
                for (int c = 0; c < columns; c++)
                    for (int k = 0; k < inner; k++)
                        sums[r * columns + c] += a.at(ta ? k * rows + r : r * inner + k) * b.at(c * inner + k);
            else
                for (int k = 0; k < inner; k++) {
                    double x = a.at(ta ? k * rows + r : r * inner + k);
                    for (int c = 0; c < columns; c++) sums[r * columns + c] += x * b.at(k * columns + c);
                }
        return sums;
    }

    private Constant gemm(Node node, List<Constant> in) {
        Constant a = numbers(node, in, 0), b = numbers(node, in, 1), c = optional(in, 2);
        if (a.rank() != 2 || b.rank() != 2)
            throw Refusal.at(
                    node, "factors " + Live.text(a.dims()) + " and " + Live.text(b.dims()) + ", matrices expected");
        boolean ta = node.integer("transA", 0) != 0, tb = node.integer("transB", 0) != 0;
        int rows = a.dims()[ta ? 1 : 0], inner = a.dims()[ta ? 0 : 1], columns = b.dims()[tb ? 0 : 1];
        if (inner != b.dims()[tb ? 1 : 0])
            throw Refusal.at(node, "shapes " + Live.text(a.dims()) + " and " + Live.text(b.dims()) + " do not fit");
        spend(node, (long) rows * columns + a.count() + b.count());
        int count = rows * columns;
        int[] dims = {rows, columns};
        double[] sums = product(a, b, rows, inner, columns, ta, tb);
        double alpha = node.number("alpha", 1), beta = node.number("beta", 1);
        if (c != null && !Arrays.equals(broadcast(node, dims, c.dims()), dims))
            throw Refusal.at(node, "C of shape " + Live.text(c.dims()) + " beside " + Live.text(dims));
        int[] ic = c == null ? null : indices(c.dims(), dims, count);
        return Constant.rounded(
                common(a.type(), b.type()),
                dims,
                count,
                i -> alpha * sums[i] + (c == null ? 0 : beta * c.at(ic == null ? i : ic[i])));
    }

    private Constant softmax(Node node, Constant x) {
        int rank = x.rank();
        boolean flattening = node.opset() < 13;
        int axis = axis(node, node.integer("axis", flattening ? 1 : -1), rank, flattening);
        int outer = product(x.dims(), 0, axis);
        int size = flattening ? product(x.dims(), axis, rank) : x.dims()[axis];
        int inner = flattening ? 1 : product(x.dims(), axis + 1, rank);
        boolean log = node.op().equals("LogSoftmax");
        double[] y = new double[spend(node, x.count())];
        for (int o = 0; o < outer; o++)
            for (int n = 0; n < inner; n++) {
                int from = o * size * inner + n;
                double max = Double.NEGATIVE_INFINITY, sum = 0;
                for (int i = 0; i < size; i++) max = Math.max(max, x.at(from + i * inner));
                for (int i = 0; i < size; i++) sum += y[from + i * inner] = Math.exp(x.at(from + i * inner) - max);
                for (int i = 0; i < size; i++)
                    y[from + i * inner] =
                            log ? x.at(from + i * inner) - max - Math.log(sum) : y[from + i * inner] / sum;
            }
        return Constant.rounded(x.type(), x.dims(), y.length, i -> y[i]);
    }

    private Constant batchNormalization(Node node, List<Constant> in) {
        Constant x = numbers(node, in, 0), scale = numbers(node, in, 1), shift = numbers(node, in, 2);
        Constant mean = numbers(node, in, 3), variance = numbers(node, in, 4);
        double epsilon = node.number("epsilon", 1e-5f);
        int channels = scale.count(), each = x.rank() < 2 ? 1 : product(x.dims(), 2, x.rank());
        // Without "spatial" each element of a row has statistics of its own.
        int span = channels == product(x.dims(), 1, x.rank()) ? 1 : each;
        for (Constant c : List.of(scale, shift, mean, variance))
            if (c.count() != channels || channels * span != product(x.dims(), Math.min(1, x.rank()), x.rank()))
                throw Refusal.at(node, "statistics of " + c.count() + " channels for " + Live.text(x.dims()));
        return Constant.rounded(x.type(), x.dims(), spend(node, x.count()), i -> {
            int c = i / span % channels;
            return (x.at(i) - mean.at(c)) / Math.sqrt(variance.at(c) + epsilon) * scale.at(c) + shift.at(c);
        });
    }

    private Constant layerNormalization(Node node, List<Constant> in) {
        Constant x = numbers(node, in, 0), scale = numbers(node, in, 1), shift = optional(in, 2);
        int axis = axis(node, node.integer("axis", -1), x.rank(), false);
        int outer = product(x.dims(), 0, axis), size = product(x.dims(), axis, x.rank());
        double epsilon = node.number("epsilon", 1e-5f);
        int[] own = Arrays.copyOfRange(x.dims(), axis, x.rank());
        for (Constant c : shift == null ? List.of(scale) : List.of(scale, shift))
            if (!Arrays.equals(broadcast(node, own, c.dims()), own))
                throw Refusal.at(node, "scale or bias of " + Live.text(c.dims()) + " for " + Live.text(own));
        int[] is = indices(scale.dims(), own, size), ib = shift == null ? null : indices(shift.dims(), own, size);
        double[] y = new double[spend(node, x.count())];
        for (int o = 0; o < outer; o++) {
            double mean = 0, variance = 0;
            for (int i = 0; i < size; i++) mean += x.at(o * size + i) / size;
            for (int i = 0; i < size; i++) variance += (x.at(o * size + i) - mean) * (x.at(o * size + i) - mean) / size;
            for (int i = 0; i < size; i++)
                y[o * size + i] =
                        (x.at(o * size + i) - mean) / Math.sqrt(variance + epsilon) * scale.at(is == null ? i : is[i])
                                + (shift == null ? 0 : shift.at(ib == null ? i : ib[i]));
        }
        return Constant.rounded(x.type(), x.dims(), y.length, i -> y[i]);
    }

    /** The axes that a reduction goes over; null for all. */
    static long[] reducedAxes(Node node, List<? extends Value> in) {
        if (in.size() > 1 && in.get(1) != null) {
            if (!(in.get(1) instanceof Constant axes)) throw Refusal.notAnMlp(node, "its axes depend on the input");
            long[] values = axes.toLongs(node, "axes");
            if (values.length > 0) return values;
        } else if (node.integers("axes") != null) {
            return node.integers("axes");
        }
        return node.integer("noop_with_empty_axes", 0) != 0 ? new long[0] : null;
    }

    private Constant reduce(Node node, List<Constant> in) {
        Constant x = numbers(node, in, 0);
        refuseSymbolic(node, x);
        long[] axes = reducedAxes(node, in);
        boolean[] gone = new boolean[x.rank()];
        if (axes == null) Arrays.fill(gone, true);
        else for (long axis : axes) gone[axis(node, axis, x.rank(), false)] = true;
        int[] kept = x.dims().clone();
        for (int i = 0; i < kept.length; i++) if (gone[i]) kept[i] = 1;
        int count = Constant.count(longs(kept), node.place());
        spend(node, (long) count + x.count());
        int[] target = indices(kept, x.dims(), x.count());
        double[] sums = new double[count], largest = new double[count];
        int[] terms = new int[count];
        Arrays.fill(largest, Double.NEGATIVE_INFINITY);
        boolean max = node.op().equals("ReduceMax") || node.op().equals("ReduceLogSumExp");
        boolean min = node.op().equals("ReduceMin"), product = node.op().equals("ReduceProd");
        if (min) Arrays.fill(sums, Double.POSITIVE_INFINITY);
        if (product) Arrays.fill(sums, 1);
        if (max)
            for (int i = 0; i < x.count(); i++) {
                int t = target == null ? i : target[i];
                largest[t] = Math.max(largest[t], x.at(i));
            }
        for (int i = 0; i < x.count(); i++) {
            int t = target == null ? i : target[i];
            double v = x.at(i);
            terms[t]++;
            switch (node.op()) {
                case "ReduceSum", "ReduceMean", "ReduceLogSum" -> sums[t] += v;
                case "ReduceSumSquare", "ReduceL2" -> sums[t] += v * v;
                case "ReduceL1" -> sums[t] += Math.abs(v);
                case "ReduceProd" -> sums[t] *= v;
                case "ReduceMin" -> sums[t] = Math.min(sums[t], v);
                case "ReduceMax" -> sums[t] = largest[t];
                case "ReduceLogSumExp" -> sums[t] += Math.exp(v - largest[t]);
                default -> throw Refusal.at(node, "this reduction is not understood");
            }
        }
        int[] dims = node.integer("keepdims", 1) != 0
                ? kept
                : IntStream.range(0, kept.length)
                        .filter(i -> !gone[i])
                        .map(i -> kept[i])
                        .toArray();
        return Constant.rounded(x.type(), dims, count, i -> switch (node.op()) {
            case "ReduceMean" -> sums[i] / terms[i];
            case "ReduceL2" -> Math.sqrt(sums[i]);
            case "ReduceLogSum" -> Math.log(sums[i]);
            case "ReduceLogSumExp" -> largest[i] + Math.log(sums[i]);
            default -> sums[i];
        });
    }

    private static Constant shape(Node node, Constant x) {
        return Constant.of(shapePart(node, longs(x.dims())));
    }

    /** From operator set 15 on only a part of a shape may be asked for. */
    static long[] shapePart(Node node, long[] dims) {
        long start = node.integer("start", 0), end = node.integer("end", dims.length);
        if (start < 0) start += dims.length;
        if (end < 0) end += dims.length;
        start = Math.max(0, Math.min(start, dims.length));
        end = Math.max(start, Math.min(end, dims.length));
        return Arrays.copyOfRange(dims, (int) start, (int) end);
    }

    private Constant range(Node node, List<Constant> in) {
        double start = single(node, in, 0), limit = single(node, in, 1), step = single(node, in, 2);
        double count = Math.max(0, Math.ceil((limit - start) / step));
        if (!(count <= Integer.MAX_VALUE))
            throw Refusal.at(node, "a range from " + start + " to " + limit + " by " + step);
        return Constant.rounded(
                need(node, in, 0).type(), new int[] {(int) count}, spend(node, (long) count), i -> start + i * step);
    }

    private static double single(Node node, List<Constant> in, int i) {
        Constant c = numbers(node, in, i);
        refuseSymbolic(node, c);
        if (c.count() != 1) throw Refusal.at(node, "input " + i + " is " + c + ", a single number expected");
        return c.at(0);
    }

    private Constant constantOfShape(Node node, List<Constant> in) {
        long[] shape = need(node, in, 0).toDims(node);
        int count = spend(node, Constant.count(shape, node.place()));
        AttributeProto value = node.attributes().get("value");
        Constant one = value == null
                ? Constant.scalar(DataType.FLOAT, 0)
                : Constant.read(value.getT(), new ExternalData(null), node.place());
        if (one.isText() || one.count() != 1) throw Refusal.at(node, "value is " + one + ", a single number expected");
        return Constant.rounded(one.type(), Constant.ints(shape), count, i -> one.at(0));
    }

    /** An axis counted from the front. */
    static int axis(Node node, long axis, int rank, boolean endToo) {
        long counted = axis < 0 ? axis + rank : axis;
        if (counted < 0 || counted >= rank + (endToo ? 1 : 0))
            throw Refusal.at(node, "axis " + axis + " of a value of rank " + rank);
        return (int) counted;
    }

    static int product(int[] dims, int from, int to) {
        int product = 1;
        for (int i = from; i < to; i++) product = Math.multiplyExact(product, dims[i]);
        return product;
    }

    static long[] longs(int[] dims) {
        return Arrays.stream(dims).asLongStream().toArray();
    }

    /** The shape of two shapes' elementwise combination; the batch dimension goes with 1 and itself. */
    static int[] broadcast(Node node, int[] a, int[] b) {
        int rank = Math.max(a.length, b.length);
        int[] dims = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.length ? a[a.length - i] : 1, y = i <= b.length ? b[b.length - i] : 1;
            if (x != y && x != 1 && y != 1)
                throw Refusal.at(
                        node,
                        "shapes " + Live.text(a) + " and " + Live.text(b) + " do not fit"
                                + (x == BATCH || y == BATCH ? "; rows must not be told apart by a constant" : ""));
            dims[rank - i] = x == 1 ? y : x;
        }
        return dims;
    }

    private static final int BATCH = Value.BATCH;

    /** For each element of a shape the index of the one that is broadcast there; null if that is the same. */
    static int[] indices(int[] from, int[] to, int count) {
        if (Arrays.equals(from, to)) return null;
        int[] indices = new int[count];
        int step = 1, stride = 1;
        int[] strides = new int[to.length];
        for (int i = 1; i <= from.length; i++) {
            strides[to.length - i] = from[from.length - i] == 1 ? 0 : step;
            step *= from[from.length - i];
        }
        for (int axis = to.length - 1; axis >= 0; axis--) {
            if (strides[axis] != 0) for (int i = 0; i < count; i++) indices[i] += i / stride % to[axis] * strides[axis];
            stride *= Math.max(1, to[axis]);
        }
        return indices;
    }
}
