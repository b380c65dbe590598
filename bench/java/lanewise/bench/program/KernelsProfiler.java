package lanewise.bench.program;

import java.util.Collection;
import java.util.List;
import java.util.function.IntSupplier;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Tells from inside the measuring JVM which kernels ran: the bits of their vectors, 0 for the scalar kernels, as the
 * secondary metric {@code kernels}. Of several iterations the least counts, so a change during the measurement shows.
 *
 * <p>A benchmark names its subject in its set-up by {@link #watch}. The subject is asked at the end of each iteration, what
 * was asked for on the command line is not. A benchmark that names none has no such metric.
 *
 * <p>Used by {@code -prof lanewise.bench.program.KernelsProfiler}.
 */
public final class KernelsProfiler implements InternalProfiler {

    /** The metric's name. */
    public static final String METRIC = "kernels";

    private static volatile IntSupplier subject;

    /**
     * Names the subject of the benchmark that is set up.
     *
     * @param bits of the vectors of the kernels that it runs on at the moment of the call, 0 for scalar ones
     */
    public static void watch(IntSupplier bits) {
        subject = bits;
    }

    @Override
    public String getDescription() {
        return "Bits of the vectors of the kernels that ran, 0 for the scalar ones";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        // Nothing is counted.
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        if (subject == null) return List.of();
        return List.of(new ScalarResult(METRIC, subject.getAsInt(), "bits", AggregationPolicy.MIN));
    }
}
