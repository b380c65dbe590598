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
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Predicts a column of a table with a model from a file. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Predicts a column of a table with a model that train --save has written.",
            "",
            "Gives a CSV file with a row for each row of the table, in the same order. Its column \"prediction\" has the class or"
                    + " the number; of classes, further columns have the probability of each. The table needs the columns that"
                    + " the model was trained on, in any order; others are ignored.",
            ""
        })
final class Predict implements Callable<Integer> {

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model file.")
    private Path file;

    @Mixin
    private TableFile data;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Writes the predictions to this file, whole or not at all. Default: the standard output.")
    private Path output;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() {
        OutputFile target = output == null ? null : new OutputFile(output);
        Main.kernels();
        Model model = Main.load(file);
        Encoding encoding = Encoding.of(model, file);
        Table table = data.read();
        Encoding.Inputs inputs = encoding.inputs(table, false);
        Dataset rows = Dataset.ofFloats(model.inputSize(), inputs.values(), 1, new float[table.rows()]);
        String text = csv(model, Predictions.of(model, rows));
        if (target == null) main.print("%s", text.stripTrailing());
        else target.write(".csv", text);
        inputs.remark(main);
        if (target != null) main.remark("Predictions of " + table.rows() + " rows: " + output);
        return 0;
    }

    private static String csv(Model model, Predictions predictions) {
        StringWriter text = new StringWriter();
        int outputs = model.outputSize();
        float[] values = predictions.values();
        String[] labels = predictions.task() == Task.REGRESSION ? null : predictions.labels();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text)) {
            List<String> line = new ArrayList<>(List.of("prediction"));
            if (labels != null) for (String label : model.labels()) line.add("probability of " + label);
            csv.writeRecord(line);
            for (int row = 0; row < predictions.size(); row++) {
                line.clear();
                if (labels != null) line.add(labels[row]);
                for (int i = 0; i < outputs; i++) line.add(Float.toString(values[row * outputs + i]));
                csv.writeRecord(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no file yet
        }
        return text.toString();
    }
}
