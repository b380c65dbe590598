package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.memory.Operation;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

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

    /**
     * Looks at the memory per batch after a call for one row and after the same call for another one. The same numbers after
     * both, computed from parameters, say, do no harm; others are lost when workers call at the same time.
     */
    static void leavesBatchMemory(LayerTrial trial) {
        if (!trial.layer.rowwise()) return;
        Harness h = trial.harness;
        Pass pass = trial.pass();
        List<Slice> memory = new ArrayList<>();
        addBatchMemory(trial.layer, pass, memory);
        if (memory.isEmpty()) return;
        trial.prepare(trial.a);
        float[][] after = new float[trial.rows][];
        for (int r = 0; r < trial.rows; r++) {
            h.forward(pass, r, r + 1);
            after[r] = numbers(memory);
        }
        if (differ(trial, "forward", after)) return;
        for (int r = 0; r < trial.rows; r++) {
            h.backward(pass, r, r + 1);
            after[r] = numbers(memory);
        }
        differ(trial, "backward", after);
    }

    private static boolean differ(LayerTrial trial, String call, float[][] after) {
        for (int r = 1; r < after.length; r++) {
            int i = LayerTrial.difference(after[r - 1], after[r]);
            if (i < 0) continue;
            trial.find(
                    Kind.NOT_SHAREABLE,
                    call,
                    "of row " + r + " it leaves " + after[r][i] + " in memory per batch where " + after[r - 1][i]
                            + " was left of row " + (r - 1)
                            + ", but rowwise() is true: workers with rows of their own share this memory; what belongs to"
                            + " a row lies in memory per row, or in scratch for one call");
            return true;
        }
        return false;
    }

    /** The matrices that an operation and those inside it asked for by {@link lanewise.memory.Memory#perBatch}. */
    private static void addBatchMemory(Operation operation, Pass pass, List<Slice> memory) {
        try {
            for (int i = 0; ; i++) memory.add(pass.perBatch(i));
        } catch (IllegalArgumentException e) {
            // It asked for no more.
        }
        for (int i = 0; i < operation.children().size(); i++)
            addBatchMemory(operation.children().get(i), pass.child(i), memory);
    }

    private static float[] numbers(List<Slice> memory) {
        int count = 0;
        for (Slice matrix : memory) count += matrix.rows() * matrix.columns();
        float[] numbers = new float[count];
        int at = 0;
        for (Slice matrix : memory) {
            matrix.copyTo(numbers, at);
            at += matrix.rows() * matrix.columns();
        }
        return numbers;
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
