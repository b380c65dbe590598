package lanewise.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import lanewise.bench.report.ComparisonText;
import lanewise.bench.result.Comparison;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Validity;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares two files of results and prints a verdict for each row. */
@Command(
        name = "compare",
        sortOptions = false,
        mixinStandardHelpOptions = false,
        customSynopsis = {
            "compare BASE.json NEW.json [--second BASE.json NEW.json] [--across] [--markdown]",
            "compare --against REV [WHAT...] [--quick] [--forks N] [--kernels K,...] [--markdown]"
        },
        description = {
            "Compares the rows that two files of results have in common; files of JMH (-rf json) will do. This library's"
                    + " rows have verdicts; other libraries and the machine's limits stand beside them.",
            "",
            "A row is faster or slower if it changed by more than 3 %% and a test rejects that it is equal, at 99 %% for"
                    + " all rows together (Holm). The intervals hold at 99 %% for all rows together, too, and are wider"
                    + " (Bonferroni): one may contain 1 and its row be called. A verdict is said \"in this run\" until a"
                    + " second pair of runs of the same commits agrees, from another boot or at least three hours away."
                    + " Each row needs at least 5 forks on"
                    + " both sides; 10 see a change of 4 %% where forks differ by 1 %%."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:no row is slower or broken; so, too, if rows are invalid because the machine was disturbed",
            "1:a row is slower, confirmed or in this run, or is broken: valid in the base, and invalid now for another"
                    + " reason than the machine's state",
            "2:the command line is wrong, or a file cannot be read or compared"
        })
public final class Compare implements Callable<Integer> {

    private static final int REGRESSED = 1;
    private static final int MISUSED = 2;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--against",
            paramLabel = "REV",
            description =
                    "build this revision in a work tree, and measure its benchmarks and those of this build in turn;"
                            + " WHAT are benchmarks then, and the options below apply")
    private String revision;

    @Option(
            names = "--second",
            arity = "2",
            paramLabel = "FILE",
            description = "a second pair of runs, base and new, that confirms verdicts")
    private List<Path> second = List.of();

    @Option(names = "--across", description = "compare different machines, too")
    private boolean across;

    @Option(names = "--markdown", description = "print Markdown")
    private boolean markdown;

    @Mixin
    private Choice choice;

    @Option(names = "--help", usageHelp = true, description = "show this help")
    private boolean help;

    private Against against;

    /** Reads or measures, compares and prints. */
    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (Against measured = new Against(choice)) {
            against = measured;
            Comparison comparison = comparison();
            out.print(ComparisonText.of(comparison, markdown));
            out.flush();
            return status(comparison);
        } catch (IOException e) {
            spec.commandLine().getErr().println(spec.name() + ": " + e.getMessage());
            return MISUSED;
        }
    }

    /** The exit status of a comparison: 1 if a row is slower, confirmed or not, or broken; else 0. */
    public static int status(Comparison comparison) {
        return comparison.regressed() ? REGRESSED : 0;
    }

    private Comparison against() throws IOException, InterruptedException {
        if (across || !second.isEmpty())
            throw new ParameterException(
                    spec.commandLine(),
                    "--against " + revision + " with --across or --second: files expected for these");
        Comparison comparison = against.with(revision);
        for (String line : against.failures()) spec.commandLine().getErr().println(spec.name() + ": left out: " + line);
        return comparison;
    }

    private Comparison comparison() throws IOException, InterruptedException {
        if (revision != null) return against();
        List<String> files = choice.words();
        if (files.size() != 2)
            throw new ParameterException(
                    spec.commandLine(),
                    files.size() + " files given, BASE.json and NEW.json or --against REV expected");
        Comparison first = comparison(Path.of(files.get(0)), Path.of(files.get(1)));
        if (second.isEmpty()) return first;
        if (second.size() != 2)
            throw new IOException("--second: " + second.size() + " files given, a base and a new one expected");
        return first.confirmedBy(comparison(second.get(0), second.get(1)));
    }

    private Comparison comparison(Path before, Path after) throws IOException {
        Results a = Validity.judge(ResultFile.read(before)), b = Validity.judge(ResultFile.read(after));
        if (!across && !Comparison.sameMachine(a, b))
            throw new IOException(before + " is of " + a.machine() + ", " + after + " of " + b.machine()
                    + "; --across compares different machines");
        Comparison comparison = Comparison.of(a, b);
        if (comparison.lines().isEmpty())
            throw new IOException(before + " and " + after
                    + " have no row of this library in common; are they of the same benchmarks?");
        return comparison;
    }
}
