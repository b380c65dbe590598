package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The nodes of a file in one name space: local functions are inlined, names are checked to be made once, and {@link #order}
 * sorts what a value needs, whatever the order in the file.
 */
final class Program {

    static final int LEAST_OPSET = 1, LAST_OPSET = 23;

    /** Functions may call each other, so a small file could ask for any number of nodes. */
    private static final int MOST_NODES = 100_000;

    private static final int MOST_CHARACTERS = 20_000_000;

    private static final int DEEPEST = 32;

    private final Map<String, FunctionProto> functions = new HashMap<>();
    private final Map<String, Node> producers = new HashMap<>();
    private final Map<String, TensorProto> initializers = new HashMap<>();
    private final Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();
    private final Map<String, ValueInfoProto> outputs = new LinkedHashMap<>();
    private final Set<String> sparse = new HashSet<>();
    private final List<Node> nodes = new ArrayList<>();

    /** Nodes and calls so far; the length of the names that were made for those in functions. */
    private int expanded;

    private long characters;

    /** Names that something reads; null until asked for. */
    private Set<String> read;

    Program(ModelProto model) {
        if (!model.hasGraph()) throw new Refusal("it holds no graph; is it an ONNX file?");
        Map<String, Integer> opsets = opsets(model.getOpsetImportList());
        for (FunctionProto function : model.getFunctionsList()) {
            String key = key(function.getDomain(), function.getName(), function.getOverload());
            if (functions.put(key, function) != null)
                throw new Refusal("local function \"" + Node.shortened(function.getName()) + "\" is defined twice");
        }
        GraphProto graph = model.getGraph();
        for (TensorProto initializer : graph.getInitializerList())
            if (initializers.put(initializer.getName(), initializer) != null)
                throw new Refusal("initializer \"" + Node.shortened(initializer.getName()) + "\" is given twice");
        graph.getSparseInitializerList().forEach(s -> sparse.add(s.getValues().getName()));
        for (ValueInfoProto input : graph.getInputList())
            if (inputs.put(input.getName(), input) != null)
                throw new Refusal("input \"" + Node.shortened(input.getName()) + "\" is declared twice");
        inputs.keySet().removeAll(initializers.keySet());
        for (ValueInfoProto output : graph.getOutputList())
            if (outputs.put(output.getName(), output) != null)
                throw new Refusal("output \"" + Node.shortened(output.getName()) + "\" is declared twice");
        Scope scope = new Scope(null, Map.of(), "", Map.of(), opsets, 0);
        int position = 0;
        for (NodeProto node : graph.getNodeList()) expand(node, scope, ++position);
    }

    private static String key(String domain, String name, String overload) {
        return domain(domain) + '\0' + name + '\0' + overload;
    }

    private static String domain(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    private static Map<String, Integer> opsets(List<OperatorSetIdProto> imports) {
        Map<String, Integer> opsets = new HashMap<>();
        for (OperatorSetIdProto set : imports) {
            String domain = domain(set.getDomain());
            long version = set.getVersion();
            if (domain.isEmpty() && (version < LEAST_OPSET || version > LAST_OPSET))
                throw new Refusal("operator set " + version + "; " + LEAST_OPSET + " to " + LAST_OPSET + " are read");
            Integer other = opsets.put(domain, (int) Math.max(0, Math.min(version, Integer.MAX_VALUE)));
            if (other != null && other != version)
                throw new Refusal("domain \"" + Node.shortened(domain) + "\" is imported in two versions");
        }
        return opsets;
    }

    /** Adds a node, or in place of a call the nodes of the function. */
    private void expand(NodeProto proto, Scope scope, int position) {
        if (++expanded > MOST_NODES)
            throw new Refusal("more than " + MOST_NODES + " nodes and calls, local functions inlined");
        String domain = domain(proto.getDomain());
        Map<String, AttributeProto> attributes = new HashMap<>();
        for (AttributeProto attribute : proto.getAttributeList()) {
            AttributeProto value = attribute;
            if (!attribute.getRefAttrName().isEmpty()) {
                value = scope.bindings().get(attribute.getRefAttrName());
                if (value == null) continue;
            }
            if (attributes.put(attribute.getName(), value) != null)
                throw new Refusal(
                        "node " + position + ", \"" + Node.shortened(proto.getName()) + "\" (" + proto.getOpType()
                                + "): attribute \"" + Node.shortened(attribute.getName()) + "\" is given twice");
        }
        if (!scope.prefix().isEmpty()) {
            int names = proto.getInputCount() + proto.getOutputCount();
            characters += (long) names * scope.prefix().length();
            for (String name : proto.getInputList()) characters += name.length();
            for (String name : proto.getOutputList()) characters += name.length();
            if (characters > MOST_CHARACTERS) throw new Refusal("the names in its local functions are too long");
        }
        List<String> in = proto.getInputList().stream().map(scope::resolve).toList();
        List<String> out = proto.getOutputList().stream().map(scope::resolve).toList();
        FunctionProto function = functions.get(key(domain, proto.getOpType(), proto.getOverload()));
        if (function != null) {
            inline(function, proto, in, out, attributes, scope, position);
            return;
        }
        Integer opset = scope.opsets().get(domain);
        if (opset == null && domain.isEmpty())
            throw new Refusal("no operator set of ai.onnx is imported, but node " + position + " (" + proto.getOpType()
                    + ") needs one");
        Node node = new Node(
                scope.prefix() + proto.getName(),
                domain,
                proto.getOpType(),
                opset == null ? 0 : opset,
                in,
                out,
                attributes,
                scope,
                position);
        nodes.add(node);
        for (String name : out) {
            if (name.isEmpty()) continue;
            if (producers.put(name, node) != null || initializers.containsKey(name) || inputs.containsKey(name))
                throw Refusal.at(node, "it makes \"" + Node.shortened(name) + "\", which something else makes, too");
        }
    }

    private void inline(
            FunctionProto function,
            NodeProto call,
            List<String> in,
            List<String> out,
            Map<String, AttributeProto> attributes,
            Scope scope,
            int position) {
        String place = "node " + position + ", \"" + Node.shortened(call.getName())
                + "\", a call of the local function \"" + Node.shortened(function.getName()) + "\"";
        if (scope.depth() >= DEEPEST)
            throw new Refusal(place + ": calls more than " + DEEPEST + " deep; does a function call itself?");
        if (in.size() > function.getInputCount() || out.size() > function.getOutputCount())
            throw new Refusal(place + ": " + in.size() + " inputs and " + out.size() + " outputs, at most "
                    + function.getInputCount() + " and " + function.getOutputCount() + " expected");
        Map<String, String> names = new HashMap<>();
        String prefix = scope.prefix()
                + Node.shortened(call.getName().isEmpty() ? function.getName() : call.getName()) + "#" + expanded
                + "/";
        for (int i = 0; i < function.getInputCount(); i++)
            names.put(function.getInput(i), i < in.size() ? in.get(i) : "");
        for (int i = 0; i < out.size(); i++) {
            String name = function.getOutput(i);
            if (out.get(i).isEmpty()) continue;
            // An output that is an input as it is would need a node of its own.
            if (names.containsKey(name))
                throw new Refusal(
                        place + ": its output \"" + Node.shortened(name) + "\" is an input, or is named twice");
            names.put(name, out.get(i));
        }
        Map<String, AttributeProto> bindings = new HashMap<>();
        for (AttributeProto otherwise : function.getAttributeProtoList()) bindings.put(otherwise.getName(), otherwise);
        bindings.putAll(attributes);
        Scope body = new Scope(null, names, prefix, bindings, opsets(function.getOpsetImportList()), scope.depth() + 1);
        for (NodeProto node : function.getNodeList()) expand(node, body, position);
    }

    /**
     * Adds a branch's nodes.
     *
     * @param around the node whose attribute it is
     * @return the names of what it makes
     */
    List<String> addBranch(Node around, GraphProto branch) {
        Scope outer = around.scope();
        if (outer.depth() >= DEEPEST) throw Refusal.at(around, "branches more than " + DEEPEST + " deep");
        if (branch.getInputCount() > 0) throw Refusal.at(around, "a branch with inputs");
        String prefix = around.output() + "/" + branch.getName() + "/";
        Map<String, String> names = new HashMap<>();
        for (TensorProto initializer : branch.getInitializerList())
            names.put(initializer.getName(), prefix + initializer.getName());
        for (NodeProto node : branch.getNodeList())
            for (String name : node.getOutputList()) if (!name.isEmpty()) names.put(name, prefix + name);
        for (TensorProto initializer : branch.getInitializerList())
            if (initializers.put(prefix + initializer.getName(), initializer) != null)
                throw Refusal.at(
                        around, "initializer \"" + Node.shortened(initializer.getName()) + "\" is given twice");
        Scope inner = new Scope(outer, names, outer.prefix(), outer.bindings(), outer.opsets(), outer.depth() + 1);
        for (NodeProto node : branch.getNodeList()) expand(node, inner, around.position());
        return branch.getOutputList().stream()
                .map(o -> inner.resolve(o.getName()))
                .toList();
    }

    /** Inputs that are no initializers, in the file's order. */
    Map<String, ValueInfoProto> inputs() {
        return inputs;
    }

    Map<String, ValueInfoProto> outputs() {
        return outputs;
    }

    /** Null if no node makes it. */
    Node producer(String name) {
        return producers.get(name);
    }

    TensorProto initializer(String name) {
        return initializers.get(name);
    }

    /** Whether a node reads this value, or it is an output of the graph. */
    boolean isRead(String name) {
        if (read == null) {
            read = new HashSet<>(outputs.keySet());
            for (Node node : nodes) read.addAll(needs(node));
        }
        return read.contains(name);
    }

    boolean isSparse(String name) {
        return sparse.contains(name);
    }

    List<Node> nodes() {
        return nodes;
    }

    /**
     * The nodes that a value needs, each after those that it needs itself.
     *
     * @param name the value
     * @param known values that are there already
     * @throws Refusal if nodes need each other in a circle
     */
    List<Node> order(String name, Set<String> known) {
        List<Node> order = new ArrayList<>();
        Node last = known.contains(name) ? null : producers.get(name);
        if (last == null) return order;
        Map<Node, Boolean> done = new java.util.IdentityHashMap<>();
        Deque<Node> path = new ArrayDeque<>();
        Deque<java.util.Iterator<String>> needs = new ArrayDeque<>();
        done.put(last, false);
        path.push(last);
        needs.push(needs(last).iterator());
        while (!path.isEmpty()) {
            if (!needs.peek().hasNext()) {
                needs.pop();
                Node node = path.pop();
                done.put(node, true);
                order.add(node);
                continue;
            }
            String need = needs.peek().next();
            Node node = known.contains(need) ? null : producers.get(need);
            if (node == null) continue;
            Boolean finished = done.get(node);
            if (finished == null) {
                done.put(node, false);
                path.push(node);
                needs.push(needs(node).iterator());
            } else if (!finished) {
                throw Refusal.at(node, "it needs its own result: the graph has a circle");
            }
        }
        return order;
    }

    /** The nodes that some values need, see {@link #order(String, Set)}. */
    List<Node> order(Set<String> names) {
        Set<Node> all = new java.util.LinkedHashSet<>();
        for (String name : names) all.addAll(order(name, Set.of()));
        return new ArrayList<>(all);
    }

    /** Names that a node reads, also inside its branches. */
    List<String> needs(Node node) {
        List<String> needs = new ArrayList<>(node.inputs());
        for (AttributeProto attribute : node.attributes().values())
            if (attribute.hasG()) needs(attribute.getG(), node.scope(), needs, 0);
        return needs;
    }

    private void needs(GraphProto branch, Scope scope, List<String> needs, int depth) {
        if (depth > DEEPEST) throw new Refusal("graphs inside graphs more than " + DEEPEST + " deep");
        for (NodeProto node : branch.getNodeList()) {
            for (String name : node.getInputList()) needs.add(scope.resolve(name));
            for (AttributeProto attribute : node.getAttributeList())
                if (attribute.hasG()) needs(attribute.getG(), scope, needs, depth + 1);
        }
        branch.getOutputList().forEach(o -> needs.add(scope.resolve(o.getName())));
    }
}
