package lanewise.kernel;

/**
 * The arithmetic of whole layer operations over arrays and offsets, in two implementations that agree to the bit:
 * {@link ScalarKernels}, the readable reference and the fallback, and {@link VectorKernels}, the fast one.
 *
 * <p>Matrices are {@code inputs} rows of {@code stride} floats, {@code w[wo + i * stride + o]} leading from input i to
 * output o; stride is a multiple of {@link #BLOCK}, so no kernel has a tail. {@code n} of an elementwise kernel is such
 * a multiple too. A name ending in {@code o} is an offset. Unless a kernel says otherwise its output must not overlap
 * its inputs; no kernel allocates, keeps state, or checks what its caller checked.
 *
 * <p>The order of additions, what counts as zero and what happens to small numbers is the arithmetic contract of
 * docs/architecture.md; every method without a body here is tested to the bit against the reference at every width.
 */
public abstract class Kernels {

    /** Floats in a block: one 512-bit, two 256-bit or four 128-bit vectors. Strides are multiples of it. */
    public static final int BLOCK = 16;

    /** Rows that {@link #gemm} takes at once. */
    public static final int ROWS = 4;

    /** Strides up to this use {@link #SEGMENTS} partial sums in {@link #gemv}, wider ones a single one. */
    static final int NARROW = 64;

    /** Partial sums of a narrow layer. */
    static final int SEGMENTS = 4;

    /** Zeros to start a sum from. Never written. */
    static final float[] ZEROS = new float[128];

    /** Rounds a width up to whole blocks. */
    public static int padded(int width) {
        return (width + BLOCK - 1) & -BLOCK;
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

    /** Lane width in bits, 0 for scalar code. */
    public abstract int width();

    /**
     * Whether {@link #gemm} over the union of four rows' non-zero inputs is faster than each row over its own: it reads a
     * weight once for the four and multiplies twice as often, which 512 bits have room for and narrower vectors have not.
     */
    public final boolean unionPays() {
        return width() >= 512;
    }

    /** y[i] = (src[i] & 0xff) · scale for i below n; any n. */
    public abstract void unpack(byte[] src, int so, int n, float scale, float[] y, int yo);

    /**
     * Writes the ascending positions of the non-zero x[i], i below n, and returns how many there are. May write up to
     * {@link #BLOCK} ints more than it found, so {@code positions} has room for n + BLOCK.
     */
    public abstract int nonZeros(float[] x, int xo, int n, int[] positions, int po);

    /** y[i] = x[i] for i below n, and {@link #nonZeros} of them. */
    public abstract int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po);

    /** {@link #nonZeros} of {@link #ROWS} rows, {@code xs} floats apart: the positions where any of them is not zero. */
    public abstract int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po);

    /**
     * y = bias + x · W, the forward pass of one row, over all inputs. Overwrites stride floats of y.
     *
     * <p>The inputs fall into P = {@link #partialSums} contiguous segments of ⌊inputs / P⌋, the last of which takes the
     * rest. In each one chain of fused multiply-adds runs over ascending inputs, from the bias in the first and from
     * +0.0 in the others; the segments' sums are added in order; the result is stored as sum + 0.0.
     */
    public abstract void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo);

    /** {@link #gemv} over the inputs at {@code positions} (ascending; all others are zero): the same bits. */
    public abstract void gemv(
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
     * {@link #gemv} of {@link #ROWS} rows of x, {@code xs} floats apart, into rows of y, {@code ys} apart: the same bits,
     * but each weight is read once, where that pays. Over the inputs at {@code positions} (in all rows all others are
     * zero), or over all if that is null. Weights are finite.
     */
    public abstract void gemm(
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
     * dx[i] = W[i,:] · dy for i below inputs, small values flushed, padding up to whole blocks +0.0. Each product is
     * summed like {@link Elementary#dot}.
     */
    public abstract void gemvTransposed(
            float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo);

    /** W[i,:] = fma(x[i], dy, W[i,:]) for every i below inputs whose x[i] is not zero. */
    public abstract void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride);

    /** {@link #ger} over the inputs at {@code positions} (all others are zero): the same bits. */
    public abstract void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride);

    /**
     * {@link #ger} of an earlier row u with its d, then {@link #gemv} of x, both over all inputs: the same bits as the
     * two, but each weight is read once.
     */
    public abstract void gerGemv(
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
     * {@link #gemv} of x over the inputs at {@code positions}, but first W[i,:] = fma(u[i], d of slot, W[i,:]) for each
     * such input whose {@code slots[i]} is s + 1 &gt; 0, slot s beginning at {@code dO + s * stride}; sets that slots[i]
     * to 0.
     */
    public abstract void gerGemv(
            float[] u,
            int uo,
            int[] slots,
            int so,
            float[] d,
            int dO,
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

    /** {@link #ger} of single rows: W[i,:] = fma(u[i], d of slot, W[i,:]) for each slots[i] &gt; 0, set to 0 then. */
    public final void gerSlots(
            float[] u, int uo, int[] slots, int so, float[] d, int dO, int inputs, float[] w, int wo, int stride) {
        for (int i = 0; i < inputs; i++) {
            int slot = slots[so + i];
            if (slot == 0) continue;
            slots[so + i] = 0;
            ger(u, uo + i, 1, d, dO + (slot - 1) * stride, w, wo + i * stride, stride);
        }
    }

    /** u[i] = x[i] and slots[i] = slot for each i below n whose x[i] is not zero, 0 &lt; n. */
    public abstract void mark(float[] x, int xo, int n, float[] u, int uo, int[] slots, int so, int slot);

    /** y = factor · x. May be in place. */
    public abstract void scale(float factor, float[] x, int xo, float[] y, int yo, int n);

    /** y = y + x. */
    public abstract void add(float[] x, int xo, float[] y, int yo, int n);

    /**
     * p = exp(z − max) / sum, small values flushed, for any n; returns the sum. Reads and writes whole blocks, +0.0
     * beyond n of p. The sum's order is {@link Elementary#sum}'s. May be in place.
     */
    public abstract float softmax(float[] z, int zo, int n, float max, float[] p, int po);

    /** d = flush(d · f): what a layer passes back through an activation whose derivative is f. */
    public abstract void multiply(float[] f, int fo, float[] d, int dO, int n);

    /**
     * y = function(x), with the factors that {@link Function} names. May be in place if {@link Function#inPlace}; else x
     * and y must not overlap.
     */
    public abstract void values(
            Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n);

    /**
     * f = function's derivative, from v, the function's value if {@link Function#inPlace}, else its argument. May be in
     * place in the first case; else v and f must not overlap.
     */
    public abstract void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n);

    /** y = x from zero on, slope[i] · x below. */
    public abstract void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n);

    /** f = 1 for x > 0, slope[i] else. */
    public abstract void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n);

    /** y[i] = flush(scale · x[i]) where {@link Elementary#kept} says so for unit i, +0.0 elsewhere. May be in place. */
    public abstract void dropout(
            int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n);

    /** Σ (x[i] − shift) for any n, as {@link Elementary#sum(float[], int, int, float)}; reads whole blocks. */
    public abstract float sum(float[] x, int xo, int n, float shift);

    /** Σ ((x[i] − shift) · scale)² for any n, as {@link Elementary#squares}; reads whole blocks. */
    public abstract float squares(float[] x, int xo, int n, float shift, float scale);

    /** Σ x[i] y[i] for any n, as {@link Elementary#dot}; reads whole blocks. */
    public abstract float dot(float[] x, int xo, float[] y, int yo, int n);

    /** y = fma(a, b, c) + 0.0. May be in place. */
    public abstract void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n);

    /** y = flush(y + x): where two gradients meet. */
    public abstract void addFlushed(float[] x, int xo, float[] y, int yo, int n);

    /** h = (x − mean) · inverse for any n; writes whole blocks, +0.0 beyond n. */
    public abstract void normalize(
            float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n);

    /**
     * dx = flush(factor · (fma(−h, b, d) − a)) for any n; writes whole blocks, +0.0 beyond n. The gradient through a
     * normalisation, a and b being the means of d and d · h.
     */
    public abstract void normalizeBackward(
            float[] factor,
            int fo,
            float[] a,
            int ao,
            float[] b,
            int bo,
            float[] d,
            int dO,
            float[] h,
            int ho,
            float[] dx,
            int dxo,
            int n);

    /** mean[i] = x[0][i] + Σ (x[r][i] − x[0][i]) / rows, the sum from +0.0 over rows ascending. */
    public abstract void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n);

    /** s[i] = Σ (x[r][i] − mean[i])² from +0.0 over rows ascending, by fused multiply-adds. */
    public abstract void columnSquares(
            float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n);

    /** s[i] = Σ d[r][i] and p[i] = Σ d[r][i] h[r][i] from +0.0 over rows ascending, by fused multiply-adds. */
    public abstract void columnSums(
            float[] d,
            int dO,
            int dStride,
            float[] h,
            int ho,
            int hStride,
            int rows,
            float[] s,
            int so,
            float[] p,
            int po,
            int n);

    /** dx = flush(p · (d − mean)): the gradient through a softmax whose value is p, mean being Σ d p. */
    public abstract void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n);
}
