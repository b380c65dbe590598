package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.layer.Dropout;
import lanewise.layer.Layer;
import lanewise.layer.Residual;
import lanewise.layer.Stack;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class DropoutTest {

    private static final Parameters NONE = Parameters.zeros(List.of());

    /** Output of rows of ones, row after row. */
    private static float[] masks(Layer layer, int rows, long seed, long step, long firstRow, int... ends) {
        Pass pass = Batch.forTraining(layer, rows).pass();
        ones(pass.batch().input());
        pass.batch().begin(seed, step, firstRow);
        int from = 0;
        for (int end : ends) {
            layer.forward(
                    pass, from, end, NONE, pass.batch().input(), pass.batch().output());
            from = end;
        }
        layer.forward(pass, from, rows, NONE, pass.batch().input(), pass.batch().output());
        return copy(pass.batch().output());
    }

    private static void ones(Slice slice) {
        for (int r = 0; r < slice.rows(); r++)
            Arrays.fill(slice.array(), slice.at(r), slice.at(r) + slice.columns(), 1f);
    }

    private static float[] copy(Slice slice) {
        float[] copy = new float[slice.rows() * slice.columns()];
        slice.copyTo(copy, 0);
        return copy;
    }

    @Test
    void theMaskIsAFunctionOfSeedStepAndRow() {
        Dropout layer = Dropout.of(100, 0.5);
        float[] mask = masks(layer, 3, 1, 2, 3);
        assertArrayEquals(mask, masks(layer, 3, 1, 2, 3));
        assertFalse(Arrays.equals(mask, masks(layer, 3, 2, 2, 3)), "another seed");
        assertFalse(Arrays.equals(mask, masks(layer, 3, 1, 3, 3)), "another step");
        assertFalse(Arrays.equals(mask, masks(layer, 3, 1, 2, 4)), "other rows");
        assertFalse(Arrays.equals(Arrays.copyOf(mask, 100), Arrays.copyOfRange(mask, 100, 200)), "the next row");
    }

    @Test
    void theMaskDependsNeitherOnTheBatchNorOnRangesOfRows() {
        Dropout layer = Dropout.of(37, 0.4);
        float[] whole = masks(layer, 12, 7, 5, 100);
        assertArrayEquals(whole, masks(layer, 12, 7, 5, 100, 1, 5, 11));
        float[] parts = new float[whole.length];
        for (int r = 0; r < 12; r += 4) System.arraycopy(masks(layer, 4, 7, 5, 100 + r), 0, parts, r * 37, 4 * 37);
        assertArrayEquals(whole, parts);
    }

    @Test
    void twoLayersOfOneNetworkHaveDifferentMasks() {
        Dropout half = Dropout.of(64, 0.5);
        Stack stack = new Stack(List.of(half, half, Residual.of(half)));
        Pass pass = Batch.forTraining(stack, 1).pass();
        ones(pass.batch().input());
        pass.batch().begin(1, 1, 0);
        stack.forward(
                pass,
                0,
                1,
                Parameters.zeros(stack),
                pass.batch().input(),
                pass.batch().output());
        int both = 0, once = 0, thrice = 0;
        for (int o = 0; o < 64; o++) {
            if (pass.perRow(0).get(0, o) != 0) once++;
            if (pass.perRow(1).get(0, o) != 0) both++;
            if (pass.batch().output().get(0, o) > pass.perRow(1).get(0, o)) thrice++;
        }
        assertTrue(once > both && both > thrice && thrice > 0, once + ", " + both + ", " + thrice);
    }

    @Test
    void whatIsKeptIsScaledAndTheRateIsMet() {
        for (double rate : new double[] {0.1, 0.5, 0.9}) {
            Dropout layer = Dropout.of(1000, rate);
            float scale = (float) (1 / (1 - layer.rate()));
            int dropped = 0;
            for (float v : masks(layer, 200, 3, 1, 0)) {
                assertTrue(v == 0f || v == scale, v + " is neither dropped nor scaled");
                if (v == 0f) dropped++;
            }
            double deviation = Math.sqrt(200_000 * rate * (1 - rate));
            assertEquals(200_000 * rate, dropped, 4 * deviation);
        }
    }

    /** Units, rows, steps and layers that stand side by side agree as often as chance has it. */
    @Test
    void neighboursAreIndependent() {
        int n = 40_000;
        Dropout layer = Dropout.of(n, 0.5);
        float[] mask = masks(layer, 2, 1, 1, 0),
                nextStep = masks(layer, 2, 1, 2, 0),
                nextSeed = masks(layer, 2, 2, 1, 0);
        int units = 0, farUnits = 0, rows = 0, steps = 0, seeds = 0;
        for (int i = 0; i < n; i++) {
            if (mask[i] == mask[(i + 1) % n]) units++;
            if (mask[i] == mask[(i + 16) % n]) farUnits++;
            if (mask[i] == mask[n + i]) rows++;
            if (mask[i] == nextStep[i]) steps++;
            if (mask[i] == nextSeed[i]) seeds++;
        }
        for (int equal : new int[] {units, farUnits, rows, steps, seeds})
            assertEquals(n / 2, equal, 4 * Math.sqrt(n) / 2);
    }

    @Test
    void theMaskIsTheSameOnEveryMachine() {
        StringBuilder bits = new StringBuilder();
        for (float v : masks(Dropout.of(64, 0.5), 1, 42, 3, 17)) bits.append(v == 0f ? '0' : '1');
        assertEquals("0100100100111000011000100001000100011000101110001011111010111001", bits.toString());
    }

    @Test
    void backwardUsesTheMaskOfForward() {
        Dropout layer = Dropout.of(50, 0.3);
        Pass pass = Batch.forTraining(layer, 4).pass();
        ones(pass.batch().input());
        ones(pass.batch().dOutput());
        pass.batch().begin(9, 8, 7);
        layer.forward(pass, 0, 4, NONE, pass.batch().input(), pass.batch().output());
        layer.backward(
                pass,
                0,
                4,
                NONE,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                pass.batch().dInput());
        assertArrayEquals(copy(pass.batch().output()), copy(pass.batch().dInput()));
        layer.backward(
                pass,
                0,
                4,
                NONE,
                pass.batch().input(),
                pass.batch().output(),
                pass.batch().dOutput(),
                null);
    }

    @Test
    void predictionIsTheIdentity() {
        for (Layer layer : List.of(Dropout.of(20, 0.5), Dropout.of(20, 0.5).forPrediction())) {
            Pass pass = Batch.forPrediction(layer, 2).pass();
            pass.batch()
                    .setInput(1, new float[] {1, -2, 3e30f, 4e-40f, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, 0);
            layer.forward(pass, 0, 2, NONE, pass.batch().input(), pass.batch().output());
            assertArrayEquals(copy(pass.batch().input()), copy(pass.batch().output()));
        }
        float[] ones = masks(Dropout.of(20, 0), 2, 1, 1, 1);
        for (float v : ones) assertEquals(1f, v);
    }

    @Test
    void ratesAreSharesBelowOne() {
        String message = assertThrows(IllegalArgumentException.class, () -> Dropout.of(5, 20))
                .getMessage();
        assertEquals("dropout rate 20.0 given, a share in [0, 1) expected; is it in percent?", message);
        assertThrows(IllegalArgumentException.class, () -> Dropout.of(5, 1));
        assertThrows(IllegalArgumentException.class, () -> Dropout.of(5, -0.1));
        assertThrows(IllegalArgumentException.class, () -> Dropout.of(5, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Dropout.of(0, 0.5));
    }
}
