package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import lanewise.Document;
import lanewise.Library;
import lanewise.RandomModels;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Pointwise;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** Every layer of the library has its row in the table of model files, in their document, and in the tests' models. */
class LayerKindTest {

    private static final String ROW = "in the table of model files, LayerKind: give it a row with the next number";

    private static List<Class<?>> types() {
        return Stream.of(LayerKind.values()).<Class<?>>map(kind -> kind.type).toList();
    }

    @Test
    void everyLayerHasARow() {
        assertTrue(Library.layers().contains(Dense.class), "no layers were found");
        Library.requireAll(Library.layers(), types(), ROW);
        for (int i = 0; i < LayerKind.values().length; i++)
            assertEquals(i + 1, LayerKind.values()[i].number, "numbers ascend and never change");
    }

    @Test
    void everyLayerIsInTheDocument() throws IOException {
        Map<String, String> documented = new TreeMap<>(), known = new TreeMap<>();
        for (List<String> row : Document.of("docs/model-file.md").table("kind", "class"))
            documented.put(row.get(1), row.get(0));
        for (LayerKind kind : LayerKind.values()) known.put(kind.type.getSimpleName(), "" + kind.number);
        Library.requireAll(
                known.keySet(),
                documented.keySet(),
                "in docs/model-file.md: add it to the table of kinds, with its number");
        assertEquals(known, documented, "the table of kinds in docs/model-file.md");
    }

    /** As far as their length goes. */
    @Test
    void fieldsAreThoseOfTheDocument() throws IOException {
        Map<String, Integer> bytes = Map.of("u8", 1, "u16", 2, "i32", 4, "f32", 4, "activation", 2 + 4);
        Map<Class<?>, Layer> layers = layersOfRandomModels();
        List<String> checked = new ArrayList<>();
        for (List<String> row : Document.of("docs/model-file.md").table("kind", "class")) {
            LayerKind kind = LayerKind.of(Integer.parseInt(row.get(0)));
            if (row.get(3).endsWith("layers")) continue; // of any length
            int expected = 0;
            for (String field : row.get(3).split(", ")) expected += bytes.get(field.split(" ")[0]);
            if (row.get(3).endsWith("activation") && number(layers.get(kind.type)) > 15)
                expected += 4; // the second parameter
            HeaderWriter header = new HeaderWriter();
            // four times: a header is filled up to a multiple of four bytes
            for (int i = 0; i < 4; i++) kind.write(layers.get(kind.type), new LayerWriter(header));
            assertEquals(4 * expected, header.padded().length, "bytes of four times the fields of " + row.get(1));
            checked.add(row.get(1));
        }
        assertEquals(LayerKind.values().length - 2, checked.size(), "all but stack and residual: " + checked);
    }

    private static int number(Layer layer) {
        return (layer instanceof Dense dense ? dense.activation() : ((Pointwise) layer).activation()).number();
    }

    @Test
    void everyLayerIsInRandomModels() {
        Library.requireAll(
                Library.layers(),
                layersOfRandomModels().keySet(),
                "in 500 networks of RandomModels: let RandomModels.between make it");
    }

    private static Map<Class<?>, Layer> layersOfRandomModels() {
        Map<Class<?>, Layer> layers = new HashMap<>();
        for (long seed = 0; seed < 500; seed++) {
            collect(RandomModels.network(seed).stack(), layers);
            collect(RandomModels.embedding(seed).stack(), layers);
        }
        return layers;
    }

    private static void collect(Stack stack, Map<Class<?>, Layer> into) {
        for (Layer layer : stack.layers()) {
            into.put(layer.getClass(), layer);
            if (layer instanceof Stack inner) collect(inner, into);
            if (layer instanceof Residual residual) collect(residual.inner(), into);
        }
    }

    // The sentences

    /** A layer that someone added to the library, and nothing else. */
    private record Planted(int inputSize, int outputSize) implements Layer {

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {}

        @Override
        public void backward(
                Pass pass, int from, int to, Parameters parameters, Slice input, Slice output, Slice dOut, Slice dIn) {}
    }

    @Test
    void aPlantedLayerIsNamedByEachTable() {
        for (List<Class<?>> table :
                List.of(types(), List.copyOf(layersOfRandomModels().keySet()))) {
            List<Class<?>> layers = new ArrayList<>(table);
            layers.add(Planted.class);
            AssertionError error = assertThrows(AssertionError.class, () -> Library.requireAll(layers, table, ROW));
            assertEquals("Planted is missing " + ROW, error.getMessage());
        }
        assertEquals(null, LayerKind.of(new Planted(1, 1)));
    }
}
