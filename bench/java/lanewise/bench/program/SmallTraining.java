package lanewise.bench.program;

import com.google.gson.Gson;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;
import lanewise.data.Dataset;
import lanewise.data.Idx;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.train.Trainer;

/**
 * Measures a small training in a fresh JVM, sample by sample, on the kernels that a program gets without asking or on scalar
 * ones. Where the JIT compiler has not compiled yet, vector kernels are slow.
 *
 * <p>The data are those of 569 samples of 30 features, as many as the breast cancer data of Wisconsin have, here made up, for
 * 45 epochs of 30-16-2; or the first 500 digits of MNIST for one epoch of 784-128-64-10. Rows {@code cold.training} have the
 * seconds of the training, {@code cold.program} those from the JVM's start to the end of the training.
 */
public final class SmallTraining {

    private static final int SAMPLES = 569, FEATURES = 30, EPOCHS = 45, DIGITS = 500;

    private SmallTraining() {}

    /**
     * The program.
     *
     * @param classpath that has this class
     * @param kernels {@code scalar}, or an empty text for those that a program gets without asking
     * @param digits the folder of MNIST's files, or null for the other data
     */
    public static Program program(String classpath, String kernels, Path digits) {
        String name = digits == null ? "569 samples" : "500 digits";
        return new JavaProgram(
                name + (kernels.isEmpty() ? "" : ", " + kernels),
                1,
                classpath,
                JavaProgram.options(kernels),
                SmallTraining.class.getName(),
                digits == null ? List.of(name, kernels) : List.of(name, kernels, digits.toString()));
    }

    /**
     * Measures.
     *
     * @param args the data's name and the kernels, as rows name them; for digits the folder of MNIST's files
     * @throws IOException if these cannot be read
     */
    public static void main(String[] args) throws IOException {
        boolean digits = args.length > 2;
        Dataset data = digits ? digits(Path.of(args[2])) : samples();
        Network network = digits
                ? Network.builder(784)
                        .dense(128, Activation.SIGMOID)
                        .dense(64, Activation.SIGMOID)
                        .dense(10, Activation.IDENTITY)
                        .build(1)
                : Network.builder(FEATURES)
                        .dense(16, Activation.SIGMOID)
                        .dense(2, Activation.IDENTITY)
                        .build(1);
        long start = System.nanoTime();
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .epochs(digits ? 1 : EPOCHS)
                .build()
                .train(data);
        double training = (System.nanoTime() - start) * 1e-9;
        double program = (System.currentTimeMillis()
                        - ManagementFactory.getRuntimeMXBean().getStartTime())
                * 1e-3;
        Subject subject = new Subject(
                "Lanewise", Lanewise.version(), "one thread; weights " + network.fingerprint() + " afterwards", "");
        List<Program.Figure> figures = new ArrayList<>();
        figures.add(figure("cold.training", args, training));
        figures.add(figure("cold.program", args, program));
        System.out.println(new Gson().toJson(new Program.Output(subject, List.of(), figures)));
    }

    private static Program.Figure figure(String benchmark, String[] args, double seconds) {
        Map<String, String> params = new TreeMap<>(Map.of("data", args[0]));
        if (!args[1].isEmpty()) params.put(Key.KERNELS, args[1]);
        return new Program.Figure(benchmark, params, "ss", "s", false, List.of(seconds), null, null, null);
    }

    private static Dataset digits(Path folder) throws IOException {
        Idx images = Idx.read(folder.resolve("train-images-idx3-ubyte.gz"));
        Idx labels = Idx.read(folder.resolve("train-labels-idx1-ubyte.gz"));
        return Idx.dataset(images, labels, 10).range(0, DIGITS);
    }

    private static Dataset samples() {
        RandomSource random = new RandomSource(1);
        float[] inputs = new float[SAMPLES * FEATURES], classes = new float[SAMPLES];
        for (int s = 0; s < SAMPLES; s++) {
            classes[s] = random.nextInt(2);
            for (int f = 0; f < FEATURES; f++) inputs[s * FEATURES + f] = random.normal() + 0.5f * classes[s];
        }
        return Dataset.ofFloats(FEATURES, inputs, 1, classes);
    }
}
