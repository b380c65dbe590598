package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;

/** A model in ONNX Runtime, as the oracle: on one thread, and loaded as strictly as it can. */
final class OrtModel implements AutoCloseable {

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final OrtSession session;

    OrtModel(ModelProto model) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            options.addConfigEntry("session.strict_shape_type_inference", "1");
            session = ENVIRONMENT.createSession(model.toByteArray(), options);
        }
    }

    /** The first output for rows of inputs. */
    float[] output(float[] inputs, int rows) throws OrtException {
        try (OnnxTensor tensor = tensor(inputs, rows);
                OrtSession.Result result = session.run(Map.of("input", tensor))) {
            return floats(result.get(0));
        }
    }

    /** The labels of rows of inputs: strings, or the indices' decimal digits. */
    String[] labels(float[] inputs, int rows) throws OrtException {
        try (OnnxTensor tensor = tensor(inputs, rows);
                OrtSession.Result result = session.run(Map.of("input", tensor))) {
            Object labels = result.get("label").orElseThrow().getValue();
            if (labels instanceof String[] strings) return strings;
            long[] indices = (long[]) labels;
            String[] texts = new String[indices.length];
            for (int i = 0; i < texts.length; i++) texts[i] = Long.toString(indices[i]);
            return texts;
        }
    }

    private static float[] floats(OnnxValue value) {
        FloatBuffer buffer = ((OnnxTensor) value).getFloatBuffer();
        float[] floats = new float[buffer.remaining()];
        buffer.get(floats);
        return floats;
    }

    private OnnxTensor tensor(float[] inputs, int rows) throws OrtException {
        return OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(inputs), new long[] {rows, inputs.length / rows});
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
