package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The suite as a whole, on one benchmark. */
class SuiteTest {

    private static Process start(Path folder, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "SumsBenchmark.dot.*n=1021",
                "--quick",
                "--json",
                folder.resolve("results.json").toString(),
                "--html",
                folder.resolve("report.html").toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    @Test
    void writesWhatItMeasures(@TempDir Path folder) throws Exception {
        Process suite = start(
                folder,
                "--forks",
                "1",
                "--kernels",
                "scalar",
                "--csv",
                folder.resolve("results.csv").toString(),
                "--markdown",
                folder.resolve("results.md").toString());
        String printed = new String(suite.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, suite.waitFor(), printed);
        Results results = ResultFile.read(folder.resolve("results.json"));
        List<Row> rows = results.rows().stream()
                .filter(row -> row.key().group().equals("kernels"))
                .toList();
        assertEquals(1, rows.size(), printed);
        assertEquals("scalar", rows.get(0).forks().get(0).kernels());
        assertTrue(rows.get(0).forks().get(0).allocated() < 1, "it allocates nothing");
        boolean disturbed = results.leftOut().contains("bounds by limits of the machine that are invalid");
        if (lanewise.kernel.Selection.width() > 0 && !disturbed)
            assertTrue(rows.get(0).share() > 0, "bounded by the same run's roofline");
        for (String name : List.of("report.html", "results.csv", "results.md"))
            assertTrue(Files.readString(folder.resolve(name)).contains("SumsBenchmark.dot"), name);
        assertTrue(printed.contains("SumsBenchmark.dot"), printed);
    }

    @Test
    void anInterruptedRunWritesWhatItHasAndEndsItsPrograms(@TempDir Path folder) throws Exception {
        Process suite = start(folder, "--forks", "1000");
        List<ProcessHandle> programs;
        String printed;
        try (BufferedReader lines = suite.inputReader(StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            while (!line.contains("fork 1 of 1000")) line = lines.readLine();
            programs = suite.descendants().toList();
            // Process.destroy would close the streams, too.
            suite.toHandle().destroy();
            printed = lines.lines().collect(Collectors.joining("\n"));
        }
        assertEquals(143, suite.waitFor(), printed);
        assertTrue(printed.contains("Interrupted; these are the results until then."), printed);
        assertTrue(
                Files.exists(folder.resolve("results.json")) && Files.exists(folder.resolve("report.html")), printed);
        for (ProcessHandle program : programs) {
            program.onExit().get();
            assertFalse(program.isAlive());
        }
    }
}
