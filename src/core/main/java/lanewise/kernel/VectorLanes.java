package lanewise.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The lane width that {@link Selection} chose, and constants of that width: all vector kernels share them. */
final class VectorLanes {

    /** Floats of the chosen width, and how many of them a vector holds. */
    static final VectorSpecies<Float> S = VectorSpecies.of(float.class, VectorShape.forBitSize(bits()));

    static final int L = S.length();

    static final VectorSpecies<Integer> INTS = S.withLanes(int.class);

    /** Lanes exchanged with those 8, 4, 2 and 1 apart, and the upper halves of such groups. */
    static final VectorShuffle<Float> SWAP8 = swap(8), SWAP4 = swap(4), SWAP2 = swap(2), SWAP1 = swap(1);

    static final VectorMask<Float> UPPER8 = upper(8), UPPER4 = upper(4), UPPER2 = upper(2), UPPER1 = upper(1);

    /** The lanes' numbers, as floats to tell lanes beyond a row's end by, and as ints. */
    static final FloatVector LANES = FloatVector.zero(S).addIndex(1);

    static final IntVector LANE_INTS = IntVector.zero(INTS).addIndex(1);

    private static VectorShuffle<Float> swap(int apart) {
        return VectorShuffle.fromOp(S, j -> (j ^ apart) % L);
    }

    private static VectorMask<Float> upper(int size) {
        long bits = 0;
        for (int j = 0; j < L; j++) if ((j & size) != 0) bits |= 1L << j;
        return VectorMask.fromLong(S, bits);
    }

    private VectorLanes() {}

    private static int bits() {
        int forced = Selection.forcedWidth();
        return forced != 0 ? forced : Math.max(128, Math.min(512, widest()));
    }

    /** The CPU's own width in bits. */
    static int widest() {
        return FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }
}
