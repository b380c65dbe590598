package lanewise;

import lanewise.kernel.Kernels;

/**
 * Updates of a dense layer's weights that wait until the weights are read anyway.
 *
 * <p>Training sample by sample, a weight is read by the forward pass, and read and written by the update. Done together,
 * the update of one step with the forward pass of a later one, each weight is read and written once: the same
 * operations in the same order on each weight, in a fifth less time. A row whose input is zero meanwhile goes on waiting;
 * so each row remembers the input that it waits with and the slot that holds the gradient, and when all slots are taken,
 * every row catches up.
 *
 * <p>Immutable: what is pending lies in the {@link Pass}. Its ints: the mode, the number of slots taken, whether the
 * rows of the next update may wait each by itself, and for each row of weights its slot, counted from 1, or 0. Its
 * scratch matrices: the inputs that rows wait with, and the slots.
 */
final class Pending {

    /** Modes: nothing waits; every row waits with the first slot; some rows wait, each with its own slot. */
    private static final int NOTHING = 0, MATRIX = 1, ROWS = 2;

    private static final int MODE = 0, TAKEN = 1, ROWS_MAY_WAIT = 2, HEADER = 3;

    private static final int MOST_SLOTS = 256;

    /** Floats in all slots together: they are to stay in the second-level cache beside the weights. */
    private static final int SLOT_FLOATS = 1 << 15;

    private final int inputSize;
    private final int outputSize;
    private final int slots;
    private final int intsPerRow;
    private final int firstInt;
    private final int firstScratch;

    /** For a layer with these needs of its own, to which {@link #needs} then adds. */
    Pending(int inputSize, int outputSize, Needs own) {
        this.inputSize = inputSize;
        this.outputSize = outputSize;
        slots = Math.max(1, Math.min(MOST_SLOTS, SLOT_FLOATS / Kernels.padded(outputSize)));
        intsPerRow = own.intsPerRow;
        firstInt = own.ints;
        firstScratch = own.scratch.size();
    }

    Needs needs(Needs own) {
        return own.ints(0, HEADER + inputSize).scratch(1, inputSize).scratch(slots, outputSize);
    }

    private int header(Pass pass) {
        return pass.rows() * intsPerRow + firstInt;
    }

    private Slice inputs(Pass pass) {
        return pass.scratch(firstScratch);
    }

    private Slice slots(Pass pass) {
        return pass.scratch(firstScratch + 1);
    }

    boolean any(Pass pass) {
        return pass.training() && pass.ints()[header(pass) + MODE] != NOTHING;
    }

    /**
     * Does what is pending in the rows that x reads, and y = bias + x · W.
     *
     * @param po where the positions of the non-zero inputs begin in the pass's ints
     * @param count how many there are; −1 if they were not searched for
     */
    void forward(Pass pass, Slice w, float[] x, int xo, int po, int count, Slice bias, float[] y, int yo) {
        Kernels kernels = pass.kernels();
        int[] ints = pass.ints();
        int header = header(pass);
        Slice u = inputs(pass), d = slots(pass);
        int stride = w.stride();
        if (count < 0 && ints[header + MODE] == MATRIX) {
            kernels.gerGemv(
                    u.array(),
                    u.offset(),
                    d.array(),
                    d.offset(),
                    x,
                    xo,
                    inputSize,
                    w.array(),
                    w.offset(),
                    stride,
                    bias.array(),
                    bias.offset(),
                    y,
                    yo);
            ints[header + MODE] = NOTHING;
        } else if (count < 0) {
            catchUp(pass, w);
            kernels.gemv(x, xo, inputSize, w.array(), w.offset(), stride, bias.array(), bias.offset(), y, yo);
        } else {
            if (ints[header + MODE] == MATRIX) catchUp(pass, w);
            kernels.gerGemv(
                    u.array(),
                    u.offset(),
                    ints,
                    header + HEADER,
                    d.array(),
                    d.offset(),
                    x,
                    xo,
                    inputSize,
                    ints,
                    po,
                    count,
                    w.array(),
                    w.offset(),
                    stride,
                    bias.array(),
                    bias.offset(),
                    y,
                    yo);
        }
    }

    /** Must come before backward reads the weights, if it does; rows that wait one by one are of no use then. */
    void backward(Pass pass, Slice w, boolean readsWeights) {
        if (readsWeights && any(pass)) catchUp(pass, w);
        pass.ints()[header(pass) + ROWS_MAY_WAIT] = readsWeights ? 0 : 1;
    }

    /**
     * Leaves the update {@code W[i,:] += x[i] · d'} pending, with {@code d' = scale · d}, or does it at once if waiting
     * is of no use. Positions and count as in {@link #forward}, which saw the same x.
     *
     * @return where d' begins in {@link #gradients}
     */
    int update(Pass pass, Slice w, float[] x, int xo, int po, int count, float scale, float[] d, int dO) {
        Kernels kernels = pass.kernels();
        int[] ints = pass.ints();
        int header = header(pass);
        Slice u = inputs(pass), slots = slots(pass);
        boolean rows = count >= 0 && ints[header + ROWS_MAY_WAIT] != 0;
        int taken = rows && ints[header + MODE] == ROWS ? ints[header + TAKEN] : 0;
        if (!rows || ints[header + MODE] == MATRIX || taken == slots.rows()) {
            catchUp(pass, w);
            taken = 0;
        }
        kernels.scale(scale, d, dO, slots.array(), slots.at(taken), slots.stride());
        if (rows) {
            kernels.mark(x, xo, inputSize, u.array(), u.offset(), ints, header + HEADER, taken + 1);
            ints[header + MODE] = ROWS;
            ints[header + TAKEN] = taken + 1;
            ints[header + ROWS_MAY_WAIT] = 0;
        } else if (count < 0) {
            System.arraycopy(x, xo, u.array(), u.offset(), inputSize);
            ints[header + MODE] = MATRIX;
        } else {
            kernels.ger(x, xo, ints, po, count, slots.array(), slots.at(taken), w.array(), w.offset(), w.stride());
        }
        return slots.at(taken);
    }

    /** Where {@link #update} leaves d'. */
    float[] gradients(Pass pass) {
        return slots(pass).array();
    }

    /** Does all that is pending. */
    void catchUp(Pass pass, Slice w) {
        Kernels kernels = pass.kernels();
        int[] ints = pass.ints();
        int header = header(pass);
        Slice u = inputs(pass), d = slots(pass);
        if (ints[header + MODE] == MATRIX)
            kernels.ger(u.array(), u.offset(), inputSize, d.array(), d.offset(), w.array(), w.offset(), w.stride());
        else if (ints[header + MODE] == ROWS)
            kernels.gerSlots(
                    u.array(),
                    u.offset(),
                    ints,
                    header + HEADER,
                    d.array(),
                    d.offset(),
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride());
        ints[header + MODE] = NOTHING;
    }
}
