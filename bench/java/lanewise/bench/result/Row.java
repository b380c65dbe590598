package lanewise.bench.result;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One line of a result.
 *
 * @param key what was measured
 * @param mode as JMH names it: {@code avgt}, {@code thrpt}, {@code sample} for distributions, {@code ss} for single calls
 * @param unit of the values, such as {@code ns/op}, {@code us/op}, {@code samples/s}, {@code GFLOP/s}, {@code GB/s}
 * @param still whether 0 bytes for each operation are promised
 * @param subject who did the work
 * @param bound what the hardware allows; null where no bound is known
 * @param arguments of the JVM or the program
 * @param forks in the order of measurement
 * @param invalid why the row counts for nothing; empty if it counts
 */
public record Row(
        Key key,
        String mode,
        String unit,
        boolean still,
        Subject subject,
        Bound bound,
        List<String> arguments,
        List<Fork> forks,
        List<String> invalid) {

    /** Copies the lists. */
    public Row {
        arguments = List.copyOf(arguments);
        forks = List.copyOf(forks);
        invalid = List.copyOf(invalid);
    }

    /** Whether it enters tables and verdicts. */
    public boolean valid() {
        return invalid.isEmpty();
    }

    /** Whether it tells of this library: neither a peer's nor the machine's limit. */
    public boolean own() {
        return key.by().isEmpty() && !key.group().equals("roofline");
    }

    /** Whether a larger figure is better. */
    public boolean higherIsBetter() {
        return mode.equals("thrpt");
    }

    /** The median of the forks' scores. */
    public double score() {
        return Fork.median(scores());
    }

    /** The score of each fork. */
    public List<Double> scores() {
        return forks.stream().map(f -> f.score(higherIsBetter())).toList();
    }

    /** The share of the score, which is a median, in what the hardware allows: from 0 to about 1; NaN without a bound. */
    public double share() {
        if (bound == null) return Double.NaN;
        return higherIsBetter() ? score() / bound.value() : bound.value() / score();
    }

    /** The value below which a share of all calls of a distribution lie; NaN without a histogram. */
    public double percentile(double share) {
        List<Fork.Bin> bins = new ArrayList<>();
        for (Fork fork : forks) bins.addAll(fork.histogram());
        bins.sort(Comparator.comparingDouble(Fork.Bin::value));
        return Fork.percentile(bins, share);
    }

    /** The same row with the forks of another one of the same key behind its own. */
    public Row and(Row other) {
        List<Fork> more = new ArrayList<>(forks);
        more.addAll(other.forks);
        return new Row(key, mode, unit, still, subject.merge(other.subject), bound, arguments, more, invalid);
    }

    /** The same row with reasons why it counts for nothing. */
    public Row with(List<String> reasons) {
        return new Row(key, mode, unit, still, subject, bound, arguments, forks, reasons);
    }

    /** The same row with a bound. */
    public Row with(Bound other) {
        return new Row(key, mode, unit, still, subject, other, arguments, forks, invalid);
    }
}
