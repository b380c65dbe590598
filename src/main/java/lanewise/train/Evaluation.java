package lanewise.train;

import lanewise.Layer;
import lanewise.Loss;
import lanewise.Network;
import lanewise.Pass;
import lanewise.Predictor;
import lanewise.Slice;
import lanewise.data.Dataset;

/**
 * How well a network does on data that it is not trained on meanwhile.
 *
 * @param samples number of samples
 * @param loss mean over the samples
 * @param correct samples that {@link Predictor#classOf} puts into their class; with a NaN logit it is none
 */
public record Evaluation(int samples, double loss, int correct) {

    private static final int ROWS = 16;

    /**
     * Evaluates.
     *
     * @param network not modified
     * @param loss whose mean is wanted
     * @param data not modified
     * @return loss and number of correct samples
     * @throws IllegalArgumentException if there are no data, or they do not fit the network or the loss
     */
    public static Evaluation of(Network network, Loss loss, Dataset data) {
        Trainer.check(network, loss, data);
        Layer layer = network.stack().forPrediction();
        Pass pass = Pass.forPrediction(layer, ROWS);
        Slice targets = Slice.allocate(ROWS, data.targetSize());
        Slice gradient = Slice.allocate(ROWS, network.outputSize());
        double sum = 0;
        int correct = 0;
        for (int from = 0; from < data.size(); from += ROWS) {
            int count = Math.min(ROWS, data.size() - from);
            for (int r = 0; r < count; r++) {
                data.input(from + r, pass, r);
                data.target(from + r, targets, r);
            }
            layer.forward(pass, 0, count, network.parameters(), pass.input(), pass.output());
            for (int r = 0; r < count; r++) {
                sum += loss.gradient(pass, r, count, pass.output(), targets, gradient);
                if (Predictor.classOf(pass.output(), r) == data.label(from + r)) correct++;
            }
        }
        return new Evaluation(data.size(), sum / data.size(), correct);
    }

    /**
     * Share of correct samples.
     *
     * @return 0 to 1
     */
    public double accuracy() {
        return (double) correct / samples;
    }
}
