package lanewise.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32C;
import lanewise.layer.RandomSource;
import lanewise.memory.Batch;
import lanewise.memory.Slice;

/**
 * Samples with their targets: inputs as bytes or floats, targets as class indices or rows of floats. Immutable if the
 * arrays that it was made of are left alone; any number of threads may read it.
 *
 * <p>Bytes (pixels) stay bytes until a sample is used, which is a quarter of the memory and of the cache misses; they
 * become floats as {@code (b & 255) · (1f / 255f)}, in [0, 1]. Parts of a data set share its arrays.
 */
public final class Dataset {

    /** What an input byte is multiplied by. */
    public static final float BYTE_SCALE = 1f / 255f;

    /** Class indices up to here are floats without rounding. */
    private static final int MOST_CLASSES = 1 << 24;

    private final int inputSize;
    private final byte[] bytes;
    private final float[] floats;

    /** Of up to 128 classes; null if the targets are floats, which the indices of more classes are, too. */
    private final byte[] labels;

    private final float[] targets;
    private final int targetSize;
    private final int classes;
    private final int[] samples;

    /** Of all samples of the arrays; null if they are equal. */
    private final float[] weights;

    /** Of the samples of this part, unless it was given. */
    private final double meanWeight;

    /** Of all samples of which these are a part; 0 if that was not given. */
    private final double givenMean;

    private Dataset(
            int inputSize,
            byte[] bytes,
            float[] floats,
            byte[] labels,
            float[] targets,
            int targetSize,
            int classes,
            int[] samples,
            float[] weights,
            double givenMean) {
        this.inputSize = inputSize;
        this.bytes = bytes;
        this.floats = floats;
        this.labels = labels;
        this.targets = targets;
        this.targetSize = targetSize;
        this.classes = classes;
        this.samples = samples;
        this.weights = weights;
        double sum = 0;
        if (weights != null) for (int sample : samples) sum += weights[sample];
        this.givenMean = givenMean;
        meanWeight = givenMean > 0 ? givenMean : weights == null || samples.length == 0 ? 1 : sum / samples.length;
    }

    /**
     * Bytes with class labels.
     *
     * @param inputSize bytes per sample
     * @param inputs sample after sample; not copied
     * @param labels the samples' classes; not copied
     * @param classes their number, up to 128
     * @return a data set whose targets are class indices
     * @throws IllegalArgumentException if the numbers disagree or a label is no class
     */
    public static Dataset ofBytes(int inputSize, byte[] inputs, byte[] labels, int classes) {
        checkCount(inputSize, inputs.length, labels.length, 1);
        checkLabels(labels, classes);
        return new Dataset(inputSize, inputs, null, labels, null, 1, classes, all(labels.length), null, 0);
    }

    /**
     * Floats with class labels.
     *
     * @param inputSize floats per sample
     * @param inputs sample after sample; not copied
     * @param labels the samples' classes; not copied
     * @param classes their number, up to 128
     * @return a data set whose targets are class indices
     * @throws IllegalArgumentException if the numbers disagree, an input is not finite, or a label is no class
     */
    public static Dataset ofFloats(int inputSize, float[] inputs, byte[] labels, int classes) {
        checkCount(inputSize, inputs.length, labels.length, 1);
        checkFinite("input", inputs, inputSize);
        checkLabels(labels, classes);
        return new Dataset(inputSize, null, inputs, labels, null, 1, classes, all(labels.length), null, 0);
    }

    /**
     * Floats with class labels of up to 16,777,216 classes.
     *
     * @param inputSize floats per sample
     * @param inputs sample after sample; not copied
     * @param labels the samples' classes; copied
     * @param classes their number, up to 16,777,216
     * @return a data set whose targets are class indices
     * @throws IllegalArgumentException if the numbers disagree, an input is not finite, or a label is no class
     */
    public static Dataset ofFloats(int inputSize, float[] inputs, int[] labels, int classes) {
        checkClasses(classes, MOST_CLASSES);
        checkCount(inputSize, inputs.length, labels.length, 1);
        checkFinite("input", inputs, inputSize);
        for (int i = 0; i < labels.length; i++)
            if (labels[i] < 0 || labels[i] >= classes) throw noClass(i, labels[i], classes);
        byte[] bytes = classes <= 128 ? new byte[labels.length] : null;
        float[] targets = classes <= 128 ? null : new float[labels.length];
        for (int i = 0; i < labels.length; i++)
            if (bytes != null) bytes[i] = (byte) labels[i];
            else targets[i] = labels[i];
        return new Dataset(inputSize, null, inputs, bytes, targets, 1, classes, all(labels.length), null, 0);
    }

    private static void checkClasses(int classes, int most) {
        if (classes < 1 || classes > most)
            throw new IllegalArgumentException(classes + " classes given, 1 to " + most + " expected");
    }

    private static IllegalArgumentException noClass(int sample, int label, int classes) {
        return new IllegalArgumentException(
                "label " + sample + " is " + label + ", 0 to " + (classes - 1) + " expected");
    }

    private static void checkLabels(byte[] labels, int classes) {
        checkClasses(classes, 128);
        for (int i = 0; i < labels.length; i++)
            if (labels[i] < 0 || labels[i] >= classes) throw noClass(i, labels[i] & 0xff, classes);
    }

    /**
     * Floats with floats.
     *
     * @param inputSize floats per sample
     * @param inputs sample after sample; not copied
     * @param targetSize floats per target; 1 for class indices with a softmax
     * @param targets target after target; not copied
     * @return a data set
     * @throws IllegalArgumentException if the numbers disagree or one of them is not finite
     */
    public static Dataset ofFloats(int inputSize, float[] inputs, int targetSize, float[] targets) {
        checkCount(inputSize, inputs.length, targets.length, targetSize);
        checkFinite("input", inputs, inputSize);
        checkFinite("target", targets, targetSize);
        return new Dataset(
                inputSize, null, inputs, null, targets, targetSize, 0, all(targets.length / targetSize), null, 0);
    }

    private static void checkCount(int inputSize, int inputs, int targets, int targetSize) {
        if (inputSize < 1 || targetSize < 1)
            throw new IllegalArgumentException(
                    "input size " + inputSize + ", target size " + targetSize + ": at least 1 expected");
        if (inputs % inputSize != 0 || targets % targetSize != 0 || inputs / inputSize != targets / targetSize)
            throw new IllegalArgumentException(inputs + " input values are not as many samples of " + inputSize + " as "
                    + targets + " target values of " + targetSize);
    }

    private static void checkFinite(String what, float[] values, int size) {
        for (int i = 0; i < values.length; i++)
            if (!Float.isFinite(values[i]))
                throw new IllegalArgumentException(what + " " + i % size + " of sample " + i / size + " is " + values[i]
                        + ", a finite number expected; is a value missing in the data?");
    }

    /** A length, if an array can have it. */
    private static int fitting(long length, String what) {
        if (length > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException(length + " elements do not fit one array: " + what);
        return (int) length;
    }

    private static int[] all(int size) {
        int[] samples = new int[size];
        for (int i = 0; i < size; i++) samples[i] = i;
        return samples;
    }

    private Dataset with(int[] samples) {
        return new Dataset(inputSize, bytes, floats, labels, targets, targetSize, classes, samples, weights, givenMean);
    }

    /**
     * This data set with weights of its samples. A weight of 2 counts as if the sample were there twice, see {@link #factor}.
     *
     * @param weights one for each sample, in this data set's order; copied
     * @return a data set that shares this one's arrays
     * @throws IllegalArgumentException if their number is another, one of them is negative or not finite, or all are zero
     */
    public Dataset weighted(float[] weights) {
        return withWeights(weights, 0);
    }

    /**
     * This data set as a part of a larger one, whose other samples lie elsewhere, with weights: {@link #factor} divides by the
     * mean of all.
     *
     * @param weights one for each sample, in this data set's order; copied
     * @param mean weight of all samples of the larger data set: the sum of their weights, in its order and in double
     *     precision, divided by their number
     * @return a data set that shares this one's arrays
     * @throws IllegalArgumentException if the number of weights is another, one of them is negative or not finite, or the mean
     *     is not positive and finite
     */
    public Dataset weightedPart(float[] weights, double mean) {
        if (!(mean > 0 && mean < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("a mean weight of " + mean + ", a positive finite number expected");
        return withWeights(weights, mean);
    }

    private Dataset withWeights(float[] weights, double mean) {
        if (weights.length != size())
            throw new IllegalArgumentException(weights.length + " weights given for " + size() + " samples");
        double sum = 0;
        int most = 0;
        for (int sample : samples) most = Math.max(most, sample);
        float[] all = new float[most + 1];
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0f && weights[i] < Float.POSITIVE_INFINITY))
                throw new IllegalArgumentException("the weight of sample " + i + " is " + weights[i]
                        + ", zero or a positive finite number expected");
            sum += weights[i];
            all[samples[i]] = weights[i];
        }
        if (sum == 0 && mean == 0)
            throw new IllegalArgumentException("all weights are zero, so there is nothing to train on");
        return new Dataset(inputSize, bytes, floats, labels, targets, targetSize, classes, samples, all, mean);
    }

    /**
     * This data set with a weight for each class, times those that its samples have.
     *
     * @param classWeights one for each class
     * @return a data set that shares this one's arrays
     * @throws IllegalArgumentException if a sample's class has no weight, or {@link #weighted(float[])} refuses them
     * @throws IllegalStateException if a target is no class, see {@link #label}
     */
    public Dataset classWeighted(float... classWeights) {
        float[] all = new float[size()];
        for (int i = 0; i < all.length; i++) {
            int label = label(i);
            if (label >= classWeights.length)
                throw new IllegalArgumentException("sample " + i + " is of class " + label + ", but "
                        + classWeights.length + " weights are given");
            all[i] = classWeights[label] * weight(i);
        }
        return weighted(all);
    }

    /**
     * This data set with weights that give each of its classes the same sum, {@code samples / (classes · samples of the class)}
     * (King and Zeng 2001), in place of those that it has.
     *
     * @return a data set that shares this one's arrays
     * @throws IllegalStateException if a target is no class, see {@link #label}
     */
    public Dataset balanced() {
        int most = 0;
        for (int i = 0; i < size(); i++) most = Math.max(most, label(i));
        int[] counts = new int[most + 1];
        for (int i = 0; i < size(); i++) counts[label(i)]++;
        int occurring = 0;
        for (int count : counts) if (count > 0) occurring++;
        float[] all = new float[size()];
        for (int i = 0; i < all.length; i++) all[i] = (float) ((double) size() / occurring / counts[label(i)]);
        return weighted(all);
    }

    /**
     * Whether samples have weights.
     *
     * @return false if all count alike
     */
    public boolean weighted() {
        return weights != null;
    }

    /**
     * A sample's weight.
     *
     * @param sample from 0
     * @return 1 if samples have no weights
     */
    public float weight(int sample) {
        int at = samples[sample];
        return weights == null ? 1f : weights[at];
    }

    /**
     * A sample's weight divided by the mean of all. Training and evaluation multiply losses by it, so the mean loss of all
     * samples is {@code Σ w · loss / Σ w}, as in scikit-learn. A batch's gradient is {@code Σ factor · gradient / rows}: its
     * expected value is that of all samples, while division by the batch's own weights would count each sample alike in
     * batches of one row.
     *
     * @param sample from 0
     * @return 1 if samples have no weights
     */
    public float factor(int sample) {
        return weights == null ? 1f : (float) (weight(sample) / meanWeight);
    }

    /**
     * Number of samples.
     *
     * @return the size
     */
    public int size() {
        return samples.length;
    }

    /**
     * Width of an input.
     *
     * @return values per sample
     */
    public int inputSize() {
        return inputSize;
    }

    /**
     * Width of a target.
     *
     * @return 1 for class indices
     */
    public int targetSize() {
        return targetSize;
    }

    /**
     * Number of classes.
     *
     * @return 0 if the targets are floats
     */
    public int classes() {
        return classes;
    }

    /**
     * Some consecutive samples.
     *
     * @param from the first
     * @param to the one after the last
     * @return a data set that shares this one's arrays
     */
    public Dataset range(int from, int to) {
        Objects.checkFromToIndex(from, to, size());
        return with(Arrays.copyOfRange(samples, from, to));
    }

    /**
     * Some samples, in the order given; one may come several times.
     *
     * @param numbers of the samples; not modified
     * @return a data set that shares this one's arrays
     * @throws IndexOutOfBoundsException if there is no sample of a number
     */
    public Dataset select(int... numbers) {
        int[] selected = new int[numbers.length];
        for (int i = 0; i < selected.length; i++) selected[i] = samples[Objects.checkIndex(numbers[i], size())];
        return with(selected);
    }

    /**
     * This data set with scaled targets, as in a training whose network is then {@linkplain lanewise.Network#followedBy
     * followed by} {@link Scaling#inverse}.
     *
     * @param scaling of as many columns
     * @return a data set that shares this one's inputs
     * @throws IllegalArgumentException if it has another number of columns, or the targets are class labels
     */
    public Dataset scaledTargets(Scaling scaling) {
        if (classes > 0 || scaling.columns() != targetSize)
            throw new IllegalArgumentException(
                    classes > 0
                            ? "the targets are class labels, which have no scale; numbers expected"
                            : "a scale of " + scaling.columns() + " columns does not fit targets of " + targetSize);
        float[] scaled = new float[targets.length];
        for (int i = 0; i < scaled.length; i++) scaled[i] = scaling.scaled(i % targetSize, targets[i]);
        checkFinite("scaled target", scaled, targetSize);
        return new Dataset(inputSize, bytes, floats, null, scaled, targetSize, 0, samples, weights, givenMean);
    }

    /** One value of a sample's input. */
    float inputValue(int sample, int column) {
        int at = samples[sample] * inputSize + column;
        return bytes != null ? (bytes[at] & 0xff) * BYTE_SCALE : floats[at];
    }

    /** One value of a sample's target. */
    float targetValue(int sample, int column) {
        return targets[samples[sample] * targetSize + column];
    }

    /**
     * The same samples in random order.
     *
     * @param seed equal seeds give equal orders
     * @return a data set that shares this one's arrays
     */
    public Dataset shuffled(long seed) {
        int[] order = samples.clone();
        new RandomSource(seed).shuffle(order);
        return with(order);
    }

    /**
     * This data set with targets of one column per class, 1 at the class and 0 elsewhere.
     *
     * @return a data set that shares this one's inputs
     * @throws IllegalStateException if the targets are not class labels; if they are a column of floats that are classes all
     *     the same, {@link #oneHot(int)} does it
     * @throws IllegalArgumentException if so many columns for so many samples do not fit one array
     */
    public Dataset oneHot() {
        if (classes == 0) throw new IllegalStateException("the targets are no class labels");
        return oneHot(classes);
    }

    /**
     * This data set with targets of one column per class, 1 at the sample's {@link #label} and 0 elsewhere.
     *
     * @param classes their number
     * @return a data set that shares this one's inputs
     * @throws IllegalStateException if a target is one number that is no class
     * @throws IllegalArgumentException if a sample's class is not among so many, or so many columns for so many samples do
     *     not fit one array
     */
    public Dataset oneHot(int classes) {
        checkClasses(classes, MOST_CLASSES);
        int most = 0;
        for (int sample : samples) most = Math.max(most, sample + 1);
        float[] hot = new float
                [fitting(
                        (long) most * classes,
                        most + " samples of " + classes
                                + " one-hot columns, floats; class labels take less memory and give the same bits")];
        for (int i = 0; i < samples.length; i++) {
            int label = label(i);
            if (label >= classes) throw noClass(i, label, classes);
            hot[samples[i] * classes + label] = 1f;
        }
        return new Dataset(inputSize, bytes, floats, null, hot, classes, 0, samples, weights, givenMean);
    }

    /**
     * This data set and then another one, both of bytes or both of floats; samples without weights have 1.
     *
     * @param other with the same input size, and with the same classes or as many floats per target
     * @return a data set with arrays of its own
     * @throws IllegalArgumentException if they differ in kind, or together do not fit one array
     */
    public Dataset and(Dataset other) {
        if ((bytes == null) != (other.bytes == null) || (classes == 0) != (other.classes == 0))
            throw new IllegalArgumentException(
                    "only data sets both of bytes or both of floats, both with class labels or"
                            + " both with floats as targets, can be joined");
        if (inputSize != other.inputSize || classes != other.classes || targetSize != other.targetSize)
            throw new IllegalArgumentException("inputs of " + inputSize + " and " + other.inputSize + " values, "
                    + (classes > 0
                            ? classes + " and " + other.classes + " classes"
                            : "targets of " + targetSize + " and " + other.targetSize + " values")
                    + " cannot be joined");
        long samples = (long) size() + other.size();
        int values = fitting(samples * inputSize, samples + " samples of " + inputSize + " values");
        Object joined = bytes != null ? new byte[values] : new float[values];
        int targetValues = fitting(samples * targetSize, samples + " targets of " + targetSize + " values");
        Object joinedTargets = labels != null ? new byte[targetValues] : new float[targetValues];
        boolean weighted = weights != null || other.weights != null;
        float[] joinedWeights = weighted ? new float[(int) samples] : null;
        int at = 0;
        for (Dataset part : new Dataset[] {this, other})
            for (int sample : part.samples) {
                Object inputs = bytes != null ? part.bytes : part.floats;
                System.arraycopy(inputs, sample * inputSize, joined, at * inputSize, inputSize);
                Object theirs = labels != null ? part.labels : part.targets;
                System.arraycopy(theirs, sample * targetSize, joinedTargets, at * targetSize, targetSize);
                if (weighted) joinedWeights[at] = part.weights == null ? 1f : part.weights[sample];
                at++;
            }
        Dataset all = new Dataset(
                inputSize,
                bytes != null ? (byte[]) joined : null,
                bytes != null ? null : (float[]) joined,
                labels != null ? (byte[]) joinedTargets : null,
                labels != null ? null : (float[]) joinedTargets,
                targetSize,
                classes,
                all((int) samples),
                null,
                0);
        return weighted ? all.weighted(joinedWeights) : all;
    }

    /**
     * All inputs as floats, sample after sample in this data set's order; bytes scaled as in training.
     *
     * @return a new array of size × inputSize
     * @throws IllegalArgumentException if they do not fit one array
     */
    public float[] inputs() {
        float[] all = new float[fitting((long) size() * inputSize, size() + " samples of " + inputSize + " values")];
        for (int i = 0; i < size(); i++) input(i, all, i * inputSize, BYTE_SCALE, 0f);
        return all;
    }

    /**
     * All targets as floats, sample after sample in this data set's order; class labels are their indices.
     *
     * @return a new array of size × targetSize
     * @throws IllegalArgumentException if they do not fit one array
     */
    public float[] targets() {
        float[] all = new float[fitting((long) size() * targetSize, size() + " targets of " + targetSize + " values")];
        for (int i = 0; i < size(); i++)
            if (labels != null) all[i] = labels[samples[i]];
            else System.arraycopy(targets, samples[i] * targetSize, all, i * targetSize, targetSize);
        return all;
    }

    /**
     * All samples' classes, in this data set's order, see {@link #label}.
     *
     * @return a new array
     * @throws IllegalStateException if a target is one number that is no class
     */
    public int[] labels() {
        int[] all = new int[size()];
        for (int i = 0; i < all.length; i++) all[i] = label(i);
        return all;
    }

    /**
     * All samples' weights, in this data set's order.
     *
     * @return a new array; ones if samples have no weights
     */
    public float[] weights() {
        float[] all = new float[size()];
        for (int i = 0; i < all.length; i++) all[i] = weight(i);
        return all;
    }

    /**
     * Writes a sample's input to an array: floats as they are, bytes as {@code (b & 255) · scale + offset}, which is how a
     * model takes raw bytes.
     *
     * @param sample from 0
     * @param target receives inputSize floats
     * @param at index of the first
     * @param scale of bytes, {@link #BYTE_SCALE} as in training
     * @param offset of bytes, 0 as in training
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public void input(int sample, float[] target, int at, float scale, float offset) {
        Objects.checkFromIndexSize(at, inputSize, target.length);
        int from = samples[sample] * inputSize;
        if (bytes == null) {
            System.arraycopy(floats, from, target, at, inputSize);
            return;
        }
        for (int i = 0; i < inputSize; i++) target[at + i] = (bytes[from + i] & 0xff) * scale;
        if (offset != 0f) for (int i = 0; i < inputSize; i++) target[at + i] += offset;
    }

    /**
     * Writes a sample's input to a row of a batch.
     *
     * @param sample from 0
     * @param batch whose input is as wide as this data set's
     * @param row of the batch
     * @throws IllegalArgumentException if it is not
     */
    public void input(int sample, Batch batch, int row) {
        if (batch.input().columns() != inputSize)
            throw new IllegalArgumentException("an input of " + inputSize + " values does not fit one of "
                    + batch.input().columns());
        int at = samples[sample] * inputSize;
        if (bytes != null) batch.setInput(row, bytes, at, BYTE_SCALE);
        else batch.setInput(row, floats, at);
    }

    /**
     * Reads a byte of every cache line of some samples' inputs, so that they are in the cache when {@link #input} wants
     * them: many misses at once take little longer than one.
     *
     * @param order holds samples
     * @param from index in order of the first
     * @param to index in order of the one after the last
     * @return a number of no meaning, which keeps the reads from being left out
     */
    public int touch(int[] order, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            int at = samples[order[i]] * inputSize, end = at + inputSize;
            if (bytes != null) for (; at < end; at += 64) sum += bytes[at];
            else for (; at < end; at += 16) sum += Float.floatToRawIntBits(floats[at]);
        }
        return sum;
    }

    /**
     * Writes a sample's target to a row of a matrix.
     *
     * @param sample from 0
     * @param target with {@link #targetSize} columns; its row is overwritten
     * @param row of the matrix
     * @throws IllegalArgumentException if it has another number of columns
     */
    public void target(int sample, Slice target, int row) {
        if (target.columns() != targetSize)
            throw new IllegalArgumentException(
                    "a target of " + targetSize + " values does not fit one of " + target.columns());
        int at = samples[sample];
        if (labels != null) target.array()[target.at(row)] = labels[at];
        else System.arraycopy(targets, at * targetSize, target.array(), target.at(row), targetSize);
    }

    /**
     * A sample's class: its label, the integer in a target of one column, or the column of the largest of several, which
     * are one-hot or probabilities. What targets mean is the loss's to say; an evaluation asks that.
     *
     * @param sample from 0
     * @return the class
     * @throws IllegalStateException if the target is one number that is no class, such as 3.7 or −1
     */
    public int label(int sample) {
        int at = samples[sample];
        if (labels != null) return labels[at];
        int best = at * targetSize;
        if (targetSize == 1) {
            int label = (int) targets[best];
            if (label < 0 || label != targets[best])
                throw new IllegalStateException("the target of sample " + sample + " is " + targets[best]
                        + ", which is no class: an integer from 0 on");
            return label;
        }
        for (int i = best + 1; i < (at + 1) * targetSize; i++) if (targets[i] > targets[best]) best = i;
        return best - at * targetSize;
    }

    /**
     * Size, kind and a checksum of all samples, targets and weights, in this data set's order.
     *
     * @return {@code 60000 samples of 784 bytes, 10 classes, CRC-32C 1f0e2a3b}
     */
    public String fingerprint() {
        CRC32C sum = new CRC32C();
        ByteBuffer row = ByteBuffer.allocate(Float.BYTES * (Math.max(inputSize, targetSize) + 1))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < samples.length; i++) {
            int at = samples[i];
            if (bytes != null) sum.update(bytes, at * inputSize, inputSize);
            else add(sum, row, floats, at * inputSize, inputSize);
            if (labels != null) sum.update(labels[at]);
            else add(sum, row, targets, at * targetSize, targetSize);
            if (weights != null) add(sum, row, weights, at, 1);
        }
        return size() + " samples of " + inputSize + (bytes != null ? " bytes, " : " floats, ")
                + (classes > 0 ? classes + " classes" : targetSize + " targets")
                + (weights != null ? ", weighted" : "") + String.format(Locale.ROOT, ", CRC-32C %08x", sum.getValue());
    }

    private static void add(CRC32C sum, ByteBuffer row, float[] values, int from, int count) {
        row.clear();
        for (int i = from; i < from + count; i++) row.putFloat(values[i]);
        sum.update(row.flip());
    }
}
