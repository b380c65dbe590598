package lanewise.kernel;

/**
 * The table of tiles: which body of {@code VectorTiles} runs for which operation, stride and number of rows, at which
 * lane width.
 *
 * <p>A tile is rows × vectors, and ends its method's name: {@code panel4x2} takes four rows by two vectors. Of several
 * tiles the widest runs as long as it fits into the columns that are left, then the next; where the narrowest of a forward
 * pass does not fit, it begins earlier and computes some columns again. Where there is no tile, rows are done one by one.
 */
enum Tiling {
    // operation, then the tiles at 128, 256 and 512 bit

    /** One row of a layer with strides above {@link Kernels#NARROW}, from a list of its non-zero inputs or without. */
    FORWARD("forward", "1x8 1x4", "1x8 1x4", "1x8 1x4"),

    /** One row of a narrow layer from a list, segment by segment. */
    FORWARD_NARROW("forward", "1x4 1x1", "1x4 1x1", "1x4 1x1"),

    /** One row of a narrow layer without a list, four segments at once. */
    SEGMENTS("segments", "1x2 1x1", "1x2 1x1", "1x2 1x1"),

    /** Four rows with strides above {@link Kernels#NARROW}: sixteen sums fit the registers of 512-bit CPUs alone. */
    FORWARD_ROWS("forward", "", "", "4x4"),

    /** Four rows of any stride over a panel of weights. */
    PANEL("panel", "4x2", "4x2", ""),

    /** Four rows of a narrow layer over a segment's panel of weights. */
    PANEL_SEGMENT("panelSegment", "4x2", "4x2", ""),

    /** Rows of strides above {@link Kernels#NARROW}, each over its own list, a block of inputs at a time. */
    LISTED("listed", "1x8 1x4", "1x8 1x4 1x2", "1x8 1x4 1x1"),

    /** Rows of a narrow layer, each over its own list, a segment at a time. */
    LISTED_SEGMENT("listedSegment", "1x8 1x4", "1x8 1x4 1x2", "1x4 1x1"),

    /** Four rows of a narrow layer without a list, four segments at once. */
    SEGMENTS_ROWS("segments", "", "", "4x1"),

    /** The weights' update by one row, of any stride. */
    UPDATE("update", "1x8 1x4 1x1", "1x8 1x4 1x1", "1x8 1x4 1x1"),

    /** An update and the next forward pass in one, of any stride. */
    UPDATE_FORWARD("updateForward", "1x8 1x4 1x1", "1x8 1x4 1x1", "1x8 1x4 1x1"),

    /** Pending updates and a forward pass in one, strides above {@link Kernels#NARROW} that this tile divides. */
    SLOTS_FORWARD("slotsForward", "1x8", "1x8", "1x8"),

    /** The gradient of a row's inputs, so many rows of weights at once: their sums fill half a vector. */
    BACKWARD("backward", "2x4", "4x2", "8x1");

    private final String operation;
    private final String[] tiles;

    /** The tiles' vectors, widest first, at each width. */
    private final int[][] vectors;

    Tiling(String operation, String at128, String at256, String at512) {
        this.operation = operation;
        tiles = new String[] {at128, at256, at512};
        vectors = new int[tiles.length][];
        for (int width = 0; width < tiles.length; width++) {
            vectors[width] = new int[(tiles[width].length() + 1) / 4];
            for (int k = 0; k < vectors[width].length; k++) vectors[width][k] = tiles[width].charAt(4 * k + 2) - '0';
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
