package lanewise.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.Network;
import lanewise.data.Scaling.Kind;
import lanewise.layer.RandomSource;
import lanewise.layer.Rescale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class ScalingTest {

    private static final int ROWS = 1021;

    /** Columns near 2000, of large numbers, of small ones, and one that is constant. */
    private static float[] inputs() {
        RandomSource random = new RandomSource(3);
        float[] inputs = new float[4 * ROWS];
        for (int r = 0; r < ROWS; r++) {
            inputs[4 * r] = 2000f + random.normal();
            inputs[4 * r + 1] = 1e20f * random.normal();
            inputs[4 * r + 2] = 1e-20f * random.uniform();
            inputs[4 * r + 3] = 0.1f;
        }
        return inputs;
    }

    private static double[] scaled(Rescale layer, float[] inputs, int column) {
        Network network = Network.builder(4).add(layer).build(1);
        float[] output = new float[4];
        double[] scaled = new double[ROWS];
        for (int r = 0; r < ROWS; r++) {
            network.predictor().predict(inputs, 4 * r, output, 0);
            scaled[r] = output[column];
        }
        return scaled;
    }

    @Test
    void standardColumnsHaveMeanZeroAndVarianceOne() {
        float[] inputs = inputs();
        Scaling scaling = Scaling.ofInputs(Kind.STANDARD, Dataset.ofFloats(4, inputs, 1, new float[ROWS]));
        for (int c = 0; c < 4; c++) {
            double[] scaled = scaled(scaling.layer(), inputs, c);
            double mean = 0, squares = 0;
            for (double x : scaled) mean += x / ROWS;
            for (double x : scaled) squares += (x - mean) * (x - mean) / ROWS;
            assertEquals(0, mean, 1e-7, "mean of column " + c);
            assertEquals(c == 3 ? 0 : 1, squares, 1e-6, "variance of column " + c);
            for (int r = 0; r < ROWS; r++) assertEquals(scaled[r], scaling.scaled(c, inputs[4 * r + c]));
        }
        assertEquals(1.0, scaling.unit(3), "a constant column is not divided");
    }

    @Test
    void minMaxColumnsGoFromZeroToOne() {
        float[] inputs = inputs();
        Scaling scaling = Scaling.ofInputs(Kind.MIN_MAX, Dataset.ofFloats(4, inputs, 1, new float[ROWS]));
        for (int c = 0; c < 4; c++) {
            double min = 9, max = -9;
            for (double x : scaled(scaling.layer(), inputs, c)) {
                min = Math.min(min, x);
                max = Math.max(max, x);
            }
            assertEquals(0, min);
            assertEquals(c == 3 ? 0 : 1, max, 1e-7);
        }
    }

    @Test
    void theInverseGivesTargetsBackInTheirOwnUnit() {
        float[] inputs = inputs();
        Dataset data = Dataset.ofFloats(1, new float[ROWS], 4, inputs);
        for (Kind kind : Kind.values()) {
            Scaling scaling = Scaling.ofTargets(kind, data);
            Dataset targets = data.scaledTargets(scaling);
            Network back = Network.builder(4).add(scaling.inverse()).build(1);
            float[] output = new float[4], given = new float[4];
            for (int r = 0; r < ROWS; r++) {
                for (int c = 0; c < 4; c++) given[c] = targets.targetValue(r, c);
                back.predictor().predict(given, 0, output, 0);
                for (int c = 0; c < 4; c++) {
                    float own = inputs[4 * r + c];
                    double tolerance = 3e-7 * Math.max(Math.abs(own), scaling.unit(c));
                    assertEquals(own, output[c], tolerance, kind + ", column " + c);
                }
            }
        }
    }

    @Test
    void nothingIsChangedByNone() {
        float[] inputs = inputs();
        Scaling scaling = Scaling.ofInputs(Kind.NONE, Dataset.ofFloats(4, inputs, 1, new float[ROWS]));
        for (int i = 0; i < inputs.length; i++) assertEquals(inputs[i], scaling.scaled(i % 4, inputs[i]));
    }

    /** A weight of 3 counts as three rows, one of 0 as none. */
    @Test
    void weightsCountAsRows() {
        Dataset weighted =
                Dataset.ofFloats(1, new float[] {1, 5, 100}, 1, new float[3]).weighted(new float[] {3, 1, 0});
        Dataset rows = Dataset.ofFloats(1, new float[] {1, 1, 1, 5}, 1, new float[4]);
        for (Kind kind : Kind.values()) {
            Scaling a = Scaling.ofInputs(kind, weighted), b = Scaling.ofInputs(kind, rows);
            for (float x : new float[] {1, 5, 7}) assertEquals(b.scaled(0, x), a.scaled(0, x), kind.toString());
        }
    }

    @Test
    void bytesAreScaledAsTheyAreRead() {
        Dataset data = Dataset.ofBytes(2, new byte[] {0, 7, -1, 7}, new byte[] {0, 1}, 2);
        Scaling scaling = Scaling.ofInputs(Kind.MIN_MAX, data);
        assertEquals(1f, scaling.scaled(0, 255 * Dataset.BYTE_SCALE));
        assertEquals(0f, scaling.scaled(1, 7 * Dataset.BYTE_SCALE));
    }

    @Test
    void columnsWithoutSpreadGiveFiniteNumbers() {
        for (float[] column : new float[][] {
            {0, 0}, {Float.MIN_VALUE, 0}, {1e-44f, 2e-44f}, {1f, Math.nextUp(1f)}, {-1e38f, 1e38f}, {3e38f, 3e38f}
        })
            for (Kind kind : Kind.values()) {
                Scaling scaling = Scaling.ofInputs(kind, Dataset.ofFloats(1, column, 1, new float[2]));
                for (float x : column) assertTrue(Float.isFinite(scaling.scaled(0, x)), kind + " of " + x);
                assertTrue(Float.isFinite((float) scaling.unit(0)));
            }
    }

    @Test
    void dataWithoutAScaleAreRefused() {
        Dataset far = Dataset.ofFloats(2, new float[] {0, -3e38f, 0, 3e38f}, 1, new float[2]);
        assertEquals(
                "input 1 goes from -3.0E38 to 3.0E38, whose difference is no finite float",
                assertThrows(IllegalArgumentException.class, () -> Scaling.ofInputs(Kind.STANDARD, far))
                        .getMessage());
        Dataset labelled = Dataset.ofFloats(1, new float[2], new byte[2], 2);
        assertThrows(IllegalArgumentException.class, () -> Scaling.ofTargets(Kind.STANDARD, labelled));
    }
}
