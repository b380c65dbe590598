package lanewise;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the work of a training step, an evaluation or a bulk prediction. The calling thread is one of them,
 * worker 0.
 *
 * <pre>{@code
 * try (Workers workers = Workers.of(4)) {
 *     Trainer.builder(network, loss).workers(workers).batchSize(128).build().train(data);
 *     Evaluation.of(network, loss, test, workers);
 * }
 * }</pre>
 *
 * <p>Work is divided by rows or by parameters and never within a sum, so the bits of a result do not depend on the number of
 * workers. A worker takes one share of the work after the other, large ones first, until none is left; {@link #run} returns
 * when all shares are done. Workers that do not come in time are not waited for: the others do their shares.
 *
 * <p>A worker that finds nothing to do looks for work for 50 microseconds, so that the parts of a step follow each other
 * without delay, and then sleeps until there is some. With more workers than processors it sleeps at once.
 *
 * <p>Any number of threads may call {@link #run}. While one call is under way another one, which may come from a task itself,
 * does all of its work on its calling thread.
 *
 * <p>Guarantees, each with its test in {@code WorkersTest}:
 *
 * <ol>
 *   <li>Each item is done once, and all are done when {@code run} returns ({@code everyItemIsDoneOnceWhateverTheShares}).
 *   <li>No two shares are done by one worker at the same time ({@code aWorkerDoesOneShareAtATime}).
 *   <li>What a task throws, an {@code Error} too, is thrown to the caller, and the workers stay usable. If several shares
 *       throw, it is the one of the lowest items, with the others as its suppressed exceptions ({@code
 *       whatAShareThrowsReachesTheCallerOnce}).
 *   <li>{@code run} allocates nothing ({@code aRunAllocatesNothing}), but what an executor allocates for a task.
 *   <li>Workers without work use no processor time ({@code idleWorkersSleep}).
 *   <li>An interrupt of the caller or of a worker disturbs nothing, and the caller stays interrupted ({@code
 *       anInterruptDisturbsNothing}).
 *   <li>An executor that refuses tasks, or never runs them, costs speed only ({@code
 *       anExecutorThatDoesNotHelpIsDoneWithout}).
 *   <li>After {@link #close} no thread of these workers runs ({@code closeEndsTheThreads}).
 * </ol>
 */
public final class Workers implements AutoCloseable {

    /** Work that can be done share by share, in any order and at the same time. */
    @FunctionalInterface
    public interface Task {

        /**
         * Does one share.
         *
         * @param worker number of the worker, from 0: the memory of this number is free
         * @param from first of the share's items
         * @param to item after the last
         */
        void run(int worker, int from, int to);
    }

    /** How long a worker without work goes on looking for some. */
    private static final long SPIN_NANOS = 50_000;

    /** So many looks go by between two looks at the clock. */
    private static final int LOOKS = 32;

    /** A share is this part of what is left for each worker. */
    private static final int SHARES = 2;

    /** An executor that has refused a task is asked again after so many rounds. */
    private static final int ROUNDS_AFTER_REFUSAL = 1_000;

    /** Indices of words that different threads write, on different cache lines. */
    private static final int STATE = 16, NEXT = 32, BUSY = 48, WORDS = 64;

    /** In the word STATE: a round's number, whether workers may join it, and how many other than the caller are in it. */
    private static final long ROUND = 1L << 17, OPEN = 1L << 16, ACTIVE = OPEN - 1;

    private static final int MOST = 1 << 15;

    private final Executor executor;
    private final Worker[] others;
    private final String shortage;
    private final long spinNanos;

    /** STATE as above; NEXT: the first item that nobody has taken; BUSY: 1 while a round is under way. */
    private final AtomicLongArray words = new AtomicLongArray(WORDS);

    private volatile boolean closed;

    /** The caller where it sleeps. */
    private volatile Thread sleeper;

    // The round that is under way, written by its caller before workers may join

    private Thread caller;
    private Task task;
    private int items;
    private int grain;

    /** What the share from failedFrom on has thrown; guarded by this object's lock until the round is over. */
    private Throwable failure;

    private int failedFrom;

    /** Own threads if there is a factory, else tasks of an executor. */
    private Workers(int count, ThreadFactory threads, Executor executor) {
        if (count < 1 || count > MOST)
            throw new IllegalArgumentException(count + " workers, 1 to " + MOST + " expected");
        this.executor = executor;
        spinNanos = count <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOS : 0;
        Worker[] all = new Worker[count - 1];
        int started = 0;
        String shortage = null;
        try {
            for (; started < all.length; started++) {
                Worker worker = new Worker(started + 1);
                all[started] = worker;
                if (threads == null) continue;
                worker.thread = threads.newThread(worker);
                worker.thread.start();
            }
        } catch (OutOfMemoryError e) {
            // The system's limit of threads, say. What there are do the work as well.
            shortage = (started + 1) + " of " + count + " workers, because a thread could not be started: "
                    + e.getMessage();
        }
        others = Arrays.copyOf(all, started);
        this.shortage = shortage;
    }

    /**
     * The calling thread alone.
     *
     * @return one worker
     */
    public static Workers one() {
        return of(1);
    }

    /**
     * The calling thread and threads that these workers start now: daemons named {@code lanewise-worker-1} and so on, which
     * end by {@link #close}. If the system refuses a thread, there are fewer: {@link #count} says how many, {@link #toString}
     * why.
     *
     * @param count of the workers, the calling thread among them; best not more than the machine has cores
     * @return new workers, to be closed
     * @throws IllegalArgumentException if count is less than 1 or more than 32,768
     */
    public static Workers of(int count) {
        return of(count, work -> DaemonThread.of(work, ((Worker) work).name(), Thread.NORM_PRIORITY));
    }

    /** Workers on threads of a factory. */
    static Workers of(int count, ThreadFactory threads) {
        return new Workers(count, threads, null);
    }

    /**
     * The calling thread and threads of an executor. A worker occupies one of them as long as there is work, and some
     * microseconds longer. The executor's threads may be fewer or do something else: then the others do the work.
     *
     * @param executor may run tasks at once, later or never; not ended by {@link #close}
     * @param count of the workers, the calling thread among them: one more than the executor's threads that are to help
     * @return new workers
     * @throws IllegalArgumentException if count is less than 1 or more than 32,768
     */
    public static Workers on(Executor executor, int count) {
        return new Workers(count, null, Objects.requireNonNull(executor, "executor"));
    }

    /**
     * How many there are.
     *
     * @return at least 1
     */
    public int count() {
        return others.length + 1;
    }

    /**
     * Whether {@link #close} has been called.
     *
     * @return true if so: these workers do nothing any more
     */
    public boolean closed() {
        return closed;
    }

    /**
     * Does a task, and returns when all of it is done.
     *
     * @param items number of items
     * @param grain a share is a multiple of so many items, but for the last one
     * @param task called for shares that together are all items
     * @throws IllegalStateException if these workers are closed
     * @throws IllegalArgumentException if grain is less than 1
     */
    public void run(int items, int grain, Task task) {
        if (closed) throw new IllegalStateException("these workers are closed, and their threads have ended");
        if (grain < 1) throw new IllegalArgumentException("shares of " + grain + " items, at least 1 expected");
        if (items <= 0) return;
        if (others.length == 0 || items <= grain || !words.compareAndSet(BUSY, 0, 1)) {
            task.run(0, 0, items);
            return;
        }
        try {
            round(items, grain, task);
        } finally {
            words.set(BUSY, 0);
        }
    }

    private void round(int items, int grain, Task task) {
        caller = Thread.currentThread();
        this.task = task;
        this.items = items;
        this.grain = grain;
        words.set(NEXT, 0);
        long round = words.addAndGet(STATE, ROUND + OPEN) / ROUND;
        try {
            for (Worker other : others) other.call(round);
        } catch (Throwable e) {
            failed(items, e);
        }
        try {
            work(0);
        } finally {
            words.addAndGet(STATE, -OPEN);
            awaitOthers();
            caller = null;
            this.task = null;
        }
        Throwable thrown = failure;
        if (thrown == null) return;
        failure = null;
        Workers.<RuntimeException>raise(thrown);
    }

    /** A task throws only what need not be declared. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable thrown) throws E {
        throw (E) thrown;
    }

    /** Does shares until none is left. */
    private void work(int worker) {
        Task task = this.task;
        int items = this.items, grain = this.grain, divisor = SHARES * count();
        for (long from; (from = words.get(NEXT)) < items; ) {
            long share = (items - from + divisor - 1) / divisor;
            long to = Math.min(items, from + (share + grain - 1) / grain * grain);
            if (!words.compareAndSet(NEXT, from, to)) continue;
            try {
                task.run(worker, (int) from, (int) to);
            } catch (Throwable e) {
                // Lower shares have all been taken before, so whichever fails first, the lowest that does is run.
                words.set(NEXT, items);
                failed((int) from, e);
            }
        }
    }

    private synchronized void failed(int from, Throwable thrown) {
        Throwable first = failure == null || from < failedFrom ? thrown : failure;
        Throwable other = first == failure ? thrown : failure;
        if (first == thrown) failedFrom = from;
        failure = first;
        if (other == null || other == first) return;
        try {
            first.addSuppressed(other);
        } catch (OutOfMemoryError e) {
            // The first one says enough.
        }
    }

    /** Returns when no other worker is in the round. */
    private void awaitOthers() {
        boolean interrupted = false;
        long begin = 0;
        for (int looks = 1; (words.get(STATE) & ACTIVE) != 0; looks++) {
            Thread.onSpinWait();
            if (looks % LOOKS != 0) continue;
            long now = System.nanoTime();
            if (looks == LOOKS) begin = now;
            if (now - begin < spinNanos) continue;
            sleeper = caller;
            while ((words.get(STATE) & ACTIVE) != 0) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            sleeper = null;
        }
        if (interrupted) caller.interrupt();
    }

    /** A worker other than the caller: the life of a thread, or a task of an executor. */
    private final class Worker implements Runnable {

        private final int number;
        private Thread thread;

        /** Whether it sleeps, or is no task of the executor; whoever changes it to false wakes it up. */
        private final AtomicBoolean away = new AtomicBoolean();

        /** The round in which an executor is asked again. */
        private long ask;

        Worker(int number) {
            this.number = number;
            if (executor != null) away.set(true);
        }

        String name() {
            return "lanewise-worker-" + number;
        }

        /** Wakes it up if it is away. */
        void call(long round) {
            if (!away.get() || executor != null && round < ask || !away.compareAndSet(true, false)) return;
            if (executor == null) {
                LockSupport.unpark(thread);
                return;
            }
            try {
                executor.execute(this);
            } catch (RejectedExecutionException | OutOfMemoryError e) {
                ask = round + ROUNDS_AFTER_REFUSAL;
                away.set(true);
            } catch (Throwable e) {
                away.set(true);
                throw e;
            }
        }

        @Override
        public void run() {
            // An executor may run a task on the thread that gives it.
            if (executor != null && Thread.currentThread() == caller) {
                away.set(true);
                return;
            }
            long last = 0, begin = 0;
            for (int looks = 1; !closed; looks++) {
                long state = words.get(STATE);
                if (isNew(state, last)) {
                    if (!words.compareAndSet(STATE, state, state + 1)) continue;
                    last = state / ROUND;
                    try {
                        work(number);
                    } finally {
                        leave();
                    }
                    looks = 0;
                    continue;
                }
                Thread.onSpinWait();
                if (looks % LOOKS != 0) continue;
                long now = System.nanoTime();
                if (looks == LOOKS) begin = now;
                if (now - begin < spinNanos) continue;
                looks = 0;
                away.set(true);
                if (executor != null) {
                    if (isNew(words.get(STATE), last) && away.compareAndSet(true, false)) continue;
                    return;
                }
                while (away.get() && !closed) {
                    if (isNew(words.get(STATE), last) && away.compareAndSet(true, false)) break;
                    LockSupport.park(Workers.this);
                    Thread.interrupted(); // or it would not sleep again
                }
            }
        }

        private boolean isNew(long state, long last) {
            return (state & OPEN) != 0 && state / ROUND != last;
        }

        private void leave() {
            long state = words.decrementAndGet(STATE);
            if ((state & (OPEN | ACTIVE)) != 0) return;
            Thread sleeping = sleeper;
            if (sleeping != null) LockSupport.unpark(sleeping);
        }
    }

    /**
     * Ends the threads of these workers and returns when they have ended, or this thread is interrupted. A {@link #run} that
     * is under way is done to its end; later ones are refused. May be called again, and from any thread.
     */
    @Override
    public void close() {
        closed = true;
        if (executor != null) return;
        for (Worker other : others) LockSupport.unpark(other.thread);
        try {
            for (Worker other : others) if (other.thread != Thread.currentThread()) other.thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@code 4 workers}, or how many of them there are and why not all. */
    @Override
    public String toString() {
        if (shortage != null) return shortage;
        return count() == 1 ? "1 worker" : count() + " workers";
    }
}
