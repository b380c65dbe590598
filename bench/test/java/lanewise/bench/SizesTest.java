package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import lanewise.bench.Sizes.Cell;
import lanewise.bench.Sizes.Result;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.Roofline.Bandwidth;
import lanewise.bench.micro.Roofline.Limits;
import org.junit.jupiter.api.Test;

/** The size table's bounds and its form, on given measurements. */
class SizesTest {

    /** Reads 100, writes 50, updates 80 GB/s. */
    private static final Bandwidth BANDWIDTH = new Bandwidth(16384, 100, 50, 80);

    private static final Limits LIMITS = new Limits(256, 100, List.of(BANDWIDTH));

    @Test
    void onlyInputsThatAreNotZeroCount() {
        double product = 2.0 * 64 * 64 * 32;
        assertEquals(3 * product, Sizes.operations(true, 64, 32, 1));
        assertEquals(product, Sizes.operations(false, 64, 32, 1));
        // Forward and the weights' gradient skip zeros, the input's gradient has none to skip.
        assertEquals(1.5 * product, Sizes.operations(true, 64, 32, 0.25));
        assertEquals(0.25 * product, Sizes.operations(false, 64, 32, 0.25));
    }

    @Test
    void weightsComeAndGoOnceForEachPass() {
        double read = 16384 / 100e9, update = 2 * 16384 / 80e9;
        assertEquals(read, Sizes.transferSeconds(false, 64, 32, 1, BANDWIDTH), 1e-15);
        assertEquals(2 * read + update, Sizes.transferSeconds(true, 64, 32, 1, BANDWIDTH), 1e-15);
        // A single row's update may be done by the next forward.
        assertEquals(read + update, Sizes.transferSeconds(true, 64, 1, 1, BANDWIDTH), 1e-15);
    }

    @Test
    void rowsOfWeightsWithoutAnInputStayWhereTheyAre() {
        double read = 16384 / 100e9, update = 2 * 16384 / 80e9;
        assertEquals(read / 4, Sizes.transferSeconds(false, 64, 1, 0.25, BANDWIDTH), 1e-15);
        assertEquals(read + update / 4, Sizes.transferSeconds(true, 64, 1, 0.25, BANDWIDTH), 1e-15);
        // Of two rows, one or the other needs 1 - 0.75².
        double used = 0.4375;
        assertEquals(used * read, Sizes.transferSeconds(false, 64, 2, 0.25, BANDWIDTH), 1e-15);
        assertEquals(read + used * (read + update), Sizes.transferSeconds(true, 64, 2, 0.25, BANDWIDTH), 1e-15);
    }

    private static Result result() {
        List<Cell> cells = new ArrayList<>();
        for (String kind : List.of("training", "prediction"))
            for (double zeros : new double[] {0, 0.8})
                for (int batch : new int[] {1, 1024})
                    cells.add(new Cell(
                            kind,
                            zeros,
                            64,
                            batch,
                            123_456,
                            batch == 1 ? 0.5 : 0.25,
                            batch == 1 ? "bandwidth" : "compute"));
        Machine machine = new Machine("a CPU", "amd64", 2, "", "25", "Linux");
        return new Result("0.1.0", "vector kernels 256 bit", machine, LIMITS, cells);
    }

    @Test
    void theTableHasARowForEachWidthAndMarksLowShares() {
        String text = Sizes.markdown(result());
        assertTrue(
                text.startsWith("Lanewise 0.1.0, vector kernels 256 bit: a CPU, amd64, 2 processors, JDK 25, Linux."));
        assertTrue(text.contains("One core: 100.0 GFLOP/s at 256 bit"), text);
        assertTrue(text.contains("| 16 KB | 100.0 | 50.0 | 80.0 |"), text);
        for (String kind : List.of("training", "prediction"))
            for (String zeros : List.of("0 %", "80 %"))
                assertTrue(text.contains("**" + kind + ", " + zeros + " zeros**"), text);
        List<String> rows =
                text.lines().filter(line -> line.startsWith("| 64 |")).toList();
        assertEquals(4, rows.size(), text);
        for (String row : rows) assertEquals("| 64 | 123,000 (0.50 b) | 123,000 (**0.25**) |", row);
    }

    @Test
    void theJsonHasEverything() {
        JsonObject json = new Gson().fromJson(JsonFile.json(result()), JsonObject.class);
        assertEquals("a CPU", json.getAsJsonObject("machine").get("cpu").getAsString());
        assertEquals(100, json.getAsJsonObject("limits").get("gigaflops").getAsDouble());
        JsonObject cell = json.getAsJsonArray("cells").get(7).getAsJsonObject();
        assertEquals("prediction", cell.get("kind").getAsString());
        assertEquals(1024, cell.get("batch").getAsInt());
        assertEquals(0.25, cell.get("share").getAsDouble());
    }

    @Test
    void threeDigitsCount() {
        assertEquals("1,230,000", Sizes.rounded(1_234_567));
        assertEquals("1,000", Sizes.rounded(999.9));
        assertEquals("999", Sizes.rounded(999.4));
        assertEquals("12.3", Sizes.rounded(12.34));
        assertEquals("1.23", Sizes.rounded(1.234));
        assertEquals("0.123", Sizes.rounded(0.1234));
    }

    @Test
    void aBandwidthThatWasNotMeasuredIsAnError() {
        Exception e = assertThrows(IllegalArgumentException.class, () -> LIMITS.at(4));
        assertEquals("no bandwidth was measured for 4 bytes", e.getMessage());
    }
}
