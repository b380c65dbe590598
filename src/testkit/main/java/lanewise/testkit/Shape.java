package lanewise.testkit;

/**
 * Sizes of one try of a contract.
 *
 * @param inputs width of an input row
 * @param outputs width of an output row; a layer whose output is as wide as its input ignores it
 * @param rows of a batch
 * @param seed decides everything random of the try
 */
public record Shape(int inputs, int outputs, int rows, long seed) {

    /** {@code 17→33, 5 rows, seed 42}. */
    @Override
    public String toString() {
        return inputs + "->" + outputs + ", " + rows + (rows == 1 ? " row" : " rows") + ", seed " + seed;
    }
}
