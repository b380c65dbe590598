package lanewise.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.PatternSyntaxException;
import lanewise.Lanewise;
import lanewise.bench.machine.Ceilings;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.micro.Work;
import lanewise.bench.program.Build;
import lanewise.bench.program.Depth;
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
import lanewise.kernel.Selection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs benchmarks and judges them: the command that needs no name. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {Scale.class, Steps.class},
        description = {
            "Runs benchmarks of Lanewise, each in processes of its own and in turn, judges by rule which results count,"
                    + " and prints a table.",
            ""
        })
final class Suite implements Callable<Integer> {

    private static final int FAILED = 1, INTERRUPTED = 130;

    /** How long the end of the JVM waits for the results to be written. */
    private static final int GRACE_SECONDS = 20;

    @Parameters(
            paramLabel = "WHAT",
            arity = "0..*",
            description = "Groups (roofline, kernels, train, predict, cold, scale, peers) or patterns of benchmarks'"
                    + " names. Default: all groups but scale.")
    private List<String> selection = new ArrayList<>();

    @Option(names = "--quick", description = "A few minutes: 3 forks, short ones. Nothing of it is to be quoted.")
    private boolean quick;

    @Option(names = "--full", description = "Hours: all sizes, all widths and scalar kernels.")
    private boolean full;

    @Option(names = "--forks", paramLabel = "N", description = "Processes for each row. Default: 5, quick 3.")
    private Integer forks;

    @Option(
            names = "--kernels",
            paramLabel = "K,...",
            split = ",",
            description = "scalar, or bits of vectors: 128, 256, 512. Default: the widest; with --full all.")
    private List<String> kernels;

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

    @Spec
    private CommandSpec spec;

    private final ProgressLine progress = new ProgressLine();
    private final List<String> leftOut = new ArrayList<>();
    private Runner runner;
    private long started;

    @Override
    public Integer call() throws IOException {
        Depth depth = quick ? Depth.QUICK : full ? Depth.FULL : Depth.STANDARD;
        if (quick && full) throw misuse("--quick --full: one of them expected");
        if (forks == null) forks = depth.forks();
        if (forks < 1 || forks > 1000) throw misuse("--forks " + forks + ": 1 to 1000 expected");
        Plan plan = plan(depth);
        JsonFile.check("--json", json);
        JsonFile.check("--html", html);
        JsonFile.check("--csv", csv);
        JsonFile.check("--markdown", markdown);
        started = System.currentTimeMillis();
        progress.show("looking for programs");
        Plan.Parts found = plan.parts();
        if (found.parts().isEmpty())
            throw misuse("no benchmark matches " + String.join(" ", selection) + "; the command list names all");
        progress.show("calibrating");
        leftOut.addAll(found.leftOut());
        runner = new Runner(
                found.parts().stream().map(Plan.Part::program).toList(),
                new Meter(),
                conditions -> !Validity.disturbed(conditions).isEmpty());
        try (Interruption interruption = new Interruption()) {
            boolean whole = measure();
            Results results = results();
            write(results);
            System.out.print(Markdown.plain(results));
            if (!whole) return INTERRUPTED;
            return runner.failures().isEmpty() ? 0 : FAILED;
        }
    }

    /** The end of the JVM by a signal, which interrupts this thread and waits until the results are written. */
    private static final class Interruption implements AutoCloseable {

        private final CountDownLatch written = new CountDownLatch(1);

        Interruption() {
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                if (written.getCount() == 0) return;
                main.interrupt();
                try {
                    written.await(GRACE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }

        @Override
        public void close() {
            written.countDown();
        }
    }

    private ParameterException misuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private Plan plan(Depth depth) {
        int widest = Selection.width();
        List<String> all = new ArrayList<>(List.of("scalar"));
        for (int bits = 128; bits <= widest; bits *= 2) all.add(String.valueOf(bits));
        if (kernels == null) kernels = depth == Depth.FULL ? all : List.of(all.get(all.size() - 1));
        for (String each : kernels)
            if (!all.contains(each)) throw misuse("--kernels " + each + ": this machine has " + String.join(", ", all));
        try {
            return new Plan(selection, depth, kernels);
        } catch (PatternSyntaxException e) {
            throw misuse("the pattern " + e.getPattern() + " is no regular expression: " + e.getDescription()
                    + " at character " + e.getIndex());
        }
    }

    /** Whether it came to its end. Whatever happens then, the file has all rounds that did. */
    private boolean measure() throws IOException {
        try {
            runner.run(forks, new Runner.Progress() {
                @Override
                public void at(String what, double done, double secondsLeft) {
                    progress.at(what, done, secondsLeft);
                }

                @Override
                public void round(int done) throws IOException {
                    if (done < forks) ResultFile.write(json, results());
                }
            });
            return true;
        } catch (InterruptedException e) {
            System.err.println();
            System.err.println("Interrupted; these are the results until then.");
            return false;
        } finally {
            progress.end();
        }
    }

    /** What was measured until now: with bounds by the ceilings of this run, and judged. */
    private Results results() {
        List<String> missing = new ArrayList<>(leftOut);
        missing.addAll(runner.failures());
        List<Row> rows = new ArrayList<>();
        List<Row> measured = runner.rows();
        for (Row row : measured) rows.add(bounded(row, measured));
        return Validity.judge(
                new Results(Lanewise.version(), Build.commit(Path.of("")), started, Machine.here(), rows, missing));
    }

    private static Row bounded(Row row, List<Row> all) {
        Work work = MicroBenchmark.work(row.key());
        Ceilings ceilings = work == null ? null : Ceilings.of(all, row.key().kernels());
        return ceilings == null ? row : row.with(work.bound(ceilings, row.unit()));
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
