package lanewise.check;

/**
 * The derivative of one function of one variable at one point, from values at ever smaller steps: central differences,
 * extrapolated to step zero (Ridders 1982; Press et al., Numerical Recipes, 3rd ed., §5.7), with a bound of the error.
 *
 * <p>Steps halve, h₀ &gt; h₁ &gt; …. With D(h) = (f(x + h) − f(x − h)) / 2h, or the derivative of the parabola through the
 * three values where floats do not lie at equal distances, the tableau is
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
 * of value ± error do not meet, or smaller steps show a larger jump. Large steps may agree by chance, or all lead to where a
 * function saturates; the smallest cannot be far from the derivative but by
 * noise, which is known (Lepski 1990).
 */
final class Ridders {

    /** Steps at most. */
    static final int LEVELS = 20;

    /** Extrapolations at most: beyond h¹⁰ float functions have nothing to give. */
    private static final int ORDERS = 5;

    /** Steps at the end whose differences scatter by noise alone. */
    private static final int SCATTERED = 6;

    /** Smaller steps come to another derivative if they are so many times nearer to it. */
    private static final double NEAR = 4;

    /** How many standard deviations of the noise count. */
    static final double DEVIATIONS = 8;

    private final double[] h = new double[LEVELS];
    private final double[] upper = new double[LEVELS];
    private final double[] lower = new double[LEVELS];
    private final double[] aboves = new double[LEVELS];
    private final double[] belows = new double[LEVELS];
    private final double[] deviations = new double[LEVELS];
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
        double up = minus / (plus * (plus + minus)), down = plus / (minus * (plus + minus));
        double d = up * above - down * below;
        if (!(plus > 0 && minus > 0) || !Double.isFinite(d) || count == LEVELS) return;
        int i = count++;
        number[i] = added - 1;
        h[i] = (plus + minus) / 2;
        upper[i] = plus;
        lower[i] = minus;
        aboves[i] = above;
        belows[i] = below;
        deviations[i] = deviation;
        a[0][i] = d;
        noise[0][i] = deviation * StrictMath.sqrt(up * up + down * down + (up - down) * (up - down));
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

    /**
     * Measures the noise by how much the central differences of the smallest steps scatter, and takes it into account if it
     * is more than was known: that of a function in double that rounds to floats on its way does not show between floats at
     * equal distances.
     */
    void scatter() {
        double largest = 0;
        for (int i = Math.max(2, count - SCATTERED); i < count; i++) {
            // Of truncation each is a quarter of the one before.
            double rest = a[0][i] - a[0][i - 1] - (a[0][i - 1] - a[0][i - 2]) / 4;
            largest = Math.max(largest, Math.abs(rest) * h[i] / 0.8);
        }
        int n = count;
        double[] deviations = this.deviations.clone();
        count = 0;
        for (int i = 0; i < n; i++) {
            added = number[i];
            add(upper[i], lower[i], aboves[i], belows[i], Math.max(deviations[i], largest));
        }
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

    /**
     * Whether smaller steps come near to another derivative, twice in a row, whatever is thought of their noise: where a
     * function bends much, that is thought to be more than it is, and large steps agree where a function saturates.
     */
    boolean comesTo(double other) {
        if (order == 0) return false;
        double near = Math.abs(a[order][last] - other) / NEAR;
        for (int i = last + 1; i + 1 < count && moves(i + 1); i++)
            if (Math.abs(a[1][i] - other) <= near && Math.abs(a[1][i + 1] - other) <= near) return true;
        return false;
    }

    /** Whether the function changed at this step: of one that stands still there is no derivative. */
    private boolean moves(int i) {
        return aboves[i] != 0 || belows[i] != 0;
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

    /** The part of {@link #error} that is due to a jump of the derivative. */
    double jump() {
        return order == 0 ? 0 : Math.abs(jumps[order][last]);
    }

    /**
     * The jump of each of many functions whose sum this line is of: what kinks of some take away from the sum's jump, if
     * they bend the other way, does not take anything away from the error.
     *
     * @param above by step and function: f(x + h) − f(x)
     * @param below by step and function: f(x − h) − f(x)
     * @param weights of the functions in the sum
     * @param variances of their values
     * @param from the first function
     * @param to after the last
     * @return sum of the jumps' absolute values over the functions with a jump of more than noise explains, and the absolute
     *     value of the sum over the others; and how far the first of these changes with the last halving of the step, beyond noise
     */
    double[] jumps(double[][] above, double[][] below, double[] weights, double[] variances, int from, int to) {
        if (order == 0) return new double[] {0, 0};
        double[] factors = new double[order + 1];
        for (int k = 0; k <= order; k++) {
            double[] one = new double[order + 1];
            one[k] = 1;
            for (int j = 1; j <= order; j++)
                for (int i = order; i >= j; i--) {
                    double power = 1 << 2 * j - 1;
                    one[i] = (power * one[i] - one[i - 1]) / (power - 1);
                }
            factors[k] = one[order];
        }
        double perDeviation = 0, single = 0, others = 0, change = 0;
        for (int k = 0; k <= order; k++)
            perDeviation += Math.abs(factors[k]) * StrictMath.sqrt(6) / (2 * h[last - order + k]);
        for (int e = from; e < to; e++) {
            if (above[number[last]][e] == 0 && below[number[last]][e] == 0) continue;
            double jump = 0, before = 0, now = 0;
            for (int k = 0; k <= order; k++) {
                int i = last - order + k;
                before = now;
                now = (above[number[i]][e] / upper[i] + below[number[i]][e] / lower[i]) / 2;
                jump += factors[k] * now;
            }
            if (Math.abs(jump) > DEVIATIONS * perDeviation * StrictMath.sqrt(variances[e])) {
                single += Math.abs(weights[e] * jump);
                double noise = DEVIATIONS * StrictMath.sqrt(7.5 * variances[e]) / (2 * h[last]);
                change += Math.abs(weights[e]) * Math.max(0, Math.abs(now - before) - noise);
            } else others += weights[e] * jump;
        }
        return new double[] {single + Math.abs(others), change};
    }

    /** The place among the steps of the largest that the value is made of. */
    int first() {
        // The first step of all serves caution alone to judge the others.
        return order == 0 ? 0 : Math.max(0, number[last - order] - (cautious ? 1 : 0));
    }

    /** Whether smaller steps may still help: their noise alone is below the error so far. */
    boolean mayImprove() {
        if (count == 0) return true;
        return count < LEVELS && 2 * DEVIATIONS * noise[0][count - 1] < error();
    }
}
