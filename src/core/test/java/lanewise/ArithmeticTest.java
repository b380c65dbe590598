package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import lanewise.kernel.Elementary;
import lanewise.layer.Arithmetic;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class ArithmeticTest {

    /** Accuracy, limits and bits of the kernels' functions are tested where these are. */
    @Test
    void itsFunctionsAreTheKernelsOwn() throws Exception {
        int compared = 0;
        for (Method method : Arithmetic.class.getDeclaredMethods()) {
            if (!Modifier.isPublic(method.getModifiers()) || method.getParameterCount() != 1) continue;
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
}
