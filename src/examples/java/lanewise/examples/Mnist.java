package lanewise.examples;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.Activation;
import lanewise.Dense;
import lanewise.Initializer;
import lanewise.Lanewise;
import lanewise.Loss;
import lanewise.Network;
import lanewise.train.Evaluation;
import lanewise.train.Schedule;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a classifier of handwritten digits and says how well it does. */
@Command(
        name = "mnist",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        showDefaultValues = true,
        sortOptions = false,
        description = "Trains a classifier of handwritten digits and says how well it does.")
final class Mnist implements Callable<Integer>, TrainingListener {

    private static final Loss LOSS = Loss.SOFTMAX_CROSS_ENTROPY;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder of the four IDX files.")
    private Path data;

    @Option(names = "--split", defaultValue = "standard", description = "standard, or test fraction.")
    private String split;

    @Option(names = "--hidden", defaultValue = "128,64", split = ",")
    private List<Integer> hidden;

    @Option(names = "--activation", defaultValue = "sigmoid")
    private String activationName;

    @Option(names = "--epochs", defaultValue = "10")
    private int epochs;

    @Option(names = "--batch", defaultValue = "1")
    private int batch;

    @Option(names = "--learning-rate", defaultValue = "0.1")
    private float learningRate;

    @Option(names = "--constant-rate")
    private boolean constantRate;

    @Option(names = "--no-bias")
    private boolean noBias;

    @Option(names = "--seed", defaultValue = "1")
    private long seed;

    @Option(names = "--limit")
    private Integer limit;

    @Option(names = "--quiet")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private Digits digits;
    private Network network;
    private long start;
    private double fastest;

    @Override
    public Integer call() {
        digits = Digits.load(data);
        if (!split.equals("standard")) digits = digits.split(Double.parseDouble(split), seed);
        if (limit != null) digits = digits.limit(limit);
        Activation activation = Activation.all().stream()
                .filter(a -> a.toString().equals(activationName))
                .findAny()
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "no such activation"));
        int inputs = digits.training().inputSize();
        Network.Builder builder = Network.builder(inputs);
        int width = inputs;
        for (int outputs : hidden) {
            builder.add(dense(width, outputs, activation));
            width = outputs;
        }
        network = builder.add(dense(width, 10, Activation.IDENTITY)).build(seed);
        if (!quiet) {
            print(
                    "Lanewise %s, %s, JDK %s",
                    Lanewise.version(), Lanewise.kernels(), System.getProperty("java.version"));
            print(
                    "%s %s, %s, %d parameters; %d training samples, %d test samples",
                    IntStream.concat(
                                    IntStream.of(inputs),
                                    network.stack().layers().stream().mapToInt(l -> l.outputSize()))
                            .mapToObj(Integer::toString)
                            .collect(Collectors.joining("-")),
                    activation,
                    LOSS,
                    network.parameterCount(),
                    digits.training().size(),
                    digits.test().size());
        }
        start = System.nanoTime();
        Trainer.builder(network, LOSS)
                .learningRate(constantRate ? Schedule.constant(learningRate) : Schedule.linear(learningRate))
                .epochs(epochs)
                .batch(batch)
                .seed(seed)
                .listener(this)
                .build()
                .train(digits.training());
        if (!quiet) print("Training: %.0f samples/s (best epoch, evaluation left out)", fastest);
        print("Fingerprint: %s", network.fingerprint());
        return 0;
    }

    private Dense dense(int inputs, int outputs, Activation activation) {
        Dense layer = Dense.of(inputs, outputs, activation);
        return noBias ? layer.withoutBias().withInitializer(Initializer.LECUN_NORMAL) : layer;
    }

    @Override
    public void epochDone(Epoch epoch) {
        fastest = Math.max(fastest, epoch.samplesPerSecond());
        Evaluation test = Evaluation.of(network, LOSS, digits.test());
        double seconds = (System.nanoTime() - start) * 1e-9;
        if (!quiet || epoch.number() == epochs)
            print(
                    "Epoch: %d, Time Spent: %.2fs, Loss: %.4f, Accuracy: %.2f%%",
                    epoch.number(), seconds, epoch.loss(), 100 * test.accuracy());
    }

    private void print(String format, Object... values) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(String.format(Locale.ROOT, format, values));
    }
}
