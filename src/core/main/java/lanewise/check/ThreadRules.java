package lanewise.check;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.memory.Pass;

/**
 * The check of the {@link LayerRule} about threads: two of them, each with matrices and a pass of its own, give the bits of
 * one.
 *
 * <p>A second thread calls the layer again and again while this one does, for a few milliseconds. A batch has so
 * many rows that calls take some time, and the second thread's numbers are others. So calls overlap on two processors, and on
 * one a call is interrupted by the other thread's: what they share and must not is overwritten in the middle of it.
 */
final class ThreadRules {

    /** Numbers that a call reads at least; and rows of a batch at most, of a layer that mixes them. */
    private static final long NUMBERS = 1 << 14;

    private static final int MOST_ROWS = 256, MOST_MIXED = 17;

    /** Calls of both threads at least, and of this one at most if the other gets no processor. */
    private static final int FEWEST_CALLS = 4, MOST_CALLS = 100_000;

    private ThreadRules() {}

    static void allowsThreads(LayerTrial trial) {
        int most = trial.layer.rowwise() ? MOST_ROWS : MOST_MIXED;
        int rows = (int) Math.max(trial.rows, Math.min(most, NUMBERS / trial.work()));
        long nanos = switch (trial.depth) {
            case QUICK -> 2_000_000;
            case STANDARD -> 5_000_000;
            case THOROUGH -> 50_000_000;
        };
        Side here = new Side(trial, rows), there = new Side(trial, rows);
        AtomicInteger made = new AtomicInteger();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread other = new Thread(
                () -> {
                    try {
                        while (made.get() >= 0) {
                            there.call();
                            if (made.get() >= 0) made.incrementAndGet();
                        }
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                },
                "gradient-check");
        other.setDaemon(true);
        other.start();
        String difference = null;
        try {
            long end = 0;
            for (int i = 0; difference == null && thrown.get() == null && i < MOST_CALLS; i++) {
                if (made.get() == 0) Thread.yield();
                else if (end == 0) end = System.nanoTime() + nanos;
                else if (i >= FEWEST_CALLS && made.get() >= FEWEST_CALLS && System.nanoTime() - end > 0) break;
                difference = here.call();
            }
        } finally {
            made.set(Integer.MIN_VALUE);
            join(other);
        }
        if (difference == null) difference = there.difference;
        if (difference != null)
            trial.find(
                    Kind.NOT_THREAD_SAFE,
                    trial.name,
                    "only while another thread calls the layer with a pass of its own: alone and then " + difference
                            + "; is there a static or a field that calls write? What a call needs belongs into its pass");
        else if (thrown.get() != null)
            trial.find(
                    Kind.NOT_THREAD_SAFE,
                    trial.name,
                    "only while another thread calls the layer with a pass of its own: "
                            + Finding.thrown("", there.h.call(), thrown.get()).text());
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** A batch, its matrices, and its outcome while nothing else runs. */
    private static final class Side {

        final Harness h;
        private final Pass pass;
        private final Case batch;
        private final Outcome alone;

        /** What was different in the first call that was not as it is alone. */
        volatile String difference;

        Side(LayerTrial trial, int rows) {
            h = trial.harness(rows);
            pass = h.pass(rows);
            batch = trial.batch(rows);
            alone = LayerTrial.run(h, pass, batch);
        }

        /** All three calls; says how they differ from those that were alone. */
        String call() {
            String now = LayerTrial.difference(h, alone, LayerTrial.run(h, pass, batch));
            if (now != null && difference == null) difference = now;
            return now;
        }
    }
}
