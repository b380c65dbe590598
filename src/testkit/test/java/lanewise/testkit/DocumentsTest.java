package lanewise.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.Document;
import lanewise.Lanewise;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README.md and the documents: their code compiles and does what they say. docs/gradient-checking.md has tests of its own. */
class DocumentsTest {

    @TempDir
    Path directory;

    private String run(String name, String source) throws Exception {
        Document.compile(directory, Map.of(name, source));
        return Document.run(directory, name, Map.of());
    }

    @Test
    void theReadmesJavaIsOneProgramThatDoesWhatItSays() throws Exception {
        Document readme = Document.of("README.md");
        String printed = run("Readme", Document.program("Readme", readme.blocks("java")));
        String expected = "0 xor 0 = 0\n0 xor 1 = 1\n1 xor 0 = 1\n1 xor 1 = 0\nxor, {data=made up}: equal\n";
        assertEquals(expected + readme.blocks("text").get(0), printed.replace("\r\n", "\n"));
        assertTrue(Files.exists(directory.resolve("xor.lanewise")));
    }

    @Test
    void theReadmesFirstProgramIsTheExample() throws Exception {
        String example = Files.readString(Path.of("src/examples/main/java/lanewise/examples/First.java"));
        String first = Document.of("README.md").blocks("java").get(0);
        String statements = first.substring(first.indexOf("\n\n") + 2);
        assertTrue(example.contains(statements.indent(8)), statements);
    }

    @Test
    void thePageOnTrainingIsOneProgram() throws Exception {
        String printed = run(
                "Training",
                Document.program("Training", Document.of("docs/training.md").blocks("java")));
        assertTrue(printed.matches("(?s)best epoch: \\d+, loss 0\\.[0-9]+, accuracy 9.*validation loss.*"), printed);
    }

    @Test
    void thePageOnTablesIsOneProgram() throws Exception {
        String printed = run(
                "Tables",
                Document.program("Tables", Document.of("docs/tables.md").blocks("java")));
        assertEquals("true\ntrue\n", printed.replace("\r\n", "\n"));
    }

    @Test
    void aFewLinesOfAServiceCompileAndRun() throws Exception {
        StringBuilder methods = new StringBuilder(), calls = new StringBuilder();
        for (String block : Document.of("docs/embedding.md").blocks("java")) {
            String method = "block" + calls.length();
            methods.append("void ")
                    .append(method)
                    .append("() throws Exception {\n")
                    .append(block)
                    .append("}\n");
            calls.append("service.").append(method).append("();\n");
        }
        String service = """
                import java.nio.file.Path;
                import java.time.Duration;
                import java.util.*;
                import lanewise.*;
                import lanewise.io.ModelFile;
                import lanewise.layer.*;
                class Service {
                    volatile Model model;
                    Predictor predictor;
                    Predictors predictors;
                    Path file = Path.of("digits.lanewise");
                    byte[] pixels = new byte[784];
                    float[] probabilities = new float[10];
                    int rows = 100;
                    byte[] inputs = new byte[rows * 784];
                    float[] predictions = new float[rows * 10];
                    int[] classes = new int[rows];
                    Workers workers;
                    public static void main(String[] args) throws Exception {
                        Network network = Network.builder(784).dense(10, Activation.IDENTITY).build(1);
                        Service service = new Service();
                        service.model = Model.of(network, Loss.SOFTMAX_CROSS_ENTROPY);
                        ModelFile.save(service.model, service.file);
                        service.predictors = Predictors.of(service.model);
                """ + calls + """
                        System.out.print(service.predictor.model() == service.model);
                        try {
                            service.predictors.model();
                        } catch (IllegalStateException closed) {
                            System.out.print(", closed");
                        }
                    }
                """ + methods + "}\n";
        assertEquals("true, closed", run("Service", service));
    }

    @Test
    void aNormalisationFirstLearnsFromColumnsOfAnyScale() throws Exception {
        Document scaling = Document.of("docs/scaling.md");
        String printed = run("Scaling", Document.program("Scaling", scaling.blocks("java")));
        assertEquals(scaling.blocks("text").get(0), printed.replace("\r\n", "\n"));
    }

    @Test
    void anEnvironmentVariableGivesTheModule() throws Exception {
        String ask = "class Ask { public static void main(String[] args) {"
                + " System.out.print(ModuleLayer.boot().findModule(\"jdk.incubator.vector\").isPresent()); } }";
        assertEquals("false", run("Ask", ask));
        for (String[] variable : new String[][] {
            {"JDK_JAVA_OPTIONS", "--add-modules jdk.incubator.vector"},
            {"JAVA_TOOL_OPTIONS", "--add-modules=jdk.incubator.vector"}
        }) {
            String set = variable[0] + "=" + variable[1];
            assertTrue(
                    Stream.of("README.md", "docs/embedding.md").allMatch(path -> mentions(path, variable)),
                    "the documents do not say " + set);
            String printed = Document.run(directory, "Ask", Map.of(variable[0], variable[1]));
            assertTrue(printed.endsWith("true"), set + ": " + printed);
        }
    }

    private static boolean mentions(String path, String[] variable) {
        try {
            String text = Document.of(path).text();
            return text.contains(variable[0] + "=" + variable[1])
                    || text.contains(variable[0] + "=\"" + variable[1] + "\"");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void coordinatesAreThisVersions() throws Exception {
        String version = Lanewise.version();
        for (String path : List.of("README.md", "docs/embedding.md", "docs/gradient-checking.md"))
            assertTrue(
                    Document.of(path)
                            .text()
                            .matches("(?s).*dev\\.lanewise:lanewise(-testkit)?:\\Q" + version + "\\E.*"),
                    path);
        String dependency = "<artifactId>lanewise</artifactId>\n  <version>" + version + "</version>";
        assertTrue(Document.of("README.md").blocks("xml").get(0).contains(dependency));
    }
}
