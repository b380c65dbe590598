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
 * <p>A second thread calls the layer again and again while this one does, with other numbers. It counts its calls, so that
 * this one knows which of its own calls overlapped with one of them: on two processors nearly all, on one those that were
 * interrupted. After so many of these the trial ends. What the threads share and must not is overwritten in the middle of
 * most.
 */
final class ThreadRules {

    /** Numbers that a call reads at least; and rows of a batch at most, of a layer that mixes them. */
    private static final long NUMBERS = 1 << 14;

    private static final int MOST_ROWS = 256, MOST_MIXED = 17;

    /** Overlaps, and nanoseconds, where a field was seen to hold numbers of the last call. */
    private static final int MANY_OVERLAPS = 500;

    private static final long LONG = 2_000_000_000L;

    private ThreadRules() {}

    static void allowsThreads(LayerTrial trial) {
        int most = trial.layer.rowwise() ? MOST_ROWS : MOST_MIXED;
        int rows = (int) Math.max(trial.rows, Math.min(most, NUMBERS / trial.work()));
        Side here = new Side(trial, rows), there = new Side(trial, rows);
        here.run();
        SharedState first = SharedState.of(trial.layer);
        here.run();
        SharedState same = SharedState.of(trial.layer);
        there.run();
        String field = SharedState.following(first, same, SharedState.of(trial.layer));
        int overlaps = 0, enough;
        long nanos;
        switch (trial.depth) {
            case QUICK -> {
                enough = 16;
                nanos = 10_000_000;
            }
            case STANDARD -> {
                enough = 32;
                nanos = 20_000_000;
            }
            default -> {
                enough = 256;
                nanos = 500_000_000;
            }
        }
        if (rows * trial.work() > 1 << 18) enough /= 8;
        if (field != null) {
            enough = MANY_OVERLAPS;
            nanos = LONG;
        }
        AtomicInteger made = new AtomicInteger();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread other = new Thread(
                () -> {
                    try {
                        while (made.get() >= 0) {
                            there.run();
                            made.updateAndGet(n -> n < 0 ? n : n + 1 & Integer.MAX_VALUE);
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
            long end = System.nanoTime() + nanos;
            while (made.get() == 0 && thrown.get() == null && System.nanoTime() - end < 0) Thread.yield();
            while (overlaps < enough && difference == null && thrown.get() == null && System.nanoTime() - end < 0) {
                int before = made.get();
                try {
                    difference = here.call();
                } catch (RuntimeException | AssertionError e) {
                    difference = Finding.thrown("", here.h.call(), e).text();
                }
                if (made.get() != before) overlaps++;
            }
        } finally {
            made.set(Integer.MIN_VALUE);
            join(other);
        }
        if (difference != null)
            trial.find(
                    Kind.NOT_THREAD_SAFE,
                    trial.name,
                    "only while another thread calls the layer with a pass of its own: " + difference
                            + (field == null
                                    ? "; is there a static or a field that calls write? "
                                    : "; calls change the field " + field + ". ")
                            + "What a call needs belongs into its pass");
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

        Side(LayerTrial trial, int rows) {
            h = trial.harness(rows);
            pass = h.pass(rows);
            batch = trial.batch(rows);
            alone = LayerTrial.run(h, pass, batch);
        }

        void run() {
            h.dOutput.set(batch.dOutput());
            h.forward(pass, 0, h.rows);
            h.backward(pass, 0, h.rows);
            h.gradient.clear();
            h.parameterGradient(pass, h.rows, 1f, 0, 1);
        }

        /** All three calls; says how they differ from those that were alone. */
        String call() {
            run();
            if (h.output.holds(alone.output())
                    && (h.dInput == null || h.dInput.holds(alone.dInput()))
                    && h.gradient.holds(alone.gradient())) return null;
            return "alone and then " + LayerTrial.difference(h, alone, LayerTrial.outcome(h));
        }
    }
}
