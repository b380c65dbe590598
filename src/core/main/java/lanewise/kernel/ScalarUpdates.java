package lanewise.kernel;

/** {@link Updates} in plain loops. */
interface ScalarUpdates extends Updates {

    private static float normal(float x) {
        return Math.abs(x) < Float.MIN_NORMAL ? 0f : x;
    }

    private static float root(float x) {
        return (float) Math.sqrt(x);
    }

    @Override
    default void descend(float rate, float[] g, int go, float[] w, int wo, int n) {
        for (int i = 0; i < n; i++) w[wo + i] = Fma.of(-rate, g[go + i], w[wo + i]);
    }

    @Override
    default void momentum(
            float momentum, float fresh, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        for (int i = 0; i < n; i++) {
            float velocity = normal(Fma.of(momentum, b[bo + i], fresh * g[go + i]));
            b[bo + i] = velocity;
            w[wo + i] = Fma.of(-rate, velocity, w[wo + i]);
        }
    }

    @Override
    default void nesterov(float momentum, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n) {
        for (int i = 0; i < n; i++) {
            float velocity = normal(Fma.of(momentum, b[bo + i], g[go + i]));
            b[bo + i] = velocity;
            w[wo + i] = Fma.of(-rate, Fma.of(momentum, velocity, g[go + i]), w[wo + i]);
        }
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
        for (int i = 0; i < n; i++) {
            float d = g[go + i];
            float mean = normal(Fma.of(c1, d - m[mo + i], m[mo + i]));
            float square = normal(Fma.of(beta2, v[vo + i], c2 * (d * d)));
            m[mo + i] = mean;
            v[vo + i] = square;
            w[wo + i] = Fma.of(-decay, w[wo + i], w[wo + i])
                    - Fma.of(b, d, a * mean) / Fma.of(root(square), scale, epsilon);
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
        for (int i = 0; i < n; i++) {
            float d = g[go + i];
            float mean = normal(Fma.of(c1, d - m[mo + i], m[mo + i]));
            float square = normal(Fma.of(beta2, v[vo + i], c2 * (d * d)));
            float largest = Math.max(x[xo + i], square);
            m[mo + i] = mean;
            v[vo + i] = square;
            x[xo + i] = largest;
            w[wo + i] -= a * mean / Fma.of(root(largest), scale, epsilon);
        }
    }

    @Override
    default void rmsprop(float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, int n) {
        for (int i = 0; i < n; i++) {
            float d = g[go + i], square = normal(Fma.of(alpha, v[vo + i], c * (d * d)));
            v[vo + i] = square;
            g[go + i] = d / (root(square) + epsilon);
        }
    }

    @Override
    default void rmspropCentred(
            float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] a, int ao, int n) {
        for (int i = 0; i < n; i++) {
            float d = g[go + i], square = normal(Fma.of(alpha, v[vo + i], c * (d * d)));
            float mean = normal(Fma.of(c, d - a[ao + i], a[ao + i]));
            v[vo + i] = square;
            a[ao + i] = mean;
            g[go + i] = d / (root(Math.max(Fma.of(-mean, mean, square), 0f)) + epsilon);
        }
    }

    @Override
    default void adagrad(float epsilon, float[] g, int go, float[] v, int vo, int n) {
        for (int i = 0; i < n; i++) {
            float d = g[go + i], square = normal(Fma.of(d, d, v[vo + i]));
            v[vo + i] = square;
            g[go + i] = d / (root(square) + epsilon);
        }
    }

    @Override
    default void adadelta(
            float rho, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] x, int xo, int n) {
        for (int i = 0; i < n; i++) {
            float d = g[go + i], square = normal(Fma.of(rho, v[vo + i], c * (d * d)));
            float delta = root(x[xo + i] + epsilon) / root(square + epsilon) * d;
            v[vo + i] = square;
            x[xo + i] = normal(Fma.of(rho, x[xo + i], c * (delta * delta)));
            g[go + i] = delta;
        }
    }

    @Override
    default void average(float c, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Fma.of(c, x[xo + i] - y[yo + i], y[yo + i]);
    }

    @Override
    default void limit(float bound, float[] g, int go, int n) {
        for (int i = 0; i < n; i++) g[go + i] = Math.min(Math.max(g[go + i], -bound), bound);
    }
}
