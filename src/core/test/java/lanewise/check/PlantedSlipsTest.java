package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.PlantedSlips.Slip;
import lanewise.layer.Layer;
import org.junit.jupiter.api.Test;
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

    /** Wrong only at other parameters, of every call: nothing of an earlier call is to blame. */
    @Test
    void whatIsWrongAtOtherParametersIsNotCalledStale() {
        for (int seed = 0; seed < 24; seed++) {
            Layer clipped = new PlantedRows(
                    "clipped weights",
                    6,
                    4,
                    List.of(PlantedRows.weights(6, 4), PlantedRows.scale("gain", 4)),
                    0,
                    (p, x, y) -> {
                        for (int o = 0; o < 4; o++) {
                            for (int i = 0; i < 6; i++) y[o] += x[i] * Math.max(-1, Math.min(1, p[0][4 * i + o]));
                            y[o] += p[1][o];
                        }
                    },
                    (p, x, y, dy, dx, dp) -> {
                        for (int o = 0; o < 4; o++) {
                            for (int i = 0; i < 6; i++) {
                                dx[i] += dy[o] * p[0][4 * i + o];
                                dp[0][4 * i + o] = dy[o] * x[i];
                            }
                            dp[1][o] = dy[o];
                        }
                    });
            GradientReport report = GradientCheck.of(clipped).seed(seed).run();
            assertTrue(
                    report.findings().stream().allMatch(f -> f.kind() == GradientReport.Kind.WRONG_GRADIENT),
                    report::toString);
            assertFalse(report.passed(), report::toString);
        }
    }

    /** Products of inputs of which one is zero: no parameter changes them, and none has a gradient. */
    @Test
    void outputsThatAreAllZeroAreNotCalledStale() {
        Layer product = new PlantedRows(
                "product",
                3,
                2,
                List.of(PlantedRows.scale("gain", 2)),
                0,
                (p, x, y) -> {
                    for (int o = 0; o < 2; o++) y[o] = p[0][o] * x[o] * x[2];
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int o = 0; o < 2; o++) {
                        dx[o] = dy[o] * p[0][o] * x[2];
                        dx[2] += dy[o] * p[0][o] * x[o];
                        dp[0][o] = dy[o] * x[o] * x[2];
                    }
                });
        GradientReport report = GradientCheck.of(product)
                .inputs((input, random) -> {
                    for (int r = 0; r < input.rows(); r++) for (int c = 0; c < 2; c++) input.set(r, c, random.normal());
                })
                .run();
        assertTrue(
                report.findings().stream().noneMatch(f -> f.kind() == GradientReport.Kind.STALE_PARAMETERS),
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
