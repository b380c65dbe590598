package lanewise.kernel;

import static lanewise.kernel.VectorLanes.S;

/**
 * The fast kernels, on the Vector API, at the lane width chosen by {@link Selection}.
 *
 * <p>Accumulators stand in locals and bodies are written out, because a vector in an array or across a call that
 * HotSpot does not inline becomes an object. Bodies differ by how many vectors they hold, not by lane width.
 */
final class VectorKernels extends Kernels
        implements VectorProducts, VectorNonZeros, VectorElementwise, VectorSums, VectorUpdates {

    private VectorKernels() {}

    /** Typed as the abstract class, so that a caller verifies without loading this one. */
    static Kernels create() {
        return new VectorKernels();
    }

    @Override
    public int width() {
        return S.vectorBitSize();
    }
}
