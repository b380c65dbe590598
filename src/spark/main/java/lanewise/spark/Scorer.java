package lanewise.spark;

import java.util.Arrays;
import java.util.List;
import lanewise.Model;
import lanewise.Predictor;
import lanewise.layer.Arithmetic;
import lanewise.layer.Output;
import lanewise.layer.Task;
import org.apache.spark.unsafe.Platform;

/**
 * Scores a batch of vectors: add them one by one, then {@link #score}, then ask for the answers. For one thread at a time.
 * Allocates nothing for a row that is valid.
 *
 * <p>Doubles become floats by rounding to the nearest. A row is invalid if it is null, has not the model's number of elements,
 * or has an element that is not finite as a float; or if a layer refuses it, as an embedding does with what is no index.
 * Consecutive dense rows are predicted together, sparse ones each by its non-zero elements: the bits are the same.
 */
final class Scorer {

    /** Most rows of a batch; wide ones are fewer. */
    private static final int ROWS = 256;

    /** Most floats of a batch, but for a row that has more by itself. */
    private static final int FLOATS = 1 << 20;

    /** Rows that a predictor computes together. */
    private static final int TOGETHER = 64;

    private final Model model;
    private final int inputSize;
    private final int outputSize;
    private final boolean multilabel;
    private final boolean regression;
    private final boolean binary;
    private final boolean logarithms;
    private final int capacity;

    private final Predictor predictor;

    /** Whether predictions are needed besides the logits. */
    private final boolean both;

    private final float[] inputs;
    private final float[] logits;
    private final float[] predictions;
    private final String[] refusals;

    /** A sparse row's elements, as floats. */
    private float[] elements = new float[16];

    private int rows;

    /** First of the dense rows that were added and not predicted yet; all later rows are dense as well. */
    private int pending;

    private boolean refused;

    Scorer(Model model, List<Answer> answers) {
        this(model, answers, ROWS);
    }

    /** @param most so many rows of a batch at most, 1 at least */
    Scorer(Model model, List<Answer> answers, int most) {
        this.model = model;
        inputSize = model.inputSize();
        outputSize = model.outputSize();
        multilabel = model.task() == Task.MULTILABEL;
        regression = model.task() == Task.REGRESSION;
        binary = model.task() == Task.BINARY;
        logarithms = model.output() == Output.LOG_SOFTMAX;
        capacity = Math.max(1, Math.min(most, FLOATS / Math.max(inputSize, outputSize)));
        predictor = model.predictor(Math.min(capacity, TOGETHER));
        inputs = new float[capacity * inputSize];
        logits = new float[capacity * outputSize];
        refusals = new String[capacity];
        both = answers.contains(Answer.PROBABILITY) || regression;
        predictions = new float[logits.length];
    }

    /** Rows that fit. */
    int capacity() {
        return capacity;
    }

    /** Rows that were added. */
    int rows() {
        return rows;
    }

    /** Begins a batch. */
    void clear() {
        rows = 0;
        pending = 0;
        if (refused) Arrays.fill(refusals, null);
        refused = false;
    }

    /** Adds a dense row of so many elements, which may be the beginning of a longer array. */
    void addDense(double[] values, int size) {
        int at = rows * inputSize;
        if (size != inputSize) refuse(length(size));
        else if (!convert(values, 0, inputs, at, size)) refuse(element(values, null, size));
        else rows++;
    }

    /** Adds a sparse row by the first so many of its elements. */
    void addSparse(int size, int[] indices, double[] values, int count) {
        if (size != inputSize) {
            refuse(length(size));
            return;
        }
        if (elements.length < count) elements = new float[Math.max(count, Math.min(inputSize, 2 * count))];
        if (!convert(values, 0, elements, 0, count)) {
            refuse(element(values, indices, count));
            return;
        }
        predictPending();
        try {
            predictor.predict(indices, elements, count, logits, predictions, rows * outputSize);
            rows++;
            pending = rows;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            refuse(e.getMessage());
        }
    }

    /** Adds a row that is invalid for a reason of the caller. */
    void refuse(String reason) {
        predictPending();
        refuse(rows, reason);
        rows++;
        pending = rows;
    }

    private void refuse(int row, String reason) {
        refused = true;
        refusals[row] = reason;
        Arrays.fill(logits, row * outputSize, (row + 1) * outputSize, Float.NaN);
        Arrays.fill(predictions, row * outputSize, (row + 1) * outputSize, Float.NaN);
    }

    /** Predicts what was added. */
    void score() {
        predictPending();
    }

    private void predictPending() {
        int from = pending, count = rows - from;
        pending = rows;
        if (count == 0) return;
        try {
            predict(from, count);
        } catch (IllegalArgumentException e) {
            for (int row = from; row < from + count; row++) predictAlone(row);
        }
    }

    private void predict(int from, int count) {
        if (both) predictor.predict(inputs, from * inputSize, logits, predictions, from * outputSize, count);
        else predictor.logits(inputs, from * inputSize, logits, from * outputSize, count);
    }

    /** For a batch in which a layer has refused a row, it is not known which. */
    private void predictAlone(int row) {
        try {
            predict(row, 1);
        } catch (IllegalArgumentException e) {
            refuse(row, e.getMessage());
        }
    }

    /** Why a row is invalid; null if it is valid. */
    String refusal(int row) {
        return refusals[row];
    }

    /** Writes a row's answer, {@link Answer#size} numbers, as doubles one after the other into Spark's memory. */
    void answer(Answer answer, int row, Object base, long place) {
        int at = row * outputSize;
        if (answer == Answer.PREDICTION && !regression && !binary && !multilabel)
            Platform.putDouble(base, place, largest(at));
        else if (answer == Answer.PREDICTION)
            for (int k = 0; k < outputSize; k++)
                put(base, place, k, regression ? predictions[at + k] : isYes(logits[at + k]));
        else if (binary) {
            boolean raw = answer == Answer.RAW_PREDICTION;
            put(base, place, 0, raw ? -logits[at] : 1 - (double) predictions[at]);
            put(base, place, 1, raw ? logits[at] : predictions[at]);
        } else if (answer == Answer.RAW_PREDICTION)
            for (int k = 0; k < outputSize; k++) put(base, place, k, logits[at + k]);
        else if (logarithms)
            for (int k = 0; k < outputSize; k++) put(base, place, k, Arithmetic.exp(predictions[at + k]));
        else for (int k = 0; k < outputSize; k++) put(base, place, k, predictions[at + k]);
    }

    private static void put(Object base, long place, int k, double number) {
        Platform.putDouble(base, place + 8L * k, number);
    }

    private static double isYes(float z) {
        return z != z ? Double.NaN : z > 0f ? 1 : 0;
    }

    /** The class of the largest logit, of equal ones the lowest; NaN if one is NaN, as {@link Predictor#classify} says it. */
    private double largest(int at) {
        int best = 0;
        float max = logits[at];
        if (max != max) return Double.NaN;
        for (int i = 1; i < outputSize; i++) {
            float z = logits[at + i];
            if (z != z) return Double.NaN;
            if (z > max) {
                max = z;
                best = i;
            }
        }
        return best;
    }

    /** Whether all are finite as floats. A maximum is NaN if one is, and JDK 21 and later compute it with vectors. */
    private static boolean convert(double[] from, int fromOffset, float[] to, int toOffset, int count) {
        for (int i = 0; i < count; i++) to[toOffset + i] = (float) from[fromOffset + i];
        float largest = 0f;
        for (int i = 0; i < count; i++) largest = Math.max(largest, Math.abs(to[toOffset + i]));
        return largest <= Float.MAX_VALUE;
    }

    private String length(int size) {
        return size + " elements, " + inputSize + " expected by " + name();
    }

    private String element(double[] values, int[] indices, int count) {
        int i = 0;
        while (Float.isFinite((float) values[i])) i++;
        return "element " + (indices == null ? i : indices[i]) + " of " + inputSize + " is " + values[i]
                + (Double.isFinite(values[i]) ? ", more than a float holds" : ", a finite number expected");
    }

    private String name() {
        return model.name().isEmpty() ? "the model" : "the model \"" + model.name() + "\"";
    }
}
