package lanewise.kernel;

/**
 * The table of tiles: which body of {@code VectorTiles} runs for which operation, stride and number of rows, at which
 * lane width.
 *
 * <p>A tile is rows × vectors, and ends its method's name: {@code forward4x2} takes four rows by two vectors. In the input
 * gradient, whose outputs are the inputs, it is rows × inputs above the narrow strides. Of several
 * tiles the widest runs as long as it fits into the columns that are left, then the next; where the narrowest of a forward
 * pass does not fit, it begins earlier and computes some columns again. Where there is no tile, rows are done one by one.
 */
enum Tiling {
    // operation, then the tiles at 128, 256 and 512 bit

    /** One row of a layer with strides above {@link Kernels#NARROW}, from a list of its non-zero inputs or without. */
    FORWARD("forward", "1x8 1x4", "1x8 1x4", "1x8 1x4"),

    /**
     * One row of a narrow layer from a list, segment by segment; or without a list, if a tile of eight vectors, whose sums do not
     * have to wait for each other, takes all columns or half of them.
     */
    FORWARD_NARROW("forward", "1x8 1x4", "1x8 1x4 1x2", "1x4 1x1"),

    /** One row of a narrow layer without a list, four segments at once. */
    SEGMENTS("segments", "1x2 1x1", "1x2 1x1", "1x2 1x1"),

    /** Four rows with strides above {@link Kernels#NARROW}: sixteen sums fit the registers of 512-bit CPUs alone. */
    FORWARD_ROWS("forward", "4x2", "4x2", "4x4"),

    /** Four rows of a narrow layer without a list, four segments at once. */
    SEGMENTS_ROWS("segments", "", "", "4x1"),

    /** The weights' update by one row, of any stride. */
    UPDATE("update", "1x8 1x4", "1x8 1x4 1x2", "1x8 1x4 1x1"),

    /** The weights' update by some rows, two inputs without a zero, in panels of columns. */
    UPDATE_ROWS("updateRows", "2x4", "2x4 2x2", "2x4 2x2 2x1"),

    /** The same by the rows where an input is not zero. */
    UPDATE_LISTED("updateListed", "1x8 1x4", "1x8 1x4 1x2", "1x4 1x2 1x1"),

    /** An update and the next forward pass in one, of any stride. */
    UPDATE_FORWARD("updateForward", "1x8 1x4", "1x8 1x4 1x2", "1x8 1x4 1x1"),

    /** Updates that wait, each for a row of weights, and a forward pass over these rows in one, of any stride. */
    LISTED_FORWARD("listedForward", "1x8 1x4", "1x8 1x4 1x2", "1x8 1x4 1x1"),

    /** The input gradient of a narrow layer, one input by a whole row of weights. */
    NARROW_BACKWARD_128("narrow128Backward", "1x16 1x12 1x8 1x4", "", ""),

    /** The same at 256 bit, where the sixteen sums are two vectors and not four. */
    NARROW_BACKWARD_256("narrow256Backward", "", "1x8 1x6 1x4 1x2", ""),

    /** The input gradient of one row by eight inputs, strides above {@link Kernels#NARROW}. */
    BACKWARD_ROW("backward", "1x8", "1x8", ""),

    /** The input gradient of two rows by four inputs, likewise. */
    BACKWARD_ROWS("backward", "2x4", "2x4", ""),

    /** The input gradient at 512 bit, eight inputs by one vector: their sums fill half a vector. */
    BACKWARD_512("backward", "", "", "8x1");

    private final String operation;
    private final String[] tiles;

    /** The tiles' vectors, widest first, at each width. */
    private final int[][] vectors;

    Tiling(String operation, String at128, String at256, String at512) {
        this.operation = operation;
        tiles = new String[] {at128, at256, at512};
        vectors = new int[tiles.length][];
        for (int width = 0; width < tiles.length; width++) {
            String[] all = tiles[width].isEmpty() ? new String[0] : tiles[width].split(" ");
            vectors[width] = new int[all.length];
            for (int k = 0; k < all.length; k++) vectors[width][k] = Integer.parseInt(all[k].substring(2));
        }
    }

    /** The name that all its methods begin with. */
    String operation() {
        return operation;
    }

    /** The tiles at a width, separated by spaces. */
    String tiles(int lanes) {
        return tiles[width(lanes)];
    }

    /** The row of the table's arrays for 4, 8 or 16 lanes. */
    private static int width(int lanes) {
        return lanes >> 3;
    }

    /** Whether there is a tile at this width. */
    boolean exists(int lanes) {
        return vectors[width(lanes)].length > 0;
    }

    /** Rows of a tile at this width. */
    int rows(int lanes) {
        return tiles[width(lanes)].charAt(0) - '0';
    }

    /** Vectors of the tile for the next of so many columns: the widest that fits, else the narrowest. */
    int next(int lanes, int columns) {
        int[] widths = vectors[width(lanes)];
        int k = 0;
        while (k < widths.length - 1 && widths[k] * lanes > columns) k++;
        return widths[k];
    }
}
