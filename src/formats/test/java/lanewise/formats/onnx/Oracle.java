package lanewise.formats.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Map;

/** What ONNX Runtime computes. */
final class Oracle {

    private Oracle() {}

    /** One output for one row or, if the shape says so, several. */
    static float[] run(byte[] model, String input, String output, float[] values, long... shape) {
        return run(model, input, output, values, false, shape);
    }

    static float[] run(byte[] model, String input, String output, float[] values, boolean longs, long... shape) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] indices = new long[longs ? values.length : 0];
        for (int i = 0; i < indices.length; i++) indices[i] = (long) values[i];
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // Its fusions are approximations of their own.
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            try (OrtSession session = environment.createSession(model, options);
                    OnnxTensor tensor = longs
                            ? OnnxTensor.createTensor(environment, LongBuffer.wrap(indices), shape)
                            : OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
                    OrtSession.Result result = session.run(Map.of(input, tensor))) {
                FloatBuffer floats = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
                float[] copy = new float[floats.remaining()];
                floats.get(copy);
                return copy;
            }
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }
}
