package lanewise.examples;

import java.util.List;
import lanewise.Model;
import lanewise.layer.Layer;
import lanewise.memory.ParameterShape;

/** The layers of a model as commands print them, with shapes and numbers of parameters. */
final class LayerTable {

    private static final String LINE = "%-12s %-32s %14s %12";

    private LayerTable() {}

    static void print(Main main, Model model) {
        List<Layer> layers = model.stack().layers();
        main.print(LINE + "s", "", "Layer", "Shape", "Parameters");
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            long count =
                    layer.parameters().stream().mapToLong(ParameterShape::count).sum();
            main.print(
                    LINE + "d",
                    model.stack().names().get(i),
                    layer,
                    layer.inputSize() + "->" + layer.outputSize(),
                    count);
        }
        main.print(LINE + "d", "", "all", model.inputSize() + "->" + model.outputSize(), model.parameterCount());
    }
}
