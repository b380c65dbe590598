package lanewise.kernel;

/**
 * Products of a layer's weights and rows: forward pass, input gradient, update of the weights.
 *
 * <p>Matrices are {@code inputs} rows of {@code stride} floats, {@code w[wo + i * stride + o]} leading from input i to
 * output o. What {@link Kernels} says of all kernels holds.
 */
interface Products {

    /**
     * y = bias + x · W, the forward pass of one row, over all inputs. Overwrites stride floats of y.
     *
     * <p>The inputs fall into P = {@link Kernels#partialSums} contiguous segments of ⌊inputs / P⌋, the last of which takes the
     * rest. In each one chain of fused multiply-adds runs over ascending inputs, from the bias in the first and from
     * +0.0 in the others; the segments' sums are added in order; the result is stored as sum + 0.0.
     */
    void gemv(float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo);

    /** {@link #gemv} over the inputs at {@code positions} (ascending; all others are zero): the same bits. */
    void gemv(
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo);

    /**
     * {@link #gemv} of {@link Kernels#ROWS} rows of x, {@code xs} floats apart, into rows of y, {@code ys} apart: the same bits,
     * but each weight is read once, where that pays. Over the inputs at {@code positions} (in all rows all others are
     * zero), or over all if that is null. Weights are finite.
     */
    void gemm(
            float[] x,
            int xo,
            int xs,
            int inputs,
            int[] positions,
            int po,
            int count,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys);

    /**
     * dx[r][i] = W[i,:] · dy[r] for i below inputs, small values flushed, padding up to whole blocks +0.0: the input gradient
     * of some rows, {@code dys} and {@code dxs} floats apart. Each product is summed like {@link Elementary#dot}. Overwrites
     * {@link Kernels#SCRATCH} floats of scratch.
     */
    void gemmTransposed(
            float[] w,
            int wo,
            int stride,
            int inputs,
            float[] dy,
            int dyo,
            int dys,
            int rows,
            float[] dx,
            int dxo,
            int dxs,
            float[] scratch,
            int so);

    /** W[i,:] = fma(x[i], dy, W[i,:]) for every i below inputs whose x[i] is not zero. */
    void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride);

    /** {@link #ger} over the inputs at {@code positions} (all others are zero): the same bits. */
    void ger(float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride);

    /**
     * {@link #ger} of each row of x and scale · dy, one row after the other, {@code xs} and {@code dys} floats apart: the same
     * bits, but a weight is read and written once for {@link Kernels#UPDATE_ROWS} rows. Each row of x has room for whole
     * blocks. Overwrites {@link Kernels#updateScratch} floats of scratch for each row, and for up to that many, and {@link
     * Kernels#MASKS} ints.
     */
    void gerRows(
            float scale,
            float[] x,
            int xo,
            int xs,
            int rows,
            int inputs,
            float[] dy,
            int dyo,
            int dys,
            float[] w,
            int wo,
            int stride,
            float[] scratch,
            int so,
            int[] masks,
            int mo);

    /**
     * {@link #ger} of an earlier row u with its d, then {@link #gemv} of x, both over all inputs: the same bits as the
     * two, but each weight is read once.
     */
    void gerGemv(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo);

    /**
     * The updates that {@link NonZeros#exchange} took, then {@link #gemv} of the row that it listed: first W[r] = fma(u[k], d at
     * updates[k], W[r]) for each k below count, r being the row of weights that begins at rows[k], then y = bias + x · W. The
     * same bits as the two apart, but each weight is read once. Weights are finite.
     *
     * @param inputs of the layer, which decide the segments of a narrow one
     */
    void gerGemv(
            int[] rows,
            int[] updates,
            float[] x,
            float[] u,
            int count,
            float[] d,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo);
}
