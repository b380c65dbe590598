package lanewise.bench.program;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * The speed of the calibration loop around each iteration, as the secondary metric {@code window}: the lowest that the
 * benchmark's threads have read right before and right after it. Of a benchmark that does not read, the thread that waits for
 * it does, which may be on another core: that is less than its own reading, and more than none.
 *
 * <p>Used by {@code -prof lanewise.bench.program.ClockProfiler}. The benchmark's class calls {@link #read}.
 */
public final class ClockProfiler implements InternalProfiler {

    /** The metric's name. */
    public static final String METRIC = "window";

    private static double lowest = Double.POSITIVE_INFINITY;

    private double before;

    /** Reads the loop on the calling thread; to be called before and after each iteration by each thread of the benchmark. */
    public static void read() {
        double speed = CalibrationLoop.read();
        synchronized (ClockProfiler.class) {
            lowest = Math.min(lowest, speed);
        }
    }

    @Override
    public String getDescription() {
        return "The speed of a loop of multiplications around each iteration";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = CalibrationLoop.read();
        synchronized (ClockProfiler.class) {
            lowest = Double.POSITIVE_INFINITY;
        }
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        synchronized (ClockProfiler.class) {
            if (lowest == Double.POSITIVE_INFINITY) lowest = Math.min(before, CalibrationLoop.read());
            return List.of(new ScalarResult(METRIC, lowest, "calls/ns", AggregationPolicy.MIN));
        }
    }
}
