package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import org.junit.jupiter.api.Test;

/**
 * Every activation and every loss of the library has its row wherever there is one for each, so the tests that draw from
 * {@link Activation#all} and {@link Loss#all} draw every one. Layers: {@code LayerKindTest}.
 */
class TablesTest {

    // Activations

    @Test
    void everyActivationIsInItsTable() {
        Library.requireAll(Library.activations(), Activation.all(), "in Activation.all(): add it");
        Set<Integer> kinds = new HashSet<>();
        for (Activation activation : Activation.all()) {
            assertTrue(activation.number() > 0, activation + " has no number for model files");
            boolean another =
                    !kinds.add(activation.number()) && !Library.activations().contains(activation);
            assertFalse(another, activation + " is a second example of its kind");
            assertEquals(activation, Activation.of(activation.number(), activation.parameter(), activation.second()));
        }
    }

    @Test
    void everyActivationIsInTheModelFilesDocument() throws IOException {
        Map<String, String> documented = new TreeMap<>(), known = new TreeMap<>();
        for (List<String> row : Document.of("docs/model-file.md").table("number", "activation"))
            for (String name : row.get(1).split("; ")) documented.put(kind(name), row.get(0));
        for (Activation activation : Activation.all()) known.put(kind(activation.toString()), "" + activation.number());
        Library.requireAll(
                known.keySet(),
                documented.keySet(),
                "in docs/model-file.md: add it to the table of activations, with its number");
        assertEquals(known, documented, "the table of activations in docs/model-file.md");
    }

    /** {@code celu(} for {@code celu(0.75)} and {@code celu(alpha)}. */
    private static String kind(String name) {
        return name.replaceFirst("\\(.*", "(");
    }

    @Test
    void everyActivationIsInRandomModels() {
        Set<Activation> made = new HashSet<>();
        for (long seed = 0; seed < 500; seed++)
            collect(RandomModels.network(seed).stack(), made);
        Library.requireAll(
                Library.activations(), made, "in 500 networks of RandomModels: let RandomModels.dense choose it");
    }

    private static void collect(Stack stack, Set<Activation> into) {
        for (Layer layer : stack.layers())
            if (layer instanceof Dense dense) into.add(dense.activation());
            else if (layer instanceof Stack inner) collect(inner, into);
            else if (layer instanceof Residual residual) collect(residual.inner(), into);
    }

    // Losses. Model files have no number for them: a model keeps a loss's output and task only.

    @Test
    void everyLossIsInItsTable() {
        Library.requireAll(Library.losses(), Loss.all(), "in Loss.all(): add it");
        assertEquals(Library.losses().size(), Loss.all().size());
        Set<Class<?>> classes = new HashSet<>();
        for (Loss loss : Loss.all()) classes.add(loss.getClass());
        Library.requireAll(Library.lossClasses(), classes, "in Loss.all(): add a loss of this class");
    }

    @Test
    void everyLossIsInTheArchitecturesTableOfTasks() throws IOException {
        Map<String, String> documented = new HashMap<>();
        for (List<String> row : Document.of("docs/architecture.md").table("task", "losses"))
            for (String loss :
                    row.get(1).toLowerCase(Locale.ROOT).replace('–', '-').split("[,;] "))
                documented.put(loss, row.get(0));
        for (Loss loss : Loss.all()) {
            String name = loss.toString().replaceFirst(" [0-9.]+$", "");
            String task = loss.task(loss.output() == Output.SOFTMAX ? 3 : 1).toString();
            Library.requireAll(
                    Set.of(name), documented.keySet(), "in docs/architecture.md: add it to the table of tasks");
            assertEquals(task.toLowerCase(Locale.ROOT), documented.get(name), name);
        }
    }

    // The sentences

    @Test
    void aPlantedRowThatIsMissingIsNamed() {
        Activation planted = new Activation("planted") {
            @Override
            public float value(float x) {
                return x;
            }

            @Override
            public float derivative(float x, float y) {
                return 1f;
            }
        };
        AssertionError error = assertThrows(
                AssertionError.class,
                () -> Library.requireAll(
                        List.of(Activation.TANH, planted), Activation.all(), "in Activation.all(): add it"));
        assertEquals("planted is missing in Activation.all(): add it", error.getMessage());
    }
}
