package lanewise.testkit;

import lanewise.check.GradientCheck;

/**
 * Sizes of one try of a contract.
 *
 * @param inputs width of an input row
 * @param outputs width of an output row; a layer whose output is as wide as its input ignores it
 * @param rows of a batch
 * @param seed decides everything random of the try
 */
public record Shape(int inputs, int outputs, int rows, long seed) {

    /** One of so many tries runs its check at all points of standard depth; the others compare at one point, and at more sizes. */
    private static final int DEEP = 16;

    /** A check with the seed and the rows of this try. */
    GradientCheck of(GradientCheck check) {
        GradientCheck sized =
                check.depth(GradientCheck.Depth.STANDARD).rows(rows).seed(seed);
        // Of seeds, zero and the like are tried more often than others.
        boolean deep = Math.floorMod((seed ^ 0x9E3779B9L) * 0x9E3779B97F4A7C15L >>> 32, DEEP) == 0;
        return deep ? sized.depth(GradientCheck.Depth.STANDARD) : sized.points(1);
    }

    /** {@code 17→33, 5 rows, seed 42}. */
    @Override
    public String toString() {
        return inputs + "->" + outputs + ", " + rows + (rows == 1 ? " row" : " rows") + ", seed " + seed;
    }
}
