package lanewise.examples;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Predictor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Predicts the test digits with a model from a file. */
@Command(
        name = "classify",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Classifies test digits with a model that mnist --save has written, and says how many are right and how many"
                    + " it does in a second, on one thread.",
            ""
        })
final class Classify implements Callable<Integer> {

    /** Rows that a predictor of batches computes together. */
    private static final int BATCH = 32;

    private static final int ROUNDS = 10;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model file.")
    private Path file;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of two IDX files, gzipped or not: t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte."
                    + " Default: the program's own copy of MNIST.")
    private Path data;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed to this file, too; whole or not at all.")
    private Path json;

    @ParentCommand
    private Main main;

    /** What {@code --json} writes; rates in digits a second, the best of several rounds. */
    private record Result(
            String version,
            String kernels,
            String kernelsReason,
            String jdk,
            String model,
            String name,
            String fingerprint,
            int samples,
            int correct,
            double accuracy,
            int batch,
            double batchRate,
            double singleRate,
            double byteBatchRate,
            double byteSingleRate) {}

    @Override
    public Integer call() {
        OutputFile result = json == null ? null : new OutputFile(json);
        String kernels = Main.kernels();
        Model model = Main.load(file);
        Digits.Raw digits = Digits.loadTest(data);
        if (model.inputSize() != digits.inputSize() || model.classes() != Digits.CLASSES)
            throw new Failure(file + ": a model of " + model.inputSize() + " inputs and " + model.classes()
                    + " classes, but the digits have " + digits.inputSize() + " pixels and " + Digits.CLASSES
                    + " classes");
        model.warmUp();
        int samples = digits.size(), width = digits.inputSize();
        int[] classes = new int[samples];
        model.predictor(BATCH).classify(digits.pixels(), 0, classes, 0, samples);
        int correct = 0;
        for (int i = 0; i < samples; i++) if (classes[i] == digits.labels()[i]) correct++;

        float[] floats = new float[samples * width], predictions = new float[samples * model.outputSize()];
        for (int i = 0; i < floats.length; i++)
            floats[i] = (digits.pixels()[i] & 0xff) * model.byteScale() + model.byteOffset();
        Predictor batch = model.predictor(BATCH), single = model.predictor();
        int out = model.outputSize();
        double batchRate = rate(samples, () -> batch.predict(floats, 0, predictions, 0, samples));
        double singleRate = rate(samples, () -> {
            for (int i = 0; i < samples; i++) single.predict(floats, i * width, predictions, i * out);
        });
        double byteBatchRate = rate(samples, () -> batch.predict(digits.pixels(), 0, predictions, 0, samples));
        double byteSingleRate = rate(samples, () -> {
            for (int i = 0; i < samples; i++) single.predict(digits.pixels(), i * width, predictions, i * out);
        });

        double accuracy = (double) correct / samples;
        String jdk = System.getProperty("java.version");
        try {
            main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, jdk);
            if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
            main.print("%s", model);
            main.print("Accuracy: %.2f%% (%d of %d)", 100 * accuracy, correct, samples);
            main.print(
                    "Prediction from floats: %.0f digits/s in batches, %.0f digits/s one by one",
                    batchRate, singleRate);
            main.print(
                    "Prediction from bytes: %.0f digits/s in batches, %.0f digits/s one by one",
                    byteBatchRate, byteSingleRate);
        } finally {
            if (result != null)
                result.write(new Result(
                        Lanewise.version(),
                        kernels,
                        Lanewise.kernelsReason(),
                        jdk,
                        file.toString(),
                        model.name(),
                        model.fingerprint(),
                        samples,
                        correct,
                        accuracy,
                        BATCH,
                        batchRate,
                        singleRate,
                        byteBatchRate,
                        byteSingleRate));
        }
        return 0;
    }

    /** Digits a second in the best round. */
    private static double rate(int samples, Runnable round) {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            round.run();
            best = Math.min(best, System.nanoTime() - start);
        }
        return samples / (best * 1e-9);
    }
}
