package lanewise.layer;

import java.util.List;
import java.util.Objects;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A fully connected layer: {@code output = activation(bias + input · weights)}.
 *
 * <p>Shapes: input rows × in, weights in × out, bias 1 × out, output rows × out. Each output's sum starts at its bias
 * and adds the inputs in ascending order, one fused multiply-add each (in four segments for at most 64 outputs). Input
 * that is exactly zero costs nothing, forward and in the weights' gradient, where a row has enough of it.
 */
public final class Dense implements Layer {

    private enum Matrix {
        /** Of each row, if backward needs it. */
        PRE_ACTIVATION,
        /** Scratch: a row of the activation's derivative, or of the scaled gradient. */
        ROW,
        /** Scratch: zeros in place of a bias. */
        ZEROS,
        /** Scratch for training: sums of the input gradient. */
        SUMS,
        /** Scratch for training: a batch's blocks of inputs and scaled gradients. */
        UPDATE
    }

    /** From so many rows on, inputs being seldom zero or often, the weights are updated by rows together. */
    private static final int DENSE_ROWS = 8, SPARSE_ROWS = 16;

    private final int inputSize;
    private final int outputSize;
    private final Activation activation;
    private final Initializer initializer;
    private final boolean bias;
    private final NonZeroInputs nonZeros;

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
        nonZeros = new NonZeroInputs(inputSize, outputSize);
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

    /** A small layer that takes the same tiles: at most 17 blocks of outputs, and about so many weights. */
    Dense miniature(int weights) {
        int stride = Kernels.padded(outputSize), fewer = stride < 272 ? stride : 144 + (stride - 144) % 128;
        int most = Math.max(32, weights / fewer & -Kernels.BLOCK);
        int in = inputSize < most + Kernels.BLOCK ? inputSize : most + inputSize % Kernels.BLOCK;
        return new Dense(in, outputSize - stride + fewer, activation, initializer, bias);
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

    /**
     * The lists of non-zero inputs, for a caller who sets an input and has them listed in one go.
     *
     * @return this layer's lists
     */
    public NonZeroInputs nonZeros() {
        return nonZeros;
    }

    @Override
    public List<ParameterShape> parameters() {
        ParameterShape weights = new ParameterShape("weights", Role.WEIGHTS, inputSize, outputSize);
        return bias ? List.of(weights, new ParameterShape("bias", Role.BIAS, 1, outputSize)) : List.of(weights);
    }

    /** Of each row: the list of its non-zero inputs, and the pre-activation if backward needs it. Scratch: two rows. */
    @Override
    public Memory memory(boolean training) {
        Memory memory =
                nonZeros.and(Memory.NONE).scratch(Matrix.ROW, 1, outputSize).scratch(Matrix.ZEROS, 1, outputSize);
        if (!activation.inPlace()) memory = memory.perRow(Matrix.PRE_ACTIVATION, outputSize);
        if (!training) return memory;
        return memory.scratch(Matrix.SUMS, 1, Kernels.SCRATCH)
                .scratchRows(Matrix.UPDATE, Kernels.UPDATE_ROWS, Kernels.updateScratch(Kernels.padded(outputSize)))
                .scratchInts(Kernels.MASKS);
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        initializer.fill(parameters.get(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Slice w = parameters.get(0), b = biasOrZeros(pass, parameters), sums = sums(pass, output);
        int r = from;
        if (!pass.training()
                && Kernels.partialSums(w.stride()) == 1
                && pass.kernels().unionPays())
            for (; r <= to - Kernels.ROWS; r += Kernels.ROWS) sumUnion(pass, r, w, b, input, sums);
        if (to - r < pass.kernels().rowsTogether())
            for (; r < to; r++) sumRow(pass, r, nonZeros.list(pass, input, r), w, b, input, sums);
        for (int k = r; k < to; k++) nonZeros.list(pass, input, k);
        while (r < to) r = sumRows(pass, r, to, w, b, input, sums);
        for (r = from; r < to; r++) activation.forward(pass.kernels(), sums, output, r);
    }

    Slice biasOrZeros(Pass pass, Parameters parameters) {
        return bias ? parameters.get(1) : pass.get(Matrix.ZEROS);
    }

    /** Where the pre-activation goes, from which or from the output backward computes the derivative. */
    Slice sums(Pass pass, Slice output) {
        return activation.inPlace() ? output : pass.get(Matrix.PRE_ACTIVATION);
    }

    /** The sums of one row, from its list of non-zero inputs if it has one. */
    void sumRow(Pass pass, int r, int count, Slice w, Slice b, Slice input, Slice sums) {
        Kernels kernels = pass.kernels();
        float[] x = input.array(), y = sums.array();
        int xo = input.at(r), yo = sums.at(r);
        if (count < 0) kernels.gemv(x, xo, inputSize, w.array(), w.offset(), w.stride(), b.array(), b.offset(), y, yo);
        else
            kernels.gemv(
                    x,
                    xo,
                    inputSize,
                    pass.rowInts(),
                    nonZeros.positions(r),
                    count,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    b.array(),
                    b.offset(),
                    y,
                    yo);
    }

    /**
     * The sums of the next rows that are multiplied alike, all over their lists or all over all inputs, so that they share
     * their weights' way from memory. Few rows are multiplied one by one. Returns the first row behind them.
     */
    private int sumRows(Pass pass, int from, int to, Slice w, Slice b, Slice input, Slice sums) {
        Kernels kernels = pass.kernels();
        boolean listed = nonZeros.multipliedOverList(pass, from);
        int end = from + 1;
        while (end < to && nonZeros.multipliedOverList(pass, end) == listed) end++;
        int rows = end - from;
        if (rows < kernels.rowsTogether())
            for (int r = from; r < end; r++) sumRow(pass, r, nonZeros.count(pass, r), w, b, input, sums);
        else if (listed)
            kernels.gemmListed(
                    input.array(),
                    input.at(from),
                    input.stride(),
                    pass.rowInts(),
                    nonZeros.positions(from),
                    nonZeros.blockEnds(from),
                    nonZeros.intsPerRow(),
                    rows,
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    b.array(),
                    b.offset(),
                    sums.array(),
                    sums.at(from),
                    sums.stride());
        else
            kernels.gemm(
                    input.array(),
                    input.at(from),
                    input.stride(),
                    rows,
                    inputSize,
                    w.array(),
                    w.offset(),
                    w.stride(),
                    b.array(),
                    b.offset(),
                    sums.array(),
                    sums.at(from),
                    sums.stride(),
                    pass.panel().array(),
                    pass.panel().offset());
        return end;
    }

    /** The sums of four rows over the union of their lists, or over all inputs if that has few zeros. */
    private void sumUnion(Pass pass, int r, Slice w, Slice b, Slice input, Slice sums) {
        int count = nonZeros.listUnion(pass, input, r);
        pass.kernels()
                .gemm(
                        input.array(),
                        input.at(r),
                        input.stride(),
                        inputSize,
                        count < 0 ? null : pass.rowInts(),
                        nonZeros.positions(r),
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
        Kernels kernels = pass.kernels();
        Slice w = parameters.get(0), sums = sums(pass, output);
        for (int r = from; r < to; r++) activation.backward(kernels, sums, output, dOutput, r, pass.get(Matrix.ROW));
        if (dInput == null) return;
        Slice scratch = pass.get(Matrix.SUMS);
        kernels.gemmTransposed(
                w.array(),
                w.offset(),
                w.stride(),
                inputSize,
                dOutput.array(),
                dOutput.at(from),
                dOutput.stride(),
                to - from,
                dInput.array(),
                dInput.at(from),
                dInput.stride(),
                scratch.array(),
                scratch.offset());
    }

    @Override
    public void parameterGradient(
            Pass pass,
            int from,
            int to,
            Slice input,
            Slice output,
            Slice dOutput,
            float scale,
            Parameters target,
            int part,
            int parts) {
        int blocks = (inputSize + Kernels.BLOCK - 1) / Kernels.BLOCK;
        int first = (int) ((long) blocks * part / parts) * Kernels.BLOCK;
        int end = Math.min(inputSize, (int) ((long) blocks * (part + 1) / parts) * Kernels.BLOCK);
        Slice w = target.get(0), b = bias && part == 0 ? target.get(1) : null;
        if (to - from < (nonZeros.count(pass, from) < 0 ? DENSE_ROWS : SPARSE_ROWS)) {
            for (int r = from; r < to; r++) {
                Slice scaled = scaled(pass, r, dOutput, scale);
                addRow(pass, r, input, scaled, w, first, end);
                if (b != null) add(pass, scaled, b);
            }
            return;
        }
        addRows(pass, from, to, input, dOutput, scale, w, first, end);
        if (b != null) for (int r = from; r < to; r++) add(pass, scaled(pass, r, dOutput, scale), b);
    }

    private static Slice scaled(Pass pass, int r, Slice dOutput, float scale) {
        Slice row = pass.get(Matrix.ROW);
        pass.kernels().scale(scale, dOutput.array(), dOutput.at(r), row.array(), row.offset(), row.stride());
        return row;
    }

    private static void add(Pass pass, Slice row, Slice to) {
        pass.kernels().add(row.array(), row.offset(), to.array(), to.offset(), to.stride());
    }

    /** Adds the rows' terms to the weights of some inputs, which begin at a block's beginning. */
    private void addRows(
            Pass pass, int from, int to, Slice input, Slice dOutput, float scale, Slice w, int first, int end) {
        Slice scratch = pass.get(Matrix.UPDATE);
        pass.kernels()
                .gerRows(
                        scale,
                        input.array(),
                        input.at(from) + first,
                        input.stride(),
                        to - from,
                        end - first,
                        dOutput.array(),
                        dOutput.at(from),
                        dOutput.stride(),
                        w.array(),
                        w.offset() + first * w.stride(),
                        w.stride(),
                        scratch.array(),
                        scratch.offset(),
                        pass.scratchInts(),
                        NonZeroInputs.SCRATCH_INTS);
    }

    /** Adds a row's terms to the weights of some inputs, or of all by the row's list if it has one. */
    private void addRow(Pass pass, int r, Slice input, Slice scaled, Slice w, int first, int end) {
        Kernels kernels = pass.kernels();
        float[] x = input.array(), d = scaled.array();
        int count = nonZeros.count(pass, r), stride = w.stride();
        if (count >= 0 && end - first == inputSize)
            kernels.ger(
                    x,
                    input.at(r),
                    pass.rowInts(),
                    nonZeros.positions(r),
                    count,
                    d,
                    scaled.offset(),
                    w.array(),
                    w.offset(),
                    stride);
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
    }

    boolean hasBias() {
        return bias;
    }

    /** {@code dense 784->128 sigmoid}. */
    @Override
    public String toString() {
        String name = "dense " + inputSize + "->" + outputSize;
        if (activation != Activation.IDENTITY) name += " " + activation;
        return bias ? name : name + ", no bias";
    }
}
