package lanewise.layer;

import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Updates of a dense layer's weights that wait until the weights are read anyway, in training row by row
 * ({@link RowDescent}).
 *
 * <p>Training sample by sample, a weight is read by the forward pass, and read and written by the update. Done together,
 * the update of one step with the forward pass of a later one, each weight is read and written once: the same
 * operations in the same order on each weight, in a fifth less time. A row whose input is zero meanwhile goes on waiting;
 * so each row remembers the input that it waits with and the slot that holds the gradient, and when all slots are taken,
 * every row catches up.
 *
 * <p>The states, and what brings one to the next (a list is a list of the row's non-zero inputs):
 *
 * <pre>
 *             update, no list                      update with a list, if the next forward comes
 *          +------------------- NOTHING ------------------+  before the weights are read otherwise
 *          v                     ^   ^                    v
 *        MATRIX                  |   |                  ROWS --+ update with a list: one slot more
 *  every row of weights waits    |   |     some rows wait,  &lt;--+ forward with a list: does what waits
 *  with the first slot           |   |     each with its slot     in the rows that it reads
 *          |                     |   |                    |
 *          +---------------------+   +--------------------+
 *           forward, backward,        forward without a list, backward that reads
 *           update, finish            the weights, all slots taken, finish
 * </pre>
 *
 * <p>Immutable: the updates that wait lie in the batch's state. Its ints: the state, the number of slots taken, whether the
 * rows of the next update may wait each by itself, and for each row of weights its slot, counted from 1, or 0. Its
 * matrices: the inputs that rows wait with, and the slots.
 */
final class LazyUpdates {

    private static final int NOTHING = 0, MATRIX = 1, ROWS = 2;
    private static final int MODE = 0, TAKEN = 1, ROWS_MAY_WAIT = 2, HEADER = 3;

    private static final int MOST_SLOTS = 256;

    /** Floats in all slots together: they are to stay in the second-level cache beside the weights. */
    private static final int SLOT_FLOATS = 1 << 15;

    private final int inputSize;
    private final int outputSize;
    private final int slots;
    private final NonZeroInputs nonZeros;

    LazyUpdates(int inputSize, int outputSize, NonZeroInputs nonZeros) {
        this.inputSize = inputSize;
        this.outputSize = outputSize;
        this.nonZeros = nonZeros;
        slots = Math.max(1, Math.min(MOST_SLOTS, SLOT_FLOATS / Kernels.padded(outputSize)));
    }

    /** This memory and that of the updates, before which no other state of the layer may come. */
    Memory and(Memory memory) {
        return memory.stateInts(HEADER + inputSize).state(1, inputSize).state(slots, outputSize);
    }

    private static Slice inputs(Pass pass) {
        return pass.state(0);
    }

    private static Slice slots(Pass pass) {
        return pass.state(1);
    }

    boolean any(Pass pass) {
        return pass.stateInts()[MODE] != NOTHING;
    }

    /** Does what waits in the rows of weights that row 0 of x reads, and y = bias + x · W; count as the list of x has. */
    void forward(Pass pass, Slice w, Slice x, int count, Slice bias, Slice y) {
        Kernels kernels = pass.kernels();
        int[] state = pass.stateInts();
        Slice u = inputs(pass), d = slots(pass);
        if (count < 0 && state[MODE] == MATRIX) {
            kernels.gerGemv(
                    u.array(),
                    u.offset(),
                    d.array(),
                    d.offset(),
                    x.array(),
                    x.offset(),
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    bias.array(),
                    bias.offset(),
                    y.array(),
                    y.offset());
            state[MODE] = NOTHING;
        } else if (count < 0) {
            finish(pass, w);
            kernels.gemv(
                    x.array(),
                    x.offset(),
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    bias.array(),
                    bias.offset(),
                    y.array(),
                    y.offset());
        } else {
            if (state[MODE] == MATRIX) finish(pass, w);
            kernels.gerGemv(
                    u.array(),
                    u.offset(),
                    state,
                    HEADER,
                    d.array(),
                    d.offset(),
                    x.array(),
                    x.offset(),
                    inputSize,
                    pass.rowInts(),
                    nonZeros.positions(0),
                    count,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    bias.array(),
                    bias.offset(),
                    y.array(),
                    y.offset());
        }
    }

    /** Must come before backward reads the weights, if it does; rows that wait one by one are of no use then. */
    void backward(Pass pass, Slice w, boolean readsWeights) {
        if (readsWeights && any(pass)) finish(pass, w);
        pass.stateInts()[ROWS_MAY_WAIT] = readsWeights ? 0 : 1;
    }

    /**
     * Lets the update {@code W[i,:] += x[i] · d'} wait, with {@code d' = scale · d} of row 0, or does it at once if waiting
     * is of no use.
     *
     * @return where d' begins in {@link #gradients}
     */
    int update(Pass pass, Slice w, Slice x, int count, float scale, Slice d) {
        Kernels kernels = pass.kernels();
        int[] state = pass.stateInts();
        Slice u = inputs(pass), slots = slots(pass);
        boolean rows = count >= 0 && state[ROWS_MAY_WAIT] != 0;
        int taken = rows && state[MODE] == ROWS ? state[TAKEN] : 0;
        if (!rows || state[MODE] == MATRIX || taken == slots.rows()) {
            finish(pass, w);
            taken = 0;
        }
        kernels.scale(scale, d.array(), d.offset(), slots.array(), slots.at(taken), slots.stride());
        if (rows) {
            kernels.mark(x.array(), x.offset(), inputSize, u.array(), u.offset(), state, HEADER, taken + 1);
            state[MODE] = ROWS;
            state[TAKEN] = taken + 1;
            state[ROWS_MAY_WAIT] = 0;
        } else if (count < 0) {
            System.arraycopy(x.array(), x.offset(), u.array(), u.offset(), inputSize);
            state[MODE] = MATRIX;
        } else {
            kernels.ger(
                    x.array(),
                    x.offset(),
                    pass.rowInts(),
                    nonZeros.positions(0),
                    count,
                    slots.array(),
                    slots.at(taken),
                    w.array(),
                    w.offset(),
                    w.stride());
        }
        return slots.at(taken);
    }

    /** Where {@link #update} leaves d'. */
    float[] gradients(Pass pass) {
        return slots(pass).array();
    }

    /** Does all that waits. */
    void finish(Pass pass, Slice w) {
        Kernels kernels = pass.kernels();
        int[] state = pass.stateInts();
        Slice u = inputs(pass), d = slots(pass);
        if (state[MODE] == MATRIX)
            kernels.ger(u.array(), u.offset(), inputSize, d.array(), d.offset(), w.array(), w.offset(), w.stride());
        else if (state[MODE] == ROWS)
            kernels.gerSlots(
                    u.array(),
                    u.offset(),
                    state,
                    HEADER,
                    d.array(),
                    d.offset(),
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride());
        state[MODE] = NOTHING;
    }
}
