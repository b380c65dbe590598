package lanewise.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Other programs' commands, tried on a JVM. */
class CommandTest {

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

    /** Prints the variables that it is asked for, then ends with status 3 if there is a word too many. */
    static final class Variables {

        public static void main(String[] args) {
            for (String name : args) {
                if (name.equals("fail")) {
                    System.err.println("WARNING: never mind\nno such variable\nmore words");
                    System.exit(3);
                }
                System.out.println(name + "=" + System.getenv(name));
            }
        }
    }

    private static Command variables(Object... names) {
        return Command.of(
                JAVA, List.of("-cp", System.getProperty("java.class.path")), Variables.class.getName(), List.of(names));
    }

    @Test
    void listsOfWordsAreFlattened() {
        assertEquals(
                List.of("a", "1", "b", "c"),
                Command.of("a", List.of(1, List.of("b")), List.of(), "c").words());
    }

    @Test
    void variablesAreSetAndThoseOfLibrariesAreNot() throws Exception {
        String printed = variables("OPENBLAS_L2_SIZE", "OPENBLAS_CORETYPE")
                .with(Map.of("OPENBLAS_CORETYPE", "Haswell"))
                .output();
        assertEquals(
                List.of("OPENBLAS_L2_SIZE=null", "OPENBLAS_CORETYPE=Haswell"),
                printed.lines().toList());
    }

    @Test
    void aFailureIsOneLine() {
        IOException failed =
                assertThrows(IOException.class, () -> variables("fail").output());
        assertEquals(JAVA.getFileName() + " ended with status 3: no such variable", failed.getMessage());
        IOException missing = assertThrows(
                IOException.class, () -> Command.of("no-such-program").output());
        assertEquals("no-such-program cannot be started", missing.getMessage());
    }

    /** Prints more on each stream than a pipe holds. */
    static final class Talkative {

        public static void main(String[] args) {
            System.err.println("e".repeat(1 << 20));
            System.out.println("o".repeat(1 << 20));
        }
    }

    /** The limit is there to end the test where a stream is not read, which would last for ever. */
    @Test
    @Timeout(60)
    void bothStreamsAreReadWhereTheCommonPoolIsBusy() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        for (int i = 0; i < ForkJoinPool.getCommonPoolParallelism(); i++)
            ForkJoinPool.commonPool().submit(() -> {
                end.await();
                return null;
            });
        try {
            Command talkative =
                    Command.of(JAVA, "-cp", System.getProperty("java.class.path"), Talkative.class.getName());
            assertEquals(
                    (1 << 20) + System.lineSeparator().length(),
                    talkative.output().length());
        } finally {
            end.countDown();
        }
    }

    /** A process keeps the pipe open until it ends; the limit is there to end the test if one goes on. */
    @Test
    @Timeout(60)
    void aCommandThatHangsIsStoppedWithTheProcessesThatItHasStarted(@TempDir Path folder) throws Exception {
        Path pipe = folder.resolve("pipe");
        try {
            Command.of("mkfifo", pipe).output();
        } catch (IOException e) {
            assumeTrue(false, e.getMessage());
        }
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(() -> {
            try (InputStream in = new FileInputStream(pipe.toFile())) {
                return in.read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Command hangs = Command.of("sh", "-c", "tail -f /dev/null >\"$0\" & wait", pipe);
        IOException stopped = assertThrows(IOException.class, () -> hangs.output(2));
        assertEquals("sh has not ended after 2 s and was stopped; does it hang?", stopped.getMessage());
        assertEquals(-1, end.join());
    }

    @Test
    void theLineThatSaysWhatIsWrongIsFound() {
        assertEquals("it printed nothing", Command.complaint("\n \n"));
        assertEquals("first", Command.complaint("WARNING: x\nfirst\nsecond\n"));
        assertEquals(
                "ImportError: no torch",
                Command.complaint("Traceback (most recent call last):\n  x\nImportError: no torch\n"));
    }

    @Test
    void figuresAreReadByPatterns() throws Exception {
        String printed = "epoch  1  loss 0.25\nTraining: 139001 samples/s (best epoch)\nOpenBLAS kernels: Zen\n";
        assertEquals(139001, Command.number(printed, "^Training: (\\d+) "));
        assertEquals("Zen", Command.word(printed, "^OpenBLAS kernels: (.*)"));
        IOException e = assertThrows(IOException.class, () -> Command.number(printed, "^Prediction: (\\d+) "));
        assertTrue(e.getMessage().endsWith("in the output, which begins: epoch  1  loss 0.25"), e.getMessage());
    }
}
