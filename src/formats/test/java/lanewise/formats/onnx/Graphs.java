package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** Builds graphs node by node, as other libraries' exporters write them. */
final class Graphs {

    static final int FLOAT = 1, INT64 = 7, STRING = 8, FLOAT16 = 10, DOUBLE = 11;

    final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    final ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(8);
    private final Random random = new Random(5);
    private int names;

    Graphs(int opset) {
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
    }

    Graphs domain(String domain, int version) {
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version));
        return this;
    }

    static ValueInfoProto info(String name, int type, Object... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type);
        tensor.getShapeBuilder();
        for (Object d : dims) {
            if (d instanceof Integer number)
                tensor.getShapeBuilder().addDimBuilder().setDimValue(number);
            else if (d instanceof String text)
                tensor.getShapeBuilder().addDimBuilder().setDimParam(text);
            else tensor.getShapeBuilder().addDimBuilder();
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** Dimensions are numbers, names, or anything else for an open one. */
    String input(String name, Object... dims) {
        graph.addInput(info(name, FLOAT, dims));
        return name;
    }

    Graphs output(String name) {
        graph.addOutput(info(name, FLOAT, "n", "m"));
        return this;
    }

    String constant(TensorProto.Builder tensor) {
        String name = "c" + names++;
        graph.addInitializer(tensor.setName(name));
        return name;
    }

    static TensorProto.Builder floats(int[] dims, float... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(FLOAT);
        for (int d : dims) tensor.addDims(d);
        for (float v : values) tensor.addFloatData(v);
        return tensor;
    }

    String scalar(double value) {
        return constant(floats(new int[0], (float) value));
    }

    String row(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return constant(floats(new int[] {values.length}, floats));
    }

    String longs(long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(INT64).addDims(values.length);
        for (long v : values) tensor.addInt64Data(v);
        return constant(tensor);
    }

    /** Random weights. */
    String weights(int... dims) {
        int count = 1;
        for (int d : dims) count *= d;
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian();
        return constant(floats(dims, values));
    }

    /** Random and positive. */
    String spreads(int... dims) {
        int count = 1;
        for (int d : dims) count *= d;
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = 0.5f + random.nextFloat();
        return constant(floats(dims, values));
    }

    String node(String op, String... inputs) {
        return node(op, Map.of(), inputs);
    }

    String node(String op, Map<String, Object> attributes, String... inputs) {
        String result = "v" + names++;
        graph.addNode(proto(op, attributes, inputs)
                .setName("the " + op + " of " + result)
                .addOutput(result));
        return result;
    }

    static NodeProto.Builder proto(String op, Map<String, Object> attributes, String... inputs) {
        int dot = op.lastIndexOf('.');
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(op.substring(dot + 1)).setName("the " + op);
        if (dot > 0) node.setDomain(op.substring(0, dot));
        for (String input : inputs) node.addInput(input);
        attributes.forEach((name, value) -> node.addAttribute(attribute(name, value)));
        return node;
    }

    static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder a = AttributeProto.newBuilder().setName(name);
        if (value instanceof Integer i)
            a.setType(AttributeProto.AttributeType.INT).setI(i);
        else if (value instanceof Float f)
            a.setType(AttributeProto.AttributeType.FLOAT).setF(f);
        else if (value instanceof String s)
            a.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(s));
        else if (value instanceof TensorProto.Builder t)
            a.setType(AttributeProto.AttributeType.TENSOR).setT(t);
        else if (value instanceof GraphProto.Builder g)
            a.setType(AttributeProto.AttributeType.GRAPH).setG(g);
        else if (value instanceof long[] longs) {
            a.setType(AttributeProto.AttributeType.INTS);
            for (long l : longs) a.addInts(l);
        } else if (value instanceof float[] floats) {
            a.setType(AttributeProto.AttributeType.FLOATS);
            for (float f : floats) a.addFloats(f);
        } else if (value instanceof String[] texts) {
            a.setType(AttributeProto.AttributeType.STRINGS);
            for (String s : texts) a.addStrings(ByteString.copyFromUtf8(s));
        } else throw new IllegalArgumentException(name);
        return a.build();
    }

    byte[] bytes() {
        return model.setGraph(graph).build().toByteArray();
    }

    Path write(Path folder) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes());
    }
}
