package lanewise.bench.micro;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lanewise.bench.result.Key;
import lanewise.bench.result.Row;

/**
 * What one core can do at most, as rows of {@link Roofline} tell: the peak of arithmetic, and for each level of caches how
 * many bytes it moves.
 *
 * @param operationsPerSecond floating-point operations, a fused multiply-add counted twice
 * @param levels from the first-level cache to memory, at least one
 */
public record Ceilings(double operationsPerSecond, List<Level> levels) {

    /**
     * A level of the caches, or memory. A rate that was not measured, or not undisturbed, is NaN.
     *
     * @param name {@code L1}, {@code L2}, {@code L3} or {@code memory}
     * @param capacity bytes that it holds
     * @param readPerSecond bytes
     * @param writtenPerSecond bytes
     * @param updatedPerSecond bytes read and bytes written, together
     */
    public record Level(
            String name, double capacity, double readPerSecond, double writtenPerSecond, double updatedPerSecond) {}

    /** Copies the levels. */
    public Ceilings {
        levels = List.copyOf(levels);
    }

    /** The nearest level that holds a working set. */
    public Level holding(double bytes) {
        for (Level level : levels) if (bytes <= level.capacity) return level;
        return levels.get(levels.size() - 1);
    }

    /**
     * The least time that a byte of a working set takes. Each level serves what it holds of the set beyond the levels before
     * it, as if the caches always kept what is needed next. What a nearer level serves whose rate is not known takes no
     * time, so the result stays a bound.
     *
     * @param workingSet bytes
     * @param bytesPerSecond of a level
     * @return seconds, on average over the set; NaN if the rate of the level that holds it is not known
     */
    public double secondsPerByte(double workingSet, ToDoubleFunction<Level> bytesPerSecond) {
        if (Double.isNaN(bytesPerSecond.applyAsDouble(holding(workingSet)))) return Double.NaN;
        double seconds = 0, held = 0;
        for (Level level : levels) {
            double here = Math.min(workingSet, level.capacity) - held;
            if (level == levels.get(levels.size() - 1)) here = workingSet - held;
            if (here <= 0) break;
            double rate = bytesPerSecond.applyAsDouble(level);
            if (!Double.isNaN(rate)) seconds += here / rate;
            held += here;
        }
        return workingSet == 0 ? 0 : seconds / workingSet;
    }

    /**
     * The ceilings for some kernels: those of their width, or of the widest vectors for the scalar kernels and for work that
     * names none.
     *
     * @param rows of a run, judged, among which those of {@link Roofline} are looked for; an invalid one leaves its rate
     *     unknown
     * @param kernels as in {@link Key#kernels()}
     * @return null if the run has no valid peak of arithmetic, or no levels
     */
    public static Ceilings of(List<Row> rows, String kernels) {
        String width = kernels.isEmpty() || kernels.equals("scalar") ? widest(rows) : kernels;
        double peak = Double.NaN;
        for (Row row : rows) if (is(row, Roofline.ARITHMETIC, width)) peak = rate(row);
        List<Level> levels = new ArrayList<>();
        for (Row row : rows)
            if (is(row, Roofline.BANDWIDTH, width)
                    && param(row, Roofline.ACCESS).equals("read")) levels.add(level(rows, row, width));
        levels.sort(Comparator.comparingDouble(Level::capacity));
        return Double.isNaN(peak) || levels.isEmpty() ? null : new Ceilings(peak, levels);
    }

    private static Level level(List<Row> rows, Row read, String width) {
        double written = Double.NaN, updated = Double.NaN;
        for (Row row : rows) {
            if (!is(row, Roofline.BANDWIDTH, width)
                    || !param(row, Roofline.LEVEL).equals(param(read, Roofline.LEVEL))) continue;
            if (param(row, Roofline.ACCESS).equals("write")) written = rate(row);
            if (param(row, Roofline.ACCESS).equals("update")) updated = rate(row);
        }
        String name = param(read, Roofline.LEVEL);
        double capacity = Roofline.Size.of(name, param(read, Roofline.SIZE)).capacity();
        return new Level(name, capacity, rate(read), written, updated);
    }

    /** A second's operations or bytes; NaN if the row is invalid. */
    private static double rate(Row row) {
        return row.valid() ? 1e9 * row.score() : Double.NaN;
    }

    private static boolean is(Row row, String benchmark, String width) {
        return row.key().benchmark().equals(benchmark) && row.key().kernels().equals(width);
    }

    private static String param(Row row, String name) {
        return row.key().params().getOrDefault(name, "");
    }

    private static String widest(List<Row> rows) {
        return rows.stream()
                .filter(row -> row.key().benchmark().equals(Roofline.ARITHMETIC))
                .map(row -> row.key().kernels())
                .max(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
                .orElse("");
    }
}
