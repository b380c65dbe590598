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

    /** x limited to [0, 6], {@link #clip} between these (Krizhevsky 2010). */
    public static final Activation RELU6 = new BuiltIn("relu6", Function.CLIP, 0f, 6f, 6f, 0f);

    /** x limited to [−1, 1], {@link #clip} between these (Collobert 2004). */
    public static final Activation HARD_TANH = new BuiltIn("hard-tanh", Function.CLIP, -1f, 1f, 1f, -1f);

    /**
     * ln(1 / (1 + e⁻ˣ)), computed as min(x, 0) − ln(1 + e^−|x|), so that the logarithm of a small probability loses no digits;
     * derivative 1 / (1 + eˣ).
     */
    public static final Activation LOG_SIGMOID = new BuiltIn("log-sigmoid", Function.LOG_SIGMOID);

    /** x − tanh x, near zero by its own series, so that no digits are lost; derivative tanh² x. */
    public static final Activation TANH_SHRINK = new BuiltIn("tanh-shrink", Function.TANH_SHRINK);

    /** Examples for {@link #all}. */
    private static final Activation SOFTPLUS_2 = softplus(2f), THRESHOLD = threshold(0.25f, -0.5f), CELU = celu(0.75f);

    private final String name;
    private final int number;
    private final float parameter, second;

    /**
     * For activations of one's own.
     *
     * @param name as tables and error messages show it
     */
    protected Activation(String name) {
        this(name, 0, 0f, 0f);
    }

    /** For those of this class, whose numbers are part of the format of model files and never change. */
    private Activation(String name, int number, float parameter, float second) {
        this.name = name;
        this.number = number;
        this.parameter = parameter;
        this.second = second;
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
     * Softplus that bends more or less sharply: ln(1 + e^(beta x)) / beta, computed as max(x, 0) + ln(1 + e^−|beta x|) / beta
     * (Dugas et al. 2001); derivative 1 / (1 + e^(−beta x)). As {@code nn.Softplus(beta)} in PyTorch, which takes x itself from
     * beta x = 20 on: the difference is below 3e-9 / beta.
     *
     * @param beta positive, finite and not subnormal
     * @return the activation; {@link #SOFTPLUS} if beta is 1
     * @throws IllegalArgumentException if beta is none of these
     */
    public static Activation softplus(float beta) {
        if (!(beta >= Float.MIN_NORMAL && beta < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "beta " + beta + " given, a finite number of at least " + Float.MIN_NORMAL + " expected");
        if (beta == 1f) return SOFTPLUS;
        return new BuiltIn("softplus(" + beta + ")", Function.SCALED_SOFTPLUS, beta, 0f, 1f, beta);
    }

    /**
     * x limited to an interval: least below it, greatest above it; derivative 1 inside, else 0. NaN stays NaN.
     *
     * @param least finite
     * @param greatest finite, above least
     * @return the activation; {@link #RELU6} for 0 and 6, {@link #HARD_TANH} for −1 and 1
     * @throws IllegalArgumentException if a limit is not finite, or greatest is not above least
     */
    public static Activation clip(float least, float greatest) {
        if (!(Float.isFinite(least) && Float.isFinite(greatest) && least < greatest))
            throw new IllegalArgumentException("least " + least + " and greatest " + greatest
                    + " given, finite numbers expected, the first below the second");
        if (least == 0f && greatest == 6f) return RELU6;
        if (least == -1f && greatest == 1f) return HARD_TANH;
        float from = least + 0f, to = greatest + 0f;
        return new BuiltIn("clip(" + from + ", " + to + ")", Function.CLIP, from, to, to, from);
    }

    /**
     * x above a threshold, else a fixed value; derivative 1 above the threshold, else 0. NaN stays NaN. As {@code
     * nn.Threshold(threshold, value)} in PyTorch and, with value 0, {@code ThresholdedRelu} in ONNX. Unless threshold and value are
     * equal, the function jumps, and no gradient knows of a jump.
     *
     * @param threshold finite
     * @param value finite
     * @return the activation
     * @throws IllegalArgumentException if one is not finite
     */
    public static Activation threshold(float threshold, float value) {
        if (!(Float.isFinite(threshold) && Float.isFinite(value)))
            throw new IllegalArgumentException(
                    "threshold " + threshold + " and value " + value + " given, finite numbers expected");
        float t = threshold + 0f, v = value + 0f;
        return new BuiltIn("threshold(" + t + ", " + v + ")", Function.THRESHOLD, t, v, t, v);
    }

    /**
     * CELU, an ELU whose derivative has no jump whatever its limit is: x above zero, else alpha · (e^(x / alpha) − 1) (Barron 2017,
     * eq. 2); derivative 1 above zero, else (y + alpha) / alpha.
     *
     * @param alpha positive and finite
     * @return the activation
     * @throws IllegalArgumentException if alpha is not positive and finite
     */
    public static Activation celu(float alpha) {
        if (!(alpha > 0f && alpha < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("alpha " + alpha + " given, a positive finite number expected");
        return new BuiltIn("celu(" + alpha + ")", Function.CELU, alpha, 0f, 1f, alpha);
    }

    /**
     * An activation of this class of at most one parameter, from what a file says about it.
     *
     * @param number see {@link #number}
     * @param parameter see {@link #parameter}
     * @return the activation
     * @throws IllegalArgumentException if there is none of this number, or none with this parameter
     */
    public static Activation of(int number, float parameter) {
        return of(number, parameter, 0f);
    }

    /**
     * An activation of this class from what a file says about it.
     *
     * @param number see {@link #number}
     * @param parameter see {@link #parameter}
     * @param second see {@link #second}
     * @return the activation
     * @throws IllegalArgumentException if there is none of this number, or none with these parameters
     */
    public static Activation of(int number, float parameter, float second) {
        for (Activation known : all()) if (known.is(number, parameter, second)) return known;
        Activation made = null;
        if (number == Function.LEAKY_RELU.number()) made = leakyRelu(parameter);
        else if (number == Function.ELU.number()) made = elu(parameter);
        else if (number == Function.SCALED_SOFTPLUS.number()) made = softplus(parameter);
        else if (number == Function.CLIP.number()) made = clip(parameter, second);
        else if (number == Function.THRESHOLD.number()) made = threshold(parameter, second);
        else if (number == Function.CELU.number()) made = celu(parameter);
        if (made != null && made.is(number, parameter, second)) return made;
        throw new IllegalArgumentException("there is no activation of number " + number + " with parameter " + parameter
                + (second == 0f ? "" : " and second parameter " + second));
    }

    private boolean is(int number, float parameter, float second) {
        return this.number == number
                && Float.floatToIntBits(this.parameter) == Float.floatToIntBits(parameter)
                && Float.floatToIntBits(this.second) == Float.floatToIntBits(second);
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
     * @return leaky ReLU's slope, the alpha of ELU and CELU, softplus's beta if it is not 1, the least value of a clip, a
     *     threshold; 0 for kinds that have no parameter
     */
    public final float parameter() {
        return parameter;
    }

    /**
     * What else makes this activation of its kind.
     *
     * @return the greatest value of a clip, the value below a threshold; 0 for kinds that have no second parameter
     */
    public final float second() {
        return second;
    }

    /**
     * The activations of this class: its constants, and an example of each kind that has none.
     *
     * @return identity, sigmoid, tanh, relu, leaky-relu, softplus, gelu-tanh, silu, elu, selu, hard-sigmoid,
     *     hard-swish, mish, gelu, softsign, relu6, hard-tanh, log-sigmoid, tanh-shrink; softplus(2.0), threshold(0.25, -0.5),
     *     celu(0.75)
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
                SOFTSIGN,
                RELU6,
                HARD_TANH,
                LOG_SIGMOID,
                TANH_SHRINK,
                SOFTPLUS_2,
                THRESHOLD,
                CELU);
    }

    /**
     * The names of this class's constants, for programs whose users choose one.
     *
     * @return those of {@link #all} that have no numbers
     */
    public static java.util.List<String> names() {
        java.util.List<String> names = new java.util.ArrayList<>();
        for (Activation each : all()) if (!each.name.endsWith(")")) names.add(each.name);
        return names;
    }

    /**
     * The constant of a name.
     *
     * @param name one of {@link #names}
     * @return the activation
     * @throws IllegalArgumentException if it is none of them; the message has all
     */
    public static Activation of(String name) {
        for (Activation each : all()) if (each.name.equals(name) && !name.endsWith(")")) return each;
        throw new IllegalArgumentException(
                "activation " + name + ": one of " + String.join(", ", names()) + " expected");
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
            this(name, function, parameter, 0f, positive, negative);
        }

        private BuiltIn(String name, Function function, float parameter, float second, float positive, float negative) {
            super(name, function.number(), parameter, second);
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
