package lanewise.bench.program;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.IterationType;

/**
 * Bytes that the benchmark's own threads allocate for each operation, as the secondary metric {@code allocated}: those of
 * all iterations until then, warm-up left out, by their operations. So the last one is the benchmark's.
 *
 * <p>JMH's profiler {@code gc} counts all threads, the ones of JMH that begin and end an iteration included: ten
 * kilobytes an iteration, which in iterations of 2 ms make 2,500 B/op of a training step that allocates nothing and lasts
 * half a millisecond. The benchmark's threads alone have up to
 * {@link #HARNESS} bytes of that, which are taken off, and tens of kilobytes once or twice in a hundred iterations, which are
 * left out. So up to 160 bytes an iteration are not seen: one small object in an iteration, but not one in each operation.
 *
 * <p>Used by {@code -prof lanewise.bench.program.AllocationProfiler}.
 */
public final class AllocationProfiler implements InternalProfiler {

    /** The metric's name. */
    public static final String METRIC = "allocated";

    /** Bytes that JMH 1.37 allocates on a benchmark's thread in an iteration: 960 to 1088, with objects aligned to 64 bytes. */
    private static final long HARNESS = 1088;

    /** The share of iterations, those with most bytes, that are JMH's alone. */
    private static final double ONCE = 0.02;

    /** What an iteration allocated beyond the harness, and its operations. */
    record Seen(long bytes, long operations) {}

    private static final String WORKER = "jmh-worker";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long before;
    private final List<Seen> iterations = new ArrayList<>();

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
        if (iteration.getType() == IterationType.MEASUREMENT) {
            long operations = result.getMetadata().getMeasuredOps();
            if (operations > 0) iterations.add(new Seen(Math.max(0, allocated() - before - HARNESS), operations));
        }
        if (iterations.isEmpty()) return List.of();
        List<Seen> kept = iterations.stream()
                .sorted(Comparator.comparingLong(Seen::bytes))
                .limit((long) Math.ceil((1 - ONCE) * iterations.size()))
                .toList();
        double bytes = kept.stream().mapToLong(Seen::bytes).sum();
        long operations = kept.stream().mapToLong(Seen::operations).sum();
        return List.of(new ScalarResult(METRIC, bytes / operations, "B/op", AggregationPolicy.AVG));
    }
}
