package lanewise.bench.result;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a row measures, the same in every run of the suite.
 *
 * @param benchmark name in the form {@code group.Class.method} or {@code group.task}, such as
 *     {@code kernels.KernelBenchmark.gemvSparse} and {@code peers.train}
 * @param params parameters by name, not modified; {@link #KERNELS} and {@link #BY} have a meaning of their own
 */
public record Key(String benchmark, SortedMap<String, String> params) implements Comparable<Key> {

    /** The kernels that are asked for: {@code scalar}, or the bits of a vector; absent where that means nothing. */
    public static final String KERNELS = "kernels";

    /** Who does the work: a peer's short name; absent for this library. */
    public static final String BY = "by";

    /** Copies the parameters. */
    public Key {
        params = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(params));
    }

    /** A key with parameters in any order. */
    public static Key of(String benchmark, Map<String, String> params) {
        return new Key(benchmark, new TreeMap<>(params));
    }

    /** The first part of the name: the group that selects it. */
    public String group() {
        int dot = benchmark.indexOf('.');
        return dot < 0 ? benchmark : benchmark.substring(0, dot);
    }

    /** The last part of the name. */
    public String task() {
        return benchmark.substring(benchmark.lastIndexOf('.') + 1);
    }

    /** The kernels that are asked for, or an empty text. */
    public String kernels() {
        return params.getOrDefault(KERNELS, "");
    }

    /** Who does the work, or an empty text for this library. */
    public String by() {
        return params.getOrDefault(BY, "");
    }

    /** The same task and parameters by whoever and on whatever kernels: rows with the same one are peers. */
    public Key work() {
        TreeMap<String, String> rest = new TreeMap<>(params);
        rest.remove(KERNELS);
        rest.remove(BY);
        return new Key(benchmark, rest);
    }

    @Override
    public int compareTo(Key other) {
        int order = benchmark.compareTo(other.benchmark);
        return order != 0 ? order : params.toString().compareTo(other.params.toString());
    }

    /** For tables: the task, then the parameters, then who and on what. */
    @Override
    public String toString() {
        String rest = params.entrySet().stream()
                .filter(e -> !e.getKey().equals(KERNELS) && !e.getKey().equals(BY))
                .map(e -> e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(", "));
        String name = benchmark.substring(benchmark.indexOf('.') + 1) + (rest.isEmpty() ? "" : ", " + rest);
        if (!by().isEmpty()) name += ", " + by();
        if (kernels().isEmpty()) return name;
        return name + (kernels().equals("scalar") ? ", scalar" : ", " + kernels() + " bit");
    }
}
