package lanewise;

import java.util.concurrent.locks.LockSupport;

/**
 * The background thread, the only one that the library starts by itself: warms the models of its queue up, one by one, and ends when
 * there is none left.
 *
 * <p>Guarantees, each with its test in {@code WarmUpTest}:
 *
 * <ol>
 *   <li>It inherits nothing from the thread that happened to ask, see {@link DaemonThread} ({@code
 *       theThreadKeepsNothingOfTheOneThatAsked}).
 *   <li>It is a daemon of the lowest priority ({@code theBackgroundThreadIsADaemonThatEnds}).
 *   <li>Nothing that is thrown leaves it, and it prints nothing ({@code aClosedClassLoaderIsNotComplainedAbout}).
 *   <li>After {@link Lanewise#close} has returned it has ended, and its class loader can be unloaded ({@code
 *       anApplicationThatClosesTheLibraryCanBeUnloaded}).
 * </ol>
 */
final class WarmUpThread implements Runnable {

    private final WarmUpQueue queue;
    private final Thread thread = DaemonThread.of(this, "lanewise-warm-up", Thread.MIN_PRIORITY);
    private volatile boolean stopped;

    WarmUpThread(WarmUpQueue queue) {
        this.queue = queue;
    }

    void start() {
        thread.start();
    }

    /** Has it end within a call of the model that it is at. */
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** Returns when it has ended; at once if it is the one that calls. */
    void join() throws InterruptedException {
        if (thread != Thread.currentThread()) thread.join();
    }

    boolean isStopped() {
        return stopped;
    }

    @Override
    public void run() {
        String why = WarmUpQueue.CLOSED;
        try {
            for (WarmUp next = queue.next(this); next != null; next = queue.next(this)) next.run();
        } catch (InterruptedException e) {
            why = WarmUpQueue.INTERRUPTED;
        } catch (Throwable e) {
            // The class loader was closed, say. A trace in the log of the program around would help nobody.
            why = "its warm-up failed";
        } finally {
            queue.end(this, why);
        }
    }
}
