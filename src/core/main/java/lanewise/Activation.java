package lanewise;

import lanewise.kernel.Elementary;
import lanewise.kernel.Kernels;

/**
 * A function of one float, applied to each output of a layer, together with its derivative.
 *
 * <p>Own activations extend this class with {@link #value} and {@link #derivative}, which must use {@link Arithmetic}
 * and exact operations only. Immutable; any number of threads.
 */
public abstract class Activation {

    /** x itself. */
    public static final Activation IDENTITY = new BuiltIn("identity", BuiltIn.IDENTITY, true);

    /** 1 / (1 + e⁻ˣ); derivative y (1 − y). */
    public static final Activation SIGMOID = new BuiltIn("sigmoid", BuiltIn.SIGMOID, true);

    /** tanh x; derivative 1 − y². */
    public static final Activation TANH = new BuiltIn("tanh", BuiltIn.TANH, true);

    /** max(x, 0) (Nair and Hinton 2010); derivative 1 above zero, else 0. */
    public static final Activation RELU = new BuiltIn("relu", BuiltIn.RELU, 0f, 1f, 0f);

    /** x above zero, else 0.01 x (Maas et al. 2013). */
    public static final Activation LEAKY_RELU = new BuiltIn("leaky-relu", BuiltIn.LEAKY_RELU, 0.01f, 1f, 0.01f);

    /** ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^−|x|) (Dugas et al. 2001); derivative 1 / (1 + e⁻ˣ). */
    public static final Activation SOFTPLUS = new BuiltIn("softplus", BuiltIn.SOFTPLUS, false);

    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016). */
    public static final Activation GELU = new BuiltIn("gelu", BuiltIn.GELU, false);

    /** x / (1 + e⁻ˣ) (Hendrycks and Gimpel 2016; Elfwing et al. 2018). */
    public static final Activation SILU = new BuiltIn("silu", BuiltIn.SILU, false);

    /** x above zero, else eˣ − 1 (Clevert et al. 2016, §3, with α = 1); derivative 1 above zero, else y + 1. */
    public static final Activation ELU = new BuiltIn("elu", BuiltIn.ELU, 1f, 1f, 1f);

    /**
     * λ x above zero, else λ α (eˣ − 1), with λ = 1.0507 and α = 1.67326 such that mean 0 and variance 1 are a fixed
     * point (Klambauer et al. 2017, eq. 2); wants {@link Initializer#LECUN_NORMAL}.
     */
    public static final Activation SELU = new BuiltIn("selu", BuiltIn.SELU, 0f, 1.050700987f, 1.758099341f);

    /** x/6 + ½ limited to [0, 1] (Howard et al. 2019, §5.2; in steeper form Courbariaux et al. 2015, eq. 3). */
    public static final Activation HARD_SIGMOID = new BuiltIn("hard-sigmoid", BuiltIn.HARD_SIGMOID, true);

    /** x times the hard sigmoid (Howard et al. 2019, §5.2). */
    public static final Activation HARD_SWISH = new BuiltIn("hard-swish", BuiltIn.HARD_SWISH, false);

    /** x tanh(ln(1 + eˣ)), computed as x n / (n + 2) with n = eˣ (eˣ + 2) (Misra 2019, eq. 1). */
    public static final Activation MISH = new BuiltIn("mish", BuiltIn.MISH, false);

    /**
     * ½ x (1 + erf(x/√2)), which {@link #GELU} approximates (Hendrycks and Gimpel 2016). A little slower, and accurate in
     * relative terms at negative x too, where GELU loses all digits.
     */
    public static final Activation GELU_EXACT = new BuiltIn("gelu-exact", BuiltIn.GELU_EXACT, false);

    /** x / (1 + |x|) (Bergstra et al. 2009); derivative (1 − |y|)². */
    public static final Activation SOFTSIGN = new BuiltIn("softsign", BuiltIn.SOFTSIGN, true);

    private final String name;
    private final int number;
    private final float parameter;

    /**
     * For activations of one's own.
     *
     * @param name as tables and error messages show it
     */
    protected Activation(String name) {
        this(name, 0, 0f);
    }

    /** For those of this class, whose numbers are part of the format of model files and never change. */
    private Activation(String name, int number, float parameter) {
        this.name = name;
        this.number = number;
        this.parameter = parameter;
    }

    /**
     * Leaky ReLU with another slope: x above zero, else slope · x (Maas et al. 2013).
     *
     * @param slope positive and finite
     * @return the activation
     * @throws IllegalArgumentException if the slope is not positive and finite
     */
    public static Activation leakyRelu(float slope) {
        if (!(slope > 0f && slope < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("slope " + slope + " given, a positive finite number expected");
        return new BuiltIn("leaky-relu(" + slope + ")", BuiltIn.LEAKY_RELU, slope, 1f, slope);
    }

    /**
     * ELU that falls to another limit: x above zero, else alpha · (eˣ − 1) (Clevert et al. 2016, §3).
     *
     * @param alpha positive and finite; the derivative has a jump at zero unless it is 1
     * @return the activation
     * @throws IllegalArgumentException if alpha is not positive and finite
     */
    public static Activation elu(float alpha) {
        if (!(alpha > 0f && alpha < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("alpha " + alpha + " given, a positive finite number expected");
        return new BuiltIn("elu(" + alpha + ")", BuiltIn.ELU, alpha, 1f, alpha);
    }

    /**
     * An activation of this class from what a file says about it.
     *
     * @param number see {@link #number}
     * @param parameter see {@link #parameter}
     * @return the activation
     * @throws IllegalArgumentException if there is none of this number, or none with this parameter
     */
    public static Activation of(int number, float parameter) {
        for (Activation known : all())
            if (known.number == number && Float.floatToIntBits(known.parameter) == Float.floatToIntBits(parameter))
                return known;
        if (number == LEAKY_RELU.number) return leakyRelu(parameter);
        if (number == ELU.number) return elu(parameter);
        throw new IllegalArgumentException(
                "there is no activation of number " + number + " with parameter " + parameter);
    }

    /**
     * The number that stands for this kind of activation in files. It never changes.
     *
     * @return 1 or more; 0 for activations of one's own
     */
    public final int number() {
        return number;
    }

    /**
     * What makes this activation of its kind.
     *
     * @return leaky ReLU's slope, ELU's alpha; 0 for kinds that have no parameter
     */
    public final float parameter() {
        return parameter;
    }

    /**
     * The activations of this class by their names.
     *
     * @return identity, sigmoid, tanh, relu, leaky-relu, softplus, gelu, silu, elu, selu, hard-sigmoid, hard-swish,
     *     mish, gelu-exact, softsign
     */
    public static java.util.List<Activation> all() {
        return java.util.List.of(
                IDENTITY,
                SIGMOID,
                TANH,
                RELU,
                LEAKY_RELU,
                SOFTPLUS,
                GELU,
                SILU,
                ELU,
                SELU,
                HARD_SIGMOID,
                HARD_SWISH,
                MISH,
                GELU_EXACT,
                SOFTSIGN);
    }

    /**
     * The function.
     *
     * @param x pre-activation
     * @return its value
     */
    public abstract float value(float x);

    /**
     * The function's derivative. At a kink, the derivative of one side.
     *
     * @param x pre-activation
     * @param y {@link #value} of it, for derivatives that are simpler so
     * @return the derivative at x
     */
    public abstract float derivative(float x, float y);

    /** The activation's name. */
    @Override
    public final String toString() {
        return name;
    }

    /** Whether forward overwrites the pre-activation and backward needs only the value. */
    boolean inPlace() {
        return false;
    }

    /** y = value(x) for one row; x and y are the same if {@link #inPlace}. */
    void forward(Kernels kernels, Slice x, Slice y, int row) {
        float[] from = x.array(), to = y.array();
        int xo = x.at(row), yo = y.at(row);
        for (int i = 0; i < y.columns(); i++) to[yo + i] = value(from[xo + i]);
    }

    /** d = flush(d · derivative) for one row; scratch is a row of the same width. */
    void backward(Kernels kernels, Slice x, Slice y, Slice d, int row, Slice scratch) {
        float[] f = scratch.array();
        int xo = x.at(row), yo = y.at(row), fo = scratch.offset();
        for (int i = 0; i < y.columns(); i++) f[fo + i] = derivative(x.array()[xo + i], y.array()[yo + i]);
        for (int i = y.columns(); i < scratch.stride(); i++) f[fo + i] = 0f;
        kernels.multiply(f, fo, d.array(), d.at(row), d.stride());
    }

    /**
     * The activations of this class, all in one class without lambdas: sixty of these would take longer to load than a
     * model's file.
     */
    private static final class BuiltIn extends Activation {

        /** Their numbers. */
        static final int IDENTITY = 1,
                SIGMOID = 2,
                TANH = 3,
                RELU = 4,
                LEAKY_RELU = 5,
                SOFTPLUS = 6,
                GELU = 7,
                SILU = 8,
                ELU = 9,
                SELU = 10,
                HARD_SIGMOID = 11,
                HARD_SWISH = 12,
                MISH = 13,
                GELU_EXACT = 14,
                SOFTSIGN = 15;

        private final boolean inPlace;

        /** The slope above zero, and that below or the limit's distance, of ReLUs and ELUs. */
        private final float positive, negative;

        private BuiltIn(String name, int number, boolean inPlace) {
            super(name, number, 0f);
            this.inPlace = inPlace;
            positive = negative = 0f;
        }

        private BuiltIn(String name, int number, float parameter, float positive, float negative) {
            super(name, number, parameter);
            this.positive = positive;
            this.negative = negative;
            inPlace = true;
        }

        @Override
        boolean inPlace() {
            return inPlace;
        }

        @Override
        public float value(float x) {
            return switch (number()) {
                case IDENTITY -> x;
                case SIGMOID -> Elementary.sigmoid(x);
                case TANH -> Elementary.tanh(x);
                case RELU, LEAKY_RELU -> x < 0f ? negative * x + 0f : x;
                case SOFTPLUS -> Elementary.softplus(x);
                case GELU -> Elementary.gelu(x);
                case SILU -> Elementary.silu(x);
                case ELU, SELU -> Elementary.elu(positive, negative, x);
                case HARD_SIGMOID -> Elementary.hardSigmoid(x);
                case HARD_SWISH -> Elementary.hardSwish(x);
                case MISH -> Elementary.mish(x);
                case GELU_EXACT -> Elementary.geluExact(x);
                case SOFTSIGN -> Elementary.softsign(x);
                default -> throw unknown();
            };
        }

        @Override
        public float derivative(float x, float y) {
            return switch (number()) {
                case IDENTITY -> 1f;
                case SIGMOID -> y * (1f - y);
                case TANH -> Arithmetic.fma(-y, y, 1f);
                case RELU, LEAKY_RELU -> y > 0f ? 1f : negative;
                case SOFTPLUS -> Elementary.sigmoid(x);
                case GELU -> Elementary.geluDerivative(x);
                case SILU -> Elementary.siluDerivative(x);
                case ELU, SELU -> Elementary.eluDerivative(positive, negative, y);
                case HARD_SIGMOID -> Elementary.hardSigmoidDerivative(y);
                case HARD_SWISH -> Elementary.hardSwishDerivative(x);
                case MISH -> Elementary.mishDerivative(x);
                case GELU_EXACT -> Elementary.geluExactDerivative(x);
                case SOFTSIGN -> Elementary.softsignDerivative(y);
                default -> throw unknown();
            };
        }

        @Override
        void forward(Kernels kernels, Slice from, Slice to, int row) {
            float[] x = from.array(), y = to.array();
            int xo = from.at(row), yo = to.at(row), n = to.stride();
            switch (number()) {
                case IDENTITY -> {}
                case SIGMOID -> kernels.sigmoid(x, xo, y, yo, n);
                case TANH -> kernels.tanh(x, xo, y, yo, n);
                case RELU, LEAKY_RELU -> kernels.relu(negative, x, xo, y, yo, n);
                case SOFTPLUS -> kernels.softplus(x, xo, y, yo, n);
                case GELU -> kernels.gelu(x, xo, y, yo, n);
                case SILU -> kernels.silu(x, xo, y, yo, n);
                case ELU, SELU -> kernels.elu(positive, negative, x, xo, y, yo, n);
                case HARD_SIGMOID -> kernels.hardSigmoid(x, xo, y, yo, n);
                case HARD_SWISH -> kernels.hardSwish(x, xo, y, yo, n);
                case MISH -> kernels.mish(x, xo, y, yo, n);
                case GELU_EXACT -> kernels.geluExact(x, xo, y, yo, n);
                case SOFTSIGN -> kernels.softsign(x, xo, y, yo, n);
                default -> throw unknown();
            }
        }

        @Override
        void backward(Kernels kernels, Slice from, Slice to, Slice d, int row, Slice scratch) {
            if (number() == IDENTITY) return;
            derivatives(kernels, inPlace ? to : from, row, scratch);
            kernels.multiply(scratch.array(), scratch.offset(), d.array(), d.at(row), d.stride());
        }

        /** The derivatives of a row of x, or of y where the value is all they need. */
        private void derivatives(Kernels kernels, Slice from, int row, Slice scratch) {
            float[] v = from.array(), f = scratch.array();
            int vo = from.at(row), fo = scratch.offset(), n = scratch.stride();
            switch (number()) {
                case SIGMOID -> kernels.sigmoidDerivative(v, vo, f, fo, n);
                case TANH -> kernels.tanhDerivative(v, vo, f, fo, n);
                case RELU, LEAKY_RELU -> kernels.reluDerivative(negative, v, vo, f, fo, n);
                case SOFTPLUS -> kernels.sigmoid(v, vo, f, fo, n);
                case GELU -> kernels.geluDerivative(v, vo, f, fo, n);
                case SILU -> kernels.siluDerivative(v, vo, f, fo, n);
                case ELU, SELU -> kernels.eluDerivative(positive, negative, v, vo, f, fo, n);
                case HARD_SIGMOID -> kernels.hardSigmoidDerivative(v, vo, f, fo, n);
                case HARD_SWISH -> kernels.hardSwishDerivative(v, vo, f, fo, n);
                case MISH -> kernels.mishDerivative(v, vo, f, fo, n);
                case GELU_EXACT -> kernels.geluExactDerivative(v, vo, f, fo, n);
                case SOFTSIGN -> kernels.softsignDerivative(v, vo, f, fo, n);
                default -> throw unknown();
            }
        }

        private IllegalStateException unknown() {
            return new IllegalStateException("an activation of number " + number());
        }
    }
}
