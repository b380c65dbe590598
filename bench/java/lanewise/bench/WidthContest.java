package lanewise.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import lanewise.bench.Contest.Program;
import lanewise.bench.Contest.Quantity;
import lanewise.bench.machine.Command;
import lanewise.bench.machine.Roofline;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Key;

/**
 * The contest at one vector width: which programs take part, how their figures are read, and which ratios they make. Every
 * ratio is this library's figure divided by the other's.
 */
final class WidthContest {

    /** Groups of figures. */
    enum Part {
        single,
        batch,
        threads,
        dense,
        cold,
        limits
    }

    /**
     * What is the same at all widths.
     *
     * @param folder for files
     * @param model of this library, in a file
     * @param python a python3 that has torch, or null
     * @param threaded whether the example mnist has the option {@code --threads}
     * @param epochs of each training
     * @param quick whether time matters more than exactness
     */
    record Setting(Path folder, Path model, String python, boolean threaded, int epochs, boolean quick) {}

    static final Path EXAMPLES = Path.of("src/examples/target/lanewise-examples.jar");
    static final Path PEERS = Path.of("bench/peers/target");
    private static final String DIGITS = "src/examples/main/resources/mnist";

    /** Epochs of a training, sample by sample, of this library. */
    private static final int FEWEST_EPOCHS = 6;

    /** Epochs of a training in batches: on two threads the compilers have no core of their own and need that long. */
    private static final int BATCH_EPOCHS = 15, QUICK_BATCH_EPOCHS = 9;

    /** Samples of the wide network's epochs. */
    private static final int WIDE_SAMPLES = 8192;

    private final Setting setting;
    private final Java java;
    private final Path mnist;
    private final Path blas;
    private final Map<String, String> environment;
    private final Contest contest = new Contest();

    /**
     * A contest without programs yet.
     *
     * @param setting what is there
     * @param bits vector width
     * @param mnist the C program for it
     * @param blas the C program with OpenBLAS, or null
     * @param environment variables for OpenBLAS and PyTorch
     */
    WidthContest(Setting setting, int bits, Path mnist, Path blas, Map<String, String> environment) {
        this.setting = setting;
        java = java(bits);
        this.mnist = mnist;
        this.blas = blas;
        this.environment = environment;
    }

    /** The contest with the programs of some parts. */
    Contest of(List<Part> parts) {
        if (parts.contains(Part.single)) single();
        if (parts.contains(Part.batch)) batches();
        if (parts.contains(Part.threads)) threads();
        if (parts.contains(Part.dense)) dense();
        if (parts.contains(Part.cold)) cold();
        if (parts.contains(Part.limits)) limits();
        return contest;
    }

    /** The kernels that this library uses at this width. */
    String kernels() throws IOException, InterruptedException {
        return program(java, SmallTraining.class).get("kernels").getAsString();
    }

    // This library

    /** The beginning of a command that starts a JVM. */
    record Java(List<?> words) {

        Java and(String option) {
            return new Java(List.of(words, option));
        }

        Command with(Object... more) {
            return Command.of(words, Arrays.asList(more));
        }
    }

    static Java java(int bits, String... options) {
        List<Object> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java"));
        words.add("--add-modules");
        words.add("jdk.incubator.vector");
        if (bits > 0) words.add("-Dlanewise.width=" + bits);
        words.addAll(List.of(options));
        return new Java(words);
    }

    /** Runs an example program and returns what it writes with {@code --json}. */
    private JsonObject example(Java java, Object... words) throws IOException, InterruptedException {
        Path file = Files.createTempFile(setting.folder, "result", ".json");
        java.with("-jar", EXAMPLES, Arrays.asList(words), "--json", file).output();
        return new Gson().fromJson(Files.readString(file), JsonObject.class);
    }

    /** Runs a program of this module and returns the JSON that it prints. */
    private static JsonObject program(Java java, Class<?> main, Object... words)
            throws IOException, InterruptedException {
        String path = System.getProperty("java.class.path");
        return new Gson()
                .fromJson(
                        java.with("-cp", path, main.getName(), Arrays.asList(words))
                                .output(),
                        JsonObject.class);
    }

    private static double number(JsonObject json, String name) throws IOException {
        if (json == null || !json.has(name)) throw new IOException("no figure " + name + " in " + json);
        return json.get(name).getAsDouble();
    }

    // The parts

    /** Two figures in this order. */
    private static Map<Quantity, Double> both(Quantity a, double first, Quantity b, double second) {
        Map<Quantity, Double> figures = new LinkedHashMap<>();
        figures.put(a, first);
        figures.put(b, second);
        return figures;
    }

    private static Quantity samples(String name) {
        return new Quantity(name, "samples/s");
    }

    /** Whether ONNX Runtime is there. */
    static boolean hasPeers() {
        return Files.isDirectory(PEERS.resolve("lib"));
    }

    private void single() {
        Quantity atOnce = samples("training, C, updates at once"), waiting = samples("training, C, updates wait");
        Quantity training = samples("training, this library");
        Quantity callC = new Quantity("one prediction, C", "us, p50");
        Quantity call = new Quantity("one prediction, this library", "us, p50");
        Quantity digitsC = samples("10,000 digits, C"), digitsBlas = samples("10,000 digits, OpenBLAS");
        Quantity digitsOnnx = samples("10,000 digits, ONNX Runtime");
        Map<String, Quantity> digits = new LinkedHashMap<>();
        digits.put("batchRate", samples("10,000 digits, floats in batches"));
        digits.put("singleRate", samples("10,000 digits, floats one by one"));
        digits.put("byteBatchRate", samples("10,000 digits, bytes in batches"));
        digits.put("byteSingleRate", samples("10,000 digits, bytes one by one"));

        String path = PEERS.resolve("classes") + File.pathSeparator + PEERS.resolve("lib") + File.separator + "*";
        String trained = "^Training: (\\d+) ", predicted = "^Prediction: (\\d+) ";
        contest.add(
                "C, training at once",
                () -> Map.of(
                        atOnce,
                        Command.number(
                                Command.of(mnist, DIGITS, "train", "--eager", "--epochs", setting.epochs)
                                        .output(),
                                trained)));
        contest.add(
                "C, training",
                () -> Map.of(
                        waiting,
                        Command.number(
                                Command.of(mnist, DIGITS, "train", "--epochs", setting.epochs)
                                        .output(),
                                trained)));
        contest.add(
                "this library, training",
                training(training, java, "--epochs", Math.max(FEWEST_EPOCHS, setting.epochs)));
        contest.add("C, prediction", () -> {
            String printed =
                    Command.of(mnist, DIGITS, "predict", "--calls", calls()).output();
            return both(
                    callC,
                    Command.number(printed, "^one call *p50 ([0-9.]+)"),
                    digitsC,
                    Command.number(printed, predicted));
        });
        contest.add("this library, one prediction", () -> {
            JsonObject found = example(java, "latency", "--model", setting.model, "--calls", calls());
            for (var distribution : found.getAsJsonArray("microseconds")) {
                JsonObject one = distribution.getAsJsonObject();
                if (one.get("name").getAsString().equals("warm")) return Map.of(call, number(one, "p50"));
            }
            throw new IOException("no warm calls in " + found);
        });
        contest.add("this library, 10,000 digits", () -> {
            JsonObject found = example(java, "classify", "--model", setting.model);
            Map<Quantity, Double> rates = new LinkedHashMap<>();
            for (var entry : digits.entrySet()) rates.put(entry.getValue(), number(found, entry.getKey()));
            return rates;
        });
        if (blas != null)
            contest.add(
                    "OpenBLAS, 10,000 digits",
                    () -> Map.of(
                            digitsBlas,
                            Command.number(
                                    Command.of(blas, DIGITS, "predict")
                                            .with(environment)
                                            .output(),
                                    predicted)));
        if (hasPeers())
            contest.add(
                    "ONNX Runtime, 10,000 digits",
                    () -> Map.of(
                            digitsOnnx,
                            number(
                                    new Gson()
                                            .fromJson(
                                                    java(0, "--enable-native-access=ALL-UNNAMED")
                                                            .with(
                                                                    "-cp",
                                                                    path,
                                                                    "lanewise.bench.peers.OnnxDigits",
                                                                    setting.model,
                                                                    DIGITS)
                                                            .output(),
                                                    JsonObject.class),
                                    "samplesPerSecond")));

        contest.compare("training, of C at once", training, atOnce);
        contest.compare("training, of C waiting", training, waiting);
        contest.compare("one prediction, time of C's", call, callC);
        for (Quantity ours : digits.values()) {
            contest.compare(ours.name() + ", of C", ours, digitsC);
            contest.compare(ours.name() + ", of OpenBLAS", ours, digitsBlas);
            contest.compare(ours.name() + ", of ONNX Runtime", ours, digitsOnnx);
        }
        contest.compare("floats in batches, of one by one", digits.get("batchRate"), digits.get("singleRate"));
    }

    private int calls() {
        return setting.quick ? 200_000 : 1_000_000;
    }

    private Program training(Quantity quantity, Java java, Object... options) {
        return () -> Map.of(quantity, trainingRate(java, options));
    }

    private double trainingRate(Java java, Object... options) throws IOException, InterruptedException {
        return number(example(java, "mnist", Arrays.asList(options)), "samplesPerSecond");
    }

    private int batchEpochs() {
        return Math.max(setting.quick ? QUICK_BATCH_EPOCHS : BATCH_EPOCHS, setting.epochs);
    }

    private void batches() {
        int all = Runtime.getRuntime().availableProcessors();
        for (int batch : setting.quick ? List.of(128, 1024) : List.of(32, 128, 1024))
            for (int threads : all > 1 ? List.of(1, all) : List.of(1)) {
                String name = "batch " + batch + ", " + counted(threads, "thread") + ", ";
                Quantity ours = batch("batch " + batch, threads, List.of("--batch", batch));
                Quantity theirs = samples(name + "C on OpenBLAS"), torch = samples(name + "PyTorch");
                List<?> options = List.of("--batch", batch, "--threads", threads, "--epochs", batchEpochs());
                String rate = "^Training: (\\d+) ";
                if (blas != null)
                    contest.add(
                            theirs.name(),
                            () -> Map.of(
                                    theirs,
                                    Command.number(
                                            Command.of(blas, DIGITS, "train", options)
                                                    .with(environment)
                                                    .output(),
                                            rate)));
                if (setting.python != null)
                    contest.add(
                            torch.name(),
                            () -> Map.of(
                                    torch,
                                    Command.number(
                                            Command.of(setting.python, "bench/python/mnist.py", DIGITS, options)
                                                    .with(environment)
                                                    .output(),
                                            rate)));
                contest.compare(name + "of C on OpenBLAS", ours, theirs);
                contest.compare(name + "of PyTorch", ours, torch);
            }
    }

    private static String counted(int count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    /** This library's training of batches; takes part once if several parts ask for it. */
    private Quantity batch(String name, int threads, List<?> options) {
        Quantity quantity = samples(name + ", " + counted(threads, "thread") + ", this library");
        if (contest.has(quantity.name()) || threads > 1 && !setting.threaded) return quantity;
        contest.add(
                quantity.name(),
                setting.threaded
                        ? training(quantity, java, options, "--epochs", batchEpochs(), "--threads", threads)
                        : training(quantity, java, options, "--epochs", batchEpochs()));
        return quantity;
    }

    /** Threads beside two processes of one thread, which tell what the machine gives to two. */
    private void threads() {
        int all = Runtime.getRuntime().availableProcessors();
        if (all < 2) return;
        Map<String, List<?>> trainings = new LinkedHashMap<>();
        for (int batch : List.of(128, 1024)) trainings.put("batch " + batch, List.of("--batch", batch));
        trainings.put(
                "784-1024-1024-10, batch 512",
                List.of("--batch", 512, "--hidden", "1024,1024", "--limit", WIDE_SAMPLES));
        trainings.forEach((name, options) -> {
            Quantity one = batch(name, 1, options), two = samples(name + ", two processes, this library");
            contest.add(two.name(), () -> Map.of(two, twice(options)));
            contest.compare(name + ", two processes of one", two, one);
            for (int threads : all > 2 ? List.of(2, all) : List.of(2)) {
                Quantity shared = batch(name, threads, options);
                contest.compare(name + ", " + threads + " threads of one", shared, one);
                if (threads == 2) contest.compare(name + ", two threads of two processes", shared, two);
            }
        });
    }

    /** The sum of two trainings' rates at the same time. */
    private double twice(List<?> options) throws IOException, InterruptedException {
        CompletableFuture<Double> other = CompletableFuture.supplyAsync(() -> {
            try {
                return trainingRate(java, options, "--epochs", batchEpochs());
            } catch (IOException | InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        double first = trainingRate(java, options, "--epochs", batchEpochs());
        try {
            return first + other.join();
        } catch (CompletionException e) {
            throw new IOException(e.getCause().getMessage(), e);
        }
    }

    private void dense() {
        Map<String, String> figures = new LinkedHashMap<>();
        figures.put("forward", "Forward");
        figures.put("inputGradient", "Input gradient");
        figures.put("weightGradient", "Weight gradient");
        figures.put("step", "Step");
        Map<String, Quantity> ours = new LinkedHashMap<>(), theirs = new LinkedHashMap<>();
        figures.forEach((key, name) -> {
            String title = "dense 1024, batch 128, " + name.toLowerCase(Locale.ROOT);
            ours.put(key, new Quantity(title + ", this library", "GFLOP/s"));
            theirs.put(key, new Quantity(title + ", OpenBLAS", "GFLOP/s"));
            contest.compare(title + ", of OpenBLAS", ours.get(key), theirs.get(key));
        });
        Java forced = java.and("-Dlanewise.kernels=vector");
        contest.add("this library, dense 1024", () -> {
            JsonObject found = program(forced, DenseLayers.class, setting.quick ? 1 : 3);
            Map<Quantity, Double> values = new LinkedHashMap<>();
            for (String key : figures.keySet()) values.put(ours.get(key), number(found, key));
            return values;
        });
        if (blas == null) return;
        contest.add("OpenBLAS, dense 1024", () -> {
            String printed = Command.of(blas, "dense").with(environment).output();
            Map<Quantity, Double> values = new LinkedHashMap<>();
            for (var entry : figures.entrySet())
                values.put(theirs.get(entry.getKey()), Command.number(printed, "^" + entry.getValue() + ": ([0-9.]+)"));
            return values;
        });
    }

    /** Fresh JVMs with vector and with scalar kernels: where the JIT compiler has not compiled yet, vectors are slow. */
    private void cold() {
        // No width is asked for: kernels that are forced run from the first call on, cold.
        Java chosen = java(0), scalar = chosen.and("-Dlanewise.kernels=scalar");
        Quantity first = new Quantity("500 cold samples, whole program", "s");
        Quantity firstScalar = new Quantity(first.name() + ", scalar kernels", "s");
        Quantity epoch = new Quantity("500 cold samples, the epoch", "s");
        Quantity epochScalar = new Quantity(epoch.name() + ", scalar kernels", "s");
        Quantity small = new Quantity("569 samples, 45 epochs", "s");
        Quantity smallScalar = new Quantity(small.name() + ", scalar kernels", "s");
        contest.add(first.name(), () -> firstEpoch(chosen, first, epoch));
        contest.add(firstScalar.name(), () -> firstEpoch(scalar, firstScalar, epochScalar));
        contest.add(small.name(), () -> Map.of(small, number(program(chosen, SmallTraining.class), "seconds")));
        contest.add(
                smallScalar.name(), () -> Map.of(smallScalar, number(program(scalar, SmallTraining.class), "seconds")));
        contest.compare("500 cold samples, whole program, time of scalar's", first, firstScalar);
        contest.compare("500 cold samples, the epoch, time of scalar's", epoch, epochScalar);
        contest.compare("569 samples, 45 epochs, time of scalar's", small, smallScalar);
    }

    private Map<Quantity, Double> firstEpoch(Java java, Quantity whole, Quantity epoch)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        JsonObject found = example(java, "mnist", "--epochs", 1, "--limit", 500);
        return both(whole, (System.nanoTime() - start) * 1e-9, epoch, 500 / number(found, "samplesPerSecond"));
    }

    private void limits() {
        contest.add("the machine's limits", () -> {
            Output found = new Gson().fromJson(program(java, Roofline.class, setting.quick ? 0.1 : 0.4), Output.class);
            Map<Quantity, Double> values = new LinkedHashMap<>();
            for (Figure figure : found.figures())
                values.put(
                        new Quantity("one core, " + Key.of(figure.benchmark(), figure.params()), figure.unit()),
                        figure.values().get(0));
            return values;
        });
    }
}
