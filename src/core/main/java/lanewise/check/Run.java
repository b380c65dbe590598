package lanewise.check;

import java.util.ArrayList;
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

    private final GradientCheck check;
    private final Points points;
    private final Entries entries;
    private final List<Entry> judged = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /** By variable, the least error in common of its entries that would have been found. */
    private final Map<String, Double> visible = new LinkedHashMap<>();

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
            for (GradientCheck.Point own : check.own) point(own, number++);
            for (int i = 0; i < check.points; i++) point(null, number++);
            if (probes != null && findings.stream().noneMatch(Run::keepsFromProbing)) probe();
        } catch (Points.Unusable e) {
            findings.add(e.finding);
        } catch (RuntimeException | AssertionError e) {
            findings.add(Finding.thrown(check.subject, "it", e));
        }
        long leftOut = entries.leftOut() + (probes == null ? 0 : probes.leftOut());
        if (findings.isEmpty() && judged.isEmpty() && leftOut == 0)
            findings.add(new Finding(Kind.NOTHING_COMPARED, check.subject, nothing()));
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
        if (check.points == 0 && check.own.isEmpty())
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
        if (check.points > 0) for (int targetColumns : points.targetColumns(null)) probes.compare(targetColumns);
        judged.addAll(probes.judged());
        probes.conclude(findings);
    }

    private String settings() {
        return check.rows
                + (check.rows == 1 ? " row, " : " rows, ")
                + check.points
                + (check.points == 1 ? " random point" : " random points")
                + (check.own.isEmpty() ? "" : " and " + check.own.size() + " given");
    }

    private void point(GradientCheck.Point own, int number) {
        for (int targetColumns : points.targetColumns(own)) trials(own, number, targetColumns);
    }

    /** Compares at the first point whose verdict is conclusive; a given point is not exchanged for another. */
    private void trials(GradientCheck.Point own, int number, int targetColumns) {
        Subject subject =
                new Subject(check.layer, check.loss, targetColumns, check.reference, points.rows(own), check.inputName);
        int trials = own != null && own.input() != null ? 1 : TRIALS;
        for (int trial = 0; trial < trials; trial++) {
            RandomSource random = new RandomSource(check.seed, number * 100L + trial);
            draw(subject, own, random);
            if (number == 0 && trial == 0) {
                rules(subject, own, random);
                if (findings.stream().anyMatch(Run::useless)) {
                    remarks.add("gradients were not compared: that would tell nothing before this is mended");
                    return;
                }
                // Then rows cannot be looked at one by one.
                if (findings.stream().anyMatch(f -> f.kind() == Kind.MIXES_ROWS))
                    for (Subject.Variable v : subject.variables) v.byRow = false;
            }
            int judgedBefore = judged.size(), findingsBefore = findings.size();
            boolean last = trial == trials - 1;
            if (compare(subject, random, last) || last) return;
            judged.subList(judgedBefore, judged.size()).clear();
            findings.subList(findingsBefore, findings.size()).clear();
        }
    }

    private static boolean useless(Finding finding) {
        return USELESS.contains(finding.kind()) && !finding.place().equals("dInput");
    }

    /** Draws a point. If the layer or the loss throws there, the rules may find out why. */
    private void draw(Subject subject, GradientCheck.Point own, RandomSource random) {
        try {
            points.draw(subject, own, random);
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
        if (!(check.layer instanceof Identity)) findings.addAll(layerRules(rows, inputs, random));
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

    private List<Finding> layerRules(int rows, float[][] inputs, RandomSource random) {
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
                    random);
        } catch (RuntimeException | AssertionError e) {
            return List.of(Finding.thrown(check.subject, "making a pass", e));
        }
        return trial.attemptAll();
    }

    /** So many rows of a matrix, from one on, and from the first again after the last. */
    private static float[] repeat(float[] matrix, int from, int rows, int columns) {
        float[] repeated = new float[rows * columns];
        for (int r = 0; r < rows; r++)
            System.arraycopy(matrix, (from + r) * columns % matrix.length, repeated, r * columns, columns);
        return repeated;
    }

    /** Compares the gradients of all variables at the subject's point. Returns whether the verdicts are conclusive. */
    private boolean compare(Subject subject, RandomSource random, boolean last) {
        for (Subject.Variable v : subject.variables) v.gradientIsZeroAtFirst = v.gradientIsZero();
        double[] forward = subject.forward.clone();
        float[] logits = probes == null ? null : subject.harness.input.get();
        Noise.measure(subject, random);
        if (subject.reference != null) compareWithReference(subject, forward);
        double floor = floor(subject);
        List<List<Comparison>> comparisons = entries.compare(subject, floor, random);
        List<Drift> drifts = drifts(subject, comparisons, random);
        SecondLook.at(subject, comparisons, floor, random);
        boolean conclusive = true, wrong = false;
        for (int v = 0; v < comparisons.size(); v++) {
            Verdict verdict = Verdict.of(
                    check, subject, subject.variables.get(v), comparisons.get(v), entries.leftOut() > 0, random);
            judged.addAll(verdict.entries());
            if (probes != null) probes.remember(verdict.entries(), logits, points.targets());
            findings.addAll(verdict.findings());
            conclusive &= verdict.conclusive();
            Subject.Variable variable = subject.variables.get(v);
            if (!variable.wrong && drifts.get(v) != null) drift(variable, drifts.get(v), random);
            wrong |= drifts.get(v) != null && drifts.get(v).found() && variable.wrong;
        }
        // An error that entries share is a verdict, even if single ones were skipped.
        conclusive |= wrong;
        String remark = Diagnosis.of(subject);
        if (remark != null && (conclusive || last) && !remarks.contains(remark)) remarks.add(remark);
        return conclusive;
    }

    /** What the entries of each variable have in common; null if there is no time left. */
    private List<Drift> drifts(Subject subject, List<List<Comparison>> comparisons, RandomSource random) {
        List<Drift> drifts = new ArrayList<>();
        for (int v = 0; v < comparisons.size(); v++) {
            Set<Integer> alone = new HashSet<>();
            for (Comparison c : comparisons.get(v)) if (c.single() && c.differs()) alone.add(c.entry);
            drifts.add(
                    entries.leftOut() > 0
                            ? null
                            : Drift.of(subject, subject.variables.get(v), alone, check.depth, random));
        }
        return drifts;
    }

    /** Reports an error that entries have in common, or how large one would have to be. */
    private void drift(Subject.Variable v, Drift drift, RandomSource random) {
        visible.merge(v.name, drift.visible(), Math::max);
        if (!drift.found() || !drift.confirmed(random)) return;
        v.wrong = true;
        findings.add(new Finding(
                Kind.WRONG_GRADIENT,
                v.place(check.subject),
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
