package lanewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class SharingDecisionTest {

    private static final int FEWEST = 16;

    /** Steps whose times are made up; returns how many of them were shared. */
    private static long steps(SharingDecision decision, int steps, LongSupplier alone, LongSupplier shared) {
        long before = decision.report().shared();
        for (int i = 0; i < steps; i++) decision.end(decision.begin(128) ? shared.getAsLong() : alone.getAsLong());
        return decision.report().shared() - before;
    }

    @Test
    void theFasterWayIsTakenAndTheOtherOneTriedNowAndThen() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        steps(decision, 2_000, () -> 1_000, () -> 600);
        assertEquals(new Sharing(2, 2_000, decision.report().shared(), 1_000, 600), decision.report());
        long shared = steps(decision, 12_800, () -> 1_000, () -> 600);
        assertTrue(shared > 12_800 * 0.98 && shared < 12_800, shared + " shared");
        shared = steps(decision, 12_800, () -> 1_000, () -> 5_000);
        assertTrue(shared < 12_800 * 0.1, shared + " shared, though others keep the machine busy");
        shared = steps(decision, 12_800, () -> 1_000, () -> 5_000);
        assertTrue(shared > 0 && shared < 12_800 * 0.02, shared + " shared");
        shared = steps(decision, 12_800, () -> 1_000, () -> 600);
        assertTrue(shared > 12_800 * 0.9, shared + " shared again");
    }

    /** A training of large batches has few of them. */
    @Test
    void aWayThatIsFasterByFarIsHardlyLeft() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        assertEquals(8, steps(decision, 16, () -> 1_000, () -> 600), "the two ways take turns");
        assertEquals(60, steps(decision, 64, () -> 1_000, () -> 600));
        SharingDecision alike = new SharingDecision(2, FEWEST);
        steps(alike, 16, () -> 1_000, () -> 900);
        assertEquals(8, steps(alike, 16, () -> 1_000, () -> 900));
    }

    @Test
    void onePauseDecidesNothing() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        int[] steps = new int[1];
        long shared = steps(decision, 5_000, () -> 1_000, () -> ++steps[0] % 5 == 0 ? 1_000_000 : 600);
        assertTrue(shared > 4_000, shared + " shared");
    }

    @Test
    void waysThatAreAlikeDoNotChangeForEver() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        long shared = steps(decision, 10_000, () -> 1_000, () -> 990);
        assertTrue(shared < 500, shared + " shared");
    }

    @Test
    void fewRowsAndOneThreadAreNeverShared() {
        SharingDecision few = new SharingDecision(4, FEWEST), one = new SharingDecision(1, FEWEST);
        for (int i = 0; i < 1_000; i++) {
            assertFalse(few.begin(15));
            few.end();
            assertFalse(one.begin(1_000));
            one.end();
        }
        assertEquals(new Sharing(4, 1_000, 0, 0, 0), few.report());
        assertEquals("4 threads, 0 of 1000 steps shared", few.report().toString());
        assertEquals("1 thread", one.report().toString());
    }

    /** As where a last row joins the batch before. */
    @Test
    void aStepOfARowMoreDoesNotEndTheComparison() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        steps(decision, 2_000, () -> 1_000, () -> 600);
        decision.begin(129);
        decision.end(600);
        steps(decision, 12_800, () -> 1_000, () -> 5_000);
        long shared = steps(decision, 12_800, () -> 1_000, () -> 5_000);
        assertTrue(shared > 0 && shared < 12_800 * 0.02, shared + " shared");
    }

    @Test
    void muchLargerStepsAreComparedAnew() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        for (int i = 0; i < 1_000; i++) {
            decision.begin(32);
            decision.end(100);
        }
        steps(decision, 2_000, () -> 1_000, () -> 600);
        assertEquals(1_000, decision.report().nanosAlone());
        assertEquals(600, decision.report().nanosShared());
    }

    /** An epoch's last step, whose rows are fewer. */
    @Test
    void stepsOfFewerRowsGoTheSameWayAndAreNotTimed() {
        SharingDecision decision = new SharingDecision(2, FEWEST);
        steps(decision, 2_000, () -> 1_000, () -> 600);
        for (int i = 0; i < 1_000; i++) {
            assertTrue(decision.begin(100));
            decision.end(); // ends nothing
        }
        assertEquals(1_000, decision.report().nanosAlone());
        assertEquals(
                "2 threads, 10 of 12 steps shared (0.410 ms for a step, 0.750 ms on one thread)",
                new Sharing(2, 12, 10, 750_000, 410_000).toString());
        assertEquals(new Sharing(2, 2, 1, 5, 6), new Sharing(2, 12, 10, 5, 6).since(new Sharing(2, 10, 9, 1, 2)));
    }
}
