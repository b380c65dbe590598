package lanewise.check;

import java.util.Arrays;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.Slice;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Batch;

/** The checks of the {@link LayerRule}s about parameters, their gradient and their updates. */
final class ParameterRules {

    /** An exact factor. */
    private static final float RATE = 0.0625f;

    private ParameterRules() {}

    static void preparesWithoutInputGradient(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        h.forward(pass, 0, trial.rows);
        h.backwardWithoutInputGradient(pass, 0, trial.rows);
        trial.accumulate(pass, 1f);
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
        trial.accumulate(pass, 1f);
        float[] right = trial.base.gradient(), now = h.gradient.get();
        int i = LayerTrial.difference(right, now);
        if (i >= 0)
            trial.find(
                    Kind.READS_PARAMETERS,
                    "accumulate",
                    "the gradient of " + h.gradient.place(i) + " changes from " + right[i] + " to " + now[i]
                            + " when the parameters change between backward and accumulate, which must not read them");
    }

    static void repeatsAccumulate(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.run(pass, trial.a);
        h.gradient.clear();
        trial.accumulate(pass, 1f);
        String difference = trial.difference(trial.base, trial.outcome());
        if (difference != null)
            trial.find(
                    Kind.KEEPS_STATE,
                    trial.name,
                    "a second accumulate after the same backward gives something else than a first one: " + difference);
    }

    static void addsToTarget(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        float[] there = numbersBeside(trial), right = trial.base.gradient();
        h.gradient.set(there);
        trial.accumulate(pass, 1f);
        float[] now = h.gradient.get();
        trial.untrained("accumulate", now, there);
        for (int i = 0; i < right.length; i++) {
            if (Math.abs(now[i] - there[i] - right[i]) <= tolerance(trial, there[i])) continue;
            if (now[i] == right[i])
                trial.find(
                        Kind.OVERWRITES,
                        "accumulate",
                        "it replaces " + h.gradient.place(i) + ", to which it must add: it is " + now[i] + " where "
                                + there[i] + " was before");
            else
                trial.find(
                        Kind.READS_PARAMETERS,
                        "accumulate",
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
        trial.accumulate(pass, -0.5f);
        float[] now = h.gradient.get();
        for (int i = 0; i < one.length; i++) {
            float tolerance = Math.max(tolerance(trial, one[i]), 2e-25f);
            if (Math.abs(now[i] + 0.5f * one[i]) <= tolerance) continue;
            trial.find(
                    Kind.IGNORES_SCALE,
                    "accumulate",
                    "with scale -0.5 it adds " + now[i] + " to " + h.gradient.place(i) + ", " + -0.5f * one[i]
                            + " expected: -0.5 times the " + one[i] + " of scale 1");
            return;
        }
        int i = LayerTrial.difference(dOutput, h.dOutput.get());
        if (i >= 0)
            trial.find(
                    Kind.MODIFIES_ARGUMENT,
                    "accumulate",
                    "it changed " + h.dOutput.place(i) + ", which it may only read");
    }

    /** What roundings of a sum of rows terms beside a number of this size may come to. */
    private static float tolerance(LayerTrial trial, float size) {
        return (16 * trial.rows + 64) * Math.ulp(size);
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
                h.accumulate(pass, trial.rows, 1f, part, parts);
                float[] now = h.gradient.get();
                for (int i = 0; i < now.length; i++) {
                    if (now[i] == 0) continue;
                    if (owner[i] >= 0) {
                        trial.find(
                                Kind.IGNORES_PARTS,
                                "accumulate",
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
                        "accumulate",
                        "the " + parts + " parts together add " + sum[i] + " to " + h.gradient.place(i) + ", the whole "
                                + whole[i]);
                return;
            }
        }
    }

    static void descendsAlike(LayerTrial trial) {
        descend(trial, trial.rows);
        if (trial.layer.rowwise()) descend(trial, 1);
    }

    /** Three steps of batches of so many rows by descend and catchUp, and by accumulate. */
    private static void descend(LayerTrial trial, int rows) {
        Harness h = trial.harness;
        Pass own = trial.pass(), other = trial.pass();
        float[] mine = trial.values.clone(), theirs = trial.values.clone();
        trial.prepare(trial.a);
        for (int step = 0; step < 3; step++) {
            Batch now = step == 1 ? trial.b : trial.a;
            h.input.set(now.input());
            h.parameters.set(mine);
            h.dOutput.set(now.dOutput());
            h.forward(own, 0, rows);
            float[] result = h.output.get();
            if (step == 1) h.backward(own, 0, rows);
            else h.backwardWithoutInputGradient(own, 0, rows);
            h.descend(own, rows, -RATE);
            mine = h.parameters.get();
            h.parameters.set(theirs);
            h.dOutput.set(now.dOutput());
            h.forward(other, 0, rows);
            float[] expected = h.output.get();
            int i = LayerTrial.difference(result, expected);
            if (i >= 0) {
                trial.find(
                        Kind.DESCENDS_DIFFERENTLY,
                        "descend",
                        "in step " + step + " of batches of " + rows + ", " + h.output.place(i) + " is " + result[i]
                                + " after descend, " + expected[i]
                                + " after accumulate with scale -learningRate");
                return;
            }
            h.backward(other, 0, rows);
            h.gradient.set(theirs);
            h.accumulate(other, rows, -RATE, 0, 1);
            theirs = h.gradient.get();
        }
        h.parameters.set(mine);
        h.catchUp(own);
        mine = h.parameters.get();
        int i = LayerTrial.difference(mine, theirs);
        if (i >= 0)
            trial.find(
                    Kind.DESCENDS_DIFFERENTLY,
                    "descend",
                    "after 3 steps of batches of " + rows + " and catchUp, " + h.gradient.place(i) + " is " + mine[i]
                            + ", " + theirs[i] + " after accumulate with scale -learningRate");
        trial.untrained("descend", mine, trial.values);
    }

    static void updatesRunningValuesOnly(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.run(pass, trial.a);
        h.settle(pass);
        float[] now = h.parameters.get();
        int at = 0;
        for (ParameterShape shape : h.shapes) {
            for (int i = at; shape.trained() && i < at + shape.count(); i++)
                if (LayerTrial.differ(now[i], trial.values[i])) {
                    trial.find(
                            Kind.MODIFIES_ARGUMENT,
                            "settle",
                            "it changed " + h.parameters.place(i)
                                    + ", which is trained: only running values may change");
                    return;
                }
            at += shape.count();
        }
    }
}
