package lanewise.io;

import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Stack;

/** Writes layers into a header: each one's number, then its fields as its {@link LayerKind} writes them by this class. */
final class LayerWriter {

    private final HeaderWriter out;
    private int layers;
    private int version = 1;

    /** How deep the layer lies inside others; −1 before the first. */
    private int depth = -1;

    /** The layer that is being written, and its place: 2.0 is the first inside the third. */
    private Layer layer;

    private String place = "";

    LayerWriter(HeaderWriter out) {
        this.out = out;
    }

    /**
     * Writes the layers of a stack: the model's, or those inside the layer that is being written.
     *
     * @throws IllegalArgumentException if there are too many, or one is none of the library's own
     */
    void inside(Stack stack) {
        List<Layer> inside = stack.layers();
        out.i32(inside.size());
        String outer = place;
        depth++;
        for (int i = 0; i < inside.size(); i++) {
            layer = inside.get(i);
            place = outer.isEmpty() ? "" + i : outer + "." + i;
            layer();
        }
        depth--;
        place = outer;
    }

    private void layer() {
        if (++layers > Limits.MOST_LAYERS || depth > Limits.DEEPEST)
            throw new IllegalArgumentException("layer " + place + ": a model file holds at most " + Limits.MOST_LAYERS
                    + " layers, at most " + Limits.DEEPEST + " of them inside one another");
        LayerKind kind = LayerKind.of(layer);
        if (kind == null) throw unknown("layer " + place + " (" + layer + ")", layer);
        version = Math.max(version, kind.version());
        out.u16(kind.number);
        kind.write(layer, this);
    }

    /** The first version of the format that has all kinds and activations written so far. */
    int version() {
        return version;
    }

    void size(int size) {
        out.i32(size);
    }

    void flag(boolean flag) {
        out.u8(flag ? 1 : 0);
    }

    void f32(float value) {
        out.f32(value);
    }

    /** @throws IllegalArgumentException if it is none of the library's own */
    void activation(Activation activation) {
        if (activation.number() == 0)
            throw unknown("the activation of layer " + place + " (" + layer + ")", activation);
        out.u16(activation.number());
        out.f32(activation.parameter());
        int since = LayerKind.versionOfActivation(activation.number());
        if (since >= 3) out.f32(activation.second());
        version = Math.max(version, since);
    }

    private static IllegalArgumentException unknown(String what, Object own) {
        return new IllegalArgumentException(
                what + " cannot be saved: " + own.getClass().getName()
                        + " is not one of the library's own kinds, and a file holds no code; save its parameters by"
                        + " Model.copyParameters and build the model in code by Model.builder");
    }
}
