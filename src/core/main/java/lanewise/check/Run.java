package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import lanewise.Arithmetic;
import lanewise.ParameterShape;
import lanewise.RandomSource;
import lanewise.Slice;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;

/** One run of a {@link GradientCheck}. */
final class Run {

    /** Draws until no gradient is zero everywhere. */
    private static final int DRAWS = 64;

    /** Draws until at most a tenth of each variable has to be skipped. */
    private static final int TRIALS = 5;

    /** A bound above this share of the entry, and of the typical entry, tells nothing. */
    static final double WIDE = 0x1p-4;

    /** Points nearby at which an entry that seems wrong is looked at again, and how far away they are, relatively. */
    private static final int LOOKS = 3;

    private static final double NEARBY = 0x1p-7;

    /** Entries of a variable that are looked at again, the worst first. */
    private static final int LOOKED_AT = 12;

    private static final int DIRECTIONS = 4;

    /** Entries of a wrong direction that are compared one by one, when halving has come down to so few. */
    private static final int LEAF = 16;

    /** What makes a comparison of gradients meaningless. */
    private static final Set<Kind> USELESS =
            EnumSet.of(Kind.NOT_REPEATABLE, Kind.READS_RESULT, Kind.MODIFIES_ARGUMENT, Kind.NOT_FINITE);

    private final GradientCheck check;
    private final long deadline;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private float[] drawn;
    private float[] drawnTargets;
    private long leftOut;
    private long done;
    private long total;

    /** One comparison before it is judged. */
    private static final class Comparison {
        final int entry;
        final int direction;
        double analytic;
        double numeric;
        double bound;
        boolean kink;
        boolean dismissed;

        Comparison(int entry, int direction) {
            this.entry = entry;
            this.direction = direction;
        }

        boolean differs() {
            return !(Math.abs(analytic - numeric) <= bound);
        }
    }

    Run(GradientCheck check) {
        this.check = check;
        deadline = check.budget == null ? Long.MAX_VALUE : System.nanoTime() + check.budget.toNanos();
    }

    private boolean late() {
        return deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0;
    }

    GradientReport run() {
        try {
            int number = 0;
            for (GradientCheck.Point own : check.own) point(own, number++);
            for (int i = 0; i < check.points; i++) point(null, number++);
        } catch (Broken e) {
            findings.add(e.finding);
        } catch (RuntimeException | AssertionError e) {
            findings.add(thrown(check.subject, "it", e));
        }
        return new GradientReport(check.subject, settings(), check.seed, entries, findings, remarks, leftOut);
    }

    private String settings() {
        return check.rows
                + (check.rows == 1 ? " row, " : " rows, ")
                + check.points
                + (check.points == 1 ? " random point" : " random points")
                + (check.own.isEmpty() ? "" : " and " + check.own.size() + " given");
    }

    /** Ends a run. */
    private static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Finding finding;

        Broken(Finding finding) {
            super(finding.toString());
            this.finding = finding;
        }
    }

    private void point(GradientCheck.Point own, int number) {
        if (check.loss == null) {
            trials(own, number, 0);
            return;
        }
        int outputs = check.layer.outputSize();
        if (own != null && own.targets() != null) {
            trials(
                    own,
                    number,
                    own.targets().length
                            / (own.input() == null ? check.rows : own.input().length / check.layer.inputSize()));
        } else if (check.targetColumns != null) {
            trials(own, number, check.targetColumns);
        } else {
            if (check.loss.accepts(outputs, outputs)) trials(own, number, outputs);
            if (outputs > 1 && check.loss.accepts(outputs, 1)) trials(own, number, 1);
        }
    }

    /** Compares at the first point where not too much has to be skipped; a given one is not exchanged. */
    private void trials(GradientCheck.Point own, int number, int targetColumns) {
        int rows = own == null || own.input() == null ? check.rows : own.input().length / check.layer.inputSize();
        Subject subject = new Subject(check.layer, check.loss, targetColumns, check.reference, rows, check.inputName);
        int trials = own != null && own.input() != null ? 1 : TRIALS;
        for (int trial = 0; ; trial++) {
            RandomSource random = new RandomSource(check.seed, number * 100L + trial);
            draw(subject, own, random);
            int before = entries.size(), findingsBefore = findings.size();
            boolean last = trial == trials - 1;
            if (number == 0 && trial == 0) {
                conduct(subject, own, random);
                for (Finding f : findings) {
                    if (USELESS.contains(f.kind()) && !f.place().equals("dInput")) {
                        remarks.add("gradients were not compared: that would tell nothing before this is mended");
                        return;
                    }
                    // Then rows cannot be looked at one by one.
                    if (f.kind() == Kind.MIXES_ROWS) for (Subject.Variable v : subject.variables) v.byRow = false;
                }
                before = entries.size();
                findingsBefore = findings.size();
            }
            if (compare(subject, random, last)) return;
            if (last) return;
            entries.subList(before, entries.size()).clear();
            findings.subList(findingsBefore, findings.size()).clear();
        }
    }

    /** A finding of an exception, with the place that threw it. */
    static Finding thrown(String place, String what, Throwable e) {
        String at = "";
        for (StackTraceElement frame : e.getStackTrace())
            if (!frame.getClassName().startsWith("java.")
                    && !frame.getClassName().startsWith("jdk.")) {
                // without the module's name and version, which do not help to find the line
                at = " at "
                        + new StackTraceElement(
                                frame.getClassName(),
                                frame.getMethodName(),
                                frame.getFileName(),
                                frame.getLineNumber());
                break;
            }
        return new Finding(Kind.THROWS, place, what + " threw " + e + at);
    }

    private static float[] flat(Slice[] slices) {
        int count = 0;
        for (Slice s : slices) count += s.rows() * s.columns();
        float[] values = new float[count];
        int at = 0;
        for (Slice s : slices) {
            s.copyTo(values, at);
            at += s.rows() * s.columns();
        }
        return values;
    }

    /** Whether layer and loss keep to their rules, at the parameters that were drawn and inputs like the subject's. */
    private void conduct(Subject subject, GradientCheck.Point own, RandomSource random) {
        int rows = Math.max(3, subject.rows), in = check.layer.inputSize();
        float[][] inputs = new float[2][rows * in];
        Slice matrix = Slice.allocate(rows, in);
        for (int i = 0; i < 2; i++) {
            if (own != null && own.input() != null)
                for (int r = 0; r < rows; r++)
                    System.arraycopy(own.input(), (r + i) % subject.rows * in, inputs[i], r * in, in);
            else {
                fill(matrix, check.inputs == null ? Run::normal : check.inputs, random);
                matrix.copyTo(inputs[i], 0);
            }
        }
        if (!(check.layer instanceof Identity))
            findings.addAll(LayerConduct.of(
                    check.layer, check.subject, rows, random.nextLong(), drawn, inputs[0], inputs[1], random));
        if (check.loss == null || !findings.isEmpty()) return;
        int outputs = check.layer.outputSize(), targetColumns = subject.targets.columns();
        float[] logits = new float[rows * outputs], targets = new float[rows * targetColumns];
        subject.forward();
        float[] someLogits = flat(new Slice[] {subject.output});
        for (int r = 0; r < rows; r++) {
            System.arraycopy(someLogits, r % subject.rows * outputs, logits, r * outputs, outputs);
            System.arraycopy(drawnTargets, r % subject.rows * targetColumns, targets, r * targetColumns, targetColumns);
        }
        findings.addAll(
                LossConduct.of(check.loss, subject.pass, rows, outputs, logits, targetColumns, targets, random));
    }

    private void draw(Subject subject, GradientCheck.Point own, RandomSource random) {
        for (int i = 0; i < DRAWS; i++) {
            subject.seed(random.nextLong());
            try {
                drawOnce(subject, own, random);
            } catch (RuntimeException e) {
                throw new Broken(new Finding(Kind.THROWS, check.subject, "drawing a point threw " + e));
            }
            drawn = flat(subject.parameters);
            drawnTargets = subject.targets == null ? null : flat(new Slice[] {subject.targets});
            try {
                subject.begin();
            } catch (RuntimeException | AssertionError e) {
                conduct(subject, own, random);
                boolean named = !findings.isEmpty();
                Finding thrown = named ? findings.remove(findings.size() - 1) : thrown(check.subject, "it", e);
                String remedy = "; if the inputs or targets that are drawn do not suit it, inputs(...) and targets(...)"
                        + " draw others";
                throw new Broken(new Finding(
                        thrown.kind(), thrown.place(), thrown.text() + (thrown.kind() == Kind.THROWS ? remedy : "")));
            }
            for (int e = 0; e < subject.centre.length; e++)
                if (!Double.isFinite(subject.centre[e]))
                    throw new Broken(new Finding(
                            Kind.NOT_FINITE,
                            check.subject,
                            (check.loss == null
                                            ? "output[" + e / subject.perRow + "][" + e % subject.perRow + "] is "
                                            : "the loss of row " + e + " is ")
                                    + subject.centre[e]));
            boolean suitable = true;
            for (Subject.Variable v : subject.variables) {
                for (int e = 0; e < v.count(); e++)
                    if (!Double.isFinite(v.analytic[e]))
                        throw new Broken(new Finding(
                                Kind.NOT_FINITE,
                                place(v),
                                "the gradient's entry [" + e / v.values.columns() + "][" + e % v.values.columns()
                                        + "] is " + v.analytic[e]));
                if (v.gradientIsZero()) suitable = false;
            }
            if (suitable) return;
        }
    }

    private void drawOnce(Subject subject, GradientCheck.Point own, RandomSource random) {
        List<ParameterShape> shapes = check.layer.parameters();
        float[] given = own != null && own.parameters() != null ? own.parameters() : check.networkParameters;
        if (given != null) {
            for (int i = 0, at = 0; i < shapes.size(); at += shapes.get(i++).count())
                subject.parameters[i].copyFrom(given, at);
        } else {
            for (Slice p : subject.parameters) if (p.rows() > 0) Arrays.fill(p.array(), p.offset(), Subject.end(p), 0f);
            if (check.parameters != null) check.parameters.accept(subject.parameters, random);
            else initialize(subject, shapes, random);
        }
        if (own != null && own.input() != null) subject.input.copyFrom(own.input(), 0);
        else fill(subject.input, check.inputs == null ? Run::normal : check.inputs, random);
        if (subject.targets != null) {
            if (own != null && own.targets() != null) subject.targets.copyFrom(own.targets(), 0);
            else if (check.targets != null) fill(subject.targets, check.targets, random);
            else if (subject.targets.columns() == check.layer.outputSize()) probabilities(subject.targets, random);
            else
                for (int r = 0; r < subject.rows; r++)
                    subject.targets.set(r, 0, random.nextInt(check.layer.outputSize()));
        }
        for (int i = 0; i < subject.projection.length; i++)
            subject.projection[i] = (0.5f + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
    }

    private static void fill(Slice matrix, BiConsumer<Slice, RandomSource> draw, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++)
            Arrays.fill(matrix.array(), matrix.at(r), matrix.at(r) + matrix.columns(), 0f);
        draw.accept(matrix, random);
    }

    private static void normal(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, random.normal());
    }

    private void initialize(Subject subject, List<ParameterShape> shapes, RandomSource random) {
        check.layer.initialize(subject.parameters, random);
        for (int i = 0; i < shapes.size(); i++) {
            if (!shapes.get(i).trained()) continue;
            Slice p = subject.parameters[i];
            double sum = 0;
            for (int r = 0; r < p.rows(); r++)
                for (int c = 0; c < p.columns(); c++) sum += (double) p.get(r, c) * p.get(r, c);
            float move = sum == 0
                    ? 0.25f
                    : (float) (0.25 * StrictMath.sqrt(sum / shapes.get(i).count()));
            for (int r = 0; r < p.rows(); r++)
                for (int c = 0; c < p.columns(); c++) p.set(r, c, p.get(r, c) + move * random.normal());
        }
    }

    private static void probabilities(Slice matrix, RandomSource random) {
        int n = matrix.columns();
        for (int r = 0; r < matrix.rows(); r++) {
            double sum = 0;
            for (int c = 0; c < n; c++) {
                matrix.set(r, c, random.uniform() + 0x1p-24f);
                sum += matrix.get(r, c);
            }
            if (n > 1) for (int c = 0; c < n; c++) matrix.set(r, c, (float) (matrix.get(r, c) / sum));
        }
    }

    private String place(Subject.Variable v) {
        return v.layer.isEmpty() || v.layer.equals(check.subject) ? v.name : v.name + " of " + v.layer;
    }

    /** Compares all variables at the subject's point. Returns whether little enough had to be skipped. */
    private boolean compare(Subject subject, RandomSource random, boolean last) {
        for (Subject.Variable v : subject.variables) v.gradientIsZeroAtFirst = v.gradientIsZero();
        double[] forward = subject.forward.clone();
        Noise.measure(subject, random);
        if (subject.reference != null) compareWithReference(subject, forward);
        double largest = 1;
        for (Subject.Variable v : subject.variables) for (float x : v.base) largest = Math.max(largest, Math.abs(x));
        double floor = Arithmetic.TINY * subject.weights.length * largest;
        Differences differences = new Differences(subject);
        List<List<Comparison>> all = new ArrayList<>();
        for (Subject.Variable v : subject.variables) total += single(v);
        for (Subject.Variable v : subject.variables) all.add(compare(subject, v, differences, floor, random));
        lookAgain(subject, all, floor, random);
        boolean suitable = true;
        for (int v = 0; v < all.size(); v++)
            suitable &= judge(subject, subject.variables.get(v), all.get(v), last, random);
        String remark = Diagnosis.of(subject);
        if (remark != null && (suitable || last) && !remarks.contains(remark)) remarks.add(remark);
        return suitable;
    }

    private void compareWithReference(Subject subject, double[] forward) {
        for (int e = 0; e < forward.length; e++) {
            double error = Math.abs(forward[e] - subject.centre[e]);
            double bound = Ridders.DEVIATIONS * StrictMath.sqrt(subject.forwardVariances[e]);
            if (error > bound) {
                findings.add(new Finding(
                        Kind.DIFFERS_FROM_REFERENCE,
                        "output[" + e / subject.perRow + "][" + e % subject.perRow + "]",
                        String.format(
                                Locale.ROOT,
                                "forward gives %.9g, the reference %.9g; they differ by %.3g, rounding explains %.3g",
                                forward[e],
                                subject.centre[e],
                                error,
                                bound)));
                return;
            }
        }
    }

    private List<Comparison> compare(
            Subject subject, Subject.Variable v, Differences differences, double floor, RandomSource random) {
        differences.restart();
        double typical = Differences.rootMeanSquare(v.analytic);
        List<Comparison> comparisons = new ArrayList<>();
        if (v.count() <= check.coordinates) {
            if (v.byRow) {
                for (int c = 0; c < v.values.columns(); c++) column(v, c, differences, typical, floor, comparisons);
            } else {
                for (int e = 0; e < v.count(); e++) one(v, e, differences, typical, floor, comparisons);
            }
            return comparisons;
        }
        boolean halved = false;
        for (int d = 0; d < DIRECTIONS; d++) {
            Comparison along = direction(v, 0, v.count(), d, differences, floor, random);
            comparisons.add(along);
            if (along.differs() && !halved) {
                halved = true;
                int leaf = halve(v, differences, floor, random);
                differences.restart();
                if (v.byRow) column(v, leaf % v.values.columns(), differences, typical, floor, comparisons);
                else
                    for (int e = leaf; e < Math.min(leaf + LEAF, v.count()); e++)
                        one(v, e, differences, typical, floor, comparisons);
            }
        }
        differences.restart();
        TreeSet<Integer> chosen = choose(v, random);
        for (Comparison c : comparisons) chosen.remove(c.entry);
        if (v.byRow) {
            TreeSet<Integer> columns = new TreeSet<>();
            for (int e : chosen) columns.add(e % v.values.columns());
            int most = Math.max(1, single(v) / v.values.rows());
            for (int c : columns) {
                if (most-- == 0) break;
                column(v, c, differences, typical, floor, comparisons);
            }
        } else {
            for (int e : chosen) one(v, e, differences, typical, floor, comparisons);
        }
        return comparisons;
    }

    /** How many entries of a variable are compared one by one: of a very large one fewer, it has the directions. */
    private int single(Subject.Variable v) {
        if (v.count() <= check.coordinates) return v.count();
        return v.count() / 16 <= check.coordinates ? check.coordinates : Math.max(1, check.coordinates / 4);
    }

    /** Entries of a large variable: the corners and block boundaries, the largest, and random ones. */
    private TreeSet<Integer> choose(Subject.Variable v, RandomSource random) {
        int rows = v.values.rows(), columns = v.values.columns(), most = single(v);
        TreeSet<Integer> chosen = new TreeSet<>();
        int[] edgeRows = {0, 1, rows / 2, rows - 2, rows - 1};
        int[] edgeColumns = {0, 1, 15, 16, columns / 2, columns - 17, columns - 16, columns - 2, columns - 1};
        for (int r : edgeRows)
            for (int c : edgeColumns)
                if (r >= 0 && r < rows && c >= 0 && c < columns && chosen.size() < most / 4)
                    chosen.add(r * columns + c);
        Integer[] best = new Integer[Math.min(16, Math.max(1, most / 8))];
        for (int i = 0; i < v.count(); i++) {
            int e = i;
            for (int k = 0; k < best.length; k++)
                if (best[k] == null || Math.abs(v.analytic[e]) > Math.abs(v.analytic[best[k]])) {
                    Integer swapped = best[k];
                    best[k] = e;
                    if (swapped == null) break;
                    e = swapped;
                }
        }
        for (Integer e : best) if (e != null && chosen.size() < most) chosen.add(e);
        while (chosen.size() < most) chosen.add(random.nextInt(v.count()));
        return chosen;
    }

    /** Halves a variable towards its wrong entries; returns where the last few begin. */
    private int halve(Subject.Variable v, Differences differences, double floor, RandomSource random) {
        int from = 0, to = v.count();
        while (to - from > (v.byRow ? 1 : LEAF)) {
            int middle = (from + to) / 2;
            differences.restart();
            Comparison left = direction(v, from, middle, 0, differences, floor, random);
            Comparison right = direction(v, middle, to, 0, differences, floor, random);
            double l = Math.abs(left.analytic - left.numeric) / left.bound;
            double r = Math.abs(right.analytic - right.numeric) / right.bound;
            if (r > l) from = middle;
            else to = middle;
        }
        return from;
    }

    private Comparison direction(
            Subject.Variable v,
            int from,
            int to,
            int number,
            Differences differences,
            double floor,
            RandomSource random) {
        Comparison along = new Comparison(-1, number);
        double[] analytic = new double[2];
        Ridders line = differences.direction(v, from, to, random, analytic);
        set(along, line, analytic[0], analytic[1], floor * (to - from));
        return along;
    }

    private void one(
            Subject.Variable v, int entry, Differences differences, double typical, double floor, List<Comparison> to) {
        if (late()) {
            leftOut++;
            return;
        }
        Comparison one = new Comparison(entry, -1);
        set(one, differences.entry(v, entry, typical), v.analytic[entry], v.deviation[entry], floor);
        to.add(one);
        check.listener.accept(new GradientCheck.Progress(v.name, ++done, total));
    }

    private void column(
            Subject.Variable v,
            int column,
            Differences differences,
            double typical,
            double floor,
            List<Comparison> to) {
        int rows = v.values.rows();
        if (late()) {
            leftOut += rows;
            return;
        }
        Ridders[] lines = differences.column(v, column, typical);
        for (int r = 0; r < rows; r++) {
            int entry = r * v.values.columns() + column;
            Comparison one = new Comparison(entry, -1);
            set(one, lines[r], v.analytic[entry], v.deviation[entry], floor);
            to.add(one);
        }
        done += rows;
        check.listener.accept(new GradientCheck.Progress(v.name, done, total));
    }

    private static void set(Comparison comparison, Ridders line, double analytic, double deviation, double floor) {
        comparison.analytic = analytic;
        comparison.numeric = line.value();
        comparison.bound = line.error() + Ridders.DEVIATIONS * deviation + floor;
        comparison.kink = line.kink();
    }

    /** Entries that seem wrong are compared again at points nearby; most of these must find them wrong too. */
    private void lookAgain(Subject subject, List<List<Comparison>> all, double floor, RandomSource random) {
        List<List<Comparison>> suspects = new ArrayList<>();
        boolean any = false;
        for (List<Comparison> comparisons : all) {
            List<Comparison> worst = comparisons.stream()
                    .filter(c -> c.entry >= 0 && c.differs())
                    .sorted(Comparator.comparingDouble(c -> -Math.abs(c.analytic - c.numeric) / c.bound))
                    .limit(LOOKED_AT)
                    .toList();
            suspects.add(worst);
            any |= !worst.isEmpty() || comparisons.stream().anyMatch(c -> c.entry < 0 && c.differs());
        }
        if (!any) return;
        int[][] wrong = new int[all.size()][LOOKED_AT + DIRECTIONS];
        for (int look = 0; look < LOOKS && !decided(suspects, all, wrong, look); look++) {
            for (Subject.Variable v : subject.variables) {
                if (v.parameter < 0 && !subject.layer.differentiableInput()) continue;
                // What is exactly zero may be so on purpose.
                double move = NEARBY * v.scale();
                for (int e = 0; e < v.count(); e++)
                    if (v.base[e] != 0)
                        v.values.array()[v.at(e)] = (float) (v.base[e] + move * (2 * random.uniform() - 1));
            }
            subject.begin();
            Noise.measure(subject, random);
            Differences differences = new Differences(subject);
            differences.thorough();
            for (int i = 0; i < all.size(); i++) {
                Subject.Variable v = subject.variables.get(i);
                double typical = Differences.rootMeanSquare(v.analytic);
                List<Comparison> again = new ArrayList<>();
                for (Comparison suspect : suspects.get(i)) {
                    differences.restart();
                    Comparison one = new Comparison(suspect.entry, -1);
                    set(
                            one,
                            differences.entry(v, one.entry, typical),
                            v.analytic[one.entry],
                            v.deviation[one.entry],
                            floor);
                    again.add(one);
                }
                for (int s = 0; s < again.size(); s++) if (again.get(s).differs()) wrong[i][s]++;
                for (Comparison c : all.get(i))
                    if (c.entry < 0 && c.differs()) {
                        differences.restart();
                        if (direction(v, 0, v.count(), c.direction, differences, floor, random)
                                .differs()) wrong[i][LOOKED_AT + c.direction]++;
                    }
            }
        }
        for (int i = 0; i < all.size(); i++) {
            List<Comparison> own = suspects.get(i);
            int confirmed = 0;
            for (int s = 0; s < own.size(); s++) {
                if (2 * wrong[i][s] > LOOKS) confirmed++;
                else own.get(s).dismissed = true;
            }
            for (Comparison c : all.get(i)) {
                if (c.entry < 0 && c.differs() && 2 * wrong[i][LOOKED_AT + c.direction] <= LOOKS) c.dismissed = true;
                // Those that were not looked at again are less wrong than those that were.
                if (c.entry >= 0 && confirmed == 0 && c.differs()) c.dismissed = true;
            }
        }
    }

    /** Whether further looks would change nothing: each suspect was found wrong at most points, or will not be. */
    private static boolean decided(
            List<List<Comparison>> suspects, List<List<Comparison>> all, int[][] wrong, int looks) {
        for (int i = 0; i < all.size(); i++) {
            for (int s = 0; s < suspects.get(i).size(); s++) if (!decided(wrong[i][s], looks)) return false;
            for (Comparison c : all.get(i))
                if (c.entry < 0 && c.differs() && !decided(wrong[i][LOOKED_AT + c.direction], looks)) return false;
        }
        return true;
    }

    private static boolean decided(int wrong, int looks) {
        return 2 * wrong > LOOKS || 2 * (wrong + LOOKS - looks) <= LOOKS;
    }

    /** Turns comparisons into entries and findings. Returns whether little enough had to be skipped. */
    private boolean judge(
            Subject subject, Subject.Variable v, List<Comparison> comparisons, boolean last, RandomSource random) {
        double sum = 0;
        int single = 0;
        for (Comparison c : comparisons) {
            if (c.entry < 0 || !Double.isFinite(c.numeric)) continue;
            sum += c.numeric * c.numeric;
            single++;
        }
        double typical = single == 0 ? 0 : StrictMath.sqrt(sum / single);
        int skipped = 0, noisy = 0, wrong = 0;
        boolean analyticZero = v.gradientIsZeroAtFirst, numericZero = true, analyticNothing = true;
        List<Entry> own = new ArrayList<>();
        for (Comparison c : comparisons) {
            double size = Math.max(Math.abs(c.numeric), c.entry < 0 ? 0 : typical);
            boolean wide = c.bound > WIDE * size && c.bound > Arithmetic.TINY * 1e3;
            Status status;
            if (c.differs() && !c.dismissed && !(c.kink && wide)) status = Status.WRONG;
            else if (c.dismissed || wide && c.kink) status = Status.AT_KINK;
            else if (wide && c.entry >= 0 && typical > 0) status = Status.IN_NOISE;
            else status = Status.CORRECT;
            if (Math.abs(c.numeric) > c.bound) numericZero = false;
            if (Math.abs(c.analytic) > c.bound) analyticNothing = false;
            if (c.entry >= 0 && (status == Status.AT_KINK || status == Status.IN_NOISE)) skipped++;
            if (c.entry >= 0 && status == Status.IN_NOISE) noisy++;
            if (status == Status.WRONG) wrong++;
            int columns = v.values.columns();
            own.add(new Entry(
                    v.layer,
                    v.name,
                    c.entry < 0 ? -1 : c.entry / columns,
                    c.entry < 0 ? c.direction : c.entry % columns,
                    c.analytic,
                    c.numeric,
                    c.bound,
                    status));
        }
        own.sort(Comparator.comparingInt(Entry::row).thenComparingInt(Entry::column));
        entries.addAll(own);
        v.wrong = wrong > 0;
        if (numericZero && (wrong > 0 || analyticZero) && !subject.dependsOn(v, random))
            findings.add(new Finding(
                    Kind.UNUSED_PARAMETER,
                    place(v),
                    "no output depends on it, " + (analyticZero ? "and" : "but") + " its gradient is "
                            + (analyticZero ? "" : "not ") + "zero; is it used in forward?"));
        else if (wrong > 0) findings.add(Diagnosis.of(v, own, place(v), check));
        else if (numericZero && analyticNothing && single > 0) {
            if (last)
                findings.add(new Finding(
                        Kind.ZERO_GRADIENT,
                        place(v),
                        "the gradient is zero everywhere, or less than its rounding errors, so nothing is proven; is the"
                                + " point saturated, or does the rest undo what the variable does, as a normalisation"
                                + " undoes a bias before it?"));
            return false;
        } else if (10 * skipped > single && single > 0) {
            if (last)
                findings.add(
                        new Finding(
                                Kind.TOO_MANY_SKIPPED,
                                place(v),
                                skipped + " of " + single + " entries had to be skipped, more than a tenth: "
                                        + (skipped - noisy) + " at kinks, " + noisy
                                        + " because rounding errors drown them; other inputs(...) or parameters(...) may be better"));
            return false;
        }
        if (single == 0 && leftOut > 0)
            findings.add(new Finding(
                    Kind.TOO_MANY_SKIPPED, place(v), "the time budget was spent before any entry was compared"));
        return true;
    }
}
