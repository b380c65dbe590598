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
        return Selection.nameOf(Selection.width());
    }

    static String nameOf(Kernels kernels) {
        return Selection.nameOf(kernels.width());
    }

    /**
     * Returns when the background thread has done its work: every model that was queued, by its first predictor or by
     * {@link Model#beginWarmUp}, runs on the kernels that stay. The thread begins at once and does not pause meanwhile.
     * Returns at once if the thread has nothing to do, or as soon as it is ended by {@link #close}.
     *
     * @throws InterruptedException if this thread is interrupted meanwhile; the background work goes on
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public static void warmUp() throws InterruptedException {
        WarmUpQueue.LIBRARY.await(Long.MAX_VALUE);
    }

    /**
     * Does as {@link #warmUp()}, for so long at most.
     *
     * @param limit zero or less only asks
     * @return whether the thread has done its work; false if the time was up, or it was ended, by {@link #close} or an
     *     interrupt, before it had, and none has begun anew
     * @throws InterruptedException if this thread is interrupted meanwhile; the background work goes on
     * @throws IllegalStateException if a layer asks for it while it runs in a warm-up
     */
    public static boolean warmUp(Duration limit) throws InterruptedException {
        return WarmUpQueue.LIBRARY.await(TimeUnit.NANOSECONDS.convert(limit));
    }

    /**
     * Ends what the library does in the background: the thread that warms models up. Returns when it has ended, which takes
     * no longer than a call of the model that it is at. No thread of the library runs then, and nothing of it holds its
     * class loader. For an application's end where the JVM goes on, as when a server deploys it anew; where the JVM ends,
     * too, it is not needed.
     *
     * <p>Models predict as before. Those that were to be warmed up are {@link Model.Readiness#COLD} again and stay on
     * their kernels; a model's first predictor begins no warm-up any more. {@link Model#beginWarmUp} ends this state: it
     * begins a thread anew, and first predictors do so again. Calls of {@link Model#warmUp()} go on, and new ones work as
     * ever, for they are on their callers' threads.
     *
     * <p>To interrupt the thread ends it likewise, but first predictors begin it anew. If the calling thread is
     * interrupted, this returns at once, with the thread's interrupt status set, and the background thread ends all the
     * same.
     */
    public static void close() {
        WarmUpQueue.LIBRARY.close();
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
