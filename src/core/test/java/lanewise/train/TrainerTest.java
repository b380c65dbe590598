package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Embedding;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.layer.Softmax;
import lanewise.layer.Task;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.Schedule;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainerTest {

    private static Network network(int... sizes) {
        Network.Builder builder = Network.builder(sizes[0]);
        for (int i = 1; i < sizes.length; i++)
            builder.dense(sizes[i], i == sizes.length - 1 ? Activation.IDENTITY : Activation.SIGMOID);
        return builder.build(1);
    }

    /** Sparse pixels around a picture of their class. */
    private static Dataset pictures(int samples, int inputs, int classes) {
        RandomSource random = new RandomSource(5);
        byte[] pixels = new byte[samples * inputs], labels = new byte[samples];
        for (int s = 0; s < samples; s++) {
            labels[s] = (byte) random.nextInt(classes);
            RandomSource picture = new RandomSource(labels[s], 1);
            for (int i = 0; i < inputs; i++)
                if (picture.nextInt(4) == 0 || random.nextInt(8) == 0)
                    pixels[s * inputs + i] = (byte) random.nextInt(256);
        }
        return Dataset.ofBytes(inputs, pixels, labels, classes);
    }

    private static final Dataset XOR =
            Dataset.ofFloats(2, new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 1, new float[] {0, 1, 1, 0});

    private static String refused(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    // What a step does

    @Test
    void aStepIsTheOneComputedByHand() {
        Network network = network(1, 1);
        network.setParameters(new float[] {1, 0});
        List<Double> losses = new ArrayList<>();
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .learningRate(0.25f)
                .epochs(2)
                .listener(new TrainingListener() {
                    @Override
                    public void epochDone(Epoch epoch) {
                        losses.add(epoch.loss());
                    }
                })
                .build()
                .train(Dataset.ofFloats(1, new float[] {2}, 1, new float[] {3}));
        // y = 2, loss 1, dy = −2: w = 1 + 0.25 · 2 · 2 = 2, b = 0.5; then y = 4.5, loss 2.25, dy = 3: w = 0.5, b =
        // −0.25
        assertEquals(List.of(1.0, 2.25), losses);
        assertArrayEquals(new float[] {0.5f, -0.25f}, network.copyParameters());
    }

    @Test
    void aShortLastBatchIsDividedByItsOwnRows() {
        Network network = network(1, 1);
        network.setParameters(new float[] {0, 0});
        float[] ones = {1, 1, 1};
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .learningRate(0.125f)
                .epochs(1)
                .batchSize(2)
                .build()
                .train(Dataset.ofFloats(1, ones, 1, ones));
        // two rows of y = 0, dy = −2 / 2: w = b = 0.25; one row of y = 0.5, dy = −1 / 1: w = b = 0.375
        assertArrayEquals(new float[] {0.375f, 0.375f}, network.copyParameters());
    }

    @Test
    void aBatchBeyondTheDataIsTheWholeOfThem() {
        Network exact = network(2, 5, 2), beyond = network(2, 5, 2);
        for (Network network : List.of(exact, beyond))
            Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .batchSize(network == exact ? 4 : Integer.MAX_VALUE)
                    .build()
                    .train(XOR);
        assertEquals(exact.fingerprint(), beyond.fingerprint());
    }

    // What a training does

    @Test
    void itLearnsTheExclusiveOr() {
        Network network = Network.builder(2)
                .dense(8, Activation.TANH)
                .dense(2, Activation.IDENTITY)
                .build(1);
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .epochs(200)
                .build()
                .train(XOR);
        Evaluation evaluation = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, XOR);
        assertEquals(4, evaluation.correct());
        assertTrue(evaluation.loss() < 0.1, "loss " + evaluation.loss());
        Predictor predictor = network.predictor();
        float[] input = {0, 0, 1, 0};
        assertEquals(0, predictor.classify(input, 0));
        assertEquals(1, predictor.classify(input, 2));
    }

    private static String fingerprint(long seed, int batch, TrainingListener listener) {
        Network network = network(20, 17, 3);
        Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .seed(seed)
                .batchSize(batch)
                .epochs(2)
                .listener(listener)
                .build()
                .train(pictures(60, 20, 3));
        return network.fingerprint();
    }

    @Test
    void theSeedDecidesAndTheListenerDoesNot() {
        TrainingListener deaf = new TrainingListener() {},
                busy =
                        new TrainingListener() {
                            @Override
                            public void batchDone(int epoch, int done, int samples, double loss) {
                                new RandomSource(1).shuffle(new int[10]);
                            }
                        };
        assertEquals(fingerprint(1, 1, deaf), fingerprint(1, 1, busy));
        assertEquals(fingerprint(1, 7, deaf), fingerprint(1, 7, busy));
        assertNotEquals(fingerprint(1, 1, deaf), fingerprint(2, 1, deaf));
        assertNotEquals(fingerprint(1, 1, deaf), fingerprint(1, 7, deaf));
    }

    private static Trainer.Builder steady(Network network) {
        return Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .learningRate(0.1f)
                .batchSize(4);
    }

    private static Network dropping() {
        return Network.builder(20)
                .dense(17, Activation.TANH)
                .dropout(0.3)
                .dense(3, Activation.IDENTITY)
                .build(1);
    }

    @Test
    void callsOfOneEpochAreTheEpochsOfOneCall() {
        Dataset data = pictures(61, 20, 3);
        Network whole = dropping(), parts = dropping(), handed = dropping();
        assertTrue(steady(whole).epochs(6).build().train(data));
        Trainer trainer = steady(parts).epochs(1).build();
        for (int epoch = 0; epoch < 6; epoch++) assertTrue(trainer.train(data));
        assertEquals(whole.fingerprint(), parts.fingerprint());
        Trainer half = steady(handed).epochs(2).build();
        half.train(data);
        steady(handed).epochs(4).startAt(half.progress()).build().train(data);
        assertEquals(whole.fingerprint(), handed.fingerprint());
        Network repeated = dropping();
        for (int epoch = 0; epoch < 6; epoch++)
            steady(repeated).epochs(1).build().train(data);
        assertNotEquals(whole.fingerprint(), repeated.fingerprint(), "the first epoch six times");
    }

    /** Momentum, as an optimizer of one's own. */
    private static final class Remembering implements Optimizer {

        @Override
        public int states() {
            return 1;
        }

        @Override
        public void update(Pass pass, ParameterShape shape, Slice w, Slice g, Slice[] state, long step, float rate) {
            for (int r = 0; r < w.rows(); r++)
                for (int c = 0; c < w.columns(); c++) {
                    state[0].set(r, c, 0.5f * state[0].get(r, c) + g.get(r, c));
                    w.set(r, c, w.get(r, c) - rate * state[0].get(r, c));
                }
        }
    }

    @Test
    void whatAnOptimizerRemembersLastsFromCallToCall() {
        Dataset data = pictures(61, 20, 3);
        Network whole = dropping(), parts = dropping();
        steady(whole).optimizer(new Remembering()).epochs(4).build().train(data);
        Trainer trainer = steady(parts).optimizer(new Remembering()).epochs(1).build();
        for (int epoch = 0; epoch < 4; epoch++) assertTrue(trainer.train(data));
        assertEquals(whole.fingerprint(), parts.fingerprint());
    }

    /** Stopped at any step, and gone on with by the same trainer or by another one. */
    @Test
    void aTrainingThatWasStoppedGoesOnToTheSameBits() {
        Dataset data = pictures(61, 20, 3);
        Network whole = dropping();
        Trainer uninterrupted = steady(whole).epochs(3).build();
        assertTrue(uninterrupted.train(data));
        assertEquals(new Progress(4, 48, 0, 0), uninterrupted.progress());
        for (int stopAt : new int[] {1, 7, 16, 17, 30, 47})
            for (boolean another : new boolean[] {false, true}) {
                Network network = dropping();
                Trainer[] trainer = new Trainer[1];
                int[] steps = {0};
                TrainingListener listener = new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int of, double loss) {
                        if (++steps[0] == stopAt) trainer[0].stop();
                    }
                };
                trainer[0] = steady(network).epochs(1).listener(listener).build();
                while (steps[0] < stopAt) trainer[0].train(data);
                Progress place = trainer[0].progress();
                assertEquals(new Progress(1 + stopAt / 16, stopAt, stopAt % 16 * 4, place.lossSum()), place);
                if (another)
                    trainer[0] = steady(network).epochs(1).startAt(place).build();
                while (trainer[0].progress().epoch() < 4) assertTrue(trainer[0].train(data));
                assertEquals(whole.fingerprint(), network.fingerprint(), "stopped at step " + stopAt);
            }
        Trainer elsewhere =
                steady(dropping()).startAt(new Progress(2, 20, 5, 0)).build();
        assertTrue(refused(() -> elsewhere.train(data)).contains("is not between two batches of 4 rows of 61 samples"));
    }

    @Test
    void aStopBeforeTheTrainingIsNotLost() {
        Network network = network(2, 3, 2);
        String before = network.fingerprint();
        Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY).build();
        trainer.stop();
        assertFalse(trainer.train(XOR));
        assertEquals(before, network.fingerprint());
        assertTrue(trainer.train(XOR), "one stop ends one training");
        assertNotEquals(before, network.fingerprint());
    }

    @Test
    void anInterruptEndsTheTrainingAfterTheStep() throws Exception {
        Network network = network(2, 3, 2);
        int[] batches = new int[1];
        CountDownLatch begun = new CountDownLatch(1);
        Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                .epochs(Integer.MAX_VALUE)
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        batches[0]++;
                        begun.countDown();
                    }
                })
                .build();
        FutureTask<Boolean> task = new FutureTask<>(() -> trainer.train(XOR));
        Thread thread = new Thread(task);
        thread.start();
        begun.await();
        task.cancel(true);
        thread.join();
        assertTrue(batches[0] > 0);
        Thread.currentThread().interrupt();
        String before = network.fingerprint();
        assertFalse(trainer.train(XOR));
        assertTrue(Thread.interrupted(), "the interrupt is the caller's to see");
        assertEquals(before, network.fingerprint());
    }

    @Test
    void aTrainerTrainsOneTrainingAtATime() {
        List<String> refused = new ArrayList<>();
        Trainer[] trainer = new Trainer[1];
        trainer[0] = Trainer.builder(network(2, 3, 2), Loss.SOFTMAX_CROSS_ENTROPY)
                .epochs(1)
                .listener(new TrainingListener() {
                    @Override
                    public void epochDone(Epoch epoch) {
                        refused.add(assertThrows(IllegalStateException.class, () -> trainer[0].train(XOR))
                                .getMessage());
                    }
                })
                .build();
        trainer[0].train(XOR);
        assertTrue(refused.get(0).startsWith("this trainer is training already"), refused.toString());
    }

    @Test
    void listenersHearOfEveryBatchAndEpoch() {
        List<String> heard = new ArrayList<>();
        double[] sum = new double[1];
        Trainer.builder(network(20, 17, 3), Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(4)
                .epochs(2)
                .listener(new TrainingListener() {
                    private int before;

                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        heard.add(epoch + ": " + done + " of " + samples);
                        sum[0] += loss * (done - before);
                        before = done % samples;
                    }

                    @Override
                    public void epochDone(Epoch epoch) {
                        heard.add("epoch " + epoch.number() + ", " + epoch.samples());
                        assertEquals(sum[0] / 10, epoch.loss(), 1e-12);
                        assertTrue(epoch.nanos() > 0 && epoch.samplesPerSecond() > 0);
                        sum[0] = 0;
                    }
                })
                .build()
                .train(pictures(10, 20, 3));
        assertEquals(
                List.of(
                        "1: 4 of 10",
                        "1: 8 of 10",
                        "1: 10 of 10",
                        "epoch 1, 10",
                        "2: 4 of 10",
                        "2: 8 of 10",
                        "2: 10 of 10",
                        "epoch 2, 10"),
                heard);
    }

    @Test
    void anEpochVisitsEverySampleOnceAndTheNextInAnotherOrder() {
        int n = 50;
        float[] inputs = new float[n], targets = new float[n];
        for (int i = 0; i < n; i++) targets[i] = i;
        List<Double> orders = new ArrayList<>();
        Network network = network(1, 1);
        network.setParameters(new float[2]);
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .learningRate(1e-30f)
                .epochs(2)
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        orders.add(StrictMath.rint(StrictMath.sqrt(loss))); // the target: the output stays near 0
                    }
                })
                .build()
                .train(Dataset.ofFloats(1, inputs, 1, targets));
        List<Double> first = orders.subList(0, n), second = orders.subList(n, 2 * n);
        assertNotEquals(first, second);
        for (List<Double> order : List.of(first, second))
            for (double i = 0; i < n; i++) assertTrue(order.contains(i), order.toString());
    }

    @Test
    void stoppingEndsTheTrainingAfterTheStep() {
        int[] batches = new int[1];
        Trainer[] trainer = new Trainer[1];
        trainer[0] = Trainer.builder(network(2, 3, 2), Loss.SOFTMAX_CROSS_ENTROPY)
                .listener(new TrainingListener() {
                    @Override
                    public void batchDone(int epoch, int done, int samples, double loss) {
                        if (++batches[0] == 6) trainer[0].stop();
                    }

                    @Override
                    public void epochDone(Epoch epoch) {
                        assertEquals(1, epoch.number());
                    }
                })
                .build();
        trainer[0].train(XOR);
        assertEquals(6, batches[0]);
    }

    // The learning rate

    @Test
    void schedulesAreAskedOncePerStep() {
        List<String> asked = new ArrayList<>();
        Trainer.builder(network(2, 2), Loss.SOFTMAX_CROSS_ENTROPY)
                .batchSize(3)
                .epochs(2)
                .learningRate((step, steps) -> {
                    asked.add(step + "/" + steps);
                    return 0f;
                })
                .build()
                .train(XOR);
        assertEquals(List.of("0/4", "1/4", "2/4", "3/4"), asked);
    }

    @Test
    void aLinearScheduleFallsToZeroAfterTheLastStep() {
        Schedule linear = new Linear(0.1f);
        assertEquals(0.1f, linear.rate(0, 10));
        assertEquals((float) (0.1f * 0.5), linear.rate(5, 10));
        assertEquals((float) (0.1f * (1.0 - 9.0 / 10)), linear.rate(9, 10));
        assertEquals(0.3f, new Constant(0.3f).rate(7, 9));
        for (float wrong : new float[] {0f, -1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertTrue(refused(() -> new Constant(wrong)).contains("learning rate " + wrong));
            assertTrue(refused(() -> new Linear(wrong)).contains("learning rate " + wrong));
        }
    }

    @Test
    void aScheduleThatGivesNoRateIsRefusedAtItsStep() {
        for (float wrong : new float[] {-0.1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            Network network = network(2, 17, 2);
            Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .learningRate((step, steps) -> step == 2 ? wrong : 0.1f)
                    .build();
            String message = refused(() -> trainer.train(XOR));
            assertTrue(message.contains("step 3 of 40") && message.contains("" + wrong), message);
            assertEquals(null, network.firstNotFinite());
        }
    }

    // Divergence

    @Test
    void aLossThatIsNotFiniteStopsTheTraining() {
        Trainer trainer = Trainer.builder(network(2, 1), Loss.MEAN_SQUARED_ERROR)
                .learningRate(1e30f)
                .build();
        DivergedException diverged = assertThrows(DivergedException.class, () -> trainer.train(XOR));
        assertTrue(
                diverged.getMessage()
                        .matches("epoch 1, step [2-4]: the loss is (NaN|Infinity); a smaller learning rate.*"),
                diverged.getMessage());
    }

    @Test
    void aParameterThatIsNotFiniteIsFoundAtTheEpochsEnd() {
        Network network = network(1, 17, 1);
        List<Integer> epochs = new ArrayList<>();
        Trainer trainer = Trainer.builder(network, Loss.MEAN_SQUARED_ERROR)
                .learningRate(Float.MAX_VALUE)
                .listener(new TrainingListener() {
                    @Override
                    public void epochDone(Epoch epoch) {
                        epochs.add(epoch.number());
                    }
                })
                .build();
        DivergedException diverged = assertThrows(
                DivergedException.class,
                () -> trainer.train(Dataset.ofFloats(1, new float[] {1}, 1, new float[] {1e4f})));
        assertTrue(
                diverged.getMessage()
                        .matches("epoch 1: parameter dense[12]\\.(weights|bias)\\[\\d+]\\[\\d+] is not finite; .*"),
                diverged.getMessage());
        assertEquals(List.of(), epochs);
    }

    private static String diverged(float inputs, float targets, Loss loss) {
        RandomSource random = new RandomSource(1);
        float[] x = new float[40], t = new float[20];
        for (int i = 0; i < x.length; i++) x[i] = inputs * (2 * random.uniform() - 1);
        for (int i = 0; i < t.length; i++) t[i] = targets * random.uniform();
        Trainer trainer =
                Trainer.builder(network(2, 5, 1), loss).learningRate(1e25f).build();
        return assertThrows(DivergedException.class, () -> trainer.train(Dataset.ofFloats(2, x, 1, t)))
                .getMessage();
    }

    @Test
    void whatIsLargeIsNamedWhereTrainingDiverges() {
        String none = diverged(1, 1, Loss.MEAN_SQUARED_ERROR);
        assertTrue(none.endsWith("; a smaller learning rate may help") && !none.contains("reach"), none);
        String targets = diverged(1, 4e5f, Loss.MEAN_SQUARED_ERROR);
        assertTrue(targets.matches(".*; the targets reach [0-9.E]+ \\(number 0 of sample \\d+\\), scale .*"), targets);
        assertFalse(targets.contains("inputs"), targets);
        String inputs = diverged(3000, 1, Loss.MEAN_SQUARED_ERROR);
        assertTrue(inputs.matches(".*; the inputs reach [0-9.E]+ \\(number [01] of sample \\d+\\), .*"), inputs);
        assertTrue(inputs.contains("batch normalisation") && !inputs.contains("targets"), inputs);
        String both = diverged(3000, 4e5f, Loss.HUBER);
        assertTrue(both.contains("the inputs reach") && both.contains("the targets reach"), both);
    }

    // What is refused

    /** Of 300 samples the one that is wrong is named, and no step was done before it was found. */
    @Test
    void aTargetThatIsNoneIsNamedBeforeTheFirstStep() {
        float[] inputs = new float[600], targets = new float[300];
        for (int i = 0; i < 300; i++) targets[i] = i % 3;
        targets[277] = 3;
        Dataset data = Dataset.ofFloats(2, inputs, 1, targets);
        refusedByBoth(
                "sample 277: target class 3.0, an integer from 0 to 2 expected",
                network(2, 3),
                Loss.SOFTMAX_CROSS_ENTROPY,
                data);
        refusedByBoth("sample 0: target 0 is 0.0, -1 or +1 expected", network(2, 1), Loss.HINGE, data);
        refusedByBoth(
                "sample 2: target 0 is 2.0, a probability from 0 to 1 expected",
                network(2, 1),
                Loss.BINARY_CROSS_ENTROPY,
                data);
        refusedByBoth("sample 7: target class 3.0", network(2, 3), Loss.SOFTMAX_CROSS_ENTROPY, data.range(270, 300));
    }

    @Test
    void anIndexOutOfAVocabularyIsNamedBeforeTheFirstStep() {
        float[] inputs = new float[60];
        inputs[51] = 7;
        Network network = Network.builder(2)
                .add(Embedding.of(2, 7, 3))
                .dense(1, Activation.IDENTITY)
                .build(1);
        refusedByBoth(
                "sample 25: input 1 is 7.0, an integer from 0 to 6 expected",
                network,
                Loss.MEAN_SQUARED_ERROR,
                Dataset.ofFloats(2, inputs, 1, new float[30]));
    }

    /** A loss of one's own that says nothing before: then at least not the row of a batch. */
    @Test
    void aLossOfOnesOwnThatRefusesATargetNamesTheSample() {
        Loss picky = new Loss("picky") {
            @Override
            public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
                if (targets.get(row, 0) > 2) throw new IllegalArgumentException("too large");
                return Loss.MEAN_SQUARED_ERROR.valueAndGradient(pass, row, rows, logits, targets, dLogits);
            }
        };
        float[] targets = {0, 1, 2, 3, 0, 1, 2, 0};
        Trainer trainer = Trainer.builder(network(1, 1), picky).batchSize(3).build();
        assertEquals(
                "sample 3: too large", refused(() -> trainer.train(Dataset.ofFloats(1, new float[8], 1, targets))));
    }

    @Test
    void aSoftmaxUnderALossThatBringsItsOwnIsRefused() {
        Network network =
                Network.builder(2).dense(2, Activation.TANH).add(Softmax.of(2)).build(1);
        String message = refused(
                () -> Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY).build());
        assertTrue(message.startsWith("the last layer (softmax 2) makes probabilities, but softmax"), message);
        Network one = network(2, 1);
        assertTrue(
                refused(() -> Trainer.builder(one, Loss.SOFTMAX_CROSS_ENTROPY).build())
                        .startsWith("a softmax of one output is 1 always"));
        Trainer.builder(network, Loss.MEAN_SQUARED_ERROR).build();
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        Trainer.Builder builder = Trainer.builder(network(2, 2), Loss.SOFTMAX_CROSS_ENTROPY);
        assertSame(builder, builder.batchSize(1).epochs(1).seed(-1));
        assertTrue(refused(() -> builder.batchSize(0)).contains("batch size 0"));
        assertTrue(refused(() -> builder.epochs(0)).contains("0 epochs"));
        assertThrows(NullPointerException.class, () -> builder.learningRate(null));
        assertThrows(NullPointerException.class, () -> builder.listener(null));
        assertThrows(NullPointerException.class, () -> Trainer.builder(null, Loss.MEAN_SQUARED_ERROR));
        assertThrows(NullPointerException.class, () -> Trainer.builder(network(2, 2), null));
    }

    @Test
    void dataThatDoNotFitAreRefusedBeforeTheFirstStep() {
        refusedByBoth("no samples", network(2, 2), Loss.SOFTMAX_CROSS_ENTROPY, XOR.range(0, 0));
        refusedByBoth(
                "samples of 2 values, but the network has 3 inputs", network(3, 2), Loss.SOFTMAX_CROSS_ENTROPY, XOR);
        refusedByBoth("targets of 1 values do not fit 2 outputs", network(2, 2), Loss.MEAN_SQUARED_ERROR, XOR);
        refusedByBoth(
                "targets of 3 values do not fit 2 outputs with softmax cross-entropy",
                network(2, 2),
                Loss.SOFTMAX_CROSS_ENTROPY,
                Dataset.ofFloats(2, new float[2], 3, new float[3]));
        refusedByBoth(
                "4 classes, but the network has 3 outputs",
                network(5, 3),
                Loss.SOFTMAX_CROSS_ENTROPY,
                pictures(3, 5, 4));
    }

    private static void refusedByBoth(String part, Network network, Loss loss, Dataset data) {
        String before = network.fingerprint();
        Trainer trainer = Trainer.builder(network, loss).build();
        for (Executable call :
                List.<Executable>of(() -> trainer.train(data), () -> Evaluation.of(network, loss, data))) {
            String message = refused(call);
            assertTrue(message.contains(part), message);
        }
        assertEquals(before, network.fingerprint());
    }

    /** One output and two classes: a sigmoid's, with bytes and labels as with floats. */
    @Test
    void oneOutputTellsTwoClassesApart() {
        Network network = network(20, 1);
        Dataset data = pictures(100, 20, 2);
        Trainer.builder(network, Loss.BINARY_CROSS_ENTROPY).epochs(20).build().train(data);
        assertTrue(Evaluation.of(network, Loss.BINARY_CROSS_ENTROPY, data).loss() < 0.2);
    }

    // Fingerprints

    /** All of it at once: kernels, layers, losses, order, on every JDK and at every width. */
    @Tag("bits")
    @ParameterizedTest
    @CsvSource({
        "sigmoid, softmax cross-entropy, 1, 793fa4ff9381f83a",
        "tanh, mean squared error, 1, e193c0c37bdcd7cd",
        "relu, softmax cross-entropy, 1, b5c5cb350619b00c",
        "leaky-relu, binary cross-entropy, 5, 735fe4ce73b7ae81",
        "softplus, softmax cross-entropy, 1, f31f066532deaa6f",
        "gelu-tanh, softmax cross-entropy, 32, 6931873034dca2a1",
        "gelu, softmax cross-entropy, 32, 7b371a8cf83a234e",
        "silu, binary cross-entropy, 1, 817f2cbdea8edd28",
        "identity, softmax cross-entropy, 1, 509e7add40d848a1"
    })
    void shortTrainingsHaveTheirFingerprints(String activation, String loss, int batch, String fingerprint) {
        Activation a = Activation.all().stream()
                .filter(candidate -> candidate.toString().equals(activation))
                .findFirst()
                .orElseThrow();
        Loss l = Loss.all().stream()
                .filter(candidate -> candidate.toString().equals(loss))
                .findFirst()
                .orElseThrow();
        Network network = Network.builder(50)
                .dense(130, a)
                .dense(17, a)
                .dense(5, Activation.IDENTITY)
                .build(3);
        Dataset data = pictures(1500, 50, 5);
        Trainer.builder(network, l)
                .batchSize(batch)
                .epochs(2)
                .learningRate(new Linear(0.05f))
                .build()
                .train(loss.startsWith("softmax") ? data : data.oneHot());
        assertEquals(fingerprint, network.fingerprint());
    }

    // Judging

    @Test
    void evaluationIsTheMeanLossAndTheShareOfLargestLogits() {
        Network network = network(2, 3);
        network.setParameters(new float[] {1, 0, 0, 0, 2, 0, 0, 0, 0.5f});
        float[] inputs = {1, 0, 0, 1, 0, 0, 0.5f, 0.25f};
        float[] classes = {0, 2, 2, 0};
        Dataset data = Dataset.ofFloats(2, inputs, 1, classes);
        double sum = 0;
        float[][] logits = {{1, 0, 0.5f}, {0, 2, 0.5f}, {0, 0, 0.5f}, {0.5f, 0.5f, 0.5f}};
        for (int s = 0; s < 4; s++) {
            double exp = 0;
            for (float z : logits[s]) exp += StrictMath.exp(z);
            sum += StrictMath.log(exp) - logits[s][(int) classes[s]];
        }
        Evaluation evaluation = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data);
        assertEquals(4, evaluation.samples());
        assertEquals(3, evaluation.correct());
        assertEquals(0.75, evaluation.accuracy());
        assertEquals(sum / 4, evaluation.loss(), 1e-6);
    }

    @Test
    void evaluationDoesNotDependOnHowManySamplesComeTogether() {
        Network network = network(20, 17, 3);
        Dataset data = pictures(53, 20, 3);
        Evaluation all = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data);
        double sum = 0;
        int correct = 0;
        for (int i = 0; i < data.size(); i++) {
            Evaluation one = Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data.range(i, i + 1));
            sum += one.loss();
            correct += one.correct();
        }
        assertEquals(sum / data.size(), all.loss());
        assertEquals(correct, all.correct());
    }

    /** A point's side of a line, in the codes that people give two classes. */
    private static Dataset sides(float no, float yes, int columns) {
        RandomSource random = new RandomSource(9);
        float[] inputs = new float[2 * 200], targets = new float[200 * columns];
        for (int s = 0; s < 200; s++) {
            boolean side = s % 2 == 0;
            inputs[2 * s] = random.normal();
            inputs[2 * s + 1] = inputs[2 * s] + (side ? 0.5f : -0.5f) * (1 + random.uniform());
            for (int c = 0; c < columns; c++) targets[s * columns + c] = side == (c % 2 == 0) ? yes : no;
        }
        return Dataset.ofFloats(2, inputs, columns, targets);
    }

    private static Evaluation trained(Loss loss, Dataset data) {
        Network network = network(2, data.targetSize());
        Trainer.builder(network, loss).epochs(30).build().train(data);
        return Evaluation.of(network, loss, data);
    }

    @Test
    void answersAreComparedAsTheLossMeansTargets() {
        for (int outputs : new int[] {1, 2, 3}) {
            Evaluation hinge = trained(Loss.HINGE, sides(-1, 1, outputs));
            Evaluation soft = trained(Loss.BINARY_CROSS_ENTROPY, sides(0.1f, 0.9f, outputs));
            for (Evaluation evaluation : List.of(hinge, soft)) {
                assertEquals(200 * outputs, evaluation.answers());
                assertEquals(1.0, evaluation.accuracy(), evaluation.toString());
            }
            assertEquals(outputs == 1 ? Task.BINARY : Task.MULTILABEL, hinge.task());
        }
        Evaluation hot = trained(Loss.SOFTMAX_CROSS_ENTROPY, sides(0, 1, 2));
        assertEquals(200, hot.answers());
        assertEquals(1.0, hot.accuracy());
        assertTrue(hot.toString().matches("loss 0\\.\\d+, accuracy 100\\.00% \\(200 of 200\\)"), hot.toString());
    }

    @Test
    void aRegressionHasNoAccuracy() {
        Dataset data = sides(-1, 1, 1);
        for (Loss loss : List.of(Loss.MEAN_SQUARED_ERROR, Loss.MEAN_ABSOLUTE_ERROR, Loss.HUBER)) {
            Evaluation evaluation = trained(loss, data);
            assertFalse(evaluation.hasAccuracy());
            assertThrows(IllegalStateException.class, evaluation::accuracy);
            assertFalse(evaluation.toString().contains("accuracy"), evaluation.toString());
        }
        // Which numbers mean yes nobody has said, neither of one output nor of several.
        for (int outputs : new int[] {1, 3})
            for (Task task : List.of(Task.BINARY, Task.MULTILABEL)) {
                Network network = network(2, outputs);
                refused(() -> Evaluation.of(network, Loss.MEAN_SQUARED_ERROR, sides(0, 1, outputs), task));
                refused(() -> lanewise.Model.builder(network, Loss.HUBER).task(task));
            }
        refused(() -> Evaluation.of(network(2, 1), Loss.MEAN_SQUARED_ERROR, data, Task.MULTICLASS));
        refused(() -> Evaluation.of(network(2, 1), Loss.BINARY_CROSS_ENTROPY, sides(0, 1, 1), Task.MULTILABEL));
        refused(() ->
                Evaluation.of(network(20, 100), Loss.SOFTMAX_CROSS_ENTROPY, pictures(10, 20, 3), Task.MULTILABEL));
        // Scores of classes by the squared error can be compared.
        Network scores = network(2, 2);
        Trainer.builder(scores, Loss.MEAN_SQUARED_ERROR).epochs(30).build().train(sides(0, 1, 2));
        assertEquals(
                1.0,
                Evaluation.of(scores, Loss.MEAN_SQUARED_ERROR, sides(0, 1, 2), Task.MULTICLASS)
                        .accuracy());
    }

    /** Rows of weight zero name no class, least of all the first one. */
    @Test
    void targetsThatNameNoClassAreNotCompared() {
        Dataset data = Dataset.ofFloats(1, new float[3], 2, new float[] {0, 0, 2, 0, 0, 0});
        Evaluation evaluation = Evaluation.of(network(1, 2), Loss.SOFTMAX_CROSS_ENTROPY, data);
        assertEquals(1, evaluation.answers());
        assertEquals(3, evaluation.samples());
        Evaluation none = Evaluation.of(network(1, 2), Loss.SOFTMAX_CROSS_ENTROPY, data.range(2, 3));
        assertFalse(none.hasAccuracy());
    }

    @Test
    void severalAnswersOfASampleCountOneByOneAndNaNIsNone() {
        Network network = network(1, 3);
        network.setParameters(new float[] {0, 0, 0, 1, -1, 1});
        Dataset data = Dataset.ofFloats(1, new float[2], 3, new float[] {1, 0, 0, 0.5f, 0.6f, 1});
        Evaluation evaluation = Evaluation.of(network, Loss.BINARY_CROSS_ENTROPY, data);
        assertEquals(6, evaluation.answers());
        assertEquals(3, evaluation.correct()); // yes no, yes of yes no no; of no yes yes the last
        network.parameters().get(1).set(0, 0, Float.NaN);
        network.parameters().get(1).set(0, 1, Float.NaN);
        network.parameters().get(1).set(0, 2, Float.NaN);
        assertEquals(0, Evaluation.of(network, Loss.BINARY_CROSS_ENTROPY, data).correct());
        assertEquals(0, Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, data).correct());
    }

    /** Speed is another test's; this one holds why it stays: no gradient or activation is subnormal. */
    @Test
    void saturatedSigmoidsLeaveNoSubnormalNumbers() {
        Network network = network(20, 40, 30, 3);
        float[] parameters = network.copyParameters();
        for (int i = 0; i < parameters.length; i++) parameters[i] *= 60;
        network.setParameters(parameters);
        Dataset data = pictures(40, 20, 3);
        Batch batch = Batch.forTraining(network.stack(), 40);
        Pass pass = batch.pass();
        Slice targets = Slice.allocate(40, 1);
        for (int r = 0; r < 40; r++) {
            data.input(r, batch, r);
            data.target(r, targets, r);
        }
        network.stack()
                .forward(
                        pass,
                        0,
                        40,
                        network.parameters(),
                        pass.batch().input(),
                        pass.batch().output());
        for (int r = 0; r < 40; r++)
            Loss.SOFTMAX_CROSS_ENTROPY.valueAndGradient(
                    pass, r, 40, pass.batch().output(), targets, pass.batch().dOutput());
        network.stack()
                .backward(
                        pass,
                        0,
                        40,
                        network.parameters(),
                        pass.batch().input(),
                        pass.batch().output(),
                        pass.batch().dOutput(),
                        pass.batch().dInput());
        int zeros = 0, small = 0;
        for (Slice slice : Arrays.asList(
                pass.perRow(0),
                pass.perRow(1),
                pass.perRow(2),
                pass.perRow(3),
                pass.batch().dOutput(),
                pass.batch().dInput()))
            for (int r = 0; r < slice.rows(); r++)
                for (int c = 0; c < slice.columns(); c++) {
                    float v = Math.abs(slice.get(r, c));
                    assertTrue(v == 0f || v >= 1e-25f, "a value of " + v);
                    if (v == 0f) zeros++;
                    else if (v < 1e-15f) small++;
                }
        assertTrue(zeros > 50 && small > 50, zeros + " zeros and " + small + " small values: nothing was saturated");
    }
}
