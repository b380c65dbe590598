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

    /**
     * Lists the non-zero x[i], i below n, with the updates of the weights that wait for them, and lets the row's own update
     * take their places. For the k-th of them, at index i, rows[k] = wo + i * stride, inputs[k] = x[i], updates[k] = waiting[i]
     * and factors[k] = u[i]; then waiting[i] = update and u[i] = x[i]. Returns how many there are. May write up to
     * {@link Kernels#BLOCK} elements more of each list. Arrays without an offset begin at their element 0.
     */
    int exchange(
            float[] x,
            int xo,
            int n,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors);
}
