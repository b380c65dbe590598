package lanewise.examples;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lanewise.Model;
import lanewise.data.Dataset;
import lanewise.layer.Task;
import lanewise.train.Predictions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Predicts a column of a table with a model from a file. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Predicts a column of a table with a model that train --save has written, or with one from an .onnx file.",
            "",
            "Gives a CSV file with a row for each row of the table, in the same order. Its column \"prediction\" has the class or"
                    + " the number; of classes, further columns have the probability of each. The table needs the columns that"
                    + " the model was trained on, in any order; others are ignored. For models that were not trained on a table"
                    + " it has a column of numbers for each input, in the model's order, with a header or without; an array of"
                    + " NumPy (.npy) does, too.",
            ""
        })
final class Predict implements Callable<Integer> {

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model file, or an .onnx file.")
    private Path file;

    @Mixin
    private TableFile data;

    @Option(
            names = "--columns",
            paramLabel = "COLUMNS",
            description =
                    "Columns that are the inputs, in this order, separated by commas, for models that were not trained on a"
                            + " table. Default: all.")
    private String columns;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Writes the predictions to this file, whole or not at all. Default: the standard output.")
    private Path output;

    @Option(
            names = "--raw",
            description =
                    "Writes the outputs as the file's graph defines them, rows x outputs, without labels, to the file"
                            + " --output, an array of NumPy (.npy) of 32-bit floats.")
    private boolean raw;

    @Option(
            names = "--model-output",
            paramLabel = "NAME",
            description = "Of an .onnx file with several outputs of floats: the one to compute.")
    private String modelOutput;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    /** Rows of inputs, and what there is to say of them. */
    private record Inputs(int rows, float[] values, Encoding.Inputs encoded) {}

    @Override
    public Integer call() {
        if (raw && (output == null || !Numbers.isArray(output)))
            throw misuse("--raw needs --output with a name that ends in .npy, to write an array to");
        if (!raw && output != null && Numbers.isArray(output))
            throw misuse("--output " + output + ": arrays need --raw");
        if (modelOutput != null && ModelFormat.of(file) != ModelFormat.ONNX)
            throw misuse("--model-output is for an .onnx file only");
        OutputFile target = output == null ? null : new OutputFile(output);
        Main.kernels();
        ForeignModel read = ForeignModel.read(file, ForeignModel.Knowledge.ofOutput(modelOutput));
        Model model = read.model();
        Inputs inputs = inputs(model);
        int rows = inputs.rows;
        if (raw) Numbers.write(target, read.outputs(inputs.values, rows), rows, read.columns());
        else {
            Dataset samples = Dataset.ofFloats(model.inputSize(), inputs.values, 1, new float[rows]);
            String text = csv(model, Predictions.of(model, samples));
            if (target == null) main.print("%s", text.stripTrailing());
            else target.write(".csv", text);
        }
        if (inputs.encoded != null) inputs.encoded.remark(main);
        if (target != null) main.remark((raw ? "Outputs of " : "Predictions of ") + rows + " rows: " + output);
        return 0;
    }

    private Inputs inputs(Model model) {
        boolean numbers = columns != null || Numbers.isArray(data.file());
        if (!numbers && model.metadata().containsKey(Encoding.KEY)) {
            Encoding encoding = Encoding.of(model, file);
            Table table = data.read();
            Encoding.Inputs encoded = encoding.inputs(table, false);
            return new Inputs(table.rows(), encoded.values(), encoded);
        }
        Numbers read = Numbers.read(data, columns, model.inputSize());
        return new Inputs(read.rows(), read.values(), null);
    }

    private static String csv(Model model, Predictions predictions) {
        StringWriter text = new StringWriter();
        int outputs = model.outputSize();
        float[] values = predictions.values();
        List<String> names = labels(model);
        int[] classes = model.classes() > 0 ? predictions.classes() : null;
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            List<String> line = new ArrayList<>(header(model, names));
            csv.writeRecord(line);
            for (int row = 0; row < predictions.size(); row++) {
                line.clear();
                if (classes != null) line.add(classes[row] < 0 ? "" : names.get(classes[row]));
                for (int i = 0; i < outputs; i++) line.add(Float.toString(values[row * outputs + i]));
                csv.writeRecord(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no file yet
        }
        return text.toString();
    }

    /** What classes, or outputs where there are no classes, are called: by their indices if the model has no labels. */
    private static List<String> labels(Model model) {
        if (!model.labels().isEmpty()) return model.labels();
        List<String> indices = new ArrayList<>();
        for (int i = 0; i < Math.max(model.classes(), model.outputSize()); i++) indices.add(Integer.toString(i));
        return indices;
    }

    private static List<String> header(Model model, List<String> names) {
        String what = switch (model.output()) {
            case IDENTITY -> "output ";
            case SIGMOID, SOFTMAX -> "probability of ";
            case LOG_SOFTMAX -> "log probability of ";
        };
        List<String> header = new ArrayList<>();
        if (model.classes() > 0) header.add("prediction");
        else if (model.outputSize() == 1) return List.of("prediction");
        else if (model.task() == Task.REGRESSION) what = "prediction of ";
        // Of yes and no there is one probability, that of the second.
        if (model.task() == Task.BINARY) header.add(what + names.get(1));
        else for (String name : names) header.add(what + name);
        return header;
    }

    private ParameterException misuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
