package lanewise.kernel;

/** Lists of a row's non-zero inputs: products skip the others. What {@link Kernels} says of all kernels holds. */
interface NonZeros {

    /**
     * Writes the ascending positions of the non-zero x[i], i below n, and returns how many there are. May write up to
     * {@link Kernels#BLOCK} ints more than it found, so {@code positions} has room for n + BLOCK.
     */
    int nonZeros(float[] x, int xo, int n, int[] positions, int po);

    /** y[i] = x[i] for i below n, and {@link #nonZeros} of them. */
    int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po);

    /** {@link #nonZeros} of {@link Kernels#ROWS} rows, {@code xs} floats apart: the positions where any of them is not zero. */
    int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po);

    /** u[i] = x[i] and slots[i] = slot for each i below n whose x[i] is not zero, 0 &lt; n. */
    void mark(float[] x, int xo, int n, float[] u, int uo, int[] slots, int so, int slot);
}
