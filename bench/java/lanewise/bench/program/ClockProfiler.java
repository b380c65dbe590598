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
 * The speed of the calibration loop inside the measuring JVM, right after each iteration, as the secondary metric
 * {@code clock}: the best of the iterations. A neighbour that was there all the time shows here; one that came and went does
 * not, and shows in the iterations.
 *
 * <p>Used by {@code -prof lanewise.bench.program.ClockProfiler}.
 */
public final class ClockProfiler implements InternalProfiler {

    /** The metric's name. */
    public static final String METRIC = "clock";

    private static final long NANOS = 2_000_000;

    @Override
    public String getDescription() {
        return "The speed of a loop of multiplications after each iteration";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        // Measured behind it.
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        return List.of(new ScalarResult(METRIC, CalibrationLoop.share(NANOS), "calls/ns", AggregationPolicy.MAX));
    }
}
