package lanewise.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import lanewise.Model;
import lanewise.layer.Activation;
import lanewise.layer.Output;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Converts a model from one file format to another. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Converts a model between file formats, which the endings of the files' names tell: .onnx, .lanewise, and .safetensors"
                    + " and .npz for parameters by name.",
            "",
            "Prints what it understood, as a table of layers; then reads the new file and compares the predictions of both on"
                    + " random inputs.",
            ""
        })
final class Convert implements Callable<Integer> {

    /** Random inputs that both are compared on. */
    private static final int ROWS = 1000;

    /** Numbers that they may have in all. */
    private static final int MOST_NUMBERS = 1 << 24;

    @Parameters(index = "0", paramLabel = "IN", description = "The model to read.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write, whole or not at all.")
    private Path out;

    @Option(
            names = "--opset",
            paramLabel = "N",
            description = "Of a new .onnx file: the version of ONNX's operator set, 13 to 23. Default: 17.")
    private Integer opset;

    @Option(
            names = "--output",
            paramLabel = "NAME",
            description = "Of an .onnx file with several outputs of floats: the one that the model is to compute.")
    private String output;

    @Option(
            names = "--activation",
            paramLabel = "NAMES",
            split = ",",
            description =
                    "Of .safetensors and .npz, which hold parameters alone: the activation behind each dense layer but the"
                            + " last, or one for each of them, separated by commas: ${COMPLETION-CANDIDATES}.",
            completionCandidates = TrainingOptions.Activations.class)
    private List<String> activations;

    @Option(
            names = "--prediction",
            paramLabel = "KIND",
            description =
                    "Of .safetensors and .npz: what makes predictions of the last layer's outputs: identity, sigmoid, softmax"
                            + " or log-softmax. Default: identity.")
    private String prediction;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() {
        ModelFormat from = format(in), to = format(out);
        check("--opset", opset, to == ModelFormat.ONNX, "for a new .onnx file only");
        if (opset != null && (opset < 13 || opset > 23)) throw misuse("--opset " + opset + ": 13 to 23 expected");
        check("--output", output, from == ModelFormat.ONNX, "for reading an .onnx file only");
        check("--activation", activations, from.isStateDict(), "for reading .safetensors and .npz only");
        check("--prediction", prediction, from.isStateDict(), "for reading .safetensors and .npz only");
        ForeignModel.Knowledge knowledge = new ForeignModel.Knowledge(output, activations(), prediction());
        OutputFile target = new OutputFile(out);
        Main.kernels();
        ForeignModel read = ForeignModel.read(in, knowledge);
        Model model = read.model();
        main.print("%s: %s, output %s", in, model.task(), model.output());
        LayerTable.print(main, model);
        for (String line : read.understood()) main.print("Understood: %s", line);
        if (!model.labels().isEmpty()) main.print("Labels: %s", String.join(", ", model.labels()));
        target.write(to.toString(), path -> ForeignModel.write(model, path, to, opset == null ? 0 : opset));
        if (to.isStateDict())
            main.remark(out + " holds the parameters alone: neither layers nor activations, labels or metadata");
        compare(model, ForeignModel.readBack(out, to, model));
        return 0;
    }

    private void compare(Model first, Model second) {
        if (second.inputSize() != first.inputSize() || second.outputSize() != first.outputSize())
            throw new Failure(out + ": read back it has " + second.inputSize() + " inputs and " + second.outputSize()
                    + " outputs, " + first.inputSize() + " and " + first.outputSize() + " expected");
        int rows = Math.max(1, Math.min(ROWS, MOST_NUMBERS / Math.max(first.inputSize(), first.outputSize())));
        float[] inputs = inputs(first, rows);
        float[] a = predict(first, inputs, rows), b = predict(second, inputs, rows);
        double difference = 0, largest = 0;
        for (int i = 0; i < a.length; i++) {
            if (Float.floatToIntBits(a[i]) == Float.floatToIntBits(b[i])) largest = Math.max(largest, Math.abs(a[i]));
            else if (Float.isFinite(a[i]) && Float.isFinite(b[i])) {
                largest = Math.max(largest, Math.abs(a[i]));
                difference = Math.max(difference, Math.abs((double) a[i] - b[i]));
            } else difference = Double.POSITIVE_INFINITY;
        }
        main.print(
                "%s: largest difference %s on %d random inputs, whose largest output is %s",
                out, (float) difference, rows, (float) largest);
    }

    /** Standard normal numbers, or what else the first layer takes. */
    private static float[] inputs(Model model, int rows) {
        int size = model.inputSize();
        RandomSource random = new RandomSource(1);
        float[] inputs = new float[rows * size];
        Slice row = Slice.allocate(1, size);
        for (int r = 0; r < rows; r++)
            if (model.stack().differentiableInput())
                for (int i = 0; i < size; i++) inputs[r * size + i] = random.normal();
            else {
                model.stack().exampleInput(row, 0, random);
                row.copyTo(inputs, r * size);
            }
        return inputs;
    }

    private static float[] predict(Model model, float[] inputs, int rows) {
        float[] predictions = new float[rows * model.outputSize()];
        model.predictor(32).predict(inputs, 0, predictions, 0, rows);
        return predictions;
    }

    private ModelFormat format(Path file) {
        ModelFormat format = ModelFormat.of(file);
        if (format == null)
            throw misuse(file + ": a name that ends in one of " + Arrays.toString(ModelFormat.values()) + " expected");
        return format;
    }

    private void check(String option, Object value, boolean fits, String where) {
        if (value != null && !fits) throw misuse(option + " is " + where);
    }

    private ParameterException misuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<Activation> activations() {
        List<Activation> found = new ArrayList<>();
        if (activations != null)
            for (String name : activations) found.add(TrainingOptions.activation(spec.commandLine(), name));
        return found;
    }

    private Output prediction() {
        if (prediction == null) return Output.IDENTITY;
        List<String> names = new ArrayList<>();
        for (Output known : Output.values()) {
            String name = known.toString().replace(' ', '-');
            if (name.equals(prediction)) return known;
            names.add(name);
        }
        throw misuse("--prediction " + prediction + ": one of " + names + " expected");
    }
}
