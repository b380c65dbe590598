package lanewise;

import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/** The door: which version this is, which kernels run in this JVM, and why. */
public final class Lanewise {

    private Lanewise() {}

    /**
     * The library's version.
     *
     * @return major.minor.patch
     */
    public static String version() {
        return "0.1.0";
    }

    /**
     * The kernels in use, in short.
     *
     * @return {@code vector kernels 512 bit}, or {@code scalar kernels}
     * @throws IllegalStateException if a system property forces kernels that cannot be had here
     */
    public static String kernels() {
        return nameOf(Selection.kernels());
    }

    static String nameOf(Kernels kernels) {
        return kernels.width() == 0 ? "scalar kernels" : "vector kernels " + kernels.width() + " bit";
    }

    /**
     * Returns when every model that has a predictor runs on the kernels that stay; see {@link Model#warmUp}, which does
     * it for one.
     *
     * @throws InterruptedException if this thread is interrupted meanwhile; the background work goes on
     */
    public static void warmUp() throws InterruptedException {
        WarmUp.await();
    }

    /**
     * Why these kernels are in use, in one sentence that says how to get faster ones if there are any.
     *
     * @return the reason, for a health page
     */
    public static String kernelsReason() {
        return Selection.reason();
    }
}
