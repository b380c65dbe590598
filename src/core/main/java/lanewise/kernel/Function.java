package lanewise.kernel;

/**
 * The elementwise functions of layers, one row each: the number in model files, and whether the derivative is computed
 * from the function's value.
 *
 * <p>Two factors make a function of its kind, and most functions ignore them: {@code positive}, the slope above zero of
 * ELU and SELU, and {@code negative}, the slope below zero of ReLU and leaky ReLU, the distance of the limit below zero
 * of ELU, SELU and CELU; what they are to the other functions, the functions' formulas say. A function's array form is {@link
 * Kernels#values} and {@link Kernels#derivatives}.
 */
public enum Function {
    /** x. */
    IDENTITY(1, true),

    /** 1 / (1 + e⁻ˣ). */
    SIGMOID(2, true),

    /** tanh x. */
    TANH(3, true),

    /** x from zero on, negative · x below. */
    RELU(4, true),

    /** As {@link #RELU}. */
    LEAKY_RELU(5, true),

    /** log(1 + eˣ). */
    SOFTPLUS(6, false),

    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
    GELU_TANH(7, false),

    /** x · sigmoid(x). */
    SILU(8, false),

    /** positive · x from zero on, negative · (eˣ − 1) below. */
    ELU(9, true),

    /** As {@link #ELU}. */
    SELU(10, true),

    /** x/6 + ½, limited to [0, 1]. */
    HARD_SIGMOID(11, true),

    /** x · hardSigmoid(x). */
    HARD_SWISH(12, false),

    /** x tanh(log(1 + eˣ)). */
    MISH(13, false),

    /** ½ x (1 + erf(x/√2)). */
    GELU(14, false),

    /** x / (1 + |x|). */
    SOFTSIGN(15, true),

    /** log(1 + e^(negative · x)) / negative. */
    SCALED_SOFTPLUS(16, false),

    /** x, limited to [negative, positive]. */
    CLIP(17, true),

    /** x above positive, else negative. */
    THRESHOLD(18, false),

    /** x from zero on, negative · (e^(x / negative) − 1) below. */
    CELU(19, true),

    /** −log(1 + e⁻ˣ). */
    LOG_SIGMOID(20, false),

    /** x − tanh x. */
    TANH_SHRINK(21, false);

    private final int number;
    private final boolean inPlace;

    Function(int number, boolean inPlace) {
        this.number = number;
        this.inPlace = inPlace;
    }

    /** The number in model files, 1 or more. It never changes. */
    public int number() {
        return number;
    }

    /**
     * Whether the derivative is computed from the value, so that the value may overwrite the argument; if not, it is
     * computed from the argument.
     */
    public boolean inPlace() {
        return inPlace;
    }

    /** The function's value at x. */
    public float value(float x, float positive, float negative) {
        return switch (this) {
            case IDENTITY -> x;
            case SIGMOID -> Elementary.sigmoid(x);
            case TANH -> Elementary.tanh(x);
            case RELU, LEAKY_RELU -> Elementary.relu(negative, x);
            case SOFTPLUS -> Elementary.softplus(x);
            case GELU_TANH -> Elementary.geluTanh(x);
            case SILU -> Elementary.silu(x);
            case ELU, SELU -> Elementary.elu(positive, negative, x);
            case HARD_SIGMOID -> Elementary.hardSigmoid(x);
            case HARD_SWISH -> Elementary.hardSwish(x);
            case MISH -> Elementary.mish(x);
            case GELU -> Elementary.gelu(x);
            case SOFTSIGN -> Elementary.softsign(x);
            case SCALED_SOFTPLUS -> Elementary.scaledSoftplus(negative, x);
            case CLIP -> Elementary.clip(negative, positive, x);
            case THRESHOLD -> Elementary.threshold(positive, negative, x);
            case CELU -> Elementary.celu(negative, x);
            case LOG_SIGMOID -> Elementary.logSigmoid(x);
            case TANH_SHRINK -> Elementary.tanhShrink(x);
        };
    }

    /** The function's derivative; v is the value if {@link #inPlace}, else the argument. At a kink, that of one side. */
    public float derivative(float v, float positive, float negative) {
        return switch (this) {
            case IDENTITY -> 1f;
            case SIGMOID -> Elementary.sigmoidDerivative(v);
            case TANH -> Elementary.tanhDerivative(v);
            case RELU, LEAKY_RELU -> Elementary.reluDerivative(negative, v);
            case SOFTPLUS -> Elementary.sigmoid(v);
            case GELU_TANH -> Elementary.geluTanhDerivative(v);
            case SILU -> Elementary.siluDerivative(v);
            case ELU, SELU -> Elementary.eluDerivative(positive, negative, v);
            case HARD_SIGMOID -> Elementary.hardSigmoidDerivative(v);
            case HARD_SWISH -> Elementary.hardSwishDerivative(v);
            case MISH -> Elementary.mishDerivative(v);
            case GELU -> Elementary.geluDerivative(v);
            case SOFTSIGN -> Elementary.softsignDerivative(v);
            case SCALED_SOFTPLUS -> Elementary.sigmoid(negative * v);
            case CLIP -> Elementary.clipDerivative(negative, positive, v);
            case THRESHOLD -> Elementary.thresholdDerivative(positive, v);
            case CELU -> Elementary.celuDerivative(negative, v);
            case LOG_SIGMOID -> Elementary.sigmoid(-v);
            case TANH_SHRINK -> Elementary.tanhShrinkDerivative(v);
        };
    }
}
