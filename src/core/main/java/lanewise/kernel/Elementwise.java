package lanewise.kernel;

/**
 * Functions and arithmetic element by element; {@code n} is a multiple of {@link Kernels#BLOCK} unless a kernel says
 * otherwise. What {@link Kernels} says of all kernels holds.
 */
interface Elementwise {

    /** y[i] = (src[i] & 0xff) · scale for i below n; any n. */
    void unpack(byte[] src, int so, int n, float scale, float[] y, int yo);

    /**
     * y = function(x), with the factors that {@link Function} names. May be in place if {@link Function#inPlace}; else x
     * and y must not overlap.
     */
    void values(Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n);

    /**
     * f = function's derivative, from v, the function's value if {@link Function#inPlace}, else its argument. May be in
     * place in the first case; else v and f must not overlap.
     */
    void derivatives(Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n);

    /** y = factor · x. May be in place. */
    void scale(float factor, float[] x, int xo, float[] y, int yo, int n);

    /** y = y + x. */
    void add(float[] x, int xo, float[] y, int yo, int n);

    /** y = flush(y + x): where two gradients meet. */
    void addFlushed(float[] x, int xo, float[] y, int yo, int n);

    /** d = flush(d · f): what a layer passes back through an activation whose derivative is f. */
    void multiply(float[] f, int fo, float[] d, int dO, int n);

    /** y = fma(a, b, c) + 0.0. May be in place. */
    void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n);

    /** y = x from zero on, slope[i] · x below. */
    void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n);

    /** f = 1 for x > 0, slope[i] else. */
    void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n);

    /** y[i] = flush(scale · x[i]) where {@link Elementary#kept} says so for unit i, +0.0 elsewhere. May be in place. */
    void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n);
}
