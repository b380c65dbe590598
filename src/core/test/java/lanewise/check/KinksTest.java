package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import lanewise.Network;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.PRelu;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/**
 * Right layers and losses where a subgradient is a choice, at inputs that are exactly zero or tied: not one may fail. How
 * many seeds, says the property {@code seeds}.
 */
class KinksTest {

    private static final int SEEDS = Integer.getInteger("seeds", 6);

    /** What says that too little could be compared. */
    static final Set<Kind> SKIPPED = Set.of(Kind.TOO_MANY_SKIPPED, Kind.ZERO_GRADIENT, Kind.UNUSED_PARAMETER);

    /** How inputs are drawn beside normal ones. */
    enum Draw implements BiConsumer<Slice, RandomSource> {
        /** Every hundredth is zero. */
        SOME_ZEROS,
        /** The second row is. */
        ROW_OF_ZEROS,
        /** Four of five are. */
        MOSTLY_ZEROS,
        /** Half of them, as after a ReLU. */
        RELU,
        /** Multiples of a half. */
        GRID,
        /** All of a row are. */
        EQUAL,
        /** Row by row from 1e-4 to 1e4. */
        ROWS_SCALED,
        /** Column by column. */
        COLUMNS_SCALED,
        WIDE;

        /** Whether so much may be lost in rounding errors that too little is compared. */
        boolean drowns() {
            return compareTo(ROWS_SCALED) >= 0;
        }

        @Override
        public void accept(Slice input, RandomSource random) {
            for (int r = 0; r < input.rows(); r++) {
                float equal = random.normal();
                for (int c = 0; c < input.columns(); c++) {
                    float x = random.normal(), u = random.uniform();
                    input.set(
                            r,
                            c,
                            switch (this) {
                                case SOME_ZEROS -> u < 0.01f ? 0f : x;
                                case ROW_OF_ZEROS -> r == 1 % input.rows() ? 0f : x;
                                case MOSTLY_ZEROS -> u < 0.8f ? 0f : x;
                                case RELU -> Math.max(0f, x);
                                case GRID -> Math.round(2 * x) / 2f;
                                case EQUAL -> equal;
                                case ROWS_SCALED -> x * power(r);
                                case COLUMNS_SCALED -> x * power(c);
                                case WIDE -> 30 * x;
                            });
                }
            }
        }

        private static float power(int i) {
            return (float) Math.pow(10, 4 - i * 2 % 10);
        }
    }

    private static void assertCorrect(LongFunction<GradientCheck> check) {
        assertFinds(Set.of(), check);
    }

    private static void assertFinds(Set<Kind> allowed, LongFunction<GradientCheck> check) {
        assertFinds(SEEDS, allowed, check);
    }

    private static void assertFinds(int seeds, Set<Kind> allowed, LongFunction<GradientCheck> check) {
        List<String> alarms = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
            GradientReport report = check.apply(seed).run();
            if (report.findings().stream().anyMatch(f -> !allowed.contains(f.kind()))) alarms.add(report.toString());
        }
        assertEquals("", alarms.isEmpty() ? "" : alarms.size() + " of " + seeds + ":\n" + alarms.get(0));
    }

    @Test
    void freshReluNetworksWithARowOfZeros() {
        assertCorrect(seed -> GradientCheck.of(Network.builder(20)
                        .dense(40, Activation.RELU)
                        .dense(40, Activation.RELU)
                        .dense(3, Activation.IDENTITY)
                        .build(seed))
                .inputs(Draw.ROW_OF_ZEROS)
                .seed(seed));
        assertCorrect(seed -> GradientCheck.of(
                        Network.builder(7)
                                .dense(16, Activation.RELU)
                                .dense(5, Activation.IDENTITY)
                                .build(seed),
                        Loss.SOFTMAX_CROSS_ENTROPY)
                .inputs(Draw.ROW_OF_ZEROS)
                .seed(seed));
        float[] second = new float[18];
        for (int i = 0; i < 9; i++) second[i] = i - 3.5f;
        assertCorrect(seed -> GradientCheck.of(Network.builder(9)
                        .dense(11, Activation.RELU)
                        .dense(4, Activation.IDENTITY)
                        .build(seed))
                .points(0)
                .at(null, second)
                .seed(seed));
    }

    @Test
    void wideReluNetworks() {
        // A quarter of the seeds: each takes seconds.
        assertFinds(
                (SEEDS + 3) / 4,
                Set.of(),
                seed -> GradientCheck.of(Network.builder(20)
                                .dense(400, Activation.RELU)
                                .dense(400, Activation.RELU)
                                .dense(3, Activation.IDENTITY)
                                .build(seed))
                        .seed(seed));
    }

    @Test
    void slopesAtZero() {
        for (Draw draw : new Draw[] {Draw.SOME_ZEROS, Draw.MOSTLY_ZEROS, Draw.GRID})
            assertCorrect(seed -> GradientCheck.of(PRelu.of(100)).inputs(draw).seed(seed));
    }

    @Test
    void poolsOfTies() {
        for (Draw draw : new Draw[] {Draw.RELU, Draw.GRID, Draw.EQUAL, Draw.MOSTLY_ZEROS, Draw.ROW_OF_ZEROS})
            assertCorrect(
                    seed -> GradientCheck.of(PlantedKinks.pool(20, 4, false, PlantedKinks.Share.THE_FIRST_TAKES_IT))
                            .inputs(draw)
                            .seed(seed));
    }

    @Test
    void theLargestAmongTies() {
        for (Draw draw : new Draw[] {Draw.RELU, Draw.MOSTLY_ZEROS})
            assertCorrect(seed -> GradientCheck.of(PlantedKinks.top(60, 100, true))
                    .inputs(draw)
                    .seed(seed));
    }

    @Test
    void maxoutOfZeros() {
        for (Draw draw : new Draw[] {Draw.ROW_OF_ZEROS, Draw.MOSTLY_ZEROS})
            for (int pieces = 2; pieces < 5; pieces++) {
                Layer layer = PlantedKinks.maxout(9, 6, pieces);
                assertCorrect(
                        seed -> GradientCheck.of(layer).inputs(draw).seed(seed).parameters(layer::initialize));
            }
    }

    /** Of e = y − t: q e if that is not negative, else (q − 1) e. */
    private static final class Pinball extends Loss {

        private final float q;

        Pinball(float q) {
            super("pinball");
            this.q = q;
        }

        @Override
        public double value(Pass pass, int row, Slice logits, Slice targets) {
            double sum = 0;
            for (int i = 0; i < logits.columns(); i++) {
                double e = (double) logits.get(row, i) - targets.get(row, i);
                sum += e >= 0 ? q * e : (q - 1) * e;
            }
            return sum;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            for (int i = 0; i < logits.columns(); i++)
                dLogits.set(row, i, (logits.get(row, i) >= targets.get(row, i) ? q : q - 1) / rows);
            dLogits.clearPadding(row);
            return value(pass, row, logits, targets);
        }
    }

    static void integers(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, random.nextInt(4));
    }

    @Test
    void lossesWhereOutputsEqualTargets() {
        for (Loss loss : List.of(Loss.MEAN_ABSOLUTE_ERROR, new Pinball(0.25f), Loss.HUBER))
            for (int outputs : new int[] {1, 7, 33})
                assertCorrect(seed -> GradientCheck.of(loss, outputs)
                        .inputs(KinksTest::integers)
                        .targets(outputs, KinksTest::integers)
                        .seed(seed));
    }

    @Test
    void networksAtAllDraws() {
        for (Draw draw : Draw.values())
            for (Activation activation : List.of(Activation.RELU, Activation.TANH, Activation.LEAKY_RELU))
                assertFinds(
                        draw.drowns() ? SKIPPED : Set.of(),
                        seed -> GradientCheck.of(Network.builder(17)
                                        .dense(23, activation)
                                        .dense(5, Activation.IDENTITY)
                                        .build(seed))
                                .inputs(draw)
                                .seed(seed));
    }
}
