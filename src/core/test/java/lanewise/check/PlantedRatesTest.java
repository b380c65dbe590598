package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientCheck.Depth;
import org.junit.jupiter.api.Test;

/**
 * How many of all planted mistakes are found, and in how many the report names the condition. Each must be found at quick
 * depth with the seed of its own test; here seeds are others. A build tries every eighth; all of them tries
 *
 * <pre>
 * mvn -q test -pl src/core -Dtest=PlantedRatesTest -Dplanted=all
 * </pre>
 */
class PlantedRatesTest {

    private static final boolean ALL = "all".equals(System.getProperty("planted"));

    @Test
    void mistakesAreFoundAtQuickDepth() {
        rate(Depth.QUICK, 0.85);
    }

    @Test
    void nearlyAllMistakesAreFoundAtStandardDepth() {
        rate(Depth.STANDARD, 0.98);
    }

    private static void rate(Depth depth, double least) {
        List<Planted> planted = Planted.all();
        assertTrue(planted.size() >= 150, planted.size() + " planted mistakes");
        List<String> missed = new ArrayList<>(), unnamed = new ArrayList<>();
        int tried = 0, conditions = 0;
        for (int i = 0; i < planted.size(); i += ALL ? 1 : 8) {
            Planted mistake = planted.get(i);
            int seed = 1000 + i;
            GradientReport report = mistake.run(depth, check -> check.seed(seed));
            tried++;
            if (!mistake.foundIn(report)) {
                missed.add(mistake.name());
                continue;
            }
            if (mistake.condition().isEmpty()) continue;
            conditions++;
            if (!report.toString().contains(mistake.condition())) unnamed.add(mistake.name());
        }
        int found = tried - missed.size(), named = conditions - unnamed.size();
        if (ALL)
            System.out.println(depth + ": " + found + " of " + tried + " mistakes found, the condition named in "
                    + named + " of " + conditions + "; missed: " + missed + "; without condition: " + unnamed);
        assertTrue(found >= least * tried, () -> "missed at " + depth + ": " + missed);
        assertTrue(named >= 0.9 * conditions, () -> "condition not named: " + unnamed);
    }
}
