package lanewise.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.stat.inference.MannWhitneyUTest;
import org.apache.commons.math3.stat.inference.TTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Simulated comparisons, whose truth is known. Forks ran in the order A B B A. */
class RatioTest {

    /** How forks differ, as logarithms, in the order of time. */
    private enum Noise {
        NORMAL {
            @Override
            void fill(double[] forks, Random random) {
                for (int i = 0; i < forks.length; i++) forks[i] = 0.01 * random.nextGaussian();
            }
        },
        /** Student's t with 3 degrees of freedom. */
        HEAVY {
            @Override
            void fill(double[] forks, Random random) {
                for (int i = 0; i < forks.length; i++) {
                    double squares = 0;
                    for (int k = 0; k < 3; k++) squares += Math.pow(random.nextGaussian(), 2);
                    forks[i] = 0.01 * random.nextGaussian() / Math.sqrt(squares / 3);
                }
            }
        },
        /** One fork in ten is slower by a third. */
        RARE_SLOW {
            @Override
            void fill(double[] forks, Random random) {
                for (int i = 0; i < forks.length; i++)
                    forks[i] = 0.005 * random.nextGaussian() + (random.nextInt(10) == 0 ? 0.3 : 0);
            }
        },
        /** A random walk of 1 % from fork to fork, on top of the noise of forks. */
        DRIFT {
            @Override
            void fill(double[] forks, Random random) {
                double walk = 0;
                for (int i = 0; i < forks.length; i++) {
                    walk += 0.01 * random.nextGaussian();
                    forks[i] = walk + 0.01 * random.nextGaussian();
                }
            }
        },
        /** From some fork on, all are slower by a tenth. */
        STEP {
            @Override
            void fill(double[] forks, Random random) {
                int from = random.nextInt(forks.length);
                for (int i = 0; i < forks.length; i++) forks[i] = 0.005 * random.nextGaussian() + (i < from ? 0 : 0.1);
            }
        },
        /** Two levels, equally frequent. */
        TWO_LEVELS {
            @Override
            void fill(double[] forks, Random random) {
                for (int i = 0; i < forks.length; i++)
                    forks[i] = 0.005 * random.nextGaussian() + (random.nextBoolean() ? 0.08 : 0);
            }
        };

        abstract void fill(double[] forks, Random random);
    }

    /** Ratios of rows, the first of which have a change. */
    private static List<Ratio> family(
            Noise noise, double spread, int rows, int forks, int changed, double change, Random random) {
        List<double[]> bases = new ArrayList<>(), nexts = new ArrayList<>();
        double[] all = new double[2 * forks];
        for (int row = 0; row < rows; row++) {
            noise.fill(all, random);
            double[] base = new double[forks], next = new double[forks];
            for (int i = 0, a = 0, b = 0; i < all.length; i++) {
                double score = 100 * Math.exp(spread * all[i]);
                if (i % 4 == 0 || i % 4 == 3) base[a++] = score;
                else next[b++] = score * (row < changed ? change : 1);
            }
            bases.add(base);
            nexts.add(next);
        }
        return Ratio.of(bases, nexts);
    }

    /**
     * The share of families of 30 equal rows in which one is called different. Forks differ thrice as much as above, so that
     * the least change of 3 % does not hide what the intervals do.
     */
    private static double falseAlarms(Noise noise, int forks, int families) {
        Random random = new Random(noise.ordinal());
        int found = 0;
        for (int i = 0; i < families; i++)
            if (family(noise, 3, 30, forks, 0, 1, random).stream().anyMatch(Ratio::different)) found++;
        return (double) found / families;
    }

    /** Of 2,000 families at 1 %, 20 are expected; more than 36 have a chance below 1 in 1,000. */
    @ParameterizedTest
    @EnumSource(Noise.class)
    void equalRowsOfTenForksAreCalledDifferentInOneFamilyOfAHundredAtMost(Noise noise) {
        double share = falseAlarms(noise, 10, 2000);
        assertTrue(share <= 36 / 2000.0, noise + ": " + share);
    }

    /** Of 1,000 families at 1 %, 10 are expected; more than 22 have a chance below 1 in 1,000. */
    @ParameterizedTest
    @EnumSource(
            value = Noise.class,
            names = {"NORMAL", "HEAVY", "RARE_SLOW", "DRIFT", "STEP"})
    void equalRowsOfFiveForksAreCalledDifferentInOneFamilyOfAHundredAtMost(Noise noise) {
        double share = falseAlarms(noise, 5, 1000);
        assertTrue(share <= 22 / 1000.0, noise + ": " + share);
    }

    @ParameterizedTest
    @CsvSource({
        "NORMAL, 1.04, 10, 0.95", "NORMAL, 1.10, 10, 0.99", "HEAVY, 1.04, 10, 0.75", "HEAVY, 1.10, 10, 0.97",
        "RARE_SLOW, 1.10, 10, 0.5", "DRIFT, 1.10, 10, 0.97", "NORMAL, 1.10, 5, 0.99", "NORMAL, 1.04, 5, 0.6"
    })
    void aSlowedRowAmongEightIsFound(Noise noise, double change, int forks, double share) {
        Random random = new Random(7);
        int found = 0;
        for (int i = 0; i < 500; i++) {
            Ratio first = family(noise, 1, 8, forks, 1, change, random).get(0);
            if (first.different() && first.value() > 1) found++;
        }
        assertTrue(found >= share * 500, found + " of 500");
    }

    /**
     * Of 1,000 families at 1 %, at most 10 are expected; more than 22 have a chance below 1 in 1,000. If all rows have
     * changed, all are rejected, and intervals at Holm's levels would miss in 34.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30})
    void intervalsHoldTheTrueRatiosOfAllRowsTogether(int changed) {
        Random random = new Random(8);
        int missed = 0;
        for (int i = 0; i < 1000; i++) {
            List<Ratio> ratios = family(Noise.NORMAL, 1, 30, 10, changed, 1.2, random);
            boolean hit = true;
            for (int row = 0; row < 30; row++) {
                double truth = row < changed ? 1.2 : 1;
                hit &= ratios.get(row).low() <= truth && ratios.get(row).high() >= truth;
            }
            if (!hit) missed++;
        }
        assertTrue(missed <= 22, missed + " of 1000");
    }

    @Test
    void rowsAreUnequalWhereHolmsTestsRejectAndIntervalsExcludeEqualityAtBonferronisLevel() {
        Random random = new Random(9);
        int rejected = 0, beyond = 0;
        for (int i = 0; i < 300; i++) {
            List<double[]> bases = new ArrayList<>(), nexts = new ArrayList<>();
            double[] chances = new double[6];
            for (int row = 0; row < 6; row++) {
                double[] base = scores(random, 5, 0), next = scores(random, 5, 0.02 * row);
                bases.add(base);
                nexts.add(next);
                chances[row] = new TTest().tTest(logs(base), logs(next));
            }
            boolean[] rejects = holm(chances);
            List<Ratio> ratios = Ratio.of(bases, nexts);
            for (int row = 0; row < 6; row++) {
                Ratio r = ratios.get(row);
                boolean excludes = r.low() > 1 || r.high() < 1;
                assertEquals(rejects[row], r.unequal(), r + " at " + chances[row]);
                assertEquals(chances[row] <= Ratio.ALPHA / 6, excludes, r + " at " + chances[row]);
                if (rejects[row]) rejected++;
                if (rejects[row] && !excludes) beyond++;
            }
        }
        assertTrue(rejected > 100 && rejected < 1500, rejected + " of 1800");
        assertTrue(beyond > 10, beyond + " rejected by Holm's levels alone");
    }

    private static double[] scores(Random random, int forks, double shift) {
        double[] scores = new double[forks];
        for (int i = 0; i < forks; i++) scores[i] = 100 * Math.exp(shift + 0.01 * random.nextGaussian());
        return scores;
    }

    private static double[] logs(double[] scores) {
        return Arrays.stream(scores).map(Math::log).toArray();
    }

    private static boolean[] holm(double[] chances) {
        boolean[] rejects = new boolean[chances.length];
        for (int step = 0; step < chances.length; step++) {
            int least = -1;
            for (int i = 0; i < chances.length; i++)
                if (!rejects[i] && (least < 0 || chances[i] < chances[least])) least = i;
            if (chances[least] > Ratio.ALPHA / (chances.length - step)) break;
            rejects[least] = true;
        }
        return rejects;
    }

    /** The published critical value of 10 and 10 forks at 1 %, two-sided, is 16 (Mann and Whitney's table). */
    @Test
    void theRankSumIntervalEndsAtTheTabulatedOrder() {
        double[] base = new double[10], next = new double[10];
        Random random = new Random(10);
        for (int i = 0; i < 10; i++) {
            base[i] = Math.exp(random.nextGaussian());
            next[i] = Math.exp(1 + random.nextGaussian());
        }
        double[] ratios = new double[100];
        for (int i = 0; i < 100; i++) ratios[i] = next[i / 10] / base[i % 10];
        Arrays.sort(ratios);
        Ratio r = Ratio.of(List.of(base), List.of(next)).get(0);
        assertEquals(ratios[16], r.low(), 1e-12 * r.low());
        assertEquals(ratios[83], r.high(), 1e-12 * r.high());
        double u = new MannWhitneyUTest().mannWhitneyU(base, next);
        assertEquals(100 - u <= 16, r.low() > 1 || r.high() < 1);
        assertEquals(100 - u <= 16, r.unequal());
    }

    @Test
    void equalFiguresAreNotDifferentAndAnyLargeChangeOfExactOnesIs() {
        for (int forks : new int[] {5, 10}) {
            double[] same = new double[forks], other = new double[forks];
            Arrays.fill(same, 7);
            Arrays.fill(other, 7.7);
            Ratio equal = Ratio.of(List.of(same), List.of(same.clone())).get(0);
            assertEquals(1, equal.value(), 1e-12);
            assertFalse(equal.different());
            assertEquals(
                    forks > 2, Ratio.of(List.of(same), List.of(other)).get(0).different(), forks + " forks");
        }
    }

    @Test
    void aChangeBelowThreePerCentIsNotCalled() {
        double[] base = {100, 100.1, 100.2, 99.9, 99.8, 100.05, 99.95, 100.15, 99.85, 100};
        for (double factor : new double[] {1.028, 1 / 1.028}) {
            Ratio r = Ratio.of(
                            List.of(base),
                            List.of(Arrays.stream(base).map(x -> factor * x).toArray()))
                    .get(0);
            assertTrue(r.unequal() && (r.low() > 1 || r.high() < 1), r.toString());
            assertFalse(r.different());
            assertTrue(r.excluded() >= 0.03 && r.excluded() < 0.035, r.toString());
        }
        Ratio called = Ratio.of(
                        List.of(base),
                        List.of(Arrays.stream(base).map(x -> 1.035 * x).toArray()))
                .get(0);
        assertTrue(called.different());
    }
}
