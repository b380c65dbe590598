package lanewise.layer;

import java.util.List;
import lanewise.memory.Operation;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A differentiable function from rows of {@link #inputSize} floats to rows of {@link #outputSize} floats.
 *
 * <p>A layer must say its sizes and implement {@link #forward} and {@link #backward}. A layer with parameters lists them in
 * {@link #parameters}, sets them in {@link #initialize} and adds their gradient in a {@code parameterGradient}. Everything else has a
 * default that is right for most layers.
 *
 * <p>Immutable and stateless: what a call must remember lies in its {@link Pass}, parameters come as arguments. Any
 * number of threads may use one layer, each with its own pass, and the passes of one batch may be used for different rows
 * at the same time. All matrices are {@link Slice}s whose rows are padded to 16 floats. Arithmetic that takes part in the
 * promise of equal bits everywhere uses {@link Arithmetic} and exact operations, never {@code Math.exp} and its like.
 */
public interface Layer extends Operation {

    /**
     * The layers inside this one.
     *
     * @return in the order of their parameters; none by default
     */
    @Override
    default List<? extends Layer> children() {
        return List.of();
    }

    /**
     * Sets the parameters to their values before training.
     *
     * @param parameters overwritten; zeros to begin with
     * @param random the only source of randomness
     */
    default void initialize(Parameters parameters, RandomSource random) {}

    /**
     * Computes output rows from … to − 1. Overwrites them and this layer's memory of these rows, nothing else.
     *
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param parameters as {@link #parameters} lists them; not modified
     * @param input rows × inputSize; not modified
     * @param output rows × outputSize
     */
    void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output);

    /**
     * Computes the input's gradient from the output's, for rows from … to − 1, after {@link #forward} of these rows in
     * the same batch. Overwrites dInput. May turn dOutput into the gradient that {@link #parameterGradient} wants, in
     * place.
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
            Pass pass, int from, int to, Parameters parameters, Slice input, Slice output, Slice dOutput, Slice dInput);

    /**
     * Adds {@code scale} × the parameters' gradient, summed over rows from … to − 1 in ascending order, to target, after
     * {@link #backward} of these rows. Reads no parameter, so target may be a gradient or the parameters themselves.
     *
     * <p>For layers of few parameters, whose gradient is not worth sharing among threads; a layer of many overrides {@link
     * #parameterGradient(Pass, int, int, Slice, Slice, Slice, float, Parameters, int, int)} in place of this.
     *
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param input what forward read; not modified
     * @param output what forward wrote; not modified
     * @param dOutput as backward left it; not modified
     * @param scale factor, −learningRate for plain gradient descent
     * @param target as {@link #parameters} lists them
     */
    default void parameterGradient(
            Pass pass, int from, int to, Slice input, Slice output, Slice dOutput, float scale, Parameters target) {}

    /**
     * Adds a share of what {@link #parameterGradient(Pass, int, int, Slice, Slice, Slice, float, Parameters)} adds, so that
     * threads can work on the shares of one layer at the same time. Training calls this one.
     *
     * <p>By default the first share is all of it, and the others are nothing.
     *
     * @param pass this layer's memory
     * @param from first row
     * @param to row after the last
     * @param input what forward read; not modified
     * @param output what forward wrote; not modified
     * @param dOutput as backward left it; not modified
     * @param scale factor, −learningRate for plain gradient descent
     * @param target as {@link #parameters} lists them
     * @param part which share of the parameters, from 0; each parameter belongs to exactly one
     * @param parts number of shares
     */
    default void parameterGradient(
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
        if (part == 0) parameterGradient(pass, from, to, input, output, dOutput, scale, target);
    }

    /**
     * Updates running statistics from a batch that was gone through forward and backward; once per training step, on one
     * thread.
     *
     * @param pass this layer's memory
     * @param rows number of the batch's rows
     * @param parameters of which the statistics may be modified
     */
    default void updateRunningStatistics(Pass pass, int rows, Parameters parameters) {}

    /**
     * The layer that prediction uses in this one's place, of the same sizes and with the same parameters.
     *
     * @return this layer by default; dropout returns the identity
     */
    default Layer forPrediction() {
        return this;
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
     * Sets a row to an input of the kind that this layer is for. Gradient checks, warm-up and self-tests draw their inputs
     * so.
     *
     * @param input rows × inputSize, of which one row is overwritten: with standard normal numbers by default
     * @param row which row
     * @param random the only source of randomness
     */
    default void exampleInput(Slice input, int row, RandomSource random) {
        for (int c = 0; c < inputSize(); c++) input.set(row, c, random.normal());
    }
}
