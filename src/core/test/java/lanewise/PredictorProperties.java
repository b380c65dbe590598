package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import lanewise.layer.RandomSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** Predictions are the same bits whatever form an input comes in. */
@Tag("bits")
class PredictorProperties {

    private static final float CANARY = 12345.678f;
    private static final int MARGIN = 3;

    @Property(tries = 150)
    void allFormsGiveTheSameBits(@ForAll long seed, @ForAll @IntRange(min = 1, max = 9) int block) {
        Model model = RandomModels.model(seed);
        boolean classifies = model.classes() > 0;
        int in = model.inputSize(), out = model.outputSize(), rows = 11;
        float[] inputs = offset(RandomModels.inputs(in, rows, seed));
        float[] expected = canaries(rows * out), logits = canaries(rows * out);
        int[] classes = new int[rows];
        Predictor single = model.predictor();
        for (int r = 0; r < rows; r++) {
            single.predict(inputs, MARGIN + r * in, expected, MARGIN + r * out);
            single.logits(inputs, MARGIN + r * in, logits, MARGIN + r * out);
            if (classifies) classes[r] = single.classify(inputs, MARGIN + r * in);
        }
        checkCanaries(expected);

        float[] batch = canaries(rows * out), batchLogits = canaries(rows * out);
        int[] batchClasses = new int[rows + 1];
        Predictor blocks = model.predictor(block);
        blocks.predict(inputs, MARGIN, batch, MARGIN, rows);
        blocks.logits(inputs, MARGIN, batchLogits, MARGIN, rows);
        if (classifies) blocks.classify(inputs, MARGIN, batchClasses, 1, rows);
        assertBits(expected, batch);
        assertBits(logits, batchLogits);
        assertArrayEquals(classes, Arrays.copyOfRange(batchClasses, 1, rows + 1));

        float[] batchBoth = canaries(rows * out), logitsBoth = canaries(rows * out);
        blocks.predict(inputs, MARGIN, logitsBoth, batchBoth, MARGIN, rows);
        assertBits(expected, batchBoth);
        assertBits(logits, logitsBoth);
        Arrays.fill(batchBoth, MARGIN, MARGIN + rows * out, 0f);
        for (int r = 0; r < rows; r++) {
            int[] at = new int[in];
            float[] elements = new float[in];
            int count = 0;
            for (int i = 0; i < in; i++) {
                float x = inputs[MARGIN + r * in + i];
                if (x == 0f) continue;
                at[count] = i;
                elements[count++] = x;
            }
            blocks.predict(at, elements, count, logitsBoth, batchBoth, MARGIN + r * out);
        }
        assertBits(expected, batchBoth);
        assertBits(logits, logitsBoth);

        // Every form in turn on the same predictor, which must not remember.
        Predictor mixed = model.predictor(block);
        FloatBuffer direct = direct(inputs), heap = FloatBuffer.wrap(inputs).asReadOnlyBuffer();
        float[] found = canaries(rows * out);
        FloatBuffer foundBuffer = direct(found);
        int[] indices = new int[in + MARGIN];
        float[] values = new float[in + MARGIN];
        for (int r = 0; r < rows; r++) {
            int count = nonZeros(inputs, MARGIN + r * in, in, indices, values);
            mixed.predict(indices, values, MARGIN, count, found, MARGIN + r * out);
            if (classifies) {
                assertEquals(classes[r], mixed.classify(r % 2 == 0 ? direct : heap, MARGIN + r * in));
                assertEquals(classes[r], mixed.classify(indices, values, MARGIN, count));
            }
            mixed.predict(r % 2 == 0 ? heap : direct, MARGIN + r * in, foundBuffer, MARGIN + r * out);
            if (classifies) assertEquals(classes[r], mixed.classify(inputs, MARGIN + r * in));
        }
        assertBits(expected, found);
        float[] copied = new float[found.length];
        foundBuffer.get(0, copied);
        assertBits(expected, copied);
        assertEquals(0, foundBuffer.position());
    }

    @Property(tries = 100)
    void rawBytesAreTheirScaledFloats(@ForAll long seed, @ForAll @IntRange(min = 1, max = 9) int block) {
        Model model = RandomModels.model(seed);
        boolean classifies = model.classes() > 0;
        int in = model.inputSize(), out = model.outputSize(), rows = 7;
        RandomSource random = new RandomSource(seed, 3);
        byte[] bytes = new byte[MARGIN + rows * in];
        float[] floats = new float[MARGIN + rows * in];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = random.nextInt(2) == 0 ? 0 : (byte) random.nextLong();
            floats[i] = (bytes[i] & 0xff) * model.byteScale() + model.byteOffset();
        }
        float[] expected = canaries(rows * out), batch = canaries(rows * out), found = canaries(rows * out);
        int[] classes = new int[rows], foundClasses = new int[rows];
        model.predictor().predict(floats, MARGIN, expected, MARGIN, rows);
        if (classifies) model.predictor().classify(floats, MARGIN, classes, 0, rows);
        Predictor predictor = model.predictor(block);
        predictor.predict(bytes, MARGIN, batch, MARGIN, rows);
        if (classifies) predictor.classify(bytes, MARGIN, foundClasses, 0, rows);
        assertBits(expected, batch);
        assertArrayEquals(classes, foundClasses);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes), heap = ByteBuffer.wrap(bytes);
        direct.rewind();
        for (int r = 0; r < rows; r++) {
            predictor.predict(r % 2 == 0 ? direct : heap, MARGIN + r * in, found, MARGIN + r * out);
            if (!classifies) continue;
            assertEquals(classes[r], predictor.classify(r % 2 == 0 ? heap : direct, MARGIN + r * in));
            assertEquals(classes[r], predictor.classify(bytes, MARGIN + r * in));
        }
        assertBits(expected, found);
    }

    @Property(tries = 100)
    void aNaNReachesEveryOutputThroughLayersOfAllKinds(@ForAll long seed) {
        Model model = RandomModels.model(seed);
        int in = model.inputSize(), out = model.outputSize(), at = (int) Math.floorMod(seed, (long) in);
        float[] input = RandomModels.inputs(in, 1, seed), prediction = new float[out], logits = new float[out];
        input[at] = Float.NaN;
        Predictor predictor = model.predictor();
        predictor.predict(input, 0, prediction, 0);
        predictor.logits(input, 0, logits, 0);
        for (int o = 0; o < out; o++) {
            assertEquals(Float.NaN, prediction[o]);
            assertEquals(Float.NaN, logits[o]);
        }
        if (model.classes() == 0) return;
        assertEquals(-1, predictor.classify(input, 0));
        assertEquals(-1, predictor.classify(new int[] {at}, new float[] {Float.NaN}, 0, 1));
    }

    private static int nonZeros(float[] x, int from, int n, int[] indices, float[] values) {
        int count = 0;
        for (int i = 0; i < n; i++)
            if (x[from + i] != 0f || i % 10 == 0) { // some zeros too
                indices[MARGIN + count] = i;
                values[MARGIN + count++] = x[from + i];
            }
        return count;
    }

    private static float[] offset(float[] inputs) {
        float[] moved = new float[MARGIN + inputs.length];
        System.arraycopy(inputs, 0, moved, MARGIN, inputs.length);
        return moved;
    }

    private static float[] canaries(int size) {
        float[] all = new float[size + 2 * MARGIN];
        Arrays.fill(all, CANARY);
        return all;
    }

    private static void checkCanaries(float[] all) {
        for (int i = 0; i < MARGIN; i++) {
            assertEquals(CANARY, all[i]);
            assertEquals(CANARY, all[all.length - 1 - i]);
        }
    }

    private static FloatBuffer direct(float[] floats) {
        FloatBuffer buffer = ByteBuffer.allocateDirect(floats.length * Float.BYTES)
                .order(floats.length % 2 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        return buffer.put(0, floats);
    }

    private static void assertBits(float[] expected, float[] found) {
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++)
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(found[i]), "element " + i);
    }
}
