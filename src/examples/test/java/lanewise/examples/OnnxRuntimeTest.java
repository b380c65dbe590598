package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import lanewise.Predictor;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier that was trained here, exported, and run by ONNX Runtime. */
class OnnxRuntimeTest {

    @Test
    void digitsHaveTheSameLabelsThere(@TempDir Path folder) throws Exception {
        String saved = folder.resolve("digits.lanewise").toString();
        String exported = folder.resolve("digits.onnx").toString();
        Run trained = Run.of("mnist", "--epochs", "1", "--limit", "10000", "--quiet", "--save", saved);
        assertEquals(0, trained.status(), trained.err());
        Run converted = Run.of("convert", saved, exported);
        assertEquals(0, converted.status(), converted.err());

        Digits.Raw digits = Digits.loadTest(null);
        int count = digits.labels().length;
        float[] pixels = new float[count * Digits.PIXELS];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (digits.pixels()[i] & 0xff) / 255f;
        Predictor predictor = ModelFile.load(Path.of(saved)).predictor();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] shape = {count, Digits.PIXELS};
        try (OrtSession session = environment.createSession(exported);
                OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixels), shape);
                OrtSession.Result result = session.run(Map.of("input", input))) {
            String[] labels = (String[]) result.get("label").orElseThrow().getValue();
            assertEquals(10_000, labels.length);
            int right = 0;
            for (int i = 0; i < count; i++) {
                int own = predictor.classify(digits.pixels(), i * Digits.PIXELS);
                assertEquals(Integer.toString(own), labels[i], "digit " + i);
                if (own == digits.labels()[i]) right++;
            }
            assertTrue(right > 8_500, right + " right of " + count);
        }
    }
}
