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
import com.google.gson.Gson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanewise.Model;
import lanewise.data.Idx;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;

/**
 * A program that predicts the test digits by ONNX Runtime on one thread and prints the best batch size's rate as JSON. The
 * model is one of Lanewise, written as ONNX; the probabilities of both must agree.
 *
 * <p>Tensors lie over direct buffers and are made once, outputs too, which is the fastest way through this library's Java
 * interface.
 */
public final class OnnxDigits {

    private static final String INPUT = "digits", OUTPUT = "probabilities";
    private static final int ROUNDS = 20;

    /** Batch sizes that are tried; the largest is all digits at once. */
    private static final List<Integer> BATCHES = List.of(32, 64, 128, 256, 512, 1024, 2048, Integer.MAX_VALUE);

    /** Sums of 784 products in another order, then two more layers. */
    private static final float TOLERANCE = 1e-4f;

    private final Model model;
    private final FloatBuffer digits;
    private final int count;
    private final FloatBuffer predictions;

    private OnnxDigits(Model model, Idx images) {
        this.model = model;
        count = images.dimensions()[0];
        digits = direct(images.data().length);
        for (byte pixel : images.data()) digits.put((pixel & 0xff) * model.byteScale() + model.byteOffset());
        predictions = direct(count * model.outputSize());
    }

    private static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /**
     * Measures.
     *
     * @param args a model file of Lanewise; the folder of {@code t10k-images-idx3-ubyte.gz}
     * @throws IOException if a file cannot be read
     * @throws OrtException if ONNX Runtime fails
     */
    public static void main(String[] args) throws IOException, OrtException {
        // This library only checks the results here.
        System.setProperty("lanewise.warmUp", "off");
        Model model = ModelFile.load(Path.of(args[0]));
        Idx images = Idx.read(Path.of(args[1]).resolve("t10k-images-idx3-ubyte.gz"));
        System.out.println(new Gson().toJson(new OnnxDigits(model, images).measure()));
    }

    private Map<String, Object> measure() throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.addConfigEntry("session.set_denormal_as_zero", "1");
            try (OrtSession session = environment.createSession(onnx(model).toByteArray(), options)) {
                double best = 0;
                int bestRows = 0;
                for (int rows : BATCHES) {
                    double rate = rate(environment, session, Math.min(rows, count));
                    if (rate > best) {
                        best = rate;
                        bestRows = Math.min(rows, count);
                    }
                }
                Map<String, Object> found = new LinkedHashMap<>();
                found.put("onnxRuntime", environment.getVersion());
                found.put("batch", bestRows);
                found.put("samplesPerSecond", best);
                found.put("largestDifference", largestDifference());
                return found;
            }
        }
    }

    /** Digits a second in the best of some rounds. */
    private double rate(OrtEnvironment environment, OrtSession session, int rows) throws OrtException {
        List<OnnxTensor> inputs = new ArrayList<>(), outputs = new ArrayList<>();
        long best = Long.MAX_VALUE;
        try {
            for (int from = 0; from < count; from += rows) {
                int n = Math.min(rows, count - from);
                inputs.add(tensor(environment, digits, from, n, model.inputSize()));
                outputs.add(tensor(environment, predictions, from, n, model.outputSize()));
            }
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                for (int i = 0; i < inputs.size(); i++)
                    session.run(Map.of(INPUT, inputs.get(i)), Set.of(), Map.of(OUTPUT, outputs.get(i)))
                            .close();
                best = Math.min(best, System.nanoTime() - start);
            }
        } finally {
            inputs.forEach(OnnxTensor::close);
            outputs.forEach(OnnxTensor::close);
        }
        return count / (best * 1e-9);
    }

    /** Some rows of a buffer, without a copy. */
    private static OnnxTensor tensor(OrtEnvironment environment, FloatBuffer all, int from, int rows, int columns)
            throws OrtException {
        return OnnxTensor.createTensor(
                environment, all.slice(from * columns, rows * columns), new long[] {rows, columns});
    }

    /** Between the probabilities of the last round and Lanewise's. */
    private float largestDifference() {
        float[] inputs = new float[digits.capacity()], expected = new float[predictions.capacity()];
        digits.get(0, inputs);
        model.predictor(BATCHES.get(0)).predict(inputs, 0, expected, 0, count);
        float largest = 0;
        for (int i = 0; i < expected.length; i++) {
            float difference = Math.abs(predictions.get(i) - expected[i]);
            if (!(difference <= TOLERANCE))
                throw new ArithmeticException("digit " + i / model.outputSize() + ": probability "
                        + i % model.outputSize() + " is " + predictions.get(i) + " by ONNX Runtime, but " + expected[i]
                        + " by Lanewise");
            largest = Math.max(largest, difference);
        }
        return largest;
    }

    /** The model as ONNX: a Gemm for each dense layer, sigmoids between them, and a softmax. */
    private static ModelProto onnx(Model model) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("digits");
        float[] parameters = model.copyParameters();
        int at = 0, number = 0;
        String from = INPUT;
        for (Layer layer : model.stack().layers()) {
            if (!(layer instanceof Dense dense) || dense.parameters().size() != 2)
                throw new IllegalArgumentException(layer + ": only dense layers with biases can be written as ONNX here");
            String name = "layer" + ++number;
            int in = dense.inputSize(), out = dense.outputSize();
            graph.addInitializer(tensor(name + ".weights", parameters, at, in, out));
            at += in * out;
            graph.addInitializer(tensor(name + ".bias", parameters, at, out));
            at += out;
            graph.addNode(NodeProto.newBuilder()
                    .setOpType("Gemm")
                    .addInput(from)
                    .addInput(name + ".weights")
                    .addInput(name + ".bias")
                    .addOutput(from = name + ".sums"));
            if (dense.activation() == Activation.SIGMOID)
                graph.addNode(NodeProto.newBuilder()
                        .setOpType("Sigmoid")
                        .addInput(from)
                        .addOutput(from = name + ".output"));
            else if (dense.activation() != Activation.IDENTITY)
                throw new IllegalArgumentException(layer + ": sigmoid or no activation expected");
        }
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Softmax")
                .addInput(from)
                .addOutput(OUTPUT)
                .addAttribute(AttributeProto.newBuilder()
                        .setName("axis")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(1)));
        graph.addInput(value(INPUT, model.inputSize())).addOutput(value(OUTPUT, model.outputSize()));
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
