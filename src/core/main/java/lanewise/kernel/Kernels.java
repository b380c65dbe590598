package lanewise.kernel;

/**
 * The arithmetic of whole layer operations over arrays and offsets, by family: {@link Products}, {@link NonZeros}, {@link
 * Elementwise}, {@link Sums}, {@link Updates}. Its two implementations agree to the bit: {@link ScalarKernels}, the readable reference and
 * the fallback, and {@link VectorKernels}, the fast one; a file for each family begins with their names' first word.
 *
 * <p>Strides, the distances of rows, are multiples of {@link #BLOCK}, so no kernel has a tail. A name ending in {@code o}
 * is an offset. Unless a kernel says otherwise its output must not overlap its inputs; no kernel allocates, keeps state,
 * or checks what its caller checked.
 *
 * <p>The order of additions, what counts as zero and what happens to small numbers is the arithmetic contract of
 * docs/contract.md; every kernel is tested to the bit against the reference at every width.
 */
public abstract class Kernels implements Products, NonZeros, Elementwise, Sums, Updates {

    /** Floats in a block: one 512-bit, two 256-bit or four 128-bit vectors. Strides are multiples of it. */
    public static final int BLOCK = 16;

    /** Rows that {@link #gemm} takes at once. */
    public static final int ROWS = 4;

    /** Floats of the panel of weights that {@link #gemm} copies, to read it for many rows: half a first-level cache. */
    public static final int PANEL = 4096;

    /** Rows from which on {@link #gemm} copies panels. */
    public static final int PANEL_ROWS = 8;

    /** Inputs of a block at most, see {@link #blocks}. */
    private static final int BLOCK_INPUTS = 128;

    /** Strides up to this use {@link #SEGMENTS} partial sums in {@link #gemv}, wider ones a single one. */
    static final int NARROW = 64;

    /** Partial sums of a narrow layer. */
    static final int SEGMENTS = 4;

    /** Floats of scratch for {@link #gemmTransposed}. */
    public static final int SCRATCH = 2048;

    /** Rows whose terms {@link #gerRows} adds at once, and columns that it does one after the other. */
    public static final int UPDATE_ROWS = 64;

    static final int UPDATE_COLUMNS = 512;

    /** Columns whose gradients lie side by side in the scratch of {@link #gerRows}, row by row. */
    static final int UPDATE_PANEL = 64;

    /** Ints for {@link #gerRows}. */
    public static final int MASKS = 2 * BLOCK;

    /** Zeros to start a sum from. Never written. */
    static final float[] ZEROS = new float[128];

    /** Rounds a width up to whole blocks. */
    public static int padded(int width) {
        return (width + BLOCK - 1) & -BLOCK;
    }

    /** Floats of scratch for each row of {@link #gerRows}: a block of inputs, and panels of gradients. */
    public static int updateScratch(int stride) {
        return BLOCK + (Math.min(stride, UPDATE_COLUMNS) + UPDATE_PANEL - 1) / UPDATE_PANEL * UPDATE_PANEL;
    }

    /** Number of partial sums per output of {@link #gemv}: a function of the stride alone. */
    public static int partialSums(int stride) {
        return stride <= NARROW ? SEGMENTS : 1;
    }

    /**
     * The first index from {@code from} on whose position is {@code limit} or more; {@code count} if there is none.
     */
    static int segmentEnd(int[] positions, int po, int from, int count, int limit) {
        int end = from;
        while (end < count && positions[po + end] < limit) end++;
        return end;
    }

    /**
     * The blocks of neighbouring inputs in which {@link #gemmListed} goes over rows: a block's weights stay in the cache for
     * all rows. A narrow layer's blocks are the segments of its sums.
     */
    public static int blocks(int inputs, int stride) {
        return stride <= NARROW ? SEGMENTS : (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
    }

    /** Inputs of each of the {@link #blocks}; the last has those that are left. */
    public static int blockInputs(int inputs, int stride) {
        int blocks = blocks(inputs, stride);
        return stride <= NARROW ? inputs / blocks : padded((inputs + blocks - 1) / blocks);
    }

    /**
     * Where the blocks of a list end, in the array of the list: {@code lists[eo + b]} becomes the index of the first of its
     * positions, which begin at {@code po}, that belongs to block b, and that of the last block's end follows.
     */
    public static void blockEnds(int[] lists, int po, int count, int block, int blocks, int eo) {
        int k = po, end = po + count;
        for (int b = 0; b < blocks; b++) {
            while (k < end && lists[k] < b * block) k++;
            lists[eo + b] = k;
        }
        lists[eo + blocks] = end;
    }

    /** Lane width in bits, 0 for scalar code. */
    public abstract int width();

    /** Rows from which on {@link #gemm} and {@link #gemmListed} are faster than each row by itself. */
    public final int rowsTogether() {
        return width() >= 512 ? ROWS : PANEL_ROWS;
    }

    /**
     * Whether {@link #gemmListed} over so many of a row's inputs is faster than {@link #gemm} over all: at 128 and 256 bits
     * up to half of them. Scalar code has nothing to gain by rows together, and 512 bits were not measured.
     */
    public final boolean listPays(int count, int inputs) {
        return width() == 0 || width() >= 512 || count <= inputs / 2;
    }

    /**
     * Whether {@link #gemm} over the union of four rows' non-zero inputs is faster than each row over its own: it reads a
     * weight once for the four and multiplies twice as often, which 512 bits have room for and narrower vectors have not.
     */
    public final boolean unionPays() {
        return width() >= 512;
    }
}
