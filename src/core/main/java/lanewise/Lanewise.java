package lanewise;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
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
     * Returns when the background thread has done its work: every model that was queued, by its first predictor or by
     * {@link Model#beginWarmUp}, runs on the kernels that stay. The thread begins at once and does not pause meanwhile.
     * Returns at once if the thread has nothing to do, or as soon as it is ended by {@link #stopWarmUp}.
     *
     * @throws InterruptedException if this thread is interrupted meanwhile; the background work goes on
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public static void warmUp() throws InterruptedException {
        WarmUp.await(Long.MAX_VALUE);
    }

    /**
     * Does as {@link #warmUp()}, for so long at most.
     *
     * @param limit zero or less only asks
     * @return whether the thread has done its work; false if the time was up, or it was ended, by {@link #stopWarmUp} or an
     *     interrupt, before it had, and none has begun anew
     * @throws InterruptedException if this thread is interrupted meanwhile; the background work goes on
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public static boolean warmUp(Duration limit) throws InterruptedException {
        return WarmUp.await(TimeUnit.NANOSECONDS.convert(limit));
    }

    /**
     * Ends the background thread that warms models up, and returns when it has ended, which takes no longer than a call
     * of the model that it is at. Models that it has not done stay as they are, and are {@link Model.Readiness#COLD}
     * again; they predict as before. For an application's end, above all where its classes are to be unloaded. To
     * interrupt the thread does the same.
     *
     * <p>It stops nothing for good: {@link Model#beginWarmUp}, or the first predictor of a model that had none, begins
     * anew. Calls of {@link Model#warmUp()} go on. If this thread is interrupted, this returns at once, with the
     * thread's interrupt status set, and the background thread ends all the same.
     */
    public static void stopWarmUp() {
        WarmUp.stop();
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
