package lanewise.train;

/**
 * How an epoch's samples fall into batches.
 *
 * @param size number of samples
 * @param rows of a batch
 * @param rowwise whether a batch may have a single row
 */
record Batches(int size, int rows, boolean rowwise) {

    /** Whether a last row, which would be alone, joins the batch before. */
    private boolean joined() {
        return !rowwise && size > rows && size % rows == 1;
    }

    /** Rows of the largest. */
    int most() {
        return joined() ? rows + 1 : rows;
    }

    /** Number of batches. */
    long count() {
        return ((long) size + rows - 1) / rows - (joined() ? 1 : 0);
    }

    /** Number of batches before the one that begins with this sample. */
    long stepsTo(int from) {
        return from == size ? count() : from / rows;
    }

    /** Whether a batch begins with this sample. */
    boolean begins(int from) {
        return from == size || from < size && from % rows == 0 && !(joined() && from == size - 1);
    }

    /** Rows of the batch that begins with this sample. */
    int rowsFrom(int from) {
        int left = size - from;
        return left == rows + 1 ? most() : Math.min(rows, left);
    }
}
