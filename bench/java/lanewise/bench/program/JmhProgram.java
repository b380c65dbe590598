package lanewise.bench.program;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lanewise.bench.machine.Command;
import lanewise.bench.result.Key;
import lanewise.bench.result.Subject;

/**
 * A JMH benchmark in one fork of JMH: its own command line, in a process of its own, so that builds can be exchanged by the
 * class path.
 */
public final class JmhProgram implements Program {

    /** Seconds that the start of JMH and of its fork take together. */
    private static final double START_SECONDS = 1.2;

    /** Seconds from window to window. */
    private static final double BETWEEN_SECONDS = 0.5e-3;

    private final Key key;
    private final Build build;
    private final Depth depth;

    /**
     * A benchmark of a build.
     *
     * @param key whose benchmark ends with the class's and the method's name
     * @param build whose class path has the benchmark
     * @param depth for the iterations
     */
    public JmhProgram(Key key, Build build, Depth depth) {
        this.key = key;
        this.build = build;
        this.depth = depth;
    }

    /** What it measures. */
    public Key key() {
        return key;
    }

    @Override
    public String name() {
        return key.toString();
    }

    /** The same in all: JMH runs it the same way, whatever the benchmark. */
    @Override
    public String loop() {
        return "JMH";
    }

    @Override
    public double seconds() {
        return START_SECONDS
                + warmUps() * Depth.WARM_UP_SECONDS
                + depth.windows() * (Windows.SECONDS + BETWEEN_SECONDS);
    }

    /** A step or a prediction has many kernels, each of which has to be compiled. */
    private int warmUps() {
        return key.group().equals("kernels") ? depth.warmUps() : 2 * depth.warmUps();
    }

    @Override
    public Output run() throws IOException, InterruptedException {
        Path file = Files.createTempFile("jmh", ".json");
        try {
            command(file).output();
            return output(JsonParser.parseString(Files.readString(file)).getAsJsonArray());
        } finally {
            Files.delete(file);
        }
    }

    /** The arguments of the measuring JVM. */
    private List<String> arguments() {
        return JavaProgram.options(key.kernels());
    }

    private Command command(Path file) {
        String simple = key.benchmark().substring(key.benchmark().indexOf('.') + 1);
        List<Object> words = new ArrayList<>();
        words.add(JavaProgram.java());
        // The host only waits for its fork. Whether something else runs is found by the machine's state, not by a lock.
        words.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djmh.ignoreLock=true"));
        words.addAll(List.of("-cp", build.classpath()));
        words.add("org.openjdk.jmh.Main");
        words.add("[.]" + Pattern.quote(simple) + "$");
        words.addAll(List.of("-f", 1, "-foe", true, "-v", "SILENT"));
        words.addAll(List.of("-wi", warmUps(), "-w", time(Depth.WARM_UP_SECONDS)));
        words.addAll(List.of("-i", depth.windows(), "-r", time(Windows.SECONDS)));
        words.addAll(List.of("-rf", "json", "-rff", file));
        for (Class<?> profiler : List.of(KernelsProfiler.class, AllocationProfiler.class, ClockProfiler.class))
            words.addAll(List.of("-prof", profiler.getName()));
        words.addAll(List.of("-jvmArgs", String.join(" ", arguments())));
        for (Map.Entry<String, String> param : key.params().entrySet())
            if (!param.getKey().equals(Key.KERNELS))
                words.addAll(List.of("-p", param.getKey() + "=" + param.getValue()));
        return Command.of(words.toArray());
    }

    private static String time(double seconds) {
        return Math.round(1000 * seconds) + "ms";
    }

    private Output output(JsonArray results) throws IOException {
        if (results.isEmpty()) throw new IOException("JMH found no benchmark of this name");
        if (results.size() > 1) throw new IOException(results.size() + " benchmarks have this name");
        JsonObject result = results.get(0).getAsJsonObject();
        JsonObject metric = result.getAsJsonObject("primaryMetric");
        JsonObject secondary = result.getAsJsonObject("secondaryMetrics");
        List<Double> values = iterations(metric), allocated = iterations(secondary, AllocationProfiler.METRIC);
        List<Double> clocks = iterations(secondary, ClockProfiler.METRIC);
        Figure figure = new Figure(
                key.benchmark(),
                key.params(),
                result.get("mode").getAsString(),
                metric.get("scoreUnit").getAsString(),
                true,
                values,
                null,
                allocated.isEmpty() ? null : allocated.get(allocated.size() - 1),
                kernels(score(secondary, KernelsProfiler.METRIC)),
                clocks.size() == values.size() ? clocks : null);
        return new Output(new Subject("Lanewise", build.version(), build.name(), ""), arguments(), List.of(figure));
    }

    /** The figures of a metric, one for each iteration; none if it was not measured. */
    private static List<Double> iterations(JsonObject metrics, String name) {
        JsonObject metric = metrics.getAsJsonObject(name);
        return metric == null ? List.of() : iterations(metric);
    }

    private static List<Double> iterations(JsonObject metric) {
        List<Double> values = new ArrayList<>();
        for (JsonElement value : metric.getAsJsonArray("rawData").get(0).getAsJsonArray())
            values.add(value.getAsDouble());
        return values;
    }

    private static Double score(JsonObject metrics, String name) {
        JsonObject metric = metrics.getAsJsonObject(name);
        // JMH writes "NaN" as a text.
        return metric == null ? null : Double.valueOf(metric.get("score").getAsString());
    }

    private static String kernels(Double bits) {
        if (bits == null || bits.isNaN()) return null;
        return bits == 0 ? "scalar" : String.valueOf(Math.round(bits));
    }
}
