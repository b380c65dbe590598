package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Loss;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The trainings of {@link Fingerprints} give the frozen bits. */
@Tag("bits")
class FingerprintTest {

    @ParameterizedTest
    @EnumSource
    void trainingGivesTheFrozenFingerprint(Fingerprints training) {
        assertEquals(training.expected, training.train().fingerprint());
    }

    /** Some of the steps are shared, some are not, as their times happen to be. */
    @ParameterizedTest
    @EnumSource
    void severalThreadsGiveTheSame(Fingerprints training) {
        for (int threads : new int[] {2, 3, 7})
            assertEquals(training.expected, training.train(threads).fingerprint(), threads + " threads");
    }

    /** The training with the most layers learns its task: fingerprints of a training that does not would prove little. */
    @Test
    void trainingTeaches() {
        Evaluation evaluation =
                Evaluation.of(Fingerprints.NORMALISED.train(), Loss.SOFTMAX_CROSS_ENTROPY, Fingerprints.points());
        assertTrue(evaluation.accuracy() > 0.9, "learned: " + evaluation);
    }
}
