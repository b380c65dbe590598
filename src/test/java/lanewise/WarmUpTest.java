package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lanewise.kernel.Selection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class WarmUpTest {

    private static Model model(Activation activation) {
        return model(activation, Loss.SOFTMAX_CROSS_ENTROPY);
    }

    private static Model model(Activation activation, Loss loss) {
        Network network = Network.builder(50)
                .dense(40, activation)
                .dense(7, Activation.IDENTITY)
                .build(3);
        return Model.of(network, loss);
    }

    private static float[] predict(Predictor predictor) {
        float[] input = new float[50], prediction = new float[7];
        for (int i = 0; i < input.length; i += 2) input[i] = 1f / (1 + i);
        predictor.predict(input, 0, prediction, 0);
        return prediction;
    }

    @Test
    void aModelBeginsOnScalarKernelsAndPredictsTheSameOnTheOthers() {
        Assumptions.assumeFalse(Selection.forced(), "forced kernels run from the first call on");
        Model model = model(Activation.GELU);
        assertSame(Selection.scalar(), model.kernels(1));
        assertTrue(model.toString().endsWith("scalar kernels, warming up"), model.toString());
        Predictor predictor = model.predictorOn(Selection.scalar(), 1), changing = model.predictor();
        float[] before = predict(predictor);
        model.warmUp();
        assertSame(Selection.kernels(), model.kernels(1));
        assertTrue(model.toString().endsWith(Lanewise.kernels()), model.toString());
        assertArrayEquals(before, predict(changing));
        assertArrayEquals(before, predict(model.predictor()));
    }

    /** Vector code that is not compiled yet makes objects. */
    @Test
    void aWarmModelIsWarmForBatchesAndBytesToo() {
        Assumptions.assumeFalse(Selection.forced(), "forced kernels run cold");
        Model model = model(Activation.SIGMOID);
        model.warmUp();
        Predictor one = model.predictor(), several = model.predictor(16);
        byte[] bytes = new byte[16 * 50];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i % 3);
        float[] floats = new float[16 * 50], predictions = new float[16 * 7];
        Runnable calls = () -> {
            one.predict(bytes, 0, predictions, 0);
            several.predict(bytes, 0, predictions, 0, 16);
            several.predict(floats, 0, predictions, 0, 16);
        };
        calls.run();
        assertEquals(0, Allocation.of(calls, 200));
    }

    @Test
    void forcedKernelsRunFromTheFirstCallOn() {
        Assumptions.assumeTrue(Selection.forced());
        Model model = model(Activation.SIGMOID);
        assertSame(Selection.kernels(), model.kernels(1));
        model.warmUp();
        assertSame(Selection.kernels(), model.kernels(1));
    }

    @Test
    void theBackgroundThreadIsADaemonThatEnds() throws InterruptedException {
        Assumptions.assumeFalse(Selection.forced());
        Model model = model(Activation.TANH);
        model.predictor();
        Thread[] threads = new Thread[Thread.activeCount() + 10];
        for (int i = Thread.enumerate(threads) - 1; i >= 0; i--)
            if (threads[i].getName().equals("lanewise-warm-up")) assertTrue(threads[i].isDaemon());
        Lanewise.warmUp();
        assertTrue(model.warm());
        assertSame(Selection.kernels(), model.kernels(1));
    }

    @Test
    void kernelsThatGiveOtherBitsAreNotUsed() {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        AtomicInteger calls = new AtomicInteger();
        Model model = model(
                new Activation("unsteady") {
                    @Override
                    public float value(float x) {
                        return x + calls.incrementAndGet();
                    }

                    @Override
                    public float derivative(float x, float y) {
                        return 1f;
                    }
                },
                Loss.MEAN_SQUARED_ERROR);
        model.warmUp();
        assertSame(Selection.scalar(), model.kernels(1));
        assertTrue(model.toString().contains("other bits"), model.toString());
    }

    /** A fault that shows in batches alone is one of this JVM all the same. */
    @Test
    void kernelsThatFailForSeveralRowsAreNotUsedForOneEither() {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        AtomicInteger calls = new AtomicInteger();
        Layer dense = Dense.of(50, 7, Activation.IDENTITY);
        Layer layer = new Layer() {
            @Override
            public int inputSize() {
                return 50;
            }

            @Override
            public int outputSize() {
                return 7;
            }

            @Override
            public List<ParameterShape> parameters() {
                return dense.parameters();
            }

            @Override
            public Needs needs(boolean training) {
                return Needs.NONE.child(dense);
            }

            @Override
            public void initialize(Slice[] parameters, RandomSource random) {
                dense.initialize(parameters, random);
            }

            @Override
            public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
                dense.forward(pass.child(0), from, to, parameters, input, output);
                if (to - from > 1) output.set(from, 0, calls.incrementAndGet());
            }

            @Override
            public void backward(
                    Pass pass,
                    int from,
                    int to,
                    Slice[] parameters,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    Slice dInput) {}

            @Override
            public void accumulate(
                    Pass pass,
                    int rows,
                    Slice input,
                    Slice output,
                    Slice dOutput,
                    float scale,
                    Slice[] target,
                    int part,
                    int parts) {}
        };
        Model model = Model.of(Network.builder(50).add(layer).build(1), Loss.MEAN_SQUARED_ERROR);
        model.warmUp();
        assertSame(Selection.scalar(), model.kernels(1));
        assertSame(Selection.scalar(), model.kernels(4));
        assertTrue(
                model.toString().contains("scalar kernels, because the vector kernels gave other bits"),
                model.toString());
    }

    @Test
    void anErrorOnTheBackgroundThreadLeavesNobodyWaiting() throws InterruptedException {
        Assumptions.assumeTrue(!Selection.forced() && Selection.kernels() != Selection.scalar());
        model(
                        new Activation("broken") {
                            @Override
                            public float value(float x) {
                                throw new AssertionError("planted; its trace belongs to this test");
                            }

                            @Override
                            public float derivative(float x, float y) {
                                return 1f;
                            }
                        },
                        Loss.MEAN_SQUARED_ERROR)
                .predictor();
        Lanewise.warmUp();
        Model next = model(Activation.RELU);
        next.predictor();
        Lanewise.warmUp();
        assertTrue(next.warm());
    }

    @Test
    void withoutBackgroundWorkTheScalarKernelsStayUntilTheCallerWarmsUp() throws Exception {
        List<String> options = List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=off");
        String printed = ChildJvm.run(options, Threads.class);
        assertTrue(printed.contains("0 threads, scalar kernels, warming up"), printed);
    }

    @Test
    void whoWaitsForTheThreadNeedNotWaitForItsBeginning() throws Exception {
        List<String> options = List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=86400000");
        String printed = ChildJvm.run(options, Waiting.class);
        assertTrue(printed.contains("warm: true"), printed);
    }

    @Test
    void aSettingThatIsNoneIsRefusedByName() throws Exception {
        List<String> options = List.of("--add-modules", "jdk.incubator.vector", "-Dlanewise.warmUp=soon");
        String printed = ChildJvm.run(options, Refused.class);
        assertTrue(printed.contains("-Dlanewise.warmUp=soon: off, or milliseconds"), printed);
    }

    /** Waits for a thread that would begin tomorrow. */
    static final class Waiting {
        public static void main(String[] args) throws InterruptedException {
            Model model = model(Activation.SIGMOID);
            predict(model.predictor());
            Lanewise.warmUp();
            System.out.println("warm: " + model.warm());
        }
    }

    /** Makes a predictor with a wrong setting. */
    static final class Refused {
        public static void main(String[] args) {
            try {
                model(Activation.SIGMOID).predictor();
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** Makes a predictor in a JVM of its own and looks for the thread. */
    static final class Threads {
        public static void main(String[] args) {
            Model model = model(Activation.SIGMOID);
            predict(model.predictor());
            Thread[] threads = new Thread[1000];
            int ours = 0;
            for (int i = Thread.enumerate(threads) - 1; i >= 0; i--)
                if (threads[i].getName().startsWith("lanewise")) ours++;
            System.out.println(ours + " threads, " + model.toString().replaceFirst(".*, (.* kernels)", "$1"));
        }
    }
}
