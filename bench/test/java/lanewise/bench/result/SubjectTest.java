package lanewise.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Two forks' words on who did the work. */
class SubjectTest {

    private static Subject subject(String settings, String check) {
        return new Subject("a peer", "1.0", settings, check);
    }

    @Test
    void equalOnesStayAsTheyAre() {
        Subject one = subject("one thread; all digits in batches of 32", "all digits: largest difference 1.0e-07");
        assertEquals(one, one.merge(subject(one.settings(), one.check())));
    }

    @Test
    void settingsThatDifferStandBesideEachOtherOnce() {
        Subject a = subject("one thread; all digits in batches of 32", "");
        Subject b = subject("one thread; all digits one by one", "");
        Subject both = a.merge(b);
        assertEquals("one thread; all digits in batches of 32; all digits one by one", both.settings());
        assertEquals(both, both.merge(b).merge(a));
    }

    @Test
    void eachThingThatWasComparedHasItsLargestDifference() {
        Subject a = subject(
                "",
                "all digits: largest difference 2.0e-07; 900 one by one: largest difference 9.0e-08; "
                        + "after 1280 digits, batch 1: largest difference 3.0e-07, accuracy 81.00 % (Lanewise 81.00 %)");
        Subject b = subject(
                "",
                "all digits: largest difference 1.0e-07; 850 one by one: largest difference 1.0e-07; "
                        + "after 1280 digits, batch 1: largest difference 1.2e-06, accuracy 81.01 % (Lanewise 81.00 %)");
        String expected = "all digits: largest difference 2.0e-07; 850 one by one: largest difference 1.0e-07; "
                + "after 1280 digits, batch 1: largest difference 1.2e-06, accuracy 81.01 % (Lanewise 81.00 %)";
        assertEquals(expected, a.merge(b).check());
        assertEquals(
                "all digits: largest difference 2.0e-07",
                subject("", "").merge(a).check().split(";")[0]);
    }

    @Test
    void accuraciesThatDifferAreBothTold() {
        assertEquals(
                "accuracy reached: 95.23 %; accuracy reached: 95.31 %",
                subject("", "accuracy reached: 95.23 %")
                        .merge(subject("", "accuracy reached: 95.31 %"))
                        .check());
    }
}
