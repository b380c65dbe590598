package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.Network;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Loss;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.optimizer.Optimizer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class StepTest {

    private static final int INPUTS = 20, ROWS = 600;

    private final Dataset data = data();
    private final int[] order = order(ROWS);

    /** Samples of which half of the inputs are zero. */
    private static Dataset data() {
        SplittableRandom random = new SplittableRandom(8);
        float[] inputs = new float[ROWS * INPUTS], labels = new float[ROWS];
        for (int i = 0; i < inputs.length; i++)
            inputs[i] = random.nextBoolean() ? 0f : (float) random.nextDouble(-1, 1);
        for (int i = 0; i < ROWS; i++) labels[i] = random.nextInt(3);
        return Dataset.ofFloats(INPUTS, inputs, 1, labels);
    }

    private static int[] order(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        return order;
    }

    private static Network network() {
        return Network.builder(INPUTS)
                .dense(33, Activation.TANH)
                .residual(block -> block.dense(17, Activation.RELU).dense(33, Activation.IDENTITY))
                .layerNorm()
                .dense(3, Activation.IDENTITY)
                .build(5);
    }

    private static Step step(Network network, int rows) {
        return new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, rows, 1);
    }

    /** The gradient by the layers' own methods, block by block of the contract. */
    private Parameters gradient(Network network, int rows) {
        Batch batch = Batch.forTraining(network.stack(), rows);
        Slice targets = Slice.allocate(rows, 1);
        for (int r = 0; r < rows; r++) {
            data.input(r, batch, r);
            data.target(r, targets, r);
        }
        network.stack().forward(batch.pass(), 0, rows, network.parameters(), batch.input(), batch.output());
        for (int r = 0; r < rows; r++)
            Loss.SOFTMAX_CROSS_ENTROPY.valueAndGradient(
                    batch.pass(), r, rows, batch.output(), targets, batch.dOutput());
        network.stack()
                .backward(
                        batch.pass(),
                        0,
                        rows,
                        network.parameters(),
                        batch.input(),
                        batch.output(),
                        batch.dOutput(),
                        null);
        Parameters sum = Parameters.zeros(network.stack());
        for (int from = 0; from < rows; from += 256) {
            Parameters block = from == 0 ? sum : Parameters.zeros(network.stack());
            network.stack()
                    .parameterGradient(
                            batch.pass(),
                            from,
                            Math.min(rows, from + 256),
                            batch.input(),
                            batch.output(),
                            batch.dOutput(),
                            1f,
                            block,
                            0,
                            1);
            if (from > 0)
                for (int i = 0; i < sum.size(); i++)
                    for (int r = 0; r < sum.get(i).rows(); r++)
                        for (int c = 0; c < sum.get(i).columns(); c++)
                            sum.get(i)
                                    .set(
                                            r,
                                            c,
                                            sum.get(i).get(r, c) + block.get(i).get(r, c));
        }
        return sum;
    }

    @Test
    void theGradientIsSummedInBlocksOf256Rows() {
        for (int rows : new int[] {1, 3, 255, 256, 257, 512, 600}) {
            Network network = network();
            try (Step step = step(network, rows)) {
                step.load(data, order, 0, rows);
                step.gradient(rows);
                assertEquals(
                        gradient(network, rows).fingerprint(), step.gradient().fingerprint(), rows + " rows");
            }
        }
    }

    @Test
    void moreRowsThanABlockAreUpdatedFromTheirGradient() {
        for (int rows : new int[] {257, 600}) {
            Network network = network(), expected = network();
            Parameters gradient = gradient(expected, rows);
            for (int i = 0; i < gradient.size(); i++) {
                Slice w = expected.parameters().get(i), g = gradient.get(i);
                for (int r = 0; r < w.rows(); r++)
                    for (int c = 0; c < w.columns(); c++) w.set(r, c, Arithmetic.fma(-0.5f, g.get(r, c), w.get(r, c)));
            }
            try (Step step = step(network, rows)) {
                step.load(data, order, 0, rows);
                step.run(rows, 0.5f);
            }
            assertEquals(expected.fingerprint(), network.fingerprint());
        }
    }

    @Test
    void aBlockOfRowsGoesStraightIntoTheParameters() {
        int rows = 256;
        Network network = network(), halves = network();
        try (Step step = step(network, rows);
                Step other = step(halves, rows)) {
            step.load(data, order, 0, rows);
            double loss = step.run(rows, 0.5f);
            other.load(data, order, 0, rows);
            assertEquals(loss, other.gradient(rows));
            other.update(0.5f);
        }
        assertNotEquals(halves.fingerprint(), network.fingerprint(), "the chain begins at the parameter");
        float[] one = network.copyParameters(), two = halves.copyParameters();
        for (int i = 0; i < one.length; i++) assertEquals(one[i], two[i], 1e-5, "parameter " + i);
    }

    /** Steps of one row, whose updates may wait, among others. */
    @Test
    void updatesThatWaitAreDoneBeforeAnyOtherStepAndAtTheEnd() {
        Network network = network(), expected = network();
        SplittableRandom random = new SplittableRandom(3);
        Step step = step(network, 4);
        for (int i = 0, from = 0; i < 60; i++) {
            int rows = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1;
            step.load(data, order, from, rows);
            try (Step alone = step(expected, 4)) { // nothing waits in a new step
                alone.load(data, order, from, rows);
                if (i % 7 == 6) {
                    assertEquals(alone.gradient(rows), step.gradient(rows));
                    alone.update(0.25f);
                    step.update(0.25f);
                } else assertEquals(alone.run(rows, 0.25f), step.run(rows, 0.25f));
            }
            from = (from + rows) % (ROWS - 4);
        }
        step.finish();
        assertEquals(expected.fingerprint(), network.fingerprint());
        step.run(1, 0.25f);
        step.close();
        String closed = network.fingerprint();
        step.finish();
        assertEquals(closed, network.fingerprint());
    }

    @Test
    void anOptimizerGetsTheGradientTheStatesAndTheStep() {
        List<String> calls = new ArrayList<>();
        Optimizer momentum = new Optimizer() {
            @Override
            public int states() {
                return 1;
            }

            @Override
            public void update(
                    Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
                calls.add(step + " " + shape.name());
                for (int r = 0; r < w.rows(); r++)
                    for (int c = 0; c < w.columns(); c++) {
                        state[0].set(r, c, 0.5f * state[0].get(r, c) + g.get(r, c));
                        w.set(r, c, w.get(r, c) - rate * state[0].get(r, c));
                    }
            }
        };
        Network network = Network.builder(INPUTS)
                .batchNorm()
                .dense(3, Activation.IDENTITY)
                .named("out")
                .build(5);
        float[] w = network.parameters().get(4).array().clone(), velocity = new float[w.length];
        int at = network.parameters().get(4).at(0);
        try (Step step = new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, UpdateRule.of(momentum), 8, 1, Workers.one())) {
            for (int i = 0; i < 3; i++) {
                step.batch().begin(1, i, 0);
                step.load(data, order, 8 * i, 8);
                step.gradient(8);
                float g = step.gradient().get(4).get(0, 0);
                step.update(0.5f);
                velocity[at] = 0.5f * velocity[at] + g;
                w[at] -= 0.5f * velocity[at];
                assertEquals(w[at], network.parameters().get(4).get(0, 0));
            }
        }
        assertEquals(
                List.of("0 batchNorm1.scale", "0 batchNorm1.shift", "0 out.weights", "0 out.bias"),
                calls.subList(0, 4),
                "no running statistics");
        assertEquals(12, calls.size());
        assertNotEquals(0f, network.parameters().get(2).get(0, 0), "but these follow");
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Network network = network();
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, 4, 2))
                        .getMessage()
                        .startsWith("targets of 2 values do not fit 3 outputs"));
        assertThrows(IllegalArgumentException.class, () -> step(network, 0));
        Workers closed = Workers.of(2);
        closed.close();
        Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .workers(closed)
                .build();
        assertThrows(IllegalStateException.class, () -> trainer.train(data));
        assertThrows(
                IllegalArgumentException.class,
                () -> Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY).threads(0));
        float[] before = network.copyParameters();
        try (Step step = step(network, 2)) {
            step.targets().set(1, 0, 7f);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> step.run(2, 1f))
                    .getMessage()
                    .startsWith("row 1: "));
            step.load(data, new int[] {5}, 0, 1);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> step.run(2, 1f))
                    .getMessage()
                    .startsWith("row 1: "));
            for (int rows : new int[] {-1, 0, 3})
                assertTrue(assertThrows(IllegalArgumentException.class, () -> step.run(rows, 1f))
                        .getMessage()
                        .equals("a step of " + rows + " rows, but its batch was made for 1 to 2"));
            assertThrows(IllegalArgumentException.class, () -> step.gradient(2));
            assertThrows(IllegalStateException.class, () -> step.update(1f), "the gradient failed");
            step.gradient(1);
            step.update(0f);
            assertThrows(IllegalStateException.class, () -> step.update(1f), "the gradient was used");
        }
        assertArrayEquals(before, network.copyParameters());
    }
}
