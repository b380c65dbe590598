package lanewise.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import lanewise.check.GradientCheck.Depth;
import lanewise.check.GradientReport.Kind;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Layer;
import lanewise.layer.RandomSource;
import lanewise.layer.Targets;
import lanewise.memory.ParameterShape;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/** Layers, activations and losses whose gradients are wrong by some 1e-5 of their size, everywhere or in one part. */
final class PlantedDrift {

    private PlantedDrift() {}

    private static final double UP = 1.00001, DOWN = 0.99999;

    /** The factors of the gradients of a weight and a bias by their indices, of an input, and of an output before these. */
    record Factors(DoubleBinaryOperator weight, double bias, double input, double output) {}

    private static final Factors NONE = weights((i, o) -> 1);

    private static Factors weights(DoubleBinaryOperator factor) {
        return new Factors(factor, 1, 1, 1);
    }

    /** A dense layer in plain loops, with a hyperbolic tangent, or a rectifier if it is to have kinks. */
    record Plain(int inputs, int outputs, boolean kinks, Factors factors) implements Layer {

        @Override
        public int inputSize() {
            return inputs;
        }

        @Override
        public int outputSize() {
            return outputs;
        }

        @Override
        public List<ParameterShape> parameters() {
            return List.of(
                    new ParameterShape("weights", ParameterShape.Role.WEIGHTS, inputs, outputs),
                    new ParameterShape("bias", ParameterShape.Role.BIAS, 1, outputs));
        }

        @Override
        public void initialize(Parameters parameters, RandomSource random) {
            float scale = (float) (1 / Math.sqrt(inputs));
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < outputs; o++) parameters.get(0).set(i, o, scale * random.normal());
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int o = 0; o < outputs; o++) {
                    float sum = parameters.get(1).get(0, o);
                    for (int i = 0; i < inputs; i++)
                        sum = Arithmetic.fma(input.get(r, i), parameters.get(0).get(i, o), sum);
                    output.set(r, o, kinks ? Math.max(sum, 0) : Arithmetic.tanh(sum));
                }
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
            for (int r = from; r < to; r++) {
                for (int o = 0; o < outputs; o++) {
                    float y = output.get(r, o), derivative = kinks ? y > 0 ? 1 : 0 : 1 - y * y;
                    dOutput.set(r, o, Arithmetic.flush((float) (factors.output * derivative * dOutput.get(r, o))));
                }
                for (int i = 0; dInput != null && i < inputs; i++) {
                    float sum = 0;
                    for (int o = 0; o < outputs; o++)
                        sum = Arithmetic.fma(parameters.get(0).get(i, o), dOutput.get(r, o), sum);
                    dInput.set(r, i, Arithmetic.flush((float) (factors.input * sum)));
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
            for (int r = from; r < to; r++)
                for (int o = 0; o < outputs; o++) {
                    float d = scale * dOutput.get(r, o);
                    for (int i = 0; i < inputs; i++) {
                        float term = (float) (factors.weight.applyAsDouble(i, o) * input.get(r, i) * d);
                        target.get(0).set(i, o, target.get(0).get(i, o) + term);
                    }
                    target.get(1).set(0, o, target.get(1).get(0, o) + (float) (factors.bias * d));
                }
        }

        /** The same in double. */
        void inDouble(int rows, double[][] parameters, double[] input, double[] output) {
            for (int r = 0; r < rows; r++)
                for (int o = 0; o < outputs; o++) {
                    double sum = parameters[1][o];
                    for (int i = 0; i < inputs; i++) sum += input[r * inputs + i] * parameters[0][i * outputs + o];
                    output[r * outputs + o] = kinks ? Math.max(sum, 0) : Math.tanh(sum);
                }
        }

        @Override
        public String toString() {
            return "plain dense " + inputs + "->" + outputs;
        }
    }

    /** By a function in double and its derivative, of which the value is given as well. */
    static final class Of extends Activation {

        private final DoubleUnaryOperator function;
        private final DoubleUnaryOperator derivative;

        Of(String name, DoubleUnaryOperator function, DoubleUnaryOperator derivative) {
            super(name);
            this.function = function;
            this.derivative = derivative;
        }

        @Override
        public float value(float x) {
            return (float) function.applyAsDouble(x);
        }

        @Override
        public float derivative(float x, float y) {
            return (float) derivative.applyAsDouble(x);
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double swish(double x) {
        return x * sigmoid(x);
    }

    private static double swishDerivative(double x) {
        double s = sigmoid(x);
        return s + x * s * (1 - s);
    }

    private static double tanhDerivative(double x) {
        return 1 / (Math.cosh(x) * Math.cosh(x));
    }

    /** Of the hyperbolic tangent's derivative, by steps. */
    private static double table(double x, double step) {
        double below = Math.floor(x / step) * step, share = (x - below) / step;
        return (1 - share) * tanhDerivative(below) + share * tanhDerivative(below + step);
    }

    /** What must pass. */
    static List<GradientCheck> right() {
        List<GradientCheck> right = new ArrayList<>();
        for (int[] size : new int[][] {{5, 3}, {17, 9}, {1, 4}, {40, 33}})
            for (boolean kinks : new boolean[] {false, true}) {
                Plain plain = new Plain(size[0], size[1], kinks, NONE);
                right.add(GradientCheck.of(plain));
                right.add(GradientCheck.of(plain).reference(plain::inDouble));
            }
        right.add(GradientCheck.of(new Of("swish", PlantedDrift::swish, PlantedDrift::swishDerivative)));
        right.add(GradientCheck.of(
                new Of("swish", PlantedDrift::swish, PlantedDrift::swishDerivative), PlantedDrift::swish));
        right.add(GradientCheck.of(new Of("tanh", Math::tanh, PlantedDrift::tanhDerivative)));
        right.add(GradientCheck.of(new Of("table", Math::tanh, x -> table(x, 1e-4)), Math::tanh));
        right.add(GradientCheck.of(Activation.TANH, Math::tanh));
        right.add(GradientCheck.of(Activation.SIGMOID, PlantedDrift::sigmoid));
        right.add(GradientCheck.of(Activation.RELU, x -> Math.max(x, 0)));
        return right;
    }

    private static Planted planted(String name, GradientCheck check, String place, String condition) {
        return planted(name, check, place, condition, Depth.QUICK);
    }

    private static Planted planted(String name, GradientCheck check, String place, String condition, Depth least) {
        return Planted.of(name, check, least, Kind.WRONG_GRADIENT, place, condition);
    }

    private static Planted activation(String name, DoubleUnaryOperator f, DoubleUnaryOperator d, boolean reference) {
        Of of = new Of(name, f, d);
        return planted(name, reference ? GradientCheck.of(of, f) : GradientCheck.of(of), "x", "");
    }

    private static Planted loss(String name, DoubleBinaryOperator f, DoubleBinaryOperator d) {
        return planted(name, GradientCheck.of(new PlantedTargets.OfTerms(name, Targets.REAL, f, d), 4), "logits", "");
    }

    static List<Planted> all() {
        List<Planted> all = new ArrayList<>();
        for (int[] size : new int[][] {{20, 10}, {64, 64}}) {
            int in = size[0], out = size[1];
            String of = " of " + in + " to " + out;
            all.add(planted(
                    "weights 1.00003 times" + of,
                    GradientCheck.of(new Plain(in, out, false, weights((i, o) -> 1.00003))),
                    "weights",
                    "too large by"));
            all.add(planted(
                    "weights 0.99997 times" + of,
                    GradientCheck.of(new Plain(in, out, false, weights((i, o) -> 0.99997))),
                    "weights",
                    "too small by"));
            all.add(planted(
                    "input 1.00003 times" + of,
                    GradientCheck.of(new Plain(in, out, false, new Factors((i, o) -> 1, 1, 1.00003, 1))),
                    "input",
                    "too large by"));
            all.add(planted(
                    "bias 1.00005 times" + of,
                    GradientCheck.of(new Plain(in, out, false, new Factors((i, o) -> 1, 1.00005, 1, 1))),
                    "bias",
                    "too large by"));
            all.add(planted(
                    "all 1.00003 times" + of,
                    GradientCheck.of(new Plain(in, out, false, new Factors((i, o) -> 1, 1, 1, 1.00003))),
                    "weights",
                    "too large by"));
            all.add(planted(
                    "weights of half the columns 1.00005 times" + of,
                    GradientCheck.of(new Plain(in, out, false, weights((i, o) -> o < out / 2 ? 1 : 1.00005))),
                    "weights",
                    "",
                    Depth.STANDARD));
            all.add(planted(
                    "weights of half the rows 1.00005 times" + of,
                    GradientCheck.of(new Plain(in, out, false, weights((i, o) -> i < in / 2 ? 1.00005 : 1))),
                    "weights",
                    "",
                    Depth.STANDARD));
            Plain plain = new Plain(in, out, false, weights((i, o) -> UP));
            all.add(planted(
                    "weights 1.00001 times, with a reference" + of,
                    GradientCheck.of(plain).reference(plain::inDouble),
                    "weights",
                    ""));
            Plain kinks = new Plain(in, out, true, new Factors((i, o) -> 1, 1, DOWN, 1));
            all.add(planted(
                    "input 0.99999 times, with a reference" + of,
                    GradientCheck.of(kinks).reference(kinks::inDouble),
                    "input",
                    ""));
        }
        all.add(activation("swish 1.00001 times", PlantedDrift::swish, x -> UP * swishDerivative(x), false));
        all.add(activation(
                "swish 1.00001 times, with a reference", PlantedDrift::swish, x -> UP * swishDerivative(x), true));
        all.add(activation(
                "swish 1.00002 times above 0",
                PlantedDrift::swish,
                x -> (x > 0 ? 1.00002 : 1) * swishDerivative(x),
                false));
        all.add(activation("table of the tangent", Math::tanh, x -> table(x, 0.02), false));
        all.add(activation("table of the tangent, with a reference", Math::tanh, x -> table(x, 0.02), true));
        all.add(activation(
                "tangent wrong at one end, with a reference",
                Math::tanh,
                x -> tanhDerivative(x) + (x > 4 ? 3e-5 : 0),
                true));
        all.add(activation(
                "normal density with few digits", x -> x * x * x / 6 + 0.5 * x, x -> x * x / 2 * UP + 0.5, false));
        all.add(loss("log-cosh 1.00001 times", (z, t) -> Math.log(Math.cosh(z - t)), (z, t) -> UP * Math.tanh(z - t)));
        all.add(loss("squared error 0.99999 times", (z, t) -> (z - t) * (z - t), (z, t) -> 2 * DOWN * (z - t)));
        all.add(loss(
                "cauchy, few digits",
                (z, t) -> Math.log1p((z - t) * (z - t)),
                (z, t) -> 2 * (z - t) / (UP + (z - t) * (z - t))));
        return all;
    }
}
