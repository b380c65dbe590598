package lanewise.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class PortRangeTest {

    private static PortRange range(String text) {
        return PortRange.of(new SparkConf(false).set(PortRange.SETTING, text));
    }

    @Test
    void theSettingIsTwoPorts() {
        assertEquals(new PortRange(20_000, 32_000), PortRange.of(new SparkConf(false)));
        assertEquals(new PortRange(40_000, 40_010), range("40000-40010"));
        assertEquals(new PortRange(1_024, 65_535), range(" 1024 - 65535 "));
        assertEquals(new PortRange(5_000, 5_000), range("5000-5000"));
        for (String wrong : new String[] {"", "20000", "1023-2000", "3000-2999", "60000-65536", "1-2-3", "a-b"}) {
            String message = assertThrows(IllegalArgumentException.class, () -> range(wrong))
                    .getMessage();
            assertEquals(
                    "spark.lanewise.training.ports is \"" + wrong
                            + "\"; the first and the last port expected, from 1024 to 65535, such as 20000-32000",
                    message);
        }
    }

    @Test
    void tasksHaveNoPortInCommonIfThereAreEnough() {
        PortRange range = range("5000-5399");
        int[][] ports = range.draw(100, new Random(1));
        assertEquals(
                400, Arrays.stream(ports).flatMapToInt(IntStream::of).distinct().count());
        assertTrue(Arrays.stream(ports).flatMapToInt(IntStream::of).allMatch(port -> port >= 5_000 && port <= 5_399));
        assertTrue(!Arrays.deepEquals(ports, range.draw(100, new Random(2))));
    }

    /** Eight ports for eight tasks of a host: as many tasks try a port as there are ports in their four. */
    @Test
    void ofFewPortsEachIsForAsManyTasks() {
        int[][] ports = range("5000-5007").draw(8, new Random(1));
        int[] tasks = new int[8];
        for (int[] each : ports) {
            assertEquals(4, IntStream.of(each).distinct().count());
            for (int port : each) tasks[port - 5_000]++;
        }
        assertEquals("[4, 4, 4, 4, 4, 4, 4, 4]", Arrays.toString(tasks));
        assertEquals("[[5000], [5000]]", Arrays.deepToString(range("5000-5000").draw(2, new Random(1))));
    }
}
