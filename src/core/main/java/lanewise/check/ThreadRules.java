package lanewise.check;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import lanewise.check.GradientReport.Finding;
import lanewise.check.GradientReport.Kind;
import lanewise.check.LayerTrial.Case;
import lanewise.check.LayerTrial.Outcome;
import lanewise.memory.Pass;

/**
 * The check of the rules about threads: two of them, each with matrices and a pass of its own, give the bits of one.
 *
 * <p>A second thread calls the layer or the loss again and again while this one does, with other numbers. It counts its calls, so
 * that this one knows which of its own calls overlapped with one of them: on two processors nearly all, on one those that were
 * interrupted. After so many of these the trial ends, or after some time, but then after {@link #LEAST_OVERLAPS} at least: a
 * busy machine makes it longer, not blind. What the threads share and must not is overwritten in the middle of most overlaps,
 * and each thread looks at its own results.
 */
final class ThreadRules {

    /** Numbers that a call reads at least; and rows of a batch at most, of a layer that mixes them. */
    private static final long NUMBERS = 1 << 14;

    private static final int MOST_ROWS = 256, MOST_MIXED = 17;

    /** Overlaps, and nanoseconds, where a field was seen to hold numbers of the last call. */
    private static final int MANY_OVERLAPS = 500;

    private static final long LONG = 2_000_000_000L;

    /** Overlaps without which no trial ends, however long they take. */
    private static final int LEAST_OVERLAPS = 8;

    /** Name of the second thread. */
    static final String SECOND_THREAD = "gradient-check";

    private ThreadRules() {}

    /** All calls with numbers and a pass of their own. */
    interface Side {

        void run();

        /** How the last run differs from one that nothing disturbed; null if it does not. */
        String difference();

        /** The last call in words. */
        String call();
    }

    static void allowsThreads(LayerTrial trial) {
        int most = trial.layer.rowwise() ? MOST_ROWS : MOST_MIXED;
        int rows = (int) Math.max(trial.rows, Math.min(most, NUMBERS / trial.work()));
        int enough;
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
        String text =
                disturbance("layer", trial.layer, new OfLayer(trial, rows), new OfLayer(trial, rows), enough, nanos);
        if (text != null) trial.find(Kind.NOT_THREAD_SAFE, trial.name, text);
    }

    /**
     * Runs two sides of a layer or a loss at the same time.
     *
     * @param enough overlaps, and nanoseconds, either of which is enough if no field changes with the calls
     * @return how one disturbs the other, in words; null if it does not
     */
    static String disturbance(String what, Object subject, Side here, Side there, int enough, long nanos) {
        here.run();
        SharedState first = SharedState.of(subject);
        here.run();
        SharedState same = SharedState.of(subject);
        there.run();
        String field = SharedState.following(first, same, SharedState.of(subject));
        if (field != null) {
            enough = MANY_OVERLAPS;
            nanos = LONG;
        }
        AtomicInteger made = new AtomicInteger();
        AtomicReference<Disturbed> disturbed = new AtomicReference<>();
        Thread other = new Thread(
                () -> {
                    while (made.get() >= 0 && disturbed.get() == null) {
                        disturbed.compareAndSet(null, Disturbed.of(there));
                        made.updateAndGet(n -> n < 0 ? n : n + 1 & Integer.MAX_VALUE);
                    }
                },
                SECOND_THREAD);
        other.setDaemon(true);
        other.start();
        try {
            while (made.get() == 0) Thread.yield();
            long end = System.nanoTime() + nanos;
            int least = Math.min(enough, LEAST_OVERLAPS);
            for (int overlaps = 0; disturbed.get() == null && overlaps < enough; ) {
                if (overlaps >= least && System.nanoTime() - end >= 0) break;
                int before = made.get();
                disturbed.compareAndSet(null, Disturbed.of(here));
                if (made.get() != before) overlaps++;
            }
        } finally {
            made.set(Integer.MIN_VALUE);
            join(other);
        }
        return disturbed.get() == null ? null : disturbed.get().text(what, field);
    }

    /** How a side's call differed from one that nothing disturbed, or what it threw. */
    private record Disturbed(Side side, String difference, Throwable thrown) {

        /** Runs a side; null if its results are those that it has alone. */
        static Disturbed of(Side side) {
            try {
                side.run();
                String difference = side.difference();
                return difference == null ? null : new Disturbed(side, difference, null);
            } catch (Throwable e) {
                return new Disturbed(side, null, e);
            }
        }

        String text(String what, String field) {
            return "only while another thread calls the " + what + " with a pass of its own: "
                    + (difference == null
                            ? Finding.thrown("", side.call(), thrown).text()
                            : "alone and then " + difference
                                    + (field == null
                                            ? "; is there a static or a field that calls write? "
                                            : "; calls change the field " + field + ". ")
                                    + "What a call needs belongs into its pass");
        }
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
    private static final class OfLayer implements Side {

        private final Harness h;
        private final Pass pass;
        private final Case batch;
        private final Outcome alone;

        OfLayer(LayerTrial trial, int rows) {
            h = trial.harness(rows);
            pass = h.pass(rows);
            batch = trial.batch(rows);
            alone = LayerTrial.run(h, pass, batch);
        }

        @Override
        public void run() {
            h.dOutput.set(batch.dOutput());
            h.forward(pass, 0, h.rows);
            h.backward(pass, 0, h.rows);
            h.gradient.clear();
            h.parameterGradient(pass, h.rows, 1f, 0, 1);
        }

        @Override
        public String difference() {
            if (h.output.holds(alone.output())
                    && (h.dInput == null || h.dInput.holds(alone.dInput()))
                    && h.gradient.holds(alone.gradient())) return null;
            return LayerTrial.difference(h, alone, LayerTrial.outcome(h));
        }

        @Override
        public String call() {
            return h.call();
        }
    }
}
