package lanewise.formats.onnx;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Networks that others made, in the folder {@code shared/data/interchange} beside the repository, or where the property {@code
 * interchange} says. Tests that need it are skipped where it is absent.
 */
final class Interchange {

    private Interchange() {}

    static Path folder() {
        String given = System.getProperty("interchange");
        if (given != null) return Path.of(given);
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path folder = at.resolve("shared/data/interchange");
            if (Files.isDirectory(folder)) return folder;
        }
        Assumptions.abort("shared/data/interchange is not there");
        throw new AssertionError();
    }

    /** A network: rows of inputs and what it answers. */
    record Case(String name, Path folder, int rows, int inputs, int outputs, List<String> labels) {

        float[] input(int row) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".in")));
            float[] values = new float[inputs];
            bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(row * inputs, values);
            return values;
        }

        double[] output(int row) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".out")));
            double[] values = new double[outputs];
            bytes.order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(row * outputs, values);
            return values;
        }

        List<Path> files() throws IOException {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(f -> f.toString().endsWith(".onnx"))
                        .filter(f -> f.getFileName().toString().startsWith(name + "."))
                        .sorted()
                        .toList();
            }
        }
    }

    /** All networks of a folder, {@code pytorch} or {@code sklearn}. */
    static List<Case> cases(String kind) throws IOException {
        Path folder = folder().resolve(kind);
        JsonObject index = JsonParser.parseString(Files.readString(folder.resolve("index.json")))
                .getAsJsonObject();
        JsonObject models = index.has("models") ? index.getAsJsonObject("models") : index;
        List<Case> cases = new ArrayList<>();
        for (String name : models.keySet()) {
            JsonObject model = models.getAsJsonObject(name);
            int inputs = 1;
            for (JsonElement dimension : model.getAsJsonArray("shape")) inputs *= dimension.getAsInt();
            List<String> labels = new ArrayList<>();
            if (model.has("labels")) model.getAsJsonArray("labels").forEach(l -> labels.add(l.getAsString()));
            cases.add(new Case(
                    name,
                    folder,
                    model.get("rows").getAsInt(),
                    inputs,
                    model.get("outputs").getAsInt(),
                    labels));
        }
        return cases;
    }
}
