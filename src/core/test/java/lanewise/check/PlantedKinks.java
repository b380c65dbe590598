package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BiConsumer;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.check.KinksTest.Draw;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Mistakes that show where inputs are exactly zero or tied, at one side of a kink, for small features, in the last digits of a
 * loss, and forward passes that lose theirs.
 */
final class PlantedKinks {

    private PlantedKinks() {}

    static List<Planted> all() {
        List<Planted> all = new ArrayList<>();
        zeros(all);
        linear(all);
        rows(all);
        ties(all);
        losses(all);
        cancellation(all);
        return all;
    }

    private static Planted wrong(String name, GradientCheck check, String place) {
        return new Planted(
                name, check, Depth.QUICK, EnumSet.of(Kind.WRONG_GRADIENT, Kind.FORGOTTEN_GRADIENT), place, "");
    }

    private interface Value {
        float at(float x);
    }

    private interface Derivative {
        float at(float x, float y);
    }

    /** Element by element. */
    private static Layer each(int size, Value value, Derivative derivative) {
        return rows(
                size,
                size,
                (p, x, y) -> {
                    for (int c = 0; c < size; c++) y[c] = value.at(x[c]);
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < size; c++) dx[c] = Arithmetic.flush(dy[c] * derivative.at(x[c], y[c]));
                });
    }

    /** Without parameters. */
    private static Layer rows(int inputs, int outputs, PlantedRows.Forward forward, PlantedRows.Backward backward) {
        return new PlantedRows("planted " + inputs + "->" + outputs, inputs, outputs, forward, backward);
    }

    private static void zeros(List<Planted> all) {
        Layer[] layers = {
            each(13, x -> 2 * x, (x, y) -> x == 0 ? 0 : 2),
            each(13, Arithmetic::tanh, (x, y) -> y == 0 ? 0 : 1 - y * y),
            each(13, x -> x * Arithmetic.sigmoid(x), (x, y) -> x == 0 ? 0 : y / x + y * (1 - Arithmetic.sigmoid(x))),
            each(13, x -> Math.max(x, 0.01f * x), (x, y) -> y > 0 ? 1 : y < 0 ? 0.01f : 0),
            each(13, x -> Math.max(x, 0.25f * x), (x, y) -> x > 0 ? 1 : x < 0 ? 0.25f : 2),
            each(13, Math::abs, (x, y) -> x == 0 ? 1.5f : Math.signum(x)),
            each(13, x -> x + 0.5f * x * x, (x, y) -> x == 0 ? 0.5f : 1 + x),
            each(13, x -> (float) StrictMath.expm1(x), (x, y) -> y == 0 ? 0 : y + 1),
            each(13, x -> x / (1 + Math.abs(x)), (x, y) -> x == 0 ? 0 : y * y / (x * x)),
            each(13, x -> (float) StrictMath.sin(x), (x, y) -> x == 0 ? -1 : (float) StrictMath.cos(x)),
        };
        for (Layer layer : layers)
            for (Draw draw : new Draw[] {Draw.MOSTLY_ZEROS, Draw.ROW_OF_ZEROS})
                all.add(wrong(
                        "derivative " + all.size() / 2 + " at zero, " + draw,
                        GradientCheck.of(layer).inputs(draw),
                        "input"));
        Layer flag = each(9, x -> x * x, (x, y) -> x == 1 ? 1 : 2 * x);
        float[] given = new float[27];
        for (int i = 0; i < 27; i++) given[i] = i % 5 == 2 ? 1 : 0.3f + i / 7f;
        all.add(wrong("flags", GradientCheck.of(flag).points(0).at(null, given), "input"));
        float[] single = given.clone();
        for (int i = 3; i < 27; i++) if (single[i] == 1) single[i] = 0.9f;
        all.add(wrong("one flag", GradientCheck.of(flag).points(0).at(null, single), "input"));
        all.add(wrong(
                "halves",
                GradientCheck.of(each(9, x -> 0.5f * x * x, (x, y) -> 2 * x == Math.rint(2 * x) ? x / 2 : x))
                        .inputs(Draw.GRID),
                "input"));
    }

    /** Of a linear layer. */
    private enum Slip {
        STOPS_AT_A_ZERO(Draw.MOSTLY_ZEROS, "weights"),
        SKIPS_ROWS_THAT_BEGIN_WITH_ZERO(Draw.MOSTLY_ZEROS, "weights"),
        SIGNS_IF_MOSTLY_ZERO(Draw.MOSTLY_ZEROS, "weights"),
        LIST_OF_NON_ZEROS_TOO_SHORT(Draw.MOSTLY_ZEROS, "weights"),
        MASKS_INPUT_GRADIENT(Draw.MOSTLY_ZEROS, "input"),
        SKIPS_ROWS_OF_ZEROS(Draw.ROW_OF_ZEROS, "input"),
        BIAS_WITHOUT_ROWS_OF_ZEROS(Draw.ROW_OF_ZEROS, "bias"),
        TINY_FEATURE_FORGOTTEN(PlantedKinks::tinyFeature, "weights"),
        TINY_FEATURE_WITH_OTHER_SIGN(PlantedKinks::tinyFeature, "weights"),
        TINY_VALUES_ARE_ZERO(Draw.ROWS_SCALED, "weights"),
        TINY_ROWS_ARE_SKIPPED(Draw.ROWS_SCALED, "input"),
        BIAS_WITHOUT_TINY_ROWS(Draw.ROWS_SCALED, "bias");

        final BiConsumer<Slice, RandomSource> draw;
        final String place;

        Slip(BiConsumer<Slice, RandomSource> draw, String place) {
            this.draw = draw;
            this.place = place;
        }
    }

    private static void tinyFeature(Slice input, RandomSource random) {
        for (int r = 0; r < input.rows(); r++)
            for (int c = 0; c < input.columns(); c++) input.set(r, c, random.normal() * (c == 2 ? 1e-5f : 1));
    }

    private static void linear(List<Planted> all) {
        for (Slip slip : Slip.values())
            all.add(wrong(slip.name(), GradientCheck.of(linear(7, 5, slip)).inputs(slip.draw), slip.place));
    }

    private static Layer linear(int inputs, int outputs, Slip slip) {
        return new PlantedRows(
                "planted " + inputs + "->" + outputs,
                inputs,
                outputs,
                List.of(PlantedRows.weights(inputs, outputs), PlantedRows.bias(outputs)),
                0,
                (p, x, y) -> {
                    for (int o = 0; o < outputs; o++) {
                        y[o] = p[1][o];
                        for (int i = 0; i < inputs; i++) y[o] = Math.fma(x[i], p[0][i * outputs + o], y[o]);
                    }
                },
                (p, x, y, dy, dx, dp) -> {
                    int zeros = 0, last = 0;
                    float largest = 0;
                    for (int i = 0; i < inputs; i++) {
                        largest = Math.max(largest, Math.abs(x[i]));
                        if (x[i] == 0) zeros++;
                        else last = i;
                    }
                    boolean none = slip == Slip.SKIPS_ROWS_OF_ZEROS && largest == 0
                            || slip == Slip.TINY_ROWS_ARE_SKIPPED && largest < 0.01f;
                    for (int i = 0; i < inputs && !none; i++) {
                        float sum = 0;
                        for (int o = 0; o < outputs; o++) sum = Math.fma(p[0][i * outputs + o], dy[o], sum);
                        if (slip != Slip.MASKS_INPUT_GRADIENT || x[i] != 0) dx[i] = Arithmetic.flush(sum);
                    }
                    boolean noBias = slip == Slip.BIAS_WITHOUT_ROWS_OF_ZEROS && largest == 0
                            || slip == Slip.BIAS_WITHOUT_TINY_ROWS && largest < 0.01f;
                    if (!noBias) System.arraycopy(dy, 0, dp[1], 0, outputs);
                    if (slip == Slip.SKIPS_ROWS_THAT_BEGIN_WITH_ZERO && x[0] == 0) return;
                    for (int i = 0; i < inputs; i++) {
                        float taken = x[i];
                        if (slip == Slip.STOPS_AT_A_ZERO && x[i] == 0) break;
                        if (slip == Slip.SIGNS_IF_MOSTLY_ZERO && zeros > 0.75 * inputs) taken = Math.signum(x[i]);
                        if (slip == Slip.LIST_OF_NON_ZEROS_TOO_SHORT && zeros > 0 && i == last) taken = 0;
                        if (slip == Slip.TINY_FEATURE_FORGOTTEN && i == 2) taken = 0;
                        if (slip == Slip.TINY_FEATURE_WITH_OTHER_SIGN && i == 2) taken = -x[i];
                        if (slip == Slip.TINY_VALUES_ARE_ZERO && Math.abs(x[i]) < 0.1f) taken = 0;
                        for (int o = 0; o < outputs; o++) dp[0][i * outputs + o] = taken * dy[o];
                    }
                });
    }

    /**
     * The row less its mean over its deviation, both computed so, whose gradient is 0 where the variance is smaller than the
     * limit.
     */
    private static Layer normalised(int n, boolean bySquares, double limit) {
        return rows(
                n,
                n,
                (p, x, y) -> {
                    double[] m = moments(x, bySquares);
                    for (int c = 0; c < n; c++) y[c] = (float) ((x[c] - m[0]) / Math.sqrt(m[1] + 0.01));
                },
                (p, x, y, dy, dx, dp) -> {
                    double[] m = moments(x, bySquares);
                    double s = Math.sqrt(m[1] + 0.01), a = 0, b = 0;
                    for (int c = 0; c < n; c++) {
                        a += dy[c] / (double) n;
                        b += dy[c] * (x[c] - m[0]) / s / n;
                    }
                    for (int c = 0; c < n; c++)
                        dx[c] = m[1] < limit ? 0f : (float) ((dy[c] - a - (x[c] - m[0]) / s * b) / s);
                });
    }

    /** Mean and variance; from the mean of squares in floats they lose digits. */
    private static double[] moments(float[] x, boolean bySquares) {
        int n = x.length;
        if (bySquares) {
            float mean = 0, squares = 0;
            for (float v : x) {
                mean += v / n;
                squares += v * v / n;
            }
            return new double[] {mean, Math.max(0, squares - mean * mean)};
        }
        double mean = 0, variance = 0;
        for (float v : x) mean += v / (double) n;
        for (float v : x) variance += (v - mean) * (v - mean) / n;
        return new double[] {mean, variance};
    }

    /** Of whole rows. */
    private static void rows(List<Planted> all) {
        int n = 6;
        all.add(wrong(
                "normalised by its standard deviation, 0 if that is",
                GradientCheck.of(normalised(n, false, 1e-9)).inputs(Draw.EQUAL),
                "input"));
        Layer length = rows(
                n,
                n,
                (p, x, y) -> {
                    double s = Math.sqrt(dot(x, x) + 0.25);
                    for (int c = 0; c < n; c++) y[c] = (float) (x[c] / s);
                },
                (p, x, y, dy, dx, dp) -> {
                    double square = dot(x, x), along = dot(dy, x), s = Math.sqrt(square + 0.25);
                    for (int c = 0; c < n; c++)
                        dx[c] = square == 0 ? 0f : (float) (dy[c] / s - x[c] * along / (s * s * s));
                });
        all.add(wrong(
                "of length 1, without gradient for rows of zeros",
                GradientCheck.of(length).inputs(Draw.ROW_OF_ZEROS),
                "input"));
        for (int each = 2; each < 5; each++) all.add(wrong("product of " + each, product(3, each), "input"));
        Layer sums = rows(
                n,
                n,
                (p, x, y) -> {
                    for (int c = 0; c < n; c++) y[c] = (c == 0 ? 0 : y[c - 1]) + x[c];
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = n - 1; c >= 0; c--) dx[c] = (c == n - 1 || x[c] == 0 ? 0 : dx[c + 1]) + dy[c];
                });
        all.add(wrong("running sums that stop at a zero", GradientCheck.of(sums).inputs(Draw.MOSTLY_ZEROS), "input"));
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (double) x[i] * y[i];
        return sum;
    }

    /** Products of some entries each, whose derivative is the product divided by the entry, or 0 if that is. */
    private static GradientCheck product(int products, int each) {
        return GradientCheck.of(rows(
                        products * each,
                        products,
                        (p, x, y) -> {
                            Arrays.fill(y, 1);
                            for (int i = 0; i < x.length; i++) y[i / each] *= x[i];
                        },
                        (p, x, y, dy, dx, dp) -> {
                            for (int i = 0; i < x.length; i++)
                                dx[i] = x[i] == 0 ? 0 : Arithmetic.flush(dy[i / each] * y[i / each] / x[i]);
                        }))
                .inputs((input, random) -> {
                    for (int r = 0; r < input.rows(); r++)
                        for (int c = 0; c < input.columns(); c++)
                            input.set(r, c, random.nextInt(8) == 0 ? 0f : random.normal());
                });
    }

    /** How a pool's maxima take its gradient, if there are several. */
    enum Share {
        THE_FIRST_TAKES_IT,
        ALL_TAKE_IT,
        NONE_TAKES_IT,
        FIRST_AND_LAST_TAKE_IT,
        DIVIDED_TWICE,
        ALL_BUT_THE_FIRST_TAKE_IT
    }

    private static void ties(List<Planted> all) {
        for (Share share : Share.values())
            for (Draw draw : new Draw[] {Draw.GRID, Draw.EQUAL, Draw.MOSTLY_ZEROS})
                if (share != Share.THE_FIRST_TAKES_IT
                        && (draw == Draw.EQUAL || share != Share.ALL_BUT_THE_FIRST_TAKE_IT))
                    all.add(wrong(
                            "pools: " + share + ", " + draw,
                            GradientCheck.of(pool(5, 4, false, share)).inputs(draw),
                            "input"));
        all.add(wrong(
                "minima: all take it",
                GradientCheck.of(pool(5, 3, true, Share.ALL_TAKE_IT)).inputs(Draw.GRID),
                "input"));
        all.add(wrong(
                "one largest of a row: all take it",
                GradientCheck.of(pool(1, 9, false, Share.ALL_TAKE_IT))
                        .inputs(Draw.RELU)
                        .inputs(Draw.EQUAL),
                "input"));
        all.add(wrong(
                "top 12 of 20 after a ReLU: all that are not below the threshold take their gradient",
                GradientCheck.of(top(12, 20, false)).inputs(Draw.RELU),
                "input"));
        int n = 20;
        Layer pairs = rows(
                n,
                n,
                (p, x, y) -> {
                    for (int c = 0; c < n; c += 2) {
                        y[c] = Math.min(x[c], x[c + 1]);
                        y[c + 1] = Math.max(x[c], x[c + 1]);
                    }
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < n; c += 2) {
                        dx[x[c] <= x[c + 1] ? c : c + 1] = dy[c];
                        dx[x[c] > x[c + 1] ? c : c + 1] = x[c] == x[c + 1] ? 0f : dy[c + 1];
                    }
                });
        all.add(wrong(
                "sorted pairs: the first of two equal ones takes one gradient, the second none",
                GradientCheck.of(pairs).inputs(Draw.GRID),
                "input"));
    }

    /** The largest of a row; the others become zero. Of equal ones the first count, or in the gradient all. */
    static Layer top(int most, int n, boolean right) {
        return rows(
                n,
                n,
                (p, x, y) -> {
                    for (int c = 0; c < n; c++) y[c] = before(x, c, true) < most ? x[c] : 0f;
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < n; c++) dx[c] = before(x, c, right) < most ? dy[c] : 0f;
                });
    }

    /** How many are larger, or equal and before. */
    private static int before(float[] x, int c, boolean ties) {
        int before = 0;
        for (int k = 0; k < x.length; k++) if (x[k] > x[c] || ties && k < c && x[k] == x[c]) before++;
        return before;
    }

    /** The largest or least of each pool. */
    static Layer pool(int pools, int each, boolean least, Share share) {
        return rows(
                pools * each,
                pools,
                (p, x, y) -> {
                    for (int c = 0; c < x.length; c++)
                        y[c / each] = c % each == 0
                                ? x[c]
                                : least ? Math.min(y[c / each], x[c]) : Math.max(y[c / each], x[c]);
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < x.length; c++) {
                        int from = c / each * each, before = 0, after = 0;
                        if (x[c] != y[c / each]) continue;
                        for (int k = from; k < from + each; k++)
                            if (x[k] == x[c] && k < c) before++;
                            else if (x[k] == x[c] && k > c) after++;
                        int maxima = before + 1 + after;
                        float taken = maxima == 1
                                ? 1
                                : switch (share) {
                                    case THE_FIRST_TAKES_IT -> before == 0 ? 1 : 0;
                                    case ALL_TAKE_IT -> 1;
                                    case NONE_TAKES_IT -> 0;
                                    case FIRST_AND_LAST_TAKE_IT -> before == 0 || after == 0 ? 1 : 0;
                                    case DIVIDED_TWICE -> 1f / maxima / maxima;
                                    case ALL_BUT_THE_FIRST_TAKE_IT -> before == 0 ? 0 : 1;
                                };
                        dx[c] = taken * dy[c / each];
                    }
                });
    }

    /** The largest of so many linear functions, for each output; all biases zero at first. */
    static Layer maxout(int inputs, int outputs, int pieces) {
        int columns = outputs * pieces;
        return new PlantedRows(
                "maxout",
                inputs,
                outputs,
                List.of(PlantedRows.weights(inputs, columns), PlantedRows.bias(columns)),
                0,
                (p, x, y) -> {
                    for (int o = 0; o < outputs; o++) y[o] = piece(p, x, best(p, x, o, pieces, columns), columns);
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int o = 0; o < outputs; o++) {
                        int best = best(p, x, o, pieces, columns);
                        for (int i = 0; i < inputs; i++) {
                            dx[i] = Math.fma(p[0][i * columns + best], dy[o], dx[i]);
                            dp[0][i * columns + best] = x[i] * dy[o];
                        }
                        dp[1][best] = dy[o];
                    }
                });
    }

    private static int best(float[][] p, float[] x, int output, int pieces, int columns) {
        int best = output * pieces;
        for (int k = best + 1; k < (output + 1) * pieces; k++)
            if (piece(p, x, k, columns) > piece(p, x, best, columns)) best = k;
        return best;
    }

    private static float piece(float[][] p, float[] x, int column, int columns) {
        float sum = p[1][column];
        for (int i = 0; i < x.length; i++) sum = Math.fma(x[i], p[0][i * columns + column], sum);
        return sum;
    }

    private interface Term {
        double at(double z, double t);
    }

    /** The mean over outputs of a term, whose derivative is that of the second argument times some factor. */
    private static GradientCheck loss(Term term, Term derivative, double factor) {
        return GradientCheck.of(
                new Loss("planted loss") {
                    @Override
                    public double value(Pass pass, int row, Slice logits, Slice targets) {
                        double sum = 0;
                        for (int i = 0; i < logits.columns(); i++)
                            sum += term.at(logits.get(row, i), targets.get(row, i));
                        return sum / logits.columns();
                    }

                    @Override
                    public double valueAndGradient(
                            Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
                        for (int i = 0; i < logits.columns(); i++) {
                            double d = derivative.at(logits.get(row, i), targets.get(row, i));
                            dLogits.set(row, i, (float) (factor * d / logits.columns() / rows));
                        }
                        dLogits.clearPadding(row);
                        return value(pass, row, logits, targets);
                    }
                },
                7);
    }

    private static void losses(List<Planted> all) {
        Term square = (z, t) -> (z - t) * (z - t), squareSlope = (z, t) -> 2 * (z - t);
        Term logCosh = (z, t) -> StrictMath.log(StrictMath.cosh(z - t)), tanh = (z, t) -> StrictMath.tanh(z - t);
        Term poisson = (z, t) -> StrictMath.exp(z) - t * z, poissonSlope = (z, t) -> StrictMath.exp(z) - t;
        Term softplus = (z, t) -> StrictMath.log1p(StrictMath.exp(z)) - t * z;
        Term sigmoid = (z, t) -> 1 / (1 + StrictMath.exp(-z)) - t;
        for (double factor : new double[] {1 + 1e-5, 1 - 3e-6, 1 + 1e-6}) {
            all.add(wrong("square times " + factor, loss(square, squareSlope, factor), "logits"));
            all.add(wrong("log-cosh times " + factor, loss(logCosh, tanh, factor), "logits"));
            all.add(wrong("poisson times " + factor, loss(poisson, poissonSlope, factor), "logits"));
            all.add(wrong("softplus times " + factor, loss(softplus, sigmoid, factor), "logits"));
        }
        all.add(wrong(
                "tanh from a table",
                loss(logCosh, (z, t) -> StrictMath.tanh(Math.rint((z - t) * 1024) / 1024), 1),
                "logits"));
        Term absolute = (z, t) -> Math.abs(z - t);
        for (double atZero : new double[] {2, -1.5})
            all.add(wrong(
                    "absolute error, " + atZero + " at the target",
                    loss(absolute, (z, t) -> z == t ? atZero : Math.signum(z - t), 1)
                            .inputs(KinksTest::integers)
                            .targets(7, KinksTest::integers),
                    "logits"));
        all.add(wrong(
                "square, 1 at the target",
                loss(square, (z, t) -> z == t ? 1 : 2 * (z - t), 1)
                        .inputs(KinksTest::integers)
                        .targets(7, KinksTest::integers),
                "logits"));
    }

    /** Means and variances of rows far from zero, whose digits are lost. */
    private static void cancellation(List<Planted> all) {
        int n = 6;
        Layer layer = normalised(n, true, 0);
        for (int mean : new int[] {1000, 30_000})
            all.add(Planted.of(
                    "variance at " + mean + " of " + layer,
                    GradientCheck.of(layer).inputs((input, random) -> {
                        for (int r = 0; r < input.rows(); r++)
                            for (int c = 0; c < n; c++) input.set(r, c, mean + random.normal());
                    }),
                    Depth.QUICK,
                    Kind.TOO_MANY_SKIPPED,
                    "of the forward pass, which are",
                    ""));
    }
}
