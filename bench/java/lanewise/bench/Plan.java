package lanewise.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lanewise.bench.micro.AotCache;
import lanewise.bench.micro.Cold;
import lanewise.bench.micro.Latency;
import lanewise.bench.micro.MicroBenchmark;
import lanewise.bench.micro.Roofline;
import lanewise.bench.peers.Peers;
import lanewise.bench.program.Build;
import lanewise.bench.program.DenseLayers;
import lanewise.bench.program.Depth;
import lanewise.bench.program.JmhProgram;
import lanewise.bench.program.Program;
import lanewise.bench.program.SmallTraining;
import lanewise.bench.result.Key;
import lanewise.kernel.Selection;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The suite's benchmarks: which there are, and which belong to a run of some depth. A JMH benchmark is found by its
 * annotations; it gets a row here if shorter runs are to have it, too.
 */
final class Plan {

    /** The groups, in the order in which they run and are reported. */
    static final List<String> GROUPS = List.of("roofline", "kernels", "train", "predict", "cold", "scale", "peers");

    /** Groups that a run has without being asked; the others take their time. */
    private static final Set<String> USUAL = Set.of("roofline", "kernels", "train", "predict", "cold", "peers");

    /**
     * JMH benchmarks that differ by their parameters alone.
     *
     * @param depth the least depth that runs them
     * @param benchmark with its group before the class and the method
     * @param params values by name, each combined with each
     */
    private record Benchmarks(Depth depth, String benchmark, Map<String, List<String>> params) {

        static Benchmarks of(Depth depth, String benchmark, String... params) {
            Map<String, List<String>> all = new TreeMap<>();
            for (String param : params) {
                int at = param.indexOf('=');
                all.put(
                        param.substring(0, at),
                        Arrays.asList(param.substring(at + 1).split(",")));
            }
            return new Benchmarks(depth, benchmark, all);
        }

        List<Key> keys(String kernels) {
            List<Map<String, String>> combinations = List.of(Map.of(Key.KERNELS, kernels));
            for (Map.Entry<String, List<String>> param : params.entrySet()) {
                List<Map<String, String>> more = new ArrayList<>();
                for (Map<String, String> combination : combinations)
                    for (String value : param.getValue()) {
                        Map<String, String> one = new TreeMap<>(combination);
                        one.put(param.getKey(), value);
                        more.add(one);
                    }
                combinations = more;
            }
            return combinations.stream().map(c -> Key.of(benchmark, c)).toList();
        }
    }

    private static final List<Benchmarks> BENCHMARKS = List.of(
            Benchmarks.of(Depth.QUICK, "kernels.KernelBenchmark.gemvSparse", "shape=784x128", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.KernelBenchmark.gemvDense", "shape=128x64,64x10", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.KernelBenchmark.gemvTransposed", "shape=128x64", "zeros=0.81"),
            Benchmarks.of(Depth.QUICK, "kernels.KernelBenchmark.gerGemvWaiting", "shape=784x128", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.KernelBenchmark.gemmBatchDense", "shape=128x64", "zeros=0.81"),
            Benchmarks.of(Depth.QUICK, "kernels.KernelBenchmark.gemmBatchSparse", "shape=784x128", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.KernelBenchmark.gemmTransposed", "shape=128x64", "zeros=0.81"),
            Benchmarks.of(Depth.QUICK, "kernels.KernelBenchmark.gerRowsSparse", "shape=784x128", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.KernelBenchmark.gerRowsDense", "shape=128x64", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.NonZerosBenchmark.nonZeros", "n=784", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "kernels.FunctionBenchmark.values", "function=SIGMOID", "n=128"),
            Benchmarks.of(Depth.STANDARD, "kernels.SumsBenchmark.softmax", "n=10"),
            Benchmarks.of(Depth.STANDARD, "kernels.UpdatesBenchmark.adam", "n=100352"),
            Benchmarks.of(
                    Depth.QUICK, "train.TrainingStepBenchmark.step", "batch=1,128", "optimizer=SGD", "zeros=0.81"),
            Benchmarks.of(
                    Depth.STANDARD, "train.TrainingStepBenchmark.step", "batch=128", "optimizer=ADAM", "zeros=0.81"),
            Benchmarks.of(
                    Depth.FULL, "train.WideTrainingStepBenchmark.step", "batch=128", "optimizer=SGD", "zeros=0.81"),
            Benchmarks.of(Depth.QUICK, "predict.PredictionBenchmark.predict", "zeros=0.81"),
            Benchmarks.of(Depth.STANDARD, "predict.PredictionBenchmark.classifyBatch", "zeros=0.81"));

    /** Calls a second of the open loops, after the closed one. */
    private static final List<Integer> RATES = List.of(0, 100_000, 250_000), FEW_RATES = List.of(0, 250_000);

    /**
     * One part of a run.
     *
     * @param group that selects it
     * @param program to run
     * @param optional whether the run is none the worse if the program fails: a peer, or a rate that this machine need not keep
     */
    record Part(String group, Program program, boolean optional) {

        Part(String group, Program program) {
            this(group, program, group.equals("peers"));
        }
    }

    /** The parts, and a line for each thing that cannot be had here. */
    record Parts(List<Part> parts, List<String> leftOut) {}

    private final Depth depth;
    private final List<String> kernels;
    private final Path model;
    private final Set<String> groups = new LinkedHashSet<>();
    private final List<Pattern> patterns = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    /**
     * A plan.
     *
     * @param selection groups, of which those benchmarks take part that belong to the depth, and patterns of names and
     *     parameters, which are looked for among all; empty for the usual groups
     * @param depth which benchmarks take part, and how exactly they are measured
     * @param kernels scalar, or bits of vectors
     * @param model the ONNX file with whose weights the peers predict; null: weights that the suite trains
     */
    Plan(List<String> selection, Depth depth, List<String> kernels, Path model) {
        this.depth = depth;
        this.kernels = kernels;
        this.model = model;
        for (String word : selection)
            if (GROUPS.contains(word)) groups.add(word);
            else patterns.add(Pattern.compile(word));
        if (selection.isEmpty()) groups.addAll(USUAL);
    }

    private boolean matches(String text) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(text).find());
    }

    /** The text of a row in which patterns are looked for. */
    private static String text(Key key) {
        StringBuilder text = new StringBuilder(key.benchmark());
        key.params()
                .forEach((name, value) ->
                        text.append(' ').append(name).append('=').append(value));
        return text.toString();
    }

    /** The JMH benchmarks of the plan, group by group. */
    List<Key> keys() {
        Set<Key> keys = new LinkedHashSet<>();
        for (String each : kernels) {
            for (Key key : depth == Depth.FULL ? all(each) : table(each))
                if (groups.contains(key.group())) keys.add(key);
            if (!patterns.isEmpty()) for (Key key : all(each)) if (matches(text(key))) keys.add(key);
        }
        List<Key> sorted = new ArrayList<>(keys);
        sorted.sort(Comparator.comparingInt(key -> GROUPS.indexOf(key.group())));
        return sorted;
    }

    /** The rows of the table that belong to the depth. */
    private List<Key> table(String kernels) {
        List<Key> keys = new ArrayList<>();
        for (Benchmarks benchmarks : BENCHMARKS)
            if (benchmarks.depth.compareTo(depth) <= 0) keys.addAll(benchmarks.keys(kernels));
        return keys;
    }

    /** All JMH benchmarks with all values of their parameters, as their annotations say. */
    private static List<Key> all(String kernels) {
        OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        List<Key> keys = new ArrayList<>();
        for (BenchmarkListEntry entry : BenchmarkList.defaultList().getAll(silent, List.of())) {
            MicroBenchmark owner = MicroBenchmark.of(entry.getUsername());
            if (owner == null) continue;
            Map<String, List<String>> params = new TreeMap<>();
            entry.getParams().orElse(Map.of()).forEach((name, values) -> params.put(name, Arrays.asList(values)));
            String method = entry.getUsername().substring(entry.getUsername().lastIndexOf('.') + 1);
            keys.addAll(new Benchmarks(Depth.FULL, owner.name(method), params).keys(kernels));
        }
        keys.sort(Comparator.naturalOrder());
        return keys;
    }

    /**
     * All parts of the plan.
     *
     * @param folder for files that programs need until all have run
     * @throws IOException if a file cannot be written there
     * @throws InterruptedException if the thread is interrupted
     */
    Parts parts(Path folder) throws IOException, InterruptedException {
        Build build = Build.running();
        List<Key> keys = keys();
        // Whatever has a bound needs the ceilings of the same run.
        if (chosen("roofline", "") || !keys.isEmpty())
            for (String each : kernels)
                if (!each.equals("scalar"))
                    parts.add(new Part(
                            "roofline",
                            Roofline.program(build.classpath(), Integer.parseInt(each), rooflineSeconds())));
        if (kernels.equals(List.of("scalar")) && !keys.isEmpty() && Selection.width() > 0)
            parts.add(new Part("roofline", Roofline.program(build.classpath(), Selection.width(), rooflineSeconds())));
        for (Key key : keys) parts.add(new Part(key.group(), new JmhProgram(key, build, depth)));
        trainings(build);
        latencies(build);
        cold(build, folder);
        sizes(build);
        peers(folder);
        parts.sort(Comparator.comparingInt(part -> GROUPS.indexOf(part.group())));
        return new Parts(List.copyOf(parts), List.copyOf(leftOut));
    }

    private double rooflineSeconds() {
        return depth == Depth.QUICK ? 0.15 : 0.3;
    }

    /** Whether a group is chosen, or a pattern matches the name of one of its programs. */
    private boolean chosen(String group, String name) {
        return groups.contains(group) || !name.isEmpty() && matches(group + "." + name);
    }

    private void add(String group, Program program) {
        if (chosen(group, program.name())) parts.add(new Part(group, program));
    }

    private void trainings(Build build) {
        if (depth != Depth.QUICK)
            for (String each : kernels)
                if (!each.equals("scalar"))
                    add("train", DenseLayers.program(build.classpath(), each, depth.programSeconds()));
        for (String each : List.of("", "scalar"))
            for (boolean digits : new boolean[] {false, true})
                add("cold", SmallTraining.program(build.classpath(), each, digits ? Peers.DIGITS : null));
    }

    private void latencies(Build build) {
        List<String> collectors = depth == Depth.FULL ? List.of("G1", "Parallel", "Serial", "Z") : List.of("G1");
        for (String each : kernels)
            for (String collector : collectors)
                for (int rate : depth == Depth.FULL ? RATES : FEW_RATES) {
                    // The scalar kernels keep none of the rates.
                    if (rate > 0 && each.equals("scalar")) continue;
                    Program program =
                            Latency.program(build.classpath(), each, collector, rate, 1.5 * depth.programSeconds());
                    if (chosen("predict", program.name())) parts.add(new Part("predict", program, rate > 0));
                }
    }

    private void sizes(Build build) {
        for (String each : kernels)
            if (!each.equals("scalar"))
                add("scale", Sizes.program(build.classpath(), each, 15 * depth.programSeconds()));
    }

    /** All of them on jars, which the cache of the last needs. */
    private void cold(Build build, Path folder) throws IOException, InterruptedException {
        if (!groups.contains("cold") && patterns.isEmpty()) return;
        Path model = folder.resolve("cold.lanewise");
        Cold.writeModel(model);
        String classpath = AotCache.packed(build.classpath(), folder.resolve("aot"));
        Cold usual = Cold.of("G1", classpath, model, "-XX:+UseG1GC");
        add("cold", usual);
        if (depth == Depth.QUICK) return;
        add("cold", Cold.of("Serial", classpath, model, "-XX:+UseSerialGC"));
        add("cold", Cold.of("Z", classpath, model, "-XX:+UseZGC"));
        if (depth == Depth.FULL) add("cold", Cold.of("Parallel", classpath, model, "-XX:+UseParallelGC"));
        if (!chosen("cold", "the first calls, aot")) return;
        try {
            parts.add(new Part("cold", AotCache.make(usual, folder.resolve("aot"))));
        } catch (IOException e) {
            leftOut.add(e.getMessage());
        }
    }

    private void peers(Path folder) throws InterruptedException {
        if (!groups.contains("peers") && patterns.isEmpty()) return;
        List<Integer> widths = kernels.stream()
                .filter(each -> !each.equals("scalar"))
                .map(Integer::valueOf)
                .toList();
        boolean alone = groups.size() <= 1 || depth == Depth.FULL;
        double seconds = alone ? 2.5 * depth.programSeconds() : depth.programSeconds();
        Peers.Found found = Peers.find(Peers.Setting.of(folder, seconds, widths, model));
        for (Program program : found.usual()) add("peers", program);
        for (Program program : found.aside()) if (alone || !patterns.isEmpty()) add("peers", program);
        if (!alone && groups.contains("peers"))
            leftOut.add(
                    "peers in Python, those that take long, and the start and the threads of all: the group peers by"
                            + " itself has them");
        for (Program program : found.slow()) if (depth == Depth.FULL || !patterns.isEmpty()) add("peers", program);
        if (groups.contains("peers")) leftOut.addAll(found.leftOut());
    }
}
