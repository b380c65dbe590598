package lanewise;

import java.util.List;

/**
 * A differentiable function from rows of {@link #inputSize} floats to rows of {@link #outputSize} floats.
 *
 * <p>Immutable and stateless: what a call must remember lies in its {@link Pass}, parameters come as arguments. Any
 * number of threads may use one layer, each with its own pass. All matrices are {@link Slice}s whose rows are padded to
 * 16 floats. Arithmetic that takes part in the promise of equal bits everywhere uses {@link Arithmetic} and exact
 * operations, never {@code Math.exp} and its like.
 */
public interface Layer {

    /**
     * Width of an input row.
     *
     * @return number of floats
     */
    int inputSize();

    /**
     * Width of an output row.
     *
     * @return number of floats
     */
    int outputSize();

    /**
     * The parameters, in the order of files and fingerprints.
     *
     * @return their names and shapes; empty by default
     */
    default List<ParameterShape> parameters() {
        return List.of();
    }

    /**
     * The memory to find in each {@link Pass}.
     *
     * @param training whether {@link #backward} will be called
     * @return the needs; {@link Needs#NONE} by default
     */
    default Needs needs(boolean training) {
        return Needs.NONE;
    }

    /**
     * Whether each output row depends on its own input row alone. Where it does not (batch normalisation), forward and
     * backward see the whole batch at once in training.
     *
     * @return true by default
     */
    default boolean rowwise() {
        return true;
    }

    /**
     * Whether {@link #backward} can compute the gradient with respect to the input.
     *
     * @return true by default
     */
    default boolean differentiableInput() {
        return true;
    }

    /**
     * Why a row of inputs is none of those that this layer is for, in words that follow the row's name. Training and
     * evaluation ask for all samples before they begin, where {@link #differentiableInput} is false.
     *
     * @param input rows × inputSize; not modified
     * @param row which row
     * @return null if the row is as it should be, and by default
     */
    default String refusal(Slice input, int row) {
        return null;
    }

    /**
     * Sets the parameters to their values before training.
     *
     * @param parameters overwritten; zeros to begin with
     * @param random the only source of randomness
     */
    default void initialize(Slice[] parameters, RandomSource random) {}

    /**
     * Computes output rows from … to − 1. Overwrites them and this layer's kept values for these rows, nothing else.
     *
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param parameters as {@link #parameters} lists them; not modified
     * @param input rows × inputSize; not modified
     * @param output rows × outputSize
     */
    void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output);

    /**
     * Computes the input's gradient from the output's, for rows from … to − 1, after {@link #forward} of these rows in
     * the same pass. Overwrites dInput. May turn dOutput into the gradient that {@link #accumulate} wants, in place.
     *
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param parameters not modified
     * @param input what forward read; not modified
     * @param output what forward wrote; not modified
     * @param dOutput gradient of the loss with respect to the output
     * @param dInput gradient with respect to the input, overwritten; null where it is not wanted
     */
    void backward(
            Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output, Slice dOutput, Slice dInput);

    /**
     * Adds {@code scale} × the parameters' gradient, summed over rows 0 … rows − 1 in ascending order, to target, after
     * {@link #backward} of all these rows. Accumulates. Reads no parameter, so target may be a gradient or the
     * parameters themselves.
     *
     * @param pass this layer's memory
     * @param rows number of rows
     * @param input what forward read; not modified
     * @param output what forward wrote; not modified
     * @param dOutput as backward left it; not modified
     * @param scale factor, −learningRate for plain SGD
     * @param target as {@link #parameters} lists them
     * @param part which share of the parameters, from 0; each parameter belongs to exactly one
     * @param parts number of shares
     */
    default void accumulate(
            Pass pass,
            int rows,
            Slice input,
            Slice output,
            Slice dOutput,
            float scale,
            Slice[] target,
            int part,
            int parts) {}

    /**
     * One step of plain gradient descent after {@link #backward}: {@code parameters += scale × gradient}. A layer may
     * leave some of it pending in its pass, to be done when its parameters are read anyway: in the next forward of
     * this pass, or in {@link #catchUp}. The bits are those of {@link #accumulate}, which is the default.
     *
     * @param pass this layer's memory
     * @param rows number of rows
     * @param input what forward read; not modified
     * @param output what forward wrote; not modified
     * @param dOutput as backward left it; not modified
     * @param scale −learningRate
     * @param parameters modified, now or later
     */
    default void descend(
            Pass pass, int rows, Slice input, Slice output, Slice dOutput, float scale, Slice[] parameters) {
        accumulate(pass, rows, input, output, dOutput, scale, parameters, 0, 1);
    }

    /**
     * Does what {@link #descend} left pending. Nothing by default.
     *
     * @param pass this layer's memory
     * @param parameters modified
     */
    default void catchUp(Pass pass, Slice[] parameters) {}

    /**
     * Updates running statistics, once per training step, on one thread.
     *
     * @param pass this layer's memory
     * @param parameters whose untrained ones may be modified
     */
    default void settle(Pass pass, Slice[] parameters) {}

    /**
     * What prediction uses in this layer's place.
     *
     * @return this layer by default; dropout returns the identity
     */
    default Layer forPrediction() {
        return this;
    }
}
