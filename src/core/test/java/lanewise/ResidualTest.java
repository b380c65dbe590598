package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Activation;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.RandomSource;
import lanewise.layer.Residual;
import lanewise.layer.RowDescent;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
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
                "[dense1.weights, dense1.bias, residual1.dense1.weights, residual1.dense1.bias, residual1.dense2.weights,"
                        + " residual1.dense2.bias]",
                network().stack().parameters().stream()
                        .map(ParameterShape::name)
                        .toList()
                        .toString());
    }

    @Test
    void theInputIsAddedInTrainingAndInPrediction() {
        Network network = network();
        Parameters p = network.parameters();
        for (boolean training : new boolean[] {true, false}) {
            Stack stack = network.stack();
            Pass pass = training
                    ? Batch.forTraining(stack, 2).pass()
                    : Batch.forPrediction(stack, 2).pass();
            pass.batch().setInput(1, new float[] {1, -2, 3}, 0);
            stack.forward(pass, 0, 2, p, pass.batch().input(), pass.batch().output());
            Stack inner = new Stack(
                    java.util.List.of(Dense.of(20, 33, Activation.RELU), Dense.of(33, 20, Activation.IDENTITY)));
            Pass own = Batch.forPrediction(inner, 1).pass();
            Slice hidden = pass.perRow(0);
            own.batch().setInput(0, hidden.array(), hidden.at(1));
            inner.forward(
                    own,
                    0,
                    1,
                    Parameters.of(inner, p.get(2), p.get(3), p.get(4), p.get(5)),
                    own.batch().input(),
                    own.batch().output());
            for (int o = 0; o < 20; o++)
                assertEquals(
                        hidden.get(1, o) + own.batch().output().get(0, o),
                        pass.batch().output().get(1, o));
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
            Parameters p = network.parameters();
            Pass pass = Batch.forTraining(stack, 1).pass();
            RowDescent descent = new RowDescent(stack, p, pass.batch());
            for (int step = 0; step < 8; step++) {
                pass.batch().setInput(0, rows[step % 4], 0);
                if (accumulate)
                    stack.forward(
                            pass, 0, 1, p, pass.batch().input(), pass.batch().output());
                else descent.forward();
                for (int o = 0; o < 20; o++)
                    pass.batch().dOutput().set(0, o, pass.batch().output().get(0, o) - o / 20f);
                if (accumulate)
                    stack.backward(
                            pass,
                            0,
                            1,
                            p,
                            pass.batch().input(),
                            pass.batch().output(),
                            pass.batch().dOutput(),
                            null);
                else descent.backward();
                if (accumulate)
                    stack.parameterGradient(
                            pass,
                            0,
                            1,
                            pass.batch().input(),
                            pass.batch().output(),
                            pass.batch().dOutput(),
                            -0.1f,
                            p,
                            0,
                            1);
                else descent.update(-0.1f);
            }
            descent.finish();
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
        Residual embedding = Residual.of(Embedding.of(2, 9, 1));
        assertFalse(embedding.differentiableInput());
        Slice indices = Slice.allocate(1, 2);
        assertNull(embedding.refusal(indices, 0));
        indices.set(0, 1, 9f);
        assertEquals("input 1 is 9.0, an integer from 0 to 8 expected", embedding.refusal(indices, 0));
        assertEquals(1, dense.inner().layers().size());
    }

    @Test
    void theLayersInsideSettle() {
        Residual residual = Residual.of(BatchNorm.of(2));
        Pass pass = Batch.forTraining(residual, 2).pass();
        Parameters parameters = Parameters.zeros(residual);
        residual.initialize(parameters, new RandomSource(1));
        pass.batch().setInput(0, new float[] {1, 2}, 0);
        pass.batch().setInput(1, new float[] {3, 6}, 0);
        residual.forward(
                pass, 0, 2, parameters, pass.batch().input(), pass.batch().output());
        residual.updateRunningStatistics(pass, 2, parameters);
        // A tenth of the way to the means 2 and 4.
        assertEquals(0.2f, parameters.get(2).get(0, 0), 1e-6f);
        assertEquals(0.4f, parameters.get(2).get(0, 1), 1e-6f);
        assertEquals("residual (batch norm 2)", residual.toString());
    }
}
