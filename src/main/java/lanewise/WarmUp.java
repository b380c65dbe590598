package lanewise;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import lanewise.event.FlightRecorder;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;

/**
 * Gets the fast kernels compiled while predictions run on the scalar ones.
 *
 * <p>Until HotSpot's second compiler has seen it, vector code is some 30 times slower than plain loops and allocates. So
 * a model's predictors begin on the scalar kernels, and one daemon thread runs the model on the vector kernels on the
 * side until these are fast; then it exchanges the model's kernels. As both give the same bits, no caller can see that
 * but in time; the thread compares their results, and where they differ it leaves the model as it is. Then it goes on
 * with the next model, and ends when there is none.
 *
 * <p>A program that has just started keeps the compilers busy with itself, so the thread waits before its first model,
 * unless somebody waits for it.
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

    /** Weak, because of many models that have predictors few may be in use for long. */
    private static final Deque<WeakReference<Model>> WAITING = new ArrayDeque<>();

    private static Thread thread;

    /** When the first model's turn comes, as the clock of {@link System#nanoTime} says it; 0 before it is queued. */
    private static long begins;

    /** Whether somebody waits for the thread, which then neither waits nor pauses. */
    private static volatile boolean hurried;

    private WarmUp() {}

    /** The kernels that a new model's predictors begin with. */
    static Kernels first() {
        return Selection.forced() ? Selection.kernels() : Selection.scalar();
    }

    /** Queues a model for the background thread. */
    static void begin(Model model) {
        String setting = System.getProperty(PROPERTY, "");
        if (Selection.forced() || setting.equals("off")) return;
        long wait = setting.isEmpty() ? WAIT_MILLIS : millis(setting);
        synchronized (WAITING) {
            WAITING.add(new WeakReference<>(model));
            if (begins == 0) begins = System.nanoTime() + wait * 1_000_000;
            if (thread != null) return;
            Thread started = new Thread("lanewise-warm-up") {
                @Override
                public void run() {
                    work();
                }
            };
            started.setDaemon(true);
            started.setPriority(Thread.MIN_PRIORITY);
            started.start();
            // Not before, for there may be no thread to be had.
            thread = started;
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

    private static void work() {
        try {
            waitForTheProgram();
            for (WeakReference<Model> next = next(); next != null; next = next()) {
                Model model = next.get();
                if (model != null) run(model, true);
            }
        } finally {
            // also where an error has ended the work: nobody is to wait for it, and the next model begins it anew
            synchronized (WAITING) {
                if (thread == Thread.currentThread()) end();
            }
        }
    }

    private static void waitForTheProgram() {
        synchronized (WAITING) {
            for (long left; !hurried && (left = begins - System.nanoTime()) > 0; )
                try {
                    WAITING.wait(left / 1_000_000 + 1);
                } catch (InterruptedException e) {
                    // Whoever interrupts this thread cannot mean that no model is to become fast.
                    hurried = true;
                }
        }
    }

    /** The next model; null if there is none, and then this thread's work is over. */
    private static WeakReference<Model> next() {
        synchronized (WAITING) {
            WeakReference<Model> next = WAITING.poll();
            if (next == null) end();
            return next;
        }
    }

    private static void end() {
        thread = null;
        hurried = false;
        WAITING.notifyAll();
    }

    /** Waits until no model waits, and none is being worked on. */
    static void await() throws InterruptedException {
        synchronized (WAITING) {
            hurry();
            while (thread != null) WAITING.wait();
        }
    }

    private static void hurry() {
        synchronized (WAITING) {
            if (thread == null) return;
            hurried = true;
            WAITING.notifyAll();
        }
    }

    /** Warms a model up on this thread, unless it is warm. One model at a time in this JVM. */
    static void run(Model model) {
        hurry();
        run(model, false);
    }

    private static synchronized void run(Model model, boolean aside) {
        if (model.warm()) return;
        Object event = FlightRecorder.beginWarmUp();
        Kernels fast = Selection.kernels(), scalar = Selection.scalar();
        String trouble = fast == scalar ? null : compile(model, 1, fast, aside);
        if (trouble == null && fast != scalar) {
            model.use(fast);
            trouble = compile(model, Kernels.ROWS, fast, aside);
        }
        Kernels stay = trouble == null ? fast : scalar;
        model.stayWith(stay, trouble);
        if (event != null)
            FlightRecorder.endWarmUp(event, model.name(), model.fingerprint(), Lanewise.nameOf(stay), trouble);
    }

    /**
     * Runs both kernels in turn until the fast ones are fast.
     *
     * @param rows one, or several at once, which other kernels do
     * @param aside whether to leave most of the CPU's time to others
     * @return what speaks against their use; null if nothing does
     */
    private static String compile(Model model, int rows, Kernels fast, boolean aside) {
        try {
            Caller vector = new Caller(model, rows, fast);
            return untilFast(vector, new Caller(vector, model, Selection.scalar()), aside);
        } catch (RuntimeException e) {
            return "a layer failed on the vector kernels: " + e;
        }
    }

    private static String untilFast(Caller vector, Caller scalar, boolean aside) {
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
                if (aside && !hurried) LockSupport.parkNanos(PAUSES * (end - start));
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
