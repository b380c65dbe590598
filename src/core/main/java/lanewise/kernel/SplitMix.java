package lanewise.kernel;

/** The finaliser of SplitMix64 (Steele, Lea and Flood 2014), which turns numbers into random ones. */
public final class SplitMix {

    /** The odd number next to 2⁶⁴ divided by the golden ratio. */
    public static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private SplitMix() {}

    /** Spreads a number over all 64 bits. */
    public static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** A number for one of several purposes under one key, both spread over all 64 bits. */
    public static long mix(long key, long purpose) {
        return mix(mix(key) + GOLDEN * (purpose + 1));
    }
}
