package lanewise.kernel;

import static lanewise.kernel.Kernels.NARROW;
import static lanewise.kernel.Kernels.SEGMENTS;
import static lanewise.kernel.Kernels.ZEROS;
import static lanewise.kernel.VectorLanes.L;

/** {@link Products} tile by tile: {@link Tiling} says which tile runs, {@link VectorTiles} has their bodies. */
interface VectorProducts extends Products {

    @Override
    default void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        if (stride > NARROW)
            VectorTiles.forward1(Tiling.FORWARD, x, xo, null, 0, inputs, w, wo, stride, bias, bo, ZEROS, 0, y, yo);
        else if (Tiling.FORWARD_NARROW.next(L, stride) == 8)
            narrow(x, xo, inputs, null, 0, inputs, w, wo, stride, bias, bo, y, yo);
        else VectorTiles.segments1(Tiling.SEGMENTS, x, xo, inputs, w, wo, stride, bias, bo, y, yo);
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
        int end = po + count;
        if (stride <= NARROW) narrow(x, xo, inputs, positions, po, end, w, wo, stride, bias, bo, y, yo);
        else VectorTiles.forward1(Tiling.FORWARD, x, xo, positions, po, end, w, wo, stride, bias, bo, ZEROS, 0, y, yo);
    }

    /** One row of a narrow layer, from a list of its inputs or over all of them: each segment's sum is added to y. */
    private static void narrow(
            float[] x,
            int xo,
            int inputs,
            int[] positions,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo) {
        int length = inputs / SEGMENTS;
        for (int s = 0, k = from; s < SEGMENTS; s++) {
            int end = s == SEGMENTS - 1
                    ? to
                    : positions == null ? k + length : Kernels.segmentEnd(positions, 0, k, to, (s + 1) * length);
            float[] start = s == 0 ? bias : ZEROS, base = s == 0 ? ZEROS : y;
            VectorTiles.forward1(
                    Tiling.FORWARD_NARROW, x, xo, positions, k, end, w, wo, stride, start, bo, base, yo, y, yo);
            k = end;
        }
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
        int from = positions == null ? 0 : po, to = positions == null ? inputs : po + count;
        if (stride > NARROW)
            VectorTiles.forward4(
                    Tiling.FORWARD_ROWS, x, xo, xs, positions, from, to, w, wo, stride, bias, bo, y, yo, ys);
        else if (positions == null && Tiling.SEGMENTS_ROWS.exists(L))
            VectorTiles.segments4(Tiling.SEGMENTS_ROWS, x, xo, xs, inputs, w, wo, stride, bias, bo, y, yo, ys);
        else
            for (int r = 0; r < Kernels.ROWS; r++, xo += xs, yo += ys)
                if (positions == null)
                    VectorTiles.segments1(Tiling.SEGMENTS, x, xo, inputs, w, wo, stride, bias, bo, y, yo);
                else narrow(x, xo, inputs, positions, from, to, w, wo, stride, bias, bo, y, yo);
    }

    @Override
    default void gemvTransposed(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        int rows = Tiling.BACKWARD.rows(L);
        if (inputs < rows)
            for (int i = 0; i < inputs; i++)
                dx[dxo + i] = Elementary.flush(Elementary.dot(w, wo + i * stride, dy, dyo, stride));
        else
            switch (rows) {
                case 8 -> VectorTiles.backward8x1(w, wo, stride, inputs, dy, dyo, dx, dxo);
                case 4 -> VectorTiles.backward4x2(w, wo, stride, inputs, dy, dyo, dx, dxo);
                default -> VectorTiles.backward2x4(w, wo, stride, inputs, dy, dyo, dx, dxo);
            }
        for (int i = inputs; i < Kernels.padded(inputs); i++) dx[dxo + i] = 0f;
    }

    @Override
    default void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        VectorTiles.update1(Tiling.UPDATE, x, xo, null, 0, inputs, dy, dyo, w, wo, stride);
    }

    @Override
    default void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        VectorTiles.update1(Tiling.UPDATE, x, xo, positions, po, po + count, dy, dyo, w, wo, stride);
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
        int segments = Kernels.partialSums(stride), length = inputs / segments;
        for (int s = 0; s < segments; s++) {
            int from = s * length, to = s == segments - 1 ? inputs : from + length;
            float[] start = s == 0 ? bias : ZEROS, base = s == 0 ? ZEROS : y;
            VectorTiles.updateForward1(
                    Tiling.UPDATE_FORWARD, u, uo, d, dO, x, xo, from, to, w, wo, stride, start, bo, base, yo, y, yo);
        }
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
        int segments = Kernels.partialSums(stride), length = inputs / segments;
        for (int s = 0, from = 0; s < segments; s++) {
            int to = s == segments - 1
                    ? count
                    : Kernels.segmentEnd(rows, 0, from, count, wo + (s + 1) * length * stride);
            float[] start = s == 0 ? bias : ZEROS, base = s == 0 ? ZEROS : y;
            VectorTiles.listedForward1(
                    Tiling.LISTED_FORWARD, rows, updates, x, u, from, to, d, w, stride, start, bo, base, yo, y, yo);
            from = to;
        }
    }
}
