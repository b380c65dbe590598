package lanewise.spark.training;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.Network;
import lanewise.layer.Activation;
import lanewise.layer.Loss;
import lanewise.train.Clipping;
import lanewise.train.Regularizer;
import lanewise.train.UpdateRule;
import lanewise.train.optimizer.AdaDelta;
import lanewise.train.optimizer.AdaGrad;
import lanewise.train.optimizer.Adam;
import lanewise.train.optimizer.AdamW;
import lanewise.train.optimizer.AmsGrad;
import lanewise.train.optimizer.Momentum;
import lanewise.train.optimizer.NAdam;
import lanewise.train.optimizer.Nesterov;
import lanewise.train.optimizer.Optimizer;
import lanewise.train.optimizer.RmsProp;
import lanewise.train.optimizer.Sgd;
import lanewise.train.schedule.Constant;
import lanewise.train.schedule.Cosine;
import lanewise.train.schedule.Exponential;
import lanewise.train.schedule.Linear;
import lanewise.train.schedule.OneCycle;
import lanewise.train.schedule.ReduceOnPlateau;
import lanewise.train.schedule.Schedule;

/**
 * All that decides a training besides its samples. It goes to the executors, which make the same network, loss and optimizer of
 * it as the driver. Immutable.
 *
 * @param layers widths: the inputs, the hidden layers, the outputs
 * @param activation of the hidden layers, by {@link #ACTIVATIONS}
 * @param dropout share of the hidden layers' outputs that a step leaves out; 0 for none
 * @param regression whether targets are numbers, not classes
 * @param optimizer by {@link #OPTIMIZERS}
 * @param learningRate the first, of one-cycle the highest
 * @param schedule by {@link #SCHEDULES}
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

    private static final double LAST = 0.01;

    /** The functions of hidden layers, by name. */
    public static final Map<String, Activation> ACTIVATIONS = List.of(
                    Activation.IDENTITY,
                    Activation.SIGMOID,
                    Activation.TANH,
                    Activation.RELU,
                    Activation.LEAKY_RELU,
                    Activation.SOFTPLUS,
                    Activation.GELU_TANH,
                    Activation.GELU,
                    Activation.SILU,
                    Activation.ELU,
                    Activation.SELU,
                    Activation.HARD_SIGMOID,
                    Activation.HARD_SWISH,
                    Activation.MISH,
                    Activation.SOFTSIGN,
                    Activation.RELU6,
                    Activation.HARD_TANH)
            .stream()
            .collect(Collectors.toMap(Object::toString, each -> each, (a, b) -> a, TreeMap::new));

    /** The optimizers by name. */
    public static final Map<String, Supplier<Optimizer>> OPTIMIZERS = new TreeMap<>(Map.of(
            "sgd", Sgd::new,
            "momentum", Momentum::new,
            "nesterov", Nesterov::new,
            "adam", Adam::new,
            "amsgrad", AmsGrad::new,
            "adamw", AdamW::new,
            "nadam", NAdam::new,
            "rmsprop", RmsProp::new,
            "adagrad", AdaGrad::new,
            "adadelta", AdaDelta::new));

    /** The schedules' names. */
    public static final List<String> SCHEDULES =
            List.of("constant", "linear", "exponential", "cosine", "one-cycle", "plateau");

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
        named("activation", activation, ACTIVATIONS.keySet());
        named("optimizer", optimizer, OPTIMIZERS.keySet());
        named("schedule", schedule, SCHEDULES);
        if (!(learningRate > 0 && learningRate < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learning rate " + learningRate + ", a positive finite number expected");
    }

    private static void named(String setting, String name, Iterable<String> names) {
        for (String each : names) if (each.equals(name)) return;
        throw new IllegalArgumentException(setting + " " + name + ": one of " + String.join(", ", names) + " expected");
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
            builder.dense(layers[i], ACTIVATIONS.get(activation));
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

    /** The optimizer, new. */
    public Optimizer newOptimizer() {
        return carriesDecay() && weightDecay > 0
                ? new AdamW(weightDecay)
                : OPTIMIZERS.get(optimizer).get();
    }

    private boolean carriesDecay() {
        return optimizer.equals("adamw");
    }

    /** The decay of weights that the optimizer does not carry itself. */
    public Regularizer regularizer() {
        return weightDecay > 0 && !carriesDecay() ? Regularizer.decay(weightDecay) : Regularizer.NONE;
    }

    /** What happens to parameters in a step. */
    public UpdateRule rule() {
        return new UpdateRule(newOptimizer(), regularizer(), Clipping.NONE);
    }

    /** The learning rates. */
    public Schedule rates() {
        return switch (schedule) {
            case "constant" -> new Constant(learningRate);
            case "linear" -> new Linear(learningRate);
            case "exponential" -> new Exponential(learningRate, LAST);
            case "cosine" -> new Cosine(learningRate);
            case "one-cycle" -> new OneCycle(learningRate);
            case "plateau" -> new ReduceOnPlateau(learningRate);
            default -> throw new IllegalStateException(schedule);
        };
    }

    /** The layers' widths, such as 784-128-10. */
    @Override
    public String toString() {
        return IntStream.of(layers).mapToObj(Integer::toString).collect(Collectors.joining("-")) + " " + activation
                + ", " + optimizer + ", batches of " + batchSize;
    }
}
