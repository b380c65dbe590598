package lanewise.bench.result;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * A new figure divided by its base, with an interval and a test. Both control the error of all rows of a comparison
 * together, each another one:
 *
 * <ul>
 *   <li><i>The interval</i> is one of a family: the chance that any row's interval misses its true ratio is at most
 *       {@link #ALPHA}, whichever rows have changed. Each has the level {@link #ALPHA} / rows (Bonferroni).
 *   <li><i>The test</i> decides the verdict: the chance that any equal row is called unequal is at most {@link #ALPHA}. Its
 *       levels are Holm's: they begin at {@link #ALPHA} / rows and grow with each row that is rejected. So it finds more
 *       than the intervals do, and an unequal row's interval may contain 1. Intervals at Holm's levels would not hold
 *       together: of 30 rows that have all changed, one would miss in 34 of 1,000 comparisons.
 * </ul>
 *
 * <p>Forks are the units, by the logarithms of their scores: iterations of one fork share its compiled code and its
 * placement, and say nothing of the next fork's (Georges, Buytaert and Eeckhout, <i>Statistically rigorous Java performance
 * evaluation</i>, 2007; Kalibera and Jones, <i>Rigorous benchmarking in reasonable time</i>, 2013).
 *
 * <p><b>From about eight forks a side</b> (as many as the corrected level needs: 2 of 12,870 orders of 8 + 8 forks are
 * extreme) the ratio is the median of the ratios of all pairs, the test is the exact rank-sum test of Mann, Whitney and
 * Wilcoxon, and the interval is that of Hodges and Lehmann, which inverts it. It assumes only that a change moves all forks
 * alike, so a rare slow fork, two levels and heavy tails leave the level as it is. <b>With fewer forks</b> no rank test can
 * reach the level, and the ratio is that of the geometric means, with Welch's test and interval. Which one it is follows
 * from the numbers of forks and rows alone.
 *
 * <p>Welch's test is blind for one thing: of a row with two equally frequent levels, all forks of one side may meet one
 * and all of the other side the other, 2 in 1,024 times with 5 forks each. Therefore {@link Comparison} asks for a second
 * pair of runs.
 *
 * <p>Drift of the machine during a run that measures both sides in turn, A B B A, reaches both alike. It widens the interval
 * and moves it little, so it costs power, not level.
 *
 * @param value new divided by base
 * @param low end of the interval
 * @param high end of the interval
 * @param unequal whether the test rejects equality
 */
public record Ratio(double value, double low, double high, boolean unequal) {

    /**
     * Of all rows of a comparison together, the chance that one of the intervals misses, and the chance that an equal row is
     * called unequal.
     */
    public static final double ALPHA = 0.01;

    /** The least change that is called: below it, one placement of code and data differs from another by as much. */
    public static final double CHANGE = 0.03;

    /** The least standard deviation between forks that Welch's interval believes: coarse figures may agree by chance. */
    private static final double LEAST_DEVIATION = 0.002;

    /** Of one row. */
    private interface Estimate {

        /** The probability of at least such a difference between equal rows. */
        double chance();

        /** With the interval that misses with the chance {@code level}. */
        Ratio ratio(double level, boolean unequal);
    }

    /**
     * The ratios of all rows of a comparison.
     *
     * @param bases scores of the forks, for each row; at least two, positive
     * @param nexts the same of the other side
     * @return in the order of the rows
     */
    public static List<Ratio> of(List<double[]> bases, List<double[]> nexts) {
        int rows = bases.size();
        List<Estimate> estimates = new ArrayList<>();
        Map<List<Integer>, double[]> cumulated = new HashMap<>();
        for (int i = 0; i < rows; i++) {
            double[] base = logs(bases.get(i)), next = logs(nexts.get(i));
            double[] chances = cumulated.computeIfAbsent(
                    List.of(base.length, next.length), n -> RankSum.cumulated(n.get(0), n.get(1)));
            boolean enough = 2 * chances[0] <= ALPHA / rows;
            estimates.add(enough ? RankSum.of(base, next, chances) : Welch.of(base, next));
        }
        boolean[] unequal =
                holm(estimates.stream().mapToDouble(Estimate::chance).toArray());
        return IntStream.range(0, rows)
                .mapToObj(i -> estimates.get(i).ratio(ALPHA / rows, unequal[i]))
                .toList();
    }

    /** Which rows Holm's tests reject: the level grows from row to row, up to the first that does not reach its own. */
    private static boolean[] holm(double[] chances) {
        int rows = chances.length;
        List<Integer> order = IntStream.range(0, rows)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> chances[i]))
                .toList();
        boolean[] rejected = new boolean[rows];
        for (int k = 0; k < rows && chances[order.get(k)] <= ALPHA / (rows - k); k++) rejected[order.get(k)] = true;
        return rejected;
    }

    private static double[] logs(double[] scores) {
        return Arrays.stream(scores).map(Math::log).toArray();
    }

    /** Whether the test rejects equality and the change is large enough. */
    public boolean different() {
        return unequal && change(value) > CHANGE;
    }

    /**
     * The largest change that the interval leaves possible, at least {@link #CHANGE}: that of its farther end. Larger ones
     * are excluded, of all rows together.
     */
    public double excluded() {
        return Math.max(CHANGE, Math.max(change(low), change(high)));
    }

    /** By which share the larger of two figures is larger. */
    private static double change(double ratio) {
        return Math.max(ratio, 1 / ratio) - 1;
    }

    /** The rank-sum test and its interval. */
    private record RankSum(double[] differences, double[] cumulated) implements Estimate {

        static RankSum of(double[] base, double[] next, double[] cumulated) {
            double[] differences = new double[base.length * next.length];
            int n = 0;
            for (double a : base) for (double b : next) differences[n++] = b - a;
            Arrays.sort(differences);
            return new RankSum(differences, cumulated);
        }

        /** The probability of at most so many pairs in the wrong order, of forks that differ by chance only. */
        static double[] cumulated(int m, int n) {
            double[][] ways = new double[n + 1][m * n + 1];
            for (double[] w : ways) w[0] = 1;
            for (int i = 1; i <= m; i++)
                for (int j = 1; j <= n; j++)
                    // Either the largest of all is one of the j, with none of the i above it; or it is above all j.
                    for (int u = m * n; u >= 0; u--) ways[j][u] = ways[j - 1][u] + (u < j ? 0 : ways[j][u - j]);
            double[] sums = ways[n];
            for (int u = 1; u < sums.length; u++) sums[u] += sums[u - 1];
            double all = sums[m * n];
            for (int u = 0; u < sums.length; u++) sums[u] /= all;
            return sums;
        }

        /** Pairs that are equal count for the other side, whichever that is. */
        @Override
        public double chance() {
            int notAbove = 0, notBelow = 0;
            for (double d : differences) {
                if (d <= 0) notAbove++;
                if (d >= 0) notBelow++;
            }
            return Math.min(1, 2 * cumulated[Math.min(notAbove, notBelow)]);
        }

        /** Between those pairs with so many below, or above, that one more would be too many for equal rows. */
        @Override
        public Ratio ratio(double level, boolean unequal) {
            int outside = 0;
            while (2 * cumulated[outside] <= level) outside++;
            int n = differences.length;
            double middle = (differences[(n - 1) / 2] + differences[n / 2]) / 2;
            double low = differences[outside - 1], high = differences[n - outside];
            return new Ratio(Math.exp(middle), Math.exp(low), Math.exp(high), unequal);
        }
    }

    /** Welch's test and its interval. */
    private record Welch(double difference, double error, double degrees) implements Estimate {

        static Welch of(double[] base, double[] next) {
            double a = squaredError(base), b = squaredError(next);
            double degrees = (a + b) * (a + b) / (a * a / (base.length - 1) + b * b / (next.length - 1));
            return new Welch(mean(next) - mean(base), Math.sqrt(a + b), degrees);
        }

        private static double mean(double[] x) {
            return Arrays.stream(x).average().orElseThrow();
        }

        private static double squaredError(double[] x) {
            double mean = mean(x);
            double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum() / (x.length - 1);
            return Math.max(variance, LEAST_DEVIATION * LEAST_DEVIATION) / x.length;
        }

        @Override
        public double chance() {
            return 2 * new TDistribution(null, degrees).cumulativeProbability(-Math.abs(difference) / error);
        }

        @Override
        public Ratio ratio(double level, boolean unequal) {
            double half = -error * new TDistribution(null, degrees).inverseCumulativeProbability(level / 2);
            return new Ratio(Math.exp(difference), Math.exp(difference - half), Math.exp(difference + half), unequal);
        }
    }
}
