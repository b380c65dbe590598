package lanewise.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import lanewise.check.GradientReport.Status;
import lanewise.layer.RandomSource;

/**
 * Compares entries and directions that seem wrong again, at points nearby, and dismisses those that are right there. The
 * numeric derivatives are taken {@linkplain Differences#thorough cautiously}.
 *
 * <ol>
 *   <li>At most of three points nearby, at which zeros stay zero and tied inputs stay tied, it must be wrong again.
 *   <li>If it is not, it may be wrong at exactly its own value: at three more points that value stays, and it must be
 *       wrong at all of them, without any kink.
 *   <li>Where the layer has kinks at the point itself, a right gradient need not lie between the derivatives of both
 *       sides: several hidden units' kinks may meet there, each with a choice of its own. Then the parameters' zeros are
 *       moved; and if there are kinks still, so is everything but the entry itself, or the entries that are tied with it.
 *       It must be wrong there, too.
 * </ol>
 */
final class SecondLook {

    /** Points nearby, and how far away they are, relatively. */
    private static final int LOOKS = 3;

    private static final double NEARBY = 0x1p-7;

    /** How far zeros move at least, and twice that at most. */
    private static final double AWAY = 0x1p-4;

    /** Entries of a variable that are looked at again, the worst first; of one row of an input; and one after the other. */
    private static final int LOOKED_AT = 12;

    private static final int OF_ONE_ROW = 4;
    private static final int ONE_BY_ONE = 4;

    /** Where kinks are looked for. */
    private static final double CLOSE = 0x1p-9;

    private static final int DIRECTIONS = 6;

    /** How many standard deviations a jump must have there: to miss one is worse here than to see one too many. */
    private static final double DEVIATIONS = 4;

    private static final class Suspect {

        final Comparison first;
        int looks;
        int wrong;
        boolean confirmed;

        Suspect(Comparison first) {
            this.first = first;
        }

        void begin() {
            looks = 0;
            wrong = 0;
        }

        boolean atMost() {
            return 2 * wrong > LOOKS;
        }

        /** Whether it was found wrong at most points, or will not be. */
        boolean decided() {
            return atMost() || 2 * (wrong + LOOKS - looks) <= LOOKS;
        }
    }

    private final Subject subject;
    private final double floor;
    private final RandomSource random;
    private final float[][] point;
    private final List<Suspect> suspects = new ArrayList<>();

    /** Rows with a kink at the first point; null if that was not asked. */
    private boolean[] kinks;

    private SecondLook(Subject subject, double floor, RandomSource random) {
        this.subject = subject;
        this.floor = floor;
        this.random = random;
        point = new float[subject.variables.size()][];
        for (int v = 0; v < point.length; v++)
            point[v] = subject.variables.get(v).base.clone();
    }

    /** Moves the subject to the points nearby; it stays at the last one. */
    static void at(Subject subject, List<List<Comparison>> comparisons, double floor, RandomSource random) {
        SecondLook look = new SecondLook(subject, floor, random);
        for (List<Comparison> ofVariable : comparisons) look.suspect(ofVariable);
        if (look.suspects.isEmpty()) return;
        look.nearby();
        look.atTheirOwnValues();
        look.withoutKinks();
        if (look.kinks == null && look.suspects.stream().anyMatch(s -> !s.confirmed)) look.atThePoint();
        for (Suspect s : look.suspects) {
            if (s.confirmed) continue;
            look.dismiss(s.first);
            s.first.rightNearby = true;
        }
        // Entries that were not looked at again are less wrong than those that were.
        for (List<Comparison> ofVariable : comparisons)
            if (look.suspects.stream().noneMatch(s -> s.confirmed && s.first.single() && ofVariable.contains(s.first)))
                for (Comparison c : ofVariable) if (c.single() && c.differs() && c.dismissed == null) look.dismiss(c);
    }

    /** Moves all values but zeros a little. */
    static void moveNearby(Subject subject, RandomSource random) {
        for (Subject.Variable v : subject.variables)
            for (int e = 0; e < v.count(); e++)
                // A value of exactly zero may be so on purpose.
                if (v.base[e] != 0) {
                    double by = NEARBY * (2 * random.uniform() - 1);
                    v.values.array()[v.at(e)] = (float) (v.base[e] + by * v.scale(e));
                }
    }

    private void dismiss(Comparison c) {
        c.dismissed = meets(kinks, c) ? Status.AT_KINK : Status.UNSETTLED;
    }

    private void suspect(List<Comparison> comparisons) {
        List<Comparison> worst = new ArrayList<>(comparisons.stream()
                .filter(Comparison::differs)
                .sorted(Comparator.comparingDouble(c -> -c.excess()))
                .toList());
        int entries = 0;
        int[] ofRow = new int[subject.rows];
        for (Comparison c : worst) {
            if (c.single() && (entries == LOOKED_AT || c.v.byRow && ofRow[c.row]++ >= OF_ONE_ROW)) continue;
            if (c.single()) entries++;
            suspects.add(new Suspect(c));
        }
    }

    private void nearby() {
        for (int i = 0; i < LOOKS && !suspects.stream().allMatch(Suspect::decided); i++) {
            move(false, false, e -> false);
            look(suspects.stream().filter(s -> !s.decided()).toList(), Comparison::differs);
        }
        for (Suspect s : suspects) s.confirmed = s.atMost();
    }

    private void atTheirOwnValues() {
        List<Suspect> left = suspects.stream()
                .filter(s -> !s.confirmed && s.first.single() && s.first.differsSmoothly())
                .toList();
        for (Suspect s : left) s.begin();
        for (int i = 0; i < LOOKS && left.stream().anyMatch(s -> s.wrong == s.looks); i++) {
            move(false, false, e -> left.stream().anyMatch(s -> e.of(s.first)));
            look(left.stream().filter(s -> s.wrong == s.looks).toList(), Comparison::differsSmoothly);
        }
        for (Suspect s : left) s.confirmed = s.wrong == LOOKS;
    }

    private void withoutKinks() {
        List<Suspect> left = suspects.stream().filter(s -> s.confirmed).toList();
        if (left.isEmpty()) return;
        atThePoint();
        left = left.stream().filter(s -> meets(kinks, s.first)).toList();
        if (left.isEmpty()) return;
        for (Suspect s : left) s.begin();
        for (int i = 0; i < LOOKS; i++) {
            move(true, false, e -> false);
            boolean[] now = kinks();
            look(left.stream().filter(s -> !meets(now, s.first)).toList(), Comparison::differs);
        }
        for (Suspect s : left) s.confirmed = s.looks < LOOKS || s.atMost();
        left = left.stream().filter(s -> s.looks < LOOKS).toList();
        for (Subject.Variable v : subject.variables) {
            int entries = 0;
            boolean any = false;
            for (Suspect s : left) {
                if (s.first.v != v) continue;
                if (s.first.single() && entries++ >= ONE_BY_ONE) {
                    // Less wrong than those before.
                    s.confirmed = any;
                    continue;
                }
                s.begin();
                while (!s.decided()) {
                    move(true, true, e -> s.first.single() && e.of(s.first));
                    if (!s.first.single()) together(s.first);
                    look(List.of(s), Comparison::differs);
                }
                s.confirmed = s.atMost();
                any |= s.confirmed && s.first.single();
            }
        }
    }

    /** Looks for kinks at the first point. */
    private void atThePoint() {
        move(false, false, e -> true);
        kinks = kinks();
    }

    /** Compares again where the subject is now. */
    private void look(List<Suspect> some, Predicate<Comparison> wrong) {
        if (some.isEmpty()) return;
        subject.begin();
        Noise.measure(subject, random);
        Differences differences = new Differences(subject);
        differences.thorough();
        for (Suspect s : some) {
            s.looks++;
            if (wrong.test(s.first.again(differences, floor, random))) s.wrong++;
        }
    }

    /** An entry of a variable. */
    private record Place(Subject.Variable v, int entry) {
        boolean of(Comparison c) {
            return c.v == v && c.concerns(entry);
        }
    }

    /**
     * Goes to a point near the first one.
     *
     * @param zerosOfParameters whether these move, too
     * @param zerosAndTies whether those of the input do
     * @param stays entries that stay
     */
    private void move(boolean zerosOfParameters, boolean zerosAndTies, Predicate<Place> stays) {
        long salt = random.nextLong();
        for (int i = 0; i < point.length; i++) {
            Subject.Variable v = subject.variables.get(i);
            boolean parameter = v.parameter >= 0, zeros = parameter ? zerosOfParameters : zerosAndTies;
            v.values.copyFrom(point[i], 0);
            v.keep();
            for (int e = 0; e < v.count(); e++) {
                float x = point[i][e];
                if (x == 0 && !zeros || stays.test(new Place(v, e))) continue;
                double by = parameter || zerosAndTies ? 2 * random.uniform() - 1 : Noise.ofValue(salt, x);
                by = x == 0 ? AWAY * (by + Math.copySign(1, by)) : NEARBY * by;
                v.values.array()[v.at(e)] = (float) (x + by * v.scale(e));
            }
        }
    }

    /** Puts tied entries together again, beside where they were. */
    private void together(Comparison tied) {
        float value = Float.NaN;
        for (int e = 0; e < tied.v.count(); e++) {
            if (!tied.concerns(e)) continue;
            int at = tied.v.at(e);
            if (Float.isNaN(value)) value = tied.v.values.array()[at];
            tied.v.values.array()[at] = value;
        }
    }

    /** Whether elements of a row have a kink at the point where the subject is now. */
    private boolean[] kinks() {
        subject.begin();
        Noise.measure(subject, random);
        int n = subject.weights.length;
        boolean[] kinks = new boolean[subject.rows];
        double[] values = new double[n];
        double[][] halves = new double[3][n];
        for (int d = 0; d < DIRECTIONS; d++) {
            double[][] units = new double[point.length][];
            for (int i = 0; i < units.length; i++) {
                Subject.Variable v = subject.variables.get(i);
                units[i] = new double[v.count()];
                for (int e = 0; e < v.count(); e++)
                    units[i][e] = v.scale(e) * (0.5 + random.uniform()) * (random.nextLong() < 0 ? -1 : 1);
            }
            for (int step = 0; step < halves.length; step++) {
                Arrays.fill(halves[step], 0);
                for (int side = -1; side <= 1; side += 2) {
                    double t = side * Math.scalb(CLOSE, -step);
                    for (int i = 0; i < units.length; i++) {
                        Subject.Variable v = subject.variables.get(i);
                        for (int e = 0; e < v.count(); e++)
                            v.values.array()[v.at(e)] = (float) (v.base[e] + t * units[i][e]);
                    }
                    subject.evaluate(values);
                    for (int e = 0; e < n; e++) halves[step][e] += (values[e] - subject.centre[e]) / Math.abs(2 * t);
                }
            }
            for (Subject.Variable v : subject.variables) v.restore();
            for (int e = 0; e < n; e++) {
                // As in Ridders: at a kink these are half the jump, and both the same; beside it they are not.
                double jump = 2 * halves[1][e] - halves[0][e], closer = 2 * halves[2][e] - halves[1][e];
                double noise = StrictMath.sqrt(6 * subject.variances[e]) / (2 * CLOSE) * 5;
                if (Math.abs(jump) > DEVIATIONS * noise
                        && Math.abs(jump - closer) < Math.max(Math.abs(jump) / 4, DEVIATIONS * noise))
                    kinks[e / subject.perRow] = true;
            }
        }
        return kinks;
    }

    private static boolean meets(boolean[] kinks, Comparison c) {
        if (c.ownRow() >= 0) return kinks[c.ownRow()];
        for (boolean kink : kinks) if (kink) return true;
        return false;
    }
}
