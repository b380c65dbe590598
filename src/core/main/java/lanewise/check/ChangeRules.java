package lanewise.check;

import java.util.Locale;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;

/** The checks of the {@link LayerRule}s about parameters that are set: by the layer at first, and by training between calls. */
final class ChangeRules {

    /** Directions in which dInput is compared with a difference of outputs, by steps and by half of them. */
    private static final int DIRECTIONS = 6, FEW_DIRECTIONS = 3;

    /** A layer that reads so many numbers for a row is tried less. */
    private static final long LARGE = 400_000;

    private static final float STEP = 0x1p-6f;

    /** Shares of the largest derivative: what differences of a smooth function may be off, and what no difference explains. */
    private static final double SMOOTH = 0.01, WRONG = 0.1;

    private ChangeRules() {}

    /** Initialises twice from the same seed. */
    static void initializesRepeatably(LayerTrial trial) {
        if (trial.harness.shapes.isEmpty()) return;
        Harness h = trial.harness(1);
        Guarded parameters = h.parameters;
        float[][] values = new float[2][];
        for (int i = 0; i < 2; i++) {
            parameters.clear();
            parameters.mark();
            h.initialize(new RandomSource(trial.harness.seed()));
            values[i] = parameters.get();
            String damage = parameters.damage(0, Integer.MAX_VALUE, false);
            if (damage != null) {
                trial.find(Kind.WRITES_OUTSIDE, "initialize", "it wrote " + damage);
                return;
            }
        }
        for (int i = 0; i < values[0].length; i++)
            if (!Float.isFinite(values[0][i])) {
                trial.find(Kind.NOT_FINITE, "initialize", "it sets " + parameters.place(i) + " to " + values[0][i]);
                return;
            }
        int i = LayerTrial.difference(values[0], values[1]);
        if (i >= 0)
            trial.find(
                    Kind.NOT_REPEATABLE,
                    "initialize",
                    "it sets " + parameters.place(i) + " to " + values[0][i] + " and, from the same seed again, to "
                            + values[1][i] + "; its RandomSource must be the only source of randomness");
    }

    /** Runs batch a, and again after the parameters changed and after they changed back, in the same pass. */
    static void followsParameters(LayerTrial trial) {
        if (trial.values.length == 0) return;
        Harness h = trial.harness;
        float[] changed = changed(trial);
        Pass pass = trial.pass();
        trial.run(pass, trial.a);
        Outcome fresh = null;
        // All parameters, and then all but the first of each matrix, by which a layer may try to see that they changed.
        for (boolean all : trial.work() > LARGE ? new boolean[] {true} : new boolean[] {true, false}) {
            float[] values = changed.clone();
            int at = 0;
            for (ParameterShape shape : h.shapes) {
                if (!all && shape.count() > 0) values[at] = trial.values[at];
                at += shape.count();
            }
            if (!all) trial.run(pass, trial.a);
            Outcome same = run(trial, pass, values), other = run(trial, trial.pass(), values);
            String stale = trial.difference(same, other);
            if (stale != null) {
                trial.find(
                        Kind.STALE_PARAMETERS,
                        trial.name,
                        "only in the second call after the parameters changed: in the same pass and in a new one "
                                + stale + "; what is computed from parameters must be computed again in every call");
                return;
            }
            if (all) fresh = other;
        }
        String difference = trial.difference(trial.base, run(trial, pass, trial.values));
        if (difference != null) {
            trial.find(
                    Kind.STALE_PARAMETERS,
                    trial.name,
                    "only after the parameters changed and changed back: before and after " + difference
                            + "; does something of the other parameters live on?");
            return;
        }
        if (staleForward(trial, fresh)) return;
        if (h.dInput != null) staleBackward(trial, changed, fresh);
    }

    /** Trained parameters, each between half and three halves of what it is. */
    private static float[] changed(LayerTrial trial) {
        float[] changed = trial.values.clone();
        int at = 0;
        for (ParameterShape shape : trial.harness.shapes) {
            int end = at + shape.count();
            for (; at < end; at++) if (shape.trained()) changed[at] *= 0.5f + trial.more.uniform();
        }
        return changed;
    }

    private static Outcome run(LayerTrial trial, Pass pass, float[] values) {
        return run(trial, pass, values, trial.a);
    }

    private static Outcome run(LayerTrial trial, Pass pass, float[] values, Case batch) {
        Harness h = trial.harness;
        trial.prepare(batch);
        h.parameters.set(values);
        h.forward(pass, 0, trial.rows);
        h.backward(pass, 0, trial.rows);
        trial.parameterGradient(pass, 1f);
        Outcome outcome = trial.outcome();
        h.parameters.set(trial.values);
        return outcome;
    }

    /** Whether no output minds any change of the parameters, though their gradient says that it does. */
    private static boolean staleForward(LayerTrial trial, Outcome changed) {
        if (trial.layer.inputSize() < 2 || LayerTrial.difference(trial.base.output(), changed.output()) >= 0)
            return false;
        float largest = 0, output = 0;
        for (int i = 0; i < trial.values.length; i++)
            largest = Math.max(largest, Math.abs(trial.base.gradient()[i] * trial.values[i]));
        for (float y : trial.base.output()) output = Math.max(output, Math.abs(y));
        if (!(largest > 0.01f * output)) return false;
        for (int i = 0; i < 8; i++)
            if (LayerTrial.difference(
                            trial.base.output(),
                            run(trial, trial.pass(), changed(trial)).output())
                    >= 0) return false;
        trial.find(
                Kind.STALE_PARAMETERS,
                "forward",
                "no output changes by a bit when all parameters do, in new passes, too, though their gradient is not zero;"
                        + " are parameters of an earlier call kept in a field?");
        return true;
    }

    /**
     * Compares dInput with differences of outputs, before the parameters changed and after. A kink beside the point may look
     * alike, but not for one batch after the other.
     */
    private static void staleBackward(LayerTrial trial, float[] changed, Outcome fresh) {
        double off = off(trial, changed, trial.a, trial.base, fresh);
        for (int again = 0; again < 3 && off > 0; again++) {
            Case other = trial.batch(trial.rows);
            off = Math.min(
                    off,
                    off(
                            trial,
                            changed,
                            other,
                            run(trial, trial.pass(), trial.values, other),
                            run(trial, trial.pass(), changed, other)));
        }
        if (off == 0 || !isStale(trial, changed)) return;
        trial.find(
                Kind.STALE_PARAMETERS,
                "backward",
                String.format(
                        Locale.ROOT,
                        "only in the second call after the parameters changed: dInput is off by %.2g of the outputs'"
                                + " derivative then, in new passes, too, and right before; are parameters of an earlier"
                                + " call kept in a field?",
                        off));
    }

    /**
     * Whether dInput is right again, with the same backward, once those parameters that backward does not mind are back, too.
     * A layer that is wrong at other parameters in its own right is not: the comparison tells where.
     */
    private static boolean isStale(LayerTrial trial, float[] changed) {
        Harness h = trial.harness;
        float[] back = changed.clone();
        int at = 0;
        boolean any = false;
        for (ParameterShape shape : h.shapes) {
            float[] mixed = changed.clone();
            System.arraycopy(trial.values, at, mixed, at, shape.count());
            if (shape.trained()
                    && LayerTrial.difference(backward(trial, changed, changed), backward(trial, changed, mixed)) < 0) {
                System.arraycopy(trial.values, at, back, at, shape.count());
                any = true;
            }
            at += shape.count();
        }
        if (!any) return false;
        for (int again = 0; again < 4; again++) {
            Case batch = again == 0 ? trial.a : trial.batch(trial.rows);
            double[] error = error(
                    trial, back, batch, run(trial, trial.pass(), back, batch).dInput());
            if (error != null && error[0] <= SMOOTH * error[1]) return true;
        }
        return false;
    }

    /** dInput of batch a, by forward with some parameters and backward with others. */
    private static float[] backward(LayerTrial trial, float[] forward, float[] backward) {
        Harness h = trial.harness;
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        h.parameters.set(forward);
        h.forward(pass, 0, trial.rows);
        h.parameters.set(backward);
        h.backward(pass, 0, trial.rows);
        h.parameters.set(trial.values);
        return trial.dInput();
    }

    /** Share of the outputs' derivative that dInput is off by where it was right before; 0 if it is not, or nothing can be told. */
    private static double off(LayerTrial trial, float[] changed, Case batch, Outcome before, Outcome after) {
        double[] first = error(trial, trial.values, batch, before.dInput());
        if (first == null || first[0] > SMOOTH * first[1]) return 0;
        double[] second = error(trial, changed, batch, after.dInput());
        return second == null || second[1] == 0 || second[0] < WRONG * second[1] ? 0 : second[0] / second[1];
    }

    /** The largest error of dInput along some directions, and the largest derivative; null if nothing can be told. */
    private static double[] error(LayerTrial trial, float[] values, Case batch, float[] dInput) {
        RandomSource random = new RandomSource(trial.harness.seed(), 2);
        int n = trial.rows * trial.layer.inputSize();
        int directions = trial.work() > LARGE ? FEW_DIRECTIONS : DIRECTIONS;
        double[] largest = new double[2];
        for (int d = 0; d < directions; d++) {
            float[] direction = new float[n];
            for (int i = 0; i < n; i++) direction[i] = random.nextLong() < 0 ? 1 : -1;
            trial.harness.parameters.set(values);
            double[] error = error(trial, batch, dInput, direction);
            trial.harness.parameters.set(trial.values);
            // Not smooth enough to tell, or drowned by the rounding of the outputs.
            if (error == null || Math.max(error[2], error[3]) > SMOOTH * error[1]) return null;
            for (int k = 0; k < 2; k++) largest[k] = Math.max(largest[k], error[k]);
        }
        return largest;
    }

    /**
     * Error of dInput along a direction, size of the derivative, what halving the step changes, and what rounding the outputs
     * may; null if not finite.
     */
    private static double[] error(LayerTrial trial, Case batch, float[] dInput, float[] direction) {
        double analytic = 0, size = 0, rounding = 0;
        for (int i = 0; i < direction.length; i++) analytic += (double) dInput[i] * direction[i];
        double[] numeric = new double[2];
        Pass pass = trial.pass();
        for (int half = 0; half < 2; half++) {
            float step = half == 0 ? STEP : STEP / 2;
            float[] up = output(trial, pass, batch, direction, step),
                    down = output(trial, pass, batch, direction, -step);
            for (int i = 0; i < up.length; i++) {
                double slope = batch.dOutput()[i] * ((double) up[i] - down[i]) / (2 * step);
                numeric[half] += slope;
                if (half == 0) continue;
                size += slope * slope;
                double digit = batch.dOutput()[i] * Math.ulp(up[i]) / step;
                rounding += digit * digit;
            }
        }
        double[] error = {
            Math.abs(analytic - numeric[1]), Math.sqrt(size), Math.abs(numeric[0] - numeric[1]), Math.sqrt(rounding)
        };
        for (double e : error) if (!Double.isFinite(e)) return null;
        return error;
    }

    private static float[] output(LayerTrial trial, Pass pass, Case batch, float[] direction, float step) {
        float[] input = batch.input().clone();
        for (int i = 0; i < input.length; i++) input[i] += step * direction[i];
        trial.harness.input.set(input);
        trial.harness.forward(pass, 0, trial.rows);
        return trial.harness.output.get();
    }
}
