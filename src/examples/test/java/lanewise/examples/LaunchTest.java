package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two steps by which Maven ends with the status of a program that it has started: .mvn/Launch.java. */
class LaunchTest {

    @TempDir
    private static Path classes;

    @TempDir
    private Path folder;

    @BeforeAll
    static void compile() {
        int status = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(System.out, System.err, "-d", classes.toString(), ".mvn/Launch.java");
        assertEquals(0, status);
    }

    /** Ends with the status that it is given, or waits for a signal and ends in order. */
    static final class Program {
        public static void main(String[] args) throws InterruptedException {
            System.out.println("here " + args.length);
            if (!args[0].equals("wait")) System.exit(Integer.parseInt(args[0]));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("ended in order")));
            System.out.println("ready");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private String[] program(String argument) {
        return new String[] {
            status().toString(), "-cp", "src/examples/target/test-classes", Program.class.getName(), argument
        };
    }

    private Path status() {
        return folder.resolve("not there yet").resolve("status");
    }

    private static Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", classes.toString(), "Launch"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** What is printed, followed by the status. */
    private static String run(String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed + "exit " + process.waitFor();
    }

    @Test
    void theStatusOfAProgramIsNotedByTheFirstStepAndEndsTheSecond() throws Exception {
        for (String status : List.of("2", "0", "77", "1")) {
            String first = run(program(status));
            assertEquals("here 1" + System.lineSeparator() + "exit 0", first, "nothing but the program is heard");
            assertEquals("exit " + status, run(status().toString()));
        }
    }

    @Test
    void aJvmThatDoesNotStartHasItsStatusToo() throws Exception {
        String first = run(status().toString(), "-Xno-such-option", Program.class.getName());
        assertTrue(first.contains("-Xno-such-option") && first.endsWith("exit 0"), first);
        assertEquals("1", Files.readString(status()));
    }

    @Test
    void aSignalEndsTheProgramInItsOrder() throws Exception {
        Assumptions.assumeTrue(File.separatorChar == '/', "destroy() sends a signal on Unix only");
        Process process = start(program("wait"));
        try (BufferedReader printed =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("here 1", printed.readLine());
            assertEquals("ready", printed.readLine());
            process.toHandle().destroy(); // leaves the stream open
            assertEquals("ended in order", printed.readLine());
            assertEquals(143, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
