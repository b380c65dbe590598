package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;

/**
 * A wrong layer, activation or loss, and what the report must say of it. Lists of them lie beside: each file that is
 * called Planted… has one.
 *
 * @param name the mistake in words
 * @param check of it, at no depth yet
 * @param least the depth from which on it must be found
 * @param kinds of the findings, of which one at least must be there
 * @param place what the finding's place and text must contain: a variable's name, say
 * @param condition what the report must contain where the mistake shows only under some condition; else empty
 */
record Planted(String name, GradientCheck check, Depth least, Set<Kind> kinds, String place, String condition) {

    static Planted of(String name, GradientCheck check, Depth least, Kind kind, String place, String condition) {
        return new Planted(name, check, least, EnumSet.of(kind), place, condition);
    }

    /** All mistakes of all files. */
    static List<Planted> all() {
        List<Planted> all = new ArrayList<>(PlantedRanges.all());
        all.addAll(PlantedKinks.all());
        all.addAll(PlantedSlips.all());
        all.addAll(PlantedTargets.all());
        all.addAll(PlantedDrift.all());
        return all;
    }

    GradientReport run(Depth depth, UnaryOperator<GradientCheck> settings) {
        return settings.apply(check.depth(depth)).run();
    }

    /** Whether a finding of the right kind names the right place. */
    boolean foundIn(GradientReport report) {
        return report.findings().stream()
                .anyMatch(f -> kinds.contains(f.kind()) && f.toString().contains(place));
    }

    void assertFound(Depth depth) {
        GradientReport report = run(depth, check -> check);
        assertTrue(foundIn(report), () -> name + ": " + kinds + " at " + place + " expected:\n" + report);
        assertTrue(report.toString().contains(condition), () -> name + ": \"" + condition + "\" expected:\n" + report);
    }

    @Override
    public String toString() {
        return name;
    }
}
