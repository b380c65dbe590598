package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two steps by which Maven ends with the status of a program that it has started. */
class LaunchTest {

    @TempDir
    private Path folder;

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
        return new String[] {status().toString(), "-cp", "target/test-classes", Program.class.getName(), argument};
    }

    private Path status() {
        return folder.resolve("not there yet").resolve("status");
    }

    @Test
    void theStatusOfAProgramIsNotedByTheFirstStepAndEndsTheSecond() throws Exception {
        for (String status : List.of("2", "0", "77", "1")) {
            String first = ChildJvm.run(List.of(), Launch.class, program(status));
            assertEquals("here 1" + System.lineSeparator() + "exit 0", first, "nothing but the program is heard");
            assertEquals("exit " + status, ChildJvm.run(List.of(), Launch.class, status().toString()));
        }
    }

    @Test
    void aJvmThatDoesNotStartHasItsStatusToo() throws Exception {
        String first =
                ChildJvm.run(List.of(), Launch.class, status().toString(), "-Xno-such-option", Program.class.getName());
        assertTrue(first.contains("-Xno-such-option") && first.endsWith("exit 0"), first);
        assertEquals("1", Files.readString(status()));
    }

    @Test
    void aSignalEndsTheProgramInItsOrder() throws Exception {
        Assumptions.assumeTrue(File.separatorChar == '/', "destroy() sends a signal on Unix only");
        Process process = ChildJvm.start(List.of(), Launch.class, program("wait"));
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
