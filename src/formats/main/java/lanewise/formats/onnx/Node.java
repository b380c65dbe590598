package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.List;
import java.util.Map;

/**
 * A node of a graph after local functions are inlined: names are unique in the whole program.
 *
 * @param domain empty for ONNX's own
 * @param opset version of the domain that the file imports
 * @param inputs empty where an input is left out
 * @param attributes by name, references resolved
 * @param scope names around it, for graphs inside
 * @param position 1 for the first in the file
 */
record Node(
        String name,
        String domain,
        String op,
        int opset,
        List<String> inputs,
        List<String> outputs,
        Map<String, AttributeProto> attributes,
        Scope scope,
        int position) {

    /** A node of ONNX's own domain that stands for a part of this one. */
    Node part(String partOp) {
        return part(partOp, Map.of());
    }

    /** A part with some of this node's attributes, or others. */
    Node part(String partOp, Map<String, AttributeProto> partAttributes) {
        return new Node(name, "", partOp, 23, List.of(), outputs, partAttributes, scope, position);
    }

    boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    private AttributeProto attribute(String attribute, AttributeProto.AttributeType type) {
        AttributeProto proto = attributes.get(attribute);
        // Files of IR version 1 and 2 leave the type out.
        if (proto != null && proto.hasType() && proto.getType() != type)
            throw Refusal.at(
                    this, "attribute " + attribute + " is of type " + proto.getType() + ", " + type + " expected");
        return proto;
    }

    long integer(String attribute, long otherwise) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.INT);
        return proto == null ? otherwise : proto.getI();
    }

    float number(String attribute, float otherwise) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.FLOAT);
        return proto == null ? otherwise : proto.getF();
    }

    String text(String attribute, String otherwise) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.STRING);
        return proto == null ? otherwise : proto.getS().toStringUtf8();
    }

    /** Null if there is none. */
    long[] integers(String attribute) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.INTS);
        if (proto == null) return null;
        long[] values = new long[proto.getIntsCount()];
        for (int i = 0; i < values.length; i++) values[i] = proto.getInts(i);
        return values;
    }

    /** Null if there is none. */
    float[] numbers(String attribute) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.FLOATS);
        if (proto == null) return null;
        float[] values = new float[proto.getFloatsCount()];
        for (int i = 0; i < values.length; i++) values[i] = proto.getFloats(i);
        return values;
    }

    /** Null if there is none. */
    List<String> texts(String attribute) {
        AttributeProto proto = attribute(attribute, AttributeProto.AttributeType.STRINGS);
        return proto == null
                ? null
                : proto.getStringsList().stream().map(s -> s.toStringUtf8()).toList();
    }

    String output() {
        return outputs.isEmpty() ? "" : outputs.get(0);
    }

    /** {@code "name" (Relu)}. */
    String title() {
        String made = name.isEmpty() ? "making \"" + shortened(output()) + "\"" : "\"" + shortened(name) + "\"";
        return made + " (" + operator() + ")";
    }

    /** {@code node 3, "name" (Relu), which makes "value"}. */
    String place() {
        return "node " + position + ", " + title()
                + (name.isEmpty() || outputs.isEmpty() ? "" : ", which makes \"" + shortened(output()) + "\"");
    }

    String operator() {
        return shortened(domain.isEmpty() ? op : domain + "." + op);
    }

    /** Names of files that are not ours, as messages show them. */
    static String shortened(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().limit(120).forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return shown.length() < text.length() ? shown + "..." : shown.toString();
    }

    /** Nodes are themselves. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return position;
    }
}
