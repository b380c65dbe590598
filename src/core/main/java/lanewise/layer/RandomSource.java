package lanewise.layer;

import lanewise.kernel.SplitMix;

/**
 * The one source of random numbers: SplitMix64 (Steele, Lea and Flood 2014, figure 17), whose numbers are the same on
 * every JDK and machine. Not thread-safe.
 */
public final class RandomSource {

    private long state;

    /**
     * A source.
     *
     * @param seed any number; equal seeds give equal sequences
     */
    public RandomSource(long seed) {
        this.state = seed;
    }

    /**
     * A source for one of several purposes under one seed.
     *
     * @param seed any number
     * @param stream number of the purpose
     */
    public RandomSource(long seed, long stream) {
        this(SplitMix.mix(seed, stream));
    }

    /**
     * The next 64 random bits.
     *
     * @return any long
     */
    public long nextLong() {
        return SplitMix.mix(state += SplitMix.GOLDEN);
    }

    /**
     * Uniform below a bound, without bias.
     *
     * @param bound at least 1
     * @return an int from 0 to bound − 1
     * @throws IllegalArgumentException if the bound is less than 1
     */
    public int nextInt(int bound) {
        if (bound < 1) throw new IllegalArgumentException("bound " + bound + " given, at least 1 expected");
        long bits, value;
        do {
            bits = nextLong() >>> 1;
            value = bits % bound;
        } while (bits - value + (bound - 1) < 0);
        return (int) value;
    }

    /**
     * Uniform on [0, 1), in steps of 2⁻²⁴.
     *
     * @return (nextLong() &gt;&gt;&gt; 40) · 2⁻²⁴
     */
    public float uniform() {
        return (nextLong() >>> 40) * 0x1p-24f;
    }

    /**
     * Standard normal (Box and Muller 1958), computed in double and rounded once.
     *
     * @return √(−2 ln u) cos 2πv of two uniform numbers, u in (0, 1]
     */
    public float normal() {
        double u = ((nextLong() >>> 11) + 1) * 0x1p-53, v = (nextLong() >>> 11) * 0x1p-53;
        return (float) (StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * StrictMath.PI * v));
    }

    /**
     * Shuffles in place (Fisher and Yates; Durstenfeld 1964).
     *
     * @param order permuted, each permutation as likely as any other
     */
    public void shuffle(int[] order) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = nextInt(i + 1), swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
    }
}
