package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.DoubleSupplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/**
 * Every kernel several times, from the contract's plainest form, the scalar kernels, those without the instruction for a
 * fused multiply-add and the kernels in use, on memory that is equal to the bit before and has to be equal to the bit afterwards. What a kernel does not own is filled with
 * canaries that are NaN: written over they differ, read they spread.
 */
@Tag("bits")
class KernelsProperties {

    private static final int TRIES = 400;

    private final NaiveKernels naive = new NaiveKernels();

    private final List<Kernels> implementations =
            List.of(new ScalarKernels(), new SoftwareFmaKernels(), Selection.kernels());

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

    // Memory

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

        private Part filled(int n, DoubleSupplier value) {
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

    /** One kernel's call. */
    interface Call {
        void on(Kernels kernels, Memory memory);
    }

    private void agree(Shape shape, Call call) {
        Memory expected = new Memory(shape.seed);
        call.on(naive, expected);
        for (Kernels kernels : implementations) {
            Memory actual = new Memory(shape.seed);
            call.on(kernels, actual);
            same(kernels + " against the contract, " + shape, expected, actual);
        }
    }

    /** Runs two calls, which are to have the same effect, on each implementation. */
    private void same(Shape shape, Call one, Call other) {
        for (Kernels kernels : implementations) {
            Memory expected = new Memory(shape.seed), actual = new Memory(shape.seed);
            one.on(kernels, expected);
            other.on(kernels, actual);
            same(kernels + ", " + shape, expected, actual);
        }
    }

    private static void same(String what, Memory expected, Memory actual) {
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
    private static boolean same(float expected, float actual) {
        int e = Float.floatToRawIntBits(expected), a = Float.floatToRawIntBits(actual);
        return e == a || expected != expected && actual != actual && e != Memory.CANARY && a != Memory.CANARY;
    }

    private static void differ(String what, float expected, float actual) {
        fail(String.format(
                "%s: %s (%08x) expected, but it is %s (%08x)",
                what, expected, Float.floatToRawIntBits(expected), actual, Float.floatToRawIntBits(actual)));
    }

    private static void assertPadding(Part part, int rows, int columns) {
        int stride = Kernels.padded(columns);
        for (int r = 0; r < rows; r++)
            for (int c = columns; c < stride; c++)
                assertEquals(0, Float.floatToRawIntBits(part.array[part.at + r * stride + c]), "padding is not +0.0");
    }

    // Layers

    @Property(tries = TRIES)
    void forwardSumsInTheContractsOrder(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.row(shape.inputs), w = m.matrix(shape.inputs, shape.outputs), b = m.padded(shape.outputs);
            Part y = m.room(shape.stride());
            kernels.gemv(x.array, x.at, shape.inputs, w.array, w.at, shape.stride(), b.array, b.at, y.array, y.at);
            for (int o = 0; o < shape.outputs; o++)
                assertTrue(Float.floatToRawIntBits(y.array[y.at + o]) != 0x80000000, "-0.0 left a forward pass");
        });
    }

    @Property(tries = TRIES)
    void skippingZerosChangesNoBitOfTheForwardPass(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs), w = m.matrix(shape.inputs, shape.outputs), b = m.padded(shape.outputs);
            Part y = m.room(shape.stride());
            int po = m.offset();
            int[] positions = m.ints(po, shape.inputs);
            int count = m.positions(x, shape.inputs, positions, po);
            kernels.gemv(
                    x.array,
                    x.at,
                    shape.inputs,
                    positions,
                    po,
                    count,
                    w.array,
                    w.at,
                    shape.stride(),
                    b.array,
                    b.at,
                    y.array,
                    y.at);
        });
    }

    @Property(tries = TRIES)
    void rowsTogetherGiveTheBitsOfRowsAlone(@ForAll("shapes") Shape shape) {
        for (boolean listed : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int in = shape.inputs, xs = in + m.offset(), ys = shape.stride() + m.offset();
                Part x = m.room(3 * xs + in), w = m.matrix(in, shape.outputs), b = m.padded(shape.outputs);
                for (int r = 0; r < Kernels.ROWS; r++) {
                    Part row = m.sparse(in);
                    System.arraycopy(row.array, row.at, x.array, x.at + r * xs, in);
                }
                Part y = m.room(3 * ys + shape.stride());
                int po = m.offset(), count = 0;
                int[] positions = m.ints(po, in);
                for (int i = 0; i < in; i++) {
                    boolean zeros = true;
                    for (int r = 0; r < Kernels.ROWS; r++) zeros &= x.array[x.at + r * xs + i] == 0f;
                    if (!zeros) positions[po + count++] = i;
                }
                kernels.gemm(
                        x.array,
                        x.at,
                        xs,
                        in,
                        listed ? positions : null,
                        po,
                        count,
                        w.array,
                        w.at,
                        shape.stride(),
                        b.array,
                        b.at,
                        y.array,
                        y.at,
                        ys);
            });
    }

    @Property(tries = TRIES)
    void inputGradientsAreSumsAlongRows(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part w = m.matrix(shape.inputs, shape.outputs), dy = m.padded(shape.outputs);
            Part dx = m.room(Kernels.padded(shape.inputs));
            kernels.gemvTransposed(w.array, w.at, shape.stride(), shape.inputs, dy.array, dy.at, dx.array, dx.at);
            assertPadding(dx, 1, shape.inputs);
            for (int i = 0; i < shape.inputs; i++) {
                float v = dx.array[dx.at + i];
                assertTrue(v == 0f ? Float.floatToRawIntBits(v) == 0 : Math.abs(v) >= 1e-25f, "not flushed: " + v);
            }
        });
    }

    @Property(tries = TRIES)
    void updatesLeaveTheRowsOfZeroInputsUntouched(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs), w = m.matrix(shape.inputs, shape.outputs);
            Part dy = m.gradients(1, shape.outputs);
            int stride = shape.stride();
            for (int i = 0; i < shape.inputs; i++)
                if (x.array[x.at + i] == 0f)
                    for (int o = 0; o < shape.outputs; o++) w.array[w.at + i * stride + o] = -0f;
            kernels.ger(x.array, x.at, shape.inputs, dy.array, dy.at, w.array, w.at, stride);
            assertPadding(w, shape.inputs, shape.outputs);
            for (int i = 0; i < shape.inputs; i++)
                if (x.array[x.at + i] == 0f)
                    for (int o = 0; o < shape.outputs; o++)
                        assertTrue(same(-0f, w.array[w.at + i * stride + o]), "the row of a zero input");
        });
    }

    @Property(tries = TRIES)
    void skippingZerosChangesNoBitOfAnUpdate(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.sparse(shape.inputs), w = m.matrix(shape.inputs, shape.outputs);
            Part dy = m.gradients(1, shape.outputs);
            int po = m.offset();
            int[] positions = m.ints(po, shape.inputs);
            int count = m.positions(x, shape.inputs, positions, po);
            kernels.ger(x.array, x.at, positions, po, count, dy.array, dy.at, w.array, w.at, shape.stride());
            assertPadding(w, shape.inputs, shape.outputs);
        });
    }

    @Property(tries = TRIES)
    void updateAndForwardInOneAreUpdateThenForward(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part u = m.sparse(shape.inputs), d = m.gradients(1, shape.outputs), x = m.sparse(shape.inputs);
            Part w = m.matrix(shape.inputs, shape.outputs), b = m.padded(shape.outputs);
            Part y = m.room(shape.stride());
            kernels.gerGemv(
                    u.array,
                    u.at,
                    d.array,
                    d.at,
                    x.array,
                    x.at,
                    shape.inputs,
                    w.array,
                    w.at,
                    shape.stride(),
                    b.array,
                    b.at,
                    y.array,
                    y.at);
            assertPadding(w, shape.inputs, shape.outputs);
        });
    }

    /** Some rows wait, each with a slot of its own, and only those that x reads are to be done. */
    private void pending(Kernels kernels, Memory m, Shape shape, boolean inOne) {
        int inputs = shape.inputs, stride = shape.stride(), count = 1 + m.random.nextInt(5);
        Part u = m.row(inputs), d = m.gradients(count, shape.outputs), x = m.sparse(inputs);
        Part w = m.matrix(inputs, shape.outputs), b = m.padded(shape.outputs), y = m.room(stride);
        int so = m.offset(), po = m.offset();
        int[] slots = m.ints(so, inputs), positions = m.ints(po, inputs);
        for (int i = 0; i < inputs; i++)
            slots[so + i] = u.array[u.at + i] == 0f || m.random.nextBoolean() ? 0 : 1 + m.random.nextInt(count);
        int nonZeros = m.positions(x, inputs, positions, po);
        if (inOne)
            kernels.gerGemv(
                    u.array, u.at, slots, so, d.array, d.at, x.array, x.at, inputs, positions, po, nonZeros, w.array,
                    w.at, stride, b.array, b.at, y.array, y.at);
        else {
            for (int k = po; k < po + nonZeros; k++) {
                int i = positions[k];
                kernels.gerSlots(
                        u.array, u.at + i, slots, so + i, d.array, d.at, 1, w.array, w.at + i * stride, stride);
            }
            kernels.gemv(
                    x.array, x.at, inputs, positions, po, nonZeros, w.array, w.at, stride, b.array, b.at, y.array,
                    y.at);
        }
        assertPadding(w, inputs, shape.outputs);
    }

    @Property(tries = TRIES)
    void rowsThatWaitAreDoneWhenTheyAreRead(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> pending(kernels, m, shape, true));
        same(
                shape,
                (kernels, m) -> pending(kernels, m, shape, true),
                (kernels, m) -> pending(kernels, m, shape, false));
    }

    @Property(tries = TRIES)
    void slotsAreEmptyOnceTheirRowsAreDone(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int inputs = shape.inputs, so = m.offset();
            Part u = m.row(inputs), d = m.gradients(3, shape.outputs), w = m.matrix(inputs, shape.outputs);
            int[] slots = m.ints(so, inputs);
            for (int i = 0; i < inputs; i++) slots[so + i] = m.random.nextInt(4);
            kernels.gerSlots(u.array, u.at, slots, so, d.array, d.at, inputs, w.array, w.at, shape.stride());
            for (int i = 0; i < inputs; i++) assertEquals(0, slots[so + i]);
            assertPadding(w, inputs, shape.outputs);
        });
    }

    @Property(tries = TRIES)
    void onlyRowsOfNonZeroInputsAreMarked(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs, so = m.offset();
            Part x = m.random.nextBoolean() ? m.any(n) : m.sparse(n), u = m.row(n);
            int[] slots = m.ints(so, n);
            kernels.mark(x.array, x.at, n, u.array, u.at, slots, so, 1 + m.random.nextInt(256));
        });
    }

    @Property(tries = TRIES)
    void bytesAreUnsigned(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int so = m.offset(), n = shape.inputs;
            byte[] bytes = new byte[so + n + m.offset()];
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) m.random.nextInt(256);
            Part y = m.room(n);
            kernels.unpack(bytes, so, n, m.random.nextBoolean() ? 1f / 255f : 3f, y.array, y.at);
        });
    }

    @Property(tries = TRIES)
    void positionsOfNonZerosAscend(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs, po = m.offset();
            Part x = m.random.nextBoolean() ? m.any(n) : m.sparse(n);
            int[] found = new int[po + n + Kernels.BLOCK + 5], kept = m.ints(po, n);
            Arrays.fill(found, Memory.CANARY);
            int count = kernels.nonZeros(x.array, x.at, n, found, po);
            m.results.add((float) count);
            System.arraycopy(found, po, kept, po, count);
            for (int i = 0; i < found.length; i++)
                if (i < po || i >= po + n + Kernels.BLOCK) assertEquals(Memory.CANARY, found[i], "written outside");
        });
    }

    @Property(tries = TRIES)
    void positionsOfCopiesAndOfSeveralRowsAscendToo(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int n = shape.inputs, po = m.offset(), xs = n + m.offset();
            Part x = m.room(3 * xs + n), y = m.room(n);
            for (int r = 0; r < Kernels.ROWS; r++) {
                Part row = m.random.nextBoolean() ? m.any(n) : m.sparse(n);
                System.arraycopy(row.array, row.at, x.array, x.at + r * xs, n);
            }
            int[] found = new int[po + n + Kernels.BLOCK], kept = m.ints(po, n), keptOfRows = m.ints(po, n);
            int count = kernels.copyNonZeros(x.array, x.at, n, y.array, y.at, found, po);
            System.arraycopy(found, po, kept, po, count);
            m.results.add((float) count);
            count = kernels.nonZerosOfRows(x.array, x.at, xs, n, found, po);
            System.arraycopy(found, po, keptOfRows, po, count);
            m.results.add((float) count);
        });
    }

    // Element by element

    /** A kernel from one row to another. */
    interface Row {
        void on(Kernels kernels, float[] x, int xo, float[] y, int yo, int n);
    }

    private void agree(Shape shape, boolean inPlace, Row row) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part x = m.any(n), y = m.room(n);
            row.on(kernels, x.array, x.at, y.array, y.at, n);
        });
        if (inPlace)
            agree(shape, (kernels, m) -> {
                Part x = m.any(n);
                row.on(kernels, x.array, x.at, x.array, x.at, n);
            });
    }

    @Property(tries = TRIES)
    void scalingAgrees(@ForAll("shapes") Shape shape) {
        float factor = (float) new SplittableRandom(shape.seed).nextDouble(-2, 2);
        agree(shape, true, (k, x, xo, y, yo, n) -> k.scale(factor, x, xo, y, yo, n));
    }

    @Property(tries = TRIES)
    void additionAgrees(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.any(shape.stride()), y = m.any(shape.stride());
            kernels.add(x.array, x.at, y.array, y.at, shape.stride());
        });
    }

    @Property(tries = TRIES)
    void softmaxAgrees(@ForAll("shapes") Shape shape) {
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int n = shape.outputs;
                double reach = List.of(1.0, 30.0, 200.0, 1e30).get(m.random.nextInt(4));
                Part z = m.filled(Kernels.padded(n), () -> m.random.nextDouble(-reach, reach));
                Part p = inPlace ? z : m.room(Kernels.padded(n));
                float max = Float.NEGATIVE_INFINITY;
                for (int i = 0; i < n; i++) max = Math.max(max, z.array[z.at + i]);
                m.results.add(kernels.softmax(z.array, z.at, n, max, p.array, p.at));
                assertPadding(p, 1, n);
                double sum = 0;
                for (int i = 0; i < n; i++) sum += p.array[p.at + i];
                assertEquals(1, sum, 1e-5);
            });
    }

    @Property(tries = TRIES)
    void productsWithADerivativeAreFlushed(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part f = m.any(shape.stride()), d = m.any(shape.stride());
            kernels.multiply(f.array, f.at, d.array, d.at, shape.stride());
            for (int i = 0; i < shape.stride(); i++) {
                float v = d.array[d.at + i];
                assertTrue(v == 0f ? Float.floatToRawIntBits(v) == 0 : !(Math.abs(v) < 1e-25f), "not flushed: " + v);
            }
        });
    }

    @Property(tries = TRIES)
    void functionsAndTheirDerivativesAgree(@ForAll("shapes") Shape shape) {
        SplittableRandom random = new SplittableRandom(shape.seed);
        for (Function function : Function.values()) {
            float positive = List.of(1f, 1.05f).get(random.nextInt(2));
            float negative = List.of(0f, 0.01f, 0.3f, 1f, 1.76f, 7f).get(random.nextInt(6));
            agree(
                    shape,
                    function.inPlace(),
                    (k, x, xo, y, yo, n) -> k.values(function, positive, negative, x, xo, y, yo, n));
            agree(
                    shape,
                    function.inPlace(),
                    (k, v, vo, f, fo, n) -> k.derivatives(function, positive, negative, v, vo, f, fo, n));
        }
    }

    // Layers that normalise, drop or mix

    /** A row of n values whose padding is NaN: it may be read, but must not matter. */
    private static Part tail(Memory m, int n) {
        Part part = m.row(Kernels.padded(n));
        Arrays.fill(part.array, part.at + n, part.at + Kernels.padded(n), Float.NaN);
        return part;
    }

    @Property(tries = TRIES)
    void preluAgrees(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part slope = m.row(n), x = m.any(n), y = m.room(n), f = m.room(n);
            kernels.prelu(slope.array, slope.at, x.array, x.at, y.array, y.at, n);
            kernels.preluDerivative(slope.array, slope.at, x.array, x.at, f.array, f.at, n);
        });
    }

    @Property(tries = TRIES)
    void dropoutAgrees(@ForAll("shapes") Shape shape) {
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int n = shape.stride(), threshold = m.random.nextInt(1 << 24);
                Part x = m.any(n), y = inPlace ? x : m.room(n);
                int key0 = m.random.nextInt(), key1 = m.random.nextInt();
                kernels.dropout(key0, key1, threshold, 1.5f, x.array, x.at, y.array, y.at, n);
            });
    }

    @Property(tries = TRIES)
    void sumsAlongRowsAreSixteenAddedPairwise(@ForAll("shapes") Shape shape) {
        for (int n : new int[] {shape.inputs, shape.outputs})
            agree(shape, (kernels, m) -> {
                Part x = tail(m, n), y = tail(m, n);
                float shift = m.random.nextBoolean() ? 0f : x.array[x.at];
                m.results.add(kernels.sum(x.array, x.at, n, shift));
                m.results.add(kernels.squares(x.array, x.at, n, shift, m.random.nextBoolean() ? 1f : 0x1p-70f));
                m.results.add(kernels.dot(x.array, x.at, y.array, y.at, n));
                for (float result : m.results)
                    assertTrue(Float.floatToRawIntBits(result) != 0x80000000 && result == result);
            });
    }

    @Property(tries = TRIES)
    void productsAreAddedInOneRounding(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                Part a = m.any(n), b = m.any(n), c = m.any(n), y = inPlace ? c : m.room(n);
                kernels.multiplyAdd(a.array, a.at, b.array, b.at, c.array, c.at, y.array, y.at, n);
                for (int i = 0; i < n; i++)
                    assertTrue(Float.floatToRawIntBits(y.array[y.at + i]) != 0x80000000, "-0.0");
            });
    }

    @Property(tries = TRIES)
    void sumsOfGradientsAreFlushed(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part x = m.any(n), y = m.any(n);
            // Two that nearly cancel.
            y.array[y.at] = 1.0000001e-25f;
            x.array[x.at] = -1e-25f;
            kernels.addFlushed(x.array, x.at, y.array, y.at, n);
            assertEquals(0, Float.floatToRawIntBits(y.array[y.at]));
        });
    }

    @Property(tries = TRIES)
    void normalizationAgreesAndClearsPadding(@ForAll("shapes") Shape shape) {
        int n = shape.outputs;
        agree(shape, (kernels, m) -> {
            Part mean = tail(m, n), factor = tail(m, n), x = tail(m, n), h = m.room(shape.stride());
            kernels.normalize(mean.array, mean.at, factor.array, factor.at, x.array, x.at, h.array, h.at, n);
            assertPadding(h, 1, n);
            Part a = tail(m, n), b = tail(m, n), d = tail(m, n), dx = m.room(shape.stride());
            kernels.normalizeBackward(
                    factor.array,
                    factor.at,
                    a.array,
                    a.at,
                    b.array,
                    b.at,
                    d.array,
                    d.at,
                    h.array,
                    h.at,
                    dx.array,
                    dx.at,
                    n);
            assertPadding(dx, 1, n);
        });
    }

    @Property(tries = TRIES)
    void sumsOverABatchAreOneChainForEachUnit(@ForAll("shapes") Shape shape) {
        int n = shape.stride(), rows = 1 + shape.inputs % 23;
        agree(shape, (kernels, m) -> {
            Part x = m.matrix(rows, n), h = m.matrix(rows, n + 16);
            Part mean = m.room(n), squares = m.room(n), sums = m.room(n), products = m.room(n);
            kernels.columnMeans(x.array, x.at, n, rows, mean.array, mean.at, n);
            kernels.columnSquares(x.array, x.at, n, rows, mean.array, mean.at, squares.array, squares.at, n);
            kernels.columnSums(
                    x.array, x.at, n, h.array, h.at, n + 16, rows, sums.array, sums.at, products.array, products.at, n);
        });
    }

    @Property(tries = TRIES)
    void constantUnitsAndRowsHaveNoVariance(@ForAll("shapes") Shape shape) {
        int n = shape.stride(), rows = 1 + shape.inputs % 23;
        for (Kernels kernels : implementations) {
            Memory m = new Memory(shape.seed);
            Part x = m.room(n * rows), mean = m.room(n), squares = m.room(n);
            float value = (float) (m.random.nextDouble(-1, 1) * StrictMath.scalb(1.0, m.random.nextInt(-100, 100)));
            Arrays.fill(x.array, x.at, x.at + n * rows, value);
            kernels.columnMeans(x.array, x.at, n, rows, mean.array, mean.at, n);
            kernels.columnSquares(x.array, x.at, n, rows, mean.array, mean.at, squares.array, squares.at, n);
            for (int i = 0; i < n; i++) {
                assertEquals(value, mean.array[mean.at + i]);
                assertEquals(0f, squares.array[squares.at + i]);
            }
            assertEquals(0f, kernels.sum(x.array, x.at, shape.outputs, value));
            assertEquals(0f, kernels.squares(x.array, x.at, shape.outputs, value, 1f));
        }
    }

    @Property(tries = TRIES)
    void softmaxGradientsAgree(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part p = m.row(n), d = m.row(n), dx = m.room(n);
            kernels.softmaxBackward(p.array, p.at, d.array, d.at, 0.25f, dx.array, dx.at, n);
        });
    }

    // The cases themselves

    @Example
    void theKernelsAskedForAreInUse() {
        int width = Selection.kernels().width();
        if ("scalar".equals(System.getProperty("lanewise.kernels"))) assertEquals(0, width);
        String forced = System.getProperty("lanewise.width", "");
        if (!forced.isEmpty()) assertEquals(forced.replace("!", ""), Integer.toString(width));
    }

    /** Were all rows dense, all sums ordinary or all offsets aligned, the properties above would prove little. */
    @Property(tries = 500)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void hardCasesOccur(@ForAll("shapes") Shape shape) {
        Memory m = new Memory(shape.seed);
        Part row = m.row(shape.inputs), sparse = m.sparse(shape.inputs), any = m.any(shape.stride());
        int nonZeros = 0;
        boolean negativeZero = false, small = false, special = false;
        for (int i = 0; i < shape.inputs; i++) {
            float v = row.array[row.at + i], s = sparse.array[sparse.at + i];
            if (s != 0f) nonZeros++;
            negativeZero |= Float.floatToRawIntBits(s) == 0x80000000;
            small |= v != 0f && Math.abs(v) < Float.MIN_NORMAL;
        }
        for (int i = 0; i < shape.stride(); i++) special |= !Float.isFinite(any.array[any.at + i]);
        occurs("no input is zero", nonZeros == shape.inputs);
        occurs("every input is zero", nonZeros == 0);
        occurs("some inputs are zero", nonZeros > 0 && nonZeros < shape.inputs);
        occurs("an input is -0.0", negativeZero);
        occurs("an input is subnormal", small);
        occurs("a value is infinite or NaN", special);
        occurs("the output is narrow", shape.stride() <= Kernels.NARROW);
        occurs("the output is wide", shape.stride() > Kernels.NARROW);
        occurs("the output has padding", shape.outputs != shape.stride());
        occurs("the offset is odd", row.at % 2 != 0);
        occurs("fewer inputs than segments", shape.inputs < Kernels.SEGMENTS);
    }

    private static void occurs(String what, boolean occurs) {
        Statistics.label(what).collect(occurs).coverage(c -> c.check(true).percentage(p -> p > 3));
    }

    @Example
    void everyKernelIsComparedByAProperty() throws Exception {
        Shape shape = new Shape(17, 33, 1);
        for (Method method : KernelsProperties.class.getDeclaredMethods())
            if (method.isAnnotationPresent(Property.class) && !method.getName().equals("hardCasesOccur"))
                method.invoke(this, shape);
        TreeSet<String> kernels = new TreeSet<>();
        for (Method method : Kernels.class.getDeclaredMethods())
            if (Modifier.isAbstract(method.getModifiers()))
                kernels.add(NaiveKernels.signature(
                        method.getName(), MethodType.methodType(method.getReturnType(), method.getParameterTypes())));
        kernels.remove(NaiveKernels.signature("width", MethodType.methodType(int.class)));
        assertEquals(kernels, naive.called());
    }
}
