package lanewise.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of results: what is written is read, what JMH writes is read, and what is neither is refused in a sentence. */
class ResultFileTest {

    @TempDir
    private Path folder;

    private Results again(Results results) throws IOException {
        Path file = folder.resolve("results.json");
        ResultFile.write(file, results);
        return ResultFile.read(file);
    }

    /** The file that JMH 1.37 wrote: one benchmark as average and as samples, two forks of two iterations. */
    private static Path jmh() {
        try {
            return Path.of(ResultFileTest.class.getResource("jmh.json").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            Results results = any(random);
            assertEquals(results, again(results));
        }
    }

    private static Results any(Random random) {
        List<Row> rows = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) rows.add(row(i, random));
        return new Results(text(random), text(random), random.nextLong(), Planted.MACHINE, rows, List.of(text(random)));
    }

    private static Row row(int i, Random random) {
        boolean histogram = random.nextBoolean();
        List<Fork> forks = new ArrayList<>();
        for (int k = random.nextInt(4); k > 0; k--) forks.add(fork(histogram, random));
        Map<String, String> params = new TreeMap<>();
        for (int k = random.nextInt(3); k > 0; k--) params.put(text(random), text(random));
        return new Row(
                new Key("a.b" + i, new TreeMap<>(params)),
                histogram ? "sample" : "avgt",
                "us/op",
                random.nextBoolean(),
                new Subject(text(random), text(random), text(random), text(random)),
                random.nextBoolean()
                        ? null
                        : new Bound(text(random), number(random), number(random), number(random), number(random)),
                List.of(text(random), text(random)),
                forks,
                random.nextBoolean() ? List.of() : List.of(text(random)));
    }

    private static Fork fork(boolean histogram, Random random) {
        List<Double> values = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) values.add(number(random));
        List<Fork.Bin> bins = new ArrayList<>();
        if (histogram)
            for (int i = 0, n = 1 + random.nextInt(5); i < n; i++)
                bins.add(new Fork.Bin(i + random.nextDouble(), 1 + random.nextInt(1_000_000)));
        Conditions conditions = new Conditions(
                random.nextLong(), text(random), number(random), number(random), 1, 0.25, number(random), -0.5);
        return new Fork(values, bins, number(random), random.nextBoolean() ? "" : "256", conditions);
    }

    private static double number(Random random) {
        double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, 1e300, 1e-300, 3, 1L << 53};
        return random.nextInt(3) == 0 ? odd[random.nextInt(odd.length)] : 1e3 * random.nextGaussian();
    }

    private static String text(Random random) {
        String[] odd = {"", "a b", "\"{[\\", "<&>'", "-Da=b,c", "\u00b5 \u6570", "line\nline", "\u2028"};
        return odd[random.nextInt(odd.length)];
    }

    @Test
    void anotherToolFindsJmhsKeysAndStatistics() throws IOException {
        Path file = folder.resolve("results.json");
        Row row = Planted.row("gemv", List.of(Planted.fork(10, 12), Planted.fork(11, 14)));
        ResultFile.write(file, Planted.results("abc", row));
        String text = Files.readString(file);
        JsonArray written = JsonParser.parseString(text).getAsJsonArray();
        JsonObject entry = written.get(0).getAsJsonObject();
        JsonObject other = JsonParser.parseString(Files.readString(jmh()))
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        for (String key : other.keySet()) assertEquals(kind(other.get(key)), kind(entry.get(key)), key);
        JsonObject metric = entry.getAsJsonObject("primaryMetric"), theirs = other.getAsJsonObject("primaryMetric");
        assertEquals(theirs.keySet(), metric.keySet());
        assertEquals(
                theirs.getAsJsonObject("scorePercentiles").keySet(),
                metric.getAsJsonObject("scorePercentiles").keySet());
        assertEquals("1.37", entry.get("jmhVersion").getAsString());
        assertEquals(2, entry.get("forks").getAsInt());
        assertEquals(11.75, metric.get("score").getAsDouble());
        // Student's t of 3 degrees at 99.95 %, 12.924, times the standard error of 10, 12, 11, 14: 0.853913.
        assertEquals(11.0360, metric.get("scoreError").getAsDouble(), 1e-3);
        assertEquals("[[10,12],[11,14]]", metric.get("rawData").toString());
        assertTrue(entry.getAsJsonObject("secondaryMetrics").has("gc.alloc.rate.norm"));
        assertEquals(3, text.lines().count(), "one line for a row");
    }

    private static String kind(JsonElement e) {
        return e == null
                ? "none"
                : e.isJsonPrimitive() && e.getAsJsonPrimitive().isNumber()
                        ? "number"
                        : e.getClass().getSimpleName();
    }

    @Test
    void numbersThatAreNoneAreLegalJson() {
        Row row = Planted.row("gemv", List.of(Planted.fork(Double.NaN), Planted.fork(1)));
        String json = ResultFile.json(Planted.results("abc", row));
        assertTrue(json.contains("\"rawData\":[[\"NaN\"],[1]]"), json);
        assertFalse(json.matches("(?s).*[:,\\[]-?(NaN|Infinity).*"), json);
    }

    @Test
    void aFileOfJmhIsReadAsFarAsItGoes() throws IOException {
        Results results = ResultFile.read(jmh());
        assertEquals("25.0.3", results.machine().jdk());
        assertEquals("", results.machine().cpu());
        assertEquals(2, results.rows().size());
        Row average = results.rows().get(0), sample = results.rows().get(1);
        assertEquals(Map.of("zeros", "0.0"), average.key().params());
        assertEquals(
                "lanewise.bench.micro.PredictionBenchmark.readParameters",
                average.key().benchmark());
        assertEquals("avgt", average.mode());
        assertEquals("ns/op", average.unit());
        assertEquals(List.of("--add-modules=jdk.incubator.vector"), average.arguments());
        assertEquals(List.of(3281428.5, 2457185.5), average.forks().get(0).values());
        assertEquals((415035422.0 + 1750964.0) / 2, average.forks().get(0).allocated());
        assertEquals("", average.forks().get(0).kernels());
        assertEquals(Conditions.UNKNOWN, average.forks().get(0).conditions());
        assertNull(average.bound());
        assertEquals(average.key(), sample.key());
        assertEquals("sample", sample.mode());
        assertEquals(List.of(1069056.0), sample.forks().get(0).values());
        assertEquals(
                List.of(1003520.0, 1079296.0, 1093632.0, 1097728.0),
                sample.forks().get(1).histogram().stream().map(Fork.Bin::value).toList());
        assertEquals(results, again(results));
    }

    /** JMH wrote the score of the samples as well; it must be ours of the same samples. */
    @Test
    void scoresAreJmhs() throws IOException {
        JsonArray theirs = JsonParser.parseString(Files.readString(jmh())).getAsJsonArray();
        JsonArray ours =
                JsonParser.parseString(ResultFile.json(ResultFile.read(jmh()))).getAsJsonArray();
        for (int i = 0; i < theirs.size(); i++)
            for (String name : List.of("score", "scoreError")) {
                double expected = metric(theirs, i).get(name).getAsDouble();
                assertEquals(expected, metric(ours, i).get(name).getAsDouble(), 1e-9 * expected);
            }
    }

    private static JsonObject metric(JsonArray rows, int i) {
        return rows.get(i).getAsJsonObject().getAsJsonObject("primaryMetric");
    }

    @Test
    void aRunWithoutRowsIsAnEmptyArray() throws IOException {
        Results none = again(Planted.results("abc"));
        assertEquals(List.of(), none.rows());
        assertNotNull(none.machine());
    }

    private String refused(String text) throws IOException {
        Path file = folder.resolve("bad.json");
        Files.writeString(file, text);
        String message =
                assertThrows(IOException.class, () -> ResultFile.read(file)).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        assertFalse(message.contains("\n"), message);
        return message.substring(file.toString().length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | : an array of rows is expected",
                "[{\"benchmark\": | : not JSON",
                "[NaN] | : not JSON at line 1 column",
                "<html> | : not JSON at line 1 column",
                "[] [] | : not JSON at line 1 column 5; was it cut or joined?",
                "{} | : an array of rows is expected, as JMH writes it with -rf json, and this is none",
                "[3] | , row 1: an object is expected",
                "[{}] | , row 1: benchmark is missing",
                "[{\"benchmark\":\"a.b\",\"mode\":\"avgt\"}] | , row 1 (a.b): primaryMetric is missing",
                "[{\"benchmark\":\"a.b\",\"mode\":\"avgt\",\"primaryMetric\":{\"scoreUnit\":\"s\",\"rawData\":[[1]]}}] | "
                        + ", row 1 (a.b): primaryMetric.score is missing",
                "[{\"benchmark\":\"a.b\",\"mode\":\"avgt\",\"primaryMetric\":{\"score\":1,\"scoreUnit\":\"s\"}}] | "
                        + ", row 1 (a.b): primaryMetric.rawData is missing",
                "[{\"benchmark\":\"a.b\",\"mode\":\"avgt\",\"primaryMetric\":{\"score\":\"1\",\"scoreUnit\":\"s\"}}] | "
                        + ", row 1 (a.b): no number at path $.primaryMetric.score",
                "[{\"benchmark\":\"a.b\",\"forks\":[]}] | , row 1 (a.b): ",
                "[{\"benchmark\":\"a.b\",\"lanewise\":{\"layout\":2,\"new\":1}}] | , row 1 (a.b): layout 2 of the key lanewise, "
                        + "1 expected; was it written by a later version of Lanewise?",
                "[{\"benchmark\":\"a.b\",\"lanewise\":7}] | , row 1 (a.b): layout none of the key lanewise",
            })
    void badFilesAreRefusedByPlace(String text, String message) throws IOException {
        String refusal = refused(text);
        assertTrue(refusal.startsWith(message), refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"kernels\":\"256\" | \"other\":\"256\" | lanewise.forks.kernels is missing",
                "\"boot\":\"a boot\" | \"other\":1 | lanewise.forks.conditions.boot is missing",
                "\"cpu\" | \"gpu\" | lanewise.run.machine.cpu is missing",
                "\"machine\" | \"robot\" | lanewise.run.machine is missing",
                "\"subject\" | \"object\" | lanewise.subject is missing",
                "\"rawData\":[[10],[12]] | \"rawData\":[[10]] | 1 forks in primaryMetric.rawData, 2 in lanewise.forks",
                "\"rawData\":[[10],[12]] | \"rawData\":[[10],[null]] | an item of primaryMetric.rawData is missing",
                "\"rawData\":[[10],[12]] | \"rawDataHistogram\":[[[[1,2,3]]],[]] | "
                        + "primaryMetric.rawDataHistogram has a bin of 3 numbers, a value and a count expected",
            })
    void damagedRowsAreRefusedByPlace(String from, String to, String message) throws IOException {
        String good = ResultFile.json(
                Planted.results("abc", Planted.row("gemv", List.of(Planted.fork(10), Planted.fork(12)))));
        assertTrue(good.contains(from), good);
        String refusal = refused(good.replace(from, to));
        assertEquals(", row 1 (kernels.KernelBenchmark.gemv): " + message, refusal);
    }

    @Test
    void rowsOfOneFileAreOfOneRunAndNoneIsThereTwice() throws IOException {
        Row a = Planted.levels("a", 1), b = Planted.levels("b", 1);
        String first = ResultFile.json(Planted.results("one", a)), second = ResultFile.json(Planted.results("two", b));
        String joined = first.replace("\n]\n", "") + "," + second.substring(1);
        assertTrue(refused(joined).contains(", row 2 (kernels.KernelBenchmark.b): it is of another run"));
        String twice = ResultFile.json(Planted.results("one", a, a));
        assertTrue(
                refused(twice).contains(", row 2 (kernels.KernelBenchmark.a): there was a row of the same benchmark"));
    }

    @Test
    void filesThatAreNoneAreRefused() throws IOException {
        Path none = folder.resolve("none.json");
        assertEquals(
                none + ": there is no such file",
                assertThrows(IOException.class, () -> ResultFile.read(none)).getMessage());
        Files.write(none, new byte[] {'[', (byte) 0xff, ']'});
        assertEquals(
                none + ": not a text in UTF-8",
                assertThrows(IOException.class, () -> ResultFile.read(none)).getMessage());
        assertTrue(assertThrows(IOException.class, () -> ResultFile.read(folder))
                .getMessage()
                .startsWith(folder + ": cannot be read: "));
    }
}
