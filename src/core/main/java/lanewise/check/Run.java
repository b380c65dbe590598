package lanewise.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Arithmetic;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;

/**
 * One run of a {@link GradientCheck}. At each of the {@link Points} it compares some {@link Entries}, has a
 * {@link SecondLook} at those that seem wrong, and comes to a {@link Verdict}. At the first point it tries the
 * {@link LayerRule}s and {@link LossRule}s before.
 */
final class Run {

    /** Points that are tried until the verdict is conclusive. */
    private static final int TRIALS = 5;

    /** Findings that make a comparison of gradients meaningless. */
    private static final Set<Kind> USELESS =
            EnumSet.of(Kind.NOT_REPEATABLE, Kind.READS_RESULT, Kind.MODIFIES_ARGUMENT, Kind.NOT_FINITE);

    /** Findings that count at points that are not usual: there, entries may be skipped, and a gradient may be zero. */
    private static final Set<Kind> PROVEN =
            EnumSet.of(Kind.WRONG_GRADIENT, Kind.FORGOTTEN_GRADIENT, Kind.NOT_FINITE, Kind.DIFFERS_FROM_REFERENCE);

    /** Findings that follow those of wrong gradients, which say more where both are. */
    private static final Set<Kind> LATE = EnumSet.of(Kind.NOT_LINEAR, Kind.NOT_A_SUM);

    /** An error in common that is found only beyond this tells of noise, or of kinks nearby. */
    private static final double PRECISE = 1e-3;

    /** By how much bounds are widened at points of probes. */
    private static final double CAUTION = 4;

    private final GradientCheck check;
    private final Points points;
    private final Entries entries;
    private final List<Entry> judged = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /** Findings at given points where nothing is proven, which others may prove. */
    private final List<Finding> unproven = new ArrayList<>();

    /** Variables whose gradient was compared. */
    private final Set<String> proven = new HashSet<>();

    /** Whether the point is given by the user. */
    private boolean given;

    /** Points of probes so far. */
    private int tried;

    /** Whether rows depend on each other though they should not. */
    private boolean mixed;

    /** By variable, the least error in common of its entries that would have been found. */
    private final Map<String, Double> visible = new LinkedHashMap<>();

    /** Points after the first at which entries' common errors were looked for. */
    private int looks;

    /** Of a loss alone; else null. */
    private final LossProbes probes;

    Run(GradientCheck check) {
        this.check = check;
        points = new Points(check);
        entries = new Entries(check);
        probes = LossProbes.fit(check) ? new LossProbes(check) : null;
    }

    GradientReport run() {
        try {
            int number = 0;
            for (GradientCheck.Point own : check.own) point(own, number++, coordinates(true));
            int usual = check.points == null ? check.depth.usual : check.points;
            for (int i = 0; i < usual && findings.isEmpty(); i++) point(null, number++, coordinates(i == 0));
            given = false;
            if (check.points == null) probes();
            if (probes != null && findings.stream().noneMatch(Run::keepsFromProbing)) probe();
        } catch (Points.Unusable e) {
            findings.add(e.finding);
        } catch (RuntimeException | AssertionError e) {
            findings.add(Finding.thrown(check.subject, "it", e));
        }
        for (Finding f : unproven) {
            if (!proven.contains(f.place())) findings.add(f);
            else remarks.add("at a given point nothing is proven of " + f.place() + ", but at others: " + f.text());
        }
        long leftOut = entries.leftOut() + (probes == null ? 0 : probes.leftOut());
        if (findings.isEmpty() && judged.isEmpty() && leftOut == 0)
            findings.add(new Finding(Kind.NOTHING_COMPARED, check.subject, nothing()));
        findings.sort(Comparator.comparing(finding -> LATE.contains(finding.kind())));
        if (!visible.isEmpty()) remarks.add(visible());
        return new GradientReport(check.subject, settings(), check.seed, leftOut, findings, remarks, judged);
    }

    /** What would not have been found. */
    private String visible() {
        StringBuilder text = new StringBuilder("a relative error that all entries share is found");
        String before = " beyond ";
        for (Map.Entry<String, Double> v : visible.entrySet()) {
            if (Double.isInfinite(v.getValue())) continue;
            text.append(before).append(String.format(Locale.ROOT, "%.1g (%s)", v.getValue(), v.getKey()));
            before = ", ";
        }
        return before.equals(", ") ? text.toString() : "relative errors that all entries share were not looked for";
    }

    /** Why nothing was compared. */
    private String nothing() {
        if (check.points != null && check.points == 0 && check.own.isEmpty())
            return "nothing was compared: points(0) leaves out random points, and at(...) gave no others";
        int outputs = check.layer.outputSize();
        if (check.loss != null && points.targetColumns(null).isEmpty())
            return "nothing was compared: " + check.loss + " accepts no targets of 1 to " + LossPoints.most(outputs)
                    + " columns for " + outputs + " outputs";
        return "nothing was compared: it has no parameters to train, and its input is not differentiable";
    }

    private static boolean keepsFromProbing(Finding finding) {
        return USELESS.contains(finding.kind()) || finding.kind() == Kind.MIXES_ROWS || finding.kind() == Kind.THROWS;
    }

    /** Of a loss alone, compares at hard points, too. */
    private void probe() {
        if (check.points == null) for (int targetColumns : points.targetColumns(null)) probes.compare(targetColumns);
        judged.addAll(probes.judged());
        probes.conclude(findings);
    }

    /** Entries that are compared one by one: few at points after the first, and all where one costs next to nothing. */
    private int coordinates(boolean first) {
        if (check.layer instanceof Elementwise || check.layer instanceof Identity) return Integer.MAX_VALUE;
        return first ? check.coordinates : Math.min(check.coordinates, check.depth.coordinates);
    }

    private String settings() {
        String random = check.points == null
                ? check.depth.name().toLowerCase(Locale.ROOT) + " depth: " + check.depth.usual + " usual points, "
                        + tried + " others"
                : check.points + (check.points == 1 ? " random point" : " random points");
        return check.rows
                + (check.rows == 1 ? " row, " : " rows, ")
                + random
                + (check.own.isEmpty() ? "" : " and " + check.own.size() + " given")
                + (check.different.isEmpty()
                        ? ""
                        : "; expected to be different, and not compared: " + String.join(", ", check.different));
    }

    private void point(GradientCheck.Point own, int number, int coordinates) {
        for (int targetColumns : points.targetColumns(own)) trials(own, number, targetColumns, coordinates);
    }

    /** Compares at the first point whose verdict is conclusive; a given point is not exchanged for another. */
    private void trials(GradientCheck.Point own, int number, int targetColumns, int coordinates) {
        Subject subject = subject(targetColumns, points.rows(own), check.reference);
        given = own != null && own.input() != null;
        int trials = given ? 1 : TRIALS;
        for (int trial = 0; trial < trials; trial++) {
            RandomSource random = new RandomSource(check.seed, number * 100L + trial);
            draw(subject, own, random);
            if (number == 0 && trial == 0) {
                rules(subject, own, random);
                if (findings.stream().anyMatch(Run::useless)) {
                    remarks.add("gradients were not compared: that would tell nothing before this is mended");
                    return;
                }
                mixed = findings.stream().anyMatch(f -> f.kind() == Kind.MIXES_ROWS);
            }
            // Then rows cannot be looked at one by one.
            if (mixed) for (Subject.Variable v : subject.variables) v.byRow = false;
            int judgedBefore = judged.size(), findingsBefore = findings.size();
            boolean last = trial == trials - 1;
            if (compare(subject, Probe.USUAL, coordinates, random, last) || last) return;
            judged.subList(judgedBefore, judged.size()).clear();
            findings.subList(findingsBefore, findings.size()).clear();
        }
    }

    private Subject subject(int targetColumns, int rows, Reference reference) {
        Subject subject = new Subject(check.layer, check.loss, targetColumns, reference, rows, check.inputName);
        subject.variables.removeIf(v -> check.different.contains(v.name));
        return subject;
    }

    /**
     * Compares at points of each probe, unless there is something wrong already, until there is. A reference is left out there:
     * a gradient in floats is held to the layer's own forward pass, which knows how few digits are left where it saturates.
     */
    private void probes() {
        for (int round = 0; round < check.depth.probed; round++)
            for (Probe probe : Probe.ALL) {
                if (!findings.isEmpty()) return;
                if (check.surrogate || !points.allow(probe)) continue;
                if (entries.late()) {
                    entries.leaveOut();
                    continue;
                }
                tried++;
                probe(probe, round);
            }
    }

    /** Compares at one point of a probe. Only a wrong gradient counts there, and it is a finding under a condition. */
    private void probe(Probe probe, int round) {
        for (int targetColumns : points.targetColumns(null)) {
            List<Finding> found = at(probe, targetColumns, round);
            if (found.isEmpty()) continue;
            String condition = probe.condition();
            int judgedBefore = judged.size();
            for (Probe part : probe.refined())
                if (!at(part, targetColumns, round).isEmpty()) {
                    condition = part.condition();
                    break;
                }
            judged.subList(judgedBefore, judged.size()).clear();
            for (Finding f : found) findings.add(new Finding(f.kind(), f.place(), f.text() + "; only " + condition));
            return;
        }
    }

    /** What is wrong at one point of a probe. */
    private List<Finding> at(Probe probe, int targetColumns, int round) {
        int rows = probe.rows() == 0 ? check.rows : probe.rows(), before = findings.size();
        Subject subject = subject(targetColumns, rows, null);
        subject.caution = CAUTION;
        if (mixed) for (Subject.Variable v : subject.variables) v.byRow = false;
        RandomSource random = new RandomSource(check.seed, 1_000_000L + 1000 * round + Probe.ALL.indexOf(probe));
        try {
            points.draw(subject, null, probe, random);
            compare(subject, probe, coordinates(false), random, true);
        } catch (Points.Unusable e) {
            findings.add(e.finding);
        }
        List<Finding> own = findings.subList(before, findings.size());
        List<Finding> found =
                own.stream().filter(f -> PROVEN.contains(f.kind())).toList();
        own.clear();
        return found;
    }

    private static boolean useless(Finding finding) {
        return USELESS.contains(finding.kind())
                && !finding.place().equals("dInput")
                && !finding.place().equals("initialize");
    }

    /** Draws a point. If the layer or the loss throws there, the rules may find out why. */
    private void draw(Subject subject, GradientCheck.Point own, RandomSource random) {
        try {
            points.draw(subject, own, Probe.USUAL, random);
        } catch (Points.Unusable e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            rules(subject, own, random);
            Finding thrown =
                    findings.isEmpty() ? Finding.thrown(check.subject, "it", e) : findings.remove(findings.size() - 1);
            String remedy = "; if the inputs or targets that are drawn do not suit it, inputs(...) and targets(...)"
                    + " draw others";
            throw new Points.Unusable(new Finding(
                    thrown.kind(), thrown.place(), thrown.text() + (thrown.kind() == Kind.THROWS ? remedy : "")));
        }
    }

    /** Tries the rules of the layer and of the loss, at the parameters that were drawn and inputs like the subject's. */
    private void rules(Subject subject, GradientCheck.Point own, RandomSource random) {
        int rows = Math.max(3, subject.rows);
        float[][] inputs = new float[2][];
        Slice drawn = Slice.allocate(rows, check.layer.inputSize());
        for (int i = 0; i < 2; i++) {
            if (own != null && own.input() != null) {
                inputs[i] = repeat(own.input(), i, rows, check.layer.inputSize());
            } else {
                points.input(drawn, random);
                drawn.copyTo(inputs[i] = new float[rows * check.layer.inputSize()], 0);
            }
        }
        if (!(check.layer instanceof Identity)) findings.addAll(layerRules(rows, own, inputs, random));
        if (check.loss == null || !findings.isEmpty()) return;
        int outputs = check.layer.outputSize(),
                targetColumns = subject.targets.slice().columns();
        subject.forward();
        findings.addAll(new LossTrial(
                        check.loss,
                        subject.pass,
                        rows,
                        outputs,
                        repeat(subject.harness.output.get(), 0, rows, outputs),
                        targetColumns,
                        repeat(points.targets(), 0, rows, targetColumns),
                        random)
                .attemptAll());
    }

    private List<Finding> layerRules(int rows, GradientCheck.Point own, float[][] inputs, RandomSource random) {
        RandomSource more = new RandomSource(check.seed, -1);
        LayerTrial trial;
        try {
            trial = new LayerTrial(
                    check.layer,
                    check.subject,
                    rows,
                    random.nextLong(),
                    points.parameters(),
                    inputs[0],
                    inputs[1],
                    n -> input(own, n, more),
                    random,
                    check.depth);
        } catch (RuntimeException | AssertionError e) {
            return List.of(Finding.thrown(check.subject, "making a pass", e));
        }
        return trial.attemptAll();
    }

    /**
     * The input of so many rows, put together from rows of the own point, or of batches as they are drawn for a point, in
     * random order.
     */
    private float[] input(GradientCheck.Point own, int rows, RandomSource random) {
        int columns = check.layer.inputSize();
        boolean given = own != null && own.input() != null;
        int several = given ? own.input().length / columns : Math.max(3, check.rows);
        Slice drawn = given ? null : Slice.allocate(several, columns);
        float[] some = given ? own.input() : new float[several * columns], input = new float[rows * columns];
        int[] order = new int[several];
        for (int r = 0; r < rows; r++) {
            int next = r % several;
            if (next == 0) {
                if (!given) points.input(drawn, random);
                if (!given) drawn.copyTo(some, 0);
                for (int k = 0; k < several; k++) {
                    int other = random.nextInt(k + 1);
                    order[k] = order[other];
                    order[other] = k;
                }
            }
            System.arraycopy(some, order[next] * columns, input, r * columns, columns);
        }
        return input;
    }

    /** So many rows of a matrix, from one on, and from the first again after the last. */
    private static float[] repeat(float[] matrix, int from, int rows, int columns) {
        float[] repeated = new float[rows * columns];
        for (int r = 0; r < rows; r++)
            System.arraycopy(matrix, (from + r) * columns % matrix.length, repeated, r * columns, columns);
        return repeated;
    }

    /** Compares the gradients of all variables at the subject's point. Returns whether the verdicts are conclusive. */
    private boolean compare(Subject subject, Probe probe, int coordinates, RandomSource random, boolean last) {
        for (Subject.Variable v : subject.variables) v.gradientIsZeroAtFirst = v.gradientIsZero();
        double[] forward = subject.forward.clone();
        float[] logits = probes == null ? null : subject.harness.input.get();
        Noise.measure(subject, random);
        if (subject.reference != null && !check.surrogate) compareWithReference(subject, forward);
        double floor = floor(subject);
        List<List<Comparison>> comparisons = entries.compare(subject, coordinates, floor, random);
        List<Drift> drifts = drifts(subject, probe, comparisons, random);
        SecondLook.at(subject, comparisons, floor, random);
        boolean conclusive = true, wrong = false;
        for (int v = 0; v < comparisons.size(); v++) {
            Verdict verdict = Verdict.of(
                    check,
                    subject,
                    subject.variables.get(v),
                    comparisons.get(v),
                    entries.leftOut() > 0,
                    probe != Probe.USUAL || coordinates < check.coordinates,
                    random);
            judged.addAll(verdict.entries());
            if (probes != null) probes.remember(verdict.entries(), logits, points.targets());
            Subject.Variable variable = subject.variables.get(v);
            if (verdict.conclusive()) proven.add(variable.place(check.subject));
            (given && !verdict.conclusive() ? unproven : findings).addAll(verdict.findings());
            conclusive &= verdict.conclusive();
            if (!variable.wrong && drifts.get(v) != null) drift(variable, drifts.get(v), random);
            wrong |= drifts.get(v) != null && drifts.get(v).found() && variable.wrong;
        }
        // An error that entries share is a verdict, even if single ones were skipped.
        conclusive |= wrong;
        String remark = Diagnosis.of(subject);
        if (remark != null && (conclusive || last) && !remarks.contains(remark)) remarks.add(remark);
        return conclusive;
    }

    /** What the entries of each variable have in common at a usual point without kinks; null if there is no time for it. */
    private List<Drift> drifts(Subject subject, Probe probe, List<List<Comparison>> comparisons, RandomSource random) {
        boolean looked = probe == Probe.USUAL
                && entries.leftOut() == 0
                && comparisons.stream().flatMap(List::stream).noneMatch(c -> c.kink)
                && (visible.isEmpty() || ++looks < check.depth.probed);
        // Parts of a gradient may differ by where an activation's points lie; of others once, if there is time for it.
        boolean parts =
                check.layer instanceof Elementwise || check.depth != GradientCheck.Depth.QUICK && visible.isEmpty();
        List<Drift> drifts = new ArrayList<>();
        for (int v = 0; v < comparisons.size(); v++) {
            Set<Integer> alone = new HashSet<>();
            for (Comparison c : comparisons.get(v)) if (c.single() && c.differs()) alone.add(c.entry);
            drifts.add(looked ? Drift.of(subject, subject.variables.get(v), alone, parts, random) : null);
        }
        return drifts;
    }

    /** Reports an error that entries have in common, or how large one would have to be. */
    private void drift(Subject.Variable v, Drift drift, RandomSource random) {
        visible.merge(v.name, drift.visible(), Math::min);
        if (!drift.found() || drift.visible() > PRECISE || !drift.confirmed(random)) return;
        v.wrong = true;
        String place = v.place(check.subject);
        // Entries that are wrong by about their bound are confirmed at some points and not at others.
        findings.removeIf(f -> f.kind() == Kind.TOO_MANY_SKIPPED && f.place().equals(place));
        findings.add(new Finding(
                Kind.WRONG_GRADIENT,
                place,
                String.format(
                        Locale.ROOT,
                        "%s together are too %s by %.3g of their size, though none shows it alone; rounding explains %.1g",
                        drift.group(),
                        drift.relative() > 0 ? "large" : "small",
                        Math.abs(drift.relative()),
                        drift.visible())));
    }

    /** Gradients that are smaller than this times the number of moved entries may be stored as zero. */
    private static double floor(Subject subject) {
        double largest = 1;
        for (Subject.Variable v : subject.variables) for (float x : v.base) largest = Math.max(largest, Math.abs(x));
        return Arithmetic.TINY * subject.weights.length * largest;
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
}
