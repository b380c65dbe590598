package lanewise.bench;

import com.google.gson.Gson;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.Trainer;

/**
 * A program that measures a small training in a fresh JVM, as JSON: as many samples and features as the breast cancer data
 * of Wisconsin have (569 × 30, here made up), 45 epochs of 30-16-2, sample by sample. Seconds from the program's first line
 * to the end of the training.
 */
final class SmallTraining {

    private static final int SAMPLES = 569, FEATURES = 30, EPOCHS = 45;

    private SmallTraining() {}

    /**
     * Measures.
     *
     * @param args not used
     */
    public static void main(String[] args) {
        long start = System.nanoTime();
        RandomSource random = new RandomSource(1);
        float[] inputs = new float[SAMPLES * FEATURES], classes = new float[SAMPLES];
        for (int s = 0; s < SAMPLES; s++) {
            classes[s] = random.nextInt(2);
            for (int f = 0; f < FEATURES; f++) inputs[s * FEATURES + f] = random.normal() + 0.5f * classes[s];
        }
        Network network = Network.builder(FEATURES)
                .dense(16, Activation.SIGMOID)
                .dense(2, Activation.IDENTITY)
                .build(1);
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .epochs(EPOCHS)
                .build()
                .train(Dataset.ofFloats(FEATURES, inputs, 1, classes));
        double seconds = (System.nanoTime() - start) * 1e-9;
        System.out.println(new Gson()
                .toJson(Map.of(
                        "kernels", Lanewise.kernels(), "seconds", seconds, "fingerprint", network.fingerprint())));
    }
}
