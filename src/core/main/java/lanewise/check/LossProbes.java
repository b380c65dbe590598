package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientReport.Entry;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.GradientReport.Status;
import lanewise.layer.Arithmetic;
import lanewise.layer.RandomSource;

/**
 * Compares a loss's gradient at {@link LossPoints#hard hard points} beside the ordinary ones, and says of all wrong
 * entries together under which {@link LossCondition} they are wrong. What cannot be compared at a hard point, because
 * rounding drowns it or the loss is flat there, is no failure.
 */
final class LossProbes {

    /** Columns that are compared entry by entry at one point. */
    private static final int COLUMNS = 64;

    /** A loss beyond this grows so fast that it may overflow. */
    private static final double STEEP = 1e15;

    /** Beyond this size of logits a sigmoid or softmax is so flat that its rounding errors do not change, nor show. */
    private static final double FLAT = 2;

    /** By what logits are made smaller until a loss is finite, how often, and how often that range is halved. */
    private static final float SMALLER = 0.75f;

    private static final int SHRINKS = 24, HALVINGS = 10;

    private final GradientCheck check;
    private final LossPoints points;
    private final Entries entries;
    private final List<Entry> judged = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final LossCondition condition = new LossCondition();

    LossProbes(GradientCheck check) {
        this.check = check;
        points = new LossPoints(check);
        entries = new Entries(check);
    }

    /** Whether a check is of a loss alone. */
    static boolean fit(GradientCheck check) {
        return check.loss != null && check.layer instanceof Identity;
    }

    List<Entry> judged() {
        return judged;
    }

    long leftOut() {
        return entries.leftOut();
    }

    /** Compares at all hard points with targets of so many columns. */
    void compare(int columns) {
        int count = points.hardPoints(columns), least = check.inputs == null && check.targets == null ? 5 : 1;
        Subject subject =
                new Subject(check.layer, check.loss, columns, null, Math.max(least, check.rows), check.inputName);
        double[] usual = null;
        for (int i = 0; i < count; i++) {
            RandomSource random = new RandomSource(check.seed, -1 - (columns * 1000L + i));
            subject.seed(random.nextLong());
            if (usual == null) usual = noise(subject, random);
            double size = points.hard(subject, i, count, random);
            // Targets may have grown with the logits, and what is rounded with them.
            double grown = points.hasErrors(columns) ? Math.max(1, size / LossPoints.USUAL) : 1;
            // Near targets the noise is measured within few digits, which may show too little of it.
            boolean near = subject.variables.get(0).reach != null;
            subject.leastVariance = size > FLAT || near ? usual[0] * grown * grown : 0;
            subject.leastDeviation = size > FLAT ? usual[1] * grown : 0;
            if (finite(subject)) judge(subject, random);
        }
    }

    /** The variance of a row's loss, and the deviation of an entry of the gradient, at logits of the usual size. */
    private double[] noise(Subject subject, RandomSource random) {
        points.usual(subject, random);
        subject.begin();
        Noise.measure(subject, random);
        double variance = 0;
        for (double v : subject.variances) variance += v / subject.rows;
        return new double[] {variance, Differences.rootMeanSquare(subject.variables.get(0).deviation)};
    }

    private void judge(Subject subject, RandomSource random) {
        float[] logits = subject.harness.input.get(), targets = subject.targets.get();
        Noise.measure(subject, random);
        double floor = Arithmetic.TINY * subject.weights.length * LossPoints.LARGEST;
        List<List<Comparison>> comparisons = entries.compare(subject, COLUMNS * subject.rows, floor, random);
        SecondLook.at(subject, comparisons, floor, random);
        Verdict verdict = Verdict.of(
                check, subject, subject.variables.get(0), comparisons.get(0), entries.leftOut() > 0, true, random);
        judged.addAll(verdict.entries());
        for (Finding finding : verdict.findings()) if (finding.kind() == Kind.WRONG_GRADIENT) findings.add(finding);
        remember(verdict.entries(), logits, targets);
    }

    /** Remembers entries that were judged at a point with these logits and targets. */
    void remember(List<Entry> entries, float[] logits, float[] targets) {
        int outputs = check.layer.outputSize(), columns = targets.length / (logits.length / outputs);
        for (Entry e : entries) {
            if (e.row() < 0 || e.status() != Status.CORRECT && e.status() != Status.WRONG) continue;
            condition.add(new LossCondition.Sample(
                    e.status() == Status.WRONG,
                    Math.abs(e.analytic()) <= e.bound() && Math.abs(e.numeric()) <= e.bound(),
                    e.column(),
                    row(logits, e.row(), outputs),
                    row(targets, e.row(), columns)));
        }
    }

    private static float[] row(float[] matrix, int row, int columns) {
        return java.util.Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
    }

    /** Adds what was found, a wrong gradient once for all points. */
    void conclude(List<Finding> all) {
        Finding wrong = null;
        for (Finding f : all) if (f.kind() == Kind.WRONG_GRADIENT) wrong = wrong == null ? f : wrong;
        boolean seldom = wrong == null;
        Finding notFinite = null;
        for (Finding f : findings)
            if (f.kind() == Kind.NOT_FINITE) notFinite = notFinite == null ? f : notFinite;
            else if (wrong == null) wrong = f;
        if (notFinite != null) all.add(notFinite);
        if (wrong == null) return;
        String when = condition.text(this::isWrong);
        Finding with = when == null
                ? wrong
                : new Finding(
                        wrong.kind(),
                        wrong.place(),
                        wrong.text() + "; " + when + (when.contains("sum to 1") ? SUM : ""));
        if (seldom) all.add(with);
        else all.set(all.indexOf(wrong), with);
    }

    private static final String SUM = " (if other targets are not meant, let targets(...) of the loss declare it)";

    /** Whether the gradient is wrong at an entry of a row of its own; null if the loss refuses it. */
    private Boolean isWrong(LossCondition.Sample s) {
        Subject subject = new Subject(check.layer, check.loss, s.targets().length, null, 1, check.inputName);
        subject.harness.input.set(s.logits());
        subject.targets.set(s.targets());
        if (check.loss.refusal(subject.targets.slice(), 0, s.logits().length) != null) return null;
        Subject.Variable v = subject.variables.get(0);
        if (s.targets().length == s.logits().length && s.error() != 0) {
            v.reach = new float[s.logits().length];
            java.util.Arrays.fill(v.reach, (float) Math.min(Math.abs(s.error()), Math.max(1, Math.abs(s.logit()))));
        }
        subject.begin();
        if (!finite(subject, 0)) return null;
        Noise.measure(subject, new RandomSource(check.seed));
        return Comparison.of(v, s.column(), new Differences(subject), 0).differs();
    }

    /**
     * Evaluates the subject. Rows whose loss or gradient is not finite get smaller logits until it is. That is a finding
     * unless the loss is steep enough to overflow.
     *
     * @return whether all is finite now
     */
    private boolean finite(Subject subject) {
        subject.begin();
        boolean all = true;
        for (int r = 0; r < subject.rows; r++) {
            if (finite(subject, r)) continue;
            all = false;
            float[] before = subject.harness.input.get();
            String number = notFinite(subject, r);
            double value = Math.abs(subject.centre[r]);
            boolean nan = number.endsWith("NaN");
            float scale = 1;
            for (int i = 0; i < SHRINKS && !finite(subject, r); i++) scaled(subject, r, before, scale *= SMALLER);
            boolean mended = finite(subject, r);
            if (!nan && mended && Math.max(Math.abs(subject.centre[r]), Double.isFinite(value) ? value : 0) > STEEP) {
                all = true;
                continue;
            }
            String when = mended ? size(subject, r, before, scale) : target(subject, r);
            findings.add(new Finding(Kind.NOT_FINITE, check.subject, number + when));
            return false;
        }
        return all;
    }

    private static boolean finite(Subject subject, int row) {
        return notFinite(subject, row) == null;
    }

    /** Which number of the row is not finite; null if all are. */
    private static String notFinite(Subject subject, int row) {
        if (!Double.isFinite(subject.centre[row])) return "the loss of a row is " + subject.centre[row];
        int columns = subject.input.columns();
        for (int c = 0; c < columns; c++) {
            double d = subject.variables.get(0).analytic[row * columns + c];
            if (!Double.isFinite(d)) return "an entry of a row's gradient is " + d;
        }
        return null;
    }

    private static void scaled(Subject subject, int row, float[] logits, float scale) {
        int columns = subject.input.columns();
        for (int c = 0; c < columns; c++) subject.input.set(row, c, logits[row * columns + c] * scale);
        subject.begin();
    }

    /** The size of logits from which on a row is not finite, in words; it is finite with that scale. */
    private static String size(Subject subject, int row, float[] logits, float scale) {
        boolean positive = false;
        float[] signed = logits.clone();
        for (float sign : new float[] {1, -1}) {
            for (int i = 0; i < signed.length; i++) signed[i] = sign * Math.max(0, sign * logits[i]);
            scaled(subject, row, signed, 1);
            positive = sign > 0;
            if (!finite(subject, row)) break;
        }
        // If neither those above zero nor those below do it alone, all do together.
        if (finite(subject, row)) signed = logits;
        float finite = scale, not = 1;
        for (int i = 0; i < HALVINGS; i++) {
            float middle = (finite + not) / 2;
            scaled(subject, row, signed, middle);
            if (finite(subject, row)) finite = middle;
            else not = middle;
        }
        float largest = 0;
        for (float z : row(signed, row, subject.input.columns())) largest = Math.max(largest, Math.abs(z));
        String edge = LossCondition.number(new double[] {finite * largest, not * largest});
        return ", only where a "
                + (signed == logits ? "|logit| exceeds " : positive ? "logit exceeds " : "logit is below -") + edge;
    }

    /** Which targets a row must not have, in words, to be finite. */
    private static String target(Subject subject, int row) {
        float[] targets = subject.targets.get();
        int columns = subject.targets.slice().columns();
        for (int number : new int[] {0, 1, -1}) {
            boolean any = false;
            for (int c = 0; c < columns; c++) {
                float t = targets[row * columns + c];
                any |= t == number;
                subject.targets.slice().set(row, c, t == number ? (number == 0 ? 1 : number) * 0.75f : t);
            }
            subject.begin();
            if (any && finite(subject, row)) return ", only where a target is exactly " + number;
            subject.targets.set(targets);
        }
        return "";
    }

    /** For a row that is not finite at an ordinary point: under which condition, as far as that can be told. */
    static String why(Subject subject, int row) {
        if (!(subject.layer instanceof Identity)) return "";
        float[] before = subject.harness.input.get();
        float scale = 1;
        for (int i = 0; i < SHRINKS && !finite(subject, row); i++) scaled(subject, row, before, scale *= SMALLER);
        return finite(subject, row) ? size(subject, row, before, scale) : target(subject, row);
    }
}
