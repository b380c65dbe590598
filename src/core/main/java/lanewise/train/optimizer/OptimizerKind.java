package lanewise.train.optimizer;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;

/** The optimizers of this package by name, with their usual settings and learning rates, for programs whose users choose one. */
public enum OptimizerKind {
    /** {@link Sgd}. */
    SGD(0.1f, Sgd::new),
    /** {@link Momentum}. */
    MOMENTUM(0.01f, Momentum::new),
    /** {@link Nesterov}. */
    NESTEROV(0.01f, Nesterov::new),
    /** {@link Adam}. */
    ADAM(0.001f, Adam::new),
    /** {@link AmsGrad}. */
    AMSGRAD(0.001f, AmsGrad::new),
    /** {@link AdamW}. */
    ADAMW(0.001f, AdamW::new),
    /** {@link NAdam}. */
    NADAM(0.002f, NAdam::new),
    /** {@link RmsProp}. */
    RMSPROP(0.001f, RmsProp::new),
    /** {@link AdaGrad}. */
    ADAGRAD(0.01f, AdaGrad::new),
    /** {@link AdaDelta}. */
    ADADELTA(1f, AdaDelta::new);

    private final float usualRate;
    private final Supplier<Optimizer> maker;

    OptimizerKind(float usualRate, Supplier<Optimizer> maker) {
        this.usualRate = usualRate;
        this.maker = maker;
    }

    /**
     * The kind of a name.
     *
     * @param name as {@link #toString} gives it
     * @return the kind
     * @throws IllegalArgumentException if there is none of this name; the message has the names
     */
    public static OptimizerKind of(String name) {
        for (OptimizerKind each : values()) if (each.toString().equals(name)) return each;
        throw new IllegalArgumentException("optimizer " + name + ": one of " + Arrays.toString(values()) + " expected");
    }

    /**
     * The learning rate that is usual with it, where batches are small.
     *
     * @return as in the papers and in other libraries, such as 0.001 of Adam
     */
    public float usualRate() {
        return usualRate;
    }

    /**
     * An optimizer of this kind with its usual settings.
     *
     * @return the optimizer
     */
    public Optimizer optimizer() {
        return maker.get();
    }

    /** The name, such as {@code adam}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
