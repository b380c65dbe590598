package lanewise.formats.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lanewise.Model;
import lanewise.formats.FormatException;
import lanewise.formats.onnx.Live.Operation;
import lanewise.layer.Activation;
import lanewise.layer.Affine;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Output;
import lanewise.layer.Stack;
import lanewise.layer.Task;

/** Reads a model: picks the output, finds the input, has the layers between them recognised, and makes a model of them. */
final class OnnxImport {

    private final Program program;
    private final ModelProperties properties;
    private final Map<String, Constant> bound;
    private final Tracer tracer;

    private OnnxImport(ModelProto proto, Path file, long bytes, Map<String, Constant> bound) {
        this.bound = bound;
        program = new Program(proto);
        Map<String, String> entries = new HashMap<>();
        proto.getMetadataPropsList().forEach(e -> entries.put(wellFormed(e.getKey()), wellFormed(e.getValue())));
        properties = new ModelProperties(entries);
        // What is folded, and what the layers compute of a row, is mostly as large as the weights are, if not made for
        // harm.
        tracer = new Tracer(program, new ExternalData(file), new Operators((1 << 20) + 16 * (bytes / 4)), bound);
    }

    /** The text without halves of surrogate pairs, which a model file refuses. */
    private static String wellFormed(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /**
     * Reads a file.
     *
     * @param output null for the only one of floats
     * @param bound values of inputs, which are constants then
     */
    static Imported read(Path file, String output, Map<String, Constant> bound) throws IOException {
        try {
            ModelProto proto = OnnxFile.read(file);
            long bytes = proto.getSerializedSize() + ExternalData.bytesBeside(file, proto);
            return new OnnxImport(proto, file, bytes, bound).read(output);
        } catch (Refusal refusal) {
            throw new FormatException(file, refusal.getMessage(), refusal);
        } catch (UncheckedIOException e) {
            throw new IOException(file + ": " + e.getMessage(), e.getCause());
        }
    }

    private Imported read(String asked) {
        String name = output(asked);
        String input = input(name);
        List<Node> order = program.order(name, tracer.known());
        OtherKinds.refuse(order);
        Live source = source(input, order);
        tracer.input(input, source, fixedRows(program.inputs().get(input)));
        if (!(tracer.trace(name) instanceof Live result))
            throw new Refusal("output \"" + Node.shortened(name) + "\" does not depend on the input");
        if (!result.type().floating())
            throw new Refusal("output \"" + Node.shortened(name) + "\" is " + result.type() + ", floats expected");
        Live second = secondColumn(result);
        Live sink = second == null ? result : second;
        Assembly assembly = new Assembly(Recognizer.layers(source, sink), source, sink, second != null);
        Model model = assembly.model(properties, new Labels(program, tracer, name));
        check(model, source, sink);
        return new Imported(model, rowShape(source), name, assembly.lines(), second != null);
    }

    // The output.

    private String output(String asked) {
        Map<String, ValueInfoProto> outputs = program.outputs();
        if (asked != null) {
            if (!outputs.containsKey(asked))
                throw new Refusal(
                        "there is no output \"" + Node.shortened(asked) + "\", but " + listed(outputs.keySet()));
            return asked;
        }
        List<String> floats = new ArrayList<>();
        outputs.forEach((name, info) -> {
            if (mayBeFloats(name, info.getType())) floats.add(name);
        });
        if (floats.isEmpty())
            throw new Refusal(
                    "no output of floats, but " + (outputs.isEmpty() ? "none at all" : listed(outputs.keySet())));
        if (floats.size() > 1) throw new Refusal("several outputs of floats: " + listed(floats) + "; name one of them");
        return floats.get(0);
    }

    private boolean mayBeFloats(String name, TypeProto type) {
        if (type.hasTensorType()) {
            int number = type.getTensorType().getElemType();
            DataType known = DataType.ofNumber(number);
            return number == 0 || known != null && known.floating();
        }
        Node producer = program.producer(name);
        return producer != null && producer.op().equals("ZipMap") || !type.hasSequenceType() && !type.hasMapType();
    }

    private static String listed(Iterable<String> names) {
        List<String> shown = new ArrayList<>();
        for (String name : names) if (shown.size() < 20) shown.add("\"" + Node.shortened(name) + "\"");
        return String.join(", ", shown);
    }

    /** The value p where a result is the columns 1 - p and p; or null. */
    private static Live secondColumn(Live result) {
        Operation concat = result.producer();
        if (concat == null || !concat.node().op().equals("Concat")) return null;
        Live first = concat.live(0), second = concat.live(1);
        boolean columns = concat.inputs().size() == 2 && first != null && second != null;
        if (!columns || first.features() != 1 || second.features() != 1) return null;
        Operation sub = first.producer();
        boolean complement = sub != null
                && sub.node().op().equals("Sub")
                && sub.constant(0) != null
                && sub.constant(0).uniform()
                && sub.constant(0).at(0) == 1
                && sub.live(1) != null
                && sub.live(1).producer() == second.producer();
        return complement ? second : null;
    }

    // The input.

    private String input(String output) {
        Set<String> inputs = new LinkedHashSet<>(), found = new LinkedHashSet<>();
        inputs.addAll(program.inputs().keySet());
        inputs.removeAll(bound.keySet());
        if (inputs.contains(output)) return output;
        for (Node node : program.order(output, tracer.known()))
            for (String name : program.needs(node)) if (inputs.contains(name)) found.add(name);
        if (found.isEmpty())
            throw new Refusal("output \"" + Node.shortened(output) + "\" does not depend on any input");
        if (found.size() > 1)
            throw new Refusal(
                    "not a multilayer perceptron: output \"" + Node.shortened(output) + "\" depends on "
                            + found.size() + " inputs, " + listed(found)
                            + "; one expected. If some of them are weights, the file lacks those: export it with its parameters");
        return found.iterator().next();
    }

    /** Rows that the file fixes a batch to, if more than one; else 0. */
    private static int fixedRows(ValueInfoProto info) {
        TensorShapeProto shape = info.getType().getTensorType().getShape();
        if (shape.getDimCount() < 2 || !shape.getDim(0).hasDimValue()) return 0;
        long rows = shape.getDim(0).getDimValue();
        return rows > 1 && rows <= Integer.MAX_VALUE ? (int) rows : 0;
    }

    private Live source(String name, List<Node> order) {
        ValueInfoProto info = program.inputs().get(name);
        String place = "input \"" + Node.shortened(name) + "\"";
        TypeProto type = info.getType();
        if (!type.hasTensorType() && type.getValueCase() != TypeProto.ValueCase.VALUE_NOT_SET)
            throw new Refusal("not a multilayer perceptron: " + place + " is no tensor");
        int number = type.getTensorType().getElemType();
        DataType elements = number == 0 ? DataType.FLOAT : DataType.of(number, place);
        if (elements == DataType.STRING) throw new Refusal("not a multilayer perceptron: " + place + " holds strings");
        TensorShapeProto shape = type.getTensorType().getShape();
        int rank = shape.getDimCount();
        if (rank > 32) throw new Refusal(place + ": " + rank + " dimensions");
        List<Integer> unknown = new ArrayList<>();
        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++) {
            long value = shape.getDim(i).hasDimValue() ? shape.getDim(i).getDimValue() : -1;
            if (value > Sizes.WIDEST && i > 0)
                throw new Refusal(
                        place + ": a dimension of " + value + "; at most " + Sizes.WIDEST + " numbers are read");
            dims[i] = (int) Math.max(-1, Math.min(value, Integer.MAX_VALUE));
            if (i == 0 && (rank > 1 ? value != 1 : value < 1)) dims[i] = Value.BATCH;
            else if (value < 1) unknown.add(i);
        }
        if (!type.getTensorType().hasShape()) {
            dims = new int[] {Value.BATCH, 0};
            unknown.add(1);
        }
        prepare(name, order);
        if (!unknown.isEmpty()) {
            int width = new Width(program, tracer).of(name, order);
            long known = 1;
            for (int i = 0; i < dims.length; i++)
                if (dims[i] != Value.BATCH && !unknown.contains(i)) known = Math.min(known * dims[i], Sizes.WIDEST + 1);
            if (unknown.size() > 1 || width < 1 || width % known != 0)
                throw new Refusal(place + ": its shape leaves open how many numbers a row has, and no weights tell");
            dims[unknown.get(0)] = (int) (width / known);
        }
        long features = 1;
        for (int d : dims) {
            if (d != Value.BATCH) features *= d;
            if (features > Sizes.WIDEST)
                throw new Refusal(
                        place + ": a row of shape " + Live.text(dims) + "; at most " + Sizes.WIDEST + " numbers");
        }
        return new Live(null, elements, dims);
    }

    /** Computes what does not depend on the input, so that weights computed by nodes are known. */
    private void prepare(String input, List<Node> order) {
        Set<String> live = new HashSet<>(Set.of(input));
        for (Node node : order) {
            boolean reads = false;
            for (String need : program.needs(node)) reads |= live.contains(need);
            if (reads) node.outputs().stream().filter(o -> !o.isEmpty()).forEach(live::add);
            else tracer.step(node);
        }
    }

    private static int[] rowShape(Live source) {
        int[] dims = source.dims();
        boolean batch = dims.length > 0 && (dims[0] == Value.BATCH || dims.length > 1);
        return batch ? Arrays.copyOfRange(dims, 1, dims.length) : dims.clone();
    }

    // The check.

    /**
     * Compares the model with the graph, evaluated in double precision, on a few random rows: what was recognised wrongly must
     * not pass for a model.
     */
    private static void check(Model model, Live source, Live sink) {
        Region graph = Region.between(source, sink);
        Random random = new Random(7);
        int inputs = model.inputSize(), outputs = model.outputSize();
        Layer first = model.stack().layers().get(0);
        float[] row = new float[inputs], logits = new float[outputs], prediction = new float[outputs];
        for (int trial = 0; trial < 3; trial++) {
            double[] exact = new double[inputs];
            for (int i = 0; i < inputs; i++) {
                row[i] = first instanceof Embedding embedding
                        ? random.nextInt(embedding.vocabulary())
                        : (float) random.nextGaussian();
                exact[i] = row[i];
            }
            double[] expected = graph.evaluate(exact);
            model.answer(row, logits, prediction);
            double largest = 0, worst = 0;
            for (int i = 0; i < outputs; i++) {
                if (!Double.isFinite(expected[i]) || Math.abs(expected[i]) > Float.MAX_VALUE) continue;
                largest = Math.max(largest, Math.abs(expected[i]));
                double difference = Math.abs(expected[i] - prediction[i]);
                worst = Double.isFinite(prediction[i]) ? Math.max(worst, difference) : worst;
            }
            if (worst > 1e-2 * largest + 1e-6)
                throw new Refusal("it was not understood: the layers recognised in it, " + model.stack()
                        + ", differ from its graph by " + worst + " of at most " + largest);
        }
    }

    /** Layers as a model. */
    private static final class Assembly {

        private final List<Part> parts;
        private final List<String> lines = new ArrayList<>();
        private final boolean twoColumns;
        private final int size;
        private final Live source;
        private Output output = Output.IDENTITY;
        private float temperature = 1;

        Assembly(List<Part> recognised, Live source, Live sink, boolean twoColumns) {
            parts = new ArrayList<>(recognised);
            this.twoColumns = twoColumns;
            this.source = source;
            size = sink.features();
        }

        List<String> lines() {
            return lines;
        }

        Model model(ModelProperties properties, Labels labels) {
            takeOutput(properties);
            List<Layer> layers = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                if (part.layer() == null)
                    throw new Refusal("not a multilayer perceptron: " + part.nodes()
                            + ": a log-softmax before other layers; it can only be the last");
                layers.add(part.layer());
                lines.add(i, part.layer() + ": " + part.nodes());
            }
            try {
                Model.Builder builder = Model.builder(new Stack(layers), output);
                for (Part part : parts)
                    for (float[] values : part.parameters()) builder.parameters(values, 0, values.length);
                if (temperature != 1) builder.temperature(temperature);
                Task task = properties.task(output, size);
                List<String> named = labels.names();
                if (task == null && output == Output.IDENTITY && named.size() == size && size > 1)
                    task = Task.MULTICLASS;
                if (task != null) builder.task(task);
                else task = Task.of(output, size);
                int expected = task.labels(size);
                if (named.size() == expected) builder.labels(named);
                else builder.labels(properties.labels(expected));
                properties.giveTo(builder);
                return builder.build();
            } catch (IllegalArgumentException e) {
                throw new Refusal("it makes no model: " + e.getMessage());
            }
        }

        /** Takes what makes predictions of logits out of the layers. */
        private void takeOutput(ModelProperties properties) {
            Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
            boolean layer = properties.output() == Output.IDENTITY && !twoColumns;
            if (last != null && last.kind() == Part.Kind.LOG_SOFTMAX) take(Output.LOG_SOFTMAX);
            else if (last != null && last.kind() == Part.Kind.SOFTMAX && !layer) take(Output.SOFTMAX);
            else if (last != null && last.activation() == Activation.SIGMOID && !layer) take(Output.SIGMOID);
            if (twoColumns && output != Output.SIGMOID)
                throw new Refusal(
                        "not a multilayer perceptron: the output's columns are 1 - p and p, but p is no sigmoid");
            float divisor = properties.temperature();
            if (output != Output.IDENTITY && divisor >= 0.001f && divisor <= 1000f) takeTemperature(divisor);
            if (parts.isEmpty()) parts.add(Part.activation(source.features(), Activation.IDENTITY, "the input"));
        }

        private void take(Output taken) {
            output = taken;
            Part last = parts.remove(parts.size() - 1);
            if (last.kind() == Part.Kind.DENSE) {
                parts.add(Part.dense(
                        last.layer().inputSize(),
                        last.size(),
                        last.parameters().get(0),
                        last.biased() ? last.parameters().get(1) : null,
                        last.nodes()));
                lines.add("output " + taken);
            } else lines.add("output " + taken + ": " + last.nodes());
        }

        private void takeTemperature(float divisor) {
            Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
            if (last == null || !(last.layer() instanceof Affine)) return;
            for (float scale : last.parameters().get(0)) if (scale != (float) (1.0 / divisor)) return;
            for (float shift : last.parameters().get(1)) if (shift != 0) return;
            parts.remove(parts.size() - 1);
            temperature = divisor;
        }
    }
}
