package lanewise.train.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rates at hand-computed places; those of the last two are PyTorch's for the same settings. */
@Tag("bits")
class SchedulesTest {

    private static void rates(Schedule schedule, long steps, long[] at, double... expected) {
        for (int i = 0; i < at.length; i++)
            assertEquals(expected[i], schedule.rate(at[i], steps), 1e-7, schedule + " at " + at[i]);
    }

    @Test
    void stepsFall() {
        rates(new StepDecay(0.5f, 10, 0.1), 100, new long[] {0, 9, 10, 29, 30}, 0.5, 0.5, 0.05, 0.005, 0.0005);
    }

    @Test
    void exponentialReachesItsShare() {
        rates(new Exponential(0.2f, 0.01), 100, new long[] {0, 50, 100}, 0.2, 0.02, 0.002);
    }

    @Test
    void cosineFallsToZero() {
        rates(new Cosine(0.4f), 100, new long[] {0, 25, 50, 100}, 0.4, 0.2 * (1 + Math.sqrt(0.5)), 0.2, 0);
    }

    @Test
    void cosineRestarts() {
        rates(new Cosine(1f, 10, 1), 1000, new long[] {0, 5, 10, 15, 995}, 1, 0.5, 1, 0.5, 0.5);
        rates(
                new Cosine(1f, 10, 2),
                1000,
                new long[] {9, 10, 20, 30, 50, 69, 70},
                cosine(0.9),
                1,
                0.5,
                1,
                0.5,
                cosine(39 / 40.0),
                1);
        assertEquals(1, new Cosine(1f, 1, 1).rate(1L << 40, 1L << 41), "at once, however many cycles there were");
    }

    private static double cosine(double progress) {
        return (1 + Math.cos(Math.PI * progress)) / 2;
    }

    @Test
    void oneCycleRisesAndFalls() {
        rates(new OneCycle(0.1f), 100, new long[] {0, 29, 99}, 0.004, 0.1, 0.004 / 1e4);
        Schedule schedule = new OneCycle(0.1f);
        for (int s = 1; s < 100; s++)
            assertTrue(s <= 29 == schedule.rate(s, 100) > schedule.rate(s - 1, 100), "step " + s);
        for (long steps : new long[] {1, 2, 3}) // too short for both parts
        for (long s = 0; s < steps; s++) {
                float rate = schedule.rate(s, steps);
                assertTrue(rate > 0f && rate <= 0.1f, rate + " at " + s + " of " + steps);
            }
    }

    @Test
    void aRampComesBeforeAnySchedule() {
        rates(new RampUp(4, new Linear(0.5f)), 14, new long[] {0, 3, 4, 9, 13}, 0.1, 0.4, 0.5, 0.25, 0.05);
        rates(new RampUp(10, new Constant(1f)), 5, new long[] {0, 4}, 1 / 11.0, 5 / 11.0);
    }

    @Test
    void plateausReduce() {
        Schedule schedule = new ReduceOnPlateau(new Constant(1f), 0.5, 2, 0.01);
        List<Double> losses = new ArrayList<>();
        double[] given = {1, 0.9, 0.895, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, Double.NaN, 0.5, 0.5};
        double[] expected = {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125};
        for (int i = 0; i < given.length; i++) {
            losses.add(given[i]);
            assertEquals(expected[i], schedule.reduction(losses), "after " + losses);
        }
        assertEquals(0.125, new RampUp(3, schedule).reduction(losses), "inside another one, too");
        assertEquals(1, new Cosine(1f).reduction(losses));
    }

    @Test
    void kindsAreFoundByName() {
        for (ScheduleKind kind : ScheduleKind.values()) {
            assertEquals(kind, ScheduleKind.of(kind.toString()));
            Schedule schedule = kind.schedule(0.5f, 30);
            float first = kind == ScheduleKind.ONE_CYCLE ? 0.02f : 0.5f;
            assertEquals(first, schedule.rate(0, 30), kind.toString());
        }
        Schedule restarts = ScheduleKind.of("cosine-restarts").schedule(0.5f, 70);
        for (long step : new long[] {0, 10, 30}) assertEquals(0.5f, restarts.rate(step, 70), "at " + step);
        assertEquals(
                "schedule flat: one of [constant, linear, step, exponential, cosine, cosine-restarts, one-cycle, plateau]"
                        + " expected",
                assertThrows(IllegalArgumentException.class, () -> ScheduleKind.of("flat"))
                        .getMessage());
    }

    @Test
    void settingsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new StepDecay(0f, 1, 0.1));
        assertThrows(IllegalArgumentException.class, () -> new StepDecay(1f, 0, 0.1));
        assertThrows(IllegalArgumentException.class, () -> new StepDecay(1f, 1, 1.1));
        assertThrows(IllegalArgumentException.class, () -> new Exponential(1f, 0));
        assertThrows(IllegalArgumentException.class, () -> new Cosine(1f, 1, 0.5));
        assertThrows(IllegalArgumentException.class, () -> new Cosine(1f, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new OneCycle(1f, 1, 25, 1e4));
        assertThrows(IllegalArgumentException.class, () -> new RampUp(0, new Constant(1f)));
        assertThrows(IllegalArgumentException.class, () -> new ReduceOnPlateau(new Constant(1f), 0.1, -1, 0));
        assertEquals("Cosine[rate=0.5, first=10, growth=2.0]", new Cosine(0.5f, 10, 2).toString());
    }
}
