package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import lanewise.layer.PRelu;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class PReluTest {

    @Test
    void slopesBeginAtAQuarterAndActOnNegativeInputs() {
        PRelu layer = PRelu.of(3);
        Pass pass = Batch.forTraining(layer, 2).pass();
        Parameters parameters = Parameters.zeros(layer), target = Parameters.zeros(layer);
        layer.initialize(parameters, new RandomSource(1));
        pass.batch().setInput(0, new float[] {-4, 0, 4}, 0);
        pass.batch().setInput(1, new float[] {-8, -2, 5}, 0);
        layer.forward(pass, 0, 2, parameters, pass.batch().input(), pass.batch().output());
        float[][] expected = {{-1, 0, 4}, {-2, -0.5f, 5}};
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 3; c++) {
                assertEquals(expected[r][c], pass.batch().output().get(r, c));
                pass.batch().dOutput().set(r, c, 1 + r);
            }
        layer.backward(
                pass,
                0,
                2,
                parameters,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                pass.batch().dInput());
        assertEquals(0.25f, pass.batch().dInput().get(0, 0));
        assertEquals(1f, pass.batch().dInput().get(0, 2));
        assertEquals(0.5f, pass.batch().dInput().get(1, 1));
        layer.parameterGradient(
                pass,
                0,
                2,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                0.5f,
                target,
                0,
                1);
        // Half of −4 · 1 − 8 · 2, of −2 · 2, of nothing.
        assertEquals(-10f, target.get(0).get(0, 0));
        assertEquals(-2f, target.get(0).get(0, 1));
        assertEquals(0f, target.get(0).get(0, 2));
        assertEquals("prelu 3", layer.toString());
    }

    @Test
    void aSizeOfOneIsTheLeast() {
        assertEquals(1, PRelu.of(1).outputSize());
        assertThrows(IllegalArgumentException.class, () -> PRelu.of(0));
    }
}
