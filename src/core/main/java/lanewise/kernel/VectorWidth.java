package lanewise.kernel;

import jdk.incubator.vector.VectorShape;

/** The width of the vector kernels, known without loading the rest of the Vector API, which takes a tenth of a second. */
final class VectorWidth {

    private VectorWidth() {}

    /** The CPU's own width in bits. */
    static int widest() {
        return VectorShape.preferredShape().vectorBitSize();
    }

    /** The width of the vector kernels in bits. */
    static int bits() {
        int forced = Selection.forcedWidth();
        return forced != 0 ? forced : Math.max(128, Math.min(512, widest()));
    }
}
