package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class PReluTest {

    @Test
    void slopesBeginAtAQuarterAndActOnNegativeInputs() {
        PRelu layer = PRelu.of(3);
        Pass pass = Pass.forTraining(layer, 2);
        Slice[] parameters = Slice.allocate(layer.parameters()), target = Slice.allocate(layer.parameters());
        layer.initialize(parameters, new RandomSource(1));
        pass.setInput(0, new float[] {-4, 0, 4}, 0);
        pass.setInput(1, new float[] {-8, -2, 5}, 0);
        layer.forward(pass, 0, 2, parameters, pass.input(), pass.output());
        float[][] expected = {{-1, 0, 4}, {-2, -0.5f, 5}};
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 3; c++) {
                assertEquals(expected[r][c], pass.output().get(r, c));
                pass.dOutput().set(r, c, 1 + r);
            }
        layer.backward(pass, 0, 2, parameters, pass.input(), pass.output(), pass.dOutput(), pass.dInput());
        assertEquals(0.25f, pass.dInput().get(0, 0));
        assertEquals(1f, pass.dInput().get(0, 2));
        assertEquals(0.5f, pass.dInput().get(1, 1));
        layer.accumulate(pass, 2, pass.input(), pass.output(), pass.dOutput(), 0.5f, target, 0, 1);
        // Half of −4 · 1 − 8 · 2, of −2 · 2, of nothing.
        assertEquals(-10f, target[0].get(0, 0));
        assertEquals(-2f, target[0].get(0, 1));
        assertEquals(0f, target[0].get(0, 2));
        assertEquals("prelu 3", layer.toString());
    }

    @Test
    void aSizeOfOneIsTheLeast() {
        assertEquals(1, PRelu.of(1).outputSize());
        assertThrows(IllegalArgumentException.class, () -> PRelu.of(0));
    }
}
