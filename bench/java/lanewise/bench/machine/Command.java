package lanewise.bench.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command of another program.
 *
 * @param words the program and its arguments
 * @param environment variables to set for it
 */
public record Command(List<String> words, Map<String, String> environment) {

    /**
     * Variables that would choose other kernels, numbers of threads or options than the program's own. Some machines name
     * another CPU to OpenBLAS, which makes it slow.
     */
    private static final List<String> UNSET = List.of(
            "OPENBLAS_CORETYPE",
            "OPENBLAS_L2_SIZE",
            "OPENBLAS_NUM_THREADS",
            "GOTO_NUM_THREADS",
            "OMP_NUM_THREADS",
            "MKL_NUM_THREADS",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "_JAVA_OPTIONS");

    /**
     * A thread for each stream: the common pool of a machine with two processors has one thread, so one stream would not be
     * read, and a program that fills it would wait for ever.
     */
    private static final Executor READERS = task -> {
        Thread thread = new Thread(task, "output of a command");
        thread.setDaemon(true);
        thread.start();
    };

    /** A command of words, and of lists of words at any depth. */
    public static Command of(Object... words) {
        List<String> all = new ArrayList<>();
        addTo(all, List.of(words));
        return new Command(List.copyOf(all), Map.of());
    }

    private static void addTo(List<String> all, List<?> words) {
        for (Object word : words)
            if (word instanceof List<?> several) addTo(all, several);
            else all.add(word.toString());
    }

    public Command with(Map<String, String> variables) {
        return new Command(words, variables);
    }

    /**
     * Runs the command to its end; if this thread is interrupted, ends it.
     *
     * @return what it printed on standard output
     * @throws IOException if it cannot be started or fails; the message is one line
     * @throws InterruptedException if the thread is interrupted
     */
    public String output() throws IOException, InterruptedException {
        return output(Integer.MAX_VALUE);
    }

    /**
     * As {@link #output()}, of a command that may hang: ends it after some time, with all processes that it has started.
     *
     * @param seconds that it may take
     * @return what it printed on standard output
     * @throws IOException if it cannot be started, fails, or takes longer; the message is one line
     * @throws InterruptedException if the thread is interrupted
     */
    public String output(long seconds) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words);
        UNSET.forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException(words.get(0) + " cannot be started", e);
        }
        try {
            process.getOutputStream().close();
            CompletableFuture<String> errors =
                    CompletableFuture.supplyAsync(() -> text(process.getErrorStream()), READERS);
            CompletableFuture<String> output =
                    CompletableFuture.supplyAsync(() -> text(process.getInputStream()), READERS);
            String program = Path.of(words.get(0)).getFileName().toString();
            if (!process.waitFor(seconds, TimeUnit.SECONDS))
                throw new IOException(
                        program + " has not ended after " + seconds + " s and was stopped; does it hang?");
            int status = process.exitValue();
            if (status == 0) return output.join();
            throw new IOException(
                    program + " ended with status " + status + ": " + complaint(errors.join() + "\n" + output.join()));
        } finally {
            end(process);
        }
    }

    /** Ends a process that still runs, and those that it has started, and waits until it has ended. */
    private static void end(Process process) {
        if (!process.isAlive()) return;
        List<ProcessHandle> started = process.descendants().toList();
        process.destroyForcibly();
        started.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    private static String text(java.io.InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The line that says what is wrong: the first, or the last of a Python program. */
    public static String complaint(String text) {
        List<String> lines = text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("WARNING: "))
                .toList();
        if (lines.isEmpty()) return "it printed nothing";
        boolean traced = lines.get(0).startsWith("Traceback ");
        return lines.get(traced ? lines.size() - 1 : 0).strip();
    }

    /**
     * The number that a pattern's first group finds in a program's output.
     *
     * @throws IOException if it finds none
     */
    public static double number(String output, String pattern) throws IOException {
        return Double.parseDouble(word(output, pattern));
    }

    /** As {@link #number}, any text. */
    public static String word(String output, String pattern) throws IOException {
        Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(output);
        if (matcher.find()) return matcher.group(1);
        throw new IOException("nothing like \"" + pattern + "\" in the output, which begins: " + complaint(output));
    }
}
