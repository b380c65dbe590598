package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import org.junit.jupiter.api.Test;

class ParameterShapeTest {

    private final ParameterShape length = new ParameterShape("length", Role.SCALE, 1, 4);

    @Test
    void anyValueIsLegalUnlessSaidOtherwise() {
        assertEquals(Float.NEGATIVE_INFINITY, length.least());
        assertEquals(Float.POSITIVE_INFINITY, length.greatest());
    }

    @Test
    void legalValuesStayWithAShapeInsideAnother() {
        ParameterShape inside = length.within(0.5f, 8f).in("rbf1");
        assertEquals("rbf1.length", inside.name());
        assertEquals(0.5f, inside.least());
        assertEquals(8f, inside.greatest());
        assertEquals(Float.NEGATIVE_INFINITY, length.least());
    }

    @Test
    void legalValuesAreAnInterval() {
        length.within(0f, Float.POSITIVE_INFINITY);
        for (float[] none : new float[][] {{1f, 1f}, {2f, 1f}, {Float.NaN, 1f}, {1f, Float.NaN}}) {
            String message = assertThrows(IllegalArgumentException.class, () -> length.within(none[0], none[1]))
                    .getMessage();
            assertEquals(
                    "parameter length: within " + none[0] + " and " + none[1]
                            + " there are no values to choose from; the first below the second expected",
                    message);
        }
    }

    @Test
    void legalValuesDoNotCountForEqualityNorForTheText() {
        ParameterShape within = length.within(0.5f, 8f);
        assertEquals(length, within);
        assertEquals(length.hashCode(), within.hashCode());
        assertEquals("length 1x4", within.toString());
        assertNotEquals(length, length.in("rbf1"));
        assertNotEquals(length, new ParameterShape("length", Role.BIAS, 1, 4));
        assertNotEquals(length, new ParameterShape("length", Role.SCALE, 2, 4));
        assertNotEquals(length, new ParameterShape("length", Role.SCALE, 1, 5));
        assertNotEquals(length, (Object) "length 1x4");
    }
}
