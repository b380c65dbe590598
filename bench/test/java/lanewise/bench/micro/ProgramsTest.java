package lanewise.bench.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lanewise.bench.program.JavaProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that measure in a JVM of their own, run once for a short time. */
class ProgramsTest {

    /** Surefire hides it behind one jar, which no cache takes. */
    private static final String CLASSPATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    @TempDir
    Path folder;

    @Test
    void aLatencyIsADistributionWithTheKernelsThatRan() throws Exception {
        Program program = Latency.program(CLASSPATH, "scalar", "Serial", 0, 0.1);
        Output output = program.run();
        Figure figure = output.figures().get(0);
        assertEquals("predict.latency", figure.benchmark());
        assertEquals(Map.of("gc", "Serial", "loop", "closed", "kernels", "scalar"), figure.params());
        assertEquals("sample", figure.mode());
        assertEquals("scalar", figure.kernels());
        assertTrue(figure.still() && figure.allocated() < 1, "B/op " + figure.allocated());
        double last = 0;
        for (double[] bin : figure.histogram()) {
            assertTrue(bin[0] > last && bin[1] >= 1, "bins ascend and none is empty");
            last = bin[0];
        }
        assertTrue(output.arguments().contains("-XX:+UseSerialGC"), output.arguments()::toString);
    }

    @Test
    void aRateThatCannotBeKeptIsOneLine() {
        IOException e = assertThrows(
                IOException.class,
                () -> Latency.program(CLASSPATH, "scalar", "Serial", 100_000_000, 0.1)
                        .run());
        assertTrue(
                e.getMessage().contains("predict.latency: the rate of 1.0E8 calls a second cannot be kept: after "),
                e.getMessage());
    }

    @Test
    void theFirstCallsComeFromOneProcessAndItsStartIsMeasuredFromOutside() throws Exception {
        Path model = folder.resolve("model.lanewise");
        Cold.writeModel(model);
        Cold cold = Cold.of("Serial", CLASSPATH, model, "-XX:+UseSerialGC");
        checkCold(cold.run(), "Serial");
        IOException e = assertThrows(
                IOException.class,
                () -> Cold.of("Serial", CLASSPATH, folder.resolve("none"), "-XX:+UseSerialGC")
                        .run());
        assertTrue(e.getMessage().startsWith("the first calls, Serial: ended with status 1: "), e.getMessage());
        if (AotCache.objection().isEmpty())
            checkCold(AotCache.make(cold, folder.resolve("aot")).run(), "aot");
        else assertThrows(IOException.class, () -> AotCache.make(cold, folder.resolve("aot")));
    }

    private static void checkCold(Output output, String jvm) {
        List<Figure> figures = output.figures();
        assertEquals("cold.start", figures.get(0).benchmark());
        assertEquals(Map.of("jvm", jvm), figures.get(0).params());
        assertEquals("s", figures.get(0).unit());
        assertEquals(
                List.of("1", "10", "100", "1000", "10000"),
                figures.subList(1, figures.size()).stream()
                        .map(figure -> figure.params().get("call"))
                        .toList());
        for (Figure figure : figures.subList(1, figures.size())) {
            assertEquals("us/op", figure.unit());
            assertNull(figure.kernels());
            assertTrue(figure.values().get(0) > 0);
        }
        // The first call is part of the start.
        assertTrue(
                figures.get(0).values().get(0) > 1e-6 * figures.get(1).values().get(0));
    }

    @Test
    void whatIsNoOutputIsSaid() {
        IOException e = assertThrows(
                IOException.class, () -> JavaProgram.output("roofline", "first line\nno figures\n", List.of()));
        assertEquals("roofline printed \"no figures\" last, JSON of its figures expected", e.getMessage());
        assertThrows(IOException.class, () -> JavaProgram.output("roofline", "", List.of()));
        assertThrows(IOException.class, () -> JavaProgram.output("roofline", "{}", List.of()));
    }
}
