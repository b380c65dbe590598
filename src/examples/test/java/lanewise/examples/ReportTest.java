package lanewise.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The report holds what it is given, all of it escaped, and refers to nothing outside of itself. */
class ReportTest {

    /** What a hostile name of a column or class may hold. */
    static final String HOSTILE = "</style><script>alert('1')</script>\"&amp;\u0000\u0007\ud800 \u05d0";

    /** A report with all that a report can have. */
    static Report everything(String text) {
        Report report = new Report("Title " + text, "Subtitle " + text)
                .figure("Figure " + text, text)
                .setting("Setting " + text, text)
                .footer("Footer " + text);
        for (int epoch = 1; epoch <= 20; epoch++)
            report.point("Loss", "training", epoch, 3.0 / epoch / epoch)
                    .point("Loss", "validation " + text, epoch, 1.0 / epoch + 0.002 * epoch * epoch)
                    .point("Accuracy", "test", epoch, 1 - 0.5 / epoch);
        report.best(8);
        report.classes(
                "6 samples",
                List.of("none", "cat " + text, "dog"),
                new int[] {1, 1, 1, 2, 2, 2},
                new int[] {1, 1, 2, 2, 2, 2},
                new float[] {0.91f, 0.52f, 0.77f, 1f, 0.99f, 0.97f});
        report.numbers("3 samples", "price " + text, new float[] {1, 2, 3}, new float[] {1.5f, 2, -1});
        float[] values = {0, 0.25f, 0.5f, 1, -1, -0.5f};
        return report.pictures(
                "Pictures " + text,
                text,
                List.of(Picture.ofGrey("grey " + text, 3, 2, values), Picture.ofSigned("signed", 2, 3, values)));
    }

    /** The page is XML but for its first line and the elements that have no end. */
    static Document parsed(String html) throws Exception {
        String xml = html.replaceFirst("<!DOCTYPE html>", "").replaceAll("<(meta|img)\\b([^>]*)>", "<$1$2/>");
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        return builder.parse(new InputSource(new StringReader(xml)));
    }

    private static List<Element> all(Document page, String name, String style) {
        List<Element> found = new ArrayList<>();
        NodeList elements = page.getElementsByTagName(name);
        for (int i = 0; i < elements.getLength(); i++) {
            Element element = (Element) elements.item(i);
            if (List.of(element.getAttribute("class").split(" ")).contains(style)) found.add(element);
        }
        return found;
    }

    @Test
    void allTextIsEscaped() throws Exception {
        Document page = parsed(everything(HOSTILE).html()),
                plain = parsed(everything("plain").html());
        assertEquals(0, page.getElementsByTagName("script").getLength());
        assertEquals(
                plain.getElementsByTagName("*").getLength(),
                page.getElementsByTagName("*").getLength());
        String shown = HOSTILE.replaceAll("[\u0000\u0007\ud800]", "?");
        String text = page.getDocumentElement().getTextContent();
        for (String before : List.of(
                "Title ", "Subtitle ", "Figure ", "Setting ", "Footer ", "cat ", "price ", "Pictures ", "grey "))
            assertTrue(text.contains(before + shown), before);
    }

    @Test
    void nothingOutsideIsReferredTo() throws Exception {
        String html = everything("").html();
        for (String word : List.of("http:", "https:", "//", "url(", "@import", "<script", "<link", "href", "onload"))
            assertFalse(html.replaceAll("base64,[A-Za-z0-9+/=]+", "").contains(word), word);
        Matcher source = Pattern.compile("src=\"([^\"]{0,22})").matcher(html);
        int sources = 0;
        for (; source.find(); sources++) assertEquals("data:image/png;base64,", source.group(1));
        assertEquals(2, sources);
        assertTrue(html.contains("content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\""));
    }

    @Test
    void theMatrixCountsTheSamples() throws Exception {
        Document page = parsed(everything("").html());
        Element matrix = all(page, "table", "matrix").get(0);
        List<String> rows = new ArrayList<>();
        NodeList all = matrix.getElementsByTagName("tr");
        for (int i = 0; i < all.getLength(); i++) {
            List<String> cells = new ArrayList<>();
            NodeList row = all.item(i).getChildNodes();
            for (int c = 0; c < row.getLength(); c++)
                cells.add(row.item(c).getTextContent().strip());
            rows.add(String.join("|", cells));
        }
        assertEquals(
                List.of(
                        "true \\ predicted|none|cat|dog|recall",
                        "none|0|0|0|-",
                        "cat|0|2|1|66.7%",
                        "dog|0|0|3|100.0%",
                        "precision|-|100.0%|75.0%|"),
                rows);
    }

    @Test
    void theCalibrationIsThatOfTheBins() throws Exception {
        Document page = parsed(everything("").html());
        // Of 6 samples: 0.52, right; 0.77, wrong; 0.91, 0.97, 0.99 and 1, right.
        double expected = (Math.abs(1 - 0.52) + 0.77 + Math.abs(4 - 0.91 - 0.97 - 0.99 - 1)) / 6;
        assertTrue(
                page.getDocumentElement()
                        .getTextContent()
                        .contains(String.format(
                                "Expected calibration error: %.2f%% (10 classes of confidence)", 100 * expected)),
                () -> page.getDocumentElement().getTextContent());
        assertEquals(3, all(page, "rect", "bar").size());
    }

    @Test
    void theBestEpochIsMarked() throws Exception {
        Document page = parsed(everything("").html());
        assertEquals(3, all(page, "circle", "best").size(), "one for each line");
        for (Element circle : all(page, "circle", "best"))
            assertTrue(circle.getTextContent().contains("Epoch 8: "), circle.getTextContent());
        assertEquals("8", all(page, "tr", "best").get(0).getFirstChild().getTextContent());
        assertFalse(everything("").best(0).html().contains("best: "));
        assertFalse(everything("").best(21).html().contains("best: "), "an epoch that is not in the curves");
    }

    @Test
    void pixelsAreThoseOfThePicture() throws Exception {
        float[] values = {0, 0.25f, 0.5f, 1, -1, -0.5f};
        BufferedImage grey = image(Picture.ofGrey("", 3, 2, values));
        int[] rgb = grey.getRGB(0, 0, 3, 2, null, 0, 3);
        assertArrayEquals(new int[] {0xff000000, 0xff404040, 0xff808080, 0xffffffff, 0xff000000, 0xff000000}, rgb);
        BufferedImage signed = image(Picture.ofSigned("", 2, 3, values));
        int[] opacities = signed.getRGB(0, 0, 2, 3, null, 0, 2);
        for (int i = 0; i < values.length; i++)
            assertEquals(Math.round(255 * Math.abs(values[i])), opacities[i] >>> 24);
        assertEquals(opacities[2] & 0xffffff, opacities[3] & 0xffffff);
        assertEquals(opacities[4] & 0xffffff, opacities[5] & 0xffffff);
        assertTrue((opacities[3] & 0xffffff) != (opacities[4] & 0xffffff), "two colours");
    }

    private static BufferedImage image(Picture picture) throws Exception {
        String base64 = picture.address().replaceFirst("data:image/png;base64,", "");
        return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }

    @Test
    void numbersOfEverySizeAndNumberAreDrawn() throws Exception {
        float[][] cases = {
            {5},
            {5, 5, 5},
            {0},
            {1e-38f, 2e-38f},
            {-3e38f, 3e38f},
            {1e9f, 1.0000001e9f},
            {-1, 0},
            {0.001f, 1000f},
            {Float.MIN_VALUE, 0},
        };
        for (float[] values : cases) {
            Report report = new Report("t", "").numbers("", "y", values, values);
            for (int i = 0; i < values.length; i++)
                report.point("Loss", "training", i + 1, values[i]).point("Loss", "validation", i + 1, Double.NaN);
            Document page = parsed(report.best(1).html());
            assertEquals(values.length, all(page, "circle", "cloud").size());
            assertEquals(values.length, all(page, "circle", "dot").size());
            NodeList circles = page.getElementsByTagName("circle");
            for (int i = 0; i < circles.getLength(); i++)
                for (String attribute : List.of("cx", "cy")) {
                    double at = Double.parseDouble(((Element) circles.item(i)).getAttribute(attribute));
                    assertTrue(at >= 0 && at <= 440, attribute + " " + at);
                }
        }
        assertEquals(0, all(parsed(new Report("t", "").html()), "section", "").size());
    }

    @Test
    void manyPointsAndClassesAreThinnedOut() throws Exception {
        float[] many = new float[100_000];
        for (int i = 0; i < many.length; i++) many[i] = i;
        Report report = new Report("t", "").numbers("", "y", many, many);
        List<String> labels = new ArrayList<>();
        int[] classes = new int[128];
        for (int i = 0; i < classes.length; i++) {
            labels.add("class " + i);
            classes[i] = i;
        }
        report.classes("", labels, classes, new int[128], new float[128]);
        for (int epoch = 1; epoch <= 5000; epoch++) report.point("Loss", "training", epoch, epoch);
        Document page = parsed(report.best(77).html());
        assertEquals(2000, all(page, "circle", "cloud").size());
        assertEquals(0, all(page, "table", "matrix").size());
        assertEquals(1, all(page, "circle", "best").size());
        assertEquals(1, all(page, "path", "line").size());
    }
}
