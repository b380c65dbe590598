package lanewise.bench.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lanewise.bench.program.Program.Figure;
import lanewise.bench.program.Program.Output;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import lanewise.bench.result.Validity;
import org.junit.jupiter.api.Test;

/** Programs in turn. */
class RunnerTest {

    private final List<String> turns = new ArrayList<>();

    /** A program whose figures are the numbers of its runs; fails at some run, or interrupts. */
    private final class Counting implements Program {

        private final String name;
        private final int failsAt;
        private final boolean interrupts;
        private int runs;

        Counting(String name, int failsAt, boolean interrupts) {
            this.name = name;
            this.failsAt = failsAt;
            this.interrupts = interrupts;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public double seconds() {
            return 1;
        }

        @Override
        public Output run() throws IOException {
            turns.add(name);
            if (++runs == failsAt) {
                if (interrupts) Thread.currentThread().interrupt();
                throw new IOException("ended with status 1");
            }
            Figure figure = new Figure(
                    "kernels.Made.up",
                    Map.of("name", name),
                    "avgt",
                    "ns/op",
                    true,
                    List.of((double) runs),
                    null,
                    null,
                    null);
            return new Output(new Subject("Lanewise", "", "", ""), List.of(), List.of(figure));
        }
    }

    private static Runner.Progress silent() {
        return (what, done, left) -> {};
    }

    private static List<Double> scores(Row row) {
        return row.scores();
    }

    @Test
    void neighboursMeetAsABBA() throws Exception {
        Runner runner =
                new Runner(List.of(new Counting("a", 0, false), new Counting("b", 0, false)), new Meter(1), c -> false);
        runner.run(3, 0.4, silent());
        assertEquals(List.of("a", "b", "b", "a", "a", "b"), turns);
        assertEquals(2, runner.rows().size());
        assertEquals(List.of(1.0, 2.0, 3.0), scores(runner.rows().get(1)));
    }

    @Test
    void aDisturbedForkIsRunAgainButNotForEver() throws Exception {
        int[] asked = new int[1];
        Runner once = new Runner(List.of(new Counting("a", 0, false)), new Meter(1), c -> asked[0]++ == 0);
        once.run(2, 0.5, silent());
        assertEquals(List.of(3.0, 2.0), scores(once.rows().get(0)), "the first run was disturbed and is replaced");
        assertEquals(1, once.repeated());
        turns.clear();
        Runner always = new Runner(List.of(new Counting("a", 0, false)), new Meter(1), c -> true);
        always.run(5, 0.4, silent());
        assertEquals(5 + 2, turns.size(), "0.4 of 5");
        assertEquals(List.of(6.0, 7.0, 3.0, 4.0, 5.0), scores(always.rows().get(0)));
    }

    @Test
    void valuesOfDisturbedWindowsDoNotCount() throws Exception {
        Runner runner = new Runner(
                List.of(windows("quiet", 1.0, 0.99), windows("half", 0.6, 1.0), windows("never", 0.7, 0.5)),
                new Meter(1),
                c -> false);
        runner.run(1, 0.4, silent());
        List<Fork> forks = runner.rows().stream().map(r -> r.forks().get(0)).toList();
        assertEquals(List.of(1.0, 2.0), forks.get(0).values());
        assertEquals(List.of(2.0), forks.get(1).values());
        assertEquals(List.of(1.0, 2.0), forks.get(2).values(), "by the best of all forks, nothing is left");
        assertEquals(
                List.of(2, 1, 0),
                forks.stream().map(f -> f.conditions().quiet()).toList());
        assertEquals(
                List.of(false, false, true),
                forks.stream()
                        .map(f -> !Validity.disturbed(windowsAlone(f.conditions()))
                                .isEmpty())
                        .toList());
    }

    private static Conditions windowsAlone(Conditions c) {
        return new Conditions(0, "", 1, 1, 1, 0, 0, 0, c.windows(), c.quiet());
    }

    /** Two windows of 1 and 2 ns, with the loop's speeds around them. */
    private static Program windows(String name, double... clocks) {
        Figure figure = new Figure(
                "kernels." + name,
                Map.of(),
                "avgt",
                "ns/op",
                false,
                List.of(1.0, 2.0),
                null,
                null,
                null,
                Arrays.stream(clocks).boxed().toList());
        return new Program() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String loop() {
                return "of all";
            }

            @Override
            public double seconds() {
                return 1;
            }

            @Override
            public Output run() {
                return new Output(new Subject("Lanewise", "", "", ""), List.of(), List.of(figure));
            }
        };
    }

    @Test
    void aProgramThatFailsIsALineAndDisturbsNoOther() throws Exception {
        Runner runner =
                new Runner(List.of(new Counting("a", 2, false), new Counting("b", 0, false)), new Meter(1), c -> false);
        runner.run(3, 0.4, silent());
        assertEquals(List.of("a: ended with status 1"), runner.failures());
        assertEquals(1, runner.rows().size());
        assertEquals(List.of(1.0, 2.0, 3.0), scores(runner.rows().get(0)));
    }

    @Test
    void whatWasMeasuredBeforeAnInterruptionIsKept() {
        Runner runner =
                new Runner(List.of(new Counting("a", 0, false), new Counting("b", 2, true)), new Meter(1), c -> false);
        assertThrows(InterruptedException.class, () -> runner.run(3, 0.4, silent()));
        assertEquals(List.of(), runner.failures(), "its end by the same signal is no failure");
        assertEquals(2, runner.rows().size());
    }

    @Test
    void progressIsToldBeforeEachForkAndAfterEachRound() throws Exception {
        List<String> told = new ArrayList<>();
        Runner runner =
                new Runner(List.of(new Counting("a", 0, false), new Counting("b", 0, false)), new Meter(1), c -> false);
        runner.run(2, 0.4, new Runner.Progress() {
            @Override
            public void at(String what, double done, double secondsLeft) {
                told.add(what + " " + done);
            }

            @Override
            public void round(int forks) {
                told.add("round " + forks);
            }
        });
        assertEquals(
                List.of(
                        "fork 1 of 2: a 0.0",
                        "fork 1 of 2: b 0.25",
                        "round 1",
                        "fork 2 of 2: b 0.5",
                        "fork 2 of 2: a 0.75",
                        "round 2"),
                told);
    }
}
