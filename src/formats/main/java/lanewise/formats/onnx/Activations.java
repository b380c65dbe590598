package lanewise.formats.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import lanewise.layer.Activation;

/**
 * Recognises a function of one number by its values: whatever operators spell it, a formula that is equal to an activation's
 * at some hundred points of all sizes, and at those around each of its constants, is that activation. Parameters are the
 * formula's own constants where one is near.
 */
final class Activations {

    /** An activation with its formula in double precision. */
    private record Candidate(Activation activation, DoubleUnaryOperator formula) {}

    /**
     * What was recognised: {@code scale · activation(inner · x + offset) + shift}; without an activation, {@code scale · x +
     * shift}.
     */
    record Match(Activation activation, double inner, double offset, double scale, double shift, double error) {

        boolean plain() {
            return inner == 1 && offset == 0 && scale == 1 && shift == 0;
        }
    }

    private static final double SELU_POSITIVE = 1.0507009873554805, SELU_NEGATIVE = SELU_POSITIVE * 1.6732632423543772;

    private static final List<Candidate> FIXED = List.of(
            new Candidate(Activation.RELU, x -> Math.max(x, 0)),
            new Candidate(Activation.SIGMOID, Functions::sigmoid),
            new Candidate(Activation.TANH, Math::tanh),
            new Candidate(Activation.SOFTPLUS, Functions::softplus),
            new Candidate(Activation.GELU, Functions::gelu),
            new Candidate(Activation.GELU_TANH, Functions::geluTanh),
            new Candidate(Activation.SILU, x -> x * Functions.sigmoid(x)),
            new Candidate(Activation.ELU, x -> Functions.elu(x, 1)),
            new Candidate(Activation.SELU, x -> x > 0 ? SELU_POSITIVE * x : SELU_NEGATIVE * Math.expm1(x)),
            new Candidate(Activation.HARD_SIGMOID, x -> Math.max(0, Math.min(1, x / 6 + 0.5))),
            new Candidate(Activation.HARD_SWISH, x -> x * Math.max(0, Math.min(1, x / 6 + 0.5))),
            new Candidate(Activation.MISH, Functions::mish),
            new Candidate(Activation.SOFTSIGN, x -> x / (1 + Math.abs(x))),
            new Candidate(Activation.LOG_SIGMOID, x -> -Functions.softplus(-x)),
            new Candidate(Activation.TANH_SHRINK, x -> x - Math.tanh(x)));

    private final double[] xs;
    private final double[] fs;

    /** The formula's constants, their negatives and reciprocals. */
    private final double[] constants;

    private final double tolerance;
    private final DoubleUnaryOperator formula;

    private Activations(Region region, double[] scalars) {
        // In halves the constants of a formula themselves are rounded so.
        tolerance = switch (region.type()) {
            case FLOAT16 -> 1e-3;
            case BFLOAT16 -> 8e-3;
            default -> 4e-7;
        };
        constants = DoubleStream.concat(DoubleStream.of(1), DoubleStream.of(scalars))
                .flatMap(c -> DoubleStream.of(c, -c, 1 / c, -1 / c))
                .filter(Double::isFinite)
                .distinct()
                .limit(64)
                .toArray();
        xs = points(constants);
        fs = region.evaluatePointwise(xs);
        formula = x -> region.evaluatePointwise(new double[] {x})[0];
    }

    /**
     * The activation that a region computes.
     *
     * @param scalars see {@link Region#scalars}
     * @return null if it is none
     */
    static Match of(Region region, double[] scalars) {
        return new Activations(region, scalars).match();
    }

    /**
     * The limit of a soft shrinking, {@code x - max(-limit, min(limit, x))}.
     *
     * @return NaN if the region is none
     */
    static float softShrink(Region region, double[] scalars) {
        Activations activations = new Activations(region, scalars);
        for (double c : activations.constants) {
            float limit = (float) c;
            if (limit > 0 && activations.error(x -> x - Math.max(-limit, Math.min(limit, x))) < 1) return limit;
        }
        return Float.NaN;
    }

    private static double[] points(double[] constants) {
        DoubleStream.Builder points = DoubleStream.builder();
        for (int i = -120; i <= 120; i++) points.add(i / 12.0 + 0.003 * (i % 5));
        for (double size = 1e-4; size < 1e6; size *= 2.3) points.add(size).add(-size);
        for (double c : constants) {
            double step = Math.max(Math.abs(c), 1e-3);
            points.add(c)
                    .add(c - 1e-3 * step)
                    .add(c + 1e-3 * step)
                    .add(c - 0.3 * step)
                    .add(c + 0.3 * step);
        }
        points.add(0);
        return points.build().toArray();
    }

    private Match match() {
        Match affine = affine();
        if (affine != null) return affine;
        Match best = null;
        for (Candidate candidate : candidates()) {
            double error = error(candidate.formula);
            if (error < 1 && (best == null || error < 0.5 * best.error))
                best = new Match(candidate.activation, 1, 0, 1, 0, error);
        }
        return best != null ? best : scaled();
    }

    /** The largest difference, in units of what is tolerated; more than 1 as soon as it is. */
    private double error(DoubleUnaryOperator other) {
        double worst = 0;
        for (int i = 0; i < xs.length && worst <= 1; i++) {
            double x = xs[i], f = fs[i], g = other.applyAsDouble(x);
            // Formulas spelled with exponentials overflow far out, where activations do not.
            if (!Double.isFinite(f) && Math.abs(x) > 80) continue;
            double scale = Math.max(1, Math.max(Math.abs(x), Math.abs(g)));
            double error = Math.abs(f - g) / scale / tolerance;
            if (!(error <= worst)) worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
        }
        return worst;
    }

    private double near(double estimate) {
        double best = estimate;
        for (double c : constants)
            if (Math.abs(c - estimate) <= 1e-6 * Math.abs(estimate)
                    && (best == estimate || Math.abs(c - estimate) < Math.abs(best - estimate))) best = c;
        return best;
    }

    private Match affine() {
        double shift = formula.applyAsDouble(0), scale = formula.applyAsDouble(1) - shift;
        if (!Double.isFinite(scale) || !Double.isFinite(shift)) return null;
        double a = near(scale), b = near(shift), exactly = tolerance;
        for (int i = 0; i < xs.length; i++) {
            double g = a * xs[i] + b;
            if (!(Math.abs(fs[i] - g) <= 1e-3 * exactly * Math.max(1e-3, Math.abs(a * xs[i]) + Math.abs(b))))
                return null;
        }
        return new Match(null, 1, 0, a, b, 0);
    }

    private List<Candidate> candidates() {
        List<Candidate> candidates = new ArrayList<>(FIXED);
        float slope = (float) near(-formula.applyAsDouble(-1));
        if (slope > 0 && Float.isFinite(slope))
            candidates.add(new Candidate(
                    slope == 0.01f ? Activation.LEAKY_RELU : Activation.leakyRelu(slope), x -> x < 0 ? slope * x : x));
        float alpha = (float) near(-formula.applyAsDouble(-60));
        if (alpha > 0 && Float.isFinite(alpha))
            candidates.add(new Candidate(Activation.elu(alpha), x -> Functions.elu(x, alpha)));
        float limit = (float) near(-formula.applyAsDouble(-1e5));
        if (limit > 0 && Float.isFinite(limit))
            candidates.add(new Candidate(Activation.celu(limit), x -> Functions.celu(x, limit)));
        float beta = (float) near(Math.log(2) / formula.applyAsDouble(0));
        if (beta >= 1e-6f && beta < 1e6f)
            candidates.add(new Candidate(Activation.softplus(beta), x -> Functions.softplus(beta * x) / beta));
        double[] limits = DoubleStream.concat(
                        DoubleStream.of(constants), DoubleStream.of(0, -Float.MAX_VALUE, Float.MAX_VALUE))
                .filter(c -> Float.isFinite((float) c))
                .toArray();
        for (double a : limits)
            for (double b : limits) {
                float first = (float) a, second = (float) b;
                if (first < second)
                    candidates.add(
                            new Candidate(Activation.clip(first, second), x -> Math.max(first, Math.min(second, x))));
                if (Math.abs(first) >= 1e30f || Math.abs(second) >= 1e30f) continue;
                candidates.add(new Candidate(Activation.threshold(first, second), x -> x > first ? x : second));
                // To be at least a float is to be more than the one below it.
                candidates.add(new Candidate(
                        Activation.threshold(Math.nextDown(first), second), x -> x >= first ? x : second));
            }
        return candidates;
    }

    /** A multiple of an activation of a multiple, as x · sigmoid(1.702 x) is of SiLU. */
    private Match scaled() {
        double[] inners = DoubleStream.concat(DoubleStream.of(1), DoubleStream.of(constants))
                .toArray();
        for (Candidate candidate : FIXED)
            for (double inner : inners) {
                if (inner == 0 || Math.abs(inner) > 1e4 || Math.abs(inner) < 1e-4) continue;
                double x1 = 0.7 / inner, x2 = 2.3 / inner;
                double g1 = candidate.formula.applyAsDouble(0.7), g2 = candidate.formula.applyAsDouble(2.3);
                double f1 = formula.applyAsDouble(x1), f2 = formula.applyAsDouble(x2);
                double scale = near((f2 - f1) / (g2 - g1));
                double shift = near(f1 - scale * g1);
                if (Math.abs(shift) < 1e-9) shift = 0;
                if (!Double.isFinite(scale) || scale == 0 || !Double.isFinite(shift)) continue;
                double c = scale, d = shift;
                double error = error(x -> c * candidate.formula.applyAsDouble(inner * x) + d);
                if (error < 1) return new Match(candidate.activation, inner, 0, c, d, error);
            }
        return null;
    }
}
