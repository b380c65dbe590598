package lanewise.check;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;

/** Sets a subject to the points at which its gradient is compared: the user's own ones, and random ones. */
final class Points {

    /** Draws until no gradient is zero everywhere. */
    private static final int DRAWS = 64;

    /** Outputs beyond it may overflow in a gradient of a right layer. */
    private static final float LARGEST = 1e25f;

    /** No gradient can be compared at a point. */
    static final class Unusable extends RuntimeException {

        private static final long serialVersionUID = 1;

        final transient Finding finding;

        Unusable(Finding finding) {
            super(finding.toString());
            this.finding = finding;
        }
    }

    private final GradientCheck check;

    /** The parameters and targets of the last point, which a wrong layer or loss may have changed since. */
    private float[] parameters;

    private float[] targets;

    Points(GradientCheck check) {
        this.check = check;
    }

    /** The parameters of the last point, in order and row by row. */
    float[] parameters() {
        return parameters;
    }

    /** The targets of the last point, row by row; null without a loss. */
    float[] targets() {
        return targets;
    }

    /** Rows of a batch at this point of the user's own; null for a random point. */
    int rows(GradientCheck.Point own) {
        return own == null || own.input() == null ? check.rows : own.input().length / check.layer.inputSize();
    }

    /**
     * Whether points can have the property of a probe. What the user draws or gives stays as it is; many rows say
     * something of layers that look at the whole batch, and the rules look at them in others.
     */
    boolean allow(Probe probe) {
        if (probe == Probe.SWEEP || check.layer instanceof Elementwise)
            return probe == Probe.SWEEP && check.layer instanceof Elementwise;
        // Kinks of many hidden units meet there, in one number for each row; the network without a loss is tried so.
        boolean underLoss = check.loss != null && !(check.layer instanceof Identity);
        if (underLoss && (probe == Probe.ZERO_ROWS || probe == Probe.MANY_ZEROS)) return false;
        if (probe.inputs() != null)
            return check.inputs == null && check.layer.differentiableInput() && !(check.layer instanceof Identity);
        // With biases of zero the kinks of units meet at rows of zeros, which may be among inputs of the user's own.
        if (probe == Probe.INITIAL && check.inputs != null) return false;
        if (probe.parameters() != null)
            return check.parameters == null
                    && check.networkParameters == null
                    && check.layer.parameters().stream().anyMatch(shape -> shape.trained() && shape.count() > 0);
        return !check.layer.rowwise() || check.depth != GradientCheck.Depth.QUICK && probe.rows() > check.rows;
    }

    /** Columns of targets to try at this point, one after the other: 0 without a loss. */
    List<Integer> targetColumns(GradientCheck.Point own) {
        if (check.loss == null) return List.of(0);
        if (own != null && own.targets() != null) return List.of(own.targets().length / rows(own));
        if (check.targetColumns != null) return List.of(check.targetColumns);
        return LossPoints.columns(check.loss, check.layer.outputSize());
    }

    /**
     * Sets the subject to a point and evaluates it there. A random point is drawn again while a gradient is zero
     * everywhere.
     *
     * @throws Unusable if drawing throws, or a result is not finite
     * @throws RuntimeException what the layer or the loss throws
     */
    void draw(Subject subject, GradientCheck.Point own, Probe probe, RandomSource random) {
        int draws = probe == Probe.USUAL ? DRAWS : 1;
        for (int i = 0; i < draws; i++) {
            subject.seed(random.nextLong());
            try {
                drawOnce(subject, own, random);
                change(subject, probe, random);
            } catch (RuntimeException e) {
                throw new Unusable(new Finding(Kind.THROWS, check.subject, "drawing a point threw " + e));
            }
            parameters = subject.harness.parameters.get();
            targets = subject.targets == null ? null : subject.targets.get();
            subject.balance();
            subject.begin();
            finite(subject);
            if (subject.variables.stream().noneMatch(Subject.Variable::gradientIsZero)) return;
        }
    }

    /** Gives the point the property of a probe. */
    private static void change(Subject subject, Probe probe, RandomSource random) {
        Harness h = subject.harness;
        if (probe == Probe.INITIAL) {
            h.parameters.clear();
            h.initialize(random);
        } else if (probe.parameters() != null)
            for (int i = 0; i < h.shapes.size(); i++) {
                ParameterShape shape = h.shapes.get(i);
                if (shape.trained() && shape.count() > 0)
                    changeLegally(
                            h.parameters.slices[i],
                            shape,
                            values -> probe.parameters().accept(values, random));
            }
        if (probe.inputs() == null) return;
        probe.inputs().accept(subject.input, random);
        tame(subject);
    }

    /** What would not be legal, or at the end of what is, where a layer may bend, stays as it was. */
    private static void changeLegally(Slice values, ParameterShape shape, Consumer<Slice> change) {
        float[] before = new float[shape.count()], after = new float[before.length];
        values.copyTo(before, 0);
        change.accept(values);
        values.copyTo(after, 0);
        for (int i = 0; i < after.length; i++)
            if (!(after[i] > shape.least() && after[i] < shape.greatest())) after[i] = before[i];
        values.copyFrom(after, 0);
    }

    /** Makes the inputs of rows smaller whose outputs overflow, or nearly. */
    private static void tame(Subject subject) {
        Slice input = subject.input, output = subject.output;
        boolean tamed = false;
        for (int i = 0; i < DRAWS && !tamed; i++) {
            subject.forward();
            if (subject.loss != null) subject.evaluate(subject.centre);
            tamed = true;
            for (int r = 0; r < subject.rows; r++) {
                boolean fits = subject.loss == null || Math.abs(subject.centre[r]) < LARGEST;
                for (int c = 0; c < output.columns(); c++) fits &= Math.abs(output.get(r, c)) < LARGEST;
                if (fits) continue;
                tamed = false;
                for (int c = 0; c < input.columns(); c++) input.set(r, c, input.get(r, c) / 4);
            }
        }
    }

    private void finite(Subject subject) {
        for (int e = 0; e < subject.centre.length; e++)
            if (!Double.isFinite(subject.centre[e]))
                throw notFinite(
                        check.subject,
                        check.loss == null
                                ? "output[" + e / subject.perRow + "][" + e % subject.perRow + "]"
                                : "the loss of row " + e,
                        subject.centre[e],
                        check.loss == null ? "" : LossProbes.why(subject, e));
        for (Subject.Variable v : subject.variables) {
            int columns = v.values.columns();
            for (int e = 0; e < v.count(); e++)
                if (!Double.isFinite(v.analytic[e]))
                    throw notFinite(
                            v.place(check.subject),
                            "the gradient's entry [" + e / columns + "][" + e % columns + "]",
                            v.analytic[e],
                            check.loss == null ? "" : LossProbes.why(subject, e / columns));
        }
    }

    private static Unusable notFinite(String place, String number, double value, String when) {
        return new Unusable(new Finding(Kind.NOT_FINITE, place, number + " is " + value + when));
    }

    private void drawOnce(Subject subject, GradientCheck.Point own, RandomSource random) {
        float[] given = own != null && own.parameters() != null ? own.parameters() : check.networkParameters;
        if (given != null) {
            subject.harness.parameters.set(given);
        } else {
            subject.harness.parameters.clear();
            if (check.parameters != null)
                check.parameters.accept(subject.harness.parameters.parameters(check.layer), random);
            else initialize(subject.harness, random);
        }
        if (own != null && own.input() != null) subject.harness.input.set(own.input());
        else input(subject.input, random);
        if (subject.targets != null) {
            if (own != null && own.targets() != null) subject.targets.set(own.targets());
            else new LossPoints(check).targets(subject.targets.slice(), random);
        }
        for (int i = 0; i < subject.projection.length; i++)
            subject.projection[i] = (0.5f + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
    }

    /** Fills a matrix with random inputs. */
    void input(Slice matrix, RandomSource random) {
        fill(matrix, check.inputs == null ? this::example : check.inputs, random);
    }

    /** Fills a matrix, zeros to begin with, by a draw of the user's own. */
    static void fill(Slice matrix, BiConsumer<Slice, RandomSource> draw, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++) for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, 0f);
        draw.accept(matrix, random);
    }

    private void example(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++) check.layer.exampleInput(matrix, r, random);
    }

    static void normal(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, random.normal());
    }

    private static void initialize(Harness harness, RandomSource random) {
        Slice[] parameters = harness.parameters.slices;
        harness.initialize(random);
        for (int i = 0; i < parameters.length; i++) {
            ParameterShape shape = harness.shapes.get(i);
            if (!shape.trained()) continue;
            Slice p = parameters[i];
            double sum = 0;
            for (int r = 0; r < p.rows(); r++)
                for (int c = 0; c < p.columns(); c++) sum += (double) p.get(r, c) * p.get(r, c);
            float move = sum == 0 ? 0.25f : (float) (0.25 * StrictMath.sqrt(sum / shape.count()));
            changeLegally(p, shape, values -> {
                for (int r = 0; r < values.rows(); r++)
                    for (int c = 0; c < values.columns(); c++)
                        values.set(r, c, values.get(r, c) + move * random.normal());
            });
        }
    }
}
