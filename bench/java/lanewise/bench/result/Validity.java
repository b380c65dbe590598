package lanewise.bench.result;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.bench.machine.Machine;

/**
 * The rules by which a row counts for nothing. Each is one reason in words and numbers; a row that breaks several has
 * several.
 *
 * <p>Two kinds must not be mixed up. The machine's state ({@link #disturbed}) is known without a look at the result, so a
 * fork may be run again for it. The result itself never is a reason to run a fork again: choosing among results would
 * bias all that is left.
 */
public final class Validity {

    /** Bytes for each operation from which on it allocates: profilers of the heap see less than that of the harness. */
    public static final double ALLOCATED = 1;

    /** Forks below which a row is not quoted: of fewer, one on another level cannot be told from the rest. */
    public static final int QUOTED_FORKS = 5;

    /**
     * How much better than {@link Bound#least} a figure may be: the limits themselves are measured, and repeat to a few per
     * cent.
     */
    public static final double BEYOND_BOUND = 0.05;

    /**
     * The least share of a fork's windows that nothing disturbed. Their better quartile is what counts, so a few tell as much
     * as all.
     */
    public static final double QUIET = 0.02;

    /**
     * The least speed of one processor around a fork, as a share of the run's best. Below it, the clock or a neighbour on
     * the same core took more than the least change that a comparison calls. Of a fork that measured in windows, these tell
     * more.
     */
    public static final double CLOCK = 0.95;

    /** The least speed of all processors at once: one busy program takes a third of two processors, a fifth of four. */
    public static final double ALL = 0.90;

    /**
     * The largest share of the processors' time that the host may give to others: as much as the least change that is called.
     * Of a fork that measured in windows, these tell more.
     */
    public static final double STEAL = 0.03;

    /** Processors that others may keep busy: a desktop at rest takes 0.1, one busy loop takes 1. */
    public static final double OTHERS = 0.25;

    /**
     * By which share the two clocks may differ: slewing differs by 0.05 % at most, reading milliseconds of a fork of one
     * second by 0.2 %. More is a clock that was set, or a machine that was halted.
     */
    public static final double SKEW = 0.005;

    /**
     * Something about the machine, with its limit.
     *
     * @param value of conditions
     * @param sign 1 if the limit is the largest value, -1 if it is the least one
     * @param words a format for a value and the limit, each as text
     * @param percent whether they are shares
     */
    private record State(ToDoubleFunction<Conditions> value, int sign, double limit, String words, boolean percent) {

        /** How far beyond the limit; positive if it is. */
        double excess(Conditions c) {
            return sign * (value.applyAsDouble(c) - limit);
        }

        String sentence(Conditions c) {
            return String.format(words, text(value.applyAsDouble(c)), text(limit));
        }

        private String text(double x) {
            return percent ? Validity.percent(x) : Numbers.three(x);
        }
    }

    private static final List<State> STATES = List.of(
            new State(
                    c -> c.windows() == 0 ? 1 : (double) c.quiet() / c.windows(),
                    -1,
                    QUIET,
                    "busy machine: a neighbour on the same core or another clock disturbed all windows but %s, at least %s"
                            + " expected",
                    true),
            new State(
                    c -> c.windows() > 0 ? 1 : c.all(),
                    -1,
                    ALL,
                    "busy machine: all processors at once had %s of their best speed, at least %s expected",
                    true),
            new State(
                    c -> c.windows() > 0 ? 0 : c.steal(),
                    1,
                    STEAL,
                    "busy machine: the host gave %s of the processors' time to others, at most %s expected",
                    true),
            new State(
                    Conditions::others,
                    1,
                    OTHERS,
                    "busy machine: other programs kept %s processors busy, at most %s expected",
                    false),
            new State(
                    c -> c.windows() > 0 ? 1 : c.clock(),
                    -1,
                    CLOCK,
                    "clock changed: one processor had %s of its best speed, at least %s expected",
                    true),
            new State(
                    c -> Math.abs(c.skew()),
                    1,
                    SKEW,
                    "clock changed: wall clock and monotonic clock differ by %s, at most %s expected; was the time set or"
                            + " the machine halted?",
                    true));

    private final Row row;
    private final List<String> reasons = new ArrayList<>();

    private Validity(Row row) {
        this.row = row;
    }

    /** The same results, each row with its reasons, those that it had before included. */
    public static Results judge(Results results) {
        return new Results(
                results.version(),
                results.commit(),
                results.started(),
                results.machine(),
                results.rows().stream().map(r -> judge(r, results.machine())).toList(),
                results.leftOut());
    }

    /** The same row with all reasons why it counts for nothing, those that it had before included. */
    public static Row judge(Row row, Machine machine) {
        Validity rules = new Validity(row);
        if (rules.measured()) {
            rules.levels();
            rules.bound();
        }
        rules.allocation();
        rules.kernels();
        rules.conditions();
        rules.jdk(machine.jdk());
        Set<String> all = new LinkedHashSet<>(row.invalid());
        all.addAll(rules.reasons);
        return row.with(List.copyOf(all));
    }

    /** Whether a row may be quoted: it is valid and of enough forks. */
    public static boolean quotable(Row row) {
        return row.valid() && row.forks().size() >= QUOTED_FORKS;
    }

    /**
     * Whether the machine's state disturbed a fork, which should be run again then. The result has no part in it.
     *
     * @return the reasons; empty if the machine was quiet or nothing is known of it
     */
    public static List<String> disturbed(Conditions conditions) {
        return STATES.stream()
                .filter(s -> s.excess(conditions) > 0)
                .map(s -> s.sentence(conditions))
                .toList();
    }

    /**
     * Those of a row's reasons that are not the machine's state. A disturbed machine also parts forks into levels, so of a
     * disturbed row levels are no fault.
     */
    static List<String> faults(Row row) {
        Validity rules = new Validity(row);
        rules.conditions();
        if (!rules.reasons.isEmpty() && row.forks().stream().allMatch(Validity::measured)) rules.levels();
        return row.invalid().stream().filter(r -> !rules.reasons.contains(r)).toList();
    }

    private static boolean measured(Fork fork) {
        return !fork.values().isEmpty() && fork.values().stream().allMatch(Validity::measured);
    }

    private static boolean measured(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    /** Whether all figures are some. */
    private boolean measured() {
        if (row.forks().isEmpty()) reasons.add("no fork was measured");
        for (int i = 0; i < row.forks().size(); i++) {
            List<Double> values = row.forks().get(i).values();
            if (values.isEmpty()) reasons.add(fork(i) + ": no value was measured");
            for (double value : values)
                if (!measured(value)) {
                    reasons.add(fork(i) + ": a value of " + value + " " + row.unit() + ", a positive one expected");
                    break;
                }
        }
        return reasons.isEmpty();
    }

    private void levels() {
        Levels.of(row).ifPresent(reasons::add);
    }

    /** Faster than possible is not fast: no one consumed the result, and the compiler left the work out. */
    private void bound() {
        if (row.bound() == null || !(row.bound().least() > 0)) return;
        double least = row.bound().least();
        for (int i = 0; i < row.forks().size(); i++) {
            double score = row.scores().get(i);
            double better = row.higherIsBetter() ? score / least : least / score;
            if (better <= 1 + BEYOND_BOUND) continue;
            reasons.add(fork(i) + ": " + Numbers.three(score) + " " + row.unit()
                    + " is better than anything this machine can do, "
                    + Numbers.three(least) + " " + row.unit() + "; is the result consumed?");
            return;
        }
    }

    /** A promise that no fork has measured is not kept. */
    private void allocation() {
        if (!row.still()) return;
        if (!row.forks().isEmpty() && row.forks().stream().allMatch(f -> Double.isNaN(f.allocated()))) {
            reasons.add("allocation was not measured, 0 B/op are promised");
            return;
        }
        for (int i = 0; i < row.forks().size(); i++) {
            double allocated = row.forks().get(i).allocated();
            if (!(allocated >= ALLOCATED)) continue;
            reasons.add(fork(i) + " allocated " + Numbers.three(allocated) + " B/op, 0 are promised");
            return;
        }
    }

    /** The kernels that ran must be those that were asked for, and the same in all forks; not all programs tell. */
    private void kernels() {
        String expected = row.key().kernels();
        for (int i = 0; i < row.forks().size(); i++) {
            String ran = row.forks().get(i).kernels();
            if (ran.isEmpty()) continue;
            if (expected.isEmpty()) expected = ran;
            if (ran.equals(expected)) continue;
            boolean asked = !row.key().kernels().isEmpty();
            reasons.add(fork(i) + " ran on " + kernels(ran) + ", " + kernels(expected)
                    + (asked ? " were asked for" : " in the forks before"));
            return;
        }
    }

    private static String kernels(String kernels) {
        return kernels + (kernels.matches("\\d+") ? " bit" : "") + " kernels";
    }

    /** One reason for each state that some forks exceed, with the figure of the worst. */
    private void conditions() {
        List<Conditions> all = row.forks().stream().map(Fork::conditions).toList();
        for (State state : STATES) {
            List<Integer> beyond = IntStream.range(0, all.size())
                    .filter(i -> state.excess(all.get(i)) > 0)
                    .boxed()
                    .toList();
            if (beyond.isEmpty()) continue;
            int worst = Collections.max(beyond, Comparator.comparingDouble(i -> state.excess(all.get(i))));
            reasons.add(forks(beyond, all.size()) + ": " + state.sentence(all.get(worst)));
        }
    }

    /** Forks by their numbers. */
    static String forks(List<Integer> indices, int all) {
        String names = indices.stream().sorted().map(i -> String.valueOf(i + 1)).collect(Collectors.joining(", "));
        return (indices.size() == 1 ? "fork " : "forks ") + names + " of " + all;
    }

    /** A JDK that is broken for measurements makes all of its run invalid. */
    private void jdk(String version) {
        if (broken(version))
            reasons.add("the run's JDK, " + version + ", is broken for this (JDK-8377811); 25.0.3 or later expected");
    }

    /** Whether it is one of 25.0.0 to 25.0.2, which have JDK-8377811. */
    private static boolean broken(String version) {
        try {
            Runtime.Version v = Runtime.Version.parse(version);
            return v.feature() == 25 && v.interim() == 0 && v.update() <= 2;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private String fork(int i) {
        return "fork " + (i + 1) + " of " + row.forks().size();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share).replace(".0 %", " %");
    }
}
