package lanewise.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * ONNX Runtime. Tensors lie over direct buffers and are made once, outputs too, which is the fastest way through its Java
 * interface.
 */
public final class OnnxRuntime implements Peer {

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private OrtSession session;
    private String inputName, outputName;
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
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.set_denormal_as_zero", "1");
        session = environment.createSession(work.folder().resolve(Work.ONNX).toString(), options);
        inputName = session.getInputNames().iterator().next();
        outputName = session.getOutputNames().iterator().next();
        input = direct(Work.PIXELS);
        output = direct(Work.CLASSES);
        inputs = Map.of(inputName, tensor(input, 0, 1, Work.PIXELS));
        outputs = Map.of(outputName, tensor(output, 0, 1, Work.CLASSES));
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
            given.add(Map.of(inputName, tensor(from, at, n, Work.PIXELS)));
            made.add(Map.of(outputName, tensor(to, at, n, Work.CLASSES)));
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
}
