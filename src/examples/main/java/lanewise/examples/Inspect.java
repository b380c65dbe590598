package lanewise.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lanewise.Model;
import lanewise.layer.Layer;
import lanewise.layer.Rescale;
import lanewise.layer.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Shows what is in a model file. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Shows what is in a model file, or an .onnx file: layers and shapes, labels, the scale of inputs and target, metadata, fingerprint,"
                    + " and whether the model computes on this machine what it computed where it was saved.",
            ""
        })
final class Inspect implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "A model file.")
    private Path file;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() {
        Main.kernels();
        Model model = Main.load(file);
        main.print("Model: %s%s", file, model.name().isEmpty() ? "" : " \"" + model.name() + "\"");
        main.print("Task: %s, output %s", model.task(), model.output());
        List<Layer> layers = List.copyOf(model.stack().layers());
        LayerTable.print(main, model);
        if (!model.labels().isEmpty())
            main.print(
                    "%s: %s",
                    model.task() == Task.REGRESSION ? "Outputs" : "Labels", String.join(", ", model.labels()));
        scales(model, layers);
        for (Map.Entry<String, String> entry : model.metadata().entrySet())
            main.print("Metadata: %s = %s", entry.getKey(), entry.getValue());
        // A model file that is loaded has passed them; others have none.
        if (ModelFormat.of(file) != ModelFormat.ONNX) main.print("Self-tests: passed");
        main.print("Fingerprint: %s", model.fingerprint());
        return 0;
    }

    /** The scales of the first layer's inputs and the last layer's outputs. */
    private void scales(Model model, List<Layer> layers) {
        List<String> inputs = model.metadata().containsKey(Encoding.KEY)
                ? Encoding.of(model, file).inputNames()
                : null;
        float[] parameters = model.copyParameters();
        if (layers.get(0) instanceof Rescale) scales("Input", inputs, parameters, 0, model.inputSize());
        if (layers.size() > 1 && layers.get(layers.size() - 1) instanceof Rescale) {
            int size = model.outputSize();
            List<String> names = model.labels().size() == size ? model.labels() : null;
            scales("Output", names, parameters, parameters.length - 3 * size, size);
        }
    }

    private void scales(String what, List<String> names, float[] parameters, int at, int size) {
        for (int i = 0; i < size; i++)
            main.print(
                    "%s %s: (x - %s) * %s + %s",
                    what,
                    names == null ? String.format(Locale.ROOT, "%d", i) : names.get(i),
                    parameters[at + i],
                    parameters[at + size + i],
                    parameters[at + 2 * size + i]);
    }
}
