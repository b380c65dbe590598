package lanewise;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A pool of predictors of the model that serves, for any number of threads, virtual ones too.
 *
 * <pre>{@code
 * Predictors predictors = Predictors.of(model);
 * predictors.predict(pixels, 0, probabilities, 0);      // from any thread
 *
 * try (Predictors.Lent lent = predictors.lend()) {      // for all other forms, and to name the model of an answer
 *     lent.predictor().predict(indices, values, 0, count, probabilities, 0);
 *     answeredBy = lent.model().name();
 * }
 * }</pre>
 *
 * <p>A call never blocks: it takes no lock, waits for no other thread and does not pin a virtual thread. It allocates
 * nothing where it finds a predictor that is idle. Where it finds none, because more calls are under way at once than
 * before, one is made, see {@link Model#predictor}. The pool grows so up to 4 to 8 predictors for each CPU; those beyond are
 * garbage when they are given back. A predictor that is lent and never given back is lost to the pool, no more: another is
 * made in its place, and nobody waits.
 *
 * <p>Models may be exchanged at any time ({@link #exchange}). A call that has begun ends on the model that it began with.
 */
public final class Predictors implements AutoCloseable {

    /** A place's index times this many: places that threads use at once lie on different cache lines. */
    private static final int APART = 4;

    private final int rows;

    /** Null once closed. */
    private final AtomicReference<Pool> serving = new AtomicReference<>();

    private Predictors(Model model, int rows) {
        this.rows = rows;
        serving.set(new Pool(Objects.requireNonNull(model, "model"), rows));
    }

    /**
     * A pool for single inputs.
     *
     * @param model serves at first
     * @return a new pool, which has no predictor yet
     */
    public static Predictors of(Model model) {
        return of(model, 1);
    }

    /**
     * A pool for batches.
     *
     * @param model serves at first
     * @param rows so many rows of a batch are computed together, as in {@link Model#predictor(int)}
     * @return a new pool, which has no predictor yet
     * @throws IllegalArgumentException if rows is less than 1
     */
    public static Predictors of(Model model, int rows) {
        if (rows < 1) throw new IllegalArgumentException("predictors of " + rows + " rows, at least 1 expected");
        return new Predictors(model, rows);
    }

    /** A model and its predictors that nobody uses at the moment. */
    private static final class Pool {

        final Model model;
        private final int rows;

        /** How many are kept, a power of two. */
        private final int kept =
                4 * Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1);

        /** In every 16th place, null where a predictor is lent, or not made yet. */
        private final AtomicReferenceArray<Lent> idle = new AtomicReferenceArray<>(kept << APART);

        Pool(Model model, int rows) {
            this.model = model;
            this.rows = rows;
        }

        /** Where a thread begins to look: threads begin at different places, and each at the same one every time. */
        private int start() {
            // The lower bits of both are evenly spread: a virtual thread's number, a platform thread's identity.
            return Thread.currentThread().hashCode() & kept - 1;
        }

        Lent take() {
            for (int i = 0, start = start(); i < kept; i++) {
                int at = (start ^ i) << APART;
                if (idle.getPlain(at) == null) continue;
                Lent lent = idle.getAndSet(at, null);
                if (lent != null) return lent;
            }
            return new Lent(this, model.predictor(rows));
        }

        /** Keeps a predictor if there is room. */
        void keep(Lent lent) {
            for (int i = 0, start = start(); i < kept; i++) {
                int at = (start ^ i) << APART;
                if (idle.getPlain(at) == null && idle.compareAndSet(at, null, lent)) return;
            }
        }
    }

    /** A predictor on loan to one thread, which gives it back by {@link #close}. */
    public static final class Lent implements AutoCloseable {

        private final Pool pool;
        private final Predictor predictor;

        /** Who has it; null while nobody has. */
        private Thread borrower;

        private Lent(Pool pool, Predictor predictor) {
            this.pool = pool;
            this.predictor = predictor;
        }

        /**
         * The predictor.
         *
         * @return not to be used once it has been given back
         * @throws IllegalStateException if it is not lent to this thread
         */
        public Predictor predictor() {
            if (borrower != Thread.currentThread())
                throw new IllegalStateException("a predictor that is not lent to this thread, or was given back;"
                        + " lend one for each use, in a try statement");
            return predictor;
        }

        /**
         * The model of the predictor's answers.
         *
         * @return the same as long as it is lent, whichever model serves by now
         */
        public Model model() {
            return pool.model;
        }

        /** Gives the predictor back, as good as new whatever was thrown. Does nothing if it is not lent to this thread. */
        @Override
        public void close() {
            if (borrower != Thread.currentThread()) return;
            borrower = null;
            pool.keep(this);
        }
    }

    /**
     * Lends a predictor of the model that serves now, to the calling thread until {@link Lent#close}. One thread may have
     * several.
     *
     * @return to be closed by the same thread, in a try statement
     * @throws IllegalStateException if this pool is closed
     */
    public Lent lend() {
        Lent lent = pool().take();
        lent.borrower = Thread.currentThread();
        return lent;
    }

    private Pool pool() {
        Pool pool = serving.get();
        if (pool == null) throw new IllegalStateException("this pool of predictors is closed");
        return pool;
    }

    /**
     * Predicts from floats, as {@link Predictor#predict(float[], int, float[], int)} does.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @param prediction receives outputSize floats; may be the input's array
     * @param predictionOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     * @throws IllegalStateException if this pool is closed
     */
    public void predict(float[] input, int inputOffset, float[] prediction, int predictionOffset) {
        try (Lent lent = lend()) {
            lent.predictor.predict(input, inputOffset, prediction, predictionOffset);
        }
    }

    /**
     * Predicts a batch from floats, as {@link Predictor#predict(float[], int, float[], int, int)} does.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats; must not overlap the input
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     * @throws IllegalStateException if this pool is closed
     */
    public void predict(float[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows) {
        try (Lent lent = lend()) {
            lent.predictor.predict(input, inputOffset, predictions, predictionsOffset, rows);
        }
    }

    /**
     * Predicts from raw bytes, as {@link Predictor#predict(byte[], int, float[], int)} does.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param prediction receives outputSize floats
     * @param predictionOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     * @throws IllegalStateException if this pool is closed
     */
    public void predict(byte[] input, int inputOffset, float[] prediction, int predictionOffset) {
        try (Lent lent = lend()) {
            lent.predictor.predict(input, inputOffset, prediction, predictionOffset);
        }
    }

    /**
     * Predicts a batch from raw bytes, as {@link Predictor#predict(byte[], int, float[], int, int)} does.
     *
     * @param input holds rows × inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     * @throws IllegalStateException if this pool is closed
     */
    public void predict(byte[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows) {
        try (Lent lent = lend()) {
            lent.predictor.predict(input, inputOffset, predictions, predictionsOffset, rows);
        }
    }

    /**
     * Tells an input's class from floats, as {@link Predictor#classify(float[], int)} does.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes, or this pool is closed
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public int classify(float[] input, int inputOffset) {
        try (Lent lent = lend()) {
            return lent.predictor.classify(input, inputOffset);
        }
    }

    /**
     * Tells an input's class from raw bytes, as {@link Predictor#classify(byte[], int)} does.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes, or this pool is closed
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public int classify(byte[] input, int inputOffset) {
        try (Lent lent = lend()) {
            return lent.predictor.classify(input, inputOffset);
        }
    }

    /**
     * Predicts a batch from floats on several threads, each with a predictor of this pool; the same bits. Allocates two small
     * objects beside what the form without workers does.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats; must not overlap the input
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @param workers share the rows
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative; then nothing has been written
     * @throws IllegalStateException if this pool is closed, or the workers are
     */
    public void predict(
            float[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows, Workers workers) {
        Pool pool = pool();
        int in = pool.model.inputSize(), out = pool.model.outputSize();
        Arguments.check("inputs", rows, in, inputOffset, input.length);
        Arguments.check("predictions", rows, out, predictionsOffset, predictions.length);
        share(
                pool,
                rows,
                workers,
                (predictor, from, to) -> predictor.predict(
                        input, inputOffset + from * in, predictions, predictionsOffset + from * out, to - from));
    }

    /**
     * Predicts a batch from raw bytes on several threads, each with a predictor of this pool; the same bits. Allocates two small
     * objects beside what the form without workers does.
     *
     * @param input holds rows × inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @param workers share the rows
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative; then nothing has been written
     * @throws IllegalStateException if this pool is closed, or the workers are
     */
    public void predict(
            byte[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows, Workers workers) {
        Pool pool = pool();
        int in = pool.model.inputSize(), out = pool.model.outputSize();
        Arguments.check("inputs", rows, in, inputOffset, input.length);
        Arguments.check("predictions", rows, out, predictionsOffset, predictions.length);
        share(
                pool,
                rows,
                workers,
                (predictor, from, to) -> predictor.predict(
                        input, inputOffset + from * in, predictions, predictionsOffset + from * out, to - from));
    }

    /**
     * Tells a batch's classes from floats on several threads, as {@link #predict(float[], int, float[], int, int, Workers)} predicts.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param classes receives a class for each input; −1 where a logit is NaN
     * @param classesOffset index of the first
     * @param rows number of inputs, at least 0
     * @param workers share the rows
     * @throws IllegalStateException if the model has no classes, or this pool is closed, or the workers are
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative; then nothing has been written
     */
    public void classify(float[] input, int inputOffset, int[] classes, int classesOffset, int rows, Workers workers) {
        Pool pool = pool();
        int in = pool.model.inputSize();
        Arguments.checkClasses(pool.model.task(), pool.model.outputSize());
        Arguments.check("inputs", rows, in, inputOffset, input.length);
        Arguments.check("classes", rows, 1, classesOffset, classes.length);
        share(
                pool,
                rows,
                workers,
                (predictor, from, to) ->
                        predictor.classify(input, inputOffset + from * in, classes, classesOffset + from, to - from));
    }

    /**
     * Tells a batch's classes from raw bytes on several threads, as {@link #predict(byte[], int, float[], int, int, Workers)} predicts.
     *
     * @param input holds rows × inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param classes receives a class for each input; −1 where a logit is NaN
     * @param classesOffset index of the first
     * @param rows number of inputs, at least 0
     * @param workers share the rows
     * @throws IllegalStateException if the model has no classes, or this pool is closed, or the workers are
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative; then nothing has been written
     */
    public void classify(byte[] input, int inputOffset, int[] classes, int classesOffset, int rows, Workers workers) {
        Pool pool = pool();
        int in = pool.model.inputSize();
        Arguments.checkClasses(pool.model.task(), pool.model.outputSize());
        Arguments.check("inputs", rows, in, inputOffset, input.length);
        Arguments.check("classes", rows, 1, classesOffset, classes.length);
        share(
                pool,
                rows,
                workers,
                (predictor, from, to) ->
                        predictor.classify(input, inputOffset + from * in, classes, classesOffset + from, to - from));
    }

    /** What one worker does with a predictor. */
    private interface Share {
        void run(Predictor predictor, int from, int to);
    }

    private void share(Pool pool, int rows, Workers workers, Share share) {
        workers.run(rows, this.rows, (worker, from, to) -> {
            Lent lent = pool.take();
            try {
                share.run(lent.predictor, from, to);
            } finally {
                pool.keep(lent);
            }
        });
    }

    /**
     * The model that serves now.
     *
     * @return of the calls that begin from now on, unless it is exchanged; {@link Lent#model} is that of an answer
     * @throws IllegalStateException if this pool is closed
     */
    public Model model() {
        return pool().model;
    }

    /**
     * Lets another model serve: calls that begin from now on use it, calls under way end on the model that they began with.
     * No call waits or is lost. To have it fast at once, {@link Model#warmUp()} it before.
     *
     * @param next may be anything but another size of input
     * @return the model that served before; garbage once its last call has ended, if nobody else has it
     * @throws IllegalArgumentException if its inputSize is another one: inputs that were made for one model would be read
     *     as the other's
     * @throws IllegalStateException if this pool is closed
     */
    public Model exchange(Model next) {
        Pool pool = new Pool(next, rows), before;
        do {
            before = pool();
            if (next.inputSize() != before.model.inputSize())
                throw new IllegalArgumentException("a model of " + next.inputSize() + " inputs given, "
                        + before.model.inputSize() + " expected, as the one that serves has;"
                        + " make another pool for it");
        } while (!serving.compareAndSet(before, pool));
        return before.model;
    }

    /** Ends this pool: further calls throw, calls under way end as ever, and no predictor is kept. */
    @Override
    public void close() {
        serving.set(null);
    }
}
