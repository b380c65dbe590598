package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import lanewise.bench.program.Calls;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** Latencies by a clock that goes on only in calls, and by 20 ns when it is read. */
class LatencyTest {

    /** A call takes 2 us, two readings of the clock included, and one of them 10 ms. */
    private static final long TICK = 20, SERVICE = 2_000 - 2 * TICK, STALL = 10_000_000;

    private static final int STALLS_AT = 500;

    private static final class Stalling implements Latency.Call {

        private long now;
        private int calls;

        long read() {
            return now += TICK;
        }

        @Override
        public void call() {
            now += ++calls == STALLS_AT ? STALL : SERVICE;
        }
    }

    private static long above(Histogram histogram, long nanos) {
        return histogram.getCountBetweenValues(nanos, histogram.getHighestTrackableValue());
    }

    @Test
    void aStallCountsOnceInAClosedLoop() {
        Stalling stalling = new Stalling();
        Latency latency = new Latency(stalling::read, stalling, 0.1);
        latency.closed(20_000_000);
        assertEquals(1, above(latency.calls().all(), 100_000));
        assertEquals(stalling.calls, latency.calls().all().getTotalCount());
    }

    @Test
    void aStallCountsForAllWhoWouldHaveCalledInAnOpenLoop() {
        Stalling stalling = new Stalling();
        Latency latency = new Latency(stalling::read, stalling, 0.1);
        // One call each 10 us: 1,000 were due in the stall of 10 ms. After it, each call catches up by 8 us, so the one
        // that was due k calls after the stalled one waits for 10 ms - 8 us * k: 1,237 wait for more than 100 us.
        latency.open(100_000, 100_000_000);
        assertEquals(10_000, latency.calls().all().getTotalCount());
        assertEquals(1 + 1237, above(latency.calls().all(), 100_000), 3);
        assertEquals(STALL, latency.calls().all().getMaxValue(), 1e-3 * STALL);
        // Half of those that waited did so for more than 5 ms.
        assertEquals(1 + 625, above(latency.calls().all(), 5_000_000), 3);
    }

    @Test
    void withoutAStallBothLoopsTellTheServiceTime() {
        Latency.Call none = () -> {};
        long[] now = {0};
        Latency latency = new Latency(() -> now[0] += 5, none, 0.1);
        latency.open(1_000_000, 1_000_000);
        assertEquals(1000, latency.calls().all().getTotalCount());
        assertTrue(
                latency.calls().all().getMaxValue() <= 15,
                "max " + latency.calls().all().getMaxValue());
        latency.reset();
        latency.closed(1_000_000);
        assertEquals(5, latency.calls().all().getMaxValue());
    }

    @Test
    void aRateThatCannotBeKeptIsAnError() {
        long[] now = {0};
        Latency latency = new Latency(() -> now[0]++, () -> now[0] += 1_000_000, 0.1);
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> latency.open(1e5, 10_000_000));
        assertTrue(
                e.getMessage().startsWith("the rate of 100000.0 calls a second cannot be kept: after 11 calls"),
                e.getMessage());
    }

    @Test
    void binsAreMicrosecondsAndCountsInAscendingOrder() {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        histogram.recordValueWithCount(1500, 3);
        histogram.recordValue(250);
        List<double[]> bins = Calls.bins(histogram);
        assertEquals(2, bins.size());
        assertEquals(0.250, bins.get(0)[0], 1e-3);
        assertEquals(1, bins.get(0)[1]);
        assertEquals(1.5, bins.get(1)[0], 2e-3);
        assertEquals(3, bins.get(1)[1]);
    }
}
