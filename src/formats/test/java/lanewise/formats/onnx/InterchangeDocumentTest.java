package lanewise.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.Document;
import lanewise.Model;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.Output;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables in docs/interchange.md are true. */
class InterchangeDocumentTest {

    private static final String PAGE = "docs/interchange.md";

    /** All layers and activations, as the table of what is written calls them. */
    private static Map<String, Layer> written() {
        Map<String, Layer> layers = new LinkedHashMap<>();
        Dense dense = Dense.of(3, 3, Activation.IDENTITY);
        layers.put("dense", dense);
        layers.put("dense without bias", dense.withoutBias());
        layers.put("batch norm", BatchNorm.of(3));
        layers.put("layer norm", LayerNorm.of(3));
        layers.put("affine", Affine.of(3));
        layers.put("rescale", Rescale.of(3));
        layers.put("prelu", PRelu.of(3));
        layers.put("softmax", Softmax.of(3));
        layers.put("embedding", Embedding.of(3, 5, 2));
        for (Activation activation : Activation.all()) layers.put(activation.toString(), Pointwise.of(3, activation));
        Activation own = Activation.threshold(1f, 0f);
        layers.put(own.toString(), Pointwise.of(3, own));
        return layers;
    }

    static List<String> operators(Layer layer, int opset) {
        // With a sigmoid behind it, so that the identity needs no node of its own to make the output.
        int parameters = new Stack(List.of(layer))
                .parameters().stream().mapToInt(shape -> shape.count()).sum();
        Model model = Model.builder(new Stack(List.of(layer)), Output.SIGMOID)
                .parameters(ones(parameters), 0, parameters)
                .build();
        ModelProto proto = OnnxExport.of(model, opset);
        assertEquals(List.of(), OnnxRules.broken(proto, opset), layer.toString());
        List<String> operators = new ArrayList<>();
        for (NodeProto node : proto.getGraph().getNodeList()) operators.add(node.getOpType());
        assertEquals("Sigmoid", operators.remove(operators.size() - 1), layer.toString());
        return operators;
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1f);
        return ones;
    }

    private static List<String> names(String cell) {
        List<String> names = new ArrayList<>();
        Matcher spans = Pattern.compile("`([^`]+)`").matcher(cell);
        while (spans.find()) names.add(spans.group(1));
        return names;
    }

    /** With the imports that they leave out. */
    @Test
    void itsJavaCompiles(@TempDir Path folder) throws IOException {
        Map<String, String> sources = new LinkedHashMap<>();
        for (String block : Document.of(PAGE).blocks("java")) {
            String name = "Block" + sources.size();
            String imports = """
                    import java.nio.file.Path;
                    import java.util.*;
                    import lanewise.*;
                    import lanewise.formats.onnx.*;
                    import lanewise.formats.tensor.*;
                    import lanewise.io.ModelFile;
                    import lanewise.layer.*;
                    """;
            sources.put(name, Document.program(name, List.of(imports + block)));
        }
        assertEquals(3, sources.size());
        Document.compile(folder, sources);
    }

    @Test
    void whatIsWrittenIsInItsTable() throws IOException {
        Map<String, Layer> layers = written();
        Pattern since = Pattern.compile("from (\\d+) (.*), before (.*)");
        for (List<String> row : Document.of(PAGE).table("layer or activation", "nodes")) {
            if (row.get(0).equals("residual")) {
                Layer inner = Pointwise.of(3, Activation.TANH);
                assertEquals(List.of("Tanh", "Add"), operators(Residual.of(inner), 17));
                continue;
            }
            Layer layer = layers.remove(row.get(0));
            assertTrue(layer != null, row + ": no such layer");
            String cell = row.size() > 1 ? row.get(1) : "";
            Matcher versions = since.matcher(cell);
            boolean changes = versions.matches();
            for (int opset = OnnxExport.FIRST_OPSET; opset <= OnnxExport.LAST_OPSET; opset++) {
                String expected = !changes
                        ? cell
                        : opset >= Integer.parseInt(versions.group(1)) ? versions.group(2) : versions.group(3);
                assertEquals(names(expected), operators(layer, opset), row.get(0) + " at " + opset);
            }
        }
        assertEquals(Map.of(), layers, "missing in the table");
    }

    /** The nodes of each form of {@link FormsTest}, by what it is read as. */
    private static Map<String, String> forms() {
        FormsTest test = new FormsTest();
        test.activations();
        test.products();
        test.shapes();
        Map<String, List<String>> forms = new TreeMap<>();
        for (FormsTest.Example example : test.examples) {
            String nodes = "`" + String.join(" ", example.operators()) + "`";
            List<String> known = forms.computeIfAbsent(example.layers(), layers -> new ArrayList<>());
            if (!known.contains(nodes)) known.add(nodes);
        }
        Map<String, String> joined = new TreeMap<>();
        forms.forEach((layers, nodes) -> joined.put(layers, String.join(", ", nodes)));
        return joined;
    }

    @Test
    void whatIsReadIsInItsTable() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        for (List<String> row : Document.of(PAGE).table("read as", "nodes"))
            documented.put(names(row.get(0)).get(0), row.get(1));
        assertEquals(lines(forms()), lines(documented));
    }

    private static String lines(Map<String, String> rows) {
        StringBuilder lines = new StringBuilder();
        rows.forEach((layers, nodes) ->
                lines.append("| `").append(layers).append("` | ").append(nodes).append(" |\n"));
        return lines.toString();
    }

    /** Prints the rows of the table of what is read. */
    public static void main(String[] args) {
        System.out.print(lines(forms()));
    }
}
