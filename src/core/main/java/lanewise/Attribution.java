package lanewise;

import java.util.Arrays;
import java.util.Objects;
import lanewise.layer.Layer;
import lanewise.layer.Loss;
import lanewise.layer.Output;
import lanewise.memory.Batch;
import lanewise.memory.Parameters;
import lanewise.memory.Slice;

/**
 * How much each input contributes to an output: the gradient with respect to an input row, and integrated gradients (Sundararajan
 * et al. 2017). For one thread at a time; a network must not be trained meanwhile, and its parameters of now are used.
 *
 * <pre>{@code
 * Attribution attribution = Attribution.ofLogits(model);
 * float[] gradient = attribution.gradient(input, 3);
 * double[] contributions = attribution.integratedGradients(input, new float[input.length], 3, 50);
 * }</pre>
 *
 * <p>The function F that is differentiated is a logit, or a prediction: a probability, or a number of a regression. Logits are the
 * better choice where a probability is near 0 or 1, for its gradient vanishes there. Layers are those of prediction: no dropout, and
 * batch normalisation by its running statistics.
 *
 * <p>It keeps memory for 16 rows through all layers and back. A call allocates its result, and is no part of what must be fast.
 */
public final class Attribution {

    /** Rows that go through the layers together. */
    private static final int ROWS = 16;

    private final Layer layer;
    private final Parameters parameters;

    /** Null: the logits themselves. */
    private final Output output;

    private final float temperature;
    private final Batch batch;
    private final Slice prediction;

    private Attribution(Layer layer, Parameters parameters, Output output, float temperature) {
        if (!layer.differentiableInput())
            throw new IllegalArgumentException(
                    "the first layer of " + layer + " takes indices, with respect to which there is no gradient");
        this.layer = layer;
        this.parameters = parameters;
        this.output = output == Output.IDENTITY ? null : output;
        this.temperature = temperature;
        batch = Batch.forTraining(layer, ROWS);
        prediction = Slice.allocate(1, layer.outputSize());
    }

    /**
     * Of a network's logits.
     *
     * @param network whose parameters are read at each call, not modified
     * @return a new attribution
     * @throws IllegalArgumentException if the first layer has no gradient with respect to its input
     */
    public static Attribution ofLogits(Network network) {
        Layer layer = network.stack().forPrediction();
        return new Attribution(layer, network.parameters().as(layer), null, 1f);
    }

    /**
     * Of a model's logits.
     *
     * @param model any
     * @return a new attribution
     * @throws IllegalArgumentException if the first layer has no gradient with respect to its input
     */
    public static Attribution ofLogits(Model model) {
        return new Attribution(model.stack(), model.parameters(), null, 1f);
    }

    /**
     * Of a network's predictions.
     *
     * @param network whose parameters are read at each call, not modified
     * @param loss that it is trained with, which says what makes predictions of logits
     * @return a new attribution
     * @throws IllegalArgumentException if the first layer has no gradient with respect to its input
     */
    public static Attribution ofPredictions(Network network, Loss loss) {
        Layer layer = network.stack().forPrediction();
        return new Attribution(layer, network.parameters().as(layer), loss.output(), 1f);
    }

    /**
     * Of a model's predictions, with its temperature.
     *
     * @param model any
     * @return a new attribution
     * @throws IllegalArgumentException if the first layer has no gradient with respect to its input
     */
    public static Attribution ofPredictions(Model model) {
        return new Attribution(model.stack(), model.parameters(), model.output(), model.temperature());
    }

    /**
     * The function's value, as {@link Predictor} computes it.
     *
     * @param input inputSize floats; not modified
     * @param output which of the outputs, from 0
     * @return the logit or the prediction
     * @throws IllegalArgumentException if the input has another length
     * @throws IndexOutOfBoundsException if there is no such output
     */
    public float value(float[] input, int output) {
        check(input, output);
        batch.setInput(0, input, 0);
        forward(1);
        predict(0);
        return prediction.get(0, output);
    }

    /**
     * The gradient of the function: {@code ∂F / ∂x[i]} for each input i.
     *
     * @param input inputSize floats; not modified
     * @param output which of the outputs, from 0
     * @return a new array of inputSize floats
     * @throws IllegalArgumentException if the input has another length
     * @throws IndexOutOfBoundsException if there is no such output
     */
    public float[] gradient(float[] input, int output) {
        check(input, output);
        batch.setInput(0, input, 0);
        backward(1, output);
        int from = batch.dInput().at(0);
        return Arrays.copyOfRange(batch.dInput().array(), from, from + input.length);
    }

    /**
     * Integrated gradients (Sundararajan et al. 2017, eq. 1): {@code (x[i] − b[i]) ∫ ∂F / ∂x[i] (b + a (x − b)) da} over a from 0 to
     * 1, for each input i, by the midpoint rule. Their sum is {@code F(x) − F(b)}, but for an error that falls with the square of
     * the number of steps where F is smooth, and with their number where it has kinks. Compare the two, by {@link #value}; 20 to
     * 300 steps are usual.
     *
     * @param input x, inputSize floats; not modified
     * @param baseline b, inputSize floats that stand for the absence of what is looked for: zeros, often, or the data's mean; not
     *     modified
     * @param output which of the outputs, from 0
     * @param steps points at which the gradient is taken, at least 1
     * @return a new array of inputSize contributions
     * @throws IllegalArgumentException if the input or the baseline has another length, or there are no steps
     * @throws IndexOutOfBoundsException if there is no such output
     */
    public double[] integratedGradients(float[] input, float[] baseline, int output, int steps) {
        check(input, output);
        check(baseline, output);
        if (steps < 1) throw new IllegalArgumentException(steps + " steps, at least 1 expected");
        double[] sum = new double[input.length];
        for (int step = 0; step < steps; step += ROWS) {
            int rows = Math.min(ROWS, steps - step);
            for (int r = 0; r < rows; r++) {
                double a = (step + r + 0.5) / steps;
                float[] x = batch.input().array();
                for (int i = 0, at = batch.input().at(r); i < input.length; i++)
                    x[at + i] = (float) (baseline[i] + a * ((double) input[i] - baseline[i]));
            }
            backward(rows, output);
            for (int r = 0; r < rows; r++)
                for (int i = 0, at = batch.dInput().at(r); i < input.length; i++)
                    sum[i] += batch.dInput().array()[at + i];
        }
        for (int i = 0; i < input.length; i++) sum[i] *= ((double) input[i] - baseline[i]) / steps;
        return sum;
    }

    private void check(float[] input, int output) {
        if (input.length != layer.inputSize())
            throw new IllegalArgumentException(
                    input.length + " values given, " + layer.inputSize() + " inputs expected");
        Objects.checkIndex(output, layer.outputSize());
    }

    private void forward(int rows) {
        layer.forward(batch.pass(), 0, rows, parameters, batch.input(), batch.output());
    }

    private void backward(int rows, int output) {
        forward(rows);
        for (int r = 0; r < rows; r++) seed(r, output);
        layer.backward(
                batch.pass(), 0, rows, parameters, batch.input(), batch.output(), batch.dOutput(), batch.dInput());
    }

    /** Makes a prediction of a row of logits, which stay as they are. */
    private void predict(int row) {
        Slice logits = batch.output();
        System.arraycopy(logits.array(), logits.at(row), prediction.array(), prediction.at(0), logits.columns());
        if (output != null) output.apply(batch.kernels(), prediction, 0, temperature);
    }

    /** Writes the gradient of F with respect to a row's logits. */
    private void seed(int row, int index) {
        Slice d = batch.dOutput();
        int from = d.at(row);
        Arrays.fill(d.array(), from, from + d.stride(), 0f);
        if (output == null) {
            d.array()[from + index] = 1f;
            return;
        }
        predict(row);
        double p = prediction.get(0, index);
        if (output == Output.SIGMOID) d.array()[from + index] = (float) (p * (1 - p) / temperature);
        else if (output == Output.LOG_SOFTMAX)
            for (int c = 0; c < d.columns(); c++)
                d.array()[from + c] =
                        (float) (((c == index ? 1 : 0) - StrictMath.exp(prediction.get(0, c))) / temperature);
        else
            for (int c = 0; c < d.columns(); c++)
                d.array()[from + c] = (float) (p * ((c == index ? 1 : 0) - prediction.get(0, c)) / temperature);
    }
}
