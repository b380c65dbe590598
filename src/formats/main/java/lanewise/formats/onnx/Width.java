package lanewise.formats.onnx;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How many numbers a row of the input has, where its shape leaves that open: as many as the first weights say. */
final class Width {

    private final Program program;
    private final Tracer tracer;

    Width(Program program, Tracer tracer) {
        this.program = program;
        this.tracer = tracer;
    }

    /** Zero if no node tells. */
    int of(String input, List<Node> order) {
        Set<String> same = new HashSet<>(Set.of(input));
        for (Node node : order) {
            if (node.inputs().stream().noneMatch(same::contains)) continue;
            int width = told(node, same);
            if (width > 0) return width;
            if (keeps(node)) same.add(node.output());
        }
        return 0;
    }

    private int told(Node node, Set<String> same) {
        Constant second =
                node.inputs().size() > 1 ? tracer.constant(node.inputs().get(1)) : null;
        boolean first = same.contains(node.inputs().get(0));
        switch (node.op()) {
            case "MatMul" -> {
                if (first && second != null && second.rank() > 0)
                    return second.rank() == 1 ? second.count() : second.dims()[second.rank() - 2];
            }
            case "Gemm" -> {
                if (first && second != null && second.rank() == 2)
                    return second.dims()[node.integer("transB", 0) != 0 ? 1 : 0];
            }
            case "BatchNormalization", "PRelu", "LayerNormalization" -> {
                if (first && second != null && second.count() > 1) return second.count();
            }
            case "LinearRegressor" -> {
                if (node.numbers("coefficients") != null)
                    return node.numbers("coefficients").length / Math.max(1, (int) node.integer("targets", 1));
            }
            case "Scaler" -> {
                for (String name : List.of("offset", "scale"))
                    if (node.numbers(name) != null && node.numbers(name).length > 1) return node.numbers(name).length;
            }
            case "Add", "Sub", "Mul", "Div" -> {
                Constant other = first ? second : tracer.constant(node.inputs().get(0));
                if (other != null && other.count() > 1 && other.dims()[other.rank() - 1] == other.count())
                    return other.count();
            }
            default -> {}
        }
        return 0;
    }

    private boolean keeps(Node node) {
        return switch (node.op()) {
            case "Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze" -> true;
            default -> Functions.pointwise(node);
        };
    }
}
