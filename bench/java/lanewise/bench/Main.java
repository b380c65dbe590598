package lanewise.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import picocli.CommandLine;

/** The suite's command line: benchmarks to run, or one of the other commands. */
public final class Main {

    private static final int FAILED = 1, INTERRUPTED = 130;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its status: 0 if all went well, 2 if the command line is wrong, 1 if anything
     * else is. Each error is one line.
     *
     * @param args a selection of benchmarks, or a command, and options; {@code --help} lists them
     * @throws IOException if the help of {@code jmh} cannot be printed
     */
    public static void main(String[] args) throws IOException {
        // JMH reads its own options.
        boolean jmh = args.length > 0 && args[0].equals("jmh");
        System.exit(
                jmh
                        ? new Jmh(Arrays.copyOfRange(args, 1, args.length)).run()
                        : commandLine(new Suite()).execute(args));
    }

    /** A command's line: each error is one line on standard error, and an interruption ends without one. */
    static CommandLine commandLine(Object command) {
        return new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, words) -> {
                    CommandLine line = e.getCommandLine();
                    System.err.println(line.getCommandName() + ": " + e.getMessage() + "; --help tells more");
                    return line.getCommandSpec().exitCodeOnInvalidInput();
                })
                .setExecutionExceptionHandler((e, line, result) -> {
                    if (e instanceof InterruptedException) return INTERRUPTED;
                    boolean file = e instanceof IOException || e instanceof UncheckedIOException;
                    if (!file) throw e;
                    System.err.println(line.getCommandName() + ": " + e.getMessage());
                    return FAILED;
                });
    }
}
