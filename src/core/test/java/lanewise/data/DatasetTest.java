package lanewise.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.memory.Batch;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class DatasetTest {

    private static final byte[] PIXELS = {0, 1, (byte) 128, (byte) 255, 2, 3};

    private static Dataset bytes() {
        return Dataset.ofBytes(2, PIXELS, new byte[] {2, 0, 1}, 3);
    }

    private static Dataset floats() {
        return Dataset.ofFloats(2, new float[] {1, 2, 3, 4, 5, 6}, 3, new float[] {1, 2, 3, 9, 7, 8, 0, -1, -2});
    }

    private static Batch batch(int inputSize, int rows) {
        return Batch.forPrediction(
                Network.builder(inputSize)
                        .dense(1, Activation.IDENTITY)
                        .build(1)
                        .stack(),
                rows);
    }

    private static float[] input(Dataset data, int sample) {
        Batch batch = batch(data.inputSize(), 3);
        data.input(sample, batch, 1);
        float[] row = new float[3 * data.inputSize()];
        batch.input().copyTo(row, 0);
        return Arrays.copyOfRange(row, data.inputSize(), 2 * data.inputSize());
    }

    private static float[] target(Dataset data, int sample) {
        Slice target = Slice.allocate(2, data.targetSize());
        data.target(sample, target, 1);
        float[] row = new float[2 * data.targetSize()];
        target.copyTo(row, 0);
        return Arrays.copyOfRange(row, data.targetSize(), row.length);
    }

    private static int[] labels(Dataset data) {
        return IntStream.range(0, data.size()).map(data::label).toArray();
    }

    @Test
    void bytesBecomeFloatsFromZeroToOne() {
        Dataset data = bytes();
        assertArrayEquals(new float[] {0f, 1 * (1f / 255f)}, input(data, 0));
        assertArrayEquals(new float[] {128 * (1f / 255f), 255 * (1f / 255f)}, input(data, 1));
        assertEquals(1f, input(data, 1)[1]);
    }

    @Test
    void bytesHaveClassLabels() {
        Dataset data = bytes();
        assertEquals(3, data.size());
        assertEquals(2, data.inputSize());
        assertEquals(1, data.targetSize());
        assertEquals(3, data.classes());
        assertArrayEquals(new int[] {2, 0, 1}, labels(data));
        assertArrayEquals(new float[] {2}, target(data, 0));
    }

    @Test
    void floatsStayAsTheyAre() {
        Dataset data = floats();
        assertEquals(3, data.size());
        assertEquals(3, data.targetSize());
        assertEquals(0, data.classes());
        assertArrayEquals(new float[] {3, 4}, input(data, 1));
        assertArrayEquals(new float[] {9, 7, 8}, target(data, 1));
    }

    @Test
    void theLabelOfSeveralColumnsIsTheLargestsTheLowestOnTies() {
        assertArrayEquals(new int[] {2, 0, 0}, labels(floats()));
        float[] ties = {1, 1, 0, 0, 5, 5};
        assertArrayEquals(new int[] {0, 1}, labels(Dataset.ofFloats(1, new float[2], 3, ties)));
        assertArrayEquals(new int[] {4, 0}, labels(Dataset.ofFloats(1, new float[2], 1, new float[] {4, 0})));
    }

    @Test
    void aRangeIsAPartInOrder() {
        Dataset part = bytes().range(1, 3);
        assertArrayEquals(new int[] {0, 1}, labels(part));
        assertArrayEquals(input(bytes(), 2), input(part, 1));
        assertEquals(0, bytes().range(1, 1).size());
        assertArrayEquals(new int[] {1}, labels(part.range(1, 2)));
        for (int[] wrong : new int[][] {{-1, 2}, {2, 1}, {0, 4}})
            assertThrows(IndexOutOfBoundsException.class, () -> bytes().range(wrong[0], wrong[1]));
    }

    @Test
    void shufflingKeepsSamplesWhole() {
        int n = 1000;
        byte[] pixels = new byte[n], labels = new byte[n];
        for (int i = 0; i < n; i++) labels[i] = (byte) ((pixels[i] = (byte) i) & 0x7f);
        Dataset data = Dataset.ofBytes(1, pixels, labels, 128), shuffled = data.shuffled(3);
        assertArrayEquals(labels(shuffled), labels(data.shuffled(3)));
        assertFalse(Arrays.equals(labels(shuffled), labels(data.shuffled(4))));
        assertFalse(Arrays.equals(labels(shuffled), labels(data)));
        int[] a = labels(data), b = labels(shuffled);
        for (int i = 0; i < n; i++) assertEquals(b[i], Math.round(input(shuffled, i)[0] * 255) & 0x7f);
        Arrays.sort(a);
        Arrays.sort(b);
        assertArrayEquals(a, b);
    }

    @Test
    void oneHotHasAOneAtTheClass() {
        Dataset hot = bytes().range(1, 3).oneHot();
        assertEquals(3, hot.targetSize());
        assertEquals(0, hot.classes());
        assertArrayEquals(new float[] {1, 0, 0}, target(hot, 0));
        assertArrayEquals(new float[] {0, 1, 0}, target(hot, 1));
        assertArrayEquals(new int[] {0, 1}, labels(hot));
        assertArrayEquals(input(bytes(), 2), input(hot, 1));
        refused(IllegalStateException.class, "no class labels", () -> floats().oneHot());
    }

    @Test
    void dataSetsOfBytesCanBeJoined() {
        Dataset joined = bytes().range(2, 3).and(bytes().shuffled(1));
        assertEquals(4, joined.size());
        assertArrayEquals(input(bytes(), 2), input(joined, 0));
        for (int i = 0; i < 3; i++) {
            assertEquals(bytes().shuffled(1).label(i), joined.label(i + 1));
            assertArrayEquals(input(bytes().shuffled(1), i), input(joined, i + 1));
        }
        assertArrayEquals(new int[] {2, 0, 1}, labels(bytes().and(bytes().range(0, 0))));
        refused("cannot be joined", () -> bytes().and(Dataset.ofBytes(2, PIXELS, new byte[3], 4)));
        refused("cannot be joined", () -> bytes().and(Dataset.ofBytes(6, PIXELS, new byte[1], 3)));
        refused("only data sets both of bytes", () -> bytes().and(floats()));
        refused("both with class labels", () -> bytes().oneHot().and(bytes()));
    }

    @Test
    void floatsMayHaveClassLabelsAndBeJoined() {
        float[] numbers = {1, 2, 3, 4, 5, 6};
        Dataset data = Dataset.ofFloats(2, numbers, new byte[] {2, 0, 1}, 3);
        assertEquals(3, data.classes());
        assertEquals(1, data.targetSize());
        assertArrayEquals(new float[] {3, 4}, input(data, 1));
        assertArrayEquals(new float[] {1}, target(data, 2));
        assertArrayEquals(new float[] {0, 0, 1}, target(data.oneHot(), 0));
        Dataset joined = data.range(2, 3).and(data);
        assertArrayEquals(new int[] {1, 2, 0, 1}, labels(joined));
        assertArrayEquals(new float[] {5, 6}, input(joined, 0));
        assertArrayEquals(new float[] {3, 4}, input(joined, 2));
        refused("both of bytes or both of floats", () -> data.and(bytes()));
        refused("label 1 is 3, 0 to 2 expected", () -> Dataset.ofFloats(2, numbers, new byte[] {0, 3, 1}, 3));
        refused("129 classes given", () -> Dataset.ofFloats(2, numbers, new byte[3], 129));
        refused(
                "input 1 of sample 0 is Infinity",
                () -> Dataset.ofFloats(2, new float[] {1, Float.POSITIVE_INFINITY}, new byte[1], 1));
    }

    @Test
    void dataSetsWithFloatsAsTargetsCanBeJoined() {
        Dataset joined = floats().range(2, 3).and(floats());
        assertArrayEquals(new float[] {5, 6, 1, 2, 3, 4, 5, 6}, joined.inputs());
        assertArrayEquals(new float[] {0, -1, -2, 1, 2, 3, 9, 7, 8, 0, -1, -2}, joined.targets());
        Dataset hot = bytes().oneHot().and(bytes().range(0, 1).oneHot());
        assertArrayEquals(new float[] {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1}, hot.targets());
        assertArrayEquals(input(bytes(), 0), input(hot, 3));
        refused(
                "targets of 3 and 1 values cannot be joined",
                () -> floats().and(Dataset.ofFloats(2, new float[2], 1, new float[1])));
    }

    @Test
    void joinedDataSetsKeepTheirWeights() {
        Dataset weighted = floats().weighted(new float[] {3, 0, 5});
        assertArrayEquals(
                new float[] {5, 3, 0, 5}, weighted.range(2, 3).and(weighted).weights());
        assertArrayEquals(new float[] {3, 0, 5, 1, 1, 1}, weighted.and(floats()).weights());
        assertFalse(floats().and(floats()).weighted());
    }

    @Test
    void allComesBackAsArraysInTheOrderOfTheDataSet() {
        Dataset shuffled = bytes().shuffled(5);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(input(shuffled, i), Arrays.copyOfRange(shuffled.inputs(), 2 * i, 2 * i + 2));
            assertEquals(shuffled.label(i), shuffled.labels()[i]);
            assertEquals(shuffled.label(i), shuffled.targets()[i]);
        }
        assertArrayEquals(new float[] {3, 4, 5, 6}, floats().range(1, 3).inputs());
        assertArrayEquals(new float[] {9, 7, 8, 0, -1, -2}, floats().range(1, 3).targets());
        assertArrayEquals(new int[] {0, 0}, floats().range(1, 3).labels());
        assertArrayEquals(new float[] {1, 1, 1}, floats().weights());
        assertEquals(0, floats().range(1, 1).inputs().length);
    }

    /** As a model takes raw bytes; floats stay as they are. */
    @Test
    void aSamplesBytesCanBeScaledOtherwise() {
        float[] row = {9, 9, 9, 9};
        bytes().input(1, row, 1, 0.5f, -1.25f);
        assertArrayEquals(new float[] {9, 128 * 0.5f - 1.25f, 255 * 0.5f - 1.25f, 9}, row);
        floats().input(1, row, 2, 0.5f, -1.25f);
        assertArrayEquals(new float[] {9, 62.75f, 3, 4}, row);
        for (Dataset data : List.of(bytes(), floats()))
            assertThrows(IndexOutOfBoundsException.class, () -> data.input(1, row, 3, 1, 0));
    }

    @Test
    void thereMayBeMoreClassesThanABytesHas() {
        int most = 1 << 24;
        float[] numbers = {1, 2, 3, 4, 5, 6};
        for (int classes : new int[] {128, 129, 40_000, most}) {
            int[] labels = {classes - 1, 0, 127};
            Dataset data = Dataset.ofFloats(2, numbers, labels, classes);
            assertEquals(classes, data.classes());
            assertEquals(1, data.targetSize());
            assertArrayEquals(labels, labels(data));
            assertArrayEquals(labels, data.labels());
            assertArrayEquals(new float[] {classes - 1}, target(data, 0));
            assertArrayEquals(
                    new int[] {127, classes - 1, 0, 127},
                    labels(data.range(2, 3).and(data)));
            assertTrue(data.fingerprint().contains(", " + classes + " classes, "), data.fingerprint());
            if (classes < most) {
                assertEquals(classes, data.oneHot().targetSize());
                assertArrayEquals(labels, labels(data.oneHot()));
            }
            refused(
                    "label 2 is 127, 0 to 126 expected",
                    () -> Dataset.ofFloats(2, numbers, new int[] {0, 126, 127}, 127));
        }
        assertEquals(
                Dataset.ofFloats(2, numbers, new byte[] {2, 0, 1}, 3).fingerprint(),
                Dataset.ofFloats(2, numbers, new int[] {2, 0, 1}, 3).fingerprint());
        refused("label 1 is -1", () -> Dataset.ofFloats(2, numbers, new int[] {0, -1, 0}, 500));
        refused("16777217 classes given", () -> Dataset.ofFloats(2, numbers, new int[3], most + 1));
    }

    @Test
    void aColumnOfClassesBecomesColumns() {
        Dataset data =
                Dataset.ofFloats(1, new float[3], 1, new float[] {2, 0, 1}).weighted(new float[] {1, 2, 3});
        assertArrayEquals(
                new float[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                data.range(1, 3).and(data.range(0, 1)).oneHot(4).targets());
        assertArrayEquals(new float[] {2, 3}, data.range(1, 3).oneHot(2).weights());
        refused("label 0 is 2, 0 to 1 expected", () -> data.oneHot(2));
        refused("0 classes given", () -> data.oneHot(0));
        refused(
                IllegalStateException.class,
                "which is no class",
                () -> Dataset.ofFloats(1, new float[1], 1, new float[] {0.5f}).oneHot(2));
    }

    @Test
    void aNumberThatIsNoClassIsNotTakenForOne() {
        float[] targets = {3, 0, 3.7f, -1, 0.9f, 1e20f};
        Dataset data = Dataset.ofFloats(1, new float[6], 1, targets);
        assertEquals(3, data.label(0));
        assertEquals(0, data.label(1));
        for (int s = 2; s < 6; s++) {
            int sample = s;
            refused(
                    IllegalStateException.class,
                    "the target of sample " + s + " is " + targets[s] + ", which is no class",
                    () -> data.label(sample));
        }
    }

    @Test
    void whatDoesNotFitAnArrayIsRefusedInWords() {
        Dataset many = Dataset.ofBytes(1, new byte[17_000_000], new byte[17_000_000], 128);
        refused("17000000 samples of 128 one-hot columns", many::oneHot);
    }

    @Test
    void touchingReadsWithinTheSamplesOnly() {
        int[] order = {2, 0, 1};
        for (Dataset data : List.of(bytes(), floats(), bytes().range(0, 3).shuffled(2))) {
            data.touch(order, 0, 3);
            data.touch(order, 1, 1);
        }
        assertTrue(Dataset.ofBytes(2, PIXELS, new byte[3], 3).touch(order, 0, 3) != 0);
    }

    @Test
    void numbersThatDisagreeAreRefused() {
        refused("6 input values", () -> Dataset.ofBytes(2, PIXELS, new byte[4], 3));
        refused("6 input values", () -> Dataset.ofBytes(4, PIXELS, new byte[1], 3));
        refused("at least 1 expected", () -> Dataset.ofBytes(0, new byte[0], new byte[0], 3));
        refused("9 target values of 2", () -> Dataset.ofFloats(2, new float[6], 2, new float[9]));
        refused("at least 1 expected", () -> Dataset.ofFloats(2, new float[6], 0, new float[0]));
        refused("0 classes given, 1 to 128 expected", () -> Dataset.ofBytes(2, PIXELS, new byte[3], 0));
        refused("129 classes given", () -> Dataset.ofBytes(2, PIXELS, new byte[3], 129));
        refused("label 1 is 3, 0 to 2 expected", () -> Dataset.ofBytes(2, PIXELS, new byte[] {0, 3, 0}, 3));
        refused("label 2 is 200", () -> Dataset.ofBytes(2, PIXELS, new byte[] {0, 0, (byte) 200}, 128));
    }

    @Test
    void numbersThatAreNotFiniteAreRefused() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            refused(
                    "input 1 of sample 2 is " + wrong,
                    () -> Dataset.ofFloats(2, new float[] {1, 2, 3, 4, 5, wrong}, 1, new float[3]));
            refused(
                    "target 0 of sample 1 is " + wrong,
                    () -> Dataset.ofFloats(1, new float[2], 1, new float[] {0, wrong}));
        }
    }

    @Test
    void aSampleIsNeverReadIntoARowOfAnotherWidth() {
        for (Dataset data : List.of(bytes(), floats())) {
            for (int width : new int[] {1, 3, 6}) refused("input of 2 values", () -> data.input(0, batch(width, 1), 0));
            refused("target of " + data.targetSize(), () -> data.target(0, Slice.allocate(1, 2), 0));
        }
    }

    private static void refused(String part, Executable call) {
        refused(IllegalArgumentException.class, part, call);
    }

    private static void refused(Class<? extends Throwable> type, String part, Executable call) {
        String message = assertThrows(type, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
