package lanewise.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import lanewise.Lanewise;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.ProfilersFailedException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * JMH's own command line, with bytes allocated per operation always measured, and a first line that says which kernels ran
 * where. Its results are not judged: the suite does that.
 */
final class Jmh {

    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private static final Pattern UNKNOWN = Pattern.compile("(.*) is not a recognized option");

    private final String[] args;

    Jmh(String[] args) {
        this.args = args;
    }

    /** The command line is wrong. */
    private static final class Misuse extends Exception {
        private static final long serialVersionUID = 1;

        Misuse(String message) {
            super(message);
        }
    }

    /**
     * Runs what the arguments name, everything without arguments. Each error is one line.
     *
     * @return the status of the JVM: 0 if all went well, 2 if the command line is wrong, 1 if anything else is
     * @throws IOException if the help cannot be printed
     */
    int run() throws IOException {
        try {
            CommandLineOptions options = options();
            if (options.shouldHelp()) help(options);
            else if (options.shouldListProfilers()) options.listProfilers();
            else if (options.shouldListResultFormats()) options.listResultFormats();
            else {
                checkNames(options);
                if (options.shouldList()) new Runner(options).list();
                else if (options.shouldListWithParams()) new Runner(options).listWithParams(options);
                else measure(options);
            }
            return 0;
        } catch (Misuse e) {
            return complain(MISUSED, e.getMessage());
        } catch (ProfilersFailedException e) {
            Throwable why = e.getCause();
            return why.getCause() instanceof ClassNotFoundException unknown
                    ? complain(MISUSED, "there is no profiler " + unknown.getMessage() + "; -lprof lists them")
                    : complain(FAILED, why.getMessage());
        } catch (RunnerException | RuntimeException e) {
            // What a benchmark throws JMH has printed by now; here arrive only files and JVMs that cannot be used.
            boolean file = e.getCause() instanceof IOException;
            return complain(FAILED, String.valueOf((file ? e.getCause() : e).getMessage()));
        }
    }

    private static int complain(int status, String message) {
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll(" -cp \\S+", " -cp ...");
        System.err.println("jmh: " + line);
        return status;
    }

    private CommandLineOptions options() throws Misuse {
        List<String> known = new ArrayList<>(List.of(args));
        known.replaceAll(arg -> arg.equals("--help") ? "-h" : arg);
        try {
            return new CommandLineOptions(known.toArray(String[]::new));
        } catch (CommandLineOptionException | RuntimeException e) {
            throw new Misuse(explain(e.getMessage()) + "; --help tells more");
        }
    }

    /** JMH's message in the words that were typed. */
    private String explain(String message) {
        Matcher unknown = UNKNOWN.matcher(message);
        if (unknown.matches())
            for (String arg : args)
                if (arg.matches("--?" + Pattern.quote(unknown.group(1)) + ".*")) return "unknown option " + arg;
        return message.replaceFirst("^No enum constant [\\w.$]+[.$](\\w+)\\.(\\w+)$", "$2 is no $1");
    }

    private static void help(CommandLineOptions options) throws IOException {
        System.out.println(
                "Runs JMH benchmarks of Lanewise by JMH's own rules. Bytes allocated per operation are always measured (-prof gc).");
        System.out.println("The options are JMH's; -l lists the benchmarks, -lp their parameters, too.");
        System.out.println();
        options.showHelp();
    }

    /** Sees that the patterns name a benchmark: JMH itself would find that out later. */
    private void checkNames(CommandLineOptions options) throws Misuse {
        OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        try {
            if (!BenchmarkList.defaultList()
                    .find(silent, options.getIncludes(), options.getExcludes())
                    .isEmpty()) return;
        } catch (PatternSyntaxException e) {
            throw new Misuse("the pattern " + e.getPattern() + " is no regular expression: " + e.getDescription()
                    + " at character " + e.getIndex());
        }
        throw new Misuse("no benchmark matches " + String.join(" ", args) + "; -l lists them");
    }

    private static void measure(CommandLineOptions options) throws RunnerException {
        Runner runner = new Runner(new OptionsBuilder()
                .parent(options)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .build());
        System.out.println("# Lanewise " + Lanewise.version() + ", " + Lanewise.kernels() + " ("
                + Lanewise.kernelsReason() + "), JDK " + Runtime.version() + ", " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
        runner.run();
    }
}
