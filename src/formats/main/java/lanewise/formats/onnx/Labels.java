package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names of classes, from the branch of a graph that makes labels of the probabilities, or from the map of them. */
final class Labels {

    private final Program program;
    private final Tracer tracer;
    private final String output;

    Labels(Program program, Tracer tracer, String output) {
        this.program = program;
        this.tracer = tracer;
        this.output = output;
    }

    /** One for each class; empty if the file names none. */
    List<String> names() {
        Set<String> related = ancestors();
        for (Node node : program.nodes()) {
            if (node.op().equals("LinearClassifier") && node.outputs().stream().anyMatch(related::contains)) {
                List<String> names = attribute(node);
                if (!names.isEmpty()) return names;
            }
            boolean map = node.op().equals("ZipMap")
                    && (node.outputs().contains(output)
                            || node.inputs().stream().anyMatch(related::contains));
            if (map) {
                List<String> names = attribute(node);
                if (!names.isEmpty()) return names;
            }
        }
        Set<String> indices = new HashSet<>();
        for (Node node : program.order(program.outputs().keySet())) {
            if (node.inputs().isEmpty()) continue;
            boolean index = (node.op().equals("ArgMax") || node.op().equals("Greater"))
                            && related.contains(node.inputs().get(0))
                    || indices.contains(node.inputs().get(0)) && keeps(node);
            if (index) indices.addAll(node.outputs());
            boolean lookup =
                    (node.op().equals("ArrayFeatureExtractor") || node.op().equals("Gather"))
                            && node.inputs().size() == 2
                            && indices.contains(node.inputs().get(1));
            if (lookup) return constant(node.inputs().get(0));
            if (node.op().equals("LabelEncoder")
                    && indices.contains(node.inputs().get(0))) return encoded(node);
        }
        return List.of();
    }

    private static boolean keeps(Node node) {
        return switch (node.op()) {
            case "Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze" -> true;
            default -> false;
        };
    }

    /** The output and what it is computed from. */
    private Set<String> ancestors() {
        Set<String> names = new HashSet<>(Set.of(output));
        for (Node node : program.order(output, Set.of())) names.addAll(node.outputs());
        names.remove("");
        return names;
    }

    private static List<String> attribute(Node node) {
        List<String> texts = node.texts("classlabels_strings");
        if (texts != null && !texts.isEmpty()) return texts;
        long[] numbers = node.integers(node.op().equals("ZipMap") ? "classlabels_int64s" : "classlabels_ints");
        List<String> names = new ArrayList<>();
        if (numbers != null) for (long n : numbers) names.add(String.valueOf(n));
        return names;
    }

    private static List<String> encoded(Node node) {
        long[] keys = node.integers("keys_int64s");
        List<String> values = node.texts("values_strings");
        if (keys == null || values == null || keys.length != values.size()) return List.of();
        for (int i = 0; i < keys.length; i++) if (keys[i] != i) return List.of();
        return values;
    }

    private List<String> constant(String name) {
        for (Node node : program.order(name, tracer.known())) if (!known(node)) return List.of();
        if (!(tracer.trace(name) instanceof Constant classes)) return List.of();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < classes.count(); i++) names.add(classes.isText() ? classes.text(i) : number(classes.at(i)));
        return names;
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }

    /** Whether a node makes a constant of constants; inputs of the graph are none. */
    private boolean known(Node node) {
        for (String name : program.needs(node))
            if (program.inputs().containsKey(name) && tracer.constant(name) == null) return false;
        return true;
    }
}
