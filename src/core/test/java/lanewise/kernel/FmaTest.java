package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigDecimal;
import java.util.List;
import java.util.SplittableRandom;
import lanewise.ChildJvm;
import lanewise.Lanewise;
import lanewise.Network;
import lanewise.data.Dataset;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Loss;
import lanewise.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The fused multiply-add in software against {@code Math.fma} and against exact numbers. {@code -Dfma.cases=1000000000}
 * tries more cases.
 */
class FmaTest {

    private static final long CASES = Long.getLong("fma.cases", 20_000_000);

    private static final float[] SPECIAL = {
        0f,
        -0f,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        3 * Float.MIN_VALUE,
        Math.nextDown(Float.MIN_NORMAL),
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Math.nextUp(Float.MIN_NORMAL),
        0x1p-75f,
        0x1.8p-75f,
        -0x1p-75f,
        0x1.000002p-75f,
        0.5f,
        Math.nextDown(1f),
        1f,
        -1f,
        Math.nextUp(1f),
        97f,
        172961f,
        0x1p24f,
        0x1p63f,
        0x1p64f,
        Math.nextDown(0x1p64f),
        0x1p102f,
        0x1p103f,
        0x1p104f,
        -0x1p103f,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Math.nextDown(Float.MAX_VALUE),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN
    };

    /** What makes a sum that must be looked at, and whether the two roundings alone would have gone wrong. */
    private static final class Counts {
        long halfway, subnormal, wrongByTwoRoundings;
    }

    private static void check(float a, float b, float c, Counts counts) {
        float expected = Math.fma(a, b, c), found = Fma.inSoftware(a, b, c);
        if (Float.floatToIntBits(expected) != Float.floatToIntBits(found))
            throw new AssertionError("fma(" + Float.toHexString(a) + ", " + Float.toHexString(b) + ", "
                    + Float.toHexString(c) + ") = " + Float.toHexString(expected) + ", in software "
                    + Float.toHexString(found));
        double sum = (double) a * b + c;
        if ((Double.doubleToRawLongBits(sum) & 0x1fffffff) == 0x10000000) counts.halfway++;
        if (sum != 0 && Math.abs(sum) < Float.MIN_NORMAL) counts.subnormal++;
        if (Float.floatToIntBits((float) sum) != Float.floatToIntBits(expected)) counts.wrongByTwoRoundings++;
    }

    @Test
    void specialNumbersGiveTheBitsOfMathFma() {
        Counts counts = new Counts();
        for (float a : SPECIAL) for (float b : SPECIAL) for (float c : SPECIAL) check(a, b, c, counts);
        assertTrue(counts.wrongByTwoRoundings > 0, "no case is hard");
    }

    @Test
    void randomAndHardNumbersGiveTheBitsOfMathFma() {
        assumeTrue(Fma.IN_HARDWARE, "Math.fma takes too long here");
        SplittableRandom random = new SplittableRandom(20);
        Counts counts = new Counts();
        for (long i = 0; i < CASES; i += 5) {
            // any bits; close to one another
            int bits = random.nextInt();
            check(
                    Float.intBitsToFloat(random.nextInt()),
                    Float.intBitsToFloat(random.nextInt()),
                    Float.intBitsToFloat(bits),
                    counts);
            float a = near(random, 0), b = near(random, 0);
            check(a, b, near(random, Math.getExponent((double) a * b) + random.nextInt(-60, 61)), counts);
            // a product at or beside the middle of two floats, and a summand that is small beside it, or nearly its
            // negative
            halfway(random, random.nextInt(-140, 100), counts);
            // a sum among the subnormal numbers
            int scale = random.nextInt(-30, 31);
            a = near(random, scale);
            b = near(random, -scale + random.nextInt(-150, -120));
            check(a, b, random.nextBoolean() ? random.nextInt(-9, 10) * Float.MIN_VALUE : near(random, -140), counts);
            // a sum beside the largest float
            check(near(random, 63), near(random, 64), Math.copySign(Float.MAX_VALUE, random.nextInt()), counts);
        }
        assertTrue(counts.halfway > CASES / 100, () -> counts.halfway + " sums lie halfway");
        assertTrue(counts.subnormal > CASES / 100, () -> counts.subnormal + " sums are subnormal");
        assertTrue(counts.wrongByTwoRoundings > CASES / 1000, () -> counts.wrongByTwoRoundings + " cases are hard");
        if (Long.getLong("fma.cases") != null)
            System.out.println(CASES + " cases, " + counts.halfway + " halfway, " + counts.subnormal + " subnormal, "
                    + counts.wrongByTwoRoundings + " wrong by two roundings");
    }

    private static float near(SplittableRandom random, int exponent) {
        float v = Math.scalb(1f + random.nextInt(1 << 23) * 0x1p-23f, exponent);
        return random.nextBoolean() ? v : -v;
    }

    /** An odd number of 25 bits is the middle of two floats: one as a product of two factors, with a summand beside it. */
    private static void halfway(SplittableRandom random, int exponent, Counts counts) {
        int p = random.nextInt(1 << 11, 1 << 12) | 1, q = random.nextInt((1 << 24) / p + 1, (1 << 25) / p) | 1;
        int split = random.nextInt(-20, 21);
        float a = Math.scalb((float) p, split), b = Math.scalb((float) q, exponent - 24 - split);
        float c = Math.scalb(1f + random.nextInt(1 << 23) * 0x1p-23f, exponent - random.nextInt(20, 90));
        check(random.nextBoolean() ? a : -a, b, random.nextBoolean() ? c : -c, counts);
        // the middle as a sum of a float and a product
        check(a, b, Math.scalb((float) random.nextInt(1 << 24), exponent - random.nextInt(-1, 3)), counts);
    }

    /** So that the comparison above does not hang on {@code Math.fma} alone. */
    @Test
    void theResultIsTheExactSumRoundedOnce() {
        SplittableRandom random = new SplittableRandom(21);
        for (int i = 0; i < 20_000; i++) {
            float a = near(random, random.nextInt(-70, 60)), b = near(random, random.nextInt(-70, 60));
            float c = near(random, Math.getExponent((double) a * b) < -126 ? -126 : Math.getExponent(a * b) - i % 50);
            float found = Fma.inSoftware(a, b, c);
            if (Float.isInfinite(found)) continue;
            BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
            BigDecimal off = exact.subtract(new BigDecimal(found)).abs();
            for (float other : new float[] {Math.nextUp(found), Math.nextDown(found)})
                if (Float.isFinite(other)) {
                    int closer =
                            off.compareTo(exact.subtract(new BigDecimal(other)).abs());
                    assertTrue(
                            closer < 0 || closer == 0 && (Float.floatToIntBits(found) & 1) == 0, a + " " + b + " " + c);
                }
        }
    }

    @Test
    void theInstructionIsSeenWhereItIs() {
        assumeTrue(Selection.kernels().width() != 0, "vector kernels run only with it");
        assertTrue(Fma.IN_HARDWARE);
        assertEquals(Math.fma(97f, 172961f, 0x1p-60f), Arithmetic.fma(97f, 172961f, 0x1p-60f));
    }

    // JVMs without the instruction

    /** Trains with all that multiplies and adds, and says how. */
    static final class Child {
        public static void main(String[] args) {
            Network network = Network.builder(40)
                    .dense(80, Activation.GELU_TANH)
                    .layerNorm()
                    .dense(33, Activation.TANH)
                    .dense(5, Activation.IDENTITY)
                    .build(1);
            SplittableRandom random = new SplittableRandom(1);
            float[] inputs = new float[40 * 100], classes = new float[100];
            for (int i = 0; i < inputs.length; i++) if (random.nextInt(3) == 0) inputs[i] = random.nextInt(256) / 255f;
            for (int i = 0; i < classes.length; i++) classes[i] = i % 5;
            for (int batch : new int[] {1, 8})
                Trainer.builder(network, Loss.SOFTMAX_CROSS_ENTROPY)
                        .batchSize(batch)
                        .learningRate(0.1f)
                        .epochs(2)
                        .build()
                        .train(Dataset.ofFloats(40, inputs, 1, classes));
            System.out.println("fingerprint: " + network.fingerprint());
            System.out.println("kernels: " + Lanewise.kernels());
            System.out.println("reason: " + Lanewise.kernelsReason());
            System.out.println("hardware: " + Fma.IN_HARDWARE);
        }
    }

    private static String fingerprint(String printed) {
        return printed.lines()
                .filter(l -> l.startsWith("fingerprint: "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(printed));
    }

    private static void assumeFlagsOfX86() {
        String arch = System.getProperty("os.arch");
        assumeTrue(arch.equals("amd64") || arch.equals("x86_64"), "the options are x86's");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:-UseFMA", "-XX:UseAVX=0"})
    void withoutTheInstructionScalarKernelsGiveTheSameBitsAndSayWhy(String flag) throws Exception {
        assumeFlagsOfX86();
        String module = "--add-modules=jdk.incubator.vector";
        String without = ChildJvm.run(List.of(module, flag), Child.class);
        assertTrue(without.contains("hardware: false"), without);
        assertTrue(without.contains("kernels: scalar kernels\n"), without);
        assertTrue(without.contains("no fused multiply-add") && without.contains("-XX:-UseFMA"), without);
        assertEquals(fingerprint(ChildJvm.run(List.of(module), Child.class)), fingerprint(without));
    }

    @Test
    void withoutTheInstructionTheReasonSaysSoAlsoWhereScalarKernelsAreAskedForOrTheModuleIsMissing() throws Exception {
        assumeFlagsOfX86();
        for (String option : List.of("-Dlanewise.kernels=scalar", "-Dlanewise.kernels=")) {
            String printed = ChildJvm.run(List.of("-XX:-UseFMA", option), Child.class);
            assertTrue(printed.contains("no fused multiply-add"), printed);
            assertFalse(printed.contains("start java with"), printed);
        }
    }

    @Test
    void withoutTheInstructionForcedVectorKernelsAreRefused() throws Exception {
        assumeFlagsOfX86();
        String printed = ChildJvm.run(
                List.of("--add-modules=jdk.incubator.vector", "-XX:-UseFMA", "-Dlanewise.kernels=vector"), Child.class);
        assertTrue(printed.contains("asked for by property, but this CPU has no fused multiply-add"), printed);
    }
}
