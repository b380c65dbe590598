package lanewise.examples;

import java.util.ArrayList;
import java.util.Locale;
import java.util.function.Supplier;
import lanewise.train.Regularizer;
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
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The optimizers that {@code --optimizer} names, with their usual settings and learning rates. */
enum OptimizerOption {
    SGD(0.1f, Sgd::new),
    MOMENTUM(0.01f, Momentum::new),
    NESTEROV(0.01f, Nesterov::new),
    ADAM(0.001f, Adam::new),
    AMSGRAD(0.001f, AmsGrad::new),
    ADAMW(0.001f, AdamW::new),
    NADAM(0.002f, NAdam::new),
    RMSPROP(0.001f, RmsProp::new),
    ADAGRAD(0.01f, AdaGrad::new),
    ADADELTA(1f, AdaDelta::new);

    /** The usual learning rate. */
    final float rate;

    private final Supplier<Optimizer> maker;

    OptimizerOption(float rate, Supplier<Optimizer> maker) {
        this.rate = rate;
        this.maker = maker;
    }

    /** The names, for the help and for guesses. */
    static final class Names extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Names() {
            for (OptimizerOption option : values()) add(option.toString());
        }
    }

    /**
     * The optimizer of a name.
     *
     * @throws ParameterException if there is none
     */
    static OptimizerOption of(CommandLine command, String name) {
        for (OptimizerOption option : values()) if (option.toString().equals(name)) return option;
        throw new ParameterException(
                command,
                "--optimizer " + name + ": one of " + String.join(", ", new Names()) + " expected"
                        + Guess.of(name, new Names()));
    }

    /**
     * The optimizer. AdamW carries the weight decay itself.
     *
     * @param weightDecay null for the usual one, which is 0.01 of AdamW and else zero
     */
    Optimizer optimizer(Float weightDecay) {
        return this == ADAMW && weightDecay != null ? new AdamW(weightDecay) : maker.get();
    }

    /** The weight decay that the optimizer does not carry itself: decoupled, of weights alone. */
    Regularizer regularizer(Float weightDecay) {
        return this == ADAMW || weightDecay == null ? Regularizer.NONE : Regularizer.decay(weightDecay);
    }

    /** The name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
