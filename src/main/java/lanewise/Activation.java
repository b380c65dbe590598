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
    public static final Activation IDENTITY = new Activation("identity", 1, 0f) {
        @Override
        public float value(float x) {
            return x;
        }

        @Override
        public float derivative(float x, float y) {
            return 1f;
        }

        @Override
        void forward(Kernels kernels, Slice x, Slice y, int row) {}

        @Override
        void backward(Kernels kernels, Slice x, Slice y, Slice d, int row, Slice scratch) {}

        @Override
        boolean inPlace() {
            return true;
        }
    };

    /** 1 / (1 + e⁻ˣ); derivative y (1 − y). */
    public static final Activation SIGMOID = builtIn(
            "sigmoid",
            2,
            true,
            Elementary::sigmoid,
            (x, y) -> y * (1f - y),
            Kernels::sigmoid,
            Kernels::sigmoidDerivative);

    /** tanh x; derivative 1 − y². */
    public static final Activation TANH = builtIn(
            "tanh", 3, true, Elementary::tanh, (x, y) -> Math.fma(-y, y, 1f), Kernels::tanh, Kernels::tanhDerivative);

    /** max(x, 0) (Nair and Hinton 2010); derivative 1 above zero, else 0. */
    public static final Activation RELU = relu("relu", 4, 0f);

    /** x above zero, else 0.01 x (Maas et al. 2013). */
    public static final Activation LEAKY_RELU = relu("leaky-relu", 5, 0.01f);

    /** ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^−|x|) (Dugas et al. 2001); derivative 1 / (1 + e⁻ˣ). */
    public static final Activation SOFTPLUS = builtIn(
            "softplus",
            6,
            false,
            Elementary::softplus,
            (x, y) -> Elementary.sigmoid(x),
            Kernels::softplus,
            Kernels::sigmoid);

    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel 2016). */
    public static final Activation GELU = builtIn(
            "gelu",
            7,
            false,
            Elementary::gelu,
            (x, y) -> Elementary.geluDerivative(x),
            Kernels::gelu,
            Kernels::geluDerivative);

    /** x / (1 + e⁻ˣ) (Hendrycks and Gimpel 2016; Elfwing et al. 2018). */
    public static final Activation SILU = builtIn(
            "silu",
            8,
            false,
            Elementary::silu,
            (x, y) -> Elementary.siluDerivative(x),
            Kernels::silu,
            Kernels::siluDerivative);

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
        return relu("leaky-relu(" + slope + ")", 5, slope);
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
     * @return leaky ReLU's slope; 0 for kinds that have no parameter
     */
    public final float parameter() {
        return parameter;
    }

    /**
     * The activations of this class by their names.
     *
     * @return identity, sigmoid, tanh, relu, leaky-relu, softplus, gelu, silu
     */
    public static java.util.List<Activation> all() {
        return java.util.List.of(IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, GELU, SILU);
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

    private interface Derivative {
        float at(float x, float y);
    }

    private interface Value {
        float at(float x);
    }

    /** A kernel over a row: from x (or from the value, for a derivative in place) to another array. */
    private interface Row {
        void apply(Kernels kernels, float[] from, int fromOffset, float[] to, int toOffset, int n);
    }

    private static Activation relu(String name, int number, float slope) {
        return builtIn(
                name,
                number,
                slope,
                true,
                x -> x < 0f ? slope * x + 0f : x,
                (x, y) -> y > 0f ? 1f : slope,
                (k, x, xo, y, yo, n) -> k.relu(slope, x, xo, y, yo, n),
                (k, y, yo, f, fo, n) -> k.reluDerivative(slope, y, yo, f, fo, n));
    }

    private static Activation builtIn(
            String name,
            int number,
            boolean inPlace,
            Value value,
            Derivative derivative,
            Row valueRow,
            Row derivativeRow) {
        return builtIn(name, number, 0f, inPlace, value, derivative, valueRow, derivativeRow);
    }

    private static Activation builtIn(
            String name,
            int number,
            float parameter,
            boolean inPlace,
            Value value,
            Derivative derivative,
            Row valueRow,
            Row derivativeRow) {
        return new Activation(name, number, parameter) {
            @Override
            public float value(float x) {
                return value.at(x);
            }

            @Override
            public float derivative(float x, float y) {
                return derivative.at(x, y);
            }

            @Override
            boolean inPlace() {
                return inPlace;
            }

            @Override
            void forward(Kernels kernels, Slice x, Slice y, int row) {
                valueRow.apply(kernels, x.array(), x.at(row), y.array(), y.at(row), y.stride());
            }

            @Override
            void backward(Kernels kernels, Slice x, Slice y, Slice d, int row, Slice scratch) {
                Slice from = inPlace ? y : x;
                derivativeRow.apply(
                        kernels, from.array(), from.at(row), scratch.array(), scratch.offset(), scratch.stride());
                kernels.multiply(scratch.array(), scratch.offset(), d.array(), d.at(row), d.stride());
            }
        };
    }
}
