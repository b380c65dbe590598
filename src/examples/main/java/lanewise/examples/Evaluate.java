package lanewise.examples;

import java.nio.file.Path;
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

/** Says how good a model is on a table. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Says how good a model that train --save has written is on another table, one that it was not trained on.",
            ""
        })
final class Evaluate implements Callable<Integer> {

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model file.")
    private Path file;

    @Mixin
    private TableFile data;

    @Option(
            names = "--target",
            paramLabel = "COLUMN",
            description = "The column with the right answers. Default: the one that the model was trained to predict.")
    private String target;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Writes all that is printed to this file, too; whole or not at all.")
    private Path json;

    @ParentCommand
    private Main main;

    /** What {@code --json} writes. */
    private record Result(String model, String fingerprint, String target, Score score) {}

    @Override
    public Integer call() {
        OutputFile result = json == null ? null : new OutputFile(json);
        Main.kernels();
        Model model = Main.load(file);
        Encoding encoding = Encoding.of(model, file);
        Table table = data.read();
        String name = target == null ? encoding.target() : target;
        int column = data.column(table, "--target", name);
        boolean classification = model.task() == Task.MULTICLASS;
        List<String> classes = classification ? model.labels() : null;
        int[] labels = classification ? Encoding.classIndices(table, column, classes) : null;
        float[] numbers = classification ? null : Encoding.numbers(table, column);
        Encoding.Inputs inputs = encoding.inputs(table, false);
        int width = model.inputSize();
        Dataset rows = classification
                ? Dataset.ofFloats(width, inputs.values(), labels, classes.size())
                : Dataset.ofFloats(width, inputs.values(), 1, numbers);
        Score score = Score.of(model, Predictions.of(model, rows), rows);
        try {
            main.print("%s", score.firstLine());
            for (String line : score.furtherLines()) main.print("%s", line);
            inputs.remark(main);
        } finally {
            if (result != null) result.write(new Result(file.toString(), model.fingerprint(), name, score));
        }
        return 0;
    }
}
