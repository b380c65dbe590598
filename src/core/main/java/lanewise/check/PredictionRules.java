package lanewise.check;

import java.util.Arrays;
import java.util.Locale;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Pass;

/** The checks of the {@link LayerRule}s about the prediction pass beside the training pass, and about running statistics. */
final class PredictionRules {

    /** Share of a row's largest output that the two passes may differ by, if they add in different orders. */
    private static final float ROUNDING = 0x1p-10f;

    /** Seeds that are tried before a layer counts as one that is not random at all. */
    private static final int SEEDS = 4096, FEW_SEEDS = 64;

    /** Standard deviations of a share of units dropped, and units beside, that a right rate does not exceed. */
    private static final double DEVIATIONS = 8, UNITS = 20;

    /** A running value that comes closer to another one changes less and less, if only by this factor. */
    private static final double SETTLED = 0.9995;

    /** Share of its size that a running value at rest still moves by; and of outputs that an unbiased variance explains. */
    private static final double AT_REST = 1e-3, UNBIASED = 0.2;

    private PredictionRules() {}

    private static boolean hasStatistics(LayerTrial trial) {
        return !trial.harness.shapes.stream().allMatch(ParameterShape::trained);
    }

    private static float[] prediction(LayerTrial trial, Harness h) {
        Layer used = h.forPrediction();
        Pass pass = h.predictionPass(used);
        h.output.clear();
        h.predict(used, pass, 0, h.rows);
        return h.output.get();
    }

    /** Predicts batch a where nothing is random. */
    static void predictsWhatItTrains(LayerTrial trial) {
        if (trial.isRandom() || hasStatistics(trial) || !trial.layer.rowwise()) return;
        trial.prepare(trial.a);
        float[] predicted = prediction(trial, trial.harness), trained = trial.base.output();
        int i = difference(trained, predicted, trial.layer.outputSize());
        if (i < 0 || isRandomAfterAll(trial)) return;
        trial.find(
                Kind.PREDICTS_DIFFERENTLY,
                "forPrediction",
                "only in prediction: " + trial.harness.output.place(i) + " is " + predicted[i] + ", and " + trained[i]
                        + " in training, though nothing in it is random and there are no running statistics; does one"
                        + " of the two passes forget a term?");
    }

    /** The first output that is not the other's, in rows of so many; -1 if there is none. */
    private static int difference(float[] trained, float[] predicted, int columns) {
        for (int from = 0; from < trained.length; from += columns) {
            float largest = 0;
            for (int i = from; i < from + columns; i++)
                largest = Math.max(largest, Math.max(Math.abs(trained[i]), Math.abs(predicted[i])));
            for (int i = from; i < from + columns; i++)
                if (!(Math.abs(trained[i] - predicted[i]) <= ROUNDING * largest)) return i;
        }
        return -1;
    }

    /** Whether one of many seeds changes the outputs: then all that was seen before are the outputs without a draw. */
    private static boolean isRandomAfterAll(LayerTrial trial) {
        Harness h = trial.harness;
        long seed = h.seed();
        RandomSource random = new RandomSource(seed, 3);
        Pass pass = trial.pass();
        trial.prepare(trial.a);
        boolean differs = false;
        for (int i = 0; i < SEEDS && !differs; i++) {
            h.begin(random.nextLong(), Harness.STEP, Harness.FIRST_ROW);
            h.forward(pass, 0, trial.rows);
            differs = LayerTrial.difference(trial.base.output(), h.output.get()) >= 0;
        }
        h.begin(seed, Harness.STEP, Harness.FIRST_ROW);
        return differs;
    }

    /**
     * Counts what a dropout drops: a layer whose outputs are, in training, either zero or the same multiple of those of
     * prediction. Each column by itself, since units of one row may be dropped together.
     */
    static void keepsMean(LayerTrial trial) {
        if (!trial.isRandom() || !trial.layer.rowwise()) return;
        int rows = trial.work() > 400_000 ? 8 : 64, columns = trial.layer.outputSize(), draws = rows == 8 ? 8 : 16;
        Harness h = trial.harness(rows);
        Case batch = trial.batch(rows);
        h.input.set(batch.input());
        float[] predicted = prediction(trial, h);
        Pass pass = h.pass(rows);
        double scale = 0;
        int[] kept = new int[columns], all = new int[columns];
        for (int draw = 0; draw < draws; draw++) {
            h.begin(h.seed(), Harness.STEP + draw, Harness.FIRST_ROW);
            h.forward(pass, 0, rows);
            float[] trained = h.output.get();
            for (int i = 0; i < trained.length; i++) {
                if (Math.abs(predicted[i]) < 1e-6f) continue;
                all[i % columns]++;
                if (trained[i] == 0) continue;
                double ratio = (double) trained[i] / predicted[i];
                if (scale == 0) scale = ratio;
                if (!(Math.abs(ratio - scale) <= 1e-5 * Math.abs(scale))) return; // no dropout
                kept[i % columns]++;
            }
        }
        if (scale <= 0) return;
        for (int c = 0; c < columns; c++) {
            double share = Math.min(1, 1 / scale), expected = all[c] * share;
            double bound = DEVIATIONS * Math.sqrt(expected * (1 - share)) + UNITS;
            if (Math.abs(kept[c] * scale - all[c]) <= bound * scale) continue;
            trial.find(
                    Kind.WRONG_RANDOM_NUMBERS,
                    trial.name,
                    String.format(
                            Locale.ROOT,
                            "in training it keeps %.3g of output[...][%d] and multiplies it by %.4g, which is %.3g of what"
                                    + " it predicts in the mean, 1 expected; do the rate and the scale belong together?",
                            kept[c] / (double) all[c],
                            c,
                            scale,
                            scale * kept[c] / all[c]));
            return;
        }
    }

    /** Updates running statistics by the same batch again and again. */
    static void settlesRunningStatistics(LayerTrial trial) {
        if (!hasStatistics(trial)) return;
        int updates = switch (trial.depth) {
            case QUICK -> 120;
            case STANDARD -> 200;
            case THOROUGH -> 2000;
        };
        int rows = trial.work() > 400_000 ? 17 : 35;
        Harness h = trial.harness(rows);
        Pass pass = h.pass(rows);
        Case batch = trial.batch(rows);
        h.input.set(batch.input());
        // Where the variance is about 1, nobody sees whether it is one or its root.
        if (trial.layer.differentiableInput()) {
            float[] wide = batch.input().clone();
            for (int i = 0; i < wide.length; i++) wide[i] *= 3;
            h.input.set(wide);
            h.forward(pass, 0, rows);
            for (float y : h.output.get()) if (!Float.isFinite(y)) h.input.set(batch.input());
        }
        float[] first = prediction(trial, h);
        float[][] quarters = new float[5][];
        quarters[0] = h.parameters.get();
        for (int i = 1; i <= updates; i++) {
            h.dOutput.set(batch.dOutput());
            h.forward(pass, 0, rows);
            h.backward(pass, 0, rows);
            h.updateRunningStatistics(pass);
            if (i % (updates / 4) == 0) quarters[i / (updates / 4)] = h.parameters.get();
        }
        float[] now = quarters[4];
        for (int i = 0; i < now.length; i++)
            if (!Float.isFinite(now[i])) {
                trial.find(
                        Kind.NOT_FINITE,
                        "updateRunningStatistics",
                        "after " + updates + " updates by the same batch " + h.parameters.place(i) + " is " + now[i]);
                return;
            }
        if (Arrays.equals(quarters[0], now)) {
            if (!trial.layer.rowwise() && followStatistics(trial, h, first))
                trial.find(
                        Kind.STATISTICS_DO_NOT_SETTLE,
                        "updateRunningStatistics",
                        "it changes nothing, though the layer mixes rows and predicts by its running statistics");
            return;
        }
        int at = 0;
        boolean rest = true;
        for (ParameterShape shape : h.shapes) {
            int from = at;
            at += shape.count();
            if (shape.trained()) continue;
            double early = distance(quarters[0], quarters[1], from, at), late = distance(quarters[3], now, from, at);
            rest &= late <= AT_REST * distance(now, new float[now.length], from, at);
            if (late < SETTLED * early || late <= 1e-5 * distance(now, new float[now.length], from, at)) continue;
            // A count of batches may grow for ever; what prediction depends on may not.
            float[] moved = now.clone(), settled = prediction(trial, h);
            for (int i = from; i < at; i++) moved[i] += now[i] - quarters[3][i];
            h.parameters.set(moved);
            boolean counts = Arrays.equals(settled, prediction(trial, h));
            h.parameters.set(now);
            if (counts) continue;
            trial.find(
                    Kind.STATISTICS_DO_NOT_SETTLE,
                    "updateRunningStatistics",
                    String.format(
                            Locale.ROOT,
                            "%s, on which predictions depend, does not settle under updates by the same batch: it changes"
                                    + " by %.3g in the first %d and by %.3g in the last %d of %d; a running value must come"
                                    + " closer to the batch's by a share of their distance",
                            shape.name(),
                            early,
                            updates / 4,
                            late,
                            updates / 4,
                            updates));
            return;
        }
        // Layers behind a normalisation may make much of the difference between the two variances.
        if (rest && !trial.layer.rowwise() && trial.layer.children().isEmpty()) agreesAtRest(trial, h, pass);
    }

    /**
     * Compares prediction and training once the running statistics are the batch's. They may differ by what an unbiased
     * variance differs by, and no more.
     */
    private static void agreesAtRest(LayerTrial trial, Harness h, Pass pass) {
        h.forward(pass, 0, h.rows);
        float[] trained = h.output.get(), predicted = prediction(trial, h);
        int columns = trial.layer.outputSize();
        for (int c = 0; c < columns; c++) {
            double size = 0, error = 0;
            int worst = c;
            for (int i = c; i < trained.length; i += columns) {
                size = Math.max(size, Math.abs(trained[i]));
                if (Math.abs(trained[i] - predicted[i]) > error) {
                    error = Math.abs(trained[i] - predicted[i]);
                    worst = i;
                }
            }
            if (!(error > UNBIASED * size) || !Double.isFinite(size)) continue;
            if (differsBySeed(h, pass, trained)) return;
            trial.find(
                    Kind.PREDICTS_DIFFERENTLY,
                    "forPrediction",
                    "only in prediction: where the running statistics are those of the batch, " + h.output.place(worst)
                            + " is " + predicted[worst] + ", and " + trained[worst]
                            + " in training; does prediction forget a term, or mean something else by a statistic?");
            return;
        }
    }

    /** Whether one of some seeds gives other outputs. */
    private static boolean differsBySeed(Harness h, Pass pass, float[] outputs) {
        long seed = h.seed();
        RandomSource random = new RandomSource(seed, 4);
        boolean differs = false;
        for (int i = 0; i < FEW_SEEDS && !differs; i++) {
            h.begin(random.nextLong(), Harness.STEP, Harness.FIRST_ROW);
            h.forward(pass, 0, h.rows);
            differs = LayerTrial.difference(outputs, h.output.get()) >= 0;
        }
        h.begin(seed, Harness.STEP, Harness.FIRST_ROW);
        return differs;
    }

    private static boolean followStatistics(LayerTrial trial, Harness h, float[] first) {
        float[] moved = h.parameters.get();
        int at = 0;
        for (ParameterShape shape : h.shapes)
            for (int end = at + shape.count(); at < end; at++)
                if (!shape.trained()) moved[at] = 1.5f * moved[at] + 0.5f;
        h.parameters.set(moved);
        return !Arrays.equals(first, prediction(trial, h));
    }

    private static double distance(float[] x, float[] y, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) sum += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
        return Math.sqrt(sum);
    }
}
