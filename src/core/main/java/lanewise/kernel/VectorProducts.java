package lanewise.kernel;

import static lanewise.kernel.Kernels.NARROW;
import static lanewise.kernel.Kernels.SEGMENTS;
import static lanewise.kernel.Kernels.ZEROS;
import static lanewise.kernel.VectorLanes.INTS;
import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.S;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

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

    /** Inputs of a narrow layer whose sums are folded while they are in the first-level cache. */
    int NARROW_INPUTS = 32;

    /** Groups of eight dots whose sums are folded together: each has 16 vectors of scratch. */
    int GROUPS = 16;

    /** Pairs of rows, then what is left one by one. */
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
        int r = 0, d = dyo, x = dxo;
        if (stride > NARROW && inputs >= 4 && Tiling.BACKWARD_ROWS.exists(L))
            while (r < rows - 1) {
                int pairs = Math.min(GROUPS, (rows - r) / 2);
                backwardPairs(w, wo, stride, inputs, dy, d, dys, pairs, dx, x, dxs, scratch, so);
                r += 2 * pairs;
                d += 2 * pairs * dys;
                x += 2 * pairs * dxs;
            }
        if (stride <= NARROW && Tiling.NARROW_BACKWARD_128.exists(L) | Tiling.NARROW_BACKWARD_256.exists(L)) {
            narrowBackward(w, wo, stride, inputs, dy, d, dys, rows, dx, x, dxs, scratch, so);
            r = rows;
        }
        for (; r < rows; r++, d += dys, x += dxs) backwardRow(w, wo, stride, inputs, dy, d, dx, x, scratch, so);
        for (r = 0, x = dxo; r < rows; r++, x += dxs)
            for (int i = inputs; i < Kernels.padded(inputs); i++) dx[x + i] = 0f;
    }

    /** Pairs of rows, at least four inputs, of which the first four may overlap the next. */
    private static void backwardPairs(
            float[] w,
            int wo,
            int stride,
            int inputs,
            float[] dy,
            int dyo,
            int dys,
            int pairs,
            float[] dx,
            int dxo,
            int dxs,
            float[] s,
            int so) {
        for (int i = inputs - 4; ; i = Math.max(0, i - 4)) {
            VectorTiles.backward2x4(w, wo + i * stride, stride, dy, dyo, dys, pairs, s, so);
            foldRows(s, so, pairs, dx, dxo + i, dxs);
            if (i == 0) return;
        }
    }

    /**
     * One row. The last inputs come first, for the forward pass left their weights in the first-level cache, and the first
     * eight may overlap the next.
     */
    private static void backwardRow(
            float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo, float[] s, int so) {
        if (inputs < 8)
            for (int i = 0; i < inputs; i++)
                dx[dxo + i] = Elementary.flush(Elementary.dot(w, wo + i * stride, dy, dyo, stride));
        else if (L == Kernels.BLOCK) VectorTiles.backward8x1(w, wo, stride, inputs, dy, dyo, dx, dxo);
        else
            for (int end = inputs; end > 0; ) {
                int groups = Math.max(1, Math.min(GROUPS, end / 8)), i = Math.max(0, end - 8 * groups);
                VectorTiles.backward1x8(w, wo + i * stride, stride, dy, dyo, groups, s, so);
                foldRows(s, so, groups, dx, dxo + i, 4);
                end = i;
            }
    }

    private static void foldRows(float[] s, int so, int groups, float[] dx, int dxo, int dxs) {
        if (L == 8) VectorTiles.foldRows8(s, so, groups, dx, dxo, dxs);
        else VectorTiles.foldRows4(s, so, groups, dx, dxo, dxs);
    }

    /** A narrow layer, block by block of inputs, the last one first as above. */
    private static void narrowBackward(
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
            float[] s,
            int so) {
        for (int i = (inputs - 1) / NARROW_INPUTS * NARROW_INPUTS; i >= 0; i -= NARROW_INPUTS) {
            int n = Math.min(NARROW_INPUTS, inputs - i), at = wo + i * stride;
            for (int r = 0, d = dyo, x = dxo + i; r < rows; r++, d += dys, x += dxs)
                if (L == 8) {
                    switch (Tiling.NARROW_BACKWARD_256.next(L, stride)) {
                        case 2 -> VectorTiles.narrow256Backward1x2(w, at, n, dy, d, s, so);
                        case 4 -> VectorTiles.narrow256Backward1x4(w, at, n, dy, d, s, so);
                        case 6 -> VectorTiles.narrow256Backward1x6(w, at, n, dy, d, s, so);
                        default -> VectorTiles.narrow256Backward1x8(w, at, n, dy, d, s, so);
                    }
                    VectorTiles.fold8(s, so, n, dx, x);
                } else {
                    switch (Tiling.NARROW_BACKWARD_128.next(L, stride)) {
                        case 4 -> VectorTiles.narrow128Backward1x4(w, at, n, dy, d, s, so);
                        case 8 -> VectorTiles.narrow128Backward1x8(w, at, n, dy, d, s, so);
                        case 12 -> VectorTiles.narrow128Backward1x12(w, at, n, dy, d, s, so);
                        default -> VectorTiles.narrow128Backward1x16(w, at, n, dy, d, s, so);
                    }
                    VectorTiles.fold4(s, so, n, dx, x);
                }
        }
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

    /**
     * Panel by panel of rows and columns, which are scaled and laid side by side once, and of these block by block of inputs.
     * Of two neighbouring inputs that are never zero the weights stay in registers from row to row; all others go through the
     * rows where they are not zero.
     */
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
        for (int r = 0; r < rows; r += Kernels.UPDATE_ROWS) {
            int n = Math.min(Kernels.UPDATE_ROWS, rows - r), packed = so + n * Kernels.BLOCK;
            for (int o = 0; o < stride; o += Kernels.UPDATE_COLUMNS) {
                int columns = Math.min(Kernels.UPDATE_COLUMNS, stride - o);
                packGradients(scale, dy, dyo + r * dys + o, dys, n, columns, scratch, packed);
                for (int i = 0; i < inputs; i += Kernels.BLOCK) {
                    packInputs(x, xo + r * xs + i, xs, n, scratch, so, masks, mo);
                    int count = Math.min(Kernels.BLOCK, inputs - i), at = wo + i * stride + o;
                    int pairs = takePairs(masks, mo, count, n);
                    boolean others = pairs != 0x5555 || count < Kernels.BLOCK;
                    for (int p = 0, d = packed; p < columns; p += Kernels.PANEL, d += n * Kernels.PANEL) {
                        int width = Math.min(Kernels.PANEL, columns - p);
                        updatePairs(scratch, so, pairs, n, scratch, d, w, at + p, stride, width);
                        if (others) updateListed(scratch, so, count, masks, mo, scratch, d, w, at + p, stride, width);
                    }
                }
            }
        }
    }

    /** Scaled gradients of n rows, panel by panel. */
    private static void packGradients(
            float scale, float[] dy, int dyo, int dys, int n, int columns, float[] d, int dO) {
        for (int p = 0; p < columns; p += Kernels.PANEL, dO += n * Kernels.PANEL) {
            int width = Math.min(Kernels.PANEL, columns - p);
            for (int r = 0; r < n; r++) {
                int from = dyo + r * dys + p, to = dO + r * Kernels.PANEL;
                for (int o = 0; o < width; o += L)
                    FloatVector.fromArray(S, dy, from + o).mul(scale).intoArray(d, to + o);
            }
        }
    }

    /** A block of inputs of n rows, and of each input a bit for each row where it is not zero: first 32 rows, then 32 more. */
    private static void packInputs(float[] x, int xo, int xs, int n, float[] to, int so, int[] masks, int mo) {
        for (int half = 0; half < 2; half++, mo += Kernels.BLOCK)
            for (int k = 0; k < Kernels.BLOCK; k += L) {
                IntVector bits = IntVector.zero(INTS);
                for (int r = 32 * half; r < Math.min(n, 32 * half + 32); r++) {
                    FloatVector v = FloatVector.fromArray(S, x, xo + r * xs + k);
                    v.intoArray(to, so + r * Kernels.BLOCK + k);
                    bits = bits.blend(
                            bits.lanewise(VectorOperators.OR, 1 << r),
                            v.compare(VectorOperators.NE, 0f).cast(INTS));
                }
                bits.intoArray(masks, mo + k);
            }
    }

    /** The pairs of neighbouring inputs that are not zero in any of n rows, a bit for the first of each; clears their masks. */
    private static int takePairs(int[] masks, int mo, int inputs, int n) {
        int pairs = 0, first = n < 32 ? (1 << n) - 1 : -1, last = n <= 32 ? 0 : -1 >>> 64 - n;
        for (int i = 0; i < inputs - 1; i += 2) {
            int at = mo + i, more = at + Kernels.BLOCK;
            if ((masks[at] & masks[at + 1]) != first || (masks[more] & masks[more + 1]) != last) continue;
            masks[at] = masks[at + 1] = masks[more] = masks[more + 1] = 0;
            pairs |= 1 << i;
        }
        return pairs;
    }

    /** A panel's columns of these pairs of inputs. */
    private static void updatePairs(
            float[] x, int xo, int pairs, int n, float[] d, int dO, float[] w, int wo, int stride, int columns) {
        for (; pairs != 0; pairs &= pairs - 1) {
            int i = Integer.numberOfTrailingZeros(pairs), to = wo + i * stride;
            for (int o = 0; o < columns; ) {
                int vectors = Tiling.UPDATE_ROWS.next(L, columns - o);
                switch (vectors) {
                    case 4 -> VectorTiles.updateRows2x4(x, xo + i, n, d, dO + o, w, to + o, stride);
                    case 2 -> VectorTiles.updateRows2x2(x, xo + i, n, d, dO + o, w, to + o, stride);
                    default -> VectorTiles.updateRows2x1(x, xo + i, n, d, dO + o, w, to + o, stride);
                }
                o += vectors * L;
            }
        }
    }

    /** A panel's columns of all inputs with a mask. */
    private static void updateListed(
            float[] x,
            int xo,
            int inputs,
            int[] masks,
            int mo,
            float[] d,
            int dO,
            float[] w,
            int wo,
            int stride,
            int columns) {
        for (int o = 0; o < columns; ) {
            int vectors = Tiling.UPDATE_LISTED.next(L, columns - o);
            switch (vectors) {
                case 8 -> VectorTiles.updateListed1x8(x, xo, inputs, masks, mo, d, dO + o, w, wo + o, stride);
                case 4 -> VectorTiles.updateListed1x4(x, xo, inputs, masks, mo, d, dO + o, w, wo + o, stride);
                case 2 -> VectorTiles.updateListed1x2(x, xo, inputs, masks, mo, d, dO + o, w, wo + o, stride);
                default -> VectorTiles.updateListed1x1(x, xo, inputs, masks, mo, d, dO + o, w, wo + o, stride);
            }
            o += vectors * L;
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
