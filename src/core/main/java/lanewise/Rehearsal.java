package lanewise;

import lanewise.kernel.Kernels;
import lanewise.kernel.Selection;
import lanewise.layer.RandomSource;
import lanewise.memory.Slice;

/**
 * Runs a model on the vector kernels, beside its predictors, until HotSpot has compiled them.
 *
 * <p>Assumptions:
 *
 * <ol>
 *   <li>HotSpot compiles a method by the number of its calls and loops, whoever makes them, and code that is compiled
 *       for these calls serves the predictors' too.
 *   <li>It has compiled all that it will when the time of a call has ceased to fall for {@link #STEADY_ROUNDS} rounds,
 *       after at least {@link #FEWEST_CALLS} calls or {@link #FEWEST_NANOS}.
 *   <li>Inputs of floats and bytes, dense, sparse and all zeros, take every branch of forward.
 * </ol>
 *
 * <p>Guarantees, each with its test in {@code RehearsalTest}:
 *
 * <ol>
 *   <li>Kernels whose results differ from the scalar kernels' in a bit are objected to ({@code
 *       kernelsThatGiveOtherBitsAreObjectedTo}).
 *   <li>So are kernels that are not faster after {@link #MOST_CALLS} calls or {@link #MOST_NANOS}; it never takes longer
 *       ({@code kernelsThatDoNotBecomeFasterAreObjectedToAfterAWhile}).
 *   <li>It ends within a call of the model, or a burst of short ones, after it is told to ({@code itEndsWhenItIsToldTo}).
 * </ol>
 */
final class Rehearsal {

    /** How a rehearsal shares the machine, and when it ends. */
    interface Pace {

        /** Whether the rehearsal is to end before it is done. Asked after each burst, or call if that takes longer. */
        boolean isToEnd();

        /** Rests after a burst of work that took so long. */
        void rest(long nanos);
    }

    /** Calls after which HotSpot has compiled what it will, with a margin; of a large model fewer, by their time. */
    private static final int FEWEST_CALLS = 12_000, MOST_CALLS = 100_000;

    private static final long FEWEST_NANOS = 3_000_000_000L, MOST_NANOS = 60_000_000_000L;
    private static final int CALLS_IN_A_ROUND = 250, STEADY_ROUNDS = 8;

    private static final long NANOS_IN_A_ROUND = 100_000_000;

    /** The time between two rests. */
    private static final long BURST_NANOS = 50_000;

    /** So many calls take inputs of the same kind: after a dense one, the next are not searched for zeros. */
    private static final int IN_A_ROW = 16;

    /**
     * The first LIGHT_CALLS calls, or LIGHT_NANOS of them, use almost-zero inputs; every FULL_ONE_IN-th is a full one.
     * Before the compilers are done a call takes a millisecond, and they look at the number of calls more than at their
     * length.
     */
    private static final int LIGHT_CALLS = 3_000, FULL_ONE_IN = 64;

    private static final long LIGHT_NANOS = 1_000_000_000;

    private final Caller vector;
    private final Caller scalar;
    private final Pace pace;

    /**
     * A rehearsal.
     *
     * @param rows one, or several at once, which other kernels compute
     * @param fast the vector kernels
     */
    Rehearsal(Model model, int rows, Kernels fast, Pace pace) {
        vector = new Caller(model, rows, fast);
        scalar = new Caller(vector, model, Selection.scalar());
        this.pace = pace;
    }

    /**
     * Runs both kernels in turn until the fast ones are fast, or this is to end.
     *
     * @return the objection to their use; null if there is none, or this was to end
     */
    String run() {
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
                if (pace.isToEnd()) return null;
                pace.rest(end - start);
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
                if (pace.isToEnd()) return null;
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
            RandomSource random = new RandomSource(1);
            if (!takesBytes) {
                Slice example = Slice.allocate(1, model.inputSize());
                for (int at = 0; at < inputs.length; at += model.inputSize()) {
                    model.stack().exampleInput(example, 0, random);
                    example.copyTo(inputs, at);
                }
                return;
            }
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
