package lanewise.layer;

import java.util.Arrays;
import lanewise.kernel.Kernels;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Plain gradient descent of a dense layer on one row at a time, whose updates of the weights wait until the weights are read
 * anyway.
 *
 * <p>Training sample by sample, a weight is read by the forward pass, and read and written by the update. Done together,
 * the update of one step with the forward pass of a later one, each weight is read and written once: the same
 * operations in the same order on each weight. A row of weights whose input is zero meanwhile goes on waiting; so each row
 * remembers the input that it waits with and where the gradient is, and when all places for gradients are taken, every row
 * catches up.
 *
 * <p>The states, and what brings one to the next (a list is a list of the row's non-zero inputs):
 *
 * <pre>
 *              update after a forward              forward with a list
 *            +------ without a list ----- NOTHING ------------------------+
 *            v                             ^   ^                          v
 *          MATRIX                          |   |          ROWS --+ forward with a list: does what waits
 *    every row of weights waits            |   |  some rows wait &lt;-+ in the rows that it reads, which then
 *    with the first gradient               |   |        |              wait for the update to come
 *            |                             |   |        |
 *            +-----------------------------+   +--------+
 *             forward, finish                   forward without a list, all places taken, finish
 * </pre>
 *
 * <p>Rows wait one by one only in a layer whose backward pass does not read the weights, which would have to be brought up to
 * date first. A row that does not wait has the input −0.0 and a gradient of zeros: {@code fma(−0.0, 0.0, w)} is w, for each w,
 * so no branch is needed. Scalar code does all updates at once: it is bound by arithmetic and gains nothing.
 */
final class DenseDescent implements RowDescent.Part {

    private static final int MOST_GRADIENTS = 256;

    /** Floats in all gradients together: they are to stay in the second-level cache beside the weights. */
    private static final int GRADIENT_FLOATS = 1 << 14;

    private final Dense dense;
    private final Pass pass;
    private final Parameters parameters;
    private final Slice input;
    private final Slice output;
    private final Slice dOutput;
    private final Slice dInput;
    private final NonZeroInputs nonZeros;
    private final int inputSize;

    /** The gradients that rows wait with; the first is zeros, for those that do not wait. */
    private final Slice gradients;

    /** For each row of weights the input that it waits with, and where in the array its gradient is. */
    private final float[] factors;

    private final int[] waiting;

    /** The lists of {@link Kernels#exchange}; null where rows do not wait one by one. */
    private final int[] rows;

    private final int[] updates;
    private final float[] listed;
    private final float[] listedFactors;

    /** Whether every row waits with the first gradient, and {@link #factors} is the row of inputs. */
    private boolean matrix;

    /** Whether {@link #factors} has to be made −0.0 before rows can wait one by one. */
    private boolean factorsHoldARow;

    /** Gradients taken, in which rows wait. */
    private int taken;

    /** Non-zero inputs of the row that has gone forward and whose rows of weights wait for its update; −1 if none has. */
    private int expected = -1;

    DenseDescent(
            Dense dense, Pass pass, Parameters parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        this.dense = dense;
        this.pass = pass;
        this.parameters = parameters;
        this.input = input;
        this.output = output;
        this.dOutput = dOutput;
        this.dInput = dInput;
        nonZeros = dense.nonZeros();
        inputSize = dense.inputSize();
        boolean oneByOne = dInput == null;
        int floats = Kernels.padded(dense.outputSize());
        int places = oneByOne ? Math.max(1, Math.min(MOST_GRADIENTS, GRADIENT_FLOATS / floats)) : 1;
        boolean never = dense.outputSize() <= Kernels.BLOCK;
        gradients = never ? null : Slice.allocate(1 + places, dense.outputSize());
        factors = never ? null : new float[inputSize];
        factorsHoldARow = true;
        int lists = oneByOne && !never ? inputSize : 0, room = lists == 0 ? 0 : lists + Kernels.BLOCK;
        waiting = new int[lists];
        if (lists > 0) Arrays.fill(waiting, gradients.offset());
        rows = new int[room];
        updates = new int[room];
        listed = new float[room];
        listedFactors = new float[room];
    }

    /** Layers of at most a block of outputs gain nothing by waiting. */
    private boolean waits(Kernels kernels) {
        return gradients != null && kernels.width() > 0;
    }

    @Override
    public void forward() {
        Kernels kernels = pass.kernels();
        if (!waits(kernels)) {
            finish();
            dense.forward(pass, 0, 1, parameters, input, output);
            return;
        }
        Slice w = parameters.get(0), b = dense.biasOrZeros(pass, parameters), sums = dense.sums(pass, output);
        if (dInput == null && !nonZeros.skipsRow(pass)) {
            if (matrix || expected >= 0 || taken == gradients.rows() - 1) finish();
            forwardListed(kernels, w, b, sums);
        } else {
            int count = dInput == null ? NonZeroInputs.NO_LIST : nonZeros.list(pass, input, 0);
            if (count < 0 && matrix) {
                kernels.gerGemv(
                        factors,
                        0,
                        gradients.array(),
                        gradients.at(1),
                        input.array(),
                        input.offset(),
                        inputSize,
                        w.array(),
                        w.offset(),
                        w.stride(),
                        b.array(),
                        b.offset(),
                        sums.array(),
                        sums.offset());
                matrix = false;
            } else {
                finish();
                dense.sumRow(pass, 0, count, w, b, input, sums);
            }
        }
        dense.activation().forward(kernels, sums, output, 0);
    }

    /** Does what waits in the rows of weights that the input reads, and their products; then they wait for the update. */
    private void forwardListed(Kernels kernels, Slice w, Slice b, Slice sums) {
        if (factorsHoldARow) Arrays.fill(factors, -0f);
        factorsHoldARow = false;
        expected = kernels.exchange(
                input.array(),
                input.offset(),
                inputSize,
                w.offset(),
                w.stride(),
                waiting,
                factors,
                gradients.at(taken + 1),
                rows,
                updates,
                listed,
                listedFactors);
        nonZeros.found(pass, expected);
        kernels.gerGemv(
                rows,
                updates,
                listed,
                listedFactors,
                expected,
                gradients.array(),
                inputSize,
                w.array(),
                w.offset(),
                w.stride(),
                b.array(),
                b.offset(),
                sums.array(),
                sums.offset());
    }

    @Override
    public void backward() {
        dense.backward(pass, 0, 1, parameters, input, output, dOutput, dInput);
    }

    @Override
    public void update(float scale) {
        Kernels kernels = pass.kernels();
        boolean list = nonZeros.count(pass, 0) >= 0;
        if (expected < 0 && (list || !waits(kernels))) {
            dense.parameterGradient(pass, 0, 1, input, output, dOutput, scale, parameters, 0, 1);
            return;
        }
        int at = gradients.at(taken + 1);
        kernels.scale(scale, dOutput.array(), dOutput.offset(), gradients.array(), at, gradients.stride());
        if (expected < 0 || taken == 0 && !nonZeros.few(expected)) {
            // Of a row with few zeros the whole row of inputs waits: the next one will hardly be listed.
            if (expected >= 0) Arrays.fill(waiting, gradients.offset());
            System.arraycopy(input.array(), input.offset(), factors, 0, inputSize);
            factorsHoldARow = true;
            matrix = true;
        } else taken++;
        expected = -1;
        if (dense.hasBias())
            kernels.add(
                    gradients.array(),
                    at,
                    parameters.get(1).array(),
                    parameters.get(1).offset(),
                    gradients.stride());
    }

    @Override
    public void finish() {
        Slice w = parameters.get(0);
        if (expected >= 0) {
            // The update has not come: a loss that refused a target, for example.
            int update = gradients.at(taken + 1);
            for (int i = 0; i < inputSize; i++)
                if (waiting[i] == update) {
                    waiting[i] = gradients.offset();
                    factors[i] = -0f;
                }
            expected = -1;
        }
        if (matrix)
            pass.kernels()
                    .ger(factors, 0, inputSize, gradients.array(), gradients.at(1), w.array(), w.offset(), w.stride());
        else if (taken > 0) {
            int count = 0;
            for (int i = 0; i < inputSize; i++) {
                if (waiting[i] == gradients.offset()) continue;
                rows[count] = w.at(i);
                updates[count] = waiting[i];
                listed[count] = 0f;
                listedFactors[count++] = factors[i];
                waiting[i] = gradients.offset();
                factors[i] = -0f;
            }
            // The products with zeros are of no use; what counts is that the updates are done.
            Slice unused = dense.sums(pass, output), b = dense.biasOrZeros(pass, parameters);
            pass.kernels()
                    .gerGemv(
                            rows,
                            updates,
                            listed,
                            listedFactors,
                            count,
                            gradients.array(),
                            inputSize,
                            w.array(),
                            w.offset(),
                            w.stride(),
                            b.array(),
                            b.offset(),
                            unused.array(),
                            unused.offset());
        }
        matrix = false;
        taken = 0;
    }
}
