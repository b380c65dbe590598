package lanewise.kernel;

import static lanewise.kernel.VectorLanes.INTS;
import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.LANE_INTS;
import static lanewise.kernel.VectorLanes.S;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link NonZeros} a vector at a time: the mask of what is not zero becomes positions. */
interface VectorNonZeros extends NonZeros {

    /** Eight ints, for positions. */
    VectorSpecies<Integer> I8 = IntVector.SPECIES_256;

    /** Before JDK 19 {@code VectorMask.toLong} was not compiled to an instruction. */
    boolean MASK_TO_LONG = L >= 8 && Runtime.version().feature() >= 19;

    /** NONZERO[8 * m + j] is the position of the j-th set bit of m. */
    int[] NONZERO = positionsOfBits();

    /**
     * {@code IntVector.compress}, which JDK 17 has not yet; null where it is not one instruction. A constant, so HotSpot
     * compiles a call as if it were written out.
     */
    MethodHandle COMPRESS = compress();

    /** Whether {@code IntVector.selectFrom} is one instruction for lanes chosen by {@link #NONZERO}. */
    boolean SELECT = L == 8 && Runtime.version().feature() >= 24;

    private static int[] positionsOfBits() {
        int[] positions = new int[256 * 8];
        for (int m = 0; m < 256; m++)
            for (int bit = 0, j = 0; bit < 8; bit++) if ((m >> bit & 1) != 0) positions[8 * m + j++] = bit;
        return positions;
    }

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

    @Override
    default int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
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
        return count + ScalarNonZeros.nonZerosFrom(i, x, xo, n, positions, po + count);
    }

    @Override
    default int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        if (COMPRESS == null) {
            int whole = MASK_TO_LONG ? n & -L : 0, found = 0;
            for (int i = 0; i < whole; i += L) {
                FloatVector v = FloatVector.fromArray(S, x, xo + i);
                v.intoArray(y, yo + i);
                found += list((int) v.compare(VectorOperators.NE, 0f).toLong(), i, positions, po + found);
            }
            System.arraycopy(x, xo + whole, y, yo + whole, n - whole);
            return found + ScalarNonZeros.nonZerosFrom(whole, y, yo, n, positions, po + found);
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
        return count + ScalarNonZeros.nonZerosFrom(i, x, xo, n, positions, po + count);
    }

    @Override
    default int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
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
        return count + ScalarNonZeros.nonZerosOfRowsFrom(i, x, xo, xs, n, positions, po + count);
    }

    @Override
    default int exchange(
            float[] x,
            int xo,
            int n,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors) {
        int whole = COMPRESS != null || SELECT ? n & -L : 0, count = 0;
        if (COMPRESS != null)
            count = exchangeCompressed(x, xo, whole, wo, stride, waiting, u, update, rows, updates, inputs, factors);
        else if (SELECT)
            count = exchangeSelected(x, xo, whole, wo, stride, waiting, u, update, rows, updates, inputs, factors);
        int more = whole == 0 ? nonZeros(x, xo, n, rows, 0) : ScalarNonZeros.nonZerosFrom(whole, x, xo, n, rows, count);
        int end = count + more;
        ScalarNonZeros.exchangeListed(
                x, xo, count, end, wo, stride, waiting, u, update, rows, updates, inputs, factors);
        return end;
    }

    /** {@link #exchange} for n of whole vectors, by {@link #COMPRESS}. */
    private static int exchangeCompressed(
            float[] x,
            int xo,
            int n,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors) {
        int count = 0;
        try {
            for (int i = 0; i < n; i += L) {
                FloatVector v = FloatVector.fromArray(S, x, xo + i);
                VectorMask<Float> found = v.compare(VectorOperators.NE, 0f);
                VectorMask<Integer> some = found.cast(INTS);
                IntVector update0 = IntVector.fromArray(INTS, waiting, i);
                FloatVector factor = FloatVector.fromArray(S, u, i);
                ((IntVector) COMPRESS.invokeExact(LANE_INTS.mul(stride).add(wo + i * stride), (VectorMask) some))
                        .intoArray(rows, count);
                ((IntVector) COMPRESS.invokeExact(update0, (VectorMask) some)).intoArray(updates, count);
                ((IntVector) COMPRESS.invokeExact(v.reinterpretAsInts(), (VectorMask) some))
                        .reinterpretAsFloats()
                        .intoArray(inputs, count);
                ((IntVector) COMPRESS.invokeExact(factor.reinterpretAsInts(), (VectorMask) some))
                        .reinterpretAsFloats()
                        .intoArray(factors, count);
                update0.blend(update, some).intoArray(waiting, i);
                factor.blend(v, found).intoArray(u, i);
                count += found.trueCount();
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
        return count;
    }

    /** {@link #exchange} for n of whole vectors of eight lanes, by {@link #NONZERO}. */
    private static int exchangeSelected(
            float[] x,
            int xo,
            int n,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors) {
        int count = 0;
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            VectorMask<Float> found = v.compare(VectorOperators.NE, 0f);
            int mask = (int) found.toLong();
            if (mask == 0) continue;
            IntVector lanes = IntVector.fromArray(INTS, NONZERO, 8 * mask);
            IntVector update0 = IntVector.fromArray(INTS, waiting, i);
            FloatVector factor = FloatVector.fromArray(S, u, i);
            lanes.mul(stride).add(wo + i * stride).intoArray(rows, count);
            lanes.selectFrom(update0).intoArray(updates, count);
            lanes.selectFrom(v.reinterpretAsInts()).reinterpretAsFloats().intoArray(inputs, count);
            lanes.selectFrom(factor.reinterpretAsInts()).reinterpretAsFloats().intoArray(factors, count);
            update0.blend(update, found.cast(INTS)).intoArray(waiting, i);
            factor.blend(v, found).intoArray(u, i);
            count += Integer.bitCount(mask);
        }
        return count;
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
}
