package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.check.GradientReport.Finding;
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

    private static void assertFound(GradientReport report, GradientReport.Kind kind, String text) {
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
