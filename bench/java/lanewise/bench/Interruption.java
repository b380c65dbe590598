package lanewise.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The end of the JVM by a signal: interrupts the thread that measures, and waits until it has written its results. */
final class Interruption {

    private static final int GRACE_SECONDS = 20;

    private final CountDownLatch written = new CountDownLatch(1);

    /** From now on the end of the JVM interrupts this thread. */
    Interruption() {
        Thread measuring = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (written.getCount() == 0) return;
            measuring.interrupt();
            try {
                written.await(GRACE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    /** The results are written. */
    void over() {
        written.countDown();
    }
}
