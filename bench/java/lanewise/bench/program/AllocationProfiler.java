package lanewise.bench.program;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
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
 * Bytes that the benchmark's own threads allocate for each operation, as the secondary metric {@code allocated}: the mean
 * of the iterations.
 *
 * <p>JMH's profiler {@code gc} counts all threads, the ones of JMH that begin and end an iteration included: ten
 * kilobytes an iteration, which in iterations of 100 ms make 60 B/op of a training step that allocates nothing and lasts half
 * a millisecond. The benchmark's threads alone have less than {@link #HARNESS} bytes of that, which are taken off. So up to 160 bytes an
 * iteration are not seen: one small object in an iteration, but not one in each operation.
 *
 * <p>Used by {@code -prof lanewise.bench.program.AllocationProfiler}.
 */
public final class AllocationProfiler implements InternalProfiler {

    /** The metric's name. */
    public static final String METRIC = "allocated";

    /** Bytes that JMH 1.37 allocates on a benchmark's thread in an iteration: 480 to 616. */
    private static final long HARNESS = 640;

    private static final String WORKER = "jmh-worker";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long before;

    @Override
    public String getDescription() {
        return "Bytes that the benchmark's threads allocate for each operation";
    }

    private long allocated() {
        long bytes = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds()))
            if (thread != null && thread.getThreadName().contains(WORKER))
                bytes += Math.max(0, threads.getThreadAllocatedBytes(thread.getThreadId()));
        return bytes;
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = allocated();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long bytes = allocated() - before - HARNESS,
                operations = result.getMetadata().getMeasuredOps();
        if (operations == 0) return List.of();
        return List.of(new ScalarResult(METRIC, Math.max(0.0, bytes) / operations, "B/op", AggregationPolicy.AVG));
    }
}
