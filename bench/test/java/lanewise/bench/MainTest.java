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
            {"jmh -l", "lanewise.bench.micro.PredictionBenchmark.predictBatch"},
            {"jmh -lp", "param \"zeros\" = {0.81, 0.0}"},
            {"jmh -lprof", "gc: "},
            {"jmh -lrf", "csv"},
            {"jmh -h", "-lprof"},
            {"jmh --help", "Benchmarks to run"}
        };
        for (String[] one : cases) {
            String printed = run(one[0]);
            assertTrue(printed.contains(one[1]) && printed.endsWith("exit 0"), printed);
            assertFalse(printed.contains("# Lanewise"), printed);
        }
        assertFalse(run("jmh -l KernelBenchmark").contains("PredictionBenchmark"));
    }

    @Test
    void mistakesAreOneLineAndStatusTwo() throws Exception {
        String[][] cases = {
            {"jmh --no-such-option", "jmh: unknown option --no-such-option; --help tells more"},
            {"jmh NoSuchBenchmark", "jmh: no benchmark matches NoSuchBenchmark; -l lists them"},
            {"jmh -l NoSuchBenchmark", "jmh: no benchmark matches -l NoSuchBenchmark; -l lists them"},
            {"jmh -e .", "jmh: no benchmark matches -e .; -l lists them"},
            {"jmh [a", "jmh: the pattern [a is no regular expression: Unclosed character class at character 1"},
            {"jmh -f many", "jmh: Cannot parse argument 'many' of option f; --help tells more"},
            {"jmh -rf sound", "jmh: SOUND is no ResultFormatType; --help tells more"},
            {"--no-such-option", "bench: Unknown option: '--no-such-option'; --help tells more"},
            {
                "NoSuchBenchmark",
                "bench: no benchmark matches NoSuchBenchmark; the command list names all; --help tells more"
            },
            {
                "[a",
                "bench: the pattern [a is no regular expression: Unclosed character class at character 1; --help tells more"
            },
            {"--forks 0", "bench: --forks 0: 1 to 1000 expected; --help tells more"},
            {"--quick --full", "bench: --quick --full: one of them expected; --help tells more"},
            {"--kernels 7", "bench: --kernels 7: this machine has scalar"},
            {"steps --seconds 0", "steps: --seconds 0.0: 0.01 to 60 expected; --help tells more"},
        };
        for (String[] one : cases) {
            String printed = run(one[0]);
            assertTrue(printed.startsWith(one[1]) && printed.endsWith("exit 2"), printed);
            assertEquals(2, printed.lines().count(), printed);
        }
    }

    @Test
    void costAgainstSizeIsAProgramOfItsOwn(@TempDir Path folder) throws Exception {
        String help = run("sizes --help");
        assertTrue(help.contains("--batches=N,...") && help.endsWith("exit 0"), help);
        String[][] cases = {
            {"sizes --exact", "sizes: Unknown option: '--exact'; --help tells more"},
            {"sizes --widths 100", "sizes: --widths 100: a multiple of 64 up to 16384 expected; --help tells more"},
            {
                "sizes --widths 64,x",
                "sizes: Invalid value for option '--widths' (N,...): 'x' is not an int; --help tells more"
            },
            {"sizes --batches 3", "sizes: --batches 3: a divisor of 1024 expected; --help tells more"},
        };
        for (String[] one : cases) assertEquals(one[1] + System.lineSeparator() + "exit 2", run(one[0]));
        String file = folder.resolve("missing").resolve("file").toString();
        String printed = run(List.of(), "sizes", "--json", file);
        assertTrue(printed.matches("sizes: --json \\Q" + file + "\\E: cannot be written: [^\\n]*\\R?exit 1"), printed);
    }

    @Test
    void whatCannotBeUsedIsOneLineAndStatusOne(@TempDir Path folder) throws Exception {
        String file = folder.resolve("missing").resolve("file").toString();
        String printed = run(List.of(), "jmh", "-o", file, "Prediction");
        assertTrue(printed.matches("jmh: \\Q" + file + "\\E [^\\n]*\\R?exit 1"), printed);
        String kernels = run(List.of("-Dlanewise.width=100"), "jmh", "Prediction");
        assertTrue(kernels.matches("jmh: [^\\n]*lanewise.width=100[^\\n]*\\Rexit 1"), kernels);
    }
}
