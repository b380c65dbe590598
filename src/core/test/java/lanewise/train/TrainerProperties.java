package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.train.schedule.Linear;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Whole trainings against the arithmetic contract in plain loops, to the bit. */
@Tag("bits")
class TrainerProperties {

    /** A training of which everything follows. */
    record Case(int samples, int batch, int epochs, boolean bias, boolean oneHot, long seed) {

        SplittableRandom random() {
            return new SplittableRandom(seed);
        }

        Network network() {
            SplittableRandom random = random();
            int[] sizes = {1, 2, 15, 16, 17, 31, 33, 65, 130};
            Network.Builder builder = Network.builder(inputs());
            int width = inputs();
            for (int layers = random.nextInt(3); layers > 0; layers--) {
                int outputs = sizes[random.nextInt(sizes.length)];
                Activation activation =
                        Activation.all().get(random.nextInt(Activation.all().size()));
                Dense dense = Dense.of(width, outputs, activation);
                builder.add(bias ? dense : dense.withoutBias());
                width = outputs;
            }
            return builder.dense(3 + (int) (seed & 15), Activation.IDENTITY).build(seed);
        }

        int inputs() {
            return 1 + (int) ((seed >>> 8) & 63);
        }

        Dataset data() {
            SplittableRandom random = random();
            byte[] pixels = new byte[samples * inputs()], labels = new byte[samples];
            double zeros = random.nextDouble();
            for (int i = 0; i < pixels.length; i++)
                pixels[i] = random.nextDouble() < zeros ? 0 : (byte) random.nextInt(256);
            for (int i = 0; i < samples; i++) labels[i] = (byte) random.nextInt(3);
            Dataset data = Dataset.ofBytes(inputs(), pixels, labels, 3);
            return oneHot ? wide(data) : data;
        }

        /** One-hot targets with as many columns as the network has outputs. */
        private Dataset wide(Dataset data) {
            int columns = 3 + (int) (seed & 15);
            float[] inputs = new float[samples * inputs()], targets = new float[samples * columns];
            for (int s = 0; s < samples; s++) {
                float[] input = input(data, s);
                System.arraycopy(input, 0, inputs, s * inputs(), inputs());
                targets[s * columns + data.label(s)] = 1f;
            }
            return Dataset.ofFloats(inputs(), inputs, columns, targets);
        }
    }

    private static float[] input(Dataset data, int sample) {
        Batch batch = Batch.forPrediction(
                Network.builder(data.inputSize())
                        .dense(1, Activation.IDENTITY)
                        .build(1)
                        .stack(),
                1);
        data.input(sample, batch, 0);
        float[] input = new float[data.inputSize()];
        batch.input().copyTo(input, 0);
        return input;
    }

    @Provide
    Arbitrary<Case> cases() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 40),
                        Arbitraries.of(1, 1, 2, 3, 7, 16, 100),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.longs().withoutEdgeCases())
                .as(Case::new);
    }

    /** Stops after some steps, or never. */
    private static List<Double> train(Case c, Network network, Dataset data, int steps) {
        List<Double> losses = new ArrayList<>();
        Trainer[] trainer = new Trainer[1];
        trainer[0] = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(c.batch)
                .epochs(c.epochs)
                .seed(c.seed)
                .learningRate(new Linear(0.2f))
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        losses.add(loss);
                        if (losses.size() == steps) trainer[0].stop();
                    }
                })
                .build();
        trainer[0].train(data);
        return losses;
    }

    @Property(tries = 120)
    void trainingIsTheContractsPlainLoops(@ForAll("cases") Case c) {
        Network network = c.network();
        Dataset data = c.data();
        int steps = 1 + c.random().nextInt(60);
        Plain plain = new Plain(c, network, data);
        List<Double> expected = plain.train(steps);
        try {
            assertEquals(expected, train(c, network, data, steps));
        } catch (DivergedException e) {
            assertTrue(expected.stream().anyMatch(loss -> !Double.isFinite(loss)), "the loops have not diverged");
            return;
        }
        float[] e = plain.parameters(), a = network.copyParameters();
        for (int i = 0; i < e.length; i++)
            assertEquals(Float.floatToRawIntBits(e[i]), Float.floatToRawIntBits(a[i]), "parameter " + i);
    }

    @Property(tries = 60)
    void anExceptionOfAListenerLosesNoUpdate(@ForAll("cases") Case c) {
        Network network = c.network(), stopped = c.network();
        int steps = 1 + c.random().nextInt(20);
        int[] done = new int[1];
        Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(c.batch)
                .epochs(c.epochs)
                .seed(c.seed)
                .learningRate(new Linear(0.2f))
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int samplesDone, int samples, double loss) {
                        if (++done[0] == steps) throw new UnsupportedOperationException();
                    }
                })
                .build();
        try {
            if (train(c, stopped, c.data(), steps).size() < steps) return;
        } catch (DivergedException e) {
            return; // as a case may do by chance
        }
        assertThrows(UnsupportedOperationException.class, () -> trainer.train(c.data()));
        assertArrayEquals(stopped.copyParameters(), network.copyParameters());
    }

    @Property(tries = 60)
    void aClassIndexIsAOneHotTarget(@ForAll("cases") Case c) {
        Case index = new Case(c.samples, c.batch, c.epochs, c.bias, false, c.seed),
                hot = new Case(c.samples, c.batch, c.epochs, c.bias, true, c.seed);
        assertEquals(outcome(index), outcome(hot));
    }

    /** Losses and parameters, or where it diverged, which a case may do by chance. */
    private static String outcome(Case c) {
        Network network = c.network();
        try {
            return train(c, network, c.data(), 0) + " " + network.fingerprint();
        } catch (DivergedException e) {
            return e.getMessage();
        }
    }

    /** Stochastic gradient descent sample by sample; weights[layer][input][output]. */
    private static final class Plain {

        final Case c;
        final Dataset data;
        final List<Dense> layers;
        final float[][][] weights;
        final float[][] biases;

        Plain(Case c, Network network, Dataset data) {
            this.c = c;
            this.data = data;
            layers = network.stack().layers().stream().map(Dense.class::cast).toList();
            weights = new float[layers.size()][][];
            biases = new float[layers.size()][];
            float[] all = network.copyParameters();
            int at = 0;
            for (int l = 0; l < layers.size(); l++) {
                List<ParameterShape> shapes = layers.get(l).parameters();
                weights[l] = new float[shapes.get(0).rows()][shapes.get(0).columns()];
                biases[l] = new float[shapes.get(0).columns()];
                for (float[] row : weights[l]) for (int o = 0; o < row.length; o++) row[o] = all[at++];
                for (int o = 0; o < biases[l].length && shapes.size() > 1; o++) biases[l][o] = all[at++];
            }
        }

        float[] parameters() {
            List<Float> all = new ArrayList<>();
            for (int l = 0; l < layers.size(); l++) {
                for (float[] row : weights[l]) for (float v : row) all.add(v);
                if (layers.get(l).parameters().size() > 1) for (float v : biases[l]) all.add(v);
            }
            float[] array = new float[all.size()];
            for (int i = 0; i < array.length; i++) array[i] = all.get(i);
            return array;
        }

        List<Double> train(int most) {
            List<Double> losses = new ArrayList<>();
            int size = data.size(), batch = Math.min(c.batch, size), steps = c.epochs * ((size + batch - 1) / batch);
            for (int epoch = 1; epoch <= c.epochs; epoch++) {
                int[] order = new int[size];
                for (int i = 0; i < size; i++) order[i] = i;
                new RandomSource(c.seed, epoch).shuffle(order);
                for (int from = 0; from < size; from += batch) {
                    int rows = Math.min(batch, size - from);
                    float rate = (float) (0.2f * (1.0 - (double) losses.size() / steps));
                    losses.add(step(order, from, rows, rate) / rows);
                    if (losses.size() == most) return losses;
                }
            }
            return losses;
        }

        double step(int[] order, int from, int rows, float rate) {
            int last = layers.size() - 1;
            float[][][] x = new float[rows][layers.size() + 1][], d = new float[rows][layers.size()][];
            double sum = 0;
            for (int r = 0; r < rows; r++) {
                float[][] z = new float[layers.size()][];
                x[r][0] = input(data, order[from + r]);
                for (int l = 0; l <= last; l++) {
                    z[l] = forward(l, x[r][l]);
                    x[r][l + 1] = new float[z[l].length];
                    for (int o = 0; o < z[l].length; o++)
                        x[r][l + 1][o] = layers.get(l).activation().value(z[l][o]);
                }
                d[r][last] = new float[z[last].length];
                sum += loss(z[last], data.label(order[from + r]), rows, d[r][last]);
                for (int l = last; l >= 0; l--) {
                    Activation activation = layers.get(l).activation();
                    for (int o = 0; o < d[r][l].length && activation != Activation.IDENTITY; o++)
                        d[r][l][o] = Arithmetic.flush(d[r][l][o] * activation.derivative(z[l][o], x[r][l + 1][o]));
                    if (l > 0) d[r][l - 1] = backward(l, d[r][l]);
                }
            }
            for (int l = 0; l <= last; l++)
                for (int r = 0; r < rows; r++)
                    for (int o = 0; o < biases[l].length; o++) {
                        float scaled = -rate * d[r][l][o];
                        for (int i = 0; i < weights[l].length; i++)
                            if (x[r][l][i] != 0f) weights[l][i][o] = Math.fma(x[r][l][i], scaled, weights[l][i][o]);
                        if (layers.get(l).parameters().size() > 1) biases[l][o] += scaled;
                    }
            return sum;
        }

        float[] forward(int l, float[] x) {
            float[] z = new float[biases[l].length];
            int segments = z.length <= 64 ? 4 : 1, length = x.length / segments;
            for (int o = 0; o < z.length; o++) {
                float sum = 0f;
                for (int s = 0; s < segments; s++) {
                    float part = s == 0 ? biases[l][o] : 0f;
                    for (int i = s * length; i < (s == segments - 1 ? x.length : (s + 1) * length); i++)
                        part = Math.fma(x[i], weights[l][i][o], part);
                    sum += part;
                }
                z[o] = sum + 0f;
            }
            return z;
        }

        float[] backward(int l, float[] d) {
            float[] dx = new float[weights[l].length];
            for (int i = 0; i < dx.length; i++)
                dx[i] = Arithmetic.flush(Arithmetic.dot(weights[l][i], 0, d, 0, d.length));
            return dx;
        }

        static double loss(float[] z, int label, int rows, float[] d) {
            float max = Float.NEGATIVE_INFINITY;
            for (float v : z) max = Math.max(max, v);
            float[] exp = new float[z.length];
            for (int o = 0; o < z.length; o++) exp[o] = Arithmetic.exp(z[o] - max);
            float sum = Arithmetic.sum(exp, 0, exp.length);
            for (int o = 0; o < z.length; o++)
                d[o] = Arithmetic.flush((Arithmetic.flush(exp[o] / sum) - (o == label ? 1f : 0f)) / rows);
            return StrictMath.log(sum) + ((double) max - z[label]);
        }
    }
}
