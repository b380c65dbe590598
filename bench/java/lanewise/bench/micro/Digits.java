package lanewise.bench.micro;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.RandomSource;

/**
 * Made-up digits of 28 × 28 pixels and the networks for them. Ink comes in horizontal strokes as digits have them; what
 * they show means nothing.
 *
 * @param zeros share of pixels without ink, by expectation; MNIST has 0.81
 * @param pixels of all samples, unsigned
 * @param labels of all samples, 0 to 9
 */
record Digits(double zeros, byte[] pixels, byte[] labels) {

    static final int PIXELS = 784, CLASSES = 10;

    /** So few that they stay in the second-level or third-level cache. */
    static final int SAMPLES = 600;

    /** What a byte is multiplied by. */
    static final float SCALE = 1f / 255f;

    private static final Map<Double, Double> DENSITIES = new ConcurrentHashMap<>();

    /** The same digits at each call. */
    static Digits of(double zeros) {
        RandomSource random = new RandomSource(1);
        byte[] pixels = new byte[SAMPLES * PIXELS], labels = new byte[SAMPLES];
        for (int s = 0; s < SAMPLES; s++) {
            labels[s] = (byte) random.nextInt(CLASSES);
            for (int at = 0; at < PIXELS; ) {
                int run = Math.min(2 + random.nextInt(10), PIXELS - at);
                boolean ink = random.uniform() >= zeros;
                for (int i = 0; i < run; i++, at++) if (ink) pixels[s * PIXELS + at] = (byte) (1 + random.nextInt(255));
            }
        }
        return new Digits(zeros, pixels, labels);
    }

    /** Share of pixels with ink among all digits of a share of zeros. */
    static double density(double zeros) {
        return DENSITIES.computeIfAbsent(zeros, z -> {
            int ink = 0;
            for (byte pixel : of(z).pixels) if (pixel != 0) ink++;
            return (double) ink / (SAMPLES * PIXELS);
        });
    }

    /** The digits as a data set. */
    Dataset dataset() {
        return Dataset.ofBytes(PIXELS, pixels, labels, CLASSES);
    }

    /** All pixels, scaled. */
    float[] floats() {
        float[] floats = new float[pixels.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (pixels[i] & 0xff) * SCALE;
        return floats;
    }

    /** A network for digits, with sigmoids in hidden layers of some sizes. */
    static Network network(int... hidden) {
        Network.Builder builder = Network.builder(PIXELS);
        for (int units : hidden) builder.dense(units, Activation.SIGMOID);
        return builder.dense(CLASSES, Activation.IDENTITY).build(1);
    }
}
