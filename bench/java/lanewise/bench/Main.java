package lanewise.bench;

import java.io.IOException;
import lanewise.Lanewise;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks: JMH's own command line, with bytes allocated per operation always measured, and a first line that
 * says which kernels ran where.
 */
public final class Main {

    private Main() {}

    /**
     * Runs what the arguments name; everything without arguments.
     *
     * @param args JMH's options and patterns of benchmark names; {@code -h} lists them
     * @throws RunnerException if a benchmark cannot be run
     * @throws IOException if the help cannot be printed
     * @throws CommandLineOptionException if an option is not JMH's
     */
    public static void main(String[] args) throws RunnerException, CommandLineOptionException, IOException {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            options.showHelp();
            return;
        }
        Runner runner = new Runner(new OptionsBuilder()
                .parent(options)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .build());
        if (options.shouldList()) {
            runner.list();
            return;
        }
        System.out.println("# Lanewise " + Lanewise.version() + ", " + Lanewise.kernels() + " ("
                + Lanewise.kernelsReason() + "), JDK " + Runtime.version() + ", " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
        runner.run();
    }
}
