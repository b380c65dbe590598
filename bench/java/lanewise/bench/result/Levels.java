package lanewise.bench.result;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;

/**
 * A row's forks that lie on another level than the rest: HotSpot compiled another way, or memory lay elsewhere, so that no
 * fork's figure foretells the next one's.
 *
 * <p>Two groupings are looked at. One fork against all others finds the odd one out. The widest gap between the forks'
 * sorted scores, with at least two forks on each side, finds two levels of about equal frequency, for which the first is
 * blind: there each fork has companions. A grouping counts if its levels are apart in size and in statistics.
 *
 * <p>Size comes first: forks always differ a little, by the placement of code and data, and with enough iterations any
 * difference is significant. That much is what {@link Comparison} takes forks for. So only scores more than
 * {@link #SIZE} apart count.
 *
 * <p>Statistics is one of three:
 * <ul>
 *   <li>the exact two-sample test of Kolmogorov and Smirnov between both groups' iterations, by Holm's correction over the
 *       groupings;
 *   <li>a gap of at least {@link #GAP} times the range of the scores on either side of it, for forks of one or two
 *       iterations, with which the test can reject nothing;
 *   <li>none for distributions: the median of so many calls has no error that matters.
 * </ul>
 */
final class Levels {

    /** By which share the scores of two levels differ at least: three times the change that is called in a comparison. */
    static final double SIZE = 0.10;

    /** The chance that forks without levels are said to have some: the level of all verdicts. */
    static final double ALPHA = 0.01;

    /**
     * How much wider the gap between levels is than the range within each: of five normal figures without levels, one set
     * in a hundred has such a gap; of more figures, fewer.
     */
    static final double GAP = 6.5;

    private final Row row;
    private final double[] scores;

    /** Indices of the forks, by ascending score. */
    private final List<Integer> order;

    /** Forks apart from the rest, with the chance of such a difference by statistics, or 0 if a gap shows it. */
    private record Grouping(List<Integer> apart, List<Integer> rest, double chance) {}

    private Levels(Row row) {
        this.row = row;
        scores = row.scores().stream().mapToDouble(Double::doubleValue).toArray();
        order = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> scores[i]))
                .toList();
    }

    /** One sentence that names the forks and both levels, if there are some; all values must be positive. */
    static Optional<String> of(Row row) {
        if (row.forks().size() < 2) return Optional.empty();
        Levels levels = new Levels(row);
        return levels.groupings().stream()
                .max(Comparator.comparingDouble(g -> levels.gap(g.apart, g.rest)))
                .map(levels::sentence);
    }

    /** The groupings that count. */
    private List<Grouping> groupings() {
        List<Grouping> all = new ArrayList<>();
        int ones = scores.length == 2 ? 1 : scores.length;
        for (int i = 0; i < ones; i++) {
            int one = i;
            all.add(grouping(List.of(one), order.stream().filter(j -> j != one).toList()));
        }
        int cut = widestGap();
        if (cut > 0) {
            boolean few = 2 * cut <= order.size();
            List<Integer> below = order.subList(0, cut), above = order.subList(cut, order.size());
            all.add(grouping(few ? below : above, few ? above : below));
        }
        all.sort(Comparator.comparingDouble(Grouping::chance));
        List<Grouping> counting = new ArrayList<>();
        for (int i = 0; i < all.size() && all.get(i).chance * (all.size() - i) <= ALPHA; i++)
            if (size(all.get(i)) > Math.log1p(SIZE)) counting.add(all.get(i));
        return counting;
    }

    /** How many forks are below the widest gap that has at least two on each side; 0 if there is none. */
    private int widestGap() {
        int best = 0;
        for (int cut = 2; cut <= order.size() - 2; cut++) if (best == 0 || gap(cut) > gap(best)) best = cut;
        return best;
    }

    private double gap(int cut) {
        return Math.log(scores[order.get(cut)] / scores[order.get(cut - 1)]);
    }

    private Grouping grouping(List<Integer> apart, List<Integer> rest) {
        boolean distributions =
                row.forks().stream().noneMatch(f -> f.histogram().isEmpty());
        if (distributions || gapped(apart, rest)) return new Grouping(apart, rest, 0);
        double[] a = iterations(apart), b = iterations(rest);
        double chance = Math.min(a.length, b.length) < 2
                ? 1
                : chance(new KolmogorovSmirnovTest().kolmogorovSmirnovStatistic(a, b), a.length, b.length);
        return new Grouping(apart, rest, chance);
    }

    /**
     * The probability that two samples of one distribution are at least so far apart: among the orders of all values, each
     * a path from (0, 0) to (m, n), the share of those that leave the band of smaller distances.
     *
     * @param distance of the empirical distributions
     */
    static double chance(double distance, int m, int n) {
        double[][] inside = new double[m + 1][n + 1];
        for (int i = 0; i <= m; i++)
            for (int j = 0; j <= n; j++) {
                boolean out = Math.abs((double) i / m - (double) j / n) >= distance - 1e-9;
                if (out) continue;
                double left = i == 0 ? 0 : inside[i - 1][j] * i, below = j == 0 ? 0 : inside[i][j - 1] * j;
                inside[i][j] = i + j == 0 ? 1 : (left + below) / (i + j);
            }
        return 1 - inside[m][n];
    }

    /** Whether the gap is far wider than both ranges; four scores or fewer tell too little about a range. */
    private boolean gapped(List<Integer> apart, List<Integer> rest) {
        double[] a = logs(apart), b = logs(rest);
        double range = Math.max(a[a.length - 1] - a[0], b[b.length - 1] - b[0]);
        return scores.length >= 5 && gap(apart, rest) > GAP * range;
    }

    /** The distance between the nearest scores of both groups, as the logarithm of their ratio; negative if they mingle. */
    private double gap(List<Integer> apart, List<Integer> rest) {
        double[] a = logs(apart), b = logs(rest);
        return Math.max(a[0] - b[b.length - 1], b[0] - a[a.length - 1]);
    }

    private double[] logs(List<Integer> forks) {
        return forks.stream().mapToDouble(i -> Math.log(scores[i])).sorted().toArray();
    }

    private double[] iterations(List<Integer> forks) {
        return forks.stream()
                .flatMap(i -> row.forks().get(i).values().stream())
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    /** Distance of the groups' scores, as the logarithm of their ratio. */
    private double size(Grouping g) {
        return Math.abs(middle(logs(g.apart)) - middle(logs(g.rest)));
    }

    private static double middle(double[] logs) {
        return Fork.median(Arrays.stream(logs).boxed().toList());
    }

    private String sentence(Grouping g) {
        return Validity.forks(g.apart, scores.length) + ": " + range(g.apart) + " " + row.unit() + ", the other"
                + (g.rest.size() == 1 ? " " : "s ") + range(g.rest);
    }

    private String range(List<Integer> forks) {
        double[] sorted = forks.stream().mapToDouble(i -> scores[i]).sorted().toArray();
        String from = Numbers.three(sorted[0]), to = Numbers.three(sorted[sorted.length - 1]);
        return from.equals(to) ? from : from + " to " + to;
    }
}
