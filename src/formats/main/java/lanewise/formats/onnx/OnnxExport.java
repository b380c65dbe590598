package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.file.AtomicFile;
import lanewise.layer.Task;

/**
 * Writes a model as ONNX: {@link LayerForms the layers}, the predictions that the model makes of their logits, and for classes
 * the label of each row; what remains goes into {@link ModelProperties}.
 *
 * <p>The graph has one input, {@code input}, [batch, inputs] floats, and the output {@code output}, [batch, outputs] floats,
 * which are the model's predictions. A model of classes has a second output, {@code label}, [batch]: the class of each row as the
 * string that names it, or as its int64 index where the model has no labels.
 *
 * <p>Equal models and operator sets make equal bytes.
 */
final class OnnxExport {

    static final int FIRST_OPSET = 13, LAST_OPSET = 23, USUAL_OPSET = 17;

    /** The version of the intermediate representation that came with each operator set. */
    private static final int[] IR = {7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11};

    /** Protocol Buffers count bytes in an int; half a megabyte is left for texts and shapes. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (1 << 19);

    private static final String INPUT = "input", OUTPUT = "output", LABEL = "label";

    private final Model model;
    private final GraphWriter graph;

    private OnnxExport(Model model, int opset) {
        this.model = model;
        graph = new GraphWriter(opset);
    }

    /**
     * Writes a file, all or nothing.
     *
     * @throws IllegalArgumentException as {@link #of}
     * @throws IOException if it cannot be written; the message names the file, which is as it was
     */
    static void write(Model model, Path file, int opset) throws IOException {
        ModelProto proto = of(model, opset);
        AtomicFile.write(file, proto::writeTo);
    }

    /**
     * A model as ONNX.
     *
     * @param opset 13 to 23
     * @throws IllegalArgumentException if the operator set is another, the model is too large for one file, or a layer or an
     *     activation is none of the library's own; the message names it
     */
    static ModelProto of(Model model, int opset) {
        if (opset < FIRST_OPSET || opset > LAST_OPSET)
            throw new IllegalArgumentException("operator set " + opset + " given, " + FIRST_OPSET + " to " + LAST_OPSET
                    + " expected; " + USUAL_OPSET + " is read almost everywhere");
        long bytes = (long) Float.BYTES * model.parameterCount();
        if (bytes > MOST_BYTES)
            throw new IllegalArgumentException(model.parameterCount() + " parameters take " + bytes
                    + " bytes, but an ONNX file has at most " + MOST_BYTES + "; ModelFile has no such limit");
        return new OnnxExport(model, opset).proto();
    }

    private ModelProto proto() {
        graph.input(INPUT, model.inputSize());
        String logits = new LayerForms(graph, model).write(INPUT);
        String predictions = predictions(logits);
        // An output is a node's: the input cannot be one itself.
        if (predictions.equals(INPUT)) predictions = logits = graph.node("Identity", INPUT);
        graph.rename(predictions, OUTPUT);
        graph.output(OUTPUT, DataType.FLOAT, model.outputSize());
        if (model.classes() > 0) label(logits.equals(predictions) ? OUTPUT : logits);
        ModelProto.Builder proto = ModelProto.newBuilder()
                .setIrVersion(IR[graph.opset() - FIRST_OPSET])
                .setProducerName("Lanewise")
                .setProducerVersion(Lanewise.version())
                .setDocString(documentation())
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(graph.opset()))
                .setGraph(graph.graph("network"));
        for (Map.Entry<String, String> entry : ModelProperties.of(model).entrySet())
            proto.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(entry.getKey()).setValue(entry.getValue()));
        return proto.build();
    }

    /** One sentence for whoever opens the file. */
    private String documentation() {
        return "A fully connected network with " + model.inputSize() + (model.inputSize() == 1 ? " input" : " inputs")
                + " and " + model.outputSize() + (model.outputSize() == 1 ? " output" : " outputs") + " ("
                + model.task() + "), " + model.parameterCount() + " parameters, fingerprint " + model.fingerprint()
                + ".";
    }

    private String predictions(String logits) {
        String z = model.temperature() == 1f ? logits : graph.node("Div", logits, graph.scalar(model.temperature()));
        return switch (model.output()) {
            case IDENTITY -> z;
            case SIGMOID -> graph.node("Sigmoid", z);
            case SOFTMAX -> graph.node("Softmax", Map.of("axis", -1L), z);
            case LOG_SOFTMAX -> graph.node("LogSoftmax", Map.of("axis", -1L), z);
        };
    }

    /** The class of each row, found as {@link lanewise.Predictor#classify} does: by the logits. */
    private void label(String logits) {
        String index;
        if (model.task() == Task.BINARY) {
            String yes = graph.node("Greater", logits, graph.scalar(0f));
            index = graph.node("Squeeze", graph.node("Cast", cast(DataType.INT64), yes), graph.index("axes", 1));
        } else index = graph.node("ArgMax", GraphWriter.attributes("axis", 1L, "keepdims", 0L), logits);
        List<String> labels = model.labels();
        if (labels.isEmpty()) graph.rename(index, LABEL);
        else graph.named(LABEL, "Gather", Map.of("axis", 0L), graph.strings("labels", labels), index);
        graph.output(LABEL, labels.isEmpty() ? DataType.INT64 : DataType.STRING, 0);
    }

    static Map<String, Object> cast(DataType to) {
        return Map.of("to", (long) to.getNumber());
    }
}
