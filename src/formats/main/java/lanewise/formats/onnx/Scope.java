package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.Map;

/**
 * What the names inside a graph or function body stand for.
 *
 * @param parent the graph around a branch, whose names it sees; null for a body that sees no others
 * @param names own names that stand for others
 * @param prefix put before names that are not among those; empty for the file's main graph
 * @param bindings a function's attributes, as its caller sets them
 * @param opsets versions of domains
 * @param depth of functions and branches around it
 */
record Scope(
        Scope parent,
        Map<String, String> names,
        String prefix,
        Map<String, AttributeProto> bindings,
        Map<String, Integer> opsets,
        int depth) {

    String resolve(String name) {
        if (name.isEmpty()) return "";
        String other = names.get(name);
        if (other != null) return other;
        if (parent != null) return parent.resolve(name);
        return prefix + name;
    }
}
