package lanewise;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * Decides who warms which model up, and when: what is queued for the background thread, what is under way, and who waits.
 * Any number of threads.
 *
 * <p>The lock guards all of it and the models' states; it is held for moments only, never while a model runs. A program
 * that has just started keeps the compilers busy with itself, so the background thread waits before its first model, unless
 * somebody asked for the warm-up.
 *
 * <p>Guarantees, each with its test in {@code WarmUpTest}:
 *
 * <ol>
 *   <li>A model that takes long holds no other one up, nor a caller that waits with a limit ({@code
 *       aModelThatIsHeldUpHoldsNoOtherUp}).
 *   <li>Of many callers each finds its model warm; they take turns ({@code
 *       manyCallersOfOneModelAndOfSeveralAllFindThemWarm}).
 *   <li>A thread that warms a model up waits for no other warm-up, so none waits for itself ({@code
 *       aLayerThatWaitsForAWarmUpIsToldSo}).
 *   <li>Who waits for the background thread is told whether it has done all that it was asked for ({@code
 *       workThatWasStoppedIsNotDone}).
 *   <li>After {@link #close} first predictors begin nothing until somebody asks for a warm-up ({@code
 *       theThreadEndsWhenItIsToldToAndBeginsAnewWhenItIsAsked}).
 * </ol>
 */
final class WarmUpQueue {

    /** The library's, whose thread is the only one. */
    static final WarmUpQueue LIBRARY = new WarmUpQueue();

    static final String CLOSED = "Lanewise.close() ended its warm-up", INTERRUPTED = "its warm-up was interrupted";

    /** {@code off}, or the milliseconds to wait before the first model. */
    private static final String PROPERTY = "lanewise.warmUp";

    private static final long WAIT_MILLIS = 2_000;

    private final ReentrantLock lock = new ReentrantLock();

    /** Signalled when any of what the lock guards has changed. */
    private final Condition changed = lock.newCondition();

    /** What the thread is to do. Weak, because of many models that have predictors few may be in use for long. */
    private final Deque<WeakReference<Model>> queue = new ArrayDeque<>();

    /** What the last thread was asked for and has left cold when it ended. */
    private final List<WeakReference<Model>> left = new ArrayList<>();

    /** What is under way: of callers one at a time, for two would make each other look slow; and the thread's. */
    private final List<WarmUp> running = new ArrayList<>();

    /** The thread that is at work, or will be; null while nothing is queued. */
    private WarmUpThread background;

    /** When the thread begins, as the clock of {@link System#nanoTime} says it. */
    private long begins;

    /** Whether first predictors begin nothing: from {@link #close} until somebody asks. */
    private boolean closed;

    /** Queues a model for the background thread because it has a predictor, the first time, unless that is off. */
    void beginUnasked(Model model) {
        String setting = Selection.property(PROPERTY);
        long wait = setting.equals("off") ? -1 : setting.isEmpty() ? WAIT_MILLIS : millis(setting);
        lock.lock();
        try {
            WarmUpState state = model.warmUpState();
            if (state.hadPredictor()) return;
            if (wait >= 0 && !closed) enqueue(model, wait * 1_000_000);
            else if (wait >= 0 && state.readiness() == Model.Readiness.COLD)
                state.staysCold("not asked to warm up since Lanewise.close()");
            state.hasPredictor();
        } finally {
            lock.unlock();
        }
    }

    private static long millis(String setting) {
        try {
            long millis = Long.parseLong(setting);
            if (millis >= 0 && millis <= 86_400_000) return millis;
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalStateException(
                "-D" + PROPERTY + "=" + setting + ": off, or milliseconds from 0 to 86400000 expected");
    }

    /** Queues a model for the background thread, which begins at once. */
    void begin(Model model) {
        lock.lock();
        try {
            closed = false;
            enqueue(model, 0);
        } finally {
            lock.unlock();
        }
    }

    private void enqueue(Model model, long wait) {
        WarmUpState state = model.warmUpState();
        if (state.isFinal()) return;
        WarmUp now = running(model);
        if (now != null && now.background != null && !now.background.isStopped()) return;
        if (background == null) {
            begins = System.nanoTime() + wait;
            WarmUpThread started = new WarmUpThread(this);
            started.start();
            // Not before, for there may be no thread to be had.
            background = started;
            left.clear();
        } else if (wait == 0) beginNow();
        if (isQueued(model)) return;
        queue.add(new WeakReference<>(model));
        // A caller that is at work on it may give it up.
        if (now == null) state.queued();
        changed.signalAll();
    }

    private void beginNow() {
        long now = System.nanoTime();
        if (begins - now <= 0) return;
        begins = now;
        changed.signalAll();
    }

    private boolean isQueued(Model model) {
        for (WeakReference<Model> queued : queue) if (queued.get() == model) return true;
        return false;
    }

    /** What is under way for a model, null if nothing is. */
    private WarmUp running(Model model) {
        for (WarmUp one : running) if (one.model == model) return one;
        return null;
    }

    private boolean aCallersIsRunning() {
        for (WarmUp one : running) if (one.background == null) return true;
        return false;
    }

    private WarmUp begun(WarmUp warmUp) {
        warmUp.model.warmUpState().begun();
        running.add(warmUp);
        changed.signalAll();
        return warmUp;
    }

    private void refuseFromInside() {
        for (WarmUp one : running)
            if (one.isOnThisThread())
                throw new IllegalStateException("a layer waits for a warm-up while its own model is warmed up");
    }

    // The background thread's side

    /**
     * The next warm-up of the background thread; waits for its beginning, and while a caller is at work on all that is
     * left.
     *
     * @return null if nothing is left, or the thread is to end; its work is over then
     */
    WarmUp next(WarmUpThread asking) throws InterruptedException {
        lock.lock();
        try {
            for (long wait; !asking.isStopped() && (wait = begins - System.nanoTime()) > 0; ) changed.awaitNanos(wait);
            while (!asking.isStopped()) {
                if (Thread.interrupted()) throw new InterruptedException();
                for (Iterator<WeakReference<Model>> i = queue.iterator(); i.hasNext(); ) {
                    Model model = i.next().get();
                    if (model == null || model.warm()) i.remove();
                    else if (running(model) == null) {
                        WarmUp next = begun(new WarmUp(this, model, asking, 0));
                        i.remove();
                        return next;
                    }
                }
                if (queue.isEmpty()) {
                    background = null;
                    changed.signalAll();
                    return null;
                }
                // A caller is at work on what is left, and may give it up.
                changed.await();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Has a background thread end, with all that is queued for it; does nothing if its work is over. */
    void end(WarmUpThread ending, String why) {
        lock.lock();
        try {
            if (background != ending) return;
            background = null;
            ending.stop();
            changed.signalAll();
            for (WeakReference<Model> waiting : queue) {
                Model model = waiting.get();
                if (model != null && model.readiness() == Model.Readiness.WAITING) leave(model, why);
            }
            queue.clear();
        } finally {
            lock.unlock();
        }
    }

    private void leave(Model model, String why) {
        model.warmUpState().ended(why);
        left.add(new WeakReference<>(model));
    }

    /** Whether the last thread has left no model cold that nobody has asked for since. */
    private boolean noneIsLeft() {
        left.removeIf(one -> {
            Model model = one.get();
            return model == null || model.readiness() != Model.Readiness.COLD;
        });
        return left.isEmpty();
    }

    // The end of a warm-up, on either side

    /** A warm-up is done: the model keeps these kernels. */
    void done(WarmUp done, Kernels stay, String objection) {
        lock.lock();
        try {
            running.remove(done);
            done.model.warmUpState().done(stay, objection);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A warm-up ended before it was done: its model goes back to where it was. */
    void gaveUp(WarmUp ended, String why) {
        lock.lock();
        try {
            running.remove(ended);
            if (isQueued(ended.model)) ended.model.warmUpState().queued();
            else if (ended.background != null) leave(ended.model, why);
            else ended.model.warmUpState().ended(why);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // The callers' side

    /**
     * Waits until nothing is queued for the background thread that is at work now.
     *
     * @return whether it, or the last one, has done its work
     */
    boolean await(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        lock.lock();
        try {
            WarmUpThread waited = background;
            if (waited == null) return noneIsLeft();
            refuseFromInside();
            beginNow();
            for (long wait = nanos; background == waited; wait = deadline - System.nanoTime()) {
                if (wait <= 0) return false;
                for (WarmUp one : running) one.hurry();
                changed.awaitNanos(wait);
            }
            return !waited.isStopped() && noneIsLeft();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the background thread, and returns when it has ended, or this thread is interrupted. First predictors begin
     * nothing from then on, until {@link #begin} is called.
     */
    void close() {
        List<WarmUpThread> ending = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            if (background != null) {
                ending.add(background);
                end(background, CLOSED);
            }
            // One that was told so before may still be in a call of its model.
            for (WarmUp one : running) if (one.background != null) ending.add(one.background);
        } finally {
            lock.unlock();
        }
        try {
            for (WarmUpThread one : ending) one.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Warms a model up, unless it is warm; returns early, and interrupted, if this thread is interrupted. */
    void run(Model model) {
        try {
            run(model, Long.MAX_VALUE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Warms a model up on this thread, unless it is warm, or waits for whoever does so.
     *
     * @return whether it is warm
     */
    boolean run(Model model, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        WarmUp mine = null;
        lock.lock();
        try {
            for (long wait = nanos; mine == null; wait = deadline - System.nanoTime()) {
                if (model.warm()) return true;
                refuseFromInside();
                if (Thread.interrupted()) throw new InterruptedException();
                if (wait <= 0) return false;
                WarmUp other = running(model);
                if (other == null && !aCallersIsRunning()) mine = begun(new WarmUp(this, model, null, deadline));
                else {
                    if (other != null) other.hurry();
                    changed.awaitNanos(wait);
                }
            }
        } finally {
            lock.unlock();
        }
        mine.run();
        if (mine.wasInterrupted()) {
            Thread.interrupted();
            throw new InterruptedException();
        }
        return model.warm();
    }
}
