package lanewise.kernel;

/**
 * Sums along a row or over a batch, and what is built on them: softmax and normalisation. What {@link Kernels} says of
 * all kernels holds.
 */
interface Sums {

    /** Σ (x[i] − shift) for any n, as {@link Elementary#sum(float[], int, int, float)}; reads whole blocks. */
    float sum(float[] x, int xo, int n, float shift);

    /** Σ ((x[i] − shift) · scale)² for any n, as {@link Elementary#squares}; reads whole blocks. */
    float squares(float[] x, int xo, int n, float shift, float scale);

    /** Σ x[i] y[i] for any n, as {@link Elementary#dot}; reads whole blocks. */
    float dot(float[] x, int xo, float[] y, int yo, int n);

    /**
     * p = exp(z − max) / sum, small values flushed, for any n; returns the sum. Reads and writes whole blocks, +0.0
     * beyond n of p. The sum's order is {@link Elementary#sum}'s. May be in place.
     */
    float softmax(float[] z, int zo, int n, float max, float[] p, int po);

    /** dx = flush(p · (d − mean)): the gradient through a softmax whose value is p, mean being Σ d p. */
    void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n);

    /** h = (x − mean) · inverse for any n; writes whole blocks, +0.0 beyond n. */
    void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n);

    /**
     * dx = flush(factor · (fma(−h, b, d) − a)) for any n; writes whole blocks, +0.0 beyond n. The gradient through a
     * normalisation, a and b being the means of d and d · h.
     */
    void normalizeBackward(
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
    void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n);

    /** s[i] = Σ (x[r][i] − mean[i])² from +0.0 over rows ascending, by fused multiply-adds. */
    void columnSquares(float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n);

    /** s[i] = Σ d[r][i] and p[i] = Σ d[r][i] h[r][i] from +0.0 over rows ascending, by fused multiply-adds. */
    void columnSums(
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
}
