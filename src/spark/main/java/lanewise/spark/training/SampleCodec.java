package lanewise.spark.training;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lanewise.data.Dataset;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;

/**
 * Samples as bytes, in which they are sorted, moved and kept: little-endian the target and the weight as floats, then the number
 * of elements that are not zero, their indices and values; or −1 and all values, where that is shorter. Equal samples have equal
 * bytes, whichever form their vector had. Immutable.
 *
 * @param inputs length of vectors
 * @param classes number of classes; 0 if targets are numbers
 */
record SampleCodec(int inputs, int classes) implements Serializable {

    private static final int HEAD = 12, DENSE = -1;

    /** The most elements of an array: a few less than an int counts. */
    static final int MOST = Integer.MAX_VALUE - 8;

    /**
     * A sample's bytes.
     *
     * @throws IllegalArgumentException with what is wrong about it
     */
    byte[] encode(Vector features, double target, double weight) {
        if (features == null) throw new IllegalArgumentException("the features are null");
        if (features.size() != inputs)
            throw new IllegalArgumentException(
                    features.size() + " features, but the network has " + inputs + " inputs");
        if (classes > 0 ? target != (int) target || target < 0 || target >= classes : !finite(target))
            throw new IllegalArgumentException("the label is " + target + ", "
                    + (classes > 0 ? "a class from 0 to " + (classes - 1) : "a finite number") + " expected");
        if (!(weight >= 0) || !finite(weight))
            throw new IllegalArgumentException("the weight is " + weight + ", 0 or a positive number expected");
        int nonZeros = 0;
        double[] values = features instanceof SparseVector sparse ? sparse.values() : ((DenseVector) features).values();
        int[] indices = features instanceof SparseVector sparse ? sparse.indices() : null;
        for (int i = 0; i < values.length; i++) {
            if (!finite(values[i]))
                throw new IllegalArgumentException("feature " + (indices == null ? i : indices[i]) + " is " + values[i]
                        + ", a number that a float can hold expected");
            if ((float) values[i] != 0f) nonZeros++;
        }
        boolean dense = 2L * nonZeros >= inputs;
        ByteBuffer bytes = ByteBuffer.allocate(HEAD + (dense ? 4 * inputs : 8 * nonZeros))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat((float) target)
                .putFloat((float) weight)
                .putInt(dense ? DENSE : nonZeros);
        for (int i = 0; i < values.length; i++) {
            float value = (float) values[i];
            if (value == 0f) continue;
            int index = indices == null ? i : indices[i];
            if (dense) bytes.putFloat(HEAD + 4 * index, value);
            else bytes.putInt(index).putFloat(value);
        }
        return bytes.array();
    }

    private static boolean finite(double value) {
        return Float.isFinite((float) value);
    }

    static float weight(byte[] sample) {
        return buffer(sample).getFloat(4);
    }

    private static ByteBuffer buffer(byte[] sample) {
        return ByteBuffer.wrap(sample).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Samples as a data set.
     *
     * @param meanWeight of all samples of the training; 0 if they have no weights
     */
    Dataset dataset(byte[][] samples, double meanWeight) {
        if ((long) samples.length * inputs > MOST)
            throw new IllegalArgumentException(samples.length + " rows of " + inputs
                    + " inputs each are more numbers than one array holds; to validate on, fewer rows do");
        float[] features = new float[samples.length * inputs];
        float[] targets = new float[samples.length], weights = new float[samples.length];
        for (int i = 0; i < samples.length; i++) {
            ByteBuffer bytes = buffer(samples[i]);
            targets[i] = bytes.getFloat();
            weights[i] = bytes.getFloat();
            int count = bytes.getInt(), at = i * inputs;
            if (count == DENSE) bytes.asFloatBuffer().get(features, at, inputs);
            else for (int k = 0; k < count; k++) features[at + bytes.getInt()] = bytes.getFloat();
        }
        Dataset data;
        if (classes == 0) data = Dataset.ofFloats(inputs, features, 1, targets);
        else {
            int[] labels = new int[samples.length];
            for (int i = 0; i < labels.length; i++) labels[i] = (int) targets[i];
            data = Dataset.ofFloats(inputs, features, labels, classes);
        }
        return meanWeight > 0 ? data.weightedPart(weights, meanWeight) : data;
    }
}
