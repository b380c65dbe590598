package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Loss;
import lanewise.layer.Softmax;
import lanewise.memory.Batch;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class LossTest {

    /** One row's loss, and its gradient as a row of two. */
    private record Result(double loss, float[] gradient) {}

    private static Result of(Loss loss, float[] logits, float... targets) {
        Pass pass = Batch.forTraining(Softmax.of(logits.length), 1).pass();
        Slice z = Slice.allocate(1, logits.length), t = Slice.allocate(1, targets.length);
        Slice d = Slice.allocate(1, logits.length);
        java.util.Arrays.fill(d.array(), Float.NaN);
        z.copyFrom(logits, 0);
        t.copyFrom(targets, 0);
        double value = loss.valueAndGradient(pass, 0, 1, z, t, d);
        assertEquals(value, loss.value(pass, 0, z, t), "value alone");
        float[] gradient = new float[logits.length];
        d.copyTo(gradient, 0);
        for (int c = logits.length; c < d.stride(); c++)
            assertEquals(0, Float.floatToRawIntBits(d.array()[d.offset() + c]), "padding");
        return new Result(value, gradient);
    }

    private static float[] row(float... values) {
        return values;
    }

    @Test
    void absoluteErrors() {
        Result r = of(Loss.MEAN_ABSOLUTE_ERROR, row(3, -1, 5, 2), 1, 1, 5, 2.5f);
        assertEquals((2 + 2 + 0 + 0.5) / 4, r.loss);
        assertArrayEquals(row(0.25f, -0.25f, 0, -0.25f), r.gradient);
    }

    @Test
    void huberIsAParabolaAndThenALine() {
        Result r = of(Loss.huber(2), row(1, 5, -9, 2), 0, 0, 0, 0);
        assertEquals((0.5 + 2 * (5 - 1) + 2 * (9 - 1) + 2) / 4, r.loss);
        assertArrayEquals(row(0.25f, 0.5f, -0.5f, 0.5f), r.gradient);
        assertThrows(IllegalArgumentException.class, () -> Loss.huber(0));
        assertThrows(IllegalArgumentException.class, () -> Loss.huber(Float.NaN));
    }

    @Test
    void hingeWantsAMargin() {
        Result r = of(Loss.HINGE, row(0.5f, 2, -0.5f, -3), 1, 1, 1, -1);
        assertEquals((0.5 + 0 + 1.5 + 0) / 4, r.loss);
        assertArrayEquals(row(-0.25f, 0, -0.25f, 0), r.gradient);
        String message = assertThrows(IllegalArgumentException.class, () -> of(Loss.HINGE, row(1, 2), 1, 0))
                .getMessage();
        assertEquals("row 0: target 1 is 0.0, -1 or +1 expected; for targets of 0 and 1, 2t - 1", message);
    }

    @Test
    void kullbackLeiblerIsZeroForAPerfectAnswer() {
        float log3 = (float) Math.log(3);
        Result r = of(Loss.KULLBACK_LEIBLER, row(0, log3), 0.25f, 0.75f);
        assertEquals(0, r.loss, 1e-7);
        assertArrayEquals(row(0, 0), r.gradient, 1e-7f);
        Result other = of(Loss.KULLBACK_LEIBLER, row(0, 0, 0), 0, 1, 0);
        assertEquals(Math.log(3), other.loss, 1e-6);
        assertArrayEquals(row(1 / 3f, -2 / 3f, 1 / 3f), other.gradient, 1e-7f);
        assertThrows(IllegalArgumentException.class, () -> of(Loss.KULLBACK_LEIBLER, row(0, 0), -0.5f, 1.5f));
    }

    @Test
    void labelSmoothingMixesInTheUniformTarget() {
        Loss smooth = Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f);
        float[] z = {1, 2, 4};
        Result byLabel = of(smooth, z, 2);
        Result bySoft = of(Loss.SOFTMAX_CROSS_ENTROPY, z, 0.1f / 3, 0.1f / 3, 0.9f + 0.1f / 3);
        assertEquals(bySoft.loss, byLabel.loss, 1e-6);
        assertArrayEquals(bySoft.gradient, byLabel.gradient, 1e-6f);
        assertArrayEquals(byLabel.gradient, of(smooth, z, 0, 0, 1).gradient);
        assertThrows(IllegalArgumentException.class, () -> Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(1));
        assertEquals("softmax cross-entropy, label smoothing 0.1", smooth.toString());
    }

    @Test
    void classWeightsMultiplyTheirTerms() {
        Loss weighted = Loss.SOFTMAX_CROSS_ENTROPY.withClassWeights(1, 2, 5);
        float[] z = {1, 2, 4};
        Result plain = of(Loss.SOFTMAX_CROSS_ENTROPY, z, 1), result = of(weighted, z, 1);
        assertEquals(2 * plain.loss, result.loss, 1e-12);
        for (int i = 0; i < 3; i++) assertEquals(2 * plain.gradient[i], result.gradient[i], 1e-6);
        assertTrue(weighted.accepts(3, 1) && weighted.accepts(3, 3));
        assertFalse(weighted.accepts(4, 1));
        assertThrows(IllegalArgumentException.class, () -> Loss.SOFTMAX_CROSS_ENTROPY.withClassWeights(1, -1));
        assertThrows(IllegalArgumentException.class, Loss.SOFTMAX_CROSS_ENTROPY::withClassWeights);
    }

    /** Targets that do not sum to 1 have a gradient, too: it belongs to the value. */
    @Test
    void targetsNeedNotSumToOne() {
        Result r = of(Loss.SOFTMAX_CROSS_ENTROPY, row(0, 0), 2, 1);
        assertEquals(3 * Math.log(2), r.loss, 1e-6);
        assertArrayEquals(row(-0.5f, 0.5f), r.gradient, 1e-6f);
    }

    @Test
    void classesAndOneHotColumnsGiveTheSameBits() {
        float[] z = {0.3f, -2, 1.7f, 4, 0.1f};
        Result label = of(Loss.SOFTMAX_CROSS_ENTROPY, z, 3), hot = of(Loss.SOFTMAX_CROSS_ENTROPY, z, 0, 0, 0, 1, 0);
        assertEquals(label.loss, hot.loss);
        assertArrayEquals(label.gradient, hot.gradient);
    }

    @Test
    void hugeLogitsGiveFiniteLossesAndGradients() {
        for (Loss loss : Loss.all())
            for (float huge : new float[] {1e4f, 1e30f}) {
                Result r = of(loss, row(huge, -huge, 0), loss == Loss.HINGE ? row(-1, 1, 1) : row(0, 1, 0));
                assertTrue(Double.isFinite(r.loss) && r.loss > 0, loss + ": " + r.loss);
                for (float d : r.gradient) assertTrue(Float.isFinite(d), loss + ": " + d);
            }
        Result certain = of(Loss.SOFTMAX_CROSS_ENTROPY, row(1e4f, -1e4f), 0);
        assertEquals(0, certain.loss);
        assertArrayEquals(row(0, 0), certain.gradient);
    }

    @Test
    void oneClassOnlyIsCertain() {
        assertEquals(0, of(Loss.SOFTMAX_CROSS_ENTROPY, row(7), 0).loss);
        assertEquals(0, of(Loss.SOFTMAX_CROSS_ENTROPY.withLabelSmoothing(0.1f), row(7), 0).loss);
        Result r = of(Loss.KULLBACK_LEIBLER, row(-1e30f), 1);
        assertEquals(0, r.loss);
        assertArrayEquals(row(0), r.gradient);
    }

    /** The JVM itself may allocate a little meanwhile; every object of a call would be eight bytes at least. */
    @Test
    void valueAloneAllocatesNothing() {
        Pass pass = Batch.forTraining(Softmax.of(17), 1).pass();
        Slice z = Slice.allocate(1, 17), t = Slice.allocate(1, 17);
        t.copyFrom(row(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 0);
        for (Loss loss : Loss.all()) {
            long bytes = Allocation.of(() -> loss.value(pass, 0, z, t), 2000);
            assertTrue(bytes < 8 * 2000, loss + ": " + bytes + " bytes in 2000 calls");
        }
    }

    /** A loss of one's own that leaves {@link Loss#value} as it is has it all the same, for any row. */
    @Test
    void valueAloneNeedsNoCodeOfItsOwn() {
        Loss twice = new Loss("twice") {
            @Override
            public double valueAndGradient(Pass pass, int row, int rows, Slice logits, Slice targets, Slice dLogits) {
                return 2 * MEAN_SQUARED_ERROR.valueAndGradient(pass, row, rows, logits, targets, dLogits);
            }
        };
        Pass pass = Batch.forTraining(Softmax.of(2), 3).pass();
        Slice z = Slice.allocate(3, 2), t = Slice.allocate(3, 2);
        z.copyFrom(row(1, 2, 3, 4, 5, 7), 0);
        for (int r = 0; r < 3; r++)
            assertEquals(2 * Loss.MEAN_SQUARED_ERROR.value(pass, r, z, t), twice.value(pass, r, z, t));
        assertEquals(37, Loss.MEAN_SQUARED_ERROR.value(pass, 2, z, t));
    }

    @Test
    void aLogitThatIsNoNumberMakesTheLossOne() {
        for (Loss loss : Loss.all()) {
            float[] targets = loss == Loss.HINGE ? row(-1, 1) : row(0, 1);
            assertTrue(Double.isNaN(of(loss, row(Float.NaN, 1), targets).loss), loss.toString());
        }
    }
}
