package lanewise.layer;

import lanewise.kernel.Kernels;
import lanewise.kernel.SplitMix;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * Dropout (Srivastava et al. 2014, §4; scaled in training rather than in prediction): in training
 * {@code output = input / keep} for a unit that is kept, +0.0 for one that is dropped, where {@code keep} is the share
 * of units kept; in prediction {@code output = input}.
 *
 * <p>Which units a row keeps is a function of (seed, step, the layer's place in the network, the row's number in the
 * epoch, the unit): a counter-based hash (Salmon et al. 2011) against an integer threshold. So a mask can be computed
 * again in the backward pass, needs no memory, and depends neither on threads nor on how rows fall into batches or
 * ranges. The rate is rounded to a multiple of 2⁻²⁴ and the scale belongs to the rounded one.
 *
 * <p>Shapes: input and output rows × size. No parameters. Values below {@link Arithmetic#TINY} become +0.0.
 */
public final class Dropout implements Layer {

    private static final int UNIT = 1 << 24;

    private final int size;
    private final int threshold;
    private final float scale;

    private Dropout(int size, int threshold) {
        this.size = size;
        this.threshold = threshold;
        scale = (float) (UNIT / (double) (UNIT - threshold));
    }

    /**
     * A layer.
     *
     * @param size width of input and output, at least 1
     * @param rate share of units to drop, in [0, 1)
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1 or the rate outside [0, 1)
     */
    public static Dropout of(int size, double rate) {
        if (size < 1) throw new IllegalArgumentException("dropout of size " + size + ", at least 1 expected");
        if (!(rate >= 0 && rate < 1))
            throw new IllegalArgumentException("dropout rate " + rate + " given, a share in [0, 1) expected"
                    + (rate > 1 && rate < 100 ? "; is it in percent?" : ""));
        return new Dropout(size, (int) Math.min(UNIT - 1, Math.round(rate * UNIT)));
    }

    /**
     * Share of units dropped.
     *
     * @return a multiple of 2⁻²⁴
     */
    public double rate() {
        return threshold / (double) UNIT;
    }

    @Override
    public int inputSize() {
        return size;
    }

    @Override
    public int outputSize() {
        return size;
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        mask(pass, from, to, input, output);
    }

    @Override
    public void backward(
            Pass pass,
            int from,
            int to,
            Parameters parameters,
            Slice input,
            Slice output,
            Slice dOutput,
            Slice dInput) {
        if (dInput != null) mask(pass, from, to, dOutput, dInput);
    }

    private void mask(Pass pass, int from, int to, Slice x, Slice y) {
        int width = Kernels.padded(size);
        if (!pass.training() || threshold == 0) {
            for (int r = from; r < to; r++) System.arraycopy(x.array(), x.at(r), y.array(), y.at(r), width);
            return;
        }
        Kernels kernels = pass.kernels();
        long step = SplitMix.mix(
                SplitMix.mix(pass.batch().seed(), pass.stream()), pass.batch().step());
        for (int r = from; r < to; r++) {
            long key = SplitMix.mix(step, pass.batch().firstRow() + r);
            kernels.dropout(
                    (int) key, (int) (key >>> 32), threshold, scale, x.array(), x.at(r), y.array(), y.at(r), width);
        }
    }

    /** The identity. */
    @Override
    public Layer forPrediction() {
        return new Dropout(size, 0);
    }

    /** {@code dropout 128, rate 0.5}. */
    @Override
    public String toString() {
        return "dropout " + size + ", rate " + (float) rate();
    }
}
