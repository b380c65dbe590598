package lanewise.check;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;

/** Tries every {@link LayerRule} on a layer, with two batches, and collects the findings. */
final class LayerTrial {

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
     */
    LayerTrial(
            Layer layer,
            String name,
            int rows,
            long seed,
            float[] values,
            float[] first,
            float[] second,
            RandomSource random) {
        this.layer = layer;
        this.name = name;
        this.rows = rows;
        this.values = values;
        this.random = random;
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

    private void attempt(LayerRule rule) {
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
        float[] v = new float[n];
        for (int i = 0; i < n; i++) v[i] = (0.5f + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
        return v;
    }

    Pass pass() {
        return harness.pass(rows);
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

    Outcome outcome() {
        return new Outcome(harness.output.get(), dInput(), harness.gradient.get());
    }

    /** The input's gradient; empty if there is none. */
    float[] dInput() {
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
