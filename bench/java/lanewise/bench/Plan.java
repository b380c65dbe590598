package lanewise.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import lanewise.bench.program.Build;
import lanewise.bench.program.Depth;
import lanewise.bench.program.JmhProgram;
import lanewise.bench.program.Program;
import lanewise.bench.result.Key;

/**
 * The suite's benchmarks: which there are, and which belong to a run of some depth. A new JMH benchmark gets a row here; it is
 * found by its annotations, too, but only by the command {@code jmh}.
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
            Benchmarks.of(Depth.QUICK, "train.TrainingStepBenchmark.step", "zeros=0.81", "rate=0.05"),
            Benchmarks.of(Depth.QUICK, "predict.PredictionBenchmark.predict", "zeros=0.81"));

    /** Programs, and a line for each thing that cannot be had here. */
    record Programs(List<Program> programs, List<String> leftOut) {}

    private final Depth depth;
    private final List<String> kernels;
    private final Predicate<Key> selected;

    /**
     * A plan.
     *
     * @param selection groups and patterns of names; empty for what is usual
     * @param depth which benchmarks take part, and how exactly
     * @param kernels scalar, or bits of vectors
     */
    Plan(List<String> selection, Depth depth, List<String> kernels) {
        this.depth = depth;
        this.kernels = kernels;
        List<Pattern> patterns = new ArrayList<>();
        Set<String> groups = new LinkedHashSet<>();
        for (String word : selection)
            if (GROUPS.contains(word)) groups.add(word);
            else patterns.add(Pattern.compile(word));
        if (selection.isEmpty()) groups.addAll(USUAL);
        selected = key -> groups.contains(key.group())
                || patterns.stream().anyMatch(p -> p.matcher(key.benchmark()).find());
    }

    /** The JMH benchmarks of the plan. */
    List<Key> keys() {
        List<Key> keys = new ArrayList<>();
        for (Benchmarks benchmarks : BENCHMARKS)
            if (benchmarks.depth.compareTo(depth) <= 0)
                for (String each : kernels) for (Key key : benchmarks.keys(each)) if (selected.test(key)) keys.add(key);
        return keys;
    }

    /** All programs of the plan. */
    Programs programs() {
        List<Program> programs = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        Build build = Build.running();
        for (Key key : keys()) programs.add(new JmhProgram(key, build, depth));
        return new Programs(programs, leftOut);
    }
}
