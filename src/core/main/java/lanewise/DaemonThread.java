package lanewise;

import java.security.AccessController;
import java.security.PrivilegedAction;

/**
 * Makes the library's threads. They are daemons that inherit nothing from the thread that happened to ask: not its context
 * class loader (the library's own takes its place), its inheritable thread-locals, its thread group (but the outermost of
 * the program's) or, up to JDK 23, its access rights.
 */
final class DaemonThread {

    private DaemonThread() {}

    /** A thread that is yet to be started. */
    @SuppressWarnings("removal")
    static Thread of(Runnable work, String name, int priority) {
        // No lambda: it may be the program's first, which takes long.
        return AccessController.doPrivileged(new PrivilegedAction<Thread>() {
            @Override
            public Thread run() {
                ThreadGroup group = Thread.currentThread().getThreadGroup();
                while (group.getParent() != null && group.getParent().getParent() != null) group = group.getParent();
                Thread thread = new Thread(group, work, name, 0, false);
                thread.setContextClassLoader(DaemonThread.class.getClassLoader());
                thread.setDaemon(true);
                thread.setPriority(priority);
                return thread;
            }
        });
    }
}
