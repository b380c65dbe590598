package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.memory.Memory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** {@link Sums} to the bit. */
@Tag("bits")
class SumsProperties extends KernelCases {

    @Property(tries = TRIES)
    void sumsAlongRowsAreSixteenAddedPairwise(@ForAll("shapes") Shape shape) {
        for (int n : new int[] {shape.inputs(), shape.outputs()})
            agree(shape, (kernels, m) -> {
                Part x = tail(m, n), y = tail(m, n);
                float shift = m.random.nextBoolean() ? 0f : x.array()[x.at()];
                m.results.add(kernels.sum(x.array(), x.at(), n, shift));
                m.results.add(kernels.squares(x.array(), x.at(), n, shift, m.random.nextBoolean() ? 1f : 0x1p-70f));
                m.results.add(kernels.dot(x.array(), x.at(), y.array(), y.at(), n));
                for (float result : m.results)
                    assertTrue(Float.floatToRawIntBits(result) != 0x80000000 && result == result);
            });
    }

    @Property(tries = TRIES)
    void softmaxAgrees(@ForAll("shapes") Shape shape) {
        for (boolean inPlace : new boolean[] {false, true})
            agree(shape, (kernels, m) -> {
                int n = shape.outputs();
                double reach = List.of(1.0, 30.0, 200.0, 1e30).get(m.random.nextInt(4));
                Part z = m.filled(Kernels.padded(n), () -> m.random.nextDouble(-reach, reach));
                Part p = inPlace ? z : m.room(Kernels.padded(n));
                float max = Float.NEGATIVE_INFINITY;
                for (int i = 0; i < n; i++) max = Math.max(max, z.array()[z.at() + i]);
                m.results.add(kernels.softmax(z.array(), z.at(), n, max, p.array(), p.at()));
                assertPadding(p, 1, n);
                double sum = 0;
                for (int i = 0; i < n; i++) sum += p.array()[p.at() + i];
                assertEquals(1, sum, 1e-5);
            });
    }

    @Property(tries = TRIES)
    void softmaxGradientsAgree(@ForAll("shapes") Shape shape) {
        int n = shape.stride();
        agree(shape, (kernels, m) -> {
            Part p = m.row(n), d = m.row(n), dx = m.room(n);
            kernels.softmaxBackward(p.array(), p.at(), d.array(), d.at(), 0.25f, dx.array(), dx.at(), n);
        });
    }

    @Property(tries = TRIES)
    void normalizationAgreesAndClearsPadding(@ForAll("shapes") Shape shape) {
        int n = shape.outputs();
        agree(shape, (kernels, m) -> {
            Part mean = tail(m, n), factor = tail(m, n), x = tail(m, n), h = m.room(shape.stride());
            kernels.normalize(
                    mean.array(), mean.at(), factor.array(), factor.at(), x.array(), x.at(), h.array(), h.at(), n);
            assertPadding(h, 1, n);
            Part a = tail(m, n), b = tail(m, n), d = tail(m, n), dx = m.room(shape.stride());
            kernels.normalizeBackward(
                    factor.array(),
                    factor.at(),
                    a.array(),
                    a.at(),
                    b.array(),
                    b.at(),
                    d.array(),
                    d.at(),
                    h.array(),
                    h.at(),
                    dx.array(),
                    dx.at(),
                    n);
            assertPadding(dx, 1, n);
        });
    }

    @Property(tries = TRIES)
    void sumsOverABatchAreOneChainForEachUnit(@ForAll("shapes") Shape shape) {
        int n = shape.stride(), rows = 1 + shape.inputs() % 23;
        agree(shape, (kernels, m) -> {
            Part x = m.matrix(rows, n), h = m.matrix(rows, n + 16);
            Part mean = m.room(n), squares = m.room(n), sums = m.room(n), products = m.room(n);
            kernels.columnMeans(x.array(), x.at(), n, rows, mean.array(), mean.at(), n);
            kernels.columnSquares(
                    x.array(), x.at(), n, rows, mean.array(), mean.at(), squares.array(), squares.at(), n);
            kernels.columnSums(
                    x.array(),
                    x.at(),
                    n,
                    h.array(),
                    h.at(),
                    n + 16,
                    rows,
                    sums.array(),
                    sums.at(),
                    products.array(),
                    products.at(),
                    n);
        });
    }

    @Property(tries = TRIES)
    void constantUnitsAndRowsHaveNoVariance(@ForAll("shapes") Shape shape) {
        int n = shape.stride(), rows = 1 + shape.inputs() % 23;
        for (Kernels kernels : implementations) {
            Memory m = new Memory(shape.seed());
            Part x = m.room(n * rows), mean = m.room(n), squares = m.room(n);
            float value = (float) (m.random.nextDouble(-1, 1) * StrictMath.scalb(1.0, m.random.nextInt(-100, 100)));
            Arrays.fill(x.array(), x.at(), x.at() + n * rows, value);
            kernels.columnMeans(x.array(), x.at(), n, rows, mean.array(), mean.at(), n);
            kernels.columnSquares(
                    x.array(), x.at(), n, rows, mean.array(), mean.at(), squares.array(), squares.at(), n);
            for (int i = 0; i < n; i++) {
                assertEquals(value, mean.array()[mean.at() + i]);
                assertEquals(0f, squares.array()[squares.at() + i]);
            }
            assertEquals(0f, kernels.sum(x.array(), x.at(), shape.outputs(), value));
            assertEquals(0f, kernels.squares(x.array(), x.at(), shape.outputs(), value, 1f));
        }
    }
}
