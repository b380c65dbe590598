package lanewise;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.locks.LockSupport;

/**
 * The background thread, the only one that the library starts: warms the models of its queue up, one by one, and ends when
 * there is none left.
 *
 * <p>Guarantees, each with its test in {@code WarmUpTest}:
 *
 * <ol>
 *   <li>It inherits nothing from the thread that happened to ask: not its context class loader (the library's own takes
 *       its place), its inheritable thread-locals, its thread group (but the outermost of the program's) or, up to JDK 23,
 *       its access rights ({@code theThreadKeepsNothingOfTheOneThatAsked}).
 *   <li>It is a daemon of the lowest priority ({@code theBackgroundThreadIsADaemonThatEnds}).
 *   <li>Nothing that is thrown leaves it, and it prints nothing ({@code aClosedClassLoaderIsNotComplainedAbout}).
 *   <li>After {@link Lanewise#close} has returned it has ended, and its class loader can be unloaded ({@code
 *       anApplicationThatClosesTheLibraryCanBeUnloaded}).
 * </ol>
 */
final class WarmUpThread implements Runnable {

    private final WarmUpQueue queue;
    private final Thread thread = newThread(this);
    private volatile boolean stopped;

    WarmUpThread(WarmUpQueue queue) {
        this.queue = queue;
    }

    @SuppressWarnings("removal")
    private static Thread newThread(Runnable work) {
        // No lambda: it may be the program's first, which takes long.
        return AccessController.doPrivileged(new PrivilegedAction<Thread>() {
            @Override
            public Thread run() {
                ThreadGroup group = Thread.currentThread().getThreadGroup();
                while (group.getParent() != null && group.getParent().getParent() != null) group = group.getParent();
                Thread thread = new Thread(group, work, "lanewise-warm-up", 0, false);
                thread.setContextClassLoader(WarmUpThread.class.getClassLoader());
                thread.setDaemon(true);
                thread.setPriority(Thread.MIN_PRIORITY);
                return thread;
            }
        });
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
