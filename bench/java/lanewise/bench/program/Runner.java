package lanewise.bench.program;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;
import lanewise.bench.result.Validity;

/**
 * Runs programs in turn, fork by fork: the first fork of each, then the second of each, so that all of them meet the same
 * states of the machine. Forks that the machine disturbed, as its state tells and never their result, are run again at the
 * end, turn after turn while patience lasts: minutes later, because what disturbs may last. A program that fails takes no further
 * part, and what it has measured until then is dropped.
 */
public final class Runner {

    /** Hears how far the run is. */
    public interface Progress {

        /**
         * A program is about to run.
         *
         * @param what in words
         * @param done share of the run
         * @param secondsLeft by estimate
         */
        void at(String what, double done, double secondsLeft);

        /** A round has ended: all programs have so many forks. */
        default void round(int forks) throws IOException {}
    }

    /** A figure of a run of a program, and the machine's state before and after that run. */
    private record Measured(Output output, Figure figure, Meter.Reading before, Meter.Reading after) {}

    private final List<Program> programs;
    private final Map<Program, List<List<Measured>>> runs = new LinkedHashMap<>();
    private final Map<Program, String> failures = new LinkedHashMap<>();
    private final Meter meter;
    private final Predicate<Conditions> disturbed;
    private Meter.Reading last;
    private double estimated, taken, patienceLeft;
    private int repeated;

    /**
     * A run without forks yet, whose disturbed forks are run again.
     *
     * @param programs in the order of their turns
     * @param meter of the machine's state
     */
    public Runner(List<Program> programs, Meter meter) {
        this(programs, meter, conditions -> !Validity.disturbed(conditions).isEmpty());
    }

    /**
     * A run without forks yet.
     *
     * @param programs in the order of their turns
     * @param meter of the machine's state
     * @param disturbed whether a fork under some conditions is to be run again
     */
    Runner(List<Program> programs, Meter meter, Predicate<Conditions> disturbed) {
        this.programs = List.copyOf(programs);
        this.meter = meter;
        this.disturbed = disturbed;
        for (Program program : programs) runs.put(program, new ArrayList<>());
    }

    /** One line for each program that failed. */
    public List<String> failures() {
        return failures.entrySet().stream()
                .map(failure -> failure.getKey().name() + ": " + failure.getValue())
                .toList();
    }

    /** The programs that failed, with the reasons. */
    public Map<Program, String> failed() {
        return Collections.unmodifiableMap(failures);
    }

    /** How many forks were run again. */
    public int repeated() {
        return repeated;
    }

    /**
     * Runs all programs so many times.
     *
     * @param forks of each program
     * @param patience how long disturbed forks may be run again at most, as a share of the time of all forks
     * @param progress told before each fork and after each round
     * @throws IOException if {@code progress} cannot note a round
     * @throws InterruptedException if the thread is interrupted; what was measured until then is kept
     */
    public void run(int forks, double patience, Progress progress) throws IOException, InterruptedException {
        last = meter.read();
        double whole = programs.stream().mapToDouble(Program::seconds).sum() * forks;
        for (int round = 1; round <= forks; round++) {
            for (Program program : round % 2 == 1 ? programs : reversed()) {
                if (!runs.containsKey(program)) {
                    estimated += program.seconds();
                    taken += program.seconds();
                    continue;
                }
                progress.at(
                        "fork " + round + " of " + forks + ": " + program.name(),
                        estimated / whole,
                        (whole - estimated) * pace());
                fork(program);
                estimated += program.seconds();
            }
            progress.round(round);
        }
        patienceLeft = patience * whole;
        boolean forwards = true;
        while (again(forks, forwards ? programs : reversed(), progress)) {
            progress.round(forks);
            forwards = !forwards;
        }
    }

    /** The estimates are for this machine as wrong as they were until now. */
    private double pace() {
        return estimated == 0 ? 1 : taken / estimated;
    }

    /**
     * Runs each fork once more of which a figure was disturbed, while patience lasts; those take the place of the ones
     * before. Returns whether there were any.
     */
    private boolean again(int forks, List<Program> order, Progress progress) throws InterruptedException {
        int before = repeated;
        for (Program program : order)
            for (int i = 0; i < forks && runs.containsKey(program) && patienceLeft >= program.seconds(); i++) {
                List<Measured> earlier = runs.get(program).get(i);
                List<Boolean> disturbed = earlier.stream()
                        .map(each -> this.disturbed.test(conditions(program, each)))
                        .toList();
                if (!disturbed.contains(true)) continue;
                repeated++;
                progress.at("once more, as the machine was busy: " + program.name(), 1, patienceLeft * pace());
                fork(program);
                estimated += program.seconds();
                patienceLeft -= program.seconds();
                if (!runs.containsKey(program)) break;
                List<Measured> later = runs.get(program).remove(forks);
                runs.get(program)
                        .set(
                                i,
                                IntStream.range(0, earlier.size())
                                        .mapToObj(k -> disturbed.get(k) ? later.get(k) : earlier.get(k))
                                        .toList());
            }
        return repeated > before;
    }

    /** Every other round runs backwards, so that two neighbours meet as A B B A. */
    private List<Program> reversed() {
        List<Program> reversed = new ArrayList<>(programs);
        Collections.reverse(reversed);
        return reversed;
    }

    /** Runs a program, and keeps what it measured behind its earlier forks. */
    private void fork(Program program) throws InterruptedException {
        long start = System.nanoTime();
        try {
            runs.get(program).add(once(program));
        } catch (IOException | RuntimeException e) {
            // A signal to end reaches the program, too, and sooner.
            if (Thread.interrupted()) throw new InterruptedException();
            runs.remove(program);
            failures.put(program, e instanceof IOException ? e.getMessage() : e.toString());
        }
        taken += (System.nanoTime() - start) * 1e-9;
    }

    private List<Measured> once(Program program) throws IOException, InterruptedException {
        Meter.Reading before = last;
        try {
            Output output = program.run();
            for (Figure figure : output.figures()) meter.saw(program.loop(), clocks(figure));
            last = meter.read();
            return output.figures().stream()
                    .map(figure -> new Measured(output, figure, before, last))
                    .toList();
        } catch (IOException | RuntimeException e) {
            last = meter.read();
            throw e;
        }
    }

    /** The rows that were measured until now, without bounds and not yet judged, in the order of the programs. */
    public List<Row> rows() {
        return rows(programs);
    }

    /**
     * As {@link #rows()}, of some programs alone.
     *
     * @param some of the programs, no two of which measure the same key
     */
    List<Row> rows(List<? extends Program> some) {
        Map<Key, Row> rows = new LinkedHashMap<>();
        for (Program program : some)
            for (List<Measured> run : runs.getOrDefault(program, List.of()))
                for (Measured each : run)
                    rows.merge(Key.of(each.figure.benchmark(), each.figure.params()), row(program, each), Row::and);
        return List.copyOf(rows.values());
    }

    private Conditions conditions(Program program, Measured each) {
        return meter.between(each.before, each.after, program.loop(), clocks(each.figure));
    }

    private static List<Double> clocks(Figure figure) {
        return figure.clocks() == null ? List.of() : figure.clocks();
    }

    private Row row(Program program, Measured each) {
        Figure figure = each.figure;
        return new Row(
                Key.of(figure.benchmark(), figure.params()),
                figure.mode(),
                figure.unit(),
                figure.still(),
                each.output.subject(),
                null,
                each.output.arguments(),
                List.of(fork(figure, quiet(program, figure), conditions(program, each))),
                List.of());
    }

    /** The values of those windows that nothing disturbed; of all, if nothing of them is known or all were disturbed. */
    private List<Double> quiet(Program program, Figure figure) {
        List<Double> values = figure.values() == null ? List.of() : figure.values(), clocks = clocks(figure);
        if (values.size() != clocks.size()) return values;
        List<Double> quiet = IntStream.range(0, values.size())
                .filter(i -> meter.quiet(program.loop(), clocks.get(i)))
                .mapToObj(values::get)
                .toList();
        return quiet.isEmpty() ? values : quiet;
    }

    private static Fork fork(Figure figure, List<Double> quiet, Conditions conditions) {
        List<Fork.Bin> bins = new ArrayList<>();
        if (figure.histogram() != null)
            for (double[] bin : figure.histogram()) bins.add(new Fork.Bin(bin[0], (long) bin[1]));
        List<Double> values = quiet.isEmpty() ? Fork.middle(bins) : quiet;
        double allocated = figure.allocated() == null ? Double.NaN : figure.allocated();
        return new Fork(values, bins, allocated, figure.kernels() == null ? "" : figure.kernels(), conditions);
    }
}
