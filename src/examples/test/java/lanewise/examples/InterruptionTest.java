package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanewise.examples.MnistTest.Run;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A signal ends a training after its current step, with the signal's status. */
class InterruptionTest {

    private static final int SIGINT = 130, SIGTERM = 143;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeDigits() throws IOException {
        Assumptions.assumeTrue(File.separatorChar == '/', "signals are sent on Unix only");
        MnistTest.smallDigits(folder);
    }

    /** So many that their lines do not fit a pipe that nobody reads, and the training cannot end before the signal. */
    private static final String EPOCHS = "1500";

    /** Trains until the first epoch's line is there, then sends a signal. */
    private Run interrupted(String signal, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        // A test that was started in the background may have been told to ignore SIGINT, and so would its children.
        if (signal.equals("INT")) command.addAll(List.of("env", "--default-signal=INT"));
        command.addAll(Run.java(List.of()));
        command.addAll(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16", "--epochs", EPOCHS));
        command.addAll(List.of(options));
        Path err = folder.resolve("err");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        StringBuilder out = new StringBuilder();
        try (BufferedReader lines = process.inputReader()) {
            String line;
            boolean sent = false;
            while ((line = lines.readLine()) != null) {
                out.append(line).append('\n');
                if (!sent && line.startsWith("Epoch: 1,")) {
                    sent = true;
                    String kill = "kill -" + signal + " " + process.pid();
                    assertEquals(0, new ProcessBuilder("sh", "-c", kill).start().waitFor());
                }
            }
            return new Run(process.waitFor(), out.toString(), Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }

    private static String fingerprint(Path folder, String... options) {
        List<String> args = new ArrayList<>(List.of("mnist", "--data", folder.toString(), "--hidden", "17,16"));
        args.addAll(List.of("--epochs", EPOCHS, "--quiet"));
        args.addAll(List.of(options));
        return Run.of(args.toArray(String[]::new)).fingerprint();
    }

    /** Those that are known to end: the last line of standard output is that of an epoch, and the bar is gone. */
    private static void assertEndedInOrder(int status, Run run) {
        assertEquals(status, run.status(), run.err());
        List<String> lines = run.lines();
        assertTrue(lines.get(lines.size() - 1).startsWith("Epoch: "), run.out());
        assertFalse(run.err().contains("xception"), run.err());
    }

    @Test
    void theTrainingGoesOnToTheSameResult() throws Exception {
        String[] options = {
            "--optimizer", "adam", "--batch", "8", "--dropout", "0.1", "--validation", "0.2", "--average", "0.9"
        };
        String expected = fingerprint(folder, options);
        List<String> all = new ArrayList<>(List.of(options));
        Path checkpoints = folder.resolve("checkpoints");
        all.addAll(List.of("--checkpoint", checkpoints.toString(), "--checkpoint-every", "100000"));
        Run run = interrupted("TERM", all.toArray(String[]::new));
        assertEndedInOrder(SIGTERM, run);
        Matcher said = Pattern.compile("Interrupted in epoch \\d+, after step (\\d+)\\. To go on: the same command with"
                        + " --resume\\. The checkpoint is (.+)")
                .matcher(run.err());
        assertTrue(said.find(), run.err());
        assertEquals(
                checkpoints.resolve(String.format("step-%012d.checkpoint", Long.valueOf(said.group(1)))),
                Path.of(said.group(2)));
        Run refused = Run.of("mnist", "--data", folder.toString(), "--checkpoint", checkpoints.toString());
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("has checkpoints of another training"), refused.err());
        all.add("--resume");
        assertEquals(expected, fingerprint(folder, all.toArray(String[]::new)));
        assertEquals(expected, fingerprint(folder, all.toArray(String[]::new)), "a training that has ended");
    }

    @Test
    void theStatusIsTheSignals() throws Exception {
        Run run = interrupted("TERM", "--progress");
        assertEndedInOrder(SIGTERM, run);
        assertTrue(
                run.err().endsWith("\r"), "the bar is taken away: " + run.err().replace('\r', '#'));
        boolean resets = Stream.of("/bin/env", "/usr/bin/env").anyMatch(name -> Files.isExecutable(Path.of(name)))
                && new ProcessBuilder("env", "--default-signal=INT", "true")
                                .start()
                                .waitFor()
                        == 0;
        Assumptions.assumeTrue(resets, "env cannot take back that SIGINT is ignored");
        assertEndedInOrder(SIGINT, interrupted("INT"));
    }
}
