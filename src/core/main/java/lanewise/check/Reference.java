package lanewise.check;

/**
 * The function of a layer in double precision. A gradient check with a reference differentiates it in place of the
 * layer's own forward pass, whose rounding then no longer limits the check; and it compares the two.
 *
 * <p>A layer that implements this interface is its own reference.
 */
@FunctionalInterface
public interface Reference {

    /**
     * Computes all rows of output, as the layer does in training.
     *
     * @param rows number of rows
     * @param parameters the layer's parameters in order, each row by row without padding; not modified
     * @param input rows × inputSize, row by row without padding; not modified
     * @param output rows × outputSize, overwritten
     */
    void forward(int rows, double[][] parameters, double[] input, double[] output);

    /**
     * Whether this is not the function of forward, but another one whose gradient is used in its place on purpose, as a
     * straight-through estimator does (Bengio, Léonard and Courville 2013). Then the two are not compared.
     *
     * @return false by default
     */
    default boolean surrogate() {
        return false;
    }
}
