package lanewise.kernel;

import static lanewise.kernel.Kernels.NARROW;
import static lanewise.kernel.Kernels.SEGMENTS;
import static lanewise.kernel.Kernels.ZEROS;
import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.S;

import jdk.incubator.vector.FloatVector;

/** {@link Products} tile by tile: {@link Tiling} says which tile runs, {@link VectorTiles} has their bodies. */
interface VectorProducts extends Products {

    @Override
    default void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        if (stride <= NARROW) VectorTiles.segments1(Tiling.SEGMENTS, x, xo, inputs, w, wo, stride, bias, bo, y, yo);
        else VectorTiles.forward1(Tiling.FORWARD, x, xo, null, 0, inputs, w, wo, stride, bias, bo, ZEROS, 0, y, yo);
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
        if (stride <= NARROW) listed(x, xo, inputs, positions, po, end, w, wo, stride, bias, bo, y, yo);
        else VectorTiles.forward1(Tiling.FORWARD, x, xo, positions, po, end, w, wo, stride, bias, bo, ZEROS, 0, y, yo);
    }

    /** One row of a narrow layer from a list: each segment's sum is added to y. */
    private static void listed(
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
            int end = s == SEGMENTS - 1 ? to : Kernels.segmentEnd(positions, 0, k, to, (s + 1) * length);
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
        if (stride > NARROW && Tiling.FORWARD_ROWS.exists(L))
            VectorTiles.forward4(
                    Tiling.FORWARD_ROWS, x, xo, xs, positions, from, to, w, wo, stride, bias, bo, y, yo, ys);
        else if (stride <= NARROW && positions == null && Tiling.SEGMENTS_ROWS.exists(L))
            VectorTiles.segments4(Tiling.SEGMENTS_ROWS, x, xo, xs, inputs, w, wo, stride, bias, bo, y, yo, ys);
        else
            for (int r = 0; r < Kernels.ROWS; r++, xo += xs, yo += ys)
                if (positions == null) gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
                else gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
    }

    /**
     * Where there is a tile for a panel, panel by panel, two vectors wide, and in each the rows four by four. A chain that
     * is longer than the panel goes on through y.
     */
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
        int segments = Kernels.partialSums(stride), length = inputs / segments, depth = Kernels.PANEL / (2 * L);
        boolean panels = Tiling.PANEL.exists(L)
                && rows >= Kernels.PANEL_ROWS
                && (segments == 1 || inputs - (segments - 1) * length <= depth);
        int r = rows - rows % Kernels.ROWS;
        if (panels) {
            for (int k = 0; k < r; k++) System.arraycopy(bias, bo, y, yo + k * ys, stride);
            for (int o = 0; o < stride; o += 2 * L)
                for (int s = 0; s < segments; s++) {
                    int i = s * length, end = s == segments - 1 ? inputs : i + length;
                    do {
                        int count = Math.min(depth, end - i);
                        pack(w, wo + i * stride + o, stride, count, panel, po);
                        panels(s > 0, x, xo + i, xs, r, count, panel, po, y, yo + o, ys);
                        i += count;
                    } while (i < end);
                }
        } else
            for (int k = 0; k < r; k += Kernels.ROWS)
                gemm(x, xo + k * xs, xs, inputs, null, 0, 0, w, wo, stride, bias, bo, y, yo + k * ys, ys);
        for (; r < rows; r++) gemv(x, xo + r * xs, inputs, w, wo, stride, bias, bo, y, yo + r * ys);
    }

    /** Copies two vectors of so many rows of w into a panel. */
    private static void pack(float[] w, int wo, int stride, int count, float[] panel, int po) {
        for (int i = 0; i < count; i++) {
            int r = wo + i * stride, p = po + i * (2 * L);
            FloatVector.fromArray(S, w, r).intoArray(panel, p);
            FloatVector.fromArray(S, w, r + L).intoArray(panel, p + L);
        }
    }

    /** The rows four by four over a panel. */
    private static void panels(
            boolean segment,
            float[] x,
            int xo,
            int xs,
            int rows,
            int inputs,
            float[] panel,
            int po,
            float[] y,
            int yo,
            int ys) {
        for (int r = 0; r < rows; r += Kernels.ROWS) {
            if (segment) VectorTiles.panelSegment4x2(x, xo + r * xs, xs, inputs, panel, po, y, yo + r * ys, ys);
            else VectorTiles.panel4x2(x, xo + r * xs, xs, inputs, panel, po, y, yo + r * ys, ys);
        }
    }

    /** A wide layer's chains go on through y from block to block; a narrow layer's blocks are segments, added to y. */
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
        int blocks = Kernels.blocks(inputs, stride);
        for (int r = 0; r < rows; r++) System.arraycopy(bias, bo, y, yo + r * ys, stride);
        for (int b = 0; b < blocks; b++, eo++) {
            boolean segment = b > 0 && stride <= NARROW;
            if (segment)
                VectorTiles.listedSegment(
                        Tiling.LISTED_SEGMENT, x, xo, xs, lists, eo, ls, rows, w, wo, stride, y, yo, ys);
            else VectorTiles.listed(Tiling.LISTED, x, xo, xs, lists, eo, ls, rows, w, wo, stride, y, yo, ys);
        }
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
        int end = po + count, tile = Tiling.SLOTS_FORWARD.next(L, stride) * L;
        if (stride > NARROW && stride % tile == 0)
            for (int o = 0; o < stride; o += tile)
                VectorTiles.slotsForward1x8(
                        u,
                        uo,
                        slots,
                        so,
                        o + tile == stride,
                        d,
                        dO + o,
                        x,
                        xo,
                        positions,
                        po,
                        end,
                        w,
                        wo + o,
                        stride,
                        bias,
                        bo + o,
                        y,
                        yo + o);
        else {
            for (int k = po; k < end; k++) {
                int i = positions[k];
                gerSlots(u, uo + i, slots, so + i, d, dO, 1, w, wo + i * stride, stride);
            }
            gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
        }
    }
}
