package lanewise.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("bits")
class SplitTest {

    private static final int[] SIZES = {2, 3, 10, 17, 101, 1021};

    /** Classes of very different size, the last perhaps of one sample. */
    private static int[] classes(int size) {
        RandomSource random = new RandomSource(size);
        int[] classes = new int[size];
        for (int i = 0; i < size; i++) classes[i] = Math.min(random.nextInt(7), random.nextInt(7));
        return classes;
    }

    private static int[] counts(int[] samples, int[] classes) {
        int[] counts = new int[7];
        for (int sample : samples) counts[classes[sample]]++;
        return counts;
    }

    /** Every sample is in one part, and the parts are in order. */
    private static void checkParts(Split split, int size) {
        int[] training = split.trainingSamples(), test = split.testSamples();
        int[] all = Arrays.copyOf(training, size);
        assertEquals(size, training.length + test.length);
        System.arraycopy(test, 0, all, training.length, test.length);
        Arrays.sort(all);
        for (int i = 0; i < size; i++) assertEquals(i, all[i]);
        for (int[] part : new int[][] {training, test}) {
            int[] sorted = part.clone();
            Arrays.sort(sorted);
            assertArrayEquals(sorted, part);
        }
    }

    @Test
    void aRandomSplitHasTheFraction() {
        for (int size : SIZES)
            for (double fraction : new double[] {0.25, 0.4, 0.6}) {
                Split split = Split.random(size, fraction, 5);
                checkParts(split, size);
                assertEquals(Math.round(fraction * size), split.testSamples().length);
            }
        assertEquals(
                "8 samples for training, 2 for the test",
                Split.random(10, 0.2, 1).toString());
    }

    @Test
    void aStratifiedSplitHasTheFractionOfEachClass() {
        for (int size : new int[] {10, 17, 101, 1021})
            for (double fraction : new double[] {0.25, 0.4, 0.6}) {
                int[] classes = classes(size);
                Split split = Split.stratified(classes, fraction, 5);
                checkParts(split, size);
                int[] training = counts(split.trainingSamples(), classes), test = counts(split.testSamples(), classes);
                for (int c = 0; c < 7; c++) {
                    int all = training[c] + test[c];
                    assertTrue(all == 0 || training[c] > 0, "class " + c + " is in the training part");
                    if (training[c] > 1) assertEquals(fraction * all, test[c], 0.9999, "class " + c);
                }
            }
    }

    @Test
    void foldsTestEachSampleOnce() {
        for (int size : SIZES)
            for (int folds : new int[] {2, 3, 10, size}) {
                if (folds > size) continue;
                int[] classes = classes(size), tested = new int[size];
                for (List<Split> splits :
                        List.of(Split.folds(size, folds, 5), Split.stratifiedFolds(classes, folds, 5))) {
                    assertEquals(folds, splits.size());
                    for (Split split : splits) {
                        checkParts(split, size);
                        for (int sample : split.testSamples()) tested[sample]++;
                        assertEquals((double) size / folds, split.testSamples().length, 0.9999);
                    }
                }
                for (int times : tested) assertEquals(2, times);
            }
    }

    @Test
    void stratifiedFoldsHaveTheirShareOfEachClass() {
        for (int size : SIZES)
            for (int folds : new int[] {2, 3, 10}) {
                if (folds > size) continue;
                int[] classes = classes(size), least = new int[7], most = new int[7];
                Arrays.fill(least, size);
                for (Split split : Split.stratifiedFolds(classes, folds, 5)) {
                    int[] counts = counts(split.testSamples(), classes);
                    for (int c = 0; c < 7; c++) {
                        least[c] = Math.min(least[c], counts[c]);
                        most[c] = Math.max(most[c], counts[c]);
                    }
                }
                for (int c = 0; c < 7; c++) assertTrue(most[c] - least[c] <= 1, "class " + c);
            }
    }

    @Test
    void theSeedDecides() {
        int[] one = Split.random(101, 0.2, 1).testSamples();
        assertArrayEquals(one, Split.random(101, 0.2, 1).testSamples());
        assertNotEquals(
                Arrays.toString(one), Arrays.toString(Split.random(101, 0.2, 2).testSamples()));
    }

    @Test
    void partsOfADataSetHaveTheSamplesInOrder() {
        Dataset data = Dataset.ofFloats(1, new float[] {0, 1, 2, 3, 4, 5}, new byte[] {0, 0, 1, 1, 1, 1}, 2)
                .range(1, 6);
        Split split = Split.stratified(data, 0.4, 3);
        Dataset training = split.training(data), test = split.test(data);
        assertEquals(3, training.size());
        assertEquals(2, test.size());
        for (int i = 0; i < 2; i++) assertEquals(1f + split.testSamples()[i], test.inputValue(i, 0));
        assertEquals(0, training.label(0), "the only sample of its class");
        assertEquals(5, Split.stratifiedFolds(data, 5, 1).size());
        Dataset twice = data.select(4, 0, 4);
        assertEquals(3, twice.size());
        assertEquals(5f, twice.inputValue(2, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> data.select(5));
    }

    @Test
    void impossibleSplitsAreRefused() {
        for (double fraction : new double[] {0, 1, -0.5, 1.5, Double.NaN, 0.01, 0.99})
            assertThrows(IllegalArgumentException.class, () -> Split.random(10, fraction, 1), fraction + "");
        assertThrows(IllegalArgumentException.class, () -> Split.stratified(new int[] {0, 1, 2}, 0.5, 1));
        for (int folds : new int[] {-1, 0, 1, 11})
            assertThrows(IllegalArgumentException.class, () -> Split.folds(10, folds, 1), folds + "");
    }
}
