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
    default void gemm(
            float[] x,
            int xo,
            int xs,
            int rows,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys,
            float[] panel,
            int po) {
        note();
        for (int r = 0; r < rows; r++) gemv(x, xo + r * xs, inputs, w, wo, stride, bias, bo, y, yo + r * ys);
    }

    @Override
    default void gemmListed(
            float[] x,
            int xo,
            int xs,
            int[] lists,
            int po,
            int eo,
            int ls,
            int rows,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys) {
        note();
        int blocks = stride <= 64 ? 4 : (inputs + 127) / 128;
        for (int r = 0; r < rows; r++) {
            float[] row = new float[inputs];
            int from = lists[eo + r * ls], to = lists[eo + r * ls + blocks];
            for (int k = from; k < to; k++) row[lists[k]] = x[xo + r * xs + lists[k]];
            gemv(row, 0, inputs, w, wo, stride, bias, bo, y, yo + r * ys);
        }
    }

    @Override
    default void gemvTransposed(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        note();
        for (int i = 0; i < inputs; i++) {
            float[] sums = new float[16];
            for (int o = 0; o < stride; o++) sums[o % 16] = Math.fma(w[wo + i * stride + o], dy[dyo + o], sums[o % 16]);
            dx[dxo + i] = NaiveKernels.flush(NaiveKernels.pairwise(sums) + 0f);
        }
        for (int i = inputs; i % 16 != 0; i++) dx[dxo + i] = 0f;
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
            int yo) {
        note();
        for (int i = 0; i < inputs; i++)
            if (x[xo + i] != 0f && slots[so + i] > 0) {
                for (int o = 0; o < stride; o++) {
                    int at = wo + i * stride + o;
                    w[at] = Math.fma(u[uo + i], d[dO + (slots[so + i] - 1) * stride + o], w[at]);
                }
                slots[so + i] = 0;
            }
        gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
    }
}
