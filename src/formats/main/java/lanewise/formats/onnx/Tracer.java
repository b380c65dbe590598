package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanewise.formats.onnx.Live.Operation;

/**
 * Goes through the nodes that a value needs: what depends on constants alone is computed, what only gives another shape to
 * the same elements becomes another view, and the rest are {@link Operation}s on live values, with their shapes.
 */
final class Tracer {

    /** More than any network of use has, and recognising them takes some microseconds each. */
    private static final int MOST_OPERATIONS = 20_000;

    private final Program program;
    private final ExternalData external;
    private final Operators operators;
    private final Map<String, Value> values = new HashMap<>();

    /** Outputs that are not computed, and why. */
    private final Map<String, String> unavailable = new HashMap<>();

    /** Constants that were given names from outside, then those of the file. */
    private final Map<String, Constant> bound;

    /** Rows in a batch where the file fixes them at more than one; else 0. */
    private int fixedRows;

    private int operations;

    Tracer(Program program, ExternalData external, Operators operators, Map<String, Constant> bound) {
        this.program = program;
        this.external = external;
        this.operators = operators;
        this.bound = bound;
        values.putAll(bound);
    }

    /** Sets the graph's input. */
    void input(String name, Live live, int rows) {
        values.put(name, live);
        fixedRows = rows;
    }

    Set<String> known() {
        return values.keySet();
    }

    /** The value of a name; computes what it needs. */
    Value trace(String name) {
        for (Node node : program.order(name, values.keySet())) step(node);
        return value(name, null);
    }

    /** The constant of this name, if it depends on no live value and nodes up to here have been stepped through; or null. */
    Constant constant(String name) {
        Value known = values.get(name);
        if (known != null) return known instanceof Constant c ? c : null;
        return program.initializer(name) != null ? (Constant) value(name, null) : null;
    }

    private Value value(String name, Node reader) {
        Value known = values.get(name);
        if (known != null) return known;
        String place = reader == null ? "" : reader.place() + ": ";
        if (unavailable.containsKey(name)) throw new Refusal(place + unavailable.get(name));
        if (program.isSparse(name))
            throw new Refusal(place + "initializer \"" + Node.shortened(name) + "\" is sparse; dense ones are read");
        if (program.initializer(name) == null)
            throw new Refusal(place + "\"" + Node.shortened(name) + "\" is neither an input nor made by any node");
        Constant read =
                Constant.read(program.initializer(name), external, "initializer \"" + Node.shortened(name) + "\"");
        values.put(name, read);
        return read;
    }

    /** Computes the outputs of one node, whose inputs are known. */
    void step(Node node) {
        int made = LinearModel.scores(node);
        String output = node.outputs().size() > made ? node.outputs().get(made) : "";
        if (values.containsKey(output)) return;
        List<Value> in = new ArrayList<>();
        for (String name : node.inputs()) in.add(name.isEmpty() ? null : value(name, node));
        // Names of inputs that are left out may stand at the end.
        while (!in.isEmpty() && in.get(in.size() - 1) == null) in.remove(in.size() - 1);
        Functions.requireInputs(node, in.size());
        for (int i = 0; i < node.outputs().size(); i++)
            if (i != made)
                unavailable.put(
                        node.outputs().get(i),
                        "it reads output " + i + " of " + node.place() + ", which is not understood; the "
                                + (made == 0 ? "first" : "second") + " is");
        if (node.domain().isEmpty() && node.op().equals("Split") && !in.isEmpty() && in.get(0) instanceof Live live) {
            values.putAll(split(node, live, in));
            return;
        }
        Value result = node.domain().isEmpty() && node.op().equals("If") ? branch(node, in) : compute(node, in);
        if (!output.isEmpty()) values.put(output, result);
    }

    private Value compute(Node node, List<Value> in) {
        if (node.domain().isEmpty() && node.op().equals("Constant")) return literal(node);
        if (in.stream().anyMatch(Live.class::isInstance)) return live(node, in);
        List<Constant> constants = new ArrayList<>();
        for (Value v : in) constants.add((Constant) v);
        Constant result = operators.evaluate(node, constants);
        Constant.count(Operators.longs(result.dims()), node.place());
        return result;
    }

    private Constant literal(Node node) {
        for (AttributeProto attribute : node.attributes().values()) {
            String place = node.place();
            switch (attribute.getName()) {
                case "value" -> {
                    return Constant.read(attribute.getT(), external, place);
                }
                case "value_float" -> {
                    return Constant.of(attribute.getF()).as();
                }
                case "value_floats" -> {
                    return Constant.of(node.numbers("value_floats"));
                }
                case "value_int" -> {
                    return Constant.of(attribute.getI()).as();
                }
                case "value_ints" -> {
                    return Constant.of(node.integers("value_ints"));
                }
                case "value_string" -> {
                    return Constant.of(new String[] {attribute.getS().toStringUtf8()});
                }
                case "value_strings" -> {
                    List<String> texts = node.texts("value_strings");
                    return Constant.of(texts.toArray(String[]::new), texts.size());
                }
                default -> {}
            }
        }
        throw Refusal.at(node, "a constant without a value that is read; is it sparse?");
    }

    private Value branch(Node node, List<Value> in) {
        if (in.size() != 1 || !(in.get(0) instanceof Constant condition))
            throw Refusal.notAnMlp(node, "a branch that depends on the input");
        if (condition.isText() || condition.count() != 1) throw Refusal.at(node, "its condition is " + condition);
        String taken = condition.at(0) != 0 ? "then_branch" : "else_branch";
        AttributeProto graph = node.attributes().get(taken);
        if (graph == null || !graph.hasG()) throw Refusal.at(node, "there is no " + taken);
        List<String> outputs = program.addBranch(node, graph.getG());
        if (outputs.isEmpty()) throw Refusal.at(node, taken + " makes nothing");
        return trace(outputs.get(0));
    }

    private Value live(Node node, List<Value> in) {
        if (node.domain().equals("ai.onnx.ml")) {
            if (node.op().equals("Scaler")) return scaler(node, single(node, in));
            if (node.op().equals("ZipMap")) return single(node, in);
            if (node.op().equals("LinearClassifier") || node.op().equals("LinearRegressor"))
                return linear(node, single(node, in));
            if (node.op().equals("Normalizer") && addsUpToOne(node, single(node, in))) return single(node, in);
        }
        if (!node.domain().isEmpty()) throw OtherKinds.unknown(node);
        if (Functions.pointwise(node)) return pointwise(node, in);
        if (Functions.reduction(node)) return reduction(node, in);
        return switch (node.op()) {
            case "Identity" -> first(node, in);
            case "Dropout" -> dropout(node, in);
            case "Cast" -> cast(node, first(node, in), DataType.of((int) node.integer("to", 0), node.place()));
            case "CastLike" -> cast(node, first(node, in), typeOf(in.size() > 1 ? in.get(1) : null, node));
            case "Shape" -> shape(node, first(node, in));
            case "Flatten", "Reshape", "Squeeze", "Unsqueeze" ->
                new View(node, first(node, in), in, fixedRows).result();
            case "Transpose", "Expand" -> {
                Live same = new View(node, first(node, in), in, fixedRows).unlessMoved();
                yield same != null ? same : moved(node, in);
            }
            case "Slice" -> moved(node, in);
            case "MatMul" -> matMul(node, in);
            case "Gemm" -> gemm(node, in);
            case "Einsum" -> einsum(node, in);
            case "Softmax", "LogSoftmax" -> softmax(node, first(node, in));
            case "BatchNormalization" -> batchNormalization(node, first(node, in), in);
            case "LayerNormalization" -> layerNormalization(node, first(node, in), in);
            case "Gather" -> gather(node, in);
            case "Concat" -> concat(node, in);
            default -> throw OtherKinds.unknown(node);
        };
    }

    /** In training some numbers are dropped; the network that was trained drops none. */
    private Live dropout(Node node, List<Value> in) {
        if (in.size() > 2 && in.get(2) instanceof Constant training && !training.isText() && training.count() == 1)
            if (training.at(0) != 0) refuseTraining(node);
        return first(node, in);
    }

    /** What a node in training gives besides its result must not matter: the network has other statistics than the batch. */
    private void refuseTraining(Node node) {
        for (String further : node.outputs()
                .subList(Math.min(1, node.outputs().size()), node.outputs().size()))
            if (!further.isEmpty() && program.isRead(further))
                throw Refusal.notAnMlp(
                        node,
                        "it is in training mode, and its output \"" + Node.shortened(further)
                                + "\" is read; export the model in evaluation mode");
    }

    private static Live single(Node node, List<Value> in) {
        if (in.size() != 1) throw Refusal.at(node, in.size() + " inputs, one expected");
        return first(node, in);
    }

    private static Live first(Node node, List<Value> in) {
        if (!(in.get(0) instanceof Live live))
            throw Refusal.notAnMlp(
                    node,
                    "its first input is " + (in.get(0) == null ? "missing" : "constant")
                            + " and another depends on the graph's input");
        return live;
    }

    private static DataType typeOf(Value value, Node node) {
        if (value instanceof Constant c) return c.type();
        if (value instanceof Live live) return live.type();
        throw Refusal.at(node, "input 1 is missing");
    }

    private Live operation(Node node, List<? extends Value> in, DataType type, int[] dims) {
        if (++operations > MOST_OPERATIONS)
            throw new Refusal("not a multilayer perceptron: more than " + MOST_OPERATIONS + " operations on the input");
        Live result = new Live(new Operation(node, new ArrayList<>(in), operations, dims), type, dims);
        checkRows(node, dims);
        operators.spendLive(node, result.features());
        return result;
    }

    /** Rows must stay apart: the batch dimension is the outermost, but for ones. */
    static void checkRows(Node node, int[] dims) {
        long features = 1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == Value.BATCH) {
                if (features != 1)
                    throw Refusal.notAnMlp(node, "rows of a batch do not stay apart, " + Live.text(dims));
            } else features *= dims[i];
            if (features > Sizes.WIDEST)
                throw Refusal.at(
                        node, "a row of " + Live.text(dims) + "; at most " + Sizes.WIDEST + " numbers are read");
        }
        if (features == 0) throw Refusal.at(node, "a row of " + Live.text(dims) + ", without numbers");
    }

    private Live cast(Node node, Live x, DataType to) {
        boolean numbers = to == x.type()
                || to.floating()
                || x.producer() == null && to.integer()
                || x.type().integer() && to.integer();
        if (!numbers) throw Refusal.notAnMlp(node, "it makes " + to + " of " + x.type());
        return x.as(to);
    }

    private static Constant shape(Node node, Live x) {
        long[] dims = Operators.shapePart(node, Operators.longs(x.dims()));
        double[] named = new double[dims.length];
        // NaN stands for the number of rows.
        for (int i = 0; i < dims.length; i++) named[i] = dims[i] == Value.BATCH ? Double.NaN : dims[i];
        return Constant.of(DataType.INT64, new int[] {dims.length}, named);
    }

    private static void refuseIntegers(Node node, Live x) {
        if (x.type().integer()) throw Refusal.notAnMlp(node, "it calculates with " + x.type() + ", floats expected");
    }

    private Live pointwise(Node node, List<Value> in) {
        List<Value> operands = new ArrayList<>(in);
        Node plain = node;
        if (Functions.binary(node.op()) != null && node.opset() < 7 && operands.size() == 2)
            if (operands.get(0) instanceof Live x && operands.get(1) instanceof Constant c) {
                operands.set(
                        1,
                        Operators.aligned(
                                node, Constant.scalar(DataType.FLOAT, 0).as(ones(x.dims().length)), c));
                if (node.op().equals("PRelu") && c.rank() == 1 && c.count() > 1 && x.dims().length > 2) {
                    int[] channels = ones(x.dims().length - 1);
                    channels[0] = c.count();
                    operands.set(1, c.as(channels));
                }
                plain = node.part(node.op());
            }
        int[] dims = null;
        DataType type = null;
        for (int i = 0; i < operands.size(); i++) {
            if (operands.get(i) instanceof Constant c) operands.set(i, oneRow(c, operands));
            Value operand = operands.get(i);
            if (operand == null) {
                if (Functions.isClip(node) && i > 0) continue;
                throw Refusal.at(node, "input " + i + " is missing");
            }
            if (operand instanceof Constant c && (c.isText() || c.symbolic()))
                throw Refusal.notAnMlp(node, "it calculates with " + (c.isText() ? "strings" : "the number of rows"));
            if (operand instanceof Live live) {
                refuseIntegers(node, live);
                if (type == null || type == DataType.BOOL) type = live.type();
            }
            dims = dims == null ? operand.dims() : Operators.broadcast(node, dims, operand.dims());
        }
        if (Functions.isClip(node))
            for (int i = 1; i < operands.size(); i++)
                if (operands.get(i) instanceof Live) throw Refusal.notAnMlp(node, "a bound that depends on the input");
        if (type == DataType.BOOL && !Functions.comparison(node))
            type = typeOf(operands.get(operands.size() - 1), node);
        switch (node.op()) {
            // Each with formulas that others decompose to, so that one way recognises all.
            case "Sum", "Mean" -> {
                Value sum = operands.get(0);
                for (int i = 1; i < operands.size(); i++) {
                    List<Value> terms = List.of(sum, operands.get(i));
                    int[] shape = Operators.broadcast(
                            node, sum.dims(), operands.get(i).dims());
                    sum = sum instanceof Constant a && operands.get(i) instanceof Constant b
                            ? operators.evaluate(node.part("Add"), List.of(a, b))
                            : operation(node.part("Add"), terms, type, shape);
                }
                if (node.op().equals("Sum") || operands.size() == 1) return (Live) sum;
                return operation(node.part("Mul"), List.of(sum, scalar(1f / operands.size())), type, sum.dims());
            }
            case "HardSigmoid" -> {
                Live scaled = operation(
                        node.part("Mul"), List.of(operands.get(0), scalar(node.number("alpha", 0.2f))), type, dims);
                Live shifted =
                        operation(node.part("Add"), List.of(scaled, scalar(node.number("beta", 0.5f))), type, dims);
                return operation(node.part("Clip"), List.of(shifted, scalar(0), scalar(1)), type, dims);
            }
            case "Selu" -> {
                AttributeProto alpha = AttributeProto.newBuilder()
                        .setName("alpha")
                        .setType(AttributeProto.AttributeType.FLOAT)
                        .setF(node.number("alpha", node.opset() < 6 ? 1.6732f : 1.67326319217681884765625f))
                        .build();
                Live elu = operation(node.part("Elu", Map.of("alpha", alpha)), operands, type, dims);
                float gamma = node.number("gamma", node.opset() < 6 ? 1.0507f : 1.05070102214813232421875f);
                return operation(node.part("Mul"), List.of(elu, scalar(gamma)), type, dims);
            }
            default -> {
                return operation(plain, operands, Functions.comparison(node) ? DataType.BOOL : type, dims);
            }
        }
    }

    /** A constant that repeats one row for all rows of a batch, whose number the file fixes, as that row. */
    private Constant oneRow(Constant c, List<Value> operands) {
        if (fixedRows == 0 || c.isText() || c.count() % fixedRows != 0) return c;
        for (Value operand : operands) {
            if (!(operand instanceof Live live) || live.batchAxis() < 0) continue;
            int axis = c.rank() - live.dims().length + live.batchAxis();
            if (axis < 0 || c.dims()[axis] != fixedRows || Operators.product(c.dims(), 0, axis) != 1) continue;
            int size = c.count() / fixedRows;
            for (int i = size; i < c.count(); i++) if (c.at(i) != c.at(i - size)) return c;
            int[] dims = c.dims().clone();
            dims[axis] = 1;
            return Constant.rounded(c.type(), dims, size, c::at);
        }
        return c;
    }

    private static int[] ones(int rank) {
        int[] ones = new int[rank];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static Constant scalar(float value) {
        return Constant.of(value).as();
    }

    private Live scaler(Node node, Live x) {
        refuseFurther(node, x);
        Live shifted = x;
        for (String name : List.of("offset", "scale")) {
            float[] values = node.numbers(name);
            if (values == null || values.length == 0) continue;
            int last = x.dims().length == 0 ? 1 : x.dims()[x.dims().length - 1];
            if (values.length != 1 && values.length != last)
                throw Refusal.at(node, values.length + " numbers as " + name + " for " + Live.text(x.dims()));
            Constant c = Constant.of(values);
            shifted = operation(
                    node.part(name.equals("offset") ? "Sub" : "Mul"),
                    List.of(shifted, values.length == 1 ? c.as() : c),
                    shifted.type(),
                    x.dims());
        }
        return shifted.as(DataType.FLOAT);
    }

    private Live linear(Node node, Live x) {
        refuseFurther(node, x);
        if (x.dims().length != 2 || x.batchAxis() > 0)
            throw Refusal.at(node, "its input is " + Live.text(x.dims()) + ", batch and numbers expected");
        LinearModel model = LinearModel.of(node, x.dims()[1]);
        DataType type = DataType.FLOAT;
        int[] dims = {x.dims()[0], model.bias().count()};
        Live product = operation(node.part("MatMul"), List.of(x.as(type), model.weights()), type, dims);
        Live scores = operation(node.part("Add"), List.of(product, model.bias()), type, dims);
        if (model.transform().equals("NONE")) return scores;
        boolean softmax = model.transform().equals("SOFTMAX");
        Live result = operation(node.part(softmax ? "Softmax" : "Sigmoid"), List.of(scores), type, dims);
        if (!model.twoColumns()) return result;
        Live other = operation(node.part("Sub"), List.of(scalar(1), result), type, dims);
        return operation(node.part("Concat"), List.of(other, result), type, new int[] {dims[0], 2});
    }

    /** Whether a row is probabilities, so that it is its own share of their sum. */
    private static boolean addsUpToOne(Node node, Live x) {
        if (!node.text("norm", "MAX").equals("L1") || x.producer() == null || x.dims().length != 2) return false;
        String op = x.producer().node().op();
        return op.equals("Softmax") || op.equals("Concat");
    }

    private static void refuseFurther(Node node, Live x) {
        if (x.type() == DataType.BOOL || x.type() == DataType.STRING)
            throw Refusal.notAnMlp(node, "it calculates with " + x.type());
    }

    private Live reduction(Node node, List<Value> in) {
        Live x = first(node, in);
        refuseIntegers(node, x);
        long[] axes = Operators.reducedAxes(node, in);
        boolean[] gone = new boolean[x.dims().length];
        if (axes == null) Arrays.fill(gone, true);
        else for (long axis : axes) gone[Operators.axis(node, axis, gone.length, false)] = true;
        boolean keep = node.integer("keepdims", 1) != 0;
        List<Integer> dims = new ArrayList<>();
        for (int i = 0; i < gone.length; i++) {
            if (gone[i] && x.dims()[i] == Value.BATCH) throw Refusal.notAnMlp(node, "it mixes the rows of a batch");
            if (!gone[i]) dims.add(x.dims()[i]);
            else if (keep) dims.add(1);
        }
        return operation(node, in, x.type(), dims.stream().mapToInt(i -> i).toArray());
    }

    private Live matMul(Node node, List<Value> in) {
        if (in.size() != 2) throw Refusal.at(node, in.size() + " inputs, two expected");
        if (in.get(0) instanceof Live && in.get(1) instanceof Live)
            throw Refusal.notAnMlp(node, "both factors depend on the input, as in attention");
        if (in.get(0) instanceof Constant w) {
            Live x = (Live) in.get(1);
            if (w.rank() != 2 || x.dims().length != 1 || x.batchAxis() >= 0 || w.dims()[1] != x.dims()[0])
                throw Refusal.notAnMlp(node, "a constant on the left multiplies across the rows of a batch");
            return operation(node, in, x.type(), new int[] {w.dims()[0]});
        }
        Live x = (Live) in.get(0);
        refuseIntegers(node, x);
        Constant w = (Constant) in.get(1);
        int rank = x.dims().length;
        for (int i = 0; i < w.rank() - 2; i++)
            if (w.dims()[i] != 1) throw Refusal.notAnMlp(node, "a stack of matrices, " + w);
        if (rank == 0 || w.rank() == 0) throw Refusal.at(node, "a factor of rank 0");
        int inner = w.rank() == 1 ? w.dims()[0] : w.dims()[w.rank() - 2];
        if (x.dims()[rank - 1] != inner)
            throw Refusal.at(node, "it multiplies " + Live.text(x.dims()) + " by " + w + ", which does not fit");
        int[] dims;
        if (w.rank() == 1) dims = Arrays.copyOf(x.dims(), rank - 1);
        else {
            int more = Math.max(0, w.rank() - Math.max(rank, 2));
            dims = ones(rank + more);
            System.arraycopy(x.dims(), 0, dims, more, rank);
            dims[dims.length - 1] = w.dims()[w.rank() - 1];
        }
        // Where it multiplies at several positions of a row, the weights are written out for each.
        int positions = x.features() / inner;
        if (positions > 1) operators.spendLive(node, (long) positions * positions * w.count());
        return operation(node, in, x.type(), dims);
    }

    private Live gemm(Node node, List<Value> in) {
        if (in.size() < 2 || in.size() > 3) throw Refusal.at(node, in.size() + " inputs, two or three expected");
        if (!(in.get(0) instanceof Live x) || !(in.get(1) instanceof Constant w))
            throw Refusal.notAnMlp(
                    node,
                    in.get(0) instanceof Live
                            ? "both factors depend on the input, as in attention"
                            : "a constant on the left multiplies across the rows of a batch");
        refuseIntegers(node, x);
        if (node.integer("transA", 0) != 0)
            throw Refusal.notAnMlp(node, "transA = 1 puts the rows of a batch where features are");
        if (x.dims().length != 2 || w.rank() != 2)
            throw Refusal.at(node, "it multiplies " + Live.text(x.dims()) + " by " + w + "; two matrices expected");
        boolean transposed = node.integer("transB", 0) != 0;
        if (x.dims()[1] != w.dims()[transposed ? 1 : 0])
            throw Refusal.at(
                    node,
                    "it multiplies " + Live.text(x.dims()) + " by " + w + (transposed ? " transposed" : "")
                            + ", which does not fit");
        int[] dims = {x.dims()[0], w.dims()[transposed ? 0 : 1]};
        Value c = in.size() > 2 ? in.get(2) : null;
        if (c != null && !Arrays.equals(Operators.broadcast(node, dims, c.dims()), dims))
            throw Refusal.at(node, "C of shape " + Live.text(c.dims()) + " beside " + Live.text(dims));
        if (!(c instanceof Live added)) return operation(node, in, x.type(), dims);
        float beta = node.number("beta", 1);
        Live scaled =
                beta == 1 ? added : operation(node.part("Mul"), List.of(added, scalar(beta)), x.type(), added.dims());
        Live product = operation(node, List.of(x, w), x.type(), dims);
        return operation(node.part("Add"), List.of(product, scaled), x.type(), dims);
    }

    /** A product spelled by its indices, such as {@code bi,oi->bo}; as in {@code MatMul}, the last one of the row goes. */
    private Live einsum(Node node, List<Value> in) {
        String equation = node.text("equation", "").replace(" ", "").replace("...", ".");
        java.util.regex.Matcher indices = java.util.regex.Pattern.compile("([a-zA-Z.]*)([a-zA-Z]),(\\w)(\\w)->\\1(\\w)")
                .matcher(equation);
        boolean product =
                in.size() == 2 && in.get(0) instanceof Live && in.get(1) instanceof Constant && indices.matches();
        String inner = product ? indices.group(2) : "", outer = product ? indices.group(5) : "";
        boolean transposed =
                product && indices.group(3).equals(outer) && indices.group(4).equals(inner);
        boolean plain =
                product && indices.group(3).equals(inner) && indices.group(4).equals(outer);
        Constant w = product ? (Constant) in.get(1) : null;
        if (!transposed && !plain || inner.equals(outer) || w.rank() != 2)
            throw Refusal.notAnMlp(
                    node,
                    "a product \"" + Node.shortened(equation)
                            + "\"; the last index of a row with a constant matrix, bi,io->bo," + " expected");
        if (transposed) w = operators.evaluate(node.part("Transpose"), List.of(w));
        return matMul(node.part("MatMul"), List.of(in.get(0), w));
    }

    private Live softmax(Node node, Live x) {
        refuseIntegers(node, x);
        int rank = x.dims().length;
        boolean flattening = node.opset() < 13;
        int axis = Operators.axis(node, node.integer("axis", flattening ? 1 : -1), rank, flattening);
        long size = 1;
        for (int i = axis; i < (flattening ? rank : axis + 1); i++) size *= x.dims()[i];
        if (size != x.features() || x.batchAxis() >= axis)
            throw Refusal.notAnMlp(
                    node,
                    "it normalises over " + (flattening ? "the axes from " : "axis ") + axis + " of "
                            + Live.text(x.dims()) + ", not over a whole row");
        return operation(node, List.of(x), x.type(), x.dims());
    }

    private Live batchNormalization(Node node, Live x, List<Value> in) {
        refuseIntegers(node, x);
        refuseTraining(node);
        if (in.size() != 5) throw Refusal.at(node, in.size() + " inputs, five expected");
        if (x.dims().length < 2 || x.batchAxis() > 0)
            throw Refusal.at(node, "its input is " + Live.text(x.dims()) + ", batch and channels expected");
        for (int i = 1; i < 5; i++)
            if (!(in.get(i) instanceof Constant c) || c.isText() || c.rank() < 1)
                throw Refusal.notAnMlp(node, "input " + i + " is no constant row; it must not depend on the input");
        int channels = ((Constant) in.get(1)).count();
        boolean each = node.opset() < 9 && node.integer("spatial", 1) == 0;
        if (channels != (each ? x.features() : x.dims()[1]))
            throw Refusal.at(node, channels + " channels for " + Live.text(x.dims()));
        for (int i = 2; i < 5; i++)
            if (((Constant) in.get(i)).count() != channels)
                throw Refusal.at(node, "input " + i + " is " + in.get(i) + ", " + channels + " numbers expected");
        return operation(node, in, x.type(), x.dims());
    }

    private Live layerNormalization(Node node, Live x, List<Value> in) {
        refuseIntegers(node, x);
        if (in.size() < 2 || in.size() > 3) throw Refusal.at(node, in.size() + " inputs, two or three expected");
        int axis = Operators.axis(node, node.integer("axis", -1), x.dims().length, false);
        int[] own = Arrays.copyOfRange(x.dims(), axis, x.dims().length);
        if (x.batchAxis() >= axis || Live.features(own) != x.features())
            throw Refusal.notAnMlp(
                    node,
                    "it normalises from axis " + axis + " of " + Live.text(x.dims()) + " on, not over a whole row");
        for (int i = 1; i < in.size(); i++) {
            if (in.get(i) == null && i == 2) continue;
            if (!(in.get(i) instanceof Constant c) || c.isText())
                throw Refusal.notAnMlp(node, "input " + i + " depends on the input, or is missing");
            if (!Arrays.equals(Operators.broadcast(node, own, c.dims()), own))
                throw Refusal.at(node, "input " + i + " is " + c + " for " + Live.text(own));
        }
        return operation(node, in, x.type(), x.dims());
    }

    private Live gather(Node node, List<Value> in) {
        if (in.size() != 2) throw Refusal.at(node, in.size() + " inputs, two expected");
        if (!(in.get(0) instanceof Constant table) || !(in.get(1) instanceof Live indices)) return moved(node, in);
        if (table.rank() != 2 || Operators.axis(node, node.integer("axis", 0), 2, false) != 0 || table.isText())
            throw Refusal.notAnMlp(
                    node,
                    "it looks up " + table + " along axis " + node.integer("axis", 0)
                            + "; a matrix and axis 0 expected, as an embedding has");
        if (indices.producer() != null || !indices.type().integer())
            throw Refusal.notAnMlp(
                    node, "its indices are not the graph's input, and only a first layer can be an embedding");
        int[] dims = Arrays.copyOf(indices.dims(), indices.dims().length + 1);
        dims[dims.length - 1] = table.dims()[1];
        return operation(node, in, table.type(), dims);
    }

    private Live concat(Node node, List<Value> in) {
        if (in.size() == 1) return first(node, in);
        boolean columns = in.size() == 2;
        for (Value v : in) columns &= v instanceof Live live && live.features() == 1 && live.dims().length > 0;
        if (columns) {
            Live first = (Live) in.get(0), second = (Live) in.get(1);
            int axis = Operators.axis(node, node.integer("axis", 1), first.dims().length, false);
            if (first.dims()[axis] != Value.BATCH && Arrays.equals(first.dims(), second.dims())) {
                int[] dims = first.dims().clone();
                dims[axis] = 2;
                return operation(node, in, first.type(), dims);
            }
        }
        return joined(node, in);
    }

    /** Values side by side, of each row. */
    private Live joined(Node node, List<Value> in) {
        Live first = null;
        for (Value v : in) if (first == null && v instanceof Live live) first = live;
        int rank = first.dims().length, axis = Operators.axis(node, node.integer("axis", 1), rank, false);
        int[] dims = first.dims().clone();
        long joined = 0;
        for (Value v : in) {
            boolean fits = v != null && v.dims().length == rank && !(v instanceof Constant c && c.isText());
            for (int i = 0; fits && i < rank; i++) {
                // What is the same for all rows is there once.
                int same = dims[i] == Value.BATCH && v instanceof Constant ? 1 : dims[i];
                fits = i == axis ? dims[i] != Value.BATCH && v.dims()[i] != Value.BATCH : v.dims()[i] == same;
            }
            if (!fits)
                throw Refusal.notAnMlp(
                        node, "it joins " + in.size() + " values, not all of which are so many numbers of each row");
            joined += v.dims()[axis];
        }
        dims[axis] = (int) Math.min(joined, Integer.MAX_VALUE);
        return operation(node, in, first.type(), dims);
    }

    /**
     * Numbers of a row that are picked, repeated or exchanged. What happens to two rows of numbers that count on tells the shape,
     * and that none of one row gets into the other.
     */
    private Live moved(Node node, List<? extends Value> in) {
        Live x = (Live) in.get(0);
        int size = x.features(), batch = x.batchAxis();
        if (batch >= 0 && !Rearrangement.keeps(node, in, batch, x.dims().length))
            throw Refusal.notAnMlp(node, "it picks rows of a batch");
        int[] two = x.dims().clone();
        if (batch >= 0) two[batch] = 2;
        List<Constant> constants = new ArrayList<>();
        constants.add(Constant.rounded(DataType.DOUBLE, two, batch >= 0 ? 2 * size : size, i -> i));
        for (Value v : in.subList(1, in.size())) {
            if (v instanceof Live) throw Refusal.notAnMlp(node, "which numbers it picks depends on the input");
            constants.add((Constant) v);
        }
        Constant y = operators.evaluate(node, constants);
        int[] dims = y.dims().clone();
        if (batch < 0) return operation(node, in, x.type(), dims);
        int axis = 0;
        while (axis < dims.length && dims[axis] == 1) axis++;
        boolean apart = axis < dims.length && dims[axis] == 2;
        int half = y.count() / 2;
        for (int i = 0; apart && i < half; i++) apart = y.at(i) < size && y.at(half + i) == y.at(i) + size;
        if (!apart)
            throw Refusal.notAnMlp(
                    node, "it makes " + Live.text(dims) + " of " + Live.text(two) + ", so that rows do not stay apart");
        dims[axis] = Value.BATCH;
        return operation(node, in, x.type(), dims);
    }

    /** The parts of a row, each a slice of it. */
    private Map<String, Live> split(Node node, Live x, List<Value> in) {
        int axis = Operators.axis(node, node.integer("axis", 0), x.dims().length, false),
                count = node.outputs().size();
        int size = x.dims()[axis];
        if (size == Value.BATCH) throw Refusal.notAnMlp(node, "it splits a batch");
        long[] sizes = Rearrangement.argument(node, in, 1, "split");
        if (sizes == null) {
            int each = (size + count - 1) / count;
            sizes = new long[count];
            for (int i = 0; i < count; i++) sizes[i] = Math.min(each, Math.max(0, size - (long) i * each));
        }
        if (sizes.length != count || Arrays.stream(sizes).sum() != size)
            throw Refusal.at(node, "parts of " + Arrays.toString(sizes) + " for " + count + " outputs of " + size);
        Map<String, Live> parts = new HashMap<>();
        long from = 0;
        for (int i = 0; i < count; from += sizes[i++]) {
            List<Value> arguments =
                    List.of(x, Constant.of(from), Constant.of(from + sizes[i]), Constant.of((long) axis));
            if (!node.outputs().get(i).isEmpty())
                parts.put(node.outputs().get(i), moved(node.part("Slice"), arguments));
        }
        return parts;
    }
}
