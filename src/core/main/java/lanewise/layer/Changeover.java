package lanewise.layer;

import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.memory.Batch;
import lanewise.memory.Pass;

/**
 * The change from scalar to vector kernels in a course of like calls: the steps of a training, the batches of an evaluation,
 * the calls of a predictor. All kernels give the same bits, so the change shows in nothing but time.
 *
 * <p>Code for the Vector API is slow until HotSpot's second compiler has seen it, some 30 times slower than plain loops. So
 * a course begins on the scalar kernels:
 *
 * <pre>
 *      WAITING        calls run on the scalar kernels; most courses end before vector kernels could pay
 *         |           the JVM's courses have taken long, or this one will
 *         v
 *      REHEARSING     between calls, for a share of the time, small copies of the layers ({@code Miniature}) run on the
 *         |           vector kernels, until these are compiled
 *         v
 *      COMPARING      some calls run on the vector kernels, the others on the scalar ones, and times are compared
 *         |       \
 *         v        v
 *      VECTOR     SCALAR   for good; SCALAR from every state, with the reason
 * </pre>
 *
 * <p>A course of kinds that changed over before in this JVM begins in VECTOR, and so do forced vector kernels. Where there are
 * none, a course begins in SCALAR and nothing is measured.
 *
 * <p>Guarantees, each with its test in {@code ChangeoverTest}:
 *
 * <ol>
 *   <li>A course that is short rehearses nothing and loads nothing of the Vector API ({@code aShortTrainingRehearsesNothing}).
 *   <li>A training changes over, and the next one begins on the vector kernels ({@code
 *       aLongTrainingChangesOverAndTheNextBeginsChanged}).
 *   <li>Vector kernels that the JVM does not compile are given up, with the reason ({@code
 *       trainingStaysOnScalarKernelsWhereVectorsAreNotCompiled}).
 *   <li>Whatever a rehearsal throws leaves the course on the scalar kernels ({@code aFailedRehearsalLeavesScalarKernels}).
 * </ol>
 *
 * <p>All work is done by the calling thread. Not thread-safe. Allocates when a rehearsal begins; once it is over, a call costs a
 * comparison.
 */
public final class Changeover {

    private enum State {
        WAITING,
        REHEARSING,
        COMPARING,
        VECTOR,
        SCALAR
    }

    /** A first rehearsal begins after so much time in calls of all courses ... */
    private static final long NANOS_BEFORE = 60_000_000;

    /** ... if that and the calls to come take so long, measured while scalar code is still partly cold. */
    private static final long NANOS_THAT_PAY = 4_000_000_000L;

    /** Where vectors are known to be compiled a course rehearses after so much time: all may be compiled already. */
    private static final long NANOS_BEFORE_NEXT = 5_000_000;

    /** Of short calls in WAITING one in so many is timed, and counts for all. */
    private static final int TIMED = 16;

    private static final long SHORT_NANOS = 100_000;

    /** The shortest and longest rehearsal between two calls; in between as long as the calls have left time for. */
    private static final long SHORTEST_NANOS = 4_000_000, LONGEST_NANOS = 100_000_000;

    /** Rehearsal takes as long as the calls between, less where it is to wait for the
     * compilers or may not pay, and hardly any where vectors seem not to be compiled: a busy machine's compilers may need long. */
    private static final int LARGE_SHARE = 1, SMALL_SHARE = 8, SMALLEST_SHARE = 64;

    /** After so many calls of each copy, or fewer in so much time, HotSpot knows what to compile, and needs time for it. */
    private static final int ROUNDS = 1_200, FEWEST_ROUNDS = 400;

    private static final long NANOS_OF_ROUNDS = 8_000_000_000L;

    /** If no copy is fast so much later, and after some calls more, the JVM seems not to compile vectors. */
    private static final long MOST_NANOS = 6_000_000_000L;

    private static final int MORE_ROUNDS = 50;

    /** So it seems if no copy of any course is fast after so much time in rehearsals. */
    private static final long MOST_NANOS_OF_ALL = 24_000_000_000L;

    /** A run, whose time is compared with others': so many calls, or the first that end after so much time. */
    private static final int CALLS_OF_A_RUN = 16;

    private static final long NANOS_OF_A_RUN = 1_000_000;

    /** Runs of each kind that are compared at least; and after so many calls, or so much time, the comparison ends. */
    private static final int RUNS = 3, MOST_CALLS = 5_000;

    private static final long MOST_NANOS_OF_CALLS = 3_000_000_000L;

    /** Time in calls on scalar kernels of all courses that wait. */
    private static final AtomicLong WAITED = new AtomicLong();

    /** Time in rehearsals, of all courses, in which no copy became fast. */
    private static final AtomicLong REHEARSED = new AtomicLong();

    /** What courses have changed over. */
    private static final Set<String> CHANGED = ConcurrentHashMap.newKeySet();

    /** Number of rehearsals begun in this JVM. */
    private static final AtomicLong REHEARSALS = new AtomicLong();

    private final Layer layer;
    private final Miniature.Use use;
    private final LongPredicate vectorAt;

    private State state = State.WAITING;
    private Kernels kernels = Selection.scalar();
    private String reason = "it ended before vector kernels could pay";
    private long calls;

    /** Calls on the scalar kernels, before the change. */
    private long before;

    /** When the call under way began, if it is timed. */
    private boolean timed;

    private long began;

    /** Of a call while waiting: the time of the last one, and of the shorter of the last two. */
    private long last = Long.MAX_VALUE;

    private long duration;
    private long spent;
    private long timedNext;

    /** Time that calls have left for rehearsals and comparisons. */
    private long credit;

    private boolean pays;
    private Miniature small;
    private Kernels vector;

    /** Whether vectors seem not to be compiled. */
    private boolean inVain;

    private long rehearsed;

    /** Whether the compilers know what to compile; since when, and after how many rounds. */
    private boolean rehearsedEnough;

    private long enoughAt;
    private int enoughRounds;

    /** Of the run under way. */
    private boolean onVectors;

    private int runCalls;
    private long runRows;
    private long runNanos;

    /** By kernels, vector kernels first. */
    private final int[] runs = new int[2];

    private final double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
    private long vectorCalls;
    private long vectorNanos;

    private Changeover(Layer layer, Miniature.Use use, LongPredicate vectorAt) {
        this.layer = layer;
        this.use = use;
        this.vectorAt = vectorAt;
        if (vectorAt != null) return;
        if (Selection.forced() && Selection.width() > 0) becomeVector();
        else if (Selection.width() == 0) becomeScalar(Selection.reason());
        else if (Selection.isProven() && CHANGED.containsAll(Miniature.kinds(layer, use))) becomeVector();
    }

    /**
     * Of the steps of a training.
     *
     * @param layer the outermost layer
     * @param rows of the largest batch
     * @param descent whether single rows go through {@link RowDescent}
     * @param parts in which the parameters' gradient is taken
     * @param update an update to be rehearsed as well, named by its toString; null if there is none
     * @return a new one
     */
    public static Changeover ofTraining(Layer layer, int rows, boolean descent, int parts, Consumer<Pass> update) {
        return new Changeover(layer, new Miniature.Use(true, rows, descent && rows == 1, parts, update), null);
    }

    /**
     * Of calls of forward alone.
     *
     * @param layer the outermost layer in its form for prediction
     * @param rows of the largest batch
     * @return a new one
     */
    public static Changeover ofPrediction(Layer layer, int rows) {
        return new Changeover(layer, new Miniature.Use(false, rows, false, 1, null), null);
    }

    /** One that measures nothing: calls, counted from 0, run on the vector kernels where they are told to. For tests. */
    static Changeover at(LongPredicate vectorAt) {
        return new Changeover(null, null, vectorAt);
    }

    /** Number of rehearsals begun in this JVM. */
    static long rehearsals() {
        return REHEARSALS.get();
    }

    /**
     * A call is to begin: gives the batch its kernels.
     *
     * @param batch of the call
     * @param callsToCome this one and those that will follow, as far as that is known; else 0
     */
    public void begin(Batch batch, long callsToCome) {
        if (vectorAt != null) kernels = vectorAt.test(calls) ? Selection.kernels() : Selection.scalar();
        else if (!isOver()) choose(batch, callsToCome);
        calls++;
        batch.kernels(kernels);
    }

    /**
     * The call that began has ended. After a call that failed this may be left out.
     *
     * @param rows that it had
     */
    public void end(int rows) {
        if (!timed) return;
        timed = false;
        long nanos = System.nanoTime() - began;
        if (state == State.WAITING) waited(nanos);
        else if (state == State.REHEARSING) credit += nanos / share();
        else if (state == State.COMPARING) compare(rows, nanos);
    }

    private boolean isOver() {
        return state == State.VECTOR || state == State.SCALAR;
    }

    private void choose(Batch batch, long callsToCome) {
        timed = false;
        if (state == State.WAITING && calls < timedNext) return;
        // Not before the first call, which leaves the lists of non-zero inputs that say how dense inputs are.
        if (state == State.WAITING && calls > 0 && isTime(callsToCome)) prepare(batch, callsToCome);
        if (state == State.REHEARSING && credit >= 0) rehearse();
        if (state == State.COMPARING) {
            if (runCalls == 0) onVectors = credit >= 0;
            kernels = onVectors ? vector : Selection.scalar();
        }
        timed = !isOver();
        if (timed) began = System.nanoTime();
    }

    private void waited(long nanos) {
        duration = Math.min(last, nanos);
        last = nanos;
        int counts = duration < SHORT_NANOS ? TIMED : 1;
        timedNext = calls - 1 + counts;
        spent += duration * counts;
        WAITED.addAndGet(duration * counts);
    }

    private boolean isTime(long callsToCome) {
        if (Selection.isProven()) return spent >= NANOS_BEFORE_NEXT;
        return WAITED.get() >= NANOS_BEFORE && expected(callsToCome) >= NANOS_THAT_PAY;
    }

    /** The time of calls on scalar kernels that were and that will be. */
    private double expected(long callsToCome) {
        return WAITED.get() + (double) duration * Math.max(0, callsToCome);
    }

    private void prepare(Batch batch, long callsToCome) {
        if (Selection.width() == 0) {
            becomeScalar(Selection.reason());
            return;
        }
        pays = expected(callsToCome) >= NANOS_THAT_PAY;
        reason = "it ended before the vector kernels were compiled";
        REHEARSALS.incrementAndGet();
        long start = System.nanoTime();
        try {
            vector = Selection.kernels();
            small = new Miniature(layer, batch.pass(), use);
        } catch (Throwable e) {
            becomeScalar(failed(e));
            return;
        }
        rehearsed = System.nanoTime() - start;
        credit = -rehearsed;
        state = State.REHEARSING;
    }

    private void rehearse() {
        long start = System.nanoTime(), nanos = 0, most = Math.max(SHORTEST_NANOS, Math.min(credit, LONGEST_NANOS));
        try {
            for (; nanos < most && !small.isFast(); nanos = System.nanoTime() - start) small.call();
        } catch (Throwable e) {
            becomeScalar(failed(e));
            return;
        }
        rehearsed += nanos;
        credit -= nanos;
        int rounds = small.rounds();
        if (!rehearsedEnough && (rounds >= ROUNDS || rounds >= FEWEST_ROUNDS && rehearsed >= NANOS_OF_ROUNDS)) {
            rehearsedEnough = true;
            enoughAt = System.nanoTime();
            enoughRounds = rounds;
            credit = -nanos;
        }
        if (small.isFast() || rehearsedEnough && small.anyIsFast()) {
            small = null;
            credit = 0;
            inVain = false;
            state = State.COMPARING;
            return;
        }
        if (small.anyIsFast() || inVain) return;
        inVain = REHEARSED.addAndGet(nanos) >= MOST_NANOS_OF_ALL
                || rehearsedEnough
                        && rounds >= enoughRounds + MORE_ROUNDS
                        && System.nanoTime() - enoughAt >= MOST_NANOS;
        if (!inVain) return;
        reason =
                "this JVM does not compile the Vector API: after many calls vector kernels were still much slower than plain"
                        + " loops";
        Selection.giveUp(reason);
        credit = -nanos;
    }

    private static String failed(Throwable thrown) {
        return "a rehearsal of the vector kernels failed: " + thrown.getClass().getName();
    }

    private int share() {
        if (small != null && inVain) return SMALLEST_SHARE;
        boolean large = pays && (small == null || !rehearsedEnough && REHEARSED.get() < NANOS_OF_ROUNDS);
        return large ? LARGE_SHARE : SMALL_SHARE;
    }

    private void compare(int rows, long nanos) {
        runCalls++;
        runRows += rows;
        runNanos += nanos;
        if (onVectors) {
            vectorCalls++;
            vectorNanos += nanos;
            credit -= nanos;
        } else credit += nanos / share();
        if (runCalls < CALLS_OF_A_RUN && runNanos < NANOS_OF_A_RUN) return;
        int kind = onVectors ? 0 : 1;
        runs[kind]++;
        best[kind] = Math.min(best[kind], (double) runNanos / runRows);
        runCalls = 0;
        runRows = runNanos = 0;
        if (runs[0] >= RUNS && runs[1] >= RUNS && best[0] < best[1]) {
            Selection.proven();
            CHANGED.addAll(Miniature.kinds(layer, use));
            becomeVector();
        } else if (vectorCalls >= MOST_CALLS || vectorNanos >= MOST_NANOS_OF_CALLS)
            becomeScalar("vector kernels are not faster for its layers");
    }

    private void becomeVector() {
        state = State.VECTOR;
        kernels = Selection.kernels();
        before = calls;
    }

    private void becomeScalar(String reason) {
        this.reason = reason;
        state = State.SCALAR;
        kernels = Selection.scalar();
        small = null;
    }

    /**
     * Which kernels calls have run on, and since when.
     *
     * @return {@code vector kernels 256 bit from step 20481 on}, or {@code scalar kernels, because …}; at most one line
     */
    @Override
    public String toString() {
        if (state != State.VECTOR) return Selection.nameOf(0) + ", because " + reason;
        String name = Selection.nameOf(kernels.width());
        return before == 0 ? name : name + String.format(Locale.ROOT, " from step %d on", before + 1);
    }
}
