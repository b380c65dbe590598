package lanewise.check;

/**
 * The derivative of one function of one variable at one point, from values at ever smaller steps: central differences,
 * extrapolated to step zero (Ridders 1982; Press et al., Numerical Recipes, 3rd ed., §5.7), with a bound of the error.
 *
 * <p>Steps halve, h₀ > h₁ > …. With D(h) = (f(x + h) − f(x − h)) / 2h the tableau is
 *
 * <pre>
 *   a[0][i] = D(hᵢ)
 *   a[j][i] = (hᵢ₋ⱼ² · a[j−1][i] − hᵢ² · a[j−1][i−1]) / (hᵢ₋ⱼ² − hᵢ²)
 * </pre>
 *
 * <p>An entry's error has three parts. Truncation, as in Numerical Recipes: its larger distance from the two entries
 * that it was made of. Noise: the standard deviation of the values' rounding errors, carried through the same
 * combinations. And the jump: half the difference of the two one-sided differences,
 * E(h) = (f(x + h) − 2 f(x) + f(x − h)) / 2h, vanishes with h where f is smooth, as h f″/2 + h³ f⁗/24 + …;
 * extrapolated to h = 0 by its odd powers it is half the jump of the derivative at a kink within the steps, and so is the
 * error that the kink causes. The entry with the smallest sum of the three is taken.
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
    private int count;

    private double value;
    private double error;
    private double jump;
    private double jumpNoise;
    private int first;
    private int added;

    /** Forgets all values. */
    void clear() {
        count = 0;
        added = 0;
        value = Double.NaN;
        error = Double.POSITIVE_INFINITY;
        jump = 0;
        jumpNoise = Double.POSITIVE_INFINITY;
        first = 0;
    }

    /**
     * Adds the values of the next smaller step.
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
            double deviations = DEVIATIONS * noise[j][i];
            double sum = truncation + Math.abs(jumps[j][i]) + deviations;
            if (sum < error) {
                error = sum;
                value = a[j][i];
                jump = Math.abs(jumps[j][i]);
                jumpNoise = DEVIATIONS * jumpNoises[j][i];
                first = added - 1 - j;
            }
        }
    }

    /** The derivative; NaN before two steps gave finite values. */
    double value() {
        return value;
    }

    /** Bound of the error of {@link #value}; infinite before two steps gave finite values. */
    double error() {
        return error;
    }

    /** Whether the derivative jumps within the steps, by more than noise explains. */
    boolean kink() {
        return jump > jumpNoise;
    }

    /** Half the jump. */
    double jump() {
        return jump;
    }

    /** The place among the steps of the largest that the value is made of. */
    int first() {
        return first;
    }

    /** Whether smaller steps may still help: their noise alone is below the error so far. */
    boolean mayImprove() {
        if (count == 0) return true;
        return count < LEVELS && 2 * DEVIATIONS * noise[0][count - 1] < error;
    }
}
