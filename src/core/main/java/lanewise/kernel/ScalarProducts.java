package lanewise.kernel;

import static lanewise.kernel.Kernels.BLOCK;
import static lanewise.kernel.Kernels.ZEROS;

/**
 * {@link Products} block by block of sixteen neighbouring outputs.
 *
 * <p>Their sums are held in sixteen locals, because the JIT compiler does not keep array elements in registers that
 * another array might alias: a dense 784 × 128 layer takes a quarter of the time. The loops over weights call {@code
 * Math.fma} itself, for the sake of the interpreter, which would take a call of {@link Fma#of} for a call; {@link
 * SoftwareFmaKernels} has them for a CPU without that instruction.
 */
interface ScalarProducts extends Products {

    @Override
    default void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        int segments = Kernels.partialSums(stride), length = inputs / segments;
        for (int o = 0; o < stride; o += BLOCK)
            for (int s = 0; s < segments; s++) {
                int from = s * length, to = s == segments - 1 ? inputs : from + length;
                if (s == 0)
                    ScalarTiles.forward1x16(x, xo, from, to, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
                else ScalarTiles.forward1x16(x, xo, from, to, w, wo + o, stride, ZEROS, 0, y, yo + o, y, yo + o);
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
        int segments = Kernels.partialSums(stride);
        int length = inputs / segments;
        for (int s = 0, k = 0; s < segments; s++) {
            int end = s == segments - 1 ? count : Kernels.segmentEnd(positions, po, k, count, (s + 1) * length);
            for (int o = 0; o < stride; o += BLOCK) {
                if (s == 0)
                    ScalarTiles.forward1x16(
                            x, xo, positions, po + k, po + end, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
                else
                    ScalarTiles.forward1x16(
                            x, xo, positions, po + k, po + end, w, wo + o, stride, ZEROS, 0, y, yo + o, y, yo + o);
            }
            k = end;
        }
    }

    /** Row by row. */
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
        for (int r = 0; r < Kernels.ROWS; r++, xo += xs, yo += ys)
            if (positions == null) gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
            else gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
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
        for (int r = 0; r < rows; r++, dyo += dys, dxo += dxs) {
            ScalarTiles.backward1x16(w, wo, stride, inputs, dy, dyo, dx, dxo);
            for (int i = inputs; i < Kernels.padded(inputs); i++) dx[dxo + i] = 0f;
        }
    }

    @Override
    default void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int o = 0; o < stride; o += BLOCK) ScalarTiles.update1x16(x, xo, inputs, dy, dyo + o, w, wo + o, stride);
    }

    @Override
    default void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        for (int o = 0; o < stride; o += BLOCK)
            ScalarTiles.update1x16(x, xo, positions, po, po + count, dy, dyo + o, w, wo + o, stride);
    }

    /** Input by input, its weights in locals from row to row, for the rows where it is not zero. */
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
        for (int r = 0;
                r < rows;
                r += Kernels.UPDATE_ROWS, xo += Kernels.UPDATE_ROWS * xs, dyo += Kernels.UPDATE_ROWS * dys) {
            int n = Math.min(Kernels.UPDATE_ROWS, rows - r);
            for (int o = 0; o < stride; o += Kernels.UPDATE_COLUMNS) {
                int columns = Math.min(Kernels.UPDATE_COLUMNS, stride - o);
                for (int k = 0; k < n; k++)
                    for (int c = 0; c < columns; c++) scratch[so + k * columns + c] = scale * dy[dyo + k * dys + o + c];
                for (int i = 0; i < inputs; i++) {
                    long bits = 0;
                    for (int k = n - 1, at = xo + i + k * xs; k >= 0; k--, at -= xs)
                        bits = bits << 1 | (x[at] == 0f ? 0 : 1);
                    if (bits == 0) continue;
                    for (int c = 0, at = wo + i * stride + o; c < columns; c += BLOCK)
                        ScalarTiles.updateRows1x16(x, xo + i, xs, bits, scratch, so + c, columns, w, at + c);
                }
            }
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
        for (int k = 0; k < count; k++) ger(u, k, 1, d, updates[k], w, rows[k], stride);
        int segments = Kernels.partialSums(stride), length = inputs / segments;
        for (int o = 0; o < stride; o++) {
            float total = 0f;
            for (int s = 0, k = 0; s < segments; s++) {
                float sum = s == 0 ? bias[bo + o] : 0f;
                int end = s == segments - 1 ? Integer.MAX_VALUE : wo + (s + 1) * length * stride;
                for (; k < count && rows[k] < end; k++) sum = Fma.of(x[k], w[rows[k] + o], sum);
                total = s == 0 ? sum : total + sum;
            }
            y[yo + o] = total + 0f;
        }
    }
}
