package lanewise.layer;

import java.util.Arrays;
import java.util.List;
import lanewise.kernel.Kernels;
import lanewise.memory.Memory;
import lanewise.memory.ParameterShape;
import lanewise.memory.ParameterShape.Role;
import lanewise.memory.Parameters;
import lanewise.memory.Pass;
import lanewise.memory.Slice;

/**
 * A vector for each of a vocabulary's entries (Bengio et al. 2003, §2): an input row holds indices, an output row their
 * vectors one after the other.
 *
 * <p>Shapes: input rows × indices, output rows × (indices · size), vectors vocabulary × size, standard normal to begin
 * with. Indices are given as floats, which hold integers exactly up to 2²⁴; anything but an integer from 0 to
 * vocabulary − 1 is refused. The input has no gradient, so this can only be a network's first layer.
 *
 * <p>Plain gradient descent touches the vectors of a batch's indices alone, whatever the vocabulary. Everything that
 * works on an array of gradients is dense: a regulariser, a momentum, or Adam goes through all vectors at each step.
 */
public final class Embedding implements Layer {

    private static final int MOST = 1 << 24;

    private enum Matrix {
        GRADIENT
    }

    private final int indices;
    private final int vocabulary;
    private final int size;
    private final Initializer initializer;

    private Embedding(int indices, int vocabulary, int size, Initializer initializer) {
        if (indices < 1 || size < 1)
            throw new IllegalArgumentException("an embedding of " + indices + " indices into vectors of size " + size
                    + ": at least 1 expected for both");
        if (vocabulary < 1 || vocabulary > MOST)
            throw new IllegalArgumentException("a vocabulary of " + vocabulary + " entries; 1 to " + MOST
                    + " expected, because indices are floats, which hold larger integers with gaps");
        if ((long) indices * size > Integer.MAX_VALUE)
            throw new IllegalArgumentException("an embedding of " + indices + " indices into vectors of size " + size
                    + " has more outputs than an int can count");
        this.indices = indices;
        this.vocabulary = vocabulary;
        this.size = size;
        this.initializer = initializer;
    }

    /**
     * A layer.
     *
     * @param indices number of indices in an input row, at least 1
     * @param vocabulary number of vectors, 1 to 2²⁴
     * @param size floats in a vector, at least 1
     * @return the layer
     * @throws IllegalArgumentException if a number is out of range, or indices · size is no int
     */
    public static Embedding of(int indices, int vocabulary, int size) {
        return new Embedding(indices, vocabulary, size, Initializer.normal(1));
    }

    /**
     * This layer with another initialiser of its vectors.
     *
     * @param initializer sets the vocabulary × size matrix
     * @return a new layer
     */
    public Embedding withInitializer(Initializer initializer) {
        return new Embedding(indices, vocabulary, size, initializer);
    }

    /**
     * Number of vectors.
     *
     * @return 1 to 2²⁴
     */
    public int vocabulary() {
        return vocabulary;
    }

    @Override
    public int inputSize() {
        return indices;
    }

    @Override
    public int outputSize() {
        return indices * size;
    }

    @Override
    public List<ParameterShape> parameters() {
        return List.of(new ParameterShape("vectors", Role.VECTORS, vocabulary, size));
    }

    /** Scratch: the scaled gradient of one vector. */
    @Override
    public Memory memory(boolean training) {
        return training ? Memory.NONE.scratch(Matrix.GRADIENT, 1, size) : Memory.NONE;
    }

    @Override
    public boolean differentiableInput() {
        return false;
    }

    /** Random indices. */
    @Override
    public void exampleInput(Slice input, int row, RandomSource random) {
        for (int i = 0; i < indices; i++) input.set(row, i, random.nextInt(vocabulary));
    }

    @Override
    public void initialize(Parameters parameters, RandomSource random) {
        initializer.fill(parameters.get(0), random);
    }

    @Override
    public void forward(Pass pass, int from, int to, Parameters parameters, Slice input, Slice output) {
        Slice vectors = parameters.get(0);
        for (int r = from; r < to; r++)
            for (int i = 0; i < indices; i++)
                System.arraycopy(
                        vectors.array(), vectors.at(index(input, r, i)), output.array(), output.at(r) + i * size, size);
    }

    private int index(Slice input, int row, int column) {
        float given = input.array()[input.at(row) + column];
        if (!isIndex(given)) throw new IllegalArgumentException(this + ": row " + row + ": " + refusal(given, column));
        return (int) given;
    }

    private boolean isIndex(float given) {
        return given == (int) given && given >= 0 && given < vocabulary;
    }

    private String refusal(float given, int column) {
        return "input " + column + " is " + given + ", an integer from 0 to " + (vocabulary - 1) + " expected"
                + (given > 0 && given < 1 ? "; were the indices scaled like pixels?" : "");
    }

    @Override
    public String refusal(Slice input, int row) {
        for (int i = 0; i < indices; i++) {
            float given = input.array()[input.at(row) + i];
            if (!isIndex(given)) return refusal(given, i);
        }
        return null;
    }

    /**
     * Nothing to do.
     *
     * @throws IllegalArgumentException if the input's gradient is wanted: there is none
     */
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
        if (dInput != null)
            throw new IllegalArgumentException(this + ": indices have no gradient, dInput must be null");
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
        Kernels kernels = pass.kernels();
        Slice vectors = target.get(0), gradient = pass.get(Matrix.GRADIENT);
        float[] g = gradient.array();
        int first = (int) ((long) vocabulary * part / parts), end = (int) ((long) vocabulary * (part + 1) / parts);
        int go = gradient.offset(), stride = Kernels.padded(size);
        for (int r = from; r < to; r++)
            for (int i = 0; i < indices; i++) {
                int index = index(input, r, i);
                if (index < first || index >= end) continue;
                System.arraycopy(dOutput.array(), dOutput.at(r) + i * size, g, go, size);
                Arrays.fill(g, go + size, go + stride, 0f);
                kernels.scale(scale, g, go, g, go, stride);
                kernels.add(g, go, vectors.array(), vectors.at(index), stride);
            }
    }

    /** {@code embedding 3 of 1000 x 16}. */
    @Override
    public String toString() {
        return "embedding " + indices + " of " + vocabulary + " x " + size;
    }
}
