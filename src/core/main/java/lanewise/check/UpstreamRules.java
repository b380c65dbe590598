package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Outcome;
import lanewise.layer.Arithmetic;
import lanewise.memory.Pass;

/**
 * The checks of the {@link LayerRule}s about dOutput, the gradient that comes in: the gradients of the input and of the
 * parameters are linear in it.
 */
final class UpstreamRules {

    /** Powers of two are exact factors. The sign makes functions visible that are linear on one side of zero alone. */
    private static final int LARGE = 20, SMALL = -40;

    /** Share of the largest number that roundings may come to. */
    private static final double ROUNDING = 0x1p-10;

    /** Sums that cancel leave their roundings: so many times those of another sum, and this share of all gradients. */
    private static final double NOISES = 64, ROUNDED_AWAY = 0x1p-18;

    private UpstreamRules() {}

    /** Has every second row of dOutput zero, in a row-wise layer, and then all rows. */
    static void takesZeroRows(LayerTrial trial) {
        Harness h = trial.harness;
        int rows = trial.rows, columns = trial.layer.outputSize();
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        h.forward(pass, 0, rows);
        if (trial.layer.rowwise()) {
            float[] dOutput = trial.a.dOutput().clone();
            for (int r = 0; r < rows; r += 2) Arrays.fill(dOutput, r * columns, (r + 1) * columns, 0f);
            if (!zeroRows(trial, pass, dOutput, 2, "where a row of dOutput is zero")) return;
        }
        zeroRows(trial, pass, new float[rows * columns], 1, "where dOutput is zero");
    }

    /** Backward with zeros in every row that is a multiple of a number. Returns whether all is as it should be. */
    private static boolean zeroRows(LayerTrial trial, Pass pass, float[] dOutput, int zero, String condition) {
        Harness h = trial.harness;
        int in = trial.layer.inputSize();
        float[] garbage = new float[0];
        h.dOutput.set(dOutput);
        if (h.dInput != null) {
            garbage = LayerTrial.random(trial.rows * in, trial.more);
            h.dInput.set(garbage);
        }
        h.backward(pass, 0, trial.rows);
        float[] dInput = trial.dInput();
        for (int i = 0; i < dInput.length; i++) {
            boolean ofZero = i / in % zero == 0;
            if (ofZero
                    ? dInput[i] == 0
                    : !LayerTrial.differ(dInput[i], trial.base.dInput()[i])) continue;
            String place = h.dInput.place(i);
            if (!ofZero)
                trial.find(
                        Kind.MIXES_ROWS,
                        "dInput",
                        "only " + condition + ": " + place + " changes from "
                                + trial.base.dInput()[i] + " to " + dInput[i]
                                + " when other rows of dOutput become zero, but rowwise() is true");
            else if (dInput[i] == garbage[i])
                trial.find(
                        Kind.READS_RESULT,
                        "dInput",
                        "only " + condition + ": " + place
                                + " keeps what was there before: backward does not write it; a row that has no gradient"
                                + " must be set to zeros, not skipped");
            else
                trial.find(
                        Kind.NOT_LINEAR,
                        "dInput",
                        "only " + condition + ": " + place + " is " + dInput[i]
                                + ", 0 expected; is there a floor under the gradient, or something added to it?");
            return false;
        }
        for (int r = 0; r < trial.rows; r += zero) {
            int from = zero == 1 ? 0 : r, to = zero == 1 ? trial.rows : r + 1;
            h.gradient.clear();
            h.parameterGradient(pass, from, to, 1f, 0, 1);
            float[] gradient = h.gradient.get();
            for (int i = 0; i < gradient.length; i++) {
                if (gradient[i] == 0) continue;
                trial.find(
                        Kind.NOT_LINEAR,
                        "parameterGradient",
                        "only " + condition + ": it adds " + gradient[i] + " to " + h.gradient.place(i)
                                + ", 0 expected; is there a floor under the gradient, or a term that does not come from"
                                + " dOutput?");
                return false;
            }
            if (zero == 1) break;
        }
        return true;
    }

    /** Multiplies dOutput by large and small powers of two. */
    static void scalesWithUpstream(LayerTrial trial) {
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        trial.harness.forward(pass, 0, trial.rows);
        for (int exponent : new int[] {LARGE, SMALL}) {
            if (deviation(trial, pass, -1, exponent) == null) continue;
            report(trial, pass, exponent);
            return;
        }
    }

    /** Narrows the factor down from which on the gradients are wrong. */
    private static void report(LayerTrial trial, Pass pass, int exponent) {
        int by = Integer.signum(exponent), right = 0, sign = 1;
        String deviation = deviation(trial, pass, -1, 0), condition;
        if (deviation != null) {
            condition = "with the other sign of dOutput";
            sign = -1;
            right = -by;
        } else {
            int wrong = exponent;
            if (deviation(trial, pass, 1, exponent) == null) sign = -1;
            while (Math.abs(wrong - right) > 1) {
                int middle = (wrong + right) / 2;
                if (deviation(trial, pass, sign, middle) == null) right = middle;
                else wrong = middle;
            }
            deviation = deviation(trial, pass, sign, wrong);
            float size = 0;
            for (float d : trial.a.dOutput())
                size = size == 0 ? Math.abs(d) : by > 0 ? Math.max(size, Math.abs(d)) : Math.min(size, Math.abs(d));
            condition = String.format(
                    Locale.ROOT,
                    by > 0
                            ? "where dOutput is large (right up to %.3g, wrong with up to %.3g)"
                            : "where dOutput is small (right down to %.3g, wrong with down to %.3g)",
                    Math.scalb(size, right),
                    Math.scalb(size, wrong));
        }
        trial.find(
                Kind.NOT_LINEAR,
                deviation.startsWith("dInput") ? "backward" : trial.name,
                "only " + condition + ": with dOutput times " + sign * Math.scalb(1f, right + by) + " " + deviation
                        + "; the gradients must be linear in dOutput: is it "
                        + (by > 0 ? "clipped" : "taken for zero, or raised to a floor,") + " somewhere?");
    }

    /** What is not sign × 2^exponent times the gradient of dOutput itself, after one forward; null if all is. */
    private static String deviation(LayerTrial trial, Pass pass, int sign, int exponent) {
        Harness h = trial.harness;
        float factor = sign * Math.scalb(1f, exponent);
        float[] dOutput = trial.a.dOutput().clone();
        for (int i = 0; i < dOutput.length; i++) dOutput[i] *= factor;
        Outcome now = backward(trial, pass, dOutput);
        // Products of a tiny gradient and a number of this size may have been flushed to zero on the way.
        double largest = 1;
        for (float x : trial.a.input()) largest = Math.max(largest, Math.abs(x));
        for (float x : trial.values) largest = Math.max(largest, Math.abs(x));
        double floor = (double) Arithmetic.TINY * largest * largest * (64 + trial.rows * trial.layer.outputSize());
        double least = floor * Math.max(1, Math.abs(1 / factor));
        if (largest * Math.abs(factor) > 1e30) return null;
        return difference(
                trial,
                now,
                new Expected(i -> trial.base.dInput()[i], i -> 0),
                new Expected(i -> trial.base.gradient()[i], i -> 0),
                factor,
                least);
    }

    /** Adds the dOutput of another batch, and puts dOutput together from two parts that have zeros where the other has not. */
    static void addsUpstreams(LayerTrial trial) {
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        trial.harness.forward(pass, 0, trial.rows);
        float[] one = trial.a.dOutput(), other = trial.b.dOutput(), both = one.clone();
        for (int i = 0; i < both.length; i++) both[i] += other[i];
        Outcome sum = backward(trial, pass, both), second = backward(trial, pass, other), first = trial.base;
        List<Multiple> multiples = new ArrayList<>();
        multiples.add(multiple(trial, pass, one, first, 3));
        String difference = difference(trial, pass, sum, one, first, other, second, multiples);
        if (difference != null)
            trial.find(
                    Kind.NOT_LINEAR,
                    difference.startsWith("dInput") ? "backward" : trial.name,
                    "with the sum of two dOutputs " + difference
                            + ", which is the sum of their gradients; the gradients must be linear in dOutput");
        else addsParts(trial, pass, multiples);
    }

    /** The gradients of a dOutput, and those of a multiple of it: they show roundings. */
    private record Multiple(Outcome one, Outcome times, int factor) {

        double noise(Function<Outcome, float[]> matrix, int element) {
            return Math.abs(matrix.apply(times)[element] - (double) factor * matrix.apply(one)[element]);
        }
    }

    private static Multiple multiple(LayerTrial trial, Pass pass, float[] dOutput, Outcome one, int factor) {
        float[] times = dOutput.clone();
        for (int i = 0; i < times.length; i++) times[i] *= factor;
        return new Multiple(one, backward(trial, pass, times), factor);
    }

    /** Where the gradients of a sum are not the sum of the gradients, by more than roundings, which are looked at again. */
    private static String difference(
            LayerTrial trial,
            Pass pass,
            Outcome sum,
            float[] one,
            Outcome first,
            float[] other,
            Outcome second,
            List<Multiple> multiples) {
        Expected dInput = expected(Outcome::dInput, first, second, multiples);
        Expected gradient = expected(Outcome::gradient, first, second, multiples);
        double least = ROUNDED_AWAY * Math.max(1, Math.max(largest(sum.dInput()), largest(sum.gradient())));
        String difference = difference(trial, sum, dInput, gradient, 1, least);
        if (difference == null) return null;
        for (int factor : new int[] {3, 5, 7}) {
            multiples.add(multiple(trial, pass, one, first, factor));
            multiples.add(multiple(trial, pass, other, second, factor));
        }
        return difference(trial, sum, dInput, gradient, 1, least);
    }

    private static Expected expected(
            Function<Outcome, float[]> matrix, Outcome first, Outcome second, List<Multiple> multiples) {
        float[] x = matrix.apply(first), y = matrix.apply(second);
        return new Expected(i -> (double) x[i] + y[i], i -> {
            // Two that cancel may be larger than their sum.
            double noise = ROUNDING / NOISES * Math.max(Math.abs(x[i]), Math.abs(y[i]));
            for (Multiple multiple : multiples) noise = Math.max(noise, multiple.noise(matrix, i));
            return noise;
        });
    }

    /**
     * Splits dOutput into two parts: the rows in turn into their first number and the others, into even and odd columns, and
     * into two random halves.
     */
    private static void addsParts(LayerTrial trial, Pass pass, List<Multiple> multiples) {
        int columns = trial.layer.outputSize();
        if (columns < 2) return;
        float[] whole = trial.a.dOutput(), part = new float[whole.length], rest = new float[whole.length];
        for (int i = 0; i < whole.length; i++) {
            int c = i % columns;
            boolean inPart = switch (i / columns % 3) {
                case 0 -> c == 0;
                case 1 -> c % 2 == 0;
                default -> trial.more.nextLong() < 0;
            };
            (inPart ? part : rest)[i] = whole[i];
        }
        Outcome one = backward(trial, pass, part), other = backward(trial, pass, rest);
        String difference = difference(trial, pass, trial.base, part, one, rest, other, multiples);
        if (difference != null)
            trial.find(
                    Kind.NOT_LINEAR,
                    difference.startsWith("dInput") ? "backward" : trial.name,
                    "only where some of a row's dOutput are zero: " + difference
                            + ", the sum over two parts of dOutput,"
                            + " each with zeros in place of the other; the gradients must be linear in dOutput: is a zero"
                            + " skipped, and more with it?");
    }

    /** Backward and parameterGradient of a dOutput, again and again after one forward. */
    private static Outcome backward(LayerTrial trial, Pass pass, float[] dOutput) {
        trial.harness.dOutput.set(dOutput);
        trial.harness.backward(pass, 0, trial.rows);
        trial.harness.gradient.clear();
        trial.parameterGradient(pass, 1f);
        return new Outcome(trial.base.output(), trial.dInput(), trial.harness.gradient.get());
    }

    private static double largest(float[] values) {
        double largest = 0;
        for (float v : values) largest = Math.max(largest, Math.abs(v));
        return largest;
    }

    /** Values that are expected, and the roundings that such values were seen to have. */
    private record Expected(IntToDoubleFunction value, IntToDoubleFunction noise) {

        double at(int element) {
            return value.applyAsDouble(element);
        }
    }

    /** The first gradient that is not factor times the one expected; null if there is none. */
    private static String difference(
            LayerTrial trial, Outcome now, Expected dInput, Expected gradient, float factor, double least) {
        int in = trial.layer.inputSize();
        for (int from = 0; from < now.dInput().length; from += in) {
            int i = difference(now.dInput(), dInput, from, from + in, factor, least);
            if (i >= 0)
                return trial.harness.dInput.place(i) + " is " + now.dInput()[i] + " where "
                        + (float) (factor * dInput.at(i)) + " is expected";
        }
        int from = 0;
        for (var shape : trial.harness.shapes) {
            int i = difference(now.gradient(), gradient, from, from + shape.count(), factor, least);
            if (i >= 0)
                return "the gradient of " + trial.harness.gradient.place(i) + " is " + now.gradient()[i] + " where "
                        + (float) (factor * gradient.at(i)) + " is expected";
            from += shape.count();
        }
        return null;
    }

    private static int difference(float[] now, Expected expected, int from, int to, float factor, double least) {
        double largest = 0, noise = 0;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Math.abs(expected.at(i)));
            noise = Math.max(noise, expected.noise.applyAsDouble(i));
        }
        double bound = ROUNDING * largest + NOISES * noise + least;
        for (int i = from; i < to; i++) if (!(Math.abs(now[i] / (double) factor - expected.at(i)) <= bound)) return i;
        return -1;
    }
}
