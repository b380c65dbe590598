package lanewise.layer;

import java.util.List;
import lanewise.kernel.Kernels;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A fixed change of scale for each unit, which no training touches: {@code output = fma(input − shift, factor, offset)}. As the
 * first layer it standardises raw inputs, as the last it gives a standardised target back in its own unit; {@link
 * lanewise.data.Scaling} finds the numbers.
 *
 * <p>Shapes: input and output rows × size; shift, factor and offset 1 × size, all {@link Role#STATISTIC}. The difference is
 * rounded by itself, and exact if the input lies between half and twice the shift (Sterbenz 1974): inputs such as 2000 ± 1 lose
 * no digits. The input's gradient is dOutput · factor.
 */
public final class Rescale implements Layer {

    private final int size;

    /** What {@link #initialize} sets; null for the identity. */
    private final float[] shift;

    private final float[] factor;
    private final float[] offset;

    private Rescale(int size, float[] shift, float[] factor, float[] offset) {
        if (size < 1) throw new IllegalArgumentException("a rescaling of size " + size + ", at least 1 expected");
        this.size = size;
        this.shift = shift;
        this.factor = factor;
        this.offset = offset;
    }

    /**
     * A layer that begins as the identity: shift 0, factor 1, offset 0.
     *
     * @param size width of input and output, at least 1
     * @return the layer
     * @throws IllegalArgumentException if the size is less than 1
     */
    public static Rescale of(int size) {
        return new Rescale(size, null, null, null);
    }

    /**
     * A layer that begins with these numbers, one of each for each unit.
     *
     * @param shift subtracted first; copied
     * @param factor then multiplied by; copied
     * @param offset added last; copied
     * @return the layer
     * @throws IllegalArgumentException if the arrays differ in length or are empty, or a number is not finite
     */
    public static Rescale of(float[] shift, float[] factor, float[] offset) {
        if (factor.length != shift.length || offset.length != shift.length)
            throw new IllegalArgumentException(shift.length + " shifts, " + factor.length + " factors and "
                    + offset.length + " offsets given, as many of each expected");
        for (int i = 0; i < shift.length; i++)
            if (!Float.isFinite(shift[i]) || !Float.isFinite(factor[i]) || !Float.isFinite(offset[i]))
                throw new IllegalArgumentException("unit " + i + ": shift " + shift[i] + ", factor " + factor[i]
                        + ", offset " + offset[i] + "; finite numbers expected");
        return new Rescale(shift.length, shift.clone(), factor.clone(), offset.clone());
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
    public List<ParameterShape> parameters() {
        return List.of(
                new ParameterShape("shift", Role.STATISTIC, 1, size),
                new ParameterShape("factor", Role.STATISTIC, 1, size),
                new ParameterShape("offset", Role.STATISTIC, 1, size));
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        for (int i = 0; i < size; i++) {
            parameters.get(0).set(0, i, shift == null ? 0f : shift[i]);
            parameters.get(1).set(0, i, factor == null ? 1f : factor[i]);
            parameters.get(2).set(0, i, offset == null ? 0f : offset[i]);
        }
    }

    /** −1 · shift + input has the bits of input − shift. */
    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Kernels kernels = pass.kernels();
        Slice s = parameters.get(0), f = parameters.get(1), o = parameters.get(2);
        float[] x = input.array(), y = output.array();
        int stride = Kernels.padded(size);
        for (int r = from; r < to; r++) {
            int yo = output.at(r);
            kernels.scale(-1f, s.array(), s.offset(), y, yo, stride);
            kernels.add(x, input.at(r), y, yo, stride);
            kernels.multiplyAdd(y, yo, f.array(), f.offset(), o.array(), o.offset(), y, yo, stride);
        }
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
        if (dInput == null) return;
        Slice f = parameters.get(1);
        int stride = Kernels.padded(size);
        for (int r = from; r < to; r++) {
            System.arraycopy(dOutput.array(), dOutput.at(r), dInput.array(), dInput.at(r), stride);
            pass.kernels().multiply(f.array(), f.offset(), dInput.array(), dInput.at(r), stride);
        }
    }

    /** {@code rescale 13}. */
    @Override
    public String toString() {
        return "rescale " + size;
    }
}
