package lanewise.bench.peers;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * ONNX Runtime. Tensors lie over direct buffers and are made once, outputs too, which is the fastest way through its Java
 * interface.
 */
public final class OnnxRuntime implements Peer {

    private static final String INPUT = "digits", OUTPUT = "probabilities";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private OrtSession session;
    private FloatBuffer input;
    private FloatBuffer output;
    private Map<String, OnnxTensor> inputs;
    private Map<String, OnnxTensor> outputs;

    @Override
    public String name() {
        return "ONNX Runtime";
    }

    @Override
    public String version() {
        return environment.getVersion();
    }

    @Override
    public String settings() {
        return "direct buffers, tensors reused for inputs and outputs, all graph optimizations, subnormals taken as 0";
    }

    @Override
    public void load(Work work) throws Exception {
        Path file = work.folder().resolve("model.onnx");
        if (!Files.exists(file)) Files.write(file, onnx(work.weights()).toByteArray());
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.set_denormal_as_zero", "1");
        session = environment.createSession(file.toString(), options);
        input = direct(Work.PIXELS);
        output = direct(Work.CLASSES);
        inputs = Map.of(INPUT, tensor(input, 0, 1, Work.PIXELS));
        outputs = Map.of(OUTPUT, tensor(output, 0, 1, Work.CLASSES));
    }

    @Override
    public void predict(float[] digit, float[] probabilities) throws OrtException {
        input.put(0, digit);
        session.run(inputs, Set.of(), outputs).close();
        output.get(0, probabilities);
    }

    @Override
    public int[] batchSizes() {
        return new int[] {1, 32, 64, 128, 256, 512, 1024, 2048, Work.TEST};
    }

    @Override
    public Scoring scoring(float[] digits, int rows) throws OrtException {
        int count = digits.length / Work.PIXELS;
        FloatBuffer from = direct(digits.length).put(0, digits), to = direct(count * Work.CLASSES);
        List<Map<String, OnnxTensor>> given = new ArrayList<>(), made = new ArrayList<>();
        for (int at = 0; at < count; at += rows) {
            int n = Math.min(rows, count - at);
            given.add(Map.of(INPUT, tensor(from, at, n, Work.PIXELS)));
            made.add(Map.of(OUTPUT, tensor(to, at, n, Work.CLASSES)));
        }
        return new Scoring() {
            @Override
            public void run() throws OrtException {
                for (int i = 0; i < given.size(); i++)
                    session.run(given.get(i), Set.of(), made.get(i)).close();
            }

            @Override
            public float[] probabilities() {
                float[] probabilities = new float[to.capacity()];
                to.get(0, probabilities);
                return probabilities;
            }

            @Override
            public void close() {
                given.forEach(map -> map.values().forEach(OnnxTensor::close));
                made.forEach(map -> map.values().forEach(OnnxTensor::close));
            }
        };
    }

    private static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Some rows of a buffer, without a copy. */
    private OnnxTensor tensor(FloatBuffer all, int from, int rows, int columns) throws OrtException {
        return OnnxTensor.createTensor(
                environment, all.slice(from * columns, rows * columns), new long[] {rows, columns});
    }

    // The model as ONNX: a Gemm for each dense layer, sigmoids between them, and a softmax

    private static ModelProto onnx(float[] weights) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("digits");
        int[] sizes = Work.sizes();
        int at = 0;
        String from = INPUT;
        for (int layer = 1; layer < sizes.length; layer++) {
            String name = "layer" + layer;
            int in = sizes[layer - 1], out = sizes[layer];
            graph.addInitializer(tensor(name + ".weights", weights, at, in, out));
            at += in * out;
            graph.addInitializer(tensor(name + ".bias", weights, at, out));
            at += out;
            graph.addNode(NodeProto.newBuilder()
                    .setOpType("Gemm")
                    .addInput(from)
                    .addInput(name + ".weights")
                    .addInput(name + ".bias")
                    .addOutput(from = name + ".sums"));
            if (layer < sizes.length - 1)
                graph.addNode(NodeProto.newBuilder()
                        .setOpType("Sigmoid")
                        .addInput(from)
                        .addOutput(from = name + ".output"));
        }
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Softmax")
                .addInput(from)
                .addOutput(OUTPUT)
                .addAttribute(AttributeProto.newBuilder()
                        .setName("axis")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(1)));
        graph.addInput(value(INPUT, Work.PIXELS)).addOutput(value(OUTPUT, Work.CLASSES));
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build();
    }

    private static TensorProto tensor(String name, float[] values, int at, int... dimensions) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT.getNumber());
        int size = 1;
        for (int dimension : dimensions) {
            tensor.addDims(dimension);
            size *= dimension;
        }
        for (int i = 0; i < size; i++) tensor.addFloatData(values[at + i]);
        return tensor.build();
    }

    /** Rows of so many floats. */
    private static ValueInfoProto value(String name, int columns) {
        TensorShapeProto shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("rows"))
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(columns))
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
