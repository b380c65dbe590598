package lanewise.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.RandomSource;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

/** Whether noise that is put into a layer is found again: the identity, plus a hash of the input times a size. */
class NoiseTest {

    private interface Size {
        float at(int row, int column);
    }

    private record Noisy(int size, Size forward, Size backward) implements Layer {

        @Override
        public int inputSize() {
            return size;
        }

        @Override
        public int outputSize() {
            return size;
        }

        /** From −1 to 1, with variance 1/3. */
        private static float hash(float x, long what) {
            return 2 * new RandomSource(Float.floatToIntBits(x), what).uniform() - 1;
        }

        @Override
        public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    output.set(r, c, input.get(r, c) + forward.at(r, c) * hash(input.get(r, c), 1));
        }

        @Override
        public void backward(
                Pass pass,
                int from,
                int to,
                Parameters parameters,
                Slice input,
                Slice output,
                Slice dOutput,
                Slice dInput) {
            for (int r = from; r < to; r++)
                for (int c = 0; c < size; c++)
                    dInput.set(r, c, dOutput.get(r, c) + backward.at(r, c) * hash(input.get(r, c), 2));
        }
    }

    private static Subject measure(int rows, int columns, Size forward, Size backward) {
        Subject subject = new Subject(new Noisy(columns, forward, backward), null, 0, null, rows, "input");
        RandomSource random = new RandomSource(2);
        for (int r = 0; r < rows; r++) for (int c = 0; c < columns; c++) subject.input.set(r, c, 1 + random.uniform());
        java.util.Arrays.fill(subject.projection, 1f);
        subject.begin();
        float[] base = subject.variables.get(0).base.clone(), after = base.clone();
        Noise.measure(subject, random);
        subject.input.copyTo(after, 0);
        assertArrayEquals(base, after, "the variables are put back");
        return subject;
    }

    /** Mean over a row or column (−1: all of them), relative to the variance that was put in. */
    private static double mean(double[] variances, int columns, int row, int column, double size) {
        double sum = 0;
        int count = 0;
        for (int e = 0; e < variances.length; e++)
            if ((row < 0 || e / columns == row) && (column < 0 || e % columns == column)) {
                sum += variances[e];
                count++;
            }
        return sum / count / (size * size / 3);
    }

    private static double[] squares(double[] deviations) {
        double[] squares = new double[deviations.length];
        for (int i = 0; i < squares.length; i++) squares[i] = deviations[i] * deviations[i];
        return squares;
    }

    /** Medians of three, raised to the mean of a row or column, are one and a half times to twice the variance. */
    private static void assertMeasured(double ratio) {
        assertTrue(ratio > 1 && ratio < 3, () -> ratio + " times the variance");
    }

    @Test
    void noiseOfOutputsAndGradientsIsMeasured() {
        Subject subject = measure(20, 30, (r, c) -> 1e-3f, (r, c) -> 2e-3f);
        assertMeasured(mean(subject.variances, 30, -1, -1, 1e-3));
        assertMeasured(mean(squares(subject.variables.get(0).deviation), 30, -1, -1, 2e-3));
        // What seems quiet by chance is raised to its row or column.
        for (double variance : subject.variances) assertTrue(variance > 0.5e-6 / 3, () -> "variance " + variance);
    }

    @Test
    void rowsAndColumnsThatAreQuietStayQuiet() {
        for (boolean byRow : new boolean[] {true, false}) {
            Size size = (r, c) -> (byRow ? r : c) == 4 ? 0f : 1e-3f;
            Subject subject = measure(20, 30, size, size);
            int quietRow = byRow ? 4 : -1, quietColumn = byRow ? -1 : 4, row = byRow ? 5 : -1, column = byRow ? -1 : 5;
            double[] gradient = squares(subject.variables.get(0).deviation);
            assertTrue(mean(subject.variances, 30, quietRow, quietColumn, 1e-6) < 1);
            assertMeasured(mean(subject.variances, 30, row, column, 1e-3));
            assertTrue(mean(gradient, 30, quietRow, quietColumn, 1e-6) < 1);
            assertMeasured(mean(gradient, 30, row, column, 1e-3));
        }
    }

    @Test
    void aRowOrAColumnByItselfIsPooled() {
        for (Subject subject : new Subject[] {
            measure(1, 200, (r, c) -> 1e-3f, (r, c) -> 1e-3f), measure(200, 1, (r, c) -> 1e-3f, (r, c) -> 1e-3f)
        }) {
            assertMeasured(mean(subject.variances, 1, -1, -1, 1e-3));
            for (double variance : subject.variances) assertTrue(variance > 0.5e-6 / 3, () -> "variance " + variance);
        }
        // Of a single element, the largest of three counts.
        assertTrue(measure(1, 1, (r, c) -> 1e-3f, (r, c) -> 1e-3f).variances[0] > 0.5e-6 / 3);
    }

    @Test
    void withoutNoiseTheRoundingToAFloatRemains() {
        Subject subject = measure(3, 5, (r, c) -> 0f, (r, c) -> 0f);
        for (int e = 0; e < 15; e++) {
            double ulp = Math.ulp((float) subject.centre[e]);
            assertEquals(ulp * ulp / 12, subject.quanta[e], 1e-6 * ulp * ulp);
            // The values themselves are rounded, too.
            assertTrue(subject.variances[e] >= subject.quanta[e] && subject.variances[e] < 20 * subject.quanta[e]);
            ulp = Math.ulp(1f);
            assertEquals(ulp / Math.sqrt(12), subject.variables.get(0).deviation[e], 1e-6 * ulp);
        }
    }

    @Test
    void aLossThatStandsStillHasTheRoundingOfItsLogitsAndOfFloatsInIt() {
        Layer layer = new Noisy(3, (r, c) -> 0, (r, c) -> 0);
        Subject subject = new Subject(layer, Loss.MEAN_SQUARED_ERROR, 3, null, 2, "input");
        float[] logits = {1.5f, -20, 300, 7, 0.3f, 5};
        subject.input.copyFrom(logits, 0);
        subject.begin();
        Noise.measure(subject, new RandomSource(1));
        for (int r = 0; r < 2; r++) {
            double ulp = Math.ulp((float) Math.max(1, subject.centre[r])), expected = ulp * ulp / 12;
            // The derivative of e² / 3 is 2 e / 3.
            for (int c = 0; c < 3; c++)
                expected += Math.pow(2 / 3.0 * logits[3 * r + c] * Math.ulp(logits[3 * r + c]), 2) / 12;
            assertEquals(expected, subject.quanta[r], 1e-5 * expected);
        }
        // Logits that are moved themselves are what they are.
        subject = new Subject(new Identity(3), Loss.MEAN_SQUARED_ERROR, 3, null, 2, "logits");
        subject.input.copyFrom(logits, 0);
        subject.begin();
        Noise.measure(subject, new RandomSource(1));
        for (int r = 0; r < 2; r++) {
            double ulp = Math.ulp(subject.centre[r]);
            assertEquals(ulp * ulp, subject.quanta[r], 1e-9 * ulp * ulp);
        }
    }
}
