package lanewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import lanewise.layer.LayerNorm;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class LayerNormTest {

    /** Parameters, input and output of one call. */
    private static final class Run {
        final LayerNorm layer;
        final Pass pass;
        final Parameters parameters;

        Run(LayerNorm layer, boolean training, float[]... rows) {
            this.layer = layer;
            pass = training
                    ? Batch.forTraining(layer, rows.length).pass()
                    : Batch.forPrediction(layer, rows.length).pass();
            parameters = Parameters.zeros(layer);
            layer.initialize(parameters, new RandomSource(1));
            for (int r = 0; r < rows.length; r++) pass.batch().setInput(r, rows[r], 0);
        }

        Run forward() {
            layer.forward(
                    pass,
                    0,
                    pass.rows(),
                    parameters,
                    pass.batch().input(),
                    pass.batch().output());
            return this;
        }
    }

    @Test
    void rowsGetMeanZeroAndVarianceOne() {
        Run run = new Run(LayerNorm.of(2), true, new float[] {1, 3}, new float[] {-5, -5.5f}).forward();
        float first = 1 / (float) Math.sqrt(1 + 1e-5f), second = 0.25f * (1 / (float) Math.sqrt(0.0625f + 1e-5f));
        assertEquals(-first, run.pass.batch().output().get(0, 0));
        assertEquals(first, run.pass.batch().output().get(0, 1));
        assertEquals(second, run.pass.batch().output().get(1, 0));
        assertEquals(-second, run.pass.batch().output().get(1, 1));
    }

    @Test
    void scaleAndShiftFollow() {
        Run run = new Run(LayerNorm.of(2), false, new float[] {1, 3});
        run.parameters.get(0).set(0, 0, 2f);
        run.parameters.get(1).set(0, 1, 10f);
        run.forward();
        float normal = 1 / (float) Math.sqrt(1 + 1e-5f);
        assertEquals(-2 * normal, run.pass.batch().output().get(0, 0));
        assertEquals(10 + normal, run.pass.batch().output().get(0, 1));
    }

    @Test
    void trainingAndPredictionGiveTheSameBits() {
        SplittableRandom random = new SplittableRandom(1);
        float[] row = new float[61];
        for (int i = 0; i < row.length; i++) row[i] = (float) random.nextDouble(-3, 5);
        Run training = new Run(LayerNorm.of(61), true, row).forward();
        Run prediction = new Run(LayerNorm.of(61), false, row).forward();
        for (int o = 0; o < 61; o++)
            assertEquals(
                    training.pass.batch().output().get(0, o),
                    prediction.pass.batch().output().get(0, o));
    }

    @Test
    void constantRowsGiveShiftExactly() {
        for (float value : new float[] {0f, -0f, 0.1f, 1f / 3f, -1e4f, 1e30f, -1e30f, 1e-40f}) {
            float[] row = new float[37];
            java.util.Arrays.fill(row, value);
            Run run = new Run(LayerNorm.of(37), true, row);
            for (int o = 0; o < 37; o++) run.parameters.get(1).set(0, o, o);
            run.forward();
            for (int o = 0; o < 37; o++)
                assertEquals(o, run.pass.batch().output().get(0, o));
        }
    }

    @Test
    void hugeInputsAreNormalisedToo() {
        for (float huge : new float[] {1e10f, 1e19f, 2e19f, 1e25f, 1e30f}) {
            Run run = new Run(LayerNorm.of(4), true, new float[] {huge, -huge, huge, -huge}).forward();
            for (int o = 0; o < 4; o++)
                assertEquals(o % 2 == 0 ? 1 : -1, run.pass.batch().output().get(0, o), 1e-6);
            for (int o = 0; o < 4; o++) run.pass.batch().dOutput().set(0, o, o);
            run.layer.backward(
                    run.pass,
                    0,
                    1,
                    run.parameters,
                    run.pass.batch().input(),
                    run.pass.batch().output(),
                    run.pass.batch().dOutput(),
                    run.pass.batch().dInput());
            for (int o = 0; o < 4; o++)
                assertTrue(Float.isFinite(run.pass.batch().dInput().get(0, o)));
        }
    }

    @Test
    void aRowDoesNotDependOnOthersOrOnPadding() {
        float[] row = new float[19];
        for (int i = 0; i < 19; i++) row[i] = i * i;
        Run alone = new Run(LayerNorm.of(19), true, row).forward();
        Run third = new Run(LayerNorm.of(19), true, new float[19], new float[19], row);
        for (int r = 0; r < 3; r++)
            for (int c = 19; c < 32; c++)
                third.pass.batch().input().array()[third.pass.batch().input().at(r) + c] = Float.NaN;
        third.forward();
        for (int o = 0; o < 19; o++)
            assertEquals(
                    alone.pass.batch().output().get(0, o),
                    third.pass.batch().output().get(2, o));
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> LayerNorm.of(0));
        assertThrows(IllegalArgumentException.class, () -> LayerNorm.of(5).withEpsilon(0));
        assertThrows(IllegalArgumentException.class, () -> LayerNorm.of(5).withEpsilon(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> LayerNorm.of(5).withEpsilon(Float.POSITIVE_INFINITY));
        assertEquals(1e-12f, LayerNorm.of(1).withEpsilon(1e-12f).epsilon());
    }
}
