import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a program for Maven in such a way that only the program is heard, and its exit status becomes Maven's. Of a status
 * other than 0 Maven itself would make an error of forty lines, and the status 1.
 *
 * <p>That takes two steps, because only Maven knows the JDK of the toolchain, and only Maven's own JVM can end Maven:
 * <ol>
 *   <li>{@code Launch FILE ARGUMENTS...}, in a JVM of the toolchain, starts another one with these arguments, which has the
 *       terminal to itself; writes its status to the file; and ends with status 0.
 *   <li>{@code Launch FILE}, in Maven's JVM, ends it if the status in the file is not 0.
 * </ol>
 */
public final class Launch {

    private Launch() {}

    /**
     * Does one of the two steps.
     *
     * @param args the file of the status, then for the first step the JVM's arguments
     * @throws IOException if the JVM cannot be started, or the file cannot be written or read
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path file = Path.of(args[0]);
        if (args.length > 1) {
            int status = start(Arrays.asList(args).subList(1, args.length));
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, String.valueOf(status));
        } else {
            int status = Integer.parseInt(Files.readString(file));
            if (status != 0) System.exit(status);
        }
    }

    /** Starts a JVM like this one and returns its status; a signal to this one ends the other first, in its order. */
    private static int start(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(arguments);
        command.add(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Process program = new ProcessBuilder(command).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            program.destroy();
            try {
                program.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        return program.waitFor();
    }
}
