package lanewise.kernel;

/** The reference: plain loops that the contract can be read from, and the kernels of a JVM without the Vector API. */
public class ScalarKernels extends Kernels
        implements ScalarProducts, ScalarNonZeros, ScalarElementwise, ScalarSums, ScalarUpdates {

    @Override
    public int width() {
        return 0;
    }
}
