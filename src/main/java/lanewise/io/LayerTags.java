package lanewise.io;

import java.util.ArrayList;
import java.util.List;
import lanewise.Activation;
import lanewise.Dense;
import lanewise.Layer;
import lanewise.Stack;

/**
 * Layers in a header: a number that stands for the kind, never to be changed, then the kind's own fields. A kind that is
 * added gets the next number, here and in docs/model-file.md.
 */
final class LayerTags {

    /** Most layers of a model, those that hold others and those that are held counted alike. */
    static final int MOST_LAYERS = 4096;

    /** How deep layers may lie inside others. */
    static final int DEEPEST = 32;

    private static final int DENSE = 1, STACK = 2;

    private final HeaderReader in;
    private final long mostParameters;
    private long parameters;
    private int layers;

    private LayerTags(HeaderReader in, long mostParameters) {
        this.in = in;
        this.mostParameters = mostParameters;
    }

    static void write(Stack stack, HeaderWriter out) {
        int[] layers = {0};
        writeInside(stack, "", 0, layers, out);
    }

    private static void writeInside(Stack stack, String place, int depth, int[] layers, HeaderWriter out) {
        List<Layer> inside = stack.layers();
        out.i32(inside.size());
        for (int i = 0; i < inside.size(); i++) write(inside.get(i), place + i, depth, layers, out);
    }

    private static void write(Layer layer, String place, int depth, int[] layers, HeaderWriter out) {
        if (++layers[0] > MOST_LAYERS || depth > DEEPEST)
            throw new IllegalArgumentException("layer " + place + ": a model file holds at most " + MOST_LAYERS
                    + " layers, at most " + DEEPEST + " of them inside one another");
        if (layer instanceof Dense dense) {
            out.u16(DENSE);
            out.i32(dense.inputSize());
            out.i32(dense.outputSize());
            out.u8(dense.parameters().size() == 2 ? 1 : 0);
            activation(dense.activation(), place, layer, out);
        } else if (layer instanceof Stack stack) {
            out.u16(STACK);
            writeInside(stack, place + ".", depth + 1, layers, out);
        } else throw unknown("layer " + place + " (" + layer + ")", layer);
    }

    private static void activation(Activation activation, String place, Layer layer, HeaderWriter out) {
        if (activation.number() == 0)
            throw unknown("the activation of layer " + place + " (" + layer + ")", activation);
        out.u16(activation.number());
        out.f32(activation.parameter());
    }

    private static IllegalArgumentException unknown(String what, Object own) {
        return new IllegalArgumentException(
                what + " cannot be saved: " + own.getClass().getName()
                        + " is not one of the library's own kinds, and a file holds no code; save its parameters by"
                        + " Model.copyParameters and build the model in code by Model.builder");
    }

    /**
     * Reads the layers; they have at most so many parameters together, of which none is allocated here.
     *
     * @throws Malformed if they are not as {@link #write} writes them
     */
    static Stack read(HeaderReader in, long mostParameters) throws Malformed {
        return new LayerTags(in, mostParameters).stack("", 0);
    }

    private Stack stack(String place, int depth) throws Malformed {
        int count = in.count("the number of layers" + (place.isEmpty() ? "" : " in layer " + place), 2);
        List<Layer> inside = new ArrayList<>();
        for (int i = 0; i < count; i++) inside.add(layer(place.isEmpty() ? "" + i : place + "." + i, depth));
        try {
            return new Stack(inside);
        } catch (IllegalArgumentException e) {
            throw new Malformed(e.getMessage());
        }
    }

    private Layer layer(String place, int depth) throws Malformed {
        String what = "layer " + place;
        if (++layers > MOST_LAYERS || depth > DEEPEST)
            throw new Malformed(what + " is one too many: at most " + MOST_LAYERS + " layers, at most " + DEEPEST
                    + " inside one another, are allowed");
        int tag = in.u16("the kind of " + what);
        switch (tag) {
            case DENSE:
                int inputs = in.size("the inputs of " + what, 1), outputs = in.size("the outputs of " + what, 1);
                boolean bias = in.flag("the bias flag of " + what);
                add(what, inputs, outputs);
                if (bias) add(what, 1, outputs);
                Dense dense = Dense.of(inputs, outputs, activation("the activation of " + what));
                return bias ? dense : dense.withoutBias();
            case STACK:
                return stack(place, depth + 1);
            default:
                throw new Malformed(what + " is of kind " + tag + ", which this version does not know");
        }
    }

    private void add(String what, int rows, int columns) throws Malformed {
        parameters += (long) rows * columns;
        if (parameters > mostParameters)
            throw new Malformed(what + " has " + (long) rows * columns + " parameters; " + parameters
                    + " with those before it are more than the file holds");
    }

    private Activation activation(String what) throws Malformed {
        int number = in.u16(what);
        float parameter = in.f32(what);
        try {
            return Activation.of(number, parameter);
        } catch (IllegalArgumentException e) {
            throw new Malformed(what + " is unknown to this version: " + e.getMessage());
        }
    }
}
