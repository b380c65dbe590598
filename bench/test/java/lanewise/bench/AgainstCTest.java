package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.util.List;
import lanewise.bench.AgainstC.Result;
import lanewise.bench.AgainstC.Width;
import lanewise.bench.Contest.Figure;
import lanewise.bench.Contest.Outcome;
import lanewise.bench.machine.Machine;
import org.junit.jupiter.api.Test;

/** The report of given measurements. */
class AgainstCTest {

    private static Result result() {
        Outcome outcome = new Outcome(
                List.of(Figure.of("training, this library", "samples/s", List.of(100_000.0, 123_456.0, 120_000.0))),
                List.of(Figure.of("training, of C at once", "ratio", List.of(0.9, 1.1, 0.95))),
                List.of("PyTorch: no memory"));
        Machine machine = new Machine("a CPU", "amd64", 2, "L1 32K", "25", "Linux");
        return new Result(
                machine,
                "cc 12",
                3,
                List.of("512 bit: not on this machine"),
                List.of(new Width(256, "vector kernels 256 bit", "Zen", outcome)));
    }

    @Test
    void theReportIsMarkdown() {
        String expected = """
                ### a CPU

                a CPU, amd64, 2 processors, L1 32K, JDK 25, Linux; cc 12; 3 rounds.

                - Left out: 512 bit: not on this machine.

                #### 256 bit

                This library: vector kernels 256 bit; OpenBLAS: its kernels for Zen.

                - Failed: PyTorch: no memory.

                | this library's figure divided by the other's | median | min | max |
                |---|---:|---:|---:|
                | training, of C at once | 0.95 | 0.90 | 1.10 |

                | figure | median | min | max |
                |---|---:|---:|---:|
                | training, this library (samples/s) | 120,000 | 100,000 | 123,000 |
                """;
        assertEquals(expected, AgainstC.markdown(result()));
    }

    @Test
    void theJsonHasTheFiguresOfEachRound() {
        JsonObject json = new Gson().fromJson(JsonFile.json(result()), JsonObject.class);
        assertEquals(
                "512 bit: not on this machine",
                json.getAsJsonArray("leftOut").get(0).getAsString());
        JsonObject width = json.getAsJsonArray("widths").get(0).getAsJsonObject();
        assertEquals(256, width.get("bits").getAsInt());
        JsonObject outcome = width.getAsJsonObject("outcome");
        JsonObject figure = outcome.getAsJsonArray("figures").get(0).getAsJsonObject();
        assertEquals("training, this library", figure.get("name").getAsString());
        assertEquals("samples/s", figure.get("unit").getAsString());
        assertEquals(120_000, figure.get("median").getAsDouble());
        assertEquals(3, figure.getAsJsonArray("rounds").size());
        assertEquals(
                0.9,
                outcome.getAsJsonArray("ratios")
                        .get(0)
                        .getAsJsonObject()
                        .get("min")
                        .getAsDouble());
        assertTrue(JsonFile.json(Double.NaN).contains("NaN"));
    }
}
