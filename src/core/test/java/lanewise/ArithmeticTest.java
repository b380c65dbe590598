package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import lanewise.kernel.Elementary;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.Activation;
import lanewise.layer.Arithmetic;
import lanewise.layer.Dense;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@Tag("bits")
class ArithmeticTest {

    /** Accuracy, limits and bits of the kernels' functions are tested where these are. */
    @Test
    void itsFunctionsAreTheKernelsOwn() throws Exception {
        int compared = 0;
        for (Method method : Arithmetic.class.getDeclaredMethods()) {
            if (!Modifier.isPublic(method.getModifiers()) || method.getParameterCount() != 1) continue;
            if (java.util.Set.of("sin", "cos").contains(method.getName())) continue;
            Method own = Elementary.class.getDeclaredMethod(method.getName(), float.class);
            for (long pattern = 0; pattern < 1L << 32; pattern += 16_777_213) {
                float x = Float.intBitsToFloat((int) pattern);
                assertEquals(own.invoke(null, x), method.invoke(null, x), method + " of " + x);
            }
            compared++;
        }
        assertTrue(compared >= 6);
    }

    @Test
    void sumsAndInnerProductsAreTheKernelsOwn() {
        float[] x = new float[100], y = new float[100];
        RandomSource random = new RandomSource(1);
        for (int i = 0; i < 100; i++) {
            x[i] = random.normal();
            y[i] = random.normal();
        }
        for (int n : new int[] {0, 1, 15, 16, 17, 31, 95}) {
            assertEquals(Elementary.sum(x, 3, n), Arithmetic.sum(x, 3, n));
            assertEquals(Elementary.dot(x, 2, y, 5, n), Arithmetic.dot(x, 2, y, 5, n));
        }
        assertEquals(1e-25f, Arithmetic.TINY);
    }

    private static Slice random(int rows, int columns, RandomSource random) {
        Slice matrix = Slice.allocate(rows, columns);
        for (int r = 0; r < rows; r++) for (int c = 0; c < columns; c++) matrix.set(r, c, random.normal());
        return matrix;
    }

    /** A dense layer's three passes by the methods for rows, on scalar and vector kernels. */
    @Test
    void productsOfRowsAreThoseOfADenseLayer() {
        RandomSource random = new RandomSource(1);
        for (int inputs : new int[] {1, 3, 16, 33, 200})
            for (int outputs : new int[] {1, 15, 16, 17, 48, 64, 65, 130, 300}) {
                Dense dense = Dense.of(inputs, outputs, Activation.IDENTITY);
                Slice w = random(inputs, outputs, random), b = random(1, outputs, random);
                Parameters parameters = Parameters.of(dense, w, b);
                Batch batch = Batch.forTraining(dense, 2);
                Pass pass = batch.pass();
                for (Kernels kernels : List.of(Selection.scalar(), Selection.kernels())) {
                    batch.kernels(kernels);
                    Slice x = random(2, inputs, random), dy = random(2, outputs, random), y = batch.output();
                    x.set(1, inputs / 2, 0f);
                    String which = dense + ", " + kernels.width() + " bits";
                    dense.forward(pass, 0, 2, parameters, x, y);
                    dense.backward(pass, 0, 2, parameters, x, y, dy, batch.dInput());
                    Parameters gradient = Parameters.zeros(dense);
                    dense.parameterGradient(pass, 0, 2, x, y, dy, 0.3f, gradient, 0, 1);

                    Slice own = random(2, outputs, random), dx = Slice.allocate(2, inputs);
                    Slice ownGradient = Slice.allocate(inputs, outputs), scaled = Slice.allocate(1, outputs);
                    for (int r = 0; r < 2; r++) {
                        Arithmetic.product(pass, x, r, w, b, own, r);
                        for (int c = 0; c < outputs; c++) scaled.set(0, c, 0.3f * dy.get(r, c));
                        for (int i = 0; i < inputs; i++) {
                            dx.set(r, i, Arithmetic.flush(Arithmetic.dot(w, i, dy, r)));
                            Arithmetic.axpy(x.get(r, i), scaled, 0, ownGradient, i);
                        }
                    }
                    assertArrayEquals(floats(y), floats(own), which);
                    assertArrayEquals(floats(batch.dInput()), floats(dx), which);
                    assertArrayEquals(floats(gradient.get(0)), floats(ownGradient), which);
                }
            }
    }

    private static float[] floats(Slice matrix) {
        float[] floats = new float[matrix.rows() * matrix.columns()];
        matrix.copyTo(floats, 0);
        return floats;
    }

    @Test
    void aFactorOfZeroAddsNothing() {
        Slice x = Slice.allocate(1, 2), y = Slice.allocate(1, 2);
        x.set(0, 0, Float.NaN);
        y.set(0, 1, -0f);
        Arithmetic.axpy(-0f, x, 0, y, 0);
        assertEquals(0f, y.get(0, 0));
        assertEquals(-0f, y.get(0, 1));
        Arithmetic.axpy(2f, y, 0, x, 0);
        assertEquals(Float.NaN, x.get(0, 0));
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        Dense dense = Dense.of(3, 5, Activation.IDENTITY);
        Pass pass = Batch.forTraining(dense, 2).pass();
        Slice x = Slice.allocate(2, 3), w = Slice.allocate(3, 5), b = Slice.allocate(1, 5), y = Slice.allocate(2, 5);
        Slice tight = new Slice(new float[20], 0, 3, 5, 5);
        Object[][] calls = {
            {(Executable) () -> Arithmetic.axpy(1f, x, 0, y, 0), "columns of x and y: 3 and 5, equal numbers expected"},
            {(Executable) () -> Arithmetic.dot(x, 0, y, 0), "columns of x and y: 3 and 5, equal numbers expected"},
            {
                (Executable) () -> Arithmetic.product(pass, y, 0, w, b, y, 0),
                "columns of x and rows of the matrix: 5 and 3, equal numbers expected"
            },
            {
                (Executable) () -> Arithmetic.product(pass, x, 0, w, x, y, 0),
                "columns of the matrix and of the bias: 5 and 3, equal numbers expected"
            },
            {
                (Executable) () -> Arithmetic.product(pass, x, 0, w, b, x, 0),
                "columns of the matrix and of y: 5 and 3, equal numbers expected"
            },
            {
                (Executable) () -> Arithmetic.product(pass, x, 0, tight, b, y, 0),
                "a matrix of 3x5 at 0, stride 5, a bias of 1x5 at 12, stride 16, y of 2x5 at 12, stride 16; rows padded to"
                        + " 16 floats expected, as this library allocates them"
            }
        };
        for (Object[] call : calls)
            assertEquals(
                    call[1],
                    assertThrows(IllegalArgumentException.class, (Executable) call[0])
                            .getMessage());
        assertThrows(IndexOutOfBoundsException.class, () -> Arithmetic.product(pass, x, 2, w, b, y, 0));
    }

    /** Of StrictMath, which is the same everywhere: the bits of these are written down. */
    @Test
    void sinesAndPowersAreRoundedOnce() {
        float[] xs = {0.5f, -3f, 1e5f, 1e-30f};
        int[] sines = {0x3ef57744, 0xbe1081c3, 0x3d126d55, 0x0da24260};
        int[] cosines = {0x3f60a940, 0xbf7d7026, 0xbf7fd61c, 0x3f800000};
        int[] powers = {0x3ecfefc6, 0x40857a34, 0x4a410290, 0x000ae39a};
        for (int i = 0; i < xs.length; i++) {
            assertEquals(sines[i], Float.floatToIntBits(Arithmetic.sin(xs[i])), "sin " + xs[i]);
            assertEquals(cosines[i], Float.floatToIntBits(Arithmetic.cos(xs[i])), "cos " + xs[i]);
            assertEquals(powers[i], Float.floatToIntBits(Arithmetic.pow(Math.abs(xs[i]), 1.3f)), "pow " + xs[i]);
        }
        assertEquals(-27f, Arithmetic.pow(-3f, 3f));
        assertEquals(Float.NaN, Arithmetic.pow(-3f, 0.5f));
        assertEquals(1f, Arithmetic.pow(Float.NaN, 0f));
        assertEquals(Float.NaN, Arithmetic.sin(Float.POSITIVE_INFINITY));
        assertEquals(Float.NaN, Arithmetic.cos(Float.NaN));
        assertEquals(-0f, Arithmetic.sin(-0f));
    }
}
