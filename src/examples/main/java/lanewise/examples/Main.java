package lanewise.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import lanewise.Lanewise;
import lanewise.Model;
import lanewise.io.ModelFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line of the examples: a subcommand for each program. */
@Command(
        name = "lanewise-examples",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Programs that show what the library Lanewise does.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "COMMAND --help tells a command's options."},
        subcommands = {
            Train.class,
            Predict.class,
            Evaluate.class,
            Convert.class,
            Inspect.class,
            Mnist.class,
            Classify.class,
            Latency.class,
            Serve.class,
            Main.Help.class
        })
public final class Main implements Runnable {

    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final Interruption interruption = new Interruption();

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
        Main main = new Main(out, err);
        try (main.interruption) {
            return main.execute(args);
        }
    }

    private int execute(String... args) {
        return new CommandLine(this)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .registerConverter(Path.class, Main::path)
                .setParameterExceptionHandler((e, rest) -> {
                    String misuse = misuse(e);
                    complain(e.getCommandLine(), misuse + (misuse.endsWith("?") ? " " : "; ") + "--help tells more");
                    return MISUSED;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    // A property of the library that is none of its settings is refused where it is first read.
                    boolean property = e instanceof IllegalStateException
                            && String.valueOf(e.getMessage()).startsWith("-Dlanewise.");
                    if (!(e instanceof Failure) && !property) throw e;
                    complain(
                            command,
                            e.getMessage()
                                    + (currentDirectoryIsThere()
                                            ? ""
                                            : "; the current directory" + cannotBeExpressed()));
                    return FAILED;
                })
                .execute(args);
    }

    private static String misuse(ParameterException e) {
        CommandLine command = e.getCommandLine();
        List<String> unmatched = e instanceof UnmatchedArgumentException u
                ? u.getUnmatched()
                : e instanceof MissingParameterException ? command.getUnmatchedArguments() : List.of();
        // A mistyped name of a required option is unknown, and the option missing: the first tells more.
        if (unmatched.isEmpty()) return e.getMessage();
        String first = unmatched.get(0);
        if (!first.startsWith("-") && command.getParent() == null) return unknownCommand(first, command);
        String name = first.replaceFirst("(?s)=.*", "");
        return (first.startsWith("-") ? "unknown option " : "superfluous argument ")
                + (name.isBlank() ? '"' + name + '"' : name)
                + Guess.of(name, command.getCommandSpec().optionsMap().keySet());
    }

    private static String unknownCommand(String name, CommandLine main) {
        return "unknown command " + name + Guess.of(name, main.getSubcommands().keySet());
    }

    /** Reads a path of the command line. */
    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            boolean expressible = Charset.forName(localeEncoding()).newEncoder().canEncode(text);
            throw new TypeConversionException(
                    "the path " + text.replace('\0', '?') + (expressible ? ": " + e.getReason() : cannotBeExpressed()));
        }
    }

    private static boolean currentDirectoryIsThere() {
        return Files.isDirectory(Path.of("").toAbsolutePath());
    }

    private static String cannotBeExpressed() {
        return " has characters that this locale's encoding, " + localeEncoding()
                + ", cannot express; set another locale, such as LC_ALL=C.UTF-8";
    }

    /** Of the names of files. */
    private static String localeEncoding() {
        String name = System.getProperty("sun.jnu.encoding", "");
        return Charset.isSupported(name) ? name : Charset.defaultCharset().name();
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
     * @param file a model file, or one of ONNX if its name ends in .onnx
     * @throws Failure if there is no such file, or it is not a whole and sound model
     */
    static Model load(Path file) {
        if (ModelFormat.of(file) == ModelFormat.ONNX)
            return ForeignModel.read(file, ForeignModel.Knowledge.NONE).model().aligned();
        try {
            return ModelFile.load(file).aligned();
        } catch (FileSystemException e) {
            throw new Failure(file + ": " + OutputFile.reason(e));
        } catch (IOException e) {
            throw new Failure(e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new Failure(file + ": the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB is too small for this model; make it larger (java -Xmx)");
        }
    }

    /** The end of the JVM by a signal while the command is at work. */
    Interruption interruption() {
        return interruption;
    }

    /** Where a bar goes that is there for people: the terminal if there is one, else the standard error. */
    PrintStream barStream() {
        return Progress.onTerminal() ? out : err;
    }

    /** Prints a line that is no result. */
    void remark(String line) {
        err.println(line);
    }

    /** Prints the help of a command, or without one that of the program. */
    @Command(
            name = "help",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            description = "Prints the help of a command.")
    static final class Help implements Runnable {

        @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "Whose help it is.")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            CommandLine main = spec.parent().commandLine();
            CommandLine command = name == null ? main : main.getSubcommands().get(name);
            if (command == null) throw new ParameterException(spec.commandLine(), unknownCommand(name, main));
            command.usage(command.getOut());
        }
    }

    /** What {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Lanewise " + Lanewise.version()};
        }
    }
}
