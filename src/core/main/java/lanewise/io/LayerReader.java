package lanewise.io;

import java.util.ArrayList;
import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Layer;

/**
 * Reads layers from a header: each one's number, then its fields as its {@link LayerKind} reads them by this class. Sets
 * aside memory for none of their parameters.
 */
final class LayerReader {

    private final HeaderReader in;
    private final long mostParameters;
    private long parameters;
    private int layers;
    private int version = 1;

    /** How deep the layer lies inside others; −1 before the first. */
    private int depth = -1;

    /** The place of the layer that is being read: 2.0 is the first inside the third. */
    private String place = "";

    /** For layers that have at most so many parameters together. */
    LayerReader(HeaderReader in, long mostParameters) {
        this.in = in;
        this.mostParameters = mostParameters;
    }

    /** Reads layers, one after the other: the model's, or those inside the layer that is being read. */
    List<Layer> inside() throws Malformed {
        int count = in.count("the number of layers" + (place.isEmpty() ? "" : " in layer " + place), 2);
        List<Layer> inside = new ArrayList<>();
        String outer = place;
        depth++;
        for (int i = 0; i < count; i++) {
            place = outer.isEmpty() ? "" + i : outer + "." + i;
            inside.add(layer());
        }
        depth--;
        place = outer;
        return inside;
    }

    private Layer layer() throws Malformed {
        if (++layers > Limits.MOST_LAYERS || depth > Limits.DEEPEST)
            throw new Malformed("layer " + place + " is one too many: at most " + Limits.MOST_LAYERS
                    + " layers, at most " + Limits.DEEPEST + " inside one another, are allowed");
        int number = in.u16("the kind of layer " + place);
        LayerKind kind = LayerKind.of(number);
        if (kind == null)
            throw new Malformed("layer " + place + " is of kind " + number + ", which this version does not know");
        version = Math.max(version, kind.version());
        return kind.read(this);
    }

    /** The first version of the format that has all kinds and activations read so far. */
    int version() {
        return version;
    }

    /** Reads a number of things, at least 1. */
    int size(String what) throws Malformed {
        return in.size(named(what), 1);
    }

    boolean flag(String what) throws Malformed {
        return in.flag(named(what));
    }

    float f32(String what) throws Malformed {
        return in.f32(named(what));
    }

    Activation activation() throws Malformed {
        int number = in.u16(named("activation"));
        int since = LayerKind.versionOfActivation(number);
        version = Math.max(version, since);
        float parameter = in.f32(named("parameter of the activation"));
        return Activation.of(number, parameter, since >= 3 ? in.f32(named("second parameter of the activation")) : 0f);
    }

    /** Counts the parameters of a matrix; those of all layers together must lie in the file. */
    void claim(int rows, int columns) throws Malformed {
        parameters += (long) rows * columns;
        if (parameters > mostParameters)
            throw new Malformed("layer " + place + " has a matrix of " + rows + "x" + columns + "; " + parameters
                    + " parameters, with those before it, are more than the file holds");
    }

    private String named(String what) {
        return "the " + what + " of layer " + place;
    }
}
