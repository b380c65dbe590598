package lanewise;

import java.util.concurrent.locks.LockSupport;
import lanewise.event.FlightRecorder;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * The warm-up of one model on one thread: gets the vector kernels compiled while predictions use the scalar ones, then
 * exchanges the model's kernels.
 *
 * <p>Until HotSpot's second compiler has seen it, vector code is some 30 times slower than plain loops and allocates. So a
 * model's predictors begin on the scalar kernels, and one thread runs the model on the vector kernels on the side until
 * these are fast ({@link Rehearsal}): the background thread ({@link WarmUpThread}), or a caller's that waits for it.
 *
 * <p>Guarantees, each with its test in {@code WarmUpTest}:
 *
 * <ol>
 *   <li>Whatever a layer throws, an {@link Error} too, leaves its model on the scalar kernels, with the reason in one line
 *       ({@code whateverALayerThrowsLeavesItsModelOnScalarKernelsAndTheNextHasItsTurn}).
 *   <li>It ends within a call of the model after an interrupt, the limit of a caller, or the end of the background thread,
 *       and the model is then as before ({@code aCallersWarmUpEndsSoonWhenItIsInterruptedAndCanBeAskedForAgain}, {@code
 *       aCallersWarmUpEndsAtItsLimitAndGoesBackToWhereItWas}, {@code theThreadEndsWhenItIsToldToAndBeginsAnewWhenItIsAsked}).
 *   <li>No lock is held while the model runs ({@code aModelThatIsHeldUpHoldsNoOtherUp}).
 * </ol>
 */
final class WarmUp implements Rehearsal.Pace {

    /** The background thread pauses so many times as long as it works, so that requests find a CPU. */
    private static final long PAUSES = 3;

    final Model model;
    /** Null on a caller's thread. */
    final WarmUpThread background;

    /** When a caller's time is up, as the clock of {@link System#nanoTime} says it. */
    private final long deadline;

    private final WarmUpQueue queue;
    private final Thread thread = Thread.currentThread();

    /** Whether somebody waits for it, so that it does not pause. */
    private volatile boolean hurried;

    /** Why it ended before it was done, else null. */
    private String ended;

    private boolean interrupted;

    /** A warm-up on this thread, which calls {@link #run}. */
    WarmUp(WarmUpQueue queue, Model model, WarmUpThread background, long deadline) {
        this.queue = queue;
        this.model = model;
        this.background = background;
        this.deadline = deadline;
    }

    /** Has it go on without pauses. Any thread. */
    void hurry() {
        hurried = true;
        LockSupport.unpark(thread);
    }

    boolean isOnThisThread() {
        return thread == Thread.currentThread();
    }

    /** Whether an interrupt ended it. */
    boolean wasInterrupted() {
        return interrupted;
    }

    /** Runs the model until it is warm or this is to end. Throws nothing. */
    void run() {
        Kernels stay = Selection.scalar();
        String objection = null;
        Object event = null;
        try {
            event = FlightRecorder.beginWarmUp();
            Kernels fast = Selection.kernels();
            if (fast == stay) objection = Selection.reason();
            else objection = rehearse(1, fast);
            if (objection == null && ended == null) {
                model.warmUpState().fewRowsUse(fast);
                objection = rehearse(Kernels.PANEL_ROWS, fast);
                if (objection == null && ended == null) Selection.proven();
                if (objection == null) stay = fast;
            }
        } catch (Throwable e) {
            // An Error, too: the models that wait are to have their turn.
            if (!isToEnd()) objection = failed(e);
        }
        try {
            if (event != null)
                FlightRecorder.endWarmUp(
                        event,
                        model.name(),
                        model.fingerprint(),
                        Lanewise.nameOf(
                                ended == null ? stay : model.warmUpState().kernels(1)),
                        ended == null ? objection : ended);
        } catch (Throwable e) {
            // The event is lost, the warm-up is not.
        } finally {
            if (ended == null) queue.done(this, stay, objection);
            else queue.gaveUp(this, ended);
        }
    }

    private String rehearse(int rows, Kernels fast) {
        return isToEnd() ? null : new Rehearsal(model, rows, fast, this).run();
    }

    private static String failed(Throwable thrown) {
        String said;
        try {
            said = thrown.toString().strip().replaceAll("\\s*\\R\\s*", " ");
        } catch (Throwable again) {
            said = thrown.getClass().getName();
        }
        return "its warm-up failed: " + said;
    }

    @Override
    public boolean isToEnd() {
        if (ended != null) return true;
        if (Thread.currentThread().isInterrupted()) {
            interrupted = true;
            ended = WarmUpQueue.INTERRUPTED;
        } else if (background != null && background.isStopped()) ended = WarmUpQueue.CLOSED;
        else if (background == null && System.nanoTime() - deadline >= 0)
            ended = "its warm-up was not done within its time limit";
        return ended != null;
    }

    @Override
    public void rest(long nanos) {
        if (background != null && !hurried) LockSupport.parkNanos(PAUSES * nanos);
    }
}
