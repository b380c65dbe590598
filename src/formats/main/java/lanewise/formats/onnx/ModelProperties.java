package lanewise.formats.onnx;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import lanewise.Model;
import lanewise.layer.Output;
import lanewise.layer.Task;

/**
 * What a model of this library carries and a graph of ONNX does not say, as {@code metadata_props} of the file. The model's own
 * metadata stand there under their own keys; what begins with {@code lanewise.} is this class's:
 *
 * <table>
 * <caption>Entries</caption>
 * <tr><th>key</th><th>value</th><th>there</th></tr>
 * <tr><td>lanewise.output</td><td>identity, sigmoid, softmax or log_softmax: whether the graph's last node is a layer or makes
 *     predictions of logits</td><td>always</td></tr>
 * <tr><td>lanewise.task</td><td>regression, binary, multiclass or multilabel</td><td>always</td></tr>
 * <tr><td>lanewise.temperature</td><td>the number that logits are divided by</td><td>if it is not 1</td></tr>
 * <tr><td>lanewise.name</td><td>the model's name</td><td>if it has one</td></tr>
 * <tr><td>lanewise.labels</td><td>an array of strings in JSON</td><td>if there are any</td></tr>
 * <tr><td>lanewise.byteScale, lanewise.byteOffset</td><td>how raw bytes become inputs</td><td>if not 1/255 and 0</td></tr>
 * <tr><td>lanewise.metadata.KEY</td><td>the model's own entry KEY</td><td>if KEY begins with lanewise.</td></tr>
 * </table>
 *
 * <p>Whoever edits a graph need not know of these entries: each is a hint that is taken only where it fits the graph, and left
 * out where it does not, or is malformed.
 */
final class ModelProperties {

    private static final String PREFIX = "lanewise.", METADATA = PREFIX + "metadata.";
    private static final String OUTPUT = PREFIX + "output", TASK = PREFIX + "task";
    private static final String TEMPERATURE = PREFIX + "temperature";
    private static final String NAME = PREFIX + "name", LABELS = PREFIX + "labels";
    private static final String BYTE_SCALE = PREFIX + "byteScale", BYTE_OFFSET = PREFIX + "byteOffset";
    private static final float USUAL_BYTE_SCALE = 1f / 255f;

    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, String> entries;

    /** The entries of a file, whoever wrote it. */
    ModelProperties(Map<String, String> entries) {
        this.entries = Map.copyOf(entries);
    }

    /** The entries of a model. */
    static SortedMap<String, String> of(Model model) {
        SortedMap<String, String> entries = new TreeMap<>();
        model.metadata().forEach((key, value) -> entries.put(key.startsWith(PREFIX) ? METADATA + key : key, value));
        entries.put(OUTPUT, word(model.output()));
        entries.put(TASK, word(model.task()));
        if (model.temperature() != 1f) entries.put(TEMPERATURE, Float.toString(model.temperature()));
        if (!model.name().isEmpty()) entries.put(NAME, model.name());
        if (!model.labels().isEmpty()) entries.put(LABELS, json(model.labels()));
        if (model.byteScale() != USUAL_BYTE_SCALE || model.byteOffset() != 0f) {
            entries.put(BYTE_SCALE, Float.toString(model.byteScale()));
            entries.put(BYTE_OFFSET, Float.toString(model.byteOffset()));
        }
        return entries;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** How the model's logits became predictions; null if unknown. */
    Output output() {
        for (Output output : Output.values()) if (word(output).equals(entries.get(OUTPUT))) return output;
        return null;
    }

    /** What the model's logits were divided by; NaN if unknown. */
    float temperature() {
        return number(TEMPERATURE);
    }

    /** The task, if it can be one of so many outputs of that kind; null if not, or unknown. */
    Task task(Output output, int outputs) {
        for (Task task : Task.values())
            if (word(task).equals(entries.get(TASK))) return task.refusal(output, outputs) == null ? task : null;
        return null;
    }

    /** The labels; empty if there are none, or not so many. */
    List<String> labels(int expected) {
        String text = entries.get(LABELS);
        List<String> labels = text == null ? List.of() : strings(text);
        return labels.size() == expected ? labels : List.of();
    }

    /** Gives a model its name, how bytes become inputs, and the free metadata. */
    void giveTo(Model.Builder builder) {
        String name = entries.get(NAME);
        if (name != null) builder.name(name);
        float scale = number(BYTE_SCALE), offset = number(BYTE_OFFSET);
        if (Float.isFinite(scale) && scale != 0f && Float.isFinite(offset)) builder.bytes(scale, offset);
        entries.forEach((key, value) -> {
            String own =
                    key.startsWith(METADATA) ? key.substring(METADATA.length()) : key.startsWith(PREFIX) ? "" : key;
            if (!own.isEmpty()) builder.metadata(own, value);
        });
    }

    private float number(String key) {
        try {
            return entries.containsKey(key) ? Float.parseFloat(entries.get(key)) : Float.NaN;
        } catch (NumberFormatException e) {
            return Float.NaN;
        }
    }

    private static String json(List<String> strings) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeArray(strings.toArray(String[]::new), 0, strings.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no file
        }
        return text.toString();
    }

    /** The strings of an array in JSON; empty if the text is anything else. */
    private static List<String> strings(String json) {
        List<String> strings = new ArrayList<>();
        try (JsonParser in = JSON.createParser(json)) {
            if (in.nextToken() != JsonToken.START_ARRAY) return List.of();
            while (in.nextToken() == JsonToken.VALUE_STRING) strings.add(in.getText());
            return in.currentToken() == JsonToken.END_ARRAY && in.nextToken() == null ? strings : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }
}
