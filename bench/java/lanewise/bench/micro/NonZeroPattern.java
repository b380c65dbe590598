package lanewise.bench.micro;

import lanewise.layer.RandomSource;

/**
 * Which inputs of some rows are not zero: the same number in each row, each row at random places of its own. A function of
 * its arguments alone, so that the work of a benchmark is known without running it.
 *
 * @param nonZero by row and input
 * @param count of inputs that are not zero, in each row
 */
record NonZeroPattern(boolean[][] nonZero, int count) {

    /**
     * A pattern.
     *
     * @param rows how many
     * @param inputs of a row
     * @param zeros share of a row that is zero; one input is not zero at least
     */
    static NonZeroPattern of(int rows, int inputs, double zeros) {
        int count = (int) Math.max(1, Math.round((1 - zeros) * inputs));
        RandomSource random = new RandomSource(2);
        boolean[][] nonZero = new boolean[rows][inputs];
        for (boolean[] row : nonZero) {
            int missing = count;
            for (int i = 0; i < inputs; i++)
                if (random.nextInt(inputs - i) < missing) {
                    row[i] = true;
                    missing--;
                }
        }
        return new NonZeroPattern(nonZero, count);
    }

    /** Inputs that are not zero in one of the first rows at least. */
    int union(int rows) {
        int union = 0;
        for (int i = 0; i < nonZero[0].length; i++)
            for (int r = 0; r < rows; r++)
                if (nonZero[r][i]) {
                    union++;
                    break;
                }
        return union;
    }
}
