package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import lanewise.ChildJvm;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.Predictor;
import lanewise.RandomModels;
import lanewise.Workers;
import lanewise.check.GradientCheck;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Changes;
import lanewise.layer.Dense;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The change to the vector kernels: never seen in the bits, and made where it pays. JVMs of their own tell the latter. */
class ChangeoverTest {

    private static final String WITH_MODULE = "--add-modules=jdk.incubator.vector";
    private static final int STEPS = 24;

    // The bits

    @Property
    @Tag("bits")
    @Label("whichever steps run on which kernels, parameters and losses are the same after each of them")
    void bitsDoNotTellWhenKernelsChange(@ForAll long seed) {
        RandomSource random = new RandomSource(seed);
        Network network = network(random, seed), other = network(random.nextInt(1 << 30), network, seed);
        int most = rows(network, random);
        int changes = random.nextInt(3);
        int first = random.nextInt(STEPS), pattern = random.nextInt(1 << STEPS);
        LongPredicate vectorAt = changes == 0
                ? step -> step >= first
                : changes == 1 ? step -> step < first : step -> (pattern >> step & 1) != 0;
        Regularizer penalty = random.nextInt(4) == 0 ? Regularizer.l2(0.001f) : Regularizer.NONE;
        Dataset data = data(network, random);
        int[] order = new int[data.size()];
        for (int i = 0; i < order.length; i++) order[i] = random.nextInt(order.length);
        try (Step changing = step(network, penalty, most);
                Step scalar = step(other, penalty, most)) {
            changing.changeover(Changes.at(vectorAt));
            scalar.changeover(Changes.at(step -> false));
            for (int step = 0; step < STEPS; step++) {
                int rows = network.stack().rowwise() && random.nextInt(3) == 0 ? 1 : most;
                double loss = run(changing, data, order, step, rows), expected = run(scalar, data, order, step, rows);
                assertEquals(expected, loss, "loss of step " + step + "\n" + network);
                // A checkpoint now and then, before which all updates that wait are done.
                if (random.nextInt(6) > 0 && step < STEPS - 1) continue;
                changing.finish();
                scalar.finish();
                assertEquals(other.fingerprint(), network.fingerprint(), "after step " + step + "\n" + network);
            }
        }
        Statistics.label("rows").collect(most == 1 ? "one" : "several");
        Statistics.label("changes").collect(changes == 2 ? "many" : changes == 1 ? "back" : "one");
    }

    /** Wide and narrow, dense inputs and sparse ones, with dropout and with normalisation. */
    private static Network network(RandomSource random, long seed) {
        if (random.nextInt(3) > 0) return RandomModels.network(seed);
        Network.Builder builder =
                Network.builder(40 + random.nextInt(60)).dense(65 + random.nextInt(80), Activation.RELU);
        if (random.nextInt(2) == 0) builder.dropout(0.5);
        if (random.nextInt(3) == 0) builder.batchNorm();
        return builder.dense(17 + random.nextInt(30), Activation.SIGMOID)
                .dense(2 + random.nextInt(9), Activation.IDENTITY)
                .build(seed);
    }

    /** The same network once more. */
    private static Network network(int unused, Network network, long seed) {
        Network.Builder builder = Network.builder(network.inputSize());
        network.stack().layers().forEach(builder::add);
        Network other = builder.build(seed);
        other.parameters().copyFrom(network.parameters());
        return other;
    }

    private static int rows(Network network, RandomSource random) {
        int most = random.nextInt(2) == 0 ? 1 : 2 + random.nextInt(9);
        return network.stack().rowwise() ? most : Math.max(2, most);
    }

    private static Dataset data(Network network, RandomSource random) {
        int samples = 30, inputs = network.inputSize();
        float[] values = new float[samples * inputs], targets = new float[samples * network.outputSize()];
        for (int i = 0; i < values.length; i++)
            if (i / inputs % 3 == 0 || random.nextInt(4) == 0) values[i] = random.normal();
        for (int i = 0; i < targets.length; i++) targets[i] = random.uniform();
        return Dataset.ofFloats(inputs, values, network.outputSize(), targets);
    }

    private static Step step(Network network, Regularizer penalty, int rows) {
        return new Step(
                network,
                Loss.MEAN_SQUARED_ERROR,
                new UpdateRule(new lanewise.train.optimizer.Sgd(), penalty, Clipping.NONE),
                rows,
                network.outputSize(),
                Workers.one());
    }

    private static double run(Step step, Dataset data, int[] order, int number, int rows) {
        int from = number % (order.length - rows);
        step.load(data, order, from, rows);
        step.batch().begin(3, number, from);
        return step.run(rows, 0.01f);
    }

    // When it is made

    /** A network and data like those of a small table: 30 inputs, 569 rows. */
    private static Network small() {
        return Network.builder(30)
                .dense(16, Activation.RELU)
                .dropout(0.1)
                .dense(2, Activation.IDENTITY)
                .build(1);
    }

    private static Dataset table() {
        RandomSource random = new RandomSource(4);
        float[] inputs = new float[569 * 30], classes = new float[569];
        for (int i = 0; i < inputs.length; i++) inputs[i] = random.normal();
        for (int i = 0; i < classes.length; i++) classes[i] = random.nextInt(2);
        return Dataset.ofFloats(30, inputs, 1, classes);
    }

    /** Trains a small network on a table, evaluates, predicts and checks a gradient. */
    static final class Short {
        public static void main(String[] args) {
            Network network = small();
            // One step by itself, which loads classes; and then few, as one that is held up stands for those to come.
            Trainer.builder(small(), Loss.SOFTMAX_CROSS_ENTROPY)
                    .epochs(1)
                    .build()
                    .train(table().range(0, 1));
            Trainer trainer = Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .epochs(1)
                    .build();
            System.out.println("before: " + trainer.kernels());
            trainer.train(table());
            Evaluation.of(network, Loss.SOFTMAX_CROSS_ENTROPY, table());
            network.predictor().classify(new float[30], 0);
            GradientCheck.of(Dense.of(5, 20, Activation.TANH)).run().assertCorrect();
            System.out.println("kernels: " + trainer.kernels());
            System.out.println("rehearsals: " + Changes.rehearsals());
            System.out.println("kernels of this JVM: " + Lanewise.kernels());
        }
    }

    @Test
    void aShortTrainingRehearsesNothing() throws Exception {
        assumeVectors();
        String printed = ChildJvm.run(List.of(WITH_MODULE, "-Xlog:class+load"), Short.class);
        assertTrue(printed.contains("before: no kernels yet\n"), printed);
        assertTrue(
                printed.contains("kernels: scalar kernels, because it ended before vector kernels could pay\n"),
                printed);
        assertTrue(printed.contains("rehearsals: 0\n"), printed);
        assertTrue(printed.contains("kernels of this JVM: vector kernels"), printed);
        assertFalse(printed.contains("] jdk.incubator.vector.FloatVector "), printed);
    }

    /** Trains until the kernels stay; the epochs' number only ends a child that hangs. */
    static final class Long {

        public static void main(String[] args) {
            Network network = small();
            String first = trained(network, false);
            System.out.println("first: " + first);
            System.out.println("second: " + trained(small(), true));
            System.out.println("kernels: " + Lanewise.kernels());
            System.out.println("reason: " + Lanewise.kernelsReason());
            Predictor predictor = network.predictor();
            System.out.println("class " + predictor.classify(new float[30], 0));
            System.out.println("rehearsals: " + Changes.rehearsals());
        }

        private static String trained(Network network, boolean once) {
            List<Trainer> trainer = new ArrayList<>();
            TrainingListener listener = new TrainingListener() {
                @Override
                public void batchDone(int epoch, int samples, int of, double loss) {
                    if (samples == of && (once || decided(trainer.get(0).kernels())))
                        trainer.get(0).stop();
                }
            };
            trainer.add(Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                    .learningRate(0.0001f)
                    .epochs(Integer.MAX_VALUE)
                    .batchSize(16)
                    .listener(listener)
                    .build());
            trainer.get(0).train(table());
            return trainer.get(0).kernels();
        }

        /** Where vectors are late to be compiled, a training takes them for such as never are, and changes over nevertheless. */
        private static boolean decided(String kernels) {
            return !kernels.contains("it ended before")
                    && !(Boolean.getBoolean("patient") && kernels.contains("does not compile the Vector API"));
        }
    }

    @Test
    void aLongTrainingChangesOverAndTheNextBeginsChanged() throws Exception {
        assumeVectors();
        String printed = ChildJvm.run(List.of(WITH_MODULE, "-Dpatient=true"), Long.class);
        assertTrue(
                printed.matches("(?s).*first: vector kernels [0-9]+ bit from step [0-9]+ on\\R.*"
                        + "second: vector kernels [0-9]+ bit\\R.*rehearsals: 1\\R.*exit 0"),
                printed);
    }

    @Test
    void trainingStaysOnScalarKernelsWhereVectorsAreNotCompiled() throws Exception {
        assumeVectors();
        for (String flag : List.of("-XX:-EnableVectorSupport", "-XX:TieredStopAtLevel=3")) {
            String printed = ChildJvm.run(List.of("-XX:+UnlockExperimentalVMOptions", WITH_MODULE, flag), Long.class);
            String reason = "this JVM does not compile the Vector API: ";
            assertTrue(printed.contains("first: scalar kernels, because " + reason), flag + printed);
            assertTrue(printed.contains("second: scalar kernels, because " + reason), flag + printed);
            assertTrue(printed.contains("kernels: scalar kernels\nreason: " + reason), flag + printed);
        }
    }

    @Test
    void forcedVectorKernelsRunFromTheFirstStepOn() throws Exception {
        assumeVectors();
        String printed = ChildJvm.run(List.of(WITH_MODULE, "-Dlanewise.kernels=vector"), Short.class);
        assertTrue(printed.matches("(?s).*kernels: vector kernels [0-9]+ bit\\R.*rehearsals: 0\\R.*exit 0"), printed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Dlanewise.kernels=scalar", "-Xint"})
    void whereThereIsNoChoiceTheReasonIsTold(String option) throws Exception {
        String printed = ChildJvm.run(List.of(WITH_MODULE, option), Short.class);
        assertTrue(printed.contains("kernels: scalar kernels, because "), printed);
        assertTrue(printed.contains(option.equals("-Xint") ? "only interprets" : "asked for by"), printed);
    }

    /** Fails in copies of layers, which are called in rehearsals alone. */
    private static final class Unrehearsed extends Activation {

        Unrehearsed() {
            super("unrehearsed");
        }

        @Override
        public float value(float x) {
            if (StackWalker.getInstance()
                    .walk(frames -> frames.anyMatch(f -> f.getClassName().contains("Miniature"))))
                throw new AssertionError("planted");
            return x;
        }

        @Override
        public float derivative(float x, float y) {
            return 1f;
        }
    }

    /** Trains a network that cannot be rehearsed until that is found out. */
    static final class Failing {
        public static void main(String[] args) {
            Network network = Network.builder(30)
                    .dense(20, new Unrehearsed())
                    .dense(2, Activation.IDENTITY)
                    .build(1);
            System.out.println("kernels: " + Long.trained(network, false));
        }
    }

    @Test
    void aFailedRehearsalLeavesScalarKernels() throws Exception {
        assumeVectors();
        String printed = ChildJvm.run(List.of(WITH_MODULE), Failing.class);
        assertEquals(
                "kernels: scalar kernels, because a rehearsal of the vector kernels failed: java.lang.AssertionError",
                printed.lines()
                        .filter(l -> l.startsWith("kernels: "))
                        .findFirst()
                        .orElse(printed));
    }

    private static void assumeVectors() {
        Assumptions.assumeTrue(
                jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 128,
                "this CPU has no vectors of 128 bit");
    }
}
