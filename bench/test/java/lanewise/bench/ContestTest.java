package lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import lanewise.bench.Contest.Figure;
import lanewise.bench.Contest.Outcome;
import lanewise.bench.Contest.Program;
import lanewise.bench.Contest.Quantity;
import org.junit.jupiter.api.Test;

/** Contests of programs whose figures are given. */
class ContestTest {

    private static final Quantity A = new Quantity("a", "samples/s"), B = new Quantity("b", "samples/s");

    private static Program giving(Quantity quantity, Double... values) {
        Iterator<Double> next = List.of(values).iterator();
        return () -> Map.of(quantity, next.next());
    }

    @Test
    void programsRunInTurn() throws Exception {
        Contest contest = new Contest();
        contest.add("first", giving(A, 1.0, 1.0));
        contest.add("second", giving(B, 1.0, 1.0));
        List<String> runs = new ArrayList<>();
        contest.run(2, runs::add);
        assertEquals(
                List.of("round 1 of 2: first", "round 1 of 2: second", "round 2 of 2: first", "round 2 of 2: second"),
                runs);
    }

    @Test
    void ratiosAreThoseOfEachRound() throws Exception {
        Contest contest = new Contest();
        contest.add("first", giving(A, 10.0, 40.0, 90.0));
        contest.add("second", giving(B, 10.0, 20.0, 30.0));
        contest.compare("a of b", A, B);
        Outcome outcome = contest.run(3, text -> {});
        // 1, 2 and 3: the ratio of the medians, 40 / 20, would be the same; that of the maxima is not.
        assertEquals(List.of(new Figure("a of b", "ratio", 2, 1, 3, List.of(1.0, 2.0, 3.0))), outcome.ratios());
        assertEquals(
                List.of(
                        new Figure("a", "samples/s", 40, 10, 90, List.of(10.0, 40.0, 90.0)),
                        new Figure("b", "samples/s", 20, 10, 30, List.of(10.0, 20.0, 30.0))),
                outcome.figures());
        assertEquals(List.of(), outcome.failures());
    }

    @Test
    void aRatiosMedianIsNotTheMediansRatio() throws Exception {
        Contest contest = new Contest();
        contest.add("first", giving(A, 1.0, 2.0, 9.0));
        contest.add("second", giving(B, 4.0, 1.0, 3.0));
        contest.compare("a of b", A, B);
        Figure ratio = contest.run(3, text -> {}).ratios().get(0);
        assertEquals(2, ratio.median());
        assertEquals(0.25, ratio.min());
        assertEquals(3, ratio.max());
    }

    @Test
    void theMedianOfAnEvenNumberLiesBetweenTheMiddleTwo() {
        assertEquals(2.5, Figure.of("a", "s", List.of(9.0, 2.0, 1.0, 3.0)).median());
    }

    @Test
    void aProgramThatFailsTakesNoFurtherPart() throws Exception {
        Contest contest = new Contest();
        int[] runs = {0};
        contest.add("bad", () -> {
            if (++runs[0] == 2) throw new IOException("no libopenblas");
            return Map.of(A, 1.0);
        });
        contest.add("good", giving(B, 1.0, 2.0, 3.0));
        contest.compare("a of b", A, B);
        Outcome outcome = contest.run(3, text -> {});
        assertEquals(2, runs[0]);
        assertEquals(List.of("bad: no libopenblas"), outcome.failures());
        assertEquals(List.of("b"), outcome.figures().stream().map(Figure::name).toList());
        assertEquals(List.of(), outcome.ratios());
    }

    @Test
    void whoDoesNotTakePartHasNoRatio() throws Exception {
        Contest contest = new Contest();
        contest.add("first", giving(A, 1.0));
        contest.compare("a of b", A, B);
        assertTrue(contest.run(1, text -> {}).ratios().isEmpty());
    }

    @Test
    void twoProgramsOfOneNameAreRefused() {
        Contest contest = new Contest();
        contest.add("first", giving(A, 1.0));
        assertTrue(contest.has("first"));
        Exception e = assertThrows(IllegalArgumentException.class, () -> contest.add("first", giving(B, 1.0)));
        assertEquals("two programs are named first; another name expected", e.getMessage());
    }
}
