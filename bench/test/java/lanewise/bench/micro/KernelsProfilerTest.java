package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.bench.program.KernelsProfiler;
import lanewise.kernel.Selection;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Which kernels a forked JVM tells. */
class KernelsProfilerTest {

    /** Another JMH on this machine disturbs no test. */
    @BeforeAll
    static void besideOthers() {
        System.setProperty("jmh.ignoreLock", "true");
    }

    private static double kernels(String benchmark, String... arguments) throws RunnerException {
        List<String> all = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector"));
        all.addAll(Arrays.asList(arguments));
        RunResult result = new Runner(new OptionsBuilder()
                        .include("[.]" + benchmark + "$")
                        .param("shape", "15x17")
                        .forks(1)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(20))
                        .verbosity(VerboseMode.SILENT)
                        .addProfiler(KernelsProfiler.class)
                        .addProfiler(GCProfiler.class)
                        .jvmArgs(all.toArray(String[]::new))
                        .shouldFailOnError(true)
                        .build())
                .runSingle();
        assertTrue(result.getSecondaryResults().keySet().stream().anyMatch(name -> name.startsWith("gc.alloc")));
        return result.getSecondaryResults().get(KernelsProfiler.METRIC).getScore();
    }

    @Test
    void aForkOnScalarKernelsTellsZero() throws RunnerException {
        assertEquals(0, kernels("KernelBenchmark.gemvSparse", "-Dlanewise.kernels=scalar"));
    }

    @Test
    void aForkTellsTheWidthOfItsVectors() throws RunnerException {
        assertEquals(Selection.width(), kernels("KernelBenchmark.gemvSparse"));
    }

    @Test
    void whatRanIsToldAndNotWhatWasAskedFor() throws RunnerException {
        assertEquals(0, kernels("FaultyBenchmark.scalarByMistake"));
    }
}
