package lanewise.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.Predictors;
import lanewise.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Predicts the test digits with a model from a file. */
@Command(
        name = "classify",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Classifies test digits with a model that mnist --save has written, and says how many are right and how many"
                    + " it does in a second.",
            ""
        })
final class Classify implements Callable<Integer> {

    /** Rows that a predictor of batches computes together. */
    private static final int BATCH = 32;

    private static final int ROUNDS = 10;

    private static final int MOST_THREADS = 1024;

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
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Threads that share the batches; 0 is 1. One by one they are predicted on one thread. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed to this file, too; whole or not at all.")
    private Path json;

    @Spec
    private CommandSpec spec;

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
            int threads,
            double batchRate,
            double singleRate,
            Double byteBatchRate,
            Double byteSingleRate) {}

    @Override
    public Integer call() {
        if (threads < 0 || threads > MOST_THREADS)
            throw new ParameterException(
                    spec.commandLine(), "--threads " + threads + ": 0 to " + MOST_THREADS + " expected");
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
        float[] predictions = new float[samples * model.outputSize()];
        int out = model.outputSize(), correct = 0;
        Predictor single = model.predictor();
        double batchRate, singleRate;
        Double byteBatchRate = null, byteSingleRate = null;
        try (Workers workers = Workers.of(Math.max(1, threads));
                Predictors batch = Predictors.of(model, BATCH)) {
            if (workers.count() < threads) main.remark("Threads: " + workers);
            threads = workers.count();
            if (bytes) batch.classify(digits.pixels(), 0, classes, 0, samples, workers);
            else batch.classify(floats, 0, classes, 0, samples, workers);
            batchRate = rate(samples, () -> batch.predict(floats, 0, predictions, 0, samples, workers));
            if (bytes)
                byteBatchRate =
                        rate(samples, () -> batch.predict(digits.pixels(), 0, predictions, 0, samples, workers));
        }
        for (int i = 0; i < samples; i++) if (classes[i] == expected[i]) correct++;
        singleRate = rate(samples, () -> {
            for (int i = 0; i < samples; i++) single.predict(floats, i * width, predictions, i * out);
        });
        if (bytes)
            byteSingleRate = rate(samples, () -> {
                for (int i = 0; i < samples; i++) single.predict(digits.pixels(), i * width, predictions, i * out);
            });

        double accuracy = (double) correct / samples;
        String jdk = System.getProperty("java.version");
        try {
            main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, jdk);
            if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
            main.print("%s", model);
            main.print("Accuracy: %.2f%% (%d of %d)", 100 * accuracy, correct, samples);
            String rates = ": %.0f digits/s in batches" + (threads > 1 ? " on " + threads + " threads" : "")
                    + ", %.0f digits/s one by one";
            main.print("Prediction from floats" + rates, batchRate, singleRate);
            if (bytes) main.print("Prediction from bytes" + rates, byteBatchRate, byteSingleRate);
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
                        threads,
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
