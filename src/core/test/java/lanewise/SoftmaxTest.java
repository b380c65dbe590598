package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Softmax;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class SoftmaxTest {

    private static Pass run(float... logits) {
        Softmax layer = Softmax.of(logits.length);
        Pass pass = Batch.forTraining(layer, 1).pass();
        pass.batch().setInput(0, logits, 0);
        for (int i = 0; i < logits.length; i++) pass.batch().dOutput().set(0, i, i + 1);
        layer.forward(
                pass,
                0,
                1,
                Parameters.zeros(layer),
                pass.batch().input(),
                pass.batch().output());
        layer.backward(
                pass,
                0,
                1,
                Parameters.zeros(layer),
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                pass.batch().dInput());
        return pass;
    }

    @Test
    void hugeLogitsGiveProbabilities() {
        for (float huge : new float[] {1e4f, 1e30f, 3e38f}) {
            Pass pass = run(huge, -huge, 0, huge);
            assertEquals(0.5f, pass.batch().output().get(0, 0));
            assertEquals(0f, pass.batch().output().get(0, 1));
            assertEquals(0f, pass.batch().output().get(0, 2));
            assertEquals(0.5f, pass.batch().output().get(0, 3));
            // y (d − Σ d y) with d = 1, 2, 3, 4.
            assertEquals(-0.75f, pass.batch().dInput().get(0, 0));
            assertEquals(0f, pass.batch().dInput().get(0, 1));
            assertEquals(0.75f, pass.batch().dInput().get(0, 3));
        }
    }

    @Test
    void oneUnitIsCertain() {
        assertEquals(1f, run(-1e30f).batch().output().get(0, 0));
        assertEquals(0f, run(5).batch().dInput().get(0, 0));
        assertThrows(IllegalArgumentException.class, () -> Softmax.of(0));
    }

    @Test
    void probabilitiesSumToOne() {
        float[] logits = new float[33];
        for (int i = 0; i < 33; i++) logits[i] = (i * 37 % 33) / 3f - 5;
        Pass pass = run(logits);
        double sum = 0;
        for (int i = 0; i < 33; i++) sum += pass.batch().output().get(0, i);
        assertEquals(1, sum, 1e-6);
        for (int c = 33; c < 48; c++)
            assertTrue(pass.batch().dInput().array()[pass.batch().dInput().at(0) + c] == 0f);
    }
}
