package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * ONNX's rules for the files that the library writes: names, order, versions, and each operator's inputs, attributes and types as
 * its document says. What is not in the table of operators is not written.
 */
final class OnnxRules {

    /** The first operator set that has the operator in this form. */
    private record Operator(int since, int inputs, int mostInputs, String types, Map<String, String> attributes) {}

    /** Types of inputs and of the output: float, int64, bool, string; the last letter is the output's. */
    private static final Map<String, Operator> OPERATORS = new HashMap<>();

    static {
        for (String unary :
                List.of("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Neg", "Sqrt", "Identity"))
            add(unary, 13, 1, 1, "ff");
        for (String binary : List.of("Add", "Sub", "Mul", "Div")) add(binary, 13, 2, 2, "fff");
        add("PRelu", 13, 2, 2, "fff");
        add("Gemm", 13, 2, 3, "ffff", "transB", "i");
        add("LeakyRelu", 13, 1, 1, "ff", "alpha", "f");
        add("Elu", 13, 1, 1, "ff", "alpha", "f");
        add("Celu", 13, 1, 1, "ff", "alpha", "f");
        add("Selu", 13, 1, 1, "ff", "alpha", "f", "gamma", "f");
        add("HardSigmoid", 13, 1, 1, "ff", "alpha", "f", "beta", "f");
        add("ThresholdedRelu", 13, 1, 1, "ff", "alpha", "f");
        add("HardSwish", 14, 1, 1, "ff");
        add("Mish", 18, 1, 1, "ff");
        add("Gelu", 20, 1, 1, "ff", "approximate", "s");
        add("Clip", 13, 3, 3, "ffff");
        add("Softmax", 13, 1, 1, "ff", "axis", "i");
        add("LogSoftmax", 13, 1, 1, "ff", "axis", "i");
        add("BatchNormalization", 13, 5, 5, "ffffff", "epsilon", "f");
        add("LayerNormalization", 17, 3, 3, "ffff", "axis", "i", "epsilon", "f");
        // From operator set 18 on the axes are an input.
        add("ReduceMean", 13, 1, 1, "ff", "axes", "l", "keepdims", "i");
        add("LessOrEqual", 13, 2, 2, "ffb");
        add("Greater", 13, 2, 2, "ffb");
        add("Where", 13, 3, 3, "bfff");
        add("Cast", 13, 1, 1, "*i", "to", "i");
        add("Gather", 13, 2, 2, "*i*", "axis", "i");
        add("Flatten", 13, 1, 1, "ff", "axis", "i");
        add("Squeeze", 13, 2, 2, "iii");
        add("ArgMax", 13, 1, 1, "fi", "axis", "i", "keepdims", "i");
    }

    private static void add(String name, int since, int inputs, int most, String types, String... attributes) {
        Map<String, String> byName = new HashMap<>();
        for (int i = 0; i < attributes.length; i += 2) byName.put(attributes[i], attributes[i + 1]);
        OPERATORS.put(name, new Operator(since, inputs, most, types, byName));
    }

    /** The IR version of the release of ONNX that brought an operator set. */
    private static final Map<Integer, Integer> IR = Map.ofEntries(
            Map.entry(13, 7),
            Map.entry(14, 7),
            Map.entry(15, 8),
            Map.entry(16, 8),
            Map.entry(17, 8),
            Map.entry(18, 8),
            Map.entry(19, 9),
            Map.entry(20, 9),
            Map.entry(21, 10),
            Map.entry(22, 10),
            Map.entry(23, 11));

    private final List<String> broken = new ArrayList<>();
    private final Map<String, Character> types = new HashMap<>();
    private final Set<String> unread = new HashSet<>();
    private final int opset;

    private OnnxRules(ModelProto model, int opset) {
        this.opset = opset;
        require(model.getOpsetImportCount() == 1, "operator sets " + model.getOpsetImportList());
        require(model.getOpsetImport(0).getDomain().isEmpty(), "a domain");
        require(model.getOpsetImport(0).getVersion() == opset, "operator set " + model.getOpsetImport(0));
        require(model.getIrVersion() == IR.get(opset), "IR version " + model.getIrVersion());
        require(
                !model.getProducerName().isEmpty()
                        && !model.getProducerVersion().isEmpty(),
                "no producer");
        Set<String> keys = new HashSet<>();
        model.getMetadataPropsList().forEach(e -> require(keys.add(e.getKey()), "metadata twice: " + e.getKey()));
        graph(model.getGraph());
    }

    /** What is against the rules; empty if all is well. */
    static List<String> broken(ModelProto model, int opset) {
        return new OnnxRules(model, opset).broken;
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) broken.add(otherwise);
    }

    private void define(String name, char type) {
        require(name.matches("[A-Za-z_][A-Za-z0-9_]*"), "\"" + name + "\" is no identifier");
        require(types.put(name, type) == null, name + " is defined twice");
        unread.add(name);
    }

    private void graph(GraphProto graph) {
        require(graph.getName().matches("[A-Za-z_][A-Za-z0-9_]*"), "graph \"" + graph.getName() + "\"");
        for (ValueInfoProto input : graph.getInputList()) define(input.getName(), declared(input));
        for (TensorProto initializer : graph.getInitializerList()) initializer(initializer);
        Set<String> nodes = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            require(nodes.add(node.getName()), "node " + node.getName() + " twice");
            node(node);
        }
        for (ValueInfoProto output : graph.getOutputList()) {
            unread.remove(output.getName());
            require(types.containsKey(output.getName()), "output " + output.getName() + " is not defined");
            char type = types.getOrDefault(output.getName(), '?');
            require(declared(output) == type, "output " + output.getName() + " is " + type);
        }
        require(unread.isEmpty(), "never read: " + unread);
    }

    /** Type of an input or output, whose first dimension must be the batch. */
    private char declared(ValueInfoProto value) {
        var tensor = value.getType().getTensorType();
        require(tensor.getShape().getDimCount() > 0, value.getName() + " has no shape");
        require(tensor.getShape().getDim(0).getDimParam().equals("batch"), value.getName() + " without batch");
        for (int i = 1; i < tensor.getShape().getDimCount(); i++)
            require(tensor.getShape().getDim(i).getDimValue() > 0, value.getName() + " of open size");
        return type(tensor.getElemType());
    }

    private static char type(int dataType) {
        return switch (dataType) {
            case 1 -> 'f';
            case 7 -> 'i';
            case 8 -> 's';
            case 9 -> 'b';
            default -> '?';
        };
    }

    private void initializer(TensorProto tensor) {
        char type = type(tensor.getDataType());
        define(tensor.getName(), type);
        long count = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
        if (type == 's') require(tensor.getStringDataCount() == count && !tensor.hasRawData(), tensor.getName());
        else
            require(
                    tensor.getRawData().size() == count * (type == 'i' ? 8 : 4) && tensor.getFloatDataCount() == 0,
                    tensor.getName() + ": " + tensor.getRawData().size() + " bytes of " + count);
        require(!tensor.hasDataLocation() && !tensor.hasSegment(), tensor.getName() + " lies elsewhere");
    }

    private void node(NodeProto node) {
        String place = node.getName() + " (" + node.getOpType() + ")";
        Operator operator = OPERATORS.get(node.getOpType());
        if (operator == null) {
            broken.add(place + " is not in the table");
            return;
        }
        require(node.getDomain().isEmpty(), place + " has a domain");
        require(operator.since <= opset, place + " came with operator set " + operator.since);
        require(!node.getOpType().equals("ReduceMean") || opset < 18, place + " has axes as an attribute");
        int inputs = node.getInputCount();
        require(inputs >= operator.inputs && inputs <= operator.mostInputs, place + ": " + inputs + " inputs");
        for (int i = 0; i < inputs; i++) {
            String input = node.getInput(i);
            unread.remove(input);
            require(types.containsKey(input), place + " reads " + input + " before it is made");
            char expected = operator.types.charAt(i);
            require(expected == '*' || types.getOrDefault(input, '?') == expected, place + ": type of " + input);
        }
        require(node.getOutputCount() == 1, place + ": outputs");
        char type = operator.types.charAt(operator.types.length() - 1);
        define(node.getOutput(0), type == '*' ? types.getOrDefault(node.getInput(0), '?') : type);
        Set<String> seen = new HashSet<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            require(seen.add(attribute.getName()), place + ": twice " + attribute.getName());
            String form = operator.attributes.get(attribute.getName());
            require(form != null && form.equals(form(attribute)), place + ": attribute " + attribute.getName());
        }
    }

    private static String form(AttributeProto attribute) {
        return switch (attribute.getType()) {
            case FLOAT -> "f";
            case INT -> "i";
            case INTS -> "l";
            case STRING -> "s";
            default -> "?";
        };
    }
}
