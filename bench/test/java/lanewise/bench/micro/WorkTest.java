package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lanewise.bench.micro.Ceilings.Level;
import lanewise.bench.result.Bound;
import lanewise.bench.result.Key;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The work of benchmarks, against figures computed by hand, and the bounds that follow. */
class WorkTest {

    /** 100 GFLOP/s; 1 KB at 200, 100 and 120 GB/s; memory at 20, 10 and 24. */
    private static final Ceilings CEILINGS = new Ceilings(
            100e9,
            List.of(
                    new Level("L1", 1024, 200e9, 100e9, 120e9),
                    new Level("memory", Double.POSITIVE_INFINITY, 20e9, 10e9, 24e9)));

    private static Work work(String benchmark, String... params) {
        Map<String, String> all = new HashMap<>();
        for (String param : params) all.put(param.split("=")[0], param.split("=")[1]);
        return MicroBenchmark.work(Key.of(benchmark, all));
    }

    @Test
    void anUnknownRateTakesTheBoundOfThoseThatNeedItAlone() {
        Ceilings noL1Reads = new Ceilings(
                100e9,
                List.of(
                        new Level("L1", 1024, Double.NaN, 100e9, 120e9),
                        new Level("memory", Double.POSITIVE_INFINITY, 20e9, 10e9, 24e9)));
        Work near = new Work(0, 512, 0, 0, 512), far = new Work(0, 2048, 0, 0, 2048);
        assertNull(near.bound(noL1Reads, "ns/op"));
        assertEquals(
                "arithmetic",
                new Work(100, 0, 0, 0, 512).bound(noL1Reads, "ns/op").name());
        assertEquals(
                "L1 write",
                new Work(0, 0, 512, 0, 512).bound(noL1Reads, "ns/op").name());
        // Half of it comes from memory, at 20 bytes a nanosecond; the other half is not counted.
        Bound bound = far.bound(noL1Reads, "ns/op");
        assertEquals("memory read", bound.name());
        assertEquals(1024 / 20.0, bound.value(), 1e-9);
        assertEquals(0, bound.least());
        Ceilings noMemoryReads = new Ceilings(
                100e9,
                List.of(
                        new Level("L1", 1024, 200e9, 100e9, 120e9),
                        new Level("memory", Double.POSITIVE_INFINITY, Double.NaN, 10e9, 24e9)));
        assertNull(far.bound(noMemoryReads, "ns/op"));
        assertEquals(512 / 200.0, near.bound(noMemoryReads, "ns/op").value(), 1e-9);
    }

    @Test
    void aProductReadsItsWeightsOnceAndAddsTwoForEach() {
        // 128 x 64: 8,192 weights, 128 inputs, 64 biases, 64 sums.
        Work work = work("kernels.KernelBenchmark.gemvDense", "shape=128x64", "zeros=0.81");
        assertEquals(16_384, work.operations());
        assertEquals(4 * (8192 + 128 + 64), work.read());
        assertEquals(4 * 64, work.written());
        assertEquals(0, work.updated());
    }

    @Test
    void zerosLeaveWorkOut() {
        // 19 % of 784 are 149; each has a position, an input and a row of weights.
        Work work = work("kernels.KernelBenchmark.gerSparse", "shape=784x128", "zeros=0.81");
        assertEquals(2 * 149 * 128, work.operations());
        assertEquals(4 * 149 * 128, work.updated());
        assertEquals(4 * (2 * 149 + 128), work.read());
        assertEquals(2 * 4 * 149 * 128 + 4 * (2 * 149 + 128), work.bytes());
    }

    @Test
    void aLayerOfOneWeightHasOneInput() {
        assertEquals(
                2,
                work("kernels.KernelBenchmark.gemvSparse", "shape=1x1", "zeros=0.81")
                        .operations());
    }

    @Test
    void rowsOfAPatternHaveTheSameCountAndTheirUnionIsCounted() {
        NonZeroPattern pattern = NonZeroPattern.of(4, 100, 0.81);
        for (boolean[] row : pattern.nonZero()) {
            int count = 0;
            for (boolean nonZero : row) if (nonZero) count++;
            assertEquals(19, count);
        }
        boolean[][] two = {{true, false, true}, {true, false, false}};
        assertEquals(2, new NonZeroPattern(two, 2).union(2));
        assertEquals(1, new NonZeroPattern(new boolean[][] {{false, true}}, 1).union(1));
        assertTrue(pattern.union(4) > 19 && pattern.union(4) <= 76);
    }

    @Test
    void aStepOfADenseNetworkIsThreeProductsLessTheFirstInputsGradient() {
        // 4-3-2: 12 and 6 weights, no zeros, 10 rows.
        NetworkWork network = new NetworkWork(new int[] {4, 3, 2}, 1, 10);
        Work step = network.step(-1);
        assertEquals(2 * 10 * (18 + 18 + 6), step.operations());
        assertEquals(4 * (18 + 6), step.read());
        assertEquals(4 * 18, step.updated());
        // The gradient is written and read, and weights and two states are updated.
        Work adam = network.step(2);
        assertEquals(step.operations(), adam.operations());
        assertEquals(4 * (18 + 6 + 18), adam.read());
        assertEquals(4 * 18, adam.written());
        assertEquals(4 * 3 * 18, adam.updated());
        assertEquals(4 * 4 * 18, adam.workingSet());
    }

    @Test
    void aStepOnOneSampleUpdatesOnTheWayOfForward() {
        // Half of the inputs are zero: 6 of 12 weights are used, and no zeros behind.
        Work step = new NetworkWork(new int[] {4, 3, 2}, 0.5, 1).step(-1);
        assertEquals(2 * (12 + 12 + 6), step.operations());
        assertEquals(4 * 6, step.read());
        assertEquals(4 * 12, step.updated());
    }

    @Test
    void aBatchOfPredictionsSharesTheWeights() {
        Work one = new NetworkWork(new int[] {4, 3, 2}, 1, 1).prediction();
        Work many = new NetworkWork(new int[] {4, 3, 2}, 1, 8).prediction();
        assertEquals(36, one.operations());
        assertEquals(36, many.operations());
        assertEquals(4 * 18, one.read());
        assertEquals(4 * 18 / 8.0, many.read());
    }

    @Test
    void theLongestTimeIsTheBound() {
        // 10 ns of arithmetic; 2 ns of reads.
        Bound arithmetic = new Work(1000, 400, 0, 0, 400).bound(CEILINGS, "ns/op");
        assertEquals("arithmetic", arithmetic.name());
        assertEquals(10, arithmetic.value(), 1e-9);
        assertEquals(10, arithmetic.least(), 1e-9);
        // 4,000 bytes, of which the first level holds 1,024: 5.12 ns at 200 GB/s, and 148.8 ns at 20 GB/s for the
        // others.
        Bound read = new Work(1000, 4000, 0, 0, 4000).bound(CEILINGS, "ns/op");
        assertEquals("memory read", read.name());
        assertEquals(5.12 + 148.8, read.value(), 1e-9);
        assertEquals(20, read.least(), 1e-9);
        assertEquals(1000, read.operations());
        assertEquals(4000, read.bytes());
        // Updated bytes move twice, 4,800 in all, but at 24 GB/s; they are written once at 10 GB/s, which takes longer.
        Bound update = new Work(0, 0, 0, 2400, 2400).bound(CEILINGS, "ns/op");
        assertEquals("memory write", update.name());
        assertEquals(10.24 + 137.6, update.value(), 1e-9);
        assertEquals(24, update.least(), 1e-9);
        assertEquals(4800, update.bytes());
    }

    @Test
    void theBoundIsInTheRowsUnit() {
        Work work = new Work(1000, 0, 0, 0, 400);
        assertEquals(0.01, work.bound(CEILINGS, "us/op").value(), 1e-12);
        assertEquals(1e8, work.bound(CEILINGS, "ops/s").value(), 1);
        assertEquals(1e8, work.bound(CEILINGS, "samples/s").least(), 1);
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> work.bound(CEILINGS, "furlongs"));
        assertTrue(e.getMessage().startsWith("the unit furlongs is no time"), e.getMessage());
    }

    /** So that a benchmark that is added gets its work, too. */
    @Test
    void everyMethodOfEveryBenchmarkHasItsWork() throws Exception {
        int methods = 0;
        for (MicroBenchmark benchmark : MicroBenchmark.values()) {
            Map<String, String> params = new HashMap<>();
            for (Field field : benchmark.type().getDeclaredFields()) {
                Param param = field.getAnnotation(Param.class);
                if (param != null) params.put(field.getName(), param.value()[0]);
            }
            for (Method method : benchmark.type().getDeclaredMethods()) {
                if (!method.isAnnotationPresent(Benchmark.class)) continue;
                methods++;
                String name = benchmark.name(method.getName());
                Work work = MicroBenchmark.work(Key.of(name, params));
                assertNotNull(work, name);
                assertTrue(work.bytes() > 0 && work.workingSet() > 0, name);
                assertEquals(benchmark, MicroBenchmark.of(benchmark.type().getName() + "." + method.getName()));
            }
        }
        assertTrue(methods > 50, "only " + methods + " benchmarks were found");
        assertNull(MicroBenchmark.work(Key.of("peers.train", Map.of())));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> work("kernels.SumsBenchmark.product", "n=1"));
        assertEquals(
                "SumsBenchmark has no work of a benchmark product; was it added without its case in work()?",
                e.getMessage());
    }
}
