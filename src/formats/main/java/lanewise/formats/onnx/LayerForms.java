package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;
import java.util.Map;
import lanewise.Model;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;

/**
 * The layers of a model as nodes of a graph. Stacks are flattened, dropout is left out, and all parameters keep their bits; a dense
 * layer's weights are transposed to [outputs][inputs], as other libraries have them.
 */
final class LayerForms {

    private final GraphWriter graph;
    private final Model model;

    /** All of the model's, in the order of its layers, and how many have been written. */
    private final float[] parameters;

    private int at;

    LayerForms(GraphWriter graph, Model model) {
        this.graph = graph;
        this.model = model;
        parameters = model.copyParameters();
    }

    /**
     * Adds the nodes of all layers.
     *
     * @param input the value that they are applied to
     * @return the logits
     * @throws IllegalArgumentException if a layer has no form in ONNX; the message names its place
     */
    String write(String input) {
        return stack(model.stack(), "", input);
    }

    private String stack(Stack stack, String outer, String x) {
        List<Layer> layers = stack.layers();
        for (int i = 0; i < layers.size(); i++) x = layer(layers.get(i), outer.isEmpty() ? "" + i : outer + "." + i, x);
        return x;
    }

    private String layer(Layer layer, String place, String x) {
        if (layer instanceof Dense dense) return dense(dense, place, x);
        if (layer instanceof Stack stack) return stack(stack, place, x);
        if (layer instanceof Residual residual) return graph.node("Add", stack(residual.inner(), place, x), x);
        if (layer instanceof Pointwise pointwise) return activation(pointwise.activation(), layer, place, x);
        if (layer instanceof BatchNorm norm) return batchNorm(norm, x);
        if (layer instanceof LayerNorm norm) return layerNorm(norm, x);
        if (layer instanceof PRelu) return prelu(layer, x);
        if (layer instanceof Affine) return affine(layer, x);
        if (layer instanceof Rescale) return rescale(layer, x);
        if (layer instanceof Softmax) return graph.node("Softmax", Map.of("axis", -1L), x);
        if (layer instanceof Embedding embedding) return embedding(embedding, x);
        if (layer instanceof Dropout) return x;
        throw unknown("layer " + place + " (" + layer + ")", layer);
    }

    private String dense(Dense layer, String place, String x) {
        String name = graph.name("dense");
        int in = layer.inputSize(), out = layer.outputSize();
        String weights = graph.transposed(name + "_weight", parameters, at, in, out);
        at += in * out;
        Map<String, Object> transposed = Map.of("transB", 1L);
        boolean bias = layer.parameters().size() > 1;
        String sums = bias
                ? graph.named(name, "Gemm", transposed, x, weights, row(name + "_bias", out))
                : graph.named(name, "Gemm", transposed, x, weights);
        return activation(layer.activation(), layer, place, sums);
    }

    private String activation(Activation activation, Layer layer, String place, String x) {
        String y = ActivationForms.write(graph, activation, x);
        if (y == null) throw unknown("the activation of layer " + place + " (" + layer + ")", activation);
        return y;
    }

    /** An initialiser of the next parameters, one of each unit. */
    private String row(String name, int size) {
        String row = graph.floats(name, parameters, at, size);
        at += size;
        return row;
    }

    private String batchNorm(BatchNorm layer, String x) {
        String name = graph.name("batchNorm");
        int size = layer.inputSize();
        String scale = row(name + "_scale", size), shift = row(name + "_shift", size);
        String mean = row(name + "_mean", size), variance = row(name + "_variance", size);
        return graph.named(
                name, "BatchNormalization", Map.of("epsilon", layer.epsilon()), x, scale, shift, mean, variance);
    }

    private String layerNorm(LayerNorm layer, String x) {
        String name = graph.name("layerNorm");
        int size = layer.inputSize();
        String scale = row(name + "_scale", size), shift = row(name + "_shift", size);
        if (graph.opset() >= 17)
            return graph.named(
                    name,
                    "LayerNormalization",
                    GraphWriter.attributes("axis", -1L, "epsilon", layer.epsilon()),
                    x,
                    scale,
                    shift);
        String deviation = graph.node("Sub", x, mean(x));
        String variance = mean(graph.node("Mul", deviation, deviation));
        String spread = graph.node("Sqrt", graph.node("Add", variance, graph.scalar(layer.epsilon())));
        return graph.node("Add", graph.node("Mul", graph.node("Div", deviation, spread), scale), shift);
    }

    /** The mean of each row, in a column. */
    private String mean(String x) {
        return graph.node("ReduceMean", GraphWriter.attributes("axes", new long[] {-1}, "keepdims", 1L), x);
    }

    private String prelu(Layer layer, String x) {
        String name = graph.name("prelu");
        return graph.named(name, "PRelu", Map.of(), x, row(name + "_slope", layer.inputSize()));
    }

    private String affine(Layer layer, String x) {
        String name = graph.name("affine");
        int size = layer.inputSize();
        String scale = row(name + "_scale", size), shift = row(name + "_shift", size);
        return graph.node("Add", graph.node("Mul", x, scale), shift);
    }

    private String rescale(Layer layer, String x) {
        String name = graph.name("rescale");
        int size = layer.inputSize();
        String shift = row(name + "_shift", size), factor = row(name + "_factor", size);
        String offset = row(name + "_offset", size);
        return graph.node("Add", graph.node("Mul", graph.node("Sub", x, shift), factor), offset);
    }

    /** The library's inputs are floats, so indices are too. */
    private String embedding(Embedding layer, String x) {
        String name = graph.name("embedding");
        int vocabulary = layer.vocabulary(), size = layer.outputSize() / layer.inputSize();
        String vectors = graph.floats(name + "_vectors", parameters, at, vocabulary, size);
        at += vocabulary * size;
        String indices = graph.node("Cast", OnnxExport.cast(DataType.INT64), x);
        String found = graph.named(name, "Gather", Map.of("axis", 0L), vectors, indices);
        return graph.node("Flatten", Map.of("axis", 1L), found);
    }

    private static IllegalArgumentException unknown(String what, Object own) {
        return new IllegalArgumentException(
                what + " has no form in ONNX: " + own.getClass().getName() + " is not one of the library's own kinds");
    }
}
