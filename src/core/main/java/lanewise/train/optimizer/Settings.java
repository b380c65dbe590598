package lanewise.train.optimizer;

/** What optimizers have in common: checks of their settings. */
final class Settings {

    /** Floats that a rule of two kernels takes at a time, so that they stay in the first-level cache between the two. */
    static final int PIECE = 1024;

    private Settings() {}

    /** A factor by which something decays: from 0, below 1. */
    static void decay(String name, double value) {
        if (!(value >= 0 && value < 1))
            throw new IllegalArgumentException(name + " " + value + ", at least 0 and less than 1 expected");
    }

    static void positive(String name, double value) {
        if (!((float) value >= Float.MIN_NORMAL && (float) value < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException(name + " " + value + ", a positive finite number expected");
    }

    static void notNegative(String name, double value) {
        if (!(value >= 0 && (float) value < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException(name + " " + value + ", zero or a positive finite number expected");
    }
}
