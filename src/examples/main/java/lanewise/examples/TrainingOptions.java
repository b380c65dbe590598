package lanewise.examples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import lanewise.layer.Activation;
import lanewise.train.UpdateRule;
import lanewise.train.optimizer.OptimizerKind;
import lanewise.train.schedule.ScheduleKind;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Reads what commands that build or train a network have in common: {@code --hidden}, {@code --activation}, {@code --optimizer},
 * {@code --schedule} and {@code --weight-decay}.
 */
final class TrainingOptions {

    private TrainingOptions() {}

    /** The names that {@code --activation} may have. */
    static final class Activations extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Activations() {
            super(Activation.names());
        }
    }

    /** The names that {@code --optimizer} may have. */
    static final class Optimizers extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Optimizers() {
            for (OptimizerKind each : OptimizerKind.values()) add(each.toString());
        }
    }

    /** The names that {@code --schedule} may have. */
    static final class Schedules extends ArrayList<String> {

        private static final long serialVersionUID = 1;

        Schedules() {
            for (ScheduleKind each : ScheduleKind.values()) add(each.toString());
        }
    }

    /** The sizes of the hidden layers. */
    static List<Integer> sizes(CommandLine command, String hidden) {
        // Seven digits cannot overflow, and are more than memory holds.
        if (!hidden.matches("0*[1-9][0-9]{0,6}(,0*[1-9][0-9]{0,6})*"))
            throw new ParameterException(
                    command, "--hidden " + hidden + ": sizes from 1 to 9999999, separated by commas, expected");
        return Arrays.stream(hidden.split(",")).map(Integer::valueOf).collect(Collectors.toList());
    }

    /** The activation of the hidden layers. */
    static Activation activation(CommandLine command, String name) {
        return named(command, "--activation", name, new Activations(), Activation::of);
    }

    /** The optimizer. */
    static OptimizerKind optimizer(CommandLine command, String name) {
        return named(command, "--optimizer", name, new Optimizers(), OptimizerKind::of);
    }

    /** The schedule of the learning rate. */
    static ScheduleKind schedule(CommandLine command, String name) {
        return named(command, "--schedule", name, new Schedules(), ScheduleKind::of);
    }

    private static <T> T named(
            CommandLine command, String option, String name, List<String> names, Function<String, T> of) {
        if (names.contains(name)) return of.apply(name);
        throw new ParameterException(
                command,
                option + " " + name + ": one of " + String.join(", ", names) + " expected" + Guess.of(name, names));
    }

    /** The optimizer and the decay of weights: null for the usual one, which is 0.01 of AdamW and else zero. */
    static UpdateRule rule(OptimizerKind optimizer, Float weightDecay) {
        return weightDecay == null ? UpdateRule.of(optimizer.optimizer()) : UpdateRule.of(optimizer, weightDecay);
    }
}
