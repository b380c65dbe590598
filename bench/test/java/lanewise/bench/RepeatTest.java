package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import lanewise.bench.program.Depth;
import lanewise.bench.report.Page;
import lanewise.bench.result.Key;
import org.junit.jupiter.api.Test;

/** The command by which the report says that a row is repeated. */
class RepeatTest {

    @Test
    void choosesEachRowOfJmhAndNoOtherBenchmark() {
        List<Key> keys = new Plan(List.of("kernels", "train", "predict"), Depth.STANDARD, List.of("128"), null).keys();
        assertFalse(keys.isEmpty());
        for (Key key : keys) {
            String command = Page.command(key);
            String[] words = command.substring(command.indexOf('"') + 1, command.length() - 1)
                    .split(" ");
            assertEquals(3, words.length, command);
            assertEquals("--kernels", words[1]);
            List<Key> chosen = new Plan(List.of(words[0]), Depth.QUICK, List.of(words[2]), null).keys();
            assertEquals(
                    List.of(key.benchmark()),
                    chosen.stream().map(Key::benchmark).distinct().toList(),
                    command);
            assertEquals(1, chosen.stream().filter(key::equals).count(), command);
        }
    }
}
