package lanewise.layer;

import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Lists of the inputs that are not zero, for a layer that skips the others: for each row their number, and their
 * positions in ascending order. A row with many non-zero inputs has no list, and the rows after it are not searched for a
 * while. Immutable: the lists lie in the layer's {@link Pass}.
 *
 * <p>Lists change no result, only time.
 */
public final class NonZeroInputs {

    /** The count of a row that has no list: too many of its inputs are not zero, or they were not searched for. */
    static final int NO_LIST = -1;

    /** After a row with few zeros, so many rows are taken as they are before another is searched for zeros. */
    private static final int ROWS_WITHOUT_SEARCH = 15;

    /** Scratch: how many rows to take without a search; 2 more than the count of row 0 if the caller gave it, else 0. */
    private static final int WAITING = 0, GIVEN = 1;

    /** How many of the layer's ints of scratch are these, the first ones. */
    static final int SCRATCH_INTS = 2;

    private final int inputSize;

    NonZeroInputs(int inputSize) {
        this.inputSize = inputSize;
    }

    /** This memory and that of the lists, of which no other ints of the layer may come before. */
    Memory and(Memory memory) {
        return memory.rowInts(intsPerRow()).scratchInts(SCRATCH_INTS);
    }

    private int intsPerRow() {
        return 1 + inputSize + Kernels.BLOCK;
    }

    /** Number of non-zero inputs of a row; {@link #NO_LIST} if it has no list. */
    int count(Pass pass, int row) {
        return pass.rowInts()[row * intsPerRow()];
    }

    /** Index in {@link Pass#rowInts} of a row's first position. */
    int positions(int row) {
        return row * intsPerRow() + 1;
    }

    /** Lists a row's non-zero inputs, unless the caller gave them. Returns how many. */
    int list(Pass pass, Slice input, int row) {
        int[] scratch = pass.scratchInts();
        int count;
        if (scratch[GIVEN] != 0 && row == 0) {
            count = scratch[GIVEN] - 2;
            scratch[GIVEN] = 0;
        } else if (skipsSearch(pass, 1)) count = NO_LIST;
        else
            count = found(
                    pass,
                    pass.kernels().nonZeros(input.array(), input.at(row), inputSize, pass.rowInts(), positions(row)));
        return pass.rowInts()[row * intsPerRow()] = count;
    }

    /** Lists where any of {@link Kernels#ROWS} rows is not zero, in the place of the first one's list. */
    int listUnion(Pass pass, Slice input, int row) {
        if (skipsSearch(pass, Kernels.ROWS)) return NO_LIST;
        return found(
                pass,
                pass.kernels()
                        .nonZerosOfRows(
                                input.array(),
                                input.at(row),
                                input.stride(),
                                inputSize,
                                pass.rowInts(),
                                positions(row)));
    }

    /** Whether so many rows are taken as they are, because one of the last had few zeros. */
    private static boolean skipsSearch(Pass pass, int rows) {
        int[] scratch = pass.scratchInts();
        if (scratch[WAITING] == 0) return false;
        scratch[WAITING] = Math.max(0, scratch[WAITING] - rows);
        return true;
    }

    /** The count, or {@link #NO_LIST} if it is large; then some rows are taken without a search. */
    int found(Pass pass, int count) {
        if (few(count)) return count;
        pass.scratchInts()[WAITING] = ROWS_WITHOUT_SEARCH;
        return NO_LIST;
    }

    /** Whether so many inputs that are not zero are few enough for a list to pay. */
    boolean few(int count) {
        return count <= inputSize / 4 * 3;
    }

    /** Whether row 0 is taken as it is, without a list, which is noted then. */
    boolean skipsRow(Pass pass) {
        if (!skipsSearch(pass, 1)) return false;
        pass.rowInts()[0] = NO_LIST;
        return true;
    }

    /**
     * Sets row 0 of an input and lists its non-zero elements for the next forward, in one go.
     *
     * @param pass of the layer
     * @param input its input
     * @param from holds inputSize floats
     * @param offset index of the first
     */
    public void setInput(Pass pass, Slice input, float[] from, int offset) {
        Objects.checkFromIndexSize(offset, inputSize, from.length);
        int count = NO_LIST;
        if (skipsSearch(pass, 1)) System.arraycopy(from, offset, input.array(), input.offset(), inputSize);
        else
            count = found(
                    pass,
                    pass.kernels()
                            .copyNonZeros(
                                    from,
                                    offset,
                                    inputSize,
                                    input.array(),
                                    input.offset(),
                                    pass.rowInts(),
                                    positions(0)));
        pass.scratchInts()[GIVEN] = count + 2;
    }

    /**
     * Gives the list of row 0 for the next forward.
     *
     * @param pass of the layer
     * @param positions of all inputs that may differ from zero, ascending
     * @param from index of the first
     * @param count how many there are
     */
    public void give(Pass pass, int[] positions, int from, int count) {
        System.arraycopy(positions, from, pass.rowInts(), positions(0), count);
        pass.scratchInts()[GIVEN] = count + 2;
    }

    /**
     * Forgets a list that was given.
     *
     * @param pass of the layer
     */
    public void forget(Pass pass) {
        pass.scratchInts()[GIVEN] = 0;
    }
}
