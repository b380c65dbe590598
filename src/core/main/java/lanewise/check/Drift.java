package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import lanewise.layer.RandomSource;

/**
 * The relative error that many entries of a gradient have in common: a factor of 1.00001, say, which no entry shows alone.
 *
 * <p>Entries move together, each in the direction of its own analytic derivative gᵢ, by uᵢ = ± its scale · (½ … 1) with
 * the sign of gᵢ. The analytic derivative along that direction is A = Σ gᵢuᵢ = Σ |gᵢuᵢ|, in which a common error adds up
 * and independent ones do not, and the numeric one is N, from the same central differences and the same extrapolation as
 * in {@link Ridders}. The error of N is bounded by
 *
 * <pre>
 *   truncation + Σ |vₑ Jₑ| over elements e with a kink + |Σ vₑ Jₑ| over the others + 8 σ
 * </pre>
 *
 * where Jₑ is an element's jump, which belongs to a kink if it exceeds 8 of its own standard deviations (in a sum over all
 * elements, kinks cancel though their errors do not), and σ² = Σ vₑ² σₑ² carried through the extrapolation. As an element's
 * rounding errors are independent of another's, σ / N falls with the root of their number. Rounding errors of the
 * gradient's entries may have a cause in common, so they count as fully correlated: 8 Σ σ(gᵢ) |uᵢ|. And a share of N is
 * allowed for what a float function is systematically off.
 *
 * <p>Several directions are added up, since their rounding errors are independent. There is an error if |A − N| is beyond
 * this bound, and beyond it on the same side again along others, and at points nearby. Entries that seem wrong alone are
 * left out.
 */
final class Drift {

    /** How often it must show. */
    private static final int LOOKS = 2;

    /** Points nearby at which it must show as well. */
    private static final int NEARBY = 2;

    /** Elements of all directions of a look together, about, and directions at least and at most. */
    private static final int ELEMENTS = 4096, FEWEST = 2, MOST = 32;

    /** Entries that all directions move together, about. */
    private static final int MOVES = 1 << 20;

    /** Largest steps, relatively; halvings; extrapolations. */
    private static final double LARGEST = 2;

    private static final int LEVELS = 17, ORDERS = 5;

    /** What is allowed, relatively: of a float function, and where values are in double. */
    private static final double ALLOWED = 0x1p-19, ALLOWED_IN_DOUBLE = 0x1p-21;

    /** Fewest entries of a group, and groups by size. */
    private static final int LEAST = 8, PARTS = 4;

    /** Bits of a double's exponent; added to a number and taken away, this much more leaves a float's digits. */
    private static final long EXPONENT = 0x7ff0_0000_0000_0000L;

    private static final double WHOLE = 0x1.8p29;

    /** Beyond this, errors that would be found are too large to speak of. */
    private static final double WORTHLESS = 1;

    private final Subject subject;
    private final Subject.Variable v;
    private final boolean inDouble;

    /** A / N − 1, and how large it would have to be to be seen. */
    private double relative;

    private double visible = Double.POSITIVE_INFINITY;

    private final Group group;

    private Drift(Subject subject, Subject.Variable v, Group group) {
        this.group = group;
        this.subject = subject;
        this.v = v;
        inDouble = subject.exactLoss();
    }

    /**
     * Of all entries of a variable and of some groups of them: the first group that has an error in common, or all entries
     * if none has. The subject is at its point, and its noise is measured.
     *
     * @param alone entries that seem wrong alone
     * @param parts whether to look at groups, too
     */
    static Drift of(Subject subject, Subject.Variable v, Set<Integer> alone, boolean parts, RandomSource random) {
        Drift all = null;
        for (Group group : groups(v, parts)) {
            if (all != null && !group.isLarge(v)) continue;
            Drift drift = new Drift(subject, v, group.without(alone));
            drift.measure(random);
            if (drift.found()) return drift;
            if (all == null) all = drift;
        }
        return all;
    }

    /** Whether it shows at points nearby, to which the subject moves, too. */
    boolean confirmed(RandomSource random) {
        for (int i = 0; i < NEARBY; i++) {
            SecondLook.moveNearby(subject, random);
            subject.begin();
            Noise.measure(subject, random);
            Drift there = new Drift(subject, v, group);
            there.measure(random);
            if (there.relative * relative <= 0) return false;
        }
        return true;
    }

    /** Some entries of a variable. */
    private record Group(String name, IntPredicate has) {

        Group without(Set<Integer> entries) {
            return new Group(name, i -> has.test(i) && !entries.contains(i));
        }

        /** Whether it has so many entries that they tell more than each alone, and leaves out some. */
        boolean isLarge(Subject.Variable v) {
            int count = 0;
            for (int i = 0; i < v.count(); i++) if (has.test(i)) count++;
            return count >= LEAST && count < v.count();
        }
    }

    /** All entries first; then by the sign and size of the value, by column and row. */
    private static List<Group> groups(Subject.Variable v, boolean parts) {
        int rows = v.values.rows(), columns = v.values.columns();
        List<Group> groups = new ArrayList<>();
        groups.add(new Group("all entries", i -> true));
        if (!parts) return groups;
        // The point moves later on.
        float[] base = v.base.clone(), sizes = base.clone();
        groups.add(new Group("the entries where " + v.name + " is above 0", i -> base[i] > 0));
        groups.add(new Group("the entries where " + v.name + " is below 0", i -> base[i] < 0));
        for (int i = 0; i < sizes.length; i++) sizes[i] = Math.abs(sizes[i]);
        Arrays.sort(sizes);
        for (int part = 0; part < PARTS; part++) {
            float from = part == 0 ? 0 : sizes[part * sizes.length / PARTS];
            float to = part == PARTS - 1 ? Float.POSITIVE_INFINITY : sizes[(part + 1) * sizes.length / PARTS];
            String range = part == PARTS - 1 ? " is at least " + from : " is from " + from + " to " + to;
            groups.add(new Group(
                    "the entries where |" + v.name + "|" + range,
                    i -> Math.abs(base[i]) >= from && Math.abs(base[i]) < to));
        }
        int middle = (columns + 1) / 2, half = (rows + 1) / 2;
        if (columns > 1) {
            groups.add(new Group("the entries in columns 0 to " + (middle - 1), i -> i % columns < middle));
            groups.add(new Group("the entries from column " + middle + " on", i -> i % columns >= middle));
        }
        if (rows > 1) {
            groups.add(new Group("the entries in rows 0 to " + (half - 1), i -> i / columns < half));
            groups.add(new Group("the entries from row " + half + " on", i -> i / columns >= half));
        }
        return groups;
    }

    private void measure(RandomSource random) {
        double sum = 0;
        for (int look = 0; look < LOOKS; look++) {
            double[] one = look(group.has, random);
            if (one == null) return;
            visible = look == 0 ? one[1] : Math.max(visible, one[1]);
            if (Math.abs(one[0]) <= one[1] || sum * one[0] < 0) return;
            sum += one[0];
        }
        relative = sum / LOOKS;
    }

    /** Whether there is an error in common. */
    boolean found() {
        return relative != 0;
    }

    /** The entries that have it in common, in words. */
    String group() {
        return group.name;
    }

    /** The error, as a share of the derivative: 1e-5 for a factor of 1.00001. */
    double relative() {
        return relative;
    }

    /** The smallest error in common that would have been found; infinite if none. */
    double visible() {
        return visible < WORTHLESS ? visible : Double.POSITIVE_INFINITY;
    }

    /** A / N − 1 of some directions together, and its bound; null if the group has no gradient. */
    private double[] look(IntPredicate group, RandomSource random) {
        int count = v.count(), elements = subject.weights.length;
        int most = Math.min(MOST, MOVES / count);
        int directions = Math.max(FEWEST, Math.min(most, ELEMENTS / elements)), n = directions * elements;
        double[][] units = new double[directions][count];
        double analytic = 0, deviation = 0;
        for (double[] unit : units)
            for (int i = 0; i < count; i++) {
                double share = 0.5 + 0.5 * random.uniform();
                if (!group.test(i) || v.analytic[i] == 0) continue;
                unit[i] = v.scale(i) * share * Math.signum(v.analytic[i]);
                analytic += v.analytic[i] * unit[i];
                deviation += v.deviation[i] * Math.abs(unit[i]);
            }
        if (analytic == 0) return null;
        double[] up = new double[elements], down = new double[elements];
        double[][] value = new double[ORDERS][LEVELS], noise = new double[ORDERS][LEVELS];
        double[][] truncation = new double[ORDERS][LEVELS];
        double[][] jump = new double[ORDERS][n], before = new double[ORDERS][n];
        double[] jumpNoise = new double[ORDERS], jumpNoiseBefore = new double[ORDERS];
        double best = Double.NaN, error = Double.POSITIVE_INFINITY;
        for (int i = 0; i < LEVELS; i++) {
            double t = Math.scalb(LARGEST, -i), variance = 0;
            for (int d = 0, at = 0; d < directions; d++) {
                double correction = move(units[d], t) / 2;
                subject.evaluate(up);
                correction += move(units[d], -t) / 2;
                subject.evaluate(down);
                double sum = 0;
                for (int e = 0; e < elements; e++, at++) {
                    double above = up[e] - subject.centre[e], below = down[e] - subject.centre[e];
                    double w = subject.weights[e];
                    sum += w * (above - below);
                    jump[0][at] = w * (above + below) / (2 * t);
                    variance += w * w * varianceOf(e, above, below);
                }
                value[0][i] += sum / (2 * t) - correction;
            }
            noise[0][i] = StrictMath.sqrt(2 * variance) / (2 * t);
            jumpNoise[0] = StrictMath.sqrt(6) / (2 * t);
            for (int j = 1; j <= Math.min(i, ORDERS - 1); j++) {
                double four = 1 << 2 * j, power = 1 << 2 * j - 1;
                value[j][i] = (four * value[j - 1][i] - value[j - 1][i - 1]) / (four - 1);
                noise[j][i] = (four * noise[j - 1][i] + noise[j - 1][i - 1]) / (four - 1);
                jumpNoise[j] = (power * jumpNoise[j - 1] + jumpNoiseBefore[j - 1]) / (power - 1);
                double together = 0, alone = 0;
                for (int e = 0; e < n; e++) {
                    double own = (power * jump[j - 1][e] - before[j - 1][e]) / (power - 1);
                    jump[j][e] = own;
                    double limit = Ridders.DEVIATIONS
                            * jumpNoise[j]
                            * Math.abs(subject.weights[e % elements])
                            * StrictMath.sqrt(subject.variances[e % elements]);
                    if (Math.abs(own) > limit) alone += Math.abs(own);
                    else together += own;
                }
                double distance =
                        Math.max(Math.abs(value[j][i] - value[j - 1][i]), Math.abs(value[j][i] - value[j - 1][i - 1]));
                // Neighbours may agree by chance, and where curvature jumps each order falls with the square alone.
                if (i > j) distance = Math.max(distance, truncation[j][i - 1] / 4);
                truncation[j][i] = distance;
                double whole = distance + alone + Math.abs(together) + Ridders.DEVIATIONS * noise[j][i];
                if (i > j && whole < error) {
                    error = whole;
                    best = value[j][i];
                }
            }
            double[][] swapped = before;
            before = jump;
            jump = swapped;
            System.arraycopy(jumpNoise, 0, jumpNoiseBefore, 0, ORDERS);
            // Smaller steps have more noise than the error so far.
            if (2 * Ridders.DEVIATIONS * noise[0][i] > error) break;
        }
        v.restore();
        if (!Double.isFinite(best) || best == 0 || error == Double.POSITIVE_INFINITY) return null;
        boolean precise = inDouble || subject.reference != null;
        double bound = error + Ridders.DEVIATIONS * deviation;
        return new double[] {
            (analytic - best) / Math.abs(best), bound / Math.abs(best) + (precise ? ALLOWED_IN_DOUBLE : ALLOWED)
        };
    }

    private double varianceOf(int e, double above, double below) {
        return above == 0 && below == 0 && !inDouble ? subject.quanta[e] : subject.variances[e];
    }

    /** Moves all entries by floats; returns what these change the derivative along the direction by, to first order. */
    private double move(double[] unit, double t) {
        float[] array = v.values.array();
        double correction = 0;
        for (int i = 0; i < unit.length; i++) {
            if (unit[i] == 0) continue;
            float base = v.base[i];
            double step = t * unit[i];
            // Of equal steps up and down, so that rounding them looks like no kink: of whole digits of the larger end.
            double end = Math.max(Float.MIN_NORMAL, Math.abs(base) + Math.abs(step));
            double whole = Double.longBitsToDouble(Double.doubleToRawLongBits(end) & EXPONENT) * WHOLE;
            float now = (float) (base + ((step + whole) - whole));
            array[v.places[i]] = now;
            correction += v.analytic[i] * ((double) now - base - step);
        }
        return correction / t;
    }
}
