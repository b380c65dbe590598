package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.Network;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.layer.Targets;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses that are wrong for some targets and some logits only, and right ones. */
class PlantedTargetsTest {

    private static final int SEEDS = Integer.getInteger("seeds", 3);

    static List<Planted> all() {
        return PlantedTargets.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void eachIsFoundWithItsCondition(Planted planted) {
        planted.assertFound(planted.least());
    }

    @Test
    void rightLossesPassAtManySeeds() {
        List<String> alarms = new ArrayList<>();
        for (Loss loss : PlantedTargets.right())
            for (int seed = 0; seed < SEEDS; seed++)
                for (int outputs : new int[] {2, 4, 18}) {
                    GradientReport report = GradientCheck.of(loss, outputs)
                            .rows(1 + seed % 7)
                            .seed(seed)
                            .run();
                    if (!report.passed()) alarms.add(report.toString());
                }
        assertEquals(List.of(), alarms);
    }

    @Test
    void otherSeedsFindThemToo() {
        int found = 0, said = 0, all = 0;
        StringBuilder missed = new StringBuilder();
        for (Planted planted : all())
            for (long seed = 2; seed < 2 + SEEDS; seed++) {
                long own = seed;
                GradientReport report = planted.run(planted.least(), check -> check.seed(own));
                all++;
                if (planted.foundIn(report)) found++;
                else missed.append("missed: ").append(planted.name()).append('\n');
                if (report.toString().contains(planted.condition())) said++;
                else
                    missed.append(planted.name())
                            .append(": ")
                            .append(planted.condition())
                            .append(" in ")
                            .append(report.findings())
                            .append('\n');
            }
        if (System.getProperty("seeds") != null)
            System.out.println(found + " and " + said + " of " + all + "\n" + missed);
        assertTrue(found >= 0.98 * all, missed::toString);
        assertTrue(said >= 0.9 * all, missed::toString);
    }

    @Test
    void aNetworkIsCheckedWithEveryWidthOfTargets() {
        Network network = Network.builder(3).dense(4, Activation.IDENTITY).build(1);
        for (String name : List.of("mask forgotten", "weight of the row", "gaussian, half")) {
            Planted planted = all().stream()
                    .filter(p -> p.name().startsWith(name))
                    .findFirst()
                    .orElseThrow();
            GradientReport report =
                    GradientCheck.of(network, planted.check().loss).run();
            assertTrue(report.findings().stream().anyMatch(f -> f.kind() == Kind.WRONG_GRADIENT), report::toString);
        }
        for (Loss loss : PlantedTargets.right())
            GradientCheck.of(network, loss).run().assertCorrect();
    }

    /** Accepts no targets at all, or as many columns as are given. */
    private static final class Choosy extends Loss {

        private final int columns;

        Choosy(int columns) {
            super("choosy");
            this.columns = columns;
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return targetColumns == columns;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            for (int c = 0; c < dLogits.columns(); c++) dLogits.set(row, c, 1);
            dLogits.clearPadding(row);
            return 0;
        }
    }

    @Test
    void aReportWithoutAComparisonNeverPasses() {
        GradientReport none = GradientCheck.of(new Choosy(0), 3).run();
        assertEquals(Kind.NOTHING_COMPARED, none.findings().get(0).kind(), none::toString);
        assertTrue(
                none.toString().contains("choosy accepts no targets of 1 to 28 columns for 3 outputs"), none::toString);
        GradientReport odd = GradientCheck.of(new Choosy(17), 3).run();
        assertTrue(odd.findings().stream().anyMatch(f -> f.kind() != Kind.NOTHING_COMPARED), odd::toString);
        GradientReport points =
                GradientCheck.of(Loss.MEAN_SQUARED_ERROR, 3).points(0).run();
        assertTrue(points.toString().contains("points(0) leaves out random points"), points::toString);
    }

    @Test
    void kindsThatAreNotDeclaredAreGuessedFromWhatIsRefused() {
        assertEquals(Targets.REAL, kind(PlantedTargets.right().get(0)));
        assertEquals(
                Targets.CLASS,
                new LossPoints(GradientCheck.of(PlantedTargets.right().get(16), 4)).kind(1));
        assertEquals(
                Targets.NON_NEGATIVE,
                kind(new PlantedTargets.OfTerms(
                        "of logarithms", Targets.ANY, (z, t) -> Math.log(t + 1e-9) + z, (z, t) -> 1)));
        assertEquals(
                Targets.PROBABILITY,
                kind(new PlantedTargets.OfTerms(
                        "of entropies", Targets.ANY, (z, t) -> Math.log(t) + Math.log(1 - t) + z, (z, t) -> 1)));
    }

    private static Targets kind(Loss loss) {
        return new LossPoints(GradientCheck.of(loss, 4)).kind(4);
    }
}
