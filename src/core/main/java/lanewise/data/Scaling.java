package lanewise.data;

import java.util.Objects;
import lanewise.layer.Arithmetic;
import lanewise.layer.Rescale;

/**
 * The scale of columns of data, found on a training part and carried inside the network as a {@link Rescale} layer, so that a
 * model takes raw rows and answers in the target's own unit. Immutable.
 *
 * <pre>{@code
 * Scaling inputs = Scaling.ofInputs(Scaling.Kind.STANDARD, training), target = Scaling.ofTargets(Scaling.Kind.STANDARD, training);
 * Network network = Network.builder(10).add(inputs.layer()).dense(64, Activation.RELU).dense(1, Activation.IDENTITY).build(1);
 * Trainer.builder(network, Loss.MEAN_SQUARED_ERROR).build().train(training.scaledTargets(target));
 * Model model = Model.of(network.followedBy(target.inverse()), Loss.MEAN_SQUARED_ERROR);
 * }</pre>
 *
 * <p>Sums are in double, in the samples' order. A column that is constant in the training part is shifted alone, so that nothing is
 * divided by zero; so is a column whose spread's reciprocal is no finite float.
 */
public final class Scaling {

    /** What the scaled columns of the training part have in common. */
    public enum Kind {
        /** Nothing: they are left as they are. */
        NONE,
        /** Mean 0 and variance 1: {@code (x − mean) / deviation}, the deviation being that of the population. */
        STANDARD,
        /** A range from 0 to 1: {@code (x − min) / (max − min)}. */
        MIN_MAX
    }

    private final float[] shift;
    private final float[] factor;
    private final float[] offset;

    private Scaling(int columns) {
        shift = new float[columns];
        factor = new float[columns];
        offset = new float[columns];
    }

    /** A column of the data. */
    private interface Column {
        float value(int sample);
    }

    /**
     * The scale of inputs.
     *
     * @param kind what to reach
     * @param data the training part; weights count as in {@link Dataset#weighted(float[])}
     * @return a new scaling
     * @throws IllegalArgumentException if there is no sample, or the difference of two values is no finite float
     */
    public static Scaling ofInputs(Kind kind, Dataset data) {
        Scaling scaling = new Scaling(data.inputSize());
        for (int c = 0; c < data.inputSize(); c++) {
            int column = c;
            scaling.fit(c, "input ", kind, data, sample -> data.inputValue(sample, column));
        }
        return scaling;
    }

    /**
     * The scale of targets.
     *
     * @param kind what to reach
     * @param data the training part, with numbers for targets; weights count as in {@link Dataset#weighted(float[])}
     * @return a new scaling
     * @throws IllegalArgumentException if there is no sample, the targets are class labels, or the difference of two values is
     *     no finite float
     */
    public static Scaling ofTargets(Kind kind, Dataset data) {
        if (data.classes() > 0)
            throw new IllegalArgumentException("the targets are class labels, which have no scale; numbers expected");
        Scaling scaling = new Scaling(data.targetSize());
        for (int c = 0; c < data.targetSize(); c++) {
            int column = c;
            scaling.fit(c, "target ", kind, data, sample -> data.targetValue(sample, column));
        }
        return scaling;
    }

    private void fit(int c, String name, Kind kind, Dataset data, Column column) {
        Objects.requireNonNull(kind, "kind");
        if (data.size() == 0) throw new IllegalArgumentException("no samples, at least one expected");
        factor[c] = 1f;
        if (kind == Kind.NONE) return;
        float min = Float.POSITIVE_INFINITY, max = Float.NEGATIVE_INFINITY;
        double weights = 0, sum = 0, squares = 0;
        for (int i = 0; i < data.size(); i++) {
            float value = column.value(i);
            if (data.weight(i) == 0f) continue;
            min = Math.min(min, value);
            max = Math.max(max, value);
            weights += data.weight(i);
            sum += (double) data.weight(i) * value;
        }
        if (!Float.isFinite(max - min))
            throw new IllegalArgumentException(
                    name + c + " goes from " + min + " to " + max + ", whose difference is no finite float");
        double mean = sum / weights;
        for (int i = 0; i < data.size(); i++) {
            double difference = column.value(i) - mean;
            squares += data.weight(i) * (difference * difference);
        }
        double centre = kind == Kind.MIN_MAX || min == max ? min : mean;
        double spread = kind == Kind.MIN_MAX ? (double) max - min : Math.sqrt(squares / weights);
        shift[c] = (float) centre + 0f;
        if (min == max || !(1 / spread <= Float.MAX_VALUE)) return;
        factor[c] = (float) (1 / spread);
        // What rounding has taken from the shift.
        offset[c] = (float) ((shift[c] - centre) * factor[c]) + 0f;
    }

    /**
     * The layer that scales: {@code fma(x − shift, factor, offset)}.
     *
     * @return a new layer, the first of a network
     */
    public Rescale layer() {
        return Rescale.of(shift, factor, offset);
    }

    /**
     * The layer that goes back from the scale to the columns' own units.
     *
     * @return a new layer, the last of a network whose targets were scaled
     */
    public Rescale inverse() {
        float[] back = new float[factor.length];
        for (int c = 0; c < back.length; c++) back[c] = (float) (1.0 / factor[c]);
        return Rescale.of(offset, back, shift);
    }

    /**
     * A value on the scale, with the bits of {@link #layer}.
     *
     * @param column which column
     * @param value in the column's own unit
     * @return the scaled value
     */
    public float scaled(int column, float value) {
        return Arithmetic.fma(value - shift[column], factor[column], offset[column]) + 0f;
    }

    /**
     * The size of the scale's unit: a column's deviation, or its range.
     *
     * @param column which column
     * @return 1 for a column that is not divided
     */
    public double unit(int column) {
        return 1.0 / factor[column];
    }

    int columns() {
        return factor.length;
    }
}
