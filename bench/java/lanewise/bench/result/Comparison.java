package lanewise.bench.result;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import lanewise.bench.machine.Machine;

/**
 * Verdicts on the rows that two results have in common.
 *
 * <p>A row is faster or slower only if the test of its {@link Ratio} rejects equality, by Holm's levels over all rows, and
 * the change exceeds {@link Ratio#CHANGE}. That holds for this pair of runs: a boot, a layout of memory or a neighbour may favour one side for
 * hours. So it is said of this run only, until a second pair that shares nothing with the first but the machine has the same
 * verdict. Rows that are invalid on either side have none. Of distributions the medians are compared.
 *
 * <p>Only this library's rows are judged. Peers and the machine's limits stand beside them: their change is not this
 * library's, and as members of the family they would cost its verdicts power.
 *
 * @param base the results before
 * @param next the results after
 * @param lines one for each row of this library that both have, in the order of {@code next}
 * @param beside one for each other row that both have, in the order of {@code next}
 * @param onlyBase rows that {@code next} lacks
 * @param onlyNext rows that {@code base} lacks
 * @param warnings what to know before reading a verdict, one line each
 */
public record Comparison(
        Results base,
        Results next,
        List<Line> lines,
        List<Beside> beside,
        List<Row> onlyBase,
        List<Row> onlyNext,
        List<String> warnings) {

    /**
     * The least forks of a side for a verdict. With 3 or 4, all may agree by chance while the other side has met a rare slow
     * one: 4 to 14 % of simulated comparisons of 30 equal rows had a false verdict, with 5 below 1 %.
     */
    static final int FORKS = Validity.QUOTED_FORKS;

    /** The least time between pairs of runs in one boot, in milliseconds: placement and neighbours last for hours. */
    static final long APART = 3 * 3_600_000;

    /** What is said of a row. */
    public enum Verdict {
        FASTER,
        SLOWER,
        /** No difference was found. */
        NONE,
        /** A row has too few forks. */
        FEW,
        /** The row counted before, and does not now, for a reason that is not the machine's state: the change broke it. */
        BROKEN,
        /** A row is invalid. */
        INVALID
    }

    /**
     * A row on both sides.
     *
     * @param base the row before
     * @param next the row after
     * @param ratio null if a row is invalid or has too few forks
     * @param verdict by this pair of runs
     * @param confirmed whether the last independent pair agrees
     */
    public record Line(Row base, Row next, Ratio ratio, Verdict verdict, boolean confirmed) {

        /** The verdict in words. */
        public String words() {
            return switch (verdict) {
                case FASTER -> confirmed ? "faster" : "faster in this run";
                case SLOWER -> confirmed ? "slower" : "slower in this run";
                case NONE -> "no difference found, smaller than " + percent(ratio.excluded());
                case FEW ->
                    "no verdict: " + base.forks().size() + " and "
                            + next.forks().size() + " forks, at least " + FORKS + " of each are needed";
                case BROKEN -> "invalid now: " + String.join("; ", next.invalid());
                case INVALID -> "invalid";
            };
        }

        private boolean called() {
            return verdict == Verdict.FASTER || verdict == Verdict.SLOWER;
        }

        /** Why a row is invalid, on either side; empty if it is not. */
        public List<String> reasons() {
            return Stream.concat(
                            base.invalid().stream().map(r -> "base: " + r),
                            next.invalid().stream().map(r -> "new: " + r))
                    .toList();
        }

        private static String percent(double share) {
            return String.format(Locale.ROOT, "%.1f %%", Math.ceil(1000 * share - 1e-9) / 10);
        }
    }

    /**
     * A row of a peer or of the machine's limits on both sides, without a verdict.
     *
     * @param base the row before
     * @param next the row after
     */
    public record Beside(Row base, Row next) {

        /** New divided by base; NaN if a row is invalid. */
        public double ratio() {
            return base.valid() && next.valid() ? next.score() / base.score() : Double.NaN;
        }
    }

    /** Copies the lists. */
    public Comparison {
        lines = List.copyOf(lines);
        beside = List.copyOf(beside);
        onlyBase = List.copyOf(onlyBase);
        onlyNext = List.copyOf(onlyNext);
        warnings = List.copyOf(warnings);
    }

    /** Compares two results, whose rows were judged. */
    public static Comparison of(Results base, Results next) {
        List<Row> before = new ArrayList<>(), after = new ArrayList<>(), onlyNext = new ArrayList<>();
        List<Beside> beside = new ArrayList<>();
        for (Row row : next.rows()) {
            Row other = same(base, row);
            if (other == null) onlyNext.add(row);
            else if (!row.own()) beside.add(new Beside(other, row));
            else {
                before.add(other);
                after.add(row);
            }
        }
        List<Row> onlyBase =
                base.rows().stream().filter(r -> same(next, r) == null).toList();
        return new Comparison(base, next, lines(before, after), beside, onlyBase, onlyNext, warnings(base, next));
    }

    private static List<Line> lines(List<Row> before, List<Row> after) {
        List<double[]> bases = new ArrayList<>(), nexts = new ArrayList<>();
        for (int i = 0; i < before.size(); i++)
            if (comparable(before.get(i), after.get(i))) {
                bases.add(scores(before.get(i)));
                nexts.add(scores(after.get(i)));
            }
        Iterator<Ratio> ratios = Ratio.of(bases, nexts).iterator();
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            Row base = before.get(i), next = after.get(i);
            Ratio ratio = comparable(base, next) ? ratios.next() : null;
            lines.add(new Line(base, next, ratio, verdict(base, next, ratio), false));
        }
        return lines;
    }

    /**
     * This comparison with a row that could not be measured of {@code next}, because its program failed, although it could of
     * {@code base}: the row is broken. A row that counted on neither side, or that is another's, changes nothing.
     *
     * @param key of the row
     * @param reason one sentence
     */
    public Comparison failed(Key key, String reason) {
        Row row = base.row(key);
        if (row == null || !row.valid() || !row.own()) return this;
        Row none = new Row(
                key,
                row.mode(),
                row.unit(),
                row.still(),
                row.subject(),
                null,
                row.arguments(),
                List.of(),
                List.of(reason));
        List<Line> broken = new ArrayList<>(lines);
        broken.removeIf(line -> line.next().key().equals(key));
        broken.add(new Line(row, none, null, Verdict.BROKEN, false));
        List<Row> rest = onlyBase.stream().filter(r -> !r.key().equals(key)).toList();
        return new Comparison(base, next, broken, beside, rest, onlyNext, warnings);
    }

    private static boolean comparable(Row base, Row next) {
        return base.valid()
                && next.valid()
                && Math.min(base.forks().size(), next.forks().size()) >= FORKS;
    }

    private static double[] scores(Row row) {
        return row.scores().stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Verdict verdict(Row base, Row next, Ratio ratio) {
        if (base.valid() && !Validity.faults(next).isEmpty()) return Verdict.BROKEN;
        if (!base.valid() || !next.valid()) return Verdict.INVALID;
        if (ratio == null) return Verdict.FEW;
        if (!ratio.different()) return Verdict.NONE;
        return ratio.value() > 1 == next.higherIsBetter() ? Verdict.FASTER : Verdict.SLOWER;
    }

    /** The row of the same benchmark, parameters, mode and unit, or null. */
    private static Row same(Results results, Row row) {
        for (Row other : results.rows())
            if (other.key().equals(row.key())
                    && other.mode().equals(row.mode())
                    && other.unit().equals(row.unit())) return other;
        return null;
    }

    private static List<String> warnings(Results base, Results next) {
        List<String> warnings = new ArrayList<>();
        if (!sameMachine(base, next))
            warnings.add("DIFFERENT MACHINES: base on " + base.machine() + "; new on " + next.machine());
        else if (base.machine().cpu().isEmpty())
            warnings.add("the files do not name their machine; the verdicts hold only if it is the same");
        String jdk = base.machine().jdk(), other = next.machine().jdk();
        if (!jdk.equals(other)) warnings.add("DIFFERENT JDKs: base on " + jdk + ", new on " + other);
        return warnings;
    }

    /** Whether both were measured on machines of one description, whatever the JDK. */
    public static boolean sameMachine(Results a, Results b) {
        return withoutJdk(a.machine()).equals(withoutJdk(b.machine()));
    }

    private static Machine withoutJdk(Machine m) {
        return new Machine(m.cpu(), m.architecture(), m.processors(), m.caches(), "", m.system());
    }

    /** Whether the change has cost something: a row is slower, confirmed or not, or broken. */
    public boolean regressed() {
        return lines.stream().anyMatch(l -> l.verdict() == Verdict.SLOWER || l.verdict() == Verdict.BROKEN);
    }

    /**
     * This comparison with those verdicts confirmed that a second pair of runs shares. If that pair shares more with the first
     * than the machine, it changes nothing, and a warning says why.
     *
     * <p>Of several pairs, given in the order of time, the last independent one that has a verdict on a row decides: one that
     * found no difference, or the opposite, takes an earlier confirmation back. If any pair could confirm, a false verdict
     * would be confirmed sooner or later; if any could veto, one pair that was blind for a change would hide it for ever.
     * With one pair that decides, a false verdict stays as rare however many are kept.
     */
    public Comparison confirmedBy(Comparison second) {
        String related = related(second);
        if (!related.isEmpty()) {
            Set<String> all = new LinkedHashSet<>(warnings);
            all.add("a second pair confirms nothing: " + related);
            return new Comparison(base, next, lines, beside, onlyBase, onlyNext, List.copyOf(all));
        }
        List<Line> judged = lines.stream()
                .map(l -> new Line(l.base(), l.next(), l.ratio(), l.verdict(), second.confirms(l)))
                .toList();
        return new Comparison(base, next, judged, beside, onlyBase, onlyNext, warnings);
    }

    /** Whether this pair of runs confirms a line, or has nothing to say and leaves it confirmed. */
    private boolean confirms(Line line) {
        if (!line.called()) return false;
        for (Line own : lines)
            if (own.ratio() != null
                    && own.next().key().equals(line.next().key())
                    && own.next().mode().equals(line.next().mode())) return own.verdict() == line.verdict();
        return line.confirmed();
    }

    /** Why a second pair of runs does not count; empty if it does. */
    private String related(Comparison second) {
        if (!sameMachine(base, second.base) || !sameMachine(next, second.next))
            return "it was measured on another machine";
        if (!base.machine().jdk().equals(second.base.machine().jdk())
                || !next.machine().jdk().equals(second.next.machine().jdk())) return "it was measured on another JDK";
        String commits = base.commit() + " and " + next.commit(),
                others = second.base.commit() + " and " + second.next.commit();
        if (!commits.equals(others)) return "it compares " + others + ", this one " + commits;
        if (commits.contains("+")) return "commits " + commits + " had changes, which may have been others";
        Span first = Span.of(base, next), later = Span.of(second.base, second.next);
        if (first.boots != null && later.boots != null && disjoint(first.boots, later.boots)) return "";
        if (first.from == 0 || later.from == 0) return "the files do not say when their forks ran";
        long pause = Math.max(later.from - first.to, first.from - later.to);
        if (pause >= APART) return "";
        return "both pairs ran in one boot, "
                + (pause < 0 ? "at the same time" : pause / 60_000 + " minutes apart")
                + "; another boot or " + APART / 3_600_000 + " hours are needed";
    }

    private static boolean disjoint(Set<String> a, Set<String> b) {
        return a.stream().noneMatch(b::contains);
    }

    /**
     * When the forks of a pair of runs ran.
     *
     * @param from when the first began, 0 if that is not known of all
     * @param to when the last ended
     * @param boots of the machine; null if that is not known of all
     */
    private record Span(long from, long to, Set<String> boots) {

        static Span of(Results base, Results next) {
            long from = Long.MAX_VALUE, to = 0;
            Set<String> boots = new HashSet<>();
            for (Results results : List.of(base, next))
                for (Row row : results.rows())
                    for (Fork fork : row.forks()) {
                        Conditions c = Objects.requireNonNull(fork.conditions());
                        from = Math.min(from, c.started());
                        to = Math.max(to, c.started() + (long) (1000 * c.seconds()));
                        boots.add(c.boot());
                    }
            boolean known = !boots.isEmpty() && !boots.contains("");
            return new Span(from == Long.MAX_VALUE ? 0 : from, to, known ? boots : null);
        }
    }
}
