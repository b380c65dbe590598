package lanewise.formats.onnx;

import java.util.List;
import java.util.Objects;
import lanewise.Model;
import lanewise.Predictor;

/**
 * What came of a file: the model, and how its inputs and outputs are those of the file's graph. For one thread at a time; the
 * model itself is for any number.
 */
public final class Imported {

    private final Model model;
    private final int[] inputShape;
    private final String output;
    private final List<String> layers;
    private final boolean twoColumns;
    private Predictor predictor;

    Imported(Model model, int[] inputShape, String output, List<String> layers, boolean twoColumns) {
        this.model = model;
        this.inputShape = inputShape;
        this.output = output;
        this.layers = List.copyOf(layers);
        this.twoColumns = twoColumns;
    }

    /**
     * The model. Its inputs are the numbers of one row of the file's input, outermost dimension first; its outputs are the
     * file's, but for a classifier of two classes whose file has a column for each: the model has the second alone.
     *
     * @return ready to predict, with the file's labels and metadata
     */
    public Model model() {
        return model;
    }

    /**
     * The shape of one row of the file's input.
     *
     * @return dimensions without that of the batch; empty if a row is a single number
     */
    public int[] inputShape() {
        return inputShape.clone();
    }

    /**
     * Which of the file's outputs was taken.
     *
     * @return its name
     */
    public String output() {
        return output;
    }

    /**
     * What was understood, layer by layer.
     *
     * @return a line for each layer: what it is, and the nodes of the file that it was recognised in; immutable
     */
    public List<String> layers() {
        return layers;
    }

    /**
     * Columns of the file's output.
     *
     * @return the model's outputs; 2 for a classifier of two classes whose file has a column for each
     */
    public int outputSize() {
        return twoColumns ? 2 : model.outputSize();
    }

    /**
     * Computes one row of the output exactly as the file's graph defines it. The first call makes a {@link Model#predictor()},
     * the others allocate nothing.
     *
     * @param input as many numbers as {@link #inputShape} says; not modified
     * @param output receives {@link #outputSize} numbers
     * @throws IndexOutOfBoundsException if an array is too short
     * @throws IllegalArgumentException if an embedding refuses the input
     */
    public void outputs(float[] input, float[] output) {
        Objects.checkFromIndexSize(0, model.inputSize(), input.length);
        Objects.checkFromIndexSize(0, outputSize(), output.length);
        if (predictor == null) predictor = model.predictor();
        predictor.predict(input, 0, output, 0);
        if (twoColumns) {
            output[1] = output[0];
            output[0] = 1f - output[1];
        }
    }
}
