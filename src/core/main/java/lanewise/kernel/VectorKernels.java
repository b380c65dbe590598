package lanewise.kernel;

import static lanewise.kernel.VectorLanes.L;
import static lanewise.kernel.VectorLanes.S;

import jdk.incubator.vector.FloatVector;

/**
 * The fast kernels, on the Vector API, at the lane width chosen by {@link Selection}.
 *
 * <p>Accumulators stand in locals and bodies are written out, because a vector in an array or across a call that
 * HotSpot does not inline becomes an object. Bodies differ by how many vectors they hold, not by lane width.
 */
final class VectorKernels extends Kernels implements VectorProducts, VectorNonZeros, VectorElementwise, VectorSums {

    private VectorKernels() {}

    /** Typed as the abstract class, so that a caller verifies without loading this one. */
    static Kernels create() {
        return new VectorKernels();
    }

    @Override
    public int width() {
        return S.vectorBitSize();
    }

    /** y = factor · x + y for {@link Trial}, which is here so that what befalls this class befalls it, too. */
    static void trial(float factor, float[] x, float[] y, int n) {
        FloatVector v = FloatVector.broadcast(S, factor);
        for (int i = 0; i < n; i += L)
            v.fma(FloatVector.fromArray(S, x, i), FloatVector.fromArray(S, y, i))
                    .intoArray(y, i);
    }
}
