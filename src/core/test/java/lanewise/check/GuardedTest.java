package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** Whether each float of the array is watched, and named by where it lies. */
class GuardedTest {

    private static Guarded two() {
        return new Guarded(
                List.of(
                        new ParameterShape("a", ParameterShape.Role.SCALE, 2, 17),
                        new ParameterShape("b", ParameterShape.Role.SCALE, 3, 16)),
                Guarded.ODD);
    }

    @Test
    void matricesLieBetweenGuardsRowsPaddedToSixteen() {
        Slice[] slices = two().slices;
        assertEquals(12 + 21, slices[0].offset());
        assertEquals(32, slices[0].stride());
        assertEquals(12 + 21 + 64 + 21, slices[1].offset());
        assertEquals(16, slices[1].stride());
        assertEquals(12 + 21 + 64 + 21 + 48 + 21, slices[1].array().length);
        assertEquals(60, new Guarded("x", 1, 1, Guarded.EVEN).slice().offset());
        for (int i = 0; i < 64; i++) assertEquals(0, slices[0].array()[33 + i]);
        for (int i : new int[] {0, 32, 97, 117, 166, 186})
            assertEquals(Float.NaN, slices[0].array()[i]);
    }

    @Test
    void everyChangeIsSeenAndNamed() {
        Guarded guarded = two();
        float[] array = guarded.slices[0].array();
        for (int i = 0; i < array.length; i++) {
            guarded.mark();
            assertNull(guarded.damage(0, 0, false));
            float before = array[i];
            array[i] = 5;
            int inA = i - 33, inB = i - 118;
            String expected;
            if (inA < 0) expected = -inA + " floats before a";
            else if (inA < 64)
                expected = inA % 32 < 17
                        ? "a[" + inA / 32 + "][" + inA % 32 + "]"
                        : "the padding of a at [" + inA / 32 + "][" + inA % 32 + "]";
            // Nearer to the end of a, or to the beginning of b.
            else if (inB < -10) expected = inA - 63 + " floats after the end of a";
            else if (inB < 0) expected = -inB + " floats before b";
            else if (inB < 48) expected = "b[" + inB / 16 + "][" + inB % 16 + "]";
            else expected = inB - 47 + " floats after the end of b";
            assertEquals(expected, guarded.damage(0, 0, false));
            array[i] = before;
        }
    }

    @Test
    void rowsThatMayChangeAndTheirPaddingAreLetThrough() {
        Guarded guarded = new Guarded("m", 4, 3, Guarded.ODD);
        float[] array = guarded.slice().array();
        guarded.mark();
        guarded.slice().set(1, 0, 5);
        guarded.slice().set(2, 2, 5);
        assertNull(guarded.damage(1, 3, false));
        assertEquals("m[1][0]", guarded.damage(2, 3, false));
        assertEquals("m[2][2]", guarded.damage(1, 2, false));
        array[guarded.slice().at(2) + 3] = 5;
        assertNull(guarded.damage(1, 3, true));
        assertEquals("the padding of m at [2][3]", guarded.damage(1, 3, false));
        guarded.mark();
        assertNull(guarded.damage(0, 0, false));
        assertEquals("the padding of m at [2][3] is 5.0", guarded.padding());
        guarded.pad(-0f);
        assertEquals("the padding of m at [0][3] is -0.0", guarded.padding());
        guarded.pad(0);
        assertNull(guarded.padding());
    }

    @Test
    void elementsAreSetReadAndNamedRowByRow() {
        Guarded guarded = two();
        float[] values = new float[2 * 17 + 3 * 16];
        for (int i = 0; i < values.length; i++) values[i] = i;
        guarded.set(values);
        assertArrayEquals(values, guarded.get());
        assertEquals(17, guarded.slices[0].get(1, 0));
        assertEquals(34 + 16, guarded.slices[1].get(1, 0));
        assertNull(guarded.padding());
        assertEquals("a[0][16]", guarded.place(16));
        assertEquals("a[1][16]", guarded.place(33));
        assertEquals("b[0][0]", guarded.place(34));
        assertEquals("b[2][15]", guarded.place(81));
        assertThrows(IndexOutOfBoundsException.class, () -> guarded.place(82));
    }
}
