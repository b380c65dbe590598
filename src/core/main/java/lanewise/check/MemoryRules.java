package lanewise.check;

import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.memory.Pass;

/** The checks of the {@link LayerRule}s about the memory that calls read, write and keep. */
final class MemoryRules {

    private MemoryRules() {}

    /** Runs batch a, and compares everything that a call must not change after each call. */
    static void writesResultsOnly(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        trial.markAll();
        h.forward(pass, 0, trial.rows);
        trial.unchanged("forward", h.parameters, h.input, h.dOutput, h.dInput, h.gradient);
        trial.outside("forward", h.output, true);
        if (!trial.clean()) return;
        float[] output = h.output.get();
        for (int i = 0; i < output.length; i++)
            if (!Float.isFinite(output[i])) {
                trial.find(Kind.NOT_FINITE, h.output.place(i), "forward wrote " + output[i]);
                return;
            }
        trial.markAll();
        h.backward(pass, 0, trial.rows);
        trial.unchanged("backward", h.parameters, h.input, h.output, h.gradient);
        trial.outside("backward", h.dOutput, false);
        if (h.dInput != null) {
            trial.outside("backward", h.dInput, true);
            String padding = h.dInput.padding();
            if (trial.clean() && padding != null)
                trial.find(
                        Kind.PADDING, "dInput", padding + " after backward, +0.0 expected: the layer before reads it");
        }
        if (!trial.clean()) return;
        trial.markAll();
        trial.parameterGradient(pass, 1f);
        trial.unchanged("parameterGradient", h.parameters, h.input, h.output, h.dOutput, h.dInput);
        String padding = h.gradient.padding();
        if (trial.clean() && padding != null)
            trial.find(Kind.PADDING, "parameterGradient", padding + " after parameterGradient, +0.0 expected");
        String damage = h.gradient.damage(0, Integer.MAX_VALUE, false);
        if (trial.clean() && damage != null) trial.find(Kind.WRITES_OUTSIDE, "parameterGradient", "it wrote " + damage);
        trial.untrained("parameterGradient", h.gradient.get(), new float[trial.values.length]);
        trial.base = trial.outcome();
    }

    static void isRepeatable(LayerTrial trial) {
        String difference = trial.difference(trial.base, trial.run(trial.pass(), trial.a));
        if (difference != null)
            trial.find(
                    Kind.NOT_REPEATABLE,
                    trial.name,
                    "two runs in new passes, begun alike with the same parameters and input, differ: " + difference
                            + "; random numbers must come from the pass's seed, step and first row alone");
    }

    /** Runs batch a with random numbers in output and dInput. */
    static void overwritesResults(LayerTrial trial) {
        Harness h = trial.harness;
        Outcome base = trial.base;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        float[] garbage = trial.random(base.output().length);
        h.output.set(garbage);
        h.forward(pass, 0, trial.rows);
        float[] now = h.output.get();
        int i = LayerTrial.difference(base.output(), now);
        if (i >= 0) {
            trial.find(
                    Kind.READS_RESULT,
                    "output",
                    now[i] == garbage[i]
                            ? h.output.place(i) + " keeps what was there before: forward does not write it"
                            : h.output.place(i) + " depends on what was there before forward: it is read, or added to,"
                                    + " before it is written");
            return;
        }
        if (h.dInput == null) return;
        garbage = trial.random(base.dInput().length);
        h.dInput.set(garbage);
        h.backward(pass, 0, trial.rows);
        now = h.dInput.get();
        i = LayerTrial.difference(base.dInput(), now);
        if (i < 0) return;
        String place = h.dInput.place(i);
        float right = base.dInput()[i];
        if (now[i] == garbage[i] && right == 0)
            trial.find(Kind.READS_RESULT, "dInput", place + " keeps what was there before: backward does not write it");
        else if (Math.abs(now[i] - garbage[i] - right) <= 1e-5f * (1 + Math.abs(right)))
            trial.find(
                    Kind.ACCUMULATES,
                    "dInput",
                    "backward adds to " + place + ", which it must overwrite: it is " + now[i] + " where " + garbage[i]
                            + " was before and " + right + " belongs");
        else trial.find(Kind.READS_RESULT, "dInput", place + " depends on what was there before backward");
    }

    /** Runs batch a with NaN in the padding of input and output. */
    static void ignoresPadding(LayerTrial trial) {
        Harness h = trial.harness;
        trial.prepare(trial.a);
        h.input.pad(Float.NaN);
        h.output.pad(Float.NaN);
        Pass pass = trial.pass();
        h.forward(pass, 0, trial.rows);
        h.backward(pass, 0, trial.rows);
        trial.parameterGradient(pass, 1f);
        String difference = trial.difference(trial.base, trial.outcome());
        if (difference == null && h.dInput != null) difference = h.dInput.padding();
        if (difference == null) difference = h.gradient.padding();
        if (difference != null)
            trial.find(
                    Kind.PADDING,
                    trial.name,
                    "it reads the padding of its input or output, whose values are unspecified: with NaN there, "
                            + difference);
        for (Guarded matrix : new Guarded[] {h.input, h.output, h.dOutput, h.dInput, h.gradient})
            if (matrix != null) matrix.pad(0f);
    }

    static void forgetsBatches(LayerTrial trial) {
        Pass pass = trial.pass();
        trial.run(pass, trial.b);
        String difference = trial.difference(trial.base, trial.run(pass, trial.a));
        if (difference != null)
            trial.find(
                    Kind.KEEPS_STATE,
                    trial.name,
                    "a batch gives something else in a new pass than after another batch in the same pass: "
                            + difference + "; does something from the batch before live on?");
    }

    /** Runs batches a and b in two passes that take turns, as two threads' passes do. */
    static void keepsPassesApart(LayerTrial trial) {
        Harness h = trial.harness;
        Outcome other = trial.run(trial.pass(), trial.b);
        Pass first = trial.pass(), second = trial.pass();
        trial.prepare(trial.a);
        h.forward(first, 0, trial.rows);
        float[] firstOutput = h.output.get();
        trial.prepare(trial.b);
        h.forward(second, 0, trial.rows);
        float[] secondOutput = h.output.get();
        trial.prepare(trial.a);
        h.output.set(firstOutput);
        h.backward(first, 0, trial.rows);
        float[] firstDOutput = h.dOutput.get(), firstDInput = trial.dInput();
        trial.prepare(trial.b);
        h.output.set(secondOutput);
        h.backward(second, 0, trial.rows);
        trial.parameterGradient(second, 1f);
        Outcome secondNow = trial.outcome();
        trial.prepare(trial.a);
        h.output.set(firstOutput);
        h.dOutput.set(firstDOutput);
        trial.parameterGradient(first, 1f);
        String difference = trial.difference(trial.base, new Outcome(firstOutput, firstDInput, h.gradient.get()));
        if (difference == null) difference = trial.difference(other, secondNow);
        if (difference != null)
            trial.find(
                    Kind.KEEPS_STATE,
                    trial.name,
                    "two passes that take turns disturb each other: " + difference
                            + "; what a call remembers must lie in its pass, not in a field of the layer");
    }

    static void repeatsBackward(LayerTrial trial) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.propagate(pass, trial.a);
        h.dOutput.set(trial.b.dOutput());
        h.backward(pass, 0, trial.rows);
        trial.parameterGradient(pass, 1f);
        Outcome again = trial.outcome();
        String difference =
                trial.difference(again, trial.run(trial.pass(), new Case(trial.a.input(), trial.b.dOutput())));
        if (difference != null)
            trial.find(
                    Kind.KEEPS_STATE,
                    trial.name,
                    "a second backward after the same forward gives something else than a first one: " + difference);
    }
}
