package lanewise.layer;

import lanewise.memory.Slice;

/**
 * The numbers that a loss takes for targets: {@link Loss#targets} says which. By its kind a loss refuses other targets
 * before a training begins, and a gradient check draws those that are legal, the rare ones among them.
 */
public enum Targets {

    /** Not said: every finite number, of which a loss may refuse some. */
    ANY("a finite number expected"),

    /** One column: a class's index, an integer from 0 to outputs − 1. */
    CLASS(""),

    /** 0 for no, 1 for yes. */
    BINARY("0 or 1 expected"),

    /** −1 for no, +1 for yes. */
    SIGN("-1 or +1 expected"),

    /** A probability in [0, 1] in each column by itself. */
    PROBABILITY("a probability from 0 to 1 expected"),

    /** A probability in each column, with the sum 1 in each row. */
    DISTRIBUTION("a probability from 0 to 1 expected, with the sum 1 in each row"),

    /** An integer that is not negative. */
    COUNT("a count expected, an integer that is not negative"),

    /** A number that is not negative: a rate, or a class's probability times the row's weight. */
    NON_NEGATIVE("a probability expected, or another number that is not negative"),

    /** Every finite number. */
    REAL("a finite number expected");

    /** How far the sum of a row of probabilities may be from 1. */
    private static final double TOLERANCE = 1e-3;

    private final String expected;

    Targets(String expected) {
        this.expected = expected;
    }

    /**
     * Why a row is not of this kind, in words that follow the row's name.
     *
     * @param targets rows × columns; not modified
     * @param row which row
     * @param outputs the network's outputs
     * @return null if the row is of this kind
     */
    public String refusal(Slice targets, int row, int outputs) {
        float[] t = targets.array();
        int at = targets.at(row), n = targets.columns();
        if (this == CLASS) {
            if (n == 1 && isIndex(t[at], outputs)) return null;
            return n != 1
                    ? "one column for the class's index expected, but there are " + n
                    : "target class " + t[at] + ", an integer from 0 to " + (outputs - 1) + " expected";
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            if (!holds(t[at + i])) return "target " + i + " is " + t[at + i] + ", " + expected + advice(t[at + i]);
            sum += t[at + i];
        }
        return this == DISTRIBUTION && Math.abs(sum - 1) > TOLERANCE
                ? "the targets sum to " + (float) sum + ", 1 expected"
                : null;
    }

    private static boolean isIndex(float label, int outputs) {
        return label >= 0 && label < outputs && label == (int) label;
    }

    /** Whether a single target may be so. */
    private boolean holds(float t) {
        return switch (this) {
            case ANY, REAL, CLASS -> Float.isFinite(t);
            case BINARY -> t == 0f || t == 1f;
            case SIGN -> t == -1f || t == 1f;
            case PROBABILITY, DISTRIBUTION -> t >= 0f && t <= 1f;
            case NON_NEGATIVE -> t >= 0f && t < Float.POSITIVE_INFINITY;
            case COUNT -> t >= 0f && t < Float.POSITIVE_INFINITY && t == (float) Math.rint(t);
        };
    }

    /** What a target of another kind would be in this one. */
    private String advice(float t) {
        if (this == SIGN && t == 0f) return "; for targets of 0 and 1, 2t - 1";
        if ((this == PROBABILITY || this == BINARY) && t == -1f) return "; for targets of -1 and 1, (t + 1) / 2";
        return "";
    }

    /**
     * Draws targets of this kind, for tests: usual ones, and in some rows those at which losses go wrong, such as the first
     * and the last class, exact zeros and ones, whole rows of one number, and rows that do not sum to 1 if they need not.
     * Neighbouring rows are drawn in different manners.
     *
     * @param targets rows × columns, overwritten; {@link #ANY} draws probabilities that sum to 1
     * @param outputs the network's outputs
     * @param random the only source of randomness
     */
    public void draw(Slice targets, int outputs, RandomSource random) {
        int shift = random.nextInt(1 << 16), n = targets.columns();
        float[] row = new float[n];
        for (int r = 0; r < targets.rows(); r++) {
            draw(row, shift + r, outputs, random);
            for (int c = 0; c < n; c++) targets.set(r, c, row[c]);
        }
    }

    private void draw(float[] row, int manner, int outputs, RandomSource random) {
        switch (this) {
            case CLASS -> {
                int label = manner % 5 == 0 ? 0 : manner % 5 == 1 ? outputs - 1 : random.nextInt(outputs);
                java.util.Arrays.fill(row, label);
            }
            case BINARY -> yesOrNo(row, manner, 0f, random);
            case SIGN -> yesOrNo(row, manner, -1f, random);
            case PROBABILITY -> {
                if (manner % 5 == 0) yesOrNo(row, manner / 5, 0f, random);
                else
                    for (int c = 0; c < row.length; c++) {
                        float inside = random.uniform() * 0.998f + 0.001f;
                        int rare = manner % 5 == 1 ? random.nextInt(4) : 4;
                        row[c] = rare == 0 ? 0f : rare == 1 ? 1f : rare == 2 ? inside * 0x1p-7f : inside;
                    }
            }
            case ANY, DISTRIBUTION -> distribution(row, manner, random);
            case COUNT -> {
                int[] most = {1, 2, 4, 11, 4};
                for (int c = 0; c < row.length; c++) row[c] = random.nextInt(most[manner % 5]);
            }
            case NON_NEGATIVE -> {
                switch (manner % 5) {
                    case 0 -> distribution(row, manner / 5, random);
                    case 1 -> COUNT.draw(row, manner / 5, outputs, random);
                    default -> {
                        float size = manner % 5 == 2 ? 0x1p-5f : manner % 5 == 3 ? 3f : 1f;
                        for (int c = 0; c < row.length; c++)
                            row[c] = random.nextInt(5) == 0 ? 0f : size * random.uniform() + 0x1p-12f;
                    }
                }
            }
            case REAL -> {
                switch (manner % 6) {
                    case 0 -> NON_NEGATIVE.draw(row, manner / 6, outputs, random);
                    case 1 -> {
                        for (int c = 0; c < row.length; c++) row[c] = random.nextInt(9) - 4;
                    }
                    case 2 -> {
                        for (int c = 0; c < row.length; c++) row[c] = -random.uniform() * 2;
                    }
                    case 3 -> distribution(row, manner / 6, random);
                    default -> {
                        for (int c = 0; c < row.length; c++)
                            row[c] = random.nextInt(5) == 0 ? 0f : random.normal() * (manner % 6 == 4 ? 3f : 0.5f);
                    }
                }
            }
        }
    }

    /** A row all no, all yes, or mixed. */
    private static void yesOrNo(float[] row, int manner, float no, RandomSource random) {
        for (int c = 0; c < row.length; c++)
            row[c] = manner % 4 == 0 || manner % 4 != 1 && random.nextLong() < 0 ? no : 1f;
    }

    /** A row that sums to 1: a single class, a few, or all. */
    private static void distribution(float[] row, int manner, RandomSource random) {
        int n = row.length;
        if (n == 1) {
            row[0] = random.uniform() * 0.998f + 0.001f;
            return;
        }
        java.util.Arrays.fill(row, 0f);
        if (manner % 4 == 0) {
            row[random.nextInt(4) == 0 ? 0 : random.nextInt(4) == 0 ? n - 1 : random.nextInt(n)] = 1f;
            return;
        }
        double sum = 0;
        int kept = random.nextInt(n);
        for (int c = 0; c < n; c++) {
            if (manner % 4 == 1 && c != kept && random.nextLong() < 0) continue;
            row[c] = random.uniform() + 0x1p-10f;
            sum += row[c];
        }
        // In steps that make the floats' sum exact.
        double rest = 1;
        for (int c = 0; c < n; c++) {
            row[c] = (float) (Math.rint(row[c] / sum * 0x1p20) * 0x1p-20);
            rest -= row[c];
        }
        row[kept] = (float) Math.max(0, row[kept] + rest);
    }

    /** The name in small letters. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
