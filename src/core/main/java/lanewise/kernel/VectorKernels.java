package lanewise.kernel;

import static lanewise.kernel.VectorLanes.INTS;
import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.LANES;
import static lanewise.kernel.VectorLanes.LANE_INTS;
import static lanewise.kernel.VectorLanes.S;
import static lanewise.kernel.VectorLanes.SWAP1;
import static lanewise.kernel.VectorLanes.SWAP2;
import static lanewise.kernel.VectorLanes.SWAP4;
import static lanewise.kernel.VectorLanes.SWAP8;
import static lanewise.kernel.VectorLanes.UPPER2;
import static lanewise.kernel.VectorLanes.UPPER4;
import static lanewise.kernel.VectorLanes.UPPER8;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The fast kernels, on the Vector API, at the lane width chosen by {@link Selection}.
 *
 * <p>Accumulators stand in locals and bodies are written out, because a vector in an array or across a call that
 * HotSpot does not inline becomes an object. Bodies differ by how many vectors they hold, not by lane width.
 */
final class VectorKernels extends Kernels {

    /** Eight ints, for positions. */
    private static final VectorSpecies<Integer> I8 = IntVector.SPECIES_256;

    /** Even lanes to the front, and the vector that they fill. */
    private static final VectorShuffle<Float> EVENS = VectorShuffle.fromOp(S, j -> 2 * j % L);

    private static final VectorSpecies<Float> HALF =
            L == 4 ? S : VectorSpecies.of(float.class, VectorShape.forBitSize(16 * L));

    /** Before JDK 19 {@code VectorMask.toLong} was not compiled to an instruction. */
    private static final boolean MASK_TO_LONG = L >= 8 && Runtime.version().feature() >= 19;

    /** NONZERO[8 * m + j] is the position of the j-th set bit of m. */
    private static final int[] NONZERO = new int[256 * 8];

    static {
        for (int m = 0; m < 256; m++)
            for (int bit = 0, j = 0; bit < 8; bit++) if ((m >> bit & 1) != 0) NONZERO[8 * m + j++] = bit;
    }

    /**
     * {@code IntVector.compress}, which JDK 17 has not yet; null where it is not one instruction. A constant, so HotSpot
     * compiles a call as if it were written out.
     */
    private static final MethodHandle COMPRESS = compress();

    private static MethodHandle compress() {
        if (L < 16 || !MASK_TO_LONG) return null;
        try {
            return MethodHandles.lookup()
                    .findVirtual(IntVector.class, "compress", MethodType.methodType(IntVector.class, VectorMask.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** What a method handle may throw as far as the compiler knows. */
    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) throw error;
        return e instanceof RuntimeException exception ? exception : new IllegalStateException(e);
    }

    private VectorKernels() {}

    /** Typed as the abstract class, so that a caller verifies without loading this one. */
    static Kernels create() {
        return new VectorKernels();
    }

    @Override
    public int width() {
        return S.vectorBitSize();
    }

    /** y = factor · x + y for {@link Trial}, which is here so that what befalls this class befalls it, too. */
    static void trial(float factor, float[] x, float[] y, int n) {
        FloatVector v = FloatVector.broadcast(S, factor);
        for (int i = 0; i < n; i += L)
            v.fma(FloatVector.fromArray(S, x, i), FloatVector.fromArray(S, y, i))
                    .intoArray(y, i);
    }

    private static void columns8(
            float[] x,
            int xo,
            int[] positions,
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
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        FloatVector s1 = FloatVector.fromArray(S, start, so + L);
        FloatVector s2 = FloatVector.fromArray(S, start, so + 2 * L);
        FloatVector s3 = FloatVector.fromArray(S, start, so + 3 * L);
        FloatVector s4 = FloatVector.fromArray(S, start, so + 4 * L);
        FloatVector s5 = FloatVector.fromArray(S, start, so + 5 * L);
        FloatVector s6 = FloatVector.fromArray(S, start, so + 6 * L);
        FloatVector s7 = FloatVector.fromArray(S, start, so + 7 * L);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
            s1 = v.fma(FloatVector.fromArray(S, w, r + L), s1);
            s2 = v.fma(FloatVector.fromArray(S, w, r + 2 * L), s2);
            s3 = v.fma(FloatVector.fromArray(S, w, r + 3 * L), s3);
            s4 = v.fma(FloatVector.fromArray(S, w, r + 4 * L), s4);
            s5 = v.fma(FloatVector.fromArray(S, w, r + 5 * L), s5);
            s6 = v.fma(FloatVector.fromArray(S, w, r + 6 * L), s6);
            s7 = v.fma(FloatVector.fromArray(S, w, r + 7 * L), s7);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
        s1.add(FloatVector.fromArray(S, base, bo + L)).intoArray(y, yo + L);
        s2.add(FloatVector.fromArray(S, base, bo + 2 * L)).intoArray(y, yo + 2 * L);
        s3.add(FloatVector.fromArray(S, base, bo + 3 * L)).intoArray(y, yo + 3 * L);
        s4.add(FloatVector.fromArray(S, base, bo + 4 * L)).intoArray(y, yo + 4 * L);
        s5.add(FloatVector.fromArray(S, base, bo + 5 * L)).intoArray(y, yo + 5 * L);
        s6.add(FloatVector.fromArray(S, base, bo + 6 * L)).intoArray(y, yo + 6 * L);
        s7.add(FloatVector.fromArray(S, base, bo + 7 * L)).intoArray(y, yo + 7 * L);
    }

    private static void columns4(
            float[] x,
            int xo,
            int[] positions,
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
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        FloatVector s1 = FloatVector.fromArray(S, start, so + L);
        FloatVector s2 = FloatVector.fromArray(S, start, so + 2 * L);
        FloatVector s3 = FloatVector.fromArray(S, start, so + 3 * L);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
            s1 = v.fma(FloatVector.fromArray(S, w, r + L), s1);
            s2 = v.fma(FloatVector.fromArray(S, w, r + 2 * L), s2);
            s3 = v.fma(FloatVector.fromArray(S, w, r + 3 * L), s3);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
        s1.add(FloatVector.fromArray(S, base, bo + L)).intoArray(y, yo + L);
        s2.add(FloatVector.fromArray(S, base, bo + 2 * L)).intoArray(y, yo + 2 * L);
        s3.add(FloatVector.fromArray(S, base, bo + 3 * L)).intoArray(y, yo + 3 * L);
    }

    private static void columns1(
            float[] x,
            int xo,
            int[] positions,
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
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
    }

    private static void segments2(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        int length = inputs / SEGMENTS, step = length * stride;
        FloatVector a0 = FloatVector.fromArray(S, bias, bo);
        FloatVector a1 = FloatVector.fromArray(S, bias, bo + L);
        FloatVector b0 = FloatVector.zero(S);
        FloatVector b1 = FloatVector.zero(S);
        FloatVector c0 = FloatVector.zero(S);
        FloatVector c1 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        FloatVector d1 = FloatVector.zero(S);
        for (int i = 0, r = wo; i < length; i++, r += stride) {
            FloatVector va = FloatVector.broadcast(S, x[xo + i]);
            FloatVector vb = FloatVector.broadcast(S, x[xo + i + length]);
            FloatVector vc = FloatVector.broadcast(S, x[xo + i + 2 * length]);
            FloatVector vd = FloatVector.broadcast(S, x[xo + i + 3 * length]);
            a0 = va.fma(FloatVector.fromArray(S, w, r), a0);
            a1 = va.fma(FloatVector.fromArray(S, w, r + L), a1);
            b0 = vb.fma(FloatVector.fromArray(S, w, r + step), b0);
            b1 = vb.fma(FloatVector.fromArray(S, w, r + step + L), b1);
            c0 = vc.fma(FloatVector.fromArray(S, w, r + 2 * step), c0);
            c1 = vc.fma(FloatVector.fromArray(S, w, r + 2 * step + L), c1);
            d0 = vd.fma(FloatVector.fromArray(S, w, r + 3 * step), d0);
            d1 = vd.fma(FloatVector.fromArray(S, w, r + 3 * step + L), d1);
        }
        for (int i = SEGMENTS * length; i < inputs; i++) {
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            d0 = v.fma(FloatVector.fromArray(S, w, r), d0);
            d1 = v.fma(FloatVector.fromArray(S, w, r + L), d1);
        }
        a0.add(b0).add(c0).add(d0).add(0f).intoArray(y, yo);
        a1.add(b1).add(c1).add(d1).add(0f).intoArray(y, yo + L);
    }

    private static void segments1(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        int length = inputs / SEGMENTS, step = length * stride;
        FloatVector a0 = FloatVector.fromArray(S, bias, bo);
        FloatVector b0 = FloatVector.zero(S);
        FloatVector c0 = FloatVector.zero(S);
        FloatVector d0 = FloatVector.zero(S);
        for (int i = 0, r = wo; i < length; i++, r += stride) {
            FloatVector va = FloatVector.broadcast(S, x[xo + i]);
            FloatVector vb = FloatVector.broadcast(S, x[xo + i + length]);
            FloatVector vc = FloatVector.broadcast(S, x[xo + i + 2 * length]);
            FloatVector vd = FloatVector.broadcast(S, x[xo + i + 3 * length]);
            a0 = va.fma(FloatVector.fromArray(S, w, r), a0);
            b0 = vb.fma(FloatVector.fromArray(S, w, r + step), b0);
            c0 = vc.fma(FloatVector.fromArray(S, w, r + 2 * step), c0);
            d0 = vd.fma(FloatVector.fromArray(S, w, r + 3 * step), d0);
        }
        for (int i = SEGMENTS * length; i < inputs; i++) {
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            d0 = v.fma(FloatVector.fromArray(S, w, r), d0);
        }
        a0.add(b0).add(c0).add(d0).add(0f).intoArray(y, yo);
    }

    private static void update8(
            float[] x, int xo, int[] positions, int from, int to, float[] dy, int dyo, float[] w, int wo, int stride) {
        FloatVector d0 = FloatVector.fromArray(S, dy, dyo);
        FloatVector d1 = FloatVector.fromArray(S, dy, dyo + L);
        FloatVector d2 = FloatVector.fromArray(S, dy, dyo + 2 * L);
        FloatVector d3 = FloatVector.fromArray(S, dy, dyo + 3 * L);
        FloatVector d4 = FloatVector.fromArray(S, dy, dyo + 4 * L);
        FloatVector d5 = FloatVector.fromArray(S, dy, dyo + 5 * L);
        FloatVector d6 = FloatVector.fromArray(S, dy, dyo + 6 * L);
        FloatVector d7 = FloatVector.fromArray(S, dy, dyo + 7 * L);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            float xi = x[xo + i];
            if (xi == 0f) continue;
            FloatVector v = FloatVector.broadcast(S, xi);
            int r = wo + i * stride;
            v.fma(d0, FloatVector.fromArray(S, w, r)).intoArray(w, r);
            v.fma(d1, FloatVector.fromArray(S, w, r + L)).intoArray(w, r + L);
            v.fma(d2, FloatVector.fromArray(S, w, r + 2 * L)).intoArray(w, r + 2 * L);
            v.fma(d3, FloatVector.fromArray(S, w, r + 3 * L)).intoArray(w, r + 3 * L);
            v.fma(d4, FloatVector.fromArray(S, w, r + 4 * L)).intoArray(w, r + 4 * L);
            v.fma(d5, FloatVector.fromArray(S, w, r + 5 * L)).intoArray(w, r + 5 * L);
            v.fma(d6, FloatVector.fromArray(S, w, r + 6 * L)).intoArray(w, r + 6 * L);
            v.fma(d7, FloatVector.fromArray(S, w, r + 7 * L)).intoArray(w, r + 7 * L);
        }
    }

    private static void update4(
            float[] x, int xo, int[] positions, int from, int to, float[] dy, int dyo, float[] w, int wo, int stride) {
        FloatVector d0 = FloatVector.fromArray(S, dy, dyo);
        FloatVector d1 = FloatVector.fromArray(S, dy, dyo + L);
        FloatVector d2 = FloatVector.fromArray(S, dy, dyo + 2 * L);
        FloatVector d3 = FloatVector.fromArray(S, dy, dyo + 3 * L);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            float xi = x[xo + i];
            if (xi == 0f) continue;
            FloatVector v = FloatVector.broadcast(S, xi);
            int r = wo + i * stride;
            v.fma(d0, FloatVector.fromArray(S, w, r)).intoArray(w, r);
            v.fma(d1, FloatVector.fromArray(S, w, r + L)).intoArray(w, r + L);
            v.fma(d2, FloatVector.fromArray(S, w, r + 2 * L)).intoArray(w, r + 2 * L);
            v.fma(d3, FloatVector.fromArray(S, w, r + 3 * L)).intoArray(w, r + 3 * L);
        }
    }

    private static void update1(
            float[] x, int xo, int[] positions, int from, int to, float[] dy, int dyo, float[] w, int wo, int stride) {
        FloatVector d0 = FloatVector.fromArray(S, dy, dyo);
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            float xi = x[xo + i];
            if (xi == 0f) continue;
            FloatVector v = FloatVector.broadcast(S, xi);
            int r = wo + i * stride;
            v.fma(d0, FloatVector.fromArray(S, w, r)).intoArray(w, r);
        }
    }

    @Override
    public void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
        int i = 0;
        if (L >= 8) {
            VectorSpecies<Byte> bytes = L == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
            for (; i <= n - L; i += L) {
                IntVector v =
                        (IntVector) ByteVector.fromArray(bytes, src, so + i).convertShape(VectorOperators.B2I, INTS, 0);
                ((FloatVector) v.lanewise(VectorOperators.AND, 0xff).convert(VectorOperators.I2F, 0))
                        .mul(scale)
                        .intoArray(y, yo + i);
            }
        }
        for (; i < n; i++) y[yo + i] = (src[so + i] & 0xff) * scale;
    }

    @Override
    public int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
        int count = 0, i = 0;
        if (COMPRESS != null) {
            try {
                for (; i <= n - L; i += L) {
                    VectorMask<Float> found =
                            FloatVector.fromArray(S, x, xo + i).compare(VectorOperators.NE, 0f);
                    ((IntVector) COMPRESS.invokeExact(LANE_INTS.add(i), (VectorMask) found.cast(INTS)))
                            .intoArray(positions, po + count);
                    count += found.trueCount();
                }
            } catch (Throwable e) {
                throw unexpected(e);
            }
        } else if (MASK_TO_LONG) {
            for (; i <= n - L; i += L) {
                int mask = (int) FloatVector.fromArray(S, x, xo + i)
                        .compare(VectorOperators.NE, 0f)
                        .toLong();
                count += list(mask, i, positions, po + count);
            }
        }
        return count + ScalarKernels.nonZerosFrom(i, x, xo, n, positions, po + count);
    }

    @Override
    public int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        if (COMPRESS == null) {
            System.arraycopy(x, xo, y, yo, n);
            return nonZeros(y, yo, n, positions, po);
        }
        int count = 0, i = 0;
        try {
            for (; i <= n - L; i += L) {
                FloatVector v = FloatVector.fromArray(S, x, xo + i);
                v.intoArray(y, yo + i);
                VectorMask<Float> found = v.compare(VectorOperators.NE, 0f);
                ((IntVector) COMPRESS.invokeExact(LANE_INTS.add(i), (VectorMask) found.cast(INTS)))
                        .intoArray(positions, po + count);
                count += found.trueCount();
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
        System.arraycopy(x, xo + i, y, yo + i, n - i);
        return count + ScalarKernels.nonZerosFrom(i, x, xo, n, positions, po + count);
    }

    @Override
    public int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
        int count = 0, i = 0;
        if (COMPRESS != null) {
            try {
                for (; i <= n - L; i += L) {
                    int at = xo + i;
                    VectorMask<Float> found = FloatVector.fromArray(S, x, at)
                            .compare(VectorOperators.NE, 0f)
                            .or(FloatVector.fromArray(S, x, at + xs).compare(VectorOperators.NE, 0f))
                            .or(FloatVector.fromArray(S, x, at + 2 * xs).compare(VectorOperators.NE, 0f))
                            .or(FloatVector.fromArray(S, x, at + 3 * xs).compare(VectorOperators.NE, 0f));
                    ((IntVector) COMPRESS.invokeExact(LANE_INTS.add(i), (VectorMask) found.cast(INTS)))
                            .intoArray(positions, po + count);
                    count += found.trueCount();
                }
            } catch (Throwable e) {
                throw unexpected(e);
            }
        } else if (MASK_TO_LONG) {
            for (; i <= n - L; i += L) {
                int at = xo + i;
                int mask = (int) FloatVector.fromArray(S, x, at)
                        .compare(VectorOperators.NE, 0f)
                        .or(FloatVector.fromArray(S, x, at + xs).compare(VectorOperators.NE, 0f))
                        .or(FloatVector.fromArray(S, x, at + 2 * xs).compare(VectorOperators.NE, 0f))
                        .or(FloatVector.fromArray(S, x, at + 3 * xs).compare(VectorOperators.NE, 0f))
                        .toLong();
                count += list(mask, i, positions, po + count);
            }
        }
        return count + ScalarKernels.nonZerosOfRowsFrom(i, x, xo, xs, n, positions, po + count);
    }

    /** Lists i + k for each bit k of the mask of L lanes; how many. */
    private static int list(int mask, int i, int[] positions, int po) {
        IntVector.fromArray(I8, NONZERO, 8 * (mask & 255)).add(i).intoArray(positions, po);
        int count = Integer.bitCount(mask & 255);
        if (L == 16) {
            IntVector.fromArray(I8, NONZERO, 8 * (mask >>> 8)).add(i + 8).intoArray(positions, po + count);
            count += Integer.bitCount(mask >>> 8);
        }
        return count;
    }

    @Override
    public void gemv(
            float[] x, int xo, int inputs, float[] w, int wo, int stride, float[] bias, int bo, float[] y, int yo) {
        if (stride <= NARROW) {
            int o = 0;
            for (; o <= stride - 2 * L; o += 2 * L)
                segments2(x, xo, inputs, w, wo + o, stride, bias, bo + o, y, yo + o);
            if (o < stride) segments1(x, xo, inputs, w, wo + o, stride, bias, bo + o, y, yo + o);
        } else {
            wide(x, xo, null, 0, inputs, w, wo, stride, bias, bo, y, yo);
        }
    }

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
        if (stride <= NARROW) {
            int length = inputs / SEGMENTS;
            for (int s = 0, k = 0; s < SEGMENTS; s++) {
                int end = s == SEGMENTS - 1 ? count : segmentEnd(positions, po, k, count, (s + 1) * length);
                float[] start = s == 0 ? bias : ZEROS, base = s == 0 ? ZEROS : y;
                int so = s == 0 ? bo : 0, eo = s == 0 ? 0 : yo;
                int o = 0;
                for (; o <= stride - 4 * L; o += 4 * L)
                    columns4(
                            x, xo, positions, po + k, po + end, w, wo + o, stride, start, so + o, base, eo + o, y,
                            yo + o);
                for (; o < stride; o += L)
                    columns1(
                            x, xo, positions, po + k, po + end, w, wo + o, stride, start, so + o, base, eo + o, y,
                            yo + o);
                k = end;
            }
        } else {
            wide(x, xo, positions, po, po + count, w, wo, stride, bias, bo, y, yo);
        }
    }

    /** One chain per output, eight vectors at a time; the last four or eight may overlap what is done already. */
    private static void wide(
            float[] x,
            int xo,
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
        int o = 0;
        for (; o <= stride - 8 * L; o += 8 * L)
            columns8(x, xo, positions, from, to, w, wo + o, stride, bias, bo + o, ZEROS, 0, y, yo + o);
        while (o < stride) {
            int at = Math.min(o, stride - 4 * L);
            columns4(x, xo, positions, from, to, w, wo + at, stride, bias, bo + at, ZEROS, 0, y, yo + at);
            o = at + 4 * L;
        }
    }

    @Override
    public void gemm(
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
        if (stride > NARROW && L == 16) {
            for (int o = 0; o < stride; ) {
                int at = Math.min(o, stride - 4 * L);
                rows4x4(x, xo, xs, positions, from, to, w, wo + at, stride, bias, bo + at, y, yo + at, ys);
                o = at + 4 * L;
            }
        } else if (stride > NARROW) {
            for (int o = 0; o < stride; o += 2 * L)
                rows4x2(x, xo, xs, positions, from, to, w, wo + o, stride, bias, bo + o, y, yo + o, ys);
        } else if (positions == null && L == 16) {
            for (int o = 0; o < stride; o += L)
                segments4(x, xo, xs, inputs, w, wo + o, stride, bias, bo + o, y, yo + o, ys);
        } else {
            for (int r = 0; r < ROWS; r++, xo += xs, yo += ys)
                if (positions == null) gemv(x, xo, inputs, w, wo, stride, bias, bo, y, yo);
                else gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
        }
    }

    /** Four rows of x by four vectors of columns: sixteen sums, for which only 512-bit CPUs have the registers. */
    private static void rows4x4(
            float[] x,
            int xo,
            int xs,
            int[] positions,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] y,
            int yo,
            int ys) {
        FloatVector a0 = FloatVector.fromArray(S, start, so), b0 = a0, c0 = a0, d0 = a0;
        FloatVector a1 = FloatVector.fromArray(S, start, so + L), b1 = a1, c1 = a1, d1 = a1;
        FloatVector a2 = FloatVector.fromArray(S, start, so + 2 * L), b2 = a2, c2 = a2, d2 = a2;
        FloatVector a3 = FloatVector.fromArray(S, start, so + 3 * L), b3 = a3, c3 = a3, d3 = a3;
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            int r = wo + i * stride, at = xo + i;
            FloatVector w0 = FloatVector.fromArray(S, w, r);
            FloatVector w1 = FloatVector.fromArray(S, w, r + L);
            FloatVector w2 = FloatVector.fromArray(S, w, r + 2 * L);
            FloatVector w3 = FloatVector.fromArray(S, w, r + 3 * L);
            FloatVector v = FloatVector.broadcast(S, x[at]);
            a0 = v.fma(w0, a0);
            a1 = v.fma(w1, a1);
            a2 = v.fma(w2, a2);
            a3 = v.fma(w3, a3);
            v = FloatVector.broadcast(S, x[at + xs]);
            b0 = v.fma(w0, b0);
            b1 = v.fma(w1, b1);
            b2 = v.fma(w2, b2);
            b3 = v.fma(w3, b3);
            v = FloatVector.broadcast(S, x[at + 2 * xs]);
            c0 = v.fma(w0, c0);
            c1 = v.fma(w1, c1);
            c2 = v.fma(w2, c2);
            c3 = v.fma(w3, c3);
            v = FloatVector.broadcast(S, x[at + 3 * xs]);
            d0 = v.fma(w0, d0);
            d1 = v.fma(w1, d1);
            d2 = v.fma(w2, d2);
            d3 = v.fma(w3, d3);
        }
        FloatVector zero = FloatVector.zero(S);
        a0.add(zero).intoArray(y, yo);
        a1.add(zero).intoArray(y, yo + L);
        a2.add(zero).intoArray(y, yo + 2 * L);
        a3.add(zero).intoArray(y, yo + 3 * L);
        b0.add(zero).intoArray(y, yo + ys);
        b1.add(zero).intoArray(y, yo + ys + L);
        b2.add(zero).intoArray(y, yo + ys + 2 * L);
        b3.add(zero).intoArray(y, yo + ys + 3 * L);
        c0.add(zero).intoArray(y, yo + 2 * ys);
        c1.add(zero).intoArray(y, yo + 2 * ys + L);
        c2.add(zero).intoArray(y, yo + 2 * ys + 2 * L);
        c3.add(zero).intoArray(y, yo + 2 * ys + 3 * L);
        d0.add(zero).intoArray(y, yo + 3 * ys);
        d1.add(zero).intoArray(y, yo + 3 * ys + L);
        d2.add(zero).intoArray(y, yo + 3 * ys + 2 * L);
        d3.add(zero).intoArray(y, yo + 3 * ys + 3 * L);
    }

    /** {@link #rows4x4} with two vectors of columns. */
    private static void rows4x2(
            float[] x,
            int xo,
            int xs,
            int[] positions,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] y,
            int yo,
            int ys) {
        FloatVector a0 = FloatVector.fromArray(S, start, so), b0 = a0, c0 = a0, d0 = a0;
        FloatVector a1 = FloatVector.fromArray(S, start, so + L), b1 = a1, c1 = a1, d1 = a1;
        for (int k = from; k < to; k++) {
            int i = positions == null ? k : positions[k];
            int r = wo + i * stride, at = xo + i;
            FloatVector w0 = FloatVector.fromArray(S, w, r);
            FloatVector w1 = FloatVector.fromArray(S, w, r + L);
            FloatVector v = FloatVector.broadcast(S, x[at]);
            a0 = v.fma(w0, a0);
            a1 = v.fma(w1, a1);
            v = FloatVector.broadcast(S, x[at + xs]);
            b0 = v.fma(w0, b0);
            b1 = v.fma(w1, b1);
            v = FloatVector.broadcast(S, x[at + 2 * xs]);
            c0 = v.fma(w0, c0);
            c1 = v.fma(w1, c1);
            v = FloatVector.broadcast(S, x[at + 3 * xs]);
            d0 = v.fma(w0, d0);
            d1 = v.fma(w1, d1);
        }
        FloatVector zero = FloatVector.zero(S);
        a0.add(zero).intoArray(y, yo);
        a1.add(zero).intoArray(y, yo + L);
        b0.add(zero).intoArray(y, yo + ys);
        b1.add(zero).intoArray(y, yo + ys + L);
        c0.add(zero).intoArray(y, yo + 2 * ys);
        c1.add(zero).intoArray(y, yo + 2 * ys + L);
        d0.add(zero).intoArray(y, yo + 3 * ys);
        d1.add(zero).intoArray(y, yo + 3 * ys + L);
    }

    /** {@link #segments1} of four rows: sixteen sums. */
    private static void segments4(
            float[] x,
            int xo,
            int xs,
            int inputs,
            float[] w,
            int wo,
            int stride,
            float[] bias,
            int bo,
            float[] y,
            int yo,
            int ys) {
        int length = inputs / SEGMENTS, step = length * stride;
        FloatVector zero = FloatVector.zero(S);
        FloatVector a0 = FloatVector.fromArray(S, bias, bo), a1 = a0, a2 = a0, a3 = a0;
        FloatVector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
        FloatVector c0 = zero, c1 = zero, c2 = zero, c3 = zero;
        FloatVector d0 = zero, d1 = zero, d2 = zero, d3 = zero;
        for (int i = 0, r = wo; i < length; i++, r += stride) {
            int at = xo + i;
            FloatVector v = FloatVector.fromArray(S, w, r);
            a0 = v.fma(FloatVector.broadcast(S, x[at]), a0);
            a1 = v.fma(FloatVector.broadcast(S, x[at + xs]), a1);
            a2 = v.fma(FloatVector.broadcast(S, x[at + 2 * xs]), a2);
            a3 = v.fma(FloatVector.broadcast(S, x[at + 3 * xs]), a3);
            at += length;
            v = FloatVector.fromArray(S, w, r + step);
            b0 = v.fma(FloatVector.broadcast(S, x[at]), b0);
            b1 = v.fma(FloatVector.broadcast(S, x[at + xs]), b1);
            b2 = v.fma(FloatVector.broadcast(S, x[at + 2 * xs]), b2);
            b3 = v.fma(FloatVector.broadcast(S, x[at + 3 * xs]), b3);
            at += length;
            v = FloatVector.fromArray(S, w, r + 2 * step);
            c0 = v.fma(FloatVector.broadcast(S, x[at]), c0);
            c1 = v.fma(FloatVector.broadcast(S, x[at + xs]), c1);
            c2 = v.fma(FloatVector.broadcast(S, x[at + 2 * xs]), c2);
            c3 = v.fma(FloatVector.broadcast(S, x[at + 3 * xs]), c3);
            at += length;
            v = FloatVector.fromArray(S, w, r + 3 * step);
            d0 = v.fma(FloatVector.broadcast(S, x[at]), d0);
            d1 = v.fma(FloatVector.broadcast(S, x[at + xs]), d1);
            d2 = v.fma(FloatVector.broadcast(S, x[at + 2 * xs]), d2);
            d3 = v.fma(FloatVector.broadcast(S, x[at + 3 * xs]), d3);
        }
        for (int i = SEGMENTS * length; i < inputs; i++) {
            FloatVector v = FloatVector.fromArray(S, w, wo + i * stride);
            d0 = v.fma(FloatVector.broadcast(S, x[xo + i]), d0);
            d1 = v.fma(FloatVector.broadcast(S, x[xo + i + xs]), d1);
            d2 = v.fma(FloatVector.broadcast(S, x[xo + i + 2 * xs]), d2);
            d3 = v.fma(FloatVector.broadcast(S, x[xo + i + 3 * xs]), d3);
        }
        a0.add(b0).add(c0).add(d0).add(zero).intoArray(y, yo);
        a1.add(b1).add(c1).add(d1).add(zero).intoArray(y, yo + ys);
        a2.add(b2).add(c2).add(d2).add(zero).intoArray(y, yo + 2 * ys);
        a3.add(b3).add(c3).add(d3).add(zero).intoArray(y, yo + 3 * ys);
    }

    @Override
    public void gemvTransposed(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        if (inputs < L / 2) {
            for (int i = 0; i < inputs; i++)
                dx[dxo + i] = Elementary.flush(Elementary.dot(w, wo + i * stride, dy, dyo, stride));
        } else if (L == 16) rows8(w, wo, stride, inputs, dy, dyo, dx, dxo);
        else if (L == 8) rows4(w, wo, stride, inputs, dy, dyo, dx, dxo);
        else rows2(w, wo, stride, inputs, dy, dyo, dx, dxo);
        for (int i = inputs; i < padded(inputs); i++) dx[dxo + i] = 0f;
    }

    /**
     * Eight rows at a time, last rows first, for the forward pass left those in the first-level cache; the first eight
     * may overlap the next. Eight times sixteen sums are folded together pair by pair.
     */
    private static void rows8(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        for (int i = inputs - 8; ; i = Math.max(0, i - 8)) {
            int r0 = wo + i * stride;
            int r1 = r0 + stride;
            int r2 = r1 + stride;
            int r3 = r2 + stride;
            int r4 = r3 + stride;
            int r5 = r4 + stride;
            int r6 = r5 + stride;
            int r7 = r6 + stride;
            FloatVector s0 = FloatVector.zero(S);
            FloatVector s1 = FloatVector.zero(S);
            FloatVector s2 = FloatVector.zero(S);
            FloatVector s3 = FloatVector.zero(S);
            FloatVector s4 = FloatVector.zero(S);
            FloatVector s5 = FloatVector.zero(S);
            FloatVector s6 = FloatVector.zero(S);
            FloatVector s7 = FloatVector.zero(S);
            for (int o = 0; o < stride; o += BLOCK) {
                FloatVector d = FloatVector.fromArray(S, dy, dyo + o);
                s0 = d.fma(FloatVector.fromArray(S, w, r0 + o), s0);
                s1 = d.fma(FloatVector.fromArray(S, w, r1 + o), s1);
                s2 = d.fma(FloatVector.fromArray(S, w, r2 + o), s2);
                s3 = d.fma(FloatVector.fromArray(S, w, r3 + o), s3);
                s4 = d.fma(FloatVector.fromArray(S, w, r4 + o), s4);
                s5 = d.fma(FloatVector.fromArray(S, w, r5 + o), s5);
                s6 = d.fma(FloatVector.fromArray(S, w, r6 + o), s6);
                s7 = d.fma(FloatVector.fromArray(S, w, r7 + o), s7);
            }
            FloatVector p = s0.blend(s4, UPPER8).add(s4.blend(s0, UPPER8).rearrange(SWAP8));
            FloatVector q = s2.blend(s6, UPPER8).add(s6.blend(s2, UPPER8).rearrange(SWAP8));
            FloatVector m = s1.blend(s5, UPPER8).add(s5.blend(s1, UPPER8).rearrange(SWAP8));
            FloatVector n = s3.blend(s7, UPPER8).add(s7.blend(s3, UPPER8).rearrange(SWAP8));
            FloatVector even = p.blend(q, UPPER4).add(q.blend(p, UPPER4).rearrange(SWAP4));
            FloatVector odd = m.blend(n, UPPER4).add(n.blend(m, UPPER4).rearrange(SWAP4));
            FloatVector pairs =
                    even.blend(odd, UPPER2).add(odd.blend(even, UPPER2).rearrange(SWAP2));
            FloatVector sums =
                    pairs.add(pairs.rearrange(SWAP1)).rearrange(EVENS).add(0f);
            FloatVector v = sums.blend(0f, sums.abs().compare(VectorOperators.LT, Elementary.TINY));
            ((FloatVector) v.reinterpretShape(HALF, 0)).intoArray(dx, dxo + i);
            if (i == 0) return;
        }
    }

    /** {@link #rows8} for 256-bit vectors: four rows of two times eight sums. */
    private static void rows4(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        for (int i = inputs - 4; ; i = Math.max(0, i - 4)) {
            int r0 = wo + i * stride;
            int r1 = r0 + stride;
            int r2 = r1 + stride;
            int r3 = r2 + stride;
            FloatVector s0 = FloatVector.zero(S);
            FloatVector s1 = FloatVector.zero(S);
            FloatVector s2 = FloatVector.zero(S);
            FloatVector s3 = FloatVector.zero(S);
            FloatVector t0 = FloatVector.zero(S);
            FloatVector t1 = FloatVector.zero(S);
            FloatVector t2 = FloatVector.zero(S);
            FloatVector t3 = FloatVector.zero(S);
            for (int o = 0; o < stride; o += BLOCK) {
                FloatVector d = FloatVector.fromArray(S, dy, dyo + o);
                s0 = d.fma(FloatVector.fromArray(S, w, r0 + o), s0);
                s1 = d.fma(FloatVector.fromArray(S, w, r1 + o), s1);
                s2 = d.fma(FloatVector.fromArray(S, w, r2 + o), s2);
                s3 = d.fma(FloatVector.fromArray(S, w, r3 + o), s3);
                FloatVector e = FloatVector.fromArray(S, dy, dyo + o + L);
                t0 = e.fma(FloatVector.fromArray(S, w, r0 + o + L), t0);
                t1 = e.fma(FloatVector.fromArray(S, w, r1 + o + L), t1);
                t2 = e.fma(FloatVector.fromArray(S, w, r2 + o + L), t2);
                t3 = e.fma(FloatVector.fromArray(S, w, r3 + o + L), t3);
            }
            s0 = s0.add(t0);
            s1 = s1.add(t1);
            s2 = s2.add(t2);
            s3 = s3.add(t3);
            FloatVector even = s0.blend(s2, UPPER4).add(s2.blend(s0, UPPER4).rearrange(SWAP4));
            FloatVector odd = s1.blend(s3, UPPER4).add(s3.blend(s1, UPPER4).rearrange(SWAP4));
            FloatVector pairs =
                    even.blend(odd, UPPER2).add(odd.blend(even, UPPER2).rearrange(SWAP2));
            FloatVector sums =
                    pairs.add(pairs.rearrange(SWAP1)).rearrange(EVENS).add(0f);
            FloatVector v = sums.blend(0f, sums.abs().compare(VectorOperators.LT, Elementary.TINY));
            ((FloatVector) v.reinterpretShape(HALF, 0)).intoArray(dx, dxo + i);
            if (i == 0) return;
        }
    }

    /** {@link #rows8} for 128-bit vectors: two rows of four times four sums. */
    private static void rows2(float[] w, int wo, int stride, int inputs, float[] dy, int dyo, float[] dx, int dxo) {
        for (int i = inputs - 2; ; i = Math.max(0, i - 2)) {
            int r0 = wo + i * stride;
            int r1 = r0 + stride;
            FloatVector s0 = FloatVector.zero(S);
            FloatVector s1 = FloatVector.zero(S);
            FloatVector t0 = FloatVector.zero(S);
            FloatVector t1 = FloatVector.zero(S);
            FloatVector u0 = FloatVector.zero(S);
            FloatVector u1 = FloatVector.zero(S);
            FloatVector v0 = FloatVector.zero(S);
            FloatVector v1 = FloatVector.zero(S);
            for (int o = 0; o < stride; o += BLOCK) {
                FloatVector d = FloatVector.fromArray(S, dy, dyo + o);
                s0 = d.fma(FloatVector.fromArray(S, w, r0 + o), s0);
                s1 = d.fma(FloatVector.fromArray(S, w, r1 + o), s1);
                FloatVector e = FloatVector.fromArray(S, dy, dyo + o + L);
                t0 = e.fma(FloatVector.fromArray(S, w, r0 + o + L), t0);
                t1 = e.fma(FloatVector.fromArray(S, w, r1 + o + L), t1);
                FloatVector f = FloatVector.fromArray(S, dy, dyo + o + 2 * L);
                u0 = f.fma(FloatVector.fromArray(S, w, r0 + o + 2 * L), u0);
                u1 = f.fma(FloatVector.fromArray(S, w, r1 + o + 2 * L), u1);
                FloatVector g = FloatVector.fromArray(S, dy, dyo + o + 3 * L);
                v0 = g.fma(FloatVector.fromArray(S, w, r0 + o + 3 * L), v0);
                v1 = g.fma(FloatVector.fromArray(S, w, r1 + o + 3 * L), v1);
            }
            s0 = s0.add(u0).add(t0.add(v0));
            s1 = s1.add(u1).add(t1.add(v1));
            FloatVector pairs = s0.blend(s1, UPPER2).add(s1.blend(s0, UPPER2).rearrange(SWAP2));
            FloatVector sums = pairs.add(pairs.rearrange(SWAP1)).add(0f);
            dx[dxo + i] = Elementary.flush(sums.lane(0));
            dx[dxo + i + 1] = Elementary.flush(sums.lane(2));
            if (i == 0) return;
        }
    }

    @Override
    public float softmax(float[] z, int zo, int n, float max, float[] p, int po) {
        int end = padded(n);
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
    public void gerGemv(
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
        int segments = partialSums(stride), length = inputs / segments;
        for (int s = 0; s < segments; s++) {
            int from = s * length, to = s == segments - 1 ? inputs : from + length;
            float[] start = s == 0 ? bias : ZEROS, base = s == 0 ? ZEROS : y;
            int so = s == 0 ? bo : 0, eo = s == 0 ? 0 : yo;
            int o = 0;
            for (; o <= stride - 8 * L; o += 8 * L)
                both8(
                        u,
                        uo,
                        d,
                        dO + o,
                        x,
                        xo,
                        from,
                        to,
                        w,
                        wo + o,
                        stride,
                        start,
                        s == 0 ? so + o : 0,
                        base,
                        s == 0 ? 0 : eo + o,
                        y,
                        yo + o);
            for (; o <= stride - 4 * L; o += 4 * L)
                both4(
                        u,
                        uo,
                        d,
                        dO + o,
                        x,
                        xo,
                        from,
                        to,
                        w,
                        wo + o,
                        stride,
                        start,
                        s == 0 ? so + o : 0,
                        base,
                        s == 0 ? 0 : eo + o,
                        y,
                        yo + o);
            for (; o < stride; o += L)
                both1(
                        u,
                        uo,
                        d,
                        dO + o,
                        x,
                        xo,
                        from,
                        to,
                        w,
                        wo + o,
                        stride,
                        start,
                        s == 0 ? so + o : 0,
                        base,
                        s == 0 ? 0 : eo + o,
                        y,
                        yo + o);
        }
    }

    private static void both8(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
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
        FloatVector d0 = FloatVector.fromArray(S, d, dO);
        FloatVector d1 = FloatVector.fromArray(S, d, dO + L);
        FloatVector d2 = FloatVector.fromArray(S, d, dO + 2 * L);
        FloatVector d3 = FloatVector.fromArray(S, d, dO + 3 * L);
        FloatVector d4 = FloatVector.fromArray(S, d, dO + 4 * L);
        FloatVector d5 = FloatVector.fromArray(S, d, dO + 5 * L);
        FloatVector d6 = FloatVector.fromArray(S, d, dO + 6 * L);
        FloatVector d7 = FloatVector.fromArray(S, d, dO + 7 * L);
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        FloatVector s1 = FloatVector.fromArray(S, start, so + L);
        FloatVector s2 = FloatVector.fromArray(S, start, so + 2 * L);
        FloatVector s3 = FloatVector.fromArray(S, start, so + 3 * L);
        FloatVector s4 = FloatVector.fromArray(S, start, so + 4 * L);
        FloatVector s5 = FloatVector.fromArray(S, start, so + 5 * L);
        FloatVector s6 = FloatVector.fromArray(S, start, so + 6 * L);
        FloatVector s7 = FloatVector.fromArray(S, start, so + 7 * L);
        for (int i = from; i < to; i++) {
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            float ui = u[uo + i];
            if (ui == 0f) {
                s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
                s1 = v.fma(FloatVector.fromArray(S, w, r + L), s1);
                s2 = v.fma(FloatVector.fromArray(S, w, r + 2 * L), s2);
                s3 = v.fma(FloatVector.fromArray(S, w, r + 3 * L), s3);
                s4 = v.fma(FloatVector.fromArray(S, w, r + 4 * L), s4);
                s5 = v.fma(FloatVector.fromArray(S, w, r + 5 * L), s5);
                s6 = v.fma(FloatVector.fromArray(S, w, r + 6 * L), s6);
                s7 = v.fma(FloatVector.fromArray(S, w, r + 7 * L), s7);
                continue;
            }
            FloatVector g = FloatVector.broadcast(S, ui);
            FloatVector w0 = g.fma(d0, FloatVector.fromArray(S, w, r));
            w0.intoArray(w, r);
            s0 = v.fma(w0, s0);
            FloatVector w1 = g.fma(d1, FloatVector.fromArray(S, w, r + L));
            w1.intoArray(w, r + L);
            s1 = v.fma(w1, s1);
            FloatVector w2 = g.fma(d2, FloatVector.fromArray(S, w, r + 2 * L));
            w2.intoArray(w, r + 2 * L);
            s2 = v.fma(w2, s2);
            FloatVector w3 = g.fma(d3, FloatVector.fromArray(S, w, r + 3 * L));
            w3.intoArray(w, r + 3 * L);
            s3 = v.fma(w3, s3);
            FloatVector w4 = g.fma(d4, FloatVector.fromArray(S, w, r + 4 * L));
            w4.intoArray(w, r + 4 * L);
            s4 = v.fma(w4, s4);
            FloatVector w5 = g.fma(d5, FloatVector.fromArray(S, w, r + 5 * L));
            w5.intoArray(w, r + 5 * L);
            s5 = v.fma(w5, s5);
            FloatVector w6 = g.fma(d6, FloatVector.fromArray(S, w, r + 6 * L));
            w6.intoArray(w, r + 6 * L);
            s6 = v.fma(w6, s6);
            FloatVector w7 = g.fma(d7, FloatVector.fromArray(S, w, r + 7 * L));
            w7.intoArray(w, r + 7 * L);
            s7 = v.fma(w7, s7);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
        s1.add(FloatVector.fromArray(S, base, bo + L)).intoArray(y, yo + L);
        s2.add(FloatVector.fromArray(S, base, bo + 2 * L)).intoArray(y, yo + 2 * L);
        s3.add(FloatVector.fromArray(S, base, bo + 3 * L)).intoArray(y, yo + 3 * L);
        s4.add(FloatVector.fromArray(S, base, bo + 4 * L)).intoArray(y, yo + 4 * L);
        s5.add(FloatVector.fromArray(S, base, bo + 5 * L)).intoArray(y, yo + 5 * L);
        s6.add(FloatVector.fromArray(S, base, bo + 6 * L)).intoArray(y, yo + 6 * L);
        s7.add(FloatVector.fromArray(S, base, bo + 7 * L)).intoArray(y, yo + 7 * L);
    }

    private static void both4(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
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
        FloatVector d0 = FloatVector.fromArray(S, d, dO);
        FloatVector d1 = FloatVector.fromArray(S, d, dO + L);
        FloatVector d2 = FloatVector.fromArray(S, d, dO + 2 * L);
        FloatVector d3 = FloatVector.fromArray(S, d, dO + 3 * L);
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        FloatVector s1 = FloatVector.fromArray(S, start, so + L);
        FloatVector s2 = FloatVector.fromArray(S, start, so + 2 * L);
        FloatVector s3 = FloatVector.fromArray(S, start, so + 3 * L);
        for (int i = from; i < to; i++) {
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            float ui = u[uo + i];
            if (ui == 0f) {
                s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
                s1 = v.fma(FloatVector.fromArray(S, w, r + L), s1);
                s2 = v.fma(FloatVector.fromArray(S, w, r + 2 * L), s2);
                s3 = v.fma(FloatVector.fromArray(S, w, r + 3 * L), s3);
                continue;
            }
            FloatVector g = FloatVector.broadcast(S, ui);
            FloatVector w0 = g.fma(d0, FloatVector.fromArray(S, w, r));
            w0.intoArray(w, r);
            s0 = v.fma(w0, s0);
            FloatVector w1 = g.fma(d1, FloatVector.fromArray(S, w, r + L));
            w1.intoArray(w, r + L);
            s1 = v.fma(w1, s1);
            FloatVector w2 = g.fma(d2, FloatVector.fromArray(S, w, r + 2 * L));
            w2.intoArray(w, r + 2 * L);
            s2 = v.fma(w2, s2);
            FloatVector w3 = g.fma(d3, FloatVector.fromArray(S, w, r + 3 * L));
            w3.intoArray(w, r + 3 * L);
            s3 = v.fma(w3, s3);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
        s1.add(FloatVector.fromArray(S, base, bo + L)).intoArray(y, yo + L);
        s2.add(FloatVector.fromArray(S, base, bo + 2 * L)).intoArray(y, yo + 2 * L);
        s3.add(FloatVector.fromArray(S, base, bo + 3 * L)).intoArray(y, yo + 3 * L);
    }

    private static void both1(
            float[] u,
            int uo,
            float[] d,
            int dO,
            float[] x,
            int xo,
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
        FloatVector d0 = FloatVector.fromArray(S, d, dO);
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        for (int i = from; i < to; i++) {
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            float ui = u[uo + i];
            if (ui == 0f) {
                s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
                continue;
            }
            FloatVector g = FloatVector.broadcast(S, ui);
            FloatVector w0 = g.fma(d0, FloatVector.fromArray(S, w, r));
            w0.intoArray(w, r);
            s0 = v.fma(w0, s0);
        }
        s0.add(FloatVector.fromArray(S, base, bo)).intoArray(y, yo);
    }

    @Override
    public void gerGemv(
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
        if (stride > NARROW && stride % (8 * L) == 0) {
            for (int o = 0; o < stride; o += 8 * L)
                slots8(
                        u,
                        uo,
                        slots,
                        so,
                        o + 8 * L == stride,
                        d,
                        dO + o,
                        x,
                        xo,
                        positions,
                        po,
                        po + count,
                        w,
                        wo + o,
                        stride,
                        bias,
                        bo + o,
                        y,
                        yo + o);
            return;
        }
        for (int k = po; k < po + count; k++) {
            int i = positions[k];
            gerSlots(u, uo + i, slots, so + i, d, dO, 1, w, wo + i * stride, stride);
        }
        gemv(x, xo, inputs, positions, po, count, w, wo, stride, bias, bo, y, yo);
    }

    private static void slots8(
            float[] u,
            int uo,
            int[] slots,
            int sO,
            boolean last,
            float[] d,
            int dO,
            float[] x,
            int xo,
            int[] positions,
            int from,
            int to,
            float[] w,
            int wo,
            int stride,
            float[] start,
            int so,
            float[] y,
            int yo) {
        FloatVector s0 = FloatVector.fromArray(S, start, so);
        FloatVector s1 = FloatVector.fromArray(S, start, so + L);
        FloatVector s2 = FloatVector.fromArray(S, start, so + 2 * L);
        FloatVector s3 = FloatVector.fromArray(S, start, so + 3 * L);
        FloatVector s4 = FloatVector.fromArray(S, start, so + 4 * L);
        FloatVector s5 = FloatVector.fromArray(S, start, so + 5 * L);
        FloatVector s6 = FloatVector.fromArray(S, start, so + 6 * L);
        FloatVector s7 = FloatVector.fromArray(S, start, so + 7 * L);
        for (int k = from; k < to; k++) {
            int i = positions[k], slot = slots[sO + i];
            FloatVector v = FloatVector.broadcast(S, x[xo + i]);
            int r = wo + i * stride;
            if (slot != 0) {
                if (last) slots[sO + i] = 0;
                FloatVector g = FloatVector.broadcast(S, u[uo + i]);
                int e = dO + (slot - 1) * stride;
                FloatVector w0 = g.fma(FloatVector.fromArray(S, d, e), FloatVector.fromArray(S, w, r));
                FloatVector w1 = g.fma(FloatVector.fromArray(S, d, e + L), FloatVector.fromArray(S, w, r + L));
                FloatVector w2 = g.fma(FloatVector.fromArray(S, d, e + 2 * L), FloatVector.fromArray(S, w, r + 2 * L));
                FloatVector w3 = g.fma(FloatVector.fromArray(S, d, e + 3 * L), FloatVector.fromArray(S, w, r + 3 * L));
                FloatVector w4 = g.fma(FloatVector.fromArray(S, d, e + 4 * L), FloatVector.fromArray(S, w, r + 4 * L));
                FloatVector w5 = g.fma(FloatVector.fromArray(S, d, e + 5 * L), FloatVector.fromArray(S, w, r + 5 * L));
                FloatVector w6 = g.fma(FloatVector.fromArray(S, d, e + 6 * L), FloatVector.fromArray(S, w, r + 6 * L));
                FloatVector w7 = g.fma(FloatVector.fromArray(S, d, e + 7 * L), FloatVector.fromArray(S, w, r + 7 * L));
                w0.intoArray(w, r);
                s0 = v.fma(w0, s0);
                w1.intoArray(w, r + L);
                s1 = v.fma(w1, s1);
                w2.intoArray(w, r + 2 * L);
                s2 = v.fma(w2, s2);
                w3.intoArray(w, r + 3 * L);
                s3 = v.fma(w3, s3);
                w4.intoArray(w, r + 4 * L);
                s4 = v.fma(w4, s4);
                w5.intoArray(w, r + 5 * L);
                s5 = v.fma(w5, s5);
                w6.intoArray(w, r + 6 * L);
                s6 = v.fma(w6, s6);
                w7.intoArray(w, r + 7 * L);
                s7 = v.fma(w7, s7);
            } else {
                s0 = v.fma(FloatVector.fromArray(S, w, r), s0);
                s1 = v.fma(FloatVector.fromArray(S, w, r + L), s1);
                s2 = v.fma(FloatVector.fromArray(S, w, r + 2 * L), s2);
                s3 = v.fma(FloatVector.fromArray(S, w, r + 3 * L), s3);
                s4 = v.fma(FloatVector.fromArray(S, w, r + 4 * L), s4);
                s5 = v.fma(FloatVector.fromArray(S, w, r + 5 * L), s5);
                s6 = v.fma(FloatVector.fromArray(S, w, r + 6 * L), s6);
                s7 = v.fma(FloatVector.fromArray(S, w, r + 7 * L), s7);
            }
        }
        s0.add(0f).intoArray(y, yo);
        s1.add(0f).intoArray(y, yo + L);
        s2.add(0f).intoArray(y, yo + 2 * L);
        s3.add(0f).intoArray(y, yo + 3 * L);
        s4.add(0f).intoArray(y, yo + 4 * L);
        s5.add(0f).intoArray(y, yo + 5 * L);
        s6.add(0f).intoArray(y, yo + 6 * L);
        s7.add(0f).intoArray(y, yo + 7 * L);
    }

    @Override
    public void mark(float[] x, int xo, int n, float[] u, int uo, int[] slots, int so, int slot) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            VectorMask<Float> some = v.compare(VectorOperators.NE, 0f);
            FloatVector.fromArray(S, u, uo + i).blend(v, some).intoArray(u, uo + i);
            IntVector.fromArray(INTS, slots, so + i)
                    .blend(slot, some.cast(INTS))
                    .intoArray(slots, so + i);
        }
        for (; i < n; i++) {
            float v = x[xo + i];
            if (v == 0f) continue;
            u[uo + i] = v;
            slots[so + i] = slot;
        }
    }

    @Override
    public void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, x, xo + i).mul(factor).intoArray(y, yo + i);
    }

    @Override
    public void add(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, y, yo + i)
                    .add(FloatVector.fromArray(S, x, xo + i))
                    .intoArray(y, yo + i);
    }

    @Override
    public void multiply(float[] f, int fo, float[] d, int dO, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, d, dO + i).mul(FloatVector.fromArray(S, f, fo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(d, dO + i);
        }
    }

    @Override
    public void ger(float[] x, int xo, int inputs, float[] dy, int dyo, float[] w, int wo, int stride) {
        update(x, xo, null, 0, inputs, dy, dyo, w, wo, stride);
    }

    @Override
    public void ger(
            float[] x, int xo, int[] positions, int po, int count, float[] dy, int dyo, float[] w, int wo, int stride) {
        update(x, xo, positions, po, po + count, dy, dyo, w, wo, stride);
    }

    private static void update(
            float[] x, int xo, int[] positions, int from, int to, float[] dy, int dyo, float[] w, int wo, int stride) {
        int o = 0;
        for (; o <= stride - 8 * L; o += 8 * L) update8(x, xo, positions, from, to, dy, dyo + o, w, wo + o, stride);
        for (; o <= stride - 4 * L; o += 4 * L) update4(x, xo, positions, from, to, dy, dyo + o, w, wo + o, stride);
        for (; o < stride; o += L) update1(x, xo, positions, from, to, dy, dyo + o, w, wo + o, stride);
    }

    @Override
    public void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(FloatVector.fromArray(S, slope, so + i).mul(v).add(0f), v.compare(VectorOperators.LT, 0f))
                    .intoArray(y, yo + i);
        }
    }

    @Override
    public void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            FloatVector.fromArray(S, slope, so + i)
                    .blend(1f, v.compare(VectorOperators.GT, 0f))
                    .intoArray(f, fo + i);
        }
    }

    /** The mask stays a vector of ints: before JDK 18 turning an int mask into a float mask is not an instruction. */
    @Override
    public void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            IntVector h = LANE_INTS.add(i).mul(Elementary.HASH0).add(key0);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16))
                    .mul(Elementary.HASH1);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 15))
                    .add(key1)
                    .mul(Elementary.HASH2);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16));
            h = h.lanewise(VectorOperators.LSHR, 8)
                    .sub(threshold)
                    .lanewise(VectorOperators.ASHR, 31)
                    .lanewise(VectorOperators.XOR, -1);
            FloatVector v = FloatVector.fromArray(S, x, xo + i).mul(scale);
            v = v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY));
            v.reinterpretAsInts()
                    .lanewise(VectorOperators.AND, h)
                    .reinterpretAsFloats()
                    .intoArray(y, yo + i);
        }
    }

    /** The tree's first steps on sixteen sums, in one, two or four vectors; unused ones are zero. */
    @Override
    public float sum(float[] x, int xo, int n, float shift) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - BLOCK; i += BLOCK) {
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
    public float squares(float[] x, int xo, int n, float shift, float scale) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - BLOCK; i += BLOCK) {
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
    public float dot(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector s0 = FloatVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - BLOCK; i += BLOCK) {
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
    public void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, a, ao + i)
                    .fma(FloatVector.fromArray(S, b, bo + i), FloatVector.fromArray(S, c, co + i))
                    .add(0f)
                    .intoArray(y, yo + i);
    }

    @Override
    public void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i).add(FloatVector.fromArray(S, x, xo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    @Override
    public void normalize(float[] mean, int mo, float[] inverse, int io, float[] x, int xo, float[] h, int ho, int n) {
        int end = padded(n);
        for (int i = 0; i < end; i += L)
            FloatVector.fromArray(S, x, xo + i)
                    .sub(FloatVector.fromArray(S, mean, mo + i))
                    .mul(FloatVector.fromArray(S, inverse, io + i))
                    .intoArray(h, ho + i);
        for (int i = n; i < end; i++) h[ho + i] = 0f;
    }

    @Override
    public void normalizeBackward(
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
        int end = padded(n);
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
    public void columnMeans(float[] x, int xo, int stride, int rows, float[] mean, int mo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector first = FloatVector.fromArray(S, x, xo + i), s = FloatVector.zero(S);
            for (int r = 0, at = xo + i; r < rows; r++, at += stride)
                s = s.add(FloatVector.fromArray(S, x, at).sub(first));
            first.add(s.div(rows)).intoArray(mean, mo + i);
        }
    }

    @Override
    public void columnSquares(float[] x, int xo, int stride, int rows, float[] mean, int mo, float[] s, int so, int n) {
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
    public void columnSums(
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

    @Override
    public void softmaxBackward(float[] p, int po, float[] d, int dO, float mean, float[] dx, int dxo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, d, dO + i).sub(mean).mul(FloatVector.fromArray(S, p, po + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(dx, dxo + i);
        }
    }

    @Override
    public void values(Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        VectorFunctions.values(function, positive, negative, x, xo, y, yo, n);
    }

    @Override
    public void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        VectorFunctions.derivatives(function, positive, negative, v, vo, f, fo, n);
    }
}
