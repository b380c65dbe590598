package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import lanewise.memory.Memory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** {@link Elementwise} to the bit. */
@Tag("bits")
class ElementwiseProperties extends KernelCases {

    @Property(tries = TRIES)
    void bytesAreUnsigned(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            int so = m.offset(), n = shape.inputs();
            byte[] bytes = new byte[so + n + m.offset()];
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) m.random.nextInt(256);
            Part y = m.room(n);
            kernels.unpack(bytes, so, n, m.random.nextBoolean() ? 1f / 255f : 3f, y.array(), y.at());
        });
    }

    /** A kernel from one row to another. */
    interface Row {
        void on(Kernels kernels, float[] x, int xo, float[] y, int yo, int n);
    }

    private void agree(Shape shape, boolean inPlace, Row row) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part x = m.any(n), y = m.room(n);
            row.on(kernels, x.array(), x.at(), y.array(), y.at(), n);
        });
        if (inPlace)
            agree(shape, (kernels, m) -> {
                Part x = m.any(n);
                row.on(kernels, x.array(), x.at(), x.array(), x.at(), n);
            });
    }

    @Property(tries = TRIES)
    void functionsAndTheirDerivativesAgree(@ForAll("shapes") Shape shape) {
        SplittableRandom random = new SplittableRandom(shape.seed());
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

    @Property(tries = TRIES)
    void singleValuesHaveTheBitsOfRows(@ForAll("shapes") Shape shape) {
        for (Function function : Function.values()) {
            Memory m = new Memory(shape.seed());
            int n = shape.stride();
            Part x = m.any(n), y = m.room(n), f = m.room(n);
            float positive = 1.05f, negative = 0.3f;
            Kernels kernels = Selection.kernels();
            kernels.values(function, positive, negative, x.array(), x.at(), y.array(), y.at(), n);
            kernels.derivatives(function, positive, negative, x.array(), x.at(), f.array(), f.at(), n);
            for (int i = 0; i < n; i++) {
                float v = x.array()[x.at() + i];
                assertEquals(function.value(v, positive, negative), y.array()[y.at() + i], function + " of " + v);
                assertEquals(
                        function.derivative(v, positive, negative), f.array()[f.at() + i], function + "' from " + v);
            }
        }
    }

    @Property(tries = TRIES)
    void scalingAgrees(@ForAll("shapes") Shape shape) {
        float factor = (float) new SplittableRandom(shape.seed()).nextDouble(-2, 2);
        agree(shape, true, (k, x, xo, y, yo, n) -> k.scale(factor, x, xo, y, yo, n));
    }

    @Property(tries = TRIES)
    void additionAgrees(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part x = m.any(shape.stride()), y = m.any(shape.stride());
            kernels.add(x.array(), x.at(), y.array(), y.at(), shape.stride());
        });
    }

    @Property(tries = TRIES)
    void productsWithADerivativeAreFlushed(@ForAll("shapes") Shape shape) {
        agree(shape, (kernels, m) -> {
            Part f = m.any(shape.stride()), d = m.any(shape.stride());
            kernels.multiply(f.array(), f.at(), d.array(), d.at(), shape.stride());
            for (int i = 0; i < shape.stride(); i++) {
                float v = d.array()[d.at() + i];
                assertTrue(v == 0f ? Float.floatToRawIntBits(v) == 0 : !(Math.abs(v) < 1e-25f), "not flushed: " + v);
            }
        });
    }

    @Property(tries = TRIES)
    void productsAreAddedInOneRounding(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                Part a = m.any(n), b = m.any(n), c = m.any(n), y = inPlace ? c : m.room(n);
                kernels.multiplyAdd(a.array(), a.at(), b.array(), b.at(), c.array(), c.at(), y.array(), y.at(), n);
                for (int i = 0; i < n; i++)
                    assertTrue(Float.floatToRawIntBits(y.array()[y.at() + i]) != 0x80000000, "-0.0");
            });
    }

    @Property(tries = TRIES)
    void sumsOfGradientsAreFlushed(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part x = m.any(n), y = m.any(n);
            // Two that nearly cancel.
            y.array()[y.at()] = 1.0000001e-25f;
            x.array()[x.at()] = -1e-25f;
            kernels.addFlushed(x.array(), x.at(), y.array(), y.at(), n);
            assertEquals(0, Float.floatToRawIntBits(y.array()[y.at()]));
        });
    }

    @Property(tries = TRIES)
    void preluAgrees(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part slope = m.row(n), x = m.any(n), y = m.room(n), f = m.room(n);
            kernels.prelu(slope.array(), slope.at(), x.array(), x.at(), y.array(), y.at(), n);
            kernels.preluDerivative(slope.array(), slope.at(), x.array(), x.at(), f.array(), f.at(), n);
        });
    }

    @Property(tries = TRIES)
    void dropoutAgrees(@ForAll("shapes") Shape shape) {
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int n = shape.stride(), threshold = m.random.nextInt(1 << 24);
                Part x = m.any(n), y = inPlace ? x : m.room(n);
                int key0 = m.random.nextInt(), key1 = m.random.nextInt();
                kernels.dropout(key0, key1, threshold, 1.5f, x.array(), x.at(), y.array(), y.at(), n);
            });
    }
}
