package lanewise.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import lanewise.Model;
import lanewise.RandomModels;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** What is saved is loaded, to the bit. */
@Tag("bits")
class ModelFileProperties {

    @Property(tries = 200)
    void aModelIsLoadedAsItWasSaved(@ForAll long seed) throws IOException {
        Model model = RandomModels.model(seed);
        check(model, RandomModels.inputs(model.inputSize(), 5, seed));
    }

    @Property(tries = 30)
    void aModelWithAnEmbeddingIsLoadedAsItWasSaved(@ForAll long seed) throws IOException {
        Model model = RandomModels.model(RandomModels.embedding(seed), seed);
        check(model, RandomModels.indices(model.inputSize(), 5, seed));
    }

    private static void check(Model saved, float[] inputs) throws IOException {
        byte[] file = Forge.bytes(saved);
        Model loaded = Forge.load(file);
        assertEquals(RandomModels.describe(saved), RandomModels.describe(loaded));
        assertArrayEquals(saved.copyParameters(), loaded.copyParameters());
        assertArrayEquals(file, Forge.bytes(loaded));
        int rows = inputs.length / saved.inputSize();
        float[] expected = new float[rows * saved.outputSize()], found = new float[expected.length];
        saved.predictor().predict(inputs, 0, expected, 0, rows);
        loaded.predictor().predict(inputs, 0, found, 0, rows);
        assertArrayEquals(expected, found);
    }
}
