package lanewise.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lanewise.Lanewise;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.Ceilings;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.micro.Work;
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
        subcommands = {Listing.class, Compare.class, History.class, Steps.class, Scale.class},
        description = {
            "Runs benchmarks of Lanewise, each in processes of its own and in turn, judges by rule which results count,"
                    + " and prints a table.",
            ""
        })
final class Suite implements Callable<Integer> {

    private static final int FAILED = 1, INTERRUPTED = 130;

    /** How long the end of the JVM waits for the results to be written. */
    private static final int GRACE_SECONDS = 20;

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

    @Override
    public Integer call() throws IOException {
        Plan plan = choice.plan();
        JsonFile.check("--json", json);
        JsonFile.check("--html", html);
        JsonFile.check("--csv", csv);
        JsonFile.check("--markdown", markdown);
        started = System.currentTimeMillis();
        Interruption interruption = new Interruption();
        try (TemporaryFolder folder = new TemporaryFolder()) {
            boolean whole = measure(plan, folder.path());
            Results results = results();
            write(results);
            System.out.print(Markdown.plain(results));
            if (!whole) return INTERRUPTED;
            return runner.failures().isEmpty() ? 0 : FAILED;
        } catch (InterruptedException e) {
            // Before the first fork.
            return INTERRUPTED;
        } finally {
            interruption.over();
        }
    }

    /** The end of the JVM by a signal, which interrupts this thread and waits until the results are written. */
    private static final class Interruption {

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

        void over() {
            written.countDown();
        }
    }

    /** Whether it came to its end. Whatever happens then, the file has all rounds that did. */
    private boolean measure(Plan plan, Path folder) throws IOException, InterruptedException {
        progress.show("looking for programs");
        Plan.Parts found = plan.parts(folder);
        choice.expectSome(found.parts());
        leftOut.addAll(found.leftOut());
        progress.show("calibrating");
        runner = new Runner(
                found.parts().stream().map(Plan.Part::program).toList(),
                new Meter(),
                conditions -> !Validity.disturbed(conditions).isEmpty());
        try {
            runner.run(choice.forks(), new Runner.Progress() {
                @Override
                public void at(String what, double done, double secondsLeft) {
                    progress.at(what, done, secondsLeft);
                }

                @Override
                public void round(int done) throws IOException {
                    if (done < choice.forks()) ResultFile.write(json, results());
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
