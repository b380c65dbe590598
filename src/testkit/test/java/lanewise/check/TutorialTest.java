package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lanewise.Document;
import lanewise.Layer;
import lanewise.testkit.LayerContract;
import lanewise.testkit.Shape;
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

    private static Layer swish(ClassLoader loader) throws ReflectiveOperationException {
        return (Layer) loader.loadClass("Swish").getConstructor(int.class).newInstance(5);
    }

    @Test
    void theTutorialsLayerFailsAsItSaysAndPassesOnceMended() throws Exception {
        Document document = Document.of("docs/gradient-checking.md");
        List<String> java = document.blocks("java");
        assertEquals(4, java.size());
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
}
