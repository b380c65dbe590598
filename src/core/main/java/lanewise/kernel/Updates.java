package lanewise.kernel;

/**
 * The rules of optimizers, element by element; {@code n} is a multiple of {@link Kernels#BLOCK}. What {@link Kernels} says of
 * all kernels holds.
 *
 * <p>g is the gradient, w the parameters; the other arrays are an optimizer's state. {@code normal(x)} is x, or +0.0 where |x|
 * is below the smallest normal float, so that a state that decays never becomes subnormal. Padding of zeros stays +0.0.
 */
interface Updates {

    /** w = fma(−rate, g, w). May be in place. */
    void descend(float rate, float[] g, int go, float[] w, int wo, int n);

    /** b = normal(fma(momentum, b, fresh · g)); w = fma(−rate, b, w). */
    void momentum(
            float momentum, float fresh, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n);

    /** b = normal(fma(momentum, b, g)); w = fma(−rate, fma(momentum, b, g), w). */
    void nesterov(float momentum, float rate, float[] g, int go, float[] b, int bo, float[] w, int wo, int n);

    /**
     * m = normal(fma(c1, g − m, m)); v = normal(fma(beta2, v, c2 · (g · g))); w = fma(−decay, w, w) − fma(b, g, a · m) /
     * fma(√v, scale, epsilon).
     */
    void adam(
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
            int n);

    /** As {@link #adam} with b and decay 0, but for x = max(x, v) in v's place under the root. */
    void amsgrad(
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
            int n);

    /** v = normal(fma(alpha, v, c · (g · g))); g = g / (√v + epsilon). */
    void rmsprop(float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, int n);

    /** v as in {@link #rmsprop}; a = normal(fma(c, g − a, a)); g = g / (√max(fma(−a, a, v), 0) + epsilon). */
    void rmspropCentred(
            float alpha, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] a, int ao, int n);

    /** v = normal(fma(g, g, v)); g = g / (√v + epsilon). */
    void adagrad(float epsilon, float[] g, int go, float[] v, int vo, int n);

    /**
     * v = normal(fma(rho, v, c · (g · g))); d = √(x + epsilon) / √(v + epsilon) · g; x = normal(fma(rho, x, c · (d · d))); g =
     * d.
     */
    void adadelta(float rho, float c, float epsilon, float[] g, int go, float[] v, int vo, float[] x, int xo, int n);

    /** y = fma(c, x − y, y): an exponential moving average. */
    void average(float c, float[] x, int xo, float[] y, int yo, int n);

    /** g = min(max(g, −bound), bound); NaN stays NaN. */
    void limit(float bound, float[] g, int go, int n);
}
