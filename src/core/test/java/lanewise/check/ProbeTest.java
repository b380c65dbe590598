package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import lanewise.check.GradientCheck.Depth;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mistakes that usual random points do not show are found at designed ones, under the condition that they have. */
class ProbeTest {

    private static final int SEEDS = Integer.getInteger("seeds", 5);

    static List<Planted> mistakes() {
        return PlantedRanges.all();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void mistakesUnderAConditionAreFoundAndTheConditionIsNamed(Planted mistake) {
        mistake.assertFound(mistake.least());
    }

    @Test
    void theSameWithoutMistakesPasses() {
        for (GradientCheck check : PlantedRanges.right())
            for (long seed = 1; seed <= SEEDS; seed++)
                check.depth(Depth.QUICK).seed(seed).run().assertCorrect();
    }

    @Test
    void mostOfThemAreNotFoundAtUsualPoints() {
        long found = mistakes().stream()
                .filter(mistake -> !mistake.check().points(1).run().passed())
                .count();
        assertTrue(found < mistakes().size() / 3, found + " of " + mistakes().size());
    }
}
