package lanewise.check;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.memory.ParameterShape;

/** Mistakes that show only at some values of inputs or parameters, or at some sizes; and the same without them. */
final class PlantedRanges {

    private interface F {
        float of(float x);
    }

    private static final class Planted1 extends Activation {

        private final F value;
        private final F derivative;

        Planted1(String name, F value, F derivative) {
            super(name);
            this.value = value;
            this.derivative = derivative;
        }

        @Override
        public float value(float x) {
            return value.of(x);
        }

        @Override
        public float derivative(float x, float y) {
            return derivative.of(x);
        }
    }

    private static final Set<Kind> GRADIENT = EnumSet.of(Kind.WRONG_GRADIENT, Kind.NOT_FINITE, Kind.FORGOTTEN_GRADIENT);

    private static final List<Planted> ALL = new ArrayList<>();

    /** The right ones. */
    private static final List<GradientCheck> RIGHT = new ArrayList<>();

    private PlantedRanges() {}

    static List<Planted> all() {
        return ALL;
    }

    static List<GradientCheck> right() {
        return RIGHT;
    }

    private static void wrong(String name, GradientCheck check, String place, String condition) {
        ALL.add(new Planted(name, check, Depth.QUICK, GRADIENT, place, condition));
    }

    private static float sigmoid(float x) {
        return Arithmetic.sigmoid(x);
    }

    private static float tanh(float x) {
        return Arithmetic.tanh(x);
    }

    private static float exp(float x) {
        return (float) StrictMath.exp(x);
    }

    private static float softplus(float x) {
        return (float) (Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x))));
    }

    static {
        activations();
        gates();
        normalizations();
        parameters();
        sparse();
        sizes();
    }

    private static void activation(String name, F value, F derivative, String condition) {
        wrong(name, GradientCheck.of(new Planted1(name, value, derivative)), "x", condition);
    }

    private static void activations() {
        RIGHT.add(GradientCheck.of(new Planted1("softplus", PlantedRanges::softplus, PlantedRanges::sigmoid)));
        activation("softplus, 0 above 20", PlantedRanges::softplus, x -> x > 20 ? 0 : sigmoid(x), "x >= ");
        activation("softplus, a half above 15", PlantedRanges::softplus, x -> x > 15 ? 0.5f : sigmoid(x), "x >= ");
        activation(
                "softplus, by e^x that overflows",
                PlantedRanges::softplus,
                x -> exp(x) / (1 + exp(x)),
                "only where x is far from the usual");
        activation("softplus, 0 below -14", PlantedRanges::softplus, x -> x < -4 ? 0 : sigmoid(x), "x <= ");
        F logCosh = x -> (float) (Math.abs(x) + StrictMath.log1p(StrictMath.exp(-2 * Math.abs(x))) - StrictMath.log(2));
        RIGHT.add(GradientCheck.of(new Planted1("log cosh", logCosh, PlantedRanges::tanh)));
        activation("log cosh, x beyond 8", logCosh, x -> Math.abs(x) > 8 ? x : tanh(x), "|x| >= ");
        F arctan = x -> (float) StrictMath.atan(x);
        RIGHT.add(GradientCheck.of(new Planted1("arctan", arctan, x -> 1 / (1 + x * x))));
        activation("arctan, 0 beyond 50", arctan, x -> Math.abs(x) > 50 ? 0 : 1 / (1 + x * x), "|x| >= ");
        F cube = x -> x * x * x;
        RIGHT.add(GradientCheck.of(new Planted1("cube", cube, x -> 3 * x * x)));
        activation("cube, clipped at 1000", cube, x -> Math.min(3 * x * x, 1000), "|x| >= ");
        F root = x -> (float) StrictMath.sqrt((double) x * x + 1e-4);
        RIGHT.add(GradientCheck.of(new Planted1("smooth absolute value", root, x ->
                (float) (x / StrictMath.sqrt((double) x * x + 1e-4)))));
        activation("smooth absolute value, its root forgotten", root, x -> Math.signum(x), "");
        F logarithm = x -> Math.copySign((float) StrictMath.log1p(Math.abs(x)), x);
        RIGHT.add(GradientCheck.of(new Planted1("logarithm of both signs", logarithm, x -> 1 / (1 + Math.abs(x)))));
        activation(
                "logarithm of both signs, nothing at zero",
                logarithm,
                x -> x == 0 ? 0 : 1 / (1 + Math.abs(x)),
                "exactly zero");
        activation(
                "logarithm of both signs, clamped at 1e-3",
                logarithm,
                x -> Math.abs(x) < 1e-3f ? 0.5f : 1 / (1 + Math.abs(x)),
                "|x| <= ");
        F leaky = x -> x > 0 ? x : 0.01f * x;
        RIGHT.add(GradientCheck.of(new Planted1("leaky", leaky, x -> x > 0 ? 1 : 0.01f)));
        activation("leaky, flat below -100", leaky, x -> x > 0 ? 1 : x < -100 ? 0 : 0.01f, "x <= ");
        F silu = x -> x * sigmoid(x);
        F dSilu = x -> sigmoid(x) * (1 + x * (1 - sigmoid(x)));
        activation("silu, 1 above 30 but 0 there", silu, x -> x > 30 ? 0 : dSilu.of(x), "x >= ");
        activation("silu, sign of the output", silu, x -> silu.of(x) > 0 ? dSilu.of(x) : -dSilu.of(x), "");
        F sine = x -> (float) StrictMath.sin(x);
        RIGHT.add(GradientCheck.of(new Planted1("sine", sine, x -> (float) StrictMath.cos(x))));
        activation(
                "sine, by a series up to the sixth power",
                sine,
                x -> 1 - x * x / 2 + x * x * x * x / 24 - x * x * x * x * x * x / 720,
                "");
    }

    /** y = value times sigmoid(gate), from rows [value, gate]. */
    private static Layer gate(String name, F derivative) {
        return new PlantedRows(
                name,
                14,
                7,
                (p, x, y) -> {
                    for (int c = 0; c < 7; c++) y[c] = x[c] * sigmoid(x[7 + c]);
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < 7; c++) {
                        dx[c] = dy[c] * sigmoid(x[7 + c]);
                        dx[7 + c] = dy[c] * x[c] * derivative.of(x[7 + c]);
                    }
                });
    }

    private static void gates() {
        F right = g -> sigmoid(g) * (1 - sigmoid(g));
        RIGHT.add(GradientCheck.of(gate("gate", right)));
        wrong(
                "a gate's derivative 0 beyond 4",
                GradientCheck.of(gate("gate", g -> Math.abs(g) > 4 ? 0 : right.of(g))),
                "input",
                "only where");
        wrong(
                "a gate's derivative 0 above 6",
                GradientCheck.of(gate("gate", g -> g > 6 ? 0 : right.of(g))),
                "input",
                "only where");
        wrong(
                "a gate's derivative 0.3 near zero",
                GradientCheck.of(gate("gate", g -> Math.abs(g) < 0.01f && g != 0 ? 0.3f : right.of(g))),
                "input",
                "|the value| <= 0.0");
        wrong(
                "a gate's derivative 0 at zero",
                GradientCheck.of(gate("gate", g -> g == 0 ? 0 : right.of(g))),
                "input",
                "exactly zero");
        wrong(
                "a gate's value that is not multiplied in where it is 0",
                GradientCheck.of(new PlantedRows(
                        "gate",
                        14,
                        7,
                        (p, x, y) -> {
                            for (int c = 0; c < 7; c++) y[c] = x[c] * sigmoid(x[7 + c]);
                        },
                        (p, x, y, dy, dx, dp) -> {
                            for (int c = 0; c < 7; c++) {
                                if (x[c] == 0) continue;
                                dx[c] = dy[c] * sigmoid(x[7 + c]);
                                dx[7 + c] = dy[c] * x[c] * right.of(x[7 + c]);
                            }
                        })),
                "input",
                "exactly zero");
    }

    private interface Norm {
        double of(double meanSquare);
    }

    /** y = x / forward(mean of squares), with the gradient of x / backward(mean of squares). */
    private static Layer rootMeanSquare(String name, Norm forward, Norm backward, double epsilon) {
        int n = 9;
        return new PlantedRows(
                name,
                n,
                n,
                (p, x, y) -> {
                    double scale = forward.of(meanSquare(x));
                    for (int c = 0; c < n; c++) y[c] = (float) (x[c] / scale);
                },
                (p, x, y, dy, dx, dp) -> {
                    double scale = backward.of(meanSquare(x)), inner = 0;
                    for (int c = 0; c < n; c++) inner += (double) dy[c] * x[c];
                    // scale² = mean + ε, so d scale / d x = x / (n scale).
                    for (int c = 0; c < n; c++)
                        dx[c] = (float) (dy[c] / scale - x[c] * inner / (n * scale * scale * scale));
                });
    }

    private static double meanSquare(float[] x) {
        double sum = 0;
        for (float v : x) sum += (double) v * v;
        return sum / x.length;
    }

    private static void normalizations() {
        double e = 1e-6;
        Norm inside = m -> StrictMath.sqrt(m + e);
        RIGHT.add(GradientCheck.of(rootMeanSquare("root mean square", inside, inside, e)));
        wrong(
                "an epsilon outside of the root in backward",
                GradientCheck.of(rootMeanSquare("root mean square", inside, m -> StrictMath.sqrt(m) + e, e)),
                "input",
                "only where");
        wrong(
                "an epsilon forgotten in backward",
                GradientCheck.of(rootMeanSquare("root mean square", inside, m -> StrictMath.sqrt(m + 1e-30), e)),
                "input",
                "only where");
        wrong(
                "a clamp at 1e-3 in backward",
                GradientCheck.of(
                        rootMeanSquare("root mean square", inside, m -> Math.max(1e-2, StrictMath.sqrt(m + e)), e)),
                "input",
                "only where");
        wrong(
                "an epsilon of another size in backward",
                GradientCheck.of(rootMeanSquare("root mean square", inside, m -> StrictMath.sqrt(m + 1e-4), e)),
                "input",
                "");
        wrong(
                "a norm plus 1e-4 in backward",
                GradientCheck.of(rootMeanSquare("root mean square", inside, m -> StrictMath.sqrt(m + e) + 1e-4, e)),
                "input",
                "");
        wrong(
                "a clamp at 1000 in backward",
                GradientCheck.of(
                        rootMeanSquare("root mean square", inside, m -> Math.min(300, StrictMath.sqrt(m + e)), e)),
                "input",
                "only where inputs are");
    }

    private interface G {
        float of(float p, float x);
    }

    /** y = f(p, x) for each column with a parameter of its own. */
    private static GradientCheck column(String name, float first, G f, G byX, G byP) {
        int n = 6;
        return column(name, first, PlantedRows.scale("scale", n), f, byX, byP);
    }

    private static GradientCheck column(String name, float first, ParameterShape shape, G f, G byX, G byP) {
        int n = shape.columns();
        return GradientCheck.of(new PlantedRows(
                name,
                n,
                n,
                List.of(shape),
                first,
                (p, x, y) -> {
                    for (int c = 0; c < n; c++) y[c] = f.of(p[0][c], x[c]);
                },
                (p, x, y, dy, dx, dp) -> {
                    for (int c = 0; c < n; c++) {
                        dx[c] = dy[c] * byX.of(p[0][c], x[c]);
                        dp[0][c] = dy[c] * byP.of(p[0][c], x[c]);
                    }
                }));
    }

    private static void parameters() {
        G gain = (p, x) -> Math.abs(p) * x;
        RIGHT.add(column("absolute gain", 1, gain, (p, x) -> Math.abs(p), (p, x) -> Math.signum(p) * x));
        wrong(
                "an absolute gain, right while it is positive",
                column("absolute gain", 1, gain, (p, x) -> Math.abs(p), (p, x) -> x),
                "scale",
                "only where");
        wrong(
                "an absolute gain without the absolute value in backward",
                column("absolute gain", 1, gain, (p, x) -> p, (p, x) -> Math.signum(p) * x),
                "input",
                "only where");
        G bell = (p, x) -> (float) StrictMath.exp(-0.5 * x * x / ((double) p * p));
        G bellX = (p, x) -> bell.of(p, x) * -x / (p * p);
        G bellP = (p, x) -> bell.of(p, x) * x * x / (p * p * p);
        RIGHT.add(column("bell", 1, PlantedRows.scale("length", 6).within(0.05f, 100f), bell, bellX, bellP));
        wrong(
                "a length's sign forgotten",
                column("bell", 1, bell, bellX, (p, x) -> bell.of(p, x) * x * x / Math.abs(p * p * p)),
                "scale",
                "only where");
        wrong(
                "a large length taken for a small one",
                column("bell", 1, bell, bellX, (p, x) -> p > 2.5f ? 0 : bellP.of(p, x)),
                "scale",
                "only where");
        G soft = (p, x) -> softplus(p) * x;
        RIGHT.add(column("positive scale", 1, soft, (p, x) -> softplus(p), (p, x) -> sigmoid(p) * x));
        wrong(
                "a parameterised scale wrong where it is negative",
                column("positive scale", 1, soft, (p, x) -> softplus(p), (p, x) -> p < 0 ? 0 : sigmoid(p) * x),
                "scale",
                "only where");
        wrong(
                "a parameterised scale wrong where it is large",
                column("positive scale", 1, soft, (p, x) -> softplus(p), (p, x) -> p > 4 ? 0.5f * x : sigmoid(p) * x),
                "scale",
                "only where");
        G swish = (p, x) -> x * sigmoid(p * x);
        G swishX = (p, x) -> sigmoid(p * x) * (1 + p * x * (1 - sigmoid(p * x)));
        G swishP = (p, x) -> x * x * sigmoid(p * x) * (1 - sigmoid(p * x));
        RIGHT.add(column("swish", 1, swish, swishX, swishP));
        wrong(
                "a slope clipped to 2 in backward",
                column("swish", 1, swish, (p, x) -> swishX.of(Math.min(p, 2), x), swishP),
                "input",
                "only where parameters");
        wrong(
                "a slope of zero that has no gradient",
                column("swish", 1, swish, swishX, (p, x) -> p == 0 ? 0 : swishP.of(p, x)),
                "scale",
                "zero");
        G prelu = (p, x) -> x > 0 ? x : p * x;
        wrong(
                "a slope that is clamped to be positive in backward",
                column("prelu", 0.25f, prelu, (p, x) -> x > 0 ? 1 : Math.max(p, 0), (p, x) -> x > 0 ? 0 : x),
                "input",
                "only where parameters");
        wrong(
                "a derivative from the output's sign",
                column("prelu", 0.25f, prelu, (p, x) -> prelu.of(p, x) > 0 ? 1 : p, (p, x) -> x > 0 ? 0 : x),
                "input",
                "only where parameters");
        G power = (p, x) -> (float) StrictMath.pow(Math.abs(x) + 0.1, p);
        G powerX = (p, x) -> (float) (p * StrictMath.pow(Math.abs(x) + 0.1, p - 1) * Math.signum(x));
        wrong(
                "a power whose exponent must not exceed 3",
                column(
                        "power",
                        1,
                        power,
                        powerX,
                        (p, x) -> p > 3 ? 0 : (float) (power.of(p, x) * StrictMath.log(Math.abs(x) + 0.1))),
                "scale",
                "only where parameters");
    }

    private interface Dense {
        void row(float[] w, float[] x, float[] dy, float[] dx, float[] dw);
    }

    private static GradientCheck dense(String name, int in, int out, Dense backward) {
        return GradientCheck.of(denseLayer(name, in, out, backward));
    }

    private static Layer denseLayer(String name, int in, int out, Dense backward) {
        return new PlantedRows(
                name + " " + in + "->" + out,
                in,
                out,
                List.of(PlantedRows.weights(in, out)),
                0,
                (p, x, y) -> {
                    for (int o = 0; o < out; o++) {
                        double sum = 0;
                        for (int i = 0; i < in; i++) sum += (double) x[i] * p[0][i * out + o];
                        y[o] = (float) sum;
                    }
                },
                (p, x, y, dy, dx, dp) -> backward.row(p[0], x, dy, dx, dp[0]));
    }

    private static void input(float[] w, float[] x, float[] dy, float[] dx, int from, int to) {
        for (int i = from; i < to; i++) {
            double sum = 0;
            for (int o = 0; o < dy.length; o++) sum += (double) dy[o] * w[i * dy.length + o];
            dx[i] = (float) sum;
        }
    }

    private static void weight(float[] x, float[] dy, float[] dw, int from, int to) {
        for (int i = from; i < to; i++) for (int o = 0; o < dy.length; o++) dw[i * dy.length + o] = x[i] * dy[o];
    }

    private static int zeros(float[] x) {
        int zeros = 0;
        for (float v : x) if (v == 0) zeros++;
        return zeros;
    }

    private static void sparse() {
        RIGHT.add(dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, 12);
            weight(x, dy, dw, 0, 12);
        }));
        wrong(
                "a loop that ends at the first zero",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    input(w, x, dy, dx, 0, 12);
                    for (int i = 0; i < 12 && x[i] != 0; i++) weight(x, dy, dw, i, i + 1);
                }),
                "weights",
                "exactly zero");
        wrong(
                "no input gradient where the input is zero",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    for (int i = 0; i < 12; i++) if (x[i] != 0) input(w, x, dy, dx, i, i + 1);
                    weight(x, dy, dw, 0, 12);
                }),
                "input",
                "exactly zero");
        wrong(
                "a sparse path with a sign in place of a value",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    input(w, x, dy, dx, 0, 12);
                    boolean sparse = zeros(x) > 9;
                    for (int i = 0; i < 12; i++)
                        for (int o = 0; o < 5; o++) dw[i * 5 + o] = (sparse ? Math.signum(x[i]) : x[i]) * dy[o];
                }),
                "weights",
                "more than three quarters");
        wrong(
                "a row of zeros that has no input gradient",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    if (zeros(x) < 12) input(w, x, dy, dx, 0, 12);
                    weight(x, dy, dw, 0, 12);
                }),
                "input",
                "all inputs of a row are zero");
        wrong(
                "large inputs clipped in the weights' gradient",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    input(w, x, dy, dx, 0, 12);
                    float[] clipped = x.clone();
                    for (int i = 0; i < 12; i++) clipped[i] = Math.max(-10, Math.min(10, x[i]));
                    weight(clipped, dy, dw, 0, 12);
                }),
                "weights",
                "only where inputs are");
        wrong(
                "small inputs taken for zero in the weights' gradient",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    input(w, x, dy, dx, 0, 12);
                    for (int i = 0; i < 12; i++) if (Math.abs(x[i]) > 1e-3f) weight(x, dy, dw, i, i + 1);
                }),
                "weights",
                "only where inputs are");
        wrong(
                "a zero weight that passes no gradient on",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    input(w, x, dy, dx, 0, 12);
                    weight(x, dy, dw, 0, 12);
                    for (int k = 0; k < dw.length; k++) if (w[k] == 0) dw[k] = 0;
                }),
                "weights",
                "zero");
        wrong(
                "a large weight clipped on the way back",
                dense("dense", 12, 5, (w, x, dy, dx, dw) -> {
                    float[] clipped = w.clone();
                    for (int k = 0; k < w.length; k++) clipped[k] = Math.max(-3, Math.min(3, w[k]));
                    input(clipped, x, dy, dx, 0, 12);
                    weight(x, dy, dw, 0, 12);
                }),
                "input",
                "only where parameters");
    }

    private static void size(String name, String place, String condition, Dense backward) {
        wrong(name, GradientCheck.of((in, out) -> denseLayer("dense", in, out, backward)), place, condition);
    }

    private static void sizes() {
        Dense right = (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, x.length);
            weight(x, dy, dw, 0, x.length);
        };
        RIGHT.add(GradientCheck.of((in, out) -> denseLayer("dense", in, out, right)));
        size("no weights beyond 32 inputs", "weights", "from 33 inputs on", (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, x.length);
            weight(x, dy, dw, 0, Math.min(32, x.length));
        });
        size("no input gradient beyond 64", "input", "from 65 inputs on", (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, Math.min(64, x.length));
            weight(x, dy, dw, 0, x.length);
        });
        size("the remainder of blocks of 8 forgotten", "input", "only", (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, x.length < 8 ? x.length : x.length / 8 * 8);
            weight(x, dy, dw, 0, x.length);
        });
        size("the remainder of blocks of 16 outputs forgotten", "weights", "only", (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, x.length);
            int most = dy.length < 16 ? dy.length : dy.length / 16 * 16;
            for (int i = 0; i < x.length; i++) for (int o = 0; o < most; o++) dw[i * dy.length + o] = x[i] * dy[o];
        });
        size(
                "weights read as if inputs and outputs were equally many",
                "input",
                "only at some sizes: wrong are",
                (w, x, dy, dx, dw) -> {
                    for (int i = 0; i < x.length; i++) {
                        double sum = 0;
                        for (int o = 0; o < dy.length; o++) sum += (double) dy[o] * w[(i * x.length + o) % w.length];
                        dx[i] = (float) sum;
                    }
                    weight(x, dy, dw, 0, x.length);
                });
        size("an odd last output forgotten", "weights", "only", (w, x, dy, dx, dw) -> {
            input(w, x, dy, dx, 0, x.length);
            weight(x, dy, dw, 0, x.length);
            if (dy.length % 2 == 1 && dy.length > 1)
                for (int i = 0; i < x.length; i++) dw[i * dy.length + dy.length - 1] = 0;
        });
    }
}
