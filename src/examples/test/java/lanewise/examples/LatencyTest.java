package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lanewise.Model;
import lanewise.Network;
import lanewise.examples.MnistTest.Run;
import lanewise.io.ModelFile;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What latency prints; what it measures is no matter for a test. */
class LatencyTest {

    @TempDir
    private Path folder;

    private Path model() throws IOException {
        Path file = folder.resolve("small.lwm");
        Network network = Network.builder(9)
                .dense(16, Activation.TANH)
                .dense(3, Activation.IDENTITY)
                .build(1);
        ModelFile.save(Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY), file);
        return file;
    }

    @Test
    void printsTheFirstCallsTheWarmOnesAndTheMachinesOwn() throws IOException {
        Path json = folder.resolve("latency.json");
        Run run = Run.of("latency", "--model", model().toString(), "--calls", "2000", "--json", json.toString());
        assertEquals(0, run.status(), run.err());
        List<String> lines = run.lines();
        assertEquals(11, lines.size(), run.out());
        assertTrue(lines.get(2).matches("Loaded in [0-9.]+ ms; 256 random inputs, four fifths zeros in turn"));
        assertTrue(
                lines.get(3)
                        .matches(
                                "Scalar kernels first; not all were .*|These kernels from the first call on|Scalar kernels first;"
                                        + " all were exchanged by call [0-9,]+"),
                lines.get(3));
        assertTrue(lines.get(4).matches("first call: [0-9.]+ us"), lines.get(4));
        String[] names = {"first call", "first 100", "first 1,000", "first 10,000", "first 100,000", "warm", "nothing"};
        long[] counts = {1, 100, 1000, 10_000, 100_000, 2000};
        JsonObject result = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        JsonArray distributions = result.getAsJsonArray("microseconds");
        assertEquals(names.length, distributions.size());
        for (int i = 0; i < names.length; i++) {
            JsonObject distribution = distributions.get(i).getAsJsonObject();
            assertEquals(names[i], distribution.get("name").getAsString());
            if (i < counts.length)
                assertEquals(counts[i], distribution.get("calls").getAsLong());
            double last = 0;
            for (String quantile : List.of("p50", "p99", "p999", "p9999", "max")) {
                double micros = distribution.get(quantile).getAsDouble();
                assertTrue(micros >= last, names[i] + " " + quantile);
                last = micros;
            }
            if (i > 0)
                assertTrue(
                        lines.get(4 + i)
                                .matches(names[i] + ": p50 [0-9.]+ us, p99 [0-9.]+ us, p99.9 [0-9.]+ us, p99.99"
                                        + " [0-9.]+ us, max [0-9.]+ us"),
                        lines.get(4 + i));
        }
    }

    @Test
    void badOptionsAreRefused() throws IOException {
        for (String calls : List.of("0", "-1", "x", ""))
            BadInputTest.assertRefused(2, Run.of("latency", "--calls", calls), "--calls");
        String missing = folder.resolve("missing").toString();
        BadInputTest.assertRefused(1, Run.of("latency", "--model", missing), missing + ": no such file");
        BadInputTest.assertRefused(
                1, Run.of("latency", "--json", folder.resolve("no/result").toString()), "cannot write");
    }
}
