package lanewise;

import java.util.Objects;

/**
 * Runs a network on one input at a time. For one thread; allocates nothing once made, keeps a few kilobytes.
 *
 * <p>The result for an input depends on that input and the parameters alone, to the bit.
 */
public final class Predictor {

    private final Layer layer;
    private final Slice[] parameters;
    private final Pass pass;

    Predictor(Network network) {
        layer = network.stack().forPrediction();
        parameters = network.parameters();
        pass = Pass.forPrediction(layer, 1);
    }

    /**
     * Computes the logits of one input.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @param logits receives outputSize floats
     * @param logitsOffset index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     */
    public void logits(float[] input, int inputOffset, float[] logits, int logitsOffset) {
        Objects.checkFromIndexSize(inputOffset, layer.inputSize(), input.length);
        Objects.checkFromIndexSize(logitsOffset, layer.outputSize(), logits.length);
        pass.setInput(0, input, inputOffset);
        forward();
        pass.output().copyTo(logits, logitsOffset);
    }

    /**
     * The most likely class of one input: the index of the largest logit.
     *
     * @param input holds inputSize floats; not modified
     * @param inputOffset index of the first
     * @return the lowest such index; −1 if a logit is NaN
     * @throws IndexOutOfBoundsException if the array is too short
     */
    public int classify(float[] input, int inputOffset) {
        Objects.checkFromIndexSize(inputOffset, layer.inputSize(), input.length);
        pass.setInput(0, input, inputOffset);
        forward();
        return argMax(pass.output(), 0);
    }

    private void forward() {
        layer.forward(pass, 0, 1, parameters, pass.input(), pass.output());
    }

    /**
     * Column of a row's largest element.
     *
     * @param matrix not modified
     * @param row which row
     * @return the lowest such column; −1 if an element is NaN
     */
    public static int argMax(Slice matrix, int row) {
        float[] array = matrix.array();
        int from = matrix.at(row), best = 0;
        for (int c = 0; c < matrix.columns(); c++) {
            float v = array[from + c];
            if (v != v) return -1;
            if (v > array[from + best]) best = c;
        }
        return best;
    }
}
