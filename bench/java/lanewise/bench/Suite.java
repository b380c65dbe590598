package lanewise.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lanewise.Lanewise;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.program.Build;
import lanewise.bench.program.Meter;
import lanewise.bench.program.Runner;
import lanewise.bench.report.Csv;
import lanewise.bench.report.Markdown;
import lanewise.bench.report.Page;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Validity;
import lanewise.file.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs benchmarks and judges them: the command that needs no name. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {Listing.class, Compare.class, History.class, Steps.class, Sizes.class},
        description = {
            "Runs benchmarks of Lanewise, each in processes of its own and in turn, judges by rule which results count,"
                    + " and prints a table.",
            ""
        })
final class Suite implements Callable<Integer> {

    private static final int FAILED = 1, INTERRUPTED = 130;

    @Mixin
    private Choice choice;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            defaultValue = "bench/target/results.json",
            description = "Results as JMH's JSON. Default: ${DEFAULT-VALUE}.")
    private Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            defaultValue = "bench/target/report.html",
            description = "The report. Default: ${DEFAULT-VALUE}.")
    private Path html;

    @Option(names = "--csv", paramLabel = "FILE", description = "A line for each row and fork.")
    private Path csv;

    @Option(names = "--markdown", paramLabel = "FILE", description = "The tables as Markdown.")
    private Path markdown;

    private final ProgressLine progress = new ProgressLine();
    private final List<String> leftOut = new ArrayList<>();
    private Runner runner;
    private long started;
    private String commit;
    private boolean failed;

    @Override
    public Integer call() throws IOException {
        Plan plan = choice.plan();
        JsonFile.check("--json", json);
        JsonFile.check("--html", html);
        JsonFile.check("--csv", csv);
        JsonFile.check("--markdown", markdown);
        started = System.currentTimeMillis();
        commit = Build.commit(Path.of(""));
        Interruption interruption = new Interruption();
        try (TemporaryFolder folder = new TemporaryFolder()) {
            boolean whole = measure(plan, folder.path());
            Results results = results();
            write(results);
            System.out.print(Markdown.plain(results));
            if (!whole) return INTERRUPTED;
            return failed ? FAILED : 0;
        } catch (InterruptedException e) {
            // Before the first fork.
            return INTERRUPTED;
        } finally {
            interruption.over();
        }
    }

    /** Whether it came to its end. Whatever happens then, the file has all rounds that did. */
    private boolean measure(Plan plan, Path folder) throws IOException, InterruptedException {
        progress.show("looking for programs");
        Plan.Parts found = plan.parts(folder);
        choice.expectSome(found.parts());
        leftOut.addAll(found.leftOut());
        progress.show("calibrating");
        runner = new Runner(found.parts().stream().map(Plan.Part::program).toList(), new Meter());
        boolean whole = false;
        try {
            runner.run(choice.forks(), choice.patience(), new Runner.Progress() {
                @Override
                public void at(String what, double done, double secondsLeft) {
                    progress.at(what, done, secondsLeft);
                }

                @Override
                public void round(int done) throws IOException {
                    ResultFile.write(json, results());
                }
            });
            whole = true;
        } catch (InterruptedException e) {
            System.err.println();
            System.err.println("Interrupted; these are the results until then.");
        } finally {
            progress.end();
        }
        failed = found.parts().stream()
                .anyMatch(part -> !part.optional() && runner.failed().containsKey(part.program()));
        return whole;
    }

    /** What was measured until now: with bounds by the ceilings of this run, and judged. */
    private Results results() {
        List<String> missing = new ArrayList<>(leftOut);
        missing.addAll(runner.failures());
        Machine machine = Machine.here();
        List<Row> measured =
                runner.rows().stream().map(row -> Validity.judge(row, machine)).toList();
        List<Row> limits = measured.stream()
                .filter(row -> row.key().group().equals("roofline"))
                .toList();
        if (limits.stream().anyMatch(row -> !row.valid()))
            missing.add("bounds by limits of the machine that are invalid");
        List<Row> rows = MicroBenchmark.bounded(measured, limits);
        return Validity.judge(new Results(Lanewise.version(), commit, started, machine, rows, missing));
    }

    private void write(Results results) throws IOException {
        ResultFile.write(json, results);
        text(html, Page.of(results));
        text(csv, Csv.of(results));
        text(markdown, Markdown.of(results));
    }

    private static void text(Path file, String text) throws IOException {
        if (file == null) return;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
    }
}
