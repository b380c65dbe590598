package lanewise.bench.program;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.Lanewise;
import lanewise.bench.machine.Machine;
import lanewise.bench.result.Key;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;

/**
 * The same JMH benchmarks of two builds, their forks interleaved as A B B A: whatever changes slowly in the machine meets both
 * alike.
 */
public final class Duel {

    private final Build base, candidate;
    private final List<JmhProgram> ofBase = new ArrayList<>(), ofCandidate = new ArrayList<>();
    private final List<Program> beside;
    private final Runner runner;
    private final long started = System.currentTimeMillis();

    /**
     * A duel without forks yet.
     *
     * @param keys of JMH benchmarks that both builds have
     * @param base the build to compare with
     * @param candidate the build that is compared
     * @param beside programs that run with them once a round, such as the measurement of the machine's limits
     * @param depth of the iterations
     * @param meter of the machine's state
     */
    public Duel(List<Key> keys, Build base, Build candidate, List<Program> beside, Depth depth, Meter meter) {
        this.base = base;
        this.candidate = candidate;
        this.beside = List.copyOf(beside);
        List<Program> all = new ArrayList<>(beside);
        for (Key key : keys) {
            ofBase.add(new JmhProgram(key, base, depth));
            ofCandidate.add(new JmhProgram(key, candidate, depth));
            all.add(ofBase.get(ofBase.size() - 1));
            all.add(ofCandidate.get(ofCandidate.size() - 1));
        }
        runner = new Runner(all, meter);
    }

    /**
     * Runs so many forks of each benchmark of each build.
     *
     * @param forks of each
     * @param patience as for {@link Runner#run}
     * @param progress told before each fork
     * @throws IOException if {@code progress} cannot note a round
     * @throws InterruptedException if the thread is interrupted; what was measured until then is kept
     */
    public void run(int forks, double patience, Runner.Progress progress) throws IOException, InterruptedException {
        runner.run(forks, patience, progress);
    }

    /** One line for each program that failed. */
    public List<String> failures() {
        return runner.failures();
    }

    /** The benchmarks that failed in the candidate, with the reasons. */
    public Map<Key, String> failedOfCandidate() {
        Map<Key, String> failed = new LinkedHashMap<>();
        for (JmhProgram program : ofCandidate)
            if (runner.failed().containsKey(program))
                failed.put(program.key(), runner.failed().get(program));
        return failed;
    }

    /** What the programs beside have measured, not yet judged. */
    public List<Row> beside() {
        return runner.rows(beside);
    }

    /** What was measured of the base, not yet judged. */
    public Results ofBase() {
        return results(base, ofBase);
    }

    /** What was measured of the candidate, not yet judged. */
    public Results ofCandidate() {
        return results(candidate, ofCandidate);
    }

    private Results results(Build build, List<JmhProgram> programs) {
        List<Row> rows = runner.rows(programs);
        return new Results(
                build.version().isEmpty() ? Lanewise.version() : build.version(),
                build.name(),
                started,
                Machine.here(),
                rows,
                runner.failures());
    }
}
