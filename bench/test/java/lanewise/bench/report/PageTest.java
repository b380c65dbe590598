package lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import lanewise.bench.result.Bound;
import lanewise.bench.result.Conditions;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Numbers;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;
import lanewise.bench.result.Subject;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The page with charts, read by an XML parser. */
class PageTest {

    private static final Subject LANEWISE = new Subject("Lanewise", "0.1.0", "", "");

    private static Document parsed(Results results) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(Page.of(results))));
    }

    private static List<Element> all(Document page, String tag) {
        return elements(page.getElementsByTagName(tag));
    }

    private static List<Element> elements(NodeList nodes) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) elements.add((Element) nodes.item(i));
        return elements;
    }

    private static List<Element> within(Element parent, String tag) {
        return elements(parent.getElementsByTagName(tag));
    }

    private static Element section(Document page, String id) {
        return all(page, "section").stream()
                .filter(section -> section.getAttribute("id").equals(id))
                .findFirst()
                .orElse(null);
    }

    private static List<Element> drawn(Element parent, String tag, String style) {
        return within(parent, tag).stream()
                .filter(one ->
                        Arrays.asList(one.getAttribute("class").split(" ")).contains(style))
                .toList();
    }

    @Test
    void isWellFormedAndEachLinkLeadsToAPart() throws Exception {
        Document page = parsed(Example.results());
        Set<String> ids = new HashSet<>();
        for (Element element : all(page, "*"))
            if (element.hasAttribute("id"))
                assertTrue(ids.add(element.getAttribute("id")), element.getAttribute("id") + " stands twice");
        List<Element> links = all(page, "a");
        assertEquals(all(page, "section").size(), links.size());
        for (Element link : links)
            assertTrue(ids.contains(link.getAttribute("href").substring(1)), link.getAttribute("href"));
        for (Element section : all(page, "section")) assertTrue(ids.contains(section.getAttribute("aria-labelledby")));
    }

    @Test
    void asksNoNetwork() throws Exception {
        String text = Page.of(Example.results());
        assertFalse(text.replace("http-equiv", "").contains("http"));
        assertFalse(text.contains("url("));
        assertFalse(text.contains("@import"));
        for (Element element : all(parsed(Example.results()), "*")) {
            assertFalse(List.of("link", "img", "iframe", "object", "embed", "image", "use")
                    .contains(element.getTagName()));
            assertFalse(element.hasAttribute("src"));
            assertTrue(!element.hasAttribute("href")
                    || element.getAttribute("href").startsWith("#"));
        }
    }

    @Test
    void hasEachChartOfAWholeRun() throws Exception {
        Document page = parsed(Example.results());
        for (String id : List.of("peers", "latency", "roofline", "size", "cold")) {
            Element section = section(page, id);
            assertNotNull(section, id);
            assertFalse(within(section, "svg").isEmpty(), id);
            assertFalse(within(section, "table").isEmpty(), id + " has no table beside its chart");
        }
        for (Element svg : all(page, "svg"))
            assertTrue(
                    svg.getAttribute("aria-hidden").equals("true")
                            || svg.getAttribute("role").equals("img")
                                    && !svg.getAttribute("aria-label").isEmpty(),
                    "an SVG neither speaks nor is silent");
    }

    @Test
    void eachValidRowHasItsFigureItsForksAndItsCommand() throws Exception {
        Results results = Example.results();
        Document page = parsed(results);
        List<String> lines = within(section(page, "rows"), "tr").stream()
                .map(Element::getTextContent)
                .toList();
        List<String> strips = within(section(page, "forks"), "li").stream()
                .map(Element::getTextContent)
                .toList();
        String commands = section(page, "repeat").getTextContent();
        for (Row row : results.rows()) {
            if (!row.valid()) continue;
            String name = row.key().toString();
            double figure = Tables.distribution(row) ? row.percentile(0.5) : row.score();
            assertTrue(
                    lines.stream()
                            .anyMatch(line -> (line.startsWith(name) || line.startsWith(SameWork.who(row)))
                                    && line.contains(Numbers.three(figure))),
                    name);
            assertTrue(strips.stream().anyMatch(strip -> strip.startsWith(name)), name);
            assertTrue(commands.contains(Page.command(row.key())) && commands.contains(name), name);
        }
    }

    @Test
    void invalidRowsStandInTheirPartAlone() throws Exception {
        Map<String, List<Key>> keys = Map.of(
                "plain", List.of(Key.of("kernels.hidden", Map.of("kernels", "256"))),
                "scale", List.of(Key.of("scale.hidden", Map.of("width", "64", "batch", "1"))),
                "peers", List.of(Key.of("peers.hidden", Map.of()), Key.of("peers.hidden", Map.of("by", "hidden"))),
                "roofline", List.of(Key.of("roofline.arithmetic", Map.of("kernels", "hidden"))));
        List<Row> rows = new ArrayList<>(List.of(valid("kernels.shown", 7)));
        for (List<Key> some : keys.values())
            for (Key key : some)
                rows.add(Example.row(key, "thrpt", "GFLOP/s", LANEWISE, 424_242, 424_242)
                        .with(new Bound("arithmetic", 1e6, 1e7, 100, 100))
                        .with(List.of("the reason for " + key.benchmark())));
        Document page = parsed(Example.of(rows, List.of()));
        for (Element section : all(page, "section")) {
            boolean invalid = section.getAttribute("id").equals("invalid");
            assertEquals(invalid, section.getTextContent().contains("hidden"), section.getAttribute("id"));
            for (Element element : within(section, "*"))
                for (int i = 0; i < element.getAttributes().getLength(); i++)
                    assertFalse(element.getAttributes().item(i).getNodeValue().contains("hidden"));
            assertFalse(section.getTextContent().contains("424,"));
        }
        assertEquals(4 + 4, within(section(page, "invalid"), "li").size(), "the two peers have the same reason");
        assertTrue(section(page, "invalid").getTextContent().contains("the reason for scale.hidden"));
    }

    private static Row valid(String name, double score) {
        return Example.row(Key.of(name, Map.of()), "avgt", "ns/op", LANEWISE, score, score, score, score, score);
    }

    @Test
    void textsAreTextsWhateverTheyHold() throws Exception {
        String nasty = "<script>alert('1')</script> & \"x\" ]]> \u0000 \ud800 \uffff";
        Subject subject = new Subject(nasty, nasty, nasty, nasty);
        Row row = Example.row(
                        Key.of("peers.task", Map.of("by", nasty, "size", nasty)), "avgt", nasty, subject, 1, 2, 3, 4, 5)
                .with(new Bound(nasty, 0.5, 0.1, 0, 0));
        Row second = Example.row(Key.of("scale." + nasty, Map.of("width", "1")), "thrpt", nasty, subject, 1);
        Row third = Example.row(Key.of("scale." + nasty, Map.of("width", "2")), "thrpt", nasty, subject, 1);
        Document page = parsed(Example.of(List.of(row, second, third, row.with(List.of(nasty))), List.of(nasty)));
        assertEquals(1, all(page, "script").size());
        assertTrue(
                page.getDocumentElement().getTextContent().contains("<script>alert('1')</script> & \"x\" ]]> ? ? ?"));
    }

    @Test
    void barsAreAsLongAsTheirFigures() throws Exception {
        Key work = Key.of("peers.task", Map.of());
        List<Row> rows = List.of(
                Example.row(work, "avgt", "us/op", LANEWISE, 2, 2, 2),
                Example.row(
                        Key.of("peers.task", Map.of("by", "C")),
                        "avgt",
                        "us/op",
                        new Subject("C", "", "", ""),
                        4,
                        4,
                        8));
        Element peers = section(parsed(Example.of(rows, List.of())), "peers");
        double ours = width(drawn(peers, "rect", "own")), theirs = width(drawn(peers, "rect", "c"));
        assertEquals(2, theirs / ours, 0.01);
        Element whisker = drawn(peers, "line", "whisker").get(3);
        assertEquals(theirs, Double.parseDouble(whisker.getAttribute("x1")), 0.1);
        assertEquals(2 * theirs, Double.parseDouble(whisker.getAttribute("x2")), 0.1);
        for (Element line : drawn(peers, "line", "yardstick"))
            assertEquals(theirs, Double.parseDouble(line.getAttribute("x1")), 0.1);
        assertEquals(2, drawn(peers, "line", "yardstick").size());
    }

    private static double width(List<Element> rects) {
        assertEquals(1, rects.size());
        return Double.parseDouble(rects.get(0).getAttribute("width"));
    }

    @Test
    void aRowUnderTheRoofIsDrawnWhereItBelongs() throws Exception {
        List<Row> rows = new ArrayList<>();
        rows.add(Example.row(
                Key.of("roofline.arithmetic", Map.of("kernels", "256")), "thrpt", "GFLOP/s", LANEWISE, 100));
        rows.add(Example.row(
                Key.of("roofline.bandwidth", Map.of("access", "read", "size", "16 KB", "kernels", "256")),
                "thrpt",
                "GB/s",
                LANEWISE,
                200));
        // 1000 operations in 20 ns on 2000 bytes: 50 GFLOP/s at half an operation a byte, where the roof is 100.
        rows.add(Example.row(Key.of("kernels.one", Map.of("kernels", "256")), "avgt", "ns/op", LANEWISE, 20)
                .with(new Bound("L1 read", 10, 5, 1000, 2000)));
        Element roofline = section(parsed(Example.of(rows, List.of())), "roofline");
        Element dot = drawn(roofline, "circle", "dot").get(0);
        List<Element> limits = drawn(roofline, "line", "limit");
        double ridge = Double.parseDouble(limits.get(1).getAttribute("x2"));
        assertEquals(ridge, Double.parseDouble(dot.getAttribute("cx")), 0.11, "half an operation a byte is the ridge");
        assertTrue(dot.getTextContent().contains("50.0 GFLOP/s"));
        double roof = Double.parseDouble(limits.get(0).getAttribute("y1"));
        assertTrue(Double.parseDouble(dot.getAttribute("cy")) > roof, "below the roof");
    }

    @Test
    void aDistributionEndsAtItsSlowestCall() {
        List<Fork.Bin> bins = List.of(new Fork.Bin(1, 90), new Fork.Bin(2, 9), new Fork.Bin(50, 1));
        Fork fork = new Fork(List.of(1.0), bins, 0, "", Conditions.UNKNOWN);
        Row row = Example.row(Key.of("predict.latency", Map.of()), "sample", "us/op", LANEWISE, 1);
        Row distribution =
                new Row(row.key(), row.mode(), row.unit(), false, LANEWISE, null, List.of(), List.of(fork), List.of());
        List<Chart.Point> points = Curves.percentiles(distribution);
        assertEquals(
                List.of(
                        new Chart.Point(1, 1),
                        new Chart.Point(10, 1),
                        new Chart.Point(10, 2),
                        new Chart.Point(100, 2),
                        new Chart.Point(100, 50)),
                points);
    }

    @Test
    void drawsWhatIsThereAndFailsOnNothing() throws Exception {
        assertEquals(0, all(parsed(Example.of(List.of(), List.of())), "section").size());
        List<Row> odd = List.of(
                valid("unheard.of", 3),
                valid("nogroup", 3),
                Example.row(Key.of("peers.nothing", Map.of()), "avgt", "?", LANEWISE),
                Example.row(Key.of("peers.nothing", Map.of("by", "C")), "avgt", "?", LANEWISE, Double.NaN),
                Example.row(Key.of("peers.part", Map.of()), "avgt", "?", LANEWISE, 1, 2, Double.NaN),
                Example.row(Key.of("peers.part", Map.of("by", "C")), "avgt", "?", LANEWISE, Double.NaN, 2, 3),
                valid("peers.uncounted", 3),
                Example.row(Key.of("peers.uncounted", Map.of("by", "C")), "avgt", "ns/op", LANEWISE, Double.NaN),
                Example.row(Key.of("peers.zero", Map.of("by", "C")), "thrpt", "?", LANEWISE, 0, -1),
                Example.row(Key.of("scale.x", Map.of("width", "many")), "thrpt", "?", LANEWISE, 1),
                Example.row(Key.of("scale.x", Map.of("width", "64")), "thrpt", "?", LANEWISE, Double.POSITIVE_INFINITY),
                Example.row(Key.of("roofline.arithmetic", Map.of()), "thrpt", "GFLOP/s", LANEWISE, Double.NaN),
                valid("kernels.k", 0).with(new Bound("none", 0, 0, 1, 1)));
        Document page = parsed(Example.of(odd, List.of()));
        assertTrue(section(page, "rows").getTextContent().contains("unheard"));
        assertFalse(page.getDocumentElement().getTextContent().contains("NaN"));
        for (Element element : all(page, "*"))
            for (int i = 0; i < element.getAttributes().getLength(); i++)
                assertFalse(element.getAttributes().item(i).getNodeValue().matches(".*(NaN|Infinity).*"));
    }

    @Test
    void aCommandIsAPatternOfARowOfJmhOrAGroup() {
        Key row = Key.of(
                "kernels.KernelBenchmark.gemv", Map.of("shape", "784x128", "kernels", "256", "function", "a \"$(b)"));
        assertEquals(
                "mvn -q -Pbench -Dargs=\"kernels.KernelBenchmark.gemv.function=a....b..kernels=256.shape=784x128 --kernels 256\"",
                Page.command(row));
        assertEquals(
                "mvn -q -Pbench -Dargs=\"peers.DL4J,\"",
                Page.command(Key.of("peers.train", Map.of("by", "DL4J", "batch", "1"))));
    }
}
