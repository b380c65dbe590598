package lanewise.layer;

import lanewise.kernel.Function;
import lanewise.kernel.Kernels;
import lanewise.memory.Slice;

/**
 * A function of one float, applied to each output of a layer, together with its derivative.
 *
 * <p>Own activations extend this class with {@link #value} and {@link #derivative}, which must use {@link Arithmetic}
 * and exact operations only. Immutable; any number of threads.
 */
public abstract class Activation {

    /** x itself. */
    public static final Activation IDENTITY = new BuiltIn("identity", Function.IDENTITY);

    /** 1 / (1 + e⁻ˣ); derivative y (1 − y). */
    public static final Activation SIGMOID = new BuiltIn("sigmoid", Function.SIGMOID);

    /** tanh x; derivative 1 − y². */
    public static final Activation TANH = new BuiltIn("tanh", Function.TANH);

    /** max(x, 0) (Nair and Hinton 2010); derivative 1 above zero, else 0. */
    public static final Activation RELU = new BuiltIn("relu", Function.RELU, 0f, 1f, 0f);

    /** x above zero, else 0.01 x (Maas et al. 2013). */
    public static final Activation LEAKY_RELU = new BuiltIn("leaky-relu", Function.LEAKY_RELU, 0.01f, 1f, 0.01f);

    /** ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^−|x|) (Dugas et al. 2001); derivative 1 / (1 + e⁻ˣ). */
    public static final Activation SOFTPLUS = new BuiltIn("softplus", Function.SOFTPLUS);

    /**
     * ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), the tanh form of {@link #GELU}, which it approximates to 0.0005
     * (Hendrycks and Gimpel 2016). A little faster; at negative x it loses all digits. As {@code approximate="tanh"} in
     * PyTorch and ONNX and {@code approximate=True} in Keras.
     */
    public static final Activation GELU_TANH = new BuiltIn("gelu-tanh", Function.GELU_TANH);

    /** x / (1 + e⁻ˣ) (Hendrycks and Gimpel 2016; Elfwing et al. 2018). */
    public static final Activation SILU = new BuiltIn("silu", Function.SILU);

    /** x above zero, else eˣ − 1 (Clevert et al. 2016, §3, with α = 1); derivative 1 above zero, else y + 1. */
    public static final Activation ELU = new BuiltIn("elu", Function.ELU, 1f, 1f, 1f);

    /**
     * λ x above zero, else λ α (eˣ − 1), with λ = 1.0507 and α = 1.67326 such that mean 0 and variance 1 are a fixed
     * point (Klambauer et al. 2017, eq. 2); wants {@link Initializer#LECUN_NORMAL}.
     */
    public static final Activation SELU = new BuiltIn("selu", Function.SELU, 0f, 1.050700987f, 1.758099341f);

    /** x/6 + ½ limited to [0, 1] (Howard et al. 2019, §5.2; in steeper form Courbariaux et al. 2015, eq. 3). */
    public static final Activation HARD_SIGMOID = new BuiltIn("hard-sigmoid", Function.HARD_SIGMOID);

    /** x times the hard sigmoid (Howard et al. 2019, §5.2). */
    public static final Activation HARD_SWISH = new BuiltIn("hard-swish", Function.HARD_SWISH);

    /** x tanh(ln(1 + eˣ)), computed as x n / (n + 2) with n = eˣ (eˣ + 2) (Misra 2019, eq. 1). */
    public static final Activation MISH = new BuiltIn("mish", Function.MISH);

    /**
     * ½ x (1 + erf(x/√2)) (Hendrycks and Gimpel 2016), accurate in relative terms at negative x too. The exact form, as
     * GELU without further arguments is in PyTorch, Keras and ONNX; {@link #GELU_TANH} approximates it.
     */
    public static final Activation GELU = new BuiltIn("gelu", Function.GELU);

    /** x / (1 + |x|) (Bergstra et al. 2009); derivative (1 − |y|)². */
    public static final Activation SOFTSIGN = new BuiltIn("softsign", Function.SOFTSIGN);

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
        return new BuiltIn("leaky-relu(" + slope + ")", Function.LEAKY_RELU, slope, 1f, slope);
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
        return new BuiltIn("elu(" + alpha + ")", Function.ELU, alpha, 1f, alpha);
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
     * @return identity, sigmoid, tanh, relu, leaky-relu, softplus, gelu-tanh, silu, elu, selu, hard-sigmoid,
     *     hard-swish, mish, gelu, softsign
     */
    public static java.util.List<Activation> all() {
        return java.util.List.of(
                IDENTITY,
                SIGMOID,
                TANH,
                RELU,
                LEAKY_RELU,
                SOFTPLUS,
                GELU_TANH,
                SILU,
                ELU,
                SELU,
                HARD_SIGMOID,
                HARD_SWISH,
                MISH,
                GELU,
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
     * The activations of this class: a function of the kernels and its factors. One class without lambdas: sixty of these
     * would take longer to load than a model's file.
     */
    private static final class BuiltIn extends Activation {

        private final Function function;

        /** The function's factors. */
        private final float positive, negative;

        private BuiltIn(String name, Function function) {
            this(name, function, 0f, 1f, 0f);
        }

        private BuiltIn(String name, Function function, float parameter, float positive, float negative) {
            super(name, function.number(), parameter);
            this.function = function;
            this.positive = positive;
            this.negative = negative;
        }

        @Override
        boolean inPlace() {
            return function.inPlace();
        }

        @Override
        public float value(float x) {
            return function.value(x, positive, negative);
        }

        @Override
        public float derivative(float x, float y) {
            return function.derivative(function.inPlace() ? y : x, positive, negative);
        }

        @Override
        void forward(Kernels kernels, Slice x, Slice y, int row) {
            if (function == Function.IDENTITY) return;
            kernels.values(function, positive, negative, x.array(), x.at(row), y.array(), y.at(row), y.stride());
        }

        @Override
        void backward(Kernels kernels, Slice x, Slice y, Slice d, int row, Slice scratch) {
            if (function == Function.IDENTITY) return;
            Slice v = function.inPlace() ? y : x;
            float[] f = scratch.array();
            int fo = scratch.offset();
            kernels.derivatives(function, positive, negative, v.array(), v.at(row), f, fo, scratch.stride());
            kernels.multiply(f, fo, d.array(), d.at(row), d.stride());
        }
    }
}
