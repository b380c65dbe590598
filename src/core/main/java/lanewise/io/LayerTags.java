package lanewise.io;

import java.util.ArrayList;
import java.util.List;
import lanewise.Activation;
import lanewise.BatchNorm;
import lanewise.Dense;
import lanewise.Dropout;
import lanewise.Embedding;
import lanewise.Layer;
import lanewise.LayerNorm;
import lanewise.PRelu;
import lanewise.Residual;
import lanewise.Softmax;
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

    private static final int DENSE = 1, STACK = 2, RESIDUAL = 3, IDENTITY = 4, BATCH_NORM = 5, LAYER_NORM = 6;
    private static final int PRELU = 7, SOFTMAX = 8, EMBEDDING = 9;

    private LayerTags() {}

    /** Writes the layers of a stack. */
    static final class Writer {

        private final HeaderWriter out;
        private int layers;

        Writer(HeaderWriter out) {
            this.out = out;
        }

        /** @throws IllegalArgumentException if there are too many, or one is none of the library's own */
        void write(Stack stack) {
            inside(stack, "", 0);
        }

        private void inside(Stack stack, String place, int depth) {
            List<Layer> inside = stack.layers();
            out.i32(inside.size());
            for (int i = 0; i < inside.size(); i++) layer(inside.get(i), place + i, depth);
        }

        private void layer(Layer layer, String place, int depth) {
            if (++layers > MOST_LAYERS || depth > DEEPEST)
                throw new IllegalArgumentException("layer " + place + ": a model file holds at most " + MOST_LAYERS
                        + " layers, at most " + DEEPEST + " of them inside one another");
            if (layer instanceof Dense dense) {
                start(DENSE, dense.inputSize());
                out.i32(dense.outputSize());
                out.u8(dense.parameters().size() == 2 ? 1 : 0);
                activation(dense.activation(), "the activation of layer " + place + " (" + layer + ")");
            } else if (layer instanceof Stack stack) {
                out.u16(STACK);
                inside(stack, place + ".", depth + 1);
            } else if (layer instanceof Residual residual) {
                out.u16(RESIDUAL);
                inside(residual.inner(), place + ".", depth + 1);
            } else if (layer instanceof Dropout) start(IDENTITY, layer.inputSize());
            else if (layer instanceof BatchNorm norm) {
                start(BATCH_NORM, layer.inputSize());
                out.f32(norm.epsilon());
            } else if (layer instanceof LayerNorm norm) {
                start(LAYER_NORM, layer.inputSize());
                out.f32(norm.epsilon());
            } else if (layer instanceof PRelu) start(PRELU, layer.inputSize());
            else if (layer instanceof Softmax) start(SOFTMAX, layer.inputSize());
            else if (layer instanceof Embedding embedding) {
                start(EMBEDDING, layer.inputSize());
                out.i32(embedding.vocabulary());
                out.i32(layer.outputSize() / layer.inputSize());
            } else throw unknown("layer " + place + " (" + layer + ")", layer);
        }

        private void start(int tag, int inputs) {
            out.u16(tag);
            out.i32(inputs);
        }

        private void activation(Activation activation, String what) {
            if (activation.number() == 0) throw unknown(what, activation);
            out.u16(activation.number());
            out.f32(activation.parameter());
        }

        private static IllegalArgumentException unknown(String what, Object own) {
            return new IllegalArgumentException(
                    what + " cannot be saved: " + own.getClass().getName()
                            + " is not one of the library's own kinds, and a file holds no code; save its parameters by"
                            + " Model.copyParameters and build the model in code by Model.builder");
        }
    }

    /** Reads the layers of a stack. Sets aside memory for none of their parameters. */
    static final class Reader {

        private final HeaderReader in;
        private final long mostParameters;
        private long parameters;
        private int layers;

        /** For layers that have at most so many parameters together. */
        Reader(HeaderReader in, long mostParameters) {
            this.in = in;
            this.mostParameters = mostParameters;
        }

        Stack read() throws Malformed {
            return new Stack(inside("", 0));
        }

        private List<Layer> inside(String place, int depth) throws Malformed {
            int count = in.count("the number of layers" + (place.isEmpty() ? "" : " in layer " + place), 2);
            List<Layer> inside = new ArrayList<>();
            for (int i = 0; i < count; i++) inside.add(layer(place.isEmpty() ? "" + i : place + "." + i, depth));
            return inside;
        }

        private Layer layer(String place, int depth) throws Malformed {
            if (++layers > MOST_LAYERS || depth > DEEPEST)
                throw new Malformed("layer " + place + " is one too many: at most " + MOST_LAYERS + " layers, at most "
                        + DEEPEST + " inside one another, are allowed");
            int tag = in.u16("the kind of layer " + place);
            if (tag == STACK) return new Stack(inside(place, depth + 1));
            if (tag == RESIDUAL) return Residual.of(inside(place, depth + 1).toArray(Layer[]::new));
            int size = in.size("the input size of layer " + place, 1);
            switch (tag) {
                case DENSE:
                    return dense(place, size);
                case IDENTITY:
                    return Dropout.of(size, 0);
                case BATCH_NORM:
                    claim(place, 4, size);
                    return BatchNorm.of(size).withEpsilon(in.f32("the epsilon of layer " + place));
                case LAYER_NORM:
                    claim(place, 2, size);
                    return LayerNorm.of(size).withEpsilon(in.f32("the epsilon of layer " + place));
                case PRELU:
                    claim(place, 1, size);
                    return PRelu.of(size);
                case SOFTMAX:
                    return Softmax.of(size);
                case EMBEDDING:
                    int vocabulary = in.size("the vocabulary of layer " + place, 1);
                    int vector = in.size("the vector size of layer " + place, 1);
                    claim(place, vocabulary, vector);
                    return Embedding.of(size, vocabulary, vector);
                default:
                    throw new Malformed("layer " + place + " is of kind " + tag + ", which this version does not know");
            }
        }

        private Layer dense(String place, int inputs) throws Malformed {
            int outputs = in.size("the output size of layer " + place, 1);
            boolean bias = in.flag("the bias flag of layer " + place);
            claim(place, inputs, outputs);
            if (bias) claim(place, 1, outputs);
            int number = in.u16("the activation of layer " + place);
            Activation activation = Activation.of(number, in.f32("the parameter of the activation of layer " + place));
            Dense dense = Dense.of(inputs, outputs, activation);
            return bias ? dense : dense.withoutBias();
        }

        private void claim(String place, int rows, int columns) throws Malformed {
            parameters += (long) rows * columns;
            if (parameters > mostParameters)
                throw new Malformed("layer " + place + " has a matrix of " + rows + "x" + columns + "; " + parameters
                        + " parameters, with those before it, are more than the file holds");
        }
    }

    /**
     * The widths of all layers together: what a prediction's memory grows with. Files in which they are out of
     * proportion to everything else are neither written nor read.
     */
    static long widths(Layer layer) {
        long sum = (long) layer.inputSize() + layer.outputSize();
        List<Layer> inside = layer instanceof Stack stack
                ? stack.layers()
                : layer instanceof Residual residual ? residual.inner().layers() : List.of();
        for (Layer one : inside) sum += widths(one);
        return sum;
    }

    /** Most of {@link #widths} for a file of so many bytes. */
    static long mostWidths(long fileSize) {
        return 1_000_000 + 2 * fileSize;
    }
}
