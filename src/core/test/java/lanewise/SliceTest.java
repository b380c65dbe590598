package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.layer.Activation;
import lanewise.layer.Dense;
import lanewise.layer.Layer;
import lanewise.memory.Batch;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;
import org.junit.jupiter.api.Test;

class SliceTest {

    @Test
    void elementsLieWhereOffsetAndStrideSay() {
        float[] array = new float[50];
        for (int i = 0; i < array.length; i++) array[i] = i;
        Slice slice = new Slice(array, 3, 4, 5, 7);
        assertEquals(17, slice.at(2));
        assertEquals(21f, slice.get(2, 4));
        slice.set(2, 4, -1f);
        assertEquals(-1f, array[21]);
        assertEquals("4x5 at 3, stride 7", slice.toString());
    }

    @Test
    void elementsOutsideAreRefusedThoughTheArrayHasThem() {
        Slice slice = new Slice(new float[50], 3, 4, 5, 7);
        for (int[] outside : new int[][] {{-1, 0}, {4, 0}, {0, -1}, {0, 5}}) {
            assertThrows(IndexOutOfBoundsException.class, () -> slice.get(outside[0], outside[1]));
            assertThrows(IndexOutOfBoundsException.class, () -> slice.set(outside[0], outside[1], 0));
        }
    }

    @Test
    void aMatrixMustLieInItsArray() {
        assertEquals(5, new Slice(new float[31], 5, 4, 5, 7).columns()); // the last row needs no padding
        assertEquals(0, new Slice(new float[3], 3, 0, 5, 7).rows());
        int[][] wrong = {
            {-1, 1, 1, 1},
            {0, -1, 1, 1},
            {0, 1, -1, 1},
            {0, 2, 5, 4},
            {6, 4, 5, 7},
            {0, 46341, 1, 46341},
            {32, 0, 1, 1},
            {0, Integer.MAX_VALUE, 1, 2},
            {Integer.MAX_VALUE, 1, 1, 1}
        };
        for (int[] w : wrong) {
            String message = assertThrows(
                            IllegalArgumentException.class, () -> new Slice(new float[31], w[0], w[1], w[2], w[3]))
                    .getMessage();
            assertTrue(message.contains(w[1] + "x" + w[2]) && message.contains("31 floats"), message);
        }
        assertThrows(NullPointerException.class, () -> new Slice(null, 0, 1, 1, 1));
    }

    @Test
    void copiesLeavePaddingOut() {
        Slice slice = Slice.allocate(3, 17);
        float[] in = new float[2 + 51], out = new float[4 + 51];
        for (int i = 0; i < in.length; i++) in[i] = i;
        slice.copyFrom(in, 2);
        slice.copyTo(out, 4);
        assertArrayEquals(Arrays.copyOfRange(in, 2, 53), Arrays.copyOfRange(out, 4, 55));
        for (int r = 0; r < 3; r++) for (int c = 17; c < 32; c++) assertEquals(0f, slice.array()[slice.at(r) + c]);
        assertThrows(IndexOutOfBoundsException.class, () -> slice.copyTo(new float[50], 0));
    }

    @Test
    void matricesAreAllocatedOneAfterTheOtherOnCacheLines() {
        List<ParameterShape> shapes = new ArrayList<>();
        int[][] sizes = {{1, 1}, {3, 15}, {2, 16}, {0, 4}, {5, 17}, {100, 700}};
        for (int[] size : sizes) shapes.add(new ParameterShape("p", ParameterShape.Role.SCALE, size[0], size[1]));
        Slice[] slices = Slice.allocate(shapes);
        int expected = 12;
        for (int i = 0; i < sizes.length; i++) {
            assertSame(slices[0].array(), slices[i].array());
            assertEquals(expected, slices[i].offset());
            assertEquals((sizes[i][1] + 15) / 16 * 16, slices[i].stride());
            expected += sizes[i][0] * slices[i].stride();
        }
        for (float v : slices[0].array()) assertEquals(0, Float.floatToRawIntBits(v));
    }

    @Test
    void whatDoesNotFitAnArrayIsRefusedInWords() {
        int giant = Integer.MAX_VALUE;
        for (int[] size : new int[][] {{giant, 1}, {1, giant}, {giant, giant}, {65536, 65536}, {1, giant - 20}}) {
            String message = assertThrows(IllegalArgumentException.class, () -> Slice.allocate(size[0], size[1]))
                    .getMessage();
            assertTrue(message.contains("floats do not fit one array"), message);
        }
        Layer layer = Dense.of(1, 1, Activation.IDENTITY);
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> Batch.forTraining(layer, giant).pass())
                .getMessage()
                .contains("do not fit one array"));
        Layer wide = Dense.of(100_000, 1, Activation.IDENTITY);
        for (int rows : new int[] {21_475, 50_000, giant})
            assertTrue(assertThrows(
                            IllegalArgumentException.class,
                            () -> Batch.forPrediction(wide, rows).pass())
                    .getMessage()
                    .contains("do not fit one array"));
        for (int[] sizes :
                new int[][] {{giant}, {giant, giant}, {giant - 100, giant - 100, giant - 100}, {1 << 16, 1 << 16}}) {
            String message = assertThrows(IllegalArgumentException.class, () -> {
                        Network.Builder builder = Network.builder(sizes[0]);
                        for (int size : sizes) builder.dense(size, Activation.TANH);
                        builder.build(1);
                    })
                    .getMessage();
            assertTrue(message.contains("not fit one array") || message.contains("not fit an array"), message);
        }
    }

    @Test
    void anArrayHasAsManyFloatsAsItTakes() {
        for (int size : new int[] {1, 16, 100, 1000})
            assertEquals(
                    12 + size * ((size + 15) / 16 * 16),
                    Slice.allocate(size, size).array().length);
        int least = 12 + 1000 * 112;
        ParameterShape shape = new ParameterShape("w", ParameterShape.Role.SCALE, 1000, 100);
        assertEquals(least, Slice.allocate(List.of(shape))[0].array().length);
        // For training it may be longer, never by more than half of the largest region.
        int aligned = Slice.allocateAligned(List.of(shape))[0].array().length;
        assertTrue(aligned >= least && aligned <= least + (4 << 20), "" + aligned);
        ParameterShape small = new ParameterShape("w", ParameterShape.Role.SCALE, 100, 100);
        assertEquals(12 + 100 * 112, Slice.allocateAligned(List.of(small))[0].array().length);
    }

    @Test
    void aShapeCountsItsParameters() {
        assertEquals(12, new ParameterShape("weights", ParameterShape.Role.WEIGHTS, 3, 4).count());
        assertThrows(
                IllegalArgumentException.class,
                () -> new ParameterShape("weights", ParameterShape.Role.WEIGHTS, -1, 4));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ParameterShape("weights", ParameterShape.Role.WEIGHTS, 1, -4));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ParameterShape("weights", ParameterShape.Role.WEIGHTS, 1 << 16, 1 << 16).count());
    }
}
