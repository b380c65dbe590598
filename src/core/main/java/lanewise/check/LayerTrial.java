package lanewise.check;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;

/** Tries every {@link LayerRule} on a layer, with two batches, and collects the findings. */
final class LayerTrial {

    /** Seeds that are tried to find out whether a layer is random. */
    private static final int SEEDS = 4;

    /** Inputs and the gradient of the outputs. */
    record Case(float[] input, float[] dOutput) {}

    /** The results of a forward, a backward and an parameterGradient. */
    record Outcome(float[] output, float[] dInput, float[] gradient) {}

    final Layer layer;

    /** The layer in words, as a finding's place. */
    final String name;

    /** At least 3. */
    final int rows;

    /** The parameters, row by row. */
    final float[] values;

    final Case a;
    final Case b;
    final Harness harness;
    final RandomSource random;
    final GradientCheck.Depth depth;

    /** Draws the input of a batch of so many rows. */
    final IntFunction<float[]> inputs;

    /** For rules that draw as much as their depth asks for, so that the comparison after them draws the same. */
    final RandomSource more;

    private final long seed;

    /** Null as long as nobody asked. */
    private Boolean isRandom;

    /** The outcome of batch a, which the first rule sets. */
    Outcome base;

    private final List<Finding> findings = new ArrayList<>();
    private final Set<LayerRule> kept = EnumSet.noneOf(LayerRule.class);
    private final Set<LayerRule> broken = EnumSet.noneOf(LayerRule.class);
    private LayerRule rule;

    /**
     * A trial in which no rule was tried yet.
     *
     * @param name of the layer, for findings
     * @param rows of a batch, at least 3
     * @param values the parameters, row by row
     * @param first input of one batch
     * @param second input of another
     * @param inputs draws the input of so many rows, for larger batches
     */
    LayerTrial(
            Layer layer,
            String name,
            int rows,
            long seed,
            float[] values,
            float[] first,
            float[] second,
            IntFunction<float[]> inputs,
            RandomSource random,
            GradientCheck.Depth depth) {
        this.layer = layer;
        this.name = name;
        this.rows = rows;
        this.values = values;
        this.random = random;
        this.inputs = inputs;
        this.depth = depth;
        this.seed = seed;
        more = new RandomSource(seed, 1);
        a = new Case(first, random(rows * layer.outputSize()));
        b = new Case(second, random(rows * layer.outputSize()));
        harness = new Harness(layer, rows, Guarded.ODD);
        harness.seed(seed);
    }

    /** Tries all rules, and returns the breaches; an exception ends the trial and is one of them. */
    List<Finding> attemptAll() {
        try {
            for (LayerRule rule : LayerRule.values()) attempt(rule);
        } catch (RuntimeException | AssertionError e) {
            findings.add(Finding.thrown(name, harness.call(), e));
        }
        return findings;
    }

    void attempt(LayerRule rule) {
        if (!kept.containsAll(rule.basis())) return;
        this.rule = rule;
        int before = findings.size();
        rule.check(this);
        (findings.size() == before ? kept : broken).add(rule);
    }

    /** Reports a breach of the rule that is being tried. */
    void find(Kind kind, String place, String text) {
        assert rule.kinds().contains(kind) : rule + " does not list " + kind;
        findings.add(new Finding(kind, place, text));
    }

    float[] random(int n) {
        return random(n, random);
    }

    /** Numbers of either sign, not small and not large. */
    static float[] random(int n, RandomSource random) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) v[i] = (0.5f + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
        return v;
    }

    Pass pass() {
        return harness.pass(rows);
    }

    /** Matrices for batches of so many rows, at the same parameters. */
    Harness harness(int rows) {
        Harness other = new Harness(layer, rows, Guarded.ODD);
        other.seed(seed);
        other.parameters.set(values);
        return other;
    }

    /** A batch of so many rows. */
    Case batch(int rows) {
        return new Case(inputs.apply(rows), random(rows * layer.outputSize(), more));
    }

    /** Whether another seed changes the results, as far as some tries show. */
    boolean isRandom() {
        if (isRandom == null) {
            Pass pass = pass();
            long own = harness.seed();
            isRandom = false;
            for (int i = 1; i <= SEEDS && !isRandom; i++) {
                prepare(a);
                harness.begin(own + i * 0x9e3779b97f4a7c15L, Harness.STEP, Harness.FIRST_ROW);
                harness.forward(pass, 0, rows);
                isRandom = difference(base.output, harness.output.get()) >= 0;
            }
            harness.begin(own, Harness.STEP, Harness.FIRST_ROW);
        }
        return isRandom;
    }

    /** About how many numbers a call reads for each row. */
    long work() {
        return (long) values.length + layer.inputSize() + layer.outputSize();
    }

    /** Sets all matrices for a run; those of results hold zeros. */
    void prepare(Case batch) {
        harness.parameters.set(values);
        harness.input.set(batch.input);
        harness.output.set(new float[rows * layer.outputSize()]);
        harness.dOutput.set(batch.dOutput);
        if (harness.dInput != null) harness.dInput.set(new float[rows * layer.inputSize()]);
        harness.gradient.set(new float[values.length]);
    }

    /** Forward and backward of a batch. */
    void propagate(Pass pass, Case batch) {
        prepare(batch);
        harness.forward(pass, 0, rows);
        harness.backward(pass, 0, rows);
    }

    /** Adds scale times the whole gradient of the parameters. */
    void parameterGradient(Pass pass, float scale) {
        harness.parameterGradient(pass, rows, scale, 0, 1);
    }

    /** All three calls. */
    Outcome run(Pass pass, Case batch) {
        propagate(pass, batch);
        parameterGradient(pass, 1f);
        return outcome();
    }

    /** All three calls on other matrices. */
    static Outcome run(Harness other, Pass pass, Case batch) {
        other.input.set(batch.input);
        other.dOutput.set(batch.dOutput);
        other.output.clear();
        if (other.dInput != null) other.dInput.clear();
        other.gradient.clear();
        other.forward(pass, 0, other.rows);
        other.backward(pass, 0, other.rows);
        other.parameterGradient(pass, other.rows, 1f, 0, 1);
        return outcome(other);
    }

    Outcome outcome() {
        return outcome(harness);
    }

    static Outcome outcome(Harness harness) {
        return new Outcome(harness.output.get(), dInput(harness), harness.gradient.get());
    }

    /** The input's gradient; empty if there is none. */
    float[] dInput() {
        return dInput(harness);
    }

    static float[] dInput(Harness harness) {
        return harness.dInput == null ? new float[0] : harness.dInput.get();
    }

    /** The first element whose bits differ; -1 if there is none. */
    static int difference(float[] x, float[] y) {
        for (int i = 0; i < x.length; i++) if (differ(x[i], y[i])) return i;
        return -1;
    }

    static boolean differ(float x, float y) {
        return Float.floatToRawIntBits(x) != Float.floatToRawIntBits(y);
    }

    /** The first place in which two outcomes differ, with both values; null if there is none. */
    String difference(Outcome x, Outcome y) {
        return difference(harness, x, y);
    }

    /** The first place in which two outcomes of a batch in these matrices differ; null if there is none. */
    static String difference(Harness harness, Outcome x, Outcome y) {
        int i = difference(x.output, y.output);
        if (i >= 0) return values(harness.output.place(i), x.output[i], y.output[i]);
        i = difference(x.dInput, y.dInput);
        if (i >= 0) return values(harness.dInput.place(i), x.dInput[i], y.dInput[i]);
        i = difference(x.gradient, y.gradient);
        if (i >= 0) return values("the gradient of " + harness.gradient.place(i), x.gradient[i], y.gradient[i]);
        return null;
    }

    private static String values(String place, float x, float y) {
        return place + " is " + x + " in one and " + y + " in the other";
    }

    /** Remembers all matrices as they are. */
    void markAll() {
        for (Guarded matrix : all()) if (matrix != null) matrix.mark();
    }

    private Guarded[] all() {
        Harness h = harness;
        return new Guarded[] {h.parameters, h.input, h.output, h.dOutput, h.dInput, h.gradient};
    }

    /** Reports the first change of these matrices since they were marked. */
    void unchanged(String call, Guarded... matrices) {
        for (Guarded matrix : matrices) {
            if (matrix == null) continue;
            String damage = matrix.damage(0, 0, false);
            if (damage == null) continue;
            boolean outside = damage.contains(" floats ");
            find(
                    outside ? Kind.WRITES_OUTSIDE : Kind.MODIFIES_ARGUMENT,
                    call,
                    outside ? "it wrote " + damage : "it changed " + damage + ", which it may only read");
            return;
        }
    }

    /** Reports a write outside the matrix since it was marked. */
    void outside(String call, Guarded matrix, boolean padding) {
        String damage = matrix.damage(0, rows, padding);
        if (damage != null) find(Kind.WRITES_OUTSIDE, call, "it wrote " + damage);
    }

    /** Reports a running value that differs. */
    void untrained(String call, float[] now, float[] before) {
        for (int k = 0, at = 0; k < harness.shapes.size(); k++) {
            int count = harness.shapes.get(k).count();
            if (!harness.shapes.get(k).trained())
                for (int i = at; i < at + count; i++)
                    if (now[i] != before[i]) {
                        find(
                                Kind.MODIFIES_ARGUMENT,
                                call,
                                "it changed " + harness.gradient.place(i)
                                        + ", which is not trained: only updateRunningStatistics may change running statistics");
                        return;
                    }
            at += count;
        }
    }

    /** Whether nothing was found so far. */
    boolean clean() {
        return findings.isEmpty();
    }

    /** The rules that were tried and found broken; one that threw is not among them. */
    Set<LayerRule> broken() {
        return broken;
    }
}
