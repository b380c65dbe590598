package lanewise.layer;

import lanewise.kernel.Function;
import lanewise.memory.Slice;

/**
 * Sets a weight matrix to its values before training; its rows are the fan-in, its columns the fan-out.
 *
 * <p>The limits and deviations are computed in double and rounded once.
 */
@FunctionalInterface
public interface Initializer {

    /** Zeros: for biases and running statistics. */
    Initializer ZEROS = uniform(0);

    /** Uniform on ±√(6 / (fan-in + fan-out)) (Glorot and Bengio 2010, eq. 16): for sigmoid, tanh, softmax. */
    Initializer GLOROT_UNIFORM = RandomValues.uniform(6, 2);

    /** Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010, eq. 12). */
    Initializer GLOROT_NORMAL = RandomValues.normal(2, 2);

    /** Uniform with variance 2 / fan-in (He et al. 2015, eq. 10): for ReLU and its like. */
    Initializer HE_UNIFORM = RandomValues.uniform(6, 1);

    /** Normal with variance 2 / fan-in (He et al. 2015, eq. 10). */
    Initializer HE_NORMAL = RandomValues.normal(2, 1);

    /** Uniform with variance 1 / fan-in (LeCun et al. 1998, eq. 16). */
    Initializer LECUN_UNIFORM = RandomValues.uniform(3, 1);

    /** Normal with variance 1 / fan-in (LeCun et al. 1998, eq. 16). */
    Initializer LECUN_NORMAL = RandomValues.normal(1, 1);

    /**
     * What suits weights before an activation: He's uniform rule for ReLU, leaky ReLU and ELU of any slope and alpha,
     * LeCun's normal rule for SELU, Glorot's uniform rule for all others.
     *
     * @param activation what follows the weights
     * @return the initialiser
     */
    static Initializer forActivation(Activation activation) {
        int kind = activation.number();
        if (kind == Activation.SELU.number()) return LECUN_NORMAL;
        return kind == Activation.RELU.number()
                        || activation == Activation.RELU6
                        || kind == Function.CELU.number()
                        || kind == Activation.LEAKY_RELU.number()
                        || kind == Activation.ELU.number()
                ? HE_UNIFORM
                : GLOROT_UNIFORM;
    }

    /**
     * The same value everywhere: for slopes, and for the factors of a normalisation.
     *
     * @param value finite
     * @return the value
     * @throws IllegalArgumentException if it is not finite
     */
    static Initializer constant(float value) {
        if (!Float.isFinite(value))
            throw new IllegalArgumentException("value " + value + " given, a finite number expected");
        return (weights, random) -> {
            for (int r = 0; r < weights.rows(); r++)
                for (int c = 0; c < weights.columns(); c++) weights.set(r, c, value);
        };
    }

    /**
     * Overwrites the matrix, row by row.
     *
     * @param weights the matrix; its padding stays as it is
     * @param random the only source of randomness
     */
    void fill(Slice weights, RandomSource random);

    /**
     * Uniform on ±limit.
     *
     * @param limit largest absolute value
     * @return limit · (2u − 1) for uniform u
     * @throws IllegalArgumentException if the limit is negative or, as a float, not finite
     */
    static Initializer uniform(double limit) {
        return RandomValues.uniform(limit, 0);
    }

    /**
     * Normal with mean 0.
     *
     * @param deviation the standard deviation
     * @return deviation · z for standard normal z
     * @throws IllegalArgumentException if the deviation is negative or, as a float, not finite
     */
    static Initializer normal(double deviation) {
        return RandomValues.normal(deviation, 0);
    }
}
