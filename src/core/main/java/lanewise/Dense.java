package lanewise;

import java.util.List;
import java.util.Objects;
import lanewise.kernel.Kernels;

/**
 * A fully connected layer: {@code output = activation(bias + input · weights)}.
 *
 * <p>Shapes: input rows × in, weights in × out, bias 1 × out, output rows × out. Each output's sum starts at its bias
 * and adds the inputs in ascending order, one fused multiply-add each (in four segments for at most 64 outputs). Input
 * that is exactly zero costs nothing, forward and in the weights' gradient, where a row has enough of it.
 */
public final class Dense implements Layer {

    private static final List<String> NAMES = List.of("weights", "bias");

    /** After a row with few zeros, so many rows are taken as they are before another is searched for zeros. */
    private static final int ROWS_WITHOUT_SEARCH = 15;

    private final int inputSize;
    private final int outputSize;
    private final Activation activation;
    private final Initializer initializer;
    private final boolean bias;
    private final Pending pending;

    private Dense(int inputSize, int outputSize, Activation activation, Initializer initializer, boolean bias) {
        if (inputSize < 1 || outputSize < 1)
            throw new IllegalArgumentException(
                    "a dense layer " + inputSize + "->" + outputSize + ": sizes of at least 1 expected");
        if (inputSize > Integer.MAX_VALUE - 64)
            throw new IllegalArgumentException("a dense layer " + inputSize + "->" + outputSize
                    + ": a row of so many inputs does not fit an array; smaller sizes do");
        this.inputSize = inputSize;
        this.outputSize = outputSize;
        this.activation = Objects.requireNonNull(activation, "activation");
        this.initializer = Objects.requireNonNull(initializer, "initializer");
        this.bias = bias;
        pending = new Pending(inputSize, outputSize, ownNeeds());
    }

    /**
     * A layer with a bias, initialised by Glorot's uniform rule, or by He's where the activation is a ReLU or ELU, or by
     * LeCun's normal rule where it is SELU.
     *
     * @param inputSize width of the input, at least 1
     * @param outputSize width of the output, at least 1
     * @param activation applied to each output
     * @return the layer
     * @throws IllegalArgumentException if a size is less than 1
     */
    public static Dense of(int inputSize, int outputSize, Activation activation) {
        return new Dense(inputSize, outputSize, activation, Initializer.forActivation(activation), true);
    }

    /**
     * This layer with another initialiser of its weights; biases start at zero always.
     *
     * @param initializer sets the weights
     * @return a new layer
     */
    public Dense withInitializer(Initializer initializer) {
        return new Dense(inputSize, outputSize, activation, initializer, bias);
    }

    /**
     * This layer without a bias.
     *
     * @return a new layer
     */
    public Dense withoutBias() {
        return new Dense(inputSize, outputSize, activation, initializer, false);
    }

    /**
     * The activation.
     *
     * @return applied to each output
     */
    public Activation activation() {
        return activation;
    }

    @Override
    public int inputSize() {
        return inputSize;
    }

    @Override
    public int outputSize() {
        return outputSize;
    }

    @Override
    public List<ParameterShape> parameters() {
        ParameterShape weights = new ParameterShape(NAMES.get(0), inputSize, outputSize, true);
        return bias ? List.of(weights, new ParameterShape(NAMES.get(1), 1, outputSize, true)) : List.of(weights);
    }

    /**
     * Ints: for each row the number of its non-zero inputs, −1 where they were not searched for, and their positions;
     * once, how many rows to take without a search, then the pending updates' bookkeeping. Scratch: the scaled gradient
     * of a row or the activation's derivative, zeros in place of a bias, and for training {@link Pending}'s. Kept: the
     * pre-activation, if backward needs it.
     */
    @Override
    public Needs needs(boolean training) {
        return training ? pending.needs(ownNeeds()) : ownNeeds();
    }

    private Needs ownNeeds() {
        Needs needs = Needs.NONE.ints(intsPerRow(), 1).scratch(1, outputSize).scratch(1, outputSize);
        return activation.inPlace() ? needs : needs.kept(outputSize);
    }

    private int intsPerRow() {
        return 1 + inputSize + Kernels.BLOCK;
    }

    @Override
    public void initialize(Slice[] parameters, RandomSource random) {
        initializer.fill(parameters[0], random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output) {
        Slice w = parameters[0], b = bias ? parameters[1] : pass.scratch(1);
        Slice sums = activation.inPlace() ? output : pass.kept(0);
        if (to - from > 1 && pending.any(pass)) pending.catchUp(pass, w);
        int r = from;
        for (; r <= to - Kernels.ROWS; r += Kernels.ROWS) sumRows(pass, r, w, b, input, sums);
        for (; r < to; r++) sumRow(pass, r, nonZeros(pass, input, r), w, b, input, sums);
        for (r = from; r < to; r++) activation.forward(pass.kernels(), sums, output, r);
    }

    /** The sums of one row, from its list of non-zero inputs if count is not −1. */
    private void sumRow(Pass pass, int r, int count, Slice w, Slice b, Slice input, Slice sums) {
        Kernels kernels = pass.kernels();
        float[] x = input.array(), y = sums.array(), weights = w.array();
        int[] ints = pass.ints();
        int xo = input.at(r), yo = sums.at(r), at = r * intsPerRow(), wo = w.offset(), stride = w.stride();
        ints[at] = count;
        if (pending.any(pass)) pending.forward(pass, w, x, xo, at + 1, count, b, y, yo);
        else if (count < 0) kernels.gemv(x, xo, inputSize, weights, wo, stride, b.array(), b.offset(), y, yo);
        else kernels.gemv(x, xo, inputSize, ints, at + 1, count, weights, wo, stride, b.array(), b.offset(), y, yo);
    }

    /**
     * The sums of some rows. They share their weights' way from memory, over the union of their lists, or over all inputs
     * if none has a list; where each needs a list of its own, for the gradients, for a narrow layer or because a union
     * does not pay, only in that case.
     */
    private void sumRows(Pass pass, int r, Slice w, Slice b, Slice input, Slice sums) {
        int[] ints = pass.ints();
        int at = r * intsPerRow(), count = -1;
        boolean together = true;
        if (pass.training()
                || Kernels.partialSums(w.stride()) > 1
                || !pass.kernels().unionPays())
            for (int k = r; k < r + Kernels.ROWS; k++)
                together &= (ints[k * intsPerRow()] = nonZeros(pass, input, k)) < 0;
        else count = nonZerosOfRows(pass, input, r);
        if (!together) {
            for (int k = r; k < r + Kernels.ROWS; k++) sumRow(pass, k, ints[k * intsPerRow()], w, b, input, sums);
            return;
        }
        pass.kernels()
                .gemm(
                        input.array(),
                        input.at(r),
                        input.stride(),
                        inputSize,
                        count < 0 ? null : ints,
                        at + 1,
                        count,
                        w.array(),
                        w.offset(),
                        w.stride(),
                        b.array(),
                        b.offset(),
                        sums.array(),
                        sums.at(r),
                        sums.stride());
    }

    /** Lists a row's non-zero inputs and returns how many; −1 if there are too many, or were in one of the last rows. */
    private int nonZeros(Pass pass, Slice input, int r) {
        int[] ints = pass.ints();
        int at = r * intsPerRow(), listed = pass.takeListed();
        if (listed != Pass.NOT_LISTED) return listed;
        if (skipsSearch(pass, 1)) return -1;
        return few(pass, pass.kernels().nonZeros(input.array(), input.at(r), inputSize, ints, at + 1));
    }

    /** {@link #nonZeros} of several rows: where any of them is not zero. */
    private int nonZerosOfRows(Pass pass, Slice input, int r) {
        if (skipsSearch(pass, Kernels.ROWS)) return -1;
        int at = r * intsPerRow();
        return few(
                pass,
                pass.kernels()
                        .nonZerosOfRows(input.array(), input.at(r), input.stride(), inputSize, pass.ints(), at + 1));
    }

    /** Whether so many rows are taken as they are, because one of the last had few zeros. */
    private boolean skipsSearch(Pass pass, int rows) {
        int[] ints = pass.ints();
        int waiting = pass.rows() * intsPerRow();
        if (ints[waiting] == 0) return false;
        ints[waiting] = Math.max(0, ints[waiting] - rows);
        return true;
    }

    /** The count, or −1 if there are too many non-zero inputs to list; then some rows are taken without a search. */
    private int few(Pass pass, int count) {
        if (count <= inputSize / 4 * 3) return count;
        pass.ints()[pass.rows() * intsPerRow()] = ROWS_WITHOUT_SEARCH;
        return -1;
    }

    /** Sets row 0 of an input, and lists what is not zero in it for the next forward, in one go. */
    void setInput(Pass pass, Slice input, float[] from, int offset) {
        if (skipsSearch(pass, 1)) {
            System.arraycopy(from, offset, input.array(), input.offset(), inputSize);
            pass.listed(-1);
        } else
            pass.listed(few(
                    pass,
                    pass.kernels()
                            .copyNonZeros(from, offset, inputSize, input.array(), input.offset(), pass.ints(), 1)));
    }

    @Override
    public void backward(
            Pass pass, int from, int to, Slice[] parameters, Slice input, Slice output, Slice dOutput, Slice dInput) {
        Kernels kernels = pass.kernels();
        Slice w = parameters[0], sums = activation.inPlace() ? output : pass.kept(0);
        pending.backward(pass, w, dInput != null);
        for (int r = from; r < to; r++) {
            activation.backward(kernels, sums, output, dOutput, r, pass.scratch(0));
            if (dInput != null)
                kernels.gemvTransposed(
                        w.array(),
                        w.offset(),
                        w.stride(),
                        inputSize,
                        dOutput.array(),
                        dOutput.at(r),
                        dInput.array(),
                        dInput.at(r));
        }
    }

    @Override
    public void accumulate(
            Pass pass,
            int rows,
            Slice input,
            Slice output,
            Slice dOutput,
            float scale,
            Slice[] target,
            int part,
            int parts) {
        Kernels kernels = pass.kernels();
        Slice w = target[0], scaled = pass.scratch(0);
        float[] x = input.array(), d = scaled.array();
        int[] ints = pass.ints();
        int stride = w.stride();
        int first = (int) ((long) inputSize * part / parts), end = (int) ((long) inputSize * (part + 1) / parts);
        for (int r = 0; r < rows; r++) {
            int at = r * intsPerRow();
            kernels.scale(scale, dOutput.array(), dOutput.at(r), d, scaled.offset(), stride);
            if (parts == 1 && ints[at] >= 0)
                kernels.ger(x, input.at(r), ints, at + 1, ints[at], d, scaled.offset(), w.array(), w.offset(), stride);
            else
                kernels.ger(
                        x,
                        input.at(r) + first,
                        end - first,
                        d,
                        scaled.offset(),
                        w.array(),
                        w.offset() + first * stride,
                        stride);
            if (bias && part == 0) kernels.add(d, scaled.offset(), target[1].array(), target[1].offset(), stride);
        }
    }

    /** For one row the weights' update stays pending; the bias is updated at once. */
    @Override
    public void descend(
            Pass pass, int rows, Slice input, Slice output, Slice dOutput, float scale, Slice[] parameters) {
        if (rows > 1 || outputSize <= Kernels.BLOCK) {
            accumulate(pass, rows, input, output, dOutput, scale, parameters, 0, 1);
            return;
        }
        int at = pending.update(
                pass,
                parameters[0],
                input.array(),
                input.offset(),
                1,
                pass.ints()[0],
                scale,
                dOutput.array(),
                dOutput.offset());
        if (bias)
            pass.kernels()
                    .add(
                            pending.gradients(pass),
                            at,
                            parameters[1].array(),
                            parameters[1].offset(),
                            parameters[1].stride());
    }

    @Override
    public void catchUp(Pass pass, Slice[] parameters) {
        if (pending.any(pass)) pending.catchUp(pass, parameters[0]);
    }

    /** {@code dense 784->128 sigmoid}. */
    @Override
    public String toString() {
        String name = "dense " + inputSize + "->" + outputSize;
        if (activation != Activation.IDENTITY) name += " " + activation;
        return bias ? name : name + ", no bias";
    }
}
