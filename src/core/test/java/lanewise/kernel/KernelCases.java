package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;

/**
 * Cases for the properties of kernels: every kernel several times, from the contract's plainest form, the scalar kernels,
 * those without the instruction for a fused multiply-add and the kernels in use, on memory that is equal to the bit before
 * and has to be equal to the bit afterwards. What a kernel does not own is filled with canaries that are NaN: written over
 * they differ, read they spread.
 */
abstract class KernelCases {

    static final int TRIES = 400;

    final NaiveKernels naive = new NaiveKernels();

    final List<Kernels> implementations = List.of(new ScalarKernels(), new SoftwareFmaKernels(), Selection.kernels());

    /** Sizes of a layer, and the seed of all that is in memory. */
    record Shape(int inputs, int outputs, long seed) {
        int stride() {
            return Kernels.padded(outputs);
        }
    }

    @Provide
    Arbitrary<Shape> shapes() {
        Arbitrary<Integer> inputs =
                Arbitraries.of(1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 23, 31, 32, 33, 47, 61, 64, 97, 130);
        Arbitrary<Integer> outputs = Arbitraries.of(
                1, 2, 10, 15, 16, 17, 31, 32, 33, 47, 48, 61, 64, 65, 80, 96, 100, 127, 128, 129, 144, 160, 192, 251,
                256, 257);
        return Combinators.combine(inputs, outputs, Arbitraries.longs().withoutEdgeCases())
                .as(Shape::new);
    }

    /** A part of an array of canaries. */
    record Part(float[] array, int at) {}

    /** What a kernel sees: built anew, and equal, for every implementation. */
    static final class Memory {

        static final int CANARY = 0x7fc0dead;

        final List<float[]> floats = new ArrayList<>();
        final List<int[]> ints = new ArrayList<>();
        final List<Float> results = new ArrayList<>();
        final SplittableRandom random;

        Memory(long seed) {
            random = new SplittableRandom(seed);
        }

        int offset() {
            return random.nextInt(20);
        }

        /** Room for n floats, canaries before, behind and in it. */
        Part room(int n) {
            int before = 1 + offset();
            float[] array = new float[before + n + 1 + offset()];
            Arrays.fill(array, Float.intBitsToFloat(CANARY));
            floats.add(array);
            return new Part(array, before);
        }

        Part filled(int n, DoubleSupplier value) {
            Part part = room(n);
            for (int i = 0; i < n; i++) part.array[part.at + i] = (float) value.getAsDouble();
            return part;
        }

        /** Finite values of one of the difficult kinds whose products stay finite, too. */
        DoubleSupplier finite() {
            int kind = random.nextInt(6);
            double share = random.nextDouble();
            return () -> {
                double v = random.nextDouble() * 2 - 1;
                return switch (kind) {
                    case 0 -> v;
                    case 1 -> random.nextDouble() < share ? random.nextBoolean() ? 0.0 : -0.0 : v;
                    case 2 -> v * StrictMath.scalb(1.0, random.nextInt(-40, 41));
                    case 3 -> v * StrictMath.scalb(1.0, random.nextInt(-150, -60));
                    case 4 -> Math.round(v * 2);
                    default -> v * 100;
                };
            };
        }

        Part row(int n) {
            return filled(n, finite());
        }

        /** A row of a layer's width: zeros behind its outputs, of one sign. */
        Part padded(int n) {
            return matrix(1, n);
        }

        Part matrix(int rows, int columns) {
            int stride = Kernels.padded(columns);
            DoubleSupplier values = finite();
            Part part = room(rows * stride);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < stride; c++)
                    part.array[part.at + r * stride + c] = c < columns ? (float) values.getAsDouble() : 0f;
            return part;
        }

        /** Rows of a layer's width, so many floats apart, with zeros behind their outputs and canaries behind those. */
        Part rows(int rows, int columns, int apart) {
            int stride = Kernels.padded(columns);
            Part from = matrix(rows, columns), part = room((rows - 1) * apart + stride);
            for (int r = 0; r < rows; r++)
                System.arraycopy(from.array, from.at + r * stride, part.array, part.at + r * apart, stride);
            return part;
        }

        /** Slots of gradients; their padding may be −0.0, because they are multiplied by a negative number. */
        Part gradients(int rows, int columns) {
            Part part = matrix(rows, columns);
            int stride = Kernels.padded(columns);
            boolean negative = random.nextBoolean();
            for (int r = 0; r < rows && negative; r++)
                for (int c = columns; c < stride; c++) part.array[part.at + r * stride + c] = -0f;
            return part;
        }

        /** A row of which a random share, from none to all, is zero, of either sign. */
        Part sparse(int n) {
            double share = List.of(0.0, 0.3, 0.8, 0.95, 1.0).get(random.nextInt(5));
            DoubleSupplier values = finite();
            return filled(
                    n, () -> random.nextDouble() < share ? random.nextBoolean() ? 0.0 : -0.0 : values.getAsDouble());
        }

        /** Any bit patterns, with all that is special among them often. */
        Part any(int n) {
            float[] special = {
                0f,
                -0f,
                Float.MIN_VALUE,
                -Float.MIN_VALUE,
                Float.MIN_NORMAL,
                -Float.MIN_NORMAL,
                1e-25f,
                -1e-25f,
                Math.nextDown(1e-25f),
                Float.MAX_VALUE,
                -Float.MAX_VALUE,
                Float.POSITIVE_INFINITY,
                Float.NEGATIVE_INFINITY,
                Float.NaN,
                1f,
                -1f,
                0.625f,
                Math.nextDown(0.625f),
                -0.625f,
                88.72f,
                Math.nextUp(88.72f),
                -88.72f,
                -87.33f,
                Math.nextDown(-87.33f),
                87.33f,
                44.36f,
                30f,
                Math.nextUp(30f),
                -30f,
                -57.6f,
                -57.5f,
                3f,
                Math.nextUp(3f),
                -3f,
                Math.nextDown(-3f),
                20f,
                Math.nextUp(20f),
                14f,
                Math.nextUp(14f),
                -14f,
                -13.2f,
                17f
            };
            int kind = random.nextInt(3);
            return filled(n, () -> switch (kind == 2 ? random.nextInt(3) : kind) {
                case 0 -> random.nextDouble() * 40 - 20;
                case 1 -> Float.intBitsToFloat(random.nextInt());
                default -> special[random.nextInt(special.length)];
            });
        }

        /** Room for n ints with canaries. */
        int[] ints(int before, int n) {
            int[] array = new int[before + n + 3];
            Arrays.fill(array, CANARY);
            ints.add(array);
            return array;
        }

        /** The positions of what is not zero, beginning at {@code before}; returns how many there are. */
        int positions(Part x, int n, int[] positions, int before) {
            int count = 0;
            for (int i = 0; i < n; i++) if (x.array[x.at + i] != 0f) positions[before + count++] = i;
            return count;
        }
    }

    /** Kernels that note their callers. */
    interface Noting {
        /** To be called first by every kernel. */
        void note();
    }

    /** One kernel's call. */
    interface Call {
        void on(Kernels kernels, Memory memory);
    }

    void agree(Shape shape, Call call) {
        Memory expected = new Memory(shape.seed);
        call.on(naive, expected);
        for (Kernels kernels : implementations) {
            Memory actual = new Memory(shape.seed);
            call.on(kernels, actual);
            same(kernels + " against the contract, " + shape, expected, actual);
        }
    }

    /** Runs two calls, which are to have the same effect, on each implementation. */
    void same(Shape shape, Call one, Call other) {
        for (Kernels kernels : implementations) {
            Memory expected = new Memory(shape.seed), actual = new Memory(shape.seed);
            one.on(kernels, expected);
            other.on(kernels, actual);
            same(kernels + ", " + shape, expected, actual);
        }
    }

    static void same(String what, Memory expected, Memory actual) {
        assertEquals(expected.results.size(), actual.results.size(), what);
        for (int i = 0; i < expected.results.size(); i++)
            if (!same(expected.results.get(i), actual.results.get(i)))
                differ(what + ", result " + i, expected.results.get(i), actual.results.get(i));
        for (int a = 0; a < expected.floats.size(); a++) {
            float[] e = expected.floats.get(a), f = actual.floats.get(a);
            for (int i = 0; i < e.length; i++)
                if (!same(e[i], f[i])) differ(what + ", array " + a + "[" + i + "]", e[i], f[i]);
        }
        for (int a = 0; a < expected.ints.size(); a++)
            assertArrayEquals(expected.ints.get(a), actual.ints.get(a), what);
    }

    /** Equal bits; of NaN there are many, and only the canary is told apart from the others. */
    static boolean same(float expected, float actual) {
        int e = Float.floatToRawIntBits(expected), a = Float.floatToRawIntBits(actual);
        return e == a || expected != expected && actual != actual && e != Memory.CANARY && a != Memory.CANARY;
    }

    static void differ(String what, float expected, float actual) {
        fail(String.format(
                "%s: %s (%08x) expected, but it is %s (%08x)",
                what, expected, Float.floatToRawIntBits(expected), actual, Float.floatToRawIntBits(actual)));
    }

    static void assertPadding(Part part, int rows, int columns) {
        int stride = Kernels.padded(columns);
        for (int r = 0; r < rows; r++)
            for (int c = columns; c < stride; c++)
                assertEquals(0, Float.floatToRawIntBits(part.array[part.at + r * stride + c]), "padding is not +0.0");
    }

    /** A row of n values whose padding is NaN: it may be read, but must not matter. */
    static Part tail(Memory m, int n) {
        Part part = m.row(Kernels.padded(n));
        Arrays.fill(part.array, part.at + n, part.at + Kernels.padded(n), Float.NaN);
        return part;
    }
}
