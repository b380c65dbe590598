package lanewise.examples;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
import lanewise.train.Predictions;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import lanewise.train.UpdateRule;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.schedule.ScheduleKind;
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
            "Only --data and --target are needed. Numbers are standardised by a layer of the network, so a saved model takes"
                    + " rows as they are in the table; texts become categories. Of tables with "
                    + Train.MANY_ROWS
                    + " rows or more, a fifth is not trained on: training ends when the network has not"
                    + " become better on it for a while, and the best parameters are kept. Smaller tables need all their"
                    + " rows; dropout and weight decay keep the network from learning them by heart. Equal options give"
                    + " equal fingerprints on every machine.",
            ""
        })
final class Train implements Callable<Integer>, TrainingListener {

    private static final int MOST_THREADS = 1024;

    private static final Duration CHECKPOINT_TIME = Duration.ofSeconds(5);

    /** Epochs that are printed, about. */
    private static final int LINES = 10;

    /** From so many rows on a part of them is for the validation. */
    static final int MANY_ROWS = 1000;

    private static final double USUAL_VALIDATION = 0.2, USUAL_DROPOUT = 0.3;

    /** Rate with which Adam needs about so many steps on small tables. */
    private static final float USUAL_RATE = 0.003f;

    private static final int USUAL_STEPS = 1000, FEWEST_EPOCHS = 50;

    /** Share of a weight that is lost in a step. */
    private static final double USUAL_LOSS = 0.009;

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
            completionCandidates = TrainingOptions.Activations.class,
            description = "Of the hidden layers: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String activationName;

    @Option(
            names = "--dropout",
            paramLabel = "X",
            description =
                    "Share of each hidden layer's units that is dropped in a step, from 0, below 1. Default: 0.3, of tables"
                            + " with " + MANY_ROWS + " rows or more 0.")
    private Double dropout;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "adam",
            completionCandidates = TrainingOptions.Optimizers.class,
            description = "How parameters follow from their gradient: ${COMPLETION-CANDIDATES}. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String optimizerName;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description =
                    "The first step's; of one-cycle the highest. Default: 0.003 of adam, amsgrad, adamw and nadam; 0.001"
                            + " of rmsprop; 0.01 of momentum, nesterov and adagrad; 0.1 of sgd; 1 of adadelta.")
    private Float learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            defaultValue = "linear",
            completionCandidates = TrainingOptions.Schedules.class,
            description = "How the learning rate changes: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String scheduleName;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description =
                    "Times the learning rate: the share of a weight that is lost in a step. Default: 0.009 divided by the"
                            + " learning rate; of tables with " + MANY_ROWS + " rows or more 0, of adamw then 0.01.")
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
            description = "How often the training rows are gone through, at most. Default: 50, or as many as "
                    + USUAL_STEPS + " steps need.")
    private Integer epochs;

    @Option(
            names = "--validation",
            paramLabel = "FRACTION",
            description =
                    "Share of the rows on which the network is tried after each epoch and which it is not trained on,"
                            + " chosen by the seed; 0 for none. Default: 0.2, of tables with fewer than " + MANY_ROWS
                            + " rows 0.")
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
            description =
                    "Writes all that is needed to go on to this folder, every five seconds, when the training ends, and"
                            + " when Ctrl-C ends it.")
    private Path checkpoint;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Steps between two checkpoints, in place of five seconds.")
    private Integer checkpointEvery;

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
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Writes a page about the training to this file, HTML that needs no network: learning curves,"
                            + " confusion matrix and calibration or predicted against true numbers, settings; whole or not at all.")
    private Path report;

    @Option(
            names = "--quiet",
            description = "Prints the last two lines only: how good the network is, and its fingerprint.")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    private Task task;
    private Activation activation;
    private OptimizerKind optimizer;
    private ScheduleKind schedule;
    private Scaling.Kind scaling;
    private OutputFile modelFile;
    private OutputFile jsonFile;
    private OutputFile reportFile;
    private Trainer trainer;
    private Progress bar;
    private long start;

    /** Of the whole training. */
    private long steps;

    private final List<TrainResult.Epoch> results = new ArrayList<>();

    /** What went wrong after the work was done. */
    private final Set<String> troubles = new LinkedHashSet<>();

    @Override
    public Integer call() {
        List<Integer> sizes = checkOptions();
        jsonFile = json == null ? null : new OutputFile(json);
        modelFile = save == null ? null : new OutputFile(save);
        reportFile = report == null ? null : new OutputFile(report);
        expect(apart(jsonFile, modelFile), "--save", save, "another file than that of --json");
        expect(apart(jsonFile, reportFile), "--report", report, "another file than that of --json");
        expect(apart(modelFile, reportFile), "--report", report, "another file than that of --save");
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

    private static boolean apart(OutputFile one, OutputFile other) {
        return one == null || other == null || !one.same(other);
    }

    private void expect(boolean met, String option, Object given, String expected) {
        if (!met)
            throw new ParameterException(spec.commandLine(), option + " " + given + ": " + expected + " expected");
    }

    /** Checks what can be checked without the table. Returns the sizes of the hidden layers. */
    private List<Integer> checkOptions() {
        if (taskName != null) task = choice("--task", taskName, Task.values());
        scaling = choice("--scaling", scalingName.replace('-', '_'), Scaling.Kind.values());
        optimizer = TrainingOptions.optimizer(spec.commandLine(), optimizerName);
        schedule = TrainingOptions.schedule(spec.commandLine(), scheduleName);
        activation = TrainingOptions.activation(spec.commandLine(), activationName);
        expect(dropout == null || dropout >= 0 && dropout < 1, "--dropout", dropout, "a share from 0, below 1");
        if (learningRate == null) learningRate = usualRate();
        boolean rate = learningRate > 0 && Float.isFinite(learningRate);
        expect(rate, "--learning-rate", learningRate, "positive and finite");
        boolean decays = weightDecay == null || weightDecay >= 0 && Float.isFinite(weightDecay);
        expect(decays, "--weight-decay", weightDecay, "zero or a positive finite number");
        expect(batch >= 1, "--batch", batch, "at least 1");
        expect(epochs == null || epochs >= 1, "--epochs", epochs, "at least 1");
        expect(patience >= 0, "--patience", patience, "at least 0");
        expect(threads >= 0 && threads <= MOST_THREADS, "--threads", threads, "0 to " + MOST_THREADS);
        boolean fraction = validation == null || validation >= 0 && validation < 1;
        expect(fraction, "--validation", validation, "a fraction from 0, below 1");
        boolean often = checkpointEvery == null || checkpointEvery >= 1;
        expect(often, "--checkpoint-every", checkpointEvery, "at least 1");
        if ((resume || checkpointEvery != null) && checkpoint == null)
            throw new ParameterException(
                    spec.commandLine(),
                    (resume ? "--resume" : "--checkpoint-every") + ": the folder of --checkpoint is missing");
        return TrainingOptions.sizes(spec.commandLine(), hidden);
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

    /** Reads, divides and encodes the table. */
    private TrainingTable table() {
        Table table = data.read();
        int column = data.column(table, "--target", target);
        Set<Integer> ignored = data.columns(table, "--ignore", ignore);
        Set<Integer> categories = data.columns(table, "--categorical", categorical);
        expect(!ignored.contains(column), "--ignore", ignore, "other columns than the target");
        if (table.rows() == 1)
            throw new Failure(table.file() + ": has one row only; at least two are needed to learn from");
        if (task == null) task = Encoding.isRegression(table, column) ? Task.REGRESSION : Task.CLASSIFICATION;
        double fraction = validation != null ? validation : table.rows() < MANY_ROWS ? 0 : USUAL_VALIDATION;
        if (fraction == 0 && schedule == ScheduleKind.PLATEAU)
            throw new ParameterException(
                    spec.commandLine(), "--schedule plateau: needs a validation; set --validation");
        TrainingTable.Target answers = TrainingTable.Target.of(table, column, task == Task.REGRESSION);
        Split split = null;
        try {
            if (fraction > 0) split = answers.split(fraction, seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--validation " + fraction + ": " + e.getMessage());
        }
        return TrainingTable.of(table, answers, split, ignored, categories, main);
    }

    private float usualRate() {
        return switch (optimizer) {
            case ADAM, AMSGRAD, ADAMW, NADAM -> USUAL_RATE;
            default -> optimizer.usualRate();
        };
    }

    /** Sets those options that were not given and whose defaults depend on the number of rows. */
    private void setDefaults(int rows, int trainingRows) {
        long stepsOfAnEpoch = ((long) trainingRows + batch - 1) / batch;
        if (dropout == null) dropout = rows < MANY_ROWS ? USUAL_DROPOUT : 0;
        if (epochs == null) epochs = (int) Math.max(FEWEST_EPOCHS, (USUAL_STEPS + stepsOfAnEpoch - 1) / stepsOfAnEpoch);
        steps = epochs * stepsOfAnEpoch;
        if (weightDecay == null && rows < MANY_ROWS) weightDecay = (float) (USUAL_LOSS / learningRate);
    }

    private void train(List<Integer> sizes) {
        TrainingTable rows = table();
        setDefaults(rows.table().rows(), rows.training().size());
        Scaling own = rows.classification() ? null : Scaling.ofTargets(scaling, rows.training());
        Network network = build(rows, sizes);
        if (!quiet) describe(rows, sizes, network);
        if (!quiet && Progress.onTerminal()) bar = new Progress(main.barStream());
        try (Workers workers = Workers.of(Math.max(1, threads))) {
            if (workers.count() < threads) main.remark("Threads: " + workers);
            main.interruption().begin(checkpoint != null);
            if (!learn(rows, own, network, workers)) {
                if (checkpoint != null && main.interruption().happened())
                    main.remark(main.interruption().howToGoOn(checkpoint));
                return;
            }
        }
        finish(rows, sizes, own == null || scaling == Scaling.Kind.NONE ? network : network.followedBy(own.inverse()));
    }

    private static Loss loss(boolean classification) {
        return classification ? Loss.SOFTMAX_CROSS_ENTROPY : Loss.MEAN_SQUARED_ERROR;
    }

    private Network build(TrainingTable rows, List<Integer> sizes) {
        try {
            Network.Builder builder = Network.builder(rows.inputSize());
            if (scaling != Scaling.Kind.NONE)
                builder.add(Scaling.ofInputs(scaling, rows.training()).layer());
            for (int outputs : sizes) {
                builder.dense(outputs, activation);
                if (dropout > 0) builder.dropout(dropout);
            }
            int outputs = rows.classification() ? rows.classes().size() : 1;
            return builder.dense(outputs, Activation.IDENTITY).build(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--hidden " + hidden + ": " + e.getMessage());
        }
    }

    private void describe(TrainingTable rows, List<Integer> sizes, Network network) {
        String kernels = Lanewise.kernels();
        main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, System.getProperty("java.version"));
        if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
        int columns = rows.encoding().columns().size();
        main.print(
                "%s: %d rows, %d of them for the validation; %s from %d columns; target %s, %s",
                rows.table().file(),
                rows.table().rows(),
                rows.validation() == null ? 0 : rows.validation().size(),
                rows.inputSize() + (rows.inputSize() == 1 ? " input" : " inputs"),
                columns,
                target,
                rows.classification() ? classes(rows.classes()) : "a number");
        main.print(
                "%d-%s-%d %s, dropout %s, %s, %s, rate %s %s%s; %d parameters; %d epochs in batches of %d",
                rows.inputSize(),
                sizes.stream().map(String::valueOf).collect(Collectors.joining("-")),
                network.outputSize(),
                activation,
                dropout,
                loss(rows.classification()),
                optimizer,
                learningRate,
                schedule,
                weightDecay == null ? "" : ", weight decay " + weightDecay,
                network.parameterCount(),
                epochs,
                batch);
    }

    private static String classes(List<String> classes) {
        int most = 10;
        return classes.size() + " classes: "
                + String.join(", ", classes.subList(0, Math.min(most, classes.size())))
                + (classes.size() > most ? ", ..." : "");
    }

    /** Returns whether the training was not stopped. */
    private boolean learn(TrainingTable rows, Scaling own, Network network, Workers workers) {
        Dataset training = own == null ? rows.training() : rows.training().scaledTargets(own);
        UpdateRule rule = TrainingOptions.rule(optimizer, weightDecay);
        Trainer.Builder builder = Trainer.builder(network, loss(rows.classification()))
                .optimizer(rule.optimizer())
                .regularizer(rule.regularizer())
                .learningRate(schedule.schedule(learningRate, steps))
                .batchSize(batch)
                .epochs(epochs)
                .seed(seed)
                .workers(workers)
                .listener(this);
        if (rows.validation() != null)
            builder.validation(
                            own == null ? rows.validation() : rows.validation().scaledTargets(own))
                    .patience(patience);
        if (checkpoint != null) {
            Checkpoints checkpoints = Checkpoints.in(checkpoint).everyEpochs(0);
            checkpoints = checkpointEvery == null
                    ? checkpoints.every(CHECKPOINT_TIME)
                    : checkpoints.everySteps(checkpointEvery);
            builder.checkpoints(resume ? checkpoints.resume() : checkpoints);
        }
        trainer = builder.build();
        start = System.nanoTime();
        try {
            return trainer.train(training);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--batch " + batch + " with --hidden " + hidden + ": " + e.getMessage());
        } catch (DivergedException e) {
            throw new Failure(e.getMessage() + "; --learning-rate was " + learningRate);
        } catch (IllegalStateException e) {
            if (checkpoint == null) throw e;
            throw new Failure("--checkpoint: " + e.getMessage());
        } catch (UncheckedIOException e) {
            throw new Failure("--checkpoint: " + e.getMessage());
        } finally {
            if (bar != null) bar.end();
        }
    }

    @Override
    public void warning(String message) {
        above(() -> main.remark("train: " + message));
    }

    /** Prints something in the place of the bar, if there is one. */
    private void above(Runnable printing) {
        if (bar == null) printing.run();
        else bar.above(printing);
    }

    @Override
    public void started(Trainer begun) {
        main.interruption().stops(begun);
        if (bar != null) bar.begin("Training", (int) Math.min(steps, Integer.MAX_VALUE));
    }

    @Override
    public void batchDone(int epoch, int samplesDone, int samples, double loss) {
        if (bar == null) return;
        long done = (epoch - 1) * (steps / epochs) + (samplesDone + batch - 1L) / batch;
        bar.to((int) Math.min(done, Integer.MAX_VALUE));
    }

    @Override
    public void epochDone(Epoch epoch) {
        Double accuracy = epoch.validation() != null && epoch.validation().hasAccuracy()
                ? (Double) epoch.validation().accuracy()
                : null;
        TrainResult.Epoch result = new TrainResult.Epoch(
                epoch.number(),
                (System.nanoTime() - start) * 1e-9,
                epoch.loss(),
                epoch.validation() == null ? null : (Double) epoch.validation().loss(),
                accuracy);
        results.add(result);
        boolean tenth = epoch.number() % Math.max(1, epochs / LINES) == 0;
        if (tenth && !quiet) {
            String line = String.format(
                            Locale.ROOT,
                            "Epoch: %d, Time Spent: %.2fs, Loss: %.4f",
                            result.epoch(),
                            result.seconds(),
                            result.loss())
                    + (result.validationLoss() == null
                            ? ""
                            : String.format(Locale.ROOT, ", Validation Loss: %.4f", result.validationLoss()))
                    + (accuracy == null
                            ? ""
                            : String.format(Locale.ROOT, ", Validation Accuracy: %.2f%%", 100 * accuracy));
            // Where the results go to files as well, a terminal or pipe that is gone is no reason to lose them.
            boolean files = save != null || json != null || report != null;
            above(files ? () -> done(() -> main.print("%s", line)) : () -> main.print("%s", line));
        }
    }

    /** Writes and prints, each whatever becomes of the others. */
    private void finish(TrainingTable rows, List<Integer> sizes, Network network) {
        boolean validated = rows.validation() != null;
        String scoredOn = validated ? "validation" : "training";
        Model model = model(rows, network);
        Predictions predictions = Predictions.of(model, rows.scored());
        Score score = Score.of(model, predictions, rows.scored());
        String fingerprint = network.fingerprint();
        boolean saved = modelFile != null && done(() -> modelFile.write(model));
        TrainResult result = new TrainResult(
                Lanewise.version(),
                Lanewise.kernels(),
                trainer.kernels(),
                System.getProperty("java.version"),
                rows.table().file().toString(),
                target,
                task.toString(),
                rows.classes(),
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
                rows.training().size(),
                validated ? rows.validation().size() : 0,
                results,
                validated ? trainer.bestEpoch() : null,
                scoredOn,
                score,
                fingerprint);
        done(() -> {
            if (!quiet && trainer.bestEpoch() > 0)
                main.print(
                        "Best epoch: %d of %d, Validation Loss: %.4f",
                        trainer.bestEpoch(),
                        trainer.progress().epoch() - 1,
                        Collections.min(trainer.validationLosses()));
            if (!quiet && saved) main.print("Model: %s", save);
            main.print("%s, on the %s rows", score.firstLine(), scoredOn);
            main.print("Fingerprint: %s", fingerprint);
        });
        if (jsonFile != null) done(() -> jsonFile.write(result));
        if (reportFile != null) done(() -> reportFile.write(page(result, rows, predictions)));
        if (!troubles.isEmpty()) throw new Failure(String.join("; ", troubles));
    }

    private Report page(TrainResult result, TrainingTable rows, Predictions predictions) {
        Report page = result.report(trainer.validationLosses());
        Dataset scored = rows.scored();
        String of = scored.size() + " " + result.scoredOn() + " rows";
        float[] values = predictions.values();
        if (!rows.classification()) return page.numbers(of, target, scored.targets(), values);
        int[] predicted = predictions.classes();
        float[] confidence = new float[predicted.length];
        for (int i = 0; i < confidence.length; i++)
            confidence[i] = values[i * rows.classes().size() + predicted[i]];
        return page.classes(of, rows.classes(), scored.labels(), predicted, confidence);
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

    private Model model(TrainingTable rows, Network network) {
        return Model.builder(network, loss(rows.classification()))
                .name(String.valueOf(rows.table().file().getFileName()).replaceFirst("(\\.csv)?(\\.gz)?$", ""))
                .labels(rows.classification() ? rows.classes() : List.of(target))
                .metadata(Encoding.KEY, rows.encoding().json())
                .metadata("made by", "Lanewise " + Lanewise.version())
                .metadata("epochs", String.valueOf(trainer.progress().epoch() - 1))
                .metadata("seed", String.valueOf(seed))
                .build();
    }
}
