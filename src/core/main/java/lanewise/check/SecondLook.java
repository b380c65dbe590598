package lanewise.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lanewise.layer.RandomSource;

/**
 * Compares entries and directions that seem wrong again, at points nearby, and dismisses those that are right at most of
 * these points. The numeric derivatives are taken {@linkplain Differences#thorough cautiously} there.
 */
final class SecondLook {

    /** Points nearby, and how far away they are, relatively. */
    private static final int LOOKS = 3;

    private static final double NEARBY = 0x1p-7;

    /** Entries of a variable that are looked at again, the worst first. */
    private static final int LOOKED_AT = 12;

    /** The comparisons of one variable, those among them that seem wrong, and at how many points they were. */
    private static final class Suspects {

        final Subject.Variable v;
        final List<Comparison> all;
        final List<Comparison> entries;
        final List<Comparison> directions;
        final int[] wrongEntries;
        final int[] wrongDirections;

        Suspects(Subject.Variable v, List<Comparison> all) {
            this.v = v;
            this.all = all;
            entries = all.stream()
                    .filter(c -> c.single() && c.differs())
                    .sorted(Comparator.comparingDouble(c -> -c.excess()))
                    .limit(LOOKED_AT)
                    .toList();
            directions = all.stream().filter(c -> !c.single() && c.differs()).toList();
            wrongEntries = new int[entries.size()];
            wrongDirections = new int[directions.size()];
        }

        boolean decided(int looks) {
            for (int wrong : wrongEntries) if (!decided(wrong, looks)) return false;
            for (int wrong : wrongDirections) if (!decided(wrong, looks)) return false;
            return true;
        }

        /** Whether it was found wrong at most points, or will not be. */
        private static boolean decided(int wrong, int looks) {
            return confirmed(wrong) || !confirmed(wrong + LOOKS - looks);
        }

        private static boolean confirmed(int wrong) {
            return 2 * wrong > LOOKS;
        }

        void look(Differences differences, double floor, RandomSource random) {
            double typical = Differences.rootMeanSquare(v.analytic);
            for (int s = 0; s < wrongEntries.length; s++) {
                differences.restart();
                int entry = entries.get(s).entry;
                if (Comparison.of(v, entry, differences.entry(v, entry, typical), floor)
                        .differs()) wrongEntries[s]++;
            }
            for (int s = 0; s < wrongDirections.length; s++) {
                differences.restart();
                int number = directions.get(s).direction;
                if (Comparison.along(v, 0, v.count(), number, differences, floor, random)
                        .differs()) wrongDirections[s]++;
            }
        }

        void dismiss() {
            boolean any = false;
            for (int s = 0; s < wrongEntries.length; s++) {
                if (confirmed(wrongEntries[s])) any = true;
                else entries.get(s).dismissed = true;
            }
            for (int s = 0; s < wrongDirections.length; s++)
                if (!confirmed(wrongDirections[s])) directions.get(s).dismissed = true;
            // Entries that were not looked at again are less wrong than those that were.
            if (!any) for (Comparison c : all) if (c.single() && c.differs()) c.dismissed = true;
        }
    }

    private SecondLook() {}

    /** Moves the subject to the points nearby; it stays at the last one. */
    static void at(Subject subject, List<List<Comparison>> comparisons, double floor, RandomSource random) {
        List<Suspects> all = new ArrayList<>();
        boolean any = false;
        for (int i = 0; i < comparisons.size(); i++) {
            Suspects suspects = new Suspects(subject.variables.get(i), comparisons.get(i));
            all.add(suspects);
            any |= !suspects.entries.isEmpty() || !suspects.directions.isEmpty();
        }
        if (!any) return;
        for (int look = 0; look < LOOKS; look++) {
            int looks = look;
            if (all.stream().allMatch(suspects -> suspects.decided(looks))) break;
            move(subject, random);
            subject.begin();
            Noise.measure(subject, random);
            Differences differences = new Differences(subject);
            differences.thorough();
            for (Suspects suspects : all) suspects.look(differences, floor, random);
        }
        for (Suspects suspects : all) suspects.dismiss();
    }

    /** Moves all values a little, to a point nearby. */
    static void move(Subject subject, RandomSource random) {
        for (Subject.Variable v : subject.variables) {
            double scale = v.scale();
            // A value of exactly zero may be so on purpose.
            for (int e = 0; e < v.count(); e++)
                if (v.base[e] != 0) {
                    double move = NEARBY * (v.reach == null ? scale : v.reach[e]);
                    v.values.array()[v.at(e)] = (float) (v.base[e] + move * (2 * random.uniform() - 1));
                }
        }
    }
}
