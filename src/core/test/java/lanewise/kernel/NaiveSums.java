package lanewise.kernel;

/** {@link Sums} in the plainest loops, sums in arrays. */
interface NaiveSums extends Sums, KernelCases.Noting {

    @Override
    default float sum(float[] x, int xo, int n, float shift) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) sums[i % 16] += x[xo + i] - shift;
        return NaiveKernels.pairwise(sums) + 0f;
    }

    @Override
    default float squares(float[] x, int xo, int n, float shift, float scale) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) {
            float d = (x[xo + i] - shift) * scale;
            sums[i % 16] = Math.fma(d, d, sums[i % 16]);
        }
        return NaiveKernels.pairwise(sums) + 0f;
    }

    @Override
    default float dot(float[] x, int xo, float[] y, int yo, int n) {
        note();
        float[] sums = new float[16];
        for (int i = 0; i < n; i++) sums[i % 16] = Math.fma(x[xo + i], y[yo + i], sums[i % 16]);
        return NaiveKernels.pairwise(sums) + 0f;
    }

    @Override
    default float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        note();
        float[] exp = new float[n], sums = new float[16];
        for (int i = 0; i < n; i++) exp[i] = Elementary.exp(z[zo + i] - max);
        for (int i = 0; i < n; i++) sums[i % 16] += exp[i];
        float sum = NaiveKernels.pairwise(sums) + 0f;
        for (int i = 0; i < n; i++) p[po + i] = NaiveKernels.flush(exp[i] / sum);
        for (int i = n; i % 16 != 0; i++) p[po + i] = 0f;
        return sum;
    }

    @Override
    default void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        note();
        for (int i = 0; i < n; i++) dx[dxo + i] = NaiveKernels.flush(p[po + i] * (d[dO + i] - mean));
    }

    @Override
    default void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        note();
        for (int i = 0; i < n; i++) h[ho + i] = (x[xo + i] - mean[mo + i]) * inverse[io + i];
        for (int i = n; i % 16 != 0; i++) h[ho + i] = 0f;
    }

    @Override
    default void normalizeBackward(
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
            int n) {
        note();
        for (int i = 0; i < n; i++)
            dx[dxo + i] = NaiveKernels.flush(factor[fo + i] * (Math.fma(-h[ho + i], b[bo + i], d[dO + i]) - a[ao + i]));
        for (int i = n; i % 16 != 0; i++) dx[dxo + i] = 0f;
    }

    @Override
    default void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        note();
        float[] sums = new float[n];
        for (int r = 0; r < rows; r++) for (int i = 0; i < n; i++) sums[i] += x[xo + r * stride + i] - x[xo + i];
        for (int i = 0; i < n; i++) mean[mo + i] = x[xo + i] + sums[i] / rows;
    }

    @Override
    default void columnSquares(
            float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
        note();
        float[] sums = new float[n];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++) {
                float d = x[xo + r * stride + i] - mean[mo + i];
                sums[i] = Math.fma(d, d, sums[i]);
            }
        System.arraycopy(sums, 0, s, so, n);
    }

    @Override
    default void columnSums(
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
            int n) {
        note();
        float[] sums = new float[n], products = new float[n];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++) {
                sums[i] += d[dO + r * dStride + i];
                products[i] = Math.fma(d[dO + r * dStride + i], h[ho + r * hStride + i], products[i]);
            }
        System.arraycopy(sums, 0, s, so, n);
        System.arraycopy(products, 0, p, po, n);
    }
}
