package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import lanewise.layer.Activation;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.layer.Task;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** {@link Output#LOG_SOFTMAX}. */
@Tag("bits")
class LogSoftmaxTest {

    /** A model whose logits are its inputs, times a factor. */
    private static Model model(int size, Output output, float factor, float temperature) {
        Network network = Network.builder(size).dense(size, Activation.IDENTITY).build(1);
        float[] parameters = new float[size * size + size];
        for (int i = 0; i < size; i++) parameters[i * size + i] = factor;
        return Model.builder(network.stack(), output)
                .parameters(parameters, 0, parameters.length)
                .temperature(temperature)
                .build();
    }

    private static float[] predict(Model model, float... input) {
        float[] prediction = new float[model.outputSize()];
        model.predictor().predict(input, 0, prediction, 0);
        return prediction;
    }

    @Property
    void itIsTheLogarithmOfTheSoftmax(
            @ForAll @IntRange(min = 2, max = 70) int size,
            @ForAll @IntRange(min = 0, max = 3) int scale,
            @ForAll long seed) {
        RandomSource random = new RandomSource(seed);
        float[] z = new float[size];
        for (int i = 0; i < size; i++) z[i] = random.normal() * (float) Math.pow(10, scale - 1);
        float temperature = random.nextInt(2) == 0 ? 1f : 2f;
        float[] logs = predict(model(size, Output.LOG_SOFTMAX, 1f, temperature), z);
        double max = Double.NEGATIVE_INFINITY, sum = 0;
        for (float each : z) max = Math.max(max, each / temperature);
        for (float each : z) sum += Math.exp(each / temperature - max);
        // The sum's relative error, which its logarithm has as it stands: half a unit for each addition that an element
        // goes through, first in its lane and then four of the tree, and a unit of exp. The rest rounds numbers that
        // are no larger than the result.
        double ofSum = ((size - 1) / 16 + 4 + 2) * 0x1p-24;
        for (int i = 0; i < size; i++) {
            double expected = z[i] / temperature - max - Math.log(sum);
            assertEquals(expected, logs[i], ofSum + 4 * 0x1p-24 * Math.abs(expected));
            assertTrue(logs[i] <= 0 && Float.floatToRawIntBits(logs[i]) != 0x80000000, "" + logs[i]);
        }
    }

    /** Where softmax itself is zero, its logarithm still tells classes apart. */
    @Test
    void smallProbabilitiesKeepTheirDigits() {
        assertArrayEquals(new float[] {0, -300, -1000}, predict(model(3, Output.LOG_SOFTMAX, 1f, 1f), 0, -300, -1000));
        assertArrayEquals(new float[] {1, 0, 0}, predict(model(3, Output.SOFTMAX, 1f, 1f), 0, -300, -1000));
        assertArrayEquals(
                new float[] {-(float) Math.log(2), -(float) Math.log(2)},
                predict(model(2, Output.LOG_SOFTMAX, 1f, 1f), 3e38f, 3e38f));
    }

    @Test
    void aLogitThatIsNoNumberMakesAllOfThemNone() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY})
            for (float each : predict(model(2, Output.LOG_SOFTMAX, 1f, 1f), wrong, 1f)) assertTrue(Float.isNaN(each));
    }

    /** The same on every machine, at every width, and in scalar kernels. */
    @Test
    void everyBitIsTheSame() {
        CRC32C checksum = new CRC32C();
        for (int size : new int[] {2, 3, 10, 16, 17, 64, 65, 1000}) {
            RandomSource random = new RandomSource(size);
            float[] z = new float[size];
            for (int i = 0; i < size; i++) z[i] = 8 * random.normal();
            ByteBuffer bytes = ByteBuffer.allocate(4 * size);
            for (float each : predict(model(size, Output.LOG_SOFTMAX, 0.7f, 1f), z)) bytes.putFloat(each);
            checksum.update(bytes.array());
        }
        assertEquals("21dc10ce", Long.toHexString(checksum.getValue()));
    }

    @Test
    void itAnswersAMulticlassTask() {
        Model model = model(3, Output.LOG_SOFTMAX, 1f, 1f);
        assertEquals(Task.MULTICLASS, model.task());
        assertEquals(2, model.predictor().classify(new float[] {-3, -2, -1}, 0));
        Network one = Network.builder(1).dense(1, Activation.IDENTITY).build(1);
        assertThrows(IllegalArgumentException.class, () -> Model.builder(one.stack(), Output.LOG_SOFTMAX));
        assertThrows(
                IllegalArgumentException.class,
                () -> Model.builder(
                                Network.builder(1)
                                        .dense(2, Activation.IDENTITY)
                                        .build(1)
                                        .stack(),
                                Output.LOG_SOFTMAX)
                        .task(Task.REGRESSION));
    }

    /** d log p / dz is known exactly: 1 at the class, less the probabilities. */
    @Test
    void attributionsAreThoseOfLogarithms() {
        Model model = model(3, Output.LOG_SOFTMAX, 1f, 2f);
        float[] z = {0.5f, -1, 2}, p = predict(model(3, Output.SOFTMAX, 1f, 2f), z);
        float[] gradient = Attribution.ofPredictions(model).gradient(z, 1);
        for (int i = 0; i < 3; i++) assertEquals(((i == 1 ? 1 : 0) - p[i]) / 2, gradient[i], 1e-7);
    }
}
