package lanewise.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.io.ModelFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line of the examples: a subcommand for each program. */
@Command(
        name = "lanewise-examples",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Programs that show what the library Lanewise does.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "COMMAND --help tells a command's options."},
        subcommands = {Mnist.class, Classify.class, Latency.class, Serve.class})
public final class Main implements Runnable {

    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    private Main(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs a command and ends the JVM with its status: 0 if all went well, 2 if the command line is wrong, 1 if anything
     * else is.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        System.exit(run(System.out, System.err, args));
    }

    /** Runs a command and returns its status. Each error is one line. */
    static int run(PrintStream out, PrintStream err, String... args) {
        return new CommandLine(new Main(out, err))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, rest) -> {
                    complain(e.getCommandLine(), misuse(e) + "; --help tells more");
                    return MISUSED;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (!(e instanceof Failure)) throw e;
                    complain(command, e.getMessage());
                    return FAILED;
                })
                .execute(args);
    }

    private static String misuse(ParameterException e) {
        boolean option = e instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption();
        if (e instanceof UnmatchedArgumentException unmatched && !option)
            return (e.getCommandLine().getParent() == null ? "unknown command " : "superfluous argument ")
                    + unmatched.getUnmatched().get(0);
        return e.getMessage();
    }

    private static void complain(CommandLine command, String message) {
        command.getErr().println(command.getCommandName() + ": " + message.replaceAll("\\s*\\R\\s*", " "));
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** Prints a line, in the same form everywhere, and sees that it arrives. */
    void print(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        if (out.checkError()) throw new Failure("standard output is closed or full");
    }

    /**
     * The kernels of this JVM, in short.
     *
     * @throws Failure if a property asks for kernels that cannot be had
     */
    static String kernels() {
        try {
            return Lanewise.kernels();
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage());
        }
    }

    /**
     * Loads a model.
     *
     * @throws Failure if there is no such file, or it is not a whole and sound model
     */
    static Model load(Path file) {
        try {
            return ModelFile.load(file);
        } catch (FileSystemException e) {
            throw new Failure(file + ": " + OutputFile.reason(e));
        } catch (IOException e) {
            throw new Failure(e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new Failure(file + ": the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB is too small for this model; make it larger (java -Xmx)");
        }
    }

    /** Where a bar goes that is there for people: the terminal if there is one, else the standard error. */
    PrintStream barStream() {
        return Progress.onTerminal() ? out : err;
    }

    /** Prints a line that is no result. */
    void remark(String line) {
        err.println(line);
    }

    /** What {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Lanewise " + Lanewise.version()};
        }
    }
}
