package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks' command line, as far as it measures nothing. */
class MainTest {

    /** What it printed on both streams, followed by the status. */
    private static String run(List<String> options, String... args) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed.replaceAll("WARNING: .*\\R", "") + "exit " + process.waitFor();
    }

    private static String run(String args) throws Exception {
        return run(List.of(), args.split(" "));
    }

    @Test
    void listsWhatIsAskedForAndStartsNothing() throws Exception {
        String[][] cases = {
            {"-l", "lanewise.bench.PredictionBenchmark.readParameters"},
            {"-lp", "param \"zeros\" = {0.81, 0.0}"},
            {"-lprof", "gc: "},
            {"-lrf", "csv"},
            {"-h", "-lprof"},
            {"--help", "Benchmarks to run"}
        };
        for (String[] one : cases) {
            String printed = run(one[0]);
            assertTrue(printed.contains(one[1]) && printed.endsWith("exit 0"), printed);
            assertFalse(printed.contains("# Lanewise"), printed);
        }
        assertFalse(run("-l KernelBenchmark").contains("PredictionBenchmark"));
    }

    @Test
    void mistakesAreOneLineAndStatusTwo() throws Exception {
        String[][] cases = {
            {"--no-such-option", "unknown option --no-such-option; --help tells more"},
            {"NoSuchBenchmark", "no benchmark matches NoSuchBenchmark; -l lists them"},
            {"-l NoSuchBenchmark", "no benchmark matches -l NoSuchBenchmark; -l lists them"},
            {"-e .", "no benchmark matches -e .; -l lists them"},
            {"[a", "the pattern [a is no regular expression: Unclosed character class at character 1"},
            {"-f many", "Cannot parse argument 'many' of option f; --help tells more"},
            {"-rf sound", "SOUND is no ResultFormatType; --help tells more"},
        };
        for (String[] one : cases) assertEquals("bench: " + one[1] + System.lineSeparator() + "exit 2", run(one[0]));
    }

    @Test
    void costAgainstSizeIsAProgramOfItsOwn(@TempDir Path folder) throws Exception {
        String help = run("scale --help");
        assertTrue(help.contains("--batches=N,...") && help.endsWith("exit 0"), help);
        String[][] cases = {
            {"scale --exact", "scale: Unknown option: '--exact'; --help tells more"},
            {"scale --widths 100", "scale: --widths 100: a multiple of 64 up to 16384 expected; --help tells more"},
            {
                "scale --widths 64,x",
                "scale: Invalid value for option '--widths' (N,...): 'x' is not an int; --help tells more"
            },
            {"scale --batches 3", "scale: --batches 3: a divisor of 1024 expected; --help tells more"},
        };
        for (String[] one : cases) assertEquals(one[1] + System.lineSeparator() + "exit 2", run(one[0]));
        String file = folder.resolve("missing").resolve("file").toString();
        String printed = run(List.of(), "scale", "--json", file);
        assertTrue(printed.matches("scale: --json \\Q" + file + "\\E: cannot be written: [^\\n]*\\R?exit 1"), printed);
    }

    @Test
    void whatCannotBeUsedIsOneLineAndStatusOne(@TempDir Path folder) throws Exception {
        String file = folder.resolve("missing").resolve("file").toString();
        String printed = run(List.of(), "-o", file, "Prediction");
        assertTrue(printed.matches("bench: \\Q" + file + "\\E [^\\n]*\\R?exit 1"), printed);
        String kernels = run(List.of("-Dlanewise.width=100"), "Prediction");
        assertTrue(kernels.matches("bench: [^\\n]*lanewise.width=100[^\\n]*\\Rexit 1"), kernels);
    }
}
