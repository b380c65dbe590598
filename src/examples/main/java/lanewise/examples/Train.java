package lanewise.examples;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.data.Scaling;
import lanewise.data.Split;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.Checkpoints;
import lanewise.train.DivergedException;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Trains a network on a table. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Trains a network on a table, a CSV file, to predict one of its columns from the others.",
            "",
            "Only --data and --target are needed. A part of the rows, a fifth, is not trained on: training ends when the"
                    + " network has not become better on it for a while, and the best parameters are kept. Numbers are"
                    + " standardised by a layer of the network, so a saved model takes rows as they are in the table;"
                    + " texts become categories. Equal options give equal fingerprints on every machine.",
            ""
        })
final class Train implements Callable<Integer>, TrainingListener {

    private static final int MOST_THREADS = 1024;

    /** With fewer rows than these all are trained on, unless --validation says otherwise. */
    private static final int FEWEST_FOR_VALIDATION = 50;

    private static final double USUAL_VALIDATION = 0.2;

    private enum Task {
        CLASSIFICATION,
        REGRESSION;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    private TableFile data;

    @Option(
            names = "--target",
            paramLabel = "COLUMN",
            required = true,
            description = "Name of the column that is to be predicted.")
    private String target;

    @Option(
            names = "--task",
            paramLabel = "classification|regression",
            description =
                    "Whether the target is a class or a number. Default: a number if all its values are numbers and some"
                            + " of them no integers, or more than 20 different ones.")
    private String taskName;

    @Option(
            names = "--ignore",
            paramLabel = "COLUMN,...",
            description = "Columns that are left out, such as numbers of the rows and names.")
    private String ignore;

    @Option(
            names = "--categorical",
            paramLabel = "COLUMN,...",
            description =
                    "Columns of categories although they look like numbers. Columns of which at most half of the values"
                            + " are numbers are so by themselves.")
    private String categorical;

    @Option(
            names = "--scaling",
            paramLabel = "standard|min-max|none",
            defaultValue = "standard",
            description = "What is done to inputs, and to a target of numbers, by a layer of the network: to mean 0 and"
                    + " variance 1, to a range from 0 to 1, or nothing. Default: ${DEFAULT-VALUE}.")
    private String scalingName;

    @Option(
            names = "--hidden",
            paramLabel = "N,...",
            defaultValue = "64,32",
            description = "Sizes of the hidden layers. Default: ${DEFAULT-VALUE}.")
    private String hidden;

    @Option(
            names = "--activation",
            paramLabel = "NAME",
            defaultValue = "relu",
            completionCandidates = Activations.class,
            description = "Of the hidden layers: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String activationName;

    @Option(
            names = "--dropout",
            paramLabel = "X",
            defaultValue = "0",
            description = "Share of each hidden layer's units that is dropped in a step, from 0, below 1. Default:"
                    + " ${DEFAULT-VALUE}.")
    private double dropout;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "adam",
            completionCandidates = OptimizerOption.Names.class,
            description = "How parameters follow from their gradient: ${COMPLETION-CANDIDATES}. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String optimizerName;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description =
                    "The first step's; of one-cycle the highest. Default: the usual one of the optimizer, 0.001 of adam.")
    private Float learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            defaultValue = "constant",
            completionCandidates = ScheduleOption.Names.class,
            description = "How the learning rate changes: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String scheduleName;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description =
                    "Share of a weight that is lost in a step, times the learning rate. Default: 0, of adamw 0.01.")
    private Float weightDecay;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Rows per step; the gradient is their mean. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "200",
            description = "How often the training rows are gone through at most. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--validation",
            paramLabel = "FRACTION",
            description =
                    "Share of the rows on which the network is tried after each epoch and which it is not trained on,"
                            + " chosen by the seed; 0 for none. Default: 0.2, of tables of fewer than 50 rows 0.")
    private Double validation;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "20",
            description = "Training ends after so many epochs in a row in which the loss on these rows has not become"
                    + " smaller; 0 for never. Default: ${DEFAULT-VALUE}.")
    private int patience;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Threads that share a step where that makes it faster; 0 is 1. The fingerprint is the same for any"
                            + " number. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides initial weights, the order of rows and which are for the validation. Default:"
                    + " ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "Writes all that is needed to go on to this folder after each epoch.")
    private Path checkpoint;

    @Option(
            names = "--resume",
            description =
                    "Goes on from the newest checkpoint of --checkpoint, if there is one, to the same fingerprint.")
    private boolean resume;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description =
                    "Writes the trained model to this file, for the commands predict, evaluate and inspect; whole or"
                            + " not at all.")
    private Path save;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed, and the options, to this file, too; whole or not at all.")
    private Path json;

    @Option(
            names = "--quiet",
            description = "Prints the last two lines only: how good the network is, and its fingerprint.")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    /** The names that {@code --activation} may have. */
    private static final class Activations extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Activations() {
            for (Activation activation : Activation.all()) add(activation.toString());
        }
    }

    private Task task;
    private Activation activation;
    private OptimizerOption optimizer;
    private ScheduleOption schedule;
    private Scaling.Kind scaling;
    private OutputFile modelFile;
    private OutputFile jsonFile;
    private Trainer trainer;
    private Progress bar;
    private long start;
    private final List<EpochResult> results = new ArrayList<>();

    /** What went wrong after the work was done. */
    private final Set<String> troubles = new LinkedHashSet<>();

    /** One epoch; seconds since the training began; losses are those of the scaled target; null without a validation. */
    private record EpochResult(
            int epoch, double seconds, double loss, Double validationLoss, Double validationAccuracy) {}

    /** What {@code --json} writes. */
    private record Result(
            String version,
            String kernels,
            String jdk,
            String data,
            String target,
            String task,
            List<String> classes,
            int inputs,
            List<Integer> hidden,
            String activation,
            double dropout,
            String scaling,
            String optimizer,
            float learningRate,
            String schedule,
            Float weightDecay,
            int batch,
            long seed,
            int parameters,
            int trainingRows,
            int validationRows,
            List<EpochResult> epochs,
            int bestEpoch,
            String scoredOn,
            Score score,
            String fingerprint) {}

    @Override
    public Integer call() {
        List<Integer> sizes = checkOptions();
        jsonFile = json == null ? null : new OutputFile(json);
        modelFile = save == null ? null : new OutputFile(save);
        boolean apart = jsonFile == null || modelFile == null || !jsonFile.same(modelFile);
        expect(apart, "--save", save, "another file than that of --json");
        Main.kernels();
        try {
            train(sizes);
        } catch (OutOfMemoryError e) {
            throw new Failure("out of memory: this needs more than the heap's "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB; make --hidden or --batch smaller, or the heap larger (java -Xmx)");
        }
        return 0;
    }

    private void expect(boolean met, String option, Object given, String expected) {
        if (!met)
            throw new ParameterException(spec.commandLine(), option + " " + given + ": " + expected + " expected");
    }

    /** Checks what can be checked without the table. Returns the sizes of the hidden layers. */
    private List<Integer> checkOptions() {
        if (taskName != null) task = choice("--task", taskName, Task.values());
        scaling = choice("--scaling", scalingName.replace('-', '_'), Scaling.Kind.values());
        optimizer = OptimizerOption.of(spec.commandLine(), optimizerName);
        schedule = ScheduleOption.of(spec.commandLine(), scheduleName);
        for (Activation known : Activation.all()) if (known.toString().equals(activationName)) activation = known;
        if (activation == null)
            throw new ParameterException(
                    spec.commandLine(),
                    "--activation " + activationName + ": one of " + Activation.all() + " expected"
                            + Guess.of(activationName, new Activations()));
        expect(dropout >= 0 && dropout < 1, "--dropout", dropout, "a share from 0, below 1");
        if (learningRate == null) learningRate = optimizer.rate;
        boolean rate = learningRate > 0 && Float.isFinite(learningRate);
        expect(rate, "--learning-rate", learningRate, "positive and finite");
        boolean decays = weightDecay == null || weightDecay >= 0 && Float.isFinite(weightDecay);
        expect(decays, "--weight-decay", weightDecay, "zero or a positive finite number");
        expect(batch >= 1, "--batch", batch, "at least 1");
        expect(epochs >= 1, "--epochs", epochs, "at least 1");
        expect(patience >= 0, "--patience", patience, "at least 0");
        expect(threads >= 0 && threads <= MOST_THREADS, "--threads", threads, "0 to " + MOST_THREADS);
        boolean fraction = validation == null || validation >= 0 && validation < 1;
        expect(fraction, "--validation", validation, "a fraction from 0, below 1");
        if (resume && checkpoint == null)
            throw new ParameterException(spec.commandLine(), "--resume: the folder of --checkpoint is missing");
        // Seven digits cannot overflow, and are more than memory holds.
        boolean valid = hidden.matches("0*[1-9][0-9]{0,6}(,0*[1-9][0-9]{0,6})*");
        expect(valid, "--hidden", hidden, "sizes from 1 to 9999999, separated by commas,");
        return Arrays.stream(hidden.split(",")).map(Integer::valueOf).collect(Collectors.toList());
    }

    private <E extends Enum<E>> E choice(String option, String name, E[] values) {
        List<String> names = new ArrayList<>();
        for (E value : values) {
            names.add(value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
            if (value.name().toLowerCase(Locale.ROOT).equals(name)) return value;
        }
        String given = name.replace('_', '-');
        throw new ParameterException(
                spec.commandLine(),
                option + " " + given + ": one of " + String.join(", ", names) + " expected" + Guess.of(given, names));
    }

    /** A table's rows as data sets, and what is known of them. */
    private record Rows(
            Table table,
            Encoding encoding,
            List<String> classes,
            float[] inputs,
            int[] labels,
            float[] numbers,
            int[] scored,
            Dataset training,
            Dataset validation) {

        int inputSize() {
            return training.inputSize();
        }

        /** How good a model is on the validation rows, or else the training rows. */
        Score score(Model model) {
            int width = inputSize(), n = scored.length;
            float[] some = new float[n * width], expected = new float[n];
            int[] right = new int[n];
            for (int i = 0; i < n; i++) {
                System.arraycopy(inputs, scored[i] * width, some, i * width, width);
                if (labels == null) expected[i] = numbers[scored[i]];
                else right[i] = labels[scored[i]];
            }
            Answers answers = Answers.of(model, some);
            return labels == null
                    ? Score.ofNumbers(expected, answers.values())
                    : Score.ofClasses(right, answers.classes(), answers.values());
        }

        boolean classification() {
            return classes != null;
        }
    }

    /** Reads and encodes the table. */
    private Rows rows() {
        Table table = data.read();
        int column = data.column(table, "--target", target);
        Set<Integer> ignored = data.columns(table, "--ignore", ignore);
        Set<Integer> categories = data.columns(table, "--categorical", categorical);
        expect(!ignored.contains(column), "--ignore", ignore, "other columns than the target");
        if (table.rows() == 1)
            throw new Failure(table.file() + ": has one row only; at least two are needed to learn from");
        if (task == null) task = Encoding.isRegression(table, column) ? Task.REGRESSION : Task.CLASSIFICATION;
        List<String> classes = null;
        int[] labels = null;
        float[] numbers = null;
        if (task == Task.REGRESSION) numbers = Encoding.numbers(table, column);
        else labels = Encoding.classIndices(table, column, classes = Encoding.classes(table, column));
        Split split = split(table.rows(), labels);
        int[] trained = split == null ? all(table.rows()) : split.trainingSamples();
        Encoding encoding = Encoding.of(table, trained, column, ignored, categories);
        Encoding.Inputs inputs = encoding.inputs(table, true);
        inputs.remark(main);
        Dataset all = dataset(inputs.values(), labels, numbers, classes);
        return new Rows(
                table,
                encoding,
                classes,
                inputs.values(),
                labels,
                numbers,
                split == null ? trained : split.testSamples(),
                split == null ? all : split.training(all),
                split == null ? null : split.test(all));
    }

    /** Class indices are floats if a byte does not hold them. */
    private static Dataset dataset(float[] inputs, int[] labels, float[] numbers, List<String> classes) {
        int rows = labels == null ? numbers.length : labels.length, width = inputs.length / rows;
        if (labels == null) return Dataset.ofFloats(width, inputs, 1, numbers);
        byte[] bytes = new byte[rows];
        float[] floats = new float[rows];
        for (int i = 0; i < rows; i++) {
            bytes[i] = (byte) labels[i];
            floats[i] = labels[i];
        }
        return classes.size() <= 128
                ? Dataset.ofFloats(width, inputs, bytes, classes.size())
                : Dataset.ofFloats(width, inputs, 1, floats);
    }

    private static int[] all(int rows) {
        int[] all = new int[rows];
        for (int i = 0; i < rows; i++) all[i] = i;
        return all;
    }

    /** Null if all rows are trained on. */
    private Split split(int rows, int[] labels) {
        double fraction = validation != null ? validation : rows < FEWEST_FOR_VALIDATION ? 0 : USUAL_VALIDATION;
        if (fraction == 0 && schedule == ScheduleOption.PLATEAU)
            throw new ParameterException(
                    spec.commandLine(), "--schedule plateau: needs a validation; set --validation");
        if (fraction == 0) return null;
        try {
            return labels == null ? Split.random(rows, fraction, seed) : Split.stratified(labels, fraction, seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--validation " + fraction + ": " + e.getMessage());
        }
    }

    private void train(List<Integer> sizes) {
        Rows rows = rows();
        Scaling own = rows.classification() ? null : Scaling.ofTargets(scaling, rows.training);
        Network network = build(rows, sizes);
        if (!quiet) describe(rows, sizes, network);
        if (!quiet && Progress.onTerminal()) bar = new Progress(main.barStream());
        try (Workers workers = Workers.of(Math.max(1, threads))) {
            if (workers.count() < threads) main.remark("Threads: " + workers);
            learn(rows, own, network, workers);
        }
        Network whole = own == null || scaling == Scaling.Kind.NONE ? network : network.followedBy(own.inverse());
        finish(rows, sizes, whole);
    }

    private static Loss loss(boolean classification) {
        return classification ? Loss.SOFTMAX_CROSS_ENTROPY : Loss.MEAN_SQUARED_ERROR;
    }

    private Network build(Rows rows, List<Integer> sizes) {
        try {
            Network.Builder builder = Network.builder(rows.inputSize());
            if (scaling != Scaling.Kind.NONE)
                builder.add(Scaling.ofInputs(scaling, rows.training).layer());
            for (int outputs : sizes) {
                builder.dense(outputs, activation);
                if (dropout > 0) builder.dropout(dropout);
            }
            int outputs = rows.classification() ? rows.classes.size() : 1;
            return builder.dense(outputs, Activation.IDENTITY).build(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--hidden " + hidden + ": " + e.getMessage());
        }
    }

    private void describe(Rows rows, List<Integer> sizes, Network network) {
        String kernels = Lanewise.kernels();
        main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, System.getProperty("java.version"));
        if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
        int columns = rows.encoding.columns().size();
        main.print(
                "%s: %d rows, %d of them for the validation; %s from %d columns; target %s, %s",
                rows.table.file(),
                rows.table.rows(),
                rows.validation == null ? 0 : rows.validation.size(),
                rows.inputSize() + (rows.inputSize() == 1 ? " input" : " inputs"),
                columns,
                target,
                rows.classification() ? classes(rows.classes) : "a number");
        main.print(
                "%d-%s-%d %s, %s, %s, rate %s %s; %d parameters",
                rows.inputSize(),
                sizes.stream().map(String::valueOf).collect(Collectors.joining("-")),
                network.outputSize(),
                activation,
                loss(rows.classification()),
                optimizer,
                learningRate,
                schedule,
                network.parameterCount());
    }

    private static String classes(List<String> classes) {
        int most = 10;
        return classes.size() + " classes: "
                + String.join(", ", classes.subList(0, Math.min(most, classes.size())))
                + (classes.size() > most ? ", ..." : "");
    }

    private void learn(Rows rows, Scaling own, Network network, Workers workers) {
        Dataset training = own == null ? rows.training : rows.training.scaledTargets(own);
        long steps = (long) epochs * ((training.size() + batch - 1) / batch);
        Trainer.Builder builder = Trainer.builder(network, loss(rows.classification()))
                .optimizer(optimizer.optimizer(weightDecay))
                .regularizer(optimizer.regularizer(weightDecay))
                .learningRate(schedule.schedule(learningRate, steps))
                .batchSize(batch)
                .epochs(epochs)
                .seed(seed)
                .workers(workers)
                .listener(this);
        if (rows.validation != null)
            builder.validation(own == null ? rows.validation : rows.validation.scaledTargets(own))
                    .patience(patience);
        if (checkpoint != null) {
            Checkpoints checkpoints = Checkpoints.in(checkpoint);
            builder.checkpoints(resume ? checkpoints.resume() : checkpoints);
        }
        trainer = builder.build();
        if (bar != null) bar.begin("Training", epochs);
        start = System.nanoTime();
        try {
            trainer.train(training);
        } catch (DivergedException e) {
            throw new Failure(e.getMessage() + "; --learning-rate was " + learningRate);
        } catch (IllegalStateException e) {
            if (checkpoint == null) throw e;
            throw new Failure(e.getMessage());
        } catch (UncheckedIOException e) {
            throw new Failure(e.getMessage());
        } finally {
            if (bar != null) bar.end();
        }
    }

    @Override
    public void warning(String message) {
        main.remark(message);
    }

    @Override
    public void epochDone(Epoch epoch) {
        Double accuracy = epoch.validation() != null && epoch.validation().hasAccuracy()
                ? (Double) epoch.validation().accuracy()
                : null;
        EpochResult result = new EpochResult(
                epoch.number(),
                (System.nanoTime() - start) * 1e-9,
                epoch.loss(),
                epoch.validation() == null ? null : (Double) epoch.validation().loss(),
                accuracy);
        results.add(result);
        if (bar != null) bar.to(epoch.number());
        boolean tenth = epoch.number() % Math.max(1, epochs / 10) == 0;
        if (quiet || !tenth) return;
        if (bar != null) bar.end();
        String line = String.format(
                        Locale.ROOT,
                        "Epoch: %d, Time Spent: %.2fs, Loss: %.4f",
                        result.epoch,
                        result.seconds,
                        result.loss)
                + (result.validationLoss == null
                        ? ""
                        : String.format(Locale.ROOT, ", Validation Loss: %.4f", result.validationLoss))
                + (accuracy == null ? "" : String.format(Locale.ROOT, ", Accuracy: %.2f%%", 100 * accuracy));
        // Where the results go to files as well, a terminal or pipe that is gone is no reason to lose them.
        if (save != null || json != null) done(() -> main.print("%s", line));
        else main.print("%s", line);
        if (bar != null && epoch.number() < epochs) {
            bar.begin("Training", epochs);
            bar.to(epoch.number());
        }
    }

    /** Writes and prints, each whatever becomes of the others. */
    private void finish(Rows rows, List<Integer> sizes, Network network) {
        boolean validated = rows.validation != null;
        Model model = model(rows, network);
        Score score = rows.score(model);
        String fingerprint = network.fingerprint();
        boolean saved = modelFile != null && done(() -> modelFile.write(model));
        done(() -> {
            if (!quiet && validated && !results.isEmpty()) {
                int last = results.get(results.size() - 1).epoch;
                main.print(
                        "%s; the parameters are those of epoch %d, the best on the validation rows",
                        last < epochs
                                ? "Ended after epoch " + last + ", " + patience + " epochs without an improvement"
                                : "Ended after all " + epochs + " epochs",
                        trainer.bestEpoch());
            }
            if (!quiet && saved) main.print("Model: %s", save);
            main.print("%s, on the %s rows", score.firstLine(), validated ? "validation" : "training");
            main.print("Fingerprint: %s", fingerprint);
        });
        if (jsonFile != null)
            done(() -> jsonFile.write(new Result(
                    Lanewise.version(),
                    Lanewise.kernels(),
                    System.getProperty("java.version"),
                    rows.table.file().toString(),
                    target,
                    task.toString(),
                    rows.classes,
                    rows.inputSize(),
                    sizes,
                    activationName,
                    dropout,
                    scalingName,
                    optimizerName,
                    learningRate,
                    scheduleName,
                    weightDecay,
                    batch,
                    seed,
                    network.parameterCount(),
                    rows.training.size(),
                    validated ? rows.validation.size() : 0,
                    results,
                    trainer.bestEpoch(),
                    validated ? "validation" : "training",
                    score,
                    fingerprint)));
        if (!troubles.isEmpty()) throw new Failure(String.join("; ", troubles));
    }

    /** Whether the task was done; if not, the trouble is told at the end, so that no work is lost by it. */
    private boolean done(Runnable work) {
        try {
            work.run();
            return true;
        } catch (Failure e) {
            troubles.add(e.getMessage());
        } catch (OutOfMemoryError e) {
            troubles.add("out of memory for the results; make the heap larger (java -Xmx)");
        }
        return false;
    }

    private Model model(Rows rows, Network network) {
        return Model.builder(network, loss(rows.classification()))
                .name(String.valueOf(rows.table.file().getFileName()).replaceFirst("(\\.csv)?(\\.gz)?$", ""))
                .labels(rows.classification() ? rows.classes : List.of(target))
                .metadata(Encoding.KEY, rows.encoding.json())
                .metadata("made by", "Lanewise " + Lanewise.version())
                .metadata("epochs", String.valueOf(results.size()))
                .metadata("seed", String.valueOf(seed))
                .build();
    }
}
