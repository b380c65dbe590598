package lanewise.bench.micro;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import lanewise.bench.result.Bound;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;

/** The classes of JMH benchmarks: the group that each belongs to, and the work of its methods. */
public enum MicroBenchmark {
    KERNELS("kernels", KernelBenchmark.class, KernelBenchmark::work),
    NON_ZEROS("kernels", NonZerosBenchmark.class, NonZerosBenchmark::work),
    ELEMENTWISE("kernels", ElementwiseBenchmark.class, ElementwiseBenchmark::work),
    FUNCTIONS("kernels", FunctionBenchmark.class, FunctionBenchmark::work),
    SUMS("kernels", SumsBenchmark.class, SumsBenchmark::work),
    UPDATES("kernels", UpdatesBenchmark.class, UpdatesBenchmark::work),
    TRAINING("train", TrainingStepBenchmark.class, TrainingStepBenchmark::work),
    WIDE_TRAINING("train", WideTrainingStepBenchmark.class, WideTrainingStepBenchmark::work),
    PREDICTION("predict", PredictionBenchmark.class, PredictionBenchmark::work);

    private final String group;
    private final Class<?> type;
    private final BiFunction<String, Map<String, String>, Work> work;

    MicroBenchmark(String group, Class<?> type, BiFunction<String, Map<String, String>, Work> work) {
        this.group = group;
        this.type = type;
        this.work = work;
    }

    /** The first part of its rows' names. */
    public String group() {
        return group;
    }

    /** The class that JMH runs. */
    public Class<?> type() {
        return type;
    }

    /** The name of a row: {@code group.Class.method}. */
    public String name(String method) {
        return group + "." + type.getSimpleName() + "." + method;
    }

    /**
     * The class of a row.
     *
     * @param benchmark name as {@link #name} gives, or as JMH does
     * @return null if it is none of these classes
     */
    public static MicroBenchmark of(String benchmark) {
        String[] words = benchmark.split("\\.");
        if (words.length < 2) return null;
        for (MicroBenchmark one : values()) if (one.type.getSimpleName().equals(words[words.length - 2])) return one;
        return null;
    }

    /**
     * The work of a row.
     *
     * @return null if the row is not of these classes
     * @throws IllegalArgumentException if it is, but the class has no such method
     */
    public static Work work(Key key) {
        MicroBenchmark one = of(key.benchmark());
        return one == null ? null : one.work.apply(key.task(), key.params());
    }

    /**
     * The same rows, with bounds where their work is known and the limits that apply to it were measured undisturbed.
     *
     * @param rows not yet bounded
     * @param limits rows of {@link Roofline}, judged; those that are invalid bound nothing
     */
    public static List<Row> bounded(List<Row> rows, List<Row> limits) {
        return rows.stream()
                .map(row -> {
                    Work work = work(row.key());
                    Ceilings ceilings =
                            work == null ? null : Ceilings.of(limits, row.key().kernels());
                    Bound bound = ceilings == null ? null : work.bound(ceilings, row.unit());
                    return bound == null ? row : row.with(bound);
                })
                .toList();
    }

    /** The complaint about a method whose work is not known. */
    static IllegalArgumentException unknown(Class<?> type, String method) {
        return new IllegalArgumentException(type.getSimpleName() + " has no work of a benchmark " + method
                + "; was it added without its case in work()?");
    }
}
