package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Wrong layers, activations and losses: each is caught, and the report points at the place. */
class PlantedMistakesTest {

    @ParameterizedTest
    @EnumSource
    void mistakesOfADenseLayerAreFoundAndNamed(PlantedDense.Mistake mistake) {
        GradientReport report = GradientCheck.of(new PlantedDense(17, mistake))
                .coordinates(Integer.MAX_VALUE)
                .seed(mistake.ordinal())
                .run();
        if (mistake == PlantedDense.Mistake.NONE) report.assertCorrect();
        else assertFound(report, mistake.kind, mistake.text);
    }

    @ParameterizedTest
    @EnumSource
    void mistakesOfLayerNormalizationAreFound(PlantedNormalization.Mistake mistake) {
        judge(GradientCheck.of(PlantedNormalization.ofRows(33, mistake)), mistake.kind, mistake.text);
    }

    @ParameterizedTest
    @EnumSource
    void mistakesOfBatchNormalizationAreFound(PlantedNormalization.Mistake mistake) {
        judge(GradientCheck.of(PlantedNormalization.ofBatch(7, mistake)).rows(11), mistake.kind, mistake.text);
    }

    @ParameterizedTest
    @EnumSource
    void slipsOfBatchNormalizationBesideItsGradientAreFound(PlantedNormalization.Slip slip) {
        judge(GradientCheck.of(PlantedNormalization.ofBatch(7, slip)), slip.kind, slip.text);
    }

    @ParameterizedTest
    @EnumSource
    void mistakesOfSmallLayersAreFound(PlantedLayer.Mistake mistake) {
        judge(check(PlantedLayer.of(mistake)), mistake.kind, mistake.text);
    }

    @Test
    void smallLayersWithoutMistakesPass() {
        for (PlantedLayer layer : PlantedLayer.right()) judge(check(layer), null, "");
    }

    private static GradientCheck check(PlantedLayer layer) {
        GradientCheck check = GradientCheck.of(layer);
        if (!(layer instanceof PlantedLayer.Embedding)) return check;
        return check.rows(9).inputs((indices, random) -> {
            for (int r = 0; r < indices.rows(); r++)
                for (int k = 0; k < 2; k++) indices.set(r, k, random.nextInt(PlantedLayer.Embedding.ROWS));
        });
    }

    @Test
    void inputsThatALayerRefusesAreReportedWithTheRemedy() {
        judge(
                GradientCheck.of(PlantedLayer.right().get(4)),
                Kind.THROWS,
                "an integer expected at lanewise.check.PlantedLayer$Embedding.index");
        judge(GradientCheck.of(PlantedLayer.right().get(4)), Kind.THROWS, "forward of rows 0 to 4 threw");
        judge(GradientCheck.of(PlantedLayer.right().get(4)), Kind.THROWS, "inputs(...) and targets(...) draw others");
    }

    @ParameterizedTest
    @EnumSource
    void mistakesOfLossesAreFound(PlantedLoss.Mistake mistake) {
        judge(GradientCheck.of(new PlantedLoss(mistake), 17), mistake.kind, mistake.text);
    }

    @ParameterizedTest
    @EnumSource
    void mistakesOfActivationsAreFound(PlantedActivation.Mistake mistake) {
        judge(GradientCheck.of(new PlantedActivation(mistake)), mistake.kind, mistake.text);
    }

    private static void judge(GradientCheck check, Kind kind, String text) {
        GradientReport report = check.run();
        if (kind == null) report.assertCorrect();
        else assertFound(report, kind, text);
    }

    private static void assertFound(GradientReport report, Kind kind, String text) {
        assertFalse(report.passed(), report::toString);
        Finding first = report.findings().get(0);
        assertAll(
                () -> assertEquals(kind, first.kind(), report::toString),
                () -> assertTrue(
                        report.findings().stream()
                                .anyMatch(f -> f.kind() == kind && f.toString().contains(text)),
                        () -> text + " expected:\n" + report));
    }
}
