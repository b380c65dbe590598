package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lanewise.layer.RandomSource;

/**
 * Chooses the entries of each variable that are compared, and compares them: all of a small variable; of a large one some
 * random directions through all entries, and a sample.
 */
final class Entries {

    static final int DIRECTIONS = 4;

    /** Groups of equal entries of a row that are moved together, at most. */
    private static final int GROUPS = 4;

    /** Entries, and columns of an input, that are compared one by one at points after the first, at least. */
    private static final int FEWEST = 8, FEWEST_COLUMNS = 4;

    /** Entries of all variables beyond which fewer are compared at points after the first. */
    private static final long WORK = 1 << 16;

    /** Entries of a wrong direction that are compared one by one, when halving has come down to so few. */
    private static final int LEAF = 16;

    private final GradientCheck check;
    private final long deadline;
    private long leftOut;
    private long done;
    private long total;

    /** Entries of a variable that are compared one by one. */
    private int coordinates;

    /** Entries of all variables. */
    private long work;

    Entries(GradientCheck check) {
        this.check = check;
        deadline = check.budget == null ? Long.MAX_VALUE : System.nanoTime() + check.budget.toNanos();
    }

    /** Entries that were left out so far because the time budget was spent. */
    long leftOut() {
        return leftOut;
    }

    /** Counts a point that was left out as one entry that was. */
    void leaveOut() {
        leftOut++;
    }

    /** Whether the time budget is spent. */
    boolean late() {
        return deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0;
    }

    /** Compares so many entries of all variables, one by one; a list for each variable. */
    List<List<Comparison>> compare(Subject subject, int coordinates, double floor, RandomSource random) {
        this.coordinates = coordinates;
        work = subject.variables.stream().mapToLong(Subject.Variable::count).sum();
        for (Subject.Variable v : subject.variables) total += sample(v);
        Differences differences = new Differences(subject);
        List<List<Comparison>> all = new ArrayList<>();
        for (Subject.Variable v : subject.variables) {
            OfVariable one = new OfVariable(v, differences, floor, random);
            one.compare();
            double typical = typical(one.comparisons);
            for (Comparison c : one.comparisons) c.typical = typical;
            all.add(one.comparisons);
        }
        return all;
    }

    /** Root of the mean square of the entries' numeric derivatives, as far as they are finite. */
    private static double typical(List<Comparison> comparisons) {
        double sum = 0;
        int count = 0;
        for (Comparison c : comparisons) {
            if (!c.single() || !Double.isFinite(c.numeric)) continue;
            sum += c.numeric * c.numeric;
            count++;
        }
        return count == 0 ? 0 : StrictMath.sqrt(sum / count);
    }

    /** How many entries of a variable are compared one by one; fewer of a very large one, which has the directions. */
    private int sample(Subject.Variable v) {
        if (v.count() <= coordinates) return v.count();
        int sixteens = v.count() / 16;
        if (coordinates == check.coordinates)
            return sixteens <= coordinates ? coordinates : Math.max(1, coordinates / 4);
        // At points after the first: as many evaluations of a layer of a million parameters would take seconds.
        return (int) Math.max(Math.min(coordinates, FEWEST), coordinates / (1 + work / WORK));
    }

    /** The comparisons of one variable. */
    private final class OfVariable {

        final List<Comparison> comparisons = new ArrayList<>();
        private final Subject.Variable v;
        private final Differences differences;
        private final double floor;
        private final RandomSource random;

        OfVariable(Subject.Variable v, Differences differences, double floor, RandomSource random) {
            this.v = v;
            this.differences = differences;
            this.floor = floor;
            this.random = random;
        }

        void compare() {
            // Entries of an activation have nothing to do with each other.
            if (v.byRow && !(check.layer instanceof Elementwise)) ties();
            differences.restart(v);
            if (v.count() <= coordinates) {
                if (v.byRow) for (int c = 0; c < v.values.columns(); c++) column(c);
                else for (int e = 0; e < v.count(); e++) one(e);
                return;
            }
            directions();
            differences.restart(v);
            if (v.byRow) {
                for (int c : columns()) column(c);
                return;
            }
            TreeSet<Integer> chosen = choose();
            for (Comparison c : comparisons) chosen.remove(c.entry);
            for (int e : chosen) one(e);
        }

        /**
         * Of rows with equal entries: along directions that leave these equal. A kink where two are equal, as that of a
         * maximum, is none along them.
         */
        private void ties() {
            int rows = v.values.rows(), columns = v.values.columns();
            List<List<int[]>> groups = new ArrayList<>();
            boolean any = false;
            for (int r = 0; r < rows; r++) {
                groups.add(equal(r));
                any |= !groups.get(r).isEmpty();
            }
            if (!any) return;
            double[] shifts = new double[v.count()];
            for (int r = 0; r < rows; r++) {
                double scale = Double.POSITIVE_INFINITY;
                for (int e = r * columns; e < (r + 1) * columns; e++) scale = Math.min(scale, v.scale(e));
                Arrays.fill(shifts, r * columns, (r + 1) * columns, scale);
            }
            // Of a loss each logit may have a kink at its target, which all together cross soon.
            if (!(check.layer instanceof Identity)) {
                together(shifts, GradientReport.Entry.SHIFTED);
                double[] values = new double[v.count()];
                for (int e = 0; e < values.length; e++) values[e] = v.base[e];
                together(values, GradientReport.Entry.SCALED);
            }
            for (int g = 0; g < GROUPS; g++) {
                double[] unit = new double[v.count()];
                any = false;
                for (int r = 0; r < rows; r++) {
                    if (groups.get(r).size() <= g) continue;
                    any = true;
                    for (int e : groups.get(r).get(g)) unit[e] = Math.max(shifts[e], Math.abs(v.base[e]));
                }
                if (any) together(unit, GradientReport.Entry.TIED + g);
            }
        }

        private void together(double[] unit, int number) {
            differences.restart(v);
            comparisons.addAll(Arrays.asList(Comparison.rows(v, unit, number, differences, floor)));
        }

        /** The entries of a row that are equal to others, the largest groups first. */
        private List<int[]> equal(int row) {
            int columns = v.values.columns();
            Map<Float, List<Integer>> all = new LinkedHashMap<>();
            for (int e = row * columns; e < (row + 1) * columns; e++)
                all.computeIfAbsent(v.base[e] + 0f, value -> new ArrayList<>()).add(e);
            return all.values().stream()
                    .filter(group -> group.size() > 1)
                    .sorted(Comparator.comparingInt(group -> -group.size()))
                    .limit(GROUPS)
                    .map(group -> group.stream().mapToInt(e -> e).toArray())
                    .toList();
        }

        /** Along directions; the first that is wrong is halved, and the entries that are left are compared. */
        private void directions() {
            boolean halved = false;
            for (int d = 0; d < (coordinates < check.coordinates ? DIRECTIONS / 2 : DIRECTIONS); d++) {
                Comparison along = Comparison.along(v, 0, v.count(), d, differences, floor, random);
                comparisons.add(along);
                if (!along.differs() || halved) continue;
                halved = true;
                int leaf = halve();
                differences.restart(v);
                if (v.byRow) column(leaf % v.values.columns());
                else for (int e = leaf; e < Math.min(leaf + LEAF, v.count()); e++) one(e);
            }
        }

        /** Halves the variable towards its wrong entries; returns where the last few begin. */
        private int halve() {
            int from = 0, to = v.count();
            while (to - from > (v.byRow ? 1 : LEAF)) {
                int middle = (from + to) / 2;
                differences.restart(v);
                double left = Comparison.along(v, from, middle, 0, differences, floor, random)
                        .excess();
                double right = Comparison.along(v, middle, to, 0, differences, floor, random)
                        .excess();
                if (right > left) from = middle;
                else to = middle;
            }
            return from;
        }

        /** A sample: the corners and block boundaries, some zeros, the largest entries, and random ones. */
        private TreeSet<Integer> choose() {
            int rows = v.values.rows(), columns = v.values.columns(), most = sample(v);
            TreeSet<Integer> chosen = new TreeSet<>();
            int[] edgeRows = {0, 1, rows / 2, rows - 2, rows - 1};
            int[] edgeColumns = {0, 1, 15, 16, columns / 2, columns - 17, columns - 16, columns - 2, columns - 1};
            for (int r : edgeRows)
                for (int c : edgeColumns)
                    if (r >= 0 && r < rows && c >= 0 && c < columns && chosen.size() < most / 4)
                        chosen.add(r * columns + c);
            int zeros = 0;
            for (int e = 0, from = random.nextInt(v.count()); e < v.count() && zeros < most / 8; e++) {
                int entry = (from + e) % v.count();
                if (v.base[entry] == 0 && chosen.add(entry)) zeros++;
            }
            for (Integer e : largest(Math.min(16, Math.max(1, most / 8))))
                if (e != null && chosen.size() < most) chosen.add(e);
            while (chosen.size() < most) chosen.add(random.nextInt(v.count()));
            return chosen;
        }

        /** A sample of columns: some with a zero, those at the edges and block boundaries, and random ones. */
        private TreeSet<Integer> columns() {
            // A column costs no more than an entry, so at points after the first there are more entries than of others.
            boolean first = coordinates == check.coordinates;
            int columns = v.values.columns(), some = sample(v);
            int most =
                    Math.min(columns, first ? Math.max(1, some / v.values.rows()) : Math.max(FEWEST_COLUMNS, some / 2));
            TreeSet<Integer> chosen = new TreeSet<>();
            for (int e = 0; e < v.count() && chosen.size() < (most + 1) / 2; e++)
                if (v.base[e] == 0) chosen.add(e % columns);
            for (int c : new int[] {columns - 1, 0, 16, columns / 2, 15, columns - 16, 1, columns - 2, columns - 17})
                if (c >= 0 && c < columns && chosen.size() < (3 * most + 1) / 4) chosen.add(c);
            while (chosen.size() < most) chosen.add(random.nextInt(columns));
            return chosen;
        }

        /** The entries with the largest analytic gradients, the largest first; null if there are fewer. */
        private Integer[] largest(int count) {
            Integer[] best = new Integer[count];
            for (int i = 0; i < v.count(); i++) {
                int e = i;
                for (int k = 0; k < count; k++)
                    if (best[k] == null || Math.abs(v.analytic[e]) > Math.abs(v.analytic[best[k]])) {
                        Integer swapped = best[k];
                        best[k] = e;
                        if (swapped == null) break;
                        e = swapped;
                    }
            }
            return best;
        }

        private void one(int entry) {
            if (late()) {
                leftOut++;
                return;
            }
            comparisons.add(Comparison.of(v, entry, differences, floor));
            done(1);
        }

        private void column(int column) {
            int rows = v.values.rows();
            if (late()) {
                leftOut += rows;
                return;
            }
            differences.column(v, column);
            for (int r = 0; r < rows; r++)
                comparisons.add(Comparison.of(v, r * v.values.columns() + column, differences, r, floor));
            done(rows);
        }

        private void done(int entries) {
            done += entries;
            check.listener.accept(new GradientCheck.Progress(v.name, done, total));
        }
    }
}
