package lanewise.check;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mistakes at kinks and ties, of small values, and in the last digits: each is found at the depth that it must be. */
class PlantedKinksTest {

    static List<Planted> all() {
        return PlantedKinks.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void areFound(Planted planted) {
        planted.assertFound(planted.least());
    }
}
