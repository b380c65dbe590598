package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Rescale;
import lanewise.train.Regularizer;
import lanewise.train.Trainer;
import lanewise.train.optimizer.AdaDelta;
import lanewise.train.optimizer.AdaGrad;
import lanewise.train.optimizer.Adam;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.AmsGrad;
import lanewise.train.optimizer.Momentum;
import lanewise.train.optimizer.NAdam;
import lanewise.train.optimizer.Nesterov;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.RmsProp;
import lanewise.train.optimizer.Sgd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class RescaleTest {

    private static float[] predict(Network network, float... input) {
        float[] output = new float[network.outputSize()];
        network.predictor().predict(input, 0, output, 0);
        return output;
    }

    @Test
    void outputIsTheFusedDifferenceTimesFactorPlusOffset() {
        for (int size : new int[] {1, 15, 16, 17, 31, 33, 131}) {
            RandomSource random = new RandomSource(size);
            float[] shift = new float[size], factor = new float[size], offset = new float[size];
            float[] input = new float[size], expected = new float[size];
            for (int i = 0; i < size; i++) {
                shift[i] = 1000f * random.normal();
                factor[i] = random.normal();
                offset[i] = random.normal();
                input[i] = shift[i] + random.normal();
                expected[i] = Math.fma(input[i] - shift[i], factor[i], offset[i]);
            }
            Network network =
                    Network.builder(size).rescale(shift, factor, offset).build(1);
            assertArrayEquals(expected, predict(network, input));
            float[] unchanged = input.clone();
            assertArrayEquals(
                    unchanged,
                    predict(Network.builder(size).add(Rescale.of(size)).build(1), input));
        }
    }

    /** In one multiplication and one addition, x · factor − shift · factor, each of these would be wrong by up to 1e-4. */
    @Test
    void numbersNear2000LoseNoDigits() {
        Network network = Network.builder(1)
                .rescale(new float[] {2000f}, new float[] {0.9f}, new float[] {0f})
                .build(1);
        for (float x : new float[] {1999f, 1999.0001f, 2000f, 2000.0001f, 2000.3f, 2001f})
            assertEquals((float) (((double) x - 2000.0) * 0.9f), predict(network, x)[0]);
    }

    @Test
    void noOptimizerNorDecayChangesIt() {
        List<Optimizer> optimizers = List.of(
                new Sgd(),
                new Momentum(),
                new Nesterov(),
                new Adam(),
                new AmsGrad(),
                new AdamW(0.9, 0.999, 1e-8, 0.1, true),
                new NAdam(),
                new RmsProp(),
                new AdaGrad(),
                new AdaDelta());
        Dataset data = Dataset.ofFloats(2, new float[] {1999, 3, 2001, 5, 2000, 4}, 1, new float[] {1, 2, 3});
        for (Optimizer optimizer : optimizers)
            for (int rows : new int[] {1, 3}) {
                Network network = Network.builder(2)
                        .rescale(new float[] {2000, 4}, new float[] {0.5f, 3}, new float[] {0.25f, 0})
                        .dense(3, Activation.TANH)
                        .dense(1, Activation.IDENTITY)
                        .rescale(new float[] {0}, new float[] {2}, new float[] {7})
                        .build(1);
                float[] before = network.copyParameters();
                Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                        .optimizer(optimizer)
                        .regularizer(Regularizer.l2(0.1f)
                                .and(Regularizer.decay(0.1f))
                                .everything())
                        .averaging(0.5)
                        .learningRate(0.01f)
                        .batchSize(rows)
                        .build()
                        .train(data);
                float[] after = network.copyParameters();
                int last = before.length;
                for (int i : new int[] {0, 1, 2, 3, 4, 5, last - 3, last - 2, last - 1})
                    assertEquals(before[i], after[i], optimizer + ", parameter " + i);
                assertEquals(false, before[6] == after[6], optimizer + " trains the rest");
            }
    }

    @Test
    void aNetworkIsFollowedByAFurtherLayer() {
        Network network = Network.builder(2)
                .dense(3, Activation.TANH)
                .named("hidden")
                .dropout(0.5)
                .dense(1, Activation.IDENTITY)
                .build(5);
        Network longer = network.followedBy(Rescale.of(new float[] {0}, new float[] {2}, new float[] {10}));
        float[] input = {0.3f, -0.7f};
        assertEquals(Math.fma(predict(network, input)[0], 2f, 10f), predict(longer, input)[0]);
        assertEquals(
                List.of("hidden", "dropout1", "dense2", "rescale1"),
                longer.stack().names());
        network.parameters().get(0).set(0, 0, 9f);
        assertEquals(false, 9f == longer.parameters().get(0).get(0, 0), "it has parameters of its own");
        assertThrows(IllegalArgumentException.class, () -> network.followedBy(Rescale.of(2)));
    }

    @Test
    void wrongNumbersAreNamed() {
        assertEquals(
                "a rescaling of size 0, at least 1 expected",
                assertThrows(IllegalArgumentException.class, () -> Rescale.of(0))
                        .getMessage());
        assertEquals(
                "2 shifts, 1 factors and 2 offsets given, as many of each expected",
                assertThrows(IllegalArgumentException.class, () -> Rescale.of(new float[2], new float[1], new float[2]))
                        .getMessage());
        assertEquals(
                "unit 1: shift 0.0, factor NaN, offset 0.0; finite numbers expected",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Rescale.of(new float[2], new float[] {1, Float.NaN}, new float[2]))
                        .getMessage());
    }
}
