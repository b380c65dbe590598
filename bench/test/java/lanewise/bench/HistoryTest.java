package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lanewise.bench.machine.Machine;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Planted;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The table of past runs. */
class HistoryTest {

    private static final String
            BEFORE = "# Benchmarks\n\n| a | b |\n\n<!-- history -->\n" + String.join("\n", History.head()) + "\n",
            AFTER = "<!-- end of history -->\n\nThe end.\n";

    @TempDir
    private Path folder;

    private Path table, json;
    private String out, err;

    @BeforeEach
    void file() throws IOException {
        table = folder.resolve("benchmarks.md");
        json = folder.resolve("results.json");
        Files.writeString(table, BEFORE + AFTER);
    }

    private int history(String... options) {
        StringWriter printed = new StringWriter(), complained = new StringWriter();
        List<String> words = new ArrayList<>(List.of(json.toString(), "--file", table.toString()));
        words.addAll(List.of(options));
        int status = new CommandLine(new History())
                .setOut(new PrintWriter(printed))
                .setErr(new PrintWriter(complained, true))
                .execute(words.toArray(String[]::new));
        out = printed.toString();
        err = complained.toString();
        return status;
    }

    private static Row row(String task, String unit, String params, double score, int forks) {
        Map<String, String> all = new TreeMap<>();
        for (String param : params.split(" ")) all.put(param.split("=")[0], param.split("=")[1]);
        List<Fork> list = new ArrayList<>();
        for (int i = 0; i < forks; i++)
            list.add(new Fork(List.of(score, score * 1.001), List.of(), 0, "", Planted.QUIET));
        String mode = unit.equals("samples/s") ? "thrpt" : "avgt";
        return new Row(Key.of(task, all), mode, unit, true, Planted.LANEWISE, null, List.of(), list, List.of());
    }

    private static List<Row> rows() {
        return new ArrayList<>(List.of(
                row("peers.train", "samples/s", "batch=1 kernels=128", 99_000, 5),
                row("peers.train", "samples/s", "batch=1 kernels=256", 181_234, 5),
                row("peers.train", "samples/s", "batch=1 kernels=256 threads=2", 999_999, 5),
                row("peers.train", "samples/s", "batch=1 kernels=scalar", 9_000, 5),
                row("peers.train", "samples/s", "batch=1 by=C kernels=128", 1, 5),
                row("peers.train", "samples/s", "batch=1 by=C kernels=256", 240_000, 5),
                row("peers.train", "samples/s", "batch=128 kernels=256 threads=1", 226_000, 5),
                row("peers.train", "samples/s", "batch=128 by=OpenBLAS", 113_000, 5),
                row("peers.predict", "us/op", "kernels=256", 2.214, 5),
                row("peers.predict", "us/op", "kernels=256 by=C", 2.05, 4),
                row("peers.digits", "samples/s", "kernels=256", 400_000, 4)));
    }

    private void write(String commit, List<Row> rows) throws IOException {
        ResultFile.write(json, new Results("0.1.0", commit, 1_700_000_000_000L, Planted.MACHINE, rows, List.of()));
    }

    @Test
    void keyFiguresAndRatiosBecomeARow() throws IOException {
        write("abc", rows());
        assertEquals(0, history("--note", "a|b"));
        String row =
                "| 2023-11-14 | abc | a CPU, 2 processors | 25.0.3+9-LTS | 181,000 | 0.755 | 226,000 | 2.00 | 2.21 | -"
                        + " | - | - | - | a\\|b |\n";
        assertEquals(BEFORE + row + AFTER, Files.readString(table));
        assertTrue(out.contains("added: | 2023-11-14 | abc |"), out);
        assertEquals(
                List.of(
                        "one prediction, p50 (us), of C: 4 forks, at least 5 expected",
                        "10,000 digits (samples/s): 4 forks, at least 5 expected",
                        "gemvSparse 784x128 (ns): not measured"),
                err.lines().toList());
    }

    @Test
    void aRowOfTheSameCommitMachineAndJdkIsReplaced() throws IOException {
        write("abc", rows());
        history();
        write("def", rows());
        history();
        String both = Files.readString(table);
        assertEquals(0, history("--note", "again"));
        assertTrue(out.contains("replaced: | 2023-11-14 | def |"), out);
        assertEquals(both.replaceFirst("(def .*)\\|  \\|", "$1| again |"), Files.readString(table));
        assertEquals(
                2,
                Files.readString(table).lines().filter(l -> l.contains("2023")).count());
    }

    @Test
    void invalidRowsAreDashesWithAReason() throws IOException {
        List<Row> rows = rows();
        rows.set(1, rows.get(1).with(List.of("fork 2 of 5 ran on scalar kernels")));
        write("abc", rows);
        assertEquals(0, history());
        assertTrue(out.contains("| 25.0.3+9-LTS | - | - | 226,000 |"), out);
        assertTrue(err.contains("training, batch 1 (samples/s): fork 2 of 5 ran on scalar kernels"), err);
        write("abc", rows.subList(0, 2));
        assertRefused("has no key figure that may be quoted");
    }

    private void assertRefused(String reason, String... options) throws IOException {
        String before = Files.readString(table);
        assertEquals(2, history(options));
        assertTrue(err.contains(reason), err);
        assertEquals(before, Files.readString(table));
    }

    @Test
    void changedOrUnknownSourcesAreRefusedUnlessAskedFor() throws IOException {
        write("abc+", rows());
        assertRefused("is of changed sources, commit abc+");
        assertEquals(0, history("--dirty"));
        write("", rows());
        assertRefused("does not name its commit");
        assertEquals(0, history("--dirty"));
        ResultFile.write(json, new Results("", "abc", 0, new Machine("", "", 0, "", "25.0.3", ""), rows(), List.of()));
        assertRefused("does not name its machine", "--dirty");
    }

    @Test
    void anotherTableIsRefused() throws IOException {
        write("abc", rows());
        Files.writeString(table, AFTER + BEFORE);
        assertRefused("are expected around the table");
        Files.writeString(table, BEFORE.replace("commit", "revision") + AFTER);
        assertRefused(", line 6: another table than this version's");
        Files.writeString(json, "[");
        assertRefused("not JSON");
        Files.delete(table);
        write("abc", rows());
        assertEquals(2, history());
        assertTrue(err.contains("there is no such file"), err);
    }

    @Test
    void theTableOfTheDocumentationHasThisHead() throws IOException {
        String docs = Files.readString(Path.of("docs/benchmarks.md"));
        assertTrue(docs.contains(String.join(
                "\n", History.BEGIN, History.head().get(0), History.head().get(1))));
        assertTrue(docs.contains("\n" + History.END + "\n"));
    }
}
