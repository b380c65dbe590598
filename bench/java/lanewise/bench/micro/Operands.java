package lanewise.bench.micro;

import java.util.ArrayList;
import java.util.List;
import lanewise.layer.RandomSource;
import lanewise.memory.ParameterShape;
import lanewise.memory.Slice;

/** The arrays of a benchmark of kernels. */
final class Operands {

    /** Floats of an array that the default collector begins on a cache line. */
    private static final int ROOM = 1 << 16;

    private Operands() {}

    /**
     * Matrices of zeros, one after the other in one array. The first begins on a cache line, as in trainings: where an array
     * lies would otherwise be left to chance, and forks of one benchmark would disagree.
     *
     * @param sizes rows and columns of each
     */
    static Slice[] allocate(int[]... sizes) {
        List<ParameterShape> shapes = new ArrayList<>();
        for (int[] size : sizes) shapes.add(new ParameterShape("", ParameterShape.Role.SCALE, size[0], size[1]));
        shapes.add(new ParameterShape("room", ParameterShape.Role.SCALE, 1, ROOM));
        return Slice.allocateAligned(shapes);
    }

    /** Sets a matrix to small normal numbers, of which no sum grows and no product becomes subnormal. */
    static void fill(Slice matrix, RandomSource random) {
        for (int r = 0; r < matrix.rows(); r++)
            for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, random.normal() * 1e-3f);
    }

    /** Sets a matrix to one number. */
    static void fill(Slice matrix, float value) {
        for (int r = 0; r < matrix.rows(); r++) for (int c = 0; c < matrix.columns(); c++) matrix.set(r, c, value);
    }
}
