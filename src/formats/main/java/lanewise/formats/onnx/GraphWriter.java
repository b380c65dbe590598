package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph that grows node by node, each with one output. Values are named by the node that makes them, nodes by their kind and
 * counted: the names depend on the sequence of nodes alone. All are identifiers of C, as ONNX asks for.
 */
final class GraphWriter {

    /** The name of the dimension that counts rows. */
    private static final String BATCH = "batch";

    private final int opset;
    private final List<NodeProto.Builder> nodes = new ArrayList<>();
    private final List<TensorProto> initializers = new ArrayList<>();
    private final List<ValueInfoProto> inputs = new ArrayList<>();
    private final List<ValueInfoProto> outputs = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /** Names of the single numbers by their bits. */
    private final Map<Integer, String> scalars = new HashMap<>();

    GraphWriter(int opset) {
        this.opset = opset;
    }

    int opset() {
        return opset;
    }

    /** A name of its own for something of this kind. */
    String name(String kind) {
        return kind + counts.merge(kind, 1, Integer::sum);
    }

    /** Adds a node without attributes, named by its operator. Returns its output. */
    String node(String operator, String... from) {
        return node(operator, Map.of(), from);
    }

    /** Adds a node named by its operator. Returns its output. */
    String node(String operator, Map<String, Object> attributes, String... from) {
        return named(
                name(Character.toLowerCase(operator.charAt(0)) + operator.substring(1)), operator, attributes, from);
    }

    /**
     * Adds a node.
     *
     * @param name of the node and its output
     * @param attributes Float, Long, String or long[]; more than one in an order that is always the same
     * @param from names of its inputs
     * @return the name
     */
    String named(String name, String operator, Map<String, Object> attributes, String... from) {
        NodeProto.Builder node = NodeProto.newBuilder().setName(name).setOpType(operator);
        for (String input : from) node.addInput(input);
        attributes.forEach((key, value) -> node.addAttribute(attribute(key, value)));
        nodes.add(node.addOutput(name));
        return name;
    }

    /** Two attributes in this order. */
    static Map<String, Object> attributes(String first, Object value, String second, Object other) {
        Map<String, Object> both = new LinkedHashMap<>();
        both.put(first, value);
        both.put(second, other);
        return both;
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Float f) attribute.setType(AttributeType.FLOAT).setF(f);
        else if (value instanceof Long i) attribute.setType(AttributeType.INT).setI(i);
        else if (value instanceof String s)
            attribute.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(s));
        else {
            attribute.setType(AttributeType.INTS);
            for (long i : (long[]) value) attribute.addInts(i);
        }
        return attribute.build();
    }

    /** A single number of rank 0, one initialiser however often it is used. */
    String scalar(float value) {
        return scalars.computeIfAbsent(
                Float.floatToIntBits(value), bits -> floats(name("constant"), new float[] {value}, 0));
    }

    /** An initialiser of these dimensions with the floats from an offset on. */
    String floats(String name, float[] values, int offset, int... dims) {
        ByteBuffer raw = raw(Float.BYTES, dims);
        for (int i = 0, count = raw.capacity() / Float.BYTES; i < count; i++) raw.putFloat(values[offset + i]);
        return add(name, DataType.FLOAT, raw, dims);
    }

    /** An initialiser with the transpose of a matrix that lies row by row. */
    String transposed(String name, float[] values, int offset, int rows, int columns) {
        ByteBuffer raw = raw(Float.BYTES, columns, rows);
        for (int r = 0, at = offset; r < rows; r++)
            for (int c = 0; c < columns; c++) raw.putFloat(Float.BYTES * (c * rows + r), values[at++]);
        return add(name, DataType.FLOAT, raw, columns, rows);
    }

    /** An initialiser with one integer, of rank 1. */
    String index(String name, long value) {
        return add(name, DataType.INT64, raw(Long.BYTES, 1).putLong(value), 1);
    }

    /** An initialiser of strings. */
    String strings(String name, List<String> values) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.STRING.getNumber())
                .addDims(values.size());
        for (String value : values) tensor.addStringData(ByteString.copyFromUtf8(value));
        initializers.add(tensor.build());
        return name;
    }

    private static ByteBuffer raw(int each, int... dims) {
        int bytes = each;
        for (int dim : dims) bytes = Math.multiplyExact(bytes, dim);
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private String add(String name, DataType type, ByteBuffer raw, int... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
        for (int dim : dims) tensor.addDims(dim);
        initializers.add(
                tensor.setRawData(UnsafeByteOperations.unsafeWrap(raw.array())).build());
        return name;
    }

    /** Declares the input: rows of so many floats. */
    void input(String name, int columns) {
        inputs.add(value(name, DataType.FLOAT, columns));
    }

    /**
     * Declares an output.
     *
     * @param columns in each row; 0 for one value per row in a tensor of rank 1
     */
    void output(String name, DataType type, int columns) {
        outputs.add(value(name, type, columns));
    }

    private static ValueInfoProto value(String name, DataType type, int columns) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH));
        if (columns > 0) shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(columns));
        TypeProto.Tensor.Builder tensor =
                TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape);
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** Gives a value another name, that of an output, wherever it stands. */
    void rename(String value, String to) {
        for (NodeProto.Builder node : nodes) {
            for (int i = 0; i < node.getInputCount(); i++) if (node.getInput(i).equals(value)) node.setInput(i, to);
            if (node.getOutput(0).equals(value)) node.setOutput(0, to);
        }
    }

    GraphProto graph(String name) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName(name);
        for (NodeProto.Builder node : nodes) graph.addNode(node);
        return graph.addAllInitializer(initializers)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .build();
    }
}
