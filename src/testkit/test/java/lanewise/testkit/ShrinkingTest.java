package lanewise.testkit;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import net.jqwik.engine.JqwikTestEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Contracts of wrong layers, run by jqwik inside a test: they fail, and with a case that a person can follow. */
class ShrinkingTest {

    @TempDir
    Path directory;

    /** A layer without the last output's gradient where the outputs just reach into another block of 16. */
    private record LastOutputForgotten(Dense right) implements Layer {

        @Override
        public int inputSize() {
            return right.inputSize();
        }

        @Override
        public int outputSize() {
            return right.outputSize();
        }

        @Override
        public java.util.List<ParameterShape> parameters() {
            return right.parameters();
        }

        @Override
        public Memory memory(boolean training) {
            return right.memory(training);
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            right.initialize(parameters, random);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            right.forward(pass, from, to, parameters, input, output);
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            int last = outputSize() - 1;
            if (outputSize() % 16 == 1) for (int r = from; r < to; r++) dOutput.set(r, last, 0);
            right.backward(pass, from, to, parameters, input, output, dOutput, dInput);
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            right.parameterGradient(pass, from, to, input, output, dOutput, scale, target, part, parts);
        }

        @Override
        public String toString() {
            return "wrong " + right;
        }
    }

    static class WrongLayer implements LayerContract {
        @Override
        public Layer layer(int inputs, int outputs) {
            return new LastOutputForgotten(Dense.of(inputs, outputs, Activation.TANH));
        }
    }

    static class WrongActivation implements ActivationContract {
        @Override
        public Activation activation() {
            return new Activation("square") {
                @Override
                public float value(float x) {
                    return x * x;
                }

                @Override
                public float derivative(float x, float y) {
                    return x;
                }
            };
        }
    }

    static class WrongLoss implements LossContract {
        @Override
        public Loss loss(int outputs) {
            return new Loss("wrong") {
                @Override
                public double valueAndGradient(
                        Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
                    double sum = 0;
                    for (int c = 0; c < logits.columns(); c++) {
                        float e = logits.get(row, c) - targets.get(row, c);
                        sum += (double) e * e;
                        dLogits.set(row, c, Arithmetic.flush((outputs > 16 ? e : 2 * e) / rows));
                    }
                    dLogits.clearPadding(row);
                    return sum;
                }
            };
        }
    }

    /** What jqwik found about a class: by property, how it failed, and what it published. */
    private record Run(Map<String, Throwable> failures, Map<String, String> reports) {

        static Run of(Class<?> contract, Path database) {
            Run run = new Run(new LinkedHashMap<>(), new LinkedHashMap<>());
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass(contract))
                    .filters(EngineFilter.includeEngines("jqwik"))
                    // The run's own memory of failures must not meet the one around it.
                    .configurationParameter("jqwik.database", database.toString())
                    // On a busy machine the usual ten seconds might not do.
                    .configurationParameter("jqwik.shrinking.bounded.seconds", "300")
                    .configurationParameter("jqwik.reporting.usejunitplatform", "true")
                    .build();
            TestExecutionListener listener = new TestExecutionListener() {
                @Override
                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                    if (test.isTest())
                        run.failures.put(
                                test.getDisplayName(), result.getThrowable().orElse(null));
                }

                @Override
                public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
                    run.reports.merge(test.getDisplayName(), entry.toString(), String::concat);
                }
            };
            LauncherConfig jqwikAlone = LauncherConfig.builder()
                    .enableTestEngineAutoRegistration(false)
                    .addTestEngines(new JqwikTestEngine())
                    .build();
            LauncherFactory.create(jqwikAlone).execute(request, listener);
            return run;
        }
    }

    /** As {@link Run#of}, with so many tries that the mistake is among them: some shapes alone show it. */
    private static Run found(Class<?> wrong, Path database) {
        String tries = System.setProperty("tries", "200");
        try {
            return Run.of(wrong, database);
        } finally {
            if (tries == null) System.clearProperty("tries");
            else System.setProperty("tries", tries);
        }
    }

    private static void assertShrunkTo(String sample, String text, String property, Run run) {
        Throwable failure = run.failures.get(property);
        String report = run.reports.getOrDefault(property, "");
        assertAll(
                () -> assertTrue(failure != null && failure.getMessage().contains(text), () -> text + ": " + failure),
                () -> assertTrue(smallest(report).contains(sample), () -> sample + " expected: " + report));
    }

    /** The part of a report that shows the smallest failing case, which may have been the first one found. */
    private static String smallest(String report) {
        int shrunk = report.indexOf("Shrunk Sample"), original = report.indexOf("Original Sample");
        String rest = shrunk < 0 ? report : report.substring(shrunk, original < shrunk ? report.length() : original);
        return rest.substring(Math.max(0, rest.indexOf("Sample")));
    }

    @Test
    void aLayerThatIsWrongBesideBlocksOf16ShrinksToOneInputAndOneOutput() {
        Run run = found(WrongLayer.class, directory.resolve("database"));
        assertShrunkTo(
                "shape: 1->1, 1 row, seed 0",
                "WrongLayer: Gradient check of wrong dense 1->1 tanh: FAILED",
                "gradientIsCorrect",
                run);
        assertNull(run.failures.get("hardInputsGiveFiniteResults"));
    }

    @Test
    void aLossThatIsWrongBeyondABlockShrinksToOneRowOf17() {
        Run run = found(WrongLoss.class, directory.resolve("database"));
        assertShrunkTo(
                "shape: 1->17, 1 row, seed 0", "each is 0.50000 times the numeric value", "gradientIsCorrect", run);
    }

    @Test
    void aWrongActivationIsFound() {
        Run run = found(WrongActivation.class, directory.resolve("database"));
        assertShrunkTo("seed 0", "each is 0.50000 times the numeric value", "derivativeIsCorrect", run);
        assertShrunkTo("1->1, 1 row, seed 0", "dense 1->1 square", "gradientOfADenseLayerIsCorrect", run);
        assertShrunkTo("1.0E30", "the value at", "hardInputsGiveFiniteResults", run);
    }

    /** As often as asked for, and no oftener. */
    @Test
    void theSystemPropertyTriesSaysHowOften() {
        Counting.calls = 0;
        Run run = Run.of(Counting.class, directory.resolve("database"));
        assertEquals(3 * Integer.getInteger("tries", 100), Counting.calls, run::toString);
    }

    /** Counts how often it is asked for: once in each try of three properties. */
    static class Counting implements ActivationContract {

        private static int calls;

        @Override
        public Activation activation() {
            calls++;
            return Activation.IDENTITY;
        }
    }
}
