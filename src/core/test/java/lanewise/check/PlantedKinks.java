package lanewise.check;

import java.util.ArrayList;
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
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
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
        return new KinkedLayer(size, size) {
            @Override
            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                for (int c = 0; c < size; c++) {
                    float x = input.get(r, c), y = value.at(x);
                    if (output != null) output.set(r, c, y);
                    if (dInput != null) dInput.set(r, c, Arithmetic.flush(dOutput.get(r, c) * derivative.at(x, y)));
                }
            }
        };
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
            all.add(wrong(slip.name(), GradientCheck.of(new Linear(7, 5, slip)).inputs(slip.draw), slip.place));
    }

    /** tanh of a linear function. */
    private static final class Linear extends KinkedLayer {

        private final Slip slip;

        Linear(int inputs, int outputs, Slip slip) {
            super(inputs, outputs);
            this.slip = slip;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(
                    new ParameterShape("weights", ParameterShape.Role.WEIGHTS, inputs, outputs),
                    new ParameterShape("bias", ParameterShape.Role.BIAS, 1, outputs));
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < outputs; o++) parameters.get(0).set(i, o, random.normal() / inputs);
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int o = 0; o < outputs; o++) {
                    float sum = parameters.get(1).get(0, o);
                    for (int i = 0; i < inputs; i++)
                        sum = Math.fma(input.get(r, i), parameters.get(0).get(i, o), sum);
                    output.set(r, o, sum);
                }
        }

        private float largest(Slice input, int r) {
            float largest = 0;
            for (int i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(input.get(r, i)));
            return largest;
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            if (dInput == null) return;
            for (int r = from; r < to; r++) {
                float largest = largest(input, r);
                for (int i = 0; i < inputs; i++) {
                    float sum = 0;
                    for (int o = 0; o < outputs; o++)
                        sum = Math.fma(parameters.get(0).get(i, o), dOutput.get(r, o), sum);
                    if (slip == Slip.MASKS_INPUT_GRADIENT && input.get(r, i) == 0) sum = 0;
                    if (slip == Slip.SKIPS_ROWS_OF_ZEROS && largest == 0) sum = 0;
                    if (slip == Slip.TINY_ROWS_ARE_SKIPPED && largest < 0.01f) sum = 0;
                    dInput.set(r, i, Arithmetic.flush(sum));
                }
            }
        }

        @Override
        public void parameterGradient(
                Pass pass,
                int from,
                int to,
                Slice input,
                Slice output,
                Slice dOutput,
                float scale,
                Parameters target,
                int part,
                int parts) {
            if (part > 0) return;
            for (int r = from; r < to; r++) {
                int zeros = 0, last = 0;
                float largest = largest(input, r);
                for (int i = 0; i < inputs; i++) {
                    if (input.get(r, i) == 0) zeros++;
                    else last = i;
                }
                for (int o = 0; o < outputs; o++) {
                    float d = scale * dOutput.get(r, o), b = d;
                    if (slip == Slip.BIAS_WITHOUT_ROWS_OF_ZEROS && largest == 0) b = 0;
                    if (slip == Slip.BIAS_WITHOUT_TINY_ROWS && largest < 0.01f) b = 0;
                    target.get(1).set(0, o, target.get(1).get(0, o) + b);
                    if (slip == Slip.SKIPS_ROWS_THAT_BEGIN_WITH_ZERO && input.get(r, 0) == 0) continue;
                    for (int i = 0; i < inputs; i++) {
                        float x = input.get(r, i);
                        if (slip == Slip.STOPS_AT_A_ZERO && x == 0) break;
                        if (slip == Slip.SIGNS_IF_MOSTLY_ZERO && zeros > 0.75 * inputs) x = Math.signum(x);
                        if (slip == Slip.LIST_OF_NON_ZEROS_TOO_SHORT && zeros > 0 && i == last) x = 0;
                        if (slip == Slip.TINY_FEATURE_FORGOTTEN && i == 2) x = 0;
                        if (slip == Slip.TINY_FEATURE_WITH_OTHER_SIGN && i == 2) x = -x;
                        if (slip == Slip.TINY_VALUES_ARE_ZERO && Math.abs(x) < 0.1f) x = 0;
                        target.get(0).set(i, o, Math.fma(x, d, target.get(0).get(i, o)));
                    }
                }
            }
        }
    }

    /** Of whole rows. */
    private static void rows(List<Planted> all) {
        int n = 6;
        all.add(wrong(
                "normalised by its standard deviation, 0 if that is",
                GradientCheck.of(new KinkedLayer(n, n) {
                            @Override
                            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                                double mean = 0, variance = 0;
                                for (int c = 0; c < n; c++) mean += input.get(r, c) / (double) n;
                                for (int c = 0; c < n; c++)
                                    variance += (input.get(r, c) - mean) * (input.get(r, c) - mean) / n;
                                double s = Math.sqrt(variance + 0.01);
                                double a = 0, b = 0;
                                for (int c = 0; c < n && dInput != null; c++) {
                                    a += dOutput.get(r, c) / (double) n;
                                    b += dOutput.get(r, c) * (input.get(r, c) - mean) / s / n;
                                }
                                for (int c = 0; c < n; c++) {
                                    double y = (input.get(r, c) - mean) / s;
                                    if (output != null) output.set(r, c, (float) y);
                                    if (dInput != null)
                                        dInput.set(
                                                r,
                                                c,
                                                variance < 1e-9 ? 0f : (float) ((dOutput.get(r, c) - a - y * b) / s));
                                }
                            }
                        })
                        .inputs(Draw.EQUAL),
                "input"));
        all.add(wrong(
                "of length 1, without gradient for rows of zeros",
                GradientCheck.of(new KinkedLayer(n, n) {
                            @Override
                            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                                double square = 0, along = 0;
                                for (int c = 0; c < n; c++) square += (double) input.get(r, c) * input.get(r, c);
                                double s = Math.sqrt(square + 0.25);
                                for (int c = 0; c < n && dInput != null; c++)
                                    along += (double) dOutput.get(r, c) * input.get(r, c);
                                for (int c = 0; c < n; c++) {
                                    double x = input.get(r, c);
                                    if (output != null) output.set(r, c, (float) (x / s));
                                    if (dInput == null) continue;
                                    double d = dOutput.get(r, c) / s - x * along / (s * s * s);
                                    dInput.set(r, c, square == 0 ? 0f : (float) d);
                                }
                            }
                        })
                        .inputs(Draw.ROW_OF_ZEROS),
                "input"));
        for (int each = 2; each < 5; each++) all.add(wrong("product of " + each, product(3, each), "input"));
        all.add(wrong(
                "running sums that stop at a zero",
                GradientCheck.of(new KinkedLayer(n, n) {
                            @Override
                            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                                float sum = 0;
                                for (int c = 0; c < n && output != null; c++) output.set(r, c, sum += input.get(r, c));
                                sum = 0;
                                for (int c = n - 1; c >= 0 && dInput != null; c--) {
                                    if (input.get(r, c) == 0) sum = 0;
                                    dInput.set(r, c, sum += dOutput.get(r, c));
                                }
                            }
                        })
                        .inputs(Draw.MOSTLY_ZEROS),
                "input"));
    }

    /** Products of some entries each, whose derivative is the product divided by the entry, or 0 if that is. */
    private static GradientCheck product(int products, int each) {
        return GradientCheck.of(new KinkedLayer(products * each, products) {
                    @Override
                    void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                        for (int p = 0; p < products; p++) {
                            float product = 1;
                            for (int k = 0; k < each; k++) product *= input.get(r, p * each + k);
                            if (output != null) output.set(r, p, product);
                            for (int k = 0; k < each && dInput != null; k++) {
                                float x = input.get(r, p * each + k);
                                dInput.set(
                                        r,
                                        p * each + k,
                                        x == 0 ? 0 : Arithmetic.flush(dOutput.get(r, p) * product / x));
                            }
                        }
                    }
                })
                .inputs((input, random) -> {
                    for (int r = 0; r < input.rows(); r++)
                        for (int c = 0; c < input.columns(); c++)
                            input.set(r, c, random.nextInt(8) == 0 ? 0f : random.normal());
                });
    }

    /** How a pool's maxima take its gradient, if there are several. */
    private enum Share {
        ALL_TAKE_IT,
        NONE_TAKES_IT,
        FIRST_AND_LAST_TAKE_IT,
        DIVIDED_TWICE,
        ALL_BUT_THE_FIRST_TAKE_IT
    }

    private static void ties(List<Planted> all) {
        for (Share share : Share.values())
            for (Draw draw : new Draw[] {Draw.GRID, Draw.EQUAL, Draw.MOSTLY_ZEROS})
                if (draw == Draw.EQUAL || share != Share.ALL_BUT_THE_FIRST_TAKE_IT)
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
        int n = 20, most = 12;
        all.add(wrong(
                "top 12 of 20 after a ReLU: all that are not below the threshold take their gradient",
                GradientCheck.of(new KinkedLayer(n, n) {
                            @Override
                            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                                for (int c = 0; c < n; c++) {
                                    float x = input.get(r, c);
                                    int before = 0, above = 0;
                                    for (int k = 0; k < n; k++) {
                                        if (input.get(r, k) > x) above++;
                                        if (input.get(r, k) > x || k < c && input.get(r, k) == x) before++;
                                    }
                                    if (output != null) output.set(r, c, before < most ? x : 0f);
                                    if (dInput != null) dInput.set(r, c, above < most ? dOutput.get(r, c) : 0f);
                                }
                            }
                        })
                        .inputs(Draw.RELU),
                "input"));
        all.add(wrong(
                "sorted pairs: the first of two equal ones takes one gradient, the second none",
                GradientCheck.of(new KinkedLayer(n, n) {
                            @Override
                            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                                for (int c = 0; c < n; c += 2) {
                                    float a = input.get(r, c), b = input.get(r, c + 1);
                                    int small = a <= b ? c : c + 1, large = a > b ? c : c + 1;
                                    if (output != null) {
                                        output.set(r, c, Math.min(a, b));
                                        output.set(r, c + 1, Math.max(a, b));
                                    }
                                    if (dInput == null) continue;
                                    dInput.set(r, small, dOutput.get(r, c));
                                    dInput.set(r, large, a == b ? 0f : dOutput.get(r, c + 1));
                                }
                            }
                        })
                        .inputs(Draw.GRID),
                "input"));
    }

    private static Layer pool(int pools, int each, boolean least, Share share) {
        return new KinkedLayer(pools * each, pools) {
            @Override
            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                for (int p = 0; p < pools; p++) {
                    float best = input.get(r, p * each);
                    int maxima = 0, first = -1, last = -1;
                    for (int c = p * each; c < (p + 1) * each; c++)
                        best = least ? Math.min(best, input.get(r, c)) : Math.max(best, input.get(r, c));
                    for (int c = p * each; c < (p + 1) * each; c++) {
                        if (input.get(r, c) != best) continue;
                        maxima++;
                        if (first < 0) first = c;
                        last = c;
                    }
                    if (output != null) output.set(r, p, best);
                    for (int c = p * each; c < (p + 1) * each && dInput != null; c++) {
                        float share =
                                input.get(r, c) != best ? 0 : maxima == 1 ? 1 : share(c == first, c == last, maxima);
                        dInput.set(r, c, share * dOutput.get(r, p));
                    }
                }
            }

            private float share(boolean first, boolean last, int maxima) {
                return switch (share) {
                    case ALL_TAKE_IT -> 1;
                    case NONE_TAKES_IT -> 0;
                    case FIRST_AND_LAST_TAKE_IT -> first || last ? 1 : 0;
                    case DIVIDED_TWICE -> 1f / maxima / maxima;
                    case ALL_BUT_THE_FIRST_TAKE_IT -> first ? 0 : 1;
                };
            }
        };
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
        Layer layer = new KinkedLayer(n, n) {
            @Override
            void row(Slice input, int r, Slice output, Slice dOutput, Slice dInput) {
                float mean = 0, squares = 0;
                for (int c = 0; c < n; c++) {
                    mean += input.get(r, c) / n;
                    squares += input.get(r, c) * input.get(r, c) / n;
                }
                double s = Math.sqrt(Math.max(0, squares - mean * mean) + 0.01), a = 0, b = 0;
                for (int c = 0; c < n && dInput != null; c++) {
                    a += dOutput.get(r, c) / (double) n;
                    b += dOutput.get(r, c) * (input.get(r, c) - mean) / s / n;
                }
                for (int c = 0; c < n; c++) {
                    double y = (input.get(r, c) - mean) / s;
                    if (output != null) output.set(r, c, (float) y);
                    if (dInput != null) dInput.set(r, c, (float) ((dOutput.get(r, c) - a - y * b) / s));
                }
            }
        };
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
