package lanewise.check;

/**
 * The derivative of one function of one variable at one point, from values at ever smaller steps: central differences,
 * extrapolated to step zero (Ridders 1982; Press et al., Numerical Recipes, 3rd ed., §5.7), with a bound of the error.
 *
 * <p>Steps halve, h₀ &gt; h₁ &gt; …. With D(h) = (f(x + h) − f(x − h)) / 2h the tableau is
 *
 * <pre>
 *   a[0][i] = D(hᵢ)
 *   a[j][i] = (hᵢ₋ⱼ² · a[j−1][i] − hᵢ² · a[j−1][i−1]) / (hᵢ₋ⱼ² − hᵢ²)
 * </pre>
 *
 * <p>An entry's error has three parts. Truncation, as in Numerical Recipes: its larger distance from the two entries
 * that it was made of. Noise: {@link #DEVIATIONS} standard deviations of the values' rounding errors, carried through the
 * same combinations. And the jump: half the difference of the two one-sided differences,
 * E(h) = (f(x + h) − 2 f(x) + f(x − h)) / 2h, vanishes with h where f is smooth, as h f″/2 + h³ f⁗/24 + …;
 * extrapolated to h = 0 by its odd powers it is half the jump of the derivative at a kink within the steps, and so large
 * is the error that the kink causes.
 *
 * <p>The entry with the smallest sum of the three is taken, unless one of smaller steps contradicts it: their intervals
 * of value ± error do not meet, or smaller steps show a larger jump. Large steps may agree by chance; the smallest cannot be far from the derivative but by
 * noise, which is known (Lepski 1990).
 */
final class Ridders {

    /** Steps at most. */
    static final int LEVELS = 14;

    /** Extrapolations at most: beyond h¹⁰ float functions have nothing to give. */
    private static final int ORDERS = 5;

    /** How many standard deviations of the noise count. */
    static final double DEVIATIONS = 8;

    private final double[] h = new double[LEVELS];
    private final double[][] a = new double[ORDERS][LEVELS];
    private final double[][] noise = new double[ORDERS][LEVELS];
    private final double[][] jumps = new double[ORDERS][LEVELS];
    private final double[][] jumpNoises = new double[ORDERS][LEVELS];
    private final double[][] truncations = new double[ORDERS][LEVELS];
    private final double[][] errors = new double[ORDERS][LEVELS];
    private final int[] number = new int[LEVELS];
    private int count;
    private int added;

    /** The entry taken: its order, 0 if there is none, and its last step. */
    private int order;

    private int last;

    private boolean cautious;

    /**
     * Forgets all values.
     *
     * @param cautious whether to take entries of order 1 alone, and to believe no truncation error that is less than a
     *     quarter of the one before: what is not smooth makes higher orders worthless, and neighbours agree by chance
     */
    void clear(boolean cautious) {
        this.cautious = cautious;
        count = 0;
        added = 0;
        order = 0;
    }

    /**
     * Adds the values of the next smaller step; what is not finite is left out.
     *
     * @param plus the upper step, as it really was
     * @param minus the lower step, positive
     * @param above f(x + plus) − f(x)
     * @param below f(x − minus) − f(x)
     * @param deviation standard deviation of the rounding error of a value of f
     */
    void add(double plus, double minus, double above, double below, double deviation) {
        added++;
        double d = (above - below) / (plus + minus);
        if (!(plus > 0 && minus > 0) || !Double.isFinite(d) || count == LEVELS) return;
        int i = count++;
        number[i] = added - 1;
        h[i] = (plus + minus) / 2;
        a[0][i] = d;
        noise[0][i] = deviation * StrictMath.sqrt(2) / (2 * h[i]);
        jumps[0][i] = (above / plus + below / minus) / 2;
        jumpNoises[0][i] = deviation * StrictMath.sqrt(6) / (2 * h[i]);
        for (int j = 1; j <= Math.min(i, ORDERS - 1); j++) {
            double large = h[i - j] * h[i - j], small = h[i] * h[i], difference = large - small;
            a[j][i] = (large * a[j - 1][i] - small * a[j - 1][i - 1]) / difference;
            noise[j][i] = (large * noise[j - 1][i] + small * noise[j - 1][i - 1]) / difference;
            double power = 1 << 2 * j - 1;
            jumps[j][i] = (power * jumps[j - 1][i] - jumps[j - 1][i - 1]) / (power - 1);
            jumpNoises[j][i] = (power * jumpNoises[j - 1][i] + jumpNoises[j - 1][i - 1]) / (power - 1);
            double truncation = Math.max(Math.abs(a[j][i] - a[j - 1][i]), Math.abs(a[j][i] - a[j - 1][i - 1]));
            if (cautious && i > j) truncation = Math.max(truncation, truncations[j][i - 1] / 4);
            truncations[j][i] = truncation;
            errors[j][i] = truncation + Math.abs(jumps[j][i]) + DEVIATIONS * noise[j][i];
        }
        choose();
    }

    private void choose() {
        order = 0;
        for (int i = cautious ? 2 : 1; i < count; i++)
            for (int j = 1; j <= Math.min(i, cautious ? 1 : ORDERS - 1); j++)
                if ((order == 0 || errors[j][i] < errors[order][last]) && !contradicted(j, i)) {
                    order = j;
                    last = i;
                }
    }

    /** Whether an entry of smaller steps leaves no room for this one. */
    private boolean contradicted(int j, int i) {
        for (int finer = i + 1; finer < count; finer++)
            if (Math.abs(a[1][finer] - a[j][i]) > errors[1][finer] + errors[j][i]
                    || Math.abs(jumps[j][finer]) - DEVIATIONS * jumpNoises[j][finer] > errors[j][i]) return true;
        return false;
    }

    /** The derivative; NaN before two steps gave finite values. */
    double value() {
        return order == 0 ? Double.NaN : a[order][last];
    }

    /** Bound of the error of {@link #value}; infinite before two steps gave finite values. */
    double error() {
        return order == 0 ? Double.POSITIVE_INFINITY : errors[order][last];
    }

    /** Whether the derivative jumps within the steps, by more than noise explains. */
    boolean kink() {
        return order > 0 && Math.abs(jumps[order][last]) > DEVIATIONS * jumpNoises[order][last];
    }

    /** The place among the steps of the largest that the value is made of. */
    int first() {
        return order == 0 ? 0 : number[last - order];
    }

    /** Whether smaller steps may still help: their noise alone is below the error so far. */
    boolean mayImprove() {
        if (count == 0) return true;
        return count < LEVELS && 2 * DEVIATIONS * noise[0][count - 1] < error();
    }
}
