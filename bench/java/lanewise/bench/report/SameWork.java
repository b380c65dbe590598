package lanewise.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import lanewise.bench.result.Fork;
import lanewise.bench.result.Key;
import lanewise.bench.result.Results;
import lanewise.bench.result.Row;

/**
 * A piece of work, and all who did it: this library and its peers.
 *
 * @param key without who and on which kernels
 * @param rows valid ones of one unit, the best first
 */
record SameWork(Key key, List<Row> rows) {

    /** How the C program is named, which is the yardstick. */
    static final String YARDSTICK = "C";

    /**
     * How fast someone is beside this library: above 1 is faster, of times as of rates.
     *
     * @param median of the forks' ratios
     * @param least of them
     * @param most of them
     */
    record Speed(double median, double least, double most) {}

    /** All works of the valid rows, in the rows' order. */
    static List<SameWork> of(Results results) {
        TreeMap<String, List<Row>> works = new TreeMap<>();
        List<String> order = new ArrayList<>();
        for (Row row : results.rows()) {
            if (!row.valid()) continue;
            String name = row.key().work() + "\n" + row.key().group() + "\n" + row.mode() + "\n" + row.unit();
            if (!works.containsKey(name)) order.add(name);
            works.computeIfAbsent(name, n -> new ArrayList<>()).add(row);
        }
        return order.stream()
                .map(works::get)
                .map(rows -> new SameWork(rows.get(0).key().work(), bestFirst(rows)))
                .toList();
    }

    private static List<Row> bestFirst(List<Row> rows) {
        Comparator<Row> ascending = Comparator.comparingDouble(Row::score);
        return rows.stream()
                .sorted(rows.get(0).higherIsBetter() ? ascending.reversed() : ascending)
                .toList();
    }

    /** Whether anyone but this library is to do it, or did. */
    boolean contested() {
        return key.group().equals("peers") || rows.stream().anyMatch(row -> !own(row));
    }

    /** Whether a row is of this library. */
    static boolean own(Row row) {
        return row.key().by().isEmpty();
    }

    /** Who did it, and on which kernels. */
    static String who(Row row) {
        String name = own(row) ? "Lanewise" : row.key().by();
        String kernels = row.key().kernels();
        if (kernels.isEmpty()) return name;
        return name + (kernels.matches("\\d+") ? ", " + kernels + " bit" : ", " + kernels);
    }

    /** The speed of a row beside this library's on the same kernels, else on its widest; null without such a row. */
    Speed speed(Row row) {
        Row reference = rows.stream()
                .filter(SameWork::own)
                .max(Comparator.comparingInt(same(row))
                        .thenComparingInt(r -> bits(r.key().kernels())))
                .orElse(null);
        if (reference == null) return null;
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(row.forks().size(), reference.forks().size()); i++) {
            double its = row.scores().get(i), ours = reference.scores().get(i);
            double ratio = row.higherIsBetter() ? its / ours : ours / its;
            if (Double.isFinite(ratio)) ratios.add(ratio);
        }
        if (ratios.isEmpty()) return null;
        return new Speed(
                Fork.median(ratios),
                ratios.stream().min(Double::compare).orElseThrow(),
                ratios.stream().max(Double::compare).orElseThrow());
    }

    private static ToIntFunction<Row> same(Row row) {
        return other -> other.key().kernels().equals(row.key().kernels()) ? 1 : 0;
    }

    /** Bits of a vector; 1 for scalar kernels, and the most for those that a program gets without asking. */
    static int bits(String kernels) {
        if (kernels.isEmpty()) return Integer.MAX_VALUE;
        return kernels.matches("\\d{1,6}") ? Integer.parseInt(kernels) : 1;
    }

    /** The C program's row on the widest kernels; null without one that has a figure. */
    Row yardstick() {
        return rows.stream()
                .filter(row -> row.key().by().equals(YARDSTICK) && row.score() > 0)
                .max(Comparator.comparingInt(row -> bits(row.key().kernels())))
                .orElse(null);
    }
}
