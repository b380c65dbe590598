package lanewise.check;

import java.util.Arrays;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** The checks of the {@link LayerRule}s about parameters, their gradient and their updates. */
final class ParameterRules {

    private ParameterRules() {}

    static void preparesWithoutInputGradient(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        h.forward(pass, 0, trial.rows);
        h.backwardWithoutInputGradient(pass, 0, trial.rows);
        trial.parameterGradient(pass, 1f);
        float[] right = trial.base.gradient(), now = h.gradient.get();
        int i = LayerTrial.difference(right, now);
        if (i >= 0)
            trial.find(
                    Kind.NEEDS_INPUT_GRADIENT,
                    trial.name,
                    "the gradient of " + h.gradient.place(i) + " is " + now[i] + " after a backward without dInput, "
                            + right[i] + " with it");
    }

    /** Accumulates after the parameters became NaN. */
    static void readsNoParameters(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] scrambled = new float[trial.values.length];
        Arrays.fill(scrambled, Float.NaN);
        h.parameters.set(scrambled);
        trial.parameterGradient(pass, 1f);
        float[] right = trial.base.gradient(), now = h.gradient.get();
        int i = LayerTrial.difference(right, now);
        if (i >= 0)
            trial.find(
                    Kind.READS_PARAMETERS,
                    "parameterGradient",
                    "the gradient of " + h.gradient.place(i) + " changes from " + right[i] + " to " + now[i]
                            + " when the parameters change between backward and parameterGradient, which must not read them");
    }

    static void repeatsParameterGradient(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.run(pass, trial.a);
        h.gradient.clear();
        trial.parameterGradient(pass, 1f);
        String difference = trial.difference(trial.base, trial.outcome());
        if (difference != null)
            trial.find(
                    Kind.KEEPS_STATE,
                    trial.name,
                    "a second parameterGradient after the same backward gives something else than a first one: "
                            + difference);
    }

    static void addsToTarget(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] there = numbersBeside(trial), right = trial.base.gradient();
        h.gradient.set(there);
        trial.parameterGradient(pass, 1f);
        float[] now = h.gradient.get();
        trial.untrained("parameterGradient", now, there);
        for (int i = 0; i < right.length; i++) {
            if (Math.abs(now[i] - there[i] - right[i]) <= tolerance(trial, there[i])) continue;
            if (now[i] == right[i])
                trial.find(
                        Kind.OVERWRITES,
                        "parameterGradient",
                        "it replaces " + h.gradient.place(i) + ", to which it must add: it is " + now[i] + " where "
                                + there[i] + " was before");
            else
                trial.find(
                        Kind.READS_PARAMETERS,
                        "parameterGradient",
                        "what it adds to " + h.gradient.place(i) + " depends on what is there: " + right[i] + " to 0, "
                                + (now[i] - there[i]) + " to " + there[i]
                                + "; target may be the parameters, which it must not read");
            return;
        }
    }

    /** Random numbers so large that the roundings of a gradient's terms, which may cancel in it, do not show beside them. */
    private static float[] numbersBeside(LayerTrial trial) {
        float[] gradient = trial.base.gradient(), numbers = new float[gradient.length];
        int at = 0;
        for (Slice target : trial.harness.gradient.slices) {
            int end = at + target.rows() * target.columns();
            float largest = 0;
            for (int e = at; e < end; e++) largest = Math.max(largest, Math.abs(gradient[e]));
            largest = largest == 0 ? 1 : 1024 * largest;
            for (; at < end; at++)
                numbers[at] = largest * (1 + trial.random.uniform()) * (trial.random.nextLong() < 0 ? -1 : 1);
        }
        return numbers;
    }

    static void multipliesByScale(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] dOutput = h.dOutput.get(), one = trial.base.gradient();
        trial.parameterGradient(pass, -0.5f);
        float[] now = h.gradient.get();
        for (int i = 0; i < one.length; i++) {
            float tolerance = Math.max(tolerance(trial, one[i]), 2e-25f);
            if (Math.abs(now[i] + 0.5f * one[i]) <= tolerance) continue;
            trial.find(
                    Kind.IGNORES_SCALE,
                    "parameterGradient",
                    "with scale -0.5 it adds " + now[i] + " to " + h.gradient.place(i) + ", " + -0.5f * one[i]
                            + " expected: -0.5 times the " + one[i] + " of scale 1");
            return;
        }
        int i = LayerTrial.difference(dOutput, h.dOutput.get());
        if (i >= 0)
            trial.find(
                    Kind.MODIFIES_ARGUMENT,
                    "parameterGradient",
                    "it changed " + h.dOutput.place(i) + ", which it may only read");
    }

    /** What roundings of a sum of rows terms beside a number of this size may come to. */
    private static float tolerance(LayerTrial trial, float size) {
        return (16 * trial.rows + 64) * Math.ulp(size);
    }

    /**
     * Sums the gradient of the inner rows of batch a, also with a row more at either end, which must matter where that row
     * has a gradient; and with NaN in the outer rows, or after other outer rows went forward and backward, which must not.
     */
    static void sumsRowsAskedFor(LayerTrial trial) {
        Harness h = trial.harness;
        int last = trial.rows - 1;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] inner = sum(h, pass, 1, last);
        if (ignores(trial, "from", inner, sum(h, pass, 0, 1), sum(h, pass, 0, last))) return;
        if (ignores(trial, "to", inner, sum(h, pass, last, last + 1), sum(h, pass, 1, last + 1))) return;
        for (Guarded matrix : new Guarded[] {h.input, h.output, h.dOutput})
            for (int r : new int[] {0, last})
                for (int c = 0; c < matrix.slice().columns(); c++)
                    matrix.slice().set(r, c, Float.NaN);
        float[] after = sum(h, pass, 1, last);
        int i = LayerTrial.difference(inner, after);
        if (i >= 0)
            trial.find(
                    Kind.IGNORES_ROWS,
                    "parameterGradient",
                    "asked for rows 1 to " + (last - 1) + " it adds " + inner[i] + " to " + h.gradient.place(i)
                            + ", and " + after[i] + " with NaN in the other rows; from and to must be kept to");
        else if (trial.layer.rowwise()) sumsRowsKept(trial, inner);
    }

    /** Sums the inner rows of batch a between outer rows of batch b. */
    private static void sumsRowsKept(LayerTrial trial, float[] inner) {
        float[] input = trial.b.input().clone(), dOutput = trial.b.dOutput().clone();
        int in = trial.layer.inputSize(), out = trial.layer.outputSize(), last = trial.rows - 1;
        System.arraycopy(trial.a.input(), in, input, in, (last - 1) * in);
        System.arraycopy(trial.a.dOutput(), out, dOutput, out, (last - 1) * out);
        Pass pass = trial.pass();
        trial.propagate(pass, new Case(input, dOutput));
        float[] after = sum(trial.harness, pass, 1, last);
        int i = LayerTrial.difference(inner, after);
        if (i >= 0)
            trial.find(
                    Kind.IGNORES_ROWS,
                    "parameterGradient",
                    "asked for rows 1 to " + (last - 1) + " it adds " + inner[i] + " to "
                            + trial.harness.gradient.place(i) + ", and " + after[i]
                            + " in a batch whose other rows are others; is what was kept of rows from ... to - 1 taken"
                            + " from there, and not from row 0 on?");
    }

    private static float[] sum(Harness h, Pass pass, int from, int to) {
        h.gradient.set(new float[h.gradient.get().length]);
        h.parameterGradient(pass, from, to, 1f, 0, 1);
        return h.gradient.get();
    }

    /** Whether one row more makes no difference, though by itself it has a gradient that no rounding takes away. */
    private static boolean ignores(LayerTrial trial, String which, float[] inner, float[] row, float[] both) {
        for (int i = 0; i < inner.length; i++) {
            if (LayerTrial.differ(inner[i], both[i]) || !(Math.abs(row[i]) > 1e-3f * Math.abs(inner[i]))) continue;
            trial.find(
                    Kind.IGNORES_ROWS,
                    "parameterGradient",
                    "with a row more it adds the same " + both[i] + " to " + trial.harness.gradient.place(i)
                            + ", though that row by itself adds " + row[i] + "; is " + which + " kept to?");
            return true;
        }
        return false;
    }

    static void dividesIntoParts(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] whole = trial.base.gradient();
        for (int parts : new int[] {2, 3, 7}) {
            int[] owner = new int[whole.length];
            Arrays.fill(owner, -1);
            float[] sum = new float[whole.length];
            for (int part = 0; part < parts; part++) {
                h.gradient.set(new float[whole.length]);
                h.parameterGradient(pass, trial.rows, 1f, part, parts);
                float[] now = h.gradient.get();
                for (int i = 0; i < now.length; i++) {
                    if (now[i] == 0) continue;
                    if (owner[i] >= 0) {
                        trial.find(
                                Kind.IGNORES_PARTS,
                                "parameterGradient",
                                h.gradient.place(i) + " is changed by part " + owner[i] + " and by part " + part
                                        + " of " + parts + "; each parameter belongs to exactly one");
                        return;
                    }
                    owner[i] = part;
                    sum[i] = now[i];
                }
            }
            int i = 0;
            while (i < sum.length && sum[i] == whole[i]) i++;
            if (i < sum.length) {
                trial.find(
                        Kind.IGNORES_PARTS,
                        "parameterGradient",
                        "the " + parts + " parts together add " + sum[i] + " to " + h.gradient.place(i) + ", the whole "
                                + whole[i]);
                return;
            }
        }
    }

    static void updatesRunningStatisticsOnly(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.run(pass, trial.a);
        h.updateRunningStatistics(pass);
        float[] now = h.parameters.get();
        int at = 0;
        for (ParameterShape shape : h.shapes) {
            for (int i = at; shape.trained() && i < at + shape.count(); i++)
                if (LayerTrial.differ(now[i], trial.values[i])) {
                    trial.find(
                            Kind.MODIFIES_ARGUMENT,
                            "updateRunningStatistics",
                            "it changed " + h.parameters.place(i)
                                    + ", which is trained: only running statistics may change");
                    return;
                }
            at += shape.count();
        }
    }
}
