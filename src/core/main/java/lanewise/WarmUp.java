package lanewise;

import java.lang.ref.WeakReference;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import lanewise.event.FlightRecorder;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * Gets the fast kernels compiled while predictions run on the scalar ones: one model's warm-up, on one thread.
 *
 * <p>Until HotSpot's second compiler has seen it, vector code is some 30 times slower than plain loops and allocates. So
 * a model's predictors begin on the scalar kernels, and one daemon thread runs the model on the vector kernels on the
 * side until these are fast; then it exchanges the model's kernels. As both give the same bits, no caller can see that
 * but in time; the thread compares their results, and where they differ it leaves the model as it is. Then it goes on
 * with the next model, and ends when there is none. A caller that waits for a model does the same on its own thread.
 *
 * <pre>
 *            asked for              begun                done
 *      COLD ----------> WAITING ----------> WARMING_UP ----------> WARM, or SCALAR if something speaks against it
 *        ^                |  ^                  |
 *        +----------------+--+------------------+
 *         stopped, interrupted, out of time (a caller's; WAITING if the thread has yet to do it)
 * </pre>
 *
 * <p>A program that has just started keeps the compilers busy with itself, so the thread waits before its first model,
 * unless somebody asked for the warm-up.
 *
 * <p>The lock guards the models' states and is held for moments only, never while a model runs. A thread that warms a
 * model up waits for none, so none waits for itself.
 */
final class WarmUp {

    /** {@code off}, or the milliseconds to wait before the first model. */
    private static final String PROPERTY = "lanewise.warmUp";

    private static final long WAIT_MILLIS = 2_000;

    /** Calls after which HotSpot has compiled what it will, with a margin; of a large model fewer, by their time. */
    private static final int FEWEST_CALLS = 12_000, MOST_CALLS = 100_000;

    private static final long FEWEST_NANOS = 3_000_000_000L, MOST_NANOS = 60_000_000_000L;
    private static final int CALLS_IN_A_ROUND = 250, STEADY_ROUNDS = 8;

    private static final long NANOS_IN_A_ROUND = 100_000_000;

    /** So many calls take inputs of the same kind: after a dense one, the next are not searched for zeros. */
    private static final int IN_A_ROW = 16;

    /**
     * So many calls, or nanoseconds of them, are given inputs of nearly all zeros, but for one in so many: before the
     * compilers are done a call takes a millisecond, and they look at the number of calls more than at their length.
     */
    private static final int LIGHT_CALLS = 3_000, FULL_ONE_IN = 64;

    private static final long LIGHT_NANOS = 1_000_000_000;

    /** Aside, the thread works for so long, then pauses so many times as long, so that requests find a CPU. */
    private static final long BURST_NANOS = 50_000, PAUSES = 3;

    private static final ReentrantLock LOCK = new ReentrantLock();

    /** Signalled when any of what the lock guards has changed. */
    private static final Condition CHANGED = LOCK.newCondition();

    /** What the thread is to do. Weak, because of many models that have predictors few may be in use for long. */
    private static final Deque<WeakReference<Model>> QUEUE = new ArrayDeque<>();

    /** What the last thread was asked for and has left cold when it ended. */
    private static final List<WeakReference<Model>> LEFT = new ArrayList<>();

    /** What is under way: of callers one at a time, for two would make each other look slow; and the thread's. */
    private static final List<WarmUp> RUNNING = new ArrayList<>();

    /** Null while nothing is queued. */
    private static Background background;

    private final Model model;
    private final Thread thread = Thread.currentThread();

    /** Null on a caller's thread. */
    private final Background aside;

    /** When a caller's time is up, as the clock of {@link System#nanoTime} says it. */
    private final long deadline;

    /** Whether somebody waits for it, so that it does not pause. */
    private volatile boolean hurried;

    /** Why it ended before it was done, else null. */
    private String ended;

    private boolean interrupted;

    private WarmUp(Model model, Background aside, long deadline) {
        this.model = model;
        this.aside = aside;
        this.deadline = deadline;
    }

    /** The kernels that a new model's predictors begin with. */
    static Kernels first() {
        return Selection.forced() ? Selection.kernels() : Selection.scalar();
    }

    /** Queues a model for the background thread because it has a predictor, the first time, unless that is off. */
    static void beginUnasked(Model model) {
        String setting = Selection.property(PROPERTY);
        long wait = setting.equals("off") ? -1 : setting.isEmpty() ? WAIT_MILLIS : millis(setting);
        LOCK.lock();
        try {
            if (model.hadPredictor()) return;
            if (wait >= 0) enqueue(model, wait * 1_000_000);
            model.hasPredictor();
        } finally {
            LOCK.unlock();
        }
    }

    /** Queues a model for the background thread, which begins at once. */
    static void begin(Model model) {
        LOCK.lock();
        try {
            enqueue(model, 0);
        } finally {
            LOCK.unlock();
        }
    }

    private static void enqueue(Model model, long wait) {
        if (model.warm()) return;
        WarmUp running = running(model);
        if (running != null && running.aside != null && !running.aside.stopped) return;
        if (background == null) {
            Background started = new Background(System.nanoTime() + wait);
            started.thread.start();
            // Not before, for there may be no thread to be had.
            background = started;
            LEFT.clear();
        } else if (wait == 0) background.beginNow();
        if (model.readiness() != Model.Readiness.COLD && isQueued(model)) return;
        QUEUE.add(new WeakReference<>(model));
        // A caller that is at work on it may give it up.
        if (running == null) model.waiting();
        CHANGED.signalAll();
    }

    private static boolean isQueued(Model model) {
        for (WeakReference<Model> queued : QUEUE) if (queued.get() == model) return true;
        return false;
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

    /** The thread that warms queued models up, one by one, and ends when there is none. */
    private static final class Background implements Runnable {

        final Thread thread = newThread(this);

        /** When it begins, as the clock of {@link System#nanoTime} says it. */
        private long begins;

        volatile boolean stopped;

        Background(long begins) {
            this.begins = begins;
        }

        /**
         * A daemon that keeps nothing of the thread that happened to ask: not its context class loader, its inheritable
         * thread-locals, its thread group (but the outermost of the program's) or, up to JDK 23, its access rights.
         */
        @SuppressWarnings("removal")
        private static Thread newThread(Runnable work) {
            // No lambda: it may be the program's first, which takes long.
            return AccessController.doPrivileged(new PrivilegedAction<Thread>() {
                @Override
                public Thread run() {
                    ThreadGroup group = Thread.currentThread().getThreadGroup();
                    while (group.getParent() != null && group.getParent().getParent() != null)
                        group = group.getParent();
                    Thread thread = new Thread(group, work, "lanewise-warm-up", 0, false);
                    thread.setContextClassLoader(WarmUp.class.getClassLoader());
                    thread.setDaemon(true);
                    thread.setPriority(Thread.MIN_PRIORITY);
                    return thread;
                }
            });
        }

        @Override
        public void run() {
            String why = "its warm-up was stopped";
            try {
                waitForTheProgram();
                for (WarmUp next = next(); next != null; next = next()) next.run();
            } catch (InterruptedException e) {
                why = "its warm-up was interrupted";
            } catch (Throwable e) {
                // The class loader was closed, say. A trace in the log of the program around would help nobody.
                why = "its warm-up failed";
            } finally {
                end(why);
            }
        }

        private void waitForTheProgram() throws InterruptedException {
            LOCK.lock();
            try {
                for (long left; !stopped && (left = begins - System.nanoTime()) > 0; ) CHANGED.awaitNanos(left);
            } finally {
                LOCK.unlock();
            }
        }

        void beginNow() {
            long now = System.nanoTime();
            if (begins - now <= 0) return;
            begins = now;
            CHANGED.signalAll();
        }

        /** The next model's; null if there is none, and then this thread's work is over. */
        private WarmUp next() throws InterruptedException {
            LOCK.lock();
            try {
                while (!stopped) {
                    if (Thread.interrupted()) throw new InterruptedException();
                    for (Iterator<WeakReference<Model>> i = QUEUE.iterator(); i.hasNext(); ) {
                        Model model = i.next().get();
                        if (model == null || model.warm()) i.remove();
                        else if (running(model) == null) {
                            i.remove();
                            return begun(new WarmUp(model, this, 0));
                        }
                    }
                    if (QUEUE.isEmpty()) {
                        background = null;
                        CHANGED.signalAll();
                        return null;
                    }
                    // A caller is at work on what is left, and may give it up.
                    CHANGED.await();
                }
                return null;
            } finally {
                LOCK.unlock();
            }
        }

        /** Has the thread end, with all that is queued for it. */
        void end(String why) {
            LOCK.lock();
            try {
                if (background != this) return;
                background = null;
                stopped = true;
                for (WeakReference<Model> waiting : QUEUE) {
                    Model model = waiting.get();
                    if (model != null && model.readiness() == Model.Readiness.WAITING) leave(model, why);
                }
                QUEUE.clear();
                CHANGED.signalAll();
            } finally {
                LOCK.unlock();
            }
        }
    }

    private static void leave(Model model, String why) {
        model.cold(why);
        LEFT.add(new WeakReference<>(model));
    }

    /** Whether the last thread has left no model cold that nobody has asked for since. */
    private static boolean noneIsLeft() {
        LEFT.removeIf(left -> {
            Model model = left.get();
            return model == null || model.readiness() != Model.Readiness.COLD;
        });
        return LEFT.isEmpty();
    }

    /** What is under way for a model, null if nothing is. */
    private static WarmUp running(Model model) {
        for (WarmUp running : RUNNING) if (running.model == model) return running;
        return null;
    }

    private static boolean aCallersIsRunning() {
        for (WarmUp running : RUNNING) if (running.aside == null) return true;
        return false;
    }

    private static WarmUp begun(WarmUp warmUp) {
        RUNNING.add(warmUp);
        warmUp.model.warmingUp();
        CHANGED.signalAll();
        return warmUp;
    }

    private static void refuseFromInside() {
        for (WarmUp running : RUNNING)
            if (running.thread == Thread.currentThread())
                throw new IllegalStateException("a layer waits for a warm-up while its own model is warmed up");
    }

    private void hurry() {
        hurried = true;
        LockSupport.unpark(thread);
    }

    /**
     * Waits until nothing is queued for the thread that is at work now.
     *
     * @return whether it, or the last one, has done its work
     */
    static boolean await(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        LOCK.lock();
        try {
            Background waited = background;
            if (waited == null) return noneIsLeft();
            refuseFromInside();
            waited.beginNow();
            for (long left = nanos; background == waited; left = deadline - System.nanoTime()) {
                if (left <= 0) return false;
                for (WarmUp running : RUNNING) running.hurry();
                CHANGED.awaitNanos(left);
            }
            return !waited.stopped && noneIsLeft();
        } finally {
            LOCK.unlock();
        }
    }

    /** Ends the background thread, and returns when it has ended, or this thread is interrupted. */
    static void stop() {
        List<Thread> ending = new ArrayList<>();
        LOCK.lock();
        try {
            if (background != null) {
                ending.add(background.thread);
                background.end("its warm-up was stopped");
            }
            // One that was told so before may still be in a call of its model.
            for (WarmUp running : RUNNING) if (running.aside != null) ending.add(running.thread);
        } finally {
            LOCK.unlock();
        }
        try {
            for (Thread thread : ending) {
                LockSupport.unpark(thread);
                if (thread != Thread.currentThread()) thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Warms a model up, unless it is warm; returns early, and interrupted, if this thread is interrupted. */
    static void run(Model model) {
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
    static boolean run(Model model, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        WarmUp mine = null;
        LOCK.lock();
        try {
            for (long left = nanos; mine == null; left = deadline - System.nanoTime()) {
                if (model.warm()) return true;
                refuseFromInside();
                if (Thread.interrupted()) throw new InterruptedException();
                if (left <= 0) return false;
                WarmUp other = running(model);
                if (other == null && !aCallersIsRunning()) mine = begun(new WarmUp(model, null, deadline));
                else {
                    if (other != null) other.hurry();
                    CHANGED.awaitNanos(left);
                }
            }
        } finally {
            LOCK.unlock();
        }
        mine.run();
        if (mine.interrupted) {
            Thread.interrupted();
            throw new InterruptedException();
        }
        return model.warm();
    }

    /** Runs the model until it is warm or this is to end; whatever a layer throws, the scalar kernels stay then. */
    private void run() {
        Kernels stay = Selection.scalar();
        String trouble = null;
        Object event = null;
        try {
            event = FlightRecorder.beginWarmUp();
            Kernels fast = Selection.kernels();
            if (fast == stay) trouble = Selection.reason();
            else trouble = compile(1, fast);
            if (trouble == null && ended == null) {
                model.use(fast);
                trouble = compile(Kernels.ROWS, fast);
                if (trouble == null) stay = fast;
            }
        } catch (Throwable e) {
            // An Error, too: the models that wait are to have their turn.
            if (!isToEnd()) trouble = failed(e);
        }
        try {
            if (event != null)
                FlightRecorder.endWarmUp(
                        event,
                        model.name(),
                        model.fingerprint(),
                        Lanewise.nameOf(ended == null ? stay : model.kernels(1)),
                        ended == null ? trouble : ended);
        } catch (Throwable e) {
            // The event is lost, the warm-up is not.
        } finally {
            finish(stay, trouble);
        }
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

    private void finish(Kernels stay, String trouble) {
        LOCK.lock();
        try {
            RUNNING.remove(this);
            if (ended == null) model.stayWith(stay, trouble);
            else if (isQueued(model)) model.waiting();
            else if (aside != null) leave(model, ended);
            else model.cold(ended);
            CHANGED.signalAll();
        } finally {
            LOCK.unlock();
        }
    }

    /** Whether this is to end before it is done. Asked after each burst, or call. */
    private boolean isToEnd() {
        if (ended != null) return true;
        if (Thread.currentThread().isInterrupted()) {
            interrupted = true;
            ended = "its warm-up was interrupted";
        } else if (aside != null && aside.stopped) ended = "its warm-up was stopped";
        else if (aside == null && System.nanoTime() - deadline >= 0)
            ended = "its warm-up was not done within its time limit";
        return ended != null;
    }

    /**
     * Runs both kernels in turn until the fast ones are fast, or this is to end.
     *
     * @param rows one, or several at once, which other kernels do
     * @return what speaks against their use; null if nothing does
     */
    private String compile(int rows, Kernels fast) {
        if (isToEnd()) return null;
        Caller vector = new Caller(model, rows, fast);
        return untilFast(vector, new Caller(vector, model, Selection.scalar()));
    }

    private String untilFast(Caller vector, Caller scalar) {
        double best = Double.MAX_VALUE, bestScalar = Double.MAX_VALUE;
        long spent = 0;
        int sinceBest = 0;
        for (int calls = 0; calls < MOST_CALLS && spent < MOST_NANOS; ) {
            boolean light = calls < LIGHT_CALLS && spent < LIGHT_NANOS;
            long nanos = 0;
            int k = 0;
            while (k < CALLS_IN_A_ROUND && nanos < NANOS_IN_A_ROUND) {
                long start = System.nanoTime(), end = start;
                for (; k < CALLS_IN_A_ROUND && end - start < BURST_NANOS; k++) {
                    if (light && k % FULL_ONE_IN != 0) vector.call(Caller.LIGHT, false);
                    else vector.call(k / IN_A_ROW % Caller.KINDS, k / (IN_A_ROW * Caller.KINDS) == 3);
                    end = System.nanoTime();
                }
                nanos += end - start;
                if (isToEnd()) return null;
                if (aside != null && !hurried) LockSupport.parkNanos(PAUSES * (end - start));
            }
            calls += k;
            spent += nanos;
            long scalarNanos = 0;
            for (int c = 0; c < 2 * Caller.KINDS; c++) {
                // The dense inputs last, for after these none is searched for zeros for a while.
                int kind = Caller.KINDS - 1 - c / 2;
                boolean bytes = c % 2 == 1;
                vector.call(kind, bytes);
                long start = System.nanoTime();
                scalar.call(kind, bytes);
                scalarNanos += System.nanoTime() - start;
                if (!vector.foundTheSame(scalar))
                    return "the vector kernels gave other bits than the scalar ones: a fault of this JVM or CPU";
                if (isToEnd()) return null;
            }
            bestScalar = Math.min(bestScalar, scalarNanos / (2.0 * Caller.KINDS));
            if (light) continue;
            if (nanos < best * k * 0.9) {
                best = (double) nanos / k;
                sinceBest = 0;
            } else if (++sinceBest >= STEADY_ROUNDS
                    && (calls >= FEWEST_CALLS || spent >= FEWEST_NANOS)
                    && best < bestScalar) return null;
        }
        return "the vector kernels did not become faster than the scalar ones within " + MOST_CALLS + " calls or "
                + MOST_NANOS / 1_000_000_000 + " seconds";
    }

    /** Calls a model with inputs on which the branches of forward depend, of floats or bytes. */
    private static final class Caller {

        /** A dense input, two with many zeros, one of zeros; and one that has hardly anything else. */
        static final int KINDS = 4, LIGHT = 4;

        private final int rows;
        private final int size;
        private final Predictor predictor;
        private final boolean takesBytes;

        /** {@link #rows} rows of the first kind, then those of the others. */
        private final float[] inputs;

        private final byte[] bytes;
        private final float[] found;

        Caller(Model model, int rows, Kernels kernels) {
            this.rows = rows;
            size = rows * model.inputSize();
            predictor = model.predictorOn(kernels, rows);
            takesBytes = model.stack().differentiableInput();
            inputs = new float[Math.multiplyExact(KINDS + 1, size)];
            bytes = new byte[inputs.length];
            found = new float[rows * model.outputSize()];
            // Where inputs are indices, zeros are the only ones that are known to be allowed.
            if (!takesBytes) return;
            RandomSource random = new RandomSource(1);
            for (int kind = 0; kind <= LIGHT; kind++)
                for (int i = kind * size; kind != KINDS - 1 && i < (kind + 1) * size; i++)
                    if (kind == 0 || random.nextInt(kind == LIGHT ? 64 : 5) == 0) {
                        inputs[i] = random.uniform();
                        bytes[i] = (byte) (1 + random.nextInt(255));
                    }
        }

        /** One with the same inputs. */
        Caller(Caller other, Model model, Kernels kernels) {
            rows = other.rows;
            size = other.size;
            predictor = model.predictorOn(kernels, rows);
            takesBytes = other.takesBytes;
            inputs = other.inputs;
            bytes = other.bytes;
            found = new float[other.found.length];
        }

        void call(int kind, boolean asBytes) {
            if (asBytes && takesBytes) predictor.predict(bytes, kind * size, found, 0, rows);
            else predictor.predict(inputs, kind * size, found, 0, rows);
        }

        boolean foundTheSame(Caller other) {
            for (int i = 0; i < found.length; i++)
                if (Float.floatToIntBits(found[i]) != Float.floatToIntBits(other.found[i])) return false;
            return true;
        }
    }
}
