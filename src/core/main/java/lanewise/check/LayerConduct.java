package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.Layer;
import lanewise.ParameterShape;
import lanewise.Pass;
import lanewise.RandomSource;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;

/**
 * Whether a layer keeps to what {@link Layer} says beside the gradient: what it may read, write and remember. Each rule
 * is tried by running the layer twice, with a difference that must not matter, and comparing bits.
 */
final class LayerConduct {

    /** Two batches of inputs and gradients of the outputs. */
    private record Batch(float[] input, float[] dOutput) {}

    /** What a run left. */
    private record Outcome(float[] output, float[] dInput, float[] gradient) {}

    private final Layer layer;
    private final String name;
    private final int rows;
    private final long seed;
    private final float[] values;
    private final Batch a;
    private final Batch b;
    private final List<ParameterShape> shapes;
    private final RandomSource random;
    private final List<Finding> findings = new ArrayList<>();

    private final Guarded parameters;
    private final Guarded input;
    private final Guarded output;
    private final Guarded dOutput;
    private final Guarded dInput;
    private final Guarded target;
    private final float[] zeros;
    private String phase = "";

    private LayerConduct(
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
        this.seed = seed;
        this.values = values;
        this.random = random;
        a = new Batch(first, random(rows * layer.outputSize()));
        b = new Batch(second, random(rows * layer.outputSize()));
        shapes = layer.parameters();
        parameters = new Guarded(shapes, Guarded.ODD);
        input = new Guarded("input", rows, layer.inputSize(), Guarded.ODD);
        output = new Guarded("output", rows, layer.outputSize(), Guarded.ODD);
        dOutput = new Guarded("dOutput", rows, layer.outputSize(), Guarded.ODD);
        dInput = layer.differentiableInput() ? new Guarded("dInput", rows, layer.inputSize(), Guarded.ODD) : null;
        target = new Guarded(shapes, Guarded.ODD);
        zeros = new float[values.length];
    }

    /**
     * Tries all rules.
     *
     * @param rows of a batch, at least 3
     * @param values the parameters, row by row
     * @param first input of one batch
     * @param second input of another
     * @return what was broken; rules that build on a broken one are not tried
     */
    static List<Finding> of(
            Layer layer,
            String name,
            int rows,
            long seed,
            float[] values,
            float[] first,
            float[] second,
            RandomSource random) {
        LayerConduct conduct = null;
        try {
            conduct = new LayerConduct(layer, name, rows, seed, values, first, second, random);
            conduct.all();
            return conduct.findings;
        } catch (RuntimeException | AssertionError e) {
            Finding thrown = Run.thrown(name, conduct == null ? "making a pass" : conduct.phase, e);
            List<Finding> found = new ArrayList<>(conduct == null ? List.of() : conduct.findings);
            found.add(thrown);
            return found;
        }
    }

    private void find(Kind kind, String place, String text) {
        findings.add(new Finding(kind, place, text));
    }

    private float[] random(int n) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) v[i] = (0.5f + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
        return v;
    }

    private void all() {
        parameters.set(values);
        Outcome base = watched();
        if (!findings.isEmpty()) return;
        repeatable(base);
        if (!findings.isEmpty()) return;
        overwrites(base);
        padding(base);
        if (!findings.isEmpty()) return;
        state(base);
        if (!findings.isEmpty()) return;
        if (layer.rowwise()) rowwise(base);
        largerPass(base);
        withoutInputGradient(base);
        if (shapes.isEmpty()) {
            prediction();
            return;
        }
        int before = findings.size();
        accumulation(base);
        if (findings.size() == before) {
            parts(base);
            descent(rows);
            if (layer.rowwise()) descent(1);
        }
        settling();
        prediction();
    }

    // Runs ----------------------------------------------------------------------------------------------------------

    private Pass pass() {
        phase = "making a pass";
        return Pass.forTraining(layer, rows);
    }

    private void forward(Pass pass, int from, int to) {
        phase = "forward of rows " + from + " to " + (to - 1);
        pass.begin(seed, 3, 5);
        layer.forward(pass, from, to, parameters.slices, input.slice(), output.slice());
    }

    private void backward(Pass pass, int from, int to) {
        phase = "backward of rows " + from + " to " + (to - 1);
        layer.backward(
                pass,
                from,
                to,
                parameters.slices,
                input.slice(),
                output.slice(),
                dOutput.slice(),
                dInput == null ? null : dInput.slice());
    }

    private void accumulate(Pass pass, float scale, int part, int parts) {
        phase = "accumulate of part " + part + " of " + parts;
        layer.accumulate(pass, rows, input.slice(), output.slice(), dOutput.slice(), scale, target.slices, part, parts);
    }

    /** Sets all matrices for a run: what is overwritten holds zeros. */
    private void prepare(Batch batch) {
        parameters.set(values);
        input.set(batch.input);
        output.set(new float[rows * layer.outputSize()]);
        dOutput.set(batch.dOutput);
        if (dInput != null) dInput.set(new float[rows * layer.inputSize()]);
        target.set(zeros);
    }

    private Outcome outcome() {
        return new Outcome(output.get(), dInput == null ? new float[0] : dInput.get(), target.get());
    }

    private Outcome run(Pass pass, Batch batch) {
        prepare(batch);
        forward(pass, 0, rows);
        backward(pass, 0, rows);
        accumulate(pass, 1f, 0, 1);
        return outcome();
    }

    /** The first element whose bits differ; −1 if there is none. */
    private static int difference(float[] x, float[] y) {
        for (int i = 0; i < x.length; i++) if (Float.floatToRawIntBits(x[i]) != Float.floatToRawIntBits(y[i])) return i;
        return -1;
    }

    /** Says where two outcomes differ; null if nowhere. */
    private String difference(Outcome x, Outcome y) {
        int i = difference(x.output, y.output);
        if (i >= 0) return values(output.place(i), x.output[i], y.output[i]);
        i = difference(x.dInput, y.dInput);
        if (i >= 0) return values(dInput.place(i), x.dInput[i], y.dInput[i]);
        i = difference(x.gradient, y.gradient);
        if (i >= 0) return values("the gradient of " + target.place(i), x.gradient[i], y.gradient[i]);
        return null;
    }

    private static String values(String place, float x, float y) {
        return place + " is " + x + " in one and " + y + " in the other";
    }

    // Rules ---------------------------------------------------------------------------------------------------------

    /** A run, with everything that it must not touch compared after each call. */
    private Outcome watched() {
        Pass pass = pass();
        prepare(a);
        markAll();
        forward(pass, 0, rows);
        unchanged("forward", parameters, input, dOutput, dInput, target);
        outside("forward", output, true);
        if (!findings.isEmpty()) return null;
        for (int i = 0; i < output.get().length; i++)
            if (!Float.isFinite(output.get()[i])) {
                find(Kind.NOT_FINITE, output.place(i), "forward wrote " + output.get()[i]);
                return null;
            }
        markAll();
        backward(pass, 0, rows);
        unchanged("backward", parameters, input, output, target);
        outside("backward", dOutput, false);
        if (dInput != null) {
            outside("backward", dInput, true);
            String padding = dInput.padding();
            if (findings.isEmpty() && padding != null)
                find(Kind.PADDING, "dInput", padding + " after backward, +0.0 expected: the layer before reads it");
        }
        if (!findings.isEmpty()) return null;
        markAll();
        accumulate(pass, 1f, 0, 1);
        unchanged("accumulate", parameters, input, output, dOutput, dInput);
        String padding = target.padding();
        if (findings.isEmpty() && padding != null)
            find(Kind.PADDING, "accumulate", padding + " after accumulate, +0.0 expected");
        String damage = target.damage(0, Integer.MAX_VALUE, false);
        if (findings.isEmpty() && damage != null) find(Kind.WRITES_OUTSIDE, "accumulate", "it wrote " + damage);
        untrained("accumulate", target.get(), zeros);
        return outcome();
    }

    private void markAll() {
        for (Guarded matrix : new Guarded[] {parameters, input, output, dOutput, dInput, target})
            if (matrix != null) matrix.mark();
    }

    private void unchanged(String call, Guarded... matrices) {
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

    private void outside(String call, Guarded matrix, boolean padding) {
        String damage = matrix.damage(0, rows, padding);
        if (damage != null) find(Kind.WRITES_OUTSIDE, call, "it wrote " + damage);
    }

    private void untrained(String call, float[] now, float[] before) {
        for (int k = 0, at = 0; k < shapes.size(); k++) {
            int count = shapes.get(k).count();
            if (!shapes.get(k).trained())
                for (int i = at; i < at + count; i++)
                    if (now[i] != before[i]) {
                        find(
                                Kind.MODIFIES_ARGUMENT,
                                call,
                                "it changed " + target.place(i)
                                        + ", which is not trained: only settle may change running values");
                        return;
                    }
            at += count;
        }
    }

    private void repeatable(Outcome base) {
        String difference = difference(base, run(pass(), a));
        if (difference != null)
            find(
                    Kind.NOT_REPEATABLE,
                    name,
                    "two runs in new passes, begun alike with the same parameters and input, differ: " + difference
                            + "; random numbers must come from the pass's seed, step and first row alone");
    }

    /** Other values in what is to be overwritten must not matter. */
    private void overwrites(Outcome base) {
        Pass pass = pass();
        prepare(a);
        float[] garbage = random(rows * layer.outputSize());
        output.set(garbage);
        forward(pass, 0, rows);
        float[] now = output.get();
        int i = difference(base.output, now);
        if (i >= 0) {
            find(
                    Kind.READS_RESULT,
                    "output",
                    now[i] == garbage[i]
                            ? output.place(i) + " keeps what was there before: forward does not write it"
                            : output.place(i) + " depends on what was there before forward: it is read, or added to,"
                                    + " before it is written");
            return;
        }
        if (dInput == null) return;
        garbage = random(rows * layer.inputSize());
        dInput.set(garbage);
        backward(pass, 0, rows);
        now = dInput.get();
        i = difference(base.dInput, now);
        if (i < 0) return;
        if (now[i] == garbage[i] && base.dInput[i] == 0)
            find(
                    Kind.READS_RESULT,
                    "dInput",
                    dInput.place(i) + " keeps what was there before: backward does not write it");
        else if (Math.abs(now[i] - garbage[i] - base.dInput[i]) <= 1e-5f * (1 + Math.abs(base.dInput[i])))
            find(
                    Kind.ACCUMULATES,
                    "dInput",
                    "backward adds to " + dInput.place(i) + ", which it must overwrite: it is " + now[i] + " where "
                            + garbage[i] + " was before and " + base.dInput[i] + " belongs");
        else find(Kind.READS_RESULT, "dInput", dInput.place(i) + " depends on what was there before backward");
    }

    private void padding(Outcome base) {
        prepare(a);
        input.pad(Float.NaN);
        output.pad(Float.NaN);
        Pass pass = pass();
        forward(pass, 0, rows);
        backward(pass, 0, rows);
        accumulate(pass, 1f, 0, 1);
        String difference = difference(base, outcome());
        String padding = dInput == null ? null : dInput.padding();
        if (padding == null) padding = target.padding();
        if (difference != null || padding != null)
            find(
                    Kind.PADDING,
                    name,
                    "it reads the padding of its input or output, whose values are unspecified: "
                            + (difference != null ? "with NaN there, " + difference : "with NaN there, " + padding));
        input.pad(0f);
        output.pad(0f);
        dOutput.pad(0f);
        if (dInput != null) dInput.pad(0f);
        target.pad(0f);
    }

    private void state(Outcome base) {
        Pass pass = pass();
        Outcome other = run(pass(), b);
        run(pass, b);
        String difference = difference(base, run(pass, a));
        if (difference != null) {
            find(
                    Kind.KEEPS_STATE,
                    name,
                    "a batch gives something else in a new pass than after another batch in the same pass: "
                            + difference + "; does something from the batch before live on?");
            return;
        }
        // Two passes that take turns, as two threads' would.
        Pass first = pass(), second = pass();
        prepare(a);
        forward(first, 0, rows);
        float[] firstOutput = output.get();
        prepare(b);
        forward(second, 0, rows);
        float[] secondOutput = output.get();
        prepare(a);
        output.set(firstOutput);
        backward(first, 0, rows);
        float[] firstDOutput = dOutput.get(), firstDInput = dInput == null ? new float[0] : dInput.get();
        prepare(b);
        output.set(secondOutput);
        backward(second, 0, rows);
        accumulate(second, 1f, 0, 1);
        Outcome secondNow = outcome();
        prepare(a);
        output.set(firstOutput);
        dOutput.set(firstDOutput);
        accumulate(first, 1f, 0, 1);
        difference = difference(base, new Outcome(firstOutput, firstDInput, target.get()));
        if (difference == null) difference = difference(other, secondNow);
        if (difference != null) {
            find(
                    Kind.KEEPS_STATE,
                    name,
                    "two passes that take turns disturb each other: " + difference
                            + "; what a call remembers must lie in its pass, not in a field of the layer");
            return;
        }
        // Another backward after the same forward.
        prepare(a);
        forward(pass, 0, rows);
        backward(pass, 0, rows);
        dOutput.set(b.dOutput);
        backward(pass, 0, rows);
        accumulate(pass, 1f, 0, 1);
        Outcome again = outcome();
        difference = difference(again, run(pass(), new Batch(a.input, b.dOutput)));
        if (difference != null)
            find(
                    Kind.KEEPS_STATE,
                    name,
                    "a second backward after the same forward gives something else than a first one: " + difference);
    }

    /** Rows by themselves, in pieces, and beside others. */
    private void rowwise(Outcome base) {
        int middle = rows / 2, out = layer.outputSize(), in = layer.inputSize();
        // Other rows' inputs.
        float[] mixed = b.input.clone();
        System.arraycopy(a.input, middle * in, mixed, middle * in, in);
        Outcome beside = run(pass(), new Batch(mixed, a.dOutput));
        for (int c = 0; c < out; c++) {
            int i = middle * out + c;
            if (Float.floatToRawIntBits(beside.output[i]) == Float.floatToRawIntBits(base.output[i])) continue;
            find(
                    Kind.MIXES_ROWS,
                    name,
                    output.place(i) + " changes from " + base.output[i] + " to " + beside.output[i]
                            + " when only other rows' inputs change, but rowwise() is true");
            return;
        }
        for (int c = 0; dInput != null && c < in; c++) {
            int i = middle * in + c;
            if (Float.floatToRawIntBits(beside.dInput[i]) == Float.floatToRawIntBits(base.dInput[i])) continue;
            find(
                    Kind.MIXES_ROWS,
                    name,
                    dInput.place(i) + " changes from " + base.dInput[i] + " to " + beside.dInput[i]
                            + " when only other rows' inputs change, but rowwise() is true");
            return;
        }
        // Some rows alone: the others stay as they are.
        Pass pass = pass();
        prepare(a);
        output.mark();
        forward(pass, 1, rows - 1);
        String damage = output.damage(1, rows - 1, true);
        if (damage == null) {
            forward(pass, 0, 1);
            forward(pass, rows - 1, rows);
            if (dInput != null) dInput.mark();
            dOutput.mark();
            backward(pass, 1, rows - 1);
            if (dInput != null) damage = dInput.damage(1, rows - 1, true);
            if (damage == null) damage = dOutput.damage(1, rows - 1, false);
        }
        if (damage != null) {
            find(
                    Kind.IGNORES_ROWS,
                    name,
                    "asked for rows 1 to " + (rows - 2) + " it wrote " + damage + "; from and to must be kept to");
            return;
        }
        backward(pass, rows - 1, rows);
        backward(pass, 0, 1);
        accumulate(pass, 1f, 0, 1);
        String difference = difference(base, outcome());
        if (difference != null)
            find(
                    Kind.IGNORES_ROWS,
                    name,
                    "all rows at once and in three pieces give different results: " + difference
                            + "; a row's result must not depend on the rows computed with it");
    }

    /** A pass for more rows than there are: the last batch of an epoch. */
    private void largerPass(Outcome base) {
        phase = "making a pass";
        Pass pass = Pass.forTraining(layer, rows + 3);
        String difference = difference(base, run(pass, a));
        if (difference != null)
            find(
                    Kind.IGNORES_ROWS,
                    name,
                    "in a pass made for more rows, as an epoch's last batch is, the results differ: " + difference
                            + "; are pass.rows() or a matrix's rows taken for the batch's?");
    }

    private void withoutInputGradient(Outcome base) {
        Pass pass = pass();
        prepare(a);
        forward(pass, 0, rows);
        phase = "backward without dInput, which is null where it is not wanted,";
        layer.backward(pass, 0, rows, parameters.slices, input.slice(), output.slice(), dOutput.slice(), null);
        accumulate(pass, 1f, 0, 1);
        int i = difference(base.gradient, target.get());
        if (i >= 0)
            find(
                    Kind.NEEDS_INPUT_GRADIENT,
                    name,
                    "the gradient of " + target.place(i) + " is " + target.get()[i]
                            + " after a backward without dInput, " + base.gradient[i] + " with it");
    }

    private void accumulation(Outcome base) {
        float[] g = base.gradient;
        // Parameters that are no longer what they were.
        Pass pass = pass();
        prepare(a);
        forward(pass, 0, rows);
        backward(pass, 0, rows);
        float[] dOutputNow = dOutput.get();
        float[] scrambled = new float[values.length];
        Arrays.fill(scrambled, Float.NaN);
        parameters.set(scrambled);
        accumulate(pass, 1f, 0, 1);
        int i = difference(g, target.get());
        if (i >= 0) {
            find(
                    Kind.READS_PARAMETERS,
                    "accumulate",
                    "the gradient of " + target.place(i) + " changes from " + g[i] + " to " + target.get()[i]
                            + " when the parameters change between backward and accumulate, which must not read them");
            return;
        }
        parameters.set(values);
        // Something already there.
        float[] there = new float[g.length];
        for (int k = 0, at = 0; k < shapes.size(); k++) {
            int end = at + shapes.get(k).count();
            float largest = 0;
            for (int e = at; e < end; e++) largest = Math.max(largest, Math.abs(g[e]));
            // So large that the roundings of the terms, which may cancel in the gradient, do not show beside it.
            largest = largest == 0 ? 1 : 1024 * largest;
            for (; at < end; at++) there[at] = largest * (1 + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
        }
        target.set(there);
        accumulate(pass, 1f, 0, 1);
        float[] now = target.get();
        untrained("accumulate", now, there);
        for (i = 0; i < g.length; i++) {
            if (Math.abs(now[i] - there[i] - g[i]) <= tolerance(there[i])) continue;
            if (now[i] == g[i])
                find(
                        Kind.OVERWRITES,
                        "accumulate",
                        "it replaces " + target.place(i) + ", to which it must add: it is " + now[i] + " where "
                                + there[i] + " was before");
            else
                find(
                        Kind.READS_PARAMETERS,
                        "accumulate",
                        "what it adds to " + target.place(i) + " depends on what is there: " + g[i] + " to 0, "
                                + (now[i] - there[i]) + " to " + there[i]
                                + "; target may be the parameters, which it must"
                                + " not read");
            return;
        }
        // Another scale.
        target.set(zeros);
        accumulate(pass, -0.5f, 0, 1);
        now = target.get();
        for (i = 0; i < g.length; i++) {
            float tolerance = Math.max(tolerance(g[i]), 2e-25f);
            if (Math.abs(now[i] + 0.5f * g[i]) <= tolerance) continue;
            find(
                    Kind.IGNORES_SCALE,
                    "accumulate",
                    "with scale -0.5 it adds " + now[i] + " to " + target.place(i) + ", " + -0.5f * g[i]
                            + " expected: -0.5 times the " + g[i] + " of scale 1");
            return;
        }
        int damaged = difference(dOutputNow, dOutput.get());
        if (damaged >= 0)
            find(
                    Kind.MODIFIES_ARGUMENT,
                    "accumulate",
                    "it changed " + dOutput.place(damaged) + ", which it may only read");
    }

    /** What roundings of a sum of rows terms beside a number of this size may come to. */
    private float tolerance(float size) {
        return (16 * rows + 64) * Math.ulp(size);
    }

    private void parts(Outcome base) {
        Pass pass = pass();
        prepare(a);
        forward(pass, 0, rows);
        backward(pass, 0, rows);
        for (int parts : new int[] {2, 3, 7}) {
            int[] owner = new int[zeros.length];
            Arrays.fill(owner, -1);
            float[] sum = new float[zeros.length];
            for (int part = 0; part < parts; part++) {
                target.set(zeros);
                accumulate(pass, 1f, part, parts);
                float[] now = target.get();
                for (int i = 0; i < now.length; i++) {
                    if (now[i] == 0) continue;
                    if (owner[i] >= 0) {
                        find(
                                Kind.IGNORES_PARTS,
                                "accumulate",
                                target.place(i) + " is changed by part " + owner[i] + " and by part " + part + " of "
                                        + parts + "; each parameter belongs to exactly one");
                        return;
                    }
                    owner[i] = part;
                    sum[i] = now[i];
                }
            }
            int i = 0;
            while (i < sum.length && sum[i] == base.gradient[i]) i++;
            if (i < sum.length) {
                find(
                        Kind.IGNORES_PARTS,
                        "accumulate",
                        "the " + parts + " parts together add " + sum[i] + " to " + target.place(i) + ", the whole "
                                + base.gradient[i]);
                return;
            }
        }
    }

    /** Some steps by descend and catchUp, and by accumulate. */
    private void descent(int batch) {
        float rate = 0.0625f;
        Pass own = pass(), other = pass();
        float[] mine = values.clone(), theirs = values.clone();
        prepare(a);
        for (int step = 0; step < 3; step++) {
            Batch now = step == 1 ? b : a;
            input.set(now.input);
            parameters.set(mine);
            dOutput.set(now.dOutput);
            forward(own, 0, batch);
            float[] result = output.get();
            backwardAndDescend(own, batch, rate, step == 1);
            mine = parameters.get();
            parameters.set(theirs);
            dOutput.set(now.dOutput);
            forward(other, 0, batch);
            int i = difference(result, output.get());
            if (i >= 0) {
                find(
                        Kind.DESCENDS_DIFFERENTLY,
                        "descend",
                        "in step " + step + " of batches of " + batch + ", " + output.place(i) + " is " + result[i]
                                + " after descend, " + output.get()[i] + " after accumulate with scale -learningRate");
                return;
            }
            backward(other, 0, batch);
            target.set(theirs);
            phase = "accumulate";
            layer.accumulate(other, batch, input.slice(), output.slice(), dOutput.slice(), -rate, target.slices, 0, 1);
            theirs = target.get();
        }
        parameters.set(mine);
        phase = "catchUp";
        layer.catchUp(own, parameters.slices);
        mine = parameters.get();
        int i = difference(mine, theirs);
        if (i >= 0)
            find(
                    Kind.DESCENDS_DIFFERENTLY,
                    "descend",
                    "after 3 steps of batches of " + batch + " and catchUp, " + target.place(i) + " is " + mine[i]
                            + ", " + theirs[i] + " after accumulate with scale -learningRate");
        untrained("descend", mine, values);
        parameters.set(values);
    }

    private void backwardAndDescend(Pass pass, int batch, float rate, boolean inputGradient) {
        phase = "backward before descend";
        layer.backward(
                pass,
                0,
                batch,
                parameters.slices,
                input.slice(),
                output.slice(),
                dOutput.slice(),
                inputGradient && dInput != null ? dInput.slice() : null);
        phase = "descend";
        layer.descend(pass, batch, input.slice(), output.slice(), dOutput.slice(), -rate, parameters.slices);
    }

    private void settling() {
        Pass pass = pass();
        run(pass, a);
        phase = "settle";
        layer.settle(pass, parameters.slices);
        float[] now = parameters.get();
        for (int k = 0, at = 0; k < shapes.size(); at += shapes.get(k++).count())
            for (int i = at; shapes.get(k).trained() && i < at + shapes.get(k).count(); i++)
                if (Float.floatToRawIntBits(now[i]) != Float.floatToRawIntBits(values[i])) {
                    find(
                            Kind.MODIFIES_ARGUMENT,
                            "settle",
                            "it changed " + parameters.place(i) + ", which is trained: only running values may change");
                    return;
                }
        parameters.set(values);
    }

    /** The layer of prediction: it has the same parameters, and a row's result does not depend on the batch. */
    private void prediction() {
        phase = "forPrediction";
        Layer used = layer.forPrediction();
        if (used.inputSize() != layer.inputSize() || used.outputSize() != layer.outputSize()) {
            find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    "it returns a layer " + used.inputSize() + "->" + used.outputSize() + " in place of one "
                            + layer.inputSize() + "->" + layer.outputSize());
            return;
        }
        List<ParameterShape> theirs = used.parameters();
        if (!theirs.equals(shapes)) {
            find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    "it returns a layer with the parameters " + theirs + " in place of " + shapes);
            return;
        }
        Pass pass = Pass.forPrediction(used, rows);
        prepare(a);
        markAll();
        phase = "forward of forPrediction()";
        used.forward(pass, 0, rows, parameters.slices, input.slice(), output.slice());
        unchanged("forward of forPrediction()", parameters, input, dOutput, dInput, target);
        outside("forward of forPrediction()", output, true);
        float[] whole = output.get(), before = new float[whole.length];
        Arrays.fill(before, Float.NaN);
        output.set(before);
        for (int r = rows - 1; r >= 0; r--)
            used.forward(pass, r, r + 1, parameters.slices, input.slice(), output.slice());
        float[] single = output.get();
        int i = difference(whole, single);
        if (i >= 0 && Float.isNaN(single[i]))
            find(
                    Kind.READS_RESULT,
                    "forward of forPrediction()",
                    output.place(i) + " depends on what was there before: it is read, added to, or not written");
        else if (i >= 0)
            find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    output.place(i) + " is " + whole[i] + " among all rows and " + single[i]
                            + " by itself; a row's prediction must not depend on the batch");
    }
}
