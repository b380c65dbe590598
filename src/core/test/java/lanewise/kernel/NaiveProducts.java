package lanewise.kernel;

/** {@link Products} without lists: what skips zeros is held against what does not. */
interface NaiveProducts extends Products, KernelCases.Noting {

    @Override
    default void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        note();
        int segments = stride <= 64 ? 4 : 1, length = inputs / segments;
        for (int o = 0; o < stride; o++) {
            float[] sums = new float[segments];
            sums[0] = bias[bo + o];
            for (int i = 0; i < inputs; i++) {
                int segment = length == 0 ? segments - 1 : Math.min(segments - 1, i / length);
                sums[segment] = Math.fma(x[xo + i], w[wo + i * stride + o], sums[segment]);
            }
            float sum = segments == 1 ? sums[0] : ((sums[0] + sums[1]) + sums[2]) + sums[3];
            y[yo + o] = sum + 0f;
        }
    }

    @Override
    default void gemv(
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
            int yo) {
        note();
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    default void gemm(
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
            int ys) {
        note();
        for (int r = 0; r < 4; r++) gemv(x, xo + r * xs, inputs, w, wo, stride, bias, bo, y, yo + r * ys);
    }

    @Override
    default void gemmTransposed(
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
            int so) {
        note();
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < inputs; i++) {
                float[] sums = new float[16];
                for (int o = 0; o < stride; o++)
                    sums[o % 16] = Math.fma(w[wo + i * stride + o], dy[dyo + r * dys + o], sums[o % 16]);
                dx[dxo + r * dxs + i] = NaiveKernels.flush(NaiveKernels.pairwise(sums) + 0f);
            }
            for (int i = inputs; i % 16 != 0; i++) dx[dxo + r * dxs + i] = 0f;
        }
    }

    @Override
    default void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        note();
        for (int i = 0; i < inputs; i++)
            for (int o = 0; o < stride; o++) {
                int at = wo + i * stride + o;
                if (x[xo + i] != 0f) w[at] = Math.fma(x[xo + i], dy[dyo + o], w[at]);
            }
    }

    @Override
    default void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        note();
        int inputs = count == 0 ? 0 : positions[po + count - 1] + 1;
        ger(x, xo, inputs, dy, dyo, w, wo, stride);
    }

    @Override
    default void gerRows(
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
            int mo) {
        note();
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < stride; o++) {
                    float v = x[xo + r * xs + i], d = scale * dy[dyo + r * dys + o];
                    int at = wo + i * stride + o;
                    if (v != 0f) w[at] = Math.fma(v, d, w[at]);
                }
    }

    @Override
    default void gerGemv(
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
            int yo) {
        note();
        ger(u, uo, inputs, d, dO, w, wo, stride);
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    default void gerGemv(
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
            int yo) {
        note();
        float[] whole = new float[inputs];
        for (int k = 0; k < count; k++) {
            for (int o = 0; o < stride; o++) {
                int at = rows[k] + o;
                w[at] = Math.fma(u[k], d[updates[k] + o], w[at]);
            }
            whole[(rows[k] - wo) / stride] = x[k];
        }
        gemv(whole, 0, inputs, w, wo, stride, bias, bo, y, yo);
    }
}
