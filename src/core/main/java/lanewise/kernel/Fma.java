package lanewise.kernel;

/**
 * The fused multiply-add of floats, a · b + c rounded once, at speed also where the CPU has no instruction for it.
 *
 * <p>{@code Math.fma} is that instruction where there is one, which HotSpot knows in its interpreter as well. Without it
 * (x86 before 2013, virtual machines that hide it, {@code -XX:-UseFMA}) it computes in {@code BigDecimal}, thousands of
 * times slower than a multiplication. So a JVM decides once, by a look at the clock, and compilers see a constant: where
 * there is the instruction, {@link #of} is it and nothing else.
 */
public final class Fma {

    /** Whether {@code Math.fma} is fast here, and right. */
    static final boolean IN_HARDWARE = isRight() && isFast();

    /** Rounds of which the fastest counts, so that a busy machine cannot mislead. */
    private static final int ROUNDS = 3;

    /** Less than {@code BigDecimal} ever takes, more than clocks are off. */
    private static final long NANOS = 1_000;

    /** Low bits of a double that a float has no room for, and what they are halfway between two floats. */
    private static final long BELOW_FLOAT = (1L << 29) - 1, HALFWAY = 1L << 28;

    private Fma() {}

    /**
     * a · b + c, rounded once.
     *
     * @param a first factor
     * @param b second factor
     * @param c summand
     * @return what {@code Math.fma} gives, to the bit
     */
    public static float of(float a, float b, float c) {
        return IN_HARDWARE ? Math.fma(a, b, c) : inSoftware(a, b, c);
    }

    /**
     * The same by doubles. The product of two floats is exact in double; its sum with c is rounded to double and then to
     * float. By monotonicity that is right unless the first rounding ended on a number halfway between two floats, which
     * the second then takes to the even one whatever the exact sum is. The lower bits tell where that can be; among
     * subnormal floats they lie elsewhere, so all of these are looked at.
     */
    static float inSoftware(float a, float b, float c) {
        double product = (double) a * b, sum = product + c;
        if ((Double.doubleToRawLongBits(sum) & BELOW_FLOAT) == HALFWAY || Math.abs(sum) < Float.MIN_NORMAL)
            return (float) roundedToOdd(product, c, sum);
        return (float) sum;
    }

    /**
     * The exact sum of two doubles rounded to odd: of the two doubles around it the one whose last bit is 1. Rounded once
     * more, to at least two bits fewer, that gives what the exact sum gives (Boldo and Melquiond, "Emulation of FMA and
     * correctly rounded sums", 2008). What was rounded off is exact in double (Knuth's TwoSum; nothing here over- or
     * underflows).
     */
    private static double roundedToOdd(double x, double y, double sum) {
        double fromY = sum - x, error = (x - (sum - fromY)) + (y - fromY);
        long bits = Double.doubleToRawLongBits(sum);
        // Also where the sum is zero: it is exact then.
        if (error == 0 || (bits & 1) != 0) return sum;
        return Double.longBitsToDouble(error > 0 == sum > 0 ? bits + 1 : bits - 1);
    }

    private static boolean isRight() {
        return Math.fma(97f, 172961f, 0x1p-60f) == 0x1.000002p24f && Math.fma(-97f, 172961f, 0x1p-60f) == -0x1p24f;
    }

    /** Compares it with {@link #inSoftware}; numbers far apart are what {@code BigDecimal} takes longest for. */
    private static boolean isFast() {
        long fastest = Long.MAX_VALUE, fastestInSoftware = Long.MAX_VALUE;
        float sum = 0f;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            sum += Math.fma(1e-38f, 1e-38f, 1e30f);
            long middle = System.nanoTime();
            sum += inSoftware(1e-38f, 1e-38f, 1e30f);
            long end = System.nanoTime();
            fastest = Math.min(fastest, middle - start);
            fastestInSoftware = Math.min(fastestInSoftware, end - middle);
        }
        // The sum is positive: asked only so that no compiler may leave the additions out.
        return fastest < 4 * fastestInSoftware + NANOS && sum > 0f;
    }
}
