package lanewise.bench.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lanewise.bench.result.Conditions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What is read of the machine's state. */
class MeterTest {

    @Test
    void readsTheSystemsTicks() {
        Meter.Ticks ticks = Meter.Ticks.of("cpu  100 20 30 400 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n");
        assertEquals(new Meter.Ticks(163, 8, 576), ticks);
        assertNull(Meter.Ticks.of(""));
        assertNull(Meter.Ticks.of("intr 1 2 3"));
    }

    @Test
    void countsItsOwnTicksAndThoseOfEndedChildren() {
        String line = "12 (a name) with) S 1 12 12 0 -1 4194304 98 0 0 0 11 22 33 44 20 0 1 0 6928003 3133440";
        assertEquals(110, Meter.own(line));
        assertEquals(0, Meter.own(""));
    }

    @Test
    void tellsConditionsFromTwoReadings() {
        Meter meter = new Meter(2);
        double best = meter.read().clock() * 1000;
        Meter.Reading before = new Meter.Reading(best, 2 * best, 5000, 0, new Meter.Ticks(100, 10, 1000), 50);
        Meter.Reading after =
                new Meter.Reading(best * 0.9, best, 6000, 1_500_000_000L, new Meter.Ticks(250, 30, 1200), 100);
        Conditions found = meter.between(before, after, "java", List.of());
        assertEquals(1.5, found.seconds(), 1e-9);
        assertEquals(0.1, found.steal(), 1e-9, "20 of 200 ticks");
        assertEquals(1.0, found.others(), 1e-9, "150 ticks busy, 50 of them our own, of 200 on two processors");
        assertEquals((0.5 - 2e-3) / 1.5, found.skew(), 1e-9, "the clocks differ by half a second");
        assertEquals(5000, found.started());
    }

    @Test
    void windowsAreQuietByWhatATenthOfTheBestForksWindowsReach() {
        Meter meter = new Meter(1);
        List<Double> best = new ArrayList<>(Collections.nCopies(10, 2.0));
        best.add(7.0);
        meter.saw("java", best);
        assertTrue(meter.quiet("java", 1.92));
        assertFalse(meter.quiet("java", 1.88));
        meter.saw("java", List.of(1.5));
        assertFalse(meter.quiet("java", 1.5), "a fork that was never quiet");
        assertTrue(meter.quiet("python", 1e-9), "a loop of its own, of which nothing is known yet");
        Meter.Reading now = meter.read();
        Conditions found = meter.between(now, now, "java", List.of(2.0, 1.0, 1.95));
        assertEquals(3, found.windows());
        assertEquals(2, found.quiet());
    }

    @Test
    void aBusyLoopInAnotherProcessIsSeen() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/stat")), "the system tells no ticks");
        Meter meter = new Meter();
        Process busy = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        try {
            Meter.Reading before = meter.read();
            // A second of the clock, in which this thread works, too.
            while (System.nanoTime() - before.nanos() < 1_000_000_000L) meter.read();
            Conditions found = meter.between(before, meter.read(), "java", List.of());
            assertTrue(found.others() > 0.2, "processors kept busy by others: " + found.others());
        } finally {
            busy.destroy();
            busy.waitFor();
        }
    }
}
