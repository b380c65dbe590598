package lanewise.kernel;

import static lanewise.kernel.VectorLanes.INTS;
import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.LANE_INTS;
import static lanewise.kernel.VectorLanes.S;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Elementwise} a vector at a time; the functions are in {@link VectorFunctions}. */
interface VectorElementwise extends Elementwise {

    @Override
    default void unpack(byte[] src, int so, int n, float scale, float[] y, int yo) {
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
    default void values(
            Function function, float positive, float negative, float[] x, int xo, float[] y, int yo, int n) {
        VectorFunctions.values(function, positive, negative, x, xo, y, yo, n);
    }

    @Override
    default void derivatives(
            Function function, float positive, float negative, float[] v, int vo, float[] f, int fo, int n) {
        VectorFunctions.derivatives(function, positive, negative, v, vo, f, fo, n);
    }

    @Override
    default void scale(float factor, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, x, xo + i).mul(factor).intoArray(y, yo + i);
    }

    @Override
    default void add(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, y, yo + i)
                    .add(FloatVector.fromArray(S, x, xo + i))
                    .intoArray(y, yo + i);
    }

    @Override
    default void addFlushed(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, y, yo + i).add(FloatVector.fromArray(S, x, xo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(y, yo + i);
        }
    }

    @Override
    default void multiply(float[] f, int fo, float[] d, int dO, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, d, dO + i).mul(FloatVector.fromArray(S, f, fo + i));
            v.blend(0f, v.abs().compare(VectorOperators.LT, Elementary.TINY)).intoArray(d, dO + i);
        }
    }

    @Override
    default void multiplyAdd(float[] a, int ao, float[] b, int bo, float[] c, int co, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L)
            FloatVector.fromArray(S, a, ao + i)
                    .fma(FloatVector.fromArray(S, b, bo + i), FloatVector.fromArray(S, c, co + i))
                    .add(0f)
                    .intoArray(y, yo + i);
    }

    @Override
    default void prelu(float[] slope, int so, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            v.blend(FloatVector.fromArray(S, slope, so + i).mul(v).add(0f), v.compare(VectorOperators.LT, 0f))
                    .intoArray(y, yo + i);
        }
    }

    @Override
    default void preluDerivative(float[] slope, int so, float[] x, int xo, float[] f, int fo, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = FloatVector.fromArray(S, x, xo + i);
            FloatVector.fromArray(S, slope, so + i)
                    .blend(1f, v.compare(VectorOperators.GT, 0f))
                    .intoArray(f, fo + i);
        }
    }

    /** The mask stays a vector of ints: before JDK 18 turning an int mask into a float mask is not an instruction. */
    @Override
    default void dropout(int key0, int key1, int threshold, float scale, float[] x, int xo, float[] y, int yo, int n) {
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
}
