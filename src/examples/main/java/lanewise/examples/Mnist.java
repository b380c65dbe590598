package lanewise.examples;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Initializer;
import lanewise.layer.Loss;
import lanewise.train.DivergedException;
import lanewise.train.Evaluation;
import lanewise.train.Sharing;
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

/** Trains a classifier of handwritten digits and says how good it has become. */
@Command(
        name = "mnist",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Trains a classifier of handwritten digits and says how good it has become.",
            "",
            "By default: stochastic gradient descent, sample by sample, on sigmoid layers with a softmax and the"
                    + " cross-entropy; Glorot's initialisation; pixels scaled to [0, 1]; another order of the samples in"
                    + " every epoch. Equal options give equal fingerprints on every machine.",
            ""
        })
final class Mnist implements Callable<Integer>, TrainingListener {

    private static final Loss LOSS = Loss.SOFTMAX_CROSS_ENTROPY;
    private static final String STANDARD = "standard";

    private static final int MOST_THREADS = 1024;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of four IDX files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte,"
                    + " t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. Images of unsigned bytes are scaled to [0, 1],"
                    + " those of other numbers are taken as they are. Default: the program's own copy of MNIST.")
    private Path data;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            completionCandidates = Preset.Names.class,
            description =
                    "Other defaults, by name: ${COMPLETION-CANDIDATES}, which reaches 99.4 % in some ten minutes on"
                            + " two cores and is " + Preset.RECORD_OPTIONS + ".")
    private String preset;

    @Option(
            names = "--classes",
            paramLabel = "N",
            defaultValue = "" + Digits.CLASSES,
            description = "Number of classes, 26 for the letters of EMNIST. Default: ${DEFAULT-VALUE}.")
    private int classes;

    @Option(
            names = "--first-label",
            paramLabel = "N",
            defaultValue = "0",
            description = "Label of the first class, 1 for the letters of EMNIST. Default: ${DEFAULT-VALUE}.")
    private int firstLabel;

    @Option(
            names = "--split",
            paramLabel = "standard|FRACTION",
            defaultValue = STANDARD,
            description = "Which samples are for the test: those of the t10k files, or this fraction of all samples,"
                    + " such as 0.15, chosen by the seed. Default: ${DEFAULT-VALUE}.")
    private String split;

    @Option(
            names = "--hidden",
            paramLabel = "N,...",
            defaultValue = "128,64",
            description = "Sizes of the hidden layers. Default: ${DEFAULT-VALUE}.")
    private String hidden;

    @Option(
            names = "--activation",
            paramLabel = "NAME",
            defaultValue = "sigmoid",
            completionCandidates = TrainingOptions.Activations.class,
            description = "Of the hidden layers: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String activation;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "10",
            description = "How often the training samples are gone through. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "1",
            description = "Samples per step; the gradient is their mean. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that share a step where that makes it faster, and the evaluation; 0 is 1. The"
                    + " fingerprint is the same for any number. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description = "Rate of the first step; it falls linearly to zero. Default: 0.1 for each sample of a batch,"
                    + " at most 1.6; with another activation than sigmoid 0.01 for each, at most 0.1; with another"
                    + " optimizer than sgd that optimizer's usual one.")
    private Float learningRate;

    @Option(names = "--constant-rate", description = "The rate does not fall.")
    private boolean constantRate;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "sgd",
            completionCandidates = TrainingOptions.Optimizers.class,
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String optimizer;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            completionCandidates = TrainingOptions.Schedules.class,
            description = "How the learning rate changes: ${COMPLETION-CANDIDATES}. Default: linear.")
    private String schedule;

    @Option(
            names = "--dropout",
            paramLabel = "RATE",
            defaultValue = "0",
            description = "Share of each hidden layer's outputs that a step leaves out. Default: ${DEFAULT-VALUE}.")
    private double dropout;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "Each step takes the learning rate times X of each weight away. Default: 0.01 with adamw,"
                    + " else 0.")
    private Float weightDecay;

    @Option(
            names = "--augment",
            description = "Deforms each training image anew in every epoch: turns, scales, shears, shifts and bends it"
                    + " a little, by the seed. For images of bytes.")
    private boolean augment;

    @Option(
            names = "--augment-threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of their own that deform the next epoch's images during the current epoch. Default:"
                    + " 0, those of --threads do it between the epochs.")
    private int augmentThreads;

    @Option(
            names = "--average",
            paramLabel = "DECAY",
            defaultValue = "0",
            description = "Evaluates and keeps an exponential moving average of the parameters, 0.999 for example."
                    + " Default: 0, none.")
    private double average;

    @Option(
            names = "--validation",
            paramLabel = "FRACTION",
            defaultValue = "0",
            description = "Share of the training samples, chosen by the seed, that is not trained on. The parameters"
                    + " with the smallest loss on it are kept. Default: 0, none.")
    private double validationShare;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "0",
            description = "Ends the training after N epochs without a smaller loss on the validation samples. Default:"
                    + " 0, it does not.")
    private int patience;

    @Mixin
    private CheckpointOptions checkpoint;

    @Option(
            names = "--no-bias",
            description = "The historical form: layers without biases, weights normally distributed with variance"
                    + " 1 / fan-in.")
    private boolean noBias;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides initial weights, the order of samples and a split. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--limit", paramLabel = "N", description = "Trains on the first N training samples only.")
    private Integer limit;

    @Option(names = "--quiet", description = "Prints the last epoch's line and the fingerprint only.")
    private boolean quiet;

    @Option(
            names = "--progress",
            description = "Shows a progress bar on standard error if there is no terminal; on a terminal it is always"
                    + " there.")
    private boolean progress;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed, and the options, to this file, too; whole or not at all.")
    private Path json;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Writes a page about the training to this file: learning curves, confusions, calibration,"
                    + " the most confidently wrong images, the first layer's weights, and the settings; whole or not at"
                    + " all.")
    private Path report;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description =
                    "Writes the trained model to this file, for the commands classify, latency and serve; whole or"
                            + " not at all.")
    private Path save;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    private Digits digits;
    private Dataset training;

    /** Null if there is none. */
    private Dataset validation;

    /** Null if images are not deformed. */
    private Augmentation augmentation;

    private OptimizerKind optimizerKind;
    private ScheduleKind scheduleKind;
    private Network network;
    private long start;
    private final List<MnistResult.Epoch> results = new ArrayList<>();
    private final List<Sharing> sharing = new ArrayList<>();
    private Workers workers;
    private Trainer trainer;
    private Progress bar;
    private OutputFile modelFile;
    private OutputFile reportFile;

    /** Of the network as it is at the end, on the test samples. */
    private double accuracy;

    /** What went wrong after the work was done. */
    private final Set<String> troubles = new LinkedHashSet<>();

    @Override
    public Integer call() {
        if (preset != null) Preset.of(spec.commandLine(), preset).apply(spec.commandLine());
        List<Integer> sizes = TrainingOptions.sizes(spec.commandLine(), hidden);
        Activation function = TrainingOptions.activation(spec.commandLine(), activation);
        double fraction = checkedSplit();
        expect(classes >= 2 && classes <= Digits.MOST_CLASSES, "--classes", classes, "2 to " + Digits.MOST_CLASSES);
        expect(firstLabel <= Integer.MAX_VALUE - classes, "--first-label", firstLabel, "a smaller one");
        expect(epochs >= 1, "--epochs", epochs, "at least 1");
        expect(batch >= 1, "--batch", batch, "at least 1");
        expect(threads >= 0 && threads <= MOST_THREADS, "--threads", threads, "0 to " + MOST_THREADS);
        checkNewerOptions();
        if (learningRate == null) learningRate = usualRate(function);
        expect(
                learningRate > 0 && Float.isFinite(learningRate),
                "--learning-rate",
                learningRate,
                "positive and finite");
        expect(limit == null || limit >= 1, "--limit", limit, "at least 1");
        OutputFile file = json == null ? null : new OutputFile(json);
        modelFile = save == null ? null : new OutputFile(save);
        reportFile = report == null ? null : new OutputFile(report);
        expect(apart(file, modelFile), "--save", save, "another file than that of --json");
        expect(apart(file, reportFile), "--report", report, "another file than that of --json");
        expect(apart(modelFile, reportFile), "--report", report, "another file than that of --save");
        String kernels = Main.kernels();
        try {
            digits = Digits.load(data, classes, firstLabel);
            if (fraction > 0) {
                digits = digits.split(fraction, seed);
                boolean parted = digits.training().size() > 0 && digits.test().size() > 0;
                expect(parted, "--split", split, "samples on both sides");
            }
            if (limit != null) digits = digits.limit(limit);
            part();
            network = build(sizes, function);
            List<Integer> layers = new ArrayList<>(sizes);
            layers.add(0, network.inputSize());
            layers.add(network.outputSize());
            try (Workers some = Workers.of(Math.max(1, threads))) {
                workers = some;
                if (some.count() < threads) main.remark("Threads: " + some);
                main.interruption().begin(checkpoint.folder() != null);
                try (Augmentation deformed = augment ? augmentation() : null) {
                    augmentation = deformed;
                    train(kernels, layers, function, file);
                }
            }
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

    private void checkNewerOptions() {
        optimizerKind = TrainingOptions.optimizer(spec.commandLine(), optimizer);
        if (schedule == null) scheduleKind = constantRate ? ScheduleKind.CONSTANT : ScheduleKind.LINEAR;
        else scheduleKind = TrainingOptions.schedule(spec.commandLine(), schedule);
        expect(schedule == null || !constantRate, "--schedule", schedule, "no --constant-rate beside it");
        expect(dropout >= 0 && dropout < 1, "--dropout", dropout, "0 or a share below 1");
        boolean decays = weightDecay == null || weightDecay >= 0 && Float.isFinite(weightDecay);
        expect(decays, "--weight-decay", weightDecay, "zero or a positive finite number");
        boolean fit = augmentThreads >= 0 && augmentThreads <= MOST_THREADS;
        expect(fit, "--augment-threads", augmentThreads, "0 to " + MOST_THREADS);
        expect(augmentThreads == 0 || augment, "--augment-threads", augmentThreads, "--augment beside it");
        expect(average >= 0 && average < 1, "--average", average, "0 or a decay below 1");
        boolean share = validationShare >= 0 && validationShare < 1;
        expect(share, "--validation", validationShare, "0 or a fraction below 1");
        expect(patience >= 0, "--patience", patience, "at least 0");
        expect(patience == 0 || validationShare > 0, "--patience", patience, "--validation FRACTION beside it");
        boolean plateau = scheduleKind == ScheduleKind.PLATEAU && validationShare == 0;
        expect(!plateau, "--schedule", schedule, "--validation FRACTION beside it");
        checkpoint.check(spec.commandLine());
    }

    private float usualRate(Activation function) {
        if (optimizerKind != OptimizerKind.SGD) return optimizerKind.usualRate();
        return function == Activation.SIGMOID ? Math.min(0.1f * batch, 1.6f) : Math.min(0.01f * batch, 0.1f);
    }

    /** Those of the newer options that are not left at their default, for people and programs. */
    private Map<String, String> newerOptions() {
        Map<String, String> given = new LinkedHashMap<>();
        if (optimizerKind != OptimizerKind.SGD) given.put("optimizer", optimizer);
        if (schedule != null) given.put("schedule", schedule);
        if (dropout > 0) given.put("dropout", String.valueOf(dropout));
        if (weightDecay != null) given.put("weight-decay", String.valueOf(weightDecay));
        if (augment) given.put("augment", Deformation.HANDWRITING.toString());
        if (average > 0) given.put("average", String.valueOf(average));
        if (validationShare > 0) given.put("validation", String.valueOf(validationShare));
        if (patience > 0) given.put("patience", String.valueOf(patience));
        return given;
    }

    /** Parts the training samples into those to train on and those for the validation. */
    private void part() {
        training = digits.training();
        if (validationShare == 0) return;
        int count = (int) Math.round(validationShare * training.size());
        expect(count > 0 && count < training.size(), "--validation", validationShare, "samples on both sides");
        Dataset shuffled = training.shuffled(seed);
        validation = shuffled.range(0, count);
        training = shuffled.range(count, shuffled.size());
    }

    private Augmentation augmentation() {
        Digits.Shape shape = digits.shape();
        if (!shape.bytes() || shape.columns() == 0)
            throw new Failure("--augment: images of unsigned bytes, in rows and columns, expected");
        return new Augmentation(training, Deformation.HANDWRITING, shape.columns(), seed, workers, augmentThreads);
    }

    /** The test fraction, 0 for the standard split. */
    private double checkedSplit() {
        if (split.equals(STANDARD)) return 0;
        double fraction;
        try {
            fraction = Double.parseDouble(split);
        } catch (NumberFormatException e) {
            fraction = Double.NaN;
        }
        if (fraction > 0 && fraction < 1) return fraction;
        throw new ParameterException(
                spec.commandLine(),
                "--split " + split + ": " + STANDARD + " or a fraction between 0 and 1 expected"
                        + Guess.of(split, List.of(STANDARD)));
    }

    private Network build(List<Integer> sizes, Activation function) {
        try {
            Network.Builder builder = Network.builder(digits.training().inputSize());
            int inputs = digits.training().inputSize();
            for (int outputs : sizes) {
                builder.add(dense(inputs, outputs, function));
                if (dropout > 0) builder.dropout(dropout);
                inputs = outputs;
            }
            return builder.add(dense(inputs, classes, Activation.IDENTITY)).build(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--hidden " + hidden + ": " + e.getMessage());
        }
    }

    private Dense dense(int inputs, int outputs, Activation function) {
        Dense layer = Dense.of(inputs, outputs, function);
        return noBias ? layer.withoutBias().withInitializer(Initializer.LECUN_NORMAL) : layer;
    }

    /** Trains; then writes and prints, each whatever becomes of the others, unless the training was stopped. */
    private void train(String kernels, List<Integer> layers, Activation function, OutputFile file) {
        String jdk = System.getProperty("java.version");
        int trainingSamples = training.size(), testSamples = digits.test().size();
        if (!quiet) {
            main.print("Lanewise %s, %s, JDK %s", Lanewise.version(), kernels, jdk);
            if (kernels.startsWith("scalar")) main.remark("Scalar kernels: " + Lanewise.kernelsReason());
            main.print(
                    "%s %s, %s, %d parameters; %d training samples, %d test samples",
                    layers.stream().map(String::valueOf).collect(Collectors.joining("-")),
                    function,
                    LOSS,
                    network.parameterCount(),
                    trainingSamples,
                    testSamples);
        }
        if (progress || !quiet && Progress.onTerminal()) bar = new Progress(main.barStream());
        if (!learn()) {
            if (checkpoint.folder() != null && main.interruption().happened())
                main.remark(main.interruption().howToGoOn(checkpoint.folder()));
            return;
        }
        double fastest = results.stream()
                .mapToDouble(MnistResult.Epoch::samplesPerSecond)
                .max()
                .orElse(0);
        accuracy = validation == null && !results.isEmpty()
                ? results.get(results.size() - 1).accuracy()
                : Evaluation.of(network, LOSS, digits.test(), workers).accuracy();
        String fingerprint = network.fingerprint();
        boolean saved = modelFile != null && done(() -> modelFile.write(model()));
        Map<String, String> options = newerOptions();
        MnistResult result = new MnistResult(
                Lanewise.version(),
                kernels,
                Lanewise.kernelsReason(),
                trainer.kernels(),
                jdk,
                layers,
                function.toString(),
                !noBias,
                LOSS.toString(),
                network.parameterCount(),
                data == null ? "MNIST" : data.toString(),
                split,
                firstLabel,
                trainingSamples,
                testSamples,
                batch,
                learningRate,
                constantRate,
                seed,
                workers.count(),
                sharing.stream().mapToLong(Sharing::steps).sum(),
                sharing.stream().mapToLong(Sharing::shared).sum(),
                options.isEmpty() ? null : options,
                results,
                validation == null ? null : trainer.bestEpoch(),
                fastest,
                fingerprint);
        done(() -> {
            if (trainer.bestEpoch() > 0)
                main.print(
                        "Best epoch: %d, Validation Loss: %.4f, Accuracy: %.2f%%",
                        trainer.bestEpoch(), Collections.min(trainer.validationLosses()), 100 * accuracy);
            else if (results.isEmpty()) main.print("The training had ended, with Accuracy: %.2f%%", 100 * accuracy);
            boolean trained = !quiet && !results.isEmpty();
            if (trained) main.print("Training: %.0f samples/s (best epoch, evaluation left out)", fastest);
            if (trained) main.print("Kernels: %s", trainer.kernels());
            if (trained && threads > 1) main.print("Last epoch: %s", sharing.get(sharing.size() - 1));
            if (!quiet && saved) main.print("Model: %s", save);
            main.print("Fingerprint: %s", fingerprint);
        });
        if (file != null) done(() -> file.write(result));
        if (reportFile != null) done(() -> reportFile.write(report(result)));
        if (!troubles.isEmpty()) throw new Failure(String.join("; ", troubles));
    }

    /** Whether the task was done; if not, the trouble is told at the end, so that no work is lost by it. */
    private boolean done(Runnable task) {
        try {
            task.run();
            return true;
        } catch (Failure e) {
            troubles.add(e.getMessage());
        } catch (OutOfMemoryError e) {
            troubles.add("out of memory for the results; make the heap larger (java -Xmx)");
        }
        return false;
    }

    private Model model() {
        return Model.builder(network, LOSS)
                .name(data == null ? "mnist" : "digits")
                .labels(labels())
                .metadata("accuracy", String.format(Locale.ROOT, "%.4f", accuracy))
                .metadata("epochs", String.valueOf(epochs))
                .metadata("made by", "Lanewise " + Lanewise.version())
                .metadata("seed", String.valueOf(seed))
                .build();
    }

    private List<String> labels() {
        return IntStream.range(firstLabel, firstLabel + classes)
                .mapToObj(String::valueOf)
                .toList();
    }

    private Report report(MnistResult result) {
        Report page = result.report(
                accuracy, trainer.validationLosses(), trainer.progress().step(), epochs);
        DigitsReport.add(page, network, LOSS, digits, labels(), workers);
        return page;
    }

    /** Returns whether the training has ended by itself. */
    private boolean learn() {
        long steps = (long) epochs * ((training.size() + batch - 1L) / batch);
        UpdateRule rule = TrainingOptions.rule(optimizerKind, weightDecay);
        trainer = Trainer.builder(network, LOSS)
                .learningRate(scheduleKind.schedule(learningRate, steps))
                .optimizer(rule.optimizer())
                .regularizer(rule.regularizer())
                .averaging(average)
                .validation(validation)
                .patience(patience)
                .checkpoints(checkpoint.checkpoints())
                .batchSize(batch)
                .epochs(epochs)
                .seed(seed)
                .workers(workers)
                .listener(this)
                .build();
        start = System.nanoTime();
        try {
            return trainer.train(augmentation == null ? training : augmentation.data());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--batch " + batch + " with --hidden " + hidden + ": " + e.getMessage());
        } catch (DivergedException e) {
            throw new Failure(e.getMessage() + "; --learning-rate was " + learningRate);
        } catch (UncheckedIOException e) {
            throw new Failure("--checkpoint: " + e.getMessage());
        } catch (IllegalStateException e) {
            if (checkpoint.folder() == null) throw e;
            throw new Failure("--checkpoint: " + e.getMessage());
        } finally {
            if (bar != null) bar.end();
        }
    }

    @Override
    public void warning(String message) {
        Runnable line = () -> main.remark("mnist: " + message);
        if (bar == null) line.run();
        else bar.above(line);
    }

    @Override
    public void started(Trainer begun) {
        main.interruption().stops(begun);
        int epoch = begun.progress().epoch();
        if (augmentation != null && epoch <= epochs) augmentation.take(epoch, workers);
        if (bar != null) bar.begin("Epoch " + epoch, training.size());
    }

    @Override
    public void batchDone(int epoch, int samplesDone, int samples, double loss) {
        if (bar != null) bar.to(samplesDone);
    }

    @Override
    public void epochDone(Epoch epoch) {
        Evaluation test = Evaluation.of(network, LOSS, digits.test(), workers);
        Evaluation held = epoch.validation();
        MnistResult.Epoch result = new MnistResult.Epoch(
                epoch.number(),
                (System.nanoTime() - start) * 1e-9,
                epoch.loss(),
                test.accuracy(),
                held == null ? null : held.loss(),
                held == null ? null : held.accuracy(),
                epoch.samplesPerSecond());
        results.add(result);
        sharing.add(epoch.sharing());
        if (bar != null) bar.end();
        String more = held == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        ", Validation Loss: %.4f, Validation Accuracy: %.2f%%",
                        held.loss(),
                        100 * held.accuracy());
        Runnable line = () -> main.print(
                "Epoch: %d, Time Spent: %.2fs, Loss: %.4f, Accuracy: %.2f%%%s",
                result.epoch(), result.seconds(), result.loss(), 100 * result.accuracy(), more);
        // Where the results go to files as well, a terminal or pipe that is gone is no reason to lose them.
        if (epoch.number() == epochs || !quiet && (save != null || json != null)) done(line);
        else if (!quiet) line.run();
        if (augmentation != null && epoch.number() < epochs) augmentation.take(epoch.number() + 1, workers);
        if (bar != null && epoch.number() < epochs) bar.begin("Epoch " + (epoch.number() + 1), epoch.samples());
    }
}
