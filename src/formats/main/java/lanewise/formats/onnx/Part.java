package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Stack;

/**
 * A layer that was recognised.
 *
 * @param kind which decides what may follow
 * @param layer null for a log-softmax, which is an output only
 * @param parameters matrices in the layer's order, without padding
 * @param activation of a {@link Kind#DENSE} or {@link Kind#ACTIVATION}
 * @param size width of the output
 * @param nodes that it was recognised in
 */
record Part(Kind kind, Layer layer, List<float[]> parameters, Activation activation, int size, String nodes) {

    enum Kind {
        DENSE,
        ACTIVATION,
        SOFTMAX,
        LOG_SOFTMAX,
        OTHER
    }

    /** Weights input by input; bias may be null. */
    static Part dense(int inputs, int outputs, float[] weights, float[] bias, String nodes) {
        Dense dense = Dense.of(inputs, outputs, Activation.IDENTITY);
        return new Part(
                Kind.DENSE,
                bias == null ? dense.withoutBias() : dense,
                bias == null ? List.of(weights) : List.of(weights, bias),
                Activation.IDENTITY,
                outputs,
                nodes);
    }

    static Part activation(int size, Activation activation, String nodes) {
        return new Part(Kind.ACTIVATION, Pointwise.of(size, activation), List.of(), activation, size, nodes);
    }

    static Part of(Layer layer, String nodes, float[]... parameters) {
        return new Part(Kind.OTHER, layer, List.of(parameters), null, layer.outputSize(), nodes);
    }

    static Part affine(float[] scale, float[] shift, String nodes) {
        return of(Affine.of(scale.length), nodes, scale, shift);
    }

    static Part affine(int size, double scale, double shift, String nodes) {
        float[] scales = new float[size], shifts = new float[size];
        Arrays.fill(scales, (float) scale);
        Arrays.fill(shifts, (float) shift);
        return affine(scales, shifts, nodes);
    }

    static Part rescale(float[] shift, float[] factor, float[] offset, String nodes) {
        return of(Rescale.of(shift.length), nodes, shift, factor, offset);
    }

    static Part prelu(float[] slopes, String nodes) {
        return of(PRelu.of(slopes.length), nodes, slopes);
    }

    static Part residual(List<Part> inner, String nodes) {
        List<float[]> parameters = new ArrayList<>();
        List<Layer> layers = new ArrayList<>();
        for (Part part : inner) {
            layers.add(part.layer);
            parameters.addAll(part.parameters);
        }
        Residual residual = Residual.of(new Stack(layers));
        return new Part(Kind.OTHER, residual, parameters, null, residual.outputSize(), nodes);
    }

    boolean biased() {
        return parameters.size() > 1;
    }

    Part withBias(float[] bias, String moreNodes) {
        return dense(layer.inputSize(), size, parameters.get(0), bias, nodes + ", " + moreNodes);
    }

    /** A dense layer with the activation that follows it. */
    Part with(Part following) {
        Dense dense = Dense.of(layer.inputSize(), size, following.activation);
        return new Part(
                Kind.DENSE,
                biased() ? dense : dense.withoutBias(),
                parameters,
                following.activation,
                size,
                nodes + ", " + following.nodes);
    }

    /** Dense layers take the activations that follow them. */
    static List<Part> merged(List<Part> parts) {
        List<Part> merged = new ArrayList<>();
        for (Part part : parts) {
            Part last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            boolean takes = part.kind == Kind.ACTIVATION
                    && last != null
                    && last.kind == Kind.DENSE
                    && last.activation == Activation.IDENTITY;
            if (takes) merged.set(merged.size() - 1, last.with(part));
            else merged.add(part);
        }
        return merged;
    }
}
