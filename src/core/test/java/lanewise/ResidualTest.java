package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class ResidualTest {

    private static Network network() {
        return Network.builder(3)
                .dense(20, Activation.TANH)
                .residual(block -> block.dense(33, Activation.RELU).dense(20, Activation.IDENTITY))
                .build(5);
    }

    @Test
    void parametersHaveTheInnerStacksNames() {
        assertEquals(
                "[0.weights, 0.bias, 1.0.weights, 1.0.bias, 1.1.weights, 1.1.bias]",
                network().stack().parameters().stream()
                        .map(ParameterShape::name)
                        .toList()
                        .toString());
    }

    @Test
    void theInputIsAddedInTrainingAndInPrediction() {
        Network network = network();
        Slice[] p = network.parameters();
        for (boolean training : new boolean[] {true, false}) {
            Stack stack = network.stack();
            Pass pass = training ? Pass.forTraining(stack, 2) : Pass.forPrediction(stack, 2);
            pass.setInput(1, new float[] {1, -2, 3}, 0);
            stack.forward(pass, 0, 2, p, pass.input(), pass.output());
            Stack inner = new Stack(
                    java.util.List.of(Dense.of(20, 33, Activation.RELU), Dense.of(33, 20, Activation.IDENTITY)));
            Pass own = Pass.forPrediction(inner, 1);
            Slice hidden = pass.kept(0);
            own.setInput(0, hidden.array(), hidden.at(1));
            inner.forward(own, 0, 1, new Slice[] {p[2], p[3], p[4], p[5]}, own.input(), own.output());
            for (int o = 0; o < 20; o++)
                assertEquals(
                        hidden.get(1, o) + own.output().get(0, o), pass.output().get(1, o));
        }
    }

    /** A dense layer's updates may wait; inside a residual they must come to the same bits. */
    @Test
    void descendingGivesTheBitsOfAccumulating() {
        Network one = network(), other = network();
        float[][] rows = {{1, 0, 3}, {0, 0, 1}, {2, -1, 0}, {0, 0, 0}};
        for (boolean accumulate : new boolean[] {false, true}) {
            Network network = accumulate ? other : one;
            Stack stack = network.stack();
            Slice[] p = network.parameters();
            Pass pass = Pass.forTraining(stack, 1);
            for (int step = 0; step < 8; step++) {
                pass.setInput(0, rows[step % 4], 0);
                stack.forward(pass, 0, 1, p, pass.input(), pass.output());
                for (int o = 0; o < 20; o++)
                    pass.dOutput().set(0, o, pass.output().get(0, o) - o / 20f);
                stack.backward(pass, 0, 1, p, pass.input(), pass.output(), pass.dOutput(), null);
                if (accumulate) stack.accumulate(pass, 1, pass.input(), pass.output(), pass.dOutput(), -0.1f, p, 0, 1);
                else stack.descend(pass, 1, pass.input(), pass.output(), pass.dOutput(), -0.1f, p);
            }
            stack.catchUp(pass, p);
        }
        assertArrayEquals(one.copyParameters(), other.copyParameters());
    }

    @Test
    void sizesMustBeEqual() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Residual.of(Dense.of(3, 4, Activation.RELU)))
                .getMessage();
        assertEquals(
                "a residual of dense 3->4 relu has 3 inputs, but 4 outputs; to be added they must be equal", message);
        assertThrows(IllegalArgumentException.class, Residual::of);
        assertTrue(Residual.of(BatchNorm.of(3)).parameters().size() == 4
                && !Residual.of(BatchNorm.of(3)).rowwise());
    }

    @Test
    void whatTheLayersInsideSayHoldsForTheWhole() {
        Residual dense = Residual.of(Dense.of(2, 2, Activation.TANH));
        assertTrue(dense.rowwise() && dense.differentiableInput());
        assertFalse(Residual.of(BatchNorm.of(2)).rowwise());
        assertFalse(Residual.of(Embedding.of(2, 9, 1)).differentiableInput());
        assertEquals(1, dense.inner().layers().size());
    }

    @Test
    void theLayersInsideSettle() {
        Residual residual = Residual.of(BatchNorm.of(2));
        Pass pass = Pass.forTraining(residual, 2);
        Slice[] parameters = Slice.allocate(residual.parameters());
        residual.initialize(parameters, new RandomSource(1));
        pass.setInput(0, new float[] {1, 2}, 0);
        pass.setInput(1, new float[] {3, 6}, 0);
        residual.forward(pass, 0, 2, parameters, pass.input(), pass.output());
        residual.settle(pass, parameters);
        // A tenth of the way to the means 2 and 4.
        assertEquals(0.2f, parameters[2].get(0, 0), 1e-6f);
        assertEquals(0.4f, parameters[2].get(0, 1), 1e-6f);
        assertEquals("residual (batch norm 2)", residual.toString());
    }
}
