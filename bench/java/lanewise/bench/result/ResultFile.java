package lanewise.bench.result;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.RecordComponent;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lanewise.bench.machine.Machine;
import lanewise.file.AtomicFile;
import org.openjdk.jmh.util.ListStatistics;
import org.openjdk.jmh.util.MultisetStatistics;
import org.openjdk.jmh.util.Statistics;
import org.openjdk.jmh.util.Version;

/**
 * Results as a file of JMH's own JSON ({@code -rf json}): an array of rows, one a line, which tools for JMH's files read.
 *
 * <p>What JMH's form has no place for stands in one more key of each row, {@code lanewise}: subject, bound, reasons of
 * invalidity, kernels and conditions of each fork, and all that belongs to the whole run. So a part of the rows is a file,
 * too. Files without that key are read as far as they go: the machine, kernels and conditions are unknown then.
 *
 * <p>Of {@code threads} JMH's key has the parameter of that name, else 1. A row does not know how programs warm up:
 * {@code warmupIterations} is 0, and the times are empty. Numbers that are none are the texts {@code NaN}, {@code +INF}
 * and {@code -INF}, as JMH writes them. A run without a row leaves an empty array, which tells nothing of the run.
 */
public final class ResultFile {

    /** Number of the layout of the key {@code lanewise}. */
    static final int LAYOUT = 1;

    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private static final double CONFIDENCE = 0.999;

    private static final double[] PERCENTILES = {0, 50, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999, 100};

    /** Whole numbers below it, such as counts, are written without a point. */
    private static final double EXACT = 1L << 53;

    private static final Pattern POSITION = Pattern.compile("line \\d+ column \\d+");

    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            .registerTypeAdapter(double.class, new Doubles())
            .registerTypeAdapter(Double.class, new Doubles().nullSafe())
            .create();

    /** A row in JMH's form. */
    private record Entry(
            String jmhVersion,
            String benchmark,
            String mode,
            Integer threads,
            Integer forks,
            String jvm,
            List<String> jvmArgs,
            String jdkVersion,
            String vmName,
            String vmVersion,
            Integer warmupIterations,
            String warmupTime,
            Integer warmupBatchSize,
            Integer measurementIterations,
            String measurementTime,
            Integer measurementBatchSize,
            Map<String, String> params,
            Metric primaryMetric,
            Map<String, Metric> secondaryMetrics,
            Rest lanewise) {}

    /** A figure in JMH's form; raw data by fork and iteration, histograms with pairs of value and count for each. */
    private record Metric(
            Double score,
            Double scoreError,
            List<Double> scoreConfidence,
            Map<String, Double> scorePercentiles,
            String scoreUnit,
            List<List<Double>> rawData,
            List<List<List<double[]>>> rawDataHistogram) {}

    /** The rest of a row. */
    private record Rest(
            int layout,
            Run run,
            boolean still,
            Subject subject,
            Bound bound,
            List<String> invalid,
            List<ForkRest> forks) {}

    /** What belongs to the whole run. */
    private record Run(String version, String commit, long started, Machine machine, List<String> leftOut) {}

    /** The rest of a fork; the values are null if JMH's raw data are they. */
    private record ForkRest(String kernels, Conditions conditions, List<Double> values) {}

    /** Numbers in JMH's form. */
    private static final class Doubles extends TypeAdapter<Double> {

        @Override
        public void write(JsonWriter out, Double value) throws IOException {
            if (Double.isNaN(value)) out.value("NaN");
            else if (Double.isInfinite(value)) out.value(value > 0 ? "+INF" : "-INF");
            else if (value == Math.rint(value) && Math.abs(value) < EXACT) out.value(value.longValue());
            else out.value(value);
        }

        @Override
        public Double read(JsonReader in) throws IOException {
            if (in.peek() == JsonToken.NUMBER) return in.nextDouble();
            String text = in.peek() == JsonToken.STRING ? in.nextString() : "";
            return switch (text) {
                case "NaN" -> Double.NaN;
                case "+INF" -> Double.POSITIVE_INFINITY;
                case "-INF" -> Double.NEGATIVE_INFINITY;
                default -> throw new JsonParseException("no number at path " + in.getPreviousPath());
            };
        }
    }

    private final Path file;

    private String place = "";

    private ResultFile(Path file) {
        this.file = file;
    }

    /**
     * Writes a file, whole or not at all.
     *
     * @throws IOException if it cannot be written; the message names the file
     */
    public static void write(Path file, Results results) throws IOException {
        byte[] bytes = json(results).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
    }

    /** The text of a file. */
    public static String json(Results results) {
        Run run = new Run(results.version(), results.commit(), results.started(), results.machine(), results.leftOut());
        return results.rows().stream()
                .map(row -> GSON.toJson(entry(row, run)))
                .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
    }

    /**
     * Reads a file of this suite or of JMH. The names of benchmarks are those of the file.
     *
     * @throws IOException if it cannot be read, or is none; the message is one sentence, which names the file and the row
     */
    public static Results read(Path file) throws IOException {
        return new ResultFile(file).read();
    }

    // Writing

    private static Entry entry(Row row, Run run) {
        boolean histogram = row.forks().stream().anyMatch(f -> !f.histogram().isEmpty());
        List<ForkRest> forks = row.forks().stream()
                .map(f -> new ForkRest(f.kernels(), f.conditions(), histogram ? f.values() : null))
                .toList();
        String jdk = run.machine.jdk();
        int iterations =
                row.forks().stream().mapToInt(f -> f.values().size()).max().orElse(0);
        return new Entry(
                Version.getPlainVersion(),
                row.key().benchmark(),
                row.mode(),
                threads(row.key()),
                row.forks().size(),
                "java",
                row.arguments(),
                jdk,
                System.getProperty("java.vm.name"),
                jdk,
                0,
                "",
                1,
                iterations,
                "",
                1,
                row.key().params().isEmpty() ? null : row.key().params(),
                histogram ? distribution(row) : values(row),
                secondary(row),
                new Rest(LAYOUT, run, row.still(), row.subject(), row.bound(), row.invalid(), forks));
    }

    private static int threads(Key key) {
        String threads = key.params().getOrDefault("threads", "1");
        return threads.matches("[1-9]\\d{0,5}") ? Integer.parseInt(threads) : 1;
    }

    private static Metric values(Row row) {
        List<List<Double>> raw = row.forks().stream().map(Fork::values).toList();
        return metric(statistics(raw), row.unit(), raw, null);
    }

    private static Statistics statistics(List<List<Double>> raw) {
        ListStatistics all = new ListStatistics();
        for (List<Double> fork : raw) fork.forEach(all::addValue);
        return all;
    }

    private static Metric distribution(Row row) {
        MultisetStatistics all = new MultisetStatistics();
        List<List<List<double[]>>> raw = new ArrayList<>();
        for (Fork fork : row.forks()) {
            List<double[]> pairs = new ArrayList<>();
            for (Fork.Bin bin : fork.histogram()) {
                all.addValue(bin.value(), bin.count());
                pairs.add(new double[] {bin.value(), bin.count()});
            }
            raw.add(List.of(pairs));
        }
        return metric(all, row.unit(), null, raw);
    }

    /** A figure; its error is, as JMH's, half of the interval of the mean at 99.9 % by Student's t. */
    private static Metric metric(
            Statistics all, String unit, List<List<Double>> raw, List<List<List<double[]>>> histogram) {
        boolean some = all.getN() > 0;
        Map<String, Double> percentiles = new LinkedHashMap<>();
        for (double p : PERCENTILES) percentiles.put(String.valueOf(p), some ? all.getPercentile(p) : Double.NaN);
        double mean = some ? all.getMean() : Double.NaN;
        double error = some ? all.getMeanErrorAt(CONFIDENCE) : Double.NaN;
        return new Metric(mean, error, List.of(mean - error, mean + error), percentiles, unit, raw, histogram);
    }

    private static Map<String, Metric> secondary(Row row) {
        if (row.forks().stream().allMatch(f -> Double.isNaN(f.allocated()))) return Map.of();
        List<List<Double>> raw =
                row.forks().stream().map(f -> List.of(f.allocated())).toList();
        return Map.of(ALLOCATED, metric(statistics(raw), "B/op", raw, null));
    }

    // Reading

    private Results read() throws IOException {
        JsonElement tree = tree();
        if (!tree.isJsonArray())
            throw error("an array of rows is expected, as JMH writes it with -rf json, and this is none");
        List<Row> rows = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Run run = null;
        for (JsonElement element : tree.getAsJsonArray()) {
            place = ", row " + (rows.size() + 1);
            Entry entry = entry(element);
            Row row = row(entry);
            if (!names.add(row.mode() + " " + row.key().benchmark() + row.key().params()))
                throw error("there was a row of the same benchmark, parameters and mode before");
            Run its = run(entry);
            if (run != null && !run.equals(its))
                throw error("it is of another run than the rows before; a file holds one run");
            run = its;
            rows.add(row);
        }
        if (run == null) run = new Run("", "", 0, new Machine("", "", 0, "", "", ""), List.of());
        return new Results(run.version, run.commit, run.started, run.machine, rows, run.leftOut);
    }

    private JsonElement tree() throws IOException {
        JsonReader reader = new JsonReader(new StringReader(text()));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement tree = JsonParser.parseReader(reader);
            if (reader.peek() == JsonToken.END_DOCUMENT) return tree;
        } catch (JsonParseException | MalformedJsonException e) {
            Matcher position = POSITION.matcher(String.valueOf(e.getMessage()));
            throw error("not JSON" + (position.find() ? " at " + position.group() : "") + "; was it cut or joined?");
        }
        throw error("something follows the array; was it joined?");
    }

    private String text() throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw error("there is no such file");
        } catch (CharacterCodingException e) {
            throw error("not a text in UTF-8");
        } catch (IOException e) {
            throw error("cannot be read: " + e.getMessage());
        }
    }

    private Entry entry(JsonElement element) throws IOException {
        if (!element.isJsonObject()) throw error("an object is expected, as JMH writes it for a benchmark");
        JsonElement name = element.getAsJsonObject().get("benchmark");
        if (name != null && name.isJsonPrimitive()) place += " (" + name.getAsString() + ")";
        JsonElement rest = element.getAsJsonObject().get("lanewise");
        if (rest != null) checkLayout(rest);
        try {
            return GSON.fromJson(element, Entry.class);
        } catch (JsonParseException | IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw error(message.replaceFirst("^[\\w.$]+Exception: ", ""));
        }
    }

    /** Looks at the layout first: all else may have changed with it. */
    private void checkLayout(JsonElement rest) throws IOException {
        JsonElement layout = rest.isJsonObject() ? rest.getAsJsonObject().get("layout") : null;
        String found = layout == null ? "none" : layout.toString();
        if (!found.equals(String.valueOf(LAYOUT)))
            throw error("layout " + found + " of the key lanewise, " + LAYOUT
                    + " expected; was it written by a later version of Lanewise?");
    }

    private Row row(Entry entry) throws IOException {
        present(entry.benchmark, "benchmark");
        present(entry.mode, "mode");
        present(entry.primaryMetric, "primaryMetric");
        present(entry.primaryMetric.score, "primaryMetric.score");
        present(entry.primaryMetric.scoreUnit, "primaryMetric.scoreUnit");
        Map<String, String> params = entry.params == null ? Map.of() : entry.params;
        for (String name : params.keySet()) present(params.get(name), "params." + name);
        Rest rest = entry.lanewise;
        if (rest == null) rest = new Rest(LAYOUT, null, false, new Subject("", "", "", ""), null, List.of(), null);
        else checkRest(rest);
        return new Row(
                new Key(entry.benchmark, new TreeMap<>(params)),
                entry.mode,
                entry.primaryMetric.scoreUnit,
                rest.still,
                rest.subject,
                rest.bound,
                entry.jvmArgs == null ? List.of() : listed(entry.jvmArgs, "jvmArgs"),
                forks(entry, rest.forks),
                rest.invalid);
    }

    private void checkRest(Rest rest) throws IOException {
        whole(rest.run, "lanewise.run");
        whole(rest.run.machine, "lanewise.run.machine");
        listed(rest.run.leftOut, "lanewise.run.leftOut");
        whole(rest.subject, "lanewise.subject");
        if (rest.bound != null) whole(rest.bound, "lanewise.bound");
        listed(rest.invalid, "lanewise.invalid");
        for (ForkRest fork : listed(rest.forks, "lanewise.forks")) {
            present(fork.kernels, "lanewise.forks.kernels");
            present(fork.conditions, "lanewise.forks.conditions");
            whole(fork.conditions, "lanewise.forks.conditions");
        }
    }

    /** The run; of a file of JMH nothing but the JDK is known. */
    private Run run(Entry entry) {
        if (entry.lanewise != null) return entry.lanewise.run;
        String jdk = entry.jdkVersion == null ? "" : entry.jdkVersion;
        return new Run("", "", 0, new Machine("", "", 0, "", jdk, ""), List.of());
    }

    private List<Fork> forks(Entry entry, List<ForkRest> rests) throws IOException {
        Metric metric = entry.primaryMetric;
        boolean histogram = metric.rawDataHistogram != null;
        int count = histogram
                ? listed(metric.rawDataHistogram, "primaryMetric.rawDataHistogram")
                        .size()
                : listed(metric.rawData, "primaryMetric.rawData").size();
        if (rests != null && rests.size() != count)
            throw error(count + " forks in primaryMetric.rawData, " + rests.size() + " in lanewise.forks");
        List<Fork> forks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ForkRest rest = rests == null ? new ForkRest("", Conditions.UNKNOWN, null) : rests.get(i);
            List<Fork.Bin> bins = histogram ? bins(metric.rawDataHistogram.get(i)) : List.of();
            List<Double> values = rest.values;
            if (values == null)
                values = histogram ? Fork.middle(bins) : listed(metric.rawData.get(i), "primaryMetric.rawData");
            forks.add(new Fork(
                    listed(values, "lanewise.forks.values"), bins, allocated(entry, i), rest.kernels, rest.conditions));
        }
        return forks;
    }

    /** The bins of all iterations of a fork. */
    private List<Fork.Bin> bins(List<List<double[]>> iterations) throws IOException {
        TreeMap<Double, Long> counts = new TreeMap<>();
        for (List<double[]> iteration : listed(iterations, "primaryMetric.rawDataHistogram"))
            for (double[] pair : listed(iteration, "primaryMetric.rawDataHistogram")) {
                if (pair.length != 2)
                    throw error("primaryMetric.rawDataHistogram has a bin of " + pair.length
                            + " numbers, a value and a count expected");
                counts.merge(pair[0], (long) pair[1], Long::sum);
            }
        return counts.entrySet().stream()
                .map(e -> new Fork.Bin(e.getKey(), e.getValue()))
                .toList();
    }

    /** Bytes for each operation: the mean of a fork's iterations, as JMH's score; older versions put a dot before. */
    private double allocated(Entry entry, int fork) throws IOException {
        Map<String, Metric> secondary = entry.secondaryMetrics == null ? Map.of() : entry.secondaryMetrics;
        Metric metric = secondary.getOrDefault(ALLOCATED, secondary.get("\u00b7" + ALLOCATED));
        if (metric == null || metric.rawData == null || fork >= metric.rawData.size()) return Double.NaN;
        List<Double> values = listed(metric.rawData.get(fork), "secondaryMetrics." + ALLOCATED + ".rawData");
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    // Errors

    private <T> List<T> listed(List<T> list, String name) throws IOException {
        present(list, name);
        for (T item : list) present(item, "an item of " + name);
        return list;
    }

    private void whole(Record record, String name) throws IOException {
        present(record, name);
        for (RecordComponent component : record.getClass().getRecordComponents())
            try {
                present(component.getAccessor().invoke(record), name + "." + component.getName());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
    }

    private void present(Object value, String name) throws IOException {
        if (value == null) throw error(name + " is missing");
    }

    private IOException error(String message) {
        return new IOException(file + place + ": " + message);
    }
}
