package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Once its kernels are compiled, a predictor allocates nothing, lent from a pool or not: not one byte over a million rows of each form. Making
 * one takes what its model says.
 */
class PredictorAllocationTest {

    private static final int ROWS = 1_000_000, WARM = 20_000, PATIENCE = 500;

    private final Model model = Model.of(
            Network.builder(20)
                    .dense(33, Activation.TANH)
                    .add(PRelu.of(33))
                    .dense(5, Activation.IDENTITY)
                    .build(1),
            Loss.SOFTMAX_CROSS_ENTROPY);
    private final Predictor predictor = model.predictor();
    private final Predictor blocks = model.predictor(2);
    private final Predictor large = model.predictor(16);
    private final Predictor tempered = Model.builder(
                    Network.builder(20).dense(5, Activation.IDENTITY).build(1), Loss.SOFTMAX_CROSS_ENTROPY)
            .temperature(1.5f)
            .build()
            .predictor();
    private final float[] manyFloats = RandomModels.inputs(20, 35, 1);
    private final float[] sparseFloats = sparse(manyFloats);
    private final float[] manyOut = new float[35 * 5], manyLogits = manyOut.clone();
    private final Predictors predictors = Predictors.of(model);
    private final Predictors blocksLent = Predictors.of(model, 2);
    private final float[] floats = RandomModels.inputs(20, 3, 1);
    private final float[] out = new float[15], logits = out.clone();
    private final byte[] bytes = new byte[60];
    private final int[] classes = new int[3];
    private final int[] indices = {3, 7, 19};
    private final float[] values = {1f, 2f, 3f};
    private final FloatBuffer direct = ByteBuffer.allocateDirect(80)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .put(0, floats, 0, 20);
    private final FloatBuffer swapped = ByteBuffer.allocateDirect(80)
            .order(ByteOrder.BIG_ENDIAN)
            .asFloatBuffer()
            .put(0, floats, 0, 20);
    private final FloatBuffer heap = FloatBuffer.wrap(out);
    private final ByteBuffer directBytes = ByteBuffer.allocateDirect(20);

    private static float[] sparse(float[] floats) {
        float[] sparse = floats.clone();
        for (int i = 0; i < sparse.length; i++) if (i % 3 != 0) sparse[i] = 0f;
        return sparse;
    }

    @BeforeEach
    void warmUp() {
        model.warmUp();
    }

    @TestFactory
    Stream<DynamicTest> noFormAllocates() {
        return Stream.of(
                form("predict floats", () -> predictor.predict(floats, 0, out, 0)),
                form("predict rows of floats", 3, () -> blocks.predict(floats, 0, out, 0, 3)),
                form("predict floats with a temperature", () -> tempered.predict(floats, 0, out, 0)),
                form("predict many rows of floats", 35, () -> large.predict(manyFloats, 0, manyOut, 0, 35)),
                form("predict many rows of sparse floats", 35, () -> large.predict(sparseFloats, 0, manyOut, 0, 35)),
                form("predict bytes", () -> predictor.predict(bytes, 0, out, 0)),
                form("predict rows of bytes", 3, () -> blocks.predict(bytes, 0, out, 0, 3)),
                form("predict a direct buffer of floats", () -> predictor.predict(direct, 0, direct, 0)),
                form("predict a big-endian buffer of floats", () -> predictor.predict(swapped, 0, heap, 0)),
                form("predict a direct buffer of bytes", () -> predictor.predict(directBytes, 0, out, 0)),
                form("predict sparse", () -> predictor.predict(indices, values, 0, 3, out, 0)),
                form("logits of floats", () -> predictor.logits(floats, 0, out, 0)),
                form("logits of rows", 3, () -> blocks.logits(floats, 0, out, 0, 3)),
                form(
                        "logits and predictions of rows",
                        35,
                        () -> large.predict(manyFloats, 0, manyLogits, manyOut, 0, 35)),
                form("logits and prediction sparse", () -> predictor.predict(indices, values, 3, logits, out, 0)),
                form("classify floats", () -> predictor.classify(floats, 0)),
                form("classify rows of floats", 3, () -> blocks.classify(floats, 0, classes, 0, 3)),
                form("classify bytes", () -> predictor.classify(bytes, 0)),
                form("classify rows of bytes", 3, () -> blocks.classify(bytes, 0, classes, 0, 3)),
                form("classify a direct buffer of floats", () -> predictor.classify(direct, 0)),
                form("classify a direct buffer of bytes", () -> predictor.classify(directBytes, 0)),
                form("classify sparse", () -> predictor.classify(indices, values, 0, 3)),
                form("lend and predict floats", () -> predictors.predict(floats, 0, out, 0)),
                form("lend and predict rows of floats", 3, () -> blocksLent.predict(floats, 0, out, 0, 3)),
                form("lend and predict bytes", () -> predictors.predict(bytes, 0, out, 0)),
                form("lend and predict rows of bytes", 3, () -> blocksLent.predict(bytes, 0, out, 0, 3)),
                form("lend and classify floats", () -> predictors.classify(floats, 0)),
                form("lend and classify bytes", () -> predictors.classify(bytes, 0)),
                form("lend two and predict sparse", 2, this::lendTwo));
    }

    private void lendTwo() {
        try (Predictors.Lent lent = predictors.lend();
                Predictors.Lent other = predictors.lend()) {
            lent.predictor().predict(indices, values, 0, 3, out, 0);
            other.predictor().predict(indices, values, 0, 3, out, 5);
        }
    }

    private static DynamicTest form(String name, Runnable form) {
        return form(name, 1, form);
    }

    private static DynamicTest form(String name, int rows, Runnable form) {
        return DynamicTest.dynamicTest(name, () -> {
            // HotSpot may replace a form's code late, which allocates once; what calls allocate never ends.
            for (int rounds = 0, quiet = 0; quiet * (long) WARM * rows < ROWS; rounds++) {
                assertTrue(rounds < PATIENCE, "no calls for " + ROWS + " rows one after the other allocated nothing");
                quiet = Allocation.of(form, WARM) == 0 ? quiet + 1 : 0;
            }
        });
    }

    /** Prints what making a predictor of 784-128-64-10 allocates, and what it keeps, for 1 and for 16 rows. */
    static final class Memory {

        private static final int PREDICTORS = 2000;

        public static void main(String[] args) {
            Model model = Model.of(
                    Network.builder(784)
                            .dense(128, Activation.SIGMOID)
                            .dense(64, Activation.SIGMOID)
                            .dense(10, Activation.IDENTITY)
                            .build(1),
                    Loss.SOFTMAX_CROSS_ENTROPY);
            // the first time, garbage of the start goes as well
            measure(model, 1);
            System.out.println(measure(model, 1));
            System.out.println(measure(model, 16));
        }

        private static String measure(Model model, int rows) {
            Predictor[] predictors = new Predictor[PREDICTORS / rows];
            long allocated = Allocation.of(() -> model.predictor(rows), 1);
            long before = used();
            for (int i = 0; i < predictors.length; i++) predictors[i] = model.predictor(rows);
            long kept = (used() - before) / predictors.length;
            if (predictors[0].model() != model) throw new AssertionError();
            return allocated + " " + kept;
        }

        private static long used() {
            for (int i = 0; i < 3; i++) System.gc();
            return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        }
    }

    @Test
    void aPredictorTakesAsMuchMemoryAsItsModelSays() throws Exception {
        // three of four collections leave a share of the dead objects where they are, if not told otherwise
        String printed = ChildJvm.run(
                List.of("-XX:+UseSerialGC", "-XX:MarkSweepAlwaysCompactCount=1", "-Xmx256m", "-Dlanewise.warmUp=off"),
                Memory.class);
        Matcher numbers =
                Pattern.compile("(\\d+) (\\d+)\\R(\\d+) (\\d+)\\Rexit 0").matcher(printed);
        assertTrue(numbers.matches(), printed);
        assertEquals(15_300, Integer.parseInt(numbers.group(1)), 500, printed);
        assertEquals(2_000 + 9 * 784 + 16 * 202, Integer.parseInt(numbers.group(2)), 500, printed);
        assertEquals(
                2_000 + 9 * 784 + 16 * 202 + 15 * 8 * 986 + 16_384, Integer.parseInt(numbers.group(4)), 4_000, printed);
    }
}
