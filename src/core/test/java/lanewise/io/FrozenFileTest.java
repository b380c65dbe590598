package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import lanewise.Model;
import lanewise.layer.Output;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Files that format version 1 wrote on 25 November 2026, with every kind of layer and activation that it knew, and files of
 * versions 2 and 3 with what these added. They are read for ever, to the bit: never write them anew.
 */
@Tag("bits")
class FrozenFileTest {

    @Test
    void everyKindOfLayerAndActivationIsRead() throws IOException {
        byte[] file = file("version-1.lanewise");
        Model model = ModelFile.load(new ByteArrayInputStream(file), "version-1.lanewise");
        assertEquals("frozen ❄", model.name());
        assertEquals(List.of("ja", "nein", ""), model.labels());
        assertEquals(Map.of("made", "2026-11-25", "ö", ""), model.metadata());
        assertEquals(Output.SOFTMAX, model.output());
        assertEquals(0.5f, model.byteScale());
        assertEquals(-1.25f, model.byteOffset());
        assertEquals("2cd7c54b9c301267", model.fingerprint());
        assertEquals(
                "dense 5->3 relu -> batch norm 3 -> prelu 3 -> layer norm 3 -> residual (dense 3->4 tanh"
                        + " -> dense 4->3, no bias) -> residual (dense 3->3) -> residual (dense 3->3 sigmoid)"
                        + " -> residual (dense 3->3 tanh) -> residual (dense 3->3 relu) -> residual (dense 3->3 leaky-relu)"
                        + " -> residual (dense 3->3 softplus) -> residual (dense 3->3 gelu-tanh) -> residual (dense 3->3 silu)"
                        + " -> residual (dense 3->3 elu) -> residual (dense 3->3 selu)"
                        + " -> residual (dense 3->3 hard-sigmoid) -> residual (dense 3->3 hard-swish)"
                        + " -> residual (dense 3->3 mish) -> residual (dense 3->3 gelu)"
                        + " -> residual (dense 3->3 softsign) -> residual (dense 3->3 leaky-relu(0.25))"
                        + " -> residual (dense 3->3 elu(0.5)) -> dropout 3, rate 0.0 -> residual (softmax 3) -> dense 3->3",
                model.stack().toString());
        float[] prediction = new float[3];
        model.predictor().predict(new byte[] {0, 1, 2, -1, 7}, 0, prediction, 0);
        assertArrayEquals(new float[] {0.17905068f, 0.25632674f, 0.5646226f}, prediction);
        assertArrayEquals(file, Forge.bytes(model));
    }

    @Test
    void anEmbeddingIsRead() throws IOException {
        byte[] file = file("version-1-embedding.lanewise");
        Model model = ModelFile.load(new ByteArrayInputStream(file), "version-1-embedding.lanewise");
        assertEquals("embedding 2 of 7 x 3 -> dense 6->1", model.stack().toString());
        assertEquals(Output.SIGMOID, model.output());
        float[] prediction = new float[1];
        model.predictor().predict(new float[] {6f, 0f}, 0, prediction, 0);
        assertArrayEquals(new float[] {0.3515611f}, prediction);
        assertArrayEquals(file, Forge.bytes(model));
    }

    @Test
    void aTemperatureIsRead() throws IOException {
        byte[] file = file("version-2-temperature.lanewise");
        Model model = ModelFile.load(new ByteArrayInputStream(file), "version-2-temperature.lanewise");
        assertEquals(1.75f, model.temperature());
        assertEquals(Output.SOFTMAX, model.output());
        float[] prediction = new float[3];
        model.predictor().predict(new float[] {1f, -2f}, 0, prediction, 0);
        assertArrayEquals(new float[] {0.120778024f, 0.42470825f, 0.45451373f}, prediction);
        assertArrayEquals(file, Forge.bytes(model));
    }

    /** Written on 27 November 2026. */
    @Test
    void version2IsRead() throws IOException {
        byte[] file = file("version-2.lanewise");
        Model model = ModelFile.load(new ByteArrayInputStream(file), "version-2.lanewise");
        assertEquals(
                "rescale 3 -> dense 3->4 tanh -> dense 4->2 -> rescale 2",
                model.stack().toString());
        assertEquals(List.of("a", "b"), model.labels());
        assertEquals("d9f6d1ef0054f378", model.fingerprint());
        float[] prediction = new float[2];
        model.predictor().predict(new float[] {2001f, 0.25f, 3f}, 0, prediction, 0);
        assertArrayEquals(new float[] {55.379417f, -1.7716f}, prediction);
        assertArrayEquals(file, Forge.bytes(model));
    }

    /** Written on 28 November 2026. */
    @Test
    void version3IsRead() throws IOException {
        byte[] file = file("version-3.lanewise");
        Model model = ModelFile.load(new ByteArrayInputStream(file), "version-3.lanewise");
        assertEquals(
                "affine 3 -> dense 3->4 log-sigmoid -> residual (dense 4->4 tanh-shrink) -> residual (dense 4->4 relu6)"
                        + " -> residual (dense 4->4 hard-tanh) -> residual (dense 4->4 clip(-0.25, 0.75))"
                        + " -> residual (dense 4->4 softplus(3.0)) -> residual (dense 4->4 threshold(0.125, -0.5))"
                        + " -> residual (dense 4->4 celu(0.5)) -> pointwise 4 celu(2.0) -> pointwise 4 gelu"
                        + " -> pointwise 4 identity -> dense 4->3",
                model.stack().toString());
        assertEquals(Output.LOG_SOFTMAX, model.output());
        assertEquals(1.5f, model.temperature());
        assertEquals("a1594c5212980cd7", model.fingerprint());
        float[] prediction = new float[3];
        model.predictor().predict(new float[] {1f, -2f, 0.5f}, 0, prediction, 0);
        assertArrayEquals(new float[] {-0.9411559f, -0.94066656f, -1.5166038f}, prediction);
        assertArrayEquals(file, Forge.bytes(model));
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = FrozenFileTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
