package lanewise.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lanewise.Document;
import lanewise.check.GradientCheck;
import lanewise.check.GradientReport;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/gradient-checking.md, compiled as it stands there and run. */
class TutorialTest {

    @TempDir
    Path directory;

    private ClassLoader compile(String name, Map<String, String> sources) throws IOException {
        Document.compile(directory.resolve(name), sources);
        return Document.load(directory.resolve(name));
    }

    /** The block of code that defines a class. */
    private static String block(Document document, String name) {
        List<String> defining = document.blocks("java").stream()
                .filter(code -> Pattern.compile("\\b(class|record) " + name + "\\b")
                        .matcher(code)
                        .find())
                .toList();
        assertEquals(1, defining.size(), name);
        return defining.get(0);
    }

    private static Layer swish(ClassLoader loader) throws ReflectiveOperationException {
        return (Layer) loader.loadClass("Swish").getConstructor(int.class).newInstance(5);
    }

    @Test
    void theTutorialsLayerFailsAsItSaysAndPassesOnceMended() throws Exception {
        Document document = Document.of("docs/gradient-checking.md");
        List<String> java = document.blocks("java");
        String wrong = java.get(0), line = java.get(1), mended = java.get(2), contract = java.get(3);
        Layer layer = swish(compile("wrong", Map.of("Swish", wrong)));
        AssertionError error = assertThrows(
                AssertionError.class, () -> GradientCheck.of(layer).run().assertCorrect());
        assertEquals(document.blocks("text").get(0).strip(), error.getMessage().strip());

        assertEquals(wrong.indexOf(line), wrong.lastIndexOf(line));
        assertTrue(wrong.contains(line), "the line to mend is not in the layer");
        ClassLoader right = compile("right", Map.of("Swish", wrong.replace(line, mended), "SwishTest", contract));
        GradientCheck.of(swish(right)).run().assertCorrect();
        LayerContract properties =
                (LayerContract) right.loadClass("SwishTest").getConstructor().newInstance();
        for (int size : new int[] {1, 16, 17, 33}) {
            Shape shape = new Shape(size, size, 3, size);
            properties.gradientIsCorrect(shape);
            properties.gradientIsCorrectWhereInputsAreZero(shape);
            properties.hardInputsGiveFiniteResults(shape);
        }
    }

    @Test
    void allJavaIsCompiledByATest() throws Exception {
        assertEquals(10, Document.of("docs/gradient-checking.md").blocks("java").size());
    }

    @Test
    void theOtherExamplesKeepTheirContracts() throws Exception {
        Document document = Document.of("docs/gradient-checking.md");
        Map<String, String> sources = new HashMap<>();
        for (String name : List.of("Gated", "Poisson", "PoissonTest", "Symlog", "Highway"))
            sources.put(name, block(document, name));
        ClassLoader loader = compile("examples", sources);
        LayerContract gated = (inputs, outputs) -> (Layer) make(loader, "Gated", inputs, outputs),
                highway = (inputs, outputs) -> (Layer) make(loader, "Highway", inputs);
        ActivationContract symlog = () -> (Activation) make(loader, "Symlog");
        LossContract poisson = (LossContract) make(loader, "PoissonTest");
        for (int size : new int[] {1, 3, 16, 17, 33}) {
            Shape shape = new Shape(size, 50 - size, 5, size);
            for (LayerContract layer : List.of(gated, highway)) {
                layer.gradientIsCorrect(shape);
                layer.gradientIsCorrectWhereInputsAreZero(shape);
                layer.hardInputsGiveFiniteResults(shape);
            }
            symlog.derivativeIsCorrect(shape);
            symlog.gradientOfADenseLayerIsCorrect(shape);
            symlog.hardInputsGiveFiniteResults(size * 1e20f);
            poisson.gradientIsCorrect(shape);
            poisson.hardLogitsGiveFiniteResults(shape);
            poisson.valueAloneIsTheSame(shape);
            poisson.targetsAreRefusedBeforeTraining(shape);
        }
        assertEquals("gated 3->4", make(loader, "Gated", 3, 4).toString());
    }

    private static Object make(ClassLoader loader, String name, int... sizes) {
        Class<?>[] types = new Class<?>[sizes.length];
        Arrays.fill(types, int.class);
        try {
            return loader.loadClass(name)
                    .getConstructor(types)
                    .newInstance(Arrays.stream(sizes).boxed().toArray());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theReportAsJsonHoldsAllComponents() throws Exception {
        String source = block(Document.of("docs/gradient-checking.md"), "ReportAsJson");
        ClassLoader loader = compile("json", Map.of("ReportAsJson", source));
        GradientReport report = new GradientReport(
                "a \"b\" \\ \n\t",
                "some settings",
                77,
                3,
                List.of(new Finding(Kind.WRONG_GRADIENT, "b", "wrong\nin two lines")),
                List.of("look there"),
                List.of(
                        new Entry("l", "a", 0, 1, -0.5, 3, 3.5, 0.75, Status.CORRECT),
                        new Entry("", "x", 0, 0, 2, Double.NaN, Double.POSITIVE_INFINITY, 1, Status.WRONG)));
        String json = (String) loader.loadClass("ReportAsJson")
                .getMethod("json", GradientReport.class)
                .invoke(null, report);
        assertEquals("""
                {"subject":"a \\"b\\" \\\\ \\n\\t","settings":"some settings","seed":77,"leftOut":3,\
                "findings":[{"kind":"WRONG_GRADIENT","place":"b","text":"wrong\\nin two lines"}],\
                "remarks":["look there"],\
                "entries":[\
                {"layer":"l","name":"a","row":0,"column":1,"value":-0.5,"analytic":3.0,"numeric":3.5,"bound":0.75,\
                "status":"CORRECT"},\
                {"layer":"","name":"x","row":0,"column":0,"value":2.0,"analytic":null,"numeric":null,"bound":1.0,\
                "status":"WRONG"}]}""", json);
    }
}
