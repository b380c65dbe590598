package lanewise.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Measures how long single predictions take, the first ones and the slowest ones in particular. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Times single predictions, probabilities included, on one thread: the first calls of this JVM one by one, then"
                    + " warm ones.",
            "",
            "The line \"nothing\" is a loop of the same duration that does nothing but read the clock twice, as is done"
                    + " around a prediction: its slowest turns are those of the machine. Time passes between calls, too,"
                    + " for bookkeeping, but is not counted.",
            ""
        })
final class Latency implements Callable<Integer> {

    private static final int FIRST_CALLS = 100_000;

    /** Enough for branches not to be learnt by heart, few enough to stay in the cache beside the model. */
    private static final int INPUTS = 256;

    private static final long LONGEST_NANOS = 600_000_000_000L;

    private static final long SEED = 1;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "A model file. Default: a 784-128-64-10 sigmoid network with its initial weights, of seed 1;"
                    + " what the weights are makes no difference in time.")
    private Path file;

    @Option(
            names = "--calls",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Number of warm calls. Default: ${DEFAULT-VALUE}.")
    private int calls;

    @Option(
            names = "--dense",
            description = "Inputs without zeros. Default: test digits of MNIST, or for a model of other than 784 inputs"
                    + " random ones, four fifths of them zero.")
    private boolean dense;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed to this file, too; whole or not at all.")
    private Path json;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    /** Nanoseconds of each of the first calls. */
    private final long[] first = new long[FIRST_CALLS];

    /** The first of these calls before which the model was warm, −1 if there is none. */
    private int switched = -1;

    /** What {@code --json} writes. */
    private record Result(
            String version,
            String kernels,
            String kernelsReason,
            String jdk,
            String model,
            String inputs,
            double loadMilliseconds,
            int switchedAtCall,
            List<Distribution> microseconds) {}

    private record Distribution(
            String name, long calls, double p50, double p99, double p999, double p9999, double max) {

        static Distribution of(String name, Histogram nanos) {
            return new Distribution(
                    name,
                    nanos.getTotalCount(),
                    micros(nanos, 50),
                    micros(nanos, 99),
                    micros(nanos, 99.9),
                    micros(nanos, 99.99),
                    micros(nanos, 100));
        }

        private static double micros(Histogram nanos, double percentile) {
            return nanos.getValueAtPercentile(percentile) * 1e-3;
        }

        @Override
        public String toString() {
            if (calls == 1) return name + ": " + micros(max);
            return name + ": p50 " + micros(p50) + ", p99 " + micros(p99) + ", p99.9 " + micros(p999) + ", p99.99 "
                    + micros(p9999) + ", max " + micros(max);
        }

        private static String micros(double micros) {
            return String.format(Locale.ROOT, micros < 10 ? "%.2f us" : micros < 100 ? "%.1f us" : "%.0f us", micros);
        }
    }

    @Override
    public Integer call() {
        if (calls < 1) throw new ParameterException(spec.commandLine(), "--calls " + calls + ": at least 1 expected");
        OutputFile result = json == null ? null : new OutputFile(json);
        // Asking for the kernels here would load them, and spoil the first call.
        long start = System.nanoTime();
        Model model = model();
        double loadMilliseconds = (System.nanoTime() - start) * 1e-6;
        float[] inputs = inputs(model.inputSize()), prediction = new float[model.outputSize()];

        callFirst(model, inputs, prediction);
        model.warmUp();
        Histogram warm = histogram(), nothing = histogram();
        long warmNanos = callWarm(model.predictor(), inputs, prediction, warm);
        doNothing(nothing, warmNanos);

        List<Distribution> distributions = new ArrayList<>();
        for (int count = 1; count <= FIRST_CALLS; count *= count == 1 ? 100 : 10)
            distributions.add(Distribution.of(
                    count == 1 ? "first call" : String.format(Locale.ROOT, "first %,d", count), ofFirst(count)));
        distributions.add(Distribution.of("warm", warm));
        distributions.add(Distribution.of("nothing", nothing));
        try {
            print(model, loadMilliseconds, distributions);
        } finally {
            if (result != null)
                result.write(new Result(
                        Lanewise.version(),
                        Main.kernels(),
                        Lanewise.kernelsReason(),
                        System.getProperty("java.version"),
                        model.toString(),
                        describeInputs(model.inputSize()),
                        loadMilliseconds,
                        switched < 0 ? -1 : switched + 1,
                        distributions));
        }
        return 0;
    }

    private Model model() {
        try {
            if (file != null) return Main.load(file);
            Network network = Network.builder(Digits.PIXELS)
                    .dense(128, Activation.SIGMOID)
                    .dense(64, Activation.SIGMOID)
                    .dense(Digits.CLASSES, Activation.IDENTITY)
                    .build(SEED);
            return Model.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .name("initial weights, seed " + SEED)
                    .build()
                    .aligned();
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage());
        }
    }

    private float[] inputs(int size) {
        float[] inputs = new float[INPUTS * size];
        if (!dense && size == Digits.PIXELS) {
            byte[] pixels = Digits.loadTest(null).pixels();
            for (int i = 0; i < inputs.length; i++) inputs[i] = (pixels[i] & 0xff) * (1f / 255f);
        } else {
            RandomSource random = new RandomSource(SEED);
            for (int i = 0; i < inputs.length; i++)
                if (dense || random.nextInt(5) == 0) inputs[i] = 0.1f + 0.9f * random.uniform();
        }
        return inputs;
    }

    private String describeInputs(int size) {
        String kind = dense ? "random inputs without zeros" : "random inputs, four fifths zeros";
        return INPUTS + " " + (!dense && size == Digits.PIXELS ? "test digits" : kind) + " in turn";
    }

    private static Histogram histogram() {
        return new Histogram(LONGEST_NANOS, 3);
    }

    private static long time(Predictor predictor, float[] inputs, int at, float[] prediction) {
        long start = System.nanoTime();
        predictor.predict(inputs, at, prediction, 0);
        return System.nanoTime() - start;
    }

    private void callFirst(Model model, float[] inputs, float[] prediction) {
        int size = model.inputSize();
        Predictor predictor = model.predictor();
        for (int i = 0; i < FIRST_CALLS; i++) {
            if (switched < 0 && model.warm()) switched = i;
            first[i] = time(predictor, inputs, i % INPUTS * size, prediction);
        }
    }

    private Histogram ofFirst(int count) {
        Histogram histogram = histogram();
        for (int i = 0; i < count; i++) histogram.recordValue(Math.min(first[i], LONGEST_NANOS));
        return histogram;
    }

    private long callWarm(Predictor predictor, float[] inputs, float[] prediction, Histogram histogram) {
        int size = inputs.length / INPUTS;
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++)
            histogram.recordValue(Math.min(time(predictor, inputs, i % INPUTS * size, prediction), LONGEST_NANOS));
        return System.nanoTime() - start;
    }

    private static void doNothing(Histogram histogram, long duration) {
        long begin = System.nanoTime(), start, end;
        do {
            start = System.nanoTime();
            end = System.nanoTime();
            histogram.recordValue(Math.min(end - start, LONGEST_NANOS));
        } while (end - begin < duration);
    }

    private void print(Model model, double loadMilliseconds, List<Distribution> distributions) {
        String kernels = Main.kernels();
        main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, System.getProperty("java.version"));
        if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
        main.print("%s", model);
        main.print(
                "%s in %.1f ms; %s",
                file == null ? "Made" : "Loaded", loadMilliseconds, describeInputs(model.inputSize()));
        if (switched < 0)
            main.print("Scalar kernels first; not all were exchanged within the first %,d calls", FIRST_CALLS);
        else if (switched == 0) main.print("These kernels from the first call on");
        else main.print("Scalar kernels first; all were exchanged by call %,d", switched + 1);
        for (Distribution distribution : distributions) main.print("%s", distribution);
    }
}
