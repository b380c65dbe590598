package lanewise.spark.training;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.UpdateRule;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.schedule.Schedule;
import lanewise.train.schedule.ScheduleKind;

/**
 * All that decides a training besides its samples. It goes to the executors, which make the same network, loss and optimizer of
 * it as the driver. Immutable.
 *
 * @param layers widths: the inputs, the hidden layers, the outputs
 * @param activation of the hidden layers, by {@link Activation#names}
 * @param dropout share of the hidden layers' outputs that a step leaves out; 0 for none
 * @param regression whether targets are numbers, not classes
 * @param optimizer by {@link OptimizerKind}
 * @param learningRate the first, of one-cycle the highest
 * @param schedule by {@link ScheduleKind}
 * @param weightDecay decoupled, of weights; 0 for none
 * @param batchSize rows of a step
 * @param epochs at most
 * @param patience epochs without improvement on validation rows after which the training ends; 0 for never
 * @param seed decides initial weights, the order of samples, and dropout
 */
public record Recipe(
        int[] layers,
        String activation,
        float dropout,
        boolean regression,
        String optimizer,
        float learningRate,
        String schedule,
        float weightDecay,
        int batchSize,
        int epochs,
        int patience,
        long seed)
        implements Serializable {

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if one of them is none
     */
    public Recipe {
        layers = layers.clone();
        if (layers.length < 2 || Arrays.stream(layers).anyMatch(width -> width < 1))
            throw new IllegalArgumentException("layers " + Arrays.toString(layers)
                    + ": the widths of the inputs, of the hidden layers and of the outputs expected, each at least 1");
        Activation.of(activation);
        OptimizerKind.of(optimizer);
        ScheduleKind.of(schedule);
        if (!(learningRate > 0 && learningRate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learning rate " + learningRate + ", a positive finite number expected");
    }

    /** The width of the inputs. */
    public int inputs() {
        return layers[0];
    }

    /** The width of the outputs. */
    public int outputs() {
        return layers[layers.length - 1];
    }

    /** The network with its initial parameters. */
    public Network network() {
        Network.Builder builder = Network.builder(inputs());
        for (int i = 1; i < layers.length - 1; i++) {
            builder.dense(layers[i], Activation.of(activation));
            if (dropout > 0) builder.dropout(dropout);
        }
        return builder.dense(outputs(), Activation.IDENTITY).build(seed);
    }

    /** What is made small. */
    public Loss loss() {
        if (regression) return Loss.MEAN_SQUARED_ERROR;
        return outputs() == 1 ? Loss.BINARY_CROSS_ENTROPY : Loss.SOFTMAX_CROSS_ENTROPY;
    }

    /** Number of classes; 0 if targets are numbers. */
    public int classes() {
        return regression ? 0 : Math.max(2, outputs());
    }

    /** What happens to parameters in a step. AdamW without a decay has its usual one. */
    public UpdateRule rule() {
        OptimizerKind kind = OptimizerKind.of(optimizer);
        return weightDecay > 0 ? UpdateRule.of(kind, weightDecay) : UpdateRule.of(kind.optimizer());
    }

    /** The learning rates of a training on so many samples. */
    public Schedule rates(int samples) {
        return ScheduleKind.of(schedule)
                .schedule(learningRate, (long) epochs * ((samples + batchSize - 1L) / batchSize));
    }

    /** The layers' widths, such as 784-128-10. */
    @Override
    public String toString() {
        return IntStream.of(layers).mapToObj(Integer::toString).collect(Collectors.joining("-")) + " " + activation
                + ", " + optimizer + ", batches of " + batchSize;
    }
}
