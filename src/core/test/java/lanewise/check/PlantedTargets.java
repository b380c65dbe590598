package lanewise.check;

import static lanewise.layer.Targets.ANY;
import static lanewise.layer.Targets.BINARY;
import static lanewise.layer.Targets.CLASS;
import static lanewise.layer.Targets.COUNT;
import static lanewise.layer.Targets.DISTRIBUTION;
import static lanewise.layer.Targets.NON_NEGATIVE;
import static lanewise.layer.Targets.PROBABILITY;
import static lanewise.layer.Targets.REAL;
import static lanewise.layer.Targets.SIGN;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Arithmetic;
import lanewise.layer.Loss;
import lanewise.layer.Targets;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Losses as users write them, right, and wrong for some targets or some sizes of logits and errors. */
final class PlantedTargets {

    private PlantedTargets() {}

    /** A mean over outputs of a term of the logit z and the target t; {@link Targets#ANY} is not declared. */
    static final class OfTerms extends Loss {

        private final Targets kind;
        private final DoubleBinaryOperator term;
        private final DoubleBinaryOperator derivative;

        OfTerms(String name, Targets kind, DoubleBinaryOperator term, DoubleBinaryOperator derivative) {
            super(name);
            this.kind = kind;
            this.term = term;
            this.derivative = derivative;
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return kind;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            int n = logits.columns();
            double loss = 0;
            for (int c = 0; c < n; c++) {
                double z = logits.get(row, c), t = targets.get(row, c);
                loss += term.applyAsDouble(z, t);
                dLogits.set(row, c, Arithmetic.flush((float) (derivative.applyAsDouble(z, t) / n / rows)));
            }
            dLogits.clearPadding(row);
            return loss / n;
        }
    }

    /** A row's loss and gradient in double; the gradient is not divided by rows. */
    interface OfRow {
        double loss(double[] z, double[] t, double[] gradient);
    }

    /** For so many columns of targets by output. */
    static class OfRows extends Loss {

        private final Targets kind;
        private final double columns;
        private final int more;
        private final OfRow row;

        OfRows(String name, Targets kind, double columns, int more, OfRow row) {
            super(name);
            this.kind = kind;
            this.columns = columns;
            this.more = more;
            this.row = row;
        }

        @Override
        public boolean accepts(int outputs, int targetColumns) {
            return targetColumns == (int) (columns * outputs) + more;
        }

        @Override
        public Targets targets(int outputs, int targetColumns) {
            return kind;
        }

        @Override
        public double valueAndGradient(Pass pass, int r, int rows, Slice logits, Slice targets, Slice dLogits) {
            double[] z = new double[logits.columns()], t = new double[targets.columns()], d = new double[z.length];
            for (int c = 0; c < z.length; c++) z[c] = logits.get(r, c);
            for (int c = 0; c < t.length; c++) t[c] = targets.get(r, c);
            double loss = row.loss(z, t, d);
            for (int c = 0; c < z.length; c++) dLogits.set(r, c, Arithmetic.flush((float) (d[c] / rows)));
            dLogits.clearPadding(r);
            return loss;
        }
    }

    private static double logCosh(double e) {
        return Math.abs(e) + Math.log1p(Math.exp(-2 * Math.abs(e))) - Math.log(2);
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    private static double softplus(double z) {
        return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }

    private static double square(double e) {
        return e * e;
    }

    /** Softmax probabilities into p; returns log Σ exp z. */
    private static double softmax(double[] z, double[] p) {
        double max = Double.NEGATIVE_INFINITY, sum = 0;
        for (double v : z) max = Double.isNaN(v) ? v : Math.max(max, v);
        for (int c = 0; c < z.length; c++) sum += p[c] = Math.exp(z[c] - max);
        for (int c = 0; c < z.length; c++) p[c] /= sum;
        return max + Math.log(sum);
    }

    private static double sum(double[] t) {
        double sum = 0;
        for (double v : t) sum += v;
        return sum;
    }

    private static double crossEntropy(double[] z, double[] t, double[] d) {
        double log = softmax(z, d), sum = sum(t), loss = log != log ? log : 0;
        for (int c = 0; c < z.length; c++) {
            if (t[c] != 0) loss += t[c] * (log - z[c]);
            d[c] = sum * d[c] - t[c];
        }
        return loss;
    }

    private static double ofClass(double[] z, double[] t, double[] d) {
        double log = softmax(z, d);
        d[(int) t[0]] -= 1;
        return log - z[(int) t[0]];
    }

    /** Means and logarithms of variances. */
    private static double gaussian(double[] z, double[] t, double[] d, double most) {
        int n = t.length;
        double loss = 0;
        for (int c = 0; c < n; c++) {
            double e = z[c] - t[c], v = Math.exp(-Math.max(-most, Math.min(most, z[n + c])));
            loss += (e * e * v + Math.max(-most, Math.min(most, z[n + c]))) / 2;
            d[c] = e * v;
            d[n + c] = Math.abs(z[n + c]) > most ? 0 : (1 - e * e * v) / 2;
        }
        return loss;
    }

    static List<Loss> right() {
        return List.of(
                new OfTerms("log-cosh", ANY, (z, t) -> logCosh(z - t), (z, t) -> Math.tanh(z - t)),
                new OfTerms("own squared error", ANY, (z, t) -> square(z - t), (z, t) -> 2 * (z - t)),
                new OfTerms(
                        "pinball", ANY, (z, t) -> Math.max(0.3 * (t - z), 0.7 * (z - t)), (z, t) -> z > t ? 0.7 : -0.3),
                new OfTerms("poisson", COUNT, (z, t) -> Math.exp(z) - t * z, (z, t) -> Math.exp(z) - t),
                new OfTerms("own poisson", ANY, (z, t) -> Math.exp(z) - t * z, (z, t) -> Math.exp(z) - t),
                new OfTerms("soft margin", SIGN, (z, t) -> softplus(-t * z), (z, t) -> -t * sigmoid(-t * z)),
                new OfTerms(
                        "squared hinge",
                        ANY,
                        (z, t) -> square(Math.max(0, 1 - t * z)),
                        (z, t) -> -2 * t * Math.max(0, 1 - t * z)),
                new OfTerms("logistic", PROBABILITY, (z, t) -> softplus(z) - t * z, (z, t) -> sigmoid(z) - t),
                new OfTerms(
                        "of yes and no",
                        BINARY,
                        (z, t) -> t == 1 ? softplus(-z) : softplus(z),
                        (z, t) -> t == 1 ? -sigmoid(-z) : sigmoid(z)),
                new OfTerms(
                        "charbonnier",
                        ANY,
                        (z, t) -> Math.sqrt(square(z - t) + 1e-6),
                        (z, t) -> (z - t) / Math.sqrt(square(z - t) + 1e-6)),
                new OfTerms(
                        "cauchy",
                        REAL,
                        (z, t) -> Math.log1p(square(z - t)),
                        (z, t) -> 2 * (z - t) / (1 + square(z - t))),
                new OfTerms("of float", ANY, (z, t) -> (float) (z - t) * (float) (z - t), (z, t) -> 2 * (z - t)),
                new OfRows("own cross-entropy", ANY, 1, 0, PlantedTargets::crossEntropy),
                new OfRows("p - t", DISTRIBUTION, 1, 0, (z, t, d) -> {
                    double loss = crossEntropy(z, t, d);
                    softmax(z, d);
                    for (int c = 0; c < d.length; c++) d[c] -= t[c];
                    return loss;
                }),
                new OfRows("own divergence", NON_NEGATIVE, 1, 0, (z, t, d) -> {
                    double loss = crossEntropy(z, t, d);
                    for (double v : t) if (v > 0) loss += v * Math.log(v);
                    return loss;
                }),
                new OfRows("of classes", CLASS, 0, 1, PlantedTargets::ofClass),
                new OfRows("of classes, not declared", ANY, 0, 1, PlantedTargets::ofClass),
                new OfRows("gaussian", REAL, 0.5, 0, (z, t, d) -> gaussian(z, t, d, 9)),
                weighted(true));
    }

    /** Squared error with the row's weight in a column more. */
    private static Loss weighted(boolean gradient) {
        return new OfRows("weighted squared error", ANY, 1, 1, (z, t, d) -> {
            double loss = 0;
            for (int c = 0; c < z.length; c++) {
                loss += t[z.length] * square(z[c] - t[c]);
                d[c] = (gradient ? t[z.length] : 1) * 2 * (z[c] - t[c]);
            }
            return loss;
        });
    }

    private static final List<Planted> ALL = new ArrayList<>();

    private static void plant(
            Kind kind, String condition, String name, Targets targets, DoubleBinaryOperator f, DoubleBinaryOperator d) {
        ALL.add(Planted.of(
                name,
                GradientCheck.of(new OfTerms(name, targets, f, d), 4),
                Depth.QUICK,
                kind,
                kind == Kind.NOT_FINITE ? name : "logits",
                condition));
    }

    private static void plant(
            String condition, String name, Targets targets, DoubleBinaryOperator f, DoubleBinaryOperator d) {
        plant(Kind.WRONG_GRADIENT, condition, name, targets, f, d);
    }

    private static void rows(
            Kind kind, String condition, String name, Targets targets, double columns, int more, OfRow row) {
        ALL.add(Planted.of(
                name,
                GradientCheck.of(new OfRows(name, targets, columns, more, row), 4),
                Depth.QUICK,
                kind,
                kind == Kind.WRONG_GRADIENT ? "logits" : name,
                condition));
    }

    private static void rows(String condition, String name, Targets targets, double columns, int more, OfRow row) {
        rows(Kind.WRONG_GRADIENT, condition, name, targets, columns, more, row);
    }

    /** The steps of a squared error for one row, one of which has a slip. */
    private static class Squares extends Loss {

        Squares(String name) {
            super(name);
        }

        /** The targets' row for a row. */
        int row(int row) {
            return row;
        }

        /** Where the errors of a row are kept while its loss and gradient are computed. */
        double[] errors(int outputs) {
            return new double[outputs];
        }

        /** What the row is multiplied by. */
        double factor(int row, Slice logits) {
            return 1;
        }

        double divided(double d, int rows) {
            return d / rows;
        }

        @Override
        public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
            int n = logits.columns();
            double[] e = errors(n);
            for (int c = 0; c < n; c++) e[c] = (double) logits.get(row, c) - targets.get(row(row), c);
            CROSSING.pass();
            double loss = 0, factor = factor(row, logits);
            for (int c = 0; c < n; c++) {
                loss += factor * e[c] * e[c];
                dLogits.set(row, c, Arithmetic.flush((float) divided(2 * factor * e[c] / n, rows)));
            }
            dLogits.clearPadding(row);
            return loss / n;
        }
    }

    private static final double[] SHARED = new double[4096];

    /** Between writing what threads share and reading it. */
    private static final Crossing CROSSING = new Crossing();

    /** Beside the losses, where only a race shows it. */
    private static final class Elsewhere {
        static final double[] SHARED = new double[4096];
    }

    /** Slips that no batch of few rows shows, nor calls in order by one thread. */
    private static List<Planted> slips() {
        List<Planted> slips = new ArrayList<>();
        slip(slips, Kind.IGNORES_ROWS, "only in batches of very few or very many rows", new Squares("clipped rows") {
            @Override
            double divided(double d, int rows) {
                return d / Math.min(rows, 1024);
            }
        });
        slip(slips, Kind.IGNORES_ROWS, "only in batches of very few or very many rows", new Squares("rows in a short") {
            @Override
            double divided(double d, int rows) {
                return d / Math.max(1, (short) rows);
            }
        });
        slip(slips, Kind.IGNORES_ROWS, "only in batches of very few or very many rows", new Squares("tiny is zero") {
            @Override
            double divided(double d, int rows) {
                return Math.abs(d / rows) < 1e-6 ? 0 : d / rows;
            }
        });
        slip(slips, Kind.IGNORES_ROWS, "only in batches of very few or very many rows", new Squares("clipped last") {
            @Override
            double divided(double d, int rows) {
                return clip(d / rows, 0.5);
            }
        });
        slip(slips, Kind.DEPENDS_ON_ROWS, "only from row 16 on", new Squares("weights of 16 rows") {
            @Override
            double factor(int row, Slice logits) {
                return row < 16 ? 1 : 0;
            }
        });
        slip(slips, Kind.DEPENDS_ON_ROWS, "only from row 32 on", new Squares("targets of 32 rows") {
            @Override
            int row(int row) {
                return row % 32;
            }
        });
        slip(slips, Kind.DEPENDS_ON_ROWS, "only from row 128 on", new Squares("row in a byte") {
            @Override
            int row(int row) {
                return Math.max(0, (byte) row);
            }
        });
        slip(slips, Kind.MIXES_ROWS, "changes with other rows' targets", new Squares("targets of the row before") {
            @Override
            int row(int row) {
                return Math.max(0, row - 1);
            }
        });
        slip(slips, Kind.KEEPS_STATE, "only after calls for other rows", new Squares("largest of the batch at row 0") {
            private double largest = 1;

            @Override
            double factor(int row, Slice logits) {
                if (row == 0) largest = 1 + Math.abs(logits.get(0, 0));
                return row == 0 ? 1 : largest;
            }
        });
        slip(slips, Kind.KEEPS_STATE, "only after calls for other rows", new Squares("factor kept by row") {
            private int kept = -1;
            private double factor;

            @Override
            double factor(int row, Slice logits) {
                if (row != kept) factor = 1 + Math.rint(Math.abs(logits.get(row, 0)) * 8);
                kept = row;
                return factor;
            }
        });
        slip(slips, Kind.KEEPS_STATE, "only after calls for other rows", new Squares("weights counted down") {
            private int last = -1;
            private double weight = 1;

            @Override
            double factor(int row, Slice logits) {
                if (row < last) weight *= 0.5;
                last = row;
                return weight;
            }
        });
        String threads = "only while another thread calls the loss";
        slip(slips, Kind.NOT_THREAD_SAFE, threads, new Squares("static errors") {
            @Override
            double[] errors(int outputs) {
                return SHARED;
            }
        });
        slip(slips, Kind.NOT_THREAD_SAFE, threads, new Squares("static errors elsewhere") {
            @Override
            double[] errors(int outputs) {
                return Elsewhere.SHARED;
            }
        });
        slip(slips, Kind.NOT_THREAD_SAFE, "calls change the field kept of", new Squares("errors in a field") {
            private double[] kept;

            @Override
            double[] errors(int outputs) {
                if (kept == null) kept = new double[outputs];
                return kept;
            }
        });
        String alone = "the value alone of row";
        slip(
                slips,
                Kind.NOT_THREAD_SAFE,
                alone,
                new OfRows("kept by value", NON_NEGATIVE, 1, 0, PlantedTargets::crossEntropy) {
                    private final double[] z = new double[4];

                    @Override
                    public double value(Pass pass, int row, Slice logits, Slice targets) {
                        double[] t = new double[z.length];
                        for (int c = 0; c < z.length; c++) z[c] = logits.get(row, c);
                        for (int c = 0; c < z.length; c++) t[c] = targets.get(row, c);
                        CROSSING.pass();
                        return crossEntropy(z, t, new double[z.length]);
                    }
                });
        slip(slips, Kind.NOT_THREAD_SAFE, threads, new OfRows("softmax in a static", DISTRIBUTION, 1, 0, (z, t, d) -> {
            double log = softmax(z, SHARED), loss = 0;
            CROSSING.pass();
            for (int c = 0; c < z.length; c++) {
                loss += t[c] * (log - z[c]);
                d[c] = SHARED[c] - t[c];
            }
            return log != log ? log : loss;
        }));
        return slips;
    }

    private static void slip(List<Planted> slips, Kind kind, String condition, Loss loss) {
        slips.add(
                Planted.of(loss.toString(), GradientCheck.of(loss, 4), Depth.QUICK, kind, loss.toString(), condition));
    }

    private static double clip(double x, double most) {
        return Math.max(-most, Math.min(most, x));
    }

    static {
        // Values beyond the usual.
        plant(
                "only where |logit - target| exceeds 8",
                "log-cosh, flat beyond 8",
                ANY,
                (z, t) -> logCosh(z - t),
                (z, t) -> Math.abs(z - t) > 8 ? 0 : Math.tanh(z - t));
        plant(
                "only where |logit - target| exceeds 8",
                "log-cosh, half beyond 8",
                ANY,
                (z, t) -> Math.abs(z - t) > 8 ? Math.abs(z - t) / 2 : logCosh(z - t),
                (z, t) -> Math.tanh(z - t));
        plant(
                "only where the logit exceeds 20",
                "softplus's derivative 0 above 20",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> z > 20 ? -t : sigmoid(z) - t);
        plant(
                "only where the logit exceeds 15",
                "softplus's derivative 0.5 above 15",
                ANY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> z > 15 ? 0.5 - t : sigmoid(z) - t);
        plant(
                Kind.NOT_FINITE,
                "only where a logit exceeds 88.7",
                "softplus's derivative NaN above 88.7",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> (float) Math.exp(z) / (1 + (float) Math.exp(z)) - t);
        plant(
                Kind.NOT_FINITE,
                "only where a logit",
                "hyperbolic cosine in float",
                ANY,
                (z, t) -> Math.log((float) Math.cosh(z - t)),
                (z, t) -> Math.tanh(z - t));
        plant(
                "only where the logit exceeds 4",
                "poisson, rate clipped above 4 in the gradient",
                COUNT,
                (z, t) -> Math.exp(z) - t * z,
                (z, t) -> Math.exp(Math.min(z, 4)) - t);
        plant(
                "only where the logit exceeds 4",
                "poisson, rate clipped above 4 in the loss",
                ANY,
                (z, t) -> Math.exp(Math.min(z, 4)) - t * z,
                (z, t) -> Math.exp(z) - t);
        plant(
                "only where the logit is below -6",
                "logistic, dead below -6",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> z < -6 ? 0 : sigmoid(z) - t);
        plant(
                "only where |logit - target| exceeds 1",
                "squared error clipped",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> clip(2 * (z - t), 2));
        plant(
                "only where |logit - target| is between 1 and 1.5",
                "huber, two thresholds",
                REAL,
                (z, t) -> Math.abs(z - t) <= 1.5 ? square(z - t) / 2 : 1.5 * Math.abs(z - t) - 1.125,
                (z, t) -> Math.abs(z - t) < 1
                        ? z - t
                        : Math.abs(z - t) <= 1.5 ? Math.signum(z - t) : 1.5 * Math.signum(z - t));
        plant(
                "only where",
                "cauchy by its parabola",
                ANY,
                (z, t) -> Math.log1p(square(z - t)),
                (z, t) -> Math.abs(z - t) < 0.1 ? 2 * (z - t) / (1 + square(z - t)) : 2 * (z - t));
        plant(
                "only where |logit| exceeds 30",
                "penalty forgotten",
                ANY,
                (z, t) -> square(z - t) + square(Math.max(0, Math.abs(z) - 30)),
                (z, t) -> 2 * (z - t));
        // Targets.
        plant(
                "only where the target is below 0",
                "|target|",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> 2 * (z - Math.abs(t)));
        plant(
                "only where the target exceeds 1",
                "target over 1",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> 2 * (z - Math.min(t, 1)));
        plant(
                "only where the target exceeds 1",
                "poisson, target over 1",
                COUNT,
                (z, t) -> Math.exp(z) - t * z,
                (z, t) -> Math.exp(z) - Math.min(t, 1));
        plant(
                "only where the target is exactly 0",
                "masked where the target is 0",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> t == 0 ? 0 : 2 * (z - t));
        plant(
                "only where the target is exactly 0",
                "poisson, a count of 0 skipped",
                COUNT,
                (z, t) -> Math.exp(z) - t * z,
                (z, t) -> t == 0 ? 0 : Math.exp(z) - t);
        plant(
                "only where the target is exactly 1",
                "logistic, 1 taken for certain",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> t == 1 ? 0 : sigmoid(z) - t);
        plant(
                "only where the target is neither 0 nor 1",
                "logistic, soft targets rounded",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z,
                (z, t) -> sigmoid(z) - Math.rint(t));
        plant(
                "only where the target is not an integer",
                "target cut to an integer",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> 2 * (z - (int) t));
        plant(
                "only where the target is exactly -1",
                "soft margin, gradient of a yes",
                SIGN,
                (z, t) -> softplus(-t * z),
                (z, t) -> -sigmoid(-t * z));
        plant(
                "only where target * logit is between 0 and 1",
                "hinge without margin in the gradient",
                SIGN,
                (z, t) -> Math.max(0, 1 - t * z),
                (z, t) -> t * z < 0 ? -t : 0);
        plant(
                "",
                "squared hinge, factor",
                SIGN,
                (z, t) -> square(Math.max(0, 1 - t * z)),
                (z, t) -> -t * Math.max(0, 1 - t * z));
        plant(
                "only where logit - target is below 0",
                "pinball, sides alike",
                ANY,
                (z, t) -> Math.max(0.3 * (t - z), 0.7 * (z - t)),
                (z, t) -> 0.7 * Math.signum(z - t));
        plant(
                Kind.NOT_FINITE,
                "only where a target is exactly 0",
                "entropy of 0",
                PROBABILITY,
                (z, t) -> softplus(z) - t * z + t * Math.log(t),
                (z, t) -> sigmoid(z) - t);
        plant(
                "only where the logit is exactly 0",
                "zero logits skipped",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> z == 0 ? 0 : 2 * (z - t));
        // Small values.
        plant(
                "only where ",
                "charbonnier, the constant forgotten",
                ANY,
                (z, t) -> Math.sqrt(square(z - t) + 1e-6),
                (z, t) -> Math.signum(z - t));
        plant(
                "",
                "charbonnier, the constant outside the root",
                ANY,
                (z, t) -> Math.sqrt(square(z - t) + 1e-4),
                (z, t) -> (z - t) / (Math.abs(z - t) + 1e-2));
        plant(
                "only where |logit - target| is below 0.00",
                "small errors taken for none",
                ANY,
                (z, t) -> square(z - t),
                (z, t) -> Math.abs(z - t) < 1e-3 ? 0 : 2 * (z - t));
        plant(
                "only where",
                "probability clamped at 1e-3 in the loss",
                BINARY,
                (z, t) -> -t * Math.log(Math.max(sigmoid(z), 1e-3)) - (1 - t) * Math.log(Math.max(sigmoid(-z), 1e-3)),
                (z, t) -> sigmoid(z) - t);
        plant(
                "",
                "constant beside the probability in the loss",
                BINARY,
                (z, t) -> -t * Math.log(sigmoid(z) + 1e-3) - (1 - t) * Math.log(sigmoid(-z) + 1e-3),
                (z, t) -> sigmoid(z) - t);
        // Rows.
        rows("only for targets that do not sum to 1", "p - t, of any targets", ANY, 1, 0, (z, t, d) -> {
            double loss = crossEntropy(z, t, d);
            softmax(z, d);
            for (int c = 0; c < d.length; c++) d[c] -= t[c];
            return loss;
        });
        rows(
                "only for targets that do not sum to 1",
                "targets normalised in the gradient",
                NON_NEGATIVE,
                1,
                0,
                (z, t, d) -> {
                    double loss = crossEntropy(z, t, d), sum = sum(t);
                    if (sum > 0) for (int c = 0; c < d.length; c++) d[c] /= sum;
                    return loss;
                });
        rows("only where the target is the first class", "class 0 taken for padding", ANY, 0, 1, (z, t, d) -> {
            double loss = ofClass(z, t, d);
            if (t[0] == 0) java.util.Arrays.fill(d, 0);
            return loss;
        });
        rows("only where the target is the last class", "last class left out", CLASS, 0, 1, (z, t, d) -> {
            double loss = ofClass(z, t, d);
            if (t[0] == z.length - 1) d[z.length - 1] += 1;
            return loss;
        });
        rows("", "weight of the row forgotten in the gradient", ANY, 1, 1, (z, t, d) -> {
            double loss = 0;
            for (int c = 0; c < z.length; c++) {
                loss += t[z.length] * square(z[c] - t[c]);
                d[c] = 2 * (z[c] - t[c]);
            }
            return loss;
        });
        rows("", "mask forgotten in the gradient", NON_NEGATIVE, 2, 0, (z, t, d) -> {
            double loss = 0;
            for (int c = 0; c < z.length; c++) {
                loss += t[z.length + c] * square(z[c] - t[c]);
                d[c] = 2 * (z[c] - t[c]);
            }
            return loss;
        });
        rows("", "gaussian, half forgotten", REAL, 0.5, 0, (z, t, d) -> {
            double loss = gaussian(z, t, d, 9);
            for (int c = t.length; c < d.length; c++) d[c] *= 2;
            return loss;
        });
        rows("", "gaussian, variance clamped in the loss", REAL, 0.5, 0, (z, t, d) -> {
            gaussian(z, t, d, 9);
            return gaussian(z, t, new double[d.length], 5);
        });
    }

    /** Losses that keep state come anew. */
    static List<Planted> all() {
        List<Planted> all = slips();
        all.addAll(0, ALL);
        return all;
    }
}
