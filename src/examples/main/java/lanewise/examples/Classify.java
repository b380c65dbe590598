package lanewise.examples;

import java.nio.file.Path;
import java.util.List;
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
            names = "--first-label",
            paramLabel = "N",
            description = "Label of the model's first class in the file of labels. Default: what the model itself calls"
                    + " that class, if it is a number, else 0.")
    private Integer firstLabel;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed to this file, too; whole or not at all.")
    private Path json;

    @ParentCommand
    private Main main;

    /** What {@code --json} writes; rates in digits a second, the best of several rounds; null if they are no bytes. */
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
            Double byteBatchRate,
            Double byteSingleRate) {}

    @Override
    public Integer call() {
        OutputFile result = json == null ? null : new OutputFile(json);
        String kernels = Main.kernels();
        Model model = Main.load(file);
        Digits.Raw digits = Digits.loadTest(data);
        if (model.inputSize() != digits.inputSize())
            throw new Failure(file + ": a model of " + model.inputSize() + " inputs and " + model.classes()
                    + " classes, but the digits have " + digits.inputSize() + " pixels");
        int[] expected = classes(model, digits.labels());
        model.warmUp();
        int samples = digits.size(), width = digits.inputSize();
        boolean bytes = digits.pixels() != null;
        float[] floats = bytes ? new float[samples * width] : digits.floats();
        if (bytes)
            for (int i = 0; i < floats.length; i++)
                floats[i] = (digits.pixels()[i] & 0xff) * model.byteScale() + model.byteOffset();
        int[] classes = new int[samples];
        if (bytes) model.predictor(BATCH).classify(digits.pixels(), 0, classes, 0, samples);
        else model.predictor(BATCH).classify(floats, 0, classes, 0, samples);
        int correct = 0;
        for (int i = 0; i < samples; i++) if (classes[i] == expected[i]) correct++;

        float[] predictions = new float[samples * model.outputSize()];
        Predictor batch = model.predictor(BATCH), single = model.predictor();
        int out = model.outputSize();
        double batchRate = rate(samples, () -> batch.predict(floats, 0, predictions, 0, samples));
        double singleRate = rate(samples, () -> {
            for (int i = 0; i < samples; i++) single.predict(floats, i * width, predictions, i * out);
        });
        Double byteBatchRate =
                !bytes ? null : rate(samples, () -> batch.predict(digits.pixels(), 0, predictions, 0, samples));
        Double byteSingleRate = !bytes
                ? null
                : rate(samples, () -> {
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
            if (bytes)
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

    /** The model's classes of labels. */
    private int[] classes(Model model, int[] labels) {
        int first = firstLabel != null ? firstLabel : firstLabel(model.labels());
        int[] classes = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            long index = (long) labels[i] - first;
            if (index < 0 || index >= model.classes())
                throw new Failure("label " + i + " of the digits is " + labels[i] + ", but the classes of " + file
                        + " are " + first + " to " + (first + (model.classes() - 1L))
                        + "; --first-label says which label is its first class");
            classes[i] = (int) index;
        }
        return classes;
    }

    private static int firstLabel(List<String> labels) {
        try {
            return labels.isEmpty() ? 0 : Integer.parseInt(labels.get(0));
        } catch (NumberFormatException e) {
            return 0;
        }
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
