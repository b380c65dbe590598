package lanewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import lanewise.layer.RandomSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every initial parameter and every order of samples hangs on these numbers. */
@Tag("bits")
class RandomSourceTest {

    /** Published with the generator's description, and the JDK has the same one under another name. */
    @Test
    void numbersAreSplitMix64s() {
        RandomSource random = new RandomSource(1234567);
        for (String expected : new String[] {
            "6457827717110365317",
            "3203168211198807973",
            "9817491932198370423",
            "4593380528125082431",
            "16408922859458223821"
        }) assertEquals(expected, Long.toUnsignedString(random.nextLong()));
        for (long seed : new long[] {0, 1, -1, 42, Long.MIN_VALUE, Long.MAX_VALUE}) {
            RandomSource own = new RandomSource(seed);
            SplittableRandom jdk = new SplittableRandom(seed);
            for (int i = 0; i < 100; i++) assertEquals(jdk.nextLong(), own.nextLong());
        }
    }

    @Test
    void uniformsAreTheUpperTwentyFourBits() {
        RandomSource random = new RandomSource(3), bits = new RandomSource(3);
        double sum = 0;
        int[] tenths = new int[10];
        for (int i = 0; i < 100_000; i++) {
            float u = random.uniform();
            assertEquals((bits.nextLong() >>> 40) / 16777216.0, u);
            assertTrue(u >= 0f && u < 1f);
            sum += u;
            tenths[(int) (u * 10)]++;
        }
        assertEquals(0.5, sum / 100_000, 0.005);
        for (int count : tenths) assertEquals(10_000, count, 500);
    }

    @Test
    void normalsHaveMeanZeroAndVarianceOne() {
        RandomSource random = new RandomSource(4);
        int n = 200_000, beyondTwo = 0;
        double sum = 0, squares = 0, fourth = 0;
        for (int i = 0; i < n; i++) {
            double z = random.normal();
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
            if (Math.abs(z) > 2) beyondTwo++;
        }
        assertEquals(0, sum / n, 0.01);
        assertEquals(1, squares / n, 0.02);
        assertEquals(3, fourth / n, 0.15);
        assertEquals(0.0455, (double) beyondTwo / n, 0.003);
    }

    @Test
    void normalsHaveTheSameBitsEverywhere() {
        RandomSource random = new RandomSource(5);
        int hash = 0;
        for (int i = 0; i < 10_000; i++) hash = 31 * hash + Float.floatToIntBits(random.normal());
        assertEquals(-1770403218, hash);
    }

    @Test
    void integersAreUniformBelowAnyBound() {
        RandomSource random = new RandomSource(6);
        for (int bound : new int[] {1, 2, 3, 7, 10, 1000}) {
            int[] counts = new int[bound];
            int n = 200 * bound + 1000;
            for (int i = 0; i < n; i++) counts[random.nextInt(bound)]++;
            double expected = (double) n / bound, chiSquare = 0;
            for (int count : counts) chiSquare += (count - expected) * (count - expected) / expected;
            double freedom = bound - 1;
            assertTrue(chiSquare <= freedom + 4 * StrictMath.sqrt(2 * freedom), bound + ": χ² " + chiSquare);
        }
        for (int i = 0; i < 1000; i++) assertTrue(random.nextInt(Integer.MAX_VALUE) >= 0);
        for (int wrong : new int[] {0, -1, Integer.MIN_VALUE})
            assertTrue(assertThrows(IllegalArgumentException.class, () -> random.nextInt(wrong))
                    .getMessage()
                    .contains("bound " + wrong));
    }

    @Test
    void everyPermutationIsAsLikelyAsAnyOther() {
        RandomSource random = new RandomSource(7);
        int[] counts = new int[1 << 8];
        for (int i = 0; i < 24_000; i++) {
            int[] order = {0, 1, 2, 3};
            random.shuffle(order);
            counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
        }
        int seen = 0;
        for (int count : counts) if (count > 0) seen++;
        assertEquals(24, seen);
        for (int count : counts) if (count > 0) assertEquals(1000, count, 130);
    }

    @Test
    void shufflingPermutes() {
        for (int n : new int[] {0, 1, 2, 17, 1000}) {
            int[] order = new int[n], sorted = new int[n];
            for (int i = 0; i < n; i++) order[i] = sorted[i] = i;
            new RandomSource(8).shuffle(order);
            Arrays.sort(order);
            assertArrayEquals(sorted, order);
        }
        int[] ten = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        new RandomSource(9).shuffle(ten);
        assertEquals("[1, 7, 9, 5, 6, 8, 0, 3, 2, 4]", Arrays.toString(ten));
    }

    @Test
    void streamsOfOneSeedAndOfItsNeighboursDiffer() {
        Set<Long> first = new HashSet<>();
        for (long seed = 0; seed < 30; seed++)
            for (long stream = 0; stream < 30; stream++) first.add(new RandomSource(seed, stream).nextLong());
        assertEquals(900, first.size());
        assertEquals(new RandomSource(3, 4).nextLong(), new RandomSource(3, 4).nextLong());
    }
}
