package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.PlantedSlips.Slip;
import lanewise.layer.Layer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Slips break a rule, and the report says under which condition; the same layers without one keep all rules. */
class PlantedSlipsTest {

    static List<Planted> all() {
        return PlantedSlips.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void isFoundAndNamed(Planted planted) {
        planted.assertFound(planted.least());
    }

    /** Before any gradient is compared: the comparison must not be what finds it. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "PACKS_FORWARD_WEIGHTS_ONCE"})
    void isNotFoundByDifferencesAlone(Slip slip) {
        GradientReport report = slip.check(7).points(1).run();
        assertTrue(
                report.findings().stream().noneMatch(f -> f.kind() == GradientReport.Kind.WRONG_GRADIENT),
                report::toString);
    }

    @ParameterizedTest
    @EnumSource
    void layersWithoutASlipPass(Depth depth) {
        int seeds = Integer.getInteger("checks", 0) / 200 + 1;
        List<String> alarms = new ArrayList<>();
        for (int size : new int[] {1, 2, 7, 16, 33})
            for (int seed = 0; seed < seeds; seed++)
                for (Layer layer : PlantedSlips.right(size)) {
                    // Pools and normalisations of one number have no gradient, or kinks everywhere.
                    GradientReport report = GradientCheck.of(layer)
                            .points(1)
                            .rows(5 + seed % 3)
                            .seed(seed)
                            .depth(depth)
                            .run();
                    if (!report.passed()) alarms.add(depth + ", size " + size + ": " + report);
                }
        assertTrue(alarms.isEmpty(), () -> String.join("\n", alarms));
    }
}
