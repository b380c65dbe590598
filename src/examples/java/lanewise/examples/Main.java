package lanewise.examples;

import java.io.PrintStream;
import java.io.PrintWriter;
import lanewise.Lanewise;
import lanewise.train.DivergedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** The command line of the examples: a subcommand for each program. */
@Command(
        name = "lanewise-examples",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        header = "Programs that show what the library Lanewise does.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "COMMAND --help tells a command's options."},
        subcommands = Mnist.class)
public final class Main implements Runnable {

    /** The command line was right, but a file, the machine or the training was not. */
    static final int FAILED = 1;

    /** The command line was wrong. */
    static final int MISUSED = 2;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its status: 0 if it did what it should, 2 if the command line is wrong, 1 if
     * anything else is.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        System.exit(run(System.out, System.err, args));
    }

    /** Runs a command and returns its status. */
    static int run(PrintStream out, PrintStream err, String... args) {
        return new CommandLine(new Main())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, rest) -> {
                    String name = e.getCommandLine().getCommandName();
                    complain(e.getCommandLine(), e.getMessage() + " (" + name + " --help tells the options)");
                    return MISUSED;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (!(e instanceof Failure || e instanceof DivergedException)) throw e;
                    complain(command, e.getMessage());
                    return FAILED;
                })
                .execute(args);
    }

    private static void complain(CommandLine command, String message) {
        command.getErr().println(command.getCommandName() + ": " + message.replaceAll("\\s*\\R\\s*", " "));
    }

    /** Nothing is done without a command. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** What {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Lanewise " + Lanewise.version()};
        }
    }
}
