package lanewise.kernel;

import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.LANES;
import static lanewise.kernel.VectorLanes.S;
import static lanewise.kernel.VectorLanes.SWAP1;
import static lanewise.kernel.VectorLanes.SWAP2;
import static lanewise.kernel.VectorLanes.SWAP4;
import static lanewise.kernel.VectorLanes.SWAP8;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Sums} a vector at a time: along a row sixteen sums in one, two or four vectors. */
interface VectorSums extends Sums {

    /** The tree's first steps on sixteen sums, in one, two or four vectors; unused ones are zero. */
    @Override
    default float sum(float[] x, int xo, int n, float shift) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - Kernels.BLOCK; i += Kernels.BLOCK) {
            int at = xo + i;
            s0 = s0.add(FloatVector.fromArray(S, x, at).sub(shift));
            if (L <= 8) s1 = s1.add(FloatVector.fromArray(S, x, at + L).sub(shift));
            if (L == 4) s2 = s2.add(FloatVector.fromArray(S, x, at + 2 * L).sub(shift));
            if (L == 4) s3 = s3.add(FloatVector.fromArray(S, x, at + 3 * L).sub(shift));
        }
        if (i < n) {
            int at = xo + i, left = n - i;
            FloatVector zero = FloatVector.zero(S);
            s0 = s0.add(zero.blend(
                    FloatVector.fromArray(S, x, at).sub(shift), LANES.compare(VectorOperators.LT, (float) left)));
            if (L <= 8)
                s1 = s1.add(zero.blend(
                        FloatVector.fromArray(S, x, at + L).sub(shift),
                        LANES.compare(VectorOperators.LT, (float) (left - L))));
            if (L == 4)
                s2 = s2.add(zero.blend(
                        FloatVector.fromArray(S, x, at + 2 * L).sub(shift),
                        LANES.compare(VectorOperators.LT, (float) (left - 2 * L))));
            if (L == 4)
                s3 = s3.add(zero.blend(
                        FloatVector.fromArray(S, x, at + 3 * L).sub(shift),
                        LANES.compare(VectorOperators.LT, (float) (left - 3 * L))));
        }
        if (L == 4) s0 = s0.add(s2);
        if (L == 4) s1 = s1.add(s3);
        if (L <= 8) s0 = s0.add(s1);
        if (L == 16) s0 = s0.add(s0.rearrange(SWAP8));
        if (L >= 8) s0 = s0.add(s0.rearrange(SWAP4));
        s0 = s0.add(s0.rearrange(SWAP2));
        return s0.add(s0.rearrange(SWAP1)).lane(0) + 0f;
    }

    /** Sums as in {@link #sum}. */
    @Override
    default float squares(float[] x, int xo, int n, float shift, float scale) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - Kernels.BLOCK; i += Kernels.BLOCK) {
            int at = xo + i;
            FloatVector d = FloatVector.fromArray(S, x, at).sub(shift).mul(scale);
            s0 = d.fma(d, s0);
            if (L <= 8) {
                d = FloatVector.fromArray(S, x, at + L).sub(shift).mul(scale);
                s1 = d.fma(d, s1);
            }
            if (L == 4) {
                d = FloatVector.fromArray(S, x, at + 2 * L).sub(shift).mul(scale);
                s2 = d.fma(d, s2);
                d = FloatVector.fromArray(S, x, at + 3 * L).sub(shift).mul(scale);
                s3 = d.fma(d, s3);
            }
        }
        if (i < n) {
            int at = xo + i, left = n - i;
            FloatVector zero = FloatVector.zero(S);
            FloatVector d = zero.blend(
                    FloatVector.fromArray(S, x, at).sub(shift).mul(scale),
                    LANES.compare(VectorOperators.LT, (float) left));
            s0 = d.fma(d, s0);
            if (L <= 8) {
                d = zero.blend(
                        FloatVector.fromArray(S, x, at + L).sub(shift).mul(scale),
                        LANES.compare(VectorOperators.LT, (float) (left - L)));
                s1 = d.fma(d, s1);
            }
            if (L == 4) {
                d = zero.blend(
                        FloatVector.fromArray(S, x, at + 2 * L).sub(shift).mul(scale),
                        LANES.compare(VectorOperators.LT, (float) (left - 2 * L)));
                s2 = d.fma(d, s2);
                d = zero.blend(
                        FloatVector.fromArray(S, x, at + 3 * L).sub(shift).mul(scale),
                        LANES.compare(VectorOperators.LT, (float) (left - 3 * L)));
                s3 = d.fma(d, s3);
            }
        }
        if (L == 4) s0 = s0.add(s2);
        if (L == 4) s1 = s1.add(s3);
        if (L <= 8) s0 = s0.add(s1);
        if (L == 16) s0 = s0.add(s0.rearrange(SWAP8));
        if (L >= 8) s0 = s0.add(s0.rearrange(SWAP4));
        s0 = s0.add(s0.rearrange(SWAP2));
        return s0.add(s0.rearrange(SWAP1)).lane(0) + 0f;
    }

    /** Sums as in {@link #sum}. */
    @Override
    default float dot(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - Kernels.BLOCK; i += Kernels.BLOCK) {
            int at = xo + i, bt = yo + i;
            s0 = FloatVector.fromArray(S, x, at).fma(FloatVector.fromArray(S, y, bt), s0);
            if (L <= 8) s1 = FloatVector.fromArray(S, x, at + L).fma(FloatVector.fromArray(S, y, bt + L), s1);
            if (L == 4) s2 = FloatVector.fromArray(S, x, at + 2 * L).fma(FloatVector.fromArray(S, y, bt + 2 * L), s2);
            if (L == 4) s3 = FloatVector.fromArray(S, x, at + 3 * L).fma(FloatVector.fromArray(S, y, bt + 3 * L), s3);
        }
        if (i < n) {
            int at = xo + i, bt = yo + i, left = n - i;
            s0 = s0.blend(
                    FloatVector.fromArray(S, x, at).fma(FloatVector.fromArray(S, y, bt), s0),
                    LANES.compare(VectorOperators.LT, (float) left));
            if (L <= 8)
                s1 = s1.blend(
                        FloatVector.fromArray(S, x, at + L).fma(FloatVector.fromArray(S, y, bt + L), s1),
                        LANES.compare(VectorOperators.LT, (float) (left - L)));
            if (L == 4)
                s2 = s2.blend(
                        FloatVector.fromArray(S, x, at + 2 * L).fma(FloatVector.fromArray(S, y, bt + 2 * L), s2),
                        LANES.compare(VectorOperators.LT, (float) (left - 2 * L)));
            if (L == 4)
                s3 = s3.blend(
                        FloatVector.fromArray(S, x, at + 3 * L).fma(FloatVector.fromArray(S, y, bt + 3 * L), s3),
                        LANES.compare(VectorOperators.LT, (float) (left - 3 * L)));
        }
        if (L == 4) s0 = s0.add(s2);
        if (L == 4) s1 = s1.add(s3);
        if (L <= 8) s0 = s0.add(s1);
        if (L == 16) s0 = s0.add(s0.rearrange(SWAP8));
        if (L >= 8) s0 = s0.add(s0.rearrange(SWAP4));
        s0 = s0.add(s0.rearrange(SWAP2));
        return s0.add(s0.rearrange(SWAP1)).lane(0) + 0f;
    }

    @Override
    default float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        int end = Kernels.padded(n);
        for (int i = 0; i < end; i += L)
            FloatVector.fromArray(S, z, zo + i)
                    .sub(max)
                    .blend(Float.NEGATIVE_INFINITY, LANES.compare(VectorOperators.GE, (float) (n - i)))
                    .intoArray(p, po + i);
        VectorFunctions.exp(1f, p, po, p, po, end);
        float sum = sum(p, po, n, 0f);
        for (int i = 0; i < end; i += L) {
            FloatVector v = FloatVector.fromArray(S, p, po + i).div(sum);
            // 0 / NaN beyond n would be NaN
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY))
                    .blend(0f, LANES.compare(VectorOperators.GE, (float) (n - i)))
                    .intoArray(p, po + i);
        }
        return sum;
    }

    @Override
    default void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, d, dO + i).sub(mean).mul(FloatVector.fromArray(S, p, po + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(dx, dxo + i);
        }
    }

    @Override
    default void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        int end = Kernels.padded(n);
        for (int i = 0; i < end; i += L)
            FloatVector.fromArray(S, x, xo + i)
                    .sub(FloatVector.fromArray(S, mean, mo + i))
                    .mul(FloatVector.fromArray(S, inverse, io + i))
                    .intoArray(h, ho + i);
        for (int i = n; i < end; i++) h[ho + i] = 0f;
    }

    @Override
    default void normalizeBackward(
            float[] factor,
            int fo,
            float[] a,
            int ao,
            float[] b,
            int bo,
            float[] d,
            int dO,
            float[] h,
            int ho,
            float[] dx,
            int dxo,
            int n) {
        int end = Kernels.padded(n);
        for (int i = 0; i < end; i += L) {
            FloatVector v = FloatVector.fromArray(S, h, ho + i)
                    .neg()
                    .fma(FloatVector.fromArray(S, b, bo + i), FloatVector.fromArray(S, d, dO + i))
                    .sub(FloatVector.fromArray(S, a, ao + i))
                    .mul(FloatVector.fromArray(S, factor, fo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(dx, dxo + i);
        }
        for (int i = n; i < end; i++) dx[dxo + i] = 0f;
    }

    @Override
    default void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector first = FloatVector.fromArray(S, x, xo + i), s = FloatVector.zero(S);
            for (int r = 0, at = xo + i; r < rows; r++, at += stride)
                s = s.add(FloatVector.fromArray(S, x, at).sub(first));
            first.add(s.div(rows)).intoArray(mean, mo + i);
        }
    }

    @Override
    default void columnSquares(
            float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector m = FloatVector.fromArray(S, mean, mo + i), sum = FloatVector.zero(S);
            for (int r = 0, at = xo + i; r < rows; r++, at += stride) {
                FloatVector d = FloatVector.fromArray(S, x, at).sub(m);
                sum = d.fma(d, sum);
            }
            sum.intoArray(s, so + i);
        }
    }

    @Override
    default void columnSums(
            float[] d,
            int dO,
            int dStride,
            float[] h,
            int ho,
            int hStride,
            int rows,
            float[] s,
            int so,
            float[] p,
            int po,
            int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector sum = FloatVector.zero(S), product = sum;
            for (int r = 0; r < rows; r++) {
                FloatVector v = FloatVector.fromArray(S, d, dO + i + r * dStride);
                sum = sum.add(v);
                product = v.fma(FloatVector.fromArray(S, h, ho + i + r * hStride), product);
            }
            sum.intoArray(s, so + i);
            product.intoArray(p, po + i);
        }
    }
}
