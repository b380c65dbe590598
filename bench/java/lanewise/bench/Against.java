package lanewise.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import lanewise.bench.machine.Machine;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.micro.Roofline;
import lanewise.bench.program.Build;
import lanewise.bench.program.Duel;
import lanewise.bench.program.Meter;
import lanewise.bench.program.Program;
import lanewise.bench.result.Comparison;
import lanewise.bench.result.Key;
import lanewise.bench.result.ResultFile;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Validity;

/**
 * A comparison with another revision: both builds measured in turn, and earlier comparisons of the same two commits, each of
 * which may confirm what this one finds. All are kept as files.
 */
final class Against implements AutoCloseable {

    /** Where work trees and results are kept, beyond a clean build. */
    private static final Path FOLDER = Path.of("bench/against");

    private static final double LIMIT_SECONDS = 0.15;

    private static final String BASE = "-base.json", NEXT = "-new.json";

    private final Interruption interruption = new Interruption();
    private final Choice choice;
    private final List<String> failures = new ArrayList<>();
    private final ProgressLine progress = new ProgressLine();

    /** A comparison of the benchmarks that are chosen. */
    Against(Choice choice) {
        this.choice = choice;
    }

    /**
     * Builds the revision, measures it beside the running build, and compares.
     *
     * @param revision as git names it
     * @return the comparison, confirmed as far as an earlier one allows
     * @throws IOException if the revision cannot be built, or a file cannot be read or written
     * @throws InterruptedException if the thread is interrupted before the first fork
     */
    Comparison with(String revision) throws IOException, InterruptedException {
        Files.createDirectories(FOLDER);
        progress.show("building " + revision);
        Build base = Build.of(revision, FOLDER), running = Build.running();
        Set<String> there = base.benchmarks();
        List<Key> keys = new ArrayList<>();
        for (Key key : choice.plan().keys())
            if (there.contains(key.benchmark().substring(key.group().length() + 1))) keys.add(key);
            else failures.add(key + ": " + revision + " has no such benchmark");
        choice.expectSome(keys);
        progress.show("calibrating");
        List<Program> limits = choice.kernels().stream()
                .filter(each -> !each.equals("scalar"))
                .map(each -> Roofline.program(running.classpath(), Integer.parseInt(each), LIMIT_SECONDS))
                .toList();
        Duel duel = new Duel(keys, base, running, limits, choice.depth(), new Meter());
        boolean whole = false;
        try {
            duel.run(choice.comparedForks(), choice.patience(), progress);
            whole = true;
        } catch (InterruptedException e) {
            System.err.println();
            System.err.println("Interrupted; this is the comparison until then.");
        } finally {
            progress.end();
        }
        failures.addAll(duel.failures());
        List<Row> judged = duel.beside().stream()
                .map(row -> Validity.judge(row, Machine.here()))
                .toList();
        Results before = bounded(duel.ofBase(), judged), after = bounded(duel.ofCandidate(), judged);
        Comparison comparison = Comparison.of(before, after);
        for (Map.Entry<Key, String> failed : duel.failedOfCandidate().entrySet())
            comparison = comparison.failed(failed.getKey(), failed.getValue());
        // Fewer forks than were asked for are no evidence for later.
        if (!whole) return comparison;
        for (Comparison earlier : earlier(base, running)) comparison = comparison.confirmedBy(earlier);
        String name = base.name() + "-" + running.name().replace("+", "-changed") + "-" + before.started();
        ResultFile.write(FOLDER.resolve(name + BASE), before);
        ResultFile.write(FOLDER.resolve(name + NEXT), after);
        return comparison;
    }

    /** What was found is printed. */
    @Override
    public void close() {
        interruption.over();
    }

    /** What could not be measured, one line each. */
    List<String> failures() {
        return failures;
    }

    private static Results bounded(Results results, List<Row> limits) {
        return Validity.judge(new Results(
                results.version(),
                results.commit(),
                results.started(),
                results.machine(),
                MicroBenchmark.bounded(results.rows(), limits),
                results.leftOut()));
    }

    /** Earlier comparisons of two commits; files that differ from their commit are no commit. */
    private static List<Comparison> earlier(Build base, Build running) throws IOException {
        if (running.name().endsWith("+") || running.name().isEmpty()) return List.of();
        List<Comparison> earlier = new ArrayList<>();
        String prefix = base.name() + "-" + running.name() + "-";
        List<Path> files;
        try (Stream<Path> all = Files.list(FOLDER)) {
            files = all.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .filter(file -> file.getFileName().toString().endsWith(BASE))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            Path other = file.resolveSibling(name.substring(0, name.length() - BASE.length()) + NEXT);
            if (Files.exists(other))
                earlier.add(
                        Comparison.of(Validity.judge(ResultFile.read(file)), Validity.judge(ResultFile.read(other))));
        }
        return earlier;
    }
}
