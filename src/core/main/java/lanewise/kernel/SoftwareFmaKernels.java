package lanewise.kernel;

/**
 * The scalar kernels of a JVM without an instruction for the fused multiply-add: the loops over weights by {@link
 * Fma#inSoftware}, about three times slower than with the instruction. The others get it from {@link Fma#of}.
 */
final class SoftwareFmaKernels extends ScalarKernels {

    @Override
    public void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        gemv(x, xo, inputs, null, 0, inputs, w, wo, stride, bias, bo, y, yo);
    }

    /** Over all inputs if positions is null. */
    @Override
    public void gemv(
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
        int segments = partialSums(stride), length = inputs / segments;
        for (int s = 0, k = 0; s < segments; s++) {
            int end = count;
            if (s < segments - 1)
                end = positions == null ? (s + 1) * length : segmentEnd(positions, po, k, count, (s + 1) * length);
            for (int o = 0; o < stride; o += 4)
                if (s == 0)
                    forward1x4(x, xo, positions, po, k, end, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
                else forward1x4(x, xo, positions, po, k, end, w, wo + o, stride, ZEROS, 0, y, yo + o, y, yo + o);
            k = end;
        }
    }

    /** y = base + (start + Σ x[i] W[i,:]) of four outputs, whose sums go side by side through the CPU. */
    private static void forward1x4(
            float[] x,
            int xo,
            int[] positions,
            int po,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] base,
            int bo,
            float[] y,
            int yo) {
        float s0 = start[so], s1 = start[so + 1], s2 = start[so + 2], s3 = start[so + 3];
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[po + k];
            float v = x[xo + i];
            int r = wo + i * stride;
            s0 = Fma.inSoftware(v, w[r], s0);
            s1 = Fma.inSoftware(v, w[r + 1], s1);
            s2 = Fma.inSoftware(v, w[r + 2], s2);
            s3 = Fma.inSoftware(v, w[r + 3], s3);
        }
        y[yo] = base[bo] + s0;
        y[yo + 1] = base[bo + 1] + s1;
        y[yo + 2] = base[bo + 2] + s2;
        y[yo + 3] = base[bo + 3] + s3;
    }

    @Override
    public void gemmTransposed(
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
        for (int r = 0; r < rows; r++, dyo += dys, dxo += dxs) {
            for (int i = 0; i < inputs; i++)
                dx[dxo + i] = Elementary.flush(Elementary.dot(w, wo + i * stride, dy, dyo, stride));
            for (int i = inputs; i < padded(inputs); i++) dx[dxo + i] = 0f;
        }
    }

    @Override
    public void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int i = 0; i < inputs; i++) if (x[xo + i] != 0f) row(x[xo + i], dy, dyo, w, wo + i * stride, stride);
    }

    @Override
    public void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int k = po; k < po + count; k++) row(x[xo + positions[k]], dy, dyo, w, wo + positions[k] * stride, stride);
    }

    /** Row by row. */
    @Override
    public void gerRows(
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
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < stride; o += BLOCK) {
                for (int k = 0; k < BLOCK; k++) scratch[so + k] = scale * dy[dyo + r * dys + o + k];
                for (int i = 0; i < inputs; i++) {
                    float v = x[xo + r * xs + i];
                    if (v != 0f) row(v, scratch, so, w, wo + i * stride + o, BLOCK);
                }
            }
    }

    private static void row(float v, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int o = 0; o < stride; o++) w[wo + o] = Fma.inSoftware(v, dy[dyo + o], w[wo + o]);
    }
}
