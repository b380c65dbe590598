package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import lanewise.Layer;
import lanewise.testkit.LayerContract;
import lanewise.testkit.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/gradient-checking.md, compiled as it stands there and run. */
class TutorialTest {

    private static final Path DOC = Path.of("docs", "gradient-checking.md");

    @TempDir
    Path directory;

    /** The blocks of the document in this language. */
    private static List<String> blocks(String language) throws IOException {
        Matcher matcher =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(DOC));
        List<String> blocks = new ArrayList<>();
        while (matcher.find()) blocks.add(matcher.group(1));
        return blocks;
    }

    /** Compiles classes against the library, and loads them. */
    private ClassLoader compile(String name, Map<String, String> sources) throws IOException {
        Path target = Files.createDirectories(directory.resolve(name));
        String path = String.join(
                System.getProperty("path.separator"),
                "target/classes",
                "target/test-classes",
                System.getProperty("java.class.path", ""),
                System.getProperty("jdk.module.path", ""));
        List<String> arguments =
                new ArrayList<>(List.of("-cp", path, "-d", target.toString(), "-proc:none", "-Xlint:none"));
        for (Map.Entry<String, String> source : sources.entrySet()) {
            Path file = target.resolve(source.getKey() + ".java");
            Files.writeString(file, source.getValue());
            arguments.add(file.toString());
        }
        StringWriter messages = new StringWriter();
        PrintWriter writer = new PrintWriter(messages);
        int status =
                ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, arguments.toArray(String[]::new));
        assertEquals(0, status, messages::toString);
        return new URLClassLoader(new URL[] {target.toUri().toURL()}, getClass().getClassLoader());
    }

    private static Layer swish(ClassLoader loader) throws ReflectiveOperationException {
        return (Layer) loader.loadClass("Swish").getConstructor(int.class).newInstance(5);
    }

    @Test
    void theTutorialsLayerFailsAsItSaysAndPassesOnceMended() throws Exception {
        List<String> java = blocks("java");
        assertEquals(4, java.size());
        String wrong = java.get(0), line = java.get(1), mended = java.get(2), contract = java.get(3);
        Layer layer = swish(compile("wrong", Map.of("Swish", wrong)));
        AssertionError error = assertThrows(
                AssertionError.class, () -> GradientCheck.of(layer).run().assertCorrect());
        assertEquals(blocks("text").get(0).strip(), error.getMessage().strip());

        assertEquals(wrong.indexOf(line), wrong.lastIndexOf(line));
        assertTrue(wrong.contains(line), "the line to mend is not in the layer");
        ClassLoader right = compile("right", Map.of("Swish", wrong.replace(line, mended), "SwishProperties", contract));
        GradientCheck.of(swish(right)).run().assertCorrect();
        LayerContract properties = (LayerContract)
                right.loadClass("SwishProperties").getConstructor().newInstance();
        for (int size : new int[] {1, 16, 17, 33}) {
            Shape shape = new Shape(size, size, 3, size);
            properties.gradientIsCorrect(shape);
            properties.gradientIsCorrectWhereInputsAreZero(shape);
            properties.hardInputsGiveFiniteResults(shape);
        }
    }
}
