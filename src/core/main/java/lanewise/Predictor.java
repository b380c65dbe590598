package lanewise;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import lanewise.event.FlightRecorder;
import lanewise.kernel.Kernels;
import lanewise.layer.Changeover;
import lanewise.layer.Dense;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.Output;
import lanewise.layer.Stack;
import lanewise.layer.Task;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Runs a model. For one thread at a time; made by {@link Model#predictor}, cheap enough to have one for each thread. It
 * may go from thread to thread between two calls. A call that finds another one under way, of another thread or of the
 * layer that makes it, throws an {@link IllegalStateException} and disturbs nothing; every call checks that.
 *
 * <p>Every method allocates nothing, locks nothing, starts nothing and throws nothing else but errors about its
 * arguments, before it has written anything. The exceptions: the first call allocates once, and so does one call in 1,024 while a
 * recording of the JDK's flight recorder has the event {@code lanewise.Prediction} enabled; a {@link Network#predictor}
 * while it changes over to the vector kernels; an {@link Embedding} refuses
 * inputs that are no indices of its vocabulary when their rows' turn comes; a layer of one's own does as it does. After
 * whatever is thrown the predictor is as good as new.
 *
 * <p>The result for an input depends on that input and the model alone, to the bit: not on the method by which the input
 * comes, nor on the batch that it comes in.
 *
 * <p><b>Inputs.</b> Floats, in arrays or buffers, are taken as they are: scaled as in training. Bytes, in arrays or
 * buffers, are raw: unsigned, and scaled as the model says, see {@link Model.Builder#bytes}. To predict from floats that
 * lie in a {@code ByteBuffer}, keep its {@code asFloatBuffer()}. Buffers, direct or not, are read and written at
 * absolute indices; their positions are neither used nor changed.
 *
 * <p><b>Questions.</b> {@code predict} gives probabilities, or whatever the model's {@link Output} is; {@code logits}
 * gives what comes before, not divided by the model's temperature; {@code classify} gives the index of the largest logit, of equal ones the lowest, and does
 * without the output's exp; of a binary model it makes 1 if the logit is above zero, else 0. A model that answers a
 * regression or a multilabel {@link Task} has no classes, and {@code classify} refuses it.
 *
 * <p><b>Not a number.</b> An input that holds NaN is predicted as NaN, in every output, and classified as −1. So if
 * inputs may be missing, check for −1 or NaN; no exception is thrown for what the data say.
 *
 * <p><b>Infinity.</b> Infinite inputs are multiplied and added as IEEE 754 says. A unit's sum is then infinite, or NaN:
 * where infinities of both signs meet (∞ with −∞, or two ∞ whose weights differ in sign), and where the weight of an
 * infinite input is zero. Of an infinite sum, sigmoid, tanh, hard sigmoid and clips make their limits; ELU, SELU, CELU,
 * softplus and thresholds make theirs of −∞ and leave ∞, log-sigmoid the other way round; identity, leaky ReLU and
 * tanh-shrink leave both; ReLU, GELU, SiLU, Mish and hard swish make NaN of −∞ and leave ∞; softsign makes NaN of both.
 * An infinite logit gives a finite sigmoid; a largest logit of ∞ makes every output of a softmax or its logarithm NaN,
 * though {@code classify} gives its class. Finite inputs whose sum overflows do the same. An answer does not tell
 * whether an input was infinite: check inputs that may be.
 */
public final class Predictor {

    /** One in so many passes can become an event of the flight recorder. */
    private static final int SAMPLED = 1024;

    private final Model model;
    private final Layer layer;
    private final Parameters parameters;
    private final Output output;
    private final Task task;
    private final float temperature;
    private final float byteScale;
    private final float byteOffset;
    private final int inputSize;
    private final int outputSize;
    private final Batch batch;

    /** The first layer and its pass, if that can do with a list of inputs; else null. */
    private final Dense dense;

    private final Pass listed;

    private final byte[] bytes;

    /** Where the model's kernels of now are. */
    private final WarmUpState warmUp;

    /** The kernels to begin with, or to stay with; null: the model's. */
    private final Kernels fixed;

    /** The change of a network's predictor to the vector kernels; null: a model's. */
    private final Changeover changeover;

    /** Whether row 0 of the input is all zeros, as the last call with sparse input left it. */
    private boolean zeros;

    /** Passes until one is sampled. */
    private int unsampled;

    /** The event of a pass that is sampled and recorded, else null. */
    private Object sample;

    /** Whether a call is under way: one at a time, from whichever thread. */
    private final AtomicBoolean busy = new AtomicBoolean();

    Predictor(
            Model model,
            Layer layer,
            Parameters parameters,
            Output output,
            Task task,
            float temperature,
            float byteScale,
            float byteOffset,
            int rows,
            Kernels fixed,
            Changeover changeover) {
        this.model = model;
        this.fixed = fixed;
        this.changeover = changeover;
        warmUp = fixed != null ? null : model.warmUpState();
        this.layer = layer;
        this.parameters = parameters;
        this.output = output;
        this.task = task;
        this.temperature = temperature;
        this.byteScale = byteScale;
        this.byteOffset = byteOffset;
        inputSize = layer.inputSize();
        outputSize = layer.outputSize();
        batch = Batch.forPrediction(
                layer, rows, fixed != null ? fixed : model.warmUpState().kernels(rows));
        bytes = new byte[inputSize];
        Layer first = layer;
        Pass firstPass = batch.pass();
        while (first instanceof Stack) {
            first = ((Stack) first).layers().get(0);
            firstPass = firstPass.child(0);
        }
        dense = first instanceof Dense ? (Dense) first : null;
        listed = dense != null ? firstPass : null;
        if (fixed == null && FlightRecorder.there()) unsampled = SAMPLED;
    }

    /**
     * The model that this predictor runs.
     *
     * @return the model; null for a predictor made by {@link Network#predictor}
     */
    public Model model() {
        return model;
    }

    /**
     * Predicts from floats.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @param prediction receives outputSize floats; may be the input's array
     * @param predictionOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     */
    public void predict(float[] input, int inputOffset, float[] prediction, int predictionOffset) {
        predict(input, inputOffset, prediction, predictionOffset, 1);
    }

    /**
     * Predicts a batch from floats.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats; must not overlap the input
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void predict(float[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows) {
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("predictions", rows, outputSize, predictionsOffset, predictions.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                finish(count);
                get(count, predictions, predictionsOffset + from * outputSize);
            }
        } finally {
            end();
        }
    }

    /**
     * Predicts from raw bytes.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param prediction receives outputSize floats
     * @param predictionOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     */
    public void predict(byte[] input, int inputOffset, float[] prediction, int predictionOffset) {
        predict(input, inputOffset, prediction, predictionOffset, 1);
    }

    /**
     * Predicts a batch from raw bytes.
     *
     * @param input holds rows × inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param predictions receives rows × outputSize floats
     * @param predictionsOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void predict(byte[] input, int inputOffset, float[] predictions, int predictionsOffset, int rows) {
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("predictions", rows, outputSize, predictionsOffset, predictions.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                finish(count);
                get(count, predictions, predictionsOffset + from * outputSize);
            }
        } finally {
            end();
        }
    }

    /**
     * Predicts from a buffer of floats, direct or not, into another.
     *
     * @param input holds inputSize floats; not modified
     * @param inputIndex index of the first
     * @param prediction receives outputSize floats; may be the input's buffer
     * @param predictionIndex index of the first
     * @throws IndexOutOfBoundsException if they do not lie below a buffer's limit
     * @throws java.nio.ReadOnlyBufferException if the prediction's buffer is read-only
     */
    public void predict(FloatBuffer input, int inputIndex, FloatBuffer prediction, int predictionIndex) {
        Arguments.check("input", 1, inputSize, inputIndex, input.limit());
        Arguments.check("prediction", 1, outputSize, predictionIndex, prediction.limit());
        begin();
        try {
            set(input, inputIndex);
            forward(1);
            finish(1);
            prediction.put(
                    predictionIndex, batch.output().array(), batch.output().offset(), outputSize);
            done(1);
        } finally {
            end();
        }
    }

    /**
     * Predicts from a buffer of raw bytes, direct or not.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputIndex index of the first
     * @param prediction receives outputSize floats
     * @param predictionOffset index of the first
     * @throws IndexOutOfBoundsException if the bytes do not lie below the buffer's limit, or the array is too short
     */
    public void predict(ByteBuffer input, int inputIndex, float[] prediction, int predictionOffset) {
        Arguments.check("input", 1, inputSize, inputIndex, input.limit());
        Arguments.check("prediction", 1, outputSize, predictionOffset, prediction.length);
        begin();
        try {
            set(input, inputIndex);
            forward(1);
            finish(1);
            get(1, prediction, predictionOffset);
        } finally {
            end();
        }
    }

    /**
     * Predicts from the non-zero elements of an input, in time that does not grow with the zeros if the first layer is
     * {@link Dense}.
     *
     * @param indices holds the elements' indices, strictly ascending, from 0 to inputSize − 1; not modified
     * @param values holds the elements, scaled as in training; not modified
     * @param offset index in both arrays of the first element
     * @param count number of elements; all others are zero
     * @param prediction receives outputSize floats
     * @param predictionOffset index of the first
     * @throws IllegalArgumentException if the indices do not ascend
     * @throws IndexOutOfBoundsException if an index is not an input's, or an array is too short
     */
    public void predict(
            int[] indices, float[] values, int offset, int count, float[] prediction, int predictionOffset) {
        Arguments.checkElements(indices, values, offset, count, inputSize);
        Arguments.check("prediction", 1, outputSize, predictionOffset, prediction.length);
        begin();
        try {
            forward(indices, values, offset, count);
            finish(1);
            get(1, prediction, predictionOffset);
        } finally {
            end();
        }
    }

    /**
     * Computes the logits from floats.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @param logits receives outputSize floats; may be the input's array
     * @param logitsOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     */
    public void logits(float[] input, int inputOffset, float[] logits, int logitsOffset) {
        logits(input, inputOffset, logits, logitsOffset, 1);
    }

    /**
     * Computes a batch's logits from floats.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param logits receives rows × outputSize floats; must not overlap the input
     * @param logitsOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void logits(float[] input, int inputOffset, float[] logits, int logitsOffset, int rows) {
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("logits", rows, outputSize, logitsOffset, logits.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                get(count, logits, logitsOffset + from * outputSize);
            }
        } finally {
            end();
        }
    }

    /**
     * Computes a batch's logits and its predictions from floats, in one pass.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param logits receives rows × outputSize floats; must not overlap the input
     * @param predictions likewise
     * @param offset index in both arrays of the first
     * @param rows number of inputs, at least 0
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void predict(float[] input, int inputOffset, float[] logits, float[] predictions, int offset, int rows) {
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("logits", rows, outputSize, offset, logits.length);
        Arguments.check("predictions", rows, outputSize, offset, predictions.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                copy(count, logits, offset + from * outputSize);
                finish(count);
                get(count, predictions, offset + from * outputSize);
            }
        } finally {
            end();
        }
    }

    /**
     * Computes the logits and the prediction from the non-zero elements of an input, in one pass, as {@link #predict(int[],
     * float[], int, int, float[], int)} does.
     *
     * @param indices holds the elements' indices, strictly ascending, from 0 to inputSize − 1; not modified
     * @param values holds the elements, scaled as in training; not modified
     * @param count number of elements, from the arrays' beginning; all others are zero
     * @param logits receives outputSize floats
     * @param predictions likewise
     * @param offset index in both arrays of the first
     * @throws IllegalArgumentException if the indices do not ascend
     * @throws IndexOutOfBoundsException if an index is not an input's, or an array is too short
     */
    public void predict(int[] indices, float[] values, int count, float[] logits, float[] predictions, int offset) {
        Arguments.checkElements(indices, values, 0, count, inputSize);
        Arguments.check("logits", 1, outputSize, offset, logits.length);
        Arguments.check("predictions", 1, outputSize, offset, predictions.length);
        begin();
        try {
            forward(indices, values, 0, count);
            copy(1, logits, offset);
            finish(1);
            get(1, predictions, offset);
        } finally {
            end();
        }
    }

    /**
     * Tells an input's class from floats.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public int classify(float[] input, int inputOffset) {
        checkClasses();
        Arguments.check("input", 1, inputSize, inputOffset, input.length);
        begin();
        try {
            set(1, input, inputOffset);
            forward(1);
            return answer();
        } finally {
            end();
        }
    }

    /**
     * Tells a batch's classes from floats.
     *
     * @param input holds rows × inputSize floats; not modified
     * @param inputOffset index of the first
     * @param classes receives a class for each input; −1 where a logit is NaN
     * @param classesOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void classify(float[] input, int inputOffset, int[] classes, int classesOffset, int rows) {
        checkClasses();
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("classes", rows, 1, classesOffset, classes.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                for (int r = 0; r < count; r++) classes[classesOffset + from + r] = classOf(batch.output(), r);
                done(count);
            }
        } finally {
            end();
        }
    }

    /**
     * Tells an input's class from raw bytes.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public int classify(byte[] input, int inputOffset) {
        checkClasses();
        Arguments.check("input", 1, inputSize, inputOffset, input.length);
        begin();
        try {
            set(1, input, inputOffset);
            forward(1);
            return answer();
        } finally {
            end();
        }
    }

    /**
     * Tells a batch's classes from raw bytes.
     *
     * @param input holds rows × inputSize bytes, unsigned; not modified
     * @param inputOffset index of the first
     * @param classes receives a class for each input; −1 where a logit is NaN
     * @param classesOffset index of the first
     * @param rows number of inputs, at least 0
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if an array is too short, or rows is negative
     */
    public void classify(byte[] input, int inputOffset, int[] classes, int classesOffset, int rows) {
        checkClasses();
        Arguments.check("inputs", rows, inputSize, inputOffset, input.length);
        Arguments.check("classes", rows, 1, classesOffset, classes.length);
        begin();
        try {
            for (int from = 0; from < rows; from += batch.rows()) {
                int count = Math.min(batch.rows(), rows - from);
                set(count, input, inputOffset + from * inputSize);
                forward(count);
                for (int r = 0; r < count; r++) classes[classesOffset + from + r] = classOf(batch.output(), r);
                done(count);
            }
        } finally {
            end();
        }
    }

    /**
     * Tells an input's class from a buffer of floats, direct or not.
     *
     * @param input holds inputSize floats; not modified
     * @param inputIndex index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if the floats do not lie below the buffer's limit
     */
    public int classify(FloatBuffer input, int inputIndex) {
        checkClasses();
        Arguments.check("input", 1, inputSize, inputIndex, input.limit());
        begin();
        try {
            set(input, inputIndex);
            forward(1);
            return answer();
        } finally {
            end();
        }
    }

    /**
     * Tells an input's class from a buffer of raw bytes, direct or not.
     *
     * @param input holds inputSize bytes, unsigned; not modified
     * @param inputIndex index of the first
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes
     * @throws IndexOutOfBoundsException if the bytes do not lie below the buffer's limit
     */
    public int classify(ByteBuffer input, int inputIndex) {
        checkClasses();
        Arguments.check("input", 1, inputSize, inputIndex, input.limit());
        begin();
        try {
            set(input, inputIndex);
            forward(1);
            return answer();
        } finally {
            end();
        }
    }

    /**
     * Tells an input's class from its non-zero elements, in time that does not grow with the zeros if the first layer is
     * {@link Dense}.
     *
     * @param indices holds the elements' indices, strictly ascending, from 0 to inputSize − 1; not modified
     * @param values holds the elements, scaled as in training; not modified
     * @param offset index in both arrays of the first element
     * @param count number of elements; all others are zero
     * @return the class; −1 if a logit is NaN
     * @throws IllegalStateException if the model has no classes
     * @throws IllegalArgumentException if the indices do not ascend
     * @throws IndexOutOfBoundsException if an index is not an input's, or an array is too short
     */
    public int classify(int[] indices, float[] values, int offset, int count) {
        checkClasses();
        Arguments.checkElements(indices, values, offset, count, inputSize);
        begin();
        try {
            forward(indices, values, offset, count);
            return answer();
        } finally {
            end();
        }
    }

    private void checkClasses() {
        Arguments.checkClasses(task, outputSize);
    }

    /** Begins a call, of which there is one at a time. Two threads that share this predictor would mix their inputs. */
    private void begin() {
        if (!busy.compareAndSet(false, true)) throw shared();
    }

    private static IllegalStateException shared() {
        return new IllegalStateException("a call of this predictor is under way in another thread, or in one of its own"
                + " layers: a predictor is for one thread at a time; make one for each thread with model.predictor(),"
                + " or lend them from a pool");
    }

    /** Ends a call. What one that failed has left is dropped: the event of its pass, and the list of its inputs. */
    private void end() {
        if (sample != null) sample = null;
        if (listed != null) dense.nonZeros().forget(listed);
        busy.setRelease(false);
    }

    /** Takes the kernels over where they have been exchanged. */
    private void ready() {
        if (changeover != null) changeover.begin(batch, 0);
        if (fixed != null) return;
        Kernels now = warmUp.kernels(batch.rows());
        if (batch.kernels() != now) batch.kernels(now);
        if (--unsampled == 0) sample();
    }

    private void sample() {
        unsampled = SAMPLED;
        sample = FlightRecorder.beginPrediction();
    }

    /** Ends the event of this pass, if there is one. */
    private void done(int rows) {
        if (changeover != null) changeover.end(rows);
        if (sample != null) record(rows);
    }

    private void record(int rows) {
        FlightRecorder.endPrediction(sample, model.name(), rows, Lanewise.nameOf(batch.kernels()));
        sample = null;
    }

    private void set(int rows, float[] from, int offset) {
        ready();
        zeros = false;
        if (rows == 1 && dense != null) dense.nonZeros().setInput(listed, batch.input(), from, offset);
        else for (int r = 0; r < rows; r++) batch.setInput(r, from, offset + r * inputSize);
    }

    private void set(int rows, byte[] from, int offset) {
        ready();
        zeros = false;
        Slice input = batch.input();
        float[] x = input.array();
        for (int r = 0; r < rows; r++) {
            batch.setInput(r, from, offset + r * inputSize, byteScale);
            if (byteOffset != 0f) for (int i = input.at(r), end = i + inputSize; i < end; i++) x[i] += byteOffset;
        }
    }

    private void set(FloatBuffer from, int index) {
        ready();
        zeros = false;
        from.get(index, batch.input().array(), batch.input().offset(), inputSize);
    }

    private void set(ByteBuffer from, int index) {
        from.get(index, bytes, 0, inputSize);
        set(1, bytes, 0);
    }

    private void forward(int rows) {
        layer.forward(batch.pass(), 0, rows, parameters, batch.input(), batch.output());
    }

    /** Writes the elements among zeros, goes forward, and leaves zeros. */
    private void forward(int[] indices, float[] values, int offset, int count) {
        ready();
        float[] x = batch.input().array();
        int xo = batch.input().offset();
        if (!zeros) Arrays.fill(x, xo, xo + inputSize, 0f);
        zeros = false;
        for (int k = offset; k < offset + count; k++) x[xo + indices[k]] = values[k];
        if (listed != null) dense.nonZeros().give(listed, indices, offset, count);
        forward(1);
        for (int k = offset; k < offset + count; k++) x[xo + indices[k]] = 0f;
        zeros = true;
    }

    private void finish(int rows) {
        Kernels kernels = batch.kernels();
        for (int r = 0; r < rows; r++) output.apply(kernels, batch.output(), r, temperature);
    }

    private void get(int rows, float[] to, int offset) {
        copy(rows, to, offset);
        done(rows);
    }

    private void copy(int rows, float[] to, int offset) {
        Slice from = batch.output();
        for (int r = 0; r < rows; r++)
            System.arraycopy(from.array(), from.at(r), to, offset + r * outputSize, outputSize);
    }

    private int answer() {
        int answer = classOf(batch.output(), 0);
        done(1);
        return answer;
    }

    /** The class that a row of logits stands for: 1 or 0 for a single one; −1 if one is NaN. */
    private static int classOf(Slice logits, int row) {
        if (logits.columns() > 1) return logits.argMax(row);
        float z = logits.array()[logits.at(row)];
        return z != z ? -1 : z > 0f ? 1 : 0;
    }
}
