package lanewise.kernel;

/** {@link Updates} as their papers write them, an element at a time. */
interface NaiveUpdates extends Updates, KernelCases.Noting {

    /** +0.0 for what would be subnormal. */
    private static float normal(float x) {
        return x > -Float.MIN_NORMAL && x < Float.MIN_NORMAL ? 0f : x;
    }

    /** Correctly rounded: the double root of a float has more than twice its digits. */
    private static float root(float x) {
        return (float) StrictMath.sqrt(x);
    }

    /** The decaying mean of squares. */
    private static float meanSquare(float decay, float fresh, float mean, float g) {
        return normal(Math.fma(decay, mean, fresh * (g * g)));
    }

    /** The decaying mean. */
    private static float mean(float fresh, float mean, float g) {
        return normal(Math.fma(fresh, g - mean, mean));
    }

    @Override
    default void descend(float rate, float[] g, int go, float[] w, int wo, int n) {
        note();
        for (int i = 0; i < n; i++) w[wo + i] = Math.fma(-rate, g[go + i], w[wo + i]);
    }

    @Override
    default void momentum(
            float momentum, float fresh, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        note();
        for (int i = 0; i < n; i++) b[bo + i] = normal(Math.fma(momentum, b[bo + i], fresh * g[go + i]));
        for (int i = 0; i < n; i++) w[wo + i] = Math.fma(-rate, b[bo + i], w[wo + i]);
    }

    @Override
    default void nesterov(float momentum, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        note();
        for (int i = 0; i < n; i++) b[bo + i] = normal(Math.fma(momentum, b[bo + i], g[go + i]));
        for (int i = 0; i < n; i++) w[wo + i] = Math.fma(-rate, Math.fma(momentum, b[bo + i], g[go + i]), w[wo + i]);
    }

    @Override
    default void adam(
            float c1,
            float beta2,
            float c2,
            float scale,
            float epsilon,
            float a,
            float b,
            float decay,
            float[] g,
            int go,
            float[] m,
            int mo,
            float[] v,
            int vo,
            float[] w,
            int wo,
            int n) {
        note();
        for (int i = 0; i < n; i++) {
            m[mo + i] = mean(c1, m[mo + i], g[go + i]);
            v[vo + i] = meanSquare(beta2, c2, v[vo + i], g[go + i]);
            float direction = Math.fma(b, g[go + i], a * m[mo + i]);
            w[wo + i] = Math.fma(-decay, w[wo + i], w[wo + i]) - direction / Math.fma(scale, root(v[vo + i]), epsilon);
        }
    }

    @Override
    default void amsgrad(
            float c1,
            float beta2,
            float c2,
            float scale,
            float epsilon,
            float a,
            float[] g,
            int go,
            float[] m,
            int mo,
            float[] v,
            int vo,
            float[] x,
            int xo,
            float[] w,
            int wo,
            int n) {
        note();
        for (int i = 0; i < n; i++) {
            m[mo + i] = mean(c1, m[mo + i], g[go + i]);
            v[vo + i] = meanSquare(beta2, c2, v[vo + i], g[go + i]);
            x[xo + i] = Math.max(x[xo + i], v[vo + i]);
            w[wo + i] = w[wo + i] - a * m[mo + i] / Math.fma(scale, root(x[xo + i]), epsilon);
        }
    }

    @Override
    default void rmsprop(float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, int n) {
        note();
        for (int i = 0; i < n; i++) {
            v[vo + i] = meanSquare(alpha, c, v[vo + i], g[go + i]);
            g[go + i] = g[go + i] / (root(v[vo + i]) + epsilon);
        }
    }

    @Override
    default void rmspropCentred(
            float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] a, int ao, int n) {
        note();
        for (int i = 0; i < n; i++) {
            v[vo + i] = meanSquare(alpha, c, v[vo + i], g[go + i]);
            a[ao + i] = mean(c, a[ao + i], g[go + i]);
            float variance = Math.fma(-a[ao + i], a[ao + i], v[vo + i]);
            g[go + i] = g[go + i] / (root(variance < 0f ? 0f : variance) + epsilon);
        }
    }

    @Override
    default void adagrad(float epsilon, float[] g, int go, float[] v, int vo, int n) {
        note();
        for (int i = 0; i < n; i++) {
            v[vo + i] = normal(Math.fma(g[go + i], g[go + i], v[vo + i]));
            g[go + i] = g[go + i] / (root(v[vo + i]) + epsilon);
        }
    }

    @Override
    default void adadelta(
            float rho, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] x, int xo, int n) {
        note();
        for (int i = 0; i < n; i++) {
            v[vo + i] = meanSquare(rho, c, v[vo + i], g[go + i]);
            g[go + i] = root(x[xo + i] + epsilon) / root(v[vo + i] + epsilon) * g[go + i];
            x[xo + i] = meanSquare(rho, c, x[xo + i], g[go + i]);
        }
    }

    @Override
    default void average(float c, float[] x, int xo, float[] y, int yo, int n) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = Math.fma(c, x[xo + i] - y[yo + i], y[yo + i]);
    }

    @Override
    default void limit(float bound, float[] g, int go, int n) {
        note();
        for (int i = 0; i < n; i++) g[go + i] = g[go + i] > bound ? bound : g[go + i] < -bound ? -bound : g[go + i];
    }
}
