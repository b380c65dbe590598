package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import lanewise.Network;
import lanewise.RandomModels;
import lanewise.Workers;
import lanewise.data.Dataset;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
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
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/** Any number of threads gives the bits of one: steps that are all shared, of random networks of all layers. */
@Tag("bits")
class ThreadsProperties {

    private static final int[] THREADS = {2, 3, 7};

    private static Workers[] workers;

    @BeforeContainer
    static void begin() {
        workers = new Workers[] {Workers.of(THREADS[0]), Workers.of(THREADS[1]), Workers.of(THREADS[2])};
    }

    @AfterContainer
    static void end() {
        for (Workers each : workers) each.close();
    }

    /** One that remembers two arrays, and changes its gradient. */
    private static final class TwoStates implements Optimizer {
        @Override
        public int states() {
            return 2;
        }

        @Override
        public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
            for (int r = 0; r < w.rows(); r++)
                for (int c = 0; c < w.columns(); c++) {
                    state[0].set(r, c, 0.5f * state[0].get(r, c) + g.get(r, c));
                    state[1].set(r, c, state[1].get(r, c) + g.get(r, c) * g.get(r, c));
                    g.set(r, c, state[0].get(r, c) / (1f + state[1].get(r, c)));
                    w.set(r, c, w.get(r, c) - rate * g.get(r, c));
                }
        }
    }

    private static final List<Optimizer> OPTIMIZERS = List.of(
            new Sgd(),
            new Sgd(),
            new Sgd(),
            new TwoStates(),
            new Momentum(0.9, 0.1),
            new Nesterov(),
            new Adam(),
            new AdamW(),
            new AmsGrad(),
            new NAdam(),
            new RmsProp(),
            new RmsProp(0.9, 1e-6, 0.5, true),
            new AdaGrad(),
            new AdaDelta());

    private static final List<Clipping> CLIPPINGS = List.of(
            Clipping.NONE, Clipping.NONE, Clipping.byNorm(0.01), Clipping.byValue(1e-3), new Clipping(0.1, 0.01));

    /** Losses of some steps and the parameters after them. */
    private static String outcome(long seed, Workers workers) {
        RandomSource random = new RandomSource(seed, 3);
        boolean embedding = random.nextInt(4) == 0;
        Network network = embedding ? RandomModels.embedding(seed) : RandomModels.network(seed);
        int most = random.nextInt(8) == 0 ? 257 + random.nextInt(400) : 2 + random.nextInt(70);
        int in = network.inputSize(), out = network.outputSize(), samples = most + 9;
        float[] inputs = embedding ? RandomModels.indices(in, samples, seed) : RandomModels.inputs(in, samples, seed);
        float[] targets = new float[samples * out];
        for (int i = 0; i < targets.length; i++) targets[i] = random.uniform();
        Dataset data = Dataset.ofFloats(in, inputs, out, targets);
        int[] order = new int[samples];
        for (int i = 0; i < samples; i++) order[i] = i;
        random.shuffle(order);
        Optimizer optimizer = OPTIMIZERS.get(random.nextInt(OPTIMIZERS.size()));
        Regularizer regularizer = random.nextInt(3) > 0
                ? Regularizer.NONE
                : random.nextInt(2) == 0
                        ? Regularizer.l1(1e-4f).and(Regularizer.l2(1e-3f))
                        : Regularizer.decay(0.1f).everything();
        Clipping clipping = CLIPPINGS.get(random.nextInt(CLIPPINGS.size()));
        Parameters average = random.nextInt(4) == 0 ? network.parameters().like() : null;
        if (random.nextInt(3) == 0) {
            float[] weights = new float[samples];
            for (int i = 0; i < samples; i++) weights[i] = random.nextInt(4) == 0 ? 0f : random.uniform() + 0.01f;
            weights[0] = 1f;
            data = data.weighted(weights);
        }
        boolean shared = workers.count() > 1;
        StringBuilder text = new StringBuilder();
        try (Step step = new Step(
                network,
                Loss.MEAN_SQUARED_ERROR,
                new UpdateRule(optimizer, regularizer, clipping),
                most,
                out,
                workers,
                Step.states(network, optimizer),
                average,
                0.9,
                new SharingDecision(workers.count(), 2) {
                    @Override
                    boolean begin(int rows) {
                        super.begin(rows);
                        return shared;
                    }
                })) {
            for (int i = 0; i < 4; i++) {
                int from = random.nextInt(9), rows = i == 2 && network.stack().rowwise() ? 1 : most - random.nextInt(2);
                step.load(data, order, from, rows);
                step.batch().begin(seed, i, from);
                if (i == 3) {
                    text.append(step.gradient(rows))
                            .append(' ')
                            .append(step.gradient().fingerprint());
                    step.update(0.01f);
                } else text.append(step.run(rows, 0.01f)).append(' ');
            }
        }
        if (!shared) {
            Statistics.label("optimizer")
                    .collect(
                            optimizer.getClass().getSimpleName(),
                            !text.toString().contains("N"));
            Statistics.label("rows").collect(most > 256, network.stack().rowwise());
        }
        return text + " " + network.fingerprint() + " " + (average == null ? "" : average.fingerprint());
    }

    @Property(tries = 100)
    void sharedStepsHaveTheBitsOfOneThread(@ForAll long seed) {
        String expected = outcome(seed, Workers.one());
        if (expected.contains("NaN") || expected.contains("Infinity")) return; // of NaN no bits are promised
        for (Workers each : workers) assertEquals(expected, outcome(seed, each), each.toString());
    }

    @Property(tries = 40)
    void evaluationsAreTheSame(@ForAll long seed) {
        RandomSource random = new RandomSource(seed, 3);
        Network network = RandomModels.network(seed);
        int samples = random.nextInt(10) == 0 ? 4_000 + random.nextInt(500) : 1 + random.nextInt(100);
        int in = network.inputSize(), out = network.outputSize();
        byte[] labels = new byte[samples];
        for (int i = 0; i < samples; i++) labels[i] = (byte) random.nextInt(out);
        Dataset data = Dataset.ofFloats(in, RandomModels.inputs(in, samples, seed), labels, out);
        Loss loss = Loss.SOFTMAX_CROSS_ENTROPY;
        try {
            loss.check(network.stack());
        } catch (IllegalArgumentException e) {
            return; // a softmax at the end
        }
        Evaluation expected = Evaluation.of(network, loss, data);
        for (Workers each : workers) assertEquals(expected, Evaluation.of(network, loss, data, each));
    }

    /** What the loss refuses is named as on one thread: the first of the wrong samples. */
    @Property(tries = 40)
    void theFirstWrongSampleIsNamed(@ForAll long seed) {
        RandomSource random = new RandomSource(seed, 3);
        int rows = 20 + random.nextInt(80), wrong = random.nextInt(rows);
        Network network =
                Network.builder(3).dense(4, lanewise.layer.Activation.IDENTITY).build(seed);
        String before = network.fingerprint();
        for (Workers each : workers) {
            try (Step step = new Step(network, Loss.SOFTMAX_CROSS_ENTROPY, UpdateRule.SGD, rows, 1, each)) {
                for (int r = wrong; r < rows; r++) step.targets().set(r, 0, 9f);
                for (int i = 0; i < 20; i++) // shared ones and others
                try {
                        step.run(rows, 1f);
                    } catch (IllegalArgumentException e) {
                        assertTrue(
                                e.getMessage().startsWith(String.format(Locale.ROOT, "row %d: ", wrong)),
                                e.getMessage());
                    }
            }
        }
        assertEquals(before, network.fingerprint());
    }
}
