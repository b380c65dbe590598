package lanewise.kernel;

/** {@link Sums} in plain loops; along rows in {@link Elementary}. */
interface ScalarSums extends Sums {

    @Override
    default float sum(float[] x, int xo, int n, float shift) {
        return Elementary.sum(x, xo, n, shift);
    }

    @Override
    default float squares(float[] x, int xo, int n, float shift, float scale) {
        return Elementary.squares(x, xo, n, shift, scale);
    }

    @Override
    default float dot(float[] x, int xo, float[] y, int yo, int n) {
        return Elementary.dot(x, xo, y, yo, n);
    }

    @Override
    default float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        for (int i = 0; i < n; i++) p[po + i] = Elementary.exp(z[zo + i] - max);
        float sum = Elementary.sum(p, po, n);
        for (int i = 0; i < n; i++) p[po + i] = Elementary.flush(p[po + i] / sum);
        for (int i = n; i < Kernels.padded(n); i++) p[po + i] = 0f;
        return sum;
    }

    @Override
    default void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        for (int i = 0; i < n; i++) dx[dxo + i] = Elementary.flush(p[po + i] * (d[dO + i] - mean));
    }

    @Override
    default void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        for (int i = 0; i < n; i++) h[ho + i] = (x[xo + i] - mean[mo + i]) * inverse[io + i];
        for (int i = n; i < Kernels.padded(n); i++) h[ho + i] = 0f;
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
        for (int i = 0; i < n; i++)
            dx[dxo + i] = Elementary.flush(factor[fo + i] * (Fma.of(-h[ho + i], b[bo + i], d[dO + i]) - a[ao + i]));
        for (int i = n; i < Kernels.padded(n); i++) dx[dxo + i] = 0f;
    }

    @Override
    default void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        for (int i = 0; i < n; i++) {
            float first = x[xo + i], s = 0f;
            for (int r = 0; r < rows; r++) s += x[xo + r * stride + i] - first;
            mean[mo + i] = first + s / rows;
        }
    }

    @Override
    default void columnSquares(
            float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
        for (int i = 0; i < n; i++) {
            float sum = 0f;
            for (int r = 0; r < rows; r++) {
                float d = x[xo + r * stride + i] - mean[mo + i];
                sum = Fma.of(d, d, sum);
            }
            s[so + i] = sum;
        }
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
        for (int i = 0; i < n; i++) {
            float sum = 0f, product = 0f;
            for (int r = 0; r < rows; r++) {
                float v = d[dO + r * dStride + i];
                sum += v;
                product = Fma.of(v, h[ho + r * hStride + i], product);
            }
            s[so + i] = sum;
            p[po + i] = product;
        }
    }
}
