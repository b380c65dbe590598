package lanewise.kernel;

/** {@link Elementwise} in plain loops. */
interface ScalarElementwise extends Elementwise {

    @Override
    default void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
        for (int i = 0; i < n; i++) y[yo + i] = (src[so + i] & 0xff) * scale;
    }

    @Override
    default void values(
            Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        ScalarFunctions.values(function, positive, negative, x, xo, y, yo, n);
    }

    @Override
    default void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        ScalarFunctions.derivatives(function, positive, negative, v, vo, f, fo, n);
    }

    @Override
    default void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = factor * x[xo + i];
    }

    @Override
    default void add(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] += x[xo + i];
    }

    @Override
    default void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Elementary.flush(y[yo + i] + x[xo + i]);
    }

    @Override
    default void multiply(float[] f, int fo, float[] d, int dO, int n) {
        for (int i = 0; i < n; i++) d[dO + i] = Elementary.flush(d[dO + i] * f[fo + i]);
    }

    @Override
    default void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Fma.of(a[ao + i], b[bo + i], c[co + i]) + 0f;
    }

    @Override
    default void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            float v = x[xo + i];
            y[yo + i] = v < 0f ? slope[so + i] * v + 0f : v;
        }
    }

    @Override
    default void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i++) f[fo + i] = x[xo + i] > 0f ? 1f : slope[so + i];
    }

    @Override
    default void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            boolean kept = Elementary.kept(key0, key1, threshold, i) != 0;
            y[yo + i] = kept ? Elementary.flush(scale * x[xo + i]) : 0f;
        }
    }
}
