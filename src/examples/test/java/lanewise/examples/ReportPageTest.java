package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report in a browser, where there is one: on a phone and on a desk, in light and dark. */
class ReportPageTest {

    private static final int[][] SCREENS = {{320, 640}, {390, 844}, {768, 1024}, {1280, 800}, {1920, 1080}};

    @TempDir
    private static Path folder;

    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(Browser.program() != null, "Chromium is not installed");
        browser = new Browser();
    }

    @AfterAll
    static void end() throws Exception {
        if (browser != null) browser.close();
    }

    private static Path page(String text) throws Exception {
        return Files.writeString(
                folder.resolve("report.html"), ReportTest.everything(text).html());
    }

    @Test
    void nothingIsFetchedAndNothingComplainedOf() throws Exception {
        browser.open(page(ReportTest.HOSTILE.replaceAll("[\0\u0007\ud800]", "")), 1280, 800, false);
        long requests = browser.events.stream()
                .filter(event -> event.get("method").getAsString().equals("Network.requestWillBeSent"))
                .filter(event -> !event.toString().contains("\"url\":\"data:"))
                .count();
        assertEquals(1, requests, "the page itself: " + browser.events);
        for (String complaint : List.of("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"))
            assertTrue(
                    browser.events.stream()
                            .noneMatch(
                                    event -> event.get("method").getAsString().equals(complaint)),
                    () -> browser.events.toString());
        assertEquals("0", browser.value("document.scripts.length"));
        assertEquals("true", browser.value("[...document.images].every(i => i.naturalWidth > 0)"));
        assertEquals("2", browser.value("document.images.length"));
    }

    @Test
    void itFitsEveryScreen() throws Exception {
        String longWord = "a".repeat(300), longText = "many words of a column's name ".repeat(20);
        for (String text : List.of("", longWord, longText))
            for (int[] screen : SCREENS) {
                browser.open(page(text), screen[0], screen[1], false);
                assertFalse(movesSideways(), text.length() + " characters at " + screen[0]);
                // What is wider than the screen, a matrix, moves inside of its own box.
                assertEquals(
                        "",
                        browser.value("[...document.querySelectorAll('section, svg, h1, h2, p, dl, figure')]"
                                + ".filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)"
                                + ".map(e => e.tagName + ' ' + e.textContent.slice(0, 40)).join()"));
            }
    }

    @Test
    void chartsFillTheirCardsAndWordsStayInside() throws Exception {
        for (int[] screen : SCREENS) {
            browser.open(page(""), screen[0], screen[1], false);
            assertEquals(
                    "",
                    browser.value("[...document.querySelectorAll('section > svg text')].filter(t => {"
                            + " const b = t.getBoundingClientRect(), c = t.closest('svg').getBoundingClientRect();"
                            + " return b.left < c.left - 1 || b.right > c.right + 1 || b.bottom > c.bottom + 1"
                            + " || b.top < c.top - 1; }).map(t => t.textContent).join()"));
            double size = Double.parseDouble(browser.value("Math.min(...[...document.querySelectorAll('section > svg')]"
                    + ".map(s => s.getBoundingClientRect().width / 440"
                    + " * parseFloat(getComputedStyle(s.querySelector('text')).fontSize)))"));
            assertTrue(size >= 9, "words of " + size + " pixels at " + screen[0]);
        }
    }

    @Test
    void lightAndDarkFollowTheSystem() throws Exception {
        for (boolean dark : new boolean[] {false, true}) {
            browser.open(page(""), 1280, 800, dark);
            int page = brightness("document.body", "backgroundColor"), ink = brightness("document.body", "color");
            int card = brightness("document.querySelector('section')", "backgroundColor");
            int soft = brightness("document.querySelector('.note')", "color");
            int axis = brightness("document.querySelector('section svg text')", "fill");
            for (int[] pair : new int[][] {{page, ink}, {card, ink}, {card, soft}, {card, axis}}) {
                assertTrue(dark ? pair[0] < 60 : pair[0] > 230, "ground " + pair[0]);
                assertTrue(Math.abs(pair[0] - pair[1]) > 110, "ground " + pair[0] + ", words " + pair[1]);
            }
        }
    }

    /** Mean of red, green and blue. */
    private static int brightness(String element, String property) throws Exception {
        String colour = browser.value("getComputedStyle(" + element + ")." + property);
        assertTrue(colour.matches("rgb\\(\\d+, \\d+, \\d+\\)"), colour);
        int sum = 0;
        for (String one : colour.replaceAll("[rgb() ]", "").split(",")) sum += Integer.parseInt(one);
        return sum / 3;
    }

    @Test
    void numbersUnfoldWithoutAScript() throws Exception {
        browser.open(page(""), 390, 844, true);
        assertEquals("2", browser.value("document.querySelectorAll('details').length"));
        String shown = "document.querySelector('details table').checkVisibility()";
        assertEquals("false", browser.value(shown));
        browser.value("document.querySelector('summary').click()");
        assertEquals("true", browser.value(shown));
        assertFalse(movesSideways());
    }

    private static boolean movesSideways() throws Exception {
        String page = "document.documentElement.";
        return !browser.value(page + "scrollWidth").equals(browser.value(page + "clientWidth"));
    }
}
