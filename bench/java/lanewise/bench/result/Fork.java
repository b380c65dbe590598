package lanewise.bench.result;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What one process measured of one row.
 *
 * @param values one for each iteration, or for each window that nothing disturbed, in the row's unit and in the order of measurement; of a distribution its median
 * @param histogram of a distribution: value and count, ascending by value; else empty
 * @param allocated bytes for each operation; NaN if that was not measured
 * @param kernels which kernels did run: {@code scalar}, or the bits of a vector; empty if the process does not tell
 * @param conditions the machine's state around it
 */
public record Fork(List<Double> values, List<Bin> histogram, double allocated, String kernels, Conditions conditions) {

    /**
     * Calls that took equally long.
     *
     * @param value in the row's unit
     * @param count of calls
     */
    public record Bin(double value, long count) {}

    /** Copies the lists. */
    public Fork {
        values = List.copyOf(values);
        histogram = List.copyOf(histogram);
    }

    /**
     * The value that a quarter of all values reach: what disturbs a measurement makes it slower, so better values are
     * nearer to what the code takes (Chen and Revels, <i>Robust benchmarking in noisy environments</i>, 2016, take the best
     * one, which a single wrong one decides). NaN of none.
     *
     * @param higherIsBetter whether larger values are better
     */
    public double score(boolean higherIsBetter) {
        if (values.isEmpty()) return Double.NaN;
        List<Double> best = values.stream()
                .sorted(higherIsBetter ? Comparator.reverseOrder() : Comparator.naturalOrder())
                .toList();
        return best.get((best.size() - 1) / 4);
    }

    /**
     * The value below which a share of all calls lie; NaN of none.
     *
     * @param bins ascending by value
     * @param share from 0 to 1
     */
    public static double percentile(List<Bin> bins, double share) {
        long all = bins.stream().mapToLong(Bin::count).sum(), seen = 0;
        for (Bin bin : bins) {
            seen += bin.count();
            if (seen >= share * all) return bin.value();
        }
        return Double.NaN;
    }

    /** The value of a fork that is a distribution: its median; none of no calls. */
    public static List<Double> middle(List<Bin> bins) {
        double median = percentile(bins, 0.5);
        return Double.isNaN(median) ? List.of() : List.of(median);
    }

    /** The median of some values, NaN of none. */
    public static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
}
